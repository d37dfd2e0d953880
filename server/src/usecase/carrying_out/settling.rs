//! What came of a call, written down: the step, the release, and, once it is proven, what follows.

use super::calling::{Gave, Outcome};
use super::taking_on::{Purpose, Task, failure, gone, step_operation};
use super::{Locked, actor, lock};
use crate::store;
use crate::store::connections::Health;
use crate::store::release_steps::{Carrying, StepRow};
use crate::store::releases::ReleaseRow;
use crate::store::requests::RequestRow;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::executing::checking;
use crate::usecase::notifying::{Notice, tell};
use crate::usecase::proven;
use crate::usecase::work::Work;
use connector::{Account, Actual, Applied, Backoff, Breaker, BreakerRules, Fault, Operation, Plan, Retry};
use domain::event::EventKind;
use domain::grant;
use domain::id::{ConnectionId, IdentityId};
use domain::notification::NotificationKind;
use domain::permission::Role;
use domain::release::{Failure, ReleaseKind, ReleaseState};
use domain::saga::{self, StepOperation, StepRecord, StepState};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::num::NonZeroU32;
use std::time::Duration;

/// Waits between tries: full jitter over 30 s, 1 min, 2 min … up to an hour. When trying ends is
/// [`saga::next_try`]'s to say.
const WAITS: Backoff = Backoff { base: Duration::from_secs(30), cap: Duration::from_secs(3_600), most_tries: u32::MAX };

/// Five faults within five minutes let a connection rest for a minute, then twice as long, up to an hour.
const RULES: BreakerRules = BreakerRules {
    faults: NonZeroU32::new(5).unwrap(),
    window: Duration::from_secs(300),
    rest: Duration::from_secs(60),
    longest_rest: Duration::from_secs(3_600),
    lost_after: Duration::from_secs(60),
};

/// Asks the breaker of a connection for leave; the moment before which there is none otherwise.
pub(super) async fn ask_breaker(work: &mut Work<'_>, id: ConnectionId) -> Result<Result<(), Timestamp>, UseCaseError> {
    let now = work.now();
    let Some(health) = store::connections::lock_health(work.conn(), id).await? else { return Ok(Ok(())) };
    let breaker = read_breaker(health.breaker);
    match breaker.clone().ask(now, &RULES) {
        Err(until) => Ok(Err(until)),
        Ok(next) => {
            if next != breaker {
                store::connections::mark_trying(work.conn(), id, &json!(next), now).await?;
            }
            Ok(Ok(()))
        }
    }
}

fn read_breaker(stored: Value) -> Breaker {
    // One that cannot be read any more begins anew: it guards a machine, not a rule of ours.
    serde_json::from_value(stored).unwrap_or_default()
}

async fn count(work: &mut Work<'_>, id: ConnectionId, gave: &Result<Gave, Fault>) -> Result<(), UseCaseError> {
    let now = work.now();
    let stored = store::connections::lock_health(work.conn(), id).await?.map(|health| health.breaker);
    let breaker = stored.map_or_else(Breaker::default, read_breaker);
    let (next, said) = match gave {
        Err(fault) if fault.counts_against() => (breaker.failed(now, &RULES), Some(fault.to_string())),
        // A refusal is an answer: the machine is well.
        _ => (breaker.worked(), None),
    };
    let rests_until = if let Breaker::Open { until, .. } = &next { Some(*until) } else { None };
    let health = Health { breaker: json!(next), rests_until };
    Ok(store::connections::set_health(work.conn(), id, &health, said.as_deref(), now).await?)
}

/// Writes down what came of a call. Gives `false` when another worker has the release by now: then
/// nothing is written, and what came of this call is lost to us.
pub(super) async fn settle(base: &Base, task: Task, outcome: Outcome) -> Result<bool, UseCaseError> {
    let mut work = Work::begin(base, actor()).await?;
    let Locked { request, release } = lock(&mut work, task.release).await?.ok_or_else(gone)?;
    let carrying = store::release_steps::carrying(work.conn(), task.release).await?;
    if carrying.fence != task.fence || carrying.round != task.round {
        tracing::warn!(release = %release.number, "a worker came back after another one took over; nothing of it is written");
        return Ok(false);
    }
    let now = work.now();
    let (word, said) = match &outcome.gave {
        Ok(Gave::Applied(Applied::Awaited { .. })) => ("awaited", None),
        Ok(_) => ("done", None),
        Err(fault) => (fault.word(), Some(fault.to_string())),
    };
    let exchanges = json!(outcome.exchanges.0);
    store::release_steps::end_call(work.conn(), task.call, word, said.as_deref(), &exchanges, outcome.took_ms, now).await?;
    count(&mut work, task.connection.id, &outcome.gave).await?;
    let mut settling = Settling { base, request, release, carrying, task };
    match outcome.gave {
        Ok(Gave::Plan(plan)) => settling.planned(&mut work, plan).await?,
        Ok(Gave::Applied(applied)) => settling.applied(&mut work, applied).await?,
        Ok(Gave::Actual(actual)) => settling.read(&mut work, &actual).await?,
        Ok(Gave::Undone) => settling.undone(&mut work).await?,
        Err(fault) => settling.failed(&mut work, &fault).await?,
    }
    work.commit().await?;
    Ok(true)
}

