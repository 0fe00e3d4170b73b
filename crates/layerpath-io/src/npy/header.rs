//! The header of a `.npy` file: a Python dictionary in three fixed keys.
//!
//! It is read by hand, because it comes from strangers: the usual parsers recurse as deep as the brackets go and
//! multiply shapes without looking. This one knows strings, truth values and tuples of numbers, and nothing else.

use std::io::Read;

use crate::elements::{ByteOrder, Encoding};
use crate::error::{Location, Result};

/// Longest header that is looked at. NumPy writes 118 bytes for ordinary arrays.
const MAX_HEADER: usize = 1 << 20;
/// NumPy allows 64 axes.
const MAX_AXES: usize = 64;

/// What an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ElementType {
    Number(Encoding),
    /// Fixed number of UTF-32 code points.
    Text(usize),
}

/// A header, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) element: ElementType,
    pub(crate) order: ByteOrder,
    pub(crate) column_major: bool,
    pub(crate) shape: Vec<usize>,
    /// Bytes before the data.
    pub(crate) length: u64,
}

/// Reads the header of a file of `file_length` bytes.
pub(super) fn read_header(reader: &mut dyn Read, file_length: u64, location: &Location<'_>) -> Result<Header> {
    let again = "write it again with numpy.save";
    let mut start = [0; 8];
    reader.read_exact(&mut start).map_err(|source| location.read_error(source))?;
    if !start.starts_with(super::MAGIC) {
        return Err(location.error("this is not in NumPy's .npy format", again));
    }
    let (prefix, text_length) = match start[6] {
        1 => {
            let mut length = [0; 2];
            reader.read_exact(&mut length).map_err(|source| location.read_error(source))?;
            (10, usize::from(u16::from_le_bytes(length)))
        }
        2 | 3 => {
            let mut length = [0; 4];
            reader.read_exact(&mut length).map_err(|source| location.read_error(source))?;
            (12, usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX))
        }
        version => {
            return Err(location.error(format!("version {version} of the .npy format is unknown"), again));
        }
    };
    let length = prefix + text_length as u64;
    if text_length > MAX_HEADER || length > file_length {
        let problem = format!("the header claims {text_length} bytes, the file has {file_length}");
        return Err(location.error(problem, again));
    }
    let mut text = vec![0; text_length];
    reader.read_exact(&mut text).map_err(|source| location.read_error(source))?;
    let mut scanner = Scanner { text: &text, position: 0 };
    let fields = scanner
        .dictionary()
        .map_err(|problem| location.error(format!("the header is not readable: {problem}"), again))?;
    let (element, order) = element_type(&fields.descr).map_err(|(problem, mend)| {
        location.error(format!("elements of type `{}` {problem}", fields.descr.escape_debug()), mend)
    })?;
    Ok(Header { element, order, column_major: fields.fortran_order, shape: fields.shape, length })
}

