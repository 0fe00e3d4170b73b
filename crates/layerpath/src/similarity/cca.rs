//! Canonical correlations and what is made of them: CCA, SVCCA, PWCCA.

use std::fmt;

use super::activations::{Centred, Principal, check_stimuli};
use super::properties::{AFFINE, SHAPE, SimilarityProperties};
use crate::Error;
use crate::linalg::{dot, product, singular_values, thin_svd, transposed_product};
use crate::metric::Invariances;
use crate::metric::name::ParsedName;
use crate::representation::Representation;

/// One number from the canonical correlations ρ₁ … ρ_k, k = min(r_x, r_y) with r the ranks of the centred activations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Summary {
    /// Σρ/k.
    #[default]
    Mean,
    /// Σρ²/k, R²_CCA of Kornblith et al. 2019.
    MeanSquared,
    /// Σρ²/√(r_x r_y), the generalised coefficient of determination of Yanai 1974.
    Yanai,
    /// Σρ², Pillai 1955.
    Pillai,
}

const SUMMARIES: [(&str, Summary); 4] = [
    ("mean", Summary::Mean),
    ("mean-squared", Summary::MeanSquared),
    ("yanai", Summary::Yanai),
    ("pillai", Summary::Pillai),
];

/// Canonical correlations of all directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Cca {
    pub(super) summary: Summary,
}

impl Cca {
    pub(super) fn from_name(mut name: ParsedName<'_>) -> Result<Self, Error> {
        let summary = name.take_choice("summary", &SUMMARIES)?;
        name.finish(&["summary"])?;
        Ok(Self { summary })
    }

    pub(super) fn score(&self, x: &Representation<'_>, y: &Representation<'_>) -> Result<f64, Error> {
        check_stimuli(self, x, y, 2)?;
        let (x, y) = (Centred::new(x).principal(self)?, Centred::new(y).principal(self)?);
        let squares = |rho: &[f64]| rho.iter().map(|rho| rho * rho).sum::<f64>();
        let correlations = canonical_correlations(&x, x.rank, &y, y.rank)?;
        let k = correlations.len() as f64;
        Ok(match self.summary {
            Summary::Mean => correlations.iter().sum::<f64>() / k,
            Summary::MeanSquared => squares(&correlations) / k,
            Summary::Yanai => squares(&correlations) / (x.rank as f64 * y.rank as f64).sqrt(),
            Summary::Pillai => squares(&correlations),
        })
    }

    pub(super) fn properties(&self) -> SimilarityProperties {
        let (summary, range, source, convention) = match self.summary {
            Summary::Mean => (
                "mean canonical correlation",
                "[0, 1]",
                "Hotelling 1936; Raghu et al. 2017, arXiv:1706.05806",
                "google/svcca adds ε to both covariances and drops units below ε, netrep is alpha=0 (arccos of this for \
                 equal ranks); here directions within rounding are dropped and nothing is added",
            ),
            Summary::MeanSquared => (
                "mean squared canonical correlation",
                "[0, 1]",
                "Kornblith et al. 2019, arXiv:1905.00414",
                "R²_CCA of representation_similarity divides by the units of the first; here by the lower rank",
            ),
            Summary::Yanai => (
                "cosine of the projectors on the two column spaces",
                "[0, 1]",
                "Yanai 1974; Ramsay, ten Berge, Styan 1984",
                "Kornblith et al. 2019 call the mean squared correlation Yanai's GCD too; here the denominator is \
                 √(r_x·r_y)",
            ),
            Summary::Pillai => (
                "sum of squared canonical correlations",
                "[0, min(r_x, r_y)]",
                "Pillai 1955",
                "not divided by the number of directions",
            ),
        };
        SimilarityProperties {
            summary,
            range,
            symmetric: true,
            invariances_x: AFFINE,
            invariances_y: AFFINE,
            minimum_stimuli: 2,
            cost: "m·n·min(m, n)",
            source,
            convention,
        }
    }
}

impl fmt::Display for Cca {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let summary = SUMMARIES.iter().find(|(_, value)| *value == self.summary).map_or("", |(name, _)| name);
        write!(f, "cca[summary={summary}]")
    }
}

/// Mean canonical correlation of the leading principal components.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Svcca {
    /// The least share of variance that the components kept must explain, in (0, 1].
    pub(super) variance: f64,
}

impl Svcca {
    pub(super) fn from_name(mut name: ParsedName<'_>) -> Result<Self, Error> {
        let variance =
            super::take_number(&mut name, "variance", 0.99, "a share in (0, 1]", |v: &f64| *v > 0.0 && *v <= 1.0)?;
        name.finish(&["variance"])?;
        Ok(Self { variance })
    }

    /// The least number of components whose squared singular values sum to the share of their total.
    fn components(&self, x: &Principal) -> usize {
        let squares: Vec<f64> = x.values().iter().map(|s| s * s).collect();
        // Half a rounding error of slack, so that variance=1 keeps every component and no more.
        let wanted = self.variance * squares.iter().sum::<f64>() * (1.0 - f64::EPSILON * squares.len() as f64);
        let mut sofar = 0.0;
        for (index, square) in squares.iter().enumerate() {
            sofar += square;
            if self.variance < 1.0 && sofar >= wanted {
                return index + 1;
            }
        }
        x.rank
    }

