//! One answer to each question in plain words, and how sure one can be.
//!
//! The words are chosen by intervals that stand in the documents: a claim is made only where the interval excludes the
//! contrary for every architecture it speaks of, and where none can be made there is no verdict.

use layerpath::analysis::Epoch;
use layerpath::study::{
    ChanceRecord, Estimate, GroupRecord, Relation, Spread, StatisticRecord, StraightnessRecord, StraightnessStudy,
    TrainingStudy, TrainingSummary, WidthDepthStudy, metric_in_words, selection_in_words,
};

use crate::format::{count, epoch_name, grouped, percent};

/// The answer to one question before its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Verdict {
    /// Short sentences, plain text, the headline first; none where the numbers support none.
    pub(super) sentences: Vec<String>,
    /// How many networks and images stand behind it, and what that does not cover.
    pub(super) certainty: String,
}

/// What an interval says about a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Up,
    Down,
    Open,
}

impl Sign {
    fn of(change: Option<&Spread>) -> Self {
        match change {
            Some(change) if change.is_above(0.0) => Self::Up,
            Some(change) if change.is_below(0.0) => Self::Down,
            _ => Self::Open,
        }
    }
}

/// Who has `wanted` among names with what was found for them; `None` if nobody has.
fn who<T: PartialEq>(found: &[(&str, T)], wanted: &T) -> Option<String> {
    let names: Vec<&str> = found.iter().filter(|(_, one)| one == wanted).map(|(name, _)| *name).collect();
    (!names.is_empty()).then(|| listed(&names))
}

/// `a`, `a and b`, `a, b and c`.
fn listed(names: &[&str]) -> String {
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// A sentence about everybody where all agree; else one that names who does and who is undecided.
fn claim<T: PartialEq>(found: &[(&str, T)], claims: &[(T, &str)], undecided: Option<(&T, &str)>) -> Option<String> {
    let (_, first) = found.first()?;
    if found.iter().all(|(_, one)| one == first) {
        return claims.iter().find(|(sign, _)| sign == first).map(|(_, words)| format!("{words}."));
    }
    let mut parts: Vec<String> =
        claims.iter().filter_map(|(sign, words)| Some(format!("{words} in {}", who(found, sign)?))).collect();
    if parts.is_empty() {
        return None;
    }
    if let Some((sign, words)) = undecided {
        parts.extend(who(found, sign).map(|names| format!("{words} in {names}")));
    }
    for part in parts.iter_mut().skip(1) {
        *part = lower(part);
    }
    Some(format!("{}.", parts.join("; ")))
}

/// The same with a small first letter.
fn lower(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

/// The same with a capital first letter.
fn upper(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// The coarsest choice of layers of every architecture: choices stand together, the coarsest last.
fn coarsest(records: &[StraightnessRecord]) -> Vec<&StraightnessRecord> {
    let next = |place: usize| records.get(place + 1).map(|one: &StraightnessRecord| one.architecture.as_str());
    records
        .iter()
        .enumerate()
        .filter(|(place, one)| next(*place) != Some(one.architecture.as_str()))
        .map(|(_, one)| one)
        .collect()
}

fn whole<'a>(record: &'a StraightnessRecord, statistic: &str) -> Option<&'a StatisticRecord> {
    record.statistics.iter().find(|one| one.index.is_none() && one.statistic == statistic)
}

/// How straight paths are, and where most progress is made.
pub(super) fn straightness(study: &StraightnessStudy) -> Verdict {
    let Some(first) = study.metrics.first() else { return Verdict::default() };
    let records = coarsest(&first.architectures);
    let mut sentences = Vec::new();
    sentences.extend(times_as_long(study, &records));
    let against: Vec<(&str, bool)> = records
        .iter()
        .map(|one| {
            let own = whole(one, "straightness");
            let low = own.and_then(|own| own.trained.as_ref()?.low);
            let chance = own.and_then(|own| own.shuffled_order).map(|band| band.high);
            (one.architecture.as_str(), matches!((low, chance), (Some(low), Some(chance)) if low > chance))
        })
        .collect();
    let straighter = if sentences.is_empty() {
        "Trained paths are straighter than the same layers in random order"
    } else {
        "They are straighter than the same layers in random order"
    };
    sentences.extend(claim(&against, &[(true, straighter)], Some((&false, "this is undecided"))));
    let places: Vec<(&str, Option<Half>)> =
        records.iter().map(|one| (one.architecture.as_str(), leading_half(one))).collect();
    let late = "The steps of most progress towards the labels lie in the second half of the path";
    let early = "The steps of most progress towards the labels lie in the first half of the path";
    sentences.extend(claim(&places, &[(Some(Half::Second), late), (Some(Half::First), early)], None));
    sentences.extend(leading_steps(&records, &first.unit));
    sentences.extend(steps_under_other_metrics(study, &records));
    Verdict { sentences, certainty: certainty_of_straightness(study, &records) }
}

/// How many times as long as the direct way trained paths are at least, under every metric; and what that is seen through.
fn times_as_long(study: &StraightnessStudy, records: &[&StraightnessRecord]) -> Vec<String> {
    let trained = |record: &StraightnessRecord| whole(record, "straightness")?.trained.clone();
    // The metrics that have a straightness of every architecture.
    let all: Vec<(&str, Vec<Spread>)> = study
        .metrics
        .iter()
        .filter_map(|metric| {
            let own = records.iter().map(|&record| trained(metric.same(record)?)).collect::<Option<Vec<Spread>>>()?;
            Some((metric.metric.as_str(), own))
        })
        .collect();
    let ends: Option<Vec<f64>> = all.iter().flat_map(|(_, own)| own).map(|one| one.high).collect();
    let largest = ends.into_iter().flatten().fold(0.0, f64::max);
    let times = (1.0 / largest).floor();
    if !(2.0..1e3).contains(&times) {
        return Vec::new();
    }
    let mut layers: Vec<&str> = records.iter().map(|one| one.selection.as_str()).collect();
    layers.dedup();
    let seen: Vec<String> = layers.into_iter().map(selection_in_words).collect();
    let under: Vec<String> = all
        .iter()
        .map(|(metric, own)| {
            let times: Vec<String> = own.iter().map(|one| format!("{:.1}", 1.0 / one.mean)).collect();
            format!("{} times under {}", listed_parts(&times), metric_in_words(metric))
        })
        .collect();
    let names: Vec<&str> = records.iter().map(|one| one.architecture.as_str()).collect();
    vec![
        format!("Trained paths are more than {times} times as long as the direct way."),
        format!("This is seen through {} ({}: {}).", seen.join(" or "), listed(&names), under.join("; ")),
    ]
}

/// A half of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    First,
    Second,
}

