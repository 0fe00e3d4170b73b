//! The forward pass on the framework's tensors.

use super::architecture::{Architecture, Role};
use super::program::{Convolution, Instruction, Operation, Register, program};
use super::weights::{NamedTensor, Weights};
use crate::backend::Backend;
use crate::data::{CHANNELS, SIDE};
use crate::error::{Error, Result};
use burn::tensor::activation::relu;
use burn::tensor::module::{batch_norm_train, conv2d, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Gradients, Tensor, TensorData};

/// Added to variances before the root is taken.
pub(crate) const EPSILON: f64 = 1e-5;

/// Activations: images (m × c × h × w) or features (m × n).
#[derive(Debug, Clone)]
pub(crate) enum Activations {
    Images(Tensor<4>),
    Features(Tensor<2>),
}

impl Activations {
    /// The values in C order.
    pub(crate) fn values(&self) -> Result<Vec<f32>> {
        match self {
            Self::Images(images) => values(images.clone()),
            Self::Features(features) => values(features.clone()),
        }
    }
}

/// The two registers of the program.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registers {
    main: Option<Activations>,
    shortcut: Option<Activations>,
}

impl Registers {
    /// Registers with normalised images (m × 3 × 32 × 32) in the main one.
    pub(crate) fn with_images(pixels: Vec<f32>, device: &Device) -> Self {
        let m = pixels.len() / (CHANNELS * SIDE * SIDE);
        let images = tensor(pixels, [m, CHANNELS, SIDE, SIDE], device);
        Self { main: Some(Activations::Images(images)), shortcut: None }
    }

    /// What a register holds.
    pub(crate) fn get(&self, register: Register) -> Result<&Activations> {
        match register {
            Register::Main => self.main.as_ref(),
            Register::Shortcut => self.shortcut.as_ref(),
        }
        .ok_or_else(|| broken("the register is empty"))
    }

    fn slot(&mut self, register: Register) -> &mut Option<Activations> {
        match register {
            Register::Main => &mut self.main,
            Register::Shortcut => &mut self.shortcut,
        }
    }

    fn take_images(&mut self, register: Register) -> Result<Tensor<4>> {
        match self.slot(register).take() {
            Some(Activations::Images(images)) => Ok(images),
            _ => Err(broken("the register holds no images")),
        }
    }
}

/// A program that does not fit its registers: a fault of this crate.
fn broken(reason: &str) -> Error {
    Error::Framework { task: "walk through the network", reason: reason.to_owned() }
}

/// Statistics of one batch in one batch-norm layer.
#[derive(Debug)]
pub(crate) struct BatchStatistics {
    /// Mean of each channel.
    pub(crate) mean: Tensor<1>,
    /// Mean squared deviation of each channel (divided by the count).
    pub(crate) variance: Tensor<1>,
    /// Number of values a channel has: images × height × width.
    pub(crate) count: usize,
}

/// A batch-norm layer, for training or with fixed statistics.
#[derive(Debug)]
enum Norm {
    /// Normalises by the batch.
    Batch { weight: Tensor<1>, bias: Tensor<1> },
    /// x · scale + shift, both 1 × c × 1 × 1.
    Fixed { scale: Tensor<4>, shift: Tensor<4> },
}

/// All layers of a network with its program.
#[derive(Debug)]
pub(crate) struct Layers {
    program: Vec<Instruction>,
    convolutions: Vec<(Tensor<4>, Option<Tensor<1>>)>,
    norms: Vec<Norm>,
    linear: (Tensor<2>, Tensor<1>),
    device: Device,
}

impl Layers {
    /// Layers for evaluation (`Mode::Evaluation`) or for training, where the parameters are
    /// leaves of the gradient graph, on a backend that was checked.
    pub(crate) fn new(weights: &Weights, mode: Mode) -> Result<Self> {
        let architecture = weights.architecture();
        let device = match mode {
            Mode::Training(backend) => backend.device().autodiff(),
            Mode::Evaluation => Backend::Cpu.device(),
        };
        let missing = || broken("the weights end early");
        let mut tensors = weights.tensors().iter();
        let mut next = || tensors.next().ok_or_else(missing);
        let (mut convolutions, mut norms, mut linear) = (Vec::new(), Vec::new(), None);
        let program = program(&architecture);
        for instruction in &program {
            match &instruction.operation {
                Operation::Convolution(convolution) => {
                    let weight = leaf(next()?, convolution.weight_shape(), &device);
                    let bias =
                        if convolution.bias { Some(leaf(next()?, [convolution.channels_out], &device)) } else { None };
                    convolutions.push((weight, bias));
                }
                Operation::BatchNorm { channels, .. } => {
                    let (weight, bias) = (next()?, next()?);
                    let (mean, variance) = (next()?, next()?);
                    norms.push(match mode {
                        Mode::Training(_) => Norm::Batch {
                            weight: leaf(weight, [*channels], &device),
                            bias: leaf(bias, [*channels], &device),
                        },
                        Mode::Evaluation => fixed_norm([weight, bias, mean, variance], *channels, &device),
                    });
                }
                Operation::Linear { features, .. } => {
                    let (weight, bias) = (next()?, next()?);
                    let [classes] = [bias.values.len()];
                    linear = Some((leaf(weight, [classes, *features], &device), leaf(bias, [classes], &device)));
                }
                _ => {}
            }
        }
        let linear = linear.ok_or_else(missing)?;
        Ok(Self { program, convolutions, norms, linear, device })
    }

