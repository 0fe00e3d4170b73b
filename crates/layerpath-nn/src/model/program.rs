//! The network as a list of instructions over two registers.
//!
//! Training, evaluation and capture all walk this one list; there is no second description of the
//! network. The main register holds the current activations; the shortcut register holds what a
//! block's shortcut carries.

use super::architecture::{Architecture, Family};
use crate::data::{CHANNELS, CLASSES, IMAGE_BYTES, SIDE};

/// A convolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Convolution {
    /// Name of its weights without `.weight`.
    pub(crate) prefix: String,
    /// Its position among all convolutions.
    pub(crate) index: usize,
    pub(crate) channels_in: usize,
    pub(crate) channels_out: usize,
    /// Height and width of the kernel: 3 (padding 1) or 1 (no padding).
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    pub(crate) bias: bool,
}

impl Convolution {
    /// Shape of the weights: (out, in, kernel, kernel).
    pub(crate) fn weight_shape(&self) -> [usize; 4] {
        [self.channels_out, self.channels_in, self.kernel, self.kernel]
    }
}

/// What an instruction does to its register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    /// The normalised images appear in the main register.
    Input,
    Convolution(Convolution),
    BatchNorm {
        prefix: String,
        index: usize,
        channels: usize,
    },
    Relu,
    /// The shortcut register becomes a copy of the main one.
    KeepForShortcut,
    /// The shortcut register is added to the main one and emptied.
    AddShortcut,
    /// Largest of each 2 × 2 positions.
    MaxPool,
    /// Mean over all positions.
    Pool,
    Linear {
        prefix: String,
        features: usize,
    },
}

/// Which register an instruction reads and writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Register {
    Main,
    Shortcut,
}

/// One step of the forward pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Instruction {
    pub(crate) operation: Operation,
    pub(crate) register: Register,
    /// Name of the state that the register holds afterwards; none for bookkeeping.
    pub(crate) state: Option<String>,
    /// Shape of the register afterwards, per image: (channels, height, width) or (features).
    pub(crate) shape: Vec<usize>,
}

/// Writes instructions, keeping count of layers and of the shape of the activations.
struct Writer {
    instructions: Vec<Instruction>,
    convolutions: usize,
    norms: usize,
    main: [usize; 3],
    /// Whether convolutions have a bias.
    bias: bool,
}

impl Writer {
    fn push(&mut self, operation: Operation, register: Register, state: Option<String>, shape: &[usize]) {
        self.instructions.push(Instruction { operation, register, state, shape: shape.to_vec() });
    }

    /// An operation on the main register that leaves its shape alone.
    fn main(&mut self, operation: Operation, state: Option<String>) {
        let shape = self.main;
        self.push(operation, Register::Main, state, &shape);
    }

    /// Convolution of activations of shape `from`; returns the shape of its output.
    fn convolution(
        &mut self,
        names: (&str, String),
        register: Register,
        from: [usize; 3],
        channels_out: usize,
        (kernel, stride): (usize, usize),
    ) -> [usize; 3] {
        let side = from[1].div_ceil(stride);
        let shape = [channels_out, side, side];
        let convolution = Convolution {
            prefix: names.0.to_owned(),
            index: self.convolutions,
            channels_in: from[0],
            channels_out,
            kernel,
            stride,
            bias: self.bias,
        };
        self.convolutions += 1;
        self.push(Operation::Convolution(convolution), register, Some(names.1), &shape);
        shape
    }

    fn norm(&mut self, names: (&str, String), register: Register, shape: [usize; 3]) {
        let operation = Operation::BatchNorm { prefix: names.0.to_owned(), index: self.norms, channels: shape[0] };
        self.norms += 1;
        self.push(operation, register, Some(names.1), &shape);
    }

