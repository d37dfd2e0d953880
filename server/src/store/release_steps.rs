//! The steps of a release that a machine carries out, and what carrying it out needs to know. The calls
//! that were made for them are in [`super::release_calls`].

use super::error::{StoreError, one_row};
use domain::id::{ConnectionId, ReleaseId};
use domain::saga::{StepOperation, StepRecord, StepState};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// What carrying out by machine needs to know of a release besides its state.
#[derive(Clone, Copy, Debug)]
pub struct Carrying {
    /// The pinned connection and the version of its settings: from the gates on, and as long as something
    /// of the release may be over there.
    pub connection: Option<(ConnectionId, i32)>,
    /// How often it was planned, counting from one.
    pub round: i32,
    /// Tries in a row that came to nothing.
    pub tries: i32,
    /// Counts up with each worker.
    pub fence: i64,
    /// Until when a worker has it.
    pub worked_until: Option<Timestamp>,
}

/// Reads it; the caller holds the lock of the release.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn carrying(conn: &mut PgConnection, id: ReleaseId) -> Result<Carrying, StoreError> {
    let row = sqlx::query!("select connection_id, connection_version, round, tries, fence, worked_until from release where id = $1", id.0)
        .fetch_one(conn)
        .await?;
    Ok(Carrying {
        connection: row.connection_id.map(ConnectionId).zip(row.connection_version),
        round: row.round,
        tries: row.tries,
        fence: row.fence,
        worked_until: row.worked_until.map(|t| t.to_jiff()),
    })
}

/// Writes it.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn set_carrying(conn: &mut PgConnection, id: ReleaseId, carrying: &Carrying) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update release set connection_id = $2, connection_version = $3, round = $4, tries = $5, fence = $6, worked_until = $7 where id = $1",
        id.0,
        carrying.connection.map(|(connection, _)| connection.0),
        carrying.connection.map(|(_, version)| version),
        carrying.round,
        carrying.tries,
        carrying.fence,
        carrying.worked_until.map(ToSqlx::to_sqlx) as _
    )
    .execute(conn)
    .await?;
    one_row("release", &done)
}

/// Writes what should be there, what was read there, and how they differ. What people said before is
/// overtaken by it.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn set_variance(
    conn: &mut PgConnection,
    id: ReleaseId,
    planned: &Value,
    actual: &Value,
    variance: &Value,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update release set planned_entitlements = $2, actual_entitlements = $3, variance = $4, found_said_by = null where id = $1",
        id.0,
        planned,
        actual,
        variance
    )
    .execute(conn)
    .await?;
    one_row("release", &done)
}

/// A step as recorded.
#[derive(Clone, Debug)]
pub struct StepRow {
    /// Where it stands in the order.
    pub position: i32,
    /// What it does, and where it stands.
    pub record: StepRecord,
    /// What was found before it, as the connector wrote it.
    pub before: Value,
    /// The key it is done with.
    pub key: Uuid,
    /// The key it is undone with.
    pub undo_key: Uuid,
    /// How the other side names the matter while it is awaited.
    pub reference: Option<String>,
    /// The attributes of the person with which it was first asked for, unless nothing came of that.
    pub asked_as: Option<Value>,
    /// When it was begun.
    pub began_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// The steps of a round, in order.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn of_round(conn: &mut PgConnection, id: ReleaseId, round: i32) -> Result<Vec<StepRow>, StoreError> {
    let rows = sqlx::query!(
        "select position, operation, before, state, was_there, key, undo_key, reference, asked_as, began_at, ended_at from release_step where release_id = $1 and round = $2 order by position",
        id.0,
        round
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(StepRow {
                position: r.position,
                record: StepRecord {
                    operation: r.operation.parse::<StepOperation>()?,
                    state: r.state.parse::<StepState>()?,
                    was_there: r.was_there,
                },
                before: r.before,
                key: r.key,
                undo_key: r.undo_key,
                reference: r.reference,
                asked_as: r.asked_as,
                began_at: r.began_at.map(|t| t.to_jiff()),
                ended_at: r.ended_at.map(|t| t.to_jiff()),
            })
        })
        .collect()
}

/// Writes a planned step.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert(conn: &mut PgConnection, id: ReleaseId, round: i32, step: &StepRow) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into release_step (release_id, round, position, operation, before, state, was_there, key, undo_key) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        id.0,
        round,
        step.position,
        step.record.operation.word(),
        step.before,
        step.record.state.word(),
        step.record.was_there,
        step.key,
        step.undo_key
    )
    .execute(conn)
    .await?;
    one_row("release_step", &done)
}

/// Writes the state that a step has reached.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn set_state(
    conn: &mut PgConnection,
    id: ReleaseId,
    round: i32,
    position: i32,
    state: StepState,
    reference: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update release_step set state = $4, reference = coalesce($5, reference),
                began_at = case when $4 = 'begun' then $6 else coalesce(began_at, case when $4 in ('waiting', 'not_needed', 'skipped', 'kept') then null else $6::timestamptz end) end,
                ended_at = case when $4 in ('waiting', 'begun', 'undoing', 'awaited') then null else $6::timestamptz end
         where release_id = $1 and round = $2 and position = $3",
        id.0,
        round,
        position,
        state.word(),
        reference,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("release_step", &done)
}

/// Writes what was there before a step in truth, where that came about after it was planned.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn correct_before(
    conn: &mut PgConnection,
    id: ReleaseId,
    round: i32,
    position: i32,
    before: &Value,
    was_there: bool,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update release_step set before = $4, was_there = $5 where release_id = $1 and round = $2 and position = $3",
        id.0,
        round,
        position,
        before,
        was_there
    )
    .execute(conn)
    .await?;
    one_row("release_step", &done)
}

