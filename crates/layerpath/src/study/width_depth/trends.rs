//! Statistics of paths against depth and width, beside what they would be without training, without the order of layers, and
//! at equal accuracy.

use serde::{Deserialize, Serialize};

use super::{Grid, NetworkRecord, stage_ends};
use crate::study::statistics::in_words;
use crate::study::trend::{correlation, trend_at_equal};
use crate::study::{BaselineRange, Correlation, LEVEL, Slope, Trend, trend};

/// One statistic of paths against depth and width.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrendRecord {
    /// Name of the statistic.
    pub statistic: String,
    /// The fit; `None` where the grid does not allow one.
    pub trend: Option<Trend>,
    /// The fit of the networks before training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untrained: Option<Trend>,
    /// The fit of after − before, network by network: whether training makes the trend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Trend>,
    /// The fit with the interior layers of every network in random order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shuffled_order: Option<ShuffledTrend>,
    /// The statistic against the test accuracy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<AccuracyRecord>,
}

/// Changes per doubling with layers in random order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShuffledTrend {
    /// Of depth.
    pub depth: Option<BaselineRange>,
    /// Of width.
    pub width: Option<BaselineRange>,
}

/// A statistic against the test accuracy of networks, which differs with depth and width, too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccuracyRecord {
    /// Of statistic and test accuracy over the networks.
    pub correlation: Option<Correlation>,
    /// The trend between networks of equal test accuracy: y = a + b·log₂ depth + c·log₂ width + d·accuracy.
    pub at_equal: Option<Trend>,
}

/// Test accuracy, for how it goes with depth and width.
const ACCURACY: &str = "test_accuracy";
/// Statistics with a trend.
const FOLLOWED: [&str; 8] = [
    "stage_length",
    "stage_straightness",
    "length",
    "displacement",
    "straightness",
    "mean_interior_angle",
    "mean_heading_angle",
    ACCURACY,
];
/// Those that do not depend on how many points a path is seen at.
const COMPARABLE: [&str; 3] = ["stage_length", "stage_straightness", "displacement"];

/// The trends of all statistics.
pub(super) fn records(
    grid: &Grid<'_>,
    networks: &[NetworkRecord],
    untrained: &[NetworkRecord],
    orders: &[Vec<Vec<usize>>],
) -> Vec<TrendRecord> {
    let at = |one: &NetworkRecord, value: f64| (one.depth, one.width, value);
    let of = |records: &[NetworkRecord], statistic: &str| {
        let all: Vec<_> = records.iter().filter_map(|one| Some(at(one, one.statistic(statistic)?))).collect();
        trend(&all, LEVEL)
    };
    let record = |statistic: &str| {
        let change: Vec<_> = networks
            .iter()
            .zip(untrained)
            .filter_map(|(one, before)| Some(at(one, one.statistic(statistic)? - before.statistic(statistic)?)))
            .collect();
        let known: Vec<(&NetworkRecord, f64, f64)> =
            networks.iter().filter_map(|one| Some((one, one.statistic(statistic)?, one.test_accuracy?))).collect();
        let accuracy = (statistic != ACCURACY && !known.is_empty()).then(|| {
            let numbers: Vec<_> = known.iter().map(|(one, value, _)| at(one, *value)).collect();
            let values: Vec<f64> = known.iter().map(|(_, value, _)| *value).collect();
            let accuracies: Vec<f64> = known.iter().map(|(.., accuracy)| *accuracy).collect();
            AccuracyRecord {
                correlation: correlation(&accuracies, &values, LEVEL),
                at_equal: trend_at_equal(&numbers, &accuracies, LEVEL),
            }
        });
        TrendRecord {
            statistic: statistic.to_owned(),
            trend: of(networks, statistic),
            untrained: of(untrained, statistic),
            change: trend(&change, LEVEL),
            shuffled_order: shuffled(grid, networks, orders, statistic),
            accuracy,
        }
    };
    let known = |statistic: &&str| *statistic != ACCURACY || networks.iter().any(|one| one.test_accuracy.is_some());
    FOLLOWED.into_iter().filter(known).map(record).collect()
}

