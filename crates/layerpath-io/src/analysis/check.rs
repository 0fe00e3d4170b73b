//! Whether the parts of an analysis agree, so that readers may rely on lengths and names.

use std::collections::HashSet;

use layerpath::analysis::{Analysis, PathRecord, SCHEMA};

use crate::identity::stimuli_problem;

/// The first contradiction, in words.
pub(super) fn problem(analysis: &Analysis) -> Option<String> {
    if analysis.schema != SCHEMA {
        return Some(format!("schema `{}` where `{SCHEMA}` is expected", analysis.schema));
    }
    if let Some(problem) = stimuli_problem(&analysis.stimuli) {
        return Some(format!("stimuli: {problem}"));
    }
    let mut points = HashSet::new();
    if let Some(point) = analysis.points.iter().find(|point| !points.insert(point.name.as_str())) {
        return Some(format!("two points are called `{}`", point.name));
    }
    let mut paths = HashSet::new();
    for path in &analysis.paths {
        if !paths.insert(path.name.as_str()) {
            return Some(format!("two paths are called `{}`", path.name));
        }
        if let Some(problem) = path_problem(path, &points) {
            return Some(format!("path `{}`: {problem}", path.name));
        }
    }
    let embedding = analysis.embedding.as_ref()?;
    if let Some(name) = embedding.points.iter().find(|name| !points.contains(name.as_str())) {
        return Some(format!("embedding: there is no point `{name}`"));
    }
    let width = embedding.coordinates.first().map_or(0, Vec::len);
    let even = embedding.coordinates.iter().all(|row| row.len() == width);
    (embedding.coordinates.len() != embedding.points.len() || !even || width == 0)
        .then(|| "embedding: the coordinates are not one row of equal length for each point".into())
}

fn path_problem(path: &PathRecord, points: &HashSet<&str>) -> Option<String> {
    let n_points = path.points.len();
    if n_points == 0 {
        return Some("it has no points".into());
    }
    if let Some(name) = path.points.iter().chain(&path.target).find(|name| !points.contains(name.as_str())) {
        return Some(format!("there is no point `{name}`"));
    }
    let n_steps = n_points - 1;
    let n_all = n_points + usize::from(path.target.is_some());
    let expected = [
        ("distances", Some(path.distances.len()), n_all),
        ("steps", Some(path.steps.len()), n_steps),
        ("interior_angles", Some(path.interior_angles.len()), n_steps.saturating_sub(1)),
        ("heading_angles", path.heading_angles.as_ref().map(Vec::len), n_steps),
        ("distance_to_start", Some(path.distance_to_start.len()), n_points),
        ("distance_to_target", path.distance_to_target.as_ref().map(Vec::len), n_points),
        ("progress", path.progress.as_ref().map(Vec::len), n_steps),
        ("efficiency", path.efficiency.as_ref().map(Vec::len), n_steps),
        ("projection", path.projection.as_ref().map(Vec::len), n_points),
        ("decoding.layers", path.decoding.as_ref().map(|decoding| decoding.layers.len()), n_points),
        ("stimulus_shares.steps", path.stimulus_shares.as_ref().map(|shares| shares.steps.len()), n_steps),
    ];
    for (field, length, wanted) in expected {
        if let Some(length) = length
            && length != wanted
        {
            return Some(format!("`{field}` has {length} values where {wanted} are expected"));
        }
    }
    if let Some(row) = path.distances.iter().position(|row| row.len() != n_all) {
        return Some(format!("row {row} of `distances` does not have {n_all} values"));
    }
    if let Some(convergence) = &path.convergence {
        let sizes = convergence.stimuli.len();
        if convergence.values.iter().any(|value| value.mean.len() != sizes || value.deviation.len() != sizes) {
            return Some(format!("a value of `convergence` does not have {sizes} means and deviations"));
        }
    }
    let with_target = [
        ("heading_angles", path.heading_angles.is_some()),
        ("distance_to_target", path.distance_to_target.is_some()),
        ("progress", path.progress.is_some()),
        ("efficiency", path.efficiency.is_some()),
        ("projection", path.projection.is_some()),
    ];
    with_target
        .iter()
        .find(|(_, given)| *given && path.target.is_none())
        .map(|(field, _)| format!("`{field}` is given without a target"))
}
