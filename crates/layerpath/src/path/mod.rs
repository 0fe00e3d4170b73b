//! A network as a path: the points of its layers in the order of computation, and what they say about its shape.
//!
//! The statistics are those of docs/math.md §3. A value that geometry leaves undefined (the angle at a layer that repeats the
//! one before it) is an `Err` with the reason, never a NaN or a convenient number.
//!
//! Baselines for reading them: independent directions in high dimension meet at 90°, so an interior angle of 90° means
//! "no memory of direction", not "half straight"; and random networks can be straight.

pub mod baselines;
pub mod comparison;
pub mod convergence;
pub mod decoding;
pub mod lead;
mod quantities;
pub mod samples;
pub mod stimuli;
pub(crate) mod student;
pub mod uncertainty;

pub use quantities::{Detail, Quantity, StatisticKey, Statistics, Undefined};

use crate::Error;
use crate::geometry::{GeometryError, Projection, RiemannianSpace, UnitSphere, UnitVector, isometric_copies};
use crate::metric::{Metric, Point, Together, in_space};
use crate::table::{AllPairs, SymmetricTable, arcs};

/// A statistic of a path: a number, or why there is none.
pub type Statistic<T> = Result<T, GeometryError>;

/// A path x₀ … x_L with L ≥ 1 steps, and optionally a target T.
///
/// Lengths are in the metric's unit, angles in rad. See [the crate's example](crate#example).
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Distances of all points, the target last.
    distances: SymmetricTable,
    last: usize,
    steps: Vec<f64>,
    /// Whether xᵢ and xᵢ₊₁ can be told apart at the precision that they were made with, or why not.
    resolved: Vec<Statistic<()>>,
    interior_angles: Vec<Statistic<f64>>,
    toward: Option<TowardTarget>,
}

/// The statistics that need a target.
#[derive(Debug, Clone, PartialEq)]
struct TowardTarget {
    heading_angles: Vec<Statistic<f64>>,
    projections: Vec<Statistic<Projection>>,
}

impl Path {
    /// Measures a path through `points`, in order, towards `target`.
    ///
    /// # Errors
    ///
    /// [`Error::TooFewPoints`] for fewer than two points, [`Error::DimensionMismatch`] for points of different spaces.
    pub fn new(metric: &Metric, points: &[Point], target: Option<&Point>) -> Result<Self, Error> {
        Self::of(metric, &points.iter().collect::<Vec<_>>(), target)
    }

    /// The same for points that stand elsewhere.
    pub(crate) fn of(metric: &Metric, points: &[&Point], target: Option<&Point>) -> Result<Self, Error> {
        let all: Vec<&Point> = points.iter().copied().chain(target).collect();
        match Together::new(&all)? {
            Together::Sphere(_, own) => on_sphere(&own, points.len(), None),
            _ => Self::with_distances(points, target, metric.distances(&all)?),
        }
    }

    /// The same for points whose distances are known already: a table of the points in order, the target last.
    pub(crate) fn with_distances(
        points: &[&Point],
        target: Option<&Point>,
        distances: SymmetricTable,
    ) -> Result<Self, Error> {
        let all: Vec<&Point> = points.iter().copied().chain(target).collect();
        if let Together::Sphere(_, own) = Together::new(&all)? {
            return on_sphere(&own, points.len(), Some(distances));
        }
        in_space!(&all, |space, own, wrap| {
            let (own, target) = own.split_at(points.len());
            measure(&space, own, target.first().copied(), distances)
        })
    }

    /// Distances of all points: (L+1)×(L+1), or (L+2)×(L+2) with the target last.
    pub fn distances(&self) -> &SymmetricTable {
        &self.distances
    }

    /// Number of points on the path, L + 1.
    pub fn n_points(&self) -> usize {
        self.last + 1
    }

    /// Whether the path has a target.
    pub fn has_target(&self) -> bool {
        self.toward.is_some()
    }

    /// Step i = d(xᵢ, xᵢ₊₁), L values.
    pub fn steps(&self) -> &[f64] {
        &self.steps
    }

    /// Sum of the steps. A lower bound on the length of the curve when the points are a sparse sample of it.
    pub fn length(&self) -> f64 {
        self.steps.iter().sum()
    }

    /// d(x₀, x_L).
    pub fn displacement(&self) -> f64 {
        self.distances.get(0, self.last)
    }

    /// displacement / length in [0, 1], 1 for a geodesic; `None` for a path of length 0.
    pub fn straightness(&self) -> Option<f64> {
        let length = self.length();
        // Rounding can lift the quotient above one by a few units in the last place.
        (length > 0.0).then(|| (self.displacement() / length).min(1.0))
    }

