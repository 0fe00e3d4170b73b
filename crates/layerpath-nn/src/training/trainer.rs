//! The trainer: one step at a time, from the caller's own loop.

use super::configuration::TrainingConfig;
use super::evaluation::{Evaluation, cross_entropy, evaluate};
use super::sgd::Descent;
use super::state::{EpochSums, TrainerState};
use crate::backend::Backend;
use crate::data::{CLASSES, ImageSet, training_batch};
use crate::error::{Error, Result};
use crate::model::network::{BatchStatistics, Layers, Mode, tensor, values};
use crate::model::{NamedTensor, Network, Role, Weights, initial_weights};
use crate::random::{Purpose, permutation, stream};

/// How much of the batch's statistics goes into the running ones.
const NORM_MOMENTUM: f32 = 0.1;

/// What one step did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepReport {
    /// The epoch of the step, from 0.
    pub epoch: usize,
    /// The step within its epoch, from 0.
    pub step: usize,
    /// Steps in an epoch.
    pub steps_per_epoch: usize,
    /// Mean cross entropy of the batch before the step.
    pub loss: f64,
    /// Rightly classified images of the batch before the step.
    pub correct: usize,
    /// Images of the batch.
    pub images: usize,
    /// Learning rate of the step.
    pub learning_rate: f64,
    /// The whole epoch, where this was its last step.
    pub finished_epoch: Option<EpochReport>,
}

/// Means over the steps of one epoch (each batch before its step).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EpochReport {
    /// The epoch, from 0.
    pub epoch: usize,
    /// Mean cross entropy per image.
    pub loss: f64,
    /// Share of rightly classified images, in [0, 1].
    pub accuracy: f64,
    /// Images seen.
    pub images: usize,
}

/// Trains one network; the caller owns the loop.
///
/// ```
/// # use layerpath_nn::{Trainer, TrainingConfig, builtin};
/// let data = builtin(1, 8, 4);
/// let mut config = TrainingConfig::new("resnet8x1".parse()?, 1, 2);
/// config.batch_size = 5;
/// let mut trainer = Trainer::new(config)?;
/// while !trainer.is_finished() {
///     let report = trainer.step(&data.train)?;
///     assert_eq!(report.steps_per_epoch, 2);
/// }
/// assert_eq!(trainer.epoch(), 2);
/// # Ok::<(), layerpath_nn::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Trainer {
    config: TrainingConfig,
    state: TrainerState,
    /// The order of the images in an epoch, with the epoch.
    order: Option<(usize, Vec<usize>)>,
    backend: Backend,
}

impl Trainer {
    /// A trainer with fresh weights.
    ///
    /// # Errors
    /// [`Error::Configuration`] where a field is out of range.
    pub fn new(config: TrainingConfig) -> Result<Self> {
        config.validate()?;
        let weights = initial_weights(config.architecture, config.seed, config.batch_norm_init)?;
        let state = TrainerState {
            epoch: 0,
            step: 0,
            sums: EpochSums::default(),
            training_images: None,
            weights,
            momentum: Vec::new(),
        };
        Ok(Self { config, state, order: None, backend: Backend::Cpu })
    }

    /// A trainer that goes on from a saved state exactly as the run that saved it would have.
    ///
    /// # Errors
    /// [`Error::Configuration`] or [`Error::State`] where the two do not fit together.
    pub fn resume(config: TrainingConfig, mut state: TrainerState) -> Result<Self> {
        config.validate()?;
        let architecture = state.weights.architecture();
        if architecture != config.architecture {
            let reason = format!("it is of {architecture}, the configuration of {}", config.architecture);
            return Err(Error::State { reason });
        }
        if state.epoch > config.epochs {
            let reason = format!(
                "{} epochs are done, the configuration asks for {}; raise `epochs`",
                state.epoch, config.epochs
            );
            return Err(Error::State { reason });
        }
        if state.momentum.is_empty() && (state.epoch, state.step) != (0, 0) {
            let reason = "the momentum buffers are missing; the run would not go on as before".to_owned();
            return Err(Error::State { reason });
        }
        state.arrange_momentum()?;
        Ok(Self { config, state, order: None, backend: Backend::Cpu })
    }

