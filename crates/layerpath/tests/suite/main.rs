//! Laws, golden values and accuracy of the mathematics.
#![allow(clippy::unwrap_used, clippy::panic)]

mod data;
mod determinism;
mod embeddings;
mod engines;
mod estimators;
mod golden;
mod laws;
mod resampling;
mod shapes;
mod similarity;
mod similarity_laws;
mod statistics;
mod whole_paths;
