//! Networks of several depths and widths: their paths in one picture, their statistics, and every pair of them.

use std::collections::HashMap;

use layerpath::study::{GroupRecord, MEASURES, NetworkRecord, PairRecord, Relation, WidthDepthStudy};
use serde_json::{Value, json};

use super::DistanceTable;
use super::picture::{self, Look};
use super::training::heat_map;
use crate::Error;
use crate::escape::label;
use crate::exhibit::{Cell, Control, Exhibit, Frame, Sheet};
use crate::figures::distance;
use crate::format::{number, with_unit};
use crate::panels::{
    Panels, WHOLE, WHOLE_COLUMNS, cell_axis, layout, named_axis, panel_layout, shown, statistic_in_words, vertical_axis,
};
use crate::view::{COLORS, SYMBOLS};

/// All figures of the study.
pub(super) fn exhibits(study: &WidthDepthStudy, table: Option<&DistanceTable>) -> Result<Vec<Exhibit>, Error> {
    let mut all = vec![statistics(study), yardstick(study), pairs(study)];
    if let Some(table) = table {
        let size = table.points.len();
        if table.distances.len() != size || table.distances.iter().any(|row| row.len() != size) {
            return Err(Error::WrongLength {
                analysis: "width-depth".to_owned(),
                owner: "table".to_owned(),
                field: "distances",
                found: table.distances.len(),
                expected: size,
            });
        }
        if table.distances.iter().flatten().any(|value| !value.is_finite()) {
            return Err(Error::NotFinite {
                analysis: "width-depth".to_owned(),
                owner: "table".to_owned(),
                field: "distances",
            });
        }
        all.push(pictures(study, Some(table)));
        all.push(alignment(study, table));
        all.push(matrix(study, table));
    } else {
        all.push(pictures(study, None));
    }
    Ok(all)
}

/// Depths, widths and seeds in increasing order.
struct Grid {
    depths: Vec<usize>,
    widths: Vec<usize>,
    seeds: Vec<u64>,
}

impl Grid {
    fn of(study: &WidthDepthStudy) -> Self {
        fn sorted<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
            let mut values: Vec<T> = values.collect();
            values.sort_unstable();
            values.dedup();
            values
        }
        Self {
            depths: sorted(study.networks.iter().map(|one| one.depth)),
            widths: sorted(study.networks.iter().map(|one| one.width)),
            seeds: sorted(study.networks.iter().map(|one| one.seed)),
        }
    }

    fn place<T: PartialEq>(all: &[T], value: &T) -> usize {
        all.iter().position(|one| one == value).unwrap_or(0)
    }

    fn depth(&self, one: &NetworkRecord) -> usize {
        Self::place(&self.depths, &one.depth)
    }

    fn width(&self, one: &NetworkRecord) -> usize {
        Self::place(&self.widths, &one.width)
    }
}

/// Statistics of whole paths against depth or width.
fn statistics(study: &WidthDepthStudy) -> Exhibit {
    let grid = Grid::of(study);
    let frames = [true, false].map(|against_depth| statistics_frame(study, &grid, against_depth)).into();
    let mut sheet = Sheet::new(&["network", "architecture", "depth", "width", "seed"]);
    sheet.columns.extend(WHOLE.iter().map(|&statistic| statistic.replace('_', " ")));
    for one in &study.networks {
        let mut row: Vec<Cell> = vec![
            one.network.as_str().into(),
            one.architecture.as_str().into(),
            one.depth.into(),
            one.width.into(),
            one.seed.to_string().as_str().into(),
        ];
        row.extend(WHOLE.map(|statistic| Cell::from(one.statistic(statistic))));
        sheet.rows.push(row);
    }
    Exhibit {
        id: "width-depth-statistics".to_owned(),
        heading: "The path against depth and width".to_owned(),
        caption: "One marker a network; lines join networks that differ in what lies along the axis alone. Deeper \
        networks are seen \
                  at more points, which alone makes a path longer and less straight: the trends among the answers \
                  above therefore \
                  take the path through the ends of its stages, at which all networks are seen."
            .to_owned(),
        height: 560,
        controls: vec![Control::select("against", ["depth".to_owned(), "width".to_owned()])],
        frames,
        layout: panel_layout(80, 56, 1.1),
        sheet,
    }
}

