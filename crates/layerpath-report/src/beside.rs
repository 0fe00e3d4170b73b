//! Every statistic of a path, layer by layer, beside what it is to be compared with.

use std::fmt::Write as _;

use layerpath::study::Spread;
use serde_json::{Value, json};

use crate::escape::label;
use crate::exhibit::{Cell, Frame};
use crate::format::number;
use crate::panels::{Panels, named_axis, shown, statistic_in_words, vertical_axis};
use crate::view::COLORS;

/// The panels, two a row.
const PANELS: [&str; 8] = [
    "steps",
    "distance_to_target",
    "interior_angles",
    "heading_angles",
    "progress",
    "efficiency",
    "fraction_along",
    "detour",
];
const COLUMNS: usize = 2;
/// Height of a figure with all of them, in pixels.
pub(crate) const HEIGHT: usize = 1060;

/// What the bands are, for captions.
pub(crate) const BANDS: &str = "Blue band: 95 % interval over stimuli. Orange band: the same layers in random order. Grey band: \
    rows of every layer permuted, what noise alone gives. A number lies at the layer where its step begins or its angle stands.";

/// One number of a path, or its mean over trained networks, and what it stands beside.
#[derive(Default)]
pub(crate) struct Number<'a> {
    /// Name of the statistic.
    pub(crate) statistic: &'a str,
    /// The layer, counted along the path; `None` for a whole path.
    pub(crate) place: Option<usize>,
    /// Its name.
    pub(crate) layer: &'a str,
    /// The number itself; a single one has no `values` of seeds.
    pub(crate) own: Option<Spread>,
    /// The same of the untrained network.
    pub(crate) untrained: Option<Spread>,
    /// Interval over stimuli.
    pub(crate) stimuli: Option<[f64; 2]>,
    /// Layers in random order.
    pub(crate) shuffled: Option<[f64; 2]>,
    /// Rows permuted.
    pub(crate) permuted: Option<[f64; 2]>,
}

/// A range whose ends are both known.
pub(crate) fn range(low: Option<f64>, high: Option<f64>) -> Option<[f64; 2]> {
    Some([low?, high?])
}

impl Number<'_> {
    /// Names of [`cells`](Self::cells).
    pub(crate) const COLUMNS: [&'static str; 6] =
        ["stimuli low", "stimuli high", "shuffled low", "shuffled high", "permuted low", "permuted high"];

    /// The bands, for a table.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Cell> {
        [self.stimuli, self.shuffled, self.permuted].into_iter().flat_map(|band| {
            let ends = band.map_or([None; 2], |ends| ends.map(Some));
            ends.map(Cell::from)
        })
    }
}

