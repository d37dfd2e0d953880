//! What each server does by the clock: it queues the recurring jobs that are due, and looks whether
//! anything is late. Not through the queue, because a queue that stands still cannot say so.

use super::chain;
use crate::job;
use crate::usecase::{Base, lateness};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

/// How often. Only the wake-up comes from the machine; what is due follows from the clock in `System`.
const TICK: Duration = Duration::from_secs(1);
/// Ticks between two looks for what is late. The first one comes after as many, so that a server which
/// was down has begun with what it missed.
const LOOK_EVERY: u32 = 60;

/// Runs until `stopped` says so.
pub(super) async fn run(base: Base, mut stopped: watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut registered, mut ticks) = (false, 0_u32);
    loop {
        tokio::select! {
            _ = tick.tick() => ticks = ticks.wrapping_add(1),
            // Also when the handle was dropped.
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
        let queued = async {
            if !registered {
                job::register(&base).await?;
                registered = true;
            }
            job::queue_due(&base).await
        };
        if let Err(error) = queued.await {
            tracing::error!(fault = %chain(&error), "recurring jobs could not be queued");
        }
        if ticks % LOOK_EVERY == 0
            && let Err(error) = lateness::watch(&base).await
        {
            tracing::error!(fault = %chain(&error), "whether work is late could not be found out");
        }
    }
}
