//! What `analyze` puts beside the statistics: baselines, intervals, convergence, decoding, shares of stimuli.

use std::path::Path;

use layerpath::analysis::{Analysis, BaselineSettings, Epoch, IntervalSettings, MeasuredPath, PathDescription};
use layerpath::metric::Metric;
use layerpath::path::convergence::ConvergenceSettings;
use layerpath::path::samples::PointsOfStimuli;
use layerpath::representation::Reduction;

use crate::failure::{Failure, Result};
use crate::inputs::{InputOptions, Inputs};
use crate::interrupt;
use crate::messages::Messages;
use crate::resampled::{Reread, no_target};

/// What was asked for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Evidence {
    pub(crate) baselines: Option<BaselineSettings>,
    /// The last input is the untrained network of all others.
    pub(crate) last_is_untrained: bool,
    pub(crate) intervals: Option<IntervalSettings>,
    pub(crate) convergence: Option<ConvergenceSettings>,
    pub(crate) decoding: bool,
    /// How many stimuli to list for each step.
    pub(crate) stimuli: Option<usize>,
}

/// What evidence starts from.
pub(crate) struct Study<'a, P> {
    pub(crate) inputs: &'a [P],
    pub(crate) options: InputOptions<'a>,
    pub(crate) read: &'a Inputs,
    pub(crate) paths: &'a [PathDescription],
    pub(crate) measured: &'a [MeasuredPath<'a>],
}

impl Evidence {
    /// Whether anything was asked for.
    pub(crate) fn is_asked(&self) -> bool {
        self.n_asked() > 0
    }

    fn n_asked(&self) -> usize {
        let asked = [
            self.baselines.is_some(),
            self.intervals.is_some(),
            self.convergence.is_some(),
            self.decoding,
            self.stimuli.is_some(),
        ];
        asked.into_iter().filter(|&asked| asked).count()
    }

    /// Adds all that was asked for to every path.
    pub(crate) fn add<P: AsRef<Path>>(
        self,
        analysis: &mut Analysis,
        study: &Study<'_, P>,
        messages: Messages,
    ) -> Result<()> {
        let asked = self.n_asked();
        let positions = study.options.rows.is_some_and(|rows| rows.reduce == Reduction::PositionsAsStimuli);
        if positions && (self.intervals.is_some() || self.convergence.is_some() || self.decoding) {
            return Err(Failure::user(
                "with `--reduce positions-as-stimuli` the rows are no independent sample: positions of one stimulus resemble \
                 each other, so intervals would be too narrow and decoding too good; leave `--intervals`, `--convergence` and \
                 `--decoding` out, or use `--reduce mean` or `flatten`",
            ));
        }
        let untrained = if self.last_is_untrained { Some(untrained_of_input(study)?) } else { None };
        let metric = &study.read.metric;
        let mut progress = messages.progress((study.paths.len() * asked) as u64, "evidence");
        for (place, path) in study.measured.iter().enumerate() {
            progress.stage(study.paths[place].name.clone());
            if let Some(settings) = self.baselines {
                let other = match untrained {
                    Some(untrained) => (untrained != place).then_some(untrained),
                    None => analysis.untrained(place),
                };
                let other = other.map(|other| &study.measured[other]);
                analysis.add_baselines(metric, path, other, settings)?;
                interrupt::check("nothing was written")?;
                progress.advance(1);
            }
            if self.intervals.is_some() || self.convergence.is_some() {
                if metric.restricts() {
                    self.resample(analysis, metric, path, &mut path.restricted(metric)?)?;
                } else {
                    self.resample(analysis, metric, path, &mut reread(study, place)?)?;
                }
                progress.advance(u64::from(self.intervals.is_some()) + u64::from(self.convergence.is_some()));
            }
            if self.decoding {
                let description = &study.paths[place];
                if description.target.is_none() {
                    return Err(no_target());
                }
                let decodings = match Reread::new(study.read, description, study.inputs, study.options) {
                    Ok(activations) => activations.decode()?,
                    Err(_) => path.decode(metric)?,
                };
                analysis.add_decoding(path, &decodings)?;
                progress.advance(1);
            }
            if let Some(listed) = self.stimuli {
                analysis.add_stimulus_shares(metric, path, listed)?;
                progress.advance(1);
            }
        }
        progress.finish();
        Ok(())
    }

    fn resample<S>(
        self,
        analysis: &mut Analysis,
        metric: &Metric,
        path: &MeasuredPath<'_>,
        source: &mut S,
    ) -> Result<()>
    where
        S: PointsOfStimuli,
        Failure: From<S::Error>,
    {
        if let Some(settings) = self.intervals {
            analysis.add_intervals(metric, path, source, settings)?;
            interrupt::check("nothing was written")?;
        }
        if let Some(settings) = self.convergence {
            analysis.add_convergence(metric, path, source, settings)?;
            interrupt::check("nothing was written")?;
        }
        Ok(())
    }
}

/// The activations behind a path, or the error that its input holds points.
fn reread<'a, P: AsRef<Path>>(study: &Study<'a, P>, place: usize) -> Result<Reread<'a, P>> {
    Reread::new(study.read, &study.paths[place], study.inputs, study.options).map_err(|store| {
        Failure::user(format!(
            "`{}` holds points of {}, and what fewer stimuli would make of them does not follow from points under that \
             metric; give the activations (.npz, .safetensors, .npy) for intervals and convergence",
            store.display(),
            study.read.metric
        ))
    })
}

/// The one path of the last input, or its one path at epoch 0.
fn untrained_of_input<P: AsRef<Path>>(study: &Study<'_, P>) -> Result<usize> {
    let last = study.inputs.len() - 1;
    let own = |path: &PathDescription| path.points.iter().all(|&point| study.read.origins[point].input == last);
    let all: Vec<usize> = (0..study.paths.len()).filter(|&place| own(&study.paths[place])).collect();
    let epoch = |place: usize| study.read.points[study.paths[place].points[0]].0.epoch;
    let at_zero: Vec<usize> = all.iter().copied().filter(|&place| epoch(place) == Some(Epoch::UNTRAINED)).collect();
    match (&all[..], &at_zero[..]) {
        (&[only], _) | (_, &[only]) => Ok(only),
        _ => Err(Failure::user(format!(
            "`{}` has {} paths, {} of them at epoch 0; `--untrained` takes an input with one untrained network",
            study.inputs[last].as_ref().display(),
            all.len(),
            at_zero.len()
        ))),
    }
}
