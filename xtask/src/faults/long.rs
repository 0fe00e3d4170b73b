//! A long study in a short time: as many networks, epochs and checkpoints as eight hours hold, of the smallest networks.

use std::fs;
use std::io;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::jobs::{Jobs, ended};
use super::random::Random;
use super::record::{Section, seen};
use super::tree::{copy, differences, tree};
use super::{Campaign, empty};

/// Ctrl-C in the mean every so many seconds.
const SECONDS: f64 = 4.0;

/// Plan of 24 networks of 12 epochs, each with 6 checkpoints.
const PLAN: &str = r#"{
  "schema": "layerpath.plan/1",
  "seed": 3,
  "networks": [
    {"architectures": ["resnet8x2", "resnet8x3", "resnet14x2", "resnet14x3", "resnet20x2", "resnet20x3"], "seeds": [0, 1, 2, 3],
     "epochs": 12, "batch_size": 10, "momentum": 0.9, "weight_decay": 1e-4,
     "schedule": {"kind": "one-cycle", "peak": 0.05}, "augment": true, "batch_norm_init": "ones",
     "training_images": 40, "test_images": 20, "checkpoints": [0, 1, 2, 4, 8, 12]}
  ],
  "straightness": {"architectures": ["resnet8x2", "resnet20x2"], "layers": "all", "metrics": [
    {"metric": "angular-cka", "stimuli": 24, "shuffles": 10, "permutations": 3, "groups": 5}]},
  "training": {"architectures": ["resnet8x2", "resnet20x2"], "layers": "blocks",
    "metric": {"metric": "angular-cka", "stimuli": 24, "shuffles": 10, "permutations": 3, "groups": 5}, "decoding": true},
  "width_depth": {"architectures": ["resnet8x2", "resnet8x3", "resnet14x2", "resnet14x3", "resnet20x2", "resnet20x3"],
    "layers": "blocks", "metric": {"metric": "angular-cka", "stimuli": 24, "shuffles": 10, "permutations": 3, "groups": 5}}
}
"#;

/// The study in one go, and interrupted again and again.
pub(super) fn campaign(campaign: &Campaign, jobs: &Jobs, random: &mut Random) -> io::Result<Section> {
    let base = campaign.fresh("long")?;
    fs::write(base.join("plan.json"), PLAN)?;
    copy(&jobs.inputs.join("images"), &base.join("images"))?;
    let mut section = Section::new(
        "A long study, time-compressed",
        "`reproduce all` on a plan of as many networks as the CIFAR-10 study of docs/results has, which trains for hours (24, each with 12 epochs and 6 checkpoints, so \
         as many runs, captures and analyses), of the smallest networks and images; in one go, and interrupted by Ctrl-C (SIGINT).",
    );
    let arguments = "reproduce all --data cifar10:{in}/images --plan {in}/plan.json --out {out}";
    let (whole, parts) = (base.join("whole"), base.join("parts"));
    let begun = Instant::now();
    let first = jobs.command(arguments, &base, &whole).end()?;
    if first.code != Some(0) {
        return Err(io::Error::other(format!("the long study: {}", first.stderr)));
    }
    let took = begun.elapsed();
    eprintln!("in one go: {:.0} s", took.as_secs_f64());
    empty(&parts)?;
    let (mut interrupted, mut wrong, mut said) = (0, Vec::new(), Vec::<String>::new());
    let begun = Instant::now();
    loop {
        let mut child = jobs.command(arguments, &base, &parts).start()?;
        sleep(Duration::from_secs_f64(2.0 * SECONDS * random.share()));
        let running = child.try_wait()?.is_none();
        if running {
            let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
            if !status.success() {
                eprintln!("ended before it was interrupted");
            }
        }
        let one = ended(child)?;
        match one.code {
            Some(0) => break,
            Some(130) => {
                interrupted += 1;
                let line = seen(campaign, &one).replace("long/", "");
                // One line of each kind: the numbers of epochs and steps differ.
                let kind = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
                if said.len() < 3 && !said.iter().any(|other| kind(other)[..40] == kind(&line)[..40]) {
                    said.push(line);
                }
            }
            _ => {
                wrong.push(seen(campaign, &one));
                break;
            }
        }
    }
    let (ours, theirs) = (tree(&whole)?, tree(&parts)?);
    let differing = differences(&ours, &theirs);
    wrong.extend(differing.iter().map(|name| format!("differs: {}", name.display())));
    let outcome = if wrong.is_empty() {
        format!(
            "{:.0} s in one go, {:.0} s with {interrupted} interruptions; {} files, none differs",
            took.as_secs_f64(),
            begun.elapsed().as_secs_f64(),
            ours.len()
        )
    } else {
        wrong.join("; ")
    };
    section.push(
        format!("Ctrl-C, {interrupted} times"),
        "`reproduce`",
        said.join("<br>"),
        outcome,
        wrong.is_empty() && interrupted > 0,
    );
    Ok(section)
}
