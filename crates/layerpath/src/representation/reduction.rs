//! From tensors to rows: layouts and reductions.

use std::fmt;
use std::str::FromStr;

use half::{bf16, f16};

use super::{Elements, Representation};
use crate::Error;

/// What the axes of an array of activations are; m stimuli come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layout {
    /// (m, d): units. One axis alone is a single unit.
    Nd,
    /// (m, t, d): t tokens of d units each.
    Ntd,
    /// (m, c, h, w): c channels at h·w places.
    Nchw,
}

/// How a tensor becomes rows of units.
///
/// A *position* is a token of [`Layout::Ntd`] or a place of [`Layout::Nchw`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Reduction {
    /// All axes but the first become units: m × (t·d), m × (c·h·w).
    #[default]
    Flatten,
    /// Average over the positions: m × d, m × c.
    Mean,
    /// The first token: m × d.
    Cls,
    /// The last token: m × d.
    LastToken,
    /// Every position is a stimulus of its own: (m·t) × d, (m·h·w) × c; row i·t + k is position k of stimulus i.
    PositionsAsStimuli,
}

const LAYOUTS: [(&str, Layout); 3] = [("nd", Layout::Nd), ("ntd", Layout::Ntd), ("nchw", Layout::Nchw)];
const REDUCTIONS: [(&str, Reduction); 5] = [
    ("flatten", Reduction::Flatten),
    ("mean", Reduction::Mean),
    ("cls", Reduction::Cls),
    ("last-token", Reduction::LastToken),
    ("positions-as-stimuli", Reduction::PositionsAsStimuli),
];

/// Why activations cannot be reduced as asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("shape {shape:?}: {problem}; {mend}")]
pub struct ReductionError {
    /// Extent of every axis, stimuli first.
    pub shape: Vec<usize>,
    /// What does not fit.
    pub problem: String,
    /// What to do.
    pub mend: String,
}

/// Text and value of one of a closed list.
fn named<T: Copy + PartialEq>(list: &[(&'static str, T)], value: T) -> &'static str {
    list.iter().find(|(_, listed)| *listed == value).map_or("", |(name, _)| name)
}

fn parse<T: Copy>(list: &[(&'static str, T)], what: &str, text: &str) -> Result<T, Error> {
    list.iter().find(|(name, _)| *name == text).map(|&(_, value)| value).ok_or_else(|| {
        let names: Vec<&str> = list.iter().map(|(name, _)| *name).collect();
        Error::Setting(format!("`{text}` is no {what}; choose one of {}", names.join(", ")))
    })
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(named(&LAYOUTS, *self))
    }
}

impl FromStr for Layout {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse(&LAYOUTS, "layout", text)
    }
}

impl fmt::Display for Reduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(named(&REDUCTIONS, *self))
    }
}

impl FromStr for Reduction {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse(&REDUCTIONS, "reduction", text)
    }
}

/// Activations as rows of units, borrowed where the tensor already lies that way, in the precision that it has; means
/// are f64 with the unit roundoff of what they are means of.
#[derive(Debug, Clone)]
pub struct Reduced<'a> {
    values: Values<'a>,
    rows: usize,
    units: usize,
    positions: usize,
    roundoff: f64,
}

#[derive(Debug, Clone)]
enum Values<'a> {
    Borrowed(Elements<'a>),
    F64(Vec<f64>),
    F32(Vec<f32>),
    F16(Vec<f16>),
    Bf16(Vec<bf16>),
}

impl Reduced<'_> {
    /// Number of rows: m, or m·positions for [`Reduction::PositionsAsStimuli`].
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of units in a row.
    pub fn units(&self) -> usize {
        self.units
    }

    /// Rows of one stimulus: 1, except for [`Reduction::PositionsAsStimuli`].
    pub fn positions(&self) -> usize {
        self.positions
    }

    /// The same rows, each one `times` times in a row: what answers a stimulus answers each of its positions.
    ///
    /// ```
    /// use layerpath::representation::{Reduction, reduce};
    /// let labels = reduce((&[1.0, 0.0, 0.0, 1.0_f64][..]).into(), &[2, 2], None, Reduction::Flatten)?;
    /// assert_eq!(labels.repeated(3).rows(), 6);
    /// # Ok::<(), layerpath::Error>(())
    /// ```
    #[must_use]
    pub fn repeated(&self, times: usize) -> Reduced<'static> {
        let (rows, units, roundoff) = (self.rows * times, self.units, self.roundoff);
        let values = gather(self.elements(), rows, units, |row, unit| row / times * units + unit);
        Reduced { values, rows, units, positions: times, roundoff }
    }

    fn elements(&self) -> Elements<'_> {
        match &self.values {
            Values::Borrowed(elements) => *elements,
            Values::F64(values) => values[..].into(),
            Values::F32(values) => values[..].into(),
            Values::F16(values) => values[..].into(),
            Values::Bf16(values) => values[..].into(),
        }
    }

    /// The rows as a representation.
    ///
    /// # Errors
    ///
    /// As [`Representation::new`].
    pub fn representation(&self) -> Result<Representation<'_>, Error> {
        Ok(Representation::new(self.elements(), self.rows, self.units)?.with_roundoff(self.roundoff))
    }
}

