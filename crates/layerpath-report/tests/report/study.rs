//! The page of a study: what it answers, what its figures hold, and that names cannot act.

use layerpath::analysis::{Along, Analysis, Epoch, PointRecord, Stimuli, analyze, paths, point_name};
use layerpath::geometry::UnitVector;
use layerpath::metric::{Metric, Point};
use layerpath::study::{
    BaselineRange, DecodedLayer, GridBaselines, MetricRecord, NetworkPath, Replica, StraightnessStudy, TrainingRun,
    straightness, training, width_depth,
};
use layerpath_report::{
    DataDescription, DistanceTable, Error, NetworkDescription, ReportOptions, StudyReport, render_study, study_stills,
};
use serde_json::{Value, json};

use crate::without_plotly;

/// Layers on the equator at these angles, at epochs 0 and 4, and the labels at 1 rad.
fn analysis(network: &str, seed: u64, epochs: [[f64; 3]; 2]) -> Analysis {
    let mut all: Vec<(PointRecord, Point)> = Vec::new();
    let at = |angle: f64| Point::Sphere(UnitVector::normalize(vec![angle.cos(), angle.sin(), 0.0]).unwrap());
    for (epoch, angles) in [0, 4].map(Epoch::from).into_iter().zip(epochs) {
        for (index, angle) in angles.into_iter().enumerate() {
            let layer = ["input", "block", "logits"][index].to_owned();
            let record = PointRecord {
                name: point_name(Some(network), Some(epoch), &layer),
                layer,
                index: Some(index),
                network: Some(network.to_owned()),
                epoch: Some(epoch),
                seed: Some(seed),
                ..PointRecord::default()
            };
            all.push((record, at(angle)));
        }
    }
    all.push((PointRecord { name: "labels".into(), layer: "labels".into(), ..PointRecord::default() }, at(1.0)));
    let records: Vec<PointRecord> = all.iter().map(|(record, _)| record.clone()).collect();
    let mut described = paths(&records, Along::Layers);
    for path in &mut described {
        path.target = Some(all.len() - 1);
    }
    analyze(&Metric::default(), Stimuli::row_numbers(4), &all, &described).unwrap()
}

