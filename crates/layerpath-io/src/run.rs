//! A run: one trained network in a folder.
//!
//! `run.json` (the whole configuration), `log.csv` (one row an epoch, and one a checkpoint within an epoch) and
//! `checkpoints/epoch-NNN.safetensors`.

use std::path::{Path, PathBuf};

use layerpath::analysis::Epoch;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::atomic::{ensure_dir, list_folder, read_bytes, read_text, write_text_atomically};
use crate::error::{Error, Result};

const LOG_COLUMNS: [&str; 7] =
    ["epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "learning_rate", "seconds"];

/// The folder of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder {
    path: PathBuf,
}

/// One row of `log.csv`, after an epoch or at a checkpoint within one; empty where a value does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LogRow {
    /// Epochs of training so far, 0 = untrained.
    pub epoch: Epoch,
    /// Mean loss over the epoch's training batches.
    pub train_loss: Option<f64>,
    /// Share of training images classified correctly during the epoch.
    pub train_accuracy: Option<f64>,
    /// Mean loss over the test images.
    pub test_loss: Option<f64>,
    /// Share of test images classified correctly.
    pub test_accuracy: Option<f64>,
    /// Step size of the epoch's optimizer.
    pub learning_rate: Option<f64>,
    /// Wall-clock time of the epoch; never compared.
    pub seconds: Option<f64>,
}

impl RunFolder {
    /// Makes the folder and writes `run.json`.
    ///
    /// # Errors
    /// When a run is there already, or the folder cannot be written.
    pub fn create(path: &Path, config: &impl Serialize) -> Result<Self> {
        let run = Self { path: path.to_path_buf() };
        if run.config_path().exists() {
            let mend = "choose another folder, remove this one, or resume the run";
            return Err(Error::content(path, "", "a run is there already", mend));
        }
        ensure_dir(&path.join("checkpoints"))?;
        let mut text = serde_json::to_string_pretty(config)
            .map_err(|error| Error::internal(format!("the configuration of a run: {error}")))?;
        text.push('\n');
        write_text_atomically(&run.config_path(), &text)?;
        Ok(run)
    }

    /// Opens a run that is there.
    ///
    /// # Errors
    /// When there is no `run.json`.
    pub fn open(path: &Path) -> Result<Self> {
        let run = Self { path: path.to_path_buf() };
        if !run.config_path().is_file() {
            let mend = "name the folder that `layerpath train --out` wrote";
            return Err(Error::content(path, "", "there is no run here (no run.json)", mend));
        }
        Ok(run)
    }

