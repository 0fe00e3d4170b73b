//! `layerpath reproduce`: the paper's three questions end to end, in stages that meet in files.

mod analyse;
mod plan;
mod presets;
mod report;
mod studies;
mod tables;
mod tasks;
mod train;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use layerpath_io::documents::write_document;
use layerpath_io::stage::{StageFolder, remove_leftovers};
use layerpath_io::{WriteLock, ensure_dir, hash_ids};
use layerpath_nn::Backend;

use crate::arguments::{BackendArguments, DataArguments};
use crate::failure::{Failure, Result};
use crate::images::{self, Images};
use crate::interrupt;
use crate::messages::{self, Messages, in_words};
use crate::run::Clock;
use plan::{Plan, PlannedNetwork};
pub(crate) use presets::Preset;
pub(crate) use report::{is_study, read as read_study};
use tasks::{Stage, Task, Work, tasks};

/// `layerpath reproduce`.
#[derive(Debug, Args)]
pub(crate) struct ReproduceArguments {
    /// Which question, or all three.
    #[arg(value_enum)]
    study: StudyChoice,
    #[command(flatten)]
    data: DataArguments,
    /// Sizes: a plan that comes with the program. It is written to plan.json in the folder.
    #[arg(long, value_enum, conflicts_with = "plan")]
    preset: Option<Preset>,
    /// A plan of your own: an edited plan.json.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Folder for everything. A study in it is resumed.
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    backend: BackendArguments,
}

/// What to reproduce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StudyChoice {
    /// How straight are paths, and what does each layer contribute?
    Straightness,
    /// How do paths emerge over training?
    Training,
    /// Do wide and deep networks travel the same way?
    WidthDepth,
    /// All three.
    All,
}

/// One of the three questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StudyName {
    Straightness,
    Training,
    WidthDepth,
}

impl StudyName {
    const ALL: [Self; 3] = [Self::Straightness, Self::Training, Self::WidthDepth];

    /// Its field in a plan.
    fn field(self) -> &'static str {
        match self {
            Self::Straightness => "straightness",
            Self::Training => "training",
            Self::WidthDepth => "width_depth",
        }
    }

    /// Its folder, and its name on the command line.
    fn folder(self) -> &'static str {
        match self {
            Self::WidthDepth => "width-depth",
            other => other.field(),
        }
    }
}

/// How to mend a file of a stage that cannot be read.
const MEND: &str = "remove the folder; the same command writes it again";
const HOW_TO_GO_ON: &str = "what is finished is kept; the same command goes on";

pub(crate) fn run(arguments: &ReproduceArguments, messages: Messages) -> Result<()> {
    let started = Instant::now();
    let plan = plan_of(arguments)?;
    let backend = arguments.backend.choice()?;
    let studies: Vec<StudyName> = match arguments.study {
        StudyChoice::Straightness => vec![StudyName::Straightness],
        StudyChoice::Training => vec![StudyName::Training],
        StudyChoice::WidthDepth => vec![StudyName::WidthDepth],
        StudyChoice::All => StudyName::ALL.into_iter().filter(|&one| plan.architectures(one).is_some()).collect(),
    };
    if let Some(missing) = studies.iter().find(|&&study| plan.architectures(study).is_none()) {
        return Err(Failure::user(format!("the plan has no `{}`; add it, or start from a preset", missing.field())));
    }
    // Before anything is written: a plan that comes to no stages is refused.
    let networks = plan.networks();
    let list = tasks(&plan, &networks, &studies)?;
    // A wrong path leaves nothing behind, nor a plan for other images.
    let images = images::load(&arguments.data, messages)?;
    let out = &arguments.out;
    let workshop = Workshop { out: out.clone(), plan: &plan, networks: &networks, images: &images, backend, messages };
    let place = |failure: Failure| failure.at(name_of_plan(arguments));
    workshop.check_images().map_err(place)?;
    ensure_dir(out)?;
    let _lock = WriteLock::of_folder(out)?;
    remove_leftovers(out)?;
    // A plan that does not fit the runs that are there leaves the one that does where it is.
    workshop.check_runs().map_err(place)?;
    let finished = workshop.finished(&list).map_err(place)?;
    write_document(&out.join("plan.json"), &plan)?;
    workshop.carry_out(&list, finished)?;
    messages.say(&format!("done in {}", in_words(started.elapsed())));
    let mut lines = workshop.answers(&studies)?;
    lines.push(format!("studies: {}", out.join("study").display()));
    lines.push(format!("report:  {}", out.join("report").join("report.html").display()));
    messages::result(&(lines.join("\n") + "\n"))
}

