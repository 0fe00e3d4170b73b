//! How numbers look.

use layerpath::analysis::Epoch;

/// Below this a distance or ratio of order one is rounding error.
const ROUNDING: f64 = 1e-15;

/// A distance or ratio: four decimals, or four significant digits where those would say nothing.
pub(crate) fn number(value: f64) -> String {
    if value.abs() < ROUNDING {
        "0".to_owned()
    } else if (1e-3..1e5).contains(&value.abs()) {
        format!("{value:.4}")
    } else {
        format!("{value:.3e}")
    }
}

/// An epoch as figures and sentences name it: whole parts of the first as fractions, `1/64`.
pub(crate) fn epoch_name(epoch: Epoch) -> String {
    let parts = 1.0 / epoch.passes();
    if parts > 1.0 && parts <= 1024.0 && parts.trunc() == parts { format!("1/{parts}") } else { epoch.to_string() }
}

/// An angle in radians, shown in degrees with one decimal and without the sign °.
pub(crate) fn degrees(radians: f64) -> String {
    format!("{:.1}", radians.to_degrees())
}

/// A share, shown as a percentage with one decimal.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// `quantity` with `unit` in parentheses, if there is one; plain text.
pub(crate) fn with_unit(quantity: &str, unit: &str) -> String {
    if unit.is_empty() { quantity.to_owned() } else { format!("{quantity} ({unit})") }
}

/// What computed a document; older ones do not say from which commit.
pub(crate) fn computed_by(program: &str) -> String {
    if program.contains("commit") { program.to_owned() } else { format!("{program} (commit not recorded)") }
}

/// A whole number with a comma between thousands.
pub(crate) fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `one` or `many` with its count before it.
pub(crate) fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_what_matters() {
        assert_eq!(number(0.0), "0");
        assert_eq!(number(-0.0), "0");
        assert_eq!(number(-5.2e-18), "0");
        assert_eq!(number(1.234_56), "1.2346");
        assert_eq!(number(-0.5), "-0.5000");
        assert_eq!(number(1.5e-9), "1.500e-9");
        assert_eq!(number(123_456.0), "1.235e5");
    }

    #[test]
    fn parts_of_the_first_epoch_are_fractions() {
        let name = |passes| epoch_name(Epoch::new(passes).unwrap());
        assert_eq!([0.0, 1.0, 12.0, 1.5].map(name), ["0", "1", "12", "1.5"]);
        assert_eq!([0.015_625, 0.25, 0.1, 0.3].map(name), ["1/64", "1/4", "1/10", "0.3"]);
        assert_eq!(name(0.000_244_140_625), "0.000244140625");
    }

    #[test]
    fn angles_and_shares() {
        assert_eq!(degrees(std::f64::consts::FRAC_PI_2), "90.0");
        assert_eq!(percent(0.925), "92.5 %");
        assert_eq!(computed_by("layerpath 1 (commit 0 of 2026-11-27)"), "layerpath 1 (commit 0 of 2026-11-27)");
        assert_eq!(computed_by("layerpath 1"), "layerpath 1 (commit not recorded)");
        assert_eq!([0, 999, 1000, 12_345, 1_234_567].map(grouped), ["0", "999", "1,000", "12,345", "1,234,567"]);
        assert_eq!(count(1, "path", "paths"), "1 path");
        assert_eq!(count(0, "path", "paths"), "0 paths");
    }
}
