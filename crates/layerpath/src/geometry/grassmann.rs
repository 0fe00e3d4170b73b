//! The Grassmann manifold Gr(m, p): p-dimensional subspaces of ℝᵐ.
//!
//! A point is held as an orthonormal basis Q, m×p. With Q₁ᵀQ₂ = U cos Θ Vᵀ, Θ the principal angles:
//!
//! * d = ‖θ‖₂, each θᵢ = atan2(‖Q₂vᵢ − cos θᵢ·Q₁uᵢ‖, cos θᵢ), never an arccosine,
//! * log: W Θ Uᵀ with W the unit directions of Q₂V − Q₁U cos Θ, a horizontal m×p matrix (Q₁ᵀΔ = 0),
//! * exp of Δ = W Θ Uᵀ (its SVD): Q₁U cos Θ Uᵀ + W sin Θ Uᵀ, a geodesic when Θ is multiplied by t,
//! * transport of Δ₂: (−Q₁U sin Θ Wᵀ + W cos Θ Wᵀ + I − W Wᵀ)Δ₂.
//!
//! Curvature is between 0 and 2. The geodesic is unique while all principal angles are below π/2.
//!
//! Source: docs/math.md §1.2; Edelman, Arias, Smith 1998.

use super::search::{Height, Window, lowest};
use super::{
    GeodesicSpace, GeometryError, MetricSpace, Projection, QuotientSpace, RiemannianSpace, computed, weighted_sum,
};
use crate::Error;
use crate::linalg::{
    angle_between_unit_vectors, dot, norm, product, product_transposed, singular_values_and_vectors, transposed_product,
};

/// Resolution (rad) of subspaces computed in double precision.
const DOUBLE_RESOLUTION: f64 = 1e-14;
/// Cosine of a principal angle that counts as a right angle.
const RIGHT_ANGLE: f64 = 1e-13;

/// A subspace of ℝᵐ, a point of [`Grassmann`].
#[derive(Debug, Clone, PartialEq)]
pub struct Subspace {
    /// Orthonormal basis, column after column.
    basis: Vec<f64>,
    resolution: f64,
}

impl Subspace {
    /// From an orthonormal basis.
    pub(crate) fn from_orthonormal(basis: Vec<f64>) -> Self {
        Self { basis, resolution: DOUBLE_RESOLUTION }
    }

    /// The basis, column after column, m entries each.
    pub fn coordinates(&self) -> &[f64] {
        &self.basis
    }

    /// The same subspace with a coarser resolution, if `resolution` (rad) is coarser.
    #[must_use]
    pub fn with_resolution(self, resolution: f64) -> Self {
        Self { resolution: self.resolution.max(resolution), ..self }
    }

    /// The angle (rad) within which the precision of its source leaves this subspace uncertain.
    pub fn resolution(&self) -> f64 {
        self.resolution
    }

    /// The subspace of the same stimuli in another order: row i becomes row `order[i]`.
    pub(crate) fn permuted(&self, order: &[usize]) -> Self {
        let columns = self.basis.chunks_exact(order.len().max(1));
        let basis = columns.flat_map(|column| order.iter().map(|&row| column[row])).collect();
        Self { basis, resolution: self.resolution }
    }
}

/// The manifold of p-dimensional subspaces of ℝᵐ; distances in rad, at most π/2·√p.
///
/// ```
/// use layerpath::geometry::{Grassmann, MetricSpace};
///
/// let lines = Grassmann::new(2, 1);
/// let x = lines.span(vec![1.0, 0.0])?;
/// let y = lines.span(vec![-2.0, -2.0])?;
/// assert!((lines.distance(&x, &y)? - std::f64::consts::FRAC_PI_4).abs() < 1e-15);
/// # Ok::<(), layerpath::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grassmann {
    stimuli: usize,
    dimension: usize,
}

/// How one subspace lies to another.
struct Principal {
    /// Principal angles.
    angles: Vec<f64>,
    /// Q₁U and unit directions W, column after column.
    near: Vec<f64>,
    toward: Vec<f64>,
    /// U and V, p×p, column after column.
    left: Vec<f64>,
    right: Vec<f64>,
    /// The smallest cosine.
    smallest_cosine: f64,
}

