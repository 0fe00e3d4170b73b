//! Which network: its name, and the tensors that its weights consist of.

use super::program::{Instruction, Operation, program};
use crate::data::CLASSES;
use crate::error::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// A network for 32×32 images, by name.
///
/// **`resnet<N>x<W>`**, a residual network: N = 6D + 2 layers (three stages of D blocks of two
/// convolutions, the first convolution and the linear layer), W, 2W and 4W channels. 3×3
/// convolution (3 → W), batch norm, ReLU; the three stages; global average pool; linear layer to ten
/// classes. The first block of stages 2 and 3 has stride 2 and a 1×1 convolution with batch norm on
/// its shortcut. No convolution has a bias.
///
/// **`vgg<N>`** or `vgg<N>x<W>`, N = 11, 13, 16 or 19, a plain network: five stages of 3×3
/// convolutions (with bias), each followed by batch norm and ReLU, with W, 2W, 4W, 8W and 8W channels
/// (W = 64 unless given); 2×2 max pooling after the first four stages; global average pool; linear
/// layer to ten classes. `cifar_vgg_N_W` of the authors' code.
///
/// ```
/// # use layerpath_nn::Architecture;
/// let architecture: Architecture = "resnet20x16".parse()?;
/// assert_eq!(architecture.layers(), 20);
/// assert_eq!(architecture.parameter_count(), 272_474);
/// assert_eq!(architecture.to_string(), "resnet20x16");
/// # Ok::<(), layerpath_nn::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Architecture {
    family: Family,
    width: usize,
}

/// How the layers are arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Family {
    /// Three stages of that many residual blocks.
    Residual { blocks_per_stage: usize },
    /// Five stages of plain convolutions: 11, 13, 16 or 19 layers with weights.
    Plain { layers: usize },
}

/// Numbers of layers of the plain networks, and the convolutions in each of their stages.
const PLAIN: [(usize, [usize; 5]); 4] =
    [(11, [1, 1, 2, 2, 2]), (13, [2, 2, 2, 2, 2]), (16, [2, 2, 3, 3, 3]), (19, [2, 2, 4, 4, 4])];

/// Channels of the first stage of a plain network whose name does not say.
const PLAIN_WIDTH: usize = 64;

/// The most blocks a stage may have, and the most channels: beyond any use, below any overflow.
const LARGEST: usize = 4096;

/// The most parameters: 4 GB of weights, and twice as much for momentum and gradients.
const MOST_PARAMETERS: usize = 1_000_000_000;

/// What a tensor of the weights is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    ConvolutionWeight,
    ConvolutionBias,
    NormWeight,
    NormBias,
    RunningMean,
    RunningVariance,
    LinearWeight,
    LinearBias,
}

impl Role {
    /// Whether the optimizer changes the tensor.
    pub(crate) fn is_parameter(self) -> bool {
        !matches!(self, Self::RunningMean | Self::RunningVariance)
    }
}

/// Name, shape and role of one tensor of the weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TensorSpecification {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) role: Role,
}

impl Architecture {
    /// A residual network with `blocks_per_stage` blocks in each of its three stages and `width`
    /// channels in the first, each in 1..=4096.
    ///
    /// # Errors
    /// [`Error::Architecture`] where a number is out of range.
    pub fn new(blocks_per_stage: usize, width: usize) -> Result<Self> {
        Self { family: Family::Residual { blocks_per_stage }, width }.checked(blocks_per_stage)
    }

    /// A plain (VGG) network with 11, 13, 16 or 19 layers and `width` channels in its first stage,
    /// in 1..=4096.
    ///
    /// # Errors
    /// [`Error::Architecture`] where a number is out of range.
    pub fn plain(layers: usize, width: usize) -> Result<Self> {
        let named = Self { family: Family::Plain { layers }, width };
        if !PLAIN.iter().any(|(known, _)| *known == layers) {
            let reason = format!("N = {layers}; there are 11, 13, 16 and 19");
            return Err(Error::Architecture { text: named.to_string(), reason });
        }
        named.checked(1)
    }

    /// The same, if its numbers are in range.
    fn checked(self, blocks_per_stage: usize) -> Result<Self> {
        let wrong = |reason| Err(Error::Architecture { text: self.to_string(), reason });
        for (what, value) in [("blocks in a stage", blocks_per_stage), ("channels", self.width)] {
            if value == 0 || value > LARGEST {
                return wrong(format!("{value} {what}; there can be 1 to {LARGEST}"));
            }
        }
        let parameters = self.parameter_count();
        if parameters > MOST_PARAMETERS {
            return wrong(format!("{parameters} parameters; there can be at most {MOST_PARAMETERS}, so lower N or W"));
        }
        Ok(self)
    }

