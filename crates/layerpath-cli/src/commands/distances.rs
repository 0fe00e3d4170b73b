//! `layerpath distances`.

use std::borrow::Cow;
use std::path::Path;

use layerpath::analysis::{PointRecord, Stimuli};
use layerpath::metric::{Metric, Point};
use layerpath_io::points::is_points_store;
use serde_json::json;

use crate::arguments::{DistancesArguments, Format};
use crate::blockwise::Stores;
use crate::failure::Result;
use crate::inputs::{self, InputOptions};
use crate::messages::{self, Messages};
use crate::outputs::{check_ending, check_output};

/// A table of more points that goes to a file is not printed too.
const PRINTED: usize = 256;

/// A table, and what its rows are.
struct Table {
    metric: Metric,
    stimuli: Stimuli,
    records: Vec<PointRecord>,
    /// K rows of K, row after row.
    distances: Vec<f64>,
}

pub(crate) fn run(arguments: &DistancesArguments, messages: Messages) -> Result<()> {
    let options = InputOptions {
        metric: arguments.metric.as_deref(),
        convention: arguments.convention,
        rows: Some(&arguments.rows),
        engine: arguments.engine.choice(),
        ..InputOptions::default()
    };
    let out = arguments.out.as_deref();
    if let Some(out) = out {
        check_ending(out, "a .npy array", &["npy"])?;
        check_output(out, &arguments.inputs)?;
    }
    if arguments.inputs.iter().all(|input| is_points_store(input)) {
        let stores = Stores::open(&arguments.inputs, options)?;
        if !stores.table.are_few(options.engine.memory) {
            let kept = out.is_none() || stores.table.records().len() <= PRINTED;
            let distances = stores.distances(options, out, kept, messages)?;
            let table = stores.table;
            let (metric, stimuli, records) = (*table.metric(), table.stimuli().clone(), table.records().to_vec());
            if let Some(out) = out {
                written(out, records.len(), &metric, messages);
            }
            if let Some(distances) = distances {
                return print(&Table { metric, stimuli, records, distances }, arguments.format);
            }
            messages.say(&format!("not printed, because it has more than {PRINTED} rows"));
            return Ok(());
        }
    }
    let read = inputs::read(&arguments.inputs, options, messages)?;
    let points: Vec<&Point> = read.points.iter().map(|(_, point)| point).collect();
    let distances = read.metric.distances(&points)?.to_rows().concat();
    let size = points.len();
    if let Some(out) = out {
        layerpath_io::write_npy(out, &[size, size], &distances)?;
        written(out, size, &read.metric, messages);
    }
    let records = read.points.into_iter().map(|(record, _)| record).collect();
    print(&Table { metric: read.metric, stimuli: read.stimuli, records, distances }, arguments.format)
}

fn written(out: &Path, size: usize, metric: &Metric, messages: Messages) {
    messages.say(&format!("wrote {}: {size} × {size} distances in {}", out.display(), metric.unit()));
}

fn print(table: &Table, format: Format) -> Result<()> {
    match format {
        Format::Table => messages::result(&table.text()),
        Format::Json => {
            let value = json!({
                "metric": table.metric.to_string(),
                "unit": table.metric.unit(),
                "stimuli": table.stimuli.count,
                "points": table.names(),
                "distances": table.distances.chunks(table.records.len().max(1)).collect::<Vec<_>>(),
            });
            messages::json(&value)
        }
    }
}

impl Table {
    fn names(&self) -> Vec<&str> {
        self.records.iter().map(|record| record.name.as_str()).collect()
    }

    /// One row a point, columns numbered like the rows.
    fn text(&self) -> String {
        let names: Vec<Cow<'_, str>> = self.names().into_iter().map(messages::in_a_row).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let digits = names.len().saturating_sub(1).to_string().len();
        let numbers: Vec<String> = (0..names.len()).map(|j| format!(" {j:>9}")).collect();
        let mut lines = vec![
            format!("{}, {} stimuli, distances in {}\n", self.metric, self.stimuli.count, self.metric.unit()),
            " ".repeat(digits + 1 + width) + &numbers.concat(),
        ];
        for (i, (name, row)) in names.iter().zip(self.distances.chunks(names.len().max(1))).enumerate() {
            let row: Vec<String> = row.iter().map(|distance| format!(" {distance:>9.4}")).collect();
            lines.push(format!("{i:>digits$} {name:<width$}{}", row.concat()));
        }
        lines.join("\n") + "\n"
    }
}
