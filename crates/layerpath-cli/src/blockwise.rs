//! Tables of points stores, block by block, straight from the files.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use layerpath::analysis::{PointRecord, Stimuli};
use layerpath::metric::{Metric, Point};
use layerpath::table::{BlockPlan, Bytes, PointRows, arc_block, pair_block};
use layerpath_io::PartialTable;
use layerpath_io::points::{PointsStore, Precision, StoredRows};

use crate::engines::different_stimuli;
use crate::failure::{Failure, Result};
use crate::inputs::{InputOptions, different_metrics, open_store, stored_roundoff};
use crate::interrupt;
use crate::messages::Messages;

/// Up to so many points are read as a whole, if they fit: then every pair is computed to the last digit.
const FEW: usize = 64;

/// What the program takes besides the blocks, in bytes.
const BESIDES: u64 = 64 << 20;

const HOW_TO_GO_ON: &str = "the finished blocks are kept, and the same command goes on from there";

/// Points of stores of one metric and the same stimuli, of which no number was read.
pub(crate) struct Stores {
    pub(crate) metric: Metric,
    pub(crate) stimuli: Stimuli,
    /// Of every point.
    pub(crate) records: Vec<PointRecord>,
    opened: Vec<PointsStore>,
    /// Store and row of every point.
    rows: Vec<(usize, usize)>,
}

