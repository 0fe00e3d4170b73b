//! Which stimuli move from layer to layer (docs/math.md §3.4).
//!
//! A point of angular CKA, angular RSA, stress, or log-Euclidean (`matrix=gram`) is a symmetric matrix with one row a
//! stimulus: similarities, distances, or the logarithm of the Gram matrix. The squared chord ‖G(xᵢ₊₁) − G(xᵢ)‖² of a step is a sum over
//! its rows, and so is the part of the step that leads towards the target.
//!
//! A pair of stimuli stands in two rows of the symmetric matrix and counts half for each. The shares are for comparing
//! stimuli of one step; a stimulus far from the mean of all has long rows in every layer, and therefore large shares.

use super::Undefined;
use super::samples::common_stimuli;
use crate::Error;
use crate::geometry::{GeometryError, RiemannianSpace};
use crate::linalg::norm;
use crate::metric::{Metric, Point, Together};

/// What each stimulus contributes to one step towards a target.
#[derive(Debug, Clone, PartialEq)]
pub struct ProgressShares {
    /// step · cos(heading angle): how far the step leads along the tangent towards the target, in the metric's unit;
    /// negative away.
    pub along: f64,
    /// Contribution of each stimulus in the metric's unit, summing to `along`; negative for a stimulus that moves away.
    pub contributions: Vec<f64>,
    /// Contributions divided by their sum; undefined where they cancel.
    pub shares: Result<Vec<f64>, Undefined>,
}

/// Share of each stimulus in each squared step, ‖row of G(xᵢ₊₁) − G(xᵢ)‖² / ‖G(xᵢ₊₁) − G(xᵢ)‖²: L lists of m shares ≥ 0 that
/// sum to 1.
///
/// On a sphere the squared step is that of the chord, 4 sin²(step/2). A step below the points' resolution has no shares.
///
/// # Errors
///
/// [`Error::Unavailable`] for metrics whose points have no row for each stimulus (shapes, subspaces, positive definite
/// matrices, whose steps are no sums over stimuli), [`Error::TooFewPoints`], [`Error::DimensionMismatch`].
///
/// ```
/// use layerpath::{metric::Metric, path::stimuli::step_shares, representation::Representation};
/// let metric = Metric::default();
/// let mut points = Vec::new();
/// // From one layer to the next only the answer to stimulus 2 changes.
/// for x in [[0.0, 1.0, 2.0, 0.5, 1.0_f64], [0.0, 1.0, -1.0, 0.5, 1.0]] {
///     points.push(metric.embed(&Representation::new(&x[..], 5, 1)?)?);
/// }
/// let shares = step_shares(&metric, &points)?;
/// assert!((shares[0].as_ref().expect("a step").iter().sum::<f64>() - 1.0).abs() < 1e-12);
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn step_shares(metric: &Metric, points: &[Point]) -> Result<Vec<StepShares>, Error> {
    step_shares_of(metric, &points.iter().collect::<Vec<_>>())
}

/// The shares of one step, or why there are none.
pub type StepShares = Result<Vec<f64>, Undefined>;

pub(crate) fn step_shares_of(metric: &Metric, points: &[&Point]) -> Result<Vec<StepShares>, Error> {
    let rows = prepare(metric, points, None)?;
    match Together::new(points)? {
        Together::Sphere(space, own) => steps(&space, &own, points, &rows),
        Together::Flat(space, own) => steps(&space, &own, points, &rows),
        _ => Err(unavailable(metric)),
    }
}

fn steps<S: RiemannianSpace>(
    space: &S,
    own: &[&S::Point],
    points: &[&Point],
    rows: &Rows,
) -> Result<Vec<StepShares>, Error> {
    let mut all = Vec::with_capacity(own.len() - 1);
    for (pair, points) in own.windows(2).zip(points.windows(2)) {
        let (distance, resolution) = (space.distance(pair[0], pair[1])?, space.resolution(pair[0], pair[1]));
        if distance <= resolution {
            all.push(Err(GeometryError::Coincident { distance, resolution }.into()));
            continue;
        }
        let coordinates = points[0].coordinates().iter().zip(points[1].coordinates());
        let difference: Vec<f64> = coordinates.map(|(p, q)| q - p).collect();
        let squares = rows.sums(&difference, &difference);
        let total: f64 = squares.iter().sum();
        all.push(Ok(squares.into_iter().map(|square| square / total).collect()));
    }
    Ok(all)
}

