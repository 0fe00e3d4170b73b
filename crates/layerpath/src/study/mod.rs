//! Studies: what the paths of many networks, seeds and epochs say together.
//!
//! A study starts from saved analyses ([`crate::analysis`]) and tables of distances and ends in a document of plain data,
//! schema [`SCHEMA`], which docs/studies.md explains field by field. Three questions, three documents:
//!
//! * [`straightness`]: every statistic of a path, layer by layer, with the untrained network, the shuffled order and the
//!   permuted rows beside it, and intervals over stimuli and over seeds.
//! * [`training`]: the same at successive epochs, layer × epoch, with the distance to each layer's final representation, its
//!   speed, and what can be decoded from it.
//! * [`width_depth`]: whole paths of networks of several depths and widths against each other, read against replicas (the
//!   same architecture, another seed), and the statistics of a path against depth and width.
//!
//! Seeds are replicas: an interval over seeds is Student's t interval of the mean of the trained networks, one number a
//! network. With a single seed there is none. Stimuli are another source of uncertainty and stand apart.

mod order;
mod replicas;
mod statistics;
mod straightness;
mod training;
mod trend;
mod width_depth;

pub use replicas::{Spread, spread};
pub use straightness::{
    BaselineRange, LeadRecord, LeaderRecord, MetricRecord, Range, Replica, StatisticRecord, StraightnessRecord,
    StraightnessStudy, metric_in_words, selection_in_words, straightness,
};
pub use training::{
    DecodedLayer, EpochRecord, EpochSpread, MapRecord, NetworkTraining, TrainingRun, TrainingStudy, TrainingSummary,
    training,
};
pub use trend::{Correlation, Slope, Trend, correlation, trend, trend_at_equal};
pub use width_depth::{
    AccuracyRecord, ChanceRecord, Estimate, GridBaselines, GroupRecord, MEASURES, NearestRecord, NetworkPath,
    NetworkRecord, PairRecord, Relation, ShuffledTrend, TravelRecord, TrendRecord, WidthDepthStudy, WithoutRecord,
    width_depth,
};

/// Name and version of the schema, the first field of every study.
pub const SCHEMA: &str = "layerpath.study/1";

/// Coverage of the intervals over seeds and of trends.
pub const LEVEL: f64 = 0.95;

/// Program and version, as in analysis files.
fn program() -> String {
    format!("layerpath {}", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests;
