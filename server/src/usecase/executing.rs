//! Carrying out a release: with evidence, by somebody who did not approve it, and, for an
//! activation, only after the gates were met again on fresh facts in this very transaction (law 6).

use super::Base;
use super::authorise::require_or_hide;
use super::error::UseCaseError;
use super::facts::{self, Question};
use super::shown;
use super::work::Work;
use crate::store;
use crate::store::error::StoreError;
use crate::store::grants::NewGrant;
use crate::store::releases::ReleaseRow;
use crate::store::requests::RequestRow;
use app::error::AppError;
use app::releases::port::Execution;
use domain::actor::Caller;
use domain::approval::Verdict;
use domain::event::EventKind;
use domain::gate::{ApprovalFacts, Evaluation, Phase, WishFacts};
use domain::id::{EventId, GrantId, IdempotencyKey, IdentityId, ReleaseId};
use domain::permission::Action;
use domain::release::{ReleaseKind, may_execute};
use domain::text::Remark;
use domain::time::{Period, today};
use jiff::ToSpan;
use serde_json::json;

/// Carries a release out, or holds it and says why. The same key gives the same answer.
///
/// # Errors
/// [`AppError::NotFound`] for those who may not see it; [`AppError::SeparationOfDuties`];
/// [`AppError::TooEarly`]; [`AppError::Changed`]; [`AppError::Invalid`] without evidence.
pub async fn execute(
    base: &Base,
    caller: &Caller,
    id: ReleaseId,
    version: i32,
    evidence: &str,
    key: IdempotencyKey,
) -> Result<Execution, UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let seen = store::releases::find(work.conn(), id, false).await?.ok_or(AppError::NotFound)?;
    let relations = store::requests::relations(work.conn(), seen.request, caller.identity).await?;
    require_or_hide(caller, Action::ExecuteRelease, Action::ReadRelease, &relations)?;
    // Lock order everywhere: person, request, release.
    store::facts::lock_person(work.conn(), seen.subject).await?;
    let request = store::requests::find(work.conn(), seen.request, true).await?.ok_or(AppError::NotFound)?;
    let release = store::releases::find(work.conn(), id, true).await?.ok_or(AppError::NotFound)?;
    if let Some((_, outcome)) = store::releases::attempt_by_key(work.conn(), caller.identity, key).await? {
        return Ok(if outcome == "executed" { Execution::Executed } else { Execution::Held { reasons: reasons(&release) } });
    }
    let evidence = Remark::parse("evidence", evidence, "Say what shows that the change was made.")?;
    if release.version != version {
        return Err(AppError::Changed.into());
    }
    let decisions = store::approvals::decisions(work.conn(), release.request, release.revision).await?;
    let approvers: Vec<IdentityId> = decisions.iter().filter(|d| d.verdict == Verdict::Approve).map(|d| d.by.id).collect();
    may_execute(caller.identity, release.subject, &approvers, release.not_before, work.now())?;
    match release.kind {
        ReleaseKind::Activate => activate(work, base, caller, &request, &release, evidence.as_str(), key).await,
        ReleaseKind::Remove => remove(work, caller, &request, &release, evidence.as_str(), key).await,
    }
}

async fn activate(
    mut work: Work<'_>,
    base: &Base,
    caller: &Caller,
    request: &RequestRow,
    release: &ReleaseRow,
    evidence: &str,
    key: IdempotencyKey,
) -> Result<Execution, UseCaseError> {
    let now = work.now();
    let next_request = request.state.clone().release()?;
    let revision = store::requests::revision(work.conn(), release.request, release.revision).await?;
    let period = Period::from_stored(revision.starts_on, revision.ends_on);
    let wish = WishFacts {
        reason_given: true,
        justification_length: i32::try_from(revision.justification.chars().count()).unwrap_or(i32::MAX),
        starts_on: Some(period.starts_on()),
        ends_on: period.ends_on(),
        duration_days: period.duration_days(),
    };
    let approval = approval_facts(&mut work, request, release).await?;
    let question = Question {
        subject: release.subject,
        entitlement: release.entitlement,
        wish,
        phase: Phase::Release,
        request: Some(release.request),
        approval,
    };
    let gathered = facts::gather(&mut work, base, question).await?;
    let evaluation = facts::evaluate_and_store(&mut work, base, &gathered.facts, Some((release.request, release.revision))).await?;
    let ends_at = period.ends_at(&base.zone);
    let mut obstacles: Vec<String> = evaluation.blockers().map(|gate| format!("{}: {}", gate.title, gate.reason)).collect();
    if evaluation.results.is_empty() {
        obstacles.push("No control could be evaluated.".to_owned());
    }
    if ends_at.is_some_and(|end| end <= now) {
        obstacles.push("The approved period has ended.".to_owned());
    }
    if !obstacles.is_empty() {
        return hold(work, caller, release, &evaluation, obstacles, key).await;
    }
    let review_days = store::grants::review_every_days(work.conn(), release.entitlement).await?;
    let grant = NewGrant {
        id: work.id(GrantId::new),
        identity: release.subject,
        entitlement: release.entitlement,
        entitlement_version: pinned_version(&mut work, release).await?,
        request: release.request,
        item: release.item,
        release: release.id,
        at: now,
        ends_at,
        next_review_on: Some(today(now, &base.zone).saturating_add(review_days.days())),
    };
    store::grants::insert(work.conn(), &grant).await?;
    let executed = release.state.clone().execute(caller.identity, now, evidence.to_owned())?;
    store::releases::set_state(work.conn(), release.id, release.version, &executed, Some(grant.id), now).await?;
    let attempt = work.id(EventId::new).0;
    store::releases::insert_attempt(work.conn(), attempt, release.id, caller.identity, now, true, Some(evaluation.id), key).await?;
    work.event(
        EventKind::ReleaseExecuted,
        "release",
        release.id.0,
        Some(release.request),
        json!({ "number": release.number, "kind": "activate", "evaluation": evaluation.id.to_string(), "detail": evidence }),
    )
    .await?;
    work.event(EventKind::GrantActivated, "grant", grant.id.0, Some(release.request), json!({ "identity": release.subject.to_string(), "entitlement": release.entitlement.to_string(), "ends_at": ends_at.map(|t| t.to_string()) })).await?;
    store::requests::set_state(work.conn(), request.id, request.version, request.revision, &next_request, now).await?;
    shown::refresh(&mut work, request.id).await?;
    work.commit().await?;
    Ok(Execution::Executed)
}

