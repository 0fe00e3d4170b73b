//! Symmetric positive definite matrices with the affine-invariant metric.
//!
//! With A^{1/2} = V Λ^{1/2} Vᵀ and M = A^{−1/2} B A^{−1/2}, whose eigenvalues are the generalised ones of B and A:
//!
//! * d(A, B) = ‖log M‖_F, geodesic A^{1/2} Mᵗ A^{1/2}, log_A B = A^{1/2} (log M) A^{1/2},
//! * ⟨v, w⟩ at A = tr(A⁻¹ v A⁻¹ w), transport E v Eᵀ with E = (B A⁻¹)^{1/2}.
//!
//! Any factor L of A = L Lᵀ serves as A^{1/2} here; the one used is V Λ^{1/2}. Curvature is ≤ 0, geodesics are unique and
//! endless, and the squared distance to a geodesic is convex, so a projection is one bracketed root.
//!
//! Source: docs/math.md §1.3; Pennec 2006; Bhatia 2007.

use super::search::{Height, convex};
use super::{GeodesicSpace, GeometryError, MetricSpace, Projection, RiemannianSpace, computed};
use crate::Error;
use crate::linalg::{
    SymmetricEigen, angle_between_unit_vectors, column_products, dot, norm, product, product_transposed,
    singular_values, symmetric_eigen, symmetric_eigenvalues, transposed_product,
};

/// Up to this condition number the eigenvalues of a product of a matrix with its transpose are as good as the squares of its
/// singular values, to within 10⁻¹⁴ or so.
const WELL_CONDITIONED: f64 = 256.0;

/// A symmetric positive definite matrix, a point of [`AffineInvariant`].
#[derive(Debug, Clone, PartialEq)]
pub struct PositiveDefinite {
    matrix: Vec<f64>,
    size: usize,
    /// Square roots of the eigenvalues.
    roots: Vec<f64>,
    /// Eigenvectors, row after row.
    vectors: Vec<f64>,
    resolution: f64,
}

impl PositiveDefinite {
    /// From a row-major n×n matrix, of which the lower triangle is read.
    ///
    /// Its resolution is that of double precision for its condition number κ, 10⁻¹⁴·√κ.
    ///
    /// # Errors
    ///
    /// [`Error::NotAPoint`] if it is not positive definite to within rounding.
    ///
    /// ```
    /// use layerpath::geometry::PositiveDefinite;
    /// assert!(PositiveDefinite::new(vec![2.0, 1.0, 1.0, 2.0], 2).is_ok());
    /// assert!(PositiveDefinite::new(vec![1.0, 2.0, 2.0, 1.0], 2).is_err());
    /// # Ok::<(), layerpath::Error>(())
    /// ```
    pub fn new(mut matrix: Vec<f64>, size: usize) -> Result<Self, Error> {
        if size == 0 || size.checked_mul(size) != Some(matrix.len()) || matrix.iter().any(|x| !x.is_finite()) {
            let found = matrix.len();
            return Err(Error::NotAPoint(format!("{found} entries are no finite {size}×{size} matrix")));
        }
        for i in 0..size {
            for j in 0..i {
                matrix[j * size + i] = matrix[i * size + j];
            }
        }
        let SymmetricEigen { values, vectors } = symmetric_eigen(&matrix, size)?;
        let (smallest, largest) = (values[0], values[size - 1]);
        if smallest.is_nan() || smallest <= size as f64 * f64::EPSILON * largest || largest <= 0.0 {
            return Err(Error::NotAPoint(format!(
                "the matrix is not positive definite to within rounding (eigenvalues {smallest:.3e} … {largest:.3e}); a \
                 larger `ridge`, or fewer `components`, makes it so"
            )));
        }
        let resolution = 1e-14 * (largest / smallest).sqrt();
        let roots = values.into_iter().map(f64::sqrt).collect();
        Ok(Self { matrix, size, roots, vectors: vectors.concat(), resolution })
    }

    /// The matrix, row-major.
    pub fn matrix(&self) -> &[f64] {
        &self.matrix
    }

    /// Its condition number.
    pub fn condition(&self) -> f64 {
        (self.roots[self.size - 1] / self.roots[0]).powi(2)
    }

    /// The same matrix with a coarser resolution, if `resolution` (a distance) is coarser.
    #[must_use]
    pub fn with_resolution(self, resolution: f64) -> Self {
        Self { resolution: self.resolution.max(resolution), ..self }
    }

