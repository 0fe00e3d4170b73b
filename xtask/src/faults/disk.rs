//! Disks that are full, that may not be written, and folders that go away.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;

use super::jobs::{Ended, Job, Jobs, ended};
use super::random::Random;
use super::record::{Section, seen};
use super::tree::{Tree, copy, differences, halves, tree};
use super::{Campaign, empty};

/// How often a folder is to vanish, at most, until it does while the command runs.
const TRIES: usize = 30;

/// A small file system in memory, gone with this value.
struct Disk(PathBuf);

impl Disk {
    /// An empty folder to mount one at; what a campaign that was killed has left mounted there goes.
    fn place(campaign: &Campaign, name: &str) -> io::Result<PathBuf> {
        Command::new("umount").arg(campaign.folder.join(name)).stderr(Stdio::null()).status()?;
        campaign.fresh(name)
    }

    /// Mounts one; what the system says where it may not be.
    fn mount(path: &Path, kibibytes: u64) -> io::Result<Result<Self, String>> {
        fs::create_dir_all(path)?;
        let size = format!("size={kibibytes}k");
        let output = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "layerpath-faults"]).arg(path).output()?;
        if output.status.success() {
            return Ok(Ok(Self(path.to_path_buf())));
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Ok(Err(format!("a tmpfs cannot be mounted here, which takes root ({said})")))
    }

    fn remount(&self, options: &str) -> io::Result<()> {
        let options = format!("remount,{options}");
        let status = Command::new("mount").args(["-o", &options]).arg(&self.0).status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("mount -o {options} failed"))) }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Nobody is left to tell.
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// KiB that a tree takes on a tmpfs.
fn kibibytes(tree: &Tree) -> u64 {
    tree.values().map(|content| 4 * (content.len() as u64).div_ceil(4096) + 4).sum()
}

