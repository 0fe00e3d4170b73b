//! Studies (schema `layerpath.study/1`, docs/studies.md) as JSON and tidy CSV. What does not exist is empty.

use std::path::Path;

use csv::{Terminator, Writer, WriterBuilder};
use layerpath::study::{BaselineRange, Relation, Slope, Spread, StraightnessStudy, TrainingStudy, WidthDepthStudy};

use crate::atomic::{ensure_dir, write_together};
use crate::documents::document_to_json;
use crate::error::{Error, Result};

/// Name of the study in its folder.
pub const STUDY_FILE: &str = "study.json";

/// Writes `study.json` and `statistics.csv`; returns their names.
///
/// # Errors
/// When the folder cannot be written, or a number is not finite.
pub fn write_straightness(folder: &Path, study: &StraightnessStudy) -> Result<[&'static str; 2]> {
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
    let (json, csv) = (document_to_json(study)?, table.finish()?);
    let place = |name| folder.join(name);
    write_together(folder, &[(&place("statistics.csv"), csv.as_bytes()), (&place(STUDY_FILE), json.as_bytes())], &[])?;
    Ok([STUDY_FILE, "statistics.csv"])
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

/// Writes `study.json`, `networks.csv`, `pairs.csv`, `nearest.csv`, `groups.csv` and `trends.csv` and returns their names.
///
/// # Errors
/// When the folder cannot be written, or a number is not finite.
pub fn write_width_depth(folder: &Path, study: &WidthDepthStudy) -> Result<[&'static str; 6]> {
    let mut networks = Table::new(&[
        "network",
        "architecture",
        "depth",
        "width",
        "seed",
        "test_accuracy",
        "length",
        "displacement",
        "straightness",
        "mean_interior_angle",
        "mean_heading_angle",
        "stage_length",
        "stage_straightness",
    ])?;
    for one in &study.networks {
        networks.write(vec![
            one.network.clone(),
            one.architecture.clone(),
            one.depth.to_string(),
            one.width.to_string(),
            one.seed.to_string(),
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
    let mut pairs = Table::new(&[
        "network_x",
        "network_y",
        "relation",
        "arc_length_matched",
        "warping_mean",
        "frechet",
        "hausdorff",
    ])?;
    let mut nearest =
        Table::new(&["network_x", "layer_x", "index_x", "network_y", "nearest_layer_y", "nearest_index_y"])?;
    let layers = |name: &str| {
        let found = study.networks.iter().find(|one| one.network == name);
        found.map(|one| &one.layers).ok_or_else(|| Error::internal(format!("a pair without its network `{name}`")))
    };
    for pair in &study.pairs {
        pairs.write(vec![
            pair.first.clone(),
            pair.second.clone(),
            relation(pair.relation).to_owned(),
            text(pair.arc_length_matched),
            pair.warping_mean.to_string(),
            pair.frechet.to_string(),
            pair.hausdorff.to_string(),
        ])?;
        for (from, to, found) in
            [(&pair.first, &pair.second, &pair.nearest_in_second), (&pair.second, &pair.first, &pair.nearest_in_first)]
        {
            for (index, (layer, &place)) in layers(from)?.iter().zip(found).enumerate() {
                nearest.write(vec![
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
    let mut groups = Table::new(&[
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
    ])?;
    for one in &study.groups {
        groups.write(vec![
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
        ])?;
    }
    let mut trends = Table::new(&["statistic", "against", "per_doubling", "low", "high", "networks", "explained"])?;
    for one in &study.trends {
        let Some(trend) = &one.trend else { continue };
        for (against, slope) in [("depth", &trend.depth), ("width", &trend.width)] {
            let Some(Slope { per_doubling, low, high }) = slope else { continue };
            trends.write(vec![
                one.statistic.clone(),
                against.to_owned(),
                per_doubling.to_string(),
                low.to_string(),
                high.to_string(),
                trend.networks.to_string(),
                text(trend.explained),
            ])?;
        }
    }
    ensure_dir(folder)?;
    let json = document_to_json(study)?;
    let place = |name| folder.join(name);
    write_together(
        folder,
        &[
            (&place("networks.csv"), networks.finish()?.as_bytes()),
            (&place("pairs.csv"), pairs.finish()?.as_bytes()),
            (&place("nearest.csv"), nearest.finish()?.as_bytes()),
            (&place("groups.csv"), groups.finish()?.as_bytes()),
            (&place("trends.csv"), trends.finish()?.as_bytes()),
            (&place(STUDY_FILE), json.as_bytes()),
        ],
        &[],
    )?;
    Ok([STUDY_FILE, "networks.csv", "pairs.csv", "nearest.csv", "groups.csv", "trends.csv"])
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
