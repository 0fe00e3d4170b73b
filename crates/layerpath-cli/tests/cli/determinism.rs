//! The same bytes of every result for 1, 2, 3 and 4 threads, and every time.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::program::{json, layers, npy, run, stdout};

/// The first is the one that the others must equal.
const THREADS: [u32; 5] = [1, 1, 2, 3, 4];

/// Every file below a folder; logs without their last column, which holds seconds.
pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut all, mut folders) = (BTreeMap::new(), vec![folder.to_path_buf()]);
    while let Some(one) = folders.pop() {
        for entry in fs::read_dir(&one).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let mut content = fs::read(&path).unwrap();
            if path.ends_with("log.csv") {
                let text = String::from_utf8(content).unwrap();
                content = text.lines().map(|line| line.rsplit_once(',').unwrap().0).collect::<String>().into_bytes();
            }
            all.insert(path.strip_prefix(folder).unwrap().to_path_buf(), content);
        }
    }
    all
}

/// Runs a command, in which `{out}` is a folder of its own, with each number of threads.
fn same_for_any_number_of_threads(folder: &Path, arguments: &str) {
    let mut first: Option<(BTreeMap<PathBuf, Vec<u8>>, String)> = None;
    for (place, threads) in THREADS.into_iter().enumerate() {
        let out = folder.join(format!("out-{place}"));
        fs::create_dir(&out).unwrap();
        let arguments = arguments.replace("{out}", &format!("out-{place}"));
        let said = stdout(folder, &format!("-q --threads {threads} {arguments}"));
        // Where things were written is said too.
        let said = said.replace(&format!("out-{place}"), "out");
        let found = (files(&out), said);
        match &first {
            None => {
                assert!(!found.0.is_empty() || !found.1.is_empty(), "{arguments} leaves nothing");
                first = Some(found);
            }
            Some(first) => {
                for (name, content) in &first.0 {
                    let same = found.0.get(name) == Some(content);
                    assert!(same, "{arguments}: {} differs with {threads} thread(s)", name.display());
                }
                assert_eq!(found.0.len(), first.0.len(), "{arguments}");
                assert_eq!(found.1, first.1, "{arguments}");
            }
        }
        fs::remove_dir_all(out).unwrap();
    }
}

/// One architecture, twice; one epoch; a handful of images.
pub(crate) fn small_plan() -> Value {
    let metric = json!({"metric": "angular-cka", "stimuli": 30, "shuffles": 5, "permutations": 2, "groups": 5});
    json!({
        "schema": "layerpath.plan/1",
        "seed": 3,
        "networks": [
            {
                "architectures": ["resnet8x2"],
                "seeds": [0, 1],
                "epochs": 1,
                "batch_size": 20,
                "momentum": 0.9,
                "weight_decay": 1e-4,
                "schedule": { "kind": "one-cycle", "peak": 0.1 },
                "augment": true,
                "batch_norm_init": "ones",
                "training_images": 40,
                "test_images": 30,
                "checkpoints": [0, 1],
            },
        ],
        "straightness": { "architectures": ["resnet8x2"], "layers": "blocks", "metrics": [metric] },
        "training": { "architectures": ["resnet8x2"], "layers": "blocks", "metric": metric, "decoding": true },
        "width_depth": { "architectures": ["resnet8x2"], "layers": "blocks", "metric": metric },
    })
}

/// Training, capture, tables, analyses, studies and the page.
#[test]
fn a_study_any_number_of_threads() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    fs::write(folder.join("plan.json"), small_plan().to_string()).unwrap();
    same_for_any_number_of_threads(folder, "reproduce all --data builtin --plan plan.json --out {out}/study");
}

/// Every metric and every similarity that the program knows, in files and in what is printed.
#[test]
fn every_metric_any_number_of_threads() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    layers(&folder.join("net"), 40, &[30, 50, 20]);
    let known = json(folder, "metrics --format json");
    let (mut metrics, mut similarities) = (0, 0);
    for one in known.as_array().unwrap() {
        let name = one["name"].as_str().unwrap();
        let similarity = one["kind"] == "similarity";
        let command = |threads: u32| {
            if similarity {
                return stdout(
                    folder,
                    &format!("-q --threads {threads} similarities net --measure {name} --format json"),
                );
            }
            stdout(folder, &format!("-q --threads {threads} analyze net --metric {name} --format json"))
        };
        // The core has tests of each for every number; this is that the program does the same.
        assert_eq!(command(1), command(4), "{name}");
        (metrics, similarities) = (metrics + u32::from(!similarity), similarities + u32::from(similarity));
    }
    assert!(metrics > 15, "{metrics} metrics, {similarities} similarities");
}

/// Evidence, pictures, pages and tables by blocks.
#[test]
fn every_command_any_number_of_threads() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    layers(&folder.join("net"), 40, &[30, 50, 20, 10]);
    let labels: Vec<f64> = (0..40).map(|stimulus| f64::from(stimulus % 4)).collect();
    fs::write(folder.join("labels.npy"), npy(&[40], &labels)).unwrap();
    let train = "train --model resnet8x2 --data builtin --training-images 40 --epochs 1 --checkpoints all";
    stdout(folder, &format!("-q {train} --out run"));
    stdout(folder, "-q capture run --data builtin --stimuli 30 --layers all --epochs all --out p.zarr");
    stdout(folder, "-q analyze p.zarr --out analysis");
    for arguments in [
        "analyze net --target labels.npy --baselines --intervals --convergence --decoding --out {out}/a",
        "analyze net --target last --intervals=subsampling --engine sample --out {out}/a",
        "distances net --engine feature --out {out}/d.npy",
        "embed p.zarr --method spherical-mds --out {out}/e.json",
        "compare p.zarr --format json",
        "capture run --data builtin --stimuli 30 --epochs last --out {out}/states.safetensors",
        "report analysis --out {out}/page.html --figures {out}/figures",
        "verify net --format json",
    ] {
        same_for_any_number_of_threads(folder, arguments);
    }
}

/// Points that only fit block by block: 1302 of them, in five blocks of rows.
#[test]
fn blocks_any_number_of_threads() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let train = "train --model resnet8x1 --data builtin --training-images 20 --epochs 20 --checkpoints all";
    stdout(folder, &format!("-q {train} --out run"));
    stdout(folder, "-q capture run --data builtin --stimuli 24 --layers all --epochs all --out p.zarr");
    let plan = run(folder, "distances p.zarr --memory 65MiB --out d.npy");
    let said = String::from_utf8_lossy(&plan.stderr).into_owned();
    assert!(said.contains("block(s)") && !said.contains(" 1 block(s)"), "{said}");
    same_for_any_number_of_threads(folder, "distances p.zarr --memory 65MiB --out {out}/d.npy");
}