    /// The same trainer with its steps on `backend`.
    ///
    /// # Errors
    /// [`Error::Backend`] where this program or this machine has none.
    pub fn on(self, backend: Backend) -> Result<Self> {
        backend.check()?;
        Ok(Self { backend, ..self })
    }

    /// The configuration.
    pub fn config(&self) -> &TrainingConfig {
        &self.config
    }

    /// Number of finished epochs.
    pub fn epoch(&self) -> usize {
        self.state.epoch
    }

    /// Number of finished steps in the epoch under way.
    pub fn step_in_epoch(&self) -> usize {
        self.state.step
    }

    /// Whether all epochs are done.
    pub fn is_finished(&self) -> bool {
        self.state.epoch >= self.config.epochs
    }

    /// The weights as they are now.
    pub fn weights(&self) -> &Weights {
        &self.state.weights
    }

    /// The state as it is now, for saving.
    pub fn state(&self) -> &TrainerState {
        &self.state
    }

    /// The network as it is now, for evaluation and capture.
    ///
    /// # Errors
    /// None in practice: the weights are of the architecture.
    pub fn network(&self) -> Result<Network> {
        Network::from_weights(self.config.architecture, &self.state.weights)
    }

    /// Loss and accuracy on a set of images, batch norm by running statistics.
    ///
    /// # Errors
    /// [`Error::Images`] where there are no images.
    pub fn evaluate(&self, images: &ImageSet) -> Result<Evaluation> {
        evaluate(&self.network()?, images)
    }

    /// One step of the optimizer on the next batch. After an error the state is as before.
    ///
    /// # Errors
    /// [`Error::Finished`] when all epochs are done; [`Error::Images`] where the set is empty;
    /// [`Error::State`] where it has not the number of images that the run began with;
    /// [`Error::Diverged`] where the loss or a gradient is not finite.
    pub fn step(&mut self, train: &ImageSet) -> Result<StepReport> {
        let Self { config, state, order, backend } = self;
        if state.epoch >= config.epochs {
            return Err(Error::Finished { epochs: config.epochs });
        }
        let images = train.len();
        if images == 0 {
            return Err(Error::Images { reason: "no images to train on; give at least 1".to_owned() });
        }
        if let Some(before) = state.training_images.filter(|&before| before != images) {
            let reason = format!("the run began with {before} training images, now there are {images}");
            return Err(Error::State { reason });
        }
        let (epoch, step) = (state.epoch, state.step);
        let steps_per_epoch = images.div_ceil(config.batch_size);
        if step >= steps_per_epoch {
            let reason = format!("step {step} of an epoch of {steps_per_epoch} steps");
            return Err(Error::State { reason });
        }
        let learning_rate = config.schedule.rate(epoch * steps_per_epoch + step, config.epochs * steps_per_epoch);
        let diverged = |what: String| Error::Diverged { epoch, step, learning_rate, what };

        let order = match &*order {
            Some((of, order)) if *of == epoch && order.len() == images => order,
            _ => &order.insert((epoch, epoch_order(config.seed, epoch, images))).1,
        };
        let first = step * config.batch_size;
        let batch = &order[first..images.min(first + config.batch_size)];
        let augmentation = config.augment.then_some((config.seed, epoch as u64));
        let (pixels, labels) = training_batch(train, batch, augmentation);

        let layers = Layers::new(&state.weights, Mode::Training(*backend))?;
        let mut statistics = Vec::new();
        let logits = layers.forward(pixels, &mut statistics)?;
        let loss = cross_entropy(&values(logits.clone())?, &labels);
        let mean = loss.sum / labels.len() as f64;
        if !mean.is_finite() {
            return Err(diverged(format!("the loss is {mean}")));
        }
        // The gradient of Σ logits · G is G: the loss's own gradient, computed in f64 above.
        let gradient = tensor(loss.gradient, [labels.len(), CLASSES], layers.device());
        let gradients = logits.mul(gradient).sum().backward();
        let gradients = layers.gradients(&config.architecture, &gradients)?;
        let statistics = statistics.into_iter().map(running_update).collect::<Result<Vec<_>>>()?;
        for (gradient, weight) in gradients.iter().zip(state.weights.tensors()) {
            if gradient.as_ref().is_some_and(|values| !values.iter().all(|v| v.is_finite())) {
                return Err(diverged(format!("the gradient of `{}` is not finite", weight.name)));
            }
        }
        if !statistics.iter().flatten().flatten().all(|value| value.is_finite()) {
            return Err(diverged("a batch statistic is not finite".to_owned()));
        }

        let descent = Descent { rate: learning_rate, momentum: config.momentum, weight_decay: config.weight_decay };
        let mut next = state.clone();
        descend(&mut next, descent, gradients, statistics);
        let broken = |tensor: &&NamedTensor| !tensor.values.iter().all(|value| value.is_finite());
        if let Some(tensor) = next.weights.tensors().iter().chain(&next.momentum).find(broken) {
            return Err(diverged(format!("the new `{}` is not finite", tensor.name)));
        }
        *state = next;

        state.training_images = Some(images);
        state.sums.loss += loss.sum;
        state.sums.correct += loss.correct;
        state.sums.images += labels.len();
        state.step += 1;
        let finished_epoch = (state.step == steps_per_epoch).then(|| {
            let sums = std::mem::take(&mut state.sums);
            state.step = 0;
            state.epoch += 1;
            EpochReport {
                epoch,
                loss: sums.loss / sums.images as f64,
                accuracy: sums.correct as f64 / sums.images as f64,
                images: sums.images,
            }
        });
        Ok(StepReport {
            epoch,
            step,
            steps_per_epoch,
            loss: mean,
            correct: loss.correct,
            images: labels.len(),
            learning_rate,
            finished_epoch,
        })
    }
}

