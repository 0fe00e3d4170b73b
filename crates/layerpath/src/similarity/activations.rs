//! Activations as f64 matrices: scaled, centred, in principal axes.

use crate::Error;
use crate::linalg::{ThinSvd, norm, thin_svd};
use crate::representation::Representation;

/// Activations widened to f64, row-major, times a power of two that brings the largest of them into [1/2, 1], so that
/// no scale overflows or underflows.
pub(super) struct Scaled {
    pub(super) entries: Vec<f64>,
    pub(super) m: usize,
    pub(super) n: usize,
    /// The activations are `entries` times this.
    pub(super) unit: f64,
    roundoff: f64,
}

impl Scaled {
    pub(super) fn new(x: &Representation<'_>) -> Self {
        let (m, n) = (x.stimuli(), x.units());
        let mut entries = vec![0.0; m * n];
        for (row, out) in entries.chunks_exact_mut(n).enumerate() {
            x.copy_row(row, 0..n, out);
        }
        let largest = entries.iter().fold(0.0_f64, |sofar, value| sofar.max(value.abs()));
        let exponent = if largest == 0.0 { 0 } else { (largest.log2().ceil() as i32).clamp(-1022, 1022) };
        let factor = 2.0_f64.powi(-exponent);
        change(&mut entries, |value| value * factor);
        Self { entries, m, n, unit: 2.0_f64.powi(exponent), roundoff: x.roundoff() }
    }

    pub(super) fn row(&self, i: usize) -> &[f64] {
        &self.entries[i * self.n..(i + 1) * self.n]
    }

    /// The rows `rows`, in that order.
    pub(super) fn select(&self, rows: &[usize]) -> Self {
        let entries = rows.iter().flat_map(|&i| self.row(i)).copied().collect();
        Self { entries, m: rows.len(), n: self.n, unit: self.unit, roundoff: self.roundoff }
    }

    /// Subtracts from each column its mean, after shifting by the first row, so that a large common offset costs no
    /// accuracy and a constant column becomes exactly zero.
    pub(super) fn center(self) -> Centred {
        let Self { mut entries, m, n, unit, roundoff } = self;
        // What rounding to the type of the activations alone can put into a singular value: noise of relative size u in
        // every entry has a spectral norm of about u·‖X‖·(1/√m + 1/√n).
        let noise = 2.0 * roundoff * norm(&entries) * (1.0 / (m as f64).sqrt() + 1.0 / (n as f64).sqrt());
        let first = entries[..n].to_vec();
        let mut mean = vec![0.0; n];
        for row in entries.chunks_exact_mut(n) {
            for ((value, shift), sum) in row.iter_mut().zip(&first).zip(&mut mean) {
                *value -= shift;
                *sum += *value;
            }
        }
        change(&mut mean, |sum| sum / m as f64);
        for row in entries.chunks_exact_mut(n) {
            row.iter_mut().zip(&mean).for_each(|(value, mean)| *value -= mean);
        }
        mean.iter_mut().zip(&first).for_each(|(mean, shift)| *mean += shift);
        Centred { entries, m, n, unit, mean, noise }
    }
}

/// Column-centred activations H·X, up to the factor `unit`.
pub(super) struct Centred {
    pub(super) entries: Vec<f64>,
    pub(super) m: usize,
    pub(super) n: usize,
    pub(super) unit: f64,
    /// The column means that were subtracted, in the same scale.
    pub(super) mean: Vec<f64>,
    noise: f64,
}

impl Centred {
    pub(super) fn new(x: &Representation<'_>) -> Self {
        Scaled::new(x).center()
    }

    pub(super) fn norm(&self) -> f64 {
        norm(&self.entries)
    }

    /// Thin singular value decomposition without the directions that rounding alone can have made: singular values of at
    /// most ε·max(m, n)·s₁ (ε of f64), or of what rounding to the activations' type leaves.
    ///
    /// # Errors
    ///
    /// [`Error::ConstantRows`] if nothing is left.
    pub(super) fn principal(&self, similarity: &dyn std::fmt::Display) -> Result<Principal, Error> {
        let constant = || Error::ConstantRows { metric: similarity.to_string() };
        let svd = thin_svd(&self.entries, self.m, self.n)?;
        let largest = svd.values.first().copied().unwrap_or(0.0);
        let tolerance = (f64::EPSILON * self.m.max(self.n) as f64 * largest).max(self.noise);
        let rank = svd.values.iter().take_while(|&&value| value > tolerance).count();
        if rank == 0 {
            return Err(constant());
        }
        Ok(Principal { svd, m: self.m, n: self.n, rank })
    }
}

/// H·X = U·diag(s)·Vᵀ up to its rank.
pub(super) struct Principal {
    svd: ThinSvd,
    m: usize,
    n: usize,
    pub(super) rank: usize,
}

impl Principal {
    /// Number of stimuli.
    pub(super) fn m(&self) -> usize {
        self.m
    }

    /// Singular values above the tolerance, in descending order.
    pub(super) fn values(&self) -> &[f64] {
        &self.svd.values[..self.rank]
    }

    /// The first `components` left singular vectors, m×components row-major: an orthonormal basis of the column space.
    pub(super) fn left(&self, components: usize) -> Vec<f64> {
        leading_columns(&self.svd.left, self.m, components)
    }

    /// The `rank` right singular vectors, n×rank row-major.
    pub(super) fn right(&self) -> Vec<f64> {
        leading_columns(&self.svd.right, self.n, self.rank)
    }
}

fn leading_columns(matrix: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    let width = matrix.len() / rows.max(1);
    matrix.chunks_exact(width.max(1)).flat_map(|row| &row[..columns]).copied().collect()
}

/// Refuses two representations of different numbers of stimuli, or of fewer than `needed`.
pub(super) fn check_stimuli(
    similarity: &dyn std::fmt::Display,
    x: &Representation<'_>,
    y: &Representation<'_>,
    needed: usize,
) -> Result<(), Error> {
    let (left, right) = (x.stimuli(), y.stimuli());
    if left != right {
        return Err(Error::DifferentStimuli { left, right });
    }
    if left < needed {
        return Err(Error::TooFewStimuli { metric: similarity.to_string(), needed, given: left });
    }
    Ok(())
}

/// Replaces every value by a function of it.
pub(super) fn change(values: &mut [f64], to: impl Fn(f64) -> f64) {
    for value in values {
        *value = to(*value);
    }
}
