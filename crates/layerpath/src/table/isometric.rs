//! Points of a sphere in as few coordinates as there are points.

use rayon::prelude::*;

use crate::Error;
use crate::geometry::UnitVector;
use crate::linalg::StackedTriangle;

/// Coordinates that one task reduces to a triangle.
const BLOCK: usize = 8192;

/// The same K points in K coordinates: distances, angles and projections are unchanged, to rounding, because the change of
/// coordinates is a rotation.
///
/// K points span at most K dimensions. With the points as columns of P = Q·R, the columns of R are their coordinates in the
/// orthonormal basis Q, which is never formed. Unlike a factor of the table of inner products, R keeps the digits of
/// points that are close together (docs/math.md §2).
///
/// About 2·K²·d multiply–adds for points of d coordinates; points of at most K coordinates are returned as they are.
/// Memory: K² numbers for each 8192 coordinates.
///
/// # Errors
///
/// [`Error::DimensionMismatch`] if the points do not have equally many coordinates.
pub(crate) fn isometric_points(points: &[&UnitVector]) -> Result<Vec<UnitVector>, Error> {
    let (size, dimension) = (points.len(), super::common_dimension(points)?);
    if dimension <= size {
        return Ok(points.iter().copied().cloned().collect());
    }
    let starts: Vec<usize> = (0..dimension).step_by(BLOCK).collect();
    let triangles: Vec<Vec<f64>> = starts
        .into_par_iter()
        .map(|start| {
            let width = BLOCK.min(dimension - start);
            let panel: Vec<f64> =
                points.iter().flat_map(|point| &point.coordinates()[start..start + width]).copied().collect();
            let mut triangle = StackedTriangle::new(size);
            triangle.push(&panel, width);
            triangle.into_lower()
        })
        .collect();
    let mut whole = StackedTriangle::new(size);
    for triangle in &triangles {
        whole.push(triangle, size);
    }
    let mut coordinates = whole.into_lower();
    // Equal points stay equal, to the last bit.
    for i in 1..size {
        if let Some(j) = (0..i).find(|&j| points[j].coordinates() == points[i].coordinates()) {
            coordinates.copy_within(j * size..(j + 1) * size, i * size);
        }
    }
    let restore = |(row, point): (&[f64], &&UnitVector)| {
        Ok(UnitVector::normalize(row.to_vec())?.with_resolution(point.resolution()))
    };
    coordinates.chunks_exact(size).zip(points).map(restore).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{GeodesicSpace, MetricSpace, RiemannianSpace, UnitSphere};

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
        let reduced = isometric_points(&points.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(reduced[3], reduced[1]);
        assert_ne!(reduced[2], reduced[1]);
    }

    #[test]
    fn distances_angles_and_projections_are_unchanged() {
        for (dimension, step) in [(3, 0.1), (500, 0.3), (20_000, 0.1), (20_000, 1e-4), (9000, 1e-6)] {
            let points = curve(6, dimension, step);
            let reduced = isometric_points(&points.iter().collect::<Vec<_>>()).unwrap();
            assert_eq!(reduced[0].coordinates().len(), dimension.min(6));
            assert_eq!(reduced[0].resolution(), 1e-13);
            let (large, small) = (UnitSphere::new(dimension), UnitSphere::new(dimension.min(6)));
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
