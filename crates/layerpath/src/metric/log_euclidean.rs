//! The log-Euclidean metric: flat in the matrix logarithm (docs/math.md §1.3).

use std::fmt;

use super::name::ParsedName;
use super::properties::{Curvature, Properties};
use super::spd::SpdMatrix;
use crate::Error;
use crate::geometry::FlatVector;
use crate::representation::Representation;

/// d = ‖log S₁ − log S₂‖_F between the Gram or covariance matrices of two representations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogEuclidean {
    /// What S is.
    pub matrix: SpdMatrix,
}

impl LogEuclidean {
    pub(super) fn from_name(name: ParsedName<'_>) -> Result<Self, Error> {
        SpdMatrix::from_name(name).map(|matrix| Self { matrix })
    }

    /// The lower triangle of log S row after row, off-diagonal entries times √2.
    ///
    /// # Errors
    ///
    /// Those of the affine-invariant metric.
    pub fn embed(&self, x: &Representation<'_>) -> Result<FlatVector, Error> {
        let point = self.matrix.of(x, self)?;
        let size = self.matrix.size(x.stimuli());
        let resolution = x.roundoff() * point.condition().sqrt();
        FlatVector::new(packed(&point.function(f64::ln), size)).map(|vector| vector.with_resolution(resolution))
    }

    pub(super) fn coordinates(&self, stimuli: usize) -> usize {
        let size = self.matrix.size(stimuli);
        size.saturating_mul(size.saturating_add(1)) / 2
    }

    pub(super) fn properties(&self) -> Properties {
        Properties {
            summary: "Euclidean distance of the logarithms of Gram or covariance matrices",
            is_metric: true,
            has_geodesics: true,
            curvature: Curvature::Constant(0.0),
            invariances: SpdMatrix::INVARIANCES,
            range: "[0, ∞)",
            cost: "2m²n + m³ a point, m² a pair",
            minimum_stimuli: self.matrix.minimum_stimuli(),
            source: "Arsigny et al. 2006",
        }
    }
}

/// The lower triangle row after row, off-diagonal entries times √2: Euclidean products are Frobenius products.
pub(super) fn packed(matrix: &[f64], size: usize) -> Vec<f64> {
    let entry = |i: usize, j: usize| matrix[i * size + j] * if i == j { 1.0 } else { std::f64::consts::SQRT_2 };
    (0..size).flat_map(|i| (0..=i).map(move |j| entry(i, j))).collect()
}

impl fmt::Display for LogEuclidean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "log-euclidean[{}]", self.matrix)
    }
}
