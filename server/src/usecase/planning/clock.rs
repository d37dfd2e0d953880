//! The times of a stage: working time of the subject's unit, which stands still while the requester
//! is asked.

use super::super::Base;
use super::super::business_time::{Calendar, calendar_of, calendar_version, due};
use super::super::error::UseCaseError;
use super::super::work::Work;
use super::present;
use crate::store;
use crate::store::approvals::clock::ResumedTimes;
use crate::store::approvals::{StageRow, StageTimes};
use crate::store::requests::RequestRow;
use domain::approval::Candidate;
use domain::calendar::BusinessCalendar;
use domain::id::RequestId;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// How long one of a team may keep a decision to themselves.
const CLAIM_HOURS: i64 = 8;

/// The times of a stage that opens now. One that was open before it was held goes on with the working
/// time that it had left then: what was used stays used, and what was late stays late (law 9).
pub(super) async fn times(work: &mut Work<'_>, base: &Base, row: &RequestRow, stage: &StageRow) -> Result<StageTimes, UseCaseError> {
    let now = work.now();
    if let (Some(held_at), Some(due_at)) = (stage.held_at, stage.due_at) {
        let Calendar { code, version, calendar, .. } = of_stage(work, base, stage).await?;
        let moved = |at: Timestamp| moved(&calendar, at, held_at, now);
        return Ok(StageTimes {
            calendar: (code, version),
            due_at: moved(due_at),
            remind_at: stage.remind_at.map(moved),
            escalate_at: stage.escalate_at.map(moved),
        });
    }
    let about = store::nominees::about(work.conn(), row.subject.id).await?;
    let Calendar { code, version, calendar, .. } = calendar_of(work, base, about.and_then(|about| about.unit)).await?;
    let (until_due, remind, escalate) = stage.hours;
    let after = |hours: i32| calendar.add_working(now, SignedDuration::from_hours(i64::from(hours)));
    Ok(StageTimes {
        calendar: (code, version),
        due_at: after(until_due),
        remind_at: remind.map(after),
        // A plan from before this was refused may name hours and nobody: then there is no such moment.
        escalate_at: escalate.filter(|_| !stage.escalate_to.is_empty()).map(after),
    })
}

/// Brings the reminder of an open stage, with `due_at` and `remind_at` as they are now, to those who are
/// asked there from now on. Before the first reminder it comes to all of them. Whoever comes after it is
/// reminded as at a stage that opens now, and no later than it is due; nobody is twice. Who is asked
/// once it is late reads that in the first notice.
pub(super) async fn remind_those_asked(
    work: &mut Work<'_>,
    base: &Base,
    stage: &StageRow,
    candidates: &[Candidate],
    due_at: Option<Timestamp>,
    remind_at: Option<Timestamp>,
) -> Result<(), UseCaseError> {
    let mut reminded = store::approvals::asked::reminded(work.conn(), stage.id).await?;
    reminded.retain(|(person, _)| candidates.iter().any(|c| c.identity == *person));
    let reminded_at = reminded.iter().map(|(_, at)| *at).max();
    if reminded_at.is_none() && stage.reminded_at.is_none() {
        return Ok(());
    }
    let everybody = candidates.iter().all(|c| reminded.iter().any(|(person, _)| *person == c.identity));
    let next = match remind_at {
        _ if everybody => None,
        // Somebody waits for it already.
        Some(at) => Some(at),
        None => remind_at_of_newcomers(work, base, stage, due_at).await?,
    };
    Ok(store::approvals::clock::set_reminders(work.conn(), stage.id, reminded_at, next).await?)
}

async fn remind_at_of_newcomers(
    work: &mut Work<'_>,
    base: &Base,
    stage: &StageRow,
    due_at: Option<Timestamp>,
) -> Result<Option<Timestamp>, UseCaseError> {
    let Calendar { calendar, .. } = of_stage(work, base, stage).await?;
    // While the requester is asked, every moment of the stage stands as it was when its clock stopped.
    let now = work.now();
    let from = stage.paused_at.unwrap_or(now);
    let (_, remind, _) = stage.hours;
    Ok(remind
        .zip(due_at.filter(|due| *due > from))
        .map(|(hours, due)| calendar.add_working(from, SignedDuration::from_hours(i64::from(hours))).min(due)))
}

