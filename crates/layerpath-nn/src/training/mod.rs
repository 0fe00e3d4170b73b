//! Training: configuration, learning rates, the optimizer, the trainer and its saved state.

mod configuration;
mod evaluation;
mod schedule;
mod sgd;
mod state;
mod trainer;

pub use configuration::TrainingConfig;
pub use evaluation::{Evaluation, accuracy, evaluate};
pub use schedule::Schedule;
pub use state::{EpochSums, TrainerState};
pub use trainer::{EpochReport, StepReport, Trainer};
