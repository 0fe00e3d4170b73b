//! Values of independent implementations, through the command line (golden/README.md).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::program::{golden, json};

const CASES: [&str; 2] = ["seed11-m24", "seed12-m26-bottleneck"];

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        Value::Number(number) => vec![number.as_f64().unwrap()],
        other => panic!("{other} is no number"),
    }
}

fn assert_close(what: &str, ours: &Value, theirs: &Value, tolerance: f64) {
    let (ours, theirs) = (numbers(ours), numbers(theirs));
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (a, b) in ours.iter().zip(&theirs) {
        assert!((a - b).abs() < tolerance, "{what}: {a} against {b}");
    }
}

#[test]
fn distances_and_angles_of_repsim() {
    for case in CASES {
        let folder = golden().join("repsim").join(case);
        let expected: Value =
            serde_json::from_str(&std::fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap();
        let mut covered = BTreeSet::new();
        for (name, theirs) in expected["metrics"].as_object().unwrap() {
            if !name.starts_with("angular-cka") || name.contains("kernel") {
                continue;
            }
            let arguments = format!("--quiet analyze representations.npz --target last --metric {name} --format json");
            let ours = &json(&folder, &arguments)["paths"][0];
            assert_close(&format!("{case} {name} distances"), &ours["distances"], &theirs["distances"], 1e-9);
            // Theirs go on to the angle at the last layer, with the target as a further point.
            let theirs = &theirs["interior_angles"].as_array().unwrap();
            let interior = Value::from(theirs[..theirs.len() - 1].to_vec());
            assert_close(&format!("{case} {name} angles"), &ours["interior_angles"], &interior, 1e-9);
            covered.insert(name.clone());
        }
        assert_eq!(covered.len(), 2, "{covered:?}");
    }
}

#[test]
fn the_last_array_is_the_target_and_not_on_the_path() {
    let folder = golden().join("repsim").join(CASES[0]);
    let analysis = json(&folder, "-q analyze representations.npz --target last --format json");
    let path = &analysis["paths"][0];
    assert_eq!(path["points"].as_array().unwrap().len(), 6);
    assert_eq!(path["target"], "06_labels");
    assert_eq!(analysis["metric"], "angular-cka[estimator=unbiased,kernel=linear]");
    assert_eq!(analysis["stimuli"]["count"], 24);
    // The same target by name; without one the arrays that need it are null.
    let named = json(&folder, "-q analyze representations.npz --target 06_labels --format json");
    assert_eq!(named, analysis);
    let without = json(&folder, "-q analyze representations.npz --format json");
    assert!(without["paths"][0]["heading_angles"].is_null() && without["paths"][0]["target"].is_null());
    assert_eq!(without["paths"][0]["points"].as_array().unwrap().len(), 7);
}
