//! Neural networks as paths through the space of representations.
//!
//! The activations of each layer of a network, its answers to the same *m* stimuli, are a point in a metric space
//! of representations. The layers in order are then a *path* from the input to the output, with steps, angles,
//! geodesics and projections (Lange et al. 2022, arXiv:2206.10999).
//!
//! Data walks one way, and each station is a module:
//!
//! | station | module |
//! | --- | --- |
//! | activations, an m×n view | [`representation`] |
//! | a metric by name: how activations become points | [`metric`] |
//! | spaces and what can be done in them | [`geometry`] |
//! | similarities that are no metrics, and held-out alignment | [`similarity`] |
//! | all pairs of points at once | [`table`] |
//! | a path and its statistics | [`path`] |
//! | coordinates for pictures | [`embed`] |
//! | the result as plain data | [`analysis`] |
//! | studies: many networks, seeds and epochs together | [`study`] |
//! | the laws that every space and metric obeys | [`laws`] |
//! | those laws and the declared invariances on a user's own activations, and every convention | [`verification`] |
//! | what other packages do otherwise | [`peers`] |
//! | dense linear algebra | [`linalg`] |
//!
//! The crate does mathematics only: no files, no clock, no printing, no global random state. The same input gives the
//! same bits for any number of threads.
//!
//! # Example
//!
//! Three layers' answers to five stimuli, and one-hot labels as the target:
//!
//! ```
//! use layerpath::{metric::Metric, path::Path, representation::Representation};
//!
//! # fn main() -> Result<(), layerpath::Error> {
//! let pixels = [0.0, 1.0, 2.0, 0.5, 1.0, 1.5, 3.0, 0.0, 2.5, 2.0_f64];
//! let hidden = [0.1, 0.9, 2.1, 0.2, 0.9, 1.2, 3.5, 0.1, 2.0, 1.5_f64];
//! let output = [0.0, 1.0, 1.0, 0.1, 0.1, 0.9, 0.9, 0.0, 0.6, 0.4_f64];
//! let labels = [0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0_f64];
//!
//! let metric: Metric = "angular-cka".parse()?;
//! let mut points = Vec::new();
//! for layer in [&pixels, &hidden, &output] {
//!     points.push(metric.embed(&Representation::new(&layer[..], 5, 2)?)?);
//! }
//! let target = metric.embed(&Representation::new(&labels[..], 5, 2)?)?;
//!
//! let path = Path::new(&metric, &points, Some(&target))?;
//! assert_eq!(path.steps().len(), 2);
//! assert!(path.displacement() <= path.length());
//! # Ok(())
//! # }
//! ```

pub mod analysis;
#[cfg(doctest)]
mod documents;
pub mod embed;
mod error;
pub mod geometry;
pub mod laws;
pub mod linalg;
pub mod metric;
pub mod path;
pub mod peers;
pub mod representation;
pub mod similarity;
pub mod study;
pub mod table;
pub mod verification;

pub use error::Error;
