//! Embeddings: known configurations come back, stress falls, degenerate input is answered without NaN.

use layerpath::Error;
use layerpath::embed::{
    EmbeddingError, EmbeddingMethod, EmbeddingOptions, MeanOptions, Scaling, SearchOptions, Start, classical_mds,
    frechet_mean, principal_geodesics, principal_geodesics_of_arcs, silent, smacof, spherical_mds,
};
use layerpath::geometry::{GeometryError, MetricSpace, UnitVector};
use layerpath::table::{AllPairs, SymmetricTable, arcs, inner_products};
use proptest::prelude::*;
use std::f64::consts::{FRAC_PI_2, PI};
use std::ops::ControlFlow;

use crate::data::{gaussian, seeded};

/// A finite space whose distances are whatever stands in the table.
struct Given(Vec<Vec<f64>>);

impl MetricSpace for Given {
    type Point = usize;

    fn distance(&self, p: &usize, q: &usize) -> Result<f64, GeometryError> {
        Ok(self.0[*p][*q])
    }

    fn resolution(&self, _: &usize, _: &usize) -> f64 {
        0.0
    }
}

impl AllPairs for Given {}

fn table(size: usize, distance: impl Fn(usize, usize) -> f64) -> SymmetricTable {
    let rows = (0..size).map(|i| (0..size).map(|j| distance(i.max(j), i.min(j))).collect()).collect();
    let places: Vec<usize> = (0..size).collect();
    Given(rows).all_pairs(&places.iter().collect::<Vec<_>>()).unwrap()
}

fn euclidean(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

fn plane(seed: u64, size: usize, dimensions: usize) -> Vec<Vec<f64>> {
    gaussian(seed, size, dimensions).chunks(dimensions).map(<[f64]>::to_vec).collect()
}

fn on_sphere(seed: u64, size: usize, coordinates: usize) -> Vec<UnitVector> {
    plane(seed, size, coordinates).into_iter().map(|x| UnitVector::normalize(x).unwrap()).collect()
}

fn arcs_of(points: &[UnitVector]) -> SymmetricTable {
    arcs(&points.iter().collect::<Vec<_>>()).unwrap()
}

fn random_only(restarts: usize) -> SearchOptions {
    SearchOptions { classical_start: false, restarts, ..SearchOptions::default() }
}

fn classical_only() -> SearchOptions {
    SearchOptions { restarts: 0, ..SearchOptions::default() }
}

fn total(distances: &SymmetricTable) -> f64 {
    (0..distances.size()).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| distances.get(i, j).powi(2)).sum()
}

fn never_rises(found: &Scaling) {
    let history = &found.convergence.history;
    assert!(history.windows(2).all(|pair| pair[1] <= pair[0]), "{history:?}");
    assert_eq!(history.len(), found.convergence.iterations + 1);
    let last = history[history.len() - 1];
    let tolerance = 1e-9 * last + 1e-13 * (last + 1.0);
    assert!((found.raw_stress - last).abs() <= tolerance, "{} against {last}", found.raw_stress);
}

fn all_finite(coordinates: &[Vec<f64>]) {
    assert!(coordinates.iter().flatten().all(|x| x.is_finite()));
}

#[test]
fn smacof_recovers_a_plane_from_any_start() {
    let points = plane(1, 40, 2);
    let distances = table(40, |i, j| euclidean(&points[i], &points[j]));
    let classical = smacof(&distances, 2, &classical_only(), &mut silent).unwrap();
    assert!(classical.stress < 1e-12, "{}", classical.stress);
    let options = SearchOptions { tolerance: 1e-16, iterations: 5000, ..random_only(6) };
    let random = smacof(&distances, 2, &options, &mut silent).unwrap();
    assert!(random.stress < 1e-6 && random.convergence.converged, "{:?}", random.convergence);
    never_rises(&random);
    assert!(random.convergence.history[0] > 0.1 * total(&distances), "a random start is bad");
    for i in 0..40 {
        for j in 0..i {
            let found = euclidean(&random.coordinates[i], &random.coordinates[j]);
            assert!((found - distances.get(i, j)).abs() < 1e-5);
        }
        // Both are centred and turned to their principal axes.
        assert!(euclidean(&random.coordinates[i], &classical.coordinates[i]) < 1e-4);
    }
}

