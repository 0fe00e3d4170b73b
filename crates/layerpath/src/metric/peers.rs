//! Another package's convention, where it is one of our parameters.

use std::f64::consts::FRAC_1_SQRT_2;

use super::{AngularCka, Estimator, Kernel, Kind, LengthScale, Metric, ShapeMetric, SpdMatrix};
use crate::Error;
use crate::peers::Peer;

impl Metric {
    /// The metric of ours that gives the numbers which `peer` gives for what it calls by this name and these parameters.
    ///
    /// ```
    /// use layerpath::{metric::Metric, peers::Peer};
    /// let theirs: Metric = "angular-cka[estimator=unbiased,kernel=rbf]".parse()?;
    /// let ours = theirs.under(Peer::Repsim)?.to_string();
    /// assert_eq!(ours, "angular-cka[estimator=masked,kernel=rbf,length-scale=median*0.7071067811865476]");
    /// # Ok::<(), layerpath::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] where the peer has no such metric, or the difference is more than a parameter.
    pub fn under(&self, peer: Peer) -> Result<Self, Error> {
        let refuse = |reason: &str| {
            Err(Error::Setting(format!(
                "{self} under the convention of {peer}: {reason}; see docs/differences.md, and leave `--convention` out"
            )))
        };
        match (peer, self.0) {
            (Peer::Repsim, Kind::AngularCka(metric)) => {
                let estimator = match metric.estimator {
                    Estimator::Unbiased | Estimator::Masked => Estimator::Masked,
                    Estimator::Biased => Estimator::Biased,
                };
                let kernel = match metric.kernel {
                    Kernel::Rbf(LengthScale::Fixed(scale)) => Kernel::Rbf(LengthScale::Fixed(scale * FRAC_1_SQRT_2)),
                    Kernel::Rbf(LengthScale::Median(scale)) => Kernel::Rbf(LengthScale::Median(scale * FRAC_1_SQRT_2)),
                    same => same,
                };
                Ok(AngularCka { estimator, kernel }.into())
            }
            // Ours is the arccosine of rsatoolbox' `bures`.
            (Peer::Repsim, Kind::Shape(_) | Kind::Stress(super::Stress { rescale: super::Rescale::None }))
            | (Peer::Rsatoolbox, Kind::Shape(ShapeMetric { angular: true, components: None, whitening: 1.0 })) => {
                Ok(*self)
            }
            (Peer::Repsim, Kind::AffineInvariant(metric)) if matches!(metric.matrix, SpdMatrix::Gram { .. }) => {
                Ok(*self)
            }
            (Peer::Repsim, _) => refuse("it has no such metric, or another scaling"),
            (Peer::Netrep, Kind::Shape(ShapeMetric { angular, components: None, whitening })) => {
                if whitening == 1.0 || (angular && whitening == 0.0) {
                    Ok(*self)
                } else {
                    refuse(
                        "its α mixes with the eigenvalues of XᵀX, not of XᵀX/m, and keeps the total variance, which is no \
                         number of ours",
                    )
                }
            }
            (Peer::Netrep | Peer::Rsatoolbox, Kind::AngularCka(AngularCka { kernel: Kernel::Linear, .. })) => {
                // Their only estimator.
                Ok(AngularCka { estimator: Estimator::Biased, kernel: Kernel::Linear }.into())
            }
            (Peer::Netrep, _) => refuse("it has linear CKA and shapes of all components only"),
            (Peer::Rsatoolbox, _) => {
                refuse("its dissimilarities are squared and divided by the number of units, which is no parameter here")
            }
        }
    }
}
