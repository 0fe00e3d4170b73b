//! How well labels can be read off a layer by kernel ridge regression on its centred Gram matrix.
//!
//! One-hot labels Y are regressed on the representation with an unpenalised intercept: predictions are S·Y with the
//! smoother S = 11ᵀ/m + G(G + λI)⁻¹, G = H K H. Leaving stimulus i out needs no refit, its residual is
//!
//! (yᵢ − ŷᵢ)/(1 − Sᵢᵢ),
//!
//! exactly (Allen 1974; Craven & Wahba 1979). One eigendecomposition G = U diag(μ) Uᵀ serves all λ:
//! S = 11ᵀ/m + U diag(μ/(μ + λ)) Uᵀ.
//!
//! Where G comes from: a point of angular CKA with `estimator=biased` is G up to a factor; `masked` is G without its
//! diagonal, which the zero row sums of G restore. Shapes of all components, `matrix=gram` and stress hold the linear G as
//! well. U-centring (`unbiased`) loses the diagonal, angular RSA the mean distance, p components all other axes: there, take
//! [`from_activations`].
//!
//! The ridge λ is chosen for each layer as the one of least mean squared leave-one-out error among 19 multiples
//! 10⁻⁶, 10⁻⁵·⁵ … 10³ of the mean eigenvalue tr(G)/(m − 1), so that the scale of the activations does not matter.

use crate::Error;
use crate::linalg::symmetric_eigen;
use crate::metric::{Metric, Point};
use crate::representation::{GramMatrix, Representation, linear_gram};

/// Ridges tried, as multiples of the mean eigenvalue tr(G)/(m − 1): 10⁻⁶ … 10³ in half decades.
const GRID: std::ops::RangeInclusive<i32> = -12..=6;

/// Leave-one-out kernel ridge classification.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoding {
    /// Share of the stimuli whose label is predicted by the fit without them. The ridge was chosen on the same stimuli, by
    /// the error and not by this share, which leaves it slightly optimistic.
    pub accuracy: f64,
    /// Number of classes.
    pub classes: usize,
    /// Accuracy of always naming the most frequent label.
    pub chance: f64,
    /// The ridge λ/(tr(G)/(m − 1)) of the least error; the smaller one of equals.
    pub ridge: f64,
    /// Whether that ridge is the first or last of the grid, so that the least error may lie beyond.
    pub at_edge: bool,
    /// Mean over stimuli of the squared leave-one-out residual Σ over classes, for every ridge of the grid.
    pub errors: Vec<(f64, f64)>,
    /// The label predicted for each stimulus; of equal scores the smallest label.
    pub predictions: Vec<usize>,
}

/// Decodes `labels` from a point that holds its centred Gram matrix.
///
/// Cost: m³ for the eigendecomposition, then m²·(classes + 1) for each of 19 ridges.
///
/// # Errors
///
/// [`Error::Unavailable`] for points that do not hold it (`unbiased`, angular RSA, p components), [`Error::Setting`] if the labels do not fit the
/// stimuli or are all equal.
///
/// ```
/// use layerpath::{metric::Metric, path::decoding::from_point, representation::Representation};
/// let metric: Metric = "angular-cka[estimator=biased]".parse()?;
/// let x = [0.0, 0.1, 0.2, 5.0, 5.1, 5.2_f64];
/// let point = metric.embed(&Representation::new(&x[..], 6, 1)?)?;
/// assert_eq!(from_point(&metric, &point, &[0, 0, 0, 1, 1, 1])?.accuracy, 1.0);
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn from_point(metric: &Metric, point: &Point, labels: &[usize]) -> Result<Decoding, Error> {
    decode(&metric.centred_gram(point)?, labels)
}

/// The ridges tried, ascending, as multiples of the mean eigenvalue tr(G)/(m − 1).
pub fn ridges() -> Vec<f64> {
    GRID.map(|step| 10.0_f64.powf(f64::from(step) / 2.0)).collect()
}

