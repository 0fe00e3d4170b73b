//! `layerpath report`.

use std::path::{Path, PathBuf};

use layerpath_io::analysis::read_analysis;
use layerpath_io::{ensure_dir, write_bytes_atomically, write_text_atomically};
use layerpath_report::{NamedAnalysis, ReportOptions, StillFigure, render, render_study, stills, study_stills};

use crate::arguments::ReportArguments;
use crate::commands::reproduce::{is_study, read_study};
use crate::failure::{Failure, Result};
use crate::messages::Messages;
use crate::origin;
use crate::outputs::{check_ending, check_output};

pub(crate) fn run(arguments: &ReportArguments, messages: Messages) -> Result<()> {
    check_ending(&arguments.out, "an HTML page", &["html", "htm"])?;
    check_output(&arguments.out, &arguments.inputs)?;
    // Where files lie on this machine is nobody's business who reads the page.
    let options = |inputs: &str| ReportOptions {
        title: arguments.title.clone(),
        program: Some(origin::program()),
        command: Some(format!("layerpath report {inputs} --out report.html")),
    };
    // Everything is drawn before anything is written.
    let (page, figures) = match &arguments.inputs[..] {
        [study] if is_study(study) => {
            let options = options("STUDY");
            let report = read_study(study)?;
            let figures = arguments.figures.as_ref().map(|_| study_stills(&report)).transpose()?;
            (render_study(&report, &options)?, figures)
        }
        inputs => {
            let options = options(if inputs.len() == 1 { "ANALYSIS" } else { "ANALYSIS…" });
            let analyses = analyses(inputs)?;
            let figures = arguments.figures.as_ref().map(|_| stills(&analyses)).transpose()?;
            (render(&analyses, &options)?, figures)
        }
    };
    // The folder first: where it cannot be made, nothing is written.
    if let Some(folder) = &arguments.figures {
        ensure_dir(folder)?;
    }
    write_text_atomically(&arguments.out, &page)?;
    messages.say(&format!("wrote {}", arguments.out.display()));
    if let (Some(folder), Some(figures)) = (&arguments.figures, figures) {
        write_figures(&figures, folder)?;
        let count = figures.len();
        let what = if count == 1 { "figure" } else { "figures" };
        messages.say(&format!("wrote {count} {what} to {}, each as SVG and PNG", folder.display()));
    }
    Ok(())
}

/// `NAME.svg` and `NAME.png` in `folder` for each figure.
fn write_figures(figures: &[StillFigure], folder: &Path) -> Result<()> {
    for figure in figures {
        write_text_atomically(&folder.join(format!("{}.svg", figure.name)), &figure.svg)?;
        write_bytes_atomically(&folder.join(format!("{}.png", figure.name)), &figure.png)?;
    }
    Ok(())
}

/// Single analyses with their titles.
fn analyses(inputs: &[PathBuf]) -> Result<Vec<NamedAnalysis>> {
    if let Some(study) = inputs.iter().find(|input| is_study(input)) {
        return Err(Failure::user(format!(
            "`{}` is the folder of a study, which makes a page of its own; give it alone",
            study.display()
        )));
    }
    let mut analyses = Vec::new();
    for input in inputs {
        analyses.push(NamedAnalysis { title: title_of(input), analysis: read_analysis(input)? });
    }
    Ok(analyses)
}

/// The name of the folder, or of the file without its ending.
fn title_of(input: &Path) -> String {
    let canonical = input.canonicalize().unwrap_or_else(|_| input.to_path_buf());
    let name = if canonical.is_dir() { canonical.file_name() } else { canonical.file_stem() };
    name.map_or_else(|| "analysis".to_owned(), |name| name.to_string_lossy().into_owned())
}