    pub(super) fn score(&self, x: &Representation<'_>, y: &Representation<'_>) -> Result<f64, Error> {
        check_stimuli(self, x, y, 2)?;
        let (x, y) = (Centred::new(x).principal(self)?, Centred::new(y).principal(self)?);
        let correlations = canonical_correlations(&x, self.components(&x), &y, self.components(&y))?;
        Ok(correlations.iter().sum::<f64>() / correlations.len() as f64)
    }

    pub(super) fn properties(&self) -> SimilarityProperties {
        // With every component kept it is CCA.
        let invariances = if self.variance < 1.0 { SHAPE } else { AFFINE };
        SimilarityProperties {
            summary: "mean canonical correlation of the leading principal components",
            range: "[0, 1]",
            symmetric: true,
            invariances_x: invariances,
            invariances_y: invariances,
            minimum_stimuli: 2,
            cost: "m·n·min(m, n)",
            source: "Raghu et al. 2017, arXiv:1706.05806",
            convention: "variance = sum of squared singular values, least number of components that reaches the share; \
                         google/svcca's tutorial and rtd sum plain singular values, platonic-rep standardises units and \
                         keeps a fixed number",
        }
    }
}

impl fmt::Display for Svcca {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "svcca[variance={}]", self.variance)
    }
}

/// Canonical correlations weighted by how much of X each canonical direction of X accounts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pwcca;

/// Canonical correlations this close have directions that are good to less than half the digits.
const TIED: f64 = 1.5e-8;

impl Pwcca {
    pub(super) fn from_name(name: ParsedName<'_>) -> Result<Self, Error> {
        name.finish(&[])?;
        Ok(Self)
    }

    /// Σαᵢρᵢ/Σαᵢ with αᵢ = Σⱼ|⟨hᵢ, xⱼ⟩|, hᵢ the canonical directions of X as vectors over stimuli and xⱼ its centred
    /// columns. Where some, not all, of the ρ are equal, the weights are not unique and there is no score.
    pub(super) fn score(&self, x: &Representation<'_>, y: &Representation<'_>) -> Result<f64, Error> {
        check_stimuli(self, x, y, 2)?;
        let centred = Centred::new(x);
        let (x, y) = (centred.principal(self)?, Centred::new(y).principal(self)?);
        let left = x.left(x.rank);
        let overlap = transposed_product(&left, &y.left(y.rank), x.rank, x.m(), y.rank);
        let svd = thin_svd(&overlap, x.rank, y.rank)?;
        let k = svd.values.len();
        let (highest, lowest) = (svd.values[0], svd.values[k - 1]);
        if highest - lowest > TIED && svd.values.windows(2).any(|pair| pair[0] - pair[1] <= TIED) {
            return Err(Error::Undefined {
                quantity: self.to_string(),
                reason:
                    "some canonical correlations are equal, so their directions and weights are arbitrary; more units \
                         than stimuli can tell apart do that: use more stimuli, or `cca`"
                        .to_owned(),
            });
        }
        let directions = product(&left, &svd.left, x.m(), x.rank, k);
        let projections = transposed_product(&directions, &centred.entries, k, centred.m, centred.n);
        let weights: Vec<f64> =
            projections.chunks_exact(centred.n).map(|row| row.iter().map(|p| p.abs()).sum()).collect();
        let correlations: Vec<f64> = svd.values.iter().map(|rho| rho.min(1.0)).collect();
        let total: f64 = weights.iter().sum();
        if total <= f64::EPSILON * centred.norm() {
            return Err(Error::Undefined {
                quantity: self.to_string(),
                reason: "no canonical direction accounts for any of the first representation".to_owned(),
            });
        }
        Ok((dot(&weights, &correlations) / total).min(1.0))
    }

    #[expect(clippy::unused_self, reason = "the same signature for every similarity")]
    pub(super) fn properties(&self) -> SimilarityProperties {
        SimilarityProperties {
            summary: "canonical correlations weighted by what they account for in the first representation",
            range: "[0, 1]",
            symmetric: false,
            // The weights are sums of absolute values over units, so the axes of X matter.
            invariances_x: Invariances { translation: true, rotation: false, scaling: true, affine: false },
            invariances_y: AFFINE,
            minimum_stimuli: 2,
            cost: "m·n·min(m, n)",
            source: "Morcos, Raghu, Bengio 2018, arXiv:1806.05759",
            convention: "weights come from the first representation, always; google/svcca takes the one with fewer units \
                         and projects activations that are not centred, sim_metric gives 1 − the score",
        }
    }
}

impl fmt::Display for Pwcca {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("pwcca")
    }
}

/// Canonical correlations of the leading `p` components of X and `q` of Y: the singular values of Q_xᵀQ_y, descending.
fn canonical_correlations(x: &Principal, p: usize, y: &Principal, q: usize) -> Result<Vec<f64>, Error> {
    let overlap = transposed_product(&x.left(p), &y.left(q), p, x.m(), q);
    Ok(singular_values(&overlap, p, q)?.into_iter().map(|rho| rho.min(1.0)).collect())
}
