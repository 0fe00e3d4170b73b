//! Numbers as they lie in files.

use std::io::Read;

use half::{bf16, f16};

use crate::error::{Error, Location, Result};

/// The elements of an array in the precision in which the file holds them, row-major.
#[derive(Debug, Clone, PartialEq)]
pub enum Elements {
    /// IEEE half precision.
    F16(Vec<f16>),
    /// Brain floating point.
    Bf16(Vec<bf16>),
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
    /// Signed and unsigned integers of every width, and truth values.
    Integer(Vec<i64>),
}

impl Elements {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::F16(values) => values.len(),
            Self::Bf16(values) => values.len(),
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::Integer(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Name of the precision: `f16`, `bf16`, `f32`, `f64` or `integer`.
    pub fn precision(&self) -> &'static str {
        match self {
            Self::F16(_) => "f16",
            Self::Bf16(_) => "bf16",
            Self::F32(_) => "f32",
            Self::F64(_) => "f64",
            Self::Integer(_) => "integer",
        }
    }

    /// All elements as double precision; exact except for integers beyond 2⁵³.
    pub fn to_f64(&self) -> Vec<f64> {
        match self {
            Self::F16(values) => values.iter().map(|value| value.to_f64()).collect(),
            Self::Bf16(values) => values.iter().map(|value| value.to_f64()).collect(),
            Self::F32(values) => values.iter().copied().map(f64::from).collect(),
            Self::F64(values) => values.clone(),
            Self::Integer(values) => values.iter().map(|&value| value as f64).collect(),
        }
    }

    /// All elements as single precision, rounded to nearest.
    pub fn to_f32(&self) -> Vec<f32> {
        match self {
            Self::F16(values) => values.iter().map(|value| value.to_f32()).collect(),
            Self::Bf16(values) => values.iter().map(|value| value.to_f32()).collect(),
            Self::F32(values) => values.clone(),
            Self::F64(values) => values.iter().map(|&value| value as f32).collect(),
            Self::Integer(values) => values.iter().map(|&value| value as f32).collect(),
        }
    }

    /// The chosen rows of `length` elements each, in that order and precision.
    fn rows(&self, rows: &[usize], length: usize) -> Self {
        fn chosen<T: Copy>(values: &[T], rows: &[usize], length: usize) -> Vec<T> {
            rows.iter().flat_map(|&row| values[row * length..(row + 1) * length].iter().copied()).collect()
        }
        match self {
            Self::F16(values) => Self::F16(chosen(values, rows, length)),
            Self::Bf16(values) => Self::Bf16(chosen(values, rows, length)),
            Self::F32(values) => Self::F32(chosen(values, rows, length)),
            Self::F64(values) => Self::F64(chosen(values, rows, length)),
            Self::Integer(values) => Self::Integer(chosen(values, rows, length)),
        }
    }

    /// The same elements in row-major order, when they lie in column-major order now.
    pub(crate) fn into_row_major(self, shape: &[usize]) -> Self {
        match self {
            Self::F16(values) => Self::F16(row_major(values, shape)),
            Self::Bf16(values) => Self::Bf16(row_major(values, shape)),
            Self::F32(values) => Self::F32(row_major(values, shape)),
            Self::F64(values) => Self::F64(row_major(values, shape)),
            Self::Integer(values) => Self::Integer(row_major(values, shape)),
        }
    }
}

/// A named array of at least one axis, row-major, the first axis being stimuli.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedArray {
    /// Its name in the file.
    pub name: String,
    /// Extent of each axis.
    pub shape: Vec<usize>,
    /// The elements, as many as the product of the shape.
    pub elements: Elements,
}

impl Elements {
    /// The elements as the core views them, if they are floating-point numbers.
    pub fn floating(&self) -> Option<layerpath::representation::Elements<'_>> {
        match self {
            Self::F16(values) => Some(values.as_slice().into()),
            Self::Bf16(values) => Some(values.as_slice().into()),
            Self::F32(values) => Some(values.as_slice().into()),
            Self::F64(values) => Some(values.as_slice().into()),
            Self::Integer(_) => None,
        }
    }
}

impl NamedArray {
    /// The array with floating-point elements: integers become f64, everything else stays.
    #[must_use]
    pub fn into_floating(self) -> Self {
        match self.elements {
            Elements::Integer(_) => Self { elements: Elements::F64(self.elements.to_f64()), ..self },
            _ => self,
        }
    }

