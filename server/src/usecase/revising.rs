//! Changing a request before it is released: the next revision, on the same request. What was
//! decided on the one before stays readable and no longer counts.

use super::Base;
use super::authorise::require_or_hide;
use super::drafts::adding::begin;
use super::drafts::aside::differences;
use super::drafts::body::{Body, fingerprint};
use super::error::UseCaseError;
use super::notifying::{self, Notice};
use super::planning;
use super::shown;
use super::submitting::{clear, parse, write_revision};
use super::withdrawing::end_without_release;
use super::work::Work;
use crate::store;
use crate::store::requests::RequestRow;
use app::error::AppError;
use domain::actor::Caller;
use domain::basket::{BasketForm, ItemForm, Way, Wish};
use domain::changed_facts::changed_since_asked;
use domain::event::EventKind;
use domain::gate::{GateFacts, Phase};
use domain::id::{DraftId, RequestId};
use domain::notification::NotificationKind;
use domain::permission::Action;
use domain::question::QuestionKind;
use domain::request::RequestState;
use domain::time::today;
use serde_json::json;
use std::collections::BTreeMap;

/// The draft of the next revision: the one that was begun already, or a new one with everything as
/// it stands. Where somebody made a revision after it was begun, it becomes one with everything as it
/// stands now, and what was typed lies beside that.
///
/// # Errors
/// [`AppError::NotFound`] for those not involved; [`AppError::NotPossible`] once released or ended.
pub async fn edit(base: &Base, caller: &Caller, id: RequestId) -> Result<DraftId, UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let row = mine(&mut work, caller, id).await?;
    row.state.clone().revise()?;
    // Pressed twice at one moment, it is one draft.
    store::drafts::lock_all(work.conn(), caller.identity).await?;
    if let Some(draft) = store::drafts::of_request(work.conn(), caller.identity, id).await? {
        let begun = Body::read(draft.body)?;
        if begun.revision != Some(row.revision) {
            let mut body = as_it_stands(&mut work, base, &row).await?;
            body.overtaken = !differences(&body.form, &begun.form, caller.identity).is_empty();
            body.aside = Some(begun.form).filter(|_| body.overtaken);
            let now = work.now();
            if !store::drafts::save(work.conn(), draft.id, draft.version, &body.write()?, now).await? {
                return Err(AppError::Changed.into());
            }
            if let Some(before) = begun.revision {
                store::drafts::drop_files_of(work.conn(), draft.id, id, before).await?;
            }
            store::drafts::take_files_of(work.conn(), draft.id, id, row.revision).await?;
            work.commit().await?;
        }
        return Ok(draft.id);
    }
    let body = as_it_stands(&mut work, base, &row).await?;
    let draft = work.id(DraftId::new);
    begin(&mut work, caller, draft, Some(id), &body.write()?).await?;
    store::drafts::take_files_of(work.conn(), draft, id, row.revision).await?;
    work.commit().await?;
    Ok(draft)
}

/// The request, for those who may change it.
async fn mine(work: &mut Work<'_>, caller: &Caller, id: RequestId) -> Result<RequestRow, UseCaseError> {
    let relations = store::requests::relations(work.conn(), id, caller.identity).await?;
    require_or_hide(caller, Action::AnswerRequest, Action::ReadRequest, &relations)?;
    Ok(store::requests::find(work.conn(), id, false).await?.ok_or(AppError::NotFound)?)
}

/// The form of a request as it stands. A start that has passed is today: access does not begin earlier.
async fn as_it_stands(work: &mut Work<'_>, base: &Base, row: &RequestRow) -> Result<Body, UseCaseError> {
    let revision = store::revisions::find(work.conn(), row.id, row.revision).await?;
    let mut form = BasketForm {
        subject: row.subject.id.to_string(),
        reason_code: revision.reason.word().to_owned(),
        justification: revision.justification,
        starts_on: revision.starts_on.max(today(work.now(), &base.zone)).to_string(),
        ends_on: revision.ends_on.map(|end| end.to_string()).unwrap_or_default(),
        ..BasketForm::default()
    };
    let mut seen = BTreeMap::new();
    let mut answers = BTreeMap::new();
    for answer in revision.answers {
        let typed = match (answer.kind, answer.value.parse()) {
            // People are written as somebody would type them.
            (QuestionKind::Person, Ok(person)) => store::people::written(work.conn(), person).await?.unwrap_or_default(),
            _ => answer.value,
        };
        answers.insert(answer.id, typed);
    }
    for item in store::revisions::items(work.conn(), row.id, row.revision).await? {
        let entitlement = item.card.id.to_string();
        let kind = Way::of(row.kind, row.grant).unwrap_or_default();
        let kind = if kind == Way::Grant { String::new() } else { kind.to_string() };
        if let Some(now) = store::asking::entitlement(work.conn(), item.card.id).await? {
            // Measured against what was asked for: what changed since then has to be read.
            let asked = store::evaluations::facts_at(work.conn(), Phase::Submission, row.id, row.revision).await?;
            let tier = asked.map_or(item.card.tier, |asked| asked.entitlement.tier);
            seen.insert(entitlement.clone(), fingerprint(tier.word(), now.owner.map(|owner| owner.id)));
        }
        form.items.push(ItemForm { entitlement, kind, answers: answers.clone(), accepts: String::new() });
    }
    Ok(Body { form, seen, revision: Some(row.revision), ..Body::default() })
}

