//! Studies (schema `layerpath.study/1`, docs/studies.md) as JSON and tidy CSV. What does not exist is empty.

use std::path::Path;

use csv::{Terminator, Writer, WriterBuilder};
use layerpath::study::{
    BaselineRange, Estimate, Relation, Slope, Spread, StraightnessStudy, TrainingStudy, TrendRecord, WidthDepthStudy,
};

use crate::atomic::{ensure_dir, write_together};
use crate::documents::document_to_json;
use crate::error::{Error, Result};

/// Name of the study in its folder.
pub const STUDY_FILE: &str = "study.json";

/// Writes `study.json`, `statistics.csv` and `leads.csv`; returns their names.
///
/// # Errors
/// When the folder cannot be written, or a number is not finite.
pub fn write_straightness(folder: &Path, study: &StraightnessStudy) -> Result<[&'static str; 3]> {
    let mut table = Table::new(&[
        "metric",
        "stimuli",
        "architecture",
        "selection",
        "statistic",
        "index",
        "layer",
        "seeds",
        "trained",
        "trained_low",
        "trained_high",
        "stimuli_low",
        "stimuli_high",
        "untrained",
        "untrained_low",
        "untrained_high",
        "change",
        "change_low",
        "change_high",
        "shuffled",
        "shuffled_low",
        "shuffled_high",
        "floor",
        "floor_low",
        "floor_high",
    ])?;
    for metric in &study.metrics {
        for one in &metric.architectures {
            for own in &one.statistics {
                let mut row = vec![
                    metric.metric.clone(),
                    metric.stimuli.to_string(),
                    one.architecture.clone(),
                    one.selection.clone(),
                    own.statistic.clone(),
                    text(own.index),
                    text(own.layer.as_ref()),
                    one.seeds.len().to_string(),
                ];
                row.extend(spread(own.trained.as_ref()));
                row.extend([text(own.stimuli.map(|range| range.low)), text(own.stimuli.map(|range| range.high))]);
                row.extend(spread(own.untrained.as_ref()));
                row.extend(spread(own.change.as_ref()));
                row.extend(baseline(own.shuffled_order));
                row.extend(baseline(own.noise_floor));
                table.write(row)?;
            }
        }
    }
    ensure_dir(folder)?;
    let (json, statistics, leads) = (document_to_json(study)?, table.finish()?, leads(study)?);
    let place = |name| folder.join(name);
    write_together(
        folder,
        &[
            (&place("statistics.csv"), statistics.as_bytes()),
            (&place("leads.csv"), leads.as_bytes()),
            (&place(STUDY_FILE), json.as_bytes()),
        ],
        &[],
    )?;
    Ok([STUDY_FILE, "statistics.csv", "leads.csv"])
}

/// The step of most progress against every other.
fn leads(study: &StraightnessStudy) -> Result<String> {
    let mut table = Table::new(&[
        "metric",
        "stimuli",
        "architecture",
        "selection",
        "leader",
        "leader_layer",
        "other",
        "other_layer",
        "lead",
        "lead_low",
        "lead_high",
        "stimuli_low",
        "stimuli_high",
        "separated",
    ])?;
    for metric in &study.metrics {
        for one in &metric.architectures {
            let Some(leader) = &one.leader else { continue };
            for other in &leader.others {
                let mut row = vec![
                    metric.metric.clone(),
                    metric.stimuli.to_string(),
                    one.architecture.clone(),
                    one.selection.clone(),
                    leader.index.to_string(),
                    leader.layer.clone(),
                    other.index.to_string(),
                    other.layer.clone(),
                ];
                row.extend(spread(Some(&other.lead)));
                row.extend([text(other.stimuli.map(|range| range.low)), text(other.stimuli.map(|range| range.high))]);
                row.push(other.separated.to_string());
                table.write(row)?;
            }
        }
    }
    table.finish()
}

