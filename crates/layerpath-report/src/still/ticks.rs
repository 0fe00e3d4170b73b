//! Round numbers along an axis, and how they are written.

use super::text::{Label, Level};

/// More ticks than this are thinned out whatever the layout asks for.
const MOST_TICKS: f64 = 200.0;
/// Numbers from here on, and steps below [`SMALL_STEP`], are written with a power of ten.
const LARGE: f64 = 1e6;
/// See [`LARGE`].
const SMALL_STEP: f64 = 1e-4;
/// Steps smaller than this share of the largest number leave too many digits before a power of ten.
const SHORT: f64 = 1e-3;

/// Powers of ten that are written as numbers, if all of an axis are among them.
const SHORT_POWERS: std::ops::RangeInclusive<f64> = -3.1..=4.1;

/// A place on an axis, in units of its scale, and what is written there, which may be nothing.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) label: Label,
}

/// Steps of 1, 2 or 5 times a power of ten, about `n_ticks` of them.
pub(super) fn round(range: [f64; 2], n_ticks: f64) -> Vec<Tick> {
    multiples(range, 0.0, round_step((range[1] - range[0]) / n_ticks.max(1.0)))
}

/// From `first` in steps of `step`, fewer of them if there were more than an axis can hold.
pub(super) fn steps(range: [f64; 2], first: f64, step: f64, n_ticks: f64, logarithmic: bool) -> Vec<Tick> {
    let n_steps = (range[1] - range[0]) / step;
    let step = if n_steps > MOST_TICKS { step * (n_steps / n_ticks.max(1.0)).ceil() } else { step };
    let mut ticks = multiples(range, first, step);
    if logarithmic {
        let plainly = ticks.iter().all(|tick| SHORT_POWERS.contains(&tick.at));
        for tick in &mut ticks {
            tick.label = power(tick.at, plainly);
        }
    }
    ticks
}

/// Powers of ten, with 2 and 5 times them where few fit; plain steps within one power of ten.
pub(super) fn logarithmic(range: [f64; 2], n_ticks: f64) -> Vec<Tick> {
    let decades = range[1] - range[0];
    if decades > 1.5 {
        let step = if decades <= n_ticks { 1.0 } else { round_step(decades / n_ticks.max(1.0)).max(1.0) };
        let mut ticks = steps(range, 0.0, step, n_ticks, true);
        if ticks.len() <= 2 {
            ticks.extend(
                [2.0, 5.0].into_iter().flat_map(|factor: f64| steps(range, factor.log10(), 1.0, n_ticks, true)),
            );
            ticks.sort_by(|one, other| one.at.total_cmp(&other.at));
        }
        return ticks;
    }
    let [low, high] = range.map(|end| 10_f64.powf(end));
    let fits = |tick: Tick| (tick.at > 0.0).then(|| Tick { at: tick.at.log10(), label: tick.label });
    round([low, high], n_ticks).into_iter().filter_map(fits).collect()
}

/// A listed place that has no text of its own.
pub(super) fn listed(value: f64) -> Label {
    if value == 0.0 || (SMALL_STEP..LARGE).contains(&value.abs()) {
        minus(&format!("{value}"))
    } else {
        scientific(value)
    }
}

/// The 1, 2 or 5 times a power of ten that is nearest to `step`.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.max(f64::MIN_POSITIVE).log10().floor());
    let ratio = step / power;
    let factor = match ratio {
        ratio if ratio < 1.5 => 1.0,
        ratio if ratio < 3.5 => 2.0,
        ratio if ratio < 7.5 => 5.0,
        _ => 10.0,
    };
    factor * power
}

