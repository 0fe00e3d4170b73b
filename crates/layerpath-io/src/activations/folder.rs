//! A folder of `.npy` files, one array each.

use std::path::Path;

use super::{ActivationSet, assemble, read_npy_content};
use crate::atomic::list_folder;
use crate::error::{Error, Result};

pub(super) fn read(path: &Path) -> Result<ActivationSet> {
    let mut contents = Vec::new();
    for (name, file) in list_folder(path)? {
        if let Some(name) = name.strip_suffix(".npy") {
            contents.push((name.to_owned(), read_npy_content(&file)?));
        } else if name == "zarr.json" {
            return Err(Error::content(
                path,
                "",
                "this is a Zarr store of points, not of activations",
                "read it as points",
            ));
        }
    }
    if contents.is_empty() {
        let mend = "name a folder of .npy files, or an .npz or .safetensors file";
        return Err(Error::content(path, "", "there is no .npy file in this folder", mend));
    }
    assemble(path, contents)
}
