//! Documents that contradict their schema.

use layerpath::analysis::Analysis;
use layerpath_report::{Error, NamedAnalysis, ReportOptions, render};

use crate::fixture;

/// Makes a document contradict its schema.
type Spoil = fn(&mut Analysis);

fn error_of(spoil: impl FnOnce(&mut Analysis)) -> String {
    let mut analysis = fixture::two_paths();
    spoil(&mut analysis);
    render(&[NamedAnalysis { title: "A".to_owned(), analysis }], &ReportOptions::default()).unwrap_err().to_string()
}

#[test]
fn there_must_be_something_to_show() {
    assert!(matches!(render(&[], &ReportOptions::default()), Err(Error::NoAnalyses)));
    assert_eq!(error_of(|a| a.paths.clear()), "the analysis `A` holds no path");
    assert_eq!(error_of(|a| a.paths[1].points.clear()), "the path `net@3` of the analysis `A` has no points");
}

#[test]
fn the_schema_must_be_known() {
    let message = error_of(|a| a.schema = "layerpath.analysis/2".to_owned());
    assert_eq!(
        message,
        "the analysis `A` has schema `layerpath.analysis/2`; this version reads `layerpath.analysis/1`"
    );
}

#[test]
fn arrays_must_fit_the_path() {
    let spoilers: [(&str, Spoil); 8] = [
        ("`steps` has 1 values where 2 belong", |a| a.paths[0].steps.truncate(1)),
        ("`interior_angles` has 2 values where 1 belong", |a| a.paths[0].interior_angles.push(None)),
        ("`distance_to_start` has 2 values", |a| a.paths[0].distance_to_start.truncate(2)),
        ("`heading_angles` has 0 values", |a| a.paths[0].heading_angles = Some(Vec::new())),
        ("`distance_to_target` has 0 values", |a| a.paths[0].distance_to_target = Some(Vec::new())),
        ("`progress` has 0 values", |a| a.paths[0].progress = Some(Vec::new())),
        ("`efficiency` has 0 values", |a| a.paths[0].efficiency = Some(Vec::new())),
        ("`projection` has 0 values", |a| a.paths[0].projection = Some(Vec::new())),
    ];
    for (expected, spoil) in spoilers {
        let message = error_of(spoil);
        assert!(message.starts_with("in `A`, `net@0`: ") && message.contains(expected), "{message}");
    }
}

#[test]
fn points_must_be_listed() {
    let message = error_of(|a| a.paths[0].points[1] = "elsewhere".to_owned());
    assert_eq!(message, "the path `net@0` of the analysis `A` names the point `elsewhere`, which is not listed");
}

#[test]
fn numbers_must_be_finite() {
    assert!(error_of(|a| a.paths[0].length = f64::NAN).contains("`length` holds a value that is not finite"));
    assert!(error_of(|a| a.paths[1].steps[0] = f64::INFINITY).contains("`net@3`: `steps`"));
    let message = error_of(|a| {
        if let Some(Some(projection)) = a.paths[0].projection.as_mut().and_then(|p| p.first_mut()) {
            projection.distance = f64::NAN;
        }
    });
    assert!(message.contains("`projection`"), "{message}");
}

#[test]
fn embeddings_must_be_rectangular() {
    let message = error_of(|a| {
        if let Some(embedding) = &mut a.embedding {
            embedding.coordinates[2].pop();
        }
    });
    assert_eq!(message, "in `A`, `embedding`: `coordinates` has 1 values where 2 belong");
    let message = error_of(|a| {
        if let Some(embedding) = &mut a.embedding {
            embedding.coordinates.pop();
        }
    });
    assert_eq!(message, "in `A`, `embedding`: `coordinates` has 7 values where 8 belong");
}