/// Turns a row-major tensor of `shape`, stimuli first, into rows of units.
///
/// [`Reduction::Flatten`] needs no layout; with one, the number of axes is checked. The others need one. Cost: one pass
/// over the elements. Memory: what the rows take, nothing where they are the tensor's own.
///
/// ```
/// use layerpath::representation::{Layout, Reduction, reduce};
/// // One stimulus, two tokens of three units.
/// let x = [1.0, 2.0, 3.0, 5.0, 6.0, 7.0_f64];
/// let mean = reduce((&x[..]).into(), &[1, 2, 3], Some(Layout::Ntd), Reduction::Mean)?;
/// assert_eq!((mean.rows(), mean.units()), (1, 3)); // 3, 4, 5
/// let positions = reduce((&x[..]).into(), &[1, 2, 3], Some(Layout::Ntd), Reduction::PositionsAsStimuli)?;
/// assert_eq!((positions.rows(), positions.units()), (2, 3));
/// assert!(reduce((&x[..]).into(), &[1, 2, 3], Some(Layout::Nchw), Reduction::Mean).is_err());
/// # Ok::<(), layerpath::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::Reduction`] where layout, reduction and number of axes do not fit together, [`Error::Shape`] where elements
/// and shape do not.
pub fn reduce<'a>(
    elements: Elements<'a>,
    shape: &[usize],
    layout: Option<Layout>,
    reduction: Reduction,
) -> Result<Reduced<'a>, Error> {
    let axes = Axes::new(shape, layout, reduction)?;
    if shape.iter().product::<usize>() != elements.len() {
        let (rows, columns) = (axes.stimuli, axes.positions * axes.units);
        return Err(Error::Shape { elements: elements.len(), rows, columns });
    }
    let roundoff = elements.roundoff();
    let borrowed =
        |rows, units, positions| Reduced { values: Values::Borrowed(elements), rows, units, positions, roundoff };
    let Axes { stimuli, positions, units, unit_first } = axes;
    // Where element (stimulus, position, unit) lies.
    let (position_stride, unit_stride) = if unit_first { (1, positions) } else { (units, 1) };
    let size = positions * units;
    let token = match reduction {
        Reduction::Flatten => return Ok(borrowed(stimuli, size, 1)),
        Reduction::PositionsAsStimuli if !unit_first => return Ok(borrowed(stimuli * positions, units, positions)),
        Reduction::PositionsAsStimuli => {
            let place = |row: usize, unit: usize| (row / positions) * size + row % positions + unit * positions;
            let values = gather(elements, stimuli * positions, units, place);
            return Ok(Reduced { values, rows: stimuli * positions, units, positions, roundoff });
        }
        Reduction::Mean => {
            let values = means(elements, &axes, position_stride, unit_stride);
            return Ok(Reduced { values: Values::F64(values), rows: stimuli, units, positions: 1, roundoff });
        }
        Reduction::Cls => 0,
        Reduction::LastToken => positions.saturating_sub(1),
    };
    let values = gather(elements, stimuli, units, |row, unit| row * size + token * units + unit);
    Ok(Reduced { values, rows: stimuli, units, positions: 1, roundoff })
}

/// Extents of a tensor in the roles that a layout gives them.
#[derive(Debug, Clone, Copy)]
struct Axes {
    stimuli: usize,
    positions: usize,
    units: usize,
    /// Units before positions, as channels are.
    unit_first: bool,
}

