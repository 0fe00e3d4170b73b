//! `layerpath verify`.

use std::fs;

use insta::assert_snapshot;

use crate::program::{golden, json, npy, run, scrambled, stdout};

#[test]
fn everything_holds_and_every_convention_is_said() {
    let folder = golden().join("repsim/seed12-m26-bottleneck");
    let text = stdout(&folder, "verify representations.npz --metric angular-cka[kernel=rbf]");
    // Deviations are rounding errors, which differ from machine to machine, and so does where they are worst.
    insta::with_settings!({filters => vec![
        (r" +\d\.\de-\d+ +(\d\.\de-\d+)", " [worst] $1"), (r" +0 +(\d\.\de-\d+)", " [worst] $1"),
        (r"; worst: .*", "; worst: [place]"),
        (r"tried\n", "tried; worst: [place]\n"),
    ]}, { assert_snapshot!("verify", text) });
    for metric in ["angular-shape[components=3]", "affine-invariant[ridge=0.1]", "grassmann[components=2]", "stress"] {
        let found = json(&folder, &format!("-q verify representations.npz --metric {metric} --format json"));
        assert_eq!(found["holds"], true, "{metric}");
        assert_eq!(found["layers"].as_array().unwrap().len(), 7);
        assert!(found["checks"].as_array().unwrap().len() >= 9, "{metric}");
        assert!(found["conventions"].as_array().unwrap().iter().any(|entry| entry["name"] == "row identity"));
    }
    // The labels have three one-hot columns, which sum to one: rank 2.
    let found = json(&folder, "-q verify representations.npz --format json");
    assert_eq!((&found["layers"][6]["units"], &found["layers"][6]["rank"]), (&3.into(), &2.into()));
    assert!(found["differences"].as_array().unwrap().iter().any(|entry| entry["name"] == "unbiased means masked"));
}

#[test]
fn what_rounding_decides_ends_with_exit_code_1() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    fs::create_dir(folder.join("thin")).unwrap();
    for layer in 0..3 {
        let x = scrambled(24, layer);
        let values: Vec<f64> = x.chunks(2).flat_map(|row| [row[0], row[0] + 3e-14 * row[1]]).collect();
        fs::write(folder.join(format!("thin/{layer}.npy")), npy(&[12, 2], &values)).unwrap();
    }
    let output = run(folder, "verify thin --metric angular-shape[whitening=0]");
    assert_eq!(output.status.code(), Some(1));
    let (out, error) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(out.contains("FAIL") && out.ends_with("FAILED\n"), "{out}");
    assert!(error.contains("does not keep what it declares") && error.contains("affine map"), "{error}");
    let found: serde_json::Value =
        serde_json::from_slice(&run(folder, "verify thin --metric angular-shape[whitening=0] --format json").stdout)
            .unwrap();
    assert_eq!(found["holds"], false);
}
