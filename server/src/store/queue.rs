//! The work queue in the database: the tables of `graphile_worker`, which owns their shape
//! (`migrations/0040_work_queue_schema.sql`). What is changed is changed by its functions; its moments are those of
//! the database's clock, so they are read and written as distances from now.

use super::error::StoreError;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;

/// How often a task is tried. The waits between (e, e², … e⁹ seconds) are three and a half hours.
pub const ATTEMPTS: i32 = 10;

/// Queues a task that is due after `wait`. One that waits under the same key takes the new moment.
///
/// # Errors
/// [`StoreError`] when the database refuses; constraint `task_holds_ids_only` when there is more in it.
pub async fn add(conn: &mut PgConnection, name: &str, ids: &Value, key: &str, wait: SignedDuration) -> Result<(), StoreError> {
    let micros = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
    // As text: sqlx would send `jsonb`, which Postgres writes with blanks.
    sqlx::query_scalar!(
        "select id from graphile_worker.add_job($1, $2::text::json, run_at => now() + $3::bigint * interval '1 microsecond', max_attempts => $4, job_key => $5)",
        name,
        ids.to_string(),
        micros,
        ATTEMPTS,
        key
    )
    .fetch_one(conn)
    .await?;
    Ok(())
}

/// Queues a task that is due now, unless one with the same key waits or runs.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn add_unless_there(conn: &mut PgConnection, name: &str, ids: &Value, key: &str) -> Result<(), StoreError> {
    // Asked first: the function writes to the row that is there.
    let there = sqlx::query_scalar!(r#"select exists (select from graphile_worker._private_jobs where key = $1) as "there!""#, key)
        .fetch_one(&mut *conn)
        .await?;
    if !there {
        sqlx::query_scalar!(
            "select id from graphile_worker.add_job($1, $2::text::json, max_attempts => $3, job_key => $4, job_key_mode => 'unsafe_dedupe')",
            name,
            ids.to_string(),
            ATTEMPTS,
            key
        )
        .fetch_one(conn)
        .await?;
    }
    Ok(())
}

/// Whether a task is still in the hands of the worker that took it at `taken_at`.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn is_claimed(conn: &mut PgConnection, task: i64, worker: &str, taken_at: Timestamp) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from graphile_worker._private_jobs where id = $1 and locked_by = $2 and locked_at = $3) as "ours!""#,
        task,
        worker,
        taken_at.to_sqlx() as _
    )
    .fetch_one(conn)
    .await?)
}

/// Tasks of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Name of the kind.
    pub name: String,
    /// Their moment has not come.
    pub waiting: i64,
    /// Their moment has come and nobody has taken them.
    pub due: i64,
    /// In somebody's hands.
    pub running: i64,
    /// Given up.
    pub failed: i64,
    /// How long the oldest one that is due has been due, in seconds.
    pub oldest_due_seconds: Option<i64>,
}

/// Counts the tasks of each kind that has some, by name.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn counts(conn: &mut PgConnection) -> Result<Vec<Counts>, StoreError> {
    // A task that was replaced while it ran is retired: not failed, and never taken again.
    Ok(sqlx::query_as!(
        Counts,
        r#"select t.identifier as name,
                  count(*) filter (where j.is_available and j.run_at > now()) as "waiting!",
                  count(*) filter (where j.is_available and j.run_at <= now()) as "due!",
                  count(*) filter (where j.locked_at is not null) as "running!",
                  count(*) filter (where j.locked_at is null and not j.is_available) as "failed!",
                  extract(epoch from now() - min(j.run_at) filter (where j.is_available and j.run_at <= now()))::bigint as oldest_due_seconds
           from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
           where j.locked_at is not null or not exists (select from graphile_worker._private_job_retirements r where r.id = j.id)
           group by t.identifier order by t.identifier"#
    )
    .fetch_all(conn)
    .await?)
}

/// One task.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskRow {
    /// Its number in the queue.
    pub id: i64,
    /// Name of its kind.
    pub name: String,
    /// What it is about.
    pub ids: Value,
    /// `waiting`, `due`, `running` or `failed`.
    pub state: String,
    /// From now until it is due, in seconds; negative when it has been due.
    pub due_in_seconds: i64,
    /// Since when it is in the queue, in seconds.
    pub age_seconds: i64,
    /// How often it was tried, and is at most.
    pub attempts: i16,
    /// See there.
    pub max_attempts: i16,
    /// What went wrong last, as the library keeps it.
    pub error: Option<String>,
}

