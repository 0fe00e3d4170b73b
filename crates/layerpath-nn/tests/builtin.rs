//! The built-in images are hard for a linear classifier. That a small network learns them is tested with the demo.
#![allow(clippy::unwrap_used)]

use layerpath_nn::{CLASSES, IMAGE_BYTES, ImageSet, MEAN, STANDARD_DEVIATION, builtin};

/// Normalised pixels of every image.
fn features(images: &ImageSet) -> Vec<[f32; IMAGE_BYTES]> {
    let normalised = |index: usize| {
        let image = images.image(index).unwrap();
        let mut values = [0.0; IMAGE_BYTES];
        for (position, value) in values.iter_mut().enumerate() {
            let channel = position / 1024;
            *value = (f32::from(image[position]) / 255.0 - MEAN[channel]) / STANDARD_DEVIATION[channel];
        }
        values
    };
    (0..images.len()).map(normalised).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    lanes.iter().sum()
}

/// Multinomial logistic regression on pixels by stochastic gradient descent, one image at a time;
/// the best test accuracy of any epoch, which flatters it.
fn logistic_regression(train: &ImageSet, test: &ImageSet, rate: f32) -> f64 {
    let (x, x_test) = (features(train), features(test));
    let mut weights = vec![[0.0f32; IMAGE_BYTES]; CLASSES];
    let mut bias = [0.0f32; CLASSES];
    let logits = |weights: &[[f32; IMAGE_BYTES]], bias: &[f32; CLASSES], x: &[f32]| {
        let mut logits = *bias;
        for (logit, weights) in logits.iter_mut().zip(weights) {
            *logit += dot(weights, x);
        }
        logits
    };
    let largest = |logits: [f32; CLASSES]| (0..CLASSES).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap();
    let mut best: f64 = 0.0;
    for epoch in 0..15 {
        // A prime stride visits all images out of order, from another one every epoch.
        for step in 0..x.len() {
            let index = (step * 7919 + epoch * 577) % x.len();
            let logits = logits(&weights, &bias, &x[index]);
            let top = logits.iter().copied().fold(f32::MIN, f32::max);
            let total: f32 = logits.iter().map(|logit| (logit - top).exp()).sum();
            for class in 0..CLASSES {
                let target = f32::from(u8::from(usize::from(train.labels()[index]) == class));
                let error = (logits[class] - top).exp() / total - target;
                let step = rate * error / (1.0 + epoch as f32);
                bias[class] -= step;
                for (weight, value) in weights[class].iter_mut().zip(&x[index]) {
                    *weight -= step * value;
                }
            }
        }
        let right = x_test
            .iter()
            .zip(test.labels())
            .filter(|(x, label)| largest(logits(&weights, &bias, *x)) == usize::from(**label));
        best = best.max(right.count() as f64 / test.len() as f64);
    }
    best
}

#[test]
fn logistic_regression_on_pixels_fails() {
    let data = builtin(1, 3000, 1000);
    // A rate too large or too small would flatter the images.
    let accuracies = [1e-5, 1e-4, 1e-3].map(|rate| logistic_regression(&data.train, &data.test, rate));
    println!("logistic regression: {accuracies:?}");
    let best = accuracies.into_iter().fold(0.0, f64::max);
    assert!(best < 0.6, "{accuracies:?}");
    assert!(best > 0.2, "{accuracies:?}: the regression itself may be broken");
}
