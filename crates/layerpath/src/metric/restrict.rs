//! Points of fewer stimuli, computed from the points alone.
//!
//! A point of angular CKA is the centred Gram matrix C(K) up to a factor. Centring removes from K exactly the terms of
//! the form aᵢ + aⱼ, so C(K) = K + aᵢ + aⱼ off the diagonal; and a second centring, of any submatrix, removes what is left
//! of them. Centring the submatrix of C(K) is therefore the same as centring the submatrix of K:
//!
//! * `biased`: double centring of the submatrix;
//! * `masked`: the rows of H K H sum to zero, so its missing diagonal is minus the sum of the others; then as `biased`;
//! * `unbiased`: U-centring of the submatrix, which never reads the diagonal.
//!
//! For a kernel whose length scale was taken from the data, the restricted point keeps the length scale of all stimuli.

use std::f64::consts::SQRT_2;

use super::angular_cka::pack_lower;
use super::centring::{double_center, u_center};
use super::{AngularCka, Estimator, Kind, Metric, Point};
use crate::Error;
use crate::geometry::UnitVector;
use crate::linalg::norm;
use crate::representation::GramMatrix;

impl Metric {
    /// The point of the stimuli `rows`, in that order: what [`embed`](Self::embed) makes of those rows of the activations,
    /// without the activations.
    ///
    /// All rows in another order give the point of permuted activations. For angular CKA the cost is k² for k rows, and m²
    /// for `masked`; the resolution is the point's own, or coarser where the chosen stimuli carry so little of the point
    /// that rounding matters.
    ///
    /// # Errors
    ///
    /// [`Error::Rows`] for a row that does not exist or occurs twice, [`Error::TooFewStimuli`], [`Error::NoStructure`] if
    /// the chosen stimuli cannot be told apart, [`Error::Unavailable`] for a metric whose points do not hold enough.
    ///
    /// ```
    /// use layerpath::{metric::Metric, representation::Representation};
    /// let x = [0.0, 1.0, 2.0, 0.5, 1.0, 1.5, 3.0, 0.0, 2.5, 2.0, 0.2, 0.9_f64];
    /// let metric = Metric::default();
    /// let whole = metric.embed(&Representation::new(&x[..], 6, 2)?)?;
    /// let first_five = metric.embed(&Representation::new(&x[..10], 5, 2)?)?;
    /// let restricted = metric.restrict(&whole, 6, &[0, 1, 2, 3, 4])?;
    /// assert!(metric.distance(&restricted, &first_five)? < 1e-14);
    /// # Ok::<(), layerpath::Error>(())
    /// ```
    pub fn restrict(&self, point: &Point, stimuli: usize, rows: &[usize]) -> Result<Point, Error> {
        let metric = self.angular_cka("the point of fewer stimuli")?;
        let vector = sphere_vector(self, point)?;
        check_stimuli(self, &metric, vector, stimuli)?;
        check_rows(stimuli, rows)?;
        metric.restrict(vector, stimuli, rows).map(Point::Sphere)
    }

    /// Number of stimuli that a point was made from, known from the number of its coordinates.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] for a metric whose points do not tell, [`Error::NotAPoint`] for a number of coordinates that
    /// no number of stimuli gives.
    pub fn stimuli(&self, point: &Point) -> Result<usize, Error> {
        let metric = self.angular_cka("the number of stimuli of a point")?;
        let vector = sphere_vector(self, point)?;
        // m(m ∓ 1)/2 coordinates: m is next to √(2d).
        let near = (2.0 * vector.coordinates().len() as f64).sqrt() as usize;
        (near.saturating_sub(1)..=near + 2).find(|&m| metric.coordinates(m) == vector.coordinates().len()).ok_or_else(
            || Error::NotAPoint(format!("no number of stimuli has {} coordinates", vector.coordinates().len())),
        )
    }

    /// Angular CKA, or the error that `operation` needs it.
    pub(crate) fn angular_cka(&self, operation: &'static str) -> Result<AngularCka, Error> {
        match self.0 {
            Kind::AngularCka(metric) => Ok(metric),
            _ => Err(Error::Unavailable {
                operation,
                metric: self.to_string(),
                reason: "only the points of angular CKA hold the similarities of all pairs of stimuli; recompute from the \
                         activations",
            }),
        }
    }

