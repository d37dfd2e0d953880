//! What people do about a release that a machine carries out: have it tried again, roll it back, and,
//! with a second person, take a step as done. Nobody approves anything again for it.

use super::settling::{new_key, rolled_back};
use super::{Locked, NAME, advance, let_go, lock};
use crate::queue::{Claim, Crew, TaskKind};
use crate::store;
use crate::store::release_steps::{Carrying, StepRow};
use crate::store::releases::ReleaseRow;
use crate::usecase::Base;
use crate::usecase::authorise::require_or_hide;
use crate::usecase::error::UseCaseError;
use crate::usecase::executing::{checking, hold, not_of_those_concerned};
use crate::usecase::manual::{Hands, due_at, hands, saying};
use crate::usecase::proven;
use crate::usecase::work::Work;
use app::error::AppError;
use domain::actor::Caller;
use domain::event::EventKind;
use domain::id::{EventId, ReleaseId};
use domain::permission::Action;
use domain::release::moves::{Failed, failed_at};
use domain::release::{Failure, ReleaseKind, ReleaseState};
use domain::saga::{self, NextUndo, StepState};
use domain::text::Remark;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The task that moves a release on.
#[derive(Serialize, Deserialize)]
pub struct CarryOut {
    /// Which.
    pub release: ReleaseId,
}

impl TaskKind for CarryOut {
    const NAME: &'static str = NAME;
    const WHAT: &'static str = "Carries a release out through its connection";
    const CREW: Crew = Crew::Outside;

    fn key(&self) -> String {
        format!("{NAME}:{}", self.release)
    }

    async fn run(self, base: Base, _claim: Claim) -> Result<(), UseCaseError> {
        // The next look, if there is one, is queued by what decided it.
        advance(&base, self.release).await.map(drop)
    }
}

/// Queues a release for a moment, in the caller's transaction; nothing without one.
///
/// # Errors
/// [`UseCaseError`] when the database refuses.
pub async fn queue(work: &mut Work<'_>, release: ReleaseId, at: Option<Timestamp>) -> Result<(), UseCaseError> {
    match at {
        Some(at) => work.enqueue_at(&CarryOut { release }, at).await,
        None => Ok(()),
    }
}

/// Queues a release that was just planned, where a machine carries it out; for what people do there is
/// nothing to start.
///
/// # Errors
/// [`UseCaseError`] when the database refuses.
pub async fn queue_planned(work: &mut Work<'_>, release: ReleaseId, at: Timestamp) -> Result<(), UseCaseError> {
    let connection = store::connections::of_release(work.conn(), release).await?;
    let by_machine = connection.is_some_and(|connection| connection.connector != "manual");
    queue(work, release, by_machine.then_some(at)).await
}

/// A release that somebody acts on: seen in this version, theirs to act on, and in nobody's hands.
async fn held_by<'a>(base: &'a Base, caller: &Caller, id: ReleaseId, version: i32) -> Result<(Work<'a>, Locked, Carrying), UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let seen = store::releases::find(work.conn(), id, false).await?.ok_or(AppError::NotFound)?;
    let relations = store::requests::relations(work.conn(), seen.request, caller.identity).await?;
    require_or_hide(caller, Action::ExecuteRelease, Action::ReadRelease, &relations)?;
    let locked = lock(&mut work, id).await?.ok_or(AppError::NotFound)?;
    not_of_those_concerned(&mut work, caller.identity, &locked.release).await?;
    let carrying = store::release_steps::carrying(work.conn(), id).await?;
    let now = work.now();
    if locked.release.version != version || carrying.worked_until.is_some_and(|until| until > now) {
        return Err(AppError::Changed.into());
    }
    Ok((work, locked, carrying))
}

async fn event(work: &mut Work<'_>, kind: EventKind, locked: &Locked, detail: &str) -> Result<(), UseCaseError> {
    let release = &locked.release;
    work.event(kind, "release", release.id.0, Some(release.request), json!({ "number": release.number, "detail": detail })).await
}

