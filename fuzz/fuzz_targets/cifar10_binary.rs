//! CIFAR-10, binary version: training and test file.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let (train, test) = layerpath_fuzz::split(input);
    layerpath_fuzz::file("images/data_batch_1.bin", train);
    layerpath_fuzz::file("images/test_batch.bin", test);
    if let Ok(images) = layerpath_io::images::read_images(&layerpath_fuzz::folder().join("images")) {
        for split in [&images.train, &images.test] {
            assert_eq!(split.pixels.len(), split.labels.len() * 3072, "pixels and labels");
            assert!(split.labels.iter().all(|&label| label < 10), "a label");
        }
    }
});
