//! Taking a request back, at any time before it is released.

use super::Base;
use super::authorise::require_or_hide;
use super::error::UseCaseError;
use super::notifying::{self, Notice};
use super::planning;
use super::shown;
use super::work::Work;
use crate::store;
use crate::store::release_hands::{Claim, Word};
use crate::store::releases::ReleaseRow;
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

/// What keeps a release from being cancelled, besides its state.
#[derive(Clone, Debug)]
pub enum Kept {
    /// Something may be there that a machine did for it.
    Touched,
    /// Somebody did it although a rule held it, and nobody says that it was taken back.
    MayBeThere(Word),
    /// Somebody has taken it on and may be doing it.
    InHand(Claim),
}

/// What becomes of work by hand whose request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByHand {
    /// The request waits until it is given back, or taken back.
    Awaited,
    /// It is cancelled under whoever has it, and they are told: the access that it is about ends anyway.
    Cancelled,
}

/// What keeps a release from being cancelled, besides its state.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn kept(work: &mut Work<'_>, id: ReleaseId) -> Result<Option<Kept>, UseCaseError> {
    if store::release_steps::touched(work.conn(), id).await? {
        return Ok(Some(Kept::Touched));
    }
    let now = work.now();
    let hand = store::release_hands::hand(work.conn(), id).await?;
    let in_hand = hand.claim.filter(|claim| claim.lapses_at > now).map(Kept::InHand);
    Ok(hand.may_be_there.map(Kept::MayBeThere).or(in_hand))
}

/// A release as it stands once it is cancelled. What is under way, was done in part, or is in somebody's
/// hands, is rolled back, taken back or given back first.
fn cancelled(state: ReleaseState, kept: Option<&Kept>, by_hand: ByHand) -> Result<ReleaseState, InvalidTransition> {
    let kept = match (kept, by_hand) {
        (Some(Kept::MayBeThere(_) | Kept::InHand(_)), ByHand::Cancelled) | (None, _) => false,
        (Some(_), _) => true,
    };
    state.cancel(kept)
}

/// Whether a release can be cancelled, as far as its state and what was done for it go.
#[must_use]
pub fn may_be_cancelled(state: &ReleaseState, kept: Option<&Kept>) -> bool {
    cancelled(state.clone(), kept, ByHand::Awaited).is_ok()
}

/// Whether every release of a request that is open can be cancelled now.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn may_end_without_release(work: &mut Work<'_>, id: RequestId, by_hand: ByHand) -> Result<bool, UseCaseError> {
    for release in store::releases::lock_open(work.conn(), id).await? {
        let Some(row) = store::releases::find(work.conn(), release, false).await? else { continue };
        let kept = kept(work, release).await?;
        if cancelled(row.state, kept.as_ref(), by_hand).is_err() {
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
    end_with(work, id, ByHand::Awaited).await
}

/// The same, with work by hand as the caller says. Whoever has what is cancelled under them is told.
///
/// # Errors
/// [`UseCaseError`] when writing fails.
pub async fn end_with(work: &mut Work<'_>, id: RequestId, by_hand: ByHand) -> Result<(), UseCaseError> {
    let (now, base) = (work.now(), work.base());
    planning::end_pauses(work, base, id).await?;
    store::approvals::void_undecided(work.conn(), id, now).await?;
    for release in store::releases::lock_open(work.conn(), id).await? {
        let Some(row) = store::releases::find(work.conn(), release, false).await? else { continue };
        let kept = kept(work, release).await?;
        let cancelled = cancelled(row.state.clone(), kept.as_ref(), by_hand)?;
        store::releases::set_state(work.conn(), release, row.version, &cancelled, None, now).await?;
        work.event(EventKind::ReleaseCancelled, "release", release.0, Some(id), json!({ "number": row.number })).await?;
        if let Some(kept) = kept {
            tell_whoever_has_it(work, &row, &kept).await?;
        }
    }
    Ok(())
}

/// Whoever has taken on, or done, what was cancelled under them takes back what is there: nothing else will.
async fn tell_whoever_has_it(work: &mut Work<'_>, release: &ReleaseRow, kept: &Kept) -> Result<(), UseCaseError> {
    let by = match kept {
        Kept::Touched => return Ok(()),
        Kept::MayBeThere(word) => word.by,
        Kept::InHand(claim) => claim.by,
    };
    store::release_hands::unclaim(work.conn(), release.id).await?;
    let (title, href) = (format!("{} is not needed any more", release.number), app::paths::release(release.id));
    let notice = Notice {
        kind: NotificationKind::Held,
        title: &title,
        body: "The access that it is about ends, so it was cancelled. If you have done any of it over there, take that back.",
        href: &href,
        request: Some(release.request),
    };
    notifying::tell(work, &[by], &notice).await
}
