//! Fréchet means and principal geodesics in every space.

use layerpath::Error;
use layerpath::embed::{
    EmbeddingError, EmbeddingMethod, EmbeddingOptions, MeanOptions, principal_geodesics, principal_geodesics_in, silent,
};
use layerpath::geometry::{
    self, AffineInvariant, DescentOptions, Euclidean, FlatVector, GeodesicSpace, GeometryError, Grassmann,
    IsometricCoordinates, Mean, MetricSpace, PositiveDefinite, RiemannianSpace, ShapeSpace, UnitSphere, UnitVector,
    frechet_mean,
};
use layerpath::linalg::{norm, product_transposed};
use layerpath::metric::{Metric, Point};

use crate::data::{chain, embed, gaussian};

fn refs<T>(all: &[T]) -> Vec<&T> {
    all.iter().collect()
}

fn mean_of<S: RiemannianSpace>(space: &S, points: &[S::Point]) -> Mean<S::Point> {
    let found = frechet_mean(space, &refs(points), &DescentOptions::default()).unwrap();
    assert!(found.gradient <= 1e-10 * found.variance.sqrt() + 1e-12, "{} {}", found.gradient, found.variance);
    assert!(found.history.windows(2).all(|pair| pair[1] <= pair[0] * (1.0 + 1e-12)), "{:?}", found.history);
    assert_eq!(found.history.len(), found.iterations + 1);
    // No point near it has a lower variance.
    let variance =
        |x: &S::Point| points.iter().map(|p| space.distance(x, p).unwrap().powi(2)).sum::<f64>() / points.len() as f64;
    assert!((variance(&found.point) - found.variance).abs() < 1e-12 * found.variance);
    for p in points {
        for t in [0.01, 0.1] {
            let aside = space.geodesic(&found.point, p, t).unwrap();
            assert!(variance(&aside) > found.variance);
        }
    }
    found
}

fn cloud(seed: u64, rows: usize, columns: usize, spread: f64) -> Vec<f64> {
    let base = gaussian(seed / 100, rows, columns);
    base.iter().zip(gaussian(seed, rows, columns)).map(|(b, e)| b + spread * e).collect()
}

#[test]
fn the_variance_is_least_at_the_mean_of_every_space() {
    let sphere: Vec<_> = (100..107).map(|i| UnitVector::normalize(cloud(i, 12, 1, 0.8)).unwrap()).collect();
    let ours = mean_of(&UnitSphere::new(12), &sphere);
    let fast = layerpath::embed::frechet_mean(&refs(&sphere), &MeanOptions::default()).unwrap();
    assert!(UnitSphere::new(12).distance(&ours.point, &fast.point(&refs(&sphere)).unwrap()).unwrap() < 1e-9);
    assert!((ours.variance - fast.variance).abs() < 1e-12);

    for space in [ShapeSpace::angular(8), ShapeSpace::euclidean(8)] {
        let shapes: Vec<_> = (200..206).map(|i| space.point(cloud(i, 8, 3, 0.5)).unwrap()).collect();
        mean_of(&space, &shapes);
    }
    let grassmann = Grassmann::new(8, 3);
    let subspaces: Vec<_> = (300..306).map(|i| grassmann.span(cloud(i, 8, 3, 0.3)).unwrap()).collect();
    mean_of(&grassmann, &subspaces);
    let matrix = |i| {
        let x = gaussian(i, 5, 9);
        PositiveDefinite::new(product_transposed(&x, &x, 5, 9, 5), 5).unwrap()
    };
    let matrices: Vec<_> = (400..408).map(matrix).collect();
    let mean = mean_of(&AffineInvariant::new(5), &matrices);
    assert!(mean.iterations > 2);
}

#[test]
fn flat_means_are_averages_at_any_scale() {
    for scale in [1e-12, 1.0, 1e12] {
        let rows: Vec<Vec<f64>> =
            (0..9).map(|i| gaussian(i, 20, 1).iter().map(|x| scale * (x + 3.0)).collect()).collect();
        let points: Vec<_> = rows.iter().map(|x| FlatVector::new(x.clone()).unwrap()).collect();
        let found = frechet_mean(&Euclidean::new(20), &refs(&points), &DescentOptions::default()).unwrap();
        assert_eq!(found.iterations, 0, "closed form");
        for (k, x) in found.point.coordinates().iter().enumerate() {
            let average = rows.iter().map(|row| row[k]).sum::<f64>() / 9.0;
            assert!((x - average).abs() < 1e-14 * scale);
        }
    }
}