/// What another release did for this one becomes this one's own, as if it had found `before`: its reading
/// says whether it is so. Nothing happens where its step changed something itself.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn hand_over(
    conn: &mut PgConnection,
    to: ReleaseId,
    operation: StepOperation,
    before: &Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update release_step s set before = $3, was_there = false,
                state = case when s.state in ('not_needed', 'waiting') then 'done' else s.state end, began_at = coalesce(s.began_at, $4), ended_at = coalesce(s.ended_at, $4)
         from release l where l.id = $1 and s.release_id = l.id and s.round = l.round and s.operation = $2
           and s.was_there and s.state not in ('kept', 'skipped')",
        to.0,
        operation.word(),
        before,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A machine took away what `release` stands for at a step: what other releases of the person found of it is
/// not there any more. What they do of it from here on is theirs, and is undone with them.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn found_no_more(
    conn: &mut PgConnection,
    release: ReleaseId,
    operation: StepOperation,
    before: &Value,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update release_step s set before = $3, was_there = false, state = case when s.state = 'not_needed' then 'waiting' else s.state end
         from release l, release m
         where m.id = $1 and l.subject_id = m.subject_id and l.id <> m.id and l.kind = 'activate' and l.state not in ('closed', 'cancelled')
           and l.connection_id is not null and m.connection_id is not null and same_place(l.connection_id, m.connection_id)
           and s.release_id = l.id and s.round = l.round and s.operation = $2 and s.was_there
           and ($2 <> 'give' or same_reference(release_reference(l.id), release_reference(m.id), l.connection_id, m.connection_id))",
        release.0,
        operation.word(),
        before
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets a step be asked for as if it never had been: a receiver that remembers the key before does it
/// again. Only where it is known what came of the one before.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn renew_key(conn: &mut PgConnection, id: ReleaseId, round: i32, position: i32, key: Uuid) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update release_step set key = $4, reference = null where release_id = $1 and round = $2 and position = $3 and state <> 'awaited'",
        id.0,
        round,
        position,
        key
    )
    .execute(conn)
    .await?;
    one_row("release_step", &done)
}

/// Lets a step be undone as if nobody had asked for it: a receiver that remembers the key before does it
/// again.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn renew_undo_key(conn: &mut PgConnection, id: ReleaseId, round: i32, position: i32, key: Uuid) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update release_step set undo_key = $4 where release_id = $1 and round = $2 and position = $3",
        id.0,
        round,
        position,
        key
    )
    .execute(conn)
    .await?;
    one_row("release_step", &done)
}

/// Whether something may be there that the release brought about in its present round.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn touched(conn: &mut PgConnection, id: ReleaseId) -> Result<bool, StoreError> {
    let round = carrying(&mut *conn, id).await?.round;
    let steps: Vec<_> = of_round(conn, id, round).await?.into_iter().map(|step| step.record).collect();
    Ok(domain::saga::touched(&steps))
}

/// Releases that a worker should look at: due, in nobody's hands, and without a task that is due, failed
/// before or was given up: what that says stays, and it runs in its time; but what has to go is tried again an
/// hour after it was given up. The queue has a task for each of them
/// otherwise; this finds those whose task was lost, or waits for a moment that is not it any more. A task of a
/// release has the key `task` and its id. An answer that was announced after `since` is
/// still waited for. Among them are releases that failed before anything was begun and whose application
/// people serve by now: they are left to them.
///
/// The connections take turns, so that many releases of one keep none of another waiting; and what is
/// behind a connection that rests is not looked at before the rest is over.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn due(conn: &mut PgConnection, task: &str, now: Timestamp, since: Timestamp, limit: i64) -> Result<Vec<ReleaseId>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"select d.id as "id!" from (
             select l.id, l.not_before, row_number() over (partition by c.connection_id order by l.not_before, l.id) as place
             from release l left join release_carrier c on c.release_id = l.id left join connection_health h on h.connection_id = c.connection_id
             where l.state not in ('closed', 'cancelled') and l.not_before <= $1 and coalesce(l.worked_until, $1) <= $1
               and not exists (select from graphile_worker._private_jobs j
                               where j.key = $4 || ':' || l.id and (j.attempts > 0 or j.run_at <= now() or j.locked_at is not null)
                                 -- What has to go is tried for as long as it takes.
                                 and not (j.attempts >= j.max_attempts and j.updated_at < now() - interval '1 hour'
                                          and (l.kind = 'remove' or l.state = 'undoing')))
               and case when c.by_machine then
                     -- A breaker that is not open says nothing of a moment.
                     coalesce(case when h.breaker ->> 'state' = 'open' then (h.breaker ->> 'until')::timestamptz end, $1) <= $1
                     and (l.state = 'planned' or (l.state = 'failed' and l.next_try_at <= $1)
                          or (l.state = 'undoing' and coalesce(l.next_try_at, $1) <= $1)
                          or ((l.state in ('gated', 'account_ready') or (l.state = 'activated' and l.executed_by is null))
                              and not exists (select from release_step s
                                              where s.release_id = l.id and s.round = l.round and s.state = 'awaited' and s.began_at > $2)))
                   else l.state = 'failed' and l.next_try_at is not null end
           ) d
           order by d.place, d.not_before, d.id limit $3"#,
        now.to_sqlx() as _,
        since.to_sqlx() as _,
        limit,
        task
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(ReleaseId).collect())
}
