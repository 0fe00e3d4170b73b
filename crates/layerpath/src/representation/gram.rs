//! Gram matrices of centred activations.

use rayon::prelude::*;

use super::Representation;
use crate::linalg::add_lower_product;

/// Columns converted, centred and multiplied at a time: m × 1024 doubles are alive beside the Gram matrix.
const PANEL: usize = 1024;

/// A symmetric m×m matrix of similarities between stimuli, the lower triangle stored in a square row-major buffer.
#[derive(Debug, Clone, PartialEq)]
pub struct GramMatrix {
    pub(crate) entries: Vec<f64>,
    pub(crate) stimuli: usize,
}

impl GramMatrix {
    /// Number of stimuli, m.
    pub fn stimuli(&self) -> usize {
        self.stimuli
    }

    /// Similarity of stimuli `i` and `j`.
    pub fn get(&self, i: usize, j: usize) -> f64 {
        self.entries[i.max(j) * self.stimuli + i.min(j)]
    }
}

/// H X Xᵀ H up to a positive factor, with H = I − 11ᵀ/m: the Gram matrix of the column-centred activations.
///
/// Columns are centred before they are multiplied, in f64, each shifted by its first entry: a large common offset costs
/// no accuracy, and a unit that answers every stimulus alike contributes exactly zero. The factor, a power of two,
/// brings the largest activation near one, so that no scale overflows or underflows.
///
/// Cost: m²n multiply–adds. Memory beside the result: m × 1024 f64.
///
/// ```
/// use layerpath::representation::{Representation, linear_gram};
/// // Rows 0, 1, 2 around their mean 1: −1, 0, 1.
/// let gram = linear_gram(&Representation::new(&[0.0, 1.0, 2.0_f64][..], 3, 1)?);
/// assert_eq!(gram.get(0, 2) / gram.get(0, 0), -1.0);
/// assert_eq!(gram.get(1, 2), 0.0);
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn linear_gram(x: &Representation<'_>) -> GramMatrix {
    let m = x.stimuli();
    let mut entries = vec![0.0; m * m];
    for_each_centered_panel(x, |panel, width| add_lower_product(&mut entries, m, panel, width));
    GramMatrix { entries, stimuli: m }
}

/// Hands out the centred activations, panel after panel of at most 1024 columns (row-major m×width), multiplied by a
/// power of two that brings the largest activation near one; gives that factor.
pub(super) fn for_each_centered_panel(x: &Representation<'_>, mut take: impl FnMut(&[f64], usize)) -> f64 {
    let (m, n) = (x.stimuli(), x.units());
    let scale = scale_to_unit(x);
    let mut panel = vec![0.0; m * PANEL.min(n)];
    for start in (0..n).step_by(PANEL) {
        let columns = start..(start + PANEL).min(n);
        let width = columns.len();
        let panel = &mut panel[..m * width];
        panel.par_chunks_mut(width).enumerate().for_each(|(row, out)| x.copy_row(row, columns.clone(), out));
        center_columns(panel, m, width, scale);
        take(panel, width);
    }
    scale
}

/// A power of two that brings the largest activation into [1/2, 1].
pub(super) fn scale_to_unit(x: &Representation<'_>) -> f64 {
    let n = x.units();
    let largest = (0..x.stimuli())
        .into_par_iter()
        .map(|row| {
            let mut values = vec![0.0; n];
            x.copy_row(row, 0..n, &mut values);
            values.iter().fold(0.0_f64, |sofar, value| sofar.max(value.abs()))
        })
        .reduce(|| 0.0, f64::max);
    if largest == 0.0 {
        return 1.0;
    }
    // -1022 … 1023 keeps the factor itself a normal number.
    2.0_f64.powi(-(largest.log2().ceil() as i32).clamp(-1022, 1022))
}

/// Subtracts from each column of the row-major m×width panel its mean, after shifting by the first row and scaling.
fn center_columns(panel: &mut [f64], m: usize, width: usize, scale: f64) {
    let first: Vec<f64> = panel[..width].iter().map(|x| x * scale).collect();
    let mut mean = vec![0.0; width];
    for row in panel.chunks_exact_mut(width) {
        for ((value, shift), sum) in row.iter_mut().zip(&first).zip(&mut mean) {
            *value = *value * scale - shift;
            *sum += *value;
        }
    }
    for sum in &mut mean {
        *sum /= m as f64;
    }
    panel.par_chunks_mut(width).for_each(|row| {
        for (value, mean) in row.iter_mut().zip(&mean) {
            *value -= mean;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_offset_costs_nothing() {
        // Integers, so that the offset representation is exact.
        let x: Vec<f64> = (0..12).map(|i| f64::from(i * 31 % 17)).collect();
        let shifted: Vec<f64> = x.iter().map(|value| value + 1e12).collect();
        let plain = linear_gram(&Representation::new(&x[..], 4, 3).unwrap());
        let moved = linear_gram(&Representation::new(&shifted[..], 4, 3).unwrap());
        let ratio = moved.get(0, 0) / plain.get(0, 0);
        for i in 0..4 {
            for j in 0..=i {
                assert!((moved.get(i, j) / ratio - plain.get(i, j)).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn constant_columns_vanish_exactly() {
        // Means of many equal numbers are not always that number; the shift by the first row makes them so.
        for m in 3..40 {
            let x: Vec<f64> = (0..m).flat_map(|_| [0.1, 1e-7, 1.0 / 3.0, 1e9 / 7.0]).collect();
            let gram = linear_gram(&Representation::new(&x[..], m, 4).unwrap());
            assert!(gram.entries.iter().all(|&entry| entry == 0.0), "m = {m}");
        }
    }

    #[test]
    fn extreme_scales_are_the_same_bits() {
        let x: Vec<f64> = (0..20).map(|i| f64::from(i * i % 13) - 6.0).collect();
        let plain = linear_gram(&Representation::new(&x[..], 5, 4).unwrap());
        for exponent in [-1000, -40, 40, 1000] {
            let scaled: Vec<f64> = x.iter().map(|value| value * 2.0_f64.powi(exponent)).collect();
            assert_eq!(linear_gram(&Representation::new(&scaled[..], 5, 4).unwrap()), plain, "2^{exponent}");
        }
    }
}