impl Grassmann {
    /// Subspaces of dimension `dimension` in ℝᵐ, m = `stimuli`.
    pub fn new(stimuli: usize, dimension: usize) -> Self {
        Self { stimuli, dimension }
    }

    /// The span of p columns of m entries each, given column after column.
    ///
    /// # Errors
    ///
    /// [`Error::NotAPoint`] if they are not p linearly independent, finite columns.
    pub fn span(&self, columns: Vec<f64>) -> Result<Subspace, Error> {
        let (m, p) = (self.stimuli, self.dimension);
        let bad = |what: &str| Error::NotAPoint(format!("{what}, not a {p}-dimensional subspace of {m} stimuli"));
        if p == 0 || p > m || columns.len() != m * p || columns.iter().any(|x| !x.is_finite()) {
            return Err(bad(&format!("{} coordinates", columns.len())));
        }
        let svd = singular_values_and_vectors(&columns, p, m)?;
        if svd.values[p - 1] <= 1e-12 * svd.values[0] || svd.values[0] == 0.0 {
            return Err(bad("linearly dependent columns"));
        }
        Ok(Subspace::from_orthonormal(svd.right))
    }

    fn check(&self, vector: &[f64]) -> Result<(), GeometryError> {
        let expected = self.stimuli * self.dimension;
        if vector.len() == expected {
            Ok(())
        } else {
            Err(GeometryError::OutsideSpace { expected, found: vector.len() })
        }
    }

    fn principal(&self, a: &Subspace, b: &Subspace) -> Result<Principal, GeometryError> {
        self.check(&a.basis)?;
        self.check(&b.basis)?;
        let (m, p) = (self.stimuli, self.dimension);
        let svd = computed(singular_values_and_vectors(&product_transposed(&a.basis, &b.basis, p, m, p), p, p))?;
        let near = product(&svd.left, &a.basis, p, p, m);
        let mut toward = product(&svd.right, &b.basis, p, p, m);
        let mut angles = Vec::with_capacity(p);
        for (k, &cosine) in svd.values.iter().enumerate() {
            let (start, direction) = (&near[k * m..(k + 1) * m], &mut toward[k * m..(k + 1) * m]);
            direction.iter_mut().zip(start).for_each(|(x, q)| *x -= cosine * q);
            let sine = norm(direction);
            for x in &mut *direction {
                *x = if sine > 0.0 { *x / sine } else { 0.0 };
            }
            angles.push(sine.atan2(cosine));
        }
        let smallest_cosine = svd.values[p - 1];
        Ok(Principal { angles, near, toward, left: svd.left, right: svd.right, smallest_cosine })
    }

    /// The same from the sines, for subspaces with all angles below π/4: the cosines of small angles are all 1 to within
    /// rounding and leave their directions open. With the aligned copy Q′ of Q₂, (I − Q₁Q₁ᵀ)Q′ = W sin Θ Uᵀ (Björck & Golub
    /// 1973).
    fn by_sines(&self, a: &Subspace, b: &Subspace, rough: &Principal) -> Result<Principal, GeometryError> {
        let (m, p) = (self.stimuli, self.dimension);
        let rotation = transposed_product(&rough.right, &rough.left, p, p, p);
        let mut rest = transposed_product(&rotation, &b.basis, p, p, m);
        for _ in 0..2 {
            let inside = product_transposed(&rest, &a.basis, p, m, p);
            let part = product(&inside, &a.basis, p, p, m);
            rest.iter_mut().zip(&part).for_each(|(x, q)| *x -= q);
        }
        let svd = computed(singular_values_and_vectors(&rest, p, m))?;
        let angles = svd.values.iter().map(|sine| sine.atan2((1.0 - sine * sine).max(0.0).sqrt())).collect();
        let near = product(&svd.left, &a.basis, p, p, m);
        let right = product_transposed(&svd.left, &rotation, p, p, p);
        let smallest_cosine = rough.smallest_cosine;
        Ok(Principal { angles, near, toward: svd.right, left: svd.left, right, smallest_cosine })
    }

