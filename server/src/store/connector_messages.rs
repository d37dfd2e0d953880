//! Messages of receivers that answer later, each taken once.

use super::error::StoreError;
use domain::id::{ConnectionId, ReleaseId};
use domain::saga::StepOperation;
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

/// A step that a receiver was asked for, in whatever round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskedFor {
    /// The round.
    pub round: i32,
    /// Its place in it.
    pub position: i32,
    /// It is on record as done, or the receiver has said so before under this reference.
    pub known_done: bool,
}

/// The step of a release that a receiver was asked for and may mean: the one that was announced under this
/// reference, otherwise the newest that does the same.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn asked_for(
    conn: &mut PgConnection,
    id: ConnectionId,
    release: ReleaseId,
    operation: StepOperation,
    reference: &str,
) -> Result<Option<AskedFor>, StoreError> {
    let row = sqlx::query!(
        r#"select s.round, s.position,
                  s.state = 'done'
                  or exists (select from release_call k
                             where k.release_id = $2 and k.connection_id = $1 and k.round = s.round and k.position = s.position
                               and k.purpose = 'completion' and k.outcome = 'done'
                               and k.exchanges -> 0 -> 'request' ->> 'reference' = $4) as "known_done!"
           from release_step s
           where s.release_id = $2 and s.operation = $3
             and exists (select from release_call k
                         where k.release_id = $2 and k.connection_id = $1 and k.round = s.round and k.position = s.position
                           and k.purpose = 'apply')
           order by (s.reference is not distinct from $4) desc, s.round desc, s.position desc limit 1"#,
        id.0,
        release.0,
        operation.word(),
        reference
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| AskedFor { round: row.round, position: row.position, known_done: row.known_done }))
}
