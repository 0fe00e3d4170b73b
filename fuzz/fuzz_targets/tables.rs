//! Tables on their way: the journal of one, and the description of one that several programs fill.
#![no_main]

use std::fs;

use layerpath_io::{PartialTable, SharedTable};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let (journal, description) = layerpath_fuzz::split(input);
    let path = layerpath_fuzz::file("table.npy", b"");
    layerpath_fuzz::file("table.npy.journal", journal);
    layerpath_fuzz::file("table.npy.partial", &[0; 128 + 72]);
    let mut table = PartialTable::open(&path, "three points", 3).expect("a table on tmpfs");
    if !table.is_done(&(0..2), &(0..2)) {
        table.write(0..2, 0..2, &[0.0; 4]).expect("a block");
    }
    let n_done = table.n_done();
    drop(table);
    let table = PartialTable::open(&path, "three points", 3).expect("a table on tmpfs");
    assert!(table.is_done(&(0..2), &(0..2)) && table.n_done() == n_done, "what is done stays done");

    let path = layerpath_fuzz::folder().join("table.zarr");
    layerpath_fuzz::file("table.zarr.partial/source", b"three points");
    layerpath_fuzz::file("table.zarr.partial/zarr.json", description);
    layerpath_fuzz::file("table.zarr.partial/c/0/0", &[0; 32]);
    let Ok(table) = SharedTable::join(&path, "three points") else { return };
    let _ = (table.is_done(&(0..2), &(0..2)), table.is_done(&(2..3), &(0..2)));
    if table.finish().is_ok() {
        assert!(SharedTable::is_finished(&path, "three points"));
        fs::remove_dir_all(&path).expect("a folder that goes");
    }
});
