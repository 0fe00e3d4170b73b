//! Scores of all pairs of representations.

use std::fmt;
use std::str::FromStr;

use rayon::prelude::*;

use super::{Alignment, HeldOut, HeldOutScores, ProcrustesScore, Similarity};
use crate::Error;
use crate::metric::Metric;
use crate::representation::Representation;

/// A similarity, or a held-out alignment: what two representations can be scored by without being points of a space.
///
/// ```
/// use layerpath::similarity::Measure;
/// let measure: Measure = "cka-kernel=linear-hsic=song-score".parse()?;
/// assert_eq!(measure.to_string(), "cka[estimator=unbiased,kernel=linear]");
/// assert_eq!(Measure::held_out("angular-shape", 5, 1)?.to_string(), "held-out-procrustes[score=angular,folds=5,seed=1]");
/// # Ok::<(), layerpath::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// A similarity of all stimuli.
    Similarity(Similarity),
    /// An alignment fitted on some stimuli and scored on others.
    HeldOut(HeldOut),
}

impl Measure {
    /// The held-out form of a name: of `linear-predictivity[ridge=λ]`, of `angular-shape` (or `normalized-bures`, its
    /// cosine) or `euclidean-shape`, or of an alignment's own name without folds and seed.
    ///
    /// # Errors
    ///
    /// [`Error::SimilarityName`] for other names, [`Error::Setting`] for fewer than two folds or parameters that the
    /// alignment does not have.
    pub fn held_out(name: &str, folds: u32, seed: u64) -> Result<Self, Error> {
        if folds < 2 {
            return Err(Error::Setting(format!("{folds} folds leave nothing to hold out; use at least 2")));
        }
        let alignment = match name.parse::<Metric>().map(|metric| metric.to_string()) {
            Ok(shape) if shape == "angular-shape[components=all,whitening=1]" => {
                Alignment::Procrustes { score: ProcrustesScore::Angular }
            }
            Ok(shape) if shape == "euclidean-shape[components=all,whitening=1]" => {
                Alignment::Procrustes { score: ProcrustesScore::Euclidean }
            }
            _ => match name.parse::<HeldOut>() {
                Ok(known) => known.alignment(),
                Err(unknown) => match name.parse::<Similarity>() {
                    Ok(similarity) => similarity.alignment().ok_or_else(|| {
                        Error::Setting(format!(
                            "{similarity} fits nothing, so that nothing can be held out; folds are for linear-predictivity, \
                             angular-shape and euclidean-shape"
                        ))
                    })?,
                    Err(_) => return Err(unknown),
                },
            },
        };
        Ok(Self::HeldOut(HeldOut::new(alignment, folds, seed)?))
    }

    /// Whether the score of (X, Y) is that of (Y, X).
    pub fn is_symmetric(&self) -> bool {
        match self {
            Self::Similarity(similarity) => similarity.properties().symmetric,
            Self::HeldOut(held_out) => matches!(held_out.alignment(), Alignment::Procrustes { .. }),
        }
    }

    /// What a score means: `similarity` (larger is more alike) or `distance`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::HeldOut(held_out) if matches!(held_out.alignment(), Alignment::Procrustes { .. }) => "distance",
            _ => "similarity",
        }
    }

    /// The score of one pair; for a held-out alignment the mean over folds of the stimuli held out.
    ///
    /// # Errors
    ///
    /// As [`Similarity::score`] and [`HeldOut::score`].
    pub fn score(&self, x: &Representation<'_>, y: &Representation<'_>) -> Result<f64, Error> {
        match self {
            Self::Similarity(similarity) => similarity.score(x, y),
            Self::HeldOut(held_out) => {
                held_out.score(x, y).as_ref().map(HeldOutScores::mean_test).map_err(Clone::clone)
            }
        }
    }

    /// All pairs, row x and column y: the full K×K table, half of it computed where order does not matter. A pair that has
    /// no score has a reason. The same bits for any number of threads.
    ///
    /// ```
    /// use layerpath::{representation::Representation, similarity::Measure};
    /// let x = Representation::new(&[0.0, 1.0, 2.0, 4.0, 3.0_f64][..], 5, 1)?;
    /// let y = Representation::new(&[0.0, 1.0, 5.0, 4.0, 2.0_f64][..], 5, 1)?;
    /// let table = "linear-predictivity".parse::<Measure>()?.all_pairs(&[x, y]);
    /// assert_eq!((table.len(), table[0].len()), (2, 2));
    /// assert!((table[0][0].clone()? - 1.0).abs() < 1e-12);
    /// # Ok::<(), layerpath::Error>(())
    /// ```
    pub fn all_pairs(&self, representations: &[Representation<'_>]) -> Vec<Vec<Result<f64, Error>>> {
        let n = representations.len();
        let symmetric = self.is_symmetric();
        let pairs: Vec<(usize, usize)> =
            (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).filter(|(i, j)| !symmetric || j <= i).collect();
        let scores: Vec<Result<f64, Error>> =
            pairs.par_iter().map(|&(i, j)| self.score(&representations[i], &representations[j])).collect();
        let place = |i: usize, j: usize| if symmetric { i.max(j) * (i.max(j) + 1) / 2 + i.min(j) } else { i * n + j };
        (0..n).map(|i| (0..n).map(|j| scores[place(i, j)].clone()).collect()).collect()
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Similarity(similarity) => similarity.fmt(f),
            Self::HeldOut(held_out) => held_out.fmt(f),
        }
    }
}

impl FromStr for Measure {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.parse::<HeldOut>() {
            Ok(held_out) => Ok(Self::HeldOut(held_out)),
            Err(error) if super::aliases::resolve(text).starts_with("held-out") => Err(error),
            Err(_) => text.parse().map(Self::Similarity),
        }
    }
}
