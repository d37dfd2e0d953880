//! A circuit breaker: a machine that fails again and again is left alone for a while.
//!
//! Pattern: Michael Nygard, "Release It!", 2nd edition, chapter 5. A value without a clock; it can be
//! stored, shared by several servers and shown.
//!
//! ```text
//!             faults in the window            the rest is over: one call tries
//!   closed ─────────────────────────▶ open ──────────────────────────────▶ trying
//!      ▲                                ▲                                  │   │
//!      │                                └── failed: rests twice as long ───┘   │
//!      └─────────────────────────── worked ────────────────────────────────────┘
//! ```
//!
//! A try that came to no call at all is given back: the next one tries.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;
use std::time::Duration;

/// When a connection rests and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerRules {
    /// So many faults …
    pub faults: NonZeroU32,
    /// … within this time open it.
    pub window: Duration,
    /// The first rest. Each further one without a call that worked in between is twice as long.
    pub rest: Duration,
    /// No rest is longer.
    pub longest_rest: Duration,
    /// A trying call that has not reported after this time is taken as lost: its process may have
    /// died. Has to be longer than a call can take.
    pub lost_after: Duration,
}

/// The state of one connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Breaker {
    /// Calls go through.
    Closed {
        /// The faults of late, oldest first; never as many as open it.
        faults: Vec<Timestamp>,
    },
    /// No call goes through.
    Open {
        /// Since when.
        since: Timestamp,
        /// When one call may try.
        until: Timestamp,
        /// Rests so far in a row, this one included.
        rests: u32,
    },
    /// One call tries; all others wait for what comes of it.
    Trying {
        /// Since when.
        since: Timestamp,
        /// Rests so far in a row.
        rests: u32,
    },
}

impl Default for Breaker {
    fn default() -> Self {
        Self::Closed { faults: Vec::new() }
    }
}

impl Breaker {
    /// Asks for leave to call. The state that is given back has to be stored before calling, so that
    /// only one call tries.
    ///
    /// # Errors
    /// The time before which asking again is of no use.
    pub fn ask(self, now: Timestamp, rules: &BreakerRules) -> Result<Self, Timestamp> {
        match self {
            Self::Closed { .. } => Ok(self),
            Self::Open { until, rests, .. } if now >= until => Ok(Self::Trying { since: now, rests }),
            Self::Open { until, .. } => Err(until),
            Self::Trying { since, rests } => {
                let lost = later(since, rules.lost_after);
                if now >= lost { Ok(Self::Trying { since: now, rests }) } else { Err(lost) }
            }
        }
    }

    /// A call worked. While it rests this changes nothing: that call began before.
    #[must_use]
    pub fn worked(self) -> Self {
        match self {
            Self::Trying { .. } => Self::default(),
            Self::Closed { .. } | Self::Open { .. } => self,
        }
    }

    /// A call failed with a fault that [counts](crate::Fault::counts_against). While it rests this
    /// changes nothing: that call began before.
    #[must_use]
    pub fn failed(self, now: Timestamp, rules: &BreakerRules) -> Self {
        match self {
            Self::Closed { mut faults } => {
                // A fault that another server's clock dates into the future is kept, too.
                faults.retain(|fault| later(*fault, rules.window) > now);
                faults.push(now);
                if u32::try_from(faults.len()).is_ok_and(|faults| faults < rules.faults.get()) {
                    Self::Closed { faults }
                } else {
                    Self::rest(now, 1, rules)
                }
            }
            Self::Open { .. } => self,
            Self::Trying { rests, .. } => Self::rest(now, rests.saturating_add(1), rules),
        }
    }

    /// Leave was given and nobody was called, so nothing is known of the machine: a try is given back,
    /// and another call may have it at once.
    #[must_use]
    pub fn not_called(self, now: Timestamp) -> Self {
        match self {
            Self::Trying { since, rests } => Self::Open { since, until: now, rests },
            Self::Closed { .. } | Self::Open { .. } => self,
        }
    }

    /// A person closes it by hand.
    #[must_use]
    pub fn closed_by_hand() -> Self {
        Self::default()
    }

    fn rest(now: Timestamp, rests: u32, rules: &BreakerRules) -> Self {
        let doubled = 2_u32.checked_pow(rests.saturating_sub(1)).and_then(|factor| rules.rest.checked_mul(factor));
        let rest = doubled.unwrap_or(rules.longest_rest).min(rules.longest_rest);
        Self::Open { since: now, until: later(now, rest), rests }
    }
}

fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}
