//! From saved analyses and studies to one self-contained HTML page.
//!
//! [`render`] takes analysis documents (`layerpath.analysis/1`, see [`layerpath::analysis`]) and returns a page as a
//! `String`. The page holds, for each analysis, a summary of its paths, interactive figures (an embedding, distances by
//! layer, angles by layer, and every statistic beside its intervals and baselines where there are some), a table of every path, the notes of the analysis and where the numbers come
//! from.
//!
//! This crate **computes nothing**: every number on the page stands in the analysis, rounded; angles are shown in
//! degrees. It touches no files, reads no clock and prints nothing. The same input gives the same bytes.
//!
//! [`render_study`] takes the documents of `layerpath reproduce` (`layerpath.study/1`, see [`layerpath::study`]) and returns
//! one page with the answers to the three questions, figures with controls, and a table and a CSV behind each.
//!
//! # The page
//!
//! * It makes no network request. Styles, scripts and data are inline, and a content security policy in the page
//!   forbids the browser to fetch anything, so that a mistake here could not leak either.
//! * Names are inert. Layer names and titles come from other people's models; in HTML text and attributes, in JSON
//!   inside `<script>`, and in the pseudo-HTML that plotly.js reads in labels, they show as they are written and do
//!   nothing. Control characters show as their Unicode pictures.
//! * Without scripts, on paper and to a screen reader the tables and their CSV files hold all the numbers.
//! * Arrow keys walk through the values of every figure, which are shown at their places and read out; in narrow windows
//!   figures rearrange themselves, and wide tables scroll within their boxes.
//!
//! # For papers
//!
//! [`stills`] draws the same figures as SVG and PNG, without a browser: from the JSON that plotly.js would read, so that
//! page and paper cannot differ in what they show.
//!
//! # Why plotly.js, and why not the builders of the `plotly` crate
//!
//! The `plotly` crate carries plotly.js 3 in its source, so the page needs neither a download nor a file in this
//! repository. Only that text is used. Its `to_html` would also embed two megabytes of MathJax, which reads `$…$` in
//! names as formulas, and draw random element names, which makes two pages of the same data differ; its builders lack
//! some layout fields used here; and its output inside `<script>` is escaped by its template engine, whereas here one
//! function, tested against names that try to break out, does so. Figures are therefore plain plotly.js JSON, made with
//! `serde_json`.
//!
//! # Example
//!
//! ```
//! use layerpath::analysis::Analysis;
//! use layerpath_report::{Error, NamedAnalysis, ReportOptions, render};
//!
//! # fn page(analysis: Analysis) -> Result<String, Error> {
//! let page = render(
//!     &[NamedAnalysis { title: "ResNet-14 on CIFAR-10".to_owned(), analysis }],
//!     &ReportOptions { title: "How straight is a residual network?".to_owned(), ..ReportOptions::default() },
//! )?;
//! # Ok(page)
//! # }
//! assert!(matches!(render(&[], &ReportOptions::default()), Err(Error::NoAnalyses)));
//! ```

mod beside;
mod check;
mod error;
mod escape;
mod exhibit;
mod figures;
mod format;
mod page;
mod panels;
mod plot;
mod still;
mod study;
mod tables;
mod view;

pub use error::Error;
use layerpath::analysis::Analysis;
pub use study::{DataDescription, DistanceTable, NetworkDescription, StudyReport, render_study, study_stills};

/// An analysis and the heading under which the report shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedAnalysis {
    /// Heading of the section; any text.
    pub title: String,
    /// The numbers.
    pub analysis: Analysis,
}

/// What a report says beside its analyses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportOptions {
    /// Title of the page; any text.
    pub title: String,
    /// Program that makes the page, with its version and commit, where that is to be said.
    pub program: Option<String>,
    /// The command that makes it from its documents.
    pub command: Option<String>,
}

impl Default for ReportOptions {
    /// The title `Paths through representations`, and nothing about who makes the page.
    fn default() -> Self {
        Self { title: "Paths through representations".to_owned(), program: None, command: None }
    }
}

/// The HTML page that shows `analyses`, in the order given.
///
/// The page is about 5 MB, of which plotly.js is 4.6 MB. It depends on the arguments and the version of this crate
/// alone.
///
/// # Errors
///
/// [`Error::NoAnalyses`] or [`Error::NoPaths`] if there is nothing to show; other errors if a document contradicts its
/// schema: an unknown schema, an array of the wrong length, a point that is not listed, a number that is not finite.
pub fn render(analyses: &[NamedAnalysis], options: &ReportOptions) -> Result<String, Error> {
    page::page(&views(analyses)?, options)
}

/// A figure of the report as files for a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StillFigure {
    /// Name without ending, for example `analysis-1-angles`; ASCII letters, digits and hyphens only.
    pub name: String,
    /// A stand-alone SVG 1.1 document that fetches nothing.
    pub svg: String,
    /// The same as PNG, with two pixels for each pixel of the SVG along each side.
    pub png: Vec<u8>,
}

impl StillFigure {
    fn draw(name: String, figure: &serde_json::Value) -> Result<Self, Error> {
        let svg = still::svg(figure)?;
        Ok(Self { name, png: still::png(&svg)?, svg })
    }
}

/// Every figure of `analyses` as SVG and PNG on white paper, drawn without a browser.
///
/// Figures that an analysis has no numbers for (an embedding that was not asked for) are left out. The bytes depend on
/// the arguments and the version of this crate alone: the PNG is drawn with a font that the program carries (Ubuntu
/// Light, under the Ubuntu font licence), whatever fonts the machine has. That font knows Latin, Greek and Cyrillic
/// letters; other characters show as boxes in the PNG, and in the SVG as the viewer's fonts show them.
///
/// # Errors
///
/// As [`render`]; [`Error::Raster`] if a figure would be too large.
///
/// # Example
///
/// ```
/// use layerpath::analysis::Analysis;
/// use layerpath_report::{Error, NamedAnalysis, stills};
///
/// # fn names(analysis: Analysis) -> Result<Vec<String>, Error> {
/// let figures = stills(&[NamedAnalysis { title: "ResNet-14 on CIFAR-10".to_owned(), analysis }])?;
/// let names = figures.into_iter().map(|figure| figure.name).collect(); // analysis-1-distances, …
/// # Ok(names)
/// # }
/// assert!(matches!(stills(&[]), Err(Error::NoAnalyses)));
/// ```
pub fn stills(analyses: &[NamedAnalysis]) -> Result<Vec<StillFigure>, Error> {
    let mut stills = Vec::new();
    for view in views(analyses)? {
        for figure in figures::figures(&view) {
            if let Some(plot) = &figure.plot {
                stills.push(StillFigure::draw(format!("{}-{}", view.id, figure.id), plot)?);
            }
        }
        if let Some(exhibit) = figures::evidence::exhibit(&view)
            && let Some(figure) = exhibit.still()
        {
            stills.push(StillFigure::draw(exhibit.id, &figure)?);
        }
    }
    Ok(stills)
}

fn views(analyses: &[NamedAnalysis]) -> Result<Vec<view::AnalysisView<'_>>, Error> {
    if analyses.is_empty() {
        return Err(Error::NoAnalyses);
    }
    let views = analyses.iter().enumerate();
    views
        .map(|(place, named)| {
            check::check(&named.title, &named.analysis)?;
            view::AnalysisView::new(place, named)
        })
        .collect()
}
