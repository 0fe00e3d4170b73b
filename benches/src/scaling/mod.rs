//! How time grows with the number of points, stimuli and units: series of sizes, exponents fitted to them, and what the parts
//! of one embedding cost.

mod fit;
mod plot;
mod series;

use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

use fit::Fit;
pub(crate) use plot::draw;
use series::Series;

use crate::harness::{Failure, Precision};
use crate::machine::Machine;
use crate::peak::Meter;

/// Repeats of a size: the fastest counts, since a slower one says how busy the machine was and not how the work grows.
const RUNS: usize = 3;
/// Short work is repeated until so many seconds have passed.
const LEAST_SECONDS: f64 = 0.4;

/// The fastest of some runs, in seconds.
fn fastest(mut run: impl FnMut() -> Result<(), Failure>) -> Result<f64, Failure> {
    run()?;
    let (mut best, mut total, mut runs) = (f64::INFINITY, 0.0, 0);
    while runs < RUNS || total < LEAST_SECONDS {
        let begin = Instant::now();
        run()?;
        let seconds = begin.elapsed().as_secs_f64();
        best = best.min(seconds);
        total += seconds;
        runs += 1;
    }
    Ok(best)
}

/// Measures everything and writes `path` (JSON) and a plot beside it (SVG).
pub(crate) fn run(path: &Path) -> Result<(), Failure> {
    let mut meter = Meter::new();
    let mut peak = meter.measure(None)?;
    let mut measured = Vec::new();
    for series in series::all() {
        eprintln!("== {}: time against {}", series.name, series.variable);
        let points = series.measure()?;
        let fit = Fit::of(&points)?;
        eprintln!("exponent {:.2} ± {:.2}, in theory {}", fit.exponent, fit.error, series.theory);
        measured.push(document(&series, &points, fit));
        peak = meter.measure(Some(peak))?;
    }
    eprintln!("== parts of one embedding");
    let parts = series::parts()?;
    let Machine { processor, threads, date, commit, command } = Machine::here();
    let document = json!({
        "machine": {"processor": processor, "threads": threads},
        "date": date, "commit": commit, "command": command,
        "peak_gflops": {"f32": peak.best(Precision::Single), "f64": peak.best(Precision::Double)},
        "series": measured, "parts": parts,
    });
    crate::files::write_text(path, &(serde_json::to_string_pretty(&document)? + "\n"))?;
    draw(&document, &path.with_extension("svg"))
}

fn document(series: &Series, points: &[(f64, f64)], fit: Fit) -> Value {
    let of_points = points.iter().map(|&(size, seconds)| {
        json!({"size": size, "seconds": seconds, "gflops": (series.operations)(size) / seconds / 1e9})
    });
    json!({
        "name": series.name, "variable": series.variable, "fixed": series.fixed, "precision": series.precision,
        "theory": series.theory, "exponent": fit.exponent, "exponent_error": fit.error, "constant": fit.constant,
        "last_exponent": fit.last, "points": of_points.collect::<Vec<_>>(),
    })
}
