//! The page around tables and figures.

use std::fmt::Write as _;

use layerpath::analysis::StimulusIdentity;

use crate::escape::html;
use crate::figures::{Figure, evidence, figures};
use crate::format::{computed_by, count};
use crate::tables;
use crate::view::AnalysisView;
use crate::{Error, ReportOptions, plot};

const STYLE: &str = include_str!("assets/page.css");
const SCRIPT: &str = include_str!("assets/page.js");

/// Nothing may be fetched from anywhere: scripts and styles are inline, images are the ones that plotly.js draws.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
     img-src data: blob:; base-uri 'none'; form-action 'none'";

const INTRODUCTION: &str = "<p class=\"introduction\">A network is treated as a path through a space of \
representations: each layer is a point, each move from one layer to the next a step. <em>Straightness</em> is \
displacement divided by length: 1 for a straight path, near 0 for one that wanders. The <em>interior angle</em> at a \
layer lies between the way it came from and the way it goes on: 180° is straight on; 90° is what independent directions in high \
dimension give, that is, no memory of direction rather than “half straight”. The <em>heading angle</em> lies between the \
next step and the direction to the target: 0° is straight at the target. Straight paths alone are no evidence of \
learning: random networks can be straight, so compare with the untrained network. Embeddings illustrate; they are not \
evidence. The tables and their CSV files hold all the numbers.</p>\n";

/// Heading of the last part.
const ORIGIN: &str = "Where the numbers come from";

const COLUMNS: &str = "<details class=\"columns\">\n<summary>What the columns mean</summary>\n<dl>\n\
<dt>step to next</dt><dd>Distance from this point to the next one; their sum is the length.</dd>\n\
<dt>interior angle</dt><dd>Angle at this point between the previous and the next one; 180° = straight on.</dd>\n\
<dt>heading</dt><dd>Angle at this point between the next point and the target; 0° = straight at the target.</dd>\n\
<dt>to start, to target</dt><dd>Distance from this point to the first one and to the target.</dd>\n\
<dt>progress</dt><dd>How much nearer to the target the next point is; negative = farther away.</dd>\n\
<dt>efficiency</dt><dd>Progress divided by step, from −1 to 1.</dd>\n\
<dt>fraction along</dt><dd>Place of the nearest point on the geodesic from the start (0) to the target (1).</dd>\n\
<dt>detour</dt><dd>Distance from this point to that geodesic.</dd>\n\
</dl>\n<p>A step, a heading, progress and efficiency belong to the move to the next point, so the last row lacks them. A \
dash stands for a value that is undefined, with the reason below the table.</p>\n</details>\n";

/// The page of some analyses.
pub(crate) fn page(views: &[AnalysisView<'_>], options: &ReportOptions) -> Result<String, Error> {
    let mut body = INTRODUCTION.to_owned();
    let mut contents: Vec<(String, String)> = Vec::new();
    for view in views {
        body.push_str(&section(view, options)?);
        contents.push((view.id.clone(), view.title.to_owned()));
        if views.len() == 1 {
            let parts = [("embedding-heading", "Figures"), ("points", "Point by point"), ("provenance", ORIGIN)];
            contents.extend(parts.map(|(part, text)| (format!("{}-{part}", view.id), text.to_owned())));
        }
    }
    let contents: Vec<(&str, &str)> = contents.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    document(&options.title, &contents, &body)
}

/// The whole document: `title` is plain text, `contents` element names with plain text, `body` HTML.
pub(crate) fn document(title: &str, contents: &[(&str, &str)], body: &str) -> Result<String, Error> {
    let title = html(title);
    let mut list = "<nav aria-label=\"On this page\">\n<ul>\n".to_owned();
    for (id, text) in contents {
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(list, "<li><a href=\"#{id}\">{}</a></li>", html(text));
    }
    list.push_str("</ul>\n</nav>\n");
    let plotly = plotly_source(&plotly::Plot::offline_js_sources())?.to_owned();
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{CONTENT_SECURITY_POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n\
         <noscript><style>.plot {{ display: none; }}</style></noscript>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#content\">Skip to the content</a>\n<header>\n<h1>{title}</h1>\n{list}</header>\n\
         <main id=\"content\" tabindex=\"-1\">\n\
         <noscript><p class=\"notice\">The figures need JavaScript. The tables below and their CSV files hold all the numbers.</p></noscript>\n\
         {body}</main>\n<script>{plotly}</script>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n"
    ))
}

/// plotly.js out of the `<script>` elements that the `plotly` crate offers: the first one; the second is MathJax.
fn plotly_source(scripts: &str) -> Result<&str, Error> {
    let (_, from_source) = scripts.split_once('>').ok_or(Error::PlotlySource)?;
    let (source, _) = from_source.split_once("</script>").ok_or(Error::PlotlySource)?;
    // What could change how a browser reads the element must not occur, and it must be the right library.
    if source.contains("plotly.js v3") && !source.contains("<!--") && !source.contains("<script") {
        Ok(source)
    } else {
        Err(Error::PlotlySource)
    }
}

