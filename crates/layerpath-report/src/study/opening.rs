//! The answers, and where the numbers come from.

use std::fmt::Write as _;

use super::StudyReport;
use crate::escape::html;

pub(super) const STRAIGHTNESS: &str = "How straight are the paths, and what does each layer contribute?";
pub(super) const TRAINING: &str = "How do paths emerge over training?";
pub(super) const WIDTH_DEPTH: &str = "Do wide and deep networks travel alike?";

const READING: &str = "<p class=\"introduction\">A network is treated as a path through a space of representations: each \
layer is a point, the first one the images, and the target the labels. <em>Straightness</em> is the distance from the first \
layer to the last divided by the length of the path: 1 is straight. The <em>interior angle</em> at a layer is 180° straight \
on and 90° for independent directions in high dimension; the <em>heading angle</em> of a step is 0° straight at the target. \
<em>Progress</em> is how much nearer to the target a step ends. Every sentence below is made from the numbers: it claims \
something only if the 95 % interval excludes the contrary, and says otherwise that the data do not support it. An interval \
over seeds is Student’s t of networks trained from other seeds; with two seeds it is wide, rightly.</p>\n";

/// The three questions and what the documents answer.
pub(super) fn opening(report: &StudyReport) -> String {
    let mut section = "<section id=\"answers\">\n<h2>The answers in short</h2>\n".to_owned();
    section.push_str(READING);
    let mut add = |id: &str, question: &str, answer: &[String], statements: &[String]| {
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(section, "<h3><a href=\"#{id}\">{}</a></h3>", html(question));
        section.push_str(&list("answer", answer));
        let _ = writeln!(section, "<details>\n<summary>All {} statements</summary>", statements.len());
        section.push_str(&list("statements", statements));
        section.push_str("</details>\n");
    };
    if let Some(study) = &report.straightness {
        add("straightness", STRAIGHTNESS, &study.answer, &study.statements);
    }
    if let Some(study) = &report.training {
        add("training", TRAINING, &study.answer, &study.statements);
    }
    if let Some(study) = &report.width_depth {
        add("width-depth", WIDTH_DEPTH, &study.answer, &study.statements);
    }
    section.push_str("</section>\n");
    section
}

fn list(class: &str, sentences: &[String]) -> String {
    if sentences.is_empty() {
        return "<p>The data support no statement.</p>\n".to_owned();
    }
    let items: Vec<String> = sentences.iter().map(|sentence| format!("<li>{}</li>\n", html(sentence))).collect();
    format!("<ul class=\"{class}\">\n{}</ul>\n", items.concat())
}

/// Metrics, stimuli, networks and whatever else was said.
pub(super) fn provenance(report: &StudyReport) -> String {
    let mut entries: Vec<(String, String)> = Vec::new();
    let mut add = |term: &str, text: String| entries.push((term.to_owned(), text));
    if let Some(study) = &report.straightness {
        for metric in &study.metrics {
            add("straightness", format!("{}, {} stimuli", metric.metric, metric.stimuli));
        }
        add("computed by", study.program.clone());
    }
    if let Some(study) = &report.training {
        add("training", format!("{}, {} stimuli", study.metric, study.stimuli));
        for network in &study.networks {
            let epochs: Vec<String> = network.epochs.iter().map(|one| one.epoch.to_string()).collect();
            let accuracy = network.epochs.last().and_then(|one| one.test_accuracy);
            let accuracy = accuracy.map_or_else(String::new, |share| format!(", test accuracy {share:.4}"));
            add("network", format!("{}, epochs {}{accuracy}", network.network, epochs.join(", ")));
        }
    }
    if let Some(study) = &report.width_depth {
        add("width and depth", format!("{}, {} stimuli", study.metric, study.stimuli));
        for network in &study.networks {
            let accuracy =
                network.test_accuracy.map_or_else(String::new, |share| format!(", test accuracy {share:.4}"));
            add("network", format!("{}{accuracy}", network.network));
        }
    }
    entries.extend(report.sources.iter().cloned());
    let mut section =
        "<section id=\"provenance\">\n<h2>Where the numbers come from</h2>\n<dl class=\"provenance\">\n".to_owned();
    for (term, text) in entries {
        let _ = writeln!(section, "<dt>{}</dt><dd>{}</dd>", html(&term), html(&text));
    }
    section.push_str("</dl>\n</section>\n");
    section
}
