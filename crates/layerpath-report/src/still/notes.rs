//! What the layout adds to the data: annotations and shapes.

use serde_json::Value;

use super::NAME_SIZE;
use super::axis::{Axis, AxisName, Direction};
use super::canvas::Line;
use super::color::{Color, INK, LINE};
use super::read::{flag, list, number, refuse, word};
use super::text::Label;
use crate::Error;

/// A place along one side of the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Place {
    /// A fraction of the plot area.
    Paper(f64),
    /// A fraction of the part that an axis has of it; the axis by its number in the figure.
    Domain(usize, f64),
    /// On an axis, in units of its scale.
    Axis(usize, f64),
}

impl Place {
    /// The place as a fraction of the plot area, unless it moves with the numbers of an axis.
    pub(super) fn fraction(self, axes: &[Axis]) -> Option<f64> {
        match self {
            Self::Paper(fraction) => Some(fraction),
            Self::Domain(axis, fraction) => {
                let [low, high] = axes[axis].domain;
                Some(low + fraction * (high - low))
            }
            Self::Axis(..) => None,
        }
    }
}

/// Text on the page.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Annotation {
    pub(super) text: Label,
    pub(super) place: [Place; 2],
    /// Which share of the text is left of, and below, its place.
    pub(super) anchor: [f64; 2],
    /// Pixels to the right and upwards.
    pub(super) shift: [f64; 2],
    pub(super) size: f64,
    pub(super) color: Color,
}

/// A line or rectangle on the page.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    pub(super) from: [Place; 2],
    pub(super) to: [Place; 2],
    pub(super) rectangle: bool,
    pub(super) line: Option<Line>,
    pub(super) fill: Option<Color>,
    pub(super) below: bool,
}

/// The annotations of a layout.
pub(super) fn annotations(layout: &Value, axes: &[Axis]) -> Result<Vec<Annotation>, Error> {
    let shown = list(layout, "annotations").iter().filter(|annotation| flag(annotation, "visible", true));
    shown.map(|annotation| Annotation::read(annotation, axes)).collect()
}

/// The shapes of a layout.
pub(super) fn shapes(layout: &Value, axes: &[Axis]) -> Result<Vec<Shape>, Error> {
    let shown = list(layout, "shapes").iter().filter(|shape| flag(shape, "visible", true));
    shown.map(|shape| Shape::read(shape, axes)).collect()
}

impl Annotation {
    fn read(object: &Value, axes: &[Axis]) -> Result<Self, Error> {
        if flag(object, "showarrow", true) {
            return Err(refuse("an annotation with an arrow"));
        }
        // On a logarithmic axis, plotly.js takes the logarithm for annotations and the number itself for shapes.
        let place = |direction, key: &str, reference: &str| {
            place_of(word(object, reference, key), axes, direction, number(object, key, 0.0), true)
        };
        let place = [place(Direction::Across, "x", "xref")?, place(Direction::Up, "y", "yref")?];
        let anchor = |key: &str, place: Place| match (word(object, key, "auto"), place) {
            ("left" | "bottom", _) => 0.0,
            ("center" | "middle", _) => 0.5,
            ("right" | "top", _) => 1.0,
            // As plotly.js reads `auto`: thirds of the plot area.
            (_, Place::Paper(fraction) | Place::Domain(_, fraction)) if fraction < 1.0 / 3.0 => 0.0,
            (_, Place::Paper(fraction) | Place::Domain(_, fraction)) if fraction > 2.0 / 3.0 => 1.0,
            _ => 0.5,
        };
        let anchor = [anchor("xanchor", place[0]), anchor("yanchor", place[1])];
        Ok(Self {
            text: Label::parse(word(object, "text", "")),
            place,
            anchor,
            shift: [number(object, "xshift", 0.0), number(object, "yshift", 0.0)],
            size: number(&object["font"], "size", NAME_SIZE).clamp(4.0, 60.0),
            color: Color::field(&object["font"], "color", INK)?,
        })
    }
}

impl Shape {
    fn read(object: &Value, axes: &[Axis]) -> Result<Self, Error> {
        let rectangle = match word(object, "type", "rect") {
            "line" => false,
            "rect" => true,
            other => return Err(refuse(format!("a shape of type `{other}`"))),
        };
        let corner = |suffix: char| -> Result<[Place; 2], Error> {
            let place = |direction, letter: &str| {
                let value = number(object, &format!("{letter}{suffix}"), 0.0);
                place_of(word(object, &format!("{letter}ref"), letter), axes, direction, value, false)
            };
            Ok([place(Direction::Across, "x")?, place(Direction::Up, "y")?])
        };
        let line = Line::of_shape(&object["line"], LINE)?;
        let fill = if rectangle && object["fillcolor"].is_string() {
            Some(Color::field(object, "fillcolor", LINE)?.faded(number(object, "opacity", 1.0).clamp(0.0, 1.0)))
        } else {
            None
        };
        Ok(Self {
            from: corner('0')?,
            to: corner('1')?,
            rectangle,
            line: (line.width > 0.0).then_some(line),
            fill,
            below: word(object, "layer", "above") == "below",
        })
    }
}

/// The place that `reference` (`paper`, `x2`, `x2 domain`) gives to `value`; `scaled` if it is so on an axis already.
fn place_of(reference: &str, axes: &[Axis], direction: Direction, value: f64, scaled: bool) -> Result<Place, Error> {
    if reference == "paper" {
        return Ok(Place::Paper(value));
    }
    let (name, domain) = reference.strip_suffix(" domain").map_or((reference, false), |name| (name, true));
    let name = AxisName::parse(name)?;
    let number = axes.iter().position(|axis| axis.name == name && name.direction == direction);
    let number = number.ok_or_else(|| refuse(format!("a place on `{reference}`, which the figure does not have")))?;
    if domain {
        return Ok(Place::Domain(number, value));
    }
    let value = if scaled { Some(value) } else { axes[number].scaled(value) };
    value
        .map(|value| Place::Axis(number, value))
        .ok_or_else(|| refuse(format!("a place on `{reference}` that a logarithmic axis does not have")))
}
