//! Pieces of rows, for tables of more points than fit into memory.

use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

use layerpath::table::PointRows;

use super::{PointsStore, Precision};
use crate::atomic::open_file;
use crate::error::{Error, Result};

/// The points of a store as rows of f32 numbers.
#[derive(Debug, Clone, Copy)]
pub struct SingleRows<'a>(&'a PointsStore);

/// The points of a store as rows of f64 numbers.
#[derive(Debug, Clone, Copy)]
pub struct DoubleRows<'a>(&'a PointsStore);

impl PointsStore {
    /// The rows of a store of [`Precision::F32`], read piece by piece.
    ///
    /// # Errors
    /// When the store holds f64 numbers.
    pub fn single_rows(&self) -> Result<SingleRows<'_>> {
        match self.precision {
            Precision::F32 => Ok(SingleRows(self)),
            Precision::F64 => Err(Error::internal("f64 points read as f32")),
        }
    }

    /// The rows of a store of [`Precision::F64`], read piece by piece.
    ///
    /// # Errors
    /// When the store holds f32 numbers.
    pub fn double_rows(&self) -> Result<DoubleRows<'_>> {
        match self.precision {
            Precision::F64 => Ok(DoubleRows(self)),
            Precision::F32 => Err(Error::internal("f32 points read as f64")),
        }
    }

    /// Bytes of some numbers of a row, little-endian.
    fn bytes(&self, row: usize, numbers: Range<usize>) -> Result<Vec<u8>> {
        let size = self.precision.n_bytes();
        let (row, start) = (row as u64, numbers.start as u64);
        let chunk = row / self.rows_per_chunk;
        let file = self.store.key_to_fspath(&self.array.chunk_key(&[chunk, 0]));
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
}

/// Checks that numbers are finite while they are read: a table has no NaN.
macro_rules! rows {
    ($rows:ident, $number:ty) => {
        impl PointRows<$number> for $rows<'_> {
            type Error = Error;

            fn points(&self) -> usize {
                self.0.n_rows()
            }

            fn dimension(&self) -> usize {
                self.0.dimension
            }

            fn read(&self, row: usize, coordinates: Range<usize>, out: &mut [$number]) -> Result<()> {
                let first = coordinates.start;
                let bytes = self.0.bytes(row, coordinates)?;
                let mut finite = true;
                for (target, &bytes) in out.iter_mut().zip(bytes.as_chunks::<{ size_of::<$number>() }>().0) {
                    *target = <$number>::from_le_bytes(bytes);
                    finite &= target.is_finite();
                }
                if finite {
                    return Ok(());
                }
                let place = format!("row {row}, numbers from {first} on");
                Err(Error::content(&self.0.path, place, "a number is not finite", "write the store again"))
            }
        }
    };
}

rows!(SingleRows, f32);
rows!(DoubleRows, f64);
