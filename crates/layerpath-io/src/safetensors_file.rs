//! The safetensors format: a JSON header, then the tensors without gaps.
//!
//! The header is checked by the `safetensors` crate (types, shapes, offsets without gaps and overlaps); files are read
//! tensor by tensor, and written in the order given, which that crate's own writer does not keep.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, Metadata};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value, json};

use crate::atomic::{AtomicFile, Seen, open_file};
use crate::elements::{ByteOrder, Elements, Encoding, element_count, read_elements};
use crate::error::{Error, Location, Result};

/// Longest header that is looked at, as in the safetensors crate.
const MAX_HEADER: u64 = 100_000_000;
const WRITE_AGAIN: &str = "the file is truncated or damaged: copy or write it again";

/// A tensor as the header describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TensorEntry {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    dtype: Dtype,
    /// Place of the first byte in the file.
    pub(crate) start: u64,
}

impl TensorEntry {
    pub(crate) fn is_integer(&self) -> bool {
        matches!(encoding(self.dtype), Some(Encoding::Signed(_) | Encoding::Unsigned(_) | Encoding::Bool))
    }
}

/// An open file of which the header was read and checked.
#[derive(Debug)]
pub(crate) struct SafetensorsFile {
    path: PathBuf,
    reader: BufReader<File>,
    pub(crate) metadata: BTreeMap<String, String>,
    /// In the order of the data.
    pub(crate) tensors: Vec<TensorEntry>,
}

impl SafetensorsFile {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let location = Location::file(path);
        let (file, length) = open_file(path)?;
        let mut reader = BufReader::new(file);
        let mut prefix = [0; 8];
        reader.read_exact(&mut prefix).map_err(|source| location.read_error(source))?;
        let header_length = u64::from_le_bytes(prefix);
        if header_length > MAX_HEADER || header_length > length.saturating_sub(8) {
            let problem = format!("the header claims {header_length} bytes, the file has {length}");
            return Err(location.error(problem, WRITE_AGAIN));
        }
        let mut header = Vec::new();
        reader.by_ref().take(header_length).read_to_end(&mut header).map_err(|source| location.read_error(source))?;
        let (tensors, metadata) = read_header(&header, 8 + header_length, length, &location)?;
        Ok(Self { path: path.to_path_buf(), reader, metadata, tensors })
    }

    /// The file as it is now.
    pub(crate) fn seen(&self) -> Result<Seen> {
        Seen::of(self.reader.get_ref(), &self.path)
    }

    /// How the elements of a tensor lie in the file.
    pub(crate) fn encoding(&self, entry: &TensorEntry) -> Result<Encoding> {
        encoding(entry.dtype).ok_or_else(|| {
            Location::array(&self.path, &entry.name)
                .error(format!("elements of type {:?} are not supported", entry.dtype), "convert the tensor to float32")
        })
    }

    pub(crate) fn read(&mut self, entry: &TensorEntry) -> Result<Elements> {
        let location = Location::array(&self.path, &entry.name);
        let encoding = self.encoding(entry)?;
        let count = element_count(&entry.shape)
            .ok_or_else(|| location.error(format!("shape {:?} is too large", entry.shape), WRITE_AGAIN))?;
        self.reader.seek(SeekFrom::Start(entry.start)).map_err(|source| location.read_error(source))?;
        read_elements(&mut self.reader, count, encoding, ByteOrder::Little, &location)
    }
}

fn encoding(dtype: Dtype) -> Option<Encoding> {
    Some(match dtype {
        Dtype::F16 => Encoding::F16,
        Dtype::BF16 => Encoding::Bf16,
        Dtype::F32 => Encoding::F32,
        Dtype::F64 => Encoding::F64,
        Dtype::BOOL => Encoding::Bool,
        Dtype::I8 => Encoding::Signed(1),
        Dtype::I16 => Encoding::Signed(2),
        Dtype::I32 => Encoding::Signed(4),
        Dtype::I64 => Encoding::Signed(8),
        Dtype::U8 => Encoding::Unsigned(1),
        Dtype::U16 => Encoding::Unsigned(2),
        Dtype::U32 => Encoding::Unsigned(4),
        Dtype::U64 => Encoding::Unsigned(8),
        _ => return None,
    })
}

