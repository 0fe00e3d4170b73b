//! `layerpath capture` into a store that is there already, begun by another command or at work this moment.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program::{layerpath, run, stdout};

const TRAIN: &str = "-q train --model resnet8x1 --data builtin --training-images 20 --epochs 2 --batch-size 10";
const CAPTURE: &str = "capture net --data builtin --stimuli 30 --epochs all --out p.zarr";

fn refused(folder: &Path, arguments: &str, parts: &[&str]) {
    let output = run(folder, arguments);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments}\n{stderr}");
    for part in parts {
        assert!(stderr.contains(part), "{arguments}: no `{part}` in\n{stderr}");
    }
}

/// Every file of a store.
fn files(store: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![store.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                all.insert(path.strip_prefix(store).unwrap().to_path_buf(), fs::read(&path).unwrap());
            }
        }
    }
    all
}

/// As a kill leaves a store after the commit that brought it to `rows` points.
fn cut(store: &Path, rows: usize) {
    edit(&store.join("points/zarr.json"), |array| array["shape"][0] = rows.into());
    edit(&store.join("zarr.json"), |group| {
        group["attributes"]["layerpath"]["rows"].as_array_mut().unwrap().truncate(rows);
    });
}

fn edit(file: &Path, change: impl Fn(&mut Value)) {
    let mut document: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    change(&mut document);
    fs::write(file, serde_json::to_string_pretty(&document).unwrap()).unwrap();
}

#[test]
fn a_capture_goes_on_only_with_the_same_layers_and_networks() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let store = folder.join("p.zarr");
    stdout(folder, &format!("{TRAIN} --out net"));
    stdout(folder, &format!("-q {CAPTURE} --layers blocks"));
    let whole = files(&store);
    let n_rows = 3 * 7 + 1;
    // Within an epoch, and after one.
    for rows in [3, 7, 10, n_rows - 1] {
        cut(&store, rows);
        let begun = files(&store);
        let other = ["beginning of another capture", "layers `blocks`, not `all`", "--overwrite"];
        refused(folder, &format!("{CAPTURE} --layers all"), &other);
        refused(
            folder,
            &CAPTURE.replace("all --out", "0,1 --out"),
            &["net@2, which is not asked for now", "--overwrite"],
        );
        let other = ["net@0 where net@1 is asked for now", "--overwrite"];
        refused(folder, &CAPTURE.replace("all --out", "1,2 --out"), &other);
        assert_eq!(files(&store), begun);
        stdout(folder, &format!("-q {CAPTURE} --layers blocks"));
        assert_eq!(files(&store), whole, "after {rows} points");
    }
    // Fewer epochs first: the same as all at once.
    let fewer = CAPTURE.replace("all --out", "0,1 --out");
    stdout(folder, &format!("-q {fewer} --overwrite"));
    cut(&store, 10);
    stdout(folder, &format!("-q {CAPTURE}"));
    assert_eq!(files(&store), whole);

    // A network of the same name that was trained otherwise.
    cut(&store, 10);
    fs::rename(folder.join("net"), folder.join("old")).unwrap();
    stdout(folder, &format!("{TRAIN} --rate 0.5 --out net"));
    refused(folder, CAPTURE, &["other weights of net@1", "--overwrite"]);
    fs::remove_dir_all(folder.join("net")).unwrap();
    stdout(folder, &format!("{TRAIN} --seed 1 --out net"));
    refused(folder, CAPTURE, &["other weights of net@0", "--overwrite"]);
    fs::remove_dir_all(folder.join("net")).unwrap();
    fs::rename(folder.join("old"), folder.join("net")).unwrap();
    stdout(folder, &format!("-q {CAPTURE}"));
    assert_eq!(files(&store), whole);

    // Stores without the record, of earlier versions: whole ones are read, others begun anew.
    edit(&store.join("zarr.json"), |group| {
        group["attributes"].as_object_mut().unwrap().remove("layerpath.capture").unwrap();
    });
    stdout(folder, "-q analyze p.zarr");
    cut(&store, 10);
    refused(folder, CAPTURE, &["does not tell", "--overwrite"]);
    stdout(folder, &format!("-q {CAPTURE} --overwrite"));
    assert_eq!(files(&store), whole);
}

/// Whoever comes second is refused, or was first: no store has points of both.
#[test]
fn two_captures_of_different_layers_are_not_mixed() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let store = folder.join("p.zarr");
    stdout(folder, &format!("{TRAIN} --out net"));
    let [all, blocks] = ["all", "blocks"].map(|layers| format!("-q {CAPTURE} --layers {layers}"));
    let alone = [&all, &blocks].map(|arguments| {
        stdout(folder, &format!("{arguments} --overwrite"));
        files(&store)
    });
    for round in 0..20_u64 {
        fs::remove_dir_all(&store).unwrap();
        let codes = std::thread::scope(|scope| {
            let both = [&all, &blocks].map(|arguments| {
                let wait = std::time::Duration::from_millis(if arguments == &blocks { 4 * round } else { 0 });
                scope.spawn(move || {
                    std::thread::sleep(wait);
                    layerpath(folder).args(arguments.split(' ')).output().unwrap()
                })
            });
            both.map(|one| {
                let output = one.join().unwrap();
                let stderr = String::from_utf8(output.stderr).unwrap();
                let fine = output.status.success() || stderr.contains("exists") || stderr.contains("another program");
                assert!(fine, "round {round}: {stderr}");
                output.status.code()
            })
        });
        let found = files(&store);
        for (own, code) in alone.iter().zip(codes) {
            assert_eq!(code == Some(0), &found == own, "round {round}");
        }
    }
}
