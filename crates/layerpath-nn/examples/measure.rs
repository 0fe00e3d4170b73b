//! How fast does this machine train and evaluate, and what does the built-in data set reach?
//!
//! `cargo run --release -p layerpath-nn --example measure -- speed resnet8x16`
//! `cargo run --release -p layerpath-nn --example measure -- train resnet8x8 3000 6 0.1`
#![allow(clippy::print_stdout)]

use layerpath_nn::{Schedule, Trainer, TrainingConfig, builtin};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument =
        |position: usize, default: &'static str| arguments.get(position).map_or(default, String::as_str).to_owned();
    let architecture = argument(1, "resnet8x8").parse()?;
    if argument(0, "speed") == "speed" {
        let data = builtin(1, 1280, 1000);
        let mut trainer = Trainer::new(TrainingConfig::new(architecture, 1, 1))?;
        trainer.step(&data.train)?;
        let start = Instant::now();
        while !trainer.is_finished() {
            trainer.step(&data.train)?;
        }
        let train = 1152.0 / start.elapsed().as_secs_f64();
        let start = Instant::now();
        trainer.evaluate(&data.test)?;
        let evaluate = 1000.0 / start.elapsed().as_secs_f64();
        println!(
            "{architecture}: {train:.0} images/s trained ({:.0} ms a step of 128), {evaluate:.0} images/s evaluated",
            128e3 / train
        );
        return Ok(());
    }
    let (n, epochs, peak) = (argument(2, "3000").parse()?, argument(3, "6").parse()?, argument(4, "0.1").parse()?);
    let data = builtin(argument(5, "1").parse()?, n, 1000);
    let mut config = TrainingConfig::new(architecture, argument(6, "1").parse()?, epochs);
    config.schedule = Schedule::OneCycle { peak };
    config.batch_size = argument(7, "128").parse()?;
    config.augment = arguments.get(8).is_some();
    let mut trainer = Trainer::new(config)?;
    let start = Instant::now();
    while !trainer.is_finished() {
        if let Some(epoch) = trainer.step(&data.train)?.finished_epoch {
            let seconds = start.elapsed().as_secs_f64();
            let test = trainer.evaluate(&data.test)?;
            println!(
                "epoch {} {seconds:.1} s: train {:.3} {:.3}, test {:.3} {:.3}",
                epoch.epoch + 1,
                epoch.loss,
                epoch.accuracy,
                test.loss,
                test.accuracy
            );
        }
    }
    Ok(())
}
