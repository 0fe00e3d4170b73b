//! How far each point is from the first point and from the target.

use serde_json::{Value, json};

use super::{Figure, Stroke, distance, hover, key, layout, line, place_axis, places};
use crate::view::{AnalysisView, PathView};

/// Distance to the start solid, to the target dashed, by place on the path.
pub(super) fn figure(view: &AnalysisView<'_>) -> Figure {
    let start = if view.along() == "layer" { "distance to input" } else { "distance to start" };
    let target = "distance to target";
    let has_target = view.paths.iter().any(|path| path.record.distance_to_target.is_some());

    let mut data = vec![key(start, Stroke::Solid)];
    if has_target {
        data.push(key(target, Stroke::Dashed));
    }
    for path in &view.paths {
        data.push(trace(view, path, Stroke::Solid, start, &path.record.distance_to_start));
        if let Some(distances) = &path.record.distance_to_target {
            data.push(trace(view, path, Stroke::Dashed, target, distances));
        }
    }
    let caption = if has_target {
        "Solid lines with filled markers: distance to the first point of the path. Dashed lines with open markers: \
         distance to the target."
    } else {
        "Distance to the first point of the path. No path here has a target."
    };
    let plot = json!({
        "data": data,
        "layout": layout(view, json!({
            "xaxis": place_axis(view),
            "yaxis": {
                "title": { "text": crate::escape::label(&view.with_unit("distance"), 40) },
                "rangemode": "tozero",
                "zeroline": false,
                "automargin": true,
            },
        })),
    });
    Figure {
        id: "distances",
        heading: "Away from the start, towards the target",
        caption: caption.to_owned(),
        plot: Some(plot),
    }
}

fn trace(view: &AnalysisView<'_>, path: &PathView<'_>, stroke: Stroke, name: &str, values: &[f64]) -> Value {
    let hovers = values
        .iter()
        .enumerate()
        .map(|(place, value)| hover(path, place, &[(name, distance(*value, &view.analysis.unit))]))
        .collect();
    line(path, stroke, places(path), json!(values), hovers)
}
