//! Files that end too early.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;

use super::jobs::{Ended, Jobs, ended, images};
use super::random::Random;
use super::record::{Section, seen};
use super::tree::{Tree, copy, differences, tree};
use super::{Campaign, empty};

/// Parts that the length of a file is cut into.
const PARTS: usize = 64;

/// A kind of file, and the command that reads it.
struct Kind {
    name: &'static str,
    /// The file below the folder of inputs.
    file: &'static str,
    /// `{in}` and `{out}` as elsewhere.
    arguments: &'static str,
    /// What else may come out than a refusal or the same bytes.
    allowed: Option<&'static str>,
    /// What to remove before, so that the file is read again.
    forget: &'static [&'static str],
}

const fn kind(name: &'static str, file: &'static str, arguments: &'static str) -> Kind {
    Kind { name, file, arguments, allowed: None, forget: &[] }
}

const STUDY: &str = "reproduce all --data cifar10:{in}/images --out {in}/study";
const TRAIN: &str = "train --model resnet8x2 --data cifar10:{in}/images --training-images 200 --epochs 8 --batch-size 20 --seed 5 --checkpoints all \
                     --resume --out {in}/net";

const KINDS: [Kind; 23] = [
    kind(".npy", "arrays/b.npy", "distances {in}/arrays --out {out}/d.npy"),
    kind("labels.npy", "labels.npy", "analyze {in}/arrays --target {in}/labels.npy --out {out}/a"),
    kind(".npz", "arrays.npz", "distances {in}/arrays.npz --out {out}/d.npy"),
    kind("activations, .safetensors", "states.safetensors", "distances {in}/states.safetensors --out {out}/d.npy"),
    kind(
        "checkpoint",
        "net/checkpoints/epoch-008.safetensors",
        "capture {in}/net --data cifar10:{in}/few --stimuli 20 --epochs last --out {out}/p.zarr",
    ),
    Kind {
        allowed: Some("whole records: fewer test images, of which the first are taken"),
        ..kind(
            "CIFAR-10, binary",
            "few/test_batch.bin",
            "capture {in}/net --data cifar10:{in}/few --stimuli 20 --epochs last --out {out}/p.zarr",
        )
    },
    kind("points store: chunk", "points.zarr/points/c/0/0", "distances {in}/points.zarr --out {out}/d.npy"),
    kind(
        "points store: array's zarr.json",
        "points.zarr/points/zarr.json",
        "distances {in}/points.zarr --out {out}/d.npy",
    ),
    kind("points store: group's zarr.json", "points.zarr/zarr.json", "distances {in}/points.zarr --out {out}/d.npy"),
    kind("analysis.json", "analysis/analysis.json", "report {in}/analysis --out {out}/page.html"),
    kind("run.json", "net/run.json", TRAIN),
    kind("log.csv", "net/log.csv", TRAIN),
    kind("resume.safetensors", "net/checkpoints/resume.safetensors", TRAIN),
    kind(
        "plan.json, given",
        "plan.json",
        "reproduce straightness --data cifar10:{in}/images --plan {in}/plan.json --out {in}/study",
    ),
    kind("plan.json, of the study", "study/plan.json", STUDY),
    kind("study.json", "study/study/straightness/study.json", "report {in}/study --out {out}/page.html"),
    kind("study: stamp.json", "study/report/stamp.json", STUDY),
    kind("study: report.html", "study/report/report.html", STUDY),
    kind("study: study.json", "study/study/width-depth/study.json", STUDY),
    kind("study: table", "study/tables/width-depth/distances.npy", STUDY),
    Kind {
        forget: &["study/study/width-depth/stamp.json"],
        ..kind("study: table that a stage reads", "study/tables/width-depth/distances.npy", STUDY)
    },
    Kind {
        forget: &["study/study/width-depth/stamp.json"],
        ..kind("study: names of a table", "study/tables/width-depth/points.json", STUDY)
    },
    kind("study: log.csv", "study/runs/resnet8x3-seed0/log.csv", STUDY),
];

