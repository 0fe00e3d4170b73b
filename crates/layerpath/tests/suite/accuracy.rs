//! How many digits distances and angles have, from 10⁻¹² rad to π and for condition numbers up to 10¹⁴, against exact
//! constructions and double-double arithmetic. Each test prints its worst error; docs/accuracy.md lists them.

use std::f64::consts::{FRAC_PI_2, PI};

use layerpath::geometry::{
    AffineInvariant, Euclidean, FlatVector, Grassmann, MetricSpace, PositiveDefinite, RiemannianSpace, ShapeSpace,
    UnitSphere, UnitVector,
};
use layerpath::linalg::{column_products, norm, product, singular_values, thin_svd};
use layerpath::metric::{Estimator, Metric};

use crate::data::{embed, gaussian};
use crate::double_double::{Double2, angle, dot, widen};

/// From 10⁻¹² to π.
const ANGLES: [f64; 13] =
    [1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-6, 1e-4, 1e-2, 0.5, FRAC_PI_2, 3.0, PI - 1e-6, PI - 1e-9];

/// The worst error seen, in units of what is allowed.
struct Worst {
    what: &'static str,
    relative: f64,
    share: f64,
    place: String,
}

impl Worst {
    fn of(what: &'static str) -> Self {
        Self { what, relative: 0.0, share: 0.0, place: String::new() }
    }

    /// A value, what it should be, and the error that it may have.
    fn see(&mut self, value: f64, exact: f64, allowed: f64, place: impl FnOnce() -> String) {
        let error = (value - exact).abs();
        self.relative = self.relative.max(error / exact.abs());
        let share = if error.is_nan() { f64::INFINITY } else { error / allowed };
        if share > self.share {
            self.share = share;
            self.place = format!("{} gives {value:e} for {exact:e}", place());
        }
    }
}

impl Drop for Worst {
    fn drop(&mut self) {
        println!("accuracy: {}: worst relative error {:.1e}", self.what, self.relative);
        println!("          nearest to its bound ({:.2} of it): {}", self.share, self.place);
        if !std::thread::panicking() {
            assert!(self.share <= 1.0, "{}: {} of the allowed error at {}", self.what, self.share, self.place);
        }
    }
}

/// A dense orthogonal m×m matrix, row-major.
pub(crate) fn orthogonal(seed: u64, m: usize) -> Vec<f64> {
    thin_svd(&gaussian(seed, m, m), m, m).unwrap().left
}

/// Columns of m entries, each turned by the same orthogonal matrix.
fn turned(columns: &[f64], rotation: &[f64], m: usize) -> Vec<f64> {
    product(columns, rotation, columns.len() / m, m, m)
}

#[test]
fn arcs_on_the_sphere() {
    let mut sparse = Worst::of("sphere, arc of vectors with two coordinates");
    let mut dense = Worst::of("sphere, arc of vectors with 3000 coordinates");
    for theta in ANGLES {
        let [a, b] = [[1.0, 0.0], [theta.cos(), theta.sin()]].map(|x| UnitVector::normalize(x.to_vec()).unwrap());
        let exact = angle(&widen(a.coordinates()), &widen(b.coordinates()));
        assert!((exact - theta).abs() < 4e-16);
        let arc = UnitSphere::new(2).distance(&a, &b).unwrap();
        sparse.see(arc, exact, 1e-15 * theta, || format!("{theta:e}"));

        let a = UnitVector::normalize(gaussian(1, 3000, 1)).unwrap();
        let other = UnitVector::normalize(gaussian(2, 3000, 1)).unwrap();
        let sphere = UnitSphere::new(3000);
        let way = sphere.log(&a, &other).unwrap();
        let length = norm(&way);
        let b = sphere.exp(&a, &way.iter().map(|x| x * theta / length).collect()).unwrap();
        let exact = angle(&widen(a.coordinates()), &widen(b.coordinates()));
        // The stored vectors have norm 1 to 10⁻¹⁶ only, which counts in the square beside that of the angle.
        let allowed = theta * (2e-15 + 1e-31 / (theta * theta));
        dense.see(sphere.distance(&a, &b).unwrap(), exact, allowed, || format!("{theta:e}"));
    }
}

