//! The quotient by rotations where it is singular, and what metrics refuse.

use layerpath::Error;
use layerpath::geometry::{GeometryError, MetricSpace, RiemannianSpace, Shape, ShapeSpace};
use layerpath::metric::Metric;
use layerpath::path::Path;
use layerpath::representation::Representation;
use proptest::prelude::*;

use crate::data::{embed, gaussian, seeded};

/// The angle of a small triangle at b: cos = (d_a² + d_c² − d_ac²)/(2 d_a d_c), with corners a share t of the way.
fn small_angle(space: &ShapeSpace, a: &Shape, b: &Shape, c: &Shape, t: f64) -> f64 {
    let near = |p: &Shape| {
        let mut v = space.log(b, p).unwrap().columns().to_vec();
        for x in &mut v {
            *x *= t;
        }
        space.exp(b, &layerpath::geometry::ShapeTangent::new(v)).unwrap()
    };
    let (p, q) = (near(a), near(c));
    let (dp, dq, across) =
        (space.distance(b, &p).unwrap(), space.distance(b, &q).unwrap(), space.distance(&p, &q).unwrap());
    (dp * dp + dq * dq - across * across) / (2.0 * dp * dq)
}

proptest! {
    #![proptest_config(seeded(30))]

    /// Where b has lower rank than both neighbours, the angle is that of small triangles.
    #[test]
    fn the_angle_at_a_bottleneck_is_that_of_small_triangles(
        seed in 0_u64..10_000, m in 6_usize..10, low in 1_usize..3, high in 3_usize..5, other in 3_usize..5,
    ) {
        for space in [ShapeSpace::angular(m), ShapeSpace::euclidean(m)] {
            let point = |i: u64, rank: usize| space.point(gaussian(seed * 3 + i, m, rank)).unwrap();
            let (a, b, c) = (point(0, high), point(1, low), point(2, other));
            let angle = space.angle(&a, &b, &c).unwrap();
            let measured = small_angle(&space, &a, &b, &c, 1e-4);
            prop_assert!((angle.cos() - measured).abs() < 2e-3, "{angle} against cosine {measured}");
            // The inner product says the same.
            let (v, w) = (space.log(&b, &a).unwrap(), space.log(&b, &c).unwrap());
            let inner = space.inner(&b, &v, &w);
            let norms = (space.inner(&b, &v, &v) * space.inner(&b, &w, &w)).sqrt();
            prop_assert!((angle.cos() - inner / norms).abs() < 1e-12);
        }
    }

    /// Representatives do not matter: turned and reflected configurations give the same numbers.
    #[test]
    fn orbits(seed in 0_u64..10_000, m in 4_usize..12, rank in 2_usize..5) {
        let space = ShapeSpace::angular(m);
        let x = gaussian(seed, m, rank);
        let (p, q) = (space.point(x.clone()).unwrap(), space.point(gaussian(seed + 1, m, rank)).unwrap());
        // Swap two columns, negate one: a reflection.
        let mut y = x[m..2 * m].to_vec();
        y.extend(x[..m].iter().map(|value| -value));
        y.extend_from_slice(&x[2 * m..]);
        let turned = space.point(y).unwrap();
        prop_assert!(space.distance(&p, &turned).unwrap() < 1e-14);
        let difference = space.distance(&p, &q).unwrap() - space.distance(&turned, &q).unwrap();
        prop_assert!(difference.abs() < 1e-14);
    }
}

#[test]
fn parallel_transport_between_ranks_and_cancelling_alignments_are_undefined() {
    let space = ShapeSpace::angular(4);
    let plane = space.point(vec![1.0, -1.0, 0.0, 0.0, 0.0, 0.0, 1.0, -1.0]).unwrap();
    let line = space.point(vec![1.0, 0.0, -1.0, 0.0]).unwrap();
    let v = space.log(&plane, &line).unwrap();
    assert_eq!(space.transport(&plane, &line, &v), Err(GeometryError::RankChange { from: 2, to: 1 }));
    // Orthogonal lines: either sign of the one is as near to the other.
    let first = space.point(vec![1.0, -1.0, 0.0, 0.0]).unwrap();
    let second = space.point(vec![0.0, 0.0, 1.0, -1.0]).unwrap();
    assert!((space.distance(&first, &second).unwrap() - std::f64::consts::FRAC_PI_2).abs() < 1e-15);
    assert!(matches!(space.log(&first, &second), Err(GeometryError::NotUnique { .. })));
    assert!(matches!(space.angle(&second, &first, &line), Err(GeometryError::NotUnique { .. })));
}

