//! How straight are paths, and what does each layer contribute?

use serde::{Deserialize, Serialize};

use super::order::{is_spherical, whole_in_random_order};
use super::replicas::over_seeds;
use super::statistics::{WHOLE, layers, numbers, range};
use super::{LEVEL, SCHEMA, Spread, program, spread};
use crate::Error;
use crate::analysis::{BandRecord, PathNumber, PathRecord};
use crate::path::lead::{ProgressSamples, lead};
use crate::path::student::sample_quantile;

/// One trained network beside itself before training, under one metric.
#[derive(Debug, Clone, Copy)]
pub struct Replica<'a> {
    /// Architecture, the same for all replicas.
    pub architecture: &'a str,
    /// Seed of the training run.
    pub seed: u64,
    /// The path after training, with what evidence there is.
    pub trained: &'a PathRecord,
    /// The path before training.
    pub untrained: Option<&'a PathRecord>,
    /// Progress after training of the same groups of stimuli for all replicas, where the metric's points allow it.
    pub progress: Option<&'a ProgressSamples>,
}

/// The document of the study of straightness.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StraightnessStudy {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// `straightness`.
    pub study: String,
    /// Program and version.
    pub program: String,
    /// Coverage of all intervals over seeds.
    pub level: f64,
    /// One entry a metric.
    pub metrics: Vec<MetricRecord>,
    /// The answer in short: the first metric and the coarsest choice of layers of each architecture, and which other metrics
    /// agree.
    pub answer: Vec<String>,
    /// What the numbers say about straightness and about the work of single layers, each with interval and baseline.
    pub statements: Vec<String>,
}

/// One metric of the study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricRecord {
    /// Name with every parameter.
    pub metric: String,
    /// Unit of distances.
    pub unit: String,
    /// Number of stimuli.
    pub stimuli: usize,
    /// One entry an architecture and choice of layers.
    pub architectures: Vec<StraightnessRecord>,
}

impl MetricRecord {
    /// What this metric says of the same architecture through the same layers.
    pub fn same(&self, record: &StraightnessRecord) -> Option<&StraightnessRecord> {
        let same =
            |one: &&StraightnessRecord| one.architecture == record.architecture && one.selection == record.selection;
        self.architectures.iter().find(same)
    }
}

/// One architecture under one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StraightnessRecord {
    /// Architecture.
    pub architecture: String,
    /// Which layers are points of the path: `all`, `blocks`, or globs.
    pub selection: String,
    /// The layers, in the order of computation.
    pub layers: Vec<String>,
    /// Seeds of the replicas; the order of [`Spread::values`] where every replica has a value.
    pub seeds: Vec<u64>,
    /// One entry a number of the path.
    pub statistics: Vec<StatisticRecord>,
    /// The step that makes the most progress, against every other; `None` without a target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader: Option<LeaderRecord>,
}

impl StraightnessRecord {
    /// The progress of a step.
    pub fn progress(&self, index: usize) -> Option<&StatisticRecord> {
        self.statistics.iter().find(|one| one.statistic == "progress" && one.index == Some(index))
    }

    /// Whether the trained networks are sure to make progress in a step.
    pub fn makes_progress(&self, index: usize) -> bool {
        self.progress(index).and_then(|one| one.trained.as_ref()).is_some_and(|one| one.is_above(0.0))
    }

    /// The step of most progress, and those that the data do not tell from it and that are sure to make some, the nearest
    /// first; none if the first is not sure to make any.
    pub fn leading_steps(&self) -> Vec<usize> {
        let Some(leader) = self.leader.as_ref().filter(|leader| self.makes_progress(leader.index)) else {
            return Vec::new();
        };
        let others = leader.others.iter().filter(|one| !one.separated && self.makes_progress(one.index));
        std::iter::once(leader.index).chain(others.map(|one| one.index)).collect()
    }
}

/// The step of most progress in the mean over replicas, after training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeaderRecord {
    /// The step i.
    pub index: usize,
    /// The layer that it starts from.
    pub layer: String,
    /// Every other step, the nearest first.
    pub others: Vec<LeadRecord>,
}

