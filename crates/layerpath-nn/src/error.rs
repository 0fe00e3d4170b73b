//! What can go wrong, said so that it can be mended.

/// An error of this crate: what is wrong, where, and how to mend it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text names no architecture.
    #[error(
        "`{text}` names no architecture: {reason}; write resnet<N>x<W> with N = 6D + 2 layers \
         and W channels, for example resnet20x16"
    )]
    Architecture {
        /// The text as given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Images or labels do not form a set.
    #[error("images: {reason}")]
    Images {
        /// What is wrong and how to mend it.
        reason: String,
    },
    /// Weights do not fit an architecture.
    #[error("weights for {architecture}: {reason}")]
    Weights {
        /// The architecture that was to be filled.
        architecture: String,
        /// The first tensor that does not fit, and why.
        reason: String,
    },
    /// A selection of layers cannot be read or selects nothing.
    #[error("layers `{text}`: {reason}")]
    Selection {
        /// The text as given.
        text: String,
        /// What is wrong and how to mend it.
        reason: String,
    },
    /// A field of the training configuration is out of range.
    #[error("training configuration: `{field}`: {reason}")]
    Configuration {
        /// The field.
        field: &'static str,
        /// Its value, the values that are allowed.
        reason: String,
    },
    /// The loss or a gradient became infinite or NaN; the weights before that step are kept.
    #[error(
        "training diverged in epoch {epoch}, step {step}: {what} at learning rate \
         {learning_rate}; lower the learning rate"
    )]
    Diverged {
        /// Number of finished epochs.
        epoch: usize,
        /// Number of finished steps in this epoch.
        step: usize,
        /// The rate of the step that failed.
        learning_rate: f64,
        /// Which number was not finite.
        what: String,
    },
    /// There is no such backend.
    #[error("no graphics processor to train on: {reason}")]
    Backend {
        /// Why, and how to mend it.
        reason: String,
    },
    /// A saved training state does not fit.
    #[error("training state: {reason}")]
    State {
        /// What is wrong and how to mend it.
        reason: String,
    },
    /// All epochs are done.
    #[error("all {epochs} epochs are done; raise `epochs` to train on")]
    Finished {
        /// The number of epochs in the configuration.
        epochs: usize,
    },
    /// The deep-learning framework failed: our fault, not the caller's.
    #[error("the deep-learning framework failed to {task}: {reason}")]
    Framework {
        /// What it was asked to do.
        task: &'static str,
        /// Its message.
        reason: String,
    },
}

/// The result of functions of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