fn statistics_frame(study: &WidthDepthStudy, grid: &Grid, against_depth: bool) -> Frame {
    let (along, other, axis_title) = if against_depth {
        (&grid.depths, &grid.widths, "depth (layers)")
    } else {
        (&grid.widths, &grid.depths, "width (channels)")
    };
    let names: Vec<String> = along.iter().map(usize::to_string).collect();
    let mut panels = Panels::new(WHOLE.len(), WHOLE_COLUMNS);
    for (place, statistic) in WHOLE.into_iter().enumerate() {
        let (title, in_degrees) = statistic_in_words(statistic, &study.unit);
        let horizontal = named_axis(if panels.next_is_lowest() { axis_title } else { "" }, &names);
        let mut traces = Vec::new();
        for (family, value_of_other) in other.iter().enumerate() {
            for (replica, seed) in grid.seeds.iter().enumerate() {
                let mut own: Vec<(usize, &NetworkRecord, f64)> = study
                    .networks
                    .iter()
                    .filter(|one| {
                        one.seed == *seed && *value_of_other == if against_depth { one.width } else { one.depth }
                    })
                    .filter_map(|one| {
                        let at = if against_depth { grid.depth(one) } else { grid.width(one) };
                        Some((at, one, one.statistic(statistic)?))
                    })
                    .collect();
                own.sort_by_key(|(at, ..)| *at);
                let color = COLORS[family % COLORS.len()];
                let name = format!("{} {value_of_other}, seed {seed}", if against_depth { "width" } else { "depth" });
                traces.push(json!({
                    "type": "scatter", "mode": "lines+markers", "name": name, "legendgroup": name, "showlegend": place == 0,
                    "x": own.iter().map(|(at, ..)| *at).collect::<Vec<_>>(),
                    "y": own.iter().map(|(.., value)| shown(*value, in_degrees)).collect::<Vec<_>>(),
                    "line": { "color": color, "width": 1.5, "dash": if replica == 0 { "solid" } else { "dot" } },
                    "marker": { "color": color, "size": 7, "symbol": SYMBOLS[replica % SYMBOLS.len()].0 },
                    "hoverinfo": "text",
                    "hovertext": own.iter().map(|(_, one, value)| {
                        format!("<b>{}</b><br>{title}: {}", label(&one.network, 60), number(shown(*value, in_degrees)))
                    }).collect::<Vec<_>>(),
                }));
            }
        }
        panels.add(&title, horizontal, vertical_axis(), traces);
    }
    panels.frame()
}

/// Pairs of architectures against their replicas.
fn yardstick(study: &WidthDepthStudy) -> Exhibit {
    let mut names: Vec<String> = Vec::new();
    for one in &study.networks {
        if !names.contains(&one.architecture) {
            names.push(one.architecture.clone());
        }
    }
    let at = |name: &str| names.iter().position(|known| known == name);
    let mut frames = Vec::new();
    let mut sheet = Sheet::new(&[
        "architecture",
        "other",
        "relation",
        "measure",
        "pairs",
        "mean",
        "least",
        "largest",
        "replica pairs",
        "replica mean",
        "replica largest",
        "ratio",
        "beyond replicas",
    ]);
    for measure in MEASURES {
        let mut rows = vec![vec![None; names.len()]; names.len()];
        let mut beyond: Vec<(usize, usize)> = Vec::new();
        for group in study.groups.iter().filter(|group| group.measure == measure) {
            sheet.rows.push(group_row(group));
            let (Some(i), Some(j)) = (at(&group.first), at(&group.second)) else { continue };
            rows[i][j] = group.ratio;
            rows[j][i] = group.ratio;
            if group.beyond_replicas == Some(true) {
                beyond.extend([(i, j), (j, i)]);
            }
        }
        let mut vertical = cell_axis("", &names);
        vertical["autorange"] = json!("reversed");
        let marks = json!({
            "type": "scatter", "mode": "markers", "name": "beyond any two replicas",
            "legendgroup": "beyond", "showlegend": true,
            "x": beyond.iter().map(|(_, j)| *j).collect::<Vec<_>>(),
            "y": beyond.iter().map(|(i, _)| *i).collect::<Vec<_>>(),
            "marker": { "size": 7, "symbol": "circle", "color": "#D55E00" },
            "hoverinfo": "skip",
        });
        frames.push(Frame {
            data: vec![heat_map(rows.into_iter().map(Vec::into_iter), "ratio", None), marks],
            layout: json!({ "xaxis": cell_axis("", &names), "yaxis": vertical }),
        });
    }
    Exhibit {
        id: "width-depth-yardstick".to_owned(),
        heading: "Architectures against replicas".to_owned(),
        caption: "Mean distance between the paths of two architectures, divided by that of two networks of one of them trained \
                  from different seeds: 1 means that they travel as alike as replicas do. A \
                  dot: even the nearest pair is farther apart than any two replicas."
            .to_owned(),
        height: 560,
        controls: vec![measures(study)],
        frames,
        layout: layout(),
        sheet,
    }
}

