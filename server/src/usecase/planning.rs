//! The approval plan of a request: laying it out, opening its stages one after the other, and
//! asking again when the people asked can no longer decide.

use super::Base;
use super::error::UseCaseError;
use super::facts;
use super::shown;
use super::work::Work;
use crate::store;
use crate::store::approvals::StageRow;
use crate::store::error::StoreError;
use crate::store::releases::NewRelease;
use crate::store::requests::RequestRow;
use domain::approval::{PlannedStage, Verdict, due_at, plan_stage, stages_for};
use domain::catalogue::RiskTier;
use domain::event::EventKind;
use domain::id::{IdentityId, ReleaseId, RequestId, StageId};
use domain::release::ReleaseKind;
use domain::request::RequestState;
use domain::time::Period;
use serde_json::json;

/// Writes the stages a tier needs and opens the first.
///
/// # Errors
/// [`UseCaseError`] when writing fails.
pub async fn lay_out(work: &mut Work<'_>, request: RequestId, revision: i32, tier: RiskTier) -> Result<(), UseCaseError> {
    for (position, authority) in (1..).zip(stages_for(tier)) {
        let id = work.id(StageId::new);
        store::approvals::insert_stage(work.conn(), id, request, revision, position, *authority).await?;
    }
    open_next(work, request).await
}

/// Opens the next stage that waits, or holds it with the reason why nobody can decide.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn open_next(work: &mut Work<'_>, request: RequestId) -> Result<(), UseCaseError> {
    let row = present(work, request).await?;
    let stages = store::approvals::stages(work.conn(), request, row.revision).await?;
    let Some(stage) = stages.into_iter().find(|s| s.state == "waiting") else {
        return Ok(());
    };
    let planned = plan(work, &row, &stage).await?;
    settle(work, &row, &stage, planned).await?;
    Ok(())
}

/// Asks again who can decide at the stage that is open or held, because the people asked may have
/// left or somebody may have come. Gives whether anything changed.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn ask_again(work: &mut Work<'_>, request: RequestId) -> Result<bool, UseCaseError> {
    let Some(row) = store::requests::find(work.conn(), request, true).await? else { return Ok(false) };
    if row.state != RequestState::InApproval {
        return Ok(false);
    }
    let stages = store::approvals::stages(work.conn(), request, row.revision).await?;
    let Some(stage) = stages.into_iter().find(|s| s.state == "open" || s.state == "held") else { return Ok(false) };
    let planned = plan(work, &row, &stage).await?;
    if !settle(work, &row, &stage, planned).await? {
        return Ok(false);
    }
    let now = work.now();
    store::requests::set_state(work.conn(), request, row.version, row.revision, &row.state, now).await?;
    shown::refresh(work, request).await?;
    Ok(true)
}

/// Works out who may decide at a stage now.
async fn plan(work: &mut Work<'_>, row: &RequestRow, stage: &StageRow) -> Result<PlannedStage, UseCaseError> {
    let items = store::requests::items(work.conn(), row.id, row.revision).await?;
    let item = items.first().ok_or_else(|| StoreError::inconsistent("request_item", format!("{} has no item", row.number)))?;
    let entitlement = store::facts::entitlement(work.conn(), item.card.id)
        .await?
        .ok_or_else(|| StoreError::inconsistent("entitlement", "an item points nowhere"))?;
    let nominees = facts::nominees(work, row.subject.id, &entitlement).await?;
    let decided: Vec<IdentityId> =
        store::approvals::decisions(work.conn(), row.id, row.revision).await?.into_iter().map(|d| d.by.id).collect();
    Ok(plan_stage(stage.authority, &nominees, &[row.subject.id, row.requester.id], &decided))
}

