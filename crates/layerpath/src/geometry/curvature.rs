//! Alexandrov's comparison: what a triangle says of the curvature of its space.

use super::{GeodesicSpace, GeometryError};

/// Rounding of distances of double precision, relative to the perimeter.
const ROUNDING: f64 = 1e-14;
/// In the hyperbolic plane of curvature −(this/perimeter)² a triangle is a tripod to within rounding.
const THINNEST: f64 = 80.0;
/// Halvings of the bracket of a curvature.
const HALVINGS: usize = 200;

/// A triangle p, q, r beside its comparison triangles, those with the same sides in the surfaces of constant curvature
/// (sphere, plane, hyperbolic plane).
///
/// With g(t) the point at `t` on the side p–q, a space of curvature ≥ κ has d(r, g(t)) at least as long as the same
/// distance in the comparison triangle of curvature κ, and a space of curvature ≤ κ at most as long (for triangles small
/// enough for their geodesics to be unique).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TriangleComparison {
    /// Sides d(r, p), d(r, q), d(p, q).
    pub sides: [f64; 3],
    /// Where on p–q, in (0, 1).
    pub t: f64,
    /// d(r, g(t)).
    pub distance: f64,
    /// d(r, g(t)) minus that distance in the flat comparison triangle: above 0 for positive curvature.
    pub excess: f64,
    /// |excess| up to this is rounding, or within the resolution of the points.
    pub rounding: f64,
    /// The curvature κ of the surface whose comparison triangle has exactly this distance, in 1/unit². `None` if no surface
    /// has: the triangle is thin like a tree's, or closes around a great circle.
    pub curvature: Option<f64>,
    /// The curvatures that fit the distance within `rounding`, unbounded where any lower or higher one does. Triangles that
    /// are small or have their corners on one geodesic leave a wide range.
    pub range: (f64, f64),
}

impl TriangleComparison {
    /// Whether the triangle shows positive (1) or negative (−1) curvature, or none beyond rounding (0).
    pub fn sign(&self) -> i8 {
        match (self.excess > self.rounding, self.excess < -self.rounding) {
            (true, _) => 1,
            (_, true) => -1,
            _ => 0,
        }
    }
}

/// Compares the triangle p, q, r of a geodesic space with those of constant curvature, by the distance of r to the point at
/// `t` on the geodesic p–q.
///
/// The curvature is found by bisection; the comparison distance rises with it. In a space of constant curvature it is
/// that curvature, whatever the triangle; elsewhere a mean over the triangle. wrongu/repsim's `alexandrov` has t = ½, the
/// flat comparison and no statement about rounding.
///
/// Sources: Alexandrov 1951; Bridson & Haefliger 1999, II.1; Burago, Burago, Ivanov 2001, chapter 4.
///
/// # Errors
///
/// [`GeometryError::Coincident`] for points that cannot be told apart, and those of
/// [`geodesic`](GeodesicSpace::geodesic) and [`distance`](super::MetricSpace::distance). `t` is limited to [0.01, 0.99].
///
/// ```
/// use layerpath::geometry::{UnitSphere, UnitVector, compare_triangle};
/// let [p, q, r] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 1.0]]
///     .map(|x| UnitVector::normalize(x.to_vec()).unwrap());
/// let seen = compare_triangle(&UnitSphere::new(3), &p, &q, &r, 0.5)?;
/// assert_eq!(seen.sign(), 1);
/// assert!((seen.curvature.unwrap() - 1.0).abs() < 1e-12);
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn compare_triangle<S: GeodesicSpace>(
    space: &S,
    p: &S::Point,
    q: &S::Point,
    r: &S::Point,
    t: f64,
) -> Result<TriangleComparison, GeometryError> {
    let t = t.clamp(0.01, 0.99);
    let sides = [space.distance(r, p)?, space.distance(r, q)?, space.distance(p, q)?];
    let resolution = space.resolution(p, q).max(space.resolution(p, r));
    for distance in sides {
        if distance <= resolution {
            return Err(GeometryError::Coincident { distance, resolution });
        }
    }
    let distance = space.distance(r, &space.geodesic(p, q, t)?)?;
    let perimeter: f64 = sides.iter().sum();
    let rounding = ROUNDING * perimeter + 4.0 * resolution;
    let excess = distance - model_distance(sides, t, 0.0);
    let fit = |distance: f64| fitting_curvature(sides, t, distance);
    let end = |fit: Fit| match fit {
        Fit::Below => f64::NEG_INFINITY,
        Fit::At(value) => value,
        Fit::Above => f64::INFINITY,
    };
    let curvature = match fit(distance) {
        Fit::At(value) => Some(value),
        Fit::Below | Fit::Above => None,
    };
    let range = (end(fit(distance - rounding)), end(fit(distance + rounding)));
    Ok(TriangleComparison { sides, t, distance, excess, rounding, curvature, range })
}

/// The curvature of the comparison triangle with a given distance.
enum Fit {
    /// Below every curvature tried.
    Below,
    At(f64),
    /// Above that of the sphere on which the triangle is a great circle.
    Above,
}

