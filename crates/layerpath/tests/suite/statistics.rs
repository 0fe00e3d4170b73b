//! Path statistics on whole paths: identities that hold for every path, and random walks.

use std::f64::consts::{FRAC_PI_2, PI};

use layerpath::analysis::{Along, PathDescription, PointRecord, Stimuli, analyze};
use layerpath::metric::{Metric, Point};
use layerpath::path::Path;
use layerpath::representation::Representation;
use proptest::prelude::*;

use crate::data::{chain, embed, gaussian, seeded, spherical};

proptest! {
    #![proptest_config(seeded(40))]

    /// Statistics are what their definitions say, from distances alone where they can be.
    #[test]
    fn agree_with_their_definitions(seed in 0_u64..10_000, m in 6_usize..24, width in 1_usize..30) {
        for metric in spherical() {
            let layers = chain(seed, m, &[width, 7, m, 2 * m, 3]);
            let points: Vec<Point> = layers.iter().map(|layer| embed(&metric, layer, m)).collect();
            let target = embed(&metric, &gaussian(seed + 99, m, 3), m);
            let path = Path::new(&metric, &points, Some(&target)).unwrap();
            let d = |i: usize, j: usize| metric.distance(&points[i], &points[j]).unwrap();
            let to_target = |i: usize| metric.distance(&points[i], &target).unwrap();
            for i in 0..4 {
                prop_assert!((path.steps()[i] - d(i, i + 1)).abs() < 1e-12);
                let progress = path.progress().unwrap()[i];
                prop_assert!((progress - (to_target(i) - to_target(i + 1))).abs() < 1e-12);
                prop_assert!(path.efficiency().unwrap()[i].clone().unwrap().abs() <= 1.0);
                // Spherical law of cosines gives the heading angle from three distances.
                let (step, near, far) = (d(i, i + 1), to_target(i), to_target(i + 1));
                let cosine = (far.cos() - step.cos() * near.cos()) / (step.sin() * near.sin());
                let heading = path.heading_angles().unwrap()[i].clone().unwrap();
                prop_assert!((heading.cos() - cosine).abs() < 1e-9, "{heading} against cosine {cosine}");
            }
            for i in 1..4 {
                let (before, after, across) = (d(i - 1, i), d(i, i + 1), d(i - 1, i + 1));
                let cosine = (across.cos() - before.cos() * after.cos()) / (before.sin() * after.sin());
                let angle = path.interior_angles()[i - 1].clone().unwrap();
                prop_assert!((angle.cos() - cosine).abs() < 1e-9);
            }
            prop_assert!(path.displacement() <= path.length() * (1.0 + 1e-12));
            prop_assert!((path.length() - path.steps().iter().sum::<f64>()).abs() < 1e-12);
            // The foot of the projection is found again by walking the geodesic.
            for (i, point) in points.iter().enumerate() {
                let projection = path.projections().unwrap()[i].clone().unwrap();
                let foot = metric.geodesic(&points[0], &target, projection.t).unwrap();
                prop_assert!((metric.distance(point, &foot).unwrap() - projection.distance).abs() < 1e-10);
            }
        }
    }
}

#[test]
fn random_walks_have_no_memory_of_direction() {
    let metric = Metric::default();
    let m = 60;
    let points: Vec<Point> = (0..40).map(|seed| embed(&metric, &gaussian(seed, m, 200), m)).collect();
    // Independent points are about 90° apart, and a triangle of such points has angles of 60° … 90°: here 90° ± sampling
    // noise, since cos A = (cos a − cos b cos c)/(sin b sin c) ≈ cos a.
    let path = Path::new(&metric, &points, None).unwrap();
    let mean = path.interior_angles().iter().map(|a| a.clone().unwrap()).sum::<f64>() / 38.0;
    assert!((mean - FRAC_PI_2).abs() < 1.0_f64.to_radians(), "{}", mean.to_degrees());
    assert!(path.heading_angles().is_none() && path.progress().is_none() && path.projections().is_none());
}

