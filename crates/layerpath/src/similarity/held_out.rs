//! Alignments fitted on some stimuli and scored on others.

use std::fmt;
use std::str::FromStr;

use super::activations::{Centred, Scaled, change, check_stimuli};
use super::folds::folds;
use super::predictivity::{shrinkage, take_ridge};
use super::{aliases, in_name, name_error, take_number};
use crate::Error;
use crate::linalg::{norm, product, thin_svd, transposed_product};
use crate::metric::name::ParsedName;
use crate::representation::Representation;

/// What an alignment of Procrustes type is scored by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProcrustesScore {
    /// The angle between the aligned activations, [0, π] rad.
    #[default]
    Angular,
    /// The Frobenius norm of their difference, in the unit of the activations.
    Euclidean,
}

const SCORES: [(&str, ProcrustesScore); 2] =
    [("angular", ProcrustesScore::Angular), ("euclidean", ProcrustesScore::Euclidean)];

/// A map from one representation to another, to be fitted.
///
/// A *distance* for Procrustes, smaller is more alike, as netrep has it; R² for linear predictivity, larger is more alike.
///
/// ```
/// use layerpath::{representation::Representation, similarity::{Alignment, ProcrustesScore}};
/// let x = [0.0, 1.0, 2.0, 0.5, 1.0, 1.5, 3.0, 0.0, 2.5, 2.0, 1.0, 7.0_f64];
/// let rotated: Vec<f64> = x.chunks(2).flat_map(|row| [row[1] + 5.0, -row[0]]).collect();
/// let part = |values: &[f64], from: usize| values[2 * from..2 * from + 6].to_vec();
/// let (train_x, train_y) = (part(&x, 0), part(&rotated, 0));
/// let (test_x, test_y) = (part(&x, 3), part(&rotated, 3));
/// let view = |values| Representation::new(values, 3, 2);
/// let alignment = Alignment::Procrustes { score: ProcrustesScore::Euclidean };
/// let fitted = alignment.fit(&view(&train_x[..])?, &view(&train_y[..])?)?;
/// assert!(fitted.score(&view(&test_x[..])?, &view(&test_y[..])?)? < 1e-14);
/// # Ok::<(), layerpath::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Alignment {
    /// The rotation (reflections included) of centred Y closest to centred X, netrep's `LinearMetric(alpha=1)`.
    ///
    /// Directions in which the stimuli fitted to do not determine the rotation (fewer stimuli than units) are left
    /// unaligned: their inner product counts as its mean over all rotations, zero. netrep takes whatever rotation its SVD
    /// happens to return there; everywhere else the two agree.
    Procrustes {
        /// What the aligned activations are scored by.
        score: ProcrustesScore,
    },
    /// Ridge regression of Y on X with an intercept; R² = 1 − ‖Y − Ŷ‖²/‖Y − ȳ‖², (−∞, 1], with ȳ the mean of the stimuli
    /// fitted to, so that 0 is as good as knowing that mean. (scikit-learn's `r2_score` takes the mean of the stimuli
    /// scored, and averages over units; here variance is summed over units.)
    LinearPredictivity {
        /// λ ≥ 0 in (XᵀX + λI)⁻¹XᵀY.
        ridge: f64,
    },
}

/// An alignment with its parameters found; see [`Alignment::fit`].
#[derive(Debug, Clone, PartialEq)]
pub struct FittedAlignment {
    alignment: Alignment,
    x: Frame,
    y: Frame,
    /// n_x×k, column i of which goes with column i of `to_y`.
    from_x: Vec<f64>,
    /// Procrustes: n_y×k. Predictivity: k×n_y, what each coordinate of X predicts.
    to_y: Vec<f64>,
    k: usize,
}

/// The units and means that an alignment was fitted with.
#[derive(Debug, Clone, PartialEq)]
struct Frame {
    n: usize,
    unit: f64,
    mean: Vec<f64>,
}

impl Frame {
    fn new(centred: &Centred) -> Self {
        Self { n: centred.n, unit: centred.unit, mean: centred.mean.clone() }
    }

