//! Activations and points from files, as named points of one metric.

use std::path::Path;

use layerpath::analysis::{PointRecord, Stimuli, point_name};
use layerpath::metric::{Metric, Point};
use layerpath::peers::Peer;
use layerpath::representation::{Representation, roundoff};
use layerpath_io::activations::{ActivationSet, read_activations};
use layerpath_io::points::{Precision, Role, is_points_store, read_points};
use layerpath_io::target::Target;
use layerpath_io::{NamedArray, stimuli_at_positions};

use crate::failure::{Failure, Result};
use crate::interrupt;
use crate::messages::Messages;
use crate::rows::{RowArguments, Rows};

/// What the user said about all inputs.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct InputOptions<'a> {
    /// Name of the metric, if given.
    pub(crate) metric: Option<&'a str>,
    /// The target, if given.
    pub(crate) target: Option<&'a str>,
    /// As whom the metric's name is to be read.
    pub(crate) convention: Option<Peer>,
    /// How tensors become rows, if it was asked.
    pub(crate) rows: Option<&'a RowArguments>,
}

impl InputOptions<'_> {
    /// The metric asked for, under the convention asked for.
    pub(crate) fn metric(&self) -> Result<Option<Metric>> {
        let named: Option<Metric> = self.metric.map(str::parse).transpose()?;
        match self.convention {
            None => Ok(named),
            Some(peer) => Ok(Some(named.unwrap_or_default().under(peer)?)),
        }
    }
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

/// Something that wants to see the activations of every layer while they are in memory.
pub(crate) type Visitor<'a> = dyn FnMut(&PointRecord, &Representation<'_>) -> Result<()> + 'a;

/// Reads every input.
pub(crate) fn read(inputs: &[impl AsRef<Path>], options: InputOptions<'_>, messages: Messages) -> Result<Inputs> {
    read_and_show(inputs, options, messages, &mut |_, _| Ok(()))
}

/// Reads every input and shows the activations, where there are any, to `visitor`.
pub(crate) fn read_and_show(
    inputs: &[impl AsRef<Path>],
    options: InputOptions<'_>,
    messages: Messages,
    visitor: &mut Visitor<'_>,
) -> Result<Inputs> {
    let mut all: Option<(Inputs, &Path)> = None;
    let networks = networks(inputs);
    for (place, input) in inputs.iter().enumerate() {
        let path = input.as_ref();
        let mut next = if is_points_store(path) {
            from_store(path, options)?
        } else {
            from_activations(path, options, networks[place].as_deref(), messages, visitor)?
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
    if let Some(wanted) = options.metric()?
        && wanted != metric
    {
        return Err(Failure::user(format!(
            "`{}` holds points of {metric}, not of {wanted}; leave `--metric` out, or capture again with it",
            path.display()
        )));
    }
    if options.rows.is_some_and(RowArguments::is_given) {
        return Err(Failure::user(format!(
            "`{}` holds points, whose tensors became rows when they were captured; leave `--layout` and `--reduce` out",
            path.display()
        )));
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

fn from_activations(
    path: &Path,
    options: InputOptions<'_>,
    network: Option<&str>,
    messages: Messages,
    visitor: &mut Visitor<'_>,
) -> Result<Inputs> {
    let metric = options.metric()?.unwrap_or_default();
    let (arrays, stimuli) = arrays(path, options, network)?;
    let mut rows = Rows::new(options.rows);
    let mut progress = messages.progress(arrays.len() as u64, "arrays");
    let mut points = Vec::with_capacity(arrays.len());
    let mut origins = Vec::with_capacity(arrays.len());
    // Arrays are dropped as they are embedded.
    for (mut record, array) in arrays {
        interrupt::check("nothing was written")?;
        progress.stage(array.name.clone());
        let mut embed = || -> Result<Point> {
            let (reduced, reduction) = rows.of(&array, record.index.is_none())?;
            record.reduction = Some(reduction.to_string());
            let x = reduced.representation()?;
            let point = metric.embed(&x)?;
            visitor(&record, &x)?;
            Ok(point)
        };
        let point = embed().map_err(|failure| failure.at(place(path, &array)))?;
        origins.push(Origin { input: 0, source: record.index.map_or(Source::Target, Source::Layer) });
        points.push((record, point));
        progress.advance(1);
    }
    progress.finish();
    let stimuli = rows.positions().map_or_else(|| stimuli.clone(), |count| stimuli_at_positions(&stimuli, count));
    Ok(Inputs { metric, stimuli, points, origins })
}

/// Where an array is, for messages.
pub(crate) fn place(path: &Path, array: &NamedArray) -> String {
    format!("`{}`, array `{}`", path.display(), array.name)
}

/// The layers of a file in order, the target after them, with floating-point elements; and the stimuli.
pub(crate) fn arrays(
    path: &Path,
    options: InputOptions<'_>,
    network: Option<&str>,
) -> Result<(Vec<(PointRecord, NamedArray)>, Stimuli)> {
    let mut set = read_activations(path)?;
    if let Some(rows) = options.rows.filter(|_| network.is_none()) {
        rows.check_names(set.arrays.iter().map(|array| array.name.as_str()))?;
    }
    let target = match options.target {
        None | Some("none") => None,
        Some(text) => Some(Target::parse(text)?.resolve(&mut set)?),
    };
    let ActivationSet { arrays, stimuli, .. } = set;
    let layers = arrays.into_iter().enumerate().map(|(index, array)| (Some(index), array));
    let all = layers.chain(target.map(|target| (None, target.array))).map(|(index, array)| {
        let record = PointRecord {
            name: point_name(network, None, &array.name),
            layer: array.name.clone(),
            index,
            network: network.map(str::to_owned),
            shape: array.shape.clone(),
            ..PointRecord::default()
        };
        (record, array.into_floating())
    });
    Ok((all.collect(), stimuli))
}

/// What the networks of several inputs are called: the file's name without its ending, with its folder in front where two
/// files have one name. A single input has no need of a name.
pub(crate) fn networks(inputs: &[impl AsRef<Path>]) -> Vec<Option<String>> {
    let stems: Vec<String> = inputs.iter().map(|input| stem(input.as_ref())).collect();
    let name = |(input, own): (&_, &String)| {
        let folder = <_ as AsRef<Path>>::as_ref(input).parent().and_then(Path::file_name);
        match folder {
            Some(folder) if stems.iter().filter(|other| *other == own).count() > 1 => {
                Some(format!("{}-{own}", folder.to_string_lossy()))
            }
            _ => Some(own.clone()),
        }
    };
    if inputs.len() < 2 { vec![None; inputs.len()] } else { inputs.iter().zip(&stems).map(name).collect() }
}

/// The file's name without its ending, which stands for the network.
pub(crate) fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(|| "network".to_owned(), |stem| stem.to_string_lossy().into_owned())
}
