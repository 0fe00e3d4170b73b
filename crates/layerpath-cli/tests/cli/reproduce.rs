//! The three questions end to end, on a tiny plan: from training to the report, killed and resumed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::program::{run, stdout};
#[cfg(unix)]
use crate::study::started;

/// Two depths, one of them twice; two epochs; a handful of images.
fn plan() -> Value {
    let group = |architectures: &[&str], seeds: &[u64]| {
        json!({
            "architectures": architectures,
            "seeds": seeds,
            "epochs": 2,
            "batch_size": 20,
            "momentum": 0.9,
            "weight_decay": 1e-4,
            "schedule": { "kind": "one-cycle", "peak": 0.1 },
            "augment": true,
            "batch_norm_init": "ones",
            "training_images": 60,
            "test_images": 40,
            "checkpoints": [0, 0.5, 1, 2],
        })
    };
    let metric = json!({
        "metric": "angular-cka", "stimuli": 40, "shuffles": 10, "permutations": 3, "groups": 5
    });
    let shape = json!({
        "metric": "angular-shape[components=5]", "stimuli": 20, "shuffles": 2, "permutations": 0, "groups": 0
    });
    json!({
        "schema": "layerpath.plan/1",
        "seed": 3,
        "networks": [group(&["resnet8x2"], &[0, 1]), group(&["resnet14x2", "resnet8x3"], &[0])],
        "straightness": { "architectures": ["resnet8x2"], "layers": "all", "metrics": [metric.clone(), shape] },
        "training": { "architectures": ["resnet8x2"], "layers": "blocks", "metric": metric.clone(), "decoding": true },
        "width_depth": {
            "architectures": ["resnet8x2", "resnet14x2", "resnet8x3"], "layers": "blocks", "metric": metric
        },
    })
}

fn write_plan(folder: &Path, plan: &Value) {
    fs::write(folder.join("tiny.json"), plan.to_string()).unwrap();
}

/// Every file of the results but the run folders, whose logs hold times.
fn results(out: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders: Vec<PathBuf> = ["analysis", "progress", "study", "tables", "decoding", "points", "report"]
        .iter()
        .map(|name| out.join(name))
        .collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(out).unwrap().to_path_buf();
                all.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    all
}

fn document(out: &Path, study: &str) -> Value {
    serde_json::from_slice(&fs::read(out.join("study").join(study).join("study.json")).unwrap()).unwrap()
}

const COMMAND: &str = "reproduce all --data builtin";

/// Killed at several stages and resumed, a study ends in the same bytes as in one go; then it has nothing left to do.
#[cfg(unix)]
#[test]
fn three_questions_killed_and_resumed() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    write_plan(folder, &plan());
    let said = stdout(folder, &format!("-q {COMMAND} --plan tiny.json --out whole"));
    assert!(said.contains("resnet8x2 (block outputs): "), "{said}");
    let whole = results(&folder.join("whole"));
    assert!(whole.len() > 60, "{}", whole.len());

    // Killed when a stage begins, of every kind: train, capture, table, analyse, studies.
    let mut killed = 0;
    for beginning in
        ["] train: runs/resnet8x2-seed1", "] capture", "] table", "] analyse: analysis", "] analyse: study"]
    {
        let (mut child, mut lines) = started(folder, &format!("{COMMAND} --plan tiny.json --out parts"));
        let seen = lines.any(|line| line.contains(beginning));
        child.kill().unwrap();
        killed += u32::from(child.wait().unwrap().code().is_none());
        assert!(seen, "never came to {beginning}");
    }
    assert!(killed >= 3, "the kills came too late");
    stdout(folder, &format!("-q {COMMAND} --out parts")); // the plan is in the folder
    let parts = results(&folder.join("parts"));
    assert_eq!(parts.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>());
    for (name, bytes) in &whole {
        assert!(parts[name] == *bytes, "{} differs", name.display());
    }
    let again = run(folder, &format!("{COMMAND} --out parts"));
    assert!(String::from_utf8_lossy(&again.stderr).contains("everything is done already"));

    the_documents_answer(&folder.join("whole"));
    only_what_changed_is_done_again(folder);
}

