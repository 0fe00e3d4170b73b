//! A K×K table in Zarr v3 that several programs fill together, block by block.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use layerpath::analysis::{PointRecord, Stimuli};
use serde::Serialize;
use serde_json::{Value, json};

use crate::atomic::{
    AtomicFile, Existing, beside, ensure_dir, list_folder, parent, read_text, replace_folder, temporary_folder,
};
use crate::error::{Error, Result};
use crate::stage::remove_leftovers;
use crate::{write_bytes_atomically, write_text_atomically};

/// Name and version of the format, in the attributes.
pub const TABLE_FORMAT: &str = "layerpath.table/1";

/// File in the folder that says what the table is computed from; no part of the Zarr array.
const SOURCE: &str = "source";
/// Description of a Zarr array.
const DESCRIPTION: &str = "zarr.json";

/// What a table says of itself, in the attribute `layerpath`.
#[derive(Debug, Clone, Serialize)]
pub struct TableDescription<'a> {
    /// Name of the metric with every parameter that changes numbers.
    pub metric: String,
    /// Unit of distances.
    pub unit: &'a str,
    /// The stimuli behind every point.
    pub stimuli: &'a Stimuli,
    /// What each row and each column is.
    pub points: &'a [PointRecord],
}

/// A symmetric K×K table of f64 on its way to a Zarr v3 array.
///
/// It grows in `NAME.partial` beside its final name: chunk (i, j) of the array is block (i, j) of the table, a file of its
/// own that takes its name when it is complete, so that any number of programs on any number of machines write blocks at
/// the same time, and a chunk that is there is done. [`finish`](Self::finish) gives the whole its name.
///
/// ```
/// use layerpath::analysis::{PointRecord, Stimuli};
/// use layerpath_io::{Existing, SharedTable, TableDescription};
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("distances.zarr");
/// let points = vec![PointRecord::default(); 3];
/// let stimuli = Stimuli::row_numbers(4);
/// let about = TableDescription { metric: "angular-cka".into(), unit: "rad", stimuli: &stimuli, points: &points };
/// // Three points in blocks of two.
/// let table = SharedTable::begin(&path, "three points", &about, 2, Existing::Refuse).unwrap();
/// table.write(0..2, 0..2, &[0.0, 1.5, 1.5, 0.0]).unwrap();
/// // Another program, or the next run.
/// let other = SharedTable::join(&path, "three points").unwrap();
/// assert!(other.is_done(&(0..2), &(0..2)) && !other.is_done(&(2..3), &(0..2)));
/// other.write(2..3, 0..2, &[0.5, 0.25]).unwrap();
/// other.write(2..3, 2..3, &[0.0]).unwrap();
/// table.finish().unwrap();
/// assert!(SharedTable::is_finished(&path, "three points"));
/// ```
#[derive(Debug)]
pub struct SharedTable {
    path: PathBuf,
    /// Where it grows.
    partial: PathBuf,
    /// What it is computed from.
    source: String,
    /// K.
    size: usize,
    /// Rows of a block.
    rows: usize,
}

impl SharedTable {
    /// Whether there is a whole table at `path` that was made from `source`.
    pub fn is_finished(path: &Path, source: &str) -> bool {
        path.join(DESCRIPTION).is_file() && read_text(&path.join(SOURCE)).is_ok_and(|text| text == source)
    }

