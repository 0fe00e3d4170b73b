//! The inner loop of products of packed rows, for the vector registers of the processor at hand.
//!
//! Rows are packed in *groups* of three vectors: a group holds, for one column after another, the entries of its rows. A step
//! multiplies some rows of one group, each entry spread over a vector, by the vectors of another group, and keeps all sums in
//! registers for a chain of columns. Each sum is made in the order of the columns by one fused multiply–add for each,
//! whatever the width of a vector, so the bits are those of any processor that has the instruction. A panel is a chain or two,
//! whose sums are added before they are widened.

use std::ops::{Add, Range};

use pulp::bytemuck::{Pod, cast_slice};
use pulp::{Arch, Simd, WithSimd};

use super::Element;
use super::scratch::Scratch;

/// Vectors of a group.
const VECTORS: usize = 3;

/// Columns whose products a register adds up one after another, before what it holds is added to that of other columns.
pub(super) const CHAIN: usize = 256;

/// Bytes at a multiple of which packed rows begin, so that no vector lies across two lines of the cache.
const LINE: usize = 64;

/// Bytes between the ends of rows that are read side by side: no power of two lies between their beginnings, so that they do
/// not fight for the same places of the cache.
pub(super) const APART: usize = LINE;

/// Numbers that fill vectors.
pub trait Lanes: Copy + Default + Into<f64> + Add<Output = Self> + Send + Sync + 'static {
    /// A vector of them.
    type Vector<S: Simd>: Pod;

    /// A vector of equal numbers.
    fn splat<S: Simd>(simd: S, value: Self) -> Self::Vector<S>;

    /// a·b + c.
    fn multiply_add<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>, c: Self::Vector<S>) -> Self::Vector<S>;

    /// As many vectors as there are whole ones.
    fn vectors<S: Simd>(values: &[Self]) -> &[Self::Vector<S>];

    /// The numbers of vectors.
    fn numbers<S: Simd>(vectors: &[Self::Vector<S>]) -> &[Self];
}

impl Lanes for f32 {
    type Vector<S: Simd> = S::f32s;

    #[inline(always)]
    fn splat<S: Simd>(simd: S, value: Self) -> S::f32s {
        simd.splat_f32s(value)
    }

    #[inline(always)]
    fn multiply_add<S: Simd>(simd: S, a: S::f32s, b: S::f32s, c: S::f32s) -> S::f32s {
        simd.mul_add_e_f32s(a, b, c)
    }

    #[inline(always)]
    fn vectors<S: Simd>(values: &[Self]) -> &[S::f32s] {
        S::as_simd_f32s(values).0
    }

    #[inline(always)]
    fn numbers<S: Simd>(vectors: &[S::f32s]) -> &[Self] {
        cast_slice(vectors)
    }
}

impl Lanes for f64 {
    type Vector<S: Simd> = S::f64s;

    #[inline(always)]
    fn splat<S: Simd>(simd: S, value: Self) -> S::f64s {
        simd.splat_f64s(value)
    }

    #[inline(always)]
    fn multiply_add<S: Simd>(simd: S, a: S::f64s, b: S::f64s, c: S::f64s) -> S::f64s {
        simd.mul_add_e_f64s(a, b, c)
    }

    #[inline(always)]
    fn vectors<S: Simd>(values: &[Self]) -> &[S::f64s] {
        S::as_simd_f64s(values).0
    }

    #[inline(always)]
    fn numbers<S: Simd>(vectors: &[S::f64s]) -> &[Self] {
        cast_slice(vectors)
    }
}

/// Numbers of a vector.
const fn lanes<T: Lanes, S: Simd>() -> usize {
    size_of::<T::Vector<S>>() / size_of::<T>()
}

/// Rows of a group that are multiplied at once: as many as registers hold the sums of, and a divisor of the group.
const fn rows_at_once<T: Lanes, S: Simd>() -> usize {
    const fn fit(rows: usize, lanes: usize, registers: usize) -> bool {
        VECTORS * (rows + 1) < registers && (VECTORS * lanes).is_multiple_of(rows)
    }
    let (lanes, registers) = (lanes::<T, S>(), S::REGISTER_COUNT);
    if fit(8, lanes, registers) {
        8
    } else if fit(6, lanes, registers) {
        6
    } else if fit(4, lanes, registers) {
        4
    } else {
        3
    }
}

