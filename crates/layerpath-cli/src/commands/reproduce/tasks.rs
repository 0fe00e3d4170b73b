//! What a plan comes to: a list of stages in the order in which they can run, each with what it depends on.

use std::collections::HashMap;
use std::fmt::Write as _;

use layerpath::analysis::Epoch;
use layerpath_io::hash_ids;
use layerpath_nn::{Architecture, LayerSelection, state_names};

use super::StudyName;
use super::plan::{MetricPlan, Plan, PlannedNetwork};
use crate::failure::Result;

/// Counts what has been added to the documents of studies, so that those of an earlier program are written again.
const FORM: u32 = 2;

/// One stage.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) work: Work,
    /// Its folder within the study's.
    pub(super) folder: String,
    /// Every setting that decides its files, as text.
    pub(super) settings: String,
    /// Places of the stages whose files it reads; all of them earlier.
    pub(super) needs: Vec<usize>,
    /// Rough time on two quiet cores.
    pub(super) seconds: f64,
}

/// What a stage does.
#[derive(Debug, Clone)]
pub(super) enum Work {
    /// Trains network `.0`.
    Train(usize),
    /// Takes the stimuli of a store through a network.
    Capture { network: usize, store: Store },
    /// Reads the labels off every layer.
    Decode { network: usize, layers: String, stimuli: usize },
    /// Paths through (some) layers of a store, with intervals and baselines.
    Analyse { network: usize, store: Store, view: String },
    /// Progress of every step after training, and without each group of stimuli.
    Progress { network: usize, store: Store, view: String },
    /// Distances of each layer to itself at other epochs.
    EpochTable { network: usize, store: Store },
    /// Distances of all points of all networks at their last epochs, and at their first.
    GridTable { store: Store },
    /// One of the three studies.
    Study(StudyName),
    /// The page of these studies.
    Report(Vec<StudyName>),
}

/// A points store of each network: one metric, stimuli and choice of layers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Store {
    pub(super) metric: MetricPlan,
    pub(super) layers: String,
}

impl Store {
    /// The part of a folder's name that tells stores apart. Patterns that differ only in what no folder can be called get
    /// a few digits of their hash.
    pub(super) fn slug(&self) -> String {
        let mut slug = String::new();
        for letter in format!("{}-m{}-{}", self.metric.metric, self.metric.stimuli, self.layers).chars() {
            if letter.is_ascii_alphanumeric() || letter == '.' {
                slug.push(letter);
            } else if !slug.ends_with('-') {
                slug.push('-');
            }
        }
        if !self.layers.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '.') {
            let digits = hash_ids(std::slice::from_ref(&self.layers));
            slug = format!("{}-{}", slug.trim_end_matches('-'), &digits[..8]);
        }
        slug
    }

    /// Folder of the analysis of a network through the layers of a view, within the study's.
    pub(super) fn analysis_folder(&self, view: &str, network: &str) -> String {
        format!("analysis/{}/{}/{network}", self.slug(), view_slug(view))
    }

    /// Folder of the progress of a network's steps of fewer stimuli, within the study's.
    pub(super) fn progress_folder(&self, view: &str, network: &str) -> String {
        format!("progress/{}/{}/{network}", self.slug(), view_slug(view))
    }

    /// Whether points of fewer stimuli follow from the points, and are asked for.
    pub(super) fn has_fewer_stimuli(&self) -> Result<bool> {
        Ok(self.metric.groups > 0 && self.metric.parsed()?.restricts())
    }

    /// Choices of layers that are looked at on their own: a path through all states has one of block outputs in it.
    pub(super) fn views(&self) -> Vec<String> {
        if self.layers == "all" { vec!["all".to_owned(), "blocks".to_owned()] } else { vec![self.layers.clone()] }
    }

    /// Whether the same points do for both; evidence may differ.
    fn has_points_of(&self, other: &Self) -> bool {
        self.slug() == other.slug()
    }
}

impl Work {
    /// Name of the kind of stage, for messages and estimates.
    pub(super) fn stage(&self) -> Stage {
        match self {
            Self::Train(_) => Stage::Train,
            Self::Capture { .. } | Self::Decode { .. } => Stage::Capture,
            Self::EpochTable { .. } | Self::GridTable { .. } => Stage::Table,
            Self::Analyse { .. } | Self::Progress { .. } | Self::Study(_) => Stage::Analyse,
            Self::Report(_) => Stage::Report,
        }
    }
}

/// The five kinds of stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Train,
    Capture,
    Table,
    Analyse,
    Report,
}