    /// Begins the table at `path` in blocks of `rows` points, or goes on with one that was begun from the same `source`, a
    /// text that says what it is computed from and how it is cut. One of another source is begun anew.
    ///
    /// # Errors
    /// When something stands at `path` that may not be replaced, or the folder cannot be written.
    pub fn begin(
        path: &Path,
        source: &str,
        about: &TableDescription<'_>,
        rows: usize,
        existing: Existing,
    ) -> Result<Self> {
        let size = about.points.len();
        if !is_countable(size) || !is_countable(rows) {
            return Err(Error::internal(format!("a table of {size} points in blocks of {rows}")));
        }
        check_place(path, existing)?;
        let partial = partial(path)?;
        let table = Self { path: path.to_path_buf(), partial, source: source.to_owned(), size, rows };
        let description = table.partial.join(DESCRIPTION);
        if description.is_file() && table.is_current() {
            table.remove_leftovers()?;
            return Ok(table);
        }
        put_away(&table.partial)?;
        ensure_dir(&table.partial)?;
        let mut about = serde_json::to_value(about)
            .map_err(|error| Error::internal(format!("the description of a table: {error}")))?;
        about["format"] = TABLE_FORMAT.into();
        let document = json!({
            "zarr_format": 3,
            "node_type": "array",
            "shape": [size, size],
            "data_type": "float64",
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [rows, rows]}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "fill_value": "NaN",
            "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
            "attributes": {"layerpath": about},
            "dimension_names": ["point", "other_point"],
        });
        let text = serde_json::to_string_pretty(&document)
            .map_err(|error| Error::internal(format!("the description of a table: {error}")))?;
        write_bytes_atomically(&table.partial.join(SOURCE), source.as_bytes())?;
        // Last, because it says that the table has begun.
        write_text_atomically(&description, &text)?;
        Ok(table)
    }

    /// The table that another program began at `path` from `source` and has not finished.
    ///
    /// # Errors
    /// When there is none.
    pub fn join(path: &Path, source: &str) -> Result<Self> {
        let partial = partial(path)?;
        let file = partial.join(DESCRIPTION);
        let damaged = |problem: String| Error::content(&file, "", problem, "remove the folder and begin anew");
        let document: Value =
            serde_json::from_str(&read_text(&file)?).map_err(|error| damaged(format!("not JSON ({error})")))?;
        let number = |value: &Value| value.as_u64().and_then(|number| usize::try_from(number).ok());
        let shape = number(&document["shape"][0]);
        let rows = number(&document["chunk_grid"]["configuration"]["chunk_shape"][0]);
        match (shape, rows) {
            (Some(size), Some(rows)) if is_countable(size) && is_countable(rows) => {
                let table = Self { path: path.to_path_buf(), partial, source: source.to_owned(), size, rows };
                table.check_current()?;
                Ok(table)
            }
            _ => Err(damaged("this is no table that was begun here".to_owned())),
        }
    }

    /// Whether a block is there, and its mirror image.
    pub fn is_done(&self, rows: &Range<usize>, columns: &Range<usize>) -> bool {
        let bytes = 8 * (self.rows as u64) * self.rows as u64;
        let whole = |path: PathBuf| fs::metadata(path).is_ok_and(|metadata| metadata.len() == bytes);
        whole(self.chunk(rows, columns)) && whole(self.chunk(columns, rows))
    }

    /// Writes a row-major block, and its transpose on the other side of the diagonal.
    ///
    /// # Errors
    /// When it is no block of this table, the table was begun anew from another source meanwhile, or the disk is full or
    /// cannot be written.
    pub fn write(&self, rows: Range<usize>, columns: Range<usize>, block: &[f64]) -> Result<()> {
        let (height, width) = (rows.len(), columns.len());
        let fits = |range: &Range<usize>| {
            range.start.is_multiple_of(self.rows) && range.end == self.size.min(range.start + self.rows)
        };
        if !fits(&rows) || !fits(&columns) || block.len() != height * width {
            return Err(Error::internal(format!("a block of {} numbers at {rows:?}, {columns:?}", block.len())));
        }
        // It may have taken long to compute.
        self.check_current()?;
        // The block itself comes last: where it is, its transpose is too, unless somebody has removed it.
        if rows != columns {
            self.write_chunk(&self.chunk(&columns, &rows), (width, height), |i, j| block[j * width + i])?;
        }
        self.write_chunk(&self.chunk(&rows, &columns), (height, width), |i, j| block[i * width + j])
    }

    /// Gives the table its name.
    ///
    /// # Errors
    /// When a block is missing, or the folder cannot be renamed.
    pub fn finish(&self) -> Result<()> {
        let count = self.size.div_ceil(self.rows);
        let range = |place: usize| place * self.rows..self.size.min((place + 1) * self.rows);
        for i in 0..count {
            for j in 0..=i {
                if !self.is_done(&range(i), &range(j)) {
                    let problem = format!("block ({i}, {j}) of the table is missing");
                    return Err(Error::content(&self.partial, "", problem, "begin again, the other blocks are kept"));
                }
            }
        }
        self.remove_leftovers()?;
        replace_folder(&self.partial, &self.path)
    }

    /// What the table is computed from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether what grows there is this table.
    fn is_current(&self) -> bool {
        read_text(&self.partial.join(SOURCE)).is_ok_and(|text| text == self.source)
    }

    fn check_current(&self) -> Result<()> {
        if self.is_current() {
            return Ok(());
        }
        let problem = "the table was begun anew by another program, or is finished";
        Err(Error::content(&self.partial, "", problem, "leave it to that one, or choose another name"))
    }

    /// File of the chunk that holds a block.
    fn chunk(&self, rows: &Range<usize>, columns: &Range<usize>) -> PathBuf {
        let place = |range: &Range<usize>| (range.start / self.rows).to_string();
        self.partial.join("c").join(place(rows)).join(place(columns))
    }

    /// A chunk is as large as all others; what lies beyond the table is NaN.
    fn write_chunk(
        &self,
        file: &Path,
        (height, width): (usize, usize),
        entry: impl Fn(usize, usize) -> f64,
    ) -> Result<()> {
        ensure_dir(parent(file)).map_err(Error::with_parts_kept)?;
        let mut writer = AtomicFile::create(file).map_err(Error::with_parts_kept)?;
        let mut bytes = Vec::with_capacity(8 * self.rows);
        for i in 0..self.rows {
            bytes.clear();
            for j in 0..self.rows {
                let value = if i < height && j < width { entry(i, j) } else { f64::NAN };
                bytes.extend_from_slice(&value.to_le_bytes());
            }
            writer.write(&bytes).map_err(Error::with_parts_kept)?;
        }
        // Again, now that there is a file in the folder: where that folder is put away from here on, the renaming fails.
        self.check_current()?;
        writer.finish().map_err(Error::with_parts_kept)
    }

    /// Removes what killed writers left under temporary names.
    fn remove_leftovers(&self) -> Result<()> {
        remove_leftovers(&self.partial)?;
        let chunks = self.partial.join("c");
        if !chunks.is_dir() {
            return Ok(());
        }
        list_folder(&chunks)?.iter().filter(|(_, row)| row.is_dir()).try_for_each(|(_, row)| remove_leftovers(row))
    }
}

