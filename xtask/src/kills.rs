//! `cargo xtask kills [N]`: the smoke study in one go, and killed N times at random moments and resumed; every file of the
//! results must be the same.
#![allow(clippy::disallowed_methods)] // not the program: it looks at the program's files

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What the study leaves.
const RESULTS: [&str; 7] = ["runs", "points", "decoding", "tables", "analysis", "study", "report"];

/// The file of a run whose last column holds seconds, which differ.
const LOG: &str = "log.csv";

/// Runs the campaign with a released `layerpath` in a folder of its own; tells whether the results agree.
pub(crate) fn campaign(program: &Path, folder: &Path, kills: u32) -> io::Result<bool> {
    let (whole, parts) = (folder.join("whole"), folder.join("parts"));
    // A finished study would be resumed in no time, and be one of another program.
    for folder in [&whole, &parts] {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
    }
    let study = |out: &Path| {
        let mut command = Command::new(program);
        command.args(["-q", "reproduce", "all", "--data", "builtin", "--preset", "smoke", "--out"]).arg(out);
        command.stdout(Stdio::null());
        command
    };
    let begun = Instant::now();
    if !study(&whole).status()?.success() {
        return Ok(false);
    }
    let took = begun.elapsed();
    eprintln!("in one go: {:.0} s", took.as_secs_f64());
    // Each life lasts up to a bit more than its share of the whole, so that the kills fall on all stages.
    let share = took.as_secs_f64() * 1.6 / f64::from(kills);
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut killed = 0;
    while killed < kills {
        // Xorshift: moments that differ, the same in every campaign.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let life = share * (state >> 11) as f64 / (1_u64 << 53) as f64 + 0.05;
        let mut child = study(&parts).spawn()?;
        std::thread::sleep(Duration::from_secs_f64(life));
        if child.try_wait()?.is_some() {
            eprintln!("finished before kill {}", killed + 1);
            break;
        }
        child.kill()?;
        child.wait()?;
        killed += 1;
        eprintln!("killed {killed} of {kills} after {life:.2} s, {} files", files(&parts)?.len());
    }
    if !study(&parts).status()?.success() {
        return Ok(false);
    }
    let (ours, theirs) = (files(&whole)?, files(&parts)?);
    let differing: Vec<&PathBuf> =
        ours.keys().chain(theirs.keys()).filter(|name| ours.get(*name) != theirs.get(*name)).collect();
    for name in &differing {
        eprintln!("differs: {}", name.display());
    }
    eprintln!("{} files, {} differ, {killed} kills", ours.len(), differing.len());
    Ok(differing.is_empty() && killed == kills)
}

/// A log without its last column.
fn without_seconds(log: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(log);
    let kept = text.lines().map(|line| line.rsplit_once(',').map_or(line, |(kept, _)| kept));
    kept.collect::<Vec<_>>().join("\n").into_bytes()
}

/// Name and content of every result.
fn files(out: &Path) -> io::Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut all = BTreeMap::new();
    let mut folders: Vec<PathBuf> = RESULTS.iter().map(|name| out.join(name)).filter(|path| path.is_dir()).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let content = fs::read(&path)?;
                let content = if path.ends_with(LOG) { without_seconds(&content) } else { content };
                all.insert(path.strip_prefix(out).unwrap_or(&path).to_path_buf(), content);
            }
        }
    }
    Ok(all)
}
