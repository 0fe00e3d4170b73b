#![allow(clippy::unwrap_used)]

use std::ops::Range;

use super::*;
use crate::analysis::{Along, Analysis, Epoch, PointRecord, Stimuli, analyze, paths, point_name};
use crate::geometry::UnitVector;
use crate::metric::{Metric, Point};
use crate::path::lead::ProgressSamples;

/// A network whose layers stand on the equator at these angles, at these epochs.
fn points(network: &str, seed: u64, epochs: &[(u32, &[f64])]) -> Vec<(PointRecord, Point)> {
    let mut all = Vec::new();
    for (epoch, angles) in epochs {
        let epoch = Some(Epoch::from(*epoch));
        for (index, angle) in angles.iter().enumerate() {
            let layer = format!("layer{index}");
            let record = PointRecord {
                name: point_name(Some(network), epoch, &layer),
                layer,
                index: Some(index),
                network: Some(network.to_owned()),
                epoch,
                seed: Some(seed),
                ..PointRecord::default()
            };
            all.push((record, Point::Sphere(UnitVector::normalize(vec![angle.cos(), angle.sin(), 0.0]).unwrap())));
        }
    }
    all
}

fn analysis(points: &[(PointRecord, Point)]) -> Analysis {
    let records: Vec<PointRecord> = points.iter().map(|(record, _)| record.clone()).collect();
    analyze(&Metric::default(), Stimuli::row_numbers(4), points, &paths(&records, Along::Layers)).unwrap()
}

fn near(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-12, "{value} against {expected}");
}

/// Before: out to 0.4 and back to 0.2, straightness 1/3. After: straight on to 0.5 and 0.6.
#[test]
fn training_makes_these_paths_straight() {
    let analyses: Vec<Analysis> = [(1, 0.5), (2, 0.6)]
        .iter()
        .map(|&(seed, end)| {
            analysis(&points(&format!("net-seed{seed}"), seed, &[(0, &[0.0, 0.4, 0.2]), (4, &[0.0, 0.3, end])]))
        })
        .collect();
    let replicas: Vec<Replica<'_>> = analyses
        .iter()
        .enumerate()
        .map(|(i, one)| Replica {
            architecture: "net",
            seed: i as u64 + 1,
            trained: &one.paths[1],
            untrained: Some(&one.paths[0]),
            progress: None,
        })
        .collect();
    let record = straightness("angular-cka", "all", &replicas).unwrap();
    let of = |statistic: &str, index| {
        record.statistics.iter().find(|one| one.statistic == statistic && one.index == index).unwrap()
    };
    let whole = of("straightness", None);
    near(whole.trained.as_ref().unwrap().mean, 1.0);
    near(whole.change.as_ref().unwrap().mean, 2.0 / 3.0);
    assert!(whole.change.as_ref().unwrap().is_above(0.6));
    near(of("steps", Some(1)).trained.as_ref().unwrap().mean, 0.25);
    assert_eq!(of("steps", Some(1)).layer.as_deref(), Some("layer1"));
    assert_eq!(of("interior_angles", Some(1)).layer.as_deref(), Some("layer1"));
    assert!(whole.stimuli.is_none() && whole.shuffled_order.is_none());
    let document = StraightnessStudy::new(vec![MetricRecord {
        metric: "m".into(),
        unit: "rad".into(),
        stimuli: 4,
        architectures: vec![record],
    }]);
    assert!(document.statements[0].contains("training makes the path straighter: 0.333 before, 1.000 after"));
    assert_eq!(document.answer.len(), 1, "no target, one metric: {:?}", document.answer);
    assert!(document.answer[0].starts_with("net (all layers): training makes the path straighter"));
    // One seed supports nothing.
    let single = straightness("angular-cka", "all", &replicas[..1]).unwrap();
    let metric = MetricRecord { metric: "m".into(), unit: "rad".into(), stimuli: 4, architectures: vec![single] };
    let sentence = &StraightnessStudy::new(vec![metric]).statements[0];
    assert!(sentence.contains("the data do not support") && sentence.contains("a single seed"), "{sentence}");
    // Other layers are no replicas.
    let other = analysis(&points("net", 3, &[(0, &[0.0, 0.1])]));
    let mixed = [replicas[0], Replica { trained: &other.paths[0], untrained: None, ..replicas[0] }];
    assert!(straightness("angular-cka", "all", &mixed).is_err());
}

