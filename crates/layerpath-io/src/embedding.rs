//! The embedding file (schema `layerpath.embedding/1`) as JSON, and its tidy table as CSV.

use csv::{Terminator, WriterBuilder};
use layerpath::embed::EmbeddingDocument;

use crate::error::{Error, Result};

/// The text of an embedding file: readable JSON, the same bytes for the same document, numbers that read back exactly.
///
/// # Errors
/// When a number is not finite: a mistake of the program.
pub fn embedding_to_json(document: &EmbeddingDocument) -> Result<String> {
    let unwritable = |error| Error::internal(format!("an embedding that cannot be written: {error}"));
    let mut text = serde_json::to_string_pretty(document).map_err(unwritable)?;
    // A number that is not finite is written as null and does not come back.
    let returned: Option<EmbeddingDocument> = serde_json::from_str(&text).ok();
    if returned.as_ref() != Some(document) {
        return Err(Error::internal("an embedding that holds a number that is not finite"));
    }
    text.push('\n');
    Ok(text)
}

/// One row a point: `name, network, epoch, seed, layer, index, method, stress, x1, x2, …`. What is unknown is empty.
///
/// # Errors
/// When names and coordinates do not agree in number: a mistake of the program.
pub fn embedding_table(document: &EmbeddingDocument) -> Result<String> {
    let embedding = &document.embedding;
    if embedding.coordinates.len() != document.points.len() {
        return Err(Error::internal("an embedding with other points than coordinates"));
    }
    let internal = |error: csv::Error| Error::internal(error.to_string());
    let mut table = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new());
    let width = embedding.coordinates.first().map_or(0, Vec::len);
    let fixed = ["name", "network", "epoch", "seed", "layer", "index", "method", "stress"].map(str::to_owned);
    let axes = (1..=width).map(|axis| format!("x{axis}"));
    table.write_record(fixed.into_iter().chain(axes)).map_err(internal)?;
    for (point, row) in document.points.iter().zip(&embedding.coordinates) {
        let fixed = [
            point.name.clone(),
            text(point.network.as_ref()),
            text(point.epoch),
            text(point.seed),
            point.layer.clone(),
            text(point.index),
            embedding.method.clone(),
            embedding.stress.to_string(),
        ];
        table.write_record(fixed.into_iter().chain(row.iter().map(f64::to_string))).map_err(internal)?;
    }
    let bytes = table.into_inner().map_err(|error| Error::internal(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| Error::internal(error.to_string()))
}

fn text(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}