impl Axes {
    fn new(shape: &[usize], layout: Option<Layout>, reduction: Reduction) -> Result<Self, Error> {
        let refuse = |problem: String, mend: &str| {
            Error::Reduction(ReductionError { shape: shape.to_vec(), problem, mend: mend.to_owned() })
        };
        let Some(&stimuli) = shape.first() else {
            return Err(refuse("there is no axis of stimuli".to_owned(), "give an array with one row a stimulus"));
        };
        let flat = Self { stimuli, positions: 1, units: shape[1..].iter().product(), unit_first: false };
        let Some(layout) = layout else {
            return match reduction {
                Reduction::Flatten => Ok(flat),
                _ => Err(refuse(
                    format!("the reduction `{reduction}` has to know what the axes are"),
                    "say `ntd` (stimuli, tokens, units) or `nchw` (stimuli, channels, height, width)",
                )),
            };
        };
        let axes = match (layout, shape) {
            (Layout::Nd, [_] | [_, _]) => flat,
            (Layout::Ntd, &[_, tokens, units]) => Self { stimuli, positions: tokens, units, unit_first: false },
            (Layout::Nchw, &[_, channels, height, width]) => {
                Self { stimuli, positions: height * width, units: channels, unit_first: true }
            }
            _ => {
                let axes = match layout {
                    Layout::Nd => "2 axes (stimuli, units)",
                    Layout::Ntd => "3 axes (stimuli, tokens, units)",
                    Layout::Nchw => "4 axes (stimuli, channels, height, width)",
                };
                let mend = "say the layout of this array by its name (`NAME=nd`), or leave the array out";
                return Err(refuse(format!("the layout `{layout}` has {axes}, this has {}", shape.len()), mend));
            }
        };
        match (layout, reduction) {
            (_, Reduction::Flatten) => Ok(flat),
            (Layout::Nd, _) => Err(refuse(
                format!("the layout `nd` has no positions for `{reduction}`"),
                "use `flatten` for this array, or another layout",
            )),
            (Layout::Nchw, Reduction::Cls | Reduction::LastToken) => Err(refuse(
                format!("`{reduction}` chooses a token, and the layout `nchw` has places"),
                "use `mean`, `flatten` or `positions-as-stimuli`",
            )),
            _ => Ok(axes),
        }
    }
}

