//! What comes next for a release, decided and written down before anybody is called.

use super::clearing::{self, Cleared};
use super::{
    AWAITED_FOR, LEASE, Locked, OPPOSITE_AGAIN, Progress, account, actor, breaker, by_hand, failing, keeping, let_go, lock, settling,
};
use crate::store;
use crate::store::connections::{ConnectionRow, OrderFacts};
use crate::store::error::StoreError;
use crate::store::release_calls::NewCall;
use crate::store::release_steps::{Carrying, StepRow};
use crate::store::releases::ReleaseRow;
use crate::store::requests::RequestRow;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::manual;
use crate::usecase::work::Work;
use connector::{Before, Change, Entitlement, Fault, Operation, Order, Step, Subject};
use domain::event::EventKind;
use domain::id::{EvaluationId, EventId, ReleaseId};
use domain::release::{Failure, ReleaseKind};
use domain::saga::{self, Next, NextUndo, Stand, StepOperation, StepRecord, StepState};
use domain::task::CallPurpose;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Plan,
    Apply(usize),
    ReadBack,
    Undo(usize),
    /// Reads whether everything is undone.
    ReadUndone,
}

impl Purpose {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Plan => CallPurpose::Plan,
            Self::Apply(_) => CallPurpose::Apply,
            Self::ReadBack | Self::ReadUndone => CallPurpose::ReadBack,
            Self::Undo(_) => CallPurpose::Undo,
        }
        .word()
    }

    pub(super) fn position(self) -> Option<usize> {
        match self {
            Self::Apply(position) | Self::Undo(position) => Some(position),
            Self::Plan | Self::ReadBack | Self::ReadUndone => None,
        }
    }
}

/// A call that is on record and has not been made.
pub(super) struct Task {
    pub release: ReleaseId,
    pub kind: ReleaseKind,
    pub fence: i64,
    pub round: i32,
    pub call: Uuid,
    pub purpose: Purpose,
    pub connection: ConnectionRow,
    pub order: Order,
    pub facts: OrderFacts,
    pub steps: Vec<StepRow>,
}

impl Task {
    /// A step in the connector's words.
    pub(super) fn step(&self, position: usize) -> Option<Step> {
        let row = self.steps.get(position)?;
        Some(Step {
            operation: operation(row.record.operation),
            before: serde_json::from_value(row.before.clone()).unwrap_or(Before::Unknown),
            needed: row.record.state != StepState::NotNeeded,
        })
    }
}

/// What taking on came to.
pub(super) enum TakenOn {
    Move(Box<Task>),
    Rest(Progress),
}

/// A release as a worker finds it, locked.
pub(super) struct Sight {
    pub request: RequestRow,
    pub release: ReleaseRow,
    pub carrying: Carrying,
    pub steps: Vec<StepRow>,
    /// The fence of the worker that looks, once it has the release.
    pub mine: Option<i64>,
}

impl Sight {
    pub(super) fn records(&self) -> Vec<StepRecord> {
        self.steps.iter().map(|step| step.record).collect()
    }

    fn stand(&self, now: Timestamp) -> Stand {
        saga::stand(self.release.kind, &self.release.state, &self.records(), now)
    }
}

