//! CIFAR-10 as Parquet with JPEG or PNG bytes.
#![no_main]

use std::panic;

use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: {
        // Our reader catches what the Parquet library panics on, and what nobody catches ends the fuzzer all the same.
        panic::set_hook(Box::new(|_| {}));
    },
    |input: &[u8]| {
        layerpath_fuzz::file("images/train-0.parquet", input);
        if let Ok(images) = layerpath_io::images::read_images(&layerpath_fuzz::folder().join("images")) {
            assert_eq!(images.train.pixels.len(), images.train.labels.len() * 3072, "pixels and labels");
            assert!(images.train.labels.iter().all(|&label| label < 10), "a label");
        }
    }
);