/// The half in which all steps lie that the data do not tell from the one of most progress; `None` if they lie in both, or
/// nothing is sure to make progress.
fn leading_half(record: &StraightnessRecord) -> Option<Half> {
    let n_steps = record.layers.len().checked_sub(1)?;
    let leader = record.leader.as_ref()?;
    let half = |index: usize| if 2 * index < n_steps { Half::First } else { Half::Second };
    let first = half(leader.index);
    let mut tied = leader.others.iter().filter(|one| !one.separated);
    (record.makes_progress(leader.index) && tied.all(|one| half(one.index) == first)).then_some(first)
}

/// The steps of most progress of every architecture by name, those that the data do not tell from the largest together.
fn leading_steps(records: &[&StraightnessRecord], unit: &str) -> Option<String> {
    let steps = |record: &StraightnessRecord| {
        let named: Vec<String> = record
            .leading_steps()
            .into_iter()
            .filter_map(|index| {
                let (from, to) = (record.layers.get(index)?, record.layers.get(index + 1)?);
                Some(format!("from {from} to {to} ({:+.2} {unit})", record.progress(index)?.trained.as_ref()?.mean))
            })
            .collect();
        let named: Vec<&str> = named.iter().map(String::as_str).collect();
        (!named.is_empty()).then(|| format!("in {} {}", record.architecture, listed(&named)))
    };
    let all: Vec<String> = records.iter().filter_map(|one| steps(one)).collect();
    (!all.is_empty()).then(|| format!("Most progress is made {}.", all.join("; ")))
}

/// How the steps that other metrics name stand to those of the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Same,
    Fewer,
    Others,
}

