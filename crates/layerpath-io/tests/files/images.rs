//! Images: binary files, Parquet, class folders; made here, and the real ones where they are.

use std::io::Cursor;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::{ImageFormat, RgbImage, RgbaImage};
use layerpath_io::images::{CIFAR10_CLASSES, IMAGE_LENGTH, ImageRecords, Split, read_images};
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use crate::support::{Random, every_truncation_fails, no_mutation_panics, put};

/// Image `seed`: planes of random bytes.
fn planes(seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    (0..IMAGE_LENGTH).map(|_| random.next() as u8).collect()
}

fn png(planes: &[u8]) -> Vec<u8> {
    let picture = RgbImage::from_fn(32, 32, |x, y| {
        let pixel = (y * 32 + x) as usize;
        image::Rgb([planes[pixel], planes[1024 + pixel], planes[2048 + pixel]])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn batch(seeds: &[u64]) -> Vec<u8> {
    seeds.iter().flat_map(|&seed| [vec![(seed % 10) as u8], planes(seed)].concat()).collect()
}

fn split(seeds: &[u64]) -> Split {
    Split {
        pixels: seeds.iter().flat_map(|&seed| planes(seed)).collect(),
        labels: seeds.iter().map(|seed| (seed % 10) as u8).collect(),
    }
}

/// A table as Hugging Face writes it.
fn table(rows: &[(Vec<u8>, i64)]) -> Vec<u8> {
    let schema = "message m {
        optional group img { optional binary bytes; optional binary path (STRING); }
        optional int64 label;
    }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let pictures: Vec<_> = rows.iter().map(|(bytes, _)| ByteArray::from(bytes.clone())).collect();
    let labels: Vec<_> = rows.iter().map(|(_, label)| *label).collect();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&pictures, Some(&vec![2; rows.len()]), None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&[], Some(&vec![1; rows.len()]), None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int64Type>().write_batch(&labels, Some(&vec![1; rows.len()]), None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn binary_batches_are_joined_in_order() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "data_batch_10.bin", &batch(&[3]));
    put(folder.path(), "data_batch_2.bin", &batch(&[1, 2]));
    put(folder.path(), "test_batch.bin", &batch(&[9]));
    put(folder.path(), "batches.meta.txt", b"airplane\n");
    let records = read_images(folder.path()).unwrap();
    assert_eq!(records.train, split(&[1, 2, 3]));
    assert_eq!(records.test, split(&[9]));
    assert_eq!(records.classes, CIFAR10_CLASSES);
    assert_eq!(records.hash.len(), 64);
    put(folder.path(), "test_batch.bin", &batch(&[19]));
    let other = read_images(folder.path()).unwrap();
    assert_eq!(other.test.labels, records.test.labels);
    assert_ne!(other.hash, records.hash, "the pixels differ");
}

#[test]
fn damaged_batches_name_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = batch(&[1, 2, 3]);
    put(folder.path(), "test_batch.bin", &bytes[..bytes.len() - 1]);
    let error = read_images(folder.path()).unwrap_err().to_string();
    assert!(error.contains("9218 bytes") && error.contains("test_batch.bin"), "{error}");
    bytes[2 * 3073] = 10;
    put(folder.path(), "test_batch.bin", &bytes);
    let error = read_images(folder.path()).unwrap_err().to_string();
    assert!(error.contains("record 2") && error.contains("label 10"), "{error}");
    put(folder.path(), "test_batch.bin", b"");
    assert!(read_images(folder.path()).is_err());
    // A file cut after a whole record is a shorter file; one cut elsewhere is refused.
    let whole = batch(&[1, 2, 3, 4, 5]);
    for part in 1..64 {
        let length = whole.len() * part / 64;
        put(folder.path(), "test_batch.bin", &whole[..length]);
        match read_images(folder.path()) {
            Ok(records) => assert_eq!(records.test.len() * 3073, length),
            Err(error) => assert!(!length.is_multiple_of(3073) && error.is_user_error()),
        }
    }
}

#[test]
fn tables_here_or_in_plain_text() {
    let rows = |seeds: &[u64]| {
        table(&seeds.iter().map(|&seed| (png(&planes(seed)), (seed % 10).cast_signed())).collect::<Vec<_>>())
    };
    for place in ["", "plain_text/"] {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), &format!("{place}train-00001-of-00002.parquet"), &rows(&[5]));
        put(folder.path(), &format!("{place}train-00000-of-00002.parquet"), &rows(&[3, 4]));
        put(folder.path(), &format!("{place}test-00000-of-00001.parquet"), &rows(&[27]));
        let records = read_images(folder.path()).unwrap();
        assert_eq!(records.train, split(&[3, 4, 5]));
        assert_eq!(records.test, split(&[27]));
    }
}

