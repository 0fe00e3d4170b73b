//! Pieces of rows, for tables of more points than fit into memory.

use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

use layerpath::table::PointRows;

use super::{PointsStore, Precision};
use crate::atomic::open_file;
use crate::error::{Error, Result};

/// Chosen points of one or several stores as rows of numbers that are read piece by piece: as f32 where all stores hold f32, as
/// f64 otherwise. A file is open only while a piece is read.
#[derive(Debug, Clone)]
pub struct StoredRows<'a> {
    stores: &'a [PointsStore],
    /// Store and row of each point.
    rows: Vec<(usize, usize)>,
    dimension: usize,
}

impl<'a> StoredRows<'a> {
    /// The points in `rows`, each given by the place of its store and its row there.
    ///
    /// # Errors
    /// When there is no such row, or the points have different numbers of coordinates.
    pub fn new(stores: &'a [PointsStore], rows: Vec<(usize, usize)>) -> Result<Self> {
        let dimension = rows.first().and_then(|&(store, _)| stores.get(store)).map_or(0, |store| store.dimension);
        for &(store, row) in &rows {
            let there = stores.get(store).is_some_and(|store| row < store.n_rows() && store.dimension == dimension);
            if !there {
                return Err(Error::internal(format!("row {row} of store {store} with {dimension} numbers")));
            }
        }
        Ok(Self { stores, rows, dimension })
    }

    /// F32 if every store holds f32 numbers.
    pub fn precision(&self) -> Precision {
        common_precision(self.stores)
    }

    /// The numbers of one point.
    ///
    /// # Errors
    /// As [`PointsStore::row`].
    pub fn row(&self, index: usize) -> Result<Vec<f64>> {
        let (store, row) = self.place(index)?;
        store.row(row)
    }

    fn place(&self, index: usize) -> Result<(&'a PointsStore, usize)> {
        let place = self.rows.get(index).map(|&(store, row)| (&self.stores[store], row));
        place.ok_or_else(|| Error::internal(format!("point {index} of {}", self.rows.len())))
    }
}

/// F32 if every store holds f32 numbers.
pub(super) fn common_precision(stores: &[PointsStore]) -> Precision {
    let double = stores.iter().any(|store| store.precision == Precision::F64);
    if double { Precision::F64 } else { Precision::F32 }
}

impl PointsStore {
    /// Bytes of some numbers of a row, little-endian.
    fn bytes(&self, row: usize, numbers: Range<usize>) -> Result<Vec<u8>> {
        let size = self.precision.n_bytes();
        let (row, start) = (row as u64, numbers.start as u64);
        let chunk = row / self.rows_per_chunk;
        let file = self.chunk_file(chunk);
        let (mut reader, length) = open_file(&file)?;
        let offset = ((row % self.rows_per_chunk) * self.dimension as u64 + start) * size;
        let mut bytes = vec![0; numbers.len() * size as usize];
        if row >= self.records.len() as u64 || numbers.end > self.dimension || length != self.chunk_bytes {
            let problem = format!("row {row} has no numbers {start} … {}", numbers.end);
            return Err(Error::content(&self.path, format!("chunk {chunk}"), problem, "write the store again"));
        }
        let failed = |source| Error::file("read", &file, source);
        reader.seek(SeekFrom::Start(offset)).map_err(failed)?;
        reader.read_exact(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }

    /// Checks that numbers are finite while they are read: a table has no NaN.
    fn finite(&self, row: usize, first: usize, finite: bool) -> Result<()> {
        if finite {
            return Ok(());
        }
        let place = format!("row {row}, numbers from {first} on");
        Err(Error::content(&self.path, place, "a number is not finite", "write the store again"))
    }
}

impl PointRows<f32> for StoredRows<'_> {
    type Error = Error;

    fn points(&self) -> usize {
        self.rows.len()
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn read(&self, index: usize, coordinates: Range<usize>, out: &mut [f32]) -> Result<()> {
        let (store, row) = self.place(index)?;
        if store.precision == Precision::F64 {
            return Err(Error::internal("f64 points read as f32"));
        }
        let first = coordinates.start;
        let bytes = store.bytes(row, coordinates)?;
        let mut finite = true;
        for (target, &bytes) in out.iter_mut().zip(bytes.as_chunks::<4>().0) {
            *target = f32::from_le_bytes(bytes);
            finite &= target.is_finite();
        }
        store.finite(row, first, finite)
    }
}

impl PointRows<f64> for StoredRows<'_> {
    type Error = Error;

    fn points(&self) -> usize {
        self.rows.len()
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn read(&self, index: usize, coordinates: Range<usize>, out: &mut [f64]) -> Result<()> {
        let (store, row) = self.place(index)?;
        let first = coordinates.start;
        let bytes = store.bytes(row, coordinates)?;
        let mut finite = true;
        let mut put = |(target, value): (&mut f64, f64)| {
            *target = value;
            finite &= value.is_finite();
        };
        match store.precision {
            Precision::F32 => {
                let values = bytes.as_chunks::<4>().0.iter().map(|&bytes| f64::from(f32::from_le_bytes(bytes)));
                out.iter_mut().zip(values).for_each(&mut put);
            }
            Precision::F64 => {
                let values = bytes.as_chunks::<8>().0.iter().map(|&bytes| f64::from_le_bytes(bytes));
                out.iter_mut().zip(values).for_each(&mut put);
            }
        }
        store.finite(row, first, finite)
    }
}
