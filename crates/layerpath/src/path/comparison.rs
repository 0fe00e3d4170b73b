//! Whole paths against each other, from the table of distances between their points (docs/math.md §3.3).
//!
//! The paths may differ in length. Each number is read against its value between replicas (the same architecture,
//! another seed), which [`compare`] gives just as well.
//!
//! | measure | meaning |
//! | --- | --- |
//! | arc-length matched | mean distance of the points at the same share of the way, ∫₀¹ d(a(s), b(s)) ds |
//! | dynamic time warping | least sum of distances over all monotone alignments (Sakoe & Chiba 1978) |
//! | discrete Fréchet | least over monotone alignments of the largest distance (Eiter & Mannila 1994) |
//! | Hausdorff | largest distance from a point of one to the nearest of the other; order does not matter |

use super::Undefined;
use crate::Error;
use crate::geometry::GeometryError;
use crate::metric::{Metric, Point};

/// Distances between the points of two paths, and the steps of each.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossTable {
    /// `distances[i][j]` = d(aᵢ, bⱼ).
    distances: Vec<Vec<f64>>,
    first_steps: Vec<f64>,
    second_steps: Vec<f64>,
    segments: Segments,
}

/// How a point between two neighbours of a path is placed by distances alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segments {
    /// Exact on the unit sphere, where distances are arcs (angular CKA, angular RSA).
    Spherical,
    /// Exact in flat spaces (Stewart's theorem); elsewhere an approximation whose relative error is of the order of
    /// curvature times squared step.
    Flat,
}

/// What [`compare`] finds, in the metric's unit.
#[derive(Debug, Clone, PartialEq)]
pub struct PathComparison {
    /// Mean distance at equal shares of the length; undefined if a path has length 0, or an antipodal step.
    pub arc_length_matched: Result<f64, Undefined>,
    /// Dynamic time warping.
    pub warping: Warping,
    /// Discrete Fréchet distance.
    pub frechet: f64,
    /// Hausdorff distance of the two sets of points.
    pub hausdorff: f64,
}

/// The best monotone alignment of two paths.
#[derive(Debug, Clone, PartialEq)]
pub struct Warping {
    /// Sum of the distances of aligned pairs. It grows with the number of points.
    pub total: f64,
    /// Mean distance of an aligned pair.
    pub mean: f64,
    /// Aligned pairs (i, j) from (0, 0) to the two last points; each differs from the one before by a step in i, in j, or
    /// in both. Of equally good alignments the one with the latest diagonal steps.
    pub alignment: Vec<(usize, usize)>,
}

/// Compares two paths of one metric.
///
/// # Errors
///
/// [`Error::TooFewPoints`] for paths of fewer than two points, [`Error::DimensionMismatch`] for points of different spaces.
///
/// ```
/// use layerpath::{metric::Metric, path::comparison::compare, representation::Representation};
/// let metric = Metric::default();
/// let mut points = Vec::new();
/// for x in [[0.0, 1.0, 2.0, 0.5, 1.0_f64], [0.1, 0.9, 2.1, 0.2, 0.9], [0.0, 1.0, 1.0, 0.0, 0.3]] {
///     points.push(metric.embed(&Representation::new(&x[..], 5, 1)?)?);
/// }
/// let comparison = compare(&metric, &points, &points[..2])?;
/// assert!(comparison.frechet >= comparison.hausdorff);
/// assert_eq!(comparison.warping.alignment, [(0, 0), (1, 1), (2, 1)]);
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn compare(metric: &Metric, first: &[Point], second: &[Point]) -> Result<PathComparison, Error> {
    let all: Vec<&Point> = first.iter().chain(second).collect();
    let table = metric.distances(&all)?;
    let (rows, columns) = (first.len(), second.len());
    let distances = (0..rows).map(|i| (0..columns).map(|j| table.get(i, rows + j)).collect()).collect();
    let steps = |start: usize, n: usize| (start + 1..start + n).map(|i| table.get(i - 1, i)).collect();
    let segments = if metric.is_spherical() { Segments::Spherical } else { Segments::Flat };
    Ok(CrossTable::new(distances, steps(0, rows), steps(rows, columns), segments)?.compare())
}