/// A release that is being settled, locked.
pub(super) struct Settling<'a> {
    pub base: &'a Base,
    pub request: RequestRow,
    pub release: ReleaseRow,
    pub carrying: Carrying,
    pub task: Task,
}

impl Settling<'_> {
    async fn step(&self, work: &mut Work<'_>, position: usize, state: StepState, reference: Option<&str>) -> Result<(), UseCaseError> {
        let now = work.now();
        let place = i32::try_from(position).unwrap_or(i32::MAX);
        Ok(store::release_steps::set_state(work.conn(), self.release.id, self.task.round, place, state, reference, now).await?)
    }

    async fn move_to(&mut self, work: &mut Work<'_>, state: ReleaseState) -> Result<(), UseCaseError> {
        let now = work.now();
        store::releases::set_state(work.conn(), self.release.id, self.release.version, &state, None, now).await?;
        self.release.state = state;
        self.release.version += 1;
        Ok(())
    }

    async fn event(&self, work: &mut Work<'_>, kind: EventKind, detail: &str) -> Result<(), UseCaseError> {
        let body = json!({ "number": self.release.number, "detail": detail });
        work.event(kind, "release", self.release.id.0, Some(self.release.request), body).await
    }

    async fn planned(&mut self, work: &mut Work<'_>, plan: Plan) -> Result<(), UseCaseError> {
        for (position, step) in plan.steps.iter().enumerate() {
            let state = if step.needed { StepState::Waiting } else { StepState::NotNeeded };
            let row = StepRow {
                position: i32::try_from(position).unwrap_or(i32::MAX),
                record: StepRecord { operation: step_operation(step.operation), state },
                before: serde_json::to_value(&step.before).unwrap_or(Value::Null),
                key: uuid::Builder::from_random_bytes(self.base.system.random()).into_uuid(),
                undo_key: uuid::Builder::from_random_bytes(self.base.system.random()).into_uuid(),
                reference: None,
                began_at: None,
                ended_at: None,
            };
            store::release_steps::insert(work.conn(), self.release.id, self.task.round, &row).await?;
        }
        if plan.steps.iter().any(|step| step.operation == Operation::ReadyAccount && !step.needed) {
            self.account_is_ready(work, "it was there").await?;
        }
        Ok(())
    }

    async fn account_is_ready(&mut self, work: &mut Work<'_>, how: &str) -> Result<(), UseCaseError> {
        // A second try finds the account that the first one made.
        if self.release.state == ReleaseState::Gated {
            let ready = self.release.state.clone().ready_account()?;
            self.move_to(work, ready).await?;
            self.event(work, EventKind::ReleaseAccountReady, how).await?;
        }
        Ok(())
    }

    pub(super) async fn applied(&mut self, work: &mut Work<'_>, applied: Applied) -> Result<(), UseCaseError> {
        let Purpose::Apply(position) = self.task.purpose else { return Ok(()) };
        match applied {
            Applied::Awaited { reference } => {
                self.step(work, position, StepState::Awaited, Some(&reference)).await?;
                let carrying = Carrying { worked_until: None, ..self.carrying };
                Ok(store::release_steps::set_carrying(work.conn(), self.release.id, &carrying).await?)
            }
            Applied::Done { .. } => {
                self.step(work, position, StepState::Done, None).await?;
                let operation = self.task.step(position).map(|step| step.operation);
                self.done(work, operation).await
            }
        }
    }

    async fn done(&mut self, work: &mut Work<'_>, operation: Option<Operation>) -> Result<(), UseCaseError> {
        match operation {
            Some(Operation::ReadyAccount) => self.account_is_ready(work, "made or activated").await,
            Some(Operation::Give | Operation::Take) => self.activate(work).await,
            Some(Operation::CloseAccount) | None => Ok(()),
        }
    }

    async fn activate(&mut self, work: &mut Work<'_>) -> Result<(), UseCaseError> {
        if !matches!(self.release.state, ReleaseState::Activated { .. }) {
            let done = self.release.state.clone().activate(work.now())?;
            self.move_to(work, done).await?;
            self.event(work, EventKind::ReleaseActivated, "").await?;
        }
        Ok(())
    }

    /// Something was read: it proves the release, or it does not.
    async fn read(&mut self, work: &mut Work<'_>, actual: &Actual) -> Result<(), UseCaseError> {
        let reference = self.task.order.entitlement.reference.clone();
        let found: Vec<String> = actual.entitlements.iter().cloned().collect();
        let mut planned = self.task.facts.others.clone();
        if self.task.kind != ReleaseKind::Remove {
            planned.push(reference.clone());
            planned.sort();
        }
        let differs = saga::variance(planned.iter().map(String::as_str), found.iter().map(String::as_str));
        let variance = json!({ "missing": differs.missing, "unexpected": differs.unexpected });
        store::release_steps::set_variance(work.conn(), self.release.id, &json!(planned), &json!(found), &variance).await?;
        // Where the account was to be closed, one that can still be used proves nothing.
        let closed = |step: &StepRow| step.record.operation == StepOperation::CloseAccount && step.record.state == StepState::Done;
        let still_open = actual.account == Account::Active && self.task.steps.iter().any(closed);
        if !still_open && saga::proves(self.task.kind, &reference, actual.account == Account::Active, &found) {
            self.activate(work).await?;
            return self.prove(work).await;
        }
        let said = match self.task.kind {
            ReleaseKind::Remove if still_open => "The machine says that it is done, but the account can still be used.",
            ReleaseKind::Remove => "The machine says that it is done, but the access is still there.",
            ReleaseKind::Activate if actual.account != Account::Active => {
                "The machine says that it is done, but the account cannot be used."
            }
            ReleaseKind::Activate => "The machine says that it is done, but the access is not there.",
            ReleaseKind::Extend => "The access that would last longer is not there.",
        };
        // Done again from the step that is not borne out; its key makes sure that nothing happens twice.
        for (position, step) in self.task.steps.iter().enumerate() {
            if matches!(step.record.state, StepState::Done | StepState::NotNeeded) {
                self.step(work, position, StepState::Failed, None).await?;
            }
        }
        let failure = Failure { step: "read_back".to_owned(), fault: "not_there".to_owned(), said: said.to_owned(), at: work.now() };
        self.fail(work, failure, Retry::Later).await
    }

    /// The release is proven: it is closed, and what it was for begins.
    async fn prove(&mut self, work: &mut Work<'_>) -> Result<(), UseCaseError> {
        let now = work.now();
        let ReleaseState::Activated { at, .. } = self.release.state else { return Err(gone().into()) };
        let proof = format!("Read back through {}: {}.", self.task.connection.name, self.read_in_words());
        let closed = self.release.state.clone().close(Some(proof.clone()))?;
        let (base, request, release) = (self.base, &self.request, &self.release);
        match self.task.kind {
            ReleaseKind::Activate => {
                let replaced = proven::replaced(work, release).await?;
                let ends_at = checking::approved_period(work, release).await?.ends_at(&base.zone);
                if ends_at.is_some_and(|end| end <= at) {
                    return self.too_late(work).await;
                }
                let grant = proven::begin_grant(work, base, release, at, ends_at).await?;
                store::releases::set_state(work.conn(), release.id, release.version, &closed, Some(grant), now).await?;
                self.event(work, EventKind::ReleaseVerified, &proof).await?;
                proven::access_began(work, base, request, release, grant, ends_at, &replaced).await?;
            }
            ReleaseKind::Remove => {
                let grant = proven::end_grant(work, release).await?;
                store::releases::set_state(work.conn(), release.id, release.version, &closed, Some(grant), now).await?;
                self.event(work, EventKind::ReleaseVerified, &proof).await?;
                proven::access_ended(work, request, release, grant).await?;
            }
            ReleaseKind::Extend => {
                let held = proven::extended_grant(work, release).await?;
                let approved = checking::approved_period(work, release).await?.ends_at(&base.zone);
                match grant::extend(&held.state, approved, now) {
                    Ok(ends_at) => {
                        store::grants::move_end(work.conn(), &held, request.id, ends_at, now).await?;
                        store::releases::set_state(work.conn(), release.id, release.version, &closed, Some(held.id), now).await?;
                        self.event(work, EventKind::ReleaseVerified, &proof).await?;
                        proven::end_moved(work, base, request, release, &held, ends_at).await?;
                    }
                    Err(reason) => {
                        let failure =
                            Failure { step: "read_back".to_owned(), fault: "refused".to_owned(), said: reason.to_string(), at: now };
                        return self.fail(work, failure, Retry::No).await;
                    }
                }
            }
        }
        let carrying = Carrying { worked_until: None, tries: 0, ..self.carrying };
        Ok(store::release_steps::set_carrying(work.conn(), self.release.id, &carrying).await?)
    }

    fn read_in_words(&self) -> String {
        let reference = &self.task.order.entitlement.reference;
        match self.task.kind {
            ReleaseKind::Remove => format!("{reference} is gone"),
            ReleaseKind::Activate | ReleaseKind::Extend => format!("{reference} is there on an active account"),
        }
    }

    /// Given after its approved period was over: it is taken back at once.
    async fn too_late(&mut self, work: &mut Work<'_>) -> Result<(), UseCaseError> {
        let said = "The approved period ended before the access could be proven.".to_owned();
        let failure = Failure { step: "read_back".to_owned(), fault: "too_late".to_owned(), said: said.clone(), at: work.now() };
        let undoing = self.release.state.clone().roll_back(self.task.kind, failure)?;
        self.move_to(work, undoing).await?;
        self.event(work, EventKind::ReleaseUndoing, &said).await
    }

    async fn undone(&mut self, work: &mut Work<'_>) -> Result<(), UseCaseError> {
        let Purpose::Undo(position) = self.task.purpose else { return Ok(()) };
        self.step(work, position, StepState::Undone, None).await
    }

    /// A call came to nothing.
    pub(super) async fn failed(&mut self, work: &mut Work<'_>, fault: &Fault) -> Result<(), UseCaseError> {
        let now = work.now();
        let position = self.task.purpose.position();
        let word = position
            .and_then(|position| self.task.steps.get(position))
            .map_or(self.task.purpose.word(), |step| step.record.operation.word());
        let failure = failure(word, fault, now);
        match self.task.purpose {
            Purpose::Undo(position) => {
                self.step(work, position, StepState::UndoFailed, None).await?;
                self.undo_failed(work, failure, fault.retry()).await
            }
            Purpose::Apply(position) => {
                self.step(work, position, StepState::Failed, None).await?;
                self.fail(work, failure, fault.retry()).await
            }
            Purpose::Plan | Purpose::ReadBack => self.fail(work, failure, fault.retry()).await,
        }
    }

    fn wait(&self, retry: Retry, tries: u32) -> (bool, SignedDuration, Option<SignedDuration>) {
        let asked = match retry {
            Retry::After(wait) => SignedDuration::try_from(wait).ok(),
            Retry::No | Retry::Later => None,
        };
        let random = u64::from_le_bytes(self.base.system.random());
        let wait = WAITS.wait(tries.max(1), Retry::Later, random).and_then(|wait| SignedDuration::try_from(wait).ok());
        (retry != Retry::No, wait.unwrap_or(SignedDuration::from_hours(1)), asked)
    }

    async fn fail(&mut self, work: &mut Work<'_>, failure: Failure, retry: Retry) -> Result<(), UseCaseError> {
        let now = work.now();
        let tries = u32::try_from(self.carrying.tries).unwrap_or(u32::MAX).saturating_add(1);
        let (again, wait, asked) = self.wait(retry, tries);
        let next_try = saga::next_try(self.task.kind, tries, again, wait, asked, now);
        let failed = self.release.state.clone().fail(failure.clone(), next_try)?;
        self.move_to(work, failed).await?;
        let carrying = Carrying { worked_until: None, tries: self.carrying.tries.saturating_add(1), ..self.carrying };
        store::release_steps::set_carrying(work.conn(), self.release.id, &carrying).await?;
        self.event(work, EventKind::ReleaseFailed, &failure.said).await?;
        // A removal that fails is said at once; giving, when nobody tries again by itself.
        if next_try.is_none() || (self.task.kind == ReleaseKind::Remove && (tries == 1 || !again)) {
            self.call_for_help(work, "failed").await?;
        }
        super::by_hand::queue(work, self.release.id, next_try).await
    }

    async fn undo_failed(&mut self, work: &mut Work<'_>, failure: Failure, retry: Retry) -> Result<(), UseCaseError> {
        let now = work.now();
        let tries = u32::try_from(self.carrying.tries).unwrap_or(u32::MAX).saturating_add(1);
        let (again, wait, asked) = self.wait(retry, tries);
        let next_try = saga::next_try(self.task.kind, tries, again, wait, asked, now);
        let state = self.release.state.clone();
        let state = match next_try {
            Some(at) => state.undo_again(failure.clone(), at)?,
            None => state.stick(failure.clone())?,
        };
        self.move_to(work, state).await?;
        let carrying = Carrying { worked_until: None, tries: self.carrying.tries.saturating_add(1), ..self.carrying };
        store::release_steps::set_carrying(work.conn(), self.release.id, &carrying).await?;
        let kind = if next_try.is_some() { EventKind::ReleaseFailed } else { EventKind::ReleaseStuck };
        self.event(work, kind, &failure.said).await?;
        if next_try.is_none() {
            self.call_for_help(work, "is stuck").await?;
        }
        super::by_hand::queue(work, self.release.id, next_try).await
    }

    /// Tells operators and compliance, and for access that does not go, the owner of the application.
    async fn call_for_help(&self, work: &mut Work<'_>, what: &str) -> Result<(), UseCaseError> {
        let mut people: Vec<IdentityId> = store::roles::holders(work.conn(), Role::Operator).await?;
        people.extend(store::roles::holders(work.conn(), Role::Compliance).await?);
        if self.task.kind == ReleaseKind::Remove {
            people.extend(store::releases::answerable(work.conn(), self.release.entitlement).await?);
        }
        people.sort_unstable();
        people.dedup();
        let (title, href) = (format!("{} {what}", self.release.number), app::paths::release(self.release.id));
        let body = match self.task.kind {
            ReleaseKind::Remove => {
                "Access that has to go is still there. It is tried again by itself; what went wrong stands on the release."
            }
            ReleaseKind::Activate | ReleaseKind::Extend => "Somebody has to look: what went wrong stands on the release.",
        };
        let notice = Notice { kind: NotificationKind::Held, title: &title, body, href: &href, request: Some(self.release.request) };
        tell(work, &people, &notice).await
    }
}

