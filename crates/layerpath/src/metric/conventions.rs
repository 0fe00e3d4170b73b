//! Every choice that decides a number, in words.

use serde::Serialize;

use super::{Estimator, Kernel, Kind, LengthScale, Metric, Rescale, SpdMatrix};
use crate::geometry::PROJECTION_TOLERANCE;

/// One choice among those that the literature knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Convention {
    /// What is chosen, for example `estimator`.
    pub name: &'static str,
    /// What it is here.
    pub value: String,
}

impl Metric {
    /// The choices behind this metric's numbers, those in its name and those that are always the same.
    ///
    /// ```
    /// use layerpath::metric::Metric;
    /// let metric: Metric = "angular-cka[estimator=masked,kernel=rbf]".parse()?;
    /// let conventions = metric.conventions();
    /// let scale = conventions.iter().find(|convention| convention.name == "length scale").unwrap();
    /// assert!(scale.value.contains("median distance"));
    /// # Ok::<(), layerpath::Error>(())
    /// ```
    pub fn conventions(&self) -> Vec<Convention> {
        let mut list = Vec::new();
        let mut say = |name: &'static str, value: &str| list.push(Convention { name, value: value.to_owned() });
        say("unit", self.unit());
        match self.0 {
            Kind::AngularCka(metric) => {
                say(
                    "estimator",
                    match metric.estimator {
                        Estimator::Unbiased => {
                            "unbiased: U-centring, the unbiased HSIC of Song et al. 2012; CKA may be negative and stays so"
                        }
                        Estimator::Biased => "biased: H K H with H = I − 11ᵀ/m (Gretton et al. 2005)",
                        Estimator::Masked => {
                            "masked: H K H without its diagonal (Lange et al. 2022; repsim says unbiased)"
                        }
                    },
                );
                say(
                    "kernel",
                    match metric.kernel {
                        Kernel::Linear => "linear: K = X Xᵀ",
                        Kernel::Rbf(_) => "rbf: exp(−‖x − y‖²/(2ℓ²))",
                        Kernel::Laplace(_) => "laplace: exp(−‖x − y‖/ℓ)",
                    },
                );
                match metric.kernel {
                    Kernel::Linear => {
                        say("centring", "columns are centred before the product, then the estimator centres K");
                    }
                    Kernel::Rbf(scale) | Kernel::Laplace(scale) => {
                        say(
                            "length scale",
                            &match scale {
                                LengthScale::Fixed(scale) => format!("ℓ = {scale}, in the unit of the activations"),
                                LengthScale::Median(factor) => format!(
                                    "ℓ = {factor} × the median distance of pairs i < j of the same representation (the mean of the two \
                                 middle ones if their number is even)"
                                ),
                            },
                        );
                        say("centring", "the kernel matrix is centred by the estimator, not the activations");
                    }
                }
                say("normalisation", "C(K)/‖C(K)‖_F; off-diagonal entries × √2, so that inner products are Frobenius");
            }
            Kind::Shape(metric) => {
                say("centring", "columns");
                say("group", "all of O(r): rotations and reflections");
                say(
                    "components",
                    &metric.components.map_or_else(
                        || "all principal axes, up to the rank; nothing is lost".to_owned(),
                        |count| format!("the {count} leading principal axes"),
                    ),
                );
                say(
                    "whitening",
                    &match metric.whitening {
                        1.0 => "none".to_owned(),
                        alpha => format!(
                            "axes of length σ become {alpha}·σ + (1 − {alpha})·√m (eigenvalues of ZᵀZ/m, as repsim)"
                        ),
                    },
                );
                say(
                    "normalisation",
                    if metric.angular {
                        "Z/‖Z‖_F"
                    } else {
                        "none: distances, not squared, not divided by the number of units"
                    },
                );
                say(
                    "angle at lower rank",
                    "the smallest over the rotations that fix the vertex (that of the quotient)",
                );
            }
            Kind::Grassmann(metric) => {
                say("centring", "columns");
                say("components", &format!("span of the {} leading principal axes", metric.components));
                say("distance", "√Σθ², the arc length, of all principal angles θ");
            }
            Kind::AffineInvariant(super::AffineInvariantMetric { matrix })
            | Kind::LogEuclidean(super::LogEuclidean { matrix }) => match matrix {
                SpdMatrix::Gram { ridge } => {
                    say("matrix", "gram: H X Xᵀ H + ε I");
                    say(
                        "ridge",
                        &format!(
                            "ε = {ridge}, in squared units of the activations; it decides what missing directions cost"
                        ),
                    );
                }
                SpdMatrix::Covariance { components, ridge } => {
                    say("matrix", "covariance: XᵀX/(m − 1) + ε I of centred principal components");
                    say("components", &components.to_string());
                    say("ridge", &format!("ε = {ridge}, in squared units of the activations"));
                }
            },
            Kind::Stress(metric) => {
                say("dissimilarity", "Euclidean distances of rows, not squared, not divided by the number of units");
                say("pairs", "i < j, each once; root of the mean square difference");
                say(
                    "rescale",
                    match metric.rescale {
                        Rescale::None => "none",
                        Rescale::Median => "distances are divided by their median",
                    },
                );
            }
            Kind::AngularRsa(_) => {
                say("dissimilarity", "Euclidean distances of rows, not squared");
                say("pairs", "i < j, mean-centred, unit norm: the cosine is Pearson's correlation");
            }
        }
        match self.0 {
            Kind::AngularCka(_) | Kind::AngularRsa(_) => {
                say("arc", "2·atan2(‖a − b‖, ‖a + b‖), never the arccosine of a cosine");
            }
            Kind::Shape(metric) if metric.angular => {
                say("arc", "2·atan2(‖a − b‖, ‖a + b‖) of aligned copies, never the arccosine of a cosine");
            }
            _ => {}
        }
        if matches!(self.0, Kind::Shape(_) | Kind::Grassmann(_) | Kind::AffineInvariant(_))
            && self.properties().has_geodesics
        {
            say("projection", &format!("a bounded search; t is known to {PROJECTION_TOLERANCE:e} of max(1, |t|)"));
        }
        say("precision", "activations are widened exactly to f64; centring, products and points are in f64");
        list
    }

