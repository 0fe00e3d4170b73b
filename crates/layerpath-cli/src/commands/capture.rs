//! `layerpath capture`.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use layerpath::analysis::{Epoch, PointRecord, Stimuli, StimulusIdentity, point_name};
use layerpath::metric::{Metric, Point};
use layerpath::representation::Representation;
use layerpath_io::activations::ActivationWriter;
use layerpath_io::points::{
    CaptureRecord, CapturedCheckpoint, PointsHeader, PointsWriter, Precision, Role, is_points_store, read_points,
};
use layerpath_io::run::RunFolder;
use layerpath_io::{Existing, hash_file, hash_ids, stimuli_from_ids, stimulus_hashes};
use layerpath_nn::{
    Architecture, ImageSet, LayerSelection, State, StateDescription, accuracy, capture, memory_estimate, state_names,
};

use crate::arguments::{self, CaptureArguments};
use crate::failure::{Failure, Result};
use crate::images;
use crate::inputs::stem;
use crate::interrupt;
use crate::messages::{Messages, Progress};
use crate::outputs::check_output;
use crate::run::{self, RunConfiguration};

/// Images that one thread takes through a layer at a time.
const CHUNK: usize = 50;

/// Measured on top of activations and Gram matrix: the program, images, and the convolutions' own buffers.
const WORKING_MEMORY: u64 = 110 << 20;

/// One trained network to take the stimuli through.
pub(crate) struct Subject {
    checkpoint: PathBuf,
    architecture: Architecture,
    network: String,
    epoch: Option<Epoch>,
    seed: Option<u64>,
}

/// What is written, told from the ending of the output's name.
enum Form {
    Points,
    Activations,
}

impl Form {
    fn of(out: &Path) -> Result<Self> {
        match out.extension().and_then(|ending| ending.to_str()) {
            Some("zarr") => Ok(Self::Points),
            Some("safetensors") => Ok(Self::Activations),
            _ => Err(Failure::user(format!(
                "cannot tell what to write from `{}`; end the name in .zarr for points, in .safetensors for activations",
                out.display()
            ))),
        }
    }
}

pub(crate) fn run(arguments: &CaptureArguments, messages: Messages) -> Result<()> {
    let metric: Metric = arguments.metric.as_deref().map_or_else(|| Ok(Metric::default()), str::parse)?;
    let layers: LayerSelection = arguments.layers.parse()?;
    let form = Form::of(&arguments.out)?;
    if matches!(form, Form::Activations) && (arguments.metric.is_some() || arguments.dtype.is_some()) {
        return Err(Failure::user(
            "--metric and --dtype are for points; activations are written as they are, in float32",
        ));
    }
    let subjects = match (&arguments.checkpoint, &arguments.model) {
        (Some(checkpoint), Some(model)) => vec![Subject {
            checkpoint: checkpoint.clone(),
            architecture: model.parse()?,
            network: stem(checkpoint),
            epoch: None,
            seed: None,
        }],
        _ => subjects_of_runs(&arguments.runs, |there| run::chosen_epochs(&arguments.epochs, there))?,
    };
    // Of a run every checkpoint is kept, captured or not.
    let checkpoints = arguments.runs.iter().map(|run| run.join("checkpoints")).chain(arguments.checkpoint.clone());
    check_output(&arguments.out, &checkpoints.collect::<Vec<_>>())?;
    let existing = if arguments.overwrite { Existing::Replace } else { Existing::Refuse };
    let goes_on = !arguments.overwrite && is_unfinished(&arguments.out)?;
    if arguments.out.exists() && !arguments.overwrite && !goes_on {
        return Err(exists(&arguments.out));
    }
    // A damaged checkpoint or a selection of nothing is refused before the long work.
    for subject in &subjects {
        layers.resolve(subject.architecture)?;
        run::load_network(&subject.checkpoint, subject.architecture)?;
    }
    let images = images::load(&arguments.data, messages)?;
    let stimuli = images::stimuli(&images.test, arguments.stimuli)?;
    match form {
        Form::Points => {
            let precision = match arguments.dtype {
                None | Some(arguments::Precision::Float32) => Precision::F32,
                Some(arguments::Precision::Float64) => Precision::F64,
            };
            to_points(&subjects, &stimuli, &layers, metric, precision, &arguments.out, existing, messages)?;
        }
        Form::Activations => to_activations(&subjects, &stimuli, &layers, &arguments.out, messages)?,
    }
    messages.say(&format!("wrote {}", arguments.out.display()));
    Ok(())
}

