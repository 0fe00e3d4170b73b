//! The Fréchet mean in any Riemannian space.

use super::{GeometryError, RiemannianSpace};

/// A step must lower the variance by this share of what the gradient promises (Armijo's rule).
const SUFFICIENT: f64 = 1e-4;
/// Below this step nothing is left to gain but rounding.
const SMALLEST_STEP: f64 = 1e-6;

/// Stopping rule of [`frechet_mean`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DescentOptions {
    /// The most steps.
    pub iterations: usize,
    /// Stop when the gradient, the mean of the logarithms, is shorter than this share of the root of the variance.
    pub tolerance: f64,
}

impl Default for DescentOptions {
    /// 1000 steps, 10⁻¹⁰.
    fn default() -> Self {
        Self { iterations: 1000, tolerance: 1e-10 }
    }
}

/// The point μ that minimises the mean of d(μ, pᵢ)², and how it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Mean<P> {
    /// μ.
    pub point: P,
    /// d(μ, pᵢ).
    pub distances: Vec<f64>,
    /// Mean of d(μ, pᵢ)².
    pub variance: f64,
    /// Norm of the mean of the logarithms log_μ pᵢ at the end.
    pub gradient: f64,
    /// Steps done.
    pub iterations: usize,
    /// Variance at the start and after each step; it never rises by more than rounding.
    pub history: Vec<f64>,
}

/// The Fréchet (Karcher) mean of points of any Riemannian space, by gradient descent μ ← exp_μ(s·g), g = (1/K) Σ log_μ pᵢ.
///
/// It starts from the inductive mean, which moves from p₁ by 1/k of the way to each pₖ in turn: in a flat space that *is*
/// the mean, and no step follows. Steps s ≤ 1 are halved until the variance falls enough, and grow again. Where curvature is
/// not positive the mean is unique; elsewhere it is if the points lie close together (on the unit sphere within π/2,
/// Afsari 2011), and otherwise this is a stationary point near the start.
///
/// Each step costs K logarithms in the space itself. On spheres and flat spaces
/// [`IsometricCoordinates`](super::IsometricCoordinates) make that independent of the number of stimuli, and
/// [`embed::frechet_mean`](crate::embed::frechet_mean) does so for spheres.
///
/// Sources: Karcher 1977; Pennec 2006; Sturm 2003 (inductive mean).
///
/// # Errors
///
/// [`GeometryError::Nothing`] without points, [`GeometryError::NotConverged`] if the tolerance is not reached, and those of
/// `log` and `exp`: opposite points of a sphere, shapes without a unique alignment.
///
/// ```
/// use layerpath::geometry::{AffineInvariant, DescentOptions, PositiveDefinite, frechet_mean};
/// // Positive numbers under d = |log(b/a)|: the geometric mean.
/// let [a, b, c] = [1.0, 2.0, 32.0].map(|x| PositiveDefinite::new(vec![x], 1).unwrap());
/// let mean = frechet_mean(&AffineInvariant::new(1), &[&a, &b, &c], &DescentOptions::default())?;
/// assert!((mean.point.matrix()[0] - 4.0).abs() < 1e-13);
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn frechet_mean<S: RiemannianSpace>(
    space: &S,
    points: &[&S::Point],
    options: &DescentOptions,
) -> Result<Mean<S::Point>, GeometryError> {
    let mut here = State::new(space, points, inductive_mean(space, points)?)?;
    let mut history = vec![here.variance];
    let mut step = 1.0_f64;
    let mut iterations = 0;
    loop {
        if here.steepness <= options.tolerance * here.variance.sqrt() {
            break;
        }
        if iterations == options.iterations {
            return Err(GeometryError::NotConverged { what: "the Fréchet mean", steps: iterations });
        }
        let Some((next, taken)) = descend(space, points, &here, step)? else {
            // No step lowers the variance: as good as rounding lets it be, or not found.
            let resolution = points.iter().map(|point| space.resolution(&here.point, point)).fold(0.0, f64::max);
            if here.steepness <= 100.0 * resolution {
                break;
            }
            return Err(GeometryError::NotConverged { what: "the Fréchet mean", steps: iterations });
        };
        here = next;
        step = (2.0 * taken).min(1.0);
        iterations += 1;
        history.push(here.variance);
    }
    let State { point, distances, variance, steepness, .. } = here;
    Ok(Mean { point, distances, variance, gradient: steepness, iterations, history })
}

/// From p₁ by 1/k of the way to pₖ, for all k.
fn inductive_mean<S: RiemannianSpace>(space: &S, points: &[&S::Point]) -> Result<S::Point, GeometryError> {
    let (first, rest) = points.split_first().ok_or(GeometryError::Nothing { what: "the Fréchet mean" })?;
    let mut mean = (*first).clone();
    for (k, point) in rest.iter().enumerate() {
        mean = space.geodesic(&mean, point, 1.0 / (k + 2) as f64)?;
    }
    Ok(mean)
}

/// A candidate, and what the next step needs.
struct State<S: RiemannianSpace> {
    point: S::Point,
    distances: Vec<f64>,
    variance: f64,
    gradient: S::Tangent,
    steepness: f64,
}

impl<S: RiemannianSpace> State<S> {
    fn new(space: &S, points: &[&S::Point], point: S::Point) -> Result<Self, GeometryError> {
        let logs = points.iter().map(|q| space.log(&point, q)).collect::<Result<Vec<_>, _>>()?;
        let distances = points.iter().map(|q| space.distance(&point, q)).collect::<Result<Vec<_>, _>>()?;
        let share = 1.0 / points.len() as f64;
        let variance = distances.iter().map(|d| d * d * share).sum();
        let gradient = space.combine(&point, &logs, &vec![share; logs.len()]);
        let steepness = space.inner(&point, &gradient, &gradient).max(0.0).sqrt();
        Ok(Self { point, distances, variance, gradient, steepness })
    }
}

/// A point of lower variance in the direction of the gradient, and the step to it.
fn descend<S: RiemannianSpace>(
    space: &S,
    points: &[&S::Point],
    here: &State<S>,
    mut step: f64,
) -> Result<Option<(State<S>, f64)>, GeometryError> {
    while step > SMALLEST_STEP {
        let way = space.combine(&here.point, std::slice::from_ref(&here.gradient), &[step]);
        // A long step may leave the region where logarithms exist; a shorter one does not.
        let next = match space.exp(&here.point, &way).and_then(|point| State::new(space, points, point)) {
            Err(error) if !error.is_undefined() => return Err(error),
            next => next.ok(),
        };
        if let Some(next) = next {
            let promised = SUFFICIENT * 2.0 * step * here.steepness * here.steepness;
            let falls = next.variance <= here.variance - promised;
            // Near the end differences of variances are rounding, and the gradient says more.
            let settles = next.steepness < here.steepness && next.variance <= here.variance * (1.0 + 1e-13);
            if falls || settles {
                return Ok(Some((next, step)));
            }
        }
        step /= 2.0;
    }
    Ok(None)
}