#[test]
fn every_metric_with_geodesics_has_means() {
    for metric in Metric::all() {
        let layers = chain(3, 10, &[6, 6, 6, 6]);
        let points: Vec<Point> = layers.iter().map(|x| embed(&metric, x, 10)).collect();
        let found = metric.frechet_mean(&refs(&points), &DescentOptions::default());
        if !metric.properties().has_geodesics {
            assert!(matches!(found, Err(Error::Geometry(GeometryError::NoGeodesics { .. }))), "{metric}");
            continue;
        }
        let found = found.unwrap_or_else(|error| panic!("{metric}: {error}"));
        let again = points.iter().map(|p| metric.distance(&found.point, p).unwrap());
        assert!(again.zip(&found.distances).all(|(x, y)| (x - y).abs() < 1e-12 * (1.0 + y)), "{metric}");
    }
}

#[test]
fn means_that_are_not_there_are_typed() {
    let at = |angle: f64| UnitVector::normalize(vec![angle.cos(), angle.sin()]).unwrap();
    let circle = UnitSphere::new(2);
    let options = DescentOptions::default();
    let opposite = frechet_mean(&circle, &[&at(0.0), &at(std::f64::consts::PI)], &options);
    assert_eq!(opposite, Err(GeometryError::Antipodal));
    assert!(matches!(frechet_mean(&circle, &[], &options), Err(GeometryError::Nothing { .. })));
    let points: Vec<_> = (0..9).map(|i| UnitVector::normalize(gaussian(i, 4, 1)).unwrap()).collect();
    let hurried = DescentOptions { iterations: 0, ..options };
    let found = frechet_mean(&UnitSphere::new(4), &refs(&points), &hurried);
    assert!(matches!(found, Err(GeometryError::NotConverged { steps: 0, .. })));
    let one = frechet_mean(&circle, &[&at(0.3)], &options).unwrap();
    assert_eq!((one.variance, one.iterations, one.point), (0.0, 0, at(0.3)));
    let equal = frechet_mean(&circle, &[&at(0.3), &at(0.3), &at(0.3)], &options).unwrap();
    assert_eq!((equal.variance, equal.iterations), (0.0, 0));
}

#[test]
fn principal_geodesics_are_the_same_either_way_on_a_sphere() {
    let points: Vec<_> = (100..115).map(|i| UnitVector::normalize(cloud(i, 30, 1, 0.5)).unwrap()).collect();
    let fast = principal_geodesics(&refs(&points), 3, &MeanOptions::default()).unwrap();
    let sphere = UnitSphere::new(30);
    let plain = principal_geodesics_in(&sphere, &refs(&points), 3, &DescentOptions::default()).unwrap();
    // And on isometric coordinates, where the number of stimuli no longer counts.
    let short = IsometricCoordinates::of(&points.iter().map(UnitVector::coordinates).collect::<Vec<_>>()).unwrap();
    let copies: Vec<_> = short.rows().iter().map(|x| UnitVector::normalize(x.clone()).unwrap()).collect();
    let small = UnitSphere::new(short.dimension());
    let copied = principal_geodesics_in(&small, &refs(&copies), 3, &DescentOptions::default()).unwrap();
    for other in [&plain.coordinates, &copied.coordinates] {
        for (x, y) in fast.coordinates.iter().flatten().zip(other.iter().flatten()) {
            assert!((x - y).abs() < 1e-7, "{x} {y}");
        }
    }
    assert!(plain.variance_explained.iter().zip(&fast.variance_explained).all(|(x, y)| (x - y).abs() < 1e-9));
    assert_eq!(plain.axes.len(), 3);
    for (i, axis) in plain.axes.iter().enumerate() {
        for (j, other) in plain.axes.iter().enumerate() {
            let expected = f64::from(u8::from(i == j));
            assert!((sphere.inner(&plain.mean.point, axis, other) - expected).abs() < 1e-12);
        }
    }
}

