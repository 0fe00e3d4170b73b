//! Paths in the plane and in space: what the pictures of the two studies share.

use serde_json::{Value, json};

use crate::escape::label;
use crate::exhibit::rounded_all;

/// Coordinates of consecutive points, one row a point.
pub(super) type Coordinates<'a> = [Option<&'a [f64]>];

/// How a path looks.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    /// Colour of line and markers.
    pub(super) color: &'a str,
    /// Marker.
    pub(super) symbol: &'a str,
    /// `solid` or `dot`.
    pub(super) dash: &'a str,
    /// Group in the legend.
    pub(super) group: &'a str,
    /// Whether the legend names it.
    pub(super) in_legend: bool,
}

/// The choices of view: in the plane and, where there is a third coordinate, in space.
pub(super) fn views() -> [String; 2] {
    ["in the plane".to_owned(), "in space".to_owned()]
}

/// A path as a trace of a figure in the plane or in space.
pub(super) fn path(name: &str, at: &Coordinates<'_>, hover: &[String], look: Look<'_>, in_space: bool) -> Value {
    let along = |axis: usize| rounded_all(at.iter().map(|row| row.map(|row| row.get(axis).copied().unwrap_or(0.0))));
    let sizes: Vec<f64> = (0..at.len()).map(|place| if place == 0 { 1.7 } else { 1.0 }).collect();
    let scale = if in_space { 4.0 } else { 7.0 };
    let mut trace = json!({
        "type": if in_space { "scatter3d" } else { "scatter" },
        "mode": "lines+markers",
        "name": label(name, 60),
        "legendgroup": look.group,
        "showlegend": look.in_legend,
        "x": along(0),
        "y": along(1),
        "line": { "color": look.color, "width": if in_space { 4 } else { 2 }, "dash": look.dash },
        "marker": {
            "color": look.color, "symbol": symbol(look.symbol, in_space), "opacity": 1, "line": { "width": 0 },
            "size": sizes.iter().map(|size| size * scale).collect::<Vec<_>>(),
        },
        "hoverinfo": "text",
        "hovertext": hover,
    });
    if in_space {
        trace["z"] = along(2);
    }
    trace
}

/// The target: a star in the plane, a cross in space, in the colour of the text.
pub(super) fn target(name: &str, at: &[f64], in_space: bool) -> Value {
    let axis = |axis: usize| rounded_all([Some(at.get(axis).copied().unwrap_or(0.0))]);
    let mut trace = json!({
        "type": if in_space { "scatter3d" } else { "scatter" },
        "mode": "markers",
        "name": format!("target: {}", label(name, 40)),
        "legendgroup": "ink-target",
        "x": axis(0),
        "y": axis(1),
        "marker": { "size": if in_space { 7 } else { 15 }, "symbol": if in_space { "diamond" } else { "star" } },
        "hoverinfo": "text",
        "hovertext": ["<b>target</b>"],
    });
    if in_space {
        trace["z"] = axis(2);
    }
    trace
}

/// Markers that space lacks become others.
fn symbol(symbol: &str, in_space: bool) -> &str {
    match symbol {
        "triangle-up" if in_space => "cross",
        other => other,
    }
}

/// The layout of a picture; in the plane both axes have one scale.
pub(super) fn layout(method: &str, stress: f64, in_space: bool) -> Value {
    let axis = |name: &str| json!({ "title": { "text": name }, "zeroline": false, "automargin": true });
    let below = format!("coordinate 1<br>{}, stress-1 = {}", label(method, 40), crate::format::number(stress));
    if in_space {
        let axis = |name: &str| json!({ "title": { "text": name } });
        return json!({
            "scene": {
                "xaxis": axis("coordinate 1"), "yaxis": axis("coordinate 2"), "zaxis": axis("coordinate 3"),
                "aspectmode": "data",
                // A little farther away and lower than usual: the names of the axes would be cut off.
                "camera": { "eye": { "x": 1.45, "y": 1.45, "z": 1.05 }, "center": { "x": 0, "y": 0, "z": -0.12 } },
            },
            "margin": { "l": 24, "r": 24, "t": 44, "b": 8 },
        });
    }
    let mut vertical = axis("coordinate 2");
    vertical["scaleanchor"] = json!("x");
    json!({ "xaxis": axis(&below), "yaxis": vertical })
}
