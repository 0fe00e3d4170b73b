//! What depth, width and the order of layers are compared with: chance.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::NetworkPath;

/// Random assignments of networks to architectures. Every one is a look-up in the table of pairs, so there can be many.
pub(super) const ASSIGNMENTS: usize = 1999;

/// For each of `shuffles` repeats and each network an order of its layers, the end points where they are.
pub(super) fn orders(networks: &[NetworkPath<'_>], shuffles: usize, seed: u64) -> Vec<Vec<Vec<usize>>> {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let mut order = |n: usize| {
        let mut order: Vec<usize> = (0..n).collect();
        if n > 3 {
            order[1..n - 1].shuffle(&mut generator);
        }
        order
    };
    (0..shuffles).map(|_| networks.iter().map(|one| order(one.places.len())).collect()).collect()
}

/// [`ASSIGNMENTS`] permutations of the networks, each within those for which `block` is the same.
pub(super) fn assignments(blocks: &[usize], seed: u64) -> Vec<Vec<usize>> {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let mut kinds: Vec<usize> = blocks.to_vec();
    kinds.sort_unstable();
    kinds.dedup();
    let members: Vec<Vec<usize>> =
        kinds.iter().map(|kind| (0..blocks.len()).filter(|&place| blocks[place] == *kind).collect()).collect();
    (0..ASSIGNMENTS)
        .map(|_| {
            let mut assigned: Vec<usize> = (0..blocks.len()).collect();
            for own in &members {
                let mut shuffled = own.clone();
                shuffled.shuffle(&mut generator);
                own.iter().zip(shuffled).for_each(|(&place, other)| assigned[place] = other);
            }
            assigned
        })
        .collect()
}
