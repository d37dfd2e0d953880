//! From a decision that was made to one that is on record: everything is checked again on the facts
//! of that moment. When the request has moved on, nothing is recorded and the decider is told.

use super::asking_back;
use super::checking::{self, Act, Standing};
use crate::store;
use crate::store::decisions::NewDecision;
use crate::store::pending_decisions::PendingRow;
use crate::store::requests::RequestRow;
use crate::store::signatures::SignatureRow;
use crate::usecase::Base;
use crate::usecase::authorise::require_by_relation;
use crate::usecase::error::UseCaseError;
use crate::usecase::joining::{Moved, tell_moved};
use crate::usecase::notifying::{Notice, tell};
use crate::usecase::planning;
use crate::usecase::shown;
use crate::usecase::withdrawing::end_without_release;
use crate::usecase::work::Work;
use app::error::AppError;
use app::paths;
use domain::actor::Actor;
use domain::approval::Verdict;
use domain::event::EventKind;
use domain::id::{DecisionId, PendingDecisionId};
use domain::notification::NotificationKind;
use domain::permission::Action;
use domain::request::RequestState;
use serde_json::json;

/// Decisions settled in one run; the rest follow in the next.
const BATCH: i64 = 500;

/// Decisions that are final by now and wait to be recorded, in the order in which they were made.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn due(base: &Base) -> Result<Vec<PendingDecisionId>, UseCaseError> {
    let mut work = Work::read(base).await?;
    let now = work.now();
    let due = store::pending_decisions::due(work.conn(), now, BATCH).await?;
    work.commit().await?;
    Ok(due)
}

/// Records a decision, or refuses it and tells the decider. Gives whether there was anything to do.
/// `job` is the author of a refusal; a record has the decider as its author.
///
/// # Errors
/// [`UseCaseError`] for a fault of ours; then the decision waits for the next run.
pub async fn settle(base: &Base, id: PendingDecisionId, job: &str) -> Result<bool, UseCaseError> {
    let by = {
        let mut work = Work::read(base).await?;
        let Some(pending) = store::pending_decisions::find(work.conn(), id, false).await? else { return Ok(false) };
        work.commit().await?;
        pending.by
    };
    let mut work = Work::begin(base, Actor::Person { identity: by }).await?;
    let Some((row, pending)) = hold(&mut work, id).await? else { return Ok(false) };
    match record(&mut work, base, &row, &pending).await {
        Ok(()) => {
            work.commit().await?;
            Ok(true)
        }
        Err(error) => {
            // Whatever was written is rolled back with it.
            drop(work);
            match AppError::from(error) {
                AppError::Internal | AppError::Transport => Err(AppError::Internal.into()),
                answer => turn_down(base, id, &answer, job).await,
            }
        }
    }
}

/// Locks the request and the decision, in this order; nothing when there is nothing to settle.
async fn hold(work: &mut Work<'_>, id: PendingDecisionId) -> Result<Option<(RequestRow, PendingRow)>, UseCaseError> {
    let Some(seen) = store::pending_decisions::find(work.conn(), id, false).await? else { return Ok(None) };
    let row = store::requests::find(work.conn(), seen.request, true).await?.ok_or(AppError::NotFound)?;
    let now = work.now();
    let pending = store::pending_decisions::find(work.conn(), id, true).await?;
    Ok(pending.filter(|pending| pending.state.is_due(now)).map(|pending| (row, pending)))
}

async fn record(work: &mut Work<'_>, base: &Base, row: &RequestRow, pending: &PendingRow) -> Result<(), UseCaseError> {
    let shown_hash = shown::hex(&pending.shown_hash);
    // Roles give nothing here: whoever decides does so because they are asked.
    let relations = store::requests::relations(work.conn(), row.id, pending.by).await?;
    require_by_relation(Action::Decide, &relations)?;
    let act = Act { stage: pending.stage, by: pending.by, shown_version: pending.shown_version, shown_hash: &shown_hash };
    let standing = checking::check(work, base, row, &act).await?;
    // What needs a signature by now, and has none, does not go through (law 1).
    if domain::decision::is_signed(standing.at_stake.tier, pending.verdict) && pending.signed.is_none() {
        return Err(AppError::Changed.into());
    }
    if pending.bulk.is_some() && !domain::decision::bulk_allowed(standing.at_stake.tier) {
        return Err(AppError::Changed.into());
    }
    let now = work.now();
    write(work, pending).await?;
    store::pending_decisions::settle(work.conn(), pending.id, &pending.state.clone().record(now)?, now).await?;
    announce(work, row, pending, &standing).await?;
    let state = follow(work, base, row, pending, &standing).await?;
    store::requests::set_state(work.conn(), row.id, row.version, row.revision, &state, now).await?;
    shown::refresh(work, row.id).await?;
    tell_those_who_asked(work, row, &state).await
}

