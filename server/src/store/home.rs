//! What the home page and the frame around every page count that no other list does.

use super::error::StoreError;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// Releases that may be carried out now.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn releases_waiting(conn: &mut PgConnection, now: Timestamp) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "n!" from release where state in ('planned', 'held') and not_before <= $1"#,
        now.to_sqlx() as _
    )
    .fetch_one(conn)
    .await?)
}
