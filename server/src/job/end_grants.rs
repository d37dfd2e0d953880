//! Ends access that reached its end, and the access of people who are no longer active: the
//! removal goes into the operators' queue. Takes no input and may run at any time, twice, or never
//! for a while: it looks at what is due now (law 7).

use super::JobReport;
use crate::store;
use crate::store::releases::NewRelease;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::shown;
use crate::usecase::work::Work;
use domain::actor::Actor;
use domain::event::EventKind;
use domain::grant::{EndReason, GrantState};
use domain::id::{GrantId, ReleaseId};
use domain::release::ReleaseKind;
use domain::time::today;
use serde_json::json;

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
    work.commit().await?;
    let mut changed = 0;
    for (grant, reason) in due {
        // One transaction a grant: one that fails does not keep the others alive.
        changed += i64::from(start_ending(base, grant, reason).await?);
    }
    Ok(JobReport { changed, what: format!("{changed} grants reached their end") })
}

async fn start_ending(base: &Base, id: GrantId, reason: EndReason) -> Result<bool, UseCaseError> {
    let mut work = Work::begin(base, Actor::System { job: NAME.to_owned() }).await?;
    let Some(grant) = store::grants::lock(work.conn(), id).await? else { return Ok(false) };
    // Somebody else was quicker between the look and the lock.
    if grant.state != GrantState::Active {
        return Ok(false);
    }
    let now = work.now();
    let removal = NewRelease {
        id: work.id(ReleaseId::new),
        kind: ReleaseKind::Remove,
        request: grant.request,
        revision: grant.revision,
        item: grant.item,
        subject: grant.identity,
        entitlement: grant.entitlement,
        grant: Some(id),
        not_before: now,
        at: now,
    };
    let number = store::releases::insert(work.conn(), &removal, today(now, &base.zone).year()).await?;
    let ending = grant.state.start_ending(now, reason, removal.id)?;
    store::grants::set_state(work.conn(), id, &ending).await?;
    work.event(
        EventKind::GrantEnding,
        "grant",
        id.0,
        Some(grant.request),
        json!({ "reason": reason.word(), "identity": grant.identity.to_string(), "detail": reason.label() }),
    )
    .await?;
    work.event(EventKind::ReleasePlanned, "release", removal.id.0, Some(grant.request), json!({ "number": number, "kind": "remove", "entitlement": grant.entitlement.to_string(), "detail": format!("{number}: remove access") })).await?;
    shown::refresh(&mut work, grant.request).await?;
    work.commit().await?;
    Ok(true)
}
