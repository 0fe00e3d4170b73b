//! The public law suite on every space and metric.

use layerpath::geometry::{
    AffineInvariant, Euclidean, FlatVector, Grassmann, PositiveDefinite, ShapeSpace, UnitSphere, UnitVector,
};
use layerpath::laws;
use layerpath::linalg::product_transposed;
use layerpath::metric::{Metric, Point};
use layerpath::representation::{Representation, roundoff};
use proptest::prelude::*;

use crate::data::{chain, embed, gaussian, seeded};

proptest! {
    #![proptest_config(seeded(40))]

    #[test]
    fn spheres_of_any_dimension(seed in 0_u64..10_000, dimension in 2_usize..40, n in 2_usize..6) {
        let points: Vec<UnitVector> =
            (0..n).map(|i| UnitVector::normalize(gaussian(seed * 31 + i as u64, 1, dimension)).unwrap()).collect();
        let violations = laws::riemannian(&UnitSphere::new(dimension), &points, 1e-11);
        prop_assert!(violations.is_empty(), "{}", violations[0]);
    }

    /// Equal ranks, so that parallel transport exists everywhere; generic and nearly equal points.
    #[test]
    fn shapes_of_equal_rank(seed in 0_u64..10_000, m in 4_usize..12, rank in 1_usize..4, closeness in 0.0_f64..6.0) {
        let base = gaussian(seed, m, rank);
        for space in [ShapeSpace::angular(m), ShapeSpace::euclidean(m)] {
            let points: Vec<_> = (1..4)
                .map(|i| {
                    let step = gaussian(seed * 7 + i, m, rank);
                    let mixed = base.iter().zip(&step).map(|(b, s)| b + 10.0_f64.powf(-closeness) * s).collect();
                    space.point(mixed).unwrap()
                })
                .collect();
            let tolerance = (1e-8 * 10.0_f64.powf(-closeness)).max(1e-13);
            let violations = laws::riemannian(&space, &points, tolerance);
            prop_assert!(violations.is_empty(), "{space:?}: {}", violations[0]);
        }
    }

    #[test]
    fn subspaces(seed in 0_u64..10_000, m in 2_usize..12, p in 1_usize..6) {
        let space = Grassmann::new(m, p.min(m - 1));
        let points: Vec<_> =
            (0..4).map(|i| space.span(gaussian(seed * 7 + i, m, p.min(m - 1))).unwrap()).collect();
        let violations = laws::riemannian(&space, &points, 1e-9);
        prop_assert!(violations.is_empty(), "{}", violations[0]);
    }

    #[test]
    fn flat_spaces_and_positive_definite_matrices(seed in 0_u64..10_000, n in 1_usize..9) {
        let flat: Vec<_> = (0..4).map(|i| FlatVector::new(gaussian(seed * 7 + i, n, 1)).unwrap()).collect();
        let violations = laws::riemannian(&Euclidean::new(n), &flat, 1e-12);
        prop_assert!(violations.is_empty(), "{}", violations[0]);
        let matrices: Vec<_> = (0..4)
            .map(|i| {
                let x = gaussian(seed * 7 + i, n, n + 2);
                PositiveDefinite::new(product_transposed(&x, &x, n, n + 2, n), n).unwrap()
            })
            .collect();
        let violations = laws::riemannian(&AffineInvariant::new(n), &matrices, 1e-8);
        prop_assert!(violations.is_empty(), "{}", violations[0]);
    }

    #[test]
    fn declared_invariances_both_ways(seed in 0_u64..10_000, m in 8_usize..30, n in 3_usize..20) {
        let x = gaussian(seed, m, n);
        for metric in Metric::all() {
            let free = metric.properties().invariances.scaling;
            for scale in [1e-12, 1.0, 1e12].into_iter().filter(|&scale| free || scale == 1.0) {
                let scaled: Vec<f64> = x.iter().map(|value| value * scale).collect();
                let violations = laws::invariances(&metric, &scaled, m, n, 1e-10).unwrap();
                prop_assert!(violations.is_empty(), "{metric} at {scale:e}: {}", violations[0]);
            }
        }
    }
}

