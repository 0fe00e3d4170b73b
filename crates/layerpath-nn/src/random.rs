//! Independent random streams, each the key of a ChaCha8 generator.
//!
//! A stream is named by (seed, purpose, epoch, position); the four numbers *are* the 256-bit key,
//! so two streams never share values and none depends on how many numbers another has used. That
//! is what makes a resumed run equal an uninterrupted one.

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a stream is used for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// Initial weights; position = index of the tensor.
    Weights = 1,
    /// Order of the training images; epoch.
    Order = 2,
    /// Crops and flips; epoch, position = index of the image.
    Augmentation = 3,
    /// Built-in images; epoch 0 = training, 1 = test, position = index of the image.
    Images = 4,
}

/// The generator named by (seed, purpose, epoch, position).
pub(crate) fn stream(seed: u64, purpose: Purpose, epoch: u64, position: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    for (bytes, number) in key.chunks_exact_mut(8).zip([seed, purpose as u64, epoch, position]) {
        bytes.copy_from_slice(&number.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

/// A number uniform in [0, 1).
pub(crate) fn uniform(generator: &mut ChaCha8Rng) -> f64 {
    (generator.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// A number uniform in [low, high).
pub(crate) fn between(generator: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * uniform(generator)
}

/// An index uniform in 0..n, without the bias of a plain remainder; 0 where n is 0.
pub(crate) fn below(generator: &mut ChaCha8Rng, n: usize) -> usize {
    if n == 0 {
        return 0;
    }
    let n = n as u64;
    let accepted = u64::MAX - u64::MAX % n;
    loop {
        let draw = generator.next_u64();
        if draw < accepted {
            return (draw % n) as usize;
        }
    }
}

/// A random permutation of 0..n (Fisher–Yates).
pub(crate) fn permutation(generator: &mut ChaCha8Rng, n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for last in (1..n).rev() {
        let other = below(generator, last + 1);
        order.swap(last, other);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_in_every_part_of_their_name() {
        let first = |seed, purpose, epoch, position| stream(seed, purpose, epoch, position).next_u64();
        let reference = first(1, Purpose::Order, 2, 3);
        assert_eq!(reference, first(1, Purpose::Order, 2, 3));
        assert_ne!(reference, first(2, Purpose::Order, 2, 3));
        assert_ne!(reference, first(1, Purpose::Weights, 2, 3));
        assert_ne!(reference, first(1, Purpose::Order, 3, 3));
        assert_ne!(reference, first(1, Purpose::Order, 2, 4));
    }

    #[test]
    fn permutations_hold_every_index_once() {
        let order = permutation(&mut stream(5, Purpose::Order, 0, 0), 1000);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
        assert_ne!(order, sorted);
    }

    #[test]
    fn indices_are_uniform() {
        let mut generator = stream(6, Purpose::Order, 0, 0);
        let mut counts = [0; 9];
        for _ in 0..9000 {
            counts[below(&mut generator, 9)] += 1;
        }
        // Five standard deviations of a binomial count: 5 * sqrt(9000 * 1/9 * 8/9) = 149.
        assert!(counts.iter().all(|&count: &i32| (count - 1000).abs() < 150), "{counts:?}");
    }
}
