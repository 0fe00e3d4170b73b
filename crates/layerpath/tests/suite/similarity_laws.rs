//! Declared properties of similarities, both ways; hard cases; held-out alignment.

use layerpath::Error;
use layerpath::metric::Invariances;
use layerpath::representation::Representation;
use layerpath::similarity::{Alignment, HeldOut, ProcrustesScore, Similarity};
use proptest::prelude::*;

use crate::data::{chain, gaussian, seeded};

fn score(similarity: &Similarity, x: &[f64], y: &[f64], m: usize) -> Result<f64, Error> {
    similarity.score(&view(x, m), &view(y, m))
}

fn view(x: &[f64], m: usize) -> Representation<'_> {
    Representation::new(x, m, x.len() / m).unwrap()
}

/// X·A for an n×k matrix A.
fn times(x: &[f64], a: &[f64], n: usize) -> Vec<f64> {
    let k = a.len() / n;
    x.chunks(n).flat_map(|row| (0..k).map(move |j| (0..n).map(|i| row[i] * a[i * k + j]).sum())).collect()
}

/// An orthogonal n×n matrix with all entries different from 0: Gram–Schmidt of normal columns.
fn rotation(seed: u64, n: usize) -> Vec<f64> {
    let mut rows: Vec<Vec<f64>> = gaussian(seed, n, n).chunks(n).map(<[f64]>::to_vec).collect();
    for i in 0..n {
        for _ in 0..2 {
            for j in 0..i {
                let overlap: f64 = rows[i].iter().zip(&rows[j]).map(|(a, b)| a * b).sum();
                let earlier = rows[j].clone();
                rows[i].iter_mut().zip(&earlier).for_each(|(value, other)| *value -= overlap * other);
            }
        }
        let length = rows[i].iter().map(|v| v * v).sum::<f64>().sqrt();
        rows[i].iter_mut().for_each(|value| *value /= length);
    }
    rows.concat()
}

