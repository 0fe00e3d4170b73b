//! Symmetric and rectangular products of many columns, accumulated in f64.
//!
//! The inner dimension comes in *panels* of at most [`Element::PANEL`] columns. Within a panel the product is made in the
//! precision of its elements; panels are added in f64. So an f32 product runs at the speed of f32, and its rounding is that of
//! sums of 256 terms, averaged over all panels. Only [`add_lower_product_of`] adds a few panels in f32 first.
//!
//! The work is cut into tasks: a tile of the result and, where there are few tiles, a part of the panels. One thread does a
//! task, into a tile of its own, and the tiles are added to the result in the order of the panels: the cuts depend on the
//! shapes alone, so the bits do not depend on the number of threads. Threads inside the library's products would be a few
//! percent faster on an idle machine, and a hundred times slower on a busy one, because they wait for each other in loops.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::traits::ComplexField;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::scratch::{Scratch, Spare};
use super::{Loop, vectorized};

/// Rows up to which panels are multiplied while they are in the cache, by [`add_lower_product_of`].
const FEW_ROWS: usize = 1024;

/// Up to so many tiles, the panels are shared out too, in as many parts.
const PARTS: usize = 4;

/// Columns that are made together, where they are multiplied afterwards: whole panels.
const BLOCK: usize = 4096;

/// Rows of the result that one task adds to.
const ROWS: usize = 16;

/// A precision of products.
pub trait Element: ComplexField + Copy + Default + Into<f64> + Send + Sync + 'static {
    /// Unit roundoff of the precision.
    const ROUNDOFF: f64;

    /// Columns of a panel.
    const PANEL: usize;
    /// Columns of a panel that [`add_lower_product_of`] makes and multiplies at once: the more, the less often the product is
    /// read and written.
    const STRIP: usize;
    /// Columns that are multiplied at once.
    const WIDTH: usize;

    /// Rows and columns of the largest tile of a product, and the panels of it that are summed in this precision.
    const TILE: usize;
    /// See [`TILE`](Self::TILE).
    const SUMMED: usize;

    /// The same numbers in f64.
    fn into_sums(product: Vec<Self>) -> Vec<f64>;

    /// Buffers that are used again.
    #[doc(hidden)]
    fn spare() -> &'static Spare<Self>;
}

impl Element for f32 {
    const ROUNDOFF: f64 = f32::EPSILON as f64 / 2.0;
    const PANEL: usize = 256;
    const STRIP: usize = 1024;
    const WIDTH: usize = 256;
    // Product and sums of a tile stay in the cache, since every panel is added.
    const TILE: usize = 256;
    const SUMMED: usize = 1;

    fn into_sums(product: Vec<Self>) -> Vec<f64> {
        product.into_iter().map(f64::from).collect()
    }

    fn spare() -> &'static Spare<Self> {
        static SPARE: Spare<f32> = Spare::new();
        &SPARE
    }
}

impl Element for f64 {
    const ROUNDOFF: f64 = f64::EPSILON / 2.0;
    const PANEL: usize = 1024;
    const STRIP: usize = 1024;
    const WIDTH: usize = 1024;
    const TILE: usize = 1024;
    const SUMMED: usize = usize::MAX;

    fn into_sums(product: Vec<Self>) -> Vec<f64> {
        product
    }

    fn spare() -> &'static Spare<Self> {
        static SPARE: Spare<f64> = Spare::new();
        &SPARE
    }
}

/// How far rounding moves a matrix of products, at most, relative to its norm: u·√(k/2) for panels of k columns. The roundings
/// of a running sum of k terms add up like a random walk, to u·√(k/6) or less; several panels average them further.
pub fn roundoff_of_products<T: Element>() -> f64 {
    T::ROUNDOFF * (T::PANEL as f64 / 2.0).sqrt()
}

/// How the elements of a panel lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    RowMajor,
    ColumnMajor,
}

/// An n×k matrix cut into panels of [`Element::PANEL`] columns, one after another; the last may be narrower. Each panel is row-major,
/// or each column-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Panels<T> {
    order: Order,
    rows: usize,
    columns: usize,
    values: Vec<T>,
}

impl<T: Element> Panels<T> {
    /// Room for a matrix of `rows` rows and up to `columns` columns, which has no columns yet.
    pub fn with_capacity(rows: usize, columns: usize) -> Self {
        Self { order: Order::RowMajor, rows, columns: 0, values: vec![T::default(); rows * columns] }
    }

    /// The same with column-major panels: [`fill`](Self::fill) writes column after column.
    pub fn column_major(rows: usize, columns: usize) -> Self {
        Self { order: Order::ColumnMajor, ..Self::with_capacity(rows, columns) }
    }

