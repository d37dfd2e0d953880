//! The second look: another person than the one who did it says whether it is there, where the tier
//! demands it. Until then nothing counts as given or taken. What somebody did although a rule held it waits
//! for nobody's look: it is taken back, and whoever did that says so.

use super::{due_at, not_taken_by_another, operated, saying};
use crate::store;
use crate::usecase::Base;
use crate::usecase::carrying_out::{Locked, by_hand};
use crate::usecase::error::UseCaseError;
use crate::usecase::executing::checking;
use crate::usecase::notifying::{Notice, tell};
use crate::usecase::proven;
use crate::usecase::withdrawing::may_be_cancelled;
use crate::usecase::work::Work;
use app::error::AppError;
use domain::actor::Caller;
use domain::event::EventKind;
use domain::grant;
use domain::id::{IdentityId, ReleaseId};
use domain::notification::NotificationKind;
use domain::permission::Role;
use domain::release::{Failure, ReleaseKind, ReleaseState};
use domain::text::Remark;
use jiff::Timestamp;
use serde_json::json;

/// Takes the second look: `there`, and in own words what was seen. It is closed, and what it was for
/// begins as of the moment in which it was done; or it goes back to the operators. Of what was done although
/// a rule held it, the same words say that it is not there any more.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::SeparationOfDuties`] for whoever did it, approved it or is
/// concerned, by whatever account; [`AppError::Changed`]; [`AppError::NotPossible`] unless it waits for
/// a second look, or to be taken back; [`AppError::Claimed`] while another operator has that in hand;
/// [`AppError::Invalid`] without words.
pub async fn look(base: &Base, caller: &Caller, id: ReleaseId, version: i32, there: bool, said: &str) -> Result<(), UseCaseError> {
    let (mut work, locked) = operated(base, caller, id).await?;
    let said = Remark::parse("said", said, "Say what you looked at and what you saw.")?;
    if locked.release.version != version {
        return Err(AppError::Changed.into());
    }
    let ReleaseState::Activated { by: Some(by), at, .. } = &locked.release.state else {
        return taken_back(work, caller.identity, &locked, there, &said).await;
    };
    let (by, at) = (*by, *at);
    if store::identities::accounts_of(work.conn(), &[by]).await?.contains(&caller.identity) {
        return Err(AppError::SeparationOfDuties.into());
    }
    saying::says(&mut work, &locked.release, caller.identity, there).await?;
    if there {
        prove(&mut work, base, caller.identity, &locked, at, &said).await?;
    } else {
        put_back(&mut work, base, &locked, &said).await?;
    }
    work.commit().await
}

/// What somebody did although a rule held it is not there any more: the release waits as if it had not been
/// done, and may be cancelled. Who did it may say so as well: nothing is given by it.
async fn taken_back(mut work: Work<'_>, by: IdentityId, locked: &Locked, there: bool, said: &Remark) -> Result<(), UseCaseError> {
    let (now, release) = (work.now(), &locked.release);
    let hand = store::release_hands::hand(work.conn(), release.id).await?;
    if there || hand.may_be_there.is_none() || !may_be_cancelled(&release.state, None) {
        return Err(AppError::NotPossible.into());
    }
    not_taken_by_another(&mut work, by, release.id).await?;
    saying::says(&mut work, release, by, false).await?;
    store::release_hands::unclaim(work.conn(), release.id).await?;
    store::releases::set_state(work.conn(), release.id, release.version, &release.state, None, now).await?;
    let body = json!({ "number": release.number, "detail": said.as_str() });
    work.event(EventKind::ReleaseTakenBack, "release", release.id.0, Some(release.request), body).await?;
    work.commit().await
}

