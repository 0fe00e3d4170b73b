//! Triangular factor of a matrix of any number of rows, block after block.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::qr::no_pivoting::factor::{qr_in_place, qr_in_place_scratch, recommended_block_size};
use faer::{MatMut, Par, Spec};

use super::{Loop, norm, vectorized};

/// Entries of a row up to which reflections are applied here, to rows that stay in the cache: the library's, made for wide
/// matrices, does so few at a quarter of the speed.
const NARROW: usize = 64;

/// Numbers that stay in the nearest cache.
const CACHED: usize = 6144;

/// Sums that are made side by side.
const LANES: usize = 8;

/// Triangular factor of a matrix that arrives in blocks of rows: L with L·Lᵀ = BᵀB for all blocks B stacked.
#[derive(Debug)]
pub struct StackedTriangle {
    size: usize,
    /// Upper triangle R, column-major.
    upper: Vec<f64>,
}

impl StackedTriangle {
    /// No rows yet, of `size` entries each.
    pub fn new(size: usize) -> Self {
        Self { size, upper: vec![0.0; size * size] }
    }

    /// Takes in `rows` rows of the stack, whose entries in one of the `size` columns are `column(j)`.
    /// About 2·size²·(size + rows) multiply–adds, one thread.
    pub fn push<'a>(&mut self, column: impl Fn(usize) -> &'a [f64], rows: usize) {
        if self.size > NARROW {
            return self.push_wide(column, rows);
        }
        let most = CACHED / self.size.max(1);
        let mut panel = Vec::with_capacity(self.size * most.min(rows));
        for start in (0..rows).step_by(most) {
            let height = most.min(rows - start);
            panel.clear();
            for j in 0..self.size {
                panel.extend_from_slice(&column(j)[start..start + height]);
            }
            vectorized(Reflections { upper: &mut self.upper, size: self.size, panel: &mut panel, height });
        }
    }

    fn push_wide<'a>(&mut self, column: impl Fn(usize) -> &'a [f64], rows: usize) {
        let (m, height) = (self.size, self.size + rows);
        let mut stack = vec![0.0; height * m];
        for (j, target) in stack.chunks_exact_mut(height).enumerate() {
            target[..m].copy_from_slice(&self.upper[j * m..(j + 1) * m]);
            target[m..].copy_from_slice(&column(j)[..rows]);
        }
        let block = recommended_block_size::<f64>(height, m);
        let mut coefficients = vec![0.0; block * m];
        let scratch = qr_in_place_scratch::<f64>(height, m, block, Par::Seq, Spec::default());
        qr_in_place(
            MatMut::from_column_major_slice_mut(&mut stack, height, m),
            MatMut::from_column_major_slice_mut(&mut coefficients, block, m),
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch)),
            Spec::default(),
        );
        for (j, column) in stack.chunks_exact(height).enumerate() {
            self.upper[j * m..=j * m + j].copy_from_slice(&column[..=j]);
        }
    }

    /// The lower triangle L, row-major.
    pub fn into_lower(self) -> Vec<f64> {
        self.upper
    }
}

/// One Householder reflection a column, I − τ(1, v)(1, v)ᵀ of the entry on the diagonal and a block below the triangle, that
/// makes the block's column vanish.
struct Reflections<'a> {
    /// Column-major.
    upper: &'a mut [f64],
    size: usize,
    /// Column after column of `height` entries.
    panel: &'a mut [f64],
    height: usize,
}

impl Loop for Reflections<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { upper, size, panel, height } = self;
        for j in 0..size {
            let (done, rest) = panel.split_at_mut((j + 1) * height);
            let v = &mut done[j * height..];
            let length = norm(v);
            if length == 0.0 {
                continue;
            }
            let diagonal = upper[j * size + j];
            let turned = -diagonal.hypot(length).copysign(diagonal);
            let scale = diagonal - turned;
            for x in &mut *v {
                *x /= scale;
            }
            upper[j * size + j] = turned;
            let tau = -scale / turned;
            let mut k = j + 1;
            for columns in rest.chunks_mut(4 * height) {
                let above = upper[k * size..].iter_mut().skip(j).step_by(size);
                match columns.len() / height {
                    4 => reflect::<4>(v, tau, columns, above),
                    3 => reflect::<3>(v, tau, columns, above),
                    2 => reflect::<2>(v, tau, columns, above),
                    _ => reflect::<1>(v, tau, columns, above),
                }
                k += 4;
            }
        }
    }
}

/// Reflects N columns and the entries above them.
#[inline(always)]
fn reflect<'a, const N: usize>(v: &[f64], tau: f64, columns: &mut [f64], above: impl Iterator<Item = &'a mut f64>) {
    let height = v.len();
    let mut rest = &mut columns[..];
    let mut columns: [&mut [f64]; N] = std::array::from_fn(|_| {
        let (column, others) = std::mem::take(&mut rest).split_at_mut(height);
        rest = others;
        column
    });
    let mut sums = [[0.0; LANES]; N];
    let whole = height - height % LANES;
    for start in (0..whole).step_by(LANES) {
        for (sums, column) in sums.iter_mut().zip(&columns) {
            let (v, x) = (&v[start..start + LANES], &column[start..start + LANES]);
            for lane in 0..LANES {
                sums[lane] += v[lane] * x[lane];
            }
        }
    }
    let mut shares = [0.0; N];
    for (((share, sums), column), above) in shares.iter_mut().zip(&sums).zip(&columns).zip(above) {
        let tail: f64 = v[whole..].iter().zip(&column[whole..]).map(|(v, x)| v * x).sum();
        *share = tau * (*above + (sums.iter().sum::<f64>() + tail));
        *above -= *share;
    }
    for (column, share) in columns.iter_mut().zip(shares) {
        for (x, v) in column.iter_mut().zip(v) {
            *x -= share * v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::product_transposed;

    #[test]
    fn triangles_have_the_products_of_the_stack() {
        for (size, rows) in [(1, 1), (1, 40), (4, 3), (7, 900), (24, 700), (64, 131), (65, 131), (80, 20)] {
            for deficient in [false, true] {
                for scale in [1e-150, 1.0, 1e150] {
                    let entry = |i: usize| (i * i % 1009) as f64 / 100.0 - 5.0;
                    let mut a: Vec<f64> = (0..size * rows).map(|i| scale * entry(i)).collect();
                    if deficient && size > 1 {
                        a.copy_within(..rows, rows);
                        a[(size - 1) * rows..].fill(0.0);
                    }
                    let mut triangle = StackedTriangle::new(size);
                    let middle = rows / 3;
                    for (start, end) in [(0, middle), (middle, rows)] {
                        triangle.push(|j| &a[j * rows + start..j * rows + end], end - start);
                    }
                    let unit = |x: Vec<f64>| x.into_iter().map(|x| x / scale).collect::<Vec<_>>();
                    let (lower, a) = (unit(triangle.into_lower()), unit(a));
                    for i in 0..size {
                        assert!(lower[i * size + i + 1..(i + 1) * size].iter().all(|&x| x == 0.0));
                    }
                    let left = product_transposed(&lower, &lower, size, size, size);
                    let right = product_transposed(&a, &a, size, rows, size);
                    for (x, y) in left.iter().zip(&right) {
                        assert!((x - y).abs() < 1e-14 * 9.0 * rows as f64, "{size}×{rows}: {x} against {y}");
                    }
                }
            }
        }
    }
}
