//! `Points`: named points of one metric, and the store that keeps them.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use layerpath::analysis::{Along, Epoch, Stimuli, analyze, paths};
use layerpath::metric;
use layerpath_io::Existing;
use layerpath_io::points::{PointsHeader, PointsWriter, Precision, Role, StoredTable, read_points as read_store};
use pyo3::exceptions::{PyFileExistsError, PyIndexError, PyKeyError};
use pyo3::prelude::*;
use pyo3::types::PyInt;

use crate::activations::type_name;
use crate::argument;
use crate::collection::{Collection, Labels};
use crate::failure::{failed, file_failed, wrong_type, wrong_value};
use crate::metric::Metric;
use crate::output::{html, plain};
use crate::path::Path;
use crate::patience::{detached, interruptible};
use crate::pickle::{PointsState, Reduced, points_state, reduced};
use crate::point::{Point, Shared};
use crate::stored::points_at;
use crate::table::metric_or_own;

/// Named points of one metric that answer the same stimuli: what `capture` makes and a points store keeps.
///
/// `arrays` and `target` are those of `Path`. Points are found by name or by place.
#[pyclass(frozen, module = "layerpath")]
#[derive(Clone)]
pub(crate) struct Points {
    pub(crate) all: Shared,
    pub(crate) metric: metric::Metric,
    pub(crate) stimuli: Stimuli,
}

