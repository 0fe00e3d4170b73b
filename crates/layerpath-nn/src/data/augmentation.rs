//! Random crops and mirror images, as torchvision's `RandomCrop(32, padding=4)` and
//! `RandomHorizontalFlip`: on bytes, with black around the image, before normalisation.

use super::{CHANNELS, IMAGE_BYTES, ImageSet, SIDE, normalisation::table};
use crate::random::{Purpose, below, stream};

/// Black pixels added on every side before the crop.
const PADDING: usize = 4;

/// What is done to one image: the crop's offset in the padded image, and whether it is mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Transformation {
    row: usize,
    column: usize,
    mirrored: bool,
}

impl Transformation {
    const IDENTITY: Self = Self { row: PADDING, column: PADDING, mirrored: false };

    /// Drawn from (seed, epoch, index of the image): one of 9 × 9 crops, mirrored half the time.
    fn draw(seed: u64, epoch: u64, index: u64) -> Self {
        let mut generator = stream(seed, Purpose::Augmentation, epoch, index);
        Self {
            row: below(&mut generator, 2 * PADDING + 1),
            column: below(&mut generator, 2 * PADDING + 1),
            mirrored: below(&mut generator, 2) == 1,
        }
    }

    /// The normalised pixels of the transformed image, appended to `values`.
    fn append(self, image: &[u8], table: &[[f32; 256]; CHANNELS], values: &mut Vec<f32>) {
        for (plane, table) in image.chunks_exact(SIDE * SIDE).zip(table) {
            for row in 0..SIDE {
                let source_row = (row + self.row).wrapping_sub(PADDING);
                let source = plane.get(source_row.wrapping_mul(SIDE)..).filter(|_| source_row < SIDE);
                values.extend((0..SIDE).map(|column| {
                    let column = if self.mirrored { SIDE - 1 - column } else { column };
                    let source_column = (column + self.column).wrapping_sub(PADDING);
                    let byte = source.filter(|_| source_column < SIDE).map_or(0, |source| source[source_column]);
                    table[usize::from(byte)]
                }));
            }
        }
    }
}

/// Normalised pixels (n × 3 × 32 × 32) and labels of the images at `indices`, each transformed by
/// its own draw where `augmentation` holds (seed, epoch).
pub(crate) fn training_batch(
    images: &ImageSet,
    indices: &[usize],
    augmentation: Option<(u64, u64)>,
) -> (Vec<f32>, Vec<u8>) {
    let table = table();
    let mut values = Vec::with_capacity(indices.len() * IMAGE_BYTES);
    let mut labels = Vec::with_capacity(indices.len());
    for &index in indices {
        if let (Some(image), Some(&label)) = (images.image(index), images.labels().get(index)) {
            let transformation = augmentation
                .map_or(Transformation::IDENTITY, |(seed, epoch)| Transformation::draw(seed, epoch, index as u64));
            transformation.append(image, &table, &mut values);
            labels.push(label);
        }
    }
    (values, labels)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::normalised;
    use super::*;

    /// An image whose bytes tell channel, row and column apart.
    fn image() -> ImageSet {
        let pixels = (0..IMAGE_BYTES).map(|i| ((i * 31 + i / 1024 * 7) % 251 + 1) as u8).collect();
        ImageSet::new(pixels, vec![3], 10).unwrap()
    }

    #[test]
    fn without_augmentation_a_batch_is_the_normalised_image() {
        let images = image();
        let (values, labels) = training_batch(&images, &[0], None);
        assert_eq!(values, normalised(images.pixels()));
        assert_eq!(labels, [3]);
    }

    #[test]
    fn crops_and_mirrors_move_every_pixel_where_torchvision_does() {
        let images = image();
        let bytes = images.image(0).unwrap();
        let table = table();
        for transformation in [
            Transformation { row: 0, column: 8, mirrored: false },
            Transformation { row: 8, column: 1, mirrored: true },
            Transformation { row: 4, column: 4, mirrored: true },
        ] {
            let mut values = Vec::new();
            transformation.append(bytes, &table, &mut values);
            for (position, &value) in values.iter().enumerate() {
                let (channel, row, column) =
                    (position / 1024, (position / 32 % 32).cast_signed(), (position % 32).cast_signed());
                // Pad with 4 zeros, cut at (row, column), then mirror: written out independently.
                let cut = if transformation.mirrored { 31 - column } else { column };
                let source_row = row + transformation.row.cast_signed() - 4;
                let source_column = cut + transformation.column.cast_signed() - 4;
                let inside = (0..32).contains(&source_row) && (0..32).contains(&source_column);
                let byte =
                    if inside { bytes[channel * 1024 + source_row as usize * 32 + source_column as usize] } else { 0 };
                assert_eq!(value, table[channel][usize::from(byte)], "{transformation:?} {position}");
            }
        }
    }

    #[test]
    fn draws_depend_on_seed_epoch_and_image_and_reach_every_crop() {
        let draws: Vec<_> = (0..2000).map(|i| Transformation::draw(1, 2, i)).collect();
        assert_eq!(draws[7], Transformation::draw(1, 2, 7));
        assert!((0..2000).any(|i| Transformation::draw(1, 3, i) != draws[i as usize]));
        assert!((0..2000).any(|i| Transformation::draw(2, 2, i) != draws[i as usize]));
        for row in 0..9 {
            for column in 0..9 {
                assert!(draws.iter().any(|d| d.row == row && d.column == column));
            }
        }
        let mirrored = draws.iter().filter(|draw| draw.mirrored).count();
        assert!((880..1120).contains(&mirrored), "{mirrored} of 2000 mirrored");
    }
}
