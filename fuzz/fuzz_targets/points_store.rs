//! A points store: the two descriptions and a chunk. What is opened gives rows of the length that it announces, the
//! same however they are read, and its table holds no number that is not finite.
#![no_main]

use layerpath::table::{Bytes, PointRows};
use layerpath_io::points::{PointsHeader, PointsWriter, StoredRows, StoredTable, read_points};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let (group, rest) = layerpath_fuzz::split(input);
    let (array, chunk) = layerpath_fuzz::split(rest);
    layerpath_fuzz::file("points.zarr/zarr.json", group);
    layerpath_fuzz::file("points.zarr/points/zarr.json", array);
    layerpath_fuzz::file("points.zarr/points/c/0/0", chunk);
    let path = layerpath_fuzz::folder().join("points.zarr");
    let Ok(store) = read_points(&path) else { return };
    let there = chunk.len() as u64 / store.precision.n_bytes();
    let dimension = store.dimension;
    assert!(store.n_rows() as u64 * dimension as u64 <= there, "more numbers than bytes");
    assert_eq!((store.records.len(), store.roles.len()), (store.n_rows(), store.n_rows()));
    let stores = [store];
    let n_rows = stores[0].n_rows();
    let rows = StoredRows::new(&stores, (0..n_rows).map(|row| (0, row)).collect()).expect("rows of a store");
    for row in 0..n_rows {
        let Ok(values) = stores[0].row(row) else { continue };
        assert_eq!(values.len(), dimension, "numbers in a row");
        let mut pieces = vec![0.0_f64; dimension];
        if rows.read(row, 0..dimension, &mut pieces).is_ok() {
            assert_eq!(values, pieces, "the same numbers either way");
        }
    }
    let [store] = stores;
    let _ = store.identity();
    if let Ok(writer) = PointsWriter::append_to(&path, PointsHeader::of(&store)) {
        assert_eq!(writer.n_rows(), n_rows);
    }
    let Ok(table) = StoredTable::new(vec![store]) else { return };
    let size = table.records().len().min(16);
    for memory in [Bytes(1 << 30), Bytes(1 << 27)] {
        let Ok(plan) = table.plan(memory, 0) else { continue };
        if let Ok(block) = table.block::<Failure>(&plan, 0..size, 0..size, &|| Ok(())) {
            assert_eq!(block.len(), size * size);
            assert!(block.iter().all(|distance| distance.is_finite()), "distances are finite");
        }
    }
});

/// Whatever ends a block.
struct Failure;

impl From<layerpath_io::Error> for Failure {
    fn from(_: layerpath_io::Error) -> Self {
        Self
    }
}

impl From<layerpath::Error> for Failure {
    fn from(_: layerpath::Error) -> Self {
        Self
    }
}
