//! What the pages of a Parquet column promise, before the Parquet library believes it.
//!
//! Each page has a header that says how many bytes it unpacks to, and the library makes room for as many, up to 2 GiB.
//! What other parts of the file say about sizes may be honest all the same, so the headers are read here first: Thrift's
//! compact protocol, of which everything but two numbers is passed over.

use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};

/// Deepest nesting of structures in a header; the format needs three.
const MAX_DEPTH: usize = 8;

/// Whether every page in the `length` bytes from `start` on unpacks to at most `ratio` times its own bytes.
///
/// # Errors
/// When a header cannot be read.
pub(super) fn are_plausible<R: Read + Seek>(reader: R, start: u64, length: u64, ratio: u64) -> io::Result<bool> {
    let mut reader = BufReader::new(reader);
    reader.seek(SeekFrom::Start(start))?;
    let mut left = length;
    while left > 0 {
        let mut header = Header { reader: &mut reader, n_read: 0, limit: left, unpacked: None, packed: None };
        header.structure(0)?;
        let n_read = header.n_read;
        let (Some(unpacked), Some(packed)) = (header.unpacked, header.packed) else { return Ok(false) };
        // Small pages may hold a little more than they compress to.
        if unpacked > packed.max(8).saturating_mul(ratio) {
            return Ok(false);
        }
        left = left.saturating_sub(n_read).saturating_sub(packed);
        reader.seek_relative(i64::try_from(packed).map_err(|_| damaged())?)?;
    }
    Ok(true)
}

/// A header that is being read.
struct Header<'a, R> {
    reader: &'a mut BufReader<R>,
    n_read: u64,
    /// Bytes of the column from here on. A seek goes beyond the end of a file without complaint, so every step is counted.
    limit: u64,
    /// Field 2, the bytes that the page unpacks to.
    unpacked: Option<u64>,
    /// Field 3, the bytes of the page.
    packed: Option<u64>,
}

fn damaged() -> io::Error {
    ErrorKind::InvalidData.into()
}

impl<R: Read + Seek> Header<'_, R> {
    fn byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        self.count(1)?;
        self.reader.read_exact(&mut byte)?;
        Ok(byte[0])
    }

    fn number(&mut self) -> io::Result<u64> {
        let mut number = 0_u64;
        for place in 0..10 {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(damaged())
    }

    fn count(&mut self, n_bytes: u64) -> io::Result<()> {
        let sum = self.n_read.checked_add(n_bytes).filter(|&sum| sum <= self.limit);
        self.n_read = sum.ok_or_else(damaged)?;
        Ok(())
    }

    fn skip(&mut self, n_bytes: u64) -> io::Result<()> {
        self.count(n_bytes)?;
        self.reader.seek_relative(i64::try_from(n_bytes).map_err(|_| damaged())?)
    }

    fn structure(&mut self, depth: usize) -> io::Result<()> {
        if depth > MAX_DEPTH {
            return Err(damaged());
        }
        let mut field = 0_u64;
        loop {
            let byte = self.byte()?;
            let (step, kind) = (byte >> 4, byte & 0x0f);
            if kind == 0 {
                return Ok(());
            }
            field = if step == 0 { self.number()? >> 1 } else { field.saturating_add(step.into()) };
            match (depth, field, kind) {
                (0, 2, 5) => self.unpacked = self.size()?,
                (0, 3, 5) => self.packed = self.size()?,
                // Truths are in the kind itself.
                (_, _, 1 | 2) => {}
                _ => self.value(kind, depth)?,
            }
        }
    }

    /// A number in zigzag order, in which odd ones are negative and no size.
    fn size(&mut self) -> io::Result<Option<u64>> {
        let number = self.number()?;
        Ok((number & 1 == 0).then_some(number >> 1))
    }

    /// Passes over a value.
    fn value(&mut self, kind: u8, depth: usize) -> io::Result<()> {
        match kind {
            1..=3 => self.skip(1),
            4..=6 => self.number().map(drop),
            7 => self.skip(8),
            8 => {
                let length = self.number()?;
                self.skip(length)
            }
            9 | 10 => {
                let byte = self.byte()?;
                let count = if byte >> 4 == 15 { self.number()? } else { (byte >> 4).into() };
                (0..count).try_for_each(|_| self.element(byte & 0x0f, depth))
            }
            11 => {
                let count = self.number()?;
                let kinds = if count > 0 { self.byte()? } else { 0 };
                (0..count).try_for_each(|_| {
                    self.element(kinds >> 4, depth)?;
                    self.element(kinds & 0x0f, depth)
                })
            }
            12 => self.structure(depth + 1),
            _ => Err(damaged()),
        }
    }

    /// Passes over a value in a list or map, one level deeper.
    fn element(&mut self, kind: u8, depth: usize) -> io::Result<()> {
        if depth > MAX_DEPTH { Err(damaged()) } else { self.value(kind, depth + 1) }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// A page header with these sizes, a structure and a list to pass over, and the bytes of the page.
    fn page(unpacked: i64, packed: i64) -> Vec<u8> {
        let number = |value: i64| {
            let mut left = ((value << 1) ^ (value >> 63)).cast_unsigned();
            let mut bytes = Vec::new();
            while left > 0x7f {
                bytes.push(left as u8 | 0x80);
                left >>= 7;
            }
            bytes.push(left as u8);
            bytes
        };
        // Type; both sizes; DataPageHeader: a number, a text, a list of two numbers, a truth.
        let mut bytes = [&[0x15, 0][..], &[0x15], &number(unpacked), &[0x15], &number(packed)].concat();
        bytes.extend([0x2c, 0x15, 4, 0x18, 2, b'a', b'b', 0x19, 0x25, 2, 4, 0x11, 0, 0]);
        bytes.resize(bytes.len() + usize::try_from(packed.max(0)).unwrap(), 7);
        bytes
    }

    fn check(bytes: &[u8]) -> io::Result<bool> {
        are_plausible(Cursor::new(bytes), 0, bytes.len() as u64, 10)
    }

    #[test]
    fn every_page_is_looked_at() {
        assert!(check(&[page(100, 10), page(0, 0), page(1000, 100)].concat()).unwrap());
        assert!(!check(&[page(100, 10), page(101, 10)].concat()).unwrap());
        assert!(!check(&page(i64::from(i32::MAX), 10)).unwrap());
        assert!(!check(&page(-1, 10)).unwrap());
        assert!(!check(&page(10, -1)).unwrap());
        let inside = [&[9; 5][..], &page(100, 10), &[9; 5]].concat();
        assert!(are_plausible(Cursor::new(&inside), 5, inside.len() as u64 - 10, 10).unwrap());
    }

    #[test]
    fn what_is_no_header_is_an_error() {
        let whole = page(100, 10);
        for end in 1..whole.len() - 10 {
            assert!(check(&whole[..end]).is_err(), "{end}");
        }
        for bytes in
            [&[0x1c; 100][..], &[0x19, 0xf9, 0xff, 0xff], &[0x19, 0x19, 0x19, 0x19, 0x19, 0x19, 0x19, 0x19, 0x19, 0x19]]
        {
            assert!(check(bytes).is_err());
        }
        // A text that is longer than any file.
        assert!(check(&[0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0]).is_err());
        // Lists of as many bytes, and of as many numbers in a map, which no file holds and which would take years to count.
        assert!(check(&[0x19, 0xf3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0]).is_err());
        assert!(check(&[0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x37, 0]).is_err());
        assert!(!check(&[0]).unwrap(), "sizes are missing");
    }
}
