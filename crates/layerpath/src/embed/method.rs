//! The embedding methods by name, with a common result.

use std::fmt;
use std::str::FromStr;

use super::given::{Given, euclidean};
use super::principal_geodesics_in;
use super::{
    Convergence, EmbeddingError, MeanOptions, Observer, Scaling, SearchOptions, classical_mds,
    principal_geodesics_of_arcs, smacof, spherical_mds,
};
use crate::Error;
use crate::analysis::EmbeddingRecord;
use crate::geometry::DescentOptions;
use crate::metric::{Metric, Point, in_space};
use crate::table::SymmetricTable;

/// A way from distances to coordinates.
///
/// Its text form is the name on the command line; `classical-mds`, the name in analysis files, is read too.
///
/// ```
/// use layerpath::embed::EmbeddingMethod;
/// for method in EmbeddingMethod::ALL {
///     assert_eq!(method.name().parse(), Ok(method));
/// }
/// assert!("t-sne".parse::<EmbeddingMethod>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EmbeddingMethod {
    /// `mds`: [`classical_mds`].
    ClassicalMds,
    /// `smacof`: [`smacof`](smacof()).
    Smacof,
    /// `spherical-mds`: [`spherical_mds`](spherical_mds()).
    SphericalMds,
    /// `principal-geodesics`: [`principal_geodesics_of_arcs`].
    PrincipalGeodesics,
}

/// How to embed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EmbeddingOptions {
    /// Dimensions of the space; on the sphere S^k this is k, and points have k + 1 coordinates.
    pub dimensions: usize,
    /// For `smacof` and `spherical-mds`.
    pub search: SearchOptions,
    /// For `principal-geodesics`.
    pub mean: MeanOptions,
}

impl Default for EmbeddingOptions {
    /// Two dimensions, and the defaults of [`SearchOptions`] and [`MeanOptions`].
    fn default() -> Self {
        Self { dimensions: 2, search: SearchOptions::default(), mean: MeanOptions::default() }
    }
}

/// Coordinates and what they are worth, whatever the method.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddingResult {
    /// The method.
    pub method: EmbeddingMethod,
    /// K rows of equally many coordinates: in the unit of the distances, or unit vectors for `spherical-mds`.
    pub coordinates: Vec<Vec<f64>>,
    /// Kruskal's stress-1, √(Σ(dᵢⱼ − δᵢⱼ)² / Σδᵢⱼ²); 0 = distances are kept exactly.
    pub stress: f64,
    /// Σᵢ<ⱼ(dᵢⱼ − δᵢⱼ)².
    pub raw_stress: f64,
    /// Share of the variance along each axis, for principal geodesics.
    pub variance_explained: Option<Vec<f64>>,
    /// How the search went, for `smacof` and `spherical-mds`.
    pub convergence: Option<Convergence>,
    /// Whether all points lie within π/2 of their Fréchet mean, so that there is no other, for principal geodesics.
    pub unique_mean: Option<bool>,
    /// Iterations to the Fréchet mean, for principal geodesics.
    mean_iterations: Option<usize>,
}

