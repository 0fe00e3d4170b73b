//! A line through measured times on log–log axes.

use crate::harness::Failure;

/// seconds = constant · size^exponent, by least squares in the logarithms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fit {
    pub(crate) exponent: f64,
    /// Standard error of the exponent.
    pub(crate) error: f64,
    pub(crate) constant: f64,
    /// The exponent between the two largest sizes, where what does not grow weighs least.
    pub(crate) last: f64,
}

impl Fit {
    pub(crate) fn of(points: &[(f64, f64)]) -> Result<Self, Failure> {
        let [.., before, last] = points else { return Err("an exponent needs two sizes or more".into()) };
        let logarithms: Vec<(f64, f64)> = points.iter().map(|&(size, seconds)| (size.ln(), seconds.ln())).collect();
        let count = points.len() as f64;
        let mean_x = logarithms.iter().map(|p| p.0).sum::<f64>() / count;
        let mean_y = logarithms.iter().map(|p| p.1).sum::<f64>() / count;
        let spread: f64 = logarithms.iter().map(|p| (p.0 - mean_x).powi(2)).sum();
        let exponent = logarithms.iter().map(|p| (p.0 - mean_x) * (p.1 - mean_y)).sum::<f64>() / spread;
        let misfit: f64 = logarithms.iter().map(|p| (p.1 - mean_y - exponent * (p.0 - mean_x)).powi(2)).sum();
        Ok(Self {
            exponent,
            error: (misfit / (count - 2.0).max(1.0) / spread).sqrt(),
            constant: (mean_y - exponent * mean_x).exp(),
            last: (last.1 / before.1).ln() / (last.0 / before.0).ln(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Fit;

    #[test]
    fn a_power_law_is_found() {
        let points: Vec<(f64, f64)> = [1.0, 2.0, 4.0, 8.0_f64].iter().map(|&x| (x, 3.0 * x.powf(1.5))).collect();
        let fit = Fit::of(&points).unwrap();
        assert!((fit.exponent - 1.5).abs() < 1e-12 && (fit.constant - 3.0).abs() < 1e-12);
        assert!(fit.error < 1e-12 && (fit.last - 1.5).abs() < 1e-12);
        assert!(Fit::of(&points[..1]).is_err());
    }
}
