//! Seeded folds of stimuli.

/// SplitMix64 (Steele, Lea, Flood 2014): a few lines whose values never change with a library version.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, every one equally likely.
    fn below(&mut self, bound: u64) -> u64 {
        // Numbers from the incomplete last round of `bound` would favour small results.
        let accepted = u64::MAX - u64::MAX % bound;
        loop {
            let number = self.next();
            if number < accepted {
                return number % bound;
            }
        }
    }
}

/// The stimuli 0 … m−1 dealt at random into folds whose sizes differ by at most one, each in ascending order.
pub(super) fn folds(m: usize, count: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..m).collect();
    let mut generator = SplitMix64(seed);
    for last in (1..m).rev() {
        let other = generator.below(last as u64 + 1);
        order.swap(last, usize::try_from(other).unwrap_or(last));
    }
    (0..count)
        .map(|fold| {
            let mut chosen: Vec<usize> = order.iter().skip(fold).step_by(count).copied().collect();
            chosen.sort_unstable();
            chosen
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{SplitMix64, folds};

    #[test]
    fn the_generator_is_the_published_one() {
        let mut generator = SplitMix64(1_234_567);
        assert_eq!(generator.next(), 6_457_827_717_110_365_317);
        assert_eq!(generator.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn every_stimulus_is_in_one_fold() {
        for (m, count) in [(10, 5), (11, 3), (7, 7), (23, 2)] {
            let dealt = folds(m, count, 9);
            let mut all = dealt.concat();
            all.sort_unstable();
            assert_eq!(all, (0..m).collect::<Vec<_>>());
            assert!(dealt.iter().all(|fold| (m / count..=m.div_ceil(count)).contains(&fold.len())));
            assert_eq!(dealt, folds(m, count, 9));
        }
        assert_ne!(folds(30, 5, 1), folds(30, 5, 2));
        assert_ne!(folds(30, 5, 1)[0], (0..30).step_by(5).collect::<Vec<_>>());
    }
}
