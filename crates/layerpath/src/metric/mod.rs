//! Metrics by name: how activations become points, and the space the points live in.
//!
//! A [`Metric`] is parsed from a name such as `angular-cka[estimator=biased]`; its printed form always carries every
//! parameter that changes numbers, and parses back to the same metric. The same text is used on the command line, in
//! Python, in files and in reports.

mod accumulator;
mod affine_invariant;
mod angular_cka;
mod angular_rsa;
mod conventions;
mod derivative;
mod grassmann;
mod kernel;
mod log_euclidean;
pub(crate) mod name;
mod peers;
mod point;
mod properties;
mod rows;
mod shape;
mod spd;
mod stress;

use std::fmt;
use std::str::FromStr;

use rayon::prelude::*;

pub use accumulator::GramAccumulator;
pub use affine_invariant::AffineInvariantMetric;
pub use angular_cka::{AngularCka, Estimator};
pub use angular_rsa::AngularRsa;
pub use conventions::Convention;
pub use derivative::Derivative;
pub use grassmann::GrassmannMetric;
pub use kernel::{Kernel, LengthScale};
pub use log_euclidean::LogEuclidean;
pub use point::Point;
pub(crate) use point::{Together, in_space};
pub use properties::{Curvature, Invariances, Properties};
pub(crate) use rows::sphere_vector;
pub use shape::ShapeMetric;
pub use spd::SpdMatrix;
pub use stress::{Rescale, Stress};

use crate::Error;
use crate::geometry::{
    self, AffineInvariant, DescentOptions, FlatVector, GeodesicSpace, Grassmann, Mean, MetricSpace, PositiveDefinite,
    Projection, RiemannianSpace, TriangleComparison, UnitVector,
};
use crate::linalg::roundoff_of_products;
use crate::representation::Representation;
use crate::representation::roundoff::F32;
use crate::table::{AllPairs, FeatureTable, SymmetricTable};

/// One of the built-in metrics with its parameters.
///
/// ```
/// use layerpath::metric::Metric;
/// let metric: Metric = "angular-cka".parse()?;
/// assert_eq!(metric.to_string(), "angular-cka[estimator=unbiased,kernel=linear]");
/// assert!("angular-cka[estimator=best]".parse::<Metric>().is_err());
/// # Ok::<(), layerpath::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric(Kind);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    AngularCka(AngularCka),
    Shape(ShapeMetric),
    Grassmann(GrassmannMetric),
    AffineInvariant(AffineInvariantMetric),
    LogEuclidean(LogEuclidean),
    Stress(Stress),
    AngularRsa(AngularRsa),
}

impl Default for Metric {
    /// `angular-cka[estimator=unbiased,kernel=linear]`.
    fn default() -> Self {
        Self(Kind::AngularCka(AngularCka::default()))
    }
}

/// Evaluates one expression for whichever metric it is.
macro_rules! each {
    ($kind:expr, $metric:ident => $body:expr) => {
        match $kind {
            Kind::AngularCka($metric) => $body,
            Kind::Shape($metric) => $body,
            Kind::Grassmann($metric) => $body,
            Kind::AffineInvariant($metric) => $body,
            Kind::LogEuclidean($metric) => $body,
            Kind::Stress($metric) => $body,
            Kind::AngularRsa($metric) => $body,
        }
    };
}