/// Whether `out` is a store that a capture began and did not end: the labels come last.
fn is_unfinished(out: &Path) -> Result<bool> {
    if !is_points_store(out) {
        return Ok(false);
    }
    Ok(!read_points(out)?.roles.contains(&Role::Target))
}

fn exists(out: &Path) -> Failure {
    Failure::user(format!("`{}` exists; choose another name, or replace it with --overwrite", out.display()))
}

/// What the points of a capture depend on, besides what a store says of all its points.
fn recorded(subjects: &[Subject], stimuli: &ImageSet, layers: &LayerSelection) -> Result<CaptureRecord> {
    let checkpoint = |subject: &Subject| -> Result<CapturedCheckpoint> {
        Ok(CapturedCheckpoint {
            network: subject.network.clone(),
            epoch: subject.epoch,
            seed: subject.seed,
            sha256: hash_file(&subject.checkpoint)?,
        })
    };
    let labels: Vec<String> = stimuli.labels().iter().map(ToString::to_string).collect();
    Ok(CaptureRecord {
        layers: layers.to_string(),
        labels: hash_ids(&labels),
        checkpoints: subjects.iter().map(checkpoint).collect::<Result<_>>()?,
    })
}

/// Refuses to go on with a store that is complete, or with points that this capture would not make. The writer keeps other
/// programs out, so that what it says is so.
fn check_going_on(writer: &PointsWriter, out: &Path, own: &CaptureRecord) -> Result<()> {
    if writer.is_complete() {
        return Err(exists(out));
    }
    if writer.n_rows() == 0 {
        return Ok(());
    }
    let there = match writer.capture() {
        None => Some("layers and networks that it does not tell".to_owned()),
        Some(earlier) => own.difference(earlier),
    };
    there.map_or(Ok(()), |there| {
        Err(Failure::user(format!(
            "`{}` is the beginning of another capture, with {there}; choose another name, or replace it with --overwrite",
            out.display()
        )))
    })
}

/// The chosen epochs of every run; each network is called by its folder's name.
pub(crate) fn subjects_of_runs(
    runs: &[PathBuf],
    choose: impl Fn(&[Epoch]) -> Result<Vec<Epoch>>,
) -> Result<Vec<Subject>> {
    let mut subjects: Vec<Subject> = Vec::new();
    for path in runs {
        let folder = RunFolder::open(path)?;
        let configuration = RunConfiguration::of(&folder)?;
        let canonical = path.canonicalize().unwrap_or_else(|_| path.clone());
        let network =
            canonical.file_name().map_or_else(|| "run".to_owned(), |name| name.to_string_lossy().into_owned());
        if subjects.iter().any(|subject| subject.network == network) {
            let message = format!("two runs are called `{network}`; rename one of the folders");
            return Err(Failure::user(message));
        }
        let epochs = choose(&folder.checkpoints()?).map_err(|failure| failure.at(format!("`{}`", path.display())))?;
        if epochs.is_empty() {
            let path = path.display();
            return Err(Failure::user(format!(
                "`{path}` has no checkpoint yet; train it first (train --resume goes on)"
            )));
        }
        subjects.extend(epochs.into_iter().map(|epoch| Subject {
            checkpoint: folder.checkpoint_path(epoch),
            architecture: configuration.training.architecture,
            network: network.clone(),
            epoch: Some(epoch),
            seed: Some(configuration.training.seed),
        }));
    }
    Ok(subjects)
}