#[test]
fn the_document_says_what_the_path_says() {
    let metric = Metric::default();
    let m = 12;
    let mut layers = chain(3, m, &[5, 6, 7]);
    layers.insert(2, layers[1].clone()); // a layer that does nothing
    layers.push(gaussian(77, m, 2));
    let points: Vec<(PointRecord, Point)> = layers
        .iter()
        .enumerate()
        .map(|(i, layer)| {
            let name = format!("layer{i}");
            let record =
                PointRecord { name: name.clone(), layer: name, network: Some("net".into()), ..PointRecord::default() };
            (record, embed(&metric, layer, m))
        })
        .collect();
    let description =
        PathDescription { name: "net".into(), along: Along::Layers, points: vec![0, 1, 2, 3], target: Some(4) };
    let analysis = analyze(&metric, Stimuli::row_numbers(m), &points, std::slice::from_ref(&description)).unwrap();
    let record = &analysis.paths[0];
    let only: Vec<Point> = points[..4].iter().map(|(_, point)| point.clone()).collect();
    let path = Path::new(&metric, &only, Some(&points[4].1)).unwrap();
    assert_eq!(record.network.as_deref(), Some("net"));
    assert_eq!(record.steps, path.steps());
    assert_eq!(record.steps[1], 0.0);
    assert_eq!(record.distances.len(), 5);
    assert_eq!(record.distances, path.distances().to_rows());
    assert_eq!(record.interior_angles, vec![None, None]);
    assert_eq!(record.heading_angles.as_ref().unwrap()[1], None);
    let reasons: Vec<(&str, Option<usize>)> =
        record.undefined.iter().map(|u| (u.statistic.as_str(), u.index)).collect();
    assert_eq!(
        reasons,
        [
            ("interior_angles", Some(0)),
            ("interior_angles", Some(1)),
            ("heading_angles", Some(1)),
            ("efficiency", Some(1))
        ]
    );
    assert!(record.undefined[0].reason.contains("coincide"));
    let embedding = analysis.embedding.as_ref().unwrap();
    assert_eq!(embedding.points.len(), 5);
    assert!(embedding.stress > 0.0 && embedding.stress < 1.0);
    // And the text form loses nothing.
    let text = serde_json::to_string(&analysis).unwrap();
    assert_eq!(serde_json::from_str::<layerpath::analysis::Analysis>(&text).unwrap(), analysis);

    let twice = analyze(&metric, Stimuli::row_numbers(m), &points, &[description.clone(), description]);
    assert!(twice.unwrap_err().to_string().contains("two paths are called `net`"));
}

/// A layer that only rescales, as batch norm does before training, differs from its input by single-precision rounding:
/// the step is measured, and no angle is made up from the rounding.
#[test]
fn steps_below_the_precision_of_the_activations_have_no_direction() {
    let metric = Metric::default();
    let (m, n) = (20, 500);
    let single = |seed| gaussian(seed, m, n).into_iter().map(|x| x as f32).collect::<Vec<f32>>();
    let conv = single(2);
    let norm: Vec<f32> = conv.iter().map(|x| x / 1.000_005_f32).collect();
    let points: Vec<Point> = [single(1), conv, norm, single(3)]
        .iter()
        .map(|layer| metric.embed(&Representation::new(&layer[..], m, n).unwrap()).unwrap())
        .collect();
    let path = Path::new(&metric, &points, Some(&points[3])).unwrap();
    assert!(path.steps()[1] > 0.0 && path.steps()[1] < 6e-7, "{}", path.steps()[1]);
    assert!(path.interior_angles().iter().all(Result::is_err));
    assert!(path.heading_angles().unwrap()[1].is_err() && path.efficiency().unwrap()[1].is_err());
    assert!(path.efficiency().unwrap()[0].is_ok());
}

#[test]
fn a_sampled_geodesic_between_activations_is_straight() {
    for metric in Metric::all().into_iter().filter(|metric| metric.properties().has_geodesics) {
        let (a, b) = (embed(&metric, &gaussian(1, 20, 10), 20), embed(&metric, &gaussian(2, 20, 10), 20));
        let points: Vec<Point> = (0..20).map(|i| metric.geodesic(&a, &b, f64::from(i) / 19.0).unwrap()).collect();
        let path = Path::new(&metric, &points, Some(&b)).unwrap();
        assert!((path.straightness().unwrap() - 1.0).abs() < 1e-7);
        assert!(path.interior_angles().iter().all(|angle| (angle.clone().unwrap() - PI).abs() < 1e-7));
        assert!(path.projections().unwrap().iter().all(|p| p.clone().unwrap().distance < 1e-7));
    }
}
