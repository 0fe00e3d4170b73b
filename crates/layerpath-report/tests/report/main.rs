//! The page as a whole: what it shows, what it refuses, and that nothing in a name can act.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails the test")]

mod errors;
mod escaping;
mod fixture;
mod stills;
mod study;

use layerpath::analysis::{
    Along, Analysis, BandRecord, BaselinesRecord, BesideRecord, Epoch, IntervalRecord, IntervalsRecord, UntrainedRecord,
};
use layerpath_report::{NamedAnalysis, ReportOptions, render};
use serde_json::Value;

fn page_of(analysis: Analysis) -> String {
    let named = NamedAnalysis { title: "A small network".to_owned(), analysis };
    let options = ReportOptions {
        title: "Two paths".to_owned(),
        program: Some("layerpath 0.1.0 (commit 0123456 of 2026-11-27)".to_owned()),
        command: Some("layerpath report ANALYSIS --out report.html".to_owned()),
    };
    render(&[named], &options).unwrap()
}

/// The page with the text of plotly.js replaced by its name.
fn without_plotly(page: &str) -> String {
    let start = page.find("<script>/**\n* plotly.js").unwrap() + "<script>".len();
    let end = start + page[start..].find("</script>").unwrap();
    format!("{}[plotly.js]{}", &page[..start], &page[end..])
}

/// The JSON of figure `name` of the first analysis.
fn figure(page: &str, name: &str) -> Value {
    let opening = format!("<script type=\"application/json\" id=\"analysis-1-{name}-data\">");
    let start = page.find(&opening).unwrap() + opening.len();
    let end = start + page[start..].find("</script>").unwrap();
    serde_json::from_str(&page[start..end]).unwrap()
}

/// The trace of the figure that belongs to path `number` and is solid or dashed.
fn trace<'a>(figure: &'a Value, number: usize, dash: &str) -> &'a Value {
    let group = format!("analysis-1-path-{number}");
    let traces = figure["data"].as_array().unwrap();
    traces.iter().find(|trace| trace["legendgroup"] == group.as_str() && trace["line"]["dash"] == dash).unwrap()
}

#[test]
fn the_whole_page() {
    insta::assert_snapshot!("page", without_plotly(&page_of(fixture::two_paths())));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert_eq!(page_of(fixture::two_paths()), page_of(fixture::two_paths()));
}

#[test]
fn nothing_is_fetched() {
    let page = page_of(fixture::two_paths());
    assert_eq!(page.matches("plotly.js v3").count(), 1, "plotly.js stands in the page once");
    assert!(page.contains("default-src 'none'"));
    let ours = without_plotly(&page);
    for fetching in ["http:", "https:", "src=\"", "@import", "url(", "MathJax"] {
        assert!(!ours.contains(fetching), "{fetching}");
    }
}

#[test]
fn undefined_angles_are_gaps_in_the_figure_and_footnotes_in_the_table() {
    let page = page_of(fixture::two_paths());
    let angles = figure(&page, "angles");
    assert_eq!(trace(&angles, 1, "solid")["y"], serde_json::json!([null, 90.0, null]));
    assert_eq!(trace(&angles, 2, "solid")["y"], serde_json::json!([null, null, null, null]));
    let heading = &trace(&angles, 2, "dash")["y"];
    assert!((heading[0].as_f64().unwrap() - 69.443_954_780_416_54).abs() < 1e-9, "arctan(8/3) in degrees");
    assert_eq!(heading.as_array().unwrap()[1..], [Value::Null, serde_json::json!(0.0), Value::Null]);
    assert_eq!(trace(&angles, 2, "dash")["connectgaps"], false);

    let reason = "the step from block1.sum to block2.sum has length 0";
    assert_eq!(page.matches(&format!("<td title=\"{reason}\">–<sup>")).count(), 4);
    assert_eq!(page.matches(&format!("<li id=\"analysis-1-path-2-note-1\">{reason}</li>")).count(), 1);
}

#[test]
fn an_undefined_value_without_a_reason_says_so() {
    let mut analysis = fixture::two_paths();
    analysis.paths[0].straightness = None;
    let page = page_of(analysis);
    assert!(page.contains("<li id=\"analysis-1-summary-note-1\">undefined; the analysis gives no reason</li>"));
}

#[test]
fn paths_without_a_target_lack_what_needs_one() {
    let page = page_of(fixture::without_target());
    assert!(page.contains("This path has no target"));
    for column in [
        "heading (°)",
        "to target (rad)",
        "progress (rad)",
        "efficiency",
        "fraction along",
        "detour (rad)",
        "end to target (rad)",
    ] {
        assert!(!page.contains(&format!("<th scope=\"col\">{column}</th>")), "{column}");
    }
    for name in ["embedding", "distances", "angles"] {
        let figure = figure(&page, name);
        let traces = figure["data"].as_array().unwrap();
        assert!(traces.iter().all(|trace| trace["line"]["dash"] == "solid"), "{name} shows a target");
    }
}

#[test]
fn the_embedding_shows_each_target_once_and_its_stress() {
    let mut analysis = fixture::two_paths();
    if let Some(embedding) = &mut analysis.embedding {
        embedding.stress = 0.125;
    }
    let embedding = figure(&page_of(analysis), "embedding");
    let traces = embedding["data"].as_array().unwrap();
    assert_eq!(traces.iter().filter(|trace| trace["marker"]["symbol"] == "star").count(), 1);
    assert_eq!(embedding["layout"]["xaxis"]["title"]["text"], "coordinate 1<br>classical-mds, stress-1 = 0.1250");
    assert_eq!(trace(&embedding, 1, "solid")["x"], serde_json::json!([0.0, 3.0, 3.0]));
    assert_eq!(trace(&embedding, 1, "solid")["y"], serde_json::json!([0.0, 0.0, 4.0]));
}

