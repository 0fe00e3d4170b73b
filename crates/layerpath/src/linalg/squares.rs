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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::{nuclear_norm, singular_values};

    const N: usize = 64;

    /// ±1, the rows orthogonal to each other.
    fn sign(i: usize, k: usize) -> f64 {
        if (i & k).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 }
    }

    /// H·diag(d)·H with singular values 64·|d|, exact for d of few bits.
    fn turned(d: &[f64; N]) -> Vec<f64> {
        (0..N * N).map(|place| (0..N).map(|k| sign(place / N, k) * d[k] * sign(place % N, k)).sum()).collect()
    }

    /// Powers of two from 1 down to 2^−`decline`.
    fn falling(decline: usize) -> [f64; N] {
        std::array::from_fn(|k| 0.5_f64.powf((k * decline / (N - 1)) as f64))
    }

    /// ‖M‖_* through the public function.
    fn norm_of(matrix: &[f64]) -> f64 {
        let rows: Vec<f64> = (0..N * N).map(|place| matrix[place % N * N + place / N]).collect();
        let axes: Vec<f64> = (0..N * N).map(|place| f64::from(u8::from(place / N == place % N))).collect();
        nuclear_norm(&axes, &rows, N).unwrap()
    }

    #[test]
    fn exact_spectra_keep_their_digits_by_either_route() {
        for decline in 0..=40 {
            let d = falling(decline);
            let exact = 64.0 * d.iter().rev().sum::<f64>();
            let matrix = turned(&d);
            // Squares answer while the spectrum is narrow, and decline to when it is wide.
            let squared = nuclear_norm_from_squares(&matrix, N, N);
            assert!(squared.is_some() || decline > 7, "2^−{decline}");
            assert!(squared.is_none() || decline < 13, "2^−{decline}");
            for value in squared.into_iter().chain([norm_of(&matrix)]) {
                assert!((value / exact - 1.0).abs() < 4e-15, "2^−{decline}: {value} for {exact}");
            }
        }
    }

    #[test]
    fn graded_columns_keep_their_digits_whatever_their_range() {
        for decline in [1, 10, 20, 40] {
            let d = falling(decline);
            // In no order, and from either side.
            let tall: Vec<f64> = (0..N * N).map(|place| sign(place / N, place % N) * d[place % N * 37 % N]).collect();
            let wide: Vec<f64> = (0..N * N).map(|place| tall[place % N * N + place / N]).collect();
            let exact = 8.0 * d.iter().rev().sum::<f64>();
            let squared = nuclear_norm_from_squares(&tall, N, N);
            assert!(squared.is_some() == (decline < 13), "2^−{decline}");
            for value in squared.into_iter().chain([norm_of(&tall), norm_of(&wide)]) {
                assert!((value / exact - 1.0).abs() < 4e-15, "2^−{decline}: {value} for {exact}");
            }
        }
    }

    #[test]
    fn rectangles_use_their_smaller_side() {
        // Two square blocks beside each other or one below the other: singular values √2 times as large.
        let d: [f64; N] = std::array::from_fn(|k| 1.0 + k as f64);
        let square = turned(&d);
        let tall = [square.clone(), square.clone()].concat();
        let wide: Vec<f64> = square.chunks_exact(N).flat_map(|row| [row, row].concat()).collect();
        let exact = 64.0 * std::f64::consts::SQRT_2 * d.iter().sum::<f64>();
        for (matrix, p, q) in [(&tall, 2 * N, N), (&wide, N, 2 * N)] {
            let found = nuclear_norm_from_squares(matrix, p, q).unwrap();
            assert!((found / exact - 1.0).abs() < 4e-15, "{p}×{q}: {found} for {exact}");
        }
    }

    #[test]
    fn no_answer_where_squares_lose_digits() {
        let halves: [f64; N] = std::array::from_fn(|k| f64::from(u8::from(k < N / 2)));
        let deficient = turned(&halves);
        assert_eq!(nuclear_norm_from_squares(&deficient, N, N), None);
        assert!((norm_of(&deficient) / 2048.0 - 1.0).abs() < 4e-15);
        assert_eq!(norm_of(&vec![0.0; N * N]), 0.0);
        // Squares beyond the range of doubles.
        for scale in [1e-170, 1e160] {
            let matrix: Vec<f64> = turned(&[1.0; N]).iter().map(|x| scale * x).collect();
            assert_eq!(nuclear_norm_from_squares(&matrix, N, N), None);
            assert!((norm_of(&matrix) / scale / 4096.0 - 1.0).abs() < 4e-15);
        }
        // A narrow spectrum but for one value: certified by the determinant.
        let mut lone = [1.0; N];
        lone[17] = 0.5_f64.powi(16);
        let found = nuclear_norm_from_squares(&turned(&lone), N, N);
        let exact = 64.0 * (63.0 + lone[17]);
        assert!((norm_of(&turned(&lone)) / exact - 1.0).abs() < 4e-15);
        assert!(found.is_none_or(|value| (value / exact - 1.0).abs() < 4e-15));
        // Few axes go through singular values.
        assert_eq!(nuclear_norm_from_squares(&[3.0], 1, 1), None);
        assert!((nuclear_norm(&[3.0], &[1.0, 2.0, 2.0], 1).unwrap() - 9.0).abs() < 1e-14);
        assert_eq!(singular_values(&[3.0], 1, 1).unwrap(), [3.0]);
    }
}
