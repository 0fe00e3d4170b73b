//! Multidimensional scaling onto a sphere.

use super::given::{Given, padded_rows, turn_to_principal_axes};
use super::search::{Normals, Report, Run, Scaling, SearchOptions, Start, best_of};
use super::sphere_objective::{Configuration, DenseHessian, arc, length, normalise};
use super::{EmbeddingError, Observer};
use crate::Error;
use crate::linalg::{dot, symmetric_eigen};
use crate::table::SymmetricTable;

/// The most conjugate-gradient products for one step.
const INNER_ITERATIONS: usize = 60;
/// The longest way of a point in one step, in rad.
const LONGEST_STEP: f64 = 1.0;
/// Displacement (rad) that separates points which a start wrongly put together or opposite.
const NUDGE: f64 = 1e-3;
/// Arc (rad) within which points count as together or opposite.
const TOGETHER: f64 = 1e-7;
/// Damping of the first step, relative to the curvature of the objective where distances fit. Where they do not, the Hessian
/// is indefinite, and steps with little damping are rejected.
const FIRST_DAMPING: f64 = 0.6;
/// A raw stress below this share of Σd² is zero to rounding.
const EXACT: f64 = 1e-26;

/// Points on the unit sphere S^`dimension` that minimise Σᵢ<ⱼ(θ(uᵢ, uⱼ) − dᵢⱼ)², θ the arc in rad.
///
/// The objective is that of Agarwal, Phillips and Venkatasubramanian 2010 (*Universal multi-dimensional scaling*, KDD).
/// They move one point at a time; here all move at once, by a damped Newton iteration on the product of spheres
/// whose linear systems are solved by conjugate gradients without forming a matrix. The classical start is the spherical
/// version of classical scaling: the leading eigenvectors of cos dᵢⱼ (distances beyond π count as π), which is exact if
/// the distances are arcs on S^`dimension`. The raw stress never rises. `coordinates` are K unit vectors of
/// `dimension` + 1 coordinates, turned to their principal axes. Points that coincide, and points that lie opposite to
/// each other, have no direction towards each other; such a pair counts in the stress but does not pull.
///
/// Cost O(K³) for the start and O(K²·`dimension`) for each of the 10 to 60 products in an iteration; memory 40K² bytes, and
/// up to 32 MiB for the Hessian.
///
/// # Errors
///
/// [`EmbeddingError`] for entries that are no distances, no dimensions, no start, or an observer that broke off.
///
/// ```
/// use layerpath::embed::{SearchOptions, silent, spherical_mds};
/// use layerpath::{geometry::UnitVector, table::arcs};
/// // An octant: three points at π/2 from each other fit on S², in no plane.
/// let axis = |i: usize| UnitVector::normalize((0..3).map(|j| f64::from(u8::from(i == j))).collect());
/// let (a, b, c) = (axis(0)?, axis(1)?, axis(2)?);
/// let octant = spherical_mds(&arcs(&[&a, &b, &c])?, 2, &SearchOptions::default(), &mut silent)?;
/// assert!(octant.stress < 1e-12);
/// assert_eq!(octant.coordinates[0].len(), 3);
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn spherical_mds(
    distances: &SymmetricTable,
    dimension: usize,
    options: &SearchOptions,
    observer: &mut Observer<'_>,
) -> Result<Scaling, Error> {
    if dimension == 0 {
        return Err(EmbeddingError::NoDimensions.into());
    }
    let given = Given::new(distances)?;
    // K unit vectors span at most K dimensions; the other coordinates are 0.
    let width = (dimension + 1).min(given.size().max(2));
    let (mut points, convergence) = best_of(&given, options, observer, |start, normals, report| {
        let begin = match start {
            Start::Classical => classical_start(&given, width, normals)?,
            Start::Random(_) => {
                let mut points = normals.fill(given.size() * width, 1.0);
                points.chunks_exact_mut(width).for_each(normalise);
                points
            }
        };
        Ok(descend(&given, begin, width, options, report)?)
    })?;
    turn_to_principal_axes(&mut points, width)?;
    points.chunks_exact_mut(width).for_each(normalise);
    let raw = given.raw_stress(|i, j| arc(row(&points, width, i), row(&points, width, j)));
    Ok(Scaling {
        coordinates: padded_rows(&points, width, dimension + 1, 1.0),
        stress: given.normalised(raw),
        raw_stress: raw,
        convergence,
    })
}

fn row(points: &[f64], width: usize, i: usize) -> &[f64] {
    &points[i * width..(i + 1) * width]
}

/// Leading eigenvectors of cos d, times √eigenvalue, each row of norm 1.
fn classical_start(given: &Given, width: usize, normals: &mut Normals) -> Result<Vec<f64>, Error> {
    let size = given.size();
    let mut cosines = Vec::with_capacity(size * size);
    for i in 0..size {
        cosines.extend(given.row(i).iter().map(|d| d.min(std::f64::consts::PI).cos()));
    }
    let eigen = symmetric_eigen(&cosines, size)?;
    let mut points = vec![0.0; size * width];
    for axis in 0..width.min(size) {
        let rank = size - 1 - axis;
        let value = eigen.values[rank];
        // What is left of a vanishing eigenvalue is rounding, and its square root would be 10⁻⁸.
        let floor = f64::EPSILON * size as f64 * eigen.values[size - 1];
        let scale = if value > floor { value.sqrt() } else { 0.0 };
        for (point, component) in points.chunks_exact_mut(width).zip(&eigen.vectors[rank]) {
            point[axis] = scale * component;
        }
    }
    points.chunks_exact_mut(width).for_each(normalise);
    // Points in a pair without direction would never part, and points on a great sphere never leave it.
    let stuck = |i: usize, j: usize| {
        let (theta, wanted) = (arc(row(&points, width, i), row(&points, width, j)), given.row(i)[j]);
        (theta < TOGETHER && wanted > NUDGE)
            || (theta > std::f64::consts::PI - TOGETHER && wanted < std::f64::consts::PI - NUDGE)
    };
    let missing = |axis: usize| points.iter().skip(axis).step_by(width).all(|x| x.abs() < TOGETHER);
    let raw = given.raw_stress(|i, j| arc(row(&points, width, i), row(&points, width, j)));
    let exact = raw <= TOGETHER * TOGETHER * given.total();
    if !exact && ((0..width).any(missing) || (0..size).any(|i| (0..i).any(|j| stuck(i, j)))) {
        for x in &mut points {
            *x += NUDGE * normals.next();
        }
        points.chunks_exact_mut(width).for_each(normalise);
    }
    Ok(points)
}

