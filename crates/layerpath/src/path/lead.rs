//! Whether one step of a path makes more progress than another, of the same stimuli.
//!
//! Two progresses of one path are measured on the same stimuli, and their errors go together: intervals of each say little
//! about which is larger. The jackknife of the difference does.

use serde::{Deserialize, Serialize};

use super::samples::PointsOfStimuli;
use super::uncertainty::{Interval, JackknifeSettings, assigned, jackknife_error};
use crate::Error;
use crate::metric::{Metric, Point};

/// Progress of every step for all stimuli, and without each group of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProgressSamples {
    /// Seed of the assignment of stimuli to groups.
    pub seed: u64,
    /// Number of stimuli.
    pub stimuli: usize,
    /// Number of stimuli in each group.
    pub removed: Vec<usize>,
    /// d(xᵢ, T) − d(xᵢ₊₁, T) for all stimuli.
    pub estimate: Vec<f64>,
    /// The same without each group, one row a group.
    pub without: Vec<Vec<f64>>,
}

/// Progress of every step, and without each group of stimuli, whose points come from `source`.
///
/// Only distances to the target are computed: one a point and group, and no angles.
///
/// # Errors
///
/// As [`jackknife_of`](super::uncertainty::jackknife_of).
pub fn progress_samples<S: PointsOfStimuli>(
    metric: &Metric,
    points: &[&Point],
    target: &Point,
    source: &mut S,
    settings: JackknifeSettings,
) -> Result<ProgressSamples, S::Error> {
    let stimuli = source.stimuli();
    let groups = assigned(stimuli, settings)?;
    let progress = |points: &[&Point], target: &Point| -> Result<Vec<f64>, Error> {
        let distances: Vec<f64> =
            points.iter().map(|point| metric.distance(point, target)).collect::<Result<_, _>>()?;
        Ok(distances.windows(2).map(|two| two[0] - two[1]).collect())
    };
    let estimate = progress(points, target)?;
    let mut without = Vec::with_capacity(groups.len());
    for group in &groups {
        let kept: Vec<usize> = (0..stimuli).filter(|stimulus| !group.contains(stimulus)).collect();
        let sample = source.sample(&kept)??;
        let Some(target) = sample.target else {
            return Err(Error::Setting("progress needs a target".to_owned()).into());
        };
        without.push(progress(&sample.points.iter().collect::<Vec<_>>(), &target?)?);
    }
    let removed = groups.iter().map(Vec::len).collect();
    Ok(ProgressSamples { seed: settings.seed, stimuli, removed, estimate, without })
}

/// Progress of step `first` minus that of step `second`, the mean over networks seen with the same stimuli, with its jackknife
/// interval over stimuli; `None` without networks, for steps that they do not have, or for other groups of stimuli.
///
/// ```
/// use layerpath::path::lead::{ProgressSamples, lead};
/// // Both steps gain from the second group of stimuli alike: their difference does not depend on it.
/// let estimate = vec![0.5, 0.25];
/// let without = vec![vec![0.75, 0.5], vec![0.25, 0.0]];
/// let one = ProgressSamples { seed: 0, stimuli: 8, removed: vec![4, 4], estimate, without };
/// let found = lead(&[&one], 0, 1, 0.95).expect("two steps");
/// assert_eq!((found.low, found.high), (0.25, 0.25));
/// ```
pub fn lead(networks: &[&ProgressSamples], first: usize, second: usize, level: f64) -> Option<Interval> {
    let one = networks.first()?;
    if networks.iter().any(|own| (own.seed, own.stimuli, &own.removed) != (one.seed, one.stimuli, &one.removed)) {
        return None;
    }
    let mean = |of: &dyn Fn(&ProgressSamples) -> Option<f64>| -> Option<f64> {
        let all: Option<Vec<f64>> = networks.iter().map(|own| of(own)).collect();
        all.map(|all| all.iter().sum::<f64>() / all.len() as f64)
    };
    let difference = |row: &[f64]| Some(row.get(first)? - row.get(second)?);
    let estimate = mean(&|own| difference(&own.estimate))?;
    let without: Option<Vec<f64>> =
        (0..one.removed.len()).map(|group| mean(&|own| difference(own.without.get(group)?))).collect();
    let (bias_corrected, standard_error) = jackknife_error(estimate, &without?, &one.removed);
    let half = super::student::two_sided_quantile(level, one.removed.len().checked_sub(1)?) * standard_error;
    Some(Interval { bias_corrected, standard_error, low: estimate - half, high: estimate + half })
}