    /// The panels of a row-major matrix of `rows` rows.
    ///
    /// # Panics
    ///
    /// If the elements make no whole rows: a fault of the caller inside this crate, not of a user's input.
    pub fn of(matrix: &[T], rows: usize) -> Self {
        let columns = matrix.len() / rows.max(1);
        assert_eq!(rows * columns, matrix.len(), "whole rows");
        let mut panels = Self::with_capacity(rows, columns);
        panels.fill(columns, |first, width, panel| {
            for (row, own) in matrix.chunks_exact(columns).zip(panel.chunks_exact_mut(width)) {
                own.copy_from_slice(&row[first..first + width]);
            }
        });
        panels
    }

    /// Number of rows, n.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns that there is room for.
    pub fn capacity(&self) -> usize {
        self.values.len().checked_div(self.rows).unwrap_or(0)
    }

    /// Replaces the matrix by one of `columns` columns. `write` gets the first column of a panel, its width, and its n×width
    /// elements, for all panels in parallel; what it returns comes back panel by panel.
    ///
    /// # Panics
    ///
    /// If there is no room for so many columns: a fault of the caller inside this crate, not of a user's input.
    pub fn fill<R: Send>(&mut self, columns: usize, write: impl Fn(usize, usize, &mut [T]) -> R + Sync) -> Vec<R> {
        assert!(self.rows * columns <= self.values.len(), "room for the columns");
        self.columns = columns;
        let size = (self.rows * T::PANEL).max(1);
        let write = |(index, panel): (usize, &mut [T])| {
            write(index * T::PANEL, T::PANEL.min(columns - index * T::PANEL), panel)
        };
        self.values[..self.rows * columns].par_chunks_mut(size).enumerate().map(write).collect()
    }

    /// Number of panels.
    fn panels(&self) -> usize {
        self.columns.div_ceil(T::PANEL)
    }

    /// Some rows of a panel.
    fn block(&self, panel: usize, rows: &Range<usize>) -> MatRef<'_, T> {
        let width = T::PANEL.min(self.columns - panel * T::PANEL);
        let values = &self.values[self.rows * panel * T::PANEL..][..self.rows * width];
        match self.order {
            Order::RowMajor => {
                MatRef::from_row_major_slice(&values[rows.start * width..rows.end * width], rows.len(), width)
            }
            Order::ColumnMajor => {
                MatRef::from_column_major_slice(values, self.rows, width).subrows(rows.start, rows.len())
            }
        }
    }
}

/// Starts and ends of tiles: as few as `largest` allows, of equal size.
fn tiles(size: usize, largest: usize) -> impl Iterator<Item = Range<usize>> + Clone {
    let tile = size.div_ceil(size.div_ceil(largest).max(1)).max(1);
    (0..size).step_by(tile).map(move |start| start..(start + tile).min(size))
}

/// Adds A·Aᵀ to the lower triangle of a square row-major matrix, n×n for the n rows of A.
///
/// Entries (i, j) with j > i stay as they are. About n²k/2 multiply–adds, half of the full product.
///
/// ```
/// use layerpath::linalg::{Panels, add_lower_product};
/// let mut a = Panels::with_capacity(2, 2);
/// a.fill(2, |_, _, panel| panel.copy_from_slice(&[1.0_f32, 2.0, 3.0, 4.0]));
/// let mut out = [0.0; 4];
/// add_lower_product(&mut out, &a);
/// assert_eq!([out[0], out[2], out[3]], [5.0, 11.0, 25.0]);
/// ```
///
/// # Panics
///
/// If `out` does not have n·n elements: a fault of the caller inside this crate, not of a user's input.
pub fn add_lower_product<T: Element>(out: &mut [f64], a: &Panels<T>) {
    let n = a.rows;
    assert!(out.len() == n * n, "shape of a symmetric product");
    if n == 0 {
        return;
    }
    let below = |rows: &Range<usize>| {
        let end = rows.end;
        tiles(n, T::TILE).take_while(move |columns| columns.start < end)
    };
    add_tiles(
        out,
        n,
        a,
        a,
        tiles(n, T::TILE).flat_map(|rows| below(&rows).map(move |columns| (rows.clone(), columns))).collect(),
    );
}