#[test]
fn layers_move_towards_their_final_representation() {
    let own = points("net", 1, &[(0, &[0.0, 0.4]), (2, &[0.0, 0.5]), (6, &[0.0, 0.9])]);
    let analysis = analysis(&own);
    let paths: Vec<_> = analysis.paths.iter().collect();
    let angle = [[0.0, 0.4], [0.0, 0.5], [0.0, 0.9_f64]];
    let distances: Vec<Vec<Vec<f64>>> =
        (0..3).map(|e| (0..3).map(|f| (0..2).map(|i| (angle[e][i] - angle[f][i]).abs()).collect()).collect()).collect();
    let decoded = [DecodedLayer { epoch: Epoch::from(6), layer: "layer1".into(), accuracy: 0.9, chance: 0.1 }];
    let run = TrainingRun {
        network: "net-seed1",
        architecture: "net",
        seed: 1,
        paths: &paths,
        distances: &distances,
        test_accuracy: &[Some(0.1), None, Some(0.8)],
        decoded: &decoded,
    };
    let study = training("m", "rad", 4, &[run]).unwrap();
    let map = |name: &str| &study.networks[0].maps.iter().find(|map| map.statistic == name).unwrap().values;
    near(map("distance_to_final")[0][1].unwrap(), 0.5);
    near(map("distance_to_final")[2][1].unwrap(), 0.0);
    // 0.1 rad in two epochs, 0.4 rad in four, nothing known after the last.
    near(map("speed")[0][1].unwrap(), 0.05);
    near(map("speed")[1][1].unwrap(), 0.1);
    assert_eq!(map("speed")[2], [None, None]);
    assert_eq!(map("decoding")[2], [None, Some(0.9)]);
    near(map("steps")[1][0].unwrap(), 0.5);
    assert_eq!(map("steps")[1][1], None);
    assert_eq!(study.networks[0].epochs[2].test_accuracy, Some(0.8));
    let length = study.architectures[0]
        .epochs
        .iter()
        .find(|one| one.epoch == Epoch::from(6) && one.statistic == "length")
        .unwrap();
    near(length.change.as_ref().unwrap().mean, 0.5);
    // Since epoch 2, the first after training began.
    near(length.later_change.as_ref().unwrap().mean, 0.4);
    assert!(study.architectures[0].epochs.iter().all(|one| one.epoch == Epoch::from(6) || one.later_change.is_none()));
    // The answer is about straightness; the statements about every statistic, length first.
    assert!(study.answer[0].contains("the data do not support that training changes the straightness of the path"));
    assert!(study.statements[0].contains("the data do not support that training changes the length of the path (rad)"));
    let short = TrainingRun { distances: &distances[..2], ..run };
    assert!(training("m", "rad", 4, &[short]).is_err());
}

/// Distances between points of a circle.
fn table(angles: &[&[f64]]) -> Vec<Vec<f64>> {
    let all: Vec<f64> = angles.concat();
    all.iter().map(|x| all.iter().map(|y| (x - y).abs()).collect()).collect()
}

/// A network of width 4 and its places in the table.
fn network<'a>(
    name: &'a str,
    architecture: &'a str,
    depth: usize,
    analysis: &'a Analysis,
    places: Range<usize>,
) -> NetworkPath<'a> {
    let path = &analysis.paths[0];
    NetworkPath {
        network: name,
        architecture,
        depth,
        width: 4,
        seed: 0,
        test_accuracy: None,
        path,
        untrained: None,
        untrained_accuracy: None,
        places,
    }
}

