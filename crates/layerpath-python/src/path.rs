//! `Path`: layers in order, and what they say about its shape.

use std::path::PathBuf;
use std::sync::Arc;

use layerpath::analysis::{
    Along, Analysis, BaselineSettings, IntervalSettings, PathDescription, PathRecord, ProjectionRecord, analyze,
    measure,
};
use layerpath::metric;
use layerpath::path::uncertainty::JackknifeSettings;
use layerpath_io::analysis::write_analysis;
use numpy::{PyArray1, PyArray2};
use pyo3::intern;
use pyo3::prelude::*;

use crate::argument;
use crate::collection::Labels;
use crate::failure::{failed_for, file_failed, wrong_value};
use crate::metric::Metric;
use crate::output::{html, masked, plain, rows, tables, tidy_frame, tidy_table};
use crate::patience::interruptible;
use crate::pickle::{PathState, Reduced, path_state, reduced};
use crate::points::Points;

/// A network as a path through the space of representations.
///
/// `arrays` are the layers in the order of computation: a list, a dict by name, or any iterable of arrays (first axis
/// stimuli, the rest flattened) or points. `target` is an array, a point, or class labels. `network` and `stimulus_ids` are
/// names for the files that the path is written to.
///
/// Values that the geometry leaves undefined are masked, and `undefined` tells why. Without a target the statistics that
/// need one are None.
#[pyclass(frozen, module = "layerpath")]
pub(crate) struct Path {
    pub(crate) analysis: Arc<Analysis>,
    pub(crate) place: usize,
    pub(crate) metric: metric::Metric,
    /// The points and which of them the path uses; nothing for a path from an analysis file.
    pub(crate) source: Option<(Points, PathDescription)>,
}

