//! Centring of Gram matrices, in place on the lower triangle (docs/math.md §1.1).

use crate::representation::GramMatrix;

/// Double centring, H K H with H = I − 11ᵀ/m.
pub(super) fn double_center(gram: &mut GramMatrix) {
    let m = gram.stimuli;
    let mut means = vec![0.0; m];
    for i in 0..m {
        for j in 0..i {
            let entry = gram.entries[i * m + j];
            means[i] += entry;
            means[j] += entry;
        }
        means[i] += gram.entries[i * m + i];
    }
    for mean in &mut means {
        *mean /= m as f64;
    }
    let grand = means.iter().sum::<f64>() / m as f64;
    for i in 0..m {
        for j in 0..=i {
            gram.entries[i * m + j] += grand - means[i] - means[j];
        }
    }
}

/// U-centring of the off-diagonal part.
pub(super) fn u_center(gram: &mut GramMatrix) {
    let m = gram.stimuli;
    let mut rows = vec![0.0; m];
    for i in 0..m {
        let mut own = 0.0;
        for j in 0..i {
            let entry = gram.entries[i * m + j];
            own += entry;
            rows[j] += entry;
        }
        rows[i] += own;
    }
    let total: f64 = rows.iter().sum();
    let grand = total / ((m - 1) as f64 * (m - 2) as f64);
    for i in 0..m {
        for j in 0..i {
            gram.entries[i * m + j] += grand - (rows[i] + rows[j]) / (m - 2) as f64;
        }
    }
}
