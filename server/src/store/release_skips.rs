//! Steps that people took as done: proposed by one, answered by another.

use super::error::{StoreError, one_row};
use domain::id::{IdentityId, ReleaseId};
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
    /// What was done, and what shows it.
    pub reason: String,
    /// By whom.
    pub proposed_by: IdentityId,
}

/// Writes a proposal.
///
/// # Errors
/// [`StoreError`] when the database refuses; `release_skip_one_open` when one waits already.
pub async fn insert(
    conn: &mut PgConnection,
    id: Uuid,
    release: ReleaseId,
    position: Option<i32>,
    reason: &str,
    by: IdentityId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into release_skip (id, release_id, position, reason, proposed_by, proposed_at) values ($1, $2, $3, $4, $5, $6)",
        id,
        release.0,
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
        "select id, position, reason, proposed_by from release_skip where release_id = $1 and confirmed_at is null and refused_at is null for update",
        release.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| SkipRow { id: r.id, position: r.position, reason: r.reason, proposed_by: IdentityId(r.proposed_by) }))
}

/// Writes the answer.
///
/// # Errors
/// [`StoreError`] when the database refuses; `release_skip_second_person` for whoever proposed it.
pub async fn answer(conn: &mut PgConnection, id: Uuid, by: IdentityId, confirmed: bool, now: Timestamp) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update release_skip set confirmed_by = case when $3 then $2::uuid end, confirmed_at = case when $3 then $4::timestamptz end, refused_at = case when not $3 then $4::timestamptz end
         where id = $1 and confirmed_at is null and refused_at is null",
        id,
        by.0,
        confirmed,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("release_skip", &done)
}
