//! The centred Gram matrix that a point holds.

use super::{sphere_vector, unpacked};
use crate::Error;
use crate::linalg::{symmetric_function, transposed_product};
use crate::metric::{Estimator, Kind, Metric, Point, SpdMatrix};
use crate::representation::{GramMatrix, Representation, double_center, linear_gram};

const OPERATION: &str = "the centred Gram matrix of a point";

impl Metric {
    /// H K H of the point, up to a positive factor; K is linear but for angular CKA with another kernel.
    ///
    /// * angular CKA: the point itself for `biased`; `masked` lost the diagonal, which the zero row sums restore;
    /// * shapes of all components, not whitened: Z Zᵀ;
    /// * `matrix=gram`: S − εI, for log-Euclidean after the matrix exponential;
    /// * stress: double centring of −D²/2 (Torgerson 1952).
    pub(crate) fn centred_gram(&self, point: &Point) -> Result<GramMatrix, Error> {
        let unavailable = |reason| Err(Error::Unavailable { operation: OPERATION, metric: self.to_string(), reason });
        match (self.0, point) {
            (Kind::AngularCka(metric), _) if metric.estimator == Estimator::Unbiased => unavailable(
                "U-centring drops the diagonal and nothing in the point restores it; use the activations, or points of \
                 `estimator=biased` or `estimator=masked`",
            ),
            (Kind::AngularCka(metric), _) => {
                let m = self.stimuli(point)?;
                let all: Vec<usize> = (0..m).collect();
                Ok(metric.submatrix(sphere_vector(self, point)?.coordinates(), m, &all))
            }
            (Kind::AngularRsa(_), _) => {
                unavailable("the mean distance between stimuli is not in the point; use the activations")
            }
            (Kind::Shape(metric), Point::Shape(space, shape))
                if metric.components.is_none() && metric.whitening == 1.0 =>
            {
                let (m, columns) = (space.stimuli(), shape.coordinates());
                Ok(GramMatrix { entries: transposed_product(columns, columns, m, shape.rank(), m), stimuli: m })
            }
            (Kind::AffineInvariant(metric), Point::PositiveDefinite(_, matrix)) => match metric.matrix {
                SpdMatrix::Gram { ridge } => Ok(without_ridge(matrix.matrix().to_vec(), ridge)),
                SpdMatrix::Covariance { .. } => unavailable(ONLY_SOME),
            },
            (Kind::LogEuclidean(metric), Point::Flat(vector)) => match metric.matrix {
                SpdMatrix::Gram { ridge } => {
                    let m = self.stimuli(point)?;
                    let all: Vec<usize> = (0..m).collect();
                    let mut logarithm = unpacked(vector.coordinates(), &all);
                    for i in 0..m {
                        for j in 0..i {
                            logarithm[j * m + i] = logarithm[i * m + j];
                        }
                    }
                    Ok(without_ridge(symmetric_function(&logarithm, m, f64::exp)?, ridge))
                }
                SpdMatrix::Covariance { .. } => unavailable(ONLY_SOME),
            },
            (Kind::Stress(_), Point::Flat(vector)) => {
                let m = self.stimuli(point)?;
                let mut entries = vec![0.0; m * m];
                let mut next = vector.coordinates().iter();
                for i in 0..m {
                    for entry in &mut entries[i * m..i * m + i] {
                        *entry = next.next().map_or(0.0, |distance| -distance * distance / 2.0);
                    }
                }
                let mut gram = GramMatrix { entries, stimuli: m };
                double_center(&mut gram);
                Ok(gram)
            }
            (Kind::Shape(_) | Kind::Grassmann(_), _) => unavailable(ONLY_SOME),
            _ => Err(self.other_kind()),
        }
    }
}

impl Metric {
    /// H K H of activations, up to a positive factor, with the metric's own kernel.
    pub(crate) fn gram_of(&self, x: &Representation<'_>) -> Result<GramMatrix, Error> {
        match self.0 {
            Kind::AngularCka(metric) => metric.centred_gram_of(x),
            _ => Ok(linear_gram(x)),
        }
    }
}

const ONLY_SOME: &str = "the point keeps some components or their spectrum only; use the activations";

/// S − εI.
fn without_ridge(mut entries: Vec<f64>, ridge: f64) -> GramMatrix {
    let m = entries.len().isqrt();
    for i in 0..m {
        entries[i * m + i] -= ridge;
    }
    GramMatrix { entries, stimuli: m }
}
