//! Initial weights, drawn from the seed.

use super::architecture::{Architecture, Role};
use super::weights::{NamedTensor, Weights};
use crate::error::Result;
use crate::random::{Purpose, between, stream, uniform};
use rand::Rng;
use rand_distr::StandardNormal;

/// How the weights (scales) of batch norm begin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BatchNormInit {
    /// All ones, as PyTorch today.
    #[default]
    Ones,
    /// Uniform in [0, 1), as PyTorch before 1.0.
    Uniform,
}

/// Fresh weights: Kaiming-normal (fan in, gain √2) for convolutions and the linear layer, the
/// biases uniform in ±1/√fan-in (PyTorch's default), batch norm as told with bias 0, running mean 0 and running
/// variance 1; each tensor from its own stream of the seed.
///
/// # Errors
/// None in practice: the tensors are made for the architecture.
pub fn initial_weights(architecture: Architecture, seed: u64, batch_norm: BatchNormInit) -> Result<Weights> {
    let mut features = 1;
    let mut tensors = Vec::new();
    for (position, specification) in architecture.tensors().into_iter().enumerate() {
        let mut generator = stream(seed, Purpose::Weights, 0, position as u64);
        let length: usize = specification.shape.iter().product();
        let mut draw = |number: &mut dyn FnMut(&mut _) -> f64| -> Vec<f32> {
            (0..length).map(|_| number(&mut generator) as f32).collect()
        };
        let values = match specification.role {
            Role::ConvolutionWeight | Role::LinearWeight => {
                let fan_in: usize = specification.shape.iter().skip(1).product();
                features = fan_in;
                let deviation = (2.0 / fan_in as f64).sqrt();
                draw(&mut |generator| deviation * generator.sample::<f64, _>(StandardNormal))
            }
            Role::LinearBias | Role::ConvolutionBias => {
                let bound = 1.0 / (features as f64).sqrt();
                draw(&mut |generator| between(generator, -bound, bound))
            }
            Role::NormWeight => match batch_norm {
                BatchNormInit::Ones => vec![1.0; length],
                BatchNormInit::Uniform => draw(&mut uniform),
            },
            Role::NormBias | Role::RunningMean => vec![0.0; length],
            Role::RunningVariance => vec![1.0; length],
        };
        tensors.push(NamedTensor { name: specification.name, shape: specification.shape, values });
    }
    Weights::new(architecture, tensors)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn distributions_are_as_stated() {
        let architecture: Architecture = "resnet8x32".parse().unwrap();
        let weights = initial_weights(architecture, 11, BatchNormInit::Uniform).unwrap();
        let convolution = &weights.get("blocks.2.conv2.weight").unwrap().values;
        let n = convolution.len() as f64;
        let mean = convolution.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
        let variance = convolution.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / n;
        let expected = 2.0 / (9.0 * 128.0);
        // Five standard errors; n = 147456.
        assert!(mean.abs() < 5.0 * (expected / n).sqrt());
        assert!((variance / expected - 1.0).abs() < 5.0 * (2.0 / n).sqrt());
        let bound = 1.0 / 128f32.sqrt();
        let bias = &weights.get("fc.bias").unwrap().values;
        assert!(bias.iter().all(|value| value.abs() < bound));
        assert!(bias.iter().any(|value| value.abs() > bound / 4.0));
        let scale = &weights.get("blocks.2.bn1.weight").unwrap().values;
        assert!(scale.iter().all(|value| (0.0..1.0).contains(value)));
        assert!(scale.iter().any(|&value| value < 0.25) && scale.iter().any(|&value| value > 0.75));
        assert_eq!(weights.get("bn.bias").unwrap().values, vec![0.0; 32]);
        assert_eq!(weights.get("bn.running_var").unwrap().values, vec![1.0; 32]);
    }

    #[test]
    fn seeds_decide_and_tensors_differ() {
        let architecture: Architecture = "resnet8x4".parse().unwrap();
        let draw = |seed| initial_weights(architecture, seed, BatchNormInit::Ones).unwrap();
        assert_eq!(draw(5), draw(5));
        assert_ne!(draw(5), draw(6));
        let weights = draw(5);
        assert_eq!(weights.get("bn.weight").unwrap().values, vec![1.0; 4]);
        assert_ne!(
            weights.get("blocks.0.conv1.weight").unwrap().values,
            weights.get("blocks.0.conv2.weight").unwrap().values
        );
    }
}
