//! `layerpath triangle`.

use layerpath::metric::Point;
use serde_json::{Value, json};

use crate::arguments::{Format, TriangleArguments};
use crate::failure::{Failure, Result};
use crate::inputs::{self, InputOptions, Inputs};
use crate::messages::{self, Messages};

pub(crate) fn run(arguments: &TriangleArguments, messages: Messages) -> Result<()> {
    if !arguments.at.is_finite() {
        return Err(Failure::user(format!("--at {} is no place on a geodesic; 0 is A, 1 is B", arguments.at)));
    }
    let options = InputOptions {
        metric: arguments.metric.as_deref(),
        convention: arguments.convention,
        rows: Some(&arguments.rows),
        engine: arguments.engine.choice(),
        ..InputOptions::default()
    };
    let read = inputs::read(std::slice::from_ref(&arguments.input), options, messages)?;
    let corners = [&arguments.a, &arguments.b, &arguments.c];
    let [a, b, c] = [point(&read, corners[0])?, point(&read, corners[1])?, point(&read, corners[2])?];
    let triangle = Triangle::new(&read, [a, b, c], arguments.at)?;
    match arguments.format {
        Format::Table => messages::result(&triangle.table(&read, corners)),
        Format::Json => messages::json(&triangle.json(&read, corners)),
    }
}

/// The point of that name, or of the only layer of that name.
fn point<'a>(read: &'a Inputs, name: &str) -> Result<&'a Point> {
    let exact = read.points.iter().find(|(record, _)| record.name == name);
    let by_layer: Vec<_> = read.points.iter().filter(|(record, _)| record.layer == name).collect();
    match (exact, by_layer.as_slice()) {
        (Some((_, point)), _) | (None, [(_, point)]) => Ok(point),
        (None, several) => {
            let names: Vec<&str> = read.points.iter().map(|(record, _)| record.name.as_str()).collect();
            let problem = if several.is_empty() { "no point" } else { "more than one point" };
            Err(Failure::user(format!("{problem} is called `{name}`; there are {}", names.join(", "))))
        }
    }
}

/// A value, or the reason why there is none.
type Defined<T> = std::result::Result<T, String>;

struct Triangle {
    /// ab, bc, ac.
    sides: [f64; 3],
    /// At a, b, c.
    angles: [Defined<f64>; 3],
    t: f64,
    to_geodesic: Defined<f64>,
    projection: Defined<(f64, f64)>,
}

impl Triangle {
    fn new(read: &Inputs, [a, b, c]: [&Point; 3], t: f64) -> Result<Self> {
        let metric = &read.metric;
        let to_geodesic = metric.geodesic(a, b, t).and_then(|point| metric.distance(&point, c));
        Ok(Self {
            sides: [metric.distance(a, b)?, metric.distance(b, c)?, metric.distance(a, c)?],
            angles: [defined(metric.angle(b, a, c))?, defined(metric.angle(a, b, c))?, defined(metric.angle(a, c, b))?],
            t,
            to_geodesic: defined(to_geodesic)?,
            projection: defined(metric.project(a, b, c).map(|foot| (foot.t, foot.distance)))?,
        })
    }

    fn json(&self, read: &Inputs, [a, b, c]: [&String; 3]) -> Value {
        let mut undefined = Vec::new();
        let mut value = |field: &str, result: Defined<Value>| {
            result.unwrap_or_else(|reason| {
                undefined.push(json!({ "field": field, "reason": reason }));
                Value::Null
            })
        };
        let number = |result: &Defined<f64>| result.clone().map(|x| json!(x));
        let angles = json!({
            "a": value("angles.a", number(&self.angles[0])),
            "b": value("angles.b", number(&self.angles[1])),
            "c": value("angles.c", number(&self.angles[2])),
        });
        let distance_to_c = value("geodesic.distance_to_c", number(&self.to_geodesic));
        let projection = self.projection.clone().map(|(t, distance)| json!({ "t": t, "distance": distance }));
        let projection = value("projection", projection);
        json!({
            "metric": read.metric.to_string(),
            "unit": read.metric.unit(),
            "stimuli": read.stimuli.count,
            "points": { "a": a, "b": b, "c": c },
            "sides": { "ab": self.sides[0], "bc": self.sides[1], "ac": self.sides[2] },
            "angles": angles,
            "geodesic": { "t": self.t, "distance_to_c": distance_to_c },
            "projection": projection,
            "undefined": undefined,
        })
    }

    fn table(&self, read: &Inputs, corners: [&String; 3]) -> String {
        let [a, b, c] = corners.map(|name| messages::in_a_row(name));
        let unit = read.metric.unit();
        let number = |value: f64| format!("{:.4}", (value * 1e4).round() / 1e4 + 0.0);
        let mut lines = vec![format!("{}, {} stimuli", read.metric, read.stimuli.count)];
        lines.push(format!("A = {a}, B = {b}, C = {c}\n"));
        for (name, side) in ["AB", "BC", "AC"].iter().zip(self.sides) {
            lines.push(format!("side {name}: {} {unit}", number(side)));
        }
        for (name, angle) in ["A", "B", "C"].iter().zip(&self.angles) {
            lines.push(match angle {
                Ok(angle) => format!("angle at {name}: {:.1}°", angle.to_degrees()),
                Err(reason) => format!("angle at {name}: undefined, {reason}"),
            });
        }
        lines.push(match &self.to_geodesic {
            Ok(distance) => format!("point at {} on A → B: {} {unit} from C", self.t, number(*distance)),
            Err(reason) => format!("point at {} on A → B: undefined, {reason}", self.t),
        });
        lines.push(match &self.projection {
            Ok((t, distance)) => format!("nearest to C on A → B: at {}, {} {unit} away", number(*t), number(*distance)),
            Err(reason) => format!("nearest to C on A → B: undefined, {reason}"),
        });
        lines.join("\n") + "\n"
    }
}

/// What geometry leaves undefined is a reason, any other error ends the program.
fn defined<T>(result: std::result::Result<T, layerpath::Error>) -> Result<Defined<T>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(layerpath::Error::Geometry(error)) if error.is_undefined() => Ok(Err(error.to_string())),
        Err(error) => Err(error.into()),
    }
}
