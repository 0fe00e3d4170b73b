//! An analysis as the page shows it: names looked up, colours and element names assigned.

use std::collections::HashMap;

use layerpath::analysis::{Along, Analysis, PathRecord, PointRecord};

use crate::format::{epoch_name, with_unit};
use crate::{Error, NamedAnalysis};

/// The colours of Okabe and Ito (2008) that can be told apart by everybody and seen on white and on black alike.
pub(crate) const COLORS: [&str; 6] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];

/// Markers that change when the colours start again, filled and open.
pub(crate) const SYMBOLS: [(&str, &str); 4] = [
    ("circle", "circle-open"),
    ("square", "square-open"),
    ("diamond", "diamond-open"),
    ("triangle-up", "triangle-up-open"),
];

/// One section of the page.
pub(crate) struct AnalysisView<'a> {
    /// Prefix of the element names in this section, for example `analysis-1`.
    pub(crate) id: String,
    /// Heading.
    pub(crate) title: &'a str,
    /// The numbers.
    pub(crate) analysis: &'a Analysis,
    /// The paths, in the order of the document.
    pub(crate) paths: Vec<PathView<'a>>,
}

/// One path and how it is drawn.
pub(crate) struct PathView<'a> {
    /// Element name of its table, for example `analysis-1-path-2`.
    pub(crate) id: String,
    /// The numbers.
    pub(crate) record: &'a PathRecord,
    /// What is written at each point: layers, or epochs for a path along epochs.
    pub(crate) labels: Vec<String>,
    /// Places in the order of execution, where known.
    pub(crate) indices: Vec<Option<usize>>,
    /// Colour of lines and markers.
    pub(crate) color: &'static str,
    /// Filled marker.
    pub(crate) symbol: &'static str,
    /// The same marker, open.
    pub(crate) symbol_open: &'static str,
}

impl<'a> AnalysisView<'a> {
    /// The view of the analysis at `place` in the report, counted from 0.
    pub(crate) fn new(place: usize, named: &'a NamedAnalysis) -> Result<Self, Error> {
        let NamedAnalysis { title, analysis } = named;
        let id = format!("analysis-{}", place + 1);
        let points: HashMap<&str, &PointRecord> =
            analysis.points.iter().map(|point| (point.name.as_str(), point)).collect();
        let paths = analysis
            .paths
            .iter()
            .enumerate()
            .map(|(place, record)| PathView::new(&id, place, record, title, &points))
            .collect::<Result<_, _>>()?;
        Ok(Self { id, title, analysis, paths })
    }

    /// `quantity` with the unit of distances in parentheses, if there is one; plain text.
    pub(crate) fn with_unit(&self, quantity: &str) -> String {
        with_unit(quantity, &self.analysis.unit)
    }

    /// What varies along the paths, in one word.
    pub(crate) fn along(&self) -> &'static str {
        let all = |along| self.paths.iter().all(|path| path.record.along == along);
        if all(Along::Layers) {
            "layer"
        } else if all(Along::Epochs) {
            "epoch"
        } else {
            "place on the path"
        }
    }

    /// The labels that all paths have in common, if they do.
    pub(crate) fn common_labels(&self) -> Option<&[String]> {
        let (first, others) = self.paths.split_first()?;
        others.iter().all(|path| path.labels == first.labels).then_some(first.labels.as_slice())
    }
}

impl<'a> PathView<'a> {
    fn new(
        section: &str,
        place: usize,
        record: &'a PathRecord,
        analysis: &str,
        points: &HashMap<&str, &'a PointRecord>,
    ) -> Result<Self, Error> {
        let points = record
            .points
            .iter()
            .map(|name| {
                points.get(name.as_str()).copied().ok_or_else(|| Error::UnknownPoint {
                    analysis: analysis.to_owned(),
                    path: record.name.clone(),
                    point: name.clone(),
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let (symbol, symbol_open) = SYMBOLS[place / COLORS.len() % SYMBOLS.len()];
        Ok(Self {
            id: format!("{section}-path-{}", place + 1),
            record,
            labels: points.iter().map(|point| label_of(record.along, point)).collect(),
            indices: points.iter().map(|point| point.index).collect(),
            color: COLORS[place % COLORS.len()],
            symbol,
            symbol_open,
        })
    }

    /// Interior angle at each point of the path, `None` at the ends too.
    pub(crate) fn interior_angles(&self) -> Vec<Option<f64>> {
        let mut angles = vec![None; self.labels.len()];
        for (place, angle) in self.record.interior_angles.iter().enumerate() {
            angles[place + 1] = *angle;
        }
        angles
    }

    /// The reason why entry `index` of `statistic` is null.
    pub(crate) fn reason(&self, statistic: &str, index: Option<usize>) -> &'a str {
        self.record
            .undefined
            .iter()
            .find(|undefined| undefined.statistic == statistic && undefined.index == index)
            .map_or("undefined; the analysis gives no reason", |undefined| &undefined.reason)
    }
}

fn label_of(along: Along, point: &PointRecord) -> String {
    match (along, point.epoch) {
        (Along::Epochs, Some(epoch)) => format!("epoch {}", epoch_name(epoch)),
        _ if point.layer.is_empty() => point.name.clone(),
        _ => point.layer.clone(),
    }
}
