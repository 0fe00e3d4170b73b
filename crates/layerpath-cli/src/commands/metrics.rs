//! `layerpath metrics`.

use layerpath::metric::Metric;
use serde_json::{Value, json};

use crate::arguments::{Format, MetricsArguments};
use crate::failure::Result;
use crate::messages;

pub(crate) fn run(arguments: &MetricsArguments) -> Result<()> {
    match arguments.format {
        Format::Table => messages::result(&Metric::all().iter().map(describe).collect::<Vec<_>>().join("\n")),
        Format::Json => messages::json(&Metric::all().iter().map(as_json).collect::<Vec<Value>>()),
    }
}

fn describe(metric: &Metric) -> String {
    let properties = metric.properties();
    let yes_or_no = |fact| if fact { "yes" } else { "no" };
    let default = if *metric == Metric::default() { " (default)" } else { "" };
    format!(
        "{metric}{default}\n  {}\n  true metric {} · geodesics {} · curvature {} · range {} · at least {} stimuli\n  \
         invariant to {}; not to {}\n  cost {}\n  {}\n",
        properties.summary,
        yes_or_no(properties.is_metric),
        yes_or_no(properties.has_geodesics),
        properties.curvature,
        properties.range,
        properties.minimum_stimuli,
        changes(metric, true),
        changes(metric, false),
        properties.cost,
        properties.source,
    )
}

/// Names of the changes to which the metric is, or is not, invariant.
fn changes(metric: &Metric, invariant: bool) -> String {
    let declared = metric.properties().invariances;
    let all = [
        ("translation", declared.translation),
        ("rotation and reflection", declared.rotation),
        ("isotropic scaling", declared.scaling),
        ("affine maps", declared.affine),
    ];
    let names: Vec<&str> = all.iter().filter(|(_, holds)| *holds == invariant).map(|(name, _)| *name).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

fn as_json(metric: &Metric) -> Value {
    let properties = metric.properties();
    json!({
        "name": metric.to_string(),
        "default": *metric == Metric::default(),
        "summary": properties.summary,
        "true_metric": properties.is_metric,
        "geodesics": properties.has_geodesics,
        "curvature": properties.curvature.to_string(),
        "range": properties.range,
        "minimum_stimuli": properties.minimum_stimuli,
        "invariances": {
            "translation": properties.invariances.translation,
            "rotation": properties.invariances.rotation,
            "scaling": properties.invariances.scaling,
            "affine": properties.invariances.affine,
        },
        "cost": properties.cost,
        "source": properties.source,
    })
}
