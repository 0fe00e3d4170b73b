//! What the statistics would be without what they are meant to show.

use serde::{Deserialize, Serialize};

use super::MeasuredPath;
use crate::Error;
use crate::analysis::{Along, Analysis, Epoch, PathRecord};
use crate::metric::Metric;
use crate::path::baselines::{Baseline, noise_floor_of, shuffled_order_of};
use crate::path::{Detail, Undefined};

/// What the statistics of a path are to be compared with (docs/math.md §3.1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BaselinesRecord {
    /// Seed of the shuffles and permutations.
    pub seed: u64,
    /// The same points with the order of the interior layers shuffled; empty for fewer than two interior points.
    pub shuffled_order: Vec<BandRecord>,
    /// Number of shuffles.
    pub shuffles: usize,
    /// The rows of each representation permuted independently.
    pub noise_floor: Vec<BandRecord>,
    /// Number of permutations.
    pub permutations: usize,
    /// The same layers of the untrained network, where the analysis has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untrained: Option<UntrainedRecord>,
}

/// Every statistic beside that of the untrained network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UntrainedRecord {
    /// Name of the untrained network's path, one of this analysis.
    pub path: String,
    /// One entry a number.
    pub values: Vec<BesideRecord>,
}

/// One number of a path and of the untrained network's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BesideRecord {
    /// Name of the statistic.
    pub statistic: String,
    /// The layer or step, as in [`IntervalRecord::index`](super::IntervalRecord::index).
    pub index: Option<usize>,
    /// Value of the path itself.
    pub observed: Option<f64>,
    /// Value of the untrained network's path.
    pub untrained: Option<f64>,
    /// Why one of them has no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// One number beside its distribution under a baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BandRecord {
    /// Name of the statistic.
    pub statistic: String,
    /// The layer or step, as in [`IntervalRecord::index`](super::IntervalRecord::index).
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
    /// Adds the shuffled layer order and the noise floor to a path, and its statistics beside those of the untrained
    /// network where that is given.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for no repeats, or for an untrained path of other layers. A path with too few interior points to
    /// shuffle is no error but has no shuffles.
    pub fn add_baselines(
        &mut self,
        metric: &Metric,
        path: &MeasuredPath<'_>,
        untrained: Option<&MeasuredPath<'_>>,
        settings: BaselineSettings,
    ) -> Result<(), Error> {
        self.baselines_in_detail(metric, path, untrained, settings, Detail::Everything)
    }

    /// [`add_baselines`](Self::add_baselines) of the statistics that distances tell alone; angles and projections have no bands.
    ///
    /// For spaces in which an angle costs decompositions of matrices: a shuffle then costs nothing but sums, a permutation
    /// of rows the distances of all pairs.
    ///
    /// # Errors
    ///
    /// As [`add_baselines`](Self::add_baselines).
    pub fn add_distance_baselines(
        &mut self,
        metric: &Metric,
        path: &MeasuredPath<'_>,
        settings: BaselineSettings,
    ) -> Result<(), Error> {
        self.baselines_in_detail(metric, path, None, settings, Detail::Distances)
    }

    fn baselines_in_detail(
        &mut self,
        metric: &Metric,
        path: &MeasuredPath<'_>,
        untrained: Option<&MeasuredPath<'_>>,
        settings: BaselineSettings,
        detail: Detail,
    ) -> Result<(), Error> {
        let BaselineSettings { shuffles, permutations, seed } = settings;
        let MeasuredPath { place, points, target, statistics } = path;
        let shuffled = if points.len() < 4 {
            Vec::new()
        } else {
            let all = shuffled_order_of(metric, statistics, points, *target, shuffles, seed, detail)?;
            all.into_iter().map(band).collect()
        };
        let floor = noise_floor_of(metric, statistics, points, *target, permutations, seed, detail)?;
        let untrained = untrained.map(|other| self.beside(path, other)).transpose()?;
        self.has_evidence();
        self.paths[*place].baselines = Some(BaselinesRecord {
            seed,
            shuffled_order: shuffled,
            shuffles,
            noise_floor: floor.into_iter().map(band).collect(),
            permutations,
            untrained,
        });
        Ok(())
    }

    /// The place among the paths of the untrained network of path `place`: the same network, seed and layers at epoch 0.
    pub fn untrained(&self, place: usize) -> Option<usize> {
        let own = self.paths.get(place)?;
        if own.along != Along::Layers
            || own.network.is_none()
            || own.epoch.is_none_or(|epoch| epoch == Epoch::UNTRAINED)
        {
            return None;
        }
        let layers = self.layers(own);
        self.paths.iter().position(|other| {
            other.along == Along::Layers
                && other.epoch == Some(Epoch::UNTRAINED)
                && (&other.network, other.seed) == (&own.network, own.seed)
                && other.target.is_some() == own.target.is_some()
                && self.layers(other) == layers
        })
    }

    /// The layers that a path goes through.
    fn layers<'a>(&'a self, path: &'a PathRecord) -> Vec<&'a str> {
        let layer = |name: &'a String| {
            self.points.iter().find(|point| point.name == *name).map_or(name.as_str(), |point| point.layer.as_str())
        };
        path.points.iter().map(layer).collect()
    }

    fn beside(&self, path: &MeasuredPath<'_>, untrained: &MeasuredPath<'_>) -> Result<UntrainedRecord, Error> {
        let (own, other) = (&self.paths[path.place], &self.paths[untrained.place]);
        let (layers, others) = (self.layers(own), self.layers(other));
        if layers != others || path.target.is_some() != untrained.target.is_some() {
            let place = layers.iter().zip(&others).position(|(ours, theirs)| ours != theirs);
            let difference = match place {
                Some(i) => format!("layer {i} is `{}` and `{}`", layers[i], others[i]),
                None if layers.len() != others.len() => format!("{} and {} layers", layers.len(), others.len()),
                None => "only one has a target".to_owned(),
            };
            return Err(Error::Setting(format!(
                "the untrained network `{}` is no baseline of `{}`: {difference}; give the same layers of the same \
                 architecture, in the same order",
                other.name, own.name
            )));
        }
        let pairs = path.statistics.iter().zip(&untrained.statistics);
        let values = pairs.map(|((key, own), (_, other))| BesideRecord {
            statistic: key.quantity.name().to_owned(),
            index: key.index,
            observed: own.as_ref().ok().copied(),
            untrained: other.as_ref().ok().copied(),
            reason: match (own, other) {
                (Err(reason), _) => Some(reason.to_string()),
                (_, Err(reason)) => Some(format!("in the untrained network, {reason}")),
                _ => None,
            },
        });
        Ok(UntrainedRecord { path: other.name.clone(), values: values.collect() })
    }
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
