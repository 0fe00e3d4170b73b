//! Dense products, the singular value decomposition and functions of symmetric matrices.
//!
//! A matrix of *columns* is stored column after column: r columns of m entries, which is the same memory as a row-major
//! r×m matrix.

use faer::diag::DiagMut;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::matmul::matmul;
use faer::linalg::svd::{ComputeSvdVectors, svd, svd_scratch};
use faer::{Accum, MatMut, MatRef, Par, Spec};
use rayon::prelude::*;

use super::eigen::symmetric_eigen;
use crate::Error;

/// Rows of the result that one task computes.
const TILE: usize = 64;

/// Writes `left · right` to a new row-major matrix, tile by tile.
fn tiled(left: MatRef<'_, f64>, right: MatRef<'_, f64>) -> Vec<f64> {
    let (rows, columns) = (left.nrows(), right.ncols());
    let mut out = vec![0.0; rows * columns];
    if out.is_empty() {
        return out;
    }
    out.par_chunks_mut(TILE * columns).enumerate().for_each(|(tile, block)| {
        let height = block.len() / columns;
        // Built as the transpose: faer 0.24.4's row-major constructor with a stride sets the strides the wrong way round.
        let target = MatMut::from_column_major_slice_mut(block, columns, height).transpose_mut();
        matmul(target, Accum::Replace, left.subrows(tile * TILE, height), right, 1.0, Par::Seq);
    });
    out
}

/// A·B of row-major matrices, rows×inner times inner×columns.
///
/// ```
/// assert_eq!(layerpath::linalg::product(&[1.0, 2.0], &[3.0, 4.0], 1, 2, 1), [11.0]);
/// ```
///
/// # Panics
///
/// If the slices do not have these shapes: a fault of the caller inside this crate, not of a user's input. The same
/// holds for the other products.
pub fn product(a: &[f64], b: &[f64], rows: usize, inner: usize, columns: usize) -> Vec<f64> {
    tiled(MatRef::from_row_major_slice(a, rows, inner), MatRef::from_row_major_slice(b, inner, columns))
}

/// A·Bᵀ of row-major matrices, A rows×inner, B columns×inner. For matrices of columns this is AᵀB, the inner products of
/// all columns of one with all of the other.
///
/// ```
/// assert_eq!(layerpath::linalg::product_transposed(&[1.0, 2.0], &[3.0, 4.0, 5.0, 6.0], 1, 2, 2), [11.0, 17.0]);
/// ```
pub fn product_transposed(a: &[f64], b: &[f64], rows: usize, inner: usize, columns: usize) -> Vec<f64> {
    tiled(MatRef::from_row_major_slice(a, rows, inner), MatRef::from_row_major_slice(b, columns, inner).transpose())
}

/// Aᵀ·B of row-major matrices, A inner×rows, B inner×columns. For a matrix of columns B and a coefficient matrix A,
/// these are the combinations B·A, column after column.
///
/// ```
/// assert_eq!(layerpath::linalg::transposed_product(&[1.0, 2.0], &[3.0, 4.0], 2, 1, 2), [3.0, 4.0, 6.0, 8.0]);
/// ```
pub fn transposed_product(a: &[f64], b: &[f64], rows: usize, inner: usize, columns: usize) -> Vec<f64> {
    tiled(MatRef::from_row_major_slice(a, inner, rows).transpose(), MatRef::from_row_major_slice(b, inner, columns))
}

/// Thin singular value decomposition A = Σ σₖ uₖ vₖᵀ, k < min(rows, columns).
#[derive(Debug, Clone, PartialEq)]
pub struct Svd {
    /// Singular values in descending order.
    pub values: Vec<f64>,
    /// The left vectors uₖ, column after column.
    pub left: Vec<f64>,
    /// The right vectors vₖ, column after column.
    pub right: Vec<f64>,
}

