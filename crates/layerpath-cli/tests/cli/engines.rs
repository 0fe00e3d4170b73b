//! Both engines, within a memory, and tables of stores block by block.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::program::{json, layers, npy, run, scrambled, stdout};

fn said(folder: &Path, arguments: &str) -> (Option<i32>, String) {
    let output = run(folder, arguments);
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(all) => all.iter().flat_map(numbers).collect(),
        Value::Object(all) => all.values().flat_map(numbers).collect(),
        value => value.as_f64().into_iter().collect(),
    }
}

fn near(ours: &Value, theirs: &Value, tolerance: f64) {
    let (ours, theirs) = (numbers(ours), numbers(theirs));
    assert!(!ours.is_empty() && ours.len() == theirs.len());
    for (a, b) in ours.iter().zip(&theirs) {
        assert!((a - b).abs() < tolerance, "{a} and {b}");
    }
}

#[test]
fn both_engines_give_the_same_paths() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    layers(&folder.join("net"), 90, &[20, 31, 7, 12]);
    let labels: Vec<f64> = (0..90).map(|i| f64::from(i * i % 7)).collect();
    fs::write(folder.join("labels.npy"), npy(&[90], &labels)).unwrap();
    for metric in ["unbiased", "biased", "masked"] {
        let analyze = |engine: &str| {
            let rest = format!("--metric angular-cka[estimator={metric}] --target labels.npy --format json");
            json(folder, &format!("analyze net {rest} --engine {engine}"))
        };
        let (sample, feature) = (analyze("sample"), analyze("feature"));
        let (sample, feature) = (&sample["paths"][0], &feature["paths"][0]);
        for field in ["distances", "interior_angles", "heading_angles", "projection", "progress"] {
            near(&feature[field], &sample[field], 1e-11);
        }
    }
    for command in ["distances net", "embed net"] {
        json(folder, &format!("{command} --engine feature --format json"));
    }
    assert!(stdout(folder, "triangle net 00 01 02 --engine feature").contains("00"));
}

#[test]
fn tensors_are_reduced_batch_by_batch() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    fs::create_dir(folder.join("net")).unwrap();
    for (place, width) in [5, 3].into_iter().enumerate() {
        let values = scrambled(40 * 4 * width, place);
        fs::write(folder.join(format!("net/{place}.npy")), npy(&[40, 4, width], &values)).unwrap();
    }
    for reduce in ["mean", "cls", "flatten", "positions-as-stimuli"] {
        let distances = |engine: &str| {
            json(folder, &format!("distances net --layout ntd --reduce {reduce} --engine {engine} --format json"))
        };
        let (sample, feature) = (distances("sample"), distances("feature"));
        assert_eq!(sample["stimuli"], feature["stimuli"]);
        near(&feature["distances"], &sample["distances"], 1e-10);
    }
}

#[test]
fn the_choice_is_explained_and_the_memory_kept() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    layers(&folder.join("net"), 3000, &[4, 5]);
    let (code, text) = said(folder, "distances net --verbose --memory 1GiB");
    assert_eq!(code, Some(0), "{text}");
    insta::assert_snapshot!("verbose", text);
    let (code, text) = said(folder, "distances net --verbose --memory 100MiB");
    assert_eq!(code, Some(0), "{text}");
    insta::assert_snapshot!("verbose-little", text);
    for arguments in [
        "distances net --memory 1MiB",
        "distances net --memory 100MiB --engine sample",
        "distances net --metric angular-rsa --engine feature",
        "analyze net --intervals --engine feature",
        "analyze net --intervals --memory 100MiB",
        "distances net --memory much",
    ] {
        let (code, text) = said(folder, arguments);
        assert_eq!(code, Some(1), "{arguments}: {text}");
        insta::assert_snapshot!(format!("refused-{}", arguments.replace(' ', "-")), text);
    }
}

