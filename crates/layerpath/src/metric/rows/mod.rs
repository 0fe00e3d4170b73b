//! Points of other choices of the same stimuli, computed from the points alone.
//!
//! | point | fewer stimuli | how |
//! | --- | --- | --- |
//! | angular CKA | yes | centre the submatrix again (`cka.rs`) |
//! | angular RSA, stress | yes | the distances of the chosen pairs, standardised again |
//! | affine-invariant, log-Euclidean, `matrix=gram` | yes | take the ridge off, centre the submatrix again, put it back |
//! | shapes of all components, not whitened | yes | the chosen rows, centred again, in their own principal axes |
//! | shapes of p components or whitened, Grassmann, `matrix=covariance` | no | the axes left out, or the spectrum, of fewer stimuli follow from the activations only |
//!
//! Another order of all stimuli is exact for every metric: coordinates change places.

use std::f64::consts::SQRT_2;

mod cka;
mod gram;
mod permute;
mod submatrix;

use super::{AngularCka, Estimator, Kind, LogEuclidean, Metric, Point, SpdMatrix};
use crate::Error;
use crate::geometry::UnitVector;

/// What to do where a point does not hold enough.
const RECOMPUTE: &str = "the point does not say what fewer stimuli would make of the axes left out; give the activations, \
                         from which the points of fewer stimuli are made anew";

impl Metric {
    /// The point of the stimuli `rows`, in that order: what [`embed`](Self::embed) makes of those rows of the activations,
    /// without the activations.
    ///
    /// For k rows the cost is k², and m² for `estimator=masked`; k³ for shapes and positive definite matrices. The
    /// resolution is the point's own, or coarser where the chosen stimuli carry so little of the point that rounding
    /// matters. A kernel whose length scale was taken from the data keeps the length scale of all stimuli.
    ///
    /// # Errors
    ///
    /// [`Error::Rows`] for a row that does not exist or occurs twice, [`Error::TooFewStimuli`], the errors of
    /// [`embed`](Self::embed) if the chosen stimuli cannot be told apart, and [`Error::Unavailable`] for a metric whose
    /// points do not hold enough ([`restricts`](Self::restricts)).
    ///
    /// ```
    /// use layerpath::{metric::Metric, representation::Representation};
    /// let x = [0.0, 1.0, 2.0, 0.5, 1.0, 1.5, 3.0, 0.0, 2.5, 2.0, 0.2, 0.9_f64];
    /// for metric in [Metric::default(), "angular-shape".parse()?] {
    ///     let whole = metric.embed(&Representation::new(&x[..], 6, 2)?)?;
    ///     let first_five = metric.embed(&Representation::new(&x[..10], 5, 2)?)?;
    ///     let restricted = metric.restrict(&whole, 6, &[0, 1, 2, 3, 4])?;
    ///     assert!(metric.distance(&restricted, &first_five)? < 1e-14);
    /// }
    /// # Ok::<(), layerpath::Error>(())
    /// ```
    pub fn restrict(&self, point: &Point, stimuli: usize, rows: &[usize]) -> Result<Point, Error> {
        if !self.restricts() {
            return Err(Error::Unavailable {
                operation: "the point of fewer stimuli",
                metric: self.to_string(),
                reason: RECOMPUTE,
            });
        }
        self.check_stimuli(point, stimuli)?;
        check_rows(stimuli, rows)?;
        let needed = self.properties().minimum_stimuli;
        if rows.len() < needed {
            return Err(Error::TooFewStimuli { metric: self.to_string(), needed, given: rows.len() });
        }
        match (self.0, point) {
            (Kind::AngularCka(metric), Point::Sphere(vector)) => {
                metric.restrict(vector, stimuli, rows).map(Point::Sphere)
            }
            (Kind::AngularRsa(metric), Point::Sphere(vector)) => {
                submatrix::angular_rsa(metric, vector, rows).map(Point::Sphere)
            }
            (Kind::Stress(metric), Point::Flat(vector)) => {
                submatrix::stress(metric, vector, stimuli, rows).map(Point::Flat)
            }
            (Kind::LogEuclidean(metric), Point::Flat(vector)) => {
                submatrix::log_euclidean(metric, vector, stimuli, rows).map(Point::Flat)
            }
            (Kind::AffineInvariant(metric), Point::PositiveDefinite(_, matrix)) => {
                submatrix::affine_invariant(metric, matrix, stimuli, rows)
            }
            (Kind::Shape(metric), Point::Shape(_, shape)) => submatrix::shape(metric, shape, stimuli, rows),
            _ => Err(self.other_kind()),
        }
    }

    /// Whether points of fewer stimuli follow from the points alone, so that [`restrict`](Self::restrict) has an answer.
    pub fn restricts(&self) -> bool {
        match self.0 {
            Kind::AngularCka(_) | Kind::AngularRsa(_) | Kind::Stress(_) => true,
            Kind::Shape(metric) => metric.components.is_none() && metric.whitening == 1.0,
            Kind::AffineInvariant(metric) => matches!(metric.matrix, SpdMatrix::Gram { .. }),
            Kind::LogEuclidean(metric) => matches!(metric.matrix, SpdMatrix::Gram { .. }),
            Kind::Grassmann(_) => false,
        }
    }

