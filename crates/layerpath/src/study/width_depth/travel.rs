//! Whether networks of different architectures travel farther apart than replicas do.

use std::collections::{BTreeMap, BTreeSet};

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
    /// The ratio without the networks of one depth, or of one width, wherever two of them are left: whether it rests on
    /// some networks alone. Of `arc_length_matched` only.
    #[serde(default)]
    pub without: Vec<WithoutRecord>,
    /// Mean before training.
    pub untrained_mean: Option<Estimate>,
    /// Ratio before training.
    pub untrained_ratio: Option<Estimate>,
    /// Mean with the layers of every network in random order, end points kept.
    pub shuffled_order: Option<BaselineRange>,
}

/// What is left of a ratio without some networks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WithoutRecord {
    /// `depth` or `width`.
    pub dimension: Relation,
    /// Of the networks that are left out.
    pub size: usize,
    /// Pairs of networks that are left.
    pub pairs: usize,
    /// Pairs of replicas that are left.
    pub replica_pairs: usize,
    /// The ratio of the others.
    pub ratio: Estimate,
    /// That ratio if what differs did nothing.
    pub chance: Option<ChanceRecord>,
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

    /// Random assignments of the networks to architectures, among those that a relation leaves alike.
    fn assignments(&self, own: Option<Relation>, seed: u64) -> Vec<Vec<usize>> {
        let block = |one: &NetworkPath<'_>| match own {
            Some(Relation::Depth) => one.width,
            Some(Relation::Width) => one.depth,
            _ => 0,
        };
        assignments(&self.networks.iter().map(block).collect::<Vec<_>>(), seed)
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