fn measures(study: &WidthDepthStudy) -> Control {
    Control::select("measure", MEASURES.iter().map(|measure| statistic_in_words(measure, &study.unit).0))
}

fn relation(relation: Relation) -> &'static str {
    match relation {
        Relation::Replica => "replicas",
        Relation::Depth => "another depth",
        Relation::Width => "another width",
        Relation::Both => "another depth and width",
    }
}

fn group_row(group: &GroupRecord) -> Vec<Cell> {
    vec![
        group.first.as_str().into(),
        group.second.as_str().into(),
        relation(group.relation).into(),
        group.measure.as_str().into(),
        group.pairs.into(),
        Some(group.mean).into(),
        Some(group.least).into(),
        Some(group.largest).into(),
        group.replica_pairs.into(),
        group.replica_mean.into(),
        group.replica_largest.into(),
        group.ratio.into(),
        group.beyond_replicas.map_or("", |beyond| if beyond { "yes" } else { "no" }).into(),
    ]
}

/// Every network against every other.
fn pairs(study: &WidthDepthStudy) -> Exhibit {
    let names: Vec<String> = study.networks.iter().map(|one| one.network.clone()).collect();
    let at: HashMap<&str, usize> = names.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
    let mut sheet =
        Sheet::new(&["network", "other", "relation", "arc length matched", "warping mean", "frechet", "hausdorff"]);
    for pair in &study.pairs {
        let mut row: Vec<Cell> =
            vec![pair.first.as_str().into(), pair.second.as_str().into(), relation(pair.relation).into()];
        row.extend(MEASURES.iter().map(|measure| Cell::from(pair.measure(measure))));
        sheet.rows.push(row);
    }
    let frames = MEASURES
        .iter()
        .map(|measure| {
            let mut rows: Vec<Vec<Option<f64>>> =
                (0..names.len()).map(|i| (0..names.len()).map(|j| (i == j).then_some(0.0)).collect()).collect();
            for pair in &study.pairs {
                if let (Some(&i), Some(&j)) = (at.get(pair.first.as_str()), at.get(pair.second.as_str())) {
                    rows[i][j] = pair.measure(measure);
                    rows[j][i] = rows[i][j];
                }
            }
            let mut vertical = cell_axis("", &names);
            vertical["autorange"] = json!("reversed");
            Frame {
                data: vec![heat_map(rows.into_iter().map(Vec::into_iter), &with_unit("distance", &study.unit), None)],
                layout: json!({ "xaxis": cell_axis("", &names), "yaxis": vertical }),
            }
        })
        .collect();
    Exhibit {
        id: "width-depth-pairs".to_owned(),
        heading: "Every network against every other".to_owned(),
        caption: "Distance between two whole paths. Replicas stand side by side: their cells are the yardstick for all others."
            .to_owned(),
        height: 620,
        controls: vec![measures(study)],
        frames,
        layout: layout(),
        sheet,
    }
}

