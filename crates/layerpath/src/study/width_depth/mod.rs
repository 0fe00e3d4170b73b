//! Do wide and deep networks travel the same way?

mod estimate;
mod nearest;
mod random;
mod travel;
mod trends;

pub use estimate::Estimate;
pub use nearest::NearestRecord;
pub use travel::{ChanceRecord, TravelRecord, WithoutRecord};
pub use trends::{AccuracyRecord, ShuffledTrend, TrendRecord};

use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::statistics::whole;
use super::{BaselineRange, LEVEL, SCHEMA, program};
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
    /// Its path before training, through the same layers.
    pub untrained: Option<&'a PathRecord>,
    /// Share of the test images classified correctly before training, where known.
    pub untrained_accuracy: Option<f64>,
    /// Places of its points in the table, in the order of the path.
    pub places: Range<usize>,
}

/// What the grid is compared with.
#[derive(Debug, Clone, Copy, Default)]
pub struct GridBaselines<'a> {
    /// Distances of the same points before training, each in the place of its layer; used where every network has an
    /// [`untrained`](NetworkPath::untrained) path.
    pub untrained: Option<&'a [Vec<f64>]>,
    /// Random orders of the layers; 0 for none.
    pub shuffles: usize,
    /// Seed of the orders, and of random assignments of networks to architectures.
    pub seed: u64,
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
    /// Different architectures against replicas over the whole grid, with intervals, chance and baselines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub travel: Vec<TravelRecord>,
    /// Whether layers that are nearest to each other come in the same order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nearest: Vec<NearestRecord>,
    /// Statistics of paths against depth and width.
    pub trends: Vec<TrendRecord>,
    /// The same networks before training, in the order of `networks`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untrained: Vec<NetworkRecord>,
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

impl Relation {
    /// Whether a pair of this relation is one of those wanted: any two of different architectures where none is named.
    fn is_among(self, wanted: Option<Self>) -> bool {
        wanted.map_or(self != Self::Replica, |wanted| wanted == self)
    }
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
    /// Share of pairs of layers whose nearest layers in the other network come in the same order, ties half, the mean of
    /// both directions: 1 monotone, near 1/2 by chance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_kept: Option<f64>,
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
    /// `mean` before training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untrained_mean: Option<f64>,
    /// `ratio` before training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untrained_ratio: Option<f64>,
    /// `mean` with the layers of every network in random order, end points kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shuffled_order: Option<BaselineRange>,
}

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
/// Cost: a cross table of L₁ × L₂ distances a pair and shuffle, and the K³ of an embedding.
///
/// # Errors
///
/// [`Error::Setting`] if the places of a network do not lie in the table, or a path before training has other layers, and
/// those of [`CrossTable::new`].
pub fn width_depth(
    metric: &Metric,
    stimuli: usize,
    networks: &[NetworkPath<'_>],
    distances: &[Vec<f64>],
    baselines: GridBaselines<'_>,
) -> Result<WidthDepthStudy, Error> {
    let table = SymmetricTable::from_rows(distances)?;
    let size = table.size();
    if let Some(wrong) = networks.iter().find(|one| one.places.end > size || one.places.len() != one.path.points.len())
    {
        let message = format!("the points of `{}` are not the places {:?} of the table", wrong.network, wrong.places);
        return Err(Error::Setting(message));
    }
    let segments = if metric.is_spherical() { Segments::Spherical } else { Segments::Flat };
    let grid = Grid { networks, distances, segments };
    let pairs = grid.pairs()?;
    let records = records(&grid);
    let before = before_training(networks, baselines, size)?;
    let untrained = match &before {
        Some((networks, distances)) => {
            let grid = Grid { networks, distances, segments };
            Some((self::records(&grid), grid.pairs()?))
        }
        None => None,
    };
    let (untrained, untrained_pairs) = untrained.map_or((Vec::new(), None), |(records, pairs)| (records, Some(pairs)));
    let orders = random::orders(networks, baselines.shuffles, baselines.seed);
    let shuffled = grid.shuffled(&orders)?;
    let compared = travel::Compared::new(&grid, &pairs, untrained_pairs.as_deref(), &shuffled);
    let groups = groups(&grid, &pairs, &compared);
    let travel = travel::records(&compared, baselines.seed);
    let nearest = nearest::records(&grid, &pairs, untrained_pairs.as_deref(), &orders);
    let trends = trends::records(&grid, &records, &untrained, &orders);
    let of_trends = trends::sentences(&trends, metric.unit());
    let of_pairs: Vec<String> = travel::sentences(&travel, metric.unit())
        .into_iter()
        .chain(travel::replicas_by_size(networks, &pairs, metric.unit()))
        .chain(nearest::sentence(&nearest))
        .collect();
    let of_accuracy = trends::accuracy_sentence(&trends, metric.unit());
    // Deeper networks are seen at more points, which alone makes their paths longer and less straight: the answer compares like
    // with like where it can.
    let alike = records.iter().all(|one| one.stage_length.is_some());
    let told = |one: &&trends::Sentence| if alike { one.is_comparable() } else { one.supported };
    let told = trends::in_short(of_trends.iter().filter(told));
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
        answer: of_pairs.iter().cloned().chain(told).chain(of_accuracy.clone()).collect(),
        statements: of_trends.into_iter().map(|one| one.text).chain(of_accuracy).chain(of_pairs).collect(),
        groups,
        pairs,
        travel,
        nearest,
        trends,
        untrained,
    })
}

