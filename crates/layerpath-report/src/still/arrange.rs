//! Where everything goes: panels, axes, colour bars and legend in pixels.
//!
//! How much room an axis needs depends on its ticks, and its ticks on the room that is left to it; so the arrangement
//! is computed a few times, each time from the one before.

use super::axis::{Axis, Direction, TickSource};
use super::canvas::Rect;
use super::legend::{Rows, Side};
use super::notes::{Annotation, Place, Shape};
use super::stretch::{Interval, Stretch};
use super::text::{LEADING, Label, Typeface};
use super::ticks::Tick;
use super::{Figure, NAME_SIZE, TICK_SIZE};

/// How often the arrangement is computed.
const ROUNDS: usize = 8;
/// In the rounds after these, labels that are turned stay so, and the rounds come to an end.
const FREE_ROUNDS: usize = 4;
/// Size of a page that states none.
const USUAL_SIZE: [f64; 2] = [760.0, 480.0];
/// Free at each edge of the page.
const EDGE: f64 = 12.0;
/// Length of a tick.
pub(super) const TICK: f64 = 4.0;
/// From the end of a tick to its label.
pub(super) const TICK_GAP: f64 = 3.0;
/// From the labels to the title of an axis.
pub(super) const TITLE_GAP: f64 = 7.0;
/// From a panel to the text above it, and from the axis below it to the text there.
const NOTE_GAP: f64 = 7.0;
/// From the panels to the legend.
const LEGEND_GAP: f64 = 12.0;
/// Labels closer than this would touch.
const BETWEEN_LABELS: f64 = 6.0;
/// Room for each label of an axis, in sizes of its font.
const ROOMY: f64 = 1.2;
/// A page grows for at most this many labels of one axis.
const MOST_ROOMY_LABELS: usize = 80;

/// An axis on the page.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PlacedAxis {
    /// What it shows, the lower number first.
    pub(super) range: [f64; 2],
    /// Pixels at which `range` begins and ends.
    pub(super) pixels: [f64; 2],
    pub(super) ticks: Vec<Tick>,
    /// By how many degrees the labels are turned against the clock.
    pub(super) turn: f64,
    pub(super) title: Label,
    /// How far the labels reach away from the axis.
    pub(super) depth: f64,
    /// How far the labels reach beyond its left or upper, and its right or lower end.
    overhang: [f64; 2],
}

impl PlacedAxis {
    /// The pixel of a number in units of the scale.
    pub(super) fn at(&self, value: f64) -> f64 {
        let [low, high] = self.range;
        let [from, to] = self.pixels;
        from + (value - low) / (high - low) * (to - from)
    }

    fn length(&self) -> f64 {
        (self.pixels[1] - self.pixels[0]).abs()
    }

    /// The left or upper, and the right or lower end.
    pub(super) fn ends(&self) -> [f64; 2] {
        let [from, to] = self.pixels;
        [from.min(to), from.max(to)]
    }

    /// Room from the axis outwards.
    fn room(&self, axis: &Axis) -> f64 {
        let labels = if self.depth > 0.0 { TICK + TICK_GAP + self.depth } else { 0.0 };
        let title = if self.title.is_empty() { 0.0 } else { TITLE_GAP + self.title.height(NAME_SIZE) };
        if axis.shown { labels + title } else { 0.0 }
    }
}

/// Which text belongs above or below a panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    Above(usize),
    Below(usize),
}

/// The whole page.
pub(super) struct Arrangement {
    pub(super) size: [f64; 2],
    pub(super) axes: Vec<PlacedAxis>,
    pub(super) legend: Option<(Rows, [f64; 2])>,
    pub(super) scene: Rect,
    /// The rectangle beside which each colour bar stands, by number of the trace, and how much farther out than usual.
    pub(super) bars: Vec<(usize, Rect, f64)>,
    /// Annotations, broken into lines, with the upper left corner and the width of each.
    pub(super) notes: Vec<(Label, [f64; 2], f64)>,
    across: Stretch,
    down: Stretch,
}

