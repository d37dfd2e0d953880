//! What goes wrong with a release that a machine carries out, written down in one way: the state, when it
//! goes on, the event, and, where nobody goes on by themselves, a call for help.

use super::taking_on::Sight;
use super::{by_hand, let_go};
use crate::store;
use crate::store::release_steps::Carrying;
use crate::store::releases::ReleaseRow;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::notifying::{Notice, tell};
use crate::usecase::work::Work;
use connector::{Backoff, Retry};
use domain::event::EventKind;
use domain::id::IdentityId;
use domain::notification::NotificationKind;
use domain::permission::Role;
use domain::release::{Failure, ReleaseKind, ReleaseState};
use domain::saga::{self, StepState};
use domain::time::today;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::time::Duration;

/// Waits between tries: full jitter over 30 s, 1 min, 2 min … up to an hour. When trying ends is
/// [`saga::next_try`]'s to say.
const WAITS: Backoff = Backoff { base: Duration::from_secs(30), cap: Duration::from_secs(3_600) };

/// A release with which something went wrong, locked, in the state and version that it has on record.
pub(super) struct Setback<'a> {
    pub base: &'a Base,
    pub release: &'a ReleaseRow,
    pub carrying: Carrying,
}

/// What becomes of it.
struct Outcome {
    state: ReleaseState,
    event: EventKind,
    carrying: Carrying,
    next_try: Option<Timestamp>,
    /// What is said to people, after the number; none where it goes on by itself.
    help: Option<&'static str>,
    /// Access that has to go is still there: who answers for the application is told as well.
    goes: bool,
}

impl Setback<'_> {
    /// A step, planning or the reading came to nothing. A removal is said at its first failure, and once
    /// more when it is late; giving, when nobody tries again by itself.
    pub(super) async fn fail(&self, work: &mut Work<'_>, failure: Failure, retry: Retry) -> Result<(), UseCaseError> {
        let (tries, next_try) = self.next_try(self.release.kind, work.now(), retry);
        let state = self.release.state.clone().fail(failure.clone(), next_try)?;
        let goes = self.release.kind == ReleaseKind::Remove;
        let first = tries == 1 && self.carrying.tries == 0;
        let loud = next_try.is_none() || (goes && first);
        let carrying = Carrying { tries, ..self.resting(work).await? };
        let outcome = Outcome { state, event: EventKind::ReleaseFailed, carrying, next_try, help: loud.then_some("failed"), goes };
        self.record(work, &failure, outcome).await
    }

    /// Undoing a step came to nothing, or the reading that should have proven that everything is undone.
    /// What has to be gone by now is a removal in all but name: it goes on being tried, and is said at its
    /// first failure, and once more where anything else would be stuck.
    pub(super) async fn undo_failed(&self, work: &mut Work<'_>, failure: Failure, retry: Retry) -> Result<(), UseCaseError> {
        let now = work.now();
        let goes = self.has_to_go(work).await?;
        let as_what = if goes { ReleaseKind::Remove } else { self.release.kind };
        let (tries, next_try) = self.next_try(as_what, now, retry);
        let Some(at) = next_try else { return self.stick(work, failure, tries).await };
        let state = self.release.state.clone().undo_again(failure.clone(), at)?;
        let carrying = Carrying { tries, worked_until: None, ..self.carrying };
        let another = tries != self.carrying.tries && (tries == 1 || u32::try_from(tries) == Ok(saga::MOST_TRIES));
        let help = (goes && another).then_some("could not be taken back yet");
        self.record(work, &failure, Outcome { state, event: EventKind::ReleaseFailed, carrying, next_try, help, goes }).await
    }

    /// Whether what the release gives has to be gone by now.
    async fn has_to_go(&self, work: &mut Work<'_>) -> Result<bool, UseCaseError> {
        let today = today(work.now(), &self.base.zone);
        Ok(store::unproven::has_to_go(work.conn(), self.release.id, today).await?)
    }

    /// Undoing goes no further without a person.
    pub(super) async fn stick(&self, work: &mut Work<'_>, failure: Failure, tries: i32) -> Result<(), UseCaseError> {
        let state = self.release.state.clone().stick(failure.clone())?;
        let carrying = Carrying { tries, worked_until: None, ..self.carrying };
        let goes = self.has_to_go(work).await?;
        let outcome = Outcome { state, event: EventKind::ReleaseStuck, carrying, next_try: None, help: Some("is stuck"), goes };
        self.record(work, &failure, outcome).await
    }

    /// What was given is taken back, by whoever has the release, from here on.
    pub(super) async fn take_back(&self, work: &mut Work<'_>, failure: Failure) -> Result<(), UseCaseError> {
        let state = self.release.state.clone().roll_back(self.release.kind, failure.clone())?;
        let carrying = Carrying { tries: 0, ..self.carrying };
        let help = Some("came too late");
        let outcome = Outcome { state, event: EventKind::ReleaseUndoing, carrying, next_try: None, help, goes: false };
        self.record(work, &failure, outcome).await
    }

    /// Tries so far with this one, and when the next is made by itself. Being asked to wait is no try that
    /// failed: however busy the machine is, nobody could do better. What is late by it is told as late.
    fn next_try(&self, as_what: ReleaseKind, now: Timestamp, retry: Retry) -> (i32, Option<Timestamp>) {
        let failed = i32::from(!matches!(retry, Retry::After(_)));
        let tries = self.carrying.tries.saturating_add(failed);
        let counted = u32::try_from(tries).unwrap_or(u32::MAX);
        let asked = match retry {
            Retry::After(wait) => SignedDuration::try_from(wait).ok(),
            Retry::No | Retry::Later => None,
        };
        let random = u64::from_le_bytes(self.base.system.random());
        let wait = SignedDuration::try_from(WAITS.wait(counted, random)).unwrap_or(SignedDuration::from_hours(1));
        (tries, saga::next_try(as_what, counted, retry != Retry::No, wait, asked, now))
    }

    /// Nobody has it any more, and where nothing is over there, no connection either.
    async fn resting(&self, work: &mut Work<'_>) -> Result<Carrying, UseCaseError> {
        let steps = store::release_steps::of_round(work.conn(), self.release.id, self.carrying.round).await?;
        let records: Vec<_> = steps.iter().map(|step| step.record).collect();
        Ok(let_go(self.carrying, &records))
    }

    async fn record(&self, work: &mut Work<'_>, failure: &Failure, outcome: Outcome) -> Result<(), UseCaseError> {
        let (now, release) = (work.now(), self.release);
        store::releases::set_state(work.conn(), release.id, release.version, &outcome.state, None, now).await?;
        store::release_steps::set_carrying(work.conn(), release.id, &outcome.carrying).await?;
        let body = json!({ "number": release.number, "detail": failure.said });
        work.event(outcome.event, "release", release.id.0, Some(release.request), body).await?;
        if let Some(what) = outcome.help {
            self.call_for_help(work, what, &outcome).await?;
        }
        by_hand::queue(work, release.id, outcome.next_try).await
    }

    async fn call_for_help(&self, work: &mut Work<'_>, what: &str, outcome: &Outcome) -> Result<(), UseCaseError> {
        let body = match (outcome.goes, &outcome.state) {
            (true, ReleaseState::Stuck { .. }) => {
                "Access that has to go is still there. Somebody has to look: what went wrong stands on the release."
            }
            (true, _) => "Access that has to go is still there. It is tried again by itself; what went wrong stands on the release.",
            (false, ReleaseState::Undoing { .. }) => "What was given is taken back by itself; why stands on the release.",
            (false, _) => "Somebody has to look: what went wrong stands on the release.",
        };
        call(work, self.release, what, body, outcome.goes).await
    }
}

