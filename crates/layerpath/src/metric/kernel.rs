//! Kernels: what makes a Gram matrix of activations (docs/math.md §1).

use std::fmt;

use super::name::ParsedName;
use crate::Error;
use crate::representation::distances::{median, pairs};
use crate::representation::{GramMatrix, Representation, double_center, mixed_precision_gram, row_distances};

/// What makes the Gram matrix of the activations.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Kernel {
    /// K = X Xᵀ.
    #[default]
    Linear,
    /// k(x, y) = exp(−‖x − y‖²/(2ℓ²)), ℓ the length scale (σ of Kornblith et al.). wrongu/repsim writes
    /// exp(−‖x − y‖²/ℓ²): its ℓ is √2 times this one.
    Rbf(LengthScale),
    /// k(x, y) = exp(−‖x − y‖/ℓ).
    Laplace(LengthScale),
}

/// The length scale ℓ of a kernel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LengthScale {
    /// A number in the units of the activations.
    Fixed(f64),
    /// This many times the median distance between two stimuli of the same representation (pairs i < j, the usual median),
    /// which makes the result independent of the scale of the activations.
    Median(f64),
}

impl Default for LengthScale {
    fn default() -> Self {
        Self::Median(1.0)
    }
}

/// Why a kernel has no Gram matrix for some activations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KernelError {
    EqualRows,
    NoScale,
}

impl Kernel {
    pub(super) fn from_name(name: &mut ParsedName<'_>) -> Result<Self, Error> {
        #[derive(Clone, Copy)]
        enum Family {
            Linear,
            Rbf,
            Laplace,
        }
        let choices = [("linear", Family::Linear), ("rbf", Family::Rbf), ("laplace", Family::Laplace)];
        let family = name.take_choice("kernel", &choices)?;
        let scale = match name.take_text("length-scale") {
            None => None,
            Some(text) => Some(LengthScale::parse(text).ok_or_else(|| {
                name.refuse(
                    &format!("length-scale `{text}`"),
                    "length-scale is `median`, a number above 0, or `median*` and a number above 0",
                )
            })?),
        };
        match family {
            Family::Linear if scale.is_some() => {
                Err(name.refuse("`length-scale`", "the linear kernel has no length scale; use kernel=rbf or laplace"))
            }
            Family::Linear => Ok(Self::Linear),
            Family::Rbf => Ok(Self::Rbf(scale.unwrap_or_default())),
            Family::Laplace => Ok(Self::Laplace(scale.unwrap_or_default())),
        }
    }

    /// Whether multiplying the activations by a number changes nothing once the Gram matrix is normalised.
    pub(super) fn is_scale_free(self) -> bool {
        match self {
            Self::Linear => true,
            Self::Rbf(scale) | Self::Laplace(scale) => matches!(scale, LengthScale::Median(_)),
        }
    }

    /// H K H, up to a positive factor for the linear kernel.
    ///
    /// A nonlinear K is centred as K − 11ᵀ, whose entries keep their digits when the length scale is large.
    pub(super) fn centered_gram(self, x: &Representation<'_>) -> Result<GramMatrix, KernelError> {
        let (scale, power) = match self {
            Self::Linear => return Ok(mixed_precision_gram(x)),
            Self::Rbf(scale) => (scale, 2),
            Self::Laplace(scale) => (scale, 1),
        };
        let mut gram = row_distances(x);
        let all = pairs(&gram);
        if all.iter().all(|&distance| distance == 0.0) {
            return Err(KernelError::EqualRows);
        }
        let scale = match scale {
            LengthScale::Fixed(scale) => scale,
            LengthScale::Median(factor) => factor * median(all),
        };
        if scale == 0.0 {
            return Err(KernelError::NoScale);
        }
        let m = gram.stimuli;
        for i in 0..m {
            for entry in &mut gram.entries[i * m..=i * m + i] {
                let ratio = *entry / scale;
                *entry = if power == 2 { -ratio * ratio / 2.0 } else { -ratio }.exp_m1();
            }
        }
        double_center(&mut gram);
        Ok(gram)
    }
}

impl LengthScale {
    fn parse(text: &str) -> Option<Self> {
        let positive = |text: &str| text.trim().parse::<f64>().ok().filter(|x| x.is_finite() && *x > 0.0);
        match text.strip_prefix("median") {
            None => positive(text).map(Self::Fixed),
            Some("") => Some(Self::Median(1.0)),
            Some(rest) => positive(rest.trim_start().strip_prefix('*')?).map(Self::Median),
        }
    }
}

impl fmt::Display for LengthScale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(scale) => write!(f, "{scale}"),
            Self::Median(1.0) => f.write_str("median"),
            Self::Median(factor) => write!(f, "median*{factor}"),
        }
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Linear => f.write_str("linear"),
            Self::Rbf(scale) => write!(f, "rbf,length-scale={scale}"),
            Self::Laplace(scale) => write!(f, "laplace,length-scale={scale}"),
        }
    }
}
