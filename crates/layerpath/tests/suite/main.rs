//! Laws, golden values and accuracy of the mathematics.
#![allow(clippy::unwrap_used, clippy::panic)]

mod data;
mod determinism;
mod estimators;
mod golden;
mod laws;
mod shapes;
mod statistics;
