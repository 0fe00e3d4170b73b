//! The `layerpath` program: arguments, progress, messages, exit codes. Everything else is done by the other crates.
//!
//! Results go to standard output, progress and messages to standard error. Exit codes: 0 done, 1 the user's input is
//! wrong (the message says what, where and how to mend it), 2 the program's own fault, 130 interrupted.

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
mod resampled;
mod rows;
mod run;

use std::process::ExitCode;

use clap::Parser;

/// Training allocates and frees the same large temporaries every step; this allocator keeps their pages.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = match arguments::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // clap prints help and version to standard output with code 0, mistakes to standard error.
            let code = u8::from(error.use_stderr());
            return if error.print().is_ok() { ExitCode::from(code) } else { ExitCode::from(2) };
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