impl Stores {
    pub(crate) fn open(paths: &[impl AsRef<Path>], options: InputOptions<'_>) -> Result<Self> {
        let mut stores: Vec<PointsStore> = Vec::with_capacity(paths.len());
        let mut records: Vec<PointRecord> = Vec::new();
        let mut rows: Vec<(usize, usize)> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut first: Option<(Metric, Stimuli)> = None;
        let start = paths.first().ok_or_else(|| Failure::user("no input given"))?.as_ref();
        for (place, path) in paths.iter().enumerate() {
            let path = path.as_ref();
            let (store, metric) = open_store(path, options)?;
            let (one, stimuli) = first.get_or_insert_with(|| (metric, store.stimuli.clone()));
            if let Some(difference) = stimuli.first_difference(&store.stimuli) {
                return Err(different_stimuli(start, path, &difference));
            }
            if *one != metric {
                return Err(different_metrics((start, one), (path, &metric)));
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
                    return Err(Failure::user(format!(
                        "`{}` and `{}` both have a point called `{}`; rename one of the networks or files",
                        paths[other].as_ref().display(),
                        path.display(),
                        record.name
                    )));
                }
                known.insert(record.name.clone(), records.len());
                records.push(record.clone());
                rows.push((place, row));
            }
            stores.push(store);
        }
        let (metric, stimuli) = first.ok_or_else(|| Failure::user("no input given"))?;
        Ok(Self { metric, stimuli, records, opened: stores, rows })
    }

    /// Whether the points are better read as a whole: few, and within the memory.
    pub(crate) fn are_few(&self, memory: Bytes) -> bool {
        let bytes = 8 * self.records.len() as u64 * self.opened[0].dimension as u64;
        self.records.len() <= FEW && bytes <= memory.0
    }

    /// All distances, to `out` as they come, so that an interrupted table goes on; and into memory if `kept`, as K rows of K.
    pub(crate) fn distances(
        &self,
        options: InputOptions<'_>,
        out: Option<&Path>,
        kept: bool,
        messages: Messages,
    ) -> Result<Option<Vec<f64>>> {
        let size = self.records.len();
        let rows = StoredRows::new(&self.opened, self.rows.clone())?;
        let table = if kept { 8 * (size * size) as u64 } else { 0 };
        let plan = self.plan(options.engine.memory, table, &rows)?;
        let blocks = plan.blocks();
        messages.say(&format!(
            "{size} points of {} coordinates: {} block(s) of up to {} points on a side, about {} of memory",
            self.opened[0].dimension,
            blocks.len(),
            plan.rows(),
            Bytes(plan.memory() as u64 + table + BESIDES)
        ));
        let mut file =
            out.map(|out| PartialTable::open(out, &self.identity()?, size).map_err(Failure::from)).transpose()?;
        let done = |file: &Option<PartialTable>, (rows, columns): &(Range<usize>, Range<usize>)| {
            file.as_ref().is_some_and(|file| file.is_done(rows, columns))
        };
        let found = blocks.iter().filter(|block| done(&file, block)).count();
        if found > 0 {
            messages.say(&format!("going on with a table of which {found} of {} block(s) are done", blocks.len()));
        } else if file.as_ref().is_some_and(|file| file.n_done() > 0) {
            messages.say("a table was begun with other blocks, with another `--memory`; it is begun anew");
        }
        let mut all = kept.then(|| vec![0.0; size * size]);
        let pairs = |(rows, columns): &(Range<usize>, Range<usize>)| {
            let count = if rows == columns { rows.len() * (rows.len() + 1) / 2 } else { rows.len() * columns.len() };
            count as u64
        };
        let mut progress = messages.progress(blocks.iter().map(pairs).sum(), "pairs");
        progress.stage("distances".to_owned());
        let how_to_go_on =
            if out.is_some() { HOW_TO_GO_ON } else { "nothing was written; with `--out` blocks are kept" };
        for block in &blocks {
            let (own, other) = block;
            if done(&file, block) && all.is_none() {
                progress.advance(pairs(block));
                continue;
            }
            let values = self.block(&rows, &plan, own.clone(), other.clone(), how_to_go_on)?;
            if let Some(file) = &mut file {
                file.write(own.clone(), other.clone(), &values)?;
            }
            if let Some(all) = &mut all {
                for (i, row) in own.clone().zip(values.chunks_exact(other.len().max(1))) {
                    for (j, &value) in other.clone().zip(row) {
                        all[i * size + j] = value;
                        all[j * size + i] = value;
                    }
                }
            }
            progress.advance(pairs(block));
        }
        progress.finish();
        if let Some(file) = file {
            file.finish()?;
        }
        Ok(all)
    }

    fn plan(&self, allowed: Bytes, table: u64, rows: &StoredRows<'_>) -> Result<BlockPlan> {
        let (size, dimension) = (self.records.len(), self.opened[0].dimension);
        let left = usize::try_from(allowed.0.saturating_sub(table + BESIDES)).unwrap_or(usize::MAX);
        let element = rows.precision().n_bytes() as usize;
        let (plan, least) = if self.metric.is_spherical() {
            (BlockPlan::within(left, size, dimension, element), 4 * 2048 * element + 8)
        } else {
            (BlockPlan::of_pairs(left, size, 8 * dimension), 4 * 8 * dimension + 8)
        };
        plan.ok_or_else(|| {
            let needed = Bytes(least as u64 + table + BESIDES);
            let whole = if table > 0 { " (the whole table is kept in memory where there is no `--out`)" } else { "" };
            Failure::user(format!(
                "the table does not fit into the {allowed} of memory that may be used; allow at least {needed} with \
                 `--memory`{whole}"
            ))
        })
    }

    fn block(
        &self,
        rows: &StoredRows<'_>,
        plan: &BlockPlan,
        own: Range<usize>,
        other: Range<usize>,
        how_to_go_on: &'static str,
    ) -> Result<Vec<f64>> {
        let watched = Watched { rows, how_to_go_on };
        if self.metric.is_spherical() {
            return match rows.precision() {
                Precision::F32 => arc_block::<f32, _>(&watched, plan, own, other),
                Precision::F64 => arc_block::<f64, _>(&watched, plan, own, other),
            };
        }
        let points = |range: Range<usize>| -> Result<Vec<Point>> {
            range
                .map(|index| {
                    interrupt::check(how_to_go_on)?;
                    let roundoff = stored_roundoff(self.opened[self.rows[index].0].precision);
                    let point = self.metric.point_from_coordinates(rows.row(index)?, roundoff);
                    point.map_err(|error| Failure::from(error).at(format!("point `{}`", self.records[index].name)))
                })
                .collect()
        };
        let columns = if own == other { None } else { Some(points(other)?) };
        Ok(pair_block(&self.metric, &points(own)?, columns.as_deref())?)
    }

    /// What the table is computed from.
    fn identity(&self) -> Result<String> {
        let stores: Result<Vec<String>> = self.opened.iter().map(|store| Ok(store.identity()?)).collect();
        Ok(stores?.join(" "))
    }
}

/// Rows of which the reading ends at Ctrl-C, so that nobody waits for the end of a block.
struct Watched<'a> {
    rows: &'a StoredRows<'a>,
    how_to_go_on: &'static str,
}

impl<T> PointRows<T> for Watched<'_>
where
    for<'a> StoredRows<'a>: PointRows<T, Error = layerpath_io::Error>,
{
    type Error = Failure;

    fn points(&self) -> usize {
        PointRows::<T>::points(self.rows)
    }

    fn dimension(&self) -> usize {
        PointRows::<T>::dimension(self.rows)
    }

    fn read(&self, row: usize, coordinates: Range<usize>, out: &mut [T]) -> Result<()> {
        interrupt::check(self.how_to_go_on)?;
        Ok(PointRows::<T>::read(self.rows, row, coordinates, out)?)
    }
}
