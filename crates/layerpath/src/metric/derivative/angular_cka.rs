//! ∂θ/∂X for angular CKA.
//!
//! With the points G_x = C(K)/N, N = ‖C(K)‖, and G_y, and u the unit tangent at G_x towards G_y,
//! ∂θ/∂K = −C*(u)/N, C* the adjoint of the centring: `biased` and `unbiased` are orthogonal projections, so C*(u) = u;
//! `masked` is a mask after H·H, so C*(u) = H u H. Then the chain rule through the kernel.

use super::{Derivative, scaled_and_centered};
use crate::Error;
use crate::geometry::{GeometryError, UnitVector};
use crate::linalg::{Panels, add_lower_product, angle_between_unit_vectors, dot, norm, product};
use crate::metric::kernel::{Kernel, LengthScale};
use crate::metric::{AngularCka, Estimator};
use crate::representation::{GramMatrix, Representation, double_center, row_distances};

pub(super) fn derivative(metric: &AngularCka, x: &Representation<'_>, y: &UnitVector) -> Result<Derivative, Error> {
    let (m, n, needed) = (x.stimuli(), x.units(), metric.estimator.minimum_stimuli());
    if m < needed {
        return Err(Error::TooFewStimuli { metric: metric.to_string(), needed, given: m });
    }
    let (expected, found) = (metric.coordinates(m), y.coordinates().len());
    if expected != found {
        return Err(GeometryError::OutsideSpace { expected, found }.into());
    }
    let (activations, factor) = scaled_and_centered(x);
    let gram = match metric.kernel {
        Kernel::Linear => {
            let mut entries = vec![0.0; m * m];
            add_lower_product(&mut entries, &Panels::of(&activations, m));
            GramMatrix { entries, stimuli: m }
        }
        _ => metric.centred_gram_of(x)?,
    };
    let (point, length) = metric.point_of(gram, x.roundoff())?;
    let distance = angle_between_unit_vectors(point.coordinates(), y.coordinates());
    let toward = tangent(&point, y, distance)?;
    let slopes = adjoint_centring(metric.estimator, &toward, m);
    let mut gradient;
    match metric.kernel {
        Kernel::Linear => {
            // 2·(−u/N)·X with K and X multiplied by factor² and factor.
            gradient = product(&slopes, &activations, m, m, n);
            let constant = -2.0 * factor / length;
            for slope in &mut gradient {
                *slope *= constant;
            }
        }
        Kernel::Rbf(scale) => {
            gradient = product(&laplacian(x, &slopes, scale, 2, metric)?, &activations, m, m, n);
            let constant = -1.0 / (length * factor);
            for slope in &mut gradient {
                *slope *= constant;
            }
        }
        Kernel::Laplace(scale) => {
            gradient = product(&laplacian(x, &slopes, scale, 1, metric)?, &activations, m, m, n);
            let constant = -1.0 / (length * factor);
            for slope in &mut gradient {
                *slope *= constant;
            }
        }
    }
    Ok(Derivative { distance, gradient })
}

/// The unit tangent at `p` towards `q`.
fn tangent(p: &UnitVector, q: &UnitVector, distance: f64) -> Result<Vec<f64>, Error> {
    let resolution = p.resolution().max(q.resolution());
    if distance <= resolution {
        return Err(GeometryError::Coincident { distance, resolution }.into());
    }
    if std::f64::consts::PI - distance <= resolution {
        return Err(GeometryError::Antipodal.into());
    }
    let (p, q) = (p.coordinates(), q.coordinates());
    let mut direction: Vec<f64> = q.iter().zip(p).map(|(q, p)| q - p).collect();
    for _ in 0..2 {
        let along = dot(&direction, p);
        direction.iter_mut().zip(p).for_each(|(x, p)| *x -= along * p);
    }
    let length = norm(&direction);
    for x in &mut direction {
        *x /= length;
    }
    Ok(direction)
}

