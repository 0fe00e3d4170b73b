//! Numbers, texts, lists and file names that come in, with exceptions that name the argument: PyO3's own do not.
//!
//! A function here bears the name of an argument and is its `from_py_with`.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use layerpath::analysis::Epoch;
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyString};

use crate::activations::type_name;
use crate::failure::{wrong_type, wrong_value};

/// Repeats of a computation, axes of a picture: beyond this it is a mistake, and far beyond it memory does not reach.
const MANY: u64 = 1_000_000;

macro_rules! arguments {
    ($($name:ident: $type:ty = $read:expr;)*) => {$(
        pub(crate) fn $name(object: &Bound<'_, PyAny>) -> PyResult<$type> {
            $read(stringify!($name), object)
        }
    )*};
}

arguments! {
    name: String = text;
    table: String = text;
    kind: String = text;
    along: String = text;
    method: String = text;
    precision: String = text;
    library: Option<String> = |argument, object| optional(argument, object, text);
    network: Option<String> = |argument, object| optional(argument, object, text);
    names: Option<Vec<String>> = |argument, object| optional(argument, object, texts);
    stimulus_ids: Option<Vec<String>> = |argument, object| optional(argument, object, texts);
    reductions: Option<Vec<String>> = |argument, object| optional(argument, object, texts);
    shapes: Option<Vec<Vec<usize>>> = |argument, object| optional(argument, object, shapes_of);
    path: PathBuf = file;
    stores: Vec<PathBuf> = |argument, object| elements(argument, object, "file names", file);
    memory: u64 = |argument, object| whole(argument, object, 1..=i64::MAX as u64);
    stimuli: usize = |argument, object| count(argument, object, 0..=u64::from(u32::MAX));
    stimuli_of_point: Option<usize> = |_, object| optional("stimuli", object, |_, object| stimuli(object));
    groups: usize = |argument, object| count(argument, object, 2..=MANY);
    shuffles: usize = |argument, object| count(argument, object, 1..=MANY);
    permutations: usize = |argument, object| count(argument, object, 1..=MANY);
    dimensions: usize = |argument, object| count(argument, object, 1..=1000);
    restarts: usize = |argument, object| count(argument, object, 0..=MANY);
    iterations: usize = |argument, object| count(argument, object, 0..=MANY);
    seed: u64 = |argument, object| whole(argument, object, 0..=u64::MAX);
    epoch: Option<Epoch> = |argument, object| optional(argument, object, epoch_number);
    seed_of_training: Option<u64> =
        |_, object| optional("seed", object, |argument, object| whole(argument, object, 0..=u64::MAX));
    level: f64 = |argument, object| {
        let level = number(argument, object)?;
        if level > 0.0 && level < 1.0 {
            return Ok(level);
        }
        Err(wrong_value(argument, format!("expected a number between 0 and 1, not {level}")))
    };
    t: f64 = |argument, object| {
        let t = number(argument, object)?;
        if t.is_finite() { Ok(t) } else { Err(wrong_value(argument, format!("expected a finite number, not {t}"))) }
    };
    baselines: bool = flag;
    intervals: bool = flag;
    condensed: bool = flag;
    overwrite: bool = flag;
    with_targets: bool = flag;
}

type Read<T> = fn(&str, &Bound<'_, PyAny>) -> PyResult<T>;

fn optional<T>(argument: &str, object: &Bound<'_, PyAny>, read: Read<T>) -> PyResult<Option<T>> {
    if object.is_none() { Ok(None) } else { read(argument, object).map(Some) }
}

fn text(argument: &str, object: &Bound<'_, PyAny>) -> PyResult<String> {
    let Ok(text) = object.cast::<PyString>() else {
        return Err(wrong_type(argument, format!("expected a text, not {}", type_name(object))));
    };
    text.to_str().map(str::to_owned).map_err(|error| wrong_value(argument, error))
}

fn texts(argument: &str, object: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    elements(argument, object, "texts", text)
}

fn shapes_of(argument: &str, object: &Bound<'_, PyAny>) -> PyResult<Vec<Vec<usize>>> {
    elements(argument, object, "shapes", |argument, shape| {
        elements(argument, shape, "whole numbers", |argument, length| {
            count(argument, length, 0..=u64::try_from(isize::MAX).unwrap_or(u64::MAX))
        })
    })
}

fn elements<T>(argument: &str, object: &Bound<'_, PyAny>, what: &str, read: Read<T>) -> PyResult<Vec<T>> {
    let wrong = || wrong_type(argument, format!("expected a list of {what}, not {}", type_name(object)));
    if object.is_instance_of::<PyString>() || object.is_instance_of::<PyBytes>() {
        return Err(wrong());
    }
    let items = object.try_iter().map_err(|_| wrong())?;
    items.enumerate().map(|(place, item)| read(&format!("{argument}[{place}]"), &item?)).collect()
}

fn file(argument: &str, object: &Bound<'_, PyAny>) -> PyResult<PathBuf> {
    let path: PathBuf = object
        .extract()
        .map_err(|_| wrong_type(argument, format!("expected a file name, not {}", type_name(object))))?;
    if path.as_os_str().as_encoded_bytes().contains(&0) {
        return Err(wrong_value(argument, "the file name has a null character"));
    }
    Ok(path)
}

fn flag(argument: &str, object: &Bound<'_, PyAny>) -> PyResult<bool> {
    object.extract().map_err(|_| wrong_type(argument, format!("expected True or False, not {}", type_name(object))))
}

fn number(argument: &str, object: &Bound<'_, PyAny>) -> PyResult<f64> {
    object.extract().map_err(|error: PyErr| {
        if error.is_instance_of::<PyOverflowError>(object.py()) {
            wrong_value(argument, "the number is too large")
        } else {
            wrong_type(argument, format!("expected a number, not {}", type_name(object)))
        }
    })
}

fn epoch_number(argument: &str, object: &Bound<'_, PyAny>) -> PyResult<Epoch> {
    if object.is_instance_of::<PyBool>() {
        return Err(wrong_type(argument, "expected a number, not bool"));
    }
    Epoch::new(number(argument, object)?).map_err(|error| wrong_value(argument, error))
}

fn count(argument: &str, object: &Bound<'_, PyAny>, allowed: RangeInclusive<u64>) -> PyResult<usize> {
    let number = whole(argument, object, allowed)?;
    usize::try_from(number).map_err(|error| wrong_value(argument, error))
}

fn whole(argument: &str, object: &Bound<'_, PyAny>, allowed: RangeInclusive<u64>) -> PyResult<u64> {
    let read = if object.is_instance_of::<PyBool>() {
        Err(PyTypeError::new_err("a truth value"))
    } else {
        object.extract::<i128>()
    };
    let outside = |shown: &str| {
        let message = format!("expected a whole number from {} to {}, not {shown}", allowed.start(), allowed.end());
        wrong_value(argument, message)
    };
    match read {
        Ok(number) => match u64::try_from(number) {
            Ok(found) if allowed.contains(&found) => Ok(found),
            _ => Err(outside(&number.to_string())),
        },
        Err(error) if error.is_instance_of::<PyOverflowError>(object.py()) => Err(outside("a larger one")),
        Err(_) => Err(wrong_type(argument, format!("expected a whole number, not {}", type_name(object)))),
    }
}
