//! Tells the program which commit it is built from: `LAYERPATH_COMMIT` and `LAYERPATH_COMMIT_DATE`, empty where
//! nothing is known, as in a copy without its history.

#![allow(clippy::print_stdout, reason = "this is how it speaks to cargo")]

use std::path::Path;
use std::process::Command;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let git = |arguments: &[&str]| -> Option<String> {
        let output = Command::new("git").arg("-C").arg(&root).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    // The source may lie within another project's history, which says nothing about it.
    let is_ours = git(&["ls-files", "--error-unmatch", "crates/layerpath-cli/build.rs"]).is_some();
    let known = |arguments: &[&str]| if is_ours { git(arguments) } else { None };
    let commit = known(&["rev-parse", "--short=7", "HEAD"]).unwrap_or_default();
    let changes = known(&["status", "--porcelain", "--untracked-files=no", "--", "crates"]).unwrap_or_default();
    let date = known(&["show", "--no-patch", "--format=%cs", "HEAD"]).unwrap_or_default();
    println!("cargo::rustc-env=LAYERPATH_COMMIT={commit}");
    println!("cargo::rustc-env=LAYERPATH_COMMIT_DATE={date}");
    println!("cargo::rustc-env=LAYERPATH_COMMIT_CHANGED={}", if changes.is_empty() { "" } else { "yes" });
    // Again when a commit is made or a source of the program changes.
    if let Some(log) = known(&["rev-parse", "--path-format=absolute", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={log}");
    }
    for part in ["layerpath", "layerpath-io", "layerpath-nn", "layerpath-report", "layerpath-cli"] {
        println!("cargo::rerun-if-changed={}", root.join("crates").join(part).join("src").display());
    }
    println!("cargo::rerun-if-changed=build.rs");
}
