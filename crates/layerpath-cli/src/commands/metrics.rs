//! `layerpath metrics`.

use layerpath::metric::{Invariances, Metric};
use layerpath::similarity::{HeldOut, Similarity, aliases};
use serde_json::{Value, json};

use crate::arguments::{Format, MetricsArguments};
use crate::failure::Result;
use crate::messages;

pub(crate) fn run(arguments: &MetricsArguments) -> Result<()> {
    let similarities = Similarity::all()?;
    match arguments.format {
        Format::Table => {
            let mut text = Metric::all().iter().map(describe).collect::<Vec<_>>().join("\n");
            text.push_str(
                "\nSIMILARITIES: scores, no metrics. No triangle inequality, no geodesics, no angles; for `layerpath \
                 similarities`.\n\n",
            );
            text.push_str(&similarities.iter().map(describe_similarity).collect::<Vec<_>>().join("\n"));
            text.push_str(
                "\nHELD-OUT ALIGNMENT: fitted on some stimuli, scored on others; for `layerpath similarities --folds`.\n\n",
            );
            text.push_str(&held_out().join("\n"));
            text.push('\n');
            messages::result(&text)
        }
        Format::Json => {
            let metrics = Metric::all();
            let all = metrics.iter().map(as_json).chain(similarities.iter().map(similarity_as_json));
            messages::json(&all.collect::<Vec<Value>>())
        }
    }
}

/// Names of held-out alignments with their aliases, one line each.
fn held_out() -> Vec<String> {
    let line = |name: &&str| {
        let known: Vec<&str> =
            aliases().iter().filter(|alias| alias.name.starts_with(name)).map(|alias| alias.alias).collect();
        format!("{name}\n  also {}", known.join(", "))
    };
    HeldOut::NAMES.iter().map(line).collect()
}

/// Names of similarity-repository for this similarity.
fn also(similarity: &Similarity) -> Vec<&'static str> {
    let is_this = |name: &str| name.parse::<Similarity>().is_ok_and(|known| known == *similarity);
    aliases().iter().filter(|alias| is_this(alias.name)).map(|alias| alias.alias).collect()
}

fn describe_similarity(similarity: &Similarity) -> String {
    let properties = similarity.properties();
    let mut text = format!(
        "{similarity}\n  {}\n  range {} · {} · at least {} stimuli\n  cost {}\n  {}\n  other packages: {}\n",
        properties.summary,
        properties.range,
        if properties.symmetric { "symmetric" } else { "NOT symmetric" },
        properties.minimum_stimuli,
        properties.cost,
        properties.source,
        properties.convention,
    );
    let also = also(similarity);
    if !also.is_empty() {
        text.push_str("  also ");
        text.push_str(&also.join(", "));
        text.push('\n');
    }
    text
}

fn similarity_as_json(similarity: &Similarity) -> Value {
    let properties = similarity.properties();
    json!({
        "name": similarity.to_string(),
        "kind": "similarity",
        "aliases": also(similarity),
        "summary": properties.summary,
        "true_metric": false,
        "symmetric": properties.symmetric,
        "range": properties.range,
        "minimum_stimuli": properties.minimum_stimuli,
        "invariances_x": invariances_as_json(properties.invariances_x),
        "invariances_y": invariances_as_json(properties.invariances_y),
        "cost": properties.cost,
        "source": properties.source,
        "convention": properties.convention,
    })
}

fn invariances_as_json(invariances: Invariances) -> Value {
    json!({
        "translation": invariances.translation,
        "rotation": invariances.rotation,
        "scaling": invariances.scaling,
        "affine": invariances.affine,
    })
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
        "kind": "metric",
        "default": *metric == Metric::default(),
        "summary": properties.summary,
        "true_metric": properties.is_metric,
        "geodesics": properties.has_geodesics,
        "curvature": properties.curvature.to_string(),
        "range": properties.range,
        "minimum_stimuli": properties.minimum_stimuli,
        "invariances": invariances_as_json(properties.invariances),
        "cost": properties.cost,
        "source": properties.source,
    })
}
