//! Buffers that products leave for the next ones: memory fresh from the system is cleared page by page, which takes longer
//! than the product of a narrow layer.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

use super::Element;

/// Buffers of one type that are kept at most, and numbers of the largest one: what products of 1024 rows take on two threads.
const MOST: usize = 8;
const LARGEST: usize = 1 << 21;

/// Buffers that nobody uses.
#[derive(Debug)]
pub struct Spare<T>(Mutex<Vec<Vec<T>>>);

impl<T> Spare<T> {
    /// None yet.
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

/// A buffer of numbers of any value, which is kept for later when it is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Scratch<T: Element>(Vec<T>);

impl<T: Element> Scratch<T> {
    pub(crate) fn new(length: usize) -> Self {
        Self(Self::kept(length).unwrap_or_else(|| vec![T::default(); length]))
    }

    /// A buffer of zeros.
    pub(crate) fn zeros(length: usize) -> Self {
        // New memory is zero already.
        Self(Self::kept(length).map_or_else(
            || vec![T::default(); length],
            |mut buffer| {
                buffer.fill(T::default());
                buffer
            },
        ))
    }

    /// A buffer that was left, of that length.
    fn kept(length: usize) -> Option<Vec<T>> {
        let mut kept = T::spare().0.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = kept.iter().enumerate().filter(|(_, buffer)| buffer.capacity() >= length);
        let (place, _) = fitting.min_by_key(|(_, buffer)| buffer.capacity())?;
        let mut buffer = kept.swap_remove(place);
        drop(kept);
        buffer.resize(length, T::default());
        Some(buffer)
    }

    /// The numbers for good.
    pub(crate) fn into_vec(mut self) -> Vec<T> {
        std::mem::take(&mut self.0)
    }

    /// Whether a buffer of so many numbers is kept.
    pub(crate) fn is_kept(length: usize) -> bool {
        (1..=LARGEST).contains(&length)
    }
}

impl<T: Element> From<Vec<T>> for Scratch<T> {
    fn from(numbers: Vec<T>) -> Self {
        Self(numbers)
    }
}

impl<T: Element> Deref for Scratch<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Element> DerefMut for Scratch<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T: Element> Drop for Scratch<T> {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.0);
        if !Self::is_kept(buffer.capacity()) {
            return;
        }
        let mut kept = T::spare().0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MOST {
            kept.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_zeros_whatever_was_left() {
        for _ in 0..3 {
            let mut scratch = Scratch::<f32>::new(100);
            assert_eq!(scratch.len(), 100);
            scratch.fill(f32::NAN);
            drop(scratch);
            assert!(Scratch::<f32>::zeros(60).iter().all(|&x| x == 0.0));
        }
        assert_eq!(Scratch::<f64>::zeros(3).into_vec(), [0.0; 3]);
        assert_eq!(Scratch::<f64>::new(0).len(), 0);
    }
}
