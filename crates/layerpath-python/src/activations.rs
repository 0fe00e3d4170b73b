//! Activations as NumPy holds them, borrowed where they lie.

use half::f16;
use half::slice::HalfBitsSliceExt;
use layerpath::Error;
use layerpath::metric::{Metric, Point};
use layerpath::representation::{Elements, Representation};
use layerpath::table::Bytes;
use layerpath_io::machine_memory;
use numpy::{Element, PyArrayDescrMethods, PyArrayDyn, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::{PyMemoryError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;

use crate::failure::{named, no_memory, wrong_type, wrong_value};
use crate::patience::detached;

/// An array of at least one axis.
pub(crate) struct Activations<'py> {
    pub(crate) array: Bound<'py, PyUntypedArray>,
    /// Whether its 16-bit integers are the bits of bfloat16 numbers, which NumPy does not know.
    bfloat16: bool,
}

impl<'py> Activations<'py> {
    /// An array of a type that NumPy knows.
    pub(crate) fn new(array: Bound<'py, PyUntypedArray>) -> Self {
        Self { array, bfloat16: false }
    }

    pub(crate) fn is_bfloat16(&self) -> bool {
        self.bfloat16
    }
}

/// Anything that NumPy takes for an array with at least one axis, without a copy where NumPy needs none; PyTorch tensors
/// by way of their own NumPy view, and what only speaks DLPack by way of that.
pub(crate) fn as_array<'py>(argument: &str, object: &Bound<'py, PyAny>) -> PyResult<Activations<'py>> {
    let py = object.py();
    let masked = py.import(intern!(py, "numpy.ma"))?.call_method1(intern!(py, "is_masked"), (object,))?;
    if masked.is_truthy()? {
        return Err(wrong_value(argument, "the array has masked elements; remove those stimuli from every layer"));
    }
    let unreadable = |error: PyErr| {
        if error.is_instance_of::<PyMemoryError>(py) {
            return named(py, argument, &error);
        }
        let message = format!("NumPy cannot read {} as an array ({})", type_name(object), error.value(py));
        if error.is_instance_of::<PyValueError>(py) {
            wrong_value(argument, message)
        } else {
            wrong_type(argument, message)
        }
    };
    let (array, bits) = match of_torch(object).map_err(unreadable)? {
        Some(found) => found,
        None => (of_numpy(object).map_err(unreadable)?, false),
    };
    let array = array.cast_into::<PyUntypedArray>()?;
    if array.ndim() == 0 {
        let message = format!("expected an array with the stimuli along its first axis, not {}", type_name(object));
        return Err(wrong_type(argument, message));
    }
    // The bfloat16 of ml_dtypes, which JAX arrays have.
    let named = array.dtype().itemsize() == 2
        && array.dtype().getattr(intern!(py, "name"))?.extract::<String>().is_ok_and(|name| name == "bfloat16");
    if named {
        let bits = array.call_method1(intern!(py, "view"), ("uint16",))?.cast_into::<PyUntypedArray>()?;
        return Ok(Activations { array: bits, bfloat16: true });
    }
    Ok(Activations { array, bfloat16: bits })
}

fn of_numpy<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    let numpy = py.import(intern!(py, "numpy"))?;
    // A tensor of another library that takes part in differentiation; its values are wanted, not its history.
    let object = match object.getattr_opt(intern!(py, "requires_grad"))? {
        Some(flag) if flag.is_truthy()? => object.call_method0(intern!(py, "detach"))?,
        _ => object.clone(),
    };
    let array = numpy.call_method1(intern!(py, "asarray"), (&object,))?;
    let opaque = array.getattr(intern!(py, "dtype"))?.getattr(intern!(py, "kind"))?.eq("O")?;
    if opaque && !object.is_instance_of::<PyUntypedArray>() && object.hasattr(intern!(py, "__dlpack__"))? {
        return numpy.call_method1(intern!(py, "from_dlpack"), (&object,));
    }
    Ok(array)
}

/// The values of a PyTorch tensor, and whether they are the bits of bfloat16 numbers. Without a copy for a tensor in the
/// computer's own memory.
fn of_torch<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<(Bound<'py, PyAny>, bool)>> {
    let py = object.py();
    let modules = py.import(intern!(py, "sys"))?.getattr(intern!(py, "modules"))?;
    let Ok(torch) = modules.get_item("torch") else { return Ok(None) };
    match torch.getattr_opt(intern!(py, "Tensor"))? {
        Some(class) if object.is_instance(&class)? => {}
        _ => return Ok(None),
    }
    let mut tensor = object.call_method0(intern!(py, "detach"))?;
    if !tensor.getattr(intern!(py, "device"))?.getattr(intern!(py, "type"))?.eq("cpu")? {
        tensor = tensor.call_method0(intern!(py, "cpu"))?;
    }
    let bfloat16 = tensor.getattr(intern!(py, "dtype"))?.is(&torch.getattr(intern!(py, "bfloat16"))?);
    if bfloat16 {
        tensor = tensor.call_method1(intern!(py, "view"), (torch.getattr(intern!(py, "int16"))?,))?;
    }
    let array = tensor.call_method0(intern!(py, "numpy"))?;
    let array = if bfloat16 { array.call_method1(intern!(py, "view"), ("uint16",))? } else { array };
    Ok(Some((array, bfloat16)))
}

