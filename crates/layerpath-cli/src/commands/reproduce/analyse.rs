//! Stages 2 and 4: points and decoding from networks, and analyses from points.

use std::path::Path;

use layerpath::analysis::{Along, BaselineSettings, IntervalSettings, measure, paths};
use layerpath::metric::Point;
use layerpath::path::Detail;
use layerpath::path::decoding::from_activations;
use layerpath::path::lead::progress_samples;
use layerpath::path::samples::RestrictedPoints;
use layerpath::path::uncertainty::JackknifeSettings;
use layerpath::representation::Representation;
use layerpath::study::DecodedLayer;
use layerpath_io::Existing;
use layerpath_io::analysis::write_analysis;
use layerpath_io::documents::write_document;
use layerpath_io::points::Precision;
use layerpath_io::run::RunFolder;
use layerpath_nn::LayerSelection;

use super::tasks::{Store, Task};
use super::{HOW_TO_GO_ON, Workshop};
use crate::commands::capture;
use crate::failure::{Failure, Result};
use crate::inputs::{self, InputOptions, Inputs};
use crate::{images, interrupt, origin, run};

/// Name of a store within its stage.
pub(super) const POINTS: &str = "points.zarr";
/// Name of the decoding within its stage.
pub(super) const DECODING: &str = "decoding.json";

/// Name of the progress of fewer stimuli within its stage.
pub(super) const PROGRESS: &str = "progress.json";

/// Images that a layer takes at a time while labels are read off.
const CHUNK: usize = 50;

/// Points of the epochs that the task's settings name.
pub(super) fn capture(
    workshop: &Workshop<'_>,
    network: usize,
    store: &Store,
    task: &Task,
    folder: &Path,
) -> Result<Vec<&'static str>> {
    // The settings end with the list of epochs, `[0, 12]`.
    let wanted = task.settings.rsplit_once('[').map_or("", |(_, list)| list.trim_end_matches(']'));
    let subjects = capture::subjects_of_runs(&[workshop.run_path(network)], |there| run::chosen_epochs(wanted, there))?;
    let stimuli = images::stimuli(&workshop.images.test, store.metric.stimuli)?;
    let layers: LayerSelection = store.layers.parse()?;
    capture::to_points(
        &subjects,
        &stimuli,
        &layers,
        store.metric.parsed()?,
        Precision::F32,
        &folder.join(POINTS),
        Existing::Replace,
        workshop.messages,
    )?;
    Ok(vec![POINTS])
}

/// What can be decoded from each layer of a network at each epoch.
pub(super) fn decode(
    workshop: &Workshop<'_>,
    network: usize,
    layers: &str,
    stimuli: usize,
    folder: &Path,
) -> Result<Vec<&'static str>> {
    let own = &workshop.networks[network];
    let run_folder = RunFolder::open(&workshop.run_path(network))?;
    let stimuli = images::stimuli(&workshop.images.test, stimuli)?;
    let labels: Vec<usize> = stimuli.labels().iter().map(|&label| usize::from(label)).collect();
    let selection: LayerSelection = layers.parse()?;
    let mut decoded = Vec::new();
    for &epoch in &own.checkpoints {
        let trained = run::load_network(&run_folder.checkpoint_path(epoch), own.training.architecture)?;
        layerpath_nn::capture(&trained, &stimuli, &selection, CHUNK, |state| {
            interrupt::check(HOW_TO_GO_ON)?;
            let place = |error: layerpath::Error| Failure::from(error).at(format!("`{}` at epoch {epoch}", state.name));
            let x = Representation::new(&state.values[..], labels.len(), state.values.len() / labels.len())
                .map_err(place)?;
            match from_activations(&x, &labels) {
                Ok(one) => decoded.push(DecodedLayer {
                    epoch,
                    layer: state.name.clone(),
                    accuracy: one.accuracy,
                    chance: one.chance,
                }),
                // A layer that tells no two stimuli apart says nothing about labels.
                Err(layerpath::Error::ConstantRows { .. }) => {}
                Err(error) => return Err(place(error)),
            }
            Ok::<(), Failure>(())
        })?;
    }
    write_document(&folder.join(DECODING), &decoded)?;
    Ok(vec![DECODING])
}

/// The points of one network in a store.
pub(super) fn points(workshop: &Workshop<'_>, network: usize, store: &Store) -> Result<Inputs> {
    let path = workshop.out.join("points").join(store.slug()).join(&workshop.networks[network].name).join(POINTS);
    inputs::read(&[path], InputOptions::default(), workshop.messages)
}