/// All paths in one picture; steps are told where there is a table of distances.
fn pictures(study: &WidthDepthStudy, table: Option<&DistanceTable>) -> Exhibit {
    let grid = Grid::of(study);
    let embedding = &study.embedding;
    let mut start = 0;
    let mut ranges = Vec::new();
    for one in &study.networks {
        let end = (start + one.layers.len()).min(embedding.coordinates.len());
        ranges.push(start..end);
        start = end;
    }
    let hovers: Vec<Vec<String>> = match table {
        Some(table) => {
            let places = places(study, table);
            let steps = |own: &[Option<usize>]| -> Vec<Option<f64>> {
                let next = own.iter().skip(1).chain(&[None]);
                own.iter().zip(next).map(|(&from, &to)| table.distances.get(from?)?.get(to?).copied()).collect()
            };
            study.networks.iter().zip(&places).map(|(one, own)| point_hovers(study, one, &steps(own))).collect()
        }
        None => study.networks.iter().map(|one| point_hovers(study, one, &[])).collect(),
    };
    let frames = [false, true]
        .into_iter()
        .map(|in_space| {
            let data = study.networks.iter().zip(&ranges).zip(&hovers).map(|((one, places), hover)| {
                let at: Vec<Option<&[f64]>> =
                    embedding.coordinates[places.clone()].iter().map(|row| Some(row.as_slice())).collect();
                let look = Look {
                    color: COLORS[grid.depth(one) % COLORS.len()],
                    symbol: SYMBOLS[grid.width(one) % SYMBOLS.len()].0,
                    dash: if grid.seeds.first() == Some(&one.seed) { "solid" } else { "dot" },
                    group: &one.network,
                    in_legend: true,
                };
                picture::path(&one.network, &at, hover, look, in_space)
            });
            Frame { data: data.collect(), layout: picture::layout(&embedding.method, embedding.stress, in_space) }
        })
        .collect();
    let mut sheet = Sheet::new(&["point", "coordinate 1", "coordinate 2", "coordinate 3"]);
    for (point, row) in embedding.points.iter().zip(&embedding.coordinates) {
        let mut cells: Vec<Cell> = vec![point.as_str().into()];
        cells.extend((0..3).map(|axis| Cell::from(row.get(axis).copied())));
        sheet.rows.push(cells);
    }
    let mut common = layout();
    common["legend"] =
        json!({ "x": 1.02, "xanchor": "left", "y": 1, "yanchor": "top", "font": { "size": 12 }, "tracegroupgap": 0 });
    Exhibit {
        id: "width-depth-paths".to_owned(),
        heading: "All paths in one picture".to_owned(),
        caption: "Colour tells the depth, the marker the width, dotted lines the other seeds. Point at a line or at \
        its name and \
                  the others fade; a click on a name hides the network, a double click shows it alone. The larger \
                  marker is the \
                  input. An embedding illustrates; it is no evidence."
            .to_owned(),
        height: 620,
        controls: vec![Control::select("view", picture::views())],
        frames,
        layout: common,
        sheet,
    }
}

/// Network and layer, and the step to the next one where it is known.
fn point_hovers(study: &WidthDepthStudy, one: &NetworkRecord, steps: &[Option<f64>]) -> Vec<String> {
    let hover = |(place, layer): (usize, &String)| {
        let mut text = format!("<b>{}</b><br>{} · {}", label(&one.network, 60), place, label(layer, 60));
        if let Some(step) = steps.get(place).copied().flatten() {
            text.push_str("<br>step to next: ");
            text.push_str(&distance(step, &study.unit));
        }
        text
    };
    one.layers.iter().enumerate().map(hover).collect()
}

/// Where the layers of every network stand in the table of distances.
fn places(study: &WidthDepthStudy, table: &DistanceTable) -> Vec<Vec<Option<usize>>> {
    let at: HashMap<&str, usize> =
        table.points.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
    // The points of a network stand in the embedding in the order of its layers.
    let mut names = study.embedding.points.iter();
    let layers = |one: &NetworkRecord| {
        names.by_ref().take(one.layers.len()).map(|name| at.get(name.as_str()).copied()).collect()
    };
    study.networks.iter().map(layers).collect()
}

/// The pairs of a study by the names of their networks.
type Pairs<'a> = HashMap<(&'a str, &'a str), &'a PairRecord>;

/// The alignment of two networks, and for each layer of the first the nearest of the second.
type Correspondence<'a> = (Vec<(usize, usize)>, &'a [usize]);

