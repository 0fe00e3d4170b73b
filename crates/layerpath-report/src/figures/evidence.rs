//! A path's statistics beside their intervals and baselines, where the analysis has them.

use layerpath::analysis::{BandRecord, PathNumber};
use layerpath::study::Spread;

use crate::beside::{BANDS, HEIGHT, Number, frame, range};
use crate::exhibit::{Cell, Control, Exhibit, Sheet};
use crate::panels::panel_layout;
use crate::view::{AnalysisView, PathView};

/// One state for each path with intervals or baselines; `None` if no path has any.
pub(crate) fn exhibit(view: &AnalysisView<'_>) -> Option<Exhibit> {
    let paths: Vec<&PathView<'_>> =
        view.paths.iter().filter(|path| path.record.baselines.is_some() || path.record.intervals.is_some()).collect();
    let last = paths.len().checked_sub(1)?;
    let mut control = Control::select("path", paths.iter().map(|path| path.record.name.clone()));
    // The network after training, where there are several epochs.
    control.start = last;
    let numbers: Vec<Vec<Number<'_>>> = paths.iter().map(|path| numbers(path)).collect();
    let frames = paths
        .iter()
        .zip(&numbers)
        .map(|(path, numbers)| frame(&path.record.name, &view.analysis.unit, &path.labels, numbers))
        .collect();
    let mut sheet = Sheet::new(&["path", "statistic", "index", view.along(), "value", "untrained"]);
    sheet.columns.extend(Number::COLUMNS.map(str::to_owned));
    for (path, numbers) in paths.iter().zip(&numbers) {
        for number in numbers {
            let value = |spread: &Option<Spread>| Cell::from(spread.as_ref().map(|spread| spread.mean));
            let mut row = vec![
                path.record.name.as_str().into(),
                number.statistic.into(),
                number.place.map_or_else(|| "".into(), Into::into),
                number.layer.into(),
                value(&number.own),
                value(&number.untrained),
            ];
            row.extend(number.cells());
            sheet.rows.push(row);
        }
    }
    Some(Exhibit {
        id: format!("{}-evidence", view.id),
        heading: "Beside intervals and baselines".to_owned(),
        caption: format!(
            "Solid line: the path. Dashed line: the untrained network, where the analysis has it. {BANDS}"
        ),
        height: HEIGHT,
        controls: vec![control],
        frames,
        layout: panel_layout(70, 60, 1.04),
        sheet,
    })
}

/// Every number of a path that the document has, whole paths first.
fn numbers<'a>(path: &'a PathView<'_>) -> Vec<Number<'a>> {
    path.record
        .numbers()
        .into_iter()
        .map(|PathNumber { statistic, index: place, value }| {
            let is_it = |name: &str, index: Option<usize>| name == statistic && index == place;
            let band = |bands: &[BandRecord]| {
                let one = bands.iter().find(|one| is_it(&one.statistic, one.index))?;
                range(one.low, one.high)
            };
            let baselines = path.record.baselines.as_ref();
            let interval = path.record.intervals.as_ref().and_then(|intervals| {
                let one = intervals.values.iter().find(|one| is_it(&one.statistic, one.index))?;
                range(one.low, one.high)
            });
            let untrained = baselines.and_then(|baselines| {
                let beside = &baselines.untrained.as_ref()?.values;
                beside.iter().find(|one| is_it(&one.statistic, one.index))?.untrained
            });
            Number {
                statistic,
                place,
                layer: place.and_then(|place| path.labels.get(place)).map_or("", String::as_str),
                own: value.map(single),
                untrained: untrained.map(single),
                stimuli: interval,
                shuffled: baselines.and_then(|baselines| band(&baselines.shuffled_order)),
                permuted: baselines.and_then(|baselines| band(&baselines.noise_floor)),
            }
        })
        .collect()
}

/// A number that is no mean over seeds.
fn single(value: f64) -> Spread {
    Spread { mean: value, low: None, high: None, values: Vec::new() }
}
