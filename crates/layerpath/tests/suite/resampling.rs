//! Points of fewer stimuli, and the uncertainty that comes from them.

use layerpath::Error;
use layerpath::metric::{Metric, Point};
use layerpath::path::convergence::convergence;
use layerpath::path::lead::{ProgressSamples, lead, progress_samples};
use layerpath::path::samples::RestrictedPoints;
use layerpath::path::uncertainty::{JackknifeSettings, SubsampleSettings, Uncertain, jackknife, subsample};
use layerpath::path::{Path, Quantity, StatisticKey, Undefined};
use layerpath::representation::roundoff;
use proptest::prelude::*;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::data::{chain, embed, gaussian, seeded};

fn rows_of(x: &[f64], n: usize, rows: &[usize]) -> Vec<f64> {
    rows.iter().flat_map(|&row| x[row * n..(row + 1) * n].iter().copied()).collect()
}

proptest! {
    #![proptest_config(seeded(64))]

    /// Restricting a point is embedding the restricted activations, in any order of the rows, for every estimator. (A
    /// kernel whose length scale is a median of the data keeps that of all stimuli.)
    #[test]
    fn restricting_commutes_with_embedding(
        seed in 0_u64..10_000, m in 8_usize..40, n in 2_usize..60, share in 0.0_f64..1.0, offset in -3.0_f64..3.0,
    ) {
        let x: Vec<f64> = gaussian(seed, m, n).iter().map(|value| value + offset).collect();
        let mut rows: Vec<usize> = (0..m).collect();
        rows.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        rows.truncate(6 + (share * (m - 6) as f64) as usize);
        let kernels = ["linear", "rbf,length-scale=3", "laplace,length-scale=5"];
        let names = ["unbiased", "biased", "masked"].map(|estimator| {
            kernels.map(|kernel| format!("angular-cka[estimator={estimator},kernel={kernel}]"))
        });
        for metric in names.concat().iter().map(|name| name.parse::<Metric>().unwrap()) {
            let restricted = metric.restrict(&embed(&metric, &x, m), m, &rows).unwrap();
            let direct = embed(&metric, &rows_of(&x, n, &rows), rows.len());
            for (ours, theirs) in restricted.coordinates().iter().zip(direct.coordinates()) {
                prop_assert!((ours - theirs).abs() < 1e-12, "{metric}: {ours} against {theirs}");
            }
            prop_assert_eq!(metric.stimuli(&restricted).unwrap(), rows.len());
        }
    }
}

#[test]
fn impossible_choices_of_stimuli_are_typed() {
    for metric in Metric::all().into_iter().filter(|metric| metric.to_string().starts_with("angular-cka")) {
        let mut x = gaussian(1, 10, 3);
        for row in 1..6 {
            x.copy_within(0..3, row * 3);
        }
        let point = embed(&metric, &x, 10);
        assert!(matches!(metric.restrict(&point, 10, &[0, 1, 2, 10]), Err(Error::Rows(_))));
        assert!(matches!(metric.restrict(&point, 10, &[0, 7, 8, 9, 7]), Err(Error::Rows(_))));
        assert!(matches!(metric.restrict(&point, 11, &[0, 1, 2, 3]), Err(Error::NotAPoint(_))));
        assert!(matches!(metric.restrict(&point, 10, &[7, 8]), Err(Error::TooFewStimuli { given: 2, .. })));
        let equal = metric.restrict(&point, 10, &[0, 1, 2, 3, 4, 5]);
        assert!(matches!(equal, Err(Error::NoStructure { .. })), "{equal:?}");
    }
}

/// A jackknife over groups of one stimulus each, written out from the activations.
#[test]
fn the_jackknife_is_its_formula() {
    let (metric, m) = (Metric::default(), 12);
    let layers = chain(5, m, &[6, 7, 8]);
    let points: Vec<Point> = layers.iter().map(|layer| embed(&metric, layer, m)).collect();
    let settings = JackknifeSettings { groups: m, level: 0.95, seed: 3 };
    let all = jackknife(&metric, &points, Some(&points[2]), settings).unwrap();
    let full = Path::new(&metric, &points, None).unwrap().length();
    let leave_out: Vec<f64> = (0..m)
        .map(|out| {
            let kept: Vec<usize> = (0..m).filter(|&row| row != out).collect();
            let points: Vec<Point> =
                layers.iter().map(|layer| embed(&metric, &rows_of(layer, layer.len() / m, &kept), m - 1)).collect();
            Path::new(&metric, &points, None).unwrap().length()
        })
        .collect();
    let mean = leave_out.iter().sum::<f64>() / 12.0;
    let variance = 11.0 / 12.0 * leave_out.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    let length = &all[0];
    let interval = length.interval.as_ref().unwrap();
    assert_eq!(length.key, StatisticKey { quantity: Quantity::Length, index: None });
    assert_eq!(length.estimate, Ok(full));
    assert!((interval.standard_error - variance.sqrt()).abs() < 1e-11);
    assert!((interval.bias_corrected - (12.0 * full - 11.0 * mean)).abs() < 1e-10);
    // t of 11 degrees of freedom: 2.201.
    assert!((interval.high - full - 2.201 * variance.sqrt()).abs() < 1e-3 * variance.sqrt());
}

