//! Overlap of nearest neighbours.

use std::fmt;

use rayon::prelude::*;

use super::activations::{Scaled, check_stimuli};
use super::dissimilarity::{RowKind, Rows};
use super::properties::{SHAPE, SimilarityProperties};
use crate::Error;
use crate::linalg::dot;
use crate::metric::Invariances;
use crate::metric::name::ParsedName;
use crate::representation::Representation;

/// What near means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Nearness {
    /// Small ‖x − y‖.
    #[default]
    Euclidean,
    /// Large cosine.
    Cosine,
    /// Large ⟨x, y⟩, as platonic-rep has it.
    InnerProduct,
}

const NEARNESS: [(&str, Nearness); 3] =
    [("euclidean", Nearness::Euclidean), ("cosine", Nearness::Cosine), ("inner-product", Nearness::InnerProduct)];

/// The mean share of the k nearest neighbours of a stimulus that both representations agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MutualKnn {
    k: u32,
    distance: Nearness,
}

impl MutualKnn {
    pub(super) fn from_name(mut name: ParsedName<'_>) -> Result<Self, Error> {
        let k = super::take_number(&mut name, "k", 10_u32, "a whole number of at least 1", |&k| k >= 1)?;
        let distance = name.take_choice("distance", &NEARNESS)?;
        name.finish(&["k", "distance"])?;
        Ok(Self { k, distance })
    }

    /// With m = k + 1 every other stimulus is a neighbour and the score 1 whatever the data.
    fn minimum_stimuli(self) -> usize {
        self.k as usize + 2
    }

    pub(super) fn score(&self, x: &Representation<'_>, y: &Representation<'_>) -> Result<f64, Error> {
        check_stimuli(self, x, y, self.minimum_stimuli())?;
        let (near_x, near_y) = (self.neighbours(x)?, self.neighbours(y)?);
        let shared: usize = near_x
            .iter()
            .zip(&near_y)
            .map(|(of_x, of_y)| of_x.iter().filter(|j| of_y.binary_search(j).is_ok()).count())
            .sum();
        Ok(shared as f64 / (self.k as usize * x.stimuli()) as f64)
    }

    /// For each stimulus its k nearest others in ascending order of index; of equally near ones the earlier stimuli.
    fn neighbours(self, x: &Representation<'_>) -> Result<Vec<Vec<usize>>, Error> {
        let (k, m) = (self.k as usize, x.stimuli());
        let nearest = |far: &(dyn Fn(usize, usize) -> f64 + Sync)| {
            (0..m)
                .into_par_iter()
                .map(|i| {
                    let mut others: Vec<(f64, usize)> = (0..m).filter(|&j| j != i).map(|j| (far(i, j), j)).collect();
                    others.select_nth_unstable_by(k - 1, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                    let mut chosen: Vec<usize> = others[..k].iter().map(|&(_, j)| j).collect();
                    chosen.sort_unstable();
                    chosen
                })
                .collect()
        };
        let scaled = Scaled::new(x);
        Ok(match self.distance {
            // + 0 makes of −0 and 0 the same.
            Nearness::InnerProduct => nearest(&|i, j| 0.0 - dot(scaled.row(i), scaled.row(j))),
            Nearness::Euclidean => {
                let rows = Rows::new(scaled, RowKind::SquaredEuclidean, &self)?;
                nearest(&|i, j| rows.dissimilarity(i, j))
            }
            Nearness::Cosine => {
                let rows = Rows::new(scaled, RowKind::Cosine, &self)?;
                nearest(&|i, j| rows.dissimilarity(i, j))
            }
        })
    }

    pub(super) fn properties(self) -> SimilarityProperties {
        let invariances = match self.distance {
            Nearness::Euclidean => SHAPE,
            Nearness::Cosine | Nearness::InnerProduct => {
                Invariances { translation: false, rotation: true, scaling: true, affine: false }
            }
        };
        SimilarityProperties {
            summary: "share of the k nearest neighbours that both representations agree on; by chance k/(m−1)",
            range: "[0, 1]",
            symmetric: true,
            invariances_x: invariances,
            invariances_y: invariances,
            minimum_stimuli: self.minimum_stimuli(),
            cost: "m²n",
            source: "Huh et al. 2024, arXiv:2405.07987",
            convention: "platonic-rep ranks inner products, of rows that its scripts normalise first, which is \
                         `distance=cosine`; of equally near stimuli the earlier count",
        }
    }
}

impl fmt::Display for MutualKnn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let distance = NEARNESS.iter().find(|(_, value)| *value == self.distance).map_or("", |(name, _)| name);
        write!(f, "mutual-knn[k={},distance={distance}]", self.k)
    }
}