/// What 64 cuts of one file came to.
#[derive(Default)]
struct Cuts {
    refused: usize,
    same: usize,
    allowed: usize,
    wrong: Vec<String>,
    /// What was said, without its numbers: an example, and how often.
    said: BTreeMap<String, (String, usize)>,
}

impl Cuts {
    fn of(campaign: &Campaign, jobs: &Jobs, kind: &Kind, base: &Path) -> io::Result<Self> {
        let (inputs, place) = (base.join("in"), base.join("out"));
        empty(&place)?;
        let before = tree(&inputs)?;
        let run = || jobs.command(kind.arguments, &inputs, &place).end();
        let results = || -> io::Result<Tree> {
            let mut all = tree(&place)?;
            all.extend(tree(&inputs)?);
            Ok(all)
        };
        let first = run()?;
        if first.code != Some(0) {
            return Err(io::Error::other(format!("{}: fails with the whole file: {}", kind.name, first.stderr)));
        }
        let whole = results()?;
        let file = inputs.join(kind.file);
        let content = fs::read(&file)?;
        let mut all = Self::default();
        for part in 0..PARTS {
            empty(&place)?;
            for name in kind.forget {
                fs::remove_file(inputs.join(name))?;
            }
            let cut = &content[..content.len() * part / PARTS];
            fs::write(&file, cut)?;
            let ended = run()?;
            let after = results()?;
            // The file itself stays as it was cut, or has been written anew.
            let others: Vec<PathBuf> =
                differences(&after, &whole).into_iter().filter(|name| *name != Path::new(kind.file)).collect();
            let file_is_whole = after.get(Path::new(kind.file)) == whole.get(Path::new(kind.file));
            match ended.code {
                Some(0) if others.is_empty() && (file_is_whole || kind.arguments.contains("{out}")) => all.same += 1,
                Some(0) if kind.allowed.is_some() => all.allowed += 1,
                Some(1) if ended.is_refusal() && tree(&place)?.is_empty() => {
                    all.refused += 1;
                    let text = seen(campaign, &ended).replace("cutting/", "");
                    let kind = text.chars().filter(|character| !character.is_ascii_digit()).collect();
                    all.said.entry(kind).or_insert((text, 0)).1 += 1;
                }
                _ => all.wrong.push(format!("{part}/{PARTS}: {}, {others:?}", seen(campaign, &ended))),
            }
            // Everything as it was, what the command wrote anew included.
            for (name, content) in &before {
                if after.get(name) != Some(content) || !inputs.join(name).is_file() {
                    let from = base.join("kept").join(name);
                    fs::copy(from, inputs.join(name))?;
                }
            }
            fs::write(&file, &content)?;
        }
        Ok(all)
    }
}

/// Every kind of file, cut at every 1/64 of its length.
pub(super) fn campaign(campaign: &Campaign, jobs: &Jobs, random: &mut Random) -> io::Result<Section> {
    let mut section = Section::new(
        "Files cut at every 1/64 of their length",
        "Each file is cut at 0, 1/64, … 63/64 of its length and read by a command. Refused: exit 1, a message, and no result written. \
         The same bytes: the command does again what the file held, or did not need what is missing.",
    );
    let base = campaign.fresh("cutting")?;
    prepare(campaign, jobs, &base)?;
    for kind in &KINDS {
        let found = Cuts::of(campaign, jobs, kind, &base)?;
        let mut said: Vec<&(String, usize)> = found.said.values().collect();
        said.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let shown: Vec<String> = said.iter().take(2).map(|(text, count)| format!("{count} ×: {text}")).collect();
        let mut outcome = format!("{} refused, {} the same bytes", found.refused, found.same);
        if let (Some(what), true) = (kind.allowed, found.allowed > 0) {
            let _ = write!(outcome, ", {} {what}", found.allowed);
        }
        if !found.wrong.is_empty() {
            let _ = write!(outcome, "; wrong: {}", found.wrong.join("; "));
        }
        let command = kind.arguments.split(' ').next().unwrap_or_default();
        section.push(kind.name, format!("`{command}`"), shown.join("<br>"), outcome, found.wrong.is_empty());
    }
    for name in ["partial", "journal"] {
        unfinished_table(campaign, jobs, name, &base, random, &mut section)?;
    }
    Ok(section)
}

