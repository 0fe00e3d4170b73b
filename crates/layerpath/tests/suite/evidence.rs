//! Points of other choices of stimuli under every metric, and the evidence that is made from them.

use layerpath::Error;
use layerpath::analysis::{
    Along, Analysis, BaselineSettings, Epoch, IntervalSettings, PointRecord, Stimuli, measure, paths, point_name,
};
use layerpath::metric::{Metric, Point};
use layerpath::path::baselines::noise_floor;
use layerpath::path::comparison::compare;
use layerpath::path::convergence::{ConvergenceSettings, convergence, convergence_of};
use layerpath::path::decoding::{from_point, from_representation, labels_of_activations, labels_of_target};
use layerpath::path::samples::{PointsOfStimuli, RestrictedPoints, SampledPath};
use layerpath::path::stimuli::{progress_shares, step_shares};
use layerpath::path::uncertainty::{JackknifeSettings, SubsampleSettings, jackknife, jackknife_of};
use layerpath::path::{Path, Quantity, Undefined};
use layerpath::representation::Representation;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::data::{chain, embed, gaussian};

fn rows_of(x: &[f64], m: usize, rows: &[usize]) -> Vec<f64> {
    let n = x.len() / m;
    rows.iter().flat_map(|&row| x[row * n..(row + 1) * n].iter().copied()).collect()
}

/// A length scale taken from the data stays that of all stimuli when some are chosen.
fn has_median_kernel(metric: &Metric) -> bool {
    metric.to_string().contains("length-scale=median")
}

fn one_hot(labels: &[usize]) -> Vec<f64> {
    let classes = labels.iter().max().unwrap() + 1;
    labels.iter().flat_map(|&own| (0..classes).map(move |class| f64::from(u8::from(class == own)))).collect()
}

/// Points of fewer stimuli made anew from activations.
struct Activations<'a> {
    metric: Metric,
    layers: &'a [Vec<f64>],
    target: Option<&'a Vec<f64>>,
    stimuli: usize,
}

impl PointsOfStimuli for Activations<'_> {
    type Error = Error;

    fn stimuli(&self) -> usize {
        self.stimuli
    }

    fn sample(&mut self, rows: &[usize]) -> Result<Result<SampledPath, Error>, Error> {
        let make = |x: &Vec<f64>| embed(&self.metric, &rows_of(x, self.stimuli, rows), rows.len());
        Ok(Ok(SampledPath { points: self.layers.iter().map(make).collect(), target: self.target.map(make).map(Ok) }))
    }
}

#[test]
fn a_target_that_few_stimuli_do_not_have_leaves_the_rest_defined() {
    let m = 40;
    let metric = Metric::default();
    let points: Vec<Point> = chain(3, m, &[6, 9, 5]).iter().map(|x| embed(&metric, x, m)).collect();
    // Two stimuli of another class: most choices of five have none of them.
    let labels: Vec<usize> = (0..m).map(|row| usize::from(row > 37)).collect();
    let target = embed(&metric, &one_hot(&labels), m);
    let found = convergence(&metric, &points, Some(&target), 10, 1).unwrap();
    let bare = convergence(&metric, &points, None, 10, 1).unwrap();
    let of = |all: &[layerpath::path::convergence::Convergence], quantity| {
        all.iter().find(|one| one.key.quantity == quantity).unwrap().at.clone()
    };
    for quantity in [Quantity::Length, Quantity::Straightness, Quantity::InteriorAngle] {
        for (with, without) in of(&found, quantity).iter().zip(of(&bare, quantity)) {
            let (with, without) = (with.mean.clone().unwrap(), without.mean.unwrap());
            assert!((with - without).abs() < 1e-13, "{quantity:?}: {with} {without}");
        }
    }
    let aimed = of(&found, Quantity::DistanceToTarget);
    assert!(matches!(aimed[0].mean, Err(Undefined::InSamples { .. })), "{:?}", aimed[0]);
    assert!(aimed.last().unwrap().mean.is_ok());
}

