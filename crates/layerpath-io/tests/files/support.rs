//! Files made by hand, independent of the code under test.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

/// A `.npy` file: header text around `descr` and `shape`, then `data`.
pub(crate) fn npy(descr: &str, fortran_order: bool, shape: &[usize], data: &[u8]) -> Vec<u8> {
    let order = if fortran_order { "True" } else { "False" };
    let axes = shape.iter().fold(String::new(), |axes, extent| axes + &extent.to_string() + ", ");
    npy_with_header(&format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': ({axes}), }}"), data)
}

/// A `.npy` file of version 1 with any header text.
pub(crate) fn npy_with_header(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    let length = (header.len() + 11).next_multiple_of(64) - 10;
    bytes.extend(u16::try_from(length).unwrap().to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.resize(10 + length - 1, b' ');
    bytes.push(b'\n');
    bytes.extend(data);
    bytes
}

/// A row-major float32 matrix as `.npy`.
pub(crate) fn npy_f32(shape: &[usize], values: &[f32]) -> Vec<u8> {
    npy("<f4", false, shape, &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())
}

/// A list of integers as `.npy`.
pub(crate) fn npy_i64(values: &[i64]) -> Vec<u8> {
    let data: Vec<_> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    npy("<i8", false, &[values.len()], &data)
}

/// A zip archive.
pub(crate) fn archive(entries: &[(&str, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in entries {
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A safetensors file: any header text, then `data`.
pub(crate) fn safetensors(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

/// Writes `bytes` under `name` in a folder.
pub(crate) fn put(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    path
}

/// Numbers that look random and are the same every time (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

/// Calls `read` with the file cut after every 64th of its length: it must fail each time and say the file's name.
pub(crate) fn every_truncation_fails<T>(path: &Path, read: impl Fn(&Path) -> Result<T, layerpath_io::Error>) {
    let whole = std::fs::read(path).unwrap();
    assert!(read(path).is_ok(), "the whole file is read");
    for part in 0..64 {
        let length = whole.len() * part / 64;
        std::fs::write(path, &whole[..length]).unwrap();
        let Err(error) = read(path) else { panic!("{length} of {} bytes were accepted", whole.len()) };
        assert!(error.is_user_error(), "{error}");
    }
    std::fs::write(path, whole).unwrap();
}

/// Calls `read` with a few bytes changed, many times; whatever it says, it must not panic.
pub(crate) fn no_mutation_panics<T>(
    path: &Path,
    seed: u64,
    n_mutations: usize,
    read: impl Fn(&Path) -> Result<T, layerpath_io::Error>,
) {
    let whole = std::fs::read(path).unwrap();
    let mut random = Random(seed);
    for mutation in 0..n_mutations {
        let mut changed = whole.clone();
        for _ in 0..=random.below(4) {
            let place = match random.below(3) {
                // Headers stand at the start or at the end.
                0 => random.below(whole.len().min(256)),
                1 => whole.len() - 1 - random.below(whole.len().min(256)),
                _ => random.below(whole.len()),
            };
            changed[place] = [0, 0xff, 0x80, 0x7f, random.next() as u8][random.below(5)];
        }
        std::fs::write(path, &changed).unwrap();
        if let Err(error) = read(path) {
            assert!(error.is_user_error(), "mutation {mutation} of seed {seed}: {error}");
        }
    }
    std::fs::write(path, whole).unwrap();
}
