//! Traces in space: an orthographic view of a box.

use serde_json::Value;

use super::axis::{Axis, AxisName, Direction, Reach};
use super::canvas::{Anchor, Canvas, Dash, Line, Rect, TextStyle};
use super::color::{GRID, LINE, WALL};
use super::read::{list, number, word};
use super::scatter::{Style, coordinates};
use super::text::{HALF_CAPITAL, LEADING, Label, Typeface};
use super::ticks::Tick;
use super::{NAME_SIZE, TICK_SIZE};
use crate::Error;

/// Ticks of each axis, about.
const N_TICKS: f64 = 4.0;
/// A box whose sides differ more than this is drawn as a cube unless told otherwise, as plotly.js does.
const MOST_UNEQUAL: f64 = 4.0;
/// From an edge of the box to the labels of its ticks.
const LABEL_GAP: f64 = 7.0;
/// From the labels to the title.
const TITLE_GAP: f64 = 11.0;

/// A trace of lines and markers in space.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SpaceTrace {
    pub(super) style: Style,
    points: Vec<Option<[f64; 3]>>,
}

impl SpaceTrace {
    /// Trace number `place` of a figure.
    pub(super) fn read(trace: &Value, place: usize) -> Result<Self, Error> {
        let [x, y, z] = coordinates(trace, ["x", "y", "z"])?;
        let points: Vec<_> = x.iter().zip(&y).zip(&z).map(|((x, y), z)| Some([(*x)?, (*y)?, (*z)?])).collect();
        Ok(Self { style: Style::read(trace, place, points.len())?, points })
    }
}

/// A box with everything in it.
pub(super) struct Scene {
    /// The part of the plot area that it has, across and up.
    pub(super) domain: [[f64; 2]; 2],
    axes: [Axis; 3],
    traces: Vec<SpaceTrace>,
    view: View,
    /// Lengths of the sides, the longest 1.
    sides: [f64; 3],
}

/// Directions of the page and towards the eye, each of length 1, in units of the box.
struct View {
    right: [f64; 3],
    up: [f64; 3],
    eye: [f64; 3],
}

impl View {
    /// From `eye`, with the third axis upwards.
    fn from(eye: [f64; 3]) -> Self {
        let length = dot(eye, eye).sqrt();
        let eye = if length > 0.0 { eye.map(|part| part / length) } else { [0.0, 0.0, 1.0] };
        let flat = eye[0].hypot(eye[1]);
        // From straight above, the first axis points to the right.
        let right = if flat > 1e-6 { [-eye[1] / flat, eye[0] / flat, 0.0] } else { [1.0, 0.0, 0.0] };
        let up = [
            eye[1] * right[2] - eye[2] * right[1],
            eye[2] * right[0] - eye[0] * right[2],
            eye[0] * right[1] - eye[1] * right[0],
        ];
        Self { right, up, eye }
    }
}

fn dot(one: [f64; 3], other: [f64; 3]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

/// From the box to the page.
struct Projection<'a> {
    scene: &'a Scene,
    scale: f64,
    /// The pixel at which the middle of the box is.
    middle: [f64; 2],
}

impl Projection<'_> {
    /// A place in the box, from −½ to ½ of its sides, in pixels.
    fn pixel(&self, place: [f64; 3]) -> [f64; 2] {
        let [x, y] = self.scene.flat(place);
        [self.middle[0] + self.scale * x, self.middle[1] - self.scale * y]
    }

    /// The direction of length 1 that leads from an edge straight away from the box.
    fn outward(&self, edge: Edge) -> [f64; 2] {
        let [from, to] = edge.map(|end| self.pixel(end));
        let along = [to[0] - from[0], to[1] - from[1]];
        let length = along[0].hypot(along[1]).max(1e-9);
        let outward = [-along[1] / length, along[0] / length];
        let away = [0, 1].map(|part| f64::midpoint(from[part], to[part]) - self.middle[part]);
        if outward[0] * away[0] + outward[1] * away[1] < 0.0 { outward.map(|part| -part) } else { outward }
    }
}

/// What is covered, in pixels.
struct Bounds {
    low: [f64; 2],
    high: [f64; 2],
}

impl Bounds {
    /// Adds the corners of a text that may be turned.
    fn add(&mut self, face: &Typeface, label: &Label, place: [f64; 2], style: TextStyle) {
        let width = face.width(label, style.size);
        let left = match style.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -width / 2.0,
            Anchor::End => -width,
        };
        let bottom = label.height(style.size) - 0.95 * style.size;
        let (sine, cosine) = style.degrees.to_radians().sin_cos();
        for (x, y) in [left, left + width].into_iter().flat_map(|x| [(x, -0.95 * style.size), (x, bottom)]) {
            let corner = [place[0] + x * cosine - y * sine, place[1] + x * sine + y * cosine];
            for side in 0..2 {
                self.low[side] = self.low[side].min(corner[side]);
                self.high[side] = self.high[side].max(corner[side]);
            }
        }
    }
}

