//! Tables of numbers as coloured cells, and the bar that explains the colours.

use serde_json::Value;

use super::axis::{Axis, AxisName, Direction, Reach};
use super::canvas::{Anchor, Canvas, Line, Rect, TextStyle};
use super::color::{ColorScale, LINE};
use super::read::{flag, list, numbers, refuse, row};
use super::text::Typeface;
use super::ticks::Tick;
use super::{NAME_SIZE, TICK_SIZE};
use crate::Error;

/// Steps in which a colour bar is drawn.
const BAR_STEPS: usize = 64;
/// Width of a colour bar.
const BAR_WIDTH: f64 = 14.0;
/// From a panel to its colour bar.
const BAR_GAP: f64 = 14.0;

/// A trace of coloured cells.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct HeatMap {
    pub(super) across: AxisName,
    pub(super) up: AxisName,
    /// Rows from bottom to top, `None` for an empty cell.
    rows: Vec<Vec<Option<f64>>>,
    n_columns: usize,
    x: Option<Vec<f64>>,
    y: Option<Vec<f64>>,
    colors: ColorScale,
    /// The axis of the colour bar, its range from the lowest colour to the highest.
    scale: Axis,
    pub(super) bar: bool,
    /// Whether the bar stands beside its panel rather than beside all panels.
    pub(super) own_bar: bool,
}

impl HeatMap {
    /// A trace of a figure.
    pub(super) fn read(trace: &Value) -> Result<Self, Error> {
        let rows = list(trace, "z").iter().map(|cells| row(cells, "z")).collect::<Result<Vec<_>, _>>()?;
        let n_columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let values: Vec<f64> = rows.iter().flatten().copied().flatten().collect();
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let low = trace["zmin"].as_f64().unwrap_or(lowest);
        let high = trace["zmax"].as_f64().unwrap_or(highest);
        let bar = &trace["colorbar"];
        let mut scale = Axis::read(bar, AxisName { direction: Direction::Up, number: 1 })?;
        let ends = [low, high].into_iter().filter(|end| end.is_finite());
        scale.settle(Reach::of(ends, false).as_slice());
        Ok(Self {
            across: AxisName::field(trace, "xaxis", Direction::Across)?,
            up: AxisName::field(trace, "yaxis", Direction::Up)?,
            x: centers(trace, "x", n_columns)?,
            y: centers(trace, "y", rows.len())?,
            colors: if trace["colorscale"].is_null() {
                ColorScale::default()
            } else {
                ColorScale::read(&trace["colorscale"])?
            },
            bar: flag(trace, "showscale", true),
            own_bar: bar["len"].is_number() || bar["x"].as_f64().is_some_and(|x| x < 1.0),
            rows,
            n_columns,
            scale,
        })
    }

    /// Borders of the columns, in units of the axis.
    pub(super) fn columns(&self, axis: &Axis) -> Vec<f64> {
        borders(self.x.as_deref(), self.n_columns, axis)
    }

    /// Borders of the rows, in units of the axis.
    pub(super) fn rows(&self, axis: &Axis) -> Vec<f64> {
        borders(self.y.as_deref(), self.rows.len(), axis)
    }

    /// Draws the cells; `x` and `y` are the borders in pixels.
    pub(super) fn draw(&self, canvas: &mut Canvas, x: &[f64], y: &[f64], inside: &Rect) {
        if self.rows.is_empty() || x.len() <= self.n_columns || y.len() <= self.rows.len() {
            return;
        }
        // Borders on half pixels are sharp at twice the size, and neighbours leave no seam.
        let sharp = |places: &[f64], low: f64, high: f64| -> Vec<f64> {
            places.iter().map(|place| (place.clamp(low, high) * 2.0).round() / 2.0).collect()
        };
        let x = sharp(x, inside.left, inside.right);
        let y = sharp(y, inside.top, inside.bottom);
        canvas.open(" shape-rendering=\"crispEdges\"");
        for (number, cells) in self.rows.iter().enumerate() {
            let fills: Vec<Option<String>> = cells
                .iter()
                .map(|value| value.map(|value| self.colors.at(self.place(value)).attribute("fill")))
                .collect();
            let mut start = 0;
            while start < fills.len() {
                // Neighbours of one colour are one rectangle.
                let length = fills[start..].iter().take_while(|fill| **fill == fills[start]).count();
                if let Some(fill) = &fills[start] {
                    let [left, right] = sorted(x[start], x[start + length]);
                    let [top, bottom] = sorted(y[number], y[number + 1]);
                    if right > left && bottom > top {
                        canvas.rect(&Rect { left, top, right, bottom }, fill);
                    }
                }
                start += length;
            }
        }
        canvas.close();
    }

