//! Points of any metric, and the way from points to the space that they share.

use crate::Error;
use crate::geometry::{
    AffineInvariant, Euclidean, FlatVector, Grassmann, PositiveDefinite, Shape, ShapeSpace, Subspace, UnitSphere,
    UnitVector,
};

/// A representation under a metric.
///
/// Points are comparable when the same metric made them from answers to the same stimuli.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Point {
    /// A point of a unit sphere: angular CKA, angular RSA.
    Sphere(UnitVector),
    /// A point of a flat space: stress, log-Euclidean.
    Flat(FlatVector),
    /// A shape, with the space that says which geometry it has.
    Shape(ShapeSpace, Shape),
    /// A subspace, with the manifold it belongs to.
    Subspace(Grassmann, Subspace),
    /// A symmetric positive definite matrix.
    PositiveDefinite(AffineInvariant, PositiveDefinite),
}

impl Point {
    /// The numbers that make the point, enough to restore it
    /// ([`Metric::point_from_coordinates`](super::Metric::point_from_coordinates)).
    ///
    /// | point | coordinates | their Euclidean inner products are the metric's |
    /// | --- | --- | --- |
    /// | sphere | a unit vector | yes |
    /// | flat | a vector | yes |
    /// | shape | m×r, column after column: principal axes, the longest first | only after alignment |
    /// | subspace | m×p, column after column: an orthonormal basis | only after alignment |
    /// | positive definite | n×n, row-major: the matrix | no |
    pub fn coordinates(&self) -> &[f64] {
        match self {
            Self::Sphere(vector) => vector.coordinates(),
            Self::Flat(vector) => vector.coordinates(),
            Self::Shape(_, shape) => shape.coordinates(),
            Self::Subspace(_, subspace) => subspace.coordinates(),
            Self::PositiveDefinite(_, point) => point.matrix(),
        }
    }

    /// The distance within which the precision of its source leaves the point uncertain: shorter steps have no direction.
    pub fn resolution(&self) -> f64 {
        match self {
            Self::Sphere(vector) => vector.resolution(),
            Self::Flat(vector) => vector.resolution(),
            Self::Shape(_, shape) => shape.resolution(),
            Self::Subspace(_, subspace) => subspace.resolution(),
            Self::PositiveDefinite(_, point) => point.resolution(),
        }
    }

    /// The same point with a coarser resolution, if `resolution` is coarser. With the resolution of the point that gave the
    /// coordinates, a restored point is as uncertain as that one was.
    ///
    /// ```
    /// use layerpath::metric::Metric;
    /// use layerpath::representation::Representation;
    /// let metric = Metric::default();
    /// let x = [0.5_f32, 1.0, -2.0, 0.25, 4.0, 1.5, 0.0, 2.0, -1.0, 3.0];
    /// let point = metric.embed(&Representation::new(&x[..], 5, 2)?)?;
    /// let restored = metric.point_from_coordinates(point.coordinates().to_vec(), 0.0)?.with_resolution(point.resolution());
    /// assert_eq!(restored.resolution(), point.resolution());
    /// # Ok::<(), layerpath::Error>(())
    /// ```
    #[must_use]
    pub fn with_resolution(self, resolution: f64) -> Self {
        match self {
            Self::Sphere(vector) => Self::Sphere(vector.with_resolution(resolution)),
            Self::Flat(vector) => Self::Flat(vector.with_resolution(resolution)),
            Self::Shape(space, shape) => Self::Shape(space, shape.with_resolution(resolution)),
            Self::Subspace(space, subspace) => Self::Subspace(space, subspace.with_resolution(resolution)),
            Self::PositiveDefinite(space, point) => Self::PositiveDefinite(space, point.with_resolution(resolution)),
        }
    }
}

/// Points of one space, with the space.
pub(crate) enum Together<'a> {
    Sphere(UnitSphere, Vec<&'a UnitVector>),
    Flat(Euclidean, Vec<&'a FlatVector>),
    Shape(ShapeSpace, Vec<&'a Shape>),
    Subspace(Grassmann, Vec<&'a Subspace>),
    PositiveDefinite(AffineInvariant, Vec<&'a PositiveDefinite>),
}

impl<'a> Together<'a> {
    /// The space of the first point; the others must be of its kind. Spaces check the rest themselves.
    pub(crate) fn new(points: &[&'a Point]) -> Result<Self, Error> {
        macro_rules! all {
            ($pattern:pat $(if $same:expr)? => $point:expr) => {{
                let mut own = Vec::with_capacity(points.len());
                for (right, point) in points.iter().enumerate() {
                    match point {
                        $pattern $(if $same)? => own.push($point),
                        _ => return Err(Error::MixedMetrics { left: 0, right }),
                    }
                }
                own
            }};
        }
        Ok(match points.first() {
            None => Self::Sphere(UnitSphere::new(0), Vec::new()),
            Some(Point::Sphere(first)) => {
                Self::Sphere(UnitSphere::new(first.coordinates().len()), all!(Point::Sphere(vector) => vector))
            }
            Some(Point::Flat(first)) => {
                Self::Flat(Euclidean::new(first.coordinates().len()), all!(Point::Flat(vector) => vector))
            }
            Some(Point::Shape(space, _)) => {
                Self::Shape(*space, all!(Point::Shape(own, shape) if own == space => shape))
            }
            Some(Point::Subspace(space, _)) => {
                Self::Subspace(*space, all!(Point::Subspace(own, subspace) if own == space => subspace))
            }
            Some(Point::PositiveDefinite(space, _)) => {
                Self::PositiveDefinite(*space, all!(Point::PositiveDefinite(own, point) if own == space => point))
            }
        })
    }
}

/// Evaluates a body with the space of some points, the points as that space's own, and a function that makes a [`Point`]
/// of a new one.
macro_rules! in_space {
    ($points:expr, |$space:ident, $own:ident, $wrap:ident| $body:expr) => {{
        #[allow(unused_variables)]
        match $crate::metric::Together::new($points)? {
            $crate::metric::Together::Sphere($space, $own) => {
                let $wrap = $crate::metric::Point::Sphere;
                $body
            }
            $crate::metric::Together::Flat($space, $own) => {
                let $wrap = $crate::metric::Point::Flat;
                $body
            }
            $crate::metric::Together::Shape($space, $own) => {
                let $wrap = |point| $crate::metric::Point::Shape($space, point);
                $body
            }
            $crate::metric::Together::Subspace($space, $own) => {
                let $wrap = |point| $crate::metric::Point::Subspace($space, point);
                $body
            }
            $crate::metric::Together::PositiveDefinite($space, $own) => {
                let $wrap = |point| $crate::metric::Point::PositiveDefinite($space, point);
                $body
            }
        }
    }};
}
pub(crate) use in_space;
