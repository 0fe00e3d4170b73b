//! Class folders: `train/CLASS/*.png`, `test/CLASS/*.png`, or `.jpg`.

use std::path::Path;

use rayon::prelude::*;

use super::decode::decode;
use super::{IMAGE_LENGTH, Split};
use crate::atomic::{list_folder, read_bytes};
use crate::error::{Error, Result};

/// Reads both splits; `None` if there is neither a `train` nor a `test` folder.
pub(super) fn read(path: &Path) -> Result<Option<(Split, Split, Vec<String>)>> {
    let train = class_names(&path.join("train"))?;
    let test = class_names(&path.join("test"))?;
    let classes = match (train, test) {
        (None, None) => return Ok(None),
        (Some(classes), None) | (None, Some(classes)) => classes,
        (Some(train), Some(test)) => {
            if let Some(name) = test.iter().find(|name| !train.contains(name)) {
                let problem = format!("class `{name}` is in test and not in train");
                return Err(Error::content(path, "", problem, "give both splits the same classes"));
            }
            train
        }
    };
    if classes.len() > usize::from(u8::MAX) + 1 {
        let problem = format!("{} classes are more than 256", classes.len());
        return Err(Error::content(path, "", problem, "use fewer classes"));
    }
    let train = read_split(&path.join("train"), &classes)?;
    let test = read_split(&path.join("test"), &classes)?;
    if train.is_empty() && test.is_empty() {
        let problem = "there are class folders, but no .png or .jpg in them";
        return Err(Error::content(path, "", problem, "put 32×32 images into the class folders"));
    }
    Ok(Some((train, test, classes)))
}

/// Names of the folders in `path`, sorted; `None` if it is no folder or has none.
fn class_names(path: &Path) -> Result<Option<Vec<String>>> {
    if !path.is_dir() {
        return Ok(None);
    }
    let mut names: Vec<_> = list_folder(path)?
        .into_iter()
        .filter(|(name, path)| !name.starts_with('.') && path.is_dir())
        .map(|(name, _)| name)
        .collect();
    names.sort();
    Ok((!names.is_empty()).then_some(names))
}

fn read_split(path: &Path, classes: &[String]) -> Result<Split> {
    let mut split = Split::default();
    for (label, class) in classes.iter().enumerate() {
        let folder = path.join(class);
        if !folder.is_dir() {
            continue;
        }
        let pictures: Vec<_> = list_folder(&folder)?
            .into_iter()
            .filter(|(name, _)| {
                let name = name.to_ascii_lowercase();
                [".png", ".jpg", ".jpeg"].iter().any(|ending| name.ends_with(ending))
            })
            .collect();
        let images: Vec<[u8; IMAGE_LENGTH]> = pictures
            .par_iter()
            .map(|(_, picture)| {
                decode(&read_bytes(picture)?)
                    .map_err(|problem| Error::content(picture, "", problem, "replace it by a 32×32 JPEG or PNG"))
            })
            .collect::<Result<_>>()?;
        for image in images {
            split.pixels.extend_from_slice(&image);
            split.labels.push(u8::try_from(label).unwrap_or(u8::MAX));
        }
    }
    Ok(split)
}
