//! A figure of a study: what plotly.js draws, the controls that choose among its states, and the table behind it.

use std::fmt::Write as _;

use layerpath::analysis::Epoch;
use serde_json::{Map, Value, json};

use crate::escape::{html, label};
use crate::format::number;
use crate::{Error, plot};

/// Longer and wider tables stand in the CSV alone but for their beginning: a page of a hundred thousand cells helps nobody.
const MOST_ROWS: usize = 3000;
const MOST_COLUMNS: usize = 40;
/// What is shown of them.
const FIRST_ROWS: usize = 20;

/// One figure with its controls, in every state that they can choose.
pub(crate) struct Exhibit {
    /// Element name, unique in the page; letters, digits and hyphens.
    pub(crate) id: String,
    /// Heading, plain text.
    pub(crate) heading: String,
    /// How to read it, plain text.
    pub(crate) caption: String,
    /// Height of the figure in pixels.
    pub(crate) height: usize,
    /// What a reader chooses; the last one varies fastest in `frames`.
    pub(crate) controls: Vec<Control>,
    /// One state for each combination of choices.
    pub(crate) frames: Vec<Frame>,
    /// The layout that all states share.
    pub(crate) layout: Value,
    /// The numbers of all states.
    pub(crate) sheet: Sheet,
}

/// One control of a figure.
pub(crate) struct Control {
    /// What is chosen, plain text.
    pub(crate) label: &'static str,
    /// A slider: for choices that have an order.
    pub(crate) is_slider: bool,
    /// The choices, plain text.
    pub(crate) choices: Vec<String>,
    /// The one that is shown first.
    pub(crate) start: usize,
}

impl Control {
    /// A list to choose from; the first is shown first.
    pub(crate) fn select(label: &'static str, choices: impl IntoIterator<Item = String>) -> Self {
        Self { label, is_slider: false, choices: choices.into_iter().collect(), start: 0 }
    }

    /// A slider that starts at its last choice.
    pub(crate) fn slider(label: &'static str, choices: impl IntoIterator<Item = String>) -> Self {
        let choices: Vec<String> = choices.into_iter().collect();
        Self { label, is_slider: true, start: choices.len().saturating_sub(1), choices }
    }

    /// What is chosen first, in words; plain text.
    fn chosen(&self) -> String {
        let choice = self.choices.get(self.start).map_or("", String::as_str);
        // `epoch 3` says already what it is.
        if choice.starts_with(self.label) { choice.to_owned() } else { format!("{}: {choice}", self.label) }
    }
}

/// One state of a figure.
pub(crate) struct Frame {
    /// Traces.
    pub(crate) data: Vec<Value>,
    /// Fields that take the place of those of the common layout.
    pub(crate) layout: Value,
}

/// A table of plain text and numbers: rounded in the page, in full in the CSV.
#[derive(Default)]
pub(crate) struct Sheet {
    /// Names of the columns, plain text.
    pub(crate) columns: Vec<String>,
    /// Rows of as many cells.
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// One cell of a [`Sheet`].
pub(crate) enum Cell {
    /// Plain text.
    Text(String),
    /// A number, or nothing.
    Number(Option<f64>),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Option<f64>> for Cell {
    fn from(value: Option<f64>) -> Self {
        Self::Number(value)
    }
}

impl From<usize> for Cell {
    fn from(value: usize) -> Self {
        Self::Text(value.to_string())
    }
}

impl From<Epoch> for Cell {
    fn from(epoch: Epoch) -> Self {
        Self::Text(epoch.to_string())
    }
}

impl Exhibit {
    /// Its part of the page.
    pub(crate) fn element(&self) -> Result<String, Error> {
        let Self { id, height, .. } = self;
        let frames: Vec<Value> =
            self.frames.iter().map(|frame| json!({ "data": frame.data, "layout": frame.layout })).collect();
        let document = json!({
            "choices": self.controls.iter().map(|one| one.choices.len()).collect::<Vec<_>>(),
            "frames": frames,
            "layout": self.layout,
        });
        let heading = html(&self.heading);
        Ok(format!(
            "<h3 id=\"{id}-heading\">{heading}</h3>\n<figure>\n{controls}{plot}\
             <figcaption id=\"{id}-caption\">{caption}</figcaption>\n{table}</figure>\n",
            controls = self.controls(),
            plot = plot::element(
                id,
                &self.heading,
                &format!(" style=\"height:{height}px\" data-height=\"{height}\""),
                &document
            )?,
            caption = html(&self.caption),
            table = self.sheet.element(id, &self.heading),
        ))
    }

