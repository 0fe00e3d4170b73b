//! The plan of a study: which networks, which stimuli, which metrics, which evidence. docs/plan.md explains it.

use std::collections::HashSet;
use std::path::Path;

use layerpath::analysis::Epoch;
use layerpath::metric::Metric;
use layerpath_io::documents::read_document;
use layerpath_nn::{Architecture, BatchNormInit, LayerSelection, Schedule, TrainingConfig};
use serde::{Deserialize, Serialize};

use super::StudyName;
use crate::failure::{Failure, Result};
use crate::run;

/// Name and version of the form.
pub(super) const SCHEMA: &str = "layerpath.plan/1";

/// Most checkpoints of all networks together. Architectures, seeds and epochs multiply: a short plan could fill the memory.
const MAX_CHECKPOINTS: usize = 1_000_000;

/// Everything that decides the results but the images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    pub(super) schema: String,
    /// Seed of shuffles, permutations and groups of stimuli.
    pub(super) seed: u64,
    pub(super) networks: Vec<NetworkGroup>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) straightness: Option<StraightnessPlan>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) training: Option<TrainingPlan>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) width_depth: Option<WidthDepthPlan>,
}

/// Networks that are trained alike: every architecture with every seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NetworkGroup {
    pub(super) architectures: Vec<Architecture>,
    pub(super) seeds: Vec<u64>,
    pub(super) epochs: usize,
    pub(super) batch_size: usize,
    pub(super) momentum: f64,
    pub(super) weight_decay: f64,
    pub(super) schedule: Schedule,
    pub(super) augment: bool,
    pub(super) batch_norm_init: BatchNormInit,
    /// The first that many training images; all where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) training_images: Option<usize>,
    /// The first that many test images for the accuracy after every epoch; all where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) test_images: Option<usize>,
    /// Epochs that are kept, from 0 (untrained) to the last.
    pub(super) checkpoints: Vec<Epoch>,
}

