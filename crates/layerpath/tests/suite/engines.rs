//! The ways to compute angular CKA agree: f32 products with f64 ones, feature space with sample space.

use half::f16;
use layerpath::metric::{AngularCka, Estimator, Kernel, LengthScale, Metric, Point};
use layerpath::path::Path;
use layerpath::representation::{Representation, linear_gram, mixed_precision_gram};
use layerpath::table::{ACCURACY, Activations, Bytes, CostModel, Engine, FeatureTable, LayerSize, points};
use proptest::prelude::*;

use crate::data::{chain, gaussian};

fn estimators() -> impl Iterator<Item = (AngularCka, Metric)> {
    Estimator::ALL.into_iter().map(|estimator| {
        let metric = AngularCka { estimator, kernel: Kernel::Linear };
        (metric, metric.into())
    })
}

fn single(x: &[f64]) -> Vec<f32> {
    x.iter().map(|&value| value as f32).collect()
}

fn double(x: &[f32]) -> Vec<f64> {
    x.iter().copied().map(f64::from).collect()
}

/// Base activations, and the same with every entry moved by about `size` times its spread.
fn moved(x: &[f64], size: f64, seed: u64) -> Vec<f32> {
    let noise = gaussian(seed, x.len(), 1);
    x.iter().zip(&noise).map(|(value, noise)| (value + size * noise) as f32).collect()
}

#[test]
fn steps_of_f32_activations_agree_with_f64_to_a_microradian() {
    // Noise without structure averages least; offsets of a thousand spreads test the centring.
    for (m, n, offset) in [(60, 300, 0.0), (120, 1000, 0.0), (120, 1000, 1000.0), (60, 40, 3.0)] {
        let base: Vec<f64> = gaussian(n as u64, m, n).into_iter().map(|value| value + offset).collect();
        let mut layers = vec![single(&base)];
        layers.extend([1e-1, 1e-2, 1e-3, 3e-4].map(|size| moved(&base, size, 77)));
        for (_, metric) in estimators() {
            let fast: Vec<Point> =
                layers.iter().map(|x| metric.embed(&Representation::new(&x[..], m, n).unwrap()).unwrap()).collect();
            let exact: Vec<Point> = layers
                .iter()
                .map(|x| metric.embed(&Representation::new(&double(x)[..], m, n).unwrap()).unwrap())
                .collect();
            for i in 0..layers.len() {
                for j in 0..i {
                    let ours = metric.distance(&fast[i], &fast[j]).unwrap();
                    let reference = metric.distance(&exact[i], &exact[j]).unwrap();
                    assert!(reference > 1e-4, "{reference}");
                    assert!((ours - reference).abs() < 1e-6, "{metric}, {m}×{n}: {ours} against {reference}");
                }
                // Each point lies within its stated resolution of the exact one.
                let Point::Sphere(vector) = &fast[i] else { unreachable!() };
                let off = metric.distance(&fast[i], &exact[i]).unwrap();
                assert!(off < vector.resolution(), "{metric}, {m}×{n}: {off} of {}", vector.resolution());
            }
        }
    }
}

#[test]
fn f32_products_keep_exact_cases_exact() {
    // Constant columns vanish, scales are the same bits, small integers have no rounding at all.
    for m in 3..40 {
        let x: Vec<f32> = (0..m).flat_map(|_| [0.1, 1e-7, 1.0 / 3.0, 1e9 / 7.0]).collect();
        let gram = mixed_precision_gram(&Representation::new(&x[..], m, 4).unwrap());
        assert!((0..m).all(|i| (0..=i).all(|j| gram.get(i, j) == 0.0)), "m = {m}");
    }
    let x: Vec<f32> = (0..600).map(|i| ((i * i % 13) as f32) - 6.0).collect();
    let plain = mixed_precision_gram(&Representation::new(&x[..], 4, 150).unwrap());
    for exponent in [-100, -40, 40, 100] {
        let scaled: Vec<f32> = x.iter().map(|value| value * 2.0_f32.powi(exponent)).collect();
        assert_eq!(mixed_precision_gram(&Representation::new(&scaled[..], 4, 150).unwrap()), plain, "2^{exponent}");
    }
    let reference = linear_gram(&Representation::new(&double(&x)[..], 4, 150).unwrap());
    assert_eq!(plain, reference);
    let half: Vec<f16> = x.iter().map(|&value| f16::from_f32(value)).collect();
    assert_eq!(mixed_precision_gram(&Representation::new(&half[..], 4, 150).unwrap()), reference);
}