/// Submits the draft of a next revision. Versions are pinned afresh; a release that waits is
/// cancelled, because what it would carry out is not what is asked for any more.
///
/// # Errors
/// As for a submission; [`AppError::Changed`] when somebody made a revision meanwhile;
/// [`AppError::NotPossible`] once released or ended.
pub async fn revise(
    mut work: Work<'_>,
    base: &Base,
    caller: &Caller,
    id: RequestId,
    draft: DraftId,
    body: &Body,
) -> Result<RequestId, UseCaseError> {
    let subject = mine(&mut work, caller, id).await?.subject.id;
    // Lock order everywhere: person, request, release.
    store::facts::lock_person(work.conn(), subject).await?;
    let row = store::requests::find(work.conn(), id, true).await?.ok_or(AppError::NotFound)?;
    let state = row.state.clone().revise()?;
    if body.revision != Some(row.revision) {
        return Err(AppError::Changed.into());
    }
    let wishes = parse(&mut work, base, caller, &body.form, &body.seen, subject, Some(id)).await?;
    let returned = matches!(row.state, RequestState::Returned { .. });
    let same = !returned && unchanged(&mut work, base, &row, &wishes, draft).await?;
    let (work, cleared) = clear(work, base, &body.form, subject, wishes, Some(id)).await?;
    let mut work = work;
    let [item] = cleared.as_slice() else { return Err(AppError::field("items", "required").into()) };
    if same && !is_outdated(&mut work, &row, &item.gathered.facts).await? {
        return Err(AppError::field("items", "nothing_changed").into());
    }
    let revision = row.revision + 1;
    let now = work.now();
    let deciders = store::asking::deciders(work.conn(), id, row.revision).await?;
    end_without_release(&mut work, id).await?;
    write_revision(&mut work, id, revision, item, caller.identity, Some(draft)).await?;
    store::requests::set_state(work.conn(), id, row.version, revision, &state, now).await?;
    let facts = &item.gathered.facts.entitlement;
    let event = if returned { EventKind::RequestResubmitted } else { EventKind::RequestEdited };
    let told = json!({
        "number": row.number,
        "revision": revision,
        "entitlement": facts.id.to_string(),
        "entitlement_version": facts.version,
        "policy": item.evaluation.policy_hash,
        "detail": format!("Revision {revision}: {}", item.wish.justification.as_str()),
    });
    work.event(event, "request", id.0, Some(id), told).await?;
    planning::lay_out(&mut work, base, id, revision).await?;
    shown::refresh(&mut work, id).await?;
    let (title, href) = (format!("{} was changed", row.number), app::paths::request(id));
    let notice = Notice {
        kind: NotificationKind::RequestMoved,
        title: &title,
        body: "A new revision was made. Decisions on the one before no longer count.",
        href: &href,
        request: Some(id),
    };
    let interested = super::joining::interested(&mut work, id).await?;
    let people: Vec<_> = deciders.into_iter().chain(interested).collect();
    notifying::tell(&mut work, &people, &notice).await?;
    store::drafts::remove(work.conn(), draft, caller.identity).await?;
    work.commit().await?;
    Ok(id)
}

/// Whether the facts that everyone decided on are not those of today, or somebody who approved could not
/// any more, so that the present revision would not be released: then the same words once more are the
/// next revision. Facts that are not on record hold a release as well.
async fn is_outdated(work: &mut Work<'_>, row: &RequestRow, fresh: &GateFacts) -> Result<bool, UseCaseError> {
    let approvals = store::releases::approvals(work.conn(), row.id, row.revision).await?;
    if approvals.iter().any(|approval| !approval.authorised) {
        return Ok(true);
    }
    let asked = store::evaluations::facts_at(work.conn(), Phase::Submission, row.id, row.revision).await?;
    Ok(asked.is_none_or(|asked| !changed_since_asked(&asked, fresh).is_empty()))
}

/// Whether the next revision would say the same as the present one. Decisions are not voided for
/// nothing.
async fn unchanged(work: &mut Work<'_>, base: &Base, row: &RequestRow, wishes: &[Wish], draft: DraftId) -> Result<bool, UseCaseError> {
    let today = today(work.now(), &base.zone);
    let revision = store::revisions::find(work.conn(), row.id, row.revision).await?;
    let same_files = store::revisions::same_files(work.conn(), row.id, row.revision, draft).await?;
    Ok(same_files
        && wishes.iter().all(|wish| {
            wish.reason == revision.reason
                && wish.justification.as_str() == revision.justification
                && wish.period.starts_on() == revision.starts_on.max(today)
                && wish.period.ends_on() == revision.ends_on
                && wish.answers == revision.answers
        }))
}
