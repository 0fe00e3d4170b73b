//! `distances`: all pairs at once.

use layerpath::metric::Point;
use pyo3::prelude::*;

use crate::collection::{Collection, Embedded};
use crate::failure::{failed, wrong_value};
use crate::metric::metric_argument;
use crate::output::{condensed as condense, square};

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
    condensed: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let metric = metric_argument(metric)?;
    let collection = Collection::new(&metric, arrays)?;
    if collection.points.is_empty() {
        return Err(wrong_value("arrays", "there are none"));
    }
    let points: Vec<&Point> = collection.points.iter().map(Embedded::point).collect();
    let table = py.detach(|| metric.distances(&points)).map_err(failed)?;
    Ok(if condensed { condense(py, &table).into_any() } else { square(py, &table)?.into_any() })
}
