//! Two programs that write the same thing at once.

use std::io;
use std::path::Path;
use std::thread::sleep;

use super::jobs::{Ended, Jobs, Prepared, ended};
use super::random::Random;
use super::record::{Section, seen};
use super::tree::{Tree, differences, halves, tree};
use super::{Campaign, empty};

/// Rounds of each pair, with another delay between the two; more of commands that are over in no time.
const ROUNDS: usize = 6;
const QUICK: usize = 20;

/// What two programs do to one name; `{in}` and `{out}` as elsewhere.
const PAIRS: [(&str, &str, &str); 11] = [
    (
        "the same run",
        "train --model resnet8x2 --data cifar10:{in}/images --training-images 200 --epochs 3 --batch-size 10 --seed 5 --out {out}/net",
        "train --model resnet8x2 --data cifar10:{in}/images --training-images 200 --epochs 3 --batch-size 10 --seed 5 --out {out}/net",
    ),
    (
        "the same run, resumed",
        "train --model resnet8x2 --data cifar10:{in}/images --training-images 200 --epochs 3 --batch-size 10 --seed 5 --resume --out {out}/net",
        "train --model resnet8x2 --data cifar10:{in}/images --training-images 200 --epochs 3 --batch-size 10 --seed 5 --resume --out {out}/net",
    ),
    (
        "the same points",
        "capture {in}/net --data cifar10:{in}/images --stimuli 40 --layers all --epochs all --out {out}/p.zarr",
        "capture {in}/net --data cifar10:{in}/images --stimuli 40 --layers all --epochs all --out {out}/p.zarr",
    ),
    (
        "points of different layers",
        "capture {in}/net --data cifar10:{in}/images --stimuli 40 --layers all --epochs all --out {out}/p.zarr",
        "capture {in}/net --data cifar10:{in}/images --stimuli 40 --layers blocks --epochs all --out {out}/p.zarr",
    ),
    (
        "points of different layers, one replaces",
        "capture {in}/net --data cifar10:{in}/images --stimuli 40 --layers all --epochs all --out {out}/p.zarr",
        "capture {in}/net --data cifar10:{in}/images --stimuli 40 --layers blocks --epochs all --overwrite --out {out}/p.zarr",
    ),
    (
        "the same table, by blocks",
        "distances {in}/many.zarr --memory 64.5MiB --out {out}/d.npy",
        "distances {in}/many.zarr --memory 64.5MiB --out {out}/d.npy",
    ),
    (
        "tables of different points, by blocks",
        "distances {in}/many.zarr --memory 64.5MiB --out {out}/d.npy",
        "distances {in}/others.zarr --memory 64.1MiB --out {out}/d.npy",
    ),
    (
        "tables, whole",
        "distances {in}/points.zarr --out {out}/d.npy",
        "distances {in}/states.safetensors --out {out}/d.npy",
    ),
    (
        "analyses of different metrics",
        "analyze {in}/states.safetensors --out {out}/a",
        "analyze {in}/states.safetensors --metric angular-rsa --baselines --out {out}/a",
    ),
    (
        "pages of different analyses",
        "report {in}/analysis --out {out}/page.html",
        "report {in}/analysis-others --out {out}/page.html",
    ),
    (
        "the same study",
        "reproduce all --data cifar10:{in}/images --plan {in}/plan.json --out {out}/study",
        "reproduce all --data cifar10:{in}/images --plan {in}/plan.json --out {out}/study",
    ),
];

/// Every pair, begun one after the other at random delays.
pub(super) fn campaign(campaign: &Campaign, jobs: &Jobs, random: &mut Random) -> io::Result<Section> {
    let mut section = Section::new(
        "Two programs at once",
        format!(
            "Two commands write the same name, {ROUNDS} times ({QUICK} where they take less than half a second), with a random delay between their beginnings. The results must be those of \
             one of the two, and the first command, given again, ends well or says that all is there."
        ),
    );
    let place = campaign.fresh("together")?;
    for (what, first, second) in PAIRS {
        let alone = |arguments: &str| -> io::Result<(Tree, f64)> {
            empty(&place)?;
            let begun = std::time::Instant::now();
            let ended = jobs.command(arguments, &jobs.inputs, &place).end()?;
            if ended.code != Some(0) {
                return Err(io::Error::other(format!("layerpath {arguments}: {}", ended.stderr)));
            }
            Ok((tree(&place)?, begun.elapsed().as_secs_f64()))
        };
        let (ours, took) = alone(first)?;
        let (theirs, _) = alone(second)?;
        let command = |arguments: &str, place: &Path| -> Prepared { jobs.command(arguments, &jobs.inputs, place) };
        let (mut both, mut one, mut wrong, mut said) = (0, 0, Vec::new(), Vec::<String>::new());
        let rounds = if took < 0.5 { QUICK } else { ROUNDS };
        for _ in 0..rounds {
            empty(&place)?;
            let early = command(first, &place).start()?;
            sleep(std::time::Duration::from_secs_f64(0.8 * took * random.share()));
            let late = command(second, &place).start()?;
            let all = [ended(early)?, ended(late)?];
            let found = tree(&place)?;
            let is_one = differences(&found, &ours).is_empty() || differences(&found, &theirs).is_empty();
            let refusals: Vec<&Ended> = all.iter().filter(|one| one.code != Some(0)).collect();
            match refusals.len() {
                0 => both += 1,
                1 => one += 1,
                _ => {}
            }
            for refusal in &refusals {
                let line = seen(campaign, refusal).replace("together/", "");
                if !said.contains(&line) {
                    said.push(line);
                }
            }
            let again = command(first, &place).end()?;
            let after = tree(&place)?;
            let ends = again.code == Some(0) || again.stderr.contains("exists") || again.stderr.contains("already");
            let whole = differences(&after, &ours).is_empty() || differences(&after, &theirs).is_empty();
            let fine = is_one && ends && whole && refusals.len() < 2 && refusals.iter().all(|one| one.is_refusal());
            if !fine {
                wrong.push(format!(
                    "neither's: {:?}, half: {:?}, {} refused; again: {}",
                    differences(&found, &ours),
                    halves(&found, &ours),
                    refusals.len(),
                    again.error().unwrap_or("well")
                ));
            }
        }
        let outcome = if wrong.is_empty() {
            format!("{both} times both end, {one} times one is refused; the results are always those of one of them")
        } else {
            wrong.join("; ")
        };
        let name = first.split(' ').next().unwrap_or_default();
        section.push(what, format!("`{name}`"), said.join("<br>"), outcome, wrong.is_empty());
    }
    Ok(section)
}
