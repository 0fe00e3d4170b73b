//! Traces of lines and markers in the plane.

use serde_json::Value;

use super::axis::{AxisName, Direction};
use super::canvas::{Canvas, Dash, Line, Rect};
use super::color::{Color, INK, MUTED, PALETTE};
use super::marker::Marker;
use super::read::{flag, number, numbers, refuse, word};
use super::text::Label;
use crate::Error;

/// Traces of fewer points than this show them unless told otherwise.
const FEW_POINTS: usize = 20;
/// Opacity of an area that names no colour.
const FAINT: f64 = 0.4;

/// How a trace looks, on the page and in the legend.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Style {
    pub(super) line: Option<Line>,
    pub(super) marker: Option<Marker>,
    pub(super) fill: Option<Color>,
    pub(super) opacity: f64,
}

/// A line of the legend.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) name: Label,
    pub(super) group: String,
    pub(super) style: Style,
}

/// A trace of lines and markers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scatter {
    pub(super) style: Style,
    pub(super) across: AxisName,
    pub(super) up: AxisName,
    /// Points in the order of the trace, `None` for a gap.
    pub(super) points: Vec<Option<[f64; 2]>>,
    pub(super) errors: Option<Errors>,
}

/// Bars above and below each point.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Errors {
    above: Vec<Option<f64>>,
    below: Vec<Option<f64>>,
    line: Line,
    /// Half the length of the strokes that end a bar.
    cap: f64,
}

impl Errors {
    /// The numbers that the bar at number `place`, `value`, reaches from and to.
    pub(super) fn ends(&self, place: usize, value: f64) -> Option<[f64; 2]> {
        let above = self.above.get(place).copied().flatten();
        let below = self.below.get(place).copied().flatten();
        (above.is_some() || below.is_some()).then(|| [value - below.unwrap_or(0.0), value + above.unwrap_or(0.0)])
    }
}

impl Style {
    /// The look of trace number `place` of `n_points` points.
    pub(super) fn read(trace: &Value, place: usize, n_points: usize) -> Result<Self, Error> {
        let (lines, markers) = match trace["mode"].as_str() {
            Some("lines") => (true, false),
            Some("markers") => (false, true),
            Some("lines+markers") => (true, true),
            Some(other) => return Err(refuse(format!("a trace of mode `{other}`"))),
            None => (true, n_points < FEW_POINTS),
        };
        let line = &trace["line"];
        if !matches!(word(line, "shape", "linear"), "linear") {
            return Err(refuse("lines that are not straight"));
        }
        // As `assets/page.js` colours them on light paper.
        let ink = word(trace, "legendgroup", "").starts_with("ink-");
        let usual = match (ink, line.is_object()) {
            (true, true) => MUTED,
            (true, false) => INK,
            (false, _) => Color::field(&trace["marker"], "color", PALETTE[place % PALETTE.len()])?,
        };
        let color = if ink { usual } else { Color::field(line, "color", usual)? };
        let line = Line { color, width: number(line, "width", 2.0).max(0.0), dash: dash(word(line, "dash", "solid"))? };
        let fill = match word(trace, "fill", "none") {
            "none" => None,
            "toself" => Some(Color::field(trace, "fillcolor", color.faded(FAINT))?),
            other => return Err(refuse(format!("an area filled `{other}`"))),
        };
        let marker = if markers { Some(Marker::read(&trace["marker"], color, ink)?) } else { None };
        let opacity = number(trace, "opacity", 1.0).clamp(0.0, 1.0);
        Ok(Self { line: (lines && line.width > 0.0).then_some(line), marker, fill, opacity })
    }

    /// The attribute of a group that fades everything in it, if it is to be faded.
    pub(super) fn group(&self) -> String {
        if self.opacity < 1.0 { format!(" opacity=\"{:.3}\"", self.opacity) } else { String::new() }
    }
}

fn dash(name: &str) -> Result<Dash, Error> {
    match name {
        "solid" => Ok(Dash::Solid),
        "dash" => Ok(Dash::Dashes),
        "dot" => Ok(Dash::Dots),
        "dashdot" => Ok(Dash::DashesAndDots),
        _ => Err(refuse(format!("a line of dashes `{name}`"))),
    }
}

impl Line {
    /// The field `line` of a shape.
    pub(super) fn of_shape(line: &Value, color: Color) -> Result<Self, Error> {
        Ok(Self {
            color: Color::field(line, "color", color)?,
            width: number(line, "width", 2.0).max(0.0),
            dash: dash(word(line, "dash", "solid"))?,
        })
    }
}

impl Scatter {
    /// Trace number `place` of a figure.
    pub(super) fn read(trace: &Value, place: usize) -> Result<Self, Error> {
        let [x, y] = coordinates(trace, ["x", "y"])?;
        let points: Vec<_> = x.iter().zip(&y).map(|(x, y)| Some([(*x)?, (*y)?])).collect();
        let style = Style::read(trace, place, points.len())?;
        Ok(Self {
            errors: read_errors(trace, &style)?,
            style,
            across: AxisName::field(trace, "xaxis", Direction::Across)?,
            up: AxisName::field(trace, "yaxis", Direction::Up)?,
            points,
        })
    }

    /// Draws areas. `at` leads from numbers to pixels, where the scales have them.
    pub(super) fn draw_area(&self, canvas: &mut Canvas, at: &impl Fn([f64; 2]) -> Option<[f64; 2]>, inside: &Rect) {
        let Some(fill) = self.style.fill else { return };
        let attributes = fill.faded(self.style.opacity).attribute("fill");
        draw_parts(canvas, &self.parts(at, 3), true, &attributes, inside);
    }

