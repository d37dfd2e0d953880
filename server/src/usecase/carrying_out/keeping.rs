//! What other access of a person rests on: it is neither closed nor undone, however it was planned. Access
//! may have begun since then. What people gave and nobody has looked at yet is waited for: whether it is
//! there is not known, and nobody would take away what was left for it if it is not.

use super::taking_on::Sight;
use crate::store;
use crate::store::kept_access::{Given, Support};
use crate::store::release_steps::StepRow;
use crate::store::releases::ReleaseRow;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use connector::{Account, Before};
use domain::event::EventKind;
use domain::release::ReleaseState;
use domain::saga::{self, Next, NextUndo, StepOperation, StepState};
use serde_json::json;

/// Leaves the next steps that would take away what other access rests on: they are on record as kept,
/// and nobody is called for them. Where the other access is not proven yet, taking it away becomes a part
/// of undoing that: otherwise nobody would when it comes to nothing, too. Gives whether nothing waits for a
/// second look.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub(super) async fn keep(work: &mut Work<'_>, sight: &mut Sight) -> Result<bool, UseCaseError> {
    while let Some(next) = next(&sight.release, &sight.steps) {
        let Some(rests) = store::kept_access::rests_on(work.conn(), sight.release.id, next.support).await? else { break };
        if rests.given == Given::Unseen {
            return Ok(false);
        }
        let now = work.now();
        let release = &sight.release;
        store::release_steps::set_state(work.conn(), release.id, sight.carrying.round, next.place, StepState::Kept, None, now).await?;
        let what = match next.support {
            Support::Account => "the account stays as it is",
            Support::Entitlement => "it stays there",
        };
        let by = &rests.number;
        if let (Given::UnderWay(other), Some(step)) = (rests.given, sight.steps.get(next.position)) {
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
    Ok(true)
}

/// The number of the release that people carried out and for whose second look this one waits.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn waits_for(work: &mut Work<'_>, release: &ReleaseRow, steps: &[StepRow]) -> Result<Option<String>, UseCaseError> {
    let Some(next) = next(release, steps) else { return Ok(None) };
    let rests = store::kept_access::rests_on(work.conn(), release.id, next.support).await?;
    Ok(rests.filter(|rests| rests.given == Given::Unseen).map(|rests| rests.number))
}

/// A step that would take something away.
struct Taking {
    position: usize,
    place: i32,
    operation: StepOperation,
    support: Support,
}

fn next(release: &ReleaseRow, steps: &[StepRow]) -> Option<Taking> {
    let undoing = matches!(release.state, ReleaseState::Undoing { .. });
    let records: Vec<_> = steps.iter().map(|step| step.record).collect();
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
    let step = steps.get(position)?;
    let support = match (undoing, step.record.operation) {
        (false, StepOperation::CloseAccount) | (true, StepOperation::ReadyAccount) => Support::Account,
        (true, StepOperation::Give) => Support::Entitlement,
        (false, StepOperation::ReadyAccount | StepOperation::Give | StepOperation::Take)
        | (true, StepOperation::Take | StepOperation::CloseAccount) => return None,
    };
    Some(Taking { position, place: step.position, operation: step.record.operation, support })
}