/// Contribution of each stimulus to the part of each step along the tangent towards the target, L entries.
///
/// With v = log of xᵢ₊₁ at xᵢ and u the unit tangent at xᵢ towards T, ⟨v, u⟩ = step·cos(heading angle) is a sum over
/// stimuli of ⟨row of v, row of u⟩. Undefined where the heading angle is.
///
/// # Errors
///
/// As [`step_shares`].
pub fn progress_shares(
    metric: &Metric,
    points: &[Point],
    target: &Point,
) -> Result<Vec<Result<ProgressShares, Undefined>>, Error> {
    progress_shares_of(metric, &points.iter().collect::<Vec<_>>(), target)
}

pub(crate) fn progress_shares_of(
    metric: &Metric,
    points: &[&Point],
    target: &Point,
) -> Result<Vec<Result<ProgressShares, Undefined>>, Error> {
    let rows = prepare(metric, points, Some(target))?;
    let all: Vec<&Point> = points.iter().copied().chain([target]).collect();
    match Together::new(&all)? {
        Together::Sphere(space, own) => progress(&space, &own, &rows),
        Together::Flat(space, own) => progress(&space, &own, &rows),
        _ => Err(unavailable(metric)),
    }
}

/// The same for the space's own points, the target last.
fn progress<S: RiemannianSpace<Tangent = Vec<f64>>>(
    space: &S,
    own: &[&S::Point],
    rows: &Rows,
) -> Result<Vec<Result<ProgressShares, Undefined>>, Error> {
    let Some((target, path)) = own.split_last() else { return Ok(Vec::new()) };
    let mut all = Vec::with_capacity(path.len());
    for pair in path.windows(2) {
        // Asked for the angle alone first: it says whether both directions exist.
        let defined = space.angle(pair[1], pair[0], target);
        all.push(match defined {
            Err(error) if error.is_undefined() => Err(error.into()),
            Err(error) => return Err(error.into()),
            Ok(_) => {
                let step = space.log(pair[0], pair[1])?;
                let mut toward = space.log(pair[0], target)?;
                let length = norm(&toward);
                for x in &mut toward {
                    *x /= length;
                }
                let contributions = rows.sums(&step, &toward);
                let along: f64 = contributions.iter().sum();
                let magnitude: f64 = contributions.iter().map(|x| x.abs()).sum();
                // Below this the sum is rounding of its terms.
                let shares = if along.abs() <= 1e-12 * magnitude || magnitude == 0.0 {
                    Err(Undefined::Cancels)
                } else {
                    Ok(contributions.iter().map(|x| x / along).collect())
                };
                Ok(ProgressShares { along, contributions, shares })
            }
        });
    }
    Ok(all)
}

/// How coordinates belong to stimuli.
struct Rows {
    stimuli: usize,
    diagonal: bool,
}

impl Rows {
    /// Σⱼ aᵢⱼbᵢⱼ for each row i of two symmetric matrices in packed form (off-diagonal entries × √2).
    fn sums(&self, a: &[f64], b: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.stimuli];
        let mut next = 0;
        for i in 0..self.stimuli {
            let mut own = 0.0;
            for sum in &mut sums[..i] {
                // The two factors √2 count the pair twice: once for each of its stimuli.
                let half = 0.5 * a[next] * b[next];
                own += half;
                *sum += half;
                next += 1;
            }
            if self.diagonal {
                own += a[next] * b[next];
                next += 1;
            }
            sums[i] += own;
        }
        sums
    }
}

fn prepare(metric: &Metric, points: &[&Point], target: Option<&Point>) -> Result<Rows, Error> {
    let Some(diagonal) = metric.pairs_of_stimuli() else { return Err(unavailable(metric)) };
    if points.len() < 2 {
        return Err(Error::TooFewPoints(points.len()));
    }
    Ok(Rows { stimuli: common_stimuli(metric, points, target)?, diagonal })
}

fn unavailable(metric: &Metric) -> Error {
    Error::Unavailable {
        operation: "the share of each stimulus in a step",
        metric: metric.to_string(),
        reason: "a step there is no sum over stimuli; use angular-cka, angular-rsa, stress or log-euclidean[matrix=gram]",
    }
}
