//! `--target NAME|last|labels.npy`: what the path should lead to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::activations::{ActivationSource, ArraySource, open_single};
use crate::elements::Elements;
use crate::error::{Error, Result};

/// Where a target comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The last array.
    Last,
    /// The array of this name, or, where there is none, the `.npy` file of this name.
    Named(String),
}

impl Target {
    /// Understands the text of `--target`.
    ///
    /// # Errors
    /// When it is empty.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "" => Err(Error::argument("the target is empty", "use NAME, `last` or a file labels.npy")),
            "last" => Ok(Self::Last),
            name => Ok(Self::Named(name.to_owned())),
        }
    }

    /// Finds the target, which is called by its array or by its file without `.npy` and has as many rows as there are stimuli.
    /// An array of `set` that becomes the target is no longer a layer and is taken out.
    ///
    /// Integers in one axis are labels and become one-hot, classes in increasing order, in float64; so do
    /// floating-point numbers that are all whole. Everything else stays as it is. Labels are read, other targets are not yet.
    ///
    /// # Errors
    /// When there is no such array or file, rows do not fit the stimuli, labels have fewer than two classes or as many
    /// as rows, or no layer remains.
    pub fn resolve(&self, set: &mut ActivationSource) -> Result<ArraySource> {
        let found = match self {
            Self::Last => set.arrays.len().checked_sub(1),
            Self::Named(name) => set.arrays.iter().position(|array| array.name == *name),
        };
        let (array, from) = match (found, self) {
            (Some(index), _) => {
                if set.arrays.len() < 2 {
                    return Err(Error::content(
                        &set.path,
                        "",
                        "the only array cannot be the target",
                        "add the layers, or give the target as a file labels.npy",
                    ));
                }
                (set.arrays.remove(index), set.path.clone())
            }
            (None, Self::Named(name)) if is_file_name(name) => {
                let path = PathBuf::from(name);
                (open_single(&path)?, path)
            }
            (None, _) => return Err(self.not_found(set)),
        };
        if array.n_rows() != set.stimuli.count {
            return Err(target_error(
                &from,
                &array.name,
                format!("{} rows for {} stimuli", array.n_rows(), set.stimuli.count),
                "give one row or label for each stimulus",
            ));
        }
        with_labels_one_hot(array, &from)
    }

    fn not_found(&self, set: &ActivationSource) -> Error {
        let name = match self {
            Self::Last => "last",
            Self::Named(name) => name,
        };
        let mut names: Vec<_> = set.arrays.iter().take(20).map(|array| array.name.as_str()).collect();
        if set.arrays.len() > names.len() {
            names.push("…");
        }
        Error::content(
            &set.path,
            "",
            format!("there is no array `{name}` for the target"),
            format!("the arrays are {}; or name a file labels.npy", names.join(", ")),
        )
    }
}

fn is_file_name(name: &str) -> bool {
    let npy = Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npy"));
    npy || name.contains(std::path::is_separator)
}

fn target_error(path: &Path, name: &str, problem: impl Into<String>, mend: &str) -> Error {
    Error::content(path, format!("target `{name}`"), problem, mend)
}

/// Labels as one-hot rows; anything else unchanged.
fn with_labels_one_hot(array: ArraySource, from: &Path) -> Result<ArraySource> {
    if array.shape.len() != 1 {
        return Ok(array);
    }
    let Some(labels) = labels(&array.read()?.elements) else { return Ok(array) };
    let classes: BTreeSet<i64> = labels.iter().copied().collect();
    let (n_rows, n_classes) = (labels.len(), classes.len());
    if n_classes < 2 {
        let problem = "every stimulus has the same label";
        return Err(target_error(from, &array.name, problem, "a target needs at least two classes"));
    }
    if n_classes == n_rows {
        return Err(target_error(
            from,
            &array.name,
            "every stimulus has a label of its own, which says nothing about classes",
            "give class labels, or an array with several columns",
        ));
    }
    let places: BTreeMap<i64, u32> = classes.into_iter().zip(0..).collect();
    let classes = labels.iter().map(|label| places[label]).collect();
    Ok(ArraySource::classes(from, array.name, classes, n_classes))
}

