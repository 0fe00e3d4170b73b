//! Text of figures: out of the pseudo-HTML of plotly.js, into SVG, and how wide it is.

use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider, charmap::Charmap};

use crate::Error;

/// The font of the PNG; what it lacks shows as a box.
pub(super) const FONT: &[u8] = epaint_default_fonts::UBUNTU_LIGHT;
/// Fonts of the SVG, from the one that the PNG has to what every viewer has.
pub(super) const FAMILIES: &str = "Ubuntu, 'Helvetica Neue', Arial, sans-serif";
/// From one baseline to the next, in sizes of the font.
pub(super) const LEADING: f64 = 1.25;
/// From the baseline to half the height of capital letters, in sizes of the font.
pub(super) const HALF_CAPITAL: f64 = 0.35;
/// Letters in other fonts of the family list are up to this much wider.
const OTHER_FONTS: f64 = 1.05;
/// Size of raised and lowered text, in sizes of the text around it.
pub(super) const SMALL: f64 = 0.72;

/// Where a piece of text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// On the line.
    Plain,
    /// Raised and small.
    Raised,
    /// Lowered and small.
    Lowered,
}

/// Text at one level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) text: String,
    pub(super) level: Level,
}

/// Lines of text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Label {
    pub(super) lines: Vec<Vec<Run>>,
}

impl Label {
    /// Plain text in one line.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() {
            return Self::default();
        }
        Self { lines: vec![vec![Run { text, level: Level::Plain }]] }
    }

    /// The pseudo-HTML of plotly.js: `<br>` ends a line, `<sup>` raises, `<sub>` lowers, other tags that it knows are
    /// left out, entities are decoded once, and everything else stands for itself.
    pub(super) fn parse(text: &str) -> Self {
        let mut label = Self::default();
        let mut level = Level::Plain;
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if first == '<'
                && let Some((tag, length)) = tag(rest)
            {
                match tag {
                    Tag::Break => label.lines.resize(label.lines.len().max(1) + 1, Vec::new()),
                    Tag::Level(new) => level = new,
                    Tag::Dropped => {}
                }
                rest = &rest[length..];
            } else {
                let known = if first == '&' { entity(rest) } else { None };
                let (character, length) = known.unwrap_or((first, first.len_utf8()));
                label.push(character, level);
                rest = &rest[length..];
            }
        }
        label
    }

    fn push(&mut self, character: char, level: Level) {
        if self.lines.is_empty() {
            self.lines.push(Vec::new());
        }
        if let Some(line) = self.lines.last_mut() {
            match line.last_mut() {
                Some(run) if run.level == level => run.text.push(character),
                _ => line.push(Run { text: character.into(), level }),
            }
        }
    }

    /// Text at `level`, put after the last line.
    pub(super) fn followed_by(mut self, text: &str, level: Level) -> Self {
        for character in text.chars() {
            self.push(character, level);
        }
        self
    }

    /// Whether there is nothing to see.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.iter().flatten().all(|run| run.text.trim().is_empty())
    }

    /// Height of the lines at `size`.
    pub(super) fn height(&self, size: f64) -> f64 {
        self.lines.len() as f64 * LEADING * size
    }
}

enum Tag {
    Break,
    Level(Level),
    Dropped,
}

/// The tag with which `text` begins and its length, if plotly.js knows it.
fn tag(text: &str) -> Option<(Tag, usize)> {
    let end = text.find('>')?;
    let inside = &text[1..end];
    let (closing, inside) = inside.strip_prefix('/').map_or((false, inside), |inside| (true, inside));
    let name = inside.split([' ', '/']).next().unwrap_or_default().to_ascii_lowercase();
    let tag = match (name.as_str(), closing) {
        ("br", _) => Tag::Break,
        ("sup", false) => Tag::Level(Level::Raised),
        ("sub", false) => Tag::Level(Level::Lowered),
        ("sup" | "sub", true) => Tag::Level(Level::Plain),
        ("b" | "i" | "u" | "s" | "em" | "strong" | "span" | "a", _) => Tag::Dropped,
        _ => return None,
    };
    Some((tag, end + 1))
}

/// The character for which the entity at the beginning of `text` stands, and the length of the entity.
fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.bytes().take(12).position(|byte| byte == b';')?;
    let name = &text[1..end];
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "nbsp" => '\u{a0}',
        "times" => '×',
        "plusmn" => '±',
        "deg" => '°',
        "mu" => 'μ',
        _ => {
            let code = name.strip_prefix('#')?;
            let code = match code.strip_prefix(['x', 'X']) {
                Some(code) => u32::from_str_radix(code, 16),
                None => code.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((character, end + 1))
}

/// Widths of the font of the PNG.
pub(super) struct Typeface {
    characters: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
}

impl Typeface {
    /// The font that the program carries.
    pub(super) fn new() -> Result<Self, Error> {
        let font = FontRef::new(FONT).map_err(|_| Error::Font)?;
        Ok(Self { characters: font.charmap(), metrics: font.glyph_metrics(Size::new(1.0), LocationRef::default()) })
    }

    /// Width of the widest line at `size`, with room for the other fonts of the family list.
    pub(super) fn width(&self, label: &Label, size: f64) -> f64 {
        label.lines.iter().map(|line| self.line_width(line)).fold(0.0, f64::max) * size
    }

    /// Width of a line at size 1.
    fn line_width(&self, line: &[Run]) -> f64 {
        let width = |run: &Run| -> f64 {
            let width: f64 = run.text.chars().map(|character| self.advance(character)).sum();
            if run.level == Level::Plain { width } else { SMALL * width }
        };
        OTHER_FONTS * line.iter().map(width).sum::<f64>()
    }

    fn advance(&self, character: char) -> f64 {
        // Glyph 0 is the box for what the font lacks.
        let glyph = self.characters.map(character).unwrap_or_default();
        f64::from(self.metrics.advance_width(glyph).unwrap_or(0.5))
    }

    /// `label` with its lines broken so that none is wider than `width`: at spaces where there are some, else within
    /// words. A line holds at least one character.
    pub(super) fn wrap(&self, label: &Label, width: f64, size: f64) -> Label {
        let lines = label.lines.iter().flat_map(|line| self.wrap_line(line, width / size)).collect();
        Label { lines }
    }

    fn wrap_line(&self, line: &[Run], width: f64) -> Vec<Vec<Run>> {
        if self.line_width(line) <= width {
            return vec![line.to_vec()];
        }
        let characters: Vec<(char, Level)> =
            line.iter().flat_map(|run| run.text.chars().map(|character| (character, run.level))).collect();
        let widths: Vec<f64> = characters
            .iter()
            .map(|(character, level)| {
                let scale = if *level == Level::Plain { OTHER_FONTS } else { SMALL * OTHER_FONTS };
                scale * self.advance(*character)
            })
            .collect();
        let mut lines = Vec::new();
        let mut start = 0;
        while start < characters.len() {
            let mut end = start;
            let mut used = 0.0;
            while end < characters.len() && (end == start || used + widths[end] <= width) {
                used += widths[end];
                end += 1;
            }
            let mut next = end;
            if end < characters.len()
                && let Some(space) = (start + 1..=end).rev().find(|place| characters[*place].0 == ' ')
            {
                (end, next) = (space, space + 1);
            }
            let mut part = Label::default();
            for (character, level) in &characters[start..end] {
                part.push(*character, *level);
            }
            lines.extend(part.lines);
            start = next;
        }
        lines
    }
}