    /// Activations minus the fitted mean, in the fitted unit.
    fn center(&self, test: &Scaled) -> Result<Vec<f64>, Error> {
        if test.n != self.n {
            return Err(Error::Description(format!(
                "the alignment was fitted to {} units and is asked to score {}",
                self.n, test.n
            )));
        }
        let factor = test.unit / self.unit;
        let rows = test.entries.chunks_exact(self.n);
        Ok(rows.flat_map(|row| row.iter().zip(&self.mean).map(|(value, mean)| value * factor - mean)).collect())
    }
}

impl Alignment {
    /// Finds the map that aligns `x` and `y` best.
    ///
    /// # Errors
    ///
    /// [`Error::DifferentStimuli`], [`Error::TooFewStimuli`] for fewer than two, [`Error::ConstantRows`], [`Error::Description`] for
    /// a ridge that is negative or not finite.
    pub fn fit(&self, x: &Representation<'_>, y: &Representation<'_>) -> Result<FittedAlignment, Error> {
        check_stimuli(self, x, y, 2)?;
        if let Self::LinearPredictivity { ridge } = *self
            && !(ridge.is_finite() && ridge >= 0.0)
        {
            return Err(Error::Description(format!("ridge is a finite number of at least 0, not {ridge}")));
        }
        self.fit_scaled(Scaled::new(x), Scaled::new(y))
    }

    fn fit_scaled(&self, x: Scaled, y: Scaled) -> Result<FittedAlignment, Error> {
        let (x, y) = (x.center(), y.center());
        let frames = (Frame::new(&x), Frame::new(&y));
        let principal = x.principal(self)?;
        let (rank, values) = (principal.rank, principal.values());
        let (left, right) = (principal.left(rank), principal.right());
        let (from_x, to_y, k) = match *self {
            Self::LinearPredictivity { ridge } => {
                let mut coefficients = transposed_product(&left, &y.entries, rank, y.m, y.n);
                for (row, &s) in coefficients.chunks_exact_mut(y.n).zip(values) {
                    change(row, |value| value * shrinkage(s, ridge, x.unit) / s);
                }
                (right, coefficients, rank)
            }
            Self::Procrustes { .. } => {
                let other = y.principal(self)?;
                // ZₓᵀZ_y in principal axes, each of the two with largest singular value 1.
                let mut cross = transposed_product(&left, &other.left(other.rank), rank, x.m, other.rank);
                for (row, s) in cross.chunks_exact_mut(other.rank).zip(values) {
                    let scale = s / values[0];
                    row.iter_mut().zip(other.values()).for_each(|(value, t)| *value *= scale * (t / other.values()[0]));
                }
                let svd = thin_svd(&cross, rank, other.rank)?;
                let width = svd.values.len();
                let tolerance = f64::EPSILON * x.m.max(width) as f64;
                let k = svd.values.iter().take_while(|&&value| value > tolerance).count();
                let keep = |matrix: &[f64]| -> Vec<f64> {
                    matrix.chunks_exact(width).flat_map(|row| &row[..k]).copied().collect()
                };
                let from_x = product(&right, &keep(&svd.left), x.n, rank, k);
                let to_y = product(&other.right(), &keep(&svd.right), y.n, other.rank, k);
                (from_x, to_y, k)
            }
        };
        Ok(FittedAlignment { alignment: *self, x: frames.0, y: frames.1, from_x, to_y, k })
    }
}

impl FittedAlignment {
    /// The score of other stimuli (or the same) under the fitted map; range and meaning as [`Alignment`] says.
    ///
    /// # Errors
    ///
    /// [`Error::DifferentStimuli`]; [`Error::Description`] for other numbers of units than fitted; [`Error::Undefined`]
    /// where all these stimuli lie at the mean of the fitted ones, so that there is no angle or no variance.
    pub fn score(&self, x: &Representation<'_>, y: &Representation<'_>) -> Result<f64, Error> {
        check_stimuli(&self.alignment, x, y, 1)?;
        self.score_scaled(&Scaled::new(x), &Scaled::new(y))
    }

