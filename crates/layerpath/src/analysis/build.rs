//! From points to the analysis document.

use std::collections::HashSet;

use super::{
    Along, Analysis, EmbeddingRecord, MeasuredPath, PathRecord, PointRecord, ProjectionRecord, SCHEMA, Stimuli,
    UndefinedRecord,
};
use crate::Error;
use crate::geometry::Projection;
use crate::metric::{Metric, Point};
use crate::path::{Path, Statistic};

/// One path to measure, its points given by their places in the list of all points.
#[derive(Debug, Clone, PartialEq)]
pub struct PathDescription {
    /// Unique name.
    pub name: String,
    /// What varies along it.
    pub along: Along,
    /// Places of its points, in order.
    pub points: Vec<usize>,
    /// Place of its target.
    pub target: Option<usize>,
}

/// Measures paths through points and writes down everything: the points' distances are computed once for all paths.
///
/// All points are embedded in one common picture (classical scaling in three dimensions; the first two make the plane).
///
/// # Errors
///
/// [`Error::Description`] for names that are not unique or places that do not exist, and what [`Path::new`] can say.
///
/// ```
/// use layerpath::analysis::{Along, PathDescription, PointRecord, Stimuli, analyze};
/// use layerpath::{metric::Metric, representation::Representation};
///
/// let metric = Metric::default();
/// let layers = [[0.0, 1.0, 4.0, 2.0, 7.0_f64], [0.0, 1.5, 3.0, 2.5, 6.0]];
/// let mut points = Vec::new();
/// for (name, values) in ["first", "second"].into_iter().zip(&layers) {
///     let record = PointRecord { name: name.into(), layer: name.into(), ..PointRecord::default() };
///     points.push((record, metric.embed(&Representation::new(&values[..], 5, 1)?)?));
/// }
/// let path = PathDescription { name: "network".into(), along: Along::Layers, points: vec![0, 1], target: None };
/// let analysis = analyze(&metric, Stimuli::row_numbers(5), &points, &[path])?;
/// assert_eq!(analysis.paths[0].straightness, Some(1.0)); // a single step is straight
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn analyze(
    metric: &Metric,
    stimuli: Stimuli,
    points: &[(PointRecord, Point)],
    paths: &[PathDescription],
) -> Result<Analysis, Error> {
    measure(metric, stimuli, points, paths).map(|(analysis, _)| analysis)
}

/// [`analyze`], with the measured paths to which evidence can be added.
///
/// # Errors
///
/// As [`analyze`].
///
/// ```
/// use layerpath::analysis::{BaselineSettings, PointRecord, Stimuli, Along, measure, paths};
/// use layerpath::{metric::Metric, representation::Representation};
///
/// let metric: Metric = "angular-shape".parse()?;
/// let mut points = Vec::new();
/// for index in 0..4 {
///     let x: Vec<f64> = (0..12).map(|i| f64::from((i * i + index * i) % 7)).collect();
///     let layer = format!("layer{index}");
///     let record = PointRecord { name: layer.clone(), layer, index: Some(index as usize), ..PointRecord::default() };
///     points.push((record, metric.embed(&Representation::new(&x[..], 6, 2)?)?));
/// }
/// let records: Vec<PointRecord> = points.iter().map(|(record, _)| record.clone()).collect();
/// let found = paths(&records, Along::Layers);
/// let (mut analysis, measured) = measure(&metric, Stimuli::row_numbers(6), &points, &found)?;
/// analysis.add_baselines(&metric, &measured[0], None, BaselineSettings::new(1))?;
/// assert!(analysis.paths[0].baselines.is_some());
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn measure<'a>(
    metric: &Metric,
    stimuli: Stimuli,
    points: &'a [(PointRecord, Point)],
    paths: &[PathDescription],
) -> Result<(Analysis, Vec<MeasuredPath<'a>>), Error> {
    check_unique("point", points.iter().map(|(record, _)| record.name.as_str()))?;
    check_unique("path", paths.iter().map(|path| path.name.as_str()))?;
    let all: Vec<&Point> = points.iter().map(|(_, point)| point).collect();
    let distances = metric.distances(&all)?;
    let mut records = Vec::with_capacity(paths.len());
    let mut measured = Vec::with_capacity(paths.len());
    for (place, description) in paths.iter().enumerate() {
        let places: Vec<usize> = description.points.iter().copied().chain(description.target).collect();
        if let Some(missing) = places.iter().find(|&&place| place >= points.len()) {
            let message = format!("path `{}` uses point {missing} of {}", description.name, points.len());
            return Err(Error::Description(message));
        }
        let own: Vec<&Point> = description.points.iter().map(|&place| all[place]).collect();
        let path = Path::with_distances(&own, description.target.map(|place| all[place]), distances.select(&places))?;
        records.push(record(description, &path, points));
        measured.push(MeasuredPath::new(place, points, description, &path));
    }
    let analysis = Analysis {
        schema: SCHEMA.to_owned(),
        program: format!("layerpath {}", env!("CARGO_PKG_VERSION")),
        metric: metric.to_string(),
        unit: metric.unit().to_owned(),
        stimuli,
        points: points.iter().map(|(record, _)| record.clone()).collect(),
        paths: records,
        embedding: Some(EmbeddingRecord::classical(
            &distances,
            points.iter().map(|(record, _)| record.name.clone()).collect(),
        )?),
        notes: NOTES.iter().map(|&note| note.to_owned()).collect(),
    };
    Ok((analysis, measured))
}

