//! Whole files: written, read back, damaged, and made by hand to do harm.
#![allow(clippy::explicit_write)] // the test runner keeps what `eprintln!` says to itself; a skip must be seen
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail as tests do

mod activations;
mod analysis;
mod checkpoints;
mod growing;
mod hostile;
mod images;
mod npy_properties;
mod pieces;
mod points;
mod support;
