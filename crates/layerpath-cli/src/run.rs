//! A training run: its configuration on disk, the loop over steps, checkpoints, the log, and resuming.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use layerpath::analysis::Epoch;
use layerpath_io::run::{LogRow, RunFolder};
use layerpath_io::stage::remove_leftovers;
use layerpath_io::tensors::{TensorFile, read_tensors, write_tensors};
use layerpath_io::{WriteLock, ensure_dir};
use layerpath_nn::{Architecture, Backend, NamedTensor, Network, Trainer, TrainerState, TrainingConfig, Weights};
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Result};
use crate::images::Images;
use crate::interrupt;
use crate::messages::{Messages, Progress};

/// What `run.json` holds: everything that decides the weights, so that a run can be repeated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunConfiguration {
    pub(crate) schema: String,
    pub(crate) program: String,
    pub(crate) training: TrainingConfig,
    pub(crate) data: DataIdentity,
    /// Epochs of which a checkpoint is kept, 0 = untrained, 0.5 = after half of the first.
    pub(crate) checkpoints: Vec<Epoch>,
}

/// What identifies a set of images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DataIdentity {
    pub(crate) source: String,
    /// Seed of built-in images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seed: Option<u64>,
    /// SHA-256 of all images and labels.
    pub(crate) hash: String,
    pub(crate) training_images: usize,
    pub(crate) test_images: usize,
}

/// Name and version of the form of `run.json`.
const RUN_SCHEMA: &str = "layerpath.run/1";

impl RunConfiguration {
    /// The configuration of an existing run.
    pub(crate) fn of(run: &RunFolder) -> Result<Self> {
        /// The one field that every version has.
        #[derive(Deserialize)]
        struct Version {
            schema: String,
        }
        let Version { schema } = run.config()?;
        if schema != RUN_SCHEMA {
            return Err(Failure::user(format!(
                "`{}` is a run of schema `{schema}`, this program reads `{RUN_SCHEMA}`; use the program that wrote it",
                run.path().display()
            )));
        }
        Ok(run.config()?)
    }

    /// The configuration of a run of this program. What the run is trained on belongs to it, for it decides the last bits.
    pub(crate) fn new(training: TrainingConfig, data: DataIdentity, checkpoints: Vec<Epoch>, backend: Backend) -> Self {
        let program = format!("layerpath {}", env!("CARGO_PKG_VERSION"));
        Self {
            schema: RUN_SCHEMA.to_owned(),
            program: match backend {
                Backend::Cpu => program,
                Backend::Gpu => program + ", gpu",
            },
            training,
            data,
            checkpoints,
        }
    }
}

/// Whether an existing run may be continued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// There must be no run yet.
    Fresh,
    /// Continue the run if there is one with the same configuration.
    Resume,
}

/// Trains to the end, or until Ctrl-C.
pub(crate) fn train(
    path: &Path,
    configuration: &RunConfiguration,
    images: &Images,
    start: Start,
    backend: Backend,
    messages: Messages,
) -> Result<RunFolder> {
    if images.train.is_empty() || images.test.is_empty() {
        return Err(Failure::user("training needs training images and test images; this data has only one of them"));
    }
    let clock = Clock::new(&configuration.checkpoints, configuration.training.batch_size, images.train.len())?;
    ensure_dir(path)?;
    let _lock = WriteLock::of_folder(path)?;
    let run = match start {
        Start::Fresh => RunFolder::create(path, configuration)?,
        Start::Resume => RunFolder::resume(path, configuration)?,
    };
    if start == Start::Resume {
        // What killed writers left.
        [path, &path.join("checkpoints")].into_iter().try_for_each(remove_leftovers)?;
    }
    let trainer = match start {
        Start::Resume if run.resume_path().exists() => resumed(&run, configuration)?,
        Start::Fresh | Start::Resume => Trainer::new(configuration.training.clone())?,
    }
    .on(backend)?;
    let how_to_go_on = match start {
        Start::Fresh => "the same command with --resume goes on",
        Start::Resume => "the same command goes on",
    };
    let session = Session { run, configuration, images, clock, messages, how_to_go_on };
    session.train(trainer)?;
    Ok(session.run)
}