/// Writes `study.json`, `maps.csv` (one row an epoch, layer and statistic), `epochs.csv` (whole paths) and returns their
/// names.
///
/// # Errors
/// When the folder cannot be written, or a number is not finite.
pub fn write_training(folder: &Path, study: &TrainingStudy) -> Result<[&'static str; 3]> {
    let mut maps =
        Table::new(&["network", "architecture", "seed", "epoch", "layer", "index", "statistic", "metric", "value"])?;
    let mut epochs = Table::new(&["network", "architecture", "seed", "epoch", "statistic", "metric", "value"])?;
    for network in &study.networks {
        let own = [network.network.clone(), network.architecture.clone(), network.seed.to_string()];
        for map in &network.maps {
            for (record, row) in network.epochs.iter().zip(&map.values) {
                for (index, (layer, value)) in network.layers.iter().zip(row).enumerate() {
                    let mut row = own.to_vec();
                    row.extend([record.epoch.to_string(), layer.clone(), index.to_string()]);
                    row.extend([map.statistic.clone(), study.metric.clone(), text(value.as_ref())]);
                    maps.write(row)?;
                }
            }
        }
        for record in &network.epochs {
            for (statistic, value) in [
                ("length", Some(record.length)),
                ("displacement", Some(record.displacement)),
                ("straightness", record.straightness),
                ("mean_interior_angle", record.mean_interior_angle),
                ("mean_heading_angle", record.mean_heading_angle),
                ("test_accuracy", record.test_accuracy),
                ("stimulus_accuracy", record.stimulus_accuracy),
            ] {
                let mut row = own.to_vec();
                row.extend([record.epoch.to_string(), statistic.to_owned(), study.metric.clone(), text(value)]);
                epochs.write(row)?;
            }
        }
    }
    ensure_dir(folder)?;
    let (json, maps, epochs) = (document_to_json(study)?, maps.finish()?, epochs.finish()?);
    let place = |name| folder.join(name);
    write_together(
        folder,
        &[
            (&place("maps.csv"), maps.as_bytes()),
            (&place("epochs.csv"), epochs.as_bytes()),
            (&place(STUDY_FILE), json.as_bytes()),
        ],
        &[],
    )?;
    Ok([STUDY_FILE, "maps.csv", "epochs.csv"])
}

/// Files of the study of width and depth.
const WIDTH_DEPTH: [&str; 8] =
    [STUDY_FILE, "networks.csv", "pairs.csv", "nearest.csv", "groups.csv", "travel.csv", "order.csv", "trends.csv"];

/// Writes `study.json`, `networks.csv`, `pairs.csv`, `nearest.csv`, `groups.csv`, `travel.csv`, `order.csv` and `trends.csv`
/// and returns their names.
///
/// # Errors
/// When the folder cannot be written, or a number is not finite.
pub fn write_width_depth(folder: &Path, study: &WidthDepthStudy) -> Result<[&'static str; 8]> {
    let texts = [
        document_to_json(study)?,
        networks(study)?,
        pairs(study)?,
        nearest(study)?,
        groups(study)?,
        travel(study)?,
        order(study)?,
        trends(study)?,
    ];
    ensure_dir(folder)?;
    let paths = WIDTH_DEPTH.map(|name| folder.join(name));
    let files: Vec<(&Path, &[u8])> =
        paths.iter().zip(&texts).map(|(path, text)| (path.as_path(), text.as_bytes())).collect();
    write_together(folder, &files, &[])?;
    Ok(WIDTH_DEPTH)
}

/// One row a network after training, then one a network before it.
fn networks(study: &WidthDepthStudy) -> Result<String> {
    let mut table = Table::new(&[
        "network",
        "architecture",
        "depth",
        "width",
        "seed",
        "trained",
        "test_accuracy",
        "length",
        "displacement",
        "straightness",
        "mean_interior_angle",
        "mean_heading_angle",
        "stage_length",
        "stage_straightness",
    ])?;
    let trained = study.networks.iter().map(|one| (one, true));
    for (one, trained) in trained.chain(study.untrained.iter().map(|one| (one, false))) {
        table.write(vec![
            one.network.clone(),
            one.architecture.clone(),
            one.depth.to_string(),
            one.width.to_string(),
            one.seed.to_string(),
            trained.to_string(),
            text(one.test_accuracy),
            one.length.to_string(),
            one.displacement.to_string(),
            text(one.straightness),
            text(one.mean_interior_angle),
            text(one.mean_heading_angle),
            text(one.stage_length),
            text(one.stage_straightness),
        ])?;
    }
    table.finish()
}