    /// H K H of the point, up to a positive factor.
    pub(crate) fn centred_gram(&self, point: &Point) -> Result<GramMatrix, Error> {
        let metric = self.angular_cka("the centred Gram matrix of a point")?;
        if metric.estimator == Estimator::Unbiased {
            return Err(Error::Unavailable {
                operation: "the centred Gram matrix of a point",
                metric: self.to_string(),
                reason: "U-centring drops the diagonal and nothing in the point restores it; use the activations, or points \
                         of `estimator=biased` or `estimator=masked`",
            });
        }
        let m = self.stimuli(point)?;
        let all: Vec<usize> = (0..m).collect();
        Ok(metric.submatrix(sphere_vector(self, point)?.coordinates(), m, &all))
    }
}

/// The point as a unit vector.
pub(crate) fn sphere_vector<'a>(metric: &Metric, point: &'a Point) -> Result<&'a UnitVector, Error> {
    match point {
        Point::Sphere(vector) => Ok(vector),
        _ => Err(Error::NotAPoint(format!("a point of another kind than {metric} makes"))),
    }
}

fn check_stimuli(metric: &Metric, cka: &AngularCka, point: &UnitVector, stimuli: usize) -> Result<(), Error> {
    let (expected, found) = (cka.coordinates(stimuli), point.coordinates().len());
    if expected == found {
        return Ok(());
    }
    Err(Error::NotAPoint(format!("{found} coordinates, where {metric} gives {expected} to {stimuli} stimuli")))
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

impl AngularCka {
    fn restrict(&self, point: &UnitVector, m: usize, rows: &[usize]) -> Result<UnitVector, Error> {
        let (k, needed) = (rows.len(), self.estimator.minimum_stimuli());
        if k < needed {
            return Err(Error::TooFewStimuli { metric: self.to_string(), needed, given: k });
        }
        let mut gram = self.submatrix(point.coordinates(), m, rows);
        match self.estimator {
            Estimator::Unbiased => u_center(&mut gram),
            Estimator::Biased | Estimator::Masked => double_center(&mut gram),
        }
        let packed = pack_lower(gram, self.estimator == Estimator::Biased);
        // The whole point has norm 1, and each of its k² entries used here is uncertain by about one unit roundoff.
        let (length, rounding) = (norm(&packed), 8.0 * k as f64 * f64::EPSILON);
        if length <= rounding {
            return Err(Error::NoStructure { metric: self.to_string() });
        }
        Ok(UnitVector::normalize(packed)?.with_resolution(point.resolution().max(f64::EPSILON / length)))
    }

    /// The submatrix of C(K), the diagonal restored for `masked`, in the lower triangle of a square buffer.
    fn submatrix(&self, packed: &[f64], m: usize, rows: &[usize]) -> GramMatrix {
        let k = rows.len();
        let biased = self.estimator == Estimator::Biased;
        let row_start = |i: usize| if biased { i * (i + 1) / 2 } else { i * i.saturating_sub(1) / 2 };
        let mut diagonal = vec![0.0; m];
        match self.estimator {
            Estimator::Unbiased => {}
            Estimator::Biased => {
                for i in 0..m {
                    diagonal[i] = packed[row_start(i) + i];
                }
            }
            Estimator::Masked => {
                for i in 0..m {
                    for j in 0..i {
                        let entry = packed[row_start(i) + j] / SQRT_2;
                        diagonal[i] -= entry;
                        diagonal[j] -= entry;
                    }
                }
            }
        }
        let mut entries = vec![0.0; k * k];
        for (i, &row) in rows.iter().enumerate() {
            for (j, &column) in rows[..i].iter().enumerate() {
                entries[i * k + j] = packed[row_start(row.max(column)) + row.min(column)] / SQRT_2;
            }
            entries[i * k + i] = diagonal[row];
        }
        GramMatrix { entries, stimuli: k }
    }
}