/// How rows are grouped on this processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grouping {
    /// Rows of a group.
    pub group: usize,
    /// Of which the rows of the last group are filled up to a multiple.
    pub grain: usize,
}

impl Grouping {
    /// The grouping of numbers of type `T`.
    pub(super) fn of<T: Lanes>() -> Self {
        struct Find<T>(std::marker::PhantomData<T>);

        impl<T: Lanes> WithSimd for Find<T> {
            type Output = Grouping;

            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) -> Grouping {
                let (lanes, rows) = (lanes::<T, S>(), rows_at_once::<T, S>());
                let group = VECTORS * lanes;
                Grouping { group, grain: if lanes.is_multiple_of(rows) { lanes } else { group } }
            }
        }

        Arch::new().dispatch(Find::<T>(std::marker::PhantomData))
    }

    /// Rows with those that fill up the last group.
    pub(super) fn padded(self, rows: usize) -> usize {
        rows.next_multiple_of(self.grain)
    }

    /// Number of groups.
    pub(super) fn count(self, rows: usize) -> usize {
        rows.div_ceil(self.group)
    }
}

/// Where packed rows begin in a buffer of [`room`] numbers: at a line of the cache.
pub(super) fn beginning<T>(buffer: &[T]) -> usize {
    buffer.as_ptr().align_offset(LINE).min(LINE / size_of::<T>())
}

/// Numbers of a buffer for so many packed ones.
pub(super) fn room<T>(packed: usize) -> usize {
    packed + LINE / size_of::<T>()
}

/// Some columns of packed rows: one group after another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packed<'a, T> {
    /// Padded rows × columns.
    pub values: &'a [T],
    pub columns: usize,
    pub grouping: Grouping,
}

impl<'a, T> Packed<'a, T> {
    /// The entries of a group, and its rows with those that fill it up.
    #[inline(always)]
    fn group(&self, index: usize) -> (&'a [T], usize) {
        let rest = &self.values[index * self.grouping.group * self.columns..];
        let rows = (rest.len() / self.columns.max(1)).min(self.grouping.group);
        (&rest[..rows * self.columns], rows)
    }
}

/// Adds the products of some groups of A with some groups of B, one panel of columns after another.
pub(super) struct Multiply<'a, 'b, T> {
    pub a: &'a [Packed<'a, T>],
    pub b: &'a [Packed<'a, T>],
    /// Groups of A.
    pub rows: Range<usize>,
    /// Groups of B.
    pub columns: Range<usize>,
    /// Whether A is B and the groups are the same: only products of a row with itself and those before are wanted.
    pub lower: bool,
    /// For each row of the groups of A that there is, the sums with all rows of the groups of B.
    pub sums: &'a mut [&'b mut [f64]],
}

impl<T: Element> Multiply<'_, '_, T> {
    /// On one thread.
    pub(super) fn run(self) {
        Arch::new().dispatch(self);
    }

    #[inline(always)]
    fn with_rows<S: Simd, const N: usize>(self, simd: S) {
        let Self { a, b, rows, columns, lower, sums } = self;
        let longest = a.iter().map(|panel| panel.columns).max().unwrap_or(0);
        let mut buffer = Scratch::new(room::<T>(N * longest));
        let start = beginning(&buffer);
        for (a, b) in a.iter().zip(b) {
            let (high, wide) = (a.grouping.group, b.grouping.group);
            let spread = &mut buffer[start..][..N * a.columns];
            for i in rows.clone() {
                let (group, count) = a.group(i);
                for first in (0..count).step_by(N) {
                    // Side by side they stay in the nearest cache until all groups of B are done.
                    for (own, column) in spread.as_chunks_mut::<N>().0.iter_mut().zip(group.chunks_exact(count)) {
                        own.copy_from_slice(&column[first..first + N]);
                    }
                    let targets = sums.get_mut((i - rows.start) * high + first..).unwrap_or_default();
                    for j in columns.start..if lower { i + 1 } else { columns.end } {
                        let (vectors, width) = b.group(j);
                        let vectors = T::vectors::<S>(vectors);
                        let all = width / lanes::<T, S>();
                        let triangle = lower && i == j;
                        let step = Step::<T, S, N> {
                            spread,
                            vectors,
                            all,
                            targets,
                            column: (j - columns.start) * wide,
                            wanted: if triangle { first } else { usize::MAX - N },
                        };
                        let needed = if triangle { (first + N).div_ceil(lanes::<T, S>()) } else { all };
                        match needed.min(all) {
                            1 => step.run::<1>(simd),
                            2 => step.run::<2>(simd),
                            _ => step.run::<VECTORS>(simd),
                        }
                    }
                }
            }
        }
    }
}

