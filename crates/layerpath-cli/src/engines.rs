//! Activations of all inputs to points, by the engine that is cheaper and fits.

use std::path::Path;

use layerpath::Error;
use layerpath::analysis::{PointRecord, Stimuli, point_name};
use layerpath::metric::{Metric, Point};
use layerpath::representation::{Reduced, Representation};
use layerpath::table::{Activations, Bytes, CostModel, Engine, LayerSize, points};
use layerpath_io::activations::{ActivationSource, ArraySource, for_each_batch};
use layerpath_io::points::different_stimuli;
use layerpath_io::target::Target;
use layerpath_io::{NamedArray, machine_memory, stimuli_at_positions};

use crate::failure::{Failure, Result};
use crate::inputs::{InputOptions, Visitor};
use crate::interrupt;
use crate::messages::{Messages, Progress};
use crate::rows::Rows;

/// What may be used where the system does not say what it has.
const UNKNOWN_MACHINE: u64 = 8 << 30;

/// What was said about engines and memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EngineChoice {
    /// The engine asked for; else the cheaper one that fits.
    pub(crate) wanted: Option<Engine>,
    /// Memory that may be used.
    pub(crate) memory: Bytes,
    /// Why only points of sample space will do.
    pub(crate) only_sample: Option<&'static str>,
}

impl EngineChoice {
    /// Half of what the machine has.
    pub(crate) fn default_memory() -> Bytes {
        Bytes(machine_memory().unwrap_or(UNKNOWN_MACHINE) / 2)
    }
}

impl Default for EngineChoice {
    fn default() -> Self {
        Self { wanted: None, memory: Self::default_memory(), only_sample: None }
    }
}

/// An array on its way to a point.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    /// What is known of it.
    pub(crate) record: PointRecord,
    /// Where its numbers are.
    pub(crate) array: ArraySource,
    /// Place of its input among the activations.
    pub(crate) input: usize,
}

impl Layer {
    fn is_target(&self) -> bool {
        self.record.index.is_none()
    }

    /// Where it is, for messages.
    pub(crate) fn place(&self) -> String {
        format!("`{}`, array `{}`", self.array.path().display(), self.array.name)
    }

    /// The whole array, with floating-point elements.
    pub(crate) fn read(&self) -> Result<NamedArray> {
        Ok(self.array.read()?.into_floating())
    }
}

/// The layers of a file in order, the target after them; and the stimuli. Only headers and labels are read.
pub(crate) fn open(path: &Path, options: InputOptions<'_>, network: Option<&str>) -> Result<(Vec<Layer>, Stimuli)> {
    let mut source = ActivationSource::open(path)?;
    if let Some(rows) = options.rows.filter(|_| network.is_none()) {
        rows.check_names(source.arrays.iter().map(|array| array.name.as_str()))?;
    }
    let target = match options.target {
        None | Some("none") => None,
        Some(text) => Some(Target::parse(text)?.resolve(&mut source)?),
    };
    let layers = source.arrays.into_iter().enumerate().map(|(index, array)| (Some(index), array));
    let all = layers.chain(target.map(|target| (None, target))).map(|(index, array)| {
        let record = PointRecord {
            name: point_name(network, None, &array.name),
            layer: array.name.clone(),
            index,
            network: network.map(str::to_owned),
            shape: array.shape.clone(),
            ..PointRecord::default()
        };
        Layer { record, array, input: 0 }
    });
    Ok((all.collect(), source.stimuli))
}

/// Layers of one or several files that answer the same stimuli.
pub(crate) struct Layers<'a> {
    options: InputOptions<'a>,
    all: Vec<Layer>,
    sizes: Vec<LayerSize>,
    /// Rows of one stimulus.
    positions: usize,
    /// As they are in the first file that names them.
    stimuli: Stimuli,
    messages: Messages,
    progress: Option<Progress>,
}

/// The layers, and who wants to see each of them.
struct Shown<'l, 'a, 'v, 'w> {
    layers: &'l mut Layers<'a>,
    visitor: Option<&'v mut Visitor<'w>>,
}

impl<'a> Layers<'a> {
    /// The layers of all files; each comes with the name of its network.
    pub(crate) fn open(
        files: &[(&Path, Option<String>)],
        options: InputOptions<'a>,
        messages: Messages,
    ) -> Result<Self> {
        let mut layers: Vec<Layer> = Vec::new();
        let mut known: Option<Stimuli> = None;
        let mut positions = None;
        let mut sizes = Vec::new();
        for (input, (path, network)) in files.iter().enumerate() {
            let (own, stimuli) = open(path, options, network.as_deref())?;
            let mut rows = Rows::new(options.rows);
            for mut layer in own {
                let tried = rows.try_one(&layer.array, layer.is_target());
                let (units, reduction) = tried.map_err(|failure| failure.at(layer.place()))?;
                layer.record.reduction = Some(reduction.to_string());
                sizes.push(LayerSize { units, element: layer.array.element_bytes() });
                layers.push(Layer { input, ..layer });
            }
            let own_positions = rows.positions();
            let stimuli = own_positions.map_or_else(|| stimuli.clone(), |count| stimuli_at_positions(&stimuli, count));
            if let Some(first) = &known
                && let Some(difference) = first.first_difference(&stimuli)
            {
                return Err(different_stimuli(files[0].0, path, &difference).into());
            }
            if known.as_ref().is_none_or(|known| known.ids.is_empty()) {
                known = Some(stimuli);
            }
            positions = own_positions;
        }
        let stimuli = known.ok_or_else(|| Failure::user("no input given"))?;
        let positions = positions.unwrap_or(1);
        Ok(Self { options, all: layers, sizes, positions, stimuli, messages, progress: None })
    }

