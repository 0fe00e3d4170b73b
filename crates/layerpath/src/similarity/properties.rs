//! What a similarity promises, whatever the data.

use crate::metric::Invariances;

/// Declared properties of a similarity; the tests hold each of them against activations, those that hold and those
/// that do not.
#[derive(Debug, Clone, PartialEq)]
pub struct SimilarityProperties {
    /// One line on what it measures.
    pub summary: &'static str,
    /// Range of scores; larger is more similar.
    pub range: &'static str,
    /// score(X, Y) = score(Y, X).
    pub symmetric: bool,
    /// Changes of the first representation that leave the score alone.
    pub invariances_x: Invariances,
    /// Changes of the second representation that leave the score alone.
    pub invariances_y: Invariances,
    /// The least number of stimuli.
    pub minimum_stimuli: usize,
    /// Multiply–adds, with m stimuli and n units, n the larger of both.
    pub cost: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// What other packages do under the same name.
    pub convention: &'static str,
}

/// Invariance to translation, rotation and isotropic scaling.
pub(super) const SHAPE: Invariances = Invariances { translation: true, rotation: true, scaling: true, affine: false };
/// Invariance to every invertible affine map.
pub(super) const AFFINE: Invariances = Invariances { translation: true, rotation: true, scaling: true, affine: true };
