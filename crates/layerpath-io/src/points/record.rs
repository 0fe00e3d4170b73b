//! What the points of a store were captured with, so that a capture goes on only with more of the same.

use layerpath::analysis::Epoch;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};

/// Key of the record among the attributes of the root group.
pub(super) const CAPTURE_ATTRIBUTE: &str = "layerpath.capture";

/// Name and version of the record; `lp.dask.capture_many` keeps one of another form under the same key.
const CAPTURE_FORMAT: &str = "layerpath.capture-runs/1";

/// What decides the points of a capture besides what the store says of all of them (metric, stimuli, precision).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureRecord {
    /// The choice of layers, as it was asked for.
    pub layers: String,
    /// SHA-256 of the labels of the stimuli, which become the target.
    pub labels: String,
    /// The networks in the order of their points.
    pub checkpoints: Vec<CapturedCheckpoint>,
}

/// A network at an epoch, and the file that its weights were read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapturedCheckpoint {
    /// Name of the network.
    pub network: String,
    /// Epochs of training, 0 = untrained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
    /// Seed of the training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// SHA-256 of the file of the weights.
    pub sha256: String,
}

/// The record in the form of the file.
#[derive(Serialize, Deserialize)]
struct Document {
    format: String,
    #[serde(flatten)]
    record: CaptureRecord,
}

impl CaptureRecord {
    /// The record that a store holds; `None` if it holds none, or one of another program or version.
    pub(super) fn from_attribute(attribute: &Value) -> Option<Self> {
        let document = Document::deserialize(attribute).ok()?;
        (document.format == CAPTURE_FORMAT).then_some(document.record)
    }

    pub(super) fn to_attribute(&self) -> Result<Value> {
        serde_json::to_value(Document { format: CAPTURE_FORMAT.to_owned(), record: self.clone() })
            .map_err(|error| Error::internal(format!("the record of a capture: {error}")))
    }

    /// What keeps a capture of `self` from going on with points of `earlier`; `None` if nothing does: then the networks of
    /// `earlier` are the first ones of `self`, with the same weights.
    ///
    /// ```
    /// use layerpath::analysis::Epoch;
    /// use layerpath_io::points::{CaptureRecord, CapturedCheckpoint};
    /// let checkpoint = |epoch, sha256: &str| CapturedCheckpoint {
    ///     network: "net".into(),
    ///     epoch: Some(Epoch::from(epoch)),
    ///     seed: Some(0),
    ///     sha256: sha256.into(),
    /// };
    /// let record = |checkpoints| CaptureRecord { layers: "blocks".into(), labels: "4e07".into(), checkpoints };
    /// let earlier = record(vec![checkpoint(0, "6b86")]);
    /// let longer = record(vec![checkpoint(0, "6b86"), checkpoint(1, "d473")]);
    /// assert_eq!(longer.difference(&earlier), None);
    /// assert_eq!(earlier.difference(&longer).unwrap(), "net@1, which is not asked for now");
    /// let retrained = record(vec![checkpoint(0, "ffff")]);
    /// assert_eq!(retrained.difference(&earlier).unwrap(), "other weights of net@0");
    /// ```
    pub fn difference(&self, earlier: &Self) -> Option<String> {
        if self.layers != earlier.layers {
            return Some(format!("layers `{}`, not `{}`", earlier.layers, self.layers));
        }
        if self.labels != earlier.labels {
            return Some("other labels of the same stimuli".to_owned());
        }
        earlier.checkpoints.iter().enumerate().find_map(|(place, there)| {
            let name = there.name();
            match self.checkpoints.get(place) {
                Some(own) if own == there => None,
                Some(own) if own.name() == name => Some(format!("other weights of {name}")),
                Some(own) => Some(format!("{name} where {} is asked for now", own.name())),
                None => Some(format!("{name}, which is not asked for now")),
            }
        })
    }
}

impl CapturedCheckpoint {
    /// Network and epoch, as in the names of its points.
    pub fn name(&self) -> String {
        match self.epoch {
            Some(epoch) => format!("{}@{epoch}", self.network),
            None => self.network.clone(),
        }
    }
}
