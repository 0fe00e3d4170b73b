//! The state of a run between two steps, to be saved and resumed bit for bit.

use crate::error::{Error, Result};
use crate::model::{Architecture, NamedTensor, Weights};
use std::collections::BTreeMap;

/// Sums over the steps of the epoch under way.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct EpochSums {
    /// Sum of the losses of the images.
    pub loss: f64,
    /// Number of rightly classified images.
    pub correct: usize,
    /// Number of images.
    pub images: usize,
}

/// Everything but the configuration that decides how a run goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainerState {
    /// Number of finished epochs.
    pub epoch: usize,
    /// Number of finished steps in the epoch under way.
    pub step: usize,
    /// Sums over those steps.
    pub sums: EpochSums,
    /// Number of training images, once a step was taken.
    pub training_images: Option<usize>,
    /// Weights and running statistics.
    pub weights: Weights,
    /// Momentum buffers of the parameters, named after them; empty before the first step.
    pub momentum: Vec<NamedTensor>,
}

/// Put before a parameter's name to name its momentum buffer in the flat form.
const MOMENTUM: &str = "momentum.";

impl TrainerState {
    /// The state as named tensors (weights under their own names, momentum buffers under
    /// `momentum.<name>`) and a few strings, for a file; sums as the bits of the double in hex.
    pub fn to_parts(&self) -> (Vec<NamedTensor>, BTreeMap<String, String>) {
        let mut tensors = self.weights.tensors().to_vec();
        tensors.extend(
            self.momentum
                .iter()
                .map(|buffer| NamedTensor { name: format!("{MOMENTUM}{}", buffer.name), ..buffer.clone() }),
        );
        let mut strings = BTreeMap::from([
            ("architecture".to_owned(), self.weights.architecture().to_string()),
            ("epoch".to_owned(), self.epoch.to_string()),
            ("step".to_owned(), self.step.to_string()),
            ("sum_loss".to_owned(), format!("{:016x}", self.sums.loss.to_bits())),
            ("sum_correct".to_owned(), self.sums.correct.to_string()),
            ("sum_images".to_owned(), self.sums.images.to_string()),
        ]);
        if let Some(images) = self.training_images {
            strings.insert("training_images".to_owned(), images.to_string());
        }
        (tensors, strings)
    }

    /// The state from what [`TrainerState::to_parts`] gave; other strings are ignored.
    ///
    /// # Errors
    /// [`Error::State`] for a missing or unreadable string, [`Error::Weights`] for tensors that do
    /// not fit.
    pub fn from_parts(tensors: Vec<NamedTensor>, strings: &BTreeMap<String, String>) -> Result<Self> {
        let text = |key: &str| {
            strings
                .get(key)
                .map(String::as_str)
                .ok_or_else(|| Error::State { reason: format!("`{key}` is missing; this is no saved training state") })
        };
        let unreadable = |key: &str, text: &str| Error::State { reason: format!("`{key}` = `{text}` cannot be read") };
        let number = |key: &str| {
            let text = text(key)?;
            text.parse::<usize>().map_err(|_| unreadable(key, text))
        };
        let architecture: Architecture = text("architecture")?.parse()?;
        let (mut weights, mut momentum) = (Vec::new(), Vec::new());
        for mut tensor in tensors {
            if let Some(name) = tensor.name.strip_prefix(MOMENTUM) {
                tensor = NamedTensor { name: name.to_owned(), ..tensor };
                momentum.push(tensor);
            } else {
                weights.push(tensor);
            }
        }
        let loss = text("sum_loss")?;
        let loss_bits = u64::from_str_radix(loss, 16).map_err(|_| unreadable("sum_loss", loss))?;
        let training_images = match strings.get("training_images") {
            Some(_) => Some(number("training_images")?),
            None => None,
        };
        let mut state = Self {
            epoch: number("epoch")?,
            step: number("step")?,
            sums: EpochSums {
                loss: f64::from_bits(loss_bits),
                correct: number("sum_correct")?,
                images: number("sum_images")?,
            },
            training_images,
            weights: Weights::new(architecture, weights)?,
            momentum,
        };
        state.arrange_momentum()?;
        Ok(state)
    }

    /// Puts the momentum buffers in the order of the parameters and checks them.
    pub(super) fn arrange_momentum(&mut self) -> Result<()> {
        if self.momentum.is_empty() {
            return Ok(());
        }
        let wrong = |reason: String| Error::State { reason };
        let mut given: BTreeMap<String, NamedTensor> =
            std::mem::take(&mut self.momentum).into_iter().map(|buffer| (buffer.name.clone(), buffer)).collect();
        for specification in self.weights.architecture().tensors() {
            if !specification.role.is_parameter() {
                continue;
            }
            let name = &specification.name;
            let buffer =
                given.remove(name).ok_or_else(|| wrong(format!("the momentum buffer of `{name}` is missing")))?;
            let length: usize = specification.shape.iter().product();
            if buffer.shape != specification.shape || buffer.values.len() != length {
                return Err(wrong(format!(
                    "the momentum buffer of `{name}` has shape {:?} and {} values, its parameter \
                     has shape {:?}",
                    buffer.shape,
                    buffer.values.len(),
                    specification.shape
                )));
            }
            if !buffer.values.iter().all(|value| value.is_finite()) {
                return Err(wrong(format!("the momentum buffer of `{name}` is not finite")));
            }
            self.momentum.push(buffer);
        }
        match given.keys().next() {
            Some(name) => Err(wrong(format!("the momentum buffer `{name}` has no parameter"))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::model::{BatchNormInit, initial_weights};

    fn state() -> TrainerState {
        let weights = initial_weights("resnet8x2".parse().unwrap(), 3, BatchNormInit::Uniform).unwrap();
        let momentum = weights
            .tensors()
            .iter()
            .filter(|tensor| !tensor.name.contains("running"))
            .map(|tensor| NamedTensor { values: vec![0.1; tensor.values.len()], ..tensor.clone() })
            .collect();
        TrainerState {
            epoch: 3,
            step: 5,
            sums: EpochSums { loss: 0.1 + 0.2, correct: 17, images: 40 },
            training_images: Some(100),
            weights,
            momentum,
        }
    }

    #[test]
    fn parts_and_back_keep_every_bit_in_any_order() {
        let state = state();
        let (mut tensors, strings) = state.to_parts();
        assert_eq!(strings["sum_loss"], "3fd3333333333334");
        tensors.reverse();
        assert_eq!(TrainerState::from_parts(tensors, &strings).unwrap(), state);
    }

    #[test]
    fn broken_parts_are_refused_by_name() {
        let (tensors, strings) = state().to_parts();
        let mut few = strings.clone();
        few.remove("step");
        let message = TrainerState::from_parts(tensors.clone(), &few).unwrap_err().to_string();
        assert!(message.contains("`step` is missing"), "{message}");
        let mut fewer = tensors.clone();
        fewer.pop();
        let message = TrainerState::from_parts(fewer, &strings).unwrap_err().to_string();
        assert!(message.contains("the momentum buffer of `fc.bias` is missing"), "{message}");
    }
}
