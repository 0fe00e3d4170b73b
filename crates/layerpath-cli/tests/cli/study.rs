//! Train, capture, analyse, report on built-in images; small, but every file for real.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::program::{json, run, stdout};

const TRAIN: &str = "train --model resnet8x2 --data builtin --training-images 300 --epochs 3 --schedule one-cycle";

fn bytes(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The log without the column of wall-clock seconds.
fn log_without_seconds(run: &Path) -> Vec<String> {
    let text = fs::read_to_string(run.join("log.csv")).unwrap();
    text.lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned()).collect()
}

#[test]
fn from_training_to_a_report() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    stdout(folder, &format!("-q {TRAIN} --out net --checkpoints 0,2"));
    let mut checkpoints: Vec<String> = fs::read_dir(folder.join("net/checkpoints"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    checkpoints.sort();
    let expected = ["epoch-000.safetensors", "epoch-002.safetensors", "epoch-003.safetensors", "resume.safetensors"];
    assert_eq!(checkpoints, expected);
    let log = log_without_seconds(&folder.join("net"));
    assert_eq!(log[0], "epoch,train_loss,train_accuracy,test_loss,test_accuracy,learning_rate");
    assert_eq!(log.len(), 5);
    let configuration: Value = serde_json::from_slice(&bytes(&folder.join("net/run.json"))).unwrap();
    assert_eq!(configuration["training"]["architecture"], "resnet8x2");
    assert_eq!(configuration["data"]["hash"].as_str().unwrap().len(), 64);

    // Points of all states at all three epochs.
    let said = run(folder, "capture net --data builtin --stimuli 60 --layers all --out points.zarr");
    assert!(said.status.success());
    let said = String::from_utf8(said.stderr).unwrap();
    assert!(said.contains("capturing 93 states of 3 network(s) on 60 stimuli, about"), "{said}");
    let analysis = json(folder, "-q analyze points.zarr --out result --format json");
    let paths = analysis["paths"].as_array().unwrap();
    assert_eq!(
        paths.iter().map(|path| path["name"].as_str().unwrap()).collect::<Vec<_>>(),
        ["net@0", "net@2", "net@3"]
    );
    for path in paths {
        assert_eq!(path["points"].as_array().unwrap().len(), 31);
        assert_eq!(path["target"], "labels");
        assert!(path["network_accuracy"].as_f64().unwrap() > 0.0);
    }
    assert_eq!(analysis["stimuli"]["identity"], "input-hash");
    assert_eq!(analysis["stimuli"]["ids"].as_array().unwrap().len(), 60);

    // Epoch 0 is the untrained baseline of the others, and where it has no direction it says so.
    let evidence = json(folder, "-q analyze points.zarr --baselines --format json");
    let beside = |place: usize| evidence["paths"][place]["baselines"]["untrained"].clone();
    assert!(beside(0).is_null());
    for place in [1, 2] {
        assert_eq!(beside(place)["path"], "net@0");
        let values = beside(place)["values"].as_array().unwrap().clone();
        let length = values.iter().find(|value| value["statistic"] == "length").unwrap();
        assert_eq!(length["untrained"], analysis["paths"][0]["length"]);
        assert!(values.iter().any(|value| value["untrained"].is_null() && value["reason"].is_string()));
    }
    // Points do not tell the labels' accuracy under U-centring, nor what fewer stimuli make of two components.
    let refused = run(folder, "analyze points.zarr --decoding");
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("use the activations"));
    // Killed after the 40th of 93 states: what was committed is kept, the rest follows.
    let count = folder.join("points.zarr/points/zarr.json");
    let mut document: Value = serde_json::from_slice(&bytes(&count)).unwrap();
    document["shape"][0] = 40.into();
    fs::write(&count, document.to_string()).unwrap();
    let going_on = run(folder, "capture net --data builtin --stimuli 60 --layers all --out points.zarr");
    let said = String::from_utf8(going_on.stderr).unwrap();
    assert!(going_on.status.success() && said.contains("which has 40 points"), "{said}");
    assert_eq!(json(folder, "-q analyze points.zarr --format json"), analysis);
    let capture = "-q capture net --data builtin --stimuli 60 --epochs last --metric";
    stdout(folder, &format!("{capture} grassmann[components=2] --out planes.zarr"));
    let refused = run(folder, "analyze planes.zarr --intervals");
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("give the activations"));
    stdout(folder, &format!("{capture} angular-cka[estimator=biased] --out biased.zarr"));
    let decoded = json(folder, "-q analyze biased.zarr --decoding --intervals --format json");
    let layers = decoded["paths"][0]["decoding"]["layers"].as_array().unwrap().clone();
    assert_eq!(layers.len(), decoded["paths"][0]["points"].as_array().unwrap().len());

    // Along the epochs there is one path for each layer; the input never moves.
    let epochs = json(folder, "-q analyze points.zarr --along epochs --format json");
    let input = epochs["paths"].as_array().unwrap().iter().find(|path| path["name"] == "net/input").unwrap();
    assert_eq!(input["steps"], Value::from(vec![0.0, 0.0]));
    assert!(input["straightness"].is_null() && input["undefined"].as_array().unwrap().len() > 1);

    // The activations themselves lead to the same path, but for the rounding of stored points.
    stdout(folder, "-q capture net --data builtin --stimuli 60 --layers all --epochs last --out states.safetensors");
    let direct = json(folder, "-q analyze states.safetensors --target last --format json");
    let (ours, stored) = (&direct["paths"][0], &paths[2]);
    assert_eq!(ours["points"].as_array().unwrap().len(), 31);
    for statistic in ["steps", "distance_to_target", "distance_to_start"] {
        for (a, b) in ours[statistic].as_array().unwrap().iter().zip(stored[statistic].as_array().unwrap()) {
            assert!((a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 2e-7, "{statistic}: {a} against {b}");
        }
    }
    assert_eq!(direct["stimuli"]["hash"], analysis["stimuli"]["hash"]);

    // In double precision the same points to the last digits.
    stdout(folder, "-q capture net --data builtin --stimuli 60 --layers all --epochs 3 --dtype float64 --out f64.zarr");
    let double = json(folder, "-q analyze f64.zarr --format json");
    for (a, b) in ours["steps"].as_array().unwrap().iter().zip(double["paths"][0]["steps"].as_array().unwrap()) {
        assert!((a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-13);
    }

    // Baselines and intervals stand beside the statistics, and the note that there are none is gone.
    let evidence = json(folder, "-q analyze states.safetensors --target last --baselines --intervals --format json");
    let path = &evidence["paths"][0];
    assert_eq!(path["steps"], ours["steps"]);
    let of = |list: &Value, statistic: &str| {
        list.as_array()
            .unwrap()
            .iter()
            .find(|one| one["statistic"] == statistic && one["index"].is_null())
            .cloned()
            .unwrap()
    };
    let interval = of(&path["intervals"]["values"], "straightness");
    let value = |key: &str| interval[key].as_f64().unwrap();
    assert!(value("low") < value("estimate") && value("estimate") < value("high"), "{interval}");
    for baseline in ["shuffled_order", "noise_floor"] {
        let band = of(&path["baselines"][baseline], "length");
        assert_eq!(band["observed"], path["length"]);
        assert!(band["low"].as_f64().unwrap() <= band["high"].as_f64().unwrap());
    }
    let notes = |analysis: &Value| analysis["notes"].to_string().contains("No baselines and no intervals");
    assert!(notes(&direct) && !notes(&evidence));
    let again = json(folder, "-q analyze states.safetensors --target last --baselines --intervals --format json");
    assert_eq!(again, evidence, "the same seed, the same numbers");

    // Whole paths: a network at three epochs.
    let compared = json(folder, "-q compare points.zarr --format json");
    let pairs = compared["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), 3);
    for pair in pairs {
        assert!(pair["frechet"].as_f64().unwrap() >= pair["hausdorff"].as_f64().unwrap());
        assert_eq!(pair["warping"]["alignment"][0], Value::from(vec![0, 0]));
    }

    stdout(folder, "-q report result --out page.html");
    let page = fs::read_to_string(folder.join("page.html")).unwrap();
    assert!(page.contains("stage2.block1.shortcut.conv") && page.contains("net@3"));

    // What exists is not overwritten unless asked.
    let again = run(folder, "capture net --data builtin --stimuli 60 --out points.zarr");
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8(again.stderr).unwrap().contains("--overwrite"));
    stdout(folder, "-q capture net --data builtin --stimuli 60 --out points.zarr --overwrite");
    let blocks = json(folder, "-q analyze points.zarr --format json");
    assert_eq!(blocks["paths"][0]["points"].as_array().unwrap().len(), 7); // input, stem, 3 blocks, pool, logits

    // Stores of different stimuli do not mix.
    stdout(folder, "-q capture net --data builtin --data-seed 1 --stimuli 60 --out other.zarr");
    let mixed = run(folder, "analyze points.zarr other.zarr");
    assert_eq!(mixed.status.code(), Some(1));
    assert!(String::from_utf8(mixed.stderr).unwrap().contains("row 0 is stimulus `"));
    let wrong = run(folder, "analyze points.zarr --metric angular-cka[estimator=biased]");
    assert!(String::from_utf8(wrong.stderr).unwrap().contains("holds points of angular-cka[estimator=unbiased"));
}

#[test]
fn a_damaged_store_is_refused() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    stdout(folder, &format!("-q {TRAIN} --out net --epochs 1").replace("--epochs 3 ", ""));
    stdout(folder, "-q capture net --data builtin --stimuli 40 --out points.zarr");
    let chunk = folder.join("points.zarr/points/c/0/0");
    let whole = bytes(&chunk);
    fs::write(&chunk, &whole[..whole.len() / 2]).unwrap();
    let output = run(folder, "analyze points.zarr");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    fs::remove_file(&chunk).unwrap();
    assert_eq!(run(folder, "analyze points.zarr").status.code(), Some(1));
    fs::write(&chunk, whole).unwrap();
    assert!(run(folder, "analyze points.zarr").status.success());
    // A target that claims a place among the layers.
    let attributes = folder.join("points.zarr/zarr.json");
    let text = fs::read_to_string(&attributes).unwrap();
    fs::write(&attributes, text.replacen("\"role\": \"layer\"", "\"role\": \"target\"", 1)).unwrap();
    let output = run(folder, "analyze points.zarr");
    assert!(String::from_utf8_lossy(&output.stderr).contains("a target has no index"));
    assert_eq!(output.status.code(), Some(1));
}

