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
    slots: Arc<Slots>,
    turns: Mutex<Turns>,
    surroundings: Arc<dyn Surroundings>,
}

/// Places for calls at the same time.
#[derive(Debug)]
struct Slots {
    free: Arc<Semaphore>,
    count: Mutex<Count>,
}

#[derive(Debug)]
struct Count {
    /// As many as there should be.
    wanted: usize,
    /// As many of those in use are not given back, because there are fewer since they were taken.
    owed: usize,
}

/// Leave to make one call; the place is free again when this is dropped.
#[must_use]
#[derive(Debug)]
pub struct Pass {
    slot: Option<OwnedSemaphorePermit>,
    slots: Arc<Slots>,
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut count = self.slots.count.lock().unwrap_or_else(PoisonError::into_inner);
        // Given back while the count is locked, so that nobody counts it as in use meanwhile.
        let Some(slot) = self.slot.take() else { return };
        if count.owed > 0 {
            count.owed -= 1;
            slot.forget();
        }
    }
}

impl Slots {
    fn new(at_once: NonZeroU32) -> Self {
        let wanted = places(at_once);
        Self { free: Arc::new(Semaphore::new(wanted)), count: Mutex::new(Count { wanted, owed: 0 }) }
    }

    fn change(&self, at_once: NonZeroU32) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = places(at_once);
        let more = wanted.saturating_sub(count.wanted);
        let kept = more.min(count.owed);
        count.owed -= kept;
        self.free.add_permits(more - kept);
        let fewer = count.wanted.saturating_sub(wanted);
        count.owed += fewer - self.free.forget_permits(fewer);
        count.wanted = wanted;
    }
}

fn places(at_once: NonZeroU32) -> usize {
    usize::try_from(at_once.get()).unwrap_or(Semaphore::MAX_PERMITS).min(Semaphore::MAX_PERMITS)
}

impl Gate {
    /// A gate through which nothing has gone yet.
    #[must_use]
    pub fn new(throughput: Throughput, surroundings: Arc<dyn Surroundings>) -> Self {
        Self { slots: Arc::new(Slots::new(throughput.at_once)), turns: Mutex::new(Turns::new(throughput)), surroundings }
    }

    /// From now on other limits hold. What goes on at the moment counts; of places that there are fewer
    /// of, those in use go when they are free.
    pub fn change(&self, throughput: Throughput) {
        self.slots.change(throughput.at_once);
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        *turns = Turns { due: turns.due, ..Turns::new(throughput) };
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// [`Fault::Throttled`] when it would take longer than the longest wait; nothing was called.
    pub async fn pass(&self) -> Result<Pass, Fault> {
        let longest_wait = self.turns.lock().unwrap_or_else(PoisonError::into_inner).longest_wait;
        let slot = match tokio::time::timeout(longest_wait, Arc::clone(&self.slots.free).acquire_owned()).await {
            Ok(Ok(slot)) => slot,
            Ok(Err(_)) | Err(_) => return Err(Fault::Throttled { retry_after: Some(longest_wait) }),
        };
        let pass = Pass { slot: Some(slot), slots: Arc::clone(&self.slots) };
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.take(self.surroundings.micros())
        };
        match turn {
            Ok(wait) if wait.is_zero() => {}
            Ok(wait) => tokio::time::sleep(wait).await,
            Err(wait) => return Err(Fault::Throttled { retry_after: Some(wait) }),
        }
        Ok(pass)
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
    /// The longest that a call waits.
    longest_wait: Duration,
}

impl Turns {
    fn new(throughput: Throughput) -> Self {
        let interval = u64::from(1_000_000 / throughput.per_second).max(1);
        let ahead = interval.saturating_mul(u64::from(throughput.burst.get() - 1));
        Self { interval, ahead, due: 0, longest_wait: throughput.longest_wait }
    }

    /// How long the call that comes at `now` has to wait; or, when that is longer than the longest wait,
    /// no turn is taken and the wait is told.
    fn take(&mut self, now: u64) -> Result<Duration, Duration> {
        let due = self.due.max(now);
        let wait = Duration::from_micros(due.saturating_sub(self.ahead).saturating_sub(now));
        if wait > self.longest_wait {
            return Err(wait);
        }
        self.due = due.saturating_add(self.interval);
        Ok(wait)
    }
}
