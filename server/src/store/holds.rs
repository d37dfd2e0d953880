//! Stages that wait for something by themselves: those at which nobody can decide, and those whose
//! reminder, escalation or claim is due.

use super::error::StoreError;
use app::approvals::port::HoldLine;
use app::when::{When, span};
use domain::id::{RequestId, StageId};
use domain::page::PAGE_SIZE;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

/// How many stages nobody can decide at.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn count(conn: &mut PgConnection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(r#"select count(*) as "n!" from approval_stage where state = 'held'"#).fetch_one(conn).await?)
}

/// Stages at which nobody can decide, longest held first, one more than a page holds.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn lines(
    conn: &mut PgConnection,
    after: Option<(Timestamp, Uuid)>,
    readable: bool,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Vec<HoldLine>, StoreError> {
    let rows = sqlx::query!(
        r#"select s.id, s.request_id, r.number, s.name as "name!", s.hold_reason as "reason!", s.held_at as "held_at!"
           from approval_stage s join request r on r.id = s.request_id
           where s.state = 'held'
             and (s.held_at, s.id) > (coalesce($1::timestamptz, '-infinity'), coalesce($2::uuid, '00000000-0000-0000-0000-000000000000'))
           order by s.held_at, s.id limit $3"#,
        after.map(|(at, _)| at.to_sqlx()) as _,
        after.map(|(_, id)| id),
        PAGE_SIZE + 1
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| {
            let since = r.held_at.to_jiff();
            HoldLine {
                stage: StageId(r.id),
                request: RequestId(r.request_id),
                number: r.number,
                readable,
                name: r.name,
                reason: r.reason,
                age: span(since, now),
                since: When::new(since, zone),
            }
        })
        .collect())
}

/// Open stages whose clock runs and whose reminder is due, at most `limit`.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn to_remind(conn: &mut PgConnection, now: Timestamp, limit: i64) -> Result<Vec<StageId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select id from approval_stage where state = 'open' and paused_at is null and remind_at <= $1 order by remind_at, id limit $2",
        now.to_sqlx() as _,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(StageId).collect())
}

/// Open stages whose clock runs and whose escalation is due, at most `limit`.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn to_escalate(conn: &mut PgConnection, now: Timestamp, limit: i64) -> Result<Vec<StageId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select id from approval_stage where state = 'open' and escalated_at is null and paused_at is null and escalate_at <= $1 order by escalate_at, id limit $2",
        now.to_sqlx() as _,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(StageId).collect())
}

/// Stages whose clock runs and whose claim has lapsed, at most `limit`.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn lapsed_claims(conn: &mut PgConnection, now: Timestamp, limit: i64) -> Result<Vec<StageId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select id from approval_stage where claim_lapses_at <= $1 and paused_at is null order by claim_lapses_at, id limit $2",
        now.to_sqlx() as _,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(StageId).collect())
}
