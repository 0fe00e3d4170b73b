//! Speed beside the machine's own matrix product and beside the peers, as ratios in one run.
//!
//! ```text
//! cargo run --release -p layerpath-benches -- [--runs N] [--peer-runs N] [--record FILE.md] W3 W4 W6
//! cargo run --release -p layerpath-benches -- scaling --record FILE.json
//! cargo run --release -p layerpath-benches -- document WORKLOADS.json SCALING.json DOCUMENT.md
//! cargo run --release -p layerpath-benches -- everything NAME
//! ```
//!
//! A workload makes its input from a seed and runs its contenders in turns, so that all of them see the same machine: ours
//! in this process, the peers in Python processes that stay alive and report the time measured inside them after a warm-up.
//! Every answer is compared with ours. README.md in this folder says which variables name the peers.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints tables")]

mod document;
mod files;
mod harness;
mod machine;
mod memory;
mod peak;
mod peers;
mod record;
mod scaling;
mod workloads;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use harness::{Failure, Settings};
use peak::Meter;

/// The allocator of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match dispatch(std::env::args().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("benches: {failure}");
            ExitCode::from(1)
        }
    }
}

fn dispatch(given: Vec<String>) -> Result<(), Failure> {
    let words: Vec<&str> = given.iter().map(String::as_str).collect();
    match words[..] {
        ["child", ..] => workloads::child(&given[1..]),
        ["scaling", "--record", file] => scaling::run(Path::new(file)),
        ["scaling", ..] => Err("scaling takes `--record FILE.json`".into()),
        ["document", record, scaling, document] => {
            document::write(Path::new(record), Path::new(scaling), Path::new(document))
        }
        ["document", ..] => Err("document takes the two records (.json) and the document".into()),
        ["everything", name] => everything(name),
        ["everything", ..] => Err("everything takes a name for its records, such as DATE-MACHINE".into()),
        _ => run(&arguments(given.into_iter())?),
    }
}

/// All workloads, the scaling, and the document with their numbers.
fn everything(name: &str) -> Result<(), Failure> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let record = folder.join("record").join(format!("{name}.md"));
    let growth = folder.join("record").join(format!("{name}-scaling.json"));
    let record_name = record.to_str().ok_or("a name that is no text")?.to_owned();
    run(&arguments(["--record".to_owned(), record_name].into_iter())?)?;
    scaling::run(&growth)?;
    document::write(&record.with_extension("json"), &growth, &folder.join("../docs/performance.md"))
}

/// What the command line asks for.
struct Arguments {
    settings: Settings,
    record: Option<PathBuf>,
    workloads: Vec<String>,
}

fn arguments(given: impl Iterator<Item = String>) -> Result<Arguments, Failure> {
    let mut arguments = Arguments { settings: Settings::default(), record: None, workloads: Vec::new() };
    let mut given = given.peekable();
    while let Some(argument) = given.next() {
        let count = |given: &mut dyn Iterator<Item = String>| -> Result<usize, Failure> {
            let value = given.next().unwrap_or_default();
            value
                .parse()
                .ok()
                .filter(|&n| n > 0)
                .ok_or_else(|| format!("{argument} needs a count, not `{value}`").into())
        };
        match argument.as_str() {
            "--runs" => arguments.settings.runs = count(&mut given)?,
            "--peer-runs" => arguments.settings.peer_runs = count(&mut given)?,
            "--record" => {
                arguments.record = Some(given.next().ok_or("--record needs a file name ending in .md")?.into());
            }
            name => {
                // `W6` stands for `W6-50` and its sisters, `W6-50` for itself alone.
                let is_chosen = |known: &&&str| {
                    known.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
                };
                let chosen = workloads::NAMES.iter().filter(is_chosen);
                let before = arguments.workloads.len();
                arguments.workloads.extend(chosen.map(|&known| known.to_owned()));
                if arguments.workloads.len() == before {
                    let known = workloads::NAMES.join(" ");
                    return Err(format!("`{name}` is no workload; known are {known}").into());
                }
            }
        }
    }
    if arguments.workloads.is_empty() {
        arguments.workloads = workloads::NAMES.iter().map(|&name| name.to_owned()).collect();
    }
    Ok(arguments)
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut meter = Meter::new();
    let peak = meter.measure(None)?;
    let peak = meter.measure(Some(peak))?;
    eprintln!("{}", peak.line());
    let mut results = Vec::new();
    for name in &arguments.workloads {
        let workload = workloads::prepare(name)?;
        eprintln!("== {}: {}", workload.name, workload.what);
        let result = harness::run(workload, arguments.settings, &mut meter)?;
        println!("{}", record::table(&result));
        results.push(result);
    }
    if let Some(path) = &arguments.record {
        record::write(path, &peak, &results)?;
    }
    Ok(())
}
