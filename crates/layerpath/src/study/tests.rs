#![allow(clippy::unwrap_used)]

use std::ops::Range;

use super::*;
use crate::analysis::{Along, Analysis, PointRecord, Stimuli, analyze, paths, point_name};
use crate::geometry::UnitVector;
use crate::metric::{Metric, Point};

/// A network whose layers stand on the equator at these angles, at these epochs.
fn points(network: &str, seed: u64, epochs: &[(u32, &[f64])]) -> Vec<(PointRecord, Point)> {
    let mut all = Vec::new();
    for (epoch, angles) in epochs {
        for (index, angle) in angles.iter().enumerate() {
            let layer = format!("layer{index}");
            let record = PointRecord {
                name: point_name(Some(network), Some(*epoch), &layer),
                layer,
                index: Some(index),
                network: Some(network.to_owned()),
                epoch: Some(*epoch),
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
        })
        .collect();
    let record = straightness("all", &replicas).unwrap();
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
    let single = straightness("all", &replicas[..1]).unwrap();
    let metric = MetricRecord { metric: "m".into(), unit: "rad".into(), stimuli: 4, architectures: vec![single] };
    let sentence = &StraightnessStudy::new(vec![metric]).statements[0];
    assert!(sentence.contains("the data do not support") && sentence.contains("a single seed"), "{sentence}");
    // Other layers are no replicas.
    let other = analysis(&points("net", 3, &[(0, &[0.0, 0.1])]));
    let mixed = [replicas[0], Replica { trained: &other.paths[0], untrained: None, ..replicas[0] }];
    assert!(straightness("all", &mixed).is_err());
}

#[test]
fn layers_move_towards_their_final_representation() {
    let own = points("net", 1, &[(0, &[0.0, 0.4]), (2, &[0.0, 0.5]), (6, &[0.0, 0.9])]);
    let analysis = analysis(&own);
    let paths: Vec<_> = analysis.paths.iter().collect();
    let angle = [[0.0, 0.4], [0.0, 0.5], [0.0, 0.9_f64]];
    let distances: Vec<Vec<Vec<f64>>> =
        (0..3).map(|e| (0..3).map(|f| (0..2).map(|i| (angle[e][i] - angle[f][i]).abs()).collect()).collect()).collect();
    let decoded = [DecodedLayer { epoch: 6, layer: "layer1".into(), accuracy: 0.9, chance: 0.1 }];
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
    let length = study.architectures[0].epochs.iter().find(|one| one.epoch == 6 && one.statistic == "length").unwrap();
    near(length.change.as_ref().unwrap().mean, 0.5);
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
    NetworkPath { network: name, architecture, depth, width: 4, seed: 0, test_accuracy: None, path, places }
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
    let study = width_depth(&Metric::default(), 4, &networks, &table).unwrap();
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
    // No trend is supported: the answer is about whole paths alone.
    assert_eq!(study.answer, study.statements[study.statements.len() - 1..]);
    let last = study.statements.last().unwrap();
    assert!(last.starts_with("1 of 1 pairs of architectures travel farther apart"), "{last}");
    assert!(
        study.statements[0].starts_with("The data do not support that the length of the path (rad) changes with depth")
    );
    // Three networks, two depths: a line has one degree of freedom left.
    let length = study.trends.iter().find(|one| one.statistic == "length").unwrap().trend.clone().unwrap();
    near(length.depth.unwrap().per_doubling, 0.0);
    // No stages, so nothing to compare like with like.
    assert!(study.networks.iter().all(|one| one.stage_length.is_none()));
    let outside = [network(0, "a", 8, 6..8)];
    assert!(width_depth(&Metric::default(), 4, &outside, &table).is_err());
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
    let study = width_depth(&Metric::default(), 4, &[network(0, 8, 0..3), network(1, 14, 3..7)], &table).unwrap();
    for one in &study.networks {
        near(one.stage_length.unwrap(), 0.5);
        near(one.stage_straightness.unwrap(), 0.2);
    }
    near(study.networks[1].length, 1.7);
}
