//! Every statistic of a path, layer by layer, beside its baselines.

use std::fmt::Write as _;

use layerpath::study::{MetricRecord, Spread, StatisticRecord, StraightnessRecord, StraightnessStudy};
use serde_json::{Value, json};

use super::panels::{Panels, panel_layout, vertical_axis};
use super::{named_axis, shown, statistic_in_words};
use crate::escape::label;
use crate::exhibit::{Control, Exhibit, Frame, Sheet};
use crate::format::number;
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

const CAPTION: &str = "Solid line: trained networks, mean over seeds; small dots are the single networks. Dashed line: the same \
    networks before training. Blue band: 95 % interval over stimuli (mean over networks). Orange band: the same layers in \
    random order. Grey band: rows of every layer permuted, what noise alone gives. A number lies at the layer where its step \
    begins or its angle stands.";

/// The eight panels, one state for each metric, architecture and choice of layers.
pub(super) fn exhibit(study: &StraightnessStudy) -> Exhibit {
    let records: Vec<(&MetricRecord, &StraightnessRecord)> =
        study.metrics.iter().flat_map(|metric| metric.architectures.iter().map(move |one| (metric, one))).collect();
    let choices = records.iter().map(|(metric, one)| {
        format!("{}, {} layers, {} (m = {})", one.architecture, one.selection, metric.metric, metric.stimuli)
    });
    // The coarsest layers of the first architecture are the clearest picture.
    let first = records.iter().position(|(_, one)| one.selection == "blocks").unwrap_or(0);
    let mut control = Control::select("paths", choices);
    control.start = first;
    Exhibit {
        id: "straightness-layers".to_owned(),
        heading: "Layer by layer".to_owned(),
        caption: CAPTION.to_owned(),
        height: 1060,
        controls: vec![control],
        frames: records.iter().map(|(metric, one)| frame(metric, one)).collect(),
        layout: panel_layout(70, 60, 1.04),
        sheet: sheet(study),
    }
}

fn frame(metric: &MetricRecord, record: &StraightnessRecord) -> Frame {
    let mut panels = Panels::new(PANELS.len(), COLUMNS);
    for (place, statistic) in PANELS.into_iter().enumerate() {
        let (title, in_degrees) = statistic_in_words(statistic, &metric.unit);
        let mut horizontal = named_axis("", &record.layers);
        if !panels.next_is_lowest() {
            horizontal["showticklabels"] = json!(false);
        }
        let mut vertical = vertical_axis();
        if in_degrees {
            vertical["range"] = json!([-4, 184]);
            vertical["tickmode"] = json!("array");
            vertical["tickvals"] = json!([0, 45, 90, 135, 180]);
        }
        let own: Vec<(f64, &StatisticRecord)> = record
            .statistics
            .iter()
            .filter(|one| one.statistic == statistic)
            .filter_map(|one| Some((one.index? as f64, one)))
            .collect();
        panels.add(&title, horizontal, vertical, traces(&own, in_degrees, place == 0));
    }
    panels.frame()
}

