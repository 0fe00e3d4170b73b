//! The Hugging Face layout: Parquet files with columns `img.bytes` and `label`.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use rayon::prelude::*;

use super::decode::decode;
use super::pages;
use super::{CIFAR10_CLASSES, IMAGE_LENGTH, Split};
use crate::atomic::open_file;
use crate::error::{Error, Result};

/// The greatest factor by which the columns may be compressed; pictures are compressed already.
const MAX_RATIO: u64 = 1032;
/// The smallest picture that is looked for, in bytes; bounds the number of rows by the file's length.
const MIN_ROW: u64 = 8;
const MEND: &str = "the file is truncated or damaged: download it again";

/// Reads the tables among the entries of a folder; `None` if there are none.
pub(super) fn read(entries: &[(String, PathBuf)]) -> Result<Option<(Split, Split)>> {
    let (mut train, mut test) = (Split::default(), Split::default());
    let mut found = false;
    for (name, path) in entries {
        let split = match name.strip_suffix(".parquet") {
            Some(stem) if stem.starts_with("train-") => &mut train,
            Some(stem) if stem.starts_with("test-") => &mut test,
            _ => continue,
        };
        found = true;
        split.extend(read_table(path)?);
    }
    Ok(found.then_some((train, test)))
}

fn read_table(path: &Path) -> Result<Split> {
    let (file, length) = open_file(path)?;
    // The Parquet reader is not written for hostile files: what it panics on is damaged all the same.
    let rows = catch_unwind(AssertUnwindSafe(|| read_rows(file, length, path)))
        .unwrap_or_else(|_| Err(Error::content(path, "", "the Parquet reader gave up on it", MEND)))?;
    let images: Vec<[u8; IMAGE_LENGTH]> = rows
        .par_iter()
        .enumerate()
        .map(|(row, (bytes, _))| {
            decode(bytes.data()).map_err(|problem| Error::content(path, format!("row {row}"), problem, MEND))
        })
        .collect::<Result<_>>()?;
    let mut split = Split { pixels: Vec::with_capacity(images.len() * IMAGE_LENGTH), labels: Vec::new() };
    for (image, (_, label)) in images.iter().zip(rows) {
        split.pixels.extend_from_slice(image);
        split.labels.push(label);
    }
    Ok(split)
}

/// The picture bytes and label of each row.
fn read_rows(file: File, length: u64, path: &Path) -> Result<Vec<(ByteArray, u8)>> {
    let damaged =
        |error: ParquetError| Error::content(path, "", format!("not a readable Parquet file ({error})"), MEND);
    let pages = file.try_clone().map_err(|source| Error::file("read", path, source))?;
    let reader = SerializedFileReader::new(file).map_err(damaged)?;
    let metadata = reader.metadata();
    let promised = metadata
        .row_groups()
        .iter()
        .try_fold(0_u64, |sum, group| sum.checked_add(u64::try_from(group.total_byte_size()).ok()?));
    let n_rows = u64::try_from(metadata.file_metadata().num_rows()).ok();
    let plausible = promised.is_some_and(|promised| promised <= length.saturating_mul(MAX_RATIO))
        && n_rows.is_some_and(|n_rows| n_rows <= length / MIN_ROW);
    if !plausible {
        let problem = format!("more content is promised than {length} bytes can hold");
        return Err(Error::content(path, "", problem, MEND));
    }
    // A row of lists may be as long as it likes.
    let columns = metadata.file_metadata().schema_descr().columns();
    if let Some(lists) = columns.iter().find(|column| column.max_rep_level() > 0) {
        let problem = format!("column `{}` holds lists", lists.path().string());
        return Err(Error::content(path, "", problem, "the columns of CIFAR-10 are img (bytes, path) and label"));
    }
    for column in metadata.row_groups().iter().flat_map(RowGroupMetaData::columns) {
        let (start, length) = column.byte_range();
        if !pages::are_plausible(&pages, start, length, MAX_RATIO).is_ok_and(|plausible| plausible) {
            let problem =
                format!("the pages of column `{}` promise more than they hold", column.column_path().string());
            return Err(Error::content(path, "", problem, MEND));
        }
    }
    let mut rows = Vec::new();
    for (number, row) in reader.get_row_iter(None).map_err(damaged)?.enumerate() {
        rows.push(picture_and_label(row.map_err(damaged)?).map_err(|problem| {
            let mend = "the columns of CIFAR-10 are img (bytes, path) and label";
            Error::content(path, format!("row {number}"), problem, mend)
        })?);
    }
    if Some(rows.len() as u64) != n_rows {
        let problem = format!("{} rows where {n_rows:?} are promised", rows.len());
        return Err(Error::content(path, "", problem, MEND));
    }
    Ok(rows)
}

/// Pictures share the memory of their page, so that one that stands in many rows is there once.
fn picture_and_label(row: Row) -> Result<(ByteArray, u8), String> {
    let (mut picture, mut label) = (None, None);
    for (name, field) in row.into_columns() {
        match (name.as_str(), field) {
            ("img", Field::Group(group)) => {
                for (name, field) in group.into_columns() {
                    if let ("bytes", Field::Bytes(bytes)) = (name.as_str(), field) {
                        picture = Some(bytes);
                    }
                }
            }
            ("label", field) => label = Some(whole_number(&field).ok_or("the label is no integer")?),
            _ => {}
        }
    }
    let picture = picture.ok_or("there is no picture in column img.bytes")?;
    let label = label.ok_or("there is no column label")?;
    let label = u8::try_from(label)
        .ok()
        .filter(|&label| usize::from(label) < CIFAR10_CLASSES.len())
        .ok_or_else(|| format!("label {label}, but CIFAR-10 has labels 0 to 9"))?;
    Ok((picture, label))
}

fn whole_number(field: &Field) -> Option<i64> {
    Some(match *field {
        Field::Byte(value) => value.into(),
        Field::Short(value) => value.into(),
        Field::Int(value) => value.into(),
        Field::Long(value) => value,
        Field::UByte(value) => value.into(),
        Field::UShort(value) => value.into(),
        Field::UInt(value) => value.into(),
        _ => return None,
    })
}