#[test]
fn pieces_are_checked_like_whole_arrays() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    layers(&folder.join("net"), 2000, &[4, 5]);
    let mut values = scrambled(2000 * 5, 1);
    values[1500 * 5 + 2] = f64::NAN;
    fs::write(folder.join("net/01.npy"), npy(&[2000, 5], &values)).unwrap();
    for engine in ["sample", "feature"] {
        let (code, text) = said(folder, &format!("distances net --engine {engine}"));
        assert_eq!(code, Some(1));
        assert!(text.contains("array `01`") && text.contains("stimulus 1500, unit 2"), "{engine}: {text}");
    }
    fs::write(folder.join("net/01.npy"), npy(&[2000, 1], &[1.0; 2000])).unwrap();
    for engine in ["sample", "feature"] {
        let (code, text) = said(folder, &format!("distances net --engine {engine}"));
        assert_eq!(code, Some(1));
        assert!(text.contains("array `01`") && text.contains("all rows are equal"), "{engine}: {text}");
    }
}

#[test]
fn bits_do_not_depend_on_threads() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    layers(&folder.join("net"), 1500, &[30, 40, 20]);
    let table = |threads: usize| {
        stdout(folder, &format!("distances net --engine feature --threads {threads} --out {threads}.npy"));
        fs::read(folder.join(format!("{threads}.npy"))).unwrap()
    };
    let one = table(1);
    assert!((2..=4).all(|threads| table(threads) == one));
}

/// A store of `count` points of `m` stimuli, made by hand: float32, one chunk a row.
fn store(folder: &Path, count: usize, m: usize, metric: &str) {
    let d = m * (m - 1) / 2;
    fs::create_dir_all(folder.join("points")).unwrap();
    let rows: Vec<Value> = (0..count)
        .map(|i| serde_json::json!({"role": "layer", "name": format!("n/{i}"), "layer": format!("{i}"), "index": i, "network": "n"}))
        .collect();
    let group = serde_json::json!({"zarr_format": 3, "node_type": "group", "attributes": {"layerpath": {
        "format": "layerpath.points/1", "metric": metric, "unit": "rad",
        "stimuli": {"count": m, "identity": "row-number"}, "rows": rows}}});
    let array = serde_json::json!({"zarr_format": 3, "node_type": "array", "shape": [count, d], "data_type": "float32",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, d]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}}, "fill_value": "NaN",
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]});
    fs::write(folder.join("zarr.json"), group.to_string()).unwrap();
    fs::write(folder.join("points/zarr.json"), array.to_string()).unwrap();
    for i in 0..count {
        let values: Vec<f64> = scrambled(d, i).into_iter().map(|x| x - 0.5).collect();
        let length = values.iter().map(|x| x * x).sum::<f64>().sqrt();
        let bytes: Vec<u8> = values.iter().flat_map(|x| ((x / length) as f32).to_le_bytes()).collect();
        fs::create_dir_all(folder.join(format!("points/c/{i}"))).unwrap();
        fs::write(folder.join(format!("points/c/{i}/0")), bytes).unwrap();
    }
}

const CKA: &str = "angular-cka[estimator=unbiased,kernel=linear]";

