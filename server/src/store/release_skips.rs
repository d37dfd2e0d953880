//! Steps that people took as done: proposed by one, answered by another.

use super::error::{StoreError, one_row};
use domain::id::{ConnectionId, IdentityId, ReleaseId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

/// A proposal as recorded.
#[derive(Clone, Debug)]
pub struct SkipRow {
    /// Which.
    pub id: Uuid,
    /// The step, by its place; none is the proof itself.
    pub position: Option<i32>,
    /// The round in which that failed.
    pub round: i32,
    /// What was done, and what shows it.
    pub reason: String,
    /// By whom.
    pub proposed_by: IdentityId,
    /// What carried the release out then, in which version of its settings; none where people did.
    pub connection: Option<(ConnectionId, i32)>,
}

/// Writes a proposal, about the round in which the release is and what carries it out now.
///
/// # Errors
/// [`StoreError`] when the database refuses; `release_skip_one_open` when one waits already.
pub async fn insert(
    conn: &mut PgConnection,
    id: Uuid,
    release: ReleaseId,
    (round, position): (i32, Option<i32>),
    reason: &str,
    by: IdentityId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into release_skip (id, release_id, round, position, reason, proposed_by, proposed_at, connection_id, connection_version)
         select $1, $2, $3, $4, $5, $6, $7, c.connection_id, c.version from (select) always left join release_carrier c on c.release_id = $2",
        id,
        release.0,
        round,
        position,
        reason,
        by.0,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("release_skip", &done)
}

/// The proposal that waits for an answer, locked.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn lock_open(conn: &mut PgConnection, release: ReleaseId) -> Result<Option<SkipRow>, StoreError> {
    let row = sqlx::query!(
        "select id, position, round, reason, proposed_by, connection_id, connection_version from release_skip
         where release_id = $1 and confirmed_at is null and refused_at is null and overtaken_at is null for update",
        release.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| SkipRow {
        id: r.id,
        position: r.position,
        round: r.round,
        reason: r.reason,
        proposed_by: IdentityId(r.proposed_by),
        connection: r.connection_id.map(ConnectionId).zip(r.connection_version),
    }))
}

/// Writes the answer.
///
/// # Errors
/// [`StoreError`] when the database refuses; `release_skip_second_person` for whoever confirms their own.
pub async fn answer(conn: &mut PgConnection, id: Uuid, by: IdentityId, confirmed: bool, now: Timestamp) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update release_skip set confirmed_by = case when $3 then $2::uuid end, confirmed_at = case when $3 then $4::timestamptz end,
                refused_by = case when not $3 then $2::uuid end, refused_at = case when not $3 then $4::timestamptz end
         where id = $1 and confirmed_at is null and refused_at is null and overtaken_at is null",
        id,
        by.0,
        confirmed,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("release_skip", &done)
}

/// Closes the proposal that waits, because what it was about is over: tried again by a person, rolled
/// back or proven. Nothing where none waits.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn overtake(conn: &mut PgConnection, release: ReleaseId, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query!(
        "update release_skip set overtaken_at = $2 where release_id = $1 and confirmed_at is null and refused_at is null and overtaken_at is null",
        release.0,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether people said that the access is there which a removal takes, because nothing that was read proved it.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn proved_what_is_removed(conn: &mut PgConnection, removal: ReleaseId) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select exists (
             select from release gone join release given on given.grant_id = gone.grant_id and given.kind = 'activate' and given.state = 'closed'
             join release_skip s on s.release_id = given.id and s.round = given.round and s.position is null and s.confirmed_at is not null
             where gone.id = $1) as "exists!""#,
        removal.0
    )
    .fetch_one(conn)
    .await?)
}
