//! Metrics by name: how activations become points, and the space the points live in.
//!
//! A [`Metric`] is parsed from a name such as `angular-cka[estimator=biased]`; its printed form always carries every
//! parameter that changes numbers, and parses back to the same metric. The same text is used on the command line, in
//! Python, in files and in reports.

mod angular_cka;
pub(crate) mod name;
mod properties;
mod restrict;

use std::fmt;
use std::str::FromStr;

pub use angular_cka::{AngularCka, Estimator, Kernel};
pub use properties::{Invariances, Properties};
pub(crate) use restrict::sphere_vector;

use crate::Error;
use crate::geometry::{GeodesicSpace, MetricSpace, Projection, RiemannianSpace, UnitSphere, UnitVector};
use crate::representation::Representation;

/// One of the built-in metrics with its parameters.
///
/// ```
/// use layerpath::metric::Metric;
/// let metric: Metric = "angular-cka".parse()?;
/// assert_eq!(metric.to_string(), "angular-cka[estimator=unbiased,kernel=linear]");
/// assert!("angular-cka[estimator=best]".parse::<Metric>().is_err());
/// # Ok::<(), layerpath::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    AngularCka(AngularCka),
}

/// A representation under a metric.
///
/// Points are comparable when the same metric made them from answers to the same stimuli.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Point {
    /// A point of a unit sphere.
    Sphere(UnitVector),
}

impl Point {
    /// Coordinates whose Euclidean inner products are the metric's inner products.
    pub fn coordinates(&self) -> &[f64] {
        match self {
            Self::Sphere(vector) => vector.coordinates(),
        }
    }

    /// The point as a unit vector.
    pub(crate) fn as_unit_vector(&self) -> &UnitVector {
        match self {
            Self::Sphere(vector) => vector,
        }
    }
}

impl Default for Metric {
    /// `angular-cka[estimator=unbiased,kernel=linear]`.
    fn default() -> Self {
        Self(Kind::AngularCka(AngularCka::default()))
    }
}

impl Metric {
    /// Names of the built-in metrics, without parameters.
    pub const NAMES: &'static [&'static str] = &["angular-cka"];

    /// Every built-in metric with every combination of its discrete parameters, for listings and law tests.
    pub fn all() -> Vec<Self> {
        Estimator::ALL.into_iter().map(|estimator| AngularCka { estimator, kernel: Kernel::Linear }.into()).collect()
    }

    /// Embeds activations as a point.
    ///
    /// # Errors
    ///
    /// [`Error::TooFewStimuli`], [`Error::ConstantRows`], [`Error::NoStructure`].
    pub fn embed(&self, x: &Representation<'_>) -> Result<Point, Error> {
        match self.0 {
            Kind::AngularCka(metric) => metric.embed(x).map(Point::Sphere),
        }
    }

    /// Restores a point from coordinates that [`Point::coordinates`] gave, possibly rounded in between to a type of unit
    /// roundoff `roundoff` ([`roundoff`](crate::representation::roundoff)).
    ///
    /// # Errors
    ///
    /// [`Error::NotAPoint`] if they do not have norm 1 to within f32 rounding.
    pub fn point_from_coordinates(&self, coordinates: Vec<f64>, roundoff: f64) -> Result<Point, Error> {
        match self.0 {
            Kind::AngularCka(_) => {
                let length = crate::linalg::norm(&coordinates);
                if length.is_nan() || (length - 1.0).abs() > 1e-4 {
                    return Err(Error::NotAPoint(format!("the stored coordinates have norm {length} instead of 1")));
                }
                UnitVector::normalize(coordinates).map(|vector| Point::Sphere(vector.with_resolution(roundoff)))
            }
        }
    }

    /// Number of coordinates of a point made from m stimuli.
    pub fn coordinates(&self, stimuli: usize) -> usize {
        match self.0 {
            Kind::AngularCka(metric) => metric.coordinates(stimuli),
        }
    }

    /// What holds for this metric whatever the data.
    pub fn properties(&self) -> Properties {
        match self.0 {
            Kind::AngularCka(metric) => metric.properties(),
        }
    }

    /// Unit of distances.
    pub fn unit(&self) -> &'static str {
        match self.0 {
            Kind::AngularCka(_) => "rad",
        }
    }

    /// Distance of two points, in [`unit`](Self::unit).
    ///
    /// # Errors
    ///
    /// Points of different spaces.
    pub fn distance(&self, p: &Point, q: &Point) -> Result<f64, Error> {
        let (space, [p, q]) = on_sphere([p, q]);
        Ok(space.distance(p, q)?)
    }

    /// Point at `t` on the geodesic from `p` to `q`.
    ///
    /// # Errors
    ///
    /// Points of different spaces, or a geodesic that is not unique.
    pub fn geodesic(&self, p: &Point, q: &Point, t: f64) -> Result<Point, Error> {
        let (space, [p, q]) = on_sphere([p, q]);
        Ok(Point::Sphere(space.geodesic(p, q, t)?))
    }

    /// Angle at `b` between the directions to `a` and `c`, in rad.
    ///
    /// # Errors
    ///
    /// Points of different spaces, or a direction that is not defined.
    pub fn angle(&self, a: &Point, b: &Point, c: &Point) -> Result<f64, Error> {
        let (space, [a, b, c]) = on_sphere([a, b, c]);
        Ok(space.angle(a, b, c)?)
    }

    /// Projection of `c` on the geodesic through `p` and `q`.
    ///
    /// # Errors
    ///
    /// Points of different spaces, or a projection that is not unique.
    pub fn project(&self, p: &Point, q: &Point, c: &Point) -> Result<Projection, Error> {
        let (space, [p, q, c]) = on_sphere([p, q, c]);
        Ok(space.project(p, q, c)?)
    }

    /// Distances between all pairs of points.
    ///
    /// # Errors
    ///
    /// Points of different spaces.
    pub fn distances(&self, points: &[&Point]) -> Result<crate::table::SymmetricTable, Error> {
        let vectors: Vec<&UnitVector> = points.iter().map(|p| p.as_unit_vector()).collect();
        crate::table::arcs(&vectors)
    }
}

/// The sphere that the first point lives in; the operations check the others.
fn on_sphere<const N: usize>(points: [&Point; N]) -> (UnitSphere, [&UnitVector; N]) {
    let vectors = points.map(Point::as_unit_vector);
    (UnitSphere::new(vectors[0].coordinates().len()), vectors)
}

impl From<AngularCka> for Metric {
    fn from(metric: AngularCka) -> Self {
        Self(Kind::AngularCka(metric))
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Kind::AngularCka(metric) => metric.fmt(f),
        }
    }
}

impl FromStr for Metric {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parsed = name::ParsedName::parse(text)?;
        match parsed.base {
            "angular-cka" => AngularCka::from_name(parsed).map(Self::from),
            unknown => Err(Error::MetricName {
                name: text.to_owned(),
                problem: format!("`{unknown}` is no metric"),
                hint: format!("known are {}", Self::NAMES.join(", ")),
            }),
        }
    }
}
