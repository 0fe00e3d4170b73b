//! The whole configuration of a training run.

use super::schedule::Schedule;
use crate::error::{Error, Result};
use crate::model::{Architecture, BatchNormInit};

/// Everything that decides a training run but the images; the same configuration and images give
/// the same weights, bit for bit.
///
/// Loss: mean cross entropy. Optimizer: SGD with momentum as PyTorch's (v ← μv + g + λw, first
/// step v ← g + λw, w ← w − rate · v), weight decay on all parameters.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingConfig {
    /// The network.
    pub architecture: Architecture,
    /// Seed of initial weights, order of the images and augmentation.
    pub seed: u64,
    /// Number of passes over the training images, at least 1.
    pub epochs: usize,
    /// Images in a step, at least 1; the last step of an epoch takes what remains.
    #[serde(default = "default_batch_size")]
    pub batch_size: usize,
    /// Momentum μ in [0, 1).
    #[serde(default = "default_momentum")]
    pub momentum: f64,
    /// Weight decay λ, at least 0.
    #[serde(default = "default_weight_decay")]
    pub weight_decay: f64,
    /// Learning rate of each step.
    #[serde(default)]
    pub schedule: Schedule,
    /// Random crops with 4 pixels of padding and horizontal flips of training images.
    #[serde(default)]
    pub augment: bool,
    /// How the scales of batch norm begin.
    #[serde(default)]
    pub batch_norm_init: BatchNormInit,
}

fn default_batch_size() -> usize {
    128
}

fn default_momentum() -> f64 {
    0.9
}

fn default_weight_decay() -> f64 {
    1e-4
}

impl TrainingConfig {
    /// The defaults: batches of 128, momentum 0.9, weight decay 10⁻⁴, [`Schedule::default`], no
    /// augmentation, batch-norm scales of one.
    pub fn new(architecture: Architecture, seed: u64, epochs: usize) -> Self {
        Self {
            architecture,
            seed,
            epochs,
            batch_size: default_batch_size(),
            momentum: default_momentum(),
            weight_decay: default_weight_decay(),
            schedule: Schedule::default(),
            augment: false,
            batch_norm_init: BatchNormInit::default(),
        }
    }

    /// Whether every field is in its range.
    ///
    /// # Errors
    /// [`Error::Configuration`] naming the first field that is not.
    pub fn validate(&self) -> Result<()> {
        let wrong = |field, reason| Err(Error::Configuration { field, reason });
        if self.epochs == 0 {
            return wrong("epochs", "0 epochs train nothing; give at least 1".to_owned());
        }
        if self.batch_size == 0 {
            return wrong("batch_size", "0 images make no step; give at least 1".to_owned());
        }
        if !(0.0..1.0).contains(&self.momentum) {
            return wrong("momentum", format!("{} is not in [0, 1)", self.momentum));
        }
        if !(self.weight_decay.is_finite() && self.weight_decay >= 0.0) {
            let reason = format!("{} is not a finite number of at least 0", self.weight_decay);
            return wrong("weight_decay", reason);
        }
        self.schedule.validate()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn json_keeps_everything_and_names_the_architecture() {
        let mut config = TrainingConfig::new("resnet14x16".parse().unwrap(), u64::MAX, 7);
        config.schedule = Schedule::OneCycle { peak: 0.2 };
        config.batch_norm_init = BatchNormInit::Uniform;
        let text = serde_json::to_string(&config).unwrap();
        assert!(text.contains(r#""architecture":"resnet14x16""#), "{text}");
        assert!(text.contains(r#""schedule":{"kind":"one-cycle","peak":0.2}"#), "{text}");
        assert_eq!(serde_json::from_str::<TrainingConfig>(&text).unwrap(), config);
        let short = r#"{"architecture":"resnet8x8","seed":1,"epochs":2}"#;
        let short: TrainingConfig = serde_json::from_str(short).unwrap();
        assert_eq!(short, TrainingConfig::new("resnet8x8".parse().unwrap(), 1, 2));
        let bad = r#"{"architecture":"resnet9x8","seed":1,"epochs":2}"#;
        let message = serde_json::from_str::<TrainingConfig>(bad).unwrap_err().to_string();
        assert!(message.contains("N = 9 is not 6D + 2"), "{message}");
    }

    #[test]
    fn ranges_are_checked() {
        let good = TrainingConfig::new("resnet8x8".parse().unwrap(), 1, 2);
        assert_eq!(good.validate(), Ok(()));
        let field = |change: fn(&mut TrainingConfig)| {
            let mut config = good.clone();
            change(&mut config);
            match config.validate() {
                Err(Error::Configuration { field, .. }) => field,
                _ => "",
            }
        };
        assert_eq!(field(|config| config.epochs = 0), "epochs");
        assert_eq!(field(|config| config.batch_size = 0), "batch_size");
        assert_eq!(field(|config| config.momentum = 1.0), "momentum");
        assert_eq!(field(|config| config.weight_decay = f64::NAN), "weight_decay");
        assert_eq!(field(|config| config.schedule = Schedule::OneCycle { peak: 0.0 }), "schedule");
    }
}
