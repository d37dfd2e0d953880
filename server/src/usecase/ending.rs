//! Access that begins to end, whatever the reason: its removal goes into the operators' queue, and
//! what was asked for about it is moot.

use super::Base;
use super::error::UseCaseError;
use super::joining::{self, Moved};
use super::kept_access;
use super::manual;
use super::notifying::{self, Notice};
use super::shown;
use super::withdrawing::{ByHand, end_with, may_end_without_release};
use super::work::Work;
use crate::store;
use crate::store::error::StoreError;
use crate::store::grants::GrantRow;
use crate::store::releases::NewRelease;
use domain::event::EventKind;
use domain::grant::EndReason;
use domain::id::{GrantId, ReleaseId, RequestId};
use domain::notification::NotificationKind;
use domain::release::ReleaseKind;
use domain::request::RequestKind;
use domain::time::today;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// A grant with everything locked that changes when it begins to end.
pub struct Locked {
    /// The grant.
    pub grant: GrantRow,
    /// Open requests that would extend or replace it.
    pub about: Vec<RequestId>,
}

/// Locks in the order that holds everywhere: person, requests, then the grant. Who holds the person
/// already may call it, too.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn lock(work: &mut Work<'_>, id: GrantId) -> Result<Option<Locked>, UseCaseError> {
    let Some(seen) = store::grants::find(work.conn(), id).await? else { return Ok(None) };
    store::facts::lock_person(work.conn(), seen.identity).await?;
    let about = store::grants::open_requests_about(work.conn(), id).await?;
    let mut requests = about.clone();
    requests.push(seen.request);
    requests.sort_unstable();
    for request in requests {
        store::requests::find(work.conn(), request, true).await?;
    }
    let grant = store::grants::lock(work.conn(), id).await?;
    Ok(grant.map(|grant| Locked { grant, about }))
}

/// Begins to end a locked grant: state, removal, events, and what was asked for about it; `except` is the
/// request that replaces it. Nothing is committed here.
///
/// # Errors
/// [`app::error::AppError::NotPossible`] unless it is active.
pub async fn start(
    work: &mut Work<'_>,
    base: &Base,
    locked: &Locked,
    reason: EndReason,
    except: Option<RequestId>,
) -> Result<(), UseCaseError> {
    begin(work, base, &locked.grant, reason).await?;
    withdraw_about(work, locked, reason, except).await
}

async fn begin(work: &mut Work<'_>, base: &Base, grant: &GrantRow, reason: EndReason) -> Result<(), UseCaseError> {
    let now = work.now();
    let removal = work.id(ReleaseId::new);
    let ending = grant.state.clone().start_ending(now, reason, removal)?;
    let release = NewRelease {
        id: removal,
        kind: ReleaseKind::Remove,
        request: grant.request,
        revision: grant.revision,
        item: grant.item,
        subject: grant.identity,
        entitlement: grant.entitlement,
        grant: Some(grant.id),
        not_before: now,
        due_at: due_at(work, base, grant, reason).await?,
        at: now,
    };
    let number = store::releases::insert(work.conn(), &release, today(now, &base.zone).year()).await?;
    store::grants::set_state(work.conn(), grant.id, &ending).await?;
    work.event(
        EventKind::GrantEnding,
        "grant",
        grant.id.0,
        Some(grant.request),
        json!({ "reason": reason.word(), "identity": grant.identity.to_string(), "detail": reason.label() }),
    )
    .await?;
    work.event(EventKind::ReleasePlanned, "release", removal.0, Some(grant.request), json!({ "number": number, "kind": "remove", "entitlement": grant.entitlement.to_string(), "detail": format!("{number}: remove access") })).await?;
    // Nobody is asked to take away what another request still gives.
    let missing = || StoreError::inconsistent("release", format!("{number} is gone"));
    let request = store::requests::find(work.conn(), grant.request, false).await?.ok_or_else(missing)?;
    let planned = store::releases::find(work.conn(), removal, false).await?.ok_or_else(missing)?;
    let kept = kept_access::close_if_kept(work, &request, &planned).await?;
    if !kept {
        super::carrying_out::by_hand::queue_planned(work, removal, now).await?;
    }
    let href = app::paths::grant(grant.id);
    let stays = format!("{}. Another request gives the same, so nothing is taken away.", reason.label());
    let (title, body) =
        if kept { ("A grant of yours ended, its access stays", stays.as_str()) } else { ("Access of yours ends", reason.label()) };
    let notice = Notice { kind: NotificationKind::AccessEnds, title, body, href: &href, request: Some(grant.request) };
    notifying::tell(work, &[grant.identity], &notice).await?;
    shown::refresh(work, grant.request).await
}

