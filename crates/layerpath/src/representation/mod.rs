//! Activations: what a layer answers to m stimuli.

mod axes;
mod centering;
pub(crate) mod distances;
mod elements;
mod gram;
mod gram_centering;
mod reduction;

pub(crate) use centering::centered_columns;

pub use axes::{PrincipalAxes, principal_axes};
pub use distances::row_distances;
pub use elements::{Elements, roundoff};
pub use gram::{GramMatrix, linear_gram, mixed_precision_gram};
pub(crate) use gram::{add_shifted_gram, shifted_gram};
pub(crate) use gram_centering::{double_center, packed, packed_u_centered};
pub use reduction::{Layout, Reduced, Reduction, ReductionError, reduce};

use crate::Error;
use crate::linalg::roundoff_of_products;

/// A view of the activations of one layer, m stimuli (rows) × n units (columns), row-major.
///
/// A convolutional activation (m, c, h, w) in C order is the same memory as m × (c·h·w). Two representations are
/// comparable when their rows answer the same stimuli in the same order; their widths may differ.
///
/// Construction checks that every element is finite, so nothing after it meets a NaN.
///
/// ```
/// use layerpath::representation::Representation;
///
/// let x = Representation::new(&[0.5_f32, 1.0, 2.0, 4.0, 8.0, 16.0][..], 3, 2)?;
/// assert_eq!((x.stimuli(), x.units()), (3, 2));
/// assert!(Representation::new(&[1.0, f64::NAN][..], 1, 2).is_err());
/// # Ok::<(), layerpath::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Representation<'a> {
    elements: Elements<'a>,
    stimuli: usize,
    units: usize,
    roundoff: f64,
    /// Largest magnitude of an activation.
    largest: f64,
}

impl<'a> Representation<'a> {
    /// A view of `stimuli` × `units` elements in row-major order (f16, bf16, f32 or f64).
    ///
    /// # Errors
    ///
    /// [`Error::Empty`], [`Error::Shape`], or [`Error::NonFinite`] with the place of the first NaN or infinity.
    pub fn new(elements: impl Into<Elements<'a>>, stimuli: usize, units: usize) -> Result<Self, Error> {
        let elements = elements.into();
        if stimuli == 0 || units == 0 {
            return Err(Error::Empty { rows: stimuli, columns: units });
        }
        if stimuli.checked_mul(units) != Some(elements.len()) {
            return Err(Error::Shape { elements: elements.len(), rows: stimuli, columns: units });
        }
        let largest = elements.largest().map_err(|(position, value)| {
            let (row, column) = (position / units, position % units);
            Error::NonFinite { row, column, value: value.to_string() }
        })?;
        Ok(Self { elements, stimuli, units, roundoff: elements.roundoff(), largest })
    }

    /// The same activations, known to be rounded more coarsely than their type: a mean of f16 numbers, held in f64.
    #[must_use]
    pub fn with_roundoff(self, roundoff: f64) -> Self {
        Self { roundoff: roundoff.max(self.roundoff), ..self }
    }

    /// Number of stimuli, m.
    pub fn stimuli(&self) -> usize {
        self.stimuli
    }

    /// Number of units, n.
    pub fn units(&self) -> usize {
        self.units
    }

    /// Unit roundoff of the elements' type, or the coarser one they are known to have; see [`roundoff`].
    pub fn roundoff(&self) -> f64 {
        self.roundoff
    }

    /// The exponent of the power of two that brings the largest activation into [1/2, 1]; `None` if all are zero.
    pub(crate) fn unit_exponent(&self) -> Option<i32> {
        // -1022 … 1023 keeps the factor itself a normal number.
        (self.largest > 0.0).then(|| -(self.largest.log2().ceil() as i32).clamp(-1022, 1022))
    }

    /// A power of two that brings the largest activation into [1/2, 1].
    pub(crate) fn scale_to_unit(&self) -> f64 {
        2.0_f64.powi(self.unit_exponent().unwrap_or(0))
    }

    /// Mean activation of each unit, n values.
    pub(crate) fn column_means(&self) -> Vec<f64> {
        let (mut sums, mut values) = (vec![0.0; self.units], vec![0.0; self.units]);
        for row in 0..self.stimuli {
            self.copy_row(row, 0..self.units, &mut values);
            for (sum, value) in sums.iter_mut().zip(&values) {
                // Divided first, so that no sum overflows.
                *sum += value / self.stimuli as f64;
            }
        }
        sums
    }

    /// How far the precision of the activations, and that of [`mixed_precision_gram`], can move a Gram matrix, relative to
    /// its norm: 7·10⁻⁷ for f32.
    pub fn resolution(&self) -> f64 {
        match self.elements {
            Elements::F64(_) => self.roundoff(),
            _ => self.roundoff().max(roundoff_of_products::<f32>()),
        }
    }

    /// Columns `columns` of row `row`, as f64, into `out`.
    pub(crate) fn copy_row(&self, row: usize, columns: std::ops::Range<usize>, out: &mut [f64]) {
        let start = row * self.units;
        self.elements.copy_to_f64(start + columns.start..start + columns.end, out);
    }
}
