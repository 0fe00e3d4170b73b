//! The unit sphere: every operation in closed form.
//!
//! With θ(a, b) = 2·atan2(‖a − b‖, ‖a + b‖), w = θ(a, b) and u = (b − cos w·a)/sin w, the unit direction from a to b:
//!
//! * geodesic g(t) = cos(tw)·a + sin(tw)·u, which equals (sin((1−t)w)·a + sin(tw)·b)/sin w,
//! * log: w·u, exp: cos‖v‖·a + sin‖v‖·v/‖v‖,
//! * transport of v from a to b: v + ⟨u, v⟩((cos w − 1)u − sin w·a),
//! * projection of c: t = atan2(⟨c, u⟩, ⟨c, a⟩)/w.
//!
//! Source: docs/math.md §2; Pennec 2006. Curvature is +1 everywhere.

use super::{GeodesicSpace, GeometryError, MetricSpace, Projection, RiemannianSpace, weighted_sum};
use crate::Error;
use crate::linalg::{angle_between_unit_vectors, dot, norm, norms_of_difference_and_sum};

/// Resolution (rad) of unit vectors computed in double precision: below it the direction from one to the other is
/// rounding noise.
const DOUBLE_RESOLUTION: f64 = 1e-14;

/// A vector of norm 1, a point of a [`UnitSphere`].
///
/// It remembers its *resolution*, the angle within which the precision of its source leaves it uncertain: 10⁻¹⁴ rad for
/// a vector made in double precision, more for one that was made from single-precision activations.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitVector {
    coordinates: Vec<f64>,
    resolution: f64,
}

impl UnitVector {
    /// Divides a vector by its norm.
    ///
    /// # Errors
    ///
    /// [`Error::NotAPoint`] for a vector that is zero, empty, or not finite.
    ///
    /// ```
    /// use layerpath::geometry::UnitVector;
    /// assert_eq!(UnitVector::normalize(vec![3.0, 4.0])?.coordinates(), [0.6, 0.8]);
    /// assert!(UnitVector::normalize(vec![0.0, 0.0]).is_err());
    /// # Ok::<(), layerpath::Error>(())
    /// ```
    pub fn normalize(mut coordinates: Vec<f64>) -> Result<Self, Error> {
        let length = norm(&coordinates);
        if !(length.is_finite() && length > 0.0) {
            return Err(Error::NotAPoint(format!("a vector of {} coordinates and norm {length}", coordinates.len())));
        }
        for x in &mut coordinates {
            *x /= length;
        }
        Ok(Self { coordinates, resolution: DOUBLE_RESOLUTION })
    }

    /// The same vector with a coarser resolution, if `resolution` (rad) is coarser.
    #[must_use]
    pub fn with_resolution(self, resolution: f64) -> Self {
        Self { resolution: self.resolution.max(resolution), ..self }
    }

    /// The angle (rad) within which the precision of its source leaves this vector uncertain.
    pub fn resolution(&self) -> f64 {
        self.resolution
    }

    /// A vector of norm 1 already, made from `p` and `q`.
    fn between(p: &Self, q: &Self, coordinates: Vec<f64>) -> Self {
        Self { coordinates, resolution: p.resolution.max(q.resolution) }
    }

    /// The coordinates.
    pub fn coordinates(&self) -> &[f64] {
        &self.coordinates
    }
}

/// The sphere of unit vectors with a given number of coordinates; distances are arcs in [0, π] rad.
///
/// ```
/// use layerpath::geometry::{GeodesicSpace, MetricSpace, RiemannianSpace, UnitSphere, UnitVector};
/// use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};
///
/// let sphere = UnitSphere::new(3);
/// let x = UnitVector::normalize(vec![1.0, 0.0, 0.0])?;
/// let y = UnitVector::normalize(vec![0.0, 1.0, 0.0])?;
/// let z = UnitVector::normalize(vec![0.0, 0.0, 1.0])?;
/// assert!((sphere.distance(&x, &y)? - FRAC_PI_2).abs() < 1e-15);
/// assert!((sphere.angle(&x, &y, &z)? - FRAC_PI_2).abs() < 1e-15); // an octant has three right angles
/// let middle = sphere.geodesic(&x, &y, 0.5)?;
/// assert!((sphere.distance(&x, &middle)? - FRAC_PI_4).abs() < 1e-15);
/// # Ok::<(), layerpath::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitSphere {
    coordinates: usize,
}

/// The direction from one point to another.
struct Direction {
    /// Arc between the points, w.
    arc: f64,
    /// Unit tangent vector, u.
    unit: Vec<f64>,
}

impl UnitSphere {
    /// The sphere in a Euclidean space of `coordinates` dimensions (its own dimension is one less).
    pub fn new(coordinates: usize) -> Self {
        Self { coordinates }
    }