async fn hold(
    mut work: Work<'_>,
    caller: &Caller,
    release: &ReleaseRow,
    evaluation: &Evaluation,
    obstacles: Vec<String>,
    key: IdempotencyKey,
) -> Result<Execution, UseCaseError> {
    let now = work.now();
    let held = release.state.clone().hold(obstacles.clone())?;
    store::releases::set_state(work.conn(), release.id, release.version, &held, None, now).await?;
    let attempt = work.id(EventId::new).0;
    store::releases::insert_attempt(work.conn(), attempt, release.id, caller.identity, now, false, Some(evaluation.id), key).await?;
    work.event(
        EventKind::ReleaseHeld,
        "release",
        release.id.0,
        Some(release.request),
        json!({ "number": release.number, "evaluation": evaluation.id.to_string(), "detail": obstacles.join(" ") }),
    )
    .await?;
    work.commit().await?;
    Ok(Execution::Held { reasons: obstacles })
}

async fn remove(
    mut work: Work<'_>,
    caller: &Caller,
    request: &RequestRow,
    release: &ReleaseRow,
    evidence: &str,
    key: IdempotencyKey,
) -> Result<Execution, UseCaseError> {
    let now = work.now();
    let id = release.grant.ok_or_else(|| StoreError::inconsistent("release", format!("{} removes no grant", release.number)))?;
    let grant =
        store::grants::lock(work.conn(), id).await?.ok_or_else(|| StoreError::inconsistent("access_grant", "a removal points nowhere"))?;
    let ended = grant.state.end(now)?;
    store::grants::set_state(work.conn(), id, &ended).await?;
    let executed = release.state.clone().execute(caller.identity, now, evidence.to_owned())?;
    store::releases::set_state(work.conn(), release.id, release.version, &executed, Some(id), now).await?;
    let attempt = work.id(EventId::new).0;
    store::releases::insert_attempt(work.conn(), attempt, release.id, caller.identity, now, true, None, key).await?;
    work.event(
        EventKind::ReleaseExecuted,
        "release",
        release.id.0,
        Some(release.request),
        json!({ "number": release.number, "kind": "remove", "detail": evidence }),
    )
    .await?;
    work.event(
        EventKind::GrantEnded,
        "grant",
        id.0,
        Some(release.request),
        json!({ "identity": release.subject.to_string(), "entitlement": release.entitlement.to_string() }),
    )
    .await?;
    let closed = request.state.clone().close()?;
    store::requests::set_state(work.conn(), request.id, request.version, request.revision, &closed, now).await?;
    work.event(EventKind::RequestClosed, "request", request.id.0, Some(request.id), json!({ "number": request.number })).await?;
    shown::refresh(&mut work, request.id).await?;
    work.commit().await?;
    Ok(Execution::Executed)
}

/// What the authority gate looks at: on today's facts, not on those of the day of the decision.
async fn approval_facts(work: &mut Work<'_>, request: &RequestRow, release: &ReleaseRow) -> Result<ApprovalFacts, UseCaseError> {
    let stages = store::approvals::stages(work.conn(), release.request, release.revision).await?;
    let decisions = store::approvals::decisions(work.conn(), release.request, release.revision).await?;
    let approvals: Vec<_> = decisions.into_iter().filter(|d| d.verdict == Verdict::Approve).collect();
    let mut approvers: Vec<IdentityId> = approvals.iter().map(|d| d.by.id).collect();
    approvers.sort_unstable();
    approvers.dedup();
    let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    Ok(ApprovalFacts {
        stages: count(stages.len()),
        approved: count(stages.iter().filter(|s| s.state == "approved").count()),
        approvers: count(approvers.len()),
        unauthorised: approvals
            .into_iter()
            .filter(|d| d.by.id == request.subject.id || d.by.id == request.requester.id || !d.active || !d.asked)
            .map(|d| d.by.name)
            .collect(),
    })
}

async fn pinned_version(work: &mut Work<'_>, release: &ReleaseRow) -> Result<i32, UseCaseError> {
    let items = store::requests::items(work.conn(), release.request, release.revision).await?;
    Ok(items
        .into_iter()
        .find(|i| i.id == release.item)
        .map(|i| i.card.version)
        .ok_or_else(|| StoreError::inconsistent("request_item", "a release points nowhere"))?)
}

fn reasons(release: &ReleaseRow) -> Vec<String> {
    match &release.state {
        domain::release::ReleaseState::Held { reasons } => reasons.clone(),
        _ => vec![],
    }
}
