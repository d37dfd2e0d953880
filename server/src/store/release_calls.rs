//! Every call that was made for a release: written down before it is made, and again when it ended.

use super::error::{StoreError, one_row};
use domain::id::{ConnectionId, ReleaseId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// A call about to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewCall<'a> {
    /// Its id.
    pub id: Uuid,
    /// For which release.
    pub release: ReleaseId,
    /// In which round.
    pub round: i32,
    /// For which step.
    pub position: Option<i32>,
    /// `plan`, `apply`, `read_back`, `undo` or `completion`.
    pub purpose: &'a str,
    /// Through which connection.
    pub connection: ConnectionId,
    /// The kind of its connector.
    pub connector: &'a str,
    /// The key it carries.
    pub key: Option<Uuid>,
    /// The worker that makes it.
    pub fence: i64,
    /// When.
    pub at: Timestamp,
}

/// Writes a call down before it is made. Calls of workers before that never ended are lost: whatever
/// came of them, their workers will not say.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn begin_call(conn: &mut PgConnection, call: &NewCall<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "update release_call set ended_at = $2, outcome = 'lost', said = 'The server that made this call stopped before it could write what came of it.'
         where release_id = $1 and ended_at is null",
        call.release.0,
        call.at.to_sqlx() as _
    )
    .execute(&mut *conn)
    .await?;
    let done = sqlx::query!(
        "insert into release_call (id, release_id, round, position, purpose, connection_id, connector, key, fence, began_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        call.id,
        call.release.0,
        call.round,
        call.position,
        call.purpose,
        call.connection.0,
        call.connector,
        call.key,
        call.fence,
        call.at.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("release_call", &done)
}

/// Writes what came of a call.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn end_call(
    conn: &mut PgConnection,
    id: Uuid,
    outcome: &str,
    said: Option<&str>,
    exchanges: &Value,
    took_ms: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update release_call set ended_at = $2, outcome = $3, said = $4, exchanges = $5, took_ms = $6 where id = $1 and ended_at is null",
        id,
        now.to_sqlx() as _,
        outcome,
        said,
        exchanges,
        took_ms
    )
    .execute(conn)
    .await?;
    one_row("release_call", &done)
}
