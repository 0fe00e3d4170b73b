//! Running the program and writing small inputs for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

/// The program, quiet about progress, in a folder of its own.
pub(crate) fn layerpath(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("layerpath").unwrap();
    command.current_dir(folder).env("NO_COLOR", "1");
    command
}

/// Runs with arguments separated by spaces; paths in these tests have none.
pub(crate) fn run(folder: &Path, arguments: &str) -> Output {
    layerpath(folder).args(arguments.split_whitespace()).output().unwrap()
}

/// Runs, expects success, and gives standard output.
pub(crate) fn stdout(folder: &Path, arguments: &str) -> String {
    let output = run(folder, arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "layerpath {arguments}\n{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn json(folder: &Path, arguments: &str) -> Value {
    serde_json::from_str(&stdout(folder, arguments)).unwrap()
}

/// The repository's `golden/` folder.
pub(crate) fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden")
}

/// A version 1.0 `.npy` file of float64 in C order.
pub(crate) fn npy(shape: &[usize], values: &[f64]) -> Vec<u8> {
    let axes: Vec<String> = shape.iter().map(|axis| format!("{axis},")).collect();
    let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}), }}", axes.join(" "));
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

/// Numbers that look random enough: a quadratic sequence modulo a prime.
pub(crate) fn scrambled(n: usize, salt: usize) -> Vec<f64> {
    (0..n).map(|i| ((i * i * 31 + i * 17 + salt * 101) % 257) as f64 / 257.0).collect()
}

/// A folder of layers `00.npy`, `01.npy`, … of `m` stimuli.
pub(crate) fn layers(folder: &Path, m: usize, widths: &[usize]) {
    fs::create_dir_all(folder).unwrap();
    for (i, &width) in widths.iter().enumerate() {
        fs::write(folder.join(format!("{i:02}.npy")), npy(&[m, width], &scrambled(m * width, i))).unwrap();
    }
}
