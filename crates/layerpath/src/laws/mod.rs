//! The laws that every space and every metric obeys, as a public suite.
//!
//! Each function takes a space and points of it and returns the violations it found, an empty list if the laws hold. A
//! new space or metric is trusted when the whole suite is silent on it; users can run the same suite on their own
//! activations.
//!
//! ```
//! use layerpath::{geometry::{UnitSphere, UnitVector}, laws};
//! let points: Vec<UnitVector> = [[1.0, 0.0, 0.2], [0.3, -1.0, 0.0], [0.5, 0.5, 2.0]]
//!     .map(|x| UnitVector::normalize(x.to_vec()).unwrap())
//!     .into();
//! assert!(laws::riemannian(&UnitSphere::new(3), &points, 1e-12).is_empty());
//! ```

mod court;

use std::fmt;

pub(crate) use court::Court;
pub use court::Measurement;

use crate::Error;
use crate::geometry::{GeodesicSpace, GeometryError, MetricSpace, RiemannianSpace, compare_triangle, model_distance};
use crate::metric::{Curvature, Metric, Point, in_space};
use crate::representation::Representation;

/// A law that does not hold, with the place and the size of the misfit.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// The law, for example `triangle inequality`.
    pub law: &'static str,
    /// For which points or change.
    pub place: String,
    /// By how much it is violated.
    pub excess: f64,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} violated by {:.3e} at {}", self.law, self.excess, self.place)
    }
}

/// Laws of a metric space: d(p, p) = 0, symmetry, non-negativity, the triangle inequality.
///
/// Points should be distinct; `tolerance` is absolute, in the unit of distance. Laws of pure numbers (cosines) are held to
/// tolerance/D and those of inner products to tolerance·D, where D is the largest distance between the points.
pub fn metric_space<S: MetricSpace>(space: &S, points: &[S::Point], tolerance: f64) -> Vec<Violation> {
    let mut court = Court::new(tolerance);
    let n = points.len();
    let mut table = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..n {
            let place = format!("points {i}, {j}");
            table[i][j] =
                court.defined("distance exists", space.distance(&points[i], &points[j]), &place).unwrap_or(0.0);
        }
    }
    for i in 0..n {
        court.judge("identity", table[i][i].abs(), || format!("point {i}"));
        for j in 0..n {
            court.judge("symmetry", (table[i][j] - table[j][i]).abs(), || format!("points {i}, {j}"));
            court.judge("non-negativity", -table[i][j], || format!("points {i}, {j}"));
            for k in 0..n {
                let excess = table[i][k] - table[i][j] - table[j][k];
                court.judge("triangle inequality", excess, || format!("points {i}, {j}, {k}"));
            }
        }
    }
    court.violations
}

/// Laws of a geodesic space, those of a metric space included: end points, d(p, g(t)) = t·d(p, q), projections that no
/// other point of the geodesic beats.
pub fn geodesic<S: GeodesicSpace>(space: &S, points: &[S::Point], tolerance: f64) -> Vec<Violation> {
    let mut court = Court::new(tolerance);
    court.violations = metric_space(space, points, tolerance);
    for (i, p) in points.iter().enumerate() {
        for (j, q) in points.iter().enumerate().filter(|(j, _)| *j != i) {
            if !along_a_geodesic(&mut court, space, [p, q], &format!("points {i}, {j}")) {
                continue;
            }
            for (k, c) in points.iter().enumerate() {
                projection(&mut court, space, [p, q, c], &format!("points {i}, {j}, projected {k}"));
            }
        }
    }
    court.violations
}

/// d(p, g(t)) = t·d(p, q) and d(q, g(t)) = (1 − t)·d(p, q); false if there is no distance.
pub(crate) fn along_a_geodesic<S: GeodesicSpace>(
    court: &mut Court,
    space: &S,
    [p, q]: [&S::Point; 2],
    place: &str,
) -> bool {
    let Some(whole) = court.defined("distance exists", space.distance(p, q), place) else { return false };
    for t in [0.0, 0.25, 0.5, 1.0] {
        let at = format!("{place}, t = {t}");
        let Some(g) = court.defined("geodesic exists", space.geodesic(p, q, t), &at) else { continue };
        for (end, share) in [(p, t), (q, 1.0 - t)] {
            if let Some(part) = court.defined("distance exists", space.distance(end, &g), &at) {
                court.judge("distance along a geodesic", (part - share * whole).abs(), || at.clone());
            }
        }
    }
    true
}