/// Understands a type string such as `<f4`; else says what is wrong and how to mend it.
fn element_type(descr: &str) -> Result<(ElementType, ByteOrder), (&'static str, &'static str)> {
    let unknown = ("are unknown", "convert the array to float32 or float64");
    let mut characters = descr.chars();
    let order = match characters.next() {
        Some('<' | '|') => ByteOrder::Little,
        Some('>') => ByteOrder::Big,
        _ => return Err(unknown),
    };
    let kind = characters.next().ok_or(unknown)?;
    let digits = characters.as_str();
    let size = match kind {
        'O' => return Err(("need pickle, which runs code and is never loaded", OBJECT_MEND)),
        'c' => return Err(("are complex", "store real and imaginary parts side by side as columns")),
        'm' | 'M' => return Err(("are dates", "convert the array to float64")),
        'S' | 'a' => return Err(("are byte strings", "convert the array with .astype(str)")),
        _ if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) => return Err(unknown),
        _ => digits.parse::<usize>().map_err(|_| unknown)?,
    };
    // `|` means that byte order does not matter, which is true of single bytes and of bfloat16's `|V2`.
    if descr.starts_with('|') && size != 1 && kind != 'V' {
        return Err(unknown);
    }
    let element = match (kind, size) {
        ('f', 2) => ElementType::Number(Encoding::F16),
        ('f', 4) => ElementType::Number(Encoding::F32),
        ('f', 8) => ElementType::Number(Encoding::F64),
        ('f', 16) => return Err(("are long doubles", "convert the array to float64")),
        // bfloat16 of ml_dtypes (JAX, PyTorch): NumPy has no name of its own for it.
        ('V', 2) => ElementType::Number(Encoding::Bf16),
        ('V', _) => return Err(("are raw bytes", "convert the array to float32 or float64")),
        ('b', 1) => ElementType::Number(Encoding::Bool),
        ('i', 1) => ElementType::Number(Encoding::Signed(1)),
        ('i', 2) => ElementType::Number(Encoding::Signed(2)),
        ('i', 4) => ElementType::Number(Encoding::Signed(4)),
        ('i', 8) => ElementType::Number(Encoding::Signed(8)),
        ('u', 1) => ElementType::Number(Encoding::Unsigned(1)),
        ('u', 2) => ElementType::Number(Encoding::Unsigned(2)),
        ('u', 4) => ElementType::Number(Encoding::Unsigned(4)),
        ('u', 8) => ElementType::Number(Encoding::Unsigned(8)),
        ('U', 1..) => ElementType::Text(size),
        _ => return Err(unknown),
    };
    Ok((element, order))
}

const OBJECT_MEND: &str = "convert the array to numbers, for example with .astype('float64')";

/// The three keys.
struct Fields {
    descr: String,
    fortran_order: bool,
    shape: Vec<usize>,
}

struct Scanner<'a> {
    text: &'a [u8],
    position: usize,
}

