//! Two ways from activations to points, and what each costs (docs/math.md §1.1).
//!
//! With m stimuli, K layers of nₖ units, e bytes a number in the file, N = Σnₖ + K and d coordinates a point
//! (m(m−1)/2 for angular CKA):
//!
//! | | sample space | feature space |
//! | --- | --- | --- |
//! | holds | K points of d coordinates | all sums over stimuli, N × N |
//! | multiply–adds | Σ m²nₖ/2, and K²d for the table | mN²/2 |
//! | bytes read | Σ m·nₖ·e, one layer at a time | the same, one batch of stimuli at a time |
//! | memory | 8Kd + 8m² + largest layer, m·4096 f32 | 8N², and two batches as read and one as multiplied |
//!
//! f64 activations are multiplied in f64, which costs twice as much a multiply–add. Feature space is for angular CKA with
//! the linear kernel. Both read the file once.

use std::fmt;
use std::str::FromStr;

use super::FeatureTable;
use crate::Error;
use crate::linalg::{Element, STRIPS};
use crate::metric::Metric;

/// What sample space costs less than, it is left to: its points resolve shorter steps, and the difference is not felt.
const NOT_FELT: f64 = 1e10;

/// Stimuli in a batch of feature space, fewer where memory is short. A multiple of what is multiplied at a time.
const BATCH: usize = 2 * <f32 as Element>::PANEL;

/// Stimuli in a batch that is asked for where no batch fits.
const SMALL_BATCH: usize = BATCH / 4;

/// What a program takes besides what a plan counts, with its threads, in bytes.
pub const BESIDES: u64 = 64 << 20;

/// A number of bytes, written `512MiB` or `4 GiB`.
///
/// ```
/// use layerpath::table::Bytes;
/// assert_eq!("1.5GiB".parse::<Bytes>()?, Bytes(3 << 29));
/// assert_eq!(Bytes(3 << 29).to_string(), "1.5 GiB");
/// assert!("4 elephants".parse::<Bytes>().is_err());
/// # Ok::<(), layerpath::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

/// Units, the largest first.
const UNITS: [(&str, u64); 8] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
];

impl fmt::Display for Bytes {
    /// In binary units, rounded up to a tenth: who allows as much as is printed has allowed enough.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((name, size)) = UNITS[..4].iter().find(|(_, size)| self.0 >= *size) else {
            return write!(f, "{} B", self.0);
        };
        let tenths = (u128::from(self.0) * 10).div_ceil(u128::from(*size));
        match tenths % 10 {
            0 => write!(f, "{} {name}", tenths / 10),
            rest => write!(f, "{}.{rest} {name}", tenths / 10),
        }
    }
}

impl FromStr for Bytes {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refused =
            || Error::Setting(format!("`{text}` is no amount of memory; write a number with a unit, 512MiB or 4GiB"));
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = (&text[..end], text[end..].trim());
        let number: f64 = number.parse().map_err(|_| refused())?;
        let known = UNITS.iter().chain(&[("B", 1)]).find(|(name, _)| name.eq_ignore_ascii_case(unit));
        let bytes = number * known.ok_or_else(refused)?.1 as f64;
        if bytes >= 1.0 && bytes < 2.0_f64.powi(63) { Ok(Self(bytes as u64)) } else { Err(refused()) }
    }
}

/// A way from activations to points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// An m×m matrix for each layer, whose entries are its point's coordinates.
    Sample,
    /// Sums over stimuli, never an m×m matrix: [`FeatureTable`].
    Feature,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sample => "sample space",
            Self::Feature => "feature space",
        })
    }
}

/// One layer, as far as cost goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerSize {
    /// Units, n.
    pub units: usize,
    /// Bytes of a number as it is read: 2, 4 or 8. Numbers of 8 bytes are multiplied in f64.
    pub element: usize,
}

/// What one engine takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Which engine.
    pub engine: Engine,
    /// Multiplications with an addition, in f32.
    pub single: f64,
    /// The same in f64, each about as long as two in f32.
    pub double: f64,
    /// Bytes of activations that are read.
    pub read: u64,
    /// Most bytes in use at a time.
    pub memory: u64,
    /// Stimuli read at a time; all of one layer in sample space.
    pub batch: usize,
}

