//! How the path turns, and whether it heads for the target.

use serde_json::{Value, json};

use super::{Figure, Stroke, angle, hover, key, layout, line, place_axis, places};
use crate::view::{AnalysisView, PathView};

/// Interior angles solid, heading angles dashed, in degrees, with a thin line at 90°.
pub(super) fn figure(view: &AnalysisView<'_>) -> Figure {
    let has_heading = view.paths.iter().any(|path| path.record.heading_angles.is_some());
    let mut data = vec![key("interior angle", Stroke::Solid)];
    if has_heading {
        data.push(key("heading angle", Stroke::Dashed));
    }
    data.push(reference_key());
    for path in &view.paths {
        data.push(trace(path, Stroke::Solid, "interior angle", path.interior_angles()));
        if let Some(angles) = &path.record.heading_angles {
            // A heading belongs to the step that follows; the last point has none.
            let angles = angles.iter().copied().chain([None]).collect();
            data.push(trace(path, Stroke::Dashed, "heading", angles));
        }
    }
    let mut caption = "Solid lines with filled markers: interior angle, 180° = straight on.".to_owned();
    if has_heading {
        caption.push_str(" Dashed lines with open markers: heading angle, 0° = straight at the target.");
    }
    caption.push_str(
        " The thin line at 90° is what independent directions in high dimension give. Undefined angles are gaps.",
    );

    let plot = json!({
        "data": data,
        "layout": layout(view, json!({
            "xaxis": place_axis(view),
            "yaxis": {
                "title": { "text": "angle (degrees)" },
                "range": [-4, 184],
                "tickmode": "array",
                "tickvals": [0, 30, 60, 90, 120, 150, 180],
                "ticksuffix": "°",
                "zeroline": false,
                "automargin": true,
            },
            "shapes": [{
                "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 90, "y1": 90,
                "layer": "below", "line": { "width": 1 },
            }],
        })),
    });
    Figure { id: "angles", heading: "Turning and heading", caption, plot: Some(plot) }
}

/// The legend's entry for the line at 90°.
fn reference_key() -> Value {
    let mut entry = key("90°: no memory of direction", Stroke::Solid);
    entry["legendgroup"] = json!("ink-reference");
    entry["mode"] = json!("lines");
    entry["line"]["width"] = json!(1);
    entry
}

fn trace(path: &PathView<'_>, stroke: Stroke, name: &str, radians: Vec<Option<f64>>) -> Value {
    let hovers =
        radians.iter().enumerate().map(|(place, value)| hover(path, place, &[(name, angle(*value))])).collect();
    let degrees: Vec<Option<f64>> = radians.iter().map(|value| value.map(f64::to_degrees)).collect();
    line(path, stroke, places(path), json!(degrees), hovers)
}
