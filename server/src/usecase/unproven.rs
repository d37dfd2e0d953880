//! Access that was given and never proven. No grant exists before its proof, so no end of a grant would
//! take it away. When the approved period is over, or whoever has it is no longer active, what a
//! machine did is rolled back, and what a person did, also where a rule held it, counts as given and is
//! removed by a release of its own, which is proven (law 7).

use super::Base;
use super::carrying_out::{Locked, by_hand, lock};
use super::ending;
use super::error::UseCaseError;
use super::executing::checking;
use super::manual::looking;
use super::proven::{self, Replaced};
use super::withdrawing::may_be_cancelled;
use super::work::Work;
use crate::store;
use crate::store::error::StoreError;
use crate::store::release_hands::Word;
use crate::store::release_steps::Carrying;
use domain::actor::Actor;
use domain::error::InvalidTransition;
use domain::event::EventKind;
use domain::grant::{self, EndReason};
use domain::id::ReleaseId;
use domain::release::{Failure, ReleaseKind, ReleaseState};
use domain::time::today;
use jiff::Timestamp;
use serde_json::json;

/// Stands in place of the second look that nobody took.
const NOT_LOOKED_AT: &str = "Nobody took the second look before the access had to go.";

/// Stands in place of the gates that were not met.
const NOT_TAKEN_BACK: &str = "It was done by hand although a rule held it, and nobody took it back before the access had to go.";

/// Begins to take away what a release gave, where that has to be gone and nothing proved it. Gives
/// whether it did.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn end(base: &Base, actor: Actor, id: ReleaseId) -> Result<bool, UseCaseError> {
    let mut work = Work::begin(base, actor).await?;
    let Some(locked) = lock(&mut work, id).await? else { return Ok(false) };
    // Behind the locks: somebody may have proven it, or a worker may have it in hand.
    let now = work.now();
    let Some(reason) = store::unproven::why(work.conn(), id, today(now, &base.zone), now).await? else { return Ok(false) };
    let word = store::release_hands::hand(work.conn(), id).await?.may_be_there;
    match (locked.release.kind, &locked.release.state, word) {
        (ReleaseKind::Extend, ..) => extension(&mut work, &locked).await?,
        (ReleaseKind::Activate, done @ ReleaseState::Activated { by: Some(_), at, .. }, _) => {
            let replaced = proven::replaced(&mut work, &locked.release).await?;
            let given = Given { done: done.clone(), at: *at, because: EventKind::ReleaseNotLookedAt, said: NOT_LOOKED_AT, replaced };
            remove(&mut work, base, &locked, given, reason).await?;
        }
        (ReleaseKind::Activate, ..) if store::release_steps::touched(work.conn(), id).await? => undo(&mut work, &locked, reason).await?,
        (ReleaseKind::Activate, state, Some(word)) if may_be_cancelled(state, None) => {
            let given = Given::by(&word, state.clone())?;
            remove(&mut work, base, &locked, given, reason).await?;
        }
        (ReleaseKind::Activate | ReleaseKind::Remove, ..) => return Ok(false),
    }
    work.commit().await?;
    Ok(true)
}

/// What counts as given although nothing proved it.
struct Given {
    /// The release, done by hand.
    done: ReleaseState,
    /// When.
    at: Timestamp,
    /// What the trail says of it.
    because: EventKind,
    /// What stands in place of a proof.
    said: &'static str,
    /// What it took the place of.
    replaced: Replaced,
}

impl Given {
    /// What somebody did although a rule held it. What it would have replaced stays: no gate let it take that
    /// place.
    fn by(word: &Word, state: ReleaseState) -> Result<Self, InvalidTransition> {
        let waiting = match state {
            waiting @ (ReleaseState::Planned | ReleaseState::Held { .. }) => waiting,
            other => other.retry()?,
        };
        let done = waiting.activate_by_hand(word.by, word.at, format!("{} says that it was done.", word.name))?;
        Ok(Self { done, at: word.at, because: EventKind::ReleaseNotTakenBack, said: NOT_TAKEN_BACK, replaced: Replaced::nothing() })
    }
}

/// What a machine did is undone, step by step.
async fn undo(work: &mut Work<'_>, locked: &Locked, reason: EndReason) -> Result<(), UseCaseError> {
    let (now, release) = (work.now(), &locked.release);
    let said = format!("{} before the access was proven.", reason.label());
    let failure = Failure { step: "end".to_owned(), fault: reason.word().to_owned(), said: said.clone(), at: now };
    let undoing = release.state.clone().roll_back(release.kind, failure)?;
    store::releases::set_state(work.conn(), release.id, release.version, &undoing, None, now).await?;
    let carrying = store::release_steps::carrying(work.conn(), release.id).await?;
    // A worker that was taken for dead writes nothing any more.
    let carrying = Carrying { tries: 0, worked_until: None, fence: carrying.fence + 1, ..carrying };
    store::release_steps::set_carrying(work.conn(), release.id, &carrying).await?;
    let body = json!({ "number": release.number, "detail": said });
    work.event(EventKind::ReleaseUndoing, "release", release.id.0, Some(release.request), body).await?;
    by_hand::queue(work, release.id, Some(now)).await
}

/// What a person did counts as given since they did it, and begins to end at once: that it is gone is
/// proven like every removal.
async fn remove(work: &mut Work<'_>, base: &Base, locked: &Locked, given: Given, reason: EndReason) -> Result<(), UseCaseError> {
    let (now, request, release) = (work.now(), &locked.request, &locked.release);
    // What was done after the approved period has no end that lies behind its beginning.
    let ends_at = checking::approved_period(work, release).await?.ends_at(&base.zone).filter(|end| *end > given.at);
    let id = proven::begin_grant(work, base, release, given.at, ends_at).await?;
    let closed = given.done.close(Some(given.said.to_owned()))?;
    store::releases::set_state(work.conn(), release.id, release.version, &closed, Some(id), now).await?;
    store::release_hands::unclaim(work.conn(), release.id).await?;
    let body = json!({ "number": release.number, "detail": given.said });
    work.event(given.because, "release", release.id.0, Some(release.request), body).await?;
    proven::access_began(work, base, request, release, id, ends_at, &given.replaced).await?;
    let missing = || StoreError::inconsistent("access_grant", "a grant that just began is gone");
    let grant = store::grants::lock(work.conn(), id).await?.ok_or_else(missing)?;
    // It just began, so nobody has asked for anything about it.
    ending::start(work, base, &ending::Locked { grant, about: vec![] }, reason, None).await
}

/// An extension that waits for its second look while the access itself is on its way out.
async fn extension(work: &mut Work<'_>, locked: &Locked) -> Result<(), UseCaseError> {
    let held = proven::extended_grant(work, &locked.release).await?;
    let now = work.now();
    match grant::extend(&held.state, None, now) {
        Ok(_) => Ok(()),
        Err(reason) => looking::too_late(work, locked, reason.to_string()).await,
    }
}
