//! Checkpoints: named float32 tensors and a little metadata in a `.safetensors` file.

use std::collections::BTreeMap;
use std::path::Path;

use crate::elements::Elements;
use crate::error::{Location, Result};
use crate::safetensors_file::{SafetensorsFile, SafetensorsWriter};

/// Ending of the name of PyTorch's batch counters, which are integers and are left out.
const BATCH_COUNTER: &str = "num_batches_tracked";

/// The tensors of a checkpoint.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TensorFile {
    /// Name, shape and row-major values of each, in the order of the file.
    pub tensors: Vec<(String, Vec<usize>, Vec<f32>)>,
    /// What else the file says.
    pub metadata: BTreeMap<String, String>,
}

/// Reads a checkpoint; half and double precision become float32, PyTorch's `num_batches_tracked` is left out.
///
/// # Errors
/// When the file is not there, is damaged, or holds integers, or a number that float32 cannot hold.
pub fn read_tensors(path: &Path) -> Result<TensorFile> {
    let mut file = SafetensorsFile::open(path)?;
    let mut tensors = Vec::with_capacity(file.tensors.len());
    for entry in file.tensors.clone() {
        let location = Location::array(path, &entry.name);
        if entry.is_integer() {
            if entry.name.ends_with(BATCH_COUNTER) {
                continue;
            }
            let mend = "save only the network's parameters and running statistics";
            return Err(location.error("a checkpoint holds floating-point tensors, this one holds integers", mend));
        }
        let elements = file.read(&entry)?;
        if let Elements::F64(values) = &elements
            && let Some(index) = values.iter().position(|&value| value.is_finite() && !(value as f32).is_finite())
        {
            let problem = format!("element {index} is {}, which float32 cannot hold", values[index]);
            return Err(location.error(problem, "save the checkpoint as float32"));
        }
        tensors.push((entry.name, entry.shape, elements.to_f32()));
    }
    Ok(TensorFile { tensors, metadata: file.metadata })
}

/// Writes a checkpoint: name, shape and row-major values of each tensor, kept in this order.
///
/// The same tensors and metadata give the same bytes.
///
/// ```
/// use layerpath_io::tensors::{read_tensors, write_tensors};
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("epoch-001.safetensors");
/// write_tensors(&path, &[("fc.bias", &[2], &[0.5, -1.0])], &[("epoch".into(), "1".into())].into()).unwrap();
/// let file = read_tensors(&path).unwrap();
/// assert_eq!(file.tensors, [("fc.bias".to_owned(), vec![2], vec![0.5, -1.0])]);
/// assert_eq!(file.metadata["epoch"], "1");
/// ```
///
/// # Errors
/// When a shape does not fit its values, a name repeats, or `path` cannot be written.
pub fn write_tensors(
    path: &Path,
    tensors: &[(&str, &[usize], &[f32])],
    metadata: &BTreeMap<String, String>,
) -> Result<()> {
    let announced: Vec<_> = tensors.iter().map(|(name, shape, _)| ((*name).to_owned(), shape.to_vec())).collect();
    let mut writer = SafetensorsWriter::create(path, &announced, metadata)?;
    for (name, _, values) in tensors {
        writer.append(name, values)?;
    }
    writer.finish()
}
