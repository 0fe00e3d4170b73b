//! Contenders in turns, medians, and whether the answers agree.

use std::time::Instant;

use crate::peers::Peer;

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
    /// The name of our contender that does the same work.
    pub(crate) against: Option<&'static str>,
}

impl Contender {
    pub(crate) fn ours(name: &'static str, run: impl FnMut() -> Result<Vec<f64>, Failure> + 'static) -> Self {
        Self { name: name.to_owned(), runner: Runner::Ours(Box::new(run)), extrapolated: 1.0, against: None }
    }

    pub(crate) fn theirs(name: &str, peer: Result<Peer, String>, against: &'static str, extrapolated: f64) -> Self {
        let runner = peer.map_or_else(Runner::Absent, Runner::Theirs);
        Self { name: name.to_owned(), runner, extrapolated, against: Some(against) }
    }
}

/// Says how an answer agrees with another.
pub(crate) type Judge = Box<dyn Fn(&[f64], &[f64]) -> String>;

/// Something to do, and who does it.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) what: String,
    pub(crate) contenders: Vec<Contender>,
    /// What an answer says beside ours, in words.
    pub(crate) judge: Judge,
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
    /// What the answer says, or why there is none.
    pub(crate) answer: String,
}

/// A finished workload.
pub(crate) struct Outcome {
    pub(crate) name: &'static str,
    pub(crate) what: String,
    pub(crate) lines: Vec<Line>,
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

/// Runs the contenders in turns.
pub(crate) fn run(mut workload: Workload, settings: Settings) -> Result<Outcome, Failure> {
    let n = workload.contenders.len();
    let mut seconds = vec![Vec::new(); n];
    let mut answers: Vec<Option<Vec<f64>>> = vec![None; n];
    // Warm-up of ours; peers warm up when they start.
    for contender in &mut workload.contenders {
        if let Runner::Ours(run) = &mut contender.runner {
            run()?;
        }
    }
    for turn in 0..settings.runs.max(settings.peer_runs) {
        for (place, contender) in workload.contenders.iter_mut().enumerate() {
            match &mut contender.runner {
                Runner::Ours(run) if turn < settings.runs => {
                    let begin = Instant::now();
                    let answer = run()?;
                    seconds[place].push(begin.elapsed().as_secs_f64());
                    answers[place] = Some(answer);
                }
                Runner::Theirs(peer) if turn < settings.peer_runs => match peer.run() {
                    Ok((time, answer)) => {
                        seconds[place].push(time * contender.extrapolated);
                        answers[place] = Some(answer);
                    }
                    Err(reason) => contender.runner = Runner::Absent(reason),
                },
                _ => {}
            }
        }
    }
    let reference = answers.iter().flatten().next().cloned().unwrap_or_default();
    let time_of = |name: &str| {
        let place = workload.contenders.iter().position(|contender| contender.name == name)?;
        Some(median(&seconds[place]))
    };
    let lines = workload.contenders.iter().enumerate().map(|(place, contender)| {
        let ours = contender.against.and_then(time_of);
        Line {
            name: contender.name.clone(),
            ratio: ours.filter(|_| !seconds[place].is_empty()).map(|ours| median(&seconds[place]) / ours),
            seconds: seconds[place].clone(),
            extrapolated: contender.extrapolated,
            against: contender.against,
            answer: match (&contender.runner, &answers[place]) {
                (Runner::Absent(reason), _) => format!("absent: {reason}"),
                (_, Some(answer)) => (workload.judge)(&reference, answer),
                (_, None) => String::new(),
            },
        }
    });
    let lines = lines.collect();
    Ok(Outcome { name: workload.name, what: workload.what, lines })
}

/// Judges tables of distances: the largest difference from ours over the entries that are there.
pub(crate) fn largest_difference(ours: &[f64], theirs: &[f64]) -> String {
    let largest = ours.iter().zip(theirs).fold(0.0_f64, |sofar, (a, b)| sofar.max((a - b).abs()));
    format!("{} distances, largest difference {largest:.1e}", theirs.len())
}
