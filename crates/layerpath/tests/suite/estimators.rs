//! The three estimators against formulas written out separately, and their biases.

use layerpath::Error;
use layerpath::linalg::{dot, symmetric_eigen};
use layerpath::metric::{AngularCka, Estimator, Kernel, Metric};
use layerpath::representation::Representation;
use proptest::prelude::*;

use crate::data::{embed, gaussian, seeded};

fn plain_gram(x: &[f64], m: usize) -> Vec<f64> {
    let n = x.len() / m;
    let row = |i: usize| &x[i * n..(i + 1) * n];
    (0..m * m).map(|place| row(place / m).iter().zip(row(place % m)).map(|(a, b)| a * b).sum()).collect()
}

/// The unbiased HSIC of Song et al. 2012, eq. 5, as printed: with zeroed diagonals,
/// [tr(KL) + 1ᵀK1·1ᵀL1/((m−1)(m−2)) − 2/(m−2)·1ᵀKL1] / (m(m−3)).
fn song(k: &[f64], l: &[f64], m: usize) -> f64 {
    let hollow =
        |g: &[f64]| (0..m * m).map(|place| if place / m == place % m { 0.0 } else { g[place] }).collect::<Vec<f64>>();
    let (k, l) = (hollow(k), hollow(l));
    let trace: f64 = k.iter().zip(&l).map(|(a, b)| a * b).sum();
    let row_sums = |g: &[f64]| g.chunks(m).map(|row| row.iter().sum()).collect::<Vec<f64>>();
    let (rows_k, rows_l) = (row_sums(&k), row_sums(&l));
    let total = rows_k.iter().sum::<f64>() * rows_l.iter().sum::<f64>();
    let mixed: f64 = rows_k.iter().zip(&rows_l).map(|(a, b)| a * b).sum();
    let m = m as f64;
    (trace + total / ((m - 1.0) * (m - 2.0)) - 2.0 / (m - 2.0) * mixed) / (m * (m - 3.0))
}

/// ⟨HKH, HLH⟩ with or without the diagonals, by explicit multiplication with H.
fn centred_product(k: &[f64], l: &[f64], m: usize, keep_diagonal: bool) -> f64 {
    let center = |g: &[f64]| {
        let h = |i: usize, j: usize| f64::from(u8::from(i == j)) - 1.0 / m as f64;
        let multiply = |a: &dyn Fn(usize, usize) -> f64, b: &dyn Fn(usize, usize) -> f64| {
            (0..m * m).map(|p| (0..m).map(|k| a(p / m, k) * b(k, p % m)).sum()).collect::<Vec<f64>>()
        };
        let left = multiply(&h, &|i, j| g[i * m + j]);
        multiply(&|i, j| left[i * m + j], &h)
    };
    let (k, l) = (center(k), center(l));
    (0..m * m).filter(|p| keep_diagonal || p / m != p % m).map(|p| k[p] * l[p]).sum()
}

fn cka(x: &[f64], y: &[f64], m: usize, estimator: Estimator) -> f64 {
    let metric = Metric::from(AngularCka { estimator, kernel: Kernel::Linear });
    dot(embed(&metric, x, m).coordinates(), embed(&metric, y, m).coordinates())
}

pub(crate) fn formula(x: &[f64], y: &[f64], m: usize, estimator: Estimator) -> f64 {
    let (k, l) = (plain_gram(x, m), plain_gram(y, m));
    let product = |a: &[f64], b: &[f64]| match estimator {
        Estimator::Unbiased => song(a, b, m),
        Estimator::Biased => centred_product(a, b, m, true),
        Estimator::Masked => centred_product(a, b, m, false),
    };
    product(&k, &l) / (product(&k, &k) * product(&l, &l)).sqrt()
}

