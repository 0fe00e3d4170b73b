//! Paths over training: the picture epoch by epoch, tables of distances, heat maps and curves.

use std::collections::HashMap;
use std::fmt::Write as _;

use layerpath::analysis::{Analysis, Epoch, PathRecord, PointRecord};
use layerpath::study::{EpochRecord, MapRecord, NetworkTraining, TrainingStudy};
use serde_json::{Value, json};

use super::color_scale;
use super::picture::{self, Look};
use crate::escape::label;
use crate::exhibit::{Cell, Control, Exhibit, Frame, Sheet, rounded, rounded_all};
use crate::figures::distance;
use crate::format::{epoch_name, number, with_unit};
use crate::panels::{
    Panels, WHOLE, WHOLE_COLUMNS, cell_axis, layout, named_axis, panel_layout, shown, statistic_in_words, vertical_axis,
};
use crate::view::{COLORS, SYMBOLS};
use crate::{Error, check};

/// All figures of the study.
pub(super) fn exhibits(study: &TrainingStudy, analyses: &[Analysis]) -> Result<Vec<Exhibit>, Error> {
    let mut all = vec![whole_paths(study)];
    let films = analyses.iter().map(Film::new).collect::<Result<Vec<_>, Error>>()?;
    if let Some(first) = films.first() {
        let n_epochs = first.paths.len();
        // A slider has the same stops for all networks; one with other epochs cannot stand beside them.
        let films: Vec<&Film<'_>> = films.iter().filter(|film| film.paths.len() == n_epochs).collect();
        all.push(pictures(&films));
        all.push(distances(&films));
    }
    all.extend(maps(study));
    Ok(all)
}

/// The paths of one network at all epochs.
struct Film<'a> {
    analysis: &'a Analysis,
    name: String,
    paths: Vec<&'a PathRecord>,
    points: HashMap<&'a str, &'a PointRecord>,
    coordinates: HashMap<&'a str, &'a [f64]>,
}

impl<'a> Film<'a> {
    fn new(analysis: &'a Analysis) -> Result<Self, Error> {
        let name = analysis.paths.iter().find_map(|path| path.network.clone()).unwrap_or_else(|| "network".to_owned());
        check::check(&name, analysis)?;
        let embedding = analysis.embedding.iter();
        let coordinates = embedding
            .flat_map(|one| one.points.iter().map(String::as_str).zip(one.coordinates.iter().map(Vec::as_slice)));
        Ok(Self {
            name,
            paths: analysis.paths.iter().collect(),
            points: analysis.points.iter().map(|point| (point.name.as_str(), point)).collect(),
            coordinates: coordinates.collect(),
            analysis,
        })
    }

    fn epoch(path: &PathRecord) -> String {
        path.epoch.map_or_else(|| path.name.clone(), |epoch| format!("epoch {}", epoch_name(epoch)))
    }