impl Cost {
    /// Multiply–adds, those in f64 counted twice.
    pub fn work(&self) -> f64 {
        self.single + 2.0 * self.double
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { engine, single, double, read, memory, batch } = self;
        write!(f, "{engine}: {:.2e} multiply-adds", single + double)?;
        match (*single > 0.0, *double > 0.0) {
            (true, true) => write!(f, " ({double:.2e} of them in f64)")?,
            (false, true) => write!(f, " (f64)")?,
            _ => write!(f, " (f32)")?,
        }
        write!(f, ", {} read, {} of memory", Bytes(*read), Bytes(*memory))?;
        if *engine == Engine::Feature { write!(f, ", batches of {batch} stimuli") } else { Ok(()) }
    }
}

/// What both engines take for the same activations, and which one it is to be.
///
/// ```
/// use layerpath::metric::Metric;
/// use layerpath::table::{Bytes, CostModel, Engine, LayerSize};
/// let layers = [LayerSize { units: 768, element: 4 }; 8];
/// let model = CostModel::new(&Metric::default(), 100_000, &layers, "1GiB".parse()?);
/// let chosen = model.choose(None)?;
/// assert_eq!(chosen.engine, Engine::Feature);
/// assert_eq!(chosen.single, 100_000.0 * 6152.0 * 6152.0 / 2.0);
/// # Ok::<(), layerpath::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CostModel {
    /// Memory that may be used.
    pub allowed: Bytes,
    /// Sample space.
    pub sample: Cost,
    /// Feature space, or why it cannot be.
    pub feature: Result<Cost, Error>,
}

impl CostModel {
    /// Of `stimuli` answered by layers of these sizes.
    pub fn new(metric: &Metric, stimuli: usize, layers: &[LayerSize], allowed: Bytes) -> Self {
        let feature = metric.feature_table(&widths(layers)).map(|_| feature(stimuli, layers, allowed));
        Self { allowed, sample: sample(metric, stimuli, layers), feature }
    }

    /// The same where only points of sample space will do, for the reason given.
    #[must_use]
    pub fn only_sample(self, metric: &Metric, reason: &'static str) -> Self {
        let refused = Error::Unavailable { operation: "feature space", metric: metric.to_string(), reason };
        Self { feature: self.feature.and(Err(refused)), ..self }
    }

    /// The engine that was asked for, or the cheaper one of those that fit. Sample space is taken up to 10¹⁰ multiply–adds,
    /// well under a second, because its points resolve shorter steps.
    ///
    /// # Errors
    ///
    /// [`Error::Memory`] with the least memory that would do, and why there is no feature space if it was asked for.
    pub fn choose(&self, wanted: Option<Engine>) -> Result<Cost, Error> {
        let sample = Some(&self.sample).filter(|_| wanted != Some(Engine::Feature));
        let feature = match (wanted, &self.feature) {
            (Some(Engine::Sample), _) => None,
            (Some(Engine::Feature), Err(refused)) => return Err(refused.clone()),
            (_, feature) => feature.as_ref().ok(),
        };
        let fits = |cost: &&Cost| cost.memory <= self.allowed.0;
        let chosen = match (sample.filter(fits), feature.filter(fits)) {
            (Some(sample), Some(feature)) if feature.work() < sample.work() && sample.work() > NOT_FELT => feature,
            (Some(sample), _) => sample,
            (None, Some(feature)) => feature,
            (None, None) => {
                let least = sample.into_iter().chain(feature).map(|cost| cost.memory).min().unwrap_or(0);
                let engine = match (sample, feature) {
                    (Some(_), Some(_)) => "neither sample space nor feature space fits",
                    (None, _) => "feature space does not fit",
                    (_, None) => "sample space does not fit",
                };
                return Err(Error::Memory { engine, allowed: self.allowed, needed: Bytes(least) });
            }
        };
        Ok(*chosen)
    }

    /// Why an engine was chosen, in words.
    fn reason(&self, chosen: Engine, wanted: Option<Engine>) -> String {
        let Ok(feature) = &self.feature else { return "the only one here".to_owned() };
        let other = if chosen == Engine::Sample { feature } else { &self.sample };
        match chosen {
            _ if wanted == Some(chosen) => "as asked".to_owned(),
            _ if other.memory > self.allowed.0 => format!("{} does not fit into memory", other.engine),
            Engine::Sample if self.sample.work() <= NOT_FELT => "quick enough, and resolves shorter steps".to_owned(),
            _ => "less work".to_owned(),
        }
    }

    /// The model and the choice, line by line, for people.
    pub fn lines(&self, chosen: Engine, wanted: Option<Engine>) -> Vec<String> {
        let feature = match &self.feature {
            Ok(cost) => cost.to_string(),
            Err(error) => format!("feature space: none ({error})"),
        };
        let choice = format!("chosen: {chosen} ({}), {} of memory allowed", self.reason(chosen, wanted), self.allowed);
        vec![self.sample.to_string(), feature, choice]
    }
}