    /// How many times rounding errors of relative size ε in the activations may come back in a distance, given the
    /// singular values of the centred activations.
    pub(crate) fn amplification(&self, lengths: &[f64]) -> f64 {
        let (Some(&first), Some(&last)) = (lengths.first(), lengths.last()) else { return 1.0 };
        let gap = |kept: usize| match (lengths.get(kept.wrapping_sub(1)), lengths.get(kept)) {
            (Some(own), Some(next)) => first / (own - next).max(f64::EPSILON * first),
            (Some(own), None) => first / own,
            (None, _) => first / last,
        };
        match self.0 {
            Kind::Shape(metric) => {
                let cut = metric.components.filter(|&kept| kept < lengths.len()).map_or(1.0, gap);
                let whitened = if metric.whitening < 1.0 { first / last } else { 1.0 };
                cut.max(whitened)
            }
            Kind::Grassmann(metric) => gap(metric.components),
            Kind::AffineInvariant(super::AffineInvariantMetric { matrix })
            | Kind::LogEuclidean(super::LogEuclidean { matrix }) => match matrix {
                SpdMatrix::Gram { ridge } => 1.0 + first * first / ridge,
                SpdMatrix::Covariance { components, ridge } => {
                    let smallest = lengths.get(components - 1).copied().unwrap_or(0.0);
                    first * first / (smallest * smallest + ridge).max(f64::MIN_POSITIVE)
                }
            },
            Kind::AngularCka(_) | Kind::Stress(_) | Kind::AngularRsa(_) => 1.0,
        }
    }

    /// ℓ of a kernel for these activations, in their unit.
    pub(crate) fn length_scale(&self, x: &crate::representation::Representation<'_>) -> Option<f64> {
        let Kind::AngularCka(metric) = self.0 else { return None };
        match metric.kernel {
            Kernel::Linear => None,
            Kernel::Rbf(LengthScale::Fixed(scale)) | Kernel::Laplace(LengthScale::Fixed(scale)) => Some(scale),
            Kernel::Rbf(LengthScale::Median(factor)) | Kernel::Laplace(LengthScale::Median(factor)) => {
                let distances = crate::representation::distances::pairs(&crate::representation::row_distances(x));
                Some(factor * crate::representation::distances::median(distances))
            }
        }
    }
}