/// The lead of one step over the next, d₀ − 2d₁ + d₂, a group of one stimulus at a time, written out from the activations.
#[test]
fn a_lead_is_the_jackknife_of_a_difference() {
    let (metric, m) = (Metric::default(), 12);
    let layers = chain(5, m, &[6, 7, 8, 4]);
    let points: Vec<Point> = layers.iter().map(|layer| embed(&metric, layer, m)).collect();
    let path: Vec<&Point> = points[..3].iter().collect();
    let settings = JackknifeSettings { groups: m, level: 0.95, seed: 3 };
    let mut source = RestrictedPoints::new(&metric, &path, Some(&points[3])).unwrap();
    let samples = progress_samples(&metric, &path, &points[3], &mut source, settings).unwrap();
    let difference = |points: &[Point]| {
        let d: Vec<f64> = points[..3].iter().map(|point| metric.distance(point, &points[3]).unwrap()).collect();
        d[0] - 2.0 * d[1] + d[2]
    };
    let without: Vec<f64> = (0..m)
        .map(|out| {
            let kept: Vec<usize> = (0..m).filter(|&row| row != out).collect();
            let rows = |layer: &Vec<f64>| embed(&metric, &rows_of(layer, layer.len() / m, &kept), m - 1);
            difference(&layers.iter().map(rows).collect::<Vec<Point>>())
        })
        .collect();
    let mean = without.iter().sum::<f64>() / 12.0;
    let error = (11.0 / 12.0 * without.iter().map(|value| (value - mean).powi(2)).sum::<f64>()).sqrt();
    let found = lead(&[&samples], 0, 1, 0.95).unwrap();
    assert!((found.standard_error - error).abs() < 1e-10, "{found:?} against {error}");
    assert!((f64::midpoint(found.low, found.high) - difference(&points)).abs() < 1e-11);
    // Twice the same network is no second sample of stimuli.
    assert_eq!(lead(&[&samples, &samples], 0, 1, 0.95).unwrap(), found);
    assert_eq!(lead(&[&samples], 0, 2, 0.95), None, "two steps");
    let other = ProgressSamples { seed: 4, ..samples.clone() };
    assert_eq!(lead(&[&samples, &other], 0, 1, 0.95), None, "other groups");
    assert_eq!(lead(&[], 0, 1, 0.95), None);
}

/// Layers that are linear functions of Gaussian latents of covariance I: the population's HSIC of A and B is ‖AᵀB‖², so
/// the population's points are the matrices AAᵀ, and every statistic of the population is known exactly.
struct Population {
    weights: Vec<Vec<f64>>,
    latents: usize,
}

impl Population {
    fn new(seed: u64, latents: usize, layers: usize, share: f64) -> Self {
        let mut weights = vec![gaussian(seed, latents, latents)];
        for layer in 1..layers {
            let fresh = gaussian(seed + layer as u64, latents, latents);
            let next =
                weights[layer - 1].iter().zip(fresh).map(|(old, new)| share * old + (1.0 - share) * new).collect();
            weights.push(next);
        }
        Self { weights, latents }
    }

    fn truth(&self, metric: &Metric) -> Path {
        let d = self.latents;
        let points: Vec<Point> = self
            .weights
            .iter()
            .map(|a| {
                let entry = |p: usize| (0..d).map(|k| a[p / d * d + k] * a[p % d * d + k]).sum::<f64>();
                let square: Vec<f64> = (0..d * d).map(entry).collect();
                let length = layerpath::linalg::norm(&square);
                let unit = square.iter().map(|x| x / length).collect();
                metric.point_from_coordinates(unit, roundoff::F64).unwrap()
            })
            .collect();
        let last = points.len() - 1;
        Path::new(metric, &points[..last], Some(&points[last])).unwrap()
    }

