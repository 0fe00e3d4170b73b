//! Shapes: m×r configurations up to orthogonal maps of their r columns, the quotient by O(r), reflections included.
//!
//! A point is an orbit, held in its principal axes: PᵀP is diagonal and of full rank r, so nothing is lost, and two
//! shapes of different rank are compared after zero-padding. With the SVD PᵀQ = U S Vᵀ, Q·V Uᵀ is the copy of Q nearest
//! to P, and ‖PᵀQ‖_* = Σ S.
//!
//! * angular: unit norm, d = arccos ‖PᵀQ‖_*, geodesics are great circles from P to the aligned Q,
//! * Euclidean: d² = ‖P‖² + ‖Q‖² − 2‖PᵀQ‖_*, straight lines; also the Bures–Wasserstein distance of PPᵀ and QQᵀ.
//!
//! The space is singular where the rank drops: the rotations that fix b = [B 0] act on the directions of higher rank, so
//! tangent vectors at b carry columns beyond B that are known only up to such a rotation, and
//! ⟨v, w⟩ = ⟨v₁, w₁⟩ + ‖v₂ᵀw₂‖_* is the largest over them: the angle of the quotient. Curvature is not constant, ≥ 0
//! (Euclidean) or ≥ 1 (angular).
//!
//! Source: docs/math.md §1.2; Williams et al. 2021, arXiv:2110.14739; Kendall 1984; Bhatia, Jain, Lim 2019.

use super::search::{Height, Window, lowest};
use super::shape_transport::transport_horizontally;
use super::{
    GeodesicSpace, GeometryError, MetricSpace, Projection, QuotientSpace, RiemannianSpace, computed, weighted_sum,
};
use crate::Error;
use crate::linalg::{
    angle_between_unit_vectors, dot, norm, norms_of_difference_and_sum, nuclear_norm, product, product_transposed,
    singular_values_and_vectors, transposed_product,
};

/// Relative resolution of shapes computed in double precision.
const DOUBLE_RESOLUTION: f64 = 1e-14;
/// Singular values below this share of the largest are rounding.
const RANK_TOLERANCE: f64 = 1e-12;
/// Columns of PᵀQ this small, relative to ‖P‖‖Q‖, leave their rotation open …
const CANCELLING: f64 = 1e-13;
/// … which matters if both shapes have this share of their norm there.
const AMBIGUOUS: f64 = 1e-7;
/// From this share 2‖PᵀQ‖_*/(‖P‖² + ‖Q‖²) on, the distance taken from the nuclear norm would lose digits to cancellation.
const NEARLY_ALIGNED: f64 = 0.9;
/// The refusal of whitened shapes.
const WHITENED: &str = "the way between two whitened shapes leaves the set of whitened shapes; use whitening=1, or \
                        `grassmann`, which is the geometry of fully whitened shapes";

/// A point of a [`ShapeSpace`]: a configuration in its principal axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// Column after column, each of m entries, orthogonal to each other, the longest first.
    columns: Vec<f64>,
    /// Norms of the columns.
    scales: Vec<f64>,
    resolution: f64,
}

impl Shape {
    /// A shape from its principal axes: unit columns and their lengths in descending order.
    pub(crate) fn from_principal_axes(mut axes: Vec<f64>, scales: Vec<f64>, stimuli: usize) -> Self {
        for (column, &scale) in axes.chunks_exact_mut(stimuli).zip(&scales) {
            for x in &mut *column {
                *x *= scale;
            }
        }
        let resolution = DOUBLE_RESOLUTION * norm(&scales);
        Self { columns: axes, scales, resolution }
    }

    /// Column after column: m entries for each of the [`rank`](Self::rank) principal axes, the longest first.
    pub fn coordinates(&self) -> &[f64] {
        &self.columns
    }

    /// Number of principal axes, r.
    pub fn rank(&self) -> usize {
        self.scales.len()
    }

    /// Frobenius norm.
    pub fn size(&self) -> f64 {
        norm(&self.scales)
    }

    /// The same shape with a coarser resolution, if `resolution` (a distance) is coarser.
    #[must_use]
    pub fn with_resolution(self, resolution: f64) -> Self {
        Self { resolution: self.resolution.max(resolution), ..self }
    }

    /// The distance within which the precision of its source leaves this shape uncertain.
    pub fn resolution(&self) -> f64 {
        self.resolution
    }

    /// The shape of the same stimuli in another order: row i becomes row `order[i]`.
    pub(crate) fn permuted(&self, order: &[usize]) -> Self {
        let columns = self.columns.chunks_exact(order.len().max(1));
        let columns = columns.flat_map(|column| order.iter().map(|&row| column[row])).collect();
        Self { columns, scales: self.scales.clone(), resolution: self.resolution }
    }
}

