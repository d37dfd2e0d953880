//! Recording a decision: on what was shown, once, by somebody who may.

use super::Base;
use super::authorise::require_or_hide;
use super::error::UseCaseError;
use super::planning;
use super::shown;
use super::submitting::end_without_release;
use super::work::Work;
use crate::store;
use crate::store::approvals::NewDecision;
use app::error::AppError;
use app::inbox::port::DecisionForm;
use domain::actor::Caller;
use domain::approval::{Verdict, may_decide};
use domain::id::{DecisionId, IdentityId, RequestId};
use domain::permission::Action;
use domain::text::Remark;
use serde_json::json;

/// Records a decision. The same key gives the same answer and records nothing twice.
///
/// # Errors
/// [`AppError::NotFound`] for anyone not involved; [`AppError::Changed`] when the request is not
/// what was shown; [`AppError::SeparationOfDuties`]; [`AppError::Invalid`] without a needed comment.
pub async fn decide(base: &Base, caller: &Caller, form: &DecisionForm) -> Result<RequestId, UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let id = store::approvals::request_of_stage(work.conn(), form.stage).await?.ok_or(AppError::NotFound)?;
    let row = store::requests::find(work.conn(), id, true).await?.ok_or(AppError::NotFound)?;
    let relations = store::requests::relations(work.conn(), id, caller.identity).await?;
    require_or_hide(caller, Action::Decide, Action::ReadRequest, &relations)?;
    // Behind the lock: of two sendings at once, the second finds what the first recorded.
    if let Some(recorded) = store::approvals::decision_by_key(work.conn(), caller.identity, form.key).await? {
        return Ok(recorded);
    }
    let verdict: Verdict = form.verdict.parse().map_err(|_| AppError::field("verdict", "required"))?;
    let comment = match verdict {
        Verdict::Approve => Remark::parse_optional("comment", &form.comment)?,
        Verdict::Return | Verdict::Reject => {
            Some(Remark::parse("comment", &form.comment, "Say why, so that the requester can do something about it.")?)
        }
    };
    if row.version != form.shown_version || shown::hex(&row.content_hash) != form.shown_hash {
        return Err(AppError::Changed.into());
    }
    let stages = store::approvals::stages(work.conn(), id, row.revision).await?;
    let stage = stages.iter().find(|s| s.id == form.stage && s.state == "open").ok_or(AppError::Changed)?;
    let candidates: Vec<IdentityId> = store::approvals::candidates(work.conn(), id, row.revision)
        .await?
        .into_iter()
        .filter(|(at, _, _)| *at == stage.id)
        .map(|(_, person, _)| person.id)
        .collect();
    let decided: Vec<IdentityId> = store::approvals::decisions(work.conn(), id, row.revision).await?.into_iter().map(|d| d.by.id).collect();
    may_decide(caller.identity, &candidates, &[row.subject.id, row.requester.id], &decided)?;

    let now = work.now();
    let words = comment.as_ref().map(|c| c.as_str().to_owned());
    let decision = NewDecision {
        id: work.id(DecisionId::new),
        stage,
        by: caller.identity,
        verdict,
        comment: words.as_deref(),
        shown_version: row.version,
        shown_hash: &row.content_hash,
        at: now,
        key: form.key,
    };
    store::approvals::insert_decision(work.conn(), &decision).await?;
    store::approvals::close_stage(work.conn(), stage.id, verdict, now).await?;
    let body = json!({ "number": row.number, "revision": row.revision, "stage": stage.position, "authority": stage.authority.word(), "decision": decision.id.to_string(), "shown": form.shown_hash, "detail": words });
    work.event(planning::event_of(verdict), "request", id.0, Some(id), body).await?;
    let reason = words.clone().unwrap_or_default();
    let state = match verdict {
        Verdict::Approve => planning::after_approval(&mut work, base, &row).await?,
        Verdict::Return => {
            end_without_release(&mut work, id).await?;
            row.state.clone().send_back(reason)?
        }
        Verdict::Reject => {
            end_without_release(&mut work, id).await?;
            row.state.clone().reject(reason)?
        }
    };
    store::requests::set_state(work.conn(), id, row.version, row.revision, &state, now).await?;
    shown::refresh(&mut work, id).await?;
    work.commit().await?;
    Ok(id)
}
