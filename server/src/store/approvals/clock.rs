//! The clock of an open stage: when it stands still and runs on, and what was done when its times
//! came. The times themselves are worked out by whoever calls.

use crate::store::error::{StoreError, one_row};
use domain::id::StageId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// Stops the clock of an open stage with so many working seconds left.
///
/// # Errors
/// [`StoreError`] when the database refuses or the stage is not open.
pub async fn pause(conn: &mut PgConnection, id: StageId, at: Timestamp, remaining_seconds: i64) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update approval_stage set paused_at = $2, remaining_seconds = $3 where id = $1 and state = 'open' and paused_at is null",
        id.0,
        at.to_sqlx() as _,
        remaining_seconds
    )
    .execute(conn)
    .await?;
    one_row("approval_stage", &done)
}

/// The times of a stage whose clock runs on.
#[derive(Clone, Copy, Debug)]
pub struct ResumedTimes {
    /// When it is due.
    pub due_at: Timestamp,
    /// When those asked are reminded.
    pub remind_at: Option<Timestamp>,
    /// When the next level is asked.
    pub escalate_at: Option<Timestamp>,
    /// When the claim on it lapses.
    pub claim_lapses_at: Option<Timestamp>,
}

/// Lets the clock of a paused stage run on, with its new times, after so many working seconds.
///
/// # Errors
/// [`StoreError`] when the database refuses or the stage is not paused.
pub async fn resume(conn: &mut PgConnection, id: StageId, times: &ResumedTimes, waited_seconds: i64) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update approval_stage set paused_at = null, remaining_seconds = null, due_at = $2, remind_at = $3, escalate_at = $4, claim_lapses_at = $5,
                waited_seconds = waited_seconds + $6
         where id = $1 and paused_at is not null",
        id.0,
        times.due_at.to_sqlx() as _,
        times.remind_at.map(ToSqlx::to_sqlx) as _,
        times.escalate_at.map(ToSqlx::to_sqlx) as _,
        times.claim_lapses_at.map(ToSqlx::to_sqlx) as _,
        waited_seconds
    )
    .execute(conn)
    .await?;
    one_row("approval_stage", &done)
}

/// Counts what a paused stage waited for the requester, in working seconds, because its clock never
/// runs on: the request ends, or another revision takes its place.
///
/// # Errors
/// [`StoreError`] when the database refuses or the stage is not paused.
pub async fn end_pause(conn: &mut PgConnection, id: StageId, waited_seconds: i64) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update approval_stage set paused_at = null, remaining_seconds = null, waited_seconds = waited_seconds + $2 where id = $1 and paused_at is not null",
        id.0,
        waited_seconds
    )
    .execute(conn)
    .await?;
    one_row("approval_stage", &done)
}

/// Puts on record when any of those asked at an open stage was last reminded, and when those are who were
/// not. Who was, says [`super::asked::insert_reminded`].
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn set_reminders(
    conn: &mut PgConnection,
    id: StageId,
    reminded_at: Option<Timestamp>,
    remind_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update approval_stage set reminded_at = $2, remind_at = $3 where id = $1 and state = 'open'",
        id.0,
        reminded_at.map(ToSqlx::to_sqlx) as _,
        remind_at.map(ToSqlx::to_sqlx) as _
    )
    .execute(conn)
    .await?;
    one_row("approval_stage", &done)
}

/// Puts on record that the next level is asked from now on, or why nobody of it can be: `missing`.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn set_escalated(conn: &mut PgConnection, id: StageId, at: Timestamp, missing: Option<&str>) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update approval_stage set escalated_at = $2, next_level_missing = $3 where id = $1",
        id.0,
        at.to_sqlx() as _,
        missing
    )
    .execute(conn)
    .await?;
    one_row("approval_stage", &done)
}
