//! Axes: what the layout says of them, and the stretch of numbers that each one shows.

use serde_json::Value;

use super::read::{flag, list, number, refuse, word};
use super::text::{Label, Level};
use super::ticks::{self, Tick};
use crate::Error;

/// Data stay this share of the axis away from its ends.
const PADDING: f64 = 0.05;
/// Numbers farther from 0 than this are shown here, so that differences of numbers stay finite.
const LARGEST: f64 = 1e300;
/// A shorter axis has no ticks that could be written.
const SMALLEST: f64 = 1e-290;

/// Along which side of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Direction {
    Across,
    Up,
}

/// `x`, `x2`, `y`, ….
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AxisName {
    pub(super) direction: Direction,
    pub(super) number: u32,
}

impl AxisName {
    /// The name that traces, shapes and anchors use.
    pub(super) fn parse(name: &str) -> Result<Self, Error> {
        let parsed = match (name.strip_prefix('x'), name.strip_prefix('y')) {
            (Some(number), _) => Some((Direction::Across, number)),
            (_, Some(number)) => Some((Direction::Up, number)),
            _ => None,
        };
        parsed
            .and_then(|(direction, number)| {
                let number = if number.is_empty() { 1 } else { number.parse().ok()? };
                Some(Self { direction, number })
            })
            .ok_or_else(|| refuse(format!("the axis `{name}`")))
    }

    /// The axis named in field `key`, or the first one of `direction`.
    pub(super) fn field(object: &Value, key: &str, direction: Direction) -> Result<Self, Error> {
        object[key].as_str().map_or(Ok(Self { direction, number: 1 }), Self::parse)
    }

    /// Its field of the layout.
    fn key(self) -> String {
        let letter = if self.direction == Direction::Across { 'x' } else { 'y' };
        if self.number == 1 { format!("{letter}axis") } else { format!("{letter}axis{}", self.number) }
    }

    /// The axis that it stands at if the layout says nothing.
    fn usual_anchor(self) -> Self {
        let direction = if self.direction == Direction::Across { Direction::Up } else { Direction::Across };
        Self { direction, ..self }
    }
}

/// Where ticks come from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TickSource {
    /// Round numbers.
    Round,
    /// From `first` in steps, both in units of the scale.
    Steps { first: f64, step: f64 },
    /// As listed, in units of the scale.
    Listed(Vec<(f64, Label)>),
}

/// One axis. Numbers are in units of its scale: themselves, or their decimal logarithms.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "the switches of an axis of plotly.js")]
pub(super) struct Axis {
    pub(super) name: AxisName,
    pub(super) title: Label,
    pub(super) logarithmic: bool,
    pub(super) domain: [f64; 2],
    pub(super) anchor: AxisName,
    /// The axis whose units have the same length.
    pub(super) equal_to: Option<AxisName>,
    pub(super) zero_line: bool,
    pub(super) grid: bool,
    pub(super) labels: bool,
    pub(super) shown: bool,
    pub(super) source: TickSource,
    pub(super) reversed: bool,
    /// What it shows, the lower number first.
    pub(super) range: [f64; 2],
    fixed: [Option<f64>; 2],
    to_zero: bool,
    suffix: String,
}

/// What something drawn needs of an axis, in units of its scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reach {
    pub(super) low: f64,
    pub(super) high: f64,
    /// Whether the ends of the axis keep away from it.
    pub(super) padded: bool,
}

impl Reach {
    /// From the lowest to the highest of `values`.
    pub(super) fn of(values: impl IntoIterator<Item = f64>, padded: bool) -> Option<Self> {
        values.into_iter().fold(None, |reach: Option<Self>, value| {
            let Self { low, high, .. } = reach.unwrap_or(Self { low: value, high: value, padded });
            Some(Self { low: low.min(value), high: high.max(value), padded })
        })
    }
}

impl Axis {
    /// The axis `name` of a layout, with the usual properties where the layout says nothing.
    pub(super) fn of_layout(layout: &Value, name: AxisName) -> Result<Self, Error> {
        Self::read(&layout[name.key().as_str()], name)
    }