impl CrossTable {
    /// A table of d(aᵢ, bⱼ), the steps d(aᵢ, aᵢ₊₁) and the steps d(bⱼ, bⱼ₊₁).
    ///
    /// # Errors
    ///
    /// [`Error::TooFewPoints`] for fewer than two points, [`Error::Setting`] if the numbers of rows, columns and steps do
    /// not fit or a distance is negative or not finite.
    pub fn new(
        distances: Vec<Vec<f64>>,
        first_steps: Vec<f64>,
        second_steps: Vec<f64>,
        segments: Segments,
    ) -> Result<Self, Error> {
        let (rows, columns) = (first_steps.len() + 1, second_steps.len() + 1);
        if rows < 2 || columns < 2 {
            return Err(Error::TooFewPoints(rows.min(columns)));
        }
        if distances.len() != rows || distances.iter().any(|row| row.len() != columns) {
            let message =
                format!("steps of {rows} and {columns} points need a cross table of {rows} × {columns} distances");
            return Err(Error::Setting(message));
        }
        let mut all = distances.iter().flatten().chain(&first_steps).chain(&second_steps);
        if let Some(wrong) = all.find(|distance| !(distance.is_finite() && **distance >= 0.0)) {
            return Err(Error::Setting(format!("{wrong} is no distance")));
        }
        Ok(Self { distances, first_steps, second_steps, segments })
    }

    /// All four measures.
    pub fn compare(&self) -> PathComparison {
        PathComparison {
            arc_length_matched: self.arc_length_matched(),
            warping: self.warping(),
            frechet: self.frechet(),
            hausdorff: self.hausdorff(),
        }
    }