/// Whether the other metrics name the same steps of most progress.
fn steps_under_other_metrics(study: &StraightnessStudy, records: &[&StraightnessRecord]) -> Option<String> {
    let others = study.metrics.get(1..).filter(|others| !others.is_empty())?;
    let named = |record: &StraightnessRecord| {
        let own = record.leading_steps();
        let mut named = Named::Same;
        for metric in others {
            let theirs = metric.same(record)?.leading_steps();
            if theirs.is_empty() || !theirs.iter().all(|step| own.contains(step)) {
                return Some(Named::Others);
            }
            if theirs.len() < own.len() {
                named = Named::Fewer;
            }
        }
        Some(named)
    };
    let known = records.iter().filter(|one| !one.leading_steps().is_empty());
    let found: Vec<(&str, Named)> =
        known.map(|one| Some((one.architecture.as_str(), named(one)?))).collect::<Option<_>>()?;
    let who = if others.len() == 1 { "The other metric names" } else { "The other metrics name" };
    let (same, fewer, others) =
        (format!("{who} the same steps"), format!("{who} fewer of these steps"), format!("{who} other steps too"));
    claim(&found, &[(Named::Same, &*same), (Named::Fewer, &*fewer), (Named::Others, &*others)], None)
}

fn certainty_of_straightness(study: &StraightnessStudy, records: &[&StraightnessRecord]) -> String {
    let seeds: Vec<usize> = records.iter().map(|one| one.seeds.len()).collect();
    let images: Vec<usize> = study.metrics.iter().map(|metric| metric.stimuli).collect();
    let metrics = count(study.metrics.len(), "measure of distance", "measures of distance");
    format!("{}, {}, {metrics}. {}", networks_of_each(&seeds), images_shown(&images), reach(&seeds))
}

/// Whether training straightens paths, since when it shows, and what other metrics say of the same networks.
pub(super) fn training(study: &TrainingStudy, others: Option<&StraightnessStudy>) -> Verdict {
    let change = |summary: &TrainingSummary, statistic: &str| {
        Sign::of(summary.last(statistic).and_then(|one| one.change.as_ref()))
    };
    let all = |statistic: &str| -> Vec<(&str, Sign)> {
        study.architectures.iter().map(|one| (one.architecture.as_str(), change(one, statistic))).collect()
    };
    let bends =
        [(Sign::Down, "Training makes the paths less straight"), (Sign::Up, "Training makes the paths straighter")];
    let mut sentences = Vec::new();
    let straightness = all("straightness");
    sentences.extend(claim(&straightness, &bends, Some((&Sign::Open, "this is undecided"))));
    if !sentences.is_empty() {
        sentences.push(format!("This is seen under {}.", metric_in_words(&study.metric)));
        sentences.extend(others.and_then(|others| straightness_under_other_metrics(study, others, &straightness)));
        sentences.extend(after_the_first_epoch(study, &straightness));
        sentences.extend(claim(&all("length"), &LENGTHS, Some((&Sign::Open, "this is undecided"))));
        sentences.extend(headings(study));
        sentences.extend(since(study, &straightness));
    }
    let seeds: Vec<usize> = study.architectures.iter().map(|one| one.seeds.len()).collect();
    let checkpoints = study.networks.iter().map(|one| one.epochs.len()).max().unwrap_or(0);
    let certainty = format!(
        "{}, {} each, {}. {}",
        networks_of_each(&seeds),
        count(checkpoints, "checkpoint", "checkpoints"),
        images_shown(&[study.stimuli]),
        reach(&seeds)
    );
    Verdict { sentences, certainty }
}

const LENGTHS: [(Sign, &str); 2] =
    [(Sign::Up, "Training makes the paths longer"), (Sign::Down, "Training makes the paths shorter")];

/// Whether straightness changes alike under the other metrics that the networks were looked at with; none without them.
fn straightness_under_other_metrics(
    study: &TrainingStudy,
    others: &StraightnessStudy,
    found: &[(&str, Sign)],
) -> Option<String> {
    let others: Vec<(&[StraightnessRecord], String)> = others
        .metrics
        .iter()
        .filter(|one| one.metric != study.metric)
        .map(|one| (&*one.architectures, metric_in_words(&one.metric)))
        .collect();
    let mut parts: Vec<String> = Vec::new();
    let mut agree: Vec<&str> = Vec::new();
    for &(name, sign) in found.iter().filter(|(_, sign)| *sign != Sign::Open) {
        let change = |records| {
            let own = coarsest(records).into_iter().find(|one| one.architecture == name)?;
            Some(Sign::of(whole(own, "straightness")?.change.as_ref()))
        };
        let known: Vec<(&str, Sign)> =
            others.iter().filter_map(|(records, metric)| Some((metric.as_str(), change(records)?))).collect();
        if !known.is_empty() && known.iter().all(|(_, own)| *own == sign) {
            agree.push(name);
        }
        let contrary = if sign == Sign::Up { Sign::Down } else { Sign::Up };
        let open = who(&known, &Sign::Open).map(|names| format!("in {name} this is undecided under {names}"));
        let contrary = who(&known, &contrary).map(|names| format!("in {name} the contrary holds under {names}"));
        parts.extend(open.into_iter().chain(contrary));
    }
    if !agree.is_empty() {
        let others = if others.len() == 1 { "the other metric" } else { "the other metrics" };
        parts.insert(0, format!("it holds in {} under {others} too", listed(&agree)));
    }
    (!parts.is_empty()).then(|| format!("{}.", upper(&parts.join("; "))))
}

