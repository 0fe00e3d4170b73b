//! Principal geodesic analysis in any Riemannian space.

use super::EmbeddingError;
use crate::Error;
use crate::geometry::{DescentOptions, GeometryError, Mean, RiemannianSpace, frechet_mean};
use crate::linalg::symmetric_eigen;

/// An eigenvalue of the table ⟨vᵢ, vⱼ⟩ below minus this share of the largest is not rounding.
const NEGATIVE: f64 = 1e-8;

/// Coordinates along principal axes, from a table of inner products.
pub(super) struct PrincipalAxes {
    /// K rows.
    pub(super) coordinates: Vec<Vec<f64>>,
    pub(super) variance_explained: Vec<f64>,
    /// Weights of the K vectors in each unit axis, those of an axis without variance all 0.
    pub(super) weights: Vec<Vec<f64>>,
    /// The least eigenvalue beside the largest.
    pub(super) extremes: (f64, f64),
}

/// The leading axes of K vectors with a given K×K table of inner products, row-major; axes beyond the K-th are zero.
pub(super) fn principal_axes(table: &[f64], size: usize, dimensions: usize) -> Result<PrincipalAxes, Error> {
    let total: f64 = (0..size).map(|i| table[i * size + i]).sum();
    let eigen = symmetric_eigen(table, size)?;
    let mut coordinates = vec![vec![0.0; dimensions]; size];
    let mut variance_explained = vec![0.0; dimensions];
    let mut weights = vec![vec![0.0; size]; dimensions];
    for axis in 0..dimensions.min(size) {
        let rank = size - 1 - axis;
        let variance = eigen.values[rank].max(0.0);
        let vector = &eigen.vectors[rank];
        if total > 0.0 {
            variance_explained[axis] = (variance / total).min(1.0);
        }
        if variance > 0.0 {
            weights[axis] = vector.iter().map(|component| component / variance.sqrt()).collect();
        }
        for (point, component) in coordinates.iter_mut().zip(vector) {
            point[axis] = variance.sqrt() * component;
        }
    }
    let extremes = (eigen.values.first().copied().unwrap_or(0.0), eigen.values.last().copied().unwrap_or(0.0));
    Ok(PrincipalAxes { coordinates, variance_explained, weights, extremes })
}

/// Points of a Riemannian space in the tangent space at their Fréchet mean.
#[derive(Debug, Clone, PartialEq)]
pub struct TangentComponents<P, V> {
    /// K rows of `dimensions` coordinates: log_μ pᵢ along the principal axes, in the unit of distance.
    pub coordinates: Vec<Vec<f64>>,
    /// Share of the variance along each axis, in descending order; all 0 if the points are equal.
    pub variance_explained: Vec<f64>,
    /// The principal axes, unit tangent vectors at the mean: `exp(mean, s·axis)` walks along a principal geodesic. Fewer than
    /// asked for if the points span fewer.
    pub axes: Vec<V>,
    /// The mean and how it was found.
    pub mean: Mean<P>,
}

/// Principal components of the logarithms of points of any Riemannian space at their Fréchet mean.
///
/// With vᵢ = log_μ pᵢ the axes are the leading eigenvectors of Σ vᵢvᵢᵀ, found from the K×K table ⟨vᵢ, vⱼ⟩ in the metric at
/// μ. An axis has its coordinate of largest magnitude positive. In a flat space this is principal component analysis.
/// [`principal_geodesics`](super::principal_geodesics) is the same for spheres at a cost that does not depend on the number of
/// stimuli, with stress.
///
/// Source: Fletcher, Lu, Pizer and Joshi 2004 (tangent approximation of principal geodesic analysis); Pennec 2006.
///
/// # Errors
///
/// As [`frechet_mean`]; [`EmbeddingError::NoDimensions`]; [`GeometryError::Singular`] if the mean lies where the space has no
/// tangent space.
///
/// ```
/// use layerpath::embed::principal_geodesics_in;
/// use layerpath::geometry::{AffineInvariant, DescentOptions, PositiveDefinite};
/// let diagonal = |x: f64, y: f64| PositiveDefinite::new(vec![x.exp(), 0.0, 0.0, y.exp()], 2);
/// let (a, b, c) = (diagonal(0.0, 0.0)?, diagonal(3.0, 4.0)?, diagonal(-3.0, -4.0)?);
/// let found = principal_geodesics_in(&AffineInvariant::new(2), &[&a, &b, &c], 2, &DescentOptions::default())?;
/// assert!(found.variance_explained[0] > 1.0 - 1e-12); // one geodesic explains everything
/// assert!((found.coordinates[1][0].abs() - 5.0).abs() < 1e-9);
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn principal_geodesics_in<S: RiemannianSpace>(
    space: &S,
    points: &[&S::Point],
    dimensions: usize,
    options: &DescentOptions,
) -> Result<TangentComponents<S::Point, S::Tangent>, Error> {
    if dimensions == 0 {
        return Err(EmbeddingError::NoDimensions.into());
    }
    let mean = frechet_mean(space, points, options)?;
    let size = points.len();
    let logs = points.iter().map(|q| space.log(&mean.point, q)).collect::<Result<Vec<_>, _>>()?;
    let mut table = vec![0.0; size * size];
    for i in 0..size {
        for j in 0..=i {
            table[i * size + j] = space.inner(&mean.point, &logs[i], &logs[j]);
        }
    }
    let PrincipalAxes { coordinates, variance_explained, weights, extremes } =
        principal_axes(&table, size, dimensions)?;
    if extremes.0 < -NEGATIVE * extremes.1 {
        return Err(GeometryError::Singular.into());
    }
    let spanned = weights.iter().zip(&variance_explained).filter(|(_, share)| **share > f64::EPSILON * size as f64);
    let axes = spanned.map(|(weights, _)| space.combine(&mean.point, &logs, weights)).collect();
    Ok(TangentComponents { coordinates, variance_explained, axes, mean })
}
