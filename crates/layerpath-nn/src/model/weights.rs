//! Weights as named tensors in the layout of the authors' PyTorch networks.

use super::architecture::{Architecture, Role, TensorSpecification};
use crate::error::{Error, Result};
use std::collections::HashMap;

/// A named f32 tensor, values in C order.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTensor {
    /// Its name, such as `blocks.0.conv1.weight`.
    pub name: String,
    /// Its shape; (out, in, height, width) for convolutions.
    pub shape: Vec<usize>,
    /// Its values, as many as the product of the shape.
    pub values: Vec<f32>,
}

/// The complete weights of one architecture: every tensor there, rightly shaped and finite, in
/// the order of the authors' PyTorch networks.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    architecture: Architecture,
    tensors: Vec<NamedTensor>,
}

impl Weights {
    /// Weights from named tensors in any order; `*.num_batches_tracked` is ignored.
    ///
    /// # Errors
    /// [`Error::Weights`] naming the first tensor that is missing, surplus, wrongly shaped (with
    /// both shapes), there twice, or not finite.
    pub fn new(architecture: Architecture, tensors: Vec<NamedTensor>) -> Result<Self> {
        let wrong = |reason: String| Error::Weights { architecture: architecture.to_string(), reason };
        let mut given = HashMap::with_capacity(tensors.len());
        let mut order = Vec::with_capacity(tensors.len());
        for tensor in tensors {
            if tensor.name.ends_with(".num_batches_tracked") {
                continue;
            }
            order.push(tensor.name.clone());
            if let Some(twice) = given.insert(tensor.name.clone(), tensor) {
                return Err(wrong(format!("`{}` is there twice", twice.name)));
            }
        }
        let mut arranged = Vec::with_capacity(given.len());
        for specification in architecture.tensors() {
            let tensor = given.remove(&specification.name).ok_or_else(|| {
                wrong(format!("`{}` of shape {:?} is missing", specification.name, specification.shape))
            })?;
            check(&specification, &tensor).map_err(wrong)?;
            arranged.push(tensor);
        }
        if let Some(name) = order.iter().find(|name| given.contains_key(*name)) {
            return Err(wrong(format!("`{name}` of shape {:?} has no place in this network", given[name].shape)));
        }
        Ok(Self { architecture, tensors: arranged })
    }

    /// The architecture that these weights belong to.
    pub fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// The tensors in order: parameters and running statistics.
    pub fn tensors(&self) -> &[NamedTensor] {
        &self.tensors
    }

    /// The tensor of that name.
    pub fn get(&self, name: &str) -> Option<&NamedTensor> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }

    /// The tensors in order, without copying.
    pub fn into_tensors(self) -> Vec<NamedTensor> {
        self.tensors
    }

    /// The tensors in order, for the optimizer.
    pub(crate) fn tensors_mut(&mut self) -> &mut [NamedTensor] {
        &mut self.tensors
    }
}

/// Whether a tensor is what the specification asks for; the reason where it is not.
fn check(specification: &TensorSpecification, tensor: &NamedTensor) -> Result<(), String> {
    if tensor.shape != specification.shape {
        return Err(format!(
            "`{}` has shape {:?}, the network needs {:?}",
            tensor.name, tensor.shape, specification.shape
        ));
    }
    let length: usize = specification.shape.iter().product();
    if tensor.values.len() != length {
        return Err(format!(
            "`{}` has {} values, its shape {:?} needs {length}",
            tensor.name,
            tensor.values.len(),
            tensor.shape
        ));
    }
    if let Some(position) = tensor.values.iter().position(|value| !value.is_finite()) {
        return Err(format!(
            "`{}` holds {} at position {position}; every value must be finite",
            tensor.name, tensor.values[position]
        ));
    }
    let negative = tensor.values.iter().position(|&value| value < 0.0);
    if let (Role::RunningVariance, Some(position)) = (specification.role, negative) {
        return Err(format!(
            "`{}` holds {} at position {position}; a variance cannot be negative",
            tensor.name, tensor.values[position]
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::initial::{BatchNormInit, initial_weights};
    use super::*;

    fn message(change: impl FnOnce(&mut Vec<NamedTensor>)) -> String {
        let architecture = "resnet8x2".parse().unwrap();
        let mut tensors = initial_weights(architecture, 1, BatchNormInit::Ones).unwrap().into_tensors();
        change(&mut tensors);
        Weights::new(architecture, tensors).map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn any_order_and_counters_are_accepted() {
        let unchanged = message(|tensors| {
            tensors.reverse();
            tensors.push(NamedTensor {
                name: "bn.num_batches_tracked".to_owned(),
                shape: Vec::new(),
                values: vec![7.0],
            });
        });
        assert_eq!(unchanged, "");
    }

    #[test]
    fn errors_name_the_tensor_and_both_shapes() {
        let missing = message(|tensors| drop(tensors.remove(0)));
        assert!(missing.contains("resnet8x2: `conv.weight` of shape [2, 3, 3, 3] is missing"), "{missing}");
        let shape = message(|tensors| tensors[0].shape = vec![3, 2, 3, 3]);
        assert!(shape.contains("`conv.weight` has shape [3, 2, 3, 3], the network needs [2, 3, 3, 3]"), "{shape}");
        let length = message(|tensors| tensors[1].values.push(0.0));
        assert!(length.contains("`bn.weight` has 3 values"), "{length}");
        let infinite = message(|tensors| tensors[4].values[1] = f32::NAN);
        assert!(infinite.contains("`bn.running_var` holds NaN at position 1"), "{infinite}");
        let negative = message(|tensors| tensors[4].values[1] = -0.5);
        assert!(negative.contains("`bn.running_var` holds -0.5 at position 1"), "{negative}");
        let twice = message(|tensors| tensors.push(tensors[2].clone()));
        assert!(twice.contains("`bn.bias` is there twice"), "{twice}");
        let surplus = message(|tensors| {
            let mut tensor = tensors[0].clone();
            tensor.name = "blocks.9.conv1.weight".to_owned();
            tensors.push(tensor);
        });
        assert!(surplus.contains("`blocks.9.conv1.weight` of shape [2, 3, 3, 3] has no place"), "{surplus}");
    }
}