    /// f of this matrix.
    pub(crate) fn function(&self, f: impl Fn(f64) -> f64) -> Vec<f64> {
        let mut scaled = self.vectors.clone();
        for (row, root) in scaled.chunks_exact_mut(self.size).zip(&self.roots) {
            let factor = f(root * root);
            for x in &mut *row {
                *x *= factor;
            }
        }
        transposed_product(&scaled, &self.vectors, self.size, self.size, self.size)
    }

    /// L⁻¹ M L⁻ᵀ with L = V Λ^{1/2}.
    fn whiten(&self, matrix: &[f64]) -> Vec<f64> {
        let n = self.size;
        let mut inside = product_transposed(&product(&self.vectors, matrix, n, n, n), &self.vectors, n, n, n);
        for (place, x) in inside.iter_mut().enumerate() {
            *x /= self.roots[place / n] * self.roots[place % n];
        }
        inside
    }

    /// L M Lᵀ.
    fn color(&self, mut inside: Vec<f64>) -> Vec<f64> {
        let n = self.size;
        for (place, x) in inside.iter_mut().enumerate() {
            *x *= self.roots[place / n] * self.roots[place % n];
        }
        product(&transposed_product(&self.vectors, &inside, n, n, n), &self.vectors, n, n, n)
    }
}

/// The manifold of n×n symmetric positive definite matrices with the affine-invariant metric.
///
/// ```
/// use layerpath::geometry::{AffineInvariant, GeodesicSpace, MetricSpace, PositiveDefinite};
///
/// let space = AffineInvariant::new(1); // positive numbers: d = |log(b/a)|
/// let [a, b] = [1.0, 16.0].map(|x| PositiveDefinite::new(vec![x], 1).unwrap());
/// assert!((space.distance(&a, &b)? - 16.0_f64.ln()).abs() < 1e-15);
/// assert!((space.geodesic(&a, &b, 0.5)?.matrix()[0] - 4.0).abs() < 1e-14);
/// # Ok::<(), layerpath::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AffineInvariant {
    size: usize,
}

impl AffineInvariant {
    /// Matrices of `size` rows.
    pub fn new(size: usize) -> Self {
        Self { size }
    }

    fn check(&self, matrix: &[f64]) -> Result<(), GeometryError> {
        if matrix.len() == self.size * self.size {
            Ok(())
        } else {
            Err(GeometryError::OutsideSpace { expected: self.size * self.size, found: matrix.len() })
        }
    }

    /// Eigenvalues and eigenvectors of M, the relative position of `q` seen from `p`.
    fn relative(&self, p: &PositiveDefinite, q: &PositiveDefinite) -> Result<SymmetricEigen, GeometryError> {
        self.check(&p.matrix)?;
        self.check(&q.matrix)?;
        let mut eigen = computed(symmetric_eigen(&p.whiten(&q.matrix), self.size))?;
        // Positive by construction; rounding must not turn a logarithm into NaN.
        for value in &mut eigen.values {
            *value = value.max(f64::MIN_POSITIVE);
        }
        Ok(eigen)
    }

    /// The eigenvalues of M alone.
    ///
    /// With A = V Λ Vᵀ and B = W N Wᵀ, M is G Gᵀ up to a rotation, G = Λ^{−1/2} Vᵀ W N^{1/2}. Its eigenvalues are the cheap
    /// way; where they differ much, the singular values of G keep the digits that squaring loses.
    fn relative_values(&self, p: &PositiveDefinite, q: &PositiveDefinite) -> Result<Vec<f64>, GeometryError> {
        let n = self.size;
        let mut between = column_products(&p.vectors, &q.vectors, n);
        // ‖G‖² and ‖G⁻¹‖²: together at most n² times the condition number of M.
        let (mut forth, mut back) = (0.0, 0.0);
        for (row, near) in between.chunks_exact_mut(n).zip(&p.roots) {
            for (x, far) in row.iter_mut().zip(&q.roots) {
                let ratio = far / near;
                back += (*x / ratio).powi(2);
                *x *= ratio;
                forth += *x * *x;
            }
        }
        if forth * back <= WELL_CONDITIONED * (n * n) as f64 {
            let values = computed(symmetric_eigenvalues(&column_products(&between, &between, n), n))?;
            if values[0] > 0.0 && values[n - 1] <= WELL_CONDITIONED * values[0] {
                return Ok(values);
            }
        }
        let roots = computed(singular_values(&between, n, n))?;
        // Positive by construction; rounding must not turn a logarithm into NaN.
        Ok(roots.into_iter().map(|root| root.powi(2).max(f64::MIN_POSITIVE)).collect())
    }

