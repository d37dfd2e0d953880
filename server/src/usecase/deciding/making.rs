//! The press of the button: everything is checked, and a decision stands that can be undone.

use super::checking::{self, Act, Standing};
use super::signing::{self, Proofs};
use crate::store;
use crate::store::pending_decisions::{PendingRow, Signed};
use crate::store::requests::RequestRow;
use crate::usecase::Base;
use crate::usecase::authorise::require_or_hide;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use app::error::AppError;
use app::inbox::decision::APPROVE_UNTIL;
use app::inbox::port::DecisionForm;
use domain::actor::Caller;
use domain::approval::Verdict;
use domain::decision::{PendingState, UNDO_FOR};
use domain::event::EventKind;
use domain::id::{BulkDecisionId, IdempotencyKey, IdentityId, PendingDecisionId, RequestId};
use domain::permission::Action;
use jiff::civil::Date;
use serde_json::json;

/// Makes a decision that becomes final in ten seconds. The same key gives the same answer and
/// makes nothing twice.
///
/// # Errors
/// [`AppError::NotFound`] for anyone not involved; [`AppError::Changed`] when the request is not
/// what was shown; [`AppError::SeparationOfDuties`]; [`AppError::Invalid`] at a field;
/// [`AppError::NotPossible`] while another decision of the same person on it can be undone.
pub async fn decide(base: &Base, proofs: &Proofs, caller: &Caller, form: &DecisionForm) -> Result<RequestId, UseCaseError> {
    // The form for an earlier end says so, lest an empty date approve the whole period.
    let with_end = form.verdict == APPROVE_UNTIL;
    let word = if with_end { Verdict::Approve.word() } else { &form.verdict };
    let verdict: Verdict = word.parse().map_err(|_| AppError::field("verdict", "required"))?;
    // Before the password, so that a reason that is missing does not use it up.
    let comment = checking::words(verdict, &form.comment)?;
    // Comparing a password takes its time, so it is done before anything is locked.
    let proof = signing::prove(base, proofs, caller, form, verdict).await?;

    let mut work = Work::begin(base, caller.actor()).await?;
    let id = store::approvals::request_of_stage(work.conn(), form.stage).await?.ok_or(AppError::NotFound)?;
    let row = store::requests::find(work.conn(), id, true).await?.ok_or(AppError::NotFound)?;
    let relations = store::requests::relations(work.conn(), id, caller.identity).await?;
    require_or_hide(caller, Action::Decide, Action::ReadRequest, &relations)?;
    // Behind the lock: of two sendings at once, the second finds what the first made.
    if let Some((_, made)) = store::pending_decisions::by_key(work.conn(), caller.identity, form.key).await? {
        return Ok(made);
    }
    let room = checking::end_room(&mut work, base, id, row.revision).await?;
    let ends_on = checking::earlier_end(verdict, with_end, &form.ends_on, &room)?;
    let act = Act { stage: form.stage, by: caller.identity, shown_version: form.shown_version, shown_hash: &form.shown_hash };
    let standing = checking::check(&mut work, base, &row, &act).await?;
    if store::pending_decisions::is_open_on(work.conn(), id, caller.identity).await? {
        return Err(AppError::NotPossible.into());
    }
    let signed = signing::signature(proofs, proof.as_ref(), &standing, caller, verdict, row.revision, ends_on)?;
    let made =
        Made { by: caller.identity, verdict, comment, ends_on, bulk: None, signed, shown_version: form.shown_version, key: form.key };
    pend(&mut work, &row, &standing, made).await?;
    let token = signing::keep(proofs, &mut work, caller, proof.as_ref()).await?;
    work.commit().await?;
    signing::hand_over(proofs, token);
    Ok(id)
}

/// What was decided, checked.
pub(super) struct Made {
    pub by: IdentityId,
    pub verdict: Verdict,
    pub comment: Option<String>,
    pub ends_on: Option<Date>,
    /// The press that decided many, and the seconds between showing and pressing.
    pub bulk: Option<(BulkDecisionId, i32)>,
    pub signed: Option<Signed>,
    pub shown_version: i32,
    pub key: IdempotencyKey,
}

/// Writes a decision that can be undone, with its event. The timeline names no verdict yet: until it
/// is final nothing was decided.
pub(super) async fn pend(work: &mut Work<'_>, row: &RequestRow, standing: &Standing, made: Made) -> Result<(), UseCaseError> {
    let now = work.now();
    let final_at = now.saturating_add(UNDO_FOR).unwrap_or(now);
    let pending = PendingRow {
        id: work.id(PendingDecisionId::new),
        stage: standing.stage.id,
        request: row.id,
        revision: row.revision,
        by: made.by,
        stands_in: standing.stands_in,
        verdict: made.verdict,
        comment: made.comment,
        ends_on: made.ends_on,
        bulk: made.bulk.map(|(id, _)| id),
        seconds_spent: made.bulk.map(|(_, seconds)| seconds),
        shown_version: made.shown_version,
        shown_hash: row.content_hash.clone(),
        signed: made.signed,
        at: now,
        final_at,
        state: PendingState::Open { final_at },
        key: made.key,
    };
    store::pending_decisions::insert(work.conn(), &pending).await?;
    let body = json!({
        "number": row.number,
        "revision": row.revision,
        "stage": standing.stage.position,
        "decision": pending.id.to_string(),
        "verdict": made.verdict.word(),
        "shown": crate::usecase::shown::hex(&pending.shown_hash),
        "bulk": pending.bulk.map(|id| id.to_string()),
    });
    work.event(EventKind::DecisionMade, "request", row.id.0, Some(row.id), body).await
}
