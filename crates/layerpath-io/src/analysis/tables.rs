//! Tidy tables for pandas, polars and R: one row a layer, one row a pair. Values that do not exist are empty in CSV and
//! null in Parquet.

use std::collections::HashMap;

use layerpath::analysis::{Analysis, Epoch, IntervalRecord, PathRecord, PointRecord};

use super::columns::Table;
use crate::error::{Error, Result};

/// `layers.csv`: one row for each point of each path, in the order of the path.
///
/// Step i, its progress, efficiency and heading stand in the row of the point it starts from.
///
/// # Errors
/// When the analysis contradicts itself.
pub fn layers_table(analysis: &Analysis) -> Result<String> {
    layers(analysis)?.to_csv()
}

/// `pairs.csv`: every unordered pair of points of a path once, the target among them.
///
/// # Errors
/// When the analysis contradicts itself.
pub fn pairs_table(analysis: &Analysis) -> Result<String> {
    pairs(analysis)?.to_csv()
}

/// A point of a path: the path, the place on it, the point.
type Row<'a> = (&'a PathRecord, usize, &'a PointRecord);

/// The columns of the layers.
pub(super) fn layers(analysis: &Analysis) -> Result<Table> {
    let points = points_by_name(analysis);
    let mut rows: Vec<Row<'_>> = Vec::new();
    for path in &analysis.paths {
        for (i, name) in path.points.iter().enumerate() {
            rows.push((path, i, point(&points, name)?));
        }
    }
    let each = |value: fn(&PathRecord, usize) -> Option<f64>| rows.iter().map(move |(path, i, _)| value(path, *i));
    let mut table = Table::default();
    table.text("path", rows.iter().map(|(path, ..)| Some(path.name.clone())));
    table.text("network", rows.iter().map(|(path, _, point)| point.network.clone().or_else(|| path.network.clone())));
    table.numbers("epoch", rows.iter().map(|(path, _, point)| point.epoch.or(path.epoch).map(Epoch::passes)));
    table.integers("seed", rows.iter().map(|(path, _, point)| point.seed.or(path.seed)));
    table.text("layer", rows.iter().map(|(.., point)| Some(point.layer.clone())));
    table.integers("index", rows.iter().map(|(.., point)| point.index.map(|index| index as u64)));
    table.numbers("step", each(|path, i| path.steps.get(i).copied()));
    // The angle at x₁ is the first: ends of a path have none.
    let interior = |path: &PathRecord, i: usize| path.interior_angles.get(i.checked_sub(1)?).copied().flatten();
    table.numbers("interior_angle", each(interior));
    table.numbers("heading_angle", each(|path, i| path.heading_angles.as_ref()?.get(i).copied().flatten()));
    table.numbers("distance_to_start", each(|path, i| path.distance_to_start.get(i).copied()));
    table.numbers("distance_to_target", each(|path, i| path.distance_to_target.as_ref()?.get(i).copied()));
    table.numbers("progress", each(|path, i| path.progress.as_ref()?.get(i).copied()));
    table.numbers("efficiency", each(|path, i| path.efficiency.as_ref()?.get(i).copied().flatten()));
    table.numbers("fraction_along", each(|path, i| Some(path.projection.as_ref()?.get(i).copied().flatten()?.t)));
    table.numbers("detour", each(|path, i| Some(path.projection.as_ref()?.get(i).copied().flatten()?.distance)));
    Ok(table)
}

/// The columns of the pairs.
pub(super) fn pairs(analysis: &Analysis) -> Result<Table> {
    let points = points_by_name(analysis);
    let mut rows: Vec<(Row<'_>, Row<'_>)> = Vec::new();
    for path in &analysis.paths {
        let names: Vec<_> = path.points.iter().chain(&path.target).collect();
        for (i, name_x) in names.iter().enumerate() {
            let x = point(&points, name_x)?;
            for (j, name_y) in names.iter().enumerate().skip(i + 1) {
                rows.push(((path, i, x), (path, j, point(&points, name_y)?)));
            }
        }
    }
    let (metric, stimuli) = (&analysis.metric, analysis.stimuli.count as u64);
    let index = |(.., point): &Row<'_>| point.index.map(|index| index as u64);
    let mut table = Table::default();
    table.text("model_x", rows.iter().map(|((path, _, x), _)| Some(model(x, path))));
    table.text("layer_x", rows.iter().map(|((.., x), _)| Some(x.layer.clone())));
    table.integers("index_x", rows.iter().map(|(x, _)| index(x)));
    table.text("model_y", rows.iter().map(|(_, (path, _, y))| Some(model(y, path))));
    table.text("layer_y", rows.iter().map(|(_, (.., y))| Some(y.layer.clone())));
    table.integers("index_y", rows.iter().map(|(_, y)| index(y)));
    table.text("metric", rows.iter().map(|_| Some(metric.clone())));
    table.integers("stimuli", rows.iter().map(|_| Some(stimuli)));
    table.numbers("value", rows.iter().map(|((path, i, _), (_, j, _))| path.distances.get(*i)?.get(*j).copied()));
    table.numbers("low", rows.iter().map(|((path, i, _), (_, j, _))| interval(path, *i, *j)?.low));
    table.numbers("high", rows.iter().map(|((path, i, _), (_, j, _))| interval(path, *i, *j)?.high));
    Ok(table)
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
