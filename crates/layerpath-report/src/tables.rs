//! The tables: a summary of all paths, and every point of each.

use std::fmt::Write as _;

use crate::escape::html;
use crate::format::{count, degrees, number, percent};
use crate::view::{AnalysisView, PathView};

/// A table under construction: what was said about undefined values is gathered below it.
struct Table {
    /// Prefix of the element names of the footnotes.
    id: String,
    rows: String,
    footnotes: Vec<String>,
}

/// One cell of a row.
enum Cell {
    /// Plain text.
    Text(String),
    /// A number, formatted.
    Number(String),
    /// Null, with the reason.
    Undefined(String),
    /// Nothing belongs here.
    Empty,
}

impl Cell {
    /// A value that geometry may leave undefined.
    fn optional(value: Option<f64>, format: fn(f64) -> String, reason: impl FnOnce() -> String) -> Self {
        value.map_or_else(|| Self::Undefined(reason()), |value| Self::Number(format(value)))
    }

    /// A value that the document may lack without any reason to be named.
    fn known(value: Option<f64>, format: fn(f64) -> String) -> Self {
        value.map_or(Self::Empty, |value| Self::Number(format(value)))
    }
}

impl Table {
    fn new(id: String) -> Self {
        Self { id, rows: String::new(), footnotes: Vec::new() }
    }

    /// Appends a row; `head` is HTML, the cells are plain.
    fn row(&mut self, head: &str, cells: impl IntoIterator<Item = Cell>) {
        let mut row = format!("<tr><th scope=\"row\">{head}</th>");
        for cell in cells {
            let cell = match cell {
                Cell::Text(text) => format!("<td class=\"text\">{}</td>", html(&text)),
                Cell::Number(text) => format!("<td>{text}</td>"),
                Cell::Undefined(reason) => self.undefined(reason),
                Cell::Empty => "<td></td>".to_owned(),
            };
            row.push_str(&cell);
        }
        row.push_str("</tr>\n");
        self.rows.push_str(&row);
    }

    /// A dash with its reason as tooltip and as footnote; equal reasons share a footnote.
    fn undefined(&mut self, reason: String) -> String {
        let place = self.footnotes.iter().position(|known| *known == reason).unwrap_or(self.footnotes.len());
        let cell = format!(
            "<td title=\"{}\">–<sup><a href=\"#{}-note-{n}\">{n}</a></sup></td>",
            html(&reason),
            self.id,
            n = place + 1
        );
        if place == self.footnotes.len() {
            self.footnotes.push(reason);
        }
        cell
    }

    /// The whole table; `columns` are plain, `caption` is what a screen reader announces.
    fn finish(self, caption: &str, columns: &[String]) -> String {
        let mut head = String::new();
        for column in columns {
            // Writing to a String cannot fail, here and below.
            let _ = write!(head, "<th scope=\"col\">{}</th>", html(column));
        }
        let caption = html(caption);
        let mut table = format!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\">\n<table>\n\
             <caption>{caption}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{}</tbody>\n</table>\n</div>\n",
            self.rows
        );
        if !self.footnotes.is_empty() {
            table.push_str("<ol class=\"footnotes\">\n");
            for (place, reason) in self.footnotes.iter().enumerate() {
                let _ = writeln!(table, "<li id=\"{}-note-{}\">{}</li>", self.id, place + 1, html(reason));
            }
            table.push_str("</ol>\n");
        }
        table
    }
}

