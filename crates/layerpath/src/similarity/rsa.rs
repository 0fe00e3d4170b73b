//! Representational similarity analysis: how alike two dissimilarity matrices are.

use std::fmt;

use super::activations::{Scaled, change, check_stimuli};
use super::dissimilarity::{ROW_KINDS, RowKind, Rows};
use super::properties::SimilarityProperties;
use super::ranks::average_ranks;
use crate::Error;
use crate::linalg::{dot, norm};
use crate::metric::name::ParsedName;
use crate::representation::Representation;

/// How the dissimilarities of all pairs of stimuli are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Comparison {
    /// Pearson correlation.
    #[default]
    Pearson,
    /// Pearson correlation of ranks, ties given their average rank.
    Spearman,
    /// Cosine, without subtracting the mean.
    Cosine,
}

const COMPARISONS: [(&str, Comparison); 3] =
    [("pearson", Comparison::Pearson), ("spearman", Comparison::Spearman), ("cosine", Comparison::Cosine)];

/// Correlation over pairs i < j of the dissimilarities of stimuli i and j.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Rsa {
    compare: Comparison,
    rdm: RowKind,
}

impl Rsa {
    pub(super) fn from_name(mut name: ParsedName<'_>) -> Result<Self, Error> {
        let compare = name.take_choice("compare", &COMPARISONS)?;
        let rdm = name.take_choice("rdm", &ROW_KINDS)?;
        name.finish(&["compare", "rdm"])?;
        Ok(Self { compare, rdm })
    }

    pub(super) fn score(&self, x: &Representation<'_>, y: &Representation<'_>) -> Result<f64, Error> {
        check_stimuli(self, x, y, 3)?;
        let dissimilarities = |x: &Representation<'_>| -> Result<Vec<f64>, Error> {
            let pairs = Rows::new(Scaled::new(x), self.rdm, self)?.pairs();
            Ok(if self.compare == Comparison::Spearman { average_ranks(&pairs) } else { pairs })
        };
        let unit = |x: &Representation<'_>| -> Result<Vec<f64>, Error> {
            let mut pairs = dissimilarities(x)?;
            let before = norm(&pairs);
            if before == 0.0 {
                return Err(Error::ConstantRows { metric: self.to_string() });
            }
            if self.compare != Comparison::Cosine {
                subtract_mean(&mut pairs);
            }
            let length = norm(&pairs);
            // Rounding of equal dissimilarities leaves about this much.
            if length <= 4.0 * f64::EPSILON * before {
                return Err(Error::Undefined {
                    quantity: self.to_string(),
                    reason: "every pair of stimuli is equally dissimilar, so there is nothing to correlate; use more \
                             stimuli a class or another comparison"
                        .to_owned(),
                });
            }
            change(&mut pairs, |value| value / length);
            Ok(pairs)
        };
        Ok(dot(&unit(x)?, &unit(y)?).clamp(-1.0, 1.0))
    }

    pub(super) fn properties(&self) -> SimilarityProperties {
        SimilarityProperties {
            summary: match self.compare {
                Comparison::Pearson => "correlation of the dissimilarities of all pairs of stimuli",
                Comparison::Spearman => "rank correlation of the dissimilarities of all pairs of stimuli",
                Comparison::Cosine => "cosine of the dissimilarities of all pairs of stimuli",
            },
            range: if self.compare == Comparison::Cosine { "[0, 1]" } else { "[−1, 1]" },
            symmetric: true,
            invariances_x: self.rdm.invariances(),
            invariances_y: self.rdm.invariances(),
            minimum_stimuli: 3,
            cost: "m²n",
            source: "Kriegeskorte, Mur, Bandettini 2008",
            convention: "rsatoolbox's `euclidean` RDM is squared and divided by the number of units, here \
                         `squared-euclidean` (the division changes no correlation); ties get average ranks as in SciPy, but within rounding, not only exact",
        }
    }
}

impl fmt::Display for Rsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let compare = COMPARISONS.iter().find(|(_, value)| *value == self.compare).map_or("", |(name, _)| name);
        write!(f, "rsa[compare={compare},rdm={}]", self.rdm.name())
    }
}

/// Shifted by the first value beforehand, so that equal values become exactly zero.
fn subtract_mean(values: &mut [f64]) {
    let first = values.first().copied().unwrap_or(0.0);
    change(values, |value| value - first);
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    change(values, |value| value - mean);
}
