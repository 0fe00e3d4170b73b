//! The sign of curvature of every space, as declared, and what Alexandrov's comparison makes of triangles.

use layerpath::geometry::{
    AffineInvariant, Euclidean, FlatVector, GeodesicSpace, GeometryError, Grassmann, MetricSpace, PositiveDefinite,
    Projection, ShapeSpace, UnitSphere, UnitVector, compare_triangle,
};
use layerpath::laws;
use layerpath::linalg::product_transposed;
use layerpath::metric::{Curvature, Metric, Point};
use proptest::prelude::*;

use crate::data::{chain, embed, gaussian, seeded};

/// Points around a common one, `spread` apart.
fn around(seed: u64, numbers: usize, spread: f64, count: u64) -> Vec<Vec<f64>> {
    let base = gaussian(seed * 101, numbers, 1);
    let near = |i| base.iter().zip(gaussian(seed * 101 + i, numbers, 1)).map(|(b, e)| b + spread * e).collect();
    (1..=count).map(near).collect()
}

proptest! {
    #![proptest_config(seeded(30))]

    #[test]
    fn of_every_space(seed in 0_u64..10_000, m in 4_usize..10, closeness in 0.0_f64..2.0) {
        let spread = 10.0_f64.powf(-closeness);
        let judge = |found: Vec<laws::Violation>, space: &str| {
            prop_assert!(found.is_empty(), "{space}: {}", found[0]);
            Ok(())
        };
        let clouds = around(seed, m, spread, 4);
        let vectors: Vec<_> = clouds.iter().map(|x| UnitVector::normalize(x.clone()).unwrap()).collect();
        judge(laws::curvature(&UnitSphere::new(m), &vectors, Curvature::Constant(1.0), 1e-12), "sphere")?;
        let flat: Vec<_> = clouds.iter().map(|x| FlatVector::new(x.clone()).unwrap()).collect();
        judge(laws::curvature(&Euclidean::new(m), &flat, Curvature::Constant(0.0), 1e-12), "flat")?;

        let configurations = around(seed, m * 3, spread, 4);
        // A flat triangle has an excess of order spread³, which must stand out of the rounding.
        for (space, low) in [(ShapeSpace::angular(m), 1.0), (ShapeSpace::euclidean(m), 0.0)] {
            let points: Vec<_> = configurations.iter().map(|x| space.point(x.clone()).unwrap()).collect();
            judge(laws::curvature(&space, &points, Curvature::AtLeast(low), 1e-12), "shape")?;
        }
        let space = Grassmann::new(m, 2);
        let points: Vec<_> = around(seed, m * 2, spread, 4).into_iter().map(|x| space.span(x).unwrap()).collect();
        judge(laws::curvature(&space, &points, Curvature::Between(0.0, 2.0), 1e-12), "grassmann")?;
        let matrices: Vec<_> = around(seed, 3 * 5, spread, 4)
            .iter()
            .map(|x| PositiveDefinite::new(product_transposed(x, x, 3, 5, 3), 3).unwrap())
            .collect();
        judge(laws::curvature(&AffineInvariant::new(3), &matrices, Curvature::AtMost(0.0), 1e-12), "positive definite")?;
    }
}

#[test]
fn as_every_metric_declares_it() {
    for metric in Metric::all() {
        for seed in 0..4 {
            let points: Vec<Point> = chain(seed, 9, &[6, 5, 12, 7]).iter().map(|x| embed(&metric, x, 9)).collect();
            let found = laws::declared_curvature(&metric, &points, 1e-10).unwrap();
            assert!(found.is_empty(), "{metric}: {}", found[0]);
        }
    }
}

