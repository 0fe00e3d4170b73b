//! All pairs of stored points, block by block, straight from the files.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use layerpath::analysis::{PointRecord, Stimuli};
use layerpath::metric::{Metric, Point};
use layerpath::table::{BESIDES, BlockPlan, Bytes, PointRows, arc_block, pair_block};

use super::rows::common_precision;
use super::{PointsStore, Precision, StoredRows};
use crate::atomic::{Seen, open_file};
use crate::error::{Error, Result};
use crate::identity::hash_ids;

/// Up to so many points are read as a whole, if they fit: then every pair is computed to the last digit.
const FEW: usize = 64;

/// Points of stores of one metric and the same stimuli, of which no number was read: the rows and columns of a table.
///
/// ```
/// use layerpath::analysis::{PointRecord, Stimuli};
/// use layerpath::table::Bytes;
/// use layerpath_io::{Error, Existing};
/// use layerpath_io::points::{PointsHeader, PointsWriter, Precision, Role, StoredTable, read_points};
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("points.zarr");
/// let header = PointsHeader {
///     metric: "angular-cka[estimator=biased,kernel=linear]".into(),
///     unit: "rad".into(),
///     stimuli: Stimuli::row_numbers(2),
///     dimension: 3,
///     precision: Precision::F64,
/// };
/// let mut writer = PointsWriter::create(&path, header, Existing::Refuse).unwrap();
/// for (name, row) in [("a", [1.0, 0.0, 0.0]), ("b", [0.0, 1.0, 0.0])] {
///     let record = PointRecord { name: name.into(), index: Some(0), ..PointRecord::default() };
///     writer.append(record, Role::Layer, &row).unwrap();
/// }
/// writer.finish().unwrap();
/// let table = StoredTable::new(vec![read_points(&path).unwrap()]).unwrap();
/// let plan = table.plan(Bytes(1 << 30), 0).unwrap();
/// let (rows, columns) = plan.blocks()[0].clone();
/// #[derive(Debug)]
/// enum Failure { File(Error), Core(layerpath::Error) }
/// impl From<Error> for Failure { fn from(error: Error) -> Self { Self::File(error) } }
/// impl From<layerpath::Error> for Failure { fn from(error: layerpath::Error) -> Self { Self::Core(error) } }
/// let block = table.block::<Failure>(&plan, rows, columns, &|| Ok(())).unwrap();
/// assert!((block[1] - std::f64::consts::FRAC_PI_2).abs() < 1e-15);
/// ```
#[derive(Debug)]
pub struct StoredTable {
    metric: Metric,
    stimuli: Stimuli,
    records: Vec<PointRecord>,
    stores: Vec<PointsStore>,
    /// Store and row of every point.
    rows: Vec<(usize, usize)>,
}

/// How a table of stored points is cut into blocks that are computed one by one, in bounded memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredPlan {
    plan: BlockPlan,
    /// Every pair from the points themselves.
    exact: bool,
    /// Memory besides that of the block.
    besides: u64,
}

impl StoredPlan {
    /// Rows and columns of all blocks on and below the diagonal.
    pub fn blocks(&self) -> Vec<(Range<usize>, Range<usize>)> {
        self.plan.blocks()
    }

    /// Points on a side of a block; fewer in the last.
    pub fn rows(&self) -> usize {
        self.plan.rows()
    }

    /// What a program takes while it computes a block.
    pub fn memory(&self) -> Bytes {
        Bytes(self.plan.memory() as u64 + self.besides)
    }
}

