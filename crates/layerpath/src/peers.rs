//! What other packages do otherwise: differences of convention, their size, and the reason for ours.
//!
//! `docs/differences.md` is this list for people; a test keeps the two the same, and others check the sizes against
//! the values of the packages themselves (`golden/`).

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::Error;

/// A package whose conventions can be asked for by name ([`Metric::under`](crate::metric::Metric::under)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Peer {
    /// wrongu/repsim.
    Repsim,
    /// ahwillia/netrep.
    Netrep,
    /// rsagroup/rsatoolbox.
    Rsatoolbox,
}

const PEERS: [(&str, Peer); 3] = [("repsim", Peer::Repsim), ("netrep", Peer::Netrep), ("rsatoolbox", Peer::Rsatoolbox)];

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PEERS.iter().find(|(_, peer)| peer == self).map_or("", |(name, _)| name))
    }
}

impl FromStr for Peer {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        PEERS.iter().find(|(name, _)| *name == text).map(|&(_, peer)| peer).ok_or_else(|| {
            let names = PEERS.map(|(name, _)| name).join(", ");
            Error::Setting(format!("`{text}` is no known convention; choose one of {names}"))
        })
    }
}

/// One difference of convention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// A short name.
    pub name: &'static str,
    /// The package and version.
    pub peer: &'static str,
    /// Names of the metrics and similarities that it concerns, without parameters.
    pub concerns: &'static [&'static str],
    /// What the package does.
    pub theirs: &'static str,
    /// What is done here.
    pub ours: &'static str,
    /// How much it matters, on data that is in `golden/` where it says so.
    pub size: &'static str,
    /// Why it is done so here.
    pub reason: &'static str,
}

const SHAPES: &[&str] = &["angular-shape", "euclidean-shape"];
const CKA: &[&str] = &["angular-cka", "cka"];

