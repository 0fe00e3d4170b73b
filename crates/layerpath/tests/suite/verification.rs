//! The verification of a metric on given activations, and what must make it fail.

use layerpath::metric::{Metric, Point};
use layerpath::representation::Representation;
use layerpath::verification::{Check, InvarianceTests, Settings, Subject, Verdict, axioms};

use crate::data::{chain, embed, gaussian};

fn verified(metric: &Metric, layers: &[Vec<f64>], m: usize) -> Vec<Check> {
    let names: Vec<String> = (0..layers.len()).map(|i| format!("layer{i}")).collect();
    let points: Vec<Point> = layers.iter().map(|layer| embed(metric, layer, m)).collect();
    let named: Vec<(&str, &Point)> = names.iter().map(String::as_str).zip(&points).collect();
    let found = axioms(metric, &named, Settings::default()).unwrap();
    let mut tests = InvarianceTests::new(metric, Settings::default());
    for (name, layer) in names.iter().zip(layers) {
        tests.layer(name, &Representation::new(&layer[..], m, layer.len() / m).unwrap()).unwrap();
    }
    let mut checks = found.checks;
    checks.extend(tests.checks(found.scale));
    checks
}

#[test]
fn every_metric_keeps_what_it_declares() {
    let m = 12;
    let layers = chain(3, m, &[7, 5, 30, 4]);
    for metric in Metric::all() {
        let checks = verified(&metric, &layers, m);
        for check in &checks {
            assert!(matches!(check.verdict, Verdict::Pass | Verdict::NotClaimed), "{metric}: {check:?}");
            assert!(check.worst.is_some() && check.cases > 0, "{metric}: {check:?}");
        }
        let geometry = checks.iter().filter(|check| check.subject == Subject::Geometry).count();
        assert_eq!(geometry > 0, metric.properties().has_geodesics, "{metric}");
        // What is not declared moves generic activations, visibly.
        let declared = metric.properties().invariances;
        let declared = [declared.translation, declared.rotation, declared.scaling, declared.affine];
        let changes: Vec<&Check> = checks.iter().filter(|check| check.subject == Subject::Invariance).collect();
        assert_eq!(changes.len(), 4);
        for (check, declared) in changes.iter().zip(declared) {
            assert_eq!(check.verdict == Verdict::Pass, declared, "{metric}: {check:?}");
            assert!(declared || check.worst.unwrap() > 1e3 * check.tolerance, "{metric}: {check:?}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_numbers() {
    let layers = chain(4, 10, &[4, 6, 3]);
    let metric = Metric::default();
    assert_eq!(verified(&metric, &layers, 10), verified(&metric, &layers, 10));
}

/// Where rounding decides the numbers, a declared invariance is not kept, and the check says so.
#[test]
fn what_rounding_decides_fails() {
    let m = 12;
    let metric: Metric = "angular-shape[whitening=0]".parse().unwrap();
    // The second unit is as small as rank may be: whitening makes it as large as the first.
    let thin = |seed: u64, size: f64| -> Vec<f64> {
        gaussian(seed, m, 2).chunks(2).flat_map(|row| [row[0], row[0] + size * row[1]]).collect()
    };
    let checks = verified(&metric, &[thin(1, 3e-14), thin(2, 3e-14)], m);
    let failed: Vec<&Check> = checks.iter().filter(|check| check.verdict == Verdict::Fail).collect();
    assert!(!failed.is_empty() && failed.iter().all(|check| check.subject == Subject::Invariance), "{checks:?}");
    let checks = verified(&metric, &[thin(1, 1e-3), thin(2, 1e-3)], m);
    assert!(checks.iter().all(|check| check.verdict != Verdict::Fail), "{checks:?}");
}

#[test]
fn large_tables_are_sampled() {
    let metric = Metric::default();
    let points: Vec<Point> = (0..12).map(|i| embed(&metric, &gaussian(i, 8, 3), 8)).collect();
    let named: Vec<(&str, &Point)> = points.iter().map(|point| ("", point)).collect();
    let few = axioms(&metric, &named, Settings { triples: 50, ..Settings::default() }).unwrap();
    let cases = |found: &layerpath::verification::Axioms| {
        found.checks.iter().find(|check| check.law.starts_with("triangle")).unwrap().cases
    };
    assert!(!few.all_triples && cases(&few) == 50);
    let all = axioms(&metric, &named, Settings::default()).unwrap();
    assert!(all.all_triples && cases(&all) == 12 * 11 * 10 / 6);
    assert!(axioms(&metric, &named[..1], Settings::default()).is_err());
}
