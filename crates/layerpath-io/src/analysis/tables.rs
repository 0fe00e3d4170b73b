//! Tidy tables for pandas, polars and R: one row a layer, one row a pair. Values that do not exist are empty.

use std::collections::HashMap;

use csv::{Terminator, Writer, WriterBuilder};
use layerpath::analysis::{Analysis, IntervalRecord, PathRecord, PointRecord};

use crate::error::{Error, Result};

const LAYER_COLUMNS: [&str; 15] = [
    "path",
    "network",
    "epoch",
    "seed",
    "layer",
    "index",
    "step",
    "interior_angle",
    "heading_angle",
    "distance_to_start",
    "distance_to_target",
    "progress",
    "efficiency",
    "fraction_along",
    "detour",
];

const PAIR_COLUMNS: [&str; 11] =
    ["model_x", "layer_x", "index_x", "model_y", "layer_y", "index_y", "metric", "stimuli", "value", "low", "high"];

/// `layers.csv`: one row for each point of each path, in the order of the path.
///
/// Step i, its progress, efficiency and heading stand in the row of the point it starts from.
///
/// # Errors
/// When the analysis contradicts itself.
pub fn layers_table(analysis: &Analysis) -> Result<String> {
    let points = points_by_name(analysis);
    let mut table = table(&LAYER_COLUMNS)?;
    for path in &analysis.paths {
        for (i, name) in path.points.iter().enumerate() {
            let point = point(&points, name)?;
            let projection = path.projection.as_ref().and_then(|projection| projection.get(i).copied().flatten());
            write(
                &mut table,
                &[
                    path.name.clone(),
                    text(point.network.as_ref().or(path.network.as_ref())),
                    text(point.epoch.or(path.epoch)),
                    text(point.seed.or(path.seed)),
                    point.layer.clone(),
                    text(point.index),
                    text(path.steps.get(i)),
                    // The angle at x₁ is the first: ends of a path have none.
                    text(i.checked_sub(1).and_then(|before| path.interior_angles.get(before).copied().flatten())),
                    text(path.heading_angles.as_ref().and_then(|angles| angles.get(i).copied().flatten())),
                    text(path.distance_to_start.get(i)),
                    text(path.distance_to_target.as_ref().and_then(|distances| distances.get(i))),
                    text(path.progress.as_ref().and_then(|progress| progress.get(i))),
                    text(path.efficiency.as_ref().and_then(|efficiency| efficiency.get(i).copied().flatten())),
                    text(projection.map(|projection| projection.t)),
                    text(projection.map(|projection| projection.distance)),
                ],
            )?;
        }
    }
    finish(table)
}

/// `pairs.csv`: every unordered pair of points of a path once, the target among them.
///
/// # Errors
/// When the analysis contradicts itself.
pub fn pairs_table(analysis: &Analysis) -> Result<String> {
    let points = points_by_name(analysis);
    let stimuli = analysis.stimuli.count.to_string();
    let mut table = table(&PAIR_COLUMNS)?;
    for path in &analysis.paths {
        let names: Vec<_> = path.points.iter().chain(&path.target).collect();
        for (i, name_x) in names.iter().enumerate() {
            let x = point(&points, name_x)?;
            for (j, name_y) in names.iter().enumerate().skip(i + 1) {
                let y = point(&points, name_y)?;
                write(
                    &mut table,
                    &[
                        model(x, path),
                        x.layer.clone(),
                        text(x.index),
                        model(y, path),
                        y.layer.clone(),
                        text(y.index),
                        analysis.metric.clone(),
                        stimuli.clone(),
                        text(path.distances.get(i).and_then(|row| row.get(j))),
                        text(interval(path, i, j).and_then(|interval| interval.low)),
                        text(interval(path, i, j).and_then(|interval| interval.high)),
                    ],
                )?;
            }
        }
    }
    finish(table)
}

/// The interval of the distance of points i < j of a path (the target is the one after the last), where it is a statistic.
fn interval(path: &PathRecord, i: usize, j: usize) -> Option<&IntervalRecord> {
    let last = path.points.len() - 1;
    let (statistic, index) = if j > last {
        ("distance_to_target", i)
    } else if j == i + 1 {
        ("steps", i)
    } else if i == 0 {
        ("distance_to_start", j)
    } else if j == last {
        ("distance_to_end", i)
    } else {
        return None;
    };
    let values = path.intervals.iter().flat_map(|intervals| &intervals.values);
    values.into_iter().find(|value| value.statistic == statistic && value.index == Some(index))
}

/// What a point belongs to: its name without the layer (`resnet8x8-seed0@3`), else the path.
fn model(point: &PointRecord, path: &PathRecord) -> String {
    point
        .name
        .strip_suffix(&point.layer)
        .and_then(|rest| rest.strip_suffix('/'))
        .filter(|model| !model.is_empty())
        .unwrap_or(&path.name)
        .to_owned()
}

fn points_by_name(analysis: &Analysis) -> HashMap<&str, &PointRecord> {
    analysis.points.iter().map(|point| (point.name.as_str(), point)).collect()
}

fn point<'a>(points: &HashMap<&str, &'a PointRecord>, name: &str) -> Result<&'a PointRecord> {
    points.get(name).copied().ok_or_else(|| Error::internal(format!("a path without its point `{name}`")))
}

pub(super) fn text(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

pub(super) fn table(columns: &[&str]) -> Result<Writer<Vec<u8>>> {
    let mut table = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new());
    table.write_record(columns).map_err(|error| Error::internal(error.to_string()))?;
    Ok(table)
}

pub(super) fn write(table: &mut Writer<Vec<u8>>, row: &[String]) -> Result<()> {
    table.write_record(row).map_err(|error| Error::internal(error.to_string()))
}

pub(super) fn finish(table: Writer<Vec<u8>>) -> Result<String> {
    let bytes = table.into_inner().map_err(|error| Error::internal(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| Error::internal(error.to_string()))
}
