//! The stated sizes of the differences to other packages, on their own values in `golden/`, and the document about them.

use layerpath::metric::Metric;
use layerpath::peers::{DIFFERENCES, Difference, Peer};
use serde_json::Value;

use crate::data::embed;
use crate::golden::matrix;

fn peers(case: &str) -> Value {
    let golden: Value = serde_json::from_str(include_str!("../../../../golden/peers.json")).unwrap();
    golden["cases"][case].clone()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn difference(name: &str) -> &'static Difference {
    DIFFERENCES.iter().find(|difference| difference.name == name).unwrap()
}

/// The size is the one stated, in these words.
fn assert_stated(name: &str, words: &str, size: f64, stated: f64, rounding: f64) {
    assert!(difference(name).size.contains(words), "{name}: `{words}` is not in `{}`", difference(name).size);
    assert!((size - stated).abs() <= rounding, "{name}: {size} is not {stated}");
}

fn distance(case: &Value, metric: &str, pair: [&str; 2]) -> f64 {
    let metric: Metric = metric.parse().unwrap();
    let [x, y] = pair.map(|key| {
        let (flat, rows) = matrix(&case[key]);
        embed(&metric, &flat, rows)
    });
    metric.distance(&x, &y).unwrap()
}

#[test]
fn sizes_on_the_values_of_several_packages() {
    let (a, b, d) = (peers("A_int8x4"), peers("B_random"), peers("D_kendall9x3"));
    // repsim's "unbiased" is the masked estimator.
    let theirs = number(&a["repsim_AngularCKA_unbiased=True"]).cos();
    assert_stated("unbiased means masked", "0.0658", theirs, 0.0658, 5e-5);
    assert!((distance(&a, "angular-cka[estimator=masked]", ["X", "Y"]).cos() - theirs).abs() < 1e-12);
    let ours = distance(&a, "angular-cka", ["X", "Y"]).cos();
    assert_stated("unbiased means masked", "0.0062", ours, 0.0062, 5e-5);
    // α between 0 and 1.
    let ours = distance(&b, "angular-shape[whitening=0.5]", ["X", "Z"]);
    let theirs = number(&b["XZ"]["netrep_angular_alpha0_5"]);
    assert_stated("whitening α between 0 and 1", "0.0120 rad", (ours - theirs).abs(), 0.0120, 5e-5);
    for alpha in ["0", "1"] {
        let ours = distance(&b, &format!("angular-shape[whitening={alpha}]"), ["X", "Z"]);
        let theirs = number(&b["XZ"][format!("netrep_angular_alpha{alpha}")]);
        assert!((ours - theirs).abs() < 1e-12, "α = {alpha}");
    }
    // Bures: squared, per channel; and its digits.
    let ours = distance(&b, "euclidean-shape", ["X", "Z"]);
    let theirs = number(&b["XZ"]["rsatoolbox_bures_metric_raw"]);
    assert_stated("squared Bures metric per channel", "10.300", theirs, 10.300, 5e-4);
    assert_stated("squared Bures metric per channel", "7.177²/5", ours, 7.177, 5e-4);
    assert!((ours * ours / 5.0 - theirs).abs() < 1e-6);
    for pair in ["XY", "XZ"] {
        let ours = distance(&b, "angular-shape", ["X", &pair[1..]]).cos();
        let gap = (ours - number(&b[pair]["rsatoolbox_bures_similarity"])).abs();
        assert_stated("digits of Bures", "below 1e-7", gap, 0.0, 1e-7);
    }
    // A negative value is kept.
    let ours = distance(&b, "angular-cka[kernel=rbf,length-scale=1]", ["X", "Z"]);
    assert!(ours > std::f64::consts::FRAC_PI_2);
    assert_stated("negative debiased values", "−0.01055", ours.cos(), -0.01055, 5e-6);
    let theirs = number(&d["WARNING_repsim_levi_civita_max_abs_error"]);
    assert_stated("shape transport", "0.0058", theirs, 0.0058, 5e-5);
}

#[test]
fn sizes_on_the_values_of_repsim() {
    let text = include_str!("../../../../golden/repsim/seed12-m26-bottleneck/expected.json");
    let golden: Value = serde_json::from_str(text).unwrap();
    for (metric, words, stated) in [("angular-shape", "0.253 rad", 0.253), ("euclidean-shape", "0.211 rad", 0.211)] {
        let angles =
            |key: &str| -> Vec<f64> { golden["metrics"][metric][key].as_array().unwrap().iter().map(number).collect() };
        let gaps = angles("interior_angles").into_iter().zip(angles("interior_angles_repsim"));
        let worst = gaps.map(|(ours, theirs)| (ours - theirs).abs()).fold(0.0, f64::max);
        assert_stated("shape angle at a bottleneck", words, worst, stated, 5e-4);
    }
}

#[test]
fn conventions_of_peers_by_name() {
    let under = |name: &str, peer| name.parse::<Metric>().unwrap().under(peer).map(|metric| metric.to_string());
    let repsim = |name| under(name, Peer::Repsim);
    assert_eq!(repsim("angular-cka").unwrap(), "angular-cka[estimator=masked,kernel=linear]");
    assert_eq!(
        repsim("angular-cka[estimator=biased,kernel=rbf,length-scale=2]").unwrap(),
        "angular-cka[estimator=biased,kernel=rbf,length-scale=1.4142135623730951]"
    );
    assert_eq!(repsim("stress").unwrap(), "stress[rescale=none]");
    let message = repsim("grassmann[components=2]").unwrap_err().to_string();
    assert!(message.contains("repsim") && message.contains("docs/differences.md"), "{message}");
    assert!(under("angular-shape[whitening=0]", Peer::Netrep).is_ok());
    assert!(under("euclidean-shape[whitening=0]", Peer::Netrep).is_err());
    assert!(under("angular-shape[whitening=0.5]", Peer::Netrep).is_err());
    assert_eq!(under("angular-cka", Peer::Netrep).unwrap(), "angular-cka[estimator=biased,kernel=linear]");
    assert!(under("stress", Peer::Rsatoolbox).is_err());
    for peer in [Peer::Repsim, Peer::Netrep, Peer::Rsatoolbox] {
        assert_eq!(peer.to_string().parse::<Peer>().unwrap(), peer);
    }
    assert!("torch_cka".parse::<Peer>().is_err());
}

/// docs/differences.md is the list of the program, row by row.
#[test]
fn the_document_is_the_list() {
    let document = include_str!("../../../../docs/differences.md");
    let rows: Vec<&str> = document.lines().filter(|line| line.starts_with("| DIFFERENCE")).collect();
    let expected: Vec<String> = DIFFERENCES
        .iter()
        .map(|d| {
            format!("| DIFFERENCE {} | {} | {} | {} | {} | {} |", d.name, d.peer, d.theirs, d.ours, d.size, d.reason)
        })
        .collect();
    for (row, expected) in rows.iter().zip(&expected) {
        assert_eq!(row, expected);
    }
    assert_eq!(rows.len(), expected.len());
}