/// Damped truncated Newton iteration. The damping follows Nielsen's rule, but falls by no more than a factor of 3 a step: a
/// faster fall makes every other step fail where distances do not fit.
fn descend(
    given: &Given,
    start: Vec<f64>,
    width: usize,
    options: &SearchOptions,
    report: &mut Report<'_>,
) -> Result<Run, EmbeddingError> {
    let mut here = Configuration::new(given, start, width);
    let mut history = vec![here.raw_stress];
    report(0, here.raw_stress)?;
    // Each of a point's K − 1 pairs adds a direction of length 1, spread over `width` − 1 axes.
    let typical = given.size().saturating_sub(1).max(1) as f64 / (width - 1) as f64;
    let (mut damping, mut growth) = (FIRST_DAMPING * typical, 2.0);
    let enough = options.tolerance * given.total();
    let mut converged = here.raw_stress <= EXACT * given.total();
    let mut tried = 0;
    // Of the place where it was last needed.
    let mut dense: Option<DenseHessian> = None;
    let mut known = false;
    while !converged && tried < options.iterations {
        tried += 1;
        let gradient = length(&here.gradient);
        // What a Newton step could still gain, were the matrix a multiple of the identity.
        if gradient * gradient / typical <= 1e-2 * enough {
            converged = true;
            break;
        }
        if !known {
            (dense, known) = (here.dense_hessian(), true);
        }
        let Step { velocity, linear, quadratic } = step(&here, dense.as_ref(), damping, typical * given.total());
        let longest = velocity.chunks_exact(width).map(length).fold(0.0, f64::max);
        let scale = if longest > LONGEST_STEP { LONGEST_STEP / longest } else { 1.0 };
        let predicted = -2.0 * scale * linear - scale * scale * quadratic;
        let there = Configuration::new(given, here.moved(&velocity, scale), width);
        let gained = here.raw_stress - there.raw_stress;
        let ratio = if predicted > 0.0 { gained / predicted } else { -1.0 };
        if gained > 0.0 && ratio > 1e-4 {
            here = there;
            known = false;
            history.push(here.raw_stress);
            converged = (gained <= enough && ratio > 0.25) || here.raw_stress <= EXACT * given.total();
            damping *= (1.0 - (2.0 * ratio - 1.0).powi(3)).clamp(1.0 / 3.0, 2.0);
            growth = 2.0;
        } else {
            damping *= growth;
            growth *= 2.0;
            // Not even a tiny step leads down: the gradient is rounding noise, or a kink was reached.
            if damping > 1e16 * typical {
                converged = predicted <= enough;
                break;
            }
        }
        report(history.len() - 1, here.raw_stress)?;
    }
    Ok(Run { coordinates: here.points, history, converged })
}

/// A trial step p with ⟨g, p⟩ and ⟨p, H p⟩.
struct Step {
    velocity: Vec<f64>,
    linear: f64,
    quadratic: f64,
}

/// Solves (H + damping) p = −g by conjugate gradients, the more exactly the nearer the solution.
fn step(here: &Configuration, dense: Option<&DenseHessian>, damping: f64, scale: f64) -> Step {
    let gradient = &here.gradient;
    let mut velocity = vec![0.0; gradient.len()];
    let mut residual: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut direction = residual.clone();
    let mut product = vec![0.0; gradient.len()];
    let mut square = dot(&residual, &residual);
    // Superlinear convergence needs a residual that falls faster than the gradient.
    let forcing = (square / scale.max(f64::MIN_POSITIVE)).sqrt().clamp(1e-8, 0.1);
    let goal = forcing * forcing * square;
    for _ in 0..INNER_ITERATIONS {
        if square <= goal || square == 0.0 {
            break;
        }
        match dense {
            Some(dense) => dense.apply(&direction, damping, &mut product),
            None => here.hessian(&direction, damping, &mut product),
        }
        let curvature = dot(&direction, &product);
        if curvature == 0.0 {
            break;
        }
        // Along a direction of negative curvature the step goes down all the same; then the system has no solution left.
        let rate = square / curvature.abs();
        for place in 0..velocity.len() {
            velocity[place] += rate * direction[place];
            residual[place] -= rate * product[place];
        }
        if curvature < 0.0 {
            break;
        }
        let next = dot(&residual, &residual);
        let keep = next / square;
        square = next;
        for (d, r) in direction.iter_mut().zip(&residual) {
            *d = r + keep * *d;
        }
    }
    let linear = dot(gradient, &velocity);
    // (H + damping) p = −g − residual, of which the damping is not part of the model of the objective.
    let quadratic = -linear - dot(&residual, &velocity) - damping * dot(&velocity, &velocity);
    Step { velocity, linear, quadratic }
}
