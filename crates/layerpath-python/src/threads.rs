//! Threads that are there after `fork`.
//!
//! A process forked from one that has computed, as `multiprocessing` does on Linux up to Python 3.13, has inherited the
//! record of rayon's threads but not the threads: work handed to them would never be done. Such a process gets new ones.

use std::mem::forget;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::PyResult;
use pyo3::exceptions::PyOSError;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// The process that computed first, whose threads rayon's own are; 0 before that.
static OWNER: AtomicU32 = AtomicU32::new(0);
/// The threads of a process forked from it, with its number.
static FORKED: Mutex<Option<(u32, Arc<ThreadPool>)>> = Mutex::new(None);

/// The result of `work`, whose parallel parts run on threads of this process.
pub(crate) fn on_own_threads<T: Send>(work: impl FnOnce() -> T + Send) -> PyResult<T> {
    let own = process::id();
    match OWNER.compare_exchange(0, own, Ordering::Relaxed, Ordering::Relaxed) {
        Err(owner) if owner != own => Ok(threads_of(own)?.install(work)),
        _ => Ok(work()),
    }
}

fn threads_of(own: u32) -> PyResult<Arc<ThreadPool>> {
    let mut forked = FORKED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((process, threads)) = &*forked
        && *process == own
    {
        return Ok(Arc::clone(threads));
    }
    let threads = ThreadPoolBuilder::new().build();
    let threads = threads.map_err(|error| PyOSError::new_err(format!("no threads for the computation: {error}")))?;
    let threads = Arc::new(threads);
    // Threads of the parent are not there to be ended.
    forget(forked.replace((own, Arc::clone(&threads))));
    Ok(threads)
}