/// The program, running, and what it says line by line.
#[cfg(unix)]
pub(crate) fn started(folder: &Path, arguments: &str) -> (Child, impl Iterator<Item = String> + use<>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_layerpath"))
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    (child, lines)
}

/// Ctrl-C in the middle of a run, then `--resume`: the same weights and the same log, bit for bit.
#[cfg(unix)]
#[test]
fn an_interrupted_run_resumes_bit_for_bit() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    // 160 steps of 5 images leave time to be interrupted in the middle of an epoch.
    let train = "train --model resnet8x2 --data builtin --training-images 400 --epochs 3 --batch-size 5 --seed 4 \
                 --checkpoints 0,0.25,1,1.0125,2,3";
    stdout(folder, &format!("-q {train} --out whole"));
    let log = log_without_seconds(&folder.join("whole"));
    let epochs: Vec<&str> = log.iter().skip(1).map(|row| row.split(',').next().unwrap()).collect();
    assert_eq!(epochs, ["0", "0.25", "1", "1.0125", "2", "3"]);
    // What is kept changes nothing else.
    let without = train.replace("0,0.25,1,1.0125,2,3", "last");
    stdout(folder, &format!("-q {without} --out sparse"));
    let last = "checkpoints/epoch-003.safetensors";
    assert!(bytes(&folder.join("whole").join(last)) == bytes(&folder.join("sparse").join(last)));

    let (mut child, mut lines) = started(folder, &format!("{train} --out parts"));
    let first_epoch = lines.by_ref().find(|line| line.starts_with("epoch 1/3"));
    assert!(first_epoch.is_some());
    let signal = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signal.success());
    let said: Vec<String> = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said:?}");
    let message = said.iter().find(|line| line.starts_with("error: interrupted")).unwrap();
    assert!(message.contains("--resume"), "{message}");
    assert!(!folder.join("parts/checkpoints/epoch-003.safetensors").exists());

    let fresh = run(folder, &format!("{train} --out parts"));
    assert_eq!(fresh.status.code(), Some(1), "an existing run is not overwritten");
    let other = run(folder, &format!("{train} --out parts --resume --rate 0.05"));
    assert_eq!(other.status.code(), Some(1));
    assert!(String::from_utf8(other.stderr).unwrap().contains("rate"));

    stdout(folder, &format!("-q {train} --out parts --resume"));
    for epoch in ["000", "000.25", "001", "001.0125", "002", "003"] {
        let name = format!("checkpoints/epoch-{epoch}.safetensors");
        assert!(bytes(&folder.join("whole").join(&name)) == bytes(&folder.join("parts").join(&name)), "{name} differs");
    }
    assert_eq!(log_without_seconds(&folder.join("whole")), log_without_seconds(&folder.join("parts")));
    // What an earlier epoch left must be there.
    let log = folder.join("parts/log.csv");
    let rows = bytes(&log);
    fs::remove_file(&log).unwrap();
    let weights = bytes(&folder.join("parts/checkpoints/epoch-003.safetensors"));
    let without = run(folder, &format!("{train} --out parts --resume"));
    assert_eq!(without.status.code(), Some(1));
    assert!(String::from_utf8(without.stderr).unwrap().contains("the row of epoch 0 in log.csv is missing"));
    assert!(weights == bytes(&folder.join("parts/checkpoints/epoch-003.safetensors")));
    fs::write(&log, rows).unwrap();
    let second = folder.join("parts/checkpoints/epoch-002.safetensors");
    let weights = bytes(&second);
    fs::remove_file(&second).unwrap();
    let without = run(folder, &format!("{train} --out parts --resume"));
    assert!(String::from_utf8(without.stderr).unwrap().contains("the checkpoint of epoch 2 is missing"));
    fs::write(&second, weights).unwrap();
    let within = folder.join("parts/checkpoints/epoch-000.25.safetensors");
    fs::rename(&within, folder.join("kept")).unwrap();
    let without = run(folder, &format!("{train} --out parts --resume"));
    assert!(String::from_utf8(without.stderr).unwrap().contains("the checkpoint of epoch 0.25 is missing"));
    fs::rename(folder.join("kept"), &within).unwrap();
    // A finished run resumes to nothing.
    stdout(folder, &format!("-q {train} --out parts --resume"));
    assert_eq!(log_without_seconds(&folder.join("whole")), log_without_seconds(&folder.join("parts")));
}