/// Trends of a statistic that the order of layers decides, and that distances alone tell.
fn shuffled(
    grid: &Grid<'_>,
    networks: &[NetworkRecord],
    orders: &[Vec<Vec<usize>>],
    statistic: &str,
) -> Option<ShuffledTrend> {
    let (of_stages, is_share) = match statistic {
        "length" => (false, false),
        "straightness" => (false, true),
        "stage_length" => (true, false),
        "stage_straightness" => (true, true),
        _ => return None,
    };
    if of_stages && networks.iter().any(|one| one.stage_length.is_none()) {
        return None;
    }
    let ends: Vec<Vec<usize>> = networks.iter().map(|one| stage_ends(&one.layers)).collect();
    let repeat = |orders: &Vec<Vec<usize>>| {
        let mut all = Vec::new();
        for (((record, network), order), ends) in networks.iter().zip(grid.networks).zip(orders).zip(&ends) {
            let seen: Vec<usize> = order
                .iter()
                .filter(|layer| !of_stages || ends.contains(layer))
                .map(|layer| network.places.start + layer)
                .collect();
            let length: f64 = seen.windows(2).map(|two| grid.distances[two[0]][two[1]]).sum();
            if !is_share {
                all.push((record.depth, record.width, length));
            } else if length > 0.0 {
                all.push((record.depth, record.width, record.displacement / length));
            }
        }
        trend(&all, LEVEL)
    };
    let fits: Vec<Trend> = orders.iter().filter_map(repeat).collect();
    let slopes = |of: fn(&Trend) -> Option<&Slope>| fits.iter().filter_map(of).map(|one| one.per_doubling).collect();
    let found = ShuffledTrend {
        depth: BaselineRange::of(slopes(|fit| fit.depth.as_ref())),
        width: BaselineRange::of(slopes(|fit| fit.width.as_ref())),
    };
    (found.depth.is_some() || found.width.is_some()).then_some(found)
}

/// A sentence, what it is about, and whether it claims something.
pub(super) struct Sentence {
    statistic: String,
    pub(super) text: String,
    /// The trend with its interval alone, as a part of a sentence.
    short: String,
    pub(super) supported: bool,
}

impl Sentence {
    /// Whether it is about a statistic that does not depend on how many points a path is seen at.
    pub(super) fn is_comparable(&self) -> bool {
        COMPARABLE.contains(&self.statistic.as_str())
    }
}

fn is_supported(slope: &Slope) -> bool {
    slope.low > 0.0 || slope.high < 0.0
}

/// What a doubling of depth and of width does to each statistic of a path.
pub(super) fn sentences(trends: &[TrendRecord], unit: &str) -> Vec<Sentence> {
    let both = |record: &TrendRecord| {
        let depth = sentence(record, unit, "depth", |fit| fit.depth.as_ref(), |one| one.depth);
        let width = sentence(record, unit, "width", |fit| fit.width.as_ref(), |one| one.width);
        depth.into_iter().chain(width).collect::<Vec<_>>()
    };
    trends.iter().filter(|one| one.statistic != ACCURACY).flat_map(both).collect()
}

/// The sentences that an answer needs: those that the data support, and one that names all others of `sentences`.
pub(super) fn in_short<'a>(sentences: impl Iterator<Item = &'a Sentence>) -> Vec<String> {
    let (supported, open): (Vec<&Sentence>, Vec<&Sentence>) = sentences.partition(|one| one.supported);
    let mut told: Vec<String> = supported.into_iter().map(|one| one.text.clone()).collect();
    if !open.is_empty() {
        let parts: Vec<&str> = open.iter().map(|one| one.short.as_str()).collect();
        told.push(format!("The data do not support that {}.", parts.join(", nor that ")));
    }
    told
}

