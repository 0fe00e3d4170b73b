//! Centring of Gram matrices, in place on the lower triangle (docs/math.md §1.1).

use rayon::prelude::*;

use crate::representation::GramMatrix;

/// Rows that one task sums.
const BLOCK: usize = 64;

/// Double centring, H K H with H = I − 11ᵀ/m.
pub(super) fn double_center(gram: &mut GramMatrix) {
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

/// U-centring of the off-diagonal part.
pub(super) fn u_center(gram: &mut GramMatrix) {
    let m = gram.stimuli;
    let mut rows = row_sums(gram, false);
    let total: f64 = rows.iter().sum();
    let grand = total / ((m - 1) as f64 * (m - 2) as f64);
    for sum in &mut rows {
        *sum /= (m - 2) as f64;
    }
    gram.entries.par_chunks_mut(m).enumerate().with_min_len(BLOCK).for_each(|(i, row)| {
        let own = rows[i];
        for (entry, other) in row[..i].iter_mut().zip(&rows) {
            *entry += grand - (own + other);
        }
    });
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
