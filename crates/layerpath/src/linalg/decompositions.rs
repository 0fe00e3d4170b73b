//! Thin singular value decomposition of row-major matrices.
//!
//! One thread each, so that the result does not depend on their number.

use faer::diag::DiagMut;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::svd::{ComputeSvdVectors, svd, svd_scratch};
use faer::{MatRef, Par};

use super::dense::{Svd, singular_values_and_vectors};
use crate::Error;

/// The thin singular value decomposition A = U·diag(s)·Vᵀ of an m×n matrix, k = min(m, n).
#[derive(Debug, Clone, PartialEq)]
pub struct ThinSvd {
    /// Singular values in descending order, k of them.
    pub values: Vec<f64>,
    /// U, m×k row-major, orthonormal columns.
    pub left: Vec<f64>,
    /// V, n×k row-major, orthonormal columns.
    pub right: Vec<f64>,
}

/// Thin singular value decomposition of a row-major m×n matrix.
///
/// # Errors
///
/// [`Error::NoConvergence`] if the iteration fails, which finite matrices do not provoke.
///
/// # Panics
///
/// If the slice does not have m·n elements: a fault of the caller inside this crate, not of a user's input.
///
/// ```
/// let svd = layerpath::linalg::thin_svd(&[0.0, 3.0, 4.0, 0.0, 0.0, 0.0], 3, 2)?;
/// assert!((svd.values[0] - 4.0).abs() < 1e-15 && (svd.values[1] - 3.0).abs() < 1e-15);
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn thin_svd(matrix: &[f64], m: usize, n: usize) -> Result<ThinSvd, Error> {
    let Svd { values, left, right } = singular_values_and_vectors(matrix, m, n)?;
    let k = values.len();
    Ok(ThinSvd { values, left: transposed(&left, k, m), right: transposed(&right, k, n) })
}

/// Singular values of a row-major m×n matrix in descending order, min(m, n) of them.
///
/// # Errors
///
/// [`Error::NoConvergence`] if the iteration fails, which finite matrices do not provoke.
///
/// # Panics
///
/// If the slice does not have m·n elements: a fault of the caller inside this crate, not of a user's input.
///
/// ```
/// let values = layerpath::linalg::singular_values(&[3.0, 0.0, 0.0, -4.0], 2, 2)?;
/// assert!((values[0] - 4.0).abs() < 1e-15 && (values[1] - 3.0).abs() < 1e-15);
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn singular_values(matrix: &[f64], m: usize, n: usize) -> Result<Vec<f64>, Error> {
    assert!(matrix.len() == m * n, "shape of a decomposition");
    let mut values = vec![0.0; m.min(n)];
    if values.is_empty() {
        return Ok(values);
    }
    let params = faer::Spec::default();
    let none = ComputeSvdVectors::No;
    let scratch = svd_scratch::<f64>(m, n, none, none, Par::Seq, params);
    svd(
        MatRef::from_row_major_slice(matrix, m, n),
        DiagMut::from_slice_mut(&mut values),
        None,
        None,
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        params,
    )
    .map_err(|_| Error::NoConvergence(m.max(n)))?;
    Ok(values)
}

/// The rows×columns row-major matrix, transposed.
fn transposed(matrix: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    (0..rows * columns).map(|place| matrix[place % rows * columns + place / rows]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::{product, transposed_product};

    #[test]
    fn reconstructs_tall_square_wide_and_deficient_matrices() {
        for (m, n) in [(1, 1), (1, 6), (6, 1), (5, 5), (40, 3), (3, 40), (150, 140)] {
            for deficient in [false, true] {
                let mut a: Vec<f64> = (0..m * n).map(|i| ((i * 7919 + 13) % 101) as f64 - 50.0).collect();
                if deficient && m > 1 {
                    a.copy_within(..n, n);
                }
                let k = m.min(n);
                let svd = thin_svd(&a, m, n).unwrap();
                assert!(svd.values.windows(2).all(|pair| pair[0] >= pair[1]));
                let scaled: Vec<f64> =
                    svd.left.iter().enumerate().map(|(place, x)| x * svd.values[place % k]).collect();
                let back = product(&scaled, &transposed(&svd.right, n, k), m, k, n);
                let size = svd.values[0];
                assert!(back.iter().zip(&a).all(|(x, y)| (x - y).abs() < 1e-13 * size), "{m}×{n}");
                for (vectors, rows) in [(&svd.left, m), (&svd.right, n)] {
                    let gram = transposed_product(vectors, vectors, k, rows, k);
                    let identity = |place: usize| f64::from(u8::from(place / k == place % k));
                    assert!(gram.iter().enumerate().all(|(place, x)| (x - identity(place)).abs() < 1e-13));
                }
                let alone = singular_values(&a, m, n).unwrap();
                assert!(alone.iter().zip(&svd.values).all(|(x, y)| (x - y).abs() < 1e-13 * size));
            }
        }
    }
}