    /// The state that is shown first, as a figure of its own; its title tells what the lists choose.
    pub(crate) fn still(&self) -> Option<Value> {
        let place = self.controls.iter().fold(0, |place, control| place * control.choices.len() + control.start);
        let frame = self.frames.get(place)?;
        let mut layout = Map::new();
        for object in [&self.layout, &frame.layout] {
            if let Value::Object(object) = object {
                layout.extend(object.clone());
            }
        }
        layout.insert("height".to_owned(), json!(self.height));
        if !self.controls.is_empty() {
            let chosen: Vec<String> = self.controls.iter().map(Control::chosen).collect();
            layout.insert("title".to_owned(), json!({ "text": label(&chosen.join("; "), 400) }));
        }
        Some(json!({ "data": frame.data, "layout": layout }))
    }

    /// Lists and sliders; shown by the script, which they need.
    fn controls(&self) -> String {
        if self.controls.is_empty() {
            return String::new();
        }
        let id = &self.id;
        let mut fields = format!("<div class=\"controls\" data-plot=\"{id}\" hidden>\n");
        for control in &self.controls {
            let Control { label, start, .. } = control;
            // Writing to a String cannot fail, here and below.
            let _ = if control.is_slider {
                let last = control.choices.len().saturating_sub(1);
                let choices = html(&Value::from(control.choices.clone()).to_string());
                writeln!(
                    fields,
                    "<label>{label} <input type=\"range\" min=\"0\" max=\"{last}\" value=\"{start}\" step=\"1\" \
                     data-choices=\"{choices}\"><output>{}</output></label>",
                    html(control.choices.get(*start).map_or("", String::as_str))
                )
            } else {
                let options: Vec<String> = control
                    .choices
                    .iter()
                    .enumerate()
                    .map(|(place, choice)| {
                        let selected = if place == *start { " selected" } else { "" };
                        format!("<option value=\"{place}\"{selected}>{}</option>", html(choice))
                    })
                    .collect();
                writeln!(fields, "<label>{label} <select>{}</select></label>", options.concat())
            };
        }
        fields.push_str("</div>\n");
        fields
    }
}

impl Sheet {
    /// A table with these columns.
    pub(crate) fn new(columns: &[&str]) -> Self {
        Self { columns: columns.iter().map(|&column| column.to_owned()).collect(), rows: Vec::new() }
    }

    /// Folded away below the figure, with a link to the same as CSV.
    fn element(&self, id: &str, heading: &str) -> String {
        let n_rows = self.rows.len();
        let caption = html(&format!("Numbers of “{heading}”"));
        let mut element = format!(
            "<details class=\"numbers\">\n<summary>Table ({n_rows} rows)</summary>\n<p><a download=\"{id}.csv\" \
             href=\"data:text/csv;charset=utf-8,{}\">{id}.csv</a>, unrounded; angles in radians.</p>\n",
            percent_encoded(&self.csv())
        );
        // Of what is too large, only its beginning.
        let n_columns = self.columns.len();
        let too_large = n_rows > MOST_ROWS || n_columns > MOST_COLUMNS;
        let (shown_rows, shown_columns) =
            if too_large { (n_rows.min(FIRST_ROWS), n_columns.min(MOST_COLUMNS)) } else { (n_rows, n_columns) };
        element.push_str(&table_head(&caption, self.columns.iter().take(shown_columns).map(String::as_str)));
        for row in self.rows.iter().take(shown_rows) {
            element.push_str("<tr>");
            for cell in row.iter().take(shown_columns) {
                let _ = match cell {
                    Cell::Text(text) => write!(element, "<td>{}</td>", html(text)),
                    Cell::Number(Some(value)) => write!(element, "<td>{}</td>", number(*value)),
                    Cell::Number(None) => write!(element, "<td></td>"),
                };
            }
            element.push_str("</tr>\n");
        }
        element.push_str(TABLE_FOOT);
        if too_large {
            let _ = writeln!(
                element,
                "<p>These are {shown_rows} of {n_rows} rows and {shown_columns} of {n_columns} columns. Too large to be \
                 read here: the CSV holds it.</p>"
            );
        }
        element.push_str("</details>\n");
        element
    }