/// How much more progress the leading step makes than another, of the same seeds and the same stimuli.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadRecord {
    /// The other step.
    pub index: usize,
    /// The layer that it starts from.
    pub layer: String,
    /// Leading step − other, replica by replica.
    pub lead: Spread,
    /// Its interval over stimuli, of the mean over replicas; `None` where points of fewer stimuli are not to be had.
    pub stimuli: Option<Range>,
    /// Whether neither interval reaches 0: the data tell the two steps apart.
    pub separated: bool,
}

/// One number of a path, over replicas and beside its baselines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatisticRecord {
    /// Name of the statistic.
    pub statistic: String,
    /// The layer or step i of docs/math.md §3; `None` for the whole path.
    pub index: Option<usize>,
    /// Name of that layer.
    pub layer: Option<String>,
    /// After training; `None` where it is undefined in every replica.
    pub trained: Option<Spread>,
    /// Before training.
    pub untrained: Option<Spread>,
    /// After − before, replica by replica: its interval tells whether training changes the number.
    pub change: Option<Spread>,
    /// Ends of the interval over stimuli, each the mean over replicas.
    pub stimuli: Option<Range>,
    /// The same points with the interior layers in random order: what the order of layers contributes. `None` for progress and
    /// efficiency, whose values at a place of a random order are those of other pairs of layers, and no null for one step.
    pub shuffled_order: Option<BaselineRange>,
    /// Rows of each representation permuted independently.
    pub noise_floor: Option<BaselineRange>,
}

impl BaselineRange {
    /// Median and central 95 % of the repeats; `None` without any.
    pub(super) fn of(mut values: Vec<f64>) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        values.sort_by(f64::total_cmp);
        let quantile = |probability| sample_quantile(&values, probability);
        Some(Self { median: quantile(0.5), low: quantile(0.025), high: quantile(0.975) })
    }
}

/// Two ends.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Median and central 95 % of a baseline, each the mean over replicas.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BaselineRange {
    /// Median.
    pub median: f64,
    /// 2.5 % quantile.
    pub low: f64,
    /// 97.5 % quantile.
    pub high: f64,
}

impl StraightnessStudy {
    /// The study of these metrics, with its statements.
    pub fn new(metrics: Vec<MetricRecord>) -> Self {
        let sentences = |metric: &MetricRecord, one: &StraightnessRecord| {
            let place = format!(
                "Under {}, {} through {}",
                metric_in_words(&metric.metric),
                one.architecture,
                selection_in_words(&one.selection)
            );
            let steps = Steps { place: &place, unit: &metric.unit, record: one };
            let progress = steps.most_progress().into_iter().chain(steps.away());
            std::iter::once(statement(&place, one)).chain(progress).collect::<Vec<String>>()
        };
        let statements = metrics
            .iter()
            .flat_map(|metric| metric.architectures.iter().flat_map(move |one| sentences(metric, one)))
            .collect();
        let answer = metrics.first().map_or_else(Vec::new, |first| answer(first, &metrics));
        Self {
            schema: SCHEMA.to_owned(),
            study: "straightness".to_owned(),
            program: program(),
            level: LEVEL,
            metrics,
            answer,
            statements,
        }
    }
}