/// Whether the bytes of a table of that many rows and columns can be counted.
fn is_countable(extent: usize) -> bool {
    extent > 0 && extent.checked_mul(extent).is_some_and(|numbers| numbers.checked_mul(8).is_some())
}

/// Whether a table may stand at `path`: nothing is there, or a table that may be replaced.
fn check_place(path: &Path, existing: Existing) -> Result<()> {
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    if existing == Existing::Refuse {
        return Err(Error::file("write", path, std::io::ErrorKind::AlreadyExists.into()));
    }
    if path.join(SOURCE).is_file() && path.join(DESCRIPTION).is_file() {
        return Ok(());
    }
    let problem = "something other than a table of distances is there";
    Err(Error::content(path, "", problem, "choose another name or remove it"))
}

/// Removes a folder, if it is there: first its name, so that no half of it bears that, then the rest.
fn put_away(path: &Path) -> Result<()> {
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    let aside = temporary_folder(path)?;
    fs::rename(path, aside.path().join("old")).map_err(|source| Error::file("remove", path, source))?;
    aside.close().map_err(|source| Error::file("remove the old content of", path, source))
}

/// Where the table at `path` grows.
fn partial(path: &Path) -> Result<PathBuf> {
    if path.file_name().is_none() {
        return Err(Error::file("write", path, std::io::ErrorKind::InvalidInput.into()));
    }
    Ok(beside(path, "partial"))
}
