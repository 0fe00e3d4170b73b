//! The few files that a benchmark reads and writes. By hand, so that measuring the core builds little else; the file formats
//! of the product live in layerpath-io.
#![expect(clippy::disallowed_methods, reason = "a program of its own, beside the product")]

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

/// A number as `.npy` files hold it.
pub(crate) trait Number: Copy {
    const DESCRIPTION: &'static str;

    fn write(self, out: &mut Vec<u8>);
}

impl Number for f64 {
    const DESCRIPTION: &'static str = "<f8";

    fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
}

impl Number for f32 {
    const DESCRIPTION: &'static str = "<f4";

    fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
}

/// A C-ordered `.npy` array, format version 1.0.
pub(crate) fn write_npy<T: Number>(path: &Path, shape: &[usize], values: &[T]) -> std::io::Result<()> {
    let mut file = NpyWriter::create::<T>(path, shape)?;
    file.append(values)?;
    file.finish()
}

/// A `.npy` array that is written piece by piece.
pub(crate) struct NpyWriter {
    file: BufWriter<File>,
    bytes: Vec<u8>,
}

impl NpyWriter {
    pub(crate) fn create<T: Number>(path: &Path, shape: &[usize]) -> std::io::Result<Self> {
        // A comma after each length: NumPy takes `(3, )` for a tuple of one.
        let lengths: Vec<String> = shape.iter().map(|length| format!("{length}, ")).collect();
        let (kind, lengths) = (T::DESCRIPTION, lengths.concat());
        let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({lengths}), }}");
        // Magic, version and length take 10 bytes; the whole is a multiple of 64 and ends in a newline.
        header.push_str(&" ".repeat(63 - (10 + header.len()) % 64));
        header.push('\n');
        let mut file = BufWriter::new(File::create(path)?);
        file.write_all(b"\x93NUMPY\x01\x00")?;
        file.write_all(&u16::try_from(header.len()).unwrap_or(u16::MAX).to_le_bytes())?;
        file.write_all(header.as_bytes())?;
        Ok(Self { file, bytes: Vec::new() })
    }

    pub(crate) fn append<T: Number>(&mut self, values: &[T]) -> std::io::Result<()> {
        for part in values.chunks(1 << 16) {
            self.bytes.clear();
            for value in part {
                value.write(&mut self.bytes);
            }
            self.file.write_all(&self.bytes)?;
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Rows of a `<f4` `.npy` file that [`NpyWriter`] wrote, read a few at a time.
pub(crate) struct NpyRows {
    file: File,
    bytes: Vec<u8>,
}

impl NpyRows {
    pub(crate) fn open(path: &Path) -> std::io::Result<Self> {
        let mut file = File::open(path)?;
        let mut start = [0; 10];
        file.read_exact(&mut start)?;
        let mut header = vec![0; usize::from(u16::from_le_bytes([start[8], start[9]]))];
        file.read_exact(&mut header)?;
        Ok(Self { file, bytes: Vec::new() })
    }

    /// The next `out.len()` numbers.
    pub(crate) fn read(&mut self, out: &mut [f32]) -> std::io::Result<()> {
        self.bytes.resize(size_of_val(out), 0);
        self.file.read_exact(&mut self.bytes)?;
        for (value, bytes) in out.iter_mut().zip(self.bytes.as_chunks::<4>().0) {
            *value = f32::from_le_bytes(*bytes);
        }
        Ok(())
    }
}

pub(crate) fn read_text(path: &Path) -> std::io::Result<String> {
    std::fs::read_to_string(path)
}

pub(crate) fn write_text(path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::write(path, text)
}

#[cfg(test)]
mod tests {
    use super::{NpyRows, write_npy};

    #[test]
    fn rows_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npy");
        write_npy(&path, &[3, 2], &[1.0_f32, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        let mut rows = NpyRows::open(&path).unwrap();
        let (mut two, mut one) = ([0.0; 4], [0.0; 2]);
        rows.read(&mut two).unwrap();
        rows.read(&mut one).unwrap();
        assert_eq!((two, one), ([1.0, 2.0, 3.0, 4.0], [5.0, 6.0]));
        assert!(rows.read(&mut one).is_err());
    }
}
