//! Names that try to break out of HTML text, attributes, scripts and the labels of plotly.js.

use layerpath::analysis::{Analysis, UndefinedRecord};
use layerpath_report::{NamedAnalysis, ReportOptions, render};
use serde_json::Value;

use crate::{figure, fixture, page_of, without_plotly};

/// Each tries another door.
const HOSTILE: [&str; 12] = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "' onfocus='alert(1)",
    "<!--<script>",
    "--></style></title><svg/onload=alert(1)>",
    "<a href=\"javascript:alert(1)\">click</a>",
    "<b>bold</b><br>&lt;i&gt;&amp;",
    "$\\alpha$ %{text} {{x}}",
    "null\0tab\tline\nreturn\rescape\u{1b}",
    "\u{2028}\u{2029}\u{202e}gnp.txt\u{200b}",
    "]]>\\\"\\u003cscript\\u003e",
];

/// The fixture with `name` in every field that holds text, path and point names told apart by a number.
fn infected(name: &str) -> Analysis {
    let mut analysis = fixture::two_paths();
    let rename = |number: usize| format!("{name} {number}");
    name.clone_into(&mut analysis.program);
    name.clone_into(&mut analysis.metric);
    name.clone_into(&mut analysis.unit);
    name.clone_into(&mut analysis.stimuli.hash);
    analysis.notes = vec![name.to_owned()];
    let names: Vec<String> = (0..analysis.points.len()).map(rename).collect();
    for (point, renamed) in analysis.points.iter_mut().zip(&names) {
        point.name.clone_from(renamed);
        point.layer.clone_from(renamed);
    }
    for (number, path) in analysis.paths.iter_mut().enumerate() {
        path.name = rename(number);
        let start = 3 * number;
        path.points = names[start..start + path.points.len()].to_vec();
        path.target = names.last().cloned();
        path.network = Some(name.to_owned());
        path.straightness = None;
        path.undefined = ["straightness", "interior_angles", "heading_angles"]
            .into_iter()
            .flat_map(|statistic| {
                [None, Some(0), Some(1)].map(|index| UndefinedRecord {
                    statistic: statistic.to_owned(),
                    index,
                    reason: name.to_owned(),
                })
            })
            .collect();
    }
    if let Some(embedding) = &mut analysis.embedding {
        name.clone_into(&mut embedding.method);
        embedding.points = names;
    }
    analysis
}

fn infected_page(name: &str) -> String {
    let named = NamedAnalysis { title: name.to_owned(), analysis: infected(name) };
    without_plotly(
        &render(
            &[named],
            &ReportOptions { title: name.to_owned(), program: Some(name.to_owned()), command: Some(name.to_owned()) },
        )
        .unwrap(),
    )
}

/// Every element and attribute name of the page, in order: what the browser will build from it.
///
/// A reader of tags much like the browser's: a tag opens with `<` and a letter, `/` or `!`, quoted attributes hide
/// everything, and the content of `<script>`, `<style>` and `<title>` runs to the matching end tag.
fn skeleton(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        assert!(
            rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!'),
            "stray `<` before {rest:.40}"
        );
        let mut tag = String::new();
        let mut quote = None;
        let mut end = rest.len();
        for (place, character) in rest.char_indices() {
            match (quote, character) {
                (None, '>') => {
                    end = place;
                    break;
                }
                (None, '"' | '\'') => quote = Some(character),
                (None, other) => tag.push(other),
                (Some(open), other) if open == other => quote = None,
                (Some(_), _) => {}
            }
        }
        rest = &rest[end + 1..];
        let name = tag.split([' ', '/']).next().unwrap_or_default().to_owned();
        if ["script", "style", "title"].contains(&name.as_str()) {
            let close = format!("</{name}");
            rest = &rest[rest.find(&close).unwrap()..];
        }
        found.push(tag);
    }
    found
}

#[test]
fn hostile_names_add_no_element_and_no_attribute() {
    let expected = skeleton(&infected_page("harmless"));
    assert!(expected.len() > 200, "the reader of tags reads");
    for name in HOSTILE {
        assert_eq!(skeleton(&infected_page(name)), expected, "{name:?}");
    }
}

#[test]
fn no_control_or_reordering_character_reaches_the_page() {
    for name in HOSTILE {
        let page = infected_page(name);
        let bad = page.chars().find(|c| (c.is_control() && *c != '\n') || ('\u{2028}'..='\u{202e}').contains(c));
        assert_eq!(bad, None, "{name:?}");
    }
}

#[test]
fn data_scripts_hold_no_markup() {
    for name in HOSTILE {
        let page = infected_page(name);
        for figure in ["embedding", "distances", "angles"] {
            let opening = format!("<script type=\"application/json\" id=\"analysis-1-{figure}-data\">");
            let data = page.split(&opening).nth(1).unwrap().split("</script>").next().unwrap();
            assert!(!data.contains(['<', '>', '&']), "{name:?}");
            assert!(serde_json::from_str::<Value>(data).is_ok(), "{name:?}");
        }
    }
}

#[test]
fn plotly_sees_no_tag_but_ours() {
    fn strings<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::String(text) => found.push(text),
            Value::Array(values) => values.iter().for_each(|value| strings(value, found)),
            Value::Object(fields) => fields.values().for_each(|value| strings(value, found)),
            _ => {}
        }
    }
    for name in HOSTILE {
        let page = page_of(infected(name));
        for kind in ["embedding", "distances", "angles"] {
            let figure = figure(&page, kind);
            let mut found = Vec::new();
            strings(&figure, &mut found);
            for text in found {
                let ours = text.replace("<br>", "").replace("<b>", "").replace("</b>", "");
                assert!(!ours.contains(['<', '>']), "{text:?}");
            }
            assert!(!figure.to_string().contains("hovertemplate"), "templates read names as code");
            assert!(!figure.to_string().contains("\"meta\""), "meta makes plotly.js read names as templates");
        }
    }
}

#[test]
fn long_names_are_cut_in_figures_and_whole_in_tables() {
    let name = "x".repeat(500);
    let mut analysis = fixture::two_paths();
    analysis.points[1].layer.clone_from(&name);
    let page = page_of(analysis);
    assert!(page.contains(&format!("<td class=\"text\">{name}</td>")));
    assert!(!figure(&page, "angles").to_string().contains(&"x".repeat(61)));
}
