//! Stores that grow, and tables that are resumed.

use std::fs;
use std::path::Path;

use layerpath::analysis::{PointRecord, Stimuli};
use layerpath::geometry::UnitVector;
use layerpath::table::{BlockPlan, PointRows, arc_block, arcs};
use layerpath_io::PartialTable;
use layerpath_io::points::{PointsHeader, PointsWriter, Precision, Role, StoredRows, read_points};

fn header(dimension: usize, precision: Precision) -> PointsHeader {
    PointsHeader {
        metric: "angular-cka[estimator=unbiased,kernel=linear]".into(),
        unit: "rad".into(),
        stimuli: Stimuli::row_numbers(4),
        dimension,
        precision,
    }
}

fn record(index: usize) -> PointRecord {
    PointRecord { name: format!("a/{index}"), layer: format!("{index}"), index: Some(index), ..PointRecord::default() }
}

/// A unit vector, exact in f32.
fn row(index: usize, dimension: usize) -> Vec<f64> {
    let numbers = (0..dimension).map(|i| ((i * 7919 + index * 104_729) % 1009) as f64 / 500.0 - 1.0).collect();
    let unit = UnitVector::normalize(numbers).unwrap();
    unit.coordinates().iter().map(|&x| f64::from(x as f32)).collect()
}

fn append(writer: &mut PointsWriter, rows: std::ops::Range<usize>, dimension: usize) {
    for index in rows {
        writer.append(record(index), Role::Layer, &row(index, dimension)).unwrap();
    }
}

fn check(path: &Path, n_rows: usize, dimension: usize) {
    let points = read_points(path).unwrap();
    assert_eq!(points.records, (0..n_rows).map(record).collect::<Vec<_>>());
    for index in 0..n_rows {
        assert_eq!(points.row(index).unwrap(), row(index, dimension), "row {index}");
    }
}

#[test]
fn a_store_grows_commit_by_commit() {
    // Many rows in a chunk, and rows that are chunks of their own.
    for dimension in [3, 300_000] {
        for precision in [Precision::F32, Precision::F64] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("points.zarr");
            let mut writer = PointsWriter::append_to(&path, header(dimension, precision)).unwrap();
            append(&mut writer, 0..2, dimension);
            assert!(!path.exists());
            writer.commit().unwrap();
            check(&path, 2, dimension);
            append(&mut writer, 2..3, dimension);
            // Not committed, so not there.
            check(&path, 2, dimension);
            drop(writer);
            let mut writer = PointsWriter::append_to(&path, header(dimension, precision)).unwrap();
            assert_eq!(writer.n_rows(), 2);
            assert!(writer.contains("a/1") && !writer.contains("a/2"));
            append(&mut writer, 2..5, dimension);
            writer.commit().unwrap();
            check(&path, 5, dimension);
            append(&mut writer, 5..6, dimension);
            writer.finish().unwrap();
            check(&path, 6, dimension);
        }
    }
}

#[test]
fn a_run_killed_between_the_files_of_a_commit_loses_nothing_committed() {
    let dimension = 3;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.zarr");
    let mut writer = PointsWriter::append_to(&path, header(dimension, Precision::F32)).unwrap();
    append(&mut writer, 0..2, dimension);
    writer.commit().unwrap();
    let count = path.join("points/zarr.json");
    let before = fs::read_to_string(&count).unwrap();
    append(&mut writer, 2..4, dimension);
    writer.finish().unwrap();
    // The numbers and the descriptions were written, the count was not.
    fs::write(&count, before).unwrap();
    check(&path, 2, dimension);
    let mut writer = PointsWriter::append_to(&path, header(dimension, Precision::F32)).unwrap();
    append(&mut writer, 2..3, dimension);
    writer.finish().unwrap();
    check(&path, 3, dimension);
}

#[test]
fn other_points_are_not_appended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.zarr");
    let mut writer = PointsWriter::append_to(&path, header(3, Precision::F32)).unwrap();
    append(&mut writer, 0..1, 3);
    writer.finish().unwrap();
    let other = PointsHeader { metric: "angular-rsa".into(), ..header(3, Precision::F32) };
    let fewer = PointsHeader { stimuli: Stimuli::row_numbers(5), ..header(3, Precision::F32) };
    for (header, what) in [
        (other, "metric"),
        (fewer, "stimuli"),
        (header(2, Precision::F32), "coordinates"),
        (header(3, Precision::F64), "precision"),
    ] {
        let message = PointsWriter::append_to(&path, header).unwrap_err().to_string();
        assert!(message.contains(what), "{message}");
    }
    let mut writer = PointsWriter::append_to(&path, header(3, Precision::F32)).unwrap();
    assert!(writer.append(record(0), Role::Layer, &row(0, 3)).is_err(), "the name is taken");
    check(&path, 1, 3);
}