/// One row a path: where it stands in training, how long and straight it is, how far from the target it starts and ends.
pub(crate) fn summary(view: &AnalysisView<'_>) -> String {
    let paths = &view.paths;
    let any = |known: fn(&PathView<'_>) -> bool| paths.iter().any(known);
    let has_epoch = any(|path| path.record.epoch.is_some());
    let has_seed = any(|path| path.record.seed.is_some());
    let has_accuracy = any(|path| path.record.network_accuracy.is_some());
    let has_target = any(|path| path.record.distance_to_target.is_some());

    let mut columns = vec!["path".to_owned()];
    columns.extend(has_epoch.then(|| "epoch".to_owned()));
    columns.extend(has_seed.then(|| "seed".to_owned()));
    columns.extend(has_accuracy.then(|| "accuracy".to_owned()));
    columns.push("points".to_owned());
    columns.push(view.with_unit("length"));
    columns.push(view.with_unit("displacement"));
    columns.push("straightness".to_owned());
    if has_target {
        columns.push(view.with_unit("start to target"));
        columns.push(view.with_unit("end to target"));
    }

    let mut table = Table::new(format!("{}-summary", view.id));
    for path in paths {
        let record = path.record;
        let head = format!(
            "<span class=\"swatch\" style=\"background:{}\"></span><a href=\"#{}\">{}</a>",
            path.color,
            path.id,
            html(&record.name)
        );
        let whole = |value: Option<String>| value.map_or(Cell::Empty, Cell::Number);
        let mut cells = Vec::new();
        cells.extend(has_epoch.then(|| whole(record.epoch.map(|epoch| epoch.to_string()))));
        cells.extend(has_seed.then(|| whole(record.seed.map(|seed| seed.to_string()))));
        cells.extend(has_accuracy.then(|| Cell::known(record.network_accuracy, percent)));
        cells.push(Cell::Number(path.labels.len().to_string()));
        cells.push(Cell::Number(number(record.length)));
        cells.push(Cell::Number(number(record.displacement)));
        cells.push(Cell::optional(record.straightness, number, || path.reason("straightness", None).to_owned()));
        if has_target {
            let distances = record.distance_to_target.as_deref();
            cells.push(Cell::known(distances.and_then(|d| d.first().copied()), number));
            cells.push(Cell::known(distances.and_then(|d| d.last().copied()), number));
        }
        table.row(&head, cells);
    }
    table.finish(&format!("Summary of {}", count(paths.len(), "path", "paths")), &columns)
}

/// One row a point of `path`.
///
/// Columns that need a target are left out where the path has none; cells where nothing belongs (the step after the
/// last point, the angle at the first) are empty, and undefined values are dashes with a footnote.
pub(crate) fn points(view: &AnalysisView<'_>, path: &PathView<'_>) -> String {
    let record = path.record;
    let mut columns =
        vec!["#".to_owned(), view.along().to_owned(), view.with_unit("step to next"), "interior angle (°)".to_owned()];
    columns.extend(record.heading_angles.is_some().then(|| "heading (°)".to_owned()));
    columns.push(view.with_unit("to start"));
    columns.extend(record.distance_to_target.is_some().then(|| view.with_unit("to target")));
    columns.extend(record.progress.is_some().then(|| view.with_unit("progress")));
    columns.extend(record.efficiency.is_some().then(|| "efficiency".to_owned()));
    if record.projection.is_some() {
        columns.push("fraction along".to_owned());
        columns.push(view.with_unit("detour"));
    }

    let mut table = Table::new(path.id.clone());
    for (place, label) in path.labels.iter().enumerate() {
        // Entry `index` of `values`: absent = nothing belongs here, null = undefined for a reason.
        let nullable = |field: &str, values: &[Option<f64>], index: Option<usize>, format| match index
            .and_then(|index| values.get(index))
        {
            Some(value) => Cell::optional(*value, format, || path.reason(field, index).to_owned()),
            None => Cell::Empty,
        };
        let plain = |values: &[f64]| Cell::known(values.get(place).copied(), number);

        let mut cells = vec![
            Cell::Text(label.clone()),
            plain(&record.steps),
            nullable("interior_angles", &record.interior_angles, place.checked_sub(1), degrees),
        ];
        if let Some(angles) = &record.heading_angles {
            cells.push(nullable("heading_angles", angles, Some(place), degrees));
        }
        cells.push(plain(&record.distance_to_start));
        cells.extend(record.distance_to_target.as_deref().map(plain));
        cells.extend(record.progress.as_deref().map(plain));
        if let Some(efficiency) = &record.efficiency {
            cells.push(nullable("efficiency", efficiency, Some(place), number));
        }
        if let Some(projections) = &record.projection {
            let projection = projections.get(place).copied().flatten();
            let reason = || path.reason("projection", Some(place)).to_owned();
            cells.push(Cell::optional(projection.map(|p| p.t), number, reason));
            cells.push(Cell::optional(projection.map(|p| p.distance), number, reason));
        }
        table.row(&path.indices[place].unwrap_or(place).to_string(), cells);
    }
    table.finish(
        &format!("Every {} of {}", if view.along() == "epoch" { "epoch" } else { "point" }, record.name),
        &columns,
    )
}