impl Stage {
    pub(super) const ALL: [Self; 5] = [Self::Train, Self::Capture, Self::Table, Self::Analyse, Self::Report];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Capture => "capture",
            Self::Table => "table",
            Self::Analyse => "analyse",
            Self::Report => "report",
        }
    }
}

/// Stores that a plan takes of networks of an architecture, with the epochs of each.
fn stores(plan: &Plan, network: &PlannedNetwork) -> Vec<(Store, Vec<Epoch>)> {
    let architecture = network.training.architecture;
    let ends = [network.checkpoints[0], network.checkpoints[network.checkpoints.len() - 1]];
    let mut wanted: Vec<(Store, Vec<Epoch>)> = Vec::new();
    let mut add = |metric: &MetricPlan, layers: &str, epochs: &[Epoch]| {
        let store = Store { metric: metric.clone(), layers: layers.to_owned() };
        match wanted.iter_mut().find(|(known, _)| known.has_points_of(&store)) {
            Some((_, known)) => {
                known.extend_from_slice(epochs);
                known.sort_unstable();
                known.dedup();
            }
            None => wanted.push((store, epochs.to_vec())),
        }
    };
    // Of all studies, whichever are asked for now, so that the stores stay when others follow.
    if let Some(one) = plan.straightness.as_ref().filter(|one| one.architectures.contains(&architecture)) {
        for metric in &one.metrics {
            add(metric, &one.layers, &ends);
        }
    }
    if let Some(one) = plan.training.as_ref().filter(|one| one.architectures.contains(&architecture)) {
        add(&one.metric, &one.layers, &network.checkpoints);
    }
    if let Some(one) = plan.width_depth.as_ref().filter(|one| one.architectures.contains(&architecture)) {
        add(&one.metric, &one.layers, &ends);
    }
    wanted
}

/// The stages of the chosen studies.
pub(super) fn tasks(plan: &Plan, networks: &[PlannedNetwork], studies: &[StudyName]) -> Result<Vec<Task>> {
    let mut list = List { plan, networks, tasks: Vec::new(), places: HashMap::new() };
    let mut documents = Vec::new();
    for &study in studies {
        if plan.architectures(study).is_none() {
            continue;
        }
        let own: Vec<usize> = (0..networks.len()).filter(|&place| plan.follows(study, &networks[place])).collect();
        let chosen: Vec<Store> = match study {
            StudyName::Straightness => plan
                .straightness
                .iter()
                .flat_map(|one| {
                    one.metrics.iter().map(|metric| Store { metric: metric.clone(), layers: one.layers.clone() })
                })
                .collect(),
            StudyName::Training => plan
                .training
                .iter()
                .map(|one| Store { metric: one.metric.clone(), layers: one.layers.clone() })
                .collect(),
            StudyName::WidthDepth => plan
                .width_depth
                .iter()
                .map(|one| Store { metric: one.metric.clone(), layers: one.layers.clone() })
                .collect(),
        };
        let mut needs = Vec::new();
        let mut captured = Vec::new();
        for store in &chosen {
            for &network in &own {
                captured.push(list.capture(network, store)?);
                let views = if study == StudyName::Straightness { store.views() } else { vec![store.layers.clone()] };
                for view in views {
                    needs.push(list.analyse(network, store, view.clone())?);
                    if study == StudyName::Straightness && store.has_fewer_stimuli()? {
                        needs.push(list.progress(network, store, view)?);
                    }
                }
                if study == StudyName::Training {
                    needs.push(list.epoch_table(network, store)?);
                    if plan.training.as_ref().is_some_and(|one| one.decoding) {
                        needs.push(list.decode(network, store)?);
                    }
                }
            }
            if study == StudyName::WidthDepth {
                needs.push(list.grid_table(store, &captured));
            }
        }
        let names: Vec<&str> = own.iter().map(|&place| networks[place].name.as_str()).collect();
        let mut settings = format!("{} {} {FORM}", study.field(), names.join(" "));
        if let Some(one) = plan.width_depth.as_ref().filter(|_| study == StudyName::WidthDepth) {
            let _ = write!(settings, " {} {}", one.metric.shuffles, plan.seed);
        }
        documents.push(list.push(Work::Study(study), format!("study/{}", study.folder()), settings, needs, 1.0));
    }
    let names: Vec<&str> = studies.iter().map(|study| study.field()).collect();
    list.push(Work::Report(studies.to_vec()), "report".to_owned(), names.join(" "), documents, 2.0);
    Ok(list.tasks)
}

