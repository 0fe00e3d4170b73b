//! Tidy tables of the evidence beside the statistics: baselines, intervals, convergence, decoding, shares of stimuli.

use layerpath::analysis::{Analysis, BandRecord, PathRecord, StimulusContribution};

use super::columns::Table;
use crate::error::Result;

/// One row of `evidence.csv` after its path.
#[derive(Default)]
struct Row<'a> {
    statistic: &'a str,
    index: Option<usize>,
    evidence: &'a str,
    stimuli: usize,
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    deviation: Option<f64>,
}

/// `evidence.csv`: one row for each number of each path and each kind of evidence; `None` where there is no evidence.
///
/// # Errors
/// When the table cannot be made.
pub fn evidence_table(analysis: &Analysis) -> Result<Option<String>> {
    evidence(analysis).map(|table| table.to_csv()).transpose()
}

/// The columns of the evidence.
pub(super) fn evidence(analysis: &Analysis) -> Option<Table> {
    let mut rows = Vec::new();
    for path in &analysis.paths {
        let mut own = Vec::new();
        of_path(path, analysis.stimuli.count, &mut own);
        rows.extend(own.into_iter().map(|row| (path.name.as_str(), row)));
    }
    if rows.is_empty() {
        return None;
    }
    let numbers = |value: fn(&Row<'_>) -> Option<f64>| rows.iter().map(move |(_, row)| value(row));
    let mut table = Table::default();
    table.text("path", rows.iter().map(|(path, _)| Some((*path).to_owned())));
    table.text("statistic", rows.iter().map(|(_, row)| Some(row.statistic.to_owned())));
    table.integers("index", rows.iter().map(|(_, row)| row.index.map(|index| index as u64)));
    table.text("evidence", rows.iter().map(|(_, row)| Some(row.evidence.to_owned())));
    table.integers("stimuli", rows.iter().map(|(_, row)| Some(row.stimuli as u64)));
    table.numbers("value", numbers(|row| row.value));
    table.numbers("low", numbers(|row| row.low));
    table.numbers("high", numbers(|row| row.high));
    table.numbers("deviation", numbers(|row| row.deviation));
    Some(table)
}

fn of_path<'a>(path: &'a PathRecord, stimuli: usize, rows: &mut Vec<Row<'a>>) {
    if let Some(intervals) = &path.intervals {
        rows.extend(intervals.values.iter().map(|value| Row {
            statistic: &value.statistic,
            index: value.index,
            evidence: &intervals.method,
            stimuli,
            value: value.estimate,
            low: value.low,
            high: value.high,
            deviation: value.standard_error,
        }));
    }
    if let Some(baselines) = &path.baselines {
        let band = |evidence| {
            move |band: &'a BandRecord| Row {
                statistic: &band.statistic,
                index: band.index,
                evidence,
                stimuli,
                value: band.median,
                low: band.low,
                high: band.high,
                deviation: None,
            }
        };
        rows.extend(baselines.shuffled_order.iter().map(band("shuffled-order")));
        rows.extend(baselines.noise_floor.iter().map(band("noise-floor")));
        rows.extend(baselines.untrained.iter().flat_map(|untrained| &untrained.values).map(|value| Row {
            statistic: &value.statistic,
            index: value.index,
            evidence: "untrained",
            stimuli,
            value: value.untrained,
            ..Row::default()
        }));
    }
    if let Some(convergence) = &path.convergence {
        for value in &convergence.values {
            let sizes = convergence.stimuli.iter().zip(value.mean.iter().zip(&value.deviation));
            rows.extend(sizes.map(|(&stimuli, (&mean, &deviation))| Row {
                statistic: &value.statistic,
                index: value.index,
                evidence: "convergence",
                stimuli,
                value: mean,
                deviation,
                ..Row::default()
            }));
        }
    }
    if let Some(decoding) = &path.decoding {
        for (index, layer) in decoding.layers.iter().enumerate() {
            let row = |statistic, value| Row {
                statistic,
                index: Some(index),
                evidence: &decoding.method,
                stimuli,
                value: Some(value),
                ..Row::default()
            };
            rows.extend([
                row("decoding_accuracy", layer.accuracy),
                row("decoding_error", layer.error),
                row("decoding_ridge", layer.ridge),
            ]);
        }
        rows.push(Row {
            statistic: "decoding_chance",
            evidence: &decoding.method,
            stimuli,
            value: Some(decoding.chance),
            ..Row::default()
        });
    }
}

/// `stimuli.csv`: one row for each stimulus that is listed for a step; `None` where no shares were asked for.
///
/// # Errors
/// When the table cannot be made.
pub fn stimuli_table(analysis: &Analysis) -> Result<Option<String>> {
    stimuli(analysis).map(|table| table.to_csv()).transpose()
}

/// One row of `stimuli.csv`.
struct Listed<'a> {
    path: &'a str,
    step: usize,
    quantity: &'static str,
    rank: usize,
    one: &'a StimulusContribution,
}

/// The columns of the stimuli.
pub(super) fn stimuli(analysis: &Analysis) -> Option<Table> {
    let mut rows = Vec::new();
    let mut any = false;
    for path in &analysis.paths {
        let Some(shares) = &path.stimulus_shares else { continue };
        any = true;
        let steps = shares.steps.iter().map(|step| ("squared_step", &step.largest)).enumerate();
        let progress = shares.progress.iter().flatten().map(|step| ("progress", &step.largest)).enumerate();
        for (step, (quantity, largest)) in steps.chain(progress) {
            let listed = |(place, one)| Listed { path: &path.name, step, quantity, rank: place + 1, one };
            rows.extend(largest.iter().enumerate().map(listed));
        }
    }
    if !any {
        return None;
    }
    let mut table = Table::default();
    table.text("path", rows.iter().map(|row| Some(row.path.to_owned())));
    table.integers("step", rows.iter().map(|row| Some(row.step as u64)));
    table.text("quantity", rows.iter().map(|row| Some(row.quantity.to_owned())));
    table.integers("rank", rows.iter().map(|row| Some(row.rank as u64)));
    table.integers("stimulus", rows.iter().map(|row| Some(row.one.stimulus as u64)));
    table.text("id", rows.iter().map(|row| analysis.stimuli.ids.get(row.one.stimulus).cloned()));
    table.numbers("contribution", rows.iter().map(|row| row.one.contribution));
    table.numbers("share", rows.iter().map(|row| row.one.share));
    Some(table)
}