#[pymethods]
impl Path {
    #[new]
    #[pyo3(
        signature = (arrays, *, names = None, target = None, metric = None, network = None, stimulus_ids = None),
        text_signature = "(arrays, *, names=None, target=None, metric='angular-cka', network=None, stimulus_ids=None)"
    )]
    fn new(
        py: Python<'_>,
        arrays: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = argument::names)] names: Option<Vec<String>>,
        target: Option<&Bound<'_, PyAny>>,
        metric: Option<&Bound<'_, PyAny>>,
        #[pyo3(from_py_with = argument::network)] network: Option<String>,
        #[pyo3(from_py_with = argument::stimulus_ids)] stimulus_ids: Option<Vec<String>>,
    ) -> PyResult<Self> {
        let labels = Labels { network, stimulus_ids, ..Labels::default() };
        let points = Points::make(arrays, names, target, metric, labels)?;
        let layers = points.all.iter().filter(|(record, _)| record.index.is_some()).count();
        if layers < 2 {
            return Err(failed_for("arrays", &layerpath::Error::TooFewPoints(layers)));
        }
        let description = PathDescription {
            name: points.all[0].0.network.clone().unwrap_or_else(|| "path".to_owned()),
            along: Along::Layers,
            points: (0..layers).collect(),
            target: (layers < points.all.len()).then_some(layers),
        };
        let (own, metric) = (points.clone(), points.metric);
        let described = description.clone();
        let analysis = interruptible(py, move || analyze(&own.metric, own.stimuli, &own.all, &[described]))?
            .map_err(|error| failed_for("arrays", &error))?;
        Ok(Self { analysis: Arc::new(analysis), place: 0, metric, source: Some((points, description)) })
    }

    /// Name of the path: its network and epoch where they are known.
    #[getter]
    fn name(&self) -> &str {
        &self.record().name
    }

    /// Names of the points: of the layers, or along epochs of the points.
    #[getter]
    fn names(&self) -> Vec<String> {
        let record = self.record();
        let layer = |name: &String| {
            let known = self.analysis.points.iter().find(|point| point.name == *name);
            known.filter(|_| record.along == Along::Layers).map_or_else(|| name.clone(), |point| point.layer.clone())
        };
        record.points.iter().map(layer).collect()
    }

    /// The metric.
    #[getter]
    fn metric(&self) -> Metric {
        Metric { metric: self.metric }
    }

    /// Number of stimuli.
    #[getter]
    fn stimuli(&self) -> usize {
        self.analysis.stimuli.count
    }

    /// The points, the target last; None for a path from an analysis file, which has no points.
    #[getter(points)]
    fn own_points(&self) -> Option<Points> {
        self.points().ok()
    }

    /// Distance from each point to the next, L values.
    #[getter]
    fn steps<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, &self.record().steps)
    }

    /// Sum of the steps.
    #[getter]
    fn length(&self) -> f64 {
        self.record().length
    }

    /// Distance from the first point to the last.
    #[getter]
    fn displacement(&self) -> f64 {
        self.record().displacement
    }

    /// displacement / length in [0, 1], 1 for a geodesic; None for a path of length 0.
    #[getter]
    fn straightness(&self) -> Option<f64> {
        self.record().straightness
    }

    /// Angle at each point between its neighbours, in rad, L - 1 values: pi straight on, 0 turning back. Masked where
    /// undefined.
    #[getter]
    fn interior_angles<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        masked(py, self.record().interior_angles.iter().copied())
    }

    /// Angle at each point but the last between the directions to the next and to the target, in rad: 0 straight at the
    /// target. Masked where undefined.
    #[getter]
    fn heading_angles<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.record().heading_angles.as_ref().map(|angles| masked(py, angles.iter().copied())).transpose()
    }

    /// Distance of each point to the first, L + 1 values.
    #[getter]
    fn distance_to_start<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, &self.record().distance_to_start)
    }

    /// Distance of each point to the target, L + 1 values.
    #[getter]
    fn distance_to_target<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray1<f64>>> {
        self.record().distance_to_target.as_ref().map(|distances| PyArray1::from_slice(py, distances))
    }

    /// How much nearer to the target each step leads, L values.
    #[getter]
    fn progress<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray1<f64>>> {
        self.record().progress.as_ref().map(|progress| PyArray1::from_slice(py, progress))
    }

    /// progress / step in [-1, 1], L values. Masked where the step is zero.
    #[getter]
    fn efficiency<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.record().efficiency.as_ref().map(|ratios| masked(py, ratios.iter().copied())).transpose()
    }

    /// Where each point projects on the geodesic from the first point (0) to the target (1), not clamped, L + 1 values.
    /// Masked where undefined.
    #[getter]
    fn fraction_along<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.projections(py, |projection| projection.t)
    }

    /// Distance of each point to the geodesic from the first point to the target, L + 1 values. Masked where undefined.
    #[getter]
    fn detour<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.projections(py, |projection| projection.distance)
    }

    /// Distances of all pairs of points, the target last when there is one.
    #[getter]
    fn distances<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        rows(py, &self.record().distances)
    }

    /// What is masked or None, and why: (statistic, index or None, reason).
    #[getter]
    fn undefined(&self) -> Vec<(String, Option<usize>, String)> {
        let all = &self.record().undefined;
        let entry = |name: &str, index, reason: &String| (name.to_owned(), index, reason.clone());
        let mut undefined: Vec<_> = all
            .iter()
            .filter(|one| one.statistic != "projection")
            .map(|one| entry(&one.statistic, one.index, &one.reason))
            .collect();
        for name in ["fraction_along", "detour"] {
            let projections = all.iter().filter(|one| one.statistic == "projection");
            undefined.extend(projections.map(|one| entry(name, one.index, &one.reason)));
        }
        undefined
    }

    /// Intervals over stimuli of every statistic, by the delete-group jackknife: a `Table` with the columns statistic, index,
    /// estimate, standard_error, low, high, reason.
    #[pyo3(signature = (*, groups = 20, level = 0.95, seed = 0))]
    fn intervals<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = argument::groups)] groups: usize,
        #[pyo3(from_py_with = argument::level)] level: f64,
        #[pyo3(from_py_with = argument::seed)] seed: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let intervals = if self.source.is_none() {
            self.record().intervals.clone()
        } else {
            self.document(py, None, Some(JackknifeSettings { groups, level, seed }))?.paths[0].intervals.clone()
        };
        let Some(intervals) = intervals else { return Err(no_points("intervals")) };
        tables(py)?.call_method1(intern!(py, "intervals"), (plain(py, &intervals)?,))
    }

    /// What the statistics are to be compared with: the layers in random order (`shuffles` times), and the rows of every layer
    /// permuted (`permutations` times). A `Table` with the columns baseline, statistic, index, observed, median, low, high,
    /// reason.
    #[pyo3(signature = (*, shuffles = 200, permutations = 20, seed = 0))]
    fn baselines<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = argument::shuffles)] shuffles: usize,
        #[pyo3(from_py_with = argument::permutations)] permutations: usize,
        #[pyo3(from_py_with = argument::seed)] seed: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let baselines = if self.source.is_none() {
            self.record().baselines.clone()
        } else {
            let settings = BaselineSettings { shuffles, permutations, seed };
            self.document(py, Some(settings), None)?.paths[0].baselines.clone()
        };
        let Some(baselines) = baselines else { return Err(no_points("baselines")) };
        tables(py)?.call_method1(intern!(py, "baselines"), (plain(py, &baselines)?,))
    }

    /// Writes `analysis.json`, `layers.csv` and `pairs.csv` into a folder: the files of `layerpath analyze --out`, with
    /// `baselines` and `intervals` as there.
    #[pyo3(signature = (path, *, baselines = false, intervals = false, seed = 0))]
    fn to_analysis(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = argument::path)] path: PathBuf,
        #[pyo3(from_py_with = argument::baselines)] baselines: bool,
        #[pyo3(from_py_with = argument::intervals)] intervals: bool,
        #[pyo3(from_py_with = argument::seed)] seed: u64,
    ) -> PyResult<()> {
        if self.source.is_none() && (baselines || intervals) {
            return Err(no_points(if baselines { "baselines" } else { "intervals" }));
        }
        let analysis = self.document(
            py,
            baselines.then(|| BaselineSettings::new(seed)),
            intervals.then(|| JackknifeSettings::new(seed)),
        )?;
        write_analysis(&path, &analysis).map_err(file_failed)?;
        Ok(())
    }

    /// One row a layer: step, angles, distances, progress. A `Table`.
    #[getter]
    fn layers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        tidy_table(py, &self.single(), "layers")
    }

    /// One row a pair of points, the target among them. A `Table`.
    #[getter]
    fn pairs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        tidy_table(py, &self.single(), "pairs")
    }

    /// The table "layers" or "pairs" as a data frame of pandas or polars, whichever is installed, or of the `library` named.
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
        tidy_frame(py, &self.single(), &table, library)
    }

    /// Draws with matplotlib: `kind` is "steps", "angles", "target", "distances" or "embedding". Draws into `ax` where it is
    /// given, and gives (figure, axes) without showing them.
    #[pyo3(signature = (kind = "steps".to_owned(), *, ax = None), text_signature = "($self, kind='steps', *, ax=None)")]
    fn plot<'py>(
        slf: &Bound<'py, Self>,
        #[pyo3(from_py_with = argument::kind)] kind: String,
        ax: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        py.import(intern!(py, "layerpath._plot"))?.call_method1(intern!(py, "path"), (slf, kind, ax))
    }

    fn __len__(&self) -> usize {
        self.record().points.len()
    }

    fn __repr__(&self) -> String {
        let record = self.record();
        let straightness = record.straightness.map_or("undefined".to_owned(), |value| format!("{value:.3}"));
        let target = if record.target.is_some() { ", with target" } else { "" };
        format!(
            "Path({} points{target}, {} stimuli, {}: length {:.4} {}, straightness {straightness})",
            record.points.len(),
            self.analysis.stimuli.count,
            self.metric,
            record.length,
            self.metric.unit(),
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
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py, PathState<'py>>> {
        reduced(py, "_restore_path", path_state(py, self)?)
    }

    fn _repr_html_<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        html("path", slf.as_any())
    }
}