fn sentence(
    record: &TrendRecord,
    unit: &str,
    factor: &str,
    of: fn(&Trend) -> Option<&Slope>,
    chance: fn(&ShuffledTrend) -> Option<BaselineRange>,
) -> Option<Sentence> {
    let slope = record.trend.as_ref().and_then(of)?;
    let what = in_words(&record.statistic, unit);
    let beside = |name: &str, fit: Option<&Trend>| {
        fit.and_then(of).map(|one| format!("{name} {:+.3}, {:+.3} to {:+.3}", one.per_doubling, one.low, one.high))
    };
    let at_equal = record.accuracy.as_ref().and_then(|one| one.at_equal.as_ref());
    let shuffled = record
        .shuffled_order
        .as_ref()
        .and_then(chance)
        .map(|band| format!("layers in random order {:+.3}, {:+.3} to {:+.3}", band.median, band.low, band.high));
    let parts: Vec<String> = [
        beside("untrained", record.untrained.as_ref()),
        beside("trained minus untrained", record.change.as_ref()),
        shuffled,
        beside("at equal test accuracy", at_equal),
    ]
    .into_iter()
    .flatten()
    .collect();
    let parts = if parts.is_empty() { String::new() } else { format!("; {}", parts.join("; ")) };
    let Slope { per_doubling, low, high } = slope;
    let numbers = format!("{per_doubling:+.3} a doubling, 95 % over networks {low:+.3} to {high:+.3}{parts}");
    let supported = is_supported(slope);
    let text = if supported {
        let verb = if *low > 0.0 { "increases" } else { "decreases" };
        // The same trend, of the same sign, in what is left when the one explanation is taken out.
        let stays = |fit: Option<&Trend>| {
            fit.and_then(of).map(|one| is_supported(one) && (one.per_doubling > 0.0) == (*per_doubling > 0.0))
        };
        let mut doubts = Vec::new();
        if stays(record.change.as_ref()) == Some(false) {
            doubts.push("that training makes this trend");
        }
        if stays(at_equal) == Some(false) {
            doubts.push("that networks of equal accuracy have it");
        }
        let doubts = if doubts.is_empty() {
            String::new()
        } else {
            format!(" The data do not support {}.", doubts.join(", nor "))
        };
        format!("With {factor}, {what} {verb} ({numbers}).{doubts}")
    } else {
        format!("The data do not support that {what} changes with {factor} ({numbers}).")
    };
    let short = format!(
        "{what} changes with {factor} ({per_doubling:+.3} a doubling, 95 % over networks {low:+.3} to {high:+.3})"
    );
    Some(Sentence { statistic: record.statistic.clone(), text, short, supported })
}

/// How accuracy goes with depth and width, and the comparable statistics with it; none where no accuracy is known.
pub(super) fn accuracy_sentence(trends: &[TrendRecord], unit: &str) -> Option<String> {
    let fit = trends.iter().find(|one| one.statistic == ACCURACY)?.trend.as_ref()?;
    let part = |factor: &str, slope: Option<&Slope>| {
        slope.map(|one| format!("{:+.3} a doubling of {factor}, {:+.3} to {:+.3}", one.per_doubling, one.low, one.high))
    };
    let parts: Vec<String> =
        [part("depth", fit.depth.as_ref()), part("width", fit.width.as_ref())].into_iter().flatten().collect();
    let grows = [&fit.depth, &fit.width].into_iter().flatten().any(is_supported);
    let correlations: Vec<String> = trends
        .iter()
        .filter(|one| COMPARABLE.contains(&one.statistic.as_str()))
        .filter_map(|one| {
            let Correlation { value, low, high, .. } = one.accuracy.as_ref()?.correlation.as_ref()?;
            let (low, high) = ((*low)?, (*high)?);
            Some(format!("{value:+.2} ({low:+.2} to {high:+.2}) with {}", in_words(&one.statistic, unit)))
        })
        .collect();
    let correlations = if correlations.is_empty() {
        String::new()
    } else {
        format!(" Its correlation over the {} networks is {}.", fit.networks, correlations.join(", "))
    };
    let numbers = parts.join("; ");
    Some(if grows {
        format!("Size and accuracy go together: test accuracy changes by {numbers} (95 % over networks).{correlations}")
    } else {
        format!("The data do not support that test accuracy changes with size ({numbers}).{correlations}")
    })
}
