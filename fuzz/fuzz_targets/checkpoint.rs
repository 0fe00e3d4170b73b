//! A network's weights, as PyTorch or a run left them, and the state that a run resumes from.
#![no_main]

use std::collections::BTreeMap;

use layerpath_io::tensors::read_tensors;
use layerpath_nn::{Architecture, NamedTensor, Network, TrainerState, Weights};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let path = layerpath_fuzz::file("checkpoint.safetensors", input);
    let Ok(file) = read_tensors(&path) else { return };
    let named = || -> Vec<NamedTensor> {
        let tensors = file.tensors.iter().cloned();
        tensors.map(|(name, shape, values)| NamedTensor { name, shape, values }).collect()
    };
    let fits = |tensor: &NamedTensor| tensor.values.len() == tensor.shape.iter().product::<usize>();
    assert!(named().iter().all(fits), "as many numbers as the shape says");
    let of_file = file.metadata.get("architecture").and_then(|name| name.parse::<Architecture>().ok());
    for architecture in of_file.into_iter().chain("resnet8x1".parse()).chain("vgg11x1".parse()) {
        if let Ok(weights) = Weights::new(architecture, named()) {
            let finite = weights.tensors().iter().all(|tensor| tensor.values.iter().all(|value| value.is_finite()));
            assert!(finite, "weights are finite");
            let _ = Network::from_weights(architecture, &weights);
        }
    }
    if let Ok(state) = TrainerState::from_parts(named(), &file.metadata) {
        let (tensors, strings): (Vec<NamedTensor>, BTreeMap<String, String>) = state.to_parts();
        let again = TrainerState::from_parts(tensors, &strings).expect("a state that was read");
        assert_eq!(again.to_parts(), state.to_parts());
    }
});
