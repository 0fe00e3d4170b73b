//! Angular and Euclidean shape: Procrustes distances (docs/math.md §1.2).

use std::fmt;

use super::name::ParsedName;
use super::properties::{Curvature, Invariances, Properties};
use crate::Error;
use crate::geometry::{Shape, ShapeSpace};
use crate::linalg::norm;
use crate::representation::{PrincipalAxes, Representation, principal_axes};

/// Activations up to rotations and reflections of the units: the Procrustes distance of the centred activations, divided by
/// their norm (`angular-shape`, in rad) or not (`euclidean-shape`, in the units of the activations).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShapeMetric {
    /// Whether the size is divided out.
    pub angular: bool,
    /// Leading principal axes kept; `None` for all. A representation of lower rank keeps all it has.
    pub components: Option<usize>,
    /// α in [0, 1]: Z is multiplied by V diag(α + (1 − α)λ^{−1/2}) Vᵀ with λ, V the eigenpairs of ZᵀZ/m (wrongu/repsim); 1
    /// leaves Z as it is. Below 1 there are distances but no geodesics.
    pub whitening: f64,
}

impl ShapeMetric {
    /// `angular-shape` with all components and no whitening.
    pub const ANGULAR: Self = Self { angular: true, components: None, whitening: 1.0 };
    /// `euclidean-shape` with all components and no whitening.
    pub const EUCLIDEAN: Self = Self { angular: false, components: None, whitening: 1.0 };

    pub(super) fn from_name(angular: bool, mut name: ParsedName<'_>) -> Result<Self, Error> {
        let components = name.take_components(true)?;
        let hint = "whitening is a number from 0 (all axes alike) to 1 (none)";
        let whitening = name.take_number("whitening", |x| (0.0..=1.0).contains(&x), hint)?.unwrap_or(1.0);
        name.finish(&["components", "whitening"])?;
        Ok(Self { angular, components, whitening })
    }

    /// The space of the points of m stimuli.
    pub(super) fn space(&self, stimuli: usize) -> ShapeSpace {
        let space = if self.angular { ShapeSpace::angular(stimuli) } else { ShapeSpace::euclidean(stimuli) };
        if self.whitening < 1.0 { space.whitened() } else { space }
    }

    /// The principal axes of the centred activations, in the orbit of all their rotations. Its resolution is the unit
    /// roundoff of the activations' type times its size.
    ///
    /// # Errors
    ///
    /// [`Error::TooFewStimuli`], [`Error::ConstantRows`], [`Error::Overflow`].
    pub fn embed(&self, x: &Representation<'_>) -> Result<Shape, Error> {
        let m = x.stimuli();
        if m < 2 {
            return Err(Error::TooFewStimuli { metric: self.to_string(), needed: 2, given: m });
        }
        let PrincipalAxes { mut axes, mut lengths, .. } = principal_axes(x)?;
        if lengths.is_empty() {
            return Err(Error::ConstantRows { metric: self.to_string() });
        }
        let kept = self.components.unwrap_or(lengths.len()).min(lengths.len());
        lengths.truncate(kept);
        axes.truncate(kept * m);
        let (keep, white) = (self.whitening, (1.0 - self.whitening) * (m as f64).sqrt());
        for length in &mut lengths {
            *length = keep * *length + white;
        }
        let size = norm(&lengths);
        if !size.is_finite() || size == 0.0 {
            return Err(Error::Overflow { metric: self.to_string() });
        }
        if self.angular {
            for length in &mut lengths {
                *length /= size;
            }
        }
        let resolution = x.roundoff() * if self.angular { 1.0 } else { size };
        Ok(Shape::from_principal_axes(axes, lengths, m).with_resolution(resolution))
    }

    pub(super) fn coordinates(&self, stimuli: usize) -> usize {
        let most = stimuli.saturating_sub(1);
        stimuli.saturating_mul(self.components.map_or(most, |count| count.min(most)))
    }

    pub(super) fn properties(&self) -> Properties {
        let (plain, white) = (self.whitening == 1.0, self.whitening == 0.0);
        Properties {
            summary: match (self.angular, plain) {
                (true, true) => "Procrustes arc between centred activations of unit norm, up to rotations",
                (true, false) => "Procrustes arc between partly whitened activations, distances only",
                (false, true) => "Procrustes distance of centred activations; Bures–Wasserstein of their Gram matrices",
                (false, false) => "Procrustes distance of partly whitened activations, distances only",
            },
            is_metric: true,
            has_geodesics: plain,
            curvature: match (plain, self.angular) {
                (false, _) => Curvature::None,
                (true, true) => Curvature::AtLeast(1.0),
                (true, false) => Curvature::AtLeast(0.0),
            },
            invariances: Invariances {
                translation: true,
                rotation: true,
                scaling: white || (self.angular && plain),
                affine: white && self.components.is_none(),
            },
            range: if self.angular { "[0, π/2] rad" } else { "[0, ∞)" },
            cost: "2m²n a point, m³ a pair (m·p² with p components)",
            minimum_stimuli: 2,
            source: "Williams et al. 2021, arXiv:2110.14739; Kendall 1984; Bhatia, Jain, Lim 2019",
        }
    }
}

impl fmt::Display for ShapeMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.angular { "angular-shape" } else { "euclidean-shape" };
        let components = self.components.map_or_else(|| "all".to_owned(), |count| count.to_string());
        write!(f, "{name}[components={components},whitening={}]", self.whitening)
    }
}
