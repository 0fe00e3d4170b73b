//! `layerpath verify`.

use clap::Args;
use layerpath::analysis::PointRecord;
use layerpath::metric::Convention;
use layerpath::peers::{Difference, differences};
use layerpath::representation::Representation;
use layerpath::verification::{Axioms, Check, InvarianceTests, LayerFacts, Settings, Subject, Verdict, axioms};
use serde_json::{Value, json};

use crate::arguments::{Format, InputArguments};
use crate::failure::{Failure, Result};
use crate::inputs::{self, Inputs};
use crate::interrupt;
use crate::messages::{self, Messages};

/// `layerpath verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    #[command(flatten)]
    input: InputArguments,
    /// Seed of sampled triples and of the changes of the activations.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The most triples for the triangle inequality: all, if there are no more, else so many at random.
    #[arg(long, value_name = "N", default_value_t = Settings::default().triples)]
    triples: usize,
    /// Pairs and triples on which geodesics, projections, log maps and transport are tried.
    #[arg(long, value_name = "N", default_value_t = Settings::default().pairs)]
    pairs: usize,
    /// What to print: a table, or JSON.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// All that was found out.
struct Verification {
    read: Inputs,
    axioms: Axioms,
    checks: Vec<Check>,
    conventions: Vec<Convention>,
    layers: Vec<LayerFacts>,
    differences: Vec<&'static Difference>,
    notes: Vec<&'static str>,
}

const NO_ACTIVATIONS: &str =
    "points carry no activations: their invariances were not tried; verify the activations themselves for that";
const SAMPLED: &str = "the triangle inequality was tried on a random sample of triples; --triples tries more";

pub(crate) fn run(arguments: &VerifyArguments, messages: Messages) -> Result<()> {
    let settings = Settings { seed: arguments.seed, triples: arguments.triples, pairs: arguments.pairs };
    // The metric is known when the first activations are shown.
    let options = arguments.input.options();
    let metric = options.metric()?.unwrap_or_default();
    let mut tests = InvarianceTests::new(&metric, settings);
    let mut look = |record: &PointRecord, x: &Representation<'_>| {
        interrupt::check("nothing was written")?;
        Ok(tests.layer(&record.name, x)?)
    };
    let read = inputs::read_and_show(&arguments.input.inputs, options, messages, Some(&mut look))?;
    let points: Vec<_> = read.points.iter().map(|(record, point)| (record.name.as_str(), point)).collect();
    let axioms = axioms(&read.metric, &points, settings)?;
    let mut checks = axioms.checks.clone();
    checks.extend(tests.checks(axioms.scale));
    let mut notes = Vec::new();
    if tests.layers().len() < points.len() {
        notes.push(NO_ACTIVATIONS);
    }
    if !axioms.all_triples {
        notes.push(SAMPLED);
    }
    let verification = Verification {
        conventions: conventions(&read),
        differences: differences(&read.metric.to_string()).collect(),
        layers: tests.layers().to_vec(),
        read,
        axioms,
        checks,
        notes,
    };
    match arguments.format {
        Format::Table => messages::result(&verification.table())?,
        Format::Json => messages::json(&verification.json())?,
    }
    let failed: Vec<&str> = verification.failed().map(|check| check.law).collect();
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::user(format!(
        "{} does not keep what it declares on these data: {}; the table says by how much and where",
        verification.read.metric,
        failed.join(", ")
    )))
}

/// The metric's conventions and those of the rows.
fn conventions(read: &Inputs) -> Vec<Convention> {
    let mut list = read.metric.conventions();
    let mut reductions: Vec<&str> = read.points.iter().filter_map(|(record, _)| record.reduction.as_deref()).collect();
    reductions.sort_unstable();
    reductions.dedup();
    let identity = if read.stimuli.ids.is_empty() {
        "row numbers: nothing says that the rows of different files are the same stimuli".to_owned()
    } else {
        format!("identifiers, SHA-256 {}", read.stimuli.hash)
    };
    let minimum = read.metric.properties().minimum_stimuli;
    list.push(Convention { name: "stimuli", value: format!("{}; at least {minimum} are needed", read.stimuli.count) });
    list.push(Convention { name: "row identity", value: identity });
    if !reductions.is_empty() {
        list.push(Convention { name: "reduction", value: reductions.join(", ") });
    }
    list
}

