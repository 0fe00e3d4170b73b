//! Symmetric eigenvalue problem.

use faer::diag::DiagMut;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::{MatMut, MatRef, Par};

use crate::Error;

/// Eigenvalues and orthonormal eigenvectors of a symmetric matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct SymmetricEigen {
    /// Eigenvalues in ascending order.
    pub values: Vec<f64>,
    /// `vectors[k]` is the unit eigenvector of `values[k]`, with its entry of largest magnitude positive.
    pub vectors: Vec<Vec<f64>>,
}

/// Eigenvalues and eigenvectors of a symmetric n×n matrix, of which only the lower triangle is read.
///
/// One thread, so that the result does not depend on their number.
///
/// # Errors
///
/// [`Error::NoConvergence`] if the iteration fails, which finite matrices do not provoke.
///
/// ```
/// let eigen = layerpath::linalg::symmetric_eigen(&[2.0, 0.0, 1.0, 2.0], 2).unwrap();
/// assert!((eigen.values[0] - 1.0).abs() < 1e-15 && (eigen.values[1] - 3.0).abs() < 1e-15);
/// ```
pub fn symmetric_eigen(matrix: &[f64], n: usize) -> Result<SymmetricEigen, Error> {
    assert!(matrix.len() == n * n, "a square matrix");
    let mut values = vec![0.0; n];
    let mut vectors = vec![0.0; n * n];
    if n == 0 {
        return Ok(SymmetricEigen { values, vectors: Vec::new() });
    }
    let params = faer::Spec::default();
    let scratch = self_adjoint_evd_scratch::<f64>(n, ComputeEigenvectors::Yes, Par::Seq, params);
    self_adjoint_evd(
        MatRef::from_row_major_slice(matrix, n, n),
        DiagMut::from_slice_mut(&mut values),
        Some(MatMut::from_column_major_slice_mut(&mut vectors, n, n)),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        params,
    )
    .map_err(|_| Error::NoConvergence(n))?;
    let vectors = vectors.chunks_exact(n.max(1)).map(with_positive_peak).collect();
    Ok(SymmetricEigen { values, vectors })
}

/// Eigenvalues of a symmetric n×n matrix in ascending order, of which only the lower triangle is read: several times cheaper
/// than with the vectors. One thread.
///
/// # Errors
///
/// As [`symmetric_eigen`].
///
/// ```
/// let values = layerpath::linalg::symmetric_eigenvalues(&[2.0, 0.0, 1.0, 2.0], 2).unwrap();
/// assert!((values[0] - 1.0).abs() < 1e-15 && (values[1] - 3.0).abs() < 1e-15);
/// ```
pub fn symmetric_eigenvalues(matrix: &[f64], n: usize) -> Result<Vec<f64>, Error> {
    assert!(matrix.len() == n * n, "a square matrix");
    let mut values = vec![0.0; n];
    if n == 0 {
        return Ok(values);
    }
    let params = faer::Spec::default();
    let scratch = self_adjoint_evd_scratch::<f64>(n, ComputeEigenvectors::No, Par::Seq, params);
    self_adjoint_evd(
        MatRef::from_row_major_slice(matrix, n, n),
        DiagMut::from_slice_mut(&mut values),
        None,
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        params,
    )
    .map_err(|_| Error::NoConvergence(n))?;
    Ok(values)
}

/// The vector or its negative: the sign of an eigenvector is arbitrary, a picture should not be.
fn with_positive_peak(vector: &[f64]) -> Vec<f64> {
    let mut peak = 0.0_f64;
    for &x in vector {
        // A tie within rounding goes to the earlier entry.
        if x.abs() > peak.abs() * (1.0 + 1e-9) {
            peak = x;
        }
    }
    let sign = if peak < 0.0 { -1.0 } else { 1.0 };
    vector.iter().map(|x| sign * x).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rows_have_no_eigenvalues() {
        assert!(symmetric_eigen(&[], 0).unwrap().values.is_empty());
        assert!(symmetric_eigenvalues(&[], 0).unwrap().is_empty());
    }

    #[test]
    fn reconstructs_the_matrix() {
        let n = 7;
        let mut matrix = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..n {
                matrix[i * n + j] = 1.0 / (1.0 + i as f64 + j as f64); // Hilbert, badly conditioned
            }
        }
        let eigen = symmetric_eigen(&matrix, n).unwrap();
        for i in 0..n {
            for j in 0..n {
                let sum: f64 = (0..n).map(|k| eigen.values[k] * eigen.vectors[k][i] * eigen.vectors[k][j]).sum();
                assert!((sum - matrix[i * n + j]).abs() < 1e-14);
            }
        }
    }
}