    /// An axis from its own object.
    pub(super) fn read(object: &Value, name: AxisName) -> Result<Self, Error> {
        let logarithmic = match word(object, "type", "linear") {
            "linear" | "-" => false,
            "log" => true,
            other => return Err(refuse(format!("an axis of type `{other}`"))),
        };
        if !object["overlaying"].is_null() {
            return Err(refuse("an axis laid over another one"));
        }
        let title = object["title"]["text"].as_str().or_else(|| object["title"].as_str()).unwrap_or_default();
        let end = |place: usize| object["range"][place].as_f64().map(|end| end.clamp(-LARGEST, LARGEST));
        let mut fixed = [end(0), end(1)];
        let mut reversed = word(object, "autorange", "").contains("reversed");
        if let [Some(first), Some(last)] = fixed
            && first > last
        {
            fixed = [Some(last), Some(first)];
            reversed = true;
        }
        let domain = match list(object, "domain") {
            [] => [0.0, 1.0],
            [low, high] => [low.as_f64().unwrap_or(0.0), high.as_f64().unwrap_or(1.0)],
            _ => return Err(refuse("the domain of an axis that is no pair of numbers")),
        };
        if !(0.0 <= domain[0] && domain[0] < domain[1] && domain[1] <= 1.0) {
            return Err(refuse("the domain of an axis that is no stretch from 0 to 1"));
        }
        let anchor = match word(object, "anchor", "") {
            "" | "free" => name.usual_anchor(),
            anchor => AxisName::parse(anchor)?,
        };
        let equal_to = object["scaleanchor"].as_str().map(AxisName::parse).transpose()?;
        let mut axis = Self {
            name,
            title: Label::parse(title),
            logarithmic,
            domain,
            anchor,
            equal_to,
            zero_line: flag(object, "zeroline", true) && !logarithmic,
            grid: flag(object, "showgrid", true),
            labels: flag(object, "showticklabels", true),
            shown: flag(object, "visible", true),
            source: TickSource::Round,
            reversed,
            range: [0.0, 1.0],
            fixed,
            to_zero: word(object, "rangemode", "") == "tozero",
            suffix: word(object, "ticksuffix", "").to_owned(),
        };
        axis.source = axis.tick_source(object)?;
        Ok(axis)
    }

    fn tick_source(&self, object: &Value) -> Result<TickSource, Error> {
        if object["tickvals"].is_array() {
            let texts = list(object, "ticktext");
            let mut ticks = Vec::new();
            for (place, value) in list(object, "tickvals").iter().enumerate() {
                let value = value.as_f64().ok_or_else(|| refuse("tick places that are no numbers"))?;
                let label = match texts.get(place) {
                    Some(Value::String(text)) => self.suffixed(Label::parse(text)),
                    Some(other) => self.suffixed(Label::plain(other.to_string())),
                    None => self.suffixed(ticks::listed(value)),
                };
                ticks.extend(self.scaled(value).map(|at| (at, label)));
            }
            ticks.sort_by(|(one, _), (other, _)| one.total_cmp(other));
            return Ok(TickSource::Listed(ticks));
        }
        match object["dtick"].as_f64() {
            Some(step) if step > 0.0 => Ok(TickSource::Steps { first: number(object, "tick0", 0.0), step }),
            _ => Ok(TickSource::Round),
        }
    }

    /// `value` in units of the scale; `None` where the scale does not have it.
    pub(super) fn scaled(&self, value: f64) -> Option<f64> {
        if self.logarithmic { (value > 0.0).then(|| value.log10()) } else { Some(value.clamp(-LARGEST, LARGEST)) }
    }

    /// Sets what the axis shows: all of `reaches`, unless the layout fixes it.
    pub(super) fn settle(&mut self, reaches: &[Reach]) {
        let low = reaches.iter().map(|reach| reach.low).fold(f64::INFINITY, f64::min);
        let high = reaches.iter().map(|reach| reach.high).fold(f64::NEG_INFINITY, f64::max);
        let (mut low, mut high) = if low <= high { (low, high) } else { (0.0, 1.0) };
        let pad = PADDING * (high - low);
        for reach in reaches.iter().filter(|reach| reach.padded) {
            low = low.min(reach.low - pad);
            high = high.max(reach.high + pad);
        }
        if self.to_zero {
            let lowest = reaches.iter().map(|reach| reach.low).fold(f64::INFINITY, f64::min);
            let highest = reaches.iter().map(|reach| reach.high).fold(f64::NEG_INFINITY, f64::max);
            if lowest >= 0.0 {
                low = 0.0;
            }
            if highest <= 0.0 {
                high = 0.0;
            }
        }
        low = self.fixed[0].unwrap_or(low);
        high = self.fixed[1].unwrap_or(high);
        // Nothing, or the same number everywhere, has no stretch of its own.
        let resolution = (1e-12 * low.abs().max(high.abs())).max(SMALLEST);
        if high - low <= resolution {
            let half = if self.logarithmic || low.abs() <= SMALLEST { 1.0 } else { low.abs() / 2.0 };
            (low, high) = if self.to_zero && low >= 0.0 { (0.0, high.max(half)) } else { (low - half, low + half) };
        }
        self.range = [low, high];
    }

    /// The ticks in `range`, about `n_ticks` if they are round numbers.
    pub(super) fn ticks(&self, range: [f64; 2], n_ticks: f64) -> Vec<Tick> {
        let mut ticks = match &self.source {
            TickSource::Listed(listed) => {
                let slack = 1e-9 * (range[1] - range[0]);
                let inside = listed.iter().filter(|(at, _)| *at >= range[0] - slack && *at <= range[1] + slack);
                return inside.map(|(at, label)| Tick { at: *at, label: label.clone() }).collect();
            }
            TickSource::Steps { first, step } => ticks::steps(range, *first, *step, n_ticks, self.logarithmic),
            TickSource::Round if self.logarithmic => ticks::logarithmic(range, n_ticks),
            TickSource::Round => ticks::round(range, n_ticks),
        };
        for tick in &mut ticks {
            if !tick.label.is_empty() {
                tick.label = self.suffixed(std::mem::take(&mut tick.label));
            }
        }
        ticks
    }

    fn suffixed(&self, label: Label) -> Label {
        label.followed_by(&self.suffix, Level::Plain)
    }
}