impl StoredTable {
    /// The points of all stores in order. A target that comes with several of them, as labels do, is taken once.
    ///
    /// # Errors
    /// When there is no store, or they hold points of different metrics, of different stimuli, or two of one name.
    pub fn new(stores: Vec<PointsStore>) -> Result<Self> {
        let nothing = || Error::argument("there is no points store", "name one");
        let first = stores.first().ok_or_else(nothing)?;
        let (metric, mut stimuli) = (first.parsed_metric()?, first.stimuli.clone());
        let mut records: Vec<PointRecord> = Vec::new();
        let mut rows: Vec<(usize, usize)> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        for (place, store) in stores.iter().enumerate() {
            store.check_roles()?;
            if let Some(difference) = stimuli.first_difference(&store.stimuli) {
                return Err(different_stimuli(&first.path, &store.path, &difference));
            }
            let own = store.parsed_metric()?;
            if own != metric {
                return Err(different_metrics((&first.path, &metric), (&store.path, &own)));
            }
            if stimuli.ids.is_empty() {
                stimuli.clone_from(&store.stimuli);
            }
            for (row, record) in store.records.iter().enumerate() {
                if let Some(&earlier) = known.get(&record.name) {
                    let (other, other_row): (usize, usize) = rows[earlier];
                    // The labels of the same stimuli come with every store.
                    let both_targets = records[earlier].index.is_none() && record.index.is_none();
                    if both_targets && stores[other].row(other_row)? == store.row(row)? {
                        continue;
                    }
                    let problem = format!(
                        "`{}` and `{}` both have a point called `{}`",
                        stores[other].path.display(),
                        store.path.display(),
                        record.name
                    );
                    return Err(Error::argument(problem, "rename one of the networks or files"));
                }
                known.insert(record.name.clone(), records.len());
                records.push(record.clone());
                rows.push((place, row));
            }
        }
        Ok(Self { metric, stimuli, records, stores, rows })
    }

    /// The metric of all points.
    pub fn metric(&self) -> &Metric {
        &self.metric
    }

    /// The stimuli behind all points.
    pub fn stimuli(&self) -> &Stimuli {
        &self.stimuli
    }

    /// What each point is.
    pub fn records(&self) -> &[PointRecord] {
        &self.records
    }

    /// Numbers of a point.
    pub fn dimension(&self) -> usize {
        self.stores.first().map_or(0, |store| store.dimension)
    }

    /// Whether the points are better read as a whole: few, and within the memory.
    pub fn are_few(&self, memory: Bytes) -> bool {
        let bytes = 8 * self.records.len() as u64 * self.dimension() as u64;
        self.records.len() <= FEW && bytes <= memory.0
    }

    /// The largest blocks within `memory`, of which `kept` bytes are taken already. The same stores and the same memory
    /// give the same plan everywhere. As an error, the least memory that would do.
    ///
    /// # Errors
    /// When not even a block of one row fits.
    pub fn plan(&self, memory: Bytes, kept: u64) -> Result<StoredPlan, Bytes> {
        let (size, dimension) = (self.records.len(), self.dimension());
        let besides = kept + BESIDES;
        if self.are_few(memory) {
            // As large as there are points.
            let plan = BlockPlan::of_pairs(usize::MAX, size, 8 * dimension).ok_or(Bytes(besides))?;
            return Ok(StoredPlan { plan, exact: true, besides });
        }
        let left = usize::try_from(memory.0.saturating_sub(besides)).unwrap_or(usize::MAX);
        let element = self.precision().n_bytes() as usize;
        let (plan, least) = if self.metric.is_spherical() {
            (BlockPlan::within(left, size, dimension, element), BlockPlan::least(dimension, element))
        } else {
            (BlockPlan::of_pairs(left, size, 8 * dimension), 4 * 8 * dimension + 8)
        };
        let plan = plan.ok_or(Bytes(least as u64 + besides))?;
        Ok(StoredPlan { plan, exact: !self.metric.is_spherical(), besides })
    }

    /// The distances between `rows` and `columns`, row after row. `watch` is asked again and again while points are read,
    /// and an error of it ends the work.
    ///
    /// # Errors
    /// When points cannot be read or compared, or as `watch` says.
    pub fn block<E: From<Error> + From<layerpath::Error> + Send>(
        &self,
        plan: &StoredPlan,
        rows: Range<usize>,
        columns: Range<usize>,
        watch: &(dyn Fn() -> Result<(), E> + Sync),
    ) -> Result<Vec<f64>, E> {
        if plan.exact {
            let points = |range: Range<usize>| -> Result<Vec<Point>, E> {
                let point = |index| watch().and_then(|()| Ok(self.point(index)?));
                range.map(point).collect()
            };
            let other = if rows == columns { None } else { Some(points(columns)?) };
            return Ok(pair_block(&self.metric, &points(rows)?, other.as_deref())?);
        }
        let stored = StoredRows::new(&self.stores, self.rows.clone())?;
        let watched = Watched { rows: &stored, watch };
        match stored.precision() {
            Precision::F32 => arc_block::<f32, _>(&watched, &plan.plan, rows, columns),
            Precision::F64 => arc_block::<f64, _>(&watched, &plan.plan, rows, columns),
        }
    }

