//! Arrays read piece by piece: the same numbers, and the same refusals.

use std::fs;
use std::path::{Path, PathBuf};

use layerpath_io::activations::{ActivationSource, for_each_batch, read_activations};
use layerpath_io::{Elements, Error, NamedArray};
use zip::CompressionMethod;

use crate::support::{archive, npy, npy_f32, put, safetensors};

fn values(count: usize, salt: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7919 + salt) % 1009) as f32 - 500.0).collect()
}

/// Two layers of 11 stimuli in every kind of file.
fn files(folder: &Path) -> Vec<PathBuf> {
    let (a, b) = (npy_f32(&[11, 3], &values(33, 0)), npy_f32(&[11, 2, 2], &values(44, 5)));
    put(folder, "folder/a.npy", &a);
    put(folder, "folder/b.npy", &b);
    let entries = [("a.npy", a), ("b.npy", b)];
    let data: Vec<u8> = values(33, 0).into_iter().chain(values(44, 5)).flat_map(f32::to_le_bytes).collect();
    let header = r#"{"a":{"dtype":"F32","shape":[11,3],"data_offsets":[0,132]},"b":{"dtype":"F32","shape":[11,2,2],"data_offsets":[132,308]}}"#;
    vec![
        folder.join("folder"),
        put(folder, "plain.npz", &archive(&entries, CompressionMethod::Stored)),
        put(folder, "tensors.safetensors", &safetensors(header, &data)),
    ]
}

fn pieces(path: &Path, batch: usize) -> Result<Vec<Vec<f32>>, Error> {
    let source = ActivationSource::open(path)?;
    let mut all: Vec<Vec<f32>> = source.arrays.iter().map(|_| Vec::new()).collect();
    for_each_batch(&source.arrays, batch, |start, arrays| -> Result<(), Error> {
        for (all, array) in all.iter_mut().zip(&arrays) {
            assert_eq!(all.len(), start * array.row_length());
            all.extend(array.elements.to_f32());
        }
        Ok(())
    })?;
    Ok(all)
}

#[test]
fn pieces_make_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    for path in files(folder.path()) {
        let whole: Vec<Vec<f32>> =
            read_activations(&path).unwrap().arrays.iter().map(|array| array.elements.to_f32()).collect();
        assert_eq!(whole, [values(33, 0), values(44, 5)], "{}", path.display());
        for batch in [1, 4, 11, 100] {
            assert_eq!(pieces(&path, batch).unwrap(), whole, "{}, {batch}", path.display());
        }
    }
}

#[test]
fn every_precision_in_pieces() {
    let folder = tempfile::tempdir().unwrap();
    for (descr, bytes, expected) in [
        ("<f2", vec![0x00, 0x3c, 0x00, 0xc0], [1.0, -2.0]),
        ("<V2", vec![0x80, 0x3f, 0x00, 0xc0], [1.0, -2.0]),
        (">f4", [1.0_f32, -2.0].into_iter().flat_map(f32::to_be_bytes).collect(), [1.0, -2.0]),
        ("<f8", [1.0_f64, -2.0].into_iter().flat_map(f64::to_le_bytes).collect(), [1.0, -2.0]),
        ("<i2", [1_i16, -2].into_iter().flat_map(i16::to_le_bytes).collect(), [1.0, -2.0]),
    ] {
        let path = put(folder.path(), "x.npy", &npy(descr, false, &[2, 1], &bytes));
        assert_eq!(pieces(&path, 1).unwrap(), [expected], "{descr}");
    }
}

#[test]
fn what_has_no_pieces_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let columns: Vec<u8> = values(33, 0).into_iter().flat_map(f32::to_le_bytes).collect();
    let fortran = npy("<f4", true, &[11, 3], &columns);
    let plain = npy_f32(&[11, 3], &values(33, 0));
    for (path, word) in [
        (put(folder.path(), "f.npy", &fortran), "Fortran"),
        (put(folder.path(), "f.npz", &archive(&[("x.npy", fortran)], CompressionMethod::Stored)), "Fortran"),
        (put(folder.path(), "c.npz", &archive(&[("x.npy", plain)], CompressionMethod::Deflated)), "compressed"),
    ] {
        let error = pieces(&path, 4).unwrap_err();
        assert!(error.is_user_error() && error.to_string().contains(word), "{error}");
        // As a whole they are read all the same.
        assert_eq!(read_activations(&path).unwrap().arrays[0].shape, [11, 3]);
    }
}

#[test]
fn a_file_that_changes_meanwhile_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for path in files(folder.path()) {
        let source = ActivationSource::open(&path).unwrap();
        let file = if path.is_dir() { path.join("b.npy") } else { path.clone() };
        let bytes = fs::read(&file).unwrap();
        fs::write(&file, &bytes[..bytes.len() - 30]).unwrap();
        let failed = for_each_batch(&source.arrays, 4, |_, _| -> Result<(), Error> { Ok(()) }).unwrap_err();
        assert!(failed.is_user_error() && failed.to_string().contains("changed"), "{failed}");
        assert!(ActivationSource::open(&path).is_err(), "{}", path.display());
    }
}

#[test]
fn an_archive_s_check_sum_holds_for_pieces() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = archive(&[("x.npy", npy_f32(&[11, 3], &values(33, 0)))], CompressionMethod::Stored);
    // A bit of the third stimulus.
    let place = bytes.windows(4).position(|four| four == values(33, 0)[7].to_le_bytes()).unwrap();
    bytes[place] ^= 1;
    let path = put(folder.path(), "x.npz", &bytes);
    for error in [pieces(&path, 4).unwrap_err(), read_activations(&path).unwrap_err()] {
        assert!(error.to_string().contains("check sum"), "{error}");
    }
    let source = ActivationSource::open(&path).unwrap();
    let some = source.arrays[0].read_rows(0..2).unwrap();
    assert_eq!(some, NamedArray { name: "x".into(), shape: vec![2, 3], elements: Elements::F32(values(6, 0)) });
}

#[test]
fn what_the_reader_of_batches_says_ends_the_reading() {
    let folder = tempfile::tempdir().unwrap();
    let source = ActivationSource::open(&files(folder.path())[0]).unwrap();
    let mut count = 0;
    let ended = for_each_batch(&source.arrays, 2, |_, _| {
        count += 1;
        if count == 2 { read_activations(Path::new("nowhere")).map(|_| ()) } else { Ok(()) }
    });
    assert!(ended.is_err() && count == 2);
}
