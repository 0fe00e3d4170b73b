//! Centring of Gram matrices, on the lower triangle, and their coordinates (docs/math.md §1.1).

use std::f64::consts::SQRT_2;

use rayon::prelude::*;

use super::GramMatrix;
use crate::linalg::Scratch;

/// Rows that one task sums.
const BLOCK: usize = 64;

/// Double centring, H K H with H = I − 11ᵀ/m.
pub(crate) fn double_center(gram: &mut GramMatrix) {
    let m = gram.stimuli;
    let mut means = row_sums(gram, true);
    for mean in &mut means {
        *mean /= m as f64;
    }
    let grand = means.iter().sum::<f64>() / m as f64;
    gram.entries.par_chunks_mut(m).enumerate().with_min_len(BLOCK).for_each(|(i, row)| {
        for (entry, mean) in row[..=i].iter_mut().zip(&means) {
            *entry += grand - means[i] - mean;
        }
    });
}

/// The lower triangle row after row, off-diagonal entries times √2, with its diagonal or without.
pub(crate) fn packed(gram: GramMatrix, keep_diagonal: bool) -> Vec<f64> {
    pack(gram, keep_diagonal, |_, row| {
        for entry in row {
            *entry *= SQRT_2;
        }
    })
}

/// The same without its diagonal, after U-centring.
pub(crate) fn packed_u_centered(gram: GramMatrix) -> Vec<f64> {
    let m = gram.stimuli;
    let mut rows = row_sums(&gram, false);
    let total: f64 = rows.iter().sum();
    let grand = total / ((m - 1) as f64 * (m - 2) as f64);
    for sum in &mut rows {
        *sum /= (m - 2) as f64;
    }
    pack(gram, false, |i, row| {
        let own = rows[i];
        for (entry, other) in row.iter_mut().zip(&rows) {
            *entry = (*entry + (grand - (own + other))) * SQRT_2;
        }
    })
}

/// The lower triangle row after row; `change` gets the number of a row and its entries before the diagonal.
fn pack(gram: GramMatrix, keep_diagonal: bool, change: impl Fn(usize, &mut [f64]) + Sync) -> Vec<f64> {
    let (m, diagonal) = (gram.stimuli, usize::from(keep_diagonal));
    let mut entries = gram.entries;
    let length = m * (m - 1) / 2 + diagonal * m;
    if !Scratch::<f64>::is_kept(entries.len()) {
        // In its own buffer, where two would take too much; row by row the target never overtakes the source.
        let mut next = 0;
        for i in 0..m {
            entries.copy_within(i * m..i * m + i + diagonal, next);
            change(i, &mut entries[next..next + i]);
            next += i + diagonal;
        }
        entries.truncate(length);
        entries.shrink_to_fit();
        return entries;
    }
    let entries = Scratch::from(entries);
    let mut all = vec![0.0; length];
    let (mut rest, mut blocks) = (&mut all[..], Vec::new());
    for start in (0..m).step_by(BLOCK) {
        let rows = start..(start + BLOCK).min(m);
        let (own, right) = rest.split_at_mut(rows.clone().map(|row| row + diagonal).sum());
        rest = right;
        blocks.push((rows, own));
    }
    blocks.into_par_iter().with_max_len(1).for_each(|(rows, mut own)| {
        for i in rows {
            let (out, right) = own.split_at_mut(i + diagonal);
            own = right;
            out.copy_from_slice(&entries[i * m..][..i + diagonal]);
            change(i, &mut out[..i]);
        }
    });
    all
}

/// Sums of the rows of the whole symmetric matrix.
fn row_sums(gram: &GramMatrix, with_diagonal: bool) -> Vec<f64> {
    let m = gram.stimuli;
    let parts: Vec<Vec<f64>> = gram
        .entries
        .par_chunks(BLOCK * m.max(1))
        .enumerate()
        .map(|(block, rows)| {
            let mut sums = vec![0.0; m];
            for (i, row) in (block * BLOCK..).zip(rows.chunks_exact(m)) {
                let mut lanes = [0.0; 4];
                for (place, (&entry, sum)) in row[..i].iter().zip(&mut sums).enumerate() {
                    lanes[place % 4] += entry;
                    *sum += entry;
                }
                sums[i] += lanes.iter().sum::<f64>() + if with_diagonal { row[i] } else { 0.0 };
            }
            sums
        })
        .collect();
    let mut sums = vec![0.0; m];
    for part in &parts {
        for (sum, term) in sums.iter_mut().zip(part) {
            *sum += term;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_matrices_are_packed_as_small_ones_are() {
        for m in [5, 70, 1500] {
            let gram = GramMatrix { entries: (0..m * m).map(|i| (i % 997) as f64 - 300.0).collect(), stimuli: m };
            assert_eq!(Scratch::<f64>::is_kept(m * m), m < 1500);
            for diagonal in [true, false] {
                let all = packed(gram.clone(), diagonal);
                let mut expected = Vec::new();
                for i in 0..m {
                    expected.extend((0..i).map(|j| gram.get(i, j) * SQRT_2));
                    expected.extend(diagonal.then(|| gram.get(i, i)));
                }
                assert_eq!(all, expected, "m = {m}");
            }
            let centred = packed_u_centered(gram);
            let mut rows = vec![0.0; m];
            for i in 0..m {
                for j in 0..i {
                    let entry = centred[i * (i - 1) / 2 + j];
                    rows[i] += entry;
                    rows[j] += entry;
                }
            }
            assert!(rows.iter().all(|sum| sum.abs() < 1e-12 * (m * m) as f64 * 1000.0), "m = {m}");
        }
    }
}
