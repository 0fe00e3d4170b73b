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
//! Nothing is squared that need not be: a point is known by a factor, and the eigenvalues of M are the squares of the
//! singular values of L_A⁻¹ L_B. Distances are then good to ε√κ, κ the largest of the condition numbers of A, B and M, where
//! the eigenvalues of M itself would be good to εκ only. Two given matrices that differ little are compared by their difference, M − I = L⁻¹(B − A)L⁻ᵀ.
//!
//! Source: docs/math.md §1.3; Pennec 2006; Bhatia 2007.

use super::search::{Height, convex};
use super::{GeodesicSpace, GeometryError, MetricSpace, Projection, RiemannianSpace, computed, weighted_sum};
use crate::Error;
use crate::linalg::{
    SymmetricEigen, angle_between_unit_vectors, cholesky, column_products, dot, norm, product, product_transposed,
    singular_values, singular_values_and_vectors, symmetric_eigen, symmetric_eigenvalues, transposed_product,
};

/// Up to this condition number the eigenvalues of a product of a matrix with its transpose are as good as the squares of its
/// singular values, to within 10⁻¹⁴ or so.
const WELL_CONDITIONED: f64 = 256.0;

/// A symmetric positive definite matrix, a point of [`AffineInvariant`].
#[derive(Debug, Clone, PartialEq)]
pub struct PositiveDefinite {
    matrix: Vec<f64>,
    size: usize,
    /// Square roots of the eigenvalues, ascending.
    roots: Vec<f64>,
    /// Eigenvectors, row after row.
    vectors: Vec<f64>,
    resolution: f64,
    /// Whether the matrix is what was given, rather than rounded from its factor.
    given: bool,
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
        // The triangular factor keeps the small eigenvalues of a graded matrix, which a plain eigenvalue iteration mixes
        // with rounding of the large ones. It may just fail where the matrix is singular to within rounding.
        let (roots, vectors) = if let Some(lower) = cholesky(&matrix, size) {
            principal_factor(&lower, size)?
        } else {
            let SymmetricEigen { values, vectors } = symmetric_eigen(&matrix, size)?;
            let signed_root = |value: f64| value.signum() * value.abs().sqrt();
            (values.into_iter().map(signed_root).collect(), vectors.concat())
        };
        Self::from_parts(matrix, size, roots, vectors, true)
    }

    /// From a row-major n×n factor L of the matrix L Lᵀ, which keeps twice as many digits of small eigenvalues as the
    /// matrix itself does.
    ///
    /// # Errors
    ///
    /// [`Error::NotAPoint`] if L Lᵀ is not positive definite to within rounding.
    ///
    /// ```
    /// use layerpath::geometry::PositiveDefinite;
    /// let point = PositiveDefinite::from_factor(vec![1.0, 0.0, 1.0, 2.0], 2)?;
    /// assert!((point.matrix()[3] - 5.0).abs() < 1e-14);
    /// # Ok::<(), layerpath::Error>(())
    /// ```
    pub fn from_factor(factor: Vec<f64>, size: usize) -> Result<Self, Error> {
        if size == 0 || size.checked_mul(size) != Some(factor.len()) || factor.iter().any(|x| !x.is_finite()) {
            let found = factor.len();
            return Err(Error::NotAPoint(format!("{found} entries are no finite {size}×{size} factor")));
        }
        let (roots, vectors) = principal_factor(&factor, size)?;
        Self::from_principal_axes(roots, vectors, size)
    }

    /// From the square roots of its eigenvalues, ascending, and its eigenvectors, row after row.
    pub(crate) fn from_principal_axes(roots: Vec<f64>, vectors: Vec<f64>, size: usize) -> Result<Self, Error> {
        let mut scaled = vectors.clone();
        for (row, root) in scaled.chunks_exact_mut(size).zip(&roots) {
            for x in &mut *row {
                *x *= root;
            }
        }
        let matrix = transposed_product(&scaled, &scaled, size, size, size);
        Self::from_parts(matrix, size, roots, vectors, false)
    }

    fn from_parts(
        matrix: Vec<f64>,
        size: usize,
        roots: Vec<f64>,
        vectors: Vec<f64>,
        given: bool,
    ) -> Result<Self, Error> {
        let (smallest, largest) = (roots[0] * roots[0].abs(), roots[size - 1] * roots[size - 1].abs());
        if smallest.is_nan() || smallest <= size as f64 * f64::EPSILON * largest || largest <= 0.0 {
            return Err(Error::NotAPoint(format!(
                "the matrix is not positive definite to within rounding (eigenvalues {smallest:.3e} … {largest:.3e}); a \
                 larger `ridge`, or fewer `components`, makes it so"
            )));
        }
        let resolution = 1e-14 * (largest / smallest).sqrt();
        Ok(Self { matrix, size, roots, vectors, resolution, given })
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

    /// The distance within which the precision of its source leaves this matrix uncertain.
    pub fn resolution(&self) -> f64 {
        self.resolution
    }

    /// The matrix with rows and columns in another order: row i becomes row `order[i]`.
    pub(crate) fn permuted(&self, order: &[usize]) -> Self {
        let n = self.size;
        let matrix = order.iter().flat_map(|&row| order.iter().map(move |&column| self.matrix[row * n + column]));
        let vectors = self.vectors.chunks_exact(n.max(1));
        Self {
            matrix: matrix.collect(),
            vectors: vectors.flat_map(|vector| order.iter().map(|&row| vector[row])).collect(),
            size: n,
            roots: self.roots.clone(),
            resolution: self.resolution,
            given: self.given,
        }
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

    /// L⁻¹ L′ with the factor L′ of another matrix: the factor of that matrix in the frame where this one is the identity.
    fn factor_of(&self, other: &Self) -> Vec<f64> {
        let n = self.size;
        let mut seen = column_products(&self.vectors, &other.vectors, n);
        for (place, x) in seen.iter_mut().enumerate() {
            *x *= other.roots[place % n] / self.roots[place / n];
        }
        seen
    }

    /// B − A in the frame where A, this matrix, is the identity, if that says more than the factors do: for two given
    /// matrices that differ by so little that rounding of the difference, ε‖B − A‖/λ₁, is below that of the factors, ε√κ.
    fn difference_to(&self, other: &Self) -> Option<Vec<f64>> {
        if !(self.given && other.given) {
            return None;
        }
        let difference: Vec<f64> = other.matrix.iter().zip(&self.matrix).map(|(b, a)| b - a).collect();
        let (smallest, largest) = (self.roots[0], self.roots[self.size - 1]);
        if norm(&difference) > smallest * largest {
            return None;
        }
        let seen = self.whiten(&difference);
        (norm(&seen) <= 0.5).then_some(seen)
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

    /// How `q` lies to `p`.
    fn relative(&self, p: &PositiveDefinite, q: &PositiveDefinite) -> Result<Relative, GeometryError> {
        self.check(&p.matrix)?;
        self.check(&q.matrix)?;
        let n = self.size;
        if let Some(difference) = p.difference_to(q) {
            let SymmetricEigen { values, vectors } = computed(symmetric_eigen(&difference, n))?;
            return Ok(Relative { logs: values.into_iter().map(f64::ln_1p).collect(), vectors: vectors.concat() });
        }
        let svd = computed(singular_values_and_vectors(&p.factor_of(q), n, n))?;
        Ok(Relative { logs: svd.values.iter().copied().map(log_of_square).collect(), vectors: svd.left })
    }

    /// The logarithms of the eigenvalues of M alone.
    ///
    /// With the factor G of [`PositiveDefinite::factor_of`], M is G Gᵀ up to a rotation. Its eigenvalues are the cheap way;
    /// where they differ much, the singular values of G keep the digits that squaring loses.
    fn relative_logs(&self, p: &PositiveDefinite, q: &PositiveDefinite) -> Result<Vec<f64>, GeometryError> {
        let n = self.size;
        if let Some(difference) = p.difference_to(q) {
            return Ok(computed(symmetric_eigenvalues(&difference, n))?.into_iter().map(f64::ln_1p).collect());
        }
        let factor = p.factor_of(q);
        // ‖G‖² and ‖G⁻¹‖²: together at most n² times the condition number of M.
        let (mut forth, mut back) = (0.0, 0.0);
        for (row, near) in factor.chunks_exact(n).zip(&p.roots) {
            for (x, far) in row.iter().zip(&q.roots) {
                forth += x * x;
                back += (x * (near / far).powi(2)).powi(2);
            }
        }
        if forth * back <= WELL_CONDITIONED * (n * n) as f64 {
            let values = computed(symmetric_eigenvalues(&column_products(&factor, &factor, n), n))?;
            if values[0] > 0.0 && values[n - 1] <= WELL_CONDITIONED * values[0] {
                return Ok(values.into_iter().map(f64::ln).collect());
            }
        }
        Ok(computed(singular_values(&factor, n, n))?.into_iter().map(log_of_square).collect())
    }

    /// V f(Λ) Vᵀ.
    fn rebuilt(&self, relative: &Relative, f: impl Fn(f64) -> f64) -> Vec<f64> {
        let scaled = relative.scaled(self.size, f);
        transposed_product(&scaled, &relative.vectors, self.size, self.size, self.size)
    }

    /// The point L Mᵗ Lᵀ, by its factor L V Λ^{t/2}.
    fn derived(
        &self,
        p: &PositiveDefinite,
        relative: &Relative,
        t: f64,
        resolution: f64,
    ) -> Result<PositiveDefinite, GeometryError> {
        let n = self.size;
        let mut inside = relative.scaled(n, |log| (t * log / 2.0).exp());
        for (place, x) in inside.iter_mut().enumerate() {
            *x *= p.roots[place % n];
        }
        // Rows of `inside` are the columns of R V Λ^{t/2}; the eigenvectors of p turn them back.
        let factor = product(&inside, &p.vectors, n, n, n);
        let transposed = (0..n * n).map(|place| factor[place % n * n + place / n]).collect();
        computed(PositiveDefinite::from_factor(transposed, n)).map(|point| point.with_resolution(resolution))
    }

    /// Unit direction from `p` to `q` in the frame where p is the identity.
    fn direction(&self, p: &PositiveDefinite, q: &PositiveDefinite) -> Result<Vec<f64>, GeometryError> {
        let relative = self.relative(p, q)?;
        let (distance, resolution) = (norm(&relative.logs), self.resolution(p, q));
        if distance <= resolution {
            return Err(GeometryError::Coincident { distance, resolution });
        }
        let mut direction = self.rebuilt(&relative, |log| log);
        let size = norm(&direction);
        for x in &mut direction {
            *x /= size;
        }
        Ok(direction)
    }
}

/// Logarithms of the eigenvalues of M, and its eigenvectors, row after row.
struct Relative {
    logs: Vec<f64>,
    vectors: Vec<f64>,
}

impl Relative {
    /// The eigenvectors times f of their logarithms.
    fn scaled(&self, n: usize, f: impl Fn(f64) -> f64) -> Vec<f64> {
        let mut scaled = self.vectors.clone();
        for (row, &log) in scaled.chunks_exact_mut(n).zip(&self.logs) {
            let factor = f(log);
            for x in &mut *row {
                *x *= factor;
            }
        }
        scaled
    }
}

/// ln s², for s ≥ 0; rounding must not turn a logarithm into −∞.
fn log_of_square(s: f64) -> f64 {
    2.0 * s.max(f64::MIN_POSITIVE).ln()
}

/// Square roots of the eigenvalues of L Lᵀ, ascending, and its eigenvectors, row after row.
fn principal_factor(factor: &[f64], size: usize) -> Result<(Vec<f64>, Vec<f64>), Error> {
    let mut svd = singular_values_and_vectors(factor, size, size)?;
    svd.values.reverse();
    Ok((svd.values, svd.left.chunks_exact(size).rev().flatten().copied().collect()))
}

impl MetricSpace for AffineInvariant {
    type Point = PositiveDefinite;

    fn distance(&self, p: &PositiveDefinite, q: &PositiveDefinite) -> Result<f64, GeometryError> {
        self.check(&p.matrix)?;
        self.check(&q.matrix)?;
        // From the better conditioned of the two, so that the order of the arguments does not matter.
        let (p, q) = if p.condition() <= q.condition() { (p, q) } else { (q, p) };
        Ok(norm(&self.relative_logs(p, q)?))
    }

    fn resolution(&self, p: &PositiveDefinite, q: &PositiveDefinite) -> f64 {
        p.resolution.max(q.resolution)
    }
}

impl GeodesicSpace for AffineInvariant {
    fn geodesic(&self, p: &PositiveDefinite, q: &PositiveDefinite, t: f64) -> Result<PositiveDefinite, GeometryError> {
        self.derived(p, &self.relative(p, q)?, t, self.resolution(p, q))
    }

    fn project(
        &self,
        p: &PositiveDefinite,
        q: &PositiveDefinite,
        c: &PositiveDefinite,
    ) -> Result<Projection, GeometryError> {
        self.check(&c.matrix)?;
        let n = self.size;
        let relative = self.relative(p, q)?;
        let (distance, resolution) = (norm(&relative.logs), self.resolution(p, q));
        if distance <= resolution {
            return Err(GeometryError::Coincident { distance, resolution });
        }
        let logs = &relative.logs;
        let seen = product(&relative.vectors, &p.factor_of(c), n, n, n);
        // In the frame of g(t), c is C Cᵀ with C = Λ^{−t/2} Vᵀ L⁻¹ L_c, and the derivative of d²/2 is −tr(log(CCᵀ)·log Λ).
        convex(|t| {
            let frame: Vec<f64> =
                seen.iter().enumerate().map(|(place, x)| x * (-t * logs[place / n] / 2.0).exp()).collect();
            let svd = computed(singular_values_and_vectors(&frame, n, n))?;
            let (mut square, mut slope) = (0.0, 0.0);
            for (&value, vector) in svd.values.iter().zip(svd.left.chunks_exact(n)) {
                let log = log_of_square(value);
                square += log * log;
                slope -= 2.0 * log * vector.iter().zip(logs).map(|(z, l)| z * z * l).sum::<f64>();
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
        let SymmetricEigen { values, vectors } = computed(symmetric_eigen(&p.whiten(v), self.size))?;
        self.derived(p, &Relative { logs: values, vectors: vectors.concat() }, 1.0, p.resolution)
    }

    fn log(&self, p: &PositiveDefinite, q: &PositiveDefinite) -> Result<Vec<f64>, GeometryError> {
        Ok(p.color(self.rebuilt(&self.relative(p, q)?, |log| log)))
    }

    fn inner(&self, p: &PositiveDefinite, v: &Vec<f64>, w: &Vec<f64>) -> f64 {
        dot(&p.whiten(v), &p.whiten(w))
    }

    fn combine(&self, _: &PositiveDefinite, vectors: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
        weighted_sum(vectors.iter().map(Vec::as_slice), weights)
    }

    fn transport(&self, p: &PositiveDefinite, q: &PositiveDefinite, v: &Vec<f64>) -> Result<Vec<f64>, GeometryError> {
        self.check(v)?;
        let n = self.size;
        let half = self.rebuilt(&self.relative(p, q)?, |log| (log / 2.0).exp());
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
        for ratio in [1.0_f64, 3.0, 200.0, 2e3, 1e6] {
            let (a, b) = (turned(1.0, 2.0), turned(ratio, 2.0 / ratio));
            // Rounding of the entries moves the smallest eigenvalue by the condition number times as much.
            let tolerance = 4.0 * f64::EPSILON * (ratio * ratio / 2.0).max(2.0);
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
