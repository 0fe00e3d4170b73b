//! Writing a points store row after row.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use layerpath::analysis::PointRecord;
use serde_json::Value;
use tempfile::TempDir;
use zarrs::array::{Array, ArrayBuilder, ArrayError, ArrayMetadataOptions, data_type};
use zarrs::filesystem::FilesystemStore;
use zarrs::group::GroupBuilder;
use zarrs::storage::StorageError;

use super::read::{PointsStore, read_points};
use super::record::CAPTURE_ATTRIBUTE;
use super::{ARRAY, ATTRIBUTE, AttributesRef, CaptureRecord, FORMAT, PointsHeader, Precision, Role, RowAttributes};
use crate::atomic::{
    Existing, ensure_dir, parent, read_text, replace_folder, temporary_folder, write_bytes_atomically,
    write_text_atomically,
};
use crate::error::{Error, Result};
use crate::identity::stimuli_problem;
use crate::lock::WriteLock;
use crate::stage::remove_leftovers;

/// Rows are gathered to chunks of about this many bytes; a longer row is a chunk of its own.
const CHUNK_BYTES: u64 = 1 << 20;

/// Writes a points store; one chunk of rows is in memory.
///
/// The store grows in a temporary folder beside its final name and takes that name in the first
/// [`commit`](Self::commit), or in [`finish`](Self::finish). Dropped before, it leaves nothing.
///
/// From then on it grows in place. [`commit`](Self::commit) writes the numbers first, then what the rows are, and last the
/// number of rows, each file under a temporary name that is renamed: whenever the program is killed, the store opens with
/// the rows of the last commit, and [`append_to`](Self::append_to) goes on from there.
///
/// ```
/// use layerpath::analysis::{PointRecord, Stimuli};
/// use layerpath_io::Existing;
/// use layerpath_io::points::{PointsHeader, PointsWriter, Precision, Role, read_points};
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("points.zarr");
/// let header = PointsHeader {
///     metric: "angular-cka[estimator=unbiased,kernel=linear]".into(),
///     unit: "rad".into(),
///     stimuli: Stimuli::row_numbers(4),
///     dimension: 2,
///     precision: Precision::F64,
/// };
/// let mut writer = PointsWriter::create(&path, header, Existing::Refuse).unwrap();
/// let record = PointRecord { name: "a/pool".into(), layer: "pool".into(), ..PointRecord::default() };
/// writer.append(record, Role::Layer, &[0.6, 0.8]).unwrap();
/// writer.finish().unwrap();
/// assert_eq!(read_points(&path).unwrap().row(0).unwrap(), [0.6, 0.8]);
/// ```
pub struct PointsWriter {
    header: PointsHeader,
    path: PathBuf,
    existing: Existing,
    /// Where the store grows before it has its name.
    temporary: Option<TempDir>,
    store: Arc<FilesystemStore>,
    array: Array<FilesystemStore>,
    rows_per_chunk: usize,
    /// Rows of the chunk under way, one after another.
    pending: Vec<f64>,
    rows: Vec<RowAttributes>,
    names: HashSet<String>,
    /// Whether the store had its targets when it was opened: they come last.
    complete: bool,
    capture: Option<CaptureRecord>,
    /// From the first commit on, so that no second program grows or replaces the store.
    lock: Option<WriteLock>,
}