#[test]
fn whitened_shapes_have_distances_only_and_paths_say_why() {
    let metric: Metric = "angular-shape[whitening=0.5]".parse().unwrap();
    let points: Vec<_> = (0..3).map(|seed| embed(&metric, &gaussian(seed, 12, 4), 12)).collect();
    assert!(metric.distance(&points[0], &points[1]).unwrap() > 0.1);
    assert!(matches!(
        metric.geodesic(&points[0], &points[1], 0.5),
        Err(Error::Geometry(GeometryError::NoGeodesics { .. }))
    ));
    let path = Path::new(&metric, &points, Some(&points[2])).unwrap();
    assert!(path.straightness().unwrap() > 0.0 && path.efficiency().unwrap()[0].is_ok());
    let reason = path.interior_angles()[0].clone().unwrap_err().to_string();
    assert!(reason.contains("no geodesics") && reason.contains("grassmann"), "{reason}");
    assert!(path.heading_angles().unwrap().iter().all(Result::is_err));
}

#[test]
fn grassmann_is_affine_invariant_when_it_takes_all_components() {
    let metric: Metric = "grassmann[components=3]".parse().unwrap();
    let x = gaussian(1, 10, 3);
    let mixed: Vec<f64> =
        x.chunks(3).flat_map(|row| [row[0] + 5.0, 3.0 * row[1] + row[0], 1e-3 * row[2] + row[1]]).collect();
    assert!(metric.distance(&embed(&metric, &x, 10), &embed(&metric, &mixed, 10)).unwrap() < 1e-11);
}

#[test]
fn activations_without_a_point_are_clear_errors() {
    let fails = |name: &str, x: &[f64], m: usize| {
        let metric: Metric = name.parse().unwrap();
        let x = Representation::new(x, m, x.len() / m).unwrap();
        metric.embed(&x).unwrap_err()
    };
    let (x, equal) = (gaussian(1, 8, 2), [1.0; 16]);
    for metric in Metric::all() {
        let error = fails(&metric.to_string(), &equal, 8);
        assert!(matches!(error, Error::ConstantRows { .. }), "{metric}: {error}");
        let error = fails(&metric.to_string(), &[1.0, 2.0], 1);
        assert!(matches!(error, Error::TooFewStimuli { given: 1, .. }), "{metric}: {error}");
    }
    assert!(matches!(fails("grassmann[components=3]", &x, 8), Error::TooFewComponents { needed: 3, available: 2, .. }));
    assert!(matches!(
        fails("affine-invariant[matrix=covariance,components=3]", &x, 8),
        Error::TooFewComponents { needed: 3, available: 2, .. }
    ));
    assert!(fails("affine-invariant[ridge=1e-18]", &x, 8).to_string().contains("larger `ridge`"));
    // Two values, most pairs equal: the median distance is 0.
    let two: Vec<f64> = (0..16).map(|i| f64::from(u8::from(i < 2))).collect();
    assert!(matches!(fails("stress[rescale=median]", &two, 8), Error::NoScale { .. }));
    assert!(matches!(fails("angular-cka[kernel=laplace]", &two, 8), Error::NoScale { .. }));
    let identity: Vec<f64> = (0..36).map(|p| f64::from(u8::from(p / 6 == p % 6))).collect();
    assert!(matches!(fails("angular-rsa", &identity, 6), Error::EqualDistances { .. }));
}

#[test]
fn stored_points_of_every_metric_come_back_even_padded() {
    for metric in Metric::all() {
        let m = 9;
        let (p, q) = (embed(&metric, &gaussian(1, m, 4), m), embed(&metric, &gaussian(2, m, 5), m));
        let mut stored = p.coordinates().to_vec();
        assert!(stored.len() <= metric.coordinates(m), "{metric}");
        stored.resize(metric.coordinates(m), 0.0);
        let back = metric.point_from_coordinates(stored, 1e-16).unwrap();
        let (before, after) = (metric.distance(&p, &q).unwrap(), metric.distance(&back, &q).unwrap());
        assert!((before - after).abs() < 1e-12 * before.max(1.0), "{metric}: {before} against {after}");
        assert!(metric.distances(&[&p, &back, &q]).unwrap().get(0, 1) < 1e-12);
    }
    let mixed = |a: &str, b: &str| {
        let (a, b): (Metric, Metric) = (a.parse().unwrap(), b.parse().unwrap());
        a.distance(&embed(&a, &gaussian(1, 6, 2), 6), &embed(&b, &gaussian(1, 6, 2), 6))
    };
    assert_eq!(mixed("angular-shape", "stress"), Err(Error::MixedMetrics { left: 0, right: 1 }));
    assert_eq!(mixed("angular-shape", "euclidean-shape"), Err(Error::MixedMetrics { left: 0, right: 1 }));
}