/// A metric, the stimuli that make its points, and what a path is compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MetricPlan {
    pub(super) metric: String,
    /// The first that many test images.
    pub(super) stimuli: usize,
    /// Shuffles of the layer order; 0 for none.
    pub(super) shuffles: usize,
    /// Permutations of rows; 0 for none.
    pub(super) permutations: usize,
    /// Groups of the jackknife over stimuli; 0 for no intervals.
    pub(super) groups: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StraightnessPlan {
    pub(super) architectures: Vec<Architecture>,
    pub(super) layers: String,
    pub(super) metrics: Vec<MetricPlan>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrainingPlan {
    pub(super) architectures: Vec<Architecture>,
    pub(super) layers: String,
    pub(super) metric: MetricPlan,
    /// Whether labels are read off every layer at every epoch.
    pub(super) decoding: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WidthDepthPlan {
    pub(super) architectures: Vec<Architecture>,
    pub(super) layers: String,
    pub(super) metric: MetricPlan,
}

/// One network of the plan.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PlannedNetwork {
    /// Name of its run folder, `<architecture>-seed<seed>`.
    pub(super) name: String,
    pub(super) training: TrainingConfig,
    pub(super) training_images: Option<usize>,
    pub(super) test_images: Option<usize>,
    pub(super) checkpoints: Vec<Epoch>,
}

impl Plan {
    /// Reads a plan and checks that its parts fit.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let mend = "compare it with docs/plan.md, or start from a preset";
        let plan: Self = read_document(path, mend)?;
        plan.check().map_err(|failure| failure.at(format!("plan `{}`", path.display())))?;
        Ok(plan)
    }

    /// Whether a study looks at a network.
    pub(super) fn follows(&self, study: StudyName, network: &PlannedNetwork) -> bool {
        self.architectures(study).is_some_and(|all| all.contains(&network.training.architecture))
    }

    /// The architectures of a study.
    pub(super) fn architectures(&self, study: StudyName) -> Option<&[Architecture]> {
        match study {
            StudyName::Straightness => self.straightness.as_ref().map(|one| &one.architectures[..]),
            StudyName::Training => self.training.as_ref().map(|one| &one.architectures[..]),
            StudyName::WidthDepth => self.width_depth.as_ref().map(|one| &one.architectures[..]),
        }
    }

    /// The metrics of a study; none if it is not asked.
    pub(super) fn metrics(&self, study: StudyName) -> &[MetricPlan] {
        let one = match study {
            StudyName::Straightness => return self.straightness.as_ref().map_or(&[][..], |one| &one.metrics[..]),
            StudyName::Training => self.training.as_ref().map(|one| &one.metric),
            StudyName::WidthDepth => self.width_depth.as_ref().map(|one| &one.metric),
        };
        one.map_or(&[][..], std::slice::from_ref)
    }

    /// The networks in order.
    pub(super) fn networks(&self) -> Vec<PlannedNetwork> {
        let mut all = Vec::new();
        for group in &self.networks {
            for &architecture in &group.architectures {
                for &seed in &group.seeds {
                    all.push(PlannedNetwork {
                        name: format!("{architecture}-seed{seed}"),
                        training: TrainingConfig {
                            batch_size: group.batch_size,
                            momentum: group.momentum,
                            weight_decay: group.weight_decay,
                            schedule: group.schedule.clone(),
                            augment: group.augment,
                            batch_norm_init: group.batch_norm_init,
                            ..TrainingConfig::new(architecture, seed, group.epochs)
                        },
                        training_images: group.training_images,
                        test_images: group.test_images,
                        checkpoints: group.checkpoints.clone(),
                    });
                }
            }
        }
        all
    }

    /// Checkpoints of all networks, an untrained one at least of each; `None` where nobody can count them.
    fn n_checkpoints(&self) -> Option<usize> {
        self.networks.iter().try_fold(0_usize, |sum, group| {
            let networks = group.architectures.len().checked_mul(group.seeds.len())?;
            sum.checked_add(networks.checked_mul(group.checkpoints.len().max(1))?)
        })
    }

    /// Whether everything can be carried out.
    pub(super) fn check(&self) -> Result<()> {
        if self.schema != SCHEMA {
            let message = format!("schema `{}`, this program reads `{SCHEMA}`", self.schema);
            return Err(Failure::user(message));
        }
        let count = self.n_checkpoints().filter(|&count| count <= MAX_CHECKPOINTS);
        if count.is_none() {
            let message = format!("`networks` come to more than {MAX_CHECKPOINTS} checkpoints; make several plans");
            return Err(Failure::user(message));
        }
        for (place, group) in self.networks.iter().enumerate() {
            if group.architectures.is_empty() || group.seeds.is_empty() {
                let message = "it needs at least one architecture and one seed";
                return Err(Failure::user(message).at(format!("networks[{place}]")));
            }
        }
        let mut names = HashSet::new();
        for network in &self.networks() {
            let place = |failure: Failure| failure.at(format!("network `{}`", network.name));
            if !names.insert(network.name.clone()) {
                return Err(place(Failure::user(
                    "it stands twice in `networks`, by its architecture and seed; take one of them out",
                )));
            }
            network.training.validate().map_err(|error| place(error.into()))?;
            check_checkpoints(network).map_err(place)?;
        }
        if self.straightness.is_none() && self.training.is_none() && self.width_depth.is_none() {
            let message = "no question is asked; give at least one of `straightness`, `training` and `width_depth`";
            return Err(Failure::user(message));
        }
        if let Some(one) = &self.straightness {
            self.check_study(StudyName::Straightness, &one.architectures, &one.layers, &one.metrics)?;
        }
        if let Some(one) = &self.training {
            let metric = std::slice::from_ref(&one.metric);
            self.check_study(StudyName::Training, &one.architectures, &one.layers, metric)?;
        }
        if let Some(one) = &self.width_depth {
            let metric = std::slice::from_ref(&one.metric);
            self.check_study(StudyName::WidthDepth, &one.architectures, &one.layers, metric)?;
            if one.architectures.iter().any(|own| own.is_residual() != one.architectures[0].is_residual()) {
                let message = "width_depth: depth and width mean different things in resnet and vgg; keep to one kind";
                return Err(Failure::user(message));
            }
        }
        self.check_evidence()
    }

    /// The same points have one analysis, whichever studies use it.
    fn check_evidence(&self) -> Result<()> {
        let straightness = self.straightness.iter().flat_map(|one| one.metrics.iter().map(|own| (&one.layers, own)));
        let training = self.training.iter().map(|one| (&one.layers, &one.metric));
        let width_depth = self.width_depth.iter().map(|one| (&one.layers, &one.metric));
        let all: Vec<(&String, &MetricPlan)> = straightness.chain(training).chain(width_depth).collect();
        for (i, (layers, own)) in all.iter().enumerate() {
            let same = |other: &(&String, &MetricPlan)| {
                other.0 == *layers && other.1.metric == own.metric && other.1.stimuli == own.stimuli
            };
            if all[..i].iter().any(|other| same(other) && other.1 != *own) {
                return Err(Failure::user(format!(
                    "{} on {} stimuli through `{layers}` layers stands there twice with different shuffles, permutations or \
                     groups; make them equal",
                    own.metric, own.stimuli
                )));
            }
        }
        Ok(())
    }

    fn check_study(
        &self,
        study: StudyName,
        architectures: &[Architecture],
        layers: &str,
        metrics: &[MetricPlan],
    ) -> Result<()> {
        let place = |failure: Failure| failure.at(study.field());
        if architectures.is_empty() || metrics.is_empty() {
            return Err(place(Failure::user("it needs at least one architecture and one metric")));
        }
        let layers: LayerSelection = layers.parse().map_err(|error| place(Failure::from(error)))?;
        for architecture in architectures {
            if !self.networks.iter().any(|group| group.architectures.contains(architecture)) {
                let message = format!("{architecture} is in no group of `networks`; add it there, or take it out here");
                return Err(place(Failure::user(message)));
            }
            layers.resolve(*architecture).map_err(|error| place(error.into()))?;
        }
        for (i, one) in metrics.iter().enumerate() {
            let metric = one.parsed().map_err(place)?;
            if metrics[..i]
                .iter()
                .any(|other| other.stimuli == one.stimuli && other.parsed().is_ok_and(|own| own == metric))
            {
                return Err(place(Failure::user(format!(
                    "{metric} on {} stimuli stands there twice; take one of them out",
                    one.stimuli
                ))));
            }
        }
        Ok(())
    }
}

