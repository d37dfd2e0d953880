//! Who is asked at a stage: worked out from today's records, written down, and told.

use super::super::Base;
use super::super::error::UseCaseError;
use super::super::notifying::{Notice, tell};
use super::super::shown;
use super::super::work::Work;
use super::{clock, names};
use crate::store;
use crate::store::approvals::StageRow;
use crate::store::error::StoreError;
use crate::store::nominees::ReassignmentRow;
use crate::store::requests::RequestRow;
use app::error::AppError;
use app::paths;
use domain::approval::{
    ApproverSource, Candidate, Nominees, PersonId, Reassigned, StageFacts, StandIn, asked_already, next_level, who_decides,
};
use domain::catalogue::RiskTier;
use domain::event::EventKind;
use domain::id::{ApplicationId, IdentityId, RequestId, StageId};
use domain::notification::NotificationKind;
use domain::permission::Role;
use domain::request::RequestState;
use jiff::Timestamp;
use serde_json::json;

/// What asking again came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::usecase) enum Change {
    /// Nothing.
    None,
    /// Others are asked; what they decide on is the same.
    People,
    /// A stage opened or is held.
    State,
}

/// What is known at this moment about everybody who could decide on a request.
pub(in crate::usecase) struct Facts {
    /// Those it concerns: subject, requester, whoever answers for the subject, who wrote a revision or
    /// answered a question, and who joined.
    pub concerned: Vec<PersonId>,
    /// Those who decided.
    pub decided: Vec<PersonId>,
    nominees: Nominees,
    stand_ins: Vec<StandIn>,
    reassignments: Vec<ReassignmentRow>,
    /// Approvals so far, by stage.
    approvals: Vec<(StageId, i32)>,
}

impl Facts {
    /// Tier and application of what a revision asks for; the tier that is at stake.
    pub(super) async fn asked_for(work: &mut Work<'_>, row: &RequestRow, revision: i32) -> Result<(RiskTier, ApplicationId), UseCaseError> {
        let found = store::nominees::asked_for(work.conn(), row.id, revision).await?;
        Ok(found.ok_or_else(|| StoreError::inconsistent("request_item", format!("{} has no item", row.number)))?)
    }

    /// Reads everything for the stages of a request.
    pub(in crate::usecase) async fn gather(work: &mut Work<'_>, row: &RequestRow, stages: &[StageRow]) -> Result<Self, UseCaseError> {
        let (tier, application) = Self::asked_for(work, row, row.revision).await?;
        let sources: Vec<&ApproverSource> = stages.iter().flat_map(|s| s.sources.iter().chain(&s.fallback).chain(&s.escalate_to)).collect();
        let mut facts = Self::of(work, row.subject.id, row.requester.id, tier, application, &sources).await?;
        facts.asked_as_well(work, row.id).await?;
        facts.decided = store::nominees::decided(work.conn(), row.id, row.revision).await?;
        facts.reassignments = store::nominees::reassignments(work.conn(), row.id, row.revision).await?;
        let asked_instead: Vec<IdentityId> = facts.reassignments.iter().map(|r| r.to.identity).collect();
        let now = work.now();
        let more = store::nominees::stand_ins(work.conn(), tier, application, &asked_instead, now).await?;
        facts.stand_ins.extend(more);
        for stage in stages.iter().filter(|s| s.quorum > 1) {
            let approvals = store::approvals::asked::approvals(work.conn(), stage.id).await?;
            facts.approvals.push((stage.id, approvals));
        }
        Ok(facts)
    }

    /// Who joined a request, wrote a revision of it or answered a question on it asked for it as well: it
    /// concerns them.
    pub(super) async fn asked_as_well(&mut self, work: &mut Work<'_>, request: RequestId) -> Result<(), UseCaseError> {
        let mut asked = store::watchers::joined(work.conn(), request).await?;
        asked.extend(store::revisions::authors(work.conn(), request).await?);
        self.concerned.extend(store::nominees::people(work.conn(), &asked).await?);
        Ok(())
    }

