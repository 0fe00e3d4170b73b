//! Exceptions that name the argument: `ValueError` for values, `TypeError` for types.

use std::fmt::Display;

use pyo3::PyErr;
use pyo3::exceptions::{PyMemoryError, PyTypeError, PyValueError};

/// The value of `argument` is wrong.
pub(crate) fn wrong_value(argument: &str, message: impl Display) -> PyErr {
    PyValueError::new_err(format!("{argument}: {message}"))
}

/// The type of `argument` is wrong.
pub(crate) fn wrong_type(argument: &str, message: impl Display) -> PyErr {
    PyTypeError::new_err(format!("{argument}: {message}"))
}

/// `argument` needs more memory than there is.
pub(crate) fn no_memory(argument: &str, message: impl Display) -> PyErr {
    PyMemoryError::new_err(format!("{argument}: {message}"))
}

/// An error of the core that belongs to no single argument.
pub(crate) fn failed(error: layerpath::Error) -> PyErr {
    PyValueError::new_err(error.to_string())
}
