//! Two small paths in the plane, worked out by hand.
//!
//! `net@0` goes (0,0) → (3,0) → (3,4); `net@3` goes (0,0) → (3,0) → (3,0) → (3,4). The target is (3,8). The second path
//! stands still once, so angles at the point where it does so are undefined.

use std::f64::consts::FRAC_PI_2;

use layerpath::analysis::{
    Along, Analysis, EmbeddingRecord, Epoch, PathRecord, PointRecord, ProjectionRecord, SCHEMA, Stimuli,
    StimulusIdentity, UndefinedRecord,
};

/// √73, the distance from (0,0) to (3,8).
const FROM_ORIGIN: f64 = 8.544_003_745_317_53;
/// Angle at (0,0) between (3,0) and (3,8): arctan(8/3).
const HEADING: f64 = 1.212_025_656_524_324_6;

/// The analysis with both paths, a target, an embedding and a note.
pub(crate) fn two_paths() -> Analysis {
    let mut points = Vec::new();
    for (epoch, layers) in
        [(0, &["input", "block1.sum", "logits"][..]), (3, &["input", "block1.sum", "block2.sum", "logits"])]
    {
        points.extend(layers.iter().enumerate().map(|(index, layer)| PointRecord {
            name: format!("net@{epoch}/{layer}"),
            layer: (*layer).to_owned(),
            index: Some(index),
            network: Some("net".to_owned()),
            epoch: Some(Epoch::from(epoch)),
            seed: Some(7),
            shape: vec![5, 8],
            ..PointRecord::default()
        }));
    }
    points.push(PointRecord { name: "labels".to_owned(), layer: "labels".to_owned(), ..PointRecord::default() });

    let projections = [(0.0, 0.0), (9.0 / 73.0, 24.0 / FROM_ORIGIN), (41.0 / 73.0, 12.0 / FROM_ORIGIN)]
        .map(|(t, distance)| Some(ProjectionRecord { t, distance }));
    let [start, corner, end] = projections;
    let still = |statistic: &str, index| UndefinedRecord {
        statistic: statistic.to_owned(),
        index: Some(index),
        reason: "the step from block1.sum to block2.sum has length 0".to_owned(),
    };
    let straight = PathRecord {
        name: "net@0".to_owned(),
        along: Along::Layers,
        network: Some("net".to_owned()),
        epoch: Some(Epoch::UNTRAINED),
        seed: Some(7),
        network_accuracy: Some(0.1),
        points: points[..3].iter().map(|point| point.name.clone()).collect(),
        target: Some("labels".to_owned()),
        distances: vec![
            vec![0.0, 3.0, 5.0, FROM_ORIGIN],
            vec![3.0, 0.0, 4.0, 8.0],
            vec![5.0, 4.0, 0.0, 4.0],
            vec![FROM_ORIGIN, 8.0, 4.0, 0.0],
        ],
        steps: vec![3.0, 4.0],
        length: 7.0,
        displacement: 5.0,
        straightness: Some(5.0 / 7.0),
        interior_angles: vec![Some(FRAC_PI_2)],
        heading_angles: Some(vec![Some(HEADING), Some(0.0)]),
        distance_to_start: vec![0.0, 3.0, 5.0],
        distance_to_target: Some(vec![FROM_ORIGIN, 8.0, 4.0]),
        progress: Some(vec![FROM_ORIGIN - 8.0, 4.0]),
        efficiency: Some(vec![Some((FROM_ORIGIN - 8.0) / 3.0), Some(1.0)]),
        projection: Some(vec![start, corner, end]),
        undefined: Vec::new(),
        baselines: None,
        intervals: None,
        convergence: None,
        decoding: None,
        stimulus_shares: None,
    };
    let resting = PathRecord {
        name: "net@3".to_owned(),
        epoch: Some(Epoch::from(3)),
        network_accuracy: Some(0.925),
        points: points[3..7].iter().map(|point| point.name.clone()).collect(),
        distances: vec![
            vec![0.0, 3.0, 3.0, 5.0, FROM_ORIGIN],
            vec![3.0, 0.0, 0.0, 4.0, 8.0],
            vec![3.0, 0.0, 0.0, 4.0, 8.0],
            vec![5.0, 4.0, 4.0, 0.0, 4.0],
            vec![FROM_ORIGIN, 8.0, 8.0, 4.0, 0.0],
        ],
        steps: vec![3.0, 0.0, 4.0],
        interior_angles: vec![None, None],
        heading_angles: Some(vec![Some(HEADING), None, Some(0.0)]),
        distance_to_start: vec![0.0, 3.0, 3.0, 5.0],
        distance_to_target: Some(vec![FROM_ORIGIN, 8.0, 8.0, 4.0]),
        progress: Some(vec![FROM_ORIGIN - 8.0, 0.0, 4.0]),
        efficiency: Some(vec![Some((FROM_ORIGIN - 8.0) / 3.0), None, Some(1.0)]),
        projection: Some(vec![start, corner, corner, end]),
        baselines: None,
        intervals: None,
        convergence: None,
        decoding: None,
        stimulus_shares: None,
        undefined: vec![
            still("interior_angles", 0),
            still("interior_angles", 1),
            still("heading_angles", 1),
            still("efficiency", 1),
        ],
        ..straight.clone()
    };
    let coordinates = [(0, 0), (3, 0), (3, 4), (0, 0), (3, 0), (3, 0), (3, 4), (3, 8)];
    Analysis {
        schema: SCHEMA.to_owned(),
        program: "layerpath 0.1.0".to_owned(),
        metric: "angular-cka[estimator=unbiased,kernel=linear]".to_owned(),
        unit: "rad".to_owned(),
        stimuli: Stimuli {
            count: 5,
            identity: StimulusIdentity::Given,
            hash: "0123456789abcdef".to_owned(),
            ids: Vec::new(),
        },
        embedding: Some(EmbeddingRecord {
            method: "classical-mds".to_owned(),
            points: points.iter().map(|point| point.name.clone()).collect(),
            coordinates: coordinates.iter().map(|(x, y)| vec![f64::from(*x), f64::from(*y)]).collect(),
            stress: 0.0,
            ..EmbeddingRecord::default()
        }),
        points,
        paths: vec![straight, resting],
        notes: vec!["Distances are those of points in the plane.".to_owned()],
    }
}

/// The same points without a target.
pub(crate) fn without_target() -> Analysis {
    let mut analysis = two_paths();
    analysis.points.pop();
    for path in &mut analysis.paths {
        path.target = None;
        for row in &mut path.distances {
            row.pop();
        }
        path.distances.pop();
        path.heading_angles = None;
        path.distance_to_target = None;
        path.progress = None;
        path.efficiency = None;
        path.projection = None;
        path.undefined.retain(|undefined| undefined.statistic == "interior_angles");
    }
    if let Some(embedding) = &mut analysis.embedding {
        embedding.points.pop();
        embedding.coordinates.pop();
    }
    analysis
}