/// A wrong declaration is caught, whichever way it is wrong.
#[test]
fn wrong_declarations_are_caught() {
    let vectors: Vec<_> = (0..4).map(|i| UnitVector::normalize(gaussian(i, 5, 1)).unwrap()).collect();
    let sphere = UnitSphere::new(5);
    let laws_of = |found: Vec<laws::Violation>| found.iter().map(|v| v.law).collect::<Vec<_>>();
    let flat = laws_of(laws::curvature(&sphere, &vectors, Curvature::Constant(0.0), 1e-10));
    assert!(flat.contains(&"curvature is not above its bound"));
    let more = laws_of(laws::curvature(&sphere, &vectors, Curvature::AtLeast(1.1), 1e-10));
    assert!(more.contains(&"curvature is not below its bound"));
    let plane: Vec<_> = (0..4).map(|i| FlatVector::new(gaussian(i, 3, 1)).unwrap()).collect();
    for declared in [Curvature::AtMost(0.0), Curvature::AtLeast(0.0), Curvature::Between(0.0, 2.0)] {
        let found = laws_of(laws::curvature(&Euclidean::new(3), &plane, declared, 1e-10));
        assert_eq!(found, ["the curvature is not constant"]);
    }
    let negative = laws_of(laws::curvature(&Euclidean::new(3), &plane, Curvature::AtMost(-0.1), 1e-10));
    assert!(negative.contains(&"curvature is not above its bound"));
}

/// A star of three unit arms, a tree: thinner than every hyperbolic plane.
struct Tree;

impl MetricSpace for Tree {
    /// Which arm, and how far out.
    type Point = (usize, f64);

    fn distance(&self, p: &(usize, f64), q: &(usize, f64)) -> Result<f64, GeometryError> {
        Ok(if p.0 == q.0 { (p.1 - q.1).abs() } else { p.1 + q.1 })
    }

    fn resolution(&self, _: &(usize, f64), _: &(usize, f64)) -> f64 {
        0.0
    }
}

impl GeodesicSpace for Tree {
    fn geodesic(&self, p: &(usize, f64), q: &(usize, f64), t: f64) -> Result<(usize, f64), GeometryError> {
        let along = t * self.distance(p, q)?;
        Ok(if along <= p.1 { (p.0, p.1 - along) } else { (q.0, along - p.1) })
    }

    fn project(&self, _: &(usize, f64), _: &(usize, f64), _: &(usize, f64)) -> Result<Projection, GeometryError> {
        Err(GeometryError::Equidistant)
    }
}

#[test]
fn a_tree_is_thinner_than_any_surface() {
    let seen = compare_triangle(&Tree, &(0, 1.0), &(1, 1.0), &(2, 1.0), 0.5).unwrap();
    assert_eq!(seen.sides, [2.0, 2.0, 2.0]);
    assert!((seen.excess - (1.0 - 3.0_f64.sqrt())).abs() < 1e-15);
    assert_eq!((seen.sign(), seen.curvature), (-1, None));
    assert_eq!(seen.range.0, f64::NEG_INFINITY);
    assert!(laws::curvature(&Tree, &[(0, 1.0), (1, 1.0), (2, 0.8)], Curvature::AtMost(-100.0), 1e-10).is_empty());
}

/// Small triangles say the sign of curvature no longer, and the range says so.
#[test]
fn small_triangles_leave_a_wide_range() {
    let triangle = |size: f64| {
        let at = |x: f64, y: f64| UnitVector::normalize(vec![1.0, size * x, size * y]).unwrap();
        compare_triangle(&UnitSphere::new(3), &at(0.0, 0.0), &at(1.0, 0.0), &at(0.3, 0.8), 0.4).unwrap()
    };
    let widths = [1.0, 1e-1, 1e-3].map(|size| {
        let seen = triangle(size);
        assert_eq!(seen.sign(), 1, "{size}");
        assert!(seen.range.0 <= 1.0 && 1.0 <= seen.range.1, "{size}: {seen:?}");
        seen.range.1 - seen.range.0
    });
    assert!(widths[0] < 1e-11 && widths[0] < widths[1] && widths[1] < widths[2]);
    assert_eq!(triangle(1e-6).sign(), 0);
    assert_eq!(compare_on_a_line().range, (f64::NEG_INFINITY, f64::INFINITY));
}

fn compare_on_a_line() -> layerpath::geometry::TriangleComparison {
    let at = |x: f64| FlatVector::new(vec![x, 0.0]).unwrap();
    compare_triangle(&Euclidean::new(2), &at(0.0), &at(1.0), &at(3.0), 0.5).unwrap()
}
