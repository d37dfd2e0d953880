//! Roles in the product: who has which, given by whom.

use super::error::{StoreError, one_row};
use app::admin::port::AssignmentLine;
use app::record::PersonRef;
use app::when::When;
use domain::id::{AssignmentId, IdentityId};
use domain::permission::Role;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// Every role that somebody has, by person, at most five hundred.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn assigned(conn: &mut PgConnection, zone: &TimeZone) -> Result<Vec<AssignmentLine>, StoreError> {
    let rows = sqlx::query!(
        r#"select a.id, a.identity_id, i.display_name as "name!", a.role, a.granted_at, g.id as "giver_id?", g.display_name as "giver?"
           from role_assignment a join identity i on i.id = a.identity_id left join identity g on g.id = a.granted_by
           where a.ended_at is null order by i.display_name, i.id, a.role limit 500"#
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(AssignmentLine {
                id: AssignmentId(r.id),
                person: PersonRef { id: IdentityId(r.identity_id), name: r.name },
                role: r.role.parse()?,
                since: When::new(r.granted_at.to_jiff(), zone),
                granted_by: r.giver_id.zip(r.giver).map(|(id, name)| PersonRef { id: IdentityId(id), name }),
            })
        })
        .collect()
}

/// Everybody active who has a role.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn holders(conn: &mut PgConnection, role: Role) -> Result<Vec<IdentityId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select distinct a.identity_id from role_assignment a join identity i on i.id = a.identity_id
         where a.role = $1 and a.ended_at is null and i.state = 'active' order by a.identity_id",
        role.word()
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(IdentityId).collect())
}

/// Gives a role.
///
/// # Errors
/// [`StoreError`] when the database refuses; constraint `role_assignment_active_unique` when they
/// have it already.
pub async fn insert(
    conn: &mut PgConnection,
    id: AssignmentId,
    identity: IdentityId,
    role: Role,
    at: Timestamp,
    by: IdentityId,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into role_assignment (id, identity_id, role, granted_at, granted_by) values ($1, $2, $3, $4, $5)",
        id.0,
        identity.0,
        role.word(),
        at.to_sqlx() as _,
        by.0
    )
    .execute(conn)
    .await?;
    one_row("role_assignment", &done)
}

/// A role that somebody has or had.
#[derive(Clone, Copy, Debug)]
pub struct Assignment {
    /// Who.
    pub identity: IdentityId,
    /// Which role.
    pub role: Role,
    /// They have it now.
    pub active: bool,
}

/// Reads an assignment and keeps it as it is until this transaction ends.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn lock(conn: &mut PgConnection, id: AssignmentId) -> Result<Option<Assignment>, StoreError> {
    let row =
        sqlx::query!(r#"select identity_id, role, ended_at is null as "active!" from role_assignment where id = $1 for update"#, id.0)
            .fetch_optional(conn)
            .await?;
    row.map(|r| Ok(Assignment { identity: IdentityId(r.identity_id), role: r.role.parse()?, active: r.active })).transpose()
}

/// Ends a role.
///
/// # Errors
/// [`StoreError::NotOneRow`] when it has ended already.
pub async fn end(conn: &mut PgConnection, id: AssignmentId, at: Timestamp, by: IdentityId) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update role_assignment set ended_at = $2, ended_by = $3 where id = $1 and ended_at is null",
        id.0,
        at.to_sqlx() as _,
        by.0
    )
    .execute(conn)
    .await?;
    one_row("role_assignment", &done)
}