/// Tasks in a state (and of one kind, unless `name` is empty), oldest first, after the one numbered
/// `after`; or the one numbered `only`, whatever its state.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn tasks(
    conn: &mut PgConnection,
    state: &str,
    name: &str,
    after: i64,
    only: Option<i64>,
    limit: i64,
) -> Result<Vec<TaskRow>, StoreError> {
    Ok(sqlx::query_as!(
        TaskRow,
        r#"select id as "id!", name as "name!", ids as "ids!", state as "state!", due_in_seconds as "due_in_seconds!",
                  age_seconds as "age_seconds!", attempts as "attempts!", max_attempts as "max_attempts!", error
           from (select j.id, t.identifier as name, j.payload as ids, j.attempts, j.max_attempts, j.last_error as error,
                        extract(epoch from j.run_at - now())::bigint as due_in_seconds,
                        extract(epoch from now() - j.created_at)::bigint as age_seconds,
                        case when j.locked_at is not null then 'running' when not j.is_available then 'failed'
                             when j.run_at <= now() then 'due' else 'waiting' end as state
                 from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
                 where j.locked_at is not null or not exists (select from graphile_worker._private_job_retirements r where r.id = j.id)) q
           where case when $4::bigint is null then state = $1 and ($2 = '' or name = $2) and id > $3 else id = $4 end
           order by id limit $5"#,
        state,
        name,
        after,
        only,
        limit
    )
    .fetch_all(conn)
    .await?)
}

/// Keeps a task as it is until the end of the transaction; `false` when it is gone.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn lock(conn: &mut PgConnection, task: i64) -> Result<bool, StoreError> {
    Ok(sqlx::query!("select id from graphile_worker._private_jobs where id = $1 for update", task).fetch_optional(conn).await?.is_some())
}

/// Makes a task due now, with all its attempts.
///
/// # Errors
/// [`StoreError`] when the database refuses or it runs.
pub async fn retry(conn: &mut PgConnection, task: i64) -> Result<(), StoreError> {
    sqlx::query_scalar!("select id from graphile_worker.reschedule_jobs(array[$1::bigint], now(), attempts => 0)", task)
        .fetch_one(&mut *conn)
        .await?;
    // The function does not wake the workers.
    sqlx::query!("select pg_notify('jobs:insert', '{\"count\":1}')").fetch_one(conn).await?;
    Ok(())
}

/// Takes a task out of the queue.
///
/// # Errors
/// [`StoreError`] when the database refuses or it runs.
pub async fn discard(conn: &mut PgConnection, task: i64) -> Result<(), StoreError> {
    sqlx::query_scalar!("select id from graphile_worker.complete_jobs(array[$1::bigint])", task).fetch_one(conn).await?;
    Ok(())
}

/// Takes away what is left of tasks that were replaced while they ran on a server that died: their
/// replacement stands beside them.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn clear_replaced(conn: &mut PgConnection) -> Result<i64, StoreError> {
    let cleared = sqlx::query_scalar!(
        "select id from graphile_worker.complete_jobs(array(select r.id from graphile_worker._private_job_retirements r
         join graphile_worker._private_jobs j on j.id = r.id where j.locked_at is null))"
    )
    .fetch_all(conn)
    .await?;
    Ok(i64::try_from(cleared.len()).unwrap_or(i64::MAX))
}

/// A worker that said that it lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerRow {
    /// Its name.
    pub id: String,
    /// Number of its process on its machine.
    pub process: Option<String>,
    /// Since when, in seconds.
    pub age_seconds: i64,
    /// Its last heartbeat, in seconds.
    pub silent_seconds: i64,
    /// Tasks in its hands.
    pub running: i64,
}

/// Every worker on record, the oldest first.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn workers(conn: &mut PgConnection) -> Result<Vec<WorkerRow>, StoreError> {
    Ok(sqlx::query_as!(
        WorkerRow,
        r#"select w.id, w.metadata ->> 'pid' as process, extract(epoch from now() - w.started_at)::bigint as "age_seconds!",
                  extract(epoch from now() - w.last_heartbeat_at)::bigint as "silent_seconds!",
                  (select count(*) from graphile_worker._private_jobs j where j.locked_by = w.id) as "running!"
           from graphile_worker._private_workers w order by w.started_at, w.id"#
    )
    .fetch_all(conn)
    .await?)
}
