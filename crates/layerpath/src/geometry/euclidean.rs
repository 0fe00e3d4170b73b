//! Flat space: straight lines, d(p, q) = ‖p − q‖.
//!
//! * geodesic g(t) = p + t(q − p); log q − p; exp p + v; transport is the identity,
//! * projection of c: t = ⟨c − p, q − p⟩/‖q − p‖².
//!
//! Curvature is 0 everywhere. The log-Euclidean metric and the stress of distance matrices are flat (docs/math.md §1.3, §1.4).

use super::{GeodesicSpace, GeometryError, MetricSpace, Projection, RiemannianSpace, weighted_sum};
use crate::Error;
use crate::linalg::{angle_between_unit_vectors, dot, norm};

/// Relative resolution of vectors computed in double precision.
const DOUBLE_RESOLUTION: f64 = 1e-14;

/// A point of a [`Euclidean`] space.
///
/// It remembers its *resolution*, the distance within which the precision of its source leaves it uncertain.
#[derive(Debug, Clone, PartialEq)]
pub struct FlatVector {
    coordinates: Vec<f64>,
    resolution: f64,
}

impl FlatVector {
    /// A vector whose entries are good to double precision, 10⁻¹⁴ of its norm.
    ///
    /// # Errors
    ///
    /// [`Error::NotAPoint`] for entries that are not finite.
    ///
    /// ```
    /// use layerpath::geometry::FlatVector;
    /// assert_eq!(FlatVector::new(vec![3.0, 4.0])?.coordinates(), [3.0, 4.0]);
    /// assert!(FlatVector::new(vec![f64::NAN]).is_err());
    /// # Ok::<(), layerpath::Error>(())
    /// ```
    pub fn new(coordinates: Vec<f64>) -> Result<Self, Error> {
        let length = norm(&coordinates);
        if !length.is_finite() || coordinates.iter().any(|x| x.is_nan()) {
            return Err(Error::NotAPoint(format!("a vector of {} coordinates and norm {length}", coordinates.len())));
        }
        Ok(Self { coordinates, resolution: DOUBLE_RESOLUTION * length })
    }

    /// The same vector with a coarser resolution, if `resolution` (a distance) is coarser.
    #[must_use]
    pub fn with_resolution(self, resolution: f64) -> Self {
        Self { resolution: self.resolution.max(resolution), ..self }
    }

    /// The distance within which the precision of its source leaves this vector uncertain.
    pub fn resolution(&self) -> f64 {
        self.resolution
    }

    /// The coordinates.
    pub fn coordinates(&self) -> &[f64] {
        &self.coordinates
    }
}

/// The flat space of vectors with a given number of coordinates.
///
/// ```
/// use layerpath::geometry::{Euclidean, FlatVector, GeodesicSpace, MetricSpace, RiemannianSpace};
///
/// let plane = Euclidean::new(2);
/// let [a, b, c] = [[0.0, 0.0], [2.0, 0.0], [1.0, 3.0]].map(|x| FlatVector::new(x.to_vec()).unwrap());
/// assert_eq!(plane.distance(&a, &b)?, 2.0);
/// let foot = plane.project(&a, &b, &c)?;
/// assert_eq!((foot.t, foot.distance), (0.5, 3.0));
/// assert!((plane.angle(&b, &a, &c)?.tan() - 3.0).abs() < 1e-14);
/// # Ok::<(), layerpath::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Euclidean {
    coordinates: usize,
}

impl Euclidean {
    /// The space of vectors of `coordinates` entries.
    pub fn new(coordinates: usize) -> Self {
        Self { coordinates }
    }

    fn check(&self, vector: &[f64]) -> Result<(), GeometryError> {
        if vector.len() == self.coordinates {
            Ok(())
        } else {
            Err(GeometryError::OutsideSpace { expected: self.coordinates, found: vector.len() })
        }
    }

    /// q − p, and its norm if the two can be told apart.
    fn direction(&self, p: &FlatVector, q: &FlatVector) -> Result<(Vec<f64>, f64), GeometryError> {
        let difference = self.log(p, q)?;
        let (distance, resolution) = (norm(&difference), self.resolution(p, q));
        if distance <= resolution {
            return Err(GeometryError::Coincident { distance, resolution });
        }
        Ok((difference, distance))
    }
}

