//! What a statistic of a path would be without what it is meant to show (docs/math.md §3.1).
//!
//! * [`shuffled_order`]: the same points, interior layers in random order, end points and target kept. What the order of
//!   layers contributes.
//! * [`noise_floor`]: the stimuli of every representation permuted independently. Each layer keeps its own structure and
//!   loses all relation to the others.
//! * [`side_by_side`]: two paths of equally many points, statistic by statistic; the untrained network is such a second
//!   path.
//!
//! Independent directions in high dimension meet at 90°, so an interior angle of 90° means "no memory of direction".

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::quantities::of_distances;
use super::samples::common_stimuli;
use super::student::sample_quantile;
use super::{Detail, Path, StatisticKey, Statistics, Undefined};
use crate::Error;
use crate::geometry::isometric_copies;
use crate::metric::{Metric, Point, sphere_vector};

/// A statistic beside its distribution under a baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// Which statistic.
    pub key: StatisticKey,
    /// Its value for the path itself.
    pub observed: Result<f64, Undefined>,
    /// Its distribution; undefined if no repeat has a value.
    pub band: Result<Band, Undefined>,
    /// Repeats in which it is undefined; they are not part of the band.
    pub undefined: usize,
}

/// Median and central 95 % of the repeats (quantiles of type 7, Hyndman & Fan 1996).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Median.
    pub median: f64,
    /// 2.5 % quantile.
    pub low: f64,
    /// 97.5 % quantile.
    pub high: f64,
    /// Share of the repeats at or below the observed value; 0 if that is undefined.
    pub at_or_below: f64,
}

/// One statistic of two paths.
#[derive(Debug, Clone, PartialEq)]
pub struct SideBySide {
    /// Which statistic.
    pub key: StatisticKey,
    /// Its value on the first path, for example the trained network's.
    pub first: Result<f64, Undefined>,
    /// Its value on the second path, for example the untrained network's.
    pub second: Result<f64, Undefined>,
}

/// Every statistic of the path beside `repeats` paths with the interior points x₁ … x_{L−1} in random order.
///
/// Index i belongs to the place on the path, not to the layer: what stands at place i is another layer in each repeat.
/// Displacement and everything else that only the end points decide is the same in all repeats.
///
/// No activations and no m×m matrices are needed, and distances are computed once: on a sphere the K points are first
/// replaced by isometric copies with K coordinates, at K²d multiply–adds for points of d coordinates; each repeat then costs
/// K³. Elsewhere each repeat computes the angles and projections of its order.
///
/// # Errors
///
/// [`Error::Setting`] for no repeats, or for fewer than two interior points, which have no other order;
/// [`Error::DimensionMismatch`].
///
/// ```
/// use layerpath::{metric::Metric, path::{Quantity, baselines::shuffled_order}, representation::Representation};
/// let metric = Metric::default();
/// let mut points = Vec::new();
/// for shift in 0..6 {
///     let x: Vec<f64> = (0..8).map(|i| f64::from(i * i % 7) + f64::from(shift) * f64::from(i % 3)).collect();
///     points.push(metric.embed(&Representation::new(&x[..], 8, 1)?)?);
/// }
/// let baseline = shuffled_order(&metric, &points, None, 100, 1)?;
/// let straightness = baseline.iter().find(|one| one.key.quantity == Quantity::Straightness).expect("always there");
/// let band = straightness.band.as_ref().expect("defined");
/// assert!(straightness.observed.as_ref().is_ok_and(|&observed| observed > band.median));
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn shuffled_order(
    metric: &Metric,
    points: &[Point],
    target: Option<&Point>,
    repeats: usize,
    seed: u64,
) -> Result<Vec<Baseline>, Error> {
    let points: Vec<&Point> = points.iter().collect();
    let observed = Path::of(metric, &points, target)?.statistics();
    shuffled_order_of(metric, &observed, &points, target, repeats, seed, Detail::Everything)
}

