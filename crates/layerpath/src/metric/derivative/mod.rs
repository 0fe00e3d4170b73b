//! Derivatives of distances with respect to activations (docs/math.md §5): what lets a distance to a target or to another
//! network's layer be a training loss.

mod angular_cka;
mod shape;

use super::{Kind, Metric, Point};
use crate::Error;
use crate::representation::Representation;
use crate::representation::centered_columns;

/// A distance and how it changes with the activations.
#[derive(Debug, Clone, PartialEq)]
pub struct Derivative {
    /// d(x, y), in the metric's unit.
    pub distance: f64,
    /// ∂d/∂X, m×n, row-major.
    pub gradient: Vec<f64>,
}

impl Metric {
    /// The distance of activations to a point, and its derivative with respect to the activations.
    ///
    /// Available for angular CKA (every estimator and kernel) and for angular and Euclidean shape with all components and no
    /// whitening. A `median` length scale is differentiated too: it moves with the pair of stimuli that holds the median
    /// (with one of them, where several tie). Cost: that of embedding, about twice; memory: 2·m·n + 2·m² doubles.
    ///
    /// # Errors
    ///
    /// Those of [`embed`](Self::embed); [`Error::Unavailable`] for other metrics; [`GeometryError::Coincident`] and
    /// [`GeometryError::Antipodal`] where a distance has a kink, [`GeometryError::NotUnique`] where the alignment of shapes
    /// jumps; [`GeometryError::OutsideSpace`] for a point of other stimuli; [`Error::Overflow`].
    ///
    /// [`GeometryError::Coincident`]: crate::geometry::GeometryError::Coincident
    /// [`GeometryError::Antipodal`]: crate::geometry::GeometryError::Antipodal
    /// [`GeometryError::NotUnique`]: crate::geometry::GeometryError::NotUnique
    /// [`GeometryError::OutsideSpace`]: crate::geometry::GeometryError::OutsideSpace
    ///
    /// ```
    /// use layerpath::{metric::Metric, representation::Representation};
    /// let (x, y) = ([0.0, 1.0, 2.0, 0.5, 1.5_f64], [0.0, 1.0, 1.0, 0.0, 1.0_f64]);
    /// let metric = Metric::default();
    /// let target = metric.embed(&Representation::new(&y[..], 5, 1)?)?;
    /// let there = metric.distance_derivative(&Representation::new(&x[..], 5, 1)?, &target)?;
    /// // A small step against the gradient leads nearer.
    /// let nearer: Vec<f64> = x.iter().zip(&there.gradient).map(|(x, slope)| x - 1e-3 * slope).collect();
    /// let point = metric.embed(&Representation::new(&nearer[..], 5, 1)?)?;
    /// assert!(metric.distance(&point, &target)? < there.distance);
    /// # Ok::<(), layerpath::Error>(())
    /// ```
    pub fn distance_derivative(&self, x: &Representation<'_>, y: &Point) -> Result<Derivative, Error> {
        let derivative = match self.0 {
            Kind::AngularCka(metric) => angular_cka::derivative(&metric, x, super::sphere_vector(self, y)?),
            Kind::Shape(metric) => shape::derivative(&metric, x, y),
            _ => Err(Error::Unavailable {
                operation: "the derivative of a distance",
                metric: self.to_string(),
                reason: "it is there for angular-cka, angular-shape and euclidean-shape",
            }),
        }?;
        if derivative.gradient.iter().all(|slope| slope.is_finite()) {
            Ok(derivative)
        } else {
            Err(Error::Overflow { metric: self.to_string() })
        }
    }
}

/// All activations centred, m×n row-major, times the factor that is returned beside them.
fn scaled_and_centered(x: &Representation<'_>) -> (Vec<f64>, f64) {
    let factor = x.scale_to_unit();
    (centered_columns(x, 0..x.units(), factor), factor)
}
