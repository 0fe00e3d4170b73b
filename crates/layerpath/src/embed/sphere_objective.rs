//! The objective of spherical MDS: its value, gradient and Hessian on the product of spheres.

use super::given::Given;
use super::search::by_rows;
use crate::linalg::dot;

/// Below this sine two points are together or opposite, and the direction between them is rounding noise.
const NO_DIRECTION: f64 = 1e-10;

/// Degrees of freedom, K·dimension, up to which the Hessian is written down: 32 MiB.
const LARGEST_DENSE: usize = 2048;

/// Points u₁ … u_K on a sphere in R^`width` with all that the next step needs: half the objective is
/// f = ½ Σᵢ<ⱼ(θᵢⱼ − dᵢⱼ)², and ∂θᵢⱼ/∂uᵢ is −(uⱼ − cos θᵢⱼ·uᵢ)/sin θᵢⱼ.
pub(super) struct Configuration {
    pub(super) points: Vec<f64>,
    width: usize,
    /// K×K: 1/sin θᵢⱼ, negative where θᵢⱼ > π/2, and 0 where there is no direction.
    slopes: Vec<f64>,
    /// K×K: (θᵢⱼ − dᵢⱼ)/sin θᵢⱼ, or 0 where there is no direction.
    pulls: Vec<f64>,
    /// ∂f/∂uᵢ, tangent at uᵢ, K rows.
    pub(super) gradient: Vec<f64>,
    /// Σᵢ<ⱼ(θᵢⱼ − dᵢⱼ)² = 2f.
    pub(super) raw_stress: f64,
}

impl Configuration {
    /// Evaluates at `points`, K rows of `width` coordinates and norm 1.
    pub(super) fn new(given: &Given, points: Vec<f64>, width: usize) -> Self {
        let size = given.size();
        let point = |i: usize| &points[i * width..(i + 1) * width];
        // Half of the arcs are enough: both ends of a pair see the same.
        let mut arcs = vec![0.0; size * size];
        by_rows(&mut arcs, size.max(1), |i, row| {
            row.iter_mut().take(i).enumerate().for_each(|(j, theta)| *theta = arc(point(i), point(j)));
            0.0
        });
        // A row of the work holds slopes, pulls and gradient of one point, so that one pass fills all three.
        let stride = 2 * size + width;
        let mut work = vec![0.0; size * stride];
        let twice = by_rows(&mut work, stride, |i, target| {
            let (slopes, rest) = target.split_at_mut(size);
            let (pulls, gradient) = rest.split_at_mut(size);
            let own = point(i);
            let mut misfit = 0.0;
            for (j, other) in points.chunks_exact(width).enumerate().filter(|(j, _)| *j != i) {
                let (difference, sum) = chords(own, other);
                let residual = arcs[i.max(j) * size + i.min(j)] - given.row(i)[j];
                misfit += residual * residual;
                // |a − b||a + b| = 2 sin θ.
                let sine = 0.5 * difference * sum;
                if sine > NO_DIRECTION {
                    let side = if difference <= sum { 1.0 } else { -1.0 };
                    slopes[j] = side / sine;
                    pulls[j] = residual / sine;
                    // uⱼ and uⱼ ∓ uᵢ have the same tangent part; the difference does not cancel.
                    for (value, (a, b)) in gradient.iter_mut().zip(own.iter().zip(other)) {
                        *value -= pulls[j] * (b - side * a);
                    }
                }
            }
            make_tangent(gradient, own);
            misfit
        });
        let mut slopes = Vec::with_capacity(size * size);
        let mut pulls = Vec::with_capacity(size * size);
        let mut gradient = Vec::with_capacity(size * width);
        for row in work.chunks_exact(stride) {
            slopes.extend_from_slice(&row[..size]);
            pulls.extend_from_slice(&row[size..2 * size]);
            gradient.extend_from_slice(&row[2 * size..]);
        }
        Self { points, width, slopes, pulls, gradient, raw_stress: twice / 2.0 }
    }