impl Arrangement {
    pub(super) fn new(figure: &Figure, face: &Typeface) -> Self {
        let usual = |axis: &Axis| {
            let length = 0.8 * USUAL_SIZE[usize::from(axis.name.direction == Direction::Up)];
            PlacedAxis {
                range: axis.range,
                pixels: [0.0, length * (axis.domain[1] - axis.domain[0])],
                ticks: Vec::new(),
                turn: 0.0,
                title: Label::default(),
                depth: 0.0,
                overhang: [0.0; 2],
            }
        };
        let mut arrangement = Self {
            size: [0, 1].map(|side| figure.size[side].unwrap_or(USUAL_SIZE[side])),
            axes: figure.axes.iter().map(usual).collect(),
            legend: None,
            scene: Rect::default(),
            bars: Vec::new(),
            notes: Vec::new(),
            across: Stretch::default(),
            down: Stretch::default(),
        };
        let beside: Vec<Option<Beside>> =
            figure.annotations.iter().map(|annotation| beside(figure, annotation)).collect();
        let mut spare = [0.0; 2];
        let mut outside = [[0.0; 2]; 2];
        for round in 0..ROUNDS {
            for (placed, axis) in arrangement.axes.iter_mut().zip(&figure.axes) {
                // What was too narrow for the first guesses may be wide enough.
                if round < FREE_ROUNDS {
                    placed.turn = 0.0;
                }
                placed.fit(axis, face);
            }
            arrangement.place(figure, face, &beside, spare, outside);
            spare = arrangement.equalize(figure, spare);
            arrangement.place_notes(figure, face, &beside);
            arrangement.place_bars(figure, face);
            arrangement.place_legend(figure, face);
            outside = arrangement.grow(figure, outside);
        }
        arrangement
    }

    /// The pixels of a panel.
    pub(super) fn panel(&self, figure: &Figure, number: usize) -> Rect {
        let panel = &figure.panels[number];
        let [left, right] = self.axes[panel.across].ends();
        let [top, bottom] = self.axes[panel.up].ends();
        Rect { left, top, right, bottom }
    }

    /// All panels together.
    fn panels(&self, figure: &Figure) -> Rect {
        let scene = figure.scene.iter().map(|_| self.scene);
        let panels = (0..figure.panels.len()).map(|number| self.panel(figure, number)).chain(scene);
        panels
            .reduce(|one, other| Rect {
                left: one.left.min(other.left),
                top: one.top.min(other.top),
                right: one.right.max(other.right),
                bottom: one.bottom.max(other.bottom),
            })
            .unwrap_or_default()
    }

    /// What a shape may cover: as much of each side as its axis has, the whole page where it has none.
    pub(super) fn around(&self, shape: &Shape) -> Rect {
        let ends = |side: usize| match shape.from[side] {
            Place::Axis(axis, _) | Place::Domain(axis, _) => self.axes[axis].ends(),
            Place::Paper(_) => [0.0, self.size[side]],
        };
        let ([left, right], [top, bottom]) = (ends(0), ends(1));
        Rect { left, top, right, bottom }
    }

    /// The pixel of a place: across from the left, or down from the top.
    pub(super) fn pixel(&self, place: Place, direction: Direction) -> f64 {
        match (place, direction) {
            (Place::Axis(axis, value), _) => self.axes[axis].at(value),
            (Place::Domain(axis, fraction), Direction::Across) => {
                let [left, right] = self.axes[axis].ends();
                left + fraction * (right - left)
            }
            (Place::Domain(axis, fraction), Direction::Up) => {
                let [top, bottom] = self.axes[axis].ends();
                bottom - fraction * (bottom - top)
            }
            (Place::Paper(fraction), Direction::Across) => self.across.at(fraction),
            (Place::Paper(fraction), Direction::Up) => self.down.at(1.0 - fraction),
        }
    }

