//! Markers, with the sizes that plotly.js gives them.

use std::f64::consts::PI;
use std::fmt::Write as _;

use serde_json::Value;

use super::canvas::{Canvas, pixels};
use super::color::{Color, INK, PAPER};
use super::read::{list, refuse, word};
use crate::Error;

/// Outline of an open marker.
const OPEN_OUTLINE: f64 = 1.4;
/// Diameter of a marker that states none.
const USUAL_SIZE: f64 = 6.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Circle,
    Square,
    Diamond,
    Triangle,
    Star,
}

/// The markers of one trace.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Marker {
    shape: Shape,
    open: bool,
    color: Color,
    outline: Option<(Color, f64)>,
    /// One for each point, or one for all.
    sizes: Vec<f64>,
}

impl Marker {
    /// The field `marker` of a trace; `color` is that of its lines, and overrules the marker's if `forced`.
    pub(super) fn read(marker: &Value, color: Color, forced: bool) -> Result<Self, Error> {
        let symbol = word(marker, "symbol", "circle");
        let (name, open) = symbol.strip_suffix("-open").map_or((symbol, false), |name| (name, true));
        let shape = match name {
            "circle" => Shape::Circle,
            "square" => Shape::Square,
            "diamond" => Shape::Diamond,
            "triangle-up" => Shape::Triangle,
            "star" => Shape::Star,
            _ => return Err(refuse(format!("the marker `{symbol}`"))),
        };
        let color = if forced { color } else { Color::field(marker, "color", color)? };
        let width = marker["line"]["width"].as_f64().unwrap_or(0.0);
        let outline = if width > 0.0 {
            Some((Color::field(&marker["line"], "color", if open { color } else { INK })?, width))
        } else {
            None
        };
        let mut sizes: Vec<f64> = list(marker, "size").iter().map(|size| size.as_f64().unwrap_or(USUAL_SIZE)).collect();
        if sizes.is_empty() {
            sizes.push(marker["size"].as_f64().unwrap_or(USUAL_SIZE));
        }
        Ok(Self { shape, open, color, outline, sizes })
    }

    /// The same markers, all of the size that a legend has room for.
    pub(super) fn for_legend(&self) -> Self {
        let smallest = self.sizes.iter().copied().fold(f64::INFINITY, f64::min).clamp(6.0, 11.0);
        Self { sizes: vec![smallest], ..self.clone() }
    }

    pub(super) fn color(&self) -> Color {
        self.color
    }

    /// Attributes that all markers share.
    pub(super) fn attributes(&self) -> String {
        let fill = if self.open { PAPER } else { self.color };
        let mut attributes = fill.attribute("fill");
        let outline = match self.outline {
            None if self.open => Some((self.color, OPEN_OUTLINE)),
            outline => outline,
        };
        if let Some((color, width)) = outline {
            let _ = write!(attributes, "{} stroke-width=\"{}\"", color.attribute("stroke"), pixels(width));
        }
        attributes
    }

    /// The marker of point number `place`, at `center`.
    pub(super) fn draw(&self, canvas: &mut Canvas, place: usize, center: [f64; 2], attributes: &str) {
        let Some(size) = self.sizes.get(place).or(self.sizes.last()) else { return };
        let radius = size.max(0.0) / 2.0;
        let polygon = |corners: &[[f64; 2]]| {
            vec![corners.iter().map(|[x, y]| [center[0] + radius * x, center[1] + radius * y]).collect()]
        };
        let corners = match self.shape {
            Shape::Circle => return canvas.circle(center, radius, attributes),
            Shape::Square => polygon(&[[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]),
            Shape::Diamond => polygon(&[[0.0, -1.3], [1.3, 0.0], [0.0, 1.3], [-1.3, 0.0]]),
            Shape::Triangle => polygon(&[[-1.155, 0.5], [1.155, 0.5], [0.0, -1.0]]),
            Shape::Star => polygon(&star()),
        };
        canvas.path(&corners, true, attributes);
    }
}

/// Five points on a circle of radius 1.4, joined through inner points at the radius of a pentagram.
fn star() -> [[f64; 2]; 10] {
    std::array::from_fn(|place| {
        let radius = if place % 2 == 0 { 1.4 } else { 1.4 * 0.382 };
        let angle = place as f64 * PI / 5.0;
        [radius * angle.sin(), -radius * angle.cos()]
    })
}
