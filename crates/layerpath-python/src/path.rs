//! `Path`: layers in order, and what they say about its shape.

use layerpath::metric;
use layerpath::path::{self, Statistic};
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;

use crate::collection::{Collection, Embedded};
use crate::failure::failed;
use crate::metric::{Metric, metric_argument};
use crate::output::{masked, square};

/// A network as a path through the space of representations.
///
/// `arrays` are the layers in the order of computation: a list, a dict by name, or any iterable of arrays (first axis
/// stimuli, the rest flattened) or points. `target` is an array, a point, or class labels.
///
/// Values that the geometry leaves undefined are masked, and `undefined` tells why. Without a target the statistics that
/// need one are None.
#[pyclass(frozen, module = "layerpath")]
pub(crate) struct Path {
    inner: path::Path,
    metric: metric::Metric,
    names: Vec<String>,
    stimuli: usize,
}

#[pymethods]
impl Path {
    #[new]
    #[pyo3(
        signature = (arrays, *, names = None, target = None, metric = None),
        text_signature = "(arrays, *, names=None, target=None, metric='angular-cka')"
    )]
    fn new(
        py: Python<'_>,
        arrays: &Bound<'_, PyAny>,
        names: Option<Vec<String>>,
        target: Option<&Bound<'_, PyAny>>,
        metric: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let metric = metric_argument(metric)?;
        let mut collection = Collection::new(&metric, arrays)?;
        let names = collection.names(names)?;
        let target = target.map(|target| collection.target(&metric, target)).transpose()?;
        let stimuli = collection.stimuli;
        let points: Vec<metric::Point> = collection.points.into_iter().map(Embedded::into_point).collect();
        let inner = py.detach(|| path::Path::new(&metric, &points, target.as_ref())).map_err(failed)?;
        Ok(Self { inner, metric, names, stimuli })
    }

    /// Names of the points.
    #[getter]
    fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    /// The metric.
    #[getter]
    fn metric(&self) -> Metric {
        Metric { metric: self.metric }
    }

    /// Number of stimuli.
    #[getter]
    fn stimuli(&self) -> usize {
        self.stimuli
    }

    /// Distance from each point to the next, L values.
    #[getter]
    fn steps<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, self.inner.steps())
    }

    /// Sum of the steps.
    #[getter]
    fn length(&self) -> f64 {
        self.inner.length()
    }

    /// Distance from the first point to the last.
    #[getter]
    fn displacement(&self) -> f64 {
        self.inner.displacement()
    }

    /// displacement / length in [0, 1], 1 for a geodesic; None for a path of length 0.
    #[getter]
    fn straightness(&self) -> Option<f64> {
        self.inner.straightness()
    }

    /// Angle at each inner point between the directions to the one before and the one after, in rad, L - 1 values: pi
    /// straight on, 0 turning back. Masked where undefined.
    #[getter]
    fn interior_angles<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        masked(py, self.inner.interior_angles().iter().cloned())
    }

    /// Angle at each point but the last between the directions to the next and to the target, in rad: 0 straight at the
    /// target. Masked where undefined.
    #[getter]
    fn heading_angles<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.inner.heading_angles().map(|angles| masked(py, angles.iter().cloned())).transpose()
    }

    /// Distance of each point to the first, L + 1 values.
    #[getter]
    fn distance_to_start<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_vec(py, self.inner.distance_to_start())
    }

    /// Distance of each point to the target, L + 1 values.
    #[getter]
    fn distance_to_target<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray1<f64>>> {
        self.inner.distance_to_target().map(|distances| PyArray1::from_vec(py, distances))
    }

    /// How much nearer to the target each step leads, L values.
    #[getter]
    fn progress<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray1<f64>>> {
        self.inner.progress().map(|progress| PyArray1::from_vec(py, progress))
    }

    /// progress / step in [-1, 1], L values. Masked where the step is zero.
    #[getter]
    fn efficiency<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.inner.efficiency().map(|ratios| masked(py, ratios)).transpose()
    }

    /// Where each point projects on the geodesic from the first point (0) to the target (1), not clamped, L + 1 values.
    /// Masked where undefined.
    #[getter]
    fn fraction_along<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.fractions_along().map(|values| masked(py, values)).transpose()
    }

    /// Distance of each point to the geodesic from the first point to the target, L + 1 values. Masked where undefined.
    #[getter]
    fn detour<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.detours().map(|values| masked(py, values)).transpose()
    }

    /// Distances of all pairs of points, the target last when there is one.
    #[getter]
    fn distances<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        square(py, self.inner.distances())
    }

    /// What is masked or None, and why: (statistic, index or None, reason).
    #[getter]
    fn undefined(&self) -> Vec<(&'static str, Option<usize>, String)> {
        let mut undefined = Vec::new();
        if self.inner.straightness().is_none() {
            undefined.push(("straightness", None, "the path has length 0".to_owned()));
        }
        let mut note = |statistic, values: Option<Vec<Statistic<f64>>>| {
            for (index, value) in values.into_iter().flatten().enumerate() {
                if let Err(reason) = value {
                    undefined.push((statistic, Some(index), reason.to_string()));
                }
            }
        };
        note("interior_angles", Some(self.inner.interior_angles().to_vec()));
        note("heading_angles", self.inner.heading_angles().map(<[_]>::to_vec));
        note("efficiency", self.inner.efficiency());
        note("fraction_along", self.fractions_along());
        note("detour", self.detours());
        undefined
    }

    fn __len__(&self) -> usize {
        self.inner.n_points()
    }

    fn __repr__(&self) -> String {
        let straightness = self.inner.straightness().map_or("undefined".to_owned(), |value| format!("{value:.3}"));
        let target = if self.inner.has_target() { ", with target" } else { "" };
        format!(
            "Path({} points{target}, {} stimuli, {}: length {:.4} {}, straightness {straightness})",
            self.inner.n_points(),
            self.stimuli,
            self.metric,
            self.inner.length(),
            self.metric.unit(),
        )
    }
}

impl Path {
    fn fractions_along(&self) -> Option<Vec<Statistic<f64>>> {
        let projections = self.inner.projections()?;
        Some(projections.iter().map(|projection| projection.clone().map(|found| found.t)).collect())
    }

    fn detours(&self) -> Option<Vec<Statistic<f64>>> {
        let projections = self.inner.projections()?;
        Some(projections.iter().map(|projection| projection.clone().map(|found| found.distance)).collect())
    }
}