fn read_header(
    header: &[u8],
    data_start: u64,
    length: u64,
    location: &Location<'_>,
) -> Result<(Vec<TensorEntry>, BTreeMap<String, String>)> {
    let refused = |error: serde_json::Error| location.error(format!("the header is wrong ({error})"), WRITE_AGAIN);
    if let Some(name) = serde_json::from_slice::<RepeatedKey>(header).map_err(refused)?.0 {
        return Err(location.error(format!("two tensors are called `{name}`"), "rename one of them"));
    }
    let parsed: Metadata = serde_json::from_slice(header).map_err(refused)?;
    let promised = data_start.saturating_add(parsed.data_len() as u64);
    if promised != length {
        let problem = format!("the header promises {promised} bytes, the file has {length}");
        return Err(location.error(problem, WRITE_AGAIN));
    }
    let mut tensors = Vec::new();
    for name in parsed.offset_keys() {
        let Some(info) = parsed.info(&name) else { continue };
        tensors.push(TensorEntry {
            shape: info.shape.clone(),
            dtype: info.dtype,
            start: data_start + info.data_offsets.0 as u64,
            name,
        });
    }
    let metadata = parsed.metadata().clone().unwrap_or_default().into_iter().collect();
    Ok((tensors, metadata))
}

/// The first key of a JSON object that stands twice, which a map would hide.
struct RepeatedKey(Option<String>);

impl<'de> Deserialize<'de> for RepeatedKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = RepeatedKey;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RepeatedKey, A::Error> {
                let mut seen = HashSet::new();
                let mut repeated = None;
                while let Some((key, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
                    if repeated.is_none() && seen.contains(&key) {
                        repeated = Some(key);
                    } else {
                        seen.insert(key);
                    }
                }
                Ok(RepeatedKey(repeated))
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

/// Writes float32 tensors one after another; nothing but the one at hand is in memory.
#[derive(Debug)]
pub(crate) struct SafetensorsWriter {
    file: AtomicFile,
    /// Names and numbers of elements, in order.
    expected: Vec<(String, usize)>,
    n_written: usize,
}

impl SafetensorsWriter {
    pub(crate) fn create(
        path: &Path,
        tensors: &[(String, Vec<usize>)],
        metadata: &BTreeMap<String, String>,
    ) -> Result<Self> {
        let mut header = Map::new();
        if !metadata.is_empty() {
            header.insert("__metadata__".into(), json!(metadata));
        }
        let mut expected = Vec::with_capacity(tensors.len());
        let mut start = 0_usize;
        for (name, shape) in tensors {
            let count = element_count(shape);
            let end = count
                .and_then(|count| count.checked_mul(4)?.checked_add(start))
                .ok_or_else(|| Error::internal(format!("shape {shape:?} of `{name}` is too large")))?;
            let entry = json!({"dtype": "F32", "shape": shape, "data_offsets": [start, end]});
            if name == "__metadata__" || header.insert(name.clone(), entry).is_some() {
                return Err(Error::argument(
                    format!("the tensor name `{name}` is taken"),
                    "give every tensor a name of its own",
                ));
            }
            expected.push((name.clone(), (end - start) / 4));
            start = end;
        }
        let mut text = Value::Object(header).to_string();
        text.push_str(&" ".repeat(text.len().next_multiple_of(8) - text.len()));
        let mut file = AtomicFile::create(path)?;
        file.write(&(text.len() as u64).to_le_bytes())?;
        file.write(text.as_bytes())?;
        Ok(Self { file, expected, n_written: 0 })
    }

    /// Writes the next tensor.
    pub(crate) fn append(&mut self, name: &str, values: &[f32]) -> Result<()> {
        match self.expected.get(self.n_written) {
            Some((expected, count)) if expected == name && *count == values.len() => {}
            expected => {
                return Err(Error::internal(format!(
                    "tensor `{name}` of {} elements was written where {expected:?} was announced",
                    values.len()
                )));
            }
        }
        let mut buffer = Vec::with_capacity(1 << 16);
        for block in values.chunks(1 << 14) {
            buffer.clear();
            buffer.extend(block.iter().flat_map(|value| value.to_le_bytes()));
            self.file.write(&buffer)?;
        }
        self.n_written += 1;
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<()> {
        if let Some((name, _)) = self.expected.get(self.n_written) {
            return Err(Error::internal(format!("tensor `{name}` was announced and not written")));
        }
        self.file.finish()
    }
}
