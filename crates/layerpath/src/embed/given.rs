//! The given distances, checked, and what every method needs to know about them.

use super::EmbeddingError;
use crate::Error;
use crate::linalg::symmetric_eigen;
use crate::table::SymmetricTable;

/// Larger distances have squares that overflow.
const LARGEST: f64 = 1e150;

/// A checked table of distances δ, in full so that rows are contiguous.
pub(super) struct Given {
    size: usize,
    full: Vec<f64>,
    /// Σᵢ<ⱼ δᵢⱼ².
    total: f64,
}

impl Given {
    /// Checks that every entry is a distance.
    pub(super) fn new(table: &SymmetricTable) -> Result<Self, EmbeddingError> {
        Self::scaled(table, 1.0)
    }

    /// The same with every distance divided by the largest, which is returned beside it (1 if all are 0).
    pub(super) fn relative(table: &SymmetricTable) -> Result<(Self, f64), EmbeddingError> {
        let given = Self::new(table)?;
        let largest = given.full.iter().fold(0.0_f64, |sofar, &d| sofar.max(d));
        let unit = if largest > 0.0 { largest } else { 1.0 };
        Ok((Self::scaled(table, unit)?, unit))
    }

    fn scaled(table: &SymmetricTable, unit: f64) -> Result<Self, EmbeddingError> {
        let size = table.size();
        let mut full = vec![0.0; size * size];
        let mut total = 0.0;
        for i in 0..size {
            for j in 0..i {
                let distance = table.get(i, j);
                if !(0.0..=LARGEST).contains(&distance) {
                    return Err(EmbeddingError::NotADistance { i, j, value: format!("{distance}") });
                }
                let distance = distance / unit;
                full[i * size + j] = distance;
                full[j * size + i] = distance;
                total += distance * distance;
            }
            if table.get(i, i) != 0.0 {
                return Err(EmbeddingError::NotZeroOnTheDiagonal { point: i, value: table.get(i, i) });
            }
        }
        Ok(Self { size, full, total })
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Distances of point `i` to all points.
    pub(super) fn row(&self, i: usize) -> &[f64] {
        &self.full[i * self.size..(i + 1) * self.size]
    }

    /// Σᵢ<ⱼ δᵢⱼ².
    pub(super) fn total(&self) -> f64 {
        self.total
    }

    /// Kruskal's stress-1 of a raw stress.
    pub(super) fn normalised(&self, raw: f64) -> f64 {
        if self.total > 0.0 { (raw / self.total).max(0.0).sqrt() } else { 0.0 }
    }

    /// Raw stress Σᵢ<ⱼ(dᵢⱼ − δᵢⱼ)² of embedded distances `distance(i, j)`.
    pub(super) fn raw_stress(&self, distance: impl Fn(usize, usize) -> f64) -> f64 {
        let mut sum = 0.0;
        for i in 0..self.size {
            for (j, given) in self.row(i)[..i].iter().enumerate() {
                sum += (distance(i, j) - given).powi(2);
            }
        }
        sum
    }
}

/// Euclidean distance of two rows.
pub(super) fn euclidean(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

/// Turns a configuration (rows of `width` coordinates) to its principal axes, the longest first, each with its
/// coordinate of largest magnitude positive: the same picture whatever turn or reflection the search ended in.
pub(super) fn turn_to_principal_axes(coordinates: &mut [f64], width: usize) -> Result<(), Error> {
    let mut moments = vec![0.0; width * width];
    for row in coordinates.chunks_exact(width) {
        for a in 0..width {
            for b in 0..width {
                moments[a * width + b] += row[a] * row[b];
            }
        }
    }
    let eigen = symmetric_eigen(&moments, width)?;
    let mut turned = vec![0.0; width];
    let mut peaks = vec![0.0_f64; width];
    for row in coordinates.chunks_exact_mut(width) {
        for (axis, value) in turned.iter_mut().enumerate() {
            *value = eigen.vectors[width - 1 - axis].iter().zip(&*row).map(|(a, b)| a * b).sum();
            // A tie within rounding goes to the earlier point.
            if value.abs() > peaks[axis].abs() * (1.0 + 1e-9) {
                peaks[axis] = *value;
            }
        }
        row.copy_from_slice(&turned);
    }
    for row in coordinates.chunks_exact_mut(width) {
        for (value, peak) in row.iter_mut().zip(&peaks) {
            if *peak < 0.0 {
                *value = -*value;
            }
        }
    }
    Ok(())
}

/// Subtracts the centroid.
pub(super) fn centre(coordinates: &mut [f64], width: usize) {
    let size = coordinates.len() / width;
    for axis in 0..width {
        let mean = coordinates.iter().skip(axis).step_by(width).sum::<f64>() / size.max(1) as f64;
        for value in coordinates.iter_mut().skip(axis).step_by(width) {
            *value -= mean;
        }
    }
}

/// The rows, each with zeros appended up to `width` coordinates and multiplied by `scale`.
pub(super) fn padded_rows(coordinates: &[f64], from: usize, width: usize, scale: f64) -> Vec<Vec<f64>> {
    let row = |row: &[f64]| {
        let mut values: Vec<f64> = row.iter().map(|value| value * scale).collect();
        values.resize(width, 0.0);
        values
    };
    coordinates.chunks_exact(from).map(row).collect()
}
