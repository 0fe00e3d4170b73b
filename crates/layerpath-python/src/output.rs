//! NumPy arrays and plain Python objects that go out.

use layerpath::analysis::Analysis;
use layerpath::table::SymmetricTable;
use layerpath_io::analysis::{layers_table, pairs_table};
use numpy::{PyArray1, PyArray2};
use pyo3::exceptions::PyRuntimeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Serialize;

use crate::failure::{file_failed, wrong_value};

/// The full K×K table.
pub(crate) fn square<'py>(py: Python<'py>, table: &SymmetricTable) -> PyResult<Bound<'py, PyArray2<f64>>> {
    rows(py, &table.to_rows())
}

/// Rows of equal length.
pub(crate) fn rows<'py>(py: Python<'py>, rows: &[Vec<f64>]) -> PyResult<Bound<'py, PyArray2<f64>>> {
    PyArray2::from_vec2(py, rows).map_err(|error| wrong_value("arrays", error))
}

/// The upper triangle without the diagonal, row after row: the order of `scipy.spatial.distance.squareform`.
pub(crate) fn condensed<'py>(py: Python<'py>, table: &SymmetricTable) -> Bound<'py, PyArray1<f64>> {
    let size = table.size();
    let upper = (0..size).flat_map(|i| (i + 1..size).map(move |j| table.get(i, j)));
    PyArray1::from_vec(py, upper.collect())
}

/// A `numpy.ma.MaskedArray` with the undefined values masked. Under the mask stands NaN, and so does the fill value:
/// code that drops the mask must not find a number there.
pub(crate) fn masked(py: Python<'_>, values: impl IntoIterator<Item = Option<f64>>) -> PyResult<Bound<'_, PyAny>> {
    let values: Vec<Option<f64>> = values.into_iter().collect();
    let mask: Vec<bool> = values.iter().map(Option::is_none).collect();
    let data: Vec<f64> = values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect();
    let options = PyDict::new(py);
    options.set_item("mask", PyArray1::from_vec(py, mask))?;
    options.set_item("fill_value", f64::NAN)?;
    let class = py.import(intern!(py, "numpy.ma"))?.getattr(intern!(py, "MaskedArray"))?;
    class.call((PyArray1::from_vec(py, data),), Some(&options))
}

/// Dictionaries, lists, strings and numbers, as in the files.
pub(crate) fn plain<'py>(py: Python<'py>, value: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    py.import(intern!(py, "json"))?.call_method1(intern!(py, "loads"), (text(value)?,))
}

/// The module that makes tables.
pub(crate) fn tables(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import(intern!(py, "layerpath._table"))
}

/// As JSON.
pub(crate) fn text(value: &impl Serialize) -> PyResult<String> {
    serde_json::to_string(value).map_err(|error| PyRuntimeError::new_err(error.to_string()))
}

/// What notebooks show of an object, made by the function `what` of `layerpath._html`.
pub(crate) fn html<'py>(what: &str, object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    py.import(intern!(py, "layerpath._html"))?.call_method1(what, (object,))
}

/// The tidy table "layers" or "pairs" of an analysis, a `Table`.
pub(crate) fn tidy_table<'py>(py: Python<'py>, analysis: &Analysis, table: &str) -> PyResult<Bound<'py, PyAny>> {
    let text = match table {
        "layers" => layers_table(analysis),
        "pairs" => pairs_table(analysis),
        other => return Err(wrong_value("table", format!("expected 'layers' or 'pairs', not '{other}'"))),
    };
    tables(py)?.call_method1(intern!(py, "from_csv"), (text.map_err(file_failed)?,))
}

/// The same as a data frame of pandas or polars.
pub(crate) fn tidy_frame<'py>(
    py: Python<'py>,
    analysis: &Analysis,
    table: &str,
    library: Option<String>,
) -> PyResult<Bound<'py, PyAny>> {
    let options = PyDict::new(py);
    options.set_item("library", library)?;
    tidy_table(py, analysis, table)?.call_method(intern!(py, "to_frame"), (), Some(&options))
}
