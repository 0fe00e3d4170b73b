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

use crate::atomic::{Seen, open_file};
use crate::elements::{Elements, NamedArray};
use crate::error::{Error, Location, Result};
use crate::identity::stimuli_from_ids;
use crate::npy::{self, ElementType, Values};
use source::Plain;

mod archive;
mod folder;
mod source;
mod tensors;
mod writer;

pub use source::{ArraySource, for_each_batch};
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

/// The arrays of a file of which only the headers were read, in order, and the stimuli behind their rows.
#[derive(Debug, Clone)]
pub struct ActivationSource {
    /// Where they come from.
    pub path: PathBuf,
    /// At least one; all with the same number of rows and at least one element a row.
    pub arrays: Vec<ArraySource>,
    /// What the rows answer.
    pub stimuli: Stimuli,
}

impl ActivationSource {
    /// Looks at the headers of a file; what `path` is, is seen from its content.
    ///
    /// # Errors
    /// When nothing is there, the content is of no known format, a header is damaged or promises more than there is, an
    /// array holds something other than numbers, or the arrays have different numbers of rows.
    pub fn open(path: &Path) -> Result<Self> {
        if path.is_dir() {
            return folder::open(path);
        }
        match recognize(path)? {
            Format::Npy => assemble(path, vec![open_npy(path)?]),
            Format::Npz => archive::open(path),
            Format::Safetensors => tensors::open(path),
        }
    }

    /// Reads all arrays.
    ///
    /// # Errors
    /// When one is damaged.
    pub fn read(self) -> Result<ActivationSet> {
        let arrays: Result<Vec<NamedArray>> = self.arrays.iter().map(ArraySource::read).collect();
        Ok(ActivationSet { source: self.path, arrays: arrays?, stimuli: self.stimuli })
    }
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
    ActivationSource::open(path)?.read()
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

/// Looks at the header of a single `.npy` file.
pub(crate) fn open_single(path: &Path) -> Result<ArraySource> {
    match open_npy(path)? {
        Found::Array(array) => Ok(array),
        Found::Identifiers(_) => Ok(ArraySource::held(path, read_npy(path)?)),
    }
}

fn read_npy_content(path: &Path) -> Result<npy::Content> {
    let (file, length) = open_file(path)?;
    npy::read(&mut BufReader::new(file).take(length), length, &Location::file(path))
}

/// What was found under a name.
enum Found {
    /// An array of numbers.
    Array(ArraySource),
    /// The names of the rows.
    Identifiers(npy::Content),
}

/// Looks at the header of a `.npy` file.
fn open_npy(path: &Path) -> Result<Found> {
    let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    if name == STIMULUS_IDS {
        return Ok(Found::Identifiers(read_npy_content(path)?));
    }
    let location = Location::file(path);
    let (file, length) = open_file(path)?;
    let seen = Seen::of(&file, path)?;
    let header = npy::read_checked_header(&mut BufReader::new(file).take(length), length, &location)?;
    let ElementType::Number(encoding) = header.element else { return Err(text_refused(&location)) };
    Ok(Found::Array(if header.column_major {
        ArraySource::column_major(path, name, header.shape)
    } else {
        ArraySource::plain(path, name, header.shape, Plain::new(seen, header.length, encoding, header.order))
    }))
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
fn assemble(path: &Path, found: Vec<Found>) -> Result<ActivationSource> {
    let mut arrays: Vec<ArraySource> = Vec::with_capacity(found.len());
    let mut ids = None;
    for found in found {
        match found {
            Found::Array(array) => arrays.push(array),
            Found::Identifiers(content) => {
                let location = Location::array(path, STIMULUS_IDS);
                if ids.replace(identifiers(content, &location)?).is_some() {
                    return Err(location.error("the name stands twice", "remove one of the arrays"));
                }
            }
        }
    }
    check(path, &arrays)?;
    let n_rows = arrays.first().map_or(0, ArraySource::n_rows);
    let stimuli = match ids {
        None => Stimuli::row_numbers(n_rows),
        Some(ids) => checked_stimuli(path, StimulusIdentity::Given, ids, n_rows)?,
    };
    Ok(ActivationSource { path: path.to_path_buf(), arrays, stimuli })
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
fn check(path: &Path, arrays: &[ArraySource]) -> Result<()> {
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
        if array.n_elements() == 0 {
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
