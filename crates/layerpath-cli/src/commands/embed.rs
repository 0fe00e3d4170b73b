//! `layerpath embed`.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use layerpath::analysis::PointRecord;
use layerpath::embed::{
    EmbeddingDocument, EmbeddingMethod, EmbeddingOptions, EmbeddingResult, Progress, SearchOptions,
};
use layerpath::metric::{Metric, Point};
use layerpath_io::embedding::{embedding_table, embedding_to_json};
use layerpath_io::write_text_atomically;

use crate::arguments::{Format, InputArguments};
use crate::failure::{Failure, Result};
use crate::inputs;
use crate::interrupt;
use crate::messages::{self, Messages};
use crate::outputs::check_output;

/// `layerpath embed`.
#[derive(Debug, Args)]
pub(crate) struct EmbedArguments {
    #[command(flatten)]
    input: InputArguments,
    /// How points get coordinates.
    #[arg(long, value_enum, default_value_t = MethodName::Mds)]
    method: MethodName,
    /// Dimensions of the picture; of the sphere for spherical-mds, whose points have one coordinate more.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=1000))]
    dimensions: u16,
    /// Seed of the random starts of smacof and spherical-mds.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Random starts of smacof and spherical-mds besides the classical one; the best result counts.
    #[arg(long, value_name = "N", default_value_t = 4)]
    restarts: usize,
    /// The most iterations of smacof and spherical-mds from one start.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    iterations: usize,
    /// What to print: a table, or the embedding file.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// File for the coordinates: name.json (everything) or name.csv (one row a point).
    #[arg(long, value_name = "FILE.json|FILE.csv")]
    out: Option<PathBuf>,
}

/// Embedding methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MethodName {
    /// Classical scaling: exact for Euclidean distances.
    Mds,
    /// Least squares of the distances themselves, from several starts.
    Smacof,
    /// Onto the unit sphere, least squares of the arcs, from several starts.
    SphericalMds,
    /// Principal components in the tangent space at the Fréchet mean; for spherical metrics.
    PrincipalGeodesics,
}

impl From<MethodName> for EmbeddingMethod {
    fn from(name: MethodName) -> Self {
        match name {
            MethodName::Mds => Self::ClassicalMds,
            MethodName::Smacof => Self::Smacof,
            MethodName::SphericalMds => Self::SphericalMds,
            MethodName::PrincipalGeodesics => Self::PrincipalGeodesics,
        }
    }
}

/// Form of the output file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileForm {
    Json,
    Csv,
}

pub(crate) fn run(arguments: &EmbedArguments, messages: Messages) -> Result<()> {
    // Before the work, not after it.
    let file = arguments.out.as_deref().map(|path| form(path).map(|form| (path, form))).transpose()?;
    if let Some((path, _)) = file {
        check_output(path, &arguments.input.files())?;
    }
    let read = inputs::read(&arguments.input.inputs, arguments.input.options(), messages)?;
    let search = SearchOptions {
        restarts: arguments.restarts,
        seed: arguments.seed,
        iterations: arguments.iterations,
        ..SearchOptions::default()
    };
    let options =
        EmbeddingOptions { dimensions: usize::from(arguments.dimensions), search, ..EmbeddingOptions::default() };
    let (records, points): (Vec<PointRecord>, Vec<Point>) = read.points.into_iter().unzip();
    let points: Vec<&Point> = points.iter().collect();
    let result = watched(arguments.method.into(), &read.metric, &points, &options, messages)?;
    messages.say(&how_it_went(&result));
    let document = EmbeddingDocument::new(&read.metric, read.stimuli, records, &options, result);
    if let Some((path, form)) = file {
        let text = match form {
            FileForm::Json => embedding_to_json(&document)?,
            FileForm::Csv => embedding_table(&document)?,
        };
        write_text_atomically(path, &text)?;
        messages.say(&format!("wrote {}", path.display()));
    }
    match arguments.format {
        Format::Table => messages::result(&table(&document)),
        Format::Json => messages::result(&embedding_to_json(&document)?),
    }
}

/// The form that a file's ending asks for.
fn form(path: &Path) -> Result<FileForm> {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("json") => Ok(FileForm::Json),
        Some("csv") => Ok(FileForm::Csv),
        _ => Err(Failure::user(format!("`--out {}` ends neither in .json nor in .csv; choose one", path.display()))),
    }
}

/// Embeds with progress, until Ctrl-C.
fn watched(
    method: EmbeddingMethod,
    metric: &Metric,
    points: &[&Point],
    options: &EmbeddingOptions,
    messages: Messages,
) -> Result<EmbeddingResult> {
    let starts = options.search.restarts + 1;
    let mut progress = messages.progress(starts as u64, "starts");
    let mut start = 0;
    let result = method.embed_points(metric, points, options, &mut |news: &Progress| {
        if news.start > start {
            progress.advance((news.start - start) as u64);
            start = news.start;
        }
        progress.stage(format!("iteration {}, stress {:.4}", news.iteration, news.stress));
        if interrupt::requested() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    progress.finish();
    interrupt::check("nothing was written")?;
    Ok(result?)
}

/// The convergence report in one line.
fn how_it_went(result: &EmbeddingResult) -> String {
    let Some(report) = &result.convergence else {
        return format!("{}: stress-1 {:.6}", result.method, result.stress);
    };
    let outcome = if report.converged { "converged" } else { "did NOT converge" };
    format!(
        "{}: stress-1 {:.6}, {outcome} after {} iterations, best of {} starts",
        result.method,
        result.stress,
        report.iterations,
        report.starts.len()
    )
}

/// The embedding for people: stress first, one line a point.
fn table(document: &EmbeddingDocument) -> String {
    let embedding = &document.embedding;
    let mut text = format!("{}, {} stimuli\n", document.metric, document.stimuli.count);
    text.push_str(
        &format_args!("{}, stress-1 {:.4}", embedding.method, messages::rounded(embedding.stress)).to_string(),
    );
    if let Some(shares) = &embedding.variance_explained {
        let shares: Vec<String> = shares.iter().map(|share| format!("{:.1} %", 100.0 * share)).collect();
        text.push_str(", variance explained ");
        text.push_str(&shares.join(", "));
    }
    if embedding.converged == Some(false) {
        text.push_str(", not converged");
    }
    text.push('\n');
    let names: Vec<_> = document.points.iter().map(|point| messages::in_a_row(&point.name)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(5);
    let axes = embedding.coordinates.first().map_or(0, Vec::len);
    let header = (1..=axes).map(|axis| format!(" {:>9}", format!("x{axis}"))).collect::<Vec<String>>().concat();
    text.push_str(&format_args!("{:<width$}{header}\n", "point").to_string());
    for (name, row) in names.iter().zip(&embedding.coordinates) {
        let values =
            row.iter().map(|&value| format!(" {:>9.4}", messages::rounded(value))).collect::<Vec<String>>().concat();
        text.push_str(&format_args!("{name:<width$}{values}\n").to_string());
    }
    for note in &document.notes {
        text.push_str(note);
        text.push('\n');
    }
    text
}