impl Verification {
    fn failed(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.verdict == Verdict::Fail)
    }

    fn json(&self) -> Value {
        let metric = &self.read.metric;
        json!({
            "metric": metric.to_string(),
            "unit": metric.unit(),
            "stimuli": {
                "count": self.read.stimuli.count,
                "identity": self.read.stimuli.identity,
                "hash": self.read.stimuli.hash,
            },
            "points": self.read.points.iter().map(|(record, _)| &record.name).collect::<Vec<_>>(),
            "holds": self.failed().next().is_none(),
            "largest_distance": self.axioms.scale,
            "checks": self.checks,
            "conventions": self.conventions,
            "layers": self.layers,
            "differences": self.differences,
            "notes": self.notes,
        })
    }

    fn table(&self) -> String {
        let Inputs { metric, stimuli, points, .. } = &self.read;
        let mut text = format!(
            "{metric}, {} stimuli, {} points, largest distance {:.4} {}\n",
            stimuli.count,
            points.len(),
            self.axioms.scale,
            metric.unit()
        );
        let width = self.checks.iter().map(|check| check.law.chars().count()).max().unwrap_or(0);
        for (subject, title) in [
            (Subject::Axiom, "axioms"),
            (Subject::Geometry, "geometry"),
            (Subject::Invariance, "changes of the activations"),
        ] {
            let own: Vec<&Check> = self.checks.iter().filter(|check| check.subject == subject).collect();
            if !own.is_empty() {
                text.push_str(&line(&["", title], width, "worst", "tolerance"));
                for check in own {
                    text.push_str(&check_line(check, width));
                }
            }
        }
        text.push_str("\nconventions\n");
        for Convention { name, value } in &self.conventions {
            text.push_str(&format_args!("  {name}: {value}\n").to_string());
        }
        text.push_str(&layers(&self.layers));
        if !self.differences.is_empty() {
            text.push_str("\ndifferences to other packages (docs/differences.md)\n");
            for difference in &self.differences {
                text.push_str(
                    &format_args!(
                        "  {}, {}: {}; here {}\n",
                        difference.peer, difference.name, difference.theirs, difference.ours
                    )
                    .to_string(),
                );
            }
        }
        for note in &self.notes {
            text.push_str(&format_args!("\nnote: {note}\n").to_string());
        }
        let failed = self.failed().count();
        let verdict = if failed == 0 { "everything declared holds".to_owned() } else { format!("{failed} FAILED") };
        text + "\n" + &verdict + "\n"
    }
}

fn line(verdict_and_law: &[&str; 2], width: usize, worst: &str, tolerance: &str) -> String {
    let [verdict, law] = verdict_and_law;
    if verdict.is_empty() {
        return format!("\n{law:<0$} {worst:>9} {tolerance:>9}\n", width + 14);
    }
    format!("  {verdict:<11} {law:<width$} {worst:>9} {tolerance:>9}")
}

fn check_line(check: &Check, width: usize) -> String {
    let verdict = match check.verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "FAIL",
        Verdict::NotClaimed => "not claimed",
        Verdict::Undefined => "undefined",
    };
    let worst = match check.worst {
        None => "–".to_owned(),
        Some(0.0) => "0".to_owned(),
        Some(worst) => format!("{worst:.1e}"),
    };
    let mut text = line(&[verdict, check.law], width, &worst, &format!("{:.1e}", check.tolerance));
    text.push_str(&format_args!(" {}, {} tried", check.unit, check.cases).to_string());
    if check.undefined > 0 {
        text.push_str(&format_args!(", {} undefined", check.undefined).to_string());
    }
    if !check.place.is_empty() {
        text.push_str(&format_args!("; worst: {}", messages::in_a_row(&check.place)).to_string());
    }
    text + "\n"
}

fn layers(layers: &[LayerFacts]) -> String {
    if layers.is_empty() {
        return String::new();
    }
    let names: Vec<_> = layers.iter().map(|facts| messages::in_a_row(&facts.layer)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(6);
    let with_scale = layers.iter().any(|facts| facts.length_scale.is_some());
    let mut text = format!(
        "\n{:<width$} {:>9} {:>9} {:>6} {:>10} {:>10} {:>10}{}\n",
        "layers",
        "m",
        "n",
        "rank",
        "largest σ",
        "smallest σ",
        "roundoff",
        if with_scale { format!(" {:>10}", "ℓ") } else { String::new() },
    );
    for (name, facts) in names.iter().zip(layers) {
        let scale = facts.length_scale.map_or_else(String::new, |scale| format!(" {scale:>10.3e}"));
        text.push_str(
            &format_args!(
                "{name:<width$} {:>9} {:>9} {:>6} {:>10.3e} {:>10.3e} {:>10.1e}{scale}\n",
                facts.stimuli,
                facts.units,
                facts.rank,
                facts.largest_singular_value,
                facts.smallest_singular_value,
                facts.roundoff,
            )
            .to_string(),
        );
    }
    text
}
