//! The three figures, as JSON that plotly.js reads.
//!
//! Each figure is `{"data": […], "layout": {…}}`. Colours that depend on the reader's light or dark mode (text, grid,
//! the reference line, the target) are set by `assets/page.js`; traces that take the colour of the text are marked by
//! a `"legendgroup"` that begins with `ink-`. Every name passes through [`label`].

mod angles;
mod distances;
mod embedding;
pub(crate) mod evidence;

use serde_json::{Map, Value, json};

use crate::escape::label;
use crate::format::{degrees, number};
use crate::view::{AnalysisView, PathView};

/// Names longer than this are cut in legends and hover texts; the tables show them whole.
const LABEL_CHARACTERS: usize = 60;
/// Names longer than this are cut at the axis.
const TICK_CHARACTERS: usize = 22;
/// An axis with more points than this shows numbers in the place of names.
const MOST_NAMED_TICKS: usize = 40;
/// How many of those numbers are shown at most.
const MOST_NUMBERED_TICKS: usize = 20;
/// More paths than this have their legend at the side, where it can scroll.
const MOST_PATHS_ABOVE: usize = 8;

/// One figure and the words around it.
pub(crate) struct Figure {
    /// Last part of its element name.
    pub(crate) id: &'static str,
    /// Heading, plain text.
    pub(crate) heading: &'static str,
    /// How to read it, plain text.
    pub(crate) caption: String,
    /// What plotly.js draws, or `None` if the analysis lacks what it would show.
    pub(crate) plot: Option<Value>,
}

/// The figures of one analysis, in the order of the page.
pub(crate) fn figures(view: &AnalysisView<'_>) -> [Figure; 3] {
    [embedding::figure(view), distances::figure(view), angles::figure(view)]
}

/// What the lines of a figure look like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stroke {
    Solid,
    Dashed,
}

/// A line with markers in the colour of `path`; solid lines have filled markers and stand in the legend.
fn line(path: &PathView<'_>, stroke: Stroke, x: Value, y: Value, hover: Vec<String>) -> Value {
    let (dash, symbol) = match stroke {
        Stroke::Solid => ("solid", path.symbol),
        Stroke::Dashed => ("dash", path.symbol_open),
    };
    json!({
        "type": "scatter",
        "mode": "lines+markers",
        "name": label(&path.record.name, LABEL_CHARACTERS),
        "legendgroup": path.id,
        "showlegend": stroke == Stroke::Solid,
        "x": x,
        "y": y,
        "connectgaps": false,
        "line": { "color": path.color, "width": 2, "dash": dash },
        "marker": { "color": path.color, "size": 7, "symbol": symbol },
        "hoverinfo": "text",
        "hovertext": hover,
    })
}

/// An entry of the legend that tells what a kind of line means; it draws nothing.
fn key(name: &str, stroke: Stroke) -> Value {
    let (group, dash, symbol) = match stroke {
        Stroke::Solid => ("ink-solid", "solid", "circle"),
        Stroke::Dashed => ("ink-dashed", "dash", "circle-open"),
    };
    json!({
        "type": "scatter",
        "mode": "lines+markers",
        "name": label(name, LABEL_CHARACTERS),
        "legendgroup": group,
        "x": [null],
        "y": [null],
        "line": { "width": 2, "dash": dash },
        "marker": { "size": 7, "symbol": symbol },
        "hoverinfo": "skip",
    })
}

/// 0, 1, …, one for each point of `path`.
fn places(path: &PathView<'_>) -> Value {
    (0..path.labels.len()).collect()
}

/// The layout that figures share, with the fields of `own` added or put in place.
fn layout(view: &AnalysisView<'_>, own: Value) -> Value {
    // The buttons of plotly.js stand where the legend does not.
    let (legend, buttons, margin_top) = if view.paths.len() > MOST_PATHS_ABOVE {
        (json!({ "x": 1.02, "xanchor": "left", "y": 1, "yanchor": "top" }), "h", 44)
    } else {
        (json!({ "orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom" }), "v", 24)
    };
    let common = json!({
        "autosize": true,
        "margin": { "l": 64, "r": 48, "t": margin_top, "b": 56 },
        "showlegend": true,
        "legend": legend,
        "modebar": { "orientation": buttons },
        "hovermode": "closest",
        "hoverlabel": { "align": "left", "namelength": -1 },
        "uirevision": "keep",
    });
    let mut fields = Map::new();
    for object in [common, own] {
        if let Value::Object(object) = object {
            fields.extend(object);
        }
    }
    Value::Object(fields)
}

/// The x axis of figures by place: layers by name where all paths share them and there is room, else by number.
fn place_axis(view: &AnalysisView<'_>) -> Value {
    let title = json!({ "text": view.along(), "standoff": 12 });
    match view.common_labels() {
        Some(labels) if labels.len() <= MOST_NAMED_TICKS => json!({
            "title": title,
            "automargin": true,
            "zeroline": false,
            "tickmode": "array",
            "tickvals": (0..labels.len()).collect::<Vec<_>>(),
            "ticktext": labels.iter().map(|name| label(name, TICK_CHARACTERS)).collect::<Vec<_>>(),
        }),
        _ => {
            let longest = view.paths.iter().map(|path| path.labels.len()).max().unwrap_or(1);
            json!({
                "title": title,
                "automargin": true,
                "zeroline": false,
                "range": [-0.5, longest as f64 - 0.5],
                "tick0": 0,
                "dtick": longest.div_ceil(MOST_NUMBERED_TICKS),
            })
        }
    }
}

/// Path and point in bold and plain, then one line for each of `values`.
fn hover(path: &PathView<'_>, place: usize, values: &[(&str, String)]) -> String {
    let mut text = format!(
        "<b>{}</b><br>{} · {}",
        label(&path.record.name, LABEL_CHARACTERS),
        path.indices[place].unwrap_or(place),
        label(&path.labels[place], LABEL_CHARACTERS)
    );
    for (name, value) in values {
        text.push_str("<br>");
        text.push_str(name);
        text.push_str(": ");
        text.push_str(value);
    }
    text
}

/// A distance with its unit, for hover texts.
pub(crate) fn distance(value: f64, unit: &str) -> String {
    match unit {
        "" => number(value),
        unit => format!("{} {}", number(value), label(unit, LABEL_CHARACTERS)),
    }
}

/// An angle with its unit, for hover texts.
fn angle(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |radians| format!("{}°", degrees(radians)))
}
