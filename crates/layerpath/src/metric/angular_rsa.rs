//! Angular RSA: the arc between distance matrices (docs/math.md §1.4).

use std::fmt;

use super::name::ParsedName;
use super::properties::{Curvature, Invariances, Properties};
use crate::Error;
use crate::geometry::UnitVector;
use crate::linalg::norm;
use crate::representation::distances::pairs;
use crate::representation::{Representation, row_distances};

/// d = arccos of the Pearson correlation of the Euclidean distances between stimuli, i < j.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AngularRsa;

#[expect(clippy::unused_self, reason = "the same methods as every other metric")]
impl AngularRsa {
    pub(super) fn from_name(name: ParsedName<'_>) -> Result<Self, Error> {
        name.finish(&[]).map(|()| Self)
    }

    /// The distances over pairs i > j row after row, less their mean, divided by their norm.
    ///
    /// # Errors
    ///
    /// [`Error::TooFewStimuli`], [`Error::ConstantRows`], and [`Error::EqualDistances`] if all distances are equal.
    pub fn embed(&self, x: &Representation<'_>) -> Result<UnitVector, Error> {
        let m = x.stimuli();
        if m < 3 {
            return Err(Error::TooFewStimuli { metric: self.to_string(), needed: 3, given: m });
        }
        let mut distances = pairs(&row_distances(x));
        let largest = distances.iter().fold(0.0_f64, |sofar, value| sofar.max(*value));
        if largest == 0.0 {
            return Err(Error::ConstantRows { metric: self.to_string() });
        }
        if !largest.is_finite() {
            return Err(Error::Overflow { metric: self.to_string() });
        }
        for value in &mut distances {
            *value /= largest;
        }
        let before = norm(&distances);
        let mean = distances.iter().sum::<f64>() / distances.len() as f64;
        for value in &mut distances {
            *value -= mean;
        }
        if norm(&distances) <= 8.0 * m as f64 * f64::EPSILON * before {
            return Err(Error::EqualDistances { metric: self.to_string() });
        }
        Ok(UnitVector::normalize(distances)?.with_resolution(x.roundoff()))
    }

    pub(super) fn coordinates(&self, stimuli: usize) -> usize {
        stimuli.saturating_mul(stimuli.saturating_sub(1)) / 2
    }

    pub(super) fn properties(&self) -> Properties {
        Properties {
            summary: "arc between distance matrices, arccos of their Pearson correlation",
            is_metric: true,
            has_geodesics: true,
            curvature: Curvature::Constant(1.0),
            invariances: Invariances { translation: true, rotation: true, scaling: true, affine: false },
            range: "[0, π] rad",
            cost: "m²n a point, m²/2 a pair",
            minimum_stimuli: 3,
            source: "Kriegeskorte, Mur, Bandettini 2008",
        }
    }
}

impl fmt::Display for AngularRsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("angular-rsa")
    }
}
