//! Baselines and intervals as plain data beside the statistics of a path.

use serde::{Deserialize, Serialize};

use super::build::NOTHING_TO_COMPARE;
use super::{Analysis, PathDescription, PointRecord};
use crate::Error;
use crate::metric::{Metric, Point};
use crate::path::Undefined;
use crate::path::baselines::{Baseline, noise_floor, shuffled_order};
use crate::path::uncertainty::{JackknifeSettings, jackknife};

/// Intervals over stimuli of every statistic of a path (docs/math.md §3.2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IntervalsRecord {
    /// `delete-group-jackknife`.
    pub method: String,
    /// Number of groups of stimuli.
    pub groups: usize,
    /// Coverage, for example 0.95.
    pub level: f64,
    /// Seed of the assignment of stimuli to groups.
    pub seed: u64,
    /// One entry a number.
    pub values: Vec<IntervalRecord>,
}

/// The interval of one number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IntervalRecord {
    /// Name of the statistic, for example `straightness` or `interior_angles`.
    pub statistic: String,
    /// The layer or step i of docs/math.md §3, from 0 (the first interior angle has 1); `None` for a whole path.
    pub index: Option<usize>,
    /// Value for all stimuli.
    pub estimate: Option<f64>,
    /// Standard error over stimuli.
    pub standard_error: Option<f64>,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Why there is no interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What the statistics of a path are to be compared with (docs/math.md §3.1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BaselinesRecord {
    /// Seed of the shuffles and permutations.
    pub seed: u64,
    /// The same points with the order of the interior layers shuffled; empty for fewer than two interior points.
    pub shuffled_order: Vec<BandRecord>,
    /// Number of shuffles.
    pub shuffles: usize,
    /// The rows of each representation permuted independently; empty where the metric does not allow it.
    pub noise_floor: Vec<BandRecord>,
    /// Number of permutations.
    pub permutations: usize,
}

/// One number beside its distribution under a baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BandRecord {
    /// Name of the statistic.
    pub statistic: String,
    /// The layer or step, as in [`IntervalRecord::index`].
    pub index: Option<usize>,
    /// Value of the path itself.
    pub observed: Option<f64>,
    /// Median of the baseline.
    pub median: Option<f64>,
    /// 2.5 % quantile.
    pub low: Option<f64>,
    /// 97.5 % quantile.
    pub high: Option<f64>,
    /// Why there is no band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How many repeats a baseline takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BaselineSettings {
    /// Shuffles of the layer order.
    pub shuffles: usize,
    /// Permutations of rows.
    pub permutations: usize,
    /// Seed of both.
    pub seed: u64,
}

impl BaselineSettings {
    /// 200 shuffles and 20 permutations.
    pub fn new(seed: u64) -> Self {
        Self { shuffles: 200, permutations: 20, seed }
    }
}

impl Analysis {
    /// Adds delete-group jackknife intervals to path `place`, which `description` describes among `points`.
    ///
    /// # Errors
    ///
    /// Those of [`jackknife`], for metrics without it among them.
    pub fn add_intervals(
        &mut self,
        place: usize,
        metric: &Metric,
        points: &[(PointRecord, Point)],
        description: &PathDescription,
        settings: JackknifeSettings,
    ) -> Result<(), Error> {
        let (own, target) = chosen(points, description);
        let values = jackknife(metric, &own, target.as_ref(), settings)?
            .into_iter()
            .map(|one| {
                let interval = one.interval.as_ref().ok();
                IntervalRecord {
                    statistic: one.key.quantity.name().to_owned(),
                    index: one.key.index,
                    estimate: one.estimate.ok(),
                    standard_error: interval.map(|interval| interval.standard_error),
                    low: interval.map(|interval| interval.low),
                    high: interval.map(|interval| interval.high),
                    reason: one.interval.err().map(|reason| reason.to_string()),
                }
            })
            .collect();
        let JackknifeSettings { groups, level, seed } = settings;
        let method = "delete-group-jackknife".to_owned();
        self.notes.retain(|note| note != NOTHING_TO_COMPARE);
        self.paths[place].intervals = Some(IntervalsRecord { method, groups, level, seed, values });
        Ok(())
    }

    /// Adds the shuffled layer order and the noise floor to path `place`.
    ///
    /// # Errors
    ///
    /// Those of [`shuffled_order`] and [`noise_floor`]; a path with too few interior points, or a metric without a noise
    /// floor, is no error but has none.
    pub fn add_baselines(
        &mut self,
        place: usize,
        metric: &Metric,
        points: &[(PointRecord, Point)],
        description: &PathDescription,
        settings: BaselineSettings,
    ) -> Result<(), Error> {
        let (own, target) = chosen(points, description);
        let BaselineSettings { shuffles, permutations, seed } = settings;
        let shuffled = if own.len() < 4 {
            Vec::new()
        } else {
            shuffled_order(metric, &own, target.as_ref(), shuffles, seed)?.into_iter().map(band).collect()
        };
        let floor = match noise_floor(metric, &own, target.as_ref(), permutations, seed) {
            Ok(floor) => floor.into_iter().map(band).collect(),
            Err(Error::Unavailable { .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        self.notes.retain(|note| note != NOTHING_TO_COMPARE);
        self.paths[place].baselines =
            Some(BaselinesRecord { seed, shuffled_order: shuffled, shuffles, noise_floor: floor, permutations });
        Ok(())
    }
}

fn chosen(points: &[(PointRecord, Point)], description: &PathDescription) -> (Vec<Point>, Option<Point>) {
    let point = |&place: &usize| points[place].1.clone();
    (description.points.iter().map(point).collect(), description.target.as_ref().map(point))
}

fn band(baseline: Baseline) -> BandRecord {
    let band = baseline.band.as_ref().ok();
    BandRecord {
        statistic: baseline.key.quantity.name().to_owned(),
        index: baseline.key.index,
        observed: baseline.observed.ok(),
        median: band.map(|band| band.median),
        low: band.map(|band| band.low),
        high: band.map(|band| band.high),
        reason: baseline.band.err().map(|reason: Undefined| reason.to_string()),
    }
}
