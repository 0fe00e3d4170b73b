//! Activations as NumPy holds them, borrowed where they lie.

use half::f16;
use layerpath::metric::{Metric, Point};
use layerpath::representation::{Elements, Representation};
use numpy::{Element, PyArrayDescrMethods, PyArrayDyn, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;

use crate::failure::{no_memory, wrong_type, wrong_value};

/// Anything that NumPy takes for an array with at least one axis, without a copy where NumPy needs none.
pub(crate) fn as_array<'py>(argument: &str, object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyUntypedArray>> {
    let py = object.py();
    let masked = py.import(intern!(py, "numpy.ma"))?.call_method1(intern!(py, "is_masked"), (object,))?;
    if masked.is_truthy()? {
        return Err(wrong_value(argument, "the array has masked elements; remove those stimuli from every layer"));
    }
    // A torch tensor that takes part in differentiation does not convert; its values are wanted, not its history.
    let object = match object.getattr_opt(intern!(py, "requires_grad"))? {
        Some(flag) if flag.is_truthy()? => object.call_method0(intern!(py, "detach"))?,
        _ => object.clone(),
    };
    let array = py.import(intern!(py, "numpy"))?.call_method1(intern!(py, "asarray"), (&object,)).map_err(|error| {
        let message = format!("NumPy cannot read {} as an array ({})", type_name(&object), error.value(py));
        if error.is_instance_of::<PyValueError>(py) {
            wrong_value(argument, message)
        } else {
            wrong_type(argument, message)
        }
    })?;
    let array = array.cast_into::<PyUntypedArray>()?;
    if array.ndim() == 0 {
        let message = format!("expected an array with the stimuli along its first axis, not {}", type_name(&object));
        return Err(wrong_type(argument, message));
    }
    Ok(array)
}

/// Name of an object's type, for messages.
pub(crate) fn type_name(object: &Bound<'_, PyAny>) -> String {
    object.get_type().qualname().map_or_else(|_| "this object".to_owned(), |name| name.to_string())
}

/// The point of an array of activations and the number of its stimuli.
pub(crate) fn embed(metric: &Metric, argument: &str, array: &Bound<'_, PyUntypedArray>) -> PyResult<(Point, usize)> {
    let dtype = array.dtype();
    match (dtype.kind(), dtype.itemsize()) {
        (b'f', 2) => embed_elements::<f16>(metric, argument, array),
        (b'f', 4) => embed_elements::<f32>(metric, argument, array),
        (b'f', 8) => embed_elements::<f64>(metric, argument, array),
        (b'i' | b'u' | b'b', _) => Err(wrong_type(
            argument,
            format!(
                "activations are float16, float32 or float64, not {dtype}; if these are measured values, convert them \
                 with `.astype(float)`; labels belong into `target`"
            ),
        )),
        _ => Err(wrong_type(argument, format!("activations are float16, float32 or float64, not {dtype}"))),
    }
}

fn embed_elements<T>(metric: &Metric, argument: &str, array: &Bound<'_, PyUntypedArray>) -> PyResult<(Point, usize)>
where
    T: Element + Sync,
    for<'a> Elements<'a>: From<&'a [T]>,
{
    let py = array.py();
    // Nothing is copied unless order, alignment or byte order call for it.
    let native = array.dtype().call_method1(intern!(py, "newbyteorder"), ("=",))?;
    let array = py.import(intern!(py, "numpy"))?.call_method1(intern!(py, "require"), (array, native, ["C", "A"]))?;
    let array = array.cast_into::<PyArrayDyn<T>>()?;
    let array = array.try_readonly().map_err(|error| wrong_value(argument, error))?;
    let (stimuli, units) = (array.shape()[0], array.shape()[1..].iter().fold(1, |n: usize, &d| n.saturating_mul(d)));
    let elements = array.as_slice().map_err(|error| wrong_value(argument, error))?;
    if !fits(stimuli) {
        let message = format!("the similarities of {stimuli} stimuli need {stimuli}² × 8 bytes of memory");
        return Err(no_memory(argument, message));
    }
    let point = py
        .detach(|| Representation::new(elements, stimuli, units).and_then(|x| metric.embed(&x)))
        .map_err(|error| wrong_value(argument, error))?;
    Ok((point, stimuli))
}

/// Whether the system grants a matrix of stimuli × stimuli. Asking first makes the refusal an exception: the core's own
/// allocation would end the process.
pub(crate) fn fits(stimuli: usize) -> bool {
    stimuli.checked_mul(stimuli).is_some_and(|size| Vec::<f64>::new().try_reserve_exact(size).is_ok())
}
