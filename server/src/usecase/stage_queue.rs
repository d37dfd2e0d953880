//! What happens to a decision between asking and deciding: one of a team takes it on or gives it
//! back, somebody gives it to another person, those asked are reminded, the next level is asked; and
//! the queue of what nobody can decide.

use super::Base;
use super::authorise::{require, require_or_hide};
use super::cursor;
use super::delegations::named;
use super::error::UseCaseError;
use super::notifying::{Notice, tell};
use super::planning;
use super::planning::asking::{Facts, escalated, moved, refresh, stage_of};
use super::work::Work;
use crate::store;
use crate::store::approvals::StageRow;
use crate::store::approvals::asked::{CandidateRow, NewReassignment};
use crate::store::requests::RequestRow;
use app::approvals::port::{HoldsPage, ReassignForm, ReassignView};
use app::error::{AppError, Problem};
use app::paths;
use app::record::PersonRef;
use app::when::When;
use domain::actor::Caller;
use domain::approval::ApproverSource;
use domain::event::EventKind;
use domain::id::{IdentityId, StageId};
use domain::notification::NotificationKind;
use domain::page::Page;
use domain::permission::{Action, Relation, Role, permitted};
use domain::text::Remark;
use serde_json::json;

/// What nobody can decide, longest held first.
///
/// # Errors
/// [`AppError::Forbidden`] for other roles.
pub async fn holds(base: &Base, caller: &Caller, after: &str) -> Result<HoldsPage, UseCaseError> {
    let mut work = Work::read(base).await?;
    require(caller, Action::ReadHolds, &[Relation::Stranger])?;
    let now = work.now();
    let readable = permitted(&caller.roles, Action::ReadRequest, &[Relation::Stranger]);
    let rows = store::holds::lines(work.conn(), cursor::read_time(after), readable, now, &base.zone).await?;
    let all = store::holds::count(work.conn()).await?;
    work.commit().await?;
    Ok(HoldsPage {
        page: Page::from_rows(rows, all, |line| cursor::write_time(line.since.at, line.stage.0)),
        may_reassign: permitted(&caller.roles, Action::ReassignStage, &[Relation::Stranger]),
        as_of: When::new(now, &base.zone),
    })
}

/// Takes a decision of a team on. Taken on twice is taken on once.
///
/// # Errors
/// [`AppError::Claimed`] while somebody else has it; [`AppError::NotPossible`] where only one
/// person is asked; otherwise as [`planning::standing_of`].
pub async fn claim(base: &Base, caller: &Caller, stage: StageId) -> Result<(), UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let (row, stage) = deciding(&mut work, caller, stage).await?;
    planning::standing_of(&mut work, base, &row, &stage, caller.identity).await?;
    let now = work.now();
    if let Some((claimant, lapses_at)) = &stage.claim {
        if claimant.id == caller.identity && *lapses_at > now {
            return Ok(());
        }
        unclaim(&mut work, &row, &stage).await?;
    }
    if asked(&mut work, &row, &stage).await?.len() < 2 {
        return Err(AppError::NotPossible.into());
    }
    let lapses_at = planning::claim_lapses_at(&mut work, base, &stage).await?;
    store::approvals::asked::claim(work.conn(), stage.id, caller.identity, now, lapses_at).await?;
    let body = json!({ "stage": stage.position, "name": stage.name, "until": lapses_at.to_string(), "detail": stage.name });
    work.event(EventKind::StageClaimed, "request", row.id.0, Some(row.id), body).await?;
    work.commit().await
}

/// Gives a decision back to the team.
///
/// # Errors
/// [`AppError::NotPossible`] unless the caller has it; [`AppError::NotFound`] for anyone not involved.
pub async fn give_back(base: &Base, caller: &Caller, stage: StageId) -> Result<(), UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let (row, stage) = deciding(&mut work, caller, stage).await?;
    if stage.claim.as_ref().is_none_or(|(claimant, _)| claimant.id != caller.identity) {
        return Err(AppError::NotPossible.into());
    }
    unclaim(&mut work, &row, &stage).await?;
    work.commit().await
}