impl<T: Element> WithSimd for Multiply<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match rows_at_once::<T, S>() {
            8 => self.with_rows::<S, 8>(simd),
            6 => self.with_rows::<S, 6>(simd),
            4 => self.with_rows::<S, 4>(simd),
            _ => self.with_rows::<S, 3>(simd),
        }
    }
}

/// N rows times the first vectors of a group.
struct Step<'a, 'b, T: Lanes, S: Simd, const N: usize> {
    /// The rows, column after column.
    spread: &'a [T],
    /// A column every `all` vectors.
    vectors: &'a [T::Vector<S>],
    all: usize,
    /// For each of the rows that there is, the sums with all rows of B.
    targets: &'a mut [&'b mut [f64]],
    /// Place of the first product among the sums of a row.
    column: usize,
    /// Products of the first row that are wanted, less one; of each row after it one more.
    wanted: usize,
}

impl<T: Lanes, S: Simd, const N: usize> Step<'_, '_, T, S, N> {
    #[inline(always)]
    fn chain<const V: usize>(&self, simd: S, vectors: &[T::Vector<S>], spread: &[T]) -> [[T::Vector<S>; V]; N] {
        // Most groups are full: strides that the compiler knows keep the loop free of other work.
        if self.all == VECTORS {
            multiply::<T, S, V, N>(simd, vectors, VECTORS, spread)
        } else {
            multiply::<T, S, V, N>(simd, vectors, self.all, spread)
        }
    }

    #[inline(always)]
    fn run<const V: usize>(self, simd: S) {
        let (vectors, more) = self.vectors.split_at((CHAIN * self.all).min(self.vectors.len()));
        let (spread, rest) = self.spread.split_at((CHAIN * N).min(self.spread.len()));
        let sums = self.chain::<V>(simd, vectors, spread);
        let others = if more.is_empty() { None } else { Some(self.chain::<V>(simd, more, rest)) };
        for (row, target) in self.targets.iter_mut().take(N).enumerate() {
            let sums = T::numbers::<S>(&sums[row]);
            let target = &mut target[self.column..];
            let count = target.len().min(sums.len()).min(self.wanted + row + 1);
            let whole = V * lanes::<T, S>();
            match &others {
                Some(others) if count == whole => add_pairs(&mut target[..whole], sums, T::numbers::<S>(&others[row])),
                Some(others) => add_pairs(&mut target[..count], sums, T::numbers::<S>(&others[row])),
                None if count == whole => add(&mut target[..whole], sums),
                None => add(&mut target[..count], sums),
            }
        }
    }
}

/// The products of N rows with V vectors, column after column, in one chain of additions.
#[inline(always)]
fn multiply<T: Lanes, S: Simd, const V: usize, const N: usize>(
    simd: S,
    vectors: &[T::Vector<S>],
    all: usize,
    spread: &[T],
) -> [[T::Vector<S>; V]; N] {
    let mut sums = [[T::splat(simd, T::default()); V]; N];
    for (vectors, entries) in vectors.chunks_exact(all).zip(spread.as_chunks::<N>().0) {
        let vectors = &vectors[..V];
        for (sums, &entry) in sums.iter_mut().zip(entries) {
            let entry = T::splat(simd, entry);
            for (sum, &vector) in sums.iter_mut().zip(vectors) {
                *sum = T::multiply_add(simd, vector, entry, *sum);
            }
        }
    }
    sums
}

#[inline(always)]
fn add<T: Lanes>(sums: &mut [f64], terms: &[T]) {
    for (sum, &term) in sums.iter_mut().zip(terms) {
        *sum += term.into();
    }
}

#[inline(always)]
fn add_pairs<T: Lanes>(sums: &mut [f64], terms: &[T], others: &[T]) {
    for ((sum, &term), &other) in sums.iter_mut().zip(terms).zip(others) {
        *sum += (term + other).into();
    }
}
