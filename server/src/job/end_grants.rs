//! Ends access that reached its end, the access of people who are no longer active, and access that
//! has to be gone before what replaces it may be given: the removal goes into the operators' queue. The
//! same for access that was given and never proven. Takes no input and may run at any time, twice, or
//! never for a while: it looks at what is due now (law 7).

use super::{JobReport, Tally};
use crate::store;
use crate::usecase::Base;
use crate::usecase::ending;
use crate::usecase::error::UseCaseError;
use crate::usecase::kept_access;
use crate::usecase::replacing;
use crate::usecase::unproven;
use crate::usecase::work::Work;
use domain::actor::Actor;
use domain::grant::EndReason;
use domain::id::{GrantId, RequestId};
use domain::time::today;

/// Name in the job table.
pub const NAME: &str = "end-due-grants";

/// Grants looked at in one run; the rest follow in the next.
const BATCH: i64 = 500;

/// Runs once.
///
/// # Errors
/// [`UseCaseError`] when the database refuses; grants ended before that stay ended.
pub async fn run(base: &Base) -> Result<JobReport, UseCaseError> {
    let mut work = Work::read(base).await?;
    let now = work.now();
    let due = store::grants::due(work.conn(), now, BATCH).await?;
    let replaced = store::grants::about_to_be_replaced(work.conn(), now, BATCH).await?;
    let unproven = store::unproven::due(work.conn(), today(now, &base.zone), now, BATCH).await?;
    let not_needed = store::kept_access::removals_not_needed(work.conn(), now, BATCH).await?;
    work.commit().await?;
    let mut tally = Tally::new(NAME);
    for (grant, reason) in due {
        // One transaction a grant: one that fails does not keep the others from ending.
        tally.count(grant, start_ending(base, grant, reason).await);
    }
    for (grant, request) in replaced {
        tally.count(grant, make_room(base, grant, request).await);
    }
    for release in unproven {
        tally.count(release, unproven::end(base, Actor::System { job: NAME.to_owned() }, release).await);
    }
    for removal in not_needed {
        tally.count(removal, kept_access::close_waiting(base, Actor::System { job: NAME.to_owned() }, removal).await);
    }
    Ok(tally.report(format!("{} grants reached their end", tally.changed())))
}

async fn make_room(base: &Base, grant: GrantId, request: RequestId) -> Result<bool, UseCaseError> {
    let work = Work::begin(base, Actor::System { job: NAME.to_owned() }).await?;
    replacing::make_room(work, base, request, grant).await
}

async fn start_ending(base: &Base, id: GrantId, reason: EndReason) -> Result<bool, UseCaseError> {
    let mut work = Work::begin(base, Actor::System { job: NAME.to_owned() }).await?;
    let Some(locked) = ending::lock(&mut work, id).await? else { return Ok(false) };
    // Behind the lock: somebody else may have been quicker, or moved the end.
    let now = work.now();
    if !store::grants::is_due(work.conn(), id, now).await? {
        return Ok(false);
    }
    ending::start(&mut work, base, &locked, reason, None).await?;
    work.commit().await?;
    Ok(true)
}
