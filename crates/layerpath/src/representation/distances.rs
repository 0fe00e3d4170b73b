//! Distances between the rows of a representation.

use rayon::prelude::*;

use super::gram::linear_gram;
use super::{GramMatrix, Representation};

/// Below this share of ‖xᵢ‖² + ‖xⱼ‖² a squared distance taken from the Gram matrix would lose digits.
const CLOSE: f64 = 1e-2;

/// Dᵢⱼ = ‖xᵢ − xⱼ‖, the Euclidean distances between stimuli, in the units of the activations.
///
/// From the centred Gram matrix, and from the rows themselves where that would lose digits; equal rows have distance
/// exactly 0. Cost: m²n multiply–adds, half of it in one product.
///
/// ```
/// use layerpath::representation::{Representation, row_distances};
/// let distances = row_distances(&Representation::new(&[0.0, 0.0, 3.0, 4.0_f64][..], 2, 2)?);
/// assert_eq!(distances.get(0, 1), 5.0);
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn row_distances(x: &Representation<'_>) -> GramMatrix {
    let (m, n) = (x.stimuli(), x.units());
    let scale = x.scale_to_unit();
    let mut gram = linear_gram(x);
    let diagonal: Vec<f64> = (0..m).map(|i| gram.entries[i * m + i]).collect();
    gram.entries.par_chunks_mut(m).enumerate().for_each(|(i, row)| {
        let mut own: Option<Vec<f64>> = None;
        let mut other = vec![0.0; n];
        for j in 0..i {
            let total = diagonal[i] + diagonal[j];
            let square = total - 2.0 * row[j];
            row[j] = if square > CLOSE * total {
                square.sqrt() / scale
            } else {
                let own = own.get_or_insert_with(|| {
                    let mut values = vec![0.0; n];
                    x.copy_row(i, 0..n, &mut values);
                    values
                });
                x.copy_row(j, 0..n, &mut other);
                own.iter().zip(&other).map(|(a, b)| ((a - b) * scale).powi(2)).sum::<f64>().sqrt() / scale
            };
        }
        row[i] = 0.0;
    });
    gram
}

/// The distances of pairs i > j, row after row.
pub(crate) fn pairs(distances: &GramMatrix) -> Vec<f64> {
    let m = distances.stimuli;
    (0..m).flat_map(|i| distances.entries[i * m..i * m + i].iter().copied()).collect()
}

/// The usual median, the mean of the two middle values if their number is even; 0 for no values.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    let n = values.len();
    if n == 0 {
        return 0.0;
    }
    let (below, &mut middle, _) = values.select_nth_unstable_by(n / 2, f64::total_cmp);
    if n % 2 == 1 {
        return middle;
    }
    let other = below.iter().fold(f64::NEG_INFINITY, |sofar, &value| sofar.max(value));
    other + (middle - other) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(vec![]), 0.0);
    }

    #[test]
    fn near_and_equal_rows_keep_their_digits() {
        let x = [1e6, 1e6 + 1e-3, 1e6, 1e6 + 5.0];
        let distances = row_distances(&Representation::new(&x[..], 4, 1).unwrap());
        assert!((distances.get(0, 1) - (x[1] - x[0])).abs() < 1e-18);
        assert_eq!(distances.get(0, 2), 0.0);
        assert!((distances.get(3, 0) - 5.0).abs() < 1e-14);
    }
}