    /// Opens the run if it is there and has the same configuration; else creates it.
    ///
    /// # Errors
    /// When the configurations differ: the message names the first setting that does. Otherwise as
    /// [`create`](Self::create).
    pub fn resume(path: &Path, config: &impl Serialize) -> Result<Self> {
        let Ok(run) = Self::open(path) else { return Self::create(path, config) };
        let wanted = serde_json::to_string(config)
            .and_then(|text| serde_json::from_str::<Value>(&text))
            .map_err(|error| Error::internal(format!("the configuration of a run: {error}")))?;
        let there: Value = run.config()?;
        match first_difference(&there, &wanted, "") {
            None => Ok(run),
            Some(difference) => Err(Error::content(
                &run.config_path(),
                "",
                format!("the run there has another configuration: {difference}"),
                "give the same settings to resume it, or choose another folder",
            )),
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The configuration in `run.json`.
    ///
    /// # Errors
    /// When it is missing or not of this form.
    pub fn config<T: DeserializeOwned>(&self) -> Result<T> {
        let path = self.config_path();
        serde_json::from_str(&read_text(&path)?).map_err(|error| {
            let mend = "it was written by another version, or changed: train again";
            Error::content(&path, "", format!("not the configuration of a run ({error})"), mend)
        })
    }

    /// `checkpoints/epoch-NNN.safetensors`, with a fraction where the epoch has one.
    ///
    /// ```
    /// # let folder = tempfile::tempdir().unwrap();
    /// use layerpath::analysis::Epoch;
    /// let run = layerpath_io::run::RunFolder::create(folder.path(), &"configuration").unwrap();
    /// assert!(run.checkpoint_path(Epoch::from(7)).ends_with("checkpoints/epoch-007.safetensors"));
    /// let within = Epoch::new(0.25).unwrap();
    /// assert!(run.checkpoint_path(within).ends_with("checkpoints/epoch-000.25.safetensors"));
    /// ```
    pub fn checkpoint_path(&self, epoch: Epoch) -> PathBuf {
        self.path.join("checkpoints").join(format!("epoch-{}.safetensors", padded(epoch)))
    }

    /// `checkpoints/resume.safetensors`: what is needed to continue.
    pub fn resume_path(&self) -> PathBuf {
        self.path.join("checkpoints").join("resume.safetensors")
    }

    /// The epochs of which there are checkpoints, increasing.
    ///
    /// # Errors
    /// When the folder `checkpoints` cannot be read.
    pub fn checkpoints(&self) -> Result<Vec<Epoch>> {
        let mut epochs: Vec<Epoch> = list_folder(&self.path.join("checkpoints"))?
            .iter()
            .filter_map(|(name, _)| {
                let digits = name.strip_prefix("epoch-")?.strip_suffix(".safetensors")?;
                let epoch = digits.parse().ok()?;
                // `epoch-1` or `epoch-+01` is not what `checkpoint_path` would open.
                (padded(epoch) == digits).then_some(epoch)
            })
            .collect();
        epochs.sort_unstable();
        Ok(epochs)
    }

    /// Adds a row to `log.csv`, which is rewritten whole.
    ///
    /// # Errors
    /// When the log cannot be read or written.
    pub fn append_log(&self, row: LogRow) -> Result<()> {
        let mut rows = if self.log_path().exists() { self.read_log()? } else { Vec::new() };
        rows.push(row);
        self.rewrite_log(&rows)
    }

    /// Replaces `log.csv`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn rewrite_log(&self, rows: &[LogRow]) -> Result<()> {
        let mut text = LOG_COLUMNS.join(",");
        text.push('\n');
        for row in rows {
            text.push_str(&row.epoch.to_string());
            for value in row.values() {
                text.push(',');
                text.push_str(&value.map_or_else(String::new, |value| value.to_string()));
            }
            text.push('\n');
        }
        write_text_atomically(&self.log_path(), &text)
    }

    /// The rows of `log.csv`; none if it is not there yet.
    ///
    /// # Errors
    /// When it is not of the form that [`rewrite_log`](Self::rewrite_log) writes.
    pub fn read_log(&self) -> Result<Vec<LogRow>> {
        let path = self.log_path();
        if !path.exists() {
            return Ok(Vec::new());
        }
        let bytes = read_bytes(&path)?;
        let refused = |problem: String| Error::content(&path, "", problem, "remove it and train again");
        // A number that is cut off is another number.
        if !bytes.ends_with(b"\n") {
            return Err(refused("the last line has no end, the file is cut off".to_owned()));
        }
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let columns = reader.headers().map_err(|error| refused(format!("not a table ({error})")))?;
        if columns != LOG_COLUMNS.as_slice() {
            return Err(refused(format!("the columns are not {}", LOG_COLUMNS.join(","))));
        }
        let mut rows = Vec::new();
        for (number, record) in reader.records().enumerate() {
            let record = record.map_err(|error| refused(format!("not a table ({error})")))?;
            let row =
                LogRow::from_record(&record).ok_or_else(|| refused(format!("row {number} does not hold numbers")))?;
            rows.push(row);
        }
        Ok(rows)
    }

    /// `log.csv`.
    pub fn log_path(&self) -> PathBuf {
        self.path.join("log.csv")
    }

    fn config_path(&self) -> PathBuf {
        self.path.join("run.json")
    }
}

impl LogRow {
    fn values(&self) -> [Option<f64>; 6] {
        [self.train_loss, self.train_accuracy, self.test_loss, self.test_accuracy, self.learning_rate, self.seconds]
    }

