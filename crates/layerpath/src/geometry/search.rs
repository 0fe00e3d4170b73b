//! Bounded one-dimensional search for the nearest point of a geodesic.

use std::cell::Cell;

use super::{GeometryError, Projection, Search};

/// How closely a searched projection knows its t: the root of the derivative of the squared distance is bracketed to
/// within this much of max(1, |t|).
pub const PROJECTION_TOLERANCE: f64 = 1e-12;

/// Halvings of a bracket at most; 100 would bring any bracket of doubles below the tolerance.
const STEPS: usize = 120;

/// Squared distance at some t, and its derivative.
#[derive(Debug, Clone, Copy)]
pub(super) struct Height {
    pub(super) square: f64,
    pub(super) slope: f64,
}

/// Where to look for the lowest minimum.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) low: f64,
    pub(super) high: f64,
    /// How fast the geodesic moves: the distance is Lipschitz with this constant in t.
    pub(super) speed: f64,
    /// How often a cell of the first grid may be halved.
    pub(super) halvings: usize,
}

/// Rounding of a squared distance, relative to the largest in the window.
const NOISE: f64 = 1e-15;

/// Cells of the first grid.
const CELLS: usize = 32;

/// The lowest minimum of a squared distance in a window: a grid of 32 cells; those that could hold a lower value than the
/// lowest seen (|f(s) − f(t)| ≤ speed·|s − t|) are halved a bounded number of times; then the derivative's root in every
/// cell left where it changes from falling to rising.
pub(super) fn lowest(
    window: Window,
    height: impl Fn(f64) -> Result<Height, GeometryError>,
) -> Result<Projection, GeometryError> {
    let evaluations = Cell::new(0);
    let height = counted(&height, &evaluations);
    let at = |i: usize| window.low + (window.high - window.low) * i as f64 / CELLS as f64;
    let mut grid = Vec::with_capacity(CELLS + 1);
    for i in 0..=CELLS {
        grid.push((at(i), height(at(i))?));
    }
    let highest = grid.iter().fold(0.0_f64, |sofar, (_, value)| sofar.max(value.square));
    if grid.iter().all(|(_, value)| highest - value.square <= 1e-14 * highest) {
        return Err(GeometryError::Equidistant);
    }
    let distance = |value: &Height| value.square.max(0.0).sqrt();
    let lowest_of = |points: &[(f64, Height)]| {
        points.iter().fold(
            (0.0, f64::INFINITY),
            |best, (t, value)| {
                if value.square < best.1 { (*t, value.square) } else { best }
            },
        )
    };
    // Squares are differences of larger numbers; below this they are rounding, and the slopes know better.
    let noise = NOISE * highest;
    let mut best = lowest_of(&grid);
    let mut cells: Vec<[(f64, Height); 2]> = grid.windows(2).map(|pair| [pair[0], pair[1]]).collect();
    for halving in 0..=window.halvings {
        let floor = best.1.max(0.0).sqrt();
        cells.retain(|[(low, left), (high, right)]| {
            (distance(left) + distance(right) - window.speed * (high - low)) / 2.0 < floor + noise.sqrt()
        });
        if halving == window.halvings {
            break;
        }
        let mut halves = Vec::with_capacity(2 * cells.len());
        for [left, right] in cells {
            let t = left.0 + (right.0 - left.0) / 2.0;
            let middle = (t, height(t)?);
            halves.extend([[left, middle], [middle, right]]);
            if middle.1.square < best.1 {
                best = (t, middle.1.square);
            }
        }
        cells = halves;
    }
    let mut lowest_root: Option<(f64, f64, f64)> = None;
    for [(low, left), (high, right)] in cells {
        if left.slope < 0.0 && right.slope >= 0.0 {
            let found = root(low, high, left.slope, right.slope, &height)?;
            if lowest_root.is_none_or(|sofar| found.1 < sofar.1) {
                lowest_root = Some(found);
            }
        }
    }
    // At equal height the root: it knows its t to the tolerance, a point of the grid does not.
    let (t, square, bracket) = match lowest_root {
        Some(found) if found.1 <= best.1 + noise => found,
        _ => (best.0, best.1, (window.high - window.low) / (CELLS << window.halvings) as f64),
    };
    let search = Some(Search { bracket, evaluations: evaluations.get() });
    Ok(Projection { t, distance: square.max(0.0).sqrt(), search })
}

