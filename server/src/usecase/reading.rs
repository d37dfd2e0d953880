//! One request with everything on it, read in one snapshot: for its page, for the inbox and for
//! the release page, which all show the same record.

use super::Base;
use super::authorise::require_or_hide;
use super::error::UseCaseError;
use super::replacing;
use super::request_history;
use super::shown;
use super::stage_views;
use super::time_spent;
use super::withdrawing::{Kept, kept, may_be_cancelled};
use super::work::Work;
use crate::store;
use crate::store::events::EventRow;
use crate::store::requests::RequestRow;
use app::error::AppError;
use app::record::{EntitlementCard, ReleaseLine, TimelineEvent};
use app::requests::port::{MessageView, RequestView, UnderWay};
use app::when::When;
use domain::actor::Caller;
use domain::changed_facts::changed_since_asked;
use domain::decision::effective_end;
use domain::event::EventKind;
use domain::gate::Phase;
use domain::id::{GrantId, IdempotencyKey, RequestId};
use domain::permission::{Action, permitted};
use domain::release::ReleaseState;
use domain::request::{RequestKind, RequestState};
use jiff::tz::TimeZone;

/// Reads a request for somebody who may.
///
/// # Errors
/// [`AppError::NotFound`] for anyone not involved.
pub async fn request(work: &mut Work<'_>, base: &Base, caller: &Caller, id: RequestId) -> Result<RequestView, UseCaseError> {
    let relations = store::requests::relations(work.conn(), id, caller.identity).await?;
    require_or_hide(caller, Action::ReadRequest, Action::ReadRequest, &relations)?;
    let row = store::requests::find(work.conn(), id, false).await?.ok_or(AppError::NotFound)?;
    let revision = store::revisions::find(work.conn(), id, row.revision).await?;
    let items = store::revisions::items(work.conn(), id, row.revision).await?;
    let now = work.now();
    let stages = stage_views::of_revision(work, base, id, row.revision).await?;
    let time = time_spent::of_request(work, base, &row).await?;
    let may_decide = permitted(&caller.roles, Action::Decide, &relations)
        .then(|| stage_views::waits_for(&stages, caller.identity).map(|s| s.id))
        .flatten()
        .filter(|_| row.state == RequestState::InApproval);
    // What was decided a moment ago can be undone, and is not decided twice meanwhile.
    let decided_just_now = may_decide.is_some() && store::pending_decisions::is_open_on(work.conn(), id, caller.identity).await?;
    let may_decide = may_decide.filter(|_| !decided_just_now);
    let effective_end = effective_end(revision.ends_on, store::decisions::earliest_end(work.conn(), id, row.revision).await?);
    let zone = &base.zone;
    let goes_first = match (row.kind, row.grant, items.first()) {
        (RequestKind::Change, Some(old), Some(item)) if row.state.is_pending() => {
            replacing::why_old_goes_first(work, row.subject.id, item.card.id, old, Some(id)).await?
        }
        _ => None,
    };
    let messages = store::messages::of_request(work.conn(), id).await?;
    let releases = store::release_lists::of_request(work.conn(), id, now, zone).await?;
    let under_way = if row.state.is_pending() { under_way(work, &releases, zone).await? } else { None };
    let outdated = held_as_outdated(work, &row, &releases).await?;
    let may = |action| row.state.is_pending() && permitted(&caller.roles, action, &relations);
    let (withdraws, edits) = (may(Action::WithdrawRequest), may(Action::AnswerRequest));
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
        kind: row.kind,
        changes: changes(work, row.grant, zone).await?,
        goes_first,
        answers: request_history::answers(work, &revision.answers).await?,
        justification: revision.justification,
        starts_on: revision.starts_on,
        ends_on: revision.ends_on,
        effective_end,
        messages: messages
            .into_iter()
            .map(|m| MessageView {
                revision: m.revision,
                question: m.question,
                by: m.author,
                stood_in_for: m.delegated_by,
                body: m.body,
                at: When::new(m.at, zone),
            })
            .collect(),
        // What somebody reads before they decide is what is at stake.
        items: items.into_iter().map(|item| EntitlementCard { tier: item.at_stake, ..item.card }).collect(),
        specification: (revision.population.label().to_owned(), revision.specification_version),
        gates: store::evaluations::newest(work.conn(), id, row.revision, Phase::Submission).await?,
        release_gates: store::evaluations::newest(work.conn(), id, row.revision, Phase::Release).await?,
        plan: revision.plan.map(|(code, version)| format!("{code}, version {version}")),
        template: store::submissions::template(work.conn(), id).await?,
        files: store::attachments::of_request(work.conn(), id, row.revision).await?,
        together: request_history::together(work, id).await?,
        revisions: request_history::revisions(work, base, id, row.revision).await?,
        stages,
        time,
        releases,
        grants: store::grants::lines(work.conn(), store::grants::Of::Request(id), now, zone).await?,
        extended_to: store::grants::extended_to(work.conn(), id).await?.map(|end| When::new(end, zone)),
        timeline: timeline(store::events::of_request(work.conn(), id).await?, zone),
        may_withdraw: withdraws && under_way.is_none(),
        may_answer: permitted(&caller.roles, Action::AnswerRequest, &relations) && matches!(row.state, RequestState::Returned { .. }),
        sponsor: store::requests::sponsor(work.conn(), id).await?,
        may_edit: edits && under_way.is_none(),
        outdated,
        under_way: under_way.filter(|_| withdraws || edits),
        may_decide,
        state: row.state,
        as_of: When::new(now, zone),
        key: work.id(IdempotencyKey::new),
    })
}

