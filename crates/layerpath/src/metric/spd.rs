//! The symmetric positive definite matrix of a representation, for the affine-invariant and the log-Euclidean metric
//! (docs/math.md §1.3).

use std::fmt;

use super::name::ParsedName;
use super::properties::Invariances;
use crate::Error;
use crate::geometry::PositiveDefinite;
use crate::linalg::{symmetric_eigen, transposed_product};
use crate::representation::{PrincipalAxes, Representation, principal_axes};

/// The matrix S of a representation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SpdMatrix {
    /// S = H X Xᵀ H + ε I, m×m. A centred Gram matrix is singular, so ε > 0 is part of the metric.
    Gram {
        /// ε, in squared units of the activations.
        ridge: f64,
    },
    /// The covariance XᵀX/(m − 1) of the p leading principal components, + ε I. In its own principal axes it is diagonal:
    /// this sees the spectrum only, not which stimuli make it.
    Covariance {
        /// p.
        components: usize,
        /// ε ≥ 0, in squared units of the activations.
        ridge: f64,
    },
}

impl SpdMatrix {
    pub(super) fn from_name(mut name: ParsedName<'_>) -> Result<Self, Error> {
        let covariance = name.take_choice("matrix", &[("gram", false), ("covariance", true)])?;
        let hint = if covariance { "ridge is a number from 0 on" } else { "ridge is a number above 0" };
        let ridge = name.take_number("ridge", |x| x > 0.0 || (covariance && x == 0.0), hint)?;
        let components = name.take_components(false)?;
        let matrix = match (covariance, ridge, components) {
            (false, _, Some(_)) => {
                return Err(name.refuse(
                    "`components`",
                    "matrix=gram has as many rows as there are stimuli; `components` belongs to matrix=covariance",
                ));
            }
            (false, None, _) => return Err(name.refuse(
                "`ridge` is missing",
                "a centred Gram matrix is singular and needs one, e.g. ridge=0.1 (squared units of the activations)",
            )),
            (false, Some(ridge), None) => Self::Gram { ridge },
            (true, _, None) => {
                return Err(name.refuse(
                    "`components` is missing",
                    "covariances must have equal size: `components=p`, p at most the lowest rank",
                ));
            }
            (true, ridge, Some(components)) => Self::Covariance { components, ridge: ridge.unwrap_or(0.0) },
        };
        name.finish(&["matrix", "ridge", "components"])?;
        Ok(matrix)
    }

    /// S. Its resolution is the unit roundoff of the activations' type times √κ, κ the condition number: relative changes u
    /// of the activations change S where it is large, and reach the ridge only through √κ.
    pub(super) fn of(self, x: &Representation<'_>, metric: &dyn fmt::Display) -> Result<PositiveDefinite, Error> {
        let m = x.stimuli();
        let needed = self.minimum_stimuli();
        if m < needed {
            return Err(Error::TooFewStimuli { metric: metric.to_string(), needed, given: m });
        }
        let PrincipalAxes { axes, lengths, .. } = principal_axes(x)?;
        if lengths.is_empty() {
            return Err(Error::ConstantRows { metric: metric.to_string() });
        }
        // The eigenvalues are known from the singular values of the activations, and not from squares that hold their sum
        // with the ridge in too few digits.
        let (squares, vectors, size) = match self {
            Self::Gram { ridge } => {
                let mut squares = vec![ridge; m];
                for (square, length) in squares.iter_mut().rev().zip(&lengths) {
                    *square += length * length;
                }
                (squares, completed(&axes, m)?, m)
            }
            Self::Covariance { components, ridge } => {
                if lengths.len() < components && ridge == 0.0 {
                    let (needed, available) = (components, lengths.len());
                    return Err(Error::TooFewComponents { metric: metric.to_string(), needed, available });
                }
                let mut squares = vec![ridge; components];
                for (square, length) in squares.iter_mut().rev().zip(&lengths) {
                    *square += length * length / (m - 1) as f64;
                }
                // Ascending eigenvalues belong to the axes from the last to the first.
                let reversed = |p: usize| f64::from(u8::from(p / components + p % components + 1 == components));
                (squares, (0..components * components).map(reversed).collect(), components)
            }
        };
        if squares.iter().any(|x| !x.is_finite()) {
            return Err(Error::Overflow { metric: metric.to_string() });
        }
        let roots = squares.into_iter().map(f64::sqrt).collect();
        let point = PositiveDefinite::from_principal_axes(roots, vectors, size)?;
        let resolution = x.roundoff() * point.condition().sqrt();
        Ok(point.with_resolution(resolution))
    }

    /// Rows of S for m stimuli.
    pub(super) fn size(self, stimuli: usize) -> usize {
        match self {
            Self::Gram { .. } => stimuli,
            Self::Covariance { components, .. } => components,
        }
    }

    pub(super) fn minimum_stimuli(self) -> usize {
        match self {
            Self::Gram { .. } => 2,
            Self::Covariance { components, .. } => components + 1,
        }
    }

    /// Those of either matrix.
    pub(super) const INVARIANCES: Invariances =
        Invariances { translation: true, rotation: true, scaling: false, affine: false };

    pub(super) fn cost(self) -> &'static str {
        match self {
            Self::Gram { .. } => "2m²n a point, m³ a pair",
            Self::Covariance { .. } => "2m²n a point, p³ a pair",
        }
    }
}

/// An orthonormal basis of ℝᵐ, row after row, that ends with the given orthonormal columns from the last to the first.
fn completed(axes: &[f64], m: usize) -> Result<Vec<f64>, Error> {
    // Eigenvectors of the projector on the axes: those of eigenvalue 0 come first and span the rest.
    let rank = axes.len() / m;
    let projector = transposed_product(axes, axes, m, rank, m);
    let mut basis = symmetric_eigen(&projector, m)?.vectors;
    basis.truncate(m - rank);
    let mut basis = basis.concat();
    basis.extend(axes.chunks_exact(m).rev().flatten());
    Ok(basis)
}

impl fmt::Display for SpdMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gram { ridge } => write!(f, "matrix=gram,ridge={ridge}"),
            Self::Covariance { components, ridge } => {
                write!(f, "matrix=covariance,ridge={ridge},components={components}")
            }
        }
    }
}