/// Decodes `labels` from activations with the metric's kernel, which is linear for every metric but angular CKA.
///
/// # Errors
///
/// As [`from_activations`], and [`Error::NoScale`] for a kernel without a length scale.
pub fn from_representation(metric: &Metric, x: &Representation<'_>, labels: &[usize]) -> Result<Decoding, Error> {
    decode(&metric.gram_of(x)?, labels)
}

/// Decodes `labels` from activations with the linear kernel, whatever the metric.
///
/// # Errors
///
/// [`Error::ConstantRows`] for activations that tell no two stimuli apart, [`Error::Setting`] if the labels do not fit the
/// stimuli or are all equal.
pub fn from_activations(x: &Representation<'_>, labels: &[usize]) -> Result<Decoding, Error> {
    decode(&linear_gram(x), labels)
}

/// The labels behind the point of a target, numbered in the order in which they first occur.
///
/// One-hot labels are the representations whose stimuli are all equally far apart but for those that coincide, which the
/// centred Gram matrix of the point tells.
///
/// # Errors
///
/// [`Error::Unavailable`] for points without one, as [`from_point`], [`Error::Setting`] if the target is no set of labels.
///
/// ```
/// use layerpath::{metric::Metric, path::decoding::labels_of_target, representation::Representation};
/// let metric: Metric = "euclidean-shape".parse()?;
/// let one_hot = [1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0_f64];
/// let target = metric.embed(&Representation::new(&one_hot[..], 4, 2)?)?;
/// assert_eq!(labels_of_target(&metric, &target)?, [0, 1, 1, 0]);
/// # Ok::<(), layerpath::Error>(())
/// ```
pub fn labels_of_target(metric: &Metric, target: &Point) -> Result<Vec<usize>, Error> {
    labels_behind(&metric.centred_gram(target)?)
}

/// The labels behind one-hot activations, numbered in the order in which they first occur; they may be rotated or scaled.
///
/// # Errors
///
/// [`Error::Setting`] if the activations are no set of labels.
pub fn labels_of_activations(target: &Representation<'_>) -> Result<Vec<usize>, Error> {
    labels_behind(&linear_gram(target))
}

fn labels_behind(gram: &GramMatrix) -> Result<Vec<usize>, Error> {
    /// Squared distances of stored points are good to about 1e-6 of the largest, in single precision.
    const NEAR: f64 = 1e-3;
    let m = gram.stimuli();
    let square = |i: usize, j: usize| gram.get(i, i) + gram.get(j, j) - 2.0 * gram.get(i, j);
    let largest =
        (0..m).flat_map(|i| (0..i).map(move |j| (i, j))).fold(0.0_f64, |sofar, (i, j)| sofar.max(square(i, j)));
    let mut first_of: Vec<usize> = Vec::new();
    let mut labels = Vec::with_capacity(m);
    for i in 0..m {
        let class = first_of.iter().position(|&first| square(i, first) <= NEAR * largest);
        labels.push(class.unwrap_or(first_of.len()));
        if class.is_none() {
            first_of.push(i);
        }
    }
    for i in 0..m {
        for j in 0..i {
            let expected = if labels[i] == labels[j] { 0.0 } else { largest };
            if (square(i, j) - expected).abs() > NEAR * largest {
                let message = "the target is no set of labels: its stimuli differ by more than their class; decoding needs \
                               class labels as the target";
                return Err(Error::Setting(message.to_owned()));
            }
        }
    }
    if first_of.len() == m {
        return Err(Error::Setting("every stimulus has a label of its own, so there is nothing to decode".to_owned()));
    }
    Ok(labels)
}

