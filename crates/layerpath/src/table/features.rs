//! Angular CKA with the linear kernel from features instead of stimuli: never an m×m matrix (docs/math.md §1.1).
//!
//! With column-centred X and Y, kᵢ = ‖xᵢ‖² and lᵢ = ‖yᵢ‖² the squared norms of their rows,
//!
//! * `biased`: ⟨C(K), C(L)⟩ = ‖XᵀY‖²,
//! * `masked`: ‖XᵀY‖² − Σ kᵢlᵢ,
//! * `unbiased`: ‖XᵀY‖² − m/(m−2)·Σ kᵢlᵢ + Σkᵢ·Σlᵢ/((m−1)(m−2)).
//!
//! The last follows from U-centring: HKH has row sums 0, hence −kᵢ without its diagonal, so that off the diagonal
//! K̃ᵢⱼ = Kᵢⱼ + (kᵢ+kⱼ)/(m−2) − Σk/((m−1)(m−2)); and ⟨K̃, L̃⟩ = ⟨K̃, L⟩ off the diagonal, because U-centring is a
//! projection.
//!
//! Everything is summed in one pass over the stimuli: rows are shifted by the mean of the first batch, and what the shift
//! leaves of the mean is removed at the end, from ΣxᵢyᵢT, Σxᵢ, Σ‖xᵢ‖²yᵢ and Σ‖xᵢ‖²‖yᵢ‖² of the shifted rows.

use crate::Error;
use crate::geometry::UnitVector;
use crate::linalg::{Element, Panels, add_lower_product, dot, roundoff_of_products, symmetric_eigen};
use crate::metric::{AngularCka, Estimator, Kernel};
use crate::representation::{Representation, roundoff};
use crate::table::{SymmetricTable, arcs};

/// Layers narrower than this are compared with each other in f64: over so few products f32 roundings do not average out.
const NARROW: usize = 256;

/// How far a cosine of products in f64 may be off.
const DOUBLE_ERROR: f64 = 64.0 * f64::EPSILON;

/// Inner products of layers that all have a point.
struct Checked {
    products: SymmetricTable,
    /// ‖C(K)‖ of each layer.
    norms: Vec<f64>,
    /// By how much the estimator's subtraction enlarges relative errors, at most: ‖HKH‖²/‖C(K)‖².
    amplification: f64,
}

/// Sums over stimuli from which all inner products of angular CKA follow.
///
/// Activations come in batches of rows; memory is (Σn)² f64 and a copy of the batch in f32, whatever the number of stimuli.
///
/// ```
/// use layerpath::metric::AngularCka;
/// use layerpath::{representation::Representation, table::FeatureTable};
/// let x = [0.0, 1.0, 2.0, 0.5, 1.0, 1.5, 3.0, 0.0, 2.5, 2.0_f64];
/// let y = [0.1, 2.1, 0.9, 3.5, 2.0_f64];
/// let mut table = FeatureTable::new(AngularCka::default(), &[2, 1])?;
/// // Three stimuli, then two more.
/// table.push(&[Representation::new(&x[..6], 3, 2)?, Representation::new(&y[..3], 3, 1)?])?;
/// table.push(&[Representation::new(&x[6..], 2, 2)?, Representation::new(&y[3..], 2, 1)?])?;
/// let points = table.points()?;
/// assert_eq!(points.len(), 2);
/// # Ok::<(), layerpath::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct FeatureTable {
    metric: AngularCka,
    widths: Vec<usize>,
    stimuli: usize,
    in_double: bool,
    sums: Option<Sums>,
}

#[derive(Debug, Clone)]
enum Sums {
    /// Everything in f64.
    Double(Stack<f64>),
    /// All layers in f32, and the narrow ones once more in f64.
    Single { all: Stack<f32>, narrow: Option<Box<Stack<f64>>> },
}