    /// Spreads the panels over the page. `spare` pixels are not needed, `outside` is where things would be cut off.
    fn place(
        &mut self,
        figure: &Figure,
        face: &Typeface,
        beside: &[Option<Beside>],
        spare: [f64; 2],
        outside: [[f64; 2]; 2],
    ) {
        let n_panels = figure.panels.len();
        // Left, right, above, below each panel.
        let mut room = vec![[[0.0_f64; 2]; 2]; n_panels];
        for (number, panel) in figure.panels.iter().enumerate() {
            let [across, up] = [panel.across, panel.up].map(|axis| (&self.axes[axis], &figure.axes[axis]));
            if figure.owners[panel.up] == number {
                room[number][0][0] = up.0.room(up.1);
                room[number][1] = up.0.overhang;
            }
            if figure.owners[panel.across] == number {
                let [left, right] = across.0.overhang;
                let room = &mut room[number];
                room[0] = [room[0][0].max(left), room[0][1].max(right)];
                room[1][1] = room[1][1].max(across.0.room(across.1));
            }
        }
        for (number, map) in figure.maps().filter(|(_, map)| map.bar && figure.beside_panel(map)) {
            if let Some(panel) = figure.panel_of(number) {
                room[panel][0][1] = map.bar_room(face, self.panel(figure, panel).height());
            }
        }
        // Notes stand beyond what the axes need.
        let inner = room.clone();
        for (annotation, beside) in figure.annotations.iter().zip(beside) {
            let height = |number: usize| {
                let width = self.panel(figure, number).width();
                face.wrap(&annotation.text, width.max(80.0), annotation.size).height(annotation.size) + 2.0 * NOTE_GAP
            };
            match beside {
                Some(Beside::Above(number)) => {
                    room[*number][1][0] = room[*number][1][0].max(inner[*number][1][0].min(2.0) + height(*number));
                }
                Some(Beside::Below(number)) => {
                    room[*number][1][1] = room[*number][1][1].max(inner[*number][1][1] + height(*number));
                }
                None => {}
            }
        }

        let mut outer = [[EDGE, EDGE], [EDGE, EDGE]];
        for (outer, outside) in outer.iter_mut().flatten().zip(outside.iter().flatten()) {
            *outer += outside;
        }
        outer[0][1] += self.common_bars(figure, face);
        if let Some(legend) = &figure.legend {
            let rows = legend.rows(face, self.legend_width(figure));
            match legend.side {
                Side::Above => outer[1][0] += rows.height + LEGEND_GAP,
                Side::Below => outer[1][1] += rows.height + LEGEND_GAP,
                Side::Right => outer[0][1] += rows.width + 1.5 * LEGEND_GAP,
                Side::Inside { .. } => {}
            }
        }

        let least = |axis: usize, single: f64, many: f64| {
            let side = usize::from(figure.axes[axis].name.direction == Direction::Up);
            if figure.size[side].is_some() {
                return 40.0;
            }
            let alone = figure.axes[axis].domain == [0.0, 1.0];
            let labels = match &figure.axes[axis].source {
                TickSource::Listed(listed) if listed.len() <= MOST_ROOMY_LABELS && figure.axes[axis].labels => {
                    listed.len()
                }
                _ => 0,
            };
            let usual: f64 = if alone { single } else { many };
            usual.min(USUAL_SIZE[side] * 0.6).max(labels as f64 * ROOMY * TICK_SIZE) - spare[side]
        };
        let mut across: Vec<Interval> = Vec::new();
        let mut down: Vec<Interval> = Vec::new();
        for (panel, room) in figure.panels.iter().zip(&room) {
            let ends = figure.axes[panel.across].domain;
            across.push(Interval { ends, room: room[0], least: least(panel.across, 340.0, 110.0).max(30.0) });
            let [low, high] = figure.axes[panel.up].domain;
            let ends = [1.0 - high, 1.0 - low];
            down.push(Interval { ends, room: room[1], least: least(panel.up, 270.0, 130.0).max(30.0) });
        }
        if let Some(scene) = &figure.scene {
            across.push(Interval { ends: scene.domain[0], room: [0.0; 2], least: 200.0 });
            let [low, high] = scene.domain[1];
            down.push(Interval { ends: [1.0 - high, 1.0 - low], room: [0.0; 2], least: 200.0 });
        }
        let wanted = [0, 1].map(|side| figure.size[side].unwrap_or(USUAL_SIZE[side] - spare[side]));
        self.across = Stretch::new(&across, outer[0], wanted[0]);
        self.down = Stretch::new(&down, outer[1], wanted[1]);
        self.size = [self.across.total.ceil(), self.down.total.ceil()];

        for (placed, axis) in self.axes.iter_mut().zip(&figure.axes) {
            let [low, high] = axis.domain;
            let [from, to] = match axis.name.direction {
                Direction::Across => [self.across.start(low), self.across.end(high)],
                Direction::Up => [self.down.end(1.0 - low), self.down.start(1.0 - high)],
            };
            placed.pixels = if axis.reversed { [to, from] } else { [from, to] }.map(sharp);
        }
        if let Some(scene) = &figure.scene {
            let [[left, right], [low, high]] = scene.domain;
            self.scene = Rect {
                left: self.across.start(left),
                right: self.across.end(right),
                top: self.down.start(1.0 - high),
                bottom: self.down.end(1.0 - low),
            };
        }
    }

