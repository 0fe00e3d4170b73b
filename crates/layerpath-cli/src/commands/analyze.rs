//! `layerpath analyze`.

use std::path::Path;

use layerpath::analysis::{Along, Analysis, PathRecord, analyze, paths};
use layerpath_io::analysis::{analysis_to_json, write_analysis};

use crate::arguments::{AlongName, AnalyzeArguments, Format};
use crate::failure::{Failure, Result};
use crate::inputs::{self, InputOptions};
use crate::interrupt;
use crate::messages::{self, Messages};

pub(crate) fn run(arguments: &AnalyzeArguments, messages: Messages) -> Result<()> {
    let options = InputOptions { metric: arguments.metric.as_deref(), target: arguments.target.as_deref() };
    let along = match arguments.along {
        AlongName::Layers => Along::Layers,
        AlongName::Epochs => Along::Epochs,
    };
    let analysis = of_inputs(&arguments.inputs, options, along, messages)?;
    if let Some(folder) = &arguments.out {
        write_analysis(folder, &analysis)?;
        messages.say(&format!("wrote {}: analysis.json, layers.csv, pairs.csv", folder.display()));
    }
    match arguments.format {
        Format::Table => messages::result(&table(&analysis)),
        Format::Json => messages::result(&analysis_to_json(&analysis)?),
    }
}

/// Reads, embeds and analyses.
pub(crate) fn of_inputs(
    inputs: &[impl AsRef<Path>],
    options: InputOptions<'_>,
    along: Along,
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
    let analysis = analyze(&read.metric, read.stimuli, &read.points, &paths)?;
    interrupt::check("nothing was written")?;
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
    // Adding zero turns the −0 that tiny negative numbers are rounded to into 0.
    let rounded = |value: f64| (value * 1e4).round() / 1e4 + 0.0;
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{:.4}", rounded(value)));
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
    for undefined in &path.undefined {
        let place = undefined.index.map_or_else(String::new, |index| format!("[{index}]"));
        lines.push(format!("  {}{place} is undefined: {}", undefined.statistic, undefined.reason));
    }
    lines.join("\n") + "\n"
}