/// Points of the feature-space engine, the stimuli in batches of `batch`.
fn from_features(metric: AngularCka, layers: &[Vec<f64>], m: usize, batch: usize, in_single: bool) -> Vec<Point> {
    let widths: Vec<usize> = layers.iter().map(|x| x.len() / m).collect();
    let mut table = FeatureTable::new(metric, &widths).unwrap();
    let singles: Vec<Vec<f32>> = layers.iter().map(|x| single(x)).collect();
    for start in (0..m).step_by(batch) {
        let rows = batch.min(m - start);
        let views: Vec<Representation<'_>> = (0..layers.len())
            .map(|k| {
                let range = start * widths[k]..(start + rows) * widths[k];
                if in_single {
                    Representation::new(&singles[k][range], rows, widths[k]).unwrap()
                } else {
                    Representation::new(&layers[k][range], rows, widths[k]).unwrap()
                }
            })
            .collect();
        table.push(&views).unwrap();
    }
    assert_eq!(table.stimuli(), m);
    table.points().unwrap().into_iter().map(Point::Sphere).collect()
}

fn from_samples(metric: &Metric, layers: &[Vec<f64>], m: usize) -> Vec<Point> {
    layers.iter().map(|x| metric.embed(&Representation::new(&x[..], m, x.len() / m).unwrap()).unwrap()).collect()
}

#[test]
fn feature_space_gives_the_path_of_sample_space() {
    let m = 300;
    let layers = chain(5, m, &[20, 30, 12, 40, 3]);
    for (cka, metric) in estimators() {
        let samples = from_samples(&metric, &layers, m);
        let sample_path = Path::new(&metric, &samples[..4], Some(&samples[4])).unwrap();
        // One batch, several, and one with the first stimulus alone, whose mean is a bad shift.
        for batch in [m, 64, 1] {
            let features = from_features(cka, &layers, m, batch, false);
            let path = Path::new(&metric, &features[..4], Some(&features[4])).unwrap();
            let near = |ours: f64, reference: f64| assert!((ours - reference).abs() < 1e-11, "{metric}, batch {batch}");
            for i in 0..5 {
                for j in 0..i {
                    near(path.distances().get(i, j), sample_path.distances().get(i, j));
                }
            }
            for (ours, reference) in path.interior_angles().iter().zip(sample_path.interior_angles()) {
                near(ours.clone().unwrap(), reference.clone().unwrap());
            }
            let (ours, reference) = (path.projections().unwrap(), sample_path.projections().unwrap());
            near(ours[2].clone().unwrap().distance, reference[2].clone().unwrap().distance);
        }
    }
}

#[test]
fn wide_f32_layers_in_feature_space() {
    let (m, n) = (700, 260);
    let base = gaussian(3, m, n);
    let mut layers: Vec<Vec<f64>> = vec![double(&single(&base))];
    layers.extend([1e-1, 1e-3, 2e-4].map(|size| double(&moved(&base, size, 9))));
    layers.push(double(&single(&gaussian(4, m, 10))));
    layers.push(layers[4].iter().map(|value| f64::from((value * 1.01) as f32)).collect());
    for (cka, metric) in estimators() {
        let samples = from_samples(&metric, &layers, m);
        let features = from_features(cka, &layers, m, 200, true);
        let double: Vec<Point> = from_features(cka, &layers, m, 200, false);
        let Point::Sphere(vector) = &features[0] else { unreachable!() };
        let resolution = vector.resolution();
        // √(2δ) of f32 products, enlarged by what the estimator subtracts from noise.
        assert!(resolution < 4e-4, "{resolution}");
        for i in 0..layers.len() {
            for j in 0..i {
                let reference = metric.distance(&samples[i], &samples[j]).unwrap();
                let ours = metric.distance(&features[i], &features[j]).unwrap();
                // δ/θ, and nothing but the resolution below it. The last pair differs by rounding only.
                let bound = resolution.min(resolution * resolution / reference);
                assert!((ours - reference).abs() < bound, "{metric}, {i}–{j}: {ours} against {reference}");
                let exact = metric.distance(&double[i], &double[j]).unwrap();
                let bound = 2e-7_f64.min(2e-14 / reference).max(1e-11);
                assert!((exact - reference).abs() < bound, "{metric}, {i}–{j}: {exact} against {reference}");
            }
        }
    }
}

