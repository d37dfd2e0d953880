//! What comes next for a release, decided and written down before anybody is called.

use super::{AWAITED_FOR, LEASE, Locked, OPPOSITE_AGAIN, Progress, actor, lock, settling};
use crate::store;
use crate::store::connections::{ConnectionRow, OrderFacts};
use crate::store::error::StoreError;
use crate::store::release_steps::{Carrying, NewCall, StepRow};
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::executing::{checking, hold};
use crate::usecase::kept_access;
use crate::usecase::proven;
use crate::usecase::work::Work;
use connector::{Before, Change, Entitlement, Fault, Operation, Order, Step, Subject};
use domain::event::EventKind;
use domain::id::{EventId, ReleaseId};
use domain::release::{Failure, ReleaseKind, ReleaseState};
use domain::saga::{self, Next, NextUndo, StepOperation, StepState};
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
}

impl Purpose {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Apply(_) => "apply",
            Self::ReadBack => "read_back",
            Self::Undo(_) => "undo",
        }
    }

    pub(super) fn position(self) -> Option<usize> {
        match self {
            Self::Apply(position) | Self::Undo(position) => Some(position),
            Self::Plan | Self::ReadBack => None,
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

/// Decides and writes down the next move. `mine` is the fence of the worker that has the release.
pub(super) async fn take_on(base: &Base, id: ReleaseId, mine: Option<i64>) -> Result<TakenOn, UseCaseError> {
    let rest = |progress| Ok(TakenOn::Rest(progress));
    let mut work = Work::begin(base, actor()).await?;
    let Some(Locked { request, mut release }) = lock(&mut work, id).await? else { return rest(Progress::Rests) };
    let now = work.now();
    let mut carrying = store::release_steps::carrying(work.conn(), id).await?;
    if mine.is_some_and(|mine| mine != carrying.fence) {
        return rest(Progress::Rests);
    }
    if let Some(until) = carrying.worked_until.filter(|until| mine.is_none() && *until > now) {
        return rest(Progress::At(until));
    }
    let steps = store::release_steps::of_round(work.conn(), id, carrying.round).await?;
    let records: Vec<_> = steps.iter().map(|step| step.record).collect();
    let begins = match &release.state {
        ReleaseState::Planned => true,
        ReleaseState::Failed { next_try: Some(at), .. } | ReleaseState::Undoing { next_try: Some(at), .. } if *at > now => {
            return rest(Progress::At(*at));
        }
        ReleaseState::Failed { next_try: Some(_), .. } => true,
        ReleaseState::Gated | ReleaseState::AccountReady | ReleaseState::Activated { by: None, .. } | ReleaseState::Undoing { .. } => false,
        _ => return rest(Progress::Rests),
    };
    if release.not_before > now {
        return rest(Progress::At(release.not_before));
    }
    // What was begun through a connection goes on through it, in the version it was begun with.
    let pinned = carrying.connection.filter(|_| !begins || saga::touched(&records));
    let connection = match pinned {
        Some((connection, version)) => store::connections::find(work.conn(), connection, version).await?,
        None => store::connections::of_entitlement(work.conn(), release.entitlement).await?,
    };
    let Some(connection) = connection.filter(|connection| connection.connector != "manual") else { return rest(Progress::Rests) };
    if begins {
        // Also after a try that failed: by now another request may give the same.
        if kept_access::close_if_kept(&mut work, &request, &release).await? {
            work.commit().await?;
            return rest(Progress::Rests);
        }
        // Giving and taking the same at once, in whatever order they arrive over there, is neither.
        if store::kept_access::opposite_under_way(work.conn(), &release).await? {
            return rest(Progress::At(now.saturating_add(OPPOSITE_AGAIN).unwrap_or(now)));
        }
    }
    let undoing = matches!(release.state, ReleaseState::Undoing { .. });
    let forward = if release.kind == ReleaseKind::Extend { Next::ReadBack } else { saga::next(&records) };
    // Law 6: nobody is asked to give anything before the gates were met on facts of this moment.
    let gives = !undoing && release.kind != ReleaseKind::Remove && mine.is_none() && (begins || forward != Next::ReadBack);
    let mut evaluation = None;
    if gives {
        let mut checked = checking::check(&mut work, base, &release).await?;
        if release.kind == ReleaseKind::Activate {
            checked.obstacles.extend(proven::replaced(&mut work, &release).await?.obstacle);
        }
        if !checked.obstacles.is_empty() {
            hold(work, &request, &release, &checked.evaluation, checked.obstacles).await?;
            return rest(Progress::Rests);
        }
        evaluation = Some(checked.evaluation.id);
    }
    if let Err(until) = settling::ask_breaker(&mut work, connection.id).await? {
        // Nothing was tried: it goes on when the connection has rested.
        return rest(Progress::At(until));
    }
    if begins {
        let gated = release.state.clone().gate()?;
        store::releases::set_state(work.conn(), id, release.version, &gated, None, now).await?;
        let body = json!({ "number": release.number, "connection": connection.code, "settings": connection.version, "evaluation": evaluation.map(|id| id.to_string()), "detail": format!("through {}", connection.name) });
        work.event(EventKind::ReleaseGated, "release", id.0, Some(release.request), body).await?;
        release = store::releases::find(work.conn(), id, false).await?.ok_or_else(gone)?;
        carrying.connection = Some((connection.id, connection.version));
    }
    let purpose = if undoing {
        match saga::next_undo(&records) {
            NextUndo::Undo(position) => Purpose::Undo(position),
            NextUndo::RolledBack => {
                settling::rolled_back(work, &release, carrying).await?;
                return rest(Progress::Rests);
            }
        }
    } else {
        match forward {
            Next::Plan => Purpose::Plan,
            Next::Apply(position) => Purpose::Apply(position),
            Next::ReadBack => Purpose::ReadBack,
            Next::Await(position) => {
                let since = steps.get(position).and_then(|step| step.began_at).unwrap_or(now);
                let until = since.saturating_add(AWAITED_FOR).unwrap_or(now);
                if until > now {
                    store::release_steps::set_carrying(work.conn(), id, &Carrying { worked_until: None, ..carrying }).await?;
                    work.commit().await?;
                    return rest(Progress::At(until));
                }
                settling::give_up_waiting(work, &release, carrying, steps, position).await?;
                return rest(Progress::Rests);
            }
        }
    };
    begin(work, id, &release, carrying, mine, purpose, connection, steps).await.map(|task| TakenOn::Move(Box::new(task)))
}

/// Writes the move down and takes the release for as long as it may last.
#[expect(clippy::too_many_arguments, reason = "the parts of one move, gathered above")]
async fn begin(
    mut work: Work<'_>,
    id: ReleaseId,
    release: &store::releases::ReleaseRow,
    carrying: Carrying,
    mine: Option<i64>,
    purpose: Purpose,
    connection: ConnectionRow,
    steps: Vec<StepRow>,
) -> Result<Task, UseCaseError> {
    let now = work.now();
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
    store::release_steps::begin_call(work.conn(), &new).await?;
    let facts = store::connections::order_facts(work.conn(), release.subject, release.entitlement).await?;
    let order = order(release, &facts);
    work.commit().await?;
    Ok(Task { release: id, kind: release.kind, fence, round: carrying.round, call, purpose, connection, order, facts, steps })
}

pub(super) fn order(release: &store::releases::ReleaseRow, facts: &OrderFacts) -> Order {
    Order {
        release: release.id.0,
        number: release.number.clone(),
        change: if release.kind == ReleaseKind::Remove { Change::Take } else { Change::Give },
        subject: Subject { identity: release.subject.0, attributes: facts.attributes.clone() },
        entitlement: Entitlement { id: release.entitlement.0, reference: facts.reference.clone(), name: facts.name.clone() },
        last: facts.others.is_empty(),
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
