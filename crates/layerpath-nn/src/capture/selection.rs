//! Names of states, and which of them to capture.

use crate::error::{Error, Result};
use crate::model::Architecture;
use crate::model::program::program;
use globset::{GlobBuilder, GlobMatcher};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A state of a network: its name and its shape for one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateDescription {
    /// `input`, `stem.conv`, `stem.bn`, `stem.relu`; for each block `stage<s>.block<b>` with
    /// `.conv1`, `.bn1`, `.relu1`, `.conv2`, `.bn2`, where there is one `.shortcut.conv` and
    /// `.shortcut.bn`, then `.sum` and `.relu2` (the block's output); `pool`, `logits`. In plain
    /// networks `input`, `stage<s>.layer<l>` with `.conv`, `.bn`, `.relu`, `stage<s>.pool` after the
    /// first four stages; `pool`, `logits`.
    pub name: String,
    /// (channels, height, width) or (features).
    pub shape: Vec<usize>,
}

/// All states of a network in execution order.
pub fn state_names(architecture: Architecture) -> Vec<StateDescription> {
    program(&architecture)
        .into_iter()
        .filter_map(|instruction| instruction.state.map(|name| StateDescription { name, shape: instruction.shape }))
        .collect()
}

/// Which states to capture.
///
/// Written `all`; `blocks` for input, `stem.relu`, every block's output, `pool` and `logits` (in
/// plain networks every layer's `relu` and every max pooling in the place of blocks); or globs separated by commas, such as `stage1.*,logits` (`*` matches any text, `{a,b}` either).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum LayerSelection {
    /// Every state.
    All,
    /// Input, stem, block outputs, pools and logits.
    Blocks,
    /// The states that one of the globs matches.
    Glob(Globs),
}

/// One or more globs over names of states.
#[derive(Debug, Clone)]
pub struct Globs {
    text: String,
    matchers: Vec<GlobMatcher>,
}

impl LayerSelection {
    /// The names of the selected states.
    ///
    /// # Errors
    /// [`Error::Selection`] where a glob matches no state of the network.
    pub fn resolve(&self, architecture: Architecture) -> Result<BTreeSet<String>> {
        let names = state_names(architecture).into_iter().map(|state| state.name);
        match self {
            Self::All => Ok(names.collect()),
            Self::Blocks => Ok(names
                .filter(|name| {
                    matches!(name.as_str(), "input" | "stem.relu" | "pool" | "logits")
                        || matches!(name.rsplit_once('.'), Some((_, "relu2" | "pool")))
                        || (!architecture.is_residual() && matches!(name.rsplit_once('.'), Some((_, "relu"))))
                })
                .collect()),
            Self::Glob(Globs { text, matchers }) => {
                let names: Vec<String> = names.collect();
                for matcher in matchers {
                    if !names.iter().any(|name| matcher.is_match(name)) {
                        return Err(Error::Selection {
                            text: text.clone(),
                            reason: format!(
                                "`{}` matches no state of {architecture}; its states are {}, …, {}",
                                matcher.glob(),
                                names[..names.len().min(9)].join(", "),
                                names[names.len().saturating_sub(3)..].join(", "),
                            ),
                        });
                    }
                }
                Ok(names.into_iter().filter(|name| matchers.iter().any(|matcher| matcher.is_match(name))).collect())
            }
        }
    }
}

impl fmt::Display for LayerSelection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::All => "all",
            Self::Blocks => "blocks",
            Self::Glob(globs) => &globs.text,
        })
    }
}

impl FromStr for LayerSelection {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.trim() {
            "all" => Ok(Self::All),
            "blocks" => Ok(Self::Blocks),
            globs => {
                let matchers = split(globs)
                    .into_iter()
                    .map(|glob| {
                        GlobBuilder::new(glob)
                            .build()
                            .map(|glob| glob.compile_matcher())
                            .map_err(|error| Error::Selection { text: text.to_owned(), reason: error.to_string() })
                    })
                    .collect::<Result<Vec<_>>>()?;
                if matchers.is_empty() {
                    let reason = "give `all`, `blocks` or globs such as `stage1.*,logits`";
                    return Err(Error::Selection { text: text.to_owned(), reason: reason.to_owned() });
                }
                Ok(Self::Glob(Globs { text: globs.to_owned(), matchers }))
            }
        }
    }
}

