//! The commands that are harmed, and the small inputs that they work on.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::tree::{Tree, tree};
use super::{Campaign, empty};

/// Networks, points and tables that commands read: made once, by the program itself.
pub(super) struct Jobs {
    program: PathBuf,
    /// Folder of the inputs.
    pub(super) inputs: PathBuf,
    pub(super) all: Vec<Job>,
}

/// A command that writes into a folder; every run of it with the same folder goes on with what is there.
pub(super) struct Job {
    pub(super) name: &'static str,
    /// Arguments; `{in}` stands for the folder of the inputs, `{out}` for that of the results.
    arguments: &'static str,
    /// Kills in the campaign, and how many of them in a row before the results are compared.
    pub(super) kills: u32,
    pub(super) in_a_row: u32,
    /// What it leaves where nothing happens to it, and how long it takes.
    pub(super) whole: Tree,
    pub(super) took: Duration,
}

/// How a command ended.
pub(super) struct Ended {
    /// Exit code; none where it was killed.
    pub(super) code: Option<i32>,
    pub(super) stderr: String,
}

/// Name, arguments, kills, and kills in a row.
const JOBS: [(&str, &str, u32, u32); 11] = [
    (
        "train",
        "train --model resnet8x2 --data cifar10:{in}/images --training-images 200 --epochs 4 --batch-size 10 --seed 5 --checkpoints all \
         --resume --out {out}/net",
        14,
        3,
    ),
    (
        "capture",
        "capture {in}/net --data cifar10:{in}/images --stimuli 40 --layers all --epochs all --out {out}/points.zarr",
        14,
        3,
    ),
    (
        "capture (activations)",
        "capture {in}/net --data cifar10:{in}/images --stimuli 100 --layers all --epochs last --out {out}/states.safetensors",
        4,
        1,
    ),
    ("distances --memory", "distances {in}/many.zarr --memory 64.5MiB --out {out}/distances.npy", 14, 3),
    ("distances", "distances {in}/states.safetensors --out {out}/distances.npy", 2, 1),
    ("analyze", "analyze {in}/points.zarr --baselines --intervals --out {out}/analysis", 10, 1),
    ("report", "report {in}/analysis --out {out}/page.html --figures {out}/figures", 10, 1),
    ("embed", "embed {in}/points.zarr --method smacof --out {out}/embedding.json", 2, 1),
    ("similarities", "similarities {in}/states.safetensors --out {out}/similarities.npy", 2, 1),
    ("reproduce", "reproduce all --data cifar10:{in}/images --plan {in}/plan.json --out {out}/study", 16, 4),
    ("reproduce (report)", "report {in}/study --out {out}/page.html", 0, 1),
];

/// A study of two depths and widths, two epochs and a handful of images.
const PLAN: &str = r#"{
  "schema": "layerpath.plan/1",
  "seed": 3,
  "networks": [
    {"architectures": ["resnet8x2"], "seeds": [0, 1], "epochs": 2, "batch_size": 20, "momentum": 0.9, "weight_decay": 1e-4,
     "schedule": {"kind": "one-cycle", "peak": 0.1}, "augment": true, "batch_norm_init": "ones",
     "training_images": 60, "test_images": 40, "checkpoints": [0, 1, 2]},
    {"architectures": ["resnet14x2", "resnet8x3"], "seeds": [0], "epochs": 2, "batch_size": 20, "momentum": 0.9, "weight_decay": 1e-4,
     "schedule": {"kind": "one-cycle", "peak": 0.1}, "augment": true, "batch_norm_init": "ones",
     "training_images": 60, "test_images": 40, "checkpoints": [0, 1, 2]}
  ],
  "straightness": {"architectures": ["resnet8x2"], "layers": "all", "metrics": [
    {"metric": "angular-cka", "stimuli": 40, "shuffles": 10, "permutations": 3, "groups": 5},
    {"metric": "angular-shape[components=5]", "stimuli": 20, "shuffles": 2, "permutations": 0, "groups": 0}]},
  "training": {"architectures": ["resnet8x2"], "layers": "blocks",
    "metric": {"metric": "angular-cka", "stimuli": 40, "shuffles": 10, "permutations": 3, "groups": 5}, "decoding": true},
  "width_depth": {"architectures": ["resnet8x2", "resnet14x2", "resnet8x3"], "layers": "blocks",
    "metric": {"metric": "angular-cka", "stimuli": 40, "shuffles": 10, "permutations": 3, "groups": 5}}
}
"#;