/// A due time in words, worked out with this calendar; empty without one.
///
/// # Errors
/// [`UseCaseError`] when the calendar cannot be read.
pub async fn due_words(
    work: &mut Work<'_>,
    base: &Base,
    at: Option<Timestamp>,
    calendar: Option<&(String, i32)>,
) -> Result<String, UseCaseError> {
    let (Some(at), Some((code, version))) = (at, calendar) else { return Ok(String::new()) };
    let Calendar { calendar, .. } = calendar_version(work, base, code, *version).await?;
    Ok(due(at, &calendar, base).text)
}

/// When a claim made now lapses.
///
/// # Errors
/// [`UseCaseError`] when the calendar cannot be read.
pub async fn claim_lapses_at(work: &mut Work<'_>, base: &Base, stage: &StageRow) -> Result<Timestamp, UseCaseError> {
    let now = work.now();
    let calendar = of_stage(work, base, stage).await?;
    Ok(calendar.calendar.add_working(now, SignedDuration::from_hours(CLAIM_HOURS)))
}

/// Stops the clocks of the open stages of a request, because the requester is asked.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn pause(work: &mut Work<'_>, base: &Base, request: RequestId) -> Result<(), UseCaseError> {
    let now = work.now();
    for stage in open_stages(work, request).await?.into_iter().filter(|s| s.paused_at.is_none()) {
        let calendar = of_stage(work, base, &stage).await?;
        let left = stage.due_at.map_or(0, |due| calendar.calendar.working_between(now, due).as_secs().max(0));
        store::approvals::clock::pause(work.conn(), stage.id, now, left).await?;
    }
    Ok(())
}

/// Lets the clocks of the paused stages of a request run on: what was left then is left now. Gives,
/// for the event, by stage the due time before and the new one (law 9).
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn resume(work: &mut Work<'_>, base: &Base, request: RequestId) -> Result<Vec<Value>, UseCaseError> {
    let (now, mut moves) = (work.now(), Vec::new());
    for stage in open_stages(work, request).await? {
        let (Some(paused_at), Some(due_at)) = (stage.paused_at, stage.due_at) else { continue };
        let Calendar { calendar, .. } = of_stage(work, base, &stage).await?;
        let moved = |at: Timestamp| moved(&calendar, at, paused_at, now);
        let times = ResumedTimes {
            due_at: moved(due_at),
            remind_at: stage.remind_at.map(moved),
            escalate_at: stage.escalate_at.map(moved),
            claim_lapses_at: stage.claim.as_ref().map(|(_, lapses_at)| moved(*lapses_at)),
        };
        let waited = calendar.working_between(paused_at, now).as_secs();
        store::approvals::clock::resume(work.conn(), stage.id, &times, waited).await?;
        moves.push(json!({ "stage": stage.position, "due_before": due_at.to_string(), "due": times.due_at.to_string() }));
    }
    Ok(moves)
}

/// Counts what the paused stages of a request waited for the requester, because they are about to be
/// voided and their clocks never run on.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn end_pauses(work: &mut Work<'_>, base: &Base, request: RequestId) -> Result<(), UseCaseError> {
    let now = work.now();
    for stage in open_stages(work, request).await? {
        let Some(paused_at) = stage.paused_at else { continue };
        let waited = match of_stage(work, base, &stage).await {
            Ok(of_then) => of_then.calendar.working_between(paused_at, now),
            // Nothing stays, least of all access, because nobody can count how long somebody waited.
            Err(error) => {
                tracing::error!(stage = %stage.id, fault = %crate::queue::chain(&error), "time by the clock, because the calendar cannot be used");
                now.duration_since(paused_at)
            }
        };
        store::approvals::clock::end_pause(work.conn(), stage.id, waited.as_secs()).await?;
    }
    Ok(())
}

/// Where a moment lies once a clock that stood still since `since` runs on at `now`. What was past
/// when it stopped stays past; the rest moves by the working time that was left.
fn moved(calendar: &BusinessCalendar, at: Timestamp, since: Timestamp, now: Timestamp) -> Timestamp {
    if at <= since { at } else { calendar.add_working(now, calendar.working_between(since, at)) }
}

async fn open_stages(work: &mut Work<'_>, request: RequestId) -> Result<Vec<StageRow>, UseCaseError> {
    let row = present(work, request).await?;
    let stages = store::approvals::stages(work.conn(), request, row.revision).await?;
    Ok(stages.into_iter().filter(|s| s.state == "open").collect())
}

/// The calendar a stage was opened with, in the version of then.
async fn of_stage(work: &mut Work<'_>, base: &Base, stage: &StageRow) -> Result<Calendar, UseCaseError> {
    match &stage.calendar {
        Some((code, version)) => calendar_version(work, base, code, *version).await,
        // Opened before there were calendars.
        None => calendar_of(work, base, None).await,
    }
}
