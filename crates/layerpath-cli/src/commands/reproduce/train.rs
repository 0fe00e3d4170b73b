//! Stage 1: trained networks, each in its run folder. A run that is there, whoever trained it, is not trained again.

use layerpath_io::hash_ids;
use layerpath_io::run::{LogRow, RunFolder};
use layerpath_nn::Backend;

use super::{PlannedNetwork, Workshop};
use crate::failure::{Failure, Result};
use crate::images::Images;
use crate::run::{self, DataIdentity, RunConfiguration, Start};

impl Workshop<'_> {
    pub(super) fn run_path(&self, network: usize) -> std::path::PathBuf {
        self.out.join("runs").join(&self.networks[network].name)
    }

    /// What identifies the images that a network is trained and tested with.
    pub(super) fn identity_of(&self, network: &PlannedNetwork) -> Result<DataIdentity> {
        let mut identity = self.images.identity.clone();
        let first = |wanted: Option<usize>, there: usize, what: &str| match wanted {
            Some(count) if count == 0 || count > there => Err(Failure::user(format!(
                "network `{}`: {count} {what} images, this data has {there}; change the plan",
                network.name
            ))),
            other => Ok(other.unwrap_or(there)),
        };
        identity.training_images = first(network.training_images, self.images.train.len(), "training")?;
        identity.test_images = first(network.test_images, self.images.test.len(), "test")?;
        Ok(identity)
    }
}

/// The configuration that the plan asks for.
fn configuration(network: &PlannedNetwork, identity: DataIdentity, backend: Backend) -> RunConfiguration {
    RunConfiguration::new(network.training.clone(), identity, network.checkpoints.clone(), backend)
}

/// A run that is there, and is the plan's.
pub(super) struct Run {
    configuration: RunConfiguration,
    log: Vec<LogRow>,
    is_finished: bool,
}

/// The run of a network, if it is there.
///
/// # Errors
/// A run of other settings or images, which must not be mixed up with the plan's, or a finished one that kept too little.
pub(super) fn there(workshop: &Workshop<'_>, network: usize) -> Result<Option<Run>> {
    let path = workshop.run_path(network);
    let own = &workshop.networks[network];
    let Ok(folder) = RunFolder::open(&path) else { return Ok(None) };
    let there = RunConfiguration::of(&folder)?;
    let wanted = configuration(own, workshop.identity_of(own)?, workshop.backend);
    // Who trained it, and what else was kept, does not matter.
    let comparable =
        RunConfiguration { program: there.program.clone(), checkpoints: there.checkpoints.clone(), ..wanted };
    RunFolder::resume(&path, &comparable)?;
    let log = folder.read_log()?;
    let last = own.checkpoints.last().copied().unwrap_or_default();
    let kept = if log.iter().any(|row| row.epoch == last) { folder.checkpoints()? } else { Vec::new() };
    let is_finished = kept.contains(&last);
    if let Some(epoch) = own.checkpoints.iter().find(|epoch| is_finished && !kept.contains(epoch)) {
        return Err(Failure::user(format!(
            "`{}` is finished but has no checkpoint of epoch {epoch}; take that epoch out of the plan, or remove the run to \
             train it again",
            path.display()
        )));
    }
    Ok(Some(Run { configuration: there, log, is_finished }))
}

/// What a finished run is: the hash of its configuration and its log without times; `None` if it is not finished.
///
/// # Errors
/// As [`there`], and a run that another program began and did not finish.
pub(super) fn finished(workshop: &Workshop<'_>, network: usize) -> Result<Option<String>> {
    let Some(Run { configuration, log, is_finished }) = there(workshop, network)? else { return Ok(None) };
    if !is_finished {
        let native = configuration.program.starts_with("layerpath ");
        return if native {
            Ok(None)
        } else {
            Err(Failure::user(format!(
                "`{}` was begun by {} and is not finished; finish it there, or remove it",
                workshop.run_path(network).display(),
                configuration.program
            )))
        };
    }
    let mut parts =
        vec![serde_json::to_string(&configuration).map_err(|error| Failure::Internal(format!("run.json: {error}")))?];
    parts.extend(log.iter().map(|row| format!("{:?}", LogRow { seconds: None, ..*row })));
    Ok(Some(hash_ids(&parts)))
}

/// Trains, or goes on where training stopped.
pub(super) fn train(workshop: &Workshop<'_>, network: usize) -> Result<()> {
    let own = &workshop.networks[network];
    let path = workshop.run_path(network);
    let identity = workshop.identity_of(own)?;
    let images = Images {
        train: workshop.images.train.first(identity.training_images),
        test: workshop.images.test.first(identity.test_images),
        identity: identity.clone(),
    };
    let configuration = configuration(own, identity, workshop.backend);
    run::train(&path, &configuration, &images, Start::Resume, workshop.backend, workshop.messages)?;
    Ok(())
}