    /// The same as text, numbers in full.
    pub(crate) fn csv(&self) -> String {
        let quoted = |text: &str| {
            if text.contains([',', '"', '\n', '\r']) {
                format!("\"{}\"", text.replace('"', "\"\""))
            } else {
                text.to_owned()
            }
        };
        let mut lines = vec![self.columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(",")];
        for row in &self.rows {
            let cells: Vec<String> = row
                .iter()
                .map(|cell| match cell {
                    Cell::Text(text) => quoted(text),
                    Cell::Number(value) => value.map_or_else(String::new, |value| value.to_string()),
                })
                .collect();
            lines.push(cells.join(","));
        }
        lines.join("\n") + "\n"
    }
}

/// A table of plain text in a box of its own that scrolls where the window is narrow; the first cell of a row names it.
pub(crate) fn scrolling_table(caption: &str, columns: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = table_head(&html(caption), columns.iter().copied());
    for row in rows {
        table.push_str("<tr>");
        for (place, cell) in row.iter().enumerate() {
            let _ = match place {
                0 => write!(table, "<th scope=\"row\">{}</th>", html(cell)),
                _ => write!(table, "<td>{}</td>", html(cell)),
            };
        }
        table.push_str("</tr>\n");
    }
    table + TABLE_FOOT
}

/// The box and the table up to its first row; `caption` is HTML, the columns are plain.
fn table_head<'a>(caption: &str, columns: impl Iterator<Item = &'a str>) -> String {
    let head: Vec<String> = columns.map(|column| format!("<th scope=\"col\">{}</th>", html(column))).collect();
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\">\n<table>\n\
         <caption>{caption}</caption>\n<thead><tr>{}</tr></thead>\n<tbody>\n",
        head.concat()
    )
}

/// The end of what [`table_head`] begins.
const TABLE_FOOT: &str = "</tbody>\n</table>\n</div>\n";

/// Everything but letters, digits and a few marks as `%XX`, so that neither HTML nor a URL can read more into it.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b",.-_".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// A number as figures carry it: six digits are more than a screen shows.
pub(crate) fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// [`rounded`], `null` where there is no number.
pub(crate) fn rounded_all(values: impl IntoIterator<Item = Option<f64>>) -> Value {
    values.into_iter().map(|value| value.map(rounded)).collect::<Vec<_>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_keeps_every_digit_and_quotes_names() {
        let mut sheet = Sheet::new(&["layer", "x"]);
        sheet.rows.push(vec!["a,\"b\"".into(), Some(0.1 + 0.2).into()]);
        sheet.rows.push(vec!["</script>".into(), None.into()]);
        assert_eq!(sheet.csv(), "layer,x\n\"a,\"\"b\"\"\",0.30000000000000004\n</script>,\n");
        let element = sheet.element("f", "h");
        assert!(!element.contains("</script>"), "{element}");
        assert!(element.contains("0.3000") && element.contains("%3C%2Fscript%3E"), "{element}");
    }

    #[test]
    fn of_large_tables_the_beginning_is_shown() {
        let mut long = Sheet::new(&["x"]);
        long.rows = (0..=MOST_ROWS).map(|row| vec![format!("row {row}").as_str().into()]).collect();
        let element = long.element("f", "h");
        assert!(element.contains("<td>row 0</td>") && element.contains("<td>row 19</td>"), "{element}");
        assert!(!element.contains("<td>row 20</td>") && element.contains("row%2020"));
        assert!(element.contains("These are 20 of 3001 rows and 1 of 1 columns."));
        let row: Vec<Cell> = (0..=MOST_COLUMNS).map(|column| format!("cell {column}").as_str().into()).collect();
        let wide =
            Sheet { columns: (0..=MOST_COLUMNS).map(|column| format!("name {column}")).collect(), rows: vec![row] };
        let element = wide.element("f", "h");
        assert!(element.contains(">name 39</th>") && !element.contains(">name 40</th>"), "{element}");
        assert!(element.contains("<td>cell 39</td>") && !element.contains("<td>cell 40</td>"));
        assert!(element.contains("These are 1 of 1 rows and 40 of 41 columns."));
        long.rows.pop();
        assert!(long.element("f", "h").contains("<td>row 2999</td>"));
    }

    #[test]
    fn the_first_state_is_where_the_controls_start() {
        let frame = |n: usize| Frame { data: vec![json!(n)], layout: json!({ "a": n }) };
        let exhibit = Exhibit {
            id: "f".into(),
            heading: "h".into(),
            caption: "c".into(),
            height: 300,
            controls: vec![
                Control::select("network", ["<x>".to_owned(), "y".to_owned()]),
                Control::slider("epoch", [0, 1, 2].map(|epoch| format!("epoch {epoch}"))),
            ],
            frames: (0..6).map(frame).collect(),
            layout: json!({ "a": 9, "b": 1 }),
            sheet: Sheet::new(&["x"]),
        };
        let title = json!({ "text": "network: &lt;x&gt;; epoch 2" });
        assert_eq!(
            exhibit.still(),
            Some(json!({ "data": [2], "layout": { "a": 2, "b": 1, "height": 300, "title": title } }))
        );
    }

    #[test]
    fn figures_carry_six_digits() {
        assert_eq!(rounded(1.234_567_8), 1.234_57);
        assert_eq!(rounded(-0.0), -0.0);
        assert_eq!(rounded_all([Some(1.0 / 3.0), None]), json!([0.333_333, null]));
    }
}
