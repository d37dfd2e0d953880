//! What came of a call, written down: the step, the release, and, once it is proven, what follows
//! ([`proving`]).

mod proving;

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
use connector::{Applied, Fault, Operation, Plan};
use domain::event::EventKind;
use domain::release::ReleaseState;
use domain::saga::{StepRecord, StepState};
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
    store::release_steps::end_call(work.conn(), task.call, word, said.as_deref(), &exchanges, outcome.took_ms, now).await?;
    breaker::count(&mut work, task.connection.id, &outcome.gave).await?;
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
                self.setback().undo_failed(work, failure, fault.retry()).await
            }
            Purpose::Apply(position) => {
                self.step(work, position, StepState::Failed, None).await?;
                self.setback().fail(work, failure, fault.retry()).await
            }
            Purpose::Plan | Purpose::ReadBack => self.setback().fail(work, failure, fault.retry()).await,
        }
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