impl std::fmt::Debug for PointsWriter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("PointsWriter")
            .field("path", &self.path)
            .field("n_rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}

impl PointsHeader {
    /// What a store says of its points.
    pub fn of(store: &PointsStore) -> Self {
        Self {
            metric: store.metric.clone(),
            unit: store.unit.clone(),
            stimuli: store.stimuli.clone(),
            dimension: store.dimension,
            precision: store.precision,
        }
    }

    /// Checks that the points of `store` are of this kind; `path` is where both are to stand.
    fn check_same(&self, store: &PointsStore, path: &Path) -> Result<()> {
        let differs = [
            ("metric", store.metric != self.metric || store.unit != self.unit),
            ("stimuli", store.stimuli != self.stimuli),
            ("number of coordinates", store.dimension != self.dimension),
            ("precision", store.precision != self.precision),
        ];
        match differs.iter().find(|(_, differs)| *differs) {
            None => Ok(()),
            Some((what, _)) => {
                let problem = format!("the points there have another {what} than the ones to be added");
                Err(Error::content(path, "", problem, "choose another name for the new points"))
            }
        }
    }
}

impl PointsWriter {
    /// Starts a store at `path`.
    ///
    /// # Errors
    /// When something is there that may not be replaced, or the folder cannot be written.
    pub fn create(path: &Path, header: PointsHeader, existing: Existing) -> Result<Self> {
        if let Some(problem) = stimuli_problem(&header.stimuli) {
            return Err(Error::internal(problem));
        }
        check_place(path, existing)?;
        let row_bytes = (header.dimension as u64)
            .checked_mul(header.precision.n_bytes())
            .filter(|&row_bytes| row_bytes > 0)
            .ok_or_else(|| Error::internal(format!("points of dimension {}", header.dimension)))?;
        let rows_per_chunk = (CHUNK_BYTES / row_bytes).max(1);
        let temporary = temporary_folder(path)?;
        let store = FilesystemStore::new(temporary.path()).map_err(|error| failed(path, error))?;
        let store = Arc::new(store);
        // What is missing reads as NaN elsewhere too, never as a point at the origin. Rows are finite, so no chunk is
        // all fill value, which the library would not write.
        let shape = vec![rows_per_chunk, header.dimension as u64];
        let array = match header.precision {
            Precision::F32 => ArrayBuilder::new(shape.clone(), shape.as_slice(), data_type::float32(), f32::NAN),
            Precision::F64 => ArrayBuilder::new(shape.clone(), shape.as_slice(), data_type::float64(), f64::NAN),
        }
        .dimension_names(Some(["point", "coordinate"]))
        .build(Arc::clone(&store), ARRAY)
        .map_err(|error| failed(path, error))?;
        Ok(Self {
            header,
            path: path.to_path_buf(),
            existing,
            temporary: Some(temporary),
            store,
            array,
            rows_per_chunk: usize::try_from(rows_per_chunk).unwrap_or(1),
            pending: Vec::new(),
            rows: Vec::new(),
            names: HashSet::new(),
            complete: false,
            capture: None,
            lock: None,
        })
    }

    /// Goes on with the store at `path`, or starts it if nothing is there.
    ///
    /// # Errors
    /// When the store there holds other points than `header` announces, is damaged, or is no points store, or another
    /// program is at work on it. One that is [complete](Self::is_complete) opens, but takes no more points.
    pub fn append_to(path: &Path, header: PointsHeader) -> Result<Self> {
        let lock = Some(WriteLock::beside(path)?);
        if path.symlink_metadata().is_err() {
            return Ok(Self { lock, ..Self::create(path, header, Existing::Refuse)? });
        }
        let points = read_points(path)?;
        header.check_same(&points, path)?;
        // What killed writers left; the chunk after the last may have been under way.
        let last = points.n_rows() as u64 / points.rows_per_chunk;
        let chunks = [points.chunk_file(last.saturating_sub(1)), points.chunk_file(last)];
        let folders = [path.to_path_buf(), path.join("points")];
        let folders = folders.iter().map(PathBuf::as_path).chain(chunks.iter().map(|file| parent(file)));
        folders.filter(|folder| folder.is_dir()).try_for_each(remove_leftovers)?;
        let rows_per_chunk = usize::try_from(points.rows_per_chunk).unwrap_or(1);
        let n_rows = points.n_rows();
        // The rows of the last chunk, if there is room behind them.
        let mut pending = Vec::new();
        for row in n_rows - n_rows % rows_per_chunk..n_rows {
            pending.extend(points.row(row)?);
        }
        let complete = points.roles.contains(&Role::Target);
        let PointsStore { records, roles, store, array, capture, .. } = points;
        let names = records.iter().map(|record| record.name.clone()).collect();
        let rows = roles.into_iter().zip(records).map(|(role, record)| RowAttributes { role, record }).collect();
        let (path, existing) = (path.to_path_buf(), Existing::Refuse);
        Ok(Self {
            header,
            path,
            existing,
            temporary: None,
            store,
            array,
            rows_per_chunk,
            pending,
            rows,
            names,
            complete,
            capture,
            lock,
        })
    }

    /// Whether there is a point of that name already.
    pub fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether the store had a target when it was opened. Targets come last, so it takes no more points.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// What the points there were captured with, if the store says so.
    pub fn capture(&self) -> Option<&CaptureRecord> {
        self.capture.as_ref()
    }

    /// Says what the points are captured with; the store says so from the next [`commit`](Self::commit) on.
    pub fn set_capture(&mut self, record: CaptureRecord) {
        self.capture = Some(record);
    }

    /// Number of rows so far.
    pub fn n_rows(&self) -> usize {
        self.rows.len()
    }

    /// Adds a point.
    ///
    /// # Errors
    /// When the name is taken, the row is not of the announced length, holds a number that is not finite in the
    /// store's precision, the store was complete already, or the disk is full.
    pub fn append(&mut self, record: PointRecord, role: Role, row: &[f64]) -> Result<()> {
        if row.len() != self.header.dimension {
            return Err(Error::internal(format!(
                "point `{}` has {} numbers where {} are announced",
                record.name,
                row.len(),
                self.header.dimension
            )));
        }
        if self.complete {
            let problem = format!("the store is complete, with its target, and has no point `{}`", record.name);
            return Err(Error::content(&self.path, "", problem, "choose another name for the new points"));
        }
        let single = self.header.precision == Precision::F32;
        let finite = |value: f64| if single { (value as f32).is_finite() } else { value.is_finite() };
        if let Some(index) = row.iter().position(|&value| !finite(value)) {
            return Err(Error::argument(
                format!("number {index} of point `{}` is {:e}, which is not finite", record.name, row[index]),
                "check the activations of that layer, or store the points in double precision",
            ));
        }
        if !self.names.insert(record.name.clone()) {
            return Err(Error::argument(
                format!("two points are called `{}`", record.name),
                "give every point a name of its own",
            ));
        }
        self.pending.extend_from_slice(row);
        self.rows.push(RowAttributes { role, record });
        if self.pending.len() == self.rows_per_chunk * self.header.dimension {
            self.flush()?;
            self.pending.clear();
        }
        Ok(())
    }

    /// Adds the points of another store that are not here yet, in their order; its targets only `with_targets`, so that
    /// the last of several stores brings the one that all of them have.
    ///
    /// # Errors
    /// When that store holds other points than this one, cannot be read, or as [`append`](Self::append).
    pub fn append_store(&mut self, part: &PointsStore, with_targets: bool) -> Result<()> {
        self.header.check_same(part, &self.path)?;
        for (row, (record, &role)) in part.records.iter().zip(&part.roles).enumerate() {
            if (role == Role::Target && !with_targets) || self.contains(&record.name) {
                continue;
            }
            self.append(record.clone(), role, &part.row(row)?)?;
        }
        Ok(())
    }

    /// Makes the points so far part of the store, which has its name from now on.
    ///
    /// # Errors
    /// When there are no points, or the files cannot be written or renamed.
    pub fn commit(&mut self) -> Result<()> {
        if self.rows.is_empty() {
            return Err(Error::internal("a points store without points"));
        }
        self.flush()?;
        match self.temporary.take() {
            Some(temporary) => self.give_name(temporary),
            None => self.replace_descriptions().map_err(|error| self.growing(error)),
        }
    }

    /// Commits, if there is anything new, and ends.
    ///
    /// # Errors
    /// As [`commit`](Self::commit).
    pub fn finish(mut self) -> Result<()> {
        self.commit()
    }

    /// An error about a store that has its name: its points stay there, and whoever may append goes on with the others.
    fn growing(&self, error: Error) -> Error {
        if self.existing == Existing::Refuse { error.with_parts_kept() } else { error }
    }

    fn attributes(&self) -> Result<Value> {
        serde_json::to_value(AttributesRef {
            format: FORMAT,
            metric: &self.header.metric,
            unit: &self.header.unit,
            stimuli: &self.header.stimuli,
            rows: &self.rows,
        })
        .map_err(|error| Error::internal(format!("the attributes of a points store: {error}")))
    }

    /// Completes the temporary folder and renames it.
    fn give_name(&mut self, temporary: TempDir) -> Result<()> {
        let path = &self.path;
        let shape = vec![self.rows.len() as u64, self.header.dimension as u64];
        self.array.set_shape(shape).map_err(|error| failed(path, error))?;
        let options = ArrayMetadataOptions::default().with_include_zarrs_metadata(false);
        self.array.store_metadata_opt(&options).map_err(|error| failed(path, error))?;
        let mut root = GroupBuilder::new().build(Arc::clone(&self.store), "/").map_err(|error| failed(path, error))?;
        root.attributes_mut().insert(ATTRIBUTE.into(), self.attributes()?);
        if let Some(capture) = &self.capture {
            root.attributes_mut().insert(CAPTURE_ATTRIBUTE.into(), capture.to_attribute()?);
        }
        root.store_metadata().map_err(|error| failed(path, error))?;
        if self.lock.is_none() {
            self.lock = Some(WriteLock::beside(path)?);
        }
        check_place(path, self.existing)?;
        replace_folder(temporary.path(), path)?;
        let _renamed = temporary.keep();
        self.store = Arc::new(FilesystemStore::new(path).map_err(|error| failed(path, error))?);
        self.array = Array::open(Arc::clone(&self.store), ARRAY).map_err(|error| failed(path, error))?;
        Ok(())
    }

    /// Describes the new rows, then counts them: readers believe the count.
    fn replace_descriptions(&self) -> Result<()> {
        let edit = |file: PathBuf, change: &dyn Fn(&mut Value) -> Result<()>| {
            let mut document: Value = serde_json::from_str(&read_text(&file)?)
                .map_err(|error| Error::content(&file, "", format!("not JSON ({error})"), "write the store again"))?;
            change(&mut document)?;
            let text = serde_json::to_string_pretty(&document)
                .map_err(|error| Error::internal(format!("the description of a points store: {error}")))?;
            write_text_atomically(&file, &text)
        };
        edit(self.path.join("zarr.json"), &|group| {
            group["attributes"][ATTRIBUTE] = self.attributes()?;
            if let Some(capture) = &self.capture {
                group["attributes"][CAPTURE_ATTRIBUTE] = capture.to_attribute()?;
            }
            Ok(())
        })?;
        edit(self.path.join("points").join("zarr.json"), &|array| {
            array["shape"][0] = self.rows.len().into();
            Ok(())
        })
    }

    /// Writes the chunk under way, filled up with NaN.
    fn flush(&mut self) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let chunk = (self.rows.len() - 1) / self.rows_per_chunk;
        let index = [chunk as u64, 0];
        let mut values = self.pending.clone();
        values.resize(self.rows_per_chunk * self.header.dimension, f64::NAN);
        if self.temporary.is_none() {
            // Earlier rows may stand in the same chunk, so it is replaced as a whole.
            let bytes: Vec<u8> = match self.header.precision {
                Precision::F32 => values.iter().flat_map(|&value| (value as f32).to_le_bytes()).collect(),
                Precision::F64 => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            };
            let file = self.store.key_to_fspath(&self.array.chunk_key(&index));
            let written = ensure_dir(parent(&file)).and_then(|()| write_bytes_atomically(&file, &bytes));
            return written.map_err(|error| self.growing(error));
        }
        let n_rows = (chunk + 1) * self.rows_per_chunk;
        let problem = |error| failed(&self.path, error);
        self.array.set_shape(vec![n_rows as u64, self.header.dimension as u64]).map_err(problem)?;
        match self.header.precision {
            Precision::F32 => {
                let values: Vec<f32> = values.iter().map(|&value| value as f32).collect();
                self.array.store_chunk(&index, values)
            }
            Precision::F64 => self.array.store_chunk(&index, values.as_slice()),
        }
        .map_err(|error| failed(&self.path, error))
    }
}

