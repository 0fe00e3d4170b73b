//! kill −9 at random moments.

use std::fmt::Write as _;
use std::io;
use std::thread::sleep;

use super::jobs::{Job, Jobs, ended};
use super::random::Random;
use super::record::Section;
use super::tree::{differences, halves, leftovers, tree};
use super::{Campaign, empty};

/// Every command that writes, killed and resumed.
pub(super) fn campaign(campaign: &Campaign, jobs: &Jobs, random: &mut Random) -> io::Result<Section> {
    let mut section = Section::new(
        "Killed at random moments",
        "kill −9 at a moment that is random within the time of an undisturbed run; the same command then goes on. Where kills come in a \
         row, the results are compared after the last of them.",
    );
    let mut total = 0;
    for job in jobs.all.iter().filter(|job| job.kills > 0) {
        let found = Kills::of(campaign, jobs, job, random)?;
        total += found.killed;
        let good = found.halves.is_empty() && found.differing.is_empty() && found.failed.is_none();
        let outcome = if let Some(message) = &found.failed {
            format!("does not go on: {message}")
        } else if good {
            format!(
                "{} of {} resumed, {} times {} file(s) compared, none differs; at most {} hidden temporaries left",
                found.killed,
                found.killed,
                found.compared,
                job.whole.len(),
                found.leftovers
            )
        } else {
            format!("half: {:?}; differ: {:?}", found.halves, found.differing)
        };
        section.push(format!("{} kills", found.killed), format!("`{}`", job.name), "nothing: killed", outcome, good);
    }
    let _ = write!(section.about, " {total} kills here; those of Dask workers and clients stand in the next section.");
    Ok(section)
}

/// What kills of one command came to.
#[derive(Default)]
struct Kills {
    killed: u32,
    compared: u32,
    leftovers: usize,
    halves: Vec<String>,
    differing: Vec<String>,
    failed: Option<String>,
}

impl Kills {
    fn of(campaign: &Campaign, jobs: &Jobs, job: &Job, random: &mut Random) -> io::Result<Self> {
        let place = campaign.folder.join("killed");
        let mut all = Self::default();
        while all.killed < job.kills {
            empty(&place)?;
            let mut in_a_row = 0;
            while in_a_row < job.in_a_row && all.killed < job.kills {
                let mut child = jobs.of(job, &place).start()?;
                // A life that goes on has less to do.
                let most = if job.in_a_row > 1 { 0.8 } else { 1.0 };
                sleep(job.took.mul_f64(random.share() * most));
                if child.try_wait()?.is_some() {
                    ended(child)?;
                    break;
                }
                child.kill()?;
                ended(child)?;
                (all.killed, in_a_row) = (all.killed + 1, in_a_row + 1);
                let halves = halves(&tree(&place)?, &job.whole);
                all.halves.extend(halves.iter().map(|name| name.display().to_string()));
                all.leftovers = all.leftovers.max(leftovers(&place)?);
            }
            let last = jobs.of(job, &place).end()?;
            // Activations are not written over: a run that ended before it was killed is done.
            let done = last.stderr.contains("exists");
            if last.code != Some(0) && !done {
                all.failed = Some(last.stderr);
                break;
            }
            all.compared += 1;
            all.differing.extend(differences(&tree(&place)?, &job.whole).iter().map(|name| name.display().to_string()));
        }
        Ok(all)
    }
}