/// Parts between commas that stand outside braces.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0i32);
    for (position, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth <= 0 => {
                parts.push(&text[start..position]);
                start = position + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn selected(text: &str) -> Vec<String> {
        let selection: LayerSelection = text.parse().unwrap();
        assert_eq!(selection.to_string(), text);
        selection.resolve("resnet8x4".parse().unwrap()).unwrap().into_iter().collect()
    }

    #[test]
    fn states_are_named_in_execution_order() {
        let states = state_names("resnet8x4".parse().unwrap());
        let names: Vec<_> = states.iter().map(|state| state.name.as_str()).collect();
        assert_eq!(
            names[..12],
            [
                "input",
                "stem.conv",
                "stem.bn",
                "stem.relu",
                "stage1.block1.conv1",
                "stage1.block1.bn1",
                "stage1.block1.relu1",
                "stage1.block1.conv2",
                "stage1.block1.bn2",
                "stage1.block1.sum",
                "stage1.block1.relu2",
                "stage2.block1.conv1",
            ]
        );
        assert_eq!(
            names[15..20],
            [
                "stage2.block1.bn2",
                "stage2.block1.shortcut.conv",
                "stage2.block1.shortcut.bn",
                "stage2.block1.sum",
                "stage2.block1.relu2",
            ]
        );
        assert_eq!(names[names.len() - 2..], ["pool", "logits"]);
        assert_eq!(states[0].shape, [3, 32, 32]);
        assert_eq!(states[19].shape, [8, 16, 16]);
        assert_eq!(states[names.len() - 3].shape, [16, 8, 8]);
        assert_eq!(states[names.len() - 2].shape, [16]);
        assert_eq!(states[names.len() - 1].shape, [10]);
    }

    #[test]
    fn selections_resolve() {
        assert_eq!(selected("all").len(), 31);
        assert_eq!(
            selected("blocks"),
            [
                "input",
                "logits",
                "pool",
                "stage1.block1.relu2",
                "stage2.block1.relu2",
                "stage3.block1.relu2",
                "stem.relu",
            ]
        );
        assert_eq!(
            selected("stem.{conv,bn},*.sum"),
            ["stage1.block1.sum", "stage2.block1.sum", "stage3.block1.sum", "stem.bn", "stem.conv",]
        );
    }

    #[test]
    fn states_of_plain_networks() {
        let architecture: Architecture = "vgg11x2".parse().unwrap();
        let states = state_names(architecture);
        let names: Vec<_> = states.iter().map(|state| state.name.as_str()).collect();
        let expected = [
            "input",
            "stage1.layer1.conv",
            "stage1.layer1.bn",
            "stage1.layer1.relu",
            "stage1.pool",
            "stage2.layer1.conv",
        ];
        assert_eq!(names[..6], expected);
        // Input, three states of each of eight convolutions, four poolings, pool and logits.
        assert_eq!(names.len(), 1 + 24 + 4 + 2);
        assert_eq!(states[3].shape, [2, 32, 32]);
        assert_eq!(states[4].shape, [2, 16, 16]);
        assert_eq!(states[states.len() - 3].shape, [16, 2, 2]);
        assert_eq!(LayerSelection::Blocks.resolve(architecture).unwrap().len(), 1 + 8 + 4 + 2);
    }

    #[test]
    fn a_glob_that_matches_nothing_lists_names() {
        let selection: LayerSelection = "logits,stage4.*".parse().unwrap();
        let message = selection.resolve("resnet8x4".parse().unwrap()).unwrap_err().to_string();
        assert!(message.contains("`stage4.*` matches no state of resnet8x4"), "{message}");
        assert!(message.contains("stem.relu") && message.contains("logits"), "{message}");
        assert!("".parse::<LayerSelection>().is_err());
        assert!("{a".parse::<LayerSelection>().is_err());
    }
}
