//! Whole paths against each other, and coordinates for pictures: plain results that the Python package wraps.

use layerpath::embed::{EmbeddingDocument, EmbeddingMethod, EmbeddingOptions, SearchOptions, silent};
use layerpath::metric;
use layerpath::path::comparison;
use pyo3::prelude::*;

use crate::argument;
use crate::collection::Labels;
use crate::failure::{failed, wrong_value};
use crate::output::plain;
use crate::path::Path;
use crate::patience::interruptible;
use crate::points::Points;

/// Arc-length-matched distance or why there is none, warping (total, mean, alignment), Fréchet, Hausdorff.
type Compared = (Option<f64>, Option<String>, f64, f64, Vec<(usize, usize)>, f64, f64);

/// Two paths against each other.
#[pyfunction]
pub(crate) fn compare_paths(py: Python<'_>, first: &Path, second: &Path) -> PyResult<Compared> {
    if first.metric != second.metric {
        let message = format!("a path under {}, but `first` is under {}", second.metric, first.metric);
        return Err(wrong_value("second", message));
    }
    if let Some(difference) = first.analysis.stimuli.first_difference(&second.analysis.stimuli) {
        return Err(wrong_value("second", format!("the paths do not answer the same stimuli: {difference}")));
    }
    let (metric, first, second) = (first.metric, first.layers_only()?, second.layers_only()?);
    let found = interruptible(py, move || comparison::compare(&metric, &first, &second))?.map_err(failed)?;
    let (matched, reason) = match found.arc_length_matched {
        Ok(distance) => (Some(distance), None),
        Err(reason) => (None, Some(reason.to_string())),
    };
    let comparison::Warping { total, mean, alignment } = found.warping;
    Ok((matched, reason, total, mean, alignment, found.frechet, found.hausdorff))
}

/// The embedding document of some layers, as plain data.
#[pyfunction]
#[pyo3(signature = (arrays, *, names, target, metric, method, dimensions, seed, restarts, iterations))]
#[allow(clippy::too_many_arguments)]
pub(crate) fn embed_points<'py>(
    py: Python<'py>,
    arrays: &Bound<'py, PyAny>,
    #[pyo3(from_py_with = argument::names)] names: Option<Vec<String>>,
    target: Option<&Bound<'py, PyAny>>,
    metric: Option<&Bound<'py, PyAny>>,
    #[pyo3(from_py_with = argument::method)] method: String,
    #[pyo3(from_py_with = argument::dimensions)] dimensions: usize,
    #[pyo3(from_py_with = argument::seed)] seed: u64,
    #[pyo3(from_py_with = argument::restarts)] restarts: usize,
    #[pyo3(from_py_with = argument::iterations)] iterations: usize,
) -> PyResult<Bound<'py, PyAny>> {
    let method: EmbeddingMethod = method.parse().map_err(|error| wrong_value("method", error))?;
    let points = match (arrays.cast::<Points>(), arrays.cast::<Path>()) {
        (Ok(points), _) => points.get().clone(),
        (_, Ok(path)) => path.get().points()?,
        _ => Points::make(arrays, names, target, metric, Labels::default())?,
    };
    let search = SearchOptions { seed, restarts, iterations, ..SearchOptions::default() };
    let options = EmbeddingOptions { dimensions, search, ..EmbeddingOptions::default() };
    let document = interruptible(py, move || {
        let all: Vec<&metric::Point> = points.all.iter().map(|(_, point)| point).collect();
        let distances = points.metric.distances(&all)?;
        let result = method.embed(&distances, &options, &mut silent)?;
        let records = points.all.iter().map(|(record, _)| record.clone()).collect();
        Ok(EmbeddingDocument::new(&points.metric, points.stimuli.clone(), records, &options, result))
    })?
    .map_err(failed)?;
    plain(py, &document)
}
