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
    fitted(networks, None, level)
}

/// [`trend`] with one more number of each network in the fit, y = a + b·log₂(depth) + c·log₂(width) + d·x: what depth and
/// width do between networks of equal x. `None` also where x does not vary beyond depth and width.
///
/// ```
/// use layerpath::study::trend_at_equal;
/// // y is x and nothing else: at equal x, depth does nothing.
/// let grid = [(8, 4, 1.0), (8, 8, 3.0), (16, 4, 2.5), (16, 8, 4.0), (32, 4, 3.0)];
/// let fit = trend_at_equal(&grid, &[1.0, 3.0, 2.5, 4.0, 3.0], 0.95).expect("a plane");
/// assert!(fit.depth.expect("varies").per_doubling.abs() < 1e-12);
/// ```
pub fn trend_at_equal(networks: &[(usize, usize, f64)], x: &[f64], level: f64) -> Option<Trend> {
    if x.len() != networks.len() || x.iter().any(|x| !x.is_finite()) {
        return None;
    }
    fitted(networks, Some(x), level)
}

fn fitted(networks: &[(usize, usize, f64)], x: Option<&[f64]>, level: f64) -> Option<Trend> {
    let n = networks.len();
    if n < 3 || networks.iter().any(|&(depth, width, y)| depth == 0 || width == 0 || !y.is_finite()) {
        return None;
    }
    let column = |of: fn(&(usize, usize, f64)) -> usize| {
        let varies = networks.iter().any(|one| of(one) != of(&networks[0]));
        varies.then(|| networks.iter().map(|one| (of(one) as f64).log2()).collect::<Vec<f64>>())
    };
    let (depth, width) = (column(|one| one.0), column(|one| one.1));
    let columns: Vec<Vec<f64>> =
        [depth.clone(), width.clone(), x.map(<[f64]>::to_vec)].into_iter().flatten().map(centred).collect();
    if depth.is_none() && width.is_none() {
        return None;
    }
    let y = centred(networks.iter().map(|one| one.2).collect());
    let freedom = n.checked_sub(columns.len() + 1).filter(|&freedom| freedom > 0)?;
    let (slopes, variances) = least_squares(&columns, &y)?;
    let fit = |place: usize| columns.iter().zip(&slopes).map(|(column, slope)| slope * column[place]).sum::<f64>();
    let residual: f64 = y.iter().enumerate().map(|(place, y)| (y - fit(place)).powi(2)).sum();
    let quantile = two_sided_quantile(level, freedom);
    let mut all = slopes.iter().zip(&variances).map(|(&slope, variance)| {
        let half = quantile * (residual / freedom as f64 * variance).sqrt();
        Slope { per_doubling: slope, low: slope - half, high: slope + half }
    });
    let total = dot(&y, &y);
    Some(Trend {
        depth: depth.and_then(|_| all.next()),
        width: width.and_then(|_| all.next()),
        networks: n,
        explained: (total > 0.0).then(|| (1.0 - residual / total).clamp(0.0, 1.0)),
    })
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn centred(values: Vec<f64>) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.into_iter().map(|value| value - mean).collect()
}

/// Slopes on centred columns, and the diagonal of the inverse of the matrix of the normal equations; `None` for columns
/// that go together.
fn least_squares(columns: &[Vec<f64>], y: &[f64]) -> Option<(Vec<f64>, Vec<f64>)> {
    let p = columns.len();
    // Gauss–Jordan on [N | Xᵀy | 1]: N is positive definite and three by three at most.
    let mut rows: Vec<Vec<f64>> = (0..p)
        .map(|i| {
            let mut row: Vec<f64> = columns.iter().map(|other| dot(&columns[i], other)).collect();
            row.push(dot(&columns[i], y));
            row.extend((0..p).map(|j| f64::from(u8::from(i == j))));
            row
        })
        .collect();
    for k in 0..p {
        let pivot = rows[k][k];
        if pivot <= 1e-9 * dot(&columns[k], &columns[k]) {
            return None;
        }
        rows[k].iter_mut().for_each(|entry| *entry /= pivot);
        let own = rows[k].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(i, _)| *i != k) {
            let factor = row[k];
            row.iter_mut().zip(&own).for_each(|(entry, own)| *entry -= factor * own);
        }
    }
    Some((rows.iter().map(|row| row[p]).collect(), (0..p).map(|k| rows[k][p + 1 + k]).collect()))
}

