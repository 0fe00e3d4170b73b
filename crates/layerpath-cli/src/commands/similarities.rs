//! `layerpath similarities`.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use clap::Args;
use layerpath::analysis::{PointRecord, Stimuli};
use layerpath::representation::{Reduced, Reduction, Representation};
use layerpath::similarity::Measure;
use layerpath::table::{BESIDES, Bytes};
use layerpath_io::NamedArray;
use layerpath_io::points::is_points_store;
use serde_json::{Value, json};

use crate::arguments::Format;
use crate::engines::{self, EngineChoice, Layer};
use crate::failure::{Failure, Result};
use crate::inputs::{self, InputOptions};
use crate::interrupt;
use crate::messages::{self, Messages};
use crate::outputs::{check_ending, check_output};
use crate::rows::{RowArguments, Rows};

/// `layerpath similarities`.
#[derive(Debug, Args)]
pub(crate) struct SimilaritiesArguments {
    /// Activations (.npz, .safetensors, folder of .npy). Several must answer the same stimuli.
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// Similarity (`layerpath metrics` lists them, and the names of similarity-repository that are understood).
    #[arg(long, short, default_value = "cka")]
    measure: String,
    /// Fit on all folds but one and score that one: linear-predictivity, angular-shape or euclidean-shape.
    #[arg(long, value_name = "K")]
    folds: Option<u32>,
    /// Seed that deals stimuli to folds.
    #[arg(long, default_value_t = 0, requires = "folds")]
    seed: u64,
    /// A target to compare with: name of an array, `last` array, or a file labels.npy.
    #[arg(long, short, value_name = "NAME|last|labels.npy")]
    target: Option<String>,
    #[command(flatten)]
    rows: RowArguments,
    /// Memory that may be used, such as 512MiB or 4GiB [default: half of the machine's, 4GiB where it does not say].
    #[arg(long, value_name = "SIZE", help_heading = "Speed and memory")]
    memory: Option<Bytes>,
    /// File for the K×K table, float64, row x and column y.
    #[arg(long, value_name = "S.npy")]
    out: Option<PathBuf>,
    /// What to print: a table, or JSON.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Bytes for each element of the larger array of a pair that is compared: four copies of either in f64.
const PAIR_COPIES: u64 = 2 * 4 * 8;

/// What is read.
struct Arrays {
    layers: Vec<(PointRecord, NamedArray)>,
    stimuli: Stimuli,
    /// How many pairs may be compared at once.
    at_once: usize,
}

/// Scores, or reasons why there is none.
type Scores = Vec<Vec<std::result::Result<f64, String>>>;

pub(crate) fn run(arguments: &SimilaritiesArguments, messages: Messages) -> Result<()> {
    let measure = match arguments.folds {
        Some(folds) => Measure::held_out(&arguments.measure, folds, arguments.seed)?,
        None => arguments.measure.parse()?,
    };
    if let Some(out) = &arguments.out {
        check_ending(out, "a .npy array", &["npy"])?;
        let target = arguments.target.iter().map(Path::new);
        check_output(out, &arguments.inputs.iter().map(PathBuf::as_path).chain(target).collect::<Vec<_>>())?;
    }
    let Arrays { layers, stimuli, at_once } = read(arguments)?;
    interrupt::check("nothing was written")?;
    let mut rows = Rows::new(Some(&arguments.rows));
    let reduce = layers.iter().map(|(record, array)| reduced(&mut rows, record, array));
    let all: Vec<Reduced<'_>> = reduce.collect::<Result<_>>()?;
    let views: Vec<Representation<'_>> = all
        .iter()
        .zip(&layers)
        .map(|(reduced, (record, _))| reduced.representation().map_err(|error| Failure::from(error).at(&record.name)))
        .collect::<Result<_>>()?;
    messages.say(&format!("{measure}: {0} × {0} pairs", views.len()));
    // The same bits for any number of threads.
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(at_once)
        .build()
        .map_err(|error| Failure::Internal(format!("cannot start {at_once} threads: {error}")))?;
    let scores: Scores = pool
        .install(|| measure.all_pairs(&views))
        .into_iter()
        .map(|row| row.into_iter().map(|score| score.map_err(|error| error.to_string())).collect())
        .collect();
    let names: Vec<&str> = layers.iter().map(|(record, _)| record.name.as_str()).collect();
    if let Some(out) = &arguments.out {
        let values: Vec<f64> = scores.iter().flatten().cloned().collect::<Result<_, String>>().map_err(|reason| {
            Failure::user(format!("not every pair has a score, and `--out` has no place for a reason: {reason}"))
        })?;
        layerpath_io::write_npy(out, &[names.len(), names.len()], &values)?;
        messages.say(&format!("wrote {}: {1} × {1}", out.display(), names.len()));
    }
    let stimuli = views.first().map_or(stimuli.count, Representation::stimuli);
    match arguments.format {
        Format::Table => messages::result(&table(&measure, stimuli, &names, &scores)),
        Format::Json => messages::json(&as_json(&measure, stimuli, &names, &scores)),
    }
}

/// All arrays of all inputs, which must answer the same stimuli. Arrays that do not fit are refused before the first is read.
fn read(arguments: &SimilaritiesArguments) -> Result<Arrays> {
    let options =
        InputOptions { target: arguments.target.as_deref(), rows: Some(&arguments.rows), ..InputOptions::default() };
    let networks = inputs::networks(&arguments.inputs);
    let mut all: Vec<Layer> = Vec::new();
    let mut known: Option<Stimuli> = None;
    for (path, network) in arguments.inputs.iter().zip(&networks) {
        if is_points_store(path) {
            return Err(Failure::user(format!(
                "`{}` holds points of a metric; similarities need the activations themselves",
                path.display()
            )));
        }
        let (opened, stimuli) = engines::open(path, options, network.as_deref())?;
        if let Some(difference) = known.as_ref().and_then(|known| known.first_difference(&stimuli)) {
            return Err(Failure::user(format!(
                "`{}` does not answer the stimuli of the files before it: {difference}",
                path.display()
            )));
        }
        all.extend(opened);
        known = known.filter(|known| !known.ids.is_empty()).or(Some(stimuli));
    }
    let stimuli = known.ok_or_else(|| Failure::user("no input given"))?;
    let at_once = pairs_at_once(&all, arguments)?;
    let mut layers = Vec::with_capacity(all.len());
    for layer in all {
        interrupt::check("nothing was written")?;
        let array = layer.read()?;
        layers.push((layer.record, array));
    }
    Ok(Arrays { layers, stimuli, at_once })
}

/// How many pairs, one a thread, may be compared at once beside the arrays, which are all held: at least one, at most as many
/// as there are threads.
fn pairs_at_once(layers: &[Layer], arguments: &SimilaritiesArguments) -> Result<usize> {
    let allowed = arguments.memory.unwrap_or_else(EngineChoice::default_memory);
    let elements = |layer: &Layer| layer.array.shape.iter().fold(1_u64, |sofar, &n| sofar.saturating_mul(n as u64));
    let held = layers.iter().fold(0_u64, |sofar, layer| {
        sofar.saturating_add(elements(layer).saturating_mul(layer.array.element_bytes() as u64))
    });
    let largest = layers.iter().map(elements).max().unwrap_or(0);
    let positions = positions(layers, &arguments.rows)?;
    let m = layers.iter().map(|layer| layer.array.n_rows() as u64).max().unwrap_or(0).saturating_mul(positions);
    // Both arrays in f64 with their singular vectors, and a matrix of stimuli of each, with what becomes of it.
    let pair = largest.saturating_mul(PAIR_COPIES).saturating_add(m.saturating_mul(m).saturating_mul(PAIR_COPIES));
    let fixed = held.saturating_add(BESIDES);
    let needed = Bytes(fixed.saturating_add(pair));
    if needed > allowed {
        let engine = "the arrays, and two of them in double precision beside, do not fit";
        return Err(engines::how_to_allow(layerpath::Error::Memory { engine, allowed, needed }));
    }
    let pairs = (allowed.0 - fixed) / pair.max(1);
    Ok(usize::try_from(pairs).unwrap_or(usize::MAX).clamp(1, rayon::current_num_threads()))
}

/// Rows of one stimulus.
fn positions(layers: &[Layer], arguments: &RowArguments) -> Result<u64> {
    let mut rows = Rows::new(Some(arguments));
    if arguments.reduce == Reduction::PositionsAsStimuli {
        for layer in layers {
            let tried = rows.try_one(&layer.array, layer.record.index.is_none());
            tried.map_err(|failure| failure.at(&layer.record.name))?;
        }
    }
    Ok(rows.positions().unwrap_or(1) as u64)
}

fn reduced<'a>(rows: &mut Rows<'_>, record: &PointRecord, array: &'a NamedArray) -> Result<Reduced<'a>> {
    let (reduced, _) = rows.of(array, record.index.is_none()).map_err(|failure| failure.at(&record.name))?;
    Ok(reduced)
}

fn as_json(measure: &Measure, stimuli: usize, names: &[&str], scores: &Scores) -> Value {
    let mut undefined = Vec::new();
    for (i, row) in scores.iter().enumerate() {
        for (j, score) in row.iter().enumerate() {
            if let Err(reason) = score {
                undefined.push(json!({ "x": names[i], "y": names[j], "reason": reason }));
            }
        }
    }
    let values: Vec<Vec<Option<f64>>> =
        scores.iter().map(|row| row.iter().map(|score| score.as_ref().ok().copied()).collect()).collect();
    json!({
        "measure": measure.to_string(),
        "kind": measure.kind(),
        "symmetric": measure.is_symmetric(),
        "stimuli": stimuli,
        "representations": names,
        "scores": values,
        "undefined": undefined,
    })
}

/// One row a representation, columns numbered like the rows.
fn table(measure: &Measure, stimuli: usize, names: &[&str], scores: &Scores) -> String {
    let names: Vec<Cow<'_, str>> = names.iter().map(|name| messages::in_a_row(name)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let digits = names.len().saturating_sub(1).to_string().len();
    let order = if measure.is_symmetric() { "" } else { ", of row x and column y" };
    let numbers: Vec<String> = (0..names.len()).map(|j| format!(" {j:>9}")).collect();
    let mut lines = vec![
        format!("{measure}, {stimuli} stimuli: a {}{order}, no metric\n", measure.kind()),
        " ".repeat(digits + 1 + width) + &numbers.concat(),
    ];
    let mut reasons = Vec::new();
    for (i, (name, row)) in names.iter().zip(scores).enumerate() {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(j, score)| match score {
                Ok(score) => format!(" {:>9.4}", messages::rounded(*score)),
                Err(reason) => {
                    reasons.push(format!("  {name}, {}: {reason}", names[j]));
                    format!(" {:>9}", "–")
                }
            })
            .collect();
        lines.push(format!("{i:>digits$} {name:<width$}{}", cells.concat()));
    }
    lines.extend(reasons);
    lines.join("\n") + "\n"
}
