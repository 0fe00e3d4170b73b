//! The few files that a benchmark writes. By hand, so that measuring the core builds the core and little else; the file
//! formats of the product live in layerpath-io.
#![expect(clippy::disallowed_methods, reason = "a program of its own, beside the product")]

use std::io::{BufWriter, Write};
use std::path::Path;

/// A C-ordered `.npy` array of doubles, format version 1.0.
pub(crate) fn write_npy(path: &Path, shape: &[usize], values: &[f64]) -> std::io::Result<()> {
    // A comma after each length: NumPy takes `(3, )` for a tuple of one.
    let lengths: Vec<String> = shape.iter().map(|length| format!("{length}, ")).collect();
    let lengths = lengths.concat();
    let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({lengths}), }}");
    // Magic, version and length take 10 bytes; the whole is a multiple of 64 and ends in a newline.
    header.push_str(&" ".repeat(63 - (10 + header.len()) % 64));
    header.push('\n');
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    file.write_all(b"\x93NUMPY\x01\x00")?;
    file.write_all(&u16::try_from(header.len()).unwrap_or(u16::MAX).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    for value in values {
        file.write_all(&value.to_le_bytes())?;
    }
    file.flush()
}

pub(crate) fn write_text(path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::write(path, text)
}
