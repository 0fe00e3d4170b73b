//! What is measured while laws are tried.

use super::Violation;
use crate::geometry::{GeometryError, MetricSpace};

/// The coarsest tolerance of a pure number.
const COARSEST: f64 = 1e-3;

/// What was measured of one law over all places where it was tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// The law, as in [`Violation::law`].
    pub law: &'static str,
    /// The largest excess; 0 where the law holds with something to spare, NaN where an operation failed.
    pub worst: f64,
    /// Where that was.
    pub place: String,
    /// How often the law was tried.
    pub cases: usize,
    /// How often geometry left open what the law speaks of.
    pub undefined: usize,
}

/// Measures laws and collects violations; a NaN is always one.
pub(crate) struct Court {
    /// Tolerance of a length.
    tolerance: f64,
    /// The largest distance between the points.
    extent: f64,
    pub(super) violations: Vec<Violation>,
    pub(crate) measurements: Vec<Measurement>,
}

impl Court {
    pub(crate) fn new(tolerance: f64) -> Self {
        Self { tolerance, extent: 1.0, violations: Vec::new(), measurements: Vec::new() }
    }

    /// Measures the points first.
    pub(super) fn among<S: MetricSpace>(space: &S, points: &[S::Point], tolerance: f64) -> Self {
        let pairs = points.iter().flat_map(|p| points.iter().map(move |q| (p, q)));
        let extent = pairs.filter_map(|(p, q)| space.distance(p, q).ok()).fold(0.0, f64::max);
        Self { extent: if extent > 0.0 { extent } else { 1.0 }, ..Self::new(tolerance) }
    }

    fn measurement(&mut self, law: &'static str) -> &mut Measurement {
        let place = self.measurements.iter().position(|known| known.law == law).unwrap_or_else(|| {
            self.measurements.push(Measurement { law, worst: 0.0, place: String::new(), cases: 0, undefined: 0 });
            self.measurements.len() - 1
        });
        &mut self.measurements[place]
    }

    /// The law holds if `excess`, a length, is at most the tolerance.
    pub(crate) fn judge(&mut self, law: &'static str, excess: f64, place: impl Fn() -> String) {
        self.judge_within(self.tolerance, law, excess, place);
    }

    /// The law holds if `excess`, a pure number, is at most what the tolerance is of the extent of the points.
    pub(super) fn judge_number(&mut self, law: &'static str, excess: f64, place: impl Fn() -> String) {
        self.judge_within((self.tolerance / self.extent).min(COARSEST), law, excess, place);
    }

    /// The law holds if `excess`, a product of lengths, is at most the tolerance times the extent of the points.
    pub(super) fn judge_product(&mut self, law: &'static str, excess: f64, place: impl Fn() -> String) {
        self.judge_within(self.tolerance * self.extent, law, excess, place);
    }

    fn judge_within(&mut self, tolerance: f64, law: &'static str, excess: f64, place: impl Fn() -> String) {
        let measured = self.measurement(law);
        measured.cases += 1;
        if excess.is_nan() || excess > measured.worst {
            measured.worst = excess;
            measured.place = place();
        }
        if excess.is_nan() || excess > tolerance {
            self.violations.push(Violation { law, place: place(), excess });
        }
    }

    /// The value, or a violation if the operation failed for another reason than an undefined geodesic.
    pub(crate) fn defined<T>(&mut self, law: &'static str, result: Result<T, GeometryError>, place: &str) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) if error.is_undefined() => {
                self.measurement(law).undefined += 1;
                None
            }
            Err(error) => {
                self.judge(law, f64::NAN, || format!("{place}: {error}"));
                None
            }
        }
    }
}