#[test]
fn restricting_is_embedding_the_rows_under_every_metric() {
    let mut offered = 0;
    for metric in Metric::all().into_iter().filter(|metric| !has_median_kernel(metric)) {
        for (seed, m, n) in [(1, 12, 3), (2, 20, 50), (3, 15, 14), (4, 9, 8)] {
            let x: Vec<f64> = gaussian(seed, m, n).iter().map(|value| 3.0 + 2.0 * value).collect();
            let mut rows: Vec<usize> = (0..m).collect();
            rows.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
            rows.truncate(m * 2 / 3);
            let whole = embed(&metric, &x, m);
            let restricted = metric.restrict(&whole, m, &rows);
            if !metric.restricts() {
                assert!(matches!(restricted, Err(Error::Unavailable { .. })), "{metric}: {restricted:?}");
                continue;
            }
            let direct = embed(&metric, &rows_of(&x, m, &rows), rows.len());
            let distance = metric.distance(&restricted.unwrap(), &direct).unwrap();
            assert!(distance < 1e-11, "{metric}, {m}×{n}: {distance}");
            offered += 1;
        }
    }
    // Three estimators, two shapes, two positive definite, two stress, angular RSA.
    assert_eq!(offered, 4 * (3 + 2 + 2 + 2 + 1));
}

#[test]
fn impossible_restrictions_are_typed_under_every_metric() {
    for metric in Metric::all().into_iter().filter(Metric::restricts) {
        let mut x = gaussian(1, 10, 3);
        for row in 1..6 {
            x.copy_within(0..3, row * 3);
        }
        let point = embed(&metric, &x, 10);
        assert!(matches!(metric.restrict(&point, 10, &[0, 1, 2, 6, 10]), Err(Error::Rows(_))), "{metric}");
        assert!(matches!(metric.restrict(&point, 10, &[0, 7, 8, 9, 7]), Err(Error::Rows(_))), "{metric}");
        assert!(matches!(metric.restrict(&point, 11, &[0, 7, 8, 9]), Err(Error::NotAPoint(_))), "{metric}");
        assert!(matches!(metric.restrict(&point, 10, &[7]), Err(Error::TooFewStimuli { given: 1, .. })), "{metric}");
        let equal = metric.restrict(&point, 10, &[0, 1, 2, 3, 4, 5]);
        assert!(
            matches!(equal, Err(Error::NoStructure { .. } | Error::ConstantRows { .. } | Error::EqualDistances { .. })),
            "{metric}: {equal:?}"
        );
    }
}

#[test]
fn permuting_is_embedding_the_permuted_rows_under_every_metric() {
    for metric in Metric::all() {
        for (seed, m, n) in [(5, 11, 4), (6, 9, 40)] {
            let x = gaussian(seed, m, n);
            let mut order: Vec<usize> = (0..m).collect();
            order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
            let permuted = metric.permute(&embed(&metric, &x, m), &order).unwrap();
            let direct = embed(&metric, &rows_of(&x, m, &order), m);
            let distance = metric.distance(&permuted, &direct).unwrap();
            assert!(distance < 1e-11, "{metric}: {distance}");
            // Fully whitened, all representations of full rank are one.
            let told_apart = !["covariance", "whitening=0]"].iter().any(|part| metric.to_string().contains(part));
            if told_apart {
                assert!(metric.distance(&permuted, &embed(&metric, &x, m)).unwrap() > 1e-3, "{metric}");
                let short = metric.permute(&permuted, &order[1..]);
                assert!(matches!(short, Err(Error::Rows(_))), "{metric}");
            }
        }
    }
}

#[test]
fn every_metric_has_a_noise_floor() {
    let m = 14;
    let layers = chain(8, m, &[6, 5, 4]);
    for metric in Metric::all() {
        let points: Vec<Point> = layers.iter().map(|layer| embed(&metric, layer, m)).collect();
        let floor = noise_floor(&metric, &points, None, 9, 1).unwrap();
        let step = floor.iter().find(|one| one.key.quantity == Quantity::Step).unwrap();
        let (observed, band) = (step.observed.clone().unwrap(), step.band.clone().unwrap());
        if metric.to_string().contains("covariance") {
            assert!((band.low - observed).abs() < 1e-12 && (band.high - observed).abs() < 1e-12);
        } else {
            assert!(band.low < band.high && band.median > observed, "{metric}: {observed} against {band:?}");
        }
    }
}

