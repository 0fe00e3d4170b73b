//! The affine-invariant Riemannian metric (docs/math.md §1.3).

use std::fmt;

use super::name::ParsedName;
use super::properties::{Curvature, Properties};
use super::spd::SpdMatrix;
use crate::Error;
use crate::geometry::PositiveDefinite;
use crate::representation::Representation;

/// d = ‖log(S₁^{−1/2} S₂ S₁^{−1/2})‖_F between the Gram or covariance matrices of two representations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AffineInvariantMetric {
    /// What S is.
    pub matrix: SpdMatrix,
}

impl AffineInvariantMetric {
    pub(super) fn from_name(name: ParsedName<'_>) -> Result<Self, Error> {
        SpdMatrix::from_name(name).map(|matrix| Self { matrix })
    }

    /// The matrix S.
    ///
    /// # Errors
    ///
    /// [`Error::TooFewStimuli`], [`Error::ConstantRows`], [`Error::TooFewComponents`], [`Error::Overflow`], and
    /// [`Error::NotAPoint`] if the ridge is lost in rounding.
    pub fn embed(&self, x: &Representation<'_>) -> Result<PositiveDefinite, Error> {
        self.matrix.of(x, self)
    }

    pub(super) fn coordinates(&self, stimuli: usize) -> usize {
        self.matrix.size(stimuli).saturating_pow(2)
    }

    pub(super) fn properties(&self) -> Properties {
        Properties {
            summary: match self.matrix {
                SpdMatrix::Gram { .. } => "logarithms of relative variances between Gram matrices, as set by the ridge",
                SpdMatrix::Covariance { .. } => "logarithms of ratios between the spectra of principal components",
            },
            is_metric: true,
            has_geodesics: true,
            curvature: match self.matrix {
                SpdMatrix::Gram { .. } => Curvature::AtMost(0.0),
                // Diagonal in their own principal axes, these matrices commute.
                SpdMatrix::Covariance { .. } => Curvature::Constant(0.0),
            },
            invariances: SpdMatrix::INVARIANCES,
            range: "[0, ∞)",
            cost: self.matrix.cost(),
            minimum_stimuli: self.matrix.minimum_stimuli(),
            source: "Pennec 2006; Shahbazi et al. 2021",
        }
    }
}

impl fmt::Display for AffineInvariantMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "affine-invariant[{}]", self.matrix)
    }
}
