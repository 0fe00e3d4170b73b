//! Symmetric products.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

/// Rows of the result that one task computes.
const TILE: usize = 64;

/// Adds A·Aᵀ to the lower triangle of a square matrix.
///
/// `out` is n×n, `a` is n×k, both row-major. Only entries (i, j) with j ≤ i are meaningful afterwards; some above the
/// diagonal are overwritten. About n²k multiply–adds, half of the full product.
///
/// ```
/// let mut out = [0.0; 4];
/// layerpath::linalg::add_lower_product(&mut out, 2, &[1.0, 2.0, 3.0, 4.0], 2);
/// assert_eq!([out[0], out[2], out[3]], [5.0, 11.0, 25.0]);
/// ```
///
/// # Panics
///
/// If the slices do not have n·n and n·k elements: a fault of the caller inside this crate, not of a user's input.
pub fn add_lower_product(out: &mut [f64], n: usize, a: &[f64], k: usize) {
    assert!(out.len() == n * n && a.len() == n * k, "shapes of a symmetric product");
    if n == 0 || k == 0 {
        return;
    }
    // The last tiles are the longest, so hand them out first.
    let tiles: Vec<(usize, &mut [f64])> = out.chunks_mut(TILE * n).enumerate().collect();
    tiles.into_par_iter().rev().with_max_len(1).for_each(|(tile, rows)| {
        let first = tile * TILE;
        let height = rows.len() / n;
        let width = first + height;
        // Built as the transpose: faer 0.24.4's row-major constructor with a stride sets the strides the wrong way round.
        let target = MatMut::from_column_major_slice_with_stride_mut(rows, width, height, n).transpose_mut();
        let left = MatRef::from_row_major_slice(&a[first * k..width * k], height, k);
        let right = MatRef::from_row_major_slice(&a[..width * k], width, k);
        matmul(target, Accum::Add, left, right.transpose(), 1.0, Par::Seq);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_the_plain_triple_loop() {
        for (n, k) in [(1, 1), (3, 5), (64, 2), (65, 7), (150, 33)] {
            let a: Vec<f64> = (0..n * k).map(|i| f64::from(u32::try_from(i * 7919 % 101).unwrap()) - 50.0).collect();
            let mut out = vec![1.0; n * n];
            add_lower_product(&mut out, n, &a, k);
            for i in 0..n {
                for j in 0..=i {
                    let plain: f64 = (0..k).map(|l| a[i * k + l] * a[j * k + l]).sum();
                    assert_eq!(out[i * n + j], plain + 1.0, "n = {n}, k = {k}, ({i}, {j})");
                }
            }
        }
    }
}
