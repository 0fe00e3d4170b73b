//! Exceptions that name the argument: `ValueError` for values, `TypeError` for types, `UndefinedError` for what geometry
//! leaves open, the members of `OSError` for files.

use std::fmt::Display;
use std::io::ErrorKind;

use pyo3::exceptions::{
    PyFileExistsError, PyFileNotFoundError, PyMemoryError, PyOSError, PyPermissionError, PyRuntimeError, PyTypeError,
    PyValueError,
};
use pyo3::prelude::*;

pyo3::create_exception!(
    layerpath,
    UndefinedError,
    PyValueError,
    "The inputs are valid, but geometry gives no answer: no direction leads from a point to itself, for example."
);

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

/// An error that Python raised over `argument`, of the same kind.
pub(crate) fn named(py: Python<'_>, argument: &str, error: &PyErr) -> PyErr {
    let value = error.value(py);
    if error.is_instance_of::<PyMemoryError>(py) {
        no_memory(argument, value)
    } else if error.is_instance_of::<PyTypeError>(py) {
        wrong_type(argument, value)
    } else {
        wrong_value(argument, value)
    }
}

/// An error of the core that belongs to no single argument.
pub(crate) fn failed(error: layerpath::Error) -> PyErr {
    match error {
        layerpath::Error::Geometry(geometry) if geometry.is_undefined() => {
            UndefinedError::new_err(geometry.to_string())
        }
        error => PyValueError::new_err(error.to_string()),
    }
}

/// An error of the core about `argument`.
pub(crate) fn failed_for(argument: &str, error: &layerpath::Error) -> PyErr {
    match error {
        layerpath::Error::Geometry(geometry) if geometry.is_undefined() => {
            UndefinedError::new_err(format!("{argument}: {geometry}"))
        }
        error => wrong_value(argument, error),
    }
}

/// A file that cannot be read or written.
pub(crate) fn file_failed(error: layerpath_io::Error) -> PyErr {
    let message = format!("path: {error}");
    match error {
        layerpath_io::Error::File { source, .. } => match source.kind() {
            ErrorKind::NotFound => PyFileNotFoundError::new_err(message),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => PyPermissionError::new_err(message),
            ErrorKind::AlreadyExists => PyFileExistsError::new_err(message),
            _ => PyOSError::new_err(message),
        },
        error if error.is_user_error() => PyValueError::new_err(message),
        _ => PyRuntimeError::new_err(message),
    }
}
