//! One file a command.

mod analyze;
mod capture;
mod compare;
mod demo;
mod distances;
mod embed;
mod metrics;
mod report;
mod reproduce;
mod similarities;
mod train;
mod triangle;
mod verify;

use crate::arguments::{Arguments, Command};
use crate::failure::{Failure, Result};
use crate::interrupt;
use crate::messages::Messages;

pub(crate) use embed::EmbedArguments;
pub(crate) use reproduce::ReproduceArguments;
pub(crate) use similarities::SimilaritiesArguments;
pub(crate) use verify::VerifyArguments;

/// Runs the command that was asked for.
pub(crate) fn run(arguments: Arguments) -> Result<()> {
    let messages = Messages::new(arguments.quiet, arguments.verbose);
    if let Some(threads) = arguments.threads {
        if threads == 0 {
            return Err(Failure::user("--threads 0 leaves nobody to work; use at least 1"));
        }
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build_global()
            .map_err(|error| Failure::Internal(format!("cannot start {threads} threads: {error}")))?;
    }
    interrupt::listen()?;
    match arguments.command {
        Command::Demo(arguments) => demo::run(&arguments, messages),
        Command::Train(arguments) => train::run(&arguments, messages),
        Command::Capture(arguments) => capture::run(&arguments, messages),
        Command::Analyze(arguments) => analyze::run(&arguments, messages),
        Command::Embed(arguments) => embed::run(&arguments, messages),
        Command::Distances(arguments) => distances::run(&arguments, messages),
        Command::Triangle(arguments) => triangle::run(&arguments, messages),
        Command::Compare(arguments) => compare::run(&arguments, messages),
        Command::Similarities(arguments) => similarities::run(&arguments, messages),
        Command::Verify(arguments) => verify::run(&arguments, messages),
        Command::Report(arguments) => report::run(&arguments, messages),
        Command::Reproduce(arguments) => reproduce::run(&arguments, messages),
        Command::Metrics(arguments) => metrics::run(&arguments),
    }
}
