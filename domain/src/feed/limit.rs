//! When a file changes too much at once to be believed.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What an import does to the records it is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// New.
    pub added: u64,
    /// Different in at least one column.
    pub changed: u64,
    /// Retired.
    pub removed: u64,
    /// The same as before.
    pub unchanged: u64,
    /// Left out because their row cannot be used.
    pub skipped: u64,
}

impl Counts {
    /// Whether applying would change any record.
    #[must_use]
    pub fn changes_anything(&self) -> bool {
        self.added + self.changed + self.removed > 0
    }
}

/// A share in hundredths of a percent, 0 to 100 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Share(u16);

impl Share {
    /// Ten percent: what a feed may remove without confirmation unless configured otherwise.
    pub const TENTH: Self = Self(1_000);

    /// Whether `part` of `whole` is more than this share. Nothing is never more than a share of
    /// nothing, so a first import is never stopped.
    #[must_use]
    pub fn is_exceeded_by(self, part: u64, whole: u64) -> bool {
        u128::from(part) * 10_000 > u128::from(whole) * u128::from(self.0)
    }
}

/// Not a share.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a share: give a percentage from 0 to 100, for example 10 or 2.5%")]
pub struct NotAShare(String);

impl FromStr for Share {
    type Err = NotAShare;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || NotAShare(super::shown(text));
        let number = text.trim().trim_end_matches('%').trim_end();
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 2 {
            return Err(refuse());
        }
        let whole: u16 = whole.parse().map_err(|_| refuse())?;
        let part: u16 = format!("{part:0<2}").parse().map_err(|_| refuse())?;
        match whole.checked_mul(100).and_then(|w| w.checked_add(part)) {
            Some(share) if share <= 10_000 => Ok(Self(share)),
            _ => Err(refuse()),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => write!(f, "{whole} %"),
            (whole, part) if part % 10 == 0 => write!(f, "{whole}.{} %", part / 10),
            (whole, part) => write!(f, "{whole}.{part:02} %"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_read_as_a_percentage_and_written_as_one() {
        for (text, shown) in [("10", "10 %"), ("2.5%", "2.5 %"), ("0.05 %", "0.05 %"), ("100", "100 %"), ("0", "0 %")] {
            assert_eq!(text.parse::<Share>().map(|s| s.to_string()), Ok(shown.to_owned()));
        }
        for text in ["", "ten", "-1", "100.01", "1.234", "%", "1e1", "."] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }

    #[test]
    fn exactly_the_share_passes_and_one_more_does_not() {
        assert!(!Share::TENTH.is_exceeded_by(100, 1_000));
        assert!(Share::TENTH.is_exceeded_by(101, 1_000));
        assert!(!Share::TENTH.is_exceeded_by(0, 0));
        assert!(Share::TENTH.is_exceeded_by(1, 1));
    }
}
