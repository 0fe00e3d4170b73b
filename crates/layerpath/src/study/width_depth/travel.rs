//! Whether networks of different architectures travel farther apart than replicas do.

use serde::{Deserialize, Serialize};

use super::estimate::{mean_of_pairs, over_networks};
use super::random::{ASSIGNMENTS, assignments};
use super::{Estimate, Grid, MEASURES, NetworkPath, PairRecord, Relation, extent, relation};
use crate::study::{BaselineRange, LEVEL};

/// All pairs of networks that stand in a relation, against all pairs of replicas, under one measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TravelRecord {
    /// Measure: `arc_length_matched`, `warping_mean`, `frechet` or `hausdorff`.
    pub measure: String,
    /// What the networks of a pair have in common; `None` for any two of different architectures.
    pub relation: Option<Relation>,
    /// Pairs of networks.
    pub pairs: usize,
    /// Pairs of replicas.
    pub replica_pairs: usize,
    /// Mean over the pairs.
    pub mean: Estimate,
    /// Mean over the replicas.
    pub replica_mean: Option<Estimate>,
    /// mean / replica_mean.
    pub ratio: Option<Estimate>,
    /// The ratio if what differs did nothing.
    pub chance: Option<ChanceRecord>,
    /// Pairs of architectures of which even the two nearest networks are farther apart than any two replicas.
    pub beyond: usize,
    /// Pairs of architectures for which that can be told.
    pub architectures: usize,
    /// `beyond` if what differs did nothing.
    pub beyond_by_chance: Option<BaselineRange>,
    /// Mean before training.
    pub untrained_mean: Option<Estimate>,
    /// Ratio before training.
    pub untrained_ratio: Option<Estimate>,
    /// Mean with the layers of every network in random order, end points kept.
    pub shuffled_order: Option<BaselineRange>,
}

/// The ratio with networks assigned to architectures at random: among all, or among those of the same width (`depth`) or the
/// same depth (`width`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChanceRecord {
    /// Number of assignments.
    pub assignments: usize,
    /// The ratio under them.
    pub ratio: BaselineRange,
    /// (1 + how many give at least the ratio) / (1 + assignments).
    pub at_least: f64,
}

impl ChanceRecord {
    /// Whether chance gives the ratio so rarely that it does not explain it.
    pub fn is_excluded(&self) -> bool {
        self.at_least <= 1.0 - LEVEL
    }
}

/// Measures of all pairs, before and after training and in random order.
pub(super) struct Compared<'a> {
    networks: &'a [NetworkPath<'a>],
    pairs: &'a [PairRecord],
    untrained: Option<&'a [PairRecord]>,
    shuffled: &'a [Vec<[Option<f64>; MEASURES.len()]>],
    /// Places of the two networks of each pair.
    chosen: Vec<(usize, usize)>,
}

impl<'a> Compared<'a> {
    pub(super) fn new(
        grid: &Grid<'a>,
        pairs: &'a [PairRecord],
        untrained: Option<&'a [PairRecord]>,
        shuffled: &'a [Vec<[Option<f64>; MEASURES.len()]>],
    ) -> Self {
        Self { networks: grid.networks, pairs, untrained, shuffled, chosen: grid.chosen() }
    }

    /// A measure of these pairs after training.
    pub(super) fn values(&self, places: &[usize], measure: usize) -> Vec<f64> {
        places.iter().filter_map(|&place| self.pairs[place].measure(MEASURES[measure])).collect()
    }

    /// The same before training.
    pub(super) fn untrained(&self, places: &[usize], measure: usize) -> Vec<f64> {
        let of = |pairs: &'a [PairRecord]| places.iter().filter_map(|&place| pairs[place].measure(MEASURES[measure]));
        self.untrained.map_or_else(Vec::new, |pairs| of(pairs).collect())
    }

    /// The mean of the measure over these pairs with layers in random order.
    pub(super) fn shuffled(&self, places: &[usize], measure: usize) -> Option<BaselineRange> {
        let mean = |repeat: &Vec<[Option<f64>; MEASURES.len()]>| {
            let own: Option<Vec<f64>> = places.iter().map(|&place| repeat[place][measure]).collect();
            own.filter(|own| !own.is_empty()).map(|own| own.iter().sum::<f64>() / own.len() as f64)
        };
        BaselineRange::of(self.shuffled.iter().filter_map(mean).collect())
    }

