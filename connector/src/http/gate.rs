//! How many calls one machine gets at a time and per second.
//!
//! The limits hold in this process; several servers each have their own.

use crate::connector::Surroundings;
use crate::fault::Fault;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What one machine takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throughput {
    /// Calls at the same time.
    pub at_once: NonZeroU32,
    /// Calls per second, over time.
    pub per_second: NonZeroU32,
    /// Calls that may come together after a rest.
    pub burst: NonZeroU32,
    /// The longest that a call waits for its turn before it is given back as
    /// [`Fault::Throttled`]: nothing queues up without end.
    pub longest_wait: Duration,
}

/// One per connection, shared by all its calls.
pub struct Gate {
    slots: Arc<Semaphore>,
    turns: Mutex<Turns>,
    longest_wait: Duration,
    surroundings: Arc<dyn Surroundings>,
}

/// Leave to make one call; the place is free again when this is dropped.
#[must_use]
#[derive(Debug)]
pub struct Pass {
    _slot: OwnedSemaphorePermit,
}

impl Gate {
    /// A gate through which nothing has gone yet.
    #[must_use]
    pub fn new(throughput: Throughput, surroundings: Arc<dyn Surroundings>) -> Self {
        let slots = usize::try_from(throughput.at_once.get()).unwrap_or(Semaphore::MAX_PERMITS).min(Semaphore::MAX_PERMITS);
        Self {
            slots: Arc::new(Semaphore::new(slots)),
            turns: Mutex::new(Turns::new(throughput.per_second, throughput.burst)),
            longest_wait: throughput.longest_wait,
            surroundings,
        }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// [`Fault::Throttled`] when it would take longer than the longest wait; nothing was called.
    pub async fn pass(&self) -> Result<Pass, Fault> {
        let slot = match tokio::time::timeout(self.longest_wait, Arc::clone(&self.slots).acquire_owned()).await {
            Ok(Ok(slot)) => slot,
            Ok(Err(_)) | Err(_) => return Err(Fault::Throttled { retry_after: Some(self.longest_wait) }),
        };
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.take(self.surroundings.micros(), self.longest_wait)
        };
        match turn {
            Ok(wait) if wait.is_zero() => {}
            Ok(wait) => tokio::time::sleep(wait).await,
            Err(wait) => return Err(Fault::Throttled { retry_after: Some(wait) }),
        }
        Ok(Pass { _slot: slot })
    }
}

/// A leaky bucket as a meter (generic cell rate algorithm, ITU-T I.371), which hands out turns ahead
/// of time. A limiter that only says yes or no lets those who wait overtake each other.
#[derive(Clone, Debug)]
struct Turns {
    /// Microseconds between two calls.
    interval: u64,
    /// How far calls may run ahead, in microseconds.
    ahead: u64,
    /// When the next call would be due at an even pace.
    due: u64,
}

impl Turns {
    fn new(per_second: NonZeroU32, burst: NonZeroU32) -> Self {
        let interval = u64::from(1_000_000 / per_second).max(1);
        Self { interval, ahead: interval.saturating_mul(u64::from(burst.get() - 1)), due: 0 }
    }

    /// How long the call that comes at `now` has to wait; or, when that is longer than `longest`, no
    /// turn is taken and the wait is told.
    fn take(&mut self, now: u64, longest: Duration) -> Result<Duration, Duration> {
        let due = self.due.max(now);
        let wait = Duration::from_micros(due.saturating_sub(self.ahead).saturating_sub(now));
        if wait > longest {
            return Err(wait);
        }
        self.due = due.saturating_add(self.interval);
        Ok(wait)
    }
}
