//! Panels: grid, axes, traces, shapes and annotations.

use super::arrange::{Arrangement, PlacedAxis, TICK, TICK_GAP, TITLE_GAP};
use super::axis::{Axis, Direction};
use super::canvas::{Anchor, Canvas, Line, Rect, TextStyle};
use super::color::{EMPTY, GRID, LINE, ZERO};
use super::notes::{Place, Shape};
use super::scatter::Scatter;
use super::text::LEADING;
use super::{Figure, NAME_SIZE, TICK_SIZE};

/// The first baseline below the top of a line of text, in sizes of the font.
pub(super) const ASCENT: f64 = 0.95;

/// Draws all panels, with what stands around them.
pub(super) fn draw(canvas: &mut Canvas, figure: &Figure, arrangement: &Arrangement) {
    let panels: Vec<Rect> = (0..figure.panels.len()).map(|number| arrangement.panel(figure, number)).collect();
    for (place, (panel, rect)) in figure.panels.iter().zip(&panels).enumerate() {
        canvas.open("");
        if figure.has_map(place) {
            canvas.rect(rect, &EMPTY.attribute("fill"));
            canvas.close();
            continue;
        }
        for number in [panel.across, panel.up] {
            draw_grid(canvas, &figure.axes[number], &arrangement.axes[number], rect);
        }
        canvas.close();
    }
    draw_shapes(canvas, figure, arrangement, true);
    for (number, map) in figure.maps() {
        let Some(place) = figure.panel_of(number) else { continue };
        let [across, up] = [figure.panels[place].across, figure.panels[place].up];
        let pixels = |borders: Vec<f64>, axis: &PlacedAxis| -> Vec<f64> {
            borders.into_iter().map(|border| axis.at(border)).collect()
        };
        let x = pixels(map.columns(&figure.axes[across]), &arrangement.axes[across]);
        let y = pixels(map.rows(&figure.axes[up]), &arrangement.axes[up]);
        map.draw(canvas, &x, &y, &panels[place]);
    }
    for (number, owner) in figure.owners.iter().enumerate() {
        if let Some(rect) = panels.get(*owner) {
            draw_axis(canvas, &figure.axes[number], &arrangement.axes[number], rect);
        }
    }
    for (number, (panel, rect)) in figure.panels.iter().zip(&panels).enumerate() {
        let [across, up] = [panel.across, panel.up].map(|axis| (&figure.axes[axis], &arrangement.axes[axis]));
        let at = |[x, y]: [f64; 2]| Some([across.1.at(across.0.scaled(x)?), up.1.at(up.0.scaled(y)?)]);
        let scatters: Vec<&Scatter> = figure.scatters(number).collect();
        for scatter in &scatters {
            scatter.draw_area(canvas, &at, rect);
        }
        for scatter in &scatters {
            scatter.draw(canvas, &at, rect);
        }
    }
    draw_shapes(canvas, figure, arrangement, false);
}

/// Lines across the panel at ticks, a darker one at zero.
fn draw_grid(canvas: &mut Canvas, axis: &Axis, placed: &PlacedAxis, rect: &Rect) {
    if !axis.shown {
        return;
    }
    let mut line = |value: f64, attributes: &str| {
        let at = placed.at(value);
        let (from, to) = match axis.name.direction {
            Direction::Across => ([at, rect.top], [at, rect.bottom]),
            Direction::Up => ([rect.left, at], [rect.right, at]),
        };
        canvas.line(from, to, attributes);
    };
    if axis.grid {
        for tick in &placed.ticks {
            line(tick.at, &Line::thin(GRID).attributes(0.0));
        }
    }
    if axis.zero_line && placed.range[0] < 0.0 && placed.range[1] > 0.0 {
        line(0.0, &Line::thin(ZERO).attributes(0.0));
    }
}

