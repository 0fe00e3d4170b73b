//! Derivatives of distances against differences of distances.

use layerpath::Error;
use layerpath::geometry::GeometryError;
use layerpath::metric::{Metric, Point};
use layerpath::representation::Representation;

use crate::data::{embed, gaussian};

const METRICS: [&str; 14] = [
    "angular-cka[estimator=unbiased]",
    "angular-cka[estimator=biased]",
    "angular-cka[estimator=masked]",
    "angular-cka[estimator=unbiased,kernel=rbf,length-scale=2.5]",
    "angular-cka[estimator=biased,kernel=rbf,length-scale=2.5]",
    "angular-cka[estimator=masked,kernel=rbf,length-scale=2.5]",
    "angular-cka[estimator=unbiased,kernel=rbf]",
    "angular-cka[estimator=biased,kernel=rbf,length-scale=median*0.7]",
    "angular-cka[estimator=masked,kernel=rbf]",
    "angular-cka[estimator=unbiased,kernel=laplace]",
    "angular-cka[estimator=biased,kernel=laplace,length-scale=1.5]",
    "angular-cka[estimator=masked,kernel=laplace]",
    "angular-shape",
    "euclidean-shape",
];

fn distance(metric: &Metric, x: &[f64], m: usize, y: &Point) -> f64 {
    metric.distance(&embed(metric, x, m), y).unwrap()
}

/// Central difference along `direction`, extrapolated from two steps (Richardson), error O(h⁴).
fn slope(metric: &Metric, x: &[f64], direction: &[f64], m: usize, y: &Point) -> f64 {
    let at = |h: f64| {
        let moved: Vec<f64> = x.iter().zip(direction).map(|(x, v)| x + h * v).collect();
        distance(metric, &moved, m, y)
    };
    let central = |h: f64| (at(h) - at(-h)) / (2.0 * h);
    (4.0 * central(5e-4) - central(1e-3)) / 3.0
}

#[test]
fn every_metric_against_differences() {
    // Even and odd numbers of pairs (the median), fewer and more units than stimuli, y wider and narrower than x.
    for (m, n, other) in [(9, 4, 6), (10, 4, 6), (8, 20, 3), (11, 3, 15)] {
        for name in METRICS {
            let metric: Metric = name.parse().unwrap();
            let (x, y) = (gaussian(1, m, n), embed(&metric, &gaussian(2, m, other), m));
            let found = metric.distance_derivative(&Representation::new(&x[..], m, n).unwrap(), &y).unwrap();
            assert!((found.distance - distance(&metric, &x, m, &y)).abs() < 1e-13, "{name}");
            for seed in 3..6 {
                let direction = gaussian(seed, m, n);
                let expected = slope(&metric, &x, &direction, m, &y);
                let own: f64 = found.gradient.iter().zip(&direction).map(|(g, v)| g * v).sum();
                let size: f64 = found.gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
                assert!((own - expected).abs() < 2e-8 * (1.0 + size), "{name}, {m}×{n}: {own} against {expected}");
            }
        }
    }
}

#[test]
fn scale_free_metrics_do_not_change_along_the_activations() {
    // d(cX) = d(X), so ⟨∂d/∂X, X⟩ = 0; and a common offset of a unit changes nothing.
    let (m, n) = (12, 5);
    for name in METRICS {
        let metric: Metric = name.parse().unwrap();
        let (x, y) = (gaussian(7, m, n), embed(&metric, &gaussian(8, m, 3), m));
        let gradient = metric.distance_derivative(&Representation::new(&x[..], m, n).unwrap(), &y).unwrap().gradient;
        for column in 0..n {
            let sum: f64 = gradient.iter().skip(column).step_by(n).sum();
            assert!(sum.abs() < 1e-13, "{name}: {sum}");
        }
        if metric.properties().invariances.scaling {
            let along: f64 = gradient.iter().zip(&x).map(|(g, x)| g * x).sum();
            assert!(along.abs() < 1e-12, "{name}: {along}");
        }
    }
}

