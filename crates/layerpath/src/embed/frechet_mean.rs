//! The Fréchet (Karcher) mean of points on a sphere.

use super::EmbeddingError;
use super::sphere_objective::{arc, length, normalise};
use crate::Error;
use crate::geometry::UnitVector;
use crate::linalg::symmetric_eigen;
use crate::table::inner_products;

/// Below this norm the average of the unit vectors has no direction to start from.
const NO_DIRECTION: f64 = 1e-7;
/// Within this arc (rad) of the antipode of the mean the logarithm of a point is not defined.
const CUT_LOCUS: f64 = 1e-7;
/// An eigenvalue below minus this share of the largest is not rounding.
const NEGATIVE: f64 = 1e-9;

/// Stopping rule of a Fréchet mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanOptions {
    /// The most iterations.
    pub iterations: usize,
    /// Stop when the mean of the logarithms, the gradient, is shorter than this, in rad.
    pub tolerance: f64,
}

impl Default for MeanOptions {
    /// 10 000 iterations, 10⁻¹² rad.
    fn default() -> Self {
        Self { iterations: 10_000, tolerance: 1e-12 }
    }
}

/// The point μ of a sphere that minimises the mean of θ(μ, pᵢ)², and how it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct FrechetMean {
    /// The mean as a combination of the points, μ = Σ weightsᵢ·pᵢ.
    pub weights: Vec<f64>,
    /// θ(μ, pᵢ) in rad.
    pub distances: Vec<f64>,
    /// Mean of θ(μ, pᵢ)², in rad².
    pub variance: f64,
    /// Whether the mean is known to be the only one: all points lie within π/2 of it (Afsari 2011). Otherwise it is a
    /// stationary point, and other means may be as good.
    pub unique: bool,
    /// Iterations done.
    pub iterations: usize,
    /// Norm of the mean of the logarithms at the end, in rad.
    pub gradient: f64,
    /// Variance at the start and after each iteration, in rad².
    pub history: Vec<f64>,
    /// log_μ pᵢ in isometric coordinates.
    pub(super) logarithms: Vec<Vec<f64>>,
}

impl FrechetMean {
    /// The mean in the coordinates of the points that it was made from.
    ///
    /// # Errors
    ///
    /// [`Error::NotAPoint`] if these are other points, or of different dimensions.
    pub fn point(&self, points: &[&UnitVector]) -> Result<UnitVector, Error> {
        let dimension = points.first().map_or(0, |p| p.coordinates().len());
        if points.len() != self.weights.len() || points.iter().any(|p| p.coordinates().len() != dimension) {
            let message = format!("the mean was made of {} points of one dimension", self.weights.len());
            return Err(Error::NotAPoint(message));
        }
        let mut sum = vec![0.0; dimension];
        for (point, weight) in points.iter().zip(&self.weights) {
            for (total, x) in sum.iter_mut().zip(point.coordinates()) {
                *total += weight * x;
            }
        }
        let resolution = points.iter().map(|p| p.resolution()).fold(0.0, f64::max);
        Ok(UnitVector::normalize(sum)?.with_resolution(resolution))
    }
}

/// The Fréchet mean of unit vectors, by the Karcher iteration μ ← exp_μ((1/K) Σ log_μ pᵢ) from their normalised average.
///
/// The points are first written in at most K coordinates by factoring their table of inner products, so that an iteration
/// costs O(K²) whatever their dimension. Angles below about 10⁻⁸ rad are lost in that factor. The variance never rises,
/// because the Hessian of ½θ² on a sphere is at most the identity.
///
/// Sources: Karcher 1977; Pennec 2006; uniqueness: Afsari 2011, *Riemannian Lᵖ center of mass*.
///
/// # Errors
///
/// [`EmbeddingError::NoPoints`]; [`EmbeddingError::TooSpread`] if the average of the points vanishes or a point lies
/// opposite to the mean; [`EmbeddingError::MeanNotConverged`]; [`Error::DimensionMismatch`].
///
/// ```
/// use layerpath::{embed::{MeanOptions, frechet_mean}, geometry::UnitVector};
/// let at = |angle: f64| UnitVector::normalize(vec![angle.cos(), angle.sin()]);
/// let (a, b, c) = (at(0.1)?, at(0.2)?, at(0.6)?);
/// let mean = frechet_mean(&[&a, &b, &c], &MeanOptions::default())?;
/// assert!((mean.distances[0] - 0.2).abs() < 1e-12); // the mean is at 0.3 rad
/// assert!(mean.unique);
/// assert!((mean.point(&[&a, &b, &c])?.coordinates()[0] - 0.3_f64.cos()).abs() < 1e-12);
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn frechet_mean(points: &[&UnitVector], options: &MeanOptions) -> Result<FrechetMean, Error> {
    mean_of_products(&inner_products(points)?.to_rows().concat(), points.len(), options)
}