    fn block(&mut self, prefix: &str, state: &str, channels: usize, stride: usize) {
        use Register::{Main, Shortcut};
        let input = self.main;
        self.main(Operation::KeepForShortcut, None);
        for (layer, stride) in [(1, stride), (2, 1)] {
            let from = self.main;
            self.main = self.convolution(
                (&format!("{prefix}.conv{layer}"), format!("{state}.conv{layer}")),
                Main,
                from,
                channels,
                (3, stride),
            );
            let shape = self.main;
            self.norm((&format!("{prefix}.bn{layer}"), format!("{state}.bn{layer}")), Main, shape);
            if layer == 1 {
                self.main(Operation::Relu, Some(format!("{state}.relu1")));
            }
        }
        if input != self.main {
            let shape = self.convolution(
                (&format!("{prefix}.shortcut.0"), format!("{state}.shortcut.conv")),
                Shortcut,
                input,
                channels,
                (1, stride),
            );
            self.norm((&format!("{prefix}.shortcut.1"), format!("{state}.shortcut.bn")), Shortcut, shape);
        }
        self.main(Operation::AddShortcut, Some(format!("{state}.sum")));
        self.main(Operation::Relu, Some(format!("{state}.relu2")));
    }
}

/// The instructions of a network in execution order.
pub(crate) fn program(architecture: &Architecture) -> Vec<Instruction> {
    debug_assert_eq!(CHANNELS * SIDE * SIDE, IMAGE_BYTES);
    let mut writer = Writer {
        instructions: Vec::new(),
        convolutions: 0,
        norms: 0,
        main: [CHANNELS, SIDE, SIDE],
        bias: !architecture.is_residual(),
    };
    writer.main(Operation::Input, Some("input".to_owned()));
    match architecture.family() {
        Family::Residual { blocks_per_stage } => residual(&mut writer, blocks_per_stage, architecture.width()),
        Family::Plain { layers } => plain(&mut writer, Architecture::plain_stages(layers, architecture.width())),
    }
    let features = writer.main[0];
    writer.push(Operation::Pool, Register::Main, Some("pool".to_owned()), &[features]);
    let linear = Operation::Linear { prefix: "fc".to_owned(), features };
    writer.push(linear, Register::Main, Some("logits".to_owned()), &[CLASSES]);
    writer.instructions
}

/// First convolution and three stages of residual blocks.
fn residual(writer: &mut Writer, blocks_per_stage: usize, width: usize) {
    let image = writer.main;
    writer.main = writer.convolution(("conv", "stem.conv".to_owned()), Register::Main, image, width, (3, 1));
    let shape = writer.main;
    writer.norm(("bn", "stem.bn".to_owned()), Register::Main, shape);
    writer.main(Operation::Relu, Some("stem.relu".to_owned()));
    let mut number = 0;
    for (stage, channels) in (1..).zip([width, 2 * width, 4 * width]) {
        for block in 1..=blocks_per_stage {
            let stride = if stage > 1 && block == 1 { 2 } else { 1 };
            let prefix = format!("blocks.{number}");
            writer.block(&prefix, &format!("stage{stage}.block{block}"), channels, stride);
            number += 1;
        }
    }
}

/// Stages of plain convolutions with max pooling between them. A pooling has a number in `layers` too.
fn plain(writer: &mut Writer, stages: impl Iterator<Item = (usize, usize)>) {
    let mut number = 0;
    for (stage, (convolutions, channels)) in (1..).zip(stages) {
        if stage > 1 {
            let [channels, height, width] = writer.main;
            writer.main = [channels, height / 2, width / 2];
            writer.main(Operation::MaxPool, Some(format!("stage{}.pool", stage - 1)));
            number += 1;
        }
        for layer in 1..=convolutions {
            let (prefix, state) = (format!("layers.{number}"), format!("stage{stage}.layer{layer}"));
            let from = writer.main;
            let names = (&*format!("{prefix}.conv"), format!("{state}.conv"));
            writer.main = writer.convolution(names, Register::Main, from, channels, (3, 1));
            let shape = writer.main;
            writer.norm((&format!("{prefix}.bn"), format!("{state}.bn")), Register::Main, shape);
            writer.main(Operation::Relu, Some(format!("{state}.relu")));
            number += 1;
        }
    }
}
