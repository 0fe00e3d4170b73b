//! What `analyze` puts beside the statistics of a path.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use serde_json::Value;

use crate::program::{json, layers, npy, run, scrambled, stdout};

const M: usize = 24;

/// Four layers of 24 stimuli, and labels of three classes that the last layer tells apart.
fn study(folder: &Path) {
    let input = folder.join("net");
    layers(&input, M, &[6, 9, 5]);
    let labels: Vec<f64> = (0..M).map(|i| (i % 3) as f64).collect();
    let mut last = scrambled(M * 3, 9);
    for (row, label) in labels.iter().enumerate() {
        last[row * 3 + *label as usize] += 1.0;
    }
    fs::write(input.join("03.npy"), npy(&[M, 3], &last)).unwrap();
    fs::write(folder.join("labels.npy"), npy(&[M], &labels)).unwrap();
}

fn everything(metric: &str) -> String {
    format!(
        "-q analyze net --target labels.npy --metric {metric} --baselines --intervals --convergence --decoding \
         --stimuli-shares=2"
    )
}

#[test]
fn the_table_says_it_briefly_and_the_tables_in_full() {
    let folder = tempfile::tempdir().unwrap();
    study(folder.path());
    let command = everything("angular-cka") + " --out result";
    assert_snapshot!("evidence-table", stdout(folder.path(), &command));
    let read = |name: &str| fs::read_to_string(folder.path().join("result").join(name)).unwrap();
    let head = |text: String, n: usize| text.lines().take(n).collect::<Vec<_>>().join("\n");
    let evidence = read("evidence.csv");
    let kinds =
        ["delete-group-jackknife", "shuffled-order", "noise-floor", "convergence", "leave-one-out-kernel-ridge"];
    let mut firsts = vec![evidence.lines().next().unwrap().to_owned()];
    for kind in kinds {
        let lines = evidence.lines().filter(|line| line.split(',').nth(3) == Some(kind));
        firsts.extend(lines.take(3).map(str::to_owned));
    }
    insta::with_settings!({filters => vec![(r"(\d\.\d{4})\d+(e-\d+)?", "$1…")]}, {
        assert_snapshot!("evidence-csv", firsts.join("\n"));
        assert_snapshot!("stimuli-csv", head(read("stimuli.csv"), 8));
    });
    // Steps and distances to the ends have intervals, in pairs.csv as well.
    let pairs = read("pairs.csv");
    let bounded = pairs.lines().skip(1).filter(|line| !line.ends_with(",,")).count();
    assert_eq!((bounded, pairs.lines().count()), (10, 11), "{pairs}");
    // An analysis without evidence leaves no table of an earlier one.
    stdout(folder.path(), "-q analyze net --out result");
    assert!(!folder.path().join("result/evidence.csv").exists() && !folder.path().join("result/stimuli.csv").exists());
}

fn statistic<'a>(values: &'a Value, name: &str, index: Option<u64>) -> &'a Value {
    let all = values.as_array().unwrap();
    all.iter().find(|value| value["statistic"] == name && value["index"].as_u64() == index).unwrap()
}

/// As many components as there are is all of them; but what p components make of fewer stimuli comes from the activations.
#[test]
fn intervals_from_activations_are_those_from_points() {
    let folder = tempfile::tempdir().unwrap();
    study(folder.path());
    let of = |metric: &str| {
        let command = "-q analyze net --target labels.npy --intervals --convergence --decoding --format json";
        json(folder.path(), &format!("{command} --metric {metric}"))["paths"][0].clone()
    };
    let (points, activations) = (of("angular-shape"), of("angular-shape[components=9]"));
    let (ours, theirs) = (&points["intervals"]["values"], &activations["intervals"]["values"]);
    assert_eq!(ours.as_array().unwrap().len(), theirs.as_array().unwrap().len());
    for (ours, theirs) in ours.as_array().unwrap().iter().zip(theirs.as_array().unwrap()) {
        for end in ["estimate", "low", "high"] {
            let (ours, theirs) = (ours[end].as_f64(), theirs[end].as_f64());
            assert_eq!(ours.is_some(), theirs.is_some());
            assert!((ours.unwrap_or(0.0) - theirs.unwrap_or(0.0)).abs() < 1e-6, "{ours:?} against {theirs:?}");
        }
    }
    let length = |path: &Value| {
        let means = &statistic(&path["convergence"]["values"], "length", None)["mean"];
        means.as_array().unwrap().iter().map(|mean| mean.as_f64().unwrap()).collect::<Vec<f64>>()
    };
    assert_eq!(points["convergence"]["stimuli"], serde_json::json!([6, 12, 24]));
    for (ours, theirs) in length(&points).iter().zip(length(&activations)) {
        assert!((ours - theirs).abs() < 1e-9);
    }
    // Decoding is linear for both, from the activations.
    assert_eq!(points["decoding"], activations["decoding"]);
    let accuracy = points["decoding"]["layers"][3]["accuracy"].as_f64().unwrap();
    assert!(accuracy > 0.9, "{accuracy}");
}