proptest! {
    #![proptest_config(seeded(10))]

    #[test]
    fn metrics_on_activations(
        seed in 0_u64..10_000, m in 6_usize..20, width in 2_usize..40, exponent in -40_i32..40,
    ) {
        for metric in Metric::all() {
            // Where size matters, only the size that the numbers in the metric's name are made for.
            let exponent = if metric.properties().invariances.scaling { exponent } else { 0 };
            let points: Vec<Point> = chain(seed, m, &[width, 3, 2 * m, 5])
                .iter()
                .map(|layer| {
                    let scaled: Vec<f64> = layer.iter().map(|x| x * 2.0_f64.powi(exponent)).collect();
                    embed(&metric, &scaled, m)
                })
                .collect();
            let violations = laws::metric(&points, 1e-9).unwrap();
            prop_assert!(violations.is_empty(), "{metric}: {}", violations[0]);
        }
    }
}

/// The suite is worth something only if it objects to what is no metric.
mod suspects {
    use layerpath::geometry::{GeodesicSpace, GeometryError, MetricSpace, Projection, RiemannianSpace};

    use super::*;

    /// Squared distances break the triangle inequality; a geodesic at the wrong speed breaks proportionality.
    struct Squared;

    impl MetricSpace for Squared {
        type Point = f64;
        fn distance(&self, p: &f64, q: &f64) -> Result<f64, GeometryError> {
            Ok((p - q).powi(2))
        }
        fn resolution(&self, _: &f64, _: &f64) -> f64 {
            0.0
        }
    }

    impl GeodesicSpace for Squared {
        fn geodesic(&self, p: &f64, q: &f64, t: f64) -> Result<f64, GeometryError> {
            Ok(p + t * t * (q - p))
        }
        fn project(&self, _: &f64, _: &f64, c: &f64) -> Result<Projection, GeometryError> {
            Ok(Projection::closed_form(0.5, *c))
        }
    }

    #[test]
    fn squared_distances_are_caught() {
        let found = laws::metric_space(&Squared, &[0.0, 1.0, 2.0], 1e-9);
        assert!(found.iter().any(|v| v.law == "triangle inequality" && (v.excess - 2.0).abs() < 1e-12), "{found:?}");
        assert!(found.iter().all(|v| v.law == "triangle inequality"));
    }

    #[test]
    fn wrong_geodesics_and_projections_are_caught() {
        let found = laws::geodesic(&Squared, &[0.0, 1.0, 2.0], 1e-9);
        for law in ["distance along a geodesic", "distance of a projection", "a projection is nearest"] {
            assert!(found.iter().any(|v| v.law == law), "{law} not caught");
        }
    }

    /// The plane, with one operation that is wrong.
    struct Faulty {
        plane: Euclidean,
        exp: f64,
        transport: f64,
        combine: f64,
    }

    impl MetricSpace for Faulty {
        type Point = FlatVector;
        fn distance(&self, p: &FlatVector, q: &FlatVector) -> Result<f64, GeometryError> {
            self.plane.distance(p, q)
        }
        fn resolution(&self, p: &FlatVector, q: &FlatVector) -> f64 {
            self.plane.resolution(p, q)
        }
    }

    impl GeodesicSpace for Faulty {
        fn geodesic(&self, p: &FlatVector, q: &FlatVector, t: f64) -> Result<FlatVector, GeometryError> {
            self.plane.geodesic(p, q, t)
        }
        fn project(&self, p: &FlatVector, q: &FlatVector, c: &FlatVector) -> Result<Projection, GeometryError> {
            self.plane.project(p, q, c)
        }
    }

    impl RiemannianSpace for Faulty {
        type Tangent = Vec<f64>;
        fn exp(&self, p: &FlatVector, v: &Vec<f64>) -> Result<FlatVector, GeometryError> {
            self.plane.exp(p, &v.iter().map(|x| x * self.exp).collect())
        }
        fn log(&self, p: &FlatVector, q: &FlatVector) -> Result<Vec<f64>, GeometryError> {
            self.plane.log(p, q)
        }
        fn inner(&self, p: &FlatVector, v: &Vec<f64>, w: &Vec<f64>) -> f64 {
            self.plane.inner(p, v, w)
        }
        fn combine(&self, p: &FlatVector, vectors: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
            self.plane.combine(p, vectors, &weights.iter().map(|x| x * self.combine).collect::<Vec<_>>())
        }
        fn transport(&self, _: &FlatVector, _: &FlatVector, v: &Vec<f64>) -> Result<Vec<f64>, GeometryError> {
            Ok(v.iter().map(|x| x * self.transport).collect())
        }
        fn angle(&self, a: &FlatVector, b: &FlatVector, c: &FlatVector) -> Result<f64, GeometryError> {
            self.plane.angle(a, b, c)
        }
    }

