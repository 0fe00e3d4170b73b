//! Coordinates of K points in the space that they span.

use rayon::prelude::*;

use super::UnitVector;
use crate::Error;
use crate::linalg::{StackedTriangle, dot, norm};

/// Coordinates that one task reduces to a triangle.
const BLOCK: usize = 8192;

/// What is left of a vector below this share of its length, once its part along the others is taken away, is rounding and
/// no new direction.
const NEW_DIRECTION: f64 = 1e-14;

/// K vectors written with as few coordinates as they span, at most K, all inner products kept.
///
/// Everything that geometry does with points of a sphere or of a flat space (means, principal components, transport,
/// projections, embeddings) happens in their span, so it can be done with these copies at a cost that does not depend on the
/// number of stimuli. With the vectors as columns of P = Q·R, the columns of R are their coordinates in the orthonormal basis
/// Q, which is never formed; Gram–Schmidt with reorthogonalisation then finds how many of them are needed. Unlike a factor of
/// the K×K table of inner products, which squares, this keeps points apart that differ by 10⁻⁸ and less. Equal vectors get
/// equal copies, to the last bit. About 2K²d multiply–adds for d coordinates; memory: K² numbers for each 8192 coordinates.
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
        let size = vectors.len();
        let triangle = if left_dimension > size { triangle(vectors, left_dimension) } else { Vec::new() };
        let short: Vec<&[f64]> =
            if left_dimension > size { triangle.chunks_exact(size.max(1)).collect() } else { vectors.to_vec() };
        let mut basis: Vec<Vec<f64>> = Vec::new();
        let mut rows: Vec<Vec<f64>> = Vec::with_capacity(vectors.len());
        for vector in short {
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
        for i in 1..rows.len() {
            if let Some(j) = (0..i).find(|&j| vectors[j] == vectors[i]) {
                let (before, from) = rows.split_at_mut(i);
                from[0].clone_from(&before[j]);
            }
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

/// The factor R of P = Q·R, one row a vector: block after block of coordinates, then the blocks' factors together.
fn triangle(vectors: &[&[f64]], dimension: usize) -> Vec<f64> {
    let size = vectors.len();
    let starts: Vec<usize> = (0..dimension).step_by(BLOCK).collect();
    let triangles: Vec<Vec<f64>> = starts
        .into_par_iter()
        .map(|start| {
            let width = BLOCK.min(dimension - start);
            let mut triangle = StackedTriangle::new(size);
            triangle.push(|i| &vectors[i][start..start + width], width);
            triangle.into_lower()
        })
        .collect();
    let mut whole = StackedTriangle::new(size);
    for triangle in &triangles {
        whole.push(|i| &triangle[i * size..(i + 1) * size], size);
    }
    whole.into_lower()
}

/// Copies of points of a sphere with the same distances and angles, in their isometric coordinates (two at least, so that a
/// repeated point is still a point of a circle), each with its resolution.
pub(crate) fn isometric_copies(points: &[&UnitVector]) -> Result<Vec<UnitVector>, Error> {
    let short = IsometricCoordinates::of(&points.iter().map(|point| point.coordinates()).collect::<Vec<_>>())?;
    let dimension = short.dimension().max(2);
    let restore = |(mut row, point): (Vec<f64>, &&UnitVector)| {
        row.resize(dimension, 0.0);
        Ok(UnitVector::normalize(row)?.with_resolution(point.resolution()))
    };
    short.rows.into_iter().zip(points).map(restore).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{GeodesicSpace, MetricSpace, RiemannianSpace, UnitSphere};

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

    /// A smooth curve in many dimensions with steps of about `step`.
    fn curve(points: usize, dimension: usize, step: f64) -> Vec<UnitVector> {
        (0..points)
            .map(|k| {
                let t = k as f64 * step;
                let coordinate = |i: usize| (1.0 + (i * 7919 % 1009) as f64 / 500.0 * t + (i % 13) as f64).sin();
                UnitVector::normalize((0..dimension).map(coordinate).collect()).unwrap().with_resolution(1e-13)
            })
            .collect()
    }

    #[test]
    fn equal_points_stay_equal() {
        let mut points = curve(4, 100, 0.1);
        points[3] = points[1].clone();
        let reduced = isometric_copies(&points.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(reduced[3], reduced[1]);
        assert_ne!(reduced[2], reduced[1]);
    }

    #[test]
    fn distances_angles_and_projections_are_unchanged() {
        for (dimension, step) in [(3, 0.1), (500, 0.3), (20_000, 0.1), (20_000, 1e-4), (9000, 1e-6)] {
            let points = curve(6, dimension, step);
            let reduced = isometric_copies(&points.iter().collect::<Vec<_>>()).unwrap();
            let few = reduced[0].coordinates().len();
            assert!(few <= dimension.min(6));
            assert_eq!(reduced[0].resolution(), 1e-13);
            let (large, small) = (UnitSphere::new(dimension), UnitSphere::new(few));
            for i in 0..6 {
                for j in 0..i {
                    let (far, near) =
                        (large.distance(&points[i], &points[j]), small.distance(&reduced[i], &reduced[j]));
                    assert!((far.unwrap() - near.unwrap()).abs() < 2e-15, "{dimension}, {step}");
                }
            }
            // An angle at steps of size s keeps about 1e-15/s.
            let tolerance = 1e-14 / step;
            let angle = large.angle(&points[0], &points[1], &points[2]).unwrap();
            assert!((angle - small.angle(&reduced[0], &reduced[1], &reduced[2]).unwrap()).abs() < tolerance);
            let far = large.project(&points[0], &points[5], &points[3]).unwrap();
            let near = small.project(&reduced[0], &reduced[5], &reduced[3]).unwrap();
            assert!((far.t - near.t).abs() < tolerance && (far.distance - near.distance).abs() < 1e-14);
        }
    }
}