/// Intervals are the same whether points of fewer stimuli come from points or from activations.
#[test]
fn intervals_from_points_are_those_from_activations() {
    let m = 24;
    let layers = chain(9, m, &[8, 30, 6, 4]);
    let (path, target) = (&layers[..3], &layers[3]);
    let settings = JackknifeSettings { groups: 6, ..JackknifeSettings::new(2) };
    let mut largest = 0.0_f64;
    for metric in Metric::all().into_iter().filter(|metric| metric.restricts() && !has_median_kernel(metric)) {
        let points: Vec<Point> = path.iter().map(|layer| embed(&metric, layer, m)).collect();
        let goal = embed(&metric, target, m);
        let restricted = jackknife(&metric, &points, Some(&goal), settings).unwrap();
        let full = Path::new(&metric, &points, Some(&goal)).unwrap().statistics();
        let mut source = Activations { metric, layers: path, target: Some(target), stimuli: m };
        let embedded = jackknife_of(&metric, &full, &mut source, settings).unwrap();
        for (ours, theirs) in restricted.iter().zip(&embedded) {
            assert_eq!(ours.key, theirs.key);
            let (Ok(ours), Ok(theirs)) = (&ours.interval, &theirs.interval) else {
                assert!(ours.interval.is_err() && theirs.interval.is_err(), "{metric}, {}", ours.key);
                continue;
            };
            let scale = 1.0 + theirs.low.abs().max(theirs.high.abs());
            let difference = (ours.low - theirs.low).abs().max((ours.high - theirs.high).abs()) / scale;
            largest = largest.max(difference);
            assert!(difference < 1e-6, "{metric}: {ours:?} against {theirs:?}");
        }
    }
    assert!(largest > 0.0, "two computations that round differently");
}

/// As many components as there are is all components, so that the way through the activations can be checked.
#[test]
fn components_take_their_intervals_from_the_activations() {
    let m = 20;
    let layers = chain(10, m, &[6, 5, 4]);
    let settings = JackknifeSettings { groups: 5, ..JackknifeSettings::new(1) };
    let with = |name: &str| {
        let metric: Metric = name.parse().unwrap();
        let points: Vec<Point> = layers.iter().map(|layer| embed(&metric, layer, m)).collect();
        let refused = jackknife(&metric, &points, None, settings);
        let full = Path::new(&metric, &points, None).unwrap().statistics();
        let mut source = Activations { metric, layers: &layers, target: None, stimuli: m };
        (refused, jackknife_of(&metric, &full, &mut source, settings).unwrap())
    };
    let (refused, six) = with("angular-shape[components=6]");
    assert!(refused.unwrap_err().to_string().contains("give the activations"));
    let (all, _) = with("angular-shape");
    for (ours, theirs) in six.iter().zip(all.unwrap()) {
        let (ours, theirs) = (ours.interval.clone().unwrap(), theirs.interval.unwrap());
        assert!((ours.low - theirs.low).abs() < 1e-7 && (ours.high - theirs.high).abs() < 1e-7);
    }
}

#[test]
fn nested_subsets_grow_towards_all_stimuli() {
    struct Recorder(Vec<Vec<usize>>, Vec<Point>);
    impl PointsOfStimuli for Recorder {
        type Error = Error;
        fn stimuli(&self) -> usize {
            40
        }
        fn sample(&mut self, rows: &[usize]) -> Result<Result<SampledPath, Error>, Error> {
            self.0.push(rows.to_vec());
            Ok(Ok(SampledPath { points: self.1.clone(), target: None }))
        }
    }
    let metric = Metric::default();
    let points: Vec<Point> = chain(1, 40, &[5, 4]).iter().map(|x| embed(&metric, x, 40)).collect();
    let full = Path::new(&metric, &points, None).unwrap().statistics();
    let mut recorder = Recorder(Vec::new(), points);
    convergence_of(&metric, &full, &mut recorder, ConvergenceSettings { repeats: 2, seed: 3 }).unwrap();
    let sizes: Vec<usize> = recorder.0.iter().map(Vec::len).collect();
    assert_eq!(sizes, [5, 10, 20, 5, 10, 20]);
    for family in recorder.0.chunks(3) {
        assert!(family.windows(2).all(|pair| pair[0].iter().all(|row| pair[1].contains(row))));
    }
    assert_ne!(recorder.0[0], recorder.0[3]);
}