    /// Number of stimuli that a point was made from, known from the number of its coordinates.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] for `matrix=covariance`, whose points do not tell, [`Error::NotAPoint`] for a number of
    /// coordinates that no number of stimuli gives.
    pub fn stimuli(&self, point: &Point) -> Result<usize, Error> {
        let d = point.coordinates().len();
        let covariance = || Error::Unavailable {
            operation: "the number of stimuli of a point",
            metric: self.to_string(),
            reason: "a spectrum of p components is the same size for any number of stimuli",
        };
        // m(m ∓ 1)/2 coordinates: m is next to √(2d).
        let triangular = || {
            let near = (2.0 * d as f64).sqrt() as usize;
            (near.saturating_sub(1)..=near + 2)
                .find(|&m| self.coordinates(m) == d)
                .ok_or_else(|| Error::NotAPoint(format!("no number of stimuli has {d} coordinates")))
        };
        match (self.0, point) {
            (Kind::AngularCka(_) | Kind::AngularRsa(_), Point::Sphere(_)) | (Kind::Stress(_), Point::Flat(_)) => {
                triangular()
            }
            (Kind::LogEuclidean(metric), Point::Flat(_)) => match metric.matrix {
                SpdMatrix::Gram { .. } => triangular(),
                SpdMatrix::Covariance { .. } => Err(covariance()),
            },
            (Kind::AffineInvariant(metric), Point::PositiveDefinite(..)) => match metric.matrix {
                SpdMatrix::Gram { .. } => Ok(d.isqrt()),
                SpdMatrix::Covariance { .. } => Err(covariance()),
            },
            (Kind::Shape(_), Point::Shape(space, _)) => Ok(space.stimuli()),
            (Kind::Grassmann(metric), Point::Subspace(..)) => Ok(d / metric.components),
            _ => Err(self.other_kind()),
        }
    }

    /// Whether the coordinates are those of a symmetric matrix with one row a stimulus, lower triangle row after row with
    /// off-diagonal entries times √2: with the diagonal (`true`), without (`false`), or not at all.
    pub(crate) fn pairs_of_stimuli(&self) -> Option<bool> {
        match self.0 {
            Kind::AngularCka(metric) => Some(metric.estimator == Estimator::Biased),
            Kind::AngularRsa(_) | Kind::Stress(_) => Some(false),
            Kind::LogEuclidean(LogEuclidean { matrix: SpdMatrix::Gram { .. } }) => Some(true),
            _ => None,
        }
    }

    /// Whether the rows of activations leave no trace in the point, so that their order does not matter.
    pub(crate) fn forgets_rows(&self) -> bool {
        match self.0 {
            Kind::AffineInvariant(metric) => matches!(metric.matrix, SpdMatrix::Covariance { .. }),
            Kind::LogEuclidean(metric) => matches!(metric.matrix, SpdMatrix::Covariance { .. }),
            _ => false,
        }
    }

    /// Whether points are unit vectors and distances their arcs.
    pub fn is_spherical(&self) -> bool {
        matches!(self.0, Kind::AngularCka(_) | Kind::AngularRsa(_))
    }

    /// Whether statistics have a bias of order 1/m that exceeds their standard error where units are many.
    pub(crate) fn is_biased(&self) -> bool {
        matches!(self.0, Kind::AngularCka(AngularCka { estimator: Estimator::Biased, .. }))
    }

    fn other_kind(&self) -> Error {
        Error::NotAPoint(format!("a point of another kind than {self} makes"))
    }

    fn check_stimuli(&self, point: &Point, stimuli: usize) -> Result<(), Error> {
        if self.stimuli(point)? == stimuli {
            return Ok(());
        }
        let (expected, found) = (self.coordinates(stimuli), point.coordinates().len());
        Err(Error::NotAPoint(format!("{found} coordinates, where {self} gives {expected} to {stimuli} stimuli")))
    }
}

/// The point as a unit vector.
pub(crate) fn sphere_vector<'a>(metric: &Metric, point: &'a Point) -> Result<&'a UnitVector, Error> {
    match point {
        Point::Sphere(vector) => Ok(vector),
        _ => Err(metric.other_kind()),
    }
}

fn check_rows(stimuli: usize, rows: &[usize]) -> Result<(), Error> {
    let mut seen = vec![false; stimuli];
    for &row in rows {
        match seen.get_mut(row) {
            None => return Err(Error::Rows(format!("row {row} of {stimuli}"))),
            // A stimulus drawn twice is perfectly similar to itself: no sample of stimuli looks like that.
            Some(true) => return Err(Error::Rows(format!("row {row} twice"))),
            Some(place) => *place = true,
        }
    }
    Ok(())
}

/// Place of entry (i, j) of a symmetric matrix whose lower triangle is stored row after row.
fn place(i: usize, j: usize, diagonal: bool) -> usize {
    let (high, low) = (i.max(j), i.min(j));
    let start = if diagonal { high * (high + 1) / 2 } else { high * high.saturating_sub(1) / 2 };
    start + low
}

/// The lower triangle, in a square buffer, of the rows and columns `rows` of a symmetric matrix stored as the lower
/// triangle row after row, diagonal included, off-diagonal entries times √2.
fn unpacked(packed: &[f64], rows: &[usize]) -> Vec<f64> {
    let k = rows.len();
    let mut entries = vec![0.0; k * k];
    for (i, &row) in rows.iter().enumerate() {
        for (j, &column) in rows[..i].iter().enumerate() {
            entries[i * k + j] = packed[place(row, column, true)] / SQRT_2;
        }
        entries[i * k + i] = packed[place(row, row, true)];
    }
    entries
}