/// A projection has the distance that it says, and no other point of the geodesic from p to q is nearer to c.
pub(crate) fn projection<S: GeodesicSpace>(court: &mut Court, space: &S, [p, q, c]: [&S::Point; 3], at: &str) {
    let Some(foot) = court.defined("projection exists", space.project(p, q, c), at) else { return };
    let nearest = space.geodesic(p, q, foot.t).and_then(|g| space.distance(c, &g));
    if let Some(distance) = court.defined("projection is on the geodesic", nearest, at) {
        court.judge("distance of a projection", (distance - foot.distance).abs(), || at.to_owned());
    }
    // In the stretch that every search covers.
    let offsets = [-1.0, -0.1, -1e-3, 1e-3, 0.1, 1.0].into_iter();
    for offset in offsets.filter(|offset| (-1.0..=2.0).contains(&(foot.t + offset))) {
        let other = space.geodesic(p, q, foot.t + offset).and_then(|g| space.distance(c, &g));
        if let Some(other) = court.defined("geodesic extends", other, at) {
            court.judge("a projection is nearest", foot.distance - other, || at.to_owned());
        }
    }
}

/// Laws of a Riemannian space, those of a geodesic space included: exp∘log, ‖log‖ = d, sums of tangent vectors, transport
/// keeps inner products and carries the geodesic's direction along, angles agree with log maps and those of a degenerate
/// triangle are π.
pub fn riemannian<S: RiemannianSpace>(space: &S, points: &[S::Point], tolerance: f64) -> Vec<Violation> {
    let mut court = Court::among(space, points, tolerance);
    court.violations = geodesic(space, points, tolerance);
    for (i, p) in points.iter().enumerate() {
        for (j, q) in points.iter().enumerate().filter(|(j, _)| *j != i) {
            let place = format!("points {i}, {j}");
            let Some(maps) = tangent_maps(&mut court, space, [p, q], &place) else { continue };
            for (k, c) in points.iter().enumerate().filter(|(k, _)| *k != i && *k != j) {
                let at = format!("points {i}, {j}, {k}");
                tangent_products(&mut court, space, [p, q, c], &maps, &at);
            }
        }
    }
    court.violations
}

/// Of two points: the direction from p to q, and the same carried to q.
pub(crate) struct TangentMaps<T> {
    direction: T,
    carried: T,
}

/// Laws of log, exp and transport for two points.
pub(crate) fn tangent_maps<S: RiemannianSpace>(
    court: &mut Court,
    space: &S,
    [p, q]: [&S::Point; 2],
    place: &str,
) -> Option<TangentMaps<S::Tangent>> {
    let v = court.defined("log exists", space.log(p, q), place)?;
    let whole = court.defined("distance exists", space.distance(p, q), place)?;
    court.judge("norm of log", (space.inner(p, &v, &v).sqrt() - whole).abs(), || place.to_owned());
    // v/2 + v/4 is three quarters of the way.
    let sum = space.combine(p, &[v.clone(), v.clone()], &[0.5, 0.25]);
    let shares = space.exp(p, &sum).and_then(|r| Ok([space.distance(p, &r)?, space.distance(&r, q)?]));
    if let Some([near, far]) = court.defined("exp exists", shares, place) {
        let excess = (near - 0.75 * whole).abs().max((far - 0.25 * whole).abs());
        court.judge("sums of tangent vectors", excess, || place.to_owned());
    }
    let back = space.exp(p, &v).and_then(|r| space.distance(&r, q));
    if let Some(back) = court.defined("exp exists", back, place) {
        court.judge("exp of log", back, || place.to_owned());
    }
    if whole <= space.resolution(p, q) {
        // No direction leads from one to the other.
        return None;
    }
    // The direction from p, carried to q, is the opposite of the direction back.
    let carried = space.transport(p, q, &v);
    let (Some(carried), Some(home)) =
        (court.defined("transport exists", carried, place), court.defined("log exists", space.log(q, p), place))
    else {
        return None;
    };
    let cosine = -space.inner(q, &carried, &home) / (whole * whole);
    court.judge_number("transport of the direction", (cosine - 1.0).abs(), || place.to_owned());
    let middle = space.geodesic(p, q, 0.5).and_then(|m| space.angle(p, &m, q));
    if let Some(angle) = court.defined("angle exists", middle, place) {
        // An angle near π is known to the square root of the rounding error of its cosine at best.
        court.judge_number("straight on", (std::f64::consts::PI - angle).abs() - 1e-7, || place.to_owned());
    }
    Some(TangentMaps { direction: v, carried })
}