/// Adds A·Aᵀ to the lower triangle of a square row-major matrix, for an A of `columns` columns that is made panel by panel:
/// `write` gets the first column of a panel, its width, and its row-major n×width elements. Otherwise as
/// [`add_lower_product`].
///
/// Up to 1024 rows a panel is multiplied while it is still in the cache, and memory beside the result is a panel and a tile for
/// each task under way; beyond, it is n × 4096 elements.
///
/// ```
/// let mut out = [0.0; 4];
/// layerpath::linalg::add_lower_product_of(&mut out, 2, 2, |_, _, panel| panel.copy_from_slice(&[1.0_f32, 2.0, 3.0, 4.0]));
/// assert_eq!([out[0], out[2], out[3]], [5.0, 11.0, 25.0]);
/// ```
///
/// # Panics
///
/// If `out` does not have n·n elements: a fault of the caller inside this crate, not of a user's input.
pub fn add_lower_product_of<T: Element>(
    out: &mut [f64],
    rows: usize,
    columns: usize,
    write: impl Fn(usize, usize, &mut [T]) + Sync,
) {
    assert!(out.len() == rows * rows, "shape of a symmetric product");
    if rows > FEW_ROWS {
        let mut panels = Panels::with_capacity(rows, BLOCK.min(columns));
        for start in (0..columns).step_by(BLOCK) {
            panels.fill(BLOCK.min(columns - start), |first, width, panel| write(start + first, width, panel));
            add_lower_product(out, &panels);
        }
        return;
    }
    if rows == 0 {
        return;
    }
    let part = columns.div_ceil(T::WIDTH).div_ceil(PARTS) * T::WIDTH;
    let parts: Vec<Range<usize>> =
        (0..columns).step_by(part.max(1)).map(|start| start..(start + part).min(columns)).collect();
    for round in parts.chunks(tasks_at_a_time()) {
        let panel = || Scratch::new(rows * T::STRIP.min(columns));
        let multiply = |panel: &mut Scratch<T>, part: &Range<usize>| {
            let mut product = Scratch::new(rows * rows);
            let mut sofar = Accum::Replace;
            for start in part.clone().step_by(T::STRIP) {
                let width = T::STRIP.min(part.end - start);
                let panel = &mut panel[..rows * width];
                write(start, width, panel);
                let strip = MatRef::from_row_major_slice(panel, rows, width);
                for first in (0..width).step_by(T::WIDTH) {
                    let block = strip.subcols(first, T::WIDTH.min(width - first));
                    multiply_block(&mut product, block, block, true, sofar);
                    sofar = Accum::Add;
                }
            }
            product
        };
        let products: Vec<Scratch<T>> = round.par_iter().with_max_len(1).map_init(panel, multiply).collect();
        out.par_chunks_mut(rows).enumerate().with_min_len(ROWS).for_each(|(i, target)| {
            for product in &products {
                vectorized(AddTerms(&mut target[..=i], &product[i * rows..]));
            }
        });
    }
}

/// Adds A·Bᵀ to a row-major matrix, A and B of equally many columns.
///
/// # Panics
///
/// If the shapes do not agree: a fault of the caller inside this crate, not of a user's input.
pub fn add_product_transposed<T: Element>(out: &mut [f64], a: &Panels<T>, b: &Panels<T>) {
    assert!(out.len() == a.rows * b.rows && a.columns == b.columns, "shapes of a product");
    if out.is_empty() {
        return;
    }
    let all =
        tiles(a.rows, T::TILE).flat_map(|rows| tiles(b.rows, T::TILE).map(move |columns| (rows.clone(), columns)));
    add_tiles(out, b.rows, a, b, all.collect());
}

/// Adds some tiles of A·Bᵀ to a row-major matrix of `stride` columns. Of a tile on the diagonal of A·Aᵀ only the lower
/// triangle is computed and added.
fn add_tiles<T: Element>(
    out: &mut [f64],
    stride: usize,
    a: &Panels<T>,
    b: &Panels<T>,
    tiles: Vec<(Range<usize>, Range<usize>)>,
) {
    let panels = a.panels();
    let parts = if tiles.len() < PARTS { PARTS.min(panels) } else { 1 };
    let part = panels.div_ceil(parts.max(1)).max(1);
    let tasks: Vec<_> = tiles
        .iter()
        .flat_map(|(rows, columns)| {
            (0..panels).step_by(part).map(move |first| (rows, columns, first..(first + part).min(panels)))
        })
        .collect();
    for round in tasks.chunks(tasks_at_a_time()) {
        let products: Vec<_> = round
            .par_iter()
            .with_max_len(1)
            .map(|(rows, columns, panels)| {
                let lower = std::ptr::eq(a, b) && rows == columns;
                (*rows, *columns, lower, product_of_tile(a, rows, b, columns, panels, lower))
            })
            .collect();
        out.par_chunks_mut(stride).enumerate().with_min_len(ROWS).for_each(|(i, target)| {
            for (rows, columns, lower, product) in products.iter().filter(|(rows, ..)| rows.contains(&i)) {
                let (row, width) = (i - rows.start, columns.len());
                let terms = &product[row * width..(row + 1) * width];
                let target = &mut target[columns.start..][..if *lower { row + 1 } else { width }];
                vectorized(AddTerms(target, terms));
            }
        });
    }
}

