//! Values of independent implementations (golden/README.md).

use layerpath::linalg::dot;
use layerpath::metric::Metric;
use serde_json::Value;

use crate::data::embed;

pub(crate) fn matrix(value: &Value) -> (Vec<f64>, usize) {
    let rows = value.as_array().unwrap();
    let flat = rows.iter().flat_map(|row| row.as_array().unwrap()).map(|x| x.as_f64().unwrap()).collect();
    (flat, rows.len())
}

fn cka(name: &str, x: &Value, y: &Value) -> f64 {
    let metric: Metric = name.parse().unwrap();
    let point = |value: &Value| {
        let (flat, rows) = matrix(value);
        embed(&metric, &flat, rows)
    };
    dot(point(x).coordinates(), point(y).coordinates())
}

#[test]
fn cka_of_several_packages() {
    let golden: Value = serde_json::from_str(include_str!("../../../../golden/peers.json")).unwrap();
    let a = &golden["cases"]["A_int8x4"];
    let b = &golden["cases"]["B_random"];
    let cases = [
        ("biased", &a["X"], &a["Y"], &a["linear_cka_gretton"]),
        ("unbiased", &a["X"], &a["Y"], &a["linear_cka_song_debiased"]),
        ("masked", &a["X"], &a["Y"], &a["linear_cka_lange_hollow"]),
        ("biased", &b["X"], &b["Y"], &b["XY"]["linear_cka_gretton"]),
        ("unbiased", &b["X"], &b["Y"], &b["XY"]["linear_cka_song"]),
        ("masked", &b["X"], &b["Y"], &b["XY"]["linear_cka_lange"]),
        ("biased", &b["X"], &b["Z"], &b["XZ"]["linear_cka_gretton"]),
        ("unbiased", &b["X"], &b["Z"], &b["XZ"]["linear_cka_song"]),
        ("masked", &b["X"], &b["Z"], &b["XZ"]["linear_cka_lange"]),
    ];
    for (estimator, x, y, expected) in cases {
        let ours = cka(&format!("angular-cka[estimator={estimator}]"), x, y);
        let expected = expected.as_f64().unwrap();
        assert!((ours - expected).abs() < 1e-12, "{estimator}: {ours} against {expected}");
    }
}
