//! Similarities that are no metrics: a score of two representations, larger for more alike.
//!
//! CKA, CCA, correlations of dissimilarities, regression and neighbour overlap have no space, no geodesics and no
//! triangle inequality, so none of them is a [`MetricSpace`](crate::geometry::MetricSpace); those with a metric behind
//! them (CKA, normalised Bures) are its cosine. A [`Similarity`] is parsed from a name as a
//! [`Metric`](crate::metric::Metric) is, and its printed form carries every parameter that changes numbers.
//!
//! | name | score | range |
//! | --- | --- | --- |
//! | `cka[estimator=unbiased\|biased\|masked,kernel=linear]` | cosine of centred Gram matrices; parameters as for `angular-cka` | [−1, 1], `biased` [0, 1] |
//! | `cca[summary=mean\|mean-squared\|yanai\|pillai]` | Σρ/k, Σρ²/k, Σρ²/√(r_x·r_y), Σρ² of the canonical correlations ρ, k = min(r_x, r_y) of the ranks | [0, 1], `pillai` [0, k] |
//! | `svcca[variance=0.99]` | Σρ/k of the principal components that explain this share | [0, 1] |
//! | `pwcca` | Σαρ/Σα, αᵢ = Σⱼ\|⟨hᵢ, xⱼ⟩\|, hᵢ the canonical directions of X; not symmetric | [0, 1] |
//! | `rsa[compare=pearson\|spearman\|cosine,rdm=euclidean\|squared-euclidean\|correlation\|cosine]` | correlation of the dissimilarities of all pairs | [−1, 1], `cosine` [0, 1] |
//! | `linear-predictivity[ridge=0]` | R² of the regression of Y on X; not symmetric | [0, 1] |
//! | `mutual-knn[k=10,distance=euclidean\|cosine\|inner-product]` | shared share of the k nearest neighbours | [0, 1] |
//! | `normalized-bures` | ‖XᵀY‖_*/(‖X‖‖Y‖) of centred activations, cos of the angular Procrustes distance | [0, 1] |
//!
//! Three warnings. Canonical correlations and regression need many more stimuli than units: whatever the data, at least
//! r_x + r_y − (m − 1) of the ρ are 1, and R² is 1 once r_x = m − 1; [`HeldOut`] alignment does not flatter itself so.
//! Directions of equal ρ are not unique, so neither are the weights of `pwcca`, which is then undefined. And a score has no absolute
//! meaning: look at untrained networks and shuffled stimuli too.
//!
//! [`aliases`] lists the names that nacloos/similarity-repository (commit 035b3be) uses; they are understood as input.
//!
//! ```
//! use layerpath::{representation::Representation, similarity::Similarity};
//! let x = Representation::new(&[0.0, 1.0, 2.0, 0.5, 1.0, 1.5, 3.0, 0.0, 2.5, 2.0_f64][..], 5, 2)?;
//! let y = Representation::new(&[0.0, 1.0, 1.0, 0.0, 0.2_f64][..], 5, 1)?;
//! let predictivity: Similarity = "linear-predictivity".parse()?;
//! assert!(!predictivity.properties().symmetric);
//! assert!(predictivity.score(&x, &y)? != predictivity.score(&y, &x)?);
//! # Ok::<(), layerpath::Error>(())
//! ```

mod activations;
mod aliases;
mod all_pairs;
mod bures;
mod cca;
mod cka;
mod dissimilarity;
mod folds;
mod held_out;
mod neighbours;
mod predictivity;
mod properties;
mod ranks;
mod rsa;

use std::fmt;
use std::str::FromStr;

pub use aliases::{Alias, aliases};
pub use all_pairs::Measure;
pub use held_out::{Alignment, FittedAlignment, HeldOut, HeldOutScores, ProcrustesScore};
pub use properties::SimilarityProperties;

use crate::Error;
use crate::metric::name::ParsedName;
use crate::representation::Representation;

/// One of the built-in similarities with its parameters.
///
/// ```
/// use layerpath::similarity::Similarity;
/// let similarity: Similarity = "svcca".parse()?;
/// assert_eq!(similarity.to_string(), "svcca[variance=0.99]");
/// assert_eq!("cka-kernel=linear-hsic=song-score".parse::<Similarity>()?, "cka".parse()?);
/// assert!("svcca[variance=2]".parse::<Similarity>().is_err());
/// # Ok::<(), layerpath::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Similarity(Kind);

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Cka(cka::Cka),
    Cca(cca::Cca),
    Svcca(cca::Svcca),
    Pwcca(cca::Pwcca),
    Rsa(rsa::Rsa),
    LinearPredictivity(predictivity::LinearPredictivity),
    MutualKnn(neighbours::MutualKnn),
    NormalizedBures(bures::NormalizedBures),
}

/// The same expression for whichever similarity it is.
macro_rules! each {
    ($kind:expr, $similarity:ident => $value:expr) => {
        match $kind {
            Kind::Cka($similarity) => $value,
            Kind::Cca($similarity) => $value,
            Kind::Svcca($similarity) => $value,
            Kind::Pwcca($similarity) => $value,
            Kind::Rsa($similarity) => $value,
            Kind::LinearPredictivity($similarity) => $value,
            Kind::MutualKnn($similarity) => $value,
            Kind::NormalizedBures($similarity) => $value,
        }
    };
}

