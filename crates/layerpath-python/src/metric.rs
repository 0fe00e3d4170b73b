//! `Metric`: a metric by name, and geometry on its points.

use std::hash::{DefaultHasher, Hash, Hasher};

use layerpath::metric;
use pyo3::prelude::*;

use crate::activations::{as_array, embed, type_name};
use crate::failure::{failed, wrong_type, wrong_value};
use crate::point::{Point, check_stimuli};

/// A metric between representations, by name: `Metric("angular-cka[estimator=biased]")`.
///
/// `str()` gives the name with every parameter that changes numbers; it makes the same metric again.
#[pyclass(frozen, eq, module = "layerpath")]
#[derive(PartialEq)]
pub(crate) struct Metric {
    pub(crate) metric: metric::Metric,
}

#[pymethods]
impl Metric {
    #[new]
    #[pyo3(signature = (name = "angular-cka"))]
    fn new(name: &str) -> PyResult<Self> {
        Ok(Self { metric: parse("name", name)? })
    }

    /// Activations as a point: an array of floating-point numbers, first axis stimuli, the rest flattened.
    fn point(&self, array: &Bound<'_, PyAny>) -> PyResult<Point> {
        let (inner, stimuli) = embed(&self.metric, "array", &as_array("array", array)?)?;
        Ok(Point { inner, metric: self.metric, stimuli })
    }

    /// Distance of two points.
    fn distance(&self, py: Python<'_>, x: &Bound<'_, PyAny>, y: &Bound<'_, PyAny>) -> PyResult<f64> {
        let [x, y] = self.points([("x", x), ("y", y)])?;
        py.detach(|| self.metric.distance(&x.inner, &y.inner)).map_err(failed)
    }

    /// Angle at `b` between the directions to `a` and `c`, in rad: pi means straight on, 0 turning back.
    fn angle(&self, py: Python<'_>, a: &Bound<'_, PyAny>, b: &Bound<'_, PyAny>, c: &Bound<'_, PyAny>) -> PyResult<f64> {
        let [a, b, c] = self.points([("a", a), ("b", b), ("c", c)])?;
        py.detach(|| self.metric.angle(&a.inner, &b.inner, &c.inner)).map_err(failed)
    }

    /// Point at `t` on the geodesic from `p` (0) to `q` (1); other `t` go on beyond the ends.
    fn geodesic(&self, py: Python<'_>, p: &Bound<'_, PyAny>, q: &Bound<'_, PyAny>, t: f64) -> PyResult<Point> {
        let [p, q] = self.points([("p", p), ("q", q)])?;
        if !t.is_finite() {
            return Err(wrong_value("t", format!("expected a finite number, not {t}")));
        }
        let inner = py.detach(|| self.metric.geodesic(&p.inner, &q.inner, t)).map_err(failed)?;
        Ok(Point { inner, metric: self.metric, stimuli: p.stimuli })
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
        let projection = py.detach(|| self.metric.project(&p.inner, &q.inner, &c.inner)).map_err(failed)?;
        Ok((projection.t, projection.distance))
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

    /// For `pickle` and `copy`.
    fn __getnewargs__(&self) -> (String,) {
        (self.metric.to_string(),)
    }
}

impl Metric {
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
}

/// The argument `metric`: a name, a `Metric`, or nothing for the default.
pub(crate) fn metric_argument(object: Option<&Bound<'_, PyAny>>) -> PyResult<metric::Metric> {
    let Some(object) = object else { return Ok(metric::Metric::default()) };
    if let Ok(metric) = object.cast::<Metric>() {
        return Ok(metric.get().metric);
    }
    match object.extract::<&str>() {
        Ok(name) => parse("metric", name),
        Err(_) => Err(wrong_type(
            "metric",
            format!("expected a Metric or a name such as 'angular-cka', not {}", type_name(object)),
        )),
    }
}

fn parse(argument: &str, name: &str) -> PyResult<metric::Metric> {
    name.parse().map_err(|error| wrong_value(argument, error))
}
