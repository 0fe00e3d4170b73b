//! How well one representation predicts another linearly.

use std::fmt;

use super::activations::{Centred, check_stimuli};
use super::properties::{AFFINE, SHAPE, SimilarityProperties};
use crate::Error;
use crate::linalg::{dot, norm, transposed_product};
use crate::metric::Invariances;
use crate::metric::name::ParsedName;
use crate::representation::Representation;

/// R² = 1 − ‖Y − Ŷ‖²/‖Y‖² of the ridge regression of centred Y on centred X, on the stimuli that it was fitted to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LinearPredictivity {
    /// λ in (XᵀX + λI)⁻¹XᵀY.
    pub(super) ridge: f64,
}

/// The `ridge` parameter of a name.
pub(super) fn take_ridge(name: &mut ParsedName<'_>) -> Result<f64, Error> {
    super::take_number(name, "ridge", 0.0, "a finite number of at least 0", |v: &f64| v.is_finite() && *v >= 0.0)
}

impl LinearPredictivity {
    pub(super) fn from_name(mut name: ParsedName<'_>) -> Result<Self, Error> {
        let ridge = take_ridge(&mut name)?;
        name.finish(&["ridge"])?;
        Ok(Self { ridge })
    }

    pub(super) fn score(&self, x: &Representation<'_>, y: &Representation<'_>) -> Result<f64, Error> {
        check_stimuli(self, x, y, 2)?;
        let (x, y) = (Centred::new(x), Centred::new(y));
        let total = y.norm();
        if total == 0.0 {
            return Err(Error::ConstantRows { metric: self.to_string() });
        }
        let principal = x.principal(self)?;
        let overlap = transposed_product(&principal.left(principal.rank), &y.entries, principal.rank, y.m, y.n);
        // With UᵀY and the shrinkage f = s²/(s² + λ), R² = Σ (2f − f²)‖uᵢᵀY‖²/‖Y‖²: a sum without cancellation.
        let explained: Vec<f64> = overlap.chunks_exact(y.n).map(|row| (norm(row) / total).powi(2)).collect();
        let weights: Vec<f64> =
            principal.values().iter().map(|&s| shrinkage(s, self.ridge, x.unit)).map(|f| f * (2.0 - f)).collect();
        Ok(dot(&weights, &explained).min(1.0))
    }

    pub(super) fn properties(&self) -> SimilarityProperties {
        SimilarityProperties {
            summary: "share of the variance of the second representation that the first predicts linearly",
            range: "[0, 1]",
            symmetric: false,
            invariances_x: if self.ridge == 0.0 {
                AFFINE
            } else {
                Invariances { translation: true, rotation: true, scaling: false, affine: false }
            },
            invariances_y: SHAPE,
            minimum_stimuli: 2,
            cost: "m·n·min(m, n)",
            source: "Kornblith et al. 2019, arXiv:1905.00414",
            convention: "from the first to the second; ReSi's LinearRegression goes the other way. Variance is summed over \
                         units, scikit-learn's r2_score averages the R² of each. λ is absolute, as scikit-learn's alpha",
        }
    }
}

/// s²/(s² + λ) for a singular value in units of `unit`.
pub(super) fn shrinkage(s: f64, ridge: f64, unit: f64) -> f64 {
    let ratio = ridge.sqrt() / unit / s;
    1.0 / (1.0 + ratio * ratio)
}

impl fmt::Display for LinearPredictivity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "linear-predictivity[ridge={}]", self.ridge)
    }
}
