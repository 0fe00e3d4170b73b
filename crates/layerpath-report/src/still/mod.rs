//! Figures as files: the JSON made for plotly.js, drawn as SVG and PNG without a browser.
//!
//! Of what plotly.js understands, this module draws the part that the figures of this crate use, on white paper, in the
//! order of the layout and with its sizes. What it does not know is an error rather than a picture that lacks something.
//! Unlike plotly.js it never lets texts overlap or be cut off: names of layers are turned, margins, gaps between panels
//! and if need be the page grow.
//!
//! | file | what |
//! | --- | --- |
//! | `read`, `color`, `axis`, `notes` | the JSON |
//! | `ticks`, `text` | numbers and words: which, how they are written, how wide they are |
//! | `scatter`, `marker`, `heatmap`, `scene` | traces |
//! | `stretch`, `arrange`, `legend` | where everything goes |
//! | `canvas`, `plane`, `png` | the drawing |

mod arrange;
mod axis;
mod canvas;
mod color;
mod heatmap;
mod legend;
mod marker;
mod notes;
mod plane;
mod png;
mod read;
mod scatter;
mod scene;
mod stretch;
#[cfg(test)]
mod tests;
mod text;
mod ticks;

use serde_json::Value;

use crate::Error;
use arrange::Arrangement;
use axis::{Axis, AxisName, Direction, Reach};
use canvas::{Anchor, Canvas, TextStyle};
use heatmap::HeatMap;
use legend::Legend;
use notes::{Annotation, Place, Shape};
pub(crate) use png::png;
use read::{list, refuse, word};
use scatter::{Entry, Scatter};
use scene::{Scene, SpaceTrace};
use text::{FAMILIES, Label, Typeface};

/// Size of the numbers and names at ticks.
const TICK_SIZE: f64 = 12.0;
/// Size of titles of axes and of the legend.
const NAME_SIZE: f64 = 13.0;
/// From the edges of the page to the title.
const TITLE_EDGE: f64 = 12.0;

/// The figure `{"data": […], "layout": {…}}` as a stand-alone SVG 1.1 document.
///
/// The same figure gives the same bytes. The document fetches nothing, and every text in it is inert.
///
/// # Errors
/// [`Error::Still`] if the figure holds something that cannot be drawn here; [`Error::Font`].
pub(crate) fn svg(figure: &Value) -> Result<String, Error> {
    let face = Typeface::new()?;
    let figure = Figure::read(figure)?;
    let arrangement = Arrangement::new(&figure, &face);
    // The title stands above everything else, on paper of its own.
    let [width, height] = arrangement.size;
    let title = face.wrap(&figure.title, width - 2.0 * TITLE_EDGE, NAME_SIZE);
    let above = if title.is_empty() { 0.0 } else { (TITLE_EDGE + title.height(NAME_SIZE)).ceil() };
    let mut canvas = Canvas::new(width, height + above, FAMILIES);
    if !title.is_empty() {
        let place = [TITLE_EDGE, TITLE_EDGE + plane::ASCENT * NAME_SIZE];
        canvas.text(&title, place, TextStyle::new(NAME_SIZE, Anchor::Start));
        canvas.open(&format!(" transform=\"translate(0 {above})\""));
    }
    plane::draw(&mut canvas, &figure, &arrangement);
    if let Some(scene) = &figure.scene {
        scene.draw(&mut canvas, &face, &arrangement.scene);
    }
    for (number, beside, farther) in &arrangement.bars {
        if let Trace::Map(map) = &figure.traces[*number] {
            map.draw_bar(&mut canvas, &face, beside, *farther);
        }
    }
    plane::draw_notes(&mut canvas, &figure, &arrangement);
    if let (Some(legend), Some((rows, corner))) = (&figure.legend, &arrangement.legend) {
        legend.draw(&mut canvas, rows, *corner);
    }
    if !title.is_empty() {
        canvas.close();
    }
    Ok(canvas.finish())
}

/// Something drawn in a panel.
enum Trace {
    Scatter(Scatter),
    Map(HeatMap),
}

impl Trace {
    fn axes(&self) -> [AxisName; 2] {
        match self {
            Self::Scatter(scatter) => [scatter.across, scatter.up],
            Self::Map(map) => [map.across, map.up],
        }
    }
}

/// A pair of axes, by their numbers in the figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Panel {
    across: usize,
    up: usize,
}

