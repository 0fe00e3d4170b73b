//! Stage 4: the study documents from analyses and tables.

use std::ops::Range;
use std::path::Path;

use layerpath::analysis::{Analysis, Epoch, PathRecord};
use layerpath::path::lead::ProgressSamples;
use layerpath::study::{
    DecodedLayer, GridBaselines, MetricRecord, NetworkPath, Replica, StraightnessStudy, TrainingRun, straightness,
    training, width_depth,
};
use layerpath_io::analysis::read_analysis;
use layerpath_io::documents::read_document;
use layerpath_io::run::RunFolder;
use layerpath_io::study::{write_straightness, write_training, write_width_depth};

use super::analyse::{DECODING, PROGRESS};
use super::report::document;
use super::tasks::Store;
use super::{MEND, StudyName, Workshop, tables};
use crate::failure::{Failure, Result};
use crate::origin;

pub(super) fn write(workshop: &Workshop<'_>, study: StudyName, folder: &Path) -> Result<Vec<&'static str>> {
    match study {
        StudyName::Straightness => Ok(write_straightness(folder, &workshop.straightness()?)?.to_vec()),
        StudyName::Training => workshop.training(folder),
        StudyName::WidthDepth => workshop.width_depth(folder),
    }
}

impl Workshop<'_> {
    fn analysis(&self, network: usize, store: &Store, view: &str) -> Result<Analysis> {
        let name = &self.networks[network].name;
        Ok(read_analysis(&self.out.join(store.analysis_folder(view, name)))?)
    }

    /// The path of a network at an epoch.
    fn path<'a>(&self, network: usize, analysis: &'a Analysis, epoch: Option<&Epoch>) -> Result<&'a PathRecord> {
        let found = analysis.paths.iter().find(|path| path.epoch.as_ref() == epoch);
        found.ok_or_else(|| {
            Failure::Internal(format!("no path of `{}` at epoch {epoch:?}", self.networks[network].name))
        })
    }

    /// Share of the test images classified correctly at each checkpoint.
    fn test_accuracy(&self, network: usize) -> Result<Vec<Option<f64>>> {
        let log = RunFolder::open(&self.run_path(network))?.read_log()?;
        let at = |epoch: &Epoch| log.iter().find(|row| row.epoch == *epoch).and_then(|row| row.test_accuracy);
        Ok(self.networks[network].checkpoints.iter().map(at).collect())
    }

    fn straightness(&self) -> Result<StraightnessStudy> {
        let plan = self.plan.straightness.as_ref().ok_or_else(|| absent(StudyName::Straightness))?;
        let mut metrics = Vec::new();
        for metric in &plan.metrics {
            let store = Store { metric: metric.clone(), layers: plan.layers.clone() };
            let (parsed, fewer) = (metric.parsed()?, store.has_fewer_stimuli()?);
            let mut architectures = Vec::new();
            for architecture in &plan.architectures {
                for view in store.views() {
                    let own: Vec<usize> = (0..self.networks.len())
                        .filter(|&place| self.networks[place].training.architecture == *architecture)
                        .collect();
                    let analyses =
                        own.iter().map(|&place| self.analysis(place, &store, &view)).collect::<Result<Vec<_>>>()?;
                    let progress = own
                        .iter()
                        .filter(|_| fewer)
                        .map(|&place| {
                            let folder = store.progress_folder(&view, &self.networks[place].name);
                            Ok(read_document(&self.out.join(folder).join(PROGRESS), MEND)?)
                        })
                        .collect::<Result<Vec<ProgressSamples>>>()?;
                    let name = architecture.to_string();
                    let mut replicas = Vec::new();
                    for (number, (&place, analysis)) in own.iter().zip(&analyses).enumerate() {
                        let checkpoints = &self.networks[place].checkpoints;
                        replicas.push(Replica {
                            architecture: &name,
                            seed: self.networks[place].training.seed,
                            trained: self.path(place, analysis, checkpoints.last())?,
                            untrained: Some(self.path(place, analysis, checkpoints.first())?),
                            progress: progress.get(number),
                        });
                    }
                    architectures.push(straightness(&metric.metric, &view, &replicas)?);
                }
            }
            metrics.push(MetricRecord {
                metric: parsed.to_string(),
                unit: parsed.unit().to_owned(),
                stimuli: metric.stimuli,
                architectures,
            });
        }
        Ok(StraightnessStudy { program: origin::program(), ..StraightnessStudy::new(metrics) })
    }

    fn training(&self, folder: &Path) -> Result<Vec<&'static str>> {
        struct Read {
            network: usize,
            architecture: String,
            analysis: Analysis,
            distances: Vec<Vec<Vec<f64>>>,
            accuracy: Vec<Option<f64>>,
            decoded: Vec<DecodedLayer>,
        }
        let plan = self.plan.training.as_ref().ok_or_else(|| absent(StudyName::Training))?;
        let store = Store { metric: plan.metric.clone(), layers: plan.layers.clone() };
        let metric = plan.metric.parsed()?;
        let mut all = Vec::new();
        for network in self.networks_of(StudyName::Training) {
            let own = &self.networks[network];
            let (values, layers) = tables::read(&self.out.join("tables/training").join(&own.name))?;
            let (n, l) = (own.checkpoints.len(), layers.len());
            if values.len() != n * n * l || l == 0 {
                return Err(Failure::Internal(format!("the table of `{}` has another size", own.name)));
            }
            let rows: Vec<Vec<f64>> = values.chunks_exact(l).map(<[f64]>::to_vec).collect();
            let decoded = if plan.decoding {
                let path = self.out.join("decoding").join(&own.name).join(DECODING);
                read_document(&path, MEND)?
            } else {
                Vec::new()
            };
            all.push(Read {
                network,
                architecture: own.training.architecture.to_string(),
                analysis: self.analysis(network, &store, &plan.layers)?,
                distances: rows.chunks_exact(n).map(<[Vec<f64>]>::to_vec).collect(),
                accuracy: self.test_accuracy(network)?,
                decoded,
            });
        }
        let mut paths: Vec<Vec<&PathRecord>> = Vec::with_capacity(all.len());
        for read in &all {
            let checkpoints = &self.networks[read.network].checkpoints;
            let own = checkpoints.iter().map(|epoch| self.path(read.network, &read.analysis, Some(epoch)));
            paths.push(own.collect::<Result<_>>()?);
        }
        let runs: Vec<TrainingRun<'_>> = all
            .iter()
            .zip(&paths)
            .map(|(read, paths)| TrainingRun {
                network: &self.networks[read.network].name,
                architecture: &read.architecture,
                seed: self.networks[read.network].training.seed,
                paths,
                distances: &read.distances,
                test_accuracy: &read.accuracy,
                decoded: &read.decoded,
            })
            .collect();
        let mut study = training(&metric.to_string(), metric.unit(), plan.metric.stimuli, &runs)?;
        study.program = origin::program();
        Ok(write_training(folder, &study)?.to_vec())
    }

    fn width_depth(&self, folder: &Path) -> Result<Vec<&'static str>> {
        let plan = self.plan.width_depth.as_ref().ok_or_else(|| absent(StudyName::WidthDepth))?;
        let store = Store { metric: plan.metric.clone(), layers: plan.layers.clone() };
        let folder_of_tables = self.out.join("tables/width-depth");
        let rows = |(values, names): (Vec<f64>, Vec<String>)| -> (Vec<Vec<f64>>, Vec<String>) {
            (values.chunks_exact(names.len().max(1)).map(<[f64]>::to_vec).collect(), names)
        };
        let (trained, names) = rows(tables::read(&folder_of_tables)?);
        let (untrained, names_before) = rows(tables::read_named(&folder_of_tables, tables::UNTRAINED)?);
        let mut read = Vec::new();
        for network in self.networks_of(StudyName::WidthDepth) {
            let architecture = self.networks[network].training.architecture.to_string();
            let analysis = self.analysis(network, &store, &plan.layers)?;
            read.push((network, architecture, analysis, self.test_accuracy(network)?));
        }
        let mut networks = Vec::new();
        for (network, architecture, analysis, accuracy) in &read {
            let own = &self.networks[*network];
            let path = self.path(*network, analysis, own.checkpoints.last())?;
            let before = self.path(*network, analysis, own.checkpoints.first())?;
            let start = path.points.first().and_then(|first| names.iter().position(|name| name == first));
            let places = start.map(|start| start..start + path.points.len());
            let stand = |names: &[String], places: &Range<usize>, path: &PathRecord| {
                names.get(places.clone()) == Some(&path.points[..])
            };
            let places = places
                .filter(|places| stand(&names, places, path) && stand(&names_before, places, before))
                .ok_or_else(|| {
                    Failure::Internal(format!("the points of `{}` are not in the table in their order", own.name))
                })?;
            networks.push(NetworkPath {
                network: &own.name,
                architecture,
                depth: own.training.architecture.layers(),
                width: own.training.architecture.width(),
                seed: own.training.seed,
                test_accuracy: accuracy.last().copied().flatten(),
                path,
                untrained: Some(before),
                untrained_accuracy: accuracy.first().copied().flatten(),
                places,
            });
        }
        let baselines =
            GridBaselines { untrained: Some(&untrained), shuffles: plan.metric.shuffles, seed: self.plan.seed };
        let mut study = width_depth(&plan.metric.parsed()?, plan.metric.stimuli, &networks, &trained, baselines)?;
        study.program = origin::program();
        Ok(write_width_depth(folder, &study)?.to_vec())
    }

    /// The answers of the documents, in sentences.
    pub(super) fn answers(&self, studies: &[StudyName]) -> Result<Vec<String>> {
        /// The one field that all studies share.
        #[derive(serde::Deserialize)]
        struct Answer {
            answer: Vec<String>,
        }
        let mut all = Vec::new();
        for &study in studies {
            let Answer { answer } = document(&self.out, study)?;
            all.extend(answer);
        }
        Ok(all)
    }
}

fn absent(study: StudyName) -> Failure {
    Failure::Internal(format!("the plan has no {}", study.field()))
}
