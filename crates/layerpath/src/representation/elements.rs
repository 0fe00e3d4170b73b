//! Elements of the floating-point types that activations come in.

use std::ops::{Add, Mul};

use half::{bf16, f16};
use rayon::prelude::*;

use crate::linalg::{Loop, vectorized};

/// Unit roundoffs u: rounding to a type changes a number by at most u times itself.
pub mod roundoff {
    /// IEEE double precision, 2⁻⁵³.
    pub const F64: f64 = f64::EPSILON / 2.0;
    /// IEEE single precision, 2⁻²⁴.
    pub const F32: f64 = f32::EPSILON as f64 / 2.0;
    /// IEEE half precision, 2⁻¹¹.
    pub const F16: f64 = 1.0 / 2048.0;
    /// bfloat16, 2⁻⁸.
    pub const BF16: f64 = 1.0 / 256.0;
}

/// Borrowed elements of one floating-point type.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Elements<'a> {
    /// IEEE double precision.
    F64(&'a [f64]),
    /// IEEE single precision.
    F32(&'a [f32]),
    /// IEEE half precision.
    F16(&'a [f16]),
    /// bfloat16.
    Bf16(&'a [bf16]),
}

impl<'a> From<&'a [f64]> for Elements<'a> {
    fn from(values: &'a [f64]) -> Self {
        Self::F64(values)
    }
}

impl<'a> From<&'a [f32]> for Elements<'a> {
    fn from(values: &'a [f32]) -> Self {
        Self::F32(values)
    }
}

impl<'a> From<&'a [f16]> for Elements<'a> {
    fn from(values: &'a [f16]) -> Self {
        Self::F16(values)
    }
}

impl<'a> From<&'a [bf16]> for Elements<'a> {
    fn from(values: &'a [bf16]) -> Self {
        Self::Bf16(values)
    }
}

impl Elements<'_> {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::F64(values) => values.len(),
            Self::F32(values) => values.len(),
            Self::F16(values) => values.len(),
            Self::Bf16(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Unit roundoff of the type.
    pub fn roundoff(&self) -> f64 {
        match self {
            Self::F64(_) => roundoff::F64,
            Self::F32(_) => roundoff::F32,
            Self::F16(_) => roundoff::F16,
            Self::Bf16(_) => roundoff::BF16,
        }
    }

    /// The largest magnitude, or position and value of the first NaN or infinity.
    pub(super) fn largest(&self) -> Result<f64, (usize, f64)> {
        match self {
            Self::F64(values) => largest(values, |x| x),
            Self::F32(values) => largest(values, |x| x),
            Self::F16(values) => largest(values, f32::from),
            Self::Bf16(values) => largest(values, f32::from),
        }
    }

    /// Elements of `range`, widened exactly to f64, into `out` of the same length.
    pub(super) fn copy_to_f64(&self, range: std::ops::Range<usize>, out: &mut [f64]) {
        fn widen<T: Copy>(values: &[T], out: &mut [f64], convert: impl Fn(T) -> f64) {
            for (target, &value) in out.iter_mut().zip(values) {
                *target = convert(value);
            }
        }
        match self {
            Self::F64(values) => out.copy_from_slice(&values[range]),
            Self::F32(values) => widen(&values[range], out, f64::from),
            Self::F16(values) => widen(&values[range], out, f64::from),
            Self::Bf16(values) => widen(&values[range], out, f64::from),
        }
    }
}

/// Elements that one task looks at.
const BLOCK: usize = 1 << 16;

/// Elements looked at side by side.
const LANES: usize = 32;

fn largest<T, W>(values: &[T], widen: impl Fn(T) -> W + Sync) -> Result<f64, (usize, f64)>
where
    T: Copy + Sync,
    W: Float,
{
    let blocks: Vec<f64> =
        values.par_chunks(BLOCK).map(|block| vectorized(LargestOf { block, widen: &widen })).collect();
    match blocks.iter().position(|value| value.is_infinite()) {
        None => Ok(blocks.into_iter().fold(0.0, f64::max)),
        Some(block) => {
            let first = block * BLOCK;
            let found = values[first..].iter().map(|&x| widen(x).into()).enumerate().find(|(_, x)| !x.is_finite());
            Err(found.map_or((first, f64::INFINITY), |(place, value)| (first + place, value)))
        }
    }
}

/// The largest magnitude, infinity if any element is infinite or NaN.
struct LargestOf<'a, T, F> {
    block: &'a [T],
    widen: F,
}

impl<T: Copy, W: Float, F: Fn(T) -> W> Loop for LargestOf<'_, T, F> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let Self { block, widen } = self;
        // Infinity and NaN times zero are NaN, and stay in the sum.
        let (mut largest, mut poison) = ([W::default(); LANES], [W::default(); LANES]);
        let (whole, rest) = block.as_chunks::<LANES>();
        for chunk in whole {
            for lane in 0..LANES {
                let value = widen(chunk[lane]).magnitude();
                largest[lane] = if value > largest[lane] { value } else { largest[lane] };
                poison[lane] = poison[lane] + value * W::default();
            }
        }
        for (lane, &value) in rest.iter().enumerate() {
            let value = widen(value).magnitude();
            largest[lane] = if value > largest[lane] { value } else { largest[lane] };
            poison[lane] = poison[lane] + value * W::default();
        }
        let poisoned = poison.iter().any(|&sum| sum.into().is_nan());
        if poisoned { f64::INFINITY } else { largest.iter().fold(0.0, |sofar: f64, &value| sofar.max(value.into())) }
    }
}

/// The two types that elements are looked at in.
trait Float: Copy + Default + PartialOrd + Add<Output = Self> + Mul<Output = Self> + Into<f64> {
    fn magnitude(self) -> Self;
}

impl Float for f32 {
    #[inline(always)]
    fn magnitude(self) -> Self {
        self.abs()
    }
}

impl Float for f64 {
    #[inline(always)]
    fn magnitude(self) -> Self {
        self.abs()
    }
}