/// What a reassignment starts from.
///
/// # Errors
/// [`AppError::NotFound`] for anyone not involved; [`AppError::Forbidden`] for those who may only
/// read; [`AppError::SeparationOfDuties`] for those concerned; [`AppError::NotPossible`] once it is
/// decided.
pub async fn reassignable(base: &Base, caller: &Caller, stage: StageId) -> Result<ReassignView, UseCaseError> {
    let mut work = Work::read(base).await?;
    let (row, stage) = stage_of(&mut work, stage, false).await?;
    let place = place(&mut work, caller, &row, &stage).await?;
    let candidates = asked(&mut work, &row, &stage).await?;
    let replaceable = candidates.iter().filter(|candidate| place.may_replace(candidate)).map(|c| c.person.clone()).collect();
    let candidates: Vec<PersonRef> = candidates.into_iter().map(|c| c.person).collect();
    Ok(ReassignView {
        stage: stage.id,
        name: stage.name,
        request: row.id,
        number: row.number,
        version: row.version,
        hold_reason: stage.hold_reason,
        candidates,
        replaceable,
    })
}

/// Gives a decision to somebody else: their own place by one of those asked, any place by
/// compliance.
///
/// # Errors
/// As [`reassignable`]; [`AppError::Invalid`] at the fields; [`AppError::Changed`] when a stage
/// opened or closed since.
pub async fn reassign(base: &Base, caller: &Caller, stage: StageId, form: &ReassignForm) -> Result<(), UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let (row, stage) = stage_of(&mut work, stage, true).await?;
    let place = place(&mut work, caller, &row, &stage).await?;
    let mut problems: Vec<Problem> = Vec::new();
    let refuse = |field: &str, code: &str| Problem { field: field.to_owned(), code: code.to_owned() };
    let reason = Remark::parse("reason", &form.reason, "Say why.").map_err(|e| problems.push(refuse("reason", &e.code))).ok();
    let candidates = asked(&mut work, &row, &stage).await?;
    let from = match form.from.trim() {
        "" => None,
        id => Some(id.parse::<IdentityId>().map_err(|_| AppError::field("from", "unknown_person"))?),
    };
    let replaces = match from {
        Some(from) => candidates.iter().any(|c| c.person.id == from && place.may_replace(c)),
        None => place.anybody,
    };
    if !replaces {
        problems.push(refuse("from", "not_asked"));
    }
    let to = match named(&mut work, "to", &form.to).await? {
        Ok(to) => {
            let facts = Facts::gather(&mut work, &row, std::slice::from_ref(&stage)).await?;
            let own = store::nominees::person_of(work.conn(), caller.identity).await?;
            let code = if to.person == own {
                Some("oneself")
            } else if facts.concerned.contains(&to.person) {
                Some("concerned")
            } else if !to.active {
                Some("not_active")
            } else if facts.decided.contains(&to.person) {
                Some("decided")
            } else if facts.asked_already(&stage).contains(&to.person) {
                Some("asked")
            } else {
                None
            };
            problems.extend(code.map(|code| refuse("to", code)));
            Some(to)
        }
        Err(error) => {
            problems.extend(error.problems().to_vec());
            None
        }
    };
    let (Some(reason), Some(to), true) = (reason, to, problems.is_empty()) else {
        return Err(AppError::Invalid { problems }.into());
    };
    if row.version != form.version {
        return Err(AppError::Changed.into());
    }
    let new = NewReassignment {
        id: work.id(domain::id::EventId::new).0,
        stage: stage.id,
        from,
        to: to.identity,
        reason: reason.as_str(),
        by: caller.identity,
        at: work.now(),
    };
    store::approvals::asked::insert_reassignment(work.conn(), &new).await?;
    let body = json!({
        "stage": stage.position,
        "name": stage.name,
        "from": from.map(|id| id.to_string()),
        "to": to.identity.to_string(),
        "detail": format!("{}: {} is asked. {}", stage.name, to.name, reason.as_str()),
    });
    work.event(EventKind::StageReassigned, "request", row.id.0, Some(row.id), body).await?;
    let change = refresh(&mut work, base, &row).await?;
    moved(&mut work, &row, change).await?;
    work.commit().await
}

/// In whose place the caller may put somebody.
struct Place {
    me: IdentityId,
    /// Any, or nobody's: for those who keep the rules.
    anybody: bool,
}

