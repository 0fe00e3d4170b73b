//! Angular CKA: centred Gram matrices on the unit sphere (docs/math.md §1.1).

use std::fmt;

use rayon::prelude::*;

use super::kernel::{Kernel, KernelError};
use super::name::ParsedName;
use super::properties::{Curvature, Invariances, Properties};
use crate::Error;
use crate::geometry::UnitVector;
use crate::linalg::{dot, norm};
use crate::representation::{GramMatrix, Representation, packed, packed_u_centered, shifted_gram};

/// The arc between centred Gram matrices of unit Frobenius norm, d = arccos CKA.
///
/// All three estimators are inner products on a linear space of symmetric matrices, so the space is a unit sphere and
/// every geometric operation is exact for the estimator.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct AngularCka {
    /// How the Gram matrix is centred.
    pub estimator: Estimator,
    /// What makes the Gram matrix.
    pub kernel: Kernel,
}

/// How a Gram matrix K is centred; H = I − 11ᵀ/m.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Estimator {
    /// U-centring: zero the diagonal, then Kᵢⱼ − rᵢ/(m−2) − rⱼ/(m−2) + s/((m−1)(m−2)) for i ≠ j. The inner product
    /// divided by m(m−3) *equals* the unbiased HSIC of Song et al. 2012 (Székely & Rizzo 2014).
    #[default]
    Unbiased,
    /// H K H (Gretton et al. 2005). Independent data look similar when n is large against m.
    Biased,
    /// H K H without its diagonal (Lange et al. 2022), bias O(1/m²).
    Masked,
}

const ESTIMATORS: [(&str, Estimator); 3] =
    [("unbiased", Estimator::Unbiased), ("biased", Estimator::Biased), ("masked", Estimator::Masked)];

impl Estimator {
    /// All estimators, the default first.
    pub const ALL: [Self; 3] = [Self::Unbiased, Self::Biased, Self::Masked];

    fn keeps_diagonal(self) -> bool {
        self == Self::Biased
    }

    /// The least number of stimuli for which the sphere of this estimator has a dimension above zero.
    pub(crate) fn minimum_stimuli(self) -> usize {
        match self {
            Self::Unbiased => 4,
            Self::Biased | Self::Masked => 3,
        }
    }
}

impl AngularCka {
    pub(super) fn from_name(mut name: ParsedName<'_>) -> Result<Self, Error> {
        let estimator = name.take_choice("estimator", &ESTIMATORS)?;
        let kernel = Kernel::from_name(&mut name)?;
        name.finish(&["estimator", "kernel", "length-scale"])?;
        Ok(Self { estimator, kernel })
    }

    /// The point G = C(K)/‖C(K)‖: the lower triangle of C(K) row after row, off-diagonal entries times √2, so that the
    /// Euclidean inner product of two points is the Frobenius inner product of their matrices. Its resolution is the unit
    /// roundoff of the activations' type, and for the linear kernel at least that of products in f32, 7·10⁻⁷ rad, unless they are f64.
    ///
    /// # Errors
    ///
    /// [`Error::TooFewStimuli`], [`Error::ConstantRows`], [`Error::NoStructure`], [`Error::NoScale`].
    pub fn embed(&self, x: &Representation<'_>) -> Result<UnitVector, Error> {
        let (m, needed) = (x.stimuli(), self.estimator.minimum_stimuli());
        if m < needed {
            return Err(Error::TooFewStimuli { metric: self.to_string(), needed, given: m });
        }
        let gram = match (self.estimator, self.kernel) {
            (Estimator::Unbiased, Kernel::Linear) => shifted_gram(x),
            _ => self.centred_gram_of(x)?,
        };
        let resolution = if self.kernel == Kernel::Linear { x.resolution() } else { x.roundoff() };
        Ok(self.point_of(gram, resolution)?.0)
    }

    /// The point of H K H, which is centred as the estimator asks, and the norm of C(K). U-centring removes all that double
    /// centring does, so that for the unbiased estimator K need not be centred before.
    pub(super) fn point_of(&self, gram: GramMatrix, resolution: f64) -> Result<(UnitVector, f64), Error> {
        let m = gram.stimuli;
        let before = lower_norm(&gram);
        if before == 0.0 {
            return Err(Error::ConstantRows { metric: self.to_string() });
        }
        let packed = match self.estimator {
            Estimator::Unbiased => packed_u_centered(gram),
            Estimator::Biased | Estimator::Masked => packed(gram, self.estimator.keeps_diagonal()),
        };
        // Rounding in m-term sums leaves about this much of a matrix that is zero.
        let rounding = 8.0 * m as f64 * f64::EPSILON;
        let length = norm(&packed);
        if length <= rounding * before {
            return Err(Error::NoStructure { metric: self.to_string() });
        }
        Ok((UnitVector::normalize(packed)?.with_resolution(resolution), length))
    }

    /// H K H, up to a positive factor for the linear kernel.
    pub(super) fn centred_gram_of(&self, x: &Representation<'_>) -> Result<GramMatrix, Error> {
        self.kernel.centered_gram(x).map_err(|problem| match problem {
            KernelError::EqualRows => Error::ConstantRows { metric: self.to_string() },
            KernelError::NoScale => Error::NoScale { metric: self.to_string() },
        })
    }

    pub(super) fn coordinates(&self, stimuli: usize) -> usize {
        let below = stimuli.saturating_mul(stimuli.saturating_sub(1)) / 2;
        if self.estimator.keeps_diagonal() { below.saturating_add(stimuli) } else { below }
    }

    pub(super) fn properties(&self) -> Properties {
        Properties {
            summary: "arc between centred Gram matrices, arccos of CKA",
            is_metric: true,
            has_geodesics: true,
            curvature: Curvature::Constant(1.0),
            invariances: Invariances {
                translation: true,
                rotation: true,
                scaling: self.kernel.is_scale_free(),
                affine: false,
            },
            range: match self.estimator {
                Estimator::Biased => "[0, π/2] rad",
                Estimator::Unbiased | Estimator::Masked => "[0, π] rad",
            },
            cost: "m²n a point, m² a pair",
            minimum_stimuli: self.estimator.minimum_stimuli(),
            source: match self.estimator {
                Estimator::Biased => "Gretton et al. 2005; Kornblith et al. 2019, arXiv:1905.00414",
                Estimator::Masked => "Lange et al. 2022, arXiv:2206.10999",
                Estimator::Unbiased => "Song et al. 2012; Székely & Rizzo 2014",
            },
        }
    }
}

impl fmt::Display for AngularCka {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let estimator = ESTIMATORS.iter().find(|(_, value)| *value == self.estimator).map_or("", |(name, _)| name);
        write!(f, "angular-cka[estimator={estimator},kernel={}]", self.kernel)
    }
}

/// Frobenius norm.
fn lower_norm(gram: &GramMatrix) -> f64 {
    let m = gram.stimuli;
    let squares = |(i, row): (usize, &[f64])| 2.0 * dot(&row[..i], &row[..i]) + row[i] * row[i];
    let rows: Vec<f64> = gram.entries.par_chunks(m).enumerate().with_min_len(64).map(squares).collect();
    rows.iter().sum::<f64>().sqrt()
}