    fn sample(&self, metric: &Metric, seed: u64, m: usize) -> Vec<Point> {
        let d = self.latents;
        let z = gaussian(seed, m, d);
        self.weights
            .iter()
            .map(|a| {
                let entry = |p: usize| (0..d).map(|k| z[p / d * d + k] * a[k * d + p % d]).sum::<f64>();
                embed(metric, &(0..m * d).map(entry).collect::<Vec<f64>>(), m)
            })
            .collect()
    }

    /// Shares of simulated data sets whose intervals hold the truth, for each statistic.
    fn coverage(
        &self,
        metric: &Metric,
        m: usize,
        repeats: u64,
        method: impl Fn(&[Point], &Point, u64) -> Vec<Uncertain> + Sync,
    ) -> Vec<(StatisticKey, f64, f64)> {
        let truth = self.truth(metric).statistics();
        let mut held = vec![0.0; truth.len()];
        let mut width = vec![0.0; truth.len()];
        let one_set = |seed| {
            let points = self.sample(metric, 1_000_000 + seed, m);
            let last = points.len() - 1;
            method(&points[..last], &points[last], seed)
        };
        for all in (0..repeats).into_par_iter().map(one_set).collect::<Vec<_>>() {
            for (place, one) in all.iter().enumerate() {
                assert_eq!(one.key, truth[place].0);
                let (Ok(value), Ok(interval)) = (&truth[place].1, &one.interval) else { continue };
                held[place] += f64::from(u8::from(interval.low <= *value && *value <= interval.high));
                width[place] += interval.high - interval.low;
            }
        }
        let share = |place: usize| (truth[place].0, held[place] / repeats as f64, width[place] / repeats as f64);
        (0..truth.len()).map(share).collect()
    }
}

/// Intervals of 95 % hold the truth in 92 … 98 % of 1000 simulated data sets: steps, straightness, interior angles.
#[test]
fn jackknife_intervals_cover_the_truth() {
    let metric = Metric::default();
    let population = Population::new(3, 8, 5, 0.7);
    let coverage = population.coverage(&metric, 80, 1000, |points, target, seed| {
        jackknife(&metric, points, Some(target), JackknifeSettings::new(seed)).unwrap()
    });
    let mut judged = 0;
    for (key, share, width) in coverage {
        println!("jackknife, 80 stimuli, 8 latents: {key} covered in {:.1} %, mean width {width:.3}", 100.0 * share);
        if matches!(key.quantity, Quantity::Step | Quantity::Straightness | Quantity::InteriorAngle) {
            assert!((0.92..=0.98).contains(&share), "{key}: {share}");
            assert!(width > 0.01, "{key}: {width}");
            judged += 1;
        } else if !(key.quantity == Quantity::Length || width == 0.0) {
            // The other statistics, more loosely: there are many of them.
            assert!((0.90..=0.99).contains(&share), "{key}: {share}");
        }
    }
    assert_eq!(judged, 3 + 1 + 2);
}

/// With three latent dimensions few stimuli decide a statistic: intervals of single angles hold the truth less often, though
/// never much less.
#[test]
fn coverage_falls_with_few_latent_dimensions() {
    let metric = Metric::default();
    let coverage = Population::new(3, 3, 5, 0.7).coverage(&metric, 80, 300, |points, target, seed| {
        jackknife(&metric, points, Some(target), JackknifeSettings::new(seed)).unwrap()
    });
    for (key, share, width) in coverage {
        if matches!(key.quantity, Quantity::Step | Quantity::Straightness | Quantity::InteriorAngle) {
            println!(
                "jackknife, 80 stimuli, 3 latents: {key} covered in {:.1} %, mean width {width:.3}",
                100.0 * share
            );
            assert!((0.86..=0.99).contains(&share), "{key}: {share}");
        }
    }
}

/// The biased estimator's steps are short by more than their standard error when units are many; its intervals stand
/// around the bias-corrected estimate and still hold the truth.
#[test]
fn jackknife_intervals_mend_the_bias_of_the_biased_estimator() {
    let metric: Metric = "angular-cka[estimator=biased]".parse().unwrap();
    let population = Population::new(3, 30, 4, 0.7);
    let coverage = population.coverage(&metric, 100, 200, |points, target, seed| {
        jackknife(&metric, points, Some(target), JackknifeSettings::new(seed)).unwrap()
    });
    for (key, share, _) in coverage.into_iter().filter(|(key, ..)| key.quantity == Quantity::Step) {
        assert!((0.90..=0.98).contains(&share), "{key}: {share}");
    }
}

