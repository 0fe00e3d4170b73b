//! Numbers of about 32 digits, as the unevaluated sum of two doubles, for reference values (Dekker 1971; Hida, Li & Bailey
//! 2001).

use std::ops::{Add, Div, Mul, Neg, Sub};

/// high + low, |low| ≤ ulp(high)/2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Double2 {
    high: f64,
    low: f64,
}

impl Double2 {
    pub(crate) const ZERO: Self = Self { high: 0.0, low: 0.0 };

    fn normalised(high: f64, low: f64) -> Self {
        let sum = high + low;
        Self { high: sum, low: low - (sum - high) }
    }

    pub(crate) fn to_f64(self) -> f64 {
        self.high + self.low
    }

    pub(crate) fn sqrt(self) -> Self {
        if self.high <= 0.0 {
            return Self::ZERO;
        }
        // One Newton step from the double root doubles its digits.
        let root = Self::from(self.high.sqrt());
        let rest = self - root * root;
        root + Self::from(rest.to_f64() / (2.0 * root.high))
    }
}

impl From<f64> for Double2 {
    fn from(value: f64) -> Self {
        Self { high: value, low: 0.0 }
    }
}

impl Add for Double2 {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let two_sum = |a: f64, b: f64| {
            let sum = a + b;
            let back = sum - a;
            (sum, (a - (sum - back)) + (b - back))
        };
        let (high, error) = two_sum(self.high, other.high);
        let (low, rest) = two_sum(self.low, other.low);
        let first = Self::normalised(high, error + low);
        Self::normalised(first.high, first.low + rest)
    }
}

impl Neg for Double2 {
    type Output = Self;
    fn neg(self) -> Self {
        Self { high: -self.high, low: -self.low }
    }
}

impl Sub for Double2 {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Double2 {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let product = self.high * other.high;
        let error = self.high.mul_add(other.high, -product);
        Self::normalised(product, error + (self.high * other.low + self.low * other.high))
    }
}

impl Div for Double2 {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let first = Self::from(self.high / other.high);
        let rest = self - first * other;
        let second = Self::from(rest.high / other.high);
        let rest = rest - second * other;
        first + second + Self::from(rest.high / other.high)
    }
}

pub(crate) fn widen(x: &[f64]) -> Vec<Double2> {
    x.iter().map(|&value| Double2::from(value)).collect()
}

pub(crate) fn dot(a: &[Double2], b: &[Double2]) -> Double2 {
    a.iter().zip(b).fold(Double2::ZERO, |sum, (&x, &y)| sum + x * y)
}

/// Angle between the rays through two vectors, good to a few units in the last place of a double.
pub(crate) fn angle(a: &[Double2], b: &[Double2]) -> f64 {
    let unit = |x: &[Double2]| {
        let length = dot(x, x).sqrt();
        x.iter().map(|&value| value / length).collect::<Vec<_>>()
    };
    let (a, b) = (unit(a), unit(b));
    let difference: Vec<Double2> = a.iter().zip(&b).map(|(&x, &y)| x - y).collect();
    let sum: Vec<Double2> = a.iter().zip(&b).map(|(&x, &y)| x + y).collect();
    2.0 * dot(&difference, &difference).sqrt().to_f64().atan2(dot(&sum, &sum).sqrt().to_f64())
}

#[test]
fn thirty_digits() {
    let third = Double2::from(1.0) / Double2::from(3.0);
    let back = third * Double2::from(3.0) - Double2::from(1.0);
    assert!(third.low != 0.0 && back.to_f64().abs() < 1e-31, "{back:?}");
    let root = Double2::from(2.0).sqrt();
    assert!((root * root - Double2::from(2.0)).to_f64().abs() < 1e-30);
    let tiny = Double2::from(1.0) + Double2::from(1e-25) - Double2::from(1.0);
    assert!((tiny.to_f64() / 1e-25 - 1.0).abs() < 1e-6);
    assert_eq!(angle(&widen(&[1.0, 0.0]), &widen(&[1.0, 1e-12])), 1e-12);
}
