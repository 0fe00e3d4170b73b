//! Where results may go: not over what the command reads, and under a name that says what is in the file.

use std::path::{Path, PathBuf};

use layerpath_io::points::is_points_store;

use crate::failure::{Failure, Result};

/// Refuses an output that is an input, or that stands among the files of one: the result would take the place of what it is
/// computed from. Anything else that is there may be an earlier result, which is replaced.
///
/// Folders of arrays or checkpoints keep out files of their kind (of whatever name: a new one would be a layer of the next
/// command), stores of points everything.
pub(crate) fn check_output(out: &Path, inputs: &[impl AsRef<Path>]) -> Result<()> {
    let place = resolved(out);
    let shown = out.display();
    for input in inputs.iter().map(AsRef::as_ref) {
        let own = resolved(input);
        if place == own && (own.is_file() || is_points_store(&own)) {
            return Err(Failure::user(format!(
                "`{shown}` is read by this command, which would replace it; choose another name"
            )));
        }
        let is_alike = has_ending(out, &["npy", "safetensors"]) && place.parent() == Some(&*own);
        if own.is_dir() && (is_alike || (is_points_store(&own) && place.starts_with(&own))) {
            return Err(Failure::user(format!(
                "`{shown}` belongs to the input `{}`, which this command would change; choose a place outside of it",
                input.display()
            )));
        }
    }
    Ok(())
}

/// Refuses a name whose ending promises something else than `what` is written; the first of `endings` is advised.
pub(crate) fn check_ending(out: &Path, what: &str, endings: &[&str]) -> Result<()> {
    if has_ending(out, endings) {
        return Ok(());
    }
    let advised = endings.first().copied().unwrap_or_default();
    Err(Failure::user(format!("`--out {}` would hold {what}; end the name in .{advised}", out.display())))
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let own = path.extension().and_then(|ending| ending.to_str());
    own.is_some_and(|own| endings.iter().any(|ending| own.eq_ignore_ascii_case(ending)))
}

/// The path without links and detours, as far as it is there.
fn resolved(path: &Path) -> PathBuf {
    if let Ok(whole) = path.canonicalize() {
        return whole;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    match (folder.canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_path_buf(),
    }
}
