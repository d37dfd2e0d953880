//! The audit trail: append and read, never change.

use super::error::{StoreError, one_row};
use domain::actor::Actor;
use domain::event::{EventKind, Trail};
use domain::id::{EventId, IdentityId, RequestId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// An event about to be appended.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// Its id.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventKind,
    /// Who did it.
    pub actor: &'a Actor,
    /// Noun of the record it happened to.
    pub subject_kind: &'static str,
    /// Id of that record.
    pub subject_id: Uuid,
    /// The request whose story it belongs to.
    pub request: Option<RequestId>,
    /// Its facts; stored as canonical JSON (RFC 8785).
    pub body: Value,
}

/// Appends an event. Its content hash is SHA-256 over the canonical JSON of its facts; the
/// database checks it again.
///
/// # Errors
/// [`StoreError`] when the event cannot be written; the caller's transaction must then not commit.
pub async fn append(conn: &mut PgConnection, event: &Event<'_>) -> Result<(), StoreError> {
    use sha2::{Digest, Sha256};
    let body = serde_json_canonicalizer::to_string(&event.body)
        .map_err(|e| StoreError::inconsistent("audit_event", format!("facts without canonical form: {e}")))?;
    let hash = Sha256::digest(body.as_bytes());
    let done = sqlx::query!(
        "insert into audit_event (id, at, trail, kind, actor_kind, actor_id, actor_process, subject_kind, subject_id, request_id, body, content_hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        event.id.0,
        event.at.to_sqlx() as _,
        event.kind.trail().word(),
        event.kind.word(),
        event.actor.kind(),
        event.actor.identity().map(|id| id.0),
        event.actor.process(),
        event.subject_kind,
        event.subject_id,
        event.request.map(|id| id.0),
        body,
        hash.as_slice(),
    )
    .execute(conn)
    .await?;
    one_row("audit_event", &done)
}

/// An event as a timeline shows it.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// When.
    pub at: Timestamp,
    /// On which trail.
    pub trail: Trail,
    /// Stored word of what happened.
    pub kind: String,
    /// The person, if it was one.
    pub by: Option<IdentityId>,
    /// Name of the person, or the job or command.
    pub who: String,
    /// Its facts.
    pub body: Value,
}

/// Everything that happened to a request, oldest first.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn of_request(conn: &mut PgConnection, request: RequestId) -> Result<Vec<EventRow>, StoreError> {
    let rows = sqlx::query!(
        r#"select e.at, e.trail, e.kind, e.actor_id, e.body, coalesce(i.display_name, e.actor_process, '') as "who!"
           from audit_event e left join identity i on i.id = e.actor_id
           where e.request_id = $1 order by e.at, e.id limit 500"#,
        request.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| event_row(row.at.to_jiff(), &row.trail, row.kind, row.actor_id.map(IdentityId), row.who, &row.body))
        .collect()
}

/// The newest fifty events of one record, oldest first.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn of_subject(conn: &mut PgConnection, kind: &str, id: Uuid) -> Result<Vec<EventRow>, StoreError> {
    let rows = sqlx::query!(
        r#"select e.at, e.trail, e.kind, e.actor_id, e.body, coalesce(i.display_name, e.actor_process, '') as "who!"
           from (select * from audit_event where subject_kind = $1 and subject_id = $2 order by at desc, id desc limit 50) e
           left join identity i on i.id = e.actor_id
           order by e.at, e.id"#,
        kind,
        id
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| event_row(row.at.to_jiff(), &row.trail, row.kind, row.actor_id.map(IdentityId), row.who, &row.body))
        .collect()
}

fn event_row(at: Timestamp, trail: &str, kind: String, by: Option<IdentityId>, who: String, body: &str) -> Result<EventRow, StoreError> {
    let body = serde_json::from_str(body).map_err(|e| StoreError::inconsistent("audit_event", e.to_string()))?;
    Ok(EventRow { at, trail: trail.parse()?, kind, by, who, body })
}
