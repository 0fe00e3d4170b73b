//! Tables of more points than fit into memory, block by block.

use std::ops::Range;

use rayon::prelude::*;

use crate::Error;
use crate::linalg::{Element, Loop, Panels, add_lower_product, add_product_transposed, vectorized};
use crate::metric::{Metric, Point};

/// From this |cosine| on, a pair is computed from the difference of the points, in a second pass over the block. Below it
/// a cosine that is off by 2·10⁻⁷, as f32 products of numbers that round alike are at worst, moves the arc by 10⁻⁶ rad at most;
/// ordinary ones move it by less than 10⁻⁷ rad.
const NEARLY_PARALLEL: f64 = 0.98;

/// Coordinates read and multiplied at a time, where memory is short; up to eight times as many where it is not, so that
/// files are read in longer pieces.
const SLAB: usize = 2048;
const LONGEST: usize = 8;

/// The largest block: with more rows less is read, with fewer less is lost when a run ends in the middle of a block.
const LARGEST_BLOCK: usize = 4096;

/// From this number of points on there are at least three blocks of rows, so that an interrupted table has something to
/// go on from.
const WORTH_KEEPING: usize = 512;

/// Bytes that a block takes on two threads beside [`BlockPlan::memory`], whatever its size: rows under way. Measured, and
/// checked by the benchmark W2.
pub const WORKSPACE: usize = 12 << 20;

/// Points of a sphere that are read piece by piece.
pub trait PointRows<T>: Sync {
    /// What can go wrong.
    type Error: Send;

    /// Number of points, K.
    fn points(&self) -> usize;

    /// Number of coordinates of a point, d.
    fn dimension(&self) -> usize;

    /// Copies coordinates of point `row`.
    ///
    /// # Errors
    ///
    /// Whatever prevents it.
    fn read(&self, row: usize, coordinates: Range<usize>, out: &mut [T]) -> Result<(), Self::Error>;
}

/// How a K×K table is cut into blocks, so that one block with all that is needed for it fits into memory.
///
/// ```
/// use layerpath::table::BlockPlan;
/// // 10,000 points of 499,500 coordinates in f32, in half a gigabyte.
/// let plan = BlockPlan::within(1 << 29, 10_000, 499_500, 4).unwrap();
/// assert!(plan.memory() <= 1 << 29);
/// // Three blocks of rows, so every point is read three times or a little more.
/// assert_eq!(plan.blocks().len(), 6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockPlan {
    points: usize,
    rows: usize,
    coordinates: usize,
    element: usize,
}

impl BlockPlan {
    /// The plan with the largest blocks within `memory` bytes for `points` points of `dimension` coordinates of `element`
    /// bytes; `None` if not even a block of one row fits.
    pub fn within(memory: usize, points: usize, dimension: usize, element: usize) -> Option<Self> {
        let coordinates = SLAB.min(dimension.max(1));
        let plan = |rows: usize| Self { points, rows, coordinates, element };
        let most = LARGEST_BLOCK.min(if points >= WORTH_KEEPING { points.div_ceil(3) } else { points.max(1) });
        // memory(rows) grows with rows.
        let (mut fits, mut fails) = (0, most + 1);
        while fails - fits > 1 {
            let middle = fits + (fails - fits) / 2;
            if plan(middle).memory() <= memory {
                fits = middle;
            } else {
                fails = middle;
            }
        }
        (fits > 0).then(|| {
            // Blocks of equal size.
            let count = points.div_ceil(fits).max(1);
            let equal = plan(points.div_ceil(count).max(1));
            let longer =
                (1..=LONGEST).rev().map(|times| Self { coordinates: dimension.clamp(1, times * SLAB), ..equal });
            longer.into_iter().find(|plan| plan.memory() <= memory).unwrap_or(equal)
        })
    }

    /// Bytes in use while a block is computed, beside [`WORKSPACE`]: the block, and a slab of both sets of points.
    pub fn memory(&self) -> usize {
        let slab = self.rows * self.coordinates * self.element;
        8 * self.rows * self.rows + 2 * slab
    }

    /// The least memory that [`within`](Self::within) makes a plan for: that of a block of one row.
    pub fn least(dimension: usize, element: usize) -> usize {
        Self { points: 1, rows: 1, coordinates: SLAB.min(dimension.max(1)), element }.memory()
    }

