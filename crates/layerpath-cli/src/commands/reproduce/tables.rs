//! Stage 3: tables of distances between points of several epochs or networks.

use std::path::Path;

use layerpath::metric::Point;
use layerpath_io::activations::read_activations;
use layerpath_io::documents::{read_document, write_document};
use layerpath_io::write_npy;

use super::analyse::points;
use super::tasks::Store;
use super::{HOW_TO_GO_ON, MEND, StudyName, Workshop};
use crate::failure::{Failure, Result};
use crate::interrupt;

/// Name of a table within its stage.
pub(super) const DISTANCES: &str = "distances.npy";
/// Names of the rows and columns of a table, in order.
pub(super) const NAMES: &str = "points.json";
/// The table of the same points before training, and their names.
pub(super) const UNTRAINED: [&str; 2] = ["untrained.npy", "untrained.json"];

/// Distances of each layer to itself at other epochs, epochs × epochs × layers.
pub(super) fn epochs(
    workshop: &Workshop<'_>,
    network: usize,
    store: &Store,
    folder: &Path,
) -> Result<Vec<&'static str>> {
    let read = points(workshop, network, store)?;
    let epochs = &workshop.networks[network].checkpoints;
    let mut layers: Vec<&str> = Vec::new();
    for (record, _) in read.points.iter().filter(|(record, _)| record.index.is_some()) {
        if !layers.contains(&record.layer.as_str()) {
            layers.push(&record.layer);
        }
    }
    let (n, l) = (epochs.len(), layers.len());
    let mut values = vec![0.0; n * n * l];
    for (i, layer) in layers.iter().enumerate() {
        interrupt::check(HOW_TO_GO_ON)?;
        let own: Vec<&Point> = epochs
            .iter()
            .filter_map(|&epoch| {
                let found = read.points.iter().find(|(one, _)| one.layer == *layer && one.epoch == Some(epoch));
                found.map(|(_, point)| point)
            })
            .collect();
        if own.len() != n {
            return Err(Failure::Internal(format!("layer `{layer}` is not in the store at every epoch")));
        }
        let table = read.metric.distances(&own)?;
        for e in 0..n {
            for f in 0..n {
                values[(e * n + f) * l + i] = table.get(e, f);
            }
        }
    }
    write_npy(&folder.join(DISTANCES), &[n, n, l], &values)?;
    write_document(&folder.join(NAMES), &layers.iter().map(|&layer| layer.to_owned()).collect::<Vec<String>>())?;
    Ok(vec![DISTANCES, NAMES])
}

/// Distances of all points of all networks of the grid at their last epochs, and of the same points at their first.
pub(super) fn grid(workshop: &Workshop<'_>, store: &Store, folder: &Path) -> Result<Vec<&'static str>> {
    let mut ends: [(Vec<String>, Vec<Point>); 2] = Default::default();
    let mut metric = None;
    for network in workshop.networks_of(StudyName::WidthDepth) {
        interrupt::check(HOW_TO_GO_ON)?;
        let read = points(workshop, network, store)?;
        let checkpoints = &workshop.networks[network].checkpoints;
        for (record, point) in read.points {
            let wanted = [checkpoints.last(), checkpoints.first()];
            let end = wanted.iter().position(|epoch| record.epoch.as_ref() == *epoch);
            if let Some((names, all)) = end.filter(|_| record.index.is_some()).map(|end| &mut ends[end]) {
                names.push(record.name);
                all.push(point);
            }
        }
        metric = Some(read.metric);
    }
    let metric = metric.ok_or_else(|| Failure::Internal("a grid without networks".to_owned()))?;
    for ((names, all), [table, points]) in ends.iter().zip([[DISTANCES, NAMES], UNTRAINED]) {
        interrupt::check(HOW_TO_GO_ON)?;
        let distances = metric.distances(&all.iter().collect::<Vec<&Point>>())?;
        write_npy(&folder.join(table), &[names.len(), names.len()], &distances.to_rows().concat())?;
        write_document(&folder.join(points), names)?;
    }
    Ok(vec![DISTANCES, NAMES, UNTRAINED[0], UNTRAINED[1]])
}

/// A table of an earlier stage: its numbers, and the names of its rows.
pub(super) fn read(folder: &Path) -> Result<(Vec<f64>, Vec<String>)> {
    read_named(folder, [DISTANCES, NAMES])
}

/// One of the tables of an earlier stage.
pub(super) fn read_named(folder: &Path, [table, names]: [&str; 2]) -> Result<(Vec<f64>, Vec<String>)> {
    let path = folder.join(table);
    let set = read_activations(&path)?;
    let [array] = &set.arrays[..] else {
        return Err(Failure::user(format!("`{}` holds more than one array; remove it", path.display())));
    };
    let names = read_document(&folder.join(names), MEND)?;
    Ok((array.elements.to_f64(), names))
}

impl Workshop<'_> {
    /// Places of the networks of a study.
    pub(super) fn networks_of(&self, study: StudyName) -> Vec<usize> {
        (0..self.networks.len()).filter(|&place| self.plan.follows(study, &self.networks[place])).collect()
    }
}
