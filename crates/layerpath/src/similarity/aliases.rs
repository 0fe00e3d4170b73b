//! Names of nacloos/similarity-repository for what is built in here.

/// A name that nacloos/similarity-repository uses, and what it is called here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alias {
    /// Its standard name, with or without `measure/REPOSITORY/` in front.
    pub alias: &'static str,
    /// The [`Similarity`](super::Similarity), or [`HeldOut`](super::HeldOut) where the alias says `cv`.
    pub name: &'static str,
    /// Where implementations registered there differ from ours, or nothing.
    pub difference: &'static str,
}

const SAME: &str = "";
const CV: &str = "folds there depend on the package (scikit-learn's contiguous ones, or shuffled without a seed)";

const ALIASES: &[Alias] = &[
    Alias { alias: "cka-kernel=linear-hsic=song-score", name: "cka[estimator=unbiased]", difference: SAME },
    Alias { alias: "cka-kernel=linear-hsic=gretton-score", name: "cka[estimator=biased]", difference: SAME },
    Alias { alias: "cka-kernel=linear-hsic=lange-score", name: "cka[estimator=masked]", difference: SAME },
    Alias {
        alias: "cca-score",
        name: "cca[summary=mean]",
        difference: "svcca, rtd and contrasim add ε to covariances",
    },
    Alias {
        alias: "cca-squared_score",
        name: "cca[summary=mean-squared]",
        difference: "representation_similarity divides by the units of the first, here by the lower rank",
    },
    Alias {
        alias: "svcca-var=0.99-score",
        name: "svcca[variance=0.99]",
        difference: "scikit-learn's PCA keeps one more component when the share is met exactly",
    },
    Alias {
        alias: "svcca-var=0.95-score",
        name: "svcca[variance=0.95]",
        difference: "scikit-learn's PCA keeps one more component when the share is met exactly",
    },
    Alias {
        alias: "pwcca-score",
        name: "pwcca",
        difference: "svcca takes the weights of the one with fewer units, from activations that are not centred",
    },
    Alias { alias: "nbs-score", name: "normalized-bures", difference: SAME },
    Alias {
        alias: "procrustes-score",
        name: "normalized-bures",
        difference: "some packages registered there do not centre or do not normalise",
    },
    Alias { alias: "rsa-rdm=euclidean-compare=pearson", name: "rsa[compare=pearson,rdm=euclidean]", difference: SAME },
    Alias {
        alias: "rsa-rdm=euclidean-compare=spearman",
        name: "rsa[compare=spearman,rdm=euclidean]",
        difference: SAME,
    },
    Alias {
        alias: "rsa-rdm=squared_euclidean-compare=pearson",
        name: "rsa[compare=pearson,rdm=squared-euclidean]",
        difference: SAME,
    },
    Alias {
        alias: "rsa-rdm=squared_euclidean-compare=spearman",
        name: "rsa[compare=spearman,rdm=squared-euclidean]",
        difference: SAME,
    },
    Alias {
        alias: "rsa-rdm=squared_euclidean-compare=cosine",
        name: "rsa[compare=cosine,rdm=squared-euclidean]",
        difference: SAME,
    },
    Alias {
        alias: "rsa-rdm=squared_euclidean-compare=cosine_cov",
        name: "cka[estimator=biased]",
        difference: "equal to it up to rounding",
    },
    Alias {
        alias: "rsa-rdm=squared_euclidean-compare=bures",
        name: "normalized-bures",
        difference: "equal to it; good to 1e-8 there",
    },
    Alias {
        alias: "rsa-rdm=correlation-compare=pearson",
        name: "rsa[compare=pearson,rdm=correlation]",
        difference: SAME,
    },
    Alias {
        alias: "rsa-rdm=correlation-compare=spearman",
        name: "rsa[compare=spearman,rdm=correlation]",
        difference: SAME,
    },
    Alias {
        alias: "rsa-rdm=correlation-compare=cosine",
        name: "rsa[compare=cosine,rdm=correlation]",
        difference: SAME,
    },
    Alias { alias: "rsa-rdm=cosine-compare=pearson", name: "rsa[compare=pearson,rdm=cosine]", difference: SAME },
    Alias { alias: "rsa-rdm=cosine-compare=spearman", name: "rsa[compare=spearman,rdm=cosine]", difference: SAME },
    Alias {
        alias: "linear_regression",
        name: "linear-predictivity[ridge=0]",
        difference: "resi predicts the first from the second: exchange the arguments",
    },
    Alias {
        alias: "ridge-lambda=1-r2",
        name: "linear-predictivity[ridge=1]",
        difference: "brain_language_nlp averages the R² of each unit; here variance is summed over units",
    },
    Alias {
        alias: "mutual_knn-topk=10",
        name: "mutual-knn[k=10,distance=inner-product]",
        difference: "other k: mutual-knn[k=…]; platonic's scripts normalise rows first: distance=cosine",
    },
    Alias {
        alias: "procrustes-distance=angular-cv=5folds",
        name: "held-out-procrustes[score=angular,folds=5,seed=0]",
        difference: CV,
    },
    Alias {
        alias: "nbs-distance=angular-cv=5folds",
        name: "held-out-procrustes[score=angular,folds=5,seed=0]",
        difference: CV,
    },
    Alias {
        alias: "linear_regression-r2-cv=5folds",
        name: "held-out-linear-predictivity[ridge=0,folds=5,seed=0]",
        difference: "deepdive averages the R² of each unit, against the mean of the test stimuli",
    },
    Alias {
        alias: "ridge-lambda=1-r2-cv=5folds",
        name: "held-out-linear-predictivity[ridge=1,folds=5,seed=0]",
        difference: "deepdive averages the R² of each unit, against the mean of the test stimuli",
    },
];

/// Names of nacloos/similarity-repository (commit 035b3be, `similarity/types/__init__.py`) that are understood as input;
/// what is printed is always our own name.
///
/// ```
/// use layerpath::similarity::{Similarity, aliases};
/// let alias = aliases().iter().find(|alias| alias.alias == "nbs-score").unwrap();
/// assert_eq!(alias.name, "normalized-bures");
/// assert_eq!("measure/netrep/nbs-score".parse::<Similarity>()?.to_string(), "normalized-bures");
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn aliases() -> &'static [Alias] {
    ALIASES
}

/// Our name for an alias, any other text unchanged.
pub(super) fn resolve(text: &str) -> &str {
    let trimmed = text.trim();
    let standard = match trimmed.strip_prefix("measure/") {
        Some(rest) => rest.split_once('/').map_or(rest, |(_, name)| name),
        None => trimmed,
    };
    ALIASES.iter().find(|alias| alias.alias == standard).map_or(text, |alias| alias.name)
}