    /// V f(Λ) Vᵀ.
    fn rebuilt(&self, eigen: &SymmetricEigen, f: impl Fn(f64) -> f64) -> Vec<f64> {
        let plain = eigen.vectors.concat();
        let mut scaled = plain.clone();
        for (row, &value) in scaled.chunks_exact_mut(self.size).zip(&eigen.values) {
            let factor = f(value);
            for x in &mut *row {
                *x *= factor;
            }
        }
        transposed_product(&scaled, &plain, self.size, self.size, self.size)
    }

    fn derived(&self, matrix: Vec<f64>, resolution: f64) -> Result<PositiveDefinite, GeometryError> {
        computed(PositiveDefinite::new(matrix, self.size)).map(|point| point.with_resolution(resolution))
    }

    /// Unit direction from `p` to `q` in the frame where p is the identity.
    fn direction(&self, p: &PositiveDefinite, q: &PositiveDefinite) -> Result<Vec<f64>, GeometryError> {
        let eigen = self.relative(p, q)?;
        let (distance, resolution) = (length(&eigen), self.resolution(p, q));
        if distance <= resolution {
            return Err(GeometryError::Coincident { distance, resolution });
        }
        let mut direction = self.rebuilt(&eigen, f64::ln);
        let size = norm(&direction);
        for x in &mut direction {
            *x /= size;
        }
        Ok(direction)
    }
}

/// ‖log M‖.
fn length(eigen: &SymmetricEigen) -> f64 {
    eigen.values.iter().map(|value| value.ln().powi(2)).sum::<f64>().sqrt()
}

impl MetricSpace for AffineInvariant {
    type Point = PositiveDefinite;

    fn distance(&self, p: &PositiveDefinite, q: &PositiveDefinite) -> Result<f64, GeometryError> {
        self.check(&p.matrix)?;
        self.check(&q.matrix)?;
        // From the better conditioned of the two, so that the order of the arguments does not matter.
        let (p, q) = if p.condition() <= q.condition() { (p, q) } else { (q, p) };
        let logs: f64 = self.relative_values(p, q)?.iter().map(|value| value.ln().powi(2)).sum();
        Ok(logs.sqrt())
    }

    fn resolution(&self, p: &PositiveDefinite, q: &PositiveDefinite) -> f64 {
        p.resolution.max(q.resolution)
    }
}

impl GeodesicSpace for AffineInvariant {
    fn geodesic(&self, p: &PositiveDefinite, q: &PositiveDefinite, t: f64) -> Result<PositiveDefinite, GeometryError> {
        let eigen = self.relative(p, q)?;
        self.derived(p.color(self.rebuilt(&eigen, |value| value.powf(t))), self.resolution(p, q))
    }

    fn project(
        &self,
        p: &PositiveDefinite,
        q: &PositiveDefinite,
        c: &PositiveDefinite,
    ) -> Result<Projection, GeometryError> {
        self.check(&c.matrix)?;
        let n = self.size;
        let eigen = self.relative(p, q)?;
        let (distance, resolution) = (length(&eigen), self.resolution(p, q));
        if distance <= resolution {
            return Err(GeometryError::Coincident { distance, resolution });
        }
        let logs: Vec<f64> = eigen.values.iter().map(|value| value.ln()).collect();
        let axes = eigen.vectors.concat();
        let seen = product_transposed(&product(&axes, &p.whiten(&c.matrix), n, n, n), &axes, n, n, n);
        // In the frame of g(t), c is Λ^{−t/2} C Λ^{−t/2}, and the derivative of d²/2 is −tr(log(it)·log Λ).
        convex(|t| {
            let frame: Vec<f64> = seen
                .iter()
                .enumerate()
                .map(|(place, x)| x * (-t * (logs[place / n] + logs[place % n]) / 2.0).exp())
                .collect();
            let eigen = computed(symmetric_eigen(&frame, n))?;
            let (mut square, mut slope) = (0.0, 0.0);
            for (value, vector) in eigen.values.iter().zip(&eigen.vectors) {
                let log = value.max(f64::MIN_POSITIVE).ln();
                square += log * log;
                slope -= 2.0 * log * vector.iter().zip(&logs).map(|(z, l)| z * z * l).sum::<f64>();
            }
            Ok(Height { square, slope })
        })
    }
}

