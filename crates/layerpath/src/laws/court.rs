//! What is measured while laws are tried.

use super::Violation;
use crate::geometry::GeometryError;

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
    tolerance: f64,
    pub(super) violations: Vec<Violation>,
    pub(crate) measurements: Vec<Measurement>,
}

impl Court {
    pub(crate) fn new(tolerance: f64) -> Self {
        Self { tolerance, violations: Vec::new(), measurements: Vec::new() }
    }

    fn measurement(&mut self, law: &'static str) -> &mut Measurement {
        let place = self.measurements.iter().position(|known| known.law == law).unwrap_or_else(|| {
            self.measurements.push(Measurement { law, worst: 0.0, place: String::new(), cases: 0, undefined: 0 });
            self.measurements.len() - 1
        });
        &mut self.measurements[place]
    }

    /// The law holds if `excess` is at most the tolerance.
    pub(crate) fn judge(&mut self, law: &'static str, excess: f64, place: impl Fn() -> String) {
        let measured = self.measurement(law);
        measured.cases += 1;
        if excess.is_nan() || excess > measured.worst {
            measured.worst = excess;
            measured.place = place();
        }
        if excess.is_nan() || excess > self.tolerance {
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