#[test]
fn damaged_tables_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let read = |bytes: &[u8]| {
        put(folder.path(), "test-0.parquet", bytes);
        read_images(folder.path())
    };
    let good = png(&planes(1));
    for (rows, words) in [
        (vec![(good.clone(), 3), (good.clone(), 10)], "row 1: label 10"),
        (vec![(good.clone(), -1)], "label -1"),
        (vec![(good.clone(), 1), (good[..good.len() / 2].to_vec(), 1)], "row 1: the picture is damaged"),
        (vec![(b"GIF89a".to_vec(), 1)], "row 0"),
        (vec![(Vec::new(), 1)], "neither JPEG nor PNG"),
    ] {
        let error = read(&table(&rows)).unwrap_err();
        assert!(error.is_user_error() && error.to_string().contains(words), "`{words}`: {error}");
    }
    let path = put(folder.path(), "test-0.parquet", &table(&[(good.clone(), 3), (png(&planes(2)), 4)]));
    every_truncation_fails(&path, |_| read_images(folder.path()));
    no_mutation_panics(&path, 9, 1500, |_| read_images(folder.path()));
}

/// The file as a whole may hold what it promises, and one page may not.
#[test]
fn pages_that_promise_more_than_they_hold_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let schema =
        "message m { optional group img { optional binary bytes; optional binary path; } optional int64 label; }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let zstd = Compression::ZSTD(ZstdLevel::default());
    let properties = WriterProperties::builder().set_compression(zstd).set_dictionary_enabled(false).build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    // Zeros pack twenty thousand fold, noise does not.
    let mut random = Random(1);
    let noise: Vec<u8> = (0..10_000).map(|_| random.next() as u8).collect();
    for bytes in [vec![0; 4 << 20], noise] {
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&[ByteArray::from(bytes)], Some(&[2]), None).unwrap();
        column.close().unwrap();
    }
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int64Type>().write_batch(&[1], Some(&[1]), None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    put(folder.path(), "test-0.parquet", &writer.into_inner().unwrap());
    let error = read_images(folder.path()).unwrap_err();
    assert!(error.is_user_error() && error.to_string().contains("pages of column `img.bytes`"), "{error}");
}

/// A few bytes say that a list is as long as anybody likes.
#[test]
fn tables_of_lists_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let schema = Arc::new(parse_message_type("message m { repeated int64 label; }").unwrap());
    let mut writer =
        SerializedFileWriter::new(Vec::new(), schema, Arc::new(WriterProperties::builder().build())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let (values, mut repetitions) = (vec![7; 1000], vec![1; 1000]);
    repetitions[0] = 0;
    column.typed::<Int64Type>().write_batch(&values, Some(&[1; 1000]), Some(&repetitions)).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    put(folder.path(), "test-0.parquet", &writer.into_inner().unwrap());
    let error = read_images(folder.path()).unwrap_err();
    assert!(error.is_user_error() && error.to_string().contains("holds lists"), "{error}");
}

