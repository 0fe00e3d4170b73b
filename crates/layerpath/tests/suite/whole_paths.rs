//! Comparison of whole paths, baselines, shares of stimuli and decoding.

use layerpath::Error;
use layerpath::linalg::norm;
use layerpath::metric::{Metric, Point};
use layerpath::path::baselines::{noise_floor, shuffled_order, side_by_side};
use layerpath::path::comparison::{CrossTable, Segments, compare};
use layerpath::path::decoding::{from_activations, from_point};
use layerpath::path::stimuli::{progress_shares, step_shares};
use layerpath::path::{Path, Quantity, Undefined};
use layerpath::representation::{Representation, linear_gram};
use proptest::prelude::*;

use crate::data::{chain, embed, gaussian, seeded};

fn near(ours: f64, expected: f64, tolerance: f64) {
    assert!((ours - expected).abs() < tolerance, "{ours} against {expected}");
}

/// The cross table of two polygons in a flat space.
fn flat(first: &[Vec<f64>], second: &[Vec<f64>]) -> CrossTable {
    let distance = |a: &[f64], b: &[f64]| norm(&a.iter().zip(b).map(|(x, y)| x - y).collect::<Vec<_>>());
    let steps = |path: &[Vec<f64>]| path.windows(2).map(|pair| distance(&pair[0], &pair[1])).collect();
    let distances = first.iter().map(|a| second.iter().map(|b| distance(a, b)).collect()).collect();
    CrossTable::new(distances, steps(first), steps(second), Segments::Flat).unwrap()
}

fn line(points: &[f64]) -> Vec<Vec<f64>> {
    points.iter().map(|&x| vec![x]).collect()
}

#[test]
fn paths_on_a_line_by_hand() {
    // 0, 1, 2, 5 against 0, 2, 4.
    let table = flat(&line(&[0.0, 1.0, 2.0, 5.0]), &line(&[0.0, 2.0, 4.0]));
    // Both go straight at even speed, 5 against 4: ∫(5 − 4)s ds = 1/2.
    near(table.arc_length_matched().unwrap(), 0.5, 1e-14);
    // 0–0, 1–0 (or 1–2), 2–2, 5–4: 0 + 1 + 0 + 1; the diagonal 0–0, 1–2, 2–2, 5–4 is preferred at the end.
    let warping = table.warping();
    assert_eq!((warping.total, warping.mean), (2.0, 0.5));
    assert_eq!(warping.alignment, [(0, 0), (1, 0), (2, 1), (3, 2)]);
    assert_eq!((table.frechet(), table.hausdorff()), (1.0, 1.0));
    // There and back: the same sets of points, so Hausdorff sees nothing; Fréchet has to wait at 0 or at 2.
    let back = flat(&line(&[0.0, 2.0, 0.0, 2.0]), &line(&[0.0, 2.0]));
    assert_eq!((back.frechet(), back.hausdorff()), (2.0, 0.0));
    assert_eq!(back.warping().total, 2.0);
    // a − b is 4s, 4 − 8s and 4s − 4 on the three thirds of the way: |a − b| integrates to 2/9 on each. The tolerance is
    // for the kink within the second.
    near(back.arc_length_matched().unwrap(), 2.0 / 3.0, 2e-2);
}

/// The formula within segments on the sphere against geodesics and distances of the points themselves.
#[test]
fn arc_length_matching_on_the_sphere() {
    for metric in Metric::all().into_iter().filter(|metric| metric.to_string().starts_with("angular-cka")) {
        let points: Vec<Point> = (0..6).map(|seed| embed(&metric, &gaussian(seed, 15, 4), 15)).collect();
        let (first, second) = (&points[..2], &points[2..4]);
        let ours = compare(&metric, first, second).unwrap().arc_length_matched.unwrap();
        let at = |pair: &[Point], t| metric.geodesic(&pair[0], &pair[1], t).unwrap();
        // Simpson with 200 intervals.
        let value = |k: usize| {
            let t = k as f64 / 200.0;
            metric.distance(&at(first, t), &at(second, t)).unwrap()
        };
        let weight = |k: usize| match k {
            0 | 200 => 1.0,
            _ if k % 2 == 1 => 4.0,
            _ => 2.0,
        };
        let simpson: f64 = (0..=200).map(|k| weight(k) * value(k)).sum::<f64>() / 600.0;
        near(ours, simpson, 1e-6);
        // A path that is cut finer along its geodesics is the same path.
        let finer = [points[0].clone(), at(first, 0.3), at(first, 0.8), points[1].clone()];
        near(compare(&metric, &finer, second).unwrap().arc_length_matched.unwrap(), simpson, 1e-6);
    }
}

