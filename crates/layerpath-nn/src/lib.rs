//! Residual networks for small images: data, training, and hidden representations.
//!
//! This crate trains the networks whose layers layerpath treats as points of a path, and hands out
//! every state of a trained network on a set of images. It is the only crate that names the
//! deep-learning framework (burn), and no type of the framework appears in its
//! interface. It touches no files and no clock, prints nothing, and draws every random number from
//! a stream named by the caller's seed: the same configuration and images give the same weights,
//! bit for bit, for any number of threads, on processors.
//!
//! * [`ImageSet`], [`builtin`]: labelled 32×32 images and a set drawn by program.
//! * [`Architecture`], [`Weights`], [`Network`]: which network, its tensors under the names of the
//!   authors' PyTorch networks, and the forward pass.
//! * [`TrainingConfig`], [`Trainer`], [`TrainerState`]: training one step at a time, saved and
//!   resumed without a trace.
//! * [`capture`], [`LayerSelection`], [`state_names`]: hidden representations, layer by layer.
//!
//! ```
//! use layerpath_nn::{Error, Trainer, TrainingConfig, builtin, capture};
//!
//! let data = builtin(1, 10, 4);
//! let mut trainer = Trainer::new(TrainingConfig::new("resnet8x1".parse()?, 7, 1))?;
//! trainer.step(&data.train)?;
//! let mut names = Vec::new();
//! capture(&trainer.network()?, &data.test, &"blocks".parse()?, 2, |state| {
//!     names.push((state.name, state.shape));
//!     Ok::<(), Error>(())
//! })?;
//! assert_eq!(names[1], ("stem.relu".to_owned(), vec![4, 1, 32, 32]));
//! assert_eq!(names[6], ("logits".to_owned(), vec![4, 10]));
//! # Ok::<(), Error>(())
//! ```

mod backend;
mod capture;
mod data;
mod error;
mod model;
mod random;
mod training;

pub use backend::Backend;
pub use capture::{LayerSelection, State, StateDescription, capture, memory_estimate, state_names};
pub use data::{
    CHANNELS, CLASS_NAMES, CLASSES, DataSet, IMAGE_BYTES, ImageSet, MEAN, SIDE, STANDARD_DEVIATION, builtin,
};
pub use error::{Error, Result};
pub use model::{Architecture, BatchNormInit, NamedTensor, Network, Weights, initial_weights};
pub use training::{
    EpochReport, EpochSums, Evaluation, Schedule, StepReport, Trainer, TrainerState, TrainingConfig, accuracy, evaluate,
};