/// The elements at the places asked for, rows × units, in their own precision.
fn gather(elements: Elements<'_>, rows: usize, units: usize, place: impl Fn(usize, usize) -> usize) -> Values<'static> {
    fn taken<T: Copy>(values: &[T], rows: usize, units: usize, place: impl Fn(usize, usize) -> usize) -> Vec<T> {
        let place = &place;
        (0..rows).flat_map(|row| (0..units).map(move |unit| values[place(row, unit)])).collect()
    }
    match elements {
        Elements::F64(values) => Values::F64(taken(values, rows, units, place)),
        Elements::F32(values) => Values::F32(taken(values, rows, units, place)),
        Elements::F16(values) => Values::F16(taken(values, rows, units, place)),
        Elements::Bf16(values) => Values::Bf16(taken(values, rows, units, place)),
    }
}

/// Averages over positions in f64, stimulus after stimulus.
fn means(elements: Elements<'_>, axes: &Axes, position_stride: usize, unit_stride: usize) -> Vec<f64> {
    let size = axes.positions * axes.units;
    let count = axes.positions as f64;
    let mut stimulus = vec![0.0; size];
    let mut means = Vec::with_capacity(axes.stimuli * axes.units);
    for row in 0..axes.stimuli {
        elements.copy_to_f64(row * size..(row + 1) * size, &mut stimulus);
        for unit in 0..axes.units {
            let values = (0..axes.positions).map(|k| stimulus[unit * unit_stride + k * position_stride]);
            let mean = values.clone().sum::<f64>() / count;
            // A sum may leave the range of f64 where the mean does not.
            means.push(if mean.is_finite() { mean } else { values.map(|value| value / count).sum() });
        }
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(reduced: &Reduced<'_>) -> Vec<f64> {
        let x = reduced.representation().unwrap();
        let mut out = vec![0.0; x.stimuli() * x.units()];
        for (row, values) in out.chunks_exact_mut(x.units()).enumerate() {
            x.copy_row(row, 0..x.units(), values);
        }
        out
    }

    #[test]
    fn tokens_by_hand() {
        // Stimulus i, token k, unit j is 100 i + 10 k + j; 2 stimuli, 3 tokens, 2 units.
        let x: Vec<f64> = (0..12).map(|p| f64::from(100 * (p / 6) + 10 * (p / 2 % 3) + p % 2)).collect();
        let rows = |reduction| rows(&reduce(x[..].into(), &[2, 3, 2], Some(Layout::Ntd), reduction).unwrap());
        assert_eq!(rows(Reduction::Flatten), x);
        assert_eq!(rows(Reduction::Mean), [10.0, 11.0, 110.0, 111.0]);
        assert_eq!(rows(Reduction::Cls), [0.0, 1.0, 100.0, 101.0]);
        assert_eq!(rows(Reduction::LastToken), [20.0, 21.0, 120.0, 121.0]);
        assert_eq!(rows(Reduction::PositionsAsStimuli), x);
        let positions = reduce(x[..].into(), &[2, 3, 2], Some(Layout::Ntd), Reduction::PositionsAsStimuli).unwrap();
        assert_eq!((positions.rows(), positions.units(), positions.positions()), (6, 2, 3));
    }

    #[test]
    fn places_by_hand_in_every_precision() {
        // Stimulus i, channel c, place p is 100 i + 10 c + p; 2 stimuli, 2 channels, 1×3 places.
        let x: Vec<f64> = (0..12).map(|q| f64::from(100 * (q / 6) + 10 * (q / 3 % 2) + q % 3)).collect();
        let single: Vec<f32> = x.iter().map(|&value| value as f32).collect();
        let half: Vec<f16> = x.iter().map(|&value| f16::from_f64(value)).collect();
        let brain: Vec<bf16> = x.iter().map(|&value| bf16::from_f64(value)).collect();
        let all: [(Elements<'_>, f64); 4] = [
            (x[..].into(), super::super::roundoff::F64),
            (single[..].into(), super::super::roundoff::F32),
            (half[..].into(), super::super::roundoff::F16),
            (brain[..].into(), super::super::roundoff::BF16),
        ];
        for (elements, roundoff) in all {
            let reduced = |reduction| reduce(elements, &[2, 2, 1, 3], Some(Layout::Nchw), reduction).unwrap();
            assert_eq!(rows(&reduced(Reduction::Mean)), [1.0, 11.0, 101.0, 111.0]);
            let positions = [0.0, 10.0, 1.0, 11.0, 2.0, 12.0, 100.0, 110.0, 101.0, 111.0, 102.0, 112.0];
            assert_eq!(rows(&reduced(Reduction::PositionsAsStimuli)), positions);
            assert_eq!(rows(&reduced(Reduction::Flatten)), x);
            for reduction in [Reduction::Mean, Reduction::PositionsAsStimuli] {
                assert_eq!(reduced(reduction).representation().unwrap().roundoff(), roundoff);
            }
        }
    }

    #[test]
    fn a_mean_stays_in_range_and_a_token_alone_may_be_broken() {
        let huge = [f64::MAX, f64::MAX, -f64::MAX, f64::MAX];
        assert_eq!(
            rows(&reduce(huge[..].into(), &[1, 4, 1], Some(Layout::Ntd), Reduction::Mean).unwrap()),
            [f64::MAX / 2.0]
        );
        // Padding that nobody looks at may be NaN; what is looked at may not.
        let padded = [1.0, f64::NAN];
        let reduced = |reduction| reduce(padded[..].into(), &[1, 2, 1], Some(Layout::Ntd), reduction).unwrap();
        assert_eq!(rows(&reduced(Reduction::Cls)), [1.0]);
        assert!(reduced(Reduction::Mean).representation().is_err());
    }

    #[test]
    fn what_does_not_fit_says_so() {
        let x = [0.0; 24];
        let refused = |shape: &[usize], layout, reduction| {
            reduce(x[..].into(), shape, layout, reduction).unwrap_err().to_string()
        };
        let message = refused(&[4, 6], Some(Layout::Ntd), Reduction::Mean);
        assert!(message.contains("[4, 6]") && message.contains("3 axes") && message.contains("NAME=nd"), "{message}");
        let message = refused(&[2, 3, 4], None, Reduction::Cls);
        assert!(message.contains("has to know what the axes are"), "{message}");
        let message = refused(&[2, 3, 2, 2], Some(Layout::Nchw), Reduction::LastToken);
        assert!(message.contains("chooses a token"), "{message}");
        let message = refused(&[4, 6], Some(Layout::Nd), Reduction::Mean);
        assert!(message.contains("no positions"), "{message}");
        let message = refused(&[4, 5], None, Reduction::Flatten);
        assert!(message.contains("24 elements"), "{message}");
        assert!("nhwc".parse::<Layout>().unwrap_err().to_string().contains("nd, ntd, nchw"));
        for (name, reduction) in REDUCTIONS {
            assert_eq!((name.parse::<Reduction>().unwrap(), reduction.to_string()), (reduction, name.to_owned()));
        }
    }
}