/// The same from the K×K inner products.
pub(super) fn mean_of_products(products: &[f64], size: usize, options: &MeanOptions) -> Result<FrechetMean, Error> {
    let (points, width) = isometric_coordinates(products, size)?;
    let average = combination(&points, width, &vec![1.0 / size as f64; size]);
    let norm = length(&average);
    if norm < NO_DIRECTION {
        let reason = format!("their average has length {norm:.1e}");
        return Err(EmbeddingError::TooSpread { reason }.into());
    }
    let mut mean: Vec<f64> = average.iter().map(|x| x / norm).collect();
    let mut history = Vec::new();
    let mut logarithms = vec![vec![0.0; width]; size];
    let mut distances = vec![0.0; size];
    let mut iterations = 0;
    loop {
        let mut gradient = vec![0.0; width];
        let mut steepest = 1.0_f64;
        for (i, point) in points.chunks_exact(width).enumerate() {
            let theta = arc(&mean, point);
            if theta > std::f64::consts::PI - CUT_LOCUS {
                let reason = format!("point {i} lies opposite to the mean");
                return Err(EmbeddingError::TooSpread { reason }.into());
            }
            distances[i] = theta;
            let factor = if theta < 1e-8 { 1.0 } else { theta / theta.sin() };
            steepest = steepest.max(factor);
            for ((log, sum), (p, m)) in logarithms[i].iter_mut().zip(&mut gradient).zip(point.iter().zip(&mean)) {
                // p − cos θ·μ without cancellation.
                *log = factor * ((p - m) + 2.0 * (theta / 2.0).sin().powi(2) * m);
                *sum += *log / size as f64;
            }
        }
        history.push(distances.iter().map(|d| d * d).sum::<f64>() / size as f64);
        let gradient_norm = length(&gradient);
        let variance = history.last().copied().unwrap_or(0.0);
        // Near the antipode a logarithm magnifies rounding by θ/sin θ; a smaller gradient cannot be asked for.
        if gradient_norm <= options.tolerance.max(8.0 * f64::EPSILON * steepest) {
            let unique = distances.iter().all(|&d| d < std::f64::consts::FRAC_PI_2);
            return Ok(FrechetMean {
                weights: weights_of(&points, width, &mean),
                distances,
                variance,
                unique,
                iterations,
                gradient: gradient_norm,
                history,
                logarithms,
            });
        }
        if iterations == options.iterations {
            return Err(EmbeddingError::MeanNotConverged { iterations, gradient: gradient_norm }.into());
        }
        iterations += 1;
        let (sine, cosine) = gradient_norm.sin_cos();
        for (m, g) in mean.iter_mut().zip(&gradient) {
            *m = cosine * *m + sine * (g / gradient_norm);
        }
        normalise(&mut mean);
    }
}

/// The shortest weights with Σ weightsᵢ·pᵢ = μ; the columns of the isometric coordinates are orthogonal.
fn weights_of(points: &[f64], width: usize, mean: &[f64]) -> Vec<f64> {
    let column = |axis: usize| points.iter().skip(axis).step_by(width);
    let scaled: Vec<f64> = (0..width).map(|axis| mean[axis] / column(axis).map(|x| x * x).sum::<f64>()).collect();
    points.chunks_exact(width).map(|point| point.iter().zip(&scaled).map(|(x, s)| x * s).sum()).collect()
}

fn combination(points: &[f64], width: usize, weights: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; width];
    for (point, weight) in points.chunks_exact(width).zip(weights) {
        for (total, x) in sum.iter_mut().zip(point) {
            *total += weight * x;
        }
    }
    sum
}

/// Unit vectors of at most K coordinates with the given inner products, and their number of coordinates: the rows of
/// V√Λ, where V and Λ are the eigenvectors and eigenvalues of the table.
fn isometric_coordinates(products: &[f64], size: usize) -> Result<(Vec<f64>, usize), Error> {
    if size == 0 {
        return Err(EmbeddingError::NoPoints.into());
    }
    for i in 0..size {
        for j in 0..=i {
            let product = products[i * size + j];
            let wrong = if i == j { (product - 1.0).abs() > 1e-6 } else { product.abs() > 1.0 + 1e-6 };
            if wrong || !product.is_finite() {
                let reason = format!("points {i} and {j} have the inner product {product}");
                return Err(EmbeddingError::NotSpherical { reason }.into());
            }
        }
    }
    let eigen = symmetric_eigen(products, size)?;
    let (least, largest) = (eigen.values[0], eigen.values[size - 1]);
    if least < -NEGATIVE * largest {
        let reason = format!("their cosines have the eigenvalue {least:.3e} beside {largest:.3e}");
        return Err(EmbeddingError::NotSpherical { reason }.into());
    }
    let floor = f64::EPSILON * size as f64 * largest;
    let kept: Vec<usize> = (0..size).rev().filter(|&rank| eigen.values[rank] > floor).collect();
    let width = kept.len();
    let mut points = vec![0.0; size * width];
    for (axis, &rank) in kept.iter().enumerate() {
        let scale = eigen.values[rank].sqrt();
        for (point, component) in points.chunks_exact_mut(width).zip(&eigen.vectors[rank]) {
            point[axis] = scale * component;
        }
    }
    points.chunks_exact_mut(width).for_each(normalise);
    Ok((points, width))
}