    /// Points in a block's rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The plan for blocks that are computed pair by pair: as many whole points as fit into `memory` on both sides of a
    /// block, of `point` bytes each and as much for what is made of them; `None` if not even one on each side does.
    pub fn of_pairs(memory: usize, points: usize, point: usize) -> Option<Self> {
        // A point as read, and as much for what is made of it.
        let plan = |rows: usize| Self { points, rows, coordinates: point, element: 2 };
        let sizes: Vec<usize> = (1..=points.clamp(1, LARGEST_BLOCK)).collect();
        let fits = sizes.partition_point(|&rows| plan(rows).memory() <= memory);
        (fits > 0).then(|| plan(points.div_ceil(points.div_ceil(fits).max(1)).max(1)))
    }

    /// Rows and columns of all blocks on and below the diagonal.
    pub fn blocks(&self) -> Vec<(Range<usize>, Range<usize>)> {
        let range = |index: usize| index * self.rows..((index + 1) * self.rows).min(self.points);
        let count = self.points.div_ceil(self.rows);
        (0..count).flat_map(|i| (0..=i).map(move |j| (range(i), range(j)))).collect()
    }
}

/// Arcs (rad) between the points `rows` and the points `columns`, a row-major block of the K×K table.
///
/// Products are made in the precision of the points, those of f32 summed in f64 every 256 coordinates; both norms are computed too, so
/// that points need not have norm 1 exactly. Pairs whose cosine is above 0.98 in size are computed from ‖a−b‖ in a second
/// pass, and are then as exact as the points are.
///
/// # Errors
///
/// What the source says.
pub fn arc_block<T: Element, S: PointRows<T>>(
    source: &S,
    plan: &BlockPlan,
    rows: Range<usize>,
    columns: Range<usize>,
) -> Result<Vec<f64>, S::Error> {
    let (height, width, dimension) = (rows.len(), columns.len(), source.dimension());
    let same = rows == columns;
    let mut block = vec![0.0; height * width];
    let mut left = Slab::new(rows, plan.coordinates);
    let mut right = Slab::new(if same { 0..0 } else { columns }, plan.coordinates);
    let slabs =
        || (0..dimension).step_by(plan.coordinates).map(|start| start..(start + plan.coordinates).min(dimension));
    for coordinates in slabs() {
        left.read_panels(source, coordinates.clone())?;
        if same {
            add_lower_product(&mut block, &left.panels);
        } else {
            right.read_panels(source, coordinates)?;
            add_product_transposed(&mut block, &left.panels, &right.panels);
        }
    }
    let own: Vec<f64> = left.squares.iter().map(|square| square.sqrt()).collect();
    let other: Vec<f64> = if same { own.clone() } else { right.squares.iter().map(|square| square.sqrt()).collect() };
    let near: Vec<Vec<usize>> = block
        .par_chunks_mut(width.max(1))
        .enumerate()
        .map(|(i, row)| {
            let mut near = Vec::new();
            for j in 0..if same { i } else { width } {
                let cosine = row[j] / (own[i] * other[j]);
                row[j] = if cosine.abs() < NEARLY_PARALLEL {
                    2.0 * (1.0 - cosine).sqrt().atan2((1.0 + cosine).sqrt())
                } else {
                    near.push(j);
                    // The second pass sums here; its sign says whether a − b or a + b is the small one.
                    cosine.signum() * 0.0
                };
            }
            near
        })
        .collect();
    if near.iter().any(|row| !row.is_empty()) {
        for coordinates in slabs() {
            left.read_values(source, coordinates.clone())?;
            if !same {
                right.read_values(source, coordinates.clone())?;
            }
            let others = if same { &left } else { &right };
            block.par_chunks_mut(width).zip(&near).enumerate().for_each(|(i, (row, near))| {
                for &j in near {
                    let sign = if row[j].is_sign_negative() { -1.0 } else { 1.0 };
                    let (a, b) = (left.row(i, coordinates.len()), others.row(j, coordinates.len()));
                    row[j] += sign * squared_difference(a, b, sign);
                }
            });
        }
        block.par_chunks_mut(width).zip(&near).enumerate().for_each(|(i, (row, near))| {
            for &j in near {
                // ‖a ∓ b‖² − (‖a‖ − ‖b‖)² = 2‖a‖‖b‖(1 ∓ cos).
                let apart = own[i] - other[j];
                let small = ((row[j].abs() - apart * apart) / (own[i] * other[j])).clamp(0.0, 4.0);
                let arc = 2.0 * small.sqrt().atan2((4.0 - small).sqrt());
                row[j] = if row[j].is_sign_negative() { std::f64::consts::PI - arc } else { arc };
            }
        });
    }
    if same {
        for i in 0..height {
            block[i * width + i] = 0.0;
            for j in 0..i {
                block[j * width + i] = block[i * width + j];
            }
        }
    }
    Ok(block)
}