fn widths(layers: &[LayerSize]) -> Vec<usize> {
    layers.iter().map(|layer| layer.units).collect()
}

fn bytes_read(stimuli: usize, layers: &[LayerSize]) -> u64 {
    layers.iter().map(|layer| bytes(stimuli, layer)).fold(0, u64::saturating_add)
}

fn bytes(stimuli: usize, layer: &LayerSize) -> u64 {
    (stimuli as u64).saturating_mul(layer.units as u64).saturating_mul(layer.element as u64)
}

fn sample(metric: &Metric, stimuli: usize, layers: &[LayerSize]) -> Cost {
    let (m, count) = (stimuli as u64, layers.len() as u64);
    let coordinates = coordinates(metric, m);
    let work = |layer: &LayerSize| 0.5 * (stimuli as f64).powi(2) * layer.units as f64;
    let in_double = |layer: &&LayerSize| layer.element > 4;
    let products: f64 = layers.iter().filter(|layer| !in_double(layer)).map(work).sum();
    let table = (count as f64).powi(2) * coordinates as f64;
    let largest = layers.iter().map(|layer| bytes(stimuli, layer)).max().unwrap_or(0);
    let embedding = largest.saturating_add(m.saturating_mul(8 * m + STRIPS as u64));
    let all_pairs = count * (8 * count + STRIPS as u64);
    let points = count.saturating_mul(8).saturating_mul(coordinates);
    Cost {
        engine: Engine::Sample,
        single: products,
        double: layers.iter().filter(in_double).map(work).sum::<f64>() + table,
        read: bytes_read(stimuli, layers),
        memory: points.saturating_add(embedding.max(all_pairs)).saturating_add(BESIDES),
        batch: stimuli,
    }
}

/// Coordinates of a point, where they can be counted.
fn coordinates(metric: &Metric, m: u64) -> u64 {
    // The number grows with m at most like m²; beyond 2³¹ stimuli nothing fits anyway.
    usize::try_from(m.min(1 << 31)).map_or(u64::MAX, |m| metric.coordinates(m) as u64)
}

