//! Reading a points store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use layerpath::analysis::{PointRecord, Stimuli};
use layerpath::metric::Metric;
use serde::Deserialize;
use serde_json::Value;
use zarrs::array::{Array, ArraySubset};
use zarrs::filesystem::FilesystemStore;

use super::record::CAPTURE_ATTRIBUTE;
use super::{ARRAY, ATTRIBUTE, Attributes, CaptureRecord, FORMAT, Precision, Role};
use crate::atomic::{Seen, open_file, read_text};
use crate::error::{Error, Location, Result};
use crate::identity::{hash_ids, stimuli_problem};

const WRITE_AGAIN: &str = "the store is incomplete or damaged: write it again";
const REWRITE: &str = "rewrite it uncompressed and little-endian, in chunks of whole rows";

/// A points store of which everything but the numbers is in memory.
pub struct PointsStore {
    /// Name of the metric with every parameter that changes numbers.
    pub metric: String,
    /// Unit of distances.
    pub unit: String,
    /// The stimuli behind every point.
    pub stimuli: Stimuli,
    /// What each row is.
    pub records: Vec<PointRecord>,
    /// What each row is for.
    pub roles: Vec<Role>,
    /// Numbers in a row.
    pub dimension: usize,
    /// How a number is stored.
    pub precision: Precision,
    /// What the points were captured with, in stores of `layerpath capture`.
    pub capture: Option<CaptureRecord>,
    pub(super) path: PathBuf,
    pub(super) rows_per_chunk: u64,
    pub(super) chunk_bytes: u64,
    pub(super) store: Arc<FilesystemStore>,
    pub(super) array: Array<FilesystemStore>,
}

impl std::fmt::Debug for PointsStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("PointsStore")
            .field("path", &self.path)
            .field("metric", &self.metric)
            .field("n_rows", &self.records.len())
            .field("dimension", &self.dimension)
            .finish_non_exhaustive()
    }
}

/// Whether `path` looks like a Zarr store: a folder with `zarr.json`. [`read_points`] says what is wrong with one.
pub fn is_points_store(path: &Path) -> bool {
    path.join("zarr.json").is_file()
}

/// Opens a points store and checks that its attributes, shape and chunk files agree.
///
/// # Errors
/// When it is not there, is no points store of this version, or a part is missing or of the wrong size.
pub fn read_points(path: &Path) -> Result<PointsStore> {
    let (mut attributes, capture) = read_attributes(path)?;
    let layout = read_layout(path, attributes.rows.len())?;
    // Rows are described before they are counted: what is not counted yet belongs to an append that did not end.
    attributes.rows.truncate(layout.n_rows);
    let failed = |error: &dyn std::error::Error| Error::content(path, "points", error.to_string(), WRITE_AGAIN);
    let store = Arc::new(FilesystemStore::new(path).map_err(|error| failed(&error))?);
    let array = Array::open(Arc::clone(&store), ARRAY).map_err(|error| failed(&error))?;
    let (roles, records) = attributes.rows.into_iter().map(|row| (row.role, row.record)).unzip();
    let points = PointsStore {
        metric: attributes.metric,
        unit: attributes.unit,
        stimuli: attributes.stimuli,
        records,
        roles,
        dimension: layout.dimension,
        precision: layout.precision,
        capture,
        path: path.to_path_buf(),
        rows_per_chunk: layout.rows_per_chunk,
        chunk_bytes: layout.chunk_bytes,
        store,
        array,
    };
    for chunk in 0..(points.records.len() as u64).div_ceil(points.rows_per_chunk) {
        points.check_chunk(chunk)?;
    }
    Ok(points)
}

impl PointsStore {
    /// Number of points, K.
    pub fn n_rows(&self) -> usize {
        self.records.len()
    }

    /// The metric of the points.
    ///
    /// # Errors
    /// When its name is unknown to this version.
    pub fn parsed_metric(&self) -> Result<Metric> {
        let unknown = |error: layerpath::Error| {
            Error::content(&self.path, "", error.to_string(), "use the version of layerpath that wrote the store")
        };
        self.metric.parse().map_err(unknown)
    }

