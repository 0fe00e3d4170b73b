//! Arrays of which only the header was read, and their rows piece by piece.
//!
//! Rows are read from their place in the file into a buffer, not mapped into memory: a file that is truncated meanwhile is an
//! error and no crash, nothing here is `unsafe`, and what the system has cached comes from there all the same.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};

use crc32fast::Hasher;

use super::{archive, read_npy};
use crate::atomic::{Seen, open_file};
use crate::elements::{ByteOrder, Elements, Encoding, NamedArray, element_count, read_elements};
use crate::error::{Error, Location, Result};

/// Most elements of one-hot rows that are asked for at once, 2 GiB of float64.
const MAX_ONE_HOT: usize = 1 << 28;

/// An array of a file: its name and shape are known, its numbers are read when they are asked for.
#[derive(Debug, Clone)]
pub struct ArraySource {
    /// Its name in the file.
    pub name: String,
    /// Extent of each axis, stimuli first.
    pub shape: Vec<usize>,
    path: PathBuf,
    place: Place,
}

/// Where the numbers are.
#[derive(Debug, Clone)]
enum Place {
    /// One after another in a file.
    Plain(Arc<Plain>),
    /// In a `.npy` file, column after column.
    ColumnMajor,
    /// In an archive, in a way that only allows to read all of them: compressed, or column after column.
    Packed { entry: usize, why: &'static str },
    /// In memory.
    Held(Arc<NamedArray>),
    /// Labels: the class of each row.
    Classes(Arc<[u32]>),
}

/// Numbers one after another in a file, row-major.
#[derive(Debug)]
pub(super) struct Plain {
    file: Seen,
    start: u64,
    encoding: Encoding,
    order: ByteOrder,
    /// The check sum that an archive promises, and how far it was followed.
    checked: Option<Checked>,
}

#[derive(Debug)]
pub(super) struct Checked {
    expected: u32,
    /// After the bytes before the first row.
    before: Hasher,
    /// Next row, and the check sum so far, while rows are read in order.
    sofar: Mutex<(usize, Hasher)>,
}

impl Checked {
    /// `before`: the bytes of the entry that stand before its numbers.
    pub(super) fn new(expected: u32, before: &[u8]) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(before);
        Self { expected, before: hasher.clone(), sofar: Mutex::new((0, hasher)) }
    }
}

impl Plain {
    pub(super) fn new(file: Seen, start: u64, encoding: Encoding, order: ByteOrder) -> Self {
        Self { file, start, encoding, order, checked: None }
    }

    pub(super) fn with_check_sum(self, checked: Checked) -> Self {
        Self { checked: Some(checked), ..self }
    }
}

/// Passes bytes on and adds them to a check sum.
struct Summing<'a> {
    inner: File,
    hasher: Option<&'a mut Hasher>,
}

impl Read for Summing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&buffer[..count]);
        }
        Ok(count)
    }
}

impl ArraySource {
    pub(super) fn plain(path: &Path, name: String, shape: Vec<usize>, plain: Plain) -> Self {
        Self { name, shape, path: path.to_path_buf(), place: Place::Plain(Arc::new(plain)) }
    }

    pub(super) fn column_major(path: &Path, name: String, shape: Vec<usize>) -> Self {
        Self { name, shape, path: path.to_path_buf(), place: Place::ColumnMajor }
    }

    pub(super) fn packed(path: &Path, name: String, shape: Vec<usize>, entry: usize, why: &'static str) -> Self {
        Self { name, shape, path: path.to_path_buf(), place: Place::Packed { entry, why } }
    }

    /// An array that is in memory already, as if it were in the file `path`.
    pub fn held(path: &Path, array: NamedArray) -> Self {
        let (name, shape) = (array.name.clone(), array.shape.clone());
        Self { name, shape, path: path.to_path_buf(), place: Place::Held(Arc::new(array)) }
    }

    /// One-hot rows of `n_classes` columns, from the class of each row.
    pub(crate) fn classes(path: &Path, name: String, classes: Vec<u32>, n_classes: usize) -> Self {
        let shape = vec![classes.len(), n_classes];
        Self { name, shape, path: path.to_path_buf(), place: Place::Classes(classes.into()) }
    }

