//! How do paths emerge over training?

use serde::{Deserialize, Serialize};

use super::order::{is_spherical, whole_in_random_order};
use super::replicas::over_seeds;
use super::statistics::{in_words, layers, numbers, range, whole};
use super::straightness::mean_band;
use super::{BaselineRange, LEVEL, SCHEMA, Spread, program, spread};
use crate::Error;
use crate::analysis::{Epoch, PathRecord};

/// One trained network at several epochs.
#[derive(Debug, Clone, Copy)]
pub struct TrainingRun<'a> {
    /// The network's name.
    pub network: &'a str,
    /// Its architecture.
    pub architecture: &'a str,
    /// Seed of the training run.
    pub seed: u64,
    /// The path along the layers at each epoch, by increasing epoch.
    pub paths: &'a [&'a PathRecord],
    /// `distances[e][f][i]` = distance of layer i at epoch e to layer i at epoch f, epochs in the order of `paths`.
    pub distances: &'a [Vec<Vec<f64>>],
    /// Share of all test images that the network classifies correctly, at each epoch, where known.
    pub test_accuracy: &'a [Option<f64>],
    /// What can be decoded from each layer, in any order; may be empty.
    pub decoded: &'a [DecodedLayer],
}

/// Labels read off one layer at one epoch, by leave-one-out ridge regression ([`crate::path::decoding`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecodedLayer {
    /// Epoch of training.
    pub epoch: Epoch,
    /// Name of the layer.
    pub layer: String,
    /// Share of the stimuli whose label is predicted by the fit without them.
    pub accuracy: f64,
    /// The same for always naming the most frequent label.
    pub chance: f64,
}

/// The document of the study of training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingStudy {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// `training`.
    pub study: String,
    /// Program and version.
    pub program: String,
    /// Name of the metric with every parameter.
    pub metric: String,
    /// Unit of distances.
    pub unit: String,
    /// Number of stimuli.
    pub stimuli: usize,
    /// Coverage of all intervals over seeds.
    pub level: f64,
    /// One entry a network.
    pub networks: Vec<NetworkTraining>,
    /// One entry an architecture: the statistics of whole paths, over replicas.
    pub architectures: Vec<TrainingSummary>,
    /// The answer in short: what training does to whole paths, each with its interval over seeds.
    pub answer: Vec<String>,
    /// The same for every statistic of whole paths.
    pub statements: Vec<String>,
}

/// One network over training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkTraining {
    /// The network's name.
    pub network: String,
    /// Its architecture.
    pub architecture: String,
    /// Seed of the training run.
    pub seed: u64,
    /// The layers, in the order of computation.
    pub layers: Vec<String>,
    /// Whole paths, one entry an epoch.
    pub epochs: Vec<EpochRecord>,
    /// Heat maps, epochs × layers.
    pub maps: Vec<MapRecord>,
}

/// The whole path at one epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Epochs of training, 0 = untrained.
    pub epoch: Epoch,
    /// Sum of the steps.
    pub length: f64,
    /// Distance from the first layer to the last.
    pub displacement: f64,
    /// displacement / length.
    pub straightness: Option<f64>,
    /// Mean of the interior angles (rad).
    pub mean_interior_angle: Option<f64>,
    /// Mean of the heading angles (rad).
    pub mean_heading_angle: Option<f64>,
    /// Share of all test images classified correctly.
    pub test_accuracy: Option<f64>,
    /// Share of the stimuli classified correctly.
    pub stimulus_accuracy: Option<f64>,
}

/// One statistic at every epoch and layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapRecord {
    /// A statistic of the path; `distance_to_final`, `speed` (per epoch, up to the next row's epoch) or `decoding`.
    pub statistic: String,
    /// One row an epoch, one number a layer; `None` where there is none.
    pub values: Vec<Vec<Option<f64>>>,
}

