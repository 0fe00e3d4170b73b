//! Dissimilarity of two stimuli: of two rows of activations.

use std::fmt::Display;

use rayon::prelude::*;

use super::activations::{Scaled, change};
use super::properties::SHAPE;
use crate::Error;
use crate::linalg::{dot, norm};
use crate::metric::Invariances;

/// How dissimilar rows x and y are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum RowKind {
    /// ‖x − y‖.
    #[default]
    Euclidean,
    /// ‖x − y‖².
    SquaredEuclidean,
    /// 1 − Pearson correlation across units.
    Correlation,
    /// 1 − ⟨x, y⟩/(‖x‖‖y‖).
    Cosine,
}

pub(super) const ROW_KINDS: [(&str, RowKind); 4] = [
    ("euclidean", RowKind::Euclidean),
    ("squared-euclidean", RowKind::SquaredEuclidean),
    ("correlation", RowKind::Correlation),
    ("cosine", RowKind::Cosine),
];

impl RowKind {
    pub(super) fn name(self) -> &'static str {
        ROW_KINDS.iter().find(|(_, value)| *value == self).map_or("", |(name, _)| name)
    }

    /// What leaves all dissimilarities alone, up to one common factor.
    pub(super) fn invariances(self) -> Invariances {
        match self {
            Self::Euclidean | Self::SquaredEuclidean => SHAPE,
            Self::Correlation => Invariances { translation: false, rotation: false, scaling: true, affine: false },
            Self::Cosine => Invariances { translation: false, rotation: true, scaling: true, affine: false },
        }
    }
}

/// Rows prepared so that a dissimilarity is a function of their difference: equal rows are exactly 0 apart, and rows that
/// are equally far apart in exact arithmetic (one-hot labels) are so in floating point.
pub(super) struct Rows {
    x: Scaled,
    kind: RowKind,
}

impl Rows {
    /// # Errors
    ///
    /// [`Error::Undefined`] if a row has no direction and the dissimilarity needs one.
    pub(super) fn new(mut x: Scaled, kind: RowKind, similarity: &dyn Display) -> Result<Self, Error> {
        if matches!(kind, RowKind::Correlation | RowKind::Cosine) {
            let n = x.n;
            for (index, row) in x.entries.chunks_exact_mut(n).enumerate() {
                let before = norm(row);
                if kind == RowKind::Correlation {
                    let first = row[0];
                    change(row, |value| value - first);
                    let mean = row.iter().sum::<f64>() / n as f64;
                    change(row, |value| value - mean);
                }
                let length = norm(row);
                if length <= 4.0 * f64::EPSILON * before {
                    let what = if kind == RowKind::Correlation { "equal in all units" } else { "zero in all units" };
                    return Err(Error::Undefined {
                        quantity: similarity.to_string(),
                        reason: format!(
                            "the activations of stimulus {index} (counted from 0) are {what}, so it has no {} with \
                             others; leave it out or use Euclidean distances",
                            kind.name()
                        ),
                    });
                }
                change(row, |value| value / length);
            }
        }
        Ok(Self { x, kind })
    }

    pub(super) fn dissimilarity(&self, i: usize, j: usize) -> f64 {
        let difference: Vec<f64> = self.x.row(i).iter().zip(self.x.row(j)).map(|(a, b)| a - b).collect();
        match self.kind {
            RowKind::Euclidean => norm(&difference),
            RowKind::SquaredEuclidean => dot(&difference, &difference),
            // For unit rows, 1 − ⟨u, v⟩ without cancellation.
            RowKind::Correlation | RowKind::Cosine => dot(&difference, &difference) / 2.0,
        }
    }

    /// Dissimilarities of all pairs i < j, in the order of the upper triangle row after row.
    pub(super) fn pairs(&self) -> Vec<f64> {
        let m = self.x.m;
        let rows: Vec<Vec<f64>> =
            (0..m).into_par_iter().map(|i| (i + 1..m).map(|j| self.dissimilarity(i, j)).collect()).collect();
        rows.concat()
    }
}
