//! Activations and points from files, as named points of one metric.

use std::path::Path;

use layerpath::analysis::{PointRecord, Stimuli};
use layerpath::metric::{Metric, Point};
use layerpath::peers::Peer;
use layerpath::representation::Representation;
use layerpath::table::{Bytes, Engine};
use layerpath_io::points::{PointsStore, different_metrics, different_stimuli, is_points_store, read_points};

use crate::engines::{EngineChoice, Layers};
use crate::failure::{Failure, Result};
use crate::interrupt;
use crate::messages::Messages;
use crate::rows::RowArguments;

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
    /// By which way activations become points, and in how much memory.
    pub(crate) engine: EngineChoice,
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
    read_and_show(inputs, options, messages, None)
}

/// Reads every input and shows the activations, where there are any, to `visitor`.
pub(crate) fn read_and_show(
    inputs: &[impl AsRef<Path>],
    options: InputOptions<'_>,
    messages: Messages,
    visitor: Option<&mut Visitor<'_>>,
) -> Result<Inputs> {
    let networks = networks(inputs);
    let paths: Vec<&Path> = inputs.iter().map(AsRef::as_ref).collect();
    let (stores, files): (Vec<usize>, Vec<usize>) = (0..paths.len()).partition(|&place| is_points_store(paths[place]));
    let mut options = options;
    if !stores.is_empty() && options.engine.only_sample.is_none() {
        options.engine.only_sample =
            Some("the other inputs hold points of sample space, and both must be of one space");
    }
    if visitor.is_some() {
        options.engine.only_sample = Some("every layer is looked at on its own");
    }
    let mut parts: Vec<Option<Inputs>> = paths.iter().map(|_| None).collect();
    for &place in &stores {
        parts[place] = Some(from_store(paths[place], options)?.located(place));
    }
    if !files.is_empty() {
        let opened: Vec<(&Path, Option<String>)> =
            files.iter().map(|&place| (paths[place], networks[place].clone())).collect();
        for (&place, part) in files.iter().zip(from_activations(&opened, options, messages, visitor)?) {
            parts[place] = Some(part.located(place));
        }
    }
    let mut all: Option<Inputs> = None;
    for (part, path) in parts.into_iter().flatten().zip(&paths) {
        match &mut all {
            None => all = Some(part),
            Some(sofar) => join(sofar, paths[0], part, path)?,
        }
    }
    all.ok_or_else(|| Failure::user("no input given"))
}

impl Inputs {
    /// The same points, of the input at `place` on the command line.
    fn located(mut self, place: usize) -> Self {
        self.origins.iter_mut().for_each(|origin| origin.input = place);
        self
    }
}

/// Adds the points of a further input.
fn join(sofar: &mut Inputs, first: &Path, next: Inputs, path: &Path) -> Result<()> {
    if let Some(difference) = sofar.stimuli.first_difference(&next.stimuli) {
        return Err(different_stimuli(first, path, &difference).into());
    }
    if sofar.metric != next.metric {
        return Err(different_metrics((first, &sofar.metric), (path, &next.metric)).into());
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

/// Opens a store and compares it with what the user said.
pub(crate) fn open_store(path: &Path, options: InputOptions<'_>) -> Result<(PointsStore, Metric)> {
    let store = read_points(path)?;
    let metric = store.parsed_metric()?;
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
    if options.engine.wanted == Some(Engine::Feature) {
        return Err(Failure::user(format!(
            "`{}` holds points of sample space; leave `--engine` out, or give the activations",
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
    store.check_roles()?;
    Ok((store, metric))
}

fn from_store(path: &Path, options: InputOptions<'_>) -> Result<Inputs> {
    let (store, metric) = open_store(path, options)?;
    let needed = Bytes(8 * store.n_rows() as u64 * store.dimension as u64);
    if needed > options.engine.memory {
        return Err(Failure::user(format!(
            "the {} points of `{}` take {needed} of memory, and {} may be used; allow more with `--memory`, capture fewer \
             layers or epochs, or use `layerpath distances`, which goes through a store block by block",
            store.n_rows(),
            path.display(),
            options.engine.memory
        )));
    }
    let mut points = Vec::with_capacity(store.n_rows());
    for row in 0..store.n_rows() {
        interrupt::check("nothing was written")?;
        let record = store.records[row].clone();
        if options.target == Some("none") && record.index.is_none() {
            continue;
        }
        let place = format!("`{}`, point `{}`", path.display(), record.name);
        let point = metric.point_from_coordinates(store.row(row)?, store.precision.roundoff());
        let point = point.map_err(|error| Failure::from(error).at(place))?;
        points.push((record, point));
    }
    let origins = vec![Origin { input: 0, source: Source::Store }; points.len()];
    Ok(Inputs { metric, stimuli: store.stimuli, points, origins })
}

/// The points of each of some files of activations.
fn from_activations(
    files: &[(&Path, Option<String>)],
    options: InputOptions<'_>,
    messages: Messages,
    visitor: Option<&mut Visitor<'_>>,
) -> Result<Vec<Inputs>> {
    let metric = options.metric()?.unwrap_or_default();
    let layers = Layers::open(files, options, messages)?;
    let (points, stimuli) = layers.points(&metric, visitor)?;
    let empty = || Inputs { metric, stimuli: stimuli.clone(), points: Vec::new(), origins: Vec::new() };
    let mut all: Vec<Inputs> = files.iter().map(|_| empty()).collect();
    for (layer, point) in points {
        let part = &mut all[layer.input];
        part.origins.push(Origin { input: 0, source: layer.record.index.map_or(Source::Target, Source::Layer) });
        part.points.push((layer.record, point));
    }
    Ok(all)
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