impl Path {
    pub(crate) fn record(&self) -> &PathRecord {
        &self.analysis.paths[self.place]
    }

    /// The points of the path in order, the target last.
    pub(crate) fn points(&self) -> PyResult<Points> {
        let (points, description) = self.source.as_ref().ok_or_else(|| no_points("points"))?;
        let places: Vec<usize> = description.points.iter().copied().chain(description.target).collect();
        if places.iter().copied().eq(0..points.all.len()) {
            return Ok(points.clone());
        }
        let all = places.iter().map(|&place| points.all[place].clone()).collect();
        Ok(Points { all: Arc::new(all), ..points.clone() })
    }

    /// The core's points on the path, without the target.
    pub(crate) fn layers_only(&self) -> PyResult<Vec<metric::Point>> {
        let (points, description) = self.source.as_ref().ok_or_else(|| no_points("points"))?;
        Ok(description.points.iter().map(|&place| points.all[place].1.clone()).collect())
    }

    /// The analysis with this path alone.
    pub(crate) fn single(&self) -> Analysis {
        let whole = &*self.analysis;
        Analysis { paths: vec![self.record().clone()], points: whole.points.clone(), ..clone_head(whole) }
    }

    /// The same with baselines and intervals.
    fn document(
        &self,
        py: Python<'_>,
        baselines: Option<BaselineSettings>,
        intervals: Option<JackknifeSettings>,
    ) -> PyResult<Analysis> {
        let Some((points, description)) = self.source.clone() else { return Ok(self.single()) };
        let stimuli = self.analysis.stimuli.clone();
        interruptible(py, move || {
            let (mut single, measured) = measure(&points.metric, stimuli, &points.all, &[description])?;
            if let Some(settings) = baselines {
                single.add_baselines(&points.metric, &measured[0], None, settings)?;
            }
            if let Some(settings) = intervals {
                let mut samples = measured[0].restricted(&points.metric)?;
                let settings = IntervalSettings::Jackknife(settings);
                single.add_intervals(&points.metric, &measured[0], &mut samples, settings)?;
            }
            Ok(single)
        })?
        .map_err(|error: layerpath::Error| {
            match (&error, intervals) {
                // The one setting whose range depends on the stimuli.
                (layerpath::Error::Setting(_), Some(_)) => failed_for("groups", &error),
                (_, Some(_)) => failed_for("intervals", &error),
                (_, None) => failed_for("baselines", &error),
            }
        })
    }

    fn projections<'py>(
        &self,
        py: Python<'py>,
        take: impl Fn(&ProjectionRecord) -> f64,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let projections = self.record().projection.as_ref();
        projections.map(|all| masked(py, all.iter().map(|one| one.as_ref().map(&take)))).transpose()
    }
}

/// Everything but points and paths.
fn clone_head(whole: &Analysis) -> Analysis {
    Analysis {
        schema: whole.schema.clone(),
        program: whole.program.clone(),
        metric: whole.metric.clone(),
        unit: whole.unit.clone(),
        stimuli: whole.stimuli.clone(),
        points: Vec::new(),
        paths: Vec::new(),
        embedding: whole.embedding.clone(),
        notes: whole.notes.clone(),
    }
}

fn no_points(what: &str) -> PyErr {
    wrong_value(
        "path",
        format!("this one comes from an analysis file, which has no {what}; make it from arrays or a points store"),
    )
}