/// Labels of five stimuli of five classes have no point under U-centring: that size says so, and the others stand.
#[test]
fn a_size_without_points_is_undefined_and_the_others_are_not() {
    let (metric, m) = (Metric::default(), 40);
    let labels: Vec<usize> = (0..m).map(|i| i % 20).collect();
    let points: Vec<Point> = chain(2, m, &[5, 4]).iter().map(|x| embed(&metric, x, m)).collect();
    let target = embed(&metric, &one_hot(&labels), m);
    let all = convergence(&metric, &points, Some(&target), 10, 1).unwrap();
    let aimed = &all.iter().find(|one| one.key.quantity == Quantity::DistanceToTarget).unwrap().at;
    assert_eq!(aimed.iter().map(|at| at.stimuli).collect::<Vec<_>>(), [5, 10, 20, 40]);
    assert!(matches!(aimed[0].mean, Err(Undefined::InSamples { .. })), "{:?}", aimed[0]);
    assert!(aimed[2].mean.is_ok() && aimed[3].mean.is_ok());
}

#[test]
fn labels_are_decoded_from_every_point_that_holds_its_gram_matrix() {
    let m = 30;
    let labels: Vec<usize> = (0..m).map(|i| i / 2 % 3).collect();
    let mut x = gaussian(11, m, 5);
    for (row, &label) in labels.iter().enumerate() {
        x[row * 5 + label.min(1)] += 2.0;
    }
    let view = Representation::new(&x[..], m, 5).unwrap();
    let hot = one_hot(&labels);
    let mut offered = Vec::new();
    for metric in Metric::all() {
        let direct = from_representation(&metric, &view, &labels).unwrap();
        match from_point(&metric, &embed(&metric, &x, m), &labels) {
            Err(Error::Unavailable { .. }) => {
                let refused = labels_of_target(&metric, &embed(&metric, &x, m));
                assert!(matches!(refused, Err(Error::Unavailable { .. })), "{metric}");
            }
            other => {
                let decoding = other.unwrap();
                assert_eq!(decoding.predictions, direct.predictions, "{metric}");
                assert_eq!(decoding.ridge, direct.ridge, "{metric}");
                for (ours, theirs) in decoding.errors.iter().zip(&direct.errors) {
                    assert!((ours.1 - theirs.1).abs() < 1e-9, "{metric}: {ours:?} against {theirs:?}");
                }
                // More than half of the pairs differ, so that the target has a median distance.
                let target = embed(&metric, &hot, m);
                assert_eq!(labels_of_target(&metric, &target).unwrap(), labels_of_activations(&of(&hot, m)).unwrap());
                assert!(matches!(labels_of_target(&metric, &embed(&metric, &x, m)), Err(Error::Setting(_))));
                offered.push(metric.to_string());
            }
        }
    }
    // CKA biased and masked, two shapes, two positive definite, two stress.
    assert_eq!(offered.len(), 8, "{offered:?}");
    assert_eq!(labels_of_activations(&of(&hot, m)).unwrap()[..5], [0, 0, 1, 1, 2]);
    assert!(labels_of_activations(&of(&one_hot(&(0..m).collect::<Vec<_>>()), m)).is_err());
}

fn of(x: &[f64], m: usize) -> Representation<'_> {
    Representation::new(x, m, x.len() / m).unwrap()
}

#[test]
fn shares_of_stimuli_sum_to_the_step_under_every_metric_that_has_them() {
    let m = 12;
    let layers = chain(12, m, &[5, 4, 3]);
    let mut offered = 0;
    for metric in Metric::all() {
        let points: Vec<Point> = layers.iter().map(|layer| embed(&metric, layer, m)).collect();
        let (path, target) = (&points[..2], &points[2]);
        let shares = step_shares(&metric, path);
        if let Err(Error::Unavailable { .. }) = shares {
            assert!(matches!(progress_shares(&metric, path, target), Err(Error::Unavailable { .. })));
            continue;
        }
        let shares = shares.unwrap()[0].clone().unwrap();
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12 && shares.iter().all(|&share| share >= 0.0));
        let measured = Path::new(&metric, path, Some(target)).unwrap();
        let progress = progress_shares(&metric, path, target).unwrap()[0].clone().unwrap();
        let heading = measured.heading_angles().unwrap()[0].clone().unwrap();
        let along = measured.steps()[0] * heading.cos();
        assert!((progress.along - along).abs() < 1e-10 * measured.steps()[0], "{metric}");
        offered += 1;
    }
    // Five of angular CKA, angular RSA, two of stress, log-Euclidean Gram.
    assert_eq!(offered, 9);
}

