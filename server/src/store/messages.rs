//! The conversation on a request: questions of approvers, answers of those who asked for access.

use super::error::{StoreError, one_row};
use app::record::PersonRef;
use domain::id::{IdentityId, MessageId, RequestId, StageId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// One message.
#[derive(Clone, Debug)]
pub struct MessageRow {
    /// On which revision.
    pub revision: i32,
    /// At which stage it was asked, or which question it answers.
    pub stage: Option<StageId>,
    /// It is a question.
    pub question: bool,
    /// Who.
    pub author: PersonRef,
    /// Whom they stood in for.
    pub delegated_by: Option<PersonRef>,
    /// What.
    pub body: String,
    /// When.
    pub at: Timestamp,
}

/// A message about to be written.
#[derive(Clone, Debug)]
pub struct NewMessage<'a> {
    /// Its id.
    pub id: MessageId,
    /// On which request.
    pub request: RequestId,
    /// On which revision.
    pub revision: i32,
    /// At which stage.
    pub stage: Option<StageId>,
    /// It is a question.
    pub question: bool,
    /// Who.
    pub author: IdentityId,
    /// Whom they stand in for.
    pub delegated_by: Option<IdentityId>,
    /// What.
    pub body: &'a str,
    /// When.
    pub at: Timestamp,
}

/// Writes a message.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert(conn: &mut PgConnection, new: &NewMessage<'_>) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into request_message (id, request_id, revision, stage_id, kind, author_id, delegated_by, body, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id.0,
        new.request.0,
        new.revision,
        new.stage.map(|id| id.0),
        if new.question { "question" } else { "answer" },
        new.author.0,
        new.delegated_by.map(|id| id.0),
        new.body,
        new.at.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("request_message", &done)
}

/// The conversation on a request, oldest first.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn of_request(conn: &mut PgConnection, request: RequestId) -> Result<Vec<MessageRow>, StoreError> {
    let rows = sqlx::query!(
        r#"select m.revision, m.stage_id, m.kind = 'question' as "question!", m.author_id, i.display_name as "name!", m.delegated_by, f.display_name as "from_name?",
                  m.body, m.at
           from request_message m join identity i on i.id = m.author_id left join identity f on f.id = m.delegated_by
           where m.request_id = $1 order by m.at, m.id"#,
        request.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| MessageRow {
            revision: r.revision,
            stage: r.stage_id.map(StageId),
            question: r.question,
            author: PersonRef { id: IdentityId(r.author_id), name: r.name },
            delegated_by: r.delegated_by.zip(r.from_name).map(|(id, name)| PersonRef { id: IdentityId(id), name }),
            body: r.body,
            at: r.at.to_jiff(),
        })
        .collect())
}