/// The elements as labels, if all are whole numbers.
fn labels(elements: &Elements) -> Option<Vec<i64>> {
    if let Elements::Integer(labels) = elements {
        return Some(labels.clone());
    }
    let limit = 2_f64.powi(53);
    let whole = |value: f64| (value.fract() == 0.0 && value.abs() <= limit).then_some(value as i64);
    elements.to_f64().into_iter().map(whole).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elements::NamedArray;
    use layerpath::analysis::Stimuli;

    fn held(name: &str, elements: Elements) -> ArraySource {
        let array = NamedArray { name: name.to_owned(), shape: vec![elements.len()], elements };
        ArraySource::held(Path::new("set.npz"), array)
    }

    fn set(names: &[&str], n_rows: usize) -> ActivationSource {
        let arrays = names.iter().map(|name| held(name, Elements::F32(vec![0.5; n_rows]))).collect();
        ActivationSource { path: "set.npz".into(), arrays, stimuli: Stimuli::row_numbers(n_rows) }
    }

    fn labelled(labels: Elements) -> ActivationSource {
        let mut set = set(&["layer"], labels.len());
        set.arrays.push(held("labels", labels));
        set
    }

    #[test]
    fn the_last_array_becomes_the_target() {
        let mut set = set(&["a", "b", "c"], 3);
        let target = Target::parse("last").unwrap().resolve(&mut set).unwrap();
        assert_eq!(target.name, "c");
        assert_eq!(set.arrays.len(), 2);
        let target = Target::parse("a").unwrap().resolve(&mut set).unwrap();
        assert_eq!(target.name, "a");
        let error = Target::parse("b").unwrap().resolve(&mut set).unwrap_err();
        assert!(error.to_string().contains("only array"), "{error}");
        assert_eq!(set.arrays.len(), 1, "nothing is lost on failure");
    }

    #[test]
    fn labels_become_one_hot_in_increasing_order() {
        for labels in [Elements::Integer(vec![7, -1, 7, 3]), Elements::F32(vec![7.0, -1.0, 7.0, 3.0])] {
            let mut set = labelled(labels);
            let target = Target::parse("labels").unwrap().resolve(&mut set).unwrap();
            assert_eq!(target.shape, [4, 3]);
            let expected = vec![0., 0., 1., 1., 0., 0., 0., 0., 1., 0., 1., 0.];
            assert_eq!(target.read_rows(1..3).unwrap().elements, Elements::F64(expected[3..9].to_vec()));
            assert_eq!(target.read().unwrap().elements, Elements::F64(expected));
        }
    }

    #[test]
    fn numbers_that_are_not_whole_stay() {
        let mut set = labelled(Elements::F64(vec![0.5, 1.0, 2.0]));
        let target = Target::parse("last").unwrap().resolve(&mut set).unwrap();
        assert_eq!(target.shape, [3]);
        assert_eq!(target.read().unwrap().elements, Elements::F64(vec![0.5, 1.0, 2.0]));
    }

    #[test]
    fn labels_without_classes_are_refused() {
        for (labels, word) in [(vec![1, 1, 1], "same label"), (vec![3, 1, 2], "label of its own")] {
            let error = Target::Last.resolve(&mut labelled(Elements::Integer(labels))).unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
        }
    }

    #[test]
    fn unknown_names_list_the_known_ones() {
        let error = Target::parse("z").unwrap().resolve(&mut set(&["a", "b"], 2)).unwrap_err();
        assert!(error.to_string().contains("the arrays are a, b"), "{error}");
        let error = Target::parse("no/such.npy").unwrap().resolve(&mut set(&["a", "b"], 2)).unwrap_err();
        assert!(error.to_string().contains("no/such.npy"), "{error}");
        assert!(Target::parse("").is_err());
    }

    #[test]
    fn a_file_of_labels_must_fit_the_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.npy");
        crate::write_npy(&path, &[3], &[0.0, 1.0, 1.0]).unwrap();
        let target = Target::parse(path.to_str().unwrap()).unwrap();
        let resolved = target.resolve(&mut set(&["a"], 3)).unwrap();
        assert_eq!((resolved.name.as_str(), resolved.shape), ("labels", vec![3, 2]));
        let error = target.resolve(&mut set(&["a"], 4)).unwrap_err();
        assert!(error.to_string().contains("3 rows for 4 stimuli"), "{error}");
    }
}