    /// The instructions in execution order.
    pub(crate) fn program(&self) -> &[Instruction] {
        &self.program
    }

    /// Where the tensors live.
    pub(crate) fn device(&self) -> &Device {
        &self.device
    }

    /// Carries out one instruction; in training, batch norm adds its statistics to `statistics`.
    pub(crate) fn apply(
        &self,
        instruction: &Instruction,
        registers: &mut Registers,
        statistics: &mut Vec<BatchStatistics>,
    ) -> Result<()> {
        let register = instruction.register;
        let result = match &instruction.operation {
            Operation::Input => return Ok(()),
            Operation::KeepForShortcut => {
                registers.shortcut.clone_from(&registers.main);
                return Ok(());
            }
            Operation::Convolution(convolution) => {
                let images = registers.take_images(register)?;
                let (weight, bias) = self.convolutions[convolution.index].clone();
                Activations::Images(convolve(images, weight, bias, convolution))
            }
            Operation::BatchNorm { index, .. } => {
                let images = registers.take_images(register)?;
                Activations::Images(normalise(images, &self.norms[*index], statistics))
            }
            Operation::Relu => Activations::Images(relu(registers.take_images(register)?)),
            Operation::AddShortcut => {
                let shortcut = registers.take_images(Register::Shortcut)?;
                Activations::Images(registers.take_images(Register::Main)?.add(shortcut))
            }
            Operation::MaxPool => {
                let options = MaxPoolOptions::new([2, 2]);
                Activations::Images(max_pool2d(registers.take_images(register)?, options))
            }
            Operation::Pool => {
                let images = registers.take_images(register)?;
                let [m, channels, height, width] = images.dims();
                let flat: Tensor<3> = images.reshape([m, channels, height * width]);
                Activations::Features(flat.mean_dim(2).reshape([m, channels]))
            }
            Operation::Linear { .. } => match registers.slot(register).take() {
                Some(Activations::Features(features)) => {
                    let (weight, bias) = self.linear.clone();
                    let logits = features.matmul(weight.transpose()).add(bias.unsqueeze());
                    Activations::Features(logits)
                }
                _ => return Err(broken("the register holds no features")),
            },
        };
        *registers.slot(register) = Some(result);
        Ok(())
    }

    /// Logits (m × 10) of normalised images (m × 3 × 32 × 32).
    pub(crate) fn forward(&self, pixels: Vec<f32>, statistics: &mut Vec<BatchStatistics>) -> Result<Tensor<2>> {
        let mut registers = Registers::with_images(pixels, &self.device);
        for instruction in &self.program {
            self.apply(instruction, &mut registers, statistics)?;
        }
        match registers.main {
            Some(Activations::Features(logits)) => Ok(logits),
            _ => Err(broken("the network has no logits")),
        }
    }

    /// Gradients of the parameters, in the order of the weights' tensors; `None` for running
    /// statistics.
    pub(crate) fn gradients(
        &self,
        architecture: &Architecture,
        gradients: &Gradients,
    ) -> Result<Vec<Option<Vec<f32>>>> {
        let (mut convolutions, mut norms) = (self.convolutions.iter(), self.norms.iter());
        let (mut bias_of_convolution, mut bias_of_norm) = (None, None);
        let mut result = Vec::new();
        for specification in architecture.tensors() {
            let missing = || broken("a parameter has no gradient");
            result.push(match specification.role {
                Role::RunningMean | Role::RunningVariance => None,
                Role::ConvolutionWeight => {
                    let (weight, bias) = convolutions.next().ok_or_else(missing)?;
                    bias_of_convolution = bias.as_ref();
                    Some(gradient(weight, gradients)?)
                }
                Role::ConvolutionBias => Some(gradient(bias_of_convolution.take().ok_or_else(missing)?, gradients)?),
                Role::NormWeight => match norms.next().ok_or_else(missing)? {
                    Norm::Batch { weight, bias } => {
                        bias_of_norm = Some(bias);
                        Some(gradient(weight, gradients)?)
                    }
                    Norm::Fixed { .. } => return Err(missing()),
                },
                Role::NormBias => Some(gradient(bias_of_norm.take().ok_or_else(missing)?, gradients)?),
                Role::LinearWeight => Some(gradient(&self.linear.0, gradients)?),
                Role::LinearBias => Some(gradient(&self.linear.1, gradients)?),
            });
        }
        Ok(result)
    }
}

