//! Submissions: what one press of the button asked for, and what was asked together.

use super::error::{StoreError, one_row};
use domain::id::{DraftId, IdempotencyKey, IdentityId, RequestId, SubmissionId, TemplateId};
use domain::request::RequestState;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// A submission about to be made.
#[derive(Clone, Debug)]
pub struct NewSubmission {
    /// Its id.
    pub id: SubmissionId,
    /// Who gets the access.
    pub subject: IdentityId,
    /// Who asks.
    pub requester: IdentityId,
    /// When.
    pub at: Timestamp,
    /// The template it came from, with its version.
    pub template: Option<(TemplateId, i32)>,
    /// Sending the form twice makes one submission.
    pub key: IdempotencyKey,
}

/// Writes a submission.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert(conn: &mut PgConnection, submission: &NewSubmission) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into submission (id, subject_id, requester_id, submitted_at, template_id, template_version, idempotency_key) values ($1, $2, $3, $4, $5, $6, $7)",
        submission.id.0,
        submission.subject.0,
        submission.requester.0,
        submission.at.to_sqlx() as _,
        submission.template.map(|(id, _)| id.0),
        submission.template.map(|(_, version)| version),
        submission.key.0
    )
    .execute(conn)
    .await?;
    one_row("submission", &done)
}

/// The requests that a key was already used for, in the order of the basket; empty when it was not.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn by_key(conn: &mut PgConnection, requester: IdentityId, key: IdempotencyKey) -> Result<Vec<RequestId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select r.id from request r join submission s on s.id = r.submission_id where s.requester_id = $1 and s.idempotency_key = $2 order by r.place",
        requester.0,
        key.0
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(RequestId).collect())
}

/// Name and version of the template that a request came from; the name as it was in that version, where
/// versions are kept.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn template(conn: &mut PgConnection, request: RequestId) -> Result<Option<(String, i32)>, StoreError> {
    let row = sqlx::query!(
        r#"select coalesce(v.body ->> 'name', t.name) as "name!", s.template_version as "version!"
           from request r join submission s on s.id = r.submission_id join request_template t on t.id = s.template_id
           left join record_version v on v.kind = 'template' and v.record_key = t.id::text and v.version = s.template_version
           where r.id = $1"#,
        request.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| (r.name, r.version)))
}

/// One request of a submission, as a line beside its siblings.
#[derive(Clone, Debug)]
pub struct SiblingRow {
    /// Which.
    pub id: RequestId,
    /// Human number.
    pub number: String,
    /// Name of what it asks for.
    pub name: String,
    /// Where it stands.
    pub state: RequestState,
}

/// What became of a draft that its owner submitted, in the order of the basket.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn made_from(conn: &mut PgConnection, draft: DraftId, by: IdentityId) -> Result<Vec<SiblingRow>, StoreError> {
    let rows = sqlx::query!(
        "select r.id, r.number, v.name, r.state, r.state_reason
         from request_revision n
         join request r on r.id = n.request_id
         join request_item i on i.request_id = n.request_id and i.revision = n.revision
         join entitlement_version v on v.entitlement_id = i.entitlement_id and v.version = i.entitlement_version
         where n.draft_id = $1 and n.submitted_by = $2 order by r.place",
        draft.0,
        by.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|r| sibling(r.id, r.number, r.name, &r.state, r.state_reason)).collect()
}

/// The other requests of the same submission, in the order of the basket.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn siblings(conn: &mut PgConnection, request: RequestId) -> Result<Vec<SiblingRow>, StoreError> {
    let rows = sqlx::query!(
        "select r.id, r.number, v.name, r.state, r.state_reason
         from request own
         join request r on r.submission_id = own.submission_id and r.id <> own.id
         join request_item i on i.request_id = r.id and i.revision = r.revision
         join entitlement_version v on v.entitlement_id = i.entitlement_id and v.version = i.entitlement_version
         where own.id = $1 order by r.place",
        request.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|r| sibling(r.id, r.number, r.name, &r.state, r.state_reason)).collect()
}

fn sibling(id: uuid::Uuid, number: String, name: String, state: &str, reason: Option<String>) -> Result<SiblingRow, StoreError> {
    let state =
        RequestState::from_stored(state, reason).ok_or_else(|| StoreError::inconsistent("request", format!("{number} is {state}")))?;
    Ok(SiblingRow { id: RequestId(id), number, name, state })
}
