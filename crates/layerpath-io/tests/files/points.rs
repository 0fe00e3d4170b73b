//! The points store.

use std::path::Path;

use layerpath::analysis::{Epoch, PointRecord, Stimuli, StimulusIdentity};
use layerpath_io::points::{PointsHeader, PointsStore, PointsWriter, Precision, Role, is_points_store, read_points};
use layerpath_io::{Error, Existing, stimuli_from_ids};

use crate::support::{Random, every_truncation_fails, no_mutation_panics};

fn header(dimension: usize, precision: Precision) -> PointsHeader {
    PointsHeader {
        metric: "angular-cka[estimator=unbiased,kernel=linear]".into(),
        unit: "rad".into(),
        stimuli: stimuli_from_ids(StimulusIdentity::InputHash, vec!["a1".into(), "b2".into(), "c3".into()]),
        dimension,
        precision,
    }
}

fn record(index: usize) -> PointRecord {
    PointRecord {
        name: format!("net@3/layer{index}"),
        layer: format!("layer{index}"),
        index: Some(index),
        network: Some("net".into()),
        epoch: Some(Epoch::from(3)),
        seed: Some(u64::MAX),
        shape: vec![3, 8, 8],
        reduction: Some("flatten".into()),
        network_accuracy: Some(0.1),
    }
}

fn row(index: usize, dimension: usize) -> Vec<f64> {
    let mut random = Random(index as u64);
    (0..dimension).map(|_| (random.next() >> 11) as f64 / (1_u64 << 53) as f64 - 0.5).collect()
}

fn write(path: &Path, n_rows: usize, header: PointsHeader, existing: Existing) -> Result<(), Error> {
    let dimension = header.dimension;
    let mut writer = PointsWriter::create(path, header, existing)?;
    for index in 0..n_rows {
        let role = if index + 1 == n_rows { Role::Target } else { Role::Layer };
        writer.append(record(index), role, &row(index, dimension))?;
    }
    writer.finish()
}

fn entries(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[test]
fn rows_come_back_exactly() {
    // Rows that share a chunk, rows that fill chunks unevenly, and rows longer than a chunk.
    for (n_rows, dimension) in [(1, 1), (7, 3), (5, 50_000), (3, 300_000)] {
        for precision in [Precision::F32, Precision::F64] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("points.zarr");
            write(&path, n_rows, header(dimension, precision), Existing::Refuse).unwrap();
            assert_eq!(entries(folder.path()), 1, "no temporary is left");
            assert!(is_points_store(&path) && !is_points_store(folder.path()));
            let points = read_points(&path).unwrap();
            let written = header(dimension, precision);
            assert_eq!(
                (&points.metric, &points.unit, &points.stimuli),
                (&written.metric, &written.unit, &written.stimuli)
            );
            assert_eq!((points.n_rows(), points.dimension, points.precision), (n_rows, dimension, precision));
            assert_eq!(points.records, (0..n_rows).map(record).collect::<Vec<_>>());
            assert_eq!(points.roles.last(), Some(&Role::Target));
            for index in (0..n_rows).rev() {
                let mut expected = row(index, dimension);
                if precision == Precision::F32 {
                    for value in &mut expected {
                        *value = f64::from(*value as f32);
                    }
                }
                assert_eq!(points.row(index).unwrap(), expected);
            }
            assert!(points.row(n_rows).is_err());
        }
    }
}

#[test]
fn a_point_at_the_origin_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.zarr");
    let mut writer = PointsWriter::create(&path, header(300_000, Precision::F32), Existing::Refuse).unwrap();
    writer.append(record(0), Role::Layer, &vec![0.0; 300_000]).unwrap();
    writer.finish().unwrap();
    assert_eq!(read_points(&path).unwrap().row(0).unwrap(), vec![0.0; 300_000]);
}

#[test]
fn a_writer_that_is_given_up_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.zarr");
    let mut writer = PointsWriter::create(&path, header(3, Precision::F64), Existing::Refuse).unwrap();
    writer.append(record(0), Role::Layer, &row(0, 3)).unwrap();
    drop(writer);
    assert_eq!(entries(folder.path()), 0);

    write(&path, 2, header(3, Precision::F64), Existing::Refuse).unwrap();
    let error = write(&path, 4, header(3, Precision::F64), Existing::Refuse).unwrap_err();
    assert!(error.is_user_error() && error.to_string().contains("already"), "{error}");
    let mut writer = PointsWriter::create(&path, header(3, Precision::F64), Existing::Replace).unwrap();
    writer.append(record(0), Role::Layer, &row(0, 3)).unwrap();
    drop(writer);
    assert_eq!(read_points(&path).unwrap().n_rows(), 2, "the old store is whole");
    write(&path, 4, header(3, Precision::F32), Existing::Replace).unwrap();
    assert_eq!(read_points(&path).unwrap().n_rows(), 4);
    assert_eq!(entries(folder.path()), 1);
}

#[test]
fn only_points_stores_are_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("thesis");
    std::fs::create_dir(&path).unwrap();
    std::fs::write(path.join("chapter1.tex"), "precious").unwrap();
    let error = write(&path, 1, header(3, Precision::F64), Existing::Replace).unwrap_err();
    assert!(error.to_string().contains("something other"), "{error}");
    assert!(path.join("chapter1.tex").exists());
}