#[test]
fn statistics_stand_beside_their_intervals_and_baselines() {
    let mut analysis = fixture::two_paths();
    let band = |statistic: &str, index, low, high| BandRecord {
        statistic: statistic.to_owned(),
        index: Some(index),
        observed: None,
        median: None,
        low: Some(low),
        high: Some(high),
        reason: None,
    };
    analysis.paths[1].baselines = Some(BaselinesRecord {
        seed: 1,
        shuffled_order: vec![band("steps", 0, 2.5, 3.5), band("steps", 2, 2.0, 5.0)],
        shuffles: 200,
        noise_floor: vec![band("heading_angles", 0, 0.0, std::f64::consts::FRAC_PI_2)],
        permutations: 20,
        untrained: Some(UntrainedRecord {
            path: "net@0".to_owned(),
            values: vec![BesideRecord {
                statistic: "steps".to_owned(),
                index: Some(0),
                observed: Some(3.0),
                untrained: Some(2.75),
                reason: None,
            }],
        }),
    });
    let interval = IntervalRecord {
        statistic: "steps".to_owned(),
        index: Some(0),
        estimate: Some(3.0),
        bias_corrected: None,
        standard_error: Some(0.1),
        low: Some(2.8),
        high: Some(3.2),
        reason: None,
    };
    analysis.paths[1].intervals = Some(IntervalsRecord {
        method: "delete-group-jackknife".to_owned(),
        groups: Some(20),
        samples: None,
        share: None,
        level: 0.95,
        seed: 1,
        values: vec![interval],
    });
    let page = page_of(analysis);
    assert!(page.contains("<option value=\"0\" selected>net@3</option>") && !page.contains(">net@0</option>"));
    let figure = figure(&page, "evidence");
    let traces = figure["frames"][0]["data"].as_array().unwrap();
    let panel = |axis: &str, name: &str| {
        traces.iter().find(|trace| trace["xaxis"] == axis && trace["name"] == name).unwrap().clone()
    };
    assert_eq!(panel("x", "net@3")["y"], serde_json::json!([3.0, 0.0, 4.0]));
    assert_eq!(panel("x", "untrained")["y"], serde_json::json!([2.75]));
    assert_eq!(panel("x", "interval over stimuli")["y"], serde_json::json!([2.8, 3.2]));
    // There and back, at the layers that have it.
    assert_eq!(panel("x", "layers in random order")["x"], serde_json::json!([0.0, 2.0, 2.0, 0.0]));
    assert_eq!(panel("x", "layers in random order")["y"], serde_json::json!([2.5, 2.0, 5.0, 3.5]));
    assert_eq!(panel("x4", "rows permuted")["y"], serde_json::json!([0.0, 90.0]));
    let hover = panel("x", "net@3")["hovertext"][0].as_str().unwrap().to_owned();
    assert!(hover.contains("95 % over stimuli: 2.8000 to 3.2000") && hover.contains("random order: 2.5000"), "{hover}");
    assert!(page.contains("net%403,steps,0,input,3,2.75,2.8,3.2,2.5,3.5,,"), "the CSV");
}

#[test]
fn without_evidence_there_is_no_such_figure() {
    assert!(!page_of(fixture::two_paths()).contains("analysis-1-evidence"));
}

#[test]
fn an_analysis_without_embedding_says_so() {
    let page = page_of(Analysis { embedding: None, ..fixture::two_paths() });
    assert!(page.contains("No embedding was asked for"));
    assert!(!page.contains("analysis-1-embedding-data"));
}

#[test]
fn a_single_point_is_a_path() {
    let mut analysis = fixture::without_target();
    analysis.paths.truncate(1);
    let path = &mut analysis.paths[0];
    path.points.truncate(1);
    path.steps.clear();
    path.interior_angles.clear();
    path.distance_to_start.truncate(1);
    path.straightness = None;
    let page = page_of(analysis);
    assert!(!page.contains("<fieldset"), "one path needs no selector");
    assert_eq!(trace(&figure(&page, "angles"), 1, "solid")["y"], serde_json::json!([null]));
}

#[test]
fn paths_along_epochs_name_epochs() {
    let mut analysis = fixture::without_target();
    analysis.paths.truncate(1);
    analysis.paths[0].along = Along::Epochs;
    for (point, epoch) in analysis.points.iter_mut().zip([0, 1, 5]) {
        point.epoch = Some(Epoch::from(epoch));
    }
    let page = page_of(analysis);
    assert!(page.contains("<td class=\"text\">epoch 5</td>"));
    assert_eq!(figure(&page, "distances")["layout"]["xaxis"]["title"]["text"], "epoch");
}

#[test]
fn several_analyses_have_their_own_sections() {
    let named = |title: &str| NamedAnalysis { title: title.to_owned(), analysis: fixture::two_paths() };
    let page = render(&[named("first"), named("second")], &ReportOptions::default()).unwrap();
    assert!(page.contains("<li><a href=\"#analysis-2\">second</a></li>"));
    assert_eq!(page.matches("plotly.js v3").count(), 1);
    let mut ids: Vec<&str> = page
        .split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|id| id.starts_with("analysis-") || *id == "content")
        .collect();
    let n_ids = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), n_ids, "element names are unique");
}