/// The order in which an epoch visits n images, drawn from (seed, epoch).
fn epoch_order(seed: u64, epoch: usize, n: usize) -> Vec<usize> {
    permutation(&mut stream(seed, Purpose::Order, epoch as u64, 0), n)
}

/// Mean and unbiased variance of a batch, as they go into the running statistics.
fn running_update(statistics: BatchStatistics) -> Result<[Vec<f32>; 2]> {
    let n = statistics.count as f32;
    let correction = if n > 1.0 { n / (n - 1.0) } else { 1.0 };
    let mut variance = values(statistics.variance)?;
    for value in &mut variance {
        *value *= correction;
    }
    Ok([values(statistics.mean)?, variance])
}

/// Applies gradients to parameters and batch statistics to running statistics.
fn descend(
    state: &mut TrainerState,
    descent: Descent,
    gradients: Vec<Option<Vec<f32>>>,
    statistics: Vec<[Vec<f32>; 2]>,
) {
    let specifications = state.weights.architecture().tensors();
    if state.momentum.is_empty() {
        state.momentum = specifications
            .iter()
            .filter(|specification| specification.role.is_parameter())
            .map(|specification| NamedTensor {
                name: specification.name.clone(),
                shape: specification.shape.clone(),
                values: Vec::new(),
            })
            .collect();
    }
    let mut buffers = state.momentum.iter_mut();
    let mut statistics = statistics.into_iter().flatten();
    let tensors = state.weights.tensors_mut().iter_mut();
    for ((weight, specification), gradient) in tensors.zip(&specifications).zip(gradients) {
        match specification.role {
            Role::RunningMean | Role::RunningVariance => {
                let batch = statistics.next().unwrap_or_default();
                for (running, batch) in weight.values.iter_mut().zip(batch) {
                    *running = (1.0 - NORM_MOMENTUM) * *running + NORM_MOMENTUM * batch;
                }
            }
            _ => {
                if let (Some(buffer), Some(gradient)) = (buffers.next(), gradient) {
                    descent.step(weight, &mut buffer.values, gradient);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::epoch_order;

    #[test]
    fn every_epoch_of_every_seed_has_its_own_order() {
        let orders = [epoch_order(1, 0, 100), epoch_order(1, 1, 100), epoch_order(2, 0, 100)];
        assert_eq!(orders[0], epoch_order(1, 0, 100));
        assert!(orders[0] != orders[1] && orders[0] != orders[2]);
    }
}
