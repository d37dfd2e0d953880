//! Files: their bytes, and the drafts and revisions they stand on.

use super::error::{StoreError, one_row};
use app::attachments::port::{AttachmentLine, Download};
use domain::attachment::FileKind;
use domain::id::{AttachmentId, DraftId, IdentityId, RequestId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// A file about to be kept.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// Its id.
    pub id: AttachmentId,
    /// Name it is kept under.
    pub name: &'a str,
    /// What it is.
    pub kind: FileKind,
    /// SHA-256 of its content; the database checks it again.
    pub sha256: &'a [u8],
    /// Its bytes.
    pub content: &'a [u8],
    /// Who brought it.
    pub by: IdentityId,
    /// When.
    pub at: Timestamp,
}

/// Keeps a file beside a draft.
///
/// # Errors
/// [`StoreError`] when the database refuses; trigger `draft_attachment_at_most_five` counts.
pub async fn insert(conn: &mut PgConnection, draft: DraftId, new: &New<'_>) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into attachment (id, sha256, name, media_type, size, content, uploaded_by, uploaded_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id.0,
        new.sha256,
        new.name,
        new.kind.word(),
        i32::try_from(new.content.len()).unwrap_or(i32::MAX),
        new.content,
        new.by.0,
        new.at.to_sqlx() as _
    )
    .execute(&mut *conn)
    .await?;
    one_row("attachment", &done)?;
    let done =
        sqlx::query!("insert into draft_attachment (draft_id, attachment_id) values ($1, $2)", draft.0, new.id.0).execute(conn).await?;
    one_row("draft_attachment", &done)
}

/// Takes a file away from a draft; gives whether it stood there. A file that stands nowhere else is
/// gone with it.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn remove(conn: &mut PgConnection, draft: DraftId, file: AttachmentId) -> Result<bool, StoreError> {
    let done =
        sqlx::query!("delete from draft_attachment where draft_id = $1 and attachment_id = $2", draft.0, file.0).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Puts the files of a draft on a revision; gives how many and their hashes, for the event.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn attach(conn: &mut PgConnection, draft: DraftId, request: RequestId, revision: i32) -> Result<Vec<AttachmentLine>, StoreError> {
    sqlx::query!(
        "insert into request_attachment (request_id, revision, attachment_id) select $2, $3, attachment_id from draft_attachment where draft_id = $1",
        draft.0,
        request.0,
        revision
    )
    .execute(&mut *conn)
    .await?;
    of_request(conn, request, revision).await
}

/// Whether a file of this name and content stands on a draft.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn stands_on(conn: &mut PgConnection, draft: DraftId, name: &str, sha256: &[u8]) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from draft_attachment d join attachment a on a.id = d.attachment_id where d.draft_id = $1 and a.name = $2 and a.sha256 = $3) as "stands!""#,
        draft.0,
        name,
        sha256
    )
    .fetch_one(conn)
    .await?)
}

/// How many files a draft has.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn count(conn: &mut PgConnection, draft: DraftId) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(r#"select count(*) as "n!" from draft_attachment where draft_id = $1"#, draft.0).fetch_one(conn).await?)
}

/// The files of a draft, in the order in which they were added.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn of_draft(conn: &mut PgConnection, draft: DraftId) -> Result<Vec<AttachmentLine>, StoreError> {
    let rows = sqlx::query!(
        "select a.id, a.name, a.media_type, a.size, a.sha256 from draft_attachment d join attachment a on a.id = d.attachment_id
         where d.draft_id = $1 order by a.uploaded_at, a.id",
        draft.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|r| line(AttachmentId(r.id), r.name, &r.media_type, r.size, &r.sha256)).collect()
}

/// The files of a revision, in the order in which they were added.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn of_request(conn: &mut PgConnection, request: RequestId, revision: i32) -> Result<Vec<AttachmentLine>, StoreError> {
    let rows = sqlx::query!(
        "select a.id, a.name, a.media_type, a.size, a.sha256 from request_attachment r join attachment a on a.id = r.attachment_id
         where r.request_id = $1 and r.revision = $2 order by a.uploaded_at, a.id",
        request.0,
        revision
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|r| line(AttachmentId(r.id), r.name, &r.media_type, r.size, &r.sha256)).collect()
}

fn line(id: AttachmentId, name: String, media_type: &str, size: i32, sha256: &[u8]) -> Result<AttachmentLine, StoreError> {
    let sha256 = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(AttachmentLine { id, name, kind: media_type.parse()?, size: size_in_words(size), sha256 })
}

/// Bytes in the unit that people read: `812 bytes`, `14 KiB`, `2.4 MiB`.
pub(super) fn size_in_words(bytes: i32) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        0..1_024 => format!("{bytes} bytes"),
        1_024..1_048_576 => format!("{} KiB", (bytes + 512) / 1_024),
        _ => format!("{:.1} MiB", f64::from(bytes) / 1_048_576.0),
    }
}

/// Requests that a file stands on.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn requests_of(conn: &mut PgConnection, file: AttachmentId) -> Result<Vec<RequestId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select distinct request_id from request_attachment where attachment_id = $1 order by request_id limit 500",
        file.0
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(RequestId).collect())
}

/// Whether a file stands on a draft of `owner`.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn on_draft_of(conn: &mut PgConnection, file: AttachmentId, owner: IdentityId) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from draft_attachment x join draft d on d.id = x.draft_id where x.attachment_id = $1 and d.owner_id = $2) as "own!""#,
        file.0,
        owner.0
    )
    .fetch_one(conn)
    .await?)
}

/// A file with its bytes.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn content(conn: &mut PgConnection, file: AttachmentId) -> Result<Option<Download>, StoreError> {
    let row = sqlx::query!("select name, media_type, content from attachment where id = $1", file.0).fetch_optional(conn).await?;
    row.map(|r| Ok(Download { name: r.name, kind: r.media_type.parse()?, content: r.content })).transpose()
}

#[cfg(test)]
mod tests {
    use super::size_in_words;

    #[test]
    fn sizes_are_in_the_unit_that_people_read() {
        for (bytes, words) in [
            (1, "1 byte"),
            (2, "2 bytes"),
            (1_023, "1023 bytes"),
            (1_024, "1 KiB"),
            (14_336, "14 KiB"),
            (2_516_582, "2.4 MiB"),
            (5_242_880, "5.0 MiB"),
        ] {
            assert_eq!(size_in_words(bytes), words);
        }
    }
}
