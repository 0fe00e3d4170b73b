//! Every statistic of a path, layer by layer, beside its baselines.

use layerpath::study::{
    MetricRecord, Spread, StatisticRecord, StraightnessRecord, StraightnessStudy, selection_in_words,
};

use crate::beside::{BANDS, HEIGHT, Number, frame};
use crate::exhibit::{Control, Exhibit, Sheet};
use crate::panels::panel_layout;

const CAPTION: &str = "Solid line: trained networks, mean over seeds; small dots are the single networks. Dashed line: the same \
    networks before training. Intervals over stimuli and baselines are means over the networks.";

/// The eight panels, one state for each metric, architecture and choice of layers.
pub(super) fn exhibit(study: &StraightnessStudy) -> Exhibit {
    let records: Vec<(&MetricRecord, &StraightnessRecord)> =
        study.metrics.iter().flat_map(|metric| metric.architectures.iter().map(move |one| (metric, one))).collect();
    let choices = records.iter().map(|(metric, one)| {
        format!(
            "{}, {}, {} (m = {})",
            one.architecture,
            selection_in_words(&one.selection),
            metric.metric,
            metric.stimuli
        )
    });
    // The coarsest layers of the first architecture are the clearest picture.
    let first = records.iter().position(|(_, one)| one.selection == "blocks").unwrap_or(0);
    let mut control = Control::select("paths", choices);
    control.start = first;
    Exhibit {
        id: "straightness-layers".to_owned(),
        heading: "Layer by layer".to_owned(),
        caption: format!("{CAPTION} {BANDS}"),
        height: HEIGHT,
        controls: vec![control],
        frames: records
            .iter()
            .map(|(metric, one)| frame("trained", &metric.unit, &one.layers, &numbers(one)))
            .collect(),
        layout: panel_layout(70, 60, 1.04),
        sheet: sheet(study),
    }
}

fn numbers(record: &StraightnessRecord) -> Vec<Number<'_>> {
    record.statistics.iter().map(number).collect()
}

fn number(one: &StatisticRecord) -> Number<'_> {
    Number {
        statistic: &one.statistic,
        place: one.index,
        layer: one.layer.as_deref().unwrap_or(""),
        own: one.trained.clone(),
        untrained: one.untrained.clone(),
        stimuli: one.stimuli.map(|own| [own.low, own.high]),
        shuffled: one.shuffled_order.map(|own| [own.low, own.high]),
        permuted: one.noise_floor.map(|own| [own.low, own.high]),
    }
}

fn sheet(study: &StraightnessStudy) -> Sheet {
    let mut sheet = Sheet::new(&[
        "metric",
        "m",
        "architecture",
        "layers",
        "statistic",
        "index",
        "layer",
        "seeds",
        "trained",
        "low",
        "high",
        "untrained",
        "change",
        "change low",
        "change high",
    ]);
    sheet.columns.extend(Number::COLUMNS.map(str::to_owned));
    for metric in &study.metrics {
        for record in &metric.architectures {
            for (one, number) in record.statistics.iter().zip(numbers(record)) {
                let ends = |spread: Option<&Spread>| {
                    [
                        spread.map(|own| own.mean).into(),
                        spread.and_then(|own| own.low).into(),
                        spread.and_then(|own| own.high).into(),
                    ]
                };
                let mut row = vec![
                    metric.metric.as_str().into(),
                    metric.stimuli.into(),
                    record.architecture.as_str().into(),
                    record.selection.as_str().into(),
                    one.statistic.as_str().into(),
                    one.index.map_or_else(|| "".into(), Into::into),
                    one.layer.as_deref().unwrap_or("").into(),
                    record.seeds.len().into(),
                ];
                row.extend(ends(one.trained.as_ref()));
                row.push(one.untrained.as_ref().map(|own| own.mean).into());
                row.extend(ends(one.change.as_ref()));
                row.extend(number.cells());
                sheet.rows.push(row);
            }
        }
    }
    sheet
}