/// A geodesic and the same geodesic with a point in its middle are one path, under every spherical metric.
#[test]
fn spherical_metrics_compare_paths_along_arcs() {
    for metric in crate::data::spherical() {
        let ends: Vec<Point> = [1, 2].map(|seed| embed(&metric, &gaussian(seed, 9, 3), 9)).into();
        let middle = metric.geodesic(&ends[0], &ends[1], 0.3).unwrap();
        let three = [ends[0].clone(), middle, ends[1].clone()];
        let matched = compare(&metric, &ends, &three).unwrap().arc_length_matched.unwrap();
        assert!(matched < 1e-7, "{metric}: {matched}");
    }
}

fn study(metric: &Metric, layers: &[(&str, u32, Vec<f64>)], target: &[f64], m: usize) -> Vec<(PointRecord, Point)> {
    let mut points: Vec<(PointRecord, Point)> = Vec::new();
    for (layer, epoch, x) in layers {
        let epoch = Some(Epoch::from(*epoch));
        let index = points.iter().filter(|(record, _)| record.epoch == epoch).count();
        let record = PointRecord {
            name: point_name(Some("net"), epoch, layer),
            layer: (*layer).to_owned(),
            index: Some(index),
            network: Some("net".to_owned()),
            epoch,
            seed: Some(0),
            ..PointRecord::default()
        };
        points.push((record, embed(metric, x, m)));
    }
    let labels = PointRecord { name: "labels".to_owned(), layer: "labels".to_owned(), ..PointRecord::default() };
    points.push((labels, embed(metric, target, m)));
    points
}

fn evidence_of(metric: &Metric, points: &[(PointRecord, Point)], m: usize) -> Analysis {
    let records: Vec<PointRecord> = points.iter().map(|(record, _)| record.clone()).collect();
    let found = paths(&records, Along::Layers);
    let (mut analysis, measured) = measure(metric, Stimuli::row_numbers(m), points, &found).unwrap();
    for (place, path) in measured.iter().enumerate() {
        let untrained = analysis.untrained(place).map(|place| &measured[place]);
        let settings = BaselineSettings { shuffles: 20, permutations: 5, seed: 1 };
        analysis.add_baselines(metric, path, untrained, settings).unwrap();
        let mut source = path.restricted(metric).unwrap();
        let jackknife = JackknifeSettings { groups: 4, ..JackknifeSettings::new(1) };
        analysis.add_intervals(metric, path, &mut source, IntervalSettings::Jackknife(jackknife)).unwrap();
        analysis.add_convergence(metric, path, &mut source, ConvergenceSettings { repeats: 3, seed: 1 }).unwrap();
        analysis.add_decoding(path, &path.decode(metric).unwrap()).unwrap();
        analysis.add_stimulus_shares(metric, path, 3).unwrap();
    }
    analysis
}

