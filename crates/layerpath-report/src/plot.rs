//! Where plotly.js draws a figure, and what lets a reader explore it without a mouse.

use serde_json::Value;

use crate::Error;
use crate::escape::{html, json};

/// The part of a figure that scripts fill: the picture, the line that reads its values out, and how to use the keys.
///
/// `id` is the figure's element name; its heading and caption are `{id}-heading` and `{id}-caption`. The script
/// makes the frame around the picture focusable and an application, in which arrow keys walk from value to value.
pub(crate) fn element(id: &str, heading: &str, attributes: &str, figure: &Value) -> Result<String, Error> {
    Ok(format!(
        "<div class=\"explore\" data-plot=\"{id}\" aria-label=\"Values of: {heading}\" \
         aria-describedby=\"{id}-keys\">\n\
         <div class=\"plot\" id=\"{id}\"{attributes} role=\"img\" aria-labelledby=\"{id}-heading\" \
         aria-describedby=\"{id}-caption\"></div>\n</div>\n\
         <p class=\"readout\" id=\"{id}-readout\" role=\"status\" aria-live=\"polite\"></p>\n\
         <p class=\"keys\" id=\"{id}-keys\">Left and right: value by value. Up and down: line by line, or row by row. \
         Home and End: \
         first and last. Enter: this line alone, and all again. Escape: leave the values.</p>\n\
         <script type=\"application/json\" id=\"{id}-data\">{data}</script>\n",
        heading = html(heading),
        data = json(figure)?,
    ))
}