/// Two seeds of one architecture, and one deeper network, called `odd`.
fn report(odd: &str) -> StudyReport {
    let analyses = [
        analysis("net-seed0", 0, [[0.0, 0.4, 0.2], [0.0, 0.3, 0.5]]),
        analysis("net-seed1", 1, [[0.0, 0.4, 0.205], [0.0, 0.31, 0.52]]),
        analysis(odd, 0, [[0.0, 0.4, 0.2], [0.0, 0.6, 0.9]]),
    ];
    let replica = |place: usize| Replica {
        architecture: "net",
        seed: place as u64,
        trained: &analyses[place].paths[1],
        untrained: Some(&analyses[place].paths[0]),
        progress: None,
    };
    let record = straightness("angular-cka", "blocks", &[replica(0), replica(1)]).unwrap();
    let metric = |name: &str| MetricRecord {
        metric: name.to_owned(),
        unit: "rad".to_owned(),
        stimuli: 4,
        architectures: vec![record.clone()],
    };
    let distances = vec![vec![vec![0.0, 0.1, 0.2]; 2]; 2];
    let decoded = [DecodedLayer { epoch: Epoch::from(4), layer: "block".into(), accuracy: 0.5, chance: 0.1 }];
    let both: Vec<Vec<_>> = analyses[..2].iter().map(|one| one.paths.iter().collect()).collect();
    let runs: Vec<TrainingRun<'_>> = (0..2)
        .map(|place| TrainingRun {
            network: ["net-seed0", "net-seed1"][place],
            architecture: "net",
            seed: place as u64,
            paths: &both[place],
            distances: &distances,
            test_accuracy: &[Some(0.1), Some(0.8)],
            decoded: &decoded,
        })
        .collect();
    let angles = [0.0, 0.3, 0.5, 0.0, 0.31, 0.52, 0.0, 0.6, 0.9_f64];
    let table: Vec<Vec<f64>> = angles.iter().map(|x| angles.iter().map(|y| (x - y).abs()).collect()).collect();
    let networks: Vec<NetworkPath<'_>> = [("net-seed0", "net", 8), ("net-seed1", "net", 8), (odd, odd, 14)]
        .into_iter()
        .enumerate()
        .map(|(place, (network, architecture, depth))| NetworkPath {
            network,
            architecture,
            depth,
            width: 4,
            seed: u64::from(place == 1),
            test_accuracy: Some(0.8),
            path: &analyses[place].paths[1],
            untrained: Some(&analyses[place].paths[0]),
            untrained_accuracy: Some(0.1),
            places: 3 * place..3 * place + 3,
        })
        .collect();
    let width_depth = width_depth(&Metric::default(), 4, &networks, &table, GridBaselines::default()).unwrap();
    let training = training("m", "rad", 4, &runs).unwrap();
    StudyReport {
        straightness: Some(StraightnessStudy::new(vec![metric("m"), metric("other")])),
        training: Some(training),
        table: Some(DistanceTable { points: width_depth.embedding.points.clone(), distances: table }),
        width_depth: Some(width_depth),
        analyses: analyses[..2].to_vec(),
        data: vec![DataDescription { name: "Made-up <images>".to_owned(), training_images: 50_000, test_images: 4 }],
        networks: vec![NetworkDescription {
            network: "net-seed0".to_owned(),
            architecture: "net".to_owned(),
            depth: Some(8),
            width: Some(4),
            parameters: Some(12_345),
            epochs: Some(Epoch::from(4)),
            test_accuracy: Some(0.8125),
            ..NetworkDescription::default()
        }],
        sources: vec![("hash".to_owned(), "made up".to_owned())],
    }
}

fn page(odd: &str) -> String {
    render_study(&report(odd), &ReportOptions::default()).unwrap()
}

fn figure(page: &str, name: &str) -> Value {
    let opening = format!("<script type=\"application/json\" id=\"{name}-data\">");
    let start = page.find(&opening).unwrap() + opening.len();
    let end = start + page[start..].find("</script>").unwrap();
    serde_json::from_str(&page[start..end]).unwrap()
}

/// Header and rows of a CSV of the page; no name in it has a comma.
fn csv(page: &str, name: &str) -> Vec<Vec<String>> {
    let opening = format!("<a download=\"{name}.csv\" href=\"data:text/csv;charset=utf-8,");
    let start = page.find(&opening).unwrap() + opening.len();
    let end = start + page[start..].find('"').unwrap();
    let mut parts = page[start..end].split('%');
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        text.push(char::from(u8::from_str_radix(&part[..2], 16).unwrap()));
        text.push_str(&part[2..]);
    }
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// Whether a cell of a CSV says what a figure, which rounds, draws.
fn is_drawn(cell: &str, value: &Value) -> bool {
    match value.as_f64() {
        Some(value) => (cell.parse::<f64>().unwrap() - value).abs() <= 1e-5 * value.abs(),
        None => cell.is_empty(),
    }
}

/// The values of column `column` in the rows whose cells are those of `key`, in their order.
fn column<'a>(rows: &'a [Vec<String>], key: &[(&str, &str)], column: &str) -> Vec<&'a str> {
    let at = |name: &str| rows[0].iter().position(|own| own == name).unwrap();
    let own = rows[1..].iter().filter(|row| key.iter().all(|(name, value)| row[at(name)] == *value));
    own.map(|row| row[at(column)].as_str()).collect()
}