    /// How the layers are arranged.
    pub(crate) fn family(&self) -> Family {
        self.family
    }

    /// Whether blocks have shortcuts.
    pub fn is_residual(&self) -> bool {
        matches!(self.family, Family::Residual { .. })
    }

    /// W, the number of channels of the first stage.
    pub fn width(&self) -> usize {
        self.width
    }

    /// N, the number of layers with weights, shortcuts not counted; 6D + 2 for residual networks.
    pub fn layers(&self) -> usize {
        match self.family {
            Family::Residual { blocks_per_stage } => blocks_per_stage.saturating_mul(6).saturating_add(2),
            Family::Plain { layers } => layers,
        }
    }

    /// Multiplications of the convolutions and the linear layer for one image: what training and
    /// capture take time for.
    ///
    /// ```
    /// let architecture: layerpath_nn::Architecture = "resnet20x16".parse()?;
    /// assert_eq!(architecture.multiplications() / 1_000_000, 40);
    /// # Ok::<(), layerpath_nn::Error>(())
    /// ```
    pub fn multiplications(&self) -> u64 {
        let positions = |shape: &[usize]| shape.iter().skip(1).product::<usize>() as u64;
        let of = |instruction: &Instruction| match &instruction.operation {
            Operation::Convolution(convolution) => {
                convolution.weight_shape().iter().product::<usize>() as u64 * positions(&instruction.shape)
            }
            Operation::Linear { features, .. } => (CLASSES * features) as u64,
            _ => 0,
        };
        program(self).iter().map(of).sum()
    }

    /// Number of trained numbers (running statistics of batch norm are not trained).
    pub fn parameter_count(&self) -> usize {
        self.tensors()
            .iter()
            .filter(|tensor| tensor.role.is_parameter())
            .map(|tensor| tensor.shape.iter().product::<usize>())
            .sum()
    }

    /// The tensors of the weights under the names and in the order of the authors' PyTorch
    /// networks.
    pub(crate) fn tensors(&self) -> Vec<TensorSpecification> {
        let mut tensors = Vec::new();
        let mut push = |prefix: &str, suffix: &str, shape: Vec<usize>, role| {
            tensors.push(TensorSpecification { name: format!("{prefix}.{suffix}"), shape, role });
        };
        for instruction in program(self) {
            match instruction.operation {
                Operation::Convolution(convolution) => {
                    push(&convolution.prefix, "weight", convolution.weight_shape().to_vec(), Role::ConvolutionWeight);
                    if convolution.bias {
                        push(&convolution.prefix, "bias", vec![convolution.channels_out], Role::ConvolutionBias);
                    }
                }
                Operation::BatchNorm { prefix, channels, .. } => {
                    for (suffix, role) in [
                        ("weight", Role::NormWeight),
                        ("bias", Role::NormBias),
                        ("running_mean", Role::RunningMean),
                        ("running_var", Role::RunningVariance),
                    ] {
                        push(&prefix, suffix, vec![channels], role);
                    }
                }
                Operation::Linear { prefix, features } => {
                    push(&prefix, "weight", vec![CLASSES, features], Role::LinearWeight);
                    push(&prefix, "bias", vec![CLASSES], Role::LinearBias);
                }
                Operation::Input
                | Operation::KeepForShortcut
                | Operation::Relu
                | Operation::MaxPool
                | Operation::AddShortcut
                | Operation::Pool => {}
            }
        }
        tensors
    }

    /// Convolutions and channels of each stage of a plain network.
    pub(crate) fn plain_stages(layers: usize, width: usize) -> impl Iterator<Item = (usize, usize)> {
        let known = PLAIN.iter().find(|(known, _)| *known == layers);
        known.into_iter().flat_map(move |(_, stages)| stages.iter().copied().zip([1, 2, 4, 8, 8].map(|f| f * width)))
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (layers, width) = (self.layers(), self.width);
        match self.family {
            Family::Residual { .. } => write!(formatter, "resnet{layers}x{width}"),
            Family::Plain { .. } if width == PLAIN_WIDTH => write!(formatter, "vgg{layers}"),
            Family::Plain { .. } => write!(formatter, "vgg{layers}x{width}"),
        }
    }
}