impl MetricPlan {
    /// The metric, if all numbers can work.
    pub(super) fn parsed(&self) -> Result<Metric> {
        let metric: Metric = self.metric.parse()?;
        let least = metric.properties().minimum_stimuli.max(4);
        if self.stimuli < least {
            let message = format!("{} stimuli; {metric} needs at least {least}", self.stimuli);
            return Err(Failure::user(message));
        }
        if self.groups == 1 || self.groups > self.stimuli {
            let message = format!("{} groups; use 0 for no intervals, or 2 to {}", self.groups, self.stimuli);
            return Err(Failure::user(message));
        }
        Ok(metric)
    }
}

fn check_checkpoints(network: &PlannedNetwork) -> Result<()> {
    let (checkpoints, epochs) = (&network.checkpoints, network.training.epochs);
    let increasing = checkpoints.windows(2).all(|pair| pair[0] < pair[1]);
    let ends =
        checkpoints.first() == Some(&Epoch::UNTRAINED) && checkpoints.last().copied() == run::whole_epoch(epochs).ok();
    if increasing && ends {
        return Ok(());
    }
    Err(Failure::user(format!(
        "checkpoints {checkpoints:?} must increase from 0, the untrained network, to the last epoch, {epochs}"
    )))
}

/// `count` epochs, at least 2, spaced geometrically: untrained, powers of two from within the first epoch on, and the last.
pub(super) fn geometric(epochs: u32, count: usize) -> Vec<Epoch> {
    let power_below = (1_u64 << epochs.ilog2()) as f64;
    let first = if power_below < f64::from(epochs) { power_below } else { power_below / 2.0 };
    let mut chosen = vec![Epoch::from(epochs)];
    let powers = std::iter::successors(Some(first), |power| Some(power / 2.0));
    chosen.extend(powers.filter_map(|power| Epoch::new(power).ok()).take(count.saturating_sub(2)));
    chosen.push(Epoch::UNTRAINED);
    chosen.reverse();
    chosen
}

