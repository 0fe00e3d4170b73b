//! Activations with their column means removed.

use std::ops::{Mul, Range, Sub};

use half::slice::HalfFloatSliceExt;
use rayon::prelude::*;

use super::{Elements, Representation};
use crate::linalg::{Element, Loop, Scratch, vectorized};

/// Columns of the panels that [`for_each_centered_panel`] hands out.
const WIDE_PANEL: usize = 1024;

/// Hands out the centred activations, panel after panel of at most 1024 columns (row-major m×width), multiplied by a
/// power of two that brings the largest activation near one; gives that factor.
pub(super) fn for_each_centered_panel(x: &Representation<'_>, mut take: impl FnMut(&[f64], usize)) -> f64 {
    let (m, n) = (x.stimuli(), x.units());
    let scale = x.scale_to_unit();
    let mut panel = vec![0.0; m * WIDE_PANEL.min(n)];
    for start in (0..n).step_by(WIDE_PANEL) {
        let width = WIDE_PANEL.min(n - start);
        let panel = &mut panel[..m * width];
        let columns = CenteredColumns::of(x, start..start + width, scale);
        panel.chunks_exact_mut(width).enumerate().for_each(|(row, out)| columns.row(row, out));
        take(panel, width);
    }
    scale
}

/// Columns `columns`, scaled and centred, m×width row-major.
pub(crate) fn centered_columns(x: &Representation<'_>, columns: Range<usize>, scale: f64) -> Vec<f64> {
    let width = columns.len();
    let centered = CenteredColumns::of(x, columns, scale);
    let mut panel = vec![0.0; x.stimuli() * width];
    panel.chunks_exact_mut(width).enumerate().for_each(|(row, out)| centered.row(row, out));
    panel
}

/// Stimuli whose mean is near enough to that of all.
const SOME: usize = 64;

/// Columns whose means are made at once: as many as are read in long pieces, and as keep two threads busy.
const MEANS: usize = 1024;

/// Rows that are added up before they are added to the sums of their columns.
const TOGETHER: usize = 4;

/// Numbers that activations are centred in.
pub(super) trait Centered: Element + Mul<Output = Self> + Sub<Output = Self> {
    /// Two numbers that are to be subtracted one after the other, for a mean that is the sum of two.
    fn parts(shift: f64, mean: f64) -> (Self, Self);

    /// The activations, if they are held in this precision.
    fn held<'a>(x: &Representation<'a>) -> Option<&'a [Self]>;

    /// Units `columns` of stimulus `row`, as they are or rounded.
    fn copy(x: &Representation<'_>, row: usize, columns: Range<usize>, out: &mut [Self]);
}

impl Centered for f32 {
    #[inline(always)]
    fn parts(shift: f64, mean: f64) -> (Self, Self) {
        let center = (shift + mean) as f32;
        (center, ((shift - f64::from(center)) + mean) as f32)
    }

    #[inline(always)]
    fn held<'a>(x: &Representation<'a>) -> Option<&'a [Self]> {
        if let Elements::F32(values) = x.elements { Some(values) } else { None }
    }

    #[inline(always)]
    fn copy(x: &Representation<'_>, row: usize, columns: Range<usize>, out: &mut [Self]) {
        let place = row * x.units() + columns.start..row * x.units() + columns.end;
        match x.elements {
            Elements::F16(values) => values[place].convert_to_f32_slice(out),
            Elements::Bf16(values) => values[place].convert_to_f32_slice(out),
            Elements::F32(values) => out.copy_from_slice(&values[place]),
            Elements::F64(values) => {
                for (target, &value) in out.iter_mut().zip(&values[place]) {
                    *target = value as f32;
                }
            }
        }
    }
}

impl Centered for f64 {
    #[inline(always)]
    fn parts(shift: f64, mean: f64) -> (Self, Self) {
        (shift, mean)
    }

    #[inline(always)]
    fn held<'a>(x: &Representation<'a>) -> Option<&'a [Self]> {
        if let Elements::F64(values) = x.elements { Some(values) } else { None }
    }

    #[inline(always)]
    fn copy(x: &Representation<'_>, row: usize, columns: Range<usize>, out: &mut [Self]) {
        x.copy_row(row, columns, out);
    }
}

/// Units `columns` of stimulus `row`, changed, each together with what belongs to its unit.
#[inline(always)]
fn map<T: Centered, S>(
    x: &Representation<'_>,
    row: usize,
    columns: Range<usize>,
    of_units: &[S],
    out: &mut [T],
    change: impl Fn(T, &S) -> T,
) {
    // In one loop where that can be, which is faster than a copy and a change.
    if let Some(values) = T::held(x) {
        let own = &values[row * x.units()..][columns];
        for ((out, &value), unit) in out.iter_mut().zip(own).zip(of_units) {
            *out = change(value, unit);
        }
        return;
    }
    T::copy(x, row, columns, out);
    for (value, unit) in out.iter_mut().zip(of_units) {
        *value = change(*value, unit);
    }
}

