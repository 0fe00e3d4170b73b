//! `layerpath demo`: the main job, on images that the program draws itself.

use std::time::Instant;

use layerpath::analysis::{Along, Epoch};
use layerpath::metric::Metric;
use layerpath_io::analysis::write_analysis;
use layerpath_io::points::Precision;
use layerpath_io::{Existing, ensure_dir, write_text_atomically};
use layerpath_nn::{Backend, LayerSelection, Schedule, TrainingConfig};
use layerpath_report::{NamedAnalysis, ReportOptions, render};

use super::analyze;
use super::capture;
use crate::arguments::DemoArguments;
use crate::evidence::Evidence;
use crate::failure::Result;
use crate::images;
use crate::inputs::InputOptions;
use crate::messages::{self, Messages, in_words};
use crate::origin;
use crate::run::{self, RunConfiguration, Start};

/// Small enough for a minute of training, deep enough for a path.
const ARCHITECTURE: &str = "resnet8x8";
const EPOCHS: u32 = 8;
const PEAK_RATE: f64 = 0.2;
const BATCH_SIZE: usize = 64;
const STIMULI: usize = 500;

pub(crate) fn run(arguments: &DemoArguments, messages: Messages) -> Result<()> {
    let started = Instant::now();
    let out = &arguments.out;
    ensure_dir(out)?;
    let images = images::drawn(arguments.seed);
    let epochs = [0, EPOCHS / 2, EPOCHS].map(Epoch::from).to_vec();
    let config = TrainingConfig {
        schedule: Schedule::OneCycle { peak: PEAK_RATE },
        batch_size: BATCH_SIZE,
        ..TrainingConfig::new(ARCHITECTURE.parse()?, arguments.seed, EPOCHS as usize)
    };
    let configuration = RunConfiguration::new(config, images.identity.clone(), epochs.clone(), Backend::Cpu);
    let run = out.join(format!("{ARCHITECTURE}-seed{}", arguments.seed));
    messages.say(&format!("1/4 training {ARCHITECTURE} on {} built-in images", images.train.len()));
    let folder = run::train(&run, &configuration, &images, Start::Resume, Backend::Cpu, messages)?;

    messages.say("2/4 capturing hidden representations");
    let subjects = capture::subjects_of_runs(&[run], |_| Ok(epochs.clone()))?;
    let points = out.join("points.zarr");
    let stimuli = images::stimuli(&images.test, STIMULI)?;
    let layers = LayerSelection::All;
    let metric = Metric::default();
    capture::to_points(&subjects, &stimuli, &layers, metric, Precision::F32, &points, Existing::Replace, messages)?;

    messages.say("3/4 analysing paths");
    let options = InputOptions::default();
    let analysis = analyze::of_inputs(&[&points], options, Along::Layers, Evidence::default(), messages)?;
    write_analysis(out, &analysis)?;

    messages.say("4/4 writing the report");
    let straightness: Vec<String> = analysis
        .paths
        .iter()
        .map(|path| format!("epoch {}: {:.3}", path.epoch.unwrap_or_default(), path.straightness.unwrap_or(0.0)))
        .collect();
    let title = "A network as a path: layerpath demo".to_owned();
    let command = format!("layerpath demo --seed {} --out FOLDER", arguments.seed);
    let options = ReportOptions { title, program: Some(origin::program()), command: Some(command) };
    let page = render(&[NamedAnalysis { title: ARCHITECTURE.to_owned(), analysis }], &options)?;
    let report = out.join("report.html");
    write_text_atomically(&report, &page)?;

    let accuracy = folder.read_log()?.last().and_then(|row| row.test_accuracy).unwrap_or(0.0);
    messages.say(&format!("done in {}", in_words(started.elapsed())));
    messages::result(&format!(
        "test accuracy {accuracy:.3}; straightness of the path {}\nanalysis: {}\nreport:   {}\n",
        straightness.join(", "),
        out.join("analysis.json").display(),
        report.display(),
    ))
}