/// One architecture over training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingSummary {
    /// Architecture.
    pub architecture: String,
    /// Seeds of the replicas.
    pub seeds: Vec<u64>,
    /// One entry an epoch and statistic.
    pub epochs: Vec<EpochSpread>,
}

impl TrainingSummary {
    /// The first epoch, among those that all replicas have, by which every training image was seen.
    pub fn begun(&self) -> Option<Epoch> {
        begun(self.epochs.iter().map(|one| one.epoch))
    }

    /// A statistic at the last epoch.
    pub fn last(&self, statistic: &str) -> Option<&EpochSpread> {
        self.epochs.iter().filter(|one| one.statistic == statistic).max_by_key(|one| one.epoch)
    }
}

/// One statistic of whole paths at one epoch, over replicas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochSpread {
    /// Epochs of training.
    pub epoch: Epoch,
    /// Name of the statistic.
    pub statistic: String,
    /// Over replicas.
    pub spread: Spread,
    /// Minus the value before training, replica by replica.
    pub change: Option<Spread>,
    /// Minus the value at the first checkpoint after a whole epoch, replica by replica: batch norm takes means and variances
    /// of the data at both, while before training it has those that it was made with, 0 and 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub later_change: Option<Spread>,
    /// With the interior layers in random order, the mean over replicas; for straightness, and on a sphere for mean angles, at
    /// the epochs that have shuffled baselines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shuffled_order: Option<BaselineRange>,
}

/// Statistics in a heat map, from the path at each epoch.
const MAPPED: [&str; 8] = [
    "steps",
    "interior_angles",
    "heading_angles",
    "distance_to_target",
    "progress",
    "efficiency",
    "fraction_along",
    "detour",
];

/// Statistics of whole paths in the short answer.
const ANSWERING: [&str; 3] = ["straightness", "length", "mean_heading_angle"];

/// Statistics of whole paths in a summary.
const SUMMARISED: [&str; 5] = ["length", "displacement", "straightness", "mean_interior_angle", "mean_heading_angle"];