impl FeatureTable {
    /// A table of layers of these widths, without stimuli yet.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] for a kernel that is not linear.
    pub fn new(metric: AngularCka, widths: &[usize]) -> Result<Self, Error> {
        if metric.kernel != Kernel::Linear {
            return Err(Error::Unavailable {
                operation: "feature space",
                metric: metric.to_string(),
                reason: "only the linear kernel has finitely many features; use sample space",
            });
        }
        Ok(Self { metric, widths: widths.to_vec(), stimuli: 0, in_double: false, sums: None })
    }

    /// The same, with all products in f64: half as fast, and cosines good to 10⁻¹⁴ for steps shorter than the resolution of
    /// f32 products.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn in_double(metric: AngularCka, widths: &[usize]) -> Result<Self, Error> {
        Ok(Self::new(metric, widths)?.doubled())
    }

    /// The same table, still without stimuli, for products in f64.
    #[must_use]
    pub(crate) fn doubled(self) -> Self {
        Self { in_double: true, ..self }
    }

    /// Whether all products are in f64.
    pub fn is_double(&self) -> bool {
        matches!(self.sums, Some(Sums::Double(_)))
    }

    /// Bytes in use while batches of `batch` stimuli are added, the batches themselves not counted. Enough for products in
    /// f64 throughout; those in f32 need 4 bytes less for each number of a batch.
    pub fn memory(widths: &[usize], batch: usize) -> usize {
        let size: usize = widths.iter().sum::<usize>() + widths.len();
        let narrow: usize = widths.iter().filter(|&&width| width < NARROW).map(|width| width + 1).sum();
        let narrow = if narrow == size { 0 } else { narrow };
        8 * (size * size + narrow * narrow) + batch * 8 * (size + narrow)
    }

    /// Adds the next stimuli: for each layer their rows, in the order of the widths. The same batches give the same bits.
    ///
    /// # Errors
    ///
    /// [`Error::DifferentStimuli`] if the layers have different numbers of rows, [`Error::Shape`] if a width is not the one
    /// announced.
    pub fn push(&mut self, layers: &[Representation<'_>]) -> Result<(), Error> {
        let rows = layers.first().map_or(0, Representation::stimuli);
        if let Some(other) = layers.iter().find(|layer| layer.stimuli() != rows) {
            return Err(Error::DifferentStimuli { left: rows, right: other.stimuli() });
        }
        let same = layers.iter().map(Representation::units).eq(self.widths.iter().copied());
        if !same {
            let elements = layers.iter().map(Representation::units).sum();
            return Err(Error::Shape { elements, rows: 1, columns: self.widths.iter().sum() });
        }
        let sums = self.sums.get_or_insert_with(|| {
            let all: Vec<usize> = (0..layers.len()).collect();
            if self.in_double || layers.iter().any(|layer| layer.roundoff() < roundoff::F32) {
                return Sums::Double(Stack::new(layers, &all));
            }
            let narrow: Vec<usize> = all.iter().copied().filter(|&layer| self.widths[layer] < NARROW).collect();
            if narrow.len() == all.len() {
                return Sums::Double(Stack::new(layers, &all));
            }
            let narrow = (!narrow.is_empty()).then(|| Box::new(Stack::new(layers, &narrow)));
            Sums::Single { all: Stack::new(layers, &all), narrow }
        });
        match sums {
            Sums::Double(all) => all.push(layers),
            Sums::Single { all, narrow } => {
                all.push(layers);
                if let Some(narrow) = narrow {
                    narrow.push(layers);
                }
            }
        }
        self.stimuli += rows;
        Ok(())
    }

    /// Number of stimuli so far, m.
    pub fn stimuli(&self) -> usize {
        self.stimuli
    }

    /// ⟨C(K), C(L)⟩ of all pairs of layers. Each layer is multiplied by its own power of two, so that nothing overflows.
    ///
    /// # Errors
    ///
    /// [`Error::TooFewStimuli`].
    pub fn inner_products(&self) -> Result<SymmetricTable, Error> {
        let needed = self.metric.estimator.minimum_stimuli();
        if self.stimuli < needed {
            return Err(Error::TooFewStimuli { metric: self.metric.to_string(), needed, given: self.stimuli });
        }
        let estimator = self.metric.estimator;
        SymmetricTable::try_from_fn(self.widths.len(), |i, j| {
            Ok(match &self.sums {
                None => 0.0,
                Some(Sums::Double(all)) => all.inner(estimator, self.stimuli, i, j),
                Some(Sums::Single { all, narrow }) => match narrow {
                    Some(narrow) if self.widths[i].max(self.widths[j]) < NARROW => {
                        let place = |layer| narrow.layers.iter().position(|&own| own == layer).unwrap_or(0);
                        narrow.inner(estimator, self.stimuli, place(i), place(j))
                    }
                    _ => all.inner(estimator, self.stimuli, i, j),
                },
            })
        })
    }

    /// The points of the layers on the unit sphere, in coordinates of their own: as many as there are layers. Distances,
    /// angles and projections are those of the points of [`AngularCka::embed`].
    ///
    /// They come from a table of cosines, so their resolution is √(2δ) for cosines good to δ, and a distance θ above it is
    /// good to δ/θ ([`accuracy`](Self::accuracy) says what that comes to). Products in f64 have δ = 10⁻¹⁴; those in f32 have δ = 10⁻⁶·√(256/(nm)) with n the width of the narrowest
    /// layer of at least 256 units: 2·10⁻⁹ for n = 768 and m = 100,000, which resolves 7·10⁻⁵ rad. Narrower layers are
    /// compared with each other in f64.
    ///
    /// # Errors
    ///
    /// [`Error::TooFewStimuli`], [`Error::ConstantRows`], [`Error::NoStructure`], [`Error::Overflow`].
    pub fn points(&self) -> Result<Vec<UnitVector>, Error> {
        let size = self.widths.len();
        let Checked { products, norms, amplification } = self.checked()?;
        let mut cosines = vec![0.0; size * size];
        for i in 0..size {
            for j in 0..=i {
                cosines[i * size + j] = if i == j { 1.0 } else { products.get(i, j) / (norms[i] * norms[j]) };
            }
        }
        let eigen = symmetric_eigen(&cosines, size)?;
        let resolution = (2.0 * amplification * self.cosine_error()).sqrt();
        (0..size)
            .map(|layer| {
                let axes = eigen.values.iter().zip(&eigen.vectors);
                let row = axes.map(|(value, vector)| value.max(0.0).sqrt() * vector[layer]).collect();
                Ok(UnitVector::normalize(row)?.with_resolution(resolution))
            })
            .collect()
    }

    /// How far rounding may move a distance between these [`points`](Self::points) of the table, in rad: the largest of δ/θ
    /// over all pairs, and √(2δ) at most.
    ///
    /// # Errors
    ///
    /// As [`points`](Self::points).
    pub fn accuracy(&self, points: &[UnitVector]) -> Result<f64, Error> {
        let amplification = self.checked()?.amplification;
        let arcs = arcs(&points.iter().collect::<Vec<_>>())?;
        let mut worst = 0.0_f64;
        for i in 0..points.len() {
            for j in 0..i {
                let narrow = self.widths[i].max(self.widths[j]) < NARROW;
                let error = amplification * if narrow { DOUBLE_ERROR } else { self.cosine_error() };
                worst = worst.max((error / arcs.get(i, j)).min((2.0 * error).sqrt()));
            }
        }
        Ok(worst)
    }

    /// The inner products, if every layer has a point.
    fn checked(&self) -> Result<Checked, Error> {
        let products = self.inner_products()?;
        let mut norms = Vec::with_capacity(self.widths.len());
        let mut amplification = 1.0_f64;
        for layer in 0..self.widths.len() {
            let (square, biased) = self.squares(&products, layer)?;
            norms.push(square.sqrt());
            amplification = amplification.max(biased / square);
        }
        Ok(Checked { products, norms, amplification })
    }

    /// The first layer that has no point, where [`points`](Self::points) says that one has none.
    pub(crate) fn layer_without_point(&self) -> Option<usize> {
        let products = self.inner_products().ok()?;
        (0..self.widths.len()).find(|&layer| self.squares(&products, layer).is_err())
    }

    /// ‖C(K)‖² and ‖HKH‖² of a layer, if it has a point.
    fn squares(&self, products: &SymmetricTable, layer: usize) -> Result<(f64, f64), Error> {
        let metric = || self.metric.to_string();
        let (square, biased) = (products.get(layer, layer), self.biased_square(layer));
        if !(square.is_finite() && biased.is_finite()) {
            return Err(Error::Overflow { metric: metric() });
        }
        if biased == 0.0 {
            return Err(Error::ConstantRows { metric: metric() });
        }
        if square <= 64.0 * self.cosine_error() * biased {
            return Err(Error::NoStructure { metric: metric() });
        }
        Ok((square, biased))
    }

    /// ‖HKH‖² of one layer.
    fn biased_square(&self, layer: usize) -> f64 {
        match &self.sums {
            None => 0.0,
            Some(Sums::Double(all)) => all.inner(Estimator::Biased, self.stimuli, layer, layer),
            Some(Sums::Single { all, .. }) => all.inner(Estimator::Biased, self.stimuli, layer, layer),
        }
    }

    /// How far a cosine may be off.
    fn cosine_error(&self) -> f64 {
        match &self.sums {
            Some(Sums::Single { all, .. }) => {
                // The largest of the n² products are the n of each unit with itself or its like in the other layer; their
                // roundings average out, and so do those of the panels.
                let width = self.widths.iter().copied().filter(|&width| width >= NARROW).min().unwrap_or(NARROW);
                let sums = all.panels * (f32::PANEL / f32::TERMS);
                2.0 * roundoff_of_products::<f32>() / ((width * sums) as f64).sqrt()
            }
            _ => DOUBLE_ERROR,
        }
    }
}

