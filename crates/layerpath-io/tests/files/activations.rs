//! Activations in the formats that people have.

use layerpath::analysis::{Stimuli, StimulusIdentity};
use layerpath_io::activations::{ActivationSet, ActivationWriter, read_activations, write_activations};
use layerpath_io::{Elements, hash_ids, stimuli_from_ids};
use zip::CompressionMethod;

use crate::support::{archive, every_truncation_fails, no_mutation_panics, npy, npy_f32, npy_i64, put, safetensors};

fn names(set: &ActivationSet) -> Vec<&str> {
    set.arrays.iter().map(|array| array.name.as_str()).collect()
}

fn layers() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("layer10.npy", npy_f32(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])),
        ("layer2.npy", npy_f32(&[2, 1, 2], &[1.5, 2.5, 3.5, 4.5])),
        ("block/a.npy", npy_f32(&[2], &[0.5, -0.5])),
    ]
}

#[test]
fn an_archive_keeps_its_order() {
    let folder = tempfile::tempdir().unwrap();
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let path = put(folder.path(), "a.npz", &archive(&layers(), method));
        let set = read_activations(&path).unwrap();
        assert_eq!(names(&set), ["layer10", "layer2", "block/a"]);
        assert_eq!(set.source, path);
        assert_eq!(set.stimuli, Stimuli::row_numbers(2));
        assert_eq!(set.arrays[1].shape, [2, 1, 2]);
        assert_eq!((set.arrays[1].n_rows(), set.arrays[1].row_length()), (2, 2));
        assert_eq!(set.arrays[1].elements, Elements::F32(vec![1.5, 2.5, 3.5, 4.5]));
    }
}

#[test]
fn a_folder_is_read_in_natural_order() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in &layers()[..2] {
        put(folder.path(), name, bytes);
    }
    put(folder.path(), "notes.txt", b"not an array");
    assert_eq!(names(&read_activations(folder.path()).unwrap()), ["layer2", "layer10"]);
}

#[test]
fn a_safetensors_file_is_read_in_the_order_of_its_data() {
    let folder = tempfile::tempdir().unwrap();
    let header = r#"{"a":{"dtype":"F32","shape":[2,1],"data_offsets":[4,12]},
                     "z":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}"#;
    let mut data = vec![0x80, 0x3f, 0x00, 0xc0];
    data.extend([0.25_f32, 0.5].iter().flat_map(|value| value.to_le_bytes()));
    let path = put(folder.path(), "a.safetensors", &safetensors(header, &data));
    let set = read_activations(&path).unwrap();
    assert_eq!(names(&set), ["z", "a"]);
    assert_eq!(set.arrays[0].elements.to_f64(), [1.0, -2.0]);
    assert_eq!(set.arrays[1].elements, Elements::F32(vec![0.25, 0.5]));
    let ordered = format!(r#"{{"__metadata__":{{"layerpath.order":"[\"a\",\"z\"]"}},{}"#, &header[1..]);
    let path = put(folder.path(), "b.safetensors", &safetensors(&ordered, &data));
    assert_eq!(names(&read_activations(&path).unwrap()), ["a", "z"]);
    for (wrong, word) in [(r#"[\"a\"]"#, "does not name `z`"), (r#"[\"a\",\"a\"]"#, "names `a`"), ("7", "no list")] {
        let text = format!(r#"{{"__metadata__":{{"layerpath.order":"{wrong}"}},{}"#, &header[1..]);
        let path = put(folder.path(), "c.safetensors", &safetensors(&text, &data));
        let error = read_activations(&path).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn identifiers_name_the_rows_and_are_no_layer() {
    let folder = tempfile::tempdir().unwrap();
    let mut entries = layers();
    entries.insert(1, ("stimulus_ids.npy", npy_i64(&[17, -4])));
    let path = put(folder.path(), "a.npz", &archive(&entries, CompressionMethod::Stored));
    let set = read_activations(&path).unwrap();
    assert_eq!(names(&set), ["layer10", "layer2", "block/a"]);
    assert_eq!(set.stimuli.identity, StimulusIdentity::Given);
    assert_eq!(set.stimuli.ids, ["17", "-4"]);
    assert_eq!(set.stimuli.hash, hash_ids(&set.stimuli.ids));

    for (order, encode) in [("<", u32::to_le_bytes as fn(u32) -> [u8; 4]), (">", u32::to_be_bytes)] {
        let text: Vec<u8> = ['d', 'é', '\0', 'c', '😀', '!'].iter().flat_map(|&c| encode(c.into())).collect();
        entries[1].1 = npy(&format!("{order}U3"), false, &[2], &text);
        let path = put(folder.path(), "b.npz", &archive(&entries, CompressionMethod::Stored));
        assert_eq!(read_activations(&path).unwrap().stimuli.ids, ["dé", "c😀!"]);
    }

    entries[1].1 = npy_i64(&[1, 2, 3]);
    let path = put(folder.path(), "c.npz", &archive(&entries, CompressionMethod::Stored));
    let error = read_activations(&path).unwrap_err().to_string();
    assert!(error.contains("3 identifiers for 2 rows"), "{error}");
}

#[test]
fn different_numbers_of_rows_name_both_arrays() {
    let folder = tempfile::tempdir().unwrap();
    let mut entries = layers();
    entries.push(("late.npy", npy_f32(&[3, 1], &[1.0, 2.0, 3.0])));
    let path = put(folder.path(), "a.npz", &archive(&entries, CompressionMethod::Stored));
    let error = read_activations(&path).unwrap_err().to_string();
    assert!(error.contains("`late`") && error.contains("3 rows, but `layer10` has 2"), "{error}");
}

#[test]
fn written_activations_come_back_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layers.safetensors");
    let stimuli = stimuli_from_ids(StimulusIdentity::InputHash, vec!["00ff".into(), "a \"quoted\" id".into()]);
    let (first, second) = ([0.1_f32, -0.2, 3e-30, 4.0], [f32::MAX, f32::MIN_POSITIVE]);
    write_activations(&path, &[("z", &[2, 2], &first), ("a", &[2, 1], &second)], &stimuli).unwrap();
    let set = read_activations(&path).unwrap();
    assert_eq!(names(&set), ["z", "a"]);
    assert_eq!(set.stimuli, stimuli);
    assert_eq!(set.arrays[0].elements, Elements::F32(first.to_vec()));
    assert_eq!(set.arrays[1].elements, Elements::F32(second.to_vec()));
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(u64::from_le_bytes(bytes[..8].try_into().unwrap()) % 8, 0, "the data are aligned");
    write_activations(&path, &[("z", &[2, 2], &first), ("a", &[2, 1], &second)], &stimuli).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), bytes, "the same content, the same bytes");
}

#[test]
fn a_writer_that_is_given_up_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layers.safetensors");
    let stimuli = Stimuli::row_numbers(2);
    let layers = [("a".to_owned(), vec![2, 1]), ("b".to_owned(), vec![2, 1])];
    let mut writer = ActivationWriter::create(&path, &layers, &stimuli).unwrap();
    writer.append("a", &[1.0, 2.0]).unwrap();
    assert!(!writer.append("a", &[1.0, 2.0]).unwrap_err().is_user_error(), "`b` was announced");
    assert!(writer.append("b", &[1.0]).is_err(), "too short");
    assert!(writer.finish().is_err(), "`b` is missing");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let repeated = [("a".to_owned(), vec![2]), ("a".to_owned(), vec![2])];
    assert!(ActivationWriter::create(&path, &repeated, &stimuli).unwrap_err().is_user_error());
    assert!(ActivationWriter::create(&path, &[("stimulus_ids".to_owned(), vec![2])], &stimuli).is_err());
}

