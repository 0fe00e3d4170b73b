//! A K×K table that is written block by block and can be resumed.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::atomic::{beside, read_bytes, remove_if_there};
use crate::error::{Error, Result};
use crate::lock::WriteLock;
use crate::npy::npy_header;

/// A symmetric K×K table of f64 on its way to a `.npy` file.
///
/// Blocks go to `NAME.partial`, and `NAME.journal` says which ones are there; a block is in the journal only once it is on
/// disk. When the table is complete the file takes its name and the journal is removed. A killed run leaves both, and
/// [`open`](Self::open) goes on from them.
///
/// ```
/// use layerpath_io::PartialTable;
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("distances.npy");
/// let mut table = PartialTable::open(&path, "two points", 2).unwrap();
/// table.write(0..2, 0..2, &[0.0, 1.5, 1.5, 0.0]).unwrap();
/// drop(table);
/// // The next run finds the block done.
/// let table = PartialTable::open(&path, "two points", 2).unwrap();
/// assert!(table.is_done(&(0..2), &(0..2)));
/// table.finish().unwrap();
/// assert_eq!(std::fs::metadata(&path).unwrap().len(), 128 + 32);
/// ```
#[derive(Debug)]
pub struct PartialTable {
    path: PathBuf,
    file: File,
    journal: File,
    size: usize,
    header: u64,
    done: HashSet<String>,
    /// Two programs would write into each other's blocks.
    _lock: WriteLock,
}

impl PartialTable {
    /// Starts the table of `size` points at `path`, or goes on with one whose `identity` is the same: a text that says what
    /// the table is computed from. A table of another identity is started anew.
    ///
    /// # Errors
    /// When the files cannot be written or read, or another program is at work on the table.
    pub fn open(path: &Path, identity: &str, size: usize) -> Result<Self> {
        if path.is_dir() {
            return Err(Error::file("write", path, std::io::ErrorKind::IsADirectory.into()));
        }
        let lock = WriteLock::beside(path)?;
        let (partial, journal_path) = (beside(path, "partial"), beside(path, "journal"));
        let header = npy_header(&[size, size])?;
        let length = header.len() as u64 + 8 * (size * size) as u64;
        let first = format!("{} {size}", identity.replace('\n', " "));
        let there = partial.is_file() && journal_path.is_file();
        let known = if there { read_bytes(&journal_path)? } else { Vec::new() };
        // A damaged line names no block, so that block is computed again.
        let known = String::from_utf8_lossy(&known);
        // A last line without its end was being written when the run was killed.
        let complete = &known[..known.rfind('\n').map_or(0, |end| end + 1)];
        let mut lines = complete.lines();
        let failed = |source| Error::file("write", &partial, source).with_parts_kept();
        let resumed = lines.next() == Some(first.as_str()) && fs::metadata(&partial).map_err(failed)?.len() == length;
        let names_block = |line: &&str| line.bytes().all(|byte| byte.is_ascii_digit() || b" -".contains(&byte));
        let done: HashSet<String> =
            if resumed { lines.filter(names_block).map(str::to_owned).collect() } else { HashSet::new() };
        if !resumed {
            // Before the blocks are emptied: a journal that outlived them would call them done.
            remove_if_there(&journal_path)?;
        }
        let mut file = OpenOptions::new().write(true).create(true).truncate(!resumed).open(&partial).map_err(failed)?;
        if !resumed {
            file.write_all(&header).and_then(|()| file.set_len(length)).map_err(failed)?;
        }
        let mut text = first + "\n";
        for block in &done {
            text.push_str(block);
            text.push('\n');
        }
        crate::write_text_atomically(&journal_path, &text).map_err(Error::with_parts_kept)?;
        let journal = OpenOptions::new()
            .append(true)
            .open(&journal_path)
            .map_err(|source| Error::file("write", &journal_path, source).with_parts_kept())?;
        Ok(Self { path: path.to_path_buf(), file, journal, size, header: header.len() as u64, done, _lock: lock })
    }

    /// Number of blocks that are there.
    pub fn n_done(&self) -> usize {
        self.done.len()
    }

    /// Whether a block is there.
    pub fn is_done(&self, rows: &Range<usize>, columns: &Range<usize>) -> bool {
        self.done.contains(&name(rows, columns))
    }

    /// Writes a row-major block, and its transpose on the other side of the diagonal.
    ///
    /// # Errors
    /// When the disk is full or cannot be written.
    pub fn write(&mut self, rows: Range<usize>, columns: Range<usize>, block: &[f64]) -> Result<()> {
        let (height, width) = (rows.len(), columns.len());
        if rows.end.max(columns.end) > self.size || block.len() != height * width {
            return Err(Error::internal(format!("a block of {} numbers at {}", block.len(), name(&rows, &columns))));
        }
        let failed = |path: &Path, source| Error::file("write", path, source).with_parts_kept();
        let (partial, journal) = (beside(&self.path, "partial"), beside(&self.path, "journal"));
        for (row, numbers) in rows.clone().zip(block.chunks_exact(width.max(1))) {
            write_row(&mut self.file, self.header, self.size, row, columns.start, numbers.iter())
                .map_err(|source| failed(&partial, source))?;
        }
        if rows != columns {
            for (index, row) in columns.clone().enumerate() {
                let numbers = block[index..].iter().step_by(width);
                write_row(&mut self.file, self.header, self.size, row, rows.start, numbers)
                    .map_err(|source| failed(&partial, source))?;
            }
        }
        self.file.sync_data().map_err(|source| failed(&partial, source))?;
        let name = name(&rows, &columns);
        let written = self.journal.write_all(format!("{name}\n").as_bytes()).and_then(|()| self.journal.sync_data());
        written.map_err(|source| failed(&journal, source))?;
        self.done.insert(name);
        Ok(())
    }

    /// Gives the table its name and removes the journal.
    ///
    /// # Errors
    /// When the file cannot be renamed.
    pub fn finish(self) -> Result<()> {
        let (partial, journal) = (beside(&self.path, "partial"), beside(&self.path, "journal"));
        let failed = |source| Error::file("write", &self.path, source).with_parts_kept();
        self.file.sync_all().map_err(failed)?;
        fs::rename(&partial, &self.path).map_err(failed)?;
        fs::remove_file(&journal).map_err(|source| Error::file("remove", &journal, source))
    }
}

fn write_row<'a>(
    file: &mut File,
    header: u64,
    size: usize,
    row: usize,
    column: usize,
    numbers: impl Iterator<Item = &'a f64>,
) -> std::io::Result<()> {
    let bytes: Vec<u8> = numbers.flat_map(|number| number.to_le_bytes()).collect();
    file.seek(SeekFrom::Start(header + 8 * (row * size + column) as u64))?;
    file.write_all(&bytes)
}

fn name(rows: &Range<usize>, columns: &Range<usize>) -> String {
    format!("{}-{} {}-{}", rows.start, rows.end, columns.start, columns.end)
}
