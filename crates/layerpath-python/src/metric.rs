//! `Metric`: a metric by name, and geometry on its points.

use std::hash::{DefaultHasher, Hash, Hasher};

use layerpath::metric;
use numpy::{PyArray1, PyArrayDescrMethods, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::activations::{Activations, as_array, fits, too_many, type_name, with_representation};
use crate::argument;
use crate::collection::point_argument;
use crate::failure::{failed, failed_for, named, no_memory, wrong_type, wrong_value};
use crate::output::html;
use crate::patience::{detached, interruptible};
use crate::point::{Point, check_stimuli};

/// What users who hand over one column of activations must know.
const COORDINATES: &str =
    "an array of one axis is taken for the coordinates of a point; activations have two axes or more";

/// A metric between representations, by name: `Metric("angular-cka[estimator=biased]")`.
///
/// The names are angular-cka, angular-shape, euclidean-shape, angular-rsa, stress, grassmann, affine-invariant and
/// log-euclidean; docs/metrics says what each sees and which parameters it has. `str()` gives the name with every parameter
/// that changes numbers; it makes the same metric again. A metric is also a function of two points (or arrays) that gives
/// their distance, as scikit-learn and SciPy take for `metric=`.
#[pyclass(frozen, eq, module = "layerpath")]
#[derive(PartialEq)]
pub(crate) struct Metric {
    pub(crate) metric: metric::Metric,
}

#[pymethods]
impl Metric {
    #[new]
    #[pyo3(signature = (name = "angular-cka".to_owned()), text_signature = "(name='angular-cka')")]
    fn new(#[pyo3(from_py_with = argument::name)] name: String) -> PyResult<Self> {
        Ok(Self { metric: parse("name", &name)? })
    }

    /// Unit of distances, "rad" for angles.
    #[getter]
    fn unit(&self) -> &'static str {
        self.metric.unit()
    }

    /// Number of coordinates of a point of so many stimuli; the largest possible number for shapes.
    fn coordinates(&self, #[pyo3(from_py_with = argument::stimuli)] stimuli: usize) -> usize {
        self.metric.coordinates(stimuli)
    }

    /// The point of coordinates that `Point.coordinates` gave, possibly followed by zeros. Shapes of low rank have fewer
    /// coordinates than other shapes of as many stimuli, and need `stimuli` to be told apart.
    #[pyo3(signature = (coordinates, *, stimuli = None))]
    fn restore(
        &self,
        coordinates: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = argument::stimuli_of_point)] stimuli: Option<usize>,
    ) -> PyResult<Point> {
        let activations = as_array("coordinates", coordinates)?;
        if activations.array.ndim() != 1 {
            let message = format!("expected one axis, not {}", activations.array.ndim());
            return Err(wrong_value("coordinates", message));
        }
        self.restored("coordinates", &activations, stimuli)
    }

    /// Activations as a point: an array of floating-point numbers, first axis stimuli, the rest flattened.
    fn point(&self, array: &Bound<'_, PyAny>) -> PyResult<Point> {
        if array.is_instance_of::<Point>() {
            return Err(wrong_type("array", "expected an array, not a Point, which is one already"));
        }
        point_argument(&self.metric, "array", array)
    }

    /// Distance of two points.
    fn distance(&self, py: Python<'_>, x: &Bound<'_, PyAny>, y: &Bound<'_, PyAny>) -> PyResult<f64> {
        let [x, y] = self.points([("x", x), ("y", y)])?;
        self.distance_of(py, x.clone(), y.clone())
    }

    /// Angle at `b` between the directions to `a` and `c`, in rad: pi means straight on, 0 turning back.
    fn angle(&self, py: Python<'_>, a: &Bound<'_, PyAny>, b: &Bound<'_, PyAny>, c: &Bound<'_, PyAny>) -> PyResult<f64> {
        let [a, b, c] = self.points([("a", a), ("b", b), ("c", c)])?;
        let (a, b, c, metric) = (a.clone(), b.clone(), c.clone(), self.metric);
        self.patiently(py, move || metric.angle(a.inner(), b.inner(), c.inner()))?.map_err(failed)
    }

    /// Point at `t` on the geodesic from `p` (0) to `q` (1); other `t` go on beyond the ends.
    fn geodesic(
        &self,
        py: Python<'_>,
        p: &Bound<'_, PyAny>,
        q: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = argument::t)] t: f64,
    ) -> PyResult<Point> {
        let [p, q] = self.points([("p", p), ("q", q)])?;
        let (p, q, metric, stimuli) = (p.clone(), q.clone(), self.metric, p.stimuli);
        let inner = self.patiently(py, move || metric.geodesic(p.inner(), q.inner(), t))?.map_err(failed)?;
        Ok(Point::new(layerpath::analysis::PointRecord::default(), inner, metric, stimuli))
    }

    /// Projection of `c` on the geodesic through `p` and `q`: where on it (0 at `p`, 1 at `q`, not clamped), and how far.
    fn project(
        &self,
        py: Python<'_>,
        p: &Bound<'_, PyAny>,
        q: &Bound<'_, PyAny>,
        c: &Bound<'_, PyAny>,
    ) -> PyResult<(f64, f64)> {
        let [p, q, c] = self.points([("p", p), ("q", q), ("c", c)])?;
        let (p, q, c, metric) = (p.clone(), q.clone(), c.clone(), self.metric);
        let found = interruptible(py, move || metric.project(p.inner(), q.inner(), c.inner()))?.map_err(failed)?;
        Ok((found.t, found.distance))
    }

    /// Distance of activations `x` to the point `y`, and its derivative with respect to `x`: float64 in the shape of `x`.
    ///
    /// For angular-cka, angular-shape and euclidean-shape.
    fn distance_and_gradient<'py>(
        &self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        y: &Bound<'py, PyAny>,
    ) -> PyResult<(f64, Bound<'py, PyAny>)> {
        let activations = as_array("x", x)?;
        let y = Point::expect("y", y)?;
        y.check_metric("y", &self.metric)?;
        check_stimuli("y", y.stimuli, "x", activations.array.shape()[0])?;
        let shape = activations.array.shape().to_vec();
        let found = with_representation("x", &activations, |x| Ok(self.metric.distance_derivative(x, y.inner())))?
            .map_err(|error| failed_for("x", &error))?;
        let gradient = PyArray1::from_vec(py, found.gradient).reshape(shape)?;
        Ok((found.distance, gradient.into_any()))
    }

    /// Distance of two representations: points, arrays (first axis stimuli), or, as scikit-learn and SciPy hand them over,
    /// rows of coordinates (`Point.coordinates`), which is what an array of one axis is taken for.
    fn __call__(&self, py: Python<'_>, x: &Bound<'_, PyAny>, y: &Bound<'_, PyAny>) -> PyResult<f64> {
        let (x, y) = (self.any_point("x", x)?, self.any_point("y", y)?);
        check_stimuli("y", y.stimuli, "x", x.stimuli)?;
        self.distance_of(py, x, y)
    }

    fn __str__(&self) -> String {
        self.metric.to_string()
    }

    fn __repr__(&self) -> String {
        format!("Metric('{}')", self.metric)
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.metric.to_string().hash(&mut hasher);
        hasher.finish()
    }

    fn _repr_html_<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        html("metric", slf.as_any())
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
    fn __getnewargs__(&self) -> (String,) {
        (self.metric.to_string(),)
    }
}

