//! Metric multidimensional scaling by SMACOF.

use super::given::{Given, centre, euclidean, padded_rows, turn_to_principal_axes};
use super::search::{Normals, Report, Run, Scaling, SearchOptions, Start, best_of, by_rows};
use super::{EmbeddingError, Observer, classical_mds};
use crate::Error;
use crate::table::SymmetricTable;

/// An axis of the start shorter than this share of the largest distance counts as missing.
const MISSING_AXIS: f64 = 1e-6;
/// Size of the displacement that opens missing axes and separates coinciding points, in largest distances.
const NUDGE: f64 = 1e-3;

/// Points in Euclidean space that minimise the raw stress Σᵢ<ⱼ(‖xᵢ − xⱼ‖ − δᵢⱼ)², by majorisation.
///
/// Each iteration is the Guttman transform X ← B(X)X/K with B(X)ᵢⱼ = −δᵢⱼ/‖xᵢ − xⱼ‖ for i ≠ j (0 where points coincide)
/// and rows that sum to 0. The stress never rises. The search starts from classical scaling and from random points, and
/// ends by the rule in [`SearchOptions`]. Distances need not be Euclidean. The result is centred and turned to its
/// principal axes. Cost O(K²·`dimensions`) an iteration; memory 8K² bytes.
///
/// Source: de Leeuw 1977; Borg and Groenen 2005, *Modern Multidimensional Scaling*, §8.6.
///
/// # Errors
///
/// [`EmbeddingError`] for entries that are no distances, no dimensions, no start, or an observer that broke off.
///
/// ```
/// use layerpath::embed::{SearchOptions, silent, smacof};
/// use layerpath::{geometry::UnitVector, table::arcs};
/// // Three orthogonal points are an equilateral triangle with sides π/2.
/// let axis = |i: usize| UnitVector::normalize((0..3).map(|j| f64::from(u8::from(i == j))).collect());
/// let (a, b, c) = (axis(0)?, axis(1)?, axis(2)?);
/// let distances = arcs(&[&a, &b, &c])?;
/// let plane = smacof(&distances, 2, &SearchOptions::default(), &mut silent)?;
/// assert!(plane.stress < 1e-6 && plane.convergence.converged);
/// // On a line three points cannot all be equally far.
/// let line = smacof(&distances, 1, &SearchOptions::default(), &mut silent)?;
/// assert!(line.stress > 0.3);
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn smacof(
    distances: &SymmetricTable,
    dimensions: usize,
    options: &SearchOptions,
    observer: &mut Observer<'_>,
) -> Result<Scaling, Error> {
    if dimensions == 0 {
        return Err(EmbeddingError::NoDimensions.into());
    }
    let (given, unit) = Given::relative(distances)?;
    // K points span at most K − 1 dimensions; the others are 0.
    let width = dimensions.min(given.size().saturating_sub(1).max(1));
    let (mut coordinates, mut convergence) = best_of(&given, options, observer, |start, normals, report| {
        let begin = match start {
            Start::Classical => classical_start(&given, distances, width, unit, normals)?,
            Start::Random(_) => normals.fill(given.size() * width, 0.5),
        };
        Ok(descend(&given, begin, width, options, report)?)
    })?;
    centre(&mut coordinates, width);
    turn_to_principal_axes(&mut coordinates, width)?;
    let raw = given.raw_stress(|i, j| euclidean(row(&coordinates, width, i), row(&coordinates, width, j)));
    let square = unit * unit;
    convergence.history.iter_mut().for_each(|value| *value *= square);
    convergence.starts.iter_mut().for_each(|(_, value)| *value *= square);
    Ok(Scaling {
        coordinates: padded_rows(&coordinates, width, dimensions, unit),
        stress: given.normalised(raw),
        raw_stress: raw * square,
        convergence,
    })
}

fn row(coordinates: &[f64], width: usize, i: usize) -> &[f64] {
    &coordinates[i * width..(i + 1) * width]
}