impl MetricSpace for Euclidean {
    type Point = FlatVector;

    fn distance(&self, p: &FlatVector, q: &FlatVector) -> Result<f64, GeometryError> {
        Ok(norm(&self.log(p, q)?))
    }

    fn resolution(&self, p: &FlatVector, q: &FlatVector) -> f64 {
        p.resolution.max(q.resolution)
    }
}

impl GeodesicSpace for Euclidean {
    fn geodesic(&self, p: &FlatVector, q: &FlatVector, t: f64) -> Result<FlatVector, GeometryError> {
        self.check(&p.coordinates)?;
        self.check(&q.coordinates)?;
        let coordinates = p.coordinates.iter().zip(&q.coordinates).map(|(a, b)| (1.0 - t) * a + t * b).collect();
        Ok(FlatVector { coordinates, resolution: self.resolution(p, q) })
    }

    fn project(&self, p: &FlatVector, q: &FlatVector, c: &FlatVector) -> Result<Projection, GeometryError> {
        let (mut line, length) = self.direction(p, q)?;
        for x in &mut line {
            *x /= length;
        }
        let mut rest = self.log(p, c)?;
        let along = dot(&rest, &line);
        rest.iter_mut().zip(&line).for_each(|(x, u)| *x -= along * u);
        Ok(Projection::closed_form(along / length, norm(&rest)))
    }
}

impl RiemannianSpace for Euclidean {
    type Tangent = Vec<f64>;

    fn exp(&self, p: &FlatVector, v: &Vec<f64>) -> Result<FlatVector, GeometryError> {
        self.check(&p.coordinates)?;
        self.check(v)?;
        let coordinates = p.coordinates.iter().zip(v).map(|(a, x)| a + x).collect();
        Ok(FlatVector { coordinates, resolution: p.resolution })
    }

    fn log(&self, p: &FlatVector, q: &FlatVector) -> Result<Vec<f64>, GeometryError> {
        self.check(&p.coordinates)?;
        self.check(&q.coordinates)?;
        Ok(q.coordinates.iter().zip(&p.coordinates).map(|(b, a)| b - a).collect())
    }

    fn inner(&self, _: &FlatVector, v: &Vec<f64>, w: &Vec<f64>) -> f64 {
        dot(v, w)
    }

    fn combine(&self, _: &FlatVector, vectors: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
        weighted_sum(vectors.iter().map(Vec::as_slice), weights)
    }

    fn transport(&self, p: &FlatVector, q: &FlatVector, v: &Vec<f64>) -> Result<Vec<f64>, GeometryError> {
        self.check(&p.coordinates)?;
        self.check(&q.coordinates)?;
        self.check(v)?;
        Ok(v.clone())
    }

    fn angle(&self, a: &FlatVector, b: &FlatVector, c: &FlatVector) -> Result<f64, GeometryError> {
        let (mut to_a, length_a) = self.direction(b, a)?;
        let (mut to_c, length_c) = self.direction(b, c)?;
        for x in &mut to_a {
            *x /= length_a;
        }
        for x in &mut to_c {
            *x /= length_c;
        }
        Ok(angle_between_unit_vectors(&to_a, &to_c))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degenerate_cases_are_typed() {
        let line = Euclidean::new(1);
        let at = |x: f64| FlatVector::new(vec![x]).unwrap();
        assert!(matches!(line.angle(&at(1.0), &at(1.0), &at(2.0)), Err(GeometryError::Coincident { .. })));
        assert!(matches!(line.project(&at(1.0), &at(1.0), &at(2.0)), Err(GeometryError::Coincident { .. })));
        let plane = FlatVector::new(vec![0.0, 1.0]).unwrap();
        assert_eq!(line.distance(&at(0.0), &plane), Err(GeometryError::OutsideSpace { expected: 1, found: 2 }));
        assert!((line.angle(&at(0.0), &at(1.0), &at(2.0)).unwrap() - std::f64::consts::PI).abs() < 1e-15);
        assert_eq!(line.project(&at(0.0), &at(1.0), &at(-2.0)).unwrap().t, -2.0);
    }
}
