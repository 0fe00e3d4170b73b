//! `.npz`: a zip archive of `.npy` entries.
//!
//! An archive is read in place and never unpacked to disk. What an entry promises is compared with what its
//! compressed bytes can hold (deflate gains at most a factor of 1032), entries may not share bytes, and memory grows
//! only as data arrive: so it stays within that factor of the file's length.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use zip::read::ZipFile;
use zip::{CompressionMethod, ZipArchive};

use super::source::{COLUMN_MAJOR, COMPRESSED, Checked, Plain};
use super::{ActivationSource, ArraySource, Found, STIMULUS_IDS, assemble, text_refused};
use crate::atomic::{Seen, open_file};
use crate::elements::NamedArray;
use crate::error::{Location, Result};
use crate::npy::{self, ElementType, Values};

/// The greatest factor by which deflate compresses.
const MAX_RATIO: u64 = 1032;
const WRITE_AGAIN: &str = "the archive is truncated or damaged: write it again with numpy.savez";

/// Looks at the headers of all entries.
pub(super) fn open(path: &Path) -> Result<ActivationSource> {
    let location = Location::file(path);
    let (file, _) = open_file(path)?;
    let seen = Seen::of(&file, path)?;
    let mut archive = archive(file, path)?;
    if archive.has_duplicate_names() {
        return Err(location.error("two arrays have the same name", "give every array a name of its own"));
    }
    let overlapping = archive
        .has_overlapping_entries()
        .map_err(|error| location.error(format!("entries out of place ({error})"), WRITE_AGAIN))?;
    if overlapping {
        return Err(location.error("two entries share the same bytes", WRITE_AGAIN));
    }
    let mut found = Vec::with_capacity(archive.len());
    for index in 0..archive.len() {
        found.push(open_entry(&mut archive, index, path, &seen)?);
    }
    assemble(path, found)
}

/// Reads the array of an entry that [`open`] looked at.
pub(super) fn read_array(path: &Path, index: usize) -> Result<NamedArray> {
    let (file, _) = open_file(path)?;
    let (name, content) = read_entry(&mut archive(file, path)?, index, path)?;
    match content.values {
        Values::Numbers(elements) => Ok(NamedArray { name, shape: content.shape, elements }),
        Values::Text(_) => Err(text_refused(&Location::array(path, &name))),
    }
}

fn archive(file: File, path: &Path) -> Result<ZipArchive<BufReader<File>>> {
    ZipArchive::new(BufReader::new(file))
        .map_err(|error| Location::file(path).error(format!("not a whole zip archive ({error})"), WRITE_AGAIN))
}

/// An entry with its array's name, after what it promises was compared with what it can hold.
fn checked_entry<'a, R: Read + Seek>(
    archive: &'a mut ZipArchive<R>,
    index: usize,
    path: &Path,
) -> Result<(String, ZipFile<'a, R>)> {
    let file = Location::file(path);
    let entry = archive
        .by_index(index)
        .map_err(|error| file.error(format!("entry {index} is not readable ({error})"), WRITE_AGAIN))?;
    let full_name = entry
        .name()
        .map_err(|error| file.error(format!("entry {index} has no valid name ({error})"), WRITE_AGAIN))?
        .into_owned();
    let name = array_name(&full_name).map_err(|(problem, mend)| {
        // A line break in the name would break the message.
        Location::array(path, &full_name.escape_debug().to_string()).error(problem, mend)
    })?;
    let location = Location::array(path, &name);
    if entry.encrypted() {
        return Err(location.error("the entry is encrypted", WRITE_AGAIN));
    }
    let (size, compressed) = (entry.size(), entry.compressed_size());
    let possible = match entry.compression() {
        CompressionMethod::Stored => size == compressed,
        CompressionMethod::Deflated => size <= compressed.saturating_mul(MAX_RATIO),
        method => {
            return Err(location.error(
                format!("compression {method:?} is not what NumPy uses"),
                "write the archive with numpy.savez or numpy.savez_compressed",
            ));
        }
    };
    if !possible {
        let problem = format!("{compressed} bytes cannot hold the {size} bytes that are promised");
        return Err(location.error(problem, WRITE_AGAIN));
    }
    Ok((name, entry))
}

