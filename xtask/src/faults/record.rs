//! What is written down.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::time::Duration;

use super::{Campaign, SECTIONS};

/// One fault, or many of one kind.
pub(super) struct Row {
    /// What was done.
    pub(super) fault: String,
    /// To which command.
    pub(super) command: String,
    /// Exit code and message, or that there is none.
    pub(super) seen: String,
    /// What came of it.
    pub(super) outcome: String,
    pub(super) good: bool,
}

/// A table of the record.
pub(super) struct Section {
    pub(super) title: &'static str,
    /// What was done, in a sentence or two.
    pub(super) about: String,
    pub(super) rows: Vec<Row>,
    /// Why the section was left out, where it was.
    pub(super) skipped: Option<String>,
}

impl Section {
    pub(super) fn new(title: &'static str, about: impl Into<String>) -> Self {
        Self { title, about: about.into(), rows: Vec::new(), skipped: None }
    }

    /// A section that cannot be done on this machine.
    pub(super) fn skipped(title: &'static str, why: String) -> Self {
        Self { title, about: String::new(), rows: Vec::new(), skipped: Some(why) }
    }

    pub(super) fn push(
        &mut self,
        fault: impl Into<String>,
        command: impl Into<String>,
        seen: impl Into<String>,
        outcome: impl Into<String>,
        good: bool,
    ) {
        let row =
            Row { fault: fault.into(), command: command.into(), seen: seen.into(), outcome: outcome.into(), good };
        eprintln!(
            "{} | {} | {} | {} | {}",
            if good { "good" } else { "BAD" },
            row.fault,
            row.command,
            row.seen,
            row.outcome
        );
        self.rows.push(row);
    }

    pub(super) fn is_good(&self) -> bool {
        self.rows.iter().all(|row| row.good)
    }

    /// One line for whoever waits.
    pub(super) fn summary(&self) -> String {
        if let Some(why) = &self.skipped {
            return format!("SKIPPED {}: {why}", self.title);
        }
        let bad = self.rows.iter().filter(|row| !row.good).count();
        format!("{}: {} rows, {bad} bad", self.title, self.rows.len())
    }

    /// Writes the table to the folder of records.
    pub(super) fn keep(&self, campaign: &Campaign, name: &str, took: Duration) -> io::Result<()> {
        let mut text = format!("## {}\n\n", self.title);
        if let Some(why) = &self.skipped {
            let _ = writeln!(text, "Left out: {why}.");
        } else {
            let mut commit = campaign.told("git", &["rev-parse", "--short=10", "HEAD"]);
            if !campaign.told("git", &["status", "--porcelain", "--", "crates", "xtask", "Cargo.lock"]).is_empty() {
                commit.push_str(" and changes that were not committed");
            }
            let _ = writeln!(text, "{}\n", self.about);
            let _ = writeln!(
                text,
                "Commit {commit}; {}; seed {}; {} s.\n",
                campaign.told("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
                campaign.seed,
                took.as_secs()
            );
            text.push_str("| fault | command | what the user sees | outcome |\n| --- | --- | --- | --- |\n");
            for row in &self.rows {
                let bad = if row.good { "" } else { "**WRONG** " };
                let cells = [&row.fault, &row.command, &row.seen, &row.outcome].map(|cell| cell.replace('|', "\\|"));
                let _ = writeln!(text, "| {} | {} | {} | {bad}{} |", cells[0], cells[1], cells[2], cells[3]);
            }
        }
        let folder = campaign.folder.join("record");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name).with_extension("md"), text)
    }
}

/// Puts the latest record of every section together, in docs/faults.md.
pub(super) fn assemble(campaign: &Campaign) -> io::Result<()> {
    let processor = campaign.told("sh", &["-c", "grep -m1 'model name' /proc/cpuinfo | cut -d: -f2"]);
    let cores = campaign.told("nproc", &[]);
    let system = campaign.told("uname", &["-sr"]);
    let mut text = format!(
        "# Faults\n\n{INTRODUCTION}\nMachine of the latest run: {processor}, {cores} cores, {system}. Times are of a machine that was doing \
         other things too.\n"
    );
    for (name, _) in SECTIONS {
        if let Ok(section) = fs::read_to_string(campaign.folder.join("record").join(name).with_extension("md")) {
            text.push('\n');
            text.push_str(&section);
        }
    }
    text.push_str(ELSEWHERE);
    fs::write(campaign.root.join("docs/faults.md"), text)
}

const INTRODUCTION: &str = "\
What happens when a program is killed, a disk is full, a folder goes away, a file is cut off, or two programs write the same
thing. Written by `cargo xtask faults` (after `cargo build --release`), which does all of it again: the same seed, the same
moments as far as clocks allow. `cargo xtask faults SECTION` does one of kills, dask, full, read-only, vanished, cut, together,
long; `PYTHON=…` names the Python with layerpath and Dask.

After every fault three things are looked at: whether a file under its final name is half of what it should be; whether a
result is another one than without the fault; and whether the next run, without the fault, ends in the same bytes as a run that
nothing happened to (logs but for their column of seconds). Hidden files `.NAME.….tmp` are what killed writers leave.
";

const ELSEWHERE: &str = "
## Recorded elsewhere

| what | where |
| --- | --- |
| 100,000 stimuli, streamed | W5 of benches/record/2026-11-28-xeon-2-threads.md |
| 10,000 points out of core, killed after two of six blocks and resumed | benches/record/2026-11-27-xeon-2-threads-out-of-core.md |
| names in any script, blanks, quotes and markup, through every command and the report | `any_name_through_every_command` in crates/layerpath-cli/tests/cli/names.rs |
| the smoke study killed 20 times, 593 files compared, none differs (commit a4e8ce8, 27 November 2026) | [plan.md](plan.md) |
| hostile files | crates/layerpath-io/tests/files/hostile.rs |
";

/// A message without what differs from machine to machine: the paths of the campaign, and the names of temporaries.
fn plain(campaign: &Campaign, message: &str) -> String {
    let text = message.replace(&format!("{}/", campaign.folder.display()), "").replace('\n', " ");
    let words = text.split(' ').map(|word| match word.find(".tmp") {
        Some(_) if word.contains("/.") => "`….tmp`".to_owned(),
        _ => word.to_owned(),
    });
    let text = words.collect::<Vec<_>>().join(" ");
    text.trim().replace('<', "&lt;")
}

/// How a command ended, and the last line that it said.
pub(super) fn seen(campaign: &Campaign, output: &super::jobs::Ended) -> String {
    let code = output.code.map_or_else(|| "killed".to_owned(), |code| format!("exit {code}"));
    match output.error() {
        Some(line) => format!("{code}: {}", plain(campaign, line)),
        None => code,
    }
}