#[test]
fn blocks_of_a_store_are_the_table() {
    let (n_rows, dimension) = (7, 5000);
    let points: Vec<UnitVector> = (0..n_rows).map(|i| UnitVector::normalize(row(i, dimension)).unwrap()).collect();
    let reference = arcs(&points.iter().collect::<Vec<_>>()).unwrap();
    for precision in [Precision::F32, Precision::F64] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("points.zarr");
        let mut writer = PointsWriter::append_to(&path, header(dimension, precision)).unwrap();
        append(&mut writer, 0..n_rows, dimension);
        writer.finish().unwrap();
        let stores = [read_points(&path).unwrap()];
        let stored = StoredRows::new(&stores, (0..n_rows).map(|row| (0, row)).collect()).unwrap();
        assert_eq!(stored.precision(), precision);
        let size = if precision == Precision::F32 { 4 } else { 8 };
        let plan = BlockPlan::within(180_000, n_rows, dimension, size).unwrap();
        assert!(plan.blocks().len() > 1);
        for (rows, columns) in plan.blocks() {
            let block = match precision {
                Precision::F32 => arc_block::<f32, _>(&stored, &plan, rows.clone(), columns.clone()),
                Precision::F64 => arc_block::<f64, _>(&stored, &plan, rows.clone(), columns.clone()),
            }
            .unwrap();
            for (i, row) in rows.zip(block.chunks_exact(columns.len())) {
                for (j, arc) in columns.clone().zip(row) {
                    assert!((arc - reference.get(i, j)).abs() < 1e-7, "{i}, {j}");
                }
            }
        }
        let mut out = [0.0_f32; 3];
        assert!(stored.read(0, 0..3, &mut out).is_ok() == (precision == Precision::F32));
    }
}

#[test]
fn a_number_that_is_no_number_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.zarr");
    let mut writer = PointsWriter::append_to(&path, header(300_000, Precision::F32)).unwrap();
    append(&mut writer, 0..1, 300_000);
    writer.finish().unwrap();
    let chunk = path.join("points/c/0/0");
    let mut bytes = fs::read(&chunk).unwrap();
    bytes[400..404].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(&chunk, bytes).unwrap();
    let stores = [read_points(&path).unwrap()];
    let rows = StoredRows::new(&stores, vec![(0, 0)]).unwrap();
    assert!(StoredRows::new(&stores, vec![(0, 1)]).is_err() && StoredRows::new(&stores, vec![(1, 0)]).is_err());
    let mut out = vec![0.0_f32; 50];
    assert!(rows.read(0, 0..50, &mut out).is_ok());
    assert!(rows.read(0, 90..140, &mut out).unwrap_err().to_string().contains("not finite"));
    assert!(rows.read(1, 0..50, &mut out).is_err() && rows.read(0, 299_990..300_040, &mut out).is_err());
}

#[test]
fn a_table_is_resumed_only_if_it_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.npy");
    let mut table = PartialTable::open(&path, "one", 3).unwrap();
    table.write(0..2, 0..2, &[0.0, 1.0, 1.0, 0.0]).unwrap();
    table.write(2..3, 0..2, &[2.0, 3.0]).unwrap();
    drop(table);
    // Killed while the journal was being written: the unfinished line does not count.
    let journal = folder.path().join("d.npy.journal");
    let mut text = fs::read_to_string(&journal).unwrap();
    text.push_str("2-3 2-");
    fs::write(&journal, text).unwrap();
    let mut table = PartialTable::open(&path, "one", 3).unwrap();
    assert_eq!(table.n_done(), 2);
    assert!(table.is_done(&(2..3), &(0..2)) && !table.is_done(&(2..3), &(2..3)));
    table.write(2..3, 2..3, &[0.0]).unwrap();
    table.finish().unwrap();
    let bytes = fs::read(&path).unwrap();
    let numbers: Vec<f64> = bytes[128..].as_chunks::<8>().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect();
    assert_eq!(numbers, [0.0, 1.0, 2.0, 1.0, 0.0, 3.0, 2.0, 3.0, 0.0]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no journal is left");

    let mut table = PartialTable::open(&path, "one", 2).unwrap();
    table.write(0..1, 0..1, &[0.0]).unwrap();
    drop(table);
    assert_eq!(PartialTable::open(&path, "another", 2).unwrap().n_done(), 0);
    assert!(PartialTable::open(&path, "one", 2).unwrap().write(1..3, 0..1, &[1.0, 1.0]).is_err());
}