/// Layers in memory, f32 or f64, that count how often all stimuli were read.
struct InMemory {
    layers: Vec<Vec<f64>>,
    singles: Option<Vec<Vec<f32>>>,
    stimuli: usize,
    readings: usize,
}

impl InMemory {
    fn new(layers: Vec<Vec<f64>>, stimuli: usize, in_single: bool) -> Self {
        let singles = in_single.then(|| layers.iter().map(|x| single(x)).collect());
        Self { layers, singles, stimuli, readings: 0 }
    }

    fn rows(&self, layer: usize, rows: std::ops::Range<usize>) -> Result<Representation<'_>, layerpath::Error> {
        let width = self.layers[layer].len() / self.stimuli;
        let range = rows.start * width..rows.end * width;
        match &self.singles {
            Some(singles) => Representation::new(&singles[layer][range], rows.len(), width),
            None => Representation::new(&self.layers[layer][range], rows.len(), width),
        }
    }

    fn by(&mut self, metric: &Metric, engine: Engine) -> Vec<Point> {
        let model = CostModel::new(metric, self.stimuli, &self.layers(), Bytes(1 << 40));
        points(metric, self, &model.choose(Some(engine)).unwrap()).unwrap()
    }
}

impl Activations for InMemory {
    type Error = layerpath::Error;

    fn stimuli(&self) -> usize {
        self.stimuli
    }

    fn layers(&self) -> Vec<LayerSize> {
        let element = if self.singles.is_some() { 4 } else { 8 };
        self.layers.iter().map(|x| LayerSize { units: x.len() / self.stimuli, element }).collect()
    }