fn decode(gram: &GramMatrix, labels: &[usize]) -> Result<Decoding, Error> {
    let m = gram.stimuli();
    if labels.len() != m {
        return Err(Error::Setting(format!("{} labels for {m} stimuli", labels.len())));
    }
    let mut classes: Vec<usize> = labels.to_vec();
    classes.sort_unstable();
    classes.dedup();
    if classes.len() < 2 {
        return Err(Error::Setting("all labels are equal, so there is nothing to decode".to_owned()));
    }
    let trace: f64 = (0..m).map(|i| gram.get(i, i)).sum();
    if trace <= 0.0 {
        return Err(Error::ConstantRows { metric: "kernel ridge regression".to_owned() });
    }
    let scale = trace / (m - 1) as f64;
    let eigen = symmetric_eigen(&gram.entries, m)?;
    let class_of: Vec<usize> = labels.iter().map(|label| classes.partition_point(|class| class < label)).collect();
    let count = classes.len();
    let mut sizes = vec![0_usize; count];
    for &class in &class_of {
        sizes[class] += 1;
    }
    // UᵀY, one row an eigenvector.
    let coefficients: Vec<Vec<f64>> = eigen
        .vectors
        .iter()
        .map(|vector| {
            let mut sums = vec![0.0; count];
            for (x, &class) in vector.iter().zip(&class_of) {
                sums[class] += x;
            }
            sums
        })
        .collect();
    let mut errors = Vec::new();
    let mut best: Option<(f64, f64, Vec<f64>)> = None;
    for ridge in ridges() {
        let scores = leave_one_out(&eigen.values, &eigen.vectors, &coefficients, &sizes, &class_of, ridge * scale);
        // A stimulus that determines its own prediction has no residual without it; larger ridges follow.
        let Some(scores) = scores else { continue };
        let mut error = 0.0;
        for (i, scores) in scores.chunks_exact(count).enumerate() {
            for (class, score) in scores.iter().enumerate() {
                error += (f64::from(u8::from(class == class_of[i])) - score).powi(2) / m as f64;
            }
        }
        errors.push((ridge, error));
        if best.as_ref().is_none_or(|(_, least, _)| error < *least) {
            best = Some((ridge, error, scores));
        }
    }
    let Some((ridge, _, scores)) = best else {
        return Err(Error::Setting(
            "no ridge of the grid leaves a residual: the stimuli are too few to decode".to_owned(),
        ));
    };
    let predictions: Vec<usize> = scores
        .chunks_exact(count)
        .map(|scores| {
            let mut winner = 0;
            for (class, &score) in scores.iter().enumerate() {
                if score > scores[winner] {
                    winner = class;
                }
            }
            classes[winner]
        })
        .collect();
    let right = predictions.iter().zip(labels).filter(|(ours, label)| ours == label).count();
    let at_edge =
        errors.first().is_some_and(|first| first.0 == ridge) || errors.last().is_some_and(|last| last.0 == ridge);
    Ok(Decoding {
        accuracy: right as f64 / m as f64,
        classes: count,
        chance: sizes.iter().max().map_or(0.0, |&largest| largest as f64 / m as f64),
        ridge,
        at_edge,
        errors,
        predictions,
    })
}

/// Leave-one-out scores, m rows of one score a class; `None` if a stimulus determines its own prediction.
fn leave_one_out(
    values: &[f64],
    vectors: &[Vec<f64>],
    coefficients: &[Vec<f64>],
    sizes: &[usize],
    class_of: &[usize],
    ridge: f64,
) -> Option<Vec<f64>> {
    let (m, count) = (class_of.len(), sizes.len());
    let mut leverage = vec![1.0 / m as f64; m];
    let mut fitted: Vec<f64> = (0..m * count).map(|place| sizes[place % count] as f64 / m as f64).collect();
    for (value, (vector, coefficients)) in values.iter().zip(vectors.iter().zip(coefficients)) {
        // Rounding makes the zero eigenvalues of a semidefinite matrix slightly negative.
        let value = value.max(0.0);
        let shrink = value / (value + ridge);
        for (i, x) in vector.iter().enumerate() {
            leverage[i] += shrink * x * x;
            for (score, coefficient) in fitted[i * count..(i + 1) * count].iter_mut().zip(coefficients) {
                *score += shrink * x * coefficient;
            }
        }
    }
    for (i, leverage) in leverage.iter().enumerate() {
        let free = 1.0 - leverage;
        if free < 1e-9 {
            return None;
        }
        for (class, score) in fitted[i * count..(i + 1) * count].iter_mut().enumerate() {
            let own = f64::from(u8::from(class == class_of[i]));
            *score = own - (own - *score) / free;
        }
    }
    Some(fitted)
}