proptest! {
    #![proptest_config(seeded(64))]

    /// Every estimator equals its formula to 1e-12, at any scale, with wide, narrow and rank-deficient activations.
    #[test]
    fn equal_their_formulas(
        seed in 0_u64..1000, m in 5_usize..24, n in 1_usize..60, other in 1_usize..9, exponent in -40_i32..40,
        offset in -2.0_f64..2.0, duplicate in any::<bool>(),
    ) {
        let mut x = gaussian(seed, m, n);
        if duplicate {
            x.copy_within(..n, n); // rows 0 and 1 equal
        }
        let y: Vec<f64> = gaussian(seed + 7, m, other).iter().map(|value| value + offset).collect();
        let scaled: Vec<f64> = x.iter().map(|value| value * 2.0_f64.powi(exponent)).collect();
        for estimator in Estimator::ALL {
            let ours = cka(&scaled, &y, m, estimator);
            let theirs = formula(&x, &y, m, estimator);
            prop_assert!((ours - theirs).abs() < 1e-12, "{estimator:?}: {ours} against {theirs}");
        }
    }
}

#[test]
fn independent_noise_looks_alike_only_to_the_biased_estimator() {
    // The size where docs/math.md gives 0.86.
    let (m, n) = (50, 300);
    let mean = |estimator| {
        (0..10).map(|seed| cka(&gaussian(seed, m, n), &gaussian(seed + 100, m, n), m, estimator)).sum::<f64>() / 10.0
    };
    assert!((mean(Estimator::Biased) - 0.86).abs() < 0.01, "{}", mean(Estimator::Biased));
    assert!(mean(Estimator::Unbiased).abs() < 0.02, "{}", mean(Estimator::Unbiased));
}

/// The sphere's dimension as docs/math.md states it is the rank of the estimator's projector, less one.
#[test]
fn dimension_of_the_spheres() {
    for m in [4, 5, 7] {
        // Points of many random rank-one Grams span the image of the projector.
        for (estimator, expected) in [
            (Estimator::Biased, m * (m - 1) / 2),
            (Estimator::Masked, m * (m - 1) / 2),
            (Estimator::Unbiased, m * (m - 3) / 2),
        ] {
            let metric = Metric::from(AngularCka { estimator, kernel: Kernel::Linear });
            let points: Vec<_> = (0..80).map(|seed| embed(&metric, &gaussian(seed, m, 1), m)).collect();
            let mut gram = vec![0.0; 80 * 80];
            for i in 0..80 {
                for j in 0..80 {
                    gram[i * 80 + j] = dot(points[i].coordinates(), points[j].coordinates());
                }
            }
            let rank = symmetric_eigen(&gram, 80).unwrap().values.iter().filter(|&&value| value > 1e-9).count();
            assert_eq!(rank, expected, "{estimator:?}, m = {m}");
        }
    }
}

#[test]
fn narrow_activations_are_computed_to_single_precision() {
    use half::{bf16, f16};
    let x = gaussian(3, 12, 40);
    let metric = Metric::default();
    let single: Vec<f32> = x.iter().map(|&value| value as f32).collect();
    let halves: Vec<f16> = x.iter().map(|&value| f16::from_f64(value)).collect();
    let brains: Vec<bf16> = x.iter().map(|&value| bf16::from_f64(value)).collect();
    for (narrow, wide) in [
        (Representation::new(&single[..], 12, 40), single.iter().map(|&value| f64::from(value)).collect::<Vec<_>>()),
        (Representation::new(&halves[..], 12, 40), halves.iter().map(|value| value.to_f64()).collect()),
        (Representation::new(&brains[..], 12, 40), brains.iter().map(|value| value.to_f64()).collect()),
    ] {
        let off = metric.distance(&metric.embed(&narrow.unwrap()).unwrap(), &embed(&metric, &wide, 12)).unwrap();
        assert!(off < 3e-7, "{off}");
    }
}

