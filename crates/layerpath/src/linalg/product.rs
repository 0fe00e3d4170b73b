//! Symmetric and rectangular products of many columns, accumulated in f64.
//!
//! The inner dimension comes in *panels* of at most [`PANEL`] columns. Within a panel the product is made in the precision
//! of its elements; panels are added in f64. So an f32 product runs at the speed of f32, and its rounding is that of sums
//! of 256 terms, averaged over all panels.

use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::traits::ComplexField;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

/// Rows and columns of the result that one task computes.
const TILE: usize = 192;

/// Columns of a panel.
pub const PANEL: usize = 256;

/// A precision of products.
pub trait Element: ComplexField + Copy + Default + Into<f64> + Send + Sync {
    /// Unit roundoff of the precision.
    const ROUNDOFF: f64;
}

impl Element for f32 {
    const ROUNDOFF: f64 = f32::EPSILON as f64 / 2.0;
}

impl Element for f64 {
    const ROUNDOFF: f64 = f64::EPSILON / 2.0;
}

/// How far rounding moves a matrix of products, at most, relative to its norm: u·√(256/2). The roundings of a running sum of
/// 256 terms add up like a random walk; several panels average them further.
pub fn roundoff_of_products<T: Element>() -> f64 {
    T::ROUNDOFF * (PANEL as f64 / 2.0).sqrt()
}

/// How the elements of a panel lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    RowMajor,
    ColumnMajor,
}

/// An n×k matrix cut into panels of [`PANEL`] columns, one after another; the last may be narrower. Each panel is row-major,
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
        let size = (self.rows * PANEL).max(1);
        let write = |(index, panel): (usize, &mut [T])| write(index * PANEL, PANEL.min(columns - index * PANEL), panel);
        self.values[..self.rows * columns].par_chunks_mut(size).enumerate().map(write).collect()
    }

    /// Rows `first` … `first + height − 1` of each panel.
    fn blocks(&self, first: usize, height: usize) -> impl Iterator<Item = MatRef<'_, T>> {
        let size = (self.rows * PANEL).max(1);
        self.values[..self.rows * self.columns].chunks(size).map(move |panel| {
            let width = panel.len() / self.rows;
            match self.order {
                Order::RowMajor => {
                    MatRef::from_row_major_slice(&panel[first * width..(first + height) * width], height, width)
                }
                Order::ColumnMajor => MatRef::from_column_major_slice(panel, self.rows, width).subrows(first, height),
            }
        })
    }
}

/// One tile of the result: where it starts, and its rows.
struct Tile<'a> {
    row: usize,
    column: usize,
    rows: Vec<&'a mut [f64]>,
}

/// Cuts a row-major matrix of `columns` columns into tiles; `keep` says which, by the numbers of their row and column.
fn tiles(out: &mut [f64], columns: usize, keep: impl Fn(usize, usize) -> bool) -> Vec<Tile<'_>> {
    let mut all = Vec::new();
    for (i, block) in out.chunks_mut(TILE * columns).enumerate() {
        let start = all.len();
        let kept: Vec<Option<usize>> = (0..columns.div_ceil(TILE))
            .scan(start, |next, j| {
                Some(keep(i, j).then(|| {
                    *next += 1;
                    *next - 1
                }))
            })
            .collect();
        for (j, _) in kept.iter().enumerate().filter(|(_, place)| place.is_some()) {
            all.push(Tile { row: i * TILE, column: j * TILE, rows: Vec::with_capacity(TILE) });
        }
        for row in block.chunks_mut(columns) {
            for (piece, place) in row.chunks_mut(TILE).zip(&kept) {
                if let Some(place) = place {
                    all[*place].rows.push(piece);
                }
            }
        }
    }
    all
}

/// Adds A·Aᵀ to the lower triangle of a square row-major matrix, n×n for the n rows of A.
///
/// Only entries (i, j) with j ≤ i are meaningful afterwards; some above the diagonal are overwritten. About n²k
/// multiply–adds, half of the full product.
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
    let mut tiles = tiles(out, n, |i, j| j <= i);
    // Tiles on the diagonal are half the work, so they come last and even out the ends.
    tiles.sort_by_key(|tile| tile.row == tile.column);
    tiles.into_par_iter().with_max_len(1).for_each(|tile| {
        let diagonal = tile.row == tile.column;
        add_tile(tile, a, a, diagonal);
    });
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
    let tiles = tiles(out, b.rows, |_, _| true);
    tiles.into_par_iter().with_max_len(1).for_each(|tile| add_tile(tile, a, b, false));
}

fn add_tile<T: Element>(mut tile: Tile<'_>, a: &Panels<T>, b: &Panels<T>, lower: bool) {
    let height = tile.rows.len();
    let width = tile.rows.first().map_or(0, |row| row.len());
    let mut product = vec![T::default(); height * width];
    let left = a.blocks(tile.row, height);
    let right = b.blocks(tile.column, width);
    for (left, right) in left.zip(right) {
        let target = MatMut::from_row_major_slice_mut(&mut product, height, width);
        if lower {
            let (part, all) = (BlockStructure::TriangularLower, BlockStructure::Rectangular);
            triangular::matmul(
                target,
                part,
                Accum::Replace,
                left,
                all,
                right.transpose(),
                all,
                T::one_impl(),
                Par::Seq,
            );
        } else {
            matmul(target, Accum::Replace, left, right.transpose(), T::one_impl(), Par::Seq);
        }
        for (row, part) in tile.rows.iter_mut().zip(product.chunks_exact(width)) {
            for (sum, &term) in row.iter_mut().zip(part) {
                *sum += term.into();
            }
        }
    }
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
        for (n, k) in [(1, 1), (3, 5), (64, 2), (192, 256), (193, 257), (400, 33), (20, 700)] {
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