/// Summarises replicas of one architecture, under the metric of that name.
///
/// # Errors
///
/// [`Error::Setting`] if there are no replicas, or they do not have the same layers.
pub fn straightness(metric: &str, selection: &str, replicas: &[Replica<'_>]) -> Result<StraightnessRecord, Error> {
    let on_sphere = is_spherical(metric);
    let Some(first) = replicas.first() else {
        return Err(Error::Setting("a study of straightness needs at least one network".to_owned()));
    };
    let names = layers(first.trained);
    for other in replicas.iter().flat_map(|one| std::iter::once(one.trained).chain(one.untrained)) {
        if layers(other) != names {
            return Err(Error::Setting(format!(
                "`{}` and `{}` do not have the same layers; replicas of one architecture do",
                first.trained.name, other.name
            )));
        }
    }
    let trained: Vec<Vec<PathNumber>> = replicas.iter().map(|one| numbers(one.trained)).collect();
    let untrained: Vec<Option<Vec<PathNumber>>> = replicas.iter().map(|one| one.untrained.map(numbers)).collect();
    let statistics = (0..trained[0].len())
        .map(|place| {
            let PathNumber { statistic, index, .. } = trained[0][place];
            let after: Vec<Option<f64>> = trained.iter().map(|all| all[place].value).collect();
            let before: Vec<Option<f64>> =
                untrained.iter().map(|all| all.as_ref().and_then(|all| all[place].value)).collect();
            let change: Vec<Option<f64>> = after.iter().zip(&before).map(|(a, b)| Some((*a)? - (*b)?)).collect();
            let of = |values: &[Option<f64>]| spread(&values.iter().copied().flatten().collect::<Vec<f64>>(), LEVEL);
            let (least, largest) = range(statistic);
            let level = |values: &[Option<f64>]| of(values).map(|own| own.within(least, largest));
            let record = |band: fn(&PathRecord) -> &[BandRecord]| {
                let ends = replicas.iter().map(|one| {
                    let own = band(one.trained).iter().find(|own| own.statistic == statistic && own.index == index)?;
                    Some([own.median?, own.low?, own.high?])
                });
                averages(ends).map(|[median, low, high]| BaselineRange { median, low, high })
            };
            let ends = replicas.iter().map(|one| {
                let all = one.trained.intervals.as_ref()?;
                let own = all.values.iter().find(|own| own.statistic == statistic && own.index == index)?;
                Some([own.low?, own.high?])
            });
            StatisticRecord {
                statistic: statistic.to_owned(),
                index,
                layer: index.and_then(|index| names.get(index).cloned()),
                trained: level(&after),
                untrained: level(&before),
                change: of(&change),
                stimuli: averages(ends).map(|[low, high]| Range { low, high }),
                shuffled_order: if index.is_none() {
                    mean_band(replicas.iter().map(|one| whole_in_random_order(one.trained, statistic, on_sphere)))
                } else {
                    record(|path| path.baselines.as_ref().map_or(&[], |all| &all.shuffled_order))
                        .filter(|_| !OF_ONE_STEP.contains(&statistic))
                },
                noise_floor: record(|path| path.baselines.as_ref().map_or(&[], |all| &all.noise_floor)),
            }
        })
        .collect();
    Ok(StraightnessRecord {
        architecture: first.architecture.to_owned(),
        selection: selection.to_owned(),
        seeds: replicas.iter().map(|one| one.seed).collect(),
        leader: leader(&names, replicas, &trained),
        statistics,
        layers: names,
    })
}

/// Statistics of one step for which a random order of layers is no null.
const OF_ONE_STEP: [&str; 2] = ["progress", "efficiency"];

/// The step of most progress and its lead over the others; `None` without progress.
fn leader(names: &[String], replicas: &[Replica<'_>], trained: &[Vec<PathNumber>]) -> Option<LeaderRecord> {
    let of = |numbers: &Vec<PathNumber>| -> Option<Vec<f64>> {
        numbers.iter().filter(|one| one.statistic == "progress" && one.index.is_some()).map(|one| one.value).collect()
    };
    let progress: Vec<Vec<f64>> = trained.iter().map(of).collect::<Option<_>>()?;
    let total = |step: usize| progress.iter().map(|own| own[step]).sum::<f64>();
    let n = progress.first().map_or(0, Vec::len);
    let first = (0..n).reduce(|best, step| if total(step) > total(best) { step } else { best })?;
    let samples: Option<Vec<&ProgressSamples>> = replicas.iter().map(|one| one.progress).collect();
    let mut others = Vec::new();
    for step in (0..n).filter(|&step| step != first) {
        let differences: Vec<f64> = progress.iter().map(|own| own[first] - own[step]).collect();
        let own = spread(&differences, LEVEL)?;
        let stimuli = samples.as_ref().and_then(|all| lead(all, first, step, LEVEL));
        let stimuli = stimuli.map(|interval| Range { low: interval.low, high: interval.high });
        others.push(LeadRecord {
            index: step,
            layer: names.get(step)?.clone(),
            separated: own.is_above(0.0) && stimuli.is_none_or(|range| range.low > 0.0),
            lead: own,
            stimuli,
        });
    }
    others.sort_by(|one, other| one.lead.mean.total_cmp(&other.lead.mean));
    Some(LeaderRecord { index: first, layer: names.get(first)?.clone(), others })
}

/// The mean of the bands of replicas; `None` if none has one.
pub(super) fn mean_band(all: impl Iterator<Item = Option<BaselineRange>>) -> Option<BaselineRange> {
    let ends = all.map(|band| band.map(|band| [band.median, band.low, band.high]));
    averages(ends).map(|[median, low, high]| BaselineRange { median, low, high })
}

/// Means place by place, over the replicas that have values; `None` if none has.
fn averages<const N: usize>(all: impl Iterator<Item = Option<[f64; N]>>) -> Option<[f64; N]> {
    let (mut sums, mut count) = ([0.0; N], 0_usize);
    for values in all.flatten() {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += value;
        }
        count += 1;
    }
    (count > 0).then(|| sums.map(|sum| sum / count as f64))
}

/// Straightness of a whole path.
fn whole_straightness(record: &StraightnessRecord) -> Option<&StatisticRecord> {
    let [_, _, name] = WHOLE;
    whole(record, name)
}

fn whole<'a>(record: &'a StraightnessRecord, statistic: &str) -> Option<&'a StatisticRecord> {
    record.statistics.iter().find(|one| one.index.is_none() && one.statistic == statistic)
}

