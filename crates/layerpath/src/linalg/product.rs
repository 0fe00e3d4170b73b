//! Symmetric and rectangular products of many columns, accumulated in f64.
//!
//! The inner dimension comes in *panels* of at most [`Element::PANEL`] columns. Within a panel the product is made in the
//! precision of its elements, in registers; panels are added in f64. So an f32 product runs at the speed of f32, and its
//! rounding is that of sums of 256 terms, two a panel, averaged over all.
//!
//! One thread makes one tile of the result, panel after panel: the cuts depend on the shapes alone, and the bits do not depend
//! on the number of threads. Threads inside a library's products would be a few percent faster on an idle machine, and a
//! hundred times slower on a busy one, because they wait for each other in loops.

use std::ops::Range;

use faer::traits::ComplexField;
use rayon::prelude::*;

use super::kernel::{self, CHAIN, Grouping, Lanes, Multiply, Packed};
use super::scratch::{Scratch, Spare};
use super::{Loop, vectorized};

/// Bytes of each row that [`add_lower_product_of`] has made at once.
const STRIP: usize = 8192;

/// Bytes of each row that [`add_lower_product_of`] holds at most: one strip is made while another is multiplied.
pub const STRIPS: usize = 2 * STRIP;

/// Rows and columns of the largest tile: with a panel of its rows and one of its columns, it stays in the cache.
const TILE: usize = 240;

/// Tiles on a side that there are at least, where there are as many groups of rows.
const SIDE: usize = 4;

/// A precision of products.
pub trait Element: ComplexField + Lanes {
    /// Unit roundoff of the precision.
    const ROUNDOFF: f64;

    /// Columns of a panel: as many as let the panels of a tile stay in the cache.
    const PANEL: usize;

    /// Terms of a sum whose roundings are not averaged by others.
    const TERMS: usize;

    /// The nearest number of the precision.
    fn nearest(value: f64) -> Self;

    /// Buffers that are used again.
    #[doc(hidden)]
    fn spare() -> &'static Spare<Self>;
}

impl Element for f32 {
    const ROUNDOFF: f64 = f32::EPSILON as f64 / 2.0;
    const PANEL: usize = 2 * CHAIN;
    const TERMS: usize = CHAIN;

    #[inline(always)]
    fn nearest(value: f64) -> Self {
        value as f32
    }

    fn spare() -> &'static Spare<Self> {
        static SPARE: Spare<f32> = Spare::new();
        &SPARE
    }
}

impl Element for f64 {
    const ROUNDOFF: f64 = f64::EPSILON / 2.0;
    const PANEL: usize = CHAIN;
    // The sums of panels are rounded like the sums within.
    const TERMS: usize = 1024;

    #[inline(always)]
    fn nearest(value: f64) -> Self {
        value
    }

    fn spare() -> &'static Spare<Self> {
        static SPARE: Spare<f64> = Spare::new();
        &SPARE
    }
}

/// How far rounding moves a matrix of products, at most, relative to its norm: u·√(k/2) for sums of k terms. The roundings
/// of a running sum of k terms add up like a random walk, to u·√(k/6) or less; several panels average them further.
pub fn roundoff_of_products<T: Element>() -> f64 {
    T::ROUNDOFF * (T::TERMS as f64 / 2.0).sqrt()
}

/// An n×k matrix cut into panels of [`Element::PANEL`] columns, one after another; the last may be narrower. Their rows are
/// packed for the processor at hand.
#[derive(Debug, Clone)]
pub struct Panels<T: Element> {
    grouping: Grouping,
    rows: usize,
    columns: usize,
    buffer: Scratch<T>,
    /// Where the packed numbers begin.
    start: usize,
}

impl<T: Element> Panels<T> {
    /// Room for a matrix of `rows` rows and up to `columns` columns, which has no columns yet.
    pub fn with_capacity(rows: usize, columns: usize) -> Self {
        let grouping = Grouping::of::<T>();
        let buffer = Scratch::new(kernel::room::<T>(grouping.padded(rows) * columns));
        let start = kernel::beginning(&buffer);
        Self { grouping, rows, columns: 0, buffer, start }
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
        panels.fill_rows(columns, |row, out| out.copy_from_slice(&matrix[row * columns..][..columns]));
        panels
    }