fn the_documents_answer(out: &Path) {
    let straightness = document(out, "straightness");
    assert_eq!(straightness["schema"], "layerpath.study/1");
    let metrics = straightness["metrics"].as_array().unwrap();
    assert_eq!(metrics.len(), 2);
    let all = &metrics[0]["architectures"][0];
    assert_eq!((all["selection"].as_str(), all["layers"].as_array().unwrap().len()), (Some("all"), 31));
    assert_eq!(metrics[0]["architectures"][1]["layers"].as_array().unwrap().len(), 7);
    let whole = |statistic: &str| {
        let found = all["statistics"].as_array().unwrap().iter();
        found.clone().find(|one| one["statistic"] == statistic && one["index"].is_null()).unwrap().clone()
    };
    let own = whole("straightness");
    for key in ["trained", "untrained", "change"] {
        assert_eq!(own[key]["values"].as_array().unwrap().len(), 2, "{own}");
        assert!(own[key]["low"].as_f64().unwrap() < own[key]["high"].as_f64().unwrap());
    }
    assert!(own["stimuli"]["low"].is_number() && own["shuffled_order"]["median"].is_number());
    assert!(own["noise_floor"]["median"].is_number());

    // Shapes repeat distances alone: straightness has a band, angles have none.
    let shape = metrics[1]["architectures"][1]["statistics"].as_array().unwrap();
    let of = |name: &str| shape.iter().find(|one| one["statistic"] == name).unwrap()["shuffled_order"].clone();
    assert!(of("straightness")["median"].is_number() && of("interior_angles").is_null(), "{}", of("straightness"));
    // Points of five components do not tell those of fewer stimuli; progress is compared over seeds alone.
    let leads = |metric: usize| metrics[metric]["architectures"][1]["leader"]["others"][0].clone();
    assert!(leads(0)["stimuli"]["low"].is_number() && leads(0)["lead"]["low"].is_number(), "{}", leads(0));
    assert!(leads(1)["stimuli"].is_null() && leads(1)["lead"]["mean"].is_number());

    let training = document(out, "training");
    let network = &training["networks"][0];
    let epochs: Vec<&Value> = network["epochs"].as_array().unwrap().iter().map(|one| &one["epoch"]).collect();
    assert_eq!(epochs, [&json!(0), &json!(0.5), &json!(1), &json!(2)]);
    assert!(network["epochs"].as_array().unwrap().iter().all(|one| one["test_accuracy"].is_number()));
    let map =
        |name: &str| network["maps"].as_array().unwrap().iter().find(|map| map["statistic"] == name).unwrap().clone();
    assert_eq!(map("distance_to_final")["values"][3], json!(vec![0.0; 7]));
    assert_eq!(map("speed")["values"][0][0], 0.0, "the input never moves");
    assert!(map("speed")["values"][0][6].as_f64().unwrap() > 0.0);
    assert!(map("decoding")["values"][3][6].as_f64().unwrap() > 0.0);

    let grid = document(out, "width-depth");
    assert_eq!(grid["networks"].as_array().unwrap().len(), 4);
    let pairs = grid["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), 6);
    let replicas: Vec<&Value> = pairs.iter().filter(|pair| pair["relation"] == "replica").collect();
    assert_eq!(replicas.len(), 1);
    assert_eq!(pairs[0]["nearest_in_second"][0], 0, "the inputs are the same");
    let trend = &grid["trends"][0]["trend"];
    assert!(trend["depth"]["low"].as_f64().unwrap() <= trend["depth"]["high"].as_f64().unwrap(), "{trend}");
    let fit = |name: &str| grid["trends"][0][name]["depth"]["per_doubling"].as_f64().unwrap();
    assert!((fit("trend") - fit("untrained") - fit("change")).abs() < 1e-9, "{}", grid["trends"][0]);
    assert!(grid["trends"][0]["shuffled_order"]["depth"]["median"].is_number());
    assert_eq!(grid["untrained"].as_array().unwrap().len(), 4);
    let travel = &grid["travel"][0];
    assert!(travel["ratio"]["value"].is_number() && travel["untrained_ratio"]["value"].is_number(), "{travel}");
    assert!(grid["nearest"][0]["shuffled_order"]["median"].is_number());
    assert!(fs::read_to_string(out.join("study/width-depth/pairs.csv")).unwrap().lines().count() == 7);
}

/// Another number of shuffles concerns analyses only; a network trained elsewhere is not trained again.
fn only_what_changed_is_done_again(folder: &Path) {
    let mut other = plan();
    other["straightness"]["metrics"][0]["shuffles"] = json!(11);
    write_plan(folder, &other);
    let said = run(folder, &format!("{COMMAND} --plan tiny.json --out parts"));
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.contains("left to do: analyse 5 of 19, report 1 of 1"), "{said}");

    let run_json = folder.join("parts/runs/resnet8x3-seed0/run.json");
    let text = fs::read_to_string(&run_json).unwrap();
    fs::write(&run_json, text.replace("\"program\": \"layerpath ", "\"program\": \"train_torch ")).unwrap();
    let said = run(folder, &format!("{COMMAND} --plan tiny.json --out parts"));
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.contains("left to do: capture 1 of"), "{said}");

    // Other settings of a run that is there are refused, with the first difference.
    other["networks"][0]["weight_decay"] = json!(0.001);
    write_plan(folder, &other);
    let refused = run(folder, &format!("{COMMAND} --plan tiny.json --out parts"));
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("`training.weight_decay` is 0.0001 there and 0.001 here"), "{said}");
}