/// A choice of layers in words.
///
/// ```
/// use layerpath::study::selection_in_words;
/// assert_eq!(selection_in_words("blocks"), "block outputs");
/// assert_eq!(selection_in_words("stage1.*"), "layers stage1.*");
/// ```
pub fn selection_in_words(selection: &str) -> String {
    match selection {
        "blocks" => "block outputs".to_owned(),
        "all" => "all layers".to_owned(),
        other => format!("layers {other}"),
    }
}

/// A metric in words for a sentence, without the parameters that most readers expect.
///
/// ```
/// use layerpath::study::metric_in_words;
/// assert_eq!(metric_in_words("angular-cka[estimator=unbiased,kernel=linear]"), "angular CKA (unbiased)");
/// assert_eq!(metric_in_words("angular-shape[components=100,whitening=1]"), "angular shape (100 components)");
/// assert_eq!(metric_in_words("angular-cka[estimator=biased,kernel=rbf,bandwidth=0.5]"), "angular CKA (biased, kernel rbf, bandwidth 0.5)");
/// assert_eq!(metric_in_words("affine-invariant"), "affine invariant");
/// ```
pub fn metric_in_words(name: &str) -> String {
    let (kind, parameters) = name.split_once('[').unwrap_or((name, ""));
    let words: Vec<String> = kind
        .split('-')
        .map(|word| if matches!(word, "cka" | "rsa") { word.to_uppercase() } else { word.to_owned() })
        .collect();
    let parameters = parameters.trim_end_matches(']').split(',').filter_map(|one| one.split_once('='));
    let said: Vec<String> = parameters
        .filter_map(|(key, value)| match (key, value) {
            ("kernel", "linear") | ("whitening", "1") => None,
            ("estimator", estimator) => Some(estimator.to_owned()),
            ("components", number) => Some(format!("{number} components")),
            (key, value) => Some(format!("{key} {value}")),
        })
        .collect();
    let kind = words.join(" ");
    if said.is_empty() { kind } else { format!("{kind} ({})", said.join(", ")) }
}

/// The statements that a reader needs first, for each architecture in its coarsest choice of layers.
fn answer(first: &MetricRecord, metrics: &[MetricRecord]) -> Vec<String> {
    let mut sentences = Vec::new();
    for (place, one) in first.architectures.iter().enumerate() {
        // Choices of layers of an architecture stand together, the coarsest last.
        if first.architectures.get(place + 1).is_some_and(|next| next.architecture == one.architecture) {
            continue;
        }
        let layers = selection_in_words(&one.selection);
        let who = format!("{} ({layers})", one.architecture);
        sentences.push(statement(&who, one));
        let steps = Steps { place: &who, unit: &first.unit, record: one };
        sentences.extend(steps.most_progress().into_iter().chain(steps.away()));
        let followed = [("straightness", "straightness"), ("mean_interior_angle", "the mean interior angle (rad)")];
        sentences.extend(followed.iter().filter_map(|(name, words)| agreement(&who, one, metrics, name, words)));
        sentences.extend(leading_steps(&who, one, metrics));
    }
    sentences
}