    /// Draws lines, bars and markers; `inside` is where the panel lets markers be.
    pub(super) fn draw(&self, canvas: &mut Canvas, at: &impl Fn([f64; 2]) -> Option<[f64; 2]>, inside: &Rect) {
        let style = &self.style;
        if style.line.is_none() && style.marker.is_none() && self.errors.is_none() {
            return;
        }
        let pixels: Vec<Option<[f64; 2]>> = self.points.iter().map(|point| point.and_then(at)).collect();
        canvas.open(&style.group());
        if let Some(line) = &style.line {
            let ends = if line.dash == Dash::Solid { " stroke-linecap=\"round\"" } else { "" };
            let attributes = format!(" fill=\"none\"{} stroke-linejoin=\"round\"{ends}", line.attributes(0.0));
            draw_parts(canvas, &self.parts(at, 2), style.fill.is_some(), &attributes, inside);
        }
        if let Some(errors) = &self.errors {
            self.draw_errors(canvas, errors, at, inside);
        }
        if let Some(marker) = &style.marker {
            canvas.open(&marker.attributes());
            for (place, center) in pixels.iter().enumerate() {
                if let Some(center) = center.filter(|center| inside.contains(*center, 0.5)) {
                    marker.draw(canvas, place, center, "");
                }
            }
            canvas.close();
        }
        canvas.close();
    }

    /// Stretches without a gap of at least `least` points, in pixels.
    fn parts(&self, at: &impl Fn([f64; 2]) -> Option<[f64; 2]>, least: usize) -> Vec<Vec<[f64; 2]>> {
        let pixels: Vec<Option<[f64; 2]>> = self.points.iter().map(|point| point.and_then(at)).collect();
        let parts = pixels.split(Option::is_none).filter(|part| part.len() >= least);
        parts.map(|part| part.iter().copied().flatten().collect()).collect()
    }

    fn draw_errors(
        &self,
        canvas: &mut Canvas,
        errors: &Errors,
        at: &impl Fn([f64; 2]) -> Option<[f64; 2]>,
        inside: &Rect,
    ) {
        canvas.open(&errors.line.attributes(0.0));
        for (place, point) in self.points.iter().enumerate() {
            let Some([x, y]) = *point else { continue };
            let (Some(ends), Some([center, _])) = (errors.ends(place, y), at([x, y])) else { continue };
            if center < inside.left - 0.5 || center > inside.right + 0.5 {
                continue;
            }
            // What a logarithmic scale does not have lies beyond its lower end, and so does the stroke that ends it.
            let ends = ends.map(|end| at([x, end]).map(|[_, end]| end));
            let [low, high] = ends.map(|end| end.unwrap_or(inside.bottom).clamp(inside.top, inside.bottom));
            canvas.line([center, low], [center, high], "");
            for end in ends.into_iter().flatten().filter(|_| errors.cap > 0.0) {
                if end >= inside.top - 0.5 && end <= inside.bottom + 0.5 {
                    canvas.line([center - errors.cap, end], [center + errors.cap, end], "");
                }
            }
        }
        canvas.close();
    }
}

/// Draws parts of a path, cut off at the borders of the panel if they leave it.
fn draw_parts(canvas: &mut Canvas, parts: &[Vec<[f64; 2]>], closed: bool, attributes: &str, inside: &Rect) {
    if parts.is_empty() {
        return;
    }
    let leaves = parts.iter().flatten().any(|place| !inside.contains(*place, 0.5));
    if leaves {
        canvas.open_clipped(inside);
    }
    canvas.path(parts, closed, attributes);
    if leaves {
        canvas.close();
    }
}

/// Coordinates under `keys`; one that is not given counts 0, 1, ….
pub(super) fn coordinates<const N: usize>(trace: &Value, keys: [&str; N]) -> Result<[Vec<Option<f64>>; N], Error> {
    let mut given: [Option<Vec<Option<f64>>>; N] = [const { None }; N];
    for (values, key) in given.iter_mut().zip(keys) {
        *values = numbers(trace, key)?;
    }
    let n_points = given.iter().flatten().map(Vec::len).max().unwrap_or(0);
    Ok(given.map(|values| values.unwrap_or_else(|| (0..n_points).map(|place| Some(place as f64)).collect())))
}

fn read_errors(trace: &Value, style: &Style) -> Result<Option<Errors>, Error> {
    let bars = &trace["error_y"];
    if !bars.is_object() || !flag(bars, "visible", true) {
        return Ok(None);
    }
    let kind = word(bars, "type", "data");
    if kind != "data" {
        return Err(refuse(format!("error bars of type `{kind}`")));
    }
    let above = numbers(bars, "array")?.unwrap_or_default();
    let below = match numbers(bars, "arrayminus")? {
        Some(below) if !flag(bars, "symmetric", false) => below,
        _ => above.clone(),
    };
    let usual = match (&style.line, &style.marker) {
        (_, Some(marker)) => marker.color(),
        (Some(line), None) => line.color,
        (None, None) => MUTED,
    };
    let color = Color::field(bars, "color", usual)?;
    let width = number(bars, "thickness", 1.5).max(0.0);
    let cap = number(bars, "width", 4.0).max(0.0);
    Ok(Some(Errors { above, below, line: Line { color, width, dash: Dash::Solid }, cap }))
}