    /// The file that it is in.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Extent of the first axis: the number of stimuli.
    pub fn n_rows(&self) -> usize {
        self.shape.first().copied().unwrap_or(0)
    }

    /// Elements in a row: the product of the other axes.
    pub fn row_length(&self) -> usize {
        self.shape.iter().skip(1).product()
    }

    /// Number of elements.
    pub(super) fn n_elements(&self) -> usize {
        element_count(&self.shape).unwrap_or(usize::MAX)
    }

    /// Why the rows cannot be read piece by piece, and how to mend it.
    ///
    /// # Errors
    /// When the array is compressed or lies column after column, so that every piece would need all of it.
    pub fn pieces(&self) -> Result<()> {
        let (problem, mend) = match self.place {
            Place::Plain(_) | Place::Held(_) | Place::Classes(_) => return Ok(()),
            Place::ColumnMajor | Place::Packed { why: COLUMN_MAJOR, .. } => (COLUMN_MAJOR, SAVE_C_ORDER),
            Place::Packed { why, .. } => (why, "write the archive with numpy.savez instead of numpy.savez_compressed"),
        };
        Err(Location::array(&self.path, &self.name)
            .error(format!("the array {problem}, so its rows cannot be read piece by piece"), mend))
    }

    /// Reads the whole array.
    ///
    /// # Errors
    /// When the file has changed or is damaged.
    pub fn read(&self) -> Result<NamedArray> {
        match &self.place {
            Place::Plain(_) | Place::Classes(_) => self.read_rows(0..self.n_rows()),
            Place::ColumnMajor => {
                let array = read_npy(&self.path)?;
                if array.shape == self.shape {
                    Ok(NamedArray { name: self.name.clone(), ..array })
                } else {
                    Err(self.changed())
                }
            }
            Place::Packed { entry, .. } => {
                let array = archive::read_array(&self.path, *entry)?;
                if array.shape == self.shape { Ok(array) } else { Err(self.changed()) }
            }
            Place::Held(array) => Ok((**array).clone()),
        }
    }

    /// Reads some rows. Where they are read in order from the first to the last, an archive's check sum is compared too.
    ///
    /// # Errors
    /// When [`pieces`](Self::pieces) says so, there are no such rows, or the file has changed or is damaged.
    pub fn read_rows(&self, rows: Range<usize>) -> Result<NamedArray> {
        if rows.start > rows.end || rows.end > self.n_rows() {
            return Err(Error::internal(format!("rows {rows:?} of `{}`, which has {}", self.name, self.n_rows())));
        }
        let mut shape = self.shape.clone();
        shape[0] = rows.len();
        let elements = match &self.place {
            Place::Plain(plain) => self.read_plain(plain, rows)?,
            Place::ColumnMajor | Place::Packed { .. } => {
                return Err(self.pieces().err().unwrap_or_else(|| self.changed()));
            }
            Place::Held(array) => return array.select(&rows.collect::<Vec<_>>()),
            Place::Classes(classes) => Elements::F64(self.one_hot(&classes[rows])?),
        };
        Ok(NamedArray { name: self.name.clone(), shape, elements })
    }

    fn read_plain(&self, plain: &Plain, rows: Range<usize>) -> Result<Elements> {
        let location = Location::array(&self.path, &self.name);
        let (mut file, _) = open_file(&self.path)?;
        if Seen::of(&file, &self.path)? != plain.file {
            return Err(self.changed());
        }
        let row_bytes = self.row_length() as u64 * plain.encoding.n_bytes() as u64;
        file.seek(SeekFrom::Start(plain.start + rows.start as u64 * row_bytes))
            .map_err(|source| location.read_error(source))?;
        let count = rows.len() * self.row_length();
        let Some(checked) = &plain.checked else {
            return read_elements(&mut file, count, plain.encoding, plain.order, &location);
        };
        let mut sofar = checked.sofar.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.start == 0 {
            *sofar = (0, checked.before.clone());
        }
        let in_order = sofar.0 == rows.start;
        let hasher = in_order.then_some(&mut sofar.1);
        let elements =
            read_elements(&mut Summing { inner: file, hasher }, count, plain.encoding, plain.order, &location)?;
        if in_order {
            sofar.0 = rows.end;
            if rows.end == self.n_rows() && sofar.1.clone().finalize() != checked.expected {
                let problem = "the numbers do not fit the archive's check sum";
                return Err(location.error(problem, "the archive is damaged: copy or write it again"));
            }
        }
        Ok(elements)
    }