    /// The Riemannian Hessian of f applied to tangent vectors `v` (K rows), plus `damping`·v.
    ///
    /// With r = θᵢⱼ − dᵢⱼ, the unit direction e from uᵢ to uⱼ, and −s the derivative of θᵢⱼ along v,
    /// s = (⟨uⱼ, vᵢ⟩ + ⟨uᵢ, vⱼ⟩)/sin θᵢⱼ, row i is Σⱼ s(1 − r cot θᵢⱼ)e + (r/sin θᵢⱼ)(cos θᵢⱼ·vᵢ − vⱼ), made tangent: the
    /// Gauss–Newton part s·e, and r times the second variation of the arc, which acts across the geodesic.
    pub(super) fn hessian(&self, v: &[f64], damping: f64, out: &mut [f64]) {
        match self.width {
            2 => self.hessian_of::<2>(v, damping, out),
            3 => self.hessian_of::<3>(v, damping, out),
            4 => self.hessian_of::<4>(v, damping, out),
            _ => self.hessian_of::<0>(v, damping, out),
        }
    }

    /// The same with the number of coordinates known to the compiler; 0 stands for any.
    fn hessian_of<const WIDTH: usize>(&self, v: &[f64], damping: f64, out: &mut [f64]) {
        let width = if WIDTH == 0 { self.width } else { WIDTH };
        let size = self.points.len() / width;
        by_rows(out, width, |i, target| {
            target.fill(0.0);
            let (own, own_v) = (&self.points[i * width..(i + 1) * width], &v[i * width..(i + 1) * width]);
            let pairs = self.slopes[i * size..(i + 1) * size].iter().zip(&self.pulls[i * size..(i + 1) * size]);
            let others = self.points.chunks_exact(width).zip(v.chunks_exact(width));
            for ((&slope, &pull), (other, other_v)) in pairs.zip(others) {
                if slope == 0.0 {
                    continue;
                }
                let side = slope.signum();
                let (mut cosine, mut speed) = (0.0, 0.0);
                for axis in 0..width {
                    cosine += own[axis] * other[axis];
                    // uⱼ and uⱼ ∓ uᵢ have the same product with a tangent vector at uᵢ; the difference does not cancel.
                    speed += (other[axis] - side * own[axis]) * (own_v[axis] - side * other_v[axis]);
                }
                let along = slope.abs() * speed * (1.0 - pull * cosine) * slope.abs();
                for axis in 0..width {
                    target[axis] +=
                        along * (other[axis] - side * own[axis]) + pull * (cosine * own_v[axis] - other_v[axis]);
                }
            }
            make_tangent(target, own);
            for axis in 0..width {
                target[axis] += damping * own_v[axis];
            }
            0.0
        });
    }

    /// The Hessian as a matrix, for few enough points: as dear as three of the products of [`hessian`](Self::hessian), and
    /// each product by it is several times cheaper.
    pub(super) fn dense_hessian(&self) -> Option<DenseHessian> {
        let (width, dimension) = (self.width, self.width - 1);
        let size = self.points.len() / width;
        if size * dimension > LARGEST_DENSE {
            return None;
        }
        let frames: Vec<f64> = self.points.chunks_exact(width).flat_map(tangent_frame).collect();
        let frame = |i: usize| frames[i * dimension * width..(i + 1) * dimension * width].chunks_exact(width);
        let length = size * dimension;
        let mut matrix = vec![0.0; length * length];
        by_rows(&mut matrix, dimension * length, |i, rows| {
            let own = &self.points[i * width..(i + 1) * width];
            let (mut there, mut back) = (vec![0.0; width], vec![0.0; width]);
            let (mut to_other, mut to_own) = (vec![0.0; dimension], vec![0.0; dimension]);
            for (j, other) in self.points.chunks_exact(width).enumerate() {
                let (slope, pull) = (self.slopes[i * size + j], self.pulls[i * size + j]);
                if slope == 0.0 {
                    continue;
                }
                let side = slope.signum();
                for axis in 0..width {
                    there[axis] = other[axis] - side * own[axis];
                    back[axis] = own[axis] - side * other[axis];
                }
                to_other.iter_mut().zip(frame(i)).for_each(|(x, axis)| *x = plain_dot(axis, &there));
                to_own.iter_mut().zip(frame(j)).for_each(|(x, axis)| *x = plain_dot(axis, &back));
                let turning = pull * plain_dot(own, other);
                let along = slope * slope * (1.0 - turning);
                for (a, (row, first)) in rows.chunks_exact_mut(length).zip(frame(i)).enumerate() {
                    for (b, second) in frame(j).enumerate() {
                        row[j * dimension + b] = along * to_other[a] * to_own[b] - pull * plain_dot(first, second);
                        row[i * dimension + b] += along * to_other[a] * to_other[b];
                    }
                    row[i * dimension + a] += turning;
                }
            }
            0.0
        });
        Some(DenseHessian { frames, matrix, width })
    }

