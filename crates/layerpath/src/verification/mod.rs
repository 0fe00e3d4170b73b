//! Self-validation on a user's own data: do the axioms of a metric and its declared invariances hold on these activations,
//! and which conventions made the numbers?
//!
//! [`axioms`] needs points only. [`InvarianceTests`] changes the activations themselves (translation, rotation, scaling, an
//! affine map, all seeded) and looks how far the point moves. [`Metric::conventions`](crate::metric::Metric::conventions)
//! and [`LayerFacts`] say what the numbers depend on.
//!
//! ```
//! use layerpath::metric::Metric;
//! use layerpath::representation::Representation;
//! use layerpath::verification::{InvarianceTests, Settings, Verdict, axioms};
//! let metric = Metric::default();
//! let layers = [[0.0, 1.0, 4.0, 2.0, 7.0, 1.0, 3.0, 5.0_f64], [0.0, 1.5, 3.0, 2.5, 6.0, 0.0, 2.0, 9.0]];
//! let mut tests = InvarianceTests::new(&metric, Settings::default());
//! let mut points = Vec::new();
//! for (layer, name) in layers.iter().zip(["first", "second"]) {
//!     let x = Representation::new(&layer[..], 4, 2)?;
//!     points.push((name, metric.embed(&x)?));
//!     tests.layer(name, &x)?;
//! }
//! let named: Vec<_> = points.iter().map(|(name, point)| (*name, point)).collect();
//! let measured = axioms(&metric, &named, Settings::default())?;
//! assert!(measured.checks.iter().all(|check| check.verdict != Verdict::Fail));
//! let invariances = tests.checks(measured.scale);
//! assert_eq!(invariances.len(), 4);
//! assert_eq!(invariances.iter().filter(|check| check.verdict == Verdict::Pass).count(), 3);
//! # Ok::<(), layerpath::Error>(())
//! ```

mod axioms;
mod invariances;

pub use axioms::{Axioms, axioms};
pub use invariances::{InvarianceTests, LayerFacts};
use serde::Serialize;

/// How much is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Seed of samples and of changes.
    pub seed: u64,
    /// All triples of points are tried for the triangle inequality if there are at most so many, else so many at random.
    pub triples: usize,
    /// Pairs of points, and as many triples, on which geodesics, projections, log maps and transport are tried.
    pub pairs: usize,
}

impl Default for Settings {
    /// Seed 0, a million triples, five pairs.
    fn default() -> Self {
        Self { seed: 0, triples: 1_000_000, pairs: 5 }
    }
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It holds, within the tolerance.
    Pass,
    /// It is declared and does not hold.
    Fail,
    /// The metric does not declare it; the number says how far the point moves.
    NotClaimed,
    /// It could not be tried: geometry leaves it undefined everywhere.
    Undefined,
}

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// Identity, symmetry, non-negativity, triangle inequality.
    Axiom,
    /// Geodesics, projections, log and exp maps, transport.
    Geometry,
    /// A change of the activations.
    Invariance,
}

/// One law or invariance, with the worst deviation that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// What it is about.
    pub subject: Subject,
    /// What should hold, for example `triangle inequality`.
    pub law: &'static str,
    /// What came of it.
    pub verdict: Verdict,
    /// The largest deviation, in `unit`; nothing if an operation failed or was never defined.
    pub worst: Option<f64>,
    /// The largest deviation that rounding explains.
    pub tolerance: f64,
    /// Unit of deviation and tolerance: the metric's, its square, or `1`.
    pub unit: String,
    /// Where the worst deviation is; empty if there is none.
    pub place: String,
    /// How often it was tried.
    pub cases: usize,
    /// How often geometry left it undefined.
    pub undefined: usize,
}