#[pymethods]
impl Points {
    #[new]
    #[pyo3(
        signature = (
            arrays, *, names = None, target = None, metric = None, network = None, epoch = None, seed = None,
            stimulus_ids = None, shapes = None, reductions = None
        ),
        text_signature = "(arrays, *, names=None, target=None, metric='angular-cka', network=None, epoch=None, seed=None, stimulus_ids=None, shapes=None, reductions=None)"
    )]
    #[allow(clippy::too_many_arguments)]
    fn new(
        arrays: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = argument::names)] names: Option<Vec<String>>,
        target: Option<&Bound<'_, PyAny>>,
        metric: Option<&Bound<'_, PyAny>>,
        #[pyo3(from_py_with = argument::network)] network: Option<String>,
        #[pyo3(from_py_with = argument::epoch)] epoch: Option<Epoch>,
        #[pyo3(from_py_with = argument::seed_of_training)] seed: Option<u64>,
        #[pyo3(from_py_with = argument::stimulus_ids)] stimulus_ids: Option<Vec<String>>,
        #[pyo3(from_py_with = argument::shapes)] shapes: Option<Vec<Vec<usize>>>,
        #[pyo3(from_py_with = argument::reductions)] reductions: Option<Vec<String>>,
    ) -> PyResult<Self> {
        let labels = Labels { network, epoch, seed, stimulus_ids };
        let points = Self::make(arrays, names, target, metric, labels)?;
        let mut all = Arc::try_unwrap(points.all).unwrap_or_else(|shared| (*shared).clone());
        let layers = all.iter().filter(|(record, _)| record.index.is_some()).count();
        for (argument, length) in
            [("shapes", shapes.as_ref().map(Vec::len)), ("reductions", reductions.as_ref().map(Vec::len))]
        {
            if length.is_some_and(|length| length != layers) {
                return Err(wrong_value(argument, format!("expected one for each of the {layers} arrays")));
            }
        }
        for ((record, _), shape) in all.iter_mut().zip(shapes.unwrap_or_default()) {
            record.shape = shape;
        }
        for ((record, _), reduction) in all.iter_mut().zip(reductions.unwrap_or_default()) {
            record.reduction = Some(reduction);
        }
        Ok(Self { all: Arc::new(all), ..points })
    }

    /// Names of the points, targets included.
    #[getter]
    fn names(&self) -> Vec<String> {
        self.all.iter().map(|(record, _)| record.name.clone()).collect()
    }

    /// The metric.
    #[getter]
    fn metric(&self) -> Metric {
        Metric { metric: self.metric }
    }

    /// Number of stimuli.
    #[getter]
    fn stimuli(&self) -> usize {
        self.stimuli.count
    }

    /// Identifiers of the stimuli in row order, if they are known by more than their row numbers.
    #[getter]
    fn stimulus_ids(&self) -> Option<Vec<String>> {
        (!self.stimuli.ids.is_empty()).then(|| self.stimuli.ids.clone())
    }

    /// What is known of each point, as in the analysis file: name, layer, index, network, epoch, seed, shape, reduction.
    #[getter]
    fn records<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let records: Vec<_> = self.all.iter().map(|(record, _)| record).collect();
        plain(py, &records)
    }

    /// The paths through these points: along "layers" one for each network and epoch, along "epochs" one for each layer.
    #[pyo3(signature = (*, along = "layers".to_owned()), text_signature = "($self, *, along='layers')")]
    fn paths(&self, py: Python<'_>, #[pyo3(from_py_with = argument::along)] along: String) -> PyResult<Vec<Path>> {
        let along = match along.as_str() {
            "layers" => Along::Layers,
            "epochs" => Along::Epochs,
            other => return Err(wrong_value("along", format!("expected 'layers' or 'epochs', not '{other}'"))),
        };
        let records: Vec<_> = self.all.iter().map(|(record, _)| record.clone()).collect();
        let descriptions = paths(&records, along);
        let (metric, stimuli, all) = (self.metric, self.stimuli.clone(), Arc::clone(&self.all));
        let own = descriptions.clone();
        let analysis = interruptible(py, move || analyze(&metric, stimuli, &all, &own))?.map_err(failed)?;
        let analysis = Arc::new(analysis);
        let path = |(place, description)| Path {
            analysis: Arc::clone(&analysis),
            place,
            metric: self.metric,
            source: Some((self.clone(), description)),
        };
        Ok(descriptions.into_iter().enumerate().map(path).collect())
    }

    fn __len__(&self) -> usize {
        self.all.len()
    }

    fn __contains__(&self, key: &Bound<'_, PyAny>) -> bool {
        key.extract::<&str>().is_ok_and(|name| self.named(name).is_some())
    }

    fn __getitem__(&self, key: &Bound<'_, PyAny>) -> PyResult<Point> {
        if let Ok(name) = key.extract::<&str>() {
            return self.named(name).map(|place| self.at(place)).ok_or_else(|| {
                PyKeyError::new_err(format!("key: no point is called '{name}'; there are {}", self.names().join(", ")))
            });
        }
        let Ok(index) = key.extract::<isize>() else {
            if key.is_instance_of::<PyInt>() {
                return Err(PyIndexError::new_err(format!("key: point {key} of {}", self.all.len())));
            }
            return Err(wrong_type("key", format!("expected a name or a number, not {}", type_name(key))));
        };
        let place = if index < 0 { index.checked_add_unsigned(self.all.len()) } else { Some(index) };
        match place.and_then(|place| usize::try_from(place).ok()).filter(|&place| place < self.all.len()) {
            Some(place) => Ok(self.at(place)),
            None => Err(PyIndexError::new_err(format!("key: point {index} of {}", self.all.len()))),
        }
    }

    fn __repr__(&self) -> String {
        let names = self.names();
        let shown = if names.len() > 6 {
            format!("{}, …, {}", names[..4].join(", "), names[names.len() - 1])
        } else {
            names.join(", ")
        };
        format!("Points({} points, {} stimuli, {}: {shown})", names.len(), self.stimuli.count, self.metric)
    }

    /// What cannot change is its own copy.
    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    /// As `__copy__`.
    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    /// For `pickle`.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py, PointsState<'py>>> {
        reduced(py, "_restore_points", points_state(py, self)?)
    }

    fn _ipython_key_completions_(&self) -> Vec<String> {
        self.names()
    }

    fn _repr_html_<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        html("points", slf.as_any())
    }
}

impl Points {
    /// The points of the arguments of `Points` and `Path`.
    pub(crate) fn make(
        arrays: &Bound<'_, PyAny>,
        names: Option<Vec<String>>,
        target: Option<&Bound<'_, PyAny>>,
        metric: Option<&Bound<'_, PyAny>>,
        labels: Labels,
    ) -> PyResult<Self> {
        let metric = metric_or_own(arrays, metric)?;
        let collection = Collection::new(&metric, arrays)?;
        let target = target.map(|target| collection.target(&metric, target)).transpose()?;
        collection.into_points(&metric, names, target, labels)
    }

    /// The place of a point by its name, or by its layer where only one point has it.
    fn named(&self, name: &str) -> Option<usize> {
        self.all.iter().position(|(record, _)| record.name == name).or_else(|| {
            let mut layers = self.all.iter().enumerate().filter(|(_, (record, _))| record.layer == name);
            layers.next().filter(|_| layers.next().is_none()).map(|(place, _)| place)
        })
    }

