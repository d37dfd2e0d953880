//! The approval plan of a request: laying it out from the plan that fits, opening its stages step by
//! step, asking again when those asked can no longer decide, and what follows an approval.

pub(in crate::usecase) mod asking;
mod clock;
mod preview;
mod standing;

pub use asking::ask_again;
pub use clock::{claim_lapses_at, due_words, end_pauses, pause, resume};
pub use preview::{Preview, preview};
pub use standing::{Standing, own_place, standing_of};

use super::Base;
use super::carrying_out;
use super::error::UseCaseError;
use super::manual;
use super::work::Work;
use crate::store;
use crate::store::approvals::StageRow;
use crate::store::error::StoreError;
use crate::store::releases::NewRelease;
use crate::store::requests::RequestRow;
use app::error::AppError;
use asking::{Facts, settle};
use domain::approval::{Case, Verdict, fitting};
use domain::event::EventKind;
use domain::id::{ReleaseId, RequestId, StageId};
use domain::release::ReleaseKind;
use domain::request::{RequestKind, RequestState};
use domain::time::Period;
use serde_json::json;

/// Pins the plan that fits, writes its stages and opens the first step.
///
/// # Errors
/// [`AppError::PoliciesUnavailable`] when no plan fits: without a rule that says who decides,
/// nothing is asked for (law 1).
pub async fn lay_out(work: &mut Work<'_>, base: &Base, request: RequestId, revision: i32) -> Result<(), UseCaseError> {
    let row = present(work, request).await?;
    let (tier, application) = Facts::asked_for(work, &row, revision).await?;
    let about = store::nominees::about(work.conn(), row.subject.id).await?.ok_or(AppError::NotFound)?;
    let case = Case { tier, population: about.population, application };
    let plans = store::plans::could_fit(work.conn(), case.tier, case.population, case.application).await?;
    let plan = fitting(&plans, &case).ok_or(AppError::PoliciesUnavailable)?;
    store::plans::pin(work.conn(), request, revision, plan).await?;
    for (position, stage) in (1..).zip(&plan.stages) {
        let id = work.id(StageId::new);
        store::approvals::insert_stage(work.conn(), id, request, revision, position, stage).await?;
    }
    open_next(work, base, request).await
}

/// Opens every stage of the next step, or holds it with the reason why too few can decide. Does
/// nothing while a stage is open or held.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn open_next(work: &mut Work<'_>, base: &Base, request: RequestId) -> Result<(), UseCaseError> {
    let row = present(work, request).await?;
    let stages = store::approvals::stages(work.conn(), request, row.revision).await?;
    if stages.iter().any(|s| s.state == "open" || s.state == "held") {
        return Ok(());
    }
    let Some(step) = stages.iter().filter(|s| s.state == "waiting").map(|s| s.step).min() else {
        return Ok(());
    };
    let facts = Facts::gather(work, &row, &stages).await?;
    for stage in stages.iter().filter(|s| s.step == step && s.state == "waiting") {
        settle(work, base, &row, stage, &facts).await?;
    }
    Ok(())
}

/// What follows an approval at a stage: the stage closes when its quorum is reached; then comes the
/// next step, or, after the last, the approved request with its release in the operators' queue.
/// Who else is asked at stages that stay open is worked out again: one person decides once.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn after_approval(work: &mut Work<'_>, base: &Base, row: &RequestRow, stage: &StageRow) -> Result<RequestState, UseCaseError> {
    let now = work.now();
    let approvals = store::approvals::asked::approvals(work.conn(), stage.id).await?;
    if approvals >= stage.quorum {
        store::approvals::close_stage(work.conn(), stage.id, Verdict::Approve, now).await?;
    } else if stage.claim.is_some() {
        store::approvals::asked::unclaim(work.conn(), stage.id).await?;
    }
    asking::refresh(work, base, row).await?;
    let stages = store::approvals::stages(work.conn(), row.id, row.revision).await?;
    if stages.iter().any(StageRow::is_undecided) {
        open_next(work, base, row.id).await?;
        return Ok(row.state.clone());
    }
    // The plan is complete only when every one of its stages says so; anything else is a fault.
    if stages.is_empty() || stages.iter().any(|s| s.state != "approved") {
        return Err(StoreError::inconsistent("approval_stage", format!("{} is approved with an undecided stage", row.number)).into());
    }
    let state = row.state.clone().approve()?;
    work.event(EventKind::RequestApproved, "request", row.id.0, Some(row.id), json!({ "revision": row.revision })).await?;
    plan_releases(work, base, row).await?;
    Ok(state)
}

/// Puts what was approved into the operators' queue.
async fn plan_releases(work: &mut Work<'_>, base: &Base, row: &RequestRow) -> Result<(), UseCaseError> {
    let revision = store::revisions::find(work.conn(), row.id, row.revision).await?;
    let year = domain::time::today(work.now(), &base.zone).year();
    let (kind, grant) = store::plans::kind_of_request(work.conn(), row.id).await?;
    // An extension moves an end that exists already: it waits for no start. A change begins as
    // something new, and what it replaces ends when the new access is there.
    let (kind, grant, not_before, what) = match kind {
        RequestKind::Extend => (ReleaseKind::Extend, grant, work.now(), "extend"),
        RequestKind::Grant | RequestKind::Change => {
            let begins = Period::from_stored(revision.starts_on, revision.ends_on).begins_at(&base.zone);
            (ReleaseKind::Activate, None, begins, "give")
        }
    };
    for item in store::revisions::items(work.conn(), row.id, row.revision).await? {
        let release = NewRelease {
            id: work.id(ReleaseId::new),
            kind,
            request: row.id,
            revision: row.revision,
            item: item.id,
            subject: row.subject.id,
            entitlement: item.card.id,
            grant,
            not_before,
            due_at: manual::due_at(work, base, row.subject.id, item.card.id, not_before.max(work.now())).await?,
            at: work.now(),
        };
        let number = store::releases::insert(work.conn(), &release, year).await?;
        let body = json!({ "number": number, "kind": kind.word(), "entitlement": item.card.id.to_string(), "detail": format!("{number}: {what} {}", item.card.name) });
        work.event(EventKind::ReleasePlanned, "release", release.id.0, Some(row.id), body).await?;
        carrying_out::by_hand::queue_planned(work, release.id, not_before).await?;
    }
    Ok(())
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