/// An edge of the box, from where to where.
type Edge = [[f64; 3]; 2];

impl Scene {
    /// The scene of a layout.
    pub(super) fn read(scene: &Value, traces: Vec<SpaceTrace>) -> Result<Self, Error> {
        let name = AxisName { direction: Direction::Up, number: 1 };
        let mut axes = [
            Axis::read(&scene["xaxis"], name)?,
            Axis::read(&scene["yaxis"], name)?,
            Axis::read(&scene["zaxis"], name)?,
        ];
        for (side, axis) in axes.iter_mut().enumerate() {
            let values = traces.iter().flat_map(|trace| trace.points.iter().flatten());
            let reach = Reach::of(values.filter_map(|point| axis.scaled(point[side])), true);
            axis.settle(reach.as_slice());
        }
        let eye = &scene["camera"]["eye"];
        let eye = ["x", "y", "z"].map(|key| number(eye, key, 1.25));
        let ends = |key: &str| match list(&scene["domain"], key) {
            [low, high] => [low.as_f64().unwrap_or(0.0), high.as_f64().unwrap_or(1.0)],
            _ => [0.0, 1.0],
        };
        let lengths = axes.each_ref().map(|axis| axis.range[1] - axis.range[0]);
        let longest = lengths.iter().copied().fold(0.0, f64::max);
        let shortest = lengths.iter().copied().fold(f64::INFINITY, f64::min);
        let cube = match word(scene, "aspectmode", "auto") {
            "data" => false,
            "cube" => true,
            _ => longest > MOST_UNEQUAL * shortest,
        };
        let sides = if cube { [1.0; 3] } else { lengths.map(|length| length / longest) };
        Ok(Self { domain: [ends("x"), ends("y")], axes, traces, view: View::from(eye), sides })
    }

    /// A place in the box on a page whose unit is the longest side.
    fn flat(&self, place: [f64; 3]) -> [f64; 2] {
        let place = self.in_proportion(place);
        [dot(place, self.view.right), dot(place, self.view.up)]
    }

    /// How near to the eye a place in the box is.
    fn nearness(&self, place: [f64; 3]) -> f64 {
        dot(self.in_proportion(place), self.view.eye)
    }

    fn in_proportion(&self, place: [f64; 3]) -> [f64; 3] {
        [0, 1, 2].map(|side| place[side] * self.sides[side])
    }

    /// Where in the box a point is, if the scales have it.
    fn place(&self, point: [f64; 3]) -> Option<[f64; 3]> {
        let mut place = [0.0; 3];
        for side in 0..3 {
            place[side] = self.along(side, self.axes[side].scaled(point[side])?);
        }
        Some(place)
    }

    /// Where along a side a number in units of its scale is, from −½ to ½.
    fn along(&self, side: usize, value: f64) -> f64 {
        let [low, high] = self.axes[side].range;
        let place = (value - low) / (high - low) - 0.5;
        if self.axes[side].reversed { -place } else { place }
    }

    /// The side of the box that faces away from the eye, −½ or ½, for each axis.
    fn far(&self) -> [f64; 3] {
        self.view.eye.map(|part| if part >= 0.0 { -0.5 } else { 0.5 })
    }

    /// The edge at which axis number `side` is written: on the outline of the box, the lowest or the leftmost.
    fn edge(&self, side: usize) -> Edge {
        let far = self.far();
        let [one, other] = [(side + 1) % 3, (side + 2) % 3];
        // Edges on the outline are those between a wall that faces the eye and one that does not.
        let edges = [(far[one], -far[other]), (-far[one], far[other])].map(|(first, second)| {
            let mut ends = [[-0.5; 3], [0.5; 3]];
            for end in &mut ends {
                (end[one], end[other]) = (first, second);
            }
            ends
        });
        let rank = |edge: &Edge| {
            let middle = self.flat([0, 1, 2].map(|side| f64::midpoint(edge[0][side], edge[1][side])));
            if side == 2 { middle[0] } else { middle[1] }
        };
        let [first, second] = edges;
        if rank(&first) <= rank(&second) { first } else { second }
    }

    pub(super) fn draw(&self, canvas: &mut Canvas, face: &Typeface, rect: &Rect) {
        let ticks =
            self.axes.each_ref().map(|axis| if axis.shown { axis.ticks(axis.range, N_TICKS) } else { Vec::new() });
        let projection = self.projection(face, &ticks, rect);
        canvas.open("");
        self.draw_walls(canvas, &projection, &ticks);
        for side in 0..3 {
            self.draw_axis(canvas, &projection, side, &ticks[side]);
        }
        for (label, place, style) in self.labels(face, &projection, &ticks) {
            canvas.text(&label, place, style);
        }
        canvas.close();
        self.draw_traces(canvas, &projection);
    }

