//! Plain data as JSON files: plans, studies, and what stages of a study leave for the next.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::atomic::{read_text, write_text_atomically};
use crate::error::{Error, Result};

/// The text of a document: readable JSON, the same bytes for the same data, numbers that read back exactly.
///
/// # Errors
/// When a number is not finite: a mistake of the program.
pub fn document_to_json<T: Serialize + DeserializeOwned + PartialEq>(document: &T) -> Result<String> {
    let unwritable = |error| Error::internal(format!("a document that cannot be written: {error}"));
    let mut text = serde_json::to_string_pretty(document).map_err(unwritable)?;
    // A number that is not finite is written as null and does not come back.
    let returned: Option<T> = serde_json::from_str(&text).ok();
    if returned.as_ref() != Some(document) {
        return Err(Error::internal("a document that holds a number that is not finite"));
    }
    text.push('\n');
    Ok(text)
}

/// Writes a document, whole or not at all.
///
/// ```
/// use layerpath_io::documents::{read_document, write_document};
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("plan.json");
/// write_document(&path, &vec![1, 2]).unwrap();
/// assert_eq!(read_document::<Vec<u32>>(&path, "write it again").unwrap(), [1, 2]);
/// ```
///
/// # Errors
/// As [`document_to_json`], and when `path` cannot be written.
pub fn write_document<T: Serialize + DeserializeOwned + PartialEq>(path: &Path, document: &T) -> Result<()> {
    write_text_atomically(path, &document_to_json(document)?)
}

/// Reads a document; `mend` says what to do about a file that is not of this form.
///
/// # Errors
/// When it is not there, or not of this form: the message names the path, the line and the field.
pub fn read_document<T: DeserializeOwned>(path: &Path, mend: &str) -> Result<T> {
    serde_json::from_str(&read_text(path)?).map_err(|error| Error::content(path, "", error.to_string(), mend))
}