/// By when a removal should be done that begins now: as any other work on the entitlement, and for
/// somebody who stopped no later than the specification of their population promises. The promise is of
/// hours by the clock: access does not wait for the morning.
async fn due_at(work: &mut Work<'_>, base: &Base, grant: &GrantRow, reason: EndReason) -> Result<Timestamp, UseCaseError> {
    let now = work.now();
    let due = manual::removal_due_at(work, base, grant.identity, grant.entitlement, now).await?;
    if reason != EndReason::IdentityStopped {
        return Ok(due);
    }
    let Some(about) = store::nominees::about(work.conn(), grant.identity).await? else { return Ok(due) };
    let specification = store::facts::specification(work.conn(), about.population, now).await?;
    let promised = specification.map(|specification| SignedDuration::from_hours(i64::from(specification.termination_within_hours)));
    Ok(promised.and_then(|within| now.checked_add(within).ok()).map_or(due, |promised| promised.min(due)))
}

/// Takes back what was asked for about a grant that begins to end. What cannot be taken back now, because
/// something of it is under way or in somebody's hands, is left alone.
async fn withdraw_about(work: &mut Work<'_>, locked: &Locked, reason: EndReason, except: Option<RequestId>) -> Result<(), UseCaseError> {
    let (now, because) = (work.now(), moot(reason));
    for request in locked.about.iter().copied().filter(|id| Some(*id) != except) {
        let Some(row) = store::requests::find(work.conn(), request, false).await? else { continue };
        // An end that somebody is moving by hand goes with the access. Other access that they are giving stays when
        // nobody has it on record: that is theirs to finish.
        let by_hand = if row.kind == RequestKind::Extend { ByHand::Cancelled } else { ByHand::Awaited };
        // What is under way about it comes to nothing by itself; access does not stay for its sake.
        if !row.state.is_pending() || !is_moot(row.kind, reason) || !may_end_without_release(work, request, by_hand).await? {
            continue;
        }
        let state = row.state.clone().withdraw(because.to_owned())?;
        end_with(work, request, by_hand).await?;
        store::requests::set_state(work.conn(), request, row.version, row.revision, &state, now).await?;
        work.event(EventKind::RequestWithdrawn, "request", request.0, Some(request), json!({ "number": row.number, "detail": because }))
            .await?;
        joining::tell_moved(work, &row, Moved::Withdrawn).await?;
        shown::refresh(work, request).await?;
    }
    Ok(())
}

/// Whether a request about access has nothing left to ask for once that ends. Whoever asked for a change
/// still wants the new access when the old one ends by itself: its release says how that is asked for.
fn is_moot(kind: RequestKind, reason: EndReason) -> bool {
    match reason {
        EndReason::Expired | EndReason::IdentityStopped => kind == RequestKind::Extend,
        EndReason::GivenBack | EndReason::Replaced => true,
    }
}

/// The sentence on requests about access that ends.
const fn moot(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Expired => "The access ended before it was extended.",
        EndReason::IdentityStopped => "The person is no longer active, so the access ended before it was extended.",
        EndReason::GivenBack => "The access was given back, so there is nothing left to extend or to replace.",
        EndReason::Replaced => "Other access took the place of this one, so there is nothing left to extend or to replace.",
    }
}