impl Scanner<'_> {
    fn dictionary(&mut self) -> Result<Fields, String> {
        let (mut descr, mut fortran_order, mut shape) = (None, None, None);
        self.expect(b'{')?;
        while self.peek() != Some(b'}') {
            let key = self.string()?;
            self.expect(b':')?;
            let repeated = match key.as_str() {
                "descr" if self.peek() == Some(b'[') => {
                    return Err("a structured array; save one array per field".into());
                }
                "descr" => descr.replace(self.string()?).is_some(),
                "fortran_order" => fortran_order.replace(self.truth()?).is_some(),
                "shape" => shape.replace(self.tuple()?).is_some(),
                other => return Err(format!("unknown key `{}`", other.escape_debug())),
            };
            if repeated {
                return Err(format!("key `{key}` stands twice"));
            }
            if self.peek() != Some(b',') {
                break;
            }
            self.expect(b',')?;
        }
        self.expect(b'}')?;
        if self.peek().is_some() {
            return Err(format!("unexpected text at its byte {}", self.position));
        }
        Ok(Fields {
            descr: descr.ok_or("key `descr` is missing")?,
            fortran_order: fortran_order.ok_or("key `fortran_order` is missing")?,
            shape: shape.ok_or("key `shape` is missing")?,
        })
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.position).is_some_and(u8::is_ascii_whitespace) {
            self.position += 1;
        }
        self.text.get(self.position).copied()
    }

    fn expect(&mut self, byte: u8) -> Result<(), String> {
        if self.peek() != Some(byte) {
            return Err(format!("expected `{}` at its byte {}", char::from(byte), self.position));
        }
        self.position += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<String, String> {
        let Some(quote @ (b'\'' | b'"')) = self.peek() else {
            return Err(format!("expected a string at its byte {}", self.position));
        };
        let rest = &self.text[self.position + 1..];
        let end = rest
            .iter()
            .position(|&byte| byte == quote || byte == b'\\' || byte == b'\n')
            .filter(|&end| rest[end] == quote)
            .ok_or_else(|| format!("the string at its byte {} does not end", self.position))?;
        let string = std::str::from_utf8(&rest[..end])
            .map_err(|_| format!("the string at its byte {} is no UTF-8", self.position))?;
        self.position += end + 2;
        Ok(string.to_owned())
    }

    fn truth(&mut self) -> Result<bool, String> {
        self.peek();
        for (word, value) in [("True", true), ("False", false)] {
            if self.text[self.position..].starts_with(word.as_bytes()) {
                self.position += word.len();
                return Ok(value);
            }
        }
        Err(format!("expected True or False at its byte {}", self.position))
    }

    fn tuple(&mut self) -> Result<Vec<usize>, String> {
        let mut extents = Vec::new();
        self.expect(b'(')?;
        while self.peek() != Some(b')') {
            if extents.len() == MAX_AXES {
                return Err(format!("more than {MAX_AXES} axes"));
            }
            extents.push(self.number()?);
            if self.peek() != Some(b',') {
                break;
            }
            self.expect(b',')?;
        }
        self.expect(b')')?;
        Ok(extents)
    }

    fn number(&mut self) -> Result<usize, String> {
        self.peek();
        let digits = &self.text[self.position..];
        let end = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
        let number = std::str::from_utf8(&digits[..end])
            .ok()
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| format!("expected an extent at its byte {}", self.position))?;
        self.position += end;
        // Python 2 wrote long integers with an L.
        if self.text.get(self.position) == Some(&b'L') {
            self.position += 1;
        }
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Result<Fields, String> {
        Scanner { text: text.as_bytes(), position: 0 }.dictionary()
    }

    #[test]
    fn headers_as_numpy_writes_them() {
        let read = fields("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }   \n").unwrap();
        assert_eq!((read.descr.as_str(), read.fortran_order, read.shape), ("<f4", false, vec![3, 4]));
        let read = fields("{\"shape\":(5L,),\"fortran_order\":True,\"descr\":\">i8\"}").unwrap();
        assert_eq!((read.descr.as_str(), read.fortran_order, read.shape), (">i8", true, vec![5]));
        assert!(fields("{'descr': '<f4', 'fortran_order': False, 'shape': ()}").unwrap().shape.is_empty());
    }

    #[test]
    fn malformed_headers_are_refused() {
        for text in [
            "",
            "{",
            "{}",
            "{'descr': '<f4', 'fortran_order': False}",
            "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1.5,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999999,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)} more",
            "{'descr': '<f4', 'fortran_order': None, 'shape': (3,)}",
            "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,)}",
            "{'descr': '<f4, 'fortran_order': False, 'shape': (3,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'extra': 1}",
        ] {
            assert!(fields(text).is_err(), "{text}");
        }
        assert!(fields(&"[".repeat(1 << 20)).is_err());
        assert!(fields(&format!("{{'shape': ({}", "1,".repeat(100_000))).is_err());
    }

    #[test]
    fn element_types() {
        let number = |encoding| Ok((ElementType::Number(encoding), ByteOrder::Little));
        assert_eq!(element_type("<f8"), number(Encoding::F64));
        assert_eq!(element_type("|b1"), number(Encoding::Bool));
        assert_eq!(element_type("<V2"), number(Encoding::Bf16));
        assert_eq!(element_type("|V2"), number(Encoding::Bf16));
        assert_eq!(element_type(">u2"), Ok((ElementType::Number(Encoding::Unsigned(2)), ByteOrder::Big)));
        assert_eq!(element_type("<U7"), Ok((ElementType::Text(7), ByteOrder::Little)));
        for refused in
            ["|O", "<c8", "<c16", "<M8[ns]", "|S5", "<f16", "|V3", "f4", "<f", "<f3", "|f4", "<U0", "", "<é4"]
        {
            assert!(element_type(refused).is_err(), "{refused}");
        }
        assert!(element_type("|O").unwrap_err().0.contains("pickle"));
    }
}
