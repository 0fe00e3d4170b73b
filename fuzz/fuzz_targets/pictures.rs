//! Class folders with a picture each.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    layerpath_fuzz::file("images/train/cat/0.png", input);
    layerpath_fuzz::file("images/test/cat/0.jpg", input);
    if let Ok(images) = layerpath_io::images::read_images(&layerpath_fuzz::folder().join("images")) {
        for split in [&images.train, &images.test] {
            assert_eq!((split.pixels.len(), &split.labels[..]), (3072, &[0][..]), "one picture");
        }
    }
});