#[test]
fn angles_on_the_sphere_and_in_the_plane() {
    let mut sphere = Worst::of("sphere, angle with arms of 1e-12 … 1 rad");
    let mut plane = Worst::of("flat, angle and distance with arms of 1e-12 … 1e12");
    for arm in [1e-12, 1e-9, 1e-6, 1e-3, 1.0] {
        for phi in ANGLES {
            let corner = UnitVector::normalize(vec![1.0, 0.0, 0.0]).unwrap();
            let at = |phi: f64| UnitVector::normalize(vec![1.0, arm * phi.cos(), arm * phi.sin()]).unwrap();
            let (a, c) = (at(0.0), at(phi));
            let exact = angle(&widen(&a.coordinates()[1..]), &widen(&c.coordinates()[1..]));
            let found = UnitSphere::new(3).angle(&a, &corner, &c).unwrap();
            sphere.see(found, exact, 4e-15 * phi, || format!("arm {arm:e}, angle {phi:e}"));

            for size in [arm, 1.0 / arm] {
                let at = |x: f64, y: f64| FlatVector::new(vec![x, y]).unwrap();
                let (a, b, c) = (at(size, 0.0), at(0.0, 0.0), at(size * phi.cos(), size * phi.sin()));
                let exact = angle(&widen(a.coordinates()), &widen(c.coordinates()));
                let found = Euclidean::new(2).angle(&a, &b, &c).unwrap();
                plane.see(found, exact, 2e-15 * phi, || format!("arm {size:e}, angle {phi:e}"));
                let difference: Vec<Double2> =
                    widen(a.coordinates()).iter().zip(widen(c.coordinates())).map(|(&x, y)| x - y).collect();
                let exact = dot(&difference, &difference).sqrt().to_f64();
                let found = Euclidean::new(2).distance(&a, &c).unwrap();
                plane.see(found, exact, 1e-15 * exact, || format!("distance at {size:e}, angle {phi:e}"));
            }
        }
    }
}

#[test]
fn principal_angles() {
    let mut axes = Worst::of("grassmann, distance along coordinate axes");
    let mut dense = Worst::of("grassmann, distance of dense subspaces");
    let (m, p) = (12, 3);
    let space = Grassmann::new(m, p);
    for theta in ANGLES {
        let angles = [theta, theta / 2.0, theta / 4.0].map(|x| x.min(FRAC_PI_2));
        let (mut a, mut b) = (vec![0.0; m * p], vec![0.0; m * p]);
        for (k, angle) in angles.iter().enumerate() {
            a[k * m + k] = 1.0;
            (b[k * m + k], b[k * m + p + k]) = (angle.cos(), angle.sin());
        }
        let exact = norm(&angles);
        let between =
            |a: Vec<f64>, b: Vec<f64>| space.distance(&space.span(a).unwrap(), &space.span(b).unwrap()).unwrap();
        axes.see(between(a.clone(), b.clone()), exact, 1e-15 * exact, || format!("{theta:e}"));
        let rotation = orthogonal(3, m);
        // Bases of rounded coordinates span a subspace that is uncertain by 10⁻¹⁶ rad.
        let found = between(turned(&a, &rotation, m), turned(&b, &rotation, m));
        dense.see(found, exact, 1e-15 * (1.0 + exact), || format!("{theta:e}"));
    }
}