/// Decides and writes down the next move. `mine` is the fence of the worker that has the release.
pub(super) async fn take_on(base: &Base, id: ReleaseId, mine: Option<i64>) -> Result<TakenOn, UseCaseError> {
    let rests = Ok(TakenOn::Rest(Progress::Rests));
    let mut work = Work::begin(base, actor()).await?;
    let Some(Locked { request, release }) = lock(&mut work, id).await? else { return rests };
    let now = work.now();
    let carrying = store::release_steps::carrying(work.conn(), id).await?;
    if mine.is_some_and(|mine| mine != carrying.fence) {
        return rests;
    }
    if let Some(until) = carrying.worked_until.filter(|until| mine.is_none() && *until > now) {
        return rest_until(work, id, until).await;
    }
    let steps = store::release_steps::of_round(work.conn(), id, carrying.round).await?;
    let mut sight = Sight { request, release, carrying, steps, mine };
    if sight.stand(now) == Stand::Rests {
        return rests;
    }
    if sight.carrying.connection.is_none() && sight.stand(now) == Stand::Undoes(NextUndo::RolledBack) {
        // Nothing was begun, so nobody is asked, whoever serves the application by now.
        settling::rolled_back(&mut work, &sight.release, sight.carrying, None).await?;
        return work.commit().await.and(rests);
    }
    let connection = store::connections::of_release(work.conn(), id).await?;
    let Some(connection) = connection.filter(|connection| connection.connector != "manual") else {
        return leave_to_people(work, base, &sight).await;
    };
    match sight.stand(now) {
        Stand::Waits(at) => return rest_until(work, id, at).await,
        _ if sight.release.not_before > now => {
            let at = sight.release.not_before;
            return rest_until(work, id, at).await;
        }
        // What was planned and let go is planned anew: it may be another machine by now.
        Stand::Begins(_) if sight.carrying.connection.is_none() && !sight.steps.is_empty() => {
            sight.carrying.round += 1;
            sight.steps.clear();
        }
        _ => {}
    }
    if !keeping::keep(&mut work, &mut sight).await? {
        store::release_steps::set_carrying(work.conn(), id, &Carrying { worked_until: None, ..sight.carrying }).await?;
        let at = now.saturating_add(OPPOSITE_AGAIN).unwrap_or(now);
        return rest_until(work, id, at).await;
    }
    let stand = sight.stand(now);
    match stand {
        Stand::GoesOn(Next::Await(position)) => return wait_for_answer(work, base, sight, position).await,
        Stand::Undoes(NextUndo::RolledBack) => {
            let kept = sight.steps.iter().any(|step| step.record.state == StepState::Kept);
            let evidence = kept.then(|| "What was done stays for other access, as the steps say.".to_owned());
            settling::rolled_back(&mut work, &sight.release, sight.carrying, evidence).await?;
            return work.commit().await.and(rests);
        }
        Stand::Undoes(NextUndo::ByHand(position)) => {
            failing::undo_by_hand(work, base, sight, position).await?;
            return rests;
        }
        _ => {}
    }
    let (mut work, evaluation) = match clearing::clear(work, base, &sight, stand).await? {
        Cleared::Go(work, evaluation) => (work, evaluation),
        Cleared::Not(rest) => return Ok(rest),
    };
    if let Err(until) = breaker::ask(&mut work, connection.id).await? {
        // Nothing was tried: it goes on when the connection has rested, and nobody has it until then.
        store::release_steps::set_carrying(work.conn(), id, &Carrying { worked_until: None, ..sight.carrying }).await?;
        return rest_until(work, id, until).await;
    }
    let purpose = match stand {
        Stand::Begins(next) | Stand::GoesOn(next) => forward(next),
        Stand::Undoes(NextUndo::Undo(position)) => Some(Purpose::Undo(position)),
        Stand::Undoes(NextUndo::ReadBack) => Some(Purpose::ReadUndone),
        Stand::Rests | Stand::Waits(_) | Stand::Undoes(NextUndo::ByHand(_) | NextUndo::RolledBack) => None,
    };
    let Some(purpose) = purpose else { return rests };
    if matches!(stand, Stand::Begins(_)) {
        gate(&mut work, &mut sight, &connection, evaluation).await?;
    }
    begin(work, sight, purpose, connection).await.map(|task| TakenOn::Move(Box::new(task)))
}

fn forward(next: Next) -> Option<Purpose> {
    match next {
        Next::Plan => Some(Purpose::Plan),
        Next::Apply(position) => Some(Purpose::Apply(position)),
        Next::ReadBack => Some(Purpose::ReadBack),
        Next::Await(_) => None,
    }
}

/// Looks again at this moment; queued in the same transaction as what decided it.
pub(super) async fn rest_until(mut work: Work<'_>, id: ReleaseId, at: Timestamp) -> Result<TakenOn, UseCaseError> {
    by_hand::queue(&mut work, id, Some(at)).await?;
    work.commit().await?;
    Ok(TakenOn::Rest(Progress::At(at)))
}

/// People serve the application. What failed before anything was begun is theirs from now on; what
/// waits is theirs already.
async fn leave_to_people(mut work: Work<'_>, base: &Base, sight: &Sight) -> Result<TakenOn, UseCaseError> {
    let (now, release) = (work.now(), &sight.release);
    if let Ok(planned) = release.state.clone().leave_to_people() {
        store::releases::set_state(work.conn(), release.id, release.version, &planned, None, now).await?;
        let carrying = Carrying { tries: 0, ..let_go(sight.carrying, &sight.records()) };
        store::release_steps::set_carrying(work.conn(), release.id, &carrying).await?;
        let due = manual::due_at(&mut work, base, release.subject, release.entitlement, now).await?;
        store::release_hands::set_due(work.conn(), release.id, due).await?;
        let detail = format!("{}: the application is served by hand now, so operators carry it out.", release.number);
        let body = json!({ "number": release.number, "detail": detail });
        work.event(EventKind::ReleaseLeftToPeople, "release", release.id.0, Some(release.request), body).await?;
        work.commit().await?;
    }
    Ok(TakenOn::Rest(Progress::Rests))
}

