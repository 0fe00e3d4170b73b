//! Thin singular value decomposition and plain products of row-major matrices.
//!
//! One thread each, so that the result does not depend on their number.

use faer::diag::DiagMut;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::matmul::matmul;
use faer::linalg::svd::{ComputeSvdVectors, svd, svd_scratch};
use faer::{Accum, MatMut, MatRef, Par};

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
    let k = m.min(n);
    let (mut values, mut left, mut right) = (vec![0.0; k], vec![0.0; m * k], vec![0.0; n * k]);
    decompose(matrix, m, n, &mut values, Some((&mut left, &mut right)))?;
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
    let mut values = vec![0.0; m.min(n)];
    decompose(matrix, m, n, &mut values, None)?;
    Ok(values)
}

/// The vectors are column-major, as the library likes them.
fn decompose(
    matrix: &[f64],
    m: usize,
    n: usize,
    values: &mut [f64],
    vectors: Option<(&mut [f64], &mut [f64])>,
) -> Result<(), Error> {
    assert!(matrix.len() == m * n, "shape of a decomposition");
    let k = m.min(n);
    if k == 0 {
        return Ok(());
    }
    let params = faer::Spec::default();
    let wanted = if vectors.is_some() { ComputeSvdVectors::Thin } else { ComputeSvdVectors::No };
    let scratch = svd_scratch::<f64>(m, n, wanted, wanted, Par::Seq, params);
    let (left, right) = match vectors {
        Some((left, right)) => (
            Some(MatMut::from_column_major_slice_mut(left, m, k)),
            Some(MatMut::from_column_major_slice_mut(right, n, k)),
        ),
        None => (None, None),
    };
    svd(
        MatRef::from_row_major_slice(matrix, m, n),
        DiagMut::from_slice_mut(values),
        left,
        right,
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        params,
    )
    .map_err(|_| Error::NoConvergence(m.max(n)))
}

/// A·B of row-major m×k and k×n matrices.
///
/// # Panics
///
/// If the slices do not have m·k and k·n elements: a fault of the caller inside this crate.
///
/// ```
/// assert_eq!(layerpath::linalg::product(&[1.0, 2.0], &[3.0, 4.0], 1, 2, 1), [11.0]);
/// ```
pub fn product(a: &[f64], b: &[f64], m: usize, k: usize, n: usize) -> Vec<f64> {
    assert!(a.len() == m * k && b.len() == k * n, "shapes of a product");
    multiply(MatRef::from_row_major_slice(a, m, k), MatRef::from_row_major_slice(b, k, n))
}

/// Aᵀ·B of row-major k×m and k×n matrices.
///
/// # Panics
///
/// If the slices do not have k·m and k·n elements: a fault of the caller inside this crate.
///
/// ```
/// assert_eq!(layerpath::linalg::transposed_product(&[1.0, 2.0], &[3.0, 4.0], 2, 1, 1), [11.0]);
/// ```
pub fn transposed_product(a: &[f64], b: &[f64], k: usize, m: usize, n: usize) -> Vec<f64> {
    assert!(a.len() == k * m && b.len() == k * n, "shapes of a product");
    multiply(MatRef::from_row_major_slice(a, k, m).transpose(), MatRef::from_row_major_slice(b, k, n))
}

fn multiply(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Vec<f64> {
    let (m, n) = (a.nrows(), b.ncols());
    let mut out = vec![0.0; m * n];
    // The row-major m×n result is its column-major n×m transpose.
    let target = MatMut::from_column_major_slice_mut(&mut out, n, m).transpose_mut();
    matmul(target, Accum::Replace, a, b, 1.0, Par::Seq);
    out
}

/// The rows×columns row-major matrix, transposed.
fn transposed(matrix: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    (0..rows * columns).map(|place| matrix[place % rows * columns + place / rows]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
                    let gram = transposed_product(vectors, vectors, rows, k, k);
                    let identity = |place: usize| f64::from(u8::from(place / k == place % k));
                    assert!(gram.iter().enumerate().all(|(place, x)| (x - identity(place)).abs() < 1e-13));
                }
                let alone = singular_values(&a, m, n).unwrap();
                assert!(alone.iter().zip(&svd.values).all(|(x, y)| (x - y).abs() < 1e-13 * size));
            }
        }
    }

    #[test]
    fn products_equal_the_plain_triple_loop() {
        let (m, k, n) = (5, 7, 3);
        let a: Vec<f64> = (0..m * k).map(|i| (i * 31 % 17) as f64).collect();
        let b: Vec<f64> = (0..k * n).map(|i| (i * 29 % 19) as f64).collect();
        let plain = |i: usize, j: usize| (0..k).map(|l| a[i * k + l] * b[l * n + j]).sum::<f64>();
        let expected: Vec<f64> = (0..m * n).map(|place| plain(place / n, place % n)).collect();
        assert_eq!(product(&a, &b, m, k, n), expected);
        assert_eq!(transposed_product(&transposed(&a, m, k), &b, k, m, n), expected);
    }
}
