//! `layerpath analyze`.

use std::path::Path;

use layerpath::analysis::{Along, Analysis, BandRecord, BaselineSettings, PathRecord, analyze, paths};
use layerpath::path::uncertainty::JackknifeSettings;
use layerpath_io::analysis::{analysis_to_json, write_analysis};

use crate::arguments::{AlongName, AnalyzeArguments, Format};
use crate::failure::{Failure, Result};
use crate::inputs::{self, InputOptions};
use crate::interrupt;
use crate::messages::{self, Messages};

pub(crate) fn run(arguments: &AnalyzeArguments, messages: Messages) -> Result<()> {
    let along = match arguments.along {
        AlongName::Layers => Along::Layers,
        AlongName::Epochs => Along::Epochs,
    };
    let evidence = Evidence {
        baselines: arguments.baselines.then(|| BaselineSettings::new(arguments.seed)),
        intervals: arguments.intervals.then(|| JackknifeSettings::new(arguments.seed)),
    };
    let analysis = of_inputs(&arguments.input.inputs, arguments.input.options(), along, evidence, messages)?;
    if let Some(folder) = &arguments.out {
        write_analysis(folder, &analysis)?;
        messages.say(&format!("wrote {}: analysis.json, layers and pairs as .csv and .parquet", folder.display()));
    }
    match arguments.format {
        Format::Table => messages::result(&table(&analysis)),
        Format::Json => messages::result(&analysis_to_json(&analysis)?),
    }
}

/// What the statistics are to be compared with.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Evidence {
    baselines: Option<BaselineSettings>,
    intervals: Option<JackknifeSettings>,
}

/// Reads, embeds and analyses.
pub(crate) fn of_inputs(
    inputs: &[impl AsRef<Path>],
    options: InputOptions<'_>,
    along: Along,
    evidence: Evidence,
    messages: Messages,
) -> Result<Analysis> {
    let read = inputs::read(inputs, options, messages)?;
    let records: Vec<_> = read.points.iter().map(|(record, _)| record.clone()).collect();
    let paths = paths(&records, along);
    if paths.is_empty() {
        let hint = match along {
            Along::Layers => "a path needs at least two layers besides the target",
            Along::Epochs => "capture at least two epochs of a layer, or use `--along layers`",
        };
        return Err(Failure::user(format!("no path in the input: {hint}")));
    }
    let mut analysis = analyze(&read.metric, read.stimuli, &read.points, &paths)?;
    interrupt::check("nothing was written")?;
    let asked = usize::from(evidence.baselines.is_some()) + usize::from(evidence.intervals.is_some());
    let mut progress = messages.progress((paths.len() * asked) as u64, "baselines and intervals");
    for (place, path) in paths.iter().enumerate() {
        progress.stage(path.name.clone());
        if let Some(settings) = evidence.baselines {
            analysis.add_baselines(place, &read.metric, &read.points, path, settings)?;
            interrupt::check("nothing was written")?;
            progress.advance(1);
        }
        if let Some(settings) = evidence.intervals {
            analysis.add_intervals(place, &read.metric, &read.points, path, settings)?;
            interrupt::check("nothing was written")?;
            progress.advance(1);
        }
    }
    progress.finish();
    Ok(analysis)
}

/// The analysis for people: one block a path, one line a layer, angles in degrees.
fn table(analysis: &Analysis) -> String {
    let mut text = format!("{}, {} stimuli\n", analysis.metric, analysis.stimuli.count);
    for path in &analysis.paths {
        text.push_str(&path_table(path, &analysis.unit, |name| {
            let record = analysis.points.iter().find(|point| point.name == name);
            match (path.along, record) {
                (Along::Layers, Some(record)) => record.layer.clone(),
                (Along::Epochs, Some(record)) => record.epoch.map_or(name.to_owned(), |epoch| format!("epoch {epoch}")),
                (_, None) => name.to_owned(),
            }
        }));
    }
    text
}

fn path_table(path: &PathRecord, unit: &str, label: impl Fn(&str) -> String) -> String {
    let number =
        |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{:.4}", messages::rounded(value)));
    let degrees =
        |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{:.1}", value.to_degrees()));
    let labels: Vec<String> = path.points.iter().map(|name| label(name)).collect();
    let width = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0).max(5);
    let accuracy = path.network_accuracy.map_or_else(String::new, |share| format!(", accuracy {share:.3}"));
    let mut lines = vec![format!(
        "\n{}{accuracy}: length {:.4} {unit}, displacement {:.4} {unit}, straightness {}",
        path.name,
        path.length,
        path.displacement,
        number(path.straightness),
    )];
    lines.push(format!(
        "{:<width$} {:>8} {:>9} {:>8} {:>8} {:>9} {:>9} {:>10} {:>7} {:>8}",
        "layer", "step", "interior°", "heading°", "to start", "to target", "progress", "efficiency", "along", "detour"
    ));
    for (i, label) in labels.iter().enumerate() {
        let interior = i.checked_sub(1).and_then(|before| path.interior_angles.get(before).copied().flatten());
        let projection = path.projection.as_ref().and_then(|all| all[i]);
        let step_value = |values: &Option<Vec<f64>>| values.as_ref().and_then(|values| values.get(i).copied());
        let optional = |values: &Option<Vec<Option<f64>>>| values.as_ref().and_then(|v| v.get(i).copied().flatten());
        lines.push(format!(
            "{label:<width$} {:>8} {:>9} {:>8} {:>8} {:>9} {:>9} {:>10} {:>7} {:>8}",
            number(path.steps.get(i).copied()),
            degrees(interior),
            degrees(optional(&path.heading_angles)),
            number(Some(path.distance_to_start[i])),
            number(step_value(&path.distance_to_target)),
            number(step_value(&path.progress)),
            number(optional(&path.efficiency)),
            number(projection.map(|p| p.t)),
            number(projection.map(|p| p.distance)),
        ));
    }
    lines.extend(evidence_lines(path));
    for undefined in &path.undefined {
        let place = undefined.index.map_or_else(String::new, |index| format!("[{index}]"));
        lines.push(format!("  {}{place} is undefined: {}", undefined.statistic, undefined.reason));
    }
    lines.join("\n") + "\n"
}

/// Length and straightness beside their intervals and baselines; the analysis file has those of every statistic.
fn evidence_lines(path: &PathRecord) -> Vec<String> {
    let mut lines = Vec::new();
    let is = |statistic: &str, index: Option<usize>, wanted: &str| statistic == wanted && index.is_none();
    for wanted in ["length", "straightness"] {
        let mut parts = Vec::new();
        let interval = path.intervals.iter().flat_map(|all| &all.values).find(|v| is(&v.statistic, v.index, wanted));
        if let Some((low, high)) = interval.and_then(|interval| interval.low.zip(interval.high)) {
            parts.push(format!("95 % over stimuli {low:.4} … {high:.4}"));
        }
        let band = |name: &str, all: &[BandRecord]| {
            let own = all.iter().find(|band| is(&band.statistic, band.index, wanted))?;
            let (median, low, high) = (own.median?, own.low?, own.high?);
            Some(format!("{name} {median:.4} ({low:.4} … {high:.4})"))
        };
        if let Some(baselines) = &path.baselines {
            parts.extend(band("shuffled order", &baselines.shuffled_order));
            parts.extend(band("rows permuted", &baselines.noise_floor));
        }
        if !parts.is_empty() {
            lines.push(format!("  {wanted}: {}", parts.join("; ")));
        }
    }
    lines
}