    /// A measure as a table of networks.
    fn table(&self, pairs: &[PairRecord], measure: usize) -> Vec<Vec<Option<f64>>> {
        let n = self.networks.len();
        let mut table = vec![vec![None; n]; n];
        for (pair, &(i, j)) in pairs.iter().zip(&self.chosen) {
            let value = pair.measure(MEASURES[measure]);
            table[i][j] = value;
            table[j][i] = value;
        }
        table
    }
}

/// Every measure for any two architectures, those that differ in depth alone, and in width alone, where there are such.
pub(super) fn records(compared: &Compared<'_>, seed: u64) -> Vec<TravelRecord> {
    let mut all = Vec::new();
    for own in [None, Some(Relation::Depth), Some(Relation::Width)] {
        let blocks: Vec<usize> = compared
            .networks
            .iter()
            .map(|one| match own {
                Some(Relation::Depth) => one.width,
                Some(Relation::Width) => one.depth,
                _ => 0,
            })
            .collect();
        let assigned = assignments(&blocks, seed);
        all.extend((0..MEASURES.len()).filter_map(|measure| record(compared, own, measure, &assigned)));
    }
    all
}

fn record(
    compared: &Compared<'_>,
    own: Option<Relation>,
    measure: usize,
    assigned: &[Vec<usize>],
) -> Option<TravelRecord> {
    let networks = compared.networks;
    let relations: Vec<Relation> = compared.chosen.iter().map(|&(i, j)| relation(&networks[i], &networks[j])).collect();
    let places: Vec<usize> = (0..relations.len()).filter(|&place| relations[place].is_among(own)).collect();
    let replicas: Vec<usize> = (0..relations.len()).filter(|&place| relations[place] == Relation::Replica).collect();
    let mean = |table: &[Vec<Option<f64>>], places: &[usize], left| {
        let chosen = &compared.chosen;
        mean_of_pairs(places, chosen, left, |place| table[chosen[place].0][chosen[place].1])
    };
    let ratio = |table: &[Vec<Option<f64>>], left| {
        let yardstick = mean(table, &replicas, left).filter(|&yardstick| yardstick > 0.0)?;
        Some(mean(table, &places, left)? / yardstick)
    };
    let estimate = |of: &dyn Fn(Option<usize>) -> Option<f64>| over_networks(networks, of);
    let table = compared.table(compared.pairs, measure);
    let found = estimate(&|left| ratio(&table, left));
    let reassigned = |assigned: &Vec<usize>| -> Vec<Vec<Option<f64>>> {
        assigned.iter().map(|&i| assigned.iter().map(|&j| table[i][j]).collect()).collect()
    };
    let (mut ratios, mut counts) = (Vec::new(), Vec::new());
    for assigned in found.iter().flat_map(|_| assigned) {
        let table = reassigned(assigned);
        ratios.extend(ratio(&table, None));
        counts.push(beyond(compared, &table, own).0 as f64);
    }
    let chance = found.filter(|_| ratios.len() == ASSIGNMENTS).and_then(|found| {
        // Assignments that differ in nothing but the order of sums must count as equal.
        let at_least = ratios.iter().filter(|&&one| one >= found.value * (1.0 - 1e-12)).count();
        let at_least = (1 + at_least) as f64 / (1 + ASSIGNMENTS) as f64;
        Some(ChanceRecord { assignments: ASSIGNMENTS, ratio: BaselineRange::of(ratios)?, at_least })
    });
    let (beyond, architectures) = beyond(compared, &table, own);
    let before = compared.untrained.map(|pairs| compared.table(pairs, measure));
    let before = before.as_ref();
    Some(TravelRecord {
        measure: MEASURES[measure].to_owned(),
        relation: own,
        pairs: places.len(),
        replica_pairs: replicas.len(),
        mean: estimate(&|left| mean(&table, &places, left))?,
        replica_mean: estimate(&|left| mean(&table, &replicas, left)),
        ratio: found,
        chance,
        beyond,
        architectures,
        beyond_by_chance: BaselineRange::of(counts).filter(|_| architectures > 0),
        untrained_mean: before.and_then(|table| estimate(&|left| mean(table, &places, left))),
        untrained_ratio: before.and_then(|table| estimate(&|left| ratio(table, left))),
        shuffled_order: compared.shuffled(&places, measure),
    })
}

