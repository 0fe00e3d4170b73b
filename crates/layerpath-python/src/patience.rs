//! Computations without the GIL: what they cannot do is harm the interpreter.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::prelude::*;

use crate::threads::on_own_threads;

/// How long Ctrl-C may have to wait.
const PATIENCE: Duration = Duration::from_millis(50);

/// The result of `work`, computed on this thread without the GIL.
pub(crate) fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    // A panic drops what the work has made, and nothing of it is seen afterwards.
    py.detach(|| catch_unwind(AssertUnwindSafe(|| on_own_threads(work)))).unwrap_or_else(|panic| Err(fault(&*panic)))
}

/// A panic as an exception that code can catch: Python's own for panics is no `Exception`.
fn fault(panic: &(dyn Any + Send)) -> PyErr {
    let reason = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    let reason = reason.unwrap_or("unknown");
    PyRuntimeError::new_err(format!("a fault in layerpath, not in your call: {reason}; please report it"))
}

/// The result of `work`, computed on another thread without the GIL.
///
/// An exception raised by a signal, such as `KeyboardInterrupt`, ends the waiting at once. The work itself cannot be
/// stopped: it runs to its end in the background and its result is dropped.
pub(crate) fn interruptible<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce() -> T + Send + 'static,
) -> PyResult<T> {
    let (sender, mut receiver) = channel();
    let worker = thread::Builder::new()
        .name("layerpath".to_owned())
        .spawn(move || {
            // Nobody waits any more after an interrupt.
            let _ = sender.send(on_own_threads(work));
        })
        .map_err(|error| PyOSError::new_err(format!("no thread for the computation: {error}")))?;
    loop {
        let (answer, returned) = py.detach(move || (receiver.recv_timeout(PATIENCE), receiver));
        receiver = returned;
        match answer {
            Ok(result) => return result,
            Err(RecvTimeoutError::Timeout) => py.check_signals()?,
            // The work ended without an answer: it panicked.
            Err(RecvTimeoutError::Disconnected) => match worker.join() {
                Err(panic) => return Err(fault(&*panic)),
                Ok(()) => return Err(PyOSError::new_err("the computation ended without a result")),
            },
        }
    }
}
