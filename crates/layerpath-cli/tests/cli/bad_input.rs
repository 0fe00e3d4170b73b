//! Every wrong input: exit code 1, one clear message on standard error, nothing under the final name.

use std::fs;
use std::path::Path;

use crate::program::{layers, npy, run, scrambled};

/// Runs a command that must fail, and looks for `part` in its message.
fn refused(folder: &Path, arguments: &str, part: &str) {
    let before = listing(folder);
    let output = run(folder, arguments);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "layerpath {arguments}\n{stderr}");
    assert!(stderr.contains(part), "layerpath {arguments}\nexpected `{part}` in:\n{stderr}");
    assert_eq!(stderr.matches("error: ").count(), 1, "one message:\n{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert!(output.stdout.is_empty(), "no result beside an error");
    assert_eq!(listing(folder), before, "layerpath {arguments} left something behind");
}

fn listing(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        names.push(path.to_string_lossy().into_owned());
        if path.is_dir() {
            names.extend(listing(&path));
        }
    }
    names.sort();
    names
}

#[test]
fn activations() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let m = 8;
    let good = npy(&[m, 3], &scrambled(m * 3, 1));
    let case = |name: &str, second: Vec<u8>| {
        fs::create_dir(folder.join(name)).unwrap();
        fs::write(folder.join(name).join("a.npy"), &good).unwrap();
        fs::write(folder.join(name).join("b.npy"), second).unwrap();
    };
    let with = |index: usize, value: f64| {
        let mut values = scrambled(m * 3, 2);
        values[index] = value;
        npy(&[m, 3], &values)
    };
    case("nan", with(10, f64::NAN));
    refused(folder, "analyze nan", "array `b`: the activation of stimulus 3, unit 1 is NaN");
    case("infinite", with(0, f64::INFINITY));
    refused(folder, "analyze infinite --out result", "stimulus 0, unit 0 is inf");
    case("constant", npy(&[m, 3], &[0.25; 24]));
    refused(folder, "analyze constant", "all rows are equal");
    case("unequal", npy(&[m + 1, 3], &scrambled((m + 1) * 3, 2)));
    refused(folder, "analyze unequal", "9");
    case("truncated", good[..good.len() - 5].to_vec());
    refused(folder, "analyze truncated", "b.npy");
    case("foreign", b"GIF89a, surely".to_vec());
    refused(folder, "analyze foreign", "b.npy");
    case("empty-file", Vec::new());
    refused(folder, "analyze empty-file", "b.npy");
    case("huge", npy(&[usize::MAX / 8, 3], &[1.0]));
    refused(folder, "analyze huge", "b.npy");
    case("no-columns", npy(&[m, 0], &[]));
    refused(folder, "analyze no-columns", "b");

    fs::create_dir(folder.join("nothing")).unwrap();
    refused(folder, "analyze nothing", "nothing");
    refused(folder, "analyze missing.npz", "missing.npz");
    fs::write(folder.join("text.npz"), "not an archive").unwrap();
    refused(folder, "analyze text.npz", "text.npz");
    fs::write(folder.join("text.safetensors"), "not tensors").unwrap();
    refused(folder, "analyze text.safetensors", "text.safetensors");

    layers(&folder.join("three"), 3, &[4, 5]);
    refused(folder, "analyze three", "needs at least 4 stimuli, not 3");
    layers(&folder.join("single"), 8, &[4]);
    refused(folder, "analyze single", "at least two layers");
}

#[test]
fn targets_and_metrics() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    layers(&folder.join("layers"), 8, &[3, 4, 5]);
    refused(folder, "analyze layers --target nobody", "nobody");
    refused(folder, "analyze layers --target labels.npy", "labels.npy");
    fs::write(folder.join("short.npy"), npy(&[7], &scrambled(7, 0))).unwrap();
    refused(folder, "analyze layers --target short.npy", "7");
    fs::write(folder.join("same.npy"), npy(&[8], &[1.0; 8])).unwrap();
    refused(folder, "analyze layers --target same.npy", "same.npy");
    refused(folder, "analyze layers --metric cosine", "`cosine` is no metric");
    refused(folder, "analyze layers --metric angular-cka[estimator=song]", "one of unbiased, biased, masked");
    refused(folder, "analyze layers --along epochs", "at least two epochs");
    refused(folder, "compare layers", "1 path(s) in the input");
    refused(folder, "analyze layers --metric angular-shape --stimuli-shares", "angular-shape");
    refused(folder, "analyze", "required arguments were not provided");
    refused(folder, "analyse layers", "analyze");
    refused(folder, "--threads 0 analyze layers", "--threads 0");
}