/// Laws of inner products at p, for the directions to q and to c.
pub(crate) fn tangent_products<S: RiemannianSpace>(
    court: &mut Court,
    space: &S,
    [p, q, c]: [&S::Point; 3],
    maps: &TangentMaps<S::Tangent>,
    at: &str,
) {
    let TangentMaps { direction: v, carried } = maps;
    let Some(w) = court.defined("log exists", space.log(p, c), at) else { return };
    let product = space.inner(p, v, &w);
    let moved = space.transport(p, q, &w);
    if let Some(moved) = court.defined("transport exists", moved, at) {
        let after = space.inner(q, carried, &moved);
        court.judge_product("transport keeps inner products", (after - product).abs(), || at.to_owned());
    }
    if let Some(angle) = court.defined("angle exists", space.angle(q, p, c), at) {
        let norms = (space.inner(p, v, v) * space.inner(p, &w, &w)).sqrt();
        court.judge_number("angle of log maps", (angle.cos() - product / norms).abs(), || at.to_owned());
    }
}

/// The laws of a metric's space on points that the metric made: [`riemannian`], with whatever the space refuses or leaves
/// undefined passed over.
///
/// # Errors
///
/// [`Error::MixedMetrics`] for points of different metrics.
///
/// ```
/// use layerpath::{laws, metric::Metric, representation::Representation};
/// let metric: Metric = "euclidean-shape".parse()?;
/// let layers = [[0.0, 1.0, 4.0, 2.0, 7.0, 1.0_f64], [0.0, 1.5, 3.0, 2.5, 6.0, 0.0], [1.0, 1.0, 3.0, 0.5, 2.0, 2.0]];
/// let embed = |x: &[f64; 6]| metric.embed(&Representation::new(&x[..], 3, 2)?);
/// let points: Vec<_> = layers.iter().map(embed).collect::<Result<_, layerpath::Error>>()?;
/// assert!(laws::metric(&points, 1e-9)?.is_empty());
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn metric(points: &[Point], tolerance: f64) -> Result<Vec<Violation>, Error> {
    let all: Vec<&Point> = points.iter().collect();
    in_space!(&all, |space, own, wrap| {
        let own: Vec<_> = own.into_iter().cloned().collect();
        Ok(riemannian(&space, &own, tolerance))
    })
}

/// Tests declared bounds of the curvature by Alexandrov's comparison of every triangle with those of the model surface, both
/// ways: no triangle contradicts a bound, and if the curvature is declared as not constant at least one departs from the
/// flat comparison by more than 1000 times the tolerance, to the declared side.
///
/// A lower bound holds for triangles of any size. An upper bound above 0 holds for small ones: those of perimeter below
/// π/(2√κ), or 2π/√κ where the curvature is constant, are tested. Points should be generic.
pub fn curvature<S: GeodesicSpace>(
    space: &S,
    points: &[S::Point],
    declared: Curvature,
    tolerance: f64,
) -> Vec<Violation> {
    let mut court = Court::new(tolerance);
    let (low, high) = declared.bounds();
    let constant = matches!(declared, Curvature::Constant(_));
    let reach = if constant { 2.0 * std::f64::consts::PI } else { std::f64::consts::FRAC_PI_2 };
    let (mut least, mut most) = (0.0_f64, 0.0_f64);
    let mut compared = 0;
    for (i, p) in points.iter().enumerate() {
        for (j, q) in points.iter().enumerate().skip(i + 1) {
            for (k, r) in points.iter().enumerate().filter(|(k, _)| *k != i && *k != j) {
                for t in [0.25, 0.5] {
                    let place = format!("points {i}, {j}, {k}, t = {t}");
                    let seen = compare_triangle(space, p, q, r, t);
                    let Some(seen) = court.defined("comparison exists", seen, &place) else { continue };
                    let perimeter: f64 = seen.sides.iter().sum();
                    (least, most) = (least.min(seen.excess), most.max(seen.excess));
                    compared += 1;
                    if let Some(bound) = low {
                        let excess = model_distance(seen.sides, t, bound) - seen.distance;
                        court.judge("curvature is not below its bound", excess, || place.clone());
                    }
                    if let Some(bound) = high.filter(|bound| *bound <= 0.0 || perimeter * bound.sqrt() < reach) {
                        let excess = seen.distance - model_distance(seen.sides, t, bound);
                        court.judge("curvature is not above its bound", excess, || place.clone());
                    }
                }
            }
        }
    }
    let witness = match declared {
        Curvature::AtMost(_) => -least,
        Curvature::AtLeast(_) | Curvature::Between(..) => most,
        Curvature::Constant(_) | Curvature::None => f64::INFINITY,
    };
    if compared > 0 && witness <= 1000.0 * tolerance {
        let (law, excess) = ("the curvature is not constant", 1000.0 * tolerance - witness);
        court.violations.push(Violation { law, place: format!("{compared} triangles, all flat"), excess });
    }
    court.violations
}

