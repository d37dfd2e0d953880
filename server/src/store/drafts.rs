//! What people are still writing. A draft is no record: it is read and changed by its owner alone,
//! and gone when it is discarded or submitted, or when it would change a request that is not theirs to
//! change any more and they begin another.

use super::error::{StoreError, one_row};
use domain::id::{DraftId, IdempotencyKey, IdentityId, RequestId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;

/// A draft as kept.
#[derive(Clone, Debug)]
pub struct DraftRow {
    /// Which.
    pub id: DraftId,
    /// The request whose next revision it would be.
    pub request: Option<RequestId>,
    /// What was typed; its shape is the use-case's.
    pub body: Value,
    /// Goes up with every save.
    pub version: i32,
    /// When it was last saved.
    pub updated_at: Timestamp,
    /// Key of the submission that it becomes.
    pub key: IdempotencyKey,
}

/// Begins a draft.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert(
    conn: &mut PgConnection,
    id: DraftId,
    owner: IdentityId,
    request: Option<RequestId>,
    body: &Value,
    key: IdempotencyKey,
    at: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into draft (id, owner_id, request_id, body, created_at, updated_at, idempotency_key) values ($1, $2, $3, $4, $5, $5, $6)",
        id.0,
        owner.0,
        request.map(|id| id.0),
        body,
        at.to_sqlx() as _,
        key.0
    )
    .execute(conn)
    .await?;
    one_row("draft", &done)
}

/// A draft of `owner`; with `lock` nobody else can change it until this transaction ends.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn find(conn: &mut PgConnection, id: DraftId, owner: IdentityId, lock: bool) -> Result<Option<DraftRow>, StoreError> {
    if lock {
        sqlx::query_scalar!("select id from draft where id = $1 and owner_id = $2 for update", id.0, owner.0)
            .fetch_optional(&mut *conn)
            .await?;
    }
    let row = sqlx::query!(
        "select request_id, body, version, updated_at, idempotency_key from draft where id = $1 and owner_id = $2",
        id.0,
        owner.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| DraftRow {
        id,
        request: r.request_id.map(RequestId),
        body: r.body,
        version: r.version,
        updated_at: r.updated_at.to_jiff(),
        key: IdempotencyKey(r.idempotency_key),
    }))
}

/// The drafts of a person, newest first, at most fifty.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn of(conn: &mut PgConnection, owner: IdentityId) -> Result<Vec<DraftRow>, StoreError> {
    let rows = sqlx::query!(
        "select id, request_id, body, version, updated_at, idempotency_key from draft where owner_id = $1 order by updated_at desc, id desc limit 50",
        owner.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| DraftRow {
            id: DraftId(r.id),
            request: r.request_id.map(RequestId),
            body: r.body,
            version: r.version,
            updated_at: r.updated_at.to_jiff(),
            key: IdempotencyKey(r.idempotency_key),
        })
        .collect())
}

/// Keeps everybody else from beginning a draft of a person, or choosing the one that things are put into,
/// until this transaction ends. Taken before the lock on any draft.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn lock_all(conn: &mut PgConnection, owner: IdentityId) -> Result<(), StoreError> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0)) is null as locked", format!("drafts:{owner}"))
        .fetch_one(conn)
        .await?;
    Ok(())
}

/// How many drafts a person has.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn count(conn: &mut PgConnection, owner: IdentityId) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(r#"select count(*) as "n!" from draft where owner_id = $1"#, owner.0).fetch_one(conn).await?)
}

/// A person's drafts of next revisions, with the requests that they would change.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn of_requests(conn: &mut PgConnection, owner: IdentityId) -> Result<Vec<(DraftId, RequestId)>, StoreError> {
    let rows = sqlx::query!(
        r#"select id, request_id as "request!" from draft where owner_id = $1 and request_id is not null order by id"#,
        owner.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (DraftId(r.id), RequestId(r.request))).collect())
}

/// A person's draft of the next revision of a request.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn of_request(conn: &mut PgConnection, owner: IdentityId, request: RequestId) -> Result<Option<DraftRow>, StoreError> {
    let id = sqlx::query_scalar!("select id from draft where owner_id = $1 and request_id = $2", owner.0, request.0)
        .fetch_optional(&mut *conn)
        .await?;
    match id {
        Some(id) => find(conn, DraftId(id), owner, true).await,
        None => Ok(None),
    }
}

/// Keeps what was typed and counts the version up; `false` when the draft is not at `version`.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn save(conn: &mut PgConnection, id: DraftId, version: i32, body: &Value, at: Timestamp) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "update draft set body = $3, version = version + 1, updated_at = $4 where id = $1 and version = $2",
        id.0,
        version,
        body,
        at.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes the body of a draft without counting its version up: for what is kept beside it.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn set_body(conn: &mut PgConnection, id: DraftId, body: &Value) -> Result<(), StoreError> {
    let done = sqlx::query!("update draft set body = $2 where id = $1", id.0, body).execute(conn).await?;
    one_row("draft", &done)
}

/// Lets a draft go, with what was added to it. Gives whether it was there.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn remove(conn: &mut PgConnection, id: DraftId, owner: IdentityId) -> Result<bool, StoreError> {
    let done = sqlx::query!("delete from draft where id = $1 and owner_id = $2", id.0, owner.0).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Takes the files of a revision that is not the newest any more from beside a draft. What was added to
/// the draft itself stays.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn drop_files_of(conn: &mut PgConnection, id: DraftId, request: RequestId, revision: i32) -> Result<(), StoreError> {
    sqlx::query!(
        "delete from draft_attachment d using request_attachment a
         where d.draft_id = $1 and a.attachment_id = d.attachment_id and a.request_id = $2 and a.revision = $3",
        id.0,
        request.0,
        revision
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Puts the files of the newest revision of a request beside the draft that would change it, as far as
/// there is room for them beside what is there (`draft_attachment_at_most_five`).
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn take_files_of(conn: &mut PgConnection, id: DraftId, request: RequestId, revision: i32) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into draft_attachment (draft_id, attachment_id)
         select $1, a.attachment_id from request_attachment a
         where a.request_id = $2 and a.revision = $3
           and not exists (select from draft_attachment d where d.draft_id = $1 and d.attachment_id = a.attachment_id)
         order by a.attachment_id
         limit (select 5 - count(*) from draft_attachment d where d.draft_id = $1)",
        id.0,
        request.0,
        revision
    )
    .execute(conn)
    .await?;
    Ok(())
}
