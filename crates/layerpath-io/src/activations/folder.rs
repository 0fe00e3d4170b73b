//! A folder of `.npy` files, one array each.

use std::path::Path;

use super::{ActivationSource, assemble, open_npy};
use crate::atomic::list_folder;
use crate::error::{Error, Result};

pub(super) fn open(path: &Path) -> Result<ActivationSource> {
    let mut found = Vec::new();
    for (name, file) in list_folder(path)? {
        if name.strip_suffix(".npy").is_some() {
            found.push(open_npy(&file)?);
        } else if name == "zarr.json" {
            return Err(Error::content(
                path,
                "",
                "this is a Zarr store of points, not of activations",
                "read it as points",
            ));
        }
    }
    if found.is_empty() {
        let mend = "name a folder of .npy files, or an .npz or .safetensors file";
        return Err(Error::content(path, "", "there is no .npy file in this folder", mend));
    }
    assemble(path, found)
}
