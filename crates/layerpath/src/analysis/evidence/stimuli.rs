//! Which stimuli move.

use serde::{Deserialize, Serialize};

use super::MeasuredPath;
use crate::Error;
use crate::analysis::Analysis;
use crate::metric::Metric;
use crate::path::Undefined;
use crate::path::stimuli::{ProgressShares, progress_shares_of, step_shares_of};

/// What each stimulus contributes to the steps of a path (docs/math.md §3.4).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StimulusSharesRecord {
    /// How many stimuli are listed, those of the largest contributions.
    pub listed: usize,
    /// One entry a step.
    pub steps: Vec<StepSharesRecord>,
    /// The part of each step along the tangent towards the target; `None` without a target.
    pub progress: Option<Vec<ProgressSharesRecord>>,
}

/// Shares of the squared step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepSharesRecord {
    /// The number of stimuli that would make this step in equal shares, 1/Σ share², between 1 and m.
    pub effective_stimuli: Option<f64>,
    /// The largest shares, in descending order.
    pub largest: Vec<StimulusContribution>,
    /// Why there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Contributions to progress along the tangent towards the target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProgressSharesRecord {
    /// step · cos(heading angle), the sum over all stimuli, in the metric's unit.
    pub along: Option<f64>,
    /// The contributions of the largest magnitude, in descending order of magnitude; negative away from the target.
    pub largest: Vec<StimulusContribution>,
    /// Why there are none, or no shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What one stimulus contributes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StimulusContribution {
    /// Row of the stimulus, from 0.
    pub stimulus: usize,
    /// Contribution to progress, in the metric's unit; left out for the squared step, which has shares only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contribution: Option<f64>,
    /// Share of the sum over all stimuli; `None` where contributions cancel.
    pub share: Option<f64>,
}

impl Analysis {
    /// Adds the `listed` largest contributions of stimuli to each step of a path.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] for metrics whose steps are no sums over stimuli, [`Error::Setting`] for none to list.
    pub fn add_stimulus_shares(
        &mut self,
        metric: &Metric,
        path: &MeasuredPath<'_>,
        listed: usize,
    ) -> Result<(), Error> {
        if listed == 0 {
            return Err(Error::Setting("list the shares of at least one stimulus".to_owned()));
        }
        let steps = step_shares_of(metric, &path.points)?.into_iter().map(|shares| step(shares, listed)).collect();
        let toward = path.target.map(|target| progress_shares_of(metric, &path.points, target)).transpose()?;
        let toward = toward.map(|all| all.into_iter().map(|shares| progress(shares, listed)).collect());
        self.paths[path.place].stimulus_shares = Some(StimulusSharesRecord { listed, steps, progress: toward });
        Ok(())
    }
}

fn step(shares: Result<Vec<f64>, Undefined>, listed: usize) -> StepSharesRecord {
    match shares {
        Err(reason) => {
            StepSharesRecord { effective_stimuli: None, largest: Vec::new(), reason: Some(reason.to_string()) }
        }
        Ok(shares) => StepSharesRecord {
            effective_stimuli: Some(1.0 / shares.iter().map(|share| share * share).sum::<f64>()),
            largest: largest(&shares, listed)
                .map(|stimulus| StimulusContribution { stimulus, contribution: None, share: Some(shares[stimulus]) })
                .collect(),
            reason: None,
        },
    }
}

fn progress(shares: Result<ProgressShares, Undefined>, listed: usize) -> ProgressSharesRecord {
    match shares {
        Err(reason) => ProgressSharesRecord { along: None, largest: Vec::new(), reason: Some(reason.to_string()) },
        Ok(ProgressShares { along, contributions, shares }) => ProgressSharesRecord {
            along: Some(along),
            largest: largest(&contributions, listed)
                .map(|stimulus| StimulusContribution {
                    stimulus,
                    contribution: Some(contributions[stimulus]),
                    share: shares.as_ref().ok().map(|shares| shares[stimulus]),
                })
                .collect(),
            reason: shares.err().map(|reason| reason.to_string()),
        },
    }
}

/// Places of the largest magnitudes, in descending order; of equals the first.
fn largest(values: &[f64], listed: usize) -> impl Iterator<Item = usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].abs().total_cmp(&values[a].abs()));
    order.into_iter().take(listed)
}