    /// Checks that targets have no place in the order of execution and everything else has one, which paths rely on.
    ///
    /// # Errors
    /// The first row of which that is not true.
    pub fn check_roles(&self) -> Result<()> {
        let mut rows = self.records.iter().zip(&self.roles);
        match rows.find(|(record, role)| (**role == Role::Target) != record.index.is_none()) {
            None => Ok(()),
            Some((record, _)) => {
                let place = format!("point `{}`", record.name);
                let problem = "a target has no index and a layer has one";
                Err(Error::content(&self.path, place, problem, "write the store again with both right"))
            }
        }
    }

    /// Tells this store, with the points it has now, from others: a text that changes when the store is written anew or grows.
    ///
    /// # Errors
    /// When the store has gone.
    pub fn identity(&self) -> Result<String> {
        let mut parts = vec![self.metric.clone(), self.stimuli.hash.clone(), self.stimuli.count.to_string()];
        parts.push(format!("{} {:?}", self.dimension, self.precision));
        parts.extend(self.records.iter().map(|record| record.name.clone()));
        let last = (self.records.len() as u64).saturating_sub(1) / self.rows_per_chunk;
        for chunk in [0, last] {
            let file = self.chunk_file(chunk);
            let seen = Seen::of(&open_file(&file)?.0, &file)?;
            parts.push(format!("{seen:?}"));
        }
        Ok(hash_ids(&parts))
    }

    /// The numbers of one point.
    ///
    /// # Errors
    /// When there is no such point, or its chunk has gone.
    pub fn row(&self, index: usize) -> Result<Vec<f64>> {
        if index >= self.records.len() {
            return Err(Error::internal(format!("row {index} of {} points", self.records.len())));
        }
        let index = index as u64;
        let chunk = index / self.rows_per_chunk;
        self.check_chunk(chunk)?;
        let subset = ArraySubset::new_with_ranges(&[index..index + 1, 0..self.dimension as u64]);
        let failed = |error: &dyn std::error::Error| {
            Error::content(&self.path, format!("row {index}"), error.to_string(), WRITE_AGAIN)
        };
        Ok(match self.precision {
            Precision::F32 => {
                let row: Vec<f32> = self.array.retrieve_array_subset(&subset).map_err(|error| failed(&error))?;
                row.into_iter().map(f64::from).collect()
            }
            Precision::F64 => self.array.retrieve_array_subset(&subset).map_err(|error| failed(&error))?,
        })
    }

    /// The file of a chunk.
    pub(super) fn chunk_file(&self, chunk: u64) -> PathBuf {
        self.store.key_to_fspath(&self.array.chunk_key(&[chunk, 0]))
    }

    /// A chunk that is missing would read as fill values, one that is too short as an error of the library.
    fn check_chunk(&self, chunk: u64) -> Result<()> {
        let file = self.chunk_file(chunk);
        let (_, length) = open_file(&file).map_err(|error| {
            let problem = format!("a part is not readable ({error})");
            Error::content(&self.path, format!("chunk {chunk}"), problem, WRITE_AGAIN)
        })?;
        if length != self.chunk_bytes {
            let problem = format!("{length} bytes where {} are expected", self.chunk_bytes);
            return Err(Error::content(&self.path, format!("chunk {chunk}"), problem, WRITE_AGAIN));
        }
        Ok(())
    }
}

fn read_attributes(path: &Path) -> Result<(Attributes, Option<CaptureRecord>)> {
    let mend = "name a folder that `layerpath capture` wrote";
    let file = path.join("zarr.json");
    if path.is_dir() && !file.exists() {
        return Err(Error::content(path, "", "this is no Zarr v3 store (no zarr.json)", mend));
    }
    let mut group: Value = serde_json::from_str(&read_text(&file)?)
        .map_err(|error| Error::content(&file, "", format!("not JSON ({error})"), WRITE_AGAIN))?;
    if group["zarr_format"] != 3 || group["node_type"] != "group" {
        return Err(Error::content(&file, "", "this is no Zarr v3 group", mend));
    }
    let capture = CaptureRecord::from_attribute(&group["attributes"][CAPTURE_ATTRIBUTE]);
    let attributes = group.get_mut("attributes").and_then(|all| all.get_mut(ATTRIBUTE)).map(Value::take);
    let attributes = attributes.unwrap_or_default();
    match attributes["format"].as_str() {
        Some(FORMAT) => {}
        Some(other) => {
            let problem = format!("format `{other}`, this program reads `{FORMAT}`");
            return Err(Error::content(&file, "", problem, "use the version of layerpath that wrote it"));
        }
        None => {
            let problem = format!("the attribute `{ATTRIBUTE}` with its `format` is missing");
            return Err(Error::content(&file, "", problem, mend));
        }
    }
    let attributes: Attributes = serde_json::from_value(attributes).map_err(|error| {
        let problem = format!("the attribute `{ATTRIBUTE}` is wrong ({error})");
        Error::content(&file, "", problem, WRITE_AGAIN)
    })?;
    if let Some(problem) = stimuli_problem(&attributes.stimuli) {
        return Err(Error::content(&file, "stimuli", problem, WRITE_AGAIN));
    }
    let mut names = std::collections::HashSet::new();
    if let Some(row) = attributes.rows.iter().find(|row| !names.insert(&row.record.name)) {
        let problem = format!("two points are called `{}`", row.record.name);
        return Err(Error::content(&file, "rows", problem, WRITE_AGAIN));
    }
    Ok((attributes, capture))
}