/// The points of a network through the layers of a view.
fn seen(workshop: &Workshop<'_>, network: usize, store: &Store, view: &str) -> Result<Inputs> {
    let mut read = points(workshop, network, store)?;
    let architecture = workshop.networks[network].training.architecture;
    let shown = view.parse::<LayerSelection>()?.resolve(architecture)?;
    read.points.retain(|(record, _)| record.index.is_none() || shown.contains(&record.layer));
    Ok(read)
}

/// Progress of every step at the last epoch, and without each group of stimuli.
pub(super) fn progress(
    workshop: &Workshop<'_>,
    network: usize,
    store: &Store,
    view: &str,
    folder: &Path,
) -> Result<Vec<&'static str>> {
    let mut read = seen(workshop, network, store, view)?;
    let last = workshop.networks[network].checkpoints.last().copied();
    read.points.retain(|(record, _)| record.index.is_none() || record.epoch == last);
    let records: Vec<_> = read.points.iter().map(|(record, _)| record.clone()).collect();
    let described = paths(&records, Along::Layers);
    let (Some(path), Some(target)) = (described.first(), described.first().and_then(|path| path.target)) else {
        return Err(Failure::Internal(format!("no path with a target in the points of `{}`", folder.display())));
    };
    let own: Vec<&Point> = path.points.iter().map(|&place| &read.points[place].1).collect();
    let target = &read.points[target].1;
    let mut source = RestrictedPoints::new(&read.metric, &own, Some(target))?;
    let settings = JackknifeSettings { groups: store.metric.groups, ..JackknifeSettings::new(workshop.plan.seed) };
    let samples = progress_samples(&read.metric, &own, target, &mut source, settings)?;
    write_document(&folder.join(PROGRESS), &samples)?;
    Ok(vec![PROGRESS])
}

/// Paths through the layers of a view at every epoch: intervals for all, baselines for the first and the last epoch.
pub(super) fn analyse(
    workshop: &Workshop<'_>,
    network: usize,
    store: &Store,
    view: &str,
    folder: &Path,
) -> Result<Vec<&'static str>> {
    let read = seen(workshop, network, store, view)?;
    let records: Vec<_> = read.points.iter().map(|(record, _)| record.clone()).collect();
    let described = paths(&records, Along::Layers);
    let (mut analysis, measured) = measure(&read.metric, read.stimuli, &read.points, &described)?;
    let (seed, evidence) = (workshop.plan.seed, &store.metric);
    // Where an angle costs decompositions of matrices, only distances are repeated.
    let costly = |(_, point): &(_, Point)| !matches!(point, Point::Sphere(_) | Point::Flat(_));
    let detail = if read.points.iter().any(costly) { Detail::Distances } else { Detail::Everything };
    let mut progress = workshop.messages.progress(described.len() as u64, "paths");
    for (place, path) in measured.iter().enumerate() {
        progress.stage(described[place].name.clone());
        if evidence.groups > 0 {
            let settings = JackknifeSettings { groups: evidence.groups, ..JackknifeSettings::new(seed) };
            match path.restricted(&read.metric) {
                Ok(mut samples) => {
                    let settings = match detail {
                        Detail::Everything => IntervalSettings::Jackknife(settings),
                        Detail::Distances => IntervalSettings::JackknifeOfDistances(settings),
                    };
                    analysis.add_intervals(&read.metric, path, &mut samples, settings)?;
                }
                // Metrics whose points cannot be made of fewer stimuli have no intervals.
                Err(layerpath::Error::Unavailable { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        interrupt::check(HOW_TO_GO_ON)?;
        if evidence.shuffles > 0 && (place == 0 || place + 1 == described.len()) {
            let settings =
                BaselineSettings { shuffles: evidence.shuffles, permutations: evidence.permutations.max(1), seed };
            match detail {
                Detail::Everything => analysis.add_baselines(&read.metric, path, None, settings)?,
                Detail::Distances => analysis.add_distance_baselines(&read.metric, path, settings)?,
            }
        }
        interrupt::check(HOW_TO_GO_ON)?;
        progress.advance(1);
    }
    progress.finish();
    analysis.program = origin::program();
    write_analysis(folder, &analysis)?;
    Ok(vec!["analysis.json", "layers.csv", "pairs.csv"])
}
