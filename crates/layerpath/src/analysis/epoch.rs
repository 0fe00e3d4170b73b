//! Time in training.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use crate::Error;

/// Time in training, in passes over the training images: 0 = untrained, 0.25 = after a quarter of the first pass.
///
/// Written as the shortest decimal number that is read as the same; whole ones without a point, also in JSON.
///
/// ```
/// use layerpath::analysis::Epoch;
/// let early: Epoch = "0.25".parse()?;
/// assert!(Epoch::UNTRAINED < early && early < Epoch::from(1));
/// assert_eq!(format!("{early}, {}", Epoch::from(12)), "0.25, 12");
/// assert!(Epoch::new(-1.0).is_err() && Epoch::new(f64::NAN).is_err());
/// # Ok::<(), layerpath::Error>(())
/// ```
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(try_from = "f64")]
pub struct Epoch(f64);

impl Epoch {
    /// Before the first step.
    pub const UNTRAINED: Self = Self(0.0);

    /// The earliest moment after [`UNTRAINED`](Self::UNTRAINED) that has a name of its own.
    const LEAST: f64 = 1e-9;

    /// That many passes: 0, or 10⁻⁹ to 4,294,967,295.
    ///
    /// # Errors
    /// [`Error::Setting`] for any other number.
    pub fn new(passes: f64) -> Result<Self, Error> {
        // Minus zero is zero.
        if passes == 0.0 {
            return Ok(Self::UNTRAINED);
        }
        if (Self::LEAST..=f64::from(u32::MAX)).contains(&passes) {
            return Ok(Self(passes));
        }
        let expected = format!("0 for an untrained network, or a number from 1e-9 to {}", u32::MAX);
        Err(Error::Setting(format!("{passes} is no epoch; expected {expected}")))
    }

    /// Passes over the training images.
    pub fn passes(self) -> f64 {
        self.0
    }

    /// The number of passes where all are complete.
    ///
    /// ```
    /// use layerpath::analysis::Epoch;
    /// assert_eq!((Epoch::from(3).whole(), Epoch::new(2.5)?.whole()), (Some(3), None));
    /// # Ok::<(), layerpath::Error>(())
    /// ```
    pub fn whole(self) -> Option<u32> {
        // In range, so nothing is cut off where they are equal.
        (self.0.trunc() == self.0).then_some(self.0 as u32)
    }
}

impl From<u32> for Epoch {
    fn from(passes: u32) -> Self {
        Self(f64::from(passes))
    }
}

impl TryFrom<f64> for Epoch {
    type Error = Error;

    fn try_from(passes: f64) -> Result<Self, Error> {
        Self::new(passes)
    }
}

impl FromStr for Epoch {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let passes: f64 = text.trim().parse().map_err(|_| Error::Setting(format!("`{text}` is no epoch")))?;
        Self::new(passes)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

// Never NaN and never minus zero, so bits, order and equality agree.

impl PartialEq for Epoch {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Epoch {}

impl PartialOrd for Epoch {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Epoch {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Hash for Epoch {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl Serialize for Epoch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.whole() {
            Some(whole) => serializer.serialize_u32(whole),
            None => serializer.serialize_f64(self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn json_has_whole_numbers_without_a_point_and_refuses_what_is_no_epoch() {
        let list: Vec<Epoch> = serde_json::from_str("[0, 0.015625, 1.0, -0.0, 4294967295]").unwrap();
        assert_eq!(serde_json::to_string(&list).unwrap(), "[0,0.015625,1,0,4294967295]");
        assert_eq!(format!("{list:?}"), "[0, 0.015625, 1, 0, 4294967295]");
        assert_eq!(list[0], list[3]);
        for wrong in ["-1", "1e-10", "4294967296", "\"1\"", "null"] {
            assert!(serde_json::from_str::<Epoch>(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "one", "-1", "nan", "inf", "1e300"] {
            assert!(wrong.parse::<Epoch>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn text_and_json_keep_every_bit(passes in prop_oneof![1e-9..1.0, 1.0..4e9, (0..u32::MAX).prop_map(f64::from)]) {
            let epoch = Epoch::new(passes).unwrap();
            prop_assert_eq!(epoch.to_string().parse::<Epoch>().unwrap().passes().to_bits(), passes.to_bits());
            let json = serde_json::to_string(&epoch).unwrap();
            prop_assert_eq!(serde_json::from_str::<Epoch>(&json).unwrap(), epoch);
        }
    }
}
