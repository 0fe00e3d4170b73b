//! SVG elements, written one after the other.

use std::fmt::Write as _;

use super::color::{Color, INK};
use super::text::{HALF_CAPITAL, LEADING, Label, Level, SMALL};
use crate::escape::html;

/// Pixels are written to this fraction.
const STEPS_PER_PIXEL: f64 = 100.0;
/// What lies farther out than this is drawn here; no page is as wide.
const FAR: f64 = 1e6;

/// Which part of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a line looks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) color: Color,
    pub(super) width: f64,
    pub(super) dash: Dash,
}

impl Line {
    pub(super) fn thin(color: Color) -> Self {
        Self { color, width: 1.0, dash: Dash::Solid }
    }

    /// The attributes of the line, its dashes begun `offset` pixels after their start.
    pub(super) fn attributes(&self, offset: f64) -> String {
        let mut attributes = self.color.attribute("stroke");
        let _ = write!(attributes, " stroke-width=\"{}\"", pixels(self.width));
        let pattern = self.dash.pattern();
        if !pattern.is_empty() {
            let lengths: Vec<String> = pattern.iter().map(|length| pixels(length * self.width.max(1.0))).collect();
            let _ = write!(attributes, " stroke-dasharray=\"{}\"", lengths.join(" "));
            if offset > 0.0 {
                let _ = write!(attributes, " stroke-dashoffset=\"{}\"", pixels(offset));
            }
        }
        attributes
    }
}

/// How a line is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dash {
    Solid,
    Dashes,
    Dots,
    DashesAndDots,
}

impl Dash {
    /// Lengths of strokes and gaps in line widths.
    fn pattern(self) -> &'static [f64] {
        match self {
            Self::Solid => &[],
            Self::Dashes => &[4.0, 2.5],
            Self::Dots => &[1.0, 2.0],
            Self::DashesAndDots => &[4.0, 2.0, 1.0, 2.0],
        }
    }
}

/// A rectangle in pixels, y downwards.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Rect {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Rect {
    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> f64 {
        self.bottom - self.top
    }

    pub(super) fn center(&self) -> [f64; 2] {
        [f64::midpoint(self.left, self.right), f64::midpoint(self.top, self.bottom)]
    }

    /// Whether the point is inside, or not more than `slack` outside.
    pub(super) fn contains(&self, [x, y]: [f64; 2], slack: f64) -> bool {
        x >= self.left - slack && x <= self.right + slack && y >= self.top - slack && y <= self.bottom + slack
    }
}

/// A drawing under way.
pub(super) struct Canvas {
    text: String,
    n_clips: usize,
}