    #[test]
    fn wrong_riemannian_operations_are_caught_at_every_scale() {
        for scale in [1e-12, 1.0, 1e12] {
            let points: Vec<_> = (0..3)
                .map(|i| FlatVector::new(gaussian(i, 2, 1).iter().map(|x| x * scale).collect()).unwrap())
                .collect();
            let laws_broken = |exp, transport, combine| {
                let faulty = Faulty { plane: Euclidean::new(2), exp, transport, combine };
                let found = laws::riemannian(&faulty, &points, 1e-9 * scale);
                found.into_iter().map(|v| v.law).collect::<Vec<_>>()
            };
            assert!(laws_broken(1.0, 1.0, 1.0).is_empty());
            assert!(laws_broken(1.001, 1.0, 1.0).contains(&"exp of log"));
            assert!(laws_broken(1.0, 1.001, 1.0).contains(&"transport keeps inner products"));
            assert!(laws_broken(1.0, 1.01, 1.0).contains(&"transport of the direction"));
            assert!(laws_broken(1.0, 1.0, 1.001).contains(&"sums of tangent vectors"));
        }
    }

    /// A distance that is NaN, or not symmetric.
    struct Broken(f64);

    impl MetricSpace for Broken {
        type Point = f64;
        fn distance(&self, p: &f64, q: &f64) -> Result<f64, GeometryError> {
            Ok(if p == q {
                0.0
            } else if p < q {
                self.0
            } else {
                1.0
            })
        }
        fn resolution(&self, _: &f64, _: &f64) -> f64 {
            0.0
        }
    }

    #[test]
    fn nan_and_asymmetry_are_caught() {
        assert!(laws::metric_space(&Broken(f64::NAN), &[0.0, 1.0], 1e-9).iter().any(|v| v.law == "symmetry"));
        assert!(laws::metric_space(&Broken(1.5), &[0.0, 1.0], 1e-9).iter().any(|v| v.law == "symmetry"));
        assert!(laws::metric_space(&Broken(1.0), &[0.0, 1.0], 1e-9).is_empty());
    }
}

#[test]
fn an_undeclared_invariance_is_caught() {
    // One unit: an affine map of it is a scaling, so the declared non-invariance cannot be seen.
    let found = laws::invariances(&Metric::default(), &gaussian(5, 10, 1), 10, 1, 1e-11).unwrap();
    assert!(found.iter().any(|v| v.law == "declared non-invariance"), "{found:?}");
}

#[test]
fn order_of_stimuli_matters_only_jointly() {
    let (m, n) = (9, 4);
    let (x, y) = (gaussian(1, m, n), gaussian(2, m, n));
    let reversed = |x: &[f64]| x.chunks(n).rev().flatten().copied().collect::<Vec<f64>>();
    let metric = Metric::default();
    let distance = |x: &[f64], y: &[f64]| metric.distance(&embed(&metric, x, m), &embed(&metric, y, m)).unwrap();
    assert!((distance(&x, &y) - distance(&reversed(&x), &reversed(&y))).abs() < 1e-13);
    assert!((distance(&x, &y) - distance(&reversed(&x), &y)).abs() > 1e-3);
}

#[test]
fn stored_points_come_back_even_rounded_to_single_precision() {
    let metric = Metric::default();
    let point = embed(&metric, &gaussian(4, 10, 6), 10);
    let rounded: Vec<f64> = point.coordinates().iter().map(|&x| f64::from(x as f32)).collect();
    let back = metric.point_from_coordinates(rounded, roundoff::F32).unwrap();
    assert!(metric.distance(&point, &back).unwrap() < 1e-7);
    assert!(metric.point_from_coordinates(vec![0.5, 0.5], roundoff::F64).is_err());
    assert!(metric.point_from_coordinates(vec![f64::NAN, 1.0], roundoff::F64).is_err());
    assert!(Representation::new(&[0.0_f64][..], 1, 1).is_ok());
}
