//! A number of a network against its depth and width.

use serde::{Deserialize, Serialize};

use crate::path::student::two_sided_quantile;

/// Change of a number when depth or width doubles and the other stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slope {
    /// Change per doubling.
    pub per_doubling: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Least-squares fit of y = a + b·log₂(depth) + c·log₂(width).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// b; `None` where all depths are equal.
    pub depth: Option<Slope>,
    /// c; `None` where all widths are equal.
    pub width: Option<Slope>,
    /// Networks in the fit.
    pub networks: usize,
    /// Share of the variance that the fit explains, in [0, 1]; `None` for a constant.
    pub explained: Option<f64>,
}

/// Fits y = a + b·log₂(depth) + c·log₂(width) to (depth, width, y) by ordinary least squares.
///
/// Intervals are b ± t·SE with Student's t of n − p degrees of freedom, p the number of fitted numbers: they take the
/// networks as independent and the scatter about the plane as equal everywhere. A curved dependence shows as scatter.
/// `None` where neither varies, the two go together (collinear), or there are no more networks than numbers to fit.
///
/// ```
/// use layerpath::study::trend;
/// let grid = [(8, 4, 1.0), (8, 8, 3.0), (16, 4, 2.0), (16, 8, 4.0), (32, 4, 3.0)];
/// let fit = trend(&grid, 0.95).expect("a plane");
/// assert!((fit.depth.expect("varies").per_doubling - 1.0).abs() < 1e-12);
/// assert!((fit.width.expect("varies").per_doubling - 2.0).abs() < 1e-12);
/// ```
pub fn trend(networks: &[(usize, usize, f64)], level: f64) -> Option<Trend> {
    let n = networks.len();
    if n < 3 || networks.iter().any(|&(depth, width, y)| depth == 0 || width == 0 || !y.is_finite()) {
        return None;
    }
    let centred = |of: &dyn Fn(&(usize, usize, f64)) -> f64| {
        let values: Vec<f64> = networks.iter().map(of).collect();
        let mean = values.iter().sum::<f64>() / n as f64;
        values.into_iter().map(|value| value - mean).collect::<Vec<f64>>()
    };
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (depths, widths) = (centred(&|one| (one.0 as f64).log2()), centred(&|one| (one.1 as f64).log2()));
    let y = centred(&|one| one.2);
    let (dd, ww, dw) = (dot(&depths, &depths), dot(&widths, &widths), dot(&depths, &widths));
    let (dy, wy, yy) = (dot(&depths, &y), dot(&widths, &y), dot(&y, &y));
    let varies =
        |first: fn(&(usize, usize, f64)) -> usize| networks.iter().any(|one| first(one) != first(&networks[0]));
    // Slopes, and the diagonal of the inverse of the matrix of the normal equations.
    let (depth, width, fitted) = match (varies(|one| one.0), varies(|one| one.1)) {
        (false, false) => return None,
        (true, false) => (Some((dy / dd, 1.0 / dd)), None, 2),
        (false, true) => (None, Some((wy / ww, 1.0 / ww)), 2),
        (true, true) => {
            let determinant = dd * ww - dw * dw;
            if determinant <= 1e-9 * dd * ww {
                return None;
            }
            let slopes = ((ww * dy - dw * wy) / determinant, (dd * wy - dw * dy) / determinant);
            (Some((slopes.0, ww / determinant)), Some((slopes.1, dd / determinant)), 3)
        }
    };
    let freedom = n.checked_sub(fitted).filter(|&freedom| freedom > 0)?;
    let (b, c) = (depth.map_or(0.0, |(slope, _)| slope), width.map_or(0.0, |(slope, _)| slope));
    let residual: f64 =
        y.iter().zip(depths.iter().zip(&widths)).map(|(y, (depth, width))| (y - b * depth - c * width).powi(2)).sum();
    let quantile = two_sided_quantile(level, freedom);
    let slope = |(slope, inverse): (f64, f64)| {
        let half = quantile * (residual / freedom as f64 * inverse).sqrt();
        Slope { per_doubling: slope, low: slope - half, high: slope + half }
    };
    Some(Trend {
        depth: depth.map(slope),
        width: width.map(slope),
        networks: n,
        explained: (yy > 0.0).then(|| (1.0 - residual / yy).clamp(0.0, 1.0)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One predictor: depths 8, 16, 32 (log₂ = 3, 4, 5), y = 0, 1, 0: slope 0, residual sum of squares 2/3, one degree of
    /// freedom, standard error √(2/3 / 2) = 0.57735, t = 12.706.
    #[test]
    fn a_line_by_hand() {
        let fit = trend(&[(8, 4, 0.0), (16, 4, 1.0), (32, 4, 0.0)], 0.95).unwrap();
        assert_eq!(fit.width, None);
        let slope = fit.depth.unwrap();
        assert!(slope.per_doubling.abs() < 1e-15);
        assert!((slope.high - 12.7062 * (1.0_f64 / 3.0).sqrt()).abs() < 1e-3, "{slope:?}");
        assert!(fit.explained.unwrap().abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_told_apart_has_no_trend() {
        assert_eq!(trend(&[(8, 4, 0.0), (16, 8, 1.0), (32, 16, 0.5), (64, 32, 0.1)], 0.95), None, "collinear");
        assert_eq!(trend(&[(8, 4, 0.0), (8, 4, 1.0), (8, 4, 0.5)], 0.95), None, "nothing varies");
        assert_eq!(trend(&[(8, 4, 0.0), (16, 4, 1.0), (8, 8, 0.5)], 0.95), None, "as many numbers as networks");
    }
}