#[test]
fn every_kind_of_metric_has_its_evidence() {
    let folder = tempfile::tempdir().unwrap();
    study(folder.path());
    for metric in [
        "angular-rsa",
        "stress[rescale=median]",
        "euclidean-shape",
        "affine-invariant[ridge=0.1]",
        "log-euclidean[ridge=0.1]",
        "log-euclidean[matrix=covariance,components=2,ridge=0.1]",
        "grassmann[components=2]",
    ] {
        let command = "-q analyze net --target labels.npy --baselines --intervals=subsampling --decoding --format json";
        let path = json(folder.path(), &format!("{command} --metric {metric}"))["paths"][0].clone();
        let step = statistic(&path["intervals"]["values"], "steps", Some(0));
        assert!(step["low"].as_f64() < step["high"].as_f64(), "{metric}: {step}");
        assert_eq!((&path["intervals"]["method"], &path["intervals"]["samples"]), (&"subsampling".into(), &200.into()));
        assert!(!path["baselines"]["noise_floor"].as_array().unwrap().is_empty());
        assert_eq!(path["decoding"]["layers"].as_array().unwrap().len(), 4);
    }
    let refused = run(folder.path(), "analyze net --metric angular-shape --stimuli-shares");
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("no sum over stimuli"));
    let refused = run(folder.path(), "analyze net --decoding");
    assert!(String::from_utf8(refused.stderr).unwrap().contains("--target"));
    let refused = run(folder.path(), "analyze net --target 03 --decoding");
    assert!(String::from_utf8(refused.stderr).unwrap().contains("no set of labels"));
}

#[test]
fn an_untrained_network_stands_beside_the_trained_one() {
    let folder = tempfile::tempdir().unwrap();
    study(folder.path());
    let fresh = folder.path().join("fresh");
    fs::create_dir(&fresh).unwrap();
    for (i, width) in [6, 9, 5, 3].into_iter().enumerate() {
        fs::write(fresh.join(format!("{i:02}.npy")), npy(&[M, width], &scrambled(M * width, 20 + i))).unwrap();
    }
    let command = "-q analyze net --target labels.npy --baselines --untrained fresh --format json";
    let analysis = json(folder.path(), command);
    let (trained, untrained) = (&analysis["paths"][0], &analysis["paths"][1]);
    assert_eq!(trained["baselines"]["untrained"]["path"], "fresh");
    let length = statistic(&trained["baselines"]["untrained"]["values"], "length", None);
    assert_eq!((&length["observed"], &length["untrained"]), (&trained["length"], &untrained["length"]));
    assert!(untrained["baselines"]["untrained"].is_null());

    fs::remove_file(fresh.join("02.npy")).unwrap();
    let refused = run(folder.path(), "analyze net --baselines --untrained fresh");
    assert_eq!(refused.status.code(), Some(1));
    let message = String::from_utf8(refused.stderr).unwrap();
    assert!(message.contains("no baseline of `net`: layer 2 is `02` and `03`"), "{message}");
    let alone = run(folder.path(), "analyze net --untrained fresh");
    assert_eq!(alone.status.code(), Some(1));
}

#[test]
fn equal_layers_are_explicitly_undefined_in_all_evidence() {
    let folder = tempfile::tempdir().unwrap();
    study(folder.path());
    fs::copy(folder.path().join("net/01.npy"), folder.path().join("net/01b.npy")).unwrap();
    let command = everything("angular-cka[estimator=biased]") + " --format json";
    let path = json(folder.path(), &command)["paths"][0].clone();
    assert_eq!(path["steps"][1], 0.0);
    assert!(path["stimulus_shares"]["steps"][1]["reason"].as_str().unwrap().contains("coincide"));
    assert!(path["stimulus_shares"]["progress"][1]["along"].is_null());
    for evidence in ["intervals", "convergence"] {
        let angle = statistic(&path[evidence]["values"], "interior_angles", Some(1));
        assert!(!angle["reason"].as_str().unwrap().is_empty(), "{evidence}");
    }
    assert_eq!(path["decoding"]["layers"][1]["accuracy"], path["decoding"]["layers"][2]["accuracy"]);
}

#[test]
fn files_of_one_name_are_told_apart_by_their_folders() {
    let folder = tempfile::tempdir().unwrap();
    for own in ["trained", "untrained"] {
        fs::create_dir(folder.path().join(own)).unwrap();
        layers(&folder.path().join(own).join("net"), M, &[6, 9, 5]);
    }
    let found = json(folder.path(), "-q analyze trained/net --baselines --untrained untrained/net --format json");
    let names: Vec<&str> =
        found["paths"].as_array().unwrap().iter().map(|path| path["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["trained-net", "untrained-net"]);
    stdout(folder.path(), "-q compare trained/net untrained/net");
    // The same file twice is still a mistake.
    assert!(!run(folder.path(), "-q compare trained/net trained/net").status.success());
}