/// Repeating distances alone gives the bands and intervals of repeating everything where distances tell the statistic, and a
/// reason where they do not.
#[test]
fn distances_alone_tell_what_they_can() {
    let m = 16;
    let target = one_hot(&(0..m).map(|i| i % 3).collect::<Vec<_>>());
    let layers = chain(4, m, &[5, 7, 6, 4]);
    let states: Vec<_> = ["a", "b", "c", "d"].into_iter().zip(&layers).map(|(name, x)| (name, 1, x.clone())).collect();
    for name in ["angular-cka", "angular-shape[components=all]", "stress"] {
        let metric: Metric = name.parse().unwrap();
        let points = study(&metric, &states, &target, m);
        let records: Vec<PointRecord> = points.iter().map(|(record, _)| record.clone()).collect();
        let found = paths(&records, Along::Layers);
        let (mut whole, measured) = measure(&metric, Stimuli::row_numbers(m), &points, &found).unwrap();
        let mut partial = whole.clone();
        let settings = BaselineSettings { shuffles: 7, permutations: 3, seed: 1 };
        whole.add_baselines(&metric, &measured[0], None, settings).unwrap();
        partial.add_distance_baselines(&metric, &measured[0], settings).unwrap();
        let jackknife = JackknifeSettings { groups: 4, ..JackknifeSettings::new(1) };
        let mut source = measured[0].restricted(&metric).unwrap();
        whole.add_intervals(&metric, &measured[0], &mut source, IntervalSettings::Jackknife(jackknife)).unwrap();
        let settings = IntervalSettings::JackknifeOfDistances(jackknife);
        partial.add_intervals(&metric, &measured[0], &mut source, settings).unwrap();

        let angular = ["interior_angles", "turning_angles", "heading_angles", "fraction_along", "detour"];
        let near = |one: Option<f64>, other: Option<f64>| match (one, other) {
            (Some(one), Some(other)) => (one - other).abs() < 1e-12,
            (one, other) => one == other,
        };
        let (all, some) = (whole.paths[0].baselines.as_ref().unwrap(), partial.paths[0].baselines.as_ref().unwrap());
        let pairs = all.shuffled_order.iter().zip(&some.shuffled_order);
        for (one, other) in pairs.chain(all.noise_floor.iter().zip(&some.noise_floor)) {
            assert_eq!((&one.statistic, one.index, one.observed), (&other.statistic, other.index, other.observed));
            if angular.contains(&one.statistic.as_str()) {
                assert!(
                    other.median.is_none() && other.reason.as_ref().unwrap().contains("only distances"),
                    "{other:?}"
                );
            } else {
                assert!(
                    one.median.is_some() && near(one.median, other.median) && near(one.low, other.low),
                    "{other:?}"
                );
            }
        }
        let intervals = |analysis: &Analysis| analysis.paths[0].intervals.clone().unwrap().values;
        for (one, other) in intervals(&whole).iter().zip(&intervals(&partial)) {
            assert_eq!((&one.statistic, one.index, one.estimate), (&other.statistic, other.index, other.estimate));
            if angular.contains(&one.statistic.as_str()) {
                assert!(other.low.is_none() && other.reason.as_ref().unwrap().contains("only distances"), "{other:?}");
            } else {
                assert!(near(one.low, other.low) && near(one.high, other.high), "{one:?} against {other:?}");
            }
        }
    }
}

#[test]
fn evidence_of_a_path_with_equal_layers_is_explicitly_undefined() {
    let (metric, m): (Metric, usize) = ("angular-cka[estimator=biased]".parse().unwrap(), 40);
    let labels: Vec<usize> = (0..m).map(|i| i % 4).collect();
    let layers = chain(13, m, &[5, 4, 6, 5]);
    let first: Vec<_> = ["a", "b", "c", "d"].into_iter().zip(&layers).map(|(name, x)| (name, 0, x.clone())).collect();
    let later: Vec<_> =
        [("a", 0), ("b", 2), ("c", 2), ("d", 3)].into_iter().map(|(name, x)| (name, 7, layers[x].clone())).collect();
    let points = study(&metric, &[first, later].concat(), &one_hot(&labels), m);
    let analysis = evidence_of(&metric, &points, m);
    assert_eq!((analysis.untrained(0), analysis.untrained(1)), (None, Some(0)));
    let degenerate = &analysis.paths[1];
    assert_eq!(degenerate.steps[1], 0.0);

    let shares = degenerate.stimulus_shares.as_ref().unwrap();
    assert!(shares.steps[1].reason.as_ref().unwrap().contains("coincide") && shares.steps[1].largest.is_empty());
    assert!(shares.progress.as_ref().unwrap()[1].reason.is_some());
    assert_eq!((shares.steps[0].largest.len(), shares.steps[0].reason.as_ref()), (3, None));

    let angle = |statistic: &str, index: Option<usize>| statistic == "interior_angles" && index == Some(1);
    let converged = degenerate.convergence.as_ref().unwrap();
    let value = converged.values.iter().find(|value| angle(&value.statistic, value.index)).unwrap();
    assert!(value.mean.iter().all(Option::is_none) && value.reason.as_ref().unwrap().contains("undefined in 3 of 3"));
    assert_eq!(converged.stimuli, [5, 10, 20, 40]);
    let interval = degenerate.intervals.as_ref().unwrap().values.iter().find(|v| angle(&v.statistic, v.index)).unwrap();
    assert!(interval.low.is_none() && interval.reason.is_some());

    let untrained = degenerate.baselines.as_ref().unwrap().untrained.as_ref().unwrap();
    assert_eq!(untrained.path, "net@0");
    let beside = untrained.values.iter().find(|value| angle(&value.statistic, value.index)).unwrap();
    assert_eq!(beside.observed, None);
    assert_eq!(beside.untrained, analysis.paths[0].interior_angles[0]);
    assert!(beside.reason.is_some());

    let decoding = degenerate.decoding.as_ref().unwrap();
    assert_eq!((decoding.classes, decoding.layers.len(), decoding.ridges.len()), (4, 4, 19));
    assert!((decoding.chance - 0.25).abs() < 1e-15);
    assert_eq!(decoding.layers[1].accuracy, decoding.layers[2].accuracy);
    assert_eq!(decoding.layers[0], {
        let mut same = analysis.paths[0].decoding.as_ref().unwrap().layers[0].clone();
        same.point = "net@7/a".to_owned();
        same
    });
}

