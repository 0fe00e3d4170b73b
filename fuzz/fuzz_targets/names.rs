//! What a user writes in a line: metrics, similarities, architectures, layers, sources, targets, amounts of memory.
#![no_main]

use layerpath::metric::Metric;
use layerpath::similarity::{HeldOut, Similarity};
use layerpath::table::Bytes;
use layerpath_io::images::DataSource;
use layerpath_io::target::Target;
use layerpath_nn::{Architecture, LayerSelection, state_names};

libfuzzer_sys::fuzz_target!(|input: &str| {
    // A name that is written out is the same thing again.
    if let Ok(metric) = input.parse::<Metric>() {
        assert_eq!(metric.to_string().parse::<Metric>(), Ok(metric));
    }
    if let Ok(similarity) = input.parse::<Similarity>() {
        assert_eq!(similarity.to_string().parse::<Similarity>(), Ok(similarity));
    }
    if let Ok(architecture) = input.parse::<Architecture>() {
        assert_eq!(architecture.to_string().parse::<Architecture>(), Ok(architecture));
        let _ = (architecture.multiplications(), state_names(architecture));
    }
    if let Ok(selection) = input.parse::<LayerSelection>() {
        let _ = selection.resolve("resnet8x1".parse().expect("a name"));
    }
    let _ = input.parse::<HeldOut>();
    let _ = DataSource::parse(input);
    let _ = Target::parse(input);
    let _ = input.parse::<Bytes>();
});
