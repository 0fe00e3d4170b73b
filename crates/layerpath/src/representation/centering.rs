//! Activations with their column means removed, panel after panel.

use std::ops::Range;

use super::{Elements, Representation};
use crate::linalg::vectorized;
use half::slice::HalfFloatSliceExt;

/// Columns of the panels that [`for_each_centered_panel`] hands out.
const WIDE_PANEL: usize = 1024;

/// Columns `columns`, rounded to f32, scaled and centred, to the row-major panel. Means and differences are made in f64.
pub(super) fn center_panel_f32(x: &Representation<'_>, columns: Range<usize>, scale: f64, panel: &mut [f32]) {
    let (n, width) = (x.units(), columns.len());
    // Half precision is exact in f32, so the panel itself can hold the activations first.
    for (row, out) in panel.chunks_exact_mut(width).enumerate() {
        let range = row * n + columns.start..row * n + columns.end;
        match x.elements {
            Elements::F16(values) => values[range].convert_to_f32_slice(out),
            Elements::Bf16(values) => values[range].convert_to_f32_slice(out),
            Elements::F32(values) => out.copy_from_slice(&values[range]),
            Elements::F64(values) => {
                for (target, &value) in out.iter_mut().zip(&values[range]) {
                    *target = value as f32;
                }
            }
        }
    }
    vectorized(|| center(panel, width, scale, |value| value as f32));
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

/// The same in f64 throughout.
pub(super) fn center_panel(x: &Representation<'_>, columns: Range<usize>, scale: f64, panel: &mut [f64]) {
    let width = columns.len();
    for (row, out) in panel.chunks_exact_mut(width).enumerate() {
        x.copy_row(row, columns.clone(), out);
    }
    vectorized(|| center(panel, width, scale, |value| value));
}

/// Centres the columns of a row-major panel and multiplies them by `scale`, in f64. Means come after a shift by the first
/// entry: a column of equal entries has mean exactly zero, and a large common offset costs no accuracy.
#[inline(always)]
#[expect(clippy::inline_always, reason = "only what is inlined is compiled for the processor at hand")]
fn center<T: Copy + Into<f64>>(panel: &mut [T], width: usize, scale: f64, round: impl Fn(f64) -> T) {
    let count = (panel.len() / width).max(1) as f64;
    let shift: Vec<f64> = panel[..width].iter().map(|&x| x.into() * scale).collect();
    let mut mean = vec![0.0; width];
    for row in panel.chunks_exact(width) {
        for ((sum, shift), &value) in mean.iter_mut().zip(&shift).zip(row) {
            *sum += value.into() * scale - shift;
        }
    }
    for sum in &mut mean {
        *sum /= count;
    }
    for row in panel.chunks_exact_mut(width) {
        for (value, (shift, mean)) in row.iter_mut().zip(shift.iter().zip(&mean)) {
            *value = round(((*value).into() * scale - shift) - mean);
        }
    }
}