/// [`shuffled_order`] of a path whose statistics are known.
pub(crate) fn shuffled_order_of(
    metric: &Metric,
    observed: &Statistics,
    points: &[&Point],
    target: Option<&Point>,
    repeats: usize,
    seed: u64,
    detail: Detail,
) -> Result<Vec<Baseline>, Error> {
    if points.len() < 4 {
        let interior = points.len().saturating_sub(2);
        return Err(Error::Setting(format!(
            "{interior} interior points have no other order; a path of at least 4 points has"
        )));
    }
    let all: Vec<&Point> = points.iter().copied().chain(target).collect();
    let table = metric.distances(&all)?;
    // On a sphere the angles, too, need no more than K coordinates.
    let copies = if metric.is_spherical() { short_copies(metric, &all)? } else { Vec::new() };
    let all: Vec<&Point> = if metric.is_spherical() { copies.iter().collect() } else { all };
    let target = target.and(all.last().copied());
    let last = points.len() - 1;
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    // All orders are drawn first, so that they do not depend on which thread comes when.
    let orders: Vec<Vec<usize>> = (0..repeats)
        .map(|_| {
            let mut order: Vec<usize> = (0..=last).collect();
            order[1..last].shuffle(&mut generator);
            order
        })
        .collect();
    let replicates: Result<Vec<_>, Error> = orders
        .par_iter()
        .map(|order| {
            let shuffled: Vec<&Point> = order.iter().map(|&place| all[place]).collect();
            let places: Vec<usize> = order.iter().copied().chain(target.map(|_| points.len())).collect();
            let own = table.select(&places);
            match detail {
                Detail::Everything => Ok(Path::with_distances(&shuffled, target, own)?.statistics()),
                Detail::Distances => Ok(of_distances(observed, &own, last)),
            }
        })
        .collect();
    bands(observed, &replicates?)
}

/// Every statistic of the path beside `repeats` paths in which the stimuli of each representation, the target's included,
/// are permuted independently.
///
/// Permuting the rows of activations permutes what the point says of them ([`Metric::permute`]), and nothing is embedded
/// again. Under `matrix=covariance` it changes nothing, and neither does the noise floor. Cost: one pass over the coordinates
/// for each point and repeat, and `repeats` paths.
///
/// # Errors
///
/// [`Error::Setting`] for no repeats, [`Error::DimensionMismatch`], [`Error::TooFewPoints`].
pub fn noise_floor(
    metric: &Metric,
    points: &[Point],
    target: Option<&Point>,
    repeats: usize,
    seed: u64,
) -> Result<Vec<Baseline>, Error> {
    let points: Vec<&Point> = points.iter().collect();
    let observed = Path::of(metric, &points, target)?.statistics();
    noise_floor_of(metric, &observed, &points, target, repeats, seed, Detail::Everything)
}

/// [`noise_floor`] of a path whose statistics are known.
pub(crate) fn noise_floor_of(
    metric: &Metric,
    observed: &Statistics,
    points: &[&Point],
    target: Option<&Point>,
    repeats: usize,
    seed: u64,
    detail: Detail,
) -> Result<Vec<Baseline>, Error> {
    let m = if metric.forgets_rows() { 0 } else { common_stimuli(metric, points, target)? };
    let all: Vec<&Point> = points.iter().copied().chain(target).collect();
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let mut replicates = Vec::with_capacity(repeats);
    for _ in 0..repeats {
        let orders: Vec<Vec<usize>> = all
            .iter()
            .map(|_| {
                let mut order: Vec<usize> = (0..m).collect();
                order.shuffle(&mut generator);
                order
            })
            .collect();
        let permuted: Result<Vec<Point>, Error> =
            all.par_iter().zip(&orders).map(|(point, order)| metric.permute(point, order)).collect();
        let mut permuted = permuted?;
        let target = if target.is_some() { permuted.pop() } else { None };
        let own: Vec<&Point> = permuted.iter().collect();
        replicates.push(statistics_of(metric, observed, &own, target.as_ref(), detail)?);
    }
    bands(observed, &replicates)
}