    fn layer(
        &mut self,
        layer: usize,
        take: &mut dyn FnMut(&Representation<'_>) -> Result<(), layerpath::Error>,
    ) -> Result<(), layerpath::Error> {
        take(&self.rows(layer, 0..self.stimuli)?)
    }

    fn batches(
        &mut self,
        batch: usize,
        take: &mut dyn FnMut(&[Representation<'_>]) -> Result<(), layerpath::Error>,
    ) -> Result<(), layerpath::Error> {
        self.readings += 1;
        for start in (0..self.stimuli).step_by(batch) {
            let rows = start..(start + batch).min(self.stimuli);
            let views: Result<Vec<_>, _> = (0..self.layers.len()).map(|k| self.rows(k, rows.clone())).collect();
            take(&views?)?;
        }
        Ok(())
    }
}

#[test]
fn both_engines_agree_to_a_microradian() {
    let (m, n) = (700, 260);
    let base = gaussian(3, m, n);
    let far: Vec<Vec<f64>> = [3, 4, 5].map(|seed| double(&single(&gaussian(seed, m, n)))).to_vec();
    let mut near = vec![double(&single(&base))];
    near.extend([1e-1, 1e-2, 1e-3, 3e-4].map(|size| double(&moved(&base, size, 9))));
    for (_, metric) in estimators() {
        for (layers, in_single, readings) in [(far.clone(), true, 1), (near.clone(), true, 2), (near.clone(), false, 1)]
        {
            let mut all = InMemory::new(layers, m, in_single);
            let (sample, feature) = (all.by(&metric, Engine::Sample), all.by(&metric, Engine::Feature));
            // Layers near each other are read once more, for products in f64; all others once.
            assert_eq!(all.readings, readings, "{metric}");
            for i in 0..sample.len() {
                for j in 0..i {
                    let reference = metric.distance(&sample[i], &sample[j]).unwrap();
                    let ours = metric.distance(&feature[i], &feature[j]).unwrap();
                    assert!(reference > 1e-4, "{reference}");
                    // In f64 a cosine good to 10⁻¹⁴ leaves 10⁻¹⁴/θ.
                    let bound = if in_single { ACCURACY } else { 1e-12_f64.max(2e-14 / reference) };
                    assert!((ours - reference).abs() < bound, "{metric}, {i}–{j}: {ours} against {reference}");
                }
            }
        }
    }
}

#[test]
fn the_layer_without_a_point_is_named() {
    struct Named(InMemory);
    #[derive(Debug)]
    struct InLayer(Option<usize>);
    impl From<layerpath::Error> for InLayer {
        fn from(_: layerpath::Error) -> Self {
            Self(None)
        }
    }
    impl Activations for Named {
        type Error = InLayer;
        fn stimuli(&self) -> usize {
            self.0.stimuli
        }
        fn layers(&self) -> Vec<LayerSize> {
            self.0.layers()
        }
        fn layer(
            &mut self,
            layer: usize,
            take: &mut dyn FnMut(&Representation<'_>) -> Result<(), layerpath::Error>,
        ) -> Result<(), InLayer> {
            Ok(self.0.layer(layer, take)?)
        }
        fn batches(
            &mut self,
            batch: usize,
            take: &mut dyn FnMut(&[Representation<'_>]) -> Result<(), layerpath::Error>,
        ) -> Result<(), InLayer> {
            Ok(self.0.batches(batch, take)?)
        }
        fn concerning(&self, layer: usize, _: layerpath::Error) -> InLayer {
            InLayer(Some(layer))
        }
    }
    let metric = Metric::default();
    let mut all = Named(InMemory::new(vec![gaussian(1, 9, 4), vec![0.5; 9 * 2]], 9, false));
    let model = CostModel::new(&metric, 9, &all.layers(), Bytes(1 << 30));
    let error = points(&metric, &mut all, &model.choose(Some(Engine::Feature)).unwrap()).unwrap_err();
    assert_eq!(error.0, Some(1));
}

fn view(x: &[f64]) -> Representation<'_> {
    Representation::new(x, 6, 2).unwrap()
}

#[test]
fn feature_space_refuses_what_has_no_point() {
    let cka = AngularCka::default();
    let constant = [vec![0.5; 12], gaussian(1, 6, 2)];
    let mut table = FeatureTable::new(cka, &[2, 2]).unwrap();
    table.push(&[view(&constant[0]), view(&constant[1])]).unwrap();
    assert!(matches!(table.points(), Err(layerpath::Error::ConstantRows { .. })));
    let few = FeatureTable::new(cka, &[2]).unwrap();
    assert!(matches!(few.points(), Err(layerpath::Error::TooFewStimuli { .. })));
    let rbf = AngularCka { kernel: Kernel::Rbf(LengthScale::default()), ..cka };
    assert!(matches!(FeatureTable::new(rbf, &[2]), Err(layerpath::Error::Unavailable { .. })));
    let mut uneven = FeatureTable::new(cka, &[2, 2]).unwrap();
    let short = Representation::new(&constant[1][..4], 2, 2).unwrap();
    assert!(matches!(
        uneven.push(&[view(&constant[0]), short]),
        Err(layerpath::Error::DifferentStimuli { left: 6, right: 2 })
    ));
    assert!(matches!(uneven.push(&[view(&constant[0])]), Err(layerpath::Error::Shape { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn both_engines_agree(
        seed in 0_u64..1000, m in 5_usize..60, n in 2_usize..20, p in 2_usize..20, batch in 1_usize..70,
        offset in -100.0..100.0_f64,
    ) {
        let x: Vec<f64> = gaussian(seed, m, n).into_iter().map(|value| value + offset).collect();
        // Sorted stimuli: the mean drifts away from that of the first batch.
        let y: Vec<f64> = gaussian(seed + 1, m, p).into_iter().enumerate().map(|(i, v)| v + (i / p) as f64).collect();
        let layers = [x, y];
        for (cka, metric) in estimators() {
            let samples = from_samples(&metric, &layers, m);
            let features = from_features(cka, &layers, m, batch, false);
            let reference = metric.distance(&samples[0], &samples[1]).unwrap();
            let ours = metric.distance(&features[0], &features[1]).unwrap();
            prop_assert!((ours - reference).abs() < 1e-9, "{}: {} against {}", metric, ours, reference);
        }
    }
}
