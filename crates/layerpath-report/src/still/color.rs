//! Colours, and scales of them.

use serde_json::Value;

use super::read::refuse;
use crate::Error;

/// Text and lines that carry meaning, as in `assets/page.js` on light paper.
pub(super) const INK: Color = Color::opaque(0x1b, 0x1f, 0x23);
/// What explains rather than shows.
pub(super) const MUTED: Color = Color::opaque(0x59, 0x62, 0x6b);
/// Lines of axes, reference lines.
pub(super) const LINE: Color = Color::opaque(0x8a, 0x94, 0x9d);
/// Lines at ticks.
pub(super) const GRID: Color = Color::opaque(0xe3, 0xe7, 0xea);
/// The line at zero.
pub(super) const ZERO: Color = Color::opaque(0xbf, 0xc6, 0xcc);
/// Where a cell is empty.
pub(super) const EMPTY: Color = Color::opaque(0xec, 0xee, 0xf0);
/// Walls of boxes.
pub(super) const WALL: Color = Color::opaque(0xf6, 0xf8, 0xf9);
/// The page.
pub(super) const PAPER: Color = Color::opaque(0xff, 0xff, 0xff);

/// Colours of traces that name none, in the order of Okabe and Ito (2008).
pub(super) const PALETTE: [Color; 6] = [
    Color::opaque(0x00, 0x72, 0xb2),
    Color::opaque(0xd5, 0x5e, 0x00),
    Color::opaque(0x00, 0x9e, 0x73),
    Color::opaque(0xcc, 0x79, 0xa7),
    Color::opaque(0xe6, 0x9f, 0x00),
    Color::opaque(0x56, 0xb4, 0xe9),
];

/// A colour in sRGB with its opacity from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Color {
    rgb: [u8; 3],
    opacity: f64,
}

impl Color {
    const fn opaque(red: u8, green: u8, blue: u8) -> Self {
        Self { rgb: [red, green, blue], opacity: 1.0 }
    }

    /// The same colour, `opacity` times as opaque.
    pub(super) fn faded(self, opacity: f64) -> Self {
        Self { opacity: self.opacity * opacity, ..self }
    }

    /// `#rgb`, `#rrggbb`, `rgb(…)` or `rgba(…)`.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let parsed = match text.strip_prefix('#') {
            Some(digits) => hexadecimal(digits),
            None => functional(text),
        };
        parsed.ok_or_else(|| refuse(format!("the colour `{text}`")))
    }

    /// The colour in field `key`, or `default` if there is none.
    pub(super) fn field(object: &Value, key: &str, default: Self) -> Result<Self, Error> {
        match &object[key] {
            Value::Null => Ok(default),
            Value::String(text) => Self::parse(text),
            other => Err(refuse(format!("the colour `{other}`"))),
        }
    }

    /// `paint` (`fill` or `stroke`) as an attribute, with its opacity where it has one.
    pub(super) fn attribute(self, paint: &str) -> String {
        let [red, green, blue] = self.rgb;
        let color = format!(" {paint}=\"#{red:02x}{green:02x}{blue:02x}\"");
        if self.opacity < 1.0 { format!("{color} {paint}-opacity=\"{:.3}\"", self.opacity) } else { color }
    }
}

fn hexadecimal(digits: &str) -> Option<Color> {
    let value = u32::from_str_radix(digits, 16).ok()?;
    let [_, red, green, blue] = match digits.len() {
        3 => [0, 0x11 * (value >> 8), 0x11 * (value >> 4 & 0xf), 0x11 * (value & 0xf)].map(|part| part as u8),
        6 => value.to_be_bytes(),
        _ => return None,
    };
    Some(Color::opaque(red, green, blue))
}

fn functional(text: &str) -> Option<Color> {
    let inside = text.strip_prefix("rgba(").or_else(|| text.strip_prefix("rgb("))?.strip_suffix(')')?;
    let parts = inside.split(',').map(|part| part.trim().parse::<f64>().ok()).collect::<Option<Vec<_>>>()?;
    let (&[red, green, blue], rest) = parts.split_first_chunk::<3>()?;
    let opacity = match rest {
        [] => 1.0,
        [opacity] => *opacity,
        _ => return None,
    };
    let rgb = [red, green, blue].map(|part| part.round().clamp(0.0, 255.0) as u8);
    (0.0..=1.0).contains(&opacity).then_some(Color { rgb, opacity })
}

/// From 0 to 1, a colour.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ColorScale(Vec<(f64, Color)>);

impl ColorScale {
    /// A list of `[position, "#rrggbb"]`, positions from 0 to 1 in rising order.
    pub(super) fn read(value: &Value) -> Result<Self, Error> {
        let wrong = || refuse("a colour scale that is no list of [position, colour] from 0 to 1");
        let mut stops: Vec<(f64, Color)> = Vec::new();
        for stop in value.as_array().ok_or_else(wrong)? {
            let position = stop[0].as_f64().filter(|position| (0.0..=1.0).contains(position)).ok_or_else(wrong)?;
            if stops.last().is_some_and(|(before, _)| *before > position) {
                return Err(wrong());
            }
            stops.push((position, Color::parse(stop[1].as_str().ok_or_else(wrong)?)?));
        }
        if stops.is_empty() { Err(wrong()) } else { Ok(Self(stops)) }
    }

    /// The colour at `place`, between its neighbours in sRGB, as plotly.js mixes them.
    pub(super) fn at(&self, place: f64) -> Color {
        let after = self.0.partition_point(|(position, _)| *position < place);
        match (after.checked_sub(1).and_then(|before| self.0.get(before)), self.0.get(after)) {
            (Some((from, before)), Some((to, after))) if to > from => {
                let share = (place - from) / (to - from);
                let mut rgb = before.rgb;
                for (part, end) in rgb.iter_mut().zip(after.rgb) {
                    *part = (f64::from(*part) + share * (f64::from(end) - f64::from(*part))).round() as u8;
                }
                Color { rgb, opacity: 1.0 }
            }
            (_, Some((_, color))) | (Some((_, color)), None) => *color,
            (None, None) => PAPER,
        }
    }
}

impl Default for ColorScale {
    /// Cividis in outline: it reads the same with every kind of colour vision, and in grey.
    fn default() -> Self {
        let stops = [
            (0.0, Color::opaque(0x00, 0x22, 0x4e)),
            (0.25, Color::opaque(0x43, 0x4e, 0x6c)),
            (0.5, Color::opaque(0x7d, 0x7c, 0x78)),
            (0.75, Color::opaque(0xbc, 0xae, 0x6c)),
            (1.0, Color::opaque(0xfe, 0xe8, 0x38)),
        ];
        Self(stops.to_vec())
    }
}
