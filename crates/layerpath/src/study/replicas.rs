//! Replicas: networks that differ in nothing but the seed.

use serde::{Deserialize, Serialize};

use crate::path::student::two_sided_quantile;

/// One number of several replicas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Mean over the replicas.
    pub mean: f64,
    /// Lower end of the interval of the mean; `None` for a single replica.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// The values, one a replica.
    pub values: Vec<f64>,
}

impl Spread {
    /// Whether the whole interval lies above `value`: false without an interval.
    pub fn is_above(&self, value: f64) -> bool {
        self.low.is_some_and(|low| low > value)
    }

    /// The same mean, whose interval cannot reach beyond these.
    #[must_use]
    pub(super) fn within(mut self, least: f64, largest: f64) -> Self {
        let within = |end: f64| end.clamp(least, largest);
        (self.low, self.high) = (self.low.map(within), self.high.map(within));
        self
    }

    /// Whether the whole interval lies below `value`: false without an interval.
    pub fn is_below(&self, value: f64) -> bool {
        self.high.is_some_and(|high| high < value)
    }
}

/// Mean of one number a replica, with the interval mean ± t·s/√n, t of Student with n − 1 degrees of freedom; `None` where
/// there is no value. `level` is the coverage, in (0, 1).
///
/// ```
/// let three = layerpath::study::spread(&[1.0, 2.0, 3.0], 0.95).expect("three values");
/// assert_eq!(three.mean, 2.0);
/// // t = 4.303 for two degrees of freedom, s = 1.
/// assert!((three.high.expect("an interval") - (2.0 + 4.3027 / 3.0_f64.sqrt())).abs() < 1e-4);
/// ```
pub fn spread(values: &[f64], level: f64) -> Option<Spread> {
    if values.is_empty() || !values.iter().all(|value| value.is_finite()) {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let half = (values.len() > 1).then(|| {
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
        two_sided_quantile(level, values.len() - 1) * (variance / n).sqrt()
    });
    let values = values.to_vec();
    Some(Spread { mean, low: half.map(|half| mean - half), high: half.map(|half| mean + half), values })
}

/// The interval of a mean, in words.
pub(super) fn over_seeds(spread: &Spread) -> String {
    match (spread.low, spread.high) {
        (Some(low), Some(high)) => format!("95 % over {} seeds {low:+.3} to {high:+.3}", spread.values.len()),
        _ => "a single seed, so no interval".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_need_two_replicas() {
        assert_eq!(spread(&[], 0.95), None);
        assert_eq!(spread(&[f64::INFINITY], 0.95), None);
        let one = spread(&[0.4], 0.95).unwrap();
        assert_eq!((one.mean, one.low, one.high), (0.4, None, None));
        assert!(!one.is_above(0.0));
        // Two values: s/√2 = |a − b|/2, t = 12.706.
        let two = spread(&[1.0, 3.0], 0.95).unwrap();
        assert!((two.low.unwrap() - (2.0 - 12.706)).abs() < 1e-3);
        assert!(!two.is_above(0.0) && two.is_above(-11.0) && two.is_below(15.0));
    }
}
