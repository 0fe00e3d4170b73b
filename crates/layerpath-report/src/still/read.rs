//! Fields of figure JSON.

use serde_json::Value;

use crate::Error;

/// The error for a figure that holds `what`, which cannot be drawn here.
pub(super) fn refuse(what: impl Into<String>) -> Error {
    Error::Still { what: what.into() }
}

/// The number in field `key`, or `default` if there is none.
pub(super) fn number(object: &Value, key: &str, default: f64) -> f64 {
    object[key].as_f64().unwrap_or(default)
}

/// The truth value in field `key`, or `default` if there is none.
pub(super) fn flag(object: &Value, key: &str, default: bool) -> bool {
    object[key].as_bool().unwrap_or(default)
}

/// The text in field `key`, or `default` if there is none.
pub(super) fn word<'a>(object: &'a Value, key: &str, default: &'a str) -> &'a str {
    object[key].as_str().unwrap_or(default)
}

/// The entries of an array, none where there is no array.
pub(super) fn list<'a>(object: &'a Value, key: &str) -> &'a [Value] {
    object[key].as_array().map_or(&[], Vec::as_slice)
}

/// The numbers in field `key`, `None` for null; `None` as a whole if there is no such field.
pub(super) fn numbers(object: &Value, key: &str) -> Result<Option<Vec<Option<f64>>>, Error> {
    match &object[key] {
        Value::Null => Ok(None),
        value => row(value, key).map(Some),
    }
}

/// An array of numbers or null.
pub(super) fn row(value: &Value, key: &str) -> Result<Vec<Option<f64>>, Error> {
    let entries = value.as_array().ok_or_else(|| refuse(format!("`{key}` that is no array")))?;
    entries
        .iter()
        .map(|entry| match entry {
            Value::Null => Ok(None),
            entry => entry.as_f64().map(Some).ok_or_else(|| refuse(format!("`{key}` with other values than numbers"))),
        })
        .collect()
}
