//! Stage 5: the page of a study from its files, for `reproduce` and for `layerpath report`.

use std::path::Path;

use layerpath::analysis::Analysis;
use layerpath_io::analysis::read_analysis;
use layerpath_io::documents::read_document;
use layerpath_io::run::RunFolder;
use layerpath_io::study::STUDY_FILE;
use layerpath_io::write_text_atomically;
use layerpath_nn::Schedule;
use layerpath_report::{DataDescription, DistanceTable, NetworkDescription, ReportOptions, StudyReport, render_study};
use serde::de::DeserializeOwned;

use super::plan::{NetworkGroup, Plan, PlannedNetwork};
use super::tasks::Store;
use super::{MEND, StudyName, Workshop, tables};
use crate::failure::Result;
use crate::origin;
use crate::run::DataIdentity;

/// Title of the page.
const TITLE: &str = "Networks as paths: straightness, training, width and depth";

/// Whether a folder is one that `reproduce` wrote.
pub(crate) fn is_study(folder: &Path) -> bool {
    folder.join("plan.json").is_file() && folder.join("study").is_dir()
}

/// The studies that a folder of `reproduce` holds.
pub(crate) fn read(folder: &Path) -> Result<StudyReport> {
    let plan = Plan::read(&folder.join("plan.json"))?;
    let there = |study: &StudyName| folder.join("study").join(study.folder()).join(STUDY_FILE).is_file();
    let studies: Vec<StudyName> = StudyName::ALL.into_iter().filter(there).collect();
    gather(folder, &plan, &plan.networks(), &studies)
}

/// Writes the page of these studies.
pub(super) fn write(workshop: &Workshop<'_>, studies: &[StudyName], folder: &Path) -> Result<Vec<&'static str>> {
    let report = gather(&workshop.out, workshop.plan, workshop.networks, studies)?;
    let which = if studies.len() == StudyName::ALL.len() {
        "all".to_owned()
    } else {
        studies.iter().map(|study| study.folder()).collect::<Vec<_>>().join(" and ")
    };
    let options = ReportOptions {
        title: TITLE.to_owned(),
        program: Some(origin::program()),
        // Without places on this machine: the same study gives the same page everywhere.
        command: Some(format!("layerpath reproduce {which} --data DATA --plan plan.json --out STUDY")),
    };
    let page = render_study(&report, &options)?;
    write_text_atomically(&folder.join("report.html"), &page)?;
    Ok(vec!["report.html"])
}

fn gather(out: &Path, plan: &Plan, networks: &[PlannedNetwork], studies: &[StudyName]) -> Result<StudyReport> {
    let mut report = StudyReport { networks: descriptions(out, networks)?, ..StudyReport::default() };
    (report.data, report.sources) = sources(out, plan, networks)?;
    for &study in studies {
        match study {
            StudyName::Straightness => report.straightness = Some(document(out, study)?),
            StudyName::Training => {
                report.training = Some(document(out, study)?);
                report.analyses = analyses(out, plan, networks)?;
            }
            StudyName::WidthDepth => {
                report.width_depth = Some(document(out, study)?);
                let (values, points) = tables::read(&out.join("tables").join(study.folder()))?;
                let distances = values.chunks_exact(points.len().max(1)).map(<[f64]>::to_vec).collect();
                report.table = Some(DistanceTable { points, distances });
            }
        }
    }
    Ok(report)
}

/// The document of a study, or the part of it that is asked for.
pub(super) fn document<T: DeserializeOwned>(out: &Path, study: StudyName) -> Result<T> {
    Ok(read_document(&out.join("study").join(study.folder()).join(STUDY_FILE), MEND)?)
}

/// The paths of all epochs of the networks in the study of training.
fn analyses(out: &Path, plan: &Plan, networks: &[PlannedNetwork]) -> Result<Vec<Analysis>> {
    let Some(training) = &plan.training else { return Ok(Vec::new()) };
    let store = Store { metric: training.metric.clone(), layers: training.layers.clone() };
    let own = networks.iter().filter(|network| plan.follows(StudyName::Training, network));
    own.map(|network| Ok(read_analysis(&out.join(store.analysis_folder(&training.layers, &network.name)))?)).collect()
}

/// Sizes, epochs and accuracies of the networks that are trained.
fn descriptions(out: &Path, networks: &[PlannedNetwork]) -> Result<Vec<NetworkDescription>> {
    let mut all = Vec::new();
    for network in networks {
        let folder = out.join("runs").join(&network.name);
        if !folder.join("run.json").is_file() {
            continue;
        }
        let log = RunFolder::open(&folder)?.read_log()?;
        let PlannedNetwork { training, .. } = network;
        all.push(NetworkDescription {
            network: network.name.clone(),
            architecture: training.architecture.to_string(),
            seed: training.seed,
            depth: Some(training.architecture.layers()),
            width: Some(training.architecture.width()),
            parameters: Some(training.architecture.parameter_count()),
            epochs: log.last().map(|row| row.epoch),
            test_accuracy: log.last().and_then(|row| row.test_accuracy),
        });
    }
    Ok(all)
}

/// What was learned, and the terms of the provenance.
type Origin = (Vec<DataDescription>, Vec<(String, String)>);

/// What the run folders and the plan say about the data and the training, each once.
fn sources(out: &Path, plan: &Plan, networks: &[PlannedNetwork]) -> Result<Origin> {
    /// The fields of run.json that both trainers write.
    #[derive(serde::Deserialize)]
    struct Run {
        program: String,
        data: DataIdentity,
    }
    let mut data: Vec<DataDescription> = Vec::new();
    let mut sources: Vec<(String, String)> = Vec::new();
    for network in networks {
        let folder = out.join("runs").join(&network.name);
        if !folder.join("run.json").is_file() {
            continue;
        }
        let Run { program, data: own } = RunFolder::open(&folder)?.config()?;
        let name = match own.source.as_str() {
            "cifar10" => "CIFAR-10, small photographs of ten kinds of things",
            "builtin" => "Built-in images, drawn by the program",
            other => other,
        };
        let images = DataDescription {
            name: name.to_owned(),
            training_images: own.training_images,
            test_images: own.test_images,
        };
        if !data.contains(&images) {
            data.push(images);
        }
        for (term, text) in [("hash of the images", own.hash), ("trained by", program)] {
            let entry = (term.to_owned(), text);
            if !sources.contains(&entry) {
                sources.push(entry);
            }
        }
    }
    sources.extend(plan.networks.iter().map(|group| ("recipe".to_owned(), recipe(group))));
    Ok((data, sources))
}

/// How a group of networks was trained, in words.
fn recipe(group: &NetworkGroup) -> String {
    let architectures: Vec<String> = group.architectures.iter().map(ToString::to_string).collect();
    let seeds: Vec<String> = group.seeds.iter().map(ToString::to_string).collect();
    let schedule = match &group.schedule {
        Schedule::OneCycle { peak } => format!("one-cycle up to {peak}"),
        Schedule::Milestones { rate, factor, at } => format!("rate {rate}, times {factor} after {at:?} of all steps"),
    };
    format!(
        "{}; seeds {}; {} epochs, batches of {}, momentum {}, weight decay {}, {}{}",
        architectures.join(", "),
        seeds.join(", "),
        group.epochs,
        group.batch_size,
        group.momentum,
        group.weight_decay,
        schedule,
        if group.augment { ", crops and flips" } else { "" }
    )
}
