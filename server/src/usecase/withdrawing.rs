//! Taking a request back, at any time before it is released.

use super::Base;
use super::authorise::require_or_hide;
use super::error::UseCaseError;
use super::notifying::{self, Notice};
use super::planning;
use super::shown;
use super::work::Work;
use crate::store;
use app::error::AppError;
use domain::actor::Caller;
use domain::error::InvalidTransition;
use domain::event::EventKind;
use domain::id::{ReleaseId, RequestId};
use domain::notification::NotificationKind;
use domain::permission::Action;
use domain::release::ReleaseState;
use domain::text::Remark;
use serde_json::json;

/// Takes a request back; a release that waits is cancelled with it.
///
/// # Errors
/// [`AppError::Changed`], [`AppError::NotPossible`] once released, or problems with the reason.
pub async fn withdraw(base: &Base, caller: &Caller, id: RequestId, version: i32, reason: &str) -> Result<(), UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let relations = store::requests::relations(work.conn(), id, caller.identity).await?;
    require_or_hide(caller, Action::WithdrawRequest, Action::ReadRequest, &relations)?;
    let reason = Remark::parse_optional("reason", reason)?.map_or_else(|| "No longer needed.".to_owned(), |r| r.as_str().to_owned());
    let row = store::requests::find(work.conn(), id, true).await?.ok_or(AppError::NotFound)?;
    if row.version != version {
        return Err(AppError::Changed.into());
    }
    let state = row.state.clone().withdraw(reason.clone())?;
    let deciders = store::asking::deciders(work.conn(), id, row.revision).await?;
    end_without_release(&mut work, id).await?;
    let now = work.now();
    store::requests::set_state(work.conn(), id, row.version, row.revision, &state, now).await?;
    work.event(EventKind::RequestWithdrawn, "request", id.0, Some(id), json!({ "number": row.number, "detail": reason })).await?;
    shown::refresh(&mut work, id).await?;
    let (title, href) = (format!("{} was withdrawn", row.number), app::paths::request(id));
    let notice = Notice {
        kind: NotificationKind::RequestMoved,
        title: &title,
        body: "The reason stands on the request. Nothing is expected of you any more.",
        href: &href,
        request: Some(id),
    };
    // Who joined the request hears of it below, once.
    let interested = super::joining::interested(&mut work, id).await?;
    let asked: Vec<_> = deciders.into_iter().filter(|person| !interested.contains(person)).collect();
    notifying::tell(&mut work, &asked, &notice).await?;
    super::joining::tell_moved(&mut work, &row, super::joining::Moved::Withdrawn).await?;
    work.commit().await
}

/// A release as it stands once it is cancelled. What is under way, or was done in part, is rolled back
/// first.
///
/// # Errors
/// [`UseCaseError`] when reading fails; the inner one where it cannot be cancelled now.
pub async fn cancelled(
    work: &mut Work<'_>,
    id: ReleaseId,
    state: ReleaseState,
) -> Result<Result<ReleaseState, InvalidTransition>, UseCaseError> {
    let touched = store::release_steps::touched(work.conn(), id).await?;
    Ok(state.cancel(touched))
}

/// Whether every release of a request that is open can be cancelled now.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn may_end_without_release(work: &mut Work<'_>, id: RequestId) -> Result<bool, UseCaseError> {
    for release in store::releases::lock_open(work.conn(), id).await? {
        let Some(row) = store::releases::find(work.conn(), release, false).await? else { continue };
        if cancelled(work, release, row.state).await?.is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Voids undecided stages and cancels releases that wait: what every end before release does, and
/// every revision that is overtaken by the next.
///
/// # Errors
/// [`UseCaseError`] when writing fails.
pub async fn end_without_release(work: &mut Work<'_>, id: RequestId) -> Result<(), UseCaseError> {
    let (now, base) = (work.now(), work.base());
    planning::end_pauses(work, base, id).await?;
    store::approvals::void_undecided(work.conn(), id, now).await?;
    for release in store::releases::lock_open(work.conn(), id).await? {
        let Some(row) = store::releases::find(work.conn(), release, false).await? else { continue };
        let cancelled = cancelled(work, release, row.state).await??;
        store::releases::set_state(work.conn(), release, row.version, &cancelled, None, now).await?;
        work.event(EventKind::ReleaseCancelled, "release", release.0, Some(id), json!({ "number": row.number })).await?;
    }
    Ok(())
}