    /// Number of rows, n.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Rows with those that fill up the last group of vectors.
    fn padded(&self) -> usize {
        self.grouping.padded(self.rows)
    }

    /// Number of columns that there is room for.
    pub fn capacity(&self) -> usize {
        (self.buffer.len() - kernel::room::<T>(0)).checked_div(self.padded()).unwrap_or(0)
    }

    /// Replaces the matrix by one of `columns` columns. `write` gets a row and its elements, of any value, for all rows in
    /// parallel; what it returns comes back row by row.
    ///
    /// # Panics
    ///
    /// If there is no room for so many columns: a fault of the caller inside this crate, not of a user's input.
    pub fn fill_rows<R: Send>(&mut self, columns: usize, write: impl Fn(usize, &mut [T]) -> R + Sync) -> Vec<R> {
        let grouping = self.grouping;
        let rows = self.rows;
        let mut groups: Vec<_> = (0..grouping.count(rows)).map(|_| Vec::new()).collect();
        for panel in self.room_for(columns) {
            let width = panel.len() / grouping.padded(rows);
            for (group, part) in groups.iter_mut().zip(panel.chunks_mut(grouping.group * width)) {
                group.push(part);
            }
        }
        // A group after another, and of each row all columns: memory is read in long pieces.
        let stride = columns + kernel::APART / size_of::<T>();
        let fill = |(index, mut parts): (usize, Vec<&mut [T]>)| {
            let first = index * grouping.group;
            let count = grouping.group.min(rows - first);
            let mut own = Scratch::new(count * stride);
            let given: Vec<R> = own
                .chunks_exact_mut(stride)
                .enumerate()
                .map(|(row, out)| write(first + row, &mut out[..columns]))
                .collect();
            vectorized(PackRows { rows: &own, stride, parts: &mut parts });
            given
        };
        groups.into_par_iter().enumerate().with_max_len(1).flat_map_iter(fill).collect()
    }

    /// Replaces the matrix by one of `columns` columns. `write` gets the first column of a panel and its elements, of any value,
    /// column after column, for all panels in parallel; what it returns comes back panel by panel.
    ///
    /// # Panics
    ///
    /// If there is no room for so many columns: a fault of the caller inside this crate, not of a user's input.
    pub fn fill_columns<R: Send>(&mut self, columns: usize, write: impl Fn(usize, &mut [T]) -> R + Sync) -> Vec<R> {
        let (rows, grouping) = (self.rows, self.grouping);
        let fill = |(index, packed): (usize, &mut [T])| {
            let width = packed.len() / grouping.padded(rows);
            let mut panel = Scratch::new(rows * width);
            let given = write(index * T::PANEL, &mut panel);
            vectorized(PackColumns { panel: &panel, rows, width, group: grouping.group, packed });
            given
        };
        let panels: Vec<_> = self.room_for(columns).collect();
        panels.into_par_iter().enumerate().with_max_len(1).map(fill).collect()
    }

    /// The packed panels of a matrix of `columns` columns, of any value.
    fn room_for(&mut self, columns: usize) -> impl Iterator<Item = &mut [T]> {
        assert!(self.rows == 0 || columns <= self.capacity(), "room for the columns");
        self.columns = columns;
        let padded = self.padded();
        self.buffer[self.start..][..padded * columns].chunks_mut((padded * T::PANEL).max(1))
    }

    /// All panels.
    fn packed(&self) -> Vec<Packed<'_, T>> {
        let (padded, grouping) = (self.padded(), self.grouping);
        let values = &self.buffer[self.start..][..padded * self.columns];
        let panel = |values| Packed { values, columns: values.len() / padded, grouping };
        values.chunks((padded * T::PANEL).max(1)).map(panel).collect()
    }
}

/// Moves the rows of a group into panels.
struct PackRows<'a, 'b, T> {
    rows: &'a [T],
    stride: usize,
    parts: &'a mut [&'b mut [T]],
}

