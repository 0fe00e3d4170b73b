//! Checkpoints.

use std::collections::BTreeMap;

use half::f16;
use layerpath_io::tensors::{TensorFile, read_tensors, write_tensors};

use crate::support::{every_truncation_fails, no_mutation_panics, put, safetensors};

#[test]
fn tensors_come_back_in_order_and_the_bytes_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("epoch-001.safetensors");
    let metadata: BTreeMap<String, String> =
        [("seed".to_owned(), "3".to_owned()), ("model".to_owned(), "resnet8x8".to_owned())].into();
    let weight = [0.5_f32, -1.0, f32::MIN_POSITIVE, 3.25e-12, 7.0, f32::MAX];
    let tensors: [(&str, &[usize], &[f32]); 3] =
        [("fc.weight", &[2, 3], &weight), ("bn.bias", &[1], &[-0.0]), ("scale", &[], &[2.0])];
    write_tensors(&path, &tensors, &metadata).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let expected = TensorFile {
        tensors: tensors
            .iter()
            .map(|(name, shape, values)| ((*name).into(), shape.to_vec(), values.to_vec()))
            .collect(),
        metadata: metadata.clone(),
    };
    assert_eq!(read_tensors(&path).unwrap(), expected);
    write_tensors(&path, &tensors, &metadata).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    every_truncation_fails(&path, read_tensors);
    no_mutation_panics(&path, 5, 2000, read_tensors);
    let error = write_tensors(&path, &[("a", &[2], &[1.0])], &metadata).unwrap_err();
    assert!(!error.is_user_error(), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), bytes, "a failure leaves what was there");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn other_precisions_become_single() {
    let folder = tempfile::tempdir().unwrap();
    let header = r#"{"__metadata__":{"from":"PyTorch"},
        "bn.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[0,8]},
        "half":{"dtype":"F16","shape":[1],"data_offsets":[8,10]},
        "brain":{"dtype":"BF16","shape":[1],"data_offsets":[10,12]},
        "double":{"dtype":"F64","shape":[1],"data_offsets":[12,20]}}"#;
    let mut data = 9_i64.to_le_bytes().to_vec();
    data.extend(f16::from_f32(0.5).to_le_bytes());
    data.extend([0x00, 0xc0]);
    data.extend(0.1_f64.to_le_bytes());
    let path = put(folder.path(), "a.safetensors", &safetensors(header, &data));
    let file = read_tensors(&path).unwrap();
    let values: Vec<_> = file.tensors.iter().map(|(name, _, values)| (name.as_str(), values[0])).collect();
    assert_eq!(values, [("half", 0.5), ("brain", -2.0), ("double", 0.1_f32)]);
    assert_eq!(file.metadata["from"], "PyTorch");
    data.splice(12.., 1e300_f64.to_le_bytes());
    let path = put(folder.path(), "a.safetensors", &safetensors(header, &data));
    let error = read_tensors(&path).unwrap_err().to_string();
    assert!(error.contains("`double`") && error.contains("float32"), "{error}");
    let header = r#"{"positions":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#;
    let path = put(folder.path(), "a.safetensors", &safetensors(header, &[0; 8]));
    assert!(read_tensors(&path).unwrap_err().to_string().contains("integers"));
}
