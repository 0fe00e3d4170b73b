//! `layerpath compare`.

use std::borrow::Cow;

use layerpath::analysis::{Along, PathDescription, paths};
use layerpath::metric::Point;
use layerpath::path::comparison::{PathComparison, compare};
use serde_json::{Value, json};

use crate::arguments::{CompareArguments, Format};
use crate::failure::{Failure, Result};
use crate::inputs;
use crate::interrupt;
use crate::messages::{self, Messages};

/// Two paths, by their names, and how far they are apart.
struct Compared {
    first: String,
    second: String,
    comparison: PathComparison,
}

pub(crate) fn run(arguments: &CompareArguments, messages: Messages) -> Result<()> {
    let read = inputs::read(&arguments.input.inputs, arguments.input.options(), messages)?;
    let records: Vec<_> = read.points.iter().map(|(record, _)| record.clone()).collect();
    let paths = paths(&records, Along::Layers);
    if paths.len() < 2 {
        let found = paths.len();
        return Err(Failure::user(format!("{found} path(s) in the input; give files with at least two to compare")));
    }
    let points = |path: &PathDescription| -> Vec<Point> {
        path.points.iter().map(|&place| read.points[place].1.clone()).collect()
    };
    let mut all = Vec::new();
    let mut progress = messages.progress((paths.len() * (paths.len() - 1) / 2) as u64, "pairs");
    for (i, first) in paths.iter().enumerate() {
        let own = points(first);
        for second in &paths[i + 1..] {
            interrupt::check("nothing was written")?;
            let comparison = compare(&read.metric, &own, &points(second))?;
            all.push(Compared { first: first.name.clone(), second: second.name.clone(), comparison });
            progress.advance(1);
        }
    }
    progress.finish();
    match arguments.format {
        Format::Table => {
            let title = format!("{}, {} stimuli, in {}", read.metric, read.stimuli.count, read.metric.unit());
            messages::result(&table(&title, &all))
        }
        Format::Json => {
            let value = json!({
                "metric": read.metric.to_string(),
                "unit": read.metric.unit(),
                "stimuli": read.stimuli.count,
                "pairs": all.iter().map(as_json).collect::<Vec<Value>>(),
            });
            messages::json(&value)
        }
    }
}

fn as_json(pair: &Compared) -> Value {
    let Compared { first, second, comparison } = pair;
    json!({
        "first": first,
        "second": second,
        "arc_length_matched": comparison.arc_length_matched.as_ref().ok(),
        "arc_length_matched_reason": comparison.arc_length_matched.as_ref().err().map(ToString::to_string),
        "warping": {
            "total": comparison.warping.total,
            "mean": comparison.warping.mean,
            "alignment": comparison.warping.alignment,
        },
        "frechet": comparison.frechet,
        "hausdorff": comparison.hausdorff,
    })
}

fn table(title: &str, all: &[Compared]) -> String {
    let named: Vec<_> =
        all.iter().map(|pair| (messages::in_a_row(&pair.first), messages::in_a_row(&pair.second))).collect();
    let longest = |names: &mut dyn Iterator<Item = &Cow<'_, str>>| {
        names.map(|name| name.chars().count()).max().unwrap_or(0).max(5)
    };
    let a = longest(&mut named.iter().map(|(first, _)| first));
    let b = longest(&mut named.iter().map(|(_, second)| second));
    let mut lines = vec![
        format!("{title}\n"),
        format!(
            "{:<a$} {:<b$} {:>11} {:>12} {:>8} {:>9}",
            "path", "path", "arc-matched", "warping mean", "Fréchet", "Hausdorff"
        ),
    ];
    for ((first, second), Compared { comparison, .. }) in named.iter().zip(all) {
        let matched =
            comparison.arc_length_matched.as_ref().map_or_else(|_| "–".to_owned(), |value| format!("{value:.4}"));
        lines.push(format!(
            "{first:<a$} {second:<b$} {matched:>11} {:>12.4} {:>8.4} {:>9.4}",
            comparison.warping.mean, comparison.frechet, comparison.hausdorff
        ));
    }
    lines.push("\nThe yardstick is the same table between replicas: one architecture, other seeds.".to_owned());
    lines.join("\n") + "\n"
}