    /// One point.
    ///
    /// # Errors
    /// When there is no such point, it cannot be read, or what is stored is no point of the metric.
    pub fn point(&self, index: usize) -> Result<Point> {
        let (store, row) = self.place(index)?;
        let point = self.metric.point_from_coordinates(store.row(row)?, store.precision.roundoff());
        point.map_err(|error| {
            let place = format!("point `{}`", self.records[index].name);
            Error::content(&store.path, place, error.to_string(), "write the store again")
        })
    }

    /// Tells what the table is computed from: a text that changes when a store is written anew or grows.
    ///
    /// # Errors
    /// When a store has gone.
    pub fn identity(&self) -> Result<String> {
        let stores: Result<Vec<String>> = self.stores.iter().map(PointsStore::identity).collect();
        Ok(stores?.join(" "))
    }

    /// Tells some points from what may stand in their places later; points that are added elsewhere do not change it.
    ///
    /// # Errors
    /// When there is no such point, or its store has gone.
    pub fn identity_of(&self, points: &[usize]) -> Result<String> {
        let mut parts = vec![self.metric.to_string(), self.stimuli.hash.clone(), self.stimuli.count.to_string()];
        for &index in points {
            let (store, row) = self.place(index)?;
            let file = store.chunk_file(row as u64 / store.rows_per_chunk);
            parts.push(format!("{:?} {:?}", self.records[index], Seen::of(&open_file(&file)?.0, &file)?));
        }
        Ok(hash_ids(&parts))
    }

    /// F32 if every store holds f32 numbers.
    pub fn precision(&self) -> Precision {
        common_precision(&self.stores)
    }

    fn place(&self, index: usize) -> Result<(&PointsStore, usize)> {
        let place = self.rows.get(index).map(|&(store, row)| (&self.stores[store], row));
        place.ok_or_else(|| Error::internal(format!("point {index} of {}", self.rows.len())))
    }
}

/// Rows of which the reading ends when somebody says so, so that nobody waits for the end of a block.
struct Watched<'a, E> {
    rows: &'a StoredRows<'a>,
    watch: &'a (dyn Fn() -> Result<(), E> + Sync),
}

impl<T, E> PointRows<T> for Watched<'_, E>
where
    E: From<Error> + Send,
    for<'a> StoredRows<'a>: PointRows<T, Error = Error>,
{
    type Error = E;

    fn points(&self) -> usize {
        PointRows::<T>::points(self.rows)
    }

    fn dimension(&self) -> usize {
        PointRows::<T>::dimension(self.rows)
    }

    fn read(&self, row: usize, coordinates: Range<usize>, out: &mut [T]) -> Result<(), E> {
        (self.watch)()?;
        Ok(PointRows::<T>::read(self.rows, row, coordinates, out)?)
    }
}

/// The error of two files that cannot be compared; `difference` is what [`Stimuli::first_difference`] says.
pub fn different_stimuli(first: &Path, second: &Path, difference: &str) -> Error {
    let problem =
        format!("`{}` and `{}` do not answer the same stimuli: {difference}", first.display(), second.display());
    Error::argument(problem, "combine only files whose rows are the same stimuli in the same order")
}

/// The error of stores of different metrics.
pub fn different_metrics(first: (&Path, &Metric), second: (&Path, &Metric)) -> Error {
    let problem =
        format!("`{}` holds points of {}, `{}` of {}", first.0.display(), first.1, second.0.display(), second.1);
    Error::argument(problem, "capture both with one metric")
}