/// The axis itself, at the lower or left side of `rect`: line, ticks, labels, title.
fn draw_axis(canvas: &mut Canvas, axis: &Axis, placed: &PlacedAxis, rect: &Rect) {
    if !axis.shown {
        return;
    }
    let across = axis.name.direction == Direction::Across;
    let stroke = Line::thin(LINE).attributes(0.0);
    canvas.open("");
    if across {
        canvas.line([rect.left - 0.5, rect.bottom], [rect.right, rect.bottom], &stroke);
    } else {
        canvas.line([rect.left, rect.top], [rect.left, rect.bottom + 0.5], &stroke);
    }
    for tick in placed.ticks.iter().filter(|_| axis.labels) {
        let at = placed.at(tick.at);
        if across {
            canvas.line([at, rect.bottom], [at, rect.bottom + TICK], &stroke);
            let top = rect.bottom + TICK + TICK_GAP;
            let height = tick.label.lines.len() as f64 * LEADING * TICK_SIZE;
            match placed.turn {
                0.0 => {
                    let style = TextStyle::new(TICK_SIZE, Anchor::Middle);
                    canvas.text(&tick.label, [at, top + ASCENT * TICK_SIZE], style);
                }
                45.0 => {
                    // The upper right corner of the text stands below the tick.
                    let style = TextStyle::new(TICK_SIZE, Anchor::End).turned(-45.0);
                    let down = 0.71 * ASCENT * TICK_SIZE;
                    canvas.text(&tick.label, [at + 0.5 * down, top + down], style);
                }
                _ => {
                    let style = TextStyle::new(TICK_SIZE, Anchor::End).turned(-90.0);
                    let x = at - height / 2.0 + 0.5 * LEADING * TICK_SIZE + 0.35 * TICK_SIZE;
                    canvas.text(&tick.label, [x, top], style);
                }
            }
        } else {
            canvas.line([rect.left - TICK, at], [rect.left, at], &stroke);
            let style = TextStyle::new(TICK_SIZE, Anchor::End);
            canvas.text(&tick.label, [rect.left - TICK - TICK_GAP, style.centered(&tick.label, at)], style);
        }
    }
    let labels = if placed.depth > 0.0 { TICK + TICK_GAP + placed.depth } else { 0.0 };
    let [x, y] = rect.center();
    let style = TextStyle::new(NAME_SIZE, Anchor::Middle);
    if across {
        canvas.text(&placed.title, [x, rect.bottom + labels + TITLE_GAP + ASCENT * NAME_SIZE], style);
    } else {
        let left = rect.left - labels - TITLE_GAP - placed.title.height(NAME_SIZE);
        canvas.text(&placed.title, [left + ASCENT * NAME_SIZE, y], style.turned(-90.0));
    }
    canvas.close();
}

fn draw_shapes(canvas: &mut Canvas, figure: &Figure, arrangement: &Arrangement, below: bool) {
    for shape in figure.shapes.iter().filter(|shape| shape.below == below) {
        draw_shape(canvas, arrangement, shape);
    }
}

fn draw_shape(canvas: &mut Canvas, arrangement: &Arrangement, shape: &Shape) {
    let pixel = |[x, y]: [Place; 2]| [arrangement.pixel(x, Direction::Across), arrangement.pixel(y, Direction::Up)];
    let [from, to] = [pixel(shape.from), pixel(shape.to)];
    let inside = arrangement.around(shape);
    let leaves = !(inside.contains(from, 0.5) && inside.contains(to, 0.5));
    if leaves {
        canvas.open_clipped(&inside);
    }
    let stroke = shape.line.as_ref().map_or_else(String::new, |line| line.attributes(0.0));
    if shape.rectangle {
        let rect = Rect {
            left: from[0].min(to[0]),
            right: from[0].max(to[0]),
            top: from[1].min(to[1]),
            bottom: from[1].max(to[1]),
        };
        let fill = shape.fill.map_or_else(|| " fill=\"none\"".to_owned(), |fill| fill.attribute("fill"));
        canvas.rect(&rect, &format!("{fill}{stroke}"));
    } else {
        canvas.line(from, to, &stroke);
    }
    if leaves {
        canvas.close();
    }
}

/// The annotations, above everything else.
pub(super) fn draw_notes(canvas: &mut Canvas, figure: &Figure, arrangement: &Arrangement) {
    for (annotation, (text, [left, top], width)) in figure.annotations.iter().zip(&arrangement.notes) {
        let size = annotation.size;
        let (anchor, x) = match annotation.anchor[0] {
            0.0 => (Anchor::Start, *left),
            1.0 => (Anchor::End, left + width),
            _ => (Anchor::Middle, left + width / 2.0),
        };
        let style = TextStyle { color: annotation.color, ..TextStyle::new(size, anchor) };
        canvas.text(text, [x, top + ASCENT * size], style);
    }
}
