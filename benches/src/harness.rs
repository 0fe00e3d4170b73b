//! Contenders in turns, medians, and whether the answers agree.

use std::time::Instant;

use crate::peak::{Meter, Peak};
use crate::peers::Peer;

/// Seconds for which ours are repeated: a single run of a few milliseconds would measure how threads and caches wake up.
const SHORTEST: f64 = 0.1;

/// Anything that ends the program.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How often each contender runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// Runs of ours.
    pub(crate) runs: usize,
    /// Runs of a peer.
    pub(crate) peer_runs: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { runs: 5, peer_runs: 3 }
    }
}

/// Whose peak the rate of a contender is a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precision {
    Single,
    Double,
}

/// Who runs.
pub(crate) enum Runner {
    /// This process: the answer as numbers.
    Ours(Box<dyn FnMut() -> Result<Vec<f64>, Failure>>),
    /// A process that measures itself.
    Theirs(Peer),
    /// Not here, and why.
    Absent(String),
}

/// One way to do the work.
pub(crate) struct Contender {
    pub(crate) name: String,
    pub(crate) runner: Runner,
    /// How many times as much the whole workload is as the part that this contender does; 1 for all of it.
    pub(crate) extrapolated: f64,
    /// The name of the contender that does the same work: the one its time and its answer are held against.
    pub(crate) against: Option<&'static str>,
    /// The precision of its products, if the workload counts operations.
    pub(crate) precision: Option<Precision>,
}

impl Contender {
    pub(crate) fn ours(name: &'static str, run: impl FnMut() -> Result<Vec<f64>, Failure> + 'static) -> Self {
        let runner = Runner::Ours(Box::new(run));
        Self { name: name.to_owned(), runner, extrapolated: 1.0, against: None, precision: None }
    }

    pub(crate) fn theirs(name: &str, peer: Result<Peer, String>, against: &'static str, extrapolated: f64) -> Self {
        let runner = peer.map_or_else(Runner::Absent, Runner::Theirs);
        Self { name: name.to_owned(), runner, extrapolated, against: Some(against), precision: None }
    }

    #[must_use]
    pub(crate) fn against(self, name: &'static str) -> Self {
        Self { against: Some(name), ..self }
    }

    /// Does one part of the work out of `parts` equal ones.
    #[must_use]
    pub(crate) fn one_of(self, parts: f64) -> Self {
        Self { extrapolated: parts, ..self }
    }

    #[must_use]
    pub(crate) fn counted_in(self, precision: Precision) -> Self {
        Self { precision: Some(precision), ..self }
    }
}

/// Says how an answer agrees with another.
pub(crate) type Judge = Box<dyn Fn(&[f64], &[f64]) -> String>;

/// What is found out once, after the turns, from the answers in the order of the contenders.
pub(crate) type Afterwards = Box<dyn FnOnce(&[Option<Vec<f64>>]) -> Result<Vec<String>, Failure>>;

/// Something to do, and who does it.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) what: String,
    pub(crate) contenders: Vec<Contender>,
    /// What an answer says beside that of the contender it is held against, or beside the first one's.
    pub(crate) judge: Judge,
    /// Floating-point operations that the work needs, symmetric halves only; 0 for work that is not counted so.
    pub(crate) operations: f64,
    /// At most so many runs, whatever was asked for: for work that takes minutes.
    pub(crate) limit: Settings,
    /// Whether ours run once before they are measured.
    pub(crate) warm_up: bool,
    pub(crate) afterwards: Afterwards,
}

impl Workload {
    pub(crate) fn new(name: &'static str, what: impl Into<String>, contenders: Vec<Contender>, judge: Judge) -> Self {
        let limit = Settings { runs: usize::MAX, peer_runs: usize::MAX };
        let afterwards: Afterwards = Box::new(|_| Ok(Vec::new()));
        Self { name, what: what.into(), contenders, judge, operations: 0.0, limit, warm_up: true, afterwards }
    }
}

/// One line of the table.
pub(crate) struct Line {
    pub(crate) name: String,
    /// Seconds of every run of the whole workload; empty if absent.
    pub(crate) seconds: Vec<f64>,
    pub(crate) extrapolated: f64,
    /// Median time over that of ours.
    pub(crate) ratio: Option<f64>,
    pub(crate) against: Option<&'static str>,
    pub(crate) rate: Option<Rate>,
    /// What the answer says, or why there is none.
    pub(crate) answer: String,
}

/// How fast a contender multiplies and adds.
pub(crate) struct Rate {
    pub(crate) gflops: f64,
    /// Of the peak in that precision, from 0 to 1.
    pub(crate) share: f64,
    /// Of what the faster library's products reached between the turns.
    pub(crate) steady_share: f64,
}