/// A horizontal tangent vector at a shape P of rank k: columns of m entries in the frame of P's columns, those beyond the
/// k-th known up to a rotation among themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct ShapeTangent {
    pub(super) columns: Vec<f64>,
}

impl ShapeTangent {
    /// From columns in the frame of a shape's [`coordinates`](Shape::coordinates), as many as that shape has or more.
    pub fn new(columns: Vec<f64>) -> Self {
        Self { columns }
    }

    /// Column after column, m entries each.
    pub fn columns(&self) -> &[f64] {
        &self.columns
    }
}

/// The space of shapes of m stimuli, angular (unit norm, distances in [0, π/2] rad) or Euclidean (with size).
///
/// ```
/// use layerpath::geometry::{MetricSpace, ShapeSpace};
///
/// // Two configurations of three stimuli in the plane, the second one turned by 90° and reflected: the same shape.
/// let space = ShapeSpace::angular(3);
/// let p = space.point(vec![1.0, -1.0, 0.0, 0.5, 0.5, -1.0])?;
/// let q = space.point(vec![0.5, 0.5, -1.0, 1.0, -1.0, 0.0])?;
/// assert!(space.distance(&p, &q)? < 1e-15);
/// let line = space.point(vec![1.0, -1.0, 0.0])?;
/// assert!(space.distance(&p, &line)? > 0.5);
/// # Ok::<(), layerpath::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShapeSpace {
    stimuli: usize,
    angular: bool,
    whitened: bool,
}

/// The way from one shape to another in the frame of the first.
pub(super) struct Way {
    /// P, padded.
    pub(super) start: Vec<f64>,
    /// Unit direction for the angular, Q′ − P for the Euclidean space.
    pub(super) direction: Vec<f64>,
    /// Columns of both.
    pub(super) width: usize,
    /// Distance.
    pub(super) length: f64,
    /// The rotation that aligned Q, width×width, row-major.
    pub(super) rotation: Vec<f64>,
}

/// Q aligned to P.
struct Aligned {
    start: Vec<f64>,
    copy: Vec<f64>,
    width: usize,
    rotation: Vec<f64>,
    /// Whether another rotation is as good and leads elsewhere.
    ambiguous: bool,
}

impl ShapeSpace {
    /// Shapes of unit norm.
    pub fn angular(stimuli: usize) -> Self {
        Self { stimuli, angular: true, whitened: false }
    }

    /// Shapes with their size.
    pub fn euclidean(stimuli: usize) -> Self {
        Self { stimuli, angular: false, whitened: false }
    }

    /// The subset of whitened shapes, which has distances only.
    #[must_use]
    pub(crate) fn whitened(self) -> Self {
        Self { whitened: true, ..self }
    }

    pub(crate) fn is_angular(&self) -> bool {
        self.angular
    }

    /// Number of stimuli, m.
    pub fn stimuli(&self) -> usize {
        self.stimuli
    }

    /// The shape of a configuration given column after column, m entries each; the angular space divides it by its norm.
    ///
    /// # Errors
    ///
    /// [`Error::NotAPoint`] for a configuration that is zero, not finite, or no multiple of m entries.
    pub fn point(&self, columns: Vec<f64>) -> Result<Shape, Error> {
        let size = norm(&columns);
        if self.stimuli == 0 || !columns.len().is_multiple_of(self.stimuli) || !size.is_finite() || size == 0.0 {
            let found = columns.len();
            return Err(Error::NotAPoint(format!(
                "{found} coordinates of norm {size} are no shape of {} stimuli",
                self.stimuli
            )));
        }
        let width = columns.len() / self.stimuli;
        let svd = singular_values_and_vectors(&columns, width, self.stimuli)?;
        let rank = svd.values.iter().take_while(|&&value| value > RANK_TOLERANCE * svd.values[0]).count();
        let mut axes = svd.right;
        axes.truncate(rank * self.stimuli);
        let factor = if self.angular { 1.0 / size } else { 1.0 };
        let scales = svd.values[..rank].iter().map(|value| value * factor).collect();
        Ok(Shape::from_principal_axes(axes, scales, self.stimuli))
    }

    fn check(&self, columns: &[f64]) -> Result<usize, GeometryError> {
        if self.stimuli > 0 && !columns.is_empty() && columns.len().is_multiple_of(self.stimuli) {
            Ok(columns.len() / self.stimuli)
        } else {
            Err(GeometryError::OutsideSpace { expected: self.stimuli, found: columns.len() })
        }
    }