    /// The points reached along geodesics with initial velocities `scale`·v, each in unit time.
    pub(super) fn moved(&self, v: &[f64], scale: f64) -> Vec<f64> {
        let mut points = self.points.clone();
        for (point, velocity) in points.chunks_exact_mut(self.width).zip(v.chunks_exact(self.width)) {
            let length = scale * length(velocity);
            let (cosine, quotient) = (length.cos(), if length > 0.0 { length.sin() / length } else { 1.0 });
            for (x, y) in point.iter_mut().zip(velocity) {
                *x = cosine * *x + quotient * scale * y;
            }
            normalise(point);
        }
        points
    }
}

/// The Hessian in orthonormal frames of the tangent spaces.
pub(super) struct DenseHessian {
    /// `width` − 1 unit vectors for each point.
    frames: Vec<f64>,
    /// Symmetric, K·(`width` − 1) rows.
    matrix: Vec<f64>,
    width: usize,
}

impl DenseHessian {
    /// What [`Configuration::hessian`] computes.
    pub(super) fn apply(&self, v: &[f64], damping: f64, out: &mut [f64]) {
        let (width, dimension) = (self.width, self.width - 1);
        let frames = self.frames.chunks_exact(dimension * width);
        let coordinates: Vec<f64> = frames
            .zip(v.chunks_exact(width))
            .flat_map(|(frame, v)| frame.chunks_exact(width).map(|axis| plain_dot(axis, v)))
            .collect();
        let length = coordinates.len();
        by_rows(out, width, |i, target| {
            target.iter_mut().zip(&v[i * width..]).for_each(|(x, v)| *x = damping * v);
            for row in i * dimension..(i + 1) * dimension {
                let value = dot(&self.matrix[row * length..(row + 1) * length], &coordinates);
                let axis = &self.frames[row * width..(row + 1) * width];
                target.iter_mut().zip(axis).for_each(|(x, a)| *x += value * a);
            }
            0.0
        });
    }
}

/// An orthonormal basis of the tangent space at a unit vector, one after another: the images of all axes but the one of the
/// largest coordinate under the reflection that takes this axis to the point or its opposite.
fn tangent_frame(point: &[f64]) -> Vec<f64> {
    let largest =
        (1..point.len()).fold(0, |best, axis| if point[axis].abs() > point[best].abs() { axis } else { best });
    let mut mirror = point.to_vec();
    mirror[largest] += point[largest].signum();
    // ‖mirror‖² = 2 + 2|largest coordinate|, far from 0.
    let factor = 2.0 / plain_dot(&mirror, &mirror);
    let axes = (0..point.len()).filter(|&axis| axis != largest);
    axes.flat_map(|axis| {
        let back = factor * mirror[axis];
        mirror.iter().enumerate().map(move |(k, x)| f64::from(u8::from(k == axis)) - back * x).collect::<Vec<_>>()
    })
    .collect()
}

/// Inner product of a few coordinates.
fn plain_dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// ‖a − b‖ and ‖a + b‖.
fn chords(a: &[f64], b: &[f64]) -> (f64, f64) {
    let (mut difference, mut sum) = (0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        difference += (x - y) * (x - y);
        sum += (x + y) * (x + y);
    }
    (difference.sqrt(), sum.sqrt())
}

/// Angle of two unit vectors (the short version of [`angle_between_unit_vectors`](crate::linalg)).
pub(super) fn arc(a: &[f64], b: &[f64]) -> f64 {
    let (difference, sum) = chords(a, b);
    2.0 * difference.atan2(sum)
}

