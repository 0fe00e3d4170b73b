//! The series on log–log axes, as SVG.

use std::path::Path;

use plotters::prelude::*;
use serde_json::Value;

use crate::harness::Failure;

const WIDTH: u32 = 1260;
const HEIGHT: u32 = 460;
const VARIABLES: [(&str, &str); 3] = [("K", "points K"), ("m", "stimuli m"), ("n", "units n")];
const COLOURS: [RGBColor; 4] =
    [RGBColor(31, 78, 121), RGBColor(192, 80, 20), RGBColor(56, 118, 70), RGBColor(120, 60, 130)];

/// One series as the plot needs it.
struct Line {
    label: String,
    points: Vec<(f64, f64)>,
    exponent: f64,
    constant: f64,
}

/// Draws the document that [`super::run`] writes: measured times as dots, fitted powers as lines.
pub(crate) fn draw(document: &Value, path: &Path) -> Result<(), Failure> {
    let root = SVGBackend::new(path, (WIDTH, HEIGHT)).into_drawing_area();
    root.fill(&WHITE)?;
    for (area, (variable, title)) in root.split_evenly((1, VARIABLES.len())).iter().zip(VARIABLES) {
        let lines: Vec<Line> = lines(document, variable);
        panel(area, title, &lines).map_err(|error| error.to_string())?;
    }
    root.present()?;
    Ok(())
}

fn lines(document: &Value, variable: &str) -> Vec<Line> {
    let series = document["series"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of_variable = series.iter().filter(|series| series["variable"] == variable);
    let number = |value: &Value| value.as_f64().unwrap_or(0.0);
    let line = |series: &Value| {
        let points = series["points"].as_array().map(Vec::as_slice).unwrap_or_default();
        let name = series["name"].as_str().unwrap_or_default();
        let exponent = number(&series["exponent"]);
        Line {
            label: format!("{name}: {variable}^{exponent:.2}"),
            points: points.iter().map(|point| (number(&point["size"]), number(&point["seconds"]))).collect(),
            exponent,
            constant: number(&series["constant"]),
        }
    };
    of_variable.map(line).collect()
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn panel(area: &Area<'_>, title: &str, lines: &[Line]) -> Result<(), Failure> {
    let all = || lines.iter().flat_map(|line| &line.points);
    let range = |of: fn(&(f64, f64)) -> f64| {
        let least = all().map(of).fold(f64::INFINITY, f64::min);
        let most = all().map(of).fold(0.0, f64::max);
        (least, most)
    };
    let ((left, right), (low, high)) = (range(|point| point.0), range(|point| point.1));
    // Room above for the legend.
    let (x, y) = ((left / 1.3)..(right * 1.3), (low / 1.6)..(high * 30.0));
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(x.log_scale(), y.log_scale())?;
    chart
        .configure_mesh()
        .x_desc(title)
        .x_labels(5)
        .y_desc("seconds")
        .label_style(("sans-serif", 13))
        .axis_desc_style(("sans-serif", 15))
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.15))
        .x_label_formatter(&|value| format!("{value:.0}"))
        .y_label_formatter(&|value| format!("{value}"))
        .draw()?;
    for (line, colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        let fitted = line.points.iter().map(|&(size, _)| (size, line.constant * size.powf(line.exponent)));
        chart
            .draw_series(LineSeries::new(fitted, colour))?
            .label(line.label.clone())
            .legend(move |(x, y)| Circle::new((x + 8, y), 4, colour.filled()));
        chart.draw_series(line.points.iter().map(|&point| Circle::new(point, 4, colour.filled())))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .label_font(("sans-serif", 12))
        .background_style(WHITE.mix(0.9))
        .draw()?;
    Ok(())
}
