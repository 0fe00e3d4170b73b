//! `layerpath analyze`.

use std::path::Path;

use layerpath::analysis::{
    Along, Analysis, BandRecord, BaselineSettings, IntervalSettings, PathRecord, measure, paths,
};
use layerpath::path::convergence::ConvergenceSettings;
use layerpath::path::uncertainty::{JackknifeSettings, SubsampleSettings};
use layerpath_io::analysis::{analysis_to_json, write_analysis};

use crate::arguments::{AlongName, AnalyzeArguments, Format, IntervalsName};
use crate::evidence::{Evidence, Study};
use crate::failure::{Failure, Result};
use crate::inputs::{self, InputOptions};
use crate::interrupt;
use crate::messages::{self, Messages};
use crate::origin;
use crate::outputs::check_output;

pub(crate) fn run(arguments: &AnalyzeArguments, messages: Messages) -> Result<()> {
    let along = match arguments.along {
        AlongName::Layers => Along::Layers,
        AlongName::Epochs => Along::Epochs,
    };
    let seed = arguments.seed;
    let evidence = Evidence {
        baselines: arguments.baselines.then(|| BaselineSettings::new(seed)),
        last_is_untrained: arguments.untrained.is_some(),
        intervals: arguments.intervals.map(|method| match method {
            IntervalsName::Jackknife => IntervalSettings::Jackknife(JackknifeSettings::new(seed)),
            IntervalsName::Subsampling => IntervalSettings::Subsampling(SubsampleSettings::new(seed)),
        }),
        convergence: arguments.convergence.then(|| ConvergenceSettings::new(seed)),
        decoding: arguments.decoding,
        stimuli: arguments.stimuli_shares,
    };
    let inputs: Vec<_> = arguments.input.inputs.iter().chain(&arguments.untrained).collect();
    if let Some(folder) = &arguments.out {
        check_output(folder, &inputs)?;
    }
    let analysis = of_inputs(&inputs, arguments.input.options(), along, evidence, messages)?;
    if let Some(folder) = &arguments.out {
        let files = write_analysis(folder, &analysis)?;
        let tables: Vec<String> = files.tables.iter().map(|name| format!("{name}.csv, {name}.parquet")).collect();
        messages.say(&format!("wrote {}: analysis.json, {}", folder.display(), tables.join(", ")));
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
    evidence: Evidence,
    messages: Messages,
) -> Result<Analysis> {
    let mut options = options;
    if evidence.is_asked() {
        options.engine.only_sample = Some(
            "intervals, convergence, baselines, decoding and shares of stimuli ask about single stimuli, which only points \
             of sample space tell; leave them out, or use `--engine sample` with fewer stimuli",
        );
    }
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
    let (mut analysis, measured) = measure(&read.metric, read.stimuli.clone(), &read.points, &paths)?;
    analysis.program = origin::program();
    interrupt::check("nothing was written")?;
    let study = Study { inputs, options, read: &read, paths: &paths, measured: &measured };
    evidence.add(&mut analysis, &study, messages)?;
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
    let labels: Vec<String> = path.points.iter().map(|name| messages::in_a_row(&label(name)).into_owned()).collect();
    let width = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0).max(5);
    let accuracy = path.network_accuracy.map_or_else(String::new, |share| format!(", accuracy {share:.3}"));
    let mut lines = vec![format!(
        "\n{}{accuracy}: length {:.4} {unit}, displacement {:.4} {unit}, straightness {}",
        messages::in_a_row(&path.name),
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
            let values = baselines.untrained.iter().flat_map(|untrained| &untrained.values);
            let untrained = values.into_iter().find(|value| is(&value.statistic, value.index, wanted));
            parts.extend(untrained.and_then(|value| value.untrained).map(|value| format!("untrained {value:.4}")));
        }
        if let Some(convergence) = &path.convergence {
            let own = convergence.values.iter().find(|value| is(&value.statistic, value.index, wanted));
            let at = own.iter().flat_map(|own| convergence.stimuli.iter().zip(&own.mean));
            let at: Vec<String> = at.filter_map(|(m, mean)| mean.map(|mean| format!("{m}: {mean:.4}"))).collect();
            parts.push(format!("by number of stimuli {}", at.join(", ")));
        }
        if !parts.is_empty() {
            lines.push(format!("  {wanted}: {}", parts.join("; ")));
        }
    }
    if let Some(decoding) = &path.decoding {
        let layers: Vec<String> = decoding.layers.iter().map(|layer| format!("{:.3}", layer.accuracy)).collect();
        let (layers, chance) = (layers.join(", "), decoding.chance);
        lines.push(format!(
            "  labels decoded (leave-one-out kernel ridge, chance {chance:.3}), layer by layer: {layers}"
        ));
    }
    if let Some(shares) = &path.stimulus_shares {
        for (i, step) in shares.steps.iter().enumerate() {
            let Some(effective) = step.effective_stimuli else { continue };
            let largest = step.largest.iter().take(3);
            let largest: Vec<String> = largest
                .filter_map(|one| one.share.map(|share| format!("{} ({:.1} %)", one.stimulus, 100.0 * share)))
                .collect();
            lines.push(format!(
                "  step {i} is as of {effective:.1} stimuli in equal shares; largest of stimulus {}",
                largest.join(", ")
            ));
        }
    }
    lines
}