/// Singular value decomposition of a row-major rows×columns matrix, on one thread.
///
/// # Errors
///
/// [`Error::NoConvergence`] if the iteration fails, which finite matrices do not provoke.
///
/// ```
/// let svd = layerpath::linalg::singular_values_and_vectors(&[0.0, 2.0, 1.0, 0.0], 2, 2)?;
/// assert!((svd.values[0] - 2.0).abs() < 1e-15 && (svd.values[1] - 1.0).abs() < 1e-15);
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn singular_values_and_vectors(matrix: &[f64], rows: usize, columns: usize) -> Result<Svd, Error> {
    let size = rows.min(columns);
    let (mut values, mut left, mut right) = (vec![0.0; size], vec![0.0; rows * size], vec![0.0; columns * size]);
    if size > 0 {
        let thin = ComputeSvdVectors::Thin;
        let params = Spec::default();
        let scratch = svd_scratch::<f64>(rows, columns, thin, thin, Par::Seq, params);
        svd(
            MatRef::from_row_major_slice(matrix, rows, columns),
            DiagMut::from_slice_mut(&mut values),
            Some(MatMut::from_column_major_slice_mut(&mut left, rows, size)),
            Some(MatMut::from_column_major_slice_mut(&mut right, columns, size)),
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch)),
            params,
        )
        .map_err(|_| Error::NoConvergence(size))?;
    }
    Ok(Svd { values, left, right })
}

/// f(S) = V f(Λ) Vᵀ of a symmetric n×n matrix, of which only the lower triangle is read.
///
/// # Errors
///
/// [`Error::NoConvergence`], which finite matrices do not provoke.
///
/// ```
/// let root = layerpath::linalg::symmetric_function(&[4.0, 0.0, 0.0, 9.0], 2, f64::sqrt)?;
/// assert!((root[0] - 2.0).abs() < 1e-15 && (root[3] - 3.0).abs() < 1e-15);
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn symmetric_function(matrix: &[f64], n: usize, f: impl Fn(f64) -> f64) -> Result<Vec<f64>, Error> {
    let eigen = symmetric_eigen(matrix, n)?;
    let plain: Vec<f64> = eigen.vectors.concat();
    let mut scaled = plain.clone();
    for (row, &value) in scaled.chunks_exact_mut(n.max(1)).zip(&eigen.values) {
        let factor = f(value);
        for x in &mut *row {
            *x *= factor;
        }
    }
    Ok(transposed_product(&scaled, &plain, n, n, n))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize) -> Vec<f64> {
        (0..n).map(|i| f64::from(u32::try_from(i * 7919 % 101).unwrap()) / 10.0 - 5.0).collect()
    }

    #[test]
    fn products_equal_the_plain_triple_loop() {
        for (rows, inner, columns) in [(1, 1, 1), (3, 5, 2), (65, 7, 70), (130, 3, 1)] {
            let (a, b) = (numbers(rows * inner), numbers(inner * columns));
            let transpose = |x: &[f64], r: usize, c: usize| -> Vec<f64> {
                (0..r * c).map(|place| x[place % r * c + place / r]).collect()
            };
            let plain: Vec<f64> = (0..rows * columns)
                .map(|p| (0..inner).map(|k| a[p / columns * inner + k] * b[k * columns + p % columns]).sum())
                .collect();
            let (at, bt) = (transpose(&a, rows, inner), transpose(&b, inner, columns));
            for ours in [
                product(&a, &b, rows, inner, columns),
                product_transposed(&a, &bt, rows, inner, columns),
                transposed_product(&at, &b, rows, inner, columns),
            ] {
                assert!(ours.iter().zip(&plain).all(|(x, y)| (x - y).abs() < 1e-11));
            }
        }
    }

    #[test]
    fn decomposition_reconstructs() {
        for (rows, columns) in [(4, 7), (7, 4), (5, 5)] {
            let a = numbers(rows * columns);
            let svd = singular_values_and_vectors(&a, rows, columns).unwrap();
            for i in 0..rows {
                for j in 0..columns {
                    let sum: f64 = (0..rows.min(columns))
                        .map(|k| svd.values[k] * svd.left[k * rows + i] * svd.right[k * columns + j])
                        .sum();
                    assert!((sum - a[i * columns + j]).abs() < 1e-13);
                }
            }
        }
    }
}
