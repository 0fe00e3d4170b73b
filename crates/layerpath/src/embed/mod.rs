//! Coordinates for pictures. Embeddings illustrate; they are not evidence, so each carries its stress.
//!
//! | method | where the points go | what is minimised |
//! | --- | --- | --- |
//! | [`classical_mds`] | Euclidean space | error of the centred inner products, in closed form |
//! | [`smacof`] | Euclidean space | Σ(dᵢⱼ − δᵢⱼ)², by majorisation |
//! | [`spherical_mds`] | the unit sphere S^k | Σ(θᵢⱼ − dᵢⱼ)², by damped Newton steps |
//! | [`principal_geodesics`] | the tangent space at the Fréchet mean | variance left over by the axes |
//!
//! [`principal_geodesics_in`] is the last of them in any Riemannian space.
//!
//! [`EmbeddingMethod`] chooses one of them by name and gives a common result.

mod classical_mds;
mod document;
mod error;
mod frechet_mean;
mod given;
mod method;
mod principal_geodesics;
mod search;
mod smacof;
mod sphere_objective;
mod spherical_mds;
mod tangent;

pub use classical_mds::{Embedding, classical_mds};
pub use document::{EMBEDDING_SCHEMA, EmbeddingDocument};
pub use error::EmbeddingError;
pub use frechet_mean::{FrechetMean, MeanOptions, frechet_mean};
pub use method::{EmbeddingMethod, EmbeddingOptions, EmbeddingResult};
pub use principal_geodesics::{PrincipalGeodesics, principal_geodesics, principal_geodesics_of_arcs};
pub use search::{Convergence, Observer, Progress, Scaling, SearchOptions, Start, silent};
pub use smacof::smacof;
pub use spherical_mds::spherical_mds;
pub use tangent::{TangentComponents, principal_geodesics_in};
