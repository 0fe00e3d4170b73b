//! Loss and accuracy: of a batch of logits, and of a network on a set of images.

use crate::data::{CLASSES, IMAGE_BYTES, ImageSet, normalised};
use crate::error::{Error, Result};
use crate::model::Network;
use rayon::prelude::*;

/// Images that one thread takes through the network at a time.
const CHUNK: usize = 64;

/// Mean cross entropy (natural logarithm) and share of images whose largest logit is at the label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evaluation {
    /// Mean cross entropy per image.
    pub loss: f64,
    /// Share of rightly classified images, in [0, 1].
    pub accuracy: f64,
}

/// Evaluates a network on all images, batch norm by running statistics.
///
/// # Errors
/// [`Error::Images`] where there are no images.
pub fn evaluate(network: &Network, images: &ImageSet) -> Result<Evaluation> {
    if images.is_empty() {
        return Err(Error::Images { reason: "no images to evaluate on; give at least 1".to_owned() });
    }
    let chunks: Vec<BatchLoss> = images
        .pixels()
        .par_chunks(CHUNK * IMAGE_BYTES)
        .zip(images.labels().par_chunks(CHUNK))
        .map(|(pixels, labels)| Ok(cross_entropy(&network.logits(normalised(pixels))?, labels)))
        .collect::<Result<_>>()?;
    let n = images.len() as f64;
    Ok(Evaluation {
        loss: chunks.iter().map(|chunk| chunk.sum).sum::<f64>() / n,
        accuracy: chunks.iter().map(|chunk| chunk.correct).sum::<usize>() as f64 / n,
    })
}

/// Share of rows of `logits` (m × 10, C order) whose largest entry is at the row's label; of equal
/// entries the first counts, and 0 where there are no rows.
pub fn accuracy(logits: &[f32], labels: &[u8]) -> f64 {
    let rows = logits.chunks_exact(CLASSES).zip(labels);
    let right = rows.filter(|(logits, label)| largest(logits) == usize::from(**label)).count();
    if labels.is_empty() { 0.0 } else { right as f64 / labels.len() as f64 }
}

/// Index of the first largest entry.
fn largest(logits: &[f32]) -> usize {
    let mut largest = 0;
    for (class, &logit) in logits.iter().enumerate() {
        if logit > logits[largest] {
            largest = class;
        }
    }
    largest
}

/// Cross entropy of one batch.
#[derive(Debug)]
pub(super) struct BatchLoss {
    /// Sum of the losses of the images.
    pub(super) sum: f64,
    /// Number of rightly classified images.
    pub(super) correct: usize,
    /// Gradient of the *mean* loss with respect to the logits (m × 10): (softmax − one-hot) / m.
    pub(super) gradient: Vec<f32>,
}

/// Cross entropy, hits and gradient of logits (m × 10) against m labels, in double precision.
pub(super) fn cross_entropy(logits: &[f32], labels: &[u8]) -> BatchLoss {
    let mut result = BatchLoss { sum: 0.0, correct: 0, gradient: Vec::with_capacity(logits.len()) };
    for (logits, &label) in logits.chunks_exact(CLASSES).zip(labels) {
        let label = usize::from(label);
        let largest = largest(logits);
        let top = f64::from(logits[largest]);
        let total: f64 = logits.iter().map(|&logit| (f64::from(logit) - top).exp()).sum();
        result.sum += total.ln() + top - f64::from(logits[label]);
        result.correct += usize::from(largest == label);
        result.gradient.extend(logits.iter().enumerate().map(|(class, &logit)| {
            let probability = (f64::from(logit) - top).exp() / total;
            ((probability - f64::from(u8::from(class == label))) / labels.len() as f64) as f32
        }));
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_logits_lose_ln_ten() {
        let mut logits = vec![0.5; 20];
        let loss = cross_entropy(&logits, &[0, 4]);
        assert!((loss.sum - 2.0 * 10f64.ln()).abs() < 1e-12);
        assert_eq!(loss.correct, 1, "ties go to the first class");
        assert!((loss.gradient[0] - -0.45).abs() < 1e-7 && (loss.gradient[1] - 0.05).abs() < 1e-7);
        logits[14] = 200.0;
        let loss = cross_entropy(&logits, &[0, 4]);
        assert_eq!(loss.correct, 2);
        assert_eq!(accuracy(&logits, &[0, 4]), 1.0);
        assert_eq!(accuracy(&logits, &[1, 4]), 0.5);
        assert!((loss.sum - 10f64.ln()).abs() < 1e-12);
    }
}
