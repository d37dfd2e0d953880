//! Recurring jobs: when each is due, and what came of it. Also what the imports left, and
//! the sessions that the job for sessions ends.

use super::error::{StoreError, one_row};
use app::admin::port::ImportLine;
use app::when::When;
use domain::id::{IdentityId, SessionId};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// Puts a job on record, due now, or brings its period up to date.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn register(conn: &mut PgConnection, name: &str, every_seconds: i32, now: Timestamp) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into job (name, every_seconds, next_run_at) values ($1, $2, $3)
         on conflict (name) do update set every_seconds = excluded.every_seconds",
        name,
        every_seconds,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("job", &done)
}

/// Names of jobs that are due, longest due first.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn due(conn: &mut PgConnection, now: Timestamp) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar!("select name from job where next_run_at <= $1 order by next_run_at, name", now.to_sqlx() as _)
        .fetch_all(conn)
        .await?)
}

/// Of the jobs `names`, those that missed their time by more than `grace_seconds` and more than twice
/// their period, with the seconds since that time, latest first.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn late(conn: &mut PgConnection, names: &[String], grace_seconds: i64, now: Timestamp) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query!(
        r#"select name, extract(epoch from $1 - next_run_at)::bigint as "seconds!" from job
           where name = any($2) and next_run_at < $1 - greatest($3::bigint, 2 * every_seconds) * interval '1 second'
           order by next_run_at, name"#,
        now.to_sqlx() as _,
        names,
        grace_seconds
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (r.name, r.seconds)).collect())
}

/// Of the jobs `names`, those of which the last two runs failed, as a whole or at some of their records,
/// with the seconds since the last one.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn failing(conn: &mut PgConnection, names: &[String], now: Timestamp) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query!(
        r#"select name, extract(epoch from $1 - last_finished_at)::bigint as "seconds!" from job
           where name = any($2) and failures_in_a_row > 1
           order by name"#,
        now.to_sqlx() as _,
        names
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (r.name, r.seconds)).collect())
}

/// A run of a job that has begun.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// When it began.
    pub began_at: Timestamp,
    /// How long the job waited after its last run, when that run failed, in seconds.
    pub backed_off: Option<i64>,
}

/// Begins a run; `None` when the job is not due.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn begin(conn: &mut PgConnection, name: &str, now: Timestamp) -> Result<Option<Run>, StoreError> {
    let row = sqlx::query!(
        r#"update job set last_started_at = $2 where name = $1 and next_run_at <= $2
           returning case when last_outcome = 'failed' then extract(epoch from next_run_at - last_finished_at)::bigint end as backed_off"#,
        name,
        now.to_sqlx() as _
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| Run { began_at: now, backed_off: r.backed_off }))
}

/// Records what came of a run; `false` when another one has begun since.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn finish(
    conn: &mut PgConnection,
    name: &str,
    run: Run,
    error: Option<&str>,
    now: Timestamp,
    next: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "update job set last_finished_at = $3, last_outcome = case when $4::text is null then 'ok' else 'failed' end,
                last_error = $4, runs = runs + 1, failures = failures + case when $4::text is null then 0 else 1 end,
                failures_in_a_row = case when $4::text is null then 0 else failures_in_a_row + 1 end,
                -- Somebody may have asked for another run while this one was going on.
                next_run_at = case when next_run_at > last_started_at then next_run_at else $5 end
         where name = $1 and last_started_at = $2",
        name,
        run.began_at.to_sqlx() as _,
        now.to_sqlx() as _,
        error,
        next.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Makes a job due now; `false` when there is none by this name.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn make_due(conn: &mut PgConnection, name: &str, now: Timestamp) -> Result<bool, StoreError> {
    let done = sqlx::query!("update job set next_run_at = $2 where name = $1", name, now.to_sqlx() as _).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// A job as recorded.
#[derive(Clone, Debug)]
pub struct JobRow {
    /// Its name.
    pub name: String,
    /// When it last ended.
    pub last_finished_at: Option<Timestamp>,
    /// `ok` or `failed`.
    pub outcome: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
    /// When it is due.
    pub next_run_at: Timestamp,
    /// How often it ran, and failed.
    pub runs: (i64, i64),
}

/// Every job on record.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn all(conn: &mut PgConnection) -> Result<Vec<JobRow>, StoreError> {
    let rows = sqlx::query!("select name, last_finished_at, last_outcome, last_error, next_run_at, runs, failures from job order by name")
        .fetch_all(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|r| JobRow {
            name: r.name,
            last_finished_at: r.last_finished_at.map(|t| t.to_jiff()),
            outcome: r.last_outcome,
            error: r.last_error,
            next_run_at: r.next_run_at.to_jiff(),
            runs: (r.runs, r.failures),
        })
        .collect())
}

/// The last ten imports, newest first.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn imports(conn: &mut PgConnection, zone: &TimeZone) -> Result<Vec<ImportLine>, StoreError> {
    let rows = sqlx::query!("select kind, file_name, applied_at, added, changed, removed, unchanged, skipped from import_run order by applied_at desc, id desc limit 10").fetch_all(conn).await?;
    Ok(rows
        .into_iter()
        .map(|r| ImportLine {
            kind: r.kind,
            file: r.file_name,
            applied: When::new(r.applied_at.to_jiff(), zone),
            counts: [r.added, r.changed, r.removed, r.unchanged, r.skipped],
        })
        .collect())
}

/// A session that ended by itself.
#[derive(Clone, Copy, Debug)]
pub struct EndedSession {
    /// Which.
    pub id: SessionId,
    /// Whose.
    pub identity: IdentityId,
    /// Why.
    pub reason: &'static str,
}

/// Ends sessions past their latest end and those of people who are no longer active, at most
/// `limit`.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn end_sessions(conn: &mut PgConnection, now: Timestamp, limit: i64) -> Result<Vec<EndedSession>, StoreError> {
    let rows = sqlx::query!(
        r#"update session s set ended_at = $1, end_reason = case when over.expired then 'expired' else 'identity_stopped' end
           from (select l.id, l.expires_at <= $1 as expired from session l join identity i on i.id = l.identity_id
                 where l.ended_at is null and (l.expires_at <= $1 or i.state in ('suspended', 'retired'))
                 order by l.id limit $2 for update of l skip locked) over
           where s.id = over.id
           returning s.id, s.identity_id, over.expired as "expired!""#,
        now.to_sqlx() as _,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| EndedSession {
            id: SessionId(r.id),
            identity: IdentityId(r.identity_id),
            reason: if r.expired { "expired" } else { "identity_stopped" },
        })
        .collect())
}
