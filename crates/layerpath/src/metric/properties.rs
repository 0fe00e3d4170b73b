//! What a metric promises, whatever the data.

use std::fmt;

/// Declared properties of a metric; the law suite tests each of them, the ones that hold and the ones that do not.
#[derive(Debug, Clone, PartialEq)]
pub struct Properties {
    /// One line on what it measures.
    pub summary: &'static str,
    /// Identity, symmetry and triangle inequality hold.
    pub is_metric: bool,
    /// Geodesics, angles and projections exist.
    pub has_geodesics: bool,
    /// Sectional curvature, in 1/unit².
    pub curvature: Curvature,
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

/// Bounds of the sectional curvature of a space, in 1/unit².
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Curvature {
    /// The same everywhere.
    Constant(f64),
    /// This or more, and not constant.
    AtLeast(f64),
    /// This or less, and not constant.
    AtMost(f64),
    /// From the first to the second, and not constant.
    Between(f64, f64),
    /// There are no geodesics.
    None,
}

impl Curvature {
    /// The lower and the upper bound, where there is one.
    pub fn bounds(self) -> (Option<f64>, Option<f64>) {
        match self {
            Self::Constant(value) => (Some(value), Some(value)),
            Self::AtLeast(low) => (Some(low), None),
            Self::AtMost(high) => (None, Some(high)),
            Self::Between(low, high) => (Some(low), Some(high)),
            Self::None => (None, None),
        }
    }
}

/// `+1`, `≥ 0`, `≤ 0`, `0 … 2`, `none`.
impl fmt::Display for Curvature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signed = |value: f64| if value == 0.0 { "0".to_owned() } else { format!("{value:+}") };
        match *self {
            Self::Constant(value) => f.write_str(&signed(value)),
            Self::AtLeast(low) => write!(f, "≥ {}", signed(low)),
            Self::AtMost(high) => write!(f, "≤ {}", signed(high)),
            Self::Between(low, high) => write!(f, "{low} … {high}"),
            Self::None => f.write_str("none"),
        }
    }
}
