//! An analysis file, its tables and the page and pictures made of it: names in it become no elements.
#![no_main]

use layerpath_io::analysis::{
    analysis_to_json, evidence_table, layers_table, pairs_table, read_analysis, stimuli_table,
};
use layerpath_report::{NamedAnalysis, ReportOptions, render, stills};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let path = layerpath_fuzz::file("analysis.json", input);
    let Ok(analysis) = read_analysis(&path) else { return };
    // What is read can be written, and is read again as the same.
    let text = analysis_to_json(&analysis).expect("an analysis that was read");
    let again = read_analysis(&layerpath_fuzz::file("analysis.json", text.as_bytes()));
    assert_eq!(again.expect("an analysis that was written"), analysis);
    let _ = layers_table(&analysis);
    let _ = pairs_table(&analysis);
    let _ = evidence_table(&analysis);
    let _ = stimuli_table(&analysis);
    let title = String::from_utf8_lossy(&input[..input.len().min(100)]).into_owned();
    let named = [NamedAnalysis { title: title.clone(), analysis }];
    let options = ReportOptions { title: title.clone(), program: Some(title.clone()), command: Some(title) };
    let Ok(page) = render(&named, &options) else { return };
    layerpath_fuzz::assert_inert(&page);
    // Pictures take a hundred times as long.
    if input.len().is_multiple_of(32) {
        for figure in stills(&named).into_iter().flatten() {
            layerpath_fuzz::assert_inert(&figure.svg);
        }
    }
});