#[test]
fn shapes() {
    let mut axes = Worst::of("shape, distance along coordinate axes");
    let mut dense = Worst::of("shape, distance of dense configurations");
    let m = 12;
    for theta in ANGLES.into_iter().filter(|theta| *theta < FRAC_PI_2) {
        // Every column leans by θ towards a direction of its own, so that ‖PᵀQ‖_* = cos θ.
        let scales = [0.8, 0.5, 0.3, 0.1 * 0.2_f64.sqrt()];
        let (mut a, mut b) = (vec![0.0; m * 4], vec![0.0; m * 4]);
        for (k, scale) in scales.iter().enumerate() {
            a[k * m + k] = *scale;
            (b[k * m + k], b[k * m + 4 + k]) = (scale * theta.cos(), scale * theta.sin());
        }
        let size = norm(&scales);
        let rotation = orthogonal(4, m);
        for space in [ShapeSpace::angular(m), ShapeSpace::euclidean(m)] {
            let exact = if space == ShapeSpace::angular(m) { theta } else { 2.0 * size * (theta / 2.0).sin() };
            let between = |a: &[f64], b: &[f64]| {
                space.distance(&space.point(a.to_vec()).unwrap(), &space.point(b.to_vec()).unwrap())
            };
            axes.see(between(&a, &b).unwrap(), exact, 2e-15 * exact, || format!("{theta:e}"));
            let found = between(&turned(&a, &rotation, m), &turned(&b, &rotation, m)).unwrap();
            dense.see(found, exact, 1e-15 * (1.0 + exact), || format!("{theta:e}"));
        }
    }
}

/// So many axes that nuclear norms come from squares where these keep their digits, with lengths 1 … 10^−11, for pairs that
/// are not near each other. Beside the exact construction, the distance by singular values of the same points: making dense
/// points costs more digits than either.
#[test]
fn shapes_of_many_axes() {
    let mut axes = Worst::of("shape of 64 axes, distance along coordinate axes");
    let mut dense = Worst::of("shape of 64 axes, distance of dense configurations");
    let mut routes = Worst::of("shape of 64 axes, distance beside that by singular values");
    let (m, r) = (130, 64);
    let rotation = orthogonal(8, m);
    for decline in [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 6.0, 11.0] {
        let scales: Vec<f64> = (0..r).map(|k| 10.0_f64.powf(-decline * k as f64 / (r - 1) as f64)).collect();
        let size = norm(&scales);
        for theta in [0.5_f64, 0.8, 1.0, 1.3, 1.5] {
            let (mut a, mut b) = (vec![0.0; m * r], vec![0.0; m * r]);
            for (k, scale) in scales.iter().enumerate() {
                a[k * m + k] = *scale;
                (b[k * m + k], b[k * m + r + k]) = (scale * theta.cos(), scale * theta.sin());
            }
            let place = || format!("1e-{decline}, {theta:e}");
            for space in [ShapeSpace::angular(m), ShapeSpace::euclidean(m)] {
                let angular = space == ShapeSpace::angular(m);
                let exact = if angular { theta } else { 2.0 * size * (theta / 2.0).sin() };
                let unit = if angular { 1.0 } else { size };
                let points = |columns: [Vec<f64>; 2]| columns.map(|columns| space.point(columns).unwrap());
                let [p, q] = points([a.clone(), b.clone()]);
                axes.see(space.distance(&p, &q).unwrap(), exact, 1e-14 * exact, place);
                let [p, q] = points([turned(&a, &rotation, m), turned(&b, &rotation, m)]);
                let found = space.distance(&p, &q).unwrap();
                dense.see(found, exact, 3e-14 * (unit + exact), place);
            }
            // Unrelated axes of the same lengths: the singular values of PᵀQ spread twice as far.
            let other = turned(&a, &orthogonal(9, m), m);
            beside_singular_values(&mut routes, m, [turned(&b, &rotation, m), other], place);
        }
        // Subspaces whose principal angles have the cosines 1 … 10^−decline, in no particular axes: no order helps.
        let (mut a, mut b) = (vec![0.0; m * r], vec![0.0; m * r]);
        for (k, cosine) in scales.iter().enumerate() {
            a[k * m + k] = 1.0;
            (b[k * m + k], b[k * m + r + k]) = (*cosine, (1.0 - cosine * cosine).sqrt());
        }
        let mixed = |columns: &[f64], seed: u64| product(&orthogonal(seed, r), &turned(columns, &rotation, m), r, r, m);
        beside_singular_values(&mut routes, m, [mixed(&a, 10), mixed(&b, 11)], || format!("cosines to 1e-{decline}"));
    }
}