    /// Number of coordinates of its points.
    pub fn coordinates(&self) -> usize {
        self.coordinates
    }

    fn check(&self, vector: &[f64]) -> Result<(), GeometryError> {
        if vector.len() == self.coordinates {
            Ok(())
        } else {
            Err(GeometryError::OutsideSpace { expected: self.coordinates, found: vector.len() })
        }
    }

    /// Arc and unit direction from `p` to `q`. b − cos w·a is computed as (b − a) + 2 sin²(w/2)·a, without cancellation.
    fn direction(&self, p: &UnitVector, q: &UnitVector) -> Result<Direction, GeometryError> {
        self.check(&p.coordinates)?;
        self.check(&q.coordinates)?;
        let (difference, sum) = norms_of_difference_and_sum(&p.coordinates, &q.coordinates);
        let arc = 2.0 * difference.atan2(sum);
        let resolution = self.resolution(p, q);
        if arc <= resolution {
            return Err(GeometryError::Coincident { distance: arc, resolution });
        }
        if sum <= resolution {
            return Err(GeometryError::Antipodal);
        }
        let back = 2.0 * (arc / 2.0).sin().powi(2);
        let mut unit: Vec<f64> = p.coordinates.iter().zip(&q.coordinates).map(|(a, b)| (b - a) + back * a).collect();
        // Near the antipode the first pass leaves a rest along p; a second removes it.
        let rest = dot(&unit, &p.coordinates);
        for (x, a) in unit.iter_mut().zip(&p.coordinates) {
            *x -= rest * a;
        }
        let length = norm(&unit);
        for x in &mut unit {
            *x /= length;
        }
        Ok(Direction { arc, unit })
    }
}

impl MetricSpace for UnitSphere {
    type Point = UnitVector;

    fn distance(&self, p: &UnitVector, q: &UnitVector) -> Result<f64, GeometryError> {
        self.check(&p.coordinates)?;
        self.check(&q.coordinates)?;
        Ok(angle_between_unit_vectors(&p.coordinates, &q.coordinates))
    }

    fn resolution(&self, p: &UnitVector, q: &UnitVector) -> f64 {
        p.resolution.max(q.resolution)
    }
}

impl GeodesicSpace for UnitSphere {
    fn geodesic(&self, p: &UnitVector, q: &UnitVector, t: f64) -> Result<UnitVector, GeometryError> {
        match self.direction(p, q) {
            Ok(Direction { arc, unit }) => {
                let (sine, cosine) = (t * arc).sin_cos();
                let point = p.coordinates.iter().zip(&unit).map(|(a, u)| cosine * a + sine * u).collect();
                Ok(UnitVector::between(p, q, point))
            }
            // The geodesic between equal points stays where it is.
            Err(GeometryError::Coincident { .. }) => Ok(p.clone()),
            Err(other) => Err(other),
        }
    }

    fn project(&self, p: &UnitVector, q: &UnitVector, c: &UnitVector) -> Result<Projection, GeometryError> {
        self.check(&c.coordinates)?;
        let Direction { arc, unit } = self.direction(p, q)?;
        let along_p = dot(&c.coordinates, &p.coordinates);
        let along_u = dot(&c.coordinates, &unit);
        let cosine = along_p.hypot(along_u);
        if cosine <= DOUBLE_RESOLUTION {
            return Err(GeometryError::Equidistant);
        }
        let rest: Vec<f64> = c
            .coordinates
            .iter()
            .zip(p.coordinates.iter().zip(&unit))
            .map(|(c, (a, u))| c - along_p * a - along_u * u)
            .collect();
        Ok(Projection::closed_form(along_u.atan2(along_p) / arc, norm(&rest).atan2(cosine)))
    }
}

impl RiemannianSpace for UnitSphere {
    type Tangent = Vec<f64>;

    fn exp(&self, p: &UnitVector, v: &Vec<f64>) -> Result<UnitVector, GeometryError> {
        self.check(&p.coordinates)?;
        self.check(v)?;
        let length = norm(v);
        if length == 0.0 {
            return Ok(p.clone());
        }
        let (sine, cosine) = length.sin_cos();
        let point = p.coordinates.iter().zip(v).map(|(a, x)| cosine * a + sine * (x / length)).collect();
        Ok(UnitVector::between(p, p, point))
    }

    fn log(&self, p: &UnitVector, q: &UnitVector) -> Result<Vec<f64>, GeometryError> {
        match self.direction(p, q) {
            Ok(Direction { arc, mut unit }) => {
                for x in &mut unit {
                    *x *= arc;
                }
                Ok(unit)
            }
            Err(GeometryError::Coincident { .. }) => Ok(vec![0.0; self.coordinates]),
            Err(other) => Err(other),
        }
    }

    fn inner(&self, _: &UnitVector, v: &Vec<f64>, w: &Vec<f64>) -> f64 {
        dot(v, w)
    }