/// What the metrics say about the sign of the change of a statistic, in a sentence; none for a single metric.
fn agreement(
    who: &str,
    record: &StraightnessRecord,
    metrics: &[MetricRecord],
    statistic: &str,
    words: &str,
) -> Option<String> {
    let (mut up, mut down, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for metric in metrics {
        let own = metric.same(record).and_then(|one| whole(one, statistic))?;
        let change = own.change.as_ref().map_or_else(String::new, |one| {
            let ends = one.low.zip(one.high);
            let interval = ends.map_or_else(String::new, |(low, high)| format!(", {low:+.3} to {high:+.3}"));
            format!(": {:+.3}{interval}", one.mean)
        });
        let name = format!("{} (m = {}{change})", metric_in_words(&metric.metric), metric.stimuli);
        match own.change.as_ref() {
            Some(change) if change.is_above(0.0) => up.push(name),
            Some(change) if change.is_below(0.0) => down.push(name),
            _ => open.push(name),
        }
    }
    let part = |what: &str, names: &[String]| (!names.is_empty()).then(|| format!("{what} under {}", names.join(", ")));
    let parts: Vec<String> =
        [part("rises", &up), part("falls", &down), part("is undecided", &open)].into_iter().flatten().collect();
    (metrics.len() > 1).then(|| format!("{who}, choice of metric: with training, {words} {}.", parts.join("; ")))
}

/// The steps of most progress under every metric, in a sentence; none for a single metric.
fn leading_steps(who: &str, record: &StraightnessRecord, metrics: &[MetricRecord]) -> Option<String> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for metric in metrics {
        let own = metric.same(record)?;
        let steps = Steps { place: who, unit: &metric.unit, record: own }.leading();
        let steps = steps.unwrap_or_else(|| "in no step for sure".to_owned());
        let name = format!("{} (m = {})", metric_in_words(&metric.metric), metric.stimuli);
        match found.iter_mut().find(|(other, _)| *other == steps) {
            Some((_, names)) => names.push(name),
            None => found.push((steps, vec![name])),
        }
    }
    let parts: Vec<String> =
        found.into_iter().map(|(steps, names)| format!("{steps} under {}", names.join(", "))).collect();
    (metrics.len() > 1).then(|| format!("{who}, choice of metric: most progress is made {}.", parts.join("; ")))
}

/// What training does to the straightness of one architecture, in a sentence that begins with `place`.
fn statement(place: &str, record: &StraightnessRecord) -> String {
    let Some((own, trained)) = whole_straightness(record).and_then(|own| Some((own, own.trained.as_ref()?))) else {
        return format!("{place}: straightness is undefined.");
    };
    let shuffled = own.shuffled_order.map_or_else(String::new, |band| {
        format!("; its layers in random order would give {:.3} ({:.3} to {:.3})", band.median, band.low, band.high)
    });
    let (Some(before), Some(change)) = (&own.untrained, &own.change) else {
        return format!("{place}: straightness {:.3}{shuffled}; the untrained network is missing.", trained.mean);
    };
    let verb = if change.is_above(0.0) {
        "training makes the path straighter"
    } else if change.is_below(0.0) {
        "training makes the path less straight"
    } else {
        "the data do not support that training changes straightness"
    };
    let interval = over_seeds(change);
    format!(
        "{place}: {verb}: {:.3} before, {:.3} after, change {:+.3} ({interval}){shuffled}.",
        before.mean, trained.mean, change.mean
    )
}

/// Steps named in a sentence beside the first, at most.
const NAMED: usize = 3;

/// The progress of single steps, in sentences that begin with `place`.
struct Steps<'a> {
    place: &'a str,
    unit: &'a str,
    record: &'a StraightnessRecord,
}

