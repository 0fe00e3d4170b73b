//! What the user sees: results on standard output, messages and progress on standard error.

use std::borrow::Cow;
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
            let _ = writeln!(std::io::stderr(), "{}", visible(line));
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

const DAY: u64 = 24 * 3600;
const TWO_DAYS: u64 = 2 * DAY;

/// `42 s`, `3 min 05 s`, `2 h 10 min`, `12 days`.
pub(crate) fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        3600..TWO_DAYS => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} days", seconds / DAY),
    }
}

/// The message of a failure, on standard error even with `--quiet`.
pub(crate) fn error(failure: &Failure) {
    let _ = writeln!(std::io::stderr(), "error: {}", visible(&shortened(&failure.to_string())));
}

/// What is wrong with the arguments, or the help that was asked for; whether it could be said.
pub(crate) fn about_arguments(error: &clap::Error) -> bool {
    let plain = error.render().to_string();
    match shortened(&plain) {
        Cow::Owned(text) if error.use_stderr() => writeln!(std::io::stderr(), "{}", visible(text.trim_end())).is_ok(),
        // With the colours of a terminal.
        _ => error.print().is_ok(),
    }
}

/// Characters of a word, a path or a name in a message that are shown at most.
const LONGEST_WORD: usize = 300;
/// Characters of a whole message that are shown at most.
const LONGEST_MESSAGE: usize = 8000;

/// A message without the middle of its longest words: whoever gave a name of a hundred thousand characters knows it.
fn shortened(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST_MESSAGE && text.split_whitespace().all(|word| word.len() <= LONGEST_WORD) {
        return Cow::Borrowed(text);
    }
    let words: String = text.split_inclusive(char::is_whitespace).map(|word| cut(word, LONGEST_WORD)).collect();
    Cow::Owned(cut(&words, LONGEST_MESSAGE).into_owned())
}

/// The first half of what may be shown, the last sixth, and between them how much is missing.
fn cut(text: &str, longest: usize) -> Cow<'_, str> {
    let count = text.chars().count();
    if count <= longest {
        return Cow::Borrowed(text);
    }
    let (head, tail) = (longest / 2, longest / 6);
    let place = |index: usize| text.char_indices().nth(index).map_or(text.len(), |(place, _)| place);
    let (start, end) = (&text[..place(head)], &text[place(count - tail)..]);
    Cow::Owned(format!("{start}… ({} characters left out) …{end}", count - head - tail))
}

/// `text` as a terminal can show it without obeying it: files choose names of layers, and a name may hold what moves the
/// cursor, hides what was said, or runs backwards. Control characters become their pictures, all else of that kind
/// `U+FFFD`.
fn visible(text: &str) -> Cow<'_, str> {
    let harmless = |character: char| {
        let reorders = matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        matches!(character, '\n' | '\t') || !(character.is_control() || reorders)
    };
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    text.chars().map(|character| if harmless(character) { character } else { picture(character) }).collect()
}

/// A name as it stands in a row of a table: line breaks and tabs, which would make rows of their own out of it, become their
/// pictures. All else that commands a terminal is made harmless when the table is shown on one.
pub(crate) fn in_a_row(name: &str) -> Cow<'_, str> {
    let breaks =
        |character: char| matches!(character, '\t'..='\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    if name.contains(breaks) {
        return name.chars().map(|character| if breaks(character) { picture(character) } else { character }).collect();
    }
    Cow::Borrowed(name)
}

/// What is shown in the place of a control character.
fn picture(character: char) -> char {
    match character {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or(char::REPLACEMENT_CHARACTER),
        _ => char::REPLACEMENT_CHARACTER,
    }
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
    // Programs get what they asked for.
    let shown = if out.is_terminal() { visible(text) } else { Cow::Borrowed(text) };
    match out.write_all(shown.as_bytes()).and_then(|()| out.flush()) {
        // The reader has seen enough (`layerpath metrics | head`).
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::user(format!("cannot write to standard output: {error}"))),
        Ok(()) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_and_messages_lose_their_middle() {
        let usual = format!("cannot read `{}`", "y/".repeat(140));
        assert!(matches!(shortened(&usual), Cow::Borrowed(text) if text == usual));
        let long = format!("`{}z`: is no metric\nat all", "é".repeat(1000));
        let (head, tail) = ("é".repeat(149), "é".repeat(46));
        let expected = format!("`{head}… (805 characters left out) …{tail}z`: is no metric\nat all");
        assert_eq!(shortened(&long), expected);
        let blanks = shortened(&"a ".repeat(50_000)).into_owned();
        assert!(blanks.starts_with("a a ") && blanks.contains("… (94667 characters left out) …"), "{blanks}");
    }

    #[test]
    fn names_do_not_command_the_terminal() {
        assert_eq!(visible("a\u{1b}[31mb\u{7}\r\u{9b}2J\u{202e}c\u{7f}"), "a␛[31mb␇␍\u{fffd}2J\u{fffd}c\u{fffd}");
        assert_eq!(in_a_row("a\nb 0.1\r\t\u{2028}\u{85}c"), "a␊b 0.1␍␉\u{fffd}\u{fffd}c");
        assert!(matches!(in_a_row("層 1\u{1b}"), Cow::Borrowed(_)));
        let plain = "two\nlines\tand étape 層 🧠 ─ …";
        assert!(matches!(visible(plain), Cow::Borrowed(text) if text == plain));
    }
}