/// Networks and the table of their points.
struct Grid<'a> {
    networks: &'a [NetworkPath<'a>],
    distances: &'a [Vec<f64>],
    segments: Segments,
}

impl Grid<'_> {
    /// Places of all pairs of networks.
    fn chosen(&self) -> Vec<(usize, usize)> {
        let n = self.networks.len();
        (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j))).collect()
    }

    fn pairs(&self) -> Result<Vec<PairRecord>, Error> {
        self.chosen().par_iter().map(|&(i, j)| self.pair(&self.networks[i], &self.networks[j])).collect()
    }

    /// Distances of the points of two networks with their layers in these orders.
    fn cross_table(&self, first: &[usize], second: &[usize]) -> Result<CrossTable, Error> {
        let cross = first.iter().map(|&i| second.iter().map(|&j| self.distances[i][j]).collect()).collect();
        let steps = |places: &[usize]| places.windows(2).map(|two| self.distances[two[0]][two[1]]).collect();
        CrossTable::new(cross, steps(first), steps(second), self.segments)
    }

    fn pair(&self, first: &NetworkPath<'_>, second: &NetworkPath<'_>) -> Result<PairRecord, Error> {
        let (rows, columns): (Vec<usize>, Vec<usize>) =
            (first.places.clone().collect(), second.places.clone().collect());
        let nearest = |n: usize, of: &dyn Fn(usize) -> f64| {
            (1..n).fold(0, |best, place| if of(place) < of(best) { place } else { best })
        };
        let distance = |i: usize, j: usize| self.distances[rows[i]][columns[j]];
        let nearest_in_second: Vec<usize> =
            (0..rows.len()).map(|i| nearest(columns.len(), &|j| distance(i, j))).collect();
        let nearest_in_first: Vec<usize> =
            (0..columns.len()).map(|j| nearest(rows.len(), &|i| distance(i, j))).collect();
        let comparison = self.cross_table(&rows, &columns)?.compare();
        Ok(PairRecord {
            first: first.network.to_owned(),
            second: second.network.to_owned(),
            relation: relation(first, second),
            arc_length_matched: comparison.arc_length_matched.ok(),
            warping_mean: comparison.warping.mean,
            frechet: comparison.frechet,
            hausdorff: comparison.hausdorff,
            alignment: comparison.warping.alignment,
            order_kept: nearest::order_kept(&nearest_in_second, &nearest_in_first),
            nearest_in_second,
            nearest_in_first,
        })
    }

    /// The measures of every pair under every random order, `[shuffle][pair][measure]`.
    fn shuffled(&self, orders: &[Vec<Vec<usize>>]) -> Result<Vec<Vec<[Option<f64>; MEASURES.len()]>>, Error> {
        let chosen = self.chosen();
        let repeat = |orders: &Vec<Vec<usize>>| {
            let ordered: Vec<Vec<usize>> = self
                .networks
                .iter()
                .zip(orders)
                .map(|(network, order)| order.iter().map(|layer| network.places.start + layer).collect())
                .collect();
            chosen
                .iter()
                .map(|&(i, j)| {
                    let found = self.cross_table(&ordered[i], &ordered[j])?.compare();
                    let matched = found.arc_length_matched.ok();
                    Ok([matched, Some(found.warping.mean), Some(found.frechet), Some(found.hausdorff)])
                })
                .collect::<Result<Vec<_>, Error>>()
        };
        orders.par_iter().map(repeat).collect()
    }
}