    fn score_scaled(&self, x: &Scaled, y: &Scaled) -> Result<f64, Error> {
        let m = x.m;
        let (x, y) = (self.x.center(x)?, self.y.center(y)?);
        let (n_x, n_y, k) = (self.x.n, self.y.n, self.k);
        let coordinates = product(&x, &self.from_x, m, n_x, k);
        let (size_x, size_y) = (norm(&x), norm(&y));
        let undefined = || Error::Undefined {
            quantity: self.alignment.to_string(),
            reason: "the stimuli scored all lie at the mean of the stimuli fitted to; use fewer folds".to_owned(),
        };
        match self.alignment {
            Alignment::LinearPredictivity { .. } => {
                if size_y <= f64::EPSILON * norm(&self.y.mean) || size_y == 0.0 {
                    return Err(undefined());
                }
                let predicted = product(&coordinates, &self.to_y, m, k, n_y);
                let errors: Vec<f64> = y.iter().zip(&predicted).map(|(value, guess)| value - guess).collect();
                Ok(1.0 - (norm(&errors) / size_y).powi(2))
            }
            Alignment::Procrustes { score } => {
                let others = product(&y, &self.to_y, m, n_y, k);
                let rest_x = rest(&x, &coordinates, &self.from_x, k);
                let rest_y = rest(&y, &others, &self.to_y, k);
                // Factors that bring both to one unit, or to norm one.
                let (f, g, unit) = match score {
                    ProcrustesScore::Angular => {
                        if size_x == 0.0 || size_y == 0.0 {
                            return Err(undefined());
                        }
                        (1.0 / size_x, 1.0 / size_y, 1.0)
                    }
                    ProcrustesScore::Euclidean => {
                        let unit = self.x.unit.max(self.y.unit);
                        (self.x.unit / unit, self.y.unit / unit, unit)
                    }
                };
                let combine = |sign: f64| {
                    let terms: Vec<f64> = coordinates.iter().zip(&others).map(|(a, b)| a * f + sign * b * g).collect();
                    // What is not aligned has inner product zero.
                    norm(&[norm(&terms), rest_x * f, rest_y * g])
                };
                Ok(match score {
                    ProcrustesScore::Angular => 2.0 * combine(-1.0).atan2(combine(1.0)),
                    ProcrustesScore::Euclidean => combine(-1.0) * unit,
                })
            }
        }
    }
}

/// Norm of the part of the rows outside the span of the orthonormal columns of `basis` (n×k), in which they have
/// `coordinates`.
fn rest(rows: &[f64], coordinates: &[f64], basis: &[f64], k: usize) -> f64 {
    let n = basis.len() / k.max(1);
    if k == 0 {
        return norm(rows);
    }
    let mut remaining = rows.to_vec();
    for (row, own) in remaining.chunks_exact_mut(n).zip(coordinates.chunks_exact(k)) {
        for (value, axes) in row.iter_mut().zip(basis.chunks_exact(k)) {
            *value -= crate::linalg::dot(own, axes);
        }
    }
    norm(&remaining)
}

/// Seeded k-fold cross-validation of an [`Alignment`].
///
/// Names: `held-out-procrustes[score=angular|euclidean,folds=5,seed=0]` and
/// `held-out-linear-predictivity[ridge=0,folds=5,seed=0]`. netrep with scikit-learn's `cross_validate` cuts contiguous
/// folds; here stimuli are dealt at random, by the seed alone.
///
/// ```
/// use layerpath::{representation::Representation, similarity::HeldOut};
/// let x: Vec<f64> = (0..20).map(|i| f64::from(i * i % 7)).collect();
/// let view = Representation::new(&x[..], 10, 2)?;
/// let held_out: HeldOut = "held-out-linear-predictivity[folds=5]".parse()?;
/// assert_eq!(held_out.to_string(), "held-out-linear-predictivity[ridge=0,folds=5,seed=0]");
/// let scores = held_out.score(&view, &view)?;
/// assert!((scores.mean_test() - 1.0).abs() < 1e-12);
/// # Ok::<(), layerpath::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeldOut {
    alignment: Alignment,
    folds: u32,
    seed: u64,
}

/// Scores of each fold.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldOutScores {
    /// On the stimuli fitted to.
    pub train: Vec<f64>,
    /// On the stimuli held out.
    pub test: Vec<f64>,
}

impl HeldOutScores {
    /// Mean over folds of the scores on the stimuli fitted to.
    pub fn mean_train(&self) -> f64 {
        self.train.iter().sum::<f64>() / self.train.len() as f64
    }

