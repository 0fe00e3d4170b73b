//! Points of the same stimuli in another order.

use super::{check_rows, place};
use crate::Error;
use crate::geometry::{FlatVector, UnitVector};
use crate::metric::{Metric, Point};

impl Metric {
    /// The point of the same stimuli in another order: what [`embed`](Self::embed) makes of activations whose row i is the
    /// given activations' row `order[i]`. Exact: coordinates change places.
    ///
    /// Under `matrix=covariance` the order of the stimuli leaves no trace and the point stays as it is. Cost: one pass
    /// over the coordinates.
    ///
    /// # Errors
    ///
    /// [`Error::Rows`] if `order` is no order of all stimuli, [`Error::NotAPoint`] for a point of another metric.
    ///
    /// ```
    /// use layerpath::{metric::Metric, representation::Representation};
    /// let metric: Metric = "grassmann[components=1]".parse()?;
    /// let point = metric.embed(&Representation::new(&[0.0, 1.0, 3.0, 2.0_f64][..], 4, 1)?)?;
    /// let turned = metric.embed(&Representation::new(&[2.0, 3.0, 1.0, 0.0_f64][..], 4, 1)?)?;
    /// assert!(metric.distance(&metric.permute(&point, &[3, 2, 1, 0])?, &turned)? < 1e-14);
    /// # Ok::<(), layerpath::Error>(())
    /// ```
    pub fn permute(&self, point: &Point, order: &[usize]) -> Result<Point, Error> {
        if self.forgets_rows() {
            return Ok(point.clone());
        }
        let m = self.stimuli(point)?;
        check_rows(m, order)?;
        if order.len() != m {
            return Err(Error::Rows(format!("an order of {} of {m} stimuli", order.len())));
        }
        let diagonal = self.pairs_of_stimuli() == Some(true);
        Ok(match point {
            Point::Sphere(vector) => {
                let unit = UnitVector::normalize(pairs_in_order(vector.coordinates(), order, diagonal))?;
                Point::Sphere(unit.with_resolution(vector.resolution()))
            }
            Point::Flat(vector) => {
                let flat = FlatVector::new(pairs_in_order(vector.coordinates(), order, diagonal))?;
                Point::Flat(flat.with_resolution(vector.resolution()))
            }
            Point::Shape(space, shape) => Point::Shape(*space, shape.permuted(order)),
            Point::Subspace(space, subspace) => Point::Subspace(*space, subspace.permuted(order)),
            Point::PositiveDefinite(space, matrix) => Point::PositiveDefinite(*space, matrix.permuted(order)),
        })
    }
}

/// The packed lower triangle of a symmetric matrix with rows and columns in another order.
fn pairs_in_order(packed: &[f64], order: &[usize], diagonal: bool) -> Vec<f64> {
    (0..order.len())
        .flat_map(|i| {
            let columns = if diagonal { &order[..=i] } else { &order[..i] };
            columns.iter().map(move |&column| packed[place(order[i], column, diagonal)])
        })
        .collect()
}
