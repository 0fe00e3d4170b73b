//! Similarities against formulas written out by hand and values of independent implementations.

use layerpath::Error;
use layerpath::metric::Estimator;
use layerpath::representation::Representation;
use layerpath::similarity::{Alignment, HeldOut, ProcrustesScore, Similarity, aliases};
use serde_json::Value;

use crate::data::gaussian;
use crate::estimators::formula;
use crate::golden::matrix;

/// Score of two arrays of m rows.
pub(crate) fn score(name: &str, x: &[f64], y: &[f64], m: usize) -> Result<f64, Error> {
    let view = |values| Representation::new(values, m, <[f64]>::len(values) / m).unwrap();
    name.parse::<Similarity>().unwrap().score(&view(x), &view(y))
}

#[track_caller]
fn close(name: &str, ours: f64, expected: f64, tolerance: f64) {
    assert!((ours - expected).abs() < tolerance, "{name}: {ours} against {expected}");
}

/// Columns that are orthonormal and sum to zero: Walsh functions of eight points, times the factors.
fn design(columns: &[(usize, f64)]) -> Vec<f64> {
    let walsh = |i: usize, k: usize| if (i & k).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 } / 8.0_f64.sqrt();
    (0..8).flat_map(|i| columns.iter().map(move |&(k, factor)| factor * walsh(i, k))).collect()
}

#[test]
fn canonical_correlations_of_orthogonal_designs() {
    // Correlations 1 and 0, ranks 2 and 3.
    let (x, y) = (design(&[(1, 3.0), (2, 1.0)]), design(&[(2, 1.0), (3, 1.0), (4, 7.0)]));
    close("mean", score("cca", &x, &y, 8).unwrap(), 0.5, 1e-15);
    close("mean-squared", score("cca[summary=mean-squared]", &x, &y, 8).unwrap(), 0.5, 1e-15);
    close("yanai", score("cca[summary=yanai]", &x, &y, 8).unwrap(), 1.0 / 6.0_f64.sqrt(), 1e-15);
    close("pillai", score("cca[summary=pillai]", &x, &y, 8).unwrap(), 1.0, 1e-15);
    // The component with 9/10 of the variance is not shared; the other is.
    let shared = design(&[(2, 1.0)]);
    close("svcca one", score("svcca[variance=0.89]", &x, &shared, 8).unwrap(), 0.0, 1e-15);
    close("svcca exact", score("svcca[variance=0.9]", &x, &shared, 8).unwrap(), 0.0, 1e-15);
    close("svcca two", score("svcca[variance=0.91]", &x, &shared, 8).unwrap(), 1.0, 1e-14);
    // Weights 3 and 1 on correlations 1 and 0; from the other side 1 and 1.
    let other = design(&[(1, 1.0), (3, 1.0)]);
    close("pwcca", score("pwcca", &x, &other, 8).unwrap(), 0.75, 1e-15);
    close("pwcca back", score("pwcca", &other, &x, 8).unwrap(), 0.5, 1e-15);
}

#[test]
fn one_unit_each_is_a_correlation() {
    let (x, y) = (gaussian(1, 9, 1), gaussian(2, 9, 1));
    let mean = |v: &[f64]| v.iter().sum::<f64>() / 9.0;
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(p, q)| (p - mean(a)) * (q - mean(b))).sum::<f64>();
    let r = product(&x, &y) / (product(&x, &x) * product(&y, &y)).sqrt();
    for (name, expected) in [
        ("cca", r.abs()),
        ("cca[summary=yanai]", r * r),
        ("cca[summary=pillai]", r * r),
        ("svcca", r.abs()),
        ("pwcca", r.abs()),
        ("normalized-bures", r.abs()),
        ("linear-predictivity", r * r),
        ("cka[estimator=biased]", r * r),
    ] {
        close(name, score(name, &x, &y, 9).unwrap(), expected, 1e-14);
    }
}

#[test]
fn dissimilarities_neighbours_and_shrinkage_by_hand() {
    // Distances 1, 3, 2 and 2, 3, 1.
    let (x, y) = ([0.0, 1.0, 3.0], [0.0, 2.0, 3.0]);
    close("pearson", score("rsa", &x, &y, 3).unwrap(), 0.5, 1e-15);
    close("spearman", score("rsa[compare=spearman]", &x, &y, 3).unwrap(), 0.5, 1e-15);
    close("cosine", score("rsa[compare=cosine]", &x, &y, 3).unwrap(), 13.0 / 14.0, 1e-15);
    // Squares 1, 9, 4 and 4, 9, 1.
    close("squared", score("rsa[rdm=squared-euclidean,compare=cosine]", &x, &y, 3).unwrap(), 89.0 / 98.0, 1e-15);
    // Nearest: 1, 0, 1, 2 and 1, 0, 3, 2.
    let (x, y) = ([0.0, 1.0, 3.0, 7.0], [0.0, 1.0, 5.0, 6.0]);
    close("neighbours", score("mutual-knn[k=1]", &x, &y, 4).unwrap(), 0.75, 1e-15);
    // Duplicates: the earlier of two equally near stimuli, so 1, 0, 0, 0 and 1, 0, 1, 0.
    let (x, y) = ([0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 2.5, 9.0]);
    close("ties", score("mutual-knn[k=1]", &x, &y, 4).unwrap(), 0.5, 1e-15);
    // s² = 2, so that λ = 2 halves the prediction: R² = 1 − (1/2)².
    let x = [-1.0, 0.0, 1.0];
    close("ridge", score("linear-predictivity[ridge=2]", &x, &x, 3).unwrap(), 0.75, 1e-15);
    let shifted = [999.0, 1000.0, 1001.0];
    close("ridge is absolute", score("linear-predictivity[ridge=2]", &shifted, &x, 3).unwrap(), 0.75, 1e-15);
}

