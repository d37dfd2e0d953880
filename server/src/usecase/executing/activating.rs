//! Giving access: the grant begins, and what it replaces begins to end in the same transaction.

use super::Attempt;
use super::checking::check;
use crate::store;
use crate::store::error::StoreError;
use crate::store::grants::NewGrant;
use crate::usecase::ending;
use crate::usecase::error::UseCaseError;
use crate::usecase::joining::{Moved, tell_moved};
use crate::usecase::shown;
use crate::usecase::work::Work;
use app::releases::port::Execution;
use domain::event::EventKind;
use domain::grant::EndReason;
use domain::id::GrantId;
use domain::request::RequestKind;
use domain::time::today;
use jiff::ToSpan;
use serde_json::json;

/// The sentence on requests about access that was replaced.
const MOOT: &str = "Other access took the place of this one, so there is nothing left to extend or to replace.";

/// Carries an activation out, or holds it.
pub(super) async fn activate(mut work: Work<'_>, attempt: &Attempt<'_>) -> Result<Execution, UseCaseError> {
    let Attempt { base, request, release, .. } = attempt;
    let now = work.now();
    let next = request.state.clone().release()?;
    let (kind, about) = store::plans::kind_of_request(work.conn(), release.request).await?;
    let replaced = match (kind, about) {
        (RequestKind::Change, Some(grant)) => ending::lock(&mut work, grant).await?,
        _ => None,
    };
    let mut checked = check(&mut work, attempt).await?;
    if kind == RequestKind::Change && !replaced.as_ref().is_some_and(|locked| ending::is_active(&locked.grant)) {
        checked
            .obstacles
            .push("The access that this would replace has ended or is being removed: ask for the new access by itself.".to_owned());
    }
    if !checked.obstacles.is_empty() {
        return attempt.held(work, &checked.evaluation, checked.obstacles).await;
    }
    let ends_at = checked.ends_at;
    let review_days = store::grants::review_every_days(work.conn(), release.entitlement).await?;
    let grant = NewGrant {
        id: work.id(GrantId::new),
        identity: release.subject,
        entitlement: release.entitlement,
        entitlement_version: pinned_version(&mut work, attempt).await?,
        request: release.request,
        item: release.item,
        release: release.id,
        at: now,
        ends_at,
        next_review_on: Some(today(now, &base.zone).saturating_add(review_days.days())),
    };
    store::grants::insert(work.conn(), &grant).await?;
    attempt.executed(&mut work, grant.id, Some(&checked.evaluation)).await?;
    let body = json!({ "identity": release.subject.to_string(), "entitlement": release.entitlement.to_string(), "ends_at": ends_at.map(|t| t.to_string()), "replaces": about.map(|id| id.to_string()) });
    work.event(EventKind::GrantActivated, "grant", grant.id.0, Some(release.request), body).await?;
    if let Some(replaced) = &replaced {
        ending::start(&mut work, base, &replaced.grant, EndReason::Replaced).await?;
        ending::withdraw_about(&mut work, replaced, Some(release.request), MOOT).await?;
    }
    store::requests::set_state(work.conn(), request.id, request.version, request.revision, &next, now).await?;
    tell_moved(&mut work, request, Moved::Released).await?;
    shown::refresh(&mut work, request.id).await?;
    work.commit().await?;
    Ok(Execution::Executed)
}

async fn pinned_version(work: &mut Work<'_>, attempt: &Attempt<'_>) -> Result<i32, UseCaseError> {
    let release = &attempt.release;
    let items = store::revisions::items(work.conn(), release.request, release.revision).await?;
    Ok(items
        .into_iter()
        .find(|i| i.id == release.item)
        .map(|i| i.card.version)
        .ok_or_else(|| StoreError::inconsistent("request_item", "a release points nowhere"))?)
}