struct List<'a> {
    plan: &'a Plan,
    networks: &'a [PlannedNetwork],
    tasks: Vec<Task>,
    /// Where the stage of a folder stands.
    places: HashMap<String, usize>,
}

impl List<'_> {
    /// The place of the stage in that folder, which is added unless it is there.
    fn push(&mut self, work: Work, folder: String, settings: String, needs: Vec<usize>, seconds: f64) -> usize {
        let place = *self.places.entry(folder.clone()).or_insert(self.tasks.len());
        if place == self.tasks.len() {
            self.tasks.push(Task { work, folder, settings, needs, seconds });
        }
        place
    }

    fn train(&mut self, network: usize) -> usize {
        let own = &self.networks[network];
        let images = own.training_images.unwrap_or(50_000) as f64 + own.test_images.unwrap_or(10_000) as f64 / 3.0;
        // 260 images of resnet8x16 (12.5 million multiplications) a second on two cores; small networks reach less.
        let work = own.training.architecture.multiplications() as f64 + 1.5e6;
        let seconds = images * own.training.epochs as f64 * work / 3.2e9;
        self.push(Work::Train(network), format!("runs/{}", own.name), String::new(), Vec::new(), seconds)
    }

    /// The epochs that a store holds of a network.
    fn epochs(&self, network: usize, store: &Store) -> Vec<Epoch> {
        let all = stores(self.plan, &self.networks[network]);
        all.into_iter().find(|(known, _)| known.has_points_of(store)).map_or_else(Vec::new, |(_, epochs)| epochs)
    }

    fn capture(&mut self, network: usize, store: &Store) -> Result<usize> {
        let trained = self.train(network);
        let epochs = self.epochs(network, store);
        let name = &self.networks[network].name;
        let folder = format!("points/{}/{name}", store.slug());
        let settings = format!("{} {epochs:?}", store.slug());
        let seconds = epochs.len() as f64 * self.seconds_per_epoch(network, store)?;
        Ok(self.push(Work::Capture { network, store: store.clone() }, folder, settings, vec![trained], seconds))
    }

    /// The Gram matrices of one epoch's layers, in double precision.
    fn seconds_per_epoch(&self, network: usize, store: &Store) -> Result<f64> {
        let architecture = self.networks[network].training.architecture;
        let m = store.metric.stimuli as f64;
        let features: usize = selected(architecture, &store.layers)?.iter().sum();
        Ok(m * m * features as f64 / 2e10 + m * architecture.multiplications() as f64 / 1e10 + 0.02)
    }

    fn decode(&mut self, network: usize, store: &Store) -> Result<usize> {
        let trained = self.train(network);
        let own = &self.networks[network];
        let (layers, stimuli) = (store.layers.clone(), store.metric.stimuli);
        let m = stimuli as f64;
        let n_layers = selected(own.training.architecture, &layers)?.len() as f64;
        let seconds = own.checkpoints.len() as f64
            * (self.seconds_per_epoch(network, store)? + n_layers * (m.powi(3) / 1e9 + 19.0 * 11.0 * m * m / 1e9));
        let folder = format!("decoding/{}", own.name);
        let settings = format!("{layers} {stimuli} {:?}", own.checkpoints);
        Ok(self.push(Work::Decode { network, layers, stimuli }, folder, settings, vec![trained], seconds))
    }

    fn analyse(&mut self, network: usize, store: &Store, view: String) -> Result<usize> {
        let captured = self.capture(network, store)?;
        let own = &self.networks[network];
        let MetricPlan { stimuli, shuffles, permutations, groups, .. } = store.metric;
        let folder = store.analysis_folder(&view, &own.name);
        let settings = format!("{view} {shuffles} {permutations} {groups} {}", self.plan.seed);
        let points = selected(own.training.architecture, &view)?.len() as f64;
        let repeats = groups as f64 * self.epochs(network, store).len() as f64 + 2.0 * permutations as f64 + 2.0;
        // Spheres: a table of inner products; shapes: hundreds of singular value decompositions a point, for projections, and one
        // a pair of points for every permutation and group.
        let m = stimuli as f64;
        let seconds = if store.metric.metric.contains("shape") {
            let rank = store.metric.parsed()?.coordinates(stimuli) as f64 / m;
            let groups = if store.metric.parsed()?.restricts() { groups } else { 0 };
            let repeats = (2 * (permutations + groups)) as f64;
            rank * rank * (rank + m / 10.0) * (points / 2e6 + repeats * points * points / 2.0 / 4e8)
        } else {
            repeats * points * m * m * (4.0 + points) / 2e9 + 0.1
        };
        let work = Work::Analyse { network, store: store.clone(), view };
        Ok(self.push(work, folder, settings, vec![captured], seconds))
    }

    fn progress(&mut self, network: usize, store: &Store, view: String) -> Result<usize> {
        let captured = self.capture(network, store)?;
        let own = &self.networks[network];
        let MetricPlan { stimuli, groups, .. } = store.metric;
        let points = selected(own.training.architecture, &view)?.len() as f64;
        let m = stimuli as f64;
        // Points of fewer stimuli: copies of matrices, and decompositions for shapes.
        let work = if store.metric.metric.contains("shape") { 30.0 * m.powi(3) } else { 8.0 * m * m };
        let seconds = groups as f64 * points * work / 2e9 + 0.1;
        let folder = store.progress_folder(&view, &own.name);
        let settings = format!("{view} {groups} {} {:?}", self.plan.seed, own.checkpoints.last());
        let work = Work::Progress { network, store: store.clone(), view };
        Ok(self.push(work, folder, settings, vec![captured], seconds))
    }

    fn epoch_table(&mut self, network: usize, store: &Store) -> Result<usize> {
        let captured = self.capture(network, store)?;
        let folder = format!("tables/training/{}", self.networks[network].name);
        let work = Work::EpochTable { network, store: store.clone() };
        Ok(self.push(work, folder, store.slug(), vec![captured], 0.5))
    }

    fn grid_table(&mut self, store: &Store, captured: &[usize]) -> usize {
        let work = Work::GridTable { store: store.clone() };
        let settings = format!("{} last and first epochs", store.slug());
        self.push(work, "tables/width-depth".to_owned(), settings, captured.to_vec(), 1.0)
    }
}