fn names(found: &[PathBuf]) -> String {
    found.iter().map(|name| name.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// The outcome after a fault: no halves, and the same command ends in the whole result.
fn recovered(jobs: &Jobs, job: &Job, place: &Path) -> io::Result<(String, bool)> {
    let again = jobs.of(job, place).end()?;
    let done = again.code == Some(0) || again.stderr.contains("exists; choose another name");
    let differing = differences(&tree(place)?, &job.whole);
    Ok(match (done, differing.is_empty()) {
        (true, true) => ("the next run ends in the same bytes".to_owned(), true),
        (true, false) => (format!("the next run differs: {}", names(&differing)), false),
        (false, _) => (format!("the next run fails: {}", again.error().unwrap_or_default()), false),
    })
}

/// Every command that writes, on disks that are too small by more and by less.
pub(super) fn full(campaign: &Campaign, jobs: &Jobs, _: &mut Random) -> io::Result<Section> {
    const TITLE: &str = "Disk full";
    let place = Disk::place(campaign, "small")?;
    let mut section = Section::new(
        TITLE,
        "The results go to a tmpfs of so many percent of what they take; afterwards it grows, and the same command is given \
         again.",
    );
    for job in &jobs.all {
        let need = kibibytes(&job.whole);
        let mut refused = Vec::new();
        let (mut good, mut sizes, mut outcome) = (true, Vec::new(), String::new());
        for percent in [2, 30, 60, 90] {
            let size = (need * percent / 100).max(8);
            let disk = match Disk::mount(&place, size)? {
                Ok(disk) => disk,
                Err(why) => return Ok(Section::skipped(TITLE, why)),
            };
            let ended = jobs.of(job, &place).end()?;
            let halves = halves(&tree(&place)?, &job.whole);
            let told = ended.is_refusal() && ended.stderr.contains("free some space");
            if ended.code != Some(0) {
                refused.push(seen(campaign, &ended).replace("small/", ""));
            }
            disk.remount(&format!("size={}k", 4 * need + 65_536))?;
            let (text, same) = recovered(jobs, job, &place)?;
            if !halves.is_empty() || !same || !(told || ended.code == Some(0)) {
                (good, outcome) = (false, format!("at {percent} %: half {}; {text}", names(&halves)));
            } else if good {
                outcome = text;
            }
            sizes.push(format!("{percent} %"));
        }
        refused.dedup();
        if refused.is_empty() {
            (good, outcome) = (false, "never refused".to_owned());
        }
        section.push(
            format!("full at {}", sizes.join(", ")),
            format!("`{}`", job.name),
            refused.join("<br>"),
            outcome,
            good,
        );
    }
    // Results on standard output.
    for arguments in ["distances {in}/points.zarr", "analyze {in}/points.zarr --format json", "metrics"] {
        let mut command = jobs.command(arguments, &jobs.inputs, &place);
        let output = fs::OpenOptions::new().write(true).open("/dev/full")?;
        let found = command.0.stdin(Stdio::null()).stdout(output).stderr(Stdio::piped()).output()?;
        let stderr = String::from_utf8_lossy(&found.stderr).into_owned();
        let ended = Ended { code: found.status.code(), stderr };
        let good = ended.is_refusal();
        let name = arguments.split(' ').next().unwrap_or_default();
        section.push("standard output is /dev/full", format!("`{name}`"), seen(campaign, &ended), "refused", good);
    }
    Ok(section)
}

/// Every command that writes, where nothing may be written: from the start, and in the middle.
pub(super) fn read_only(campaign: &Campaign, jobs: &Jobs, random: &mut Random) -> io::Result<Section> {
    const TITLE: &str = "Read-only folders";
    let place = Disk::place(campaign, "locked")?;
    let mut section = Section::new(
        TITLE,
        "The results go to a tmpfs that may only be read: from the start, and after a kill in the middle (modes do not stop root). \
         Afterwards it may be written, and the same command is given again.",
    );
    for job in &jobs.all {
        for begun in [false, true] {
            let disk = match Disk::mount(&place, 4 * kibibytes(&job.whole) + 65_536)? {
                Ok(disk) => disk,
                Err(why) => return Ok(Section::skipped(TITLE, why)),
            };
            if begun {
                let mut child = jobs.of(job, &place).start()?;
                sleep(job.took.mul_f64(0.3 + 0.4 * random.share()));
                child.kill()?;
                ended(child)?;
            }
            let before = tree(&place)?;
            disk.remount("ro")?;
            let refused = jobs.of(job, &place).end()?;
            let unchanged = tree(&place)? == before;
            disk.remount("rw")?;
            let (text, same) = recovered(jobs, job, &place)?;
            // A command that was done before the kill may have nothing to write.
            let told = refused.is_refusal() && refused.stderr.contains("choose a place that you may use");
            let fine = told || (begun && (refused.code == Some(0) || refused.stderr.contains("exists; choose")));
            section.push(
                if begun { "read-only after a kill" } else { "read-only" },
                format!("`{}`", job.name),
                seen(campaign, &refused).replace("locked/", ""),
                if unchanged { text } else { "something was written".to_owned() },
                same && unchanged && fine,
            );
        }
    }
    Ok(section)
}

/// Folders of results, and of inputs, that are renamed in the middle.
pub(super) fn vanished(campaign: &Campaign, jobs: &Jobs, random: &mut Random) -> io::Result<Section> {
    let mut section = Section::new(
        "Folders that vanish",
        "At a random moment the folder of the results, or that of the inputs, gets another name. Afterwards the same command is given again: \
         with an empty folder for its results, or with its inputs back. Moments after the end of the command are drawn again; a command \
         that ends well had read its inputs by then, or holds them open.",
    );
    let moments = 3;
    for job in &jobs.all {
        for of_inputs in [false, true] {
            let base = campaign.fresh("vanishing")?;
            let (place, inputs) = (base.join("out"), base.join("in"));
            copy(&jobs.inputs, &inputs)?;
            let mut said: Vec<String> = Vec::new();
            let (mut good, mut outcome) = (true, String::new());
            let (mut hit, mut tries) = (0, 0);
            while hit < moments && tries < TRIES {
                tries += 1;
                empty(&place)?;
                let mut child = jobs.with_inputs(job, &inputs, &place).start()?;
                sleep(job.took.mul_f64(random.share()));
                if child.try_wait()?.is_some() {
                    continue;
                }
                hit += 1;
                let (from, to) = if of_inputs { (&inputs, base.join("away")) } else { (&place, base.join("gone")) };
                fs::rename(from, &to)?;
                let ended = ended(child)?;
                let fine = ended.code == Some(0) || ended.is_refusal();
                if of_inputs {
                    fs::rename(&to, from)?;
                }
                let there = if of_inputs { &place } else { &to };
                let halves = halves(&tree(there)?, &job.whole);
                let whole = ended.code != Some(0)
                    || differences(&tree(there)?, &job.whole).is_empty()
                    || differences(&tree(&place)?, &job.whole).is_empty();
                if !of_inputs {
                    fs::remove_dir_all(&to)?;
                    empty(&place)?;
                }
                let again = jobs.with_inputs(job, &inputs, &place).end()?;
                let same = (again.code == Some(0) || again.stderr.contains("exists; choose"))
                    && differences(&tree(&place)?, &job.whole).is_empty();
                if fine && halves.is_empty() && whole && same {
                    outcome = if good { "the next run ends in the same bytes".to_owned() } else { outcome };
                } else {
                    good = false;
                    outcome = format!(
                        "half: {}; said to be whole and is not: {}; next run: {} {}",
                        names(&halves),
                        !whole,
                        same,
                        again.error().unwrap_or_default()
                    );
                }
                let line = seen(campaign, &ended).replace("vanishing/", "");
                if !said.contains(&line) {
                    said.push(line);
                }
            }
            section.push(
                format!("{} vanish, {hit} moments", if of_inputs { "inputs" } else { "results" }),
                format!("`{}`", job.name),
                said.join("<br>"),
                outcome,
                good && hit > 0,
            );
        }
    }
    Ok(section)
}
