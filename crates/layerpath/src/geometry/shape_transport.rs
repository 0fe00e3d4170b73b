//! Parallel transport along horizontal geodesics of the space of shapes.
//!
//! A field V along a horizontal geodesic γ is parallel in the quotient if it stays horizontal, γᵀV = Vᵀγ, and its
//! derivative is vertical: V′ = γΩ with Ω skew (and − ⟨V, γ′⟩γ on the sphere). Differentiating the first and inserting the
//! second gives the Lyapunov equation SΩ + ΩS = Vᵀγ′ − γ′ᵀV with S = γᵀγ, solved in the eigenvectors of S.
//!
//! The ODE is integrated by the classical Runge–Kutta method with the number of steps doubled until two results agree,
//! the better one extrapolated. Inner products are kept by the equation, and so to its tolerance.

use super::shape::{ShapeSpace, Way};
use super::{GeometryError, computed};
use crate::linalg::{SymmetricEigen, dot, norm, product, product_transposed, symmetric_eigen, transposed_product};

/// Fewest and most steps.
const STEPS: (usize, usize) = (16, 1024);
/// Two results of n and 2n steps that differ by less, relative to the vector, are taken; the extrapolation of the better
/// one is then another order of magnitude or more closer.
const TOLERANCE: f64 = 1e-10;

/// Carries a horizontal vector at the start of the way to its end, in the frame of the aligned copy; `width` columns.
pub(super) fn transport_horizontally(
    space: &ShapeSpace,
    way: &Way,
    vector: &[f64],
    width: usize,
) -> Result<Vec<f64>, GeometryError> {
    let m = space.stimuli();
    let pad = |columns: &[f64]| {
        let mut padded = columns.to_vec();
        padded.resize(width * m, 0.0);
        padded
    };
    let ode = Ode::new(space, way, pad(&way.start), pad(&way.direction), width);
    let vector = pad(vector);
    let size = norm(&vector);
    let mut steps = STEPS.0;
    let mut coarse = ode.integrate(&vector, steps)?;
    while steps < STEPS.1 {
        steps *= 2;
        let fine = ode.integrate(&vector, steps)?;
        let change: Vec<f64> = fine.iter().zip(&coarse).map(|(x, y)| x - y).collect();
        if norm(&change) <= TOLERANCE * size {
            // The error of the fine result is a fifteenth of the change.
            return Ok(fine.iter().zip(&change).map(|(x, d)| x + d / 15.0).collect());
        }
        coarse = fine;
    }
    Err(GeometryError::NotConverged { what: "parallel transport between shapes", steps: STEPS.1 })
}

struct Ode<'a> {
    space: &'a ShapeSpace,
    length: f64,
    start: Vec<f64>,
    direction: Vec<f64>,
    width: usize,
    /// Products of start and direction with themselves and each other, width×width.
    squares: [Vec<f64>; 3],
}

impl<'a> Ode<'a> {
    fn new(space: &'a ShapeSpace, way: &Way, start: Vec<f64>, direction: Vec<f64>, width: usize) -> Self {
        let m = space.stimuli();
        let between = |a: &[f64], b: &[f64]| product_transposed(a, b, width, m, width);
        let squares = [between(&start, &start), between(&start, &direction), between(&direction, &direction)];
        Self { space, length: way.length, start, direction, width, squares }
    }

    /// Eigenvalues and eigenvectors of S = γᵀγ at t.
    fn square(&self, t: f64) -> Result<SymmetricEigen, GeometryError> {
        let (from, to) = self.space.coefficients(self.length, t);
        let w = self.width;
        let [aa, au, uu] = &self.squares;
        let matrix: Vec<f64> = (0..w * w)
            .map(|p| {
                let mirrored = p % w * w + p / w;
                from * from * aa[p] + from * to * (au[p] + au[mirrored]) + to * to * uu[p]
            })
            .collect();
        computed(symmetric_eigen(&matrix, w))
    }

    fn integrate(&self, vector: &[f64], steps: usize) -> Result<Vec<f64>, GeometryError> {
        let h = 1.0 / steps as f64;
        let plus =
            |v: &[f64], factor: f64, k: &[f64]| -> Vec<f64> { v.iter().zip(k).map(|(x, d)| x + factor * d).collect() };
        let mut v = vector.to_vec();
        let mut here = self.square(0.0)?;
        for step in 0..steps {
            let t = step as f64 * h;
            let (half, whole) = (self.square(t + h / 2.0)?, self.square(t + h)?);
            let k1 = self.derivative(t, &here, &v);
            let k2 = self.derivative(t + h / 2.0, &half, &plus(&v, h / 2.0, &k1));
            let k3 = self.derivative(t + h / 2.0, &half, &plus(&v, h / 2.0, &k2));
            let k4 = self.derivative(t + h, &whole, &plus(&v, h, &k3));
            for (i, x) in v.iter_mut().enumerate() {
                *x += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
            }
            here = whole;
        }
        Ok(v)
    }

    /// V′ at t, with the eigenpairs of S there.
    fn derivative(&self, t: f64, square: &SymmetricEigen, v: &[f64]) -> Vec<f64> {
        let (w, m) = (self.width, self.space.stimuli());
        let mix = |(from, to): (f64, f64)| -> Vec<f64> {
            self.start.iter().zip(&self.direction).map(|(a, u)| from * a + to * u).collect()
        };
        let point = mix(self.space.coefficients(self.length, t));
        let speed = mix(self.space.velocity(self.length, t));
        let cross = product_transposed(v, &speed, w, m, w); // Vᵀγ′
        let skew: Vec<f64> = (0..w * w).map(|p| cross[p] - cross[p % w * w + p / w]).collect();
        // In the eigenvectors of S: Ωᵢⱼ = Kᵢⱼ/(λᵢ + λⱼ); where both vanish, so does K.
        let vectors = square.vectors.concat();
        let mut inside = product_transposed(&product(&vectors, &skew, w, w, w), &vectors, w, w, w);
        let floor = 1e-13 * square.values.last().copied().unwrap_or(0.0);
        for (p, x) in inside.iter_mut().enumerate() {
            let sum = square.values[p / w].max(0.0) + square.values[p % w].max(0.0);
            *x = if sum > floor { *x / sum } else { 0.0 };
        }
        let omega = product(&transposed_product(&vectors, &inside, w, w, w), &vectors, w, w, w);
        let mut derivative = transposed_product(&omega, &point, w, w, m); // γΩ
        if self.space.is_angular() {
            let along = dot(v, &speed);
            derivative.iter_mut().zip(&point).for_each(|(x, a)| *x -= along * a);
        }
        derivative
    }
}
