//! What `reproduce` writes about the three questions, and the page and pictures made of it. The first byte says which
//! question.
#![no_main]

use layerpath::study::{StraightnessStudy, TrainingStudy, WidthDepthStudy};
use layerpath_io::documents::{document_to_json, read_document};
use layerpath_report::{ReportOptions, StudyReport, render_study, study_stills};
use serde::Serialize;
use serde::de::DeserializeOwned;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((&question, text)) = input.split_first() else { return };
    let mut report = StudyReport::default();
    match question % 3 {
        0 => report.straightness = read::<StraightnessStudy>(text),
        1 => report.training = read::<TrainingStudy>(text),
        _ => report.width_depth = read::<WidthDepthStudy>(text),
    }
    let title = String::from_utf8_lossy(&text[..text.len().min(100)]).into_owned();
    report.sources.push((title.clone(), title.clone()));
    let options = ReportOptions { title: title.clone(), program: Some(title.clone()), command: Some(title) };
    let Ok(page) = render_study(&report, &options) else { return };
    layerpath_fuzz::assert_inert(&page);
    // Pictures take a hundred times as long.
    if input.len().is_multiple_of(32) {
        for figure in study_stills(&report).into_iter().flatten() {
            layerpath_fuzz::assert_inert(&figure.svg);
        }
    }
});

/// A document, which can be written and is read again as the same.
fn read<T: Serialize + DeserializeOwned + PartialEq>(text: &[u8]) -> Option<T> {
    let document: T = read_document(&layerpath_fuzz::file("study.json", text), "").ok()?;
    let written = document_to_json(&document).expect("a document that was read");
    let again: T = read_document(&layerpath_fuzz::file("study.json", written.as_bytes()), "").expect("a document");
    assert!(again == document, "a document that changes on its way");
    Some(document)
}