/// A figure as it was read, its axes settled.
struct Figure {
    title: Label,
    /// Width and height, where the layout states them.
    size: [Option<f64>; 2],
    axes: Vec<Axis>,
    panels: Vec<Panel>,
    /// The panel at which each axis is written.
    owners: Vec<usize>,
    traces: Vec<Trace>,
    scene: Option<Scene>,
    annotations: Vec<Annotation>,
    shapes: Vec<Shape>,
    legend: Option<Legend>,
}

impl Figure {
    fn read(figure: &Value) -> Result<Self, Error> {
        let layout = &figure["layout"];
        let (mut traces, mut in_space, mut entries) = (Vec::new(), Vec::new(), Vec::new());
        let mut asked = false;
        for (place, trace) in list(figure, "data").iter().enumerate() {
            let (drawn, listed) = match &trace["visible"] {
                Value::Null | Value::Bool(true) => (true, true),
                Value::Bool(false) => (false, false),
                Value::String(text) if text == "legendonly" => (false, true),
                other => return Err(refuse(format!("a trace whose `visible` is `{other}`"))),
            };
            let style = match word(trace, "type", "scatter") {
                "scatter" => {
                    let scatter = Scatter::read(trace, place)?;
                    let style = scatter.style.clone();
                    if drawn {
                        traces.push(Trace::Scatter(scatter));
                    }
                    style
                }
                "scatter3d" => {
                    let space = SpaceTrace::read(trace, place)?;
                    let style = space.style.clone();
                    if drawn {
                        in_space.push(space);
                    }
                    style
                }
                "heatmap" => {
                    let map = HeatMap::read(trace)?;
                    if drawn {
                        traces.push(Trace::Map(map));
                    }
                    continue;
                }
                other => return Err(refuse(format!("a trace of type `{other}`"))),
            };
            let name = Label::parse(word(trace, "name", ""));
            if listed && !name.is_empty() && trace["showlegend"] != Value::Bool(false) {
                asked |= trace["showlegend"] == Value::Bool(true);
                entries.push(Entry { name, group: word(trace, "legendgroup", "").to_owned(), style });
            }
        }
        let scene = if in_space.is_empty() { None } else { Some(Scene::read(&layout["scene"], in_space)?) };
        let (axes, panels) = read_panels(layout, &traces, scene.is_some())?;
        let owners = (0..axes.len()).map(|number| owner(&axes, &panels, number)).collect();
        let size = |key: &str| layout[key].as_f64().map(|size| size.clamp(80.0, 8000.0));
        let mut figure = Self {
            title: Label::parse(word(&layout["title"], "text", "")),
            size: [size("width"), size("height")],
            annotations: notes::annotations(layout, &axes)?,
            shapes: notes::shapes(layout, &axes)?,
            axes,
            panels,
            owners,
            traces,
            scene,
            legend: Legend::read(layout, entries, asked),
        };
        for number in 0..figure.axes.len() {
            let reaches = figure.reaches(number);
            figure.axes[number].settle(&reaches);
        }
        Ok(figure)
    }

    /// What everything drawn needs of axis number `number`.
    fn reaches(&self, number: usize) -> Vec<Reach> {
        let axis = &self.axes[number];
        let across = axis.name.direction == Direction::Across;
        // Cells reach to the ends of their axes, whatever is drawn over them.
        let cells = self.maps().any(|(_, map)| [map.across, map.up].contains(&axis.name));
        let mut reaches = Vec::new();
        for trace in self.traces.iter().filter(|trace| trace.axes().contains(&axis.name)) {
            match trace {
                Trace::Map(map) => {
                    let borders = if across { map.columns(axis) } else { map.rows(axis) };
                    reaches.extend(Reach::of(borders, false));
                }
                Trace::Scatter(scatter) => {
                    let points = scatter.points.iter().enumerate();
                    let values =
                        points.filter_map(|(place, point)| Some((place, (*point)?))).flat_map(|(place, [x, y])| {
                            let ends =
                                scatter.errors.as_ref().filter(|_| !across).and_then(|errors| errors.ends(place, y));
                            [if across { x } else { y }].into_iter().chain(ends.into_iter().flatten())
                        });
                    let values = values.filter_map(|value| axis.scaled(value));
                    reaches.extend(Reach::of(values, !cells && (!across || scatter.style.marker.is_some())));
                }
            }
        }
        let side = usize::from(!across);
        for shape in &self.shapes {
            let places = [shape.from[side], shape.to[side]].into_iter().filter_map(|place| match place {
                Place::Axis(axis, value) if axis == number => Some(value),
                _ => None,
            });
            reaches.extend(Reach::of(places, false));
        }
        reaches
    }