#[test]
fn smacof_improves_on_classical_scaling() {
    let distances = arcs_of(&on_sphere(2, 30, 12));
    let classical = classical_mds(&distances, 2).unwrap();
    let one = smacof(&distances, 2, &classical_only(), &mut silent).unwrap();
    assert!((one.convergence.history[0].sqrt() / total(&distances).sqrt() - classical.stress).abs() < 1e-12);
    assert!(one.stress < 0.9 * classical.stress, "{} against {}", one.stress, classical.stress);
    never_rises(&one);
    let many = smacof(&distances, 2, &SearchOptions::default(), &mut silent).unwrap();
    assert!(many.stress <= one.stress);
    assert_eq!(many.convergence.starts.len(), 5);
    let least = many.convergence.starts.iter().map(|(_, raw)| *raw).fold(f64::INFINITY, f64::min);
    assert!((many.raw_stress / least - 1.0).abs() < 1e-10);
}

#[test]
fn a_missing_axis_does_not_stay_missing() {
    // A star of four points, centre at distance 1 and tips at 2 from each other: a tree, in no Euclidean space. On a line
    // in two dimensions the Guttman transform could not leave the line.
    let distances = table(4, |i, j| {
        if i == j {
            0.0
        } else if j == 0 {
            1.0
        } else {
            2.0
        }
    });
    let found = smacof(&distances, 2, &classical_only(), &mut silent).unwrap();
    never_rises(&found);
    let line = smacof(&distances, 1, &SearchOptions::default(), &mut silent).unwrap();
    assert!(found.stress < 0.5 * line.stress, "{} against {}", found.stress, line.stress);
    // Two far groups of coinciding classical images: distances that only break the triangle inequality.
    let broken = table(3, |i, j| {
        if i == j {
            0.0
        } else if (i, j) == (2, 0) {
            10.0
        } else {
            1.0
        }
    });
    let found = smacof(&broken, 2, &SearchOptions::default(), &mut silent).unwrap();
    // On a line with the gaps s, s: minimise 2(s − 1)² + (2s − 10)², so s = 11/3.
    let best = 2.0 * (11.0_f64 / 3.0 - 1.0).powi(2) + (22.0_f64 / 3.0 - 10.0).powi(2);
    assert!((found.raw_stress / best - 1.0).abs() < 1e-6, "{} against {best}", found.raw_stress);
}

#[test]
fn spherical_mds_recovers_two_hundred_points() {
    let points = on_sphere(3, 200, 3);
    let distances = arcs_of(&points);
    let classical = spherical_mds(&distances, 2, &SearchOptions::default(), &mut silent).unwrap();
    assert!(classical.raw_stress < 1e-18 * total(&distances), "{}", classical.raw_stress);
    assert_eq!(classical.convergence.best, Start::Classical);
    let random = spherical_mds(&distances, 2, &random_only(5), &mut silent).unwrap();
    assert!(random.raw_stress < 1e-12 * total(&distances), "{:?}", random.convergence);
    assert!(random.convergence.converged);
    never_rises(&random);
    for (found, point) in random.coordinates.iter().zip(&classical.coordinates) {
        assert!(euclidean(found, point) < 1e-5);
        assert!((euclidean(found, &[0.0; 3]) - 1.0).abs() < 1e-14);
    }
}

#[test]
fn spherical_mds_of_what_fits_no_sphere() {
    // Points of a 12-dimensional sphere on S²: stress has to remain, and the result is a minimum, not a crawl.
    let distances = arcs_of(&on_sphere(4, 40, 12));
    let found = spherical_mds(&distances, 2, &SearchOptions::default(), &mut silent).unwrap();
    assert!(found.convergence.converged && found.convergence.iterations < 200, "{:?}", found.convergence);
    never_rises(&found);
    let begin =
        spherical_mds(&distances, 2, &SearchOptions { iterations: 0, ..classical_only() }, &mut silent).unwrap();
    assert!(found.stress < begin.stress && !begin.convergence.converged);
    // More dimensions, less stress; 11 are enough.
    let stress = |k| spherical_mds(&distances, k, &SearchOptions::default(), &mut silent).unwrap().stress;
    assert!(stress(1) > found.stress && found.stress > stress(4) && stress(11) < 1e-12);
    // Distances beyond π: two such points end opposite to each other.
    let far = table(2, |i, j| if i == j { 0.0 } else { 5.0 });
    let found = spherical_mds(&far, 2, &SearchOptions::default(), &mut silent).unwrap();
    assert!((found.raw_stress - (5.0 - PI).powi(2)).abs() < 1e-6, "{}", found.raw_stress);
}