proptest! {
    #![proptest_config(seeded(100))]

    #[test]
    fn laws_of_comparison(seed in 0_u64..10_000, rows in 2_usize..8, columns in 2_usize..8, repeat in 0_usize..8) {
        let polygon = |seed, n| gaussian(seed, n, 3).chunks(3).map(<[f64]>::to_vec).collect::<Vec<_>>();
        let (a, b) = (polygon(seed, rows), polygon(seed + 77_777, columns));
        let (ab, ba) = (flat(&a, &b).compare(), flat(&b, &a).compare());
        let matched = ab.arc_length_matched.clone().unwrap();
        prop_assert!((matched - ba.arc_length_matched.unwrap()).abs() < 1e-12);
        prop_assert!((ab.warping.total - ba.warping.total).abs() < 1e-12);
        prop_assert_eq!((ab.frechet, ab.hausdorff), (ba.frechet, ba.hausdorff));
        prop_assert!(ab.frechet >= ab.hausdorff && matched >= 0.0);
        // The alignment of the discrete Fréchet distance has at most rows + columns − 1 pairs, and warping costs no more.
        prop_assert!(ab.warping.total <= ab.frechet * (rows + columns - 1) as f64 + 1e-12);
        // The alignment is monotone, and its distances sum to the total.
        let distance = |&(i, j): &(usize, usize)| norm(&(0..3).map(|k| a[i][k] - b[j][k]).collect::<Vec<_>>());
        let total: f64 = ab.warping.alignment.iter().map(distance).sum();
        prop_assert!((total - ab.warping.total).abs() < 1e-12);
        for pair in ab.warping.alignment.windows(2) {
            let (i, j) = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
            prop_assert!(i <= 1 && j <= 1 && i + j >= 1);
        }
        // A repeated point changes neither Fréchet, Hausdorff nor the curve, and warps onto itself at no cost.
        let mut stutter = a.clone();
        stutter.insert(repeat % rows, a[repeat % rows].clone());
        let again = flat(&stutter, &b).compare();
        prop_assert_eq!((again.frechet, again.hausdorff), (ab.frechet, ab.hausdorff));
        prop_assert!((again.arc_length_matched.unwrap() - matched).abs() < 1e-12);
        prop_assert!(again.warping.total >= ab.warping.total - 1e-12);
        let own = flat(&stutter, &a).compare();
        prop_assert_eq!((own.warping.total, own.frechet, own.hausdorff), (0.0, 0.0, 0.0));
        let equal = flat(&a, &a).compare();
        prop_assert!(equal.arc_length_matched.unwrap() == 0.0 && equal.warping.total == 0.0);
        // Reversing both paths changes nothing.
        let reversed = |path: &[Vec<f64>]| path.iter().rev().cloned().collect::<Vec<_>>();
        let back = flat(&reversed(&a), &reversed(&b)).compare();
        prop_assert!((back.arc_length_matched.unwrap() - matched).abs() < 1e-12 && back.frechet == ab.frechet);
    }
}

#[test]
fn degenerate_comparisons_are_typed() {
    let still = flat(&line(&[1.0, 1.0]), &line(&[0.0, 1.0]));
    assert_eq!(still.arc_length_matched(), Err(Undefined::NoLength));
    assert_eq!((still.frechet(), still.hausdorff()), (1.0, 1.0));
    let new = |distances, first: &[f64]| CrossTable::new(distances, first.to_vec(), vec![1.0], Segments::Spherical);
    assert!(matches!(new(vec![vec![0.0, 1.0]], &[]), Err(Error::TooFewPoints(1))));
    assert!(matches!(new(vec![vec![0.0, 1.0]; 3], &[1.0]), Err(Error::Setting(_))));
    assert!(matches!(new(vec![vec![0.0, f64::NAN]; 2], &[1.0]), Err(Error::Setting(_))));
    assert!(matches!(new(vec![vec![0.0, -1.0]; 2], &[1.0]), Err(Error::Setting(_))));
    let antipodal = new(vec![vec![1.0, 1.0]; 2], &[std::f64::consts::PI]).unwrap();
    assert!(matches!(antipodal.arc_length_matched(), Err(Undefined::Geometry(_))));
}

