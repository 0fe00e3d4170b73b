//! Whole files: written, read back, damaged, and made by hand to do harm.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail as tests do
#![allow(clippy::print_stdout)] // tests say what they skip

mod activations;
mod analysis;
mod checkpoints;
mod hostile;
mod images;
mod npy_properties;
mod points;
mod support;
