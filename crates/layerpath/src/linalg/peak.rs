//! Plain square products on all threads: what the machine can do at most, for benchmarks to be measured against.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

/// A·B of row-major n×n matrices in single precision, by the library's own parallel product. For measuring the machine:
/// unlike everything else here, its bits may depend on the number of threads.
///
/// ```
/// assert_eq!(layerpath::linalg::square_product_f32(&[1.0, 2.0, 0.0, 1.0], &[1.0, 1.0, 0.0, 1.0], 2), [1.0, 3.0, 0.0, 1.0]);
/// ```
///
/// # Panics
///
/// If the slices do not have n·n elements.
pub fn square_product_f32(a: &[f32], b: &[f32], n: usize) -> Vec<f32> {
    let mut out = vec![0.0; n * n];
    let (left, right) = (MatRef::from_row_major_slice(a, n, n), MatRef::from_row_major_slice(b, n, n));
    matmul(MatMut::from_row_major_slice_mut(&mut out, n, n), Accum::Replace, left, right, 1.0, Par::rayon(0));
    out
}

/// The same in double precision.
///
/// ```
/// assert_eq!(layerpath::linalg::square_product_f64(&[1.0, 2.0, 0.0, 1.0], &[1.0, 1.0, 0.0, 1.0], 2), [1.0, 3.0, 0.0, 1.0]);
/// ```
///
/// # Panics
///
/// If the slices do not have n·n elements.
pub fn square_product_f64(a: &[f64], b: &[f64], n: usize) -> Vec<f64> {
    let mut out = vec![0.0; n * n];
    let (left, right) = (MatRef::from_row_major_slice(a, n, n), MatRef::from_row_major_slice(b, n, n));
    matmul(MatMut::from_row_major_slice_mut(&mut out, n, n), Accum::Replace, left, right, 1.0, Par::rayon(0));
    out
}
