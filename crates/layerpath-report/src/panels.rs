//! Several statistics side by side, a panel each, and the words and axes that such figures share.

use serde_json::{Map, Value, json};

use crate::escape::label;
use crate::exhibit::{Frame, rounded};
use crate::format::with_unit;

/// Of more points than this, an axis names only some, at equal distances.
const MOST_NAMED_TICKS: usize = 32;
/// How many of those are named at most.
const MOST_SPARSE_TICKS: usize = 17;

/// Statistics of whole paths that have a panel, [`WHOLE_COLUMNS`] a row.
pub(crate) const WHOLE: [&str; 6] =
    ["straightness", "length", "displacement", "mean_interior_angle", "mean_heading_angle", "test_accuracy"];
/// See [`WHOLE`].
pub(crate) const WHOLE_COLUMNS: usize = 3;

/// Panels under construction, row after row from the top.
pub(crate) struct Panels {
    count: usize,
    columns: usize,
    data: Vec<Value>,
    titles: Vec<Value>,
    axes: Map<String, Value>,
}

impl Panels {
    /// Room for `count` panels, `columns` a row.
    pub(crate) fn new(count: usize, columns: usize) -> Self {
        Self { count, columns, data: Vec::new(), titles: Vec::new(), axes: Map::new() }
    }

    /// Whether the next panel stands in the lowest row.
    pub(crate) fn next_is_lowest(&self) -> bool {
        self.titles.len() + self.columns >= self.count
    }

    /// Adds the next panel: its title, plain text, its axes without their places, and its traces without their axes.
    pub(crate) fn add(&mut self, title: &str, mut horizontal: Value, mut vertical: Value, traces: Vec<Value>) {
        let place = self.titles.len();
        let (x, y) = panel(place, self.count, self.columns);
        self.titles.push(json!({
            "text": label(title, 60), "x": x[0], "y": y[1], "xref": "paper", "yref": "paper",
            "showarrow": false, "xanchor": "left", "yanchor": "bottom", "font": { "size": 13 },
        }));
        horizontal["domain"] = json!(x);
        horizontal["anchor"] = json!(axis_name('y', place));
        vertical["domain"] = json!(y);
        vertical["anchor"] = json!(axis_name('x', place));
        self.axes.insert(axis_field('x', place), horizontal);
        self.axes.insert(axis_field('y', place), vertical);
        for mut trace in traces {
            trace["xaxis"] = json!(axis_name('x', place));
            trace["yaxis"] = json!(axis_name('y', place));
            self.data.push(trace);
        }
    }

    /// All panels as one state of a figure.
    pub(crate) fn frame(mut self) -> Frame {
        self.axes.insert("annotations".to_owned(), Value::Array(self.titles));
        // For the page, which puts one panel in a row where the window is narrow.
        self.axes.insert("meta".to_owned(), json!({ "panels": [self.count, self.columns] }));
        Frame { data: self.data, layout: Value::Object(self.axes) }
    }
}

/// A vertical axis without a title: the panel has one.
pub(crate) fn vertical_axis() -> Value {
    json!({ "zeroline": false, "automargin": true, "title": { "text": "" } })
}

/// The layout of figures with panels: room for titles and legend above, `top` and `bottom` pixels wide, and the height of
/// the legend.
pub(crate) fn panel_layout(top: usize, bottom: usize, legend: f64) -> Value {
    let mut common = layout();
    common["margin"] = json!({ "l": 56, "r": 24, "t": top, "b": bottom });
    common["legend"]["y"] = json!(legend);
    common
}

/// Where panel `place` of `n` stands, in `columns` columns: shares of the width and of the height.
fn panel(place: usize, n: usize, columns: usize) -> ([f64; 2], [f64; 2]) {
    let rows = n.div_ceil(columns);
    let share = |place: usize, count: usize, gap: f64| {
        let size = (1.0 - gap * (count as f64 - 1.0)) / count as f64;
        let start = place as f64 * (size + gap);
        // Sums may end a rounding beyond 1.
        [start.clamp(0.0, 1.0), (start + size).clamp(0.0, 1.0)]
    };
    (share(place % columns, columns, 0.09), share(rows - 1 - place / columns, rows, 0.32 / rows as f64))
}

/// `x`, `x2`, …: the name of axis `place` in a trace.
fn axis_name(letter: char, place: usize) -> String {
    if place == 0 { letter.to_string() } else { format!("{letter}{}", place + 1) }
}

/// `xaxis`, `xaxis2`, …: the name of axis `place` in a layout.
fn axis_field(letter: char, place: usize) -> String {
    if place == 0 { format!("{letter}axis") } else { format!("{letter}axis{}", place + 1) }
}

