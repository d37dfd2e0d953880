//! Asks again who can decide at every stage that is open or held: managers, owners, members of
//! groups and delegations change while a request waits, and people leave. Writes only where those
//! asked are others now.
//!
//! What bounds it: the ids of [`BATCH`] requests are in memory at a time, read through the index of
//! undecided stages, and each request is a transaction of its own that locks that request and
//! nobody else's, so that a decision waits for one of them at most. A run goes over everything that
//! is undecided; its length grows with the number of those requests (some ten short statements each)
//! and with nothing else. No decision hangs on it: who may decide is worked out afresh when
//! somebody does, and a run that is late makes the list late.

use super::{JobReport, Tally};
use crate::store;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::planning;
use crate::usecase::work::Work;
use domain::actor::Actor;
use domain::id::RequestId;

/// Name in the job table.
pub const NAME: &str = "replan-stages";

/// Requests read at a time.
const BATCH: i64 = 500;

/// Runs once.
///
/// # Errors
/// [`UseCaseError`] when the database refuses; requests done before that stay done.
pub async fn run(base: &Base) -> Result<JobReport, UseCaseError> {
    let mut tally = Tally::new(NAME);
    let mut after = None;
    loop {
        let mut work = Work::read(base).await?;
        let waiting = store::approvals::requests_with_undecided_stage(work.conn(), after, BATCH).await?;
        work.commit().await?;
        let Some(last) = waiting.last() else { break };
        after = Some(*last);
        for request in waiting {
            tally.count(request, ask_again(base, request).await);
        }
    }
    Ok(tally.report(format!("{} stages were planned again", tally.changed())))
}

async fn ask_again(base: &Base, request: RequestId) -> Result<bool, UseCaseError> {
    let mut work = Work::begin(base, Actor::System { job: NAME.to_owned() }).await?;
    let changed = planning::ask_again(&mut work, base, request).await?;
    if changed {
        work.commit().await?;
    }
    Ok(changed)
}
