//! A run depends on its configuration and images alone: not on interruptions, not on threads.
#![allow(clippy::unwrap_used)]

use layerpath_nn::{DataSet, Error, ImageSet, Schedule, Trainer, TrainerState, TrainingConfig, Weights, builtin};

fn data() -> DataSet {
    builtin(21, 44, 20)
}

/// Two epochs of five steps, the last of each with 4 images.
fn config() -> TrainingConfig {
    let mut config = TrainingConfig::new("resnet8x4".parse().unwrap(), 8, 2);
    config.batch_size = 10;
    config.augment = true;
    config.schedule = Schedule::OneCycle { peak: 0.1 };
    config
}

fn bits(weights: &Weights) -> Vec<u32> {
    let tensors = weights.tensors().iter();
    tensors.flat_map(|tensor| tensor.values.iter().map(|value| value.to_bits())).collect()
}

fn run(config: &TrainingConfig, images: &ImageSet) -> (Vec<u32>, Vec<u64>) {
    let mut trainer = Trainer::new(config.clone()).unwrap();
    let mut losses = Vec::new();
    while !trainer.is_finished() {
        losses.push(trainer.step(images).unwrap().loss.to_bits());
    }
    (bits(trainer.weights()), losses)
}

#[test]
fn a_resumed_run_equals_an_uninterrupted_one_bit_for_bit() {
    let images = data().train;
    let (expected, losses) = run(&config(), &images);
    assert_eq!(losses.len(), 10);
    // Before the first step, in mid-epoch, at the boundary, in the second epoch, at the end.
    for interruption in [0, 3, 5, 7, 10] {
        let mut trainer = Trainer::new(config()).unwrap();
        for _ in 0..interruption {
            trainer.step(&images).unwrap();
        }
        let (tensors, strings) = trainer.state().to_parts();
        drop(trainer);
        let state = TrainerState::from_parts(tensors, &strings).unwrap();
        let mut trainer = Trainer::resume(config(), state).unwrap();
        let mut last = None;
        for &loss in &losses[interruption..] {
            let report = trainer.step(&images).unwrap();
            assert_eq!(report.loss.to_bits(), loss, "after step {interruption}");
            last = report.finished_epoch;
        }
        assert!(trainer.is_finished());
        assert_eq!(bits(trainer.weights()), expected, "after step {interruption}");
        assert!(interruption == 10 || last.is_some_and(|epoch| epoch.images == 44));
    }
}

#[test]
fn seeds_decide_and_threads_do_not() {
    let images = data().train;
    let (weights, losses) = run(&config(), &images);
    for threads in [1, 2, 3, 7] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let (again, losses_again) = pool.install(|| run(&config(), &images));
        assert_eq!(losses, losses_again, "{threads} threads");
        assert_eq!(weights, again, "{threads} threads");
    }
    let mut other = config();
    other.seed = 9;
    assert_ne!(run(&other, &images).0, weights);
}

/// Wide enough, with batches large enough, that the framework splits its products over threads.
#[test]
fn threads_do_not_decide_in_a_large_step() {
    let images = builtin(3, 128, 0).train;
    let mut config = TrainingConfig::new("resnet8x16".parse().unwrap(), 8, 2);
    config.batch_size = 128;
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&config, &images))
    };
    let one = on(1);
    assert_eq!(one, on(2));
    assert_eq!(one, on(5));
}

#[test]
fn reports_count_steps_images_and_epochs() {
    let images = data().train;
    let mut trainer = Trainer::new(config()).unwrap();
    let (mut loss, mut correct) = (0.0, 0);
    for step in 0..5 {
        let report = trainer.step(&images).unwrap();
        assert_eq!((report.epoch, report.step, report.steps_per_epoch), (0, step, 5));
        assert_eq!(report.images, if step == 4 { 4 } else { 10 });
        loss += report.loss * report.images as f64;
        correct += report.correct;
        assert_eq!(report.finished_epoch.is_some(), step == 4);
        if let Some(epoch) = report.finished_epoch {
            assert!((epoch.loss - loss / 44.0).abs() < 1e-12);
            assert!((epoch.accuracy - correct as f64 / 44.0).abs() < 1e-12);
        }
    }
    assert_eq!((trainer.epoch(), trainer.step_in_epoch()), (1, 0));
}

#[test]
fn divergence_is_an_error_and_leaves_the_weights_as_they_were() {
    let images = data().train;
    // The first rate makes the loss infinite after a step or two, the second the first new weights.
    for (rate, learning_rate) in [(1e30, "learning rate 1000000"), (1e39, "is not finite at learning rate 1000000")] {
        let mut config = config();
        config.schedule = Schedule::Milestones { rate, factor: 1.0, at: Vec::new() };
        let mut trainer = Trainer::new(config).unwrap();
        let error = loop {
            let before = trainer.state().clone();
            if let Err(error) = trainer.step(&images) {
                assert_eq!(trainer.state(), &before);
                break error;
            }
        };
        let message = error.to_string();
        assert!(message.contains("training diverged in epoch 0, step"), "{message}");
        assert!(message.contains(learning_rate), "{message}");
    }
}

#[test]
fn misuse_is_refused() {
    let images = data().train;
    let mut trainer = Trainer::new(config()).unwrap();
    trainer.step(&images).unwrap();
    let fewer = trainer.step(&images.first(43)).unwrap_err().to_string();
    assert!(fewer.contains("began with 44 training images, now there are 43"), "{fewer}");
    let empty = ImageSet::new(Vec::new(), Vec::new(), 10).unwrap();
    assert!(matches!(trainer.step(&empty), Err(Error::Images { .. })));
    assert!(matches!(trainer.evaluate(&empty), Err(Error::Images { .. })));
    while !trainer.is_finished() {
        trainer.step(&images).unwrap();
    }
    assert_eq!(trainer.step(&images), Err(Error::Finished { epochs: 2 }));
    let mut other = config();
    other.architecture = "resnet14x4".parse().unwrap();
    let error = Trainer::resume(other, trainer.state().clone()).unwrap_err().to_string();
    assert!(error.contains("it is of resnet8x4, the configuration of resnet14x4"), "{error}");
    let mut state = trainer.state().clone();
    state.momentum.clear();
    let error = Trainer::resume(config(), state).unwrap_err().to_string();
    assert!(error.contains("momentum buffers are missing"), "{error}");
}