    /// The heat maps, each with the number of its trace.
    fn maps(&self) -> impl Iterator<Item = (usize, &HeatMap)> {
        self.traces.iter().enumerate().filter_map(|(number, trace)| match trace {
            Trace::Map(map) => Some((number, map)),
            Trace::Scatter(_) => None,
        })
    }

    /// The lines and markers in panel number `panel`.
    fn scatters(&self, panel: usize) -> impl Iterator<Item = &Scatter> {
        self.traces.iter().enumerate().filter_map(move |(number, trace)| match trace {
            Trace::Scatter(scatter) if self.panel_of(number) == Some(panel) => Some(scatter),
            _ => None,
        })
    }

    /// The panel of trace number `number`.
    fn panel_of(&self, number: usize) -> Option<usize> {
        let [across, up] = self.traces[number].axes();
        self.panels.iter().position(|panel| self.axes[panel.across].name == across && self.axes[panel.up].name == up)
    }

    /// Whether a heat map is in panel number `number`.
    fn has_map(&self, number: usize) -> bool {
        self.maps().any(|(trace, _)| self.panel_of(trace) == Some(number))
    }

    /// Whether the colour bar of `map` stands at its own panel: if the layout says so, or if others need their place.
    fn beside_panel(&self, map: &HeatMap) -> bool {
        map.own_bar || self.panels.len() == 1 || self.maps().filter(|(_, map)| map.bar).count() > 1
    }

    /// How many panels are beside each other (side 0) or one above the other (side 1).
    fn n_intervals(&self, side: usize) -> usize {
        let mut domains: Vec<[f64; 2]> = Vec::new();
        for panel in &self.panels {
            let domain = self.axes[[panel.across, panel.up][side]].domain;
            if !domains.contains(&domain) {
                domains.push(domain);
            }
        }
        domains.len()
    }
}

/// The axes that traces, annotations and shapes use, and the panels that pairs of them make.
fn read_panels(layout: &Value, traces: &[Trace], in_space: bool) -> Result<(Vec<Axis>, Vec<Panel>), Error> {
    let mut pairs: Vec<[AxisName; 2]> = Vec::new();
    for pair in traces.iter().map(Trace::axes) {
        if pair[0].direction != Direction::Across || pair[1].direction != Direction::Up {
            return Err(refuse("a trace whose axes are not one across and one up"));
        }
        if !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    if pairs.is_empty() && !in_space {
        pairs.push([Direction::Across, Direction::Up].map(|direction| AxisName { direction, number: 1 }));
    }
    let mut names: Vec<AxisName> = pairs.iter().flatten().copied().collect();
    names.sort_unstable();
    names.dedup();
    let axes = names.iter().map(|name| Axis::of_layout(layout, *name)).collect::<Result<Vec<_>, _>>()?;
    let number = |name: AxisName| names.iter().position(|other| *other == name).unwrap_or(0);
    let panels: Vec<Panel> =
        pairs.iter().map(|[across, up]| Panel { across: number(*across), up: number(*up) }).collect();
    for axis in &axes {
        let pair = |panel: &&Panel| [panel.across, panel.up].map(|number| axes[number].name);
        if let Some(other) = axis.equal_to
            && !panels.iter().any(|panel| pair(&panel).contains(&axis.name) && pair(&panel).contains(&other))
        {
            return Err(refuse("equal scales of axes that share no panel"));
        }
    }
    Ok((axes, panels))
}

/// The panel at which axis number `number` is written: that with its anchor, or else the lowest or leftmost.
fn owner(axes: &[Axis], panels: &[Panel], number: usize) -> usize {
    let across = axes[number].name.direction == Direction::Across;
    let of_axis = |panel: &Panel| if across { panel.across == number } else { panel.up == number };
    let other = |panel: &Panel| &axes[if across { panel.up } else { panel.across }];
    let mine = panels.iter().enumerate().filter(|(_, panel)| of_axis(panel));
    mine.min_by(|(_, one), (_, another)| {
        let rank = |panel: &Panel| (other(panel).name != axes[number].anchor, other(panel).domain[0]);
        rank(one).partial_cmp(&rank(another)).unwrap_or(std::cmp::Ordering::Equal)
    })
    .map_or(0, |(place, _)| place)
}
