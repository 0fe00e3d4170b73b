//! The one error type of the crate.

use crate::embed::EmbeddingError;
use crate::geometry::GeometryError;
use crate::representation::ReductionError;
use crate::table::Bytes;

/// What can be wrong with an input, in words that say what, where and how to mend it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The number of elements is not rows × columns.
    #[error("{elements} elements do not fill {rows} rows (stimuli) × {columns} columns (units)")]
    Shape {
        /// Elements given.
        elements: usize,
        /// Rows asked for.
        rows: usize,
        /// Columns asked for.
        columns: usize,
    },
    /// There are no rows or no columns.
    #[error("a representation needs at least one stimulus and one unit, not {rows} × {columns}")]
    Empty {
        /// Rows.
        rows: usize,
        /// Columns.
        columns: usize,
    },
    /// An activation is NaN or infinite.
    #[error(
        "the activation of stimulus {row}, unit {column} is {value}; remove that stimulus or repair the recording \
         (rows and columns count from 0)"
    )]
    NonFinite {
        /// Stimulus.
        row: usize,
        /// Unit.
        column: usize,
        /// The value found, as text.
        value: String,
    },
    /// The metric needs more stimuli.
    #[error("{metric} needs at least {needed} stimuli, not {given}")]
    TooFewStimuli {
        /// Name of the metric.
        metric: String,
        /// The least number of stimuli.
        needed: usize,
        /// The number given.
        given: usize,
    },
    /// The centred Gram matrix vanishes, so the representation has no point.
    #[error(
        "the representation does not tell any two stimuli apart (all rows are equal), so it has no point under \
         {metric}; leave this layer out"
    )]
    ConstantRows {
        /// Name of the metric.
        metric: String,
    },
    /// The rows differ, but every pair of stimuli is equally similar up to effects of single stimuli.
    #[error(
        "under {metric} the centred Gram matrix is zero: up to effects of single stimuli every pair is equally similar \
         (one-hot rows of distinct classes, for example), so the representation has no point; use more stimuli a class or \
         `estimator=biased`"
    )]
    NoStructure {
        /// Name of the metric.
        metric: String,
    },
    /// All stimuli are equally far from each other, so that their distances have no pattern.
    #[error("all pairs of stimuli are equally far apart, so the representation has no point under {metric}")]
    EqualDistances {
        /// Name of the metric.
        metric: String,
    },
    /// More components were asked for than the representation has.
    #[error(
        "{metric} needs {needed} principal components, the representation has {available}; choose fewer components, or \
         leave this layer out"
    )]
    TooFewComponents {
        /// Name of the metric.
        metric: String,
        /// The number asked for.
        needed: usize,
        /// The rank of the centred activations.
        available: usize,
    },
    /// More than half of the pairs of stimuli are equal, so that the median distance is zero.
    #[error(
        "at least half of the pairs of stimuli have equal rows, so the median distance is 0 and {metric} has no scale; \
         give a fixed number instead of `median`"
    )]
    NoScale {
        /// Name of the metric.
        metric: String,
    },
    /// A number left the range of double precision.
    #[error("under {metric} the representation overflows double precision; scale the activations down")]
    Overflow {
        /// Name of the metric.
        metric: String,
    },
    /// The points of one computation were made with different metrics.
    #[error("points {left} and {right} were made with different metrics, or different numbers of stimuli")]
    MixedMetrics {
        /// Index of the first point.
        left: usize,
        /// Index of the second point.
        right: usize,
    },
    /// The name of a metric could not be read.
    #[error("cannot read the metric `{name}`: {problem}; {hint}")]
    MetricName {
        /// The text given.
        name: String,
        /// What is wrong with it.
        problem: String,
        /// How to mend it.
        hint: String,
    },
    /// The name of a similarity could not be read.
    #[error("cannot read the similarity `{name}`: {problem}; {hint}")]
    SimilarityName {
        /// The text given.
        name: String,
        /// What is wrong with it.
        problem: String,
        /// How to mend it.
        hint: String,
    },
    /// Two representations do not answer the same stimuli.
    #[error(
        "the representations answer {left} and {right} stimuli; a comparison needs the same stimuli in the same order"
    )]
    DifferentStimuli {
        /// Stimuli of the first.
        left: usize,
        /// Stimuli of the second.
        right: usize,
    },
    /// A similarity has no value for these activations or parameters.
    #[error("{quantity} is undefined: {reason}")]
    Undefined {
        /// What was asked for.
        quantity: String,
        /// Why there is no value, and how to mend it.
        reason: String,
    },
    /// No engine fits into the memory that may be used.
    #[error("{engine} into the {allowed} of memory that may be used; allow at least {needed}")]
    Memory {
        /// What does not fit.
        engine: &'static str,
        /// What may be used.
        allowed: Bytes,
        /// The least that would do.
        needed: Bytes,
    },
    /// Two points belong to different spaces.
    #[error(
        "points {left} and {right} have {left_dimension} and {right_dimension} coordinates: they were made with \
         different numbers of stimuli or different metrics"
    )]
    DimensionMismatch {
        /// Index of the first point.
        left: usize,
        /// Index of the second point.
        right: usize,
        /// Coordinates of the first.
        left_dimension: usize,
        /// Coordinates of the second.
        right_dimension: usize,
    },
    /// A stored point is no point of the space.
    #[error("not a point of the space: {0}")]
    NotAPoint(String),
    /// An operation that this metric does not offer.
    #[error("{operation} is not available under {metric}: {reason}")]
    Unavailable {
        /// What was asked for.
        operation: &'static str,
        /// Name of the metric.
        metric: String,
        /// Why not, and what to do instead.
        reason: &'static str,
    },
    /// A choice of stimuli that cannot be made.
    #[error("the choice of stimuli is impossible: {0} (rows count from 0)")]
    Rows(String),
    /// A setting of an analysis, or its labels, that cannot work.
    #[error("{0}")]
    Setting(String),
    /// Layout, reduction and shape of an array do not fit together.
    #[error(transparent)]
    Reduction(#[from] ReductionError),
    /// A path needs more points.
    #[error("a path needs at least two points, not {0}; for a single layer, use `distances`")]
    TooFewPoints(usize),
    /// A description of paths refers to something that is not there.
    #[error("{0}")]
    Description(String),
    /// The linear-algebra library did not converge.
    #[error(
        "the eigenvalue iteration did not converge for a {0}×{0} matrix; numbers beyond 1e150 overflow when squared: divide the \
         activations by a constant"
    )]
    NoConvergence(usize),
    /// A geometric operation has no answer.
    #[error(transparent)]
    Geometry(#[from] GeometryError),
    /// Points cannot be embedded.
    #[error(transparent)]
    Embedding(#[from] EmbeddingError),
}
