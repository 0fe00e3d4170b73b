//! Elements of the floating-point types that activations come in.

use half::{bf16, f16};

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

    /// Position and value of the first NaN or infinity.
    pub(super) fn first_non_finite(&self) -> Option<(usize, f64)> {
        fn first<T: Copy>(values: &[T], widen: impl Fn(T) -> f64) -> Option<(usize, f64)> {
            values.iter().map(|&x| widen(x)).enumerate().find(|(_, x)| !x.is_finite())
        }
        match self {
            Self::F64(values) => first(values, |x| x),
            Self::F32(values) => first(values, f64::from),
            Self::F16(values) => first(values, f64::from),
            Self::Bf16(values) => first(values, f64::from),
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
