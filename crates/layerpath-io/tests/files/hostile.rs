//! Files that promise what they do not hold.

use std::path::Path;

use layerpath_io::activations::{read_activations, read_npy};
use layerpath_io::tensors::read_tensors;
use zip::CompressionMethod;

use crate::support::{archive, npy, npy_f32, npy_with_header, put, safetensors};

/// Reading fails with a message that holds `words` and the name of the file.
fn refused(folder: &Path, name: &str, bytes: &[u8], words: &str) {
    let error = read_activations(&put(folder, name, bytes)).unwrap_err();
    assert!(error.is_user_error(), "{error}");
    let text = error.to_string();
    assert!(text.contains(words) && text.contains(name), "`{words}` is not in: {text}");
}

#[test]
fn npy_headers_that_promise_the_world() {
    let folder = tempfile::tempdir().unwrap();
    let huge = usize::MAX / 2 + 1;
    for shape in [vec![huge], vec![1 << 40, 1 << 40], vec![0, huge, 4], vec![1 << 32, 1 << 31, 4], vec![2, huge, 0]] {
        refused(folder.path(), "a.npy", &npy("<f4", false, &shape, &[0; 64]), "promises");
        refused(folder.path(), "a.npy", &npy("<f4", true, &shape, &[0; 64]), "promises");
    }
    refused(folder.path(), "a.npy", &npy("<U4611686018427387904", false, &[4], &[0; 64]), "promises");
    refused(folder.path(), "a.npy", &npy("<f4", false, &[4], &[0; 15]), "promises 16 bytes of data, there are 15");
    refused(folder.path(), "a.npy", &npy("<f4", false, &[4], &[0; 17]), "promises 16 bytes of data, there are 17");
    let mut long = b"\x93NUMPY\x02\x00\xff\xff\xff\xff{".to_vec();
    refused(folder.path(), "a.npy", &long, "claims 4294967295 bytes");
    long[8..12].copy_from_slice(&(2_u32 << 20).to_le_bytes());
    long.resize(3 << 20, b'[');
    refused(folder.path(), "a.npy", &long, "claims 2097152 bytes");
    refused(folder.path(), "a.npy", b"\x93NUMPY\x09\x00", "version 9");
}

#[test]
fn arrays_that_are_no_numbers() {
    let folder = tempfile::tempdir().unwrap();
    for (descr, words) in [
        ("|O", "never loaded"),
        ("<c8", "complex"),
        ("|S4", "byte strings"),
        ("<M8[ns]", "dates"),
        ("<f16", "long doubles"),
        ("|V8", "raw bytes"),
        ("<U0", "unknown"),
    ] {
        refused(folder.path(), "a.npy", &npy(descr, false, &[2], &[0; 32]), words);
    }
    refused(folder.path(), "a.npy", &npy("<U1", false, &[2], &[65, 0, 0, 0, 66, 0, 0, 0]), "strings");
    refused(folder.path(), "a.npy", &npy("<f4", false, &[], &[0; 4]), "single number");
    refused(folder.path(), "a.npy", &npy("<f4", false, &[0, 3], &[]), "no elements");
    refused(folder.path(), "a.npy", &npy("<f4", false, &[3, 0], &[]), "no elements");
    let structured = "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }";
    refused(folder.path(), "a.npy", &npy_with_header(structured, &[0; 8]), "structured");
    let nested = format!("{{'descr': {}", "[".repeat(60_000));
    refused(folder.path(), "a.npy", &npy_with_header(&nested, &[]), "structured");
    let nested = format!("{{'shape': {}", "(".repeat(60_000));
    refused(folder.path(), "a.npy", &npy_with_header(&nested, &[]), "expected");
    let surrogate = npy("<U1", false, &[1], &[0, 0xd8, 0, 0]);
    let entries = [("x.npy", npy_f32(&[1], &[1.0])), ("stimulus_ids.npy", surrogate)];
    refused(folder.path(), "a.npz", &archive(&entries, CompressionMethod::Stored), "valid Unicode");
}

