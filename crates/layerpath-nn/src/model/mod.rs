//! Residual networks: names, weights, and the one forward pass.

mod architecture;
mod initial;
pub(crate) mod network;
pub(crate) mod program;
mod weights;

pub use architecture::Architecture;
pub use initial::{BatchNormInit, initial_weights};
pub use network::Network;
pub use weights::{NamedTensor, Weights};

pub(crate) use architecture::Role;
