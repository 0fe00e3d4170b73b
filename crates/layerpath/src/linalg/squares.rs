//! Nuclear norm from the eigenvalues of the smaller Gram matrix, a third of the work of singular values, wherever that
//! costs no digits.
//!
//! Squaring loses the small singular values: an error δ of an eigenvalue σ² is one of δ/2σ in σ. What that does to the sum
//! is estimated from what was computed, and where it is too much there is no answer:
//!
//! * Rounding a Gram matrix G and reducing it to tridiagonal form moves its small eigenvalues by about ε‖G‖_F/√n.
//! * A Cholesky factor R of G has det G = ∏ r², good to a few ε for each r whatever their range. Σ ln λ − Σ ln r² is therefore
//!   the relative error of the computed eigenvalues, added up; it bounds the damage to singular values that are smaller
//!   than the first estimate can vouch for.
//!
//! The r themselves are rough singular values, and tell in a twentieth of the time whether the attempt is worth its cost.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor::{cholesky_in_place, cholesky_in_place_scratch};
use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::{Accum, MatMut, MatRef, Par, Spec};

use super::symmetric_eigenvalues;

/// Below, singular values cost less than the product that they follow.
const SMALLEST: usize = 48;
/// Standard error of the norm, relative to it, up to which squares are good enough: ten units of rounding.
const TOLERANCE: f64 = 2e-15;
/// The same estimated from the Cholesky factor alone, which is known to within a small factor.
const WORTH_TRYING: f64 = 1e-14;
/// Traces of squares whose smallest parts neither overflow nor vanish.
const TRACES: std::ops::Range<f64> = 1e-200..1e200;

/// ‖M‖_* of a row-major p×q matrix, or nothing if it would lose digits, or if M is small enough for singular values. One
/// thread.
pub(super) fn nuclear_norm_from_squares(matrix: &[f64], p: usize, q: usize) -> Option<f64> {
    let n = p.min(q);
    if n < SMALLEST {
        return None;
    }
    let squares = graded_squares(matrix, p, q)?;
    let pivots = pivots(&squares, n)?;
    let frobenius = squares.iter().map(|x| x * x).sum::<f64>().sqrt();
    let rounding = f64::EPSILON * frobenius / (n as f64).sqrt();
    if standard_error(&pivots, rounding, f64::INFINITY) > WORTH_TRYING {
        return None;
    }
    let values = symmetric_eigenvalues(&squares, n).ok()?;
    if values[0] <= 0.0 {
        return None;
    }
    let determinants: f64 = values.iter().zip(&pivots).map(|(value, pivot)| (value / pivot / pivot).ln()).sum();
    let relative = determinants.abs().max(f64::EPSILON * (n as f64).sqrt());
    let roots: Vec<f64> = values.iter().map(|value| value.sqrt()).collect();
    // The smallest first, so that they are not lost.
    (standard_error(&roots, rounding, relative) <= TOLERANCE).then(|| roots.iter().sum())
}

/// Standard error of Σσ over Σσ, if the errors of the σ² are independent, each the smaller of `rounding` and σ²·`relative`.
fn standard_error(values: &[f64], rounding: f64, relative: f64) -> f64 {
    let error = |value: f64| (rounding / (2.0 * value)).min(rounding.sqrt()).min(relative * value / 2.0);
    values.iter().map(|&value| error(value).powi(2)).sum::<f64>().sqrt() / values.iter().sum::<f64>()
}

/// MᵀM or MMᵀ, whichever is smaller, with rows and columns in the order of falling diagonal: reduction and factor then
/// keep the small entries of a graded matrix apart from the rounding of the large ones.
fn graded_squares(matrix: &[f64], p: usize, q: usize) -> Option<Vec<f64>> {
    let n = p.min(q);
    let rows = MatRef::from_row_major_slice(matrix, p, q);
    let columns = if q <= p { rows } else { rows.transpose() };
    let mut lower = vec![0.0; n * n];
    matmul(
        MatMut::from_column_major_slice_mut(&mut lower, n, n),
        BlockStructure::TriangularLower,
        Accum::Replace,
        columns.transpose(),
        BlockStructure::Rectangular,
        columns,
        BlockStructure::Rectangular,
        1.0,
        Par::Seq,
    );
    let diagonal = |i: usize| lower[i * n + i];
    if !TRACES.contains(&(0..n).map(diagonal).sum::<f64>()) {
        return None;
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| diagonal(j).total_cmp(&diagonal(i)));
    let mut squares = vec![0.0; n * n];
    for (i, &from) in order.iter().enumerate() {
        for (j, &to) in order[..=i].iter().enumerate() {
            let entry = lower[from.min(to) * n + from.max(to)];
            squares[i * n + j] = entry;
            squares[j * n + i] = entry;
        }
    }
    Some(squares)
}

/// The diagonal of the Cholesky factor in ascending order; nothing if the matrix is not positive definite to within
/// rounding.
fn pivots(squares: &[f64], n: usize) -> Option<Vec<f64>> {
    let mut factor = squares.to_vec();
    let scratch = cholesky_in_place_scratch::<f64>(n, Par::Seq, Spec::default());
    cholesky_in_place(
        MatMut::from_column_major_slice_mut(&mut factor, n, n),
        faer::linalg::cholesky::llt::factor::LltRegularization::default(),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Spec::default(),
    )
    .ok()?;
    let mut pivots: Vec<f64> = (0..n).map(|i| factor[i * n + i]).collect();
    pivots.sort_by(f64::total_cmp);
    (pivots[0] > 0.0).then_some(pivots)
}
