//! `GramAccumulator`: a point from a few units at a time.

use std::sync::{Mutex, MutexGuard, PoisonError};

use layerpath::analysis::PointRecord;
use layerpath::metric;
use pyo3::prelude::*;

use crate::activations::{as_array, fits, too_many, with_representation};
use crate::argument;
use crate::failure::{no_memory, wrong_value};
use crate::metric::metric_argument;
use crate::patience::detached;
use crate::point::Point;

/// The point of a layer whose activations are never held at once: blocks of units (all stimuli, some columns) are added one
/// after the other. For angular-cka with the linear kernel, whose Gram matrix is a sum over units.
#[pyclass(frozen, module = "layerpath")]
pub(crate) struct GramAccumulator {
    inner: Mutex<Option<metric::GramAccumulator>>,
    metric: metric::Metric,
    stimuli: usize,
}

#[pymethods]
impl GramAccumulator {
    #[new]
    #[pyo3(
        signature = (stimuli, *, metric = None),
        text_signature = "(stimuli, *, metric='angular-cka')"
    )]
    fn new(
        #[pyo3(from_py_with = argument::stimuli)] stimuli: usize,
        metric: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let metric = metric_argument(metric)?;
        if !fits(stimuli) {
            return Err(no_memory("stimuli", too_many(stimuli)));
        }
        let inner = metric::GramAccumulator::new(&metric, stimuli).map_err(|error| {
            wrong_value(
                if matches!(error, layerpath::Error::TooFewStimuli { .. }) { "stimuli" } else { "metric" },
                error,
            )
        })?;
        Ok(Self { inner: Mutex::new(Some(inner)), metric, stimuli })
    }

    /// Adds units: their answers to all stimuli.
    fn add(&self, array: &Bound<'_, PyAny>) -> PyResult<()> {
        let activations = as_array("array", array)?;
        with_representation("array", &activations, |units| match self.lock().as_mut() {
            Some(sum) => sum.add(units).map(|()| true),
            None => Ok(false),
        })
        .and_then(|open| if open { Ok(()) } else { Err(finished()) })
    }

    /// Number of units so far.
    #[getter]
    fn units(&self) -> usize {
        self.lock().as_ref().map_or(0, metric::GramAccumulator::units)
    }

    /// The point of all units. Afterwards the accumulator is empty and cannot be used again.
    fn point(&self, py: Python<'_>) -> PyResult<Point> {
        let Some(sum) = self.lock().take() else { return Err(finished()) };
        let inner = detached(py, || sum.into_point())?.map_err(|error| wrong_value("array", error))?;
        Ok(Point::new(PointRecord::default(), inner, self.metric, self.stimuli))
    }

    fn __repr__(&self) -> String {
        format!("GramAccumulator({} units, {} stimuli, {})", self.units(), self.stimuli, self.metric)
    }
}

impl GramAccumulator {
    fn lock(&self) -> MutexGuard<'_, Option<metric::GramAccumulator>> {
        // A sum that a panic left half done is never read: the panic reached Python as an exception.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn finished() -> PyErr {
    wrong_value("array", "the point was taken already; make a new accumulator")
}
