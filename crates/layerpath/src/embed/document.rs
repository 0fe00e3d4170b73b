//! The embedding document: what `layerpath embed` leaves behind.

use serde::{Deserialize, Serialize};

use super::{EmbeddingOptions, EmbeddingResult};
use crate::analysis::{EmbeddingRecord, PointRecord, Stimuli};
use crate::metric::Metric;

/// Name and version of the schema, the first field of every embedding file.
pub const EMBEDDING_SCHEMA: &str = "layerpath.embedding/1";

/// Coordinates of points with all that is needed to make them again. Plain data, as the analysis document is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EmbeddingDocument {
    /// Always [`EMBEDDING_SCHEMA`].
    pub schema: String,
    /// Program and version that computed the numbers.
    pub program: String,
    /// Name of the metric with every parameter that changes numbers.
    pub metric: String,
    /// Unit of the embedded distances.
    pub unit: String,
    /// Seed of the random starts.
    pub seed: u64,
    /// Random starts that were allowed.
    pub restarts: usize,
    /// The stimuli that the rows of every representation answer.
    pub stimuli: Stimuli,
    /// The embedded points, in the order of the coordinates.
    pub points: Vec<PointRecord>,
    /// Coordinates and stress.
    pub embedding: EmbeddingRecord,
    /// What a reader must know to interpret the picture, in sentences.
    pub notes: Vec<String>,
}

impl EmbeddingDocument {
    /// Writes down a result and where it comes from; `points` in the order of the embedded distances.
    pub fn new(
        metric: &Metric,
        stimuli: Stimuli,
        points: Vec<PointRecord>,
        options: &EmbeddingOptions,
        result: EmbeddingResult,
    ) -> Self {
        let mut notes = vec![
            "An embedding illustrates; it is no evidence: its distances are as good as its stress is \
                              small (0 = kept exactly)."
                .to_owned(),
        ];
        if result.convergence.as_ref().is_some_and(|report| !report.converged) {
            notes.push("The search ended at its limit of iterations before it converged.".to_owned());
        }
        if result.unique_mean == Some(false) {
            notes.push(
                "Some points lie π/2 or more from the Fréchet mean, so that another mean may be as good as this one."
                    .to_owned(),
            );
        }
        let names = points.iter().map(|record| record.name.clone()).collect();
        Self {
            schema: EMBEDDING_SCHEMA.to_owned(),
            program: format!("layerpath {}", env!("CARGO_PKG_VERSION")),
            metric: metric.to_string(),
            unit: metric.unit().to_owned(),
            seed: options.search.seed,
            restarts: options.search.restarts,
            stimuli,
            points,
            embedding: result.into_record(names),
            notes,
        }
    }
}