impl Steps<'_> {
    fn name(&self, index: usize) -> Option<String> {
        let layers = &self.record.layers;
        Some(format!("from {} to {}", layers.get(index)?, layers.get(index + 1)?))
    }

    /// The progress of a step and what it is compared with.
    fn numbers(&self, index: usize) -> Option<String> {
        let own = self.record.progress(index)?;
        let trained = own.trained.as_ref()?;
        let untrained = own.untrained.as_ref().map_or_else(String::new, |one| format!(", {:+.3} untrained", one.mean));
        let floor = own
            .noise_floor
            .map_or_else(String::new, |band| format!(", {:+.3} to {:+.3} with rows permuted", band.low, band.high));
        Some(format!("{:+.3} {} ({}){untrained}{floor}", trained.mean, self.unit, over_seeds(trained)))
    }

    /// The names of the leading steps in the order of the path; `None` without any.
    fn leading(&self) -> Option<String> {
        let mut steps = self.record.leading_steps();
        steps.sort_unstable();
        let names: Vec<String> = steps.into_iter().map(|index| self.name(index)).collect::<Option<_>>()?;
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// How far a step is behind the leading one.
    fn behind(&self, one: &LeadRecord) -> String {
        let stimuli = one
            .stimuli
            .map_or_else(String::new, |range| format!(", over stimuli {:+.3} to {:+.3}", range.low, range.high));
        format!("behind by {:+.3} {} ({}{stimuli})", one.lead.mean, self.unit, over_seeds(&one.lead))
    }

    /// The steps that bring the trained network nearest to the target; none without a target. Steps that the data do not
    /// tell apart from the first are named with it, those that may make no progress at all as such.
    fn most_progress(&self) -> Option<String> {
        let leader = self.record.leader.as_ref()?;
        let (place, first, numbers) = (self.place, self.name(leader.index)?, self.numbers(leader.index)?);
        if !self.record.makes_progress(leader.index) {
            return Some(format!(
                "{place}: the data do not support that a single step makes progress towards the target; the largest is the \
                 step {first}, {numbers}."
            ));
        }
        let (tied, unsure): (Vec<&LeadRecord>, Vec<&LeadRecord>) =
            leader.others.iter().filter(|one| !one.separated).partition(|one| self.record.makes_progress(one.index));
        let next = leader.others.iter().find(|one| one.separated);
        let next = next.and_then(|one| Some(format!("; the next, {}, is {}", self.name(one.index)?, self.behind(one))));
        let next = next.unwrap_or_default();
        let unsure = listed(&unsure, |one| Some(format!("{}, {}", self.name(one.index)?, self.numbers(one.index)?)));
        let unsure = unsure.map_or_else(String::new, |steps| format!("; too uncertain to be placed: {steps}"));
        let count = tied.len() + 1;
        let together = |one: &LeadRecord| {
            Some(format!("{}, {}, {}", self.name(one.index)?, self.numbers(one.index)?, self.behind(one)))
        };
        Some(match listed(&tied, together) {
            None => {
                format!(
                    "{place}: the step {first} makes the most progress towards the target, {numbers}{unsure}{next}."
                )
            }
            Some(others) => format!(
                "{place}: {count} steps make the most progress towards the target, and the data do not tell which of them makes \
                 more: {first}, {numbers}; {others}{unsure}{next}."
            ),
        })
    }

    /// The step that leads farthest away from the target; none where the data do not support that it leads away, beyond what
    /// permuted rows do.
    fn away(&self) -> Option<String> {
        let steps = self.record.statistics.iter().filter(|own| own.statistic == "progress");
        let known = steps.filter_map(|own| Some((own.index?, own.trained.as_ref()?, own.noise_floor)));
        let (least, trained, floor) = known.min_by(|(_, one, _), (_, other, _)| one.mean.total_cmp(&other.mean))?;
        if !trained.is_below(0.0) || floor.is_some_and(|band| trained.mean >= band.low) {
            return None;
        }
        let (place, name, numbers) = (self.place, self.name(least)?, self.numbers(least)?);
        Some(format!("{place}: the step {name} leads farthest away from the target, {numbers}."))
    }
}

/// What is said of some steps, the first few; `None` for no step.
fn listed(all: &[&LeadRecord], said: impl Fn(&LeadRecord) -> Option<String>) -> Option<String> {
    let mut parts: Vec<String> = all.iter().take(NAMED).filter_map(|one| said(one)).collect();
    let more = all.len().saturating_sub(NAMED);
    parts.extend((more > 0).then(|| format!("and {more} more")));
    (!parts.is_empty()).then(|| parts.join("; "))
}