/// Has a release tried again at once: forward where it failed, was held or rolled back; backward where
/// rolling back got stuck. What was begun goes on through the same connection, in the version that its
/// settings have now.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::SeparationOfDuties`], [`AppError::Changed`] also while a worker
/// has it, [`AppError::NotPossible`].
pub async fn retry(base: &Base, caller: &Caller, id: ReleaseId, version: i32) -> Result<(), UseCaseError> {
    let (mut work, locked, carrying) = held_by(base, caller, id, version).await?;
    let now = work.now();
    let state = locked.release.state.clone();
    let steps = store::release_steps::of_round(work.conn(), id, carrying.round).await?;
    let records: Vec<_> = steps.iter().map(|step| step.record).collect();
    let next = match state {
        // What was done by hand goes back by the second look alone.
        ReleaseState::Activated { .. } => return Err(AppError::NotPossible.into()),
        ReleaseState::Stuck { .. } if matches!(saga::next_undo(&records), NextUndo::ByHand(_)) => {
            return Err(AppError::NotPossible.into());
        }
        stuck @ ReleaseState::Stuck { .. } => stuck.undo_now()?,
        other => other.retry()?,
    };
    store::releases::set_state(work.conn(), id, version, &next, None, now).await?;
    do_anew(&mut work, base, &locked, &carrying, &steps).await?;
    let mut carrying = Carrying { tries: 0, ..let_go(carrying, &records) };
    let mut detail = String::new();
    if let Some((connection, pinned)) = carrying.connection {
        let newest = store::connections::newest_version(work.conn(), connection).await?;
        if newest != pinned {
            detail = format!("with version {newest} of the settings, begun with version {pinned}");
        }
        carrying.connection = Some((connection, newest));
    }
    store::release_steps::set_carrying(work.conn(), id, &carrying).await?;
    event(&mut work, EventKind::ReleaseRetried, &locked, &detail).await?;
    let release = &locked.release;
    if let Hands::People(_) = hands(&mut work, release).await? {
        let due = due_at(&mut work, base, release.subject, release.entitlement, now).await?;
        store::release_hands::set_due(work.conn(), id, due).await?;
    }
    queue(&mut work, id, Some(now)).await?;
    work.commit().await
}