/// The decision and its signature, both of the moment at which the button was pressed.
async fn write(work: &mut Work<'_>, pending: &PendingRow) -> Result<(), UseCaseError> {
    // One act, one id: the record carries that of the press.
    let id = DecisionId(pending.id.0);
    let decision = NewDecision {
        id,
        stage: pending.stage,
        request: pending.request,
        revision: pending.revision,
        by: pending.by,
        stands_in: pending.stands_in,
        verdict: pending.verdict,
        comment: pending.comment.as_deref(),
        ends_on: pending.ends_on,
        bulk: pending.bulk.is_some(),
        seconds_spent: pending.seconds_spent,
        shown_version: pending.shown_version,
        shown_hash: &pending.shown_hash,
        at: pending.at,
        key: pending.key,
    };
    store::decisions::insert(work.conn(), &decision).await?;
    if let Some(signed) = &pending.signed {
        let signature = SignatureRow {
            printed_name: signed.name.clone(),
            meaning: signed.meaning.clone(),
            at: pending.at,
            shown_hash: pending.shown_hash.clone(),
            method: signed.method,
        };
        store::signatures::insert(work.conn(), id, &signature).await?;
    }
    Ok(())
}

async fn announce(work: &mut Work<'_>, row: &RequestRow, pending: &PendingRow, standing: &Standing) -> Result<(), UseCaseError> {
    let detail = [pending.ends_on.map(|day| format!("Until {day}.")), pending.comment.clone()].into_iter().flatten().collect::<Vec<_>>();
    let body = json!({
        "number": row.number,
        "revision": row.revision,
        "stage": standing.stage.position,
        "authority": standing.stage.name,
        "decision": pending.id.to_string(),
        "decided_at": pending.at.to_string(),
        "shown": shown::hex(&pending.shown_hash),
        "ends_on": pending.ends_on.map(|day| day.to_string()),
        "stands_in_for": pending.stands_in.map(|(from, _)| from.to_string()),
        "delegation": pending.stands_in.map(|(_, record)| record.to_string()),
        "bulk": pending.bulk.map(|id| id.to_string()),
        "seconds_spent": pending.seconds_spent,
        "signed": pending.signed.as_ref().map(|signed| signed.meaning.clone()),
        "detail": (!detail.is_empty()).then(|| detail.join(" ")),
    });
    work.event(planning::event_of(pending.verdict), "request", row.id.0, Some(row.id), body).await
}

/// What follows from the decision: the next stage, the release, a question, or the end.
async fn follow(
    work: &mut Work<'_>,
    base: &Base,
    row: &RequestRow,
    pending: &PendingRow,
    standing: &Standing,
) -> Result<RequestState, UseCaseError> {
    let words = pending.comment.clone().unwrap_or_default();
    match pending.verdict {
        Verdict::Approve => planning::after_approval(work, base, row, &standing.stage).await,
        Verdict::Return => asking_back::ask(work, base, row, pending, &words).await,
        Verdict::Reject => {
            let now = work.now();
            store::approvals::close_stage(work.conn(), pending.stage, Verdict::Reject, now).await?;
            end_without_release(work, row.id).await?;
            Ok(row.state.clone().reject(words)?)
        }
    }
}

async fn tell_those_who_asked(work: &mut Work<'_>, row: &RequestRow, state: &RequestState) -> Result<(), UseCaseError> {
    match state {
        // A question is for those who can answer it; how it ends is for everybody who asked.
        RequestState::Returned { .. } => {
            let (title, href) = (format!("{} was returned with a question", row.number), paths::request(row.id));
            let notice = Notice { kind: NotificationKind::Question, title: &title, body: "", href: &href, request: Some(row.id) };
            let sponsor = store::nominees::about(work.conn(), row.subject.id).await?.and_then(|about| about.answers_for);
            let asked: Vec<_> = [row.requester.id, row.subject.id].into_iter().chain(sponsor).collect();
            tell(work, &asked, &notice).await
        }
        RequestState::Rejected { .. } => tell_moved(work, row, Moved::Rejected).await,
        RequestState::Approved => tell_moved(work, row, Moved::Approved).await,
        _ => Ok(()),
    }
}

/// Puts on record that the decision is not, and tells the decider.
async fn turn_down(base: &Base, id: PendingDecisionId, answer: &AppError, job: &str) -> Result<bool, UseCaseError> {
    let mut work = Work::begin(base, Actor::System { job: job.to_owned() }).await?;
    let Some((row, pending)) = hold(&mut work, id).await? else { return Ok(false) };
    let now = work.now();
    let refused = pending.state.clone().turn_down(answer.code(), now)?;
    store::pending_decisions::settle(work.conn(), id, &refused, now).await?;
    let body = json!({
        "number": row.number,
        "revision": pending.revision,
        "decision": id.to_string(),
        "decided_by": pending.by.to_string(),
        "verdict": pending.verdict.word(),
        "refusal": answer.code(),
        "detail": answer.sentence(),
    });
    work.event(EventKind::DecisionNotRecorded, "request", row.id.0, Some(row.id), body).await?;
    let title = format!("Your decision on {} was not recorded", row.number);
    let href = paths::request(row.id);
    let notice = Notice { kind: NotificationKind::NotRecorded, title: &title, body: answer.sentence(), href: &href, request: Some(row.id) };
    tell(&mut work, &[pending.by], &notice).await?;
    work.commit().await?;
    Ok(true)
}
