//! The page of the three questions: answers first, then figures to explore, then where the numbers come from.

mod opening;
mod picture;
mod straightness;
mod training;
mod width_depth;

use std::fmt::Write as _;

use layerpath::analysis::Analysis;
use layerpath::study::{SCHEMA, StraightnessStudy, TrainingStudy, WidthDepthStudy};
use serde_json::{Value, json};

use crate::escape::html;
use crate::exhibit::Exhibit;
use crate::{Error, ReportOptions, StillFigure, page};

/// Distances between all points of the study of width and depth.
#[derive(Debug, Clone, PartialEq)]
pub struct DistanceTable {
    /// Names of the points, `network@epoch/layer`.
    pub points: Vec<String>,
    /// One row a point.
    pub distances: Vec<Vec<f64>>,
}

/// The documents of `layerpath reproduce`; what is missing is left out of the page.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StudyReport {
    /// How straight are paths?
    pub straightness: Option<StraightnessStudy>,
    /// How do paths emerge over training?
    pub training: Option<TrainingStudy>,
    /// The analyses behind `training`, one a network, with the paths of all epochs.
    pub analyses: Vec<Analysis>,
    /// Do wide and deep networks travel alike?
    pub width_depth: Option<WidthDepthStudy>,
    /// The distances behind `width_depth`.
    pub table: Option<DistanceTable>,
    /// What else a reader must know to judge the numbers: a term and what stands for it, for example the data and their
    /// hash.
    pub sources: Vec<(String, String)>,
}

/// The HTML page that shows a study.
///
/// It begins with the answers that the documents give, and has every figure with its controls, its table and its CSV.
///
/// # Errors
///
/// [`Error::NoStudies`] if there is nothing to show; other errors if a document contradicts its schema.
///
/// ```
/// use layerpath_report::{Error, ReportOptions, StudyReport, render_study};
/// assert!(matches!(render_study(&StudyReport::default(), &ReportOptions::default()), Err(Error::NoStudies)));
/// ```
pub fn render_study(report: &StudyReport, options: &ReportOptions) -> Result<String, Error> {
    let parts = parts(report)?;
    let mut body = opening::opening(report);
    for part in &parts {
        let _ = writeln!(body, "<section id=\"{}\">\n<h2>{}</h2>", part.id, html(part.question));
        for exhibit in &part.exhibits {
            body.push_str(&exhibit.element()?);
        }
        body.push_str("</section>\n");
    }
    body.push_str(&opening::provenance(report));
    page::document(&options.title, &body)
}

/// Every figure of a study as SVG and PNG on white paper, in the state that the page shows first. See
/// [`stills`](crate::stills) for fonts and bytes.
///
/// # Errors
///
/// As [`render_study`]; [`Error::Raster`] if a figure would be too large.
///
/// ```
/// use layerpath_report::{Error, StudyReport, study_stills};
/// assert!(matches!(study_stills(&StudyReport::default()), Err(Error::NoStudies)));
/// ```
pub fn study_stills(report: &StudyReport) -> Result<Vec<StillFigure>, Error> {
    let mut stills = Vec::new();
    for exhibit in parts(report)?.iter().flat_map(|part| &part.exhibits) {
        if let Some(figure) = exhibit.still() {
            stills.push(StillFigure::draw(exhibit.id.clone(), &figure)?);
        }
    }
    Ok(stills)
}

/// One question and its figures.
struct Part {
    id: &'static str,
    question: &'static str,
    exhibits: Vec<Exhibit>,
}

/// The figures of a study, in the order of the page.
fn parts(report: &StudyReport) -> Result<Vec<Part>, Error> {
    let mut parts = Vec::new();
    if let Some(study) = &report.straightness {
        check_schema("straightness", &study.schema)?;
        let exhibits = vec![straightness::exhibit(study)];
        parts.push(Part { id: "straightness", question: opening::STRAIGHTNESS, exhibits });
    }
    if let Some(study) = &report.training {
        check_schema("training", &study.schema)?;
        let exhibits = training::exhibits(study, &report.analyses)?;
        parts.push(Part { id: "training", question: opening::TRAINING, exhibits });
    }
    if let Some(study) = &report.width_depth {
        check_schema("width-depth", &study.schema)?;
        let exhibits = width_depth::exhibits(study, report.table.as_ref())?;
        parts.push(Part { id: "width-depth", question: opening::WIDTH_DEPTH, exhibits });
    }
    if parts.is_empty() { Err(Error::NoStudies) } else { Ok(parts) }
}

