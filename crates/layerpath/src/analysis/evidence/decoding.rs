//! How well labels can be read off each layer.

use serde::{Deserialize, Serialize};

use super::MeasuredPath;
use crate::Error;
use crate::analysis::Analysis;
use crate::metric::Metric;
use crate::path::decoding::{Decoding, from_point, labels_of_target};

/// Leave-one-out kernel ridge accuracy of the target's labels, layer by layer: the functional check beside the geometry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecodingRecord {
    /// Always `leave-one-out-kernel-ridge`.
    pub method: String,
    /// Number of classes.
    pub classes: usize,
    /// Accuracy of always naming the most frequent label.
    pub chance: f64,
    /// The ridges tried, as multiples of the mean eigenvalue of the centred Gram matrix.
    pub ridges: Vec<f64>,
    /// One entry a point of the path.
    pub layers: Vec<LayerDecoding>,
}

/// Decoding from one layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerDecoding {
    /// Name of the point.
    pub point: String,
    /// Share of the stimuli whose label is predicted by the fit without them.
    pub accuracy: f64,
    /// Mean squared leave-one-out error, the least over the ridges.
    pub error: f64,
    /// The ridge of that error.
    pub ridge: f64,
    /// Whether it is the first or last of the ridges, so that the least error may lie beyond.
    pub at_edge: bool,
}

impl MeasuredPath<'_> {
    /// Decodes the target's labels from the points of the path, one result a point.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for a path without a target or a target that is no set of labels, and those of [`from_point`],
    /// for metrics whose points do not hold their centred Gram matrix among them.
    pub fn decode(&self, metric: &Metric) -> Result<Vec<Decoding>, Error> {
        let Some(target) = self.target else {
            return Err(Error::Setting("decoding needs labels as the target, and the path has no target".to_owned()));
        };
        let labels = labels_of_target(metric, target)?;
        self.points.iter().map(|point| from_point(metric, point, &labels)).collect()
    }
}

impl Analysis {
    /// Adds what was decoded from each point of a path.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if there is not one result a point.
    pub fn add_decoding(&mut self, path: &MeasuredPath<'_>, decodings: &[Decoding]) -> Result<(), Error> {
        let record = &mut self.paths[path.place];
        let (Some(first), true) = (decodings.first(), decodings.len() == record.points.len()) else {
            let (given, points) = (decodings.len(), record.points.len());
            return Err(Error::Setting(format!("{given} decodings for {points} points of `{}`", record.name)));
        };
        let layer = |(point, decoding): (&String, &Decoding)| LayerDecoding {
            point: point.clone(),
            accuracy: decoding.accuracy,
            error: decoding.errors.iter().map(|(_, error)| *error).fold(f64::INFINITY, f64::min),
            ridge: decoding.ridge,
            at_edge: decoding.at_edge,
        };
        record.decoding = Some(DecodingRecord {
            method: "leave-one-out-kernel-ridge".to_owned(),
            classes: first.classes,
            chance: first.chance,
            ridges: crate::path::decoding::ridges(),
            layers: record.points.iter().zip(decodings).map(layer).collect(),
        });
        Ok(())
    }
}
