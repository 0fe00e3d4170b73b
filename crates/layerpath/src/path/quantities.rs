//! Every statistic of a path as one flat list, for whatever repeats them over samples or permutations.

use std::f64::consts::PI;
use std::fmt;

use super::Path;
use crate::Error;
use crate::geometry::GeometryError;
use crate::table::SymmetricTable;

/// A statistic of a path (docs/math.md §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Quantity {
    /// d(xᵢ, xᵢ₊₁).
    Step,
    /// Sum of the steps.
    Length,
    /// d(x₀, x_L).
    Displacement,
    /// displacement / length.
    Straightness,
    /// length / displacement.
    Tortuosity,
    /// Angle at xᵢ of xᵢ₋₁–xᵢ–xᵢ₊₁ (rad); its index is the i of the layer, 1 … L−1.
    InteriorAngle,
    /// π − interior angle (rad); its index is the i of the layer.
    TurningAngle,
    /// Angle at xᵢ between the directions to xᵢ₊₁ and to the target (rad).
    HeadingAngle,
    /// d(x₀, xᵢ).
    DistanceToStart,
    /// d(xᵢ, x_L).
    DistanceToEnd,
    /// d(xᵢ, T).
    DistanceToTarget,
    /// d(xᵢ, T) − d(xᵢ₊₁, T).
    Progress,
    /// progress / step.
    Efficiency,
    /// Where xᵢ projects on the geodesic from x₀ to T.
    FractionAlong,
    /// Distance of xᵢ to that geodesic.
    Detour,
}

impl Quantity {
    /// Name of the statistic, as in analysis files where it stands there.
    pub fn name(self) -> &'static str {
        match self {
            Self::Step => "steps",
            Self::Length => "length",
            Self::Displacement => "displacement",
            Self::Straightness => "straightness",
            Self::Tortuosity => "tortuosity",
            Self::InteriorAngle => "interior_angles",
            Self::TurningAngle => "turning_angles",
            Self::HeadingAngle => "heading_angles",
            Self::DistanceToStart => "distance_to_start",
            Self::DistanceToEnd => "distance_to_end",
            Self::DistanceToTarget => "distance_to_target",
            Self::Progress => "progress",
            Self::Efficiency => "efficiency",
            Self::FractionAlong => "fraction_along",
            Self::Detour => "detour",
        }
    }

    /// Whether it needs a target.
    pub(super) fn needs_target(self) -> bool {
        matches!(
            self,
            Self::HeadingAngle
                | Self::DistanceToTarget
                | Self::Progress
                | Self::Efficiency
                | Self::FractionAlong
                | Self::Detour
        )
    }

    /// Values that the statistic can have whatever the data, in any metric.
    pub fn range(self) -> (f64, f64) {
        match self {
            Self::Straightness => (0.0, 1.0),
            Self::Tortuosity => (1.0, f64::INFINITY),
            Self::InteriorAngle | Self::TurningAngle | Self::HeadingAngle => (0.0, PI),
            Self::Efficiency => (-1.0, 1.0),
            Self::Progress | Self::FractionAlong => (f64::NEG_INFINITY, f64::INFINITY),
            Self::Step
            | Self::Length
            | Self::Displacement
            | Self::DistanceToStart
            | Self::DistanceToEnd
            | Self::DistanceToTarget
            | Self::Detour => (0.0, f64::INFINITY),
        }
    }
}

/// One number of a path: a statistic, and the layer or step that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatisticKey {
    /// Which statistic.
    pub quantity: Quantity,
    /// The i of docs/math.md §3, counted from 0; `None` for a statistic of the whole path.
    pub index: Option<usize>,
}

impl fmt::Display for StatisticKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            None => f.write_str(self.quantity.name()),
            Some(index) => write!(f, "{}[{index}]", self.quantity.name()),
        }
    }
}

/// Every statistic of a path, in the order of [`Path::statistics`].
pub type Statistics = Vec<(StatisticKey, Result<f64, Undefined>)>;

/// What is computed again in every repeat of a path.
///
/// In quotient and positive definite spaces angles and projections cost hundreds of decompositions a point; distances cost one a
/// pair, and none where only their order changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Every statistic.
    Everything,
    /// What the distances tell: steps, length, displacement, straightness, distances to start, end and target, progress,
    /// efficiency. Angles and projections are undefined in the repeats.
    Distances,
}

