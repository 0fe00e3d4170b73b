//! Small files that promise gigabytes cost no memory. A program of its own, because it watches the whole process.
#![allow(clippy::unwrap_used)] // helpers of tests fail as tests do
#![cfg(target_os = "linux")]

use std::io::{Cursor, Write};
use std::path::Path;

use layerpath_io::activations::read_activations;
use zip::write::{SimpleFileOptions, ZipWriter};

/// The most memory that this process ever had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn refused_within(folder: &Path, name: &str, bytes: &[u8], n_mebibytes: u64) {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    let before = peak();
    assert!(read_activations(&path).is_err(), "{name}");
    let grown = peak() - before;
    assert!(grown < n_mebibytes << 10, "{name}: {grown} KiB for {} bytes", bytes.len());
}

#[test]
fn promises_cost_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let header = |count: usize| format!("{{'descr': '<f8', 'fortran_order': True, 'shape': ({count}, 3), }}");
    let npy = |count: usize, n_zeros: usize| {
        let text = header(count);
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((text.len() as u16).to_le_bytes());
        bytes.extend(text.as_bytes());
        bytes.resize(bytes.len() + n_zeros, 0);
        bytes
    };
    refused_within(folder.path(), "a.npy", &npy(1 << 40, 64), 4);
    refused_within(folder.path(), "b.npy", &npy(1 << 28, 64), 4);
    let tensors = r#"{"a":{"dtype":"F32","shape":[1073741824],"data_offsets":[0,4294967296]}}"#;
    let mut bytes = (tensors.len() as u64).to_le_bytes().to_vec();
    bytes.extend(tensors.as_bytes());
    refused_within(folder.path(), "c.safetensors", &bytes, 4);

    // 256 MiB of zeros in 256 KiB; the array inside is short, so all of it is too much.
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    writer.start_file("x.npy", options).unwrap();
    writer.write_all(&npy(2, 48)).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..256 {
        writer.write_all(&zeros).unwrap();
    }
    let bomb = writer.finish().unwrap().into_inner();
    assert!(bomb.len() < 512 << 10);
    refused_within(folder.path(), "d.npz", &bomb, 8);
}