/// Whether a release is held because facts changed since this was asked for, so that no gate will ever
/// let it go on.
async fn held_as_outdated(work: &mut Work<'_>, row: &RequestRow, releases: &[ReleaseLine]) -> Result<bool, UseCaseError> {
    if !releases.iter().any(|release| matches!(release.state, ReleaseState::Held { .. })) {
        return Ok(false);
    }
    let asked = store::evaluations::facts_at(work.conn(), Phase::Submission, row.id, row.revision).await?;
    let fresh = store::evaluations::facts_at(work.conn(), Phase::Release, row.id, row.revision).await?;
    Ok(asked.zip(fresh).is_some_and(|(asked, fresh)| !changed_since_asked(&asked, &fresh).is_empty()))
}

/// A release that cannot be cancelled now: it is under way, in somebody's hands, or something of it may be
/// there.
async fn under_way(work: &mut Work<'_>, releases: &[ReleaseLine], zone: &TimeZone) -> Result<Option<UnderWay>, UseCaseError> {
    for release in releases.iter().filter(|release| !release.state.is_over()) {
        let kept = kept(work, release.id).await?;
        if may_be_cancelled(&release.state, kept.as_ref()) {
            continue;
        }
        let number = release.number.clone();
        return Ok(Some(match kept.filter(|_| may_be_cancelled(&release.state, None)) {
            Some(Kept::MayBeThere(word)) => UnderWay::MayBeThere { release: number, by: word.name },
            Some(Kept::InHand(claim)) => UnderWay::InHand { release: number, by: claim.name, until: When::new(claim.lapses_at, zone) },
            Some(Kept::Touched) | None => UnderWay::Begun { release: number },
        }));
    }
    Ok(None)
}

/// What a request would extend or replace.
async fn changes(work: &mut Work<'_>, grant: Option<GrantId>, zone: &TimeZone) -> Result<Option<(String, Option<When>)>, UseCaseError> {
    let Some(grant) = grant else { return Ok(None) };
    let found = store::asking::grant(work.conn(), grant).await?;
    Ok(found.map(|(name, ends_at)| (name, ends_at.map(|end| When::new(end, zone)))))
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
