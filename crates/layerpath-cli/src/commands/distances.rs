//! `layerpath distances`.

use layerpath::metric::Point;
use layerpath::table::SymmetricTable;
use serde_json::json;

use crate::arguments::{DistancesArguments, Format};
use crate::failure::Result;
use crate::inputs::{self, InputOptions, Inputs};
use crate::messages::{self, Messages};

pub(crate) fn run(arguments: &DistancesArguments, messages: Messages) -> Result<()> {
    let options = InputOptions {
        metric: arguments.metric.as_deref(),
        convention: arguments.convention,
        rows: Some(&arguments.rows),
        engine: arguments.engine.choice(),
        ..InputOptions::default()
    };
    let read = inputs::read(&arguments.inputs, options, messages)?;
    let points: Vec<&Point> = read.points.iter().map(|(_, point)| point).collect();
    let distances = read.metric.distances(&points)?;
    if let Some(out) = &arguments.out {
        let size = distances.size();
        layerpath_io::write_npy(out, &[size, size], &distances.to_rows().concat())?;
        messages.say(&format!("wrote {}: {size} × {size} distances in {}", out.display(), read.metric.unit()));
    }
    match arguments.format {
        Format::Table => messages::result(&table(&read, &distances)),
        Format::Json => {
            let value = json!({
                "metric": read.metric.to_string(),
                "unit": read.metric.unit(),
                "stimuli": read.stimuli.count,
                "points": names(&read),
                "distances": distances.to_rows(),
            });
            messages::json(&value)
        }
    }
}

fn names(read: &Inputs) -> Vec<&str> {
    read.points.iter().map(|(record, _)| record.name.as_str()).collect()
}

/// One row a point, columns numbered like the rows.
fn table(read: &Inputs, distances: &SymmetricTable) -> String {
    let names = names(read);
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let digits = names.len().saturating_sub(1).to_string().len();
    let numbers: Vec<String> = (0..names.len()).map(|j| format!(" {j:>9}")).collect();
    let mut lines = vec![
        format!("{}, {} stimuli, distances in {}\n", read.metric, read.stimuli.count, read.metric.unit()),
        " ".repeat(digits + 1 + width) + &numbers.concat(),
    ];
    for (i, name) in names.iter().enumerate() {
        let row: Vec<String> = (0..names.len()).map(|j| format!(" {:>9.4}", distances.get(i, j))).collect();
        lines.push(format!("{i:>digits$} {name:<width$}{}", row.concat()));
    }
    lines.join("\n") + "\n"
}
