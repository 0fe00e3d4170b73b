//! What the user sees: results on standard output, messages and progress on standard error.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::{Failure, Result};

/// Messages and progress, silent on request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Messages {
    quiet: bool,
    verbose: bool,
    terminal: bool,
}

impl Messages {
    pub(crate) fn new(quiet: bool, verbose: bool) -> Self {
        Self { quiet, verbose, terminal: std::io::stderr().is_terminal() }
    }

    /// A line on standard error.
    pub(crate) fn say(self, line: &str) {
        if !self.quiet {
            // A closed standard error is no reason to stop.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }

    /// A line on standard error for those who asked for more.
    pub(crate) fn detail(self, line: &str) {
        if self.verbose {
            self.say(line);
        }
    }

    /// Progress through `total` things of one kind: a bar on a terminal, otherwise nothing but the lines said.
    pub(crate) fn progress(self, total: u64, unit: &str) -> Progress {
        let bar = if self.quiet || !self.terminal { ProgressBar::hidden() } else { ProgressBar::new(total) };
        let template = format!("{{msg}} [{{bar:30}}] {{pos}}/{{len}} {unit}, {{per_sec}}, {{eta}} left");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style.progress_chars("=> "));
        }
        Progress { bar, messages: self, started: Instant::now(), done: 0, total }
    }
}

/// Progress of one long piece of work.
pub(crate) struct Progress {
    bar: ProgressBar,
    messages: Messages,
    started: Instant,
    done: u64,
    total: u64,
}

impl Progress {
    pub(crate) fn advance(&mut self, by: u64) {
        self.done += by;
        self.bar.inc(by);
    }

    pub(crate) fn stage(&self, text: String) {
        self.bar.set_message(text);
    }

    /// A line above the bar.
    pub(crate) fn say(&self, line: &str) {
        self.bar.suspend(|| self.messages.say(line));
    }

    /// Things done a second so far.
    pub(crate) fn rate(&self) -> f64 {
        self.done as f64 / self.started.elapsed().as_secs_f64().max(1e-9)
    }

    /// Time until the end at the rate so far, in words.
    pub(crate) fn time_left(&self) -> String {
        let remaining = self.total.saturating_sub(self.done) as f64;
        in_words(Duration::from_secs_f64((remaining / self.rate().max(1e-9)).min(1e9)))
    }

    pub(crate) fn finish(self) {
        self.bar.finish_and_clear();
    }
}

/// `42 s`, `3 min 05 s`, `2 h 10 min`.
pub(crate) fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// The message of a failure, on standard error even with `--quiet`.
pub(crate) fn error(failure: &Failure) {
    let _ = writeln!(std::io::stderr(), "error: {failure}");
}

/// Four decimals; adding zero turns the −0 that tiny negative numbers are rounded to into 0.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4 + 0.0
}

/// A result as JSON, on standard output.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::Internal(error.to_string()))?;
    result(&(text + "\n"))
}

/// A result, on standard output.
pub(crate) fn result(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // The reader has seen enough (`layerpath metrics | head`).
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::user(format!("cannot write to standard output: {error}"))),
        Ok(()) => Ok(()),
    }
}