impl<T: Element> Loop for PackRows<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { rows, stride, parts } = self;
        let count = rows.len() / stride;
        for (part, first) in parts.iter_mut().zip((0..).step_by(T::PANEL)) {
            let width = T::PANEL.min(stride - kernel::APART / size_of::<T>() - first);
            let high = part.len() / width;
            for (column, own) in part.chunks_exact_mut(high).enumerate() {
                let (own, spare) = own.split_at_mut(count);
                let entries = rows[first + column..].iter().step_by(stride);
                own.iter_mut().zip(entries).for_each(|(own, &entry)| *own = entry);
                spare.fill(T::default());
            }
        }
    }
}

/// Moves the columns of a panel into groups of rows.
struct PackColumns<'a, T> {
    panel: &'a [T],
    rows: usize,
    width: usize,
    group: usize,
    packed: &'a mut [T],
}

impl<T: Element> Loop for PackColumns<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { panel, rows, width, group, packed } = self;
        for (part, start) in packed.chunks_mut((group * width).max(1)).zip((0..).step_by(group)) {
            let count = group.min(rows - start);
            let high = part.len() / width;
            for (column, own) in part.chunks_exact_mut(high).enumerate() {
                let (own, spare) = own.split_at_mut(count);
                own.copy_from_slice(&panel[column * rows + start..][..count]);
                spare.fill(T::default());
            }
        }
    }
}

/// Starts and ends of tiles of whole groups, of equal size.
fn tiles(rows: usize, grouping: Grouping) -> Vec<Range<usize>> {
    let groups = grouping.count(rows);
    let largest = (TILE / grouping.group).max(1);
    let tile = groups.div_ceil(groups.div_ceil(largest).max(SIDE)).max(1);
    (0..groups).step_by(tile).map(|start| start..(start + tile).min(groups)).collect()
}

/// Adds A·Aᵀ to the lower triangle of a square row-major matrix, n×n for the n rows of A.
///
/// Entries (i, j) with j > i stay as they are. About n²k/2 multiply–adds, half of the full product.
///
/// ```
/// use layerpath::linalg::{Panels, add_lower_product};
/// let mut a = Panels::with_capacity(2, 2);
/// a.fill_rows(2, |row, out| out.copy_from_slice(&[[1.0_f32, 2.0], [3.0, 4.0]][row]));
/// let mut out = [0.0; 4];
/// add_lower_product(&mut out, &a);
/// assert_eq!([out[0], out[2], out[3]], [5.0, 11.0, 25.0]);
/// ```
///
/// # Panics
///
/// If `out` does not have n·n elements: a fault of the caller inside this crate, not of a user's input.
pub fn add_lower_product<T: Element>(out: &mut [f64], a: &Panels<T>) {
    assert!(out.len() == a.rows * a.rows, "shape of a symmetric product");
    add_tiles(out, a, a, true);
}

/// Adds A·Aᵀ to the lower triangle of a square row-major matrix, for an A of `columns` columns that is made strip by strip:
/// `strip` gets some columns, and what it returns gets a row and these of its elements, of any value. Otherwise as
/// [`add_lower_product`].
///
/// A strip is made while the one before is multiplied. Memory beside the result: n × [`STRIPS`] bytes, and a group of
/// rows for each thread.
///
/// ```
/// let rows = [[1.0_f32, 2.0], [3.0, 4.0]];
/// let mut out = [0.0; 4];
/// layerpath::linalg::add_lower_product_of(&mut out, 2, 2, |columns| {
///     move |row: usize, part: &mut [f32]| part.copy_from_slice(&rows[row][columns.clone()])
/// });
/// assert_eq!([out[0], out[2], out[3]], [5.0, 11.0, 25.0]);
/// ```
///
/// # Panics
///
/// If `out` does not have n·n elements: a fault of the caller inside this crate, not of a user's input.
pub fn add_lower_product_of<T: Element, W: Fn(usize, &mut [T]) + Sync>(
    out: &mut [f64],
    rows: usize,
    columns: usize,
    strip: impl Fn(Range<usize>) -> W + Sync,
) {
    assert!(out.len() == rows * rows, "shape of a symmetric product");
    let width = STRIP / size_of::<T>();
    let fill = |panels: &mut Panels<T>, start: usize| {
        let width = width.min(columns - start);
        panels.fill_rows(width, strip(start..start + width));
    };
    let mut ready = Panels::with_capacity(rows, width.min(columns));
    let mut next = Panels::with_capacity(rows, width.min(columns.saturating_sub(width)));
    fill(&mut ready, 0);
    for start in (width..columns).step_by(width) {
        rayon::join(|| add_lower_product(out, &ready), || fill(&mut next, start));
        std::mem::swap(&mut ready, &mut next);
    }
    add_lower_product(out, &ready);
}

