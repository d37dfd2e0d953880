//! What was typed into forms that were refused. No record: it belongs to one sign-in, is read by it
//! alone, and is forgotten.

use super::error::{StoreError, one_row};
use domain::id::{IdentityId, RefusedFormId, SessionId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use sqlx::types::Json;
use std::collections::BTreeMap;

/// A form as it was typed.
#[derive(Clone, Debug)]
pub struct Row {
    /// The address that it went to.
    pub form: String,
    /// Its fields.
    pub typed: BTreeMap<String, String>,
}

/// Keeps a form for the sign-in that a session of `identity` carries on.
///
/// # Errors
/// [`StoreError`] when the database refuses, or there is no such session.
pub async fn insert(
    conn: &mut PgConnection,
    id: RefusedFormId,
    session: SessionId,
    identity: IdentityId,
    refused: &Row,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into refused_form (id, sign_in_id, identity_id, form, typed, kept_at)
         select $1, sign_in_id, identity_id, $4, $5, $6 from session where id = $2 and identity_id = $3",
        id.0,
        session.0,
        identity.0,
        refused.form,
        Json(&refused.typed) as _,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("refused_form", &done)
}

/// Forgets all but the newest so many of a sign-in.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn keep_newest(conn: &mut PgConnection, session: SessionId, most: i64) -> Result<(), StoreError> {
    sqlx::query!(
        "delete from refused_form where id in (
             select f.id from refused_form f join session s on s.sign_in_id = f.sign_in_id
             where s.id = $1 order by f.kept_at desc, f.id desc offset $2)",
        session.0,
        most
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A form that was kept after `since`, for the sign-in of a live session of `identity`.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn find(
    conn: &mut PgConnection,
    id: RefusedFormId,
    session: SessionId,
    identity: IdentityId,
    since: Timestamp,
) -> Result<Option<Row>, StoreError> {
    let row = sqlx::query!(
        r#"select f.form, f.typed as "typed: Json<BTreeMap<String, String>>" from refused_form f
           join session s on s.sign_in_id = f.sign_in_id and s.identity_id = f.identity_id
           where f.id = $1 and s.id = $2 and s.identity_id = $3 and s.ended_at is null and f.kept_at > $4"#,
        id.0,
        session.0,
        identity.0,
        since.to_sqlx() as _
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Row { form: row.form, typed: row.typed.0 }))
}

/// Forgets what was kept up to `until`, and what belongs to a sign-in that is over. Gives how many.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn forget(conn: &mut PgConnection, until: Timestamp) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "delete from refused_form f
         where f.kept_at <= $1 or not exists (select from session s where s.sign_in_id = f.sign_in_id and s.ended_at is null)",
        until.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
