//! From bytes to the network's input: (byte / 255 − mean) / standard deviation, per channel.

use super::{CHANNELS, IMAGE_BYTES, SIDE};

/// Mean of each channel (red, green, blue) of pixels in [0, 1], as the authors normalise.
pub const MEAN: [f32; CHANNELS] = [0.485, 0.456, 0.406];

/// Standard deviation of each channel (red, green, blue) of pixels in [0, 1].
pub const STANDARD_DEVIATION: [f32; CHANNELS] = [0.229, 0.224, 0.225];

/// The normalised value of byte `b` of channel `c` at `[c][b]`, in the order of operations of
/// torchvision's `ToTensor` and `Normalize`.
pub(super) fn table() -> [[f32; 256]; CHANNELS] {
    let mut table = [[0.0; 256]; CHANNELS];
    for (channel, values) in table.iter_mut().enumerate() {
        for (byte, value) in (0u8..=255).zip(values.iter_mut()) {
            *value = (f32::from(byte) / 255.0 - MEAN[channel]) / STANDARD_DEVIATION[channel];
        }
    }
    table
}

/// Normalised pixels n × 3 × 32 × 32 of n whole images.
pub(crate) fn normalised(pixels: &[u8]) -> Vec<f32> {
    let table = table();
    let mut values = Vec::with_capacity(pixels.len());
    for image in pixels.chunks_exact(IMAGE_BYTES) {
        for (channel, plane) in image.chunks_exact(SIDE * SIDE).enumerate() {
            values.extend(plane.iter().map(|&byte| table[channel][usize::from(byte)]));
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_and_white_have_known_values() {
        let mut pixels = vec![0; 2 * IMAGE_BYTES];
        pixels[IMAGE_BYTES..].fill(255);
        let values = normalised(&pixels);
        assert_eq!(values.len(), 2 * IMAGE_BYTES);
        // (0 − 0.485) / 0.229 and (1 − 0.406) / 0.225
        assert!((values[0] - -2.117_904).abs() < 1e-6);
        assert!((values[2 * IMAGE_BYTES - 1] - 2.64).abs() < 1e-6);
    }
}