#[test]
fn order_matters_on_a_geodesic_and_not_among_independent_points() {
    let metric = Metric::default();
    let (a, b) = (embed(&metric, &gaussian(1, 20, 10), 20), embed(&metric, &gaussian(2, 20, 10), 20));
    let points: Vec<Point> = (0..8).map(|i| metric.geodesic(&a, &b, f64::from(i) / 7.0).unwrap()).collect();
    let all = shuffled_order(&metric, &points, Some(&b), 200, 9).unwrap();
    let find = |quantity| all.iter().find(|one| one.key.quantity == quantity).unwrap();
    let straightness = find(Quantity::Straightness);
    let band = straightness.band.clone().unwrap();
    assert!(straightness.observed.clone().unwrap() > 0.999 && band.high < 0.8 && band.low < band.median);
    assert!(band.at_or_below > 0.99);
    let displacement = find(Quantity::Displacement).band.clone().unwrap();
    near(displacement.low, displacement.high, 1e-13);
    near(displacement.median, metric.distance(&a, &b).unwrap(), 1e-13);
    // The same numbers as embedding nothing anew but measuring a shuffled path of the points themselves.
    assert_eq!(all, shuffled_order(&metric, &points, Some(&b), 200, 9).unwrap());
    let independent: Vec<Point> = (0..12).map(|seed| embed(&metric, &gaussian(seed, 60, 100), 60)).collect();
    let all = shuffled_order(&metric, &independent, None, 200, 9).unwrap();
    let straightness = all.iter().find(|one| one.key.quantity == Quantity::Straightness).unwrap();
    let (observed, band) = (straightness.observed.clone().unwrap(), straightness.band.clone().unwrap());
    assert!(band.low <= observed && observed <= band.high, "{observed} in {band:?}");
    assert!(matches!(shuffled_order(&metric, &points[..3], None, 5, 1), Err(Error::Setting(_))));
    assert!(matches!(shuffled_order(&metric, &points, None, 0, 1), Err(Error::Setting(_))));
}

/// With only two interior points there are two orders: the band's ends are the two paths.
#[test]
fn shuffles_are_paths_of_the_points_themselves() {
    let metric = Metric::default();
    let points: Vec<Point> = (0..4).map(|seed| embed(&metric, &gaussian(seed, 20, 3), 20)).collect();
    let target = embed(&metric, &gaussian(50, 20, 3), 20);
    let swapped = [0, 2, 1, 3].map(|i| points[i].clone());
    let own = Path::new(&metric, &points, Some(&target)).unwrap().statistics();
    let other = Path::new(&metric, &swapped, Some(&target)).unwrap().statistics();
    let all = shuffled_order(&metric, &points, Some(&target), 100, 3).unwrap();
    for (one, ((key, own), (_, other))) in all.iter().zip(own.into_iter().zip(other)) {
        let (own, other) = (own.unwrap(), other.unwrap());
        let band = one.band.clone().unwrap();
        assert_eq!((one.key, one.undefined), (key, 0));
        assert!((band.low - own.min(other)).abs() < 1e-12 && (band.high - own.max(other)).abs() < 1e-12, "{key}");
    }
}

#[test]
fn permuted_stimuli_leave_no_relation() {
    let metric = Metric::default();
    let m = 80;
    let points: Vec<Point> = chain(3, m, &[20, 30, 30, 10]).iter().map(|layer| embed(&metric, layer, m)).collect();
    let all = noise_floor(&metric, &points, None, 20, 4).unwrap();
    for one in &all {
        let (observed, band) = (one.observed.clone().unwrap(), one.band.clone().unwrap());
        match one.key.quantity {
            // Without relation every step is a right angle, which these layers stay well below.
            Quantity::Step => {
                near(band.median, std::f64::consts::FRAC_PI_2, 0.03);
                assert!(observed < band.low && band.at_or_below == 0.0);
            }
            Quantity::InteriorAngle => near(band.median, std::f64::consts::FRAC_PI_2, 0.05),
            Quantity::Straightness => near(band.median, 1.0 / 3.0, 0.02),
            _ => {}
        }
    }
    assert_eq!(all, noise_floor(&metric, &points, None, 20, 4).unwrap());
}

