//! The legend: which side of the plot it is on, and its entries in rows and columns.

use serde_json::Value;

use super::NAME_SIZE;
use super::canvas::{Anchor, Canvas, Dash, Rect, TextStyle};
use super::color::PAPER;
use super::read::{number, word};
use super::scatter::{Entry, Style};
use super::text::{HALF_CAPITAL, LEADING, Label, Typeface};

/// Length of the line that shows how a trace looks.
const SAMPLE: f64 = 30.0;
/// From the sample to the name.
const SAMPLE_GAP: f64 = 7.0;
/// Between columns.
const COLUMN_GAP: f64 = 20.0;
/// Names beside a plot are broken at this width.
const WIDEST_BESIDE: f64 = 210.0;
/// More entries than this are counted instead of shown.
const MOST_ENTRIES: usize = 80;
/// Height of a line.
const ROW: f64 = NAME_SIZE * LEADING + 2.0;

/// Where the legend is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Side {
    Above,
    Below,
    Right,
    /// At a place in the plot area, which is left of, centred on or right of it, and above or below.
    Inside {
        place: [f64; 2],
        anchor: [f64; 2],
    },
}

/// The entries and their side.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Legend {
    entries: Vec<Entry>,
    pub(super) side: Side,
    in_rows: bool,
}