/// Every known difference.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        name: "kernel length scale",
        peer: "wrongu/repsim ecd0a54",
        concerns: CKA,
        theirs: "squared exponential exp(−d²/ℓ²)",
        ours: "`rbf` exp(−d²/(2ℓ²)); theirs is `length-scale=median*0.7071067811865476`, or `--convention repsim`",
        size: "up to 0.105 rad in seed11-m24 (biased) if ℓ is taken for the same",
        reason: "ℓ is then the standard deviation σ of Kornblith et al. 2019 and of most packages",
    },
    Difference {
        name: "median length scale",
        peer: "wrongu/repsim ecd0a54",
        concerns: CKA,
        theirs: "torch.median: the lower of the two middle distances if their number is even",
        ours: "the usual median, the mean of the two",
        size: "none for an odd number of pairs; with many pairs below the spacing of their distances",
        reason: "the usual definition, the same in NumPy, R and MATLAB",
    },
    Difference {
        name: "unbiased means masked",
        peer: "wrongu/repsim ecd0a54",
        concerns: CKA,
        theirs: "`use_unbiased_hsic=True` (default): centre, drop the diagonal, normalise",
        ours: "that is `estimator=masked`; `unbiased` is U-centring, whose inner product is the unbiased HSIC",
        size: "CKA 0.0658 against 0.0062 in peers.json, case A",
        reason: "an estimator is named for what it is; repsim's own `kernels.cka(unbiased=True)` gives ours",
    },
    Difference {
        name: "shape angle at a bottleneck",
        peer: "wrongu/repsim ecd0a54",
        concerns: SHAPES,
        theirs: "the angle for whichever rotation the singular value decomposition returned",
        ours: "the angle of the quotient: the smallest over the rotations that fix the layer of lower rank",
        size: "up to 0.253 rad in seed12-m26-bottleneck (angular), 0.211 rad (Euclidean)",
        reason: "an angle must not depend on the linear-algebra library",
    },
    Difference {
        name: "shape transport",
        peer: "wrongu/repsim ecd0a54",
        concerns: SHAPES,
        theirs: "`levi_civita` aligns, then transports in preshape space; inner products change",
        ours: "the parallel transport of the quotient, along the horizontal geodesic; it keeps inner products",
        size: "0.0058 in an entry of peers.json, case D; geomstats agrees with ours to 1e-11",
        reason: "parallel transport is an isometry by definition",
    },
    Difference {
        name: "rank-deficient matrices",
        peer: "wrongu/repsim ecd0a54",
        concerns: &["affine-invariant", "log-euclidean"],
        theirs: "distances between singular Gram matrices are infinite without `eps`",
        ours: "`ridge` is required for `matrix=gram` and part of the name",
        size: "infinite against finite",
        reason: "a centred Gram matrix is always singular, so every number depends on the ridge",
    },
    Difference {
        name: "whitening α between 0 and 1",
        peer: "ahwillia/netrep 0186b8a",
        concerns: SHAPES,
        theirs: "α + (1 − α)λ^(−1/2) with λ the eigenvalues of XᵀX, then rescaled to keep the total variance",
        ours: "the same with λ of XᵀX/m, as repsim, not rescaled",
        size: "equal at α = 1, and at α = 0 if angular; at α = 0.5 0.0120 rad in peers.json, case B, pair XZ",
        reason: "λ of XᵀX/m is the variance, so that α means the same for any number of stimuli",
    },
    Difference {
        name: "variance of whitened shapes",
        peer: "ahwillia/netrep 0186b8a",
        concerns: &["euclidean-shape"],
        theirs: "whitened data are scaled back to their total variance",
        ours: "whitened data keep the size that whitening gives them",
        size: "up to 8.39 in seed11-m24 and seed12-m26-bottleneck at α = 0",
        reason: "the size of whitened data is √(m·r), a property of the rank alone",
    },
    Difference {
        name: "missing directions of held-out alignment",
        peer: "ahwillia/netrep 0186b8a",
        concerns: &["held-out-procrustes"],
        theirs: "directions that the training stimuli do not determine get whatever rotation the decomposition returns",
        ours: "they are left unaligned: their inner product counts as its mean, zero",
        size: "none with more stimuli than units",
        reason: "a score must not depend on the linear-algebra library",
    },
    Difference {
        name: "squared dissimilarities per channel",
        peer: "rsagroup/rsatoolbox 0.3.2",
        concerns: &["stress", "angular-rsa", "rsa"],
        theirs: "`euclidean` is ‖x − y‖²/n",
        ours: "`euclidean` is ‖x − y‖; `rsa[rdm=squared-euclidean]` for its correlations (a common factor 1/n cancels)",
        size: "other units for `stress`; another correlation for RSA",
        reason: "distances, so that `stress` is a metric in the unit of the activations",
    },
    Difference {
        name: "squared Bures metric per channel",
        peer: "rsagroup/rsatoolbox 0.3.2",
        concerns: &["euclidean-shape", "normalized-bures"],
        theirs: "`bures_metric` is the squared distance divided by the number of channels; `bures` is its cosine",
        ours: "the distance itself (`euclidean-shape`), the arc (`angular-shape`)",
        size: "10.300 against 7.177 in peers.json, case B, pair XZ: 7.177²/5",
        reason: "a squared distance breaks the triangle inequality",
    },
    Difference {
        name: "digits of Bures",
        peer: "rsagroup/rsatoolbox 0.3.2",
        concerns: &["angular-shape", "normalized-bures"],
        theirs: "square roots of eigenvalues of a product of Gram matrices",
        ours: "singular values of ZₓᵀZ_y",
        size: "below 1e-7 in peers.json, case B",
        reason: "squaring halves the digits",
    },
    Difference {
        name: "negative debiased values",
        peer: "torch_cka 869d3ec, pytorch-cka 1.0.1, ckatorch 1.0.3",
        concerns: CKA,
        theirs: "NaN and a failed assertion (torch_cka, ckatorch), or clamped to [0, 1] (pytorch-cka)",
        ours: "kept: CKA −0.0106 is a distance above π/2",
        size: "−0.01055 in peers.json, case B, pair XZ, rbf with ℓ = 1",
        reason: "an unbiased estimate of zero is negative half of the time; clamping makes it biased",
    },
    Difference {
        name: "labels of layers",
        peer: "torch_cka 869d3ec, ckatorch 1.0.3",
        concerns: CKA,
        theirs: "rows in the order in which hooks fire, labels in the order in which modules are registered",
        ours: "name and order of execution travel with every point",
        size: "wrong rows under right names, wherever modules are nested",
        reason: "a heat map with shuffled labels is worse than none",
    },
    Difference {
        name: "minibatches",
        peer: "ckatorch 1.0.3",
        concerns: CKA,
        theirs: "the matrix is overwritten by every batch: the last batch counts",
        ours: "all stimuli at once",
        size: "everything but the last batch is ignored",
        reason: "averages over batches depend on the size of the batch",
    },
    Difference {
        name: "denominator of debiased CKA",
        peer: "kisungyou/repsim 7fa92c0",
        concerns: CKA,
        theirs: "the numerator is the estimator chosen, the denominator always Gretton's",
        ours: "one estimator throughout, so that CKA of a representation with itself is 1",
        size: "CKA of a representation with itself is not 1 there",
        reason: "otherwise there is no sphere and no angle",
    },
    Difference {
        name: "kernel width from squared distances",
        peer: "thingsvision 57e91c9",
        concerns: CKA,
        theirs: "σ is the median of the squared distances",
        ours: "`median` is the median of the distances",
        size: "depends on the unit of the activations",
        reason: "ℓ has the unit of the activations",
    },
    Difference {
        name: "rotations or reflections",
        peer: "geomstats 1746a38b0",
        concerns: SHAPES,
        theirs: "Kendall's shape space is the quotient by SO(r)",
        ours: "by O(r)",
        size: "none in peers.json, case D; elsewhere ours is never larger",
        reason: "the units of a network have no handedness",
    },
];

/// The differences that concern a metric or similarity, given by its name with or without parameters.
///
/// ```
/// use layerpath::peers::differences;
/// assert!(differences("stress[rescale=none]").all(|difference| difference.concerns.contains(&"stress")));
/// assert!(differences("angular-cka").count() > 3);
/// ```
pub fn differences(name: &str) -> impl Iterator<Item = &'static Difference> {
    let base = name.split('[').next().unwrap_or(name).trim().to_owned();
    DIFFERENCES.iter().filter(move |difference| difference.concerns.contains(&base.as_str()))
}