    /// Extent of the first axis: the number of stimuli.
    pub fn n_rows(&self) -> usize {
        self.shape.first().copied().unwrap_or(0)
    }

    /// Elements in a row: the product of the other axes.
    pub fn row_length(&self) -> usize {
        self.elements.len().checked_div(self.n_rows()).unwrap_or(0)
    }

    /// The same array for the stimuli `rows` only, in that order and the same precision.
    ///
    /// ```
    /// use layerpath_io::{Elements, NamedArray};
    /// let array = NamedArray { name: "a".into(), shape: vec![3, 1], elements: Elements::F32(vec![0.0, 1.0, 2.0]) };
    /// assert_eq!(array.select(&[2, 0]).unwrap().elements, Elements::F32(vec![2.0, 0.0]));
    /// ```
    ///
    /// # Errors
    /// When there is no such row.
    pub fn select(&self, rows: &[usize]) -> Result<Self> {
        if let Some(row) = rows.iter().find(|&&row| row >= self.n_rows()) {
            let problem = format!("`{}` has {} rows and no row {row}", self.name, self.n_rows());
            return Err(Error::argument(problem, "choose rows counted from 0"));
        }
        let mut shape = self.shape.clone();
        shape[0] = rows.len();
        Ok(Self { name: self.name.clone(), shape, elements: self.elements.rows(rows, self.row_length()) })
    }
}

/// How an element lies in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    F16,
    Bf16,
    F32,
    F64,
    Bool,
    Signed(u8),
    Unsigned(u8),
}

impl Encoding {
    pub(crate) fn n_bytes(self) -> usize {
        match self {
            Self::Bool => 1,
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
            Self::Signed(n_bytes) | Self::Unsigned(n_bytes) => usize::from(n_bytes),
        }
    }
}

/// Byte order of the elements in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    Little,
    Big,
}

/// Product of a shape's extents, or `None` if it cannot be counted.
pub(crate) fn element_count(shape: &[usize]) -> Option<usize> {
    // An extent of 0 must not hide an overflow among the others.
    let nonzero = shape.iter().try_fold(1_usize, |product, &extent| product.checked_mul(extent.max(1)))?;
    Some(if shape.contains(&0) { 0 } else { nonzero })
}

/// Reads `count` elements. Memory grows as data arrive, never ahead of them by more than a block.
pub(crate) fn read_elements(
    reader: &mut dyn Read,
    count: usize,
    encoding: Encoding,
    order: ByteOrder,
    location: &Location<'_>,
) -> Result<Elements> {
    /// Reads with the converter of the right byte order.
    macro_rules! read {
        ($variant:ident, $type:ty) => {
            Elements::$variant(match order {
                ByteOrder::Little => read_values(reader, count, location, |bytes| Some(<$type>::from_le_bytes(bytes)))?,
                ByteOrder::Big => read_values(reader, count, location, |bytes| Some(<$type>::from_be_bytes(bytes)))?,
            })
        };
    }
    macro_rules! read_integer {
        ($type:ty) => {
            Elements::Integer(match order {
                ByteOrder::Little => {
                    read_values(reader, count, location, |bytes| i64::try_from(<$type>::from_le_bytes(bytes)).ok())?
                }
                ByteOrder::Big => {
                    read_values(reader, count, location, |bytes| i64::try_from(<$type>::from_be_bytes(bytes)).ok())?
                }
            })
        };
    }
    Ok(match encoding {
        Encoding::F16 => read!(F16, f16),
        Encoding::Bf16 => read!(Bf16, bf16),
        Encoding::F32 => read!(F32, f32),
        Encoding::F64 => read!(F64, f64),
        Encoding::Bool => Elements::Integer(read_values(reader, count, location, |[byte]| Some(i64::from(byte != 0)))?),
        Encoding::Signed(1) => read_integer!(i8),
        Encoding::Signed(2) => read_integer!(i16),
        Encoding::Signed(4) => read_integer!(i32),
        Encoding::Signed(_) => read_integer!(i64),
        Encoding::Unsigned(1) => read_integer!(u8),
        Encoding::Unsigned(2) => read_integer!(u16),
        Encoding::Unsigned(4) => read_integer!(u32),
        Encoding::Unsigned(_) => read_integer!(u64),
    })
}