#[test]
fn pairs_are_read_against_replicas() {
    // Two seeds of `a` 0.01 apart everywhere, one `b` (deeper) 0.3 further.
    let angles: [&[f64]; 3] = [&[0.0, 0.2], &[0.01, 0.21], &[0.3, 0.4, 0.5]];
    let names = ["a-seed0", "a-seed1", "b-seed0"];
    let analyses: Vec<Analysis> =
        names.iter().zip(angles).map(|(name, angles)| analysis(&points(name, 0, &[(1, angles)]))).collect();
    let table = table(&angles);
    let network = |i: usize, architecture, depth, places| network(names[i], architecture, depth, &analyses[i], places);
    let networks = [network(0, "a", 8, 0..2), network(1, "a", 8, 2..4), network(2, "b", 14, 4..7)];
    let study = width_depth(&Metric::default(), 4, &networks, &table, GridBaselines::default()).unwrap();
    assert_eq!(study.pairs.len(), 3);
    assert_eq!((study.pairs[0].relation, study.pairs[1].relation), (Relation::Replica, Relation::Depth));
    near(study.pairs[0].frechet, 0.01);
    near(study.pairs[0].arc_length_matched.unwrap(), 0.01);
    near(study.pairs[1].hausdorff, 0.3);
    assert_eq!(study.pairs[1].nearest_in_second, [0, 0]);
    assert_eq!(study.pairs[1].nearest_in_first, [1, 1, 1]);
    let group =
        study.groups.iter().find(|one| one.second == "b" && one.first == "a" && one.measure == "frechet").unwrap();
    assert_eq!((group.pairs, group.replica_pairs, group.beyond_replicas), (2, 1, Some(true)));
    near(group.replica_mean.unwrap(), 0.01);
    near(group.mean, 0.295);
    assert_eq!(study.embedding.points.len(), 7);
    assert!(study.embedding.coordinates.iter().all(|row| row.len() == 3));
    // No trend is supported, and one pair of replicas supports nothing about whole paths.
    assert_eq!(study.answer, study.statements[study.statements.len() - study.answer.len()..]);
    assert!(study.answer[0].starts_with("The data do not support that networks of different architectures travel"));
    let count = &study.answer[2];
    assert!(count.starts_with("1 of 1 pairs of architectures travel farther apart"), "{:?}", study.answer);
    assert!(
        study.statements[0].starts_with("The data do not support that the length of the path (rad) changes with depth")
    );
    // Three networks, two depths: a line has one degree of freedom left.
    let length = study.trends.iter().find(|one| one.statistic == "length").unwrap().trend.clone().unwrap();
    near(length.depth.unwrap().per_doubling, 0.0);
    // No stages, so nothing to compare like with like.
    assert!(study.networks.iter().all(|one| one.stage_length.is_none()));
    let outside = [network(0, "a", 8, 6..8)];
    assert!(width_depth(&Metric::default(), 4, &outside, &table, GridBaselines::default()).is_err());
}

#[test]
fn paths_of_many_layers_are_compared_at_the_ends_of_stages() {
    // Both go 0 → 0.3 → 0.1 at the ends of their stages; the deeper one wanders within the first stage.
    let angles: [&[f64]; 2] = [&[0.0, 0.3, 0.1], &[0.0, 0.9, 0.3, 0.1]];
    let layers = [vec!["input", "stage1.b1", "logits"], vec!["input", "stage1.b1", "stage1.b2", "logits"]];
    let names = ["a-seed0", "b-seed0"];
    let mut analyses: Vec<Analysis> =
        names.iter().zip(angles).map(|(name, angles)| analysis(&points(name, 0, &[(1, angles)]))).collect();
    for (analysis, layers) in analyses.iter_mut().zip(&layers) {
        analysis.paths[0].points = layers.iter().map(|layer| format!("net@1/{layer}")).collect();
    }
    let table = table(&angles);
    let network = |i: usize, depth, places| network(names[i], names[i], depth, &analyses[i], places);
    let study = width_depth(
        &Metric::default(),
        4,
        &[network(0, 8, 0..3), network(1, 14, 3..7)],
        &table,
        GridBaselines::default(),
    )
    .unwrap();
    for one in &study.networks {
        near(one.stage_length.unwrap(), 0.5);
        near(one.stage_straightness.unwrap(), 0.2);
    }
    near(study.networks[1].length, 1.7);
}

