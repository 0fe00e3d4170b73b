//! Centred kernel alignment: the cosine whose arc is angular CKA.

use std::fmt;

use super::activations::check_stimuli;
use super::properties::SimilarityProperties;
use crate::Error;
use crate::linalg::dot;
use crate::metric::Metric;
use crate::representation::Representation;

/// CKA = ⟨C(K), C(L)⟩/(‖C(K)‖‖C(L)‖), the inner product of two points of angular CKA (docs/math.md §1.1).
///
/// A negative debiased value is a value: independent representations scatter around zero, and it is kept.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cka {
    metric: Metric,
}

impl Cka {
    /// Reads what stands in the brackets as angular CKA does, so that both have the same parameters.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self { metric: format!("angular-{}", text.trim()).parse()? })
    }

    pub(super) fn score(&self, x: &Representation<'_>, y: &Representation<'_>) -> Result<f64, Error> {
        check_stimuli(self, x, y, self.metric.properties().minimum_stimuli)?;
        let p = self.metric.embed(x)?;
        let q = self.metric.embed(y)?;
        Ok(dot(p.coordinates(), q.coordinates()).clamp(-1.0, 1.0))
    }

    pub(super) fn properties(&self) -> SimilarityProperties {
        let of_metric = self.metric.properties();
        SimilarityProperties {
            summary: "cosine of centred Gram matrices",
            range: if self.metric.to_string().contains("estimator=biased") { "[0, 1]" } else { "[−1, 1]" },
            symmetric: true,
            invariances_x: of_metric.invariances,
            invariances_y: of_metric.invariances,
            minimum_stimuli: of_metric.minimum_stimuli,
            cost: "m²n",
            source: of_metric.source,
            convention: "biased = gretton, unbiased = song, masked = lange elsewhere; repsim's AngularCKA calls masked \
                         `unbiased`; netrep's LinearCKA is arccos of biased; rsatoolbox's cosine_cov of squared \
                         Euclidean RDMs is biased; pytorch-cka clamps negative values to 0, here they are kept",
        }
    }
}

impl fmt::Display for Cka {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.metric.to_string();
        f.write_str(name.strip_prefix("angular-").unwrap_or(&name))
    }
}
