//! What other access of a person rests on: it is neither closed nor undone, however it was planned. Access
//! may have begun since then.

use super::taking_on::Sight;
use crate::store;
use crate::store::kept_access::Support;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use connector::{Account, Before};
use domain::event::EventKind;
use domain::saga::{self, Next, NextUndo, StepOperation, StepState};
use serde_json::json;

/// Leaves the next steps that would take away what other access rests on: they are on record as kept,
/// and nobody is called for them. Where the other access is not proven yet, taking it away becomes a part
/// of undoing that: otherwise nobody would when it comes to nothing, too.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub(super) async fn keep(work: &mut Work<'_>, sight: &mut Sight, undoing: bool) -> Result<(), UseCaseError> {
    while let Some(next) = next(sight, undoing) {
        let Some(rests) = store::kept_access::rests_on(work.conn(), sight.release.id, next.support).await? else { break };
        let now = work.now();
        let release = &sight.release;
        store::release_steps::set_state(work.conn(), release.id, sight.carrying.round, next.place, StepState::Kept, None, now).await?;
        let what = match next.support {
            Support::Account => "the account stays as it is",
            Support::Entitlement => "it stays there",
        };
        let by = &rests.number;
        if let (Some(other), Some(step)) = (rests.under_way, sight.steps.get(next.position)) {
            let (undoes, before) = match step.record.operation {
                // Brought back to what it was to become.
                StepOperation::CloseAccount => (StepOperation::ReadyAccount, json!(Before::Account { state: Account::Inactive })),
                operation => (operation, step.before.clone()),
            };
            store::release_steps::hand_over(work.conn(), other, undoes, &before, now).await?;
        }
        let detail = format!("{}: {by} gives access that rests on it, so {what}.", next.operation.label());
        let body = json!({ "number": release.number, "kept_for": by, "detail": detail });
        work.event(EventKind::ReleaseStepKept, "release", release.id.0, Some(release.request), body).await?;
        if let Some(step) = sight.steps.get_mut(next.position) {
            step.record.state = StepState::Kept;
        }
    }
    Ok(())
}

/// A step that would take something away.
struct Taking {
    position: usize,
    place: i32,
    operation: StepOperation,
    support: Support,
}

fn next(sight: &Sight, undoing: bool) -> Option<Taking> {
    let records = sight.records();
    let position = if undoing {
        match saga::next_undo(&records) {
            NextUndo::Undo(position) => position,
            NextUndo::ByHand(_) | NextUndo::ReadBack | NextUndo::RolledBack => return None,
        }
    } else {
        match saga::next(&records) {
            Next::Apply(position) => position,
            Next::Plan | Next::Await(_) | Next::ReadBack => return None,
        }
    };
    let step = sight.steps.get(position)?;
    let support = match (undoing, step.record.operation) {
        (false, StepOperation::CloseAccount) | (true, StepOperation::ReadyAccount) => Support::Account,
        (true, StepOperation::Give) => Support::Entitlement,
        (false, StepOperation::ReadyAccount | StepOperation::Give | StepOperation::Take)
        | (true, StepOperation::Take | StepOperation::CloseAccount) => return None,
    };
    Some(Taking { position, place: step.position, operation: step.record.operation, support })
}
