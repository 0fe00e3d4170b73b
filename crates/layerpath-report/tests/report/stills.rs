//! Figures as files.

use layerpath::analysis::Analysis;
use layerpath_report::{Error, NamedAnalysis, stills};

use crate::fixture;

fn named(analysis: Analysis) -> NamedAnalysis {
    NamedAnalysis { title: "<script>alert(1)</script>\u{0}🧠/../x".to_owned(), analysis }
}

#[test]
fn every_figure_of_every_analysis() {
    let without_embedding = Analysis { embedding: None, ..fixture::two_paths() };
    let figures = stills(&[named(fixture::two_paths()), named(without_embedding)]).unwrap();
    let names: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "analysis-1-embedding",
            "analysis-1-distances",
            "analysis-1-angles",
            "analysis-2-distances",
            "analysis-2-angles"
        ]
    );
    for figure in &figures {
        assert!(figure.png.starts_with(b"\x89PNG\r\n\x1a\n"));
        assert!(figure.svg.contains("net@3") && figure.svg.ends_with("</svg>\n"), "{}", figure.svg);
    }
    assert!(figures[2].svg.contains("90°: no memory of direction"));
    assert_eq!(figures[1].svg, figures[3].svg);
}

#[test]
fn names_of_paths_and_layers_are_inert() {
    let mut analysis = fixture::two_paths();
    let hostile = "</text><script>alert(1)</script>&lt;b&gt;\u{1b}🧠";
    for path in &mut analysis.paths {
        path.name = hostile.to_owned();
    }
    for point in &mut analysis.points {
        point.layer = hostile.to_owned();
    }
    analysis.unit = hostile.to_owned();
    for figure in stills(&[named(analysis)]).unwrap() {
        assert!(!figure.svg.contains("<script") && !figure.svg.contains('\u{1b}'), "{}", figure.svg);
        assert!(figure.svg.contains("&lt;/text&gt;&lt;script&gt;"), "{}", figure.svg);
    }
}

#[test]
fn nothing_to_draw_is_an_error() {
    assert!(matches!(stills(&[]), Err(Error::NoAnalyses)));
    let empty = Analysis { paths: Vec::new(), ..fixture::two_paths() };
    assert!(matches!(stills(&[named(empty)]), Err(Error::NoPaths { .. })));
}
