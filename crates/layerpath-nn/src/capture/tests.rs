#![allow(clippy::unwrap_used)]

use super::*;
use crate::data::builtin;
use crate::model::{BatchNormInit, initial_weights};
use crate::training::Trainer;
use crate::training::TrainingConfig;

fn network() -> (Architecture, Network) {
    let architecture: Architecture = "resnet8x2".parse().unwrap();
    let mut config = TrainingConfig::new(architecture, 4, 1);
    config.batch_size = 16;
    let mut trainer = Trainer::new(config).unwrap();
    let images = builtin(9, 48, 0).train;
    for _ in 0..3 {
        trainer.step(&images).unwrap();
    }
    (architecture, trainer.network().unwrap())
}

fn captured(network: &Network, m: usize, selection: &str, chunk: usize) -> Vec<State> {
    let mut states = Vec::new();
    capture(network, &builtin(2, 0, m).test, &selection.parse().unwrap(), chunk, |state| {
        states.push(state);
        Ok::<(), Error>(())
    })
    .unwrap();
    states
}

#[test]
fn states_are_those_of_the_forward_pass() {
    let (architecture, network) = network();
    let states = captured(&network, 5, "all", 2);
    let described = state_names(architecture);
    assert_eq!(states.len(), described.len());
    for (state, description) in states.iter().zip(&described) {
        assert_eq!(state.name, description.name);
        assert_eq!(state.shape[0], 5);
        assert_eq!(state.shape[1..], description.shape);
        assert_eq!(state.values.len(), state.shape.iter().product::<usize>());
    }
    let images = builtin(2, 0, 5).test;
    assert_eq!(states[0].values, normalised(images.pixels()));
    assert_eq!(states[30].values, network.logits(normalised(images.pixels())).unwrap());
    let state = |name: &str| &states.iter().find(|state| state.name == name).unwrap().values;
    // relu2 = max(sum, 0) and sum = bn2 + shortcut, in a block with and one without projection.
    for (sum, first, second) in [
        ("stage2.block1.sum", "stage2.block1.bn2", "stage2.block1.shortcut.bn"),
        ("stage1.block1.sum", "stage1.block1.bn2", "stem.relu"),
    ] {
        let expected: Vec<f32> = state(first).iter().zip(state(second)).map(|(a, b)| a + b).collect();
        assert_eq!(state(sum), &expected);
        let relu: Vec<f32> = expected.into_iter().map(|value| value.max(0.0)).collect();
        assert_eq!(state(&sum.replace("sum", "relu2")), &relu);
    }
    let last = state("stage3.block1.relu2");
    let pool = last[..64].iter().map(|&value| f64::from(value)).sum::<f64>() / 64.0;
    assert!((pool - f64::from(state("pool")[0])).abs() < 1e-6);
}

#[test]
fn chunks_change_nothing() {
    let (_, network) = network();
    assert_eq!(captured(&network, 7, "blocks", 3), captured(&network, 7, "blocks", 100));
}

#[test]
fn capture_stops_after_the_last_selected_state_and_hands_errors_through() {
    let (_, network) = network();
    let states = captured(&network, 3, "stem.*", 2);
    assert_eq!(states.len(), 3);
    let images = builtin(2, 0, 3).test;
    let selection = "all".parse().unwrap();
    let mut seen = 0;
    let result = capture(&network, &images, &selection, 2, |_| {
        seen += 1;
        Err(Error::Images { reason: "full".to_owned() })
    });
    assert_eq!((result, seen), (Err(Error::Images { reason: "full".to_owned() }), 1));
    let none = capture(&network, &images, &selection, 0, |_| Ok::<(), Error>(()));
    assert!(none.is_err());
}

#[test]
fn memory_is_estimated_by_hand_in_a_small_case() {
    let architecture: Architecture = "resnet8x3".parse().unwrap();
    let estimate = |text: &str| memory_estimate(architecture, 10, &text.parse().unwrap()).unwrap();
    // input 3·1024, stem 3·1024: before + after. The same with the copy of the input.
    assert_eq!(estimate("stem.conv"), 4 * 10 * 2 * 3 * 1024);
    assert_eq!(estimate("input"), 4 * 10 * 2 * 3 * 1024);
    // First block: shortcut, before and after.
    assert_eq!(estimate("all"), 4 * 10 * 3 * 3 * 1024);
}

#[test]
fn weights_of_another_architecture_are_refused() {
    let weights = initial_weights("resnet8x2".parse().unwrap(), 1, BatchNormInit::Ones).unwrap();
    let error = Network::from_weights("resnet14x2".parse().unwrap(), &weights).unwrap_err();
    assert!(error.to_string().contains("weights of resnet8x2"), "{error}");
}
