//! How long and how often a machine is asked, as the settings of a connection say it.

use super::gate::Throughput;
use super::out::Limits;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::time::Duration;

/// Longest an answer may take, in seconds: less than the lease of a job.
const LONGEST_TIMEOUT: u16 = 50;
const MOST_AT_ONCE: u16 = 32;
const MOST_PER_SECOND: u16 = 100;

/// Until a connection stands, at most; with short timeouts, half of the timeout.
const CONNECT: Duration = Duration::from_secs(5);

/// Three settings that every connection by HTTP has, under these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Longest an answer may take, in seconds.
    pub timeout_seconds: u16,
    /// Most calls at the same time.
    pub calls_at_once: u16,
    /// Most calls a second, over time.
    pub calls_per_second: u16,
}

impl Pace {
    /// The settings that lie outside what is possible, with what is. `shortest_timeout` is in seconds.
    #[must_use]
    pub fn out_of_range(&self, shortest_timeout: u16) -> Vec<(&'static str, RangeInclusive<u16>)> {
        [
            ("timeout_seconds", self.timeout_seconds, shortest_timeout..=LONGEST_TIMEOUT),
            ("calls_at_once", self.calls_at_once, 1..=MOST_AT_ONCE),
            ("calls_per_second", self.calls_per_second, 1..=MOST_PER_SECOND),
        ]
        .into_iter()
        .filter(|(_, value, possible)| !possible.contains(value))
        .map(|(field, _, possible)| (field, possible))
        .collect()
    }

    /// For the way out. `largest_answer` is in bytes.
    #[must_use]
    pub fn limits(&self, largest_answer: usize) -> Limits {
        let whole = Duration::from_secs(u64::from(self.timeout_seconds.max(1)));
        Limits { connect: CONNECT.min(whole / 2), whole, largest_answer }
    }

    /// For the gate: a second's calls may come together after a rest. A call that would wait longer
    /// than `longest_wait` for its turn is tried again later instead.
    #[must_use]
    pub fn throughput(&self, longest_wait: Duration) -> Throughput {
        let at_least_one = |number: u16| NonZeroU32::new(u32::from(number)).unwrap_or(NonZeroU32::MIN);
        let per_second = at_least_one(self.calls_per_second);
        Throughput { at_once: at_least_one(self.calls_at_once), per_second, burst: per_second, longest_wait }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connecting_never_takes_as_long_as_the_whole() {
        for timeout_seconds in 0..=LONGEST_TIMEOUT {
            let limits = Pace { timeout_seconds, calls_at_once: 1, calls_per_second: 1 }.limits(1);
            assert!(limits.connect < limits.whole, "{timeout_seconds}");
        }
    }

    #[test]
    fn every_setting_has_its_least_and_its_most() {
        for (timeout_seconds, calls_at_once, calls_per_second, wrong) in [
            (2, 1, 1, vec![]),
            (50, 32, 100, vec![]),
            (1, 1, 1, vec![("timeout_seconds", 2..=50)]),
            (51, 0, 0, vec![("timeout_seconds", 2..=50), ("calls_at_once", 1..=32), ("calls_per_second", 1..=100)]),
            (2, 33, 101, vec![("calls_at_once", 1..=32), ("calls_per_second", 1..=100)]),
        ] {
            assert_eq!(Pace { timeout_seconds, calls_at_once, calls_per_second }.out_of_range(2), wrong);
        }
    }
}
