//! Images for training and capture: CIFAR-10 as binary files, as Hugging Face Parquet, or as class folders.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::atomic::list_folder;
use crate::error::{Error, Result};

mod binary;
mod decode;
mod folders;
mod pages;
mod table;

/// Bytes of an image: 3 planes of 32×32.
pub const IMAGE_LENGTH: usize = 3 * 32 * 32;

/// The classes of CIFAR-10 in the order of their labels.
pub const CIFAR10_CLASSES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// `--data`: where images come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataSource {
    /// The images that the program draws itself.
    Builtin,
    /// A folder that [`read_images`] reads.
    Cifar10(PathBuf),
}

impl DataSource {
    /// Understands `builtin` and `cifar10:PATH`.
    ///
    /// ```
    /// use layerpath_io::images::DataSource;
    /// assert_eq!(DataSource::parse("cifar10:data/cifar").unwrap(), DataSource::Cifar10("data/cifar".into()));
    /// assert!(DataSource::parse("imagenet").is_err());
    /// ```
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(text: &str) -> Result<Self> {
        match text.split_once(':') {
            None if text == "builtin" => Ok(Self::Builtin),
            Some(("cifar10", path)) if !path.is_empty() => Ok(Self::Cifar10(path.into())),
            _ => Err(Error::argument(
                format!("`{text}` is no source of images"),
                "use `builtin` or `cifar10:PATH`, PATH being a folder with CIFAR-10",
            )),
        }
    }
}

/// Images and labels of a training and a test set; either may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRecords {
    /// Images to learn from.
    pub train: Split,
    /// Images to test with.
    pub test: Split,
    /// Name of each label.
    pub classes: Vec<String>,
    /// Identity of the whole: SHA-256, in hexadecimal, of the number of training images (8 bytes, little-endian),
    /// training pixels and labels, and the same of the test images.
    pub hash: String,
}

/// Images in their official order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Split {
    /// N×3×32×32 bytes: images, colour planes (red, green, blue), rows, columns.
    pub pixels: Vec<u8>,
    /// N labels.
    pub labels: Vec<u8>,
}

impl Split {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    fn extend(&mut self, other: Self) {
        self.pixels.extend(other.pixels);
        self.labels.extend(other.labels);
    }
}

/// Reads the images in a folder.
///
/// Looked for, in this order: the binary version (`data_batch_*.bin`, `test_batch.bin`), Parquet files
/// (`train-*.parquet`, `test-*.parquet`) in the folder or in its `plain_text`, and class folders
/// (`train/CLASS/*.png`, `test/CLASS/*.png`, or `.jpg`) of 32×32 images.
///
/// # Errors
/// When none of these is there, or a file is truncated, damaged, or holds something else; the message names the
/// record.
pub fn read_images(path: &Path) -> Result<ImageRecords> {
    let names = list_folder(path)?;
    if let Some((train, test)) = binary::read(&names)? {
        return Ok(ImageRecords::new(train, test, cifar10_classes()));
    }
    if let Some((train, test)) = table::read(&names)? {
        return Ok(ImageRecords::new(train, test, cifar10_classes()));
    }
    let plain_text = path.join("plain_text");
    if plain_text.is_dir()
        && let Some((train, test)) = table::read(&list_folder(&plain_text)?)?
    {
        return Ok(ImageRecords::new(train, test, cifar10_classes()));
    }
    if let Some((train, test, classes)) = folders::read(path)? {
        return Ok(ImageRecords::new(train, test, classes));
    }
    Err(Error::content(
        path,
        "",
        "there are no images: neither data_batch_*.bin and test_batch.bin, nor train-*.parquet and test-*.parquet \
         (here or in plain_text/), nor class folders train/CLASS/*.png and test/CLASS/*.png",
        "name the folder that holds one of these",
    ))
}

fn cifar10_classes() -> Vec<String> {
    CIFAR10_CLASSES.iter().map(|&name| name.to_owned()).collect()
}

impl ImageRecords {
    /// Images with the hash that identifies them.
    pub fn new(train: Split, test: Split, classes: Vec<String>) -> Self {
        let mut hasher = Sha256::new();
        for split in [&train, &test] {
            hasher.update((split.len() as u64).to_le_bytes());
            hasher.update(&split.pixels);
            hasher.update(&split.labels);
        }
        Self { train, test, classes, hash: format!("{:x}", hasher.finalize()) }
    }
}
