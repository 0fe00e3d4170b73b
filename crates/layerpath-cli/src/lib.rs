//! The `layerpath` program: arguments, progress, messages, exit codes. Everything else is done by the other crates.
//!
//! Results go to standard output, progress and messages to standard error. Exit codes: 0 done, 1 the user's input is
//! wrong (the message says what, where and how to mend it), 2 the program's own fault, 130 interrupted.
//!
//! All of it is behind [`run`], so that a fuzzer can run the program on thousands of plans without starting it anew.

mod arguments;
mod blockwise;
mod commands;
mod engines;
mod evidence;
mod failure;
mod images;
mod inputs;
mod interrupt;
mod messages;
mod origin;
mod outputs;
mod resampled;
mod rows;
mod run;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

/// Runs the program with these arguments, of which the first is its name, and says how it ended.
///
/// ```
/// use std::process::ExitCode;
/// assert_eq!(layerpath_cli::run(["layerpath", "report", "no-such-file", "--out", "report.html"]), ExitCode::from(1));
/// ```
pub fn run(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> ExitCode {
    let arguments = match arguments::Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // clap prints help and version to standard output with code 0, mistakes to standard error.
            let code = u8::from(error.use_stderr());
            return ExitCode::from(if messages::about_arguments(&error) { code } else { 2 });
        }
    };
    match commands::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            messages::error(&failure);
            failure.exit_code()
        }
    }
}
