//! Images by the text of `--data`.

use layerpath_io::images::{DataSource, ImageRecords, Split, read_images};
use layerpath_nn::{CLASS_NAMES, DataSet, ImageSet, builtin};

use crate::arguments::DataArguments;
use crate::failure::{Failure, Result};
use crate::messages::Messages;
use crate::run::DataIdentity;

/// Built-in images to train on and to test on.
pub(crate) const BUILTIN_SIZES: (usize, usize) = (3000, 1000);

/// Images to train and test with, and what identifies them.
pub(crate) struct Images {
    pub(crate) train: ImageSet,
    pub(crate) test: ImageSet,
    pub(crate) identity: DataIdentity,
}

/// Reads or draws the images.
pub(crate) fn load(arguments: &DataArguments, messages: Messages) -> Result<Images> {
    match DataSource::parse(&arguments.data)? {
        DataSource::Builtin => Ok(drawn(arguments.data_seed)),
        DataSource::Cifar10(path) => {
            messages.say(&format!("reading images from {}", path.display()));
            let records = read_images(&path)?;
            let identity = DataIdentity {
                source: "cifar10".to_owned(),
                seed: None,
                hash: records.hash,
                training_images: records.train.len(),
                test_images: records.test.len(),
            };
            let set = |split: Split| ImageSet::new(split.pixels, split.labels, records.classes.len());
            Ok(Images { train: set(records.train)?, test: set(records.test)?, identity })
        }
    }
}

/// The built-in images of a seed.
pub(crate) fn drawn(seed: u64) -> Images {
    let (n_train, n_test) = BUILTIN_SIZES;
    let DataSet { train, test } = builtin(seed, n_train, n_test);
    let split = |set: &ImageSet| Split { pixels: set.pixels().to_vec(), labels: set.labels().to_vec() };
    let classes = CLASS_NAMES.iter().map(|&name| name.to_owned()).collect();
    let identity = DataIdentity {
        source: "builtin".to_owned(),
        seed: Some(seed),
        hash: ImageRecords::new(split(&train), split(&test), classes).hash,
        training_images: n_train,
        test_images: n_test,
    };
    Images { train, test, identity }
}

/// The first `count` test images, or an error that says how many there are.
pub(crate) fn stimuli(test: &ImageSet, count: usize) -> Result<ImageSet> {
    let there = test.len();
    if there == 0 {
        return Err(Failure::user("this data has no test images, and stimuli are test images"));
    }
    if count > there {
        return Err(Failure::user(format!(
            "{count} stimuli asked for, but there are {there} test images; use --stimuli {there}"
        )));
    }
    if count == 0 {
        return Err(Failure::user("--stimuli 0 leaves nothing to answer; use at least 4"));
    }
    Ok(test.first(count))
}