/// Four depths, two seeds each, straight paths of six layers: before training they end at 0.3 rad and 0.02 more a doubling,
/// after it at 0.5 and 0.1 more; seeds differ by a little.
#[test]
fn the_grid_stands_beside_its_baselines() {
    let straight = |end: f64| (0..6).map(|i| end * f64::from(i) / 5.0).collect::<Vec<f64>>();
    let grid: Vec<(usize, u64)> = (0..4).flat_map(|k| [(k, 0), (k, 1)]).collect();
    let end = |start: f64, more: f64, &(k, seed): &(usize, u64)| {
        straight(start + more * k as f64 + 0.001 * (k + 1) as f64 * seed as f64)
    };
    let before: Vec<Vec<f64>> = grid.iter().map(|one| end(0.3, 0.02, one)).collect();
    let after: Vec<Vec<f64>> = grid.iter().map(|one| end(0.5, 0.1, one)).collect();
    let names: Vec<String> = grid.iter().map(|(k, seed)| format!("net{k}-seed{seed}")).collect();
    let kinds: Vec<String> = grid.iter().map(|(k, _)| format!("net{k}")).collect();
    let analyses: Vec<Analysis> =
        (0..8).map(|i| analysis(&points(&names[i], grid[i].1, &[(0, &before[i]), (4, &after[i])]))).collect();
    let networks: Vec<NetworkPath<'_>> = (0..8)
        .map(|i| NetworkPath {
            untrained: Some(&analyses[i].paths[0]),
            path: &analyses[i].paths[1],
            seed: grid[i].1,
            test_accuracy: Some(0.5 + 0.05 * grid[i].0 as f64 + 0.01 * grid[i].1 as f64),
            ..network(&names[i], &kinds[i], 8 << grid[i].0, &analyses[i], 6 * i..6 * i + 6)
        })
        .collect();
    let tables: Vec<Vec<Vec<f64>>> =
        [&before, &after].into_iter().map(|all| table(&all.iter().map(Vec::as_slice).collect::<Vec<_>>())).collect();
    let baselines = GridBaselines { untrained: Some(&tables[0]), shuffles: 50, seed: 1 };
    let study = width_depth(&Metric::default(), 4, &networks, &tables[1], baselines).unwrap();

    let trend = |name: &str| study.trends.iter().find(|one| one.statistic == name).unwrap();
    let slope = |fit: &Option<Trend>| fit.as_ref().unwrap().depth.as_ref().unwrap().per_doubling;
    let own = trend("displacement");
    // The seeds' 0.001(k + 1)/2 adds 0.0005 a doubling to both.
    near(slope(&own.trend), 0.1005);
    near(slope(&own.untrained), 0.0205);
    near(slope(&own.change), 0.08);
    assert_eq!(own.shuffled_order, None, "the end points stay");
    assert!(own.accuracy.as_ref().unwrap().correlation.as_ref().unwrap().value > 0.99);
    // In random order a longer line is longer still: a mean step is 0.4 of it instead of 0.2, but for the ends.
    let shuffled = trend("stage_length").shuffled_order.as_ref().unwrap().depth.unwrap();
    assert!((0.15..0.3).contains(&shuffled.median) && shuffled.low < shuffled.median, "{shuffled:?}");
    assert!(trend("straightness").shuffled_order.is_some());
    near(slope(&trend("test_accuracy").trend), 0.05);

    let any = &study.travel[0];
    assert_eq!((any.relation, any.pairs, any.replica_pairs, any.architectures), (None, 24, 4, 6));
    let (ratio, chance) = (any.ratio.unwrap(), any.chance.as_ref().unwrap());
    // At equal shares of the length, half the difference of the ends: 1.67·0.1005 and (1 + 2 + 3 + 4)/4·0.001.
    assert!(ratio.value > 60.0, "{ratio:?}");
    // One of the 105 divisions of eight networks into pairs.
    assert!((0.003..0.02).contains(&chance.at_least), "{chance:?}");
    assert!(chance.ratio.high < ratio.value && (any.beyond, any.beyond_by_chance.unwrap().median < 6.0) == (6, true));
    assert!(any.untrained_ratio.unwrap().value < ratio.value);
    assert!(any.shuffled_order.unwrap().low > any.mean.value);
    assert!(
        study.answer[0].starts_with("Networks of different architectures travel farther apart"),
        "{:?}",
        study.answer
    );
    // Without one of four architectures 3·2·2 pairs of networks are left; of one width nothing can be left out.
    let left: Vec<(Relation, usize, usize, usize)> =
        any.without.iter().map(|one| (one.dimension, one.size, one.pairs, one.replica_pairs)).collect();
    assert_eq!(left, [8, 16, 32, 64].map(|depth| (Relation::Depth, depth, 12, 3)));
    // The nearest two ends are 0.1 apart, and 0.2 without one between them: without an outer one, (0.1 + 0.1 + 0.2)/3 is
    // less than (0.1 + 0.2 + 0.3)/3.
    let of = |place: usize| any.without[place].ratio.value;
    assert!(of(0) < ratio.value && of(3) > of(0) && any.without[0].ratio.low.is_some(), "{:?}", any.without);
    // Three pairs can be drawn from six networks in 15 ways: no P below 1/15, so nothing is supported.
    assert!(any.without.iter().all(|one| !one.holds() && one.chance.as_ref().unwrap().at_least > 0.05));
    assert!(
        study.answer[1].starts_with("That networks of different architectures do so is not supported without some")
    );
    assert!(study.travel[1].without.is_empty(), "of the first measure alone");
    // Half the difference of the ends: 0.001 (k + 1)/2.
    let seeds = study.answer.iter().find(|one| one.starts_with("Two seeds of one architecture")).unwrap();
    assert!(seeds.contains("mean in rad: by number of layers 0.0") && seeds.contains(", 0.002 (64);"), "{seeds}");
    // All of one width: depth alone is all there is, and width decides nothing.
    assert_eq!(study.travel.iter().filter(|one| one.relation == Some(Relation::Width)).count(), 0);
    assert_eq!(study.travel[4].relation, Some(Relation::Depth));

    let order = &study.nearest[0];
    assert!(order.order_kept.value > 0.85 && order.order_kept.value > order.shuffled_order.unwrap().high, "{order:?}");
    assert!(study.pairs[0].order_kept.unwrap() > 0.99, "replicas");
    assert!(study.answer.iter().any(|one| one.starts_with("Mostly, two layers of one network")), "{:?}", study.answer);
    let told = study.answer.iter().find(|one| one.starts_with("With depth, the distance from input")).unwrap();
    assert!(told.contains("untrained +0.02") && told.contains("trained minus untrained +0.080"), "{told}");
    assert!(study.answer.last().unwrap().starts_with("Size and accuracy go together: test accuracy changes by +0.050"));
    assert_eq!(study.untrained.len(), 8);

    // A path before training through other layers is no baseline.
    let short = analysis(&points("net0-seed0", 0, &[(0, &[0.0, 0.1])]));
    let mut wrong = networks.clone();
    wrong[0].untrained = Some(&short.paths[0]);
    assert!(width_depth(&Metric::default(), 4, &wrong, &tables[1], baselines).is_err());
    let small = GridBaselines { untrained: Some(&tables[0][..6]), ..baselines };
    assert!(width_depth(&Metric::default(), 4, &networks, &tables[1], small).is_err());
}