/// Adds A·Bᵀ to a row-major matrix, A and B of equally many columns.
///
/// # Panics
///
/// If the shapes do not agree: a fault of the caller inside this crate, not of a user's input.
pub fn add_product_transposed<T: Element>(out: &mut [f64], a: &Panels<T>, b: &Panels<T>) {
    assert!(out.len() == a.rows * b.rows && a.columns == b.columns, "shapes of a product");
    add_tiles(out, a, b, false);
}

/// Adds A·Bᵀ to a row-major matrix, or its lower triangle where B is A.
fn add_tiles<T: Element>(out: &mut [f64], a: &Panels<T>, b: &Panels<T>, lower: bool) {
    if out.is_empty() {
        return;
    }
    let (left, right) = (a.packed(), b.packed());
    let group = a.grouping.group;
    let across = tiles(b.rows, b.grouping);
    let mut tasks = Vec::new();
    let mut rest = out;
    for rows in tiles(a.rows, a.grouping) {
        let height = (rows.end * group).min(a.rows) - rows.start * group;
        let (band, below) = rest.split_at_mut(height * b.rows);
        rest = below;
        let columns = across.iter().take_while(|columns| !lower || columns.start <= rows.start);
        let mut own: Vec<_> =
            columns.map(|columns| (rows.clone(), columns.clone(), Vec::with_capacity(height))).collect();
        for mut row in band.chunks_exact_mut(b.rows) {
            for (_, columns, sums) in &mut own {
                let (part, right) = row.split_at_mut((columns.len() * group).min(row.len()));
                sums.push(part);
                row = right;
            }
        }
        tasks.extend(own);
    }
    // One after another as threads become free, the halved ones last, so that no thread is left alone with a large one.
    let (halved, whole): (Vec<_>, _) = tasks.into_iter().partition(|(rows, columns, _)| lower && rows == columns);
    whole.into_iter().chain(halved).par_bridge().for_each(|(rows, columns, mut sums)| {
        let lower = lower && rows == columns;
        Multiply { a: &left, b: &right, rows, columns, lower, sums: &mut sums }.run();
    });
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
        panels.fill_rows(columns, |row, out| out.copy_from_slice(&a[row * columns..][..columns]));
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
            let mut columns = Panels::with_capacity(n, k);
            columns.fill_columns(k, |first, panel| {
                for (place, value) in panel.iter_mut().enumerate() {
                    *value = a[place % n * k + first + place / n];
                }
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

    #[test]
    fn strips_that_are_made_meanwhile_are_the_same_panels() {
        for (n, k) in [(3, 2047), (50, 2053), (7, 6444)] {
            let a: Vec<f32> = numbers(n, k, 3);
            let mut expected = vec![2.0; n * n];
            add_lower_product(&mut expected, &Panels::of(&a, n));
            let mut out = vec![2.0; n * n];
            add_lower_product_of(&mut out, n, k, |columns| {
                let a = &a;
                move |row: usize, part: &mut [f32]| part.copy_from_slice(&a[row * k..][columns.clone()])
            });
            assert_eq!(out, expected, "n = {n}, k = {k}");
        }
    }

    #[test]
    fn nothing_times_nothing() {
        let mut none: [f64; 0] = [];
        add_lower_product_of(&mut none, 0, 5, |_| |_, part: &mut [f32]| part.fill(1.0));
        let mut out = [4.0; 9];
        add_lower_product_of(&mut out, 3, 0, |_| |_, part: &mut [f64]| part.fill(1.0));
        add_product_transposed(&mut out, &Panels::<f32>::with_capacity(3, 0), &Panels::with_capacity(3, 4));
        assert_eq!(out, [4.0; 9]);
    }
}
