//! The argument `arrays`: several layers, as arrays or points, with or without names.

use std::collections::HashSet;

use layerpath::analysis::{Epoch, PointRecord, Stimuli, StimulusIdentity, point_name};
use layerpath::metric;
use layerpath_io::stimuli_from_ids;
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyString};

use crate::activations::{as_array, embed, shape, type_name};
use crate::failure::{wrong_type, wrong_value};
use crate::path::Path;
use crate::point::{Point, check_stimuli};
use crate::points::Points;
use crate::target::embed_target;

/// Layers under one metric, all of the same stimuli.
pub(crate) struct Collection {
    pub(crate) points: Vec<Point>,
    /// From a dictionary's keys.
    pub(crate) names: Option<Vec<String>>,
    /// Number of stimuli.
    pub(crate) stimuli: usize,
    /// What the first one is called in messages.
    first: String,
    /// What they come from, if they are points already.
    source: Option<Points>,
}

/// What the user says about all points.
#[derive(Default)]
pub(crate) struct Labels {
    pub(crate) network: Option<String>,
    pub(crate) epoch: Option<Epoch>,
    pub(crate) seed: Option<u64>,
    pub(crate) stimulus_ids: Option<Vec<String>>,
}

impl Collection {
    /// Embeds one layer after the other, so that an iterator may load each only when its turn comes.
    pub(crate) fn new(metric: &metric::Metric, arrays: &Bound<'_, PyAny>) -> PyResult<Self> {
        let whole = arrays.hasattr("__array__")?;
        let wrong = || {
            let hint = if whole { "; `list(array)` where the first axis is layers" } else { "" };
            let message = format!("expected a list or dict of arrays, one a layer, not {}{hint}", type_name(arrays));
            wrong_type("arrays", message)
        };
        if arrays.is_instance_of::<PyString>()
            || whole
            || arrays.hasattr("__dlpack__")?
            || arrays.is_instance_of::<Point>()
        {
            return Err(wrong());
        }
        let mut collection = Self { points: Vec::new(), names: None, stimuli: 0, first: String::new(), source: None };
        if let Ok(points) = arrays.cast::<Points>() {
            collection.take_all(metric, points.get())?;
        } else if let Ok(path) = arrays.cast::<Path>() {
            collection.take_all(metric, &path.get().points()?)?;
        } else if let Ok(mapping) = arrays.cast::<PyMapping>() {
            let mut names = Vec::new();
            for key in mapping.keys()? {
                names.push(key.str()?.to_string());
                collection.push(metric, format!("arrays[{}]", key.repr()?), &mapping.get_item(&key)?)?;
            }
            collection.names = Some(names);
        } else {
            let Ok(iterator) = arrays.try_iter() else { return Err(wrong()) };
            for (index, item) in iterator.enumerate() {
                collection.push(metric, format!("arrays[{index}]"), &item?)?;
            }
        }
        Ok(collection)
    }

    fn take_all(&mut self, metric: &metric::Metric, points: &Points) -> PyResult<()> {
        self.points = (0..points.all.len()).map(|place| points.at(place)).collect();
        self.names = Some(points.all.iter().map(|(record, _)| record.name.clone()).collect());
        self.stimuli = points.stimuli.count;
        "arrays".clone_into(&mut self.first);
        self.source = Some(points.clone());
        self.points.iter().try_for_each(|point| point.check_metric("arrays", metric))
    }

    fn push(&mut self, metric: &metric::Metric, argument: String, object: &Bound<'_, PyAny>) -> PyResult<()> {
        // Ctrl-C is heard between layers.
        object.py().check_signals()?;
        let point = point_argument(metric, &argument, object)?;
        if self.points.is_empty() {
            self.stimuli = point.stimuli;
            self.first.clone_from(&argument);
        }
        check_stimuli(&argument, point.stimuli, &self.first, self.stimuli)?;
        self.points.push(point);
        Ok(())
    }

    /// The argument `target` under the same metric.
    pub(crate) fn target(&self, metric: &metric::Metric, object: &Bound<'_, PyAny>) -> PyResult<Point> {
        let point = if let Ok(point) = object.cast::<Point>() {
            point.get().check_metric("target", metric)?;
            point.get().clone()
        } else {
            let (inner, stimuli) = embed_target(metric, object)?;
            Point::new(PointRecord::default(), inner, *metric, stimuli)
        };
        check_stimuli("target", point.stimuli, &self.first, self.stimuli)?;
        Ok(point)
    }

    /// The names given, or a dictionary's keys, or the places in the list; all different.
    pub(crate) fn names(&mut self, given: Option<Vec<String>>) -> PyResult<Vec<String>> {
        let keys = self.names.take();
        if keys.is_some() && given.is_some() {
            return Err(wrong_value(
                "names",
                "the keys of `arrays` are the names already; give a list of arrays instead",
            ));
        }
        let names = given.or(keys).unwrap_or_else(|| (0..self.points.len()).map(|index| index.to_string()).collect());
        if names.len() != self.points.len() {
            return Err(wrong_value("names", format!("{} names for {} arrays", names.len(), self.points.len())));
        }
        let mut seen = HashSet::new();
        match names.iter().find(|name| !seen.insert(name.as_str())) {
            Some(twice) => Err(wrong_value("names", format!("two arrays are called '{twice}'"))),
            None => Ok(names),
        }
    }