    /// length / displacement ≥ 1; `None` if the path ends where it began.
    pub fn tortuosity(&self) -> Option<f64> {
        let displacement = self.displacement();
        (displacement > 0.0).then(|| (self.length() / displacement).max(1.0))
    }

    /// Angle at xᵢ of xᵢ₋₁–xᵢ–xᵢ₊₁ for i = 1 … L−1, in rad: π straight on, 0 turning back.
    pub fn interior_angles(&self) -> &[Statistic<f64>] {
        &self.interior_angles
    }

    /// π − interior angle: 0 straight on.
    pub fn turning_angles(&self) -> Vec<Statistic<f64>> {
        self.interior_angles.iter().map(|angle| angle.clone().map(|a| std::f64::consts::PI - a)).collect()
    }

    /// Angle at xᵢ between the directions to xᵢ₊₁ and to the target, i = 0 … L−1; 0 = straight at the target.
    pub fn heading_angles(&self) -> Option<&[Statistic<f64>]> {
        self.toward.as_ref().map(|toward| &toward.heading_angles[..])
    }

    /// d(x₀, xᵢ), L + 1 values.
    pub fn distance_to_start(&self) -> Vec<f64> {
        (0..=self.last).map(|i| self.distances.get(0, i)).collect()
    }

    /// d(xᵢ, x_L), L + 1 values; along training, how far each epoch is from the end.
    pub fn distance_to_end(&self) -> Vec<f64> {
        (0..=self.last).map(|i| self.distances.get(i, self.last)).collect()
    }

    /// d(xᵢ, T), L + 1 values.
    pub fn distance_to_target(&self) -> Option<Vec<f64>> {
        self.has_target().then(|| (0..=self.last).map(|i| self.distances.get(i, self.last + 1)).collect())
    }

    /// d(xᵢ, T) − d(xᵢ₊₁, T), L values.
    pub fn progress(&self) -> Option<Vec<f64>> {
        self.distance_to_target().map(|distances| distances.windows(2).map(|pair| pair[0] - pair[1]).collect())
    }

    /// progress / step in [−1, 1], L values; undefined where the step is below the points' resolution.
    pub fn efficiency(&self) -> Option<Vec<Statistic<f64>>> {
        let ratio = |(i, progress): (usize, f64)| {
            self.resolved[i].clone().map(|()| (progress / self.steps[i]).clamp(-1.0, 1.0))
        };
        self.progress().map(|progress| progress.into_iter().enumerate().map(ratio).collect())
    }

    /// Projection of each xᵢ on the geodesic x₀ → T, L + 1 values: fraction along (not clamped) and detour.
    pub fn projections(&self) -> Option<&[Statistic<Projection>]> {
        self.toward.as_ref().map(|toward| &toward.projections[..])
    }
}

/// The statistics of the first `length` of some points on a sphere, towards the next one if there is one.
///
/// K points span K dimensions: there every angle and projection costs K, whatever the number of stimuli.
fn on_sphere(points: &[&UnitVector], length: usize, distances: Option<SymmetricTable>) -> Result<Path, Error> {
    let reduced = isometric_copies(points)?;
    let reduced: Vec<&UnitVector> = reduced.iter().collect();
    let distances = match distances {
        Some(distances) => distances,
        None => arcs(&reduced)?,
    };
    let space = UnitSphere::new(reduced.first().map_or(0, |point| point.coordinates().len()));
    let (own, target) = reduced.split_at(length);
    measure(&space, own, target.first().copied(), distances)
}

/// The statistics in any Riemannian space.
fn measure<S: RiemannianSpace + AllPairs>(
    space: &S,
    points: &[&S::Point],
    target: Option<&S::Point>,
    distances: SymmetricTable,
) -> Result<Path, Error> {
    if points.len() < 2 {
        return Err(Error::TooFewPoints(points.len()));
    }
    let last = points.len() - 1;
    let steps: Vec<f64> = (0..last).map(|i| distances.get(i, i + 1)).collect();
    let resolved = (0..last).map(|i| {
        let (distance, resolution) = (steps[i], space.resolution(points[i], points[i + 1]));
        if distance > resolution { Ok(()) } else { Err(GeometryError::Coincident { distance, resolution }) }
    });
    let resolved = resolved.collect();
    let interior_angles =
        points.windows(3).map(|w| checked(space.angle(w[0], w[1], w[2]))).collect::<Result<Vec<_>, Error>>()?;
    let toward = match target {
        None => None,
        Some(target) => Some(TowardTarget {
            heading_angles: points
                .windows(2)
                .map(|w| checked(space.angle(w[1], w[0], target)))
                .collect::<Result<Vec<_>, Error>>()?,
            projections: projections(space, points, target)?,
        }),
    };
    Ok(Path { distances, last, steps, resolved, interior_angles, toward })
}

