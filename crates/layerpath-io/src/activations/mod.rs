//! Activations in: `.npz`, `.safetensors`, a folder of `.npy`, a single `.npy`.
//!
//! Every array has stimuli along its first axis, the same number in each. The order of the arrays is that of the
//! `.npz` archive, of the data in the `.safetensors` file, or the natural order of the names in a folder. An array
//! called `stimulus_ids` names the rows and is no layer. Whether the numbers are finite is checked where they are used.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use layerpath::analysis::{Stimuli, StimulusIdentity};

use crate::atomic::open_file;
use crate::elements::{Elements, NamedArray};
use crate::error::{Error, Location, Result};
use crate::identity::stimuli_from_ids;
use crate::npy::{self, Values};

mod archive;
mod folder;
mod tensors;
mod writer;

pub use writer::{ActivationWriter, write_activations};

/// Name of the array that identifies the rows and is no layer.
pub const STIMULUS_IDS: &str = "stimulus_ids";

/// The arrays of a file, in order, and the stimuli behind their rows.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivationSet {
    /// Where they come from.
    pub source: PathBuf,
    /// At least one; all with the same number of rows and at least one element a row.
    pub arrays: Vec<NamedArray>,
    /// What the rows answer.
    pub stimuli: Stimuli,
}

/// Reads activations; what `path` is, is seen from its content.
///
/// ```
/// use layerpath_io::activations::read_activations;
/// let folder = tempfile::tempdir().unwrap();
/// for (name, value) in [("layer10", 3.0), ("layer2", 2.0)] {
///     layerpath_io::write_npy(&folder.path().join(format!("{name}.npy")), &[4, 1], &[value; 4]).unwrap();
/// }
/// let set = read_activations(folder.path()).unwrap();
/// assert_eq!(set.stimuli.count, 4);
/// assert_eq!(set.arrays[0].name, "layer2");
/// ```
///
/// # Errors
/// When nothing is there, the content is of no known format or damaged, an array holds something other than numbers,
/// or the arrays have different numbers of rows.
pub fn read_activations(path: &Path) -> Result<ActivationSet> {
    if path.is_dir() {
        return folder::read(path);
    }
    match recognize(path)? {
        Format::Npy => {
            let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
            let content = read_npy_content(path)?;
            assemble(path, vec![(name, content)])
        }
        Format::Npz => archive::read(path),
        Format::Safetensors => tensors::read(path),
    }
}

/// Reads the single array of a `.npy` file.
///
/// # Errors
/// When it is not there, damaged, or holds something other than numbers.
pub fn read_npy(path: &Path) -> Result<NamedArray> {
    let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let content = read_npy_content(path)?;
    match content.values {
        Values::Numbers(elements) => Ok(NamedArray { name, shape: content.shape, elements }),
        Values::Text(_) => Err(text_refused(&Location::file(path))),
    }
}

fn read_npy_content(path: &Path) -> Result<npy::Content> {
    let (file, length) = open_file(path)?;
    npy::read(&mut BufReader::new(file).take(length), length, &Location::file(path))
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Npy,
    Npz,
    Safetensors,
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Self::Npy => "npy",
            Self::Npz => "npz",
            Self::Safetensors => "safetensors",
        }
    }
}

/// Tells the format from the first bytes; an extension that says otherwise is an error.
fn recognize(path: &Path) -> Result<Format> {
    let (file, length) = open_file(path)?;
    let mut start = Vec::new();
    read_start(&file, &mut start).map_err(|source| Error::file("read", path, source))?;
    let header_length = start.first_chunk().map_or(u64::MAX, |prefix| u64::from_le_bytes(*prefix));
    let format = if start.starts_with(npy::MAGIC) {
        Format::Npy
    } else if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        Format::Npz
    } else if header_length <= length.saturating_sub(8) && start.get(8) == Some(&b'{') {
        Format::Safetensors
    } else {
        let mend = "layerpath reads .npz, .safetensors, .npy and folders of .npy";
        return Err(Error::content(path, "", describe(&start, path), mend));
    };
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let named = extension.to_ascii_lowercase();
    if ["npy", "npz", "safetensors"].contains(&named.as_str()) && named != format.extension() {
        let problem = format!("the content looks like .{}, the name says .{named}", format.extension());
        return Err(Error::content(path, "", problem, "rename the file or check where it comes from"));
    }
    Ok(format)
}

fn read_start(file: &File, start: &mut Vec<u8>) -> std::io::Result<usize> {
    file.take(16).read_to_end(start)
}