#[test]
fn subsampling_agrees_with_the_jackknife() {
    let metric = Metric::default();
    let points = Population::new(3, 8, 5, 0.7).sample(&metric, 5, 120);
    let groups = jackknife(&metric, &points[..4], Some(&points[4]), JackknifeSettings::new(1)).unwrap();
    let sampled = |share| {
        let settings = SubsampleSettings { share, ..SubsampleSettings::new(1) };
        subsample(&metric, &points[..4], Some(&points[4]), settings).unwrap()
    };
    let (halves, quarters) = (sampled(0.5), sampled(0.25));
    for (one, other) in groups.iter().chain(&groups).zip(halves.iter().chain(&quarters)) {
        assert_eq!((&one.key, &one.estimate), (&other.key, &other.estimate));
        let (one, other) = (one.interval.clone().unwrap(), other.interval.clone().unwrap());
        if one.standard_error == 0.0 {
            assert_eq!(other.standard_error, 0.0);
            continue;
        }
        let ratio = one.standard_error / other.standard_error;
        assert!((0.55..1.8).contains(&ratio), "standard errors {} and {}", one.standard_error, other.standard_error);
        assert!((one.bias_corrected - other.bias_corrected).abs() < 1.5 * one.standard_error);
    }
}

#[test]
fn statistics_settle_as_stimuli_are_added() {
    let metric = Metric::default();
    let points = Population::new(3, 8, 5, 0.7).sample(&metric, 5, 160);
    let all = convergence(&metric, &points[..4], Some(&points[4]), 30, 2).unwrap();
    let full = Path::new(&metric, &points[..4], Some(&points[4])).unwrap().statistics();
    for (one, (key, value)) in all.iter().zip(full) {
        assert_eq!(one.key, key);
        assert_eq!(one.at.iter().map(|at| at.stimuli).collect::<Vec<_>>(), [20, 40, 80, 160]);
        assert_eq!(one.at[3].mean, value);
        assert_eq!(one.at[3].deviation, None);
        if key.quantity == Quantity::Length {
            let deviations: Vec<f64> = one.at[..3].iter().map(|at| at.deviation.unwrap()).collect();
            assert!(deviations[0] > deviations[1] && deviations[1] > deviations[2], "{deviations:?}");
        }
    }
    // Sizes are rounded, and those too small for a point left out.
    let few: Vec<Point> = points
        .iter()
        .map(|point| metric.restrict(point, 160, &[1, 5, 7, 9, 20, 30, 31, 40, 50, 60, 70]).unwrap())
        .collect();
    let sizes: Vec<usize> = convergence(&metric, &few, None, 3, 2).unwrap()[0].at.iter().map(|at| at.stimuli).collect();
    assert_eq!(sizes, [6, 11]);
}

#[test]
fn uncertainty_of_the_undefined_is_undefined() {
    let (metric, m) = (Metric::default(), 30);
    let layers = chain(4, m, &[5, 6]);
    let points: Vec<Point> = [&layers[0], &layers[1], &layers[1]].into_iter().map(|x| embed(&metric, x, m)).collect();
    for all in [
        jackknife(&metric, &points, None, JackknifeSettings { groups: 7, ..JackknifeSettings::new(1) }).unwrap(),
        subsample(&metric, &points, None, SubsampleSettings { samples: 20, ..SubsampleSettings::new(1) }).unwrap(),
    ] {
        let angle = all.iter().find(|one| one.key.quantity == Quantity::InteriorAngle).unwrap();
        assert!(matches!(angle.estimate, Err(Undefined::Geometry(_))));
        assert!(angle.interval.is_err());
        let finite = |x: f64| x.is_finite();
        assert!(all.iter().filter_map(|one| one.interval.as_ref().ok()).all(|i| finite(i.low) && finite(i.high)));
    }
    let setting = |groups, level| jackknife(&metric, &points, None, JackknifeSettings { groups, level, seed: 1 });
    for wrong in [setting(1, 0.95), setting(31, 0.95), setting(5, 1.0), setting(5, f64::NAN)] {
        assert!(matches!(wrong, Err(Error::Setting(_))));
    }
    let share = |share| subsample(&metric, &points, None, SubsampleSettings { share, ..SubsampleSettings::new(1) });
    assert!(matches!(share(1.0), Err(Error::Setting(_))) && matches!(share(f64::NAN), Err(Error::Setting(_))));
    assert!(matches!(share(0.1), Err(Error::TooFewStimuli { .. })));
    let all = |seed| jackknife(&metric, &points, None, JackknifeSettings { groups: 6, level: 0.9, seed }).unwrap();
    assert!(all(1) == all(1) && all(1) != all(2));
}
