//! `pickle`: objects as plain parts, and back. Pickled objects name the functions here, so these keep their names.

use std::sync::Arc;

use layerpath::analysis::{Analysis as Document, PathDescription, Stimuli};
use layerpath::metric;
use numpy::{PyArray1, PyArrayMethods};
use pyo3::prelude::*;
use serde::de::DeserializeOwned;

use crate::analysis::Analysis;
use crate::failure::wrong_value;
use crate::metric::parse;
use crate::output::text;
use crate::path::Path;
use crate::patience::detached;
use crate::point::Point;
use crate::points::Points;

/// Metric, stimuli and records as text, then the coordinates of each point and its resolution.
pub(crate) type PointsState<'py> = (String, String, String, Vec<Bound<'py, PyArray1<f64>>>, Vec<f64>);
/// The analysis of one path as text, then its points.
pub(crate) type PathState<'py> = (String, Option<PointsState<'py>>);
/// What `__reduce__` gives: a function of the extension module and its arguments.
pub(crate) type Reduced<'py, State> = (Bound<'py, PyAny>, State);

/// The function of this module that makes the object again, with its arguments.
pub(crate) fn reduced<'py, State>(py: Python<'py>, function: &str, state: State) -> PyResult<Reduced<'py, State>> {
    Ok((py.import("layerpath._core")?.getattr(function)?, state))
}

pub(crate) fn points_state<'py>(py: Python<'py>, points: &Points) -> PyResult<PointsState<'py>> {
    let records: Vec<_> = points.all.iter().map(|(record, _)| record).collect();
    let coordinates = points.all.iter().map(|(_, point)| PyArray1::from_slice(py, point.coordinates())).collect();
    let resolutions = points.all.iter().map(|(_, point)| point.resolution()).collect();
    Ok((points.metric.to_string(), text(&points.stimuli)?, text(&records)?, coordinates, resolutions))
}

pub(crate) fn path_state<'py>(py: Python<'py>, path: &Path) -> PyResult<PathState<'py>> {
    let mut single = path.single();
    let Ok(points) = path.points() else { return Ok((text(&single)?, None)) };
    // A path may be one of many through the same points; it takes its own along, and no picture of them all.
    single.points = points.all.iter().map(|(record, _)| record.clone()).collect();
    single.embedding = None;
    Ok((text(&single)?, Some(points_state(py, &points)?)))
}

/// Points of what `Points.__reduce__` gave.
#[pyfunction]
#[pyo3(name = "_restore_points")]
pub(crate) fn restore_points(
    py: Python<'_>,
    metric: &str,
    stimuli: &str,
    records: &str,
    coordinates: Vec<Bound<'_, PyArray1<f64>>>,
    resolutions: Vec<f64>,
) -> PyResult<Points> {
    let metric = parse("metric", metric)?;
    let stimuli: Stimuli = read("stimuli", stimuli)?;
    let records: Vec<layerpath::analysis::PointRecord> = read("records", records)?;
    if coordinates.len() != records.len() || resolutions.len() != records.len() {
        let message = format!("{} for {} points", coordinates.len(), records.len());
        return Err(wrong_value("coordinates", message));
    }
    // Shapes of lower rank are filled up with zeros, as in a points store.
    let dimension = metric.coordinates(stimuli.count);
    let restore = |(array, resolution): (Bound<'_, PyArray1<f64>>, f64)| {
        let mut coordinates = array.to_vec()?;
        coordinates.resize(coordinates.len().max(dimension), 0.0);
        let point = detached(py, || metric.point_from_coordinates(coordinates, 0.0))?;
        let point = point.map_err(|error| wrong_value("coordinates", error))?;
        Ok(point.with_resolution(resolution))
    };
    let points: PyResult<Vec<metric::Point>> = coordinates.into_iter().zip(resolutions).map(restore).collect();
    Ok(Points { all: Arc::new(records.into_iter().zip(points?).collect()), metric, stimuli })
}

/// The point of what `Point.__reduce__` gave: points of which there is one.
#[pyfunction]
#[pyo3(name = "_restore_point")]
pub(crate) fn restore_point(
    py: Python<'_>,
    metric: &str,
    stimuli: &str,
    records: &str,
    coordinates: Vec<Bound<'_, PyArray1<f64>>>,
    resolutions: Vec<f64>,
) -> PyResult<Point> {
    let points = restore_points(py, metric, stimuli, records, coordinates, resolutions)?;
    if points.all.len() != 1 {
        return Err(wrong_value("coordinates", "expected those of one point"));
    }
    Ok(points.at(0))
}

/// The path of what `Path.__reduce__` gave. Its statistics are read, not computed again.
#[pyfunction]
#[pyo3(name = "_restore_path")]
pub(crate) fn restore_path(py: Python<'_>, analysis: &str, points: Option<PointsState<'_>>) -> PyResult<Path> {
    let analysis: Document = read("analysis", analysis)?;
    let metric = parse("analysis", &analysis.metric)?;
    let Some(record) = analysis.paths.first() else { return Err(wrong_value("analysis", "there is no path")) };
    let source = match points {
        None => None,
        Some((metric, stimuli, records, coordinates, resolutions)) => {
            let points = restore_points(py, &metric, &stimuli, &records, coordinates, resolutions)?;
            let layers = record.points.len();
            if points.all.len() != layers + usize::from(record.target.is_some()) {
                return Err(wrong_value("points", format!("{} for a path of {layers}", points.all.len())));
            }
            let description = PathDescription {
                name: record.name.clone(),
                along: record.along,
                points: (0..layers).collect(),
                target: record.target.is_some().then_some(layers),
            };
            Some((points, description))
        }
    };
    Ok(Path { analysis: Arc::new(analysis), place: 0, metric, source })
}

/// The analysis of what `Analysis.__reduce__` gave.
#[pyfunction]
#[pyo3(name = "_restore_analysis")]
pub(crate) fn restore_analysis(analysis: &str) -> PyResult<Analysis> {
    Analysis::new("analysis", read("analysis", analysis)?)
}

fn read<T: DeserializeOwned>(argument: &str, text: &str) -> PyResult<T> {
    serde_json::from_str(text).map_err(|error| wrong_value(argument, error))
}