/// Entries in their places, from the upper left corner of the legend.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Rows {
    places: Vec<([f64; 2], Label)>,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Legend {
    /// The legend of a layout; entries of one group follow each other.
    pub(super) fn read(layout: &Value, entries: Vec<Entry>, asked: bool) -> Option<Self> {
        let shown = layout["showlegend"].as_bool().unwrap_or(asked || entries.len() > 1);
        if !shown || entries.is_empty() {
            return None;
        }
        let mut grouped: Vec<Entry> = Vec::with_capacity(entries.len());
        for entry in entries {
            let last = if entry.group.is_empty() {
                None
            } else {
                grouped.iter().rposition(|other| other.group == entry.group)
            };
            grouped.insert(last.map_or(grouped.len(), |place| place + 1), entry);
        }
        if grouped.len() > MOST_ENTRIES {
            let left_out = grouped.len() - (MOST_ENTRIES - 1);
            grouped.truncate(MOST_ENTRIES - 1);
            let style = Style { line: None, marker: None, fill: None, opacity: 1.0 };
            grouped.push(Entry { name: Label::plain(format!("… and {left_out} more")), group: String::new(), style });
        }
        let legend = &layout["legend"];
        let in_rows = word(legend, "orientation", "v") == "h";
        let [x, y] = [
            number(legend, "x", if in_rows { 0.0 } else { 1.02 }),
            number(legend, "y", if in_rows { -0.1 } else { 1.0 }),
        ];
        let side = if x >= 1.0 && word(legend, "xanchor", "left") == "left" && !in_rows {
            Side::Right
        } else if y >= 1.0 && (in_rows || word(legend, "yanchor", "top") == "bottom") {
            Side::Above
        } else if y < 0.0 {
            Side::Below
        } else {
            // As plotly.js reads `auto`: thirds of the plot area.
            let share = |anchor: &str, place: f64| match anchor {
                "left" | "bottom" => 0.0,
                "center" | "middle" => 0.5,
                "right" | "top" => 1.0,
                _ if place < 1.0 / 3.0 => 0.0,
                _ if place <= 2.0 / 3.0 => 0.5,
                _ => 1.0,
            };
            let anchor = [share(word(legend, "xanchor", "left"), x), share(word(legend, "yanchor", "auto"), y)];
            Side::Inside { place: [x.clamp(0.0, 1.0), y], anchor }
        };
        Some(Self { entries: grouped, side, in_rows })
    }

    /// The entries in rows of at most `width`, or one below the other.
    pub(super) fn rows(&self, face: &Typeface, width: f64) -> Rows {
        let in_columns = matches!(self.side, Side::Above | Side::Below) || self.in_rows;
        let widest = if in_columns { width } else { WIDEST_BESIDE + SAMPLE + SAMPLE_GAP };
        let names: Vec<Label> = self
            .entries
            .iter()
            .map(|entry| face.wrap(&entry.name, (widest - SAMPLE - SAMPLE_GAP).max(40.0), NAME_SIZE))
            .collect();
        let widths: Vec<f64> = names.iter().map(|name| SAMPLE + SAMPLE_GAP + face.width(name, NAME_SIZE)).collect();
        let columns = |n_columns: usize| -> Vec<f64> {
            (0..n_columns)
                .map(|column| widths.iter().skip(column).step_by(n_columns).copied().fold(0.0, f64::max))
                .collect()
        };
        let fits =
            |n_columns: usize| columns(n_columns).iter().sum::<f64>() + COLUMN_GAP * (n_columns - 1) as f64 <= width;
        let mut n_columns = if in_columns { (1..=names.len()).rev().find(|n| fits(*n)).unwrap_or(1) } else { 1 };
        // As many rows need no more columns than this.
        let balanced = names.len().div_ceil(names.len().div_ceil(n_columns));
        if fits(balanced) {
            n_columns = balanced;
        }
        let columns = columns(n_columns);
        let mut rows =
            Rows { width: columns.iter().sum::<f64>() + COLUMN_GAP * (n_columns - 1) as f64, ..Rows::default() };
        for row in names.chunks(n_columns) {
            let mut x = 0.0;
            let n_lines = row.iter().map(|name| name.lines.len()).max().unwrap_or(1).max(1);
            for (name, width) in row.iter().zip(&columns) {
                rows.places.push(([x, rows.height], name.clone()));
                x += width + COLUMN_GAP;
            }
            rows.height += ROW + (n_lines - 1) as f64 * LEADING * NAME_SIZE;
        }
        rows
    }

    /// Draws `rows` with their upper left corner at `corner`.
    pub(super) fn draw(&self, canvas: &mut Canvas, rows: &Rows, corner: [f64; 2]) {
        if matches!(self.side, Side::Inside { .. }) {
            let rect = Rect {
                left: corner[0] - 6.0,
                top: corner[1] - 4.0,
                right: corner[0] + rows.width + 6.0,
                bottom: corner[1] + rows.height + 4.0,
            };
            canvas.rect(&rect, &PAPER.faded(0.85).attribute("fill"));
        }
        for (entry, ([x, y], name)) in self.entries.iter().zip(&rows.places) {
            let [x, middle] = [corner[0] + x, corner[1] + y + ROW / 2.0];
            sample(canvas, &entry.style, [x, middle]);
            let style = TextStyle::new(NAME_SIZE, Anchor::Start);
            let baseline = middle + HALF_CAPITAL * NAME_SIZE;
            canvas.text(name, [x + SAMPLE + SAMPLE_GAP, baseline], style);
        }
    }
}

/// How a trace looks, `SAMPLE` wide.
fn sample(canvas: &mut Canvas, style: &Style, [x, middle]: [f64; 2]) {
    canvas.open(&style.group());
    if let Some(fill) = style.fill {
        let rect = Rect { left: x + 2.0, right: x + SAMPLE - 2.0, top: middle - 5.0, bottom: middle + 5.0 };
        let outline = style.line.as_ref().map_or_else(String::new, |line| line.attributes(0.0));
        canvas.rect(&rect, &format!("{}{outline}", fill.attribute("fill")));
    } else if let Some(line) = &style.line {
        let ends = if line.dash == Dash::Solid { " stroke-linecap=\"round\"" } else { "" };
        canvas.line([x, middle], [x + SAMPLE, middle], &format!("{}{ends}", line.attributes(0.0)));
    }
    if let Some(marker) = &style.marker {
        let marker = marker.for_legend();
        marker.draw(canvas, 0, [x + SAMPLE / 2.0, middle], &marker.attributes());
    }
    canvas.close();
}
