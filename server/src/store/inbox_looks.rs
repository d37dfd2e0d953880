//! What somebody had on the screen when they last opened a request. Bookkeeping, no record.

use super::error::StoreError;
use domain::id::{IdentityId, RequestId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// What was there when somebody last looked at something else than what is there now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    /// The revision then.
    pub revision: i32,
    /// When.
    pub at: Timestamp,
}

/// Notes that somebody has the request in this state on the screen, and says what they had before.
/// Opening the same again changes nothing, so that going back and forth keeps the difference.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn look(
    conn: &mut PgConnection,
    who: IdentityId,
    request: RequestId,
    revision: i32,
    content_hash: &[u8],
    now: Timestamp,
) -> Result<Option<Before>, StoreError> {
    let row = sqlx::query!(
        "insert into request_look as l (identity_id, request_id, revision, content_hash, at) values ($1, $2, $3, $4, $5)
         on conflict (identity_id, request_id) do update set
             before_revision = case when l.content_hash = excluded.content_hash then l.before_revision else l.revision end,
             before_at = case when l.content_hash = excluded.content_hash then l.before_at else l.at end,
             revision = excluded.revision, content_hash = excluded.content_hash, at = excluded.at
         returning before_revision, before_at",
        who.0,
        request.0,
        revision,
        content_hash,
        now.to_sqlx() as _
    )
    .fetch_one(conn)
    .await?;
    Ok(row.before_revision.zip(row.before_at).map(|(revision, at)| Before { revision, at: at.to_jiff() }))
}
