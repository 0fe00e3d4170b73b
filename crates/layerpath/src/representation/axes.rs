//! Principal axes of centred activations.

use super::Representation;
use super::centering::for_each_centered_panel;
use crate::Error;
use crate::linalg::{StackedTriangle, singular_values_and_vectors};

/// The singular value decomposition of centred activations, the part that rotations of the units leave alone.
#[derive(Debug, Clone, PartialEq)]
pub struct PrincipalAxes {
    /// Unit vectors over the stimuli, column after column, m entries each.
    pub axes: Vec<f64>,
    /// Singular values in descending order, in the units of the activations; as many as the rank.
    pub lengths: Vec<f64>,
    /// Number of stimuli, m.
    pub stimuli: usize,
}

/// Left singular vectors and singular values of H X, H = I − 11ᵀ/m; the rank r ≤ min(n, m − 1) is decided at
/// 4·max(m, n)·ε of the largest singular value.
///
/// Wide activations (n > 2m) are reduced to a triangular factor panel by panel, so that m×n is never held in f64 and no
/// digits are lost to squaring. Cost: about 2m²n multiply–adds. No axes if all rows are equal.
///
/// # Errors
///
/// [`Error::NoConvergence`], which finite activations do not provoke.
///
/// ```
/// use layerpath::representation::{Representation, principal_axes};
/// let x = [0.0, 0.0, 2.0, 2.0, 4.0, 4.0_f64]; // three stimuli on a line through the plane of two units
/// let axes = principal_axes(&Representation::new(&x[..], 3, 2)?)?;
/// assert_eq!(axes.lengths.len(), 1);
/// assert!((axes.lengths[0] - 4.0).abs() < 1e-14); // √(2·(2² + 0² + 2²))
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn principal_axes(x: &Representation<'_>) -> Result<PrincipalAxes, Error> {
    let (m, n) = (x.stimuli(), x.units());
    let (svd, scale) = if n > 2 * m {
        let mut triangle = StackedTriangle::new(m);
        let scale = for_each_centered_panel(x, |panel, width| {
            triangle.push(|i| &panel[i * width..(i + 1) * width], width);
        });
        (singular_values_and_vectors(&triangle.into_lower(), m, m)?, scale)
    } else {
        let mut centered = vec![0.0; m * n];
        let mut start = 0;
        let scale = for_each_centered_panel(x, |panel, width| {
            for (row, part) in centered.chunks_exact_mut(n).zip(panel.chunks_exact(width)) {
                row[start..start + width].copy_from_slice(part);
            }
            start += width;
        });
        (singular_values_and_vectors(&centered, m, n)?, scale)
    };
    let largest = svd.values.first().copied().unwrap_or(0.0);
    let floor = 4.0 * m.max(n) as f64 * f64::EPSILON * largest;
    let rank = svd.values.iter().take_while(|&&value| value > floor).count().min(m - 1);
    let mut axes = svd.left;
    axes.truncate(rank * m);
    let lengths = svd.values[..rank].iter().map(|value| value / scale).collect();
    Ok(PrincipalAxes { axes, lengths, stimuli: m })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::dot;
    use crate::representation::linear_gram;

    #[test]
    fn tall_and_wide_activations_give_the_gram_matrix_back() {
        for (m, n) in [(5, 3), (5, 11), (4, 2500), (6, 40)] {
            let x: Vec<f64> = (0..m * n).map(|i| ((i * i * 31 + i * 17) % 257) as f64 / 64.0).collect();
            let x = Representation::new(&x[..], m, n).unwrap();
            let axes = principal_axes(&x).unwrap();
            assert!(axes.lengths.len() <= n.min(m - 1));
            let gram = linear_gram(&x);
            let trace: f64 = (0..m).map(|i| gram.get(i, i)).sum();
            let factor = dot(&axes.lengths, &axes.lengths) / trace;
            for i in 0..m {
                for j in 0..=i {
                    let ours: f64 = axes
                        .axes
                        .chunks(m)
                        .zip(&axes.lengths)
                        .map(|(axis, length)| length * length * axis[i] * axis[j])
                        .sum();
                    assert!((ours / factor - gram.get(i, j)).abs() < 1e-13 * trace, "{m}×{n} at {i}, {j}");
                }
            }
        }
    }
}