    fn one_hot(&self, classes: &[u32]) -> Result<Vec<f64>> {
        let width = self.row_length();
        let n_elements = classes.len().checked_mul(width).filter(|&n_elements| n_elements <= MAX_ONE_HOT);
        let Some(n_elements) = n_elements else {
            let problem =
                format!("{width} classes for {} stimuli do not fit into memory as one-hot rows", classes.len());
            let place = format!("target `{}`", self.name);
            return Err(Error::content(&self.path, place, problem, "use fewer stimuli or classes"));
        };
        let mut rows = vec![0.0; n_elements];
        for (row, &class) in rows.chunks_exact_mut(width.max(1)).zip(classes) {
            row[class as usize] = 1.0;
        }
        Ok(rows)
    }

    fn changed(&self) -> Error {
        Location::array(&self.path, &self.name).error(
            "the file has changed since it was first looked at",
            "let nobody write it, and run the command again",
        )
    }

    /// Bytes of an element as it comes to be multiplied: integers are widened.
    pub fn element_bytes(&self) -> usize {
        match &self.place {
            Place::Plain(plain) => match plain.encoding {
                Encoding::F16 | Encoding::Bf16 => 2,
                Encoding::F32 => 4,
                _ => 8,
            },
            Place::Held(array) => match array.elements {
                Elements::F16(_) | Elements::Bf16(_) => 2,
                Elements::F32(_) => 4,
                _ => 8,
            },
            _ => 8,
        }
    }
}

pub(super) const COLUMN_MAJOR: &str = "lies column after column (Fortran order)";
pub(super) const COMPRESSED: &str = "is compressed";
const SAVE_C_ORDER: &str = "save it in C order, with numpy.ascontiguousarray";

/// Reads the arrays from the first stimulus to the last, `batch` stimuli at a time. While one batch is used, the next is read.
///
/// Two batches are in memory: `batch` rows of each array, twice.
///
/// ```
/// use layerpath_io::activations::{ActivationSource, for_each_batch};
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("layer.npy");
/// layerpath_io::write_npy(&path, &[3, 1], &[1.0, 2.0, 3.0]).unwrap();
/// let source = ActivationSource::open(&path).unwrap();
/// let mut sizes = Vec::new();
/// for_each_batch(&source.arrays, 2, |start, arrays| -> Result<(), layerpath_io::Error> {
///     sizes.push((start, arrays[0].n_rows()));
///     Ok(())
/// }).unwrap();
/// assert_eq!(sizes, [(0, 2), (2, 1)]);
/// ```
///
/// # Errors
/// What [`ArraySource::read_rows`] says, and what `take` says.
pub fn for_each_batch<E: From<Error>>(
    arrays: &[ArraySource],
    batch: usize,
    mut take: impl FnMut(usize, Vec<NamedArray>) -> Result<(), E>,
) -> Result<(), E> {
    for array in arrays {
        array.pieces()?;
    }
    let n_rows = arrays.first().map_or(0, ArraySource::n_rows);
    let starts = (0..n_rows).step_by(batch.max(1));
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(0);
        scope.spawn(move || {
            for start in starts {
                let rows = start..(start + batch.max(1)).min(n_rows);
                let read: Result<Vec<NamedArray>> = arrays.iter().map(|array| array.read_rows(rows.clone())).collect();
                let failed = read.is_err();
                // Nobody listens any more when `take` has failed.
                if sender.send((start, read)).is_err() || failed {
                    return;
                }
            }
        });
        for (start, read) in receiver {
            take(start, read?)?;
        }
        Ok(())
    })
}
