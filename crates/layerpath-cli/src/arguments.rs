//! The command line.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use layerpath::peers::Peer;
use layerpath::table::{Bytes, Engine};
use layerpath_nn::Backend;

use crate::commands::{SimilaritiesArguments, VerifyArguments};
use crate::engines::EngineChoice;
use crate::failure::{Failure, Result};
use crate::inputs::InputOptions;
use crate::rows::RowArguments;

/// Neural networks as paths through the space of representations.
#[derive(Debug, Parser)]
#[command(name = "layerpath", version, about, max_term_width = 110)]
pub(crate) struct Arguments {
    /// No progress and no messages, only results and errors.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Say what the engines cost and which one is chosen.
    #[arg(long, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// Number of threads (default: all cores). Results do not depend on it.
    #[arg(long, global = true, value_name = "N")]
    pub(crate) threads: Option<usize>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train a small residual network on built-in images, capture it at three epochs, analyse, write a report.
    Demo(DemoArguments),
    /// Train one network, with checkpoints.
    Train(TrainArguments),
    /// Hidden representations of the first test images: trained networks to points (or activations).
    Capture(CaptureArguments),
    /// Path statistics of activations or points.
    Analyze(AnalyzeArguments),
    /// Coordinates for a picture, with their stress.
    Embed(crate::commands::EmbedArguments),
    /// Distances between all pairs of representations.
    Distances(DistancesArguments),
    /// Three representations: sides, angles, a point on the geodesic A → B, the projection of C on it.
    Triangle(TriangleArguments),
    /// Whole paths against each other.
    Compare(CompareArguments),
    /// Similarities (no metrics) and held-out alignment between all pairs of representations.
    Similarities(SimilaritiesArguments),
    /// The axioms and the declared invariances of a metric on your own activations, and every convention.
    Verify(VerifyArguments),
    /// The paper's three questions end to end, from training to the report; resumes where it stopped.
    Reproduce(crate::commands::ReproduceArguments),
    /// One self-contained HTML page from analysis files.
    Report(ReportArguments),
    /// The metrics and the similarities, with their properties.
    Metrics(MetricsArguments),
}

/// `layerpath demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    /// Folder for the run, the points, the analysis and the report. An unfinished demo in it is resumed.
    #[arg(long, default_value = "layerpath-demo")]
    pub(crate) out: PathBuf,
    /// Seed of images, weights, order and augmentation.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
}

/// `layerpath train`.
#[derive(Debug, Args)]
pub(crate) struct TrainArguments {
    /// Architecture: `resnet<N>x<W>`, N = 6D + 2 layers, or `vgg<N>[x<W>]`; W channels in the first stage.
    #[arg(long, value_name = "NAME")]
    pub(crate) model: String,
    #[command(flatten)]
    pub(crate) data: DataArguments,
    /// Folder for the run: run.json, log.csv, checkpoints/.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Passes over the training images.
    #[arg(long, default_value_t = 160)]
    pub(crate) epochs: usize,
    /// Seed of weights, order and augmentation.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Learning rate over the run.
    #[arg(long, value_enum, default_value_t = ScheduleName::Milestones)]
    pub(crate) schedule: ScheduleName,
    /// First rate of `milestones` (×0.1 at 50 % and 75 %), or peak of `one-cycle`.
    #[arg(long, allow_negative_numbers = true, default_value_t = 0.1)]
    pub(crate) rate: f64,
    /// Images in a step.
    #[arg(long, default_value_t = 128)]
    pub(crate) batch_size: usize,
    /// Momentum of SGD.
    #[arg(long, allow_negative_numbers = true, default_value_t = 0.9)]
    pub(crate) momentum: f64,
    /// Weight decay of SGD.
    #[arg(long, allow_negative_numbers = true, default_value_t = 1e-4)]
    pub(crate) weight_decay: f64,
    /// How batch-norm weights begin.
    #[arg(long, value_enum, default_value_t = BatchNormName::Ones)]
    pub(crate) batch_norm_init: BatchNormName,
    /// No random crops and flips.
    #[arg(long)]
    pub(crate) no_augmentation: bool,
    /// Train on the first N training images only.
    #[arg(long, value_name = "N")]
    pub(crate) training_images: Option<usize>,
    /// Epochs to keep checkpoints of: `all`, or a list such as 0,0.5,10 (0 = untrained, 0.5 = after half of the first). The
    /// last is always kept.
    #[arg(long, value_name = "LIST", default_value = "all")]
    pub(crate) checkpoints: String,
    /// Go on with the run in `--out` where it stopped.
    #[arg(long)]
    pub(crate) resume: bool,
    #[command(flatten)]
    pub(crate) backend: BackendArguments,
}

