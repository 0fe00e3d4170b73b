//! The folder of a run: its configuration and its log.
#![no_main]

use layerpath_io::run::RunFolder;
use layerpath_nn::TrainingConfig;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let (configuration, log) = layerpath_fuzz::split(input);
    layerpath_fuzz::file("run/run.json", configuration);
    layerpath_fuzz::file("run/log.csv", log);
    let run = RunFolder::open(&layerpath_fuzz::folder().join("run")).expect("a run");
    if let Ok(rows) = run.read_log() {
        run.rewrite_log(&rows).expect("a log that was read");
        let same = |one: Option<f64>, other: Option<f64>| one.map(f64::to_bits) == other.map(f64::to_bits);
        let again = run.read_log().expect("a log that was written");
        assert_eq!(again.len(), rows.len());
        for (one, other) in rows.iter().zip(&again) {
            assert!(one.epoch == other.epoch && same(one.train_loss, other.train_loss), "{one:?} {other:?}");
        }
    }
    if let Ok(training) = run.config::<TrainingConfig>() {
        let _ = training.validate();
    }
});
