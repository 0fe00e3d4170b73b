//! Tables of points stores, block by block, straight from the files.

use std::ops::Range;
use std::path::Path;

use layerpath::table::Bytes;
use layerpath_io::PartialTable;
use layerpath_io::points::{StoredPlan, StoredTable};

use crate::failure::{Failure, Result};
use crate::inputs::{InputOptions, open_store};
use crate::interrupt;
use crate::messages::Messages;

const HOW_TO_GO_ON: &str = "the finished blocks are kept, and the same command goes on from there";

/// Points of stores of one metric and the same stimuli, of which no number was read.
pub(crate) struct Stores {
    pub(crate) table: StoredTable,
}

impl Stores {
    pub(crate) fn open(paths: &[impl AsRef<Path>], options: InputOptions<'_>) -> Result<Self> {
        let stores: Result<Vec<_>> = paths.iter().map(|path| Ok(open_store(path.as_ref(), options)?.0)).collect();
        Ok(Self { table: StoredTable::new(stores?)? })
    }

    /// All distances, to `out` as they come, so that an interrupted table goes on; and into memory if `kept`, as K rows of K.
    pub(crate) fn distances(
        &self,
        options: InputOptions<'_>,
        out: Option<&Path>,
        kept: bool,
        messages: Messages,
    ) -> Result<Option<Vec<f64>>> {
        let size = self.table.records().len();
        let kept_bytes = if kept { 8 * (size * size) as u64 } else { 0 };
        let plan = self.plan(options.engine.memory, kept_bytes)?;
        let blocks = plan.blocks();
        messages.say(&format!(
            "{size} points of {} coordinates: {} block(s) of up to {} points on a side, about {} of memory",
            self.table.dimension(),
            blocks.len(),
            plan.rows(),
            plan.memory()
        ));
        let mut file =
            out.map(|out| PartialTable::open(out, &self.table.identity()?, size).map_err(Failure::from)).transpose()?;
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
            let watch = || interrupt::check(how_to_go_on);
            let values = self.table.block(&plan, own.clone(), other.clone(), &watch)?;
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

    fn plan(&self, allowed: Bytes, kept: u64) -> Result<StoredPlan> {
        self.table.plan(allowed, kept).map_err(|needed| {
            let whole = if kept > 0 { " (the whole table is kept in memory where there is no `--out`)" } else { "" };
            Failure::user(format!(
                "the table does not fit into the {allowed} of memory that may be used; allow at least {needed} with \
                 `--memory`{whole}"
            ))
        })
    }
}
