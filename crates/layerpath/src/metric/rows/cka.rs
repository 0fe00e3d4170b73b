//! Points of angular CKA for fewer stimuli.
//!
//! A point of angular CKA is the centred Gram matrix C(K) up to a factor. Centring removes from K exactly the terms of
//! the form aᵢ + aⱼ, so C(K) = K + aᵢ + aⱼ off the diagonal; and a second centring, of any submatrix, removes what is left
//! of them. Centring the submatrix of C(K) is therefore the same as centring the submatrix of K:
//!
//! * `biased`: double centring of the submatrix;
//! * `masked`: the rows of H K H sum to zero, so its missing diagonal is minus the sum of the others; then as `biased`;
//! * `unbiased`: U-centring of the submatrix, which never reads the diagonal.
//!
//! For a kernel whose length scale was taken from the data, the restricted point keeps the length scale of all stimuli.

use std::f64::consts::SQRT_2;

use crate::Error;
use crate::geometry::UnitVector;
use crate::linalg::norm;
use crate::metric::{AngularCka, Estimator};
use crate::representation::{GramMatrix, double_center, packed, packed_u_centered};

impl AngularCka {
    pub(super) fn restrict(&self, point: &UnitVector, m: usize, rows: &[usize]) -> Result<UnitVector, Error> {
        let (k, needed) = (rows.len(), self.estimator.minimum_stimuli());
        if k < needed {
            return Err(Error::TooFewStimuli { metric: self.to_string(), needed, given: k });
        }
        let mut gram = self.submatrix(point.coordinates(), m, rows);
        let packed = if self.estimator == Estimator::Unbiased {
            packed_u_centered(gram)
        } else {
            double_center(&mut gram);
            packed(gram, self.estimator == Estimator::Biased)
        };
        // The whole point has norm 1, and each of its k² entries used here is uncertain by about one unit roundoff.
        let (length, rounding) = (norm(&packed), 8.0 * k as f64 * f64::EPSILON);
        if length <= rounding {
            return Err(Error::NoStructure { metric: self.to_string() });
        }
        Ok(UnitVector::normalize(packed)?.with_resolution(point.resolution().max(f64::EPSILON / length)))
    }

    /// The submatrix of C(K), the diagonal restored for `masked`, in the lower triangle of a square buffer.
    pub(super) fn submatrix(&self, packed: &[f64], m: usize, rows: &[usize]) -> GramMatrix {
        let k = rows.len();
        let biased = self.estimator == Estimator::Biased;
        let row_start = |i: usize| if biased { i * (i + 1) / 2 } else { i * i.saturating_sub(1) / 2 };
        let mut diagonal = vec![0.0; m];
        match self.estimator {
            Estimator::Unbiased => {}
            Estimator::Biased => {
                for i in 0..m {
                    diagonal[i] = packed[row_start(i) + i];
                }
            }
            Estimator::Masked => {
                for i in 0..m {
                    for j in 0..i {
                        let entry = packed[row_start(i) + j] / SQRT_2;
                        diagonal[i] -= entry;
                        diagonal[j] -= entry;
                    }
                }
            }
        }
        let mut entries = vec![0.0; k * k];
        for (i, &row) in rows.iter().enumerate() {
            for (j, &column) in rows[..i].iter().enumerate() {
                entries[i * k + j] = packed[row_start(row.max(column)) + row.min(column)] / SQRT_2;
            }
            entries[i * k + i] = diagonal[row];
        }
        GramMatrix { entries, stimuli: k }
    }
}