#[test]
fn names_that_lie_about_the_format_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let zipped = archive(&layers(), CompressionMethod::Stored);
    for (name, bytes, words) in [
        ("a.safetensors", zipped.as_slice(), "looks like .npz"),
        ("a.npz", b"\x89HDF\r\n\x1a\n".as_slice(), "HDF5"),
        ("a.npy", b"\x80\x04\x95".as_slice(), "pickle"),
        ("b.npz", b"".as_slice(), "empty"),
        ("a.txt", b"hello hello hello".as_slice(), "format is unknown"),
    ] {
        let error = read_activations(&put(folder.path(), name, bytes)).unwrap_err();
        assert!(error.is_user_error() && error.to_string().contains(words), "{error}");
    }
    assert_eq!(read_activations(&put(folder.path(), "a.zip", &zipped)).unwrap().arrays.len(), 3);
    let empty = tempfile::tempdir().unwrap();
    assert!(read_activations(empty.path()).unwrap_err().to_string().contains("no .npy file"));
    assert!(read_activations(&empty.path().join("none.npz")).unwrap_err().to_string().contains("check the path"));
}

#[test]
fn truncated_or_changed_files_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let stored = put(folder.path(), "a.npz", &archive(&layers(), CompressionMethod::Stored));
    let deflated = put(folder.path(), "b.npz", &archive(&layers(), CompressionMethod::Deflated));
    let single = put(folder.path(), "c.npy", &layers()[0].1);
    let tensors = folder.path().join("d.safetensors");
    let stimuli = stimuli_from_ids(StimulusIdentity::Given, vec!["x".into(), "y".into()]);
    write_activations(&tensors, &[("z", &[2, 2], &[1.0, 2.0, 3.0, 4.0]), ("a", &[2], &[5.0, 6.0])], &stimuli).unwrap();
    for (seed, path) in [&stored, &deflated, &single, &tensors].into_iter().enumerate() {
        every_truncation_fails(path, read_activations);
        no_mutation_panics(path, seed as u64, 2000, read_activations);
    }
}

/// An archive's check sums find any change of the data.
#[test]
fn changed_data_in_an_archive_are_never_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = archive(&layers(), CompressionMethod::Stored);
    let expected = read_activations(&put(folder.path(), "a.npz", &bytes)).unwrap();
    let place = bytes.windows(4).position(|window| window == 2.0_f32.to_le_bytes()).unwrap();
    for bit in 0..32 {
        let mut changed = bytes.clone();
        changed[place + bit / 8] ^= 1 << (bit % 8);
        let read = read_activations(&put(folder.path(), "a.npz", &changed));
        assert!(read.is_err(), "bit {bit}: {:?} became {:?}", expected.arrays[0], read);
    }
}

/// The reference representations, where this machine has them.
#[test]
fn reference_representations() {
    let goldens = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden/repsim");
    for (folder, n_rows) in [("seed11-m24", 24), ("seed12-m26-bottleneck", 26)] {
        let set = read_activations(&goldens.join(folder).join("representations.npz")).unwrap();
        assert_eq!(set.stimuli.count, n_rows);
        assert!(set.arrays.len() > 3);
        assert!(set.arrays.iter().all(|array| array.elements.to_f64().iter().all(|value| value.is_finite())));
    }
}