#[test]
fn answers_stand_before_the_figures() {
    let page = without_plotly(&page("deep-seed0"));
    let answers = page.find("<section id=\"answers\">").unwrap();
    let first_figure = page.find("class=\"plot\"").unwrap();
    assert!(answers < first_figure);
    for sentence in [
        "net (block outputs): training makes the path straighter: 0.",
        "net (block outputs), choice of metric: with training, straightness rises under m (m = 4: +0.",
        "net: training makes the path straighter",
        "1 of 1 pairs of architectures travel farther apart",
    ] {
        assert!(page[answers..first_figure].contains(sentence), "{sentence}");
    }
    assert!(page.contains("<dt>hash</dt><dd>made up</dd>"));
}

#[test]
fn what_was_looked_at_stands_first() {
    let page = without_plotly(&page("deep-seed0"));
    let looked_at = page.find("<section id=\"looked-at\">").unwrap();
    let answers = page.find("<section id=\"answers\">").unwrap();
    assert!(looked_at < answers);
    let part = &page[looked_at..answers];
    for said in [
        "<p>Made-up &lt;images&gt;: the networks learned from 50,000 images and were tested on 4 others.</p>",
        "every network was shown the same 4 images; distances are those of m.",
        // Seed 0 as it is described, seed 1 as the documents know it.
        "<tr><th scope=\"row\">net</th><td>8</td><td>4</td><td>12,345</td><td>4</td><td>0, 1</td><td>81.2 %, 80.0 \
         %</td>\
         <td>straightness, training, width and depth</td></tr>",
        "<tr><th scope=\"row\">deep-seed0</th><td>14</td><td>4</td><td>–</td><td>–</td><td>0</td><td>80.0 %</td>\
         <td>width and depth</td></tr>",
    ] {
        assert!(part.contains(said), "{said}\n{part}");
    }
}

/// The verdict on each question, in the order of the page.
fn verdicts(page: &str) -> Vec<String> {
    let all = page.split("<p class=\"verdict").skip(1);
    all.map(|rest| {
        let text = |part: &str| part.split('>').nth(1).unwrap().split('<').next().unwrap().to_owned();
        let (headline, rest) = rest.split_once("</p>\n").unwrap();
        let others = rest.strip_prefix("<p class=\"beside\"").map_or_else(String::new, |one| format!(" {}", text(one)));
        text(headline) + &others
    })
    .collect()
}

#[test]
fn each_question_has_a_verdict_before_its_evidence() {
    let mut report = report("deep-seed0");
    for one in &mut report.straightness.as_mut().unwrap().metrics[0].architectures[0].statistics {
        if one.statistic == "straightness" {
            one.shuffled_order = Some(BaselineRange { median: 0.5, low: 0.4, high: 0.6 });
        }
        if let Some(trained) = one.trained.as_mut() {
            (trained.low, trained.high) = (Some(trained.mean - 0.01), Some(trained.mean + 0.01));
        }
    }
    let page = without_plotly(&render_study(&report, &ReportOptions::default()).unwrap());
    let [straightness, training, width_depth] = &verdicts(&page)[..] else { panic!("three questions") };
    assert_eq!(
        straightness,
        "Trained paths are straighter than the same layers in random order. The steps of most progress towards the labels \
         lie in the first half of the path. Most progress is made in net from input to block (+0.30 rad). The other \
         metric names the same steps."
    );
    assert_eq!(
        training,
        "Training makes the paths straighter. This is seen under m. It holds in net under the other metric too. The change of straightness is clear from epoch 4 of 4 on in net."
    );
    assert_eq!(
        width_depth,
        "The data do not support that networks of another depth travel farther apart than two trainings of one. Farther \
         apart than any two trainings of one architecture are, of 1 pair of architectures that differ in depth alone, 1 (by chance 0, 0 to 1)."
    );
    let verdict = page.find("<p class=\"verdict").unwrap();
    let evidence = page.find("<ul class=\"answer\">").unwrap();
    let certainty = page.find("<p class=\"certainty\">").unwrap();
    assert!(verdict < evidence && evidence < certainty, "{verdict} {evidence} {certainty}");
    assert!(
        page.contains("How sure?</strong> 1 architecture with 2 networks each, trained from different seeds, 4 images")
    );
}