    /// ∫₀¹ d(a(s), b(s)) ds, with a(s) the point at share s of the length of the geodesic polygon a₀ … a_L.
    ///
    /// Five-point Gauss–Legendre (DLMF 3.5.15) between successive corners of either path.
    ///
    /// # Errors
    ///
    /// [`Undefined::NoLength`] if a path never moves, [`GeometryError::Antipodal`] for a step of π on the sphere.
    pub fn arc_length_matched(&self) -> Result<f64, Undefined> {
        const NODES: [(f64, f64); 5] = [
            (-0.906_179_845_938_664, 0.236_926_885_056_189_1),
            (-0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
            (0.0, 0.568_888_888_888_888_9),
            (0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
            (0.906_179_845_938_664, 0.236_926_885_056_189_1),
        ];
        if self.segments == Segments::Spherical {
            let longest =
                self.first_steps.iter().chain(&self.second_steps).fold(0.0_f64, |sofar, step| sofar.max(*step));
            if longest > std::f64::consts::PI - 1e-9 {
                return Err(Undefined::Geometry(GeometryError::Antipodal));
            }
        }
        let (first, second) = (shares(&self.first_steps)?, shares(&self.second_steps)?);
        let mut corners: Vec<f64> = first.iter().chain(&second).copied().collect();
        corners.sort_by(f64::total_cmp);
        let mut integral = 0.0;
        for pair in corners.windows(2) {
            let (middle, half) = (f64::midpoint(pair[0], pair[1]), 0.5 * (pair[1] - pair[0]));
            if half == 0.0 {
                continue;
            }
            for (node, weight) in NODES {
                let share = middle + half * node;
                integral += weight * half * self.between(locate(&first, share), locate(&second, share));
            }
        }
        Ok(integral)
    }

    /// Distance of the points at s on segment i of the first path and at t on segment j of the second.
    ///
    /// With both points written as combinations Σ cₖpₖ of the four corners, ‖Σ cₖpₖ − Σ cₗpₗ‖² is a sum over pairs of
    /// corners of −cₖcₗ‖pₖ − pₗ‖²; on the sphere, where the weights do not sum to one, plus (Σ cₖ)². No cancellation of
    /// cosines: equal paths come out at zero.
    fn between(&self, (i, s): (usize, f64), (j, t): (usize, f64)) -> f64 {
        let chord = |distance: f64| match self.segments {
            Segments::Flat => distance,
            Segments::Spherical => 2.0 * (0.5 * distance).sin(),
        };
        let weights = |step: f64, t: f64| match self.segments {
            Segments::Spherical if step > 1e-12 => {
                [((1.0 - t) * step).sin() / step.sin(), (t * step).sin() / step.sin()]
            }
            _ => [1.0 - t, t],
        };
        let (w, v) = (weights(self.first_steps[i], s), weights(self.second_steps[j], t));
        let square = |distance: f64| chord(distance).powi(2);
        let cross = |k: usize, l: usize| w[k] * v[l] * square(self.distances[i + k][j + l]);
        let rest = match self.segments {
            Segments::Flat => 0.0,
            Segments::Spherical => ((w[0] - v[0]) + (w[1] - v[1])).powi(2),
        };
        let within_first = w[0] * w[1] * square(self.first_steps[i]);
        let within_second = v[0] * v[1] * square(self.second_steps[j]);
        let squared = ((cross(0, 1) + cross(1, 0)) - within_first - within_second) + cross(0, 0) + cross(1, 1) + rest;
        let length = squared.max(0.0).sqrt();
        match self.segments {
            Segments::Flat => length,
            Segments::Spherical => 2.0 * (0.5 * length).min(1.0).asin(),
        }
    }

    /// Dynamic time warping.
    pub fn warping(&self) -> Warping {
        let total = self.accumulate(|before, distance| before + distance);
        let (mut i, mut j) = (self.distances.len() - 1, self.distances[0].len() - 1);
        let sum = total[i][j];
        let mut alignment = vec![(i, j)];
        while (i, j) != (0, 0) {
            (i, j) = match (i, j) {
                (0, _) => (0, j - 1),
                (_, 0) => (i - 1, 0),
                _ => {
                    let (diagonal, up, left) = (total[i - 1][j - 1], total[i - 1][j], total[i][j - 1]);
                    if diagonal <= up && diagonal <= left {
                        (i - 1, j - 1)
                    } else if up <= left {
                        (i - 1, j)
                    } else {
                        (i, j - 1)
                    }
                }
            };
            alignment.push((i, j));
        }
        alignment.reverse();
        Warping { total: sum, mean: sum / alignment.len() as f64, alignment }
    }

    /// Discrete Fréchet distance: at least [`hausdorff`](Self::hausdorff), and unchanged by repeated points.
    pub fn frechet(&self) -> f64 {
        let reached = self.accumulate(f64::max);
        reached[self.distances.len() - 1][self.distances[0].len() - 1]
    }

    /// Hausdorff distance max(maxᵢ minⱼ dᵢⱼ, maxⱼ minᵢ dᵢⱼ).
    pub fn hausdorff(&self) -> f64 {
        let least = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::INFINITY, f64::min);
        let forward = self.distances.iter().map(|row| least(&mut row.iter().copied()));
        let columns = 0..self.distances[0].len();
        let backward = columns.map(|j| least(&mut self.distances.iter().map(|row| row[j])));
        forward.chain(backward).fold(0.0, f64::max)
    }

    /// The table of `join(best of the three places before, distance)` over monotone alignments.
    fn accumulate(&self, join: impl Fn(f64, f64) -> f64) -> Vec<Vec<f64>> {
        let mut table: Vec<Vec<f64>> = Vec::with_capacity(self.distances.len());
        for (i, row) in self.distances.iter().enumerate() {
            let mut own: Vec<f64> = Vec::with_capacity(row.len());
            for (j, &distance) in row.iter().enumerate() {
                let up = if i > 0 { table[i - 1][j] } else { f64::INFINITY };
                let left = if j > 0 { own[j - 1] } else { f64::INFINITY };
                let diagonal = if i > 0 && j > 0 { table[i - 1][j - 1] } else { f64::INFINITY };
                let before = up.min(left).min(diagonal);
                own.push(if (i, j) == (0, 0) { distance } else { join(before, distance) });
            }
            table.push(own);
        }
        table
    }
}

/// Share of the length at which each point lies, from 0 to 1.
fn shares(steps: &[f64]) -> Result<Vec<f64>, Undefined> {
    let length: f64 = steps.iter().sum();
    if length == 0.0 {
        return Err(Undefined::NoLength);
    }
    let mut shares = vec![0.0];
    let mut sofar = 0.0;
    for step in steps {
        sofar += step;
        shares.push((sofar / length).min(1.0));
    }
    shares[steps.len()] = 1.0;
    Ok(shares)
}

/// The segment of a share and the place within it.
fn locate(shares: &[f64], share: f64) -> (usize, f64) {
    let segment = shares[1..shares.len() - 1].partition_point(|&corner| corner <= share);
    let (start, end) = (shares[segment], shares[segment + 1]);
    (segment, if end > start { ((share - start) / (end - start)).clamp(0.0, 1.0) } else { 0.0 })
}