    /// Reads everything for sources, before there is a request.
    pub(super) async fn of(
        work: &mut Work<'_>,
        subject: IdentityId,
        requester: IdentityId,
        tier: RiskTier,
        application: ApplicationId,
        sources: &[&ApproverSource],
    ) -> Result<Self, UseCaseError> {
        let groups: Vec<String> = sources.iter().filter_map(|source| source.group().map(ToOwned::to_owned)).collect();
        let nominees = store::nominees::named(work.conn(), subject, application, &groups).await?;
        let about = store::nominees::about(work.conn(), subject).await?.ok_or(AppError::NotFound)?;
        let concerned: Vec<IdentityId> = [subject, requester].into_iter().chain(about.answers_for).collect();
        let concerned = store::nominees::people(work.conn(), &concerned).await?;
        let everybody: Vec<IdentityId> = nominees.0.iter().map(|(_, nominee)| nominee.identity).collect();
        let now = work.now();
        let stand_ins = store::nominees::stand_ins(work.conn(), tier, application, &everybody, now).await?;
        Ok(Self { concerned, decided: vec![], nominees, stand_ins, reassignments: vec![], approvals: vec![] })
    }

    /// Reassignments of a stage and approvals at it so far.
    fn so_far(&self, stage: &StageRow) -> (Vec<Reassigned>, i32) {
        let reassigned = self.reassignments.iter().filter(|r| r.stage == stage.id).map(ReassignmentRow::facts).collect();
        (reassigned, self.approvals.iter().find(|(id, _)| *id == stage.id).map_or(0, |(_, n)| *n))
    }

    /// Who may decide at a stage now, or why too few may.
    pub(in crate::usecase) fn candidates(&self, stage: &StageRow) -> Result<Vec<Candidate>, String> {
        let (reassigned, approvals) = self.so_far(stage);
        who_decides(&stage.rule(), &self.stage_facts(&self.decided, &reassigned, approvals, stage.escalated_at.is_some()))
    }

    /// Who is asked at a stage for themselves, also where they are too few and it is held.
    pub(in crate::usecase) fn asked_already(&self, stage: &StageRow) -> Vec<PersonId> {
        let (reassigned, approvals) = self.so_far(stage);
        asked_already(&stage.rule(), &self.stage_facts(&self.decided, &reassigned, approvals, stage.escalated_at.is_some()))
    }

    /// Whether an escalation brings anybody who is not asked already, or why it brings nobody.
    pub(in crate::usecase) fn next_level(&self, stage: &StageRow) -> Result<(), String> {
        let (reassigned, approvals) = self.so_far(stage);
        next_level(&stage.rule(), &self.stage_facts(&self.decided, &reassigned, approvals, true))
    }

    /// The same for a stage that does not exist yet.
    pub(super) fn stage_facts<'a>(
        &'a self,
        decided: &'a [PersonId],
        reassigned: &'a [Reassigned],
        approvals: i32,
        escalated: bool,
    ) -> StageFacts<'a> {
        StageFacts {
            nominees: &self.nominees,
            stand_ins: &self.stand_ins,
            concerned: &self.concerned,
            decided,
            approvals,
            escalated,
            reassigned,
        }
    }
}

/// Asks again who can decide at every stage that is open or held, because those asked may have left
/// or somebody may have come. Gives whether anything changed. While the requester is asked, nobody
/// else is: the stages stand still, and are looked at again once the answer is there.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn ask_again(work: &mut Work<'_>, base: &Base, request: RequestId) -> Result<bool, UseCaseError> {
    let Some(row) = store::requests::find(work.conn(), request, true).await? else { return Ok(false) };
    if row.state != RequestState::InApproval {
        return Ok(false);
    }
    let change = refresh(work, base, &row).await?;
    moved(work, &row, change).await?;
    Ok(change > Change::None)
}

/// Counts the version of a request up when a stage opened or is held. Who is asked is no part of
/// what a decision is about: a decision that somebody is making now stays good.
pub(in crate::usecase) async fn moved(work: &mut Work<'_>, row: &RequestRow, change: Change) -> Result<(), UseCaseError> {
    if change < Change::State {
        return Ok(());
    }
    let now = work.now();
    store::requests::set_state(work.conn(), row.id, row.version, row.revision, &row.state, now).await?;
    shown::refresh(work, row.id).await
}

/// Brings every stage that is open or held to what is so now.
pub(in crate::usecase) async fn refresh(work: &mut Work<'_>, base: &Base, row: &RequestRow) -> Result<Change, UseCaseError> {
    let stages = store::approvals::stages(work.conn(), row.id, row.revision).await?;
    let undecided: Vec<&StageRow> = stages.iter().filter(|s| s.state == "open" || s.state == "held").collect();
    if undecided.is_empty() {
        return Ok(Change::None);
    }
    let facts = Facts::gather(work, row, &stages).await?;
    let mut change = Change::None;
    for stage in undecided {
        change = change.max(settle(work, base, row, stage, &facts).await?);
    }
    Ok(change)
}