    /// Mean over folds of the scores on the stimuli held out.
    pub fn mean_test(&self) -> f64 {
        self.test.iter().sum::<f64>() / self.test.len() as f64
    }
}

impl HeldOut {
    /// Names of the built-in held-out alignments, without parameters.
    pub const NAMES: &'static [&'static str] = &["held-out-procrustes", "held-out-linear-predictivity"];

    /// Cross-validation of `alignment` with `folds` folds, dealt by `seed`.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for fewer than two folds.
    pub fn new(alignment: Alignment, folds: u32, seed: u64) -> Result<Self, Error> {
        if folds < 2 {
            return Err(Error::Setting(format!("{folds} folds leave nothing to hold out; use at least 2")));
        }
        Ok(Self { alignment, folds, seed })
    }

    /// What is fitted and scored.
    pub fn alignment(&self) -> Alignment {
        self.alignment
    }

    /// The stimuli held out in each fold, ascending: every one of the m stimuli in exactly one fold, sizes equal up to
    /// one, the same for the same seed.
    pub fn held_out(&self, stimuli: usize) -> Vec<Vec<usize>> {
        folds(stimuli, self.folds as usize, self.seed)
    }

    /// Fits on all folds but one and scores that one, for each fold.
    ///
    /// # Errors
    ///
    /// [`Error::DifferentStimuli`]; [`Error::TooFewStimuli`] for fewer stimuli than folds, or fewer than three;
    /// [`Error::ConstantRows`] and [`Error::Undefined`] as for a single fit.
    pub fn score(&self, x: &Representation<'_>, y: &Representation<'_>) -> Result<HeldOutScores, Error> {
        check_stimuli(self, x, y, (self.folds as usize).max(3))?;
        let (x, y) = (Scaled::new(x), Scaled::new(y));
        let mut scores = HeldOutScores { train: Vec::new(), test: Vec::new() };
        for test in self.held_out(x.m) {
            let train: Vec<usize> = (0..x.m).filter(|i| test.binary_search(i).is_err()).collect();
            let (train_x, train_y) = (x.select(&train), y.select(&train));
            let fitted = self.alignment.fit_scaled(x.select(&train), y.select(&train))?;
            scores.train.push(fitted.score_scaled(&train_x, &train_y)?);
            scores.test.push(fitted.score_scaled(&x.select(&test), &y.select(&test))?);
        }
        Ok(scores)
    }
}

impl fmt::Display for Alignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Procrustes { score } => {
                let score = SCORES.iter().find(|(_, value)| value == score).map_or("", |(name, _)| name);
                write!(f, "held-out-procrustes[score={score}]")
            }
            Self::LinearPredictivity { ridge } => write!(f, "held-out-linear-predictivity[ridge={ridge}]"),
        }
    }
}

impl fmt::Display for HeldOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alignment = self.alignment.to_string();
        write!(f, "{},folds={},seed={}]", alignment.trim_end_matches(']'), self.folds, self.seed)
    }
}

impl FromStr for HeldOut {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parsed = |text: &str| -> Result<Self, Error> {
            let mut name = ParsedName::parse(text)?;
            let (alignment, known) = match name.base {
                "held-out-procrustes" => {
                    (Alignment::Procrustes { score: name.take_choice("score", &SCORES)? }, "score")
                }
                "held-out-linear-predictivity" => {
                    (Alignment::LinearPredictivity { ridge: take_ridge(&mut name)? }, "ridge")
                }
                unknown => {
                    return Err(name_error(
                        format!("`{unknown}` is no held-out alignment"),
                        "known are held-out-procrustes, held-out-linear-predictivity".to_owned(),
                    ));
                }
            };
            let folds = take_number(&mut name, "folds", 5, "a whole number of at least 2", |&folds: &u32| folds >= 2)?;
            let seed = take_number(&mut name, "seed", 0, "a whole number of at least 0", |_| true)?;
            name.finish(&[known, "folds", "seed"])?;
            Ok(Self { alignment, folds, seed })
        };
        parsed(aliases::resolve(text)).map_err(|error| in_name(text, error))
    }
}