fn pairs(study: &WidthDepthStudy) -> Result<String> {
    let mut table = Table::new(&[
        "network_x",
        "network_y",
        "relation",
        "arc_length_matched",
        "warping_mean",
        "frechet",
        "hausdorff",
        "order_kept",
    ])?;
    for pair in &study.pairs {
        table.write(vec![
            pair.first.clone(),
            pair.second.clone(),
            relation(pair.relation).to_owned(),
            text(pair.arc_length_matched),
            pair.warping_mean.to_string(),
            pair.frechet.to_string(),
            pair.hausdorff.to_string(),
            text(pair.order_kept),
        ])?;
    }
    table.finish()
}

fn nearest(study: &WidthDepthStudy) -> Result<String> {
    let mut table =
        Table::new(&["network_x", "layer_x", "index_x", "network_y", "nearest_layer_y", "nearest_index_y"])?;
    let layers = |name: &str| {
        let found = study.networks.iter().find(|one| one.network == name);
        found.map(|one| &one.layers).ok_or_else(|| Error::internal(format!("a pair without its network `{name}`")))
    };
    for pair in &study.pairs {
        for (from, to, found) in
            [(&pair.first, &pair.second, &pair.nearest_in_second), (&pair.second, &pair.first, &pair.nearest_in_first)]
        {
            for (index, (layer, &place)) in layers(from)?.iter().zip(found).enumerate() {
                table.write(vec![
                    from.clone(),
                    layer.clone(),
                    index.to_string(),
                    to.clone(),
                    text(layers(to)?.get(place)),
                    place.to_string(),
                ])?;
            }
        }
    }
    table.finish()
}

fn groups(study: &WidthDepthStudy) -> Result<String> {
    let mut table = Table::new(&[
        "architecture_x",
        "architecture_y",
        "relation",
        "measure",
        "pairs",
        "mean",
        "least",
        "largest",
        "replica_pairs",
        "replica_mean",
        "replica_largest",
        "ratio",
        "beyond_replicas",
        "untrained_mean",
        "untrained_ratio",
        "shuffled",
        "shuffled_low",
        "shuffled_high",
    ])?;
    for one in &study.groups {
        let mut row = vec![
            one.first.clone(),
            one.second.clone(),
            relation(one.relation).to_owned(),
            one.measure.clone(),
            one.pairs.to_string(),
            one.mean.to_string(),
            one.least.to_string(),
            one.largest.to_string(),
            one.replica_pairs.to_string(),
            text(one.replica_mean),
            text(one.replica_largest),
            text(one.ratio),
            text(one.beyond_replicas),
            text(one.untrained_mean),
            text(one.untrained_ratio),
        ];
        row.extend(baseline(one.shuffled_order));
        table.write(row)?;
    }
    table.finish()
}

/// What networks of a pair have in common, where all that are no replicas can be taken together.
fn relations(own: Option<Relation>) -> String {
    own.map_or("any", relation).to_owned()
}

fn travel(study: &WidthDepthStudy) -> Result<String> {
    let mut table = Table::new(&[
        "relation",
        "measure",
        "pairs",
        "replica_pairs",
        "mean",
        "mean_low",
        "mean_high",
        "replica_mean",
        "replica_mean_low",
        "replica_mean_high",
        "ratio",
        "ratio_low",
        "ratio_high",
        "chance",
        "chance_low",
        "chance_high",
        "at_least",
        "beyond",
        "architectures",
        "beyond_by_chance",
        "beyond_by_chance_low",
        "beyond_by_chance_high",
        "untrained_mean",
        "untrained_mean_low",
        "untrained_mean_high",
        "untrained_ratio",
        "untrained_ratio_low",
        "untrained_ratio_high",
        "shuffled",
        "shuffled_low",
        "shuffled_high",
    ])?;
    for one in &study.travel {
        let mut row =
            vec![relations(one.relation), one.measure.clone(), one.pairs.to_string(), one.replica_pairs.to_string()];
        row.extend([Some(one.mean), one.replica_mean, one.ratio].into_iter().flat_map(estimate));
        row.extend(baseline(one.chance.as_ref().map(|chance| chance.ratio)));
        row.push(text(one.chance.as_ref().map(|chance| chance.at_least)));
        row.extend([one.beyond.to_string(), one.architectures.to_string()]);
        row.extend(baseline(one.beyond_by_chance));
        row.extend([one.untrained_mean, one.untrained_ratio].into_iter().flat_map(estimate));
        row.extend(baseline(one.shuffled_order));
        table.write(row)?;
    }
    table.finish()
}

