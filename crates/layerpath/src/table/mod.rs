//! All pairs of points at once.

mod activations;
mod blocked;
mod engine;
mod features;

pub use activations::{ACCURACY, Activations, points};
pub use blocked::{BlockPlan, PointRows, WORKSPACE, arc_block, pair_block};
pub use engine::{BESIDES, Bytes, Cost, CostModel, Engine, LayerSize};
pub use features::FeatureTable;
use rayon::prelude::*;

use crate::Error;
use crate::geometry::{
    AffineInvariant, Euclidean, Grassmann, MetricSpace, ShapeSpace, UnitSphere, UnitVector, isometric_copies,
};
use crate::linalg::{add_lower_product_of, angle_between_unit_vectors};

/// From this |cosine| on, an arc taken from the table of inner products would lose digits, so it is computed from the
/// two points themselves. At 0.9 the arc from the table is still good to about 1e-15 relative.
const NEARLY_PARALLEL: f64 = 0.9;

/// Up to so many points are first expressed in as many coordinates, which makes all pairs exact at little cost.
const FEW: usize = 64;

/// A symmetric K×K table, lower triangle stored row after row.
#[derive(Debug, Clone, PartialEq)]
pub struct SymmetricTable {
    size: usize,
    lower: Vec<f64>,
}

impl SymmetricTable {
    /// A table whose entry (i, j), j ≤ i, is `entry(i, j)`, evaluated in parallel.
    fn try_from_fn<E: Send>(size: usize, entry: impl Fn(usize, usize) -> Result<f64, E> + Sync) -> Result<Self, E> {
        // Pair by pair and not row by row, so that the last rows do not keep one thread busy while the others rest.
        let lower: Result<Vec<f64>, E> = (0..size * (size + 1) / 2)
            .into_par_iter()
            .map(|place| {
                let i = ((8 * place + 1).isqrt() - 1) / 2;
                entry(i, place - i * (i + 1) / 2)
            })
            .collect();
        Ok(Self { size, lower: lower? })
    }

    /// Number of points, K.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Entry for points `i` and `j`.
    ///
    /// # Panics
    ///
    /// If either is not below [`size`](Self::size).
    pub fn get(&self, i: usize, j: usize) -> f64 {
        let (high, low) = (i.max(j), i.min(j));
        self.lower[high * (high + 1) / 2 + low]
    }

    /// The table of the points `indices`, in that order.
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        let lower = (0..indices.len()).flat_map(|i| (0..=i).map(move |j| (i, j)));
        Self { size: indices.len(), lower: lower.map(|(i, j)| self.get(indices[i], indices[j])).collect() }
    }

    /// The table whose lower half, diagonal included, is that of these K rows of K entries.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if a row has another length.
    ///
    /// ```
    /// use layerpath::table::SymmetricTable;
    /// let table = SymmetricTable::from_rows(&[vec![0.0, 2.0], vec![2.0, 0.0]])?;
    /// assert_eq!((table.size(), table.get(0, 1)), (2, 2.0));
    /// assert!(SymmetricTable::from_rows(&[vec![0.0, 2.0]]).is_err());
    /// # Ok::<(), layerpath::Error>(())
    /// ```
    pub fn from_rows(rows: &[Vec<f64>]) -> Result<Self, Error> {
        let size = rows.len();
        if let Some(row) = rows.iter().position(|row| row.len() != size) {
            let message =
                format!("a table of {size} points needs {size} entries a row; row {row} has {}", rows[row].len());
            return Err(Error::Setting(message));
        }
        Ok(Self { size, lower: rows.iter().enumerate().flat_map(|(i, row)| row[..=i].iter().copied()).collect() })
    }

    /// The full table as K rows of K entries.
    pub fn to_rows(&self) -> Vec<Vec<f64>> {
        (0..self.size).map(|i| (0..self.size).map(|j| self.get(i, j)).collect()).collect()
    }
}

