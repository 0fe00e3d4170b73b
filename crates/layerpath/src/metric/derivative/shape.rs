//! ∂d/∂X for angular and Euclidean shape.
//!
//! The copy Y′ = Y·U Vᵀ of y nearest to X, with the SVD YᵀX = U S Vᵀ, moves only to second order with X, so the derivative
//! is that of the distance to a fixed Y′: (X − Y′)/d, or −(Y′ − cos θ·X̂)/(sin θ·‖X‖) with X̂ = X/‖X‖; X centred throughout.

use super::{Derivative, scaled_and_centered};
use crate::Error;
use crate::geometry::GeometryError;
use crate::linalg::{dot, norm, product, singular_values_and_vectors, transposed_product};
use crate::metric::{Metric, Point, ShapeMetric};
use crate::representation::Representation;

/// Singular values of YᵀX this small, relative to ‖Y‖‖X‖, leave their rotation open …
const OPEN: f64 = 1e-13;
/// … which matters if y has this share of its norm there.
const AMBIGUOUS: f64 = 1e-7;
/// Relative resolution of shapes computed in double precision.
const ROUNDING: f64 = 1e-14;

pub(super) fn derivative(metric: &ShapeMetric, x: &Representation<'_>, y: &Point) -> Result<Derivative, Error> {
    let (m, n) = (x.stimuli(), x.units());
    if metric.components.is_some() || metric.whitening < 1.0 {
        return Err(Error::Unavailable {
            operation: "the derivative of a distance",
            metric: metric.to_string(),
            reason: "it is there for components=all and whitening=1",
        });
    }
    let (space, columns, fuzzy) = match y {
        Point::Shape(space, shape) => (space, shape.coordinates(), shape.resolution()),
        _ => return Err(Error::NotAPoint(format!("a point of another kind than {metric} makes"))),
    };
    if space.stimuli() != m {
        return Err(GeometryError::OutsideSpace { expected: m, found: space.stimuli() }.into());
    }
    if *space != metric.space(m) {
        return Err(Error::NotAPoint(format!("a point of another metric than {}", Metric::from(*metric))));
    }
    let (mut own, factor) = scaled_and_centered(x);
    let size = norm(&own);
    if size == 0.0 {
        return Err(Error::ConstantRows { metric: metric.to_string() });
    }
    // Unit norm, or the units of the activations.
    let change = if metric.angular { 1.0 / size } else { 1.0 / factor };
    for value in &mut own {
        *value *= change;
    }
    let (nearest, rest) = nearest_copy(&own, columns, m, n)?;
    let difference: Vec<f64> = own.iter().zip(&nearest).map(|(x, y)| x - y).collect();
    let apart = norm(&difference).hypot(rest);
    let resolution = fuzzy.max(x.roundoff().max(ROUNDING) * norm(&own));
    if !metric.angular {
        if apart <= resolution {
            return Err(GeometryError::Coincident { distance: apart, resolution }.into());
        }
        return Ok(Derivative {
            distance: apart,
            gradient: difference.into_iter().map(|value| value / apart).collect(),
        });
    }
    let sum = own.iter().zip(&nearest).map(|(x, y)| (x + y) * (x + y)).sum::<f64>().sqrt().hypot(rest);
    let distance = 2.0 * apart.atan2(sum);
    if distance <= resolution {
        return Err(GeometryError::Coincident { distance, resolution }.into());
    }
    // cos θ·X̂ − Y′ without cancellation.
    let mut gradient = difference;
    for _ in 0..2 {
        let along = dot(&gradient, &own);
        gradient.iter_mut().zip(&own).for_each(|(slope, x)| *slope -= along * x);
    }
    let sine = norm(&gradient).hypot(rest);
    let constant = factor / (sine * size);
    for slope in &mut gradient {
        *slope *= constant;
    }
    Ok(Derivative { distance, gradient })
}

/// Y′, m×n row-major, and the norm of what of y finds no place in n columns.
fn nearest_copy(x: &[f64], y: &[f64], m: usize, n: usize) -> Result<(Vec<f64>, f64), Error> {
    let r = y.len() / m;
    let size = norm(y);
    let svd = singular_values_and_vectors(&product(y, x, r, m, n), r, n)?;
    let rank = svd.values.len();
    let open = svd.values.iter().take_while(|&&value| value > OPEN * size * norm(x)).count();
    if open < rank {
        let turned = product(&svd.left[open * r..], y, rank - open, r, m);
        if norm(&turned) > AMBIGUOUS * size {
            let reason = "the alignment of the two representations is not unique, since directions that the point has are \
                          orthogonal to the activations";
            return Err(GeometryError::NotUnique { reason }.into());
        }
    }
    let rotation = transposed_product(&svd.left, &svd.right, r, rank, n);
    let nearest = transposed_product(y, &rotation, m, r, n);
    let rest = if rank < r {
        let kept = transposed_product(&svd.left, &svd.left, r, rank, r);
        let within = product(&kept, y, r, r, m);
        y.iter().zip(&within).map(|(whole, part)| (whole - part) * (whole - part)).sum::<f64>().sqrt()
    } else {
        0.0
    };
    Ok((nearest, rest))
}
