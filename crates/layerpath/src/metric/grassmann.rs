//! Grassmann: the subspace that a representation's leading principal axes span (docs/math.md §1.2).

use std::fmt;

use super::name::ParsedName;
use super::properties::{Curvature, Invariances, Properties};
use crate::Error;
use crate::geometry::Subspace;
use crate::representation::{PrincipalAxes, Representation, principal_axes};

/// Principal angles between the spans of the p leading principal axes of the centred activations, d = ‖θ‖₂.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrassmannMetric {
    /// Dimension of the subspaces, p. With p = rank the whole column space is compared, and any invertible linear map of
    /// the units leaves the point where it is.
    pub components: usize,
}

impl GrassmannMetric {
    pub(super) fn from_name(mut name: ParsedName<'_>) -> Result<Self, Error> {
        let Some(components) = name.take_components(false)? else {
            return Err(name.refuse(
                "`components` is missing",
                "subspaces must have equal dimension: `grassmann[components=p]`, p at most the lowest rank",
            ));
        };
        name.finish(&["components"])?;
        Ok(Self { components })
    }

    /// The subspace. Its resolution is the unit roundoff of the activations' type times the ratio of the first to the p-th
    /// singular value.
    ///
    /// # Errors
    ///
    /// [`Error::TooFewStimuli`], [`Error::ConstantRows`], [`Error::TooFewComponents`].
    pub fn embed(&self, x: &Representation<'_>) -> Result<Subspace, Error> {
        let (m, p) = (x.stimuli(), self.components);
        if m <= p {
            return Err(Error::TooFewStimuli { metric: self.to_string(), needed: p + 1, given: m });
        }
        let PrincipalAxes { mut axes, lengths, .. } = principal_axes(x)?;
        if lengths.is_empty() {
            return Err(Error::ConstantRows { metric: self.to_string() });
        }
        if lengths.len() < p {
            return Err(Error::TooFewComponents { metric: self.to_string(), needed: p, available: lengths.len() });
        }
        axes.truncate(p * m);
        Ok(Subspace::from_orthonormal(axes).with_resolution(x.roundoff() * lengths[0] / lengths[p - 1]))
    }

    pub(super) fn coordinates(&self, stimuli: usize) -> usize {
        stimuli.saturating_mul(self.components)
    }

    pub(super) fn properties(&self) -> Properties {
        Properties {
            summary: "principal angles between the spans of the leading principal axes; affine-invariant where they are all \
                      axes there are",
            is_metric: true,
            has_geodesics: true,
            curvature: Curvature::Between(0.0, 2.0),
            invariances: Invariances { translation: true, rotation: true, scaling: true, affine: false },
            range: "[0, π/2·√p] rad",
            cost: "2m²n a point, mp² a pair",
            minimum_stimuli: self.components + 1,
            source: "Edelman, Arias, Smith 1998",
        }
    }
}

impl fmt::Display for GrassmannMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "grassmann[components={}]", self.components)
    }
}
