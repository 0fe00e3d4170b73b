//! `layerpath report`.

use std::path::{Path, PathBuf};

use layerpath_io::analysis::read_analysis;
use layerpath_io::write_text_atomically;
use layerpath_report::{NamedAnalysis, ReportOptions, render, render_study};

use crate::arguments::ReportArguments;
use crate::commands::reproduce::{is_study, read_study};
use crate::failure::{Failure, Result};
use crate::messages::Messages;

pub(crate) fn run(arguments: &ReportArguments, messages: Messages) -> Result<()> {
    let options = ReportOptions { title: arguments.title.clone() };
    let page = match &arguments.inputs[..] {
        [study] if is_study(study) => render_study(&read_study(study)?, &options)?,
        inputs => analyses(inputs, &options)?,
    };
    write_text_atomically(&arguments.out, &page)?;
    messages.say(&format!("wrote {}", arguments.out.display()));
    Ok(())
}

/// The page of single analyses.
fn analyses(inputs: &[PathBuf], options: &ReportOptions) -> Result<String> {
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
    Ok(render(&analyses, options)?)
}

/// The name of the folder, or of the file without its ending.
fn title_of(input: &Path) -> String {
    let canonical = input.canonicalize().unwrap_or_else(|_| input.to_path_buf());
    let name = if canonical.is_dir() { canonical.file_name() } else { canonical.file_stem() };
    name.map_or_else(|| "analysis".to_owned(), |name| name.to_string_lossy().into_owned())
}
