//! What was looked at, the answers, and where the numbers come from.

use std::collections::HashMap;
use std::fmt::Write as _;

use layerpath::study::metric_in_words;

use super::verdict::{self, Verdict};
use super::{NetworkDescription, StudyReport};
use crate::escape::html;
use crate::exhibit::scrolling_table;
use crate::format::{computed_by, grouped, percent};
use crate::{ReportOptions, page};

pub(super) const STRAIGHTNESS: &str = "How straight are the paths, and what does each layer contribute?";
pub(super) const TRAINING: &str = "How do paths emerge over training?";
pub(super) const WIDTH_DEPTH: &str = "Do wide and deep networks travel alike?";

const LEAD: &str = "<p class=\"lead\">A neural network turns an image into a label layer by layer. Here every layer \
is a point, the images themselves the first one, and a network is the <em>path</em> through its layers towards the \
labels. Two layers are near each other if they tell the same images apart in the same way. This page asks three \
questions about such paths.</p>\n";

const WORDS: &str = "<dl class=\"words\">\n\
<dt>step</dt><dd>The distance from one layer to the next; all steps together are the <em>length</em> of the path. \
Distances are angles, in radians (rad): 0 for the same representation, 1.57 for unrelated ones; 1 rad is 57°.</dd>\n\
<dt>straightness</dt><dd>The distance from the first layer to the last, the <em>displacement</em>, divided by the \
length: 1 is straight, near 0 wanders.</dd>\n\
<dt>progress, efficiency</dt><dd>How much nearer to the labels a step ends than it began; the same divided by the step: 1 \
goes nowhere else.</dd>\n\
<dt>fraction along, detour</dt><dd>The place on the direct way from the first layer to the labels that is nearest to a \
layer: its share of that way, and how far the layer is from it.</dd>\n\
<dt>interior angle</dt><dd>The angle at a layer between the way back and the way on: 180° is straight on, 90° turns off at a \
right angle, less turns back.</dd>\n\
<dt>heading angle</dt><dd>The angle between a step and the direct way to the labels: 0° heads straight for them, 90° \
neither nears nor leaves them.</dd>\n\
<dt>labels decoded</dt><dd>The share of images whose label a linear reading of a layer gets right, fitted to all other \
images (leave-one-out ridge regression); with ten classes guessing reaches 10 %.</dd>\n\
<dt>block outputs</dt><dd>The layers at which the answers look: the images, the output of every block of layers, and \
the network’s own answer (logits). Names are those of the networks: stage, block, operation.</dd>\n\
<dt>replicas, seeds</dt><dd>The same architecture trained again from another random start. How far replicas are \
apart is the yardstick for all other differences.</dd>\n\
<dt>two whole paths</dt><dd>Compared <em>at equal shares of the length</em>: the mean distance between the points at the \
same shares of both; by <em>time warping</em>: the mean over layers that are paired in order, as near as possible; \
<em>Fréchet</em>: the longest leash that two walkers need who go on and never back; <em>Hausdorff</em>: the farthest \
that a layer of one is from all of the other. <em>Ends of stages</em> are the few layers that all networks have, \
however deep.</dd>\n\
<dt>stress-1</dt><dd>How badly a picture in the plane or in space shows the distances: 0 is exact, 0.2 is rough.</dd>\n\
<dt>random order, rows permuted, untrained</dt><dd>What to compare with: the same layers visited in random order; \
the same activations with the images mixed up layer by layer, so that only noise is left; the same network before \
training, looked at as it would be tested: batch norm, if it has any, with means of 0 and variances of 1, so that it does not \
normalise yet.</dd>\n\
<dt>angular-cka, angular-shape, m</dt><dd>Ways to measure how differently two layers represent the same m images: by \
which images each finds similar (CKA), or by how well the one cloud of images can be turned onto the other \
(shape).</dd>\n\
<dt>95 % interval</dt><dd>A range made so that in 95 of 100 such studies it holds the true value; with two seeds it \
is wide, rightly. Each is at 95 %, whatever their number: among many, one or \
another misses. The step of most progress is chosen on the networks that its interval is made from. A sentence claims something only if the interval excludes the contrary, or if at most one in twenty \
random assignments of networks to architectures reaches as much (P), and says otherwise that the data do not support it.</dd>\n</dl>\n";

