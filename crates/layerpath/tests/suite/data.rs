//! Seeded activations.

use layerpath::metric::{Curvature, Metric, Point};
use layerpath::representation::Representation;
use proptest::test_runner::{Config, RngSeed};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// m×n independent standard normal activations.
pub(crate) fn gaussian(seed: u64, m: usize, n: usize) -> Vec<f64> {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    (0..m * n).map(|_| StandardNormal.sample(&mut generator)).collect()
}

/// A chain of layers, each a noisy nonlinear function of the one before.
pub(crate) fn chain(seed: u64, m: usize, widths: &[usize]) -> Vec<Vec<f64>> {
    let mut layers = vec![gaussian(seed, m, widths[0])];
    for (index, pair) in widths.windows(2).enumerate() {
        let seed = seed * 1000 + index as u64;
        let weights = gaussian(seed + 1, pair[0], pair[1]);
        let noise = gaussian(seed + 500, m, pair[1]);
        let previous = &layers[index];
        let next = (0..m * pair[1]).map(|place| {
            let (row, column) = (place / pair[1], place % pair[1]);
            let sum: f64 = (0..pair[0]).map(|k| previous[row * pair[0] + k] * weights[k * pair[1] + column]).sum();
            (sum / (pair[0] as f64).sqrt()).tanh() + 0.3 * noise[place]
        });
        layers.push(next.collect());
    }
    layers
}

/// Embeds an m×n array.
pub(crate) fn embed(metric: &Metric, x: &[f64], m: usize) -> Point {
    metric.embed(&Representation::new(x, m, x.len() / m).unwrap()).unwrap()
}

/// The metrics whose points are unit vectors.
pub(crate) fn spherical() -> Vec<Metric> {
    Metric::all().into_iter().filter(|metric| metric.properties().curvature == Curvature::Constant(1.0)).collect()
}

/// So many cases of a property, the same in every run; `PROPTEST_RNG_SEED` tries others.
pub(crate) fn seeded(cases: u32) -> Config {
    let seed = std::env::var("PROPTEST_RNG_SEED").ok().and_then(|text| text.parse().ok());
    Config {
        cases,
        rng_seed: RngSeed::Fixed(seed.unwrap_or(220_610_999)),
        failure_persistence: None,
        ..Config::default()
    }
}