#[test]
fn whether_networks_travel_alike_is_said_at_once() {
    let mut report = report("deep-seed0");
    let study = report.width_depth.as_mut().unwrap();
    let estimate = |value: f64| json!({ "value": value, "low": value - 0.01, "high": value + 0.01 });
    let band = json!({ "median": 0.7, "low": 0.6, "high": 0.8 });
    let nearest = |relation: Option<&str>, kept: f64| json!({ "relation": relation, "pairs": 1, "order_kept": estimate(kept), "untrained": null, "shuffled_order": band });
    study.nearest = serde_json::from_value(json!([nearest(None, 0.98), nearest(Some("replica"), 0.99)])).unwrap();
    let chance = |at_least: f64| json!({ "assignments": 1999, "ratio": { "median": 1.0, "low": 0.9, "high": 1.1 }, "at_least": at_least });
    let travel = |relation: Option<&str>| {
        let without = |size: usize, ratio: f64, at_least: f64| json!({ "dimension": "depth", "size": size, "pairs": 4, "replica_pairs": 2, "ratio": estimate(ratio), "chance": chance(at_least) });
        json!({
            "measure": "arc_length_matched", "relation": relation, "pairs": 4, "replica_pairs": 2, "mean": estimate(0.5),
            "replica_mean": estimate(0.4), "ratio": estimate(1.25), "chance": chance(0.001), "beyond": 1, "architectures": 1,
            "beyond_by_chance": null, "without": [without(8, 1.01, 0.6), without(14, 1.3, 0.002)], "untrained_mean": null,
            "untrained_ratio": null, "shuffled_order": null,
        })
    };
    study.travel = serde_json::from_value(json!([travel(None), travel(Some("depth"))])).unwrap();
    let said = |report: &StudyReport| {
        let page = without_plotly(&render_study(report, &ReportOptions::default()).unwrap());
        verdicts(&page)[2].clone()
    };
    assert_eq!(
        said(&report),
        "Networks of different architectures travel alike in order, but not in place. In order: two layers of one network \
         and the layers of the other nearest to them come in the same order in 98.0 % of all cases (97.0 % to 99.0 %; 70.0 % \
         with its layers in random order, 99.0 % between two trainings of one architecture). Not in place: their paths are \
         1.25 times as far apart as those of two trainings of one architecture (1.240 to 1.260 over networks; random \
         assignments reach that with P = 0.0010). Networks of another depth travel 1.25 times as far apart as two trainings \
         of one architecture (1.240 to 1.260 over networks; random assignments reach that with P = 0.0010), which is not \
         supported without those of 8 layers (1.01 times). Farther apart than any two trainings of one architecture are, of 1 \
         pair of architectures that differ in depth alone, 1."
    );
    report.width_depth.as_mut().unwrap().travel[0].chance.as_mut().unwrap().at_least = 0.2;
    assert!(said(&report).starts_with(
        "Networks of different architectures travel alike in order; whether also in place, the data do not tell. In order: "
    ));
}

#[test]
fn a_verdict_is_withheld_where_the_numbers_support_none() {
    let mut undecided = report("deep-seed0");
    for change in
        undecided.training.as_mut().unwrap().architectures[0].epochs.iter_mut().filter_map(|one| one.change.as_mut())
    {
        change.low = Some(-1.0);
        change.high = Some(1.0);
    }
    let study = &mut undecided.straightness.as_mut().unwrap().metrics[0].architectures[0];
    for trained in study.statistics.iter_mut().filter_map(|one| one.trained.as_mut()) {
        (trained.low, trained.high) = (None, None);
    }
    for group in &mut undecided.width_depth.as_mut().unwrap().groups {
        group.beyond_replicas = None;
    }
    let page = without_plotly(&render_study(&undecided, &ReportOptions::default()).unwrap());
    assert_eq!(verdicts(&page), ["No verdict: these numbers do not support one."; 3]);
}