/// An answer was announced: it is waited for, and no longer than it may take.
async fn wait_for_answer(mut work: Work<'_>, base: &Base, sight: Sight, position: usize) -> Result<TakenOn, UseCaseError> {
    let now = work.now();
    let since = sight.steps.get(position).and_then(|step| step.began_at).unwrap_or(now);
    let until = since.saturating_add(AWAITED_FOR).unwrap_or(now);
    if until > now {
        store::release_steps::set_carrying(work.conn(), sight.release.id, &Carrying { worked_until: None, ..sight.carrying }).await?;
        return rest_until(work, sight.release.id, until).await;
    }
    failing::give_up_waiting(work, base, sight, position).await?;
    Ok(TakenOn::Rest(Progress::Rests))
}

/// The gates are met: the release is a machine's from here on, in this version of the settings.
async fn gate(
    work: &mut Work<'_>,
    sight: &mut Sight,
    connection: &ConnectionRow,
    evaluation: Option<EvaluationId>,
) -> Result<(), UseCaseError> {
    let (now, release) = (work.now(), &mut sight.release);
    let gated = release.state.clone().gate()?;
    store::releases::set_state(work.conn(), release.id, release.version, &gated, None, now).await?;
    let body = json!({ "number": release.number, "connection": connection.code, "settings": connection.version, "evaluation": evaluation.map(|id| id.to_string()), "detail": format!("through {}", connection.name) });
    work.event(EventKind::ReleaseGated, "release", release.id.0, Some(release.request), body).await?;
    (release.state, release.version) = (gated, release.version + 1);
    sight.carrying.connection = Some((connection.id, connection.version));
    Ok(())
}

/// Writes the move down and takes the release for as long as it may last.
async fn begin(mut work: Work<'_>, sight: Sight, purpose: Purpose, connection: ConnectionRow) -> Result<Task, UseCaseError> {
    let Sight { release, carrying, steps, mine, .. } = sight;
    let (now, id) = (work.now(), release.id);
    let fence = mine.unwrap_or(carrying.fence + 1);
    let lease = Carrying { fence, worked_until: Some(now.saturating_add(LEASE).unwrap_or(now)), ..carrying };
    store::release_steps::set_carrying(work.conn(), id, &lease).await?;
    let (mut key, mut position) = (None, None);
    if let Some(row) = purpose.position().and_then(|position| steps.get(position)) {
        let undoes = matches!(purpose, Purpose::Undo(_));
        (key, position) = (Some(if undoes { row.undo_key } else { row.key }), Some(row.position));
        let state = if undoes { StepState::Undoing } else { StepState::Begun };
        store::release_steps::set_state(work.conn(), id, carrying.round, row.position, state, None, now).await?;
    }
    let call = work.id(EventId::new).0;
    let new = NewCall {
        id: call,
        release: id,
        round: carrying.round,
        position,
        purpose: purpose.word(),
        connection: connection.id,
        connector: &connection.connector,
        key,
        fence,
        at: now,
    };
    store::release_calls::begin_call(work.conn(), &new).await?;
    let facts = store::connections::order_facts(work.conn(), id).await?;
    if let (Purpose::Apply(_), Some(position)) = (purpose, position) {
        store::account_references::ask_as(work.conn(), id, carrying.round, position, &json!(facts.attributes)).await?;
    }
    let subject = account::subject(&mut work, &release, connection.id, &steps, &facts.attributes).await?;
    let order = order(&release, subject, &facts);
    work.commit().await?;
    Ok(Task { release: id, kind: release.kind, fence, round: carrying.round, call, purpose, connection, order, facts, steps })
}

pub(super) fn order(release: &ReleaseRow, subject: Subject, facts: &OrderFacts) -> Order {
    Order {
        release: release.id.0,
        number: release.number.clone(),
        change: if release.kind == ReleaseKind::Remove { Change::Take } else { Change::Give },
        subject,
        entitlement: Entitlement { id: release.entitlement.0, reference: facts.reference.clone(), name: facts.name.clone() },
        last: facts.last,
    }
}

pub(super) fn operation(operation: StepOperation) -> Operation {
    match operation {
        StepOperation::ReadyAccount => Operation::ReadyAccount,
        StepOperation::Give => Operation::Give,
        StepOperation::Take => Operation::Take,
        StepOperation::CloseAccount => Operation::CloseAccount,
    }
}

pub(super) fn step_operation(operation: Operation) -> StepOperation {
    match operation {
        Operation::ReadyAccount => StepOperation::ReadyAccount,
        Operation::Give => StepOperation::Give,
        Operation::Take => StepOperation::Take,
        Operation::CloseAccount => StepOperation::CloseAccount,
    }
}

pub(super) fn gone() -> StoreError {
    StoreError::inconsistent("release", "a locked release is gone")
}

/// A fault as a failure, at a step.
pub(super) fn failure(step: &str, fault: &Fault, at: Timestamp) -> Failure {
    Failure { step: step.to_owned(), fault: fault.word().to_owned(), said: fault.to_string(), at }
}
