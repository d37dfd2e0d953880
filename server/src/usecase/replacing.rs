//! Access in place of other access: what keeps the two apart, which therefore goes first, and how
//! that is said.

use super::Base;
use super::carrying_out::by_hand;
use super::ending;
use super::error::UseCaseError;
use super::work::Work;
use crate::store;
use crate::store::error::StoreError;
use crate::store::releases::ReleaseRow;
use domain::conflict::ConflictFound;
use domain::event::EventKind;
use domain::grant::EndReason;
use domain::id::{EntitlementId, GrantId, IdentityId, RequestId};
use domain::release::{ReleaseKind, ReleaseState};
use domain::replacement::{self, Next};
use domain::request::RequestKind;
use serde_json::json;

/// How it stands with a change.
pub struct Order {
    /// What comes next.
    pub next: Next,
    /// Why it is not the new access, as a sentence for who carries it out.
    pub obstacle: Option<String>,
}

/// Why the old access goes first, as a sentence; `None` where both may be held for a while.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn why_old_goes_first(
    work: &mut Work<'_>,
    subject: IdentityId,
    entitlement: EntitlementId,
    old: GrantId,
    request: Option<RequestId>,
) -> Result<Option<String>, UseCaseError> {
    let apart = kept_apart(work, subject, entitlement, old, request).await?;
    let name = store::asking::grant(work.conn(), old).await?.map(|(name, _)| name).unwrap_or_default();
    Ok(replacement::why_old_goes_first(&name, &apart))
}

/// The conflicts of the time in which both would be held, on today's rules.
async fn kept_apart(
    work: &mut Work<'_>,
    subject: IdentityId,
    entitlement: EntitlementId,
    old: GrantId,
    request: Option<RequestId>,
) -> Result<Vec<ConflictFound>, UseCaseError> {
    let wanted = store::facts::wanted(work.conn(), entitlement).await?;
    let named: Vec<EntitlementId> = wanted.iter().map(|part| part.entitlement).collect();
    let rules = store::facts::conflicts_naming(work.conn(), &named).await?;
    let held = store::facts::standings(work.conn(), subject, request, &[], Some(old)).await?;
    let held_with_old = store::facts::standings(work.conn(), subject, request, &[], None).await?;
    Ok(replacement::kept_apart(&wanted, &held, &held_with_old, &rules))
}

/// What comes next for a release that gives access in place of other access; `None` for every other.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn order(work: &mut Work<'_>, release: &ReleaseRow) -> Result<Option<Order>, UseCaseError> {
    let (kind, about) = store::plans::kind_of_request(work.conn(), release.request).await?;
    if release.kind != ReleaseKind::Activate || kind != RequestKind::Change {
        return Ok(None);
    }
    let inconsistent = || StoreError::inconsistent("request", format!("{} replaces no grant", release.number));
    let old = about.ok_or_else(inconsistent)?;
    let grant = store::grants::find(work.conn(), old).await?.ok_or_else(inconsistent)?;
    let apart = kept_apart(work, release.subject, release.entitlement, old, Some(release.request)).await?;
    let next = replacement::next(&grant.state, &apart);
    let obstacle = match next {
        Next::Give { .. } => None,
        Next::Moot => {
            Some("The access that this would replace has ended or is being removed: ask for the new access by itself.".to_owned())
        }
        Next::Remove | Next::AwaitRemoval(_) => {
            let name = store::asking::grant(work.conn(), old).await?.map(|(name, _)| name).unwrap_or_default();
            let why = replacement::why_old_goes_first(&name, &apart).unwrap_or_default();
            let number = match next {
                Next::AwaitRemoval(removal) => store::releases::find(work.conn(), removal, false).await?.map(|removal| removal.number),
                _ => None,
            };
            Some(match number {
                Some(number) => format!("{why} Carry out {number}, then this."),
                None => format!("{why} Its removal is put into the queue within a minute of the start."),
            })
        }
    };
    Ok(Some(Order { next, obstacle }))
}

/// The old access of a change begins to end, and what else was asked for about it is moot. Nothing is
/// committed here.
///
/// # Errors
/// [`app::error::AppError::NotPossible`] unless it is active.
pub async fn begin_to_end(work: &mut Work<'_>, base: &Base, old: &ending::Locked, request: RequestId) -> Result<(), UseCaseError> {
    ending::start(work, base, old, EndReason::Replaced, Some(request)).await
}

/// Begins to end the old access of an approved change whose start has come, where the two are kept
/// apart. Gives whether it did.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn make_room(mut work: Work<'_>, base: &Base, request: RequestId, old: GrantId) -> Result<bool, UseCaseError> {
    let Some(locked) = ending::lock(&mut work, old).await? else { return Ok(false) };
    // Behind the locks: the request may have been taken back, or the release carried out.
    let now = work.now();
    let Some(release) = store::releases::waiting_change(work.conn(), request, now).await? else { return Ok(false) };
    let Some(release) = store::releases::find(work.conn(), release, false).await? else { return Ok(false) };
    let next = order(&mut work, &release).await?.map(|order| order.next);
    if next != Some(Next::Remove) {
        return Ok(false);
    }
    begin_to_end(&mut work, base, &locked, request).await?;
    work.commit().await?;
    Ok(true)
}

/// Access is gone: a change that waited for that goes on. What was held for it goes back into the queue,
/// where the gates run again; a machine begins now. Nothing is committed here.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn go_on(work: &mut Work<'_>, gone: GrantId) -> Result<(), UseCaseError> {
    let now = work.now();
    for request in store::grants::open_requests_about(work.conn(), gone).await? {
        let Some(row) = store::requests::find(work.conn(), request, true).await? else { continue };
        let Some(release) = store::releases::waiting_change(work.conn(), request, now).await? else { continue };
        let Some(release) = store::releases::find(work.conn(), release, true).await? else { continue };
        if matches!(release.state, ReleaseState::Held { .. }) {
            let planned = release.state.clone().retry()?;
            store::releases::set_state(work.conn(), release.id, release.version, &planned, None, now).await?;
            let body = json!({ "number": release.number, "detail": "What it replaces is gone." });
            work.event(EventKind::ReleaseRetried, "release", release.id.0, Some(row.id), body).await?;
        }
        by_hand::queue_planned(work, release.id, now).await?;
    }
    Ok(())
}
