//! Gram matrices of centred activations.

use std::ops::Range;

use super::centering::{Centered, CenteredColumns};
use super::{Elements, Representation, double_center};
use crate::linalg::{Scratch, add_lower_product_of};

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
/// Cost: m²n/2 multiply–adds in f64. Memory beside the result: that of [`add_lower_product_of`].
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
    add_centered_gram(&mut entries, x, x.scale_to_unit());
    GramMatrix { entries, stimuli: m }
}

/// The same Gram matrix, at twice the speed where the activations are f32 or narrower.
///
/// Those are shifted by the means of some stimuli and multiplied in f32, over 256 units at a time, and summed in f64; the
/// matrix is centred in f64. This moves the matrix by less than
/// [`Representation::resolution`] of its norm, in random directions, so that the arc θ between two such matrices moves by
/// about the square of that over θ. Differences of its entries, as in [`row_distances`], do not
/// average like this, and need [`linear_gram`]. f64 activations are multiplied in f64.
///
/// [`row_distances`]: super::row_distances
///
/// ```
/// use layerpath::representation::{Representation, linear_gram, mixed_precision_gram};
/// let x = Representation::new(&[0.0, 1.0, 2.0_f32][..], 3, 1)?;
/// assert_eq!(mixed_precision_gram(&x), linear_gram(&x));
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn mixed_precision_gram(x: &Representation<'_>) -> GramMatrix {
    let mut gram = shifted_gram(x);
    double_center(&mut gram);
    gram
}

/// The Gram matrix of [`mixed_precision_gram`] before the double centring that removes what a shift of the columns leaves.
pub(crate) fn shifted_gram(x: &Representation<'_>) -> GramMatrix {
    let m = x.stimuli();
    let mut entries = Scratch::zeros(m * m);
    add_shifted_gram(&mut entries, x, x.scale_to_unit());
    GramMatrix { entries: entries.into_vec(), stimuli: m }
}

/// Adds scale²·X Xᵀ to the lower triangle of a row-major m×m matrix, for columns that are centred (f64 activations, in f64) or
/// only nearly (others, as [`mixed_precision_gram`] says).
pub(crate) fn add_shifted_gram(entries: &mut [f64], x: &Representation<'_>, scale: f64) {
    if matches!(x.elements, Elements::F64(_)) {
        return add_centered_gram(entries, x, scale);
    }
    add_product(entries, x, |columns| CenteredColumns::<f32>::nearly(x, columns, scale));
}

fn add_centered_gram(entries: &mut [f64], x: &Representation<'_>, scale: f64) {
    add_product(entries, x, |columns| CenteredColumns::<f64>::of(x, columns, scale));
}

fn add_product<'a, T: Centered>(
    entries: &mut [f64],
    x: &Representation<'_>,
    columns: impl Fn(Range<usize>) -> CenteredColumns<'a, T> + Sync,
) {
    add_lower_product_of(entries, x.stimuli(), x.units(), |strip| {
        let centered = columns(strip);
        move |stimulus: usize, out: &mut [T]| centered.row(stimulus, out)
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

    #[test]
    fn f32_activations_of_any_scale_and_offset_are_the_same_gram() {
        // Integers with a common offset, exact in f32 at every scale down to numbers that f32 holds with few bits.
        let x: Vec<f32> = (0..60).map(|i| (i * i % 13) as f32 - 6.0 + 1024.0).collect();
        let plain = mixed_precision_gram(&Representation::new(&x[..], 12, 5).unwrap());
        let exact = linear_gram(&Representation::new(&x[..], 12, 5).unwrap());
        let norm = exact.entries.iter().map(|entry| entry * entry).sum::<f64>().sqrt();
        let apart = plain.entries.iter().zip(&exact.entries).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(apart < 1e-7 * norm, "{apart} of {norm}");
        for exponent in [-139, -126, -40, 40, 117] {
            let scaled: Vec<f32> = x.iter().map(|&value| (f64::from(value) * 2.0_f64.powi(exponent)) as f32).collect();
            assert!(scaled.iter().all(|value| value.is_finite() && *value > 0.0));
            assert_eq!(mixed_precision_gram(&Representation::new(&scaled[..], 12, 5).unwrap()), plain, "2^{exponent}");
        }
    }

    #[test]
    fn constant_f32_columns_vanish_exactly() {
        for m in 3..40 {
            let x: Vec<f32> = (0..m).flat_map(|_| [0.1, 1e-7, 1.0 / 3.0, 1e9 / 7.0]).collect();
            let gram = mixed_precision_gram(&Representation::new(&x[..], m, 4).unwrap());
            assert!(gram.entries.iter().all(|&entry| entry == 0.0), "m = {m}");
        }
    }
}
