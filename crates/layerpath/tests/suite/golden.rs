//! Values of independent implementations (golden/README.md).

use layerpath::geometry::{
    AffineInvariant, GeodesicSpace, MetricSpace, PositiveDefinite, QuotientSpace, RiemannianSpace, Shape, ShapeSpace,
};
use layerpath::linalg::{dot, product_transposed, symmetric_function, transposed_product};
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

/// Values of several packages on which they agree; the repository's golden/README.md says which.
fn peers(case: &str) -> Value {
    let golden: Value = serde_json::from_str(include_str!("../../../../golden/peers.json")).unwrap();
    golden["cases"][case].clone()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn assert_near(what: &str, ours: f64, theirs: f64, tolerance: f64) {
    assert!((ours - theirs).abs() <= tolerance, "{what}: {ours} against {theirs}");
}

fn assert_all_near(what: &str, ours: &[f64], theirs: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (a, b) in ours.iter().zip(theirs) {
        assert_near(what, *a, *b, tolerance);
    }
}

#[test]
fn kernels_shapes_and_stress_of_several_packages() {
    let case = peers("B_random");
    let distance = |name: &str, pair: &str| {
        let metric: Metric = name.parse().unwrap();
        let point = |key: &str| {
            let (flat, rows) = matrix(&case[key]);
            embed(&metric, &flat, rows)
        };
        metric.distance(&point(&pair[..1]), &point(&pair[1..])).unwrap()
    };
    for pair in ["XY", "XZ"] {
        let golden = &case[pair];
        // σ of Kornblith et al. is our length scale.
        for sigma in ["1", "2"] {
            for (estimator, name) in [("biased", "gretton"), ("unbiased", "song")] {
                let ours =
                    distance(&format!("angular-cka[estimator={estimator},kernel=rbf,length-scale={sigma}]"), pair);
                let theirs = number(&golden[format!("rbf_sigma{sigma}.0_cka_{name}")]);
                assert_near(&format!("{pair} rbf {sigma} {estimator}"), ours.cos(), theirs, 1e-12);
            }
        }
        for (name, key) in [
            ("angular-shape", "procrustes_angular"),
            ("angular-shape", "netrep_angular_alpha1"),
            ("euclidean-shape", "procrustes_size_and_shape"),
            ("bures-wasserstein", "netrep_euclid_alpha1"),
            ("stress", "repsim_stress"),
            ("stress", "stress_rmse_pdist"),
            ("angular-cka[estimator=biased]", "arccos_linear_cka_gretton"),
        ] {
            assert_near(&format!("{pair} {key}"), distance(name, pair), number(&golden[key]), 1e-12);
        }
    }
    for alpha in ["0.0", "0.5", "1.0"] {
        let ours = distance(&format!("angular-shape[whitening={alpha}]"), "XZ");
        let theirs = number(&case["XZ"][format!("repsim_angular_shape_alpha{alpha}")]);
        assert_near(&format!("whitening {alpha}"), ours, theirs, 1e-12);
    }
}

#[test]
fn positive_definite_matrices_of_pyriemann_and_geomstats() {
    let case = peers("C_spd4");
    let space = AffineInvariant::new(4);
    let flat = |key: &str| matrix(&case[key]).0;
    let [a, b, c] = ["A", "B", "C"].map(|key| PositiveDefinite::new(flat(key), 4).unwrap());
    for (p, q, key) in [(&a, &b, "dist_AB"), (&a, &c, "dist_AC"), (&b, &c, "dist_BC")] {
        assert_near(key, space.distance(p, q).unwrap(), number(&case[key]), 1e-12);
    }
    assert_all_near("geodesic", space.geodesic(&a, &b, 0.3).unwrap().matrix(), &flat("geodesic_AB_0_3"), 1e-12);
    let (to_b, to_c) = (space.log(&a, &b).unwrap(), space.log(&a, &c).unwrap());
    assert_all_near("log", &to_b, &flat("log_A_B"), 1e-12);
    assert_all_near("log", &to_c, &flat("log_A_C"), 1e-12);
    assert_near("inner", space.inner(&a, &to_b, &to_c), number(&case["inner_A_logB_logC"]), 1e-12);
    let carried = space.transport(&a, &b, &to_c).unwrap();
    assert_all_near("transport", &carried, &flat("transport_log_A_C_from_A_to_B"), 1e-12);
    let logarithm = |key: &str| symmetric_function(&flat(key), 4, f64::ln).unwrap();
    let flat_distance: f64 = logarithm("A").iter().zip(logarithm("B")).map(|(x, y)| (x - y).powi(2)).sum();
    assert_near("log-Euclidean", flat_distance.sqrt(), number(&case["dist_logeuclid_AB"]), 1e-12);
    // Bures–Wasserstein of A and B is the Euclidean shape distance of any factors, here the square roots.
    let shapes = ShapeSpace::euclidean(4);
    let root = |key: &str| shapes.point(symmetric_function(&flat(key), 4, f64::sqrt).unwrap()).unwrap();
    let bures = shapes.distance(&root("A"), &root("B")).unwrap();
    assert_near("Bures–Wasserstein", bures, number(&case["dist_bures_wasserstein_AB"]), 1e-12);
}

/// Kendall's shape space of geomstats: SO(3) there, O(3) here, the same for this case, whose alignments have no reflection.
#[test]
fn kendall_shapes_of_geomstats() {
    let case = peers("D_kendall9x3");
    let m = 9;
    let space = ShapeSpace::angular(m);
    // Column after column.
    let columns = |key: &str| {
        let (flat, _) = matrix(&case[key]);
        (0..3).flat_map(|j| (0..m).map(move |i| i * 3 + j)).map(|place| flat[place]).collect::<Vec<f64>>()
    };
    let shape = |key: &str| space.point(columns(key)).unwrap();
    let (x, y, z) = (shape("x"), shape("y"), shape("z"));
    for (p, q, key) in [(&x, &y, "dist_xy"), (&x, &z, "dist_xz"), (&y, &z, "dist_yz")] {
        assert_near(key, space.distance(p, q).unwrap(), number(&case[key]), 1e-12);
    }
    assert_near("angle", space.angle(&y, &x, &z).unwrap(), number(&case["angle_yxz"]), 1e-12);
    // Our points are in principal axes, P = xR with PᵀP = S²: theirs from ours is v·Rᵀ with Rᵀ = S⁻²Pᵀx, ours from theirs
    // w·R.
    let frame = |point: &Shape, representative: &[f64]| {
        let mut back = product_transposed(point.coordinates(), representative, 3, m, 3);
        for (row, column) in back.chunks_mut(3).zip(point.coordinates().chunks(m)) {
            let square: f64 = column.iter().map(|x| x * x).sum();
            for entry in &mut *row {
                *entry /= square;
            }
        }
        back
    };
    let at_x = frame(&x, &columns("x"));
    let theirs_at_x = |v: &[f64]| transposed_product(&at_x, v, 3, 3, m);
    let to_y = space.log(&x, &y).unwrap();
    assert_all_near("log", &theirs_at_x(to_y.columns()), &columns("log_x_y"), 1e-12);
    let to_z = space.log(&x, &z).unwrap();
    assert_all_near("log", &theirs_at_x(to_z.columns()), &columns("log_x_z"), 1e-12);
    assert!(space.distance(&space.exp(&x, &to_y).unwrap(), &y).unwrap() < 1e-14);
    let aligned = space.align(&x, &y).unwrap();
    assert_all_near("alignment", &theirs_at_x(aligned.coordinates()), &columns("y_aligned_to_x"), 1e-12);
    let carried = space.transport(&x, &y, &to_z).unwrap();
    let at_y = frame(&y, &columns("y_aligned_to_x"));
    let ours = transposed_product(&at_y, carried.columns(), 3, 3, m);
    assert_all_near("transport", &ours, &columns("transport_logxz_along_xy_rk4_200"), 1e-11);
    assert_near("norm", space.inner(&y, &carried, &carried).sqrt(), number(&case["norm_before"]), 1e-12);
}
