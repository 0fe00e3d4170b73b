//! Ranks with ties.

/// Ranks 1 … n of the values; equal values get the average of the ranks they span.
///
/// Values count as equal when the sorted values between them leave no gap above 16·ε·max|value|: dissimilarities that are
/// equal in exact arithmetic (correlations of two units, rotated one-hot labels) are not ordered by their rounding.
pub(super) fn average_ranks(values: &[f64]) -> Vec<f64> {
    let gap = 16.0 * f64::EPSILON * values.iter().fold(0.0_f64, |sofar, value| sofar.max(value.abs()));
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let tied = 1 + order[start..].windows(2).take_while(|pair| values[pair[1]] - values[pair[0]] <= gap).count();
        // Ranks start + 1 … start + tied.
        let average = start as f64 + f64::midpoint(1.0, tied as f64);
        for &i in &order[start..start + tied] {
            ranks[i] = average;
        }
        start += tied;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::average_ranks;

    #[test]
    fn ties_share_their_average() {
        assert_eq!(average_ranks(&[3.0, 1.0, 3.0, 2.0, 3.0]), [4.0, 1.0, 4.0, 2.0, 4.0]);
        assert_eq!(average_ranks(&[0.0, -0.0]), [1.5, 1.5]);
        assert!(average_ranks(&[]).is_empty());
        let third = 1.0_f64 / 3.0;
        assert_eq!(average_ranks(&[1.0 - third, 2.0 * third, 1.0, third + third * 1.000_001]), [1.5, 1.5, 4.0, 3.0]);
    }
}
