//! What the last test of a connection found.

use super::error::{StoreError, one_row};
use app::record::PersonRef;
use domain::id::{ConnectionId, IdentityId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;

/// What a test found.
#[derive(Clone, Debug)]
pub struct TestRow {
    /// The version of the settings that was tested.
    pub version: i32,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: PersonRef,
    /// Pairs of whether it is well and a sentence.
    pub findings: Value,
}

/// The last test of a connection.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn last_test(conn: &mut PgConnection, id: ConnectionId) -> Result<Option<TestRow>, StoreError> {
    let row = sqlx::query!(
        r#"select t.version, t.tested_at, t.findings, i.id as by_id, i.display_name as "by!"
           from connection_test t join identity i on i.id = t.tested_by where t.connection_id = $1"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| TestRow {
        version: r.version,
        at: r.tested_at.to_jiff(),
        by: PersonRef { id: IdentityId(r.by_id), name: r.by },
        findings: r.findings,
    }))
}

/// Keeps what a test found, instead of what the one before did.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn keep_test(
    conn: &mut PgConnection,
    id: ConnectionId,
    version: i32,
    (by, now): (IdentityId, Timestamp),
    (well, findings): (bool, &Value),
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into connection_test (connection_id, version, tested_at, tested_by, well, findings) values ($1, $2, $3, $4, $5, $6)
         on conflict (connection_id) do update set version = excluded.version, tested_at = excluded.tested_at, tested_by = excluded.tested_by,
             well = excluded.well, findings = excluded.findings",
        id.0,
        version,
        now.to_sqlx() as _,
        by.0,
        well,
        findings
    )
    .execute(conn)
    .await?;
    one_row("connection_test", &done)
}