    fn aligned(&self, p: &Shape, q: &Shape) -> Result<Aligned, GeometryError> {
        let width = self.check(&p.columns)?.max(self.check(&q.columns)?);
        let m = self.stimuli;
        let pad = |columns: &[f64]| {
            let mut padded = columns.to_vec();
            padded.resize(width * m, 0.0);
            padded
        };
        let (start, other) = (pad(&p.columns), pad(&q.columns));
        let svd =
            computed(singular_values_and_vectors(&product_transposed(&start, &other, width, m, width), width, width))?;
        let rotation = transposed_product(&svd.right, &svd.left, width, width, width);
        let copy = transposed_product(&rotation, &other, width, width, m);
        // ‖P u‖ and ‖Q v‖ over the directions whose singular value vanishes.
        let small = CANCELLING * p.size() * q.size();
        let open = svd.values.iter().take_while(|&&value| value > small).count();
        let share = |shape: &Shape, vectors: &[f64]| {
            let squares = vectors[open * width..].chunks_exact(width);
            let square: f64 =
                squares.map(|v| shape.scales.iter().zip(v).map(|(s, x)| (s * x).powi(2)).sum::<f64>()).sum();
            square.sqrt() / shape.size()
        };
        let ambiguous = open < width && share(p, &svd.left).min(share(q, &svd.right)) > AMBIGUOUS;
        Ok(Aligned { start, copy, width, rotation, ambiguous })
    }

    /// The geodesic from `p` to `q`.
    pub(super) fn way(&self, p: &Shape, q: &Shape) -> Result<Way, GeometryError> {
        if self.whitened {
            return Err(GeometryError::NoGeodesics { reason: WHITENED });
        }
        let Aligned { start, copy, width, rotation, ambiguous } = self.aligned(p, q)?;
        let (difference, sum) = norms_of_difference_and_sum(&start, &copy);
        let length = if self.angular { 2.0 * difference.atan2(sum) } else { difference };
        let resolution = self.resolution(p, q);
        if length <= resolution {
            return Err(GeometryError::Coincident { distance: length, resolution });
        }
        if ambiguous {
            let reason = "the alignment of the two representations is not unique, since directions that each of them \
                          has are orthogonal to the other";
            return Err(GeometryError::NotUnique { reason });
        }
        let mut direction: Vec<f64> = copy.iter().zip(&start).map(|(b, a)| b - a).collect();
        if self.angular {
            // b − cos w·a without cancellation, then unit norm.
            let back = 2.0 * (length / 2.0).sin().powi(2);
            direction.iter_mut().zip(&start).for_each(|(x, a)| *x += back * a);
            let rest = dot(&direction, &start);
            direction.iter_mut().zip(&start).for_each(|(x, a)| *x -= rest * a);
            let size = norm(&direction);
            for x in &mut direction {
                *x /= size;
            }
        }
        Ok(Way { start, direction, width, length, rotation })
    }

    /// Coefficients of start and direction at `t`.
    pub(super) fn coefficients(&self, length: f64, t: f64) -> (f64, f64) {
        if self.angular {
            let (sine, cosine) = (t * length).sin_cos();
            (cosine, sine)
        } else {
            (1.0, t)
        }
    }

    /// Their derivatives with respect to t.
    pub(super) fn velocity(&self, length: f64, t: f64) -> (f64, f64) {
        if self.angular {
            let (sine, cosine) = (t * length).sin_cos();
            (-length * sine, length * cosine)
        } else {
            (0.0, 1.0)
        }
    }

    /// The shape at `t`.
    fn along(&self, way: &Way, t: f64, resolution: f64) -> Result<Shape, GeometryError> {
        let (from, to) = self.coefficients(way.length, t);
        let columns = way.start.iter().zip(&way.direction).map(|(a, u)| from * a + to * u).collect();
        self.derived(columns, resolution)
    }

    fn derived(&self, columns: Vec<f64>, resolution: f64) -> Result<Shape, GeometryError> {
        computed(self.point(columns)).map(|shape| shape.with_resolution(resolution))
    }