#[test]
fn antipodes_and_duplicates_on_the_sphere() {
    // The six points of an octahedron, three antipodal pairs, each point twice.
    let corner = |i: usize| {
        let mut x = vec![0.0; 3];
        x[(i % 6) / 2] = if i.is_multiple_of(2) { 1.0 } else { -1.0 };
        UnitVector::normalize(x).unwrap()
    };
    let corners: Vec<UnitVector> = (0..12).map(corner).collect();
    let distances = arcs_of(&corners);
    assert_eq!((distances.get(0, 1), distances.get(0, 6)), (PI, 0.0));
    for options in [classical_only(), random_only(6)] {
        let found = spherical_mds(&distances, 2, &options, &mut silent).unwrap();
        all_finite(&found.coordinates);
        assert!(found.raw_stress < 1e-6 * total(&distances), "{:?}", found.convergence);
    }
}

#[test]
fn degenerate_input_for_every_method() {
    for method in EmbeddingMethod::ALL {
        for restarts in [0, 3] {
            let search = SearchOptions { restarts, ..SearchOptions::default() };
            for dimensions in [1, 2, 5] {
                let options = EmbeddingOptions { dimensions, search, ..EmbeddingOptions::default() };
                let embed = |distances: &SymmetricTable| method.embed(distances, &options, &mut silent).unwrap();
                let one = embed(&table(1, |_, _| 0.0));
                let two = embed(&table(2, |i, j| if i == j { 0.0 } else { 0.7 }));
                let equal = embed(&table(6, |_, _| 0.0));
                let width = if method == EmbeddingMethod::SphericalMds { dimensions + 1 } else { dimensions };
                for (size, result) in [(1, &one), (2, &two), (6, &equal)] {
                    assert_eq!(result.coordinates.len(), size, "{method}");
                    assert!(result.coordinates.iter().all(|row| row.len() == width), "{method}");
                    all_finite(&result.coordinates);
                    assert!(result.stress < 1e-7, "{method} {size} {}", result.stress);
                }
                assert!((0..6).all(|i| euclidean(&equal.coordinates[i], &equal.coordinates[0]) < 1e-12), "{method}");
            }
        }
        let none = method.embed(&table(0, |_, _| 0.0), &EmbeddingOptions::default(), &mut silent);
        match method {
            EmbeddingMethod::PrincipalGeodesics => assert_eq!(none, Err(EmbeddingError::NoPoints.into())),
            _ => assert!(none.unwrap().coordinates.is_empty()),
        }
    }
}

#[test]
fn wrong_input_is_told_apart() {
    let options = EmbeddingOptions::default();
    for method in EmbeddingMethod::ALL {
        let refused = |distances: &SymmetricTable| match method.embed(distances, &options, &mut silent) {
            Err(Error::Embedding(error)) => error,
            other => panic!("{method}: {other:?}"),
        };
        for wrong in [f64::NAN, f64::INFINITY, -0.1, 1e200] {
            let error = refused(&table(4, |i, j| if (i, j) == (3, 1) { wrong } else { 0.0 }));
            assert!(matches!(error, EmbeddingError::NotADistance { i: 3, j: 1, .. }), "{method} {error}");
        }
        let similar = refused(&inner_products(&on_sphere(1, 3, 4).iter().collect::<Vec<_>>()).unwrap());
        assert!(
            matches!(similar, EmbeddingError::NotZeroOnTheDiagonal { .. } | EmbeddingError::NotADistance { .. }),
            "{method}"
        );
        let flat = EmbeddingOptions { dimensions: 0, ..options };
        let error = method.embed(&table(3, |_, _| 0.0), &flat, &mut silent);
        assert_eq!(error, Err(EmbeddingError::NoDimensions.into()));
    }
    let nowhere = smacof(&table(3, |i, j| (i - j) as f64), 2, &random_only(0), &mut silent);
    assert_eq!(nowhere, Err(EmbeddingError::NoStart.into()));
    // A star with arms of 1.2 rad: the tips are 2.4 apart, which no three points of a sphere with a common middle are.
    let star = table(5, |i, j| {
        if i == j {
            0.0
        } else if j == 0 {
            1.2
        } else {
            2.4
        }
    });
    let error = principal_geodesics_of_arcs(&star, 2, &MeanOptions::default());
    assert!(matches!(error, Err(Error::Embedding(EmbeddingError::NotSpherical { .. }))));
}