    /// Gives units the same length where the layout asks for it: cells of heat maps shrink, other axes show more.
    /// Returns how many pixels of the page are not needed.
    fn equalize(&mut self, figure: &Figure, spare: [f64; 2]) -> [f64; 2] {
        for (placed, axis) in self.axes.iter_mut().zip(&figure.axes) {
            placed.range = axis.range;
        }
        let mut unused = [f64::INFINITY; 2];
        for (number, panel) in figure.panels.iter().enumerate() {
            let [across, up] = [&figure.axes[panel.across], &figure.axes[panel.up]];
            if across.equal_to != Some(up.name) && up.equal_to != Some(across.name) {
                unused = [0.0; 2];
                continue;
            }
            let scale = |axis: &PlacedAxis| axis.length().max(1.0) / (axis.range[1] - axis.range[0]);
            let scales = [scale(&self.axes[panel.across]), scale(&self.axes[panel.up])];
            let wide = usize::from(scales[1] > scales[0]);
            let ratio = scales[1 - wide] / scales[wide];
            let axis = &mut self.axes[[panel.across, panel.up][wide]];
            if figure.has_map(number) {
                let middle = f64::midpoint(axis.pixels[0], axis.pixels[1]);
                let lost = axis.length() * (1.0 - ratio);
                axis.pixels = axis.pixels.map(|pixel| sharp(middle + (pixel - middle) * ratio));
                unused[wide] = unused[wide].min(lost);
                unused[1 - wide] = 0.0;
            } else {
                let middle = f64::midpoint(axis.range[0], axis.range[1]);
                axis.range = axis.range.map(|end| middle + (end - middle) / ratio);
                unused = [0.0; 2];
            }
        }
        // A page of heat maps is as large as they are, if it may be.
        let mut total = spare;
        for (side, total) in total.iter_mut().enumerate() {
            if figure.size[side].is_none() && figure.scene.is_none() && unused[side].is_finite() {
                *total += unused[side] * figure.n_intervals(side) as f64;
            }
        }
        total
    }

    fn place_notes(&mut self, figure: &Figure, face: &Typeface, beside: &[Option<Beside>]) {
        let mut notes = Vec::with_capacity(figure.annotations.len());
        for (annotation, beside) in figure.annotations.iter().zip(beside) {
            let panel = match beside {
                Some(Beside::Above(number) | Beside::Below(number)) => Some((*number, self.panel(figure, *number))),
                None => None,
            };
            let widest = panel.map_or(f64::INFINITY, |(_, rect)| rect.width().max(80.0));
            let text = face.wrap(&annotation.text, widest, annotation.size);
            let [width, height] = [face.width(&text, annotation.size), text.height(annotation.size)];
            let x = match (panel, annotation.place[0].fraction(&figure.axes)) {
                // A heat map may be narrower than its part of the page.
                (Some((number, rect)), Some(fraction)) => {
                    let [low, high] = figure.axes[figure.panels[number].across].domain;
                    rect.left + (fraction - low) / (high - low) * rect.width()
                }
                _ => self.pixel(annotation.place[0], Direction::Across),
            };
            let top = match (beside, panel) {
                (Some(Beside::Above(_)), Some((_, rect))) => rect.top - NOTE_GAP - height,
                (Some(Beside::Below(_)), Some((number, rect))) => {
                    let across = figure.panels[number].across;
                    rect.bottom + self.axes[across].room(&figure.axes[across]) + NOTE_GAP
                }
                _ => {
                    let y = self.pixel(annotation.place[1], Direction::Up);
                    y - annotation.shift[1] - (1.0 - annotation.anchor[1]) * height
                }
            };
            notes.push((text, [x + annotation.shift[0] - annotation.anchor[0] * width, top], width));
        }
        self.notes = notes;
    }

