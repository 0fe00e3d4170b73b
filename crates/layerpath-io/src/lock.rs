//! Keeping a second program out while one writes.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::atomic::beside_hidden;
use crate::error::{Error, Result};

/// Name of the lock file of a folder in which a program is at work.
const LOCK: &str = ".lock";
/// Name of the one in which files get their names: a program at work does not keep others from that.
const MOMENT: &str = ".names.lock";

/// Keeps a second program away from a file or folder while it lives; the operating system lets go of it however the
/// program ends.
///
/// It is an empty hidden file, removed in the end; one that a killed program left keeps nobody out. File systems that
/// know no locks (some Lustre and NFS mounts) keep nobody out either.
///
/// ```
/// use layerpath_io::WriteLock;
/// let folder = tempfile::tempdir().unwrap();
/// let lock = WriteLock::of_folder(folder.path()).unwrap();
/// assert!(WriteLock::of_folder(folder.path()).unwrap_err().to_string().contains("another program"));
/// drop(lock);
/// WriteLock::of_folder(folder.path()).unwrap();
/// ```
#[derive(Debug)]
pub struct WriteLock {
    file: File,
    path: PathBuf,
}

/// What to do while another program has the lock.
#[derive(Clone, Copy)]
enum Busy {
    Refuse,
    Wait,
}

impl WriteLock {
    /// Takes a folder that is there, by the file `.lock` in it.
    ///
    /// # Errors
    /// When another program has it, or the file cannot be made.
    pub fn of_folder(folder: &Path) -> Result<Self> {
        Self::take(folder, &folder.join(LOCK), Busy::Refuse)
    }

    /// Takes a file or folder that need not be there yet, by the file `.NAME.lock` beside it.
    pub(crate) fn beside(path: &Path) -> Result<Self> {
        Self::take(path, &beside_hidden(path, "lock"), Busy::Refuse)
    }

    /// Keeps others from giving files of a folder their names, as soon as no other program does: for moments, not for work.
    pub(crate) fn of_names_in(folder: &Path) -> Result<Self> {
        Self::take(folder, &folder.join(MOMENT), Busy::Wait)
    }

    fn take(what: &Path, path: &Path, busy: Busy) -> Result<Self> {
        let failed = |source| Error::file("write", what, source);
        loop {
            let file = OpenOptions::new().write(true).create(true).truncate(false).open(path).map_err(failed)?;
            let taken = match busy {
                Busy::Refuse => file.try_lock(),
                Busy::Wait => file.lock().map_err(TryLockError::Error),
            };
            match taken {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(failed(io::ErrorKind::ResourceBusy.into())),
                Err(TryLockError::Error(source)) if knows_no_locks(&source) => {}
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
            let lock = Self { file, path: path.to_path_buf() };
            // The one who had it may have removed the file since it was opened: then this is a lock on nothing.
            if lock.is_there().map_err(failed)? {
                return Ok(lock);
            }
        }
    }

    /// Whether the file that is locked is the one that the name leads to.
    #[cfg(unix)]
    fn is_there(&self) -> io::Result<bool> {
        use std::os::unix::fs::MetadataExt;
        let own = self.file.metadata()?;
        match fs::symlink_metadata(&self.path) {
            Ok(there) => Ok((there.dev(), there.ino()) == (own.dev(), own.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Elsewhere lock files stay where they are.
    #[cfg(not(unix))]
    fn is_there(&self) -> io::Result<bool> {
        self.file.metadata().map(|_| true)
    }
}

impl Drop for WriteLock {
    fn drop(&mut self) {
        if cfg!(unix) && self.is_there().unwrap_or(false) {
            // A file that stays keeps nobody out.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether the file system has no locks, or its server none to give.
fn knows_no_locks(error: &io::Error) -> bool {
    /// `ENOLCK` of Linux, for which the standard library has no name.
    const NO_LOCKS: i32 = 37;
    error.kind() == io::ErrorKind::Unsupported || (cfg!(target_os = "linux") && error.raw_os_error() == Some(NO_LOCKS))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_folder_has_one_user_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let lock = WriteLock::of_folder(folder.path()).unwrap();
        let refused = WriteLock::of_folder(folder.path()).unwrap_err();
        assert!(refused.is_user_error());
        assert!(refused.to_string().contains("another program is at work there: wait for it"), "{refused}");
        drop(lock);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "the file is gone");
        // What a killed program leaves.
        fs::write(folder.path().join(LOCK), "").unwrap();
        drop(WriteLock::of_folder(folder.path()).unwrap());
        let error = WriteLock::of_folder(&folder.path().join("missing")).unwrap_err();
        assert!(error.to_string().contains("missing"), "{error}");
    }

    #[test]
    fn a_lock_of_a_folder_that_was_made_anew_is_left_to_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        fs::create_dir(&path).unwrap();
        let old = WriteLock::of_folder(&path).unwrap();
        fs::rename(&path, folder.path().join("aside")).unwrap();
        fs::create_dir(&path).unwrap();
        let new = WriteLock::of_folder(&path).unwrap();
        drop(old);
        assert!(WriteLock::of_folder(&path).is_err());
        drop(new);
    }

    /// Removing the file on leaving must not let two in.
    #[test]
    fn many_at_once_come_in_one_after_another() {
        let folder = tempfile::tempdir().unwrap();
        let (inside, entered) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let lock = WriteLock::of_names_in(folder.path()).unwrap();
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two at once");
                        entered.fetch_add(1, Ordering::SeqCst);
                        std::thread::sleep(Duration::from_micros(200));
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                    }
                });
            }
        });
        assert_eq!(entered.into_inner(), 200);
    }

    #[test]
    fn where_there_are_no_locks_nobody_is_kept_out() {
        assert!(knows_no_locks(&io::ErrorKind::Unsupported.into()));
        assert!(!knows_no_locks(&io::ErrorKind::PermissionDenied.into()));
        #[cfg(target_os = "linux")]
        assert!(knows_no_locks(&io::Error::from_raw_os_error(37)));
    }
}
