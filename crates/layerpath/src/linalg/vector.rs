//! Inner products, norms and angles of vectors.

use super::{Loop, vectorized};

/// Elements summed by one accumulator before partial sums are combined; bounds the growth of rounding errors.
const BLOCK: usize = 1024;
/// Independent accumulators, so that the loop vectorises.
const LANES: usize = 8;
/// Vectors shorter than this are summed where they are called.
const SHORT: usize = 64;

/// Sums `term(i)` over i < n with blocked, eight-lane accumulation in a fixed order.
fn blocked_sum(n: usize, term: impl Fn(usize) -> f64) -> f64 {
    let sum = BlockedSum { n, term };
    if n < SHORT { sum.run() } else { vectorized(sum) }
}

struct BlockedSum<F> {
    n: usize,
    term: F,
}

impl<F: Fn(usize) -> f64> Loop for BlockedSum<F> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let Self { n, term } = self;
        let mut total = 0.0;
        let mut start = 0;
        while start < n {
            let end = (start + BLOCK).min(n);
            let mut lanes = [0.0; LANES];
            let mut i = start;
            while i + LANES <= end {
                for (lane, sum) in lanes.iter_mut().enumerate() {
                    *sum += term(i + lane);
                }
                i += LANES;
            }
            for rest in i..end {
                lanes[rest - i] += term(rest);
            }
            total += ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
            start = end;
        }
        total
    }
}

/// Inner product Σ aᵢ bᵢ of two vectors of equal length.
///
/// ```
/// assert_eq!(layerpath::linalg::dot(&[1.0, 2.0], &[3.0, 4.0]), 11.0);
/// ```
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    blocked_sum(n, |i| a[i] * b[i])
}

/// Euclidean norm, without overflow or underflow for any finite vector.
///
/// ```
/// assert!((layerpath::linalg::norm(&[3e200, 4e200]) / 5e200 - 1.0).abs() < 1e-15);
/// ```
pub fn norm(a: &[f64]) -> f64 {
    let plain = dot(a, a);
    if (1e-250..1e250).contains(&plain) {
        return plain.sqrt();
    }
    let largest = a.iter().fold(0.0_f64, |sofar, x| sofar.max(x.abs()));
    if largest == 0.0 {
        return 0.0;
    }
    blocked_sum(a.len(), |i| (a[i] / largest) * (a[i] / largest)).sqrt() * largest
}

/// ‖a − b‖ and ‖a + b‖, each from its own sum, so that neither suffers from cancellation.
pub fn norms_of_difference_and_sum(a: &[f64], b: &[f64]) -> (f64, f64) {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    let difference = blocked_sum(n, |i| (a[i] - b[i]) * (a[i] - b[i]));
    let sum = blocked_sum(n, |i| (a[i] + b[i]) * (a[i] + b[i]));
    (difference.sqrt(), sum.sqrt())
}

/// Angle between two unit vectors in [0, π] rad, θ = 2·atan2(‖a − b‖, ‖a + b‖).
///
/// Unlike the arccosine of the inner product it keeps full relative accuracy near 0 and near π.
///
/// ```
/// let a = [1.0, 0.0];
/// let b = [1.0, 1e-9]; // a unit vector to within rounding
/// let angle = layerpath::linalg::angle_between_unit_vectors(&a, &b);
/// assert!((angle - 1e-9).abs() < 1e-24);
/// ```
pub fn angle_between_unit_vectors(a: &[f64], b: &[f64]) -> f64 {
    let (difference, sum) = norms_of_difference_and_sum(a, b);
    2.0 * difference.atan2(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dot_covers_every_remainder() {
        for n in [0, 1, 7, 8, 9, 1023, 1024, 1025, 2053] {
            let a: Vec<f64> = (0..n).map(|i| i as f64).collect();
            let ones = vec![1.0; n];
            let expected = (n * n.saturating_sub(1) / 2) as f64;
            assert_eq!(dot(&a, &ones), expected, "n = {n}");
        }
    }

    #[test]
    fn norm_at_extreme_scales() {
        for scale in [1e-300, 1e-12, 1.0, 1e12, 1e300] {
            let value = norm(&[3.0 * scale, 4.0 * scale]);
            assert!((value / scale - 5.0).abs() < 1e-14, "scale {scale}: {value}");
        }
        assert_eq!(norm(&[0.0, 0.0]), 0.0);
    }

    #[test]
    fn angles_near_zero_and_pi() {
        for angle in [1e-12_f64, 1e-8, 1e-3, 1.0, 3.0] {
            let a = [1.0, 0.0];
            let b = [angle.cos(), angle.sin()];
            let measured = angle_between_unit_vectors(&a, &b);
            assert!((measured / angle - 1.0).abs() < 1e-12, "{angle}: {measured}");
        }
        let near_pi = angle_between_unit_vectors(&[1.0, 0.0], &[-1.0, 1e-10]);
        assert!((std::f64::consts::PI - near_pi - 1e-10).abs() < 1e-15);
    }
}
