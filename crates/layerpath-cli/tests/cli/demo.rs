//! The main job.

use std::fs;

use serde_json::Value;

use crate::program::{run, stdout};

#[test]
fn demo_trains_captures_analyses_and_reports() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let first = run(folder, "demo --out demo");
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let printed = String::from_utf8(first.stdout).unwrap();
    assert!(printed.contains("report.html") && printed.contains("analysis.json"), "{printed}");

    let text = fs::read_to_string(folder.join("demo/analysis.json")).unwrap();
    let analysis: Value = serde_json::from_str(&text).unwrap();
    let epochs: Vec<u64> =
        analysis["paths"].as_array().unwrap().iter().map(|path| path["epoch"].as_u64().unwrap()).collect();
    assert_eq!(epochs, [0, 4, 8]);
    let log = fs::read_to_string(folder.join("demo/resnet8x8-seed0/log.csv")).unwrap();
    let accuracy: f64 = log.lines().last().unwrap().split(',').nth(4).unwrap().parse().unwrap();
    assert!(accuracy >= 0.85, "test accuracy {accuracy}");
    // A trained path ends nearer to the labels than an untrained one.
    let end = |path: usize| {
        analysis["paths"][path]["distance_to_target"].as_array().unwrap().last().unwrap().as_f64().unwrap()
    };
    assert!(end(2) < end(0) - 0.2, "{} against {}", end(2), end(0));
    assert!(fs::read_to_string(folder.join("demo/report.html")).unwrap().contains("resnet8x8-seed0@8"));

    // A second demo in the same folder has nothing to train and ends with the same bytes.
    stdout(folder, "-q demo --out demo");
    assert_eq!(fs::read_to_string(folder.join("demo/analysis.json")).unwrap(), text);
}