/// Whether straightness goes on changing after the first whole epoch of training: before training, batch norm has means of 0
/// and variances of 1 and does not normalise, which is part of any change since then.
fn after_the_first_epoch(study: &TrainingStudy, found: &[(&str, Sign)]) -> Option<String> {
    let goes_on = |summary: &TrainingSummary, sign: Sign| {
        Some(Sign::of(Some(summary.last("straightness")?.later_change.as_ref()?)) == sign)
    };
    let decided = study.architectures.iter().zip(found).filter(|(_, (_, sign))| *sign != Sign::Open);
    let own: Vec<(&str, bool)> =
        decided.map(|(summary, (name, sign))| Some((*name, goes_on(summary, *sign)?))).collect::<Option<_>>()?;
    let begun = study.architectures.iter().find_map(TrainingSummary::begun)?;
    let begun = epoch_name(begun);
    let (on, undecided) = (
        format!("The change goes on after epoch {begun}"),
        format!("The data do not support that it goes on after epoch {begun}"),
    );
    let sentence = claim(&own, &[(true, &*on), (false, &*undecided)], None)?;
    Some(format!(
        "{sentence} What comes before that may partly be due to batch norm, which has no means and variances of the data \
         until training begins; so may every other difference to untrained networks."
    ))
}

/// What training does to the mean heading, beside layers in random order: layers nearer the labels have smaller headings in
/// whatever order they stand.
fn headings(study: &TrainingStudy) -> Option<String> {
    let heading = |summary: &TrainingSummary| {
        let last = summary.last("mean_heading_angle");
        let band = last.and_then(|one| one.shuffled_order);
        let better = last.zip(band).map(|(last, band)| last.spread.is_below(band.low));
        (Sign::of(last.and_then(|one| one.change.as_ref())), better)
    };
    let found: Vec<(&str, (Sign, Option<bool>))> =
        study.architectures.iter().map(|one| (one.architecture.as_str(), heading(one))).collect();
    let claims = [
        (
            (Sign::Down, Some(true)),
            "Training turns the steps of the paths towards the labels, beyond what layers in random order do",
        ),
        (
            (Sign::Down, Some(false)),
            "Steps head closer to the labels than before, but no closer than those of the same layers in random order",
        ),
        ((Sign::Up, Some(true)), "Training turns the steps of the paths away from the labels"),
        ((Sign::Up, Some(false)), "Training turns the steps of the paths away from the labels"),
    ];
    claim(&found, &claims, None)
}

/// The first checkpoint from which on the change of straightness has the sign that it has in the end.
fn since(study: &TrainingStudy, found: &[(&str, Sign)]) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    for (summary, (name, sign)) in study.architectures.iter().zip(found) {
        if *sign == Sign::Open {
            continue;
        }
        let own = summary.epochs.iter().filter(|one| one.statistic == "straightness" && one.epoch > Epoch::UNTRAINED);
        let mut epochs: Vec<(Epoch, Sign)> = own.map(|one| (one.epoch, Sign::of(one.change.as_ref()))).collect();
        epochs.sort_unstable_by_key(|(epoch, _)| *epoch);
        let last = epochs.last()?.0;
        let first = epochs.iter().rev().take_while(|(_, own)| own == sign).last()?.0;
        parts.push(format!("from epoch {} of {} on in {name}", epoch_name(first), epoch_name(last)));
    }
    (!parts.is_empty()).then(|| format!("The change of straightness is clear {}.", listed_parts(&parts)))
}

