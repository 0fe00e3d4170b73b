//! Principal geodesic analysis: principal components in the tangent space at the Fréchet mean.

use super::EmbeddingError;
use super::frechet_mean::{FrechetMean, MeanOptions, mean_of_products};
use super::given::{Given, euclidean};
use super::tangent::{PrincipalAxes, principal_axes};
use crate::Error;
use crate::geometry::UnitVector;
use crate::linalg::dot;
use crate::table::{SymmetricTable, arcs, inner_products};

/// Points of a sphere in the tangent space at their Fréchet mean.
#[derive(Debug, Clone, PartialEq)]
pub struct PrincipalGeodesics {
    /// K rows of `dimensions` coordinates: log_μ pᵢ along the principal axes, in rad.
    pub coordinates: Vec<Vec<f64>>,
    /// Share of the variance along each axis, in descending order; all 0 if the points are equal.
    pub variance_explained: Vec<f64>,
    /// Kruskal's stress-1 of these coordinates against the arcs.
    pub stress: f64,
    /// Σᵢ<ⱼ(dᵢⱼ − θᵢⱼ)², in rad².
    pub raw_stress: f64,
    /// The mean and how it was found.
    pub mean: FrechetMean,
}

/// Principal components of the logarithms of unit vectors at their Fréchet mean.
///
/// With vᵢ = log_μ pᵢ the axes are the leading eigenvectors of Σ vᵢvᵢᵀ, found from the K×K table ⟨vᵢ, vⱼ⟩; since Σ vᵢ = 0
/// at the mean, that is the covariance. An axis has its coordinate of largest magnitude positive. Distances from the mean
/// are exact if no dimension is left out; between other points curvature makes the flat picture too large, which the
/// stress includes. Cost O(K²m + K³).
///
/// Source: Fletcher, Lu, Pizer and Joshi 2004 (tangent approximation of principal geodesic analysis); Pennec 2006.
///
/// # Errors
///
/// As [`frechet_mean`](super::frechet_mean); [`EmbeddingError::NoDimensions`].
///
/// ```
/// use layerpath::{embed::{MeanOptions, principal_geodesics}, geometry::UnitVector};
/// let at = |angle: f64| UnitVector::normalize(vec![angle.cos(), angle.sin(), 0.0]);
/// let (a, b, c) = (at(0.0)?, at(0.3)?, at(0.9)?);
/// let line = principal_geodesics(&[&a, &b, &c], 2, &MeanOptions::default())?;
/// assert!(line.variance_explained[0] > 1.0 - 1e-12); // one great circle explains everything
/// assert!(line.stress < 1e-7);
/// assert!((line.coordinates[2][0] - 0.5).abs() < 1e-12); // the mean is at 0.4 rad
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn principal_geodesics(
    points: &[&UnitVector],
    dimensions: usize,
    options: &MeanOptions,
) -> Result<PrincipalGeodesics, Error> {
    let products = inner_products(points)?.to_rows().concat();
    in_tangent_space(&products, &Given::new(&arcs(points)?)?, dimensions, options)
}

/// The same from the arcs between the points, in rad.
///
/// # Errors
///
/// Also [`EmbeddingError::NotSpherical`] if no points of a sphere have these distances.
pub fn principal_geodesics_of_arcs(
    distances: &SymmetricTable,
    dimensions: usize,
    options: &MeanOptions,
) -> Result<PrincipalGeodesics, Error> {
    let given = Given::new(distances)?;
    let mut products = Vec::with_capacity(given.size() * given.size());
    for i in 0..given.size() {
        if let Some((j, arc)) = given.row(i).iter().enumerate().find(|(_, arc)| **arc > std::f64::consts::PI + 1e-9) {
            let reason = format!("points {i} and {j} are {arc} apart, more than π");
            return Err(EmbeddingError::NotSpherical { reason }.into());
        }
        products.extend(given.row(i).iter().map(|arc| arc.cos()));
    }
    in_tangent_space(&products, &given, dimensions, options)
}

fn in_tangent_space(
    products: &[f64],
    given: &Given,
    dimensions: usize,
    options: &MeanOptions,
) -> Result<PrincipalGeodesics, Error> {
    if dimensions == 0 {
        return Err(EmbeddingError::NoDimensions.into());
    }
    let size = given.size();
    let mean = mean_of_products(products, size, options)?;
    let mut table = vec![0.0; size * size];
    for i in 0..size {
        for j in 0..=i {
            table[i * size + j] = dot(&mean.logarithms[i], &mean.logarithms[j]);
        }
    }
    let PrincipalAxes { coordinates, variance_explained, .. } = principal_axes(&table, size, dimensions)?;
    let raw_stress = given.raw_stress(|i, j| euclidean(&coordinates[i], &coordinates[j]));
    let stress = given.normalised(raw_stress);
    Ok(PrincipalGeodesics { coordinates, variance_explained, stress, raw_stress, mean })
}