#[test]
fn negative_debiased_values_are_kept() {
    let m = 12;
    let mut negative = 0;
    for seed in 0..20 {
        let (x, y) = (gaussian(seed, m, 5), gaussian(seed + 100, m, 40));
        for (name, estimator) in [("unbiased", Estimator::Unbiased), ("masked", Estimator::Masked)] {
            let ours = score(&format!("cka[estimator={name}]"), &x, &y, m).unwrap();
            close(name, ours, formula(&x, &y, m, estimator), 1e-12);
            negative += usize::from(ours < 0.0);
        }
    }
    assert!(negative > 5, "only {negative} of 40 are negative");
}

#[test]
fn values_of_several_packages() {
    let golden: Value = serde_json::from_str(include_str!("../../../../golden/peers.json")).unwrap();
    let (a, b) = (&golden["cases"]["A_int8x4"], &golden["cases"]["B_random"]);
    let number = |value: &Value| value.as_f64().unwrap();
    for (left, right, expected, song) in [
        (&a["X"], &a["Y"], a, "linear_cka_song_debiased"),
        (&b["X"], &b["Y"], &b["XY"], "linear_cka_song"),
        (&b["X"], &b["Z"], &b["XZ"], "linear_cka_song"),
    ] {
        let ((x, m), (y, _)) = (matrix(left), matrix(right));
        let lange = song.replace("song", "lange").replace("debiased", "hollow");
        for (name, key) in [("biased", "linear_cka_gretton"), ("unbiased", song), ("masked", &lange)] {
            let ours = score(&format!("cka[estimator={name}]"), &x, &y, m).unwrap();
            close(name, ours, number(&expected[key]), 1e-12);
        }
    }
    for (right, key) in [("Y", "XY"), ("Z", "XZ")] {
        let ((x, m), (y, _)) = (matrix(&b["X"]), matrix(&b[right]));
        let expected = &b[key];
        let ours = score("normalized-bures", &x, &y, m).unwrap();
        close("netrep", ours, number(&expected["netrep_angular_alpha1"]).cos(), 1e-13);
        close("Procrustes", ours, number(&expected["procrustes_angular"]).cos(), 1e-13);
        close("rsatoolbox", ours, number(&expected["rsatoolbox_bures_similarity"]), 1e-7);
        // Scored on the stimuli fitted to, held-out alignment is the Procrustes distance.
        let view = |values| Representation::new(values, m, <[f64]>::len(values) / m).unwrap();
        for (kind, key) in
            [(ProcrustesScore::Angular, "netrep_angular_alpha1"), (ProcrustesScore::Euclidean, "netrep_euclid_alpha1")]
        {
            let fitted = Alignment::Procrustes { score: kind }.fit(&view(&x[..]), &view(&y[..])).unwrap();
            let ours = fitted.score(&view(&x[..]), &view(&y[..])).unwrap();
            close(key, ours, number(&expected[key]), 1e-12);
        }
    }
    // For equal ranks netrep's alpha=0 is the arc whose cosine is the mean canonical correlation.
    let ((x, m), (z, _)) = (matrix(&b["X"]), matrix(&b["Z"]));
    close("alpha=0", score("cca", &x, &z, m).unwrap(), number(&b["XZ"]["netrep_angular_alpha0"]).cos(), 1e-12);
}

#[test]
fn values_of_numpy_and_scipy() {
    let golden: Value = serde_json::from_str(include_str!("../../../../golden/similarity/expected.json")).unwrap();
    let mut compared = 0;
    for case in golden["cases"].as_object().unwrap().values() {
        let ((x, m), (y, _)) = (matrix(&case["x"]), matrix(&case["y"]));
        let mut check = |name: &str, x: &[f64], y: &[f64], expected: &Value| {
            close(name, score(name, x, y, m).unwrap(), expected.as_f64().unwrap(), 1e-11);
            compared += 1;
        };
        let entries = |value: &Value| value.as_object().cloned().unwrap_or_default();
        for (summary, expected) in entries(&case["cca"]) {
            check(&format!("cca[summary={summary}]"), &x, &y, &expected);
        }
        for (variance, expected) in entries(&case["svcca"]) {
            check(&format!("svcca[variance={variance}]"), &x, &y, &expected);
        }
        for (compare, values) in entries(&case["rsa"]) {
            for (rdm, expected) in entries(&values) {
                check(&format!("rsa[compare={compare},rdm={rdm}]"), &x, &y, &expected);
            }
        }
        for (ridge, expected) in entries(&case["linear-predictivity"]) {
            let name = format!("linear-predictivity[ridge={ridge}]");
            check(&name, &x, &y, &expected["xy"]);
            check(&name, &y, &x, &expected["yx"]);
        }
        for (distance, expected) in entries(&case["mutual-knn"]) {
            check(&format!("mutual-knn[k={},distance={distance}]", case["k"]), &x, &y, &expected);
        }
        if case["pwcca"].is_object() {
            check("pwcca", &x, &y, &case["pwcca"]["xy"]);
            check("pwcca", &y, &x, &case["pwcca"]["yx"]);
            check("normalized-bures", &x, &y, &case["normalized-bures"]);
        }
    }
    assert_eq!(compared, 37);
}