/// The statistics of a path that a repeat needs, in the order of `like`.
pub(super) fn statistics_of(
    metric: &Metric,
    like: &Statistics,
    points: &[&Point],
    target: Option<&Point>,
    detail: Detail,
) -> Result<Statistics, Error> {
    match detail {
        Detail::Everything => Ok(Path::of(metric, points, target)?.statistics()),
        Detail::Distances if points.len() < 2 => Err(Error::TooFewPoints(points.len())),
        Detail::Distances => {
            let all: Vec<&Point> = points.iter().copied().chain(target).collect();
            Ok(of_distances(like, &metric.distances(&all)?, points.len() - 1))
        }
    }
}

/// The statistics of two paths in pairs.
///
/// # Errors
///
/// [`Error::Setting`] if the paths do not have equally many points, or only one of them has a target.
pub fn side_by_side(first: &Path, second: &Path) -> Result<Vec<SideBySide>, Error> {
    if first.n_points() != second.n_points() || first.has_target() != second.has_target() {
        let describe = |path: &Path| {
            format!("{} points {} target", path.n_points(), if path.has_target() { "and a" } else { "without a" })
        };
        return Err(Error::Setting(format!(
            "statistics stand side by side only for paths of the same layers: one has {}, the other {}",
            describe(first),
            describe(second)
        )));
    }
    let pairs = first.statistics().into_iter().zip(second.statistics());
    Ok(pairs.map(|((key, first), (_, second))| SideBySide { key, first, second }).collect())
}

fn bands(observed: &Statistics, replicates: &[Statistics]) -> Result<Vec<Baseline>, Error> {
    let of = replicates.len();
    if of == 0 {
        return Err(Error::Setting("a baseline needs at least one repeat".to_owned()));
    }
    let one = |(place, (key, observed)): (usize, &(StatisticKey, Result<f64, Undefined>))| {
        let mut values: Vec<f64> =
            replicates.iter().filter_map(|values| values[place].1.as_ref().ok().copied()).collect();
        values.sort_by(f64::total_cmp);
        let undefined = of - values.len();
        let band = if replicates[0][place].1 == Err(Undefined::NotRepeated) {
            Err(Undefined::NotRepeated)
        } else if values.is_empty() {
            Err(Undefined::InSamples { undefined, of })
        } else {
            let below = observed.as_ref().map_or(0, |own| values.partition_point(|value| value <= own));
            Ok(Band {
                median: sample_quantile(&values, 0.5),
                low: sample_quantile(&values, 0.025),
                high: sample_quantile(&values, 0.975),
                at_or_below: below as f64 / values.len() as f64,
            })
        };
        Baseline { key: *key, observed: observed.clone(), band, undefined }
    };
    Ok(observed.iter().enumerate().map(one).collect())
}

/// Copies of points of a sphere with the same distances and angles and as few coordinates as that takes.
fn short_copies(metric: &Metric, all: &[&Point]) -> Result<Vec<Point>, Error> {
    let vectors = all.iter().map(|point| sphere_vector(metric, point)).collect::<Result<Vec<_>, Error>>()?;
    Ok(isometric_copies(&vectors)?.into_iter().map(Point::Sphere).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::UnitVector;

    #[test]
    fn copies_keep_distances_even_of_near_points() {
        let metric = Metric::default();
        let raw = |k: usize| (0..50).map(|i| ((i * 7 + k * 13) % 23) as f64 - 11.0).collect::<Vec<f64>>();
        let mut all: Vec<Vec<f64>> = (0..6).map(raw).collect();
        let near = all[3].iter().enumerate().map(|(i, x)| x + 1e-8 * i as f64).collect();
        all.push(near);
        all.push(all[2].clone());
        let points: Vec<Point> = all.into_iter().map(|x| Point::Sphere(UnitVector::normalize(x).unwrap())).collect();
        let copies = short_copies(&metric, &points.iter().collect::<Vec<_>>()).unwrap();
        for i in 0..points.len() {
            for j in 0..i {
                let (whole, copy) = (
                    metric.distance(&points[i], &points[j]).unwrap(),
                    metric.distance(&copies[i], &copies[j]).unwrap(),
                );
                assert!((whole - copy).abs() < 1e-14, "{i}, {j}: {whole} against {copy}");
            }
        }
    }
}
