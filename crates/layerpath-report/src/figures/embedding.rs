//! The paths in the plane.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Figure, LABEL_CHARACTERS, Stroke, angle, distance, hover, layout, line};
use crate::escape::label;
use crate::format::number;
use crate::view::{AnalysisView, PathView};

/// Diameter of the marker at the first point of a path.
const START_SIZE: usize = 13;
/// Diameter of the other markers.
const SIZE: usize = 7;

/// The first two coordinates of the embedding, a line for each path, a star for each target.
pub(super) fn figure(view: &AnalysisView<'_>) -> Figure {
    let id = "embedding";
    let heading = "The paths in the plane";
    let Some(embedding) = &view.analysis.embedding else {
        let caption = "No embedding was asked for in this analysis.".to_owned();
        return Figure { id, heading, caption, plot: None };
    };
    let coordinates: HashMap<&str, &[f64]> =
        embedding.points.iter().map(String::as_str).zip(embedding.coordinates.iter().map(Vec::as_slice)).collect();
    let n_dimensions = embedding.coordinates.first().map_or(0, Vec::len);

    let mut data: Vec<Value> = view.paths.iter().map(|path| path_trace(view, path, &coordinates)).collect();
    let n_targets_before = data.len();
    let mut seen: Vec<&str> = Vec::new();
    for name in view.paths.iter().filter_map(|path| path.record.target.as_deref()) {
        if let Some(row) = coordinates.get(name)
            && !seen.contains(&name)
        {
            seen.push(name);
            data.push(target_trace(name, row));
        }
    }
    let has_target = data.len() > n_targets_before;

    let mut caption = "Neighbouring points of a path are joined; the larger marker is its first point".to_owned();
    caption.push_str(if has_target { ", the star the target. " } else { ". " });
    if n_dimensions > 2 {
        caption.push_str("The first two of ");
        caption.push_str(&n_dimensions.to_string());
        caption.push_str(" coordinates are shown; the stress is that of all of them. ");
    }
    caption.push_str(
        "An embedding illustrates; it is no evidence: distances in it are only as good as its stress is small \
         (0 = kept exactly). Axes have no meaning of their own.",
    );

    let below = format!(
        "coordinate 1<br>{}, stress-1 = {}",
        label(&embedding.method, LABEL_CHARACTERS),
        number(embedding.stress)
    );
    let axis = |name: &str| json!({ "title": { "text": name, "standoff": 8 }, "zeroline": false, "automargin": true });
    let mut vertical = axis("coordinate 2");
    vertical["scaleanchor"] = json!("x");
    let plot = json!({
        "data": data,
        "layout": layout(view, json!({
            "xaxis": axis(&below),
            "yaxis": vertical,
        })),
    });
    Figure { id, heading, caption, plot: Some(plot) }
}

fn path_trace(view: &AnalysisView<'_>, path: &PathView<'_>, coordinates: &HashMap<&str, &[f64]>) -> Value {
    let along = |dimension: usize| -> Value {
        path.record
            .points
            .iter()
            .map(|name| coordinates.get(name.as_str()).map(|row| coordinate(row, dimension)))
            .collect::<Vec<_>>()
            .into()
    };
    let angles = path.interior_angles();
    let hovers = (0..path.labels.len())
        .map(|place| {
            let mut values = Vec::new();
            if let Some(step) = path.record.steps.get(place) {
                values.push(("step to next", distance(*step, &view.analysis.unit)));
            }
            if place > 0 && place + 1 < path.labels.len() {
                values.push(("interior angle", angle(angles[place])));
            }
            hover(path, place, &values)
        })
        .collect();
    let mut trace = line(path, Stroke::Solid, along(0), along(1), hovers);
    let sizes: Value = (0..path.labels.len()).map(|place| if place == 0 { START_SIZE } else { SIZE }).collect();
    trace["marker"]["size"] = sizes;
    // Markers of several sizes are translucent and outlined unless told otherwise.
    trace["marker"]["opacity"] = json!(1);
    trace["marker"]["line"] = json!({ "width": 0 });
    trace
}

fn target_trace(name: &str, row: &[f64]) -> Value {
    let name = label(name, LABEL_CHARACTERS);
    json!({
        "type": "scatter",
        "mode": "markers",
        "name": format!("target: {name}"),
        "legendgroup": "ink-target",
        "x": [coordinate(row, 0)],
        "y": [coordinate(row, 1)],
        "marker": { "size": 15, "symbol": "star" },
        "hoverinfo": "text",
        "hovertext": [format!("<b>target</b><br>{name}")],
    })
}

/// Entry `dimension` of a row; an embedding on a line has its points at height 0.
fn coordinate(row: &[f64], dimension: usize) -> f64 {
    row.get(dimension).copied().unwrap_or(0.0)
}