#[test]
fn held_out_values_of_scipy() {
    let golden: Value = serde_json::from_str(include_str!("../../../../golden/similarity/expected.json")).unwrap();
    let case = &golden["cases"]["related-24x5-24x4"];
    let ((x, m), (y, _)) = (matrix(&case["x"]), matrix(&case["y"]));
    // Fitted on even stimuli, scored on odd ones.
    let half = |values: &[f64], first: usize| -> Vec<f64> {
        let n = values.len() / m;
        values.chunks(n).skip(first).step_by(2).flatten().copied().collect()
    };
    let parts = [half(&x, 0), half(&y, 0), half(&x, 1), half(&y, 1)];
    let [train_x, train_y, test_x, test_y] =
        parts.each_ref().map(|part| Representation::new(&part[..], m / 2, part.len() / (m / 2)).unwrap());
    for (alignment, expected) in [
        (Alignment::Procrustes { score: ProcrustesScore::Angular }, &case["held-out"]["procrustes"]["angular"]),
        (Alignment::Procrustes { score: ProcrustesScore::Euclidean }, &case["held-out"]["procrustes"]["euclidean"]),
        (Alignment::LinearPredictivity { ridge: 0.0 }, &case["held-out"]["linear-predictivity"]["0"]),
        (Alignment::LinearPredictivity { ridge: 1.0 }, &case["held-out"]["linear-predictivity"]["1"]),
    ] {
        let ours = alignment.fit(&train_x, &train_y).unwrap().score(&test_x, &test_y).unwrap();
        close(&alignment.to_string(), ours, expected.as_f64().unwrap(), 1e-11);
    }
}

#[test]
fn names_round_trip_and_refuse_nonsense() {
    for similarity in Similarity::all().unwrap() {
        assert_eq!(similarity.to_string().parse::<Similarity>().unwrap(), similarity);
        assert!(!similarity.properties().convention.is_empty());
    }
    let printed = |name: &str| name.parse::<Similarity>().unwrap().to_string();
    assert_eq!(printed("cka"), "cka[estimator=unbiased,kernel=linear]");
    assert_eq!(printed(" mutual-knn [ k = 3 ] "), "mutual-knn[k=3,distance=euclidean]");
    assert_eq!(printed("linear-predictivity[ridge=1e-3]"), "linear-predictivity[ridge=0.001]");
    assert_eq!(printed("rsa"), "rsa[compare=pearson,rdm=euclidean]");
    for alias in aliases() {
        let (prefixed, cross_validated) = (format!("measure/any/{}", alias.alias), alias.alias.contains("cv="));
        if cross_validated {
            assert_eq!(prefixed.parse::<HeldOut>().unwrap().to_string(), alias.name);
        } else {
            assert_eq!(printed(&prefixed), printed(alias.name));
            assert_eq!(printed(alias.alias), printed(alias.name));
        }
    }
    for (name, part) in [
        ("ckb", "known are cka, cca"),
        ("cka[estimator=song]", "one of unbiased, biased, masked"),
        ("cca[summary=max]", "cannot read the similarity `cca[summary=max]`: unknown summary `max`"),
        ("svcca[variance=0]", "a share in (0, 1]"),
        ("svcca[variance=1.5]", "a share in (0, 1]"),
        ("svcca[variance=NaN]", "a share in (0, 1]"),
        ("linear-predictivity[ridge=-1]", "at least 0"),
        ("linear-predictivity[ridge=inf]", "finite"),
        ("mutual-knn[k=0]", "at least 1"),
        ("mutual-knn[k=2.5]", "whole number"),
        ("pwcca[x=1]", "unknown parameter `x`"),
        ("rsa[rdm=manhattan]", "one of euclidean"),
        ("cca[", "missing `]`"),
    ] {
        let message = name.parse::<Similarity>().unwrap_err().to_string();
        assert!(message.contains(part), "{name}: {message}");
    }
    for (name, part) in [
        ("held-out-procrustes[folds=1]", "at least 2"),
        ("held-out-procrustes[score=cosine]", "angular, euclidean"),
        ("held-out-linear-predictivity[score=angular]", "unknown parameter `score`"),
        ("held-out", "known are held-out-procrustes"),
    ] {
        let message = name.parse::<HeldOut>().unwrap_err().to_string();
        assert!(message.contains(part), "{name}: {message}");
    }
}