/// Some rows of A times some rows of B over some panels, on one thread; where `lower`, the lower triangle alone.
fn product_of_tile<T: Element>(
    a: &Panels<T>,
    rows: &Range<usize>,
    b: &Panels<T>,
    columns: &Range<usize>,
    panels: &Range<usize>,
    lower: bool,
) -> Vec<f64> {
    let mut product = vec![T::default(); rows.len() * columns.len()];
    if panels.len() <= T::SUMMED {
        for (panel, sofar) in panels.clone().zip(std::iter::once(Accum::Replace).chain(std::iter::repeat(Accum::Add))) {
            multiply_block(&mut product, a.block(panel, rows), b.block(panel, columns), lower, sofar);
        }
        return T::into_sums(product);
    }
    let mut sums = vec![0.0; product.len()];
    let mut summed = 0;
    for panel in panels.clone() {
        let sofar = if summed == 0 { Accum::Replace } else { Accum::Add };
        multiply_block(&mut product, a.block(panel, rows), b.block(panel, columns), lower, sofar);
        summed += 1;
        if summed == T::SUMMED || panel + 1 == panels.end {
            vectorized(AddTerms(&mut sums, &product));
            summed = 0;
        }
    }
    sums
}

/// A·Bᵀ of one panel into, or added to, a row-major tile; where `lower`, the lower triangle alone.
fn multiply_block<T: Element>(tile: &mut [T], a: MatRef<'_, T>, b: MatRef<'_, T>, lower: bool, sofar: Accum) {
    let target = MatMut::from_row_major_slice_mut(tile, a.nrows(), b.nrows());
    if lower {
        let (part, all) = (BlockStructure::TriangularLower, BlockStructure::Rectangular);
        triangular::matmul(target, part, sofar, a, all, b.transpose(), all, T::one_impl(), Par::Seq);
    } else {
        matmul(target, sofar, a, b.transpose(), T::one_impl(), Par::Seq);
    }
}

/// Adds the first terms to as many sums.
struct AddTerms<'a, T>(&'a mut [f64], &'a [T]);

impl<T: Element> Loop for AddTerms<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (sum, &term) in self.0.iter_mut().zip(self.1) {
            *sum += term.into();
        }
    }
}

/// Tasks whose tiles are alive together, so that the threads are busy.
fn tasks_at_a_time() -> usize {
    PARTS.max(4 * rayon::current_num_threads())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Small integers: every sum is exact in f32.
    fn numbers<T: From<i8>>(rows: usize, columns: usize, seed: usize) -> Vec<T> {
        (0..rows * columns).map(|i| T::from(i8::try_from((i * 7919 + seed) % 21).unwrap() - 10)).collect()
    }

    fn panels<T: Element>(a: &[T], rows: usize, columns: usize) -> Panels<T> {
        let mut panels = Panels::with_capacity(rows, columns + 3);
        panels.fill(columns, |first, width, panel| {
            for (row, part) in panel.chunks_exact_mut(width).enumerate() {
                part.copy_from_slice(&a[row * columns + first..][..width]);
            }
        });
        panels
    }

    fn check<T: Element + From<i8>>() {
        for (n, k) in [(1, 1), (3, 5), (64, 2), (192, 256), (193, 513), (1030, 33), (20, 1100)] {
            let a: Vec<T> = numbers(n, k, 0);
            let b: Vec<T> = numbers(n + 7, k, 5);
            let (pa, pb) = (panels(&a, n, k), panels(&b, n + 7, k));
            let plain = |x: &[T], i: usize, y: &[T], j: usize| -> f64 {
                (0..k).map(|l| Into::<f64>::into(x[i * k + l]) * Into::<f64>::into(y[j * k + l])).sum()
            };
            let mut square = vec![1.0; n * n];
            add_lower_product(&mut square, &pa);
            let mut columns = Panels::column_major(n, k);
            columns.fill(k, |first, width, panel| {
                for (place, value) in panel.iter_mut().enumerate() {
                    *value = a[place % n * k + first + place / n];
                }
                width
            });
            let mut other = vec![1.0; n * n];
            add_lower_product(&mut other, &columns);
            let mut rectangle = vec![1.0; n * (n + 7)];
            add_product_transposed(&mut rectangle, &pa, &pb);
            for i in 0..n {
                for j in 0..=i {
                    assert_eq!(other[i * n + j], square[i * n + j], "column-major, n = {n}, k = {k}, ({i}, {j})");
                    assert_eq!(square[i * n + j], plain(&a, i, &a, j) + 1.0, "n = {n}, k = {k}, ({i}, {j})");
                }
                for j in 0..n + 7 {
                    assert_eq!(rectangle[i * (n + 7) + j], plain(&a, i, &b, j) + 1.0, "n = {n}, k = {k}, ({i}, {j})");
                }
            }
        }
    }

    #[test]
    fn equal_the_plain_triple_loop() {
        check::<f32>();
        check::<f64>();
    }
}