    /// The largest view of the box that fits into `rect` with all labels.
    fn projection(&self, face: &Typeface, ticks: &[Vec<Tick>; 3], rect: &Rect) -> Projection<'_> {
        let corners = (0..8).map(|number| [0, 1, 2].map(|side| if number >> side & 1 == 0 { -0.5 } else { 0.5 }));
        let flat: Vec<[f64; 2]> = corners.map(|corner| self.flat(corner)).collect();
        let reach = [0, 1].map(|side| flat.iter().map(|corner| corner[side].abs()).fold(1e-9, f64::max));
        let room = [rect.width(), rect.height()];
        let mut scale = (room[0] / reach[0]).min(room[1] / reach[1]) / 2.0;
        let mut middle = rect.center();
        // Labels keep their size, so that each round misses by less.
        for _ in 0..6 {
            let projection = Projection { scene: self, scale, middle: [0.0; 2] };
            let mut bounds = Bounds { low: reach.map(|reach| -scale * reach), high: reach.map(|reach| scale * reach) };
            for (label, place, style) in self.labels(face, &projection, ticks) {
                bounds.add(face, &label, place, style);
            }
            let missing = [0, 1].map(|side| (bounds.high[side] - bounds.low[side] - room[side]) / (2.0 * reach[side]));
            scale = (scale - missing[0].max(missing[1])).max(20.0);
            middle = [
                rect.left + (room[0] - bounds.high[0] - bounds.low[0]) / 2.0,
                rect.top + (room[1] - bounds.high[1] - bounds.low[1]) / 2.0,
            ];
        }
        Projection { scene: self, scale, middle }
    }

    /// The three walls behind the data, with lines at ticks.
    fn draw_walls(&self, canvas: &mut Canvas, projection: &Projection<'_>, ticks: &[Vec<Tick>; 3]) {
        let far = self.far();
        let outline = Line::thin(LINE).attributes(0.0);
        let fill = format!("{}{outline} stroke-linejoin=\"round\"", WALL.attribute("fill"));
        let grid = Line::thin(GRID).attributes(0.0);
        for wall in 0..3 {
            let [one, other] = [(wall + 1) % 3, (wall + 2) % 3];
            let place = |first: f64, second: f64| {
                let mut place = far;
                (place[one], place[other]) = (first, second);
                projection.pixel(place)
            };
            canvas.path(&[vec![place(-0.5, -0.5), place(0.5, -0.5), place(0.5, 0.5), place(-0.5, 0.5)]], true, &fill);
            for tick in ticks[one].iter().filter(|_| self.axes[one].grid) {
                let at = self.along(one, tick.at);
                canvas.line(place(at, -0.5), place(at, 0.5), &grid);
            }
            for tick in ticks[other].iter().filter(|_| self.axes[other].grid) {
                let at = self.along(other, tick.at);
                canvas.line(place(-0.5, at), place(0.5, at), &grid);
            }
        }
    }

    fn draw_axis(&self, canvas: &mut Canvas, projection: &Projection<'_>, side: usize, ticks: &[Tick]) {
        if !self.axes[side].shown {
            return;
        }
        let edge = self.edge(side);
        let outward = projection.outward(edge);
        let stroke = Line::thin(LINE).attributes(0.0);
        canvas.line(projection.pixel(edge[0]), projection.pixel(edge[1]), &stroke);
        for tick in ticks.iter().filter(|_| self.axes[side].labels) {
            let [x, y] = projection.pixel(self.on_edge(edge, side, tick));
            canvas.line([x, y], [x + 4.0 * outward[0], y + 4.0 * outward[1]], &stroke);
        }
    }

    fn on_edge(&self, edge: Edge, side: usize, tick: &Tick) -> [f64; 3] {
        let mut place = edge[0];
        place[side] = self.along(side, tick.at);
        place
    }

    /// All labels and titles, with their places.
    fn labels(
        &self,
        face: &Typeface,
        projection: &Projection<'_>,
        ticks: &[Vec<Tick>; 3],
    ) -> Vec<(Label, [f64; 2], TextStyle)> {
        let mut labels = Vec::new();
        for (side, axis) in self.axes.iter().enumerate().filter(|(_, axis)| axis.shown) {
            let edge = self.edge(side);
            let outward = projection.outward(edge);
            let mut widest: f64 = 0.0;
            for tick in ticks[side].iter().filter(|_| axis.labels) {
                let [x, y] = projection.pixel(self.on_edge(edge, side, tick));
                let anchor = match outward[0] {
                    part if part > 0.35 => Anchor::Start,
                    part if part < -0.35 => Anchor::End,
                    _ => Anchor::Middle,
                };
                // Labels below an edge hang from it.
                let baseline = y + LABEL_GAP * outward[1] + HALF_CAPITAL * TICK_SIZE * (1.0 + outward[1]);
                let place = [x + LABEL_GAP * outward[0], baseline];
                labels.push((tick.label.clone(), place, TextStyle::new(TICK_SIZE, anchor)));
                widest = widest.max(face.width(&tick.label, TICK_SIZE));
            }
            if !axis.title.is_empty() {
                labels.push(self.title(face, projection, side, widest));
            }
        }
        labels
    }

    /// The title of an axis, along its edge, outside of labels as wide as `widest`.
    fn title(
        &self,
        face: &Typeface,
        projection: &Projection<'_>,
        side: usize,
        widest: f64,
    ) -> (Label, [f64; 2], TextStyle) {
        let edge = self.edge(side);
        let [from, to] = edge.map(|end| projection.pixel(end));
        let outward = projection.outward(edge);
        let title = face.wrap(&self.axes[side].title, (to[0] - from[0]).hypot(to[1] - from[1]).max(120.0), NAME_SIZE);
        // Read from left to right, or upwards.
        let mut degrees = (to[1] - from[1]).atan2(to[0] - from[0]).to_degrees();
        if degrees > 89.0 {
            degrees -= 180.0;
        } else if degrees <= -91.0 {
            degrees += 180.0;
        }
        let labels = if widest > 0.0 { widest * outward[0].abs() + TICK_SIZE * outward[1].abs() } else { 0.0 };
        let gap = LABEL_GAP + labels + TITLE_GAP;
        // Lines follow each other away from the box below it, and towards the box at its left.
        let (sine, cosine) = degrees.to_radians().sin_cos();
        let down = [-sine, cosine];
        let n_more = title.lines.len().saturating_sub(1) as f64;
        let away = down[0] * outward[0] + down[1] * outward[1] >= 0.0;
        let first = if away { 0.75 * NAME_SIZE } else { -n_more * LEADING * NAME_SIZE };
        let place = [0, 1].map(|part| f64::midpoint(from[part], to[part]) + gap * outward[part] + first * down[part]);
        (title, place, TextStyle::new(NAME_SIZE, Anchor::Middle).turned(degrees))
    }

    /// Lines and markers from the farthest to the nearest.
    fn draw_traces(&self, canvas: &mut Canvas, projection: &Projection<'_>) {
        let mut parts: Vec<(f64, Part<'_>)> = Vec::new();
        for trace in &self.traces {
            let places: Vec<Option<[f64; 3]>> =
                trace.points.iter().map(|point| point.and_then(|point| self.place(point))).collect();
            if let Some(line) = &trace.style.line {
                let mut travelled = 0.0;
                for pair in places.windows(2) {
                    let [Some(from), Some(to)] = [pair[0], pair[1]] else {
                        travelled = 0.0;
                        continue;
                    };
                    let ends = [projection.pixel(from), projection.pixel(to)];
                    let nearness = f64::midpoint(self.nearness(from), self.nearness(to));
                    parts.push((nearness, Part::Segment { ends, line, travelled, opacity: trace.style.opacity }));
                    travelled += (ends[1][0] - ends[0][0]).hypot(ends[1][1] - ends[0][1]);
                }
            }
            for (number, place) in places.iter().enumerate() {
                if let Some(place) = place.filter(|_| trace.style.marker.is_some()) {
                    let center = projection.pixel(place);
                    parts.push((self.nearness(place), Part::Marker { trace, number, center }));
                }
            }
        }
        // Of equally near parts, markers are above lines; the sort keeps the order of the traces otherwise.
        parts.sort_by(|(one, part), (other, another)| {
            one.total_cmp(other).then(part.is_marker().cmp(&another.is_marker()))
        });
        for (_, part) in &parts {
            match part {
                Part::Segment { ends: [from, to], line, travelled, opacity } => {
                    let ends = if line.dash == Dash::Solid { " stroke-linecap=\"round\"" } else { "" };
                    let line = Line { color: line.color.faded(*opacity), ..(*line).clone() };
                    canvas.line(*from, *to, &format!("{}{ends}", line.attributes(*travelled)));
                }
                Part::Marker { trace, number, center } => {
                    if let Some(marker) = &trace.style.marker {
                        let attributes = format!("{}{}", marker.attributes(), trace.style.group());
                        marker.draw(canvas, *number, *center, &attributes);
                    }
                }
            }
        }
    }
}

/// Something drawn in a scene.
enum Part<'a> {
    Segment { ends: [[f64; 2]; 2], line: &'a Line, travelled: f64, opacity: f64 },
    Marker { trace: &'a SpaceTrace, number: usize, center: [f64; 2] },
}

impl Part<'_> {
    fn is_marker(&self) -> bool {
        matches!(self, Self::Marker { .. })
    }
}
