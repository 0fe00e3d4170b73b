//! The law suite where points are hard: scales from 10⁻¹² to 10¹², one unit, few stimuli, many units, equal rows, low rank.

use layerpath::geometry::{
    AffineInvariant, Euclidean, FlatVector, Grassmann, PositiveDefinite, ShapeSpace, UnitSphere, UnitVector,
};
use layerpath::laws::{self, Violation};
use layerpath::linalg::product_transposed;
use layerpath::metric::{Metric, Point};
use layerpath::representation::Representation;

use crate::accuracy::orthogonal;
use crate::data::{chain, embed, gaussian};

fn obeys(violations: &[Violation], what: &str) {
    assert!(violations.is_empty(), "{what}: {}", violations[0]);
}

const SCALES: [f64; 5] = [1e-12, 1e-6, 1.0, 1e6, 1e12];

fn scaled(x: &[f64], scale: f64) -> Vec<f64> {
    x.iter().map(|value| value * scale).collect()
}

#[test]
fn spaces_at_every_scale() {
    for scale in SCALES {
        for m in [1, 2, 3, 9] {
            let flat: Vec<_> = (0..4).map(|i| FlatVector::new(scaled(&gaussian(i, m, 1), scale)).unwrap()).collect();
            obeys(&laws::riemannian(&Euclidean::new(m), &flat, 1e-11 * scale), &format!("flat, {m}, {scale:e}"));
        }
        for (m, rank) in [(2, 1), (3, 1), (6, 2), (6, 6)] {
            let space = ShapeSpace::euclidean(m);
            let shapes: Vec<_> =
                (0..3).map(|i| space.point(scaled(&gaussian(i + 40, m, rank), scale)).unwrap()).collect();
            obeys(&laws::riemannian(&space, &shapes, 1e-8 * scale), &format!("shape, {m}×{rank}, {scale:e}"));
        }
        let matrices: Vec<_> = (0..4)
            .map(|i| {
                let x = scaled(&gaussian(i, 4, 7), scale);
                PositiveDefinite::new(product_transposed(&x, &x, 4, 7, 4), 4).unwrap()
            })
            .collect();
        obeys(&laws::riemannian(&AffineInvariant::new(4), &matrices, 1e-9), &format!("positive definite, {scale:e}"));
    }
}

#[test]
fn neighbours_at_every_distance() {
    for near in [1e-10, 1e-7, 1e-4, 1e-1] {
        let around = |seed: u64, n: usize| -> Vec<f64> {
            gaussian(1, n, 1).iter().zip(gaussian(seed, n, 1)).map(|(b, e)| b + near * e).collect()
        };
        let vectors: Vec<_> = (2..6).map(|i| UnitVector::normalize(around(i, 20)).unwrap()).collect();
        obeys(&laws::riemannian(&UnitSphere::new(20), &vectors, 1e-14), &format!("sphere, {near:e}"));
        if near < 1e-8 {
            continue;
        }
        let space = Grassmann::new(8, 3);
        let subspaces: Vec<_> = (2..6).map(|i| space.span(around(i, 24)).unwrap()).collect();
        obeys(&laws::riemannian(&space, &subspaces, 1e-13), &format!("grassmann, {near:e}"));
        let space = ShapeSpace::angular(8);
        let shapes: Vec<_> = (2..5).map(|i| space.point(around(i, 24)).unwrap()).collect();
        obeys(&laws::riemannian(&space, &shapes, 1e-12), &format!("shape, {near:e}"));
    }
}

/// Turned against each other at random, matrices of condition κ have a relative position of condition up to κ².
#[test]
fn positive_definite_matrices_of_high_condition() {
    for exponent in [2, 4, 6, 8] {
        let n = 5;
        let factor = |seed: u64| -> Vec<f64> {
            let axes = orthogonal(seed, n);
            (0..n * n).map(|p| axes[p] * 10.0_f64.powf(-f64::from(exponent) / 2.0 * (p % n) as f64 / 4.0)).collect()
        };
        let points: Vec<_> = (1..5).map(|seed| PositiveDefinite::from_factor(factor(seed), n).unwrap()).collect();
        assert!((points[0].condition().log10() - f64::from(exponent)).abs() < 1e-6);
        let (space, place) = (AffineInvariant::new(n), format!("condition 1e{exponent}"));
        obeys(&laws::metric_space(&space, &points, 1e-14 * 10.0_f64.powi(exponent)), &place);
        if exponent <= 4 {
            obeys(&laws::geodesic(&space, &points, 1e-9), &place);
        }
    }
}

/// Activations that exist: scales, wide and narrow layers, one unit, equal rows, a low rank; each metric either takes them
/// and obeys its laws, or says why not.
#[test]
fn metrics_on_hard_activations() {
    let (mut obeyed, mut refused) = (0, 0);
    for metric in Metric::all() {
        let (free, name) = (metric.properties().invariances.scaling, metric.to_string());
        let homogeneous = name.starts_with("euclidean-shape") || name.starts_with("stress[rescale=none");
        for m in [2, 3, 4, 7, 12] {
            for widths in [[1, 1, 1], [3, 2, 4], [500, 3, 40]] {
                for (kind, rows) in [("plain", 0), ("equal rows", 2)] {
                    for scale in SCALES.into_iter().filter(|&scale| free || homogeneous || scale == 1.0) {
                        let place = format!("{metric}, {m}×{widths:?}, {kind}, {scale:e}");
                        let points: Result<Vec<Point>, layerpath::Error> = chain(9, m, &widths)
                            .into_iter()
                            .map(|mut layer| {
                                let n = layer.len() / m;
                                for row in 1..rows.min(m - 1) {
                                    layer.copy_within(0..n, row * n);
                                }
                                metric.embed(&Representation::new(&scaled(&layer, scale)[..], m, n)?)
                            })
                            .collect();
                        let Ok(points) = points else {
                            assert!(!points.unwrap_err().to_string().is_empty());
                            refused += 1;
                            continue;
                        };
                        let unit = if homogeneous { scale } else { 1.0 };
                        obeys(&laws::metric(&points, 1e-8 * unit).unwrap(), &place);
                        obeyed += 1;
                    }
                }
            }
        }
    }
    println!("hard activations: {obeyed} sets obey the laws, {refused} are refused");
    assert!(obeyed > 3 * refused && refused > 0, "{obeyed} {refused}");
}

/// A point whose layer repeats another, up to units that say the same.
#[test]
fn repeated_units_change_no_shape() {
    for metric in Metric::all().into_iter().filter(|metric| metric.to_string().contains("shape")) {
        let x = gaussian(3, 7, 2);
        let padded: Vec<f64> = x.chunks(2).flat_map(|row| [row[0], row[1], 0.0, 0.0]).collect();
        let distance = metric.distance(&embed(&metric, &x, 7), &embed(&metric, &padded, 7)).unwrap();
        assert!(distance < 1e-14, "{metric}: {distance}");
    }
}

/// A count of stimuli comes from files; a number of coordinates that nobody can count is the largest one, not a small one.
#[test]
fn coordinates_of_more_stimuli_than_there_are_numbers() {
    for name in [
        "angular-cka",
        "angular-cka[estimator=biased]",
        "angular-rsa",
        "stress",
        "affine-invariant[ridge=0.1]",
        "log-euclidean[ridge=0.1]",
    ] {
        let metric: Metric = name.parse().unwrap();
        for stimuli in [usize::MAX, 1 << 33] {
            assert!(metric.coordinates(stimuli) >= usize::MAX / 2, "{name}: {}", metric.coordinates(stimuli));
        }
    }
}
