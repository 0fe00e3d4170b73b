//! The target of a path: a point, an array, or class labels, which become one-hot rows.

use layerpath::metric::{Metric, Point};
use layerpath::representation::Representation;
use numpy::{PyArrayDescrMethods, PyArrayDyn, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::activations::{Activations, as_array, embed, fits, too_many};
use crate::failure::{no_memory, wrong_value};
use crate::patience::detached;

/// The point of a target that is not a point already, and the number of its stimuli.
pub(crate) fn embed_target(metric: &Metric, object: &Bound<'_, PyAny>) -> PyResult<(Point, usize)> {
    let activations = as_array("target", object)?;
    if activations.is_bfloat16() {
        return embed(metric, "target", &activations);
    }
    let Activations { array, .. } = &activations;
    let stimuli = array.shape()[0];
    if !fits(stimuli) {
        return Err(no_memory("target", too_many(stimuli)));
    }
    let whole = matches!(array.dtype().kind(), b'i' | b'u' | b'b');
    if array.ndim() == 1 && (whole || is_whole(array)? || is_text(array)?) {
        return embed_labels(metric, array);
    }
    if whole {
        // One-hot rows written as integers or truth values.
        let float = array.call_method1(intern!(array.py(), "astype"), ("float64",))?;
        return embed(metric, "target", &Activations::new(float.cast_into::<PyUntypedArray>()?));
    }
    embed(metric, "target", &activations)
}

/// Whether the labels are names.
fn is_text(array: &Bound<'_, PyUntypedArray>) -> PyResult<bool> {
    match array.dtype().kind() {
        b'U' | b'T' => Ok(true),
        // What pandas and lists with missing values give: only texts can be sorted.
        b'O' => array.try_iter()?.try_fold(true, |all, label| Ok(all && label?.is_instance_of::<PyString>())),
        _ => Ok(false),
    }
}

/// Whether floating-point numbers are all whole, so that they are labels as well (as on the command line).
fn is_whole(array: &Bound<'_, PyUntypedArray>) -> PyResult<bool> {
    let py = array.py();
    if array.dtype().kind() != b'f' {
        return Ok(false);
    }
    let numpy = py.import(intern!(py, "numpy"))?;
    if !numpy.call_method1("isfinite", (array,))?.call_method0("all")?.is_truthy()? {
        return Ok(false);
    }
    numpy.call_method1("array_equal", (array, numpy.call_method1("trunc", (array,))?))?.is_truthy()
}

/// One column a class, classes in increasing order.
fn embed_labels(metric: &Metric, labels: &Bound<'_, PyUntypedArray>) -> PyResult<(Point, usize)> {
    let py = labels.py();
    let stimuli = labels.len();
    let unique = py.import(intern!(py, "numpy"))?.call_method1(intern!(py, "unique"), (labels, false, true))?;
    let (classes, columns): (Bound<'_, PyUntypedArray>, Bound<'_, PyAny>) = unique.extract()?;
    let n_classes = classes.len();
    if n_classes < 2 {
        return Err(wrong_value("target", "every stimulus has the same label; a target needs at least two classes"));
    }
    if n_classes == stimuli {
        return Err(wrong_value(
            "target",
            "every stimulus has a label of its own, which says nothing about classes; give class labels, or an array \
             with several columns",
        ));
    }
    let columns = columns.call_method1("astype", ("int64",))?.cast_into::<PyArrayDyn<i64>>()?;
    let columns = columns.try_readonly().map_err(|error| wrong_value("target", error))?;
    let mut one_hot = vec![0.0_f64; stimuli * n_classes];
    for (row, &column) in one_hot.chunks_exact_mut(n_classes).zip(columns.as_array()) {
        row[column as usize] = 1.0;
    }
    let point = detached(py, || Representation::new(&one_hot[..], stimuli, n_classes).and_then(|x| metric.embed(&x)))?
        .map_err(|error| wrong_value("target", error))?;
    Ok((point, stimuli))
}