/// The statistics of `like` that a table of distances tells, the target last where there is one.
pub(super) fn of_distances(like: &Statistics, table: &SymmetricTable, last: usize) -> Statistics {
    let step = |i: usize| table.get(i, i + 1);
    let length: f64 = (0..last).map(step).sum();
    let displacement = table.get(0, last);
    let progress = |i: usize| table.get(i, last + 1) - table.get(i + 1, last + 1);
    let value = |key: &StatisticKey| match (key.quantity, key.index) {
        (Quantity::Length, None) => Ok(length),
        (Quantity::Displacement, None) => Ok(displacement),
        (Quantity::Straightness, None) if length > 0.0 => Ok((displacement / length).min(1.0)),
        (Quantity::Straightness, None) => Err(Undefined::NoLength),
        (Quantity::Tortuosity, None) if displacement > 0.0 => Ok((length / displacement).max(1.0)),
        (Quantity::Tortuosity, None) => Err(Undefined::Closed),
        (Quantity::Step, Some(i)) => Ok(step(i)),
        (Quantity::DistanceToStart, Some(i)) => Ok(table.get(0, i)),
        (Quantity::DistanceToEnd, Some(i)) => Ok(table.get(i, last)),
        (Quantity::DistanceToTarget, Some(i)) => Ok(table.get(i, last + 1)),
        (Quantity::Progress, Some(i)) => Ok(progress(i)),
        (Quantity::Efficiency, Some(i)) if step(i) > 0.0 => Ok((progress(i) / step(i)).clamp(-1.0, 1.0)),
        _ => Err(Undefined::NotRepeated),
    };
    like.iter().map(|(key, _)| (*key, value(key))).collect()
}

/// Why a number does not exist although the data are well-formed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Undefined {
    /// Geometry leaves it undefined.
    #[error(transparent)]
    Geometry(#[from] GeometryError),
    /// Only distances were computed again in the repeats.
    #[error("only distances were repeated, which do not tell this statistic")]
    NotRepeated,
    /// The path never moves.
    #[error("the path has length 0")]
    NoLength,
    /// The last point is the first.
    #[error("the path ends where it began")]
    Closed,
    /// The statistic is undefined in some of the samples that an interval is made from.
    #[error("undefined in {undefined} of {of} samples")]
    InSamples {
        /// Samples in which it is undefined.
        undefined: usize,
        /// All samples.
        of: usize,
    },
    /// A point of the path does not exist for some choice of stimuli.
    #[error("one of the points does not exist for a choice of the stimuli: {0}")]
    NoPoint(Box<Error>),
    /// Contributions cancel, so that shares of their sum mean nothing.
    #[error("the contributions cancel, so there are no shares of their sum")]
    Cancels,
}

impl Path {
    /// Every statistic of the path in a fixed order, which depends only on the number of points and on whether there is a
    /// target.
    ///
    /// ```
    /// use layerpath::{metric::Metric, path::{Path, Quantity}, representation::Representation};
    /// # let rows = [[0.0, 1.0, 2.0, 0.5, 1.0_f64], [0.1, 0.9, 2.1, 0.2, 0.9]];
    /// # let metric = Metric::default();
    /// # let points: Result<Vec<_>, layerpath::Error> =
    /// #     rows.iter().map(|x| metric.embed(&Representation::new(&x[..], 5, 1)?)).collect();
    /// # let points = points?;
    /// let path = Path::new(&metric, &points, None)?;
    /// let statistics = path.statistics();
    /// let (key, value) = &statistics[0];
    /// assert_eq!(key.quantity, Quantity::Length);
    /// assert_eq!(*value, Ok(path.length()));
    /// # Ok::<(), layerpath::Error>(())
    /// ```
    pub fn statistics(&self) -> Statistics {
        let mut all = Vec::new();
        let mut whole = |quantity, value| all.push((StatisticKey { quantity, index: None }, value));
        whole(Quantity::Length, Ok(self.length()));
        whole(Quantity::Displacement, Ok(self.displacement()));
        whole(Quantity::Straightness, self.straightness().ok_or(Undefined::NoLength));
        whole(Quantity::Tortuosity, self.tortuosity().ok_or(Undefined::Closed));
        let mut each =
            |quantity, first: usize, values: Vec<Result<f64, GeometryError>>| {
                all.extend(values.into_iter().enumerate().map(|(i, value)| {
                    (StatisticKey { quantity, index: Some(first + i) }, value.map_err(Undefined::from))
                }));
            };
        let defined = |values: Vec<f64>| values.into_iter().map(Ok).collect::<Vec<_>>();
        each(Quantity::Step, 0, defined(self.steps().to_vec()));
        each(Quantity::InteriorAngle, 1, self.interior_angles().to_vec());
        each(Quantity::TurningAngle, 1, self.turning_angles());
        each(Quantity::DistanceToStart, 0, defined(self.distance_to_start()));
        each(Quantity::DistanceToEnd, 0, defined(self.distance_to_end()));
        if let Some(angles) = self.heading_angles() {
            each(Quantity::HeadingAngle, 0, angles.to_vec());
        }
        each(Quantity::DistanceToTarget, 0, defined(self.distance_to_target().unwrap_or_default()));
        each(Quantity::Progress, 0, defined(self.progress().unwrap_or_default()));
        each(Quantity::Efficiency, 0, self.efficiency().unwrap_or_default());
        if let Some(projections) = self.projections() {
            let take = |of: fn(crate::geometry::Projection) -> f64| {
                projections.iter().map(|projection| projection.clone().map(of)).collect::<Vec<_>>()
            };
            each(Quantity::FractionAlong, 0, take(|projection| projection.t));
            each(Quantity::Detour, 0, take(|projection| projection.distance));
        }
        all
    }
}