/// The states of an architecture that `layers` selects, in execution order.
fn selected(architecture: Architecture, layers: &LayerSelection) -> Result<Vec<StateDescription>> {
    let names = layers.resolve(architecture)?;
    Ok(state_names(architecture).into_iter().filter(|state| names.contains(&state.name)).collect())
}

/// Says what memory the capture takes, before it starts.
fn announce(subjects: &[Subject], m: usize, layers: &LayerSelection, messages: Messages) -> Result<u64> {
    let (mut states, mut bytes) = (0, 0);
    for subject in subjects {
        states += selected(subject.architecture, layers)?.len() as u64;
        bytes = bytes.max(memory_estimate(subject.architecture, m, layers)?);
    }
    // The Gram matrix, and a panel of 1024 centred columns beside it, in double precision.
    bytes += 8 * m as u64 * (m as u64 + 1024) + WORKING_MEMORY;
    let networks = subjects.len();
    messages.say(&format!(
        "capturing {states} states of {networks} network(s) on {m} stimuli, about {:.0} MiB of memory",
        bytes as f64 / f64::from(1 << 20)
    ));
    Ok(states)
}

/// Identity of the stimuli: the hash of each image.
fn identified(stimuli: &ImageSet) -> Result<Stimuli> {
    let ids = stimulus_hashes(stimuli.pixels(), stimuli.pixels().len() / stimuli.len())?;
    Ok(stimuli_from_ids(StimulusIdentity::InputHash, ids))
}

/// Takes the stimuli through every network and writes each state's point as it appears, the labels last. After every network
/// and epoch, and at Ctrl-C, the points so far are in the store; the same capture goes on with those that are missing.
#[expect(clippy::too_many_arguments, reason = "one call site more would make a struct worth its name")]
pub(crate) fn to_points(
    subjects: &[Subject],
    stimuli: &ImageSet,
    layers: &LayerSelection,
    metric: Metric,
    precision: Precision,
    out: &Path,
    existing: Existing,
    messages: Messages,
) -> Result<()> {
    let m = stimuli.len();
    let states = announce(subjects, m, layers, messages)?;
    let labels = stimuli.one_hot();
    // Labels that make no target are refused before the long work.
    let target = metric
        .embed(&Representation::new(&labels[..], m, stimuli.classes())?)
        .map_err(|error| Failure::from(error).at("the labels of the stimuli"))?;
    let dimension = metric.coordinates(m);
    let header = PointsHeader {
        metric: metric.to_string(),
        unit: metric.unit().to_owned(),
        stimuli: identified(stimuli)?,
        dimension,
        precision,
    };
    let captured_with = recorded(subjects, stimuli, layers)?;
    let mut writer = match existing {
        Existing::Replace => PointsWriter::create(out, header, existing)?,
        Existing::Refuse => PointsWriter::append_to(out, header)?,
    };
    check_going_on(&writer, out, &captured_with)?;
    if writer.n_rows() > 0 {
        messages.say(&format!("going on with `{}`, which has {} points", out.display(), writer.n_rows()));
    }
    writer.set_capture(captured_with.clone());
    let mut progress = messages.progress(states, "states");
    for (subject, seen) in subjects.iter().zip(&captured_with.checkpoints) {
        let names: Vec<String> =
            selected(subject.architecture, layers)?.iter().map(|state| subject.point_name(&state.name)).collect();
        if names.iter().all(|name| writer.contains(name)) {
            progress.advance(names.len() as u64);
            continue;
        }
        let network = run::load_network(&subject.checkpoint, subject.architecture)?;
        if hash_file(&subject.checkpoint)? != seen.sha256 {
            return Err(Failure::user(format!(
                "`{}` has changed since the capture began; capture again when its training has ended",
                subject.checkpoint.display()
            )));
        }
        let mut index = 0;
        let captured = capture(&network, stimuli, layers, CHUNK, |state| {
            interrupt::check("the points so far are kept, and the same command goes on with the others")?;
            let record = subject.record(&state, index, stimuli, &mut progress);
            if writer.contains(&record.name) {
                index += 1;
                return Ok(());
            }
            let x = Representation::new(&state.values[..], m, state.values.len() / m)
                .map_err(|error| Failure::from(error).at(format!("state `{}`", record.name)))?;
            let point =
                metric.embed(&x).map_err(|error| Failure::from(error).at(format!("state `{}`", record.name)))?;
            writer.append(record, Role::Layer, &row(&point, dimension))?;
            index += 1;
            Ok::<(), Failure>(())
        });
        if writer.n_rows() > 0 {
            writer.commit()?;
        }
        captured?;
    }
    let record = PointRecord {
        name: "labels".to_owned(),
        layer: "labels".to_owned(),
        shape: vec![m, stimuli.classes()],
        ..PointRecord::default()
    };
    writer.append(record, Role::Target, &row(&target, dimension))?;
    progress.finish();
    Ok(writer.finish()?)
}

