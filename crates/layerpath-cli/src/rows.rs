//! `--layout` and `--reduce`: which array becomes rows how.

use std::str::FromStr;

use clap::Args;
use layerpath::representation::{Layout, Reduced, Reduction, ReductionError, reduce};
use layerpath_io::activations::ArraySource;
use layerpath_io::{Elements, NamedArray};

use crate::failure::{Failure, Result};

/// From tensors to rows.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct RowArguments {
    /// Axes of the arrays: nd (stimuli, units), ntd (stimuli, tokens, units) or nchw (stimuli, channels, height, width);
    /// with a name in front, of that array only, and `NAME=nd` stays as it is. May be given several times.
    #[arg(long, value_name = "[NAME=]nd|ntd|nchw")]
    pub(crate) layout: Vec<LayoutChoice>,
    /// How tensors become rows: flatten, mean (over tokens or places), cls (the first token), last-token, or
    /// positions-as-stimuli (every token or place is a row).
    #[arg(long, value_name = "REDUCTION", default_value_t = Reduction::Flatten)]
    pub(crate) reduce: Reduction,
}

/// The layout of all arrays, or of the one of this name.
#[derive(Debug, Clone)]
pub(crate) struct LayoutChoice {
    array: Option<String>,
    layout: Layout,
}

impl FromStr for LayoutChoice {
    type Err = layerpath::Error;

    fn from_str(text: &str) -> Result<Self, layerpath::Error> {
        let (array, layout) = text.rsplit_once('=').map_or((None, text), |(array, layout)| (Some(array), layout));
        Ok(Self { array: array.map(str::to_owned), layout: layout.parse()? })
    }
}

impl RowArguments {
    /// Whether anything else than the default was asked for.
    pub(crate) fn is_given(&self) -> bool {
        !self.layout.is_empty() || self.reduce != Reduction::Flatten
    }

    /// Refuses a layout for an array that is nowhere.
    pub(crate) fn check_names<'n>(&self, names: impl Iterator<Item = &'n str> + Clone) -> Result<()> {
        match self
            .layout
            .iter()
            .filter_map(|choice| choice.array.as_deref())
            .find(|own| names.clone().all(|n| n != *own))
        {
            None => Ok(()),
            Some(unknown) => {
                let known: Vec<&str> = names.collect();
                Err(Failure::user(format!(
                    "`--layout {unknown}=…`: no array is called `{unknown}`; there are {}",
                    known.join(", ")
                )))
            }
        }
    }

    /// What is to be done with a layer.
    fn of(&self, name: &str) -> (Option<Layout>, Reduction) {
        let last = |array: Option<&str>| {
            self.layout.iter().rev().find(|choice| choice.array.as_deref() == array).map(|choice| choice.layout)
        };
        match (last(Some(name)), self.reduce) {
            // There is nothing to reduce in it, and saying so by name is no mistake.
            (Some(Layout::Nd), reduction) if reduction != Reduction::PositionsAsStimuli => {
                (Some(Layout::Nd), Reduction::Flatten)
            }
            (Some(layout), reduction) => (Some(layout), reduction),
            (None, reduction) => (last(None), reduction),
        }
    }
}

/// Turns arrays into rows, one after another, and remembers how many positions the layers have.
#[derive(Debug, Default)]
pub(crate) struct Rows<'a> {
    arguments: Option<&'a RowArguments>,
    /// The first layer and its positions.
    first: Option<(String, usize)>,
    /// How many stimuli messages speak of, where only some of them are looked at.
    stimuli: Option<usize>,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(arguments: Option<&'a RowArguments>) -> Self {
        Self { arguments, first: None, stimuli: None }
    }

    fn reduction(&self) -> Reduction {
        self.arguments.map_or(Reduction::Flatten, |arguments| arguments.reduce)
    }

    /// What the rows of an array will be, tried on one stimulus that is all zeros.
    pub(crate) fn try_one(&mut self, array: &ArraySource, target: bool) -> Result<(usize, Reduction)> {
        let mut shape = array.shape.clone();
        shape[0] = 1;
        let elements = Elements::F32(vec![0.0; array.row_length()]);
        let zeros = NamedArray { name: array.name.clone(), shape, elements };
        self.stimuli = Some(array.n_rows());
        let (reduced, reduction) = self.of(&zeros, target)?;
        Ok((reduced.units(), reduction))
    }

    /// The layers before had so many positions.
    pub(crate) fn expect(&mut self, positions: usize) {
        if self.reduction() == Reduction::PositionsAsStimuli {
            self.first = Some((String::new(), positions));
        }
    }

    /// The rows of an array and how they came about. A target of one or two axes has one row a stimulus, whatever the
    /// layout; positions as stimuli repeat it. Targets come after the layers.
    pub(crate) fn of<'b>(&mut self, array: &'b NamedArray, target: bool) -> Result<(Reduced<'b>, Reduction)> {
        let elements =
            array.elements.floating().ok_or_else(|| Failure::Internal("integers were not widened".into()))?;
        let (layout, reduction) = self.arguments.map_or((None, Reduction::Flatten), |all| all.of(&array.name));
        if target && array.shape.len() <= 2 {
            let plain = reduce(elements, &array.shape, None, Reduction::Flatten)?;
            return Ok(match (&self.first, self.reduction()) {
                (Some((_, positions)), Reduction::PositionsAsStimuli) => {
                    (plain.repeated(*positions), Reduction::PositionsAsStimuli)
                }
                _ => (plain, Reduction::Flatten),
            });
        }
        let mut shown = array.shape.clone();
        if let (Some(stimuli), Some(first)) = (self.stimuli, shown.first_mut()) {
            *first = stimuli;
        }
        let reduced = reduce(elements, &array.shape, layout, reduction).map_err(|error| match error {
            layerpath::Error::Reduction(error) => {
                layerpath::Error::Reduction(ReductionError { shape: shown.clone(), ..error })
            }
            error => error,
        })?;
        let (first, positions) = self.first.get_or_insert_with(|| (array.name.clone(), reduced.positions()));
        if *positions != reduced.positions() {
            return Err(Failure::user(format!(
                "shape {:?}: {} positions, but `{first}` has {positions}, and with `--reduce positions-as-stimuli` every \
                 layer must have the same; use `mean` or `flatten`, or leave the layer out",
                shown,
                reduced.positions()
            )));
        }
        Ok((reduced, reduction))
    }

    /// Rows of one stimulus.
    pub(crate) fn positions(&self) -> Option<usize> {
        let (_, positions) = self.first.as_ref()?;
        (self.reduction() == Reduction::PositionsAsStimuli).then_some(*positions)
    }
}
