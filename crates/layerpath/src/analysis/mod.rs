//! The analysis document: what a study of paths leaves behind.
//!
//! These are plain data, the schema `layerpath.analysis/1`. `layerpath-io` writes and reads them as JSON and CSV,
//! `layerpath-report` draws them, and neither computes anything. `docs/analysis-schema.md` explains every field.
//!
//! A value that does not exist is `None` (JSON `null`): either the path has no target, and then the whole array is
//! `None`, or geometry leaves it undefined, and then [`PathRecord::undefined`] gives the reason. There is never a NaN.

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::embed::classical_mds;
use crate::table::SymmetricTable;

mod build;
mod describe;
mod epoch;
mod evidence;
mod numbers;

pub use build::{PathDescription, analyze, measure};
pub use describe::{paths, point_name};
pub use epoch::Epoch;
pub use evidence::{
    BandRecord, BaselineSettings, BaselinesRecord, BesideRecord, ConvergenceRecord, ConvergenceValues, DecodingRecord,
    IntervalRecord, IntervalSettings, IntervalsRecord, LayerDecoding, MeasuredPath, ProgressSharesRecord,
    StepSharesRecord, StimulusContribution, StimulusSharesRecord, UntrainedRecord,
};
pub use numbers::PathNumber;

/// Name and version of the schema, the first field of every analysis file.
pub const SCHEMA: &str = "layerpath.analysis/1";

/// All that was computed about a set of points and the paths through them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Program and version that computed the numbers, for example `layerpath 0.1.0`.
    pub program: String,
    /// Name of the metric with every parameter that changes numbers, for example
    /// `angular-cka[estimator=unbiased,kernel=linear]`.
    pub metric: String,
    /// Unit of distances, steps and lengths (`rad` for spherical metrics). Angles are always in radians.
    pub unit: String,
    /// The stimuli that the rows of every representation answer.
    pub stimuli: Stimuli,
    /// Every point, targets included, each once; paths refer to them by name.
    pub points: Vec<PointRecord>,
    /// The paths, in the order in which they were given.
    pub paths: Vec<PathRecord>,
    /// Coordinates of the points for a picture, if they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding: Option<EmbeddingRecord>,
    /// What a reader must know to interpret the numbers, in sentences.
    pub notes: Vec<String>,
}

/// How stimuli are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StimulusIdentity {
    /// Nothing is known but the row number: two files are comparable if their row counts agree.
    RowNumber,
    /// The user gave an identifier for each row.
    Given,
    /// Each identifier is the hash of the input itself.
    InputHash,
}

/// Identity and order of the stimuli behind the rows of a representation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stimuli {
    /// Number of stimuli, m.
    pub count: usize,
    /// Where the identifiers come from.
    pub identity: StimulusIdentity,
    /// SHA-256 of the identifiers in order, in hexadecimal; empty for row numbers.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hash: String,
    /// The identifiers in row order; empty for row numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
}

impl Stimuli {
    /// `count` stimuli known only by their row numbers.
    pub fn row_numbers(count: usize) -> Self {
        Self { count, identity: StimulusIdentity::RowNumber, hash: String::new(), ids: Vec::new() }
    }

    /// The first way in which `other` differs from `self`, in words, or `None` if rows may be compared.
    ///
    /// ```
    /// use layerpath::analysis::Stimuli;
    /// let (five, six) = (Stimuli::row_numbers(5), Stimuli::row_numbers(6));
    /// assert_eq!(five.first_difference(&five), None);
    /// assert_eq!(five.first_difference(&six).unwrap(), "5 stimuli against 6");
    /// ```
    pub fn first_difference(&self, other: &Self) -> Option<String> {
        if self.count != other.count {
            return Some(format!("{} stimuli against {}", self.count, other.count));
        }
        if self.ids.is_empty() || other.ids.is_empty() {
            return None;
        }
        if self.identity != other.identity {
            return Some(format!("stimuli identified by {:?} against {:?}", self.identity, other.identity));
        }
        let row = self.ids.iter().zip(&other.ids).position(|(ours, theirs)| ours != theirs)?;
        Some(format!("row {row} is stimulus `{}` against `{}`", self.ids[row], other.ids[row]))
    }
}

/// One point: a representation under the analysis' metric.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PointRecord {
    /// Unique name within the file, for example `resnet8x8-seed0@3/stage1.block1.sum`.
    pub name: String,
    /// The layer's own name, for example `stage1.block1.sum`.
    pub layer: String,
    /// Place in the order of execution, from 0; `None` for a target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    /// The network it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// Epochs of training, 0 = untrained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
    /// Seed of the training run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Shape of the activations, stimuli first, as they were before flattening; empty if unknown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shape: Vec<usize>,
    /// How a tensor became a row (`flatten`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reduction: Option<String>,
    /// Share of the stimuli that this point's network classifies correctly; kept with its logits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_accuracy: Option<f64>,
}