/// Points on two geodesics that cross at right angles: the axes are found, and walking along one comes back to the points.
#[test]
fn principal_geodesics_of_positive_definite_matrices() {
    let space = AffineInvariant::new(3);
    let x = gaussian(5, 3, 6);
    let center = PositiveDefinite::new(product_transposed(&x, &x, 3, 6, 3), 3).unwrap();
    let toward = |seed| {
        let y = gaussian(seed, 3, 6);
        let v = space.log(&center, &PositiveDefinite::new(product_transposed(&y, &y, 3, 6, 3), 3).unwrap()).unwrap();
        let length = space.inner(&center, &v, &v).sqrt();
        space.combine(&center, &[v], &[1.0 / length])
    };
    let (first, second) = (toward(6), toward(7));
    let along = space.inner(&center, &first, &second);
    let second = space.combine(&center, &[second, first.clone()], &[1.0, -along]);
    let length = space.inner(&center, &second, &second).sqrt();
    let second = space.combine(&center, &[second], &[1.0 / length]);
    let at = |a: f64, b: f64| {
        let v = space.combine(&center, &[first.clone(), second.clone()], &[a, b]);
        space.exp(&center, &v).unwrap()
    };
    let points = [at(1.2, 0.0), at(-1.2, 0.0), at(0.0, 0.5), at(0.0, -0.5)];
    let found = principal_geodesics_in(&space, &refs(&points), 4, &DescentOptions::default()).unwrap();
    assert!(space.distance(&found.mean.point, &center).unwrap() < 1e-9);
    assert!((found.variance_explained[0] - 1.44 / 1.69).abs() < 1e-9, "{:?}", found.variance_explained);
    assert_eq!(found.axes.len(), 2);
    assert!((norm(&found.coordinates[0]) - 1.2).abs() < 1e-9);
    let step = space.combine(&found.mean.point, &found.axes[..1], &[found.coordinates[0][0]]);
    let reached = space.exp(&found.mean.point, &step).unwrap();
    assert!(space.distance(&reached, &points[0]).unwrap() < 1e-8);
    let none = principal_geodesics_in(&space, &refs(&points), 0, &DescentOptions::default());
    assert_eq!(none, Err(EmbeddingError::NoDimensions.into()));
}

#[test]
fn a_searched_projection_says_how_it_went() {
    let space = geometry::Grassmann::new(9, 2);
    let [a, b, c] = [1, 2, 3].map(|seed| space.span(gaussian(seed, 9, 2)).unwrap());
    let search = space.project(&a, &b, &c).unwrap().search.unwrap();
    assert!(search.bracket <= 4.0 * geometry::PROJECTION_TOLERANCE && search.evaluations > 32, "{search:?}");
    let [a, b, c] = [1, 2, 3].map(|seed| UnitVector::normalize(gaussian(seed, 9, 1)).unwrap());
    assert_eq!(UnitSphere::new(9).project(&a, &b, &c).unwrap().search, None);
}

#[test]
fn points_are_embedded_as_their_space_allows() {
    let m = 12;
    let layers = chain(4, m, &[5, 4, 6, 3]);
    let picture = |method: EmbeddingMethod, name: &str, dimensions: usize| {
        let metric: Metric = name.parse().unwrap();
        let points: Vec<Point> = layers.iter().map(|x| embed(&metric, x, m)).collect();
        let options = EmbeddingOptions { dimensions, ..EmbeddingOptions::default() };
        method.embed_points(&metric, &refs(&points), &options, &mut silent)
    };
    // Four points of a flat space lie in three dimensions, and there the axes are those of plain principal components.
    let flat = picture(EmbeddingMethod::PrincipalGeodesics, "stress", 3).unwrap();
    assert!(flat.stress < 1e-10, "{}", flat.stress);
    let scaled = picture(EmbeddingMethod::ClassicalMds, "stress", 3).unwrap();
    for (ours, other) in flat.coordinates.iter().flatten().zip(scaled.coordinates.iter().flatten()) {
        assert!((ours.abs() - other.abs()).abs() < 1e-9, "{ours} {other}");
    }
    for metric in ["angular-shape", "euclidean-shape", "log-euclidean[matrix=gram,ridge=0.1]"] {
        let shares = picture(EmbeddingMethod::PrincipalGeodesics, metric, 3).unwrap().variance_explained.unwrap();
        assert!(shares.windows(2).all(|pair| pair[0] >= pair[1]) && shares.iter().sum::<f64>() <= 1.0 + 1e-12);
    }
    let refused = picture(EmbeddingMethod::PrincipalGeodesics, "angular-shape[whitening=0.5]", 2);
    assert!(matches!(refused, Err(Error::Geometry(GeometryError::NoGeodesics { .. }))), "{refused:?}");
    let refused = picture(EmbeddingMethod::SphericalMds, "euclidean-shape", 2);
    assert!(matches!(refused, Err(Error::Embedding(EmbeddingError::NoAngles { .. }))), "{refused:?}");
}