/// What the study found of two networks, where it has compared them.
fn correspondence<'a>(known: &Pairs<'a>, first: &NetworkRecord, second: &NetworkRecord) -> Option<Correspondence<'a>> {
    let (first, second) = (first.network.as_str(), second.network.as_str());
    if let Some(pair) = known.get(&(first, second)) {
        return Some((pair.alignment.clone(), &pair.nearest_in_second));
    }
    let pair = known.get(&(second, first))?;
    Some((pair.alignment.iter().map(|&(a, b)| (b, a)).collect(), &pair.nearest_in_first))
}

/// The distance between two places of the table, where both are in it.
fn between(table: &DistanceTable, row: Option<usize>, column: Option<usize>) -> Option<f64> {
    table.distances.get(row?)?.get(column?).copied()
}

/// A row for each row of a heat map, in the order of the lists.
fn alignment_sheet(
    study: &WidthDepthStudy,
    table: &DistanceTable,
    places: &[Vec<Option<usize>>],
    known: &Pairs<'_>,
) -> Sheet {
    let mut sheet =
        Sheet::new(&["network", "index", "layer", "other", "nearest index", "nearest layer", "aligned indices"]);
    let n_own = sheet.columns.len();
    let most_layers = places.iter().map(Vec::len).max().unwrap_or(0);
    sheet.columns.extend((0..most_layers).map(|place| format!("distance to {place}")));
    for (first, rows) in study.networks.iter().zip(places) {
        for (second, columns) in study.networks.iter().zip(places) {
            let found = correspondence(known, first, second);
            for ((place, layer), at) in first.layers.iter().enumerate().zip(rows) {
                let nearest = found.as_ref().and_then(|(_, nearest)| nearest.get(place)).copied();
                let aligned = found.iter().flat_map(|(aligned, _)| aligned).filter(|(own, _)| *own == place);
                let aligned: Vec<String> = aligned.map(|(_, other)| other.to_string()).collect();
                let mut row: Vec<Cell> = vec![
                    first.network.as_str().into(),
                    place.into(),
                    layer.as_str().into(),
                    second.network.as_str().into(),
                    nearest.map_or_else(|| "".into(), Cell::from),
                    nearest.and_then(|nearest| second.layers.get(nearest)).map_or("", String::as_str).into(),
                    aligned.join(" ").as_str().into(),
                ];
                row.extend(columns.iter().map(|column| Cell::from(between(table, *at, *column))));
                row.resize_with(n_own + most_layers, || Cell::Number(None));
                sheet.rows.push(row);
            }
        }
    }
    sheet
}

/// Which layer of one network goes with which of another.
fn alignment(study: &WidthDepthStudy, table: &DistanceTable) -> Exhibit {
    let places = places(study, table);
    let known: Pairs<'_> = study.pairs.iter().map(|pair| ((pair.first.as_str(), pair.second.as_str()), pair)).collect();
    let mut frames = Vec::new();
    for (i, first) in study.networks.iter().enumerate() {
        for (j, second) in study.networks.iter().enumerate() {
            let rows = places[i].iter().map(|row| places[j].iter().map(|column| between(table, *row, *column)));
            let mut data = vec![heat_map(rows, &with_unit("distance", &study.unit), None)];
            if let Some((aligned, nearest)) = correspondence(&known, first, second) {
                data.push(json!({
                    "type": "scatter", "mode": "lines+markers", "name": "aligned (dynamic time warping)", "legendgroup": "aligned",
                    "showlegend": true,
                    "x": aligned.iter().map(|(_, b)| *b).collect::<Vec<_>>(),
                    "y": aligned.iter().map(|(a, _)| *a).collect::<Vec<_>>(),
                    "line": { "color": "#56B4E9", "width": 3, "dash": "solid" },
                    "marker": { "color": "#56B4E9", "size": 6, "symbol": "circle" },
                    "hoverinfo": "skip",
                }));
                data.push(json!({
                    "type": "scatter", "mode": "markers", "name": "nearest layer of the second network", "legendgroup": "nearest",
                    "showlegend": true,
                    "x": nearest,
                    "y": (0..nearest.len()).collect::<Vec<_>>(),
                    "marker": { "color": "#D55E00", "size": 10, "symbol": "circle-open", "line": { "width": 2 } },
                    "hoverinfo": "skip",
                }));
            }
            let title = |one: &NetworkRecord| cell_axis(&one.network, &one.layers);
            let mut vertical = title(first);
            vertical["autorange"] = json!("reversed");
            frames.push(Frame { data, layout: json!({ "xaxis": title(second), "yaxis": vertical }) });
        }
    }
    let names: Vec<String> = study.networks.iter().map(|one| one.network.clone()).collect();
    let mut second = Control::select("second network", names.iter().cloned());
    second.start = names.len().saturating_sub(1);
    Exhibit {
        id: "width-depth-alignment".to_owned(),
        heading: "Which layers correspond".to_owned(),
        caption: "Distance of every layer of the first network (rows) to every layer of the second (columns). Blue line: the \
                  alignment of the two paths by dynamic time warping. Circles: for each layer of the first, the nearest of the \
                  second. The table has a row for each layer of the first: its nearest layer, those it is aligned with, and its \
                  distances to layers 0, 1, … of the second."
            .to_owned(),
        height: 600,
        controls: vec![Control::select("first network", names), second],
        frames,
        layout: layout(),
        sheet: alignment_sheet(study, table, &places, &known),
    }
}

