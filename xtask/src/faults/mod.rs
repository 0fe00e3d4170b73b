//! `cargo xtask faults [--seed N] [SECTION…]`: what happens when the machine, the disk or a neighbour fails.
//!
//! Every section does harm to running commands, or to their files, and looks at what is left: no wrong result, no half file
//! under a final name, and the next run ends in the bytes of a run that nothing happened to. What a user sees goes to
//! docs/faults.md, which is put together from the latest record of each section under target/faults/record/.
#![allow(clippy::disallowed_methods)] // not the program: it looks at the program's files

mod cut;
mod dask;
mod disk;
mod jobs;
mod kills;
mod long;
mod random;
mod record;
mod together;
mod tree;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use jobs::Jobs;
use random::Random;
use record::Section;

/// The seed of a campaign that is not told another.
const SEED: u64 = 20_261_127;

/// What a section needs.
pub(crate) struct Campaign {
    /// The program under test.
    program: PathBuf,
    /// Folder for everything.
    folder: PathBuf,
    /// The repository.
    root: PathBuf,
    seed: u64,
}

type Run = fn(&Campaign, &Jobs, &mut Random) -> io::Result<Section>;

/// Sections by name, in the order of the record.
const SECTIONS: [(&str, Run); 8] = [
    ("kills", kills::campaign),
    ("dask", dask::campaign),
    ("full", disk::full),
    ("read-only", disk::read_only),
    ("vanished", disk::vanished),
    ("cut", cut::campaign),
    ("together", together::campaign),
    ("long", long::campaign),
];

/// What was asked for on the command line.
pub(crate) fn run(root: &Path, target: &Path, arguments: &[String]) -> io::Result<bool> {
    let (mut seed, mut wanted, mut words) = (SEED, Vec::new(), arguments.iter());
    while let Some(word) = words.next() {
        match (word.as_str(), SECTIONS.iter().find(|(name, _)| name == word)) {
            ("--seed", _) => match words.next().map(|text| text.parse()) {
                Some(Ok(number)) => seed = number,
                _ => return Err(io::Error::other("--seed needs a whole number")),
            },
            (_, Some(section)) => wanted.push(*section),
            _ => {
                let names: Vec<&str> = SECTIONS.iter().map(|(name, _)| *name).collect();
                let known = names.join(", ");
                return Err(io::Error::other(format!("unknown section `{word}`; there are {known}")));
            }
        }
    }
    if wanted.is_empty() {
        wanted.extend(SECTIONS);
    }
    let campaign = Campaign {
        program: target.join("release/layerpath"),
        folder: target.join("faults"),
        root: root.to_path_buf(),
        seed,
    };
    if !campaign.program.is_file() {
        return Err(io::Error::other("there is no program; build it first: cargo build --release"));
    }
    fs::create_dir_all(&campaign.folder)?;
    let jobs = Jobs::prepare(&campaign)?;
    let mut good = true;
    for (name, section) in wanted {
        eprintln!("== {name}");
        let begun = Instant::now();
        // A section has its own stream, so that it does the same alone and among others.
        let own = name.bytes().fold(seed, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let section = section(&campaign, &jobs, &mut Random::new(own))?;
        eprintln!("{} ({:.0} s)", section.summary(), begun.elapsed().as_secs_f64());
        good &= section.is_good();
        section.keep(&campaign, name, begun.elapsed())?;
        record::assemble(&campaign)?;
    }
    Ok(good)
}

impl Campaign {
    /// An empty folder for a section.
    fn fresh(&self, name: &str) -> io::Result<PathBuf> {
        let folder = self.folder.join(name);
        empty(&folder)?;
        Ok(folder)
    }

    /// One line of a command's output, or nothing.
    fn told(&self, program: &str, arguments: &[&str]) -> String {
        let output = Command::new(program).args(arguments).current_dir(&self.root).output();
        output.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

/// Makes a folder, empty.
fn empty(folder: &Path) -> io::Result<()> {
    if folder.symlink_metadata().is_ok() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)
}