    /// The columns of `w` beyond the k-th, rotated to agree best with those of `v`; both padded to one width.
    fn best_rotation(&self, k: usize, v: &[f64], w: &[f64]) -> Result<(Vec<f64>, Vec<f64>), Error> {
        let m = self.stimuli;
        let width = v.len().max(w.len()) / m;
        let (mut v, mut w) = (v.to_vec(), w.to_vec());
        v.resize(width * m, 0.0);
        w.resize(width * m, 0.0);
        let extra = width - k.min(width);
        if extra > 0 {
            let (beyond_v, beyond_w) = (&v[k * m..], &w[k * m..]);
            let cross = product_transposed(beyond_v, beyond_w, extra, m, extra);
            let svd = singular_values_and_vectors(&cross, extra, extra)?;
            let rotation = transposed_product(&svd.right, &svd.left, extra, extra, extra);
            let turned = transposed_product(&rotation, beyond_w, extra, extra, m);
            w.truncate(k * m);
            w.extend(turned);
        }
        Ok((v, w))
    }
}

impl MetricSpace for ShapeSpace {
    type Point = Shape;

    fn distance(&self, p: &Shape, q: &Shape) -> Result<f64, GeometryError> {
        self.check(&p.columns)?;
        self.check(&q.columns)?;
        let overlap = computed(nuclear_norm(&p.columns, &q.columns, self.stimuli))?;
        let squares = dot(&p.scales, &p.scales) + dot(&q.scales, &q.scales);
        if 2.0 * overlap < NEARLY_ALIGNED * squares {
            let (difference, sum) = ((squares - 2.0 * overlap).sqrt(), (squares + 2.0 * overlap).sqrt());
            return Ok(if self.angular { 2.0 * difference.atan2(sum) } else { difference });
        }
        // Near each other, the difference of aligned copies keeps the digits that the nuclear norm loses.
        let Aligned { start, copy, .. } = self.aligned(p, q)?;
        let (difference, sum) = norms_of_difference_and_sum(&start, &copy);
        Ok(if self.angular { 2.0 * difference.atan2(sum) } else { difference })
    }

    fn resolution(&self, p: &Shape, q: &Shape) -> f64 {
        p.resolution.max(q.resolution)
    }
}

impl QuotientSpace for ShapeSpace {
    fn align(&self, p: &Shape, q: &Shape) -> Result<Shape, GeometryError> {
        let Aligned { copy, .. } = self.aligned(p, q)?;
        let scales = copy.chunks_exact(self.stimuli).map(norm).collect();
        Ok(Shape { columns: copy, scales, resolution: q.resolution })
    }
}

impl GeodesicSpace for ShapeSpace {
    fn geodesic(&self, p: &Shape, q: &Shape, t: f64) -> Result<Shape, GeometryError> {
        match self.way(p, q) {
            Ok(way) => self.along(&way, t, self.resolution(p, q)),
            Err(GeometryError::Coincident { .. }) => Ok(p.clone()),
            Err(other) => Err(other),
        }
    }

    /// Searched over one whole period of the closed geodesic (angular), or over every t that could be nearer than p
    /// (Euclidean).
    fn project(&self, p: &Shape, q: &Shape, c: &Shape) -> Result<Projection, GeometryError> {
        let way = self.way(p, q)?;
        let (m, rank) = (self.stimuli, self.check(&c.columns)?);
        let at_start = product_transposed(&way.start, &c.columns, way.width, m, rank);
        let at_direction = product_transposed(&way.direction, &c.columns, way.width, m, rank);
        let (start_square, mixed, direction_square) =
            (dot(&way.start, &way.start), dot(&way.start, &way.direction), dot(&way.direction, &way.direction));
        let size = c.size() * c.size();
        let combine = |(from, to): (f64, f64)| -> Vec<f64> {
            at_start.iter().zip(&at_direction).map(|(a, u)| from * a + to * u).collect()
        };
        let height = |t: f64| {
            let (point, speed) = (self.coefficients(way.length, t), self.velocity(way.length, t));
            let svd = computed(singular_values_and_vectors(&combine(point), way.width, rank))?;
            let nuclear: f64 = svd.values.iter().sum();
            let k = svd.values.len();
            let polar = transposed_product(&svd.left, &svd.right, way.width, k, rank);
            let own = point.0 * point.0 * start_square
                + 2.0 * point.0 * point.1 * mixed
                + point.1 * point.1 * direction_square;
            let own_slope = 2.0
                * (point.0 * speed.0 * start_square
                    + (point.0 * speed.1 + point.1 * speed.0) * mixed
                    + point.1 * speed.1 * direction_square);
            Ok(Height { square: own + size - 2.0 * nuclear, slope: own_slope - 2.0 * dot(&combine(speed), &polar) })
        };
        let (low, high) = if self.angular {
            // γ(θ + π) = −γ(θ) is the same shape.
            let quarter = std::f64::consts::FRAC_PI_2 / way.length;
            (0.5 - quarter, 0.5 + quarter)
        } else {
            let reach = (start_square.sqrt() + c.size() + self.distance(p, c)?) / way.length;
            (-reach, reach.max(1.0))
        };
        // Wide shapes are smooth averages over many axes, and expensive.
        let halvings = if way.width <= 64 { 5 } else { 2 };
        let found = lowest(Window { low, high, speed: way.length, halvings }, height)?;
        let foot = self.along(&way, found.t, self.resolution(p, q))?;
        Ok(Projection { distance: self.distance(c, &foot)?, ..found })
    }
}

