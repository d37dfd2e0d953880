//! One request with everything on it, read in one snapshot: for its page, for the inbox and for
//! the release page, which all show the same record.

use super::Base;
use super::authorise::require_or_hide;
use super::error::UseCaseError;
use super::shown;
use super::work::Work;
use crate::store;
use crate::store::approvals::{DecisionRow, StageRow};
use crate::store::events::EventRow;
use app::error::AppError;
use app::record::{PersonRef, TimelineEvent};
use app::requests::port::{DecisionView, RequestView, StageView};
use app::when::When;
use domain::actor::Caller;
use domain::event::EventKind;
use domain::gate::Phase;
use domain::id::{IdempotencyKey, RequestId, StageId};
use domain::permission::{Action, permitted};
use domain::request::RequestState;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Reads a request for somebody who may.
///
/// # Errors
/// [`AppError::NotFound`] for anyone not involved.
pub async fn request(work: &mut Work<'_>, base: &Base, caller: &Caller, id: RequestId) -> Result<RequestView, UseCaseError> {
    let relations = store::requests::relations(work.conn(), id, caller.identity).await?;
    require_or_hide(caller, Action::ReadRequest, Action::ReadRequest, &relations)?;
    let row = store::requests::find(work.conn(), id, false).await?.ok_or(AppError::NotFound)?;
    let revision = store::requests::revision(work.conn(), id, row.revision).await?;
    let items = store::requests::items(work.conn(), id, row.revision).await?;
    let now = work.now();
    let stages = stages(work, base, id, row.revision).await?;
    let may_decide = permitted(&caller.roles, Action::Decide, &relations)
        .then(|| {
            let decided = stages.iter().any(|s| s.decision.as_ref().is_some_and(|d| d.by.id == caller.identity));
            stages.iter().find(|s| !decided && s.state == "open" && s.candidates.iter().any(|(p, _)| p.id == caller.identity)).map(|s| s.id)
        })
        .flatten();
    let zone = &base.zone;
    Ok(RequestView {
        id,
        number: row.number,
        since: When::new(row.since, zone),
        revision: row.revision,
        version: row.version,
        content_hash: shown::hex(&row.content_hash),
        subject: row.subject,
        requester: row.requester,
        submitted: When::new(row.submitted_at, zone),
        reason: revision.reason,
        justification: revision.justification,
        starts_on: revision.starts_on,
        ends_on: revision.ends_on,
        items: items.into_iter().map(|i| i.card).collect(),
        specification: (revision.population.label().to_owned(), revision.specification_version),
        gates: store::evaluations::newest(work.conn(), id, row.revision, Phase::Submission).await?,
        release_gates: store::evaluations::newest(work.conn(), id, row.revision, Phase::Release).await?,
        stages,
        releases: store::releases::of_request(work.conn(), id, now, zone).await?,
        grants: store::grants::lines(work.conn(), store::grants::Of::Request(id), zone).await?,
        timeline: timeline(store::events::of_request(work.conn(), id).await?, zone),
        may_withdraw: permitted(&caller.roles, Action::WithdrawRequest, &relations) && row.state.is_pending(),
        may_answer: permitted(&caller.roles, Action::AnswerRequest, &relations) && matches!(row.state, RequestState::Returned { .. }),
        may_decide,
        state: row.state,
        as_of: When::new(now, zone),
        key: work.id(IdempotencyKey::new),
    })
}

/// The approval plan of a revision as it stands.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn stages(work: &mut Work<'_>, base: &Base, id: RequestId, revision: i32) -> Result<Vec<StageView>, UseCaseError> {
    let rows = store::approvals::stages(work.conn(), id, revision).await?;
    let candidates = store::approvals::candidates(work.conn(), id, revision).await?;
    let decisions = store::approvals::decisions(work.conn(), id, revision).await?;
    let now = work.now();
    Ok(rows.into_iter().map(|row| stage_view(row, &candidates, &decisions, now, &base.zone)).collect())
}

fn stage_view(
    row: StageRow,
    candidates: &[(StageId, PersonRef, String)],
    decisions: &[DecisionRow],
    now: Timestamp,
    zone: &TimeZone,
) -> StageView {
    StageView {
        id: row.id,
        authority: row.authority.label().to_owned(),
        late: row.state == "open" && row.due_at.is_some_and(|due| due < now),
        candidates: candidates
            .iter()
            .filter(|(stage, _, _)| *stage == row.id)
            .map(|(_, person, because)| (person.clone(), because.clone()))
            .collect(),
        decision: decisions.iter().find(|d| d.stage == row.id).map(|d| DecisionView {
            by: d.by.clone(),
            verdict: d.verdict,
            comment: d.comment.clone(),
            at: When::new(d.at, zone),
            shown_hash: shown::hex(&d.shown_hash),
        }),
        state: row.state,
        hold_reason: row.hold_reason,
        opened: row.opened_at.map(|t| When::new(t, zone)),
        due: row.due_at.map(|t| When::new(t, zone)),
    }
}

/// Events as a timeline shows them.
#[must_use]
pub fn timeline(events: Vec<EventRow>, zone: &TimeZone) -> Vec<TimelineEvent> {
    events
        .into_iter()
        .map(|event| TimelineEvent {
            at: When::new(event.at, zone),
            trail: event.trail,
            what: EventKind::from_word(&event.kind).map_or_else(|| event.kind.clone(), |kind| kind.label().to_owned()),
            who: event.who,
            detail: event.body.get("detail").and_then(|d| d.as_str()).map(ToOwned::to_owned),
        })
        .collect()
}