fn open_entry<R: Read + Seek>(archive: &mut ZipArchive<R>, index: usize, path: &Path, seen: &Seen) -> Result<Found> {
    let (name, entry) = checked_entry(archive, index, path)?;
    if name == STIMULUS_IDS {
        drop(entry);
        return Ok(Found::Identifiers(read_entry(archive, index, path)?.1));
    }
    let location = Location::array(path, &name);
    let (size, check_sum, start) = (entry.size(), entry.crc32(), entry.data_start());
    let stored = entry.compression() == CompressionMethod::Stored;
    let mut before = Vec::new();
    let header = npy::read_checked_header(&mut Kept { inner: entry.take(size), bytes: &mut before }, size, &location)?;
    let ElementType::Number(encoding) = header.element else { return Err(text_refused(&location)) };
    let array = match (start, stored, header.column_major) {
        (Some(start), true, false) => {
            let plain = Plain::new(seen.clone(), start + header.length, encoding, header.order);
            ArraySource::plain(path, name, header.shape, plain.with_check_sum(Checked::new(check_sum, &before)))
        }
        (_, true, true) => ArraySource::packed(path, name, header.shape, index, COLUMN_MAJOR),
        _ => ArraySource::packed(path, name, header.shape, index, COMPRESSED),
    };
    Ok(Found::Array(array))
}

/// Passes bytes on and keeps a copy.
struct Kept<'a, R> {
    inner: R,
    bytes: &'a mut Vec<u8>,
}

impl<R: Read> Read for Kept<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.bytes.extend_from_slice(&buffer[..count]);
        Ok(count)
    }
}

fn read_entry<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    index: usize,
    path: &Path,
) -> Result<(String, npy::Content)> {
    let (name, mut entry) = checked_entry(archive, index, path)?;
    let location = Location::array(path, &name);
    let size = entry.size();
    let content = npy::read(&mut entry.by_ref().take(size), size, &location)?;
    // Reading to the end also compares the check sum.
    let mut rest = [0];
    let more = entry.read(&mut rest).map_err(|source| location.read_error(source))?;
    if more != 0 {
        return Err(location.error(format!("more than the {size} bytes that are promised"), WRITE_AGAIN));
    }
    Ok((name, content))
}

/// The array's name, if the entry's name is one that NumPy writes; else what is wrong with it, and how to mend it.
fn array_name(entry: &str) -> Result<String, (&'static str, &'static str)> {
    let mend = "an .npz archive holds entries `NAME.npy` and nothing else";
    let name = entry.strip_suffix(".npy").ok_or(("the entry is no array", mend))?;
    if name.is_empty() {
        return Err(("the array has no name", mend));
    }
    if name.contains(char::is_control) {
        return Err(("the name holds a control character", "give the array a name of letters, digits and signs"));
    }
    let outside = name.split(['/', '\\']).any(|part| part == ".." || part == ".");
    let rooted = name.starts_with(['/', '\\']) || name.get(1..3).is_some_and(|start| start == ":\\");
    if outside || rooted {
        return Err(("the name leads out of the archive", mend));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_entries() {
        assert_eq!(array_name("layer1.npy").unwrap(), "layer1");
        assert_eq!(array_name("block/conv1.npy").unwrap(), "block/conv1");
        assert_eq!(array_name("a..b.npy").unwrap(), "a..b");
        for refused in ["../x.npy", "a/../x.npy", "/x.npy", "\\x.npy", "C:\\x.npy", "a\0.npy", ".npy", "x.txt", "x/"] {
            assert!(array_name(refused).is_err(), "{refused}");
        }
        for refused in ["a\u{7}b.npy", "a\nb.npy", "a\u{1b}[2Jb.npy", "a\0.npy"] {
            assert_eq!(array_name(refused).unwrap_err().0, "the name holds a control character");
        }
    }
}