/// Whether a store may stand at `path`: nothing is there, or a store that may be replaced.
fn check_place(path: &Path, existing: Existing) -> Result<()> {
    let store = path.join("zarr.json").is_file();
    match (path.symlink_metadata().is_ok(), existing) {
        (false, _) => Ok(()),
        (true, Existing::Replace) if store => Ok(()),
        (true, Existing::Replace) => {
            let problem = "something other than a points store is there";
            Err(Error::content(path, "", problem, "choose another name or remove it"))
        }
        (true, Existing::Refuse) => {
            Err(Error::content(path, "", "something is there already", "choose another name or remove it"))
        }
    }
}

/// An error of the Zarr library while writing, with the operating system's word where there is one.
fn failed<E: std::error::Error + 'static>(path: &Path, error: E) -> Error {
    let any: &(dyn std::error::Error + 'static) = &error;
    let storage = match any.downcast_ref() {
        Some(ArrayError::StorageError(storage)) => Some(storage),
        _ => any.downcast_ref(),
    };
    let source = match storage {
        Some(StorageError::IOError(source)) => {
            source.raw_os_error().map_or_else(|| source.kind().into(), io::Error::from_raw_os_error)
        }
        Some(StorageError::ReadOnly) => io::ErrorKind::ReadOnlyFilesystem.into(),
        _ => io::Error::other(error.to_string()),
    };
    Error::file("write", path, source)
}