/// The angular distance beside what the singular values of PᵀQ say.
fn beside_singular_values(routes: &mut Worst, m: usize, columns: [Vec<f64>; 2], place: impl Fn() -> String) {
    let space = ShapeSpace::angular(m);
    let [p, q] = columns.map(|columns| space.point(columns).unwrap());
    let cross = column_products(p.coordinates(), q.coordinates(), m);
    let overlap: f64 = singular_values(&cross, p.rank(), q.rank()).unwrap().iter().rev().sum();
    let squares = p.size().powi(2) + q.size().powi(2);
    if 2.0 * overlap < 0.9 * squares {
        let exact = 2.0 * (squares - 2.0 * overlap).sqrt().atan2((squares + 2.0 * overlap).sqrt());
        routes.see(space.distance(&p, &q).unwrap(), exact, 5e-15 * exact, place);
    }
}

/// Diagonal matrices: d² = Σ (ln bᵢ/aᵢ)², whatever the condition numbers.
#[test]
fn diagonal_matrices_of_any_condition() {
    let mut worst = Worst::of("affine-invariant, diagonal, condition 1 … 1e14");
    let mut near = Worst::of("affine-invariant, diagonal, distances from 1e-12");
    for exponent in 0..=14 {
        for n in [1_usize, 2, 3, 7, 12] {
            let at = |i: usize| 10.0_f64.powf(-f64::from(exponent) * i as f64 / (n.max(2) - 1) as f64);
            let diagonal = |entries: &[f64]| {
                let entry = |place: usize| if place / n == place % n { entries[place / n] } else { 0.0 };
                PositiveDefinite::new((0..n * n).map(entry).collect(), n).unwrap()
            };
            let a: Vec<f64> = (0..n).map(at).collect();
            let b: Vec<f64> = a.iter().rev().copied().collect();
            let logs: Vec<f64> = a.iter().zip(&b).map(|(a, b)| (b / a).ln()).collect();
            let space = AffineInvariant::new(n);
            let exact = norm(&logs);
            if exact > 0.0 {
                let found = space.distance(&diagonal(&a), &diagonal(&b)).unwrap();
                worst.see(found, exact, 2e-15 * exact, || format!("condition 1e{exponent}, n = {n}"));
            }
            for small in [1e-12, 1e-8, 1e-4] {
                let b: Vec<f64> = a.iter().enumerate().map(|(i, a)| a * (1.0 + small * (i + 1) as f64)).collect();
                // The stored quotients, exactly.
                let log = |a: f64, b: f64| ((Double2::from(b) - Double2::from(a)) / Double2::from(a)).to_f64().ln_1p();
                let exact = norm(&a.iter().zip(&b).map(|(&a, &b)| log(a, b)).collect::<Vec<_>>());
                let found = space.distance(&diagonal(&a), &diagonal(&b)).unwrap();
                // Close together by their difference; further apart, at high condition, by their factors.
                let allowed = 1e-14 * exact + if exponent > 6 { 2e-15 } else { 0.0 };
                near.see(found, exact, allowed, || format!("condition 1e{exponent}, n = {n}, {small:e}"));
            }
        }
    }
}

/// Congruences by integer matrices are exact in double precision and leave the distance as it is.
#[test]
fn exact_congruences() {
    let mut worst = Worst::of("affine-invariant, congruent by integers, condition to 1e14");
    for bits in [4, 10, 20, 30, 40, 46] {
        let big = 2.0_f64.powi(bits);
        // T = [[1,0,0],[3,1,0],[-2,5,1]]; A = T diag(1, √big, big) Tᵀ, B = T diag(4, √big, big/8) Tᵀ.
        let t = [1.0, 0.0, 0.0, 3.0, 1.0, 0.0, -2.0, 5.0, 1.0];
        let congruent = |d: [f64; 3]| {
            let entry = |p: usize| (0..3).map(|k| t[p / 3 * 3 + k] * d[k] * t[p % 3 * 3 + k]).sum::<f64>();
            PositiveDefinite::new((0..9).map(entry).collect(), 3).unwrap()
        };
        let middle = 2.0_f64.powi(bits / 2);
        let found =
            AffineInvariant::new(3).distance(&congruent([1.0, middle, big]), &congruent([4.0, middle, big / 8.0]));
        let exact = 4.0_f64.ln().hypot(8.0_f64.ln());
        let root = (40.0 * big).sqrt();
        worst.see(found.unwrap(), exact, 1e-15 * (1.0 + root), || format!("condition about {:.0e}", 40.0 * big));
    }
}