#[test]
fn archives_with_entries_out_of_place() {
    let folder = tempfile::tempdir().unwrap();
    let array = npy_f32(&[2], &[1.0, 2.0]);
    for name in ["../x.npy", "/etc/x.npy", "a/../../x.npy"] {
        let bytes = archive(&[(name, array.clone())], CompressionMethod::Stored);
        refused(folder.path(), "a.npz", &bytes, "leads out of the archive");
    }
    let bytes = archive(&[("a\nb\u{7}.npy", array.clone())], CompressionMethod::Stored);
    refused(
        folder.path(),
        "a.npz",
        &bytes,
        "array `a\\nb\\u{7}.npy`: the name holds a control character; give the array",
    );
    let bytes = archive(&[("x.pkl", b"cos\nsystem".to_vec())], CompressionMethod::Stored);
    refused(folder.path(), "a.npz", &bytes, "no array");
    // Two entries of one name: the writer refuses, so the second is renamed in the bytes.
    let bytes = archive(&[("x.npy", array.clone()), ("y.npy", array.clone())], CompressionMethod::Stored);
    let bytes: Vec<u8> = replaced(&bytes, b"y.npy", b"x.npy");
    refused(folder.path(), "a.npz", &bytes, "same name");
    refused(folder.path(), "a.npz", &archive(&[], CompressionMethod::Stored), "no array");
    assert!(!folder.path().parent().unwrap().join("x.npy").exists());
}

/// Entries that promise more or less than they unpack to.
#[test]
fn archives_that_lie_about_sizes() {
    let folder = tempfile::tempdir().unwrap();
    let n_values = 1 << 20;
    let zeros = npy("<f4", false, &[n_values], &vec![0; 4 * n_values]);
    let real = u32::try_from(zeros.len()).unwrap();
    let bomb = archive(&[("x.npy", zeros)], CompressionMethod::Deflated);
    assert!(bomb.len() < 8192, "4 MiB in {} bytes", bomb.len());
    assert!(read_activations(&put(folder.path(), "a.npz", &bomb)).is_ok(), "zeros are no harm in themselves");
    let claiming = |size: u32| replaced(&bomb, &real.to_le_bytes(), &size.to_le_bytes());
    refused(folder.path(), "a.npz", &claiming(real + 4), "promises");
    refused(folder.path(), "a.npz", &claiming(real - 4), "promises");
    refused(folder.path(), "a.npz", &claiming(u32::MAX - 1), "cannot hold");
    // The header of the array agrees with a small claim, the compressed data go on and on.
    let mut small = npy("<f4", false, &[2], &[0; 8]);
    let claimed = u32::try_from(small.len()).unwrap();
    small.resize(4 << 20, 0);
    let bomb = archive(&[("x.npy", small)], CompressionMethod::Deflated);
    let lying = replaced(&bomb, &(4_u32 << 20).to_le_bytes(), &claimed.to_le_bytes());
    let error = read_activations(&put(folder.path(), "a.npz", &lying)).unwrap_err();
    assert!(error.is_user_error(), "{error}");
    // A shape that agrees with the claimed size, in an entry of a few bytes.
    let promising = npy("<f4", false, &[(1 << 30) - 32], &[]);
    let bytes = archive(&[("x.npy", promising.clone())], CompressionMethod::Stored);
    let length = u32::try_from(promising.len()).unwrap();
    refused(folder.path(), "a.npz", &replaced(&bytes, &length.to_le_bytes(), &0xffff_ff00_u32.to_le_bytes()), "");
}

#[test]
fn entries_that_share_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let array = npy_f32(&[2], &[1.0, 2.0]);
    let mut bytes = archive(&[("x.npy", array.clone()), ("y.npy", array)], CompressionMethod::Stored);
    // The second record of the central directory points at the first entry.
    let record = bytes.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
    bytes[record + 42..record + 46].fill(0);
    refused(folder.path(), "a.npz", &bytes, "");
}