/// Distances between `rows` and `columns`, or among `rows` where there are no columns, pair by pair: a row-major block of the
/// table of a metric whose points do not lie on a sphere.
///
/// # Errors
///
/// Points of different spaces, and what [`Metric::distance`] can say.
pub fn pair_block(metric: &Metric, rows: &[Point], columns: Option<&[Point]>) -> Result<Vec<f64>, Error> {
    let Some(columns) = columns else {
        let table = metric.distances(&rows.iter().collect::<Vec<_>>())?;
        return Ok(table.to_rows().concat());
    };
    let width = columns.len();
    let pairs = (0..rows.len() * width).into_par_iter();
    pairs.map(|place| metric.distance(&rows[place / width], &columns[place % width])).collect()
}

/// Σ a².
struct Square<'a, T>(&'a [T]);

impl<T: Element> Loop for Square<'_, T> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let (whole, rest) = self.0.as_chunks::<32>();
        let mut lanes = [0.0; 32];
        for chunk in whole {
            for (lane, &value) in lanes.iter_mut().zip(chunk) {
                let value: f64 = value.into();
                *lane += value * value;
            }
        }
        let rest: f64 = rest.iter().map(|&value| Into::<f64>::into(value).powi(2)).sum();
        lanes.iter().sum::<f64>() + rest
    }
}

/// Σ (a − sign·b)².
fn squared_difference<T: Element>(a: &[T], b: &[T], sign: f64) -> f64 {
    let mut lanes = [0.0; 8];
    let (a, b) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (a, b) in a.0.iter().zip(b.0) {
        for lane in 0..8 {
            let difference = Into::<f64>::into(a[lane]) - sign * Into::<f64>::into(b[lane]);
            lanes[lane] += difference * difference;
        }
    }
    for (lane, (&a, &b)) in a.1.iter().zip(b.1).enumerate() {
        lanes[lane] += (Into::<f64>::into(a) - sign * Into::<f64>::into(b)).powi(2);
    }
    lanes.iter().sum()
}

/// Some coordinates of some points.
struct Slab<T: Element> {
    points: Range<usize>,
    /// To be multiplied.
    panels: Panels<T>,
    /// As they are, for pairs that are computed from the points themselves.
    values: Vec<T>,
    /// Squared norms of the points, as far as they were read.
    squares: Vec<f64>,
}

impl<T: Element> Slab<T> {
    fn new(points: Range<usize>, coordinates: usize) -> Self {
        let panels = Panels::with_capacity(points.len(), coordinates);
        let squares = vec![0.0; points.len()];
        Self { points, panels, values: Vec::new(), squares }
    }

    fn row(&self, index: usize, width: usize) -> &[T] {
        &self.values[index * width..(index + 1) * width]
    }

    /// Reads coordinates to be multiplied.
    fn read_panels<S: PointRows<T>>(&mut self, source: &S, coordinates: Range<usize>) -> Result<(), S::Error> {
        let start = self.points.start;
        let squares = self.panels.fill_rows(coordinates.len(), |index, row| {
            source.read(start + index, coordinates.clone(), row)?;
            Ok(vectorized(Square(row)))
        });
        for (sum, square) in self.squares.iter_mut().zip(squares) {
            *sum += square?;
        }
        Ok(())
    }

