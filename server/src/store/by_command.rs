//! Rows that the commands of an operator with a shell touch.

use super::error::{StoreError, one_row};
use domain::id::{ApplicationId, IdentityId};
use domain::identity::Mfa;
use sqlx::PgConnection;
use uuid::Uuid;

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

/// The name of the application with this code, if its owner or its deputy is active. Nobody else names
/// them, and neither starts or stops work, until this transaction ends.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn answered_for(conn: &mut PgConnection, code: &str) -> Result<Option<String>, StoreError> {
    let found = sqlx::query!("select name, owner_id, deputy_id from application where code = $1 for no key update", code)
        .fetch_optional(&mut *conn)
        .await?;
    let Some(found) = found else { return Ok(None) };
    let people: Vec<Uuid> = found.owner_id.into_iter().chain(found.deputy_id).collect();
    let states =
        sqlx::query_scalar!("select state from identity where id = any($1) order by id for no key update", &people).fetch_all(conn).await?;
    Ok(states.iter().any(|state| state == "active").then_some(found.name))
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
        "update application set owner_id = $2, deputy_id = $3, version = version + 1 where code = $1 returning id, name",
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

/// The identity that stands for the person behind an account: itself, or the one it is linked to.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn stands_for(conn: &mut PgConnection, account: IdentityId) -> Result<IdentityId, StoreError> {
    let id =
        sqlx::query_scalar!(r#"select coalesce(person_id, id) as "id!" from identity where id = $1"#, account.0).fetch_one(conn).await?;
    Ok(IdentityId(id))
}

/// Links an account, and every account that was linked to it, to the identity that stands for the
/// person.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn link(conn: &mut PgConnection, account: IdentityId, person: IdentityId) -> Result<(), StoreError> {
    sqlx::query!("update identity set person_id = $2 where person_id = $1 and id <> $2", account.0, person.0).execute(&mut *conn).await?;
    let done = sqlx::query!("update identity set person_id = $2 where id = $1", account.0, person.0).execute(conn).await?;
    one_row("identity", &done)
}

/// Takes the link of an account away; gives whether there was one.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn unlink(conn: &mut PgConnection, account: IdentityId) -> Result<bool, StoreError> {
    let done =
        sqlx::query!("update identity set person_id = null where id = $1 and person_id is not null", account.0).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}