/// How the array lies in its chunks.
struct Layout {
    n_rows: usize,
    dimension: usize,
    precision: Precision,
    rows_per_chunk: u64,
    chunk_bytes: u64,
}

/// The part of an array's `zarr.json` that is checked before the Zarr library sees it.
#[derive(Deserialize)]
struct ArrayDocument {
    shape: Vec<u64>,
    data_type: Value,
    chunk_grid: Value,
    codecs: Vec<Value>,
    #[serde(default)]
    storage_transformers: Vec<Value>,
}

fn read_layout(path: &Path, n_rows: usize) -> Result<Layout> {
    let file = path.join("points").join("zarr.json");
    let document: ArrayDocument = serde_json::from_str(&read_text(&file)?).map_err(|error| {
        Error::content(&file, "", format!("not the description of an array ({error})"), WRITE_AGAIN)
    })?;
    let location = Location::file(&file);
    let precision = match document.data_type.as_str() {
        Some("float32") => Precision::F32,
        Some("float64") => Precision::F64,
        _ => {
            let problem = format!("points of type {}", document.data_type);
            return Err(location.error(problem, "store them as float32 or float64"));
        }
    };
    let [shape_rows, dimension] = *document.shape else {
        let problem = format!("points of shape {:?}", document.shape);
        return Err(location.error(problem, "the array has two axes, one row a point"));
    };
    if shape_rows > n_rows as u64 || shape_rows == 0 || dimension == 0 {
        let problem = format!("{n_rows} rows are described, the array has shape {:?}", document.shape);
        return Err(location.error(problem, WRITE_AGAIN));
    }
    let codec = |codec: &Value| codec.as_str().or(codec["name"].as_str()).map(str::to_owned);
    let plain = matches!(document.codecs.as_slice(), [only] if codec(only).as_deref() == Some("bytes"))
        && document.storage_transformers.is_empty();
    if !plain {
        return Err(location.error("the points are compressed or transformed", REWRITE));
    }
    // Rows are also read past the Zarr library, byte by byte.
    if document.codecs.iter().any(|codec| codec["configuration"]["endian"] != "little") {
        return Err(location.error("the points are not stored in little-endian order", REWRITE));
    }
    let chunk_shape = (document.chunk_grid["name"] == "regular")
        .then(|| document.chunk_grid["configuration"]["chunk_shape"].as_array())
        .flatten()
        .map(|extents| extents.iter().map(Value::as_u64).collect::<Vec<_>>());
    let rows_per_chunk = match chunk_shape.as_deref() {
        Some(&[Some(rows), Some(width)]) if rows > 0 && width == dimension => rows,
        _ => return Err(location.error("the chunks do not hold whole rows", REWRITE)),
    };
    let chunk_bytes = rows_per_chunk
        .checked_mul(dimension)
        .and_then(|count| count.checked_mul(precision.n_bytes()))
        .ok_or_else(|| location.error("the chunks are too large", REWRITE))?;
    let dimension = usize::try_from(dimension).map_err(|_| location.error("the rows are too long", REWRITE))?;
    Ok(Layout { n_rows: n_rows.min(shape_rows as usize), dimension, precision, rows_per_chunk, chunk_bytes })
}