/// Projections on the geodesic from the first point to the target; the first point lies on it by definition.
fn projections<S: RiemannianSpace>(
    space: &S,
    points: &[&S::Point],
    target: &S::Point,
) -> Result<Vec<Statistic<Projection>>, Error> {
    let mut all = Vec::with_capacity(points.len());
    for point in points {
        all.push(checked(space.project(points[0], target, point))?);
    }
    all[0] = all[0].clone().map(|_| Projection::closed_form(0.0, 0.0));
    Ok(all)
}

/// Keeps "undefined" as a statistic, and lets a wrong input end the computation.
fn checked<T>(result: Result<T, GeometryError>) -> Result<Statistic<T>, Error> {
    match result {
        Err(error) if !error.is_undefined() => Err(error.into()),
        statistic => Ok(statistic),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::UnitVector;
    use std::f64::consts::{FRAC_PI_2, PI};

    fn point(coordinates: [f64; 3]) -> Point {
        Point::Sphere(UnitVector::normalize(coordinates.to_vec()).unwrap())
    }

    fn on_equator(angle: f64) -> Point {
        point([angle.cos(), angle.sin(), 0.0])
    }

    #[test]
    fn a_quarter_turn_and_a_right_angle() {
        // From x along the equator to y, then up to the pole; the target is the pole itself.
        let points = [on_equator(0.0), on_equator(FRAC_PI_2), point([0.0, 0.0, 1.0])];
        let path = Path::new(&Metric::default(), &points, Some(&points[2])).unwrap();
        let near = |value: f64, expected: f64| assert!((value - expected).abs() < 1e-14, "{value} against {expected}");
        near(path.length(), PI);
        near(path.displacement(), FRAC_PI_2);
        near(path.straightness().unwrap(), 0.5);
        near(path.tortuosity().unwrap(), 2.0);
        near(path.interior_angles()[0].clone().unwrap(), FRAC_PI_2);
        near(path.turning_angles()[0].clone().unwrap(), FRAC_PI_2);
        let heading = path.heading_angles().unwrap();
        near(heading[0].clone().unwrap(), FRAC_PI_2);
        near(heading[1].clone().unwrap(), 0.0);
        near(path.progress().unwrap()[0], 0.0);
        near(path.progress().unwrap()[1], FRAC_PI_2);
        near(path.efficiency().unwrap()[1].clone().unwrap(), 1.0);
        let projections = path.projections().unwrap();
        near(projections[0].clone().unwrap().t, 0.0);
        // The equator's quarter point is at right angles to the whole meridian x → pole.
        assert_eq!(projections[1], Err(GeometryError::Equidistant));
        near(projections[2].clone().unwrap().t, 1.0);
    }

    #[test]
    fn a_geodesic_is_straight() {
        let points: Vec<Point> = (0..20).map(|i| on_equator(f64::from(i) * 0.05)).collect();
        let path = Path::new(&Metric::default(), &points, points.last()).unwrap();
        assert!((path.straightness().unwrap() - 1.0).abs() < 1e-13);
        assert!(path.interior_angles().iter().all(|a| (a.clone().unwrap() - PI).abs() < 1e-7));
        for (i, projection) in path.projections().unwrap().iter().enumerate() {
            let projection = projection.clone().unwrap();
            assert!((projection.t - i as f64 / 19.0).abs() < 1e-13 && projection.distance < 1e-14);
        }
    }

    #[test]
    fn equal_layers_are_undefined_not_nan() {
        let points = [on_equator(0.0), on_equator(0.4), on_equator(0.4), on_equator(1.0)];
        let path = Path::new(&Metric::default(), &points, Some(&on_equator(2.0))).unwrap();
        assert_eq!(path.steps()[1], 0.0);
        assert!(path.interior_angles().iter().all(Result::is_err));
        assert!(path.heading_angles().unwrap()[1].is_err());
        assert!(path.heading_angles().unwrap()[2].is_ok());
        assert!(path.efficiency().unwrap()[1].is_err());
    }

    #[test]
    fn too_few_points_and_mixed_spaces_are_errors() {
        let metric = Metric::default();
        assert_eq!(Path::new(&metric, &[on_equator(0.0)], None), Err(Error::TooFewPoints(1)));
        let short = Point::Sphere(UnitVector::normalize(vec![1.0, 1.0]).unwrap());
        let mixed = Path::new(&metric, &[on_equator(0.0), short], None);
        assert!(matches!(mixed, Err(Error::DimensionMismatch { right: 1, .. })));
    }
}
