//! Activations as safetensors.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    layerpath_fuzz::read_activations(&layerpath_fuzz::file("a.safetensors", input));
});