/// What was looked at: data and networks.
pub(super) fn looked_at(report: &StudyReport) -> String {
    let mut section = format!("{LEAD}<section id=\"looked-at\">\n<h2>What was looked at</h2>\n");
    for data in &report.data {
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(
            section,
            "<p>{}: the networks learned from {} images and were tested on {} others.</p>",
            html(&data.name),
            grouped(data.training_images),
            grouped(data.test_images)
        );
    }
    let shown = images(report);
    if !shown.is_empty() {
        let _ = writeln!(section, "<p>{}</p>", html(&shown));
    }
    section.push_str(&networks(report));
    section.push_str("</section>\n");
    section
}

/// A metric in words and, where that leaves something out, its name.
fn named(metric: &str) -> String {
    let words = metric_in_words(metric);
    if words == metric { words } else { format!("{words}, in full {metric}") }
}

/// How many images every network was shown, and how distances were measured.
fn images(report: &StudyReport) -> String {
    let mut uses: Vec<(usize, String)> = Vec::new();
    let straightness = report.straightness.iter().flat_map(|study| &study.metrics);
    let all = straightness
        .map(|metric| (metric.stimuli, &metric.metric))
        .chain(report.training.iter().map(|study| (study.stimuli, &study.metric)))
        .chain(report.width_depth.iter().map(|study| (study.stimuli, &study.metric)));
    for (stimuli, metric) in all {
        if !uses.iter().any(|(known, name)| *known == stimuli && name == metric) {
            uses.push((stimuli, metric.clone()));
        }
    }
    let Some(((stimuli, metric), others)) = uses.split_first() else { return String::new() };
    let mut text = format!(
        "To place the layers, every network was shown the same {} images; distances are those of {}",
        grouped(*stimuli),
        named(metric)
    );
    if !others.is_empty() {
        let others: Vec<String> = others
            .iter()
            .map(|(stimuli, metric)| format!("{} with {} images", named(metric), grouped(*stimuli)))
            .collect();
        let _ = write!(text, ". To see what depends on that choice, also {}", others.join("; and "));
    }
    text.push('.');
    text
}

/// One row an architecture.
fn networks(report: &StudyReport) -> String {
    let described = described(report);
    let mut names: Vec<&str> = Vec::new();
    for one in &described {
        if !names.contains(&one.architecture.as_str()) {
            names.push(&one.architecture);
        }
    }
    if names.is_empty() {
        return String::new();
    }
    let rows = names.into_iter().map(|name| {
        let own: Vec<&NetworkDescription> = described.iter().filter(|one| one.architecture == name).collect();
        let number = |value: Option<usize>| value.map_or_else(|| "–".to_owned(), grouped);
        let first = own.first();
        let seeds: Vec<String> = own.iter().map(|one| one.seed.to_string()).collect();
        let accuracies: Vec<String> = own.iter().filter_map(|one| one.test_accuracy).map(percent).collect();
        let epochs = first.and_then(|one| one.epochs);
        vec![
            name.to_owned(),
            number(first.and_then(|one| one.depth)),
            number(first.and_then(|one| one.width)),
            number(first.and_then(|one| one.parameters)),
            epochs.map_or_else(|| "–".to_owned(), |epochs| epochs.to_string()),
            seeds.join(", "),
            if accuracies.is_empty() { "–".to_owned() } else { accuracies.join(", ") },
            questions(report, name),
        ]
    });
    let columns = ["network", "depth", "width", "parameters", "epochs", "seeds", "test accuracy", "looked at for"];
    let table = scrolling_table(
        "Networks, a row an architecture; a seed is a training from another random start",
        &columns,
        rows,
    );
    format!(
        "{table}<p class=\"note\">Depth: layers with weights. Width: channels of the first stage. Test accuracy: \
         images of the test \
         set that the trained network labels correctly, a number a seed.</p>\n"
    )
}

/// The networks as the run folders describe them, else as far as the documents know them.
fn described(report: &StudyReport) -> Vec<NetworkDescription> {
    let mut all = report.networks.clone();
    let mut places: HashMap<String, usize> =
        all.iter().enumerate().map(|(place, one)| (one.network.clone(), place)).collect();
    let mut add = |one: NetworkDescription| {
        places.entry(one.network.clone()).or_insert_with(|| {
            all.push(one);
            all.len() - 1
        });
    };
    for one in report.width_depth.iter().flat_map(|study| &study.networks) {
        add(NetworkDescription {
            network: one.network.clone(),
            architecture: one.architecture.clone(),
            seed: one.seed,
            depth: Some(one.depth),
            width: Some(one.width),
            test_accuracy: one.test_accuracy,
            ..NetworkDescription::default()
        });
    }
    for one in report.training.iter().flat_map(|study| &study.networks) {
        let last = one.epochs.last();
        add(NetworkDescription {
            network: one.network.clone(),
            architecture: one.architecture.clone(),
            seed: one.seed,
            epochs: last.map(|last| last.epoch),
            test_accuracy: last.and_then(|last| last.test_accuracy),
            ..NetworkDescription::default()
        });
    }
    all
}

