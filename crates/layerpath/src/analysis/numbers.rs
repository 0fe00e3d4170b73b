//! The numbers of a path, one after another.

use super::PathRecord;

/// One number of a path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PathNumber {
    /// Name of the statistic, as in [`IntervalRecord::statistic`](super::IntervalRecord::statistic).
    pub statistic: &'static str,
    /// The layer or step that it belongs to, as in [`IntervalRecord::index`](super::IntervalRecord::index); `None` for the whole
    /// path.
    pub index: Option<usize>,
    /// The number; `None` where it is undefined.
    pub value: Option<f64>,
}

impl PathRecord {
    /// Every number that intervals and baselines can stand beside: of the whole path, then statistic by statistic, layer by layer.
    ///
    /// ```
    /// # use layerpath::analysis::{PathDescription, PointRecord, Stimuli, analyze};
    /// # use layerpath::metric::Metric;
    /// # use layerpath::representation::Representation;
    /// # let metric = Metric::default();
    /// # let point = |name: &str, index: usize, values: [f64; 8]| {
    /// #     let point = metric.embed(&Representation::new(&values[..], 8, 1).unwrap()).unwrap();
    /// #     (PointRecord { name: name.into(), layer: name.into(), index: Some(index), ..PointRecord::default() }, point)
    /// # };
    /// # let points = [
    /// #     point("a", 0, [0.0, 1.0, 2.0, 5.0, 3.0, 1.0, 4.0, 2.0]),
    /// #     point("b", 1, [1.0, 1.0, 0.0, 2.0, 3.0, 5.0, 4.0, 2.0]),
    /// # ];
    /// # let records: Vec<PointRecord> = points.iter().map(|(record, _)| record.clone()).collect();
    /// # let paths: Vec<PathDescription> = layerpath::analysis::paths(&records, layerpath::analysis::Along::Layers);
    /// # let analysis = analyze(&metric, Stimuli::row_numbers(8), &points, &paths).unwrap();
    /// let path = &analysis.paths[0];
    /// let step = path.numbers().into_iter().find(|one| one.statistic == "steps" && one.index == Some(0)).unwrap();
    /// assert_eq!(step.value, Some(path.steps[0]));
    /// ```
    pub fn numbers(&self) -> Vec<PathNumber> {
        let mut all = Vec::new();
        let mut whole = |statistic, value| all.push(PathNumber { statistic, index: None, value });
        whole("length", Some(self.length));
        whole("displacement", Some(self.displacement));
        whole("straightness", self.straightness);
        let mut each = |statistic, first: usize, values: &mut dyn Iterator<Item = Option<f64>>| {
            all.extend(values.enumerate().map(|(i, value)| PathNumber { statistic, index: Some(first + i), value }));
        };
        each("steps", 0, &mut self.steps.iter().copied().map(Some));
        each("interior_angles", 1, &mut self.interior_angles.iter().copied());
        each("heading_angles", 0, &mut self.heading_angles.iter().flatten().copied());
        each("distance_to_start", 0, &mut self.distance_to_start.iter().copied().map(Some));
        each("distance_to_target", 0, &mut self.distance_to_target.iter().flatten().copied().map(Some));
        each("progress", 0, &mut self.progress.iter().flatten().copied().map(Some));
        each("efficiency", 0, &mut self.efficiency.iter().flatten().copied());
        each("fraction_along", 0, &mut self.projection.iter().flatten().map(|one| one.map(|one| one.t)));
        each("detour", 0, &mut self.projection.iter().flatten().map(|one| one.map(|one| one.distance)));
        all
    }
}