impl Place {
    /// A delegate has no place: whoever they stand in for has.
    fn may_replace(&self, candidate: &CandidateRow) -> bool {
        candidate.delegated_by.is_none() && (self.anybody || candidate.person.id == self.me)
    }
}

/// Whether the caller may reassign an undecided stage.
async fn place(work: &mut Work<'_>, caller: &Caller, row: &RequestRow, stage: &StageRow) -> Result<Place, UseCaseError> {
    let relations = store::requests::relations(work.conn(), row.id, caller.identity).await?;
    require_or_hide(caller, Action::ReassignStage, Action::ReadRequest, &relations)?;
    let facts = Facts::gather(work, row, std::slice::from_ref(stage)).await?;
    // Through a second account as well.
    let own = store::nominees::person_of(work.conn(), caller.identity).await?;
    if facts.concerned.contains(&own) {
        return Err(AppError::SeparationOfDuties.into());
    }
    if stage.state != "open" && stage.state != "held" {
        return Err(AppError::NotPossible.into());
    }
    let anybody = caller.roles.contains(&Role::Compliance);
    if !anybody {
        // Whoever was asked once, or decides elsewhere on it, has no place here to give away.
        planning::own_place(work, row, stage, caller.identity).await.map_err(|error| match error {
            UseCaseError::Answer(AppError::NotFound | AppError::Changed) => AppError::Forbidden.into(),
            other => other,
        })?;
    }
    Ok(Place { me: caller.identity, anybody })
}

/// The locked request and stage for somebody who may decide there.
async fn deciding(work: &mut Work<'_>, caller: &Caller, stage: StageId) -> Result<(RequestRow, StageRow), UseCaseError> {
    let (row, stage) = stage_of(work, stage, true).await?;
    let relations = store::requests::relations(work.conn(), row.id, caller.identity).await?;
    require_or_hide(caller, Action::Decide, Action::ReadRequest, &relations)?;
    if stage.state == "open" { Ok((row, stage)) } else { Err(AppError::NotPossible.into()) }
}

/// Those asked at a stage who have not decided there.
async fn asked(work: &mut Work<'_>, row: &RequestRow, stage: &StageRow) -> Result<Vec<CandidateRow>, UseCaseError> {
    let decided = store::approvals::asked::deciders(work.conn(), stage.id).await?;
    let all = store::approvals::asked::candidates(work.conn(), row.id, row.revision).await?;
    Ok(all.into_iter().filter(|c| c.stage == stage.id && !decided.contains(&c.person.id)).collect())
}

async fn unclaim(work: &mut Work<'_>, row: &RequestRow, stage: &StageRow) -> Result<(), UseCaseError> {
    store::approvals::asked::unclaim(work.conn(), stage.id).await?;
    let body = json!({ "stage": stage.position, "name": stage.name, "detail": stage.name });
    work.event(EventKind::StageUnclaimed, "request", row.id.0, Some(row.id), body).await
}

/// Gives a decision back to the team whose claim has lapsed. While the requester is asked, none does.
/// Gives whether it was so.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn lapse_claim(work: &mut Work<'_>, stage: StageId) -> Result<bool, UseCaseError> {
    let Some((row, stage)) = still(work, stage).await? else { return Ok(false) };
    if stage.paused_at.is_some() || stage.claim.as_ref().is_none_or(|(_, lapses_at)| *lapses_at > work.now()) {
        return Ok(false);
    }
    unclaim(work, &row, &stage).await?;
    Ok(true)
}

