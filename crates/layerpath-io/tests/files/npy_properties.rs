//! Every type, byte order, memory order and shape of `.npy`.

use half::{bf16, f16};
use layerpath_io::Elements;
use layerpath_io::activations::read_npy;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

use crate::support::{npy, put};

/// Type strings without byte order, and the bytes of a small whole number in little-endian order.
fn encode(kind: &str, value: i8) -> Vec<u8> {
    let bits = value as u8;
    match kind {
        "f2" => f16::from_f32(value.into()).to_le_bytes().to_vec(),
        "V2" => bf16::from_f32(value.into()).to_le_bytes().to_vec(),
        "f4" => f32::from(value).to_le_bytes().to_vec(),
        "f8" => f64::from(value).to_le_bytes().to_vec(),
        "i1" => value.to_le_bytes().to_vec(),
        "i2" => i16::from(value).to_le_bytes().to_vec(),
        "i4" => i32::from(value).to_le_bytes().to_vec(),
        "i8" => i64::from(value).to_le_bytes().to_vec(),
        "u1" => vec![bits],
        "u2" => u16::from(bits).to_le_bytes().to_vec(),
        "u4" => u32::from(bits).to_le_bytes().to_vec(),
        "u8" => u64::from(bits).to_le_bytes().to_vec(),
        "b1" => vec![u8::from(value != 0)],
        _ => panic!("{kind}"),
    }
}

fn decode(kind: &str, value: i8) -> f64 {
    match kind.as_bytes()[0] {
        b'u' => f64::from(value as u8),
        b'b' => f64::from(u8::from(value != 0)),
        _ => f64::from(value),
    }
}

#[test]
fn every_type_order_and_shape_reads_row_major() {
    let kinds = ["f2", "V2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"];
    let arrays = (
        prop::sample::select(kinds.to_vec()),
        any::<bool>(),
        any::<bool>(),
        prop::collection::vec(1_usize..6, 1..5),
        any::<u64>(),
    );
    let config = ProptestConfig {
        cases: 400,
        rng_seed: RngSeed::Fixed(20_220_610),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    TestRunner::new(config)
        .run(&arrays, |(kind, big_endian, fortran_order, shape, seed)| {
            let big_endian = big_endian && kind != "V2";
            let count: usize = shape.iter().product();
            let value = |flat: usize| (seed.rotate_left(flat as u32 * 7) ^ flat as u64) as i8;
            // Row-major values, laid out in the file in the order of its axes.
            let mut data = Vec::new();
            for position in 0..count {
                let flat = if fortran_order { row_major_index(position, &shape) } else { position };
                let mut bytes = encode(kind, value(flat));
                if big_endian {
                    bytes.reverse();
                }
                data.extend(bytes);
            }
            let order = match (kind, big_endian) {
                ("i1" | "u1" | "b1", _) => '|',
                (_, true) => '>',
                (_, false) => '<',
            };
            put(folder.path(), "array.npy", &npy(&format!("{order}{kind}"), fortran_order, &shape, &data));
            let array = read_npy(&path).unwrap();
            prop_assert_eq!(&array.shape, &shape);
            let expected: Vec<f64> = (0..count).map(|flat| decode(kind, value(flat))).collect();
            prop_assert_eq!(array.elements.to_f64(), expected);
            prop_assert_eq!(
                array.elements.precision(),
                match kind {
                    "f2" => "f16",
                    "V2" => "bf16",
                    "f4" => "f32",
                    "f8" => "f64",
                    _ => "integer",
                }
            );
            Ok(())
        })
        .unwrap();
}

/// Row-major index of the element at a column-major position.
fn row_major_index(mut position: usize, shape: &[usize]) -> usize {
    let mut index = Vec::new();
    for extent in shape {
        index.push(position % extent);
        position /= extent;
    }
    index.iter().zip(shape).fold(0, |flat, (index, extent)| flat * extent + index)
}

#[test]
fn what_is_written_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.npy");
    let values = [0.1, -0.0, f64::MIN_POSITIVE, 1e300, 5.0, 6.0];
    for shape in [vec![6], vec![2, 3], vec![3, 1, 2], vec![1; 40].into_iter().chain([6]).collect()] {
        layerpath_io::write_npy(&path, &shape, &values).unwrap();
        let array = read_npy(&path).unwrap();
        assert_eq!(array.shape, shape);
        assert_eq!(array.elements, Elements::F64(values.to_vec()));
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!((bytes.len() - 48) % 64, 0, "the data are aligned");
    }
    assert!(!layerpath_io::write_npy(&path, &[5], &values).unwrap_err().is_user_error());
}

#[test]
fn unsigned_numbers_beyond_the_signed_range_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data: Vec<u8> = [3_u64, u64::MAX].iter().flat_map(|value| value.to_le_bytes()).collect();
    let path = put(folder.path(), "a.npy", &npy("<u8", false, &[2], &data));
    let error = read_npy(&path).unwrap_err();
    assert!(error.to_string().contains("element 1"), "{error}");
}