    /// The points of all layers with the place of their file, and the stimuli.
    pub(crate) fn points(
        mut self,
        metric: &Metric,
        visitor: Option<&mut Visitor<'_>>,
    ) -> Result<(Vec<(Layer, Point)>, Stimuli)> {
        let choice = self.options.engine;
        let mut model = CostModel::new(metric, self.n_stimuli(), &self.sizes, choice.memory);
        if let Some(reason) = choice.only_sample {
            model = model.only_sample(metric, reason);
        } else if choice.wanted.is_none()
            && let Some(Err(_)) = self.all.iter().map(|layer| layer.array.pieces()).find(Result::is_err)
        {
            model = model.only_sample(metric, "an array is compressed or in Fortran order, so it is read as a whole");
        }
        let cost = model.choose(choice.wanted).map_err(how_to_allow)?;
        for line in model.lines(cost.engine, choice.wanted) {
            self.messages.detail(&line);
        }
        let points = points(metric, &mut Shown { layers: &mut self, visitor }, &cost)?;
        if let Some(progress) = self.progress.take() {
            progress.finish();
        }
        Ok((self.all.into_iter().zip(points).collect(), self.stimuli))
    }

    fn n_stimuli(&self) -> usize {
        self.all.first().map_or(0, |layer| layer.array.n_rows()) * self.positions
    }

    fn progress(&mut self, total: usize, unit: &str) -> &mut Progress {
        let messages = self.messages;
        self.progress.get_or_insert_with(|| messages.progress(total as u64, unit))
    }
}

/// Says with which option more memory is allowed.
pub(crate) fn how_to_allow(error: Error) -> Failure {
    match error {
        Error::Memory { needed, .. } => {
            let size = needed.to_string().replace(' ', "");
            Failure::user(format!("{error} (`--memory {size}`), or use fewer layers or stimuli"))
        }
        error => error.into(),
    }
}

/// Checked rows; a number that is not finite is named by its row in the whole array.
fn representation<'b>(reduced: &'b Reduced<'_>, first: usize) -> Result<Representation<'b>, Error> {
    reduced.representation().map_err(|error| match error {
        Error::NonFinite { row, column, value } => Error::NonFinite { row: row + first, column, value },
        error => error,
    })
}

impl Activations for Shown<'_, '_, '_, '_> {
    type Error = Failure;

    fn stimuli(&self) -> usize {
        self.layers.n_stimuli()
    }

    fn layers(&self) -> Vec<LayerSize> {
        self.layers.sizes.clone()
    }

    fn layer(&mut self, layer: usize, take: &mut dyn FnMut(&Representation<'_>) -> Result<(), Error>) -> Result<()> {
        interrupt::check("nothing was written")?;
        let (total, options, positions) = (self.layers.all.len(), self.layers.options, self.layers.positions);
        let own = self.layers.all[layer].clone();
        self.layers.progress(total, "arrays").stage(own.array.name.clone());
        let mut use_it = || -> Result<()> {
            let array = own.read()?;
            let mut rows = Rows::new(options.rows);
            rows.expect(positions);
            let (reduced, _) = rows.of(&array, own.is_target())?;
            let x = representation(&reduced, 0)?;
            take(&x)?;
            self.visitor.as_mut().map_or(Ok(()), |visitor| visitor(&own.record, &x))
        };
        use_it().map_err(|failure| failure.at(own.place()))?;
        self.layers.progress(total, "arrays").advance(1);
        Ok(())
    }

    fn batches(
        &mut self,
        batch: usize,
        take: &mut dyn FnMut(&[Representation<'_>]) -> Result<(), Error>,
    ) -> Result<()> {
        let own = &mut *self.layers;
        let arrays: Vec<ArraySource> = own.all.iter().map(|layer| layer.array.clone()).collect();
        let stimuli = own.n_stimuli();
        own.progress(stimuli, "stimuli").stage("stimuli".to_owned());
        for_each_batch(&arrays, (batch / own.positions).max(1), |start, arrays| {
            interrupt::check("nothing was written")?;
            let arrays: Vec<NamedArray> = arrays.into_iter().map(NamedArray::into_floating).collect();
            let mut reduced = Vec::with_capacity(arrays.len());
            for (layer, array) in own.all.iter().zip(&arrays) {
                let mut rows = Rows::new(own.options.rows);
                rows.expect(own.positions);
                let (own, _) = rows.of(array, layer.is_target()).map_err(|failure| failure.at(layer.place()))?;
                reduced.push(own);
            }
            let views: Result<Vec<Representation<'_>>> = own
                .all
                .iter()
                .zip(&reduced)
                .map(|(layer, reduced)| {
                    let checked = representation(reduced, start * own.positions);
                    checked.map_err(|error| Failure::from(error).at(layer.place()))
                })
                .collect();
            let views = views?;
            take(&views)?;
            let rows = views.first().map_or(0, Representation::stimuli);
            own.progress(stimuli, "stimuli").advance(rows as u64);
            Ok(())
        })
    }

    fn concerning(&self, layer: usize, error: Error) -> Failure {
        Failure::from(error).at(self.layers.all[layer].place())
    }

    fn repeats(&mut self) {
        if let Some(progress) = self.layers.progress.take() {
            progress.finish();
        }
        self.layers.messages.say(
            "two layers are too near each other for products in f32: all stimuli are read once more and multiplied in f64",
        );
    }
}