/// The minimum of a convex function, from a bracket that is doubled around [0, 1] until the derivative changes its sign.
pub(super) fn convex(height: impl Fn(f64) -> Result<Height, GeometryError>) -> Result<Projection, GeometryError> {
    let evaluations = Cell::new(0);
    let height = counted(&height, &evaluations);
    let bracket = || -> Result<(f64, f64, f64, f64), GeometryError> {
        let (mut low, mut high) = (0.0, 1.0);
        let (mut falling, mut rising) = (height(low)?.slope, height(high)?.slope);
        let mut reach = 1.0;
        for _ in 0..20 {
            if falling <= 0.0 && rising >= 0.0 {
                return Ok((low, high, falling, rising));
            }
            if falling > 0.0 {
                (high, rising) = (low, falling);
                low -= reach;
                falling = height(low)?.slope;
            } else {
                (low, falling) = (high, rising);
                high += reach;
                rising = height(high)?.slope;
            }
            reach *= 2.0;
        }
        Err(GeometryError::NotConverged { what: "the projection", steps: 20 })
    };
    let (low, high, falling, rising) = bracket()?;
    let (t, square, bracket) = root(low, high, falling, rising, &height)?;
    let search = Some(Search { bracket, evaluations: evaluations.get() });
    Ok(Projection { t, distance: square.max(0.0).sqrt(), search })
}

/// The same function, counting how often it is asked.
fn counted<'a>(
    height: &'a impl Fn(f64) -> Result<Height, GeometryError>,
    evaluations: &'a Cell<usize>,
) -> impl Fn(f64) -> Result<Height, GeometryError> + 'a {
    move |t| {
        evaluations.set(evaluations.get() + 1);
        height(t)
    }
}

/// Root of the derivative in a bracket, by false position and halving: t, the squared distance there, and the width of the
/// bracket.
fn root(
    mut low: f64,
    mut high: f64,
    mut falling: f64,
    mut rising: f64,
    height: &impl Fn(f64) -> Result<Height, GeometryError>,
) -> Result<(f64, f64, f64), GeometryError> {
    // Which end moved last: false position that keeps one end halves that end's weight (Illinois).
    let mut moved_low = None;
    for step in 0..STEPS {
        let tolerance = PROJECTION_TOLERANCE * low.abs().max(high.abs()).max(1.0);
        let secant = low - falling * (high - low) / (rising - falling);
        let inside = secant.is_finite() && secant > low && secant < high;
        // Every third step halves, so that the bracket shrinks whatever the function. The others stay off the ends by a
        // part of the tolerance, so that a root next to one end is soon bracketed from both sides.
        let t = if step % 3 == 2 || !inside {
            low + (high - low) / 2.0
        } else {
            secant.max(low + tolerance / 4.0).min(high - tolerance / 4.0)
        };
        let value = height(t)?;
        if value.slope == 0.0 {
            return Ok((t, value.square, 0.0));
        }
        if high - low <= tolerance {
            return Ok((t, value.square, high - low));
        }
        if value.slope < 0.0 {
            (low, falling) = (t, value.slope);
            if moved_low == Some(true) {
                rising /= 2.0;
            }
            moved_low = Some(true);
        } else {
            (high, rising) = (t, value.slope);
            if moved_low == Some(false) {
                falling /= 2.0;
            }
            moved_low = Some(false);
        }
    }
    Err(GeometryError::NotConverged { what: "the projection", steps: STEPS })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parabola(centre: f64) -> impl Fn(f64) -> Result<Height, GeometryError> {
        move |t| Ok(Height { square: (t - centre).powi(2) + 4.0, slope: 2.0 * (t - centre) })
    }

    #[test]
    fn finds_minima_inside_and_far_outside() {
        for centre in [0.0, 0.3, 1.0, -7.3, 1234.5] {
            let found = convex(parabola(centre)).unwrap();
            assert!((found.t - centre).abs() < 1e-9 * centre.abs().max(1.0), "{centre}: {found:?}");
            assert!((found.distance - 2.0).abs() < 1e-9);
            let search = found.search.unwrap();
            assert!(search.bracket <= PROJECTION_TOLERANCE * centre.abs().max(1.0) * 2.0 && search.evaluations > 2);
        }
    }

    #[test]
    fn finds_the_lower_of_two_valleys() {
        // (t² − 1)² + t/10 has minima near −1 and 1, the one near −1 lower.
        let wells =
            |t: f64| Ok(Height { square: (t * t - 1.0).powi(2) + 0.1 * t + 1.0, slope: 4.0 * t * (t * t - 1.0) + 0.1 });
        let window = Window { low: -3.0, high: 3.0, speed: 100.0, halvings: 2 };
        let found = lowest(window, wells).unwrap();
        assert!((found.t + 1.0125).abs() < 1e-3, "{found:?}");
        assert!((4.0 * found.t * (found.t * found.t - 1.0) + 0.1).abs() < 1e-10);
    }

    #[test]
    fn a_bracket_that_never_closes_is_an_error() {
        assert!(matches!(convex(|t| Ok(Height { square: -t, slope: -1.0 })), Err(GeometryError::NotConverged { .. })));
    }
}
