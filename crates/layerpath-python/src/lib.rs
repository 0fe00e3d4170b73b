//! `layerpath._core`, the extension module behind the Python package `layerpath`: Python objects in, Python objects
//! out, and no mathematics of its own.
//!
//! | what | module |
//! | --- | --- |
//! | arrays and points that come in | `activations`, `target`, `collection` |
//! | numbers, texts, lists, file names that come in | `argument` |
//! | `Metric`, `Point`, `Points`, `Path`, `Analysis`, `GramAccumulator` | the module of that name |
//! | `distances`; comparisons and embeddings | `table`, `pictures` |
//! | what `layerpath.dask` hands to its workers | `stored` |
//! | NumPy arrays and plain data that go out | `output` |
//! | objects that go through `pickle` | `pickle` |
//! | computations without the GIL, which Ctrl-C ends; their threads | `patience`, `threads` |
//! | the core's errors as exceptions that name the argument | `failure` |
//!
//! Tables, figures and everything that knows PyTorch are Python, in `python/layerpath/`.

mod accumulator;
mod activations;
mod analysis;
mod argument;
mod collection;
mod failure;
mod metric;
mod output;
mod path;
mod patience;
mod pickle;
mod pictures;
mod point;
mod points;
mod stored;
mod table;
mod target;
mod threads;

/// The extension module.
#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::accumulator::GramAccumulator;
    #[pymodule_export]
    use crate::analysis::{Analysis, read_analysis};
    #[pymodule_export]
    use crate::collection::target_point;
    #[pymodule_export]
    use crate::failure::UndefinedError;
    #[pymodule_export]
    use crate::metric::{Metric, as_metric};
    #[pymodule_export]
    use crate::path::Path;
    #[pymodule_export]
    use crate::pickle::{restore_analysis, restore_path, restore_point, restore_points};
    #[pymodule_export]
    use crate::pictures::{compare_paths, embed_points};
    #[pymodule_export]
    use crate::point::Point;
    #[pymodule_export]
    use crate::points::{Points, read_points, write_points};
    #[pymodule_export]
    use crate::stored::{PointsAppender, SharedTable, Stage, StoredTable};
    #[pymodule_export]
    use crate::table::distances;

    use pyo3::prelude::*;

    #[pymodule_init]
    fn version(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