/// Eight panels; the line of the numbers themselves is called `name`.
pub(crate) fn frame(name: &str, unit: &str, layers: &[String], numbers: &[Number<'_>]) -> Frame {
    let mut panels = Panels::new(PANELS.len(), COLUMNS);
    for (place, statistic) in PANELS.into_iter().enumerate() {
        let (title, in_degrees) = statistic_in_words(statistic, unit);
        let mut horizontal = named_axis("", layers);
        if !panels.next_is_lowest() {
            horizontal["showticklabels"] = json!(false);
        }
        let mut vertical = vertical_axis();
        if in_degrees {
            vertical["range"] = json!([-4, 184]);
            vertical["tickmode"] = json!("array");
            vertical["tickvals"] = json!([0, 45, 90, 135, 180]);
        }
        let own: Vec<(f64, &Number<'_>)> = numbers
            .iter()
            .filter(|one| one.statistic == statistic)
            .filter_map(|one| Some((one.place? as f64, one)))
            .collect();
        panels.add(&title, horizontal, vertical, traces(name, &own, in_degrees, place == 0));
    }
    panels.frame()
}

/// Bands below, lines above, of numbers at their places; `in_legend` in one panel of all.
fn traces(name: &str, numbers: &[(f64, &Number<'_>)], in_degrees: bool, in_legend: bool) -> Vec<Value> {
    let mut all = Vec::new();
    let mut band = |name: &str, color: &str, ends: &dyn Fn(&Number<'_>) -> Option<[f64; 2]>| {
        let own: Vec<(f64, [f64; 2])> = numbers.iter().filter_map(|&(x, one)| Some((x, ends(one)?))).collect();
        let forth = own.iter().map(|(x, [low, _])| (*x, *low));
        let back = own.iter().rev().map(|(x, [_, high])| (*x, *high));
        let (x, y): (Vec<f64>, Vec<f64>) = forth.chain(back).map(|(x, y)| (x, shown(y, in_degrees))).unzip();
        // An empty band keeps its place, so that states have the same traces and the legend stays.
        all.push(json!({
            "type": "scatter", "mode": "lines", "name": name, "legendgroup": name,
            "showlegend": in_legend && !own.is_empty(), "x": x, "y": y, "fill": "toself", "fillcolor": color,
            "line": { "width": 0, "color": color }, "hoverinfo": "skip",
        }));
    };
    band("rows permuted", "rgba(128,128,128,0.30)", &|one| one.permuted);
    band("layers in random order", "rgba(230,159,0,0.30)", &|one| one.shuffled);
    band("interval over stimuli", "rgba(86,180,233,0.40)", &|one| one.stimuli);

    let line = |name: &str, color: &str, dash: &str, symbol: &str, is_own: bool| {
        let own: Vec<(f64, &Number<'_>, &Spread)> = numbers
            .iter()
            .filter_map(|&(x, one)| Some((x, one, if is_own { &one.own } else { &one.untrained }.as_ref()?)))
            .collect();
        let hover = |(_, one, spread): &(f64, &Number<'_>, &Spread)| hover(name, is_own, one, spread, in_degrees);
        json!({
            "type": "scatter", "mode": "lines+markers", "name": label(name, 60), "legendgroup": if is_own { "own" } else { "untrained" },
            "showlegend": in_legend && !own.is_empty(),
            "x": own.iter().map(|(x, ..)| *x).collect::<Vec<_>>(),
            "y": own.iter().map(|(_, _, spread)| shown(spread.mean, in_degrees)).collect::<Vec<_>>(),
            "line": { "color": color, "width": 2, "dash": dash },
            "marker": { "color": color, "size": 6, "symbol": symbol },
            "hoverinfo": "text",
            "hovertext": own.iter().map(hover).collect::<Vec<_>>(),
        })
    };
    all.push(line("untrained", COLORS[1], "dash", "circle-open", false));
    all.push(line(name, COLORS[0], "solid", "circle", true));
    let singles: Vec<(f64, f64)> = numbers
        .iter()
        .flat_map(|&(x, one)| one.own.iter().flat_map(move |spread| spread.values.iter().map(move |&y| (x, y))))
        .collect();
    all.push(json!({
        "type": "scatter", "mode": "markers", "name": "single networks", "legendgroup": "single networks",
        "showlegend": in_legend && !singles.is_empty(),
        "x": singles.iter().map(|(x, _)| *x).collect::<Vec<_>>(),
        "y": singles.iter().map(|(_, y)| shown(*y, in_degrees)).collect::<Vec<_>>(),
        "marker": { "color": COLORS[0], "size": 3, "symbol": "circle" },
        "hoverinfo": "skip",
    }));
    all
}

/// Layer, number, and what it stands against.
fn hover(name: &str, is_own: bool, one: &Number<'_>, spread: &Spread, in_degrees: bool) -> String {
    let value = |value: f64| {
        if in_degrees { format!("{:.1}°", value.to_degrees()) } else { number(value) }
    };
    let mut text = format!("<b>{}</b> ({})<br>", label(one.layer, 60), label(name, 60));
    // Writing to a String cannot fail, here and below.
    let _ = match spread.values.len() {
        0 => write!(text, "{}", value(spread.mean)),
        seeds => write!(text, "mean over {seeds} seeds: {}", value(spread.mean)),
    };
    let mut add = |what: &str, ends: Option<[f64; 2]>| {
        if let Some([low, high]) = ends {
            let _ = write!(text, "<br>{what}: {} to {}", value(low), value(high));
        }
    };
    add("95 % over seeds", range(spread.low, spread.high));
    if is_own {
        add("95 % over stimuli", one.stimuli);
        add("layers in random order", one.shuffled);
        add("rows permuted", one.permuted);
    }
    text
}