/// [`curvature`] of a metric as it declares it, on points that it made. A metric that declares none must refuse geodesics.
///
/// # Errors
///
/// [`Error::MixedMetrics`] for points of different metrics.
///
/// ```
/// use layerpath::{laws, metric::Metric, representation::Representation};
/// let metric: Metric = "euclidean-shape".parse()?;
/// let layers = [[0.0, 1.0, 4.0, 2.0, 7.0, 1.0_f64], [0.0, 1.5, 3.0, 2.5, 6.0, 0.0], [1.0, 1.0, 3.0, 0.5, 2.0, 2.0]];
/// let embed = |x: &[f64; 6]| metric.embed(&Representation::new(&x[..], 3, 2)?);
/// let points: Vec<_> = layers.iter().map(embed).collect::<Result<_, layerpath::Error>>()?;
/// assert!(laws::declared_curvature(&metric, &points, 1e-9)?.is_empty());
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn declared_curvature(metric: &Metric, points: &[Point], tolerance: f64) -> Result<Vec<Violation>, Error> {
    let declared = metric.properties().curvature;
    let all: Vec<&Point> = points.iter().collect();
    if declared == Curvature::None {
        let refused = points.windows(2).all(|pair| {
            matches!(
                metric.geodesic(&pair[0], &pair[1], 0.5),
                Err(Error::Geometry(GeometryError::NoGeodesics { .. } | GeometryError::Coincident { .. }))
            )
        });
        let violation =
            Violation { law: "no geodesics where no curvature", place: metric.to_string(), excess: f64::NAN };
        return Ok(if refused { Vec::new() } else { vec![violation] });
    }
    in_space!(&all, |space, own, wrap| {
        let own: Vec<_> = own.into_iter().cloned().collect();
        Ok(curvature(&space, &own, declared, tolerance))
    })
}

/// A change of one row of activations.
type Change<'a> = &'a dyn Fn(&[f64]) -> Vec<f64>;

/// Tests the invariances that a metric declares on the given activations, both ways: under a declared invariance the
/// point stays within `tolerance`, under any other change it moves by more than 1000 times that.
///
/// `x` is m×n in row-major order with n ≥ 2 and should be generic: activations that a change happens to leave alone
/// look like an undeclared invariance.
///
/// # Errors
///
/// What [`Metric::embed`] says of the activations.
pub fn invariances(
    metric: &Metric,
    x: &[f64],
    stimuli: usize,
    units: usize,
    tolerance: f64,
) -> Result<Vec<Violation>, Error> {
    let embed = |values: &[f64]| metric.embed(&Representation::new(values, stimuli, units)?);
    let origin = embed(x)?;
    let size = crate::linalg::norm(x) / (x.len() as f64).sqrt();
    let declared = metric.properties().invariances;
    // A reflection of the whole space that mixes all units, and a stretch of alternate units.
    let mirror: Vec<f64> = (0..units).map(|j| 1.0 + (j as f64).sin()).collect();
    let mirror_square = crate::linalg::dot(&mirror, &mirror);
    let reflect = |row: &[f64]| {
        let factor = 2.0 * crate::linalg::dot(row, &mirror) / mirror_square;
        row.iter().zip(&mirror).map(|(value, axis)| value - factor * axis).collect::<Vec<f64>>()
    };
    let stretch = |row: &[f64]| row.iter().enumerate().map(|(j, value)| value * [1.0, 3.0][j % 2]).collect();
    let shift = |row: &[f64]| row.iter().enumerate().map(|(j, value)| value + size * (j as f64 + 1.0).cos()).collect();
    let scale = |row: &[f64]| row.iter().map(|value| value * 3.7).collect();
    let changes: [(&'static str, bool, Change<'_>); 4] = [
        ("translation", declared.translation, &shift),
        ("rotation", declared.rotation, &reflect),
        ("scaling", declared.scaling, &scale),
        ("affine map", declared.affine, &stretch),
    ];
    let mut court = Court::new(tolerance);
    for (change, invariant, apply) in changes {
        let changed: Vec<f64> = x.chunks_exact(units).flat_map(apply).collect();
        let moved = metric.distance(&origin, &embed(&changed)?)?;
        if invariant {
            court.judge("declared invariance", moved, || change.to_owned());
        } else if moved <= 1000.0 * tolerance {
            let place = format!("{change}: the point moved by only {moved:.3e}");
            court.violations.push(Violation {
                law: "declared non-invariance",
                place,
                excess: 1000.0 * tolerance - moved,
            });
        }
    }
    Ok(court.violations)
}