fn resumed(run: &RunFolder, configuration: &RunConfiguration) -> Result<Trainer> {
    let TensorFile { tensors, metadata } = read_tensors(&run.resume_path())?;
    let state = TrainerState::from_parts(named(tensors), &metadata)
        .and_then(|state| Trainer::resume(configuration.training.clone(), state));
    state.map_err(|error| Failure::from(error).at(run.resume_path().display()))
}

/// Steps of training and the epochs that they come to.
pub(crate) struct Clock {
    steps_per_epoch: usize,
    /// The checkpoints between whole epochs, by the number of steps before them.
    within: BTreeMap<usize, Epoch>,
}

impl Clock {
    /// # Errors
    /// Where an epoch has too few steps to tell the checkpoints apart.
    pub(crate) fn new(checkpoints: &[Epoch], batch_size: usize, n_images: usize) -> Result<Self> {
        let mut clock = Self { steps_per_epoch: n_images.div_ceil(batch_size.max(1)).max(1), within: BTreeMap::new() };
        for &epoch in checkpoints.iter().filter(|epoch| epoch.whole().is_none()) {
            let step = clock.step(epoch);
            let is_whole = step.is_multiple_of(clock.steps_per_epoch);
            let whole = is_whole.then(|| whole_epoch(step / clock.steps_per_epoch)).transpose()?;
            if let Some(other) = clock.within.insert(step, epoch).filter(|&other| other != epoch).or(whole) {
                return Err(Failure::user(format!(
                    "checkpoint {epoch} is the same step of training as {other}, for an epoch has {}; leave it out, or choose \
                     another",
                    clock.steps_per_epoch
                )));
            }
        }
        Ok(clock)
    }

    /// The number of steps until an epoch, to the nearest.
    fn step(&self, epoch: Epoch) -> usize {
        (epoch.passes() * self.steps_per_epoch as f64).round() as usize
    }

    /// The number of steps that a trainer has made.
    fn steps_of(&self, trainer: &Trainer) -> usize {
        trainer.epoch() * self.steps_per_epoch + trainer.step_in_epoch()
    }

    /// What log and checkpoints tell of a run after that many steps, in order.
    fn epochs_until(&self, steps: usize) -> Result<Vec<Epoch>> {
        let within = self.within.range(..=steps).map(|(_, &epoch)| epoch);
        let whole = (0..=steps / self.steps_per_epoch).map(whole_epoch);
        let mut all = within.map(Ok).chain(whole).collect::<Result<Vec<Epoch>>>()?;
        all.sort_unstable();
        Ok(all)
    }
}

struct Session<'a> {
    run: RunFolder,
    configuration: &'a RunConfiguration,
    images: &'a Images,
    clock: Clock,
    messages: Messages,
    how_to_go_on: &'static str,
}