impl Canvas {
    /// White paper of this size.
    pub(super) fn new(width: f64, height: f64, families: &str) -> Self {
        let (width, height) = (pixels(width), pixels(height));
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" \
             width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"{families}\">\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
        );
        Self { text, n_clips: 0 }
    }

    /// The document.
    pub(super) fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }

    /// Everything up to [`Canvas::close`] has these attributes, each written with a space before it.
    pub(super) fn open(&mut self, attributes: &str) {
        let _ = writeln!(self.text, "<g{attributes}>");
    }

    /// Everything up to [`Canvas::close`] is cut off at `rect`.
    pub(super) fn open_clipped(&mut self, rect: &Rect) {
        self.n_clips += 1;
        let _ = write!(self.text, "<clipPath id=\"clip-{}\">", self.n_clips);
        self.rect(rect, "");
        let _ = writeln!(self.text, "</clipPath>\n<g clip-path=\"url(#clip-{})\">", self.n_clips);
    }

    pub(super) fn close(&mut self) {
        self.text.push_str("</g>\n");
    }

    pub(super) fn line(&mut self, from: [f64; 2], to: [f64; 2], attributes: &str) {
        let [x1, y1, x2, y2] = [from[0], from[1], to[0], to[1]].map(pixels);
        let _ = writeln!(self.text, "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"{attributes}/>");
    }

    pub(super) fn rect(&mut self, rect: &Rect, attributes: &str) {
        let [x, y, width, height] = [rect.left, rect.top, rect.width(), rect.height()].map(pixels);
        let _ = writeln!(self.text, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"{attributes}/>");
    }

    pub(super) fn circle(&mut self, [x, y]: [f64; 2], radius: f64, attributes: &str) {
        let [x, y, radius] = [x, y, radius].map(pixels);
        let _ = writeln!(self.text, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"{attributes}/>");
    }

    /// Lines through the points of each part, joined to its first point again if `closed`.
    pub(super) fn path(&mut self, parts: &[Vec<[f64; 2]>], closed: bool, attributes: &str) {
        self.text.push_str("<path d=\"");
        for (place, part) in parts.iter().enumerate() {
            if place > 0 {
                self.text.push(' ');
            }
            for (place, [x, y]) in part.iter().enumerate() {
                let command = if place == 0 { 'M' } else { 'L' };
                let _ = write!(self.text, "{command}{},{}", pixels(*x), pixels(*y));
            }
            if closed {
                self.text.push('Z');
            }
        }
        let _ = writeln!(self.text, "\"{attributes}/>");
    }

    /// Lines of text; the first one has its baseline at `place`. All are turned around `place` by `degrees`, clockwise.
    pub(super) fn text(&mut self, label: &Label, place: [f64; 2], style: TextStyle) {
        if label.is_empty() {
            return;
        }
        let [x, y] = place.map(pixels);
        let anchor = match style.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let turn = if style.degrees == 0.0 {
            String::new()
        } else {
            format!(" transform=\"rotate({} {x} {y})\"", pixels(style.degrees))
        };
        let _ = write!(
            self.text,
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\"{}{anchor}{turn}>",
            pixels(style.size),
            style.color.attribute("fill")
        );
        for (number, line) in label.lines.iter().enumerate() {
            if number > 0 {
                let y = pixels(place[1] + number as f64 * LEADING * style.size);
                let _ = write!(self.text, "<tspan x=\"{x}\" y=\"{y}\">");
            }
            let mut shift = 0.0;
            for run in line {
                let (rise, size) = match run.level {
                    Level::Plain => (0.0, style.size),
                    Level::Raised => (-0.38 * style.size, SMALL * style.size),
                    Level::Lowered => (0.2 * style.size, SMALL * style.size),
                };
                let text = html(&run.text);
                if run.level == Level::Plain && shift == 0.0 {
                    self.text.push_str(&text);
                } else {
                    let move_by = pixels(rise - shift);
                    let _ = write!(self.text, "<tspan dy=\"{move_by}\" font-size=\"{}\">{text}</tspan>", pixels(size));
                }
                shift = rise;
            }
            if number > 0 {
                self.text.push_str("</tspan>");
            }
        }
        self.text.push_str("</text>\n");
    }
}

/// How text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextStyle {
    pub(super) size: f64,
    pub(super) anchor: Anchor,
    pub(super) color: Color,
    pub(super) degrees: f64,
}

impl TextStyle {
    /// Upright text in ink.
    pub(super) fn new(size: f64, anchor: Anchor) -> Self {
        Self { size, anchor, color: INK, degrees: 0.0 }
    }

    pub(super) fn turned(self, degrees: f64) -> Self {
        Self { degrees, ..self }
    }

    /// Where the first baseline of `label` is if its lines are centred at height `y`.
    pub(super) fn centered(&self, label: &Label, y: f64) -> f64 {
        let below = label.lines.len().saturating_sub(1) as f64 * LEADING * self.size / 2.0;
        y + HALF_CAPITAL * self.size - below
    }
}

/// A length or place in pixels, as short as it can be written.
pub(super) fn pixels(value: f64) -> String {
    let rounded = (value.clamp(-FAR, FAR) * STEPS_PER_PIXEL).round() / STEPS_PER_PIXEL;
    // Adding zero turns −0 into 0; what is no number cannot come here, and would be drawn at 0.
    if rounded.is_finite() { format!("{}", rounded + 0.0) } else { "0".to_owned() }
}
