//! Agreement with PyTorch; the files and their provenance are in `tests/golden`.
//!
//! Each test states the largest difference seen (PyTorch 2.15.0 against burn 0.22.1 flex).
#![allow(clippy::unwrap_used)]

use super::*;
use crate::data::{ImageSet, normalised};
use crate::model::{BatchNormInit, initial_weights};
use crate::training::{EpochSums, Schedule, Trainer, TrainerState, TrainingConfig};
use safetensors::{Dtype, SafeTensors};

/// Largest difference from PyTorch that is allowed, relative to the largest value of the tensor.
const TOLERANCE: f64 = 1e-5;

struct Golden(SafeTensors<'static>);

impl Golden {
    fn block() -> Self {
        Self(SafeTensors::deserialize(include_bytes!("../../../tests/golden/block.safetensors")).unwrap())
    }

    fn network() -> Self {
        Self(SafeTensors::deserialize(include_bytes!("../../../tests/golden/network.safetensors")).unwrap())
    }

    fn plain() -> Self {
        Self(SafeTensors::deserialize(include_bytes!("../../../tests/golden/plain.safetensors")).unwrap())
    }

    fn tensor(&self, name: &str) -> NamedTensor {
        let view = self.0.tensor(name).unwrap();
        assert_eq!(view.dtype(), Dtype::F32, "{name}");
        let values = view.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()));
        NamedTensor { name: name.to_owned(), shape: view.shape().to_vec(), values: values.collect() }
    }

    fn doubles(&self, name: &str) -> Vec<f64> {
        let data = self.0.tensor(name).unwrap().data().to_vec();
        data.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect()
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        self.0.tensor(name).unwrap().data().to_vec()
    }

    /// The weights whose names begin with `prefix`.
    fn weights(&self, architecture: Architecture, prefix: &str) -> Weights {
        let tensors = self.0.names().into_iter().filter_map(|name| {
            let short = name.strip_prefix(prefix)?;
            Some(NamedTensor { name: short.to_owned(), ..self.tensor(name) })
        });
        Weights::new(architecture, tensors.collect()).unwrap()
    }
}

/// Largest absolute difference over the largest absolute value.
fn difference(ours: &[f32], theirs: &[f32]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    let largest = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
    let scale = largest(&mut theirs.iter().map(|&value| f64::from(value).abs()));
    assert!(scale > 0.0);
    largest(&mut ours.iter().zip(theirs).map(|(&a, &b)| {
        let difference = (f64::from(a) - f64::from(b)).abs();
        if difference.is_nan() { f64::INFINITY } else { difference }
    })) / scale
}

/// Forward pass and all gradients of one block with projection shortcut, in training mode.
/// Largest relative difference seen: 4.9e-7.
#[test]
fn a_block_and_its_gradients_agree_with_pytorch() {
    let golden = Golden::block();
    let architecture: Architecture = "resnet8x4".parse().unwrap();
    let fresh = initial_weights(architecture, 0, BatchNormInit::Ones).unwrap();
    let tensors = fresh.into_tensors().into_iter().map(|tensor| match tensor.name.strip_prefix("blocks.1.") {
        Some(name) => NamedTensor { name: tensor.name.clone(), ..golden.tensor(name) },
        None => tensor,
    });
    let weights = Weights::new(architecture, tensors.collect()).unwrap();
    let layers = Layers::new(&weights, Mode::Training(Backend::Cpu)).unwrap();
    let input = tensor(golden.tensor("input").values, [6, 4, 8, 8], layers.device()).require_grad();
    let mut registers = Registers { main: Some(Activations::Images(input.clone())), shortcut: None };
    let (mut statistics, mut convolutions, mut norms) = (Vec::new(), Vec::new(), Vec::new());
    // The block's instructions begin after the seventh state, stage1.block1.relu2.
    let begin = layers
        .program()
        .iter()
        .position(|instruction| instruction.state.as_deref() == Some("stage1.block1.relu2"))
        .unwrap();
    for instruction in &layers.program()[begin + 1..] {
        layers.apply(instruction, &mut registers, &mut statistics).unwrap();
        match &instruction.operation {
            Operation::Convolution(convolution) => {
                convolutions.push((convolution.prefix.clone(), convolution.index));
            }
            Operation::BatchNorm { prefix, index, .. } => norms.push((prefix.clone(), *index)),
            _ => {}
        }
        if instruction.state.as_deref() == Some("stage2.block1.relu2") {
            break;
        }
    }
    let output = registers.take_images(Register::Main).unwrap();
    let upstream = tensor(golden.tensor("upstream").values, [6, 8, 4, 4], layers.device());
    let gradients = output.clone().mul(upstream).sum().backward();

    let mut differences = Vec::new();
    let mut compare = |name: &str, ours: Vec<f32>| {
        differences.push((difference(&ours, &golden.tensor(name).values), name.to_owned()));
    };
    compare("output", values(output).unwrap());
    compare("gradient.input", gradient(&input, &gradients).unwrap());
    let short = |prefix: &str| prefix.replace("blocks.1.", "gradient.");
    assert_eq!((convolutions.len(), norms.len()), (3, 3));
    for (prefix, index) in convolutions {
        let ours = gradient(&layers.convolutions[index].0, &gradients).unwrap();
        compare(&format!("{}.weight", short(&prefix)), ours);
    }
    for (prefix, index) in norms {
        let Norm::Batch { weight, bias } = &layers.norms[index] else {
            unreachable!("training layers normalise by the batch");
        };
        compare(&format!("{}.weight", short(&prefix)), gradient(weight, &gradients).unwrap());
        compare(&format!("{}.bias", short(&prefix)), gradient(bias, &gradients).unwrap());
    }
    differences.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("block: {:?}", differences[0]);
    assert!(differences[0].0 < TOLERANCE, "{differences:?}");
}