#[test]
fn two_paths_side_by_side() {
    let metric = Metric::default();
    let path = |seed, layers: &[usize]| {
        let points: Vec<Point> = chain(seed, 20, layers).iter().map(|layer| embed(&metric, layer, 20)).collect();
        Path::new(&metric, &points, None).unwrap()
    };
    let (trained, untrained) = (path(1, &[5, 6, 7]), path(2, &[5, 6, 7]));
    let pairs = side_by_side(&trained, &untrained).unwrap();
    assert_eq!(pairs[0].first, Ok(trained.length()));
    assert_eq!(pairs[0].second, Ok(untrained.length()));
    assert!(matches!(side_by_side(&trained, &path(1, &[5, 6])), Err(Error::Setting(_))));
}

#[test]
fn shares_of_stimuli_are_sums_over_rows() {
    let m = 12;
    for metric in Metric::all().into_iter().filter(|metric| metric.to_string().starts_with("angular-cka")) {
        let points: Vec<Point> = chain(8, m, &[5, 9, 4]).iter().map(|layer| embed(&metric, layer, m)).collect();
        // The matrices written out from the packed triangles.
        let biased = metric.to_string().contains("=biased");
        let square = |point: &Point| {
            let mut matrix = vec![vec![0.0; m]; m];
            let mut packed = point.coordinates().iter();
            for i in 0..m {
                for j in 0..i {
                    let entry = packed.next().unwrap() / 2.0_f64.sqrt();
                    (matrix[i][j], matrix[j][i]) = (entry, entry);
                }
                if biased {
                    matrix[i][i] = *packed.next().unwrap();
                }
            }
            matrix
        };
        let shares = step_shares(&metric, &points).unwrap();
        let chord = 2.0 * (metric.distance(&points[0], &points[1]).unwrap() / 2.0).sin();
        let (a, b) = (square(&points[0]), square(&points[1]));
        for (i, share) in shares[0].as_ref().unwrap().iter().enumerate() {
            let row: f64 = (0..m).map(|j| (b[i][j] - a[i][j]).powi(2)).sum();
            near(*share, row / (chord * chord), 1e-12);
        }
        let path = Path::new(&metric, &points, Some(&points[2])).unwrap();
        let progress = progress_shares(&metric, &points, &points[2]).unwrap();
        for (i, progress) in progress.iter().enumerate() {
            let progress = progress.as_ref().unwrap();
            let heading = path.heading_angles().unwrap()[i].clone().unwrap();
            near(progress.along, path.steps()[i] * heading.cos(), 1e-12);
            near(shares[i].as_ref().unwrap().iter().sum(), 1.0, 1e-12);
            near(progress.contributions.iter().sum(), progress.along, 1e-12);
            near(progress.shares.as_ref().unwrap().iter().sum(), 1.0, 1e-9);
        }
        let still = [points[0].clone(), points[0].clone()];
        assert!(matches!(step_shares(&metric, &still).unwrap()[0], Err(Undefined::Geometry(_))));
        assert!(matches!(progress_shares(&metric, &still, &points[1]).unwrap()[0], Err(Undefined::Geometry(_))));
    }
}

/// One stimulus whose answer changes takes the largest share of the step.
#[test]
fn the_stimulus_that_moves_is_found() {
    let m = 30;
    let before = gaussian(1, m, 10);
    let mut after = before.clone();
    for value in &mut after[70..80] {
        *value = -*value;
    }
    for metric in Metric::all().into_iter().filter(|metric| metric.to_string().starts_with("angular-cka")) {
        let shares = step_shares(&metric, &[embed(&metric, &before, m), embed(&metric, &after, m)]).unwrap();
        let shares = shares[0].as_ref().unwrap();
        assert!(shares.iter().enumerate().all(|(i, &share)| i == 7 || share < shares[7] / 3.0), "{shares:?}");
    }
}

/// Leave-one-out by refitting m times: ridge regression with an intercept on the other stimuli, kernel form.
fn refit(gram: &[f64], m: usize, labels: &[usize], ridge: f64, out: usize, class: usize) -> f64 {
    let kept: Vec<usize> = (0..m).filter(|&row| row != out).collect();
    let n = kept.len();
    // min over α, c of ‖y − Kα − c‖² + λαᵀKα: [K + λI, 1; 1ᵀ, 0][α; c] = [y; 0], by elimination with pivoting.
    let mut system = vec![vec![0.0; n + 2]; n + 1];
    for i in 0..n {
        for j in 0..n {
            system[i][j] = gram[kept[i] * m + kept[j]] + if i == j { ridge } else { 0.0 };
        }
        system[i][n] = 1.0;
        system[n][i] = 1.0;
        system[i][n + 1] = f64::from(u8::from(labels[kept[i]] == class));
    }
    for column in 0..=n {
        let pivot = (column..=n).max_by(|&a, &b| system[a][column].abs().total_cmp(&system[b][column].abs())).unwrap();
        system.swap(column, pivot);
        for row in 0..=n {
            if row != column {
                let factor = system[row][column] / system[column][column];
                for k in column..n + 2 {
                    let above = system[column][k];
                    system[row][k] -= factor * above;
                }
            }
        }
    }
    let solution: Vec<f64> = (0..=n).map(|i| system[i][n + 1] / system[i][i]).collect();
    (0..n).map(|i| solution[i] * gram[out * m + kept[i]]).sum::<f64>() + solution[n]
}

