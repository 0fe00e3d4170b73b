//! From activations to points, by either engine.

use super::{Cost, Engine, FeatureTable, LayerSize};
use crate::Error;
use crate::geometry::UnitVector;
use crate::metric::{Metric, Point};
use crate::representation::Representation;

/// How far rounding may move a distance: 10⁻⁶ rad. Where products in f32 might move one further, feature space makes all of
/// them again in f64.
pub const ACCURACY: f64 = 1e-6;

/// Activations that both engines can read: of several layers, for the same stimuli.
pub trait Activations {
    /// What can go wrong.
    type Error: From<Error>;

    /// Number of stimuli, m.
    fn stimuli(&self) -> usize;

    /// The layers in order.
    fn layers(&self) -> Vec<LayerSize>;

    /// Hands out one layer, all stimuli.
    ///
    /// # Errors
    ///
    /// What prevents it, or what `take` says.
    fn layer(
        &mut self,
        layer: usize,
        take: &mut dyn FnMut(&Representation<'_>) -> Result<(), Error>,
    ) -> Result<(), Self::Error>;

    /// Hands out all layers, `batch` stimuli at a time, from the first stimulus on; the last batch may be smaller.
    ///
    /// # Errors
    ///
    /// What prevents it, or what `take` says.
    fn batches(
        &mut self,
        batch: usize,
        take: &mut dyn FnMut(&[Representation<'_>]) -> Result<(), Error>,
    ) -> Result<(), Self::Error>;

    /// An error that concerns one layer, with the layer's name where that is known.
    fn concerning(&self, layer: usize, error: Error) -> Self::Error {
        let _ = layer;
        error.into()
    }

    /// Hears that all stimuli are read once more, because products in f32 were not good enough; by default nothing happens.
    fn repeats(&mut self) {}
}

/// The points of all layers, by the engine that [`CostModel::choose`](super::CostModel::choose) chose.
///
/// Distances, angles and projections agree between the engines to [`ACCURACY`] for steps of 10⁻⁴ rad and more. Points of
/// sample space have a coordinate for each pair of stimuli, those of feature space one for each layer: enough for geometry, not
/// for questions about single stimuli.
///
/// Feature space reads all stimuli once; twice if two layers are so near each other, or structure is so weak, that f32 products
/// may move their distance by more than [`ACCURACY`].
///
/// ```
/// use layerpath::metric::Metric;
/// use layerpath::representation::Representation;
/// use layerpath::table::{Activations, Bytes, CostModel, Engine, LayerSize, points};
///
/// struct InMemory(Vec<[f64; 5]>);
///
/// impl Activations for InMemory {
///     type Error = layerpath::Error;
///     fn stimuli(&self) -> usize { 5 }
///     fn layers(&self) -> Vec<LayerSize> { vec![LayerSize { units: 1, element: 8 }; self.0.len()] }
///     fn layer(
///         &mut self, layer: usize, take: &mut dyn FnMut(&Representation<'_>) -> Result<(), layerpath::Error>,
///     ) -> Result<(), layerpath::Error> {
///         take(&Representation::new(&self.0[layer][..], 5, 1)?)
///     }
///     fn batches(
///         &mut self, batch: usize, take: &mut dyn FnMut(&[Representation<'_>]) -> Result<(), layerpath::Error>,
///     ) -> Result<(), layerpath::Error> {
///         for start in (0..5).step_by(batch) {
///             let rows = start..(start + batch).min(5);
///             let views: Result<Vec<_>, _> =
///                 self.0.iter().map(|x| Representation::new(&x[rows.clone()], rows.len(), 1)).collect();
///             take(&views?)?;
///         }
///         Ok(())
///     }
/// }
///
/// let metric = Metric::default();
/// let mut activations = InMemory(vec![[0.0, 1.0, 4.0, 2.0, 7.0], [0.0, 1.5, 3.0, 2.5, 6.0]]);
/// let model = CostModel::new(&metric, activations.stimuli(), &activations.layers(), Bytes(1 << 30));
/// let sample = points(&metric, &mut activations, &model.choose(None)?)?;
/// let feature = points(&metric, &mut activations, &model.choose(Some(Engine::Feature))?)?;
/// let distance = |p: &[layerpath::metric::Point]| metric.distance(&p[0], &p[1]);
/// assert!((distance(&sample)? - distance(&feature)?).abs() < 1e-12);
/// # Ok::<(), layerpath::Error>(())
/// ```
///
/// # Errors
///
/// Activations without a point under this metric, or what the activations say.
pub fn points<A: Activations>(metric: &Metric, activations: &mut A, cost: &Cost) -> Result<Vec<Point>, A::Error> {
    match cost.engine {
        Engine::Sample => (0..activations.layers().len())
            .map(|layer| {
                let mut point = None;
                activations.layer(layer, &mut |x| {
                    point = Some(metric.embed(x)?);
                    Ok(())
                })?;
                point.ok_or_else(|| Error::Empty { rows: 0, columns: 0 }.into())
            })
            .collect(),
        Engine::Feature => {
            let widths: Vec<usize> = activations.layers().iter().map(|layer| layer.units).collect();
            let mut table = metric.feature_table(&widths)?;
            activations.batches(cost.batch, &mut |layers| table.push(layers))?;
            let named = |activations: &A, table: &FeatureTable, error| match table.layer_without_point() {
                Some(layer) => activations.concerning(layer, error),
                None => error.into(),
            };
            if let Some(points) = good_points(&table).map_err(|error| named(activations, &table, error))? {
                return Ok(points);
            }
            activations.repeats();
            // The old table goes before the new one comes.
            drop(table);
            let mut table = metric.feature_table(&widths)?.doubled();
            activations.batches(cost.batch, &mut |layers| table.push(layers))?;
            table.points().map(on_sphere).map_err(|error| named(activations, &table, error))
        }
    }
}

/// The points, unless f64 would make better ones.
fn good_points(table: &FeatureTable) -> Result<Option<Vec<Point>>, Error> {
    let points = match table.points() {
        // What rounding in f32 hides may be there in f64.
        Err(Error::NoStructure { .. }) if !table.is_double() => return Ok(None),
        points => points?,
    };
    let good = table.is_double() || table.accuracy(&points)? <= ACCURACY;
    Ok(good.then(|| on_sphere(points)))
}

fn on_sphere(points: Vec<UnitVector>) -> Vec<Point> {
    points.into_iter().map(Point::Sphere).collect()
}
