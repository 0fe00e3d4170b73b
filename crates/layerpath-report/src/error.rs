//! What can be wrong with the documents given to a report.

/// Why no page could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The list of analyses is empty.
    #[error("there is no analysis to report")]
    NoAnalyses,
    /// A report of a study without a study.
    #[error("there is no study to report")]
    NoStudies,
    /// An analysis holds no path.
    #[error("the analysis `{analysis}` holds no path")]
    NoPaths {
        /// Title of the analysis.
        analysis: String,
    },
    /// The document follows another schema than this version reads.
    #[error("the analysis `{analysis}` has schema `{found}`; this version reads `{expected}`")]
    Schema {
        /// Title of the analysis.
        analysis: String,
        /// Schema named in the document.
        found: String,
        /// Schema that this crate reads.
        expected: &'static str,
    },
    /// A path goes through no point.
    #[error("the path `{path}` of the analysis `{analysis}` has no points")]
    EmptyPath {
        /// Title of the analysis.
        analysis: String,
        /// Name of the path.
        path: String,
    },
    /// An array is shorter or longer than the path requires.
    #[error("in `{analysis}`, `{owner}`: `{field}` has {found} values where {expected} belong")]
    WrongLength {
        /// Title of the analysis.
        analysis: String,
        /// Name of the path, or `embedding`.
        owner: String,
        /// Field of the document.
        field: &'static str,
        /// Number of values found.
        found: usize,
        /// Number of values that belong there.
        expected: usize,
    },
    /// A path names a point that the document does not list.
    #[error("the path `{path}` of the analysis `{analysis}` names the point `{point}`, which is not listed")]
    UnknownPoint {
        /// Title of the analysis.
        analysis: String,
        /// Name of the path.
        path: String,
        /// Name of the point.
        point: String,
    },
    /// A number is infinite or not a number; undefined values must be null.
    #[error("in `{analysis}`, `{owner}`: `{field}` holds a value that is not finite")]
    NotFinite {
        /// Title of the analysis.
        analysis: String,
        /// Name of the path, or `embedding`.
        owner: String,
        /// Field of the document.
        field: &'static str,
    },
    /// The `plotly` crate no longer carries plotly.js in the form that this crate takes apart: our fault.
    #[error("plotly.js was not found inside the `plotly` crate")]
    PlotlySource,
    /// A figure holds something that cannot be drawn without a browser.
    #[error("a figure holds {what}, which can only be drawn in a browser; open the page instead")]
    Still {
        /// What it holds.
        what: String,
    },
    /// A figure could not be turned into pixels.
    #[error("a figure could not be turned into a PNG: {reason}")]
    Raster {
        /// Why.
        reason: String,
    },
    /// The font inside the `epaint_default_fonts` crate could not be read: our fault.
    #[error("the font inside the `epaint_default_fonts` crate could not be read")]
    Font,
    /// A figure could not be written as JSON: our fault.
    #[error("a figure could not be written as JSON")]
    Json(#[from] serde_json::Error),
}
