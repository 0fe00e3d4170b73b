//! Outputs that would take the place of what the command reads, and names that promise another format.

use std::fs;
use std::path::Path;

use crate::determinism::files;
use crate::program::{golden, layers, npy, run, scrambled, stdout};

/// Runs a command that must fail with `part` in its message, and leaves every file as it was.
fn refused(folder: &Path, arguments: &str, part: &str) {
    let before = files(folder);
    let output = run(folder, arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "layerpath {arguments}\n{said}");
    assert!(said.contains(part), "layerpath {arguments}\nexpected `{part}` in:\n{said}");
    assert!(files(folder) == before, "layerpath {arguments} changed a file");
}

const INPUT: &str = "is read by this command, which would replace it; choose another name";
const BELONGS: &str = "belongs to the input";

#[test]
fn an_input_is_not_replaced() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    layers(&folder.join("d"), 8, &[3, 4, 5]);
    // What a file holds is seen from its content.
    fs::write(folder.join("one.json"), npy(&[8, 3], &scrambled(24, 7))).unwrap();
    fs::write(folder.join("labels.npy"), npy(&[8], &[0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0])).unwrap();
    refused(folder, "distances d --out d/00.npy", BELONGS);
    refused(folder, "distances d --out ./d/../d/00.npy", BELONGS);
    // It would be a layer of the next command.
    refused(folder, "distances d --out d/table.npy", BELONGS);
    refused(folder, "similarities d --out d/00.npy", BELONGS);
    refused(folder, "distances d/00.npy d/01.npy --out d/01.npy", INPUT);
    refused(folder, "similarities d --target labels.npy --out labels.npy", INPUT);
    refused(folder, "embed one.json d --out one.json", INPUT);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("d", folder.join("link")).unwrap();
        let output = run(folder, "distances link --out d/00.npy");
        assert_eq!(output.status.code(), Some(1), "by another way");
        fs::remove_file(folder.join("link")).unwrap();
    }
    assert_eq!(fs::read(folder.join("d/00.npy")).unwrap().len(), 128 + 8 * 24);

    // What an earlier command wrote is replaced as ever, beside the input as elsewhere.
    for _ in 0..2 {
        stdout(folder, "-q distances d --out table.npy");
        stdout(folder, "-q similarities d --out scores.npy");
        stdout(folder, "-q embed d --out d/picture.json");
        stdout(folder, "-q analyze d --out d");
        stdout(folder, "-q report d --out d/page.html");
    }
    // An analysis under the name of a page.
    fs::copy(folder.join("d/analysis.json"), folder.join("analysis.html")).unwrap();
    refused(folder, "report analysis.html --out analysis.html", INPUT);
}

#[test]
fn a_store_and_a_run_stay_whole() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let train = "train --model resnet8x1 --data builtin --training-images 20 --epochs 1";
    stdout(folder, &format!("-q {train} --out net"));
    let capture = "capture net --data builtin --stimuli 24 --overwrite";
    refused(folder, &format!("{capture} --epochs 0 --out net/checkpoints/epoch-000.safetensors"), BELONGS);
    refused(folder, &format!("{capture} --epochs 0 --out net/checkpoints/epoch-001.safetensors"), BELONGS);
    let own =
        "capture --checkpoint net/checkpoints/epoch-001.safetensors --model resnet8x1 --data builtin --stimuli 24";
    refused(folder, &format!("{own} --overwrite --out net/checkpoints/epoch-001.safetensors"), INPUT);
    stdout(folder, &format!("-q {capture} --out net/points.zarr"));
    stdout(folder, &format!("-q {capture} --out net/points.zarr"));
    refused(folder, "distances net/points.zarr --out net/points.zarr/table.npy", BELONGS);
    refused(folder, "analyze net/points.zarr --out net/points.zarr", INPUT);
    refused(folder, "embed net/points.zarr --out net/points.zarr/zarr.json", BELONGS);
    stdout(folder, "-q analyze net/points.zarr --out net");
}

#[test]
fn a_name_promises_what_is_in_the_file() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    layers(&folder.join("d"), 8, &[3, 4, 5]);
    let archive = golden().join("repsim/seed11-m24/representations.npz");
    fs::copy(archive, folder.join("copy.npz")).unwrap();
    refused(folder, "distances copy.npz --out copy.npz", "end the name in .npy");
    refused(folder, "distances d --out net2.npz", "`--out net2.npz` would hold a .npy array; end the name in .npy");
    refused(folder, "distances d --out table", "end the name in .npy");
    refused(folder, "similarities d --out scores.csv", "end the name in .npy");
    stdout(folder, "-q analyze d --out an");
    refused(folder, "report an --out an/analysis.json", "would hold an HTML page; end the name in .html");
    refused(folder, "report an --out an/layers.csv", "end the name in .html");
    stdout(folder, "-q report an --out page.HTM");
    stdout(folder, "-q distances d --out TABLE.NPY");
}
