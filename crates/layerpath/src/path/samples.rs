//! Where the points of fewer stimuli come from, for everything that repeats a path over samples of stimuli.
//!
//! Under many metrics they follow from the points of all stimuli ([`RestrictedPoints`]). Where they do not, they are made
//! anew from the activations, which the core does not read: whoever holds them implements [`PointsOfStimuli`].

use rayon::prelude::*;

use super::baselines::statistics_of;
use super::{Detail, StatisticKey, Statistics, Undefined};
use crate::Error;
use crate::metric::{Metric, Point};

/// The points of a path, and of its target, for any choice of its stimuli.
pub trait PointsOfStimuli {
    /// What can go wrong, reading activations for example.
    type Error: From<Error>;

    /// Number of all stimuli, m.
    fn stimuli(&self) -> usize;

    /// The path of the stimuli `rows`, which are distinct and less than m, in that order; or, inside, why one of its points
    /// does not exist for those stimuli.
    ///
    /// # Errors
    ///
    /// If the points cannot be made, whatever the stimuli.
    fn sample(&mut self, rows: &[usize]) -> Result<Result<SampledPath, Error>, Self::Error>;
}

/// A path of fewer stimuli.
#[derive(Debug, Clone, PartialEq)]
pub struct SampledPath {
    /// Its points, in order.
    pub points: Vec<Point>,
    /// Its target, if the path of all stimuli has one; or why it has no point for these stimuli (all of one class, say).
    pub target: Option<Result<Point, Error>>,
}

impl SampledPath {
    /// Every statistic that the path of all stimuli has, in the same order; those that need a target that is missing are
    /// undefined.
    pub(super) fn statistics(&self, metric: &Metric, full: &Statistics, detail: Detail) -> Result<Statistics, Error> {
        let points: Vec<&Point> = self.points.iter().collect();
        let missing = match &self.target {
            None => return statistics_of(metric, full, &points, None, detail),
            Some(Ok(target)) => return statistics_of(metric, full, &points, Some(target), detail),
            Some(Err(missing)) => missing,
        };
        let untargeted: Statistics = full.iter().filter(|(key, _)| !key.quantity.needs_target()).cloned().collect();
        let mut own = statistics_of(metric, &untargeted, &points, None, detail)?.into_iter().peekable();
        let of = |key: &StatisticKey| {
            own.next_if(|(next, _)| next == key)
                .unwrap_or_else(|| (*key, Err(Undefined::NoPoint(Box::new(missing.clone())))))
        };
        Ok(full.iter().map(|(key, _)| key).map(of).collect())
    }
}

/// Points of fewer stimuli from the points of all ([`Metric::restrict`]).
///
/// ```
/// use layerpath::path::samples::{PointsOfStimuli, RestrictedPoints};
/// use layerpath::{metric::Metric, representation::Representation};
/// let metric: Metric = "stress".parse()?;
/// let point = metric.embed(&Representation::new(&[0.0, 1.0, 3.0_f64][..], 3, 1)?)?;
/// let path = [&point, &point];
/// let sample = RestrictedPoints::new(&metric, &path, None)?.sample(&[0, 2])??;
/// assert_eq!(sample.points[0].coordinates(), [3.0]);
/// // The leading axis of two stimuli is not that of all three:
/// let metric: Metric = "angular-shape[components=1]".parse()?;
/// assert!(RestrictedPoints::new(&metric, &path, None).is_err());
/// # Ok::<(), layerpath::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RestrictedPoints<'a> {
    metric: &'a Metric,
    points: &'a [&'a Point],
    target: Option<&'a Point>,
    stimuli: usize,
}

impl<'a> RestrictedPoints<'a> {
    /// From the points of all stimuli.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] for a metric whose points do not hold enough ([`Metric::restricts`]),
    /// [`Error::DimensionMismatch`] for points of different stimuli, [`Error::TooFewPoints`] for none.
    pub fn new(metric: &'a Metric, points: &'a [&'a Point], target: Option<&'a Point>) -> Result<Self, Error> {
        if !metric.restricts() {
            return Err(Error::Unavailable {
                operation: "an interval or convergence over stimuli from points",
                metric: metric.to_string(),
                reason: "a point does not say what fewer stimuli would make of the axes left out; give the activations, \
                         from which the points of fewer stimuli are made anew",
            });
        }
        let stimuli = common_stimuli(metric, points, target)?;
        Ok(Self { metric, points, target, stimuli })
    }
}

impl PointsOfStimuli for RestrictedPoints<'_> {
    type Error = Error;

    fn stimuli(&self) -> usize {
        self.stimuli
    }

    fn sample(&mut self, rows: &[usize]) -> Result<Result<SampledPath, Error>, Error> {
        let restrict = |point: &&Point| self.metric.restrict(point, self.stimuli, rows);
        let points: Result<Vec<Point>, Error> = self.points.par_iter().map(restrict).collect();
        Ok(points.map(|points| SampledPath { points, target: self.target.as_ref().map(restrict) }))
    }
}

/// The number of stimuli, the same for all points.
pub(super) fn common_stimuli(metric: &Metric, points: &[&Point], target: Option<&Point>) -> Result<usize, Error> {
    let mut all = points.iter().copied().chain(target).enumerate();
    let Some((_, first)) = all.next() else { return Err(Error::TooFewPoints(0)) };
    let stimuli = metric.stimuli(first)?;
    for (right, point) in all {
        if metric.stimuli(point)? != stimuli {
            let (left_dimension, right_dimension) = (first.coordinates().len(), point.coordinates().len());
            return Err(Error::DimensionMismatch { left: 0, right, left_dimension, right_dimension });
        }
    }
    Ok(stimuli)
}
