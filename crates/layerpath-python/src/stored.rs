//! What `layerpath.dask` is made of: points stores of which only the rows that are asked for are read, stores that grow,
//! tables that several processes write. Where the work is done is decided in Python.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use layerpath::analysis::{Along, paths};
use layerpath::table::Bytes;
use layerpath_io::points::{
    PointsHeader, PointsStore, PointsWriter, StoredPlan, StoredTable as Table, read_points as read_store,
};
use layerpath_io::stage::StageFolder;
use layerpath_io::{Existing, SharedTable as Shared, TableDescription};
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::exceptions::PyFileExistsError;
use pyo3::prelude::*;

use crate::argument;
use crate::failure::{failed, file_failed, no_memory, wrong_value};
use crate::metric::Metric;
use crate::output::plain;
use crate::patience::{detached, interruptible};
use crate::points::Points;

/// First and last of the rows, and of the columns, of a block; the last ones are not in it.
type Block = (usize, usize, usize, usize);

/// Points stores of one metric and the same stimuli, of which points are read when they are asked for.
#[pyclass(frozen, module = "layerpath._core")]
pub(crate) struct StoredTable {
    inner: Arc<Table>,
}

#[pymethods]
impl StoredTable {
    #[new]
    fn new(py: Python<'_>, #[pyo3(from_py_with = argument::stores)] stores: Vec<PathBuf>) -> PyResult<Self> {
        let open = move || {
            let stores: Result<Vec<PointsStore>, _> = stores.iter().map(|path| read_store(path)).collect();
            Table::new(stores?)
        };
        Ok(Self { inner: Arc::new(interruptible(py, open)?.map_err(file_failed)?) })
    }

    /// The metric.
    #[getter]
    fn metric(&self) -> Metric {
        Metric { metric: *self.inner.metric() }
    }

    /// Numbers of a point.
    #[getter]
    fn dimension(&self) -> usize {
        self.inner.dimension()
    }

    /// Bytes of a number as it is read.
    #[getter]
    fn itemsize(&self) -> u64 {
        self.inner.precision().n_bytes()
    }

    /// What is known of each point.
    #[getter]
    fn records<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, &self.inner.records())
    }

    fn __len__(&self) -> usize {
        self.inner.records().len()
    }

    /// What changes when a store is written anew or grows.
    fn identity(&self) -> PyResult<String> {
        self.inner.identity().map_err(file_failed)
    }

    /// What changes when one of these points is written anew.
    fn identity_of(&self, points: Vec<usize>) -> PyResult<String> {
        self.inner.identity_of(&points).map_err(file_failed)
    }

    /// Name of each path along layers, and the places of its points, the target last.
    fn paths(&self) -> Vec<(String, Vec<usize>)> {
        let found = paths(self.inner.records(), Along::Layers);
        found.into_iter().map(|path| (path.name, path.points.into_iter().chain(path.target).collect())).collect()
    }

    /// The points at these places.
    fn points(&self, py: Python<'_>, places: Vec<usize>) -> PyResult<Points> {
        points_at(py, &self.inner, &places)
    }

    /// How the table is cut within `memory` bytes: rows of a block, bytes that one takes, and all blocks.
    fn plan(&self, #[pyo3(from_py_with = argument::memory)] memory: u64) -> PyResult<(usize, u64, Vec<Block>)> {
        let plan = self.planned(memory)?;
        let block = |(rows, columns): (Range<usize>, Range<usize>)| (rows.start, rows.end, columns.start, columns.end);
        Ok((plan.rows(), plan.memory().0, plan.blocks().into_iter().map(block).collect()))
    }

    /// The distances of a block of that plan.
    fn block<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = argument::memory)] memory: u64,
        block: Block,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let (rows, columns) = self.ranges(block)?;
        let width = columns.len();
        let values = self.computed(py, memory, rows.clone(), columns)?;
        PyArray1::from_vec(py, values).reshape([rows.len(), width])
    }

    /// Computes a block of that plan and writes it.
    fn write_block(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = argument::memory)] memory: u64,
        block: Block,
        table: &SharedTable,
    ) -> PyResult<()> {
        let (rows, columns) = self.ranges(block)?;
        let values = self.computed(py, memory, rows.clone(), columns.clone())?;
        let table = Arc::clone(&table.inner);
        interruptible(py, move || table.write(rows, columns, &values))?.map_err(file_failed)
    }
}

impl StoredTable {
    fn planned(&self, memory: u64) -> PyResult<StoredPlan> {
        let allowed = Bytes(memory);
        self.inner.plan(allowed, 0).map_err(|needed| {
            no_memory("memory", format!("a block does not fit into {allowed}; allow at least {needed}"))
        })
    }

    fn ranges(&self, (first, last, left, right): Block) -> PyResult<(Range<usize>, Range<usize>)> {
        let size = self.inner.records().len();
        if first < last && last <= size && left < right && right <= size {
            return Ok((first..last, left..right));
        }
        Err(wrong_value("block", format!("no block ({first}, {last}, {left}, {right}) in a table of {size} points")))
    }

    fn computed(&self, py: Python<'_>, memory: u64, rows: Range<usize>, columns: Range<usize>) -> PyResult<Vec<f64>> {
        let plan = self.planned(memory)?;
        let table = Arc::clone(&self.inner);
        let values = interruptible(py, move || table.block::<Failure>(&plan, rows, columns, &|| Ok(())))?;
        values.map_err(|failure| match failure {
            Failure::File(error) => file_failed(error),
            Failure::Core(error) => failed(error),
        })
    }
}

