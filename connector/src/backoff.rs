//! How long to wait before the next try.
//!
//! Exponential with full jitter: of all ways to spread tries that were compared it needs the fewest
//! calls (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).

use crate::fault::Retry;
use std::time::Duration;

/// How waits grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The longest wait after the first try. Doubles with every further one.
    pub base: Duration,
    /// No wait is longer, unless the other side asked for more.
    pub cap: Duration,
    /// After so many tries a person has to look.
    pub most_tries: u32,
}

impl Backoff {
    /// The longest wait that can follow the given number of failed tries.
    #[must_use]
    pub fn longest(&self, tries: u32) -> Duration {
        let doubled = 2_u32.checked_pow(tries.saturating_sub(1)).and_then(|factor| self.base.checked_mul(factor));
        doubled.unwrap_or(self.cap).min(self.cap)
    }

    /// The wait after so many failed tries (the first is 1); none when trying by itself ends.
    ///
    /// `random` is spread evenly over all numbers. Waits are anywhere between nothing and the
    /// longest; a wait that the other side asked for comes on top, so that those who were sent away
    /// together do not come back together.
    #[must_use]
    pub fn wait(&self, tries: u32, retry: Retry, random: u64) -> Option<Duration> {
        let least = match retry {
            Retry::No => return None,
            Retry::Later => Duration::ZERO,
            Retry::After(least) => least,
        };
        if tries >= self.most_tries {
            return None;
        }
        let longest = u64::try_from(self.longest(tries).as_millis()).unwrap_or(u64::MAX);
        let part = (u128::from(random) * (u128::from(longest) + 1)) >> 64;
        Some(least.saturating_add(Duration::from_millis(u64::try_from(part).unwrap_or(u64::MAX))))
    }
}