/// `view` as part of a folder's name.
fn view_slug(view: &str) -> String {
    view.chars().map(|letter| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' }).collect()
}

/// Numbers of features of the selected states.
fn selected(architecture: Architecture, layers: &str) -> Result<Vec<usize>> {
    let names = layers.parse::<LayerSelection>()?.resolve(architecture)?;
    let states = state_names(architecture).into_iter().filter(|state| names.contains(&state.name));
    Ok(states.map(|state| state.shape.iter().product()).collect())
}

#[cfg(test)]
mod tests {
    use super::super::presets::{Preset, preset};
    use super::*;

    #[test]
    fn stores_of_other_layers_have_other_folders() {
        let mut plan = preset(Preset::Smoke);
        let slug = |layers: &str| {
            let metric = plan.training.as_ref().unwrap().metric.clone();
            Store { metric, layers: layers.to_owned() }.slug()
        };
        assert!(slug("blocks").ends_with("-blocks") && slug("stage1.relu").ends_with("-stage1.relu"));
        let all = ["stage1.*", "stage1.?", "stage1.**", "stage1.[ab]", "stage1.{ab}", "stage1", "stage1.relu"];
        let slugs: std::collections::HashSet<String> = all.map(slug).into();
        assert_eq!(slugs.len(), all.len(), "{slugs:?}");
        assert!(slugs.iter().all(|slug| slug.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c))));
        // Both are captured, though either is the other's name but for its pattern.
        plan.straightness = None;
        plan.training.as_mut().unwrap().layers = "stage1.*".to_owned();
        plan.width_depth.as_mut().unwrap().layers = "stage1.*.*".to_owned();
        plan.width_depth.as_mut().unwrap().architectures = plan.training.as_ref().unwrap().architectures.clone();
        let networks = plan.networks();
        let list = tasks(&plan, &networks, &[StudyName::Training, StudyName::WidthDepth]).unwrap();
        let captured = list.iter().filter(|task| matches!(task.work, Work::Capture { .. })).count();
        let own = networks.iter().filter(|network| plan.follows(StudyName::Training, network)).count();
        assert_eq!(captured, 2 * own);
    }

    #[test]
    fn numbers_beyond_all_measure_only_take_long() {
        let mut plan = preset(Preset::Smoke);
        for group in &mut plan.networks {
            (group.training_images, group.test_images) = (Some(usize::MAX), Some(usize::MAX));
        }
        for metric in &mut plan.straightness.as_mut().unwrap().metrics {
            metric.permutations = usize::MAX;
        }
        let networks = plan.networks();
        let list = tasks(&plan, &networks, &[StudyName::Straightness]).unwrap();
        let longest = list.iter().map(|task| task.seconds).fold(0.0, f64::max);
        assert!(longest > 1e15 && longest.is_finite(), "{longest}");
        assert!(list.iter().filter(|task| task.seconds > 1e15).count() > networks.len());
    }
}
