//! Coordinates of K points in the space that they span.

use rayon::prelude::*;

use crate::Error;
use crate::linalg::{dot, norm};

/// What is left of a vector below this share of its length, once its part along the others is taken away, is rounding and
/// no new direction.
const NEW_DIRECTION: f64 = 1e-14;

/// K vectors written with as few coordinates as they span, at most K, all inner products kept.
///
/// Everything that geometry does with points of a sphere or of a flat space (means, principal components, transport,
/// projections, embeddings) happens in their span, so it can be done with these copies at a cost that does not depend on the
/// number of stimuli. Made by Gram–Schmidt with reorthogonalisation: unlike a factor of the K×K table of inner products,
/// which squares, this keeps points apart that differ by 10⁻⁸ and less. K²d multiply–adds for d coordinates.
///
/// ```
/// use layerpath::geometry::{IsometricCoordinates, MetricSpace, UnitSphere, UnitVector};
/// let long = |i: usize| (0..1000).map(|j| ((i * j) as f64).sin()).collect::<Vec<f64>>();
/// let points = [1, 2, 3].map(|i| UnitVector::normalize(long(i)).unwrap());
/// let short = IsometricCoordinates::of(&points.each_ref().map(UnitVector::coordinates))?;
/// assert_eq!(short.dimension(), 3);
/// let copies: Result<Vec<_>, _> = short.rows().iter().map(|row| UnitVector::normalize(row.clone())).collect();
/// let copies = copies?;
/// let whole = UnitSphere::new(1000).distance(&points[0], &points[2])?;
/// assert!((UnitSphere::new(3).distance(&copies[0], &copies[2])? - whole).abs() < 1e-14);
/// # Ok::<(), layerpath::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct IsometricCoordinates {
    rows: Vec<Vec<f64>>,
    dimension: usize,
}

impl IsometricCoordinates {
    /// Of vectors of equally many coordinates.
    ///
    /// # Errors
    ///
    /// [`Error::DimensionMismatch`].
    pub fn of(vectors: &[&[f64]]) -> Result<Self, Error> {
        let left_dimension = vectors.first().map_or(0, |first| first.len());
        if let Some(right) = vectors.iter().position(|vector| vector.len() != left_dimension) {
            let right_dimension = vectors[right].len();
            return Err(Error::DimensionMismatch { left: 0, right, left_dimension, right_dimension });
        }
        let mut basis: Vec<Vec<f64>> = Vec::new();
        let mut rows: Vec<Vec<f64>> = Vec::with_capacity(vectors.len());
        for vector in vectors {
            let size = norm(vector);
            let mut rest = vector.to_vec();
            let mut own = vec![0.0; basis.len()];
            for _ in 0..2 {
                let along: Vec<f64> = basis.par_iter().map(|axis| dot(axis, &rest)).collect();
                for (axis, (sum, along)) in basis.iter().zip(own.iter_mut().zip(along)) {
                    *sum += along;
                    for (x, a) in rest.iter_mut().zip(axis) {
                        *x -= along * a;
                    }
                }
            }
            let length = norm(&rest);
            if length > NEW_DIRECTION * size {
                for x in &mut rest {
                    *x /= length;
                }
                own.push(length);
                basis.push(rest);
            }
            rows.push(own);
        }
        let dimension = basis.len();
        for row in &mut rows {
            row.resize(dimension, 0.0);
        }
        Ok(Self { rows, dimension })
    }

    /// K rows of [`dimension`](Self::dimension) coordinates.
    pub fn rows(&self) -> &[Vec<f64>] {
        &self.rows
    }

    /// Dimension of the span, at most K.
    pub fn dimension(&self) -> usize {
        self.dimension
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_kept_and_repetitions_add_no_dimension() {
        let vector = |k: usize| (0..40).map(|j| ((k * 37 + j * 11) % 23) as f64 - 11.0).collect::<Vec<f64>>();
        let mut all: Vec<Vec<f64>> = (0..5).map(vector).collect();
        all.push(all[2].clone());
        all.push(all[1].iter().map(|x| -3.0 * x).collect());
        all.push(vec![0.0; 40]);
        let short = IsometricCoordinates::of(&all.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
        assert_eq!((short.dimension(), short.rows().len()), (5, 8));
        for i in 0..8 {
            for j in 0..8 {
                let (whole, copy) = (dot(&all[i], &all[j]), dot(&short.rows()[i], &short.rows()[j]));
                assert!((whole - copy).abs() < 1e-11, "{i}, {j}: {whole} against {copy}");
            }
        }
        assert!(matches!(IsometricCoordinates::of(&[&[1.0], &[1.0, 2.0]]), Err(Error::DimensionMismatch { .. })));
        assert_eq!(IsometricCoordinates::of(&[]).unwrap().dimension(), 0);
    }
}
