//! `Point`: a representation under a metric.

use std::sync::Arc;

use layerpath::analysis::{PointRecord, Stimuli};
use layerpath::metric;
use numpy::PyArray1;
use pyo3::prelude::*;

use crate::activations::type_name;
use crate::failure::{wrong_type, wrong_value};
use crate::metric::Metric;
use crate::output::html;
use crate::pickle::{PointsState, Reduced, points_state, reduced};
use crate::points::Points;

/// Points with what is known of them, shared by everything that Python holds of them.
pub(crate) type Shared = Arc<Vec<(PointRecord, metric::Point)>>;

/// Activations as a point of a metric space, made by `Metric.point`.
///
/// Points can be compared when the same metric made them from answers to the same stimuli.
#[pyclass(frozen, module = "layerpath")]
#[derive(Clone)]
pub(crate) struct Point {
    pub(crate) all: Shared,
    pub(crate) place: usize,
    pub(crate) metric: metric::Metric,
    pub(crate) stimuli: usize,
}

#[pymethods]
impl Point {
    /// The metric that made the point.
    #[getter]
    fn metric(&self) -> Metric {
        Metric { metric: self.metric }
    }

    /// Number of stimuli.
    #[getter]
    fn stimuli(&self) -> usize {
        self.stimuli
    }

    /// Coordinates (a copy). For the metrics of spheres and flat spaces their Euclidean inner products are the metric's.
    #[getter]
    fn coordinates<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, self.inner().coordinates())
    }

    fn __repr__(&self) -> String {
        format!("Point({}, {} stimuli)", self.metric, self.stimuli)
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
        let all = vec![(self.record().clone(), self.inner().clone())].into();
        let alone = Points { all, metric: self.metric, stimuli: Stimuli::row_numbers(self.stimuli) };
        reduced(py, "_restore_point", points_state(py, &alone)?)
    }

    fn _repr_html_<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        html("point", slf.as_any())
    }
}

impl Point {
    /// A point of its own.
    pub(crate) fn new(record: PointRecord, inner: metric::Point, metric: metric::Metric, stimuli: usize) -> Self {
        Self { all: Arc::new(vec![(record, inner)]), place: 0, metric, stimuli }
    }

    pub(crate) fn inner(&self) -> &metric::Point {
        &self.all[self.place].1
    }

    pub(crate) fn record(&self) -> &PointRecord {
        &self.all[self.place].0
    }

    /// The core's point, copied only if somebody else holds it too.
    pub(crate) fn into_inner(self) -> metric::Point {
        match Arc::try_unwrap(self.all) {
            Ok(mut alone) => alone.swap_remove(self.place).1,
            Err(all) => all[self.place].1.clone(),
        }
    }

    /// The object handed in as `argument`, which must be a point.
    pub(crate) fn expect<'a>(argument: &str, object: &'a Bound<'_, PyAny>) -> PyResult<&'a Self> {
        match object.cast::<Self>() {
            Ok(point) => Ok(point.get()),
            Err(_) => Err(wrong_type(
                argument,
                format!("expected a Point, not {}; `metric.point(array)` makes one", type_name(object)),
            )),
        }
    }

    /// Refuses a point that another metric made.
    pub(crate) fn check_metric(&self, argument: &str, metric: &metric::Metric) -> PyResult<()> {
        if self.metric == *metric {
            Ok(())
        } else {
            Err(wrong_value(argument, format!("a point of {}, but the metric here is {metric}", self.metric)))
        }
    }
}

/// Refuses answers to another number of stimuli than the first ones.
pub(crate) fn check_stimuli(argument: &str, stimuli: usize, first_argument: &str, first: usize) -> PyResult<()> {
    if stimuli == first {
        return Ok(());
    }
    let message =
        format!("{stimuli} stimuli, but {first_argument} has {first}; all must answer the same stimuli in one order");
    Err(wrong_value(argument, message))
}
