//! Hidden representations: every state of a network on a set of images, layer by layer.

mod selection;

pub use selection::{LayerSelection, StateDescription, state_names};

use crate::data::{IMAGE_BYTES, ImageSet, normalised};
use crate::error::{Error, Result};
use crate::model::network::Registers;
use crate::model::program::{Operation, Register, program};
use crate::model::{Architecture, Network};
use rayon::prelude::*;

/// One state of a network on all images.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Its name, such as `stage1.block2.relu2`.
    pub name: String,
    /// (m, channels, height, width) or (m, features).
    pub shape: Vec<usize>,
    /// The values in C order.
    pub values: Vec<f32>,
}

/// Takes all m images through the network in evaluation mode, layer by layer, and hands each
/// selected state to `deliver` in execution order; stops after the last selected one.
///
/// Every layer works through the images in chunks of `chunk`, chunks in parallel; only the current
/// activations, a shortcut and the state being delivered are alive at once (see
/// [`memory_estimate`]). `input` is the normalised image. A state that is not selected is never
/// copied. The values do not depend on the number of threads.
///
/// # Errors
/// [`Error::Selection`] where nothing is selected, [`Error::Images`] where there are no images or
/// `chunk` is 0, and whatever `deliver` returns.
pub fn capture<E>(
    network: &Network,
    images: &ImageSet,
    selection: &LayerSelection,
    chunk: usize,
    mut deliver: impl FnMut(State) -> Result<(), E>,
) -> Result<(), E>
where
    E: From<Error>,
{
    let selected = selection.resolve(network.architecture())?;
    if images.is_empty() || chunk == 0 {
        let reason = format!("{} images in chunks of {chunk}; both must be at least 1", images.len());
        return Err(E::from(Error::Images { reason }));
    }
    let layers = network.layers();
    let mut chunks: Vec<Registers> = images
        .pixels()
        .par_chunks(chunk.saturating_mul(IMAGE_BYTES))
        .map(|pixels| Registers::with_images(normalised(pixels), layers.device()))
        .collect();
    let mut remaining = selected.len();
    for instruction in layers.program() {
        chunks.par_iter_mut().try_for_each(|chunk| layers.apply(instruction, chunk, &mut Vec::new()))?;
        let Some(name) = instruction.state.as_ref().filter(|name| selected.contains(*name)) else {
            continue;
        };
        let features: usize = instruction.shape.iter().product();
        let mut values = Vec::with_capacity(images.len() * features);
        for chunk in &chunks {
            values.extend(chunk.get(instruction.register)?.values()?);
        }
        let shape = std::iter::once(images.len()).chain(instruction.shape.iter().copied()).collect();
        deliver(State { name: name.clone(), shape, values })?;
        remaining -= 1;
        if remaining == 0 {
            break;
        }
    }
    Ok(())
}

/// Largest memory of activations in bytes while [`capture`] takes `m` images through a network:
/// activations before and after a layer, the shortcut, and the copy of a selected state. What
/// `deliver` keeps and the working memory of a chunk come on top.
///
/// # Errors
/// [`Error::Selection`] where nothing is selected.
pub fn memory_estimate(architecture: Architecture, m: usize, selection: &LayerSelection) -> Result<u64> {
    let selected = selection.resolve(architecture)?;
    let mut remaining = selected.len();
    let (mut main, mut shortcut, mut peak) = (0u64, 0u64, 0u64);
    // Until the first layer of a block has run, the shortcut is the main register's own memory.
    let mut shared = false;
    for instruction in program(&architecture) {
        let after: u64 = instruction.shape.iter().map(|&extent| extent as u64).product();
        let alive = match (&instruction.operation, instruction.register) {
            (Operation::KeepForShortcut, _) => {
                shortcut = main;
                shared = true;
                main
            }
            (Operation::AddShortcut, _) => {
                let alive = main + shortcut + after;
                shortcut = 0;
                main = after;
                alive
            }
            (_, Register::Main) => {
                let before = if shared { 0 } else { main };
                shared = false;
                let alive = before + after + shortcut;
                main = after;
                alive
            }
            (_, Register::Shortcut) => {
                let alive = main + shortcut + after;
                shortcut = after;
                alive
            }
        };
        peak = peak.max(alive);
        if instruction.state.is_some_and(|name| selected.contains(&name)) {
            let both = if shared { main } else { main + shortcut };
            peak = peak.max(both + after);
            remaining -= 1;
            if remaining == 0 {
                break;
            }
        }
    }
    Ok(peak * m as u64 * std::mem::size_of::<f32>() as u64)
}

#[cfg(test)]
mod tests;