    /// Reads coordinates as they are.
    fn read_values<S: PointRows<T>>(&mut self, source: &S, coordinates: Range<usize>) -> Result<(), S::Error> {
        let (start, width) = (self.points.start, coordinates.len());
        self.panels = Panels::with_capacity(0, 0);
        self.values.resize(self.points.len() * width, T::default());
        let rows = self.values.par_chunks_exact_mut(width).enumerate();
        rows.try_for_each(|(index, row)| source.read(start + index, coordinates.clone(), row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::UnitVector;
    use crate::table::arcs;

    struct InMemory<T>(Vec<Vec<T>>);

    impl<T: Element> PointRows<T> for InMemory<T> {
        type Error = String;

        fn points(&self) -> usize {
            self.0.len()
        }

        fn dimension(&self) -> usize {
            self.0[0].len()
        }

        fn read(&self, row: usize, coordinates: Range<usize>, out: &mut [T]) -> Result<(), String> {
            let row = self.0.get(row).ok_or("no such row")?;
            out.copy_from_slice(&row[coordinates]);
            Ok(())
        }
    }

    /// Unit vectors: some far apart, some 1e-1 … 1e-6 apart, one antipodal pair, one pair of equal ones.
    fn points(dimension: usize) -> Vec<UnitVector> {
        let wave = |k: f64, i: usize| ((i * 7919 % 1009) as f64 * k + (i % 31) as f64).sin();
        let base: Vec<f64> = (0..dimension).map(|i| wave(1.0, i)).collect();
        let other: Vec<f64> = (0..dimension).map(|i| wave(2.7, i)).collect();
        let mut all = vec![base.clone(), other.clone(), base.iter().map(|x| -x).collect()];
        for step in [1e-1, 1e-2, 1e-4, 1e-6, 0.0] {
            all.push(base.iter().zip(&other).map(|(x, y)| x + step * y).collect());
        }
        all.into_iter().map(|point| UnitVector::normalize(point).unwrap()).collect()
    }

    fn check<T: Element>(round: impl Fn(f64) -> T, tolerance: f64) {
        for dimension in [5, 700, 5000] {
            let exact = points(dimension);
            let rows: Vec<Vec<T>> = exact.iter().map(|p| p.coordinates().iter().map(|&x| round(x)).collect()).collect();
            // The reference is of the rounded points.
            let rounded: Vec<UnitVector> = rows
                .iter()
                .map(|row| UnitVector::normalize(row.iter().map(|&x| x.into()).collect()).unwrap())
                .collect();
            let reference = arcs(&rounded.iter().collect::<Vec<_>>()).unwrap();
            let source = InMemory(rows);
            let all = BlockPlan { points: 8, rows: 3, coordinates: 600, element: 4 };
            for (rows, columns) in all.blocks() {
                let block = arc_block(&source, &all, rows.clone(), columns.clone()).unwrap();
                for (i, row) in rows.clone().zip(block.chunks_exact(columns.len())) {
                    for (j, arc) in columns.clone().zip(row) {
                        let expected = reference.get(i, j);
                        assert!((arc - expected).abs() < tolerance, "{dimension}: {i}, {j}: {arc} and {expected}");
                    }
                }
            }
        }
    }

    #[test]
    fn blocks_are_the_table() {
        check(|x| x, 1e-12);
        // Nearly parallel pairs are exact in f32 too; the others are off by what f32 products are.
        check(|x| x as f32, 3e-8);
    }

    #[test]
    fn small_steps_of_f32_points_keep_their_digits() {
        let rows: Vec<Vec<f32>> =
            points(5000).iter().map(|p| p.coordinates().iter().map(|&x| x as f32).collect()).collect();
        let source = InMemory(rows);
        let plan = BlockPlan::within(1 << 20, 8, 5000, 4).unwrap();
        let block = arc_block(&source, &plan, 0..8, 0..8).unwrap();
        // 10⁻⁶ away along a unit vector that is nearly orthogonal: known to the 6·10⁻⁸ of the roundings, not better.
        assert!((block[6] - 1e-6).abs() < 2e-7, "{}", block[6]);
        assert_eq!(block[7], 0.0);
        assert!((block[2] - std::f64::consts::PI).abs() < 1e-7);
    }

    #[test]
    fn plans_and_failures() {
        assert!(BlockPlan::within(100, 10, 10_000, 4).is_none());
        for (dimension, element) in [(10, 4), (10_000, 4), (10_000, 8)] {
            let least = BlockPlan::least(dimension, element);
            assert!(BlockPlan::within(least, 10, dimension, element).is_some());
            assert!(BlockPlan::within(least - 1, 10, dimension, element).is_none());
        }
        // Pairs of whole points: each as read, and as much again, on both sides.
        let pairs = BlockPlan::of_pairs(100_000, 10, 4000).unwrap();
        assert!(pairs.memory() >= pairs.rows() * 4 * 4000 && pairs.memory() <= 100_000);
        let plan = BlockPlan::within(1 << 24, 1000, 499_500, 4).unwrap();
        assert!(plan.memory() <= 1 << 24);
        let mut seen = vec![0; 1000 * 1000];
        for (rows, columns) in plan.blocks() {
            for i in rows.clone() {
                for j in columns.clone() {
                    seen[i * 1000 + j] += 1;
                }
            }
        }
        assert!((0..1000).all(|i| (0..=i).all(|j| seen[i * 1000 + j] == 1)));
        let source = InMemory(vec![vec![1.0_f64, 0.0]]);
        let plan = BlockPlan::within(1 << 20, 2, 2, 8).unwrap();
        assert_eq!(arc_block(&source, &plan, 0..2, 0..2), Err("no such row".to_owned()));
    }
}
