//! The ladder of spaces, and the spaces.
//!
//! [`MetricSpace`] (distance) → [`GeodesicSpace`] (point at t, projection) → [`RiemannianSpace`] (exp, log, inner
//! product, transport, and with them angles). A space is a value; its points and tangent vectors are types of their
//! own, so that the wrong point cannot be handed in silently.
//!
//! | space | points | module |
//! | --- | --- | --- |
//! | [`UnitSphere`] | [`UnitVector`] | `sphere` |
//! | [`Euclidean`] | [`FlatVector`] | `euclidean` |
//! | [`ShapeSpace`] | [`Shape`], a quotient by rotations | `shape` |
//! | [`Grassmann`] | [`Subspace`] | `grassmann` |
//! | [`AffineInvariant`] | [`PositiveDefinite`] | `spd` |
//!
//! Generic over the ladder: [`frechet_mean`], [`compare_triangle`] (Alexandrov's comparison, the sign of curvature),
//! [`principal_geodesics_in`](crate::embed::principal_geodesics_in). On spheres and flat spaces they cost no more for many
//! stimuli than for few if they are given [`IsometricCoordinates`].
//!
//! Spheres and flat spaces are closed-form throughout. Elsewhere a projection is a bounded one-dimensional search: t is
//! found to within [`PROJECTION_TOLERANCE`], and a search that does not get there is [`GeometryError::NotConverged`],
//! never a value.

mod curvature;
mod euclidean;
mod grassmann;
mod isometric;
mod mean;
mod search;
mod shape;
mod shape_transport;
mod spd;
mod sphere;

pub use curvature::{TriangleComparison, compare_triangle, model_distance};
pub use euclidean::{Euclidean, FlatVector};
pub use grassmann::{Grassmann, Subspace};
pub use isometric::IsometricCoordinates;
pub(crate) use isometric::isometric_copies;
pub use mean::{DescentOptions, Mean, frechet_mean};
pub use search::PROJECTION_TOLERANCE;
pub use shape::{Shape, ShapeSpace, ShapeTangent};
pub use spd::{AffineInvariant, PositiveDefinite};
pub use sphere::{UnitSphere, UnitVector};

/// A set with a distance that is zero exactly for equal points, symmetric, and obeys the triangle inequality.
pub trait MetricSpace: Sync {
    /// A point of the space.
    type Point: Clone + Sync;

    /// Distance d(p, q) ≥ 0, in the unit of the space.
    ///
    /// # Errors
    ///
    /// [`GeometryError::OutsideSpace`] if a point is not one of this space.
    fn distance(&self, p: &Self::Point, q: &Self::Point) -> Result<f64, GeometryError>;

    /// Distance up to which p and q cannot be told apart, given the precision that they were made with. Directions from
    /// one to the other are then rounding noise, and every operation that needs one is [`GeometryError::Coincident`].
    fn resolution(&self, p: &Self::Point, q: &Self::Point) -> f64;
}

/// A metric space in which two points are joined by a shortest path.
pub trait GeodesicSpace: MetricSpace {
    /// The point g(t) on the geodesic with g(0) = p, g(1) = q; d(p, g(t)) = t·d(p, q) for t in [0, 1]. Other t extend
    /// the geodesic beyond its ends.
    ///
    /// # Errors
    ///
    /// [`GeometryError::Antipodal`] where the shortest path is not unique.
    fn geodesic(&self, p: &Self::Point, q: &Self::Point, t: f64) -> Result<Self::Point, GeometryError>;

    /// The point nearest to `c` on the whole geodesic through `p` and `q`.
    ///
    /// # Errors
    ///
    /// [`GeometryError::Coincident`] or [`GeometryError::Antipodal`] where the geodesic is not unique,
    /// [`GeometryError::Equidistant`] where all its points are equally near.
    fn project(&self, p: &Self::Point, q: &Self::Point, c: &Self::Point) -> Result<Projection, GeometryError>;
}

/// A geodesic space with tangent vectors.
pub trait RiemannianSpace: GeodesicSpace {
    /// A tangent vector; which point it belongs to is the caller's knowledge.
    type Tangent: Clone + Sync;

    /// The point reached from `p` along the geodesic with initial velocity `v` in unit time.
    ///
    /// # Errors
    ///
    /// [`GeometryError::OutsideSpace`] for vectors of another space.
    fn exp(&self, p: &Self::Point, v: &Self::Tangent) -> Result<Self::Point, GeometryError>;

    /// The initial velocity at `p` of the geodesic that reaches `q` in unit time; its norm is d(p, q).
    ///
    /// # Errors
    ///
    /// [`GeometryError::Antipodal`] where it is not unique.
    fn log(&self, p: &Self::Point, q: &Self::Point) -> Result<Self::Tangent, GeometryError>;

    /// Inner product ⟨v, w⟩ of tangent vectors at `p`.
    fn inner(&self, p: &Self::Point, v: &Self::Tangent, w: &Self::Tangent) -> f64;

    /// Σ weightsᵢ·vᵢ of tangent vectors at `p`.
    fn combine(&self, p: &Self::Point, vectors: &[Self::Tangent], weights: &[f64]) -> Self::Tangent;

    /// Parallel transport of `v` from `p` to `q` along the geodesic; keeps inner products.
    ///
    /// # Errors
    ///
    /// [`GeometryError::Antipodal`] where the geodesic is not unique.
    fn transport(&self, p: &Self::Point, q: &Self::Point, v: &Self::Tangent) -> Result<Self::Tangent, GeometryError>;