#[test]
fn plans_that_cannot_work_are_refused() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let message = |arguments: &str| {
        let output = run(folder, arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let text = message("reproduce all --data builtin --out nothing");
    assert!(text.contains("there is no plan in `nothing`; start one with --preset"), "{text}");
    let mut typo = plan();
    typo["networks"][0]["epoch"] = json!(3);
    write_plan(folder, &typo);
    let text = message("reproduce all --data builtin --plan tiny.json --out a");
    assert!(text.contains("unknown field `epoch`") && text.contains("docs/plan.md"), "{text}");
    let mut lacking = plan();
    lacking["training"] = Value::Null;
    write_plan(folder, &lacking);
    let text = message("reproduce training --data builtin --plan tiny.json --out a");
    assert!(text.contains("the plan has no `training`"), "{text}");
    let mut many = plan();
    many["networks"][0]["training_images"] = json!(1_000_000);
    write_plan(folder, &many);
    let text = message("reproduce all --data builtin --plan tiny.json --out a");
    assert!(text.contains("1000000 training images, this data has 3000"), "{text}");
    assert!(text.contains("plan `tiny.json`") && !folder.join("a").exists(), "{text}");
    for study in ["straightness", "training", "width_depth"] {
        let mut many = plan();
        let metric = if study == "straightness" { &mut many[study]["metrics"][1] } else { &mut many[study]["metric"] };
        // The stimuli are the first test images of all, however few of them networks are tested on.
        metric["stimuli"] = json!(1001);
        write_plan(folder, &many);
        let text = message("reproduce all --data builtin --plan tiny.json --out a");
        let problem = format!("plan `tiny.json`: {study} asks for 1001 stimuli, but there are 1000 test images");
        assert!(text.contains(&problem) && !text.contains("--stimuli"), "{text}");
        assert!(!text.contains("left to do") && !folder.join("a").exists(), "{text}");
    }
    // Nothing is begun where there are no images.
    let text = message("reproduce all --data cifar10:nowhere --plan tiny.json --out b");
    assert!(text.contains("nowhere") && !folder.join("b").exists(), "{text}");
    // A preset does not replace another plan.
    fs::create_dir(folder.join("a")).unwrap();
    fs::write(folder.join("a/plan.json"), plan().to_string()).unwrap();
    let text = message("reproduce all --data builtin --preset smoke --out a");
    assert!(text.contains("is another plan than this preset"), "{text}");
}

/// A plan that does not fit the runs that are there is refused before it takes the place of the one that does.
#[test]
fn a_refused_plan_leaves_the_study_as_it_was() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let mut small = plan();
    small["straightness"] = Value::Null;
    small["training"] = Value::Null;
    small["networks"][0]["checkpoints"] = json!([0, 2]);
    write_plan(folder, &small);
    stdout(folder, &format!("-q {COMMAND} --plan tiny.json --out a"));
    let before = fs::read(folder.join("a/plan.json")).unwrap();
    let refused = |other: &Value, question: &str, problem: &str| {
        write_plan(folder, other);
        let output = run(folder, &format!("reproduce {question} --data builtin --plan tiny.json --out a"));
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains("error: plan `tiny.json`: ") && text.contains(problem), "{text}");
        assert_eq!(fs::read(folder.join("a/plan.json")).unwrap(), before, "{problem}");
    };
    let mut longer = small.clone();
    longer["networks"][0]["epochs"] = json!(3);
    longer["networks"][0]["checkpoints"] = json!([0, 3]);
    refused(&longer, "all", "`training.epochs` is 2 there and 3 here");
    let mut denser = small.clone();
    denser["networks"][0]["checkpoints"] = json!([0, 1, 2]);
    refused(&denser, "all", "is finished but has no checkpoint of epoch 1");
    let mut crowded = small.clone();
    crowded["networks"][0]["seeds"] = json!([0, 7]);
    crowded["networks"][0]["checkpoints"] = json!([0, 0.5, 0.51, 2]);
    refused(&crowded, "all", "checkpoint 0.51 is the same step of training as 0.5");
    // A network that the question of now does not look at counts too: the plan is that of all questions.
    let mut elsewhere = small.clone();
    elsewhere["networks"][1]["momentum"] = json!(0.5);
    elsewhere["training"] = plan()["training"].clone();
    elsewhere["networks"][0]["checkpoints"] = json!([0, 2]);
    refused(&elsewhere, "training", "`training.momentum` is 0.9 there and 0.5 here");
    // Without a file the plan is the one of the folder.
    let other_data = run(folder, "reproduce all --data builtin --data-seed 1 --out a");
    let text = String::from_utf8(other_data.stderr).unwrap();
    assert!(text.contains("error: plan `a/plan.json`: ") && text.contains("`data."), "{text}");

    let again = run(folder, &format!("{COMMAND} --out a"));
    let text = String::from_utf8(again.stderr).unwrap();
    assert!(again.status.success() && text.contains("everything is done already"), "{text}");
}
