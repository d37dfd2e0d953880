//! Submitting a basket: one request for each item, all or none, in one transaction under the lock
//! on the subject (ADR 0008).

use super::Base;
use super::authorise::require;
use super::drafts::item_view::gate_errors;
use super::drafts::items::{Judged, Surroundings, judge};
use super::error::UseCaseError;
use super::facts::{self, Gathered, Question, wish_facts};
use super::notifying::{self, Notice};
use super::planning;
use super::shown;
use super::work::Work;
use crate::store;
use crate::store::requests::NewRequest;
use crate::store::revisions::Pinned;
use crate::store::submissions::NewSubmission;
use app::error::AppError;
use domain::actor::Caller;
use domain::basket::{BasketForm, Common, Wish};
use domain::error::FieldError;
use domain::event::EventKind;
use domain::gate::{ApprovalFacts, Evaluation, GateFacts, Phase};
use domain::id::{DraftId, EntitlementId, IdempotencyKey, IdentityId, ItemId, RequestId, SubmissionId, TemplateId};
use domain::notification::NotificationKind;
use domain::permission::Action;
use domain::time::today;
use serde_json::json;
use std::collections::BTreeMap;

/// A basket about to be submitted.
pub struct Asked<'a> {
    /// As typed.
    pub form: &'a BasketForm,
    /// What each entitlement was when it was added; what changed since has to have been read.
    pub seen: &'a BTreeMap<String, String>,
    /// The template it began with.
    pub template: Option<(TemplateId, i32)>,
    /// Sending it twice asks once.
    pub key: IdempotencyKey,
    /// The draft it was, which goes with it.
    pub draft: Option<DraftId>,
}

/// One item that may be asked for: what is wished, and what the gates found.
pub(super) struct Cleared {
    pub wish: Wish,
    pub gathered: Gathered,
    pub evaluation: Evaluation,
}

/// Submits a basket. The same key gives the same requests.
///
/// # Errors
/// [`AppError::Invalid`] at the fields, also for what is held or asked for already and for gates
/// that are not met; then nothing was made but the evaluations and the events of the refusal.
pub async fn submit(mut work: Work<'_>, base: &Base, caller: &Caller, asked: Asked<'_>) -> Result<Vec<RequestId>, UseCaseError> {
    let subject = subject(&mut work, caller, asked.form).await?;
    store::facts::lock_person(work.conn(), subject).await?;
    let made = store::submissions::by_key(work.conn(), caller.identity, asked.key).await?;
    if !made.is_empty() {
        return Ok(made);
    }
    let wishes = parse(&mut work, base, caller, asked.form, asked.seen, subject, None).await?;
    let (work, cleared) = clear(work, base, asked.form, subject, wishes, None).await?;
    let mut work = work;
    let submission = NewSubmission {
        id: work.id(SubmissionId::new),
        subject,
        requester: caller.identity,
        at: work.now(),
        template: asked.template,
        key: asked.key,
    };
    store::submissions::insert(work.conn(), &submission).await?;
    let mut made = Vec::new();
    for (place, item) in (1..).zip(&cleared) {
        made.push(make(&mut work, base, &submission, place, item, asked.draft).await?);
    }
    if let Some(draft) = asked.draft {
        store::drafts::remove(work.conn(), draft, caller.identity).await?;
    }
    work.commit().await?;
    Ok(made)
}

/// For whom the form asks; a permission that is missing is told at the field.
async fn subject(work: &mut Work<'_>, caller: &Caller, form: &BasketForm) -> Result<IdentityId, UseCaseError> {
    let typed = form.subject.trim();
    let id = if typed.is_empty() { Some(caller.identity) } else { typed.parse().ok() };
    let refused = || AppError::field("subject", "not_yours");
    let id: IdentityId = id.ok_or_else(refused)?;
    let relations = store::subjects::relations(work.conn(), id, caller.identity).await?;
    require(caller, Action::SubmitRequest, &relations).map_err(|_| refused())?;
    Ok(id)
}

/// Reads the whole form: every field that is wrong, at once, and what is there or on its way.
pub(super) async fn parse(
    work: &mut Work<'_>,
    base: &Base,
    caller: &Caller,
    form: &BasketForm,
    seen: &BTreeMap<String, String>,
    subject: IdentityId,
    except: Option<RequestId>,
) -> Result<Vec<Wish>, UseCaseError> {
    let today = today(work.now(), &base.zone);
    let held = store::asking::held(work.conn(), subject).await?;
    let around = Surroundings { caller, form, seen, subject, except, today, zone: &base.zone, held: &held };
    let common = form.common(today);
    let mut errors: Vec<FieldError> = common.as_ref().err().cloned().unwrap_or_default();
    errors.extend(form.wrong_items());
    let mut wishes = Vec::new();
    for place in 0..form.items.len() {
        let Judged { entitlement, way, answers, errors: wrong, .. } = judge(work, &around, place).await?;
        errors.extend(wrong);
        if let (Ok(common), Some(entitlement)) = (&common, entitlement) {
            let Common { reason, justification, period } = common.clone();
            wishes.push(Wish { entitlement, way, reason, justification, period, answers });
        }
    }
    if errors.is_empty() { Ok(wishes) } else { Err(errors.into()) }
}