/// Somebody looked, so nothing is believed any more: each step is done again from the first one on, or
/// undone again from the last one on. What a machine said it did gets a new key, so that it is really done
/// again; where it is not known what came of it, the key stays, so that nothing is done twice.
async fn do_anew(work: &mut Work<'_>, base: &Base, locked: &Locked, carrying: &Carrying, steps: &[StepRow]) -> Result<(), UseCaseError> {
    let (now, id) = (work.now(), locked.release.id);
    let backward = matches!(locked.release.state, ReleaseState::Stuck { .. });
    for step in steps {
        let (round, position) = (carrying.round, step.position);
        match step.record.state {
            StepState::Undone if backward => {
                store::release_steps::set_state(work.conn(), id, round, position, StepState::UndoFailed, None, now).await?;
                store::release_steps::renew_undo_key(work.conn(), id, round, position, new_key(base)).await?;
            }
            _ if backward => {}
            StepState::Done => {
                store::release_steps::set_state(work.conn(), id, round, position, StepState::Failed, None, now).await?;
                store::release_steps::renew_key(work.conn(), id, round, position, new_key(base)).await?;
            }
            StepState::NotNeeded | StepState::Kept => {
                store::release_steps::set_state(work.conn(), id, round, position, StepState::Waiting, None, now).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Begins to undo what was done for a release.
///
/// # Errors
/// As [`retry`]; [`AppError::NotPossible`] for removals; [`AppError::Invalid`] without a reason.
pub async fn roll_back(base: &Base, caller: &Caller, id: ReleaseId, version: i32, reason: &str) -> Result<(), UseCaseError> {
    let reason = Remark::parse("reason", reason, "Say why it is rolled back.")?;
    let (mut work, locked, carrying) = held_by(base, caller, id, version).await?;
    let now = work.now();
    let failure = Failure { step: "by_hand".to_owned(), fault: "rolled_back".to_owned(), said: reason.to_string(), at: now };
    if matches!(hands(&mut work, &locked.release).await?, Hands::People(_)) {
        return Err(AppError::NotPossible.into());
    }
    let undoing = locked.release.state.clone().roll_back(locked.release.kind, failure)?;
    store::releases::set_state(work.conn(), id, version, &undoing, None, now).await?;
    store::release_steps::set_carrying(work.conn(), id, &Carrying { tries: 0, ..carrying }).await?;
    event(&mut work, EventKind::ReleaseUndoing, &locked, reason.as_str()).await?;
    queue(&mut work, id, Some(now)).await?;
    work.commit().await
}

/// What failed, by its place among the steps; `None`: the reading that should have proven it.
async fn what_failed(work: &mut Work<'_>, locked: &Locked, carrying: &Carrying) -> Result<Option<i32>, UseCaseError> {
    let steps = store::release_steps::of_round(work.conn(), locked.release.id, carrying.round).await?;
    let records: Vec<_> = steps.iter().map(|step| step.record).collect();
    match failed_at(locked.release.kind, &locked.release.state, &records) {
        None => Err(AppError::NotPossible.into()),
        Some(Failed::Step(position) | Failed::Undo(position)) => Ok(steps.get(position).map(|step| step.position)),
        Some(Failed::Proof) => Ok(None),
    }
}

/// Proposes to take what failed as done: a person did it over there, or found it unnecessary.
///
/// # Errors
/// As [`retry`]; [`AppError::NotPossible`] unless a step or the reading failed.
pub async fn propose_skip(base: &Base, caller: &Caller, id: ReleaseId, version: i32, reason: &str) -> Result<(), UseCaseError> {
    let reason = Remark::parse("reason", reason, "Say what was done by hand, and what shows it.")?;
    let (mut work, locked, carrying) = held_by(base, caller, id, version).await?;
    let now = work.now();
    let position = what_failed(&mut work, &locked, &carrying).await?;
    let skip = work.id(EventId::new).0;
    store::release_skips::insert(work.conn(), skip, id, (carrying.round, position), reason.as_str(), caller.identity, now).await?;
    event(&mut work, EventKind::ReleaseSkipProposed, &locked, reason.as_str()).await?;
    work.commit().await
}

/// Answers such a proposal, as a second person. A step that is confirmed counts as done, and carrying
/// out goes on behind it, up to its reading; a proof that is confirmed closes the release, or ends its
/// rolling back.
///
/// # Errors
/// As [`retry`]; [`AppError::SeparationOfDuties`] for whoever proposed it, by whatever account.
pub async fn answer_skip(base: &Base, caller: &Caller, id: ReleaseId, version: i32, confirm: bool) -> Result<(), UseCaseError> {
    let (mut work, locked, carrying) = held_by(base, caller, id, version).await?;
    let now = work.now();
    let skip = store::release_skips::lock_open(work.conn(), id).await?.ok_or(AppError::Changed)?;
    let same = store::identities::accounts_of(work.conn(), &[skip.proposed_by]).await?;
    if confirm && same.contains(&caller.identity) {
        return Err(AppError::SeparationOfDuties.into());
    }
    store::release_skips::answer(work.conn(), skip.id, caller.identity, confirm, now).await?;
    let word = if confirm { "confirmed" } else { "refused" };
    event(&mut work, EventKind::ReleaseSkipAnswered, &locked, &format!("{word}: {}", skip.reason)).await?;
    if !confirm {
        return work.commit().await;
    }
    if skip.round != carrying.round || what_failed(&mut work, &locked, &carrying).await? != skip.position {
        return Err(AppError::Changed.into());
    }
    // The application may be served by people since then: they do it and show it in their own way.
    let connection = match hands(&mut work, &locked.release).await? {
        Hands::Machine(connection) => connection,
        Hands::People(_) => return Err(AppError::NotPossible.into()),
    };
    // What one person saw at one machine is not what another confirms of another one.
    if skip.connection != Some((connection.id, connection.version)) {
        return Err(AppError::Changed.into());
    }
    let Some(position) = skip.position else { return prove_by_hand(work, base, caller, locked, carrying, &skip).await };
    // Forward it counts as done; on the way back, as taken back.
    let (step, next) = match locked.release.state.clone() {
        state @ (ReleaseState::Stuck { .. } | ReleaseState::Undoing { .. }) => (StepState::TakenBack, state.undo_now()?),
        other => (StepState::Skipped, other.retry()?),
    };
    store::release_steps::set_state(work.conn(), id, carrying.round, position, step, None, now).await?;
    store::releases::set_state(work.conn(), id, version, &next, None, now).await?;
    store::release_steps::set_carrying(work.conn(), id, &Carrying { tries: 0, ..carrying }).await?;
    queue(&mut work, id, Some(now)).await?;
    work.commit().await
}

/// Two people say that it is there, or gone, or undone, where the machine's own reading does not.
async fn prove_by_hand(
    mut work: Work<'_>,
    base: &Base,
    caller: &Caller,
    locked: Locked,
    carrying: Carrying,
    skip: &store::release_skips::SkipRow,
) -> Result<(), UseCaseError> {
    let Locked { request, release } = &locked;
    let now = work.now();
    let proof = format!("Proven by hand, by two people: {}", skip.reason);
    if matches!(release.state, ReleaseState::Stuck { .. } | ReleaseState::Undoing { .. }) {
        let state = release.state.clone().undo_now()?;
        rolled_back(&mut work, &ReleaseRow { state, ..release.clone() }, carrying, Some(proof)).await?;
        return work.commit().await;
    }
    let gated = release.state.clone().gate()?;
    let closed = gated.activate(now)?.close(Some(proof.clone()))?;
    match release.kind {
        ReleaseKind::Activate => {
            let replaced = proven::replaced(&mut work, release).await?;
            let mut checked = checking::check(&mut work, base, release).await?;
            checked.obstacles.extend(replaced.obstacle.clone());
            if !checked.obstacles.is_empty() {
                return hold(work, request, release, &checked.evaluation, checked.obstacles).await;
            }
            pin(&mut work, release, carrying).await?;
            saying::says(&mut work, release, caller.identity, true).await?;
            let grant = proven::begin_grant(&mut work, base, release, now, checked.ends_at).await?;
            store::releases::set_state(work.conn(), release.id, release.version, &closed, Some(grant), now).await?;
            event(&mut work, EventKind::ReleaseVerified, &locked, &proof).await?;
            proven::access_began(&mut work, base, request, release, grant, checked.ends_at, &replaced).await?;
        }
        ReleaseKind::Remove => {
            pin(&mut work, release, carrying).await?;
            saying::says(&mut work, release, caller.identity, true).await?;
            let grant = proven::end_grant(&mut work, release).await?;
            store::releases::set_state(work.conn(), release.id, release.version, &closed, Some(grant), now).await?;
            event(&mut work, EventKind::ReleaseVerified, &locked, &proof).await?;
            proven::access_ended(&mut work, request, release, grant).await?;
        }
        // Whether access lasts longer is ours alone to say: it has to be there first.
        ReleaseKind::Extend => return Err(AppError::NotPossible.into()),
    }
    work.commit().await
}

/// What is proven by hand is closed as what this machine was asked for, also where nothing had to be done.
async fn pin(work: &mut Work<'_>, release: &ReleaseRow, carrying: Carrying) -> Result<(), UseCaseError> {
    let connection = store::connections::of_release(work.conn(), release.id).await?;
    let carrying = Carrying { connection: connection.map(|connection| (connection.id, connection.version)), ..carrying };
    Ok(store::release_steps::set_carrying(work.conn(), release.id, &carrying).await?)
}
