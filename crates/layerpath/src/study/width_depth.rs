//! Do wide and deep networks travel the same way?

use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::statistics::{in_words, whole};
use super::{LEVEL, SCHEMA, Slope, Trend, program, trend};
use crate::Error;
use crate::analysis::{EmbeddingRecord, PathRecord};
use crate::metric::Metric;
use crate::path::comparison::{CrossTable, Segments};
use crate::table::SymmetricTable;

/// One trained network: its path, and where its points stand in the common table.
#[derive(Debug, Clone)]
pub struct NetworkPath<'a> {
    /// The network's name.
    pub network: &'a str,
    /// Its architecture.
    pub architecture: &'a str,
    /// Number of layers with weights.
    pub depth: usize,
    /// Number of channels of its first stage.
    pub width: usize,
    /// Seed of the training run.
    pub seed: u64,
    /// Share of all test images classified correctly, where known.
    pub test_accuracy: Option<f64>,
    /// Its path after training.
    pub path: &'a PathRecord,
    /// Places of its points in the table, in the order of the path.
    pub places: Range<usize>,
}

/// The document of the study of width and depth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WidthDepthStudy {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// `width-depth`.
    pub study: String,
    /// Program and version.
    pub program: String,
    /// Name of the metric with every parameter.
    pub metric: String,
    /// Unit of distances.
    pub unit: String,
    /// Number of stimuli.
    pub stimuli: usize,
    /// Coverage of the intervals of trends.
    pub level: f64,
    /// One entry a network.
    pub networks: Vec<NetworkRecord>,
    /// One entry a pair of networks.
    pub pairs: Vec<PairRecord>,
    /// Pairs of architectures against their replicas.
    pub groups: Vec<GroupRecord>,
    /// Statistics of paths against depth and width.
    pub trends: Vec<TrendRecord>,
    /// All points of all networks in one picture.
    pub embedding: EmbeddingRecord,
    /// The answer in short: the statements that the data support, whole paths first.
    pub answer: Vec<String>,
    /// What depth and width do, each with its interval or its yardstick.
    pub statements: Vec<String>,
}

/// One network of the grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkRecord {
    /// The network's name.
    pub network: String,
    /// Its architecture.
    pub architecture: String,
    /// Number of layers with weights.
    pub depth: usize,
    /// Number of channels of its first stage.
    pub width: usize,
    /// Seed of the training run.
    pub seed: u64,
    /// Share of all test images classified correctly.
    pub test_accuracy: Option<f64>,
    /// Layers of the path.
    pub layers: Vec<String>,
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
    /// Length of the path through the ends of its stages alone, of which all networks have equally many; `None` where they have not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage_length: Option<f64>,
    /// displacement / stage_length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage_straightness: Option<f64>,
}

/// What two networks have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// The same architecture, another seed.
    Replica,
    /// The same width, another depth.
    Depth,
    /// The same depth, another width.
    Width,
    /// Neither.
    Both,
}

/// Two whole paths (docs/math.md §3.3), in the metric's unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairRecord {
    /// Name of the one network.
    pub first: String,
    /// Name of the other.
    pub second: String,
    /// What they have in common.
    pub relation: Relation,
    /// Mean distance at equal shares of the length; `None` if a path never moves.
    pub arc_length_matched: Option<f64>,
    /// Mean distance of an aligned pair under dynamic time warping.
    pub warping_mean: f64,
    /// Discrete Fréchet distance.
    pub frechet: f64,
    /// Hausdorff distance.
    pub hausdorff: f64,
    /// Aligned layers (i, j) of the two.
    pub alignment: Vec<(usize, usize)>,
    /// For each layer of the first, the layer of the second that is nearest; of equals the earliest.
    pub nearest_in_second: Vec<usize>,
    /// For each layer of the second, the layer of the first that is nearest.
    pub nearest_in_first: Vec<usize>,
}

/// The networks of two architectures against each other, read against their replicas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupRecord {
    /// The one architecture.
    pub first: String,
    /// The other.
    pub second: String,
    /// What they have in common.
    pub relation: Relation,
    /// Measure: `arc_length_matched`, `warping_mean`, `frechet` or `hausdorff`.
    pub measure: String,
    /// Pairs of one network each.
    pub pairs: usize,
    /// Their mean.
    pub mean: f64,
    /// The smallest.
    pub least: f64,
    /// The largest.
    pub largest: f64,
    /// The yardstick: pairs of replicas within either architecture.
    pub replica_pairs: usize,
    /// Their mean; `None` for single seeds.
    pub replica_mean: Option<f64>,
    /// The largest.
    pub replica_largest: Option<f64>,
    /// mean / replica_mean: near 1, the architectures differ no more than two seeds of one do.
    pub ratio: Option<f64>,
    /// Whether even the nearest pair is farther apart than any two replicas.
    pub beyond_replicas: Option<bool>,
}