/// What networks are trained on.
#[derive(Debug, Args)]
pub(crate) struct BackendArguments {
    /// What to train on: `cpu`, or `gpu` in a program built with it. Everything else runs on processors.
    #[arg(long, value_enum, default_value_t = BackendName::Cpu)]
    backend: BackendName,
}

/// A backend on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BackendName {
    /// All processors.
    Cpu,
    /// The graphics processor, by Vulkan.
    #[value(alias = "cuda")]
    Gpu,
}

impl BackendArguments {
    /// The backend, if it is there.
    pub(crate) fn choice(&self) -> Result<Backend> {
        let backend = match self.backend {
            BackendName::Cpu => Backend::Cpu,
            BackendName::Gpu => Backend::Gpu,
        };
        backend.check().map_err(|error| Failure::from(error).at("--backend gpu"))?;
        Ok(backend)
    }
}

/// Where images come from.
#[derive(Debug, Args)]
pub(crate) struct DataArguments {
    /// `builtin`, or `cifar10:PATH` (binary version, Parquet, or class folders of images).
    #[arg(long)]
    pub(crate) data: String,
    /// Seed of the built-in images.
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    pub(crate) data_seed: u64,
}

/// `layerpath capture`.
#[derive(Debug, Args)]
pub(crate) struct CaptureArguments {
    /// Run folders of `layerpath train`.
    #[arg(required_unless_present = "checkpoint", value_name = "RUN")]
    pub(crate) runs: Vec<PathBuf>,
    /// A network trained elsewhere: safetensors with PyTorch's tensor names.
    #[arg(long, conflicts_with = "runs", requires = "model", value_name = "FILE")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Architecture of `--checkpoint`.
    #[arg(long, requires = "checkpoint", value_name = "NAME")]
    pub(crate) model: Option<String>,
    #[command(flatten)]
    pub(crate) data: DataArguments,
    /// Number of stimuli: the first test images.
    #[arg(long, default_value_t = 1000, value_name = "M")]
    pub(crate) stimuli: usize,
    /// `all` states, `blocks` (input, stem, block outputs, pool, logits), or a glob of state names.
    #[arg(long, default_value = "blocks", value_name = "SELECTION")]
    pub(crate) layers: String,
    /// Epochs to capture: `all` checkpoints, `last`, or a list such as 0,0.5,10.
    #[arg(long, default_value = "all", value_name = "LIST", conflicts_with = "checkpoint")]
    pub(crate) epochs: String,
    /// Metric whose points are made. Default: angular-cka.
    #[arg(long)]
    pub(crate) metric: Option<String>,
    /// Precision of the stored points. Default: float32.
    #[arg(long, value_enum)]
    pub(crate) dtype: Option<Precision>,
    /// Output: a store of points (name.zarr), or the activations themselves (name.safetensors, one network and epoch). A
    /// store that was interrupted goes on with the points that are missing.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Replace the output if it exists.
    #[arg(long)]
    pub(crate) overwrite: bool,
}

/// By which way activations become points, and in how much memory.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct EngineArguments {
    /// From activations to points: by similarities of stimuli (sample), by sums over stimuli (feature: very many stimuli,
    /// linear angular-cka, read once and never held), or whichever is cheaper and fits.
    #[arg(long, value_enum, value_name = "ENGINE", default_value_t = EngineName::Auto, hide_possible_values = true,
          help_heading = "Speed and memory")]
    pub(crate) engine: EngineName,
    /// Memory that may be used, such as 512MiB or 4GiB [default: half of the machine's, 4GiB where it does not say].
    #[arg(long, value_name = "SIZE", help_heading = "Speed and memory")]
    pub(crate) memory: Option<Bytes>,
}