/// Removes the part of `v` along the unit vector `point`.
fn make_tangent(v: &mut [f64], point: &[f64]) {
    let along: f64 = v.iter().zip(point).map(|(a, b)| a * b).sum();
    for (x, p) in v.iter_mut().zip(point) {
        *x -= along * p;
    }
}

/// Euclidean norm of a few coordinates.
pub(super) fn length(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Divides by the norm; a vector without direction becomes the first axis.
pub(super) fn normalise(v: &mut [f64]) {
    let norm = length(v);
    if norm > 1e-12 && norm.is_finite() {
        for x in v {
            *x /= norm;
        }
    } else {
        v.fill(0.0);
        v[0] = 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::search::Normals;
    use crate::geometry::UnitVector;
    use crate::table::arcs;

    fn setting(size: usize, width: usize) -> (Given, Configuration, Vec<f64>) {
        let mut normals = Normals::new(5, 1);
        let vectors: Vec<UnitVector> =
            (0..size).map(|_| UnitVector::normalize(normals.fill(6, 1.0)).unwrap()).collect();
        let given = Given::new(&arcs(&vectors.iter().collect::<Vec<_>>()).unwrap()).unwrap();
        let mut points = normals.fill(size * width, 1.0);
        points.chunks_exact_mut(width).for_each(normalise);
        let mut v = normals.fill(size * width, 1.0);
        for (velocity, point) in v.chunks_exact_mut(width).zip(points.chunks_exact(width)) {
            make_tangent(velocity, point);
        }
        let configuration = Configuration::new(&given, points, width);
        (given, configuration, v)
    }

    #[test]
    fn the_gradient_is_the_derivative_along_geodesics() {
        for width in [2, 3, 5] {
            let (given, here, v) = setting(7, width);
            let h = 1e-6;
            let value = |t: f64| 0.5 * Configuration::new(&given, here.moved(&v, t), width).raw_stress;
            let numeric = (value(h) - value(-h)) / (2.0 * h);
            let exact: f64 = here.gradient.iter().zip(&v).map(|(g, v)| g * v).sum();
            assert!((numeric - exact).abs() < 1e-7 * exact.abs().max(1.0), "{width}: {numeric} against {exact}");
        }
    }

    #[test]
    fn the_hessian_is_the_second_derivative_along_geodesics() {
        for width in [2, 3, 4, 5] {
            let (given, here, v) = setting(7, width);
            let mut product = vec![0.0; v.len()];
            here.hessian(&v, 0.25, &mut product);
            let damped: f64 = product.iter().zip(&v).map(|(a, b)| a * b).sum();
            let quadratic = damped - 0.25 * v.iter().map(|x| x * x).sum::<f64>();
            let h = 2e-4;
            let value = |t: f64| 0.5 * Configuration::new(&given, here.moved(&v, t), width).raw_stress;
            let second = |h: f64| (value(h) - 2.0 * value(0.0) + value(-h)) / (h * h);
            let numeric = (4.0 * second(h / 2.0) - second(h)) / 3.0;
            assert!((numeric / quadratic - 1.0).abs() < 1e-5, "{width}: {numeric} against {quadratic}");
            // Symmetric: ⟨w, A v⟩ = ⟨A w, v⟩.
            let w = here.gradient.clone();
            let mut other = vec![0.0; v.len()];
            here.hessian(&w, 0.25, &mut other);
            let left: f64 = product.iter().zip(&w).map(|(a, b)| a * b).sum();
            let right: f64 = other.iter().zip(&v).map(|(a, b)| a * b).sum();
            assert!((left / right - 1.0).abs() < 1e-9);
            // Written down it is the same.
            let dense = here.dense_hessian().unwrap();
            let mut written = vec![0.0; v.len()];
            dense.apply(&v, 0.25, &mut written);
            let size = product.iter().fold(0.0_f64, |sofar, x| sofar.max(x.abs()));
            assert!(written.iter().zip(&product).all(|(x, y)| (x - y).abs() < 1e-12 * size), "{width}");
        }
    }
}