/// One statistic of paths against depth and width.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrendRecord {
    /// Name of the statistic.
    pub statistic: String,
    /// The fit; `None` where the grid does not allow one.
    pub trend: Option<Trend>,
}

/// Statistics with a trend.
const FOLLOWED: [&str; 7] = [
    "stage_length",
    "stage_straightness",
    "length",
    "displacement",
    "straightness",
    "mean_interior_angle",
    "mean_heading_angle",
];
/// Those that do not depend on how many points a path is seen at.
const COMPARABLE: [&str; 3] = ["stage_length", "stage_straightness", "displacement"];

/// Measures of a pair of paths with a yardstick.
pub const MEASURES: [&str; 4] = ["arc_length_matched", "warping_mean", "frechet", "hausdorff"];

impl NetworkRecord {
    /// The statistic of that name; `None` where it is undefined, and for other names.
    pub fn statistic(&self, name: &str) -> Option<f64> {
        match name {
            "length" => Some(self.length),
            "displacement" => Some(self.displacement),
            "straightness" => self.straightness,
            "mean_interior_angle" => self.mean_interior_angle,
            "mean_heading_angle" => self.mean_heading_angle,
            "stage_length" => self.stage_length,
            "stage_straightness" => self.stage_straightness,
            "test_accuracy" => self.test_accuracy,
            _ => None,
        }
    }
}

impl PairRecord {
    /// The measure of that name, one of [`MEASURES`]; `None` where it is undefined, and for other names.
    pub fn measure(&self, name: &str) -> Option<f64> {
        match name {
            "arc_length_matched" => self.arc_length_matched,
            "warping_mean" => Some(self.warping_mean),
            "frechet" => Some(self.frechet),
            "hausdorff" => Some(self.hausdorff),
            _ => None,
        }
    }
}

/// Compares every pair of networks and fits the trends. `distances` is the symmetric K × K table of all points.
///
/// Cost: a cross table of L₁ × L₂ distances a pair, and the K³ of an embedding.
///
/// # Errors
///
/// [`Error::Setting`] if the places of a network do not lie in the table, and those of [`CrossTable::new`].
pub fn width_depth(
    metric: &Metric,
    stimuli: usize,
    networks: &[NetworkPath<'_>],
    distances: &[Vec<f64>],
) -> Result<WidthDepthStudy, Error> {
    let table = SymmetricTable::from_rows(distances)?;
    let size = table.size();
    if let Some(wrong) = networks.iter().find(|one| one.places.end > size || one.places.len() != one.path.points.len())
    {
        let message = format!("the points of `{}` are not the places {:?} of the table", wrong.network, wrong.places);
        return Err(Error::Setting(message));
    }
    let segments = if metric.is_spherical() { Segments::Spherical } else { Segments::Flat };
    let chosen: Vec<(usize, usize)> =
        (0..networks.len()).flat_map(|i| (i + 1..networks.len()).map(move |j| (i, j))).collect();
    let pairs = chosen
        .par_iter()
        .map(|&(i, j)| pair(&networks[i], &networks[j], distances, segments))
        .collect::<Result<Vec<_>, Error>>()?;
    let groups = groups(networks, &chosen, &pairs);
    let records = records(networks, distances);
    let trends: Vec<TrendRecord> = FOLLOWED.iter().map(|&statistic| followed(&records, statistic)).collect();
    let of_trends: Vec<Statement> = trends.iter().flat_map(|one| trend_statements(one, metric.unit())).collect();
    let travel = travel_statement(&groups);
    // Deeper networks are seen at more points, which alone makes their paths longer and less straight: the answer compares like
    // with like where it can.
    let alike = records.iter().all(|one| one.stage_length.is_some());
    let told = |one: &&Statement| if alike { COMPARABLE.contains(&one.statistic) } else { one.supported };
    let answer = travel.iter().cloned().chain(of_trends.iter().filter(told).map(|one| one.text.clone())).collect();
    let places: Vec<usize> = networks.iter().flat_map(|one| one.places.clone()).collect();
    let names = networks.iter().flat_map(|one| one.path.points.iter().cloned()).collect();
    Ok(WidthDepthStudy {
        schema: SCHEMA.to_owned(),
        study: "width-depth".to_owned(),
        program: program(),
        metric: metric.to_string(),
        unit: metric.unit().to_owned(),
        stimuli,
        level: LEVEL,
        networks: records,
        embedding: EmbeddingRecord::classical(&table.select(&places), names)?,
        answer,
        statements: of_trends.into_iter().map(|one| one.text).chain(travel).collect(),
        groups,
        pairs,
        trends,
    })
}

/// A sentence, what it is about, and whether it claims something.
struct Statement {
    statistic: &'static str,
    text: String,
    supported: bool,
}

/// What a doubling of depth and of width does to a statistic, in sentences.
fn trend_statements(record: &TrendRecord, unit: &str) -> Vec<Statement> {
    let Some(statistic) = FOLLOWED.into_iter().find(|&one| one == record.statistic) else { return Vec::new() };
    let what = in_words(statistic, unit);
    let sentence = |slope: &Slope, factor: &str| {
        let Slope { per_doubling, low, high } = slope;
        let numbers = format!("{per_doubling:+.3} a doubling, 95 % over networks {low:+.3} to {high:+.3}");
        let supported = *low > 0.0 || *high < 0.0;
        let text = if supported {
            let verb = if *low > 0.0 { "increases" } else { "decreases" };
            format!("With {factor}, {what} {verb} ({numbers}).")
        } else {
            format!("The data do not support that {what} changes with {factor} ({numbers}).")
        };
        Statement { statistic, text, supported }
    };
    let Some(trend) = &record.trend else { return Vec::new() };
    let depth = trend.depth.as_ref().map(|slope| sentence(slope, "depth"));
    depth.into_iter().chain(trend.width.as_ref().map(|slope| sentence(slope, "width"))).collect()
}

/// How many pairs of architectures travel differently, in a sentence; none without replicas.
fn travel_statement(groups: &[GroupRecord]) -> Option<String> {
    let judged = |measure: &'static str| {
        groups.iter().filter(move |one| one.measure == measure && one.beyond_replicas.is_some())
    };
    let beyond = |measure| judged(measure).filter(|one| one.beyond_replicas == Some(true)).count();
    let ratios: Vec<f64> = judged(MEASURES[0]).filter_map(|one| one.ratio).collect();
    let (mean, least, largest) = extent(&ratios)?;
    let [matched, warping, frechet, hausdorff] = MEASURES.map(beyond);
    Some(format!(
        "{matched} of {} pairs of architectures travel farther apart than any two of their replicas at equal shares of the length \
         ({warping} under time warping, {frechet} under Fréchet and {hausdorff} under Hausdorff distance); the mean distance is \
         {mean:.2} times that of replicas ({least:.2} to {largest:.2} over pairs).",
        judged(MEASURES[0]).count()
    ))
}