/// Inputs of their own, with the kinds that no command writes, and a second copy to put back from.
fn prepare(campaign: &Campaign, jobs: &Jobs, base: &Path) -> io::Result<()> {
    let inputs = base.join("in");
    copy(&jobs.inputs, &inputs)?;
    fs::create_dir(inputs.join("arrays"))?;
    let numbers =
        |n: usize, salt: usize| (0..n).map(move |i| ((i * i * 31 + i * 17 + salt * 101) % 257) as f64 / 257.0);
    for (name, salt) in [("a", 1), ("b", 2), ("c", 3)] {
        fs::write(inputs.join("arrays").join(name).with_extension("npy"), npy(&[40, 12], numbers(480, salt)))?;
    }
    fs::write(inputs.join("labels.npy"), npy(&[40], (0..40).map(|i| f64::from(i % 4))))?;
    fs::copy(campaign.root.join("golden/repsim/seed11-m24/representations.npz"), inputs.join("arrays.npz"))?;
    // 40 records: every eighth cut falls between two.
    fs::create_dir(inputs.join("few"))?;
    for name in ["data_batch_1.bin", "test_batch.bin"] {
        fs::write(inputs.join("few").join(name), images(40))?;
    }
    copy(&inputs, &base.join("kept"))
}

/// A version 1.0 `.npy` file of float64.
fn npy(shape: &[usize], values: impl Iterator<Item = f64>) -> Vec<u8> {
    let axes: Vec<String> = shape.iter().map(|axis| format!("{axis},")).collect();
    let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}), }}", axes.join(" "));
    while !(10 + header.len() + 1).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(values.flat_map(f64::to_le_bytes));
    bytes
}

/// A table that was killed in the middle, of which one file is cut: it is begun anew, or goes on.
fn unfinished_table(
    campaign: &Campaign,
    jobs: &Jobs,
    ending: &str,
    base: &Path,
    random: &mut Random,
    section: &mut Section,
) -> io::Result<()> {
    let job = jobs.named("distances --memory")?;
    let (place, killed) = (base.join("out"), base.join("unfinished"));
    let journal = |folder: &Path| folder.join("distances.npy.journal");
    loop {
        empty(&killed)?;
        let mut child = jobs.of(job, &killed).start()?;
        sleep(job.took.mul_f64(random.share()));
        child.kill()?;
        ended(child)?;
        if fs::read_to_string(journal(&killed)).is_ok_and(|text| text.lines().count() > 1) {
            break;
        }
    }
    let content = fs::read(killed.join(format!("distances.npy.{ending}")))?;
    let (mut same, mut wrong) = (0, Vec::new());
    for part in 0..PARTS {
        empty(&place)?;
        copy(&killed, &place)?;
        let cut = &content[..content.len() * part / PARTS];
        fs::write(place.join(format!("distances.npy.{ending}")), cut)?;
        let ended: Ended = jobs.of(job, &place).end()?;
        if ended.code == Some(0) && differences(&tree(&place)?, &job.whole).is_empty() {
            same += 1;
        } else {
            wrong.push(format!("{part}/{PARTS}: {}", seen(campaign, &ended)));
        }
    }
    let outcome =
        if wrong.is_empty() { format!("{same} the same bytes") } else { format!("wrong: {}", wrong.join("; ")) };
    section.push(
        format!("unfinished table: .{ending}"),
        format!("`{}`", job.name),
        "exit 0",
        outcome,
        wrong.is_empty(),
    );
    Ok(())
}
