//! Activations in a `.safetensors` file.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use layerpath::analysis::StimulusIdentity;
use serde_json::Value;

use super::source::Plain;
use super::{ActivationSource, ArraySource, Found, STIMULUS_IDS, assemble, checked_stimuli};
use crate::elements::ByteOrder;
use crate::error::{Location, Result};
use crate::npy::{Content, Values};
use crate::safetensors_file::SafetensorsFile;

/// Key of the metadata that names the arrays in order.
pub(super) const ORDER: &str = "layerpath.order";
/// Key of the metadata that tells where identifiers come from.
pub(super) const IDENTITY: &str = "stimulus_identity";

pub(super) fn open(path: &Path) -> Result<ActivationSource> {
    let mut file = SafetensorsFile::open(path)?;
    let seen = file.seen()?;
    let mut found = Vec::with_capacity(file.tensors.len());
    for entry in file.tensors.clone() {
        found.push(if entry.name == STIMULUS_IDS {
            let values = Values::Numbers(file.read(&entry)?);
            Found::Identifiers(Content { shape: entry.shape, values })
        } else {
            let plain = Plain::new(seen.clone(), entry.start, file.encoding(&entry)?, ByteOrder::Little);
            Found::Array(ArraySource::plain(path, entry.name, entry.shape, plain))
        });
    }
    let mut set = assemble(path, found)?;
    if let Some(order) = text_list(&file.metadata, ORDER, path)? {
        set.arrays = reordered(set.arrays, &order, path)?;
    }
    let n_rows = set.stimuli.count;
    if let Some(ids) = text_list(&file.metadata, STIMULUS_IDS, path)? {
        let identity = match file.metadata.get(IDENTITY) {
            None => StimulusIdentity::Given,
            Some(text) => serde_json::from_value(Value::String(text.clone())).map_err(|_| {
                let place = Location::array(path, IDENTITY);
                place.error(format!("`{text}` is no kind of identity"), "use `given` or `input-hash`")
            })?,
        };
        if !set.stimuli.ids.is_empty() {
            return Err(Location::array(path, STIMULUS_IDS)
                .error("identifiers stand in a tensor and in the metadata", "remove one of them"));
        }
        set.stimuli = checked_stimuli(path, identity, ids, n_rows)?;
    }
    Ok(set)
}

/// A list of strings that is stored as JSON in a metadata string.
fn text_list(metadata: &BTreeMap<String, String>, key: &str, path: &Path) -> Result<Option<Vec<String>>> {
    let Some(text) = metadata.get(key) else { return Ok(None) };
    serde_json::from_str(text).map(Some).map_err(|error| {
        Location::file(path).error(
            format!("the metadata `{key}` is no list of strings ({error})"),
            "write a JSON list of strings, or leave the key out",
        )
    })
}

fn reordered(arrays: Vec<ArraySource>, order: &[String], path: &Path) -> Result<Vec<ArraySource>> {
    let refused = |problem: String| {
        let mend = "name every array once, or leave the key out";
        Location::file(path).error(format!("the metadata `{ORDER}` {problem}"), mend)
    };
    let mut by_name: HashMap<_, _> = arrays.into_iter().map(|array| (array.name.clone(), array)).collect();
    let mut ordered = Vec::with_capacity(by_name.len());
    for name in order {
        let array = by_name
            .remove(name)
            .ok_or_else(|| refused(format!("names `{name}`, which is not there or stands twice")))?;
        ordered.push(array);
    }
    if let Some(name) = by_name.keys().min() {
        return Err(refused(format!("does not name `{name}`")));
    }
    Ok(ordered)
}