impl RiemannianSpace for AffineInvariant {
    /// A symmetric n×n matrix, row-major.
    type Tangent = Vec<f64>;

    fn exp(&self, p: &PositiveDefinite, v: &Vec<f64>) -> Result<PositiveDefinite, GeometryError> {
        self.check(&p.matrix)?;
        self.check(v)?;
        let eigen = computed(symmetric_eigen(&p.whiten(v), self.size))?;
        self.derived(p.color(self.rebuilt(&eigen, f64::exp)), p.resolution)
    }

    fn log(&self, p: &PositiveDefinite, q: &PositiveDefinite) -> Result<Vec<f64>, GeometryError> {
        let eigen = self.relative(p, q)?;
        Ok(p.color(self.rebuilt(&eigen, f64::ln)))
    }

    fn inner(&self, p: &PositiveDefinite, v: &Vec<f64>, w: &Vec<f64>) -> f64 {
        dot(&p.whiten(v), &p.whiten(w))
    }

    fn transport(&self, p: &PositiveDefinite, q: &PositiveDefinite, v: &Vec<f64>) -> Result<Vec<f64>, GeometryError> {
        self.check(v)?;
        let n = self.size;
        let half = self.rebuilt(&self.relative(p, q)?, f64::sqrt);
        Ok(p.color(product(&product(&half, &p.whiten(v), n, n, n), &half, n, n, n)))
    }

    fn angle(&self, a: &PositiveDefinite, b: &PositiveDefinite, c: &PositiveDefinite) -> Result<f64, GeometryError> {
        Ok(angle_between_unit_vectors(&self.direction(b, a)?, &self.direction(b, c)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_routes_to_the_distance_give_ratios_of_turned_matrices() {
        // B = R diag(b) Rᵀ and A = R diag(a) Rᵀ for a turn R: d = ‖log(b/a)‖ whatever the condition number.
        let (cosine, sine) = (0.6, 0.8);
        let turned = |x: f64, y: f64| {
            let (u, v) = (cosine * cosine * x + sine * sine * y, sine * sine * x + cosine * cosine * y);
            let mixed = cosine * sine * (x - y);
            PositiveDefinite::new(vec![u, mixed, mixed, v], 2).unwrap()
        };
        let space = AffineInvariant::new(2);
        for (ratio, tolerance) in [(1.0_f64, 1e-15), (3.0, 1e-14), (200.0, 1e-13), (2e3, 1e-12), (1e6, 1e-9)] {
            let (a, b) = (turned(1.0, 2.0), turned(ratio, 2.0 / ratio));
            let expected = ratio.ln() * 2.0_f64.sqrt();
            for distance in [space.distance(&a, &b).unwrap(), space.distance(&b, &a).unwrap()] {
                assert!((distance - expected).abs() <= tolerance * expected.max(1.0), "{ratio}: {distance} {expected}");
            }
        }
    }

    #[test]
    fn commuting_matrices_are_flat_in_their_logarithms() {
        let space = AffineInvariant::new(2);
        let at = |x: f64, y: f64| PositiveDefinite::new(vec![x.exp(), 0.0, 0.0, y.exp()], 2).unwrap();
        let (a, b, c) = (at(0.0, 0.0), at(2.0, 0.0), at(5.0, 3.0));
        assert!((space.distance(&a, &c).unwrap() - 34.0_f64.sqrt()).abs() < 1e-13);
        let foot = space.project(&a, &b, &c).unwrap();
        assert!((foot.t - 2.5).abs() < 1e-11 && (foot.distance - 3.0).abs() < 1e-12, "{foot:?}");
        assert!((space.angle(&b, &a, &c).unwrap().tan() - 0.6).abs() < 1e-13);
        assert!(matches!(space.angle(&a, &a, &c), Err(GeometryError::Coincident { .. })));
        assert!(matches!(space.project(&a, &a, &c), Err(GeometryError::Coincident { .. })));
    }
}
