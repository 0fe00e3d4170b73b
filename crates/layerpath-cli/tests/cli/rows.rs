//! From tensors to rows: `--layout` and `--reduce`.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::{json, npy, run, scrambled};

const M: usize = 6;

fn put(folder: &Path, name: &str, shape: &[usize], values: &[f64]) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(format!("{name}.npy")), npy(shape, values)).unwrap();
}

fn distances(folder: &Path, arguments: &str) -> Value {
    json(folder, &format!("-q distances {arguments} --format json"))["distances"].clone()
}

/// Two token layers (m, 3, 4) and what each reduction makes of them by hand.
fn tokens(folder: &Path) {
    let size = M * 3 * 4;
    for layer in 0..3 {
        let x = scrambled(size, layer + 1);
        let name = format!("{layer:02}");
        let at = |i: usize, k: usize, j: usize| x[(i * 3 + k) * 4 + j];
        let rows = |value: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
            (0..M).flat_map(|i| (0..4).map(move |j| (i, j))).map(|(i, j)| value(i, j)).collect()
        };
        put(&folder.join("tokens"), &name, &[M, 3, 4], &x);
        put(&folder.join("flatten"), &name, &[M, 12], &x);
        put(&folder.join("mean"), &name, &[M, 4], &rows(&|i, j| (at(i, 0, j) + at(i, 1, j) + at(i, 2, j)) / 3.0));
        put(&folder.join("cls"), &name, &[M, 4], &rows(&|i, j| at(i, 0, j)));
        put(&folder.join("last-token"), &name, &[M, 4], &rows(&|i, j| at(i, 2, j)));
        put(&folder.join("positions-as-stimuli"), &name, &[M * 3, 4], &x);
        // Channels before places: the same numbers as 4 channels at 1×3 places.
        let channels: Vec<f64> = (0..size).map(|p| at(p / 12, p % 3, p / 3 % 4)).collect();
        put(&folder.join("places"), &name, &[M, 4, 1, 3], &channels);
    }
}

#[test]
fn every_reduction_is_the_one_by_hand() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    tokens(folder);
    for reduction in ["flatten", "mean", "cls", "last-token", "positions-as-stimuli"] {
        let by_hand = distances(folder, reduction);
        assert_eq!(distances(folder, &format!("tokens --layout ntd --reduce {reduction}")), by_hand, "{reduction}");
    }
    assert_eq!(distances(folder, "tokens"), distances(folder, "flatten"), "flatten needs no layout");
    for reduction in ["mean", "positions-as-stimuli"] {
        let by_hand = distances(folder, reduction);
        assert_eq!(distances(folder, &format!("places --layout nchw --reduce {reduction}")), by_hand, "{reduction}");
    }
    assert_ne!(distances(folder, "mean"), distances(folder, "cls"));
}

#[test]
fn the_reduction_travels_with_the_points() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    tokens(folder);
    put(&folder.join("tokens"), "logits", &[M, 4], &scrambled(M * 4, 9));
    let labels: Vec<f64> = (0..M).map(|i| (i % 2) as f64).collect();
    put(folder, "labels", &[M], &labels);
    let analysis = json(
        folder,
        "-q analyze tokens --layout ntd --layout logits=nd --reduce mean --target labels.npy --format json",
    );
    let reductions: Vec<&str> =
        analysis["points"].as_array().unwrap().iter().map(|point| point["reduction"].as_str().unwrap()).collect();
    assert_eq!(reductions, ["mean", "mean", "mean", "flatten", "flatten"]);
    assert_eq!(analysis["points"][0]["shape"], serde_json::json!([M, 3, 4]));
    assert_eq!(analysis["stimuli"]["count"], M);
}

#[test]
fn positions_as_stimuli_take_identity_and_target_along() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    tokens(folder);
    let labels: Vec<f64> = (0..M).map(|i| (i % 2) as f64).collect();
    put(folder, "labels", &[M], &labels);
    let repeated: Vec<f64> = (0..3 * M).map(|row| labels[row / 3]).collect();
    put(folder, "repeated", &[3 * M], &repeated);
    let analyze = |arguments: &str| json(folder, &format!("-q analyze {arguments} --format json"));
    let analysis = analyze("tokens --layout ntd --reduce positions-as-stimuli --target labels.npy");
    let by_hand = analyze("positions-as-stimuli --target repeated.npy");
    assert_eq!(analysis["paths"][0]["distances"], by_hand["paths"][0]["distances"]);
    assert_eq!(analysis["stimuli"]["count"], 3 * M);
    assert_eq!(analysis["stimuli"]["ids"][4], "1:1");
    assert_eq!(analysis["points"][3]["reduction"], "positions-as-stimuli");
    // Files that agree may be combined; those whose positions differ may not.
    let both = run(folder, "-q distances tokens places --layout ntd --reduce positions-as-stimuli");
    assert_eq!(both.status.code(), Some(1), "nchw is not ntd");
}

#[test]
fn what_does_not_fit_is_named() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    tokens(folder);
    let refused = |arguments: &str, parts: &[&str]| {
        let output = run(folder, arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments}\n{stderr}");
        assert!(parts.iter().all(|part| stderr.contains(part)), "{arguments}\n{stderr}");
    };
    refused("distances mean --layout ntd --reduce cls", &["array `00`", "[6, 4]", "3 axes", "NAME=nd"]);
    refused("analyze tokens --reduce mean", &["array `00`", "[6, 3, 4]", "say `ntd`"]);
    refused("embed places --layout nchw --reduce last-token", &["array `00`", "chooses a token"]);
    refused("verify tokens --layout nd", &["2 axes"]);
    refused("compare tokens --layout nhwc", &["`nhwc` is no layout", "nd, ntd, nchw"]);
    refused("distances tokens --reduce max", &["`max` is no reduction"]);
    refused("distances tokens --layout nowhere=nd", &["no array is called `nowhere`", "00"]);
    put(&folder.join("tokens"), "03", &[M, 2, 4], &scrambled(M * 8, 5));
    refused(
        "triangle tokens 00 01 02 --layout ntd --reduce positions-as-stimuli",
        &["array `03`", "2 positions, but `00` has 3"],
    );
}
