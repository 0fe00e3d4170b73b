//! Activations and points from files, as named points of one metric.

use std::path::Path;

use layerpath::analysis::{PointRecord, Stimuli, point_name};
use layerpath::metric::{Metric, Point};
use layerpath::representation::{Representation, roundoff};
use layerpath_io::NamedArray;
use layerpath_io::activations::{ActivationSet, read_activations};
use layerpath_io::points::{Precision, Role, is_points_store, read_points};
use layerpath_io::target::Target;

use crate::failure::{Failure, Result};
use crate::interrupt;
use crate::messages::Messages;

/// What the user said about all inputs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InputOptions<'a> {
    /// Name of the metric, if given.
    pub(crate) metric: Option<&'a str>,
    /// The target, if given.
    pub(crate) target: Option<&'a str>,
}

/// Points of all inputs, under one metric, answering the same stimuli.
pub(crate) struct Inputs {
    pub(crate) metric: Metric,
    pub(crate) stimuli: Stimuli,
    pub(crate) points: Vec<(PointRecord, Point)>,
    /// Where each point comes from.
    pub(crate) origins: Vec<Origin>,
}

/// Where a point comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Place of the input on the command line.
    pub(crate) input: usize,
    /// What it was there.
    pub(crate) source: Source,
}

/// What a point was in its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A point already.
    Store,
    /// The array of this place among the layers.
    Layer(usize),
    /// The target's activations.
    Target,
}

/// Reads every input.
pub(crate) fn read(inputs: &[impl AsRef<Path>], options: InputOptions<'_>, messages: Messages) -> Result<Inputs> {
    let mut all: Option<(Inputs, &Path)> = None;
    let several = inputs.len() > 1;
    for (place, input) in inputs.iter().enumerate() {
        let path = input.as_ref();
        let mut next = if is_points_store(path) {
            from_store(path, options)?
        } else {
            from_activations(path, options, several, messages)?
        };
        next.origins.iter_mut().for_each(|origin| origin.input = place);
        match &mut all {
            None => all = Some((next, path)),
            Some((sofar, first)) => join(sofar, first, next, path)?,
        }
    }
    all.map(|(inputs, _)| inputs).ok_or_else(|| Failure::user("no input given"))
}

/// Adds the points of a further input.
fn join(sofar: &mut Inputs, first: &Path, next: Inputs, path: &Path) -> Result<()> {
    if let Some(difference) = sofar.stimuli.first_difference(&next.stimuli) {
        return Err(Failure::user(format!(
            "`{}` and `{}` do not answer the same stimuli: {difference}; combine only files whose rows are the same \
             stimuli in the same order",
            first.display(),
            path.display()
        )));
    }
    if sofar.metric != next.metric {
        return Err(Failure::user(format!(
            "`{}` holds points of {}, `{}` of {}; capture both with one metric",
            first.display(),
            sofar.metric,
            path.display(),
            next.metric
        )));
    }
    if sofar.stimuli.ids.is_empty() {
        sofar.stimuli = next.stimuli;
    }
    for ((record, point), origin) in next.points.into_iter().zip(next.origins) {
        let same_name = sofar.points.iter().find(|(earlier, _)| earlier.name == record.name);
        match same_name {
            // The labels of the same stimuli come with every store.
            Some((earlier, known)) if earlier.index.is_none() && record.index.is_none() && *known == point => {}
            Some(_) => {
                return Err(Failure::user(format!(
                    "`{}` and `{}` both have a point called `{}`; rename one of the networks or files",
                    first.display(),
                    path.display(),
                    record.name
                )));
            }
            None => {
                sofar.points.push((record, point));
                sofar.origins.push(origin);
            }
        }
    }
    Ok(())
}