#[test]
fn leave_one_out_is_refitting() {
    let (m, n) = (18, 4);
    let x = gaussian(3, m, n);
    let labels: Vec<usize> = (0..m).map(|i| if x[i * n] + 0.5 * x[i * n + 1] > 0.3 { 7 } else { i % 2 + 1 }).collect();
    let view = Representation::new(&x[..], m, n).unwrap();
    let decoding = from_activations(&view, &labels).unwrap();
    let gram = linear_gram(&view);
    let square: Vec<f64> = (0..m * m).map(|p| gram.get(p / m, p % m)).collect();
    let scale = (0..m).map(|i| gram.get(i, i)).sum::<f64>() / (m - 1) as f64;
    for &(ridge, error) in decoding.errors.iter().step_by(3) {
        let mut direct = 0.0;
        for out in 0..m {
            for class in [1, 2, 7] {
                let own = f64::from(u8::from(labels[out] == class));
                direct += (own - refit(&square, m, &labels, ridge * scale, out, class)).powi(2) / m as f64;
            }
        }
        assert!((direct - error).abs() < 1e-6 * direct, "ridge {ridge}: {error} against {direct}");
    }
    let least = decoding.errors.iter().map(|&(_, error)| error).fold(f64::INFINITY, f64::min);
    assert!(decoding.errors.contains(&(decoding.ridge, least)));
    let right = decoding.predictions.iter().zip(&labels).filter(|(a, b)| a == b).count();
    near(decoding.accuracy, right as f64 / m as f64, 1e-15);
}

#[test]
fn points_decode_like_their_activations() {
    let (m, n) = (60, 12);
    let labels: Vec<usize> = (0..m).map(|i| i % 3).collect();
    let mut x = gaussian(5, m, n);
    for (i, row) in x.chunks_mut(n).enumerate() {
        row[labels[i]] += 2.0;
    }
    let direct = from_activations(&Representation::new(&x[..], m, n).unwrap(), &labels).unwrap();
    assert!(direct.accuracy > 0.7 && !direct.at_edge, "{} at ridge {}", direct.accuracy, direct.ridge);
    near(direct.chance, 1.0 / 3.0, 1e-15);
    for estimator in ["biased", "masked"] {
        let metric: Metric = format!("angular-cka[estimator={estimator}]").parse().unwrap();
        let decoding = from_point(&metric, &embed(&metric, &x, m), &labels).unwrap();
        assert_eq!(decoding.predictions, direct.predictions);
        assert_eq!(decoding.ridge, direct.ridge);
        for (ours, theirs) in decoding.errors.iter().zip(&direct.errors) {
            assert!((ours.1 / theirs.1 - 1.0).abs() < 1e-9);
        }
    }
    let unbiased = from_point(&Metric::default(), &embed(&Metric::default(), &x, m), &labels);
    assert!(matches!(unbiased, Err(Error::Unavailable { .. })));
    // Labels without relation to the stimuli are read off no better than chance.
    let noise = from_activations(&Representation::new(&gaussian(9, m, n)[..], m, n).unwrap(), &labels).unwrap();
    assert!(noise.accuracy < 0.5, "{}", noise.accuracy);
    let view = Representation::new(&x[..], m, n).unwrap();
    assert!(matches!(from_activations(&view, &labels[1..]), Err(Error::Setting(_))));
    assert!(matches!(from_activations(&view, &vec![4; m]), Err(Error::Setting(_))));
    let flat = Representation::new(&[1.0_f64; 20][..], 10, 2).unwrap();
    assert!(matches!(from_activations(&flat, &[0, 1, 0, 1, 0, 1, 0, 1, 0, 1]), Err(Error::ConstantRows { .. })));
}
