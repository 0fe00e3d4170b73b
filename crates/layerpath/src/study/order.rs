//! Whole paths with their interior layers in random order, from the distances of the points alone.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::BaselineRange;
use super::statistics::mean;
use crate::analysis::PathRecord;
use crate::metric::Metric;

/// Whether the points of a metric lie on a unit sphere, where distances tell the angles.
pub(super) fn is_spherical(metric: &str) -> bool {
    metric.parse::<Metric>().is_ok_and(|metric| metric.is_spherical())
}

/// A statistic of a whole path with the interior layers in random order: from the path's own shuffled baseline, and, for mean
/// angles `on_sphere`, from its distances. `None` for the displacement: the end points stay where they are.
pub(super) fn whole_in_random_order(path: &PathRecord, statistic: &str, on_sphere: bool) -> Option<BaselineRange> {
    if statistic == "displacement" {
        return None;
    }
    let of_distances = || {
        let bands = &path.baselines.as_ref()?.shuffled_order;
        let own = bands.iter().find(|own| own.index.is_none() && own.statistic == statistic)?;
        Some(BaselineRange { median: own.median?, low: own.low?, high: own.high? })
    };
    of_distances().or_else(|| angles_in_random_order(path, statistic).filter(|_| on_sphere))
}

/// Means of the interior and of the heading angles with the interior layers in random order, the end points where they are: as
/// many orders as the path's own shuffled baseline has. `None` without one, and for the heading without a target.
///
/// For points of a unit sphere.
fn angles_in_random_order(path: &PathRecord, statistic: &str) -> Option<BaselineRange> {
    let of_order: fn(&PathRecord, &[usize]) -> Option<f64> = match statistic {
        "mean_interior_angle" => mean_interior_angle,
        "mean_heading_angle" => mean_heading_angle,
        _ => return None,
    };
    let baselines = path.baselines.as_ref().filter(|own| !own.shuffled_order.is_empty())?;
    let mut generator = ChaCha8Rng::seed_from_u64(baselines.seed);
    let n = path.points.len();
    let values: Vec<f64> = (0..baselines.shuffles)
        .map(|_| {
            let mut order: Vec<usize> = (0..n).collect();
            order[1..n - 1].shuffle(&mut generator);
            of_order(path, &order)
        })
        .collect::<Option<_>>()?;
    BaselineRange::of(values)
}

fn mean_interior_angle(path: &PathRecord, order: &[usize]) -> Option<f64> {
    mean(order.windows(3).filter_map(|three| angle(path, three[1], three[0], three[2])))
}

fn mean_heading_angle(path: &PathRecord, order: &[usize]) -> Option<f64> {
    path.target.as_ref()?;
    // The target's row is the last one.
    let target = path.points.len();
    mean(order.windows(2).filter_map(|two| angle(path, two[0], two[1], target)))
}

/// The angle at point `at` of a spherical triangle from its sides, by haversines, which lose no digits of small ones; `None`
/// where a side has no direction.
fn angle(path: &PathRecord, at: usize, one: usize, other: usize) -> Option<f64> {
    let side = |i: usize, j: usize| path.distances.get(i)?.get(j).copied();
    let (a, b, opposite) = (side(at, one)?, side(at, other)?, side(one, other)?);
    let haversine = |x: f64| (x / 2.0).sin().powi(2);
    let both = a.sin() * b.sin();
    (both > 0.0).then(|| 2.0 * ((haversine(opposite) - haversine(a - b)) / both).clamp(0.0, 1.0).sqrt().asin())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Along, Analysis, PointRecord, Stimuli, analyze, paths};
    use crate::geometry::UnitVector;
    use crate::metric::Point;
    use crate::study::statistics::whole;

    #[test]
    fn the_true_order_has_the_angles_of_the_path() {
        let metric = Metric::default();
        let point = |k: usize| {
            let coordinates: Vec<f64> = (0..6).map(|j| ((k * 7 + j * 3) % 11) as f64 - 4.5).collect();
            Point::Sphere(UnitVector::normalize(coordinates).unwrap())
        };
        let all: Vec<(PointRecord, Point)> = (0..6)
            .map(|k| {
                let layer = format!("layer{k}");
                let index = (k < 5).then_some(k);
                (PointRecord { name: layer.clone(), layer, index, ..PointRecord::default() }, point(k))
            })
            .collect();
        let records: Vec<PointRecord> = all.iter().map(|(record, _)| record.clone()).collect();
        let mut described = paths(&records, Along::Layers);
        described[0].points = (0..5).collect();
        described[0].target = Some(5);
        let analysis: Analysis = analyze(&metric, Stimuli::row_numbers(4), &all, &described).unwrap();
        let path = &analysis.paths[0];
        let order: Vec<usize> = (0..5).collect();
        for (statistic, found) in [
            ("mean_interior_angle", mean_interior_angle(path, &order)),
            ("mean_heading_angle", mean_heading_angle(path, &order)),
        ] {
            assert!((found.unwrap() - whole(path, statistic).unwrap()).abs() < 1e-12, "{statistic}");
        }
        // Another order has other angles; without a baseline there is no band.
        let other = mean_heading_angle(path, &[0, 3, 2, 1, 4]).unwrap();
        assert!((other - whole(path, "mean_heading_angle").unwrap()).abs() > 1e-3);
        assert_eq!(angles_in_random_order(path, "mean_heading_angle"), None);
        assert!(is_spherical("angular-cka") && !is_spherical("angular-shape") && !is_spherical("m"));
    }
}