/// Depth or width of a network.
type Size = fn(&NetworkPath<'_>) -> usize;

/// Every measure for any two architectures, those that differ in depth alone, and in width alone, where there are such.
pub(super) fn records(compared: &Compared<'_>, seed: u64) -> Vec<TravelRecord> {
    let mut all = Vec::new();
    for own in [None, Some(Relation::Depth), Some(Relation::Width)] {
        let assigned = compared.assignments(own, seed);
        all.extend((0..MEASURES.len()).filter_map(|measure| record(compared, own, measure, &assigned)));
    }
    let dimensions: [(Relation, Size); 2] = [(Relation::Depth, |one| one.depth), (Relation::Width, |one| one.width)];
    for (dimension, of) in dimensions {
        for size in compared.networks.iter().map(of).collect::<BTreeSet<_>>() {
            for whole in all.iter_mut().filter(|one| one.measure == MEASURES[0] && one.ratio.is_some()) {
                whole.without.extend(without(compared, whole.relation, (dimension, size), of, seed));
            }
        }
    }
    all
}

/// What is left of a ratio without the networks of one size.
fn without(
    compared: &Compared<'_>,
    own: Option<Relation>,
    (dimension, size): (Relation, usize),
    of: impl Fn(&NetworkPath<'_>) -> usize,
    seed: u64,
) -> Option<WithoutRecord> {
    let kept: Vec<usize> = (0..compared.networks.len()).filter(|&i| of(&compared.networks[i]) != size).collect();
    let networks: Vec<NetworkPath<'_>> = kept.iter().map(|&i| compared.networks[i].clone()).collect();
    let place = |i: usize| kept.binary_search(&i).ok();
    let left = compared.pairs.iter().zip(&compared.chosen);
    let (pairs, chosen): (Vec<PairRecord>, Vec<(usize, usize)>) =
        left.filter_map(|(pair, &(i, j))| Some((pair.clone(), (place(i)?, place(j)?)))).unzip();
    let rest = Compared { networks: &networks, pairs: &pairs, untrained: None, shuffled: &[], chosen };
    let TravelRecord { pairs, replica_pairs, ratio, chance, .. } = record(&rest, own, 0, &rest.assignments(own, seed))?;
    Some(WithoutRecord { dimension, size, pairs, replica_pairs, ratio: ratio?, chance })
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
    // None of these can be negative.
    let estimate = |of: &dyn Fn(Option<usize>) -> Option<f64>| {
        over_networks(networks, of).map(|one| one.within(0.0, f64::INFINITY))
    };
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
        without: Vec::new(),
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
        .filter_map(|relation| of(relation, MEASURES[0]))
        .flat_map(|one| ratio_sentence(one).into_iter().chain(rests_on(one)))
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

impl WithoutRecord {
    /// The networks that are left out.
    pub fn in_words(&self) -> String {
        match self.dimension {
            Relation::Depth => format!("those of {} layers", self.size),
            _ => format!("those of width {}", self.size),
        }
    }

    /// As [`TravelRecord::holds`], of what is left.
    pub fn holds(&self) -> bool {
        is_farther(Some(&self.ratio), self.chance.as_ref())
    }
}

impl TravelRecord {
    /// Whether the networks are farther apart than replicas, and chance reaches that so rarely that it does not explain it.
    pub fn holds(&self) -> bool {
        is_farther(self.ratio.as_ref(), self.chance.as_ref())
    }
}

fn is_farther(ratio: Option<&Estimate>, chance: Option<&ChanceRecord>) -> bool {
    ratio.is_some_and(|ratio| ratio.value > 1.0) && chance.is_some_and(ChanceRecord::is_excluded)
}

fn subject(record: &TravelRecord) -> &'static str {
    match record.relation {
        Some(Relation::Depth) => "networks that differ in depth alone",
        Some(Relation::Width) => "networks that differ in width alone",
        _ => "networks of different architectures",
    }
}

/// Whether a claim that is made rests on the networks of one size, in a sentence.
fn rests_on(record: &TravelRecord) -> Option<String> {
    if !record.holds() || record.without.is_empty() {
        return None;
    }
    let numbers = |one: &WithoutRecord| {
        let chance = one.chance.as_ref().map_or_else(String::new, |chance| format!(", P = {:.4}", chance.at_least));
        format!("without {} {:.3} times ({}{chance})", one.in_words(), one.ratio.value, one.ratio.interval())
    };
    let lost: Vec<&WithoutRecord> = record.without.iter().filter(|one| !one.holds()).collect();
    let all = |some: &[&WithoutRecord]| some.iter().map(|one| numbers(one)).collect::<Vec<_>>().join(", ");
    Some(if lost.is_empty() {
        let all = all(&record.without.iter().collect::<Vec<_>>());
        format!("That {} do so rests on no single depth or width: {all}.", subject(record))
    } else {
        format!("That {} do so is not supported without some of them: {}.", subject(record), all(&lost))
    })
}

/// How far apart replicas are at every width and every depth, in a sentence.
pub(super) fn replicas_by_size(networks: &[NetworkPath<'_>], pairs: &[PairRecord], unit: &str) -> Option<String> {
    let size = |name: &str, of: fn(&NetworkPath<'_>) -> usize| networks.iter().find(|one| one.network == name).map(of);
    let means = |of: fn(&NetworkPath<'_>) -> usize| -> Vec<(usize, f64)> {
        let mut found: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for pair in pairs.iter().filter(|one| one.relation == Relation::Replica) {
            if let (Some(size), Some(value)) = (size(&pair.first, of), pair.measure(MEASURES[0])) {
                found.entry(size).or_default().push(value);
            }
        }
        found.into_iter().map(|(size, all)| (size, all.iter().sum::<f64>() / all.len() as f64)).collect()
    };
    let listed = |all: Vec<(usize, f64)>| {
        all.iter().map(|(size, mean)| format!("{mean:.3} ({size})")).collect::<Vec<_>>().join(", ")
    };
    let (widths, depths) = (means(|one| one.width), means(|one| one.depth));
    let parts: Vec<String> = [("width", widths), ("number of layers", depths)]
        .into_iter()
        .filter(|(_, all)| all.len() > 1)
        .map(|(what, all)| format!("by {what} {}", listed(all)))
        .collect();
    (!parts.is_empty()).then(|| {
        format!(
            "Two seeds of one architecture are not equally far apart in all of them, at equal shares of the length, mean in {unit}: {}; \
             too few pairs for intervals.",
            parts.join("; ")
        )
    })
}

fn ratio_sentence(record: &TravelRecord) -> Option<String> {
    let ratio = record.ratio?;
    let who = subject(record);
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
