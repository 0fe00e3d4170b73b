//! NumPy's `.npy`: one array in a file.

use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;

use crate::atomic::AtomicFile;
use crate::elements::{Elements, element_count, read_elements, read_values};
use crate::error::{Error, Location, Result};
use header::Header;

mod header;

pub(crate) use header::ElementType;

pub(crate) const MAGIC: &[u8] = b"\x93NUMPY";

/// An array of a file, before it is known what it is for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Content {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Values,
}

/// Numbers or strings.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Values {
    Numbers(Elements),
    Text(Vec<String>),
}

/// Reads an array from a file, or an entry of an archive, of `length` bytes.
pub(crate) fn read(reader: &mut dyn Read, length: u64, location: &Location<'_>) -> Result<Content> {
    let header = read_checked_header(reader, length, location)?;
    let count = element_count(&header.shape).unwrap_or(0);
    let values = match header.element {
        ElementType::Number(encoding) => {
            let elements = read_elements(reader, count, encoding, header.order, location)?;
            Values::Numbers(if header.column_major { elements.into_row_major(&header.shape) } else { elements })
        }
        ElementType::Text(_) if header.shape.len() > 1 => {
            return Err(location.error("strings in more than one axis", "remove the array"));
        }
        ElementType::Text(n_points) => Values::Text(read_text(reader, count, n_points, &header, location)?),
    };
    Ok(Content { shape: header.shape, values })
}

/// Reads the header of a file, or an entry of an archive, of `length` bytes, and compares the shape with the bytes that are
/// really there.
pub(crate) fn read_checked_header(reader: &mut dyn Read, length: u64, location: &Location<'_>) -> Result<Header> {
    let header = header::read_header(reader, length, location)?;
    check_size(&header, length, location)?;
    Ok(header)
}

fn check_size(header: &Header, length: u64, location: &Location<'_>) -> Result<()> {
    let n_bytes = match header.element {
        ElementType::Number(encoding) => Some(encoding.n_bytes()),
        ElementType::Text(n_points) => n_points.checked_mul(4),
    };
    let there = length.saturating_sub(header.length);
    let promised = element_count(&header.shape).and_then(|count| count.checked_mul(n_bytes?));
    match (element_count(&header.shape), promised) {
        (Some(_), Some(promised)) if promised as u64 == there => Ok(()),
        (_, promised) => {
            let promised = promised.map_or_else(|| "too many".to_owned(), |bytes| bytes.to_string());
            let problem = format!("shape {:?} promises {promised} bytes of data, there are {there}", header.shape);
            Err(location.error(problem, "the file is truncated or damaged: write it again"))
        }
    }
}

fn read_text(
    reader: &mut dyn Read,
    count: usize,
    n_points: usize,
    header: &Header,
    location: &Location<'_>,
) -> Result<Vec<String>> {
    let mut strings = Vec::new();
    for row in 0..count {
        let points: Vec<u32> = match header.order {
            crate::elements::ByteOrder::Little => {
                read_values(reader, n_points, location, |bytes| Some(u32::from_le_bytes(bytes)))?
            }
            crate::elements::ByteOrder::Big => {
                read_values(reader, n_points, location, |bytes| Some(u32::from_be_bytes(bytes)))?
            }
        };
        let end = points.iter().rposition(|&point| point != 0).map_or(0, |last| last + 1);
        let string =
            points[..end].iter().map(|&point| char::from_u32(point)).collect::<Option<String>>().ok_or_else(|| {
                location.error(format!("row {row} is no valid Unicode string"), "write the file again")
            })?;
        strings.push(string);
    }
    Ok(strings)
}

/// Writes a table of numbers as `.npy`, row-major float64, whole or not at all.
///
/// ```
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("distances.npy");
/// layerpath_io::write_npy(&path, &[2, 2], &[0.0, 1.5, 1.5, 0.0]).unwrap();
/// assert_eq!(std::fs::metadata(&path).unwrap().len(), 128 + 32);
/// ```
///
/// # Errors
/// When the shape does not fit the values, or `path` cannot be written.
pub fn write_npy(path: &Path, shape: &[usize], values: &[f64]) -> Result<()> {
    if element_count(shape) != Some(values.len()) {
        return Err(Error::internal(format!("{} values for shape {shape:?}", values.len())));
    }
    let header = npy_header(shape)?;
    let mut file = AtomicFile::create(path)?;
    file.write(&header)?;
    for value in values {
        file.write(&value.to_le_bytes())?;
    }
    file.finish()
}

/// What stands before the numbers of a row-major float64 array.
pub(crate) fn npy_header(shape: &[usize]) -> Result<Vec<u8>> {
    let mut axes = String::new();
    for extent in shape {
        // Writing to a string cannot fail.
        let _ = write!(axes, "{extent}, ");
    }
    let axes = if shape.len() == 1 { axes.trim_end() } else { axes.trim_end_matches(", ") };
    let mut text = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({axes}), }}");
    let unpadded = MAGIC.len() + 4 + text.len() + 1;
    text.push_str(&" ".repeat(unpadded.next_multiple_of(64) - unpadded));
    text.push('\n');
    let text_length = u16::try_from(text.len()).map_err(|_| Error::internal(format!("shape {shape:?} is too long")))?;
    Ok([MAGIC, &[1, 0], &text_length.to_le_bytes(), text.as_bytes()].concat())
}
