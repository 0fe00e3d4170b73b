//! Why points cannot be embedded.

/// What is wrong with the distances or with the question, in words that say where and how to mend it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddingError {
    /// Spherical MDS of distances that are no angles.
    #[error(
        "distances of {metric} are measured in {unit}, and spherical MDS needs angles; use `mds` or `smacof`, or an angular metric"
    )]
    NoAngles {
        /// The metric.
        metric: String,
        /// Its unit.
        unit: &'static str,
    },
    /// An entry of the table is no distance.
    #[error(
        "the distance of points {i} and {j} is {value}; distances to embed are finite, not negative and at most 1e150"
    )]
    NotADistance {
        /// First point, counting from 0.
        i: usize,
        /// Second point.
        j: usize,
        /// The value found, as text.
        value: String,
    },
    /// A point is not at distance 0 from itself, so the table holds something else than distances.
    #[error("point {point} is at distance {value} from itself; give a table of distances, not of similarities")]
    NotZeroOnTheDiagonal {
        /// The point, counting from 0.
        point: usize,
        /// The value found.
        value: f64,
    },
    /// Zero dimensions were asked for.
    #[error("an embedding needs at least one dimension")]
    NoDimensions,
    /// There is nothing to average.
    #[error("a mean needs at least one point")]
    NoPoints,
    /// Neither the classical start nor a random one was asked for.
    #[error("the search has nothing to start from; allow the classical start or at least one random restart")]
    NoStart,
    /// The table does not hold inner products of unit vectors.
    #[error(
        "the distances are not arcs on a unit sphere ({reason}), and principal geodesics need one; use a spherical metric \
         such as angular-cka, or the method `smacof`"
    )]
    NotSpherical {
        /// What contradicts a sphere.
        reason: String,
    },
    /// The points surround the sphere, so that no mean is distinguished.
    #[error(
        "the points are too spread for a Fréchet mean ({reason}); leave out points that lie opposite to others, or embed \
         with `mds`, `smacof` or `spherical-mds`"
    )]
    TooSpread {
        /// What was found.
        reason: String,
    },
    /// The mean was not found within the allowed iterations.
    #[error(
        "the Fréchet mean did not converge: after {iterations} iterations the gradient is {gradient:e} rad; allow more \
         iterations, or embed with `mds`, `smacof` or `spherical-mds`"
    )]
    MeanNotConverged {
        /// Iterations done.
        iterations: usize,
        /// Norm of the mean of the logarithms, in rad.
        gradient: f64,
    },
    /// The observer asked to stop.
    #[error("the embedding was interrupted")]
    Interrupted,
    /// The name of a method is not known.
    #[error("there is no embedding method `{0}`; use mds, smacof, spherical-mds or principal-geodesics")]
    UnknownMethod(String),
}
