//! Activations with their column means removed, panel after panel.

use std::ops::Range;

use half::slice::HalfFloatSliceExt;

use super::{Elements, Representation};
use crate::linalg::{Loop, vectorized};

/// Columns of the panels that [`for_each_centered_panel`] hands out.
const WIDE_PANEL: usize = 1024;

/// Columns `columns`, rounded to f32, scaled and centred, to the row-major panel. Means and differences are made in f64.
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
    vectorized(Center { panel, width, scale, copy, round: |value| value as f32 });
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
    vectorized(Center { panel, width, scale, copy, round: |value| value });
}

/// Fills a row-major panel row by row, centres its columns and multiplies them by `scale`, in f64. Means come after a shift by
/// the first entry: a column of equal entries has mean exactly zero, and a large common offset costs no accuracy.
struct Center<'a, T, C, R> {
    panel: &'a mut [T],
    width: usize,
    scale: f64,
    copy: C,
    round: R,
}

impl<T, C, R> Loop for Center<'_, T, C, R>
where
    T: Copy + Into<f64>,
    C: Fn(usize, &mut [T]),
    R: Fn(f64) -> T,
{
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { panel, width, scale, copy, round } = self;
        let (mut shift, mut mean) = (vec![0.0; width], vec![0.0; width]);
        let mut count = 0_usize;
        for (row, values) in panel.chunks_exact_mut(width).enumerate() {
            copy(row, values);
            if row == 0 {
                for (shift, &value) in shift.iter_mut().zip(&*values) {
                    *shift = value.into() * scale;
                }
            }
            for ((sum, shift), &value) in mean.iter_mut().zip(&shift).zip(&*values) {
                *sum += value.into() * scale - shift;
            }
            count += 1;
        }
        for sum in &mut mean {
            *sum /= count.max(1) as f64;
        }
        for row in panel.chunks_exact_mut(width) {
            for (value, (shift, mean)) in row.iter_mut().zip(shift.iter().zip(&mean)) {
                *value = round(((*value).into() * scale - shift) - mean);
            }
        }
    }
}