#[test]
fn class_folders_are_sorted_by_name() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "train/zebra/1.png", &png(&planes(1)));
    put(folder.path(), "train/ant/10.png", &png(&planes(10)));
    put(folder.path(), "train/ant/9.png", &png(&planes(9)));
    put(folder.path(), "train/ant/notes.txt", b"ignored");
    put(folder.path(), "test/zebra/1.png", &png(&planes(2)));
    let records = read_images(folder.path()).unwrap();
    assert_eq!(records.classes, ["ant", "zebra"]);
    assert_eq!(records.train.labels, [0, 0, 1]);
    assert_eq!(records.train.pixels, [planes(9), planes(10), planes(1)].concat());
    assert_eq!(records.test.labels, [1]);
    put(folder.path(), "test/yak/1.png", &png(&planes(2)));
    assert!(read_images(folder.path()).unwrap_err().to_string().contains("`yak`"));
}

#[test]
fn pictures_of_other_sizes_are_refused_before_they_are_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = Cursor::new(Vec::new());
    RgbaImage::new(33, 32).write_to(&mut bytes, ImageFormat::Png).unwrap();
    let mut bytes = bytes.into_inner();
    put(folder.path(), "train/a/1.png", &bytes);
    let error = read_images(folder.path()).unwrap_err().to_string();
    assert!(error.contains("33×32"), "{error}");
    // A header that claims 2³¹ − 1 pixels a side, with a check sum that no longer fits.
    bytes[16..20].copy_from_slice(&0x7fff_ffff_u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&0x7fff_ffff_u32.to_be_bytes());
    put(folder.path(), "train/a/1.png", &bytes);
    assert!(read_images(folder.path()).unwrap_err().is_user_error());
    let mut bytes = Cursor::new(Vec::new());
    RgbaImage::from_pixel(32, 32, image::Rgba([1, 2, 3, 4])).write_to(&mut bytes, ImageFormat::Png).unwrap();
    put(folder.path(), "train/a/1.png", &bytes.into_inner());
    let records = read_images(folder.path()).unwrap();
    assert_eq!(records.train.pixels, [[1; 1024], [2; 1024], [3; 1024]].concat());
}

#[test]
fn a_folder_without_images_says_what_was_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("first")).unwrap();
    let error = read_images(folder.path()).unwrap_err().to_string();
    for words in ["data_batch_*.bin", "train-*.parquet", "plain_text", "train/CLASS"] {
        assert!(error.contains(words), "{error}");
    }
    assert!(read_images(&folder.path().join("none")).unwrap_err().is_user_error());
}

/// Where the real CIFAR-10 is, if it is here.
fn real() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/cifar10");
    let path = std::env::var_os("LAYERPATH_CIFAR10").map_or(beside, PathBuf::from);
    if path.is_dir() {
        return Some(path);
    }
    writeln!(std::io::stderr(), "SKIPPED: {} is not here; set LAYERPATH_CIFAR10", path.display()).unwrap();
    None
}

#[test]
fn the_real_images() {
    let Some(path) = real() else { return };
    let records = read_images(&path).unwrap();
    assert_eq!((records.train.len(), records.test.len()), (50_000, 10_000));
    for (split, per_class) in [(&records.train, 5000), (&records.test, 1000)] {
        for class in 0..10 {
            let labels: Vec<_> = split.labels.iter().filter(|&&label| label == class).collect();
            assert_eq!(labels.len(), per_class);
        }
    }
    let exact = path.join("first-1000-lossless");
    if !exact.is_dir() {
        writeln!(std::io::stderr(), "SKIPPED: {} is not here", exact.display()).unwrap();
        return;
    }
    let ImageRecords { train, test, .. } = read_images(&exact).unwrap();
    for (lossy, exact) in [(&records.train, &train), (&records.test, &test)] {
        assert_eq!(exact.len(), 1000);
        assert_eq!(lossy.labels[..1000], exact.labels);
        let squares: f64 =
            lossy.pixels.iter().zip(&exact.pixels).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum();
        let decibels = 10.0 * (255.0_f64.powi(2) * exact.pixels.len() as f64 / squares).log10();
        assert!(decibels > 27.0, "{decibels} dB: planes or rows are exchanged");
    }
}
