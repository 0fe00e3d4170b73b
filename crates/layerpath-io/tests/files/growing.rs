//! Stores that grow, and tables that are resumed.

use std::fs;
use std::path::Path;

use layerpath::analysis::{PointRecord, Stimuli};
use layerpath::geometry::UnitVector;
use layerpath::table::{BlockPlan, Bytes, PointRows, arc_block, arcs};
use layerpath_io::points::{
    CaptureRecord, CapturedCheckpoint, PointsHeader, PointsStore, PointsWriter, Precision, Role, StoredRows,
    StoredTable, read_points,
};
use layerpath_io::{Existing, PartialTable, SharedTable, TableDescription, hash_file};

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
    // The numbers and the descriptions were written, the count was not, and there are halves of files.
    fs::write(&count, before).unwrap();
    let halves = [".zarr.json.a.tmp", "points/.zarr.json.b.tmp", "points/c/0/.0.c.tmp"].map(|name| path.join(name));
    for half in &halves {
        fs::write(half, "half").unwrap();
    }
    check(&path, 2, dimension);
    let mut writer = PointsWriter::append_to(&path, header(dimension, Precision::F32)).unwrap();
    append(&mut writer, 2..3, dimension);
    writer.finish().unwrap();
    check(&path, 3, dimension);
    assert!(halves.iter().all(|half| !half.exists()));
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
        let plan = BlockPlan::within(80_000, n_rows, dimension, size).unwrap();
        assert!(plan.blocks().len() > 1);
        for (rows, columns) in plan.blocks() {
            let block = match precision {
                Precision::F32 => arc_block::<f32, _>(&stored, &plan, rows.clone(), columns.clone()),
                Precision::F64 => arc_block::<f64, _>(&stored, &plan, rows.clone(), columns.clone()),
            }
            .unwrap();
            for (i, row) in rows.zip(block.chunks_exact(columns.len())) {
                for (j, arc) in columns.clone().zip(row) {
                    // Numbers of a small set round alike: their errors add up instead of averaging out.
                    let error = (arc - reference.get(i, j)).abs();
                    assert!(error < 3e-7, "{i}, {j}: {error}");
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
    let table = PartialTable::open(&path, "one", 3).unwrap();
    assert_eq!(table.n_done(), 2);
    assert!(table.is_done(&(2..3), &(0..2)) && !table.is_done(&(2..3), &(2..3)));
    drop(table);
    // A damaged line: its block is computed again.
    let mut bytes = fs::read(&journal).unwrap();
    let line = bytes.windows(7).position(|window| window == b"2-3 0-2").unwrap();
    bytes[line] = 0xff;
    fs::write(&journal, bytes).unwrap();
    let mut table = PartialTable::open(&path, "one", 3).unwrap();
    assert!(table.n_done() == 1 && table.is_done(&(0..2), &(0..2)) && !table.is_done(&(2..3), &(0..2)));
    table.write(2..3, 0..2, &[2.0, 3.0]).unwrap();
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

/// A store of some rows and a target.
fn part(path: &Path, rows: std::ops::Range<usize>, dimension: usize) -> PointsStore {
    let mut writer = PointsWriter::create(path, header(dimension, Precision::F32), Existing::Replace).unwrap();
    append(&mut writer, rows, dimension);
    let target = PointRecord { name: "target".into(), layer: "target".into(), ..PointRecord::default() };
    writer.append(target, Role::Target, &row(99, dimension)).unwrap();
    writer.finish().unwrap();
    read_points(path).unwrap()
}

#[test]
fn parts_become_one_store_whatever_came_between() {
    let dimension = 3;
    let folder = tempfile::tempdir().unwrap();
    let (once, often) = (folder.path().join("once.zarr"), folder.path().join("often.zarr"));
    let parts: Vec<PointsStore> =
        (0..3).map(|n| part(&folder.path().join(format!("{n}.zarr")), 2 * n..2 * n + 2, dimension)).collect();
    let mut writer = PointsWriter::append_to(&once, PointsHeader::of(&parts[0])).unwrap();
    for (n, part) in parts.iter().enumerate() {
        writer.append_store(part, n == 2).unwrap();
        writer.commit().unwrap();
    }
    // Another program for each part, and each part twice, as after a kill between a commit and what follows it.
    for (n, part) in parts.iter().flat_map(|part| [part, part]).enumerate() {
        let mut writer = PointsWriter::append_to(&often, PointsHeader::of(part)).unwrap();
        writer.append_store(part, n >= 4).unwrap();
        writer.finish().unwrap();
    }
    for file in ["zarr.json", "points/zarr.json", "points/c/0/0"] {
        assert_eq!(fs::read(once.join(file)).unwrap(), fs::read(often.join(file)).unwrap(), "{file}");
    }
    let points = read_points(&often).unwrap();
    let names: Vec<&str> = points.records.iter().map(|record| record.name.as_str()).collect();
    assert_eq!(names, ["a/0", "a/1", "a/2", "a/3", "a/4", "a/5", "target"]);
    assert_eq!(points.row(6).unwrap(), row(99, dimension));
    let other = part(&folder.path().join("other.zarr"), 0..1, 4);
    let message = writer.append_store(&other, true).unwrap_err().to_string();
    assert!(message.contains("another number of coordinates"), "{message}");
}

#[test]
fn a_complete_store_takes_no_more_points() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.zarr");
    part(&path, 0..2, 3);
    let mut writer = PointsWriter::append_to(&path, header(3, Precision::F32)).unwrap();
    assert!(writer.is_complete());
    let message = writer.append(record(2), Role::Layer, &row(2, 3)).unwrap_err().to_string();
    assert!(message.contains("the store is complete, with its target, and has no point `a/2`"), "{message}");
    writer.finish().unwrap();
    assert_eq!(read_points(&path).unwrap().n_rows(), 3);
}

#[test]
fn a_store_keeps_what_its_points_were_captured_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.zarr");
    let weights = folder.path().join("weights");
    fs::write(&weights, "abc").unwrap();
    let sha256 = hash_file(&weights).unwrap();
    assert!(sha256.starts_with("ba7816bf8f01cfea"), "as sha256sum says: {sha256}");
    let checkpoint = CapturedCheckpoint { network: "a".into(), epoch: None, seed: None, sha256 };
    let capture = CaptureRecord { layers: "all".into(), labels: String::new(), checkpoints: vec![checkpoint] };
    let mut writer = PointsWriter::append_to(&path, header(3, Precision::F32)).unwrap();
    assert_eq!(writer.capture(), None);
    append(&mut writer, 0..1, 3);
    writer.commit().unwrap();
    assert_eq!(read_points(&path).unwrap().capture, None);
    writer.set_capture(capture.clone());
    append(&mut writer, 1..2, 3);
    writer.finish().unwrap();
    let writer = PointsWriter::append_to(&path, header(3, Precision::F32)).unwrap();
    assert_eq!(writer.capture(), Some(&capture));
    drop(writer);
    // A record of another program is none of ours, and no damage.
    let file = path.join("zarr.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("layerpath.capture-runs/1", "layerpath.capture/1")).unwrap();
    assert_eq!(read_points(&path).unwrap().capture, None);
}

/// Why a block was not computed.
#[derive(Debug)]
struct Failure(String);

impl From<layerpath_io::Error> for Failure {
    fn from(error: layerpath_io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<layerpath::Error> for Failure {
    fn from(error: layerpath::Error) -> Self {
        Self(error.to_string())
    }
}

#[test]
fn tables_of_stores_are_planned_computed_and_stopped() {
    let dimension = 5000;
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("0.zarr"), folder.path().join("1.zarr"));
    let stores = vec![part(&first, 0..50, dimension), part(&second, 50..100, dimension)];
    let table = StoredTable::new(stores).unwrap();
    // Both have the target, which is one point.
    assert_eq!((table.records().len(), table.dimension()), (101, dimension));
    let least = table.plan(Bytes(1000), 500).unwrap_err();
    assert!(table.plan(least, 500).is_ok() && table.plan(Bytes(least.0 - 1), 500).is_err());
    let plan = table.plan(Bytes(least.0 + 500_000), 500).unwrap();
    assert!(plan.memory() <= Bytes(least.0 + 500_000) && plan.rows() < 51);
    let points: Vec<_> = (0..101).map(|index| table.point(index).unwrap()).collect();
    for (rows, columns) in plan.blocks() {
        let block = table.block::<Failure>(&plan, rows.clone(), columns.clone(), &|| Ok(())).unwrap();
        for (i, numbers) in rows.zip(block.chunks_exact(columns.len())) {
            for (j, distance) in columns.clone().zip(numbers) {
                let expected = table.metric().distance(&points[i], &points[j]).unwrap();
                // Products in f32 of numbers with a pattern; how exact others are is tested where they are made.
                assert!((distance - expected).abs() < 5e-6, "{i}, {j}: {distance} and {expected}");
            }
        }
    }
    let stopped = table.block(&plan, 0..2, 0..2, &|| Err(Failure("stopped".into()))).unwrap_err();
    assert_eq!(stopped.0, "stopped");
    assert!(table.point(101).is_err());

    // What a point was made from stays when others are added elsewhere, and changes with its store.
    let (own, whole) = (table.identity_of(&[0, 1]).unwrap(), table.identity().unwrap());
    part(&second, 50..60, dimension);
    assert_eq!(table.identity_of(&[0, 1]).unwrap(), own);
    fs::File::open(first.join("points/c/0/0")).unwrap().set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    assert_ne!(table.identity_of(&[0, 1]).unwrap(), own);
    assert_ne!(table.identity().unwrap(), whole);

    let twice = vec![part(&first, 0..2, dimension), part(&second, 1..3, dimension)];
    let message = StoredTable::new(twice).unwrap_err().to_string();
    assert!(message.contains("both have a point called `a/1`"), "{message}");
    assert!(StoredTable::new(Vec::new()).is_err());
}

#[test]
fn a_shared_table_is_whole_or_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let (path, partial) = (folder.path().join("d.zarr"), folder.path().join("d.zarr.partial"));
    let (points, stimuli) = ((0..5).map(record).collect::<Vec<_>>(), Stimuli::row_numbers(4));
    let about = TableDescription { metric: "angular-cka".into(), unit: "rad", stimuli: &stimuli, points: &points };
    let begin = |source, existing| SharedTable::begin(&path, source, &about, 2, existing);
    let blocks = [(0..2, 0..2), (2..4, 0..2), (2..4, 2..4), (4..5, 0..2), (4..5, 2..4), (4..5, 4..5)];
    let values = |rows: &std::ops::Range<usize>, columns: &std::ops::Range<usize>| -> Vec<f64> {
        rows.clone().flat_map(|i| columns.clone().map(move |j| (i.max(j) * 10 + i.min(j)) as f64)).collect()
    };
    let table = begin("one", Existing::Refuse).unwrap();
    for (rows, columns) in &blocks[..5] {
        table.write(rows.clone(), columns.clone(), &values(rows, columns)).unwrap();
    }
    assert!(table.finish().unwrap_err().to_string().contains("block (2, 2)") && !path.exists());
    for (rows, columns, count) in [(0..1, 0..2, 2), (1..3, 0..2, 4), (4..6, 0..2, 4), (0..2, 0..2, 3)] {
        assert!(table.write(rows, columns, &vec![0.0; count]).is_err());
    }
    // A block is done with its mirror image, and a file that is too short is none.
    fs::remove_file(partial.join("c/0/1")).unwrap();
    fs::write(partial.join("c/1/1"), "short").unwrap();
    let other = SharedTable::join(&path, "one").unwrap();
    assert!(SharedTable::join(&path, "another").is_err());
    let done: Vec<bool> = blocks.iter().map(|(rows, columns)| other.is_done(rows, columns)).collect();
    assert_eq!(done, [true, false, false, true, true, false]);
    fs::write(partial.join("c/1/.0.abc.tmp"), "half").unwrap();
    let table = begin("one", Existing::Refuse).unwrap();
    for (rows, columns) in blocks.iter().filter(|(rows, columns)| !table.is_done(rows, columns)) {
        table.write(rows.clone(), columns.clone(), &values(rows, columns)).unwrap();
    }
    table.finish().unwrap();
    assert!(SharedTable::is_finished(&path, "one") && !SharedTable::is_finished(&path, "another"));
    assert!(!partial.exists() && !path.join("c/1/.0.abc.tmp").exists());
    // Four rows and columns of which the last are beyond the table.
    let numbers = |chunk: &str| -> Vec<f64> {
        fs::read(path.join(chunk)).unwrap().as_chunks::<8>().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect()
    };
    assert_eq!(numbers("c/0/1"), [20.0, 30.0, 21.0, 31.0]);
    assert_eq!(numbers("c/1/0"), [20.0, 21.0, 30.0, 31.0]);
    assert_eq!(numbers("c/2/0")[..2], [40.0, 41.0]);
    assert!(numbers("c/2/0")[2..].iter().all(|number| number.is_nan()));
    assert_eq!((numbers("c/0/2")[0], numbers("c/0/2")[2]), (40.0, 41.0));

    assert!(begin("another", Existing::Refuse).is_err());
    let table = begin("another", Existing::Replace).unwrap();
    assert!(!table.is_done(&(0..2), &(0..2)) && SharedTable::is_finished(&path, "one"), "the old one stays meanwhile");
    // A program that has been computing since before.
    let message = other.write(0..2, 0..2, &values(&(0..2), &(0..2))).unwrap_err().to_string();
    assert!(message.contains("begun anew by another program"), "{message}");
    for (rows, columns) in &blocks {
        table.write(rows.clone(), columns.clone(), &values(rows, columns)).unwrap();
    }
    table.finish().unwrap();
    assert!(SharedTable::is_finished(&path, "another"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let own = folder.path().join("own");
    fs::create_dir(&own).unwrap();
    let message = SharedTable::begin(&own, "one", &about, 2, Existing::Replace).unwrap_err().to_string();
    assert!(message.contains("something other than a table"), "{message}");
    assert!(SharedTable::join(&own, "one").is_err());
    // Extents whose squares nobody can count.
    let partial = folder.path().join("own.partial");
    fs::create_dir(&partial).unwrap();
    fs::write(partial.join("source"), "one").unwrap();
    for (extent, works) in
        [(2_u64, true), (1 << 30, true), (1 << 31, false), (1 << 32, false), (u64::MAX, false), (0, false)]
    {
        let grid = format!(r#"{{"configuration": {{"chunk_shape": [{extent}, {extent}]}}}}"#);
        let description = format!(r#"{{"shape": [{extent}, {extent}], "chunk_grid": {grid}}}"#);
        fs::write(partial.join("zarr.json"), description).unwrap();
        assert_eq!(SharedTable::join(&own, "one").is_ok(), works, "{extent}");
    }
}

/// The table got its name and the program was killed before the journal went; then the same table is begun again and
/// killed at once. The old journal must not call the new, empty blocks done.
#[test]
fn an_old_journal_does_not_speak_for_new_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.npy");
    let mut table = PartialTable::open(&path, "one", 2).unwrap();
    table.write(0..2, 0..2, &[0.0, 1.0, 1.0, 0.0]).unwrap();
    let (partial, journal) = (folder.path().join("d.npy.partial"), folder.path().join("d.npy.journal"));
    let text = fs::read_to_string(&journal).unwrap();
    table.finish().unwrap();
    fs::write(&journal, &text).unwrap();
    // The folder refuses what comes after the blocks: no file can take the name of a folder.
    fs::create_dir(folder.path().join("d.npy.partial")).unwrap();
    assert!(PartialTable::open(&path, "one", 2).is_err());
    assert!(!journal.exists(), "removed before the blocks are made");
    fs::remove_dir(&partial).unwrap();
    assert_eq!(PartialTable::open(&path, "one", 2).unwrap().n_done(), 0);
}

#[test]
fn two_programs_do_not_write_the_same_table_or_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.npy");
    let table = PartialTable::open(&path, "one", 3).unwrap();
    let refused = PartialTable::open(&path, "another", 3).unwrap_err().to_string();
    assert!(refused.contains("d.npy`: ") && refused.contains("another program is at work there"), "{refused}");
    drop(table);
    PartialTable::open(&path, "another", 3).unwrap();

    let path = folder.path().join("p.zarr");
    let mut first = PointsWriter::append_to(&path, header(3, Precision::F32)).unwrap();
    append(&mut first, 0..2, 3);
    let refused = |error: Result<PointsWriter, layerpath_io::Error>| {
        let text = error.unwrap_err().to_string();
        assert!(text.contains("another program is at work there"), "{text}");
    };
    refused(PointsWriter::append_to(&path, header(3, Precision::F32)));
    first.commit().unwrap();
    refused(PointsWriter::append_to(&path, header(3, Precision::F32)));
    // One that is to replace it is made meanwhile, and refused when it wants the name.
    let mut second = PointsWriter::create(&path, header(3, Precision::F32), Existing::Replace).unwrap();
    append(&mut second, 5..6, 3);
    assert!(second.commit().unwrap_err().to_string().contains("another program"));
    append(&mut first, 2..3, 3);
    first.finish().unwrap();
    assert_eq!(read_points(&path).unwrap().n_rows(), 3);
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().ends_with("lock")), "{names:?}");
}