#[test]
fn rows_that_are_wrong_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.zarr");
    let mut writer = PointsWriter::create(&path, header(2, Precision::F32), Existing::Refuse).unwrap();
    writer.append(record(0), Role::Layer, &[0.5, 0.5]).unwrap();
    assert!(writer.append(record(0), Role::Layer, &[0.5, 0.5]).unwrap_err().to_string().contains("two points"));
    for bad in [f64::NAN, f64::INFINITY, 1e300] {
        let error = writer.append(record(1), Role::Layer, &[0.5, bad]).unwrap_err();
        assert!(error.is_user_error() && error.to_string().contains("number 1"), "{error}");
    }
    assert!(writer.append(record(1), Role::Layer, &[0.5]).is_err());
    assert_eq!(writer.n_rows(), 1);
    writer.finish().unwrap();
    assert_eq!(read_points(&path).unwrap().n_rows(), 1);
    assert!(PointsWriter::create(&path, header(0, Precision::F32), Existing::Replace).is_err());
    let empty = PointsHeader { stimuli: Stimuli::row_numbers(0), ..header(2, Precision::F32) };
    assert!(PointsWriter::create(&path, empty, Existing::Replace).is_err());
}

#[cfg(unix)]
#[test]
fn what_the_operating_system_says_while_writing_is_passed_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.zarr");
    let mut writer = PointsWriter::create(&path, header(300_000, Precision::F32), Existing::Refuse).unwrap();
    // A file stands where the folder of the chunks has to be.
    let temporary = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    std::fs::write(temporary.join("points"), "").unwrap();
    let error = writer.append(record(0), Role::Layer, &row(0, 300_000)).unwrap_err();
    assert!(error.is_user_error() && error.to_string().contains("a part of the path is a file"), "{error}");
    drop(writer);
    assert_eq!(entries(folder.path()), 0);
}

/// Opens a store and reads all of it.
fn read_all(path: &Path) -> Result<(PointsStore, Vec<Vec<f64>>), Error> {
    let points = read_points(path)?;
    let rows = (0..points.n_rows()).map(|index| points.row(index)).collect::<Result<_, _>>()?;
    Ok((points, rows))
}

#[test]
fn damaged_stores_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.zarr");
    write(&path, 5, header(3, Precision::F32), Existing::Refuse).unwrap();
    for (seed, part) in ["zarr.json", "points/zarr.json", "points/c/0/0"].iter().enumerate() {
        every_truncation_fails(&path.join(part), |_| read_all(&path));
        no_mutation_panics(&path.join(part), seed as u64, 1000, |_| read_all(&path));
    }
    let points = read_points(&path).unwrap();
    std::fs::remove_file(path.join("points/c/0/0")).unwrap();
    let error = read_points(&path).unwrap_err();
    assert!(error.is_user_error() && error.to_string().contains("chunk 0"), "{error}");
    assert!(points.row(0).unwrap_err().is_user_error(), "gone after opening");
}

#[test]
fn descriptions_that_promise_the_world_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.zarr");
    write(&path, 2, header(3, Precision::F32), Existing::Refuse).unwrap();
    let (group, array) = (path.join("zarr.json"), path.join("points/zarr.json"));
    let huge = "9223372036854775807";
    for (file, from, to) in [
        (&array, "\"shape\": [\n    2", format!("\"shape\": [\n    {huge}")),
        (&array, "\"shape\": [\n    2,\n    3", format!("\"shape\": [\n    2,\n    {huge}")),
        (&array, "\"shape\": [\n    2", "\"shape\": [\n    3".into()),
        (&array, "87381", huge.into()),
        (&array, "87381", "0".into()),
        (&array, "float32", "float64".into()),
        (&array, "float32", "int8".into()),
        (&array, "\"bytes\"", "\"gzip\"".into()),
        (&array, "\"regular\"", "\"rectilinear\"".into()),
        (&array, "\"little\"", "\"big\"".into()),
        (&group, "layerpath.points/1", "layerpath.points/2".into()),
        (&group, "\"node_type\": \"group\"", "\"node_type\": \"array\"".into()),
        (&group, "\"target\"", "\"goal\"".into()),
        (&group, "net@3/layer1", "net@3/layer0".into()),
        (&group, "\"a1\"", "\"a2\"".into()),
    ] {
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.contains(from), "`{from}` is not in {text}");
        std::fs::write(file, text.replace(from, &to)).unwrap();
        let error = read_points(&path).expect_err(&to);
        assert!(error.is_user_error(), "{error}");
        std::fs::write(file, text).unwrap();
    }
    let group_of =
        |attributes: &str| format!(r#"{{"zarr_format": 3, "node_type": "group", "attributes": {attributes}}}"#);
    for text in ["[".repeat(100_000), group_of("[1]"), group_of("\"layerpath\""), group_of("{\"layerpath\": [1]}")] {
        std::fs::write(&group, text).unwrap();
        assert!(read_points(&path).unwrap_err().is_user_error());
    }
    assert!(read_points(folder.path()).unwrap_err().to_string().contains("no Zarr v3 store"));
    assert!(read_points(&folder.path().join("none")).unwrap_err().is_user_error());
}