/// The fields of an axis whose places 0, 1, … have names.
pub(crate) fn named_axis(title: &str, names: &[String]) -> Value {
    let title = json!({ "text": label(title, 60), "standoff": 10 });
    let every = if names.len() <= MOST_NAMED_TICKS { 1 } else { names.len().div_ceil(MOST_SPARSE_TICKS) };
    let text: Vec<String> = names.iter().step_by(every).map(|name| label(name, 22)).collect();
    json!({
        "title": title, "automargin": true, "zeroline": false, "range": [-0.5, names.len() as f64 - 0.5],
        "tickmode": "array", "tickvals": (0..names.len()).step_by(every).collect::<Vec<_>>(), "ticktext": text,
    })
}

/// [`named_axis`] of a heat map, whose cells the page calls by the names at both axes, be they shown there or not.
pub(crate) fn cell_axis(title: &str, names: &[String]) -> Value {
    let mut axis = named_axis(title, names);
    if names.len() > MOST_NAMED_TICKS {
        axis["names"] = names.iter().map(|name| label(name, 22)).collect();
    }
    axis
}

/// What figures of studies share.
pub(crate) fn layout() -> Value {
    json!({
        "autosize": true,
        "margin": { "l": 64, "r": 40, "t": 44, "b": 56 },
        "showlegend": true,
        "legend": { "orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom" },
        "hovermode": "closest",
        "hoverlabel": { "align": "left", "namelength": -1 },
    })
}

/// A statistic in words with its unit, and whether the page shows it in degrees.
pub(crate) fn statistic_in_words(statistic: &str, unit: &str) -> (String, bool) {
    let distance = |what: &str| (with_unit(what, unit), false);
    match statistic {
        "steps" => distance("step to the next layer"),
        "interior_angles" => ("interior angle (°)".to_owned(), true),
        "heading_angles" => ("heading angle (°)".to_owned(), true),
        "mean_interior_angle" => ("mean interior angle (°)".to_owned(), true),
        "mean_heading_angle" => ("mean heading angle (°)".to_owned(), true),
        "distance_to_start" => distance("distance to the input"),
        "distance_to_target" => distance("distance to the target"),
        "progress" => distance("progress of the step"),
        "efficiency" => ("efficiency of the step".to_owned(), false),
        "fraction_along" => ("fraction along the direct way".to_owned(), false),
        "detour" => distance("detour from the direct way"),
        "distance_to_final" => distance("distance to the layer's final state"),
        "speed" => distance("speed of the layer per epoch"),
        "decoding" => ("labels decoded (share)".to_owned(), false),
        "length" | "displacement" => distance(statistic),
        "stage_length" => distance("length through the ends of stages"),
        "stage_straightness" => ("straightness through the ends of stages".to_owned(), false),
        "test_accuracy" => ("test accuracy".to_owned(), false),
        "arc_length_matched" => distance("at equal shares of the length"),
        "warping_mean" => distance("dynamic time warping, mean"),
        "frechet" => distance("discrete Fréchet"),
        "hausdorff" => distance("Hausdorff"),
        other => (other.replace('_', " "), false),
    }
}

/// A value as a figure shows it.
pub(crate) fn shown(value: f64, in_degrees: bool) -> f64 {
    rounded(if in_degrees { value.to_degrees() } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_axes_name_some_of_their_places() {
        let names: Vec<String> = (0..51).map(|place| format!("layer{place}")).collect();
        let axis = named_axis("", &names);
        let places: Vec<usize> = (0..51).step_by(3).collect();
        assert_eq!(axis["tickvals"], json!(places));
        assert_eq!(axis["ticktext"], json!(places.iter().map(|place| format!("layer{place}")).collect::<Vec<_>>()));
        assert_eq!((&axis["names"], &cell_axis("", &names)["names"]), (&Value::Null, &json!(names)));
        let few = cell_axis("", &names[..32]);
        assert_eq!((&few["ticktext"], &few["names"]), (&json!(names[..32]), &Value::Null));
    }

    #[test]
    fn panels_do_not_overlap_and_fill_the_figure() {
        for (n, columns) in [(1, 1), (6, 2), (8, 2), (5, 3)] {
            let all: Vec<_> = (0..n).map(|place| panel(place, n, columns)).collect();
            for (i, (x, y)) in all.iter().enumerate() {
                assert!(x[0] >= 0.0 && x[1] <= 1.0 && y[0] >= 0.0 && y[1] <= 1.0);
                for (u, v) in &all[..i] {
                    assert!(x[0] >= u[1] || x[1] <= u[0] || y[0] >= v[1] || y[1] <= v[0], "{n} {columns}");
                }
            }
            assert!((all[0].1[1] - 1.0).abs() < 1e-12, "the first panel is at the top");
        }
    }
}