/// Brings a stage to what was planned. Gives whether that changed anything.
async fn settle(work: &mut Work<'_>, row: &RequestRow, stage: &StageRow, planned: PlannedStage) -> Result<bool, UseCaseError> {
    let now = work.now();
    match planned.candidates {
        Ok(candidates) => {
            if stage.state == "open" {
                store::approvals::replace_candidates(work.conn(), stage.id, &candidates).await?;
            } else {
                store::approvals::open_stage(work.conn(), stage.id, &candidates, now, due_at(now)).await?;
            }
            let body = json!({
                "stage": stage.position,
                "authority": stage.authority.word(),
                "candidates": candidates.iter().map(|c| json!({ "identity": c.identity.to_string(), "because": c.because })).collect::<Vec<_>>(),
                "detail": format!("{}: {}", stage.authority, names(&candidates.iter().map(|c| c.name.as_str()).collect::<Vec<_>>())),
            });
            work.event(EventKind::StageOpened, "request", row.id.0, Some(row.id), body).await?;
            Ok(true)
        }
        Err(reason) if stage.state == "held" && stage.hold_reason.as_deref() == Some(reason.as_str()) => Ok(false),
        Err(reason) => {
            store::approvals::hold_stage(work.conn(), stage.id, &reason).await?;
            let body = json!({ "stage": stage.position, "authority": stage.authority.word(), "detail": reason });
            work.event(EventKind::StageHeld, "request", row.id.0, Some(row.id), body).await?;
            Ok(true)
        }
    }
}

/// What follows an approval at a stage: the next stage, or, after the last, the approved request
/// with its release in the operators' queue.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn after_approval(work: &mut Work<'_>, base: &Base, row: &RequestRow) -> Result<RequestState, UseCaseError> {
    let stages = store::approvals::stages(work.conn(), row.id, row.revision).await?;
    if stages.iter().any(|s| s.state == "waiting") {
        open_next(work, row.id).await?;
        return Ok(row.state.clone());
    }
    // The plan is complete only when every one of its stages says so; anything else is a fault.
    if stages.is_empty() || stages.iter().any(|s| s.state != "approved") {
        return Err(StoreError::inconsistent("approval_stage", format!("{} is approved with an undecided stage", row.number)).into());
    }
    let state = row.state.clone().approve()?;
    work.event(EventKind::RequestApproved, "request", row.id.0, Some(row.id), json!({ "revision": row.revision })).await?;
    let revision = store::requests::revision(work.conn(), row.id, row.revision).await?;
    let not_before = Period::from_stored(revision.starts_on, revision.ends_on).begins_at(&base.zone);
    let year = domain::time::today(work.now(), &base.zone).year();
    for item in store::requests::items(work.conn(), row.id, row.revision).await? {
        let release = NewRelease {
            id: work.id(ReleaseId::new),
            kind: ReleaseKind::Activate,
            request: row.id,
            revision: row.revision,
            item: item.id,
            subject: row.subject.id,
            entitlement: item.card.id,
            grant: None,
            not_before,
            at: work.now(),
        };
        let number = store::releases::insert(work.conn(), &release, year).await?;
        work.event(EventKind::ReleasePlanned, "release", release.id.0, Some(row.id), json!({ "number": number, "kind": "activate", "entitlement": item.card.id.to_string(), "detail": format!("{number}: give {}", item.card.name) })).await?;
    }
    Ok(state)
}

/// The event that a verdict writes.
#[must_use]
pub fn event_of(verdict: Verdict) -> EventKind {
    match verdict {
        Verdict::Approve => EventKind::DecisionApproved,
        Verdict::Return => EventKind::DecisionReturned,
        Verdict::Reject => EventKind::DecisionRejected,
    }
}

/// Names joined as a person would: "A", "A or B", "A, B or C".
#[must_use]
pub fn names(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

async fn present(work: &mut Work<'_>, request: RequestId) -> Result<RequestRow, UseCaseError> {
    Ok(store::requests::find(work.conn(), request, false)
        .await?
        .ok_or_else(|| StoreError::inconsistent("request", "vanished inside its own transaction"))?)
}