/// What layers are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Batch norm by the batch, gradients.
    Training(Backend),
    /// Batch norm by the running statistics, no gradients, on the processor.
    Evaluation,
}

/// A network with fixed weights, for evaluation and capture.
#[derive(Debug)]
pub struct Network {
    architecture: Architecture,
    layers: Layers,
}

impl Network {
    /// The network of an architecture with the given weights.
    ///
    /// # Errors
    /// [`Error::Weights`] where the weights belong to another architecture.
    pub fn from_weights(architecture: Architecture, weights: &Weights) -> Result<Self> {
        if weights.architecture() != architecture {
            return Err(Error::Weights {
                architecture: architecture.to_string(),
                reason: format!("these are weights of {}", weights.architecture()),
            });
        }
        Ok(Self { architecture, layers: Layers::new(weights, Mode::Evaluation)? })
    }

    /// The architecture.
    pub fn architecture(&self) -> Architecture {
        self.architecture
    }

    pub(crate) fn layers(&self) -> &Layers {
        &self.layers
    }

    /// Logits (m × 10, C order) of normalised images.
    pub(crate) fn logits(&self, pixels: Vec<f32>) -> Result<Vec<f32>> {
        values(self.layers.forward(pixels, &mut Vec::new())?)
    }
}

fn convolve(images: Tensor<4>, weight: Tensor<4>, bias: Option<Tensor<1>>, convolution: &Convolution) -> Tensor<4> {
    let Convolution { kernel, stride, .. } = *convolution;
    let padding = kernel / 2;
    let options = ConvOptions::new([stride, stride], [padding, padding], [1, 1], 1);
    conv2d(images, weight, bias, options)
}

fn normalise(images: Tensor<4>, norm: &Norm, statistics: &mut Vec<BatchStatistics>) -> Tensor<4> {
    match norm {
        Norm::Fixed { scale, shift } => images.mul(scale.clone()).add(shift.clone()),
        Norm::Batch { weight, bias } => {
            let [m, _, height, width] = images.dims();
            let result = batch_norm_train(images, weight.clone(), bias.clone(), EPSILON);
            statistics.push(BatchStatistics {
                mean: result.mean,
                variance: result.variance,
                count: m * height * width,
            });
            result.output
        }
    }
}

/// Batch norm by running statistics as one multiplication and one addition.
fn fixed_norm(tensors: [&NamedTensor; 4], channels: usize, device: &Device) -> Norm {
    let [weight, bias, mean, variance] = tensors.map(|tensor| tensor.values.as_slice());
    let scale: Vec<f64> = weight
        .iter()
        .zip(variance)
        .map(|(&weight, &variance)| f64::from(weight) / (f64::from(variance) + EPSILON).sqrt())
        .collect();
    let shift = bias
        .iter()
        .zip(mean)
        .zip(&scale)
        .map(|((&bias, &mean), &scale)| (f64::from(bias) - f64::from(mean) * scale) as f32)
        .collect();
    let scale = scale.into_iter().map(|scale| scale as f32).collect();
    let shape = [1, channels, 1, 1];
    Norm::Fixed { scale: tensor(scale, shape, device), shift: tensor(shift, shape, device) }
}

/// A parameter on the device; on a device with gradients it is a leaf of the graph.
fn leaf<const D: usize>(named: &NamedTensor, shape: [usize; D], device: &Device) -> Tensor<D> {
    let tensor = tensor(named.values.clone(), shape, device);
    if device.is_autodiff() { tensor.require_grad() } else { tensor }
}

/// A tensor from values in C order.
pub(crate) fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// The values of a tensor in C order.
pub(crate) fn values<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    tensor
        .try_into_vec_as::<f32>()
        .map_err(|error| Error::Framework { task: "read a tensor", reason: error.to_string() })
}

fn gradient<const D: usize>(parameter: &Tensor<D>, gradients: &Gradients) -> Result<Vec<f32>> {
    let gradient = parameter.grad(gradients).ok_or_else(|| broken("a parameter has no gradient"))?;
    values(gradient)
}

#[cfg(test)]
mod golden;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn fixed_norm_by_hand() {
        let named = |value| NamedTensor { name: String::new(), shape: vec![1], values: vec![value] };
        // (3 − 1) · 2 / √(0 + 10⁻⁵) + 0.5
        let [weight, bias, mean, variance] = [2.0, 0.5, 1.0, 0.0].map(named);
        let device = Device::flex();
        let norm = fixed_norm([&weight, &bias, &mean, &variance], 1, &device);
        let output = normalise(tensor(vec![3.0], [1, 1, 1, 1], &device), &norm, &mut Vec::new());
        assert!((values(output).unwrap()[0] / 1265.4111 - 1.0).abs() < 1e-6);
    }
}