/// Puts together what training does to the paths of several networks under one metric.
///
/// # Errors
///
/// [`Error::Setting`] if a network has no epochs, or its epochs do not have the same layers and a table of distances.
pub fn training(metric: &str, unit: &str, stimuli: usize, runs: &[TrainingRun<'_>]) -> Result<TrainingStudy, Error> {
    let networks = runs.iter().map(network).collect::<Result<Vec<_>, Error>>()?;
    let mut architectures: Vec<TrainingSummary> = Vec::new();
    for run in runs {
        if architectures.iter().any(|known| known.architecture == run.architecture) {
            continue;
        }
        let replicas: Vec<&TrainingRun<'_>> = runs.iter().filter(|one| one.architecture == run.architecture).collect();
        architectures.push(summary(run.architecture, &replicas, is_spherical(metric)));
    }
    Ok(TrainingStudy {
        schema: SCHEMA.to_owned(),
        study: "training".to_owned(),
        program: program(),
        metric: metric.to_owned(),
        unit: unit.to_owned(),
        stimuli,
        level: LEVEL,
        networks,
        answer: architectures.iter().flat_map(|one| statements(one, &ANSWERING, unit)).collect(),
        statements: architectures.iter().flat_map(|one| statements(one, &SUMMARISED, unit)).collect(),
        architectures,
    })
}

/// Whether the mean heading is below that of the layers in random order.
fn heads_better(after: &EpochSpread) -> bool {
    after.shuffled_order.is_some_and(|band| after.spread.is_below(band.low))
}

/// Statistics at the last epoch against the first, in sentences.
fn statements(summary: &TrainingSummary, statistics: &[&str], unit: &str) -> Vec<String> {
    let last = summary.epochs.iter().map(|one| one.epoch).max().unwrap_or_default();
    let of =
        |statistic: &str, epoch| summary.epochs.iter().find(|one| one.statistic == statistic && one.epoch == epoch);
    let sentence = |&statistic: &&str| {
        let (before, after) = (of(statistic, Epoch::UNTRAINED)?, of(statistic, last)?);
        let change = after.change.as_ref()?;
        let moved = |rises: bool| match (statistic, rises) {
            ("straightness", true) => "training makes the path straighter".to_owned(),
            ("straightness", false) => "training makes the path less straight".to_owned(),
            // Layers nearer the target have smaller headings in whatever order they stand.
            ("mean_heading_angle", false) if heads_better(after) => {
                "training turns the steps towards the target (mean heading, rad)".to_owned()
            }
            (_, true) => format!("training increases {}", in_words(statistic, unit)),
            (_, false) => format!("training decreases {}", in_words(statistic, unit)),
        };
        let verdict = if change.is_above(0.0) {
            moved(true)
        } else if change.is_below(0.0) {
            moved(false)
        } else {
            format!("the data do not support that training changes {}", in_words(statistic, unit))
        };
        let band = |one: &EpochSpread| {
            one.shuffled_order.map(|band| format!("{:.3} ({:.3} to {:.3})", band.median, band.low, band.high))
        };
        let shuffled = match (band(before), band(after)) {
            (Some(before), Some(after)) => {
                format!("; its layers in random order would give {before} untrained and {after} after")
            }
            (None, Some(after)) => format!("; its layers in random order would give {after}"),
            _ => String::new(),
        };
        let doubt = if statistic == "mean_heading_angle" && change.is_below(0.0) && !heads_better(after) {
            " The data do not support that the order of its layers heads for the target better than a random one."
        } else {
            ""
        };
        let later = after.later_change.as_ref().zip(summary.begun()).map_or_else(String::new, |(later, begun)| {
            format!(", of which {:+.3} ({}) after epoch {begun}", later.mean, over_seeds(later))
        });
        Some(format!(
            "{}: {verdict}: {:.3} untrained, {:.3} after {last} epochs, change {:+.3} ({}){later}{shuffled}.{doubt}",
            summary.architecture,
            before.spread.mean,
            after.spread.mean,
            change.mean,
            over_seeds(change)
        ))
    };
    statistics.iter().filter_map(sentence).collect()
}

fn network(run: &TrainingRun<'_>) -> Result<NetworkTraining, Error> {
    let wrong = |what: &str| Err(Error::Setting(format!("network `{}`: {what}", run.network)));
    let Some(first) = run.paths.first() else { return wrong("there are no epochs") };
    let names = layers(first);
    let n_epochs = run.paths.len();
    if run.paths.iter().any(|path| layers(path) != names) {
        return wrong("the epochs do not have the same layers");
    }
    let fits = |rows: &Vec<Vec<f64>>| rows.len() == n_epochs && rows.iter().all(|row| row.len() == names.len());
    if run.distances.len() != n_epochs || !run.distances.iter().all(fits) || run.test_accuracy.len() != n_epochs {
        return wrong("distances and accuracies do not fit the epochs");
    }
    let epochs: Vec<Epoch> = run.paths.iter().map(|path| path.epoch.unwrap_or_default()).collect();
    let mut maps: Vec<MapRecord> = MAPPED
        .iter()
        .map(|&statistic| {
            let row = |path: &&PathRecord| {
                let mut row = vec![None; names.len()];
                for number in numbers(path).into_iter().filter(|one| one.statistic == statistic) {
                    if let Some(place) = number.index.and_then(|index| row.get_mut(index)) {
                        *place = number.value;
                    }
                }
                row
            };
            MapRecord { statistic: statistic.to_owned(), values: run.paths.iter().map(row).collect() }
        })
        .collect();
    let last = n_epochs - 1;
    maps.push(MapRecord {
        statistic: "distance_to_final".to_owned(),
        values: run.distances.iter().map(|rows| rows[last].iter().copied().map(Some).collect()).collect(),
    });
    let speed = |e: usize| match epochs.get(e + 1) {
        Some(&next) if next > epochs[e] => {
            let elapsed = next.passes() - epochs[e].passes();
            run.distances[e][e + 1].iter().map(|distance| Some(distance / elapsed)).collect()
        }
        _ => vec![None; names.len()],
    };
    maps.push(MapRecord { statistic: "speed".to_owned(), values: (0..n_epochs).map(speed).collect() });
    if !run.decoded.is_empty() {
        let decoded = |epoch: Epoch, layer: &String| {
            run.decoded.iter().find(|one| one.epoch == epoch && one.layer == *layer).map(|one| one.accuracy)
        };
        maps.push(MapRecord {
            statistic: "decoding".to_owned(),
            values: epochs.iter().map(|&epoch| names.iter().map(|layer| decoded(epoch, layer)).collect()).collect(),
        });
    }
    let record = |(path, (&epoch, &test_accuracy)): (&&PathRecord, (&Epoch, &Option<f64>))| EpochRecord {
        epoch,
        length: path.length,
        displacement: path.displacement,
        straightness: path.straightness,
        mean_interior_angle: whole(path, "mean_interior_angle"),
        mean_heading_angle: whole(path, "mean_heading_angle"),
        test_accuracy,
        stimulus_accuracy: path.network_accuracy,
    };
    Ok(NetworkTraining {
        network: run.network.to_owned(),
        architecture: run.architecture.to_owned(),
        seed: run.seed,
        layers: names,
        epochs: run.paths.iter().zip(epochs.iter().zip(run.test_accuracy)).map(record).collect(),
        maps,
    })
}

/// The first epoch by which every training image was seen.
fn begun(epochs: impl Iterator<Item = Epoch>) -> Option<Epoch> {
    epochs.filter(|&epoch| epoch >= Epoch::from(1)).min()
}

/// The path of a run at an epoch.
fn at<'a>(run: &TrainingRun<'a>, epoch: Epoch) -> Option<&'a PathRecord> {
    run.paths.iter().copied().find(|path| path.epoch == Some(epoch))
}