fn check_schema(study: &str, found: &str) -> Result<(), Error> {
    if found == SCHEMA {
        Ok(())
    } else {
        Err(Error::Schema { analysis: study.to_owned(), found: found.to_owned(), expected: SCHEMA })
    }
}

/// The colours of Okabe and Ito (2008), which can be told apart by everybody and seen on white and on black alike.
const COLORS: [&str; 6] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];
/// Markers, one a width or seed.
const SYMBOLS: [&str; 4] = ["circle", "square", "diamond", "triangle-up"];
/// cividis, which readers with any colour vision see alike and which keeps its order in grey.
const COLOR_SCALE: [(f64, &str); 5] =
    [(0.0, "#00204d"), (0.25, "#414d6b"), (0.5, "#7c7b78"), (0.75, "#bcaf6f"), (1.0, "#ffea46")];
/// More points than this have numbers in the place of names on their axis.
const MOST_NAMED_TICKS: usize = 32;

/// [`COLOR_SCALE`] as plotly.js reads it.
fn color_scale() -> Value {
    COLOR_SCALE.iter().map(|(place, color)| json!([place, color])).collect::<Vec<_>>().into()
}

/// The fields of an axis whose places 0, 1, … have names.
fn named_axis(title: &str, names: &[String]) -> Value {
    let title = json!({ "text": crate::escape::label(title, 60), "standoff": 10 });
    let range = [-0.5, names.len() as f64 - 0.5];
    if names.len() <= MOST_NAMED_TICKS {
        let text: Vec<String> = names.iter().map(|name| crate::escape::label(name, 22)).collect();
        json!({
            "title": title, "automargin": true, "zeroline": false, "range": range,
            "tickmode": "array", "tickvals": (0..names.len()).collect::<Vec<_>>(), "ticktext": text,
        })
    } else {
        json!({ "title": title, "automargin": true, "zeroline": false, "range": range, "tick0": 0,
                "dtick": names.len().div_ceil(12) })
    }
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
    let x = share(place % columns, columns, 0.09);
    let [bottom, top] = share(rows - 1 - place / columns, rows, 0.32 / rows as f64);
    (x, [bottom, top])
}

/// The title of a panel.
fn panel_title(text: &str, x: [f64; 2], y: [f64; 2]) -> Value {
    json!({
        "text": crate::escape::label(text, 60), "x": x[0], "y": y[1], "xref": "paper", "yref": "paper",
        "showarrow": false, "xanchor": "left", "yanchor": "bottom", "font": { "size": 13 },
    })
}

/// `x`, `x2`, …: the name of axis `place` in a trace.
fn axis_name(letter: char, place: usize) -> String {
    if place == 0 { letter.to_string() } else { format!("{letter}{}", place + 1) }
}

/// `xaxis`, `xaxis2`, …: the name of axis `place` in a layout.
fn axis_field(letter: char, place: usize) -> String {
    if place == 0 { format!("{letter}axis") } else { format!("{letter}axis{}", place + 1) }
}

/// `quantity` with `unit` in parentheses, if there is one.
fn with_unit(quantity: &str, unit: &str) -> String {
    if unit.is_empty() { quantity.to_owned() } else { format!("{quantity} ({unit})") }
}

/// A statistic in words with its unit, and whether the page shows it in degrees.
fn statistic_in_words(statistic: &str, unit: &str) -> (String, bool) {
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
        "fraction_along" => ("fraction along input → target".to_owned(), false),
        "detour" => distance("detour from input → target"),
        "distance_to_final" => distance("distance to the layer's final state"),
        "speed" => distance("speed of the layer per epoch"),
        "decoding" => ("labels decoded (share)".to_owned(), false),
        "length" | "displacement" => distance(statistic),
        "test_accuracy" => ("test accuracy".to_owned(), false),
        "arc_length_matched" => distance("at equal shares of the length"),
        "warping_mean" => distance("dynamic time warping, mean"),
        "frechet" => distance("discrete Fréchet"),
        "hausdorff" => distance("Hausdorff"),
        other => (other.replace('_', " "), false),
    }
}

/// A value as a figure shows it.
fn shown(value: f64, in_degrees: bool) -> f64 {
    crate::exhibit::rounded(if in_degrees { value.to_degrees() } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

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