/// The plan that was asked for, or the one in the folder.
fn plan_of(arguments: &ReproduceArguments) -> Result<Plan> {
    let there = arguments.out.join("plan.json");
    match (&arguments.plan, arguments.preset) {
        (Some(file), _) => Plan::read(file),
        (None, Some(preset)) => {
            let plan = presets::preset(preset);
            if there.is_file() && Plan::read(&there)? != plan {
                return Err(Failure::user(format!(
                    "`{}` is another plan than this preset; leave `--preset` out to go on with it, or choose another --out",
                    there.display()
                )));
            }
            Ok(plan)
        }
        (None, None) if there.is_file() => Plan::read(&there),
        (None, None) => Err(Failure::user(format!(
            "there is no plan in `{}`; start one with --preset smoke, cpu or paper, or give --plan FILE",
            arguments.out.display()
        ))),
    }
}

/// What the plan is called in messages.
fn name_of_plan(arguments: &ReproduceArguments) -> String {
    match (&arguments.plan, arguments.preset.and_then(|preset| preset.to_possible_value())) {
        (Some(file), _) => format!("plan `{}`", file.display()),
        (None, Some(preset)) => format!("preset `{}`", preset.get_name()),
        (None, None) => format!("plan `{}`", arguments.out.join("plan.json").display()),
    }
}

/// Everything that stages need.
struct Workshop<'a> {
    out: PathBuf,
    plan: &'a Plan,
    networks: &'a [PlannedNetwork],
    images: &'a Images,
    backend: Backend,
    messages: Messages,
}