/// Why a block was not computed.
enum Failure {
    File(layerpath_io::Error),
    Core(layerpath::Error),
}

impl From<layerpath_io::Error> for Failure {
    fn from(error: layerpath_io::Error) -> Self {
        Self::File(error)
    }
}

impl From<layerpath::Error> for Failure {
    fn from(error: layerpath::Error) -> Self {
        Self::Core(error)
    }
}

/// Some of the points of stores; Ctrl-C is heard between them.
pub(crate) fn points_at(py: Python<'_>, table: &Table, places: &[usize]) -> PyResult<Points> {
    let mut all = Vec::with_capacity(places.len());
    for &place in places {
        py.check_signals()?;
        let point = detached(py, || table.point(place))?.map_err(file_failed)?;
        all.push((table.records()[place].clone(), point));
    }
    Ok(Points { all: Arc::new(all), metric: *table.metric(), stimuli: table.stimuli().clone() })
}

/// A points store that grows by the points of others, one commit each.
#[pyclass(frozen, module = "layerpath._core")]
pub(crate) struct PointsAppender {
    path: PathBuf,
    writer: Mutex<Option<PointsWriter>>,
}

#[pymethods]
impl PointsAppender {
    #[new]
    fn new(#[pyo3(from_py_with = argument::path)] path: PathBuf) -> Self {
        Self { path, writer: Mutex::new(None) }
    }

    /// Adds the points of the store `part` that are not there yet, its targets only `with_targets`.
    #[pyo3(signature = (part, *, with_targets))]
    fn append(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = argument::path)] part: PathBuf,
        #[pyo3(from_py_with = argument::with_targets)] with_targets: bool,
    ) -> PyResult<()> {
        detached(py, || {
            let part = read_store(&part)?;
            let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            // After an error nothing is kept: the store is what was committed.
            let mut growing = match writer.take() {
                Some(writer) => writer,
                None => PointsWriter::append_to(&self.path, PointsHeader::of(&part))?,
            };
            growing.append_store(&part, with_targets)?;
            growing.commit()?;
            *writer = Some(growing);
            Ok(())
        })?
        .map_err(file_failed)
    }
}

/// A table of distances that several processes write block by block, a Zarr array in the end.
#[pyclass(frozen, module = "layerpath._core")]
pub(crate) struct SharedTable {
    inner: Arc<Shared>,
}

#[pymethods]
impl SharedTable {
    /// Begins the table of `stored` at `path` in the blocks of `memory`, or goes on with it; None where it is finished.
    #[staticmethod]
    #[pyo3(signature = (path, stored, memory, *, overwrite = false))]
    fn begin(
        py: Python<'_>,
        #[pyo3(from_py_with = argument::path)] path: PathBuf,
        stored: &StoredTable,
        #[pyo3(from_py_with = argument::memory)] memory: u64,
        #[pyo3(from_py_with = argument::overwrite)] overwrite: bool,
    ) -> PyResult<Option<Self>> {
        let plan = stored.planned(memory)?;
        let table = &stored.inner;
        // The width of a slab moves last digits, so blocks of another plan are others, even of the same size.
        let source = format!("{} {plan:?}", table.identity().map_err(file_failed)?);
        if Shared::is_finished(&path, &source) {
            return Ok(None);
        }
        if !overwrite && path.symlink_metadata().is_ok() {
            let message = format!(
                "out: something else is at `{}` already; choose another name or overwrite=True",
                path.display()
            );
            return Err(PyFileExistsError::new_err(message));
        }
        let about = TableDescription {
            metric: table.metric().to_string(),
            unit: table.metric().unit(),
            stimuli: table.stimuli(),
            points: table.records(),
        };
        let existing = if overwrite { Existing::Replace } else { Existing::Refuse };
        let begun = detached(py, || Shared::begin(&path, &source, &about, plan.rows(), existing))?;
        Ok(Some(Self { inner: Arc::new(begun.map_err(file_failed)?) }))
    }

    /// The table that another process began at `path` from `source`.
    #[staticmethod]
    fn join(#[pyo3(from_py_with = argument::path)] path: PathBuf, source: &str) -> PyResult<Self> {
        Ok(Self { inner: Arc::new(Shared::join(&path, source).map_err(file_failed)?) })
    }

    /// What the table is computed from, and how it is cut.
    #[getter]
    fn source(&self) -> &str {
        self.inner.source()
    }

    /// Whether a block is there.
    fn is_done(&self, block: Block) -> bool {
        self.inner.is_done(&(block.0..block.1), &(block.2..block.3))
    }

    /// Gives the whole table its name.
    fn finish(&self, py: Python<'_>) -> PyResult<()> {
        detached(py, || self.inner.finish())?.map_err(file_failed)
    }
}

/// A folder of results with a stamp that says what they were made from.
#[pyclass(frozen, module = "layerpath._core")]
pub(crate) struct Stage {
    inner: StageFolder,
}

#[pymethods]
impl Stage {
    #[new]
    fn new(#[pyo3(from_py_with = argument::path)] path: PathBuf) -> Self {
        Self { inner: StageFolder::new(path) }
    }

    /// Whether the results are there and were made from `identity`.
    fn is_finished(&self, identity: &str) -> bool {
        self.inner.is_finished(identity)
    }

    /// Makes the folder, without a stamp.
    fn begin(&self) -> PyResult<()> {
        self.inner.begin().map_err(file_failed)
    }

    /// Stamps these `files` of the folder.
    fn finish(&self, identity: &str, files: Vec<String>) -> PyResult<()> {
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        self.inner.finish(identity, &files).map_err(file_failed)
    }
}
