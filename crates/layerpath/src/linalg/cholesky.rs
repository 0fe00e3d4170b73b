//! Triangular factor of a symmetric positive definite matrix.

use super::dot;

/// The lower triangular L with L·Lᵀ = S, row-major, or nothing if S is not positive definite to within rounding.
///
/// `matrix` is a symmetric n×n matrix, of which only the lower triangle is read; n³/3 multiply–adds on one thread. Each
/// entry is good relative to its own row and column, so a graded matrix (diag(1, 10¹⁴) with small off-diagonal entries)
/// keeps its small eigenvalues, which eigenvalue iterations mix with rounding of the large ones.
///
/// ```
/// let lower = layerpath::linalg::cholesky(&[4.0, 0.0, 2.0, 10.0], 2).expect("positive definite");
/// assert_eq!(lower, [2.0, 0.0, 1.0, 3.0]);
/// assert!(layerpath::linalg::cholesky(&[1.0, 0.0, 2.0, 1.0], 2).is_none());
/// ```
///
/// # Panics
///
/// If the slice does not have n·n elements: a fault of the caller inside this crate, not of a user's input.
pub fn cholesky(matrix: &[f64], n: usize) -> Option<Vec<f64>> {
    assert!(matrix.len() == n * n, "a square matrix");
    let mut lower = vec![0.0; n * n];
    for i in 0..n {
        let (above, own) = lower.split_at_mut(i * n);
        for (j, row) in above.chunks_exact(n).enumerate() {
            own[j] = (matrix[i * n + j] - dot(&own[..j], &row[..j])) / row[j];
        }
        let square = matrix[i * n + i] - dot(&own[..i], &own[..i]);
        if square.is_nan() || square <= 0.0 || square.is_infinite() {
            return None;
        }
        own[i] = square.sqrt();
    }
    Some(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graded_matrix_keeps_its_small_pivot() {
        let big = 2.0_f64.powi(46);
        let lower = cholesky(&[big, 0.0, 3.0, 1.0], 2).unwrap();
        assert!((lower[3] - (1.0 - 9.0 / big).sqrt()).abs() < 1e-15);
    }

    #[test]
    fn reconstructs_the_matrix() {
        let n = 9;
        let entry = |i: usize, j: usize| 1.0 / (1.0 + (i as f64 - j as f64).abs()) + if i == j { 0.5 } else { 0.0 };
        let matrix: Vec<f64> = (0..n * n).map(|p| entry(p / n, p % n)).collect();
        let lower = cholesky(&matrix, n).unwrap();
        for i in 0..n {
            for j in 0..n {
                let sum: f64 = (0..n).map(|k| lower[i * n + k] * lower[j * n + k]).sum();
                assert!((sum - entry(i, j)).abs() < 1e-15, "{i}, {j}");
            }
        }
    }
}