/// What varies from one point of a path to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Along {
    /// The layers of one network, in the order of computation.
    Layers,
    /// One layer at successive epochs of training.
    Epochs,
}

/// A path x₀ … x_L and its statistics (docs/math.md §3); L steps, L + 1 points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathRecord {
    /// Unique name, for example `resnet8x8-seed0@3` for a network at epoch 3.
    pub name: String,
    /// What varies along the path.
    pub along: Along,
    /// The network, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// Epoch of training, for paths along layers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
    /// Seed of the training run, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Share of the stimuli that the network classifies correctly, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_accuracy: Option<f64>,
    /// Names of the L + 1 points on the path, the target not among them.
    pub points: Vec<String>,
    /// Name of the target point.
    pub target: Option<String>,
    /// All distances, (L+1)×(L+1), or (L+2)×(L+2) with the target last.
    pub distances: Vec<Vec<f64>>,
    /// d(xᵢ, xᵢ₊₁), L values.
    pub steps: Vec<f64>,
    /// Sum of the steps.
    pub length: f64,
    /// d(x₀, x_L).
    pub displacement: f64,
    /// displacement / length, in [0, 1]; undefined for a path of length 0.
    pub straightness: Option<f64>,
    /// Angle at xᵢ of xᵢ₋₁–xᵢ–xᵢ₊₁ for i = 1 … L−1; π = straight on.
    pub interior_angles: Vec<Option<f64>>,
    /// Angle at xᵢ between the directions to xᵢ₊₁ and to the target, for i = 0 … L−1; 0 = straight at the target.
    pub heading_angles: Option<Vec<Option<f64>>>,
    /// d(x₀, xᵢ), L + 1 values.
    pub distance_to_start: Vec<f64>,
    /// d(xᵢ, T), L + 1 values.
    pub distance_to_target: Option<Vec<f64>>,
    /// d(xᵢ, T) − d(xᵢ₊₁, T), L values.
    pub progress: Option<Vec<f64>>,
    /// progress / step, in [−1, 1], L values.
    pub efficiency: Option<Vec<Option<f64>>>,
    /// Projection of each xᵢ on the geodesic x₀ → T, L + 1 values.
    pub projection: Option<Vec<Option<ProjectionRecord>>>,
    /// Why a value is null although the path has what it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undefined: Vec<UndefinedRecord>,
    /// Shuffled layer order and noise floor, if they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baselines: Option<BaselinesRecord>,
    /// Intervals over stimuli, if they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intervals: Option<IntervalsRecord>,
    /// How every statistic moves with the number of stimuli, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub convergence: Option<ConvergenceRecord>,
    /// How well the target's labels can be read off each layer, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoding: Option<DecodingRecord>,
    /// Which stimuli move, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stimulus_shares: Option<StimulusSharesRecord>,
}

/// Nearest point on a geodesic.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ProjectionRecord {
    /// Fraction along: 0 at the start, 1 at the target, not clamped.
    pub t: f64,
    /// Detour: distance to the geodesic.
    pub distance: f64,
}

/// Why one value is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndefinedRecord {
    /// Field of [`PathRecord`], for example `interior_angles`.
    pub statistic: String,
    /// Place in that field's array; `None` for a scalar.
    pub index: Option<usize>,
    /// The reason, in words.
    pub reason: String,
}

/// Coordinates for a picture. Embeddings illustrate; they are not evidence.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct EmbeddingRecord {
    /// `classical-mds`, `smacof`, `spherical-mds` (rows are unit vectors) or `principal-geodesics`.
    pub method: String,
    /// Names of the embedded points.
    pub points: Vec<String>,
    /// One row a point, each of the same length.
    pub coordinates: Vec<Vec<f64>>,
    /// Kruskal's stress-1 of these coordinates: √(Σ(dᵢⱼ − δᵢⱼ)² / Σδᵢⱼ²), 0 = distances are kept exactly.
    pub stress: f64,
    /// Share of the variance about the mean along each axis, for principal geodesics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variance_explained: Option<Vec<f64>>,
    /// Iterations of an iterative method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iterations: Option<usize>,
    /// Whether an iterative method met its stopping rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub converged: Option<bool>,
}

impl EmbeddingRecord {
    /// Dimensions of a picture: two for the plane, the third for those who turn it.
    pub const DIMENSIONS: usize = 3;

    /// Classical scaling of a table of distances in three dimensions, axes by decreasing variance; `points` are the names of
    /// its rows.
    ///
    /// # Errors
    ///
    /// Those of [`classical_mds`].
    pub fn classical(distances: &SymmetricTable, points: Vec<String>) -> Result<Self, Error> {
        let embedding = classical_mds(distances, Self::DIMENSIONS)?;
        Ok(Self {
            method: "classical-mds".to_owned(),
            points,
            coordinates: embedding.coordinates,
            stress: embedding.stress,
            ..Self::default()
        })
    }
}