fn feature(stimuli: usize, layers: &[LayerSize], allowed: Bytes) -> Cost {
    let widths = widths(layers);
    let size = (widths.iter().sum::<usize>() + widths.len()) as f64;
    let work = 0.5 * stimuli as f64 * size * size;
    let row: u64 = layers.iter().map(|layer| bytes(1, layer)).fold(0, u64::saturating_add);
    // As read: one batch that is multiplied and one that is read meanwhile, each with a copy while it is reduced.
    let memory = |batch: usize| {
        let table = FeatureTable::memory(&widths, batch) as u64;
        table.saturating_add(3 * batch as u64 * row).saturating_add(BESIDES)
    };
    let mut batch = BATCH.min(stimuli.max(1));
    while batch > 1 && memory(batch) > allowed.0 {
        batch /= 2;
    }
    // Where nothing fits, the table itself is the obstacle: say what would do without crawling.
    if memory(batch) > allowed.0 {
        batch = SMALL_BATCH.min(stimuli.max(1));
    }
    let in_double = layers.iter().any(|layer| layer.element > 4);
    Cost {
        engine: Engine::Feature,
        single: if in_double { 0.0 } else { work },
        double: if in_double { work } else { 0.0 },
        read: bytes_read(stimuli, layers),
        memory: memory(batch),
        batch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    fn model(stimuli: usize, widths: &[usize], element: usize, allowed: u64) -> CostModel {
        let layers: Vec<LayerSize> = widths.iter().map(|&units| LayerSize { units, element }).collect();
        CostModel::new(&Metric::default(), stimuli, &layers, Bytes(allowed))
    }

    #[test]
    fn very_many_stimuli_go_through_feature_space() {
        let model = model(100_000, &[768; 8], 4, GIB);
        let cost = model.choose(None).unwrap();
        assert_eq!((cost.engine, cost.batch), (Engine::Feature, 1024));
        // N = 8·768 + 8 = 6152; 100,000 · 6152² / 2.
        assert_eq!((cost.single, cost.double), (1.892_355_2e12, 0.0));
        assert_eq!(cost.read, 2_457_600_000);
        // 8·6152² + 1024·8·6152 + 3·1024·6144·4 + 64 MiB.
        assert_eq!(cost.memory, 302_776_832 + 50_397_184 + 75_497_472 + (64 << 20));
        // 8·8·d + 8·m² + the rest.
        assert!(model.sample.memory > 374 * GIB && model.sample.memory < 376 * GIB, "{}", Bytes(model.sample.memory));
        assert_eq!(model.sample.single, 8.0 * 1e10 * 768.0 / 2.0);
        assert_eq!(model.sample.double, 64.0 * 100_000.0 * 99_999.0 / 2.0);
    }

    #[test]
    fn wide_layers_go_through_sample_space() {
        let model = model(1000, &[16384; 7], 4, 64 * GIB);
        let cost = model.choose(None).unwrap();
        assert_eq!(cost.engine, Engine::Sample);
        // 7 · 1000² · 16384 / 2, and 49 · 499,500 for the table.
        assert_eq!((cost.single, cost.double), (5.7344e10, 2.447_55e7));
        // 7 points, the largest layer, the matrix and a block of its columns.
        assert_eq!(cost.memory, 8 * 7 * 499_500 + 4 * 16_384_000 + 8_000_000 + 16_384_000 + (64 << 20));
        assert!(model.feature.as_ref().unwrap().work() > 10.0 * cost.work());
        assert_eq!(model.choose(Some(Engine::Feature)).unwrap_err().to_string().matches("GiB").count(), 2);
    }

    #[test]
    fn the_cheaper_one_is_taken_where_it_is_felt() {
        // Sample space: 2000²·(10·20/2) = 4·10⁸ and 100·2·10⁶: nobody waits for it.
        assert_eq!(model(2000, &[20; 10], 4, 64 * GIB).choose(None).unwrap().engine, Engine::Sample);
        // 20,000²·(10·20/2) = 4·10¹⁰ against 20,000·210²/2 = 4.4·10⁸.
        let many = model(20_000, &[20; 10], 4, 64 * GIB);
        assert_eq!(many.choose(None).unwrap().engine, Engine::Feature);
        assert_eq!(many.choose(Some(Engine::Sample)).unwrap().engine, Engine::Sample);
        // f64 is multiplied in f64.
        let double = model(20_000, &[20; 10], 8, 64 * GIB).choose(None).unwrap();
        assert_eq!((double.single, double.double), (0.0, 20_000.0 * 210.0 * 210.0 / 2.0));
        // Short of memory, what fits.
        assert_eq!(model(2000, &[20; 10], 4, 96 << 20).choose(None).unwrap().engine, Engine::Feature);
    }

    #[test]
    fn what_does_not_fit_says_what_would() {
        let model = model(50_000, &[4096; 8], 2, GIB);
        let Err(Error::Memory { needed, allowed, .. }) = model.choose(None) else { panic!("it fits") };
        assert_eq!(allowed, Bytes(GIB));
        let enough = CostModel { allowed: needed, ..model.clone() };
        assert_eq!(enough.choose(None).unwrap().engine, Engine::Feature);
        assert!(CostModel { allowed: Bytes(needed.0 - 1), ..model }.choose(None).is_err());
    }

    #[test]
    fn feature_space_has_a_reason_where_there_is_none() {
        let rbf: Metric = "angular-cka[kernel=rbf]".parse().unwrap();
        let layers = [LayerSize { units: 8, element: 4 }; 3];
        for metric in [rbf, "angular-shape".parse().unwrap()] {
            let model = CostModel::new(&metric, 100, &layers, Bytes(GIB));
            assert_eq!(model.choose(None).unwrap().engine, Engine::Sample);
            assert!(matches!(model.choose(Some(Engine::Feature)), Err(Error::Unavailable { .. })));
            assert!(model.lines(Engine::Sample, None)[1].contains("none"));
        }
        let model = CostModel::new(&Metric::default(), 100, &layers, Bytes(GIB));
        let only = model.only_sample(&Metric::default(), "shares of stimuli need them");
        assert!(only.choose(Some(Engine::Feature)).unwrap_err().to_string().contains("shares"));
    }

    #[test]
    fn amounts_are_read_and_rounded_up() {
        for (text, bytes) in [("1GiB", GIB), ("0.5 gib", GIB / 2), ("3MB", 3_000_000), ("100 B", 100)] {
            assert_eq!(text.parse::<Bytes>().unwrap(), Bytes(bytes), "{text}");
        }
        for refused in ["", "4", "GiB", "-1GiB", "0GiB", "1e3GiB", "nanGiB", "9999999999TiB", "1..2GiB"] {
            assert!(refused.parse::<Bytes>().is_err(), "{refused}");
        }
        assert_eq!(Bytes(GIB + 1).to_string(), "1.1 GiB");
        assert_eq!(Bytes(1023).to_string(), "1023 B");
    }
}