    /// The same, where the geodesic exists.
    fn way(&self, a: &Subspace, b: &Subspace) -> Result<Principal, GeometryError> {
        let mut principal = self.principal(a, b)?;
        let (distance, resolution) = (norm(&principal.angles), self.resolution(a, b));
        if distance <= resolution {
            return Err(GeometryError::Coincident { distance, resolution });
        }
        if principal.smallest_cosine <= RIGHT_ANGLE {
            return Err(GeometryError::NotUnique { reason: "a principal angle of the two subspaces is π/2" });
        }
        if principal.smallest_cosine > std::f64::consts::FRAC_1_SQRT_2 {
            principal = self.by_sines(a, b, &principal)?;
        }
        Ok(principal)
    }

    /// Basis of g(t) and its derivative, in the frame of the principal vectors.
    fn along(&self, way: &Principal, t: f64) -> (Vec<f64>, Vec<f64>) {
        let m = self.stimuli;
        let place = |i: usize| (t * way.angles[i / m]).sin_cos();
        let pairs = || way.near.iter().zip(&way.toward).enumerate();
        let basis = pairs().map(|(i, (q, w))| place(i).1 * q + place(i).0 * w).collect();
        let speed = pairs().map(|(i, (q, w))| way.angles[i / m] * (place(i).1 * w - place(i).0 * q)).collect();
        (basis, speed)
    }

    /// W Θ Uᵀ in the frame of the first subspace's own basis.
    fn tangent(&self, way: &Principal) -> Vec<f64> {
        let (m, p) = (self.stimuli, self.dimension);
        let mut scaled = way.toward.clone();
        for (column, angle) in scaled.chunks_exact_mut(m).zip(&way.angles) {
            for x in &mut *column {
                *x *= angle;
            }
        }
        // (W Θ)Uᵀ: combinations with coefficients Uᵀ, which is `left` read row-major.
        transposed_product(&way.left, &scaled, p, p, m)
    }
}

impl MetricSpace for Grassmann {
    type Point = Subspace;

    fn distance(&self, p: &Subspace, q: &Subspace) -> Result<f64, GeometryError> {
        Ok(norm(&self.principal(p, q)?.angles))
    }

    fn resolution(&self, p: &Subspace, q: &Subspace) -> f64 {
        p.resolution.max(q.resolution)
    }
}

impl QuotientSpace for Grassmann {
    fn align(&self, p: &Subspace, q: &Subspace) -> Result<Subspace, GeometryError> {
        let (m, n) = (self.stimuli, self.dimension);
        let Principal { left, right, .. } = self.principal(p, q)?;
        let rotation = transposed_product(&right, &left, n, n, n);
        Ok(Subspace { basis: transposed_product(&rotation, &q.basis, n, n, m), resolution: q.resolution })
    }
}

impl GeodesicSpace for Grassmann {
    fn geodesic(&self, p: &Subspace, q: &Subspace, t: f64) -> Result<Subspace, GeometryError> {
        match self.way(p, q) {
            Ok(way) => {
                let point = computed(self.span(self.along(&way, t).0))?;
                Ok(point.with_resolution(self.resolution(p, q)))
            }
            Err(GeometryError::Coincident { .. }) => Ok(p.clone()),
            Err(other) => Err(other),
        }
    }

    /// Searched for t in [−2, 3], or further where that is still within π/2 of the middle between p and q.
    fn project(&self, p: &Subspace, q: &Subspace, c: &Subspace) -> Result<Projection, GeometryError> {
        self.check(&c.basis)?;
        let way = self.way(p, q)?;
        let (m, n) = (self.stimuli, self.dimension);
        let height = |t: f64| {
            let (basis, speed) = self.along(&way, t);
            let svd = computed(singular_values_and_vectors(&product_transposed(&basis, &c.basis, n, m, n), n, n))?;
            let moving = product_transposed(&speed, &c.basis, n, m, n);
            let (mut square, mut slope) = (0.0, 0.0);
            for k in 0..n {
                let (u, v) = (&svd.left[k * n..(k + 1) * n], &svd.right[k * n..(k + 1) * n]);
                let cosine = svd.values[k].min(1.0);
                let sine = ((1.0 - cosine) * (1.0 + cosine)).sqrt();
                let angle = sine.atan2(cosine);
                let rate: f64 = dot(u, &product(&moving, v, n, n, 1));
                square += angle * angle;
                // θ/sin θ is 1 at θ = 0.
                slope -= 2.0 * rate * if sine > 1e-8 { angle / sine } else { 1.0 };
            }
            Ok(Height { square, slope })
        };
        let largest = way.angles.iter().fold(0.0_f64, |sofar, angle| sofar.max(*angle));
        let reach = (std::f64::consts::FRAC_PI_2 / largest).max(2.5);
        let halvings = if n <= 64 { 5 } else { 2 };
        let speed = norm(&way.angles);
        let found = lowest(Window { low: 0.5 - reach, high: 0.5 + reach, speed, halvings }, height)?;
        let foot = self.geodesic(p, q, found.t)?;
        Ok(Projection { distance: self.distance(c, &foot)?, ..found })
    }
}

