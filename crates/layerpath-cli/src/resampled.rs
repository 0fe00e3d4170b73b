//! Points of fewer stimuli, made anew from activations, file by file, for metrics whose points do not tell them.

use std::collections::BTreeSet;
use std::path::Path;

use layerpath::Error;
use layerpath::analysis::PathDescription;
use layerpath::metric::{Metric, Point};
use layerpath::path::decoding::{Decoding, from_representation, labels_of_activations};
use layerpath::path::samples::{PointsOfStimuli, SampledPath};
use layerpath::representation::Representation;
use layerpath_io::NamedArray;

use crate::engines;
use crate::failure::{Failure, Result};
use crate::inputs::{InputOptions, Inputs, Origin, Source, networks};
use crate::interrupt;
use crate::rows::Rows;

/// The activations behind one path, read again for each choice of stimuli: one file and one choice at a time are held.
pub(crate) struct Reread<'a, P> {
    metric: Metric,
    stimuli: usize,
    inputs: &'a [P],
    options: InputOptions<'a>,
    /// The points of the path.
    points: Vec<Origin>,
    target: Option<Origin>,
}

impl<'a, P: AsRef<Path>> Reread<'a, P> {
    /// The activations behind `path`, or the place of an input that holds points instead.
    pub(crate) fn new(
        read: &Inputs,
        path: &PathDescription,
        inputs: &'a [P],
        options: InputOptions<'a>,
    ) -> Result<Self, &'a Path> {
        let origin = |&place: &usize| read.origins[place];
        let points: Vec<Origin> = path.points.iter().map(origin).collect();
        let target = path.target.as_ref().map(origin);
        if let Some(store) = points.iter().chain(&target).find(|origin| origin.source == Source::Store) {
            return Err(inputs[store.input].as_ref());
        }
        Ok(Self { metric: read.metric, stimuli: read.stimuli.count, inputs, options, points, target })
    }

    /// What `make` makes of the activations of each point, the target last.
    fn each<T>(&self, mut make: impl FnMut(&NamedArray, Source) -> Result<T>) -> Result<Vec<T>> {
        let wanted: Vec<Origin> = self.points.iter().copied().chain(self.target).collect();
        let files: BTreeSet<usize> = wanted.iter().map(|origin| origin.input).collect();
        let mut made: Vec<Option<T>> = wanted.iter().map(|_| None).collect();
        for file in files {
            interrupt::check("nothing was written")?;
            let path = self.inputs[file].as_ref();
            let (layers, _) = engines::open(path, self.options, networks(self.inputs)[file].as_deref())?;
            for layer in layers {
                let source = layer.record.index.map_or(Source::Target, Source::Layer);
                let Some(own) = wanted.iter().position(|own| *own == Origin { input: file, source }) else {
                    continue;
                };
                if layer.array.n_rows() != self.stimuli {
                    return Err(changed(path));
                }
                let made_of_it = layer.read().and_then(|array| make(&array, source));
                made[own] = Some(made_of_it.map_err(|failure| failure.at(layer.place()))?);
            }
        }
        let first = self.inputs[wanted[0].input].as_ref();
        made.into_iter().collect::<Option<Vec<T>>>().ok_or_else(|| changed(first))
    }

    /// A function of the rows that an array makes.
    fn of_rows<T>(
        &self,
        array: &NamedArray,
        source: Source,
        function: impl FnOnce(&Representation<'_>) -> std::result::Result<T, Error>,
    ) -> Result<T> {
        let (reduced, _) = Rows::new(self.options.rows).of(array, source == Source::Target)?;
        Ok(function(&reduced.representation()?)?)
    }

    /// Decodes the target's labels from each point's activations.
    pub(crate) fn decode(&self) -> Result<Vec<Decoding>> {
        let Some(target) = self.target else { return Err(no_target()) };
        let only = Self { points: vec![target], target: None, ..*self };
        let mut labels = only.each(|array, source| self.of_rows(array, source, labels_of_activations))?;
        let labels = labels.pop().ok_or_else(no_target)?;
        let layers = Self { points: self.points.clone(), target: None, ..*self };
        layers.each(|array, source| self.of_rows(array, source, |x| from_representation(&self.metric, x, &labels)))
    }
}

impl<P: AsRef<Path>> PointsOfStimuli for Reread<'_, P> {
    type Error = Failure;

    fn stimuli(&self) -> usize {
        self.stimuli
    }

    fn sample(&mut self, rows: &[usize]) -> Result<std::result::Result<SampledPath, Error>> {
        let mut points =
            self.each(|array, source| self.of_rows(&array.select(rows)?, source, |x| Ok(self.metric.embed(x))))?;
        let target = if self.target.is_some() { points.pop() } else { None };
        let points: std::result::Result<Vec<Point>, Error> = points.into_iter().collect();
        Ok(points.map(|points| SampledPath { points, target }))
    }
}

pub(crate) fn no_target() -> Failure {
    Failure::user("decoding needs labels as the target: give `--target NAME|last|labels.npy`")
}

fn changed(path: &Path) -> Failure {
    Failure::user(format!("`{}` has changed since it was first read; run the command again", path.display()))
}