fn listed_parts(parts: &[String]) -> String {
    listed(&parts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The interval of a ratio and how often chance reaches it, in parentheses.
fn surely(ratio: &Estimate, chance: Option<&ChanceRecord>) -> String {
    let interval = ratio.low.zip(ratio.high).map(|(low, high)| format!("{low:.3} to {high:.3} over networks"));
    let chance = chance.map(|chance| format!("random assignments reach that with P = {:.4}", chance.at_least));
    let all: Vec<String> = interval.into_iter().chain(chance).collect();
    if all.is_empty() { String::new() } else { format!(" ({})", all.join("; ")) }
}

/// Whether networks of different width, and of different depth, are as alike as replicas.
pub(super) fn width_depth(study: &WidthDepthStudy) -> Verdict {
    const MEASURE: &str = "arc_length_matched";
    let groups: Vec<&GroupRecord> = study.groups.iter().filter(|one| one.measure == MEASURE).collect();
    let mut outcomes: Vec<(String, String)> = Vec::new();
    for (relation, what) in [(Relation::Width, "width"), (Relation::Depth, "depth")] {
        let known: Vec<bool> =
            groups.iter().filter(|one| one.relation == relation).filter_map(|one| one.beyond_replicas).collect();
        let (n, apart) = (known.len(), known.iter().filter(|&&beyond| beyond).count());
        let travel = study.travel.iter().find(|one| one.measure == MEASURE && one.relation == Some(relation));
        let Some(ratio) = travel.and_then(|one| one.ratio.as_ref()).filter(|_| n > 0) else { continue };
        let verdict = if let Some(travel) = travel.filter(|one| one.holds()) {
            let lost: Vec<String> = travel
                .without
                .iter()
                .filter(|one| !one.holds())
                .map(|one| format!("{} ({:.2} times)", one.in_words(), one.ratio.value))
                .collect();
            let lost = if lost.is_empty() {
                String::new()
            } else {
                format!(", which is not supported without {}", lost.join(", nor without "))
            };
            format!(
                "networks of another {what} travel {:.2} times as far apart as two trainings of one architecture{}{lost}",
                ratio.value,
                surely(ratio, travel.chance.as_ref())
            )
        } else {
            format!(
                "the data do not support that networks of another {what} travel farther apart than two trainings of one"
            )
        };
        let pairs = if n == 1 { "pair" } else { "pairs" };
        let by_chance = travel.and_then(|one| one.beyond_by_chance).map_or_else(String::new, |band| {
            format!(" (by chance {:.0}, {:.0} to {:.0})", band.median, band.low, band.high)
        });
        outcomes.push((
            verdict,
            format!("of {n} {pairs} of architectures that differ in {what} alone, {apart}{by_chance}"),
        ));
    }
    let mut sentences = Vec::new();
    let nearest = study.nearest.iter().find(|one| one.relation.is_none());
    let chance = nearest.and_then(|one| one.shuffled_order);
    if let (Some(own), Some(chance)) = (nearest, chance)
        && own.order_kept.is_above(chance.high)
    {
        let any = study.travel.iter().find(|one| one.measure == MEASURE && one.relation.is_none());
        let apart = any.filter(|one| one.holds()).and_then(|one| Some((one.ratio.as_ref()?, one)));
        sentences.push(match apart {
            Some(_) => "Networks of different architectures travel alike in order, but not in place.".to_owned(),
            None => "Networks of different architectures travel alike in order; whether also in place, the data do not tell."
                .to_owned(),
        });
        let replicas = study.nearest.iter().find(|one| one.relation == Some(Relation::Replica));
        let replicas = replicas.map_or_else(String::new, |one| {
            format!(", {} between two trainings of one architecture", percent(one.order_kept.value))
        });
        let interval = own.order_kept.low.zip(own.order_kept.high);
        let interval =
            interval.map_or_else(String::new, |(low, high)| format!("{} to {}; ", percent(low), percent(high)));
        sentences.push(format!(
            "In order: two layers of one network and the layers of the other nearest to them come in the same order in {} of \
             all cases ({interval}{} with its layers in random order{replicas}).",
            percent(own.order_kept.value),
            percent(chance.median)
        ));
        sentences.extend(apart.map(|(ratio, one)| {
            format!(
                "Not in place: their paths are {:.2} times as far apart as those of two trainings of one architecture{}.",
                ratio.value,
                surely(ratio, one.chance.as_ref())
            )
        }));
    }
    if !outcomes.is_empty() {
        let (parts, counted): (Vec<String>, Vec<String>) = outcomes.into_iter().unzip();
        sentences.push(format!("{}.", upper(&parts.join("; "))));
        sentences
            .push(format!("Farther apart than any two trainings of one architecture are, {}.", counted.join(", and ")));
    }
    let accuracies: Vec<f64> = study.networks.iter().filter_map(|one| one.test_accuracy).collect();
    let least = accuracies.iter().copied().reduce(f64::min);
    let most = accuracies.iter().copied().reduce(f64::max);
    let learned = match (least, most) {
        (Some(least), Some(most)) if least < most => format!(
            " They did not learn equally well (test accuracy {} to {}), which may be what sets some apart.",
            percent(least),
            percent(most)
        ),
        _ => String::new(),
    };
    let mut names: Vec<&str> = Vec::new();
    for one in &study.networks {
        if !names.contains(&one.architecture.as_str()) {
            names.push(&one.architecture);
        }
    }
    let own = |name: &&str| study.networks.iter().filter(|one| one.architecture == *name).count();
    let seeds: Vec<usize> = names.iter().map(own).collect();
    let short = if seeds.contains(&2) {
        " Two trainings of an architecture make a single pair: a short yardstick."
    } else {
        ""
    };
    let certainty = format!("{}, {}.{short}{learned}", networks_of_each(&seeds), images_shown(&[study.stimuli]));
    Verdict { sentences, certainty }
}

/// `2 architectures with 3 networks each, trained from different seeds`.
fn networks_of_each(seeds: &[usize]) -> String {
    let (least, most) = (seeds.iter().min().copied().unwrap_or(0), seeds.iter().max().copied().unwrap_or(0));
    let each = if least == most { count(most, "network", "networks") } else { format!("{least} to {most} networks") };
    let architectures = count(seeds.len(), "architecture", "architectures");
    let seeds = if most > 1 { ", trained from different seeds" } else { "" };
    format!("{architectures} with {each} each{seeds}")
}

/// `1,000 images`, or the range of several studies.
fn images_shown(all: &[usize]) -> String {
    let (least, most) = (all.iter().min().copied().unwrap_or(0), all.iter().max().copied().unwrap_or(0));
    if least == most {
        format!("{} images", grouped(most))
    } else {
        format!("{} to {} images", grouped(least), grouped(most))
    }
}

/// What intervals over so many seeds cover.
fn reach(seeds: &[usize]) -> &'static str {
    if seeds.iter().any(|&own| own < 2) {
        "A single network has no interval over seeds, so nothing can be claimed of its architecture."
    } else {
        "The intervals tell how well the mean over seeds is known; other data, other architectures and longer training \
         are not covered."
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CLAIMS: [(Sign, &str); 2] = [(Sign::Down, "Training bends"), (Sign::Up, "Training straightens")];

    #[test]
    fn a_claim_speaks_of_those_it_is_true_of() {
        let open = Some((&Sign::Open, "this is undecided"));
        let said = |signs: &[(&str, Sign)]| claim(signs, &CLAIMS, open);
        assert_eq!(said(&[]), None);
        assert_eq!(said(&[("a", Sign::Down), ("b", Sign::Down)]).as_deref(), Some("Training bends."));
        assert_eq!(said(&[("a", Sign::Open), ("b", Sign::Open)]), None);
        assert_eq!(
            said(&[("a", Sign::Down), ("b", Sign::Open), ("c", Sign::Up)]).as_deref(),
            Some("Training bends in a; training straightens in c; this is undecided in b.")
        );
    }

    #[test]
    fn an_interval_that_holds_zero_decides_nothing() {
        let spread = |low, high| Spread { mean: 0.5, low, high, values: Vec::new() };
        assert_eq!(Sign::of(Some(&spread(Some(0.1), Some(0.9)))), Sign::Up);
        assert_eq!(Sign::of(Some(&spread(Some(-0.1), Some(0.9)))), Sign::Open);
        assert_eq!(Sign::of(Some(&spread(None, None))), Sign::Open);
        assert_eq!(Sign::of(None), Sign::Open);
    }

    /// Five layers whose steps make `progress`, within 0.05; the leading step, and those that are not told from it.
    fn steps(progress: [f64; 4], leader: usize, tied: &[usize]) -> StraightnessRecord {
        let within = |mean: f64| json!({ "mean": mean, "low": mean - 0.05, "high": mean + 0.05, "values": [] });
        let statistics = progress
            .iter()
            .enumerate()
            .map(|(index, &mean)| json!({ "statistic": "progress", "index": index, "trained": within(mean) }));
        let others = (0..progress.len()).filter(|&index| index != leader).map(|index| {
            let lead = within(progress[leader] - progress[index]);
            json!({ "index": index, "layer": "layer", "lead": lead, "separated": !tied.contains(&index) })
        });
        let record = json!({
            "architecture": "net", "selection": "blocks", "layers": vec!["layer"; 5], "seeds": [0, 1],
            "statistics": statistics.collect::<Vec<_>>(),
            "leader": { "index": leader, "layer": "layer", "others": others.collect::<Vec<_>>() },
        });
        serde_json::from_value(record).unwrap()
    }

    #[test]
    fn steps_that_cannot_be_told_from_the_largest_lead_with_it() {
        assert_eq!(leading_half(&steps([0.1, 0.1, 0.5, 0.2], 2, &[])), Some(Half::Second));
        assert_eq!(leading_half(&steps([0.5, 0.1, 0.2, 0.2], 0, &[1])), Some(Half::First));
        assert_eq!(leading_half(&steps([0.45, 0.1, 0.5, 0.2], 2, &[0])), None, "both halves");
        assert_eq!(leading_half(&steps([0.0, 0.0, 0.04, 0.0], 2, &[])), None, "perhaps no progress at all");
    }

    #[test]
    fn other_metrics_name_the_same_steps_fewer_or_others() {
        let said = |other: StraightnessRecord| {
            let record = |one| json!({ "metric": "m", "unit": "rad", "stimuli": 9, "architectures": [one] });
            let study = json!({
                "schema": "layerpath.study/1", "study": "straightness", "program": "p", "level": 0.95,
                "metrics": [record(steps([0.1, 0.45, 0.5, 0.2], 2, &[1])), record(other)], "answer": [], "statements": [],
            });
            let study: StraightnessStudy = serde_json::from_value(study).unwrap();
            steps_under_other_metrics(&study, &[&study.metrics[0].architectures[0]]).unwrap()
        };
        assert_eq!(said(steps([0.1, 0.5, 0.45, 0.2], 1, &[2])), "The other metric names the same steps.");
        assert_eq!(said(steps([0.1, 0.5, 0.2, 0.2], 1, &[])), "The other metric names fewer of these steps.");
        assert_eq!(said(steps([0.5, 0.1, 0.2, 0.2], 0, &[])), "The other metric names other steps too.");
        assert_eq!(
            said(steps([0.0, 0.0, 0.01, 0.0], 2, &[])),
            "The other metric names other steps too.",
            "none for sure"
        );
    }

    /// Networks `a` and `b` whose straightness falls with training, and goes on falling in those of `later`.
    fn training_study(later: [f64; 2]) -> TrainingStudy {
        let within = |mean: f64| json!({ "mean": mean, "low": mean - 0.01, "high": mean + 0.01, "values": [] });
        let epoch = |epoch: u32, later: Option<f64>| {
            json!({
                "epoch": epoch, "statistic": "straightness", "spread": within(0.4), "change": within(-0.2),
                "later_change": later.map(within),
            })
        };
        let architecture = |name: &str, later: f64| json!({ "architecture": name, "seeds": [0, 1], "epochs": [epoch(1, None), epoch(3, Some(later))] });
        let study = json!({
            "schema": "layerpath.study/1", "study": "training", "program": "p", "metric": "m", "unit": "rad", "stimuli": 9,
            "level": 0.95, "networks": [], "answer": [], "statements": [],
            "architectures": [architecture("a", later[0]), architecture("b", later[1])],
        });
        serde_json::from_value(study).unwrap()
    }

    #[test]
    fn other_metrics_and_later_epochs_qualify_what_training_does() {
        let found = [("a", Sign::Down), ("b", Sign::Down)];
        let under = |changes: [[f64; 2]; 2]| {
            let within = |mean: f64| json!({ "mean": mean, "low": mean - 0.01, "high": mean + 0.01, "values": [] });
            let record = |name: &str, change: f64| {
                json!({
                    "architecture": name, "selection": "blocks", "layers": [], "seeds": [0, 1],
                    "statistics": [{ "statistic": "straightness", "trained": within(0.3), "change": within(change) }],
                })
            };
            let metric = |name: &str, [a, b]: [f64; 2]| json!({ "metric": name, "unit": "rad", "stimuli": 9, "architectures": [record("a", a), record("b", b)] });
            let study = json!({
                "schema": "layerpath.study/1", "study": "straightness", "program": "p", "level": 0.95, "answer": [],
                "statements": [], "metrics": [metric("m", [-0.2, -0.2]), metric("n", changes[0]), metric("o", changes[1])],
            });
            let study: StraightnessStudy = serde_json::from_value(study).unwrap();
            straightness_under_other_metrics(&training_study([-0.1; 2]), &study, &found).unwrap()
        };
        assert_eq!(under([[-0.1, -0.2], [-0.3, -0.1]]), "It holds in a and b under the other metrics too.");
        assert_eq!(
            under([[-0.1, 0.0], [-0.1, 0.2]]),
            "It holds in a under the other metrics too; in b this is undecided under n; in b the contrary holds under o."
        );
        let said = |later| after_the_first_epoch(&training_study(later), &found).unwrap();
        assert!(said([-0.1, -0.1]).starts_with("The change goes on after epoch 1. What comes before that may partly"));
        assert!(said([-0.1, 0.0]).starts_with(
            "The change goes on after epoch 1 in a; the data do not support that it goes on after epoch 1 in b."
        ));
    }

    #[test]
    fn a_path_is_as_many_times_as_long_as_every_metric_allows() {
        let metric = |name: &str, straightness: f64| {
            let trained =
                json!({ "mean": straightness, "low": straightness - 0.01, "high": straightness + 0.01, "values": [] });
            let record = json!({
                "architecture": "net", "selection": "blocks", "layers": [], "seeds": [0, 1],
                "statistics": [{ "statistic": "straightness", "trained": trained }],
            });
            json!({ "metric": name, "unit": "rad", "stimuli": 9, "architectures": [record] })
        };
        let said = |other: f64| {
            let study = json!({
                "schema": "layerpath.study/1", "study": "straightness", "program": "p", "level": 0.95, "answer": [],
                "statements": [], "metrics": [metric("m", 0.25), metric("n", other)],
            });
            let study: StraightnessStudy = serde_json::from_value(study).unwrap();
            times_as_long(&study, &[&study.metrics[0].architectures[0]]).join(" ")
        };
        assert_eq!(
            said(0.4),
            "Trained paths are more than 2 times as long as the direct way. This is seen through block outputs (net: 4.0 times \
             under m; 2.5 times under n)."
        );
        assert_eq!(said(0.6), "", "not even twice as long under one of them");
    }

    #[test]
    fn headings_are_read_beside_a_random_order() {
        let said = |mean: f64, change: f64, band: Option<f64>| {
            let within = |mean: f64| json!({ "mean": mean, "low": mean - 0.01, "high": mean + 0.01, "values": [] });
            let shuffled = band.map(|low| json!({ "median": low + 0.05, "low": low, "high": low + 0.1 }));
            let study = json!({
                "schema": "layerpath.study/1", "study": "training", "program": "p", "metric": "m", "unit": "rad", "stimuli": 9,
                "level": 0.95, "networks": [], "answer": [], "statements": [],
                "architectures": [{ "architecture": "net", "seeds": [0, 1], "epochs": [{
                    "epoch": 3, "statistic": "mean_heading_angle", "spread": within(mean), "change": within(change),
                    "shuffled_order": shuffled,
                }] }],
            });
            headings(&serde_json::from_value(study).unwrap()).unwrap_or_default()
        };
        assert!(said(1.4, -0.1, Some(1.45)).contains("beyond what layers in random order do"));
        assert!(said(1.47, -0.1, Some(1.36)).contains("no closer than those of the same layers in random order"));
        assert_eq!(said(1.47, -0.1, None), "", "no baseline, no claim");
        assert_eq!(said(1.47, 0.0, Some(1.36)), "", "nothing changes");
        assert_eq!(said(1.6, 0.1, Some(1.36)), "Training turns the steps of the paths away from the labels.");
    }

    #[test]
    fn names_are_listed() {
        assert_eq!(listed(&["a", "b", "c"]), "a, b and c");
        assert_eq!(images_shown(&[1000, 100]), "100 to 1,000 images");
        assert_eq!(
            networks_of_each(&[2, 3]),
            "2 architectures with 2 to 3 networks each, trained from different seeds"
        );
    }
}
