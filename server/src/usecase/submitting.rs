//! Submitting a request, answering a question with the next revision, and taking a request back.

use super::Base;
use super::authorise::{require, require_or_hide};
use super::error::UseCaseError;
use super::facts::{self, Question, wish_facts};
use super::planning;
use super::shown;
use super::work::Work;
use crate::store;
use crate::store::requests::{NewRequest, Pinned};
use app::error::{AppError, Problem};
use domain::actor::Caller;
use domain::event::EventKind;
use domain::gate::{ApprovalFacts, Evaluation, GateFacts, Phase};
use domain::id::{IdempotencyKey, IdentityId, ItemId, RequestId};
use domain::permission::{Action, Relation};
use domain::request::{RequestForm, Wish};
use domain::text::Remark;
use domain::time::today;
use serde_json::json;

/// Submits a form. The same key gives the same request.
///
/// # Errors
/// [`AppError::Invalid`] at the fields, also for gates that are not met; [`AppError::AlreadyThere`].
pub async fn submit(base: &Base, caller: &Caller, form: &RequestForm, key: IdempotencyKey) -> Result<RequestId, UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    require(caller, Action::SubmitRequest, &[Relation::Subject])?;
    let subject = caller.identity;
    store::facts::lock_person(work.conn(), subject).await?;
    if let Some(made) = store::requests::by_key(work.conn(), caller.identity, key).await? {
        return Ok(made);
    }
    let wish = form.parse(today(work.now(), &base.zone))?;
    refuse_doubles(&mut work, subject, &wish, None).await?;
    let gathered = facts::gather(&mut work, base, question(subject, &wish, None)).await?;
    let evaluation = facts::evaluate(&work, base, &gathered.facts);
    if !evaluation.passes() {
        return Err(refuse(work, subject, &evaluation, &gathered.facts).await);
    }
    let year = today(work.now(), &base.zone).year();
    let number = store::requests::next_number(work.conn(), year).await?;
    let request = NewRequest { id: work.id(RequestId::new), number, subject, requester: caller.identity, at: work.now(), key };
    store::requests::insert(work.conn(), &request).await?;
    write_revision(&mut work, request.id, 1, &wish, &gathered, &evaluation, caller.identity).await?;
    let body = json!({ "number": request.number, "revision": 1, "entitlement": wish.entitlement.to_string(), "entitlement_version": gathered.facts.entitlement.version, "policy": evaluation.policy_hash, "detail": gathered.facts.entitlement.name });
    work.event(EventKind::RequestSubmitted, "request", request.id.0, Some(request.id), body).await?;
    planning::lay_out(&mut work, request.id, 1, gathered.facts.entitlement.tier).await?;
    shown::refresh(&mut work, request.id).await?;
    work.commit().await?;
    Ok(request.id)
}

/// Answers the question on a returned request with the next revision.
///
/// # Errors
/// As for [`submit`]; [`AppError::Changed`] when the record is not at `version`.
pub async fn answer(base: &Base, caller: &Caller, id: RequestId, version: i32, form: &RequestForm) -> Result<(), UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let relations = store::requests::relations(work.conn(), id, caller.identity).await?;
    require_or_hide(caller, Action::AnswerRequest, Action::ReadRequest, &relations)?;
    let subject = store::requests::find(work.conn(), id, false).await?.ok_or(AppError::NotFound)?.subject.id;
    // Lock order everywhere: person, request, release.
    store::facts::lock_person(work.conn(), subject).await?;
    let row = store::requests::find(work.conn(), id, true).await?.ok_or(AppError::NotFound)?;
    if row.version != version {
        return Err(AppError::Changed.into());
    }
    let state = row.state.clone().resubmit()?;
    let wish = form.parse(today(work.now(), &base.zone))?;
    refuse_doubles(&mut work, subject, &wish, Some(id)).await?;
    let gathered = facts::gather(&mut work, base, question(subject, &wish, Some(id))).await?;
    let evaluation = facts::evaluate(&work, base, &gathered.facts);
    if !evaluation.passes() {
        return Err(refuse(work, subject, &evaluation, &gathered.facts).await);
    }
    let revision = row.revision + 1;
    let now = work.now();
    store::approvals::void_undecided(work.conn(), id, now).await?;
    write_revision(&mut work, id, revision, &wish, &gathered, &evaluation, caller.identity).await?;
    store::requests::set_state(work.conn(), id, row.version, revision, &state, now).await?;
    let body = json!({ "number": row.number, "revision": revision, "entitlement": wish.entitlement.to_string(), "entitlement_version": gathered.facts.entitlement.version, "policy": evaluation.policy_hash, "detail": format!("Revision {revision}: {}", wish.justification.as_str()) });
    work.event(EventKind::RequestResubmitted, "request", id.0, Some(id), body).await?;
    planning::lay_out(&mut work, id, revision, gathered.facts.entitlement.tier).await?;
    shown::refresh(&mut work, id).await?;
    work.commit().await
}