impl Session<'_> {
    fn train(&self, mut trainer: Trainer) -> Result<()> {
        let begun = trainer.epoch();
        if begun == 0 && trainer.step_in_epoch() == 0 {
            self.untrained(&trainer)?;
        } else {
            self.check_what_is_done(self.clock.steps_of(&trainer))?;
            let step = trainer.step_in_epoch();
            self.messages.say(&format!("resuming {} after epoch {begun}, step {step}", self.run.path().display()));
        }
        let config = &self.configuration.training;
        let n_images = self.images.train.len() as u64;
        let done = (trainer.step_in_epoch() * config.batch_size) as u64;
        let remaining = (config.epochs - begun) as u64 * n_images;
        let mut progress = self.messages.progress(remaining.saturating_sub(done), "images");
        let mut epoch_started = Instant::now();
        while !trainer.is_finished() {
            if interrupt::requested() {
                self.save(&trainer)?;
                interrupt::check(&format!(
                    "the run is saved after epoch {}, step {}: {}",
                    trainer.epoch(),
                    trainer.step_in_epoch(),
                    self.how_to_go_on
                ))?;
            }
            let report = trainer.step(&self.images.train).map_err(|error| self.stopped(error, trainer.epoch()))?;
            progress.advance(report.images as u64);
            progress.stage(format!("epoch {}/{}, loss {:.3}", report.epoch + 1, config.epochs, report.loss));
            if let Some(epoch) = report.finished_epoch {
                let row = LogRow {
                    train_loss: Some(epoch.loss),
                    train_accuracy: Some(epoch.accuracy),
                    learning_rate: Some(report.learning_rate),
                    seconds: Some(epoch_started.elapsed().as_secs_f64()),
                    ..self.tested(&trainer, whole_epoch(trainer.epoch())?)?
                };
                self.finish_epoch(&trainer, row, &progress)?;
                epoch_started = Instant::now();
            } else if let Some(&epoch) = self.clock.within.get(&self.clock.steps_of(&trainer)) {
                let paused = Instant::now();
                self.checkpoint(&trainer, epoch)?;
                self.run.append_log(self.tested(&trainer, epoch)?)?;
                epoch_started += paused.elapsed();
            }
        }
        progress.finish();
        Ok(())
    }

    /// Why a step failed, and what can be done with the folder.
    fn stopped(&self, error: layerpath_nn::Error, finished: usize) -> Failure {
        let folder = self.run.path().display();
        Failure::user(format!(
            "{error}; `{folder}` keeps the run up to epoch {finished}: for other settings choose another --out, or remove it"
        ))
    }

    /// A resumed run goes on only where everything before the saved state left its log row and its checkpoint; rows of what
    /// that state has not seen are dropped, and written again.
    fn check_what_is_done(&self, steps: usize) -> Result<()> {
        let done = self.clock.epochs_until(steps)?;
        let begun = steps / self.clock.steps_per_epoch;
        let log: Vec<LogRow> =
            self.run.read_log()?.into_iter().filter(|row| self.clock.step(row.epoch) <= steps).collect();
        let lost = |what: String| {
            Failure::user(format!(
                "`{}`: {what} is missing, so the run cannot go on from epoch {begun}; put it back, or train again in another \
                 folder",
                self.run.path().display()
            ))
        };
        let mut rows = log.iter().map(|row| row.epoch);
        if let Some(epoch) = done.iter().find(|&&epoch| rows.next() != Some(epoch)) {
            return Err(lost(format!("the row of epoch {epoch} in log.csv")));
        }
        let there = self.run.checkpoints()?;
        let mut due = done.iter().filter(|epoch| self.configuration.checkpoints.contains(epoch));
        if let Some(epoch) = due.find(|epoch| !there.contains(epoch)) {
            return Err(lost(format!("the checkpoint of epoch {epoch}")));
        }
        self.run.rewrite_log(&log).map_err(Failure::from)
    }

    /// Log and checkpoint of epoch 0.
    fn untrained(&self, trainer: &Trainer) -> Result<()> {
        let row = self.tested(trainer, Epoch::UNTRAINED)?;
        self.checkpoint(trainer, Epoch::UNTRAINED)?;
        self.run.rewrite_log(std::slice::from_ref(&row))?;
        let accuracy = row.test_accuracy.unwrap_or(0.0);
        self.messages.say(&format!("untrained: test accuracy {accuracy:.4}"));
        Ok(())
    }

    /// A log row with the test results of now.
    fn tested(&self, trainer: &Trainer, epoch: Epoch) -> Result<LogRow> {
        let evaluation = trainer.evaluate(&self.images.test)?;
        Ok(LogRow {
            epoch,
            test_loss: Some(evaluation.loss),
            test_accuracy: Some(evaluation.accuracy),
            ..LogRow::default()
        })
    }

    /// Checkpoint, log, and last the state to resume from, so that a kill in between only repeats the epoch.
    fn finish_epoch(&self, trainer: &Trainer, row: LogRow, progress: &Progress) -> Result<()> {
        self.checkpoint(trainer, row.epoch)?;
        progress.say(&format!(
            "epoch {}/{}: training loss {:.4}, test accuracy {:.4}, {:.0} images/s, {} left",
            row.epoch,
            self.configuration.training.epochs,
            row.train_loss.unwrap_or(f64::INFINITY),
            row.test_accuracy.unwrap_or(0.0),
            progress.rate(),
            progress.time_left(),
        ));
        self.run.append_log(row)?;
        self.save(trainer)
    }

    /// The weights of now, where they are to be kept.
    fn checkpoint(&self, trainer: &Trainer, epoch: Epoch) -> Result<()> {
        if !self.configuration.checkpoints.contains(&epoch) {
            return Ok(());
        }
        let metadata = [
            ("architecture".to_owned(), self.configuration.training.architecture.to_string()),
            ("epoch".to_owned(), epoch.to_string()),
            ("format".to_owned(), "pt".to_owned()),
        ];
        Ok(write_tensors(&self.run.checkpoint_path(epoch), &borrowed(trainer.weights().tensors()), &metadata.into())?)
    }

    fn save(&self, trainer: &Trainer) -> Result<()> {
        let (tensors, strings) = trainer.state().to_parts();
        Ok(write_tensors(&self.run.resume_path(), &borrowed(&tensors), &strings)?)
    }
}

