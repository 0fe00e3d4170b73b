//! `layerpath report`: figures as files.

use std::fs;
use std::path::Path;

use crate::program::{layers, npy, run, stdout};

/// Two analyses in folders `plain` and `embedded`.
fn analyses(folder: &Path) {
    layers(&folder.join("layers"), 12, &[3, 5, 4]);
    let labels: Vec<f64> = (0..12).map(|i| f64::from(i % 3)).collect();
    fs::write(folder.join("labels.npy"), npy(&[12], &labels)).unwrap();
    stdout(folder, "-q analyze layers --target labels.npy --out embedded");
    stdout(folder, "-q analyze layers --out plain");
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn figures_are_written_as_svg_and_png() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    analyses(folder);
    let output = run(folder, "report embedded plain --out page.html --figures for/paper");
    assert!(output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("wrote 6 figures to for/paper, each as SVG and PNG"), "{said}");
    let expected: Vec<String> = [1, 2]
        .into_iter()
        .flat_map(|number| {
            ["angles", "distances", "embedding"]
                .into_iter()
                .flat_map(move |figure| ["png", "svg"].map(|ending| format!("analysis-{number}-{figure}.{ending}")))
        })
        .collect();
    let figures = folder.join("for/paper");
    assert_eq!(names(&figures), expected);
    assert!(fs::read(figures.join("analysis-1-angles.png")).unwrap().starts_with(b"\x89PNG"));
    assert!(fs::read_to_string(figures.join("analysis-2-angles.svg")).unwrap().contains("interior angle"));
    assert!(folder.join("page.html").is_file());

    // Once more, over what is there: the same bytes.
    let before = fs::read(figures.join("analysis-1-embedding.png")).unwrap();
    stdout(folder, "-q report embedded plain --out page.html --figures for/paper");
    assert_eq!(fs::read(figures.join("analysis-1-embedding.png")).unwrap(), before);
    assert_eq!(names(&figures), expected, "no temporary files");
}

#[test]
fn a_page_says_what_made_it_but_not_where() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    analyses(folder);
    stdout(folder, "-q report embedded plain --out page.html");
    let page = fs::read_to_string(folder.join("page.html")).unwrap();
    let program = concat!("layerpath ", env!("CARGO_PKG_VERSION"));
    assert!(page.contains(&format!("<dt>this page is made by</dt><dd><code>{program}")));
    assert!(page.contains(&format!("<dt>numbers computed by</dt><dd>{program} (commit ")));
    assert!(page.contains("<dd><code>layerpath report ANALYSIS… --out report.html</code></dd>"));
    assert!(!page.contains(folder.to_str().unwrap()), "a place on this machine");
}

#[test]
fn without_being_asked_there_are_no_figures() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    analyses(folder);
    let before = names(folder);
    stdout(folder, "-q report plain --out page.html");
    let after: Vec<String> = names(folder).into_iter().filter(|name| !before.contains(name)).collect();
    assert_eq!(after, ["page.html"]);
}

#[test]
fn a_file_in_the_place_of_the_folder_is_an_error() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    analyses(folder);
    let before = names(folder);
    let output = run(folder, "report plain --out page.html --figures labels.npy");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("labels.npy"));
    assert_eq!(names(folder), before, "nothing is written");
}
