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
            let Some(metric) = ours_for(name) else { continue };
            let arguments =
                format!("--quiet analyze representations.npz --target last --metric {metric} --format json");
            let ours = &json(&folder, &arguments)["paths"][0];
            // The length scale of the kernel is written with few digits.
            let tolerance = if name.contains("rbf") { 2e-8 } else { 1e-9 };
            assert_close(&format!("{case} {name} distances"), &ours["distances"], &theirs["distances"], tolerance);
            // Theirs go on to the angle at the last layer, with the target as a further point.
            let theirs = &theirs["interior_angles"].as_array().unwrap();
            let interior = Value::from(theirs[..theirs.len() - 1].to_vec());
            assert_close(&format!("{case} {name} angles"), &ours["interior_angles"], &interior, 1e-7);
            covered.insert(name.clone());
        }
        assert_eq!(covered.len(), 8, "{covered:?}");
    }
}

/// Our name for theirs; netrep's fitted metrics have other conventions (golden/README.md).
fn ours_for(name: &str) -> Option<&str> {
    match name {
        // Their kernel is exp(−d²/ℓ²), ours exp(−d²/(2ℓ²)).
        "angular-cka[estimator=biased,kernel=rbf-median]" => {
            Some("angular-cka[estimator=biased,kernel=rbf,length-scale=median*0.7071067811865476]")
        }
        name => (!name.starts_with("netrep")).then_some(name),
    }
}

#[test]
fn triangles_of_repsim() {
    for case in CASES {
        let folder = golden().join("repsim").join(case);
        let expected: Value =
            serde_json::from_str(&std::fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap();
        let distances = json(&folder, "-q distances representations.npz --format json");
        let names = distances["points"].as_array().unwrap();
        let mut projections = 0;
        for (name, theirs) in expected["metrics"].as_object().unwrap() {
            let Some(metric) = ours_for(name) else { continue };
            for triple in theirs["triples"].as_array().unwrap() {
                let corner = |key: &str| names[triple[key].as_u64().unwrap() as usize].as_str().unwrap();
                let corners = format!("{} {} {}", corner("a"), corner("b"), corner("c"));
                for at in ["0.25", "0.5"] {
                    let arguments =
                        format!("-q triangle representations.npz {corners} --metric {metric} --at {at} --format json");
                    let ours = json(&folder, &arguments);
                    let what = format!("{case} {name} {corners}");
                    assert_close(&what, &ours["angles"]["b"], &triple["angle_at_b"], 1e-7);
                    let across = &triple[format!("d_geodesic_ab_at_{at}_to_c")];
                    assert_close(&what, &ours["geodesic"]["distance_to_c"], across, 1e-7);
                    if triple["projection_converged"] == "CONVERGED" {
                        let foot = &ours["projection"];
                        assert_close(&what, &foot["t"], &triple["projection_of_c_on_ab_t"], 1e-5);
                        assert_close(&what, &foot["distance"], &triple["projection_of_c_on_ab_distance"], 1e-5);
                        projections += 1;
                    }
                }
            }
        }
        assert!(projections > 10, "{projections}");
    }
}

#[test]
fn tables_of_distances_are_written_as_npy() {
    let folder = tempfile::tempdir().unwrap();
    let input = golden().join("repsim").join(CASES[0]).join("representations.npz");
    let arguments = format!("-q distances {} --metric euclidean-shape --out D.npy --format json", input.display());
    let printed = json(folder.path(), &arguments);
    let bytes = std::fs::read(folder.path().join("D.npy")).unwrap();
    let values: Vec<f64> =
        bytes[bytes.len() - 7 * 7 * 8..].chunks(8).map(|chunk| f64::from_le_bytes(chunk.try_into().unwrap())).collect();
    assert_eq!(values, numbers(&printed["distances"]));
    assert!(bytes.starts_with(b"\x93NUMPY") && String::from_utf8_lossy(&bytes[..128]).contains("(7, 7)"));
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

/// netrep's distances where the conventions agree, and the size of the differences that docs/differences.md states.
#[test]
fn distances_of_netrep_and_stated_differences() {
    let mut largest = 0.0_f64;
    for case in CASES {
        let folder = golden().join("repsim").join(case);
        let expected: Value =
            serde_json::from_str(&std::fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap();
        // The largest distance between their table and ours, over the layers that they compare.
        let gap = |alpha: &str, score: &str| {
            let theirs = &expected["metrics"][format!("netrep.LinearMetric[alpha={alpha},score={score}]")];
            let arguments =
                format!("-q distances representations.npz --metric {score}-shape[whitening={alpha}] --format json");
            let indices: Vec<usize> = numbers(&theirs["indices"]).into_iter().map(|i| i as usize).collect();
            let ours = indices.iter().flat_map(|&i| indices.iter().map(move |&j| (i, j)));
            let table = json(&folder, &arguments);
            let ours: Vec<f64> = ours.map(|(i, j)| table["distances"][i][j].as_f64().unwrap()).collect();
            let theirs = numbers(&theirs["distances"]);
            ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
        };
        assert!(gap("1.0", "angular") < 1e-12 && gap("1.0", "euclidean") < 1e-12, "{case}");
        assert!(gap("0.0", "angular") < 1e-12, "{case}");
        largest = largest.max(gap("0.0", "euclidean"));
    }
    assert!((largest - 8.39).abs() < 5e-3, "stated as 8.39: {largest}");
    // Taking repsim's length scale for ours.
    let folder = golden().join("repsim").join(CASES[0]);
    let expected: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap();
    let theirs = numbers(&expected["metrics"]["angular-cka[estimator=biased,kernel=rbf-median]"]["distances"]);
    let ours = |convention: &str| {
        let metric = "angular-cka[estimator=biased,kernel=rbf]";
        numbers(
            &json(&folder, &format!("-q distances representations.npz --metric {metric} {convention} --format json"))["distances"],
        )
    };
    let gap = |ours: Vec<f64>| ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!((gap(ours("")) - 0.105).abs() < 5e-4, "stated as 0.105");
    assert!(gap(ours("--convention repsim")) < 2e-8);
}
