//! Writing so that a name either holds the whole content or what it held before.
//!
//! Everything is written to a temporary name in the same folder, brought to disk and renamed. A failure removes the
//! temporary.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::{NamedTempFile, TempDir};

use crate::error::{Error, Result};
use crate::lock::WriteLock;

/// What to do if the name that is to be written is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Existing {
    /// Leave it alone and return an error.
    #[default]
    Refuse,
    /// Replace it once the new content is complete.
    Replace,
}

/// Writes `text` to `path`, whole or not at all.
///
/// # Errors
/// When the folder does not exist, may not be written, or the disk is full. Then `path` is as it was.
pub fn write_text_atomically(path: &Path, text: &str) -> Result<()> {
    write_bytes_atomically(path, text.as_bytes())
}

/// Writes `bytes` to `path`, whole or not at all.
///
/// # Errors
/// As [`write_text_atomically`].
pub fn write_bytes_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = AtomicFile::create(path)?;
    file.write(bytes)?;
    file.finish()
}

/// Writes several files of `folder` that belong together, and removes those that do not belong to them: all are complete
/// under temporary names before the first is renamed. Of two programs that do so at once, the files of one stay.
pub(crate) fn write_together(folder: &Path, files: &[(&Path, &[u8])], absent: &[PathBuf]) -> Result<()> {
    let mut complete = Vec::with_capacity(files.len());
    for (path, bytes) in files {
        let mut file = AtomicFile::create(path)?;
        file.write(bytes)?;
        complete.push(file.complete()?);
    }
    let _lock = WriteLock::of_names_in(folder)?;
    absent.iter().try_for_each(|file| remove_if_there(file))?;
    complete.into_iter().try_for_each(CompleteFile::rename)
}

/// Removes a file that need not be there.
pub(crate) fn remove_if_there(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(Error::file("remove", path, source)),
        _ => Ok(()),
    }
}

/// Creates a folder and its parents where they are missing.
///
/// # Errors
/// When a part of the path is a file, or may not be written.
pub fn ensure_dir(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|source| Error::file("create the folder", path, source))
}

/// A file under a temporary name that takes its final name in [`AtomicFile::finish`].
#[derive(Debug)]
pub(crate) struct AtomicFile {
    writer: BufWriter<NamedTempFile>,
    path: PathBuf,
}

impl AtomicFile {
    pub(crate) fn create(path: &Path) -> Result<Self> {
        if path.is_dir() {
            let source = io::Error::from(io::ErrorKind::IsADirectory);
            return Err(Error::file("write", path, source));
        }
        let mut builder = tempfile::Builder::new();
        let prefix = temporary_prefix(path);
        builder.prefix(&prefix).suffix(".tmp");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let temporary = builder.tempfile_in(parent(path)).map_err(|source| Error::file("write", path, source))?;
        Ok(Self { writer: BufWriter::with_capacity(1 << 16, temporary), path: path.to_path_buf() })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer.write_all(bytes).map_err(|source| Error::file("write", &self.path, source))
    }

    pub(crate) fn finish(self) -> Result<()> {
        self.complete()?.rename()
    }

    /// Everything is on disk, still under the temporary name.
    fn complete(self) -> Result<CompleteFile> {
        let path = self.path;
        let failed = |source| Error::file("write", &path, source);
        let temporary = self.writer.into_inner().map_err(|error| failed(error.into_error()))?;
        temporary.as_file().sync_all().map_err(failed)?;
        Ok(CompleteFile { temporary, path })
    }
}

/// A complete file under its temporary name.
struct CompleteFile {
    temporary: NamedTempFile,
    path: PathBuf,
}

impl CompleteFile {
    fn rename(self) -> Result<()> {
        match self.temporary.persist(&self.path) {
            Ok(_) => Ok(()),
            Err(error) => Err(Error::file("write", &self.path, error.error)),
        }
    }
}

/// A folder under a temporary name beside its final one.
pub(crate) fn temporary_folder(path: &Path) -> Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    let prefix = temporary_prefix(path);
    builder.prefix(&prefix).suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    builder.tempdir_in(parent(path)).map_err(|source| Error::file("write", path, source))
}

/// The file or folder beside `path` that is called the same with another ending behind.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().map_or_else(OsString::new, OsStr::to_os_string);
    name.push(".");
    name.push(ending);
    parent(path).join(name)
}

/// The hidden file beside `path` whose name says that it belongs to it.
pub(crate) fn beside_hidden(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".");
    name.push(ending);
    parent(path).join(name)
}

