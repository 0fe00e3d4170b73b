//! The analysis file (schema `layerpath.analysis/1`, docs/analysis-schema.md) and its tidy tables.

use std::path::{Path, PathBuf};

use layerpath::analysis::{Analysis, SCHEMA};
use serde::Deserialize;

use crate::atomic::{ensure_dir, read_text, write_together};
use crate::error::{Error, Result};

mod check;
mod columns;
mod evidence;
mod tables;

pub use evidence::{evidence_table, stimuli_table};
pub use tables::{layers_table, pairs_table};

/// Name of the analysis file in a folder of results.
pub const ANALYSIS_FILE: &str = "analysis.json";

/// What [`write_analysis`] wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnalysisFiles {
    /// `analysis.json`.
    pub analysis: PathBuf,
    /// Names of the tables, each written as `.csv` and as `.parquet`: `layers` (one row a point of a path), `pairs` (one row a
    /// pair of points of a path), `evidence` (one row a number and kind of evidence) and `stimuli` (one row a stimulus of a
    /// step), the last two where there is any.
    pub tables: Vec<&'static str>,
}

/// The text of an analysis file: readable JSON, the same bytes for the same analysis, numbers that read back exactly.
///
/// # Errors
/// When parts contradict each other or a number is not finite: a mistake of the program.
pub fn analysis_to_json(analysis: &Analysis) -> Result<String> {
    if let Some(problem) = check::problem(analysis) {
        return Err(Error::internal(format!("an analysis that contradicts itself: {problem}")));
    }
    let unwritable = |error| Error::internal(format!("an analysis that cannot be written: {error}"));
    let mut text = serde_json::to_string_pretty(analysis).map_err(unwritable)?;
    // A number that is not finite is written as null and comes back as something else, in whatever field it stands.
    let returned: Option<Analysis> = serde_json::from_str(&text).ok();
    if returned.as_ref() != Some(analysis) {
        return Err(Error::internal("an analysis that holds a number that is not finite"));
    }
    text.push('\n');
    Ok(text)
}

/// Writes `analysis.json`, and its tables layers and pairs, and evidence and stimuli where the analysis has what they hold, as
/// `.csv` and `.parquet`, into `folder`, which is made where it is missing. Such tables of an earlier analysis that are not
/// written anew are removed. The same analysis gives the same bytes.
///
/// # Errors
/// When the folder cannot be written, or as [`analysis_to_json`].
pub fn write_analysis(folder: &Path, analysis: &Analysis) -> Result<AnalysisFiles> {
    let text = analysis_to_json(analysis)?;
    let tables = [
        ("layers", Some(tables::layers(analysis)?)),
        ("pairs", Some(tables::pairs(analysis)?)),
        ("evidence", evidence::evidence(analysis)),
        ("stimuli", evidence::stimuli(analysis)),
    ];
    ensure_dir(folder)?;
    let files = AnalysisFiles {
        analysis: folder.join(ANALYSIS_FILE),
        tables: tables.iter().filter(|(_, table)| table.is_some()).map(|(name, _)| *name).collect(),
    };
    let (mut all, mut absent): (Vec<(PathBuf, Vec<u8>)>, Vec<PathBuf>) = (Vec::new(), Vec::new());
    for (name, table) in &tables {
        let (csv, parquet) = (folder.join(format!("{name}.csv")), folder.join(format!("{name}.parquet")));
        match table {
            Some(table) => all.extend([(csv, table.to_csv()?.into_bytes()), (parquet, table.to_parquet()?)]),
            None => absent.extend([csv, parquet]),
        }
    }
    all.push((files.analysis.clone(), text.into_bytes()));
    let all: Vec<(&Path, &[u8])> = all.iter().map(|(file, bytes)| (file.as_path(), &bytes[..])).collect();
    write_together(folder, &all, &absent)?;
    Ok(files)
}

/// Reads an analysis file, or the one in a folder, and checks that its parts agree.
///
/// # Errors
/// When it is not there, of another schema, or contradicts itself: the message names path and field.
pub fn read_analysis(path: &Path) -> Result<Analysis> {
    /// The one field that every version has.
    #[derive(Deserialize)]
    struct Version {
        schema: String,
    }

    let file = if path.is_dir() { path.join(ANALYSIS_FILE) } else { path.to_path_buf() };
    let mend = "name a file that `layerpath analyze --out` wrote, or the folder with it";
    let text = read_text(&file)?;
    let refused = |problem: String, mend: &str| Error::content(&file, "", problem, mend);
    let version: Version =
        serde_json::from_str(&text).map_err(|error| refused(format!("this is no analysis file ({error})"), mend))?;
    if version.schema != SCHEMA {
        return Err(refused(
            format!("schema `{}`, this program reads `{SCHEMA}`", version.schema),
            "use the version of layerpath that wrote it, or analyze again",
        ));
    }
    let analysis: Analysis =
        serde_json::from_str(&text).map_err(|error| refused(format!("the fields are wrong ({error})"), mend))?;
    match check::problem(&analysis) {
        None => Ok(analysis),
        Some(problem) => Err(refused(problem, "the file was changed or damaged: analyze again")),
    }
}
