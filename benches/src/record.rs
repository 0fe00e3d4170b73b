//! What is printed and kept: a Markdown table for people, the same as JSON for programs.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Failure, Line, Outcome, Precision, median};
use crate::machine::Machine;
use crate::peak::Peak;

/// The table of one workload.
pub(crate) fn table(outcome: &Outcome) -> String {
    let mut text = format!("## {}: {}\n\n", outcome.name, outcome.what);
    if let Some(peak) = &outcome.peak {
        let _ = writeln!(
            text,
            "{:.1} GFLOP, symmetric halves only. In these turns: {}.\n",
            outcome.operations / 1e9,
            peak.line()
        );
    }
    let counted = outcome.peak.is_some();
    let (more, rule) =
        if counted { (" GFLOP/s | of peak | of gemm between turns |", " --: | --: | --: |") } else { ("", "") };
    let _ = writeln!(text, "| contender | median s | min … max s | runs | ratio |{more} answer |");
    let _ = writeln!(text, "| --- | --: | --: | --: | --- |{rule} --- |");
    for line in &outcome.lines {
        let _ = writeln!(text, "{}", row(line, counted));
    }
    if !outcome.notes.is_empty() {
        text.push('\n');
        for note in &outcome.notes {
            let _ = writeln!(text, "* {note}");
        }
    }
    text
}

fn row(line: &Line, counted: bool) -> String {
    let Line { name, seconds, extrapolated, ratio, against, rate, answer } = line;
    let rate = match rate {
        Some(rate) => {
            format!(" {:.1} | {:.0} % | {:.0} % |", rate.gflops, 100.0 * rate.share, 100.0 * rate.steady_share)
        }
        None if counted => " – | – | – |".to_owned(),
        None => String::new(),
    };
    if seconds.is_empty() {
        return format!("| {name} | – | – | 0 | – |{rate} {answer} |");
    }
    let ratio = match (ratio, against) {
        (Some(ratio), Some(against)) => format!("{ratio:.2} × {against}"),
        _ => "–".to_owned(),
    };
    let scaled = if *extrapolated == 1.0 { String::new() } else { format!(" (measured part × {extrapolated:.4})") };
    let least = seconds.iter().copied().fold(f64::INFINITY, f64::min);
    let most = seconds.iter().copied().fold(0.0, f64::max);
    let middle = median(seconds);
    let runs = seconds.len();
    format!("| {name} | {middle:.4}{scaled} | {least:.4} … {most:.4} | {runs} | {ratio} |{rate} {answer} |")
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
    let document = json!({
        "machine": {"processor": processor, "threads": threads},
        "date": date, "commit": commit, "command": command,
        "peak_gflops": peak_numbers(peak), "peak": peak.line(),
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
            "gflops": line.rate.as_ref().map(|rate| rate.gflops), "of_peak": line.rate.as_ref().map(|rate| rate.share),
            "of_gemm_between_turns": line.rate.as_ref().map(|rate| rate.steady_share),
        })
    });
    json!({
        "name": outcome.name, "what": outcome.what, "gflop": outcome.operations / 1e9,
        "peak_gflops": outcome.peak.as_ref().map(peak_numbers), "contenders": lines.collect::<Vec<_>>(),
        "notes": outcome.notes, "markdown": table(outcome),
    })
}

fn peak_numbers(peak: &Peak) -> Value {
    let numbers = |of: fn(&Peak, Precision) -> f64| [Precision::Single, Precision::Double].map(|kind| of(peak, kind));
    let ([single, double], [steady_single, steady_double]) = (numbers(Peak::best), numbers(Peak::steady));
    json!({"f32": single, "f64": double, "f32_between_turns": steady_single, "f64_between_turns": steady_double})
}