#[cfg(test)]
mod tests {
    use super::super::presets::{Preset, preset};
    use super::*;

    #[test]
    fn epochs_are_spaced_geometrically() {
        let passes = |epochs, count| geometric(epochs, count).into_iter().map(Epoch::passes).collect::<Vec<f64>>();
        assert_eq!(passes(12, 8), [0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 12.0]);
        assert_eq!(passes(16, 6), [0.0, 1.0, 2.0, 4.0, 8.0, 16.0]);
        assert_eq!(passes(1, 4), [0.0, 0.25, 0.5, 1.0]);
        assert_eq!(passes(160, 2), [0.0, 160.0]);
    }

    #[test]
    fn presets_hold_together_and_round_trip() {
        for name in [Preset::Smoke, Preset::Cpu, Preset::Paper] {
            let plan = preset(name);
            plan.check().unwrap();
            let text = layerpath_io::documents::document_to_json(&plan).unwrap();
            assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
            assert!(plan.networks().iter().all(|network| network.checkpoints.len() >= 12));
        }
        assert_eq!(preset(Preset::Paper).networks().len(), (20 + 4) * 3);
    }

    #[test]
    fn mistakes_are_named() {
        let message = |change: fn(&mut Plan)| {
            let mut plan = preset(Preset::Smoke);
            change(&mut plan);
            plan.check().unwrap_err().to_string()
        };
        let text = message(|plan| plan.schema = "layerpath.plan/9".to_owned());
        assert!(text.contains("this program reads `layerpath.plan/1`"), "{text}");
        let text = message(|plan| plan.networks[0].seeds = (0..100_000).collect());
        assert!(text.contains("more than 1000000 checkpoints"), "{text}");
        let text = message(|plan| plan.networks[0].checkpoints = vec![Epoch::from(1), Epoch::from(2)]);
        assert!(text.contains("network `resnet8x4-seed0`") && text.contains("must increase from 0"), "{text}");
        let text = message(|plan| plan.networks[0].epochs = 0);
        assert!(text.contains("0 epochs train nothing"), "{text}");
        let text = message(|plan| plan.networks[1] = plan.networks[0].clone());
        assert!(text.contains("stands twice in `networks`"), "{text}");
        let text = message(|plan| plan.networks[0].seeds = vec![0, 0]);
        assert!(text.contains("network `resnet8x4-seed0`") && text.contains("stands twice in `networks`"), "{text}");
        for empty in
            [|plan: &mut Plan| plan.networks[1].seeds.clear(), |plan: &mut Plan| plan.networks[1].architectures.clear()]
        {
            let text = message(empty);
            assert!(text.contains("networks[1]: it needs at least one architecture and one seed"), "{text}");
        }
        let text = message(|plan| (plan.straightness, plan.training, plan.width_depth) = (None, None, None));
        assert!(text.contains("no question is asked"), "{text}");
        let text = message(|plan| {
            if let Some(one) = &mut plan.straightness {
                one.metrics.push(one.metrics[0].clone());
            }
        });
        assert!(text.contains("straightness: ") && text.contains("stands there twice; take one of them out"), "{text}");
        let text = message(|plan| plan.networks.truncate(1));
        assert!(text.contains("straightness: vgg") && text.contains("is in no group of `networks`"), "{text}");
        let text = message(|plan| {
            if let Some(one) = &mut plan.training {
                one.layers = "stage9.*".to_owned();
            }
        });
        assert!(text.contains("training: ") && text.contains("`stage9.*` matches no state"), "{text}");
        let text = message(|plan| {
            if let Some(one) = &mut plan.width_depth {
                one.metric.stimuli = 2;
            }
        });
        assert!(text.contains("width_depth: 2 stimuli"), "{text}");
        let text = message(|plan| {
            if let Some(one) = &mut plan.width_depth {
                one.architectures.push("vgg11x4".parse().unwrap());
            }
        });
        assert!(text.contains("keep to one kind"), "{text}");
        let text = message(|plan| {
            if let Some(one) = &mut plan.width_depth {
                one.metric.shuffles += 1;
            }
        });
        assert!(text.contains("stands there twice with different shuffles"), "{text}");
    }
}
