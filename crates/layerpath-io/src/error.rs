//! What can go wrong with files, in words that a user can act on.

use std::io;
use std::path::{Path, PathBuf};

/// Result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a file could not be read or written: what, where, and how to mend it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused: no such file, no permission, disk full.
    #[error("cannot {action} `{}`: {source}{}", path.display(), advice(source, *kept))]
    File {
        /// What was tried, for example `read`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
        /// Whether it belongs to something that grows, whose finished parts stay there for the next attempt.
        kept: bool,
    },
    /// The file is there, but what it holds is wrong.
    #[error("`{}`{}{place}: {problem}; {mend}", path.display(), if place.is_empty() { "" } else { ", " })]
    Content {
        /// The file or folder.
        path: PathBuf,
        /// Where in it: array name, row, byte; empty for the whole file.
        place: String,
        /// What is wrong.
        problem: String,
        /// How to mend it.
        mend: String,
    },
    /// An argument is wrong, or arguments do not fit together.
    #[error("{problem}; {mend}")]
    Argument {
        /// What is wrong.
        problem: String,
        /// How to mend it.
        mend: String,
    },
    /// A mistake in the program that called this crate, or in this crate.
    #[error("internal error: {problem}")]
    Internal {
        /// What happened.
        problem: String,
    },
}

impl Error {
    /// Whether the user can mend it (exit code 1), as opposed to a mistake of the program (exit code 2).
    pub fn is_user_error(&self) -> bool {
        !matches!(self, Self::Internal { .. })
    }

    pub(crate) fn file(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::File { action, path: path.to_path_buf(), source, kept: false }
    }

    /// The same error about a part of something that grows, whose finished parts stay there for the next attempt.
    pub(crate) fn with_parts_kept(mut self) -> Self {
        if let Self::File { kept, .. } = &mut self {
            *kept = true;
        }
        self
    }

    pub(crate) fn content(
        path: &Path,
        place: impl Into<String>,
        problem: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self::Content { path: path.to_path_buf(), place: place.into(), problem: problem.into(), mend: mend.into() }
    }

    pub(crate) fn argument(problem: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Argument { problem: problem.into(), mend: mend.into() }
    }

    pub(crate) fn internal(problem: impl Into<String>) -> Self {
        Self::Internal { problem: problem.into() }
    }
}

/// How to mend what the operating system complains about.
fn advice(source: &io::Error, kept: bool) -> &'static str {
    match source.kind() {
        io::ErrorKind::NotFound => "; check the path",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; choose a place that you may use, or change its permissions"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge if kept => {
            "; free some space: what is finished is kept, and doing the same again goes on from there"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "; free some space or choose another disk, no file was left half written"
        }
        io::ErrorKind::ResourceBusy => {
            "; another program is at work there: wait for it, stop it, or choose another place"
        }
        io::ErrorKind::AlreadyExists => "; choose another name or remove what is there",
        io::ErrorKind::NotADirectory => "; a part of the path is a file",
        io::ErrorKind::IsADirectory => "; a folder has that name, choose another",
        _ => "",
    }
}

/// A file, and perhaps an array in it: where errors of content happen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Location<'a> {
    pub(crate) path: &'a Path,
    pub(crate) array: Option<&'a str>,
}

impl<'a> Location<'a> {
    pub(crate) fn file(path: &'a Path) -> Self {
        Self { path, array: None }
    }

    pub(crate) fn array(path: &'a Path, name: &'a str) -> Self {
        Self { path, array: Some(name) }
    }

    pub(crate) fn error(&self, problem: impl Into<String>, mend: impl Into<String>) -> Error {
        let place = self.array.map_or_else(String::new, |name| format!("array `{name}`"));
        Error::content(self.path, place, problem, mend)
    }

    /// A failed read: damaged content where the reader says so, else the operating system's word.
    pub(crate) fn read_error(&self, source: io::Error) -> Error {
        match source.kind() {
            io::ErrorKind::UnexpectedEof => {
                self.error("the data end too early", "the file is truncated: copy or write it again")
            }
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other => {
                self.error(format!("the data are damaged ({source})"), "copy or write the file again")
            }
            _ => Error::file("read", self.path, source),
        }
    }
}
