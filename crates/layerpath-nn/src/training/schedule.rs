//! Learning rate by step.

use crate::error::{Error, Result};
use std::f64::consts::PI;

/// How the learning rate goes.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Schedule {
    /// `rate`, multiplied by `factor` once each fraction in `at` of all steps is done (as PyTorch's
    /// `MultiStepLR` does where the fractions fall on whole epochs; elsewhere within an epoch).
    Milestones {
        /// First learning rate, above 0.
        rate: f64,
        /// Factor at each milestone, above 0.
        factor: f64,
        /// Fractions of the run in [0, 1].
        at: Vec<f64>,
    },
    /// PyTorch's `OneCycleLR`: cosine from `peak`/25 up to `peak` in the first 30 % of the steps,
    /// cosine down to `peak`/250 000; momentum constant.
    OneCycle {
        /// Largest learning rate, above 0.
        peak: f64,
    },
}

impl Default for Schedule {
    /// 0.1, divided by ten after a half and three quarters of the steps.
    fn default() -> Self {
        Self::Milestones { rate: 0.1, factor: 0.1, at: vec![0.5, 0.75] }
    }
}

/// Share of the steps in which the one-cycle rate rises.
const RISING: f64 = 0.3;
/// Peak rate over first rate of the one-cycle schedule.
const FIRST_DIVISOR: f64 = 25.0;
/// First rate over last rate of the one-cycle schedule.
const LAST_DIVISOR: f64 = 1e4;

impl Schedule {
    /// Whether the numbers are in their ranges.
    ///
    /// # Errors
    /// [`Error::Configuration`] with the number that is not.
    pub fn validate(&self) -> Result<()> {
        let wrong = |reason| Err(Error::Configuration { field: "schedule", reason });
        let positive = |value: f64| value.is_finite() && value > 0.0;
        match self {
            Self::OneCycle { peak } if !positive(*peak) => {
                wrong(format!("the peak rate {peak} is not a finite number above 0"))
            }
            Self::Milestones { rate, factor, .. } if !positive(*rate) || !positive(*factor) => {
                wrong(format!("the rate {rate} and the factor {factor} must be finite and above 0"))
            }
            Self::Milestones { at, .. } if !at.iter().all(|at| (0.0..=1.0).contains(at)) => {
                wrong(format!("milestones {at:?} are fractions of the run, in [0, 1]"))
            }
            _ => Ok(()),
        }
    }

    /// The rate of step `step` (from 0) of `steps` in all.
    pub fn rate(&self, step: usize, steps: usize) -> f64 {
        match self {
            Self::Milestones { rate, factor, at } => {
                let passed = at.iter().filter(|&&at| step as f64 >= at * steps as f64).count();
                rate * factor.powi(i32::try_from(passed).unwrap_or(i32::MAX))
            }
            Self::OneCycle { peak } => {
                let first = peak / FIRST_DIVISOR;
                let (step, last) = (step as f64, steps as f64 - 1.0);
                let top = RISING * steps as f64 - 1.0;
                if step <= top && top > 0.0 {
                    cosine(first, *peak, step / top)
                } else {
                    let top = top.max(0.0);
                    let share = if last > top { (step - top) / (last - top) } else { 0.0 };
                    cosine(*peak, first / LAST_DIVISOR, share)
                }
            }
        }
    }
}

/// Half a cosine wave from `from` (t = 0) to `to` (t = 1).
fn cosine(from: f64, to: f64, t: f64) -> f64 {
    to + (from - to) / 2.0 * (1.0 + (PI * t).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milestones_step_down_at_fractions_of_the_run() {
        let schedule = Schedule::default();
        let rates: Vec<_> = (0..8).map(|step| schedule.rate(step, 8)).collect();
        let expected = [0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001];
        for (rate, expected) in rates.iter().zip(expected) {
            assert!((rate / expected - 1.0).abs() < 1e-12, "{rates:?}");
        }
    }

    #[test]
    fn one_cycle_rises_to_the_peak_and_ends_low() {
        let schedule = Schedule::OneCycle { peak: 0.5 };
        assert!((schedule.rate(0, 100) - 0.02).abs() < 1e-15);
        assert!((schedule.rate(29, 100) - 0.5).abs() < 1e-15);
        assert!((schedule.rate(99, 100) - 0.5 / 25e4).abs() < 1e-15);
        for steps in 1..12 {
            for step in 0..steps {
                let rate = schedule.rate(step, steps);
                assert!(rate > 0.0 && rate <= 0.5, "{step} of {steps}: {rate}");
            }
        }
    }
}