/// Reminds those asked who were not, each once. While somebody has the decision to themselves, they are
/// reminded alone, and the others when that lapses. Gives whether it was due.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn remind(work: &mut Work<'_>, base: &Base, stage: StageId) -> Result<bool, UseCaseError> {
    let Some((row, stage)) = still(work, stage).await? else { return Ok(false) };
    let now = work.now();
    let due = stage.state == "open" && stage.paused_at.is_none();
    if !due || stage.remind_at.is_none_or(|at| at > now) {
        return Ok(false);
    }
    let reminded = store::approvals::asked::reminded(work.conn(), stage.id).await?;
    let mut people: Vec<IdentityId> = asked(work, &row, &stage).await?.into_iter().map(|c| c.person.id).collect();
    people.retain(|person| !reminded.iter().any(|(before, _)| before == person));
    let mut next = None;
    if let Some((claimant, lapses_at)) = stage.claim.as_ref().filter(|(_, lapses_at)| *lapses_at > now) {
        next = people.iter().any(|person| *person != claimant.id).then_some(*lapses_at);
        people.retain(|person| *person == claimant.id);
    }
    let reminded_at = if people.is_empty() { stage.reminded_at } else { Some(now) };
    store::approvals::clock::set_reminders(work.conn(), stage.id, reminded_at, next).await?;
    if people.is_empty() {
        return Ok(true);
    }
    store::approvals::asked::insert_reminded(work.conn(), stage.id, &people, now).await?;
    let due = planning::due_words(work, base, stage.due_at, stage.calendar.as_ref()).await?;
    let body =
        json!({ "stage": stage.position, "name": stage.name, "people": people.len(), "detail": format!("{}, due {due}", stage.name) });
    work.event(EventKind::StageReminded, "request", row.id.0, Some(row.id), body).await?;
    let late = stage.due_at.is_some_and(|due| due <= now);
    let title = format!("{} {} your decision", row.number, if late { "still waits for" } else { "needs" });
    let text = format!("{}, due {due}.", stage.name);
    // The request, which leads on to the decision: it opens also when somebody else has decided.
    let href = paths::request(row.id);
    tell(work, &people, &Notice { kind: NotificationKind::Reminder, title: &title, body: &text, href: &href, request: Some(row.id) })
        .await?;
    Ok(true)
}

/// Asks the next level as well, or tells compliance why nobody there can be asked. Whoever had taken
/// the decision on has it to themselves no longer. Gives whether it was due.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn escalate(work: &mut Work<'_>, base: &Base, stage: StageId) -> Result<bool, UseCaseError> {
    let Some((row, stage)) = still(work, stage).await? else { return Ok(false) };
    let now = work.now();
    let due = stage.state == "open" && stage.paused_at.is_none() && stage.escalated_at.is_none();
    if !due || stage.escalate_at.is_none_or(|at| at > now) {
        return Ok(false);
    }
    if stage.claim.is_some() {
        unclaim(work, &row, &stage).await?;
    }
    match Facts::gather(work, &row, std::slice::from_ref(&stage)).await?.next_level(&stage) {
        Ok(()) => escalated(work, &row, &stage).await?,
        Err(why) => not_escalated(work, &row, &stage, &why).await?,
    }
    let change = refresh(work, base, &row).await?;
    moved(work, &row, change).await?;
    Ok(true)
}

/// Puts on record why nobody of the next level can be asked, and tells those who can do something
/// about it. Whoever of it can be asked later is asked then.
async fn not_escalated(work: &mut Work<'_>, row: &RequestRow, stage: &StageRow, why: &str) -> Result<(), UseCaseError> {
    let now = work.now();
    store::approvals::clock::set_escalated(work.conn(), stage.id, now, Some(why)).await?;
    let to: Vec<String> = stage.escalate_to.iter().map(ApproverSource::word).collect();
    let body = json!({ "stage": stage.position, "name": stage.name, "to": to, "detail": format!("{}: {why}", stage.name) });
    work.event(EventKind::StageNotEscalated, "request", row.id.0, Some(row.id), body).await?;
    let keepers = store::roles::holders(work.conn(), Role::Compliance).await?;
    let title = format!("{} is late, and the next level could not be asked", row.number);
    let text = format!("{}. The reason stands on the request.", stage.name);
    let href = paths::request(row.id);
    tell(work, &keepers, &Notice { kind: NotificationKind::Held, title: &title, body: &text, href: &href, request: Some(row.id) }).await
}

/// A stage with its request, locked, unless either has moved on to another revision.
async fn still(work: &mut Work<'_>, stage: StageId) -> Result<Option<(RequestRow, StageRow)>, UseCaseError> {
    match stage_of(work, stage, true).await {
        Ok(found) => Ok(Some(found)),
        Err(UseCaseError::Answer(AppError::NotFound | AppError::NotPossible)) => Ok(None),
        Err(error) => Err(error),
    }
}
