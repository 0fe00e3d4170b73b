//! `layerpath report`.

use std::path::Path;

use layerpath_io::analysis::read_analysis;
use layerpath_io::write_text_atomically;
use layerpath_report::{NamedAnalysis, ReportOptions, render};

use crate::arguments::ReportArguments;
use crate::failure::Result;
use crate::messages::Messages;

pub(crate) fn run(arguments: &ReportArguments, messages: Messages) -> Result<()> {
    let mut analyses = Vec::new();
    for input in &arguments.inputs {
        analyses.push(NamedAnalysis { title: title_of(input), analysis: read_analysis(input)? });
    }
    let page = render(&analyses, &ReportOptions { title: arguments.title.clone() })?;
    write_text_atomically(&arguments.out, &page)?;
    messages.say(&format!("wrote {}", arguments.out.display()));
    Ok(())
}

/// The name of the folder, or of the file without its ending.
fn title_of(input: &Path) -> String {
    let canonical = input.canonicalize().unwrap_or_else(|_| input.to_path_buf());
    let name = if canonical.is_dir() { canonical.file_name() } else { canonical.file_stem() };
    name.map_or_else(|| "analysis".to_owned(), |name| name.to_string_lossy().into_owned())
}
