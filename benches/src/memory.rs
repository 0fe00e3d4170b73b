//! Peak memory: of a fresh process of this program, so that nothing that ran before counts.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::harness::Failure;

/// One mebibyte.
pub(crate) const MIB: f64 = 1024.0 * 1024.0;

/// What a child reports.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// Resident bytes when its input was ready.
    pub(crate) before: f64,
    /// The most resident bytes from then on.
    pub(crate) peak: f64,
}

/// Runs some work on a ready input in this process and prints the memory for [`in_child`] to read.
pub(crate) fn report(work: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    // Forgets the peak of making the input, where the kernel allows it; else the larger of the two is reported.
    let _ = crate::files::write_text(Path::new("/proc/self/clear_refs"), "5");
    let before = resident("VmRSS:")?;
    work()?;
    println!("{}", json!({"before": before, "peak": resident("VmHWM:")?}));
    Ok(())
}

/// Starts this program as `child WORK ARGUMENTS` and gives the memory that it reports.
pub(crate) fn in_child(work: &str, arguments: &[&str]) -> Result<Memory, Failure> {
    let program = std::env::current_exe()?;
    let mut child = Command::new(program);
    child.arg("child").arg(work).args(arguments).stderr(Stdio::inherit());
    // The allocator gives freed memory back at once, so that what making the input left behind is not used again unseen.
    let output = child.env("MIMALLOC_PURGE_DELAY", "0").output()?;
    let reply: Value = serde_json::from_slice(&output.stdout)?;
    match (reply["before"].as_f64(), reply["peak"].as_f64()) {
        (Some(before), Some(peak)) => Ok(Memory { before, peak }),
        _ => Err("a child that reports no memory".into()),
    }
}

/// A line of /proc/self/status, in bytes.
fn resident(key: &str) -> Result<f64, Failure> {
    let status = crate::files::read_text(Path::new("/proc/self/status"))
        .map_err(|error| format!("no peak memory without /proc/self/status: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(key)).ok_or("no such line in /proc/self/status")?;
    let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kibibytes * 1024.0)
}