/// One architecture of three seeds whose layers stand at these angles, towards a target at 1 rad: progress is the angle gone.
fn towards_target(angles: [[f64; 4]; 3], progress: Option<&ProgressSamples>) -> (StraightnessRecord, Vec<String>) {
    let analyses: Vec<Analysis> = angles
        .iter()
        .zip(0..)
        .map(|(angles, seed)| {
            let mut all = points("net", seed, &[(0, &[0.0, 0.01, 0.02, 0.03]), (4, angles)]);
            let target = Point::Sphere(UnitVector::normalize(vec![1.0_f64.cos(), 1.0_f64.sin(), 0.0]).unwrap());
            all.push((PointRecord { name: "labels".into(), layer: "labels".into(), ..PointRecord::default() }, target));
            let records: Vec<PointRecord> = all.iter().map(|(record, _)| record.clone()).collect();
            let mut described = paths(&records, Along::Layers);
            for path in &mut described {
                path.target = Some(all.len() - 1);
            }
            analyze(&Metric::default(), Stimuli::row_numbers(4), &all, &described).unwrap()
        })
        .collect();
    let replicas: Vec<Replica<'_>> = analyses
        .iter()
        .zip(0..)
        .map(|(one, seed)| Replica {
            architecture: "net",
            seed,
            trained: &one.paths[1],
            untrained: Some(&one.paths[0]),
            progress,
        })
        .collect();
    let record = straightness("angular-cka", "all", &replicas).unwrap();
    let metric =
        MetricRecord { metric: "m".into(), unit: "rad".into(), stimuli: 4, architectures: vec![record.clone()] };
    (record, StraightnessStudy::new(vec![metric]).statements)
}

