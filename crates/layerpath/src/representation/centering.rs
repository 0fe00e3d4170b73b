//! Activations with their column means removed, panel after panel.

use std::ops::{Mul, Range, Sub};

use half::slice::HalfFloatSliceExt;

use super::{Elements, Representation};
use crate::linalg::{Element, Loop, vectorized};

/// Columns of the panels that [`for_each_centered_panel`] hands out.
const WIDE_PANEL: usize = 1024;

/// Columns `columns`, rounded to f32, scaled and centred, to the row-major panel. Means are made in f64, and what is left of
/// them when they are rounded to f32 is subtracted too: an entry is off by two of its own roundings at most.
pub(super) fn center_panel_f32(x: &Representation<'_>, columns: Range<usize>, scale: f64, panel: &mut [f32]) {
    let n = x.units();
    let place = |row: usize| row * n + columns.start..row * n + columns.end;
    let width = columns.len();
    // Half precision is exact in f32, so the panel itself can hold the activations first.
    let copy = |row: usize, out: &mut [f32]| match x.elements {
        Elements::F16(values) => values[place(row)].convert_to_f32_slice(out),
        Elements::Bf16(values) => values[place(row)].convert_to_f32_slice(out),
        Elements::F32(values) => out.copy_from_slice(&values[place(row)]),
        Elements::F64(values) => {
            for (target, &value) in out.iter_mut().zip(&values[place(row)]) {
                *target = value as f32;
            }
        }
    };
    vectorized(Center { panel, width, scale, copy });
}

/// Hands out the centred activations, panel after panel of at most 1024 columns (row-major m×width), multiplied by a
/// power of two that brings the largest activation near one; gives that factor.
pub(super) fn for_each_centered_panel(x: &Representation<'_>, mut take: impl FnMut(&[f64], usize)) -> f64 {
    let (m, n) = (x.stimuli(), x.units());
    let scale = x.scale_to_unit();
    let mut panel = vec![0.0; m * WIDE_PANEL.min(n)];
    for start in (0..n).step_by(WIDE_PANEL) {
        let width = WIDE_PANEL.min(n - start);
        let panel = &mut panel[..m * width];
        center_panel(x, start..start + width, scale, panel);
        take(panel, width);
    }
    scale
}

/// Columns `columns`, scaled and centred, m×width row-major.
pub(crate) fn centered_columns(x: &Representation<'_>, columns: Range<usize>, scale: f64) -> Vec<f64> {
    let mut panel = vec![0.0; x.stimuli() * columns.len()];
    center_panel(x, columns, scale, &mut panel);
    panel
}

/// As [`center_panel_f32`], in f64 throughout.
pub(super) fn center_panel(x: &Representation<'_>, columns: Range<usize>, scale: f64, panel: &mut [f64]) {
    let width = columns.len();
    let copy = |row: usize, out: &mut [f64]| x.copy_row(row, columns.clone(), out);
    vectorized(Center { panel, width, scale, copy });
}

/// Rows that are added up before they are added to the sums of their columns.
const TOGETHER: usize = 4;

/// Numbers that are centred in their own precision.
trait Centered: Element + Mul<Output = Self> + Sub<Output = Self> {
    /// Two numbers that are to be subtracted one after the other, for a mean that is the sum of two.
    fn parts(shift: f64, mean: f64) -> (Self, Self);
}

impl Centered for f32 {
    #[inline(always)]
    fn parts(shift: f64, mean: f64) -> (Self, Self) {
        let center = (shift + mean) as f32;
        (center, ((shift - f64::from(center)) + mean) as f32)
    }
}

impl Centered for f64 {
    #[inline(always)]
    fn parts(shift: f64, mean: f64) -> (Self, Self) {
        (shift, mean)
    }
}

/// Fills a row-major panel row by row, multiplies it by `scale`, a power of two, and centres its columns. Means are made in
/// f64, after a shift by the first entry: a column of equal entries has mean exactly zero, and a large common offset costs
/// no accuracy.
struct Center<'a, T, C> {
    panel: &'a mut [T],
    width: usize,
    scale: f64,
    copy: C,
}

impl<T: Centered, C: Fn(usize, &mut [T])> Loop for Center<'_, T, C> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { panel, width, scale, copy } = self;
        // The scale itself may be beyond the range of f32.
        let exponent = scale.log2() as i32;
        let half = T::nearest(2.0_f64.powi(exponent / 2));
        let other = T::nearest(2.0_f64.powi(exponent - exponent / 2));
        let stimuli = panel.len() / width;
        let (mut shift, mut mean) = (vec![0.0; width], vec![0.0; width]);
        for (block, rows) in panel.chunks_mut(TOGETHER * width).enumerate() {
            for (index, row) in rows.chunks_exact_mut(width).enumerate() {
                copy(block * TOGETHER + index, row);
                for value in row.iter_mut() {
                    *value = *value * half * other;
                }
            }
            if block == 0 {
                shift.iter_mut().zip(&*rows).for_each(|(shift, &value)| *shift = value.into());
            }
            add_rows(&mut mean, &shift, rows);
        }
        let (mut first, mut second) = (vec![T::default(); width], vec![T::default(); width]);
        for (((first, second), &shift), sum) in first.iter_mut().zip(&mut second).zip(&shift).zip(mean) {
            (*first, *second) = T::parts(shift, sum / stimuli as f64);
        }
        for row in panel.chunks_exact_mut(width) {
            for ((value, &first), &second) in row.iter_mut().zip(&first).zip(&second) {
                *value = (*value - first) - second;
            }
        }
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
