//! Numbers of many pairs of networks: pairs share networks, so networks are what is left out.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::NetworkPath;
use crate::path::student::two_sided_quantile;
use crate::study::LEVEL;

/// A number of many networks with its interval over networks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Lower end of its interval; `None` where a single network decides whether it exists, or all are of different
    /// architectures.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

impl Estimate {
    /// Whether the whole interval lies above `value`: false without an interval.
    pub fn is_above(&self, value: f64) -> bool {
        self.low.is_some_and(|low| low > value)
    }

    /// The same number, whose interval cannot reach beyond these.
    #[must_use]
    pub(super) fn within(self, least: f64, largest: f64) -> Self {
        let within = |end: f64| end.clamp(least, largest);
        Self { low: self.low.map(within), high: self.high.map(within), ..self }
    }

    /// The interval in words.
    pub(super) fn interval(&self) -> String {
        match (self.low, self.high) {
            (Some(low), Some(high)) => format!("95 % over networks {low:.3} to {high:.3}"),
            _ => "too few networks for an interval".to_owned(),
        }
    }
}

/// The mean of a number of some pairs of networks, but for those of the network that is left out; `None` without any pair, or
/// if one has no number. `chosen` are the networks of all pairs.
pub(super) fn mean_of_pairs(
    places: &[usize],
    chosen: &[(usize, usize)],
    left: Option<usize>,
    of: impl Fn(usize) -> Option<f64>,
) -> Option<f64> {
    let kept = places.iter().filter(|&&place| Some(chosen[place].0) != left && Some(chosen[place].1) != left);
    let values: Vec<f64> = kept.map(|&place| of(place)).collect::<Option<_>>()?;
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The delete-one jackknife over networks: `of(None)` is the number of all networks, `of(Some(i))` without network i.
///
/// The variance is (n − 1)/n Σ (θ₍ᵢ₎ − θ̄)², which for means over pairs errs on the wide side (Efron & Stein 1981), and t has
/// as many degrees of freedom as there are networks beyond the first of each architecture.
pub(super) fn over_networks(
    networks: &[NetworkPath<'_>],
    of: impl Fn(Option<usize>) -> Option<f64>,
) -> Option<Estimate> {
    let names: HashSet<&str> = networks.iter().map(|one| one.architecture).collect();
    jackknife(networks.len(), names.len(), of)
}

fn jackknife(n: usize, architectures: usize, of: impl Fn(Option<usize>) -> Option<f64>) -> Option<Estimate> {
    let value = of(None)?;
    let without: Option<Vec<f64>> = (0..n).map(|place| of(Some(place))).collect();
    let freedom = n.saturating_sub(architectures);
    let half = without.filter(|all| all.len() > 1 && freedom > 0).map(|all| {
        let mean = all.iter().sum::<f64>() / n as f64;
        let sum: f64 = all.iter().map(|one| (one - mean).powi(2)).sum();
        two_sided_quantile(LEVEL, freedom) * (sum * (n - 1) as f64 / n as f64).sqrt()
    });
    Some(Estimate { value, low: half.map(|half| value - half), high: half.map(|half| value + half) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean of 1, 2, 3, 6: without one of them 11/3, 10/3, 3, 2; the jackknife gives s/√n, s² = 14/3. Three degrees of
    /// freedom: t = 3.182.
    #[test]
    fn the_mean_by_hand() {
        let values = [1.0, 2.0, 3.0, 6.0_f64];
        let mean = |left: Option<usize>| {
            let kept: Vec<f64> = (0..4).filter(|&place| Some(place) != left).map(|place| values[place]).collect();
            Some(kept.iter().sum::<f64>() / kept.len() as f64)
        };
        let found = jackknife(4, 1, mean).unwrap();
        assert!((found.value - 3.0).abs() < 1e-12);
        assert!((found.high.unwrap() - 3.0 - 3.182 * (14.0_f64 / 12.0).sqrt()).abs() < 1e-3, "{found:?}");
        // Two architectures leave two degrees of freedom: wider.
        assert!(jackknife(4, 2, mean).unwrap().high > found.high);
        assert_eq!(jackknife(4, 4, mean).unwrap().high, None);
        assert_eq!(jackknife(4, 1, |left| left.is_none().then_some(1.0)).unwrap().low, None);
    }
}
