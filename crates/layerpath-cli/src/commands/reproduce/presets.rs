//! Plans that come with the program.

use clap::ValueEnum;
use layerpath::analysis::Epoch;
use layerpath_nn::{Architecture, BatchNormInit, Schedule};

use super::plan::{MetricPlan, NetworkGroup, Plan, SCHEMA, StraightnessPlan, TrainingPlan, WidthDepthPlan, geometric};

/// Sizes of a study.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preset {
    /// Everything once, small: two to three minutes on two cores with built-in images.
    Smoke,
    /// Real CIFAR-10: about an hour on two cores, measured in docs/plan.md.
    Cpu,
    /// The sizes of the paper and full training: days on one GPU.
    Paper,
}

/// The plan of a preset.
pub(super) fn preset(preset: Preset) -> Plan {
    match preset {
        Preset::Smoke => smoke(),
        Preset::Cpu => cpu(),
        Preset::Paper => paper(),
    }
}

/// Residual networks of these depths (6D + 2) and widths.
fn grid(depths: &[usize], widths: &[usize]) -> Vec<Architecture> {
    let all = depths.iter().flat_map(|&depth| widths.iter().map(move |&width| (depth, width)));
    all.filter_map(|(depth, width)| Architecture::new((depth - 2) / 6, width).ok()).collect()
}

/// Plain networks of these depths.
fn plain(depths: &[usize], width: usize) -> Vec<Architecture> {
    depths.iter().filter_map(|&depth| Architecture::plain(depth, width).ok()).collect()
}

/// A metric with the evidence that it can afford: `shuffles`, `permutations`, `groups`. Shapes decompose a matrix for every
/// pair of points in every permutation and group, so they have fewer of these; points of leading components have no groups.
fn metric(name: &str, stimuli: usize, [shuffles, permutations, groups]: [usize; 3]) -> MetricPlan {
    MetricPlan { metric: name.to_owned(), stimuli, shuffles, permutations, groups }
}

const CKA: &str = "angular-cka[estimator=unbiased,kernel=linear]";

fn smoke() -> Plan {
    // An epoch has 13 steps: no room for more powers of two.
    let mut checkpoints = geometric(12, 10);
    checkpoints.extend([3, 6].map(Epoch::from));
    checkpoints.sort_unstable();
    let group = |architectures| NetworkGroup {
        architectures,
        seeds: vec![0, 1],
        epochs: 12,
        batch_size: 32,
        momentum: 0.9,
        weight_decay: 1e-4,
        schedule: Schedule::OneCycle { peak: 0.1 },
        augment: false,
        batch_norm_init: BatchNormInit::Ones,
        training_images: Some(400),
        test_images: Some(400),
        checkpoints: checkpoints.clone(),
    };
    let (residual, vgg) = (grid(&[8, 14], &[4, 8]), plain(&[11], 4));
    Plan {
        schema: SCHEMA.to_owned(),
        seed: 0,
        straightness: Some(StraightnessPlan {
            architectures: grid(&[8], &[8]).into_iter().chain(vgg.iter().copied()).collect(),
            layers: "all".to_owned(),
            metrics: vec![
                metric(CKA, 200, [100, 10, 20]),
                metric("angular-shape[components=all]", 60, [100, 3, 5]),
                metric("angular-shape[components=20]", 60, [100, 3, 0]),
            ],
        }),
        training: Some(TrainingPlan {
            architectures: grid(&[8], &[8]).into_iter().chain(vgg.iter().copied()).collect(),
            layers: "blocks".to_owned(),
            metric: metric(CKA, 200, [100, 10, 20]),
            decoding: true,
        }),
        width_depth: Some(WidthDepthPlan {
            architectures: residual.clone(),
            layers: "blocks".to_owned(),
            metric: metric(CKA, 200, [100, 10, 20]),
        }),
        networks: vec![group(residual), group(vgg)],
    }
}

fn cpu() -> Plan {
    let group = |architectures, seeds| NetworkGroup {
        architectures,
        seeds,
        epochs: 12,
        batch_size: 64,
        momentum: 0.9,
        weight_decay: 1e-4,
        schedule: Schedule::OneCycle { peak: 0.1 },
        augment: true,
        batch_norm_init: BatchNormInit::Ones,
        training_images: Some(10_000),
        test_images: Some(2000),
        checkpoints: geometric(12, 12),
    };
    let (residual, vgg) = (grid(&[8, 14, 20], &[4, 8]), plain(&[11], 8));
    let straight: Vec<Architecture> = grid(&[20], &[8]).into_iter().chain(vgg.iter().copied()).collect();
    // Two seeds decide nothing about the change of a single architecture: their interval is 13 standard errors wide to
    // either side, that of three 4.
    let others = residual.iter().copied().filter(|one| !straight.contains(one)).collect();
    Plan {
        schema: SCHEMA.to_owned(),
        seed: 0,
        straightness: Some(StraightnessPlan {
            architectures: straight.clone(),
            layers: "all".to_owned(),
            metrics: vec![
                metric(CKA, 500, [200, 20, 20]),
                metric("angular-shape[components=all]", 120, [200, 3, 5]),
                metric("angular-shape[components=100]", 200, [200, 3, 0]),
            ],
        }),
        training: Some(TrainingPlan {
            architectures: straight.clone(),
            layers: "blocks".to_owned(),
            metric: metric(CKA, 500, [200, 20, 20]),
            decoding: true,
        }),
        width_depth: Some(WidthDepthPlan {
            architectures: residual,
            layers: "blocks".to_owned(),
            metric: metric(CKA, 500, [200, 20, 20]),
        }),
        networks: vec![group(straight, vec![0, 1, 2]), group(others, vec![0, 1])],
    }
}

fn paper() -> Plan {
    let group = |architectures| NetworkGroup {
        architectures,
        seeds: vec![0, 1, 2],
        epochs: 160,
        batch_size: 128,
        momentum: 0.9,
        weight_decay: 1e-4,
        schedule: Schedule::Milestones { rate: 0.1, factor: 0.1, at: vec![0.5, 0.75] },
        augment: true,
        batch_norm_init: BatchNormInit::Uniform,
        training_images: None,
        test_images: None,
        checkpoints: geometric(160, 14),
    };
    let (residual, vgg) = (grid(&[14, 20, 32, 44, 56], &[8, 16, 32, 64]), plain(&[11, 13, 16, 19], 64));
    Plan {
        schema: SCHEMA.to_owned(),
        seed: 0,
        straightness: Some(StraightnessPlan {
            architectures: grid(&[20, 56], &[16]).into_iter().chain(plain(&[16], 64)).collect(),
            layers: "all".to_owned(),
            metrics: vec![
                metric(CKA, 1000, [200, 20, 20]),
                metric("angular-shape[components=all]", 200, [200, 5, 10]),
                metric("angular-shape[components=100]", 1000, [200, 5, 0]),
            ],
        }),
        training: Some(TrainingPlan {
            architectures: grid(&[20, 56], &[16]).into_iter().chain(plain(&[16], 64)).collect(),
            layers: "blocks".to_owned(),
            metric: metric(CKA, 1000, [200, 20, 20]),
            decoding: true,
        }),
        width_depth: Some(WidthDepthPlan {
            architectures: residual.clone(),
            layers: "blocks".to_owned(),
            metric: metric(CKA, 1000, [200, 20, 20]),
        }),
        networks: vec![group(residual), group(vgg)],
    }
}
