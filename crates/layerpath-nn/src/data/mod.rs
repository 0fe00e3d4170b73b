//! Labelled 32×32 colour images, how they become the network's input, and a built-in set.

mod augmentation;
mod builtin;
mod normalisation;

pub use builtin::{CLASS_NAMES, builtin};
pub use normalisation::{MEAN, STANDARD_DEVIATION};

pub(crate) use augmentation::training_batch;
pub(crate) use normalisation::normalised;

use crate::error::{Error, Result};

/// Height and width of an image in pixels.
pub const SIDE: usize = 32;
/// Colour channels of an image.
pub const CHANNELS: usize = 3;
/// Bytes of one image: 3 × 32 × 32.
pub const IMAGE_BYTES: usize = CHANNELS * SIDE * SIDE;
/// Number of classes that the networks tell apart.
pub const CLASSES: usize = 10;

/// Labelled images: N × 3 × 32 × 32 bytes (channel, row, column within an image, as in the binary
/// version of CIFAR-10) and N labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageSet {
    pixels: Vec<u8>,
    labels: Vec<u8>,
    classes: usize,
}

impl ImageSet {
    /// A set of N images from N·3072 bytes, N labels below `classes`, and at most ten classes.
    ///
    /// # Errors
    /// [`Error::Images`] where the lengths do not agree, a label is too large, or `classes` is
    /// not in 1..=10.
    pub fn new(pixels: Vec<u8>, labels: Vec<u8>, classes: usize) -> Result<Self> {
        let wrong = |reason: String| Err(Error::Images { reason });
        if classes == 0 || classes > CLASSES {
            return wrong(format!("{classes} classes; the networks here tell 1 to {CLASSES} classes apart"));
        }
        if pixels.len() != labels.len() * IMAGE_BYTES {
            return wrong(format!(
                "{} bytes of pixels for {} labels; {} labels need {} bytes (3 × 32 × 32 each)",
                pixels.len(),
                labels.len(),
                labels.len(),
                labels.len() * IMAGE_BYTES
            ));
        }
        if let Some(position) = labels.iter().position(|&label| usize::from(label) >= classes) {
            return wrong(format!(
                "image {position} has label {}, but there are {classes} classes (labels 0 to {})",
                labels[position],
                classes - 1
            ));
        }
        Ok(Self { pixels, labels, classes })
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The 3072 bytes of image `index` (channel, row, column), or `None` past the end.
    pub fn image(&self, index: usize) -> Option<&[u8]> {
        self.pixels.get(index * IMAGE_BYTES..(index + 1) * IMAGE_BYTES)
    }

    /// All pixels, N × 3 × 32 × 32.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The N labels, each below [`ImageSet::classes`].
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The labels as m × classes numbers in C order, a 1 in each row at the label and 0 elsewhere.
    pub fn one_hot(&self) -> Vec<f32> {
        let mut rows = vec![0.0; self.len() * self.classes];
        for (row, &label) in rows.chunks_exact_mut(self.classes).zip(&self.labels) {
            row[usize::from(label)] = 1.0;
        }
        rows
    }

    /// The first `n` images, or all where there are fewer.
    #[must_use]
    pub fn first(&self, n: usize) -> Self {
        let n = n.min(self.len());
        Self {
            pixels: self.pixels[..n * IMAGE_BYTES].to_vec(),
            labels: self.labels[..n].to_vec(),
            classes: self.classes,
        }
    }
}

/// Images to train on and images to test on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSet {
    /// Images to train on.
    pub train: ImageSet,
    /// Images that training never sees.
    pub test: ImageSet,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn lengths_and_labels_are_checked() {
        let good = ImageSet::new(vec![7; 2 * IMAGE_BYTES], vec![0, 9], 10).unwrap();
        assert_eq!(good.len(), 2);
        assert_eq!(good.image(1).map(<[u8]>::len), Some(IMAGE_BYTES));
        assert_eq!(good.image(2), None);
        assert_eq!(good.first(1).labels(), [0]);
        assert_eq!(good.first(99).len(), 2);

        let short = ImageSet::new(vec![7; 2 * IMAGE_BYTES - 1], vec![0, 9], 10).unwrap_err();
        assert!(short.to_string().contains("6143 bytes of pixels for 2 labels"), "{short}");
        let label = ImageSet::new(vec![7; 2 * IMAGE_BYTES], vec![0, 3], 3).unwrap_err();
        assert!(label.to_string().contains("image 1 has label 3"), "{label}");
        assert!(ImageSet::new(Vec::new(), Vec::new(), 11).is_err());
    }
}
