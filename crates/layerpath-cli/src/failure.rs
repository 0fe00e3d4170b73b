//! Why a command did not finish.

use std::fmt;
use std::process::ExitCode;

/// Every reason to stop early, sorted by who can mend it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The user's input is wrong.
    User(String),
    /// The program is wrong.
    Internal(String),
    /// Ctrl-C; the message says how to go on.
    Interrupted(String),
}

/// Result of everything in the program.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    pub(crate) fn user(message: impl Into<String>) -> Self {
        Self::User(message.into())
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::User(_) => ExitCode::from(1),
            Self::Internal(_) => ExitCode::from(2),
            Self::Interrupted(_) => ExitCode::from(130),
        }
    }

    /// The same failure with the place in front, for example the layer that it concerns.
    pub(crate) fn at(self, place: impl fmt::Display) -> Self {
        match self {
            Self::User(message) => Self::User(format!("{place}: {message}")),
            Self::Internal(message) => Self::Internal(format!("{place}: {message}")),
            interrupted @ Self::Interrupted(_) => interrupted,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(message) | Self::Interrupted(message) => f.write_str(message),
            Self::Internal(message) => write!(f, "{message} (this is a fault of layerpath; please report it)"),
        }
    }
}

impl From<layerpath::Error> for Failure {
    fn from(error: layerpath::Error) -> Self {
        match error {
            layerpath::Error::NoConvergence(_) => Self::Internal(error.to_string()),
            _ => Self::User(error.to_string()),
        }
    }
}

impl From<layerpath_io::Error> for Failure {
    fn from(error: layerpath_io::Error) -> Self {
        if error.is_user_error() { Self::User(error.to_string()) } else { Self::Internal(error.to_string()) }
    }
}

impl From<layerpath_nn::Error> for Failure {
    fn from(error: layerpath_nn::Error) -> Self {
        Self::User(error.to_string())
    }
}

impl From<layerpath_report::Error> for Failure {
    fn from(error: layerpath_report::Error) -> Self {
        Self::User(error.to_string())
    }
}