impl Workshop<'_> {
    /// The folder of a stage.
    fn stage(&self, task: &Task) -> StageFolder {
        StageFolder::new(self.out.join(&task.folder))
    }

    /// Whether there are as many images as the plan asks for, and enough steps in an epoch to tell its checkpoints apart.
    fn check_images(&self) -> Result<()> {
        for network in self.networks {
            let n_images = self.identity_of(network)?.training_images;
            Clock::new(&network.checkpoints, network.training.batch_size, n_images)
                .map_err(|failure| failure.at(format!("network `{}`", network.name)))?;
        }
        let there = self.images.test.len();
        for study in StudyName::ALL {
            if let Some(asked) = self.plan.metrics(study).iter().map(|metric| metric.stimuli).find(|&m| m > there) {
                return Err(Failure::user(format!(
                    "{} asks for {asked} stimuli, but there are {there} test images; change `stimuli`, or give other data",
                    study.field()
                )));
            }
        }
        Ok(())
    }

    /// Whether every run that is there is one of the plan's, also of the networks that no question of now looks at.
    fn check_runs(&self) -> Result<()> {
        (0..self.networks.len()).try_for_each(|network| train::there(self, network).map(drop))
    }

    /// What the files of every stage that is finished were made from; `None` for what is still to be done.
    fn finished(&self, list: &[Task]) -> Result<Vec<Option<String>>> {
        let mut all: Vec<Option<String>> = Vec::with_capacity(list.len());
        for task in list {
            let own = match &task.work {
                Work::Train(network) => train::finished(self, *network)?,
                _ => Self::identity(task, &all).filter(|identity| self.stage(task).is_finished(identity)),
            };
            all.push(own);
        }
        Ok(all)
    }

    /// Hash of all that decides the files of a stage, if the stages before it are finished.
    fn identity(task: &Task, all: &[Option<String>]) -> Option<String> {
        let mut parts = vec![format!("layerpath {}", env!("CARGO_PKG_VERSION")), task.settings.clone()];
        for &need in &task.needs {
            parts.push(all.get(need)?.clone()?);
        }
        Some(hash_ids(&parts))
    }

    /// Does what is not done yet; `all` is what [`finished`](Self::finished) found.
    fn carry_out(&self, list: &[Task], mut all: Vec<Option<String>>) -> Result<()> {
        let mut estimate = Estimate::default();
        self.say_what_is_left(list, &all, &estimate);
        let pending = all.iter().filter(|identity| identity.is_none()).count();
        // Kind by kind: what a stage needs is of an earlier kind, or earlier in the list.
        let mut order: Vec<usize> = (0..list.len()).filter(|&place| all[place].is_none()).collect();
        order.sort_by_key(|&place| list[place].work.stage());
        for (number, place) in (1..).zip(order) {
            let task = &list[place];
            interrupt::check(HOW_TO_GO_ON)?;
            let left = estimate.seconds(list.iter().zip(&all).filter(|(_, done)| done.is_none()).map(|(task, _)| task));
            self.messages.say(&format!(
                "[{number}/{pending}] {}: {}, about {} left in all",
                task.work.stage().name(),
                task.folder,
                in_words(Duration::from_secs_f64(left))
            ));
            let begun = Instant::now();
            all[place] = Some(self.carry_out_one(task, &all)?);
            estimate.learn(task, begun.elapsed());
        }
        Ok(())
    }

    /// One stage; returns what its files are made from.
    fn carry_out_one(&self, task: &Task, all: &[Option<String>]) -> Result<String> {
        if let Work::Train(network) = &task.work {
            train::train(self, *network)?;
            return train::finished(self, *network)?.ok_or_else(|| {
                let message =
                    "it was trained, and is not there any more; check the path, the same command trains it again";
                Failure::user(message).at(format!("`{}`", self.out.join(&task.folder).display()))
            });
        }
        let identity = Self::identity(task, all)
            .ok_or_else(|| Failure::Internal(format!("{} comes before what it needs", task.folder)))?;
        let stage = self.stage(task);
        stage.begin()?;
        let folder = stage.path();
        let files: Vec<&str> = match &task.work {
            Work::Train(_) => Vec::new(),
            Work::Capture { network, store } => analyse::capture(self, *network, store, task, folder)?,
            Work::Decode { network, layers, stimuli } => analyse::decode(self, *network, layers, *stimuli, folder)?,
            Work::Analyse { network, store, view } => analyse::analyse(self, *network, store, view, folder)?,
            Work::Progress { network, store, view } => analyse::progress(self, *network, store, view, folder)?,
            Work::EpochTable { network, store } => tables::epochs(self, *network, store, folder)?,
            Work::GridTable { store } => tables::grid(self, store, folder)?,
            Work::Study(study) => studies::write(self, *study, folder)?,
            Work::Report(studies) => report::write(self, studies, folder)?,
        };
        stage.finish(&identity, &files)?;
        Ok(identity)
    }

    fn say_what_is_left(&self, list: &[Task], all: &[Option<String>], estimate: &Estimate) {
        let pending: Vec<&Task> =
            list.iter().zip(all).filter(|(_, done)| done.is_none()).map(|(task, _)| task).collect();
        let parts: Vec<String> = Stage::ALL
            .iter()
            .filter_map(|&stage| {
                let of =
                    |tasks: &mut dyn Iterator<Item = &Task>| tasks.filter(|task| task.work.stage() == stage).count();
                let (left, total) = (of(&mut pending.iter().copied()), of(&mut list.iter()));
                (left > 0).then(|| format!("{} {left} of {total}", stage.name()))
            })
            .collect();
        if parts.is_empty() {
            self.messages.say("everything is done already");
        } else {
            let time = in_words(Duration::from_secs_f64(estimate.seconds(pending.iter().copied())));
            self.messages.say(&format!("left to do: {}; roughly {time}", parts.join(", ")));
        }
    }
}

/// How long stages take here, compared with what was expected.
#[derive(Debug, Default)]
struct Estimate {
    /// Expected and measured seconds of each kind of stage.
    known: [(f64, f64); Stage::ALL.len()],
}

impl Estimate {
    fn learn(&mut self, task: &Task, took: Duration) {
        let (expected, measured) = &mut self.known[task.work.stage() as usize];
        *expected += task.seconds;
        *measured += took.as_secs_f64();
    }

    fn seconds<'a>(&self, tasks: impl Iterator<Item = &'a Task>) -> f64 {
        let of = |task: &Task| {
            let (expected, measured) = self.known[task.work.stage() as usize];
            task.seconds * if expected > 0.0 { measured / expected } else { 1.0 }
        };
        tasks.map(of).sum::<f64>().min(1e9)
    }
}