/// Bands below, lines above, of numbers at their places; `in_legend` in one panel of all.
fn traces(records: &[(f64, &StatisticRecord)], in_degrees: bool, in_legend: bool) -> Vec<Value> {
    let mut all = Vec::new();
    let mut band = |name: &str, color: &str, ends: &dyn Fn(&StatisticRecord) -> Option<[f64; 2]>| {
        let own: Vec<(f64, [f64; 2])> = records.iter().filter_map(|&(x, one)| Some((x, ends(one)?))).collect();
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
    band("rows permuted", "rgba(128,128,128,0.30)", &|one| one.noise_floor.map(|floor| [floor.low, floor.high]));
    band("layers in random order", "rgba(230,159,0,0.30)", &|one| {
        one.shuffled_order.map(|shuffled| [shuffled.low, shuffled.high])
    });
    band("interval over stimuli", "rgba(86,180,233,0.40)", &|one| one.stimuli.map(|range| [range.low, range.high]));

    let line = |name: &str, color: &str, dash: &str, symbol: &str, of: &dyn Fn(&StatisticRecord) -> Option<&Spread>| {
        let own: Vec<(f64, &StatisticRecord, &Spread)> =
            records.iter().filter_map(|&(x, one)| Some((x, one, of(one)?))).collect();
        json!({
            "type": "scatter", "mode": "lines+markers", "name": name, "legendgroup": name,
            "showlegend": in_legend && !own.is_empty(),
            "x": own.iter().map(|(x, ..)| *x).collect::<Vec<_>>(),
            "y": own.iter().map(|(_, _, spread)| shown(spread.mean, in_degrees)).collect::<Vec<_>>(),
            "line": { "color": color, "width": 2, "dash": dash },
            "marker": { "color": color, "size": 6, "symbol": symbol },
            "hoverinfo": "text",
            "hovertext": own.iter().map(|(_, one, spread)| hover(name, one, spread, in_degrees)).collect::<Vec<_>>(),
        })
    };
    all.push(line("untrained", COLORS[1], "dash", "circle-open", &|one| one.untrained.as_ref()));
    all.push(line("trained", COLORS[0], "solid", "circle", &|one| one.trained.as_ref()));
    let singles: Vec<(f64, f64)> = records
        .iter()
        .flat_map(|&(x, one)| one.trained.iter().flat_map(move |spread| spread.values.iter().map(move |&y| (x, y))))
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

/// Layer, mean and interval, and what it stands against.
fn hover(name: &str, record: &StatisticRecord, spread: &Spread, in_degrees: bool) -> String {
    let value = |value: f64| {
        if in_degrees { format!("{:.1}°", value.to_degrees()) } else { number(value) }
    };
    let layer = label(record.layer.as_deref().unwrap_or(""), 60);
    let mut text =
        format!("<b>{layer}</b> ({name})<br>mean over {} seeds: {}", spread.values.len(), value(spread.mean));
    if let (Some(low), Some(high)) = (spread.low, spread.high) {
        // Writing to a String cannot fail, here and below.
        let _ = write!(text, "<br>95 % over seeds: {} to {}", value(low), value(high));
    }
    let mut range = |what: &str, low: f64, high: f64| {
        let _ = write!(text, "<br>{what}: {} to {}", value(low), value(high));
    };
    if name == "trained" {
        if let Some(own) = record.stimuli {
            range("95 % over stimuli", own.low, own.high);
        }
        if let Some(own) = record.shuffled_order {
            range("layers in random order", own.low, own.high);
        }
        if let Some(own) = record.noise_floor {
            range("rows permuted", own.low, own.high);
        }
    }
    text
}

fn sheet(study: &StraightnessStudy) -> Sheet {
    let mut sheet = Sheet::new(&[
        "metric",
        "m",
        "architecture",
        "layers",
        "statistic",
        "index",
        "layer",
        "seeds",
        "trained",
        "low",
        "high",
        "untrained",
        "change",
        "change low",
        "change high",
        "stimuli low",
        "stimuli high",
        "shuffled low",
        "shuffled high",
        "permuted low",
        "permuted high",
    ]);
    for metric in &study.metrics {
        for record in &metric.architectures {
            for one in &record.statistics {
                let ends = |spread: Option<&Spread>| {
                    [
                        spread.map(|own| own.mean).into(),
                        spread.and_then(|own| own.low).into(),
                        spread.and_then(|own| own.high).into(),
                    ]
                };
                let mut row = vec![
                    metric.metric.as_str().into(),
                    metric.stimuli.into(),
                    record.architecture.as_str().into(),
                    record.selection.as_str().into(),
                    one.statistic.as_str().into(),
                    one.index.map_or_else(|| "".into(), Into::into),
                    one.layer.as_deref().unwrap_or("").into(),
                    record.seeds.len().into(),
                ];
                row.extend(ends(one.trained.as_ref()));
                row.push(one.untrained.as_ref().map(|own| own.mean).into());
                row.extend(ends(one.change.as_ref()));
                row.extend([one.stimuli.map(|own| own.low).into(), one.stimuli.map(|own| own.high).into()]);
                row.extend([
                    one.shuffled_order.map(|own| own.low).into(),
                    one.shuffled_order.map(|own| own.high).into(),
                ]);
                row.extend([one.noise_floor.map(|own| own.low).into(), one.noise_floor.map(|own| own.high).into()]);
                sheet.rows.push(row);
            }
        }
    }
    sheet
}
