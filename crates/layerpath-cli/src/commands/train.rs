//! `layerpath train`.

use layerpath_nn::{Architecture, BatchNormInit, Schedule, TrainingConfig};

use crate::arguments::{BatchNormName, ScheduleName, TrainArguments};
use crate::failure::{Failure, Result};
use crate::images::{self, Images};
use crate::messages::Messages;
use crate::run::{self, RunConfiguration, Start};

pub(crate) fn run(arguments: &TrainArguments, messages: Messages) -> Result<()> {
    let architecture: Architecture = arguments.model.parse()?;
    let backend = arguments.backend.choice()?;
    let config = TrainingConfig {
        batch_size: arguments.batch_size,
        momentum: arguments.momentum,
        weight_decay: arguments.weight_decay,
        schedule: match arguments.schedule {
            ScheduleName::Milestones => Schedule::Milestones { rate: arguments.rate, factor: 0.1, at: vec![0.5, 0.75] },
            ScheduleName::OneCycle => Schedule::OneCycle { peak: arguments.rate },
        },
        augment: !arguments.no_augmentation,
        batch_norm_init: match arguments.batch_norm_init {
            BatchNormName::Ones => BatchNormInit::Ones,
            BatchNormName::Uniform => BatchNormInit::Uniform,
        },
        ..TrainingConfig::new(architecture, arguments.seed, arguments.epochs)
    };
    config.validate()?;
    let checkpoints = run::checkpoints_of(&arguments.checkpoints, config.epochs)?;

    let mut images = images::load(&arguments.data, messages)?;
    if let Some(count) = arguments.training_images {
        images = first_training_images(images, count)?;
    }
    messages.say(&format!(
        "training {architecture} ({} parameters) on {} images, testing on {}",
        architecture.parameter_count(),
        images.train.len(),
        images.test.len()
    ));
    let start = if arguments.resume { Start::Resume } else { Start::Fresh };
    let configuration = RunConfiguration::new(config, images.identity.clone(), checkpoints, backend);
    run::train(&arguments.out, &configuration, &images, start, backend, messages)?;
    messages.say(&format!("wrote {}", arguments.out.display()));
    Ok(())
}

fn first_training_images(images: Images, count: usize) -> Result<Images> {
    let there = images.train.len();
    if count == 0 || count > there {
        return Err(Failure::user(format!("--training-images {count}: there are {there}; use 1 to {there}")));
    }
    let mut identity = images.identity;
    identity.training_images = count;
    Ok(Images { train: images.train.first(count), identity, ..images })
}
