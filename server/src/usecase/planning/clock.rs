//! The times of a stage: working time of the subject's unit, which stands still while the requester
//! is asked.

use super::super::Base;
use super::super::business_time::{Calendar, calendar_of, calendar_version};
use super::super::error::UseCaseError;
use super::super::work::Work;
use super::present;
use crate::store;
use crate::store::approvals::{StageRow, StageTimes};
use crate::store::requests::RequestRow;
use domain::id::RequestId;
use jiff::{SignedDuration, Timestamp};

/// How long one of a team may keep a decision to themselves.
const CLAIM_HOURS: i64 = 8;

/// The times of a stage that opens now.
pub(super) async fn times(work: &mut Work<'_>, base: &Base, row: &RequestRow, stage: &StageRow) -> Result<StageTimes, UseCaseError> {
    let now = work.now();
    let about = store::nominees::about(work.conn(), row.subject.id).await?;
    let Calendar { code, version, calendar, .. } = calendar_of(work, base, about.and_then(|about| about.unit)).await?;
    let (due, remind, escalate) = stage.hours;
    let after = |hours: i32| calendar.add_working(now, SignedDuration::from_hours(i64::from(hours)));
    Ok(StageTimes {
        calendar: (code, version),
        due_at: after(due),
        remind_at: remind.map(after),
        // A plan from before this was refused may name hours and nobody: then there is no such moment.
        escalate_at: escalate.filter(|_| !stage.escalate_to.is_empty()).map(after),
    })
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
        store::approvals::pause(work.conn(), stage.id, now, left).await?;
    }
    Ok(())
}

/// Lets the clocks of the paused stages of a request run on: what was left then is left now.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn resume(work: &mut Work<'_>, base: &Base, request: RequestId) -> Result<(), UseCaseError> {
    let now = work.now();
    for stage in open_stages(work, request).await? {
        let (Some(paused_at), Some(due_at)) = (stage.paused_at, stage.due_at) else { continue };
        let Calendar { calendar, .. } = of_stage(work, base, &stage).await?;
        // What was past when the clock stopped stays past; the rest moves by the time that was left.
        let moved = |at: Timestamp| if at <= paused_at { at } else { calendar.add_working(now, calendar.working_between(paused_at, at)) };
        let waited = calendar.working_between(paused_at, now).as_secs();
        let (remind_at, escalate_at) = (stage.remind_at.map(moved), stage.escalate_at.map(moved));
        store::approvals::resume(work.conn(), stage.id, moved(due_at), remind_at, escalate_at, waited).await?;
    }
    Ok(())
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