impl EngineArguments {
    /// What the user said, with the machine's memory where nothing was said.
    pub(crate) fn choice(self) -> EngineChoice {
        let wanted = match self.engine {
            EngineName::Auto => None,
            EngineName::Sample => Some(Engine::Sample),
            EngineName::Feature => Some(Engine::Feature),
        };
        EngineChoice {
            wanted,
            memory: self.memory.unwrap_or_else(EngineChoice::default_memory),
            ..EngineChoice::default()
        }
    }
}

/// Ways from activations to points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineName {
    /// Whichever is cheaper and fits.
    Auto,
    /// An m×m matrix for each layer.
    Sample,
    /// Sums over stimuli.
    Feature,
}

/// Representations to read, and what they lead to.
#[derive(Debug, Args)]
pub(crate) struct InputArguments {
    /// Activations (.npz, .safetensors, folder of .npy) or points (.zarr). Several must answer the same stimuli.
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Metric (`layerpath metrics` lists them); points carry their own. Default: angular-cka.
    #[arg(long, short)]
    pub(crate) metric: Option<String>,
    /// Read `--metric` as repsim, netrep or rsatoolbox would, where the difference is a parameter of ours.
    #[arg(long, value_name = "PEER")]
    pub(crate) convention: Option<Peer>,
    /// The target: name of an array, `last` array, or a file labels.npy. Points carry their own. `none` for no target.
    #[arg(long, short, value_name = "NAME|last|labels.npy")]
    pub(crate) target: Option<String>,
    #[command(flatten)]
    pub(crate) rows: RowArguments,
    #[command(flatten)]
    pub(crate) engine: EngineArguments,
}

impl InputArguments {
    /// Every path that is read: the inputs, and the target where it is a file.
    pub(crate) fn files(&self) -> Vec<&Path> {
        self.inputs.iter().map(PathBuf::as_path).chain(self.target.iter().map(Path::new)).collect()
    }

    /// What the user said about all inputs.
    pub(crate) fn options(&self) -> InputOptions<'_> {
        InputOptions {
            metric: self.metric.as_deref(),
            target: self.target.as_deref(),
            convention: self.convention,
            rows: Some(&self.rows),
            engine: self.engine.choice(),
        }
    }
}