/// Reads `count` values of `N` bytes each; `convert` gives `None` for a value that has no place here.
pub(crate) fn read_values<T, const N: usize>(
    reader: &mut dyn Read,
    count: usize,
    location: &Location<'_>,
    convert: impl Fn([u8; N]) -> Option<T>,
) -> Result<Vec<T>> {
    const BLOCK: usize = 1 << 16;
    let mut values = Vec::new();
    let mut buffer = vec![0_u8; BLOCK];
    let per_block = BLOCK / N;
    while values.len() < count {
        let n_values = per_block.min(count - values.len());
        // Doubling keeps the copies few; the end of the data is met before memory runs ahead of them.
        if values.capacity() - values.len() < n_values {
            let wanted = values.len().max(n_values).min(count - values.len());
            values.try_reserve_exact(wanted).map_err(|_| {
                location.error(
                    format!("{count} values do not fit into memory"),
                    "use fewer stimuli, or a machine with more memory",
                )
            })?;
        }
        let block = &mut buffer[..n_values * N];
        reader.read_exact(block).map_err(|source| location.read_error(source))?;
        for chunk in block.as_chunks::<N>().0 {
            let value = convert(*chunk).ok_or_else(|| {
                location.error(
                    format!("element {} is greater than the largest 64-bit signed integer", values.len()),
                    "convert the array to float64",
                )
            })?;
            values.push(value);
        }
    }
    Ok(values)
}

/// Reorders column-major values to row-major.
fn row_major<T: Copy>(values: Vec<T>, shape: &[usize]) -> Vec<T> {
    const BLOCK: usize = 32;
    if shape.iter().filter(|&&extent| extent > 1).count() < 2 {
        return values;
    }
    let mut strides = Vec::with_capacity(shape.len());
    let mut stride = 1;
    for &extent in shape {
        strides.push(stride);
        stride *= extent;
    }
    let Some(&first) = values.first() else { return values };
    let mut ordered = vec![first; values.len()];
    if let [n_rows, n_columns] = *shape {
        for column_block in (0..n_columns).step_by(BLOCK) {
            for row_block in (0..n_rows).step_by(BLOCK) {
                for column in column_block..n_columns.min(column_block + BLOCK) {
                    for row in row_block..n_rows.min(row_block + BLOCK) {
                        ordered[row * n_columns + column] = values[column * n_rows + row];
                    }
                }
            }
        }
        return ordered;
    }
    let mut index = vec![0; shape.len()];
    let mut position = 0;
    for value in &mut ordered {
        *value = values[position];
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            position += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            position -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_major_becomes_row_major() {
        // Element (i, j) of a 2×3 matrix is 10 i + j.
        let ordered = row_major(vec![0, 10, 1, 11, 2, 12], &[2, 3]);
        assert_eq!(ordered, [0, 1, 2, 10, 11, 12]);
        let shape = [2, 3, 4];
        let mut columns = Vec::new();
        for k in 0..4 {
            for j in 0..3 {
                for i in 0..2 {
                    columns.push(100 * i + 10 * j + k);
                }
            }
        }
        let expected: Vec<_> = (0..24).map(|flat| 100 * (flat / 12) + 10 * (flat / 4 % 3) + flat % 4).collect();
        assert_eq!(row_major(columns, &shape), expected);
    }

    #[test]
    fn large_matrices_are_transposed_across_blocks() {
        let (n_rows, n_columns) = (67, 45);
        let columns: Vec<_> = (0..n_rows * n_columns).collect();
        let ordered = row_major(columns, &[n_rows, n_columns]);
        for row in 0..n_rows {
            for column in 0..n_columns {
                assert_eq!(ordered[row * n_columns + column], column * n_rows + row);
            }
        }
    }

    #[test]
    fn counting_elements_never_overflows_silently() {
        assert_eq!(element_count(&[3, 4]), Some(12));
        assert_eq!(element_count(&[]), Some(1));
        assert_eq!(element_count(&[0, 5]), Some(0));
        assert_eq!(element_count(&[usize::MAX, 2]), None);
        assert_eq!(element_count(&[0, usize::MAX, 2]), None);
    }
}
