//! The numbers of a path in an analysis, one after another.

use std::f64::consts::PI;

use crate::analysis::{PathNumber, PathRecord};

/// Statistics of whole paths that studies follow.
pub(super) const WHOLE: [&str; 3] = ["length", "displacement", "straightness"];

/// A statistic of the whole path in words, with its unit.
pub(super) fn in_words(statistic: &str, unit: &str) -> String {
    let with_unit = |what: &str| if unit.is_empty() { what.to_owned() } else { format!("{what} ({unit})") };
    match statistic {
        "length" => with_unit("the length of the path"),
        "displacement" => with_unit("the distance from input to output"),
        "stage_length" => with_unit("the length of the path through the ends of its stages"),
        "stage_straightness" => "the straightness of the path through the ends of its stages".to_owned(),
        "mean_interior_angle" => "the mean interior angle (rad)".to_owned(),
        "mean_heading_angle" => "the mean heading angle (rad)".to_owned(),
        "test_accuracy" => "the test accuracy".to_owned(),
        other => format!("the {other} of the path"),
    }
}

/// The least and the largest value that a statistic can have.
pub(super) fn range(statistic: &str) -> (f64, f64) {
    match statistic {
        "length" | "displacement" | "steps" | "distance_to_start" | "distance_to_target" | "detour" => {
            (0.0, f64::INFINITY)
        }
        "straightness" => (0.0, 1.0),
        "efficiency" => (-1.0, 1.0),
        "interior_angles" | "heading_angles" | "mean_interior_angle" | "mean_heading_angle" => (0.0, PI),
        _ => (f64::NEG_INFINITY, f64::INFINITY),
    }
}

/// Every number of a path, the means over the path among them, in a fixed order.
pub(super) fn numbers(path: &PathRecord) -> Vec<PathNumber> {
    let mut all = path.numbers();
    let whole = all.iter().take_while(|one| one.index.is_none()).count();
    let number = |statistic, value| PathNumber { statistic, index: None, value };
    let interior = number("mean_interior_angle", mean(path.interior_angles.iter().copied().flatten()));
    let heading = path.heading_angles.as_ref();
    let heading = heading.map(|angles| number("mean_heading_angle", mean(angles.iter().copied().flatten())));
    all.splice(whole..whole, std::iter::once(interior).chain(heading));
    all
}

/// The value of a statistic of the whole path.
pub(super) fn whole(path: &PathRecord, statistic: &str) -> Option<f64> {
    numbers(path).into_iter().find(|one| one.index.is_none() && one.statistic == statistic)?.value
}

/// Names of the layers of a path.
pub(super) fn layers(path: &PathRecord) -> Vec<String> {
    // Names of points are `network@epoch/layer`, and layers have no slash.
    path.points.iter().map(|name| name.rsplit('/').next().unwrap_or(name).to_owned()).collect()
}

pub(super) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0_usize), |(sum, n), value| (sum + value, n + 1));
    (n > 0).then(|| sum / n as f64)
}