/// The end of that many epochs.
pub(crate) fn whole_epoch(number: usize) -> Result<Epoch> {
    u32::try_from(number).map(Epoch::from).map_err(|_| Failure::user("more than 4 billion epochs"))
}

fn borrowed(tensors: &[NamedTensor]) -> Vec<(&str, &[usize], &[f32])> {
    tensors.iter().map(|tensor| (&*tensor.name, &*tensor.shape, &*tensor.values)).collect()
}

fn named(tensors: Vec<(String, Vec<usize>, Vec<f32>)>) -> Vec<NamedTensor> {
    tensors.into_iter().map(|(name, shape, values)| NamedTensor { name, shape, values }).collect()
}

/// The network in a checkpoint file.
pub(crate) fn load_network(path: &Path, architecture: Architecture) -> Result<Network> {
    let file = read_tensors(path)?;
    let weights = Weights::new(architecture, named(file.tensors));
    weights
        .and_then(|weights| Network::from_weights(architecture, &weights))
        .map_err(|error| Failure::from(error).at(format!("`{}`", path.display())))
}

/// A list of epochs such as `0,0.5,10`, `all` or `last`, from those that there are, in increasing order.
pub(crate) fn chosen_epochs(text: &str, there: &[Epoch]) -> Result<Vec<Epoch>> {
    match text.trim() {
        "all" => return Ok(there.to_vec()),
        "last" => return Ok(there.last().copied().into_iter().collect()),
        _ => {}
    }
    let epochs = listed_epochs(text)?;
    if let Some(epoch) = epochs.iter().find(|epoch| !there.contains(epoch)) {
        let known: Vec<String> = there.iter().map(Epoch::to_string).collect();
        return Err(Failure::user(format!("there is no epoch {epoch}; there are {}", known.join(", "))));
    }
    Ok(epochs)
}

/// The epochs after which a run of that many keeps a checkpoint: `all` whole ones, or a list such as `0,0.5,10`, and always
/// the last.
pub(crate) fn checkpoints_of(text: &str, n_epochs: usize) -> Result<Vec<Epoch>> {
    let last = whole_epoch(n_epochs)?;
    let mut epochs = match text.trim() {
        "all" => (0..=n_epochs).map(whole_epoch).collect::<Result<Vec<Epoch>>>()?,
        "last" => vec![last],
        _ => listed_epochs(text)?,
    };
    if let Some(epoch) = epochs.iter().find(|&&epoch| epoch > last) {
        return Err(Failure::user(format!("there is no epoch {epoch}; the last is {last}")));
    }
    if epochs.last() != Some(&last) {
        epochs.push(last);
    }
    Ok(epochs)
}

/// Numbers between commas, in increasing order, each once.
fn listed_epochs(text: &str) -> Result<Vec<Epoch>> {
    let parse = |part: &str| {
        part.parse::<Epoch>()
            .map_err(|_| Failure::user(format!("`{part}` is no epoch; use `all`, `last` or a list such as 0,0.5,10")))
    };
    let mut epochs = text.split(',').map(str::trim).map(parse).collect::<Result<Vec<Epoch>>>()?;
    epochs.sort_unstable();
    epochs.dedup();
    Ok(epochs)
}