    /// How much room the colour bars take that stand beside all panels.
    fn common_bars(&self, figure: &Figure, face: &Typeface) -> f64 {
        let height = self.panels(figure).height();
        let common = figure.maps().filter(|(_, map)| map.bar && !figure.beside_panel(map));
        common.map(|(_, map)| map.bar_room(face, height)).sum()
    }

    fn place_bars(&mut self, figure: &Figure, face: &Typeface) {
        let all = self.panels(figure);
        let mut farther = 0.0;
        let mut bars = Vec::new();
        for (number, map) in figure.maps().filter(|(_, map)| map.bar) {
            match figure.panel_of(number) {
                Some(panel) if figure.beside_panel(map) => bars.push((number, self.panel(figure, panel), 0.0)),
                _ => {
                    bars.push((number, all, farther));
                    farther += map.bar_room(face, all.height());
                }
            }
        }
        self.bars = bars;
    }

    fn legend_width(&self, figure: &Figure) -> f64 {
        (self.size[0] - EDGE - self.panels(figure).left.max(EDGE)).max(120.0)
    }

    fn place_legend(&mut self, figure: &Figure, face: &Typeface) {
        let Some(legend) = &figure.legend else { return };
        let rows = legend.rows(face, self.legend_width(figure));
        let all = self.panels(figure);
        let corner = match legend.side {
            Side::Above => [all.left, EDGE],
            Side::Below => [all.left, self.size[1] - EDGE - rows.height],
            Side::Right => [self.size[0] - EDGE - rows.width, all.top],
            Side::Inside { place, anchor } => [
                self.across.at(place[0]) - anchor[0] * rows.width + 10.0 * (1.0 - 2.0 * anchor[0]),
                self.down.at(1.0 - place[1]) - (1.0 - anchor[1]) * rows.height + 10.0 * (2.0 * anchor[1] - 1.0),
            ],
        };
        self.legend = Some((rows, corner));
    }

    /// What has to be added to the edges so that notes and the legend are inside of the page.
    fn grow(&self, figure: &Figure, outside: [[f64; 2]; 2]) -> [[f64; 2]; 2] {
        let mut grown = outside;
        let notes = self.notes.iter().zip(&figure.annotations);
        let notes = notes.map(|((text, corner, width), annotation)| (*corner, [*width, text.height(annotation.size)]));
        let legend = self.legend.iter().map(|(rows, corner)| (*corner, [rows.width, rows.height]));
        for (corner, extent) in notes.chain(legend) {
            for side in 0..2 {
                let low = EDGE / 2.0 - corner[side];
                let high = corner[side] + extent[side] - (self.size[side] - EDGE / 2.0);
                grown[side][0] = grown[side][0].max(outside[side][0] + low);
                grown[side][1] = grown[side][1].max(outside[side][1] + high);
            }
        }
        grown
    }
}

/// The panel above or below which an annotation stands, if it is outside of all panels.
fn beside(figure: &Figure, annotation: &Annotation) -> Option<Beside> {
    let [x, y] = [annotation.place[0].fraction(&figure.axes), annotation.place[1].fraction(&figure.axes)];
    let y = y?;
    let slack = 1e-6;
    let columns = figure.panels.iter().enumerate().filter(|(_, panel)| match (annotation.place[0], x) {
        (Place::Axis(axis, _), _) => panel.across == axis,
        (_, Some(x)) => {
            let [low, high] = figure.axes[panel.across].domain;
            x >= low - slack && x <= high + slack
        }
        _ => false,
    });
    let columns: Vec<(usize, [f64; 2])> =
        columns.map(|(number, panel)| (number, figure.axes[panel.up].domain)).collect();
    let above = columns.iter().filter(|(_, [_, high])| *high <= y + slack);
    let above = above.max_by(|one, other| one.1[1].total_cmp(&other.1[1]));
    let on_top = above.is_some_and(|(_, [_, high])| y <= high + slack);
    let inside = columns.iter().any(|(_, [low, high])| y > *low - slack && y < *high - slack);
    // Text that hangs from the upper edge of a panel is inside; so is text that stands on its lower edge.
    if (on_top && annotation.anchor[1] == 1.0) || (inside && !on_top) {
        return None;
    }
    if let Some((number, _)) = above {
        return Some(Beside::Above(*number));
    }
    let below = columns.iter().min_by(|one, other| one.1[0].total_cmp(&other.1[0]));
    below.map(|(number, _)| Beside::Below(*number))
}

