//! Which stimuli the rows of a file answer.

use std::io::Read;
use std::path::Path;

use layerpath::analysis::{Stimuli, StimulusIdentity};
use sha2::{Digest, Sha256};

use crate::atomic::open_file;
use crate::error::{Error, Result};

/// Identifiers of inputs by their content: the first 16 hexadecimal digits of the SHA-256 of each input's bytes.
///
/// `inputs` holds inputs of `input_length` bytes one after another.
///
/// # Errors
/// When `inputs` is not a whole number of inputs.
pub fn stimulus_hashes(inputs: &[u8], input_length: usize) -> Result<Vec<String>> {
    if input_length == 0 || !inputs.len().is_multiple_of(input_length) {
        return Err(Error::internal(format!(
            "{} bytes are no whole number of inputs of {input_length} bytes",
            inputs.len()
        )));
    }
    Ok(inputs
        .chunks_exact(input_length)
        .map(|input| {
            let mut digits = format!("{:x}", Sha256::digest(input));
            digits.truncate(16);
            digits
        })
        .collect())
}

/// SHA-256, in hexadecimal, of identifiers in order, joined with newlines.
///
/// ```
/// let ids = ["a".to_owned(), "b".to_owned()];
/// // printf 'a\nb' | sha256sum
/// assert!(layerpath_io::hash_ids(&ids).starts_with("7e18f737311b2dc3b2f269dd78396b03"));
/// ```
pub fn hash_ids(ids: &[String]) -> String {
    let mut hasher = Sha256::new();
    for (row, id) in ids.iter().enumerate() {
        if row > 0 {
            hasher.update(b"\n");
        }
        hasher.update(id.as_bytes());
    }
    format!("{:x}", hasher.finalize())
}

/// SHA-256, in hexadecimal, of a file.
///
/// # Errors
/// When it cannot be read.
pub fn hash_file(path: &Path) -> Result<String> {
    let (mut file, _) = open_file(path)?;
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        match file.read(&mut piece).map_err(|source| Error::file("read", path, source))? {
            0 => return Ok(format!("{:x}", hasher.finalize())),
            length => hasher.update(&piece[..length]),
        }
    }
}

/// Stimuli known by `ids`, which come from `identity`.
pub fn stimuli_from_ids(identity: StimulusIdentity, ids: Vec<String>) -> Stimuli {
    if identity == StimulusIdentity::RowNumber {
        return Stimuli::row_numbers(ids.len());
    }
    Stimuli { count: ids.len(), identity, hash: hash_ids(&ids), ids }
}

/// The identity of every position of every stimulus, `stimulus:position` with positions from 0: position k of stimulus i
/// is row i·positions + k. Stimuli known by their row numbers are then known by identifiers such as `7:0`.
///
/// ```
/// let stimuli = layerpath_io::stimuli_at_positions(&layerpath::analysis::Stimuli::row_numbers(2), 3);
/// assert_eq!(stimuli.ids, ["0:0", "0:1", "0:2", "1:0", "1:1", "1:2"]);
/// ```
pub fn stimuli_at_positions(stimuli: &Stimuli, positions: usize) -> Stimuli {
    let ids = (0..stimuli.count).flat_map(|row| {
        let own = stimuli.ids.get(row).cloned().unwrap_or_else(|| row.to_string());
        (0..positions).map(move |position| format!("{own}:{position}"))
    });
    let identity = match stimuli.identity {
        StimulusIdentity::RowNumber => StimulusIdentity::Given,
        known => known,
    };
    stimuli_from_ids(identity, ids.collect())
}

/// What is wrong with stimuli that came from a file, if anything.
pub(crate) fn stimuli_problem(stimuli: &Stimuli) -> Option<String> {
    if stimuli.count == 0 {
        return Some("there are no stimuli".into());
    }
    if stimuli.identity == StimulusIdentity::RowNumber {
        let plain = stimuli.ids.is_empty() && stimuli.hash.is_empty();
        return (!plain).then(|| "stimuli known by row number have identifiers".into());
    }
    if let Some(row) = stimuli.ids.iter().position(|id| id.contains('\n')) {
        return Some(format!("the identifier of row {row} contains a line break"));
    }
    if stimuli.ids.len() != stimuli.count {
        return Some(format!("{} stimuli have {} identifiers", stimuli.count, stimuli.ids.len()));
    }
    (hash_ids(&stimuli.ids) != stimuli.hash).then(|| "the hash of the stimuli does not fit their identifiers".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_tell_inputs_and_orders_apart() {
        let hashes = stimulus_hashes(&[1, 2, 3, 4, 1, 2], 2).unwrap();
        assert_eq!(hashes.len(), 3);
        assert_eq!(hashes[0], hashes[2]);
        assert_ne!(hashes[0], hashes[1]);
        assert!(hashes.iter().all(|hash| hash.len() == 16));
        // printf '\x01\x02' | sha256sum
        assert_eq!(hashes[0], "a12871fee210fb86");
        let reversed: Vec<_> = hashes[..2].iter().rev().cloned().collect();
        assert_ne!(hash_ids(&hashes[..2]), hash_ids(&reversed));
        assert!(stimulus_hashes(&[1, 2, 3], 2).is_err());
        assert!(stimulus_hashes(&[1, 2, 3], 0).is_err());
    }

    #[test]
    fn altered_identifiers_are_noticed() {
        let mut stimuli = stimuli_from_ids(StimulusIdentity::Given, vec!["a".into(), "b".into()]);
        assert_eq!(stimuli_problem(&stimuli), None);
        stimuli.ids[1] = "c".into();
        assert!(stimuli_problem(&stimuli).unwrap().contains("hash"));
        stimuli.ids.pop();
        assert!(stimuli_problem(&stimuli).unwrap().contains("2 stimuli have 1"));
    }
}