#[test]
fn the_page_says_what_made_it_and_its_documents() {
    let options = ReportOptions {
        program: Some("layerpath 9 (commit <0123456> of 2026-11-27)".to_owned()),
        command: Some("layerpath report STUDY".to_owned()),
        ..ReportOptions::default()
    };
    let mut report = report("deep-seed0");
    report.training.as_mut().unwrap().program = "layerpath 8 (commit fedcba9 of 2026-11-26)".to_owned();
    let page = render_study(&report, &options).unwrap();
    let page = &page[page.find("<section id=\"provenance\">").unwrap()..];
    for said in [
        "<dd><code>layerpath 9 (commit &lt;0123456&gt; of 2026-11-27)</code></dd>",
        "<dd><code>layerpath report STUDY</code></dd>",
        "<tr><th scope=\"row\">training</th><td>layerpath.study/1</td><td>layerpath 8 (commit fedcba9 of \
         2026-11-26)</td></tr>",
        "<tr><th scope=\"row\">net-seed1</th><td>layerpath.analysis/1</td>",
    ] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn figures_have_a_state_for_every_choice() {
    let page = page("deep-seed0");
    for (name, choices) in [
        ("straightness-layers", &[2][..]),
        ("training-whole", &[]),
        ("training-paths", &[2, 2, 2]),
        ("training-distances", &[2, 2]),
        ("training-maps", &[2, 11]),
        ("width-depth-statistics", &[2]),
        ("width-depth-yardstick", &[4]),
        ("width-depth-pairs", &[4]),
        ("width-depth-paths", &[2]),
        ("width-depth-alignment", &[3, 3]),
        ("width-depth-matrix", &[]),
    ] {
        let figure = figure(&page, name);
        assert_eq!(figure["choices"], serde_json::json!(choices), "{name}");
        let frames = figure["frames"].as_array().unwrap();
        assert_eq!(frames.len(), choices.iter().product::<usize>(), "{name}");
        assert!(frames.iter().all(|frame| !frame["data"].as_array().unwrap().is_empty()), "{name}");
        assert!(page.contains(&format!("download=\"{name}.csv\"")), "{name}");
    }
    // The straight path through 0, 0.3 and 0.5 rad, in degrees at its inner layer.
    let trained = &figure(&page, "straightness-layers")["frames"][0]["data"];
    let lines: Vec<&Value> = trained.as_array().unwrap().iter().filter(|one| one["name"] == "trained").collect();
    assert!((lines[2]["y"][0].as_f64().unwrap() - 180.0).abs() < 1e-3, "{}", lines[2]);
    // Speeds, the last but one of the maps, are coloured by their logarithm and told as they are.
    let speed = &figure(&page, "training-maps")["frames"][9]["data"][1];
    let (color, told) = (speed["z"][0][1].as_f64().unwrap(), speed["customdata"][0][1].as_f64().unwrap());
    assert!(told > 0.0 && (color - told.log10()).abs() < 1e-4, "{speed}");
    let bar = &speed["colorbar"];
    let (places, texts) = (bar["tickvals"].as_array().unwrap(), bar["ticktext"].as_array().unwrap());
    assert!(places.len() >= 2 && places.len() == texts.len(), "{bar}");
    for (at, text) in places.iter().zip(texts) {
        let text: f64 = text.as_str().unwrap().parse().unwrap();
        assert!((at.as_f64().unwrap() - text.log10()).abs() < 1e-3, "{bar}");
    }
    // From 0.3 to 0.5 rad, by the table of distances.
    let hover = &figure(&page, "width-depth-paths")["frames"][0]["data"][0]["hovertext"][1];
    assert_eq!(hover, "<b>net-seed0</b><br>1 · block<br>step to next: 0.2000 rad");
    // Layer 1 of the first network, 0.3 rad, and layer 1 of the deep one, 0.6 rad.
    let aligned = &figure(&page, "width-depth-alignment")["frames"][2]["data"][0]["z"][1][1];
    assert!((aligned.as_f64().unwrap() - 0.3).abs() < 1e-6, "{aligned}");
}

#[test]
fn tables_of_training_hold_what_the_figures_draw() {
    let page = page("deep-seed0");
    // Every line of every panel: three numbers a network, the sixth panel is the accuracy.
    let whole = csv(&page, "training-whole");
    let lines = figure(&page, "training-whole")["frames"][0]["data"].as_array().unwrap().clone();
    assert_eq!(lines.len(), 2 * 6);
    for (statistic, place) in [("straightness", 0), ("length", 1), ("displacement", 2), ("test_accuracy", 5)] {
        for (number, network) in ["net-seed0", "net-seed1"].into_iter().enumerate() {
            let line = &lines[2 * place + number];
            assert_eq!(line["name"], network);
            let own = column(&whole, &[("network", network), ("statistic", statistic)], "value");
            assert_eq!(own.len(), 2, "{network} {statistic}");
            assert!(own.iter().zip(line["y"].as_array().unwrap()).all(|(cell, value)| is_drawn(cell, value)));
        }
    }
    assert_eq!(column(&whole, &[("network", "net-seed1"), ("statistic", "test_accuracy")], "epoch"), ["0", "4"]);
    let mean = [("network", "mean over seeds"), ("statistic", "straightness"), ("epoch", "4")];
    assert_eq!(column(&whole, &mean, "value"), ["1"]);
    assert_eq!(column(&whole, &mean, "seeds"), ["2"]);
    assert!(page.contains("<td>net-seed0</td><td>4</td><td>test_accuracy</td><td>0.8000</td>"));

    // The path and the target at the first epoch, in the plane and in space.
    let points = csv(&page, "training-paths");
    for (view, axes) in [(0, &["x", "y"][..]), (1, &["x", "y", "z"])] {
        let data = &figure(&page, "training-paths")["frames"][2 * view]["data"];
        for (place, axis) in axes.iter().enumerate() {
            let own =
                column(&points, &[("network", "net-seed0"), ("epoch", "0")], &format!("coordinate {}", place + 1));
            let drawn = data[2][*axis].as_array().unwrap().iter().chain(data[3][*axis].as_array().unwrap());
            assert_eq!(own.len(), 4, "three layers and the target");
            assert!(own.iter().zip(drawn).all(|(cell, value)| is_drawn(cell, value)), "{own:?} {data}");
        }
    }
    assert_eq!(
        column(&points, &[("network", "net-seed1"), ("epoch", "4")], "layer"),
        ["input", "block", "logits", "target"]
    );

    // Lines before and after training can be seen on any paper; in space all axes are in view.
    for frame in figure(&page, "training-paths")["frames"].as_array().unwrap() {
        assert_eq!(frame["data"][0]["line"]["color"], "#7a7f85");
        let in_space = frame["data"][0]["type"] == "scatter3d";
        assert_eq!(frame["layout"]["scene"]["camera"]["center"]["z"].is_number(), in_space);
    }

    let maps = csv(&page, "training-maps");
    let accuracy = [("network", "net-seed1"), ("statistic", "test_accuracy")];
    assert_eq!(column(&maps, &accuracy, "value"), ["0.1", "0.8"]);
    assert_eq!(column(&maps, &accuracy, "epoch"), ["0", "4"]);
}

#[test]
fn the_table_of_correspondences_holds_distances_and_alignments() {
    let mut report = report("deep-seed0");
    report.width_depth.as_mut().unwrap().pairs[0].alignment = vec![(0, 0), (0, 1), (1, 2), (2, 2)];
    let page = render_study(&report, &ReportOptions::default()).unwrap();
    let rows = csv(&page, "width-depth-alignment");
    let names = ["net-seed0", "net-seed1", "deep-seed0"];
    let frames = figure(&page, "width-depth-alignment")["frames"].as_array().unwrap().clone();
    for (i, first) in names.into_iter().enumerate() {
        for (j, second) in names.into_iter().enumerate() {
            let data = &frames[3 * i + j]["data"];
            let key = [("network", first), ("other", second)];
            for other in 0..3 {
                let own = column(&rows, &key, &format!("distance to {other}"));
                assert_eq!(own.len(), 3, "{first} {second}");
                assert!(own.iter().zip(0..).all(|(cell, place)| is_drawn(cell, &data[0]["z"][place][other])));
            }
            let blue: Vec<(usize, usize)> = data[1]["y"].as_array().map_or_else(Vec::new, |own| {
                let place = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
                own.iter().zip(data[1]["x"].as_array().unwrap()).map(|(y, x)| (place(y), place(x))).collect()
            });
            assert_eq!(blue.is_empty(), i == j);
            let told: Vec<(usize, usize)> = column(&rows, &key, "aligned indices")
                .into_iter()
                .enumerate()
                .flat_map(|(own, cell)| cell.split_whitespace().map(move |other| (own, other.parse().unwrap())))
                .collect();
            assert_eq!(told, blue, "{first} {second}");
            let nearest: Vec<String> = data[2]["x"]
                .as_array()
                .map_or(vec![String::new(); 3], |own| own.iter().map(Value::to_string).collect());
            assert_eq!(column(&rows, &key, "nearest index"), nearest, "{first} {second}");
        }
    }
}

#[test]
fn every_figure_can_be_printed() {
    let stills = study_stills(&report("deep & <wide>")).unwrap();
    let names: Vec<&str> = stills.iter().map(|still| still.name.as_str()).collect();
    assert_eq!(names.len(), 11, "{names:?}");
    assert!(names.contains(&"training-maps") && names.contains(&"width-depth-alignment"));
    for still in &stills {
        assert!(still.svg.contains("<svg") && still.png.starts_with(b"\x89PNG"), "{}", still.name);
    }
    // Each says what the lists of the page choose.
    for (name, chosen) in [
        ("straightness-layers", "paths: net, block outputs, m (m = 4)"),
        ("training-paths", "network: net-seed0; view: in the plane; epoch 4"),
        ("training-distances", "network: net-seed0; epoch 4"),
        ("training-maps", "network: net-seed0; statistic: step to the next layer (rad)"),
        ("width-depth-statistics", "against: depth"),
        ("width-depth-yardstick", "measure: at equal shares of the length (rad)"),
        ("width-depth-pairs", "measure: at equal shares of the length (rad)"),
        ("width-depth-paths", "view: in the plane"),
        ("width-depth-alignment", "first network: net-seed0; second network: deep &amp; &lt;wide&gt;"),
    ] {
        let still = stills.iter().find(|still| still.name == name).unwrap();
        assert!(still.svg.contains(&format!(">{chosen}</text>")), "{name}: {}", &still.svg[..600]);
    }
}

#[test]
fn names_stay_names_in_studies_too() {
    let page = page("</script><img src=x onerror=alert(1)>\"'&{}`");
    assert!(!page.contains("<img src=x"), "a name became an element");
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"));
    assert_eq!(page, self::page("</script><img src=x onerror=alert(1)>\"'&{}`"), "the same bytes again");
}

#[test]
fn what_contradicts_itself_is_refused() {
    let options = ReportOptions::default();
    assert!(matches!(render_study(&StudyReport::default(), &options), Err(Error::NoStudies)));
    let mut short = report("deep");
    short.table.as_mut().unwrap().distances.pop();
    assert!(matches!(render_study(&short, &options), Err(Error::WrongLength { .. })));
    let mut infinite = report("deep");
    infinite.table.as_mut().unwrap().distances[0][1] = f64::INFINITY;
    assert!(matches!(render_study(&infinite, &options), Err(Error::NotFinite { .. })));
    let mut foreign = report("deep");
    foreign.training.as_mut().unwrap().schema = "other/1".to_owned();
    assert!(matches!(render_study(&foreign, &options), Err(Error::Schema { .. })));
}
