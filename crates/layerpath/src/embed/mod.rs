//! Coordinates for pictures. Embeddings illustrate; they are not evidence, so each carries its stress.

mod classical_mds;

pub use classical_mds::{Embedding, classical_mds};
