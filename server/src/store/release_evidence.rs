//! What shows that work by hand was done: words, links, files and ticked lines.

use super::error::{StoreError, one_row};
use app::attachments::port::Download;
use app::record::PersonRef;
use app::releases::port::EvidenceLine;
use app::when::When;
use domain::attachment::FileKind;
use domain::id::{EvidenceId, IdentityId, ReleaseId};
use domain::manual::Piece;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

/// A piece of evidence about to be recorded.
#[derive(Clone, Copy, Debug)]
pub struct New<'a> {
    /// Its id.
    pub id: EvidenceId,
    /// For which release.
    pub release: ReleaseId,
    /// What it is.
    pub kind: Piece,
    /// Words, address, line or name of the file.
    pub said: &'a str,
    /// By whom.
    pub by: IdentityId,
    /// When.
    pub at: Timestamp,
    /// The confirmation it belongs to; none for a file that waits for it.
    pub attempt: Option<Uuid>,
    /// What the file is, its SHA-256 and its bytes.
    pub file: Option<(FileKind, &'a [u8], &'a [u8])>,
}

/// Records it.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert(conn: &mut PgConnection, new: &New<'_>) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into release_evidence (id, release_id, kind, said, added_by, added_at, attempt_id, media_type, size, sha256, content)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        new.id.0,
        new.release.0,
        new.kind.word(),
        new.said,
        new.by.0,
        new.at.to_sqlx() as _,
        new.attempt,
        new.file.map(|(kind, ..)| kind.word()),
        new.file.map(|(_, _, content)| i32::try_from(content.len()).unwrap_or(i32::MAX)),
        new.file.map(|(_, sha256, _)| sha256),
        new.file.map(|(_, _, content)| content)
    )
    .execute(conn)
    .await?;
    one_row("release_evidence", &done)
}

/// Names of the files that somebody added and that wait for a confirmation, in order.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn waiting_files(conn: &mut PgConnection, release: ReleaseId, by: IdentityId) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar!(
        "select said from release_evidence where release_id = $1 and added_by = $2 and attempt_id is null order by added_at, id",
        release.0,
        by.0
    )
    .fetch_all(conn)
    .await?)
}

/// Ties the files that wait to a confirmation of the same person.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn tie_files(conn: &mut PgConnection, release: ReleaseId, by: IdentityId, attempt: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "update release_evidence set attempt_id = $3 where release_id = $1 and added_by = $2 and attempt_id is null",
        release.0,
        by.0,
        attempt
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Everything that was added for a release, in order.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn of_release(conn: &mut PgConnection, release: ReleaseId, zone: &TimeZone) -> Result<Vec<EvidenceLine>, StoreError> {
    let rows = sqlx::query!(
        r#"select x.id, x.kind, x.said, x.added_by, i.display_name as "name!", x.added_at, x.attempt_id is not null as "confirmed!", x.size, x.sha256
           from release_evidence x join identity i on i.id = x.added_by where x.release_id = $1 order by x.added_at, x.id"#,
        release.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(EvidenceLine {
                id: EvidenceId(r.id),
                kind: r.kind.parse()?,
                said: r.said,
                by: PersonRef { id: IdentityId(r.added_by), name: r.name },
                at: When::new(r.added_at.to_jiff(), zone),
                confirmed: r.confirmed,
                size: r.size.map(super::attachments::size_in_words),
                sha256: r.sha256.map(|hash| hash.iter().map(|byte| format!("{byte:02x}")).collect()),
            })
        })
        .collect()
}

/// The release that a file belongs to, and the file.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn file(conn: &mut PgConnection, id: EvidenceId) -> Result<Option<(ReleaseId, Download)>, StoreError> {
    let row = sqlx::query!(
        r#"select release_id, said, media_type as "media_type!", content as "content!" from release_evidence where id = $1 and kind = 'file'"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|r| Ok((ReleaseId(r.release_id), Download { name: r.said, kind: r.media_type.parse()?, content: r.content }))).transpose()
}
