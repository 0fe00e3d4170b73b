//! An embedding file and its table.
#![no_main]

use layerpath::embed::EmbeddingDocument;
use layerpath_io::documents::read_document;
use layerpath_io::embedding::{embedding_table, embedding_to_json};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let path = layerpath_fuzz::file("embedding.json", input);
    let Ok(document) = read_document::<EmbeddingDocument>(&path, "") else { return };
    let text = embedding_to_json(&document).expect("an embedding that was read");
    let again = read_document::<EmbeddingDocument>(&layerpath_fuzz::file("embedding.json", text.as_bytes()), "");
    assert_eq!(again.expect("an embedding that was written"), document);
    if let Ok(table) = embedding_table(&document) {
        assert!(table.lines().count() > document.points.len(), "one row a point");
    }
});