    /// Where on the colour scale `value` is, from 0 to 1.
    fn place(&self, value: f64) -> f64 {
        let [low, high] = self.scale.range;
        ((value - low) / (high - low)).clamp(0.0, 1.0)
    }

    fn ticks(&self, height: f64) -> Vec<Tick> {
        self.scale.ticks(self.scale.range, (height / 45.0).clamp(2.0, 8.0))
    }

    /// Room that the colour bar takes beside something of `height`.
    pub(super) fn bar_room(&self, face: &Typeface, height: f64) -> f64 {
        let widest = self.ticks(height).iter().map(|tick| face.width(&tick.label, TICK_SIZE)).fold(0.0, f64::max);
        let title = face.wrap(&self.scale.title, height, NAME_SIZE);
        let title = if title.is_empty() { 0.0 } else { 8.0 + title.height(NAME_SIZE) };
        BAR_GAP + BAR_WIDTH + 7.0 + widest + title
    }

    /// Draws the colour bar to the right of `beside`, `gap` farther than usual.
    pub(super) fn draw_bar(&self, canvas: &mut Canvas, face: &Typeface, beside: &Rect, gap: f64) {
        let left = ((beside.right + BAR_GAP + gap) * 2.0).round() / 2.0;
        let bar = Rect { left, right: left + BAR_WIDTH, ..*beside };
        canvas.open(" shape-rendering=\"crispEdges\"");
        let border = |step: usize| bar.bottom - bar.height() * step as f64 / BAR_STEPS as f64;
        for step in 0..BAR_STEPS {
            // Each step reaches under the next one, so that no seam shows.
            let top = if step + 1 == BAR_STEPS { bar.top } else { border(step + 1) - 0.5 };
            let color = self.colors.at((step as f64 + 0.5) / BAR_STEPS as f64);
            canvas.rect(&Rect { top, bottom: border(step), ..bar }, &color.attribute("fill"));
        }
        canvas.close();
        canvas.rect(&bar, &format!(" fill=\"none\"{}", Line::thin(LINE).attributes(0.0)));
        let style = TextStyle::new(TICK_SIZE, Anchor::Start);
        let mut widest: f64 = 0.0;
        for tick in self.ticks(bar.height()) {
            let y = bar.bottom - self.place(tick.at) * bar.height();
            canvas.line([bar.right, y], [bar.right + 4.0, y], &Line::thin(LINE).attributes(0.0));
            canvas.text(&tick.label, [bar.right + 7.0, style.centered(&tick.label, y)], style);
            widest = widest.max(face.width(&tick.label, TICK_SIZE));
        }
        let title = face.wrap(&self.scale.title, bar.height(), NAME_SIZE);
        let x = bar.right + 7.0 + widest + 8.0 + 0.8 * NAME_SIZE;
        let style = TextStyle::new(NAME_SIZE, Anchor::Middle).turned(-90.0);
        canvas.text(&title, [x, bar.center()[1]], style);
    }
}

fn sorted(one: f64, other: f64) -> [f64; 2] {
    [one.min(other), one.max(other)]
}

/// Centres of `n_cells` cells, or their borders if there is one more.
fn centers(trace: &Value, key: &str, n_cells: usize) -> Result<Option<Vec<f64>>, Error> {
    let Some(values) = numbers(trace, key)? else { return Ok(None) };
    let values: Option<Vec<f64>> = values.into_iter().collect();
    match values {
        Some(values) if values.len() == n_cells || values.len() == n_cells + 1 => Ok(Some(values)),
        _ => Err(refuse(format!("a heat map whose `{key}` does not name the place of each cell"))),
    }
}

/// Borders of `n_cells` cells: half-way between their centres, which count 0, 1, … where none are given.
fn borders(centers: Option<&[f64]>, n_cells: usize, axis: &Axis) -> Vec<f64> {
    let Some(centers) = centers else {
        return (0..=n_cells).filter_map(|place| axis.scaled(place as f64 - 0.5)).collect();
    };
    let centers: Vec<f64> = centers.iter().filter_map(|center| axis.scaled(*center)).collect();
    if centers.len() == n_cells + 1 {
        return centers;
    }
    let (Some(first), Some(last)) = (centers.first(), centers.last()) else { return Vec::new() };
    let half_first = centers.get(1).map_or(0.5, |second| (second - first) / 2.0);
    let half_last = centers.len().checked_sub(2).map_or(0.5, |place| (last - centers[place]) / 2.0);
    let between = centers.windows(2).map(|pair| f64::midpoint(pair[0], pair[1]));
    std::iter::once(first - half_first).chain(between).chain([last + half_last]).collect()
}