/// Taken out of the notes once baselines or intervals are added.
pub(super) const NOTHING_TO_COMPARE: &str = "No baselines and no intervals were computed.";

/// What every reader of path statistics must know.
const NOTES: &[&str] = &[
    "Independent directions in high dimension meet at 90°: an interior angle near 90° means no memory of direction, and \
     a straight path alone is no evidence of learning, since random networks can be straight.",
    NOTHING_TO_COMPARE,
    "Noise that differs from layer to layer adds to every step, so the measured length is biased up and the straightness \
     down, the more the more layers.",
    "The length is a sum over the layers that were captured, a lower bound on the length through layers left out.",
];

fn check_unique<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<(), Error> {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(Error::Description(format!("two {what}s are called `{name}`; give them different names")));
        }
    }
    Ok(())
}

/// The record of one measured path.
fn record(description: &PathDescription, path: &Path, points: &[(PointRecord, Point)]) -> PathRecord {
    let mut undefined = Vec::new();
    let mut note = |statistic: &str, index: Option<usize>, reason: String| {
        undefined.push(UndefinedRecord { statistic: statistic.to_owned(), index, reason });
    };
    if path.straightness().is_none() {
        note("straightness", None, "the path has length 0".to_owned());
    }
    let interior_angles = values("interior_angles", path.interior_angles(), &mut note);
    let heading_angles = path.heading_angles().map(|angles| values("heading_angles", angles, &mut note));
    let efficiency = path.efficiency().map(|ratios| values("efficiency", &ratios, &mut note));
    let projection = path.projections().map(|projections| {
        let projections = values("projection", projections, &mut note);
        let convert = |Projection { t, distance, .. }| ProjectionRecord { t, distance };
        projections.into_iter().map(|projection| projection.map(convert)).collect()
    });
    // What all points of the path share is the path's own.
    let first = &points[description.points[0]].0;
    let shared = |same: &dyn Fn(&PointRecord) -> bool| description.points.iter().all(|&place| same(&points[place].0));
    PathRecord {
        name: description.name.clone(),
        along: description.along,
        network: first.network.clone().filter(|_| shared(&|point| point.network == first.network)),
        epoch: first.epoch.filter(|_| shared(&|point| point.epoch == first.epoch)),
        seed: first.seed.filter(|_| shared(&|point| point.seed == first.seed)),
        network_accuracy: description
            .points
            .iter()
            .find_map(|&place| points[place].0.network_accuracy)
            .filter(|_| description.along == Along::Layers),
        points: description.points.iter().map(|&place| points[place].0.name.clone()).collect(),
        target: description.target.map(|place| points[place].0.name.clone()),
        distances: path.distances().to_rows(),
        steps: path.steps().to_vec(),
        length: path.length(),
        displacement: path.displacement(),
        straightness: path.straightness(),
        interior_angles,
        heading_angles,
        distance_to_start: path.distance_to_start(),
        distance_to_target: path.distance_to_target(),
        progress: path.progress(),
        efficiency,
        projection,
        undefined,
        baselines: None,
        intervals: None,
        convergence: None,
        decoding: None,
        stimulus_shares: None,
    }
}

/// Defined values as they are, undefined ones as `None` with a note of the reason.
fn values<T: Clone>(
    statistic: &str,
    results: &[Statistic<T>],
    note: &mut impl FnMut(&str, Option<usize>, String),
) -> Vec<Option<T>> {
    let mut value = |(index, result): (usize, &Statistic<T>)| match result {
        Ok(value) => Some(value.clone()),
        Err(reason) => {
            note(statistic, Some(index), reason.to_string());
            None
        }
    };
    results.iter().enumerate().map(&mut value).collect()
}
