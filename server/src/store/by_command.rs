//! Rows that the commands of an operator with a shell touch.

use super::error::{StoreError, one_row};
use domain::id::{ApplicationId, IdentityId};
use domain::identity::Mfa;
use sqlx::PgConnection;

/// A person found by their number in the source of truth.
#[derive(Clone, Debug)]
pub struct Found {
    /// Who.
    pub id: IdentityId,
    /// Name.
    pub name: String,
    /// The identity is active.
    pub active: bool,
}

/// Finds a person and locks them for the rest of the transaction.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn person(conn: &mut PgConnection, number: &str) -> Result<Option<Found>, StoreError> {
    let row = sqlx::query!(
        r#"select id, display_name as "name!", state = 'active' as "active!" from identity where source_id = $1 for no key update"#,
        number
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| Found { id: IdentityId(r.id), name: r.name, active: r.active }))
}

/// Writes owner and deputy of the application with this code; gives its id and name.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn set_owners(
    conn: &mut PgConnection,
    code: &str,
    owner: IdentityId,
    deputy: Option<IdentityId>,
) -> Result<Option<(ApplicationId, String)>, StoreError> {
    let row = sqlx::query!(
        "update application set owner_id = $2, deputy_id = $3 where code = $1 returning id, name",
        code,
        owner.0,
        deputy.map(|d| d.0)
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| (ApplicationId(r.id), r.name)))
}

/// Writes the second factor of a person.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn set_mfa(conn: &mut PgConnection, id: IdentityId, mfa: Mfa) -> Result<(), StoreError> {
    let done = sqlx::query!("update identity set mfa = $2 where id = $1", id.0, mfa.word()).execute(conn).await?;
    one_row("identity", &done)
}