#[test]
fn extreme_scales() {
    let points = plane(5, 12, 2);
    for scale in [1e-160, 1e-9, 1e9, 1e140] {
        let distances = table(12, |i, j| scale * euclidean(&points[i], &points[j]));
        let found = smacof(&distances, 2, &random_only(5), &mut silent).unwrap();
        all_finite(&found.coordinates);
        assert!(found.stress < 1e-3, "{scale}: {}", found.stress);
    }
    for scale in [1e-12, 1e-5, 1.0] {
        let distances = table(12, |i, j| scale * euclidean(&points[i], &points[j]));
        let found = spherical_mds(&distances, 2, &SearchOptions::default(), &mut silent).unwrap();
        all_finite(&found.coordinates);
    }
}

#[test]
fn the_order_and_the_orientation_of_the_input_do_not_matter() {
    let points = on_sphere(6, 25, 3);
    let distances = arcs_of(&points);
    let order: Vec<usize> = (0..25).map(|i| (i * 7 + 3) % 25).collect();
    let shuffled = distances.select(&order);
    // A rotation by 1 rad in one plane and 2 rad in another.
    let turned: Vec<UnitVector> = points
        .iter()
        .map(|p| {
            let [x, y, z] = p.coordinates() else { panic!("three coordinates") };
            let (x, y) = (x * 1.0_f64.cos() - y * 1.0_f64.sin(), x * 1.0_f64.sin() + y * 1.0_f64.cos());
            let (y, z) = (y * 2.0_f64.cos() - z * 2.0_f64.sin(), y * 2.0_f64.sin() + z * 2.0_f64.cos());
            UnitVector::normalize(vec![x, y, z]).unwrap()
        })
        .collect();
    let turned = arcs_of(&turned);
    let options = EmbeddingOptions { search: classical_only(), ..EmbeddingOptions::default() };
    for method in EmbeddingMethod::ALL {
        let plain = method.embed(&distances, &options, &mut silent).unwrap();
        let permuted = method.embed(&shuffled, &options, &mut silent).unwrap();
        let rotated = method.embed(&turned, &options, &mut silent).unwrap();
        for (place, &i) in order.iter().enumerate() {
            assert!(euclidean(&plain.coordinates[i], &permuted.coordinates[place]) < 1e-4, "{method}");
            assert!(euclidean(&plain.coordinates[i], &rotated.coordinates[i]) < 1e-4, "{method}");
        }
        assert!((plain.stress - permuted.stress).abs() < 1e-8 && (plain.stress - rotated.stress).abs() < 1e-8);
    }
}

#[test]
fn the_same_bits_for_the_same_seed_and_any_number_of_threads() {
    let distances = arcs_of(&on_sphere(7, 150, 8));
    for method in EmbeddingMethod::ALL {
        let compute = |threads: usize, seed: u64| {
            let search = SearchOptions { seed, restarts: 2, iterations: 30, ..SearchOptions::default() };
            let options = EmbeddingOptions { search, ..EmbeddingOptions::default() };
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| method.embed(&distances, &options, &mut silent).unwrap())
        };
        let one = compute(1, 0);
        for threads in [1, 2, 3, 4] {
            assert!(compute(threads, 0) == one, "{method}: {threads} threads differ from one");
        }
        if let Some(report) = &one.convergence {
            let other = compute(1, 1).convergence.unwrap();
            assert_eq!(report.starts[0], other.starts[0]);
            assert_ne!(report.starts[1].1, report.starts[2].1, "{method}: every start has numbers of its own");
            assert_ne!(report.starts[1], other.starts[1], "{method}: the seed matters");
        }
    }
}