fn fitting_curvature(sides: [f64; 3], t: f64, distance: f64) -> Fit {
    let perimeter: f64 = sides.iter().sum();
    // In units of the perimeter: the sphere of radius 1/2π is the smallest that holds the triangle.
    let unit = 1.0 / (perimeter * perimeter);
    let (mut low, mut high) = (-THINNEST * THINNEST, (2.0 * std::f64::consts::PI).powi(2) * (1.0 - 1e-12));
    let at = |curvature: f64| model_distance(sides, t, curvature * unit);
    if distance < at(low) {
        return Fit::Below;
    }
    if distance > at(high) {
        return Fit::Above;
    }
    for _ in 0..HALVINGS {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if at(middle) < distance {
            low = middle;
        } else {
            high = middle;
        }
    }
    Fit::At((low + (high - low) / 2.0) * unit)
}

/// Distance from the corner opposite to side c to the point at t on c, in the triangle with sides a, b, c of a surface of
/// constant curvature κ: Stewart's theorem,
///
/// 2·s(d/2)² = (2·s(a/2)²·s((1−t)c) + 2·s(b/2)²·s(tc))/s(c) − 2·s((1−t)c/2)·s(tc/2)/cos(√κ·c/2),
///
/// with s(x) = sin(√κ·x)/√κ, x for κ = 0, sinh for κ < 0. `sides` are a at t = 0, b at t = 1, and c.
///
/// The sides must make a triangle of that surface: for κ > 0 their sum is below 2π/√κ.
///
/// ```
/// // From the right angle of a 3–4–5 triangle to the middle of the hypotenuse.
/// assert_eq!(layerpath::geometry::model_distance([3.0, 4.0, 5.0], 0.5, 0.0), 2.5);
/// ```
pub fn model_distance([a, b, c]: [f64; 3], t: f64, curvature: f64) -> f64 {
    let root = curvature.abs().sqrt();
    let sine = |x: f64| {
        if root == 0.0 {
            x
        } else if curvature > 0.0 {
            (root * x).sin() / root
        } else {
            (root * x).sinh() / root
        }
    };
    let half_cosine = if curvature > 0.0 { (root * c / 2.0).cos() } else { (root * c / 2.0).cosh() };
    let square = |x: f64| sine(x / 2.0).powi(2);
    let half = (square(a) * sine((1.0 - t) * c) + square(b) * sine(t * c)) / sine(c)
        - sine((1.0 - t) * c / 2.0) * sine(t * c / 2.0) / half_cosine;
    let half = half.max(0.0).sqrt();
    if root == 0.0 {
        2.0 * half
    } else if curvature > 0.0 {
        let sine = (root * half).min(1.0);
        2.0 * sine.atan2((1.0 - sine * sine).sqrt()) / root
    } else {
        2.0 * (root * half).asinh() / root
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{AffineInvariant, Euclidean, FlatVector, PositiveDefinite};

    #[test]
    fn model_triangles_are_those_of_school() {
        // Right angle of a 3–4–5 triangle to the middle of the hypotenuse: half of it.
        assert!((model_distance([3.0, 4.0, 5.0], 0.5, 0.0) - 2.5).abs() < 1e-15);
        // An octant of the unit sphere: the corner is a quarter circle away from the whole opposite side.
        let quarter = std::f64::consts::FRAC_PI_2;
        assert!((model_distance([quarter; 3], 0.3, 1.0) - quarter).abs() < 1e-15);
        // Isosceles in the hyperbolic plane: cosh(side) = cosh(half base)·cosh(height).
        let (height, base) = (0.7_f64, 1.1_f64);
        let side = ((base / 2.0).cosh() * height.cosh()).acosh();
        assert!((model_distance([side, side, base], 0.5, -1.0) - height).abs() < 1e-15);
        // Curvature scales with the inverse square of length.
        assert!((model_distance([2.0 * side, 2.0 * side, 2.0 * base], 0.5, -0.25) - 2.0 * height).abs() < 1e-14);
    }

    #[test]
    fn the_plane_is_flat_and_positive_definite_two_by_twos_are_not() {
        let plane = Euclidean::new(2);
        let [p, q, r] = [[0.0, 0.0], [2.0, 0.1], [1.0, 3.0]].map(|x| FlatVector::new(x.to_vec()).unwrap());
        let seen = compare_triangle(&plane, &p, &q, &r, 0.4).unwrap();
        assert_eq!(seen.sign(), 0);
        assert!(seen.range.0 < 0.0 && seen.range.1 > 0.0 && seen.curvature.unwrap().abs() < 1e-13);
        // Positive definite 2×2 matrices of determinant 1 are a hyperbolic plane of curvature −1/2.
        let at = |a: f64, b: f64| PositiveDefinite::new(vec![a, b, b, (1.0 + b * b) / a], 2).unwrap();
        let seen = compare_triangle(&AffineInvariant::new(2), &at(1.0, 0.0), &at(2.0, 0.5), &at(0.7, -1.0), 0.5);
        let seen = seen.unwrap();
        assert!((seen.curvature.unwrap() + 0.5).abs() < 1e-11, "{seen:?}");
        assert!(seen.range.0 < -0.5 && -0.5 < seen.range.1 && seen.sign() == -1);
        assert!(matches!(compare_triangle(&plane, &p, &p, &r, 0.5), Err(GeometryError::Coincident { .. })));
    }
}
