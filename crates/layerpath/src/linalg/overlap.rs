//! Singular values of the product of two matrices of columns, on one thread: what a pair of shapes or of matrices costs.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use super::singular_values;
use super::squares::nuclear_norm_from_squares;
use crate::Error;

/// AᵀB of two matrices of columns, p and q columns of m entries each; p×q, row-major, on one thread.
///
/// ```
/// let cross = layerpath::linalg::column_products(&[1.0, 2.0], &[3.0, 4.0, 5.0, 6.0], 2);
/// assert_eq!(cross, [11.0, 17.0]); // one column against two
/// ```
///
/// # Panics
///
/// If the slices are no multiples of m entries: a fault of the caller inside this crate, not of a user's input.
pub fn column_products(a: &[f64], b: &[f64], m: usize) -> Vec<f64> {
    assert!(m > 0 && a.len().is_multiple_of(m) && b.len().is_multiple_of(m), "columns of m entries");
    let (p, q) = (a.len() / m, b.len() / m);
    let mut out = vec![0.0; p * q];
    if !out.is_empty() {
        // The transpose of a column-major q×p matrix is the row-major p×q one.
        matmul(
            MatMut::from_column_major_slice_mut(&mut out, q, p),
            Accum::Replace,
            MatRef::from_row_major_slice(b, q, m),
            MatRef::from_row_major_slice(a, p, m).transpose(),
            1.0,
            Par::Seq,
        );
    }
    out
}

/// Nuclear norm ‖AᵀB‖_*, the sum of the singular values of AᵀB, for matrices of columns of m entries each. No vectors are
/// computed, which makes it several times cheaper than a decomposition; where the singular values do not spread over more
/// than a few decades they are roots of eigenvalues, which is cheaper again, and what that could cost is estimated and kept
/// below 2·10⁻¹⁵ of the norm (one standard error).
///
/// # Errors
///
/// [`Error::NoConvergence`] if the iteration fails, which finite matrices do not provoke.
///
/// ```
/// // The plane of two axes against one axis, and against a diagonal: 1 both times.
/// let axes = [1.0, 0.0, 0.0, 1.0];
/// assert!((layerpath::linalg::nuclear_norm(&axes, &[1.0, 0.0], 2)? - 1.0).abs() < 1e-15);
/// assert!((layerpath::linalg::nuclear_norm(&axes, &[0.6, 0.8], 2)? - 1.0).abs() < 1e-15);
/// # Ok::<(), layerpath::Error>(())
/// ```
///
/// # Panics
///
/// As [`column_products`].
pub fn nuclear_norm(a: &[f64], b: &[f64], m: usize) -> Result<f64, Error> {
    let (p, q) = (a.len() / m, b.len() / m);
    let cross = column_products(a, b, m);
    if let Some(norm) = nuclear_norm_from_squares(&cross, p, q) {
        return Ok(norm);
    }
    let values = singular_values(&cross, p, q)?;
    // The smallest first, so that they are not lost.
    Ok(values.iter().rev().sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::product_transposed;

    #[test]
    fn equals_the_tiled_product() {
        for (p, q, m) in [(1, 1, 1), (3, 2, 5), (70, 65, 9)] {
            let numbers =
                |n: usize, step: usize| -> Vec<f64> { (0..n).map(|i| (i * step % 101) as f64 - 50.0).collect() };
            let (a, b) = (numbers(p * m, 7919), numbers(q * m, 31));
            assert_eq!(column_products(&a, &b, m), product_transposed(&a, &b, p, m, q));
        }
    }
}
