//! What the home page and the frame around every page count that no other list does.

use super::error::StoreError;
use domain::id::{ApplicationId, IdentityId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

/// For the frame around every page: open releases (zero without `operates`), as the list has them,
/// and what the person was told and has not read, counted up to a hundred.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn around(conn: &mut PgConnection, person: IdentityId, operates: bool) -> Result<(i64, i64), StoreError> {
    let row = sqlx::query!(
        r#"select (select count(*) from release where $2 and state not in ('closed', 'cancelled')) as "releases!",
                  (select count(*) from (select from notification where recipient_id = $1 and in_app and read_at is null limit 100) unread) as "unread!""#,
        person.0,
        operates
    )
    .fetch_one(conn)
    .await?;
    Ok((row.releases, row.unread))
}

/// Changes for which a person may be the second one: `everywhere`, or for what belongs to these
/// applications only. The list of changes has the same ones under `mine`.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn changes_waiting(
    conn: &mut PgConnection,
    person: IdentityId,
    everywhere: bool,
    applications: &[ApplicationId],
) -> Result<i64, StoreError> {
    let applications: Vec<Uuid> = applications.iter().map(|id| id.0).collect();
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "n!" from catalogue_change c
           where c.state = 'proposed' and ($2 or (cardinality(c.application_ids) > 0 and c.application_ids <@ $3))
             and not exists (select from same_people(array[$1::uuid]) p where p.identity_id = c.proposed_by or p.identity_id = any(c.named))"#,
        person.0,
        everywhere,
        &applications
    )
    .fetch_one(conn)
    .await?)
}

/// Releases that may be carried out now.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn releases_waiting(conn: &mut PgConnection, now: Timestamp) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "n!" from release where state not in ('closed', 'cancelled') and not_before <= $1"#,
        now.to_sqlx() as _
    )
    .fetch_one(conn)
    .await?)
}
