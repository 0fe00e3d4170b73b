//! Activations with their column means removed, panel after panel.

use std::ops::Range;

use half::slice::HalfFloatSliceExt;
use rayon::prelude::*;

use super::{Elements, Representation};
use crate::linalg::{PANEL, Panels};

/// Columns converted, centred and multiplied at a time: m × 4096 f32 or m × 2048 f64 are alive beside the Gram matrix.
const SINGLE_COLUMNS: usize = 16 * PANEL;
const DOUBLE_COLUMNS: usize = 8 * PANEL;

/// Columns of the panels that [`for_each_centered_panel`] hands out.
const WIDE_PANEL: usize = 1024;

/// Hands out the centred activations, rounded to f32, in blocks of up to 4096 columns, multiplied by a power of two that
/// brings the largest activation near one. Means and differences are made in f64.
pub(super) fn for_each_centered_block_f32(x: &Representation<'_>, mut take: impl FnMut(&Panels<f32>)) {
    let (m, n) = (x.stimuli(), x.units());
    let scale = x.scale_to_unit();
    let mut panels = Panels::with_capacity(m, SINGLE_COLUMNS.min(n));
    for start in (0..n).step_by(SINGLE_COLUMNS) {
        panels.fill(SINGLE_COLUMNS.min(n - start), |first, width, panel| {
            let columns = start + first..start + first + width;
            if let Elements::F32(values) = x.elements {
                let rows = || values.chunks_exact(n).map(|row| &row[columns.clone()]);
                let means = ColumnMeans::of(rows(), width, scale, |&value| f64::from(value));
                for (out, row) in panel.chunks_exact_mut(width).zip(rows()) {
                    means.subtract(row, out, |&value| f64::from(value), |value| value as f32);
                }
                return;
            }
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
            let means = ColumnMeans::of(panel.chunks_exact(width), width, scale, |&value| f64::from(value));
            for row in panel.chunks_exact_mut(width) {
                for (value, (shift, mean)) in row.iter_mut().zip(means.shift.iter().zip(&means.mean)) {
                    *value = ((f64::from(*value) * scale - shift) - mean) as f32;
                }
            }
        });
        take(&panels);
    }
}

/// The same in f64 throughout, in blocks of up to 2048 columns.
pub(super) fn for_each_centered_block_f64(x: &Representation<'_>, mut take: impl FnMut(&Panels<f64>)) {
    let (m, n) = (x.stimuli(), x.units());
    let scale = x.scale_to_unit();
    let mut panels = Panels::with_capacity(m, DOUBLE_COLUMNS.min(n));
    for start in (0..n).step_by(DOUBLE_COLUMNS) {
        panels.fill(DOUBLE_COLUMNS.min(n - start), |first, width, panel| {
            center_panel(x, start + first, width, scale, panel);
        });
        take(&panels);
    }
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
        center_panel(x, start, width, scale, panel);
        take(panel, width);
    }
    scale
}

/// Columns `columns`, scaled and centred, m×width row-major.
pub(crate) fn centered_columns(x: &Representation<'_>, columns: Range<usize>, scale: f64) -> Vec<f64> {
    let mut panel = vec![0.0; x.stimuli() * columns.len()];
    center_panel(x, columns.start, columns.len(), scale, &mut panel);
    panel
}

/// Writes `width` columns from `start` on, scaled and centred, to the row-major m×width panel.
fn center_panel(x: &Representation<'_>, start: usize, width: usize, scale: f64, panel: &mut [f64]) {
    for (row, out) in panel.chunks_exact_mut(width).enumerate() {
        x.copy_row(row, start..start + width, out);
    }
    let means = ColumnMeans::of(panel.chunks_exact(width), width, scale, |&value| value);
    panel.par_chunks_mut(width * 64).for_each(|rows| {
        for row in rows.chunks_exact_mut(width) {
            for (value, (shift, mean)) in row.iter_mut().zip(means.shift.iter().zip(&means.mean)) {
                *value = (*value * scale - shift) - mean;
            }
        }
    });
}

/// Means of scaled columns, each after a shift by its first entry: a column of equal entries has mean exactly zero, and a
/// large common offset costs no accuracy.
struct ColumnMeans {
    scale: f64,
    shift: Vec<f64>,
    mean: Vec<f64>,
}

impl ColumnMeans {
    fn of<'a, T: 'a>(rows: impl Iterator<Item = &'a [T]>, width: usize, scale: f64, widen: impl Fn(&T) -> f64) -> Self {
        let mut rows = rows.peekable();
        let shift: Vec<f64> =
            rows.peek().map_or_else(|| vec![0.0; width], |row| row.iter().map(|x| widen(x) * scale).collect());
        let mut mean = vec![0.0; width];
        let mut count = 0_usize;
        for row in rows {
            for ((sum, shift), value) in mean.iter_mut().zip(&shift).zip(row) {
                *sum += widen(value) * scale - shift;
            }
            count += 1;
        }
        for sum in &mut mean {
            *sum /= count.max(1) as f64;
        }
        Self { scale, shift, mean }
    }

    fn subtract<T, U>(&self, row: &[T], out: &mut [U], widen: impl Fn(&T) -> f64, round: impl Fn(f64) -> U) {
        for ((target, value), (shift, mean)) in out.iter_mut().zip(row).zip(self.shift.iter().zip(&self.mean)) {
            *target = round((widen(value) * self.scale - shift) - mean);
        }
    }
}