/// Name of an object's type, for messages.
pub(crate) fn type_name(object: &Bound<'_, PyAny>) -> String {
    object.get_type().qualname().map_or_else(|_| "this object".to_owned(), |name| name.to_string())
}

/// The shape of an array, stimuli first.
pub(crate) fn shape(activations: &Activations<'_>) -> Vec<usize> {
    activations.array.shape().to_vec()
}

/// The point of an array of activations and the number of its stimuli.
pub(crate) fn embed(metric: &Metric, argument: &str, activations: &Activations<'_>) -> PyResult<(Point, usize)> {
    let stimuli = activations.array.shape()[0];
    if !fits(stimuli) {
        return Err(no_memory(argument, too_many(stimuli)));
    }
    let point = with_representation(argument, activations, |x| metric.embed(x))?;
    Ok((point, stimuli))
}

/// What `work` makes of an array, computed without the GIL on the array's own memory.
pub(crate) fn with_representation<R: Send>(
    argument: &str,
    activations: &Activations<'_>,
    work: impl FnOnce(&Representation<'_>) -> Result<R, Error> + Send,
) -> PyResult<R> {
    let Activations { array, bfloat16 } = activations;
    let dtype = array.dtype();
    if *bfloat16 {
        return borrowed::<u16, R>(argument, array, |bits| Elements::Bf16(bits.reinterpret_cast()), work);
    }
    match (dtype.kind(), dtype.itemsize()) {
        (b'f', 2) => borrowed::<f16, R>(argument, array, |x| Elements::F16(x), work),
        (b'f', 4) => borrowed::<f32, R>(argument, array, |x| Elements::F32(x), work),
        (b'f', 8) => borrowed::<f64, R>(argument, array, |x| Elements::F64(x), work),
        (b'i' | b'u' | b'b', _) => Err(wrong_type(
            argument,
            format!(
                "activations are float16, bfloat16, float32 or float64, not {dtype}; if these are measured values, \
                 convert them with `.astype(float)`; labels belong into `target`"
            ),
        )),
        _ => Err(wrong_type(argument, format!("activations are float16, bfloat16, float32 or float64, not {dtype}"))),
    }
}

fn borrowed<T: Element + Sync, R: Send>(
    argument: &str,
    array: &Bound<'_, PyUntypedArray>,
    elements: for<'a> fn(&'a [T]) -> Elements<'a>,
    work: impl FnOnce(&Representation<'_>) -> Result<R, Error> + Send,
) -> PyResult<R> {
    let py = array.py();
    // Nothing is copied unless order, alignment or byte order call for it.
    let native = array.dtype().call_method1(intern!(py, "newbyteorder"), ("=",))?;
    let array = py.import(intern!(py, "numpy"))?.call_method1(intern!(py, "require"), (array, native, ["C", "A"]));
    let array = array.map_err(|error| named(py, argument, &error))?;
    let array = array.cast_into::<PyArrayDyn<T>>()?;
    let array = array.try_readonly().map_err(|error| wrong_value(argument, error))?;
    let (stimuli, units) = (array.shape()[0], array.shape()[1..].iter().fold(1, |n: usize, &d| n.saturating_mul(d)));
    let values = array.as_slice().map_err(|error| wrong_value(argument, error))?;
    detached(py, || Representation::new(elements(values), stimuli, units).and_then(|x| work(&x)))?
        .map_err(|error| wrong_value(argument, error))
}

/// Whether a matrix of stimuli × stimuli fits into the machine and the system grants it. Asking first makes the refusal an
/// exception: the core's own allocation would end the process, and so would the system if it had promised too much.
pub(crate) fn fits(stimuli: usize) -> bool {
    let Some(size) = stimuli.checked_mul(stimuli) else { return false };
    let machine = machine_memory().unwrap_or(u64::MAX);
    u64::try_from(size).is_ok_and(|size| size.saturating_mul(8) <= machine)
        && Vec::<f64>::new().try_reserve_exact(size).is_ok()
}

/// What to do about stimuli that do not fit.
pub(crate) fn too_many(stimuli: usize) -> String {
    let needed = Bytes(u64::try_from(stimuli).map_or(u64::MAX, |m| m.saturating_mul(m).saturating_mul(8)));
    format!(
        "the similarities of {stimuli} stimuli need {needed}, which is not there; take fewer stimuli, or `layerpath analyze` \
         on saved activations, which goes through many stimuli in little memory"
    )
}