/// Brings a stage to what is planned for it now. While the requester is asked, others may be asked in
/// somebody's place, but nothing opens and nothing is held: no clock begins and none is lost.
pub(super) async fn settle(
    work: &mut Work<'_>,
    base: &Base,
    row: &RequestRow,
    stage: &StageRow,
    facts: &Facts,
) -> Result<Change, UseCaseError> {
    // Somebody of the next level who could not be asked when it was time is asked as soon as they can be.
    if stage.next_level_missing.is_some() && facts.next_level(stage).is_ok() {
        escalated(work, row, stage).await?;
    }
    match facts.candidates(stage) {
        Ok(candidates) if stage.state == "open" => replace(work, base, row, stage, &candidates).await,
        _ if matches!(row.state, RequestState::Returned { .. }) => Ok(Change::None),
        Ok(candidates) => {
            let now = work.now();
            let times = clock::times(work, base, row, stage).await?;
            store::approvals::open_stage(work.conn(), stage.id, &candidates, now, &times).await?;
            clock::remind_those_asked(work, base, stage, &candidates, Some(times.due_at), times.remind_at).await?;
            opened(work, row, stage, &candidates, Some(times.due_at)).await?;
            let due = clock::due_words(work, base, Some(times.due_at), Some(&times.calendar)).await?;
            ask(work, row, stage, &candidates, &due).await?;
            Ok(Change::State)
        }
        Err(reason) if stage.state == "held" && stage.hold_reason.as_deref() == Some(reason.as_str()) => Ok(Change::None),
        Err(reason) => {
            hold(work, row, stage, &reason).await?;
            Ok(Change::State)
        }
    }
}

/// Replaces those asked at an open stage, if they are others now.
async fn replace(
    work: &mut Work<'_>,
    base: &Base,
    row: &RequestRow,
    stage: &StageRow,
    candidates: &[Candidate],
) -> Result<Change, UseCaseError> {
    let deciders = store::approvals::asked::deciders(work.conn(), stage.id).await?;
    let line = |id: IdentityId, because: &str, next_level: bool, from: Option<IdentityId>| (id, because.to_owned(), next_level, from);
    let mut before: Vec<_> = store::approvals::asked::candidates(work.conn(), row.id, row.revision)
        .await?
        .into_iter()
        .filter(|c| c.stage == stage.id && !deciders.contains(&c.person.id))
        .map(|c| line(c.person.id, &c.because, c.next_level, c.delegated_by.map(|p| p.id)))
        .collect();
    let mut after: Vec<_> =
        candidates.iter().map(|c| line(c.identity, &c.because, c.next_level, c.stands_in.map(|(from, _)| from))).collect();
    before.sort();
    after.sort();
    if before == after {
        return Ok(Change::None);
    }
    store::approvals::asked::replace_candidates(work.conn(), stage.id, candidates).await?;
    clock::remind_those_asked(work, base, stage, candidates, stage.due_at, stage.remind_at).await?;
    if stage.claim.as_ref().is_some_and(|(claimant, _)| !candidates.iter().any(|c| c.identity == claimant.id)) {
        store::approvals::asked::unclaim(work.conn(), stage.id).await?;
        work.event(
            EventKind::StageUnclaimed,
            "request",
            row.id.0,
            Some(row.id),
            json!({ "stage": stage.position, "name": stage.name, "detail": stage.name }),
        )
        .await?;
    }
    let new: Vec<Candidate> = candidates.iter().filter(|c| !before.iter().any(|(id, ..)| *id == c.identity)).cloned().collect();
    // Who only dropped out because they decided is told by the decision's own event.
    let decided = store::nominees::decided(work.conn(), row.id, row.revision).await?;
    let mut left = Vec::new();
    for (id, ..) in before.iter().filter(|(id, ..)| !candidates.iter().any(|c| c.identity == *id)) {
        left.push(store::nominees::person_of(work.conn(), *id).await?);
    }
    if !new.is_empty() || left.iter().any(|person| !decided.contains(person)) {
        opened(work, row, stage, candidates, stage.due_at).await?;
    }
    let due = clock::due_words(work, base, stage.due_at, stage.calendar.as_ref()).await?;
    ask(work, row, stage, &new, &due).await?;
    Ok(Change::People)
}