/// What makes the inputs, in order.
const INPUTS: [&str; 8] = [
    "train --model resnet8x2 --data cifar10:{in}/images --training-images 200 --epochs 8 --batch-size 20 --seed 5 --checkpoints all --out {in}/net",
    "capture {in}/net --data cifar10:{in}/images --stimuli 40 --layers all --epochs 0,4,8 --out {in}/points.zarr",
    "capture {in}/net --data cifar10:{in}/images --stimuli 40 --layers blocks --epochs all --metric angular-rsa --out {in}/others.zarr",
    "capture {in}/net --data cifar10:{in}/images --stimuli 24 --layers all --epochs all --out {in}/many.zarr",
    "capture {in}/net --data cifar10:{in}/images --stimuli 40 --layers all --epochs last --out {in}/states.safetensors",
    "analyze {in}/points.zarr --out {in}/analysis",
    "analyze {in}/others.zarr --out {in}/analysis-others",
    "reproduce all --data cifar10:{in}/images --plan {in}/plan.json --out {in}/study",
];

impl Jobs {
    /// Makes the inputs, and runs every command undisturbed.
    pub(super) fn prepare(campaign: &Campaign) -> io::Result<Self> {
        let inputs = campaign.fresh("inputs")?;
        fs::write(inputs.join("plan.json"), PLAN)?;
        // Built-in images would have to be drawn by every command.
        fs::create_dir(inputs.join("images"))?;
        fs::write(inputs.join("images/data_batch_1.bin"), images(200))?;
        fs::write(inputs.join("images/test_batch.bin"), images(100))?;
        let mut jobs = Self { program: campaign.program.clone(), inputs, all: Vec::new() };
        for arguments in INPUTS {
            let ended = jobs.command(arguments, &jobs.inputs, &jobs.inputs).end()?;
            if ended.code != Some(0) {
                return Err(io::Error::other(format!("layerpath {arguments}: {}", ended.stderr)));
            }
        }
        let place = campaign.folder.join("whole");
        for (name, arguments, kills, in_a_row) in JOBS {
            // The shorter of two times: on a busy machine the moments of faults would fall behind the end.
            let mut took = Duration::MAX;
            for _ in 0..2 {
                empty(&place)?;
                let begun = Instant::now();
                let ended = jobs.command(arguments, &jobs.inputs, &place).end()?;
                if ended.code != Some(0) {
                    return Err(io::Error::other(format!("layerpath {arguments}: {}", ended.stderr)));
                }
                took = took.min(begun.elapsed());
            }
            let whole = tree(&place)?;
            eprintln!("{name}: {:.2} s, {} files", took.as_secs_f64(), whole.len());
            jobs.all.push(Job { name, arguments, kills, in_a_row, whole, took });
        }
        Ok(jobs)
    }

    /// A job by its name.
    pub(super) fn named(&self, name: &str) -> io::Result<&Job> {
        let found = self.all.iter().find(|job| job.name == name);
        found.ok_or_else(|| io::Error::other(format!("no job is called {name}")))
    }

    /// The program, ready to start; quiet.
    pub(super) fn command(&self, arguments: &str, inputs: &Path, out: &Path) -> Prepared {
        let place = |word: &str| {
            word.replace("{in}", &inputs.display().to_string()).replace("{out}", &out.display().to_string())
        };
        let mut command = Command::new(&self.program);
        command.arg("-q").args(arguments.split_whitespace().map(place)).env("NO_COLOR", "1");
        Prepared(command)
    }

    /// The command of a job, with the inputs of all.
    pub(super) fn of(&self, job: &Job, out: &Path) -> Prepared {
        self.command(job.arguments, &self.inputs, out)
    }

    /// The command of a job with inputs of its own.
    pub(super) fn with_inputs(&self, job: &Job, inputs: &Path, out: &Path) -> Prepared {
        self.command(job.arguments, inputs, out)
    }
}

/// Records of the binary version of CIFAR-10, of images with a pattern.
pub(super) fn images(count: usize) -> Vec<u8> {
    let record = |image: usize| {
        let pixels = (0..3072).map(move |i| ((i * i + 7 * i * (image + 1) + 13 * image) % 251) as u8);
        std::iter::once((image % 10) as u8).chain(pixels)
    };
    (0..count).flat_map(record).collect()
}

/// A command that has not begun.
pub(super) struct Prepared(pub(super) Command);

impl Prepared {
    pub(super) fn start(mut self) -> io::Result<Child> {
        self.0.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
    }

    pub(super) fn end(self) -> io::Result<Ended> {
        ended(self.start()?)
    }
}

/// Waits for a command.
pub(super) fn ended(child: Child) -> io::Result<Ended> {
    let output = child.wait_with_output()?;
    Ok(Ended { code: output.status.code(), stderr: String::from_utf8_lossy(&output.stderr).into_owned() })
}

impl Ended {
    /// The line that says what is wrong.
    pub(super) fn error(&self) -> Option<&str> {
        let mut lines = self.stderr.lines();
        lines.clone().find(|line| line.starts_with("error")).or_else(|| lines.rfind(|line| !line.trim().is_empty()))
    }

    /// Refused in words: neither a panic nor a fault of the program.
    pub(super) fn is_refusal(&self) -> bool {
        self.code == Some(1) && self.error().is_some()
    }
}