#[test]
fn bad_activations_are_clear_errors() {
    let metric = Metric::default();
    let try_embed = |x: &[f64], m: usize, n: usize| Representation::new(x, m, n).and_then(|x| metric.embed(&x));
    assert!(matches!(try_embed(&[1.0; 12], 6, 2), Err(Error::ConstantRows { .. })));
    assert!(matches!(try_embed(&[1.0, 2.0, 3.0], 3, 1), Err(Error::TooFewStimuli { needed: 4, given: 3, .. })));
    assert!(matches!(try_embed(&[], 0, 3), Err(Error::Empty { .. })));
    assert!(matches!(try_embed(&[1.0; 5], 2, 3), Err(Error::Shape { .. })));
    let mut x = gaussian(1, 6, 2);
    x[7] = f64::NAN;
    assert_eq!(try_embed(&x, 6, 2), Err(Error::NonFinite { row: 3, column: 1, value: "NaN".to_owned() }));
    x[7] = f64::NEG_INFINITY;
    assert!(try_embed(&x, 6, 2).unwrap_err().to_string().contains("stimulus 3, unit 1 is -inf"));
    // One-hot rows of six distinct classes: every pair is equally similar, nothing is left after U-centring.
    let identity: Vec<f64> = (0..36).map(|p| f64::from(u8::from(p / 6 == p % 6))).collect();
    assert!(matches!(try_embed(&identity, 6, 6), Err(Error::NoStructure { .. })));
    let biased: Metric = "angular-cka[estimator=biased]".parse().unwrap();
    assert!(biased.embed(&Representation::new(&identity[..], 6, 6).unwrap()).is_ok());
}

#[test]
fn overflowing_shapes_are_refused() {
    assert!(matches!(Representation::new(&[1.0_f64][..], usize::MAX, 2), Err(Error::Shape { .. })));
}

#[test]
fn names_round_trip_and_refuse_nonsense() {
    for metric in Metric::all() {
        let name = metric.to_string();
        assert_eq!(name.parse::<Metric>().unwrap(), metric);
    }
    assert_eq!("angular-cka".parse::<Metric>().unwrap(), Metric::default());
    assert_eq!(" angular-cka [ kernel = linear ] ".parse::<Metric>().unwrap(), Metric::default());
    for (name, printed) in [
        ("angular-cka[kernel=rbf]", "angular-cka[estimator=unbiased,kernel=rbf,length-scale=median]"),
        (
            "angular-cka[length-scale=median*0.7071067811865476,kernel=laplace]",
            "angular-cka[estimator=unbiased,kernel=laplace,length-scale=median*0.7071067811865476]",
        ),
        ("angular-cka[kernel=rbf,length-scale=1e-3]", "angular-cka[estimator=unbiased,kernel=rbf,length-scale=0.001]"),
        ("angular-shape[components=5]", "angular-shape[components=5,whitening=1]"),
        ("bures-wasserstein", "euclidean-shape[components=all,whitening=1]"),
        ("affine-invariant[ridge=0.1]", "affine-invariant[matrix=gram,ridge=0.1]"),
        ("log-euclidean[components=3,matrix=covariance]", "log-euclidean[matrix=covariance,ridge=0,components=3]"),
        ("stress", "stress[rescale=none]"),
    ] {
        assert_eq!(name.parse::<Metric>().unwrap().to_string(), printed);
        assert_eq!(printed.parse::<Metric>().unwrap().to_string(), printed);
    }
    assert_eq!("angular-cka[]".parse::<Metric>().unwrap(), Metric::default());
    for (name, part) in [
        ("angular-ckb", "known are angular-cka"),
        ("angular-cka[length-scale=2]", "no length scale"),
        ("angular-cka[kernel=rbf,length-scale=0]", "a number above 0"),
        ("angular-cka[kernel=rbf,length-scale=median+1]", "a number above 0"),
        ("angular-shape[components=0]", "`all`, or 1, 2"),
        ("angular-shape[whitening=1.5]", "from 0"),
        ("grassmann", "`components` is missing"),
        ("affine-invariant", "`ridge` is missing"),
        ("affine-invariant[ridge=0]", "above 0"),
        ("affine-invariant[ridge=1,components=3]", "belongs to matrix=covariance"),
        ("log-euclidean[matrix=covariance]", "`components` is missing"),
        ("stress[rescale=mean]", "one of none, median"),
        ("angular-rsa[components=2]", "has none"),
        ("angular-cka[estimator=song]", "one of unbiased, biased, masked"),
        ("angular-cka[estimator]", "no `=`"),
        ("angular-cka[estimator=biased", "missing `]`"),
        ("angular-cka[estimator=biased,estimator=biased]", "given twice"),
        ("angular-cka[ridge=1]", "unknown parameter `ridge`"),
        ("", "is no metric"),
    ] {
        let message = name.parse::<Metric>().unwrap_err().to_string();
        assert!(message.contains(part), "{name}: {message}");
    }
}
