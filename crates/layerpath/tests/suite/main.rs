//! Laws, golden values and accuracy of the mathematics.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod accuracy;
mod curvature;
mod data;
mod derivatives;
mod determinism;
mod differences;
mod double_double;
mod embeddings;
mod engines;
mod estimators;
mod evidence;
mod golden;
mod hard_points;
mod laws;
mod means;
mod resampling;
mod shapes;
mod similarity;
mod similarity_laws;
mod simulations;
mod statistics;
mod verification;
mod whole_paths;