/// The changes of an m×n array, each with whether it is declared to leave scores alone.
fn changes(x: &[f64], n: usize, declared: Invariances) -> [(&'static str, bool, Vec<f64>); 4] {
    // Row i of the affine map is 5^(−i) times a row of a rotation.
    let mut affine = rotation(77, n);
    for (i, row) in affine.chunks_mut(n).enumerate() {
        for value in row {
            *value *= 5.0_f64.powi(-i32::try_from(i).unwrap());
        }
    }
    let mixed = times(x, &rotation(78, n), n);
    [
        (
            "translation",
            declared.translation,
            x.iter().enumerate().map(|(p, value)| value + 2.0 + (p % n) as f64).collect(),
        ),
        ("rotation", declared.rotation, mixed.clone()),
        ("scaling", declared.scaling, x.iter().map(|value| value * 3.0).collect()),
        ("affine", declared.affine, times(&mixed, &affine, n)),
    ]
}

#[test]
fn declared_invariances_both_ways() {
    let (m, n) = (40, 6);
    let layers = chain(3, m, &[n, n]);
    let (x, y) = (&layers[0], &layers[1]);
    for similarity in Similarity::all().unwrap() {
        let properties = similarity.properties();
        let before = score(&similarity, x, y, m).unwrap();
        let of_x = changes(x, n, properties.invariances_x);
        let of_y = changes(y, n, properties.invariances_y);
        let after_x = of_x.iter().map(|(law, holds, x)| (*law, *holds, score(&similarity, x, y, m), "first"));
        let after_y = of_y.iter().map(|(law, holds, y)| (*law, *holds, score(&similarity, x, y, m), "second"));
        for (law, holds, after, which) in after_x.chain(after_y) {
            let change = (after.unwrap() - before).abs();
            if holds {
                assert!(change < 1e-9, "{similarity}: {law} of the {which} changes the score by {change:e}");
            } else {
                assert!(change > 1e-6, "{similarity}: {law} of the {which} does not change the score");
            }
        }
    }
}

#[test]
fn declared_symmetry_both_ways() {
    let m = 40;
    let layers = chain(5, m, &[6, 4]);
    for similarity in Similarity::all().unwrap() {
        let there = score(&similarity, &layers[0], &layers[1], m).unwrap();
        let back = score(&similarity, &layers[1], &layers[0], m).unwrap();
        if similarity.properties().symmetric {
            assert!((there - back).abs() < 1e-12, "{similarity}: {there} and {back}");
        } else {
            assert!((there - back).abs() > 1e-3, "{similarity}: {there} and {back}");
        }
    }
}

fn in_range(similarity: &Similarity, value: f64, m: usize, narrower: usize) -> bool {
    let (low, high) = match similarity.properties().range {
        "[0, 1]" => (0.0, 1.0),
        "[−1, 1]" => (-1.0, 1.0),
        "[0, min(r_x, r_y)]" => (0.0, (m - 1).min(narrower) as f64),
        other => panic!("{similarity}: unknown range {other}"),
    };
    (low - 1e-12..=high + 1e-12).contains(&value)
}

proptest! {
    #![proptest_config(seeded(48))]

    /// A number in the declared range or a typed error, never NaN; the same at every scale; 1 for a representation
    /// with itself.
    #[test]
    fn hard_activations(
        seed in 0_u64..10_000, m in 1_usize..24, n in 1_usize..60, other in 1_usize..9,
        duplicate in any::<bool>(), deficient in any::<bool>(), exponent in -40_i32..=40,
    ) {
        let mut x = gaussian(seed, m, n);
        if deficient {
            // Every unit is a multiple of the first.
            x.chunks_mut(n).for_each(|row| {
                let first = row[0];
                row.iter_mut().enumerate().for_each(|(j, value)| *value = first * (j as f64 + 1.0));
            });
        }
        if duplicate && m > 1 {
            x.copy_within(..n, n);
        }
        let y = gaussian(seed + 7, m, other);
        let scaled: Vec<f64> = x.iter().map(|value| value * 2.0_f64.powi(exponent)).collect();
        let mut similarities = Similarity::all().unwrap();
        similarities.push("mutual-knn[k=1]".parse().unwrap());
        for similarity in similarities {
            let plain = score(&similarity, &x, &y, m);
            match &plain {
                Ok(value) => {
                    prop_assert!(m >= similarity.properties().minimum_stimuli);
                    prop_assert!(in_range(&similarity, *value, m, n.min(other)), "{similarity}: {value}");
                }
                Err(Error::TooFewStimuli { needed, given, .. }) => prop_assert!(given < needed),
                // One unit: every row has correlation or cosine ±1 with every other, or none at all.
                Err(Error::Undefined { .. } | Error::NoStructure { .. } | Error::ConstantRows { .. }) => {}
                Err(error) => prop_assert!(false, "{similarity}: {error}"),
            }
            if similarity.properties().invariances_x.scaling {
                prop_assert_eq!(score(&similarity, &scaled, &y, m), plain, "{} at 2^{}", similarity, exponent);
            }
            let own = score(&similarity, &x, &x, m);
            let name = similarity.to_string();
            if let Ok(own) = own && !name.contains("pillai") && !name.contains("ridge=1") {
                prop_assert!((own - 1.0).abs() < 1e-10, "{similarity}: {own} with itself");
            }
        }
    }

    /// Powers of ten are no powers of two, so rounding differs, but no more than rounding.
    #[test]
    fn any_scale(seed in 0_u64..10_000, m in 14_usize..30, n in 1_usize..40) {
        let (x, y) = (gaussian(seed, m, n), gaussian(seed + 7, m, 3));
        for similarity in Similarity::all().unwrap() {
            let Ok(plain) = score(&similarity, &x, &y, m) else { continue };
            for scale in [1e-300, 1e-12, 1e12, 1e300] {
                let of = |x: &[f64]| x.iter().map(|value| value * scale).collect::<Vec<f64>>();
                if similarity.properties().invariances_x.scaling {
                    let after = score(&similarity, &of(&x), &of(&y), m).unwrap();
                    prop_assert!((after - plain).abs() < 1e-10, "{similarity} at {scale:e}: {plain} and {after}");
                } else {
                    prop_assert!(score(&similarity, &of(&x), &y, m).unwrap().is_finite());
                }
            }
        }
    }

    /// A rotated and moved copy is aligned from any part that spans it; noise is not.
    #[test]
    fn held_out_alignment(seed in 0_u64..10_000, m in 12_usize..40, n in 1_usize..8, scale in -12_i32..=12) {
        let scale = 10.0_f64.powi(scale);
        let x: Vec<f64> = gaussian(seed, m, n).iter().map(|value| value * scale).collect();
        let moved: Vec<f64> =
            times(&x, &rotation(seed + 1, n), n).iter().map(|value| value + 2.0 * scale).collect();
        for (name, perfect) in [
            ("held-out-procrustes", 0.0), ("held-out-procrustes[score=euclidean]", 0.0),
            ("held-out-linear-predictivity[folds=4,seed=3]", 1.0),
        ] {
            let held_out: HeldOut = name.parse().unwrap();
            let scores = held_out.score(&view(&x, m), &view(&moved, m)).unwrap();
            let unit = if name.contains("euclidean") { scale } else { 1.0 };
            for value in scores.train.iter().chain(&scores.test) {
                prop_assert!((value - perfect).abs() < 1e-9 * unit, "{name}: {value}");
            }
            let noise = held_out.score(&view(&x, m), &view(&gaussian(seed + 5, m, n), m)).unwrap();
            prop_assert!((noise.mean_test() - perfect).abs() > 1e-3 * unit, "{name}: {}", noise.mean_test());
        }
    }
}

#[test]
fn fitting_flatters_and_holding_out_does_not() {
    // Fewer stimuli than units: any noise is predicted and aligned on the stimuli fitted to.
    let (m, n) = (30, 50);
    let (x, y) = (gaussian(1, m, n), gaussian(2, m, n));
    for name in ["linear-predictivity", "cca", "cca[summary=yanai]", "svcca[variance=1]", "pwcca"] {
        let own = score(&name.parse().unwrap(), &x, &y, m).unwrap();
        assert!((own - 1.0).abs() < 1e-10, "{name}: {own}");
    }
    let scores = |name: &str| name.parse::<HeldOut>().unwrap().score(&view(&x, m), &view(&y, m)).unwrap();
    let predicted = scores("held-out-linear-predictivity");
    assert!((predicted.mean_train() - 1.0).abs() < 1e-10 && predicted.mean_test() < 0.0, "{predicted:?}");
    let aligned = scores("held-out-procrustes");
    assert!(
        aligned.mean_train() < 1.0 && (aligned.mean_test() - std::f64::consts::FRAC_PI_2).abs() < 0.2,
        "{aligned:?}"
    );
}

/// What few stimuli leave undetermined has no say: the score does not depend on how the axes were chosen.
#[test]
fn held_out_scores_do_not_depend_on_axes() {
    let (m, n) = (15, 40);
    let layers = chain(8, m, &[n, n]);
    let rotated = times(&layers[0], &rotation(4, n), n);
    for name in ["held-out-procrustes", "held-out-procrustes[score=euclidean]", "held-out-linear-predictivity[ridge=2]"]
    {
        let held_out: HeldOut = name.parse().unwrap();
        let plain = held_out.score(&view(&layers[0], m), &view(&layers[1], m)).unwrap();
        let after = held_out.score(&view(&rotated, m), &view(&layers[1], m)).unwrap();
        assert!((plain.mean_test() - after.mean_test()).abs() < 1e-9, "{name}: {plain:?} and {after:?}");
        let again = held_out.score(&view(&layers[0], m), &view(&layers[1], m)).unwrap();
        assert_eq!(plain, again);
        let other_seed: HeldOut =
            name.parse::<HeldOut>().unwrap().to_string().replace("seed=0", "seed=1").parse().unwrap();
        assert_ne!(other_seed.score(&view(&layers[0], m), &view(&layers[1], m)).unwrap(), plain);
    }
}

#[test]
fn bad_input_is_a_clear_error() {
    let all = Similarity::all().unwrap();
    let (x, y) = (gaussian(1, 15, 3), gaussian(2, 15, 4));
    for similarity in &all {
        let shorter = similarity.score(&view(&x, 15), &view(&y[..56], 14));
        assert_eq!(shorter, Err(Error::DifferentStimuli { left: 15, right: 14 }), "{similarity}");
        let constant = score(similarity, &x, &[0.1; 60], 15);
        let inner_product = similarity.to_string().contains("mutual-knn");
        assert!(inner_product || constant.is_err(), "{similarity} of constant rows: {constant:?}");
        let single = similarity.score(&view(&x[..3], 1), &view(&y[..4], 1));
        assert!(matches!(single, Err(Error::TooFewStimuli { given: 1, .. })), "{similarity}: {single:?}");
    }
    // All distances are equal: nothing to correlate.
    let identity: Vec<f64> = (0..225).map(|p| f64::from(u8::from(p / 15 == p % 15))).collect();
    let message = score(&"rsa".parse().unwrap(), &x, &identity, 15).unwrap_err().to_string();
    assert!(message.contains("every pair of stimuli is equally dissimilar"), "{message}");
    let mut with_zero = x.clone();
    with_zero[21..24].fill(0.0);
    for name in ["rsa[rdm=cosine]", "rsa[rdm=correlation]", "mutual-knn[distance=cosine]"] {
        let message = score(&name.parse().unwrap(), &with_zero, &y, 15).unwrap_err().to_string();
        assert!(message.contains("stimulus 7"), "{name}: {message}");
    }
    // Ranks 12 and 4 among 14 dimensions: two correlations are 1 whatever the data, the others are not.
    let message = score(&"pwcca".parse().unwrap(), &gaussian(3, 15, 12), &y, 15).unwrap_err().to_string();
    assert!(message.contains("some canonical correlations are equal"), "{message}");
    let knn = score(&"mutual-knn[k=14]".parse().unwrap(), &x, &y, 15);
    assert!(matches!(knn, Err(Error::TooFewStimuli { needed: 16, given: 15, .. })));
    let folds: HeldOut = "held-out-procrustes[folds=16]".parse().unwrap();
    assert!(matches!(folds.score(&view(&x, 15), &view(&y, 15)), Err(Error::TooFewStimuli { needed: 16, .. })));
    let alignment = Alignment::Procrustes { score: ProcrustesScore::Angular };
    let fitted = alignment.fit(&view(&x, 15), &view(&y, 15)).unwrap();
    let message = fitted.score(&view(&y, 15), &view(&y, 15)).unwrap_err().to_string();
    assert!(message.contains("fitted to 3 units and is asked to score 4"), "{message}");
    for ridge in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(Alignment::LinearPredictivity { ridge }.fit(&view(&x, 15), &view(&y, 15)).is_err());
    }
}

