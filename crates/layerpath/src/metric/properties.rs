//! What a metric promises, whatever the data.

/// Declared properties of a metric; the law suite tests each of them, the ones that hold and the ones that do not.
#[derive(Debug, Clone, PartialEq)]
pub struct Properties {
    /// One line on what it measures.
    pub summary: &'static str,
    /// Identity, symmetry and triangle inequality hold.
    pub is_metric: bool,
    /// Geodesics, angles and projections exist.
    pub has_geodesics: bool,
    /// Sectional curvature.
    pub curvature: &'static str,
    /// Changes of a representation that leave its point where it is.
    pub invariances: Invariances,
    /// Range of distances.
    pub range: &'static str,
    /// Multiply–adds, with m stimuli and n units.
    pub cost: &'static str,
    /// The least number of stimuli.
    pub minimum_stimuli: usize,
    /// Where it comes from.
    pub source: &'static str,
}

/// Changes of the activations X (m×n) under which the point does not move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four independent yes-or-no facts")]
pub struct Invariances {
    /// The same vector added to every row.
    pub translation: bool,
    /// X·Q with orthogonal Q, reflections included.
    pub rotation: bool,
    /// X·s with s > 0.
    pub scaling: bool,
    /// X·A with any invertible A.
    pub affine: bool,
}
