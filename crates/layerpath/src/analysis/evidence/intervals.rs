//! Intervals over stimuli.

use serde::{Deserialize, Serialize};

use super::MeasuredPath;
use crate::analysis::Analysis;
use crate::metric::Metric;
use crate::path::Detail;
use crate::path::samples::PointsOfStimuli;
use crate::path::uncertainty::{JackknifeSettings, SubsampleSettings, Uncertain, jackknife_in_detail, subsample_of};

/// Intervals over stimuli of every statistic of a path (docs/math.md §3.2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IntervalsRecord {
    /// `delete-group-jackknife` or `subsampling`.
    pub method: String,
    /// Number of groups of stimuli, of the jackknife.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<usize>,
    /// Number of samples, of subsampling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<usize>,
    /// Stimuli in a sample as a share of all, of subsampling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Coverage, for example 0.95.
    pub level: f64,
    /// Seed of the groups or samples.
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
    /// The estimate with its bias of order 1/m removed; intervals of biased estimators stand around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias_corrected: Option<f64>,
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

/// How intervals are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum IntervalSettings {
    /// Delete-group jackknife.
    Jackknife(JackknifeSettings),
    /// Delete-group jackknife of the statistics that distances tell alone; angles and projections have no interval.
    JackknifeOfDistances(JackknifeSettings),
    /// Subsampling without replacement.
    Subsampling(SubsampleSettings),
}

/// What a reader of intervals must know where the metric is no unbiased estimate.
const SAMPLE_SIZE: &str = "Intervals say how a statistic varies with the choice of stimuli. Under this metric values may also \
                           move with the number of stimuli, which an interval need not contain; the convergence over stimuli \
                           shows how far (--convergence).";

impl Analysis {
    /// Adds intervals over stimuli to a path, whose points of fewer stimuli come from `source`.
    ///
    /// # Errors
    ///
    /// Those of [`jackknife_in_detail`] and [`subsample_of`].
    pub fn add_intervals<S: PointsOfStimuli>(
        &mut self,
        metric: &Metric,
        path: &MeasuredPath<'_>,
        source: &mut S,
        settings: IntervalSettings,
    ) -> Result<(), S::Error> {
        let (method, level, seed, values) = match settings {
            IntervalSettings::Jackknife(own) | IntervalSettings::JackknifeOfDistances(own) => {
                let only_distances = matches!(settings, IntervalSettings::JackknifeOfDistances(_));
                let detail = if only_distances { Detail::Distances } else { Detail::Everything };
                let values = jackknife_in_detail(metric, &path.statistics, source, own, detail)?;
                ("delete-group-jackknife", own.level, own.seed, values)
            }
            IntervalSettings::Subsampling(own) => {
                let values = subsample_of(metric, &path.statistics, source, own)?;
                ("subsampling", own.level, own.seed, values)
            }
        };
        let (groups, samples, share) = match settings {
            IntervalSettings::Jackknife(own) | IntervalSettings::JackknifeOfDistances(own) => {
                (Some(own.groups), None, None)
            }
            IntervalSettings::Subsampling(own) => (None, Some(own.samples), Some(own.share)),
        };
        let values = values.into_iter().map(record).collect();
        self.has_evidence();
        if metric.depends_on_sample_size() && !self.notes.iter().any(|note| note == SAMPLE_SIZE) {
            self.notes.push(SAMPLE_SIZE.to_owned());
        }
        self.paths[path.place].intervals =
            Some(IntervalsRecord { method: method.to_owned(), groups, samples, share, level, seed, values });
        Ok(())
    }
}

fn record(one: Uncertain) -> IntervalRecord {
    let interval = one.interval.as_ref().ok();
    IntervalRecord {
        statistic: one.key.quantity.name().to_owned(),
        index: one.key.index,
        estimate: one.estimate.ok(),
        bias_corrected: interval.map(|interval| interval.bias_corrected),
        standard_error: interval.map(|interval| interval.standard_error),
        low: interval.map(|interval| interval.low),
        high: interval.map(|interval| interval.high),
        reason: one.interval.err().map(|reason| reason.to_string()),
    }
}
