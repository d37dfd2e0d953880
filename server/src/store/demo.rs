//! Rows of the demonstration's authored layer. Used in demonstration mode only.

use super::error::{StoreError, one_row};
use app::account::port::DemoPerson;
use domain::catalogue::RiskTier;
use domain::id::{AssignmentId, ConflictId, ConnectionId, EntitlementId, IdentityId};
use domain::permission::Role;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// Somebody who could play a part.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Who.
    pub id: IdentityId,
    /// Number in the feed.
    pub source_id: String,
    /// Name.
    pub name: String,
    /// Unit.
    pub unit: String,
    /// Their manager, if that person is at work.
    pub manager: Option<IdentityId>,
}

/// A rule of the authored layer: names of entitlements on either side.
pub struct NewConflict<'a> {
    /// Its id.
    pub id: ConflictId,
    /// Its code.
    pub code: &'a str,
    /// What it keeps apart.
    pub title: &'a str,
    /// Name of the entitlement on the left.
    pub left: &'a str,
    /// Name of the entitlement on the right.
    pub right: &'a str,
}

/// The people the sign-in page offers, in order; empty when nothing was loaded.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn cast(conn: &mut PgConnection) -> Result<Vec<DemoPerson>, StoreError> {
    let rows = sqlx::query!(
        r#"select a.login, i.display_name as "name!", d.part from demonstration_person d
           join account a on a.identity_id = d.identity_id join identity i on i.id = d.identity_id order by d.place"#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| DemoPerson { login: r.login, name: r.name, part: r.part }).collect())
}

/// Active people in the order of their numbers.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn active_people(conn: &mut PgConnection) -> Result<Vec<Candidate>, StoreError> {
    let rows = sqlx::query!(
        r#"select i.id, i.source_id, i.display_name as "name!", u.name as unit, m.id as "manager?"
           from identity i join unit u on u.id = i.unit_id
           left join identity m on m.id = i.manager_id and m.state = 'active'
           where i.state = 'active' and i.ends_on is null order by i.source_id"#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Candidate { id: IdentityId(r.id), source_id: r.source_id, name: r.name, unit: r.unit, manager: r.manager.map(IdentityId) })
        .collect())
}

/// Gives most people a second factor, by their number: three in five a passkey, one in five a
/// one-time code, the rest none.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn set_mfa(conn: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query!(
        "update identity set mfa = case when right(source_id, 1) in ('1', '3', '5', '7', '8', '9') then 'passkey' when right(source_id, 1) in ('2', '6') then 'one_time_code' else 'absent' end
         where source = 'feed'"
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives one person a passkey.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn give_passkey(conn: &mut PgConnection, id: IdentityId) -> Result<(), StoreError> {
    let done = sqlx::query!("update identity set mfa = 'passkey' where id = $1", id.0).execute(conn).await?;
    one_row("identity", &done)
}

/// Gives every application an owner and a deputy, in turn, and says how its use is logged.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn assign_owners(conn: &mut PgConnection, owners: &[IdentityId]) -> Result<(), StoreError> {
    let owners: Vec<uuid::Uuid> = owners.iter().map(|o| o.0).collect();
    // Every tenth application is logged in part only, so that the logging control has work to do.
    sqlx::query!(
        "update application a
         set owner_id = ($1::uuid[])[1 + (n.place % cardinality($1))], deputy_id = ($1::uuid[])[1 + ((n.place + 1) % cardinality($1))],
             logging = case when n.place % 10 = 7 then 'partial' else 'covered' end,
             classification = case n.place % 4 when 0 then 'confidential' when 1 then 'restricted' else 'internal' end
         from (select id, (row_number() over (order by code))::integer as place from application) n where n.id = a.id",
        &owners
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes a separation-of-duties rule; a name that the catalogue does not have stays out of it.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert_conflict(conn: &mut PgConnection, conflict: &NewConflict<'_>) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into conflict (id, code, title, severity) values ($1, $2, $3, 'high')",
        conflict.id.0,
        conflict.code,
        conflict.title
    )
    .execute(&mut *conn)
    .await?;
    one_row("conflict", &done)?;
    sqlx::query!(
        "insert into conflict_member (conflict_id, entitlement_id, side)
         select $1, id, case when name = $2 then 'left' else 'right' end from entitlement where name in ($2, $3)",
        conflict.id.0,
        conflict.left,
        conflict.right
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives a role.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn assign_role(
    conn: &mut PgConnection,
    id: AssignmentId,
    person: IdentityId,
    role: Role,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into role_assignment (id, identity_id, role, granted_at) values ($1, $2, $3, $4)",
        id.0,
        person.0,
        role.word(),
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("role_assignment", &done)
}

/// Opens a part's account, which no password opens.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert_account(
    conn: &mut PgConnection,
    person: IdentityId,
    login: &str,
    part: &str,
    place: i32,
    now: Timestamp,
) -> Result<(), StoreError> {
    super::accounts::insert(conn, person, login, None, now).await?;
    let done = sqlx::query!("insert into demonstration_person (identity_id, part, place) values ($1, $2, $3)", person.0, part, place)
        .execute(conn)
        .await?;
    one_row("demonstration_person", &done)
}

/// What people ask for in the course of the year: every twelfth entitlement.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn wishes(conn: &mut PgConnection) -> Result<Vec<(EntitlementId, String, RiskTier)>, StoreError> {
    let rows = sqlx::query!(
        "select id, name, tier from (select id, name, tier, row_number() over (order by tier, name) as place from entitlement where state = 'active' and requestable) e
         where place % 12 = 0 order by tier, name"
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|r| Ok((EntitlementId(r.id), r.name, r.tier.parse()?))).collect()
}

/// Lets applications, by code, use a connection.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn use_connection(conn: &mut PgConnection, connection: ConnectionId, applications: &[&str]) -> Result<(), StoreError> {
    let codes: Vec<String> = applications.iter().map(|code| (*code).to_owned()).collect();
    sqlx::query!("update application set connection_id = $1 where code = any ($2)", connection.0, &codes).execute(conn).await?;
    Ok(())
}

/// Something that somebody holds through a directory in memory.
pub struct HeldInMemory {
    /// Code of the connection.
    pub connection: String,
    /// Number of the person in the feed.
    pub number: String,
    /// What the entitlement is called over there.
    pub reference: String,
}

/// All access that is given through a directory in memory, and what is on its way out and not proven gone.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn held_in_memory(conn: &mut PgConnection) -> Result<Vec<HeldInMemory>, StoreError> {
    let held = sqlx::query_as!(
        HeldInMemory,
        r#"select distinct c.code as connection, i.source_id as number, v.reference
           from access_grant g join identity i on i.id = g.identity_id join entitlement e on e.id = g.entitlement_id
           join entitlement_version v on v.entitlement_id = g.entitlement_id and v.version = g.entitlement_version
           join application a on a.id = e.application_id join connection c on c.id = coalesce(grant_place(g.id), a.connection_id)
           where g.state in ('active', 'ending') and c.connector = 'memory'"#
    )
    .fetch_all(conn)
    .await?;
    Ok(held)
}
