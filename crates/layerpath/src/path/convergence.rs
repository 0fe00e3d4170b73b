//! How every statistic of a path moves with the number of stimuli (docs/math.md §3.2).

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::samples::{PointsOfStimuli, RestrictedPoints};
use super::uncertainty::defined;
use super::{Detail, Path, StatisticKey, Statistics, Undefined};
use crate::Error;
use crate::metric::{Metric, Point};

/// Shares of the stimuli, as divisors of m.
const DIVISORS: [usize; 3] = [8, 4, 2];
/// Fewer stimuli than this say nothing.
const LEAST: usize = 5;

/// A statistic at several numbers of stimuli.
#[derive(Debug, Clone, PartialEq)]
pub struct Convergence {
    /// Which statistic.
    pub key: StatisticKey,
    /// Its values, by ascending number of stimuli; the last is the path itself.
    pub at: Vec<AtSize>,
}

/// A statistic at one number of stimuli.
#[derive(Debug, Clone, PartialEq)]
pub struct AtSize {
    /// Number of stimuli.
    pub stimuli: usize,
    /// Mean over the subsets of that size; undefined if it is undefined in one of them.
    pub mean: Result<f64, Undefined>,
    /// Standard deviation over the subsets; `None` for a single one.
    pub deviation: Option<f64>,
    /// Number of subsets.
    pub subsets: usize,
}

/// Every statistic at m/8, m/4, m/2 stimuli (rounded) and at m: at each size the mean over `repeats` subsets without
/// replacement.
///
/// Subsets of one repeat are nested, each the first stimuli of one seeded order of all, so that what changes along a repeat
/// is the number of stimuli and not the sample. Sizes below five stimuli, and below what the metric needs, are left out; a size
/// at which one of the subsets has no point (all its stimuli of different classes, say) is undefined, with the reason. A
/// statistic that still moves from m/2 to m has not converged, and its interval says nothing about that: report both.
///
/// # Errors
///
/// As [`jackknife`](super::uncertainty::jackknife).
///
/// ```
/// use layerpath::{metric::Metric, path::convergence::convergence, representation::Representation};
/// let metric = Metric::default();
/// let mut points = Vec::new();
/// for power in [1, 2] {
///     let x: Vec<f64> = (0..80).map(|i: i32| f64::from(i * 37 % 80).powi(power)).collect();
///     points.push(metric.embed(&Representation::new(&x[..], 80, 1)?)?);
/// }
/// let length = &convergence(&metric, &points, None, 10, 1)?[0];
/// assert_eq!(length.at.iter().map(|at| at.stimuli).collect::<Vec<_>>(), [10, 20, 40, 80]);
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn convergence(
    metric: &Metric,
    points: &[Point],
    target: Option<&Point>,
    repeats: usize,
    seed: u64,
) -> Result<Vec<Convergence>, Error> {
    let points: Vec<&Point> = points.iter().collect();
    let mut source = RestrictedPoints::new(metric, &points, target)?;
    let settings = ConvergenceSettings { repeats, seed };
    convergence_of(metric, &Path::of(metric, &points, target)?.statistics(), &mut source, settings)
}

/// Settings of [`convergence_of`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvergenceSettings {
    /// Number of nested families of subsets.
    pub repeats: usize,
    /// Seed of their orders.
    pub seed: u64,
}

impl ConvergenceSettings {
    /// Ten families.
    pub fn new(seed: u64) -> Self {
        Self { repeats: 10, seed }
    }
}

/// [`convergence`] of a path whose statistics for all stimuli are known and whose points of fewer stimuli come from
/// `source`.
///
/// # Errors
///
/// As [`jackknife_of`](super::uncertainty::jackknife_of).
pub fn convergence_of<S: PointsOfStimuli>(
    metric: &Metric,
    full: &Statistics,
    source: &mut S,
    settings: ConvergenceSettings,
) -> Result<Vec<Convergence>, S::Error> {
    let ConvergenceSettings { repeats, seed } = settings;
    let m = source.stimuli();
    if repeats == 0 {
        return Err(Error::Setting("convergence needs at least one subset of each size".to_owned()).into());
    }
    let least = LEAST.max(metric.properties().minimum_stimuli);
    let sizes: Vec<usize> =
        DIVISORS.iter().map(|divisor| (m + divisor / 2) / divisor).filter(|&size| size >= least).collect();
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let mut replicates: Vec<Result<Vec<Statistics>, Error>> = vec![Ok(Vec::with_capacity(repeats)); sizes.len()];
    for _ in 0..repeats {
        let mut order: Vec<usize> = (0..m).collect();
        order.shuffle(&mut generator);
        for (&size, replicates) in sizes.iter().zip(&mut replicates) {
            let mut rows = order[..size].to_vec();
            rows.sort_unstable();
            let Ok(sofar) = replicates else { continue };
            match source.sample(&rows)?.and_then(|sample| sample.statistics(metric, full, Detail::Everything)) {
                Ok(statistics) => sofar.push(statistics),
                // Few stimuli may all be equal, or of different classes.
                Err(missing) => *replicates = Err(missing),
            }
        }
    }
    let one = |(place, (key, value)): (usize, &(StatisticKey, Result<f64, Undefined>))| {
        let of_size = |(&stimuli, replicates): (&usize, &Result<Vec<Statistics>, Error>)| {
            let values = match replicates {
                Ok(replicates) => defined(replicates, place),
                Err(missing) => Err(Undefined::NoPoint(Box::new(missing.clone()))),
            };
            let mean = values.as_ref().map(|values| values.iter().sum::<f64>() / repeats as f64).map_err(Clone::clone);
            let deviation = match (&values, &mean) {
                (Ok(values), Ok(mean)) if repeats > 1 => {
                    let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
                    Some((squares / (repeats - 1) as f64).sqrt())
                }
                _ => None,
            };
            AtSize { stimuli, mean, deviation, subsets: repeats }
        };
        let mut at: Vec<AtSize> = sizes.iter().zip(&replicates).map(of_size).collect();
        at.push(AtSize { stimuli: m, mean: value.clone(), deviation: None, subsets: 1 });
        Convergence { key: *key, at }
    };
    Ok(full.iter().enumerate().map(one).collect())
}
