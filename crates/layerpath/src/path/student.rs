//! Quantiles of Student's t, and of samples.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};

/// P(|T| ≤ t) for `degrees` degrees of freedom, with θ = atan(t/√ν): the finite sums of Abramowitz & Stegun 26.7.3
/// (odd ν) and 26.7.4 (even ν).
fn central_probability(theta: f64, degrees: usize) -> f64 {
    let (sine, cosine) = theta.sin_cos();
    let square = cosine * cosine;
    let odd = degrees % 2 == 1;
    let (mut term, mut sum) = if odd { (cosine, 0.0) } else { (1.0, 0.0) };
    let mut k = usize::from(odd);
    while k + 2 <= degrees {
        sum += term;
        // Odd: cos + 2/3 cos³ + 2·4/(3·5) cos⁵ …; even: 1 + 1/2 cos² + 1·3/(2·4) cos⁴ …
        term *= square * (k + 1) as f64 / (k + 2) as f64;
        k += 2;
    }
    if odd { FRAC_2_PI * (theta + sine * sum) } else { sine * sum }
}

/// The t with P(|T| ≤ t) = `level` for `degrees` ≥ 1 degrees of freedom and a level in (0, 1).
pub(crate) fn two_sided_quantile(level: f64, degrees: usize) -> f64 {
    let (mut low, mut high) = (0.0, FRAC_PI_2);
    // 60 halvings exhaust the precision of θ.
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if central_probability(middle, degrees) < level {
            low = middle;
        } else {
            high = middle;
        }
    }
    (0.5 * (low + high)).tan() * (degrees as f64).sqrt()
}

/// Quantile of a sorted sample by linear interpolation between order statistics (type 7 of Hyndman & Fan 1996); the
/// sample is not empty.
pub(crate) fn sample_quantile(sorted: &[f64], probability: f64) -> f64 {
    let place = probability * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two-sided 95 % and 99 % points of the table in Abramowitz & Stegun (26.10), and the normal limit.
    #[test]
    fn quantiles_of_the_table() {
        for (level, degrees, expected) in [
            (0.95, 1, 12.706),
            (0.95, 2, 4.303),
            (0.95, 3, 3.182),
            (0.95, 9, 2.262),
            (0.95, 19, 2.093),
            (0.95, 30, 2.042),
            (0.99, 19, 2.861),
            (0.99, 20, 2.845),
            (0.5, 1, 1.0),
            (0.95, 100_000, 1.960),
        ] {
            let ours = two_sided_quantile(level, degrees);
            assert!((ours - expected).abs() < 6e-4, "{level}, {degrees}: {ours} against {expected}");
        }
    }

    #[test]
    fn sample_quantiles_interpolate() {
        let sorted = [1.0, 2.0, 4.0, 8.0];
        assert_eq!(sample_quantile(&sorted, 0.0), 1.0);
        assert_eq!(sample_quantile(&sorted, 0.5), 3.0);
        assert_eq!(sample_quantile(&sorted, 1.0), 8.0);
        assert_eq!(sample_quantile(&[5.0], 0.975), 5.0);
    }
}