/// A common factor G of condition 10⁷ makes matrices G E Gᵀ of condition 10¹⁴ whose distances are those of the E.
#[test]
fn congruences_given_by_their_factors() {
    let mut worst = Worst::of("affine-invariant, dense factors, condition to 1e14");
    for exponent in [0, 2, 4, 6, 7] {
        let n = 8;
        let (left, right) = (orthogonal(5, n), orthogonal(6, n));
        let scaled: Vec<f64> = (0..n * n)
            .map(|p| left[p] * 10.0_f64.powf(-f64::from(exponent) * (p % n) as f64 / (n - 1) as f64))
            .collect();
        let common = product(&scaled, &right, n, n, n);
        let logs = gaussian(7, n, 1);
        let moved = (0..n * n).map(|p| common[p] * (logs[p % n] / 2.0).exp()).collect();
        let [p, q] = [common.clone(), moved].map(|factor| PositiveDefinite::from_factor(factor, n).unwrap());
        let found = AffineInvariant::new(n).distance(&p, &q).unwrap();
        let allowed = 1e-14 * 10.0_f64.powi(exponent);
        worst.see(found, norm(&logs), allowed, || format!("condition 1e{}", 2 * exponent));
    }
}

/// Rank-deficient activations made of Hadamard columns: all eigenvalues of the Gram matrices are known.
#[test]
fn gram_matrices_of_deficient_rank() {
    let mut affine = Worst::of("affine-invariant, rank-deficient Gram, condition to 1e14");
    let mut log = Worst::of("log-euclidean, rank-deficient Gram, condition to 1e14");
    let mut covariance = Worst::of("affine-invariant, covariance, condition to 1e14");
    let m = 8;
    let sign = |i: usize, k: usize| if (i & k).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 };
    // Lengths of the columns 1 … 7; the units are mixed by a Hadamard rotation, and columns 6, 7 are never there.
    let activations = |lengths: &[f64; 7]| -> Vec<f64> {
        let unit = |i: usize, j: usize| (1..8).map(|k| sign(i, k) * lengths[k - 1] * sign(j, k)).sum::<f64>();
        (0..m * 8).map(|p| unit(p / 8, p % 8)).collect()
    };
    for big in [1.0, 1e2, 1e4, 1e6] {
        let x = [big, 1.0, 1e-3, 0.0, 2.0, 0.0, 0.0];
        let y = [1.0, 0.25 * big, 0.0, 5.0, 2.0, 0.0, 0.0];
        // XXᵀ has the eigenvalue 8·8·length² on each column.
        let square = |length: f64| 64.0 * length * length;
        for ridge in [1.0, 0.64] {
            let exact = x.iter().zip(&y).map(|(a, b)| ((square(*b) + ridge) / (square(*a) + ridge)).ln().powi(2));
            let exact = exact.sum::<f64>().sqrt();
            let condition = (square(big) + ridge) / ridge;
            for (name, worst) in [("affine-invariant", &mut affine), ("log-euclidean", &mut log)] {
                let metric: Metric = format!("{name}[ridge={ridge}]").parse().unwrap();
                let [p, q] = [x, y].map(|lengths| embed(&metric, &activations(&lengths), m));
                let found = metric.distance(&p, &q).unwrap();
                worst.see(found, exact, 1e-15 * (4.0 + condition.sqrt()), || format!("condition {condition:.0e}"));
            }
        }
        let metric: Metric = "affine-invariant[matrix=covariance,components=3]".parse().unwrap();
        let sorted = |lengths: &[f64; 7]| {
            let mut sorted = lengths.map(|length| square(length) / 7.0);
            sorted.sort_by(|a, b| b.total_cmp(a));
            sorted
        };
        let logs: Vec<f64> =
            sorted(&x).iter().zip(sorted(&y)).take(3).map(|(a, b): (&f64, f64)| (b / a).ln()).collect();
        let [p, q] = [x, y].map(|lengths| embed(&metric, &activations(&lengths), m));
        let found = metric.distance(&p, &q).unwrap();
        covariance.see(found, norm(&logs), 1e-15 * (4.0 + big), || format!("condition {:.0e}", big * big));
    }
}