/// Gives the folder `new` the name `path`; an old one there is put aside first and deleted last, or put back.
pub(crate) fn replace_folder(new: &Path, path: &Path) -> Result<()> {
    let refused = |source| Error::file("write", path, source);
    if path.symlink_metadata().is_err() {
        return fs::rename(new, path).map_err(refused);
    }
    let aside = temporary_folder(path)?;
    let old = aside.path().join("old");
    fs::rename(path, &old).map_err(refused)?;
    if let Err(source) = fs::rename(new, path) {
        fs::rename(&old, path).map_err(refused)?;
        return Err(refused(source));
    }
    aside.close().map_err(|source| Error::file("remove the old content of", path, source))
}

fn temporary_prefix(path: &Path) -> String {
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    format!(".{name}.")
}

pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Opens a regular file and tells its length; devices and pipes, which have none, are refused.
pub(crate) fn open_file(path: &Path) -> Result<(File, u64)> {
    let failed = |source| Error::file("read", path, source);
    let metadata = fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    if !metadata.is_file() {
        return Err(Error::content(path, "", "this is no regular file", "name a file on disk"));
    }
    let file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    Ok((file, length))
}

/// A file as it was when it was first looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    length: u64,
    modified: Option<SystemTime>,
}

impl Seen {
    pub(crate) fn of(file: &File, path: &Path) -> Result<Self> {
        let metadata = file.metadata().map_err(|source| Error::file("read", path, source))?;
        Ok(Self { length: metadata.len(), modified: metadata.modified().ok() })
    }
}

pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    let (file, length) = open_file(path)?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes).map_err(|source| Error::file("read", path, source))?;
    Ok(bytes)
}

pub(crate) fn read_text(path: &Path) -> Result<String> {
    String::from_utf8(read_bytes(path)?).map_err(|error| {
        let place = format!("byte {}", error.utf8_error().valid_up_to());
        Error::content(path, place, "this is no UTF-8 text", "check that it is the right file")
    })
}

/// The paths in a folder, sorted, with names that are valid text.
pub(crate) fn list_folder(path: &Path) -> Result<Vec<(String, PathBuf)>> {
    let failed = |source| Error::file("read", path, source);
    let mut entries = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().into_string().map_err(|name| {
            Error::content(path, format!("entry `{}`", name.display()), "the name is no valid text", "rename it")
        })?;
        entries.push((name, entry.path()));
    }
    entries.sort_by(|(left, _), (right, _)| natural_order(left, right));
    Ok(entries)
}

/// Order in which runs of digits compare as numbers: `layer2` before `layer10`.
pub(crate) fn natural_order(left: &str, right: &str) -> std::cmp::Ordering {
    let (mut a, mut b) = (left.as_bytes(), right.as_bytes());
    loop {
        let (Some(&first), Some(&second)) = (a.first(), b.first()) else {
            return a.len().cmp(&b.len()).then_with(|| left.cmp(right));
        };
        if first.is_ascii_digit() && second.is_ascii_digit() {
            let (number_a, rest_a) = split_number(a);
            let (number_b, rest_b) = split_number(b);
            let order = number_a.len().cmp(&number_b.len()).then_with(|| number_a.cmp(number_b));
            if order.is_ne() {
                return order;
            }
            (a, b) = (rest_a, rest_b);
        } else if first == second {
            (a, b) = (&a[1..], &b[1..]);
        } else {
            return first.cmp(&second);
        }
    }
}

/// The leading digits without leading zeros, and the rest.
fn split_number(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len());
    let (digits, rest) = bytes.split_at(end);
    let zeros = digits.iter().position(|&byte| byte != b'0').unwrap_or(digits.len());
    (&digits[zeros..], rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_compare_as_numbers() {
        let mut names = ["layer10", "layer2", "layer", "layer02", "input", "layer1.10", "layer1.9"];
        names.sort_by(|a, b| natural_order(a, b));
        assert_eq!(names, ["input", "layer", "layer1.9", "layer1.10", "layer02", "layer2", "layer10"]);
    }

    #[test]
    fn a_failed_write_leaves_the_old_content_and_no_temporary() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write_text_atomically(&path, "old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write(b"new").unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "the temporary is beside");
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    }

    #[test]
    fn a_missing_folder_is_a_user_error_that_names_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing/a.txt");
        let error = write_text_atomically(&path, "x").unwrap_err();
        assert!(error.is_user_error());
        assert!(error.to_string().contains("missing/a.txt"), "{error}");
        assert!(error.to_string().contains("check the path"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn written_files_have_ordinary_permissions() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ours, plain) = (folder.path().join("a"), folder.path().join("b"));
        write_text_atomically(&ours, "x").unwrap();
        fs::write(&plain, "x").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_a_user_error() {
        let error = Error::file("write", Path::new("x"), io::ErrorKind::StorageFull.into());
        assert!(error.is_user_error());
        assert!(error.to_string().contains("free some space or choose another disk"), "{error}");
        let growing = error.with_parts_kept().to_string();
        assert!(growing.contains("free some space: what is finished is kept"), "{growing}");
    }
}