#[test]
fn an_observer_hears_every_iteration_and_may_stop() {
    let distances = arcs_of(&on_sphere(8, 20, 6));
    for method in [EmbeddingMethod::Smacof, EmbeddingMethod::SphericalMds] {
        let options = EmbeddingOptions::default();
        let mut heard = Vec::new();
        let result = method.embed(&distances, &options, &mut |news| {
            heard.push(*news);
            ControlFlow::Continue(())
        });
        let least = heard.iter().map(|news| news.stress).fold(f64::INFINITY, f64::min);
        assert!((result.unwrap().stress - least).abs() < 1e-9);
        assert!(heard.iter().any(|news| news.start == 4 && news.starts == 5));
        let stopped = method.embed(&distances, &options, &mut |news| {
            if news.iteration == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(stopped, Err(EmbeddingError::Interrupted.into()));
    }
}

#[test]
fn the_frechet_mean_is_where_the_variance_is_least() {
    let points: Vec<UnitVector> = on_sphere(9, 15, 40);
    let all: Vec<&UnitVector> = points.iter().collect();
    let mean = frechet_mean(&all, &MeanOptions::default()).unwrap();
    let center = mean.point(&all).unwrap();
    let variance =
        |c: &UnitVector| all.iter().map(|p| arcs(&[p, c]).unwrap().get(0, 1).powi(2)).sum::<f64>() / all.len() as f64;
    assert!((variance(&center) - mean.variance).abs() < 1e-12);
    assert!(mean.history.windows(2).all(|pair| pair[1] <= pair[0] + 1e-14));
    for seed in 0..20 {
        let moved: Vec<f64> =
            center.coordinates().iter().zip(gaussian(seed, 40, 1)).map(|(x, e)| x + 0.01 * e).collect();
        assert!(variance(&UnitVector::normalize(moved).unwrap()) > mean.variance);
    }
    let max = mean.distances.iter().copied().fold(0.0, f64::max);
    assert_eq!(mean.unique, max < FRAC_PI_2);
    assert!(mean.gradient < 1e-12, "{}", mean.gradient);
}

#[test]
fn points_all_around_have_no_mean() {
    let at = |angle: f64| UnitVector::normalize(vec![angle.cos(), angle.sin()]).unwrap();
    let cross = [at(0.0), at(FRAC_PI_2), at(PI), at(3.0 * FRAC_PI_2)];
    let error = frechet_mean(&cross.iter().collect::<Vec<_>>(), &MeanOptions::default());
    assert!(matches!(error, Err(Error::Embedding(EmbeddingError::TooSpread { .. }))), "{error:?}");
    // Three near 0 and one opposite: the logarithm at the mean of the fourth is not defined.
    let opposite = [at(0.0), at(0.0), at(0.0), at(PI)];
    let error = frechet_mean(&opposite.iter().collect::<Vec<_>>(), &MeanOptions::default());
    assert!(matches!(error, Err(Error::Embedding(EmbeddingError::TooSpread { .. }))), "{error:?}");
    // Wide, but with a mean: said not to be known as unique.
    let wide = [at(0.0), at(1.9), at(-1.9), at(0.2), at(-0.2)];
    let mean = frechet_mean(&wide.iter().collect::<Vec<_>>(), &MeanOptions::default()).unwrap();
    assert!(!mean.unique && (mean.distances[0]) < 1e-9);
    let hurried = MeanOptions { iterations: 1, tolerance: 1e-12 };
    let points = on_sphere(10, 9, 4);
    let error = frechet_mean(&points.iter().collect::<Vec<_>>(), &hurried);
    assert!(matches!(error, Err(Error::Embedding(EmbeddingError::MeanNotConverged { iterations: 1, .. }))));
}

#[test]
fn principal_geodesics_find_the_axes() {
    // A cloud around a pole of a 30-dimensional sphere, wide along one axis and half as wide along a second.
    let offsets = gaussian(11, 60, 2);
    let points: Vec<UnitVector> = offsets
        .chunks(2)
        .flat_map(|e| [[0.2 * e[0], 0.1 * e[1]], [-0.2 * e[0], -0.1 * e[1]]])
        .map(|[v, w]| {
            let length = v.hypot(w);
            let mut x = vec![0.0; 30];
            (x[4], x[17], x[29]) = (length.sin() * v / length, length.sin() * w / length, length.cos());
            UnitVector::normalize(x).unwrap()
        })
        .collect();
    let all: Vec<&UnitVector> = points.iter().collect();
    let found = principal_geodesics(&all, 3, &MeanOptions::default()).unwrap();
    assert!((found.mean.point(&all).unwrap().coordinates()[29] - 1.0).abs() < 1e-14);
    // Log maps at the pole are the offsets themselves, so the shares are those of their covariance.
    let moment = |a: usize, b: usize| offsets.chunks(2).map(|e| e[a] * e[b]).sum::<f64>();
    let (xx, yy, xy) = (0.04 * moment(0, 0), 0.01 * moment(1, 1), 0.02 * moment(0, 1));
    let first = 0.5 * (xx + yy + ((xx - yy).powi(2) + 4.0 * xy * xy).sqrt()) / (xx + yy);
    assert!((found.variance_explained[0] - first).abs() < 1e-10, "{:?} {first}", found.variance_explained);
    assert!((found.variance_explained[1] - (1.0 - first)).abs() < 1e-10 && found.variance_explained[2] < 1e-10);
    for (row, arc) in found.coordinates.iter().zip(&found.mean.distances) {
        assert!((euclidean(row, &[0.0; 3]) - arc).abs() < 1e-8);
    }
    let from_arcs = principal_geodesics_of_arcs(&arcs_of(&points), 3, &MeanOptions::default()).unwrap();
    assert!(found.coordinates.iter().zip(&from_arcs.coordinates).all(|(x, y)| euclidean(x, y) < 1e-6));
    let record = EmbeddingMethod::PrincipalGeodesics
        .embed(&arcs_of(&points), &EmbeddingOptions::default(), &mut silent)
        .unwrap()
        .into_record(vec![String::new(); 120]);
    assert_eq!((record.method.as_str(), record.converged), ("principal-geodesics", Some(true)));
    assert_eq!(record.variance_explained.unwrap().len(), 2);
}

proptest! {
    #![proptest_config(seeded(48))]

    /// Any table of distances, Euclidean or not, with zeros and repetitions.
    #[test]
    fn any_distances(
        size in 1_usize..9,
        values in proptest::collection::vec(
            prop_oneof![Just(0.0), Just(1.0), Just(PI), Just(1e-9), 0.0..4.0_f64], 36),
        dimensions in 1_usize..4,
        seed in 0_u64..1000,
    ) {
        let distances = table(size, |i, j| if i == j { 0.0 } else { values[i * (i - 1) / 2 + j] });
        let search = SearchOptions { restarts: 1, seed, iterations: 200, ..SearchOptions::default() };
        let options = EmbeddingOptions { dimensions, search, ..EmbeddingOptions::default() };
        for method in EmbeddingMethod::ALL {
            match method.embed(&distances, &options, &mut silent) {
                Ok(found) => {
                    all_finite(&found.coordinates);
                    prop_assert!(found.stress.is_finite() && found.raw_stress.is_finite());
                    if let Some(report) = &found.convergence {
                        prop_assert!(report.history.windows(2).all(|pair| pair[1] <= pair[0]));
                    }
                }
                Err(Error::Embedding(error)) => {
                    prop_assert_eq!(method, EmbeddingMethod::PrincipalGeodesics, "{}", error);
                }
                Err(other) => prop_assert!(false, "{}: {}", method, other),
            }
        }
    }

    /// Whatever lies on a sphere comes back.
    #[test]
    fn spheres_come_back(seed in 0_u64..10_000, size in 2_usize..12, dimension in 1_usize..5) {
        let distances = arcs_of(&on_sphere(seed, size, dimension + 1));
        let found = spherical_mds(&distances, dimension, &classical_only(), &mut silent).unwrap();
        prop_assert!(found.raw_stress <= 1e-14 * total(&distances), "{}", found.raw_stress);
    }
}
