//! Stochastic gradient descent with momentum, step for step as PyTorch's.

use crate::model::NamedTensor;

/// Rates and decays of one step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Descent {
    pub(super) rate: f64,
    pub(super) momentum: f64,
    pub(super) weight_decay: f64,
}

impl Descent {
    /// One step for one tensor: g ← g + λw; v ← μv + g, or v ← g in the first step, where `buffer`
    /// is empty; w ← w − rate · v.
    pub(super) fn step(self, weight: &mut NamedTensor, buffer: &mut Vec<f32>, gradient: Vec<f32>) {
        let (rate, momentum, decay) = (self.rate as f32, self.momentum as f32, self.weight_decay as f32);
        let first = buffer.is_empty();
        if first {
            buffer.resize(gradient.len(), 0.0);
        }
        for ((w, v), g) in weight.values.iter_mut().zip(buffer.iter_mut()).zip(gradient) {
            let g = g + decay * *w;
            *v = if first { g } else { momentum * *v + g };
            *w -= rate * *v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_steps_by_hand() {
        let descent = Descent { rate: 0.5, momentum: 0.5, weight_decay: 0.25 };
        let mut weight = NamedTensor { name: "w".to_owned(), shape: vec![1], values: vec![4.0] };
        let mut buffer = Vec::new();
        descent.step(&mut weight, &mut buffer, vec![1.0]);
        // g = 1 + 0.25 · 4 = 2 = v; w = 4 − 0.5 · 2 = 3
        assert_eq!((weight.values[0], buffer[0]), (3.0, 2.0));
        descent.step(&mut weight, &mut buffer, vec![0.25]);
        // g = 0.25 + 0.75 = 1; v = 0.5 · 2 + 1 = 2; w = 3 − 1 = 2
        assert_eq!((weight.values[0], buffer[0]), (2.0, 2.0));
    }
}
