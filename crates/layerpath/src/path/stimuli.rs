//! Which stimuli move from layer to layer (docs/math.md §3.4).
//!
//! A point of angular CKA is a matrix with one row a stimulus. The squared chord ‖G(xᵢ₊₁) − G(xᵢ)‖² of a step is a sum over
//! its rows, and so is the part of the step that leads towards the target.
//!
//! A pair of stimuli stands in two rows of the symmetric matrix and counts half for each. The shares are for comparing
//! stimuli of one step; a stimulus far from the mean of all has long rows in every layer, and therefore large shares.

use super::Undefined;
use super::uncertainty::common_stimuli;
use crate::Error;
use crate::geometry::{MetricSpace, RiemannianSpace, UnitSphere, UnitVector};
use crate::linalg::norm;
use crate::metric::{Estimator, Metric, Point, sphere_vector};

/// What each stimulus contributes to one step towards a target.
#[derive(Debug, Clone, PartialEq)]
pub struct ProgressShares {
    /// step · cos(heading angle): how far the step leads along the tangent towards the target, in rad; negative away.
    pub along: f64,
    /// Contribution of each stimulus in rad, summing to `along`; negative for a stimulus that moves away.
    pub contributions: Vec<f64>,
    /// Contributions divided by their sum; undefined where they cancel.
    pub shares: Result<Vec<f64>, Undefined>,
}

/// Share of each stimulus in each squared step, ‖row of G(xᵢ₊₁) − G(xᵢ)‖² / ‖G(xᵢ₊₁) − G(xᵢ)‖²: L lists of m shares ≥ 0 that
/// sum to 1.
///
/// The squared step is that of the chord, 4 sin²(step/2). A step below the points' resolution has no shares.
///
/// # Errors
///
/// [`Error::Unavailable`] for metrics other than angular CKA, [`Error::TooFewPoints`], [`Error::DimensionMismatch`].
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
pub fn step_shares(metric: &Metric, points: &[Point]) -> Result<Vec<Result<Vec<f64>, Undefined>>, Error> {
    let (rows, vectors, sphere) = prepare(metric, points, None)?;
    let mut all = Vec::with_capacity(vectors.len() - 1);
    for pair in vectors.windows(2) {
        let (distance, resolution) = (sphere.distance(pair[0], pair[1])?, sphere.resolution(pair[0], pair[1]));
        if distance <= resolution {
            all.push(Err(crate::geometry::GeometryError::Coincident { distance, resolution }.into()));
            continue;
        }
        let coordinates = pair[0].coordinates().iter().zip(pair[1].coordinates());
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
    let (rows, vectors, sphere) = prepare(metric, points, Some(target))?;
    let target = sphere_vector(metric, target)?;
    let mut all = Vec::with_capacity(vectors.len() - 1);
    for pair in vectors.windows(2) {
        // Asked for the angle alone first: it says whether both directions exist.
        let defined = sphere.angle(pair[1], pair[0], target);
        all.push(match defined {
            Err(error) if error.is_undefined() => Err(error.into()),
            Err(error) => return Err(error.into()),
            Ok(_) => {
                let step = sphere.log(pair[0], pair[1])?;
                let mut toward = sphere.log(pair[0], target)?;
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

fn prepare<'a>(
    metric: &Metric,
    points: &'a [Point],
    target: Option<&Point>,
) -> Result<(Rows, Vec<&'a UnitVector>, UnitSphere), Error> {
    let cka = metric.angular_cka("the shares of stimuli in a step")?;
    if points.len() < 2 {
        return Err(Error::TooFewPoints(points.len()));
    }
    let stimuli = common_stimuli(metric, points, target)?;
    let vectors = points.iter().map(|point| sphere_vector(metric, point)).collect::<Result<Vec<_>, Error>>()?;
    let sphere = UnitSphere::new(vectors[0].coordinates().len());
    Ok((Rows { stimuli, diagonal: cka.estimator == Estimator::Biased }, vectors, sphere))
}
