//! Taking a decision back before it is final.

use crate::store;
use crate::store::pending_decisions::PendingRow;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use app::error::AppError;
use domain::actor::Caller;
use domain::decision::PendingState;
use domain::event::EventKind;
use domain::id::{BulkDecisionId, PendingDecisionId};
use serde_json::json;

/// Takes back a decision of the caller. Twice is once.
///
/// # Errors
/// [`AppError::NotFound`] for a decision of somebody else; [`AppError::NotPossible`] from the moment
/// at which it is final.
pub async fn undo(base: &Base, caller: &Caller, id: PendingDecisionId) -> Result<(), UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let pending = find_own(&mut work, caller, id).await?;
    if pending.state == PendingState::Undone {
        return Ok(());
    }
    take_back(&mut work, pending).await?;
    work.commit().await
}

/// Takes back every decision of one press that is not final yet; gives how many.
///
/// # Errors
/// [`AppError::NotFound`] for a press of somebody else; [`AppError::NotPossible`] when all of them
/// are final.
pub async fn undo_bulk(base: &Base, caller: &Caller, bulk: BulkDecisionId) -> Result<usize, UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    store::pending_decisions::bulk(work.conn(), caller.identity, bulk.0).await?.ok_or(AppError::NotFound)?;
    let now = work.now();
    let mut undone = 0;
    for id in store::pending_decisions::open_of_bulk(work.conn(), bulk).await? {
        let pending = find_own(&mut work, caller, id).await?;
        if matches!(&pending.state, PendingState::Open { .. }) && !pending.state.is_due(now) {
            take_back(&mut work, pending).await?;
            undone += 1;
        }
    }
    if undone == 0 {
        return Err(AppError::NotPossible.into());
    }
    work.commit().await?;
    Ok(undone)
}

async fn find_own(work: &mut Work<'_>, caller: &Caller, id: PendingDecisionId) -> Result<PendingRow, UseCaseError> {
    let pending = store::pending_decisions::find(work.conn(), id, true).await?;
    Ok(pending.filter(|pending| pending.by == caller.identity).ok_or(AppError::NotFound)?)
}

async fn take_back(work: &mut Work<'_>, pending: PendingRow) -> Result<(), UseCaseError> {
    let now = work.now();
    let undone = pending.state.undo(now)?;
    store::pending_decisions::settle(work.conn(), pending.id, &undone, now).await?;
    let body = json!({ "decision": pending.id.to_string(), "verdict": pending.verdict.word() });
    work.event(EventKind::DecisionUndone, "request", pending.request.0, Some(pending.request), body).await
}
