//! `layerpath embed`: tables, files, refusals.

use std::fs;

use insta::assert_snapshot;

use crate::program::{golden, json, layers, run, stdout};

const INPUT: &str = "representations.npz --target last";

#[test]
fn tables() {
    let folder = golden().join("repsim/seed11-m24");
    for method in ["mds", "smacof", "spherical-mds", "principal-geodesics"] {
        let text = stdout(&folder, &format!("-q embed {INPUT} --method {method}"));
        // The stress; coordinates of a search differ in their last digits from machine to machine.
        assert_snapshot!(format!("embed-{method}"), text.lines().take(3).collect::<Vec<_>>().join("\n"));
    }
}

#[test]
fn files_hold_what_is_printed() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    layers(&folder.join("layers"), 12, &[3, 5, 4, 6]);
    for method in ["mds", "smacof", "spherical-mds", "principal-geodesics"] {
        let printed = json(folder, &format!("-q embed layers --method {method} --format json --out one.json"));
        let written: serde_json::Value = serde_json::from_slice(&fs::read(folder.join("one.json")).unwrap()).unwrap();
        assert_eq!(printed, written);
        assert_eq!(printed["schema"], "layerpath.embedding/1");
        let width = if method == "spherical-mds" { 3 } else { 2 };
        let coordinates = printed["embedding"]["coordinates"].as_array().unwrap();
        assert_eq!(coordinates.len(), 4);
        assert!(coordinates.iter().all(|row| row.as_array().unwrap().len() == width));
        stdout(folder, &format!("-q embed layers --method {method} --out one.csv"));
        let table = fs::read_to_string(folder.join("one.csv")).unwrap();
        assert!(table.starts_with("name,network,epoch,seed,layer,index,method,stress,x1,x2"), "{table}");
        assert_eq!(table.lines().count(), 5);
        let x1: f64 = table.lines().nth(1).unwrap().split(',').nth(8).unwrap().parse().unwrap();
        assert_eq!(x1, coordinates[0][0].as_f64().unwrap());
        let many = stdout(folder, &format!("-q --threads 3 embed layers --method {method} --format json"));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&many).unwrap(), printed);
    }
}

#[test]
fn the_report_of_the_search_is_on_standard_error() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    layers(&folder.join("layers"), 12, &[3, 5, 4, 6, 7]);
    let output = run(folder, "embed layers --method smacof --restarts 2 --seed 5");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("smacof: stress-1 0.") && stderr.contains("best of 3 starts"), "{stderr}");
    let output = run(folder, "embed layers --method smacof --iterations 1 --restarts 0");
    assert!(String::from_utf8(output.stderr).unwrap().contains("did NOT converge"));
    assert!(String::from_utf8(output.stdout).unwrap().contains("not converged"));
}

#[test]
fn refusals() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    layers(&folder.join("layers"), 12, &[3, 5]);
    for (arguments, part) in [
        ("embed layers --out picture.png", "neither in .json nor in .csv"),
        ("embed layers --method t-sne", "t-sne"),
        ("embed layers --dimensions 0", "0"),
        ("embed missing.npz", "missing.npz"),
    ] {
        let output = run(folder, arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments}\n{stderr}");
        assert!(stderr.contains(part) && output.stdout.is_empty(), "{arguments}\n{stderr}");
    }
    assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "nothing left behind");
}
