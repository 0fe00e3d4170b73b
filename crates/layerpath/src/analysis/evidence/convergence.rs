//! How statistics move with the number of stimuli.

use serde::{Deserialize, Serialize};

use super::MeasuredPath;
use crate::analysis::Analysis;
use crate::metric::Metric;
use crate::path::convergence::{AtSize, ConvergenceSettings, convergence_of};
use crate::path::samples::PointsOfStimuli;

/// Every statistic of a path at several numbers of stimuli (docs/math.md §3.2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConvergenceRecord {
    /// Seed of the nested subsets.
    pub seed: u64,
    /// Number of subsets of each size but the last, which is all stimuli.
    pub subsets: usize,
    /// Numbers of stimuli, ascending.
    pub stimuli: Vec<usize>,
    /// One entry a number.
    pub values: Vec<ConvergenceValues>,
}

/// One number at every size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConvergenceValues {
    /// Name of the statistic.
    pub statistic: String,
    /// The layer or step, as in [`IntervalRecord::index`](super::IntervalRecord::index).
    pub index: Option<usize>,
    /// Mean over the subsets of each size.
    pub mean: Vec<Option<f64>>,
    /// Standard deviation over the subsets; `None` for a single one.
    pub deviation: Vec<Option<f64>>,
    /// Why a mean is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Analysis {
    /// Adds the convergence of every statistic in the number of stimuli to a path, whose points of fewer stimuli come from
    /// `source`.
    ///
    /// # Errors
    ///
    /// Those of [`convergence_of`].
    pub fn add_convergence<S: PointsOfStimuli>(
        &mut self,
        metric: &Metric,
        path: &MeasuredPath<'_>,
        source: &mut S,
        settings: ConvergenceSettings,
    ) -> Result<(), S::Error> {
        let all = convergence_of(metric, &path.statistics, source, settings)?;
        let stimuli = all.first().map_or_else(Vec::new, |one| one.at.iter().map(|at| at.stimuli).collect());
        let values = all.into_iter().map(|one| ConvergenceValues {
            statistic: one.key.quantity.name().to_owned(),
            index: one.key.index,
            mean: one.at.iter().map(|at| at.mean.as_ref().ok().copied()).collect(),
            deviation: one.at.iter().map(|at| at.deviation).collect(),
            reason: one.at.iter().find_map(reason),
        });
        let ConvergenceSettings { repeats: subsets, seed } = settings;
        let values = values.collect();
        self.has_evidence();
        self.paths[path.place].convergence = Some(ConvergenceRecord { seed, subsets, stimuli, values });
        Ok(())
    }
}

fn reason(at: &AtSize) -> Option<String> {
    at.mean.as_ref().err().map(|reason| format!("with {} stimuli, {reason}", at.stimuli))
}
