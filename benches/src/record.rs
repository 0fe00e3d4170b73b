//! What is printed and kept: a Markdown table for people, the same as JSON for programs.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Failure, Line, Outcome, median};
use crate::machine::Machine;
use crate::peak::Peak;

/// The table of one workload.
pub(crate) fn table(outcome: &Outcome) -> String {
    let mut text = format!("## {}: {}\n\n", outcome.name, outcome.what);
    text.push_str(
        "| contender | median s | min … max s | runs | ratio | answer |\n| --- | --: | --: | --: | --- | --- |\n",
    );
    for line in &outcome.lines {
        let _ = writeln!(text, "{}", row(line));
    }
    text
}

fn row(line: &Line) -> String {
    let Line { name, seconds, extrapolated, ratio, against, answer } = line;
    if seconds.is_empty() {
        return format!("| {name} | – | – | 0 | – | {answer} |");
    }
    let ratio = match (ratio, against) {
        (Some(ratio), Some(against)) => format!("{ratio:.1} × {against}"),
        _ => "–".to_owned(),
    };
    let scaled = if *extrapolated == 1.0 { String::new() } else { format!(" (measured part × {extrapolated:.4})") };
    let least = seconds.iter().copied().fold(f64::INFINITY, f64::min);
    let most = seconds.iter().copied().fold(0.0, f64::max);
    let middle = median(seconds);
    let runs = seconds.len();
    format!("| {name} | {middle:.4}{scaled} | {least:.4} … {most:.4} | {runs} | {ratio} | {answer} |")
}

/// Writes the record, `path` and the same name with `.json`.
pub(crate) fn write(path: &Path, peak: &Peak, outcomes: &[Outcome]) -> Result<(), Failure> {
    let Machine { processor, threads, date, commit, command } = Machine::here();
    let mut text = format!(
        "# Benchmarks, {date}\n\n* Machine: {processor}, {threads} threads\n* Commit: {commit}\n* Command: `{command}`\n* {}\n\n",
        peak.line()
    );
    text.push_str("Ratios are medians over medians of contenders that ran in turns.\n");
    for outcome in outcomes {
        let _ = write!(text, "\n{}", table(outcome));
    }
    crate::files::write_text(path, &text)?;
    let (f32, f64) = peak.best();
    let document = json!({
        "machine": {"processor": processor, "threads": threads},
        "date": date, "commit": commit, "command": command,
        "peak_gflops": {"f32": f32, "f64": f64},
        "workloads": outcomes.iter().map(workload).collect::<Vec<_>>(),
    });
    let document = serde_json::to_string_pretty(&document)? + "\n";
    crate::files::write_text(&path.with_extension("json"), &document)?;
    Ok(())
}

fn workload(outcome: &Outcome) -> Value {
    let lines = outcome.lines.iter().map(|line| {
        json!({
            "contender": line.name, "seconds": line.seconds, "extrapolated": line.extrapolated, "ratio": line.ratio,
            "against": line.against, "answer": line.answer,
        })
    });
    json!({"name": outcome.name, "what": outcome.what, "contenders": lines.collect::<Vec<_>>()})
}
