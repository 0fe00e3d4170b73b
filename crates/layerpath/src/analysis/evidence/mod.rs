//! Baselines, uncertainty and functional checks as plain data beside the statistics of a path (docs/math.md §3.1, §3.2,
//! §3.4).
//!
//! [`Analysis::add_baselines`] and its companions take a [`MeasuredPath`], whose points were measured once for all of them.

mod baselines;
mod convergence;
mod decoding;
mod intervals;
mod stimuli;

pub use baselines::{BandRecord, BaselineSettings, BaselinesRecord, BesideRecord, UntrainedRecord};
pub use convergence::{ConvergenceRecord, ConvergenceValues};
pub use decoding::{DecodingRecord, LayerDecoding};
pub use intervals::{IntervalRecord, IntervalSettings, IntervalsRecord};
pub use stimuli::{ProgressSharesRecord, StepSharesRecord, StimulusContribution, StimulusSharesRecord};

use super::build::NOTHING_TO_COMPARE;
use super::{Analysis, PathDescription, PointRecord};
use crate::Error;
use crate::metric::{Metric, Point};
use crate::path::samples::RestrictedPoints;
use crate::path::{Path, Statistics};

/// A path with the points and the statistics that evidence starts from. [`measure`](super::measure) makes them.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredPath<'a> {
    /// Its place in [`Analysis::paths`].
    pub(super) place: usize,
    pub(super) points: Vec<&'a Point>,
    pub(super) target: Option<&'a Point>,
    pub(super) statistics: Statistics,
}

impl<'a> MeasuredPath<'a> {
    pub(super) fn new(
        place: usize,
        points: &'a [(PointRecord, Point)],
        description: &PathDescription,
        path: &Path,
    ) -> Self {
        let point = |&place: &usize| &points[place].1;
        Self {
            place,
            points: description.points.iter().map(point).collect(),
            target: description.target.as_ref().map(point),
            statistics: path.statistics(),
        }
    }

    /// Its points, in order.
    pub fn points(&self) -> &[&'a Point] {
        &self.points
    }

    /// Its target.
    pub fn target(&self) -> Option<&'a Point> {
        self.target
    }

    /// Its points of fewer stimuli, where they follow from the points of all.
    ///
    /// # Errors
    ///
    /// Those of [`RestrictedPoints::new`].
    pub fn restricted<'b>(&'b self, metric: &'b Metric) -> Result<RestrictedPoints<'b>, Error> {
        RestrictedPoints::new(metric, &self.points, self.target)
    }
}

impl Analysis {
    /// Takes out the note that there is nothing to compare with.
    fn has_evidence(&mut self) {
        self.notes.retain(|note| note != NOTHING_TO_COMPARE);
    }
}
