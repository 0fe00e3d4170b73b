//! Writing activations as `.safetensors`.

use std::collections::BTreeMap;
use std::path::Path;

use layerpath::analysis::{Stimuli, StimulusIdentity};
use serde_json::{Value, json};

use super::STIMULUS_IDS;
use super::tensors::{IDENTITY, ORDER};
use crate::error::{Error, Result};
use crate::identity::stimuli_problem;
use crate::safetensors_file::SafetensorsWriter;

/// Writes arrays one after another to a `.safetensors` file that [`read_activations`](super::read_activations) and
/// Python's `safetensors` read; only the array at hand is in memory.
///
/// The file takes its name in [`finish`](Self::finish); dropped before, it leaves nothing.
///
/// ```
/// use layerpath::analysis::Stimuli;
/// use layerpath_io::activations::{ActivationWriter, read_activations};
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("layers.safetensors");
/// let layers = [("pool".to_owned(), vec![2, 3]), ("logits".to_owned(), vec![2, 1])];
/// let mut writer = ActivationWriter::create(&path, &layers, &Stimuli::row_numbers(2)).unwrap();
/// writer.append("pool", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
/// writer.append("logits", &[7.0, 8.0]).unwrap();
/// writer.finish().unwrap();
/// let names: Vec<_> = read_activations(&path).unwrap().arrays.into_iter().map(|array| array.name).collect();
/// assert_eq!(names, ["pool", "logits"]);
/// ```
#[derive(Debug)]
pub struct ActivationWriter {
    writer: SafetensorsWriter,
}

impl ActivationWriter {
    /// Announces names and shapes; the first extent of each shape is the number of stimuli.
    ///
    /// # Errors
    /// When names repeat, `stimulus_ids` is used as a name, a shape does not fit the stimuli, or `path` cannot be
    /// written.
    pub fn create(path: &Path, layers: &[(String, Vec<usize>)], stimuli: &Stimuli) -> Result<Self> {
        if let Some(problem) = stimuli_problem(stimuli) {
            return Err(Error::internal(problem));
        }
        for (name, shape) in layers {
            if name == STIMULUS_IDS {
                return Err(Error::argument(
                    format!("`{STIMULUS_IDS}` is the name of row identifiers"),
                    "rename the layer",
                ));
            }
            if shape.first() != Some(&stimuli.count) {
                return Err(Error::internal(format!(
                    "layer `{name}` of shape {shape:?} for {} stimuli",
                    stimuli.count
                )));
            }
        }
        let names: Vec<&str> = layers.iter().map(|(name, _)| name.as_str()).collect();
        let mut metadata = BTreeMap::from([(ORDER.to_owned(), json!(names).to_string())]);
        if stimuli.identity != StimulusIdentity::RowNumber {
            metadata.insert(STIMULUS_IDS.to_owned(), json!(stimuli.ids).to_string());
            if let Value::String(identity) = json!(stimuli.identity) {
                metadata.insert(IDENTITY.to_owned(), identity);
            }
        }
        Ok(Self { writer: SafetensorsWriter::create(path, layers, &metadata)? })
    }

    /// Writes the next layer, all of it, row-major.
    ///
    /// # Errors
    /// When it is not the layer that was announced here, or the disk is full.
    pub fn append(&mut self, name: &str, values: &[f32]) -> Result<()> {
        self.writer.append(name, values)
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// When a layer that was announced is missing, or the file cannot be renamed.
    pub fn finish(self) -> Result<()> {
        self.writer.finish()
    }
}

/// Writes activations that are all in memory: name, shape and row-major values of each, in order.
///
/// # Errors
/// As [`ActivationWriter`].
pub fn write_activations(path: &Path, layers: &[(&str, &[usize], &[f32])], stimuli: &Stimuli) -> Result<()> {
    let announced: Vec<_> = layers.iter().map(|(name, shape, _)| ((*name).to_owned(), shape.to_vec())).collect();
    let mut writer = ActivationWriter::create(path, &announced, stimuli)?;
    for (name, _, values) in layers {
        writer.append(name, values)?;
    }
    writer.finish()
}
