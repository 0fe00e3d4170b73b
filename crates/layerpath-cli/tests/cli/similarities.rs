//! `layerpath similarities`.

use std::fs;

use insta::assert_snapshot;
use serde_json::Value;

use crate::program::{golden, json, layers, npy, run, scrambled, stdout};

#[test]
fn tables() {
    let folder = golden().join("repsim/seed11-m24");
    assert_snapshot!("similarities-cka", stdout(&folder, "-q similarities representations.npz"));
    assert_snapshot!(
        "similarities-held-out",
        stdout(
            &folder,
            "-q similarities representations.npz --measure linear-predictivity[ridge=1] --folds 4 --seed 7"
        )
    );
}

/// Values of NumPy and SciPy (golden/similarity), through the command line, aliases included.
#[test]
fn scores_of_another_implementation() {
    let text = std::fs::read_to_string(golden().join("similarity/expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    assert!(expected.as_object().is_some());
    let folder = golden().join("repsim/seed11-m24");
    let scores =
        |arguments: &str| json(&folder, &format!("-q similarities representations.npz {arguments} --format json"));
    // The cosine of the angular distances.
    let cka = scores("--measure cka-kernel=linear-hsic=gretton-score");
    let angular =
        json(&folder, "-q distances representations.npz --metric angular-cka[estimator=biased] --format json");
    let bures = scores("--measure nbs-score");
    let shape = json(&folder, "-q distances representations.npz --metric angular-shape --format json");
    for i in 0..7 {
        for j in 0..7 {
            let of = |table: &Value, key: &str| table[key][i][j].as_f64().unwrap();
            assert!((of(&cka, "scores") - of(&angular, "distances").cos()).abs() < 1e-12);
            assert!((of(&bures, "scores") - of(&shape, "distances").cos()).abs() < 1e-12);
        }
    }
    // Not symmetric: the full table, X of the row.
    let predictivity = scores("--measure linear-predictivity");
    assert_eq!(predictivity["symmetric"], false);
    assert_ne!(predictivity["scores"][0][1], predictivity["scores"][1][0]);
    // One-hot labels have one column less than they seem to: everything predicts what has 23 components, and not back.
    assert!((predictivity["scores"][2][0].as_f64().unwrap() - 1.0).abs() < 1e-9);
    let held_out = scores("--measure angular-shape --folds 3 --seed 2");
    assert_eq!(held_out["measure"], "held-out-procrustes[score=angular,folds=3,seed=2]");
    assert_eq!(held_out["kind"], "distance");
    assert_ne!(held_out["scores"], scores("--measure angular-shape --folds 3 --seed 3")["scores"]);
}

#[test]
fn files_and_refusals() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let input = golden().join("repsim/seed11-m24/representations.npz");
    let input = input.display();
    let printed = json(folder, &format!("-q similarities {input} --measure mutual-knn[k=3] --out S.npy --format json"));
    let bytes = std::fs::read(folder.join("S.npy")).unwrap();
    let last = f64::from_le_bytes(bytes[bytes.len() - 8..].try_into().unwrap());
    assert_eq!(last, printed["scores"][6][6].as_f64().unwrap());
    let refused = |arguments: &str, part: &str| {
        let output = run(folder, arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments}\n{stderr}");
        assert!(stderr.contains(part), "{arguments}\n{stderr}");
    };
    refused(&format!("similarities {input} --measure rank"), "`rank` is no similarity");
    refused(&format!("similarities {input} --measure cka --folds 3"), "fits nothing");
    refused(&format!("similarities {input} --measure angular-shape --folds 1"), "at least 2");
    refused(&format!("similarities {input} --measure cka --seed 3"), "--folds");
}

/// Arrays that do not fit are refused before they are unpacked; what fits takes as many pairs at once as there is room for.
#[test]
fn the_memory_is_kept() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let input = golden().join("repsim/seed11-m24/representations.npz");
    let input = input.display();
    let whole = json(folder, &format!("-q similarities {input} --format json"));
    assert_eq!(json(folder, &format!("-q similarities {input} --memory 65MiB --format json")), whole);
    layers(&folder.join("net"), 1000, &[2000, 50, 60]);
    let refused = |command: &str| -> String {
        let output = run(folder, &format!("{command} --memory 48MiB"));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{command}\n{stderr}");
        let advice = stderr.split("(`--memory ").nth(1).unwrap_or_else(|| panic!("{command}\n{stderr}"));
        advice.split('`').next().unwrap().to_owned()
    };
    // The advice can be followed.
    for command in ["similarities net", "triangle net 00 01 02", "distances net", "verify net"] {
        stdout(folder, &format!("-q {command} --memory {}", refused(command)));
    }
    // Every position is a stimulus of its own: 4000 of them, whose matrices do not fit.
    fs::create_dir(folder.join("tokens")).unwrap();
    fs::write(folder.join("tokens/a.npy"), npy(&[200, 20, 3], &scrambled(200 * 20 * 3, 1))).unwrap();
    let positions = "similarities tokens --layout ntd --reduce positions-as-stimuli";
    assert!(refused(positions).ends_with("GiB"));
    stdout(folder, "-q similarities tokens --layout ntd --reduce flatten --memory 100MiB");
}
