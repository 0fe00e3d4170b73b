//! Classical (Torgerson) multidimensional scaling.

use crate::Error;
use crate::linalg::symmetric_eigen;
use crate::table::SymmetricTable;

/// Points in a low-dimensional Euclidean space whose distances approximate given ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    /// K rows of `dimensions` coordinates, centred.
    pub coordinates: Vec<Vec<f64>>,
    /// Kruskal's stress-1, √(Σᵢ<ⱼ(dᵢⱼ − δᵢⱼ)² / Σᵢ<ⱼ δᵢⱼ²) with δ the given and d the embedded distances; 0 if all given
    /// distances are 0.
    pub stress: f64,
}

/// Classical scaling: the leading eigenvectors of −½ H Δ² H, Δ² the squared distances, times √eigenvalue.
///
/// Axes of negative or vanishing eigenvalue have coordinate 0. The sign of an axis is chosen so that its coordinate of
/// largest magnitude is positive. Cost O(K³).
///
/// # Errors
///
/// [`Error::NoConvergence`], which finite distances do not provoke.
///
/// ```
/// use layerpath::{embed::classical_mds, geometry::UnitVector, table::arcs};
/// // Three points on a great circle, 0.3 and 0.4 rad apart: a line.
/// let at = |angle: f64| UnitVector::normalize(vec![angle.cos(), angle.sin()]).unwrap();
/// let (a, b, c) = (at(0.0), at(0.3), at(0.7));
/// let embedding = classical_mds(&arcs(&[&a, &b, &c])?, 2)?;
/// assert!(embedding.stress < 1e-7);
/// let line = |i: usize| embedding.coordinates[i][0];
/// assert!(((line(2) - line(0)).abs() - 0.7).abs() < 1e-7);
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn classical_mds(distances: &SymmetricTable, dimensions: usize) -> Result<Embedding, Error> {
    let size = distances.size();
    let mut gram = vec![0.0; size * size];
    let mut means = vec![0.0; size];
    for i in 0..size {
        means[i] = (0..size).map(|j| distances.get(i, j).powi(2)).sum::<f64>() / size as f64;
    }
    let grand = means.iter().sum::<f64>() / size.max(1) as f64;
    for i in 0..size {
        for j in 0..=i {
            gram[i * size + j] = -0.5 * (distances.get(i, j).powi(2) - means[i] - means[j] + grand);
        }
    }
    let eigen = symmetric_eigen(&gram, size)?;
    let mut coordinates = vec![vec![0.0; dimensions]; size];
    for axis in 0..dimensions.min(size) {
        let rank = size - 1 - axis;
        let length = eigen.values[rank].max(0.0).sqrt();
        for (point, component) in coordinates.iter_mut().zip(&eigen.vectors[rank]) {
            point[axis] = length * component;
        }
    }
    let stress = stress(distances, &coordinates);
    Ok(Embedding { coordinates, stress })
}

fn stress(distances: &SymmetricTable, coordinates: &[Vec<f64>]) -> f64 {
    let (mut misfit, mut total) = (0.0, 0.0);
    for i in 0..coordinates.len() {
        for j in 0..i {
            let squares: f64 = coordinates[i].iter().zip(&coordinates[j]).map(|(x, y)| (x - y).powi(2)).sum();
            misfit += (squares.sqrt() - distances.get(i, j)).powi(2);
            total += distances.get(i, j).powi(2);
        }
    }
    if total > 0.0 { (misfit / total).sqrt() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::UnitVector;
    use crate::table::arcs;

    #[test]
    fn stress_is_what_is_lost() {
        // Three mutually orthogonal points are an equilateral triangle: exact in two dimensions, not in one.
        let basis: Vec<UnitVector> = (0..3)
            .map(|i| {
                let mut x = vec![0.0; 3];
                x[i] = 1.0;
                UnitVector::normalize(x).unwrap()
            })
            .collect();
        let table = arcs(&basis.iter().collect::<Vec<_>>()).unwrap();
        assert!(classical_mds(&table, 2).unwrap().stress < 1e-12);
        assert!(classical_mds(&table, 1).unwrap().stress > 0.3);
    }

    #[test]
    fn one_point_and_equal_points() {
        let x = UnitVector::normalize(vec![1.0, 2.0]).unwrap();
        let table = arcs(&[&x, &x]).unwrap();
        let embedding = classical_mds(&table, 2).unwrap();
        assert_eq!(embedding.stress, 0.0);
        assert!(embedding.coordinates.iter().flatten().all(|c| *c == 0.0));
        assert_eq!(classical_mds(&arcs(&[&x]).unwrap(), 2).unwrap().coordinates.len(), 1);
    }
}