/// Pearson's correlation of two numbers of each network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Correlation {
    /// In [−1, 1].
    pub value: f64,
    /// Lower end of its interval; `None` for fewer than four networks.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Networks.
    pub networks: usize,
}

/// Pearson's correlation with the interval of Fisher's z, tanh(artanh r ± 1.96/√(n − 3)) at 95 %; `None` where one of the two
/// does not vary. It takes networks as independent.
///
/// ```
/// let up = layerpath::study::correlation(&[1.0, 2.0, 3.0, 4.0, 5.0], &[1.0, 2.0, 3.5, 3.9, 5.0], 0.95).expect("both vary");
/// assert!(up.value > 0.98 && up.low.expect("five networks") > 0.8);
/// ```
pub fn correlation(x: &[f64], y: &[f64], level: f64) -> Option<Correlation> {
    let n = x.len();
    if n < 2 || y.len() != n || x.iter().chain(y).any(|value| !value.is_finite()) {
        return None;
    }
    let (x, y) = (centred(x.to_vec()), centred(y.to_vec()));
    let scale = (dot(&x, &x) * dot(&y, &y)).sqrt();
    let value = (scale > 0.0).then(|| (dot(&x, &y) / scale).clamp(-1.0, 1.0))?;
    // Student's t of very many degrees of freedom is normal.
    let half = (n > 3).then(|| two_sided_quantile(level, 10_000) / ((n - 3) as f64).sqrt());
    let end = |sign: f64| half.map(|half| (value.atanh() + sign * half).tanh());
    Some(Correlation { value, low: end(-1.0), high: end(1.0), networks: n })
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

    /// y = 2·log₂ depth + 3·x exactly; without x in the fit, depth takes what goes along with it.
    #[test]
    fn what_goes_along_is_taken_out() {
        let x = [0.0, 0.5, 1.0, 2.0, 2.5, 2.0];
        let of = |depth: usize, x: f64| 2.0 * (depth as f64).log2() + 3.0 * x;
        let depths = [8, 8, 16, 16, 32, 32];
        let all: Vec<(usize, usize, f64)> = depths.iter().zip(x).map(|(&depth, x)| (depth, 4, of(depth, x))).collect();
        assert!(trend(&all, 0.95).unwrap().depth.unwrap().per_doubling > 4.0);
        let partial = trend_at_equal(&all, &x, 0.95).unwrap();
        assert!((partial.depth.unwrap().per_doubling - 2.0).abs() < 1e-12);
        assert_eq!((partial.width, partial.networks), (None, 6));
        let logs: Vec<f64> = depths.iter().map(|&depth| (f64::from(depth as u32)).log2()).collect();
        assert_eq!(trend_at_equal(&all, &logs, 0.95), None, "x is the depth");
    }

    /// Of 28 networks half have y = x = ±1, half y = 0: r = 1/√2, half width of z 1.96/5.
    #[test]
    fn correlations_by_hand() {
        let x: Vec<f64> = (0..28).map(|i| f64::from(i % 2) * 2.0 - 1.0).collect();
        let y: Vec<f64> = x.iter().enumerate().map(|(i, x)| if i % 4 < 2 { *x } else { 0.0 }).collect();
        let found = correlation(&x, &y, 0.95).unwrap();
        assert!((found.value - 0.5_f64.sqrt()).abs() < 1e-12, "{found:?}");
        let z = 0.5_f64.sqrt().atanh();
        assert!((found.low.unwrap() - (z - 1.959_964 / 5.0).tanh()).abs() < 1e-4, "{found:?}");
        assert_eq!(correlation(&[1.0, 1.0], &[0.0, 1.0], 0.95), None);
    }
}
