//! The points store: Zarr v3, one row a point.
//!
//! Array `points` (K, d), float32 or float64, uncompressed, in chunks of whole rows; row inner products are the
//! metric's inner products. The attribute `layerpath` of the root group says what the rows are. Any Zarr reader opens
//! it; docs/file-formats.md describes it.

use layerpath::analysis::{PointRecord, Stimuli};
use layerpath::representation::roundoff;
use serde::{Deserialize, Serialize};

mod read;
mod record;
mod rows;
mod table;
mod write;

pub use read::{PointsStore, is_points_store, read_points};
pub use record::{CaptureRecord, CapturedCheckpoint};
pub use rows::StoredRows;
pub use table::{StoredPlan, StoredTable, different_metrics, different_stimuli};
pub use write::PointsWriter;

/// Name and version of the format, in the attributes.
pub const FORMAT: &str = "layerpath.points/1";

/// Key of the attributes in the root group.
const ATTRIBUTE: &str = "layerpath";
/// Path of the array within the store.
const ARRAY: &str = "/points";

/// What concerns all points of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointsHeader {
    /// Name of the metric with every parameter that changes numbers.
    pub metric: String,
    /// Unit of distances.
    pub unit: String,
    /// The stimuli behind every point.
    pub stimuli: Stimuli,
    /// Numbers in a row, d.
    pub dimension: usize,
    /// How a number is stored.
    pub precision: Precision,
}

/// Precision of the stored numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Precision {
    /// 4 bytes a number.
    #[default]
    F32,
    /// 8 bytes a number.
    F64,
}

impl Precision {
    /// Bytes of a number.
    pub fn n_bytes(self) -> u64 {
        match self {
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// Unit roundoff of a stored number.
    pub fn roundoff(self) -> f64 {
        match self {
            Self::F32 => roundoff::F32,
            Self::F64 => roundoff::F64,
        }
    }
}

/// What a row is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A point on a path.
    Layer,
    /// What a path should lead to.
    Target,
}

/// The attribute `layerpath`, to be written.
#[derive(Debug, Serialize)]
struct AttributesRef<'a> {
    format: &'a str,
    metric: &'a str,
    unit: &'a str,
    stimuli: &'a Stimuli,
    rows: &'a [RowAttributes],
}

/// The attribute `layerpath`.
#[derive(Debug, Deserialize)]
struct Attributes {
    #[serde(rename = "format")]
    _format: String,
    metric: String,
    unit: String,
    stimuli: Stimuli,
    rows: Vec<RowAttributes>,
}

#[derive(Debug, Serialize, Deserialize)]
struct RowAttributes {
    role: Role,
    #[serde(flatten)]
    record: PointRecord,
}
