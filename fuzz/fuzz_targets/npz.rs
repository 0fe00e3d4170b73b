//! An archive of arrays: as it is, and, because check sums keep most of what the fuzzer tries from being read, two entries
//! that are put into a sound archive.
#![no_main]

use std::io::{Cursor, Write};

use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    layerpath_fuzz::read_activations(&layerpath_fuzz::file("a.npz", input));
    if input.starts_with(b"PK") {
        return;
    }
    let (name, rest) = layerpath_fuzz::split(input);
    let (array, other) = layerpath_fuzz::split(rest);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let entries = [(String::from_utf8_lossy(name), array), ("stimulus_ids.npy".into(), other)];
    for (place, (name, bytes)) in entries.into_iter().enumerate() {
        let method = if (place + name.len()).is_multiple_of(2) {
            CompressionMethod::Stored
        } else {
            CompressionMethod::Deflated
        };
        let options = SimpleFileOptions::default().compression_method(method);
        if bytes.is_empty() || writer.start_file(name, options).is_err() {
            continue;
        }
        writer.write_all(bytes).expect("an entry in memory");
    }
    let Ok(archive) = writer.finish() else { return };
    layerpath_fuzz::read_activations(&layerpath_fuzz::file("b.npz", &archive.into_inner()));
});