impl RiemannianSpace for ShapeSpace {
    type Tangent = ShapeTangent;

    fn exp(&self, p: &Shape, v: &ShapeTangent) -> Result<Shape, GeometryError> {
        if self.whitened {
            return Err(GeometryError::NoGeodesics { reason: WHITENED });
        }
        let width = self.check(&p.columns)?.max(self.check(&v.columns)?);
        let length = norm(&v.columns);
        if length == 0.0 {
            return Ok(p.clone());
        }
        let (from, to) = if self.angular { (length.cos(), length.sin() / length) } else { (1.0, 1.0) };
        let mut columns = vec![0.0; width * self.stimuli];
        columns.iter_mut().zip(&p.columns).for_each(|(x, a)| *x += from * a);
        columns.iter_mut().zip(&v.columns).for_each(|(x, u)| *x += to * u);
        self.derived(columns, p.resolution)
    }

    fn log(&self, p: &Shape, q: &Shape) -> Result<ShapeTangent, GeometryError> {
        match self.way(p, q) {
            Ok(Way { mut direction, length, .. }) => {
                if self.angular {
                    for x in &mut direction {
                        *x *= length;
                    }
                }
                Ok(ShapeTangent { columns: direction })
            }
            Err(GeometryError::Coincident { .. }) => Ok(ShapeTangent { columns: vec![0.0; p.columns.len()] }),
            Err(other) => Err(other),
        }
    }

    /// ⟨v₁, w₁⟩ + ‖v₂ᵀw₂‖_*, 1 the columns that p has and 2 those beyond.
    fn inner(&self, p: &Shape, v: &ShapeTangent, w: &ShapeTangent) -> f64 {
        match self.best_rotation(p.rank(), &v.columns, &w.columns) {
            Ok((v, w)) => dot(&v, &w),
            Err(_) => dot(&v.columns, &w.columns),
        }
    }

    /// Columns beyond the rank of `p`, known up to a rotation, are added as they stand.
    fn combine(&self, _: &Shape, vectors: &[ShapeTangent], weights: &[f64]) -> ShapeTangent {
        ShapeTangent { columns: weighted_sum(vectors.iter().map(ShapeTangent::columns), weights) }
    }

    /// Of the quotient: the ODE of horizontal parallel fields, V′ = γΩ (− ⟨V, γ′⟩γ), SΩ + ΩS = Vᵀγ′ − γ′ᵀV, S = γᵀγ.
    ///
    /// # Errors
    ///
    /// [`GeometryError::RankChange`] between shapes of different rank, [`GeometryError::NotConverged`] if 1024 steps do not
    /// reach 10⁻¹⁰ of the vector's norm.
    fn transport(&self, p: &Shape, q: &Shape, v: &ShapeTangent) -> Result<ShapeTangent, GeometryError> {
        let way = match self.way(p, q) {
            Ok(way) => way,
            Err(GeometryError::Coincident { .. }) => return Ok(v.clone()),
            Err(other) => return Err(other),
        };
        if p.rank() != q.rank() {
            return Err(GeometryError::RankChange { from: p.rank(), to: q.rank() });
        }
        let width = self.check(&v.columns)?.max(way.width);
        let carried = transport_horizontally(self, &way, &v.columns, width)?;
        // From the frame of the aligned copy to that of q itself: the rotation back, for the columns that q has.
        let own = way.width * self.stimuli;
        let mut columns = product(&way.rotation, &carried[..own], way.width, way.width, self.stimuli);
        columns.extend_from_slice(&carried[own..]);
        Ok(ShapeTangent { columns })
    }

    fn angle(&self, a: &Shape, b: &Shape, c: &Shape) -> Result<f64, GeometryError> {
        let (to_a, to_c) = (self.way(b, a)?, self.way(b, c)?);
        let (mut v, mut w) = computed(self.best_rotation(b.rank(), &to_a.direction, &to_c.direction))?;
        let (length_v, length_w) = (norm(&v), norm(&w));
        for x in &mut v {
            *x /= length_v;
        }
        for x in &mut w {
            *x /= length_w;
        }
        Ok(angle_between_unit_vectors(&v, &w))
    }
}