fn images(golden: &Golden) -> ImageSet {
    ImageSet::new(golden.bytes("images"), golden.bytes("labels"), 10).unwrap()
}

/// Logits in evaluation mode of a network trained by PyTorch, running statistics included.
/// Largest relative difference seen: 1.4e-7.
#[test]
fn logits_of_a_network_trained_by_pytorch_agree() {
    let golden = Golden::network();
    let architecture: Architecture = "resnet8x2".parse().unwrap();
    let network = Network::from_weights(architecture, &golden.weights(architecture, "trained.")).unwrap();
    let logits = network.logits(normalised(images(&golden).pixels())).unwrap();
    let difference = difference(&logits, &golden.tensor("logits").values);
    println!("logits: {difference:e}");
    assert!(difference < TOLERANCE, "{difference:e}");
}

/// Logits in evaluation mode, loss and all gradients in training mode of a plain network (VGG-11, one channel).
/// Biases of convolutions are left out of the gradients: batch norm removes them, so theirs are rounding alone.
/// Largest relative difference seen: 2e-8, 1.5e-6, and 1.4e-5 (`layers.2.bn.bias`; the last stages normalise by 16 values).
#[test]
fn a_plain_network_agrees_with_pytorch() {
    let golden = Golden::plain();
    let architecture: Architecture = "vgg11x1".parse().unwrap();
    let weights = golden.weights(architecture, "network.");
    let network = Network::from_weights(architecture, &weights).unwrap();
    let logits = network.logits(normalised(images(&golden).pixels())).unwrap();
    let evaluated = difference(&logits, &golden.tensor("logits").values);
    assert!(evaluated < TOLERANCE, "{evaluated:e}");

    let layers = Layers::new(&weights, Mode::Training(Backend::Cpu)).unwrap();
    let logits = layers.forward(normalised(images(&golden).pixels()), &mut Vec::new()).unwrap();
    let upstream = tensor(golden.tensor("upstream").values, [4, 10], layers.device());
    let gradients = logits.clone().mul(upstream).sum().backward();
    let trained = difference(&values(logits).unwrap(), &golden.tensor("logits.training").values);
    assert!(trained < TOLERANCE, "{trained:e}");
    let mut differences = Vec::new();
    let ours = layers.gradients(&architecture, &gradients).unwrap();
    for (specification, gradient) in architecture.tensors().iter().zip(ours) {
        let Some(gradient) = gradient else { continue };
        let theirs = golden.tensor(&format!("gradient.{}", specification.name)).values;
        if specification.role == Role::ConvolutionBias {
            assert!(gradient.iter().all(|value| value.abs() < 1e-4), "{}", specification.name);
        } else {
            differences.push((difference(&gradient, &theirs), specification.name.clone()));
        }
    }
    differences.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("plain: logits {evaluated:e}, {trained:e}; gradients {:?}", differences[0]);
    assert_eq!(differences.len(), 8 + 2 * 8 + 2);
    assert!(differences[0].0 < 3.0 * TOLERANCE, "{differences:?}");
}

/// Six steps of SGD with momentum, weight decay and one-cycle rates from PyTorch's own beginning:
/// losses, rates, parameters and running statistics.
/// Largest relative difference seen: 7.9e-7.
#[test]
fn six_steps_of_training_agree_with_pytorch() {
    let golden = Golden::network();
    let architecture: Architecture = "resnet8x2".parse().unwrap();
    let mut config = TrainingConfig::new(architecture, 0, 6);
    config.batch_size = 16;
    config.schedule = Schedule::OneCycle { peak: 0.1 };
    let state = TrainerState {
        epoch: 0,
        step: 0,
        sums: EpochSums::default(),
        training_images: None,
        weights: golden.weights(architecture, "initial."),
        momentum: Vec::new(),
    };
    let mut trainer = Trainer::resume(config, state).unwrap();
    let (losses, rates) = (golden.doubles("losses"), golden.doubles("rates"));
    assert_eq!((losses.len(), rates.len()), (6, 6));
    for (loss, rate) in losses.iter().zip(&rates) {
        let report = trainer.step(&images(&golden)).unwrap();
        assert!((report.loss - loss).abs() < TOLERANCE, "{} {loss}", report.loss);
        assert!((report.learning_rate / rate - 1.0).abs() < 1e-12, "{} {rate}", report.learning_rate);
    }
    let trained = golden.weights(architecture, "trained.");
    let mut differences: Vec<_> = trainer
        .weights()
        .tensors()
        .iter()
        .zip(trained.tensors())
        .map(|(ours, theirs)| (difference(&ours.values, &theirs.values), &ours.name))
        .collect();
    differences.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("training: {:?}", differences[0]);
    assert!(differences[0].0 < TOLERANCE, "{differences:?}");
}