/// Some columns of activations, multiplied by a power of two and with their means removed.
///
/// Means are made in f64, after a shift by the first entry: a column of equal entries has mean exactly zero, and a large
/// common offset costs no accuracy. What is left of a mean when it is rounded to f32 is subtracted too: an entry is off by
/// two of its own roundings at most.
pub(super) struct CenteredColumns<'a, T> {
    x: &'a Representation<'a>,
    columns: Range<usize>,
    /// Two factors, because their product may be beyond the range of f32.
    factors: (T, T),
    means: Vec<(T, T)>,
}

impl<'a, T: Centered> CenteredColumns<'a, T> {
    /// Computes the means.
    pub(super) fn of(x: &'a Representation<'a>, columns: Range<usize>, scale: f64) -> Self {
        Self::about(x, columns, scale, 1)
    }

    /// Takes the means of some stimuli, evenly spaced, in the place of those of all: enough where a Gram matrix is centred
    /// later, so that the numbers to be multiplied are small against their spread. Reads little.
    pub(super) fn nearly(x: &'a Representation<'a>, columns: Range<usize>, scale: f64) -> Self {
        Self::about(x, columns, scale, x.stimuli().div_ceil(SOME))
    }

    fn about(x: &'a Representation<'a>, columns: Range<usize>, scale: f64, step: usize) -> Self {
        let exponent = scale.log2() as i32;
        let part = |exponent: i32| T::nearest(2.0_f64.powi(exponent));
        let factors = (part(exponent / 2), part(exponent - exponent / 2));
        let pieces = columns.clone().into_par_iter().step_by(MEANS).with_max_len(1);
        let means = pieces.flat_map_iter(|start| {
            let columns = start..(start + MEANS).min(columns.end);
            vectorized(Means { x, columns, factors, step })
        });
        Self { x, columns: columns.clone(), factors, means: means.collect() }
    }

    /// The centred activations of a stimulus.
    pub(super) fn row(&self, stimulus: usize, out: &mut [T]) {
        vectorized(Row { centered: self, stimulus, out });
    }
}

/// The means of some columns, in parts.
struct Means<'a, T> {
    x: &'a Representation<'a>,
    columns: Range<usize>,
    factors: (T, T),
    /// Every how many stimuli.
    step: usize,
}

impl<T: Centered> Loop for Means<'_, T> {
    type Output = Vec<(T, T)>;

    #[inline(always)]
    fn run(self) -> Vec<(T, T)> {
        let Self { x, columns, factors, step } = self;
        let (width, stimuli) = (columns.len(), x.stimuli().div_ceil(step));
        let mut rows = Scratch::<T>::new(TOGETHER * width);
        let units = vec![(); width];
        let (mut shift, mut sums) = (vec![0.0; width], vec![0.0; width]);
        for start in (0..stimuli).step_by(TOGETHER) {
            let rows = &mut rows[..TOGETHER.min(stimuli - start) * width];
            for (row, own) in (start..).zip(rows.chunks_exact_mut(width)) {
                map(x, row * step, columns.clone(), &units, own, |value, ()| value * factors.0 * factors.1);
            }
            if start == 0 {
                shift.iter_mut().zip(&*rows).for_each(|(shift, &value)| *shift = value.into());
            }
            add_rows(&mut sums, &shift, rows);
        }
        shift.into_iter().zip(sums).map(|(shift, sum)| T::parts(shift, sum / stimuli as f64)).collect()
    }
}

/// One row of centred columns.
struct Row<'a, T> {
    centered: &'a CenteredColumns<'a, T>,
    stimulus: usize,
    out: &'a mut [T],
}

impl<T: Centered> Loop for Row<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { centered, stimulus, out } = self;
        let CenteredColumns { x, columns, factors, means } = centered;
        map(x, stimulus, columns.clone(), means, out, |value, mean| (value * factors.0 * factors.1 - mean.0) - mean.1);
    }
}

/// Adds what some rows are above `shift` to the sums of their columns.
#[inline(always)]
fn add_rows<T: Centered>(sums: &mut [f64], shift: &[f64], rows: &[T]) {
    let width = sums.len();
    if rows.len() == TOGETHER * width {
        let (pair, rest) = rows.split_at(2 * width);
        let ((a, b), (c, d)) = (pair.split_at(width), rest.split_at(width));
        for (((((sum, &shift), &a), &b), &c), &d) in sums.iter_mut().zip(shift).zip(a).zip(b).zip(c).zip(d) {
            let above = |value: T| value.into() - shift;
            *sum += (above(a) + above(b)) + (above(c) + above(d));
        }
        return;
    }
    for row in rows.chunks_exact(width) {
        for ((sum, &shift), &value) in sums.iter_mut().zip(shift).zip(row) {
            *sum += value.into() - shift;
        }
    }
}