/// Units that differ by rounding of the activations' type alone are one unit, not two.
#[test]
fn rounding_of_the_activations_is_no_direction() {
    use half::bf16;
    let (m, n) = (60, 3);
    let base = gaussian(1, m, n);
    // Six units, three of them thirds of the others: rank 3 but for rounding.
    let doubled: Vec<f64> = base.chunks(n).flat_map(|row| row.iter().flat_map(|v| [*v, v / 3.0])).collect();
    let y = gaussian(2, m, 2);
    let yanai: Similarity = "cca[summary=yanai]".parse().unwrap();
    let exact = score(&yanai, &base, &y, m).unwrap();
    let single: Vec<f32> = doubled.iter().map(|&v| v as f32).collect();
    let brain: Vec<bf16> = doubled.iter().map(|&v| bf16::from_f64(v)).collect();
    let from_single = yanai.score(&Representation::new(&single[..], m, 2 * n).unwrap(), &view(&y, m)).unwrap();
    let from_brain = yanai.score(&Representation::new(&brain[..], m, 2 * n).unwrap(), &view(&y, m)).unwrap();
    assert!((from_single - exact).abs() < 1e-6, "{from_single} against {exact}");
    assert!((from_brain - exact).abs() < 1e-2, "{from_brain} against {exact}");
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let m = 70;
    let layers = chain(11, m, &[40, 200]);
    let compute = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let all = Similarity::all().unwrap();
            all.iter().map(|s| score(s, &layers[0], &layers[1], m).unwrap().to_bits()).collect::<Vec<u64>>()
        })
    };
    let one = compute(1);
    for threads in [1, 2, 3, 4] {
        assert_eq!(compute(threads), one, "{threads} threads");
    }
}
