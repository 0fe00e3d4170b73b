//! A built-in data set, drawn by program: five shapes, plain or striped, on a noisy ground.
//!
//! Position, size, rotation, colours, lighting and noise vary from image to image, so that no
//! single pixel tells the class: multinomial logistic regression on pixels stays far below what a
//! small convolutional network reaches.

use super::{CHANNELS, CLASSES, DataSet, IMAGE_BYTES, ImageSet, SIDE};
use crate::random::{Purpose, between, stream, uniform};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// What the ten labels of [`builtin`] mean.
pub const CLASS_NAMES: [&str; CLASSES] = [
    "plain disc",
    "striped disc",
    "plain square",
    "striped square",
    "plain triangle",
    "striped triangle",
    "plain cross",
    "striped cross",
    "plain ring",
    "striped ring",
];

/// Samples per pixel and direction, for smooth edges.
const OVERSAMPLING: usize = 2;

/// Ten classes of 32×32 colour images in equal shares, `n_train` to train on and `n_test` to test
/// on; every image is drawn from (seed, part, index), so that a larger set begins with the
/// smaller one.
///
/// Label of image i = i mod 10; training shuffles. See [`CLASS_NAMES`].
pub fn builtin(seed: u64, n_train: usize, n_test: usize) -> DataSet {
    DataSet { train: part(seed, 0, n_train), test: part(seed, 1, n_test) }
}

fn part(seed: u64, part: u64, n: usize) -> ImageSet {
    let mut pixels = Vec::with_capacity(n * IMAGE_BYTES);
    let mut labels = Vec::with_capacity(n);
    for index in 0..n {
        let label = index % CLASSES;
        let mut generator = stream(seed, Purpose::Images, part, index as u64);
        Drawing::draw(label, &mut generator).append(&mut generator, &mut pixels);
        labels.push(label as u8);
    }
    ImageSet { pixels, labels, classes: CLASSES }
}

type Colour = [f64; CHANNELS];

/// Everything random about one image but its noise.
struct Drawing {
    shape: usize,
    striped: bool,
    centre: [f64; 2],
    radius: f64,
    /// Cosine and sine of the rotation.
    rotation: [f64; 2],
    foreground: Colour,
    stripe: Colour,
    stripe_period: f64,
    stripe_phase: f64,
    background: Colour,
    /// Change of brightness from one side of the image to the other.
    lighting: [f64; 2],
    noise: f64,
}

impl Drawing {
    fn draw(label: usize, generator: &mut ChaCha8Rng) -> Self {
        let angle = between(generator, -0.45, 0.45);
        let bright = uniform(generator) < FOREGROUND_BRIGHTER;
        let (high, low) = (between(generator, 0.60, 0.90), between(generator, 0.10, 0.35));
        let (foreground, background) = if bright { (high, low) } else { (low, high) };
        let stripe = if bright { foreground - 0.42 } else { foreground + 0.42 };
        Self {
            shape: label / 2,
            striped: label % 2 == 1,
            centre: [between(generator, 12.5, 19.5), between(generator, 12.5, 19.5)],
            radius: between(generator, 8.5, 12.0),
            rotation: [angle.cos(), angle.sin()],
            foreground: tint(foreground, generator),
            stripe: tint(stripe, generator),
            stripe_period: between(generator, 4.0, 5.5),
            stripe_phase: between(generator, 0.0, 1.0),
            background: tint(background, generator),
            lighting: [between(generator, -0.1, 0.1), between(generator, -0.1, 0.1)],
            noise: between(generator, 0.02, 0.06),
        }
    }

    /// The image's bytes (channel, row, column), appended to `pixels`.
    fn append(&self, generator: &mut ChaCha8Rng, pixels: &mut Vec<u8>) {
        let mut planes = vec![0.0; IMAGE_BYTES];
        for row in 0..SIDE {
            for column in 0..SIDE {
                let colour = self.colour(row, column);
                let light =
                    self.lighting[0] * (row as f64 / 31.0 - 0.5) + self.lighting[1] * (column as f64 / 31.0 - 0.5);
                for (channel, value) in colour.into_iter().enumerate() {
                    planes[(channel * SIDE + row) * SIDE + column] = value + light;
                }
            }
        }
        pixels.extend(planes.into_iter().map(|value| {
            let noise: f64 = generator.sample(StandardNormal);
            ((value + self.noise * noise).clamp(0.0, 1.0) * 255.0).round() as u8
        }));
    }

    /// Mean colour over the samples of one pixel.
    fn colour(&self, row: usize, column: usize) -> Colour {
        let mut sum = [0.0; CHANNELS];
        for sample in 0..OVERSAMPLING * OVERSAMPLING {
            let offset = |index: usize| (index as f64 + 0.5) / OVERSAMPLING as f64;
            let y = row as f64 + offset(sample / OVERSAMPLING) - self.centre[0];
            let x = column as f64 + offset(sample % OVERSAMPLING) - self.centre[1];
            let [cosine, sine] = self.rotation;
            let colour = self.colour_at((cosine * x + sine * y) / self.radius, (cosine * y - sine * x) / self.radius);
            for (total, value) in sum.iter_mut().zip(colour) {
                *total += value / (OVERSAMPLING * OVERSAMPLING) as f64;
            }
        }
        sum
    }

    /// Colour at a point in the shape's own coordinates (radius 1, unrotated).
    fn colour_at(&self, x: f64, y: f64) -> Colour {
        let inside = match self.shape {
            0 => x * x + y * y < 0.90,
            1 => x.abs().max(y.abs()) < 0.85,
            2 => y < 0.8 && y > 1.9 * x.abs() - 1.05,
            3 => x.abs().min(y.abs()) < 0.30 && x.abs().max(y.abs()) < 1.0,
            _ => (0.30..1.0).contains(&(x * x + y * y)),
        };
        if !inside {
            return self.background;
        }
        let position = x * self.radius / self.stripe_period + self.stripe_phase;
        if self.striped && position.rem_euclid(1.0) < 0.5 { self.stripe } else { self.foreground }
    }
}

/// How often the shape is brighter than the ground: what a linear classifier can use.
const FOREGROUND_BRIGHTER: f64 = 0.85;

/// A colour around the given brightness.
fn tint(brightness: f64, generator: &mut ChaCha8Rng) -> Colour {
    [0.0; CHANNELS].map(|_: f64| (brightness + between(generator, -0.14, 0.14)).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_images_and_a_larger_set_begins_with_the_smaller() {
        let small = builtin(3, 20, 10);
        let large = builtin(3, 40, 10);
        assert_eq!(small.train, large.train.first(20));
        assert_eq!(small.test, large.test);
        assert_ne!(small.train.first(10), small.test);
        assert_ne!(builtin(4, 20, 10).train, small.train);
        assert!(CLASS_NAMES.iter().zip(small.test.labels()).enumerate().all(|(i, (_, &l))| i == usize::from(l)));
    }
}