/// Of how many pairs of architectures even the two nearest networks are farther apart than any two replicas of either, and
/// of how many that can be told.
fn beyond(compared: &Compared<'_>, table: &[Vec<Option<f64>>], own: Option<Relation>) -> (usize, usize) {
    let mut members: Vec<(&str, Vec<usize>)> = Vec::new();
    for (place, network) in compared.networks.iter().enumerate() {
        match members.iter_mut().find(|(name, _)| *name == network.architecture) {
            Some((_, own)) => own.push(place),
            None => members.push((network.architecture, vec![place])),
        }
    }
    let within = |own: &[usize]| -> Vec<f64> {
        own.iter().enumerate().flat_map(|(k, &i)| own[k + 1..].iter().filter_map(move |&j| table[i][j])).collect()
    };
    let (mut beyond, mut all) = (0, 0);
    for (k, (_, first)) in members.iter().enumerate() {
        for (_, second) in &members[k + 1..] {
            if !relation(&compared.networks[first[0]], &compared.networks[second[0]]).is_among(own) {
                continue;
            }
            let between: Vec<f64> =
                first.iter().flat_map(|&i| second.iter().filter_map(move |&j| table[i][j])).collect();
            let replicas = [within(first), within(second)].concat();
            if let (Some((_, least, _)), Some((_, _, largest))) = (extent(&between), extent(&replicas)) {
                all += 1;
                beyond += usize::from(least > largest);
            }
        }
    }
    (beyond, all)
}

/// What the records say, in sentences; none without replicas.
pub(super) fn sentences(records: &[TravelRecord], unit: &str) -> Vec<String> {
    let of = |relation, measure: &str| records.iter().find(|one| one.relation == relation && one.measure == measure);
    let Some(any) = of(None, MEASURES[0]) else { return Vec::new() };
    let mut all: Vec<String> = [None, Some(Relation::Depth), Some(Relation::Width)]
        .into_iter()
        .filter_map(|relation| of(relation, MEASURES[0]).and_then(ratio_sentence))
        .collect();
    if any.ratio.is_none() {
        return all;
    }
    let [matched, warping, frechet, hausdorff] = MEASURES.map(|measure| of(None, measure).map_or(0, |one| one.beyond));
    let chance = any.beyond_by_chance.map_or_else(String::new, |band| {
        format!(
            "; by chance, networks assigned to architectures at random, {:.0} ({:.0} to {:.0})",
            band.median, band.low, band.high
        )
    });
    all.push(format!(
        "{matched} of {} pairs of architectures travel farther apart than any two of their replicas at equal shares of the length \
         ({warping} under time warping, {frechet} under Fréchet and {hausdorff} under Hausdorff distance){chance}.",
        any.architectures
    ));
    let untrained = any
        .untrained_mean
        .map_or_else(String::new, |one| format!("; before training {:.3} {unit} ({})", one.value, one.interval()));
    let shuffled = any.shuffled_order.map_or_else(String::new, |band| {
        format!(
            "; with the layers of both in random order {:.3} {unit} ({:.3} to {:.3})",
            band.median, band.low, band.high
        )
    });
    all.push(format!(
        "The paths of two architectures are {:.3} {unit} apart in the mean at equal shares of the length ({}){untrained}{shuffled}.",
        any.mean.value,
        any.mean.interval()
    ));
    all
}

fn ratio_sentence(record: &TravelRecord) -> Option<String> {
    let ratio = record.ratio?;
    let who = match record.relation {
        Some(Relation::Depth) => "networks that differ in depth alone",
        Some(Relation::Width) => "networks that differ in width alone",
        _ => "networks of different architectures",
    };
    let claim = format!("{who} travel farther apart than two seeds of one architecture");
    let untrained = record
        .untrained_ratio
        .map_or_else(String::new, |one| format!("; before training {:.3} times, {}", one.value, one.interval()));
    let size = format!("{:.3} times at equal shares of the length, {}", ratio.value, ratio.interval());
    let Some(chance) = &record.chance else {
        return Some(format!("The data do not tell whether {claim} ({size}{untrained})."));
    };
    let numbers = format!(
        "{size}; {:.3} to {:.3} if they are assigned to architectures at random, P = {:.4}{untrained}",
        chance.ratio.low, chance.ratio.high, chance.at_least
    );
    // The interval over networks errs on the wide side; the random assignments are a test of just this claim.
    Some(if chance.is_excluded() {
        let mut letters = claim.chars();
        let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        format!("{first}{} ({numbers}).", letters.as_str())
    } else {
        format!("The data do not support that {claim} ({numbers}).")
    })
}
