//! `Analysis`: an analysis file.

use std::path::PathBuf;
use std::sync::Arc;

use layerpath::analysis;
use layerpath_io::analysis::{read_analysis as read_file, write_analysis};
use pyo3::prelude::*;

use crate::argument;
use crate::failure::file_failed;
use crate::metric::{Metric, parse};
use crate::output::{html, plain, text, tidy_frame};
use crate::path::Path;
use crate::pickle::{Reduced, reduced};

/// What an analysis file holds: made by `read_analysis`.
#[pyclass(frozen, module = "layerpath")]
pub(crate) struct Analysis {
    inner: Arc<analysis::Analysis>,
    metric: layerpath::metric::Metric,
}

#[pymethods]
impl Analysis {
    /// The metric.
    #[getter]
    fn metric(&self) -> Metric {
        Metric { metric: self.metric }
    }

    /// Unit of distances.
    #[getter]
    fn unit(&self) -> &str {
        &self.inner.unit
    }

    /// Number of stimuli.
    #[getter]
    fn stimuli(&self) -> usize {
        self.inner.stimuli.count
    }

    /// Program and version that computed the numbers.
    #[getter]
    fn program(&self) -> &str {
        &self.inner.program
    }

    /// What a reader must know to interpret the numbers.
    #[getter]
    fn notes(&self) -> Vec<String> {
        self.inner.notes.clone()
    }

    /// What is known of each point.
    #[getter]
    fn records<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, &self.inner.points)
    }

    /// The paths.
    #[getter]
    fn paths(&self) -> Vec<Path> {
        let path = |place| Path { analysis: Arc::clone(&self.inner), place, metric: self.metric, source: None };
        (0..self.inner.paths.len()).map(path).collect()
    }

    /// The tidy table "layers" or "pairs" of all paths as a data frame of pandas or polars.
    #[pyo3(
        signature = (table = "layers".to_owned(), *, library = None),
        text_signature = "($self, table='layers', *, library=None)"
    )]
    fn to_frame<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = argument::table)] table: String,
        #[pyo3(from_py_with = argument::library)] library: Option<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        tidy_frame(py, &self.inner, &table, library)
    }

    /// Writes `analysis.json`, `layers.csv` and `pairs.csv` into a folder.
    fn to_analysis(&self, #[pyo3(from_py_with = argument::path)] path: PathBuf) -> PyResult<()> {
        write_analysis(&path, &self.inner).map_err(file_failed)?;
        Ok(())
    }

    fn __repr__(&self) -> String {
        format!(
            "Analysis({} points, {} paths, {} stimuli, {})",
            self.inner.points.len(),
            self.inner.paths.len(),
            self.inner.stimuli.count,
            self.metric
        )
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
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py, (String,)>> {
        reduced(py, "_restore_analysis", (text(&*self.inner)?,))
    }

    fn _repr_html_<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        html("analysis", slf.as_any())
    }
}

impl Analysis {
    /// What the document of `argument` says.
    pub(crate) fn new(argument: &str, document: analysis::Analysis) -> PyResult<Self> {
        let metric = parse(argument, &document.metric)?;
        Ok(Self { inner: Arc::new(document), metric })
    }
}

/// Reads an analysis file, or the one in a folder: what `layerpath analyze --out` or `Path.to_analysis` wrote.
#[pyfunction]
pub(crate) fn read_analysis(#[pyo3(from_py_with = argument::path)] path: PathBuf) -> PyResult<Analysis> {
    Analysis::new("path", read_file(&path).map_err(file_failed)?)
}
