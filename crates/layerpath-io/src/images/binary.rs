//! The binary version: records of a label and 3072 pixel bytes.

use std::path::{Path, PathBuf};

use super::{CIFAR10_CLASSES, IMAGE_LENGTH, Split};
use crate::atomic::read_bytes;
use crate::error::{Error, Result};

const RECORD_LENGTH: usize = 1 + IMAGE_LENGTH;

/// Reads the batches among the entries of a folder; `None` if there are none.
pub(super) fn read(entries: &[(String, PathBuf)]) -> Result<Option<(Split, Split)>> {
    let (mut train, mut test) = (Split::default(), Split::default());
    let mut found = false;
    for (name, path) in entries {
        let split = match name.strip_suffix(".bin") {
            Some("test_batch") => &mut test,
            Some(stem) if stem.starts_with("data_batch_") => &mut train,
            _ => continue,
        };
        found = true;
        split.extend(read_batch(path)?);
    }
    Ok(found.then_some((train, test)))
}

fn read_batch(path: &Path) -> Result<Split> {
    let bytes = read_bytes(path)?;
    if bytes.is_empty() || !bytes.len().is_multiple_of(RECORD_LENGTH) {
        let problem = format!("{} bytes are no whole number of records of {RECORD_LENGTH} bytes", bytes.len());
        return Err(Error::content(path, "", problem, "the file is truncated or damaged: copy it again"));
    }
    let mut split = Split::default();
    for (record, bytes) in bytes.chunks_exact(RECORD_LENGTH).enumerate() {
        let (label, pixels) = (bytes[0], &bytes[1..]);
        if usize::from(label) >= CIFAR10_CLASSES.len() {
            let place = format!("record {record}, byte {}", record * RECORD_LENGTH);
            let problem = format!("label {label}, but CIFAR-10 has labels 0 to 9");
            return Err(Error::content(path, place, problem, "check that this is the binary version"));
        }
        split.labels.push(label);
        split.pixels.extend_from_slice(pixels);
    }
    Ok(split)
}