#[test]
fn files_that_do_not_belong_together() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    for (name, first_id) in [("one", 100.0), ("two", 100.0), ("three", 200.0)] {
        layers(&folder.join(name), 6, &[3, 4]);
        let ids = [first_id, 1.0, 2.0, 3.0, 4.0, 5.0].map(|id| id as i64);
        let mut bytes = npy(&[6], &[0.0; 6]);
        let text = bytes.windows(3).position(|window| window == b"<f8").unwrap();
        bytes[text..text + 3].copy_from_slice(b"<i8");
        bytes.truncate(bytes.len() - 48);
        bytes.extend(ids.iter().flat_map(|id| id.to_le_bytes()));
        fs::write(folder.join(name).join("stimulus_ids.npy"), bytes).unwrap();
    }
    assert!(run(folder, "analyze one two").status.success());
    refused(folder, "analyze one two three", "row 0 is stimulus `100` against `200`");
    layers(&folder.join("more"), 7, &[3, 4]);
    refused(folder, "analyze one more", "6 stimuli against 7");
}

#[test]
fn training_and_capture() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    refused(folder, "train --model resnet9x16 --data builtin --out run", "resnet9x16");
    refused(folder, "train --model resnet602x4096 --data builtin --out run", "parameters");
    refused(folder, "train --model vgg --data builtin --out run", "vgg");
    refused(folder, "train --model resnet8x2 --data imagenet --out run", "`imagenet` is no source of images");
    refused(folder, "train --model resnet8x2 --data cifar10:nowhere --out run", "nowhere");
    refused(folder, "train --model resnet8x2 --data builtin --out run --epochs 0", "epochs");
    refused(folder, "train --model resnet8x2 --data builtin --out run --rate -1", "rate");
    refused(folder, "train --model resnet8x2 --data builtin --out run --epochs 2 --checkpoints 0,7", "no epoch 7");
    for (checkpoints, same) in [
        ("0,0.001", "0.001 is the same step of training as 0"),
        ("0,0.9999", "0.9999 is the same step of training as 1"),
        ("0,0.5,0.5001", "0.5001 is the same step of training as 0.5"),
    ] {
        let train = "train --model resnet8x2 --data builtin --out run --epochs 2 --checkpoints";
        refused(folder, &format!("{train} {checkpoints}"), same);
    }
    refused(
        folder,
        "train --model resnet8x2 --data builtin --out run --epochs 2 --checkpoints 0,-1",
        "`-1` is no epoch",
    );
    refused(folder, "train --model resnet8x2 --data builtin --out run --training-images 0", "--training-images 0");
    if cfg!(not(feature = "gpu")) {
        let without = "--backend gpu: no graphics processor to train on: this program was built without it";
        refused(folder, "train --model resnet8x2 --data builtin --out run --backend gpu", without);
        refused(folder, "reproduce all --data builtin --preset smoke --out study --backend gpu", without);
        // By the name that others give it.
        refused(folder, "train --model resnet8x2 --data builtin --out run --backend cuda", without);
    }
    refused(folder, "capture nowhere --data builtin --out p.zarr", "nowhere");
    refused(folder, "capture --data builtin --out p.zarr", "required");
    fs::write(folder.join("weights.safetensors"), b"\x10\0\0\0\0\0\0\0{not json at all").unwrap();
    let capture = "capture --checkpoint weights.safetensors --model resnet8x2 --data builtin --stimuli 10";
    refused(folder, &format!("{capture} --out p.zarr"), "weights.safetensors");
    refused(folder, &format!("{capture} --out p.txt"), ".zarr");
    refused(folder, &format!("{capture} --out p.zarr --epochs 0"), "--epochs");
    refused(folder, &format!("{capture} --out p.safetensors --dtype float64"), "--dtype");
    refused(folder, &format!("{capture} --out p.zarr --layers stage9.*"), "stage9");
    refused(folder, &format!("{capture} --out p.zarr --metric nothing"), "is no metric");

    // A record short of 3073 bytes, and a label that does not exist.
    fs::create_dir(folder.join("short")).unwrap();
    fs::write(folder.join("short/test_batch.bin"), vec![0; 5000]).unwrap();
    refused(folder, "train --model resnet8x2 --data cifar10:short --out run", "test_batch.bin");
    fs::create_dir(folder.join("label")).unwrap();
    fs::write(folder.join("label/test_batch.bin"), vec![77; 3073]).unwrap();
    refused(folder, "train --model resnet8x2 --data cifar10:label --out run", "77");
    fs::create_dir(folder.join("untrainable")).unwrap();
    fs::write(folder.join("untrainable/test_batch.bin"), vec![1; 3073]).unwrap();
    refused(folder, "train --model resnet8x2 --data cifar10:untrainable --out run", "training images");
}

