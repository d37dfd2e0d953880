//! Messages of receivers that answer later, each taken once.

use super::error::StoreError;
use domain::id::{ConnectionId, ReleaseId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// Takes a message of a receiver; `false` when it was taken before.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn take_message(
    conn: &mut PgConnection,
    id: ConnectionId,
    message: &str,
    release: ReleaseId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "insert into connector_message (connection_id, message_id, release_id, received_at) values ($1, $2, $3, $4) on conflict do nothing",
        id.0,
        message,
        release.0,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether a message of a receiver was taken before.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn message_taken(conn: &mut PgConnection, id: ConnectionId, message: &str) -> Result<bool, StoreError> {
    let taken = sqlx::query_scalar!(
        r#"select exists (select from connector_message where connection_id = $1 and message_id = $2) as "taken!""#,
        id.0,
        message
    )
    .fetch_one(conn)
    .await?;
    Ok(taken)
}
