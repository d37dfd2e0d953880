//! Access that several requests give one person. It is there while any of their grants is active, so a
//! removal of one of them takes nothing away as long as another lasts: the removal closes by itself, by
//! hand and by machine alike, with the reason. Nobody is asked to do something that must not be done.
//!
//! It is looked at when the removal is planned, and again until somebody has begun it: access of the
//! same kind may begin in between.

use super::Base;
use super::error::UseCaseError;
use super::proven;
use super::work::Work;
use crate::store;
use crate::store::kept_access::Keeper;
use crate::store::releases::ReleaseRow;
use crate::store::requests::RequestRow;
use domain::actor::Actor;
use domain::event::EventKind;
use domain::id::ReleaseId;
use domain::release::ReleaseState;
use serde_json::json;

/// Why nothing is taken away, as a sentence.
#[must_use]
pub fn reason(keeper: &Keeper) -> String {
    format!("{} still gives the same access, so nothing is taken away.", keeper.number)
}

/// Closes a removal that takes nothing away; person, request and release are locked. Gives whether it
/// did. Nothing is committed here.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn close_if_kept(work: &mut Work<'_>, request: &RequestRow, removal: &ReleaseRow) -> Result<bool, UseCaseError> {
    let Some(keeper) = store::kept_access::by(work.conn(), removal).await? else { return Ok(false) };
    let now = work.now();
    let why = reason(&keeper);
    let closed = removal.state.clone().not_needed(now, why.clone())?;
    let grant = proven::end_grant(work, removal).await?;
    store::kept_access::set_keeper(work.conn(), removal.id, keeper.grant).await?;
    store::releases::set_state(work.conn(), removal.id, removal.version, &closed, Some(grant), now).await?;
    let body = json!({ "number": removal.number, "kept_by": keeper.grant.to_string(), "detail": why });
    work.event(EventKind::ReleaseNotNeeded, "release", removal.id.0, Some(removal.request), body).await?;
    proven::access_ended(work, request, removal, grant).await?;
    Ok(true)
}

/// Closes a removal that waits, if by now it takes nothing away. Gives whether it did.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn close_waiting(base: &Base, actor: Actor, id: ReleaseId) -> Result<bool, UseCaseError> {
    let mut work = Work::begin(base, actor).await?;
    let Some(seen) = store::releases::find(work.conn(), id, false).await? else { return Ok(false) };
    store::facts::lock_person(work.conn(), seen.subject).await?;
    let Some(request) = store::requests::find(work.conn(), seen.request, true).await? else { return Ok(false) };
    let Some(removal) = store::releases::find(work.conn(), id, true).await? else { return Ok(false) };
    // Behind the locks: somebody may have begun it, or have taken it on.
    let now = work.now();
    let in_hand = store::release_hands::hand(work.conn(), id).await?.claim.is_some_and(|claim| claim.lapses_at > now);
    if in_hand || removal.state != ReleaseState::Planned || !close_if_kept(&mut work, &request, &removal).await? {
        return Ok(false);
    }
    work.commit().await?;
    Ok(true)
}
