//! Ctrl-C: the first asks the command to stop after the step under way, the second ends the program at once.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::{Failure, Result};

static REQUESTED: AtomicBool = AtomicBool::new(false);

static LISTENING: AtomicBool = AtomicBool::new(false);

/// Listens for Ctrl-C (and SIGTERM) from now on. Again and again in one process is the same as once.
pub(crate) fn listen() -> Result<()> {
    if LISTENING.swap(true, Ordering::SeqCst) {
        return Ok(());
    }
    ctrlc::set_handler(|| {
        if REQUESTED.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        let _ = writeln!(std::io::stderr(), "stopping after the step under way; Ctrl-C again stops at once");
    })
    .map_err(|error| Failure::Internal(format!("cannot listen for Ctrl-C: {error}")))
}

/// Whether Ctrl-C was pressed.
pub(crate) fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

/// An error if Ctrl-C was pressed, with `how_to_go_on` as its message.
pub(crate) fn check(how_to_go_on: &str) -> Result<()> {
    if requested() { Err(Failure::Interrupted(format!("interrupted; {how_to_go_on}"))) } else { Ok(()) }
}
