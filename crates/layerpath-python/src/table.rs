//! `distances`: all pairs at once.

use layerpath::metric;
use pyo3::prelude::*;

use crate::argument;
use crate::collection::Collection;
use crate::failure::{failed_for, wrong_value};
use crate::metric::metric_argument;
use crate::output::{condensed as condense, square};
use crate::path::Path;
use crate::patience::interruptible;
use crate::point::Point;
use crate::points::Points;

/// Distances of all pairs of arrays (or points): K×K, or with `condensed=True` the K(K-1)/2 values above the diagonal in
/// the order of `scipy.spatial.distance.squareform`.
#[pyfunction]
#[pyo3(
    signature = (arrays, *, metric = None, condensed = false),
    text_signature = "(arrays, *, metric='angular-cka', condensed=False)"
)]
pub(crate) fn distances<'py>(
    py: Python<'py>,
    arrays: &Bound<'py, PyAny>,
    metric: Option<&Bound<'py, PyAny>>,
    #[pyo3(from_py_with = argument::condensed)] condensed: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let metric = metric_or_own(arrays, metric)?;
    let collection = Collection::new(&metric, arrays)?;
    if collection.points.is_empty() {
        return Err(wrong_value("arrays", "there are none"));
    }
    let points = collection.points;
    let table = interruptible(py, move || {
        let all: Vec<&metric::Point> = points.iter().map(Point::inner).collect();
        metric.distances(&all)
    })?
    .map_err(|error| failed_for("arrays", &error))?;
    Ok(if condensed { condense(py, &table).into_any() } else { square(py, &table)?.into_any() })
}

/// The metric given; else that of the points or the path, which have one already; else the default.
pub(crate) fn metric_or_own(arrays: &Bound<'_, PyAny>, metric: Option<&Bound<'_, PyAny>>) -> PyResult<metric::Metric> {
    if metric.is_none() {
        if let Ok(points) = arrays.cast::<Points>() {
            return Ok(points.get().metric);
        }
        if let Ok(path) = arrays.cast::<Path>() {
            return Ok(path.get().metric);
        }
    }
    metric_argument(metric)
}
