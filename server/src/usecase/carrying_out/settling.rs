//! What came of a call, written down: the step, the release, and, once it is proven, what follows
//! ([`proving`]), or that nothing is left of it ([`taking_back`]).

mod proving;
mod taking_back;

use super::breaker;
use super::calling::{Gave, Outcome};
use super::failing::Setback;
use super::taking_on::{Purpose, Task, failure, gone, step_operation};
use super::{Locked, actor, lock};
use crate::store;
use crate::store::release_steps::{Carrying, StepRow};
use crate::store::releases::ReleaseRow;
use crate::store::requests::RequestRow;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use connector::{Account, Applied, Before, Fault, Operation, Plan, Retry, Undone};
use domain::event::EventKind;
use domain::release::ReleaseState;
use domain::saga::{StepOperation, StepRecord, StepState};
use serde_json::{Value, json};
use uuid::Uuid;

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
    store::release_calls::end_call(work.conn(), task.call, word, said.as_deref(), &exchanges, outcome.took_ms, now).await?;
    breaker::count(&mut work, task.connection.id, &outcome).await?;
    // What another release handed over while the call was under way is on record by now.
    let steps = store::release_steps::of_round(work.conn(), task.release, task.round).await?;
    let mut settling = Settling { base, request, release, carrying, task: Task { steps, ..task } };
    match outcome.gave {
        Ok(Gave::Plan(plan)) => settling.planned(&mut work, plan).await?,
        Ok(Gave::Applied(applied)) => settling.applied(&mut work, applied).await?,
        Ok(Gave::Actual(actual)) if settling.task.purpose == Purpose::ReadUndone => settling.read_undone(&mut work, &actual).await?,
        Ok(Gave::Actual(actual)) => settling.read(&mut work, &actual).await?,
        Ok(Gave::Undone(undone)) => settling.undone(&mut work, undone).await?,
        Err(fault) => settling.failed(&mut work, &fault).await?,
    }
    work.commit().await?;
    Ok(true)
}

/// A key that no step had before.
pub(super) fn new_key(base: &Base) -> Uuid {
    uuid::Builder::from_random_bytes(base.system.random()).into_uuid()
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

    fn setback(&self) -> Setback<'_> {
        Setback { base: self.base, release: &self.release, carrying: self.carrying }
    }

    async fn planned(&mut self, work: &mut Work<'_>, plan: Plan) -> Result<(), UseCaseError> {
        for (position, step) in plan.steps.iter().enumerate() {
            let state = if step.needed { StepState::Waiting } else { StepState::NotNeeded };
            let row = StepRow {
                position: i32::try_from(position).unwrap_or(i32::MAX),
                record: StepRecord { operation: step_operation(step.operation), state, was_there: !step.needed },
                before: serde_json::to_value(&step.before).unwrap_or(Value::Null),
                key: new_key(self.base),
                undo_key: new_key(self.base),
                reference: None,
                asked_as: None,
                began_at: None,
                ended_at: None,
            };
            store::release_steps::insert(work.conn(), self.release.id, self.task.round, &row).await?;
        }
        self.keep_planned_account(work, plan.account.as_deref()).await?;
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
            Applied::Done { account, found } => {
                self.step(work, position, StepState::Done, None).await?;
                self.keep_account(work, account.as_deref()).await?;
                let was_there = self.keep_found(work, position, found).await?;
                match self.task.step(position).map(|step| step.operation) {
                    Some(Operation::ReadyAccount) if was_there => self.account_is_ready(work, "it was there").await,
                    operation => self.done(work, operation).await,
                }
            }
        }
    }

    /// Something is gone over there, by being taken or by being undone.
    pub(super) async fn gone(&self, work: &mut Work<'_>, operation: Operation) -> Result<(), UseCaseError> {
        let (found_by, before) = match operation {
            Operation::Give | Operation::Take => (StepOperation::Give, Before::Entitlement { held: false }),
            Operation::ReadyAccount | Operation::CloseAccount => {
                (StepOperation::ReadyAccount, Before::Account { state: Account::Inactive })
            }
        };
        Ok(store::release_steps::found_no_more(work.conn(), self.release.id, found_by, &json!(before)).await?)
    }

    async fn done(&mut self, work: &mut Work<'_>, operation: Option<Operation>) -> Result<(), UseCaseError> {
        if let Some(operation @ (Operation::Take | Operation::CloseAccount)) = operation {
            self.gone(work, operation).await?;
        }
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

    async fn undone(&mut self, work: &mut Work<'_>, undone: Undone) -> Result<(), UseCaseError> {
        let Purpose::Undo(position) = self.task.purpose else { return Ok(()) };
        let left = self.keep_found(work, position, undone.left).await?;
        if let Some(step) = self.task.step(position).filter(|_| !left) {
            self.gone(work, step.operation).await?;
        }
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
                self.setback().undo_failed(work, failure, fault.retry()).await
            }
            Purpose::Apply(position) => {
                self.step(work, position, StepState::Failed, None).await?;
                // What was refused at the first try came to nothing.
                if fault.retry() == Retry::No && self.task.order.subject.asked_as.is_empty() {
                    let place = i32::try_from(position).unwrap_or(i32::MAX);
                    store::account_references::asked_in_vain(work.conn(), self.release.id, self.task.round, place).await?;
                }
                self.setback().fail(work, failure, fault.retry()).await
            }
            Purpose::ReadUndone => self.setback().undo_failed(work, failure, fault.retry()).await,
            Purpose::Plan | Purpose::ReadBack => self.setback().fail(work, failure, fault.retry()).await,
        }
    }
}

/// Everything that was done is undone, as `evidence` says; without it nothing had to be undone.
pub(super) async fn rolled_back(
    work: &mut Work<'_>,
    release: &ReleaseRow,
    carrying: Carrying,
    evidence: Option<String>,
) -> Result<(), UseCaseError> {
    let now = work.now();
    let body = json!({ "number": release.number, "detail": evidence.as_deref().unwrap_or("Nothing had to be undone.") });
    let state = release.state.clone().rolled_back(evidence)?;
    store::releases::set_state(work.conn(), release.id, release.version, &state, None, now).await?;
    store::account_references::forget_unmade(work.conn(), release.id, carrying.round).await?;
    // The next round plans anew, through whatever connection the application then has.
    let carrying = Carrying { connection: None, round: carrying.round + 1, tries: 0, worked_until: None, ..carrying };
    store::release_steps::set_carrying(work.conn(), release.id, &carrying).await?;
    work.event(EventKind::ReleaseRolledBack, "release", release.id.0, Some(release.request), body).await
}