    /// Angle at `b` between the directions to `a` and to `c`, in [0, π] rad: π means straight on, 0 turning back.
    ///
    /// # Errors
    ///
    /// [`GeometryError::Coincident`] or [`GeometryError::Antipodal`] where a direction is not defined.
    fn angle(&self, a: &Self::Point, b: &Self::Point, c: &Self::Point) -> Result<f64, GeometryError>;
}

/// A space whose points are orbits of a group acting on a larger space, each held as one representative.
pub trait QuotientSpace: MetricSpace {
    /// The representative of `q` nearest to the representative `p`: d(p, q) is the distance of the two in the larger
    /// space, and the straight way between them there is the geodesic here.
    ///
    /// # Errors
    ///
    /// [`GeometryError::OutsideSpace`] if a point is not one of this space.
    fn align(&self, p: &Self::Point, q: &Self::Point) -> Result<Self::Point, GeometryError>;
}

/// Nearest point on a geodesic from p to q.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Projection {
    /// Where on the geodesic: 0 at p, 1 at q, not clamped.
    pub t: f64,
    /// Distance to that point.
    pub distance: f64,
    /// How t was found; `None` in closed form. A search that does not converge is an error.
    pub search: Option<Search>,
}

/// How a searched projection went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Search {
    /// Width of the last bracket of t: the nearest point found lies in it.
    pub bracket: f64,
    /// Points of the geodesic that were tried.
    pub evaluations: usize,
}

impl Projection {
    /// A projection in closed form.
    pub fn closed_form(t: f64, distance: f64) -> Self {
        Self { t, distance, search: None }
    }
}

/// Why a geometric operation has no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GeometryError {
    /// Two points are equal to within the precision that they were made with, so there is no direction from one to the
    /// other.
    #[error(
        "the two points coincide (distance {distance:.1e}, resolution {resolution:.1e}), so no direction leads from one \
         to the other"
    )]
    Coincident {
        /// Their distance.
        distance: f64,
        /// The distance up to which they cannot be told apart.
        resolution: f64,
    },
    /// Two points are antipodal to within rounding, so infinitely many geodesics join them.
    #[error("the two points are antipodal, so no single geodesic joins them")]
    Antipodal,
    /// All points of the geodesic are equally near.
    #[error("all points of the geodesic are equally near, so there is no nearest one")]
    Equidistant,
    /// Several shortest paths join the points.
    #[error("the shortest path between the two points is not unique: {reason}")]
    NotUnique {
        /// What leaves it open.
        reason: &'static str,
    },
    /// The metric has distances, but this operation would leave its set of points.
    #[error("this metric has no geodesics: {reason}")]
    NoGeodesics {
        /// Why.
        reason: &'static str,
    },
    /// Parallel transport to or from a point where the space is singular.
    #[error(
        "the representations have ranks {from} and {to}; the space of shapes is singular where the rank drops, and \
         parallel transport between different ranks is not defined"
    )]
    RankChange {
        /// Rank at the start.
        from: usize,
        /// Rank at the end.
        to: usize,
    },
    /// An iteration stopped at its bound before it reached its tolerance.
    #[error("{what} did not reach its tolerance within {steps} steps")]
    NotConverged {
        /// The iteration.
        what: &'static str,
        /// Its bound.
        steps: usize,
    },
    /// The linear-algebra library did not converge.
    #[error("{0}")]
    LinearAlgebra(String),
    /// The result is beyond what double precision can hold.
    #[error("the result leaves the range of double precision: {what}")]
    OutOfRange {
        /// What happened.
        what: String,
    },
    /// There is nothing to work on.
    #[error("{what} needs at least one point")]
    Nothing {
        /// What was asked for.
        what: &'static str,
    },
    /// Tangent vectors at a point where the space is singular have no common coordinates.
    #[error(
        "the mean lies where the space is singular (a shape of lower rank than the points around it), and directions there \
         have no common coordinates; embed with `mds` or `smacof`"
    )]
    Singular,
    /// A point or tangent vector belongs to another space.
    #[error("{found} coordinates in a space of {expected}: made with other stimuli or another metric")]
    OutsideSpace {
        /// Coordinates of the space.
        expected: usize,
        /// Coordinates found.
        found: usize,
    },
}

impl GeometryError {
    /// Whether the inputs were points of the space and the operation has no answer there, so that a statistic that
    /// needs it is undefined rather than wrong.
    pub fn is_undefined(&self) -> bool {
        !matches!(self, Self::OutsideSpace { .. } | Self::LinearAlgebra(_))
    }
}

/// Σ weightsᵢ·vᵢ of vectors, each padded with zeros to the longest.
fn weighted_sum<'a>(vectors: impl Iterator<Item = &'a [f64]> + Clone, weights: &[f64]) -> Vec<f64> {
    let longest = vectors.clone().map(<[f64]>::len).max().unwrap_or(0);
    let mut sum = vec![0.0; longest];
    for (vector, weight) in vectors.zip(weights) {
        for (total, x) in sum.iter_mut().zip(vector) {
            *total += weight * x;
        }
    }
    sum
}

/// Passes on what the linear-algebra library says, or that a result is no point at the precision of doubles.
fn computed<T>(result: Result<T, crate::Error>) -> Result<T, GeometryError> {
    result.map_err(|error| match error {
        crate::Error::NotAPoint(what) => GeometryError::OutOfRange { what },
        other => GeometryError::LinearAlgebra(other.to_string()),
    })
}