impl RiemannianSpace for Grassmann {
    /// A horizontal m×p matrix, column after column, in the frame of the subspace's own basis.
    type Tangent = Vec<f64>;

    fn exp(&self, p: &Subspace, v: &Vec<f64>) -> Result<Subspace, GeometryError> {
        self.check(&p.basis)?;
        self.check(v)?;
        let (m, n) = (self.stimuli, self.dimension);
        // As a row-major p×m matrix v is Δᵀ = U Θ Wᵀ.
        let svd = computed(singular_values_and_vectors(v, n, m))?;
        let mut basis = product(&svd.left, &p.basis, n, n, m);
        for (i, x) in basis.iter_mut().enumerate() {
            let (sine, cosine) = svd.values[i / m].sin_cos();
            *x = cosine * *x + sine * svd.right[i];
        }
        Ok(computed(self.span(basis))?.with_resolution(p.resolution))
    }

    fn log(&self, p: &Subspace, q: &Subspace) -> Result<Vec<f64>, GeometryError> {
        match self.way(p, q) {
            Ok(way) => Ok(self.tangent(&way)),
            Err(GeometryError::Coincident { .. }) => Ok(vec![0.0; p.basis.len()]),
            Err(other) => Err(other),
        }
    }

    fn inner(&self, _: &Subspace, v: &Vec<f64>, w: &Vec<f64>) -> f64 {
        dot(v, w)
    }

    fn combine(&self, _: &Subspace, vectors: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
        weighted_sum(vectors.iter().map(Vec::as_slice), weights)
    }

    fn transport(&self, p: &Subspace, q: &Subspace, v: &Vec<f64>) -> Result<Vec<f64>, GeometryError> {
        self.check(v)?;
        let way = match self.way(p, q) {
            Ok(way) => way,
            Err(GeometryError::Coincident { .. }) => return Ok(v.clone()),
            Err(other) => return Err(other),
        };
        let (m, n) = (self.stimuli, self.dimension);
        // Directions that do not move have no W of their own; leave them out.
        let moving: Vec<usize> = (0..n).filter(|&k| way.angles[k] > 1e-12).collect();
        let column = |columns: &[f64], k: usize| columns[k * m..(k + 1) * m].to_vec();
        let mut carried = v.clone();
        for &k in &moving {
            let (sine, cosine) = way.angles[k].sin_cos();
            let (near, toward) = (column(&way.near, k), column(&way.toward, k));
            for (target, own) in carried.chunks_exact_mut(m).zip(v.chunks_exact(m)) {
                let along = dot(&toward, own);
                for (x, (q, w)) in target.iter_mut().zip(near.iter().zip(&toward)) {
                    *x += along * ((cosine - 1.0) * w - sine * q);
                }
            }
        }
        // From the frame Q₂V Uᵀ to that of Q₂: times U Vᵀ.
        let back = transposed_product(&way.left, &way.right, n, n, n);
        Ok(transposed_product(&back, &carried, n, n, m))
    }

    fn angle(&self, a: &Subspace, b: &Subspace, c: &Subspace) -> Result<f64, GeometryError> {
        let unit = |way: Principal| {
            let mut v = self.tangent(&way);
            let length = norm(&v);
            for x in &mut v {
                *x /= length;
            }
            v
        };
        Ok(angle_between_unit_vectors(&unit(self.way(b, a)?), &unit(self.way(b, c)?)))
    }
}
