//! From fractions of the plot area to pixels, with room between panels for what stands there.

/// Fractions closer than this are the same.
const SAME: f64 = 1e-6;

/// Pixels between what belongs to one panel and what belongs to the next.
const APART: f64 = 10.0;

/// Room between two panels, with some more where anything stands in it.
fn apart(room: f64) -> f64 {
    if room > 0.0 { room + APART } else { 0.0 }
}

/// A panel along one side of the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Interval {
    /// From where to where, in fractions of the plot area.
    pub(super) ends: [f64; 2],
    /// Pixels that it needs before and after itself.
    pub(super) room: [f64; 2],
    /// Pixels that it needs itself.
    pub(super) least: f64,
}

/// A piecewise linear map: panels and gaps keep their proportions, but a gap is never narrower than what stands in it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Stretch {
    /// Fraction, pixel at which panels end there, pixel at which panels begin there.
    borders: Vec<(f64, f64, f64)>,
    /// Pixels from one edge of the page to the other.
    pub(super) total: f64,
}

impl Stretch {
    /// The map onto `available` pixels, more if panels would be too small, of which `outer` are left free at the edges.
    pub(super) fn new(intervals: &[Interval], outer: [f64; 2], available: f64) -> Self {
        let mut fractions: Vec<f64> = intervals.iter().flat_map(|interval| interval.ends).chain([0.0, 1.0]).collect();
        fractions.sort_by(f64::total_cmp);
        fractions.dedup_by(|one, other| (*one - *other).abs() < SAME);

        let room = |place: f64, side: usize| {
            let here = intervals.iter().filter(|interval| (interval.ends[side] - place).abs() < SAME);
            here.map(|interval| interval.room[side])
                .fold(None, |room: Option<f64>, more| Some(room.unwrap_or(0.0).max(more)))
        };
        // Room at a border: at the edges of the plot area, and where one panel follows another without a gap.
        let last = fractions.len() - 1;
        let joints: Vec<f64> = fractions
            .iter()
            .enumerate()
            .map(|(place, fraction)| match (room(*fraction, 1), room(*fraction, 0)) {
                (None, Some(before)) if place == 0 => before,
                (Some(after), None) if place == last => after,
                (Some(after), Some(before)) => apart(after + before),
                _ => 0.0,
            })
            .collect();
        let gaps: Vec<(f64, f64)> = fractions
            .windows(2)
            .map(|pair| {
                // A border where panels both end and begin has its room already.
                let open = |place: f64, side: usize| match (room(place, 1), room(place, 0)) {
                    (Some(_), Some(_)) => 0.0,
                    _ => room(place, side).unwrap_or(0.0),
                };
                (pair[1] - pair[0], apart(open(pair[0], 1) + open(pair[1], 0)))
            })
            .collect();

        let fixed = outer[0] + outer[1] + joints.iter().sum::<f64>();
        let total = |scale: f64| fixed + gaps.iter().map(|(length, least)| (scale * length).max(*least)).sum::<f64>();
        let least = intervals.iter().map(|one| one.least / (one.ends[1] - one.ends[0])).fold(1.0, f64::max);
        let (mut low, mut high) = (least, least.max(available));
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if total(middle) > available { high = middle } else { low = middle }
        }
        let scale = low;

        let mut at = outer[0];
        let mut borders = Vec::with_capacity(fractions.len());
        for (place, fraction) in fractions.iter().enumerate() {
            let end = at;
            at += joints[place];
            borders.push((*fraction, end, at));
            if let Some((length, least)) = gaps.get(place) {
                at += (scale * length).max(*least);
            }
        }
        Self { borders, total: at + outer[1] }
    }

    /// Where a panel that begins at `fraction` begins.
    pub(super) fn start(&self, fraction: f64) -> f64 {
        self.border(fraction).map_or_else(|| self.at(fraction), |(_, _, start)| start)
    }

    /// Where a panel that ends at `fraction` ends.
    pub(super) fn end(&self, fraction: f64) -> f64 {
        self.border(fraction).map_or_else(|| self.at(fraction), |(_, end, _)| end)
    }

    /// Where `fraction` is, outside of the plot area too.
    pub(super) fn at(&self, fraction: f64) -> f64 {
        let (Some((_, _, first)), Some((_, last, _))) = (self.borders.first(), self.borders.last()) else { return 0.0 };
        if fraction <= 0.0 || fraction >= 1.0 {
            let inside = if fraction <= 0.0 { (fraction, *first) } else { (fraction - 1.0, *last) };
            return inside.1 + inside.0 * (last - first);
        }
        let after = self.borders.partition_point(|(border, _, _)| *border <= fraction);
        let (Some((low, _, from)), Some((high, to, _))) =
            (self.borders.get(after.saturating_sub(1)), self.borders.get(after))
        else {
            return *last;
        };
        from + (fraction - low) / (high - low) * (to - from)
    }

    fn border(&self, fraction: f64) -> Option<(f64, f64, f64)> {
        self.borders.iter().copied().find(|(border, _, _)| (border - fraction).abs() < SAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(ends: [f64; 2], room: [f64; 2]) -> Interval {
        Interval { ends, room, least: 10.0 }
    }

    fn close(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-6
    }

    #[test]
    fn one_panel_takes_what_its_margins_leave() {
        let stretch = Stretch::new(&[interval([0.0, 1.0], [30.0, 20.0])], [5.0, 5.0], 160.0);
        assert!(close(stretch.start(0.0), 35.0) && close(stretch.end(1.0), 135.0), "{stretch:?}");
        assert!(close(stretch.at(0.5), 85.0) && close(stretch.at(1.1), 145.0) && close(stretch.total, 160.0));
    }

    #[test]
    fn gaps_have_room_for_what_stands_in_them() {
        let panels = [interval([0.0, 0.45], [10.0, 0.0]), interval([0.55, 1.0], [40.0, 0.0])];
        let stretch = Stretch::new(&panels, [0.0, 0.0], 200.0);
        assert!(close(stretch.start(0.55) - stretch.end(0.45), 50.0), "{stretch:?}");
        assert!(close(stretch.end(0.45), 80.0) && close(stretch.end(1.0), 200.0));
        // A gap that is wide enough keeps its share.
        let stretch = Stretch::new(&panels, [0.0, 0.0], 1010.0);
        assert!(close(stretch.start(0.55) - stretch.end(0.45), 100.0), "{stretch:?}");
    }

    #[test]
    fn panels_without_a_gap_are_pushed_apart() {
        let panels = [interval([0.0, 0.5], [10.0, 3.0]), interval([0.5, 1.0], [7.0, 0.0])];
        let stretch = Stretch::new(&panels, [0.0, 0.0], 130.0);
        assert!(close(stretch.end(0.5), 60.0) && close(stretch.start(0.5), 80.0), "{stretch:?}");
    }

    #[test]
    fn the_page_grows_for_panels_that_would_be_too_small() {
        let panel = Interval { ends: [0.0, 0.5], room: [10.0, 0.0], least: 100.0 };
        let stretch = Stretch::new(&[panel], [0.0, 0.0], 50.0);
        assert!(close(stretch.end(0.5) - stretch.start(0.0), 100.0) && close(stretch.total, 210.0), "{stretch:?}");
    }
}
