//! What a release brings about once it is proven, whoever carried it out: access begins, ends, or
//! lasts longer, and the request moves on. Nothing is committed here, and the state of the release is
//! the caller's.

use super::Base;
use super::ending::{self, Locked};
use super::error::UseCaseError;
use super::joining::{Moved, tell_moved};
use super::work::Work;
use super::{replacing, shown};
use crate::store;
use crate::store::error::StoreError;
use crate::store::grants::{GrantRow, NewGrant};
use crate::store::releases::ReleaseRow;
use crate::store::requests::RequestRow;
use app::when::When;
use domain::event::EventKind;
use domain::id::GrantId;
use domain::replacement::Next;
use domain::request::RequestKind;
use domain::time::today;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

/// What an activation replaces, locked, with what comes next for the two.
pub struct Replaced {
    old: Option<Locked>,
    /// Why the new access is not given yet, as a sentence.
    pub obstacle: Option<String>,
    old_ends: bool,
}

impl Replaced {
    /// It takes the place of nothing.
    #[must_use]
    pub fn nothing() -> Self {
        Self { old: None, obstacle: None, old_ends: false }
    }
}

/// Looks up and locks what an activation replaces.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn replaced(work: &mut Work<'_>, release: &ReleaseRow) -> Result<Replaced, UseCaseError> {
    let (kind, about) = store::plans::kind_of_request(work.conn(), release.request).await?;
    let old = match (kind, about) {
        (RequestKind::Change, Some(grant)) => ending::lock(work, grant).await?,
        _ => None,
    };
    let order = replacing::order(work, release).await?;
    let old_ends = matches!(order.as_ref().map(|order| &order.next), Some(Next::Give { old_ends: true }));
    Ok(Replaced { old, obstacle: order.and_then(|order| order.obstacle), old_ends })
}

/// Begins the grant of an activation, since `at`.
///
/// # Errors
/// [`UseCaseError`] when the database refuses.
pub async fn begin_grant(
    work: &mut Work<'_>,
    base: &Base,
    release: &ReleaseRow,
    at: Timestamp,
    ends_at: Option<Timestamp>,
) -> Result<GrantId, UseCaseError> {
    let review_days = store::grants::review_every_days(work.conn(), release.entitlement).await?;
    let items = store::revisions::items(work.conn(), release.request, release.revision).await?;
    let version = items
        .into_iter()
        .find(|i| i.id == release.item)
        .map(|i| i.card.version)
        .ok_or_else(|| StoreError::inconsistent("request_item", "a release points nowhere"))?;
    let grant = NewGrant {
        id: work.id(GrantId::new),
        identity: release.subject,
        entitlement: release.entitlement,
        entitlement_version: version,
        request: release.request,
        item: release.item,
        release: release.id,
        at,
        ends_at,
        next_review_on: Some(today(at, &base.zone).saturating_add(review_days.days())),
    };
    store::grants::insert(work.conn(), &grant).await?;
    Ok(grant.id)
}

/// Access is there: its event, the end of what it replaces, the request, and who wants to hear of it.
///
/// # Errors
/// [`UseCaseError`] when writing fails.
pub async fn access_began(
    work: &mut Work<'_>,
    base: &Base,
    request: &RequestRow,
    release: &ReleaseRow,
    grant: GrantId,
    ends_at: Option<Timestamp>,
    replaced: &Replaced,
) -> Result<(), UseCaseError> {
    let next = request.state.clone().release()?;
    let replaces = replaced.old.as_ref().map(|old| old.grant.id.to_string());
    let body = json!({ "identity": release.subject.to_string(), "entitlement": release.entitlement.to_string(), "ends_at": ends_at.map(|t| t.to_string()), "replaces": replaces });
    work.event(EventKind::GrantActivated, "grant", grant.0, Some(release.request), body).await?;
    if let (Some(old), true) = (&replaced.old, replaced.old_ends) {
        replacing::begin_to_end(work, base, old, release.request).await?;
    }
    let now = work.now();
    store::requests::set_state(work.conn(), request.id, request.version, request.revision, &next, now).await?;
    tell_moved(work, request, Moved::Released).await?;
    shown::refresh(work, request.id).await
}

/// Ends the grant of a removal.
///
/// # Errors
/// [`UseCaseError`] when the grant is not ending or the database refuses.
pub async fn end_grant(work: &mut Work<'_>, release: &ReleaseRow) -> Result<GrantId, UseCaseError> {
    let id = release.grant.ok_or_else(|| StoreError::inconsistent("release", format!("{} removes no grant", release.number)))?;
    let grant =
        store::grants::lock(work.conn(), id).await?.ok_or_else(|| StoreError::inconsistent("access_grant", "a removal points nowhere"))?;
    let ended = grant.state.end(work.now())?;
    store::grants::set_state(work.conn(), id, &ended).await?;
    Ok(id)
}

/// Access is gone, and with it the request that led to it is complete; what was to take its place goes on.
///
/// # Errors
/// [`UseCaseError`] when writing fails.
pub async fn access_ended(work: &mut Work<'_>, request: &RequestRow, release: &ReleaseRow, grant: GrantId) -> Result<(), UseCaseError> {
    let body = json!({ "identity": release.subject.to_string(), "entitlement": release.entitlement.to_string() });
    work.event(EventKind::GrantEnded, "grant", grant.0, Some(release.request), body).await?;
    let closed = request.state.clone().close()?;
    let now = work.now();
    store::requests::set_state(work.conn(), request.id, request.version, request.revision, &closed, now).await?;
    work.event(EventKind::RequestClosed, "request", request.id.0, Some(request.id), json!({ "number": request.number })).await?;
    shown::refresh(work, request.id).await?;
    replacing::go_on(work, grant).await
}

/// The grant of an extension, locked.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn extended_grant(work: &mut Work<'_>, release: &ReleaseRow) -> Result<GrantRow, UseCaseError> {
    let id = release.grant.ok_or_else(|| StoreError::inconsistent("release", format!("{} extends no grant", release.number)))?;
    let grant = store::grants::lock(work.conn(), id).await?;
    Ok(grant.ok_or_else(|| StoreError::inconsistent("access_grant", "an extension points nowhere"))?)
}

/// The end has moved (law 9). The request is complete with it: the access itself belongs to the request
/// that led to it.
///
/// # Errors
/// [`UseCaseError`] when writing fails.
pub async fn end_moved(
    work: &mut Work<'_>,
    base: &Base,
    request: &RequestRow,
    release: &ReleaseRow,
    held: &GrantRow,
    ends_at: Option<Timestamp>,
) -> Result<(), UseCaseError> {
    let next = request.state.clone().release()?.close()?;
    let words = |end: Option<Timestamp>| end.map_or_else(|| "no end".to_owned(), |end| When::new(end, &base.zone).text);
    let body = json!({
        "identity": release.subject.to_string(),
        "entitlement": release.entitlement.to_string(),
        "old_ends_at": held.ends_at.map(|t| t.to_string()),
        "ends_at": ends_at.map(|t| t.to_string()),
        "detail": format!("{} instead of {}", words(ends_at), words(held.ends_at)),
    });
    work.event(EventKind::GrantExtended, "grant", held.id.0, Some(request.id), body).await?;
    let now = work.now();
    store::requests::set_state(work.conn(), request.id, request.version, request.revision, &next, now).await?;
    work.event(EventKind::RequestClosed, "request", request.id.0, Some(request.id), json!({ "number": request.number })).await?;
    tell_moved(work, request, Moved::Released).await?;
    shown::refresh(work, request.id).await
}