/// `layerpath analyze`.
#[derive(Debug, Args)]
pub(crate) struct AnalyzeArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,
    /// Whether paths go along the layers of a network or along the epochs of a layer.
    #[arg(long, value_enum, default_value_t = AlongName::Layers)]
    pub(crate) along: AlongName,
    /// Compare with the order of interior layers shuffled (200 times), with rows permuted independently (20 times), and
    /// with the same network at epoch 0 where the input has it.
    #[arg(long)]
    pub(crate) baselines: bool,
    /// The untrained network of the same architecture, a further input: the baseline of all others.
    #[arg(long, value_name = "INPUT", requires = "baselines")]
    pub(crate) untrained: Option<PathBuf>,
    /// 95 % intervals over stimuli of every statistic: `jackknife` (20 groups left out in turn) or `subsampling` (200
    /// halves).
    #[arg(long, value_enum, value_name = "METHOD", num_args = 0..=1, require_equals = true,
          default_missing_value = "jackknife")]
    pub(crate) intervals: Option<IntervalsName>,
    /// How every statistic moves with the number of stimuli: m/8, m/4, m/2 of them, ten nested choices, and all.
    #[arg(long)]
    pub(crate) convergence: bool,
    /// How well the target's labels can be read off each layer: leave-one-out kernel ridge regression.
    #[arg(long)]
    pub(crate) decoding: bool,
    /// Which stimuli move: the TOP largest contributions to each step and its progress (10 unless told).
    #[arg(long, value_name = "TOP", num_args = 0..=1, require_equals = true, default_missing_value = "10")]
    pub(crate) stimuli_shares: Option<usize>,
    /// Seed of shuffles, permutations, groups and samples.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Folder for analysis.json, and its tables layers, pairs, evidence and stimuli as CSV and Parquet.
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// What to print: a table, or the analysis file.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// `layerpath distances`.
#[derive(Debug, Args)]
pub(crate) struct DistancesArguments {
    /// Activations (.npz, .safetensors, folder of .npy) or points (.zarr). Several must answer the same stimuli.
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Metric (`layerpath metrics` lists them); points carry their own. Default: angular-cka.
    #[arg(long, short)]
    pub(crate) metric: Option<String>,
    /// Read `--metric` as repsim, netrep or rsatoolbox would, where the difference is a parameter of ours.
    #[arg(long, value_name = "PEER")]
    pub(crate) convention: Option<Peer>,
    #[command(flatten)]
    pub(crate) rows: RowArguments,
    #[command(flatten)]
    pub(crate) engine: EngineArguments,
    /// File for the K×K table, float64. Of points stores it is written block by block, and an interrupted one goes on where it
    /// stopped; a table of more than 256 points is then not printed.
    #[arg(long, value_name = "D.npy")]
    pub(crate) out: Option<PathBuf>,
    /// What to print: a table, or JSON.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// `layerpath triangle`.
#[derive(Debug, Args)]
pub(crate) struct TriangleArguments {
    /// Activations (.npz, .safetensors, folder of .npy) or points (.zarr).
    pub(crate) input: PathBuf,
    /// Name of a layer, the start of the geodesic.
    pub(crate) a: String,
    /// Name of a layer, its end.
    pub(crate) b: String,
    /// Name of a layer, the third corner.
    pub(crate) c: String,
    /// Metric (`layerpath metrics` lists them); points carry their own. Default: angular-cka.
    #[arg(long, short)]
    pub(crate) metric: Option<String>,
    /// Read `--metric` as repsim, netrep or rsatoolbox would, where the difference is a parameter of ours.
    #[arg(long, value_name = "PEER")]
    pub(crate) convention: Option<Peer>,
    #[command(flatten)]
    pub(crate) rows: RowArguments,
    #[command(flatten)]
    pub(crate) engine: EngineArguments,
    /// Place on the geodesic: 0 is A, 1 is B; other numbers go on beyond them.
    #[arg(long, value_name = "T", default_value_t = 0.5, allow_negative_numbers = true)]
    pub(crate) at: f64,
    /// What to print: a table, or JSON.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// `layerpath compare`.
#[derive(Debug, Args)]
pub(crate) struct CompareArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,
    /// What to print: a table, or JSON with the alignments.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// `layerpath report`.
#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// Folders with analysis.json, or analysis files; or the folder of one study of `reproduce`.
    #[arg(required = true, value_name = "DIR")]
    pub(crate) inputs: Vec<PathBuf>,
    /// The page.
    #[arg(long, default_value = "report.html")]
    pub(crate) out: PathBuf,
    /// Also write every figure as SVG and PNG into this folder, for papers.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) figures: Option<PathBuf>,
    /// Title of the page.
    #[arg(long, default_value = "Paths through the space of representations")]
    pub(crate) title: String,
}

/// `layerpath metrics`.
#[derive(Debug, Args)]
pub(crate) struct MetricsArguments {
    /// A table, or JSON.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// Form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// Learning-rate schedules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScheduleName {
    /// Constant, ×0.1 at 50 % and 75 % of the run.
    Milestones,
    /// One cycle: up for 30 % of the run, then down to almost nothing. For short runs.
    OneCycle,
}

/// Initial batch-norm weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BatchNormName {
    /// All 1.
    Ones,
    /// Uniform in [0, 1].
    Uniform,
}

/// Precision of stored points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Precision {
    /// 4 bytes a coordinate; distances good to about 1e-7 rad.
    Float32,
    /// 8 bytes a coordinate.
    Float64,
}

/// Methods of intervals over stimuli.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IntervalsName {
    /// Delete-group jackknife.
    Jackknife,
    /// Samples without replacement.
    Subsampling,
}

/// What varies along a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AlongName {
    /// The layers of one network.
    Layers,
    /// The epochs of one layer.
    Epochs,
}