/// Inner products ⟨pᵢ, pⱼ⟩ of points on a sphere: one symmetric product P·Pᵀ, K²d multiply–adds, in f64.
///
/// # Errors
///
/// [`Error::DimensionMismatch`] if the points do not have equally many coordinates.
pub fn inner_products(points: &[&UnitVector]) -> Result<SymmetricTable, Error> {
    let (size, dimension) = (points.len(), common_dimension(points)?);
    let mut square = vec![0.0; size * size];
    add_lower_product_of(&mut square, size, dimension, |coordinates| {
        move |point: usize, out: &mut [f64]| out.copy_from_slice(&points[point].coordinates()[coordinates.clone()])
    });
    let lower = (0..size).flat_map(|i| square[i * size..=i * size + i].iter().copied()).collect();
    Ok(SymmetricTable { size, lower })
}

/// The number of coordinates of all points, 0 for none.
fn common_dimension(points: &[&UnitVector]) -> Result<usize, Error> {
    let dimension = points.first().map_or(0, |p| p.coordinates().len());
    match points.iter().position(|p| p.coordinates().len() != dimension) {
        None => Ok(dimension),
        Some(right) => Err(Error::DimensionMismatch {
            left: 0,
            right,
            left_dimension: dimension,
            right_dimension: points[right].coordinates().len(),
        }),
    }
}

/// All arcs between points of a sphere, in rad: one product, and the nearly parallel pairs from the points themselves. Up to
/// 64 points are expressed in 64 coordinates first, and each pair is computed there.
///
/// # Errors
///
/// [`Error::DimensionMismatch`] if the points do not have equally many coordinates.
///
/// ```
/// use layerpath::{geometry::UnitVector, table::arcs};
/// let x = UnitVector::normalize(vec![1.0, 0.0])?;
/// let y = UnitVector::normalize(vec![0.0, 1.0])?;
/// let table = arcs(&[&x, &y, &x])?;
/// assert_eq!(table.get(0, 1), std::f64::consts::FRAC_PI_2);
/// assert_eq!(table.get(0, 2), 0.0);
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn arcs(points: &[&UnitVector]) -> Result<SymmetricTable, Error> {
    if points.len() <= FEW {
        let points = isometric_copies(points)?;
        return SymmetricTable::try_from_fn(points.len(), |i, j| {
            Ok(if i == j { 0.0 } else { angle_between_unit_vectors(points[i].coordinates(), points[j].coordinates()) })
        });
    }
    let products = inner_products(points)?;
    SymmetricTable::try_from_fn(points.len(), |i, j| {
        if i == j {
            return Ok(0.0);
        }
        let cosine = products.get(i, j);
        Ok(if cosine.abs() < NEARLY_PARALLEL {
            // θ = 2·atan2(‖a − b‖, ‖a + b‖) with ‖a ∓ b‖² = 2 ∓ 2⟨a, b⟩.
            2.0 * (1.0 - cosine).sqrt().atan2((1.0 + cosine).sqrt())
        } else {
            angle_between_unit_vectors(points[i].coordinates(), points[j].coordinates())
        })
    })
}

/// A space that knows a fast way to all pairwise distances; by default each pair on its own, in parallel.
pub trait AllPairs: MetricSpace {
    /// The K×K table of distances.
    ///
    /// # Errors
    ///
    /// Points that do not belong to the space.
    fn all_pairs(&self, points: &[&Self::Point]) -> Result<SymmetricTable, Error> {
        SymmetricTable::try_from_fn(points.len(), |i, j| {
            if i == j { Ok(0.0) } else { Ok(self.distance(points[i], points[j])?) }
        })
    }
}

// Pair by pair: quotient and matrix spaces need the points themselves, flat differences keep the digits that a table of
// inner products would lose.
impl AllPairs for Euclidean {}
impl AllPairs for ShapeSpace {}
impl AllPairs for Grassmann {}
impl AllPairs for AffineInvariant {}

impl AllPairs for UnitSphere {
    fn all_pairs(&self, points: &[&UnitVector]) -> Result<SymmetricTable, Error> {
        arcs(points)
    }
}
