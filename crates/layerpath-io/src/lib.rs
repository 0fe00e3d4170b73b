//! Files of layerpath: the one crate that touches them.
//!
//! | module | files |
//! | --- | --- |
//! | [`activations`] | activations in: `.npz`, `.safetensors`, `.npy`, folders of `.npy` |
//! | [`target`] | `--target`: an array, or labels that become one-hot |
//! | [`images`] | CIFAR-10: binary, Parquet, class folders |
//! | [`tensors`] | checkpoints |
//! | [`points`] | the points store, Zarr v3 |
//! | [`analysis`] | the analysis file and its tidy tables |
//! | [`embedding`] | coordinates for a picture, and their tidy table |
//! | [`run`] | the folder of a trained network |
//! | [`study`] | studies of many networks, and their tidy tables |
//! | [`stage`], [`documents`] | what the stages of a study leave behind, and whether they are done |
//!
//! Three promises hold for all of them:
//!
//! * **Whole or not at all.** What is written gets its name when it is complete; a failure leaves what was there.
//! * **Files come from strangers.** Nothing a file promises is believed before it is compared with the bytes that are
//!   there; memory is bounded by the file's length (times the compression factor of deflate, where it applies), and
//!   damaged content is an error, never a panic and never other numbers.
//! * **Errors can be acted on.** [`Error`] says what is wrong, where, and how to mend it.

pub mod activations;
pub mod analysis;
pub mod documents;
pub mod embedding;
pub mod images;
pub mod points;
pub mod run;
pub mod stage;
pub mod study;
pub mod target;
pub mod tensors;

mod atomic;
mod elements;
mod error;
mod identity;
mod lock;
mod machine;
mod npy;
mod safetensors_file;
mod shared_table;
mod table_file;

pub use atomic::{Existing, ensure_dir, write_bytes_atomically, write_text_atomically};
pub use elements::{Elements, NamedArray};
pub use error::{Error, Result};
pub use identity::{hash_file, hash_ids, stimuli_at_positions, stimuli_from_ids, stimulus_hashes};
pub use lock::WriteLock;
pub use machine::machine_memory;
pub use npy::write_npy;
pub use shared_table::{SharedTable, TABLE_FORMAT, TableDescription};
pub use table_file::PartialTable;
