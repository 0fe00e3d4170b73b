//! Dask: workers that are killed, and clients; two clients at once; a disk that is full. Done by workers.py beside this file.

use std::env;
use std::io;
use std::process::Command;

use super::Campaign;
use super::jobs::Jobs;
use super::random::Random;
use super::record::Section;

/// Runs the script and takes its lines, one a fault: five fields with tabs between.
pub(super) fn campaign(campaign: &Campaign, _: &Jobs, random: &mut Random) -> io::Result<Section> {
    const TITLE: &str = "Dask: workers and clients";
    let python = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let folder = campaign.fresh("dask")?;
    let script = campaign.root.join("xtask/src/faults/workers.py");
    let usable = Command::new(&python).args(["-c", "import layerpath, distributed, torch"]).output();
    if !usable.is_ok_and(|output| output.status.success()) {
        return Ok(Section::skipped(TITLE, format!("`{python}` has not layerpath, distributed and torch; set PYTHON")));
    }
    let seed = (random.share() * 1e9) as u64;
    let output = Command::new(&python).arg(script).arg(&folder).arg(seed.to_string()).output()?;
    let mut section = Section::new(
        TITLE,
        "`layerpath.dask` on two worker processes of one thread (docs/dask.md); workers are killed with kill −9 at random moments and started \
         again by Dask, clients with all their workers. Compared is every file but `source` and `stamp.json`, which hold the time \
         at which the points were written.",
    );
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        if let [good, fault, command, seen, outcome] = line.split('\t').collect::<Vec<_>>()[..] {
            section.push(fault, command, seen, outcome, good == "good");
        }
    }
    if !output.status.success() || section.rows.is_empty() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default().to_owned();
        eprintln!("{said}");
        section.push("the script", "`workers.py`", last, "it did not come to its end", false);
    }
    Ok(section)
}
