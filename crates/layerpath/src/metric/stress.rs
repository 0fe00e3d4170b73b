//! Stress: the root mean square difference of distance matrices (docs/math.md §1.4).

use std::fmt;

use super::name::ParsedName;
use super::properties::{Curvature, Invariances, Properties};
use crate::Error;
use crate::geometry::FlatVector;
use crate::representation::distances::{median, pairs};
use crate::representation::{Representation, row_distances};

/// d² = mean over i < j of (D₁ − D₂)², D the Euclidean distances between stimuli (not squared).
///
/// The space is flat. A straight line between two distance matrices need not consist of distance matrices of any
/// representation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stress {
    /// What D is divided by.
    pub rescale: Rescale,
}

/// What distances between stimuli are divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Rescale {
    /// Nothing.
    #[default]
    None,
    /// Their median over i < j.
    Median,
}

impl Stress {
    pub(super) fn from_name(mut name: ParsedName<'_>) -> Result<Self, Error> {
        let rescale = name.take_choice("rescale", &[("none", Rescale::None), ("median", Rescale::Median)])?;
        name.finish(&["rescale"])?;
        Ok(Self { rescale })
    }

    /// D over pairs i > j row after row, times (m(m − 1)/2)^{−1/2}.
    ///
    /// # Errors
    ///
    /// [`Error::TooFewStimuli`], [`Error::ConstantRows`], [`Error::NoScale`], [`Error::Overflow`].
    pub fn embed(&self, x: &Representation<'_>) -> Result<FlatVector, Error> {
        let m = x.stimuli();
        if m < 2 {
            return Err(Error::TooFewStimuli { metric: self.to_string(), needed: 2, given: m });
        }
        let mut coordinates = pairs(&row_distances(x));
        if coordinates.iter().all(|&distance| distance == 0.0) {
            return Err(Error::ConstantRows { metric: self.to_string() });
        }
        let scale = match self.rescale {
            Rescale::None => 1.0,
            Rescale::Median => median(coordinates.clone()),
        };
        if scale == 0.0 {
            return Err(Error::NoScale { metric: self.to_string() });
        }
        let root = (coordinates.len() as f64).sqrt();
        for distance in &mut coordinates {
            *distance = *distance / scale / root;
        }
        let vector = FlatVector::new(coordinates).map_err(|_| Error::Overflow { metric: self.to_string() })?;
        let size = crate::linalg::norm(vector.coordinates());
        Ok(vector.with_resolution(x.roundoff() * size))
    }

    #[expect(clippy::unused_self, reason = "the same method as every other metric")]
    pub(super) fn coordinates(&self, stimuli: usize) -> usize {
        stimuli.saturating_mul(stimuli.saturating_sub(1)) / 2
    }

    pub(super) fn properties(&self) -> Properties {
        Properties {
            summary: "root mean square difference of the distances between stimuli",
            is_metric: true,
            has_geodesics: true,
            curvature: Curvature::Constant(0.0),
            invariances: Invariances {
                translation: true,
                rotation: true,
                scaling: self.rescale == Rescale::Median,
                affine: false,
            },
            range: "[0, ∞)",
            cost: "m²n a point, m²/2 a pair",
            minimum_stimuli: 2,
            source: "Kruskal 1964; Lange et al. 2022, arXiv:2206.10999",
        }
    }
}

impl fmt::Display for Stress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rescale = match self.rescale {
            Rescale::None => "none",
            Rescale::Median => "median",
        };
        write!(f, "stress[rescale={rescale}]")
    }
}
