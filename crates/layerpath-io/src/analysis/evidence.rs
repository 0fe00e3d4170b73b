//! Tidy tables of the evidence beside the statistics: baselines, intervals, convergence, decoding, shares of stimuli.

use csv::Writer;
use layerpath::analysis::{Analysis, BandRecord, PathRecord, StimulusContribution};

use super::tables::{finish, table, text, write};
use crate::error::Result;

const EVIDENCE_COLUMNS: [&str; 9] =
    ["path", "statistic", "index", "evidence", "stimuli", "value", "low", "high", "deviation"];

const STIMULI_COLUMNS: [&str; 8] = ["path", "step", "quantity", "rank", "stimulus", "id", "contribution", "share"];

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
    let mut table = table(&EVIDENCE_COLUMNS)?;
    let mut any = false;
    for path in &analysis.paths {
        let mut rows = Vec::new();
        of_path(path, analysis.stimuli.count, &mut rows);
        any |= !rows.is_empty();
        for row in rows {
            write(
                &mut table,
                &[
                    path.name.clone(),
                    row.statistic.to_owned(),
                    text(row.index),
                    row.evidence.to_owned(),
                    row.stimuli.to_string(),
                    text(row.value),
                    text(row.low),
                    text(row.high),
                    text(row.deviation),
                ],
            )?;
        }
    }
    let text = finish(table)?;
    Ok(any.then_some(text))
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
    let mut table = table(&STIMULI_COLUMNS)?;
    let mut any = false;
    for path in &analysis.paths {
        let Some(shares) = &path.stimulus_shares else { continue };
        any = true;
        for (i, step) in shares.steps.iter().enumerate() {
            let place = (path.name.as_str(), i, "squared_step");
            listed(&mut table, analysis, place, &step.largest)?;
        }
        for (i, step) in shares.progress.iter().flatten().enumerate() {
            let place = (path.name.as_str(), i, "progress");
            listed(&mut table, analysis, place, &step.largest)?;
        }
    }
    let text = finish(table)?;
    Ok(any.then_some(text))
}

fn listed(
    table: &mut Writer<Vec<u8>>,
    analysis: &Analysis,
    (path, step, quantity): (&str, usize, &str),
    largest: &[StimulusContribution],
) -> Result<()> {
    for (rank, one) in largest.iter().enumerate() {
        write(
            table,
            &[
                path.to_owned(),
                step.to_string(),
                quantity.to_owned(),
                (rank + 1).to_string(),
                one.stimulus.to_string(),
                text(analysis.stimuli.ids.get(one.stimulus)),
                text(one.contribution),
                text(one.share),
            ],
        )?;
    }
    Ok(())
}