/// A finished workload.
pub(crate) struct Outcome {
    pub(crate) name: &'static str,
    pub(crate) what: String,
    /// Of the machine during these turns, where operations are counted.
    pub(crate) peak: Option<Peak>,
    pub(crate) operations: f64,
    pub(crate) lines: Vec<Line>,
    pub(crate) notes: Vec<String>,
}

/// The middle value; the mean of the two in the middle if their number is even.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[half],
        _ => f64::midpoint(sorted[half - 1], sorted[half]),
    }
}

/// Runs the contenders in turns, and measures the peak between the turns where operations are counted.
pub(crate) fn run(mut workload: Workload, settings: Settings, meter: &mut Meter) -> Result<Outcome, Failure> {
    let n = workload.contenders.len();
    let (runs, peer_runs) = (settings.runs.min(workload.limit.runs), settings.peer_runs.min(workload.limit.peer_runs));
    let mut seconds = vec![Vec::new(); n];
    let mut answers: Vec<Option<Vec<f64>>> = vec![None; n];
    // Warm-up of ours; peers warm up when they start.
    if workload.warm_up {
        for contender in &mut workload.contenders {
            if let Runner::Ours(run) = &mut contender.runner {
                run()?;
            }
        }
    }
    let is_counted = workload.operations > 0.0;
    let mut peak = if is_counted { Some(meter.measure(None)?) } else { None };
    for turn in 0..runs.max(peer_runs) {
        for (place, contender) in workload.contenders.iter_mut().enumerate() {
            match &mut contender.runner {
                Runner::Ours(run) if turn < runs => {
                    let (begin, mut repetitions) = (Instant::now(), 0.0);
                    let time = loop {
                        answers[place] = Some(run()?);
                        repetitions += 1.0;
                        let elapsed = begin.elapsed().as_secs_f64();
                        if elapsed >= SHORTEST {
                            break elapsed / repetitions;
                        }
                    };
                    seconds[place].push(time * contender.extrapolated);
                }
                Runner::Theirs(peer) if turn < peer_runs => match peer.run() {
                    Ok((time, answer)) => {
                        seconds[place].push(time * contender.extrapolated);
                        answers[place] = Some(answer);
                    }
                    Err(reason) => contender.runner = Runner::Absent(reason),
                },
                _ => continue,
            }
            if let Some(last) = seconds[place].last() {
                eprintln!("turn {}, {}: {last:.4} s", turn + 1, contender.name);
            }
        }
        if is_counted {
            peak = Some(meter.measure(peak)?);
        }
    }
    let place_of = |name: &str| workload.contenders.iter().position(|contender| contender.name == name);
    let lines = workload.contenders.iter().enumerate().map(|(place, contender)| {
        let other = contender.against.and_then(place_of);
        let time = median(&seconds[place]);
        let has_run = !seconds[place].is_empty();
        let reference = other.and_then(|other| answers[other].as_ref()).or_else(|| answers.iter().flatten().next());
        let gflops = workload.operations / time / 1e9;
        let rate = contender.precision.zip(peak.as_ref()).filter(|_| has_run);
        Line {
            name: contender.name.clone(),
            ratio: other.filter(|&other| has_run && other != place).map(|other| time / median(&seconds[other])),
            seconds: seconds[place].clone(),
            extrapolated: contender.extrapolated,
            against: contender.against,
            rate: rate.map(|(precision, peak)| Rate {
                gflops,
                share: gflops / peak.best(precision),
                steady_share: gflops / peak.steady(precision),
            }),
            answer: match (&contender.runner, &answers[place], reference) {
                (Runner::Absent(reason), _, _) => format!("absent: {reason}"),
                (_, Some(answer), Some(reference)) => (workload.judge)(reference, answer),
                _ => String::new(),
            },
        }
    });
    let lines = lines.collect();
    // Peers hold memory that the checks may need.
    workload.contenders.clear();
    let notes = (workload.afterwards)(&answers)?;
    let Workload { name, what, operations, .. } = workload;
    Ok(Outcome { name, what, peak, operations, lines, notes })
}

/// The largest |a − b|.
pub(crate) fn largest_gap(ours: &[f64], theirs: &[f64]) -> f64 {
    ours.iter().zip(theirs).fold(0.0, |sofar, (a, b)| sofar.max((a - b).abs()))
}

/// Judges tables of distances: the largest difference from ours over the entries that are there.
pub(crate) fn largest_difference(ours: &[f64], theirs: &[f64]) -> String {
    format!("{} distances, largest difference {:.1e}", theirs.len(), largest_gap(ours, theirs))
}