/// Everything that was done is undone.
pub(super) async fn rolled_back(mut work: Work<'_>, release: &ReleaseRow, carrying: Carrying) -> Result<(), UseCaseError> {
    let now = work.now();
    let state = release.state.clone().rolled_back()?;
    store::releases::set_state(work.conn(), release.id, release.version, &state, None, now).await?;
    // The next round plans anew, through whatever connection the application then has.
    let carrying = Carrying { connection: None, round: carrying.round + 1, tries: 0, worked_until: None, ..carrying };
    store::release_steps::set_carrying(work.conn(), release.id, &carrying).await?;
    work.event(EventKind::ReleaseRolledBack, "release", release.id.0, Some(release.request), json!({ "number": release.number })).await?;
    work.commit().await
}

/// An answer that was announced did not come.
pub(super) async fn give_up_waiting(
    mut work: Work<'_>,
    release: &ReleaseRow,
    carrying: Carrying,
    steps: Vec<StepRow>,
    position: usize,
) -> Result<(), UseCaseError> {
    let Some(step) = steps.get(position) else { return Ok(()) };
    let now = work.now();
    store::release_steps::set_state(work.conn(), release.id, carrying.round, step.position, StepState::Failed, None, now).await?;
    let said = "The machine said that it would answer later, and did not within a day.".to_owned();
    let failure = Failure { step: step.record.operation.word().to_owned(), fault: "unclear".to_owned(), said: said.clone(), at: now };
    // Asked again at once would be asked too often: a person looks, unless access has to go.
    let next_try = saga::next_try(release.kind, 1, false, SignedDuration::from_hours(1), None, now);
    let failed = release.state.clone().fail(failure, next_try)?;
    store::releases::set_state(work.conn(), release.id, release.version, &failed, None, now).await?;
    store::release_steps::set_carrying(work.conn(), release.id, &Carrying { worked_until: None, tries: carrying.tries + 1, ..carrying })
        .await?;
    let body = json!({ "number": release.number, "detail": said });
    work.event(EventKind::ReleaseFailed, "release", release.id.0, Some(release.request), body).await?;
    super::by_hand::queue(&mut work, release.id, next_try).await?;
    work.commit().await
}