/// All numbers `first` + k·`step` in `range`, written with as many decimals as they need.
fn multiples(range: [f64; 2], first: f64, step: f64) -> Vec<Tick> {
    let [low, high] = range;
    let slack = 1e-9;
    let from = ((low - first) / step - slack).ceil();
    let to = ((high - first) / step + slack).floor();
    // A step that vanishes beside the numbers has no multiples.
    if !(from.is_finite() && to.is_finite() && to - from <= 2.0 * MOST_TICKS && step > 0.0) {
        return Vec::new();
    }
    let n_values = (to - from + 1.0).max(0.0) as usize;
    let values: Vec<f64> = (0..n_values).map(|k| first + (from + k as f64) * step).collect();
    let largest = values.iter().map(|value| value.abs()).fold(0.0, f64::max);
    // A power of ten shortens numbers of few digits only.
    let few_digits = step > SHORT * largest;
    let exponent = if few_digits && (largest >= LARGE || step < SMALL_STEP) { largest.log10().floor() } else { 0.0 };
    let unit = 10_f64.powf(exponent);
    let decimals = decimals(step / unit);
    values
        .into_iter()
        .map(|at| {
            // What is left of a multiple at 0 is rounding.
            let at = if at.abs() < 1e-9 * step { 0.0 } else { at };
            let mut label = minus(&format!("{:.decimals$}", at / unit + 0.0));
            if exponent != 0.0 && at != 0.0 {
                label = label
                    .followed_by("×10", Level::Plain)
                    .followed_by(&minus_sign(&format!("{exponent}")), Level::Raised);
            }
            Tick { at, label }
        })
        .collect()
}

/// The fewest decimals that write `step` exactly, six at most beyond its first digit.
fn decimals(step: f64) -> usize {
    let first = (-step.log10().floor()).max(0.0) as usize;
    (first..first + 6)
        .find(|decimals| {
            let scaled = step * 10_f64.powf(*decimals as f64);
            (scaled - scaled.round()).abs() < 1e-6 * scaled
        })
        .unwrap_or(first + 6)
        .min(17)
}

/// 10 to the power of `exponent`, written `plainly` or, where it is a whole power beyond 10 and 0.1, as a power.
fn power(exponent: f64, plainly: bool) -> Label {
    let whole = (exponent - exponent.round()).abs() < 1e-9;
    if plainly || !whole || exponent.round().abs() <= 1.0 {
        return listed(significant(10_f64.powf(exponent)));
    }
    Label::plain("10").followed_by(&minus_sign(&format!("{}", exponent.round())), Level::Raised)
}

/// `value` to three significant digits.
fn significant(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

/// `value` as a number from 1 to 10 times a power of ten.
fn scientific(value: f64) -> Label {
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let label = match digits {
        "1" => Label::plain("10"),
        digits => minus(digits).followed_by("×10", Level::Plain),
    };
    label.followed_by(&minus_sign(exponent), Level::Raised)
}

fn minus(text: &str) -> Label {
    Label::plain(minus_sign(text))
}

/// Numbers have a minus, not a hyphen.
fn minus_sign(text: &str) -> String {
    text.replace('-', "\u{2212}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(ticks: &[Tick]) -> Vec<String> {
        ticks.iter().map(|tick| tick.label.lines.iter().flatten().map(|run| run.text.as_str()).collect()).collect()
    }

    #[test]
    fn round_numbers() {
        assert_eq!(written(&round([-0.1, 1.1], 5.0)), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(written(&round([-4.0, 4.0], 4.0)), ["−4", "−2", "0", "2", "4"]);
        assert_eq!(written(&round([0.0, 3e7], 3.0)), ["0", "1×107", "2×107", "3×107"]);
        assert_eq!(written(&round([0.0, 2e-5], 2.0)), ["0", "1×10−5", "2×10−5"]);
        assert_eq!(written(&round([1_000_000.0, 1_000_002.0], 2.0)).len(), 3);
    }

    #[test]
    fn given_steps() {
        assert_eq!(written(&steps([-1.0, 8.0], 1.0, 3.0, 5.0, false)), ["1", "4", "7"].map(str::to_owned));
        assert_eq!(written(&steps([0.0, 1.0], 0.0, 0.25, 5.0, false)), ["0.00", "0.25", "0.50", "0.75", "1.00"]);
        assert!(steps([0.0, 1e9], 0.0, 1.0, 5.0, false).len() < 20, "a step can be far too small");
        assert!(steps([1e16, 2e16], 0.0, 1e-300, 5.0, false).len() < 20);
    }

    #[test]
    fn powers_of_ten() {
        assert_eq!(written(&logarithmic([-6.0, 0.0], 7.0)), ["10−6", "10−5", "10−4", "10−3", "10−2", "0.1", "1"]);
        assert_eq!(written(&logarithmic([0.0, 1.0], 5.0)), ["2", "4", "6", "8", "10"]);
        assert_eq!(written(&logarithmic([-0.2, 1.4], 6.0)), ["1", "2", "5", "10", "20"]);
        assert!(written(&logarithmic([-300.0, 300.0], 6.0)).len() < 9);
    }
}