#[test]
fn steps_that_do_not_separate_are_named_together() {
    // Steps of 0.3, 0.3 ± 0.01 and 0.05: the second leads by a hair, and not in every seed.
    let close = [[0.0, 0.3, 0.61, 0.66], [0.0, 0.3, 0.59, 0.64], [0.0, 0.3, 0.605, 0.655]];
    let (record, said) = towards_target(close, None);
    let leader = record.leader.as_ref().unwrap();
    assert_eq!((leader.index, leader.layer.as_str()), (1, "layer1"));
    assert_eq!(leader.others.iter().map(|one| (one.index, one.separated)).collect::<Vec<_>>(), [(0, false), (2, true)]);
    near(leader.others[1].lead.mean, (0.26 + 0.24 + 0.255) / 3.0);
    assert!(
        said[1].contains("2 steps make the most progress") && said[1].contains("from layer1 to layer2"),
        "{}",
        said[1]
    );
    assert!(
        said[1].contains("from layer0 to layer1") && said[1].contains("the next, from layer2 to layer3"),
        "{}",
        said[1]
    );

    let clear = [[0.0, 0.1, 0.61, 0.66], [0.0, 0.1, 0.59, 0.64], [0.0, 0.1, 0.605, 0.655]];
    let (record, said) = towards_target(clear, None);
    assert!(record.leader.unwrap().others.iter().all(|one| one.separated && one.stimuli.is_none()));
    let sentence = &said[1];
    assert!(sentence.contains("the step from layer1 to layer2 makes the most progress"), "{sentence}");
    assert!(
        sentence.contains("+0.010 untrained") && sentence.contains("the next, from layer0 to layer1"),
        "{sentence}"
    );

    // Half of the stimuli would put the third step first.
    let samples = ProgressSamples {
        seed: 0,
        stimuli: 8,
        removed: vec![4, 4],
        estimate: vec![0.1, 0.5, 0.05],
        without: vec![vec![0.1, 0.1, 0.4], vec![0.1, 0.9, 0.0]],
    };
    let (record, said) = towards_target(clear, Some(&samples));
    let others = record.leader.unwrap().others;
    let third = others.iter().find(|one| one.index == 2).unwrap();
    assert!(!third.separated && third.lead.is_above(0.0) && third.stimuli.unwrap().low < 0.0, "{third:?}");
    assert!(said[1].contains("steps make the most progress"), "{}", said[1]);
    // A random order of layers is no null for one step's progress.
    let band = |statistic: &str| {
        record.statistics.iter().any(|one| one.statistic == statistic && one.shuffled_order.is_some())
    };
    assert!(!band("progress") && !band("efficiency"));
}

#[test]
fn a_step_away_from_the_target_is_named_and_an_uncertain_one_is_not_said_to_lead() {
    // Steps of 0.5, about −0.1 and one between 0.05 and 0.75, whose mean is not known well enough to be placed.
    let angles = [[0.0, 0.5, 0.4, 0.45], [0.0, 0.5, 0.39, 0.8], [0.0, 0.5, 0.41, 1.0 - 0.05]];
    let (record, said) = towards_target(angles, None);
    assert_eq!(record.leader.as_ref().unwrap().index, 0);
    assert!(said[1].contains("the step from layer0 to layer1 makes the most progress"), "{}", said[1]);
    assert!(said[1].contains("too uncertain to be placed: from layer2 to layer3, +0.333 rad"), "{}", said[1]);
    assert!(
        said[2].contains("the step from layer1 to layer2 leads farthest away from the target, -0.100 rad"),
        "{said:?}"
    );
    assert_eq!(said.len(), 3);
    // A step that leads away no farther than permuted rows do is not named, nor another in its place.
    let mut record = record;
    for own in record.statistics.iter_mut().filter(|own| own.statistic == "progress") {
        own.noise_floor = Some(BaselineRange { median: 0.0, low: -0.2, high: 0.2 });
        if own.index == Some(2) {
            own.trained =
                Some(Spread { mean: -0.05, low: Some(-0.06), high: Some(-0.04), ..own.trained.clone().unwrap() });
            own.noise_floor = Some(BaselineRange { median: 0.0, low: -0.01, high: 0.01 });
        }
    }
    let metric = MetricRecord { metric: "m".into(), unit: "rad".into(), stimuli: 4, architectures: vec![record] };
    assert!(StraightnessStudy::new(vec![metric]).statements.iter().all(|one| !one.contains("leads farthest away")));
    // Where it leads away in one seed only, nothing is said.
    let (_, said) = towards_target([[0.0, 0.5, 0.4, 0.45], [0.0, 0.5, 0.6, 0.65], [0.0, 0.5, 0.5, 0.55]], None);
    assert_eq!(said.len(), 2, "{said:?}");
}