/// What a file that is none of ours looks like.
fn describe(start: &[u8], path: &Path) -> String {
    let known: [(&[u8], &str); 6] = [
        (b"\x89HDF", "an HDF5 file"),
        (b"\x80", "a Python pickle, which runs code and is never loaded"),
        (b"PAR1", "a Parquet file"),
        (b"MATLAB", "a MATLAB file"),
        (b"\x1f\x8b", "gzip-compressed; unpack it first"),
        (b"\x89PNG", "a picture"),
    ];
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if start.is_empty() {
        return "the file is empty".into();
    }
    if let Some((_, what)) = known.iter().find(|(magic, _)| start.starts_with(magic)) {
        return format!("this looks like {what}");
    }
    match extension {
        "safetensors" => "a safetensors file that is truncated or damaged".into(),
        "npz" | "npy" => format!("the name says .{extension}, the content is something else"),
        _ => "the format is unknown".into(),
    }
}

fn text_refused(location: &Location<'_>) -> Error {
    location.error(
        "the elements are strings, not numbers",
        format!("remove the array, or call it `{STIMULUS_IDS}` if it names the rows"),
    )
}

/// Puts arrays and row identity together and checks what concerns them all.
fn assemble(path: &Path, contents: Vec<(String, npy::Content)>) -> Result<ActivationSet> {
    let mut arrays: Vec<NamedArray> = Vec::with_capacity(contents.len());
    let mut ids = None;
    for (name, content) in contents {
        let location = Location::array(path, &name);
        if name == STIMULUS_IDS {
            if ids.replace(identifiers(content, &location)?).is_some() {
                return Err(location.error("the name stands twice", "remove one of the arrays"));
            }
            continue;
        }
        let Values::Numbers(elements) = content.values else { return Err(text_refused(&location)) };
        arrays.push(NamedArray { name, shape: content.shape, elements });
    }
    check(path, &arrays)?;
    let n_rows = arrays.first().map_or(0, NamedArray::n_rows);
    let stimuli = match ids {
        None => Stimuli::row_numbers(n_rows),
        Some(ids) => checked_stimuli(path, StimulusIdentity::Given, ids, n_rows)?,
    };
    Ok(ActivationSet { source: path.to_path_buf(), arrays, stimuli })
}

fn checked_stimuli(path: &Path, identity: StimulusIdentity, ids: Vec<String>, n_rows: usize) -> Result<Stimuli> {
    let location = Location::array(path, STIMULUS_IDS);
    if ids.len() != n_rows {
        let problem = format!("{} identifiers for {n_rows} rows", ids.len());
        return Err(location.error(problem, "give one identifier for each row"));
    }
    if let Some(row) = ids.iter().position(|id| id.contains('\n')) {
        let problem = format!("the identifier of row {row} contains a line break");
        return Err(location.error(problem, "use identifiers of one line"));
    }
    Ok(stimuli_from_ids(identity, ids))
}

fn identifiers(content: npy::Content, location: &Location<'_>) -> Result<Vec<String>> {
    match (content.shape.len(), content.values) {
        (1, Values::Text(ids)) => Ok(ids),
        (1, Values::Numbers(Elements::Integer(ids))) => Ok(ids.iter().map(i64::to_string).collect()),
        _ => Err(location.error(
            format!("row identifiers of shape {:?} are no list of integers or strings", content.shape),
            "store one integer or string for each row",
        )),
    }
}

/// At least one array, distinct names, equal and non-zero numbers of rows.
fn check(path: &Path, arrays: &[NamedArray]) -> Result<()> {
    let Some(first) = arrays.first() else {
        return Err(Error::content(path, "", "there is no array", "save at least one array of activations"));
    };
    let mut seen = HashSet::new();
    for array in arrays {
        let location = Location::array(path, &array.name);
        if !seen.insert(array.name.as_str()) {
            return Err(location.error("the name stands twice", "give every array a name of its own"));
        }
        if array.shape.is_empty() {
            let mend = "save an array with one row for each stimulus";
            return Err(location.error("this is a single number", mend));
        }
        if array.elements.is_empty() {
            let problem = format!("shape {:?} has no elements", array.shape);
            return Err(location.error(problem, "remove the array"));
        }
        if array.n_rows() != first.n_rows() {
            return Err(location.error(
                format!("{} rows, but `{}` has {}", array.n_rows(), first.name, first.n_rows()),
                "all arrays must answer the same stimuli: the first axis is stimuli",
            ));
        }
    }
    Ok(())
}