    fn from_record(record: &csv::StringRecord) -> Option<Self> {
        let mut values = [None; 6];
        for (value, text) in values.iter_mut().zip(record.iter().skip(1)) {
            if !text.is_empty() {
                *value = Some(text.parse().ok()?);
            }
        }
        let [train_loss, train_accuracy, test_loss, test_accuracy, learning_rate, seconds] = values;
        let epoch = record.get(0)?.parse().ok()?;
        Some(Self { epoch, train_loss, train_accuracy, test_loss, test_accuracy, learning_rate, seconds })
    }
}

/// With at least three digits before the point, so that the names of whole epochs sort as numbers do.
fn padded(epoch: Epoch) -> String {
    let text = epoch.to_string();
    let whole = text.split('.').next().map_or(0, str::len);
    "0".repeat(3_usize.saturating_sub(whole)) + &text
}

/// The first place, in the order of `there`, where two JSON values differ.
fn first_difference(there: &Value, wanted: &Value, place: &str) -> Option<String> {
    if let (Value::Object(ours), Value::Object(theirs)) = (there, wanted) {
        let keys = ours.keys().chain(theirs.keys().filter(|key| !ours.contains_key(*key)));
        for key in keys {
            let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
            let left = ours.get(key).unwrap_or(&Value::Null);
            let right = theirs.get(key).unwrap_or(&Value::Null);
            if let Some(difference) = first_difference(left, right, &place) {
                return Some(difference);
            }
        }
        return None;
    }
    (there != wanted).then(|| format!("`{place}` is {there} there and {wanted} here"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_run_is_created_opened_and_resumed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs/a");
        let config = json!({"model": "resnet8x8", "seed": 3, "training": {"epochs": 2, "rate": 0.1}});
        assert!(RunFolder::open(&path).is_err());
        RunFolder::create(&path, &config).unwrap();
        let error = RunFolder::create(&path, &config).unwrap_err();
        assert!(error.to_string().contains("already"), "{error}");
        let run = RunFolder::resume(&path, &config).unwrap();
        assert_eq!(run.config::<Value>().unwrap(), config);
        let other = json!({"model": "resnet8x8", "seed": 3, "training": {"epochs": 2, "rate": 0.2}});
        let error = RunFolder::resume(&path, &other).unwrap_err();
        assert!(error.to_string().contains("`training.rate` is 0.1 there and 0.2 here"), "{error}");
        RunFolder::resume(&folder.path().join("runs/b"), &config).unwrap();
    }

    #[test]
    fn checkpoints_are_listed_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::create(folder.path(), &1).unwrap();
        let epochs = [0.0, 0.015_625, 2.0, 10.0, 12.5, 1000.0].map(|passes| Epoch::new(passes).unwrap());
        for epoch in epochs.iter().rev() {
            std::fs::write(run.checkpoint_path(*epoch), "").unwrap();
        }
        let foreign = ["epoch-1", ".epoch-005.safetensors.x", "epoch-+03", "epoch-001.0", "epoch-001.50", "epoch-nan"];
        for name in foreign.map(|name| format!("{name}.safetensors")).iter().map(String::as_str).chain(["other"]) {
            std::fs::write(folder.path().join("checkpoints").join(name), "").unwrap();
        }
        std::fs::write(run.resume_path(), "").unwrap();
        assert_eq!(run.checkpoints().unwrap(), epochs);
    }

    #[test]
    fn the_log_round_trips() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::create(folder.path(), &1).unwrap();
        assert_eq!(run.read_log().unwrap(), []);
        let first = LogRow { test_loss: Some(2.312_585_1), ..LogRow::default() };
        let second = LogRow {
            epoch: Epoch::from(1),
            train_loss: Some(1e-7),
            train_accuracy: Some(1.0),
            learning_rate: Some(0.1),
            seconds: Some(12.5),
            ..LogRow::default()
        };
        run.append_log(first).unwrap();
        run.append_log(second).unwrap();
        assert_eq!(run.read_log().unwrap(), [first, second]);
        let text = std::fs::read_to_string(run.log_path()).unwrap();
        assert_eq!(text.lines().nth(1), Some("0,,,2.3125851,,,"));
        std::fs::write(run.log_path(), text.trim_end()).unwrap();
        assert!(run.read_log().unwrap_err().to_string().contains("the last line has no end"));
        std::fs::write(run.log_path(), "epoch\n1\n").unwrap();
        assert!(run.read_log().unwrap_err().is_user_error());
        std::fs::write(run.log_path(), LOG_COLUMNS.join(",") + "\n1,a,,,,,\n").unwrap();
        assert!(run.read_log().unwrap_err().to_string().contains("row 0"));
    }
}