#[test]
fn a_value_by_hand() {
    // Euclidean shape of one unit each: after centring x = (−1, 0, 1), y = (−3, 0, 3), d = ‖x − y‖ = 2√2 and
    // ∂d/∂x = (x − y)/d = (1, 0, −1)/√2.
    let metric: Metric = "euclidean-shape".parse().unwrap();
    let y = embed(&metric, &[0.0, 3.0, 6.0], 3);
    let found = metric.distance_derivative(&Representation::new(&[4.0, 5.0, 6.0_f64][..], 3, 1).unwrap(), &y).unwrap();
    assert!((found.distance - 8.0_f64.sqrt()).abs() < 1e-14);
    for (own, expected) in found.gradient.iter().zip([0.5_f64.sqrt(), 0.0, -(0.5_f64.sqrt())]) {
        assert!((own - expected).abs() < 1e-14);
    }
}

#[test]
fn small_and_large_activations() {
    // ∂d/∂X scales like 1/X where d is scale-free.
    let (m, n) = (9, 4);
    for name in ["angular-cka", "angular-cka[kernel=rbf]", "angular-shape"] {
        let metric: Metric = name.parse().unwrap();
        let (x, y) = (gaussian(1, m, n), embed(&metric, &gaussian(2, m, 3), m));
        let at = |factor: f64| {
            let scaled: Vec<f64> = x.iter().map(|x| x * factor).collect();
            metric.distance_derivative(&Representation::new(&scaled[..], m, n).unwrap(), &y).unwrap().gradient
        };
        let plain = at(1.0);
        for factor in [2.0_f64.powi(-60), 2.0_f64.powi(70)] {
            for (scaled, plain) in at(factor).iter().zip(&plain) {
                assert!((scaled * factor - plain).abs() < 1e-12 * plain.abs().max(1e-3), "{name}");
            }
        }
    }
}

#[test]
fn kinks_are_errors() {
    let (m, n) = (9, 4);
    let x = gaussian(1, m, n);
    let representation = Representation::new(&x[..], m, n).unwrap();
    for name in METRICS {
        let metric: Metric = name.parse().unwrap();
        let own = metric.embed(&representation).unwrap();
        let refused = metric.distance_derivative(&representation, &own);
        assert!(matches!(refused, Err(Error::Geometry(GeometryError::Coincident { .. }))), "{name}: {refused:?}");
        let other = embed(&metric, &gaussian(2, m + 1, n), m + 1);
        let refused = metric.distance_derivative(&representation, &other);
        assert!(matches!(refused, Err(Error::Geometry(GeometryError::OutsideSpace { .. }))), "{name}: {refused:?}");
    }
    for name in ["stress", "angular-shape[components=2]", "angular-shape[whitening=0.5]", "angular-rsa"] {
        let metric: Metric = name.parse().unwrap();
        let refused = metric.distance_derivative(&representation, &embed(&metric, &gaussian(2, m, n), m));
        assert!(matches!(refused, Err(Error::Unavailable { .. })), "{name}: {refused:?}");
    }
    // A second unit that repeats the first: y has directions for which x has room but no activity.
    let metric: Metric = "angular-shape".parse().unwrap();
    let twice: Vec<f64> = gaussian(3, m, 1).iter().flat_map(|&x| [x, x]).collect();
    let y = embed(&metric, &gaussian(4, m, 2), m);
    let refused = metric.distance_derivative(&Representation::new(&twice[..], m, 2).unwrap(), &y);
    assert!(matches!(refused, Err(Error::Geometry(GeometryError::NotUnique { .. }))), "{refused:?}");
    // Two equal stimuli under exp(−distance).
    let metric: Metric = "angular-cka[kernel=laplace]".parse().unwrap();
    let mut equal = x.clone();
    equal.copy_within(0..n, n);
    let y = embed(&metric, &gaussian(4, m, 2), m);
    let refused = metric.distance_derivative(&Representation::new(&equal[..], m, n).unwrap(), &y);
    assert!(matches!(refused, Err(Error::Undefined { .. })), "{refused:?}");
}