impl Metric {
    /// Names of the built-in metrics, without parameters.
    pub const NAMES: &'static [&'static str] = &[
        "angular-cka",
        "angular-shape",
        "euclidean-shape",
        "grassmann",
        "affine-invariant",
        "log-euclidean",
        "stress",
        "angular-rsa",
    ];

    /// Representatives of every built-in metric, for listings and law tests: every combination of discrete parameters, with
    /// one value of each number.
    pub fn all() -> Vec<Self> {
        let cka = |estimator, kernel| Self::from(AngularCka { estimator, kernel });
        let median = LengthScale::Median(1.0);
        let gram = SpdMatrix::Gram { ridge: 0.1 };
        let covariance = SpdMatrix::Covariance { components: 2, ridge: 0.0 };
        let mut all: Vec<Self> = Estimator::ALL.into_iter().map(|estimator| cka(estimator, Kernel::Linear)).collect();
        all.extend([
            cka(Estimator::Unbiased, Kernel::Rbf(median)),
            cka(Estimator::Unbiased, Kernel::Laplace(median)),
            ShapeMetric::ANGULAR.into(),
            ShapeMetric { components: Some(2), ..ShapeMetric::ANGULAR }.into(),
            ShapeMetric { whitening: 0.5, ..ShapeMetric::ANGULAR }.into(),
            ShapeMetric { whitening: 0.0, ..ShapeMetric::ANGULAR }.into(),
            ShapeMetric::EUCLIDEAN.into(),
            GrassmannMetric { components: 2 }.into(),
            AffineInvariantMetric { matrix: gram }.into(),
            AffineInvariantMetric { matrix: covariance }.into(),
            LogEuclidean { matrix: gram }.into(),
            LogEuclidean { matrix: covariance }.into(),
            Stress { rescale: Rescale::None }.into(),
            Stress { rescale: Rescale::Median }.into(),
            AngularRsa.into(),
        ]);
        all
    }

    /// Embeds activations as a point.
    ///
    /// # Errors
    ///
    /// Activations that have no point under this metric: too few stimuli, equal rows, too few components, …
    pub fn embed(&self, x: &Representation<'_>) -> Result<Point, Error> {
        let m = x.stimuli();
        match self.0 {
            Kind::AngularCka(metric) => metric.embed(x).map(Point::Sphere),
            Kind::Shape(metric) => metric.embed(x).map(|shape| Point::Shape(metric.space(m), shape)),
            Kind::Grassmann(metric) => {
                metric.embed(x).map(|point| Point::Subspace(Grassmann::new(m, metric.components), point))
            }
            Kind::AffineInvariant(metric) => {
                metric.embed(x).map(|point| Point::PositiveDefinite(AffineInvariant::new(metric.matrix.size(m)), point))
            }
            Kind::LogEuclidean(metric) => metric.embed(x).map(Point::Flat),
            Kind::Stress(metric) => metric.embed(x).map(Point::Flat),
            Kind::AngularRsa(metric) => metric.embed(x).map(Point::Sphere),
        }
    }

    /// The table of feature space for layers of these widths.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] for everything but angular CKA with the linear kernel.
    pub fn feature_table(&self, widths: &[usize]) -> Result<FeatureTable, Error> {
        match self.0 {
            Kind::AngularCka(metric) => FeatureTable::new(metric, widths),
            _ => Err(Error::Unavailable {
                operation: "feature space",
                metric: self.to_string(),
                reason: "only angular CKA with the linear kernel is a sum over stimuli; use sample space",
            }),
        }
    }

    /// Embeds the layers of a network, several at a time: faster than one after another, and the same bits.
    ///
    /// # Errors
    ///
    /// As [`embed`](Self::embed), of the first layer that has no point, and its place.
    ///
    /// ```
    /// use layerpath::{metric::Metric, representation::Representation};
    /// let layers = [[0.0, 1.0, 3.0, 2.0, 5.0], [1.0, 1.0, 1.0, 1.0, 1.0_f64]];
    /// let layers = layers.each_ref().map(|x| Representation::new(&x[..], 5, 1).unwrap());
    /// assert_eq!(Metric::default().embed_all(&layers[..1]).unwrap()[0], Metric::default().embed(&layers[0])?);
    /// assert_eq!(Metric::default().embed_all(&layers).unwrap_err().0, 1);
    /// # Ok::<(), layerpath::Error>(())
    /// ```
    pub fn embed_all(&self, layers: &[Representation<'_>]) -> Result<Vec<Point>, (usize, Error)> {
        let all: Vec<_> = layers.par_iter().with_max_len(1).map(|x| self.embed(x)).collect();
        all.into_iter().enumerate().map(|(place, point)| point.map_err(|error| (place, error))).collect()
    }

    /// Restores a point from coordinates that [`Point::coordinates`] gave, possibly rounded in between to a type of unit
    /// roundoff `roundoff` ([`roundoff`](crate::representation::roundoff)), and possibly followed by zeros up to the number
    /// that [`coordinates`](Self::coordinates) says.
    ///
    /// # Errors
    ///
    /// [`Error::NotAPoint`] if they are none, to within f32 rounding.
    pub fn point_from_coordinates(&self, coordinates: Vec<f64>, roundoff: f64) -> Result<Point, Error> {
        let length = crate::linalg::norm(&coordinates);
        let unit = |length: f64| {
            if length.is_nan() || (length - 1.0).abs() > 1e-4 {
                return Err(Error::NotAPoint(format!("the stored coordinates have norm {length} instead of 1")));
            }
            Ok(())
        };
        match self.0 {
            Kind::AngularCka(_) | Kind::AngularRsa(_) => {
                unit(length)?;
                // Numbers kept in f32 come from f32 activations as a rule, whose products were made in f32.
                let product = roundoff_of_products::<f32>();
                let resolution = if roundoff < F32 { roundoff } else { roundoff.max(product) };
                UnitVector::normalize(coordinates).map(|vector| Point::Sphere(vector.with_resolution(resolution)))
            }
            Kind::LogEuclidean(_) | Kind::Stress(_) => {
                FlatVector::new(coordinates).map(|vector| Point::Flat(vector.with_resolution(roundoff * length)))
            }
            Kind::Shape(metric) => {
                let space = metric.space(self.stimuli_of(coordinates.len())?);
                if metric.angular {
                    unit(length)?;
                }
                let shape = space.point(coordinates)?;
                let size = shape.size();
                Ok(Point::Shape(space, shape.with_resolution(roundoff * size)))
            }
            Kind::Grassmann(metric) => {
                unit(length / (metric.components as f64).sqrt())?;
                let space = Grassmann::new(self.stimuli_of(coordinates.len())?, metric.components);
                space.span(coordinates).map(|point| Point::Subspace(space, point.with_resolution(roundoff)))
            }
            Kind::AffineInvariant(_) => {
                let size = coordinates.len().isqrt();
                let point = PositiveDefinite::new(coordinates, size)?;
                let resolution = roundoff * point.condition().sqrt();
                Ok(Point::PositiveDefinite(AffineInvariant::new(size), point.with_resolution(resolution)))
            }
        }
    }

    /// The number of stimuli whose points are stored in so many coordinates.
    fn stimuli_of(&self, coordinates: usize) -> Result<usize, Error> {
        // Between m coordinates (one column) and m·(m − 1).
        (coordinates.isqrt()..=coordinates)
            .find(|&m| m > 1 && self.coordinates(m) == coordinates)
            .ok_or_else(|| Error::NotAPoint(format!("{coordinates} coordinates are no point of {self}")))
    }

    /// Number of coordinates of a point made from m stimuli; the largest possible number for shapes, whose points have as
    /// many columns as their rank and may be filled up with zeros.
    pub fn coordinates(&self, stimuli: usize) -> usize {
        each!(self.0, metric => metric.coordinates(stimuli))
    }

    /// What holds for this metric whatever the data.
    pub fn properties(&self) -> Properties {
        each!(self.0, metric => metric.properties())
    }

    /// Whether distances may move with the number of stimuli, beyond what the metric corrects: under all but the estimators
    /// `unbiased` and `masked` of angular CKA.
    pub fn depends_on_sample_size(&self) -> bool {
        !matches!(self.0, Kind::AngularCka(metric) if metric.estimator != Estimator::Biased)
    }

    /// Unit of distances: `rad` for angles, `activation` for the activations' own unit, `nat` for natural logarithms of
    /// ratios, `median` for multiples of the median distance between stimuli.
    pub fn unit(&self) -> &'static str {
        match self.0 {
            Kind::AngularCka(_) | Kind::AngularRsa(_) | Kind::Grassmann(_) => "rad",
            Kind::Shape(metric) if metric.angular => "rad",
            Kind::Shape(_) | Kind::Stress(Stress { rescale: Rescale::None }) => "activation",
            Kind::AffineInvariant(_) | Kind::LogEuclidean(_) => "nat",
            Kind::Stress(Stress { rescale: Rescale::Median }) => "median",
        }
    }

    /// Distance of two points, in [`unit`](Self::unit).
    ///
    /// # Errors
    ///
    /// Points of different spaces.
    pub fn distance(&self, p: &Point, q: &Point) -> Result<f64, Error> {
        in_space!(&[p, q], |space, own, wrap| Ok(space.distance(own[0], own[1])?))
    }

    /// Point at `t` on the geodesic from `p` to `q`.
    ///
    /// # Errors
    ///
    /// Points of different spaces, a geodesic that is not unique, or a metric without geodesics.
    pub fn geodesic(&self, p: &Point, q: &Point, t: f64) -> Result<Point, Error> {
        in_space!(&[p, q], |space, own, wrap| Ok(wrap(space.geodesic(own[0], own[1], t)?)))
    }

    /// Angle at `b` between the directions to `a` and `c`, in rad.
    ///
    /// # Errors
    ///
    /// Points of different spaces, or a direction that is not defined.
    pub fn angle(&self, a: &Point, b: &Point, c: &Point) -> Result<f64, Error> {
        in_space!(&[a, b, c], |space, own, wrap| Ok(space.angle(own[0], own[1], own[2])?))
    }

    /// Projection of `c` on the geodesic through `p` and `q`.
    ///
    /// # Errors
    ///
    /// Points of different spaces, or a projection that is not unique.
    pub fn project(&self, p: &Point, q: &Point, c: &Point) -> Result<Projection, Error> {
        in_space!(&[p, q, c], |space, own, wrap| Ok(space.project(own[0], own[1], own[2])?))
    }

    /// The Fréchet mean of points: [`geometry::frechet_mean`] in their space.
    ///
    /// # Errors
    ///
    /// Points of different spaces, a metric without geodesics, points too spread for a mean.
    pub fn frechet_mean(&self, points: &[&Point], options: &DescentOptions) -> Result<Mean<Point>, Error> {
        in_space!(points, |space, own, wrap| {
            let Mean { point, distances, variance, gradient, iterations, history } =
                geometry::frechet_mean(&space, &own, options)?;
            Ok(Mean { point: wrap(point), distances, variance, gradient, iterations, history })
        })
    }

    /// Alexandrov's comparison of the triangle p, q, r with those of constant curvature:
    /// [`geometry::compare_triangle`] in their space.
    ///
    /// # Errors
    ///
    /// Points of different spaces, equal points, or a geodesic that is not unique.
    pub fn compare_triangle(&self, p: &Point, q: &Point, r: &Point, t: f64) -> Result<TriangleComparison, Error> {
        in_space!(&[p, q, r], |space, own, wrap| Ok(geometry::compare_triangle(&space, own[0], own[1], own[2], t)?))
    }

    /// Distances between all pairs of points.
    ///
    /// # Errors
    ///
    /// Points of different spaces.
    pub fn distances(&self, points: &[&Point]) -> Result<SymmetricTable, Error> {
        in_space!(points, |space, own, wrap| space.all_pairs(&own))
    }
}

