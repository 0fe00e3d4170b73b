//! The argument `arrays`: several layers, as arrays or points, with or without names.

use std::collections::HashSet;

use layerpath::metric;
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyString};

use crate::activations::{as_array, embed, type_name};
use crate::failure::{wrong_type, wrong_value};
use crate::point::{Point, check_stimuli};
use crate::target::embed_target;

/// A point made here, or one that Python holds.
pub(crate) enum Embedded {
    New(metric::Point),
    Held(Py<Point>),
}

impl Embedded {
    pub(crate) fn point(&self) -> &metric::Point {
        match self {
            Self::New(point) => point,
            Self::Held(point) => &point.get().inner,
        }
    }

    pub(crate) fn into_point(self) -> metric::Point {
        match self {
            Self::New(point) => point,
            Self::Held(point) => point.get().inner.clone(),
        }
    }
}

/// Layers under one metric, all of the same stimuli.
pub(crate) struct Collection {
    pub(crate) points: Vec<Embedded>,
    /// From a dictionary's keys.
    pub(crate) names: Option<Vec<String>>,
    /// Number of stimuli.
    pub(crate) stimuli: usize,
    /// What the first one is called in messages.
    first: String,
}

impl Collection {
    /// Embeds one layer after the other, so that an iterator may load each only when its turn comes.
    pub(crate) fn new(metric: &metric::Metric, arrays: &Bound<'_, PyAny>) -> PyResult<Self> {
        if arrays.is_instance_of::<PyString>() || arrays.hasattr("__array__")? || arrays.is_instance_of::<Point>() {
            let message = format!("expected a list or dict of arrays, one a layer, not {}", type_name(arrays));
            return Err(wrong_type("arrays", message));
        }
        let mut collection = Self { points: Vec::new(), names: None, stimuli: 0, first: String::new() };
        if let Ok(mapping) = arrays.cast::<PyMapping>() {
            let mut names = Vec::new();
            for key in mapping.keys()? {
                names.push(key.str()?.to_string());
                collection.push(metric, format!("arrays[{}]", key.repr()?), &mapping.get_item(&key)?)?;
            }
            collection.names = Some(names);
        } else {
            let Ok(iterator) = arrays.try_iter() else {
                let message = format!("expected a list or dict of arrays, one a layer, not {}", type_name(arrays));
                return Err(wrong_type("arrays", message));
            };
            for (index, item) in iterator.enumerate() {
                collection.push(metric, format!("arrays[{index}]"), &item?)?;
            }
        }
        Ok(collection)
    }

    fn push(&mut self, metric: &metric::Metric, argument: String, object: &Bound<'_, PyAny>) -> PyResult<()> {
        let (point, stimuli) =
            embedded(metric, &argument, object, |object| embed(metric, &argument, &as_array(&argument, object)?))?;
        if self.points.is_empty() {
            self.stimuli = stimuli;
            self.first.clone_from(&argument);
        }
        check_stimuli(&argument, stimuli, &self.first, self.stimuli)?;
        self.points.push(point);
        Ok(())
    }

    /// The argument `target` under the same metric.
    pub(crate) fn target(&self, metric: &metric::Metric, object: &Bound<'_, PyAny>) -> PyResult<metric::Point> {
        let (point, stimuli) = embedded(metric, "target", object, |object| embed_target(metric, object))?;
        check_stimuli("target", stimuli, &self.first, self.stimuli)?;
        Ok(point.into_point())
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
}

/// A point as it is, after a look at its metric; anything else by way of `embed`.
fn embedded(
    metric: &metric::Metric,
    argument: &str,
    object: &Bound<'_, PyAny>,
    embed: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<(metric::Point, usize)>,
) -> PyResult<(Embedded, usize)> {
    if let Ok(point) = object.cast::<Point>() {
        point.get().check_metric(argument, metric)?;
        return Ok((Embedded::Held(point.clone().unbind()), point.get().stimuli));
    }
    let (point, stimuli) = embed(object)?;
    Ok((Embedded::New(point), stimuli))
}