#[test]
fn safetensors_headers_that_lie() {
    let folder = tempfile::tempdir().unwrap();
    let tensor = |name: &str, shape: &str, start: u64, end: u64| {
        format!(r#""{name}":{{"dtype":"F32","shape":{shape},"data_offsets":[{start},{end}]}}"#)
    };
    let file =
        |tensors: &[String], n_bytes: usize| safetensors(&format!("{{{}}}", tensors.join(",")), &vec![0; n_bytes]);
    let good = [tensor("a", "[2]", 0, 8), tensor("b", "[2]", 8, 16)];
    assert!(read_activations(&put(folder.path(), "a.safetensors", &file(&good, 16))).is_ok());
    let cases = [
        (file(&[tensor("a", "[2]", 0, 8), tensor("b", "[2]", 4, 12)], 12), "overlap"),
        (file(&[tensor("a", "[2]", 0, 8), tensor("b", "[2]", 0, 8)], 8), "same bytes"),
        (file(&[tensor("a", "[2]", 0, 8), tensor("b", "[2]", 16, 24)], 24), "gap"),
        (file(&[tensor("a", "[3]", 0, 8)], 8), "shape"),
        (file(&[tensor("a", "[18446744073709551615,18446744073709551615]", 0, 8)], 8), "overflow"),
        (file(&[tensor("a", "[4611686018427387904]", 0, 0)], 0), "overflow of bytes"),
        (file(&[tensor("a", "[2]", 8, 0)], 8), "backwards"),
        (file(&[tensor("a", "[2305843009213693951]", 0, 9_223_372_036_854_775_804)], 8), "huge"),
        (file(&[tensor("a", "[2]", 0, 8), tensor("a", "[2]", 0, 8)], 8), "repeated"),
        (file(&good, 15), "short"),
        (file(&good, 17), "long"),
        (file(&[tensor("a", "[]", 0, 4)], 4), "scalar"),
        (file(&[tensor("a", "[-1]", 0, 4)], 4), "negative"),
        (safetensors(&"[".repeat(100_000), &[]), "no object"),
        (safetensors(&format!("{{\"a\":{}", "[".repeat(100_000)), &[]), "deep"),
        (safetensors("{}", &[]), "empty"),
        (safetensors(r#"{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}"#, &[0; 8]), "complex"),
        (safetensors(r#"{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}"#, &[0; 8]), "f8"),
        (safetensors(r#"{"a":{"dtype":"O","shape":[8],"data_offsets":[0,8]}}"#, &[0; 8]), "object"),
    ];
    for (bytes, what) in cases {
        let path = put(folder.path(), "a.safetensors", &bytes);
        let error = read_activations(&path).expect_err(what);
        assert!(error.is_user_error() && error.to_string().contains("a.safetensors"), "{what}: {error}");
        if !["scalar", "empty"].contains(&what) {
            assert!(read_tensors(&path).expect_err(what).is_user_error());
        }
    }
    let mut long = file(&good, 16);
    for length in [u64::MAX, 1 << 63, 100_000_001, 500] {
        long[..8].copy_from_slice(&length.to_le_bytes());
        let path = put(folder.path(), "a.safetensors", &long);
        assert!(read_activations(&path).is_err());
        let error = read_tensors(&path).unwrap_err();
        assert!(error.to_string().contains("claims"), "{error}");
    }
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = read_npy(folder.path()).unwrap_err();
    assert!(error.to_string().contains("folder"), "{error}");
    #[cfg(target_os = "linux")]
    {
        let error = read_npy(Path::new("/dev/zero")).unwrap_err();
        assert!(error.to_string().contains("regular file"), "{error}");
        let error = layerpath_io::write_text_atomically(Path::new("/proc/layerpath"), "x").unwrap_err();
        assert!(error.is_user_error(), "{error}");
    }
}

/// All occurrences of `from` replaced by `to`.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let places: Vec<_> =
        bytes.windows(from.len()).enumerate().filter(|(_, window)| *window == from).map(|(place, _)| place).collect();
    assert!(!places.is_empty());
    for place in places {
        bytes[place..place + to.len()].copy_from_slice(to);
    }
    bytes
}
