//! Points of fewer stimuli, for the metrics other than angular CKA.

use super::{place, unpacked};
use crate::Error;
use crate::geometry::{AffineInvariant, FlatVector, PositiveDefinite, Shape, UnitVector};
use crate::linalg::{norm, symmetric_function};
use crate::metric::{
    AffineInvariantMetric, AngularRsa, LogEuclidean, Point, Rescale, ShapeMetric, SpdMatrix, Stress, log_euclidean,
};
use crate::representation::distances::median;
use crate::representation::{GramMatrix, Representation, double_center};

/// The coordinates of the pairs i > j of the chosen rows, row after row.
fn chosen_pairs(coordinates: &[f64], rows: &[usize]) -> Vec<f64> {
    (1..rows.len())
        .flat_map(|i| rows[..i].iter().map(move |&column| coordinates[place(rows[i], column, false)]))
        .collect()
}

/// Distances less their mean over all pairs differ from distances less their mean over some by a constant, which the
/// mean over the chosen pairs takes off.
pub(super) fn angular_rsa(metric: AngularRsa, point: &UnitVector, rows: &[usize]) -> Result<UnitVector, Error> {
    let mut chosen = chosen_pairs(point.coordinates(), rows);
    let mean = chosen.iter().sum::<f64>() / chosen.len() as f64;
    for value in &mut chosen {
        *value -= mean;
    }
    // The whole point has norm 1, and each entry is uncertain by about one unit roundoff of the largest distance.
    let (length, rounding) = (norm(&chosen), 8.0 * rows.len() as f64 * f64::EPSILON);
    if length <= rounding {
        return Err(Error::EqualDistances { metric: metric.to_string() });
    }
    Ok(UnitVector::normalize(chosen)?.with_resolution(point.resolution().max(f64::EPSILON / length)))
}

/// Coordinates are distances up to the factors that the number of pairs and the median make.
pub(super) fn stress(metric: Stress, point: &FlatVector, m: usize, rows: &[usize]) -> Result<FlatVector, Error> {
    let mut chosen = chosen_pairs(point.coordinates(), rows);
    if chosen.iter().all(|&distance| distance == 0.0) {
        return Err(Error::ConstantRows { metric: metric.to_string() });
    }
    let before = (m * (m - 1) / 2) as f64;
    let factor = match metric.rescale {
        Rescale::None => (before / chosen.len() as f64).sqrt(),
        Rescale::Median => 1.0 / median(chosen.clone()) / (chosen.len() as f64).sqrt(),
    };
    if !factor.is_finite() {
        return Err(Error::NoScale { metric: metric.to_string() });
    }
    for distance in &mut chosen {
        *distance *= factor;
    }
    let whole = norm(point.coordinates());
    let vector = FlatVector::new(chosen)?;
    let resolution = point.resolution() * norm(vector.coordinates()) / whole;
    Ok(vector.with_resolution(resolution))
}

pub(super) fn affine_invariant(
    metric: AffineInvariantMetric,
    point: &PositiveDefinite,
    m: usize,
    rows: &[usize],
) -> Result<Point, Error> {
    let k = rows.len();
    let mut entries = vec![0.0; k * k];
    for (i, &row) in rows.iter().enumerate() {
        for (j, &column) in rows[..=i].iter().enumerate() {
            entries[i * k + j] = point.matrix()[row * m + column];
        }
    }
    let matrix = recentred(metric.matrix, entries, k, &metric)?;
    Ok(Point::PositiveDefinite(AffineInvariant::new(k), matrix.with_resolution(point.resolution())))
}

pub(super) fn log_euclidean(
    metric: LogEuclidean,
    point: &FlatVector,
    m: usize,
    rows: &[usize],
) -> Result<FlatVector, Error> {
    let all: Vec<usize> = (0..m).collect();
    let mut logarithm = unpacked(point.coordinates(), &all);
    for i in 0..m {
        for j in 0..i {
            logarithm[j * m + i] = logarithm[i * m + j];
        }
    }
    let whole = symmetric_function(&logarithm, m, f64::exp)?;
    let k = rows.len();
    let mut entries = vec![0.0; k * k];
    for (i, &row) in rows.iter().enumerate() {
        for (j, &column) in rows[..=i].iter().enumerate() {
            entries[i * k + j] = whole[row * m + column];
        }
    }
    let matrix = recentred(metric.matrix, entries, k, &metric)?;
    let resolution = point.resolution().max(1e-14 * matrix.condition().sqrt());
    let packed = log_euclidean::packed(&matrix.function(f64::ln), k);
    FlatVector::new(packed).map(|vector| vector.with_resolution(resolution))
}

/// H (S − εI) H + εI of a submatrix S, its lower triangle in a square buffer.
fn recentred(
    kind: SpdMatrix,
    mut entries: Vec<f64>,
    k: usize,
    metric: &dyn std::fmt::Display,
) -> Result<PositiveDefinite, Error> {
    let ridge = match kind {
        SpdMatrix::Gram { ridge } | SpdMatrix::Covariance { ridge, .. } => ridge,
    };
    let diagonal = |k: usize| (0..k).map(move |i| i * k + i);
    let mut largest = 0.0_f64;
    for place in diagonal(k) {
        largest = largest.max(entries[place]);
        entries[place] -= ridge;
    }
    let mut gram = GramMatrix { entries, stimuli: k };
    double_center(&mut gram);
    let trace: f64 = diagonal(k).map(|place| gram.entries[place]).sum();
    if trace <= 8.0 * (k * k) as f64 * f64::EPSILON * largest {
        return Err(Error::ConstantRows { metric: metric.to_string() });
    }
    for place in diagonal(k) {
        gram.entries[place] += ridge;
    }
    PositiveDefinite::new(gram.entries, k)
}

/// The rows of Z span what the rows of the centred activations do, up to a rotation: embed them.
pub(super) fn shape(metric: ShapeMetric, shape: &Shape, m: usize, rows: &[usize]) -> Result<Point, Error> {
    let (k, rank) = (rows.len(), shape.rank());
    let columns = shape.coordinates();
    let chosen: Vec<f64> = rows.iter().flat_map(|&row| (0..rank).map(move |axis| columns[axis * m + row])).collect();
    let means = (0..rank).map(|axis| rows.iter().map(|&row| columns[axis * m + row]).sum::<f64>() / k as f64);
    let means: Vec<f64> = means.collect();
    let deviations =
        chosen.chunks_exact(rank).flat_map(|row| row.iter().zip(&means).map(|(x, mean)| (x - mean).powi(2)));
    let size = deviations.sum::<f64>().sqrt();
    // What rounding makes of equal rows.
    if size <= 8.0 * k as f64 * f64::EPSILON * shape.size() {
        return Err(Error::ConstantRows { metric: metric.to_string() });
    }
    let restricted = metric.embed(&Representation::new(&chosen[..], k, rank)?)?;
    // The angular space divides by the norm, which for few stimuli is less than that of all.
    let rounding = if metric.angular { f64::EPSILON / size } else { 0.0 };
    let resolution = shape.resolution().max(rounding);
    Ok(Point::Shape(metric.space(k), restricted.with_resolution(resolution)))
}