    fn layer(&self, point: &'a str) -> &'a str {
        self.points.get(point).map_or(point, |record| record.layer.as_str())
    }

    /// Where a point is drawn; empty cells where there is no picture, or none in space.
    fn coordinates(&self, point: &str) -> [Cell; 3] {
        let row = self.coordinates.get(point);
        [0, 1, 2].map(|axis| row.and_then(|row| row.get(axis)).copied().into())
    }

    fn trace(&self, path: &PathRecord, name: &str, look: Look<'_>, in_space: bool) -> Value {
        let at: Vec<Option<&[f64]>> =
            path.points.iter().map(|point| self.coordinates.get(point.as_str()).copied()).collect();
        let hover: Vec<String> = (0..path.points.len()).map(|place| self.hover(path, place)).collect();
        picture::path(name, &at, &hover, look, in_space)
    }

    fn hover(&self, path: &PathRecord, place: usize) -> String {
        let point = self.points.get(path.points[place].as_str());
        let layer = point.map_or("", |record| record.layer.as_str());
        let mut text = format!("<b>{}</b>, {}", label(layer, 60), label(&Self::epoch(path), 40));
        let mut line = |what: &str, value: Option<String>| {
            if let Some(value) = value {
                // Writing to a String cannot fail.
                let _ = write!(text, "<br>{what}: {value}");
            }
        };
        let distance = |value: f64| distance(value, &self.analysis.unit);
        let degrees = |value: f64| format!("{:.1}°", value.to_degrees());
        line("step to next", path.steps.get(place).map(|&step| distance(step)));
        let interior = place.checked_sub(1).and_then(|before| path.interior_angles.get(before).copied().flatten());
        line("interior angle", interior.map(degrees));
        let heading = path.heading_angles.as_ref().and_then(|all| all.get(place).copied().flatten());
        line("heading", heading.map(degrees));
        line("to the target", path.distance_to_target.as_ref().and_then(|all| all.get(place)).map(|&d| distance(d)));
        text
    }
}

/// A grey that stands out from white and from black paper alike.
const GREY: &str = "#7a7f85";

/// The path at one epoch, with those before and after training behind it.
fn pictures(films: &[&Film<'_>]) -> Exhibit {
    let mut frames = Vec::new();
    let epochs: Vec<String> =
        films.first().map_or_else(Vec::new, |film| film.paths.iter().map(|path| Film::epoch(path)).collect());
    for film in films {
        let (method, stress) =
            film.analysis.embedding.as_ref().map_or(("", 0.0), |one| (one.method.as_str(), one.stress));
        for in_space in [false, true] {
            let ranges = ranges(film);
            for path in &film.paths {
                let mut data = Vec::new();
                let ghosts =
                    [(film.paths.first(), "before training", "dot"), (film.paths.last(), "after training", "solid")];
                for (ghost, name, dash) in ghosts {
                    let look = Look { color: GREY, symbol: "circle", dash, group: name, in_legend: true };
                    data.extend(ghost.map(|ghost| film.trace(ghost, name, look, in_space)));
                }
                let look = Look { color: COLORS[0], symbol: "circle", dash: "solid", group: "path", in_legend: true };
                data.push(film.trace(path, &Film::epoch(path), look, in_space));
                if let Some(target) = &path.target
                    && let Some(at) = film.coordinates.get(target.as_str())
                {
                    data.push(picture::target(film.layer(target), at, in_space));
                }
                let mut layout = picture::layout(method, stress, in_space);
                if !in_space {
                    layout["xaxis"]["range"] = json!(ranges[0]);
                    layout["yaxis"]["range"] = json!(ranges[1]);
                }
                frames.push(Frame { data, layout });
            }
        }
    }
    Exhibit {
        id: "training-paths".to_owned(),
        heading: "The path, epoch by epoch".to_owned(),
        caption:
            "Blue: the path at the chosen epoch; grey: before (dotted) and after training. The larger marker is the \
                  input. All epochs of a network share one picture. An embedding illustrates; it is no evidence."
                .to_owned(),
        height: 560,
        controls: vec![
            Control::select("network", films.iter().map(|film| film.name.clone())),
            Control::select("view", picture::views()),
            Control::slider("epoch", epochs),
        ],
        frames,
        layout: layout(),
        sheet: points_sheet(films),
    }
}

/// Ends of both axes for all epochs of a network, a little wider than its points.
fn ranges(film: &Film<'_>) -> [[f64; 2]; 2] {
    [0, 1].map(|axis| {
        let values = film.coordinates.values().map(|row| row.get(axis).copied().unwrap_or(0.0));
        let (low, high) = values.fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        let margin = 0.06 * (high - low).max(1e-9);
        [low - margin, high + margin]
    })
}

fn points_sheet(films: &[&Film<'_>]) -> Sheet {
    let mut sheet = Sheet::new(&[
        "network",
        "epoch",
        "index",
        "layer",
        "step",
        "interior angle",
        "heading angle",
        "to start",
        "to target",
        "progress",
        "fraction along",
        "detour",
        "coordinate 1",
        "coordinate 2",
        "coordinate 3",
    ]);
    for film in films {
        for path in &film.paths {
            let epoch = path.epoch.map_or_else(String::new, |epoch| epoch.to_string());
            for (place, point) in path.points.iter().enumerate() {
                let projection = path.projection.as_ref().and_then(|all| all.get(place).copied().flatten());
                let optional = |all: &Option<Vec<f64>>| all.as_ref().and_then(|all| all.get(place).copied());
                let mut row = vec![
                    film.name.as_str().into(),
                    epoch.as_str().into(),
                    place.into(),
                    film.layer(point).into(),
                    path.steps.get(place).copied().into(),
                    place.checked_sub(1).and_then(|before| path.interior_angles.get(before).copied().flatten()).into(),
                    path.heading_angles.as_ref().and_then(|all| all.get(place).copied().flatten()).into(),
                    path.distance_to_start.get(place).copied().into(),
                    optional(&path.distance_to_target).into(),
                    optional(&path.progress).into(),
                    projection.map(|one| one.t).into(),
                    projection.map(|one| one.distance).into(),
                ];
                row.extend(film.coordinates(point));
                sheet.rows.push(row);
            }
            // The target is a point of the picture, but none of the path.
            if let Some(target) = path.target.as_deref().filter(|target| film.coordinates.contains_key(target)) {
                let mut row = vec![film.name.as_str().into(), epoch.as_str().into(), "".into(), "target".into()];
                row.resize_with(sheet.columns.len() - 3, || Cell::Number(None));
                row.extend(film.coordinates(target));
                sheet.rows.push(row);
            }
        }
    }
    sheet
}

/// Distances between all layers at one epoch, the target last.
fn distances(films: &[&Film<'_>]) -> Exhibit {
    let mut frames = Vec::new();
    let mut sheet = Sheet::new(&["network", "epoch", "layer", "other layer", "distance"]);
    let epochs: Vec<String> =
        films.first().map_or_else(Vec::new, |film| film.paths.iter().map(|path| Film::epoch(path)).collect());
    let mut largest = 0.0_f64;
    for film in films {
        for path in &film.paths {
            let mut names: Vec<String> = path.points.iter().map(|point| film.layer(point).to_owned()).collect();
            names.extend(path.target.iter().map(|_| "target".to_owned()));
            for (i, row) in path.distances.iter().enumerate() {
                for (j, &value) in row.iter().enumerate().take(i) {
                    let text = |place: usize| Cell::from(names.get(place).map_or("", String::as_str));
                    let epoch = path.epoch.map_or_else(String::new, |epoch| epoch.to_string());
                    sheet.rows.push(vec![
                        film.name.as_str().into(),
                        epoch.as_str().into(),
                        text(i),
                        text(j),
                        Some(value).into(),
                    ]);
                    largest = largest.max(value);
                }
            }
            frames.push((film.analysis.unit.as_str(), names, &path.distances));
        }
    }
    let frames = frames
        .into_iter()
        .map(|(unit, names, rows)| {
            let mut vertical = cell_axis("", &names);
            vertical["autorange"] = json!("reversed");
            Frame {
                data: vec![heat_map(
                    rows.iter().map(|row| row.iter().copied().map(Some)),
                    &with_unit("distance", unit),
                    Some([0.0, largest]),
                )],
                layout: json!({ "xaxis": cell_axis("", &names), "yaxis": vertical }),
            }
        })
        .collect();
    Exhibit {
        id: "training-distances".to_owned(),
        heading: "Every layer against every other".to_owned(),
        caption:
            "Distance between two layers at the chosen epoch; the target is the last row. One scale for all epochs and \
                  networks: dark blocks are layers that stay close together."
                .to_owned(),
        height: 560,
        controls: vec![
            Control::select("network", films.iter().map(|film| film.name.clone())),
            Control::slider("epoch", epochs),
        ],
        frames,
        layout: layout(),
        sheet,
    }
}

/// A heat map of rows of values.
pub(super) fn heat_map<R: Iterator<Item = Option<f64>>>(
    rows: impl Iterator<Item = R>,
    title: &str,
    range: Option<[f64; 2]>,
) -> Value {
    let mut trace = json!({
        "type": "heatmap",
        "z": rows.map(rounded_all).collect::<Vec<_>>(),
        "colorscale": color_scale(),
        "colorbar": { "title": { "text": label(title, 60), "side": "right" }, "thickness": 14 },
        "hoverongaps": false,
        "hovertemplate": "%{y}<br>%{x}<br>%{z}<extra></extra>",
    });
    if let Some([low, high]) = range {
        trace["zmin"] = json!(low);
        trace["zmax"] = json!(high);
    }
    trace
}

/// Layer × epoch, one state for each network and statistic, with the accuracy beside it.
fn maps(study: &TrainingStudy) -> Option<Exhibit> {
    let first = study.networks.first()?;
    let statistics: Vec<&str> = first.maps.iter().map(|map| map.statistic.as_str()).collect();
    let networks: Vec<&NetworkTraining> =
        study.networks.iter().filter(|network| network.maps.len() == statistics.len()).collect();
    let frames =
        networks.iter().flat_map(|network| network.maps.iter().map(|map| map_frame(study, network, map))).collect();
    let mut sheet = Sheet::new(&["network", "epoch", "index", "layer", "statistic", "value"]);
    for network in &networks {
        for record in &network.epochs {
            sheet.rows.push(vec![
                network.network.as_str().into(),
                record.epoch.into(),
                "".into(),
                "".into(),
                "test_accuracy".into(),
                record.test_accuracy.into(),
            ]);
        }
        for map in &network.maps {
            for (record, row) in network.epochs.iter().zip(&map.values) {
                for (index, (layer, value)) in network.layers.iter().zip(row).enumerate() {
                    sheet.rows.push(vec![
                        network.network.as_str().into(),
                        record.epoch.into(),
                        index.into(),
                        layer.as_str().into(),
                        map.statistic.as_str().into(),
                        (*value).into(),
                    ]);
                }
            }
        }
    }
    let words = statistics.iter().map(|statistic| statistic_in_words(statistic, &study.unit).0);
    Some(Exhibit {
        id: "training-maps".to_owned(),
        heading: "What changes where, and when".to_owned(),
        caption: "Each row is an epoch, from the untrained network at the top to the trained one at the bottom; left, the \
                  accuracy on the test images at the same epochs. Rows follow the checkpoints, which need not be equally far \
                  apart. Speed is coloured by its logarithm. Empty cells have no value, or a speed of 0."
            .to_owned(),
        height: 520,
        controls: vec![
            Control::select("network", networks.iter().map(|network| network.network.clone())),
            Control::select("statistic", words),
        ],
        frames,
        layout: layout(),
        sheet,
    })
}

fn map_frame(study: &TrainingStudy, network: &NetworkTraining, map: &MapRecord) -> Frame {
    let (title, in_degrees) = statistic_in_words(&map.statistic, &study.unit);
    let rows = map.values.iter().map(|row| row.iter().map(|value| value.map(|value| shown(value, in_degrees))));
    let mut heat = heat_map(rows, &title, in_degrees.then_some([0.0, 180.0]));
    if map.statistic == "speed" {
        color_by_magnitude(&mut heat, &map.values);
    }
    heat["xaxis"] = json!("x2");
    let epochs: Vec<String> = network.epochs.iter().map(|one| epoch_name(one.epoch)).collect();
    let mut vertical = cell_axis("epoch", &epochs);
    vertical["autorange"] = json!("reversed");
    let mut layers = cell_axis("", &network.layers);
    layers["domain"] = json!([0.2, 1.0]);
    layers["anchor"] = json!("y");
    let accuracy = json!({
        "type": "scatter", "mode": "lines+markers", "name": "test accuracy", "legendgroup": "accuracy", "showlegend": false,
        "x": rounded_all(network.epochs.iter().map(|one| one.test_accuracy)),
        "y": (0..network.epochs.len()).collect::<Vec<_>>(),
        "line": { "color": COLORS[1], "width": 2, "dash": "solid" },
        "marker": { "color": COLORS[1], "size": 6, "symbol": "circle" },
        "hoverinfo": "text",
        "hovertext": network.epochs.iter().map(|one| {
            let share = one.test_accuracy.map_or_else(|| "–".to_owned(), |share| format!("{share:.4}"));
            format!("<b>epoch {}</b><br>test accuracy: {share}", epoch_name(one.epoch))
        }).collect::<Vec<_>>(),
    });
    Frame {
        data: vec![accuracy, heat],
        layout: json!({
            "xaxis": { "title": { "text": "accuracy" }, "domain": [0.0, 0.15], "range": [0, 1], "zeroline": false,
                       "anchor": "y", "tickmode": "array", "tickvals": [0, 0.5, 1] },
            "xaxis2": layers,
            "yaxis": vertical,
        }),
    }
}

/// Colours cells by the logarithm of their value, for values that differ by factors; those of 0 stay empty.
fn color_by_magnitude(heat: &mut Value, values: &[Vec<Option<f64>>]) {
    let magnitude = |value: &Option<f64>| value.filter(|&value| value > 0.0).map(f64::log10);
    let all: Vec<f64> = values.iter().flatten().filter_map(magnitude).collect();
    if all.is_empty() {
        return;
    }
    let (low, high) = all.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)));
    let factors: &[f64] = if high - low > 2.5 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let mut ticks: Vec<f64> = (low.floor() as i32..=high.floor() as i32)
        .flat_map(|power| factors.iter().map(move |factor| factor * 10_f64.powi(power)))
        .filter(|tick| (low..=high).contains(&tick.log10()))
        .collect();
    if ticks.len() < 2 {
        ticks = vec![10_f64.powf(low), 10_f64.powf(high)];
    }
    heat["customdata"] = values.iter().map(|row| rounded_all(row.iter().copied())).collect();
    heat["z"] = values.iter().map(|row| rounded_all(row.iter().map(magnitude))).collect();
    heat["colorbar"]["tickmode"] = json!("array");
    heat["colorbar"]["tickvals"] = ticks.iter().map(|tick| tick.log10()).collect();
    heat["colorbar"]["ticktext"] = ticks.iter().map(|&tick| rounded(tick).to_string()).collect();
}

/// Statistics of whole paths against the epoch, one line a network.
fn whole_paths(study: &TrainingStudy) -> Exhibit {
    let mut panels = Panels::new(WHOLE.len(), WHOLE_COLUMNS);
    let architectures: Vec<&str> = study.architectures.iter().map(|one| one.architecture.as_str()).collect();
    let mut epochs: Vec<Epoch> = study.networks.iter().flat_map(|one| one.epochs.iter().map(|one| one.epoch)).collect();
    epochs.sort_unstable();
    epochs.dedup();
    let names: Vec<String> = epochs.iter().copied().map(epoch_name).collect();
    for (place, statistic) in WHOLE.into_iter().enumerate() {
        let (title, in_degrees) = statistic_in_words(statistic, &study.unit);
        let horizontal = named_axis(if panels.next_is_lowest() { "epoch" } else { "" }, &names);
        let mut traces = Vec::new();
        for network in &study.networks {
            let family = architectures.iter().position(|&name| name == network.architecture).unwrap_or(0);
            let replica = study.networks.iter().filter(|one| one.architecture == network.architecture);
            let number_of_replica = replica.take_while(|one| one.network != network.network).count();
            let color = COLORS[family % COLORS.len()];
            let values: Vec<Option<f64>> = network.epochs.iter().map(|one| whole(one)[place]).collect();
            let at = network.epochs.iter().map(|one| epochs.iter().position(|&epoch| epoch == one.epoch));
            traces.push(json!({
                "type": "scatter", "mode": "lines+markers", "name": label(&network.network, 60),
                "legendgroup": label(&network.network, 60), "showlegend": place == 0,
                "x": at.collect::<Vec<_>>(),
                "y": rounded_all(values.iter().map(|value| value.map(|value| shown(value, in_degrees)))),
                "line": { "color": color, "width": 2, "dash": if number_of_replica == 0 { "solid" } else { "dot" } },
                "marker": { "color": color, "size": 6, "symbol": SYMBOLS[number_of_replica % SYMBOLS.len()].0 },
                "hoverinfo": "text",
                "hovertext": network.epochs.iter().zip(&values).map(|(one, value)| {
                    let value = value.map_or_else(|| "–".to_owned(), |value| number(shown(value, in_degrees)));
                    let epoch = epoch_name(one.epoch);
                    format!("<b>{}</b>, epoch {epoch}<br>{title}: {value}", label(&network.network, 60))
                }).collect::<Vec<_>>(),
            }));
        }
        panels.add(&title, horizontal, vertical_axis(), traces);
    }
    Exhibit {
        id: "training-whole".to_owned(),
        heading: "Whole paths over training".to_owned(),
        caption: "One line a network; colour tells the architecture, marker and dash the seed. Checkpoints stand side by side, \
                  however many epochs lie between them. The table has every network, and below them means over seeds, \
                  their 95 % intervals, and the change against the untrained network."
            .to_owned(),
        height: 560,
        controls: Vec::new(),
        frames: vec![panels.frame()],
        layout: panel_layout(80, 56, 1.1),
        sheet: whole_sheet(study),
    }
}

/// Every line of the figure, then the means over the seeds of an architecture.
fn whole_sheet(study: &TrainingStudy) -> Sheet {
    let mut sheet = Sheet::new(&[
        "architecture",
        "network",
        "epoch",
        "statistic",
        "value",
        "seeds",
        "low",
        "high",
        "change",
        "change low",
        "change high",
    ]);
    for network in &study.networks {
        for (place, statistic) in WHOLE.into_iter().enumerate() {
            for one in &network.epochs {
                let mut row = vec![
                    network.architecture.as_str().into(),
                    network.network.as_str().into(),
                    one.epoch.into(),
                    statistic.into(),
                    whole(one)[place].into(),
                ];
                row.resize_with(sheet.columns.len(), || Cell::Number(None));
                sheet.rows.push(row);
            }
        }
    }
    for one in &study.architectures {
        for own in &one.epochs {
            sheet.rows.push(vec![
                one.architecture.as_str().into(),
                "mean over seeds".into(),
                own.epoch.into(),
                own.statistic.as_str().into(),
                Some(own.spread.mean).into(),
                own.spread.values.len().into(),
                own.spread.low.into(),
                own.spread.high.into(),
                own.change.as_ref().map(|change| change.mean).into(),
                own.change.as_ref().and_then(|change| change.low).into(),
                own.change.as_ref().and_then(|change| change.high).into(),
            ]);
        }
    }
    sheet
}

/// The numbers of [`WHOLE`], in its order.
fn whole(one: &EpochRecord) -> [Option<f64>; WHOLE.len()] {
    let (interior, heading) = (one.mean_interior_angle, one.mean_heading_angle);
    [one.straightness, Some(one.length), Some(one.displacement), interior, heading, one.test_accuracy]
}