    /// Leaves the layers of a source and takes its target, and what all its layers have in common.
    fn take_layers(&mut self) -> PyResult<Own> {
        let Some(source) = self.source.take() else { return Ok(Own::default()) };
        let is_target = |place: &usize| source.all[*place].0.index.is_none();
        let (targets, layers): (Vec<usize>, Vec<usize>) = (0..source.all.len()).partition(is_target);
        if targets.len() > 1 {
            let message =
                format!("there are {} targets among the points; `points.paths()` tells them apart", targets.len());
            return Err(wrong_value("arrays", message));
        }
        let records: Vec<&PointRecord> = layers.iter().map(|&place| &source.all[place].0).collect();
        let first = records.first().copied().cloned().unwrap_or_default();
        let alike = |record: &&PointRecord| {
            (&record.network, record.epoch, record.seed) == (&first.network, first.epoch, first.seed)
        };
        let is_one_network = records.iter().all(alike);
        let name = |record: &&PointRecord| if is_one_network { record.layer.clone() } else { record.name.clone() };
        self.names = Some(records.iter().map(name).collect());
        self.points = layers.iter().map(|&place| source.at(place)).collect();
        let PointRecord { network, epoch, seed, .. } = if is_one_network { first } else { PointRecord::default() };
        Ok(Own {
            target: targets.first().map(|&place| source.at(place)),
            stimuli: Some(source.stimuli.clone()),
            network,
            epoch,
            seed,
        })
    }

    /// The layers in order, then the target, as points that know their names.
    pub(crate) fn into_points(
        mut self,
        metric: &metric::Metric,
        names: Option<Vec<String>>,
        target: Option<Point>,
        labels: Labels,
    ) -> PyResult<Points> {
        let own = self.take_layers()?;
        let target = target.or(own.target);
        let names = self.names(names)?;
        let Labels { network, epoch, seed, stimulus_ids } = labels;
        let (network, epoch, seed) = (network.or(own.network), epoch.or(own.epoch), seed.or(own.seed));
        let stimuli = match stimulus_ids {
            None => own.stimuli.unwrap_or_else(|| Stimuli::row_numbers(self.stimuli)),
            Some(ids) => {
                if ids.len() != self.stimuli {
                    let message = format!("{} identifiers for {} stimuli", ids.len(), self.stimuli);
                    return Err(wrong_value("stimulus_ids", message));
                }
                if let Some(row) = ids.iter().position(|id| id.contains('\n')) {
                    return Err(wrong_value("stimulus_ids", format!("the identifier of row {row} has a line break")));
                }
                stimuli_from_ids(StimulusIdentity::Given, ids)
            }
        };
        let mut last = "target".to_owned();
        while names.contains(&last) {
            last.push('*');
        }
        let mut all = Vec::with_capacity(self.points.len() + 1);
        for (index, (point, layer)) in self.points.into_iter().zip(names).enumerate() {
            let record = PointRecord {
                name: point_name(network.as_deref(), epoch, &layer),
                layer,
                index: Some(index),
                network: network.clone(),
                epoch,
                seed,
                shape: point.record().shape.clone(),
                reduction: point.record().reduction.clone(),
                network_accuracy: None,
            };
            all.push((record, point.into_inner()));
        }
        if let Some(target) = target {
            let record = PointRecord {
                name: last.clone(),
                layer: last,
                shape: target.record().shape.clone(),
                ..PointRecord::default()
            };
            all.push((record, target.into_inner()));
        }
        Ok(Points { all: all.into(), metric: *metric, stimuli })
    }
}

/// The argument `target` of functions that Python defines, for so many stimuli of `inputs`.
#[pyfunction]
pub(crate) fn target_point(
    metric: &Bound<'_, crate::metric::Metric>,
    target: &Bound<'_, PyAny>,
    stimuli: usize,
) -> PyResult<Point> {
    let first = "inputs".to_owned();
    let inputs = Collection { points: Vec::new(), names: None, stimuli, first, source: None };
    inputs.target(&metric.get().metric, target)
}

/// What points say of themselves when others are made of them.
#[derive(Default)]
struct Own {
    target: Option<Point>,
    stimuli: Option<Stimuli>,
    network: Option<String>,
    epoch: Option<Epoch>,
    seed: Option<u64>,
}

/// A point as it is, after a look at its metric; activations by way of the metric.
pub(crate) fn point_argument(metric: &metric::Metric, argument: &str, object: &Bound<'_, PyAny>) -> PyResult<Point> {
    if let Ok(point) = object.cast::<Point>() {
        point.get().check_metric(argument, metric)?;
        return Ok(point.get().clone());
    }
    let activations = as_array(argument, object)?;
    let (inner, stimuli) = embed(metric, argument, &activations)?;
    let record =
        PointRecord { shape: shape(&activations), reduction: Some("flatten".to_owned()), ..PointRecord::default() };
    Ok(Point::new(record, inner, *metric, stimuli))
}