/// Asks the gates about every item, each beside the others. One that is not met refuses the whole:
/// then the runs and an event for each refused item are kept, and nothing else.
pub(super) async fn clear<'a>(
    mut work: Work<'a>,
    base: &Base,
    form: &BasketForm,
    subject: IdentityId,
    wishes: Vec<Wish>,
    request: Option<RequestId>,
) -> Result<(Work<'a>, Vec<Cleared>), UseCaseError> {
    let all: Vec<EntitlementId> = wishes.iter().map(|wish| wish.entitlement).collect();
    let mut cleared = Vec::new();
    for wish in wishes {
        let question = Question {
            subject,
            entitlement: wish.entitlement,
            together: all.iter().copied().filter(|other| *other != wish.entitlement).collect(),
            replaces: wish.way.grant(),
            wish: wish_facts(wish.way.kind(), wish.justification.as_str(), wish.period, today(work.now(), &base.zone)),
            phase: Phase::Submission,
            request,
            approval: ApprovalFacts::default(),
        };
        let gathered = facts::gather(&mut work, base, question).await?;
        let evaluation = facts::evaluate(&work, base, &gathered.facts);
        cleared.push(Cleared { wish, gathered, evaluation });
    }
    if cleared.iter().all(|item| item.evaluation.passes()) {
        return Ok((work, cleared));
    }
    Err(refuse(work, subject, form, &cleared).await)
}

/// Keeps the evaluations and the events of a refused submission, and nothing else; gives the answer.
async fn refuse(mut work: Work<'_>, subject: IdentityId, form: &BasketForm, items: &[Cleared]) -> UseCaseError {
    let mut errors = Vec::new();
    for (place, item) in items.iter().enumerate() {
        errors.extend(gate_errors(&item.evaluation, place, &item.gathered.facts.entitlement.name, form.items.len()));
    }
    let kept = async {
        for Cleared { gathered, evaluation, .. } in items {
            keep_refused(&mut work, subject, evaluation, &gathered.facts).await?;
        }
        work.commit().await
    };
    match kept.await {
        Ok(()) => errors.into(),
        Err(fault) => fault,
    }
}

async fn keep_refused(work: &mut Work<'_>, subject: IdentityId, evaluation: &Evaluation, facts: &GateFacts) -> Result<(), UseCaseError> {
    store::evaluations::insert(work.conn(), evaluation, facts, None).await?;
    if evaluation.passes() {
        return Ok(());
    }
    let unmet: Vec<_> = evaluation.blockers().map(|gate| gate.control.clone()).collect();
    let body = json!({ "evaluation": evaluation.id.to_string(), "unmet": unmet, "entitlement": facts.entitlement.id.to_string() });
    work.event(EventKind::RequestRefused, "identity", subject.0, None, body).await
}

/// Writes one request of a submission, lays out who decides, and tells a subject who did not ask.
async fn make(
    work: &mut Work<'_>,
    base: &Base,
    submission: &NewSubmission,
    place: i32,
    item: &Cleared,
    draft: Option<DraftId>,
) -> Result<RequestId, UseCaseError> {
    let year = today(work.now(), &base.zone).year();
    let request = NewRequest {
        id: work.id(RequestId::new),
        number: store::requests::next_number(work.conn(), year).await?,
        subject: submission.subject,
        requester: submission.requester,
        at: submission.at,
        submission: submission.id,
        place,
        kind: item.wish.way.kind(),
        grant: item.wish.way.grant(),
    };
    store::requests::insert(work.conn(), &request).await?;
    write_revision(work, request.id, 1, item, submission.requester, draft).await?;
    let facts = &item.gathered.facts.entitlement;
    let body = json!({
        "number": request.number,
        "revision": 1,
        "kind": request.kind.word(),
        "grant": request.grant.map(|grant| grant.to_string()),
        "submission": submission.id.to_string(),
        "place": place,
        "entitlement": facts.id.to_string(),
        "entitlement_version": facts.version,
        "policy": item.evaluation.policy_hash,
        "detail": facts.name,
    });
    work.event(EventKind::RequestSubmitted, "request", request.id.0, Some(request.id), body).await?;
    planning::lay_out(work, base, request.id, 1).await?;
    shown::refresh(work, request.id).await?;
    let (title, href) = (format!("{} was submitted for you", request.number), app::paths::request(request.id));
    let notice = Notice {
        kind: NotificationKind::RequestMoved,
        title: &title,
        body: "Somebody who may ask for you asked for access that you would get.",
        href: &href,
        request: Some(request.id),
    };
    notifying::tell(work, &[submission.subject], &notice).await?;
    Ok(request.id)
}

/// Writes a revision with what it pins, its evaluation, and the files that lie beside its draft.
pub(super) async fn write_revision(
    work: &mut Work<'_>,
    id: RequestId,
    revision: i32,
    item: &Cleared,
    by: IdentityId,
    draft: Option<DraftId>,
) -> Result<(), UseCaseError> {
    let Cleared { wish, gathered, evaluation } = item;
    let (item, now) = (work.id(ItemId::new), work.now());
    let pinned = Pinned {
        population: gathered.subject.population,
        specification_version: gathered.facts.specification.version,
        policy_hash: &evaluation.policy_hash,
        entitlement_version: gathered.facts.entitlement.version,
        draft,
    };
    store::revisions::insert(work.conn(), id, revision, item, wish, &pinned, by, now).await?;
    if let Some(draft) = draft {
        super::attachments::attach(work, draft, id, revision).await?;
    }
    store::evaluations::insert(work.conn(), evaluation, &gathered.facts, Some((id, revision))).await?;
    Ok(())
}