impl Metric {
    /// The result of `work`: on a thread of its own, so that Ctrl-C is heard, where it may take long.
    fn patiently<T: Send + 'static>(&self, py: Python<'_>, work: impl FnOnce() -> T + Send + 'static) -> PyResult<T> {
        if self.metric.is_spherical() { detached(py, work) } else { interruptible(py, work) }
    }

    fn distance_of(&self, py: Python<'_>, x: Point, y: Point) -> PyResult<f64> {
        let metric = self.metric;
        self.patiently(py, move || metric.distance(x.inner(), y.inner()))?.map_err(failed)
    }

    /// The named arguments as points of this metric that answer the same stimuli.
    fn points<'a, const N: usize>(&self, arguments: [(&str, &'a Bound<'_, PyAny>); N]) -> PyResult<[&'a Point; N]> {
        let (first_argument, first) = arguments[0];
        let first = Point::expect(first_argument, first)?;
        let mut points = [first; N];
        for ((argument, object), place) in arguments.into_iter().zip(&mut points) {
            let point = Point::expect(argument, object)?;
            point.check_metric(argument, &self.metric)?;
            check_stimuli(argument, point.stimuli, first_argument, first.stimuli)?;
            *place = point;
        }
        Ok(points)
    }

    /// A point, an array, or a row of coordinates.
    fn any_point(&self, argument: &str, object: &Bound<'_, PyAny>) -> PyResult<Point> {
        if object.is_instance_of::<Point>() {
            return point_argument(&self.metric, argument, object);
        }
        let activations = as_array(argument, object)?;
        if activations.array.ndim() != 1 {
            return point_argument(&self.metric, argument, activations.array.as_any());
        }
        self.restored(argument, &activations, None)
    }

    /// The point of a row of coordinates.
    fn restored(&self, argument: &str, activations: &Activations<'_>, stimuli: Option<usize>) -> PyResult<Point> {
        let (py, dtype) = (activations.array.py(), activations.array.dtype());
        if dtype.kind() != b'f' || activations.is_bfloat16() {
            return Err(wrong_type(
                argument,
                format!("coordinates are floating-point numbers, not {dtype} ({COORDINATES})"),
            ));
        }
        let array =
            activations.array.call_method1("astype", ("float64",)).map_err(|error| named(py, argument, &error))?;
        let array = array.cast_into::<PyArray1<f64>>()?;
        let mut coordinates = array.to_vec()?;
        let length = coordinates.len();
        if let Some(stimuli) = stimuli {
            if !fits(stimuli) {
                return Err(no_memory("stimuli", too_many(stimuli)));
            }
            let most = self.metric.coordinates(stimuli);
            if length > most {
                let message = format!("{length} are more than the {most} of a point of {stimuli} stimuli");
                return Err(wrong_value(argument, message));
            }
            coordinates.resize(most, 0.0);
        }
        // Numbers of one or two stimuli have no points worth a distance; the search is a bisection, since more stimuli
        // have more coordinates.
        let (mut low, mut high) = (2, length + 3);
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.metric.coordinates(middle) < length { low = middle + 1 } else { high = middle }
        }
        let roundoff = layerpath::representation::roundoff::F64;
        let inner = detached(py, || self.metric.point_from_coordinates(coordinates, roundoff))?
            .map_err(|error| wrong_value(argument, format!("{error} ({COORDINATES})")))?;
        Ok(Point::new(layerpath::analysis::PointRecord::default(), inner, self.metric, stimuli.unwrap_or(low)))
    }
}

/// The argument `metric` of functions that Python defines.
#[pyfunction]
#[pyo3(signature = (metric = None))]
pub(crate) fn as_metric(metric: Option<&Bound<'_, PyAny>>) -> PyResult<Metric> {
    Ok(Metric { metric: metric_argument(metric)? })
}

/// The argument `metric`: a name, a `Metric`, or nothing for the default.
pub(crate) fn metric_argument(object: Option<&Bound<'_, PyAny>>) -> PyResult<metric::Metric> {
    let Some(object) = object else { return Ok(metric::Metric::default()) };
    if let Ok(metric) = object.cast::<Metric>() {
        return Ok(metric.get().metric);
    }
    match object.extract::<&str>() {
        Ok(name) => parse("metric", name),
        Err(_) if object.is_instance_of::<PyString>() => Err(wrong_value("metric", "the name is no Unicode text")),
        Err(_) => Err(wrong_type(
            "metric",
            format!("expected a Metric or a name such as 'angular-cka', not {}", type_name(object)),
        )),
    }
}

pub(crate) fn parse(argument: &str, name: &str) -> PyResult<metric::Metric> {
    name.parse().map_err(|error| wrong_value(argument, error))
}