/// What is known of every network.
fn records(networks: &[NetworkPath<'_>], distances: &[Vec<f64>]) -> Vec<NetworkRecord> {
    let mut records: Vec<NetworkRecord> = networks.iter().map(record).collect();
    let ends: Vec<Vec<usize>> = records.iter().map(|one| stage_ends(&one.layers)).collect();
    let stages =
        |place: usize| -> Vec<&str> { ends[place].iter().map(|&end| stage(&records[place].layers[end])).collect() };
    if (1..records.len()).any(|place| stages(place) != stages(0)) || ends.iter().any(|own| own.len() < 3) {
        return records;
    }
    for ((record, network), ends) in records.iter_mut().zip(networks).zip(&ends) {
        let place = |end: &usize| network.places.start + end;
        let length: f64 = ends.windows(2).map(|two| distances[place(&two[0])][place(&two[1])]).sum();
        record.stage_length = Some(length);
        record.stage_straightness = (length > 0.0).then(|| record.displacement / length);
    }
    records
}

/// The part of a layer's name that says in which stage it is.
fn stage(layer: &str) -> &str {
    layer.split('.').next().unwrap_or(layer)
}

/// Places of the last layer of every stage; the first layer is one too, so that the path begins where it did.
fn stage_ends(layers: &[String]) -> Vec<usize> {
    let is_end = |place: &usize| layers.get(place + 1).is_none_or(|next| stage(next) != stage(&layers[*place]));
    let mut ends: Vec<usize> = (0..layers.len()).filter(is_end).collect();
    if ends.first().is_some_and(|&first| first > 0) {
        ends.insert(0, 0);
    }
    ends
}

fn record(network: &NetworkPath<'_>) -> NetworkRecord {
    let path = network.path;
    NetworkRecord {
        network: network.network.to_owned(),
        architecture: network.architecture.to_owned(),
        depth: network.depth,
        width: network.width,
        seed: network.seed,
        test_accuracy: network.test_accuracy,
        layers: super::statistics::layers(path),
        length: path.length,
        displacement: path.displacement,
        straightness: path.straightness,
        mean_interior_angle: whole(path, "mean_interior_angle"),
        mean_heading_angle: whole(path, "mean_heading_angle"),
        stage_length: None,
        stage_straightness: None,
    }
}

fn relation(first: &NetworkPath<'_>, second: &NetworkPath<'_>) -> Relation {
    match (first.depth == second.depth, first.width == second.width) {
        _ if first.architecture == second.architecture => Relation::Replica,
        (false, true) => Relation::Depth,
        (true, false) => Relation::Width,
        _ => Relation::Both,
    }
}

fn pair(
    first: &NetworkPath<'_>,
    second: &NetworkPath<'_>,
    distances: &[Vec<f64>],
    segments: Segments,
) -> Result<PairRecord, Error> {
    let cross: Vec<Vec<f64>> = first.places.clone().map(|i| distances[i][second.places.clone()].to_vec()).collect();
    let steps = |places: &Range<usize>| places.clone().skip(1).map(|i| distances[i - 1][i]).collect::<Vec<f64>>();
    let nearest = |n: usize, of: &dyn Fn(usize) -> f64| {
        (1..n).fold(0, |best, place| if of(place) < of(best) { place } else { best })
    };
    let (rows, columns) = (cross.len(), cross.first().map_or(0, Vec::len));
    let nearest_in_second = cross.iter().map(|row| nearest(columns, &|j| row[j])).collect();
    let nearest_in_first = (0..columns).map(|j| nearest(rows, &|i| cross[i][j])).collect();
    let comparison = CrossTable::new(cross, steps(&first.places), steps(&second.places), segments)?.compare();
    Ok(PairRecord {
        first: first.network.to_owned(),
        second: second.network.to_owned(),
        relation: relation(first, second),
        arc_length_matched: comparison.arc_length_matched.ok(),
        warping_mean: comparison.warping.mean,
        frechet: comparison.frechet,
        hausdorff: comparison.hausdorff,
        alignment: comparison.warping.alignment,
        nearest_in_second,
        nearest_in_first,
    })
}

/// Every pair of architectures under every measure, in the order in which the architectures first appear.
fn groups(networks: &[NetworkPath<'_>], chosen: &[(usize, usize)], pairs: &[PairRecord]) -> Vec<GroupRecord> {
    let mut architectures: Vec<&NetworkPath<'_>> = Vec::new();
    for network in networks {
        if !architectures.iter().any(|known| known.architecture == network.architecture) {
            architectures.push(network);
        }
    }
    let between = |a: &str, b: &str, measure: &str| -> Vec<f64> {
        let own = chosen.iter().zip(pairs).filter(|(place, _)| {
            let (x, y) = (networks[place.0].architecture, networks[place.1].architecture);
            (x, y) == (a, b) || (x, y) == (b, a)
        });
        own.filter_map(|(_, pair)| pair.measure(measure)).collect()
    };
    let mut all = Vec::new();
    for (i, first) in architectures.iter().enumerate() {
        for second in &architectures[i..] {
            for measure in MEASURES {
                let own = between(first.architecture, second.architecture, measure);
                let Some((mean, least, largest)) = extent(&own) else { continue };
                let mut replicas = between(first.architecture, first.architecture, measure);
                if first.architecture != second.architecture {
                    replicas.extend(between(second.architecture, second.architecture, measure));
                }
                let yardstick = extent(&replicas);
                let same = first.architecture == second.architecture;
                all.push(GroupRecord {
                    first: first.architecture.to_owned(),
                    second: second.architecture.to_owned(),
                    relation: relation(first, second),
                    measure: measure.to_owned(),
                    pairs: own.len(),
                    mean,
                    least,
                    largest,
                    replica_pairs: replicas.len(),
                    replica_mean: yardstick.map(|(mean, _, _)| mean),
                    replica_largest: yardstick.map(|(_, _, largest)| largest),
                    ratio: yardstick
                        .filter(|(yardstick, _, _)| *yardstick > 0.0)
                        .map(|(yardstick, ..)| mean / yardstick),
                    beyond_replicas: yardstick.filter(|_| !same).map(|(_, _, largest)| least > largest),
                });
            }
        }
    }
    all
}

/// Mean, least and largest.
fn extent(values: &[f64]) -> Option<(f64, f64, f64)> {
    let least = values.iter().copied().reduce(f64::min)?;
    let largest = values.iter().copied().reduce(f64::max)?;
    Some((values.iter().sum::<f64>() / values.len() as f64, least, largest))
}

fn followed(records: &[NetworkRecord], statistic: &str) -> TrendRecord {
    let numbers: Vec<(usize, usize, f64)> =
        records.iter().filter_map(|one| Some((one.depth, one.width, one.statistic(statistic)?))).collect();
    TrendRecord { statistic: statistic.to_owned(), trend: trend(&numbers, LEVEL) }
}
