//! The page of the three questions: answers first, then figures to explore, then where the numbers come from.

mod opening;
mod picture;
mod straightness;
mod training;
mod verdict;
mod width_depth;

use std::fmt::Write as _;

use layerpath::analysis::{Analysis, Epoch};
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
    /// What the networks were trained and tested on.
    pub data: Vec<DataDescription>,
    /// The networks, those of an architecture side by side.
    pub networks: Vec<NetworkDescription>,
    /// What else a reader must know to judge the numbers: a term and what stands for it, for example the hash of the
    /// data.
    pub sources: Vec<(String, String)>,
}

/// Images that networks were trained and tested on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DataDescription {
    /// What they are, as a sentence begins, for example `CIFAR-10`.
    pub name: String,
    /// Number of images to learn from.
    pub training_images: usize,
    /// Number of images to be tested on.
    pub test_images: usize,
}

/// One trained network, for the table at the top of the page; what is not known is left out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NetworkDescription {
    /// Its name, for example `resnet14x16-seed0`.
    pub network: String,
    /// Its architecture.
    pub architecture: String,
    /// Seed of the training run.
    pub seed: u64,
    /// Number of layers with weights.
    pub depth: Option<usize>,
    /// Number of channels of its first stage.
    pub width: Option<usize>,
    /// Number of trained parameters.
    pub parameters: Option<usize>,
    /// Epochs of training.
    pub epochs: Option<Epoch>,
    /// Share of the test images that it labels correctly.
    pub test_accuracy: Option<f64>,
}

/// The HTML page that shows a study.
///
/// It begins with what was looked at and with the answers that the documents give, and has every figure with its
/// controls, its table and its CSV.
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
    let mut body = opening::looked_at(report) + &opening::opening(report);
    for part in &parts {
        let _ = writeln!(body, "<section id=\"{}\">\n<h2>{}</h2>", part.id, html(part.question));
        for exhibit in &part.exhibits {
            body.push_str(&exhibit.element()?);
        }
        body.push_str("</section>\n");
    }
    body.push_str(&opening::provenance(report, options));
    let mut contents = vec![
        ("looked-at", "What was looked at"),
        ("answers", "The answers in short"),
        ("words", "The words on this page"),
    ];
    contents.extend(parts.iter().map(|part| (part.id, part.question)));
    contents.push(("provenance", "Where the numbers come from"));
    page::document(&options.title, &contents, &body)
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

/// cividis, which readers with any colour vision see alike and which keeps its order in grey.
const COLOR_SCALE: [(f64, &str); 5] =
    [(0.0, "#00204d"), (0.25, "#414d6b"), (0.5, "#7c7b78"), (0.75, "#bcaf6f"), (1.0, "#ffea46")];

/// [`COLOR_SCALE`] as plotly.js reads it.
fn color_scale() -> Value {
    COLOR_SCALE.iter().map(|(place, color)| json!([place, color])).collect::<Vec<_>>().into()
}
