//! What the program prints, word for word.

use std::fs;

use insta::assert_snapshot;

use crate::program::{golden, layers, npy, run, stdout};

#[test]
fn help() {
    let folder = tempfile::tempdir().unwrap();
    assert_snapshot!("help", stdout(folder.path(), "--help"));
    for command in [
        "demo",
        "train",
        "capture",
        "analyze",
        "compare",
        "distances",
        "triangle",
        "embed",
        "report",
        "metrics",
        "similarities",
        "verify",
    ] {
        assert_snapshot!(format!("help-{command}"), stdout(folder.path(), &format!("{command} --help")));
    }
}

#[test]
fn metrics() {
    let folder = tempfile::tempdir().unwrap();
    assert_snapshot!("metrics", stdout(folder.path(), "metrics"));
    let json = stdout(folder.path(), "metrics --format json");
    let listed: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    let metrics = listed.iter().filter(|entry| entry["kind"] == "metric").count();
    assert_eq!(metrics, layerpath::metric::Metric::all().len());
    assert_eq!(listed.len() - metrics, layerpath::similarity::Similarity::all().unwrap().len());
    assert!(listed.iter().all(|entry| entry["kind"] == "metric" || entry["true_metric"] == false));
}

#[test]
fn analyze_table() {
    let folder = golden().join("repsim/seed11-m24");
    assert_snapshot!("analyze-table", stdout(&folder, "analyze representations.npz --target last"));
}

#[test]
fn distances_and_triangles() {
    let folder = golden().join("repsim/seed11-m24");
    assert_snapshot!("distances", stdout(&folder, "distances representations.npz --metric euclidean-shape"));
    let triangle = |metric: &str| {
        stdout(&folder, &format!("triangle representations.npz 00_layer 03_layer 06_labels --metric {metric}"))
    };
    assert_snapshot!("triangle", triangle("angular-shape"));
    // Distances only: what there is not has a reason.
    assert_snapshot!("triangle-whitened", triangle("angular-shape[whitening=0.5]"));
    let missing = run(&folder, "triangle representations.npz 00_layer nowhere 06_labels");
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8(missing.stderr).unwrap().contains("no point is called `nowhere`; there are 00_layer"));
}

#[test]
fn analyze_a_layer_that_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("layers");
    layers(&input, 12, &[3, 5, 4]);
    fs::copy(input.join("01.npy"), input.join("01b.npy")).unwrap();
    let labels: Vec<f64> = (0..12).map(|i| f64::from(i % 3)).collect();
    fs::write(folder.path().join("labels.npy"), npy(&[12], &labels)).unwrap();
    assert_snapshot!("analyze-degenerate", stdout(folder.path(), "analyze layers --target labels.npy"));
}

#[test]
fn analysis_files() {
    let folder = tempfile::tempdir().unwrap();
    layers(&folder.path().join("layers"), 10, &[3, 4]);
    let labels: Vec<f64> = (0..10).map(|i| f64::from(i % 2)).collect();
    fs::write(folder.path().join("labels.npy"), npy(&[10], &labels)).unwrap();
    stdout(folder.path(), "-q analyze layers --target labels.npy --out result");
    let read = |name: &str| fs::read_to_string(folder.path().join("result").join(name)).unwrap();
    // Four digits are enough to see the form; the golden tests look at the numbers.
    insta::with_settings!({filters => vec![(r"(\d\.\d{4})\d+(e-\d+)?", "$1…")]}, {
        assert_snapshot!("layers-csv", read("layers.csv"));
        assert_snapshot!("pairs-csv", read("pairs.csv"));
    });
    let printed = stdout(folder.path(), "-q analyze layers --target labels.npy --format json");
    assert_eq!(printed, read("analysis.json"), "the file is what --format json prints");
}

#[test]
fn quiet_is_quiet_and_results_are_on_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    layers(&folder.path().join("layers"), 10, &[3, 4]);
    let loud = run(folder.path(), "analyze layers --out result");
    assert!(String::from_utf8(loud.stderr).unwrap().contains("wrote result"));
    let quiet = run(folder.path(), "--quiet analyze layers --out result");
    assert!(quiet.stderr.is_empty());
    assert_eq!(quiet.stdout, loud.stdout);
}

#[test]
fn threads_do_not_change_results() {
    let folder = tempfile::tempdir().unwrap();
    layers(&folder.path().join("layers"), 90, &[30, 2000, 70]);
    let one = stdout(folder.path(), "-q --threads 1 analyze layers --format json");
    for threads in 2..=4 {
        let many = stdout(folder.path(), &format!("-q --threads {threads} analyze layers --format json"));
        assert_eq!(many, one, "{threads} threads");
    }
}

/// The README shows what the program prints.
#[test]
fn the_example_in_the_readme() {
    let root = golden().join("..");
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let command = readme.lines().find_map(|line| line.strip_prefix("layerpath analyze golden")).unwrap();
    let shown = readme.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(stdout(&root, &format!("analyze golden{command}")), shown);
}