async fn prove(
    work: &mut Work<'_>,
    base: &Base,
    by: IdentityId,
    locked: &Locked,
    at: Timestamp,
    said: &Remark,
) -> Result<(), UseCaseError> {
    let (request, release) = (&locked.request, &locked.release);
    let now = work.now();
    let closed = release.state.clone().close(Some(format!("Second look: {said}")))?;
    let grant = match release.kind {
        ReleaseKind::Activate => {
            let replaced = proven::replaced(work, release).await?;
            let ends_at = checking::approved_period(work, release).await?.ends_at(&base.zone);
            let grant = proven::begin_grant(work, base, release, at, ends_at).await?;
            close(work, by, locked, &closed, grant, said).await?;
            return proven::access_began(work, base, request, release, grant, ends_at, &replaced).await;
        }
        ReleaseKind::Remove => proven::end_grant(work, release).await?,
        ReleaseKind::Extend => {
            let held = proven::extended_grant(work, release).await?;
            let approved = checking::approved_period(work, release).await?.ends_at(&base.zone);
            let ends_at = match grant::extend(&held.state, approved, now) {
                Ok(ends_at) => ends_at,
                Err(reason) => return too_late(work, locked, reason.to_string()).await,
            };
            store::grants::move_end(work.conn(), &held, request.id, ends_at, now).await?;
            close(work, by, locked, &closed, held.id, said).await?;
            return proven::end_moved(work, base, request, release, &held, ends_at).await;
        }
    };
    close(work, by, locked, &closed, grant, said).await?;
    proven::access_ended(work, request, release, grant).await
}

async fn close(
    work: &mut Work<'_>,
    by: IdentityId,
    locked: &Locked,
    closed: &ReleaseState,
    grant: domain::id::GrantId,
    said: &Remark,
) -> Result<(), UseCaseError> {
    let (now, release) = (work.now(), &locked.release);
    store::releases::set_state(work.conn(), release.id, release.version, closed, Some(grant), now).await?;
    store::release_hands::set_verified_by(work.conn(), release.id, by).await?;
    let body = json!({ "number": release.number, "detail": said.as_str() });
    work.event(EventKind::ReleaseVerified, "release", release.id.0, Some(release.request), body).await
}

/// The access that should last longer has ended meanwhile: somebody has to see that it goes.
///
/// # Errors
/// [`UseCaseError`] when writing fails.
pub(in crate::usecase) async fn too_late(work: &mut Work<'_>, locked: &Locked, said: String) -> Result<(), UseCaseError> {
    let (now, release) = (work.now(), &locked.release);
    let failure = Failure { step: "second_look".to_owned(), fault: "refused".to_owned(), said: said.clone(), at: now };
    let failed = release.state.clone().fail(failure, None)?;
    store::releases::set_state(work.conn(), release.id, release.version, &failed, None, now).await?;
    let body = json!({ "number": release.number, "detail": said });
    work.event(EventKind::ReleaseFailed, "release", release.id.0, Some(release.request), body).await?;
    let operators = store::roles::holders(work.conn(), Role::Operator).await?;
    let (title, href) = (format!("{} failed", release.number), app::paths::release(release.id));
    let text = "The access ended before anybody saw that its end was moved: see that it goes over there as well.";
    let notice = Notice { kind: NotificationKind::Held, title: &title, body: text, href: &href, request: Some(release.request) };
    tell(work, &operators, &notice).await
}

/// It is not there: back into the queue, with a due time of its own, for whoever takes it on.
async fn put_back(work: &mut Work<'_>, base: &Base, locked: &Locked, said: &Remark) -> Result<(), UseCaseError> {
    let (now, release) = (work.now(), &locked.release);
    let planned = release.state.clone().retry()?;
    store::releases::set_state(work.conn(), release.id, release.version, &planned, None, now).await?;
    let mut carrying = store::release_steps::carrying(work.conn(), release.id).await?;
    carrying.connection = None;
    store::release_steps::set_carrying(work.conn(), release.id, &carrying).await?;
    let due = due_at(work, base, release.subject, release.entitlement, now).await?;
    store::release_hands::set_due(work.conn(), release.id, due).await?;
    let body = json!({ "number": release.number, "detail": said.as_str() });
    work.event(EventKind::ReleaseNotThere, "release", release.id.0, Some(release.request), body).await?;
    // The application may be a machine's by now.
    by_hand::queue_planned(work, release.id, now).await
}