/// A kill between two epochs loses no more than the epoch under way.
#[cfg(unix)]
#[test]
fn a_killed_run_resumes_bit_for_bit() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let train = "train --model resnet8x2 --data builtin --training-images 200 --epochs 2 --batch-size 10 --seed 5 \
                 --checkpoints 0,0.5,1,1.5,2";
    stdout(folder, &format!("-q {train} --out whole"));
    let (mut child, mut lines) = started(folder, &format!("{train} --out parts"));
    assert!(lines.any(|line| line.starts_with("epoch 1/2")));
    child.kill().unwrap();
    child.wait().unwrap();
    stdout(folder, &format!("-q {train} --out parts --resume"));
    for name in ["checkpoints/epoch-001.5.safetensors", "checkpoints/epoch-002.safetensors"] {
        assert!(bytes(&folder.join("whole").join(name)) == bytes(&folder.join("parts").join(name)), "{name}");
    }
    assert_eq!(log_without_seconds(&folder.join("whole")), log_without_seconds(&folder.join("parts")));
}

/// The real CIFAR-10 images, where they are at hand.
#[test]
fn real_images() {
    let Some(cifar10) = cifar10() else {
        // Not `eprintln!`, which the test runner keeps to itself when a test passes.
        writeln!(std::io::stderr(), "SKIPPED real_images: set LAYERPATH_CIFAR10 to a folder with CIFAR-10").unwrap();
        return;
    };
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let data = format!("cifar10:{}", cifar10.display());
    let train = format!("-q train --model resnet8x2 --data {data} --training-images 256 --epochs 1 --out net");
    stdout(folder, &train);
    stdout(folder, &format!("-q capture net --data {data} --stimuli 100 --layers stem.* --out points.zarr"));
    let analysis = json(folder, "-q analyze points.zarr --format json");
    assert_eq!(analysis["paths"][0]["points"].as_array().unwrap().len(), 3);
}

fn cifar10() -> Option<std::path::PathBuf> {
    let given = std::env::var_os("LAYERPATH_CIFAR10").map(std::path::PathBuf::from);
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/cifar10");
    given.or(Some(shared)).filter(|path| path.is_dir()).map(|path| path.canonicalize().unwrap())
}
