//! What is known of random data: the bias of the estimators, and angles of random walks beside the shuffled baseline.

use std::f64::consts::FRAC_PI_2;

use layerpath::geometry::{RiemannianSpace, UnitSphere, UnitVector};
use layerpath::linalg::{dot, norm};
use layerpath::metric::{AngularCka, Estimator, Kernel, Metric, Point};
use layerpath::path::Quantity;
use layerpath::path::baselines::shuffled_order;

use crate::data::{embed, gaussian};

/// CKA of independent Gaussian activations, n = 300: `biased` is n/(n + m) in expectation to first order (tr W² of Wishart
/// matrices), `masked` n/(n + m²), `unbiased` 0; each scatters by √2/m.
#[test]
fn the_bias_of_the_estimators_on_independent_data() {
    let n = 300;
    for (m, seeds) in [(50, 12), (100, 8), (200, 6), (500, 4), (1000, 3), (2000, 1)] {
        let mean = |estimator| {
            let metric = Metric::from(AngularCka { estimator, kernel: Kernel::Linear });
            let one = |seed| {
                let [x, y] = [seed, seed + 1000].map(|seed| embed(&metric, &gaussian(seed, m, n), m));
                dot(x.coordinates(), y.coordinates())
            };
            (0..seeds).map(one).sum::<f64>() / seeds as f64
        };
        let (units, stimuli) = (n as f64, m as f64);
        // Four standard errors of a mean over the seeds.
        let noise = 4.0 * 2.0_f64.sqrt() / stimuli / (seeds as f64).sqrt();
        let [biased, masked, unbiased] = [Estimator::Biased, Estimator::Masked, Estimator::Unbiased].map(mean);
        println!(
            "independent data, m = {m}: biased {biased:.4}, masked {masked:.4}, unbiased {unbiased:.4} ± {noise:.4}"
        );
        assert!((biased - units / (units + stimuli)).abs() < 0.005, "m = {m}: {biased}");
        assert!((masked - units / (units + stimuli * stimuli)).abs() < noise, "m = {m}: {masked}");
        assert!(unbiased.abs() < noise, "m = {m}: {unbiased}");
        match m {
            50 => assert!((biased - 0.86).abs() < 0.01, "{biased}"),
            1000 => assert!((biased - 0.23).abs() < 0.01, "{biased}"),
            _ => {}
        }
    }
}

/// A walk of equal steps in independent directions on the sphere of `dimension` coordinates.
fn random_walk(seed: u64, dimension: usize, steps: u64, step: f64) -> Vec<Point> {
    let sphere = UnitSphere::new(dimension);
    let mut here = UnitVector::normalize(gaussian(seed, dimension, 1)).unwrap();
    let mut all = vec![here.clone()];
    for i in 1..=steps {
        let mut way = gaussian(seed * 1000 + i, dimension, 1);
        let along = dot(&way, here.coordinates());
        way.iter_mut().zip(here.coordinates()).for_each(|(x, a)| *x -= along * a);
        let length = norm(&way);
        for x in &mut way {
            *x *= step / length;
        }
        here = sphere.exp(&here, &way).unwrap();
        all.push(here.clone());
    }
    all.into_iter().map(Point::Sphere).collect()
}

/// Random walks turn by 90° in the mean, and their angles lie in the band of shuffled orders; so do independent points. A path
/// with a direction does not.
#[test]
fn random_walks_lie_within_the_shuffled_baseline() {
    let metric = Metric::default();
    let independent = (0..20).map(|seed| embed(&metric, &gaussian(seed, 60, 200), 60)).collect();
    let walks: [(&str, Vec<Point>); 4] = [
        ("steps of 0.1 rad", random_walk(1, 5000, 19, 0.1)),
        ("steps of 0.5 rad", random_walk(2, 5000, 19, 0.5)),
        ("steps of 1.2 rad", random_walk(3, 5000, 19, 1.2)),
        ("independent points", independent),
    ];
    let angles = |points: &[Point]| {
        let baseline = shuffled_order(&metric, points, None, 400, 5).unwrap();
        let all: Vec<(f64, bool)> = baseline
            .iter()
            .filter(|one| one.key.quantity == Quantity::InteriorAngle)
            .map(|one| {
                let (value, band) = (*one.observed.as_ref().unwrap(), one.band.as_ref().unwrap());
                (value, band.low <= value && value <= band.high)
            })
            .collect();
        let mean = all.iter().map(|(value, _)| value).sum::<f64>() / all.len() as f64;
        (mean, all.iter().filter(|(_, inside)| *inside).count(), all.len())
    };
    let mut inside = 0;
    let mut of = 0;
    for (name, points) in &walks {
        let (mean, held, all) = angles(points);
        println!("random walk, {name}: mean interior angle {:.2}°, {held} of {all} in their bands", mean.to_degrees());
        assert!((mean - FRAC_PI_2).abs() < 1.0_f64.to_radians(), "{name}: {}", mean.to_degrees());
        (inside, of) = (inside + held, of + all);
    }
    // Bands of 95 %: of 72 angles about 4 are outside by chance, 9 or more once in fifty times.
    assert!(inside * 72 >= of * 64, "{inside} of {of}");
    // The same steps with a drift are told apart: angles above 90°, and straighter than all but a few shuffled orders. (Single
    // angles would not do: three points in a shuffled order are a stretch of the path in a third of all cases.)
    let drift = gaussian(77, 5000, 1);
    let steady: Vec<Point> = random_walk(1, 5000, 19, 0.1)
        .iter()
        .enumerate()
        .map(|(i, point)| {
            let moved = point.coordinates().iter().zip(&drift).map(|(x, d)| x + 0.1 * i as f64 * d / 5000_f64.sqrt());
            Point::Sphere(UnitVector::normalize(moved.collect()).unwrap())
        })
        .collect();
    let (mean, ..) = angles(&steady);
    assert!(mean > 100.0_f64.to_radians(), "{}", mean.to_degrees());
    let baseline = shuffled_order(&metric, &steady, None, 400, 5).unwrap();
    let straightness = baseline.iter().find(|one| one.key.quantity == Quantity::Straightness).unwrap();
    assert!(*straightness.observed.as_ref().unwrap() > straightness.band.as_ref().unwrap().high);
}