/// All points of all networks.
fn matrix(study: &WidthDepthStudy, table: &DistanceTable) -> Exhibit {
    let mut columns = vec!["point".to_owned()];
    columns.extend(table.points.iter().cloned());
    let rows = table.points.iter().zip(&table.distances).map(|(name, row)| {
        let mut cells: Vec<Cell> = vec![name.as_str().into()];
        cells.extend(row.iter().map(|&value| Cell::from(Some(value))));
        cells
    });
    let sheet = Sheet { columns, rows: rows.collect() };
    let names: Vec<String> = table.points.iter().map(|name| label(name, 60)).collect();
    let heat = heat_map(
        table.distances.iter().map(|row| row.iter().copied().map(Some)),
        &with_unit("distance", &study.unit),
        None,
    );
    // So many names fit no axis: it names the networks, and lines part them.
    let mut heat = heat;
    heat["meta"] = json!({ "x": names, "y": names });
    let ranges: Vec<(f64, f64, String)> = study
        .networks
        .iter()
        .zip(places(study, table))
        .filter_map(|(one, places)| {
            let (first, last) = (places.iter().copied().flatten().min()?, places.iter().copied().flatten().max()?);
            Some((first as f64, last as f64, label(&one.network, 22)))
        })
        .collect();
    let axis = json!({
        "tickmode": "array",
        "tickvals": ranges.iter().map(|(first, last, _)| f64::midpoint(*first, *last)).collect::<Vec<_>>(),
        "ticktext": ranges.iter().map(|(.., name)| name).collect::<Vec<_>>(),
        "title": { "text": "" }, "automargin": true, "showgrid": false, "zeroline": false, "ticks": "",
        "range": [-0.5, names.len() as f64 - 0.5],
    });
    let edges = ranges.iter().map(|(first, ..)| first - 0.5).filter(|&edge| edge > 0.0);
    let line = |from: [f64; 2], to: [f64; 2]| {
        json!({ "type": "line", "xref": "x", "yref": "y", "x0": from[0], "y0": from[1], "x1": to[0], "y1": to[1],
                "line": { "width": 1 } })
    };
    let (low, high) = (-0.5, names.len() as f64 - 0.5);
    let shapes: Vec<Value> =
        edges.flat_map(|edge| [line([edge, low], [edge, high]), line([low, edge], [high, edge])]).collect();
    let mut vertical = axis.clone();
    vertical["autorange"] = json!("reversed");
    Exhibit {
        id: "width-depth-matrix".to_owned(),
        heading: "All points".to_owned(),
        caption: format!(
            "Distances between all {} layers of all networks: between two lines the layers of one network, in the \
             order of \
             computation. Pointing at a cell, or walking to it with the arrow keys, names both layers.",
            table.points.len()
        ),
        height: 720,
        controls: Vec::new(),
        frames: vec![Frame { data: vec![heat], layout: json!({ "xaxis": axis, "yaxis": vertical, "shapes": shapes }) }],
        layout: layout(),
        sheet,
    }
}