fn section(view: &AnalysisView<'_>, options: &ReportOptions) -> Result<String, Error> {
    let mut section = format!("<section id=\"{}\">\n<h2>{}</h2>\n", view.id, html(view.title));
    let _ = writeln!(section, "<h3 id=\"{}-summary-heading\">Summary</h3>", view.id);
    section.push_str(&tables::summary(view));
    if view.paths.len() > 1 {
        section.push_str(&selector(view));
    }
    for figure in figures(view) {
        section.push_str(&figure_element(view, &figure)?);
    }
    if let Some(exhibit) = evidence::exhibit(view) {
        section.push_str(&exhibit.element()?);
    }
    let every = if view.along() == "layer" { "layer" } else { "point" };
    let _ = writeln!(section, "<h3 id=\"{}-points\">Every {every}</h3>", view.id);
    section.push_str(COLUMNS);
    for path in &view.paths {
        let _ = writeln!(
            section,
            "<details class=\"path\" id=\"{}\" open>\n<summary><span class=\"swatch\" \
             style=\"background:{}\"></span>{}</summary>",
            path.id,
            path.color,
            html(&path.record.name)
        );
        if path.record.target.is_none() {
            section.push_str("<p>This path has no target, hence no heading, progress or detour.</p>\n");
        }
        section.push_str(&tables::points(view, path));
        section.push_str("</details>\n");
    }
    section.push_str(&notes(view));
    section.push_str(&provenance(view, options));
    section.push_str("</section>\n");
    Ok(section)
}

fn notes(view: &AnalysisView<'_>) -> String {
    if view.analysis.notes.is_empty() {
        return String::new();
    }
    let mut list = "<h3>Notes</h3>\n<ul class=\"notes\">\n".to_owned();
    for note in &view.analysis.notes {
        let _ = writeln!(list, "<li>{}</li>", html(note));
    }
    list.push_str("</ul>\n");
    list
}

/// Check boxes that show and hide a path in all figures of the section; hidden where no script runs.
fn selector(view: &AnalysisView<'_>) -> String {
    let mut fields = format!(
        "<fieldset class=\"selector\" data-section=\"{}\" hidden>\n<legend>Paths in the figures</legend>\n",
        view.id
    );
    for path in &view.paths {
        let _ = writeln!(
            fields,
            "<label><input type=\"checkbox\" value=\"{}\" checked><span class=\"swatch\" \
             style=\"background:{}\"></span>{}</label>",
            path.id,
            path.color,
            html(&path.record.name)
        );
    }
    fields.push_str(
        "<span class=\"buttons\"><button type=\"button\" data-show=\"all\">all</button>\
         <button type=\"button\" data-show=\"ends\">first and last</button>\
         <button type=\"button\" data-show=\"none\">none</button></span>\n</fieldset>\n",
    );
    fields
}

fn figure_element(view: &AnalysisView<'_>, figure: &Figure) -> Result<String, Error> {
    let caption = html(&figure.caption);
    let heading = figure.heading;
    let id = format!("{}-{}", view.id, figure.id);
    let Some(drawn) = &figure.plot else {
        return Ok(format!("<h3 id=\"{id}-heading\">{heading}</h3>\n<p>{caption}</p>\n"));
    };
    Ok(format!(
        "<h3 id=\"{id}-heading\">{heading}</h3>\n<figure>\n{plot}<figcaption \
         id=\"{id}-caption\">{caption}</figcaption>\n\
         </figure>\n",
        plot = plot::element(&id, heading, &format!(" data-section=\"{}\"", view.id), drawn)?,
    ))
}

/// What makes the page and by which command, where that is known; plain text becomes inert.
pub(crate) fn making(options: &ReportOptions) -> String {
    let mut list = String::new();
    let entries = [("this page is made by", &options.program), ("with the command", &options.command)];
    for (term, text) in entries {
        if let Some(text) = text {
            let _ = writeln!(list, "<dt>{term}</dt><dd><code>{}</code></dd>", html(text));
        }
    }
    if list.is_empty() { list } else { format!("<dl class=\"provenance\">\n{list}</dl>\n") }
}

fn provenance(view: &AnalysisView<'_>, options: &ReportOptions) -> String {
    let analysis = view.analysis;
    let stimuli = &analysis.stimuli;
    let identity = match stimuli.identity {
        StimulusIdentity::RowNumber => "known by their row numbers only",
        StimulusIdentity::Given => "identified by the user",
        StimulusIdentity::InputHash => "identified by the hash of each input",
    };
    let code = |text: &str| format!("<code>{}</code>", html(text));
    let mut entries = vec![
        ("numbers computed by", html(&computed_by(&analysis.program))),
        ("metric", code(&analysis.metric)),
        ("stimuli", format!("{}, {identity}", count(stimuli.count, "stimulus", "stimuli"))),
    ];
    if !stimuli.hash.is_empty() {
        entries.push(("hash of the stimuli", code(&stimuli.hash)));
    }
    entries.push(("schema", code(&analysis.schema)));
    let mut list = format!("<h3 id=\"{}-provenance\">{ORIGIN}</h3>\n", view.id);
    list.push_str(&making(options));
    list.push_str("<dl class=\"provenance\">\n");
    for (term, description) in entries {
        let _ = writeln!(list, "<dt>{term}</dt><dd>{description}</dd>");
    }
    list.push_str("</dl>\n");
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plotly_is_taken_without_mathjax() {
        let scripts = plotly::Plot::offline_js_sources();
        let source = plotly_source(&scripts).unwrap();
        assert!(source.trim_start().starts_with("/**\n* plotly.js v3."));
        assert!(source.len() < scripts.len() * 3 / 4, "the rest is MathJax");
        assert!(!source.contains("</script"));
    }

    #[test]
    fn another_form_of_the_crate_is_noticed() {
        for scripts in [
            "",
            "<script>",
            "<script>something else</script>",
            "<script>plotly.js v3 <!-- </script>",
            "<script>plotly.js v3 <script></script>",
        ] {
            assert!(matches!(plotly_source(scripts), Err(Error::PlotlySource)), "{scripts}");
        }
    }
}