/// A point's row of the store: shapes of lower rank are filled up with zeros.
fn row(point: &Point, dimension: usize) -> Cow<'_, [f64]> {
    let coordinates = point.coordinates();
    if coordinates.len() == dimension {
        return Cow::Borrowed(coordinates);
    }
    let mut padded = coordinates.to_vec();
    padded.resize(dimension, 0.0);
    Cow::Owned(padded)
}

impl Subject {
    /// Name of the point of a state.
    fn point_name(&self, state: &str) -> String {
        point_name(Some(&self.network), self.epoch, state)
    }

    /// What is known of one state.
    fn record(&self, state: &State, index: usize, stimuli: &ImageSet, progress: &mut Progress) -> PointRecord {
        let name = self.point_name(&state.name);
        progress.stage(name.clone());
        progress.advance(1);
        let is_logits = state.name == "logits";
        PointRecord {
            name,
            layer: state.name.clone(),
            index: Some(index),
            network: Some(self.network.clone()),
            epoch: self.epoch,
            seed: self.seed,
            shape: state.shape.clone(),
            reduction: Some("flatten".to_owned()),
            network_accuracy: is_logits.then(|| accuracy(&state.values, stimuli.labels())),
        }
    }
}

/// Writes the activations themselves, and the one-hot labels as the last array, for `analyze --target last`.
fn to_activations(
    subjects: &[Subject],
    stimuli: &ImageSet,
    layers: &LayerSelection,
    out: &Path,
    messages: Messages,
) -> Result<()> {
    let [subject] = subjects else {
        let message = "activations hold one network at one epoch; choose one with --epochs, or write points (.zarr)";
        return Err(Failure::user(message));
    };
    let m = stimuli.len();
    let states = announce(subjects, m, layers, messages)?;
    let shape = |per_image: &[usize]| std::iter::once(m).chain(per_image.iter().copied()).collect::<Vec<usize>>();
    let mut arrays: Vec<(String, Vec<usize>)> =
        selected(subject.architecture, layers)?.into_iter().map(|state| (state.name, shape(&state.shape))).collect();
    arrays.push(("labels".to_owned(), vec![m, stimuli.classes()]));
    let mut writer = ActivationWriter::create(out, &arrays, &identified(stimuli)?)?;
    let network = run::load_network(&subject.checkpoint, subject.architecture)?;
    let mut progress = messages.progress(states, "states");
    capture(&network, stimuli, layers, CHUNK, |state| {
        interrupt::check("nothing was written")?;
        progress.stage(state.name.clone());
        writer.append(&state.name, &state.values)?;
        progress.advance(1);
        Ok::<(), Failure>(())
    })?;
    writer.append("labels", &stimuli.one_hot())?;
    progress.finish();
    Ok(writer.finish()?)
}