impl EmbeddingMethod {
    /// Every method.
    pub const ALL: [Self; 4] = [Self::ClassicalMds, Self::Smacof, Self::SphericalMds, Self::PrincipalGeodesics];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClassicalMds => "mds",
            Self::Smacof => "smacof",
            Self::SphericalMds => "spherical-mds",
            Self::PrincipalGeodesics => "principal-geodesics",
        }
    }

    /// The name in analysis files.
    pub fn record_name(self) -> &'static str {
        match self {
            Self::ClassicalMds => "classical-mds",
            other => other.name(),
        }
    }

    /// Embeds K points with given distances.
    ///
    /// # Errors
    ///
    /// [`EmbeddingError`], as the methods say.
    ///
    /// ```
    /// use layerpath::embed::{EmbeddingMethod, EmbeddingOptions, silent};
    /// use layerpath::{geometry::UnitVector, table::arcs};
    /// let at = |angle: f64| UnitVector::normalize(vec![angle.cos(), angle.sin()]);
    /// let (a, b, c) = (at(0.0)?, at(0.3)?, at(0.9)?);
    /// let distances = arcs(&[&a, &b, &c])?;
    /// for method in EmbeddingMethod::ALL {
    ///     let picture = method.embed(&distances, &EmbeddingOptions::default(), &mut silent)?;
    ///     assert!(picture.stress < 1e-6, "{method}");
    /// }
    /// # Ok::<(), layerpath::Error>(())
    /// ```
    pub fn embed(
        self,
        distances: &SymmetricTable,
        options: &EmbeddingOptions,
        observer: &mut Observer<'_>,
    ) -> Result<EmbeddingResult, Error> {
        let dimensions = options.dimensions;
        if dimensions == 0 {
            return Err(EmbeddingError::NoDimensions.into());
        }
        let plain = |coordinates, stress, raw_stress| EmbeddingResult {
            method: self,
            coordinates,
            stress,
            raw_stress,
            variance_explained: None,
            convergence: None,
            unique_mean: None,
            mean_iterations: None,
        };
        let searched = |found: Scaling| EmbeddingResult {
            convergence: Some(found.convergence),
            ..plain(found.coordinates, found.stress, found.raw_stress)
        };
        Ok(match self {
            Self::ClassicalMds => {
                let given = Given::new(distances)?;
                let embedding = classical_mds(distances, dimensions)?;
                plain(embedding.coordinates, embedding.stress, embedding.stress * embedding.stress * given.total())
            }
            Self::Smacof => searched(smacof(distances, dimensions, &options.search, observer)?),
            Self::SphericalMds => searched(spherical_mds(distances, dimensions, &options.search, observer)?),
            Self::PrincipalGeodesics => {
                let found = principal_geodesics_of_arcs(distances, dimensions, &options.mean)?;
                EmbeddingResult {
                    variance_explained: Some(found.variance_explained),
                    unique_mean: Some(found.mean.unique),
                    mean_iterations: Some(found.mean.iterations),
                    ..plain(found.coordinates, found.stress, found.raw_stress)
                }
            }
        })
    }
}

impl EmbeddingMethod {
    /// Embeds points of one metric: as [`embed`](Self::embed) does their distances, but principal geodesics in whatever space
    /// the points live, and spherical MDS only of angles.
    ///
    /// # Errors
    ///
    /// As [`embed`](Self::embed) and [`principal_geodesics_in`]; [`EmbeddingError::NoAngles`].
    pub fn embed_points(
        self,
        metric: &Metric,
        points: &[&Point],
        options: &EmbeddingOptions,
        observer: &mut Observer<'_>,
    ) -> Result<EmbeddingResult, Error> {
        let distances = metric.distances(points)?;
        if self == Self::SphericalMds && metric.unit() != "rad" {
            return Err(EmbeddingError::NoAngles { metric: metric.to_string(), unit: metric.unit() }.into());
        }
        if self != Self::PrincipalGeodesics || metric.is_spherical() {
            return self.embed(&distances, options, observer);
        }
        let (coordinates, variance_explained, iterations) = in_space!(points, |space, own, wrap| {
            let found = principal_geodesics_in(&space, &own, options.dimensions, &DescentOptions::default())?;
            Ok::<_, Error>((found.coordinates, found.variance_explained, found.mean.iterations))
        })?;
        let given = Given::new(&distances)?;
        let raw_stress = given.raw_stress(|i, j| euclidean(&coordinates[i], &coordinates[j]));
        Ok(EmbeddingResult {
            method: self,
            stress: given.normalised(raw_stress),
            raw_stress,
            coordinates,
            variance_explained: Some(variance_explained),
            convergence: None,
            unique_mean: None,
            mean_iterations: Some(iterations),
        })
    }
}

impl EmbeddingResult {
    /// The record for an analysis file, with the names of the embedded points in the order of the table.
    #[must_use]
    pub fn into_record(self, points: Vec<String>) -> EmbeddingRecord {
        EmbeddingRecord {
            method: self.method.record_name().to_owned(),
            points,
            stress: self.stress,
            iterations: self.convergence.as_ref().map(|report| report.iterations).or(self.mean_iterations),
            // A mean that did not converge is an error, so that this one did.
            converged: self.convergence.map(|report| report.converged).or(self.mean_iterations.map(|_| true)),
            variance_explained: self.variance_explained,
            coordinates: self.coordinates,
        }
    }
}

impl fmt::Display for EmbeddingMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for EmbeddingMethod {
    type Err = EmbeddingError;

    fn from_str(name: &str) -> Result<Self, EmbeddingError> {
        let known = Self::ALL.into_iter().find(|method| [method.name(), method.record_name()].contains(&name));
        known.ok_or_else(|| EmbeddingError::UnknownMethod(name.to_owned()))
    }
}