/// Layers side by side, and behind them the squared norm of each layer's row: one product gives every sum but those of the
/// last kind squared.
#[derive(Debug, Clone)]
struct Stack<T: Element> {
    /// Which layers.
    layers: Vec<usize>,
    /// Where each layer begins, and where the last one ends.
    offsets: Vec<usize>,
    /// Power of two for each layer.
    scales: Vec<f64>,
    /// What each scaled feature is shifted by.
    shift: Vec<f64>,
    panel: Panels<T>,
    /// Panels so far.
    panels: usize,
    /// Σ z zᵀ, lower triangle, z the features and squared norms of a row.
    products: Vec<f64>,
    /// Σ x.
    sums: Vec<f64>,
    /// Σ ‖x‖²‖y‖².
    norms: Vec<f64>,
    /// Σ ‖x‖².
    norm_sums: Vec<f64>,
}

impl<T: Element> Stack<T> {
    fn new(all: &[Representation<'_>], layers: &[usize]) -> Self {
        let mut offsets = vec![0];
        let (mut scales, mut shift) = (Vec::new(), Vec::new());
        for &layer in layers {
            let x = &all[layer];
            offsets.push(shift.len() + x.units());
            let scale = x.scale_to_unit();
            scales.push(scale);
            shift.extend(x.column_means().into_iter().map(|mean| mean * scale));
        }
        let (count, width) = (layers.len(), shift.len());
        let size = width + count;
        Self {
            layers: layers.to_vec(),
            offsets,
            scales,
            shift,
            panel: Panels::with_capacity(size, 0),
            panels: 0,
            products: vec![0.0; size * size],
            sums: vec![0.0; width],
            norms: vec![0.0; count * count],
            norm_sums: vec![0.0; count],
        }
    }

    fn push(&mut self, all: &[Representation<'_>]) {
        let (count, width) = (self.layers.len(), self.shift.len());
        let size = width + count;
        let rows = all.first().map_or(0, Representation::stimuli);
        if self.panel.capacity() < rows {
            self.panel = Panels::with_capacity(size, rows);
        }
        let (layers, offsets, scales, shift) = (&self.layers, &self.offsets, &self.scales, &self.shift);
        let parts = self.panel.fill_columns(rows, |first, panel| {
            let (mut sums, mut norms, mut norm_sums) = (vec![0.0; width], vec![0.0; count * count], vec![0.0; count]);
            let (mut wide, mut own) = (vec![0.0; width], vec![0.0; count]);
            for (row, out) in panel.chunks_exact_mut(size).enumerate() {
                let (features, squares) = out.split_at_mut(width);
                for (k, &layer) in layers.iter().enumerate() {
                    let range = offsets[k]..offsets[k + 1];
                    let wide = &mut wide[range.clone()];
                    all[layer].copy_row(first + row, 0..wide.len(), wide);
                    let places = features[range.clone()].iter_mut().zip(&shift[range.clone()]);
                    for ((value, (target, shift)), sum) in wide.iter_mut().zip(places).zip(&mut sums[range]) {
                        *target = T::nearest(*value * scales[k] - shift);
                        // From here on the rounded number is the activation.
                        *value = (*target).into();
                        *sum += *value;
                    }
                    own[k] = dot(wide, wide);
                    squares[k] = T::nearest(own[k]);
                }
                for k in 0..count {
                    norm_sums[k] += own[k];
                    for l in 0..count {
                        norms[k * count + l] += own[k] * own[l];
                    }
                }
            }
            (sums, norms, norm_sums)
        });
        let add = |total: &mut [f64], part: &[f64]| {
            for (sum, term) in total.iter_mut().zip(part) {
                *sum += term;
            }
        };
        self.panels += parts.len();
        for (sums, norms, norm_sums) in &parts {
            add(&mut self.sums, sums);
            add(&mut self.norms, norms);
            add(&mut self.norm_sums, norm_sums);
        }
        add_lower_product(&mut self.products, &self.panel);
    }

    /// ⟨C(K), C(L)⟩ of the layers in places `i` and `j`, j ≤ i.
    fn inner(&self, estimator: Estimator, stimuli: usize, i: usize, j: usize) -> f64 {
        let (m, count, width) = (stimuli as f64, self.layers.len(), self.shift.len());
        let size = width + count;
        let (own, other) = (self.offsets[i]..self.offsets[i + 1], self.offsets[j]..self.offsets[j + 1]);
        let product = |a: usize, b: usize| self.products[a.max(b) * size + a.min(b)];
        // ‖XᵀY − m·μνᵀ‖² and, on the way, μᵀ(XᵀY)ν.
        let (mut square, mut between) = (0.0, 0.0);
        for a in own.clone() {
            let mean = self.sums[a] / m;
            let (mut row_square, mut row_between) = (0.0, 0.0);
            for b in other.clone() {
                let (raw, sum) = (product(a, b), self.sums[b]);
                row_square += (raw - mean * sum).powi(2);
                row_between += raw * sum;
            }
            square += row_square;
            between += row_between * mean / m;
        }
        if estimator == Estimator::Biased {
            return square;
        }
        // ‖x − μ‖² = ‖x‖² − 2x·μ + ‖μ‖², summed over stimuli alone and times the same of y.
        let mean_square =
            |range: &std::ops::Range<usize>| self.sums[range.clone()].iter().map(|s| s * s).sum::<f64>() / (m * m);
        let (mu, nu) = (mean_square(&own), mean_square(&other));
        // Σ‖x‖²(y·ν) of layers in places k and l.
        let weighted = |k: usize, range: &std::ops::Range<usize>| -> f64 {
            range.clone().map(|b| self.products[(width + k) * size + b] * self.sums[b]).sum::<f64>() / m
        };
        let (norm_i, norm_j) = (self.norm_sums[i], self.norm_sums[j]);
        let norms = self.norms[i * count + j] - 2.0 * weighted(i, &other) - 2.0 * weighted(j, &own)
            + 4.0 * between
            + nu * (norm_i - 2.0 * m * mu)
            + mu * (norm_j - 2.0 * m * nu)
            + m * mu * nu;
        let masked = square - norms;
        if estimator == Estimator::Masked {
            return masked;
        }
        let (trace_i, trace_j) = (norm_i - m * mu, norm_j - m * nu);
        masked - 2.0 / (m - 2.0) * norms + trace_i * trace_j / ((m - 1.0) * (m - 2.0))
    }
}