/// Holds a stage and tells those who can do something about it.
async fn hold(work: &mut Work<'_>, row: &RequestRow, stage: &StageRow, reason: &str) -> Result<(), UseCaseError> {
    let now = work.now();
    store::approvals::hold_stage(work.conn(), stage.id, reason, now).await?;
    let due = stage.due_at.map(|due| due.to_string());
    let body = json!({ "stage": stage.position, "name": stage.name, "due": due, "detail": format!("{}: {reason}", stage.name) });
    work.event(EventKind::StageHeld, "request", row.id.0, Some(row.id), body).await?;
    if stage.state == "held" {
        return Ok(());
    }
    let keepers = store::roles::holders(work.conn(), Role::Compliance).await?;
    let title = format!("{} is held: nobody can decide", row.number);
    let body = format!("{}. The reason stands in the queue.", stage.name);
    let notice = Notice { kind: NotificationKind::Held, title: &title, body: &body, href: paths::HOLDS, request: Some(row.id) };
    tell(work, &keepers, &notice).await
}

/// Puts on record that the next level is asked from now on; who that is says the event of asking them.
pub(in crate::usecase) async fn escalated(work: &mut Work<'_>, row: &RequestRow, stage: &StageRow) -> Result<(), UseCaseError> {
    let now = work.now();
    store::approvals::clock::set_escalated(work.conn(), stage.id, now, None).await?;
    let level = stage.escalate_to.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let to: Vec<String> = stage.escalate_to.iter().map(ApproverSource::word).collect();
    let body = json!({ "stage": stage.position, "name": stage.name, "to": to, "detail": format!("{}: {level}", stage.name) });
    work.event(EventKind::StageEscalated, "request", row.id.0, Some(row.id), body).await
}

/// The event that says who is asked until when, and, for a stage that was held, since when and until
/// when they were asked before (law 9). Only ids, words and what the timeline shows.
pub(super) async fn opened(
    work: &mut Work<'_>,
    row: &RequestRow,
    stage: &StageRow,
    candidates: &[Candidate],
    due: Option<Timestamp>,
) -> Result<(), UseCaseError> {
    let people: Vec<_> = candidates
        .iter()
        .map(|c| json!({ "identity": c.identity.to_string(), "because": c.because, "delegation": c.stands_in.map(|(_, record)| record.to_string()) }))
        .collect();
    let who = names(&candidates.iter().map(|c| c.name.as_str()).collect::<Vec<_>>());
    let body = json!({
        "stage": stage.position,
        "name": stage.name,
        "quorum": stage.quorum,
        "candidates": people,
        "due": due.map(|at| at.to_string()),
        "due_before": stage.held_at.and(stage.due_at).map(|at| at.to_string()),
        "held_since": stage.held_at.map(|at| at.to_string()),
        "detail": format!("{}: {who}", stage.name),
    });
    work.event(EventKind::StageOpened, "request", row.id.0, Some(row.id), body).await
}

/// Tells people that a decision waits for them.
async fn ask(work: &mut Work<'_>, row: &RequestRow, stage: &StageRow, candidates: &[Candidate], due: &str) -> Result<(), UseCaseError> {
    // The request, which leads on to the decision: it opens also when somebody else has decided.
    let href = paths::request(row.id);
    let body = format!("{}, due {due}.", stage.name);
    let (escalated, asked): (Vec<&Candidate>, Vec<&Candidate>) = candidates.iter().partition(|c| c.next_level);
    for (kind, people, title) in [
        (NotificationKind::DecisionWaiting, asked, format!("{} waits for your decision", row.number)),
        (NotificationKind::Escalated, escalated, format!("{} was escalated to you", row.number)),
    ] {
        let people: Vec<IdentityId> = people.iter().map(|c| c.identity).collect();
        tell(work, &people, &Notice { kind, title: &title, body: &body, href: &href, request: Some(row.id) }).await?;
    }
    Ok(())
}

/// The request of a stage of its present revision, with that stage; with `lock` nobody else can
/// change it.
///
/// # Errors
/// [`AppError::NotFound`] for an unknown stage, [`AppError::NotPossible`] when it is behind.
pub(in crate::usecase) async fn stage_of(work: &mut Work<'_>, stage: StageId, lock: bool) -> Result<(RequestRow, StageRow), UseCaseError> {
    let request = store::approvals::request_of_stage(work.conn(), stage).await?.ok_or(AppError::NotFound)?;
    let row = store::requests::find(work.conn(), request, lock).await?.ok_or(AppError::NotFound)?;
    let stages = store::approvals::stages(work.conn(), request, row.revision).await?;
    let stage = stages.into_iter().find(|s| s.id == stage).ok_or(AppError::NotPossible)?;
    Ok((row, stage))
}
