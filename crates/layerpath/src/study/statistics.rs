//! The numbers of a path in an analysis, one after another.

use crate::analysis::PathRecord;

/// Statistics of whole paths that studies follow.
pub(super) const WHOLE: [&str; 3] = ["length", "displacement", "straightness"];

/// A statistic of the whole path in words, with its unit.
pub(super) fn in_words(statistic: &str, unit: &str) -> String {
    let with_unit = |what: &str| if unit.is_empty() { what.to_owned() } else { format!("{what} ({unit})") };
    match statistic {
        "length" => with_unit("the length of the path"),
        "displacement" => with_unit("the distance from input to output"),
        "mean_interior_angle" => "the mean interior angle (rad)".to_owned(),
        "mean_heading_angle" => "the mean heading angle (rad)".to_owned(),
        other => format!("the {other} of the path"),
    }
}

/// One number of a path.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Number {
    /// Name of the statistic, as in [`crate::analysis::IntervalRecord::statistic`].
    pub(super) statistic: &'static str,
    /// The layer that it belongs to; `None` for the whole path.
    pub(super) index: Option<usize>,
    pub(super) value: Option<f64>,
}

/// Every number of a path, the means over the path among them, in a fixed order.
pub(super) fn numbers(path: &PathRecord) -> Vec<Number> {
    let mut all = Vec::new();
    let mut whole = |statistic, value| all.push(Number { statistic, index: None, value });
    whole("length", Some(path.length));
    whole("displacement", Some(path.displacement));
    whole("straightness", path.straightness);
    whole("mean_interior_angle", mean(path.interior_angles.iter().copied().flatten()));
    if let Some(angles) = &path.heading_angles {
        whole("mean_heading_angle", mean(angles.iter().copied().flatten()));
    }
    let mut each = |statistic, first: usize, values: &mut dyn Iterator<Item = Option<f64>>| {
        all.extend(values.enumerate().map(|(i, value)| Number { statistic, index: Some(first + i), value }));
    };
    each("steps", 0, &mut path.steps.iter().copied().map(Some));
    each("interior_angles", 1, &mut path.interior_angles.iter().copied());
    each("heading_angles", 0, &mut path.heading_angles.iter().flatten().copied());
    each("distance_to_start", 0, &mut path.distance_to_start.iter().copied().map(Some));
    each("distance_to_target", 0, &mut path.distance_to_target.iter().flatten().copied().map(Some));
    each("progress", 0, &mut path.progress.iter().flatten().copied().map(Some));
    each("efficiency", 0, &mut path.efficiency.iter().flatten().copied());
    each("fraction_along", 0, &mut path.projection.iter().flatten().map(|one| one.map(|one| one.t)));
    each("detour", 0, &mut path.projection.iter().flatten().map(|one| one.map(|one| one.distance)));
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

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0_usize), |(sum, n), value| (sum + value, n + 1));
    (n > 0).then(|| sum / n as f64)
}