#[test]
fn an_untrained_network_of_other_layers_is_refused() {
    let (metric, m) = (Metric::default(), 20);
    let layers = chain(14, m, &[5, 4, 6]);
    let named =
        |names: [&'static str; 3], epoch| names.into_iter().zip(&layers).map(move |(n, x)| (n, epoch, x.clone()));
    let all: Vec<_> = named(["a", "b", "c"], 0).chain(named(["a", "x", "c"], 1)).collect();
    let points = study(&metric, &all, &layers[2], m);
    let records: Vec<PointRecord> = points.iter().map(|(record, _)| record.clone()).collect();
    let found = paths(&records, Along::Layers);
    let (mut analysis, measured) = measure(&metric, Stimuli::row_numbers(m), &points, &found).unwrap();
    assert_eq!(analysis.untrained(1), None);
    let refused = analysis.add_baselines(&metric, &measured[1], Some(&measured[0]), BaselineSettings::new(1));
    assert!(refused.unwrap_err().to_string().contains("layer 1 is `x` and `b`"));
    // A target of continuous values has no labels.
    assert!(measured[0].decode(&"stress".parse().unwrap()).is_err());
}

#[test]
fn subsampling_stands_in_the_document() {
    let (metric, m): (Metric, usize) = ("euclidean-shape".parse().unwrap(), 24);
    let layers = chain(15, m, &[5, 4]);
    let all: Vec<_> = ["a", "b"].into_iter().zip(&layers).map(|(name, x)| (name, 0, x.clone())).collect();
    let points = study(&metric, &all, &layers[1], m);
    let records: Vec<PointRecord> = points.iter().map(|(record, _)| record.clone()).collect();
    let (mut analysis, measured) =
        measure(&metric, Stimuli::row_numbers(m), &points, &paths(&records, Along::Layers)).unwrap();
    let own: Vec<&Point> = measured[0].points().to_vec();
    let mut source = RestrictedPoints::new(&metric, &own, measured[0].target()).unwrap();
    let settings = SubsampleSettings { samples: 12, ..SubsampleSettings::new(1) };
    analysis.add_intervals(&metric, &measured[0], &mut source, IntervalSettings::Subsampling(settings)).unwrap();
    let intervals = analysis.paths[0].intervals.as_ref().unwrap();
    assert_eq!((intervals.method.as_str(), intervals.groups, intervals.samples), ("subsampling", None, Some(12)));
    assert!(intervals.values[0].low.unwrap() < intervals.values[0].high.unwrap());
    let undefined = Undefined::Closed.to_string();
    assert!(intervals.values.iter().all(|value| value.reason.as_ref() != Some(&undefined)));
}