/// Networks and the distances between their layers.
type Table<'a> = (Vec<NetworkPath<'a>>, &'a [Vec<f64>]);

/// The networks before training and their table, where all of it is there.
fn before_training<'a>(
    networks: &[NetworkPath<'a>],
    baselines: GridBaselines<'a>,
    size: usize,
) -> Result<Option<Table<'a>>, Error> {
    let Some(distances) = baselines.untrained else { return Ok(None) };
    if SymmetricTable::from_rows(distances)?.size() != size {
        return Err(Error::Setting(format!("the table before training is not {size} × {size}, as that after it")));
    }
    let before = |one: &NetworkPath<'a>| {
        let path = one.untrained?;
        Some(NetworkPath { path, untrained: None, test_accuracy: one.untrained_accuracy, ..one.clone() })
    };
    let Some(before) = networks.iter().map(before).collect::<Option<Vec<_>>>() else { return Ok(None) };
    for (one, trained) in before.iter().zip(networks) {
        if super::statistics::layers(one.path) != super::statistics::layers(trained.path) {
            let message = format!("`{}` does not have the layers of `{}`", one.path.name, trained.path.name);
            return Err(Error::Setting(message));
        }
    }
    Ok(Some((before, distances)))
}

/// What is known of every network.
fn records(grid: &Grid<'_>) -> Vec<NetworkRecord> {
    let Grid { networks, distances, .. } = *grid;
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

/// Every pair of architectures under every measure, in the order in which the architectures first appear.
fn groups(grid: &Grid<'_>, pairs: &[PairRecord], compared: &travel::Compared<'_>) -> Vec<GroupRecord> {
    let networks = grid.networks;
    let mut architectures: Vec<&NetworkPath<'_>> = Vec::new();
    for network in networks {
        if !architectures.iter().any(|known| known.architecture == network.architecture) {
            architectures.push(network);
        }
    }
    let chosen = grid.chosen();
    let between = |a: &str, b: &str| -> Vec<usize> {
        let is_own = |place: &usize| {
            let (x, y) = (networks[chosen[*place].0].architecture, networks[chosen[*place].1].architecture);
            (x, y) == (a, b) || (x, y) == (b, a)
        };
        (0..pairs.len()).filter(is_own).collect()
    };
    let mut all = Vec::new();
    for (i, first) in architectures.iter().enumerate() {
        for second in &architectures[i..] {
            let same = first.architecture == second.architecture;
            let own = between(first.architecture, second.architecture);
            let mut replicas = between(first.architecture, first.architecture);
            if !same {
                replicas.extend(between(second.architecture, second.architecture));
            }
            for (measure, name) in MEASURES.into_iter().enumerate() {
                let values = compared.values(&own, measure);
                let Some((mean, least, largest)) = extent(&values) else { continue };
                let replica_values = compared.values(&replicas, measure);
                let yardstick = extent(&replica_values);
                let ratio = |mean: f64, yardstick: Option<(f64, f64, f64)>| {
                    yardstick.filter(|one| one.0 > 0.0).map(|one| mean / one.0)
                };
                let untrained = extent(&compared.untrained(&own, measure));
                all.push(GroupRecord {
                    first: first.architecture.to_owned(),
                    second: second.architecture.to_owned(),
                    relation: relation(first, second),
                    measure: name.to_owned(),
                    pairs: values.len(),
                    mean,
                    least,
                    largest,
                    replica_pairs: replica_values.len(),
                    replica_mean: yardstick.map(|(mean, _, _)| mean),
                    replica_largest: yardstick.map(|(_, _, largest)| largest),
                    ratio: ratio(mean, yardstick),
                    beyond_replicas: yardstick.filter(|_| !same).map(|(_, _, largest)| least > largest),
                    untrained_mean: untrained.map(|one| one.0),
                    untrained_ratio: untrained
                        .and_then(|one| ratio(one.0, extent(&compared.untrained(&replicas, measure)))),
                    shuffled_order: compared.shuffled(&own, measure),
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