    /// The point at a place.
    pub(crate) fn at(&self, place: usize) -> Point {
        Point { all: Arc::clone(&self.all), place, metric: self.metric, stimuli: self.stimuli.count }
    }
}

/// Reads a points store (Zarr), for example one that `layerpath capture` wrote.
///
/// With `names`, only those points, in the order of the store: nothing of the others is read.
#[pyfunction]
#[pyo3(signature = (path, *, names = None))]
pub(crate) fn read_points(
    py: Python<'_>,
    #[pyo3(from_py_with = argument::path)] path: PathBuf,
    #[pyo3(from_py_with = argument::names)] names: Option<Vec<String>>,
) -> PyResult<Points> {
    let store = read_store(&path).map_err(file_failed)?;
    let table = StoredTable::new(vec![store]).map_err(file_failed)?;
    let Some(names) = names else {
        let all: Vec<usize> = (0..table.records().len()).collect();
        return points_at(py, &table, &all);
    };
    let mut missing: HashSet<&str> = names.iter().map(String::as_str).collect();
    let records = table.records().iter().enumerate();
    let places: Vec<usize> =
        records.filter(|(_, record)| missing.remove(record.name.as_str())).map(|(place, _)| place).collect();
    match names.iter().find(|name| missing.contains(name.as_str())) {
        Some(name) => Err(wrong_value("names", format!("no point of `{}` is called '{name}'", path.display()))),
        None => points_at(py, &table, &places),
    }
}

/// Writes a points store (Zarr) that the command line and `read_points` read.
///
/// `precision` is "float32" or "float64". A store that is there already is replaced only with `overwrite=True`.
#[pyfunction]
#[pyo3(
    signature = (path, points, *, precision = "float32".to_owned(), overwrite = false),
    text_signature = "(path, points, *, precision='float32', overwrite=False)"
)]
pub(crate) fn write_points(
    py: Python<'_>,
    #[pyo3(from_py_with = argument::path)] path: PathBuf,
    points: &Bound<'_, PyAny>,
    #[pyo3(from_py_with = argument::precision)] precision: String,
    #[pyo3(from_py_with = argument::overwrite)] overwrite: bool,
) -> PyResult<()> {
    let points = match (points.cast::<Points>(), points.cast::<Path>()) {
        (Ok(points), _) => points.get().clone(),
        (_, Ok(path)) => path.get().points()?,
        _ => {
            let message =
                format!("expected Points or a Path, not {}; `lp.Points(arrays)` makes them", type_name(points));
            return Err(wrong_type("points", message));
        }
    };
    let precision = match precision.as_str() {
        "float32" => Precision::F32,
        "float64" => Precision::F64,
        other => return Err(wrong_value("precision", format!("expected 'float32' or 'float64', not '{other}'"))),
    };
    let existing = if overwrite { Existing::Replace } else { Existing::Refuse };
    if !overwrite && path.symlink_metadata().is_ok() {
        let message =
            format!("path: something is at `{}` already; choose another name or overwrite=True", path.display());
        return Err(PyFileExistsError::new_err(message));
    }
    // Shapes of different rank are filled up with zeros.
    let dimension = points.all.iter().map(|(_, point)| point.coordinates().len()).max().unwrap_or(0);
    let header = PointsHeader {
        metric: points.metric.to_string(),
        unit: points.metric.unit().to_owned(),
        stimuli: points.stimuli.clone(),
        dimension: points.metric.coordinates(points.stimuli.count).max(dimension),
        precision,
    };
    if points.all.is_empty() {
        return Err(wrong_value("points", "there are none"));
    }
    let mut writer = PointsWriter::create(&path, header, existing).map_err(file_failed)?;
    let dimension = points.metric.coordinates(points.stimuli.count).max(dimension);
    for (record, point) in points.all.iter() {
        py.check_signals()?;
        let role = if record.index.is_none() { Role::Target } else { Role::Layer };
        detached(py, || {
            let mut row = point.coordinates().to_vec();
            row.resize(dimension, 0.0);
            writer.append(record.clone(), role, &row)
        })?
        .map_err(file_failed)?;
    }
    detached(py, || writer.finish())?.map_err(file_failed)
}
