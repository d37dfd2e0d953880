//! Queues releases that a machine should carry out by now and that nobody has in hand. Each was queued
//! when it became due; this finds those whose task was lost or discarded, and those of an application
//! that got its connection after they were planned. A release that failed before anything was begun, and
//! whose application people serve by now, goes to them.

use super::{JobReport, Tally};
use crate::store;
use crate::usecase::Base;
use crate::usecase::carrying_out::{self, AWAITED_FOR, by_hand};
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use domain::actor::Actor;
use domain::id::ReleaseId;

/// Name in the job table.
pub const NAME: &str = "resume-releases";

/// Releases queued in one run; the rest follow in the next.
const BATCH: i64 = 500;

/// Runs once.
///
/// # Errors
/// [`UseCaseError`] when the database refuses.
pub async fn run(base: &Base) -> Result<JobReport, UseCaseError> {
    let mut work = Work::read(base).await?;
    let now = work.now();
    let awaited_since = now.saturating_sub(AWAITED_FOR).unwrap_or(now);
    let due = store::release_steps::due(work.conn(), carrying_out::NAME, now, awaited_since, BATCH).await?;
    work.commit().await?;
    let mut tally = Tally::new(NAME);
    for release in due {
        tally.count(release, queue(base, release).await.map(|()| true));
    }
    Ok(tally.report(format!("{} releases queued", tally.changed())))
}

async fn queue(base: &Base, release: ReleaseId) -> Result<(), UseCaseError> {
    let mut work = Work::begin(base, Actor::System { job: NAME.to_owned() }).await?;
    let now = work.now();
    by_hand::queue(&mut work, release, Some(now)).await?;
    work.commit().await
}
