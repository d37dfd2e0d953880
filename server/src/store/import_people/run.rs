//! The record of one import run, of either kind.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

/// One run as it is recorded.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// Its id.
    pub id: Uuid,
    /// `people` or `catalogue`.
    pub kind: &'a str,
    /// Name of the file, without its folder.
    pub file_name: &'a str,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// When.
    pub at: Timestamp,
    /// New, different, retired, the same, skipped.
    pub counts: [i64; 5],
}

/// Records a run that is about to be committed.
///
/// # Errors
/// When the database refuses.
pub async fn insert(conn: &mut PgConnection, run: &Run<'_>) -> sqlx::Result<()> {
    let [added, changed, removed, unchanged, skipped] = run.counts;
    sqlx::query!(
        "insert into import_run (id, kind, file_name, file_sha256, applied_at, added, changed, removed, unchanged, skipped) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        run.id,
        run.kind,
        run.file_name,
        &run.sha256[..],
        run.at.to_sqlx() as jiff_sqlx::Timestamp,
        added,
        changed,
        removed,
        unchanged,
        skipped,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes the event of the run itself; `body` is canonical JSON.
///
/// # Errors
/// When the database refuses.
pub async fn insert_event(
    conn: &mut PgConnection,
    run: &Run<'_>,
    event: Uuid,
    event_kind: &str,
    process: &str,
    body: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into audit_event (id, at, trail, kind, actor_kind, actor_process, subject_kind, subject_id, body, content_hash)
        values ($1, $2, 'administration', $3, 'operator', $4, 'import', $5, $6, sha256(convert_to($6, 'UTF8')))
        "#,
        event,
        run.at.to_sqlx() as jiff_sqlx::Timestamp,
        event_kind,
        process,
        run.id,
        body,
    )
    .execute(conn)
    .await?;
    Ok(())
}