    fn combine(&self, _: &UnitVector, vectors: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
        weighted_sum(vectors.iter().map(Vec::as_slice), weights)
    }

    fn transport(&self, p: &UnitVector, q: &UnitVector, v: &Vec<f64>) -> Result<Vec<f64>, GeometryError> {
        self.check(v)?;
        match self.direction(p, q) {
            Ok(Direction { arc, unit }) => {
                let along = dot(&unit, v);
                let (toward, back) = (-2.0 * (arc / 2.0).sin().powi(2) * along, arc.sin() * along);
                Ok(v.iter().zip(p.coordinates.iter().zip(&unit)).map(|(x, (a, u))| x + toward * u - back * a).collect())
            }
            Err(GeometryError::Coincident { .. }) => Ok(v.clone()),
            Err(other) => Err(other),
        }
    }

    fn angle(&self, a: &UnitVector, b: &UnitVector, c: &UnitVector) -> Result<f64, GeometryError> {
        let to_a = self.direction(b, a)?;
        let to_c = self.direction(b, c)?;
        Ok(angle_between_unit_vectors(&to_a.unit, &to_c.unit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::{FRAC_PI_2, FRAC_PI_3, PI};

    fn at(angle: f64) -> UnitVector {
        UnitVector::normalize(vec![angle.cos(), angle.sin(), 0.0]).unwrap()
    }

    #[test]
    fn an_equilateral_triangle_on_the_sphere() {
        // Sides 60°: cos A = (cos a − cos b cos c)/(sin b sin c) = (1/2 − 1/4)/(3/4) = 1/3.
        let sphere = UnitSphere::new(3);
        let a = at(0.0);
        let b = at(FRAC_PI_3);
        let height = (2.0_f64 / 3.0).sqrt();
        let c = UnitVector::normalize(vec![0.5, 0.5 / 3.0_f64.sqrt(), height]).unwrap();
        assert!((sphere.distance(&a, &c).unwrap() - FRAC_PI_3).abs() < 1e-15);
        assert!((sphere.distance(&b, &c).unwrap() - FRAC_PI_3).abs() < 1e-15);
        assert!((sphere.angle(&a, &b, &c).unwrap().cos() - 1.0 / 3.0).abs() < 1e-15);
        // The foot of the height is the middle of the opposite side.
        let foot = sphere.project(&a, &b, &c).unwrap();
        assert!((foot.t - 0.5).abs() < 1e-15);
        assert!((foot.distance.cos() - 0.5 / (FRAC_PI_3 / 2.0).cos()).abs() < 1e-15);
    }

    #[test]
    fn projection_is_not_clamped() {
        let sphere = UnitSphere::new(3);
        let before = sphere.project(&at(0.0), &at(0.5), &at(-1.0)).unwrap();
        assert!((before.t + 2.0).abs() < 1e-14 && before.distance < 1e-15);
        let beyond = sphere.project(&at(0.0), &at(0.5), &at(1.0)).unwrap();
        assert!((beyond.t - 2.0).abs() < 1e-14);
    }

    #[test]
    fn degenerate_cases_are_typed() {
        let sphere = UnitSphere::new(3);
        let pole = UnitVector::normalize(vec![0.0, 0.0, 1.0]).unwrap();
        assert!(matches!(sphere.angle(&at(1.0), &at(1.0), &pole), Err(GeometryError::Coincident { .. })));
        assert_eq!(sphere.log(&at(0.0), &at(PI)), Err(GeometryError::Antipodal));
        assert_eq!(sphere.project(&at(0.0), &at(1.0), &pole), Err(GeometryError::Equidistant));
        assert_eq!(sphere.log(&at(0.3), &at(0.3)).unwrap(), vec![0.0; 3]);
        let short = UnitVector::normalize(vec![1.0, 0.0]).unwrap();
        let single = at(0.3).with_resolution(1e-7);
        assert!(sphere.log(&single, &at(0.3 + 1e-9)).unwrap().iter().all(|&x| x == 0.0));
        assert!(matches!(sphere.angle(&single, &at(0.3 + 1e-9), &pole), Err(GeometryError::Coincident { .. })));
        assert_eq!(sphere.distance(&pole, &short), Err(GeometryError::OutsideSpace { expected: 3, found: 2 }));
    }

    #[test]
    fn angles_of_tiny_triangles_stay_exact() {
        let sphere = UnitSphere::new(3);
        for size in [1e-3, 1e-6, 1e-9] {
            let b = at(0.0);
            let a = UnitVector::normalize(vec![1.0, size, 0.0]).unwrap();
            let c = UnitVector::normalize(vec![1.0, 0.0, size]).unwrap();
            let angle = sphere.angle(&a, &b, &c).unwrap();
            assert!((angle - FRAC_PI_2).abs() < 1e-6 * size.max(1e-6), "size {size}: {angle}");
        }
    }
}
