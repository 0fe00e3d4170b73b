//! Which layer of one network is nearest to which of another: whether these matches keep the order of layers.

use serde::{Deserialize, Serialize};

use super::estimate::{mean_of_pairs, over_networks};
use super::{Estimate, Grid, PairRecord, Relation};
use crate::study::BaselineRange;

/// How often nearest layers come in the same order, over all pairs of networks that stand in a relation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NearestRecord {
    /// What the networks of a pair have in common; `None` for any two of different architectures.
    pub relation: Option<Relation>,
    /// Pairs of networks.
    pub pairs: usize,
    /// Mean of [`PairRecord::order_kept`] over the pairs.
    pub order_kept: Estimate,
    /// The same before training.
    pub untrained: Option<Estimate>,
    /// The same where the layers in which the nearest is looked for stand in random order, end points kept: chance.
    pub shuffled_order: Option<BaselineRange>,
}

/// Share of pairs of layers whose nearest layers come in the same order, ties half, the mean of both directions; `None` for
/// single layers.
pub(super) fn order_kept(forward: &[usize], backward: &[usize]) -> Option<f64> {
    let share = |nearest: &[usize]| {
        let n = nearest.len();
        let mut kept = 0.0;
        for (i, one) in nearest.iter().enumerate() {
            for other in &nearest[i + 1..] {
                kept += match one.cmp(other) {
                    std::cmp::Ordering::Less => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Greater => 0.0,
                };
            }
        }
        (n > 1).then(|| kept / (n * (n - 1) / 2) as f64)
    };
    Some(f64::midpoint(share(forward)?, share(backward)?))
}

/// The shares for every relation that occurs, different architectures taken together first.
pub(super) fn records(
    grid: &Grid<'_>,
    pairs: &[PairRecord],
    untrained: Option<&[PairRecord]>,
    orders: &[Vec<Vec<usize>>],
) -> Vec<NearestRecord> {
    let chosen = grid.chosen();
    // Where each layer stands in each order.
    let standing: Vec<Vec<Vec<usize>>> = orders
        .iter()
        .map(|repeat| {
            let inverse = |order: &Vec<usize>| {
                let mut places = vec![0; order.len()];
                order.iter().enumerate().for_each(|(place, &layer)| places[layer] = place);
                places
            };
            repeat.iter().map(inverse).collect()
        })
        .collect();
    let relations = [None, Some(Relation::Replica), Some(Relation::Depth), Some(Relation::Width), Some(Relation::Both)];
    let record = |own: Option<Relation>| {
        let places: Vec<usize> = (0..pairs.len()).filter(|&place| pairs[place].relation.is_among(own)).collect();
        let mean = |pairs: &[PairRecord], left| mean_of_pairs(&places, &chosen, left, |place| pairs[place].order_kept);
        let estimate = |pairs: &[PairRecord]| {
            over_networks(grid.networks, |left| mean(pairs, left)).map(|one| one.within(0.0, 1.0))
        };
        let shuffled = |standing: &Vec<Vec<usize>>| {
            let one = |&place: &usize| {
                let (i, j) = chosen[place];
                let moved = |nearest: &[usize], network: usize| -> Vec<usize> {
                    nearest.iter().map(|&layer| standing[network][layer]).collect()
                };
                order_kept(&moved(&pairs[place].nearest_in_second, j), &moved(&pairs[place].nearest_in_first, i))
            };
            let values: Option<Vec<f64>> = places.iter().map(one).collect();
            values.map(|values| values.iter().sum::<f64>() / values.len() as f64)
        };
        Some(NearestRecord {
            relation: own,
            pairs: places.len(),
            order_kept: estimate(pairs)?,
            untrained: untrained.and_then(estimate),
            shuffled_order: BaselineRange::of(standing.iter().filter_map(shuffled).collect()),
        })
    };
    relations.into_iter().filter_map(record).collect()
}

/// What the records say of different architectures; none without a chance level.
pub(super) fn sentence(records: &[NearestRecord]) -> Option<String> {
    let any = records.iter().find(|one| one.relation.is_none())?;
    let chance = any.shuffled_order?;
    let untrained =
        any.untrained.map_or_else(String::new, |one| format!("; before training {:.3}, {}", one.value, one.interval()));
    let replicas = records.iter().find(|one| one.relation == Some(Relation::Replica)).map_or_else(String::new, |one| {
        format!("; between replicas {:.3}, {}", one.order_kept.value, one.order_kept.interval())
    });
    let numbers = format!(
        "{:.3} of pairs of layers, {}; {:.3} ({:.3} to {:.3}) with the other’s layers in random order{untrained}{replicas}",
        any.order_kept.value,
        any.order_kept.interval(),
        chance.median,
        chance.low,
        chance.high
    );
    let claim =
        "two layers of one network and the layers of another architecture nearest to them come in the same order";
    Some(if any.order_kept.is_above(chance.high) {
        format!("Mostly, {claim} ({numbers}).")
    } else {
        format!("The data do not support that, more often than by chance, {claim} ({numbers}).")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_by_hand() {
        assert_eq!(order_kept(&[0, 1, 2], &[0, 1, 2]), Some(1.0));
        assert_eq!(order_kept(&[2, 1, 0], &[2, 1, 0]), Some(0.0));
        // Forward: 0 < 2 kept, 0 and 0 a tie, 2 > 0 not: 1.5 of 3. Backward all ties.
        assert_eq!(order_kept(&[0, 2, 0], &[1, 1]), Some(0.5));
        assert_eq!(order_kept(&[0, 2, 2], &[0, 1]), Some(f64::midpoint(2.5 / 3.0, 1.0)));
        assert_eq!(order_kept(&[0], &[0, 1]), None);
    }
}