/// Whether nearest layers keep the order of layers.
fn order(study: &WidthDepthStudy) -> Result<String> {
    let mut table = Table::new(&[
        "relation",
        "pairs",
        "order_kept",
        "low",
        "high",
        "untrained",
        "untrained_low",
        "untrained_high",
        "shuffled",
        "shuffled_low",
        "shuffled_high",
    ])?;
    for one in &study.nearest {
        let mut row = vec![relations(one.relation), one.pairs.to_string()];
        row.extend([Some(one.order_kept), one.untrained].into_iter().flat_map(estimate));
        row.extend(baseline(one.shuffled_order));
        table.write(row)?;
    }
    table.finish()
}

/// One row a statistic, factor and fit: of trained networks, of untrained ones, of their differences, of trained networks of
/// equal test accuracy; and the band of layers in random order.
fn trends(study: &WidthDepthStudy) -> Result<String> {
    let mut table =
        Table::new(&["statistic", "against", "fit", "per_doubling", "low", "high", "networks", "explained"])?;
    for one in &study.trends {
        let TrendRecord { statistic, trend, untrained, change, shuffled_order, accuracy } = one;
        let at_equal = accuracy.as_ref().and_then(|one| one.at_equal.as_ref());
        for (against, is_depth) in [("depth", true), ("width", false)] {
            for (fit, trend) in [
                ("trained", trend.as_ref()),
                ("untrained", untrained.as_ref()),
                ("change", change.as_ref()),
                ("equal-accuracy", at_equal),
            ] {
                let slope = trend.and_then(|trend| if is_depth { trend.depth.as_ref() } else { trend.width.as_ref() });
                let (Some(trend), Some(Slope { per_doubling, low, high })) = (trend, slope) else { continue };
                let mut row = vec![statistic.clone(), against.to_owned(), fit.to_owned()];
                row.extend([per_doubling, low, high].map(ToString::to_string));
                row.extend([trend.networks.to_string(), text(trend.explained)]);
                table.write(row)?;
            }
            let band = shuffled_order.as_ref().and_then(|one| if is_depth { one.depth } else { one.width });
            if band.is_some() {
                let mut row = vec![statistic.clone(), against.to_owned(), "shuffled-order".to_owned()];
                row.extend(baseline(band));
                row.extend([study.networks.len().to_string(), String::new()]);
                table.write(row)?;
            }
        }
    }
    table.finish()
}

fn relation(relation: Relation) -> &'static str {
    match relation {
        Relation::Replica => "replica",
        Relation::Depth => "depth",
        Relation::Width => "width",
        Relation::Both => "both",
    }
}

fn spread(spread: Option<&Spread>) -> [String; 3] {
    [text(spread.map(|one| one.mean)), text(spread.and_then(|one| one.low)), text(spread.and_then(|one| one.high))]
}

fn estimate(one: Option<Estimate>) -> [String; 3] {
    [text(one.map(|one| one.value)), text(one.and_then(|one| one.low)), text(one.and_then(|one| one.high))]
}

fn baseline(band: Option<BaselineRange>) -> [String; 3] {
    [text(band.map(|band| band.median)), text(band.map(|band| band.low)), text(band.map(|band| band.high))]
}

fn text(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// A CSV table with a header.
struct Table(Writer<Vec<u8>>);

impl Table {
    fn new(columns: &[&str]) -> Result<Self> {
        let mut writer = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new());
        writer.write_record(columns).map_err(|error| Error::internal(error.to_string()))?;
        Ok(Self(writer))
    }

    fn write(&mut self, row: Vec<String>) -> Result<()> {
        self.0.write_record(row).map_err(|error| Error::internal(error.to_string()))
    }

    fn finish(self) -> Result<String> {
        let bytes = self.0.into_inner().map_err(|error| Error::internal(error.to_string()))?;
        String::from_utf8(bytes).map_err(|error| Error::internal(error.to_string()))
    }
}