macro_rules! into_metric {
    ($($metric:ty => $kind:ident),*) => {
        $(impl From<$metric> for Metric {
            fn from(metric: $metric) -> Self {
                Self(Kind::$kind(metric))
            }
        })*
    };
}

into_metric!(
    AngularCka => AngularCka, ShapeMetric => Shape, GrassmannMetric => Grassmann,
    AffineInvariantMetric => AffineInvariant, LogEuclidean => LogEuclidean, Stress => Stress, AngularRsa => AngularRsa
);

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        each!(self.0, metric => metric.fmt(f))
    }
}

impl FromStr for Metric {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parsed = name::ParsedName::parse(text)?;
        match parsed.base {
            "angular-cka" => AngularCka::from_name(parsed).map(Self::from),
            "angular-shape" => ShapeMetric::from_name(true, parsed).map(Self::from),
            "euclidean-shape" | "bures-wasserstein" => ShapeMetric::from_name(false, parsed).map(Self::from),
            "grassmann" => GrassmannMetric::from_name(parsed).map(Self::from),
            "affine-invariant" => AffineInvariantMetric::from_name(parsed).map(Self::from),
            "log-euclidean" => LogEuclidean::from_name(parsed).map(Self::from),
            "stress" => Stress::from_name(parsed).map(Self::from),
            "angular-rsa" => AngularRsa::from_name(parsed).map(Self::from),
            unknown => Err(Error::MetricName {
                name: text.to_owned(),
                problem: format!("`{unknown}` is no metric"),
                hint: format!(
                    "known are {} (scores such as cka, cca and rsa are similarities, no metrics)",
                    Self::NAMES.join(", ")
                ),
            }),
        }
    }
}
