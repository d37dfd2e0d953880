//! What people should know, and what of it they have read.

use super::error::{StoreError, one_row};
use domain::id::{IdentityId, NotificationId, RequestId};
use domain::notification::NotificationKind;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// Something somebody should know.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// Its id.
    pub id: NotificationId,
    /// Who.
    pub recipient: IdentityId,
    /// Why.
    pub kind: NotificationKind,
    /// One line without anything sensitive.
    pub title: &'a str,
    /// A sentence more; may be empty.
    pub body: &'a str,
    /// Path inside the application.
    pub href: &'a str,
    /// The request it belongs to.
    pub request: Option<RequestId>,
    /// When.
    pub at: Timestamp,
}

/// Writes one.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert(conn: &mut PgConnection, new: &New<'_>) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into notification (id, recipient_id, kind, title, body, href, request_id, at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id.0,
        new.recipient.0,
        new.kind.word(),
        new.title,
        new.body,
        new.href,
        new.request.map(|id| id.0),
        new.at.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("notification", &done)
}