fn from_store(path: &Path, options: InputOptions<'_>) -> Result<Inputs> {
    let store = read_points(path)?;
    let metric: Metric = store.metric.parse().map_err(|error| Failure::from(error).at(path.display()))?;
    if let Some(wanted) = options.metric {
        let wanted: Metric = wanted.parse()?;
        if wanted != metric {
            return Err(Failure::user(format!(
                "`{}` holds points of {metric}, not of {wanted}; leave `--metric` out, or capture again with it",
                path.display()
            )));
        }
    }
    match options.target {
        None | Some("none") => {}
        Some(_) => {
            return Err(Failure::user(format!(
                "`{}` holds points, which carry their own target; leave `--target` out, or use `--target none`",
                path.display()
            )));
        }
    }
    let roundoff = match store.precision {
        Precision::F32 => roundoff::F32,
        Precision::F64 => roundoff::F64,
    };
    let mut points = Vec::with_capacity(store.n_rows());
    for row in 0..store.n_rows() {
        interrupt::check("nothing was written")?;
        let record = store.records[row].clone();
        // A target has no place in the order of execution, everything else needs one.
        if (store.roles[row] == Role::Target) != record.index.is_none() {
            return Err(Failure::user(format!(
                "`{}`, point `{}`: a target has no index and a layer has one; write the store again with both right",
                path.display(),
                record.name
            )));
        }
        if options.target == Some("none") && record.index.is_none() {
            continue;
        }
        let place = format!("`{}`, point `{}`", path.display(), record.name);
        let point =
            metric.point_from_coordinates(store.row(row)?, roundoff).map_err(|error| Failure::from(error).at(place))?;
        points.push((record, point));
    }
    let origins = vec![Origin { input: 0, source: Source::Store }; points.len()];
    Ok(Inputs { metric, stimuli: store.stimuli, points, origins })
}

fn from_activations(path: &Path, options: InputOptions<'_>, several: bool, messages: Messages) -> Result<Inputs> {
    let metric: Metric = options.metric.map_or_else(|| Ok(Metric::default()), str::parse)?;
    let (set, target) = activations(path, options)?;
    let network = several.then(|| stem(path));
    let ActivationSet { arrays, stimuli, .. } = set;
    let n_arrays = arrays.len() + usize::from(target.is_some());
    let mut origins = Vec::with_capacity(n_arrays);
    let mut progress = messages.progress(n_arrays as u64, "arrays");
    let mut points = Vec::with_capacity(n_arrays);
    // Arrays are dropped as they are embedded.
    let layers = arrays.into_iter().enumerate().map(|(index, array)| (Some(index), array));
    for (index, array) in layers.chain(target.map(|target| (None, target))) {
        interrupt::check("nothing was written")?;
        progress.stage(array.name.clone());
        let place = format!("`{}`, array `{}`", path.display(), array.name);
        let point = embed(&metric, &array).map_err(|failure| failure.at(place))?;
        let record = PointRecord {
            name: point_name(network.as_deref(), None, &array.name),
            layer: array.name,
            index,
            network: network.clone(),
            shape: array.shape,
            reduction: Some("flatten".to_owned()),
            ..PointRecord::default()
        };
        points.push((record, point));
        origins.push(Origin { input: 0, source: index.map_or(Source::Target, Source::Layer) });
        progress.advance(1);
    }
    progress.finish();
    Ok(Inputs { metric, stimuli, points, origins })
}

/// The layers of a file, and the target's activations.
pub(crate) fn activations(path: &Path, options: InputOptions<'_>) -> Result<(ActivationSet, Option<NamedArray>)> {
    let mut set = read_activations(path)?;
    let target = match options.target {
        None | Some("none") => None,
        Some(text) => Some(Target::parse(text)?.resolve(&mut set)?.array),
    };
    Ok((set, target))
}

fn embed(metric: &Metric, array: &NamedArray) -> Result<Point> {
    with_representation(array, |x| metric.embed(x))
}

/// Evaluates a function of an array's activations.
pub(crate) fn with_representation<T>(
    array: &NamedArray,
    function: impl FnOnce(&Representation<'_>) -> Result<T, layerpath::Error>,
) -> Result<T> {
    let widened;
    let x = if let Some(elements) = array.elements.floating() {
        elements
    } else {
        widened = array.elements.to_f64();
        (&widened[..]).into()
    };
    let x = Representation::new(x, array.n_rows(), array.row_length())?;
    Ok(function(&x)?)
}

/// The file's name without its ending, which stands for the network.
pub(crate) fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(|| "network".to_owned(), |stem| stem.to_string_lossy().into_owned())
}
