//! A plan: what the program does with it up to the first file that it would write.
#![no_main]

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::LazyLock;

/// Built-in images would have to be drawn for every plan.
static DATA: LazyLock<OsString> = LazyLock::new(|| {
    let mut source = OsString::from("--data=cifar10:");
    source.push(layerpath_fuzz::images(40, 40));
    source
});

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let plan = layerpath_fuzz::file("plan.json", input);
    // Nothing can be made below a file, so that the program ends where it would begin to train.
    let out = layerpath_fuzz::file("file", b"").join("out");
    let words: [OsString; 9] = [
        "layerpath".into(),
        "--quiet".into(),
        "reproduce".into(),
        "all".into(),
        DATA.clone(),
        "--plan".into(),
        plan.into(),
        "--out".into(),
        out.into(),
    ];
    assert_eq!(layerpath_cli::run(words), ExitCode::from(1), "the user's fault, never the program's");
});
