//! `layerpath._core`, the extension module behind the Python package `layerpath`: Python objects in, Python objects
//! out, and no mathematics of its own.
//!
//! | what | module |
//! | --- | --- |
//! | arrays and points that come in | `activations`, `target`, `collection` |
//! | `Metric`, `Point`, `Path`, `distances` | `metric`, `point`, `path`, `table` |
//! | NumPy arrays that go out | `output` |
//! | the core's errors as exceptions that name the argument | `failure` |

mod activations;
mod collection;
mod failure;
mod metric;
mod output;
mod path;
mod point;
mod table;
mod target;

/// The extension module.
#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::metric::Metric;
    #[pymodule_export]
    use crate::path::Path;
    #[pymodule_export]
    use crate::point::Point;
    #[pymodule_export]
    use crate::table::distances;

    use pyo3::prelude::*;

    #[pymodule_init]
    fn version(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
