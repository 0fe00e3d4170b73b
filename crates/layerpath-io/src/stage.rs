//! Stages of a long study: each leaves a folder of files and, last of all, a stamp that says what they were made from.
//!
//! A killed stage leaves a folder without a stamp and is repeated; a stamp of something else (an edited plan, another
//! network) means that the stage is repeated too.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::atomic::{ensure_dir, list_folder, write_text_atomically};
use crate::documents::{document_to_json, read_document};
use crate::error::{Error, Result};

const STAMP: &str = "stamp.json";

/// The folder of one stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageFolder {
    path: PathBuf,
}

/// What a finished stage says about itself.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    /// Hash of everything that the files depend on.
    identity: String,
    /// Names of the files and folders that the stage wrote.
    files: Vec<String>,
    /// Bytes of each of them, of a folder those of all files in it; empty in stamps of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    bytes: Vec<u64>,
}

impl Stamp {
    /// Whether what the stage wrote is there, and as long as it was.
    fn fits(&self, folder: &Path) -> bool {
        let mut sizes = self.files.iter().map(|file| size(&folder.join(file)));
        if self.bytes.is_empty() {
            return sizes.all(|size| size.is_some());
        }
        sizes.eq(self.bytes.iter().copied().map(Some))
    }
}

/// Bytes of a file, or of all files in a folder but the hidden ones; `None` if a part cannot be looked at.
fn size(path: &Path) -> Option<u64> {
    let metadata = fs::metadata(path).ok()?;
    if !metadata.is_dir() {
        return Some(metadata.len());
    }
    let entries = list_folder(path).ok()?;
    entries.iter().filter(|(name, _)| !name.starts_with('.')).map(|(_, path)| size(path)).sum()
}

impl StageFolder {
    /// The stage in that folder, whether it is there or not.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the stage is finished, was made from `identity`, and all of its files are there, as long as they were.
    ///
    /// A stamp that cannot be read counts as none.
    pub fn is_finished(&self, identity: &str) -> bool {
        match read_document::<Stamp>(&self.path.join(STAMP), "") {
            Ok(stamp) => stamp.identity == identity && stamp.fits(&self.path),
            Err(_) => false,
        }
    }

    /// Prepares the folder: no stamp any more, and nothing that an interrupted write left behind.
    ///
    /// # Errors
    /// When the folder cannot be made or cleaned.
    pub fn begin(&self) -> Result<()> {
        ensure_dir(&self.path)?;
        let stamp = self.path.join(STAMP);
        if stamp.exists() {
            fs::remove_file(&stamp).map_err(|source| Error::file("remove", &stamp, source))?;
        }
        remove_leftovers(&self.path)
    }

    /// Stamps the stage as finished.
    ///
    /// ```
    /// use layerpath_io::stage::StageFolder;
    /// let folder = tempfile::tempdir().unwrap();
    /// let stage = StageFolder::new(folder.path().join("table"));
    /// stage.begin().unwrap();
    /// layerpath_io::write_text_atomically(&stage.path().join("a.csv"), "x\n").unwrap();
    /// stage.finish("hash of its inputs", &["a.csv"]).unwrap();
    /// assert!(stage.is_finished("hash of its inputs"));
    /// assert!(!stage.is_finished("hash of other inputs"));
    /// ```
    ///
    /// # Errors
    /// When a file is not there, or the stamp cannot be written.
    pub fn finish(&self, identity: &str, files: &[&str]) -> Result<()> {
        let length = |&file: &&str| {
            let path = self.path.join(file);
            size(&path).ok_or_else(|| Error::file("read", &path, std::io::ErrorKind::NotFound.into()))
        };
        let bytes = files.iter().map(length).collect::<Result<_>>()?;
        let files = files.iter().map(|&file| file.to_owned()).collect();
        let text = document_to_json(&Stamp { identity: identity.to_owned(), files, bytes })?;
        write_text_atomically(&self.path.join(STAMP), &text)
    }
}

/// Removes the temporary files and folders (`.name.random.tmp`) that killed writes left in a folder that this program
/// alone writes to.
///
/// # Errors
/// When the folder cannot be read or one of them not removed.
pub fn remove_leftovers(folder: &Path) -> Result<()> {
    for (name, path) in list_folder(folder)? {
        let is_temporary = name.starts_with('.') && matches!(name.rsplit_once('.'), Some((_, "tmp")));
        if !is_temporary {
            continue;
        }
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.map_err(|source| Error::file("remove", &path, source))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_finished_only_with_its_stamp_and_files() {
        let folder = tempfile::tempdir().unwrap();
        let stage = StageFolder::new(folder.path().join("a/b"));
        assert!(!stage.is_finished("x"));
        stage.begin().unwrap();
        let file = stage.path().join("data");
        fs::write(&file, "1").unwrap();
        assert!(!stage.is_finished("x"), "no stamp yet");
        stage.finish("x", &["data"]).unwrap();
        assert!(stage.is_finished("x") && !stage.is_finished("y"));
        fs::remove_file(&file).unwrap();
        assert!(!stage.is_finished("x"), "a file is gone");
        fs::write(&file, "").unwrap();
        assert!(!stage.is_finished("x"), "a file is cut off");
        fs::write(&file, "1").unwrap();
        assert!(stage.is_finished("x"));
        assert!(stage.finish("x", &["data", "missing"]).unwrap_err().to_string().contains("missing"));
        fs::write(stage.path().join(".data.Xy12.tmp"), "half").unwrap();
        fs::create_dir(stage.path().join(".points.zarr.Zz34.tmp")).unwrap();
        fs::write(stage.path().join(".hidden"), "the user's").unwrap();
        stage.begin().unwrap();
        let names: Vec<String> = list_folder(stage.path()).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, [".hidden", "data"]);
        assert!(!stage.is_finished("x"), "begun again");
        // A folder counts with all that is in it, and a stamp of an earlier version without lengths.
        let chunk = stage.path().join("points.zarr/c/0");
        fs::create_dir_all(chunk.parent().unwrap()).unwrap();
        fs::write(&chunk, "1234").unwrap();
        stage.finish("x", &["points.zarr"]).unwrap();
        fs::write(&chunk, "123").unwrap();
        assert!(!stage.is_finished("x"));
        fs::write(stage.path().join(STAMP), r#"{"identity": "x", "files": ["points.zarr"]}"#).unwrap();
        assert!(stage.is_finished("x"));
        fs::write(stage.path().join(STAMP), "{").unwrap();
        assert!(!stage.is_finished("x"));
    }
}