#[test]
fn a_store_is_compared_block_by_block() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    store(&folder.join("p.zarr"), 70, 60, CKA);
    let whole = json(folder, "distances p.zarr --format json");
    let (code, text) = said(folder, "distances p.zarr --memory 65MiB --out d.npy");
    assert_eq!(code, Some(0), "{text}");
    insta::assert_snapshot!("blockwise", text);
    let bytes = fs::read(folder.join("d.npy")).unwrap();
    let table: Vec<f64> = bytes[128..].as_chunks::<8>().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect();
    near(&serde_json::json!(table), &whole["distances"], 1e-7);
    // Any metric, pair by pair.
    store(&folder.join("s.zarr"), 70, 60, "stress[rescale=none]");
    let whole = json(folder, "distances s.zarr --format json");
    let small = json(folder, "distances s.zarr --memory 65MiB --format json");
    near(&small["distances"], &whole["distances"], 1e-12);
    // Two stores with one name each, and with the same names.
    store(&folder.join("q.zarr"), 70, 60, CKA);
    let (code, text) = said(folder, "distances p.zarr q.zarr");
    assert!(code == Some(1) && text.contains("both have a point called `n/0`"), "{text}");
    let (code, text) = said(folder, "distances p.zarr s.zarr");
    assert!(code == Some(1) && text.contains("capture both with one metric"), "{text}");
    let (code, text) = said(folder, "distances p.zarr --memory 1MiB --out d.npy");
    assert!(code == Some(1) && text.contains("allow at least"), "{text}");
    let (code, text) = said(folder, "analyze p.zarr --memory 100KiB");
    assert!(code == Some(1) && text.contains("block by block"), "{text}");
    let (code, text) = said(folder, "distances p.zarr --engine feature");
    assert!(code == Some(1) && text.contains("sample space"), "{text}");
}

#[test]
fn a_killed_table_goes_on_to_the_same_bytes() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    store(&folder.join("p.zarr"), 600, 60, CKA);
    let (_, text) = said(folder, "distances p.zarr --out whole.npy");
    assert!(text.contains("600 × 600") && text.contains("not printed"), "{text}");
    // Killed at the first block in the journal.
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("layerpath"))
        .current_dir(folder)
        .args(["distances", "p.zarr", "--out", "d.npy", "--threads", "1"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let journal = folder.join("d.npy.journal");
    let mut killed = false;
    for _ in 0..20_000 {
        if fs::read_to_string(&journal).is_ok_and(|text| text.lines().count() > 1) {
            child.kill().unwrap();
            killed = true;
            break;
        }
        std::thread::sleep(Duration::from_micros(500));
    }
    child.wait().unwrap();
    assert!(killed, "the journal never had a block");
    // A fast machine may have ended before the kill reached it.
    if journal.exists() {
        let (code, text) = said(folder, "distances p.zarr --out d.npy");
        assert!(code == Some(0) && text.contains("going on with a table"), "{text}");
    }
    assert_eq!(fs::read(folder.join("d.npy")).unwrap(), fs::read(folder.join("whole.npy")).unwrap());
}

/// A table that does not fit on the disk is kept as far as it came, and the message says so.
#[cfg(unix)]
#[test]
fn a_table_on_a_full_disk_goes_on() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    store(&folder.join("p.zarr"), 70, 60, CKA);
    // No file may be larger than 16 blocks of 512 or 1024 bytes, which the system refuses as it does on a full disk.
    let program = assert_cmd::cargo::cargo_bin("layerpath");
    let limited = |arguments: &str| {
        let command = format!("trap '' XFSZ; ulimit -f 16; exec {} {arguments}", program.display());
        let output = std::process::Command::new("sh").args(["-c", &command]).current_dir(folder).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let text = limited("distances p.zarr --memory 65MiB --out d.npy");
    assert!(text.contains("d.npy.partial`: File too large"), "{text}");
    assert!(text.contains("what is finished is kept, and doing the same again goes on from there"), "{text}");
    assert!(!text.contains("left") && folder.join("d.npy.partial").is_file(), "{text}");
    let (code, text) = said(folder, "distances p.zarr --memory 65MiB --out d.npy");
    assert!(code == Some(0) && !folder.join("d.npy.partial").exists(), "{text}");
    // One of activations is there or not.
    fs::remove_file(folder.join("d.npy")).unwrap();
    layers(&folder.join("net"), 8, &[3; 50]);
    let text = limited("distances net --out d.npy");
    assert!(text.contains("choose another disk, no file was left half written"), "{text}");
    assert!(!folder.join("d.npy").exists() && !folder.join("d.npy.partial").exists());
}