impl FromStr for Architecture {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = |reason: String| Error::Architecture { text: text.to_owned(), reason };
        let number = |digits: &str, what: &str| {
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits
                .parse::<usize>()
                .ok()
                .filter(|_| plain)
                .ok_or_else(|| wrong(format!("`{digits}` is no number of {what}")))
        };
        // The reason, under the name as it was given.
        let named = |result: Result<Self>| match result {
            Err(Error::Architecture { reason, .. }) => Err(wrong(reason)),
            other => other,
        };
        if let Some(numbers) = text.strip_prefix("vgg") {
            let (layers, width) = match numbers.split_once('x') {
                Some((layers, width)) => (layers, number(width, "channels")?),
                None => (numbers, PLAIN_WIDTH),
            };
            return named(Self::plain(number(layers, "layers")?, width));
        }
        let numbers = text
            .strip_prefix("resnet")
            .ok_or_else(|| wrong("it begins neither with `resnet` nor with `vgg`".to_owned()))?;
        let (layers, width) =
            numbers.split_once('x').ok_or_else(|| wrong("there is no `x` between layers and channels".to_owned()))?;
        let (layers, width) = (number(layers, "layers")?, number(width, "channels")?);
        if layers < 8 || (layers - 2) % 6 != 0 {
            let below = (layers.saturating_sub(2) / 6).max(1) * 6 + 2;
            return Err(wrong(format!(
                "N = {layers} is not 6D + 2 with a whole D of at least 1; nearest are {below} and {}",
                below.saturating_add(6)
            )));
        }
        named(Self::new((layers - 2) / 6, width))
    }
}

impl TryFrom<String> for Architecture {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Architecture> for String {
    fn from(architecture: Architecture) -> Self {
        architecture.to_string()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn parameter_counts_are_those_of_the_paper_networks() {
        for (name, count) in [
            ("resnet8x8", 19_954),
            ("resnet14x16", 175_258),
            ("resnet20x16", 272_474),
            ("resnet20x64", 4_327_754),
            ("resnet56x16", 855_770),
            // As counted by PyTorch (examples/torch_resnet.py).
            ("vgg11", 9_231_114),
            ("vgg16", 14_728_266),
            ("vgg19x8", 315_698),
        ] {
            let architecture: Architecture = name.parse().unwrap();
            assert_eq!(architecture.parameter_count(), count, "{name}");
            assert_eq!(architecture.to_string(), name);
        }
    }

    #[test]
    fn names_follow_the_authors_networks() {
        let tensors = "resnet8x4".parse::<Architecture>().unwrap().tensors();
        let names: Vec<_> = tensors.iter().map(|tensor| tensor.name.as_str()).collect();
        assert_eq!(
            names[..6],
            ["conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var", "blocks.0.conv1.weight"]
        );
        assert!(!names.contains(&"blocks.0.shortcut.0.weight"));
        let shape = |name: &str| tensors.iter().find(|tensor| tensor.name == name).map(|tensor| tensor.shape.clone());
        assert_eq!(shape("blocks.1.conv1.weight"), Some(vec![8, 4, 3, 3]));
        assert_eq!(shape("blocks.1.shortcut.0.weight"), Some(vec![8, 4, 1, 1]));
        assert_eq!(shape("blocks.2.shortcut.1.running_var"), Some(vec![16]));
        assert_eq!(shape("fc.weight"), Some(vec![10, 16]));
        assert_eq!(names.last(), Some(&"fc.bias"));
    }

    #[test]
    fn errors_say_what_is_wrong() {
        for (text, part) in [
            ("resnet18x16", "N = 18 is not 6D + 2 with a whole D of at least 1; nearest are 14 and 20"),
            ("resnet2x16", "N = 2"),
            ("resnet20", "no `x`"),
            ("alexnet", "begins neither with `resnet` nor with `vgg`"),
            ("vgg12", "N = 12; there are 11, 13, 16 and 19"),
            ("vgg16x", "`` is no number of channels"),
            ("vgg", "`` is no number of layers"),
            ("resnet20x", "`` is no number of channels"),
            ("resnet+20x16", "`+20` is no number of layers"),
            ("resnet20x0", "0 channels"),
            ("resnet99999999999999999999x1", "no number of layers"),
            ("resnet18446744073709551615x1", "nearest are 18446744073709551614 and 18446744073709551615"),
            ("resnet18446744073709551614x1", "blocks in a stage; there can be 1 to"),
            ("vgg11x18446744073709551615", "channels; there can be 1 to"),
        ] {
            let message = text.parse::<Architecture>().unwrap_err().to_string();
            assert!(message.contains(part) && message.contains(text), "{message}");
        }
    }
}