/// Tells operators and compliance, and where access is there that should not be, the owners of the application.
async fn call(work: &mut Work<'_>, release: &ReleaseRow, what: &str, body: &str, owners: bool) -> Result<(), UseCaseError> {
    let mut people: Vec<IdentityId> = store::roles::holders(work.conn(), Role::Operator).await?;
    people.extend(store::roles::holders(work.conn(), Role::Compliance).await?);
    if owners {
        people.extend(store::releases::answerable(work.conn(), release.entitlement).await?);
    }
    people.sort_unstable();
    people.dedup();
    let (title, href) = (format!("{} {what}", release.number), app::paths::release(release.id));
    let notice = Notice { kind: NotificationKind::Held, title: &title, body, href: &href, request: Some(release.request) };
    tell(work, &people, &notice).await
}

/// A machine says that it did what nothing waits for any more. Whether an undo came before it or follows,
/// it does not say, so people look.
pub(super) async fn done_afterwards(work: &mut Work<'_>, release: &ReleaseRow, detail: &str) -> Result<(), UseCaseError> {
    let event = json!({ "number": release.number, "detail": detail });
    work.event(EventKind::ReleaseDoneAfterwards, "release", release.id.0, Some(release.request), event).await?;
    let body = "A machine says that it did a step that nothing waits for any more, so what is there may differ from what is on record. \
                Somebody has to look over there.";
    call(work, release, "was done when nothing waited for it any more", body, true).await
}

/// An answer that was announced did not come. Key and reference stay, so that it is taken when it comes later.
pub(super) async fn give_up_waiting(mut work: Work<'_>, base: &Base, sight: Sight, position: usize) -> Result<(), UseCaseError> {
    let Some(step) = sight.steps.get(position) else { return Ok(()) };
    let now = work.now();
    let (release, carrying) = (&sight.release, sight.carrying);
    store::release_steps::set_state(work.conn(), release.id, carrying.round, step.position, StepState::Failed, None, now).await?;
    let said = "The machine said that it would answer later, and did not within a day.".to_owned();
    let failure = Failure { step: step.record.operation.word().to_owned(), fault: "unclear".to_owned(), said, at: now };
    // Asked again at once would be asked too often: a person looks, unless access has to go.
    Setback { base, release, carrying }.fail(&mut work, failure, Retry::No).await?;
    work.commit().await
}

/// The last thing that was done was done by a person, so that no machine takes it back.
pub(super) async fn undo_by_hand(mut work: Work<'_>, base: &Base, sight: Sight, position: usize) -> Result<(), UseCaseError> {
    let Some(step) = sight.steps.get(position) else { return Ok(()) };
    let operation = step.record.operation;
    let said = format!("“{}” was done by a person. It has to be taken back by hand.", operation.label());
    let failure = Failure { step: operation.word().to_owned(), fault: "by_hand".to_owned(), said, at: work.now() };
    Setback { base, release: &sight.release, carrying: sight.carrying }.stick(&mut work, failure, 0).await?;
    work.commit().await
}