/// Classical scaling, slightly displaced where the Guttman transform could not leave a subspace or separate points.
fn classical_start(
    given: &Given,
    distances: &SymmetricTable,
    width: usize,
    unit: f64,
    normals: &mut Normals,
) -> Result<Vec<f64>, Error> {
    let mut start = classical_mds(distances, width)?.coordinates.concat();
    for value in &mut start {
        *value /= unit;
    }
    let distance = |i: usize, j: usize| euclidean(row(&start, width, i), row(&start, width, j));
    let exact = given.raw_stress(distance) <= MISSING_AXIS * MISSING_AXIS * given.total();
    let missing = |axis: usize| start.iter().skip(axis).step_by(width).all(|x| x.abs() < MISSING_AXIS);
    let together = |i: usize| (0..i).any(|j| given.row(i)[j] > NUDGE && distance(i, j) < MISSING_AXIS);
    if !exact && ((0..width).any(missing) || (0..given.size()).any(together)) {
        for value in &mut start {
            *value += NUDGE * normals.next();
        }
    }
    Ok(start)
}

/// Guttman transforms until the stress falls no more.
fn descend(
    given: &Given,
    start: Vec<f64>,
    width: usize,
    options: &SearchOptions,
    report: &mut Report<'_>,
) -> Result<Run, EmbeddingError> {
    let mut here = start;
    let mut next = vec![0.0; here.len()];
    let mut beyond = vec![0.0; here.len()];
    let mut stress = transform(given, &here, width, &mut next);
    let mut history = vec![stress];
    let mut converged = false;
    report(0, stress)?;
    while !converged && history.len() <= options.iterations {
        let lower = transform(given, &next, width, &mut beyond);
        let decrease = stress - lower;
        converged = decrease <= options.tolerance * given.total();
        // At the limit of rounding the last step may lead up: it is not taken.
        if decrease >= 0.0 {
            std::mem::swap(&mut here, &mut next);
            std::mem::swap(&mut next, &mut beyond);
            stress = lower;
            history.push(stress);
        }
        report(history.len() - 1, stress)?;
    }
    Ok(Run { coordinates: here, history, converged })
}

/// Writes the Guttman transform of `x` and returns the raw stress of `x` itself.
fn transform(given: &Given, x: &[f64], width: usize, out: &mut [f64]) -> f64 {
    let size = given.size() as f64;
    let twice = by_rows(out, width, |i, target| {
        target.fill(0.0);
        let mut misfit = 0.0;
        let own = row(x, width, i);
        for (other, &wanted) in x.chunks_exact(width).zip(given.row(i)) {
            let distance = euclidean(own, other);
            misfit += (distance - wanted) * (distance - wanted);
            if distance > 0.0 {
                let ratio = wanted / distance;
                for (value, (a, b)) in target.iter_mut().zip(own.iter().zip(other)) {
                    *value += ratio * (a - b);
                }
            }
        }
        for value in target {
            *value /= size;
        }
        misfit
    });
    twice / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::UnitVector;
    use crate::table::arcs;

    #[test]
    fn the_transform_is_the_matrix_product_of_the_book() {
        let points: Vec<UnitVector> = (0..6_i32)
            .map(|i| UnitVector::normalize((0..4).map(|j| f64::from((i * 7 + j * 5 + i * j) % 11) - 4.0).collect()))
            .collect::<Result<_, _>>()
            .unwrap();
        let given = Given::new(&arcs(&points.iter().collect::<Vec<_>>()).unwrap()).unwrap();
        let x = Normals::new(3, 0).fill(6 * 2, 1.0);
        let mut out = vec![0.0; 12];
        let stress = transform(&given, &x, 2, &mut out);
        let distance = |i: usize, j: usize| euclidean(row(&x, 2, i), row(&x, 2, j));
        assert!((stress / given.raw_stress(distance) - 1.0).abs() < 1e-14);
        for i in 0..6 {
            for axis in 0..2 {
                let off = |j: usize| -given.row(i)[j] / distance(i, j);
                let diagonal: f64 = -(0..6).filter(|&j| j != i).map(off).sum::<f64>();
                let sum: f64 = (0..6).map(|j| if j == i { diagonal } else { off(j) } * x[2 * j + axis]).sum();
                assert!((out[2 * i + axis] - sum / 6.0).abs() < 1e-14);
            }
        }
    }
}