/// The whole of angular CKA in double-double: centring, Gram matrix, centring, angle.
fn angular_cka(x: &[f64], y: &[f64], m: usize, estimator: Estimator) -> f64 {
    let point = |x: &[f64]| -> Vec<Double2> {
        let n = x.len() / m;
        let count = Double2::from(m as f64);
        let mut centred = widen(x);
        for j in 0..n {
            let mean = (0..m).fold(Double2::ZERO, |sum, i| sum + centred[i * n + j]) / count;
            (0..m).for_each(|i| centred[i * n + j] = centred[i * n + j] - mean);
        }
        let row = |i: usize| &centred[i * n..(i + 1) * n];
        let mut gram: Vec<Double2> = (0..m * m).map(|p| dot(row(p / m), row(p % m))).collect();
        if estimator != Estimator::Biased {
            (0..m).for_each(|i| gram[i * m + i] = Double2::ZERO);
        }
        if estimator == Estimator::Unbiased {
            let sums: Vec<Double2> =
                gram.chunks(m).map(|row| row.iter().fold(Double2::ZERO, |sum, &x| sum + x)).collect();
            let total = sums.iter().fold(Double2::ZERO, |sum, &x| sum + x);
            let (less, least) = (Double2::from(m as f64 - 2.0), Double2::from((m as f64 - 1.0) * (m as f64 - 2.0)));
            for p in (0..m * m).filter(|p| p / m != p % m) {
                gram[p] = gram[p] - (sums[p / m] + sums[p % m]) / less + total / least;
            }
        }
        gram
    };
    angle(&point(x), &point(y))
}

#[test]
fn angular_cka_of_tiny_changes() {
    let mut worst = Worst::of("angular-cka of activations changed by 1e-12 … 1 of themselves");
    let mut absolute = 0.0_f64;
    let (m, n) = (20, 9);
    for estimator in Estimator::ALL {
        let metric: Metric = match estimator {
            Estimator::Unbiased => "angular-cka",
            Estimator::Biased => "angular-cka[estimator=biased]",
            Estimator::Masked => "angular-cka[estimator=masked]",
        }
        .parse()
        .unwrap();
        for (seed, offset) in [(1, 0.0), (2, 3.0), (3, 0.0)] {
            let mut x = gaussian(seed, m, n);
            for value in &mut x {
                *value += offset;
            }
            if seed == 3 {
                // Three units that say the same, and two equal stimuli.
                for i in 0..m {
                    x[i * n + 1] = x[i * n];
                    x[i * n + 2] = 2.0 * x[i * n];
                }
                x.copy_within(0..n, n);
            }
            for change in [1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1.0] {
                let noise = gaussian(seed + 50, m, n);
                let y: Vec<f64> = x.iter().zip(&noise).map(|(x, e)| x + change * e).collect();
                let exact = angular_cka(&x, &y, m, estimator);
                let found = metric.distance(&embed(&metric, &x, m), &embed(&metric, &y, m)).unwrap();
                absolute = absolute.max((found - exact).abs());
                // Points are rounded to double precision, one by one.
                worst
                    .see(found, exact, 1e-15 * (1.0 + exact), || format!("{estimator:?}, offset {offset}, {change:e}"));
            }
        }
    }
    println!("accuracy: angular-cka: worst absolute error {absolute:.1e} rad");
}