impl Similarity {
    /// Names of the built-in similarities, without parameters.
    pub const NAMES: &'static [&'static str] =
        &["cka", "cca", "svcca", "pwcca", "rsa", "linear-predictivity", "mutual-knn", "normalized-bures"];

    /// Every built-in similarity with every combination of its discrete parameters, for listings and tests.
    ///
    /// # Errors
    ///
    /// None: the names are ours.
    pub fn all() -> Result<Vec<Self>, Error> {
        let mut names: Vec<String> = Vec::new();
        names.extend(["unbiased", "biased", "masked"].map(|estimator| format!("cka[estimator={estimator}]")));
        names.extend(["mean", "mean-squared", "yanai", "pillai"].map(|summary| format!("cca[summary={summary}]")));
        names.extend(["svcca", "svcca[variance=0.9]", "pwcca"].map(str::to_owned));
        for compare in ["pearson", "spearman", "cosine"] {
            let rdms = dissimilarity::ROW_KINDS.map(|(rdm, _)| format!("rsa[compare={compare},rdm={rdm}]"));
            names.extend(rdms);
        }
        names.extend(["linear-predictivity", "linear-predictivity[ridge=1]"].map(str::to_owned));
        let distances = ["euclidean", "cosine", "inner-product"];
        names.extend(distances.map(|distance| format!("mutual-knn[distance={distance}]")));
        names.push("normalized-bures".to_owned());
        names.iter().map(|name| name.parse()).collect()
    }

    /// How alike `x` and `y` are, see the table of [the module](self).
    ///
    /// Order matters where [`SimilarityProperties::symmetric`] is false.
    ///
    /// # Errors
    ///
    /// [`Error::DifferentStimuli`], [`Error::TooFewStimuli`]; [`Error::ConstantRows`] where a representation does not tell
    /// any two stimuli apart, [`Error::NoStructure`] and [`Error::Undefined`] where the score would be 0/0.
    pub fn score(&self, x: &Representation<'_>, y: &Representation<'_>) -> Result<f64, Error> {
        each!(&self.0, similarity => similarity.score(x, y))
    }

    /// The map that this similarity fits, where it fits one that can be scored on other stimuli.
    fn alignment(&self) -> Option<Alignment> {
        match &self.0 {
            Kind::LinearPredictivity(predictivity) => Some(Alignment::LinearPredictivity { ridge: predictivity.ridge }),
            Kind::NormalizedBures(_) => Some(Alignment::Procrustes { score: ProcrustesScore::Angular }),
            _ => None,
        }
    }

    /// What holds for this similarity whatever the data.
    pub fn properties(&self) -> SimilarityProperties {
        each!(&self.0, similarity => similarity.properties())
    }
}

impl fmt::Display for Similarity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        each!(&self.0, similarity => similarity.fmt(f))
    }
}

impl FromStr for Similarity {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let resolved = aliases::resolve(text);
        let parsed = |name: &str| -> Result<Self, Error> {
            let parsed = ParsedName::parse(name)?;
            Ok(Self(match parsed.base {
                "cka" => Kind::Cka(cka::Cka::parse(name)?),
                "cca" => Kind::Cca(cca::Cca::from_name(parsed)?),
                "svcca" => Kind::Svcca(cca::Svcca::from_name(parsed)?),
                "pwcca" => Kind::Pwcca(cca::Pwcca::from_name(parsed)?),
                "rsa" => Kind::Rsa(rsa::Rsa::from_name(parsed)?),
                "linear-predictivity" => Kind::LinearPredictivity(predictivity::LinearPredictivity::from_name(parsed)?),
                "mutual-knn" => Kind::MutualKnn(neighbours::MutualKnn::from_name(parsed)?),
                "normalized-bures" => Kind::NormalizedBures(bures::NormalizedBures::from_name(parsed)?),
                unknown => {
                    return Err(name_error(
                        format!("`{unknown}` is no similarity"),
                        format!("known are {}", Self::NAMES.join(", ")),
                    ));
                }
            }))
        };
        parsed(resolved).map_err(|error| in_name(text, error))
    }
}

/// The error with `text` as the name it speaks of.
fn in_name(text: &str, error: Error) -> Error {
    match error {
        Error::MetricName { problem, hint, .. } | Error::SimilarityName { problem, hint, .. } => {
            Error::SimilarityName { name: text.to_owned(), problem, hint }
        }
        other => other,
    }
}

/// An error to which [`in_name`] gives the name.
fn name_error(problem: String, hint: String) -> Error {
    Error::SimilarityName { name: String::new(), problem, hint }
}

/// The number given for `key`, or `default` if the key is not given.
fn take_number<T: FromStr>(
    name: &mut ParsedName<'_>,
    key: &str,
    default: T,
    expected: &str,
    valid: impl Fn(&T) -> bool,
) -> Result<T, Error> {
    let Some(text) = name.take_text(key) else { return Ok(default) };
    text.parse()
        .ok()
        .filter(valid)
        .ok_or_else(|| name_error(format!("unusable {key} `{text}`"), format!("{key} is {expected}")))
}
