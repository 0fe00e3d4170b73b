//! Normalised Bures similarity: the cosine whose arc is the angular Procrustes distance.

use std::fmt;

use super::activations::{Centred, change, check_stimuli};
use super::properties::{SHAPE, SimilarityProperties};
use crate::Error;
use crate::linalg::{singular_values, transposed_product};
use crate::metric::name::ParsedName;
use crate::representation::Representation;

/// ‖ZₓᵀZ_y‖_*/(‖Zₓ‖‖Z_y‖) of centred activations, ‖·‖_* the nuclear norm; equal to the fidelity
/// tr (K^{1/2} L K^{1/2})^{1/2}/√(tr K tr L) of the centred Gram matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NormalizedBures;

impl NormalizedBures {
    pub(super) fn from_name(name: ParsedName<'_>) -> Result<Self, Error> {
        name.finish(&[])?;
        Ok(Self)
    }

    pub(super) fn score(&self, x: &Representation<'_>, y: &Representation<'_>) -> Result<f64, Error> {
        check_stimuli(self, x, y, 2)?;
        let (x, p) = self.coordinates(x)?;
        let (y, q) = self.coordinates(y)?;
        let m = x.len() / p;
        let nuclear: f64 = singular_values(&transposed_product(&x, &y, p, m, q), p, q)?.iter().sum();
        Ok(nuclear.min(1.0))
    }

    /// Centred activations of unit norm, in at most m coordinates, and how many those are.
    fn coordinates(&self, x: &Representation<'_>) -> Result<(Vec<f64>, usize), Error> {
        let centred = Centred::new(x);
        let length = centred.norm();
        if length == 0.0 {
            return Err(Error::ConstantRows { metric: self.to_string() });
        }
        let (mut entries, n) = if centred.n > centred.m {
            let principal = centred.principal(self)?;
            let (mut left, rank) = (principal.left(principal.rank), principal.rank);
            for row in left.chunks_exact_mut(rank) {
                row.iter_mut().zip(principal.values()).for_each(|(value, s)| *value *= s);
            }
            (left, rank)
        } else {
            (centred.entries, centred.n)
        };
        change(&mut entries, |value| value / length);
        Ok((entries, n))
    }

    #[expect(clippy::unused_self, reason = "the same signature for every similarity")]
    pub(super) fn properties(&self) -> SimilarityProperties {
        SimilarityProperties {
            summary: "cosine after the best rotation, cos of the angular Procrustes distance",
            range: "[0, 1]",
            symmetric: true,
            invariances_x: SHAPE,
            invariances_y: SHAPE,
            minimum_stimuli: 2,
            cost: "m·n·min(m, n)",
            source: "Harvey, Larsen, Williams 2023, arXiv:2311.11436; Williams et al. 2021, arXiv:2110.14739",
            convention: "equals rsatoolbox's `bures` (good to 1e-8 there) and the cosine of netrep's LinearMetric with \
                         alpha=1 and repsim's AngularShapeMetric with alpha=1",
        }
    }
}

impl fmt::Display for NormalizedBures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("normalized-bures")
    }
}