/// C*(u) of a packed u as a full symmetric m×m matrix.
fn adjoint_centring(estimator: Estimator, packed: &[f64], m: usize) -> Vec<f64> {
    let mut lower = GramMatrix { entries: vec![0.0; m * m], stimuli: m };
    let mut values = packed.iter();
    for i in 0..m {
        for j in 0..i {
            lower.entries[i * m + j] = values.next().copied().unwrap_or(0.0) / std::f64::consts::SQRT_2;
        }
        if estimator == Estimator::Biased {
            lower.entries[i * m + i] = values.next().copied().unwrap_or(0.0);
        }
    }
    if estimator == Estimator::Masked {
        double_center(&mut lower);
    }
    let mut full = lower.entries;
    mirror(&mut full, m);
    full
}

/// Copies the lower triangle to the upper.
fn mirror(matrix: &mut [f64], m: usize) {
    for i in 0..m {
        for j in 0..i {
            matrix[j * m + i] = matrix[i * m + j];
        }
    }
}

/// The matrix L with Σᵢⱼ Sᵢⱼ dKᵢⱼ = ⟨L X, dX⟩ for a kernel of distances.
///
/// Σ Sᵢⱼ dKᵢⱼ = Σ Wᵢⱼ d‖xᵢ − xⱼ‖² gives L = 4(diag(W1) − W). For exp(−D²/(2ℓ²)), W = −S K/(2ℓ²); for exp(−D/ℓ),
/// W = −S K/(2ℓD). A length scale f·median adds ∂θ/∂ℓ·f/(4D) at the pairs that hold the median.
fn laplacian(
    x: &Representation<'_>,
    slopes: &[f64],
    scale: LengthScale,
    power: i32,
    metric: &AngularCka,
) -> Result<Vec<f64>, Error> {
    let m = x.stimuli();
    let distances = row_distances(x);
    let (length, holders) = match scale {
        LengthScale::Fixed(length) => (length, Vec::new()),
        LengthScale::Median(factor) => {
            let (median, holders) = median_pairs(&distances);
            (factor * median, holders.into_iter().map(|(i, j, weight)| (i, j, weight * factor)).collect())
        }
    };
    let mut weights = vec![0.0; m * m];
    let mut by_length = 0.0;
    for i in 0..m {
        for j in 0..i {
            let distance = distances.get(i, j);
            let ratio = distance / length;
            let slope = slopes[i * m + j];
            weights[i * m + j] = if power == 2 {
                let kernel = (-ratio * ratio / 2.0).exp();
                by_length += 2.0 * slope * kernel * ratio * ratio / length;
                -slope * kernel / (2.0 * length * length)
            } else {
                if distance == 0.0 {
                    return Err(Error::Undefined {
                        quantity: format!("the derivative of {metric}"),
                        reason: format!(
                            "stimuli {j} and {i} have equal rows, where exp(−distance) has a kink; remove one of them"
                        ),
                    });
                }
                let kernel = (-ratio).exp();
                by_length += 2.0 * slope * kernel * ratio / length;
                -slope * kernel / (2.0 * length * distance)
            };
        }
    }
    for (i, j, weight) in holders {
        weights[i * m + j] += by_length * weight / (4.0 * distances.get(i, j));
    }
    mirror(&mut weights, m);
    for i in 0..m {
        let row = &mut weights[i * m..(i + 1) * m];
        row[i] = 0.0;
        let total: f64 = row.iter().sum();
        for weight in &mut *row {
            *weight *= -4.0;
        }
        row[i] = 4.0 * total;
    }
    Ok(weights)
}

/// The median distance, and the pairs (i > j) that it is made of with their shares.
fn median_pairs(distances: &GramMatrix) -> (f64, Vec<(usize, usize, f64)>) {
    let m = distances.stimuli();
    let mut pairs: Vec<(f64, usize, usize)> =
        (0..m).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| (distances.get(i, j), i, j)).collect();
    let order = |a: &(f64, usize, usize), b: &(f64, usize, usize)| a.0.total_cmp(&b.0);
    let count = pairs.len();
    let (below, &mut (upper, i, j), _) = pairs.select_nth_unstable_by(count / 2, order);
    if count % 2 == 1 {
        return (upper, vec![(i, j, 1.0)]);
    }
    match below.iter().max_by(|a, b| order(a, b)) {
        Some(&(lower, k, l)) => (lower + (upper - lower) / 2.0, vec![(i, j, 0.5), (k, l, 0.5)]),
        None => (upper, vec![(i, j, 1.0)]),
    }
}
