//! Who wants to hear about a request that is not theirs.

use super::error::{StoreError, one_row};
use domain::id::{IdentityId, RequestId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// Adds a watcher.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert(conn: &mut PgConnection, request: RequestId, person: IdentityId, at: Timestamp) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into request_watcher (request_id, identity_id, since) values ($1, $2, $3)",
        request.0,
        person.0,
        at.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("request_watcher", &done)
}

/// Who joined a request: they asked for the same.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn joined(conn: &mut PgConnection, request: RequestId) -> Result<Vec<IdentityId>, StoreError> {
    let ids = sqlx::query_scalar!("select identity_id from request_watcher where request_id = $1", request.0).fetch_all(conn).await?;
    Ok(ids.into_iter().map(IdentityId).collect())
}

/// Subject, requester and watchers of a request, and whoever answers for an account that it is about,
/// each once.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn interested(conn: &mut PgConnection, request: RequestId) -> Result<Vec<IdentityId>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"select subject_id as "id!" from request where id = $1
           union select requester_id from request where id = $1
           union select s.owner_id from request r join identity s on s.id = r.subject_id
                 where r.id = $1 and s.population in ('service_account', 'privileged_admin') and s.owner_id is not null
           union select identity_id from request_watcher where request_id = $1"#,
        request.0
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(IdentityId).collect())
}