impl PlacedAxis {
    /// Chooses ticks, their turn and the lines of the title for the length that the axis has.
    fn fit(&mut self, axis: &Axis, face: &Typeface) {
        let length = self.length().max(1.0);
        let across = axis.name.direction == Direction::Across;
        self.title = face.wrap(&axis.title, length.max(100.0), NAME_SIZE);
        let mut n_ticks = if across { (length / 75.0).clamp(2.0, 12.0) } else { (length / 45.0).clamp(2.0, 10.0) };
        self.ticks = axis.ticks(self.range, n_ticks);
        if !axis.labels {
            for tick in &mut self.ticks {
                tick.label = Label::default();
            }
        }
        let listed = matches!(axis.source, TickSource::Listed(_));
        while across && !listed && n_ticks > 1.0 && !self.fits(face, 0.0) {
            n_ticks = (n_ticks - 1.0).max(1.0);
            let ticks = axis.ticks(self.range, n_ticks);
            if ticks.len() == self.ticks.len() && axis.source != TickSource::Round {
                break;
            }
            self.ticks = ticks;
        }
        if across && listed {
            let turns = [0.0, 45.0, 90.0].into_iter().filter(|turn| *turn >= self.turn);
            self.turn = turns.into_iter().find(|turn| self.fits(face, *turn)).unwrap_or(90.0);
        }
        self.thin(face, across);

        let [top_or_left, bottom_or_right] = self.ends();
        let (mut depth, mut overhang) = (0.0_f64, [0.0_f64; 2]);
        for (at, [width, height]) in self.labels(face) {
            let (reach, sides) = match (across, self.turn) {
                (true, 45.0) => ((width + height) * 0.71, [width * 0.71 + height * 0.3, height * 0.71]),
                (false, _) | (true, 90.0) => (width, [height / 2.0; 2]),
                (true, _) => (height, [width / 2.0; 2]),
            };
            depth = depth.max(reach);
            overhang = [overhang[0].max(top_or_left - at + sides[0]), overhang[1].max(at + sides[1] - bottom_or_right)];
        }
        (self.depth, self.overhang) = (depth, overhang);
    }

    /// Place, width and height of each label.
    fn labels(&self, face: &Typeface) -> Vec<(f64, [f64; 2])> {
        let ticks = self.ticks.iter().filter(|tick| !tick.label.is_empty());
        ticks.map(|tick| (self.at(tick.at), extent(face, &tick.label))).collect()
    }

    /// Whether labels below the axis have room beside each other if they are turned.
    fn fits(&self, face: &Typeface, turn: f64) -> bool {
        self.labels(face).windows(2).all(|pair| {
            let apart = (pair[1].0 - pair[0].0).abs();
            apart >= needed(turn, pair[0].1, pair[1].1)
        })
    }

    /// Drops labels that would touch the one before.
    fn thin(&mut self, face: &Typeface, across: bool) {
        let mut last: Option<(f64, [f64; 2])> = None;
        for place in 0..self.ticks.len() {
            let label = &self.ticks[place].label;
            if label.is_empty() {
                continue;
            }
            let here = (self.at(self.ticks[place].at), extent(face, label));
            let touches = last.is_some_and(|(before, size)| {
                let apart = (here.0 - before).abs();
                apart < if across { needed(self.turn, size, here.1) } else { 0.85 * f64::midpoint(size[1], here.1[1]) }
            });
            if touches {
                self.ticks[place].label = Label::default();
            } else {
                last = Some(here);
            }
        }
    }
}

/// The nearest place at which lines are sharp at twice the size.
fn sharp(pixel: f64) -> f64 {
    (pixel * 2.0).round() / 2.0
}

/// Width and height of the label of a tick.
fn extent(face: &Typeface, label: &Label) -> [f64; 2] {
    [face.width(label, TICK_SIZE), label.lines.len() as f64 * LEADING * TICK_SIZE]
}

/// How far apart two neighbours below an axis have to be.
fn needed(turn: f64, one: [f64; 2], other: [f64; 2]) -> f64 {
    let height = f64::midpoint(one[1], other[1]);
    match turn {
        45.0 => 1.25 * height,
        90.0 => 0.88 * height,
        _ => f64::midpoint(one[0], other[0]) + BETWEEN_LABELS,
    }
}