/// Statistics of whole paths at the epochs that all replicas have.
fn summary(architecture: &str, replicas: &[&TrainingRun<'_>], on_sphere: bool) -> TrainingSummary {
    let mut epochs: Vec<Epoch> = replicas[0].paths.iter().filter_map(|path| path.epoch).collect();
    epochs.retain(|&epoch| replicas.iter().all(|run| at(run, epoch).is_some()));
    let begun = begun(epochs.iter().copied());
    let mut all = Vec::new();
    for epoch in epochs {
        for statistic in SUMMARISED {
            let value = |run: &&TrainingRun<'_>, epoch| at(run, epoch).and_then(|path| whole(path, statistic));
            let now: Vec<Option<f64>> = replicas.iter().map(|run| value(run, epoch)).collect();
            let since = |start: Epoch| {
                let own = replicas.iter().zip(&now).filter_map(|(run, now)| Some((*now)? - value(run, start)?));
                spread(&own.collect::<Vec<f64>>(), LEVEL).filter(|_| epoch > start)
            };
            if let Some(spread_now) = spread(&now.iter().copied().flatten().collect::<Vec<f64>>(), LEVEL) {
                let shuffled_order =
                    mean_band(replicas.iter().map(|run| whole_in_random_order(at(run, epoch)?, statistic, on_sphere)));
                let (least, largest) = range(statistic);
                let spread_now = spread_now.within(least, largest);
                let statistic = statistic.to_owned();
                all.push(EpochSpread {
                    epoch,
                    statistic,
                    spread: spread_now,
                    change: since(Epoch::UNTRAINED),
                    later_change: begun.and_then(since),
                    shuffled_order,
                });
            }
        }
    }
    TrainingSummary {
        architecture: architecture.to_owned(),
        seeds: replicas.iter().map(|run| run.seed).collect(),
        epochs: all,
    }
}
