//! How long to wait before the next try.
//!
//! Exponential with full jitter: of all ways to spread tries that were compared it needs the fewest
//! calls (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).

use std::time::Duration;

/// How waits grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The longest wait after the first try. Doubles with every further one.
    pub base: Duration,
    /// No wait is longer.
    pub cap: Duration,
}

impl Backoff {
    /// The longest wait that can follow the given number of failed tries.
    #[must_use]
    pub fn longest(&self, tries: u32) -> Duration {
        let doubled = 2_u32.checked_pow(tries.saturating_sub(1)).and_then(|factor| self.base.checked_mul(factor));
        doubled.unwrap_or(self.cap).min(self.cap)
    }

    /// The wait after so many failed tries; the first is 1. Anywhere between nothing and the longest:
    /// `random` is spread evenly over all numbers.
    #[must_use]
    pub fn wait(&self, tries: u32, random: u64) -> Duration {
        let longest = u64::try_from(self.longest(tries).as_millis()).unwrap_or(u64::MAX);
        let part = (u128::from(random) * (u128::from(longest) + 1)) >> 64;
        Duration::from_millis(u64::try_from(part).unwrap_or(u64::MAX))
    }
}