/// The questions that an architecture helps to answer.
fn questions(report: &StudyReport, architecture: &str) -> String {
    let straightness = report.straightness.iter().flat_map(|study| &study.metrics);
    let mut straightness = straightness.flat_map(|metric| &metric.architectures);
    let mut training = report.training.iter().flat_map(|study| &study.networks);
    let mut width_depth = report.width_depth.iter().flat_map(|study| &study.networks);
    let known = [
        ("straightness", straightness.any(|one| one.architecture == architecture)),
        ("training", training.any(|one| one.architecture == architecture)),
        ("width and depth", width_depth.any(|one| one.architecture == architecture)),
    ];
    known.into_iter().filter(|(_, is_in)| *is_in).map(|(name, _)| name).collect::<Vec<_>>().join(", ")
}

/// The three questions and what the documents answer.
pub(super) fn opening(report: &StudyReport) -> String {
    let mut section = "<section id=\"answers\">\n<h2>The answers in short</h2>\n<p class=\"note\">What the words mean \
                       stands <a href=\"#words\">below the answers</a>.</p>\n"
        .to_owned();
    let mut add = |id: &str, question: &str, verdict: &Verdict, answer: &[String], statements: &[String]| {
        let _ = writeln!(
            section,
            "<article aria-labelledby=\"answer-{id}\">\n<h3 id=\"answer-{id}\">{}</h3>",
            html(question)
        );
        if let Some((headline, others)) = verdict.sentences.split_first() {
            let _ = writeln!(section, "<p class=\"verdict\">{}</p>", html(headline));
            if !others.is_empty() {
                let _ = writeln!(section, "<p class=\"beside\">{}</p>", html(&others.join(" ")));
            }
        } else {
            section.push_str("<p class=\"verdict none\">No verdict: these numbers do not support one.</p>\n");
        }
        section.push_str(&list("answer", answer));
        let _ = writeln!(
            section,
            "<p class=\"certainty\"><strong>How sure?</strong> {}</p>\n<p class=\"more\"><a \
             href=\"#{id}\">Figures</a></p>",
            html(&verdict.certainty)
        );
        let _ = writeln!(section, "<details>\n<summary>All {} statements</summary>", statements.len());
        section.push_str(&list("statements", statements));
        section.push_str("</details>\n</article>\n");
    };
    if let Some(study) = &report.straightness {
        add("straightness", STRAIGHTNESS, &verdict::straightness(study), &study.answer, &study.statements);
    }
    if let Some(study) = &report.training {
        add(
            "training",
            TRAINING,
            &verdict::training(study, report.straightness.as_ref()),
            &study.answer,
            &study.statements,
        );
    }
    if let Some(study) = &report.width_depth {
        add("width-depth", WIDTH_DEPTH, &verdict::width_depth(study), &study.answer, &study.statements);
    }
    section.push_str("<h3 id=\"words\">The words on this page</h3>\n");
    section.push_str(WORDS);
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

/// The page, its documents, and whatever else was said.
pub(super) fn provenance(report: &StudyReport, options: &ReportOptions) -> String {
    let mut documents: Vec<[&str; 3]> = Vec::new();
    if let Some(study) = &report.straightness {
        documents.push(["straightness", &study.schema, &study.program]);
    }
    if let Some(study) = &report.training {
        documents.push(["training", &study.schema, &study.program]);
    }
    for analysis in &report.analyses {
        let network = analysis.paths.iter().find_map(|path| path.network.as_deref()).unwrap_or("paths");
        documents.push([network, &analysis.schema, &analysis.program]);
    }
    if let Some(study) = &report.width_depth {
        documents.push(["width and depth", &study.schema, &study.program]);
    }
    let rows =
        documents.into_iter().map(|[name, form, program]| vec![name.to_owned(), form.to_owned(), computed_by(program)]);
    let mut section = "<section id=\"provenance\">\n<h2>Where the numbers come from</h2>\n".to_owned();
    section.push_str(&page::making(options));
    section.push_str(&scrolling_table(
        "Documents that this page is made from, and what computed each",
        &["document", "form", "computed by"],
        rows,
    ));
    section.push_str("<dl class=\"provenance\">\n");
    for (term, text) in &report.sources {
        let _ = writeln!(section, "<dt>{}</dt><dd>{}</dd>", html(term), html(text));
    }
    section.push_str("</dl>\n</section>\n");
    section
}