#[test]
fn reports() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    refused(folder, "report missing", "missing");
    fs::write(folder.join("other.json"), "{\"schema\": \"layerpath.analysis/99\"}").unwrap();
    refused(folder, "report other.json --out page.html", "layerpath.analysis/99");
    fs::write(folder.join("broken.json"), "{\"schema\": ").unwrap();
    refused(folder, "report broken.json --out page.html", "broken.json");
    let deep = "[".repeat(100_000);
    fs::write(folder.join("deep.json"), deep).unwrap();
    refused(folder, "report deep.json --out page.html", "deep.json");
    layers(&folder.join("layers"), 8, &[3, 4]);
    assert!(run(folder, "-q analyze layers --out result").status.success());
    refused(folder, "report result --out nowhere/page.html", "nowhere");
}

/// A file chooses the names of its layers; what they hold must not command the terminal.
#[test]
fn names_reach_the_terminal_as_pictures() {
    let temporary = tempfile::tempdir().unwrap();
    let header = r#"{"a\u001b[2J\u202e":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend([1.0, f64::NAN].iter().flat_map(|value| value.to_le_bytes()));
    fs::write(temporary.path().join("layers.safetensors"), bytes).unwrap();
    refused(temporary.path(), "analyze layers.safetensors", "array `a␛[2J\u{fffd}`");
}

/// Nobody reads a hundred thousand brackets.
#[test]
fn long_names_are_cut() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    layers(&folder.join("layers"), 8, &[3, 4]);
    let long = "[".repeat(100_000);
    for arguments in [
        format!("analyze layers -m {long}"),
        format!("capture net --data builtin --out p.zarr --layers {long}"),
        format!("train --model {long} --data builtin --out run"),
        format!("analyze {}", "x/".repeat(50_000)),
        format!("distances layers --memory {long}"),
        long.clone(),
    ] {
        let output = run(folder, &arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", &arguments[..40]);
        assert!(said.len() < 2000, "{}: {} bytes", &arguments[..40], said.len());
        assert!(said.contains(" characters left out) …"), "{said}");
    }
    // A name as long as a path may be at most is cut in the middle, one of usual length is not.
    let usual = "y/".repeat(140);
    refused(folder, &format!("analyze {usual}"), &usual);
}

#[test]
fn plans() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let with = |networks: &str| format!(r#"{{"schema": "layerpath.plan/1", "seed": 0, "networks": [{networks}]}}"#);
    let group = |seeds: &str, checkpoints: &str| {
        format!(
            r#"{{"architectures": ["resnet8x4"], "seeds": [{seeds}], "epochs": 1, "batch_size": 128, "momentum": 0.9,
            "weight_decay": 0, "schedule": {{"kind": "one-cycle", "peak": 0.1}}, "augment": false,
            "batch_norm_init": "ones", "checkpoints": [{checkpoints}]}}"#
        )
    };
    let many = vec!["0"; 2000].join(",");
    for (text, part) in [
        ("[".repeat(100_000), "plan.json"),
        (format!(r#"{{"networks": {}"#, "[".repeat(100_000)), "plan.json"),
        (with(&group(&many, &many)), "more than 1000000 checkpoints"),
        (with(&group("0, 0", "0, 1")), "stands twice in `networks`"),
        (with(&group("", "0, 1")), "networks[0]: it needs at least one architecture and one seed"),
        (with(&group("0", "0, 1")), "no question is asked"),
    ] {
        fs::write(folder.join("plan.json"), text).unwrap();
        refused(folder, "reproduce all --data builtin --plan plan.json --out study", part);
    }
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_nothing() {
    // /dev/full refuses every write, as a full disk does.
    let temporary = tempfile::tempdir().unwrap();
    layers(&temporary.path().join("layers"), 8, &[3, 4]);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_layerpath"))
        .args(["analyze", "layers"])
        .current_dir(temporary.path())
        .stdout(full)
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(1));
}

/// The three files of an analysis appear together or not at all.
#[test]
fn half_an_analysis_is_not_written() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    layers(&folder.join("layers"), 8, &[3, 4]);
    fs::create_dir_all(folder.join("result/pairs.csv")).unwrap();
    refused(folder, "-q analyze layers --out result", "pairs.csv");
}