/// Takes a request back; a release that waits is cancelled with it.
///
/// # Errors
/// [`AppError::Changed`], [`AppError::NotPossible`] once released, or problems with the reason.
pub async fn withdraw(base: &Base, caller: &Caller, id: RequestId, version: i32, reason: &str) -> Result<(), UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let relations = store::requests::relations(work.conn(), id, caller.identity).await?;
    require_or_hide(caller, Action::WithdrawRequest, Action::ReadRequest, &relations)?;
    let reason = Remark::parse_optional("reason", reason)?.map_or_else(|| "No longer needed.".to_owned(), |r| r.as_str().to_owned());
    let row = store::requests::find(work.conn(), id, true).await?.ok_or(AppError::NotFound)?;
    if row.version != version {
        return Err(AppError::Changed.into());
    }
    let state = row.state.clone().withdraw(reason.clone())?;
    end_without_release(&mut work, id).await?;
    let now = work.now();
    store::requests::set_state(work.conn(), id, row.version, row.revision, &state, now).await?;
    work.event(EventKind::RequestWithdrawn, "request", id.0, Some(id), json!({ "number": row.number, "detail": reason })).await?;
    shown::refresh(&mut work, id).await?;
    work.commit().await
}

/// Voids undecided stages and cancels releases that wait: what every end before release does.
///
/// # Errors
/// [`UseCaseError`] when writing fails.
pub async fn end_without_release(work: &mut Work<'_>, id: RequestId) -> Result<(), UseCaseError> {
    let now = work.now();
    store::approvals::void_undecided(work.conn(), id, now).await?;
    for release in store::releases::lock_open(work.conn(), id).await? {
        let Some(row) = store::releases::find(work.conn(), release, false).await? else { continue };
        let cancelled = row.state.cancel()?;
        store::releases::set_state(work.conn(), release, row.version, &cancelled, None, now).await?;
        work.event(EventKind::ReleaseCancelled, "release", release.0, Some(id), json!({ "number": row.number })).await?;
    }
    Ok(())
}

fn question(subject: IdentityId, wish: &Wish, request: Option<RequestId>) -> Question {
    Question {
        subject,
        entitlement: wish.entitlement,
        wish: wish_facts(wish),
        phase: Phase::Submission,
        request,
        approval: ApprovalFacts::default(),
    }
}

async fn refuse_doubles(work: &mut Work<'_>, subject: IdentityId, wish: &Wish, except: Option<RequestId>) -> Result<(), UseCaseError> {
    let held = store::grants::holds(work.conn(), subject, wish.entitlement).await?;
    let pending = store::requests::open_for(work.conn(), subject, wish.entitlement, except).await?.is_some();
    if held || pending { Err(AppError::AlreadyThere.into()) } else { Ok(()) }
}

/// Keeps the evaluation and the event of a refused submission, and nothing else; gives the answer.
async fn refuse(mut work: Work<'_>, subject: IdentityId, evaluation: &Evaluation, facts: &GateFacts) -> UseCaseError {
    let unmet: Vec<_> = evaluation.blockers().map(|r| r.control.clone()).collect();
    let problems = evaluation
        .blockers()
        .map(|r| Problem { field: r.field.clone().unwrap_or_else(|| "gates".to_owned()), code: r.control.clone() })
        .collect();
    let body = json!({ "evaluation": evaluation.id.to_string(), "unmet": unmet, "entitlement": facts.entitlement.id.to_string() });
    let kept = async {
        store::evaluations::insert(work.conn(), evaluation, facts, None).await?;
        work.event(EventKind::RequestRefused, "identity", subject.0, None, body).await?;
        work.commit().await
    };
    match kept.await {
        Ok(()) => AppError::Invalid { problems }.into(),
        Err(fault) => fault,
    }
}

async fn write_revision(
    work: &mut Work<'_>,
    id: RequestId,
    revision: i32,
    wish: &Wish,
    gathered: &facts::Gathered,
    evaluation: &Evaluation,
    by: IdentityId,
) -> Result<(), UseCaseError> {
    let item = work.id(ItemId::new);
    let now = work.now();
    let pinned = Pinned {
        population: gathered.subject.population,
        specification_version: gathered.facts.specification.version,
        policy_hash: &evaluation.policy_hash,
        entitlement_version: gathered.facts.entitlement.version,
    };
    store::requests::insert_revision(work.conn(), id, revision, item, wish, &pinned, by, now).await?;
    store::evaluations::insert(work.conn(), evaluation, &gathered.facts, Some((id, revision))).await?;
    Ok(())
}
